"""Parts of one's own: what a program or a package adds without a change of ccsim."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar

import numpy as np

from ccsim.api.arguments import checked
from ccsim.distributions.arrivals import Arriving
from ccsim.distributions.durations import Quantiles
from ccsim.errors import Problem, ScenarioError, call_own
from ccsim.metrics.facts import Facts
from ccsim.metrics.registry import FORMS, METRICS, OWN, Better, Level, Metric, Sums
from ccsim.routing import AGENT_POLICIES, CONTACT_POLICIES, AgentColumn, ContactColumn, check_policies
from ccsim.scenario.distributions import check_name, register
from ccsim.scenario.faults import did_you_mean, shown
from ccsim.scenario.processes import register as register_process

BUILT_IN_AGENT: Final = frozenset(AGENT_POLICIES)
"""Policies for agents that no own one may replace."""
BUILT_IN_CONTACT: Final = frozenset(CONTACT_POLICIES)
"""Policies for contacts that no own one may replace."""

Measuring = TypeVar("Measuring", bound=Callable[[Facts], Any])

Brings = TypeVar("Brings", bound=Callable[..., Quantiles])
Comes = TypeVar("Comes", bound=Callable[..., Arriving])


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


def arrival_process(name: str) -> Callable[[Comes], Comes]:
    """A class decorator: volumes write the class as `arrivals = { process = "name", … }`, its arguments the parameters.

    An instance has `times(edges, expected, random)`: float64[n + 1] seconds, and how many contacts are to be expected
    before each; numpy's generator of the replication; it returns the times of arrival in seconds, as many on average
    as are expected. Parameters are as for `distribution`.
    """

    def known(brings: Comes) -> Comes:
        register_process(name, brings)
        return brings

    return known


@checked
def metric(
    level: Level, title: str, unit: str, *, better: Better = "none", formula: str = "", in_total: bool = True
) -> Callable[[Measuring], Measuring]:
    """A function decorator: the function's name becomes a metric of every queue or team, reported beside the others.

    The function gets the Facts of one replication (`log`, `workload`, `plan`, `spec`; `cell` says in which reporting
    interval × queues + queue a contact counts, -1: in none) and returns a numerator, or a numerator and a denominator,
    each float64[queue or team] or float64[interval, queue or team]. Both are summed over intervals, queues and
    replications before they are divided. It is called once a replication, from several threads. Raises ScenarioError
    for a level that there is not and a name that is taken.
    """
    if level not in ("queue", "team"):
        raise ScenarioError([Problem("level", shown(level), did_you_mean(level, ["queue", "team"]))])
    if not title.strip():
        raise ScenarioError([Problem("title", shown(title), "what people call it")])
    if better not in ("higher", "lower", "none"):
        raise ScenarioError([Problem("better", shown(better), did_you_mean(better, ["higher", "lower", "none"]))])

    def known(function: Measuring) -> Measuring:
        name = getattr(function, "__name__", None)
        if not isinstance(name, str) or not callable(function):
            raise ScenarioError([Problem("metric", shown(function), "a function of Facts")])
        if (level, name) in METRICS and not METRICS[level, name].is_own:
            raise ScenarioError([Problem("metric", shown(name), "a name that no built-in metric has")])

        def measured(facts: Facts) -> Sums:
            value = call_own(f"metric {name}", name, function, facts)
            figures = value if isinstance(value, tuple) else (value,)
            groups = facts.queues if level == "queue" else facts.teams
            shapes = (groups,), (facts.intervals, groups)
            try:
                arrays = [np.asarray(figure, np.float64) for figure in figures]
            except (TypeError, ValueError):
                raise ScenarioError([Problem(f"metric {name}", shown(value), "arrays of numbers")]) from None
            if len(arrays) > 2 or len({array.shape for array in arrays}) != 1 or arrays[0].shape not in shapes:
                got = " and ".join(str(array.shape) for array in arrays)
                allowed = f"a numerator, or with a denominator of the same shape, {shapes[0]} or {shapes[1]}"
                raise ScenarioError([Problem(f"metric {name}", f"arrays of {got}", allowed)])
            if not all(np.isfinite(array).all() for array in arrays):
                allowed = "0 of 0 where there is nothing to count"
                raise ScenarioError([Problem(f"metric {name}", "not every figure is a finite number", allowed)])
            if unit == "share" and ((arrays[0] < 0) | (arrays[0] > arrays[-1] * (1 + 1e-9))).any():
                raise ScenarioError([Problem(f"metric {name}", "more than all, or less than none", "parts of a whole")])
            return Sums(*arrays)

        METRICS[level, name] = Metric(
            name, level, title, unit, better, formula, "", OWN, FORMS.get(unit, "number"), in_total, False, None,
            measured,
        )  # fmt: skip
        return function

    return known


def agent_policy(name: str, columns: Sequence[str]) -> None:
    """A policy for `routing.agent`: agents are compared by these columns of AgentColumn, the smallest first.

    Raises ScenarioError for a name that is built in, an unknown column or an order that the engines cannot keep.
    """
    check_name(name, BUILT_IN_AGENT)
    order = tuple(AgentColumn[one] for one in _columns(columns, AgentColumn.__members__))
    _refuse_impossible({name: order}, {})
    AGENT_POLICIES[name] = order


def contact_policy(name: str, columns: Sequence[str]) -> None:
    """A policy for `routing.contact`, of columns of ContactColumn; otherwise as `agent_policy`."""
    check_name(name, BUILT_IN_CONTACT)
    order = tuple(ContactColumn[one] for one in _columns(columns, ContactColumn.__members__))
    _refuse_impossible({}, {name: order})
    CONTACT_POLICIES[name] = order


def _columns(given: Sequence[str], names: Collection[str]) -> Iterator[str]:
    if not isinstance(given, list | tuple):
        raise ScenarioError([Problem("columns", shown(given), "a list of columns")])
    for name in given:
        if str(name).upper() not in names:
            raise ScenarioError([Problem("columns", shown(name), did_you_mean(str(name).upper(), names))])
        yield str(name).upper()


def _refuse_impossible(
    agent: dict[str, tuple[AgentColumn, ...]], contact: dict[str, tuple[ContactColumn, ...]]
) -> None:
    try:
        check_policies(agent, contact)
    except ValueError as bad:
        raise ScenarioError([Problem("columns", str(bad), "")]) from None


def demand_own_metrics(known: Iterable[tuple[str, str]]) -> None:
    """Raises ScenarioError where a metric of one's own is not among these (level, name), which came from elsewhere."""
    missing = [name for (level, name), each in METRICS.items() if each.is_own and (level, name) not in known]
    if missing:
        allowed = 'registered by a module that these import, or executor="threads"'
        raise ScenarioError([Problem(f"metric {missing[0]}", "it is not known to the other processes", allowed)])
