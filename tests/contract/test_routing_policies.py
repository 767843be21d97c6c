"""Policies that the compiled engine would follow only in part are refused where they are registered."""

from __future__ import annotations

from enum import IntEnum

import pytest

from ccsim.routing import (
    AGENT_POLICIES,
    CONTACT_POLICIES,
    MESSAGE_POLICIES,
    AgentColumn,
    ContactColumn,
    check_policies,
)
from ccsim.scenario.schema import json_schema


class NewColumn(IntEnum):
    SENIORITY = 17


def test_the_shipped_policies_are_accepted() -> None:
    assert len(AGENT_POLICIES) >= 4
    assert len(CONTACT_POLICIES) >= 3
    check_policies(AGENT_POLICIES, CONTACT_POLICIES)


@pytest.mark.parametrize(
    ("key", "policies"),
    [("agent", AGENT_POLICIES), ("contact", CONTACT_POLICIES), ("attention", MESSAGE_POLICIES)],
)
def test_every_policy_is_described_where_it_is_chosen(key: str, policies: dict[str, object]) -> None:
    described = json_schema()["$defs"]["Routing"]["properties"][key]["description"]
    assert [name for name in policies if f'"{name}"' not in described] == [], (
        f"the docstring of `{key}` in class Routing, ccsim/scenario/teams.py, does not say what these policies do"
    )


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        ((AgentColumn.RANK, NewColumn.SENIORITY), "do not know SENIORITY"),
        ((AgentColumn.RANDOM, AgentColumn.LOAD), "RANDOM leaves nothing"),
    ],
)
def test_agents_that_the_engines_cannot_order_are_refused(columns: tuple[IntEnum, ...], named: str) -> None:
    with pytest.raises(ValueError, match=rf"agent policy 'mine': .*{named}"):
        check_policies({"mine": columns}, {})


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        ((ContactColumn.PRIORITY, NewColumn.SENIORITY, ContactColumn.WAITING_SINCE), "SENIORITY, WAITING_SINCE"),
        ((ContactColumn.PRIORITY,), "their number alone"),
    ],
)
def test_an_order_within_a_queue_that_the_kernel_lacks_is_refused(columns: tuple[IntEnum, ...], named: str) -> None:
    with pytest.raises(ValueError, match=rf"contact policy 'mine': .* of one queue by {named}, only by"):
        check_policies({}, {"mine": columns})
