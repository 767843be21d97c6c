"""From `before_break` to the stretches in which agents take no new sessions."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ccsim.errors import ScenarioError
from ccsim.lowering import lower
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.scenario.values import HOUR, MINUTE


def scenario(shift: dict[str, Any], **team: Any) -> Scenario:
    calls = {"channel": "live_chat", "open": "always", "volume": {"per_day": 10}}
    agents = {"skills": {"chat": 1}, "shifts": [{"agents": 1} | shift]} | team
    raw = {"start": date(2026, 3, 2), "days": 1, "drain": "1d", "queue": {"chat": calls}, "team": {"t": agents}}
    return read.parse(raw)


def stretches(result: Scenario) -> list[tuple[float, float]]:
    """Start and end, in hours."""
    plan, _ = lower(result)
    return [(start / HOUR, end / HOUR) for start, end in zip(plan.wind_down_start, plan.wind_down_end, strict=True)]


DAY = {"days": "mon", "hours": "08:00-16:00", "breaks": ["12:00-12:30"], "activities": ["12:30-13:00"]}


def test_before_each_pause_and_the_end_of_the_shift() -> None:
    """Pauses that touch are one."""
    assert stretches(scenario(DAY)) == []
    result = stretches(scenario(DAY, before_break="15min"))
    assert result == [(11.75, 12), (15.75, 16)]
    assert scenario(DAY, before_break="finish").team["t"].before_break == 10 * MINUTE


def test_a_shift_has_the_last_word() -> None:
    assert stretches(scenario(DAY | {"before_break": "0s"}, before_break="finish")) == []
    assert stretches(scenario(DAY | {"before_break": "30min"})) == [(11.5, 12), (15.5, 16)]


def test_a_short_stretch_of_work_is_all_of_it() -> None:
    result = stretches(scenario(DAY | {"breaks": ["12:00-12:30", "15:00-15:55"]}, before_break="10min"))
    assert result[-1] == (15 + 55 / 60, 16)


def test_round_the_clock_there_is_no_end() -> None:
    """Also where the drain is over: shifts go on beyond it."""
    assert stretches(scenario({"hours": "always"}, before_break="finish")) == []


def test_each_agent_before_their_own_break() -> None:
    by_turns = DAY | {"agents": 2, "breaks": [{"length": "30min", "between": "10:00-11:00"}], "activities": []}
    result = stretches(scenario(by_turns, before_break="15min"))
    assert result == [(9.75, 10), (15.75, 16), (10.25, 10.5), (15.75, 16)]


@pytest.mark.parametrize("value", ["finnish", -1, True])
def test_what_cannot_be(value: Any) -> None:
    with pytest.raises(ScenarioError) as refused:
        scenario(DAY, before_break=value)
    (problem,) = refused.value.problems
    assert problem.path == "team.t.before_break"
    assert 'or "finish"' in problem.allowed
