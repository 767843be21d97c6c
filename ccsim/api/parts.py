"""Parts of one's own: what a program or a package adds without a change of ccsim."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from ccsim.distributions.durations import Quantiles
from ccsim.errors import Problem, ScenarioError
from ccsim.routing import AGENT_POLICIES, CONTACT_POLICIES, AgentColumn, ContactColumn, check_policies
from ccsim.scenario.distributions import register
from ccsim.scenario.faults import did_you_mean, shown

Brings = TypeVar("Brings", bound=Callable[..., Quantiles])


def distribution(name: str) -> Callable[[Brings], Brings]:
    """A class decorator: scenarios write the class as `{ dist = "name", … }`, its arguments being the parameters.

    An instance has `mean`, in seconds, and `quantile(u)`, from uniforms in (0, 1) to values in seconds, both
    float64[n]. Parameters are floats; a duration such as "2m" comes as seconds. Raises ScenarioError for a name that is
    built in.
    """

    def known(brings: Brings) -> Brings:
        register(name, brings)
        return brings

    return known


def agent_policy(name: str, columns: Sequence[str]) -> None:
    """A policy for `routing.agent`: agents are compared by these columns of AgentColumn, the smallest first.

    Raises ScenarioError for an unknown column or an order that the engines cannot keep.
    """
    order = tuple(AgentColumn[_column(one, AgentColumn.__members__)] for one in columns)
    _refuse_impossible({name: order}, {})
    AGENT_POLICIES[name] = order


def contact_policy(name: str, columns: Sequence[str]) -> None:
    """A policy for `routing.contact`, of columns of ContactColumn; otherwise as `agent_policy`."""
    order = tuple(ContactColumn[_column(one, ContactColumn.__members__)] for one in columns)
    _refuse_impossible({}, {name: order})
    CONTACT_POLICIES[name] = order


def _column(name: str, names: Iterable[str]) -> str:
    names = list(names)
    if str(name).upper() in names:
        return str(name).upper()
    raise ScenarioError([Problem("columns", shown(name), did_you_mean(str(name).upper(), names))])


def _refuse_impossible(
    agent: dict[str, tuple[AgentColumn, ...]], contact: dict[str, tuple[ContactColumn, ...]]
) -> None:
    try:
        check_policies(agent, contact)
    except ValueError as bad:
        raise ScenarioError([Problem("columns", str(bad), "")]) from None
