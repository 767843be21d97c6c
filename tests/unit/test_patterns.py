"""Shift patterns: names, cost with premiums and unpaid pauses, time at the desk, the staffed scenario."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.staffing import patterns
from ccsim.staffing.baseline import on_duty
from ccsim.tables import SECOND

HOUR = 3600 * SECOND


def scenario(*given: dict[str, Any], staffing: dict[str, Any] | None = None, rate: float = 10, **top: Any) -> Scenario:
    return read.parse(
        {
            "start": "2026-03-02",
            "days": 7,
            "queue": {"phone": {"channel": "phone", "volume": {"per_hour": 5}}},
            "team": {
                "a": {"skills": {"phone": 1}, "shifts": [{"agents": 2, "hours": "08:00-12:00"}], "cost_per_hour": rate},
                "b": {"skills": {"phone": 1}, "shifts": [{"agents": 3, "hours": "always"}], "cost_per_hour": rate},
            },
            "staffing": {"patterns": [{"team": "a"} | pattern for pattern in given], **(staffing or {})},
        }
        | top
    )


def cost(pattern: dict[str, Any], **how: Any) -> float:
    return float(patterns.costs(scenario(pattern, **how))[0])


def test_names_tell_patterns_apart() -> None:
    plain = {"hours": "08:00-16:30"}
    result = scenario(plain, {"hours": "22:00-06:00"}, plain, {"hours": "08:00-12:00", "name": "morning"})
    assert patterns.names(result.staffing.patterns) == (
        "a 08:00-16:30", "a 22:00-06:00", "a 08:00-16:30 (2)", "morning",
    )  # fmt: skip


def test_paid_hours_of_the_run_by_the_rate_of_pattern_or_team() -> None:
    assert cost({"hours": "08:00-16:00"}) == 7 * 8 * 10
    assert cost({"hours": "08:00-16:00", "days": "mon-fri", "cost_per_hour": 12}) == 5 * 8 * 12
    assert cost({"hours": "08:00-16:00"}, rate=0) == 7 * 8, "hours where nothing has a cost"
    assert cost({"hours": "08:00-16:00", "cost_per_hour": 0}, rate=0) == 7 * 8


def test_pauses_are_paid_unless_unpaid() -> None:
    pauses = {"hours": "08:00-16:00", "breaks": ["12:00-12:30"], "activities": ["15:00-15:30"]}
    assert cost(pauses) == 7 * 8 * 10
    assert cost(pauses | {"paid": False}) == 7 * 7 * 10


def test_only_hours_of_the_run_and_after_the_warm_up_count() -> None:
    nights = {"hours": "22:00-06:00"}
    assert cost(nights) == 7 * 8 * 10, "the night before goes on into the first day, the last is cut"
    assert cost(nights, days=1) == 8 * 10
    assert cost({"hours": "08:00-16:00"}, warm_up="12h") == (7 * 8 - 4) * 10


@pytest.mark.parametrize(
    ("premium", "extra"),
    [
        ([{"days": "sat", "factor": 1.5}], 4),
        ([{"hours": "14:00-24:00", "factor": 1.25}], 7 * 2 * 0.25),
        ([{"days": "sat", "factor": 1.5}, {"hours": "14:00-24:00", "factor": 2}], 6 * 0.5 + 7 * 2 * 1),
        ([{"days": "sun", "hours": "20:00-10:00", "factor": 2}], 2),
        ([{"days": "sat", "hours": "20:00-10:00", "factor": 2}], 2),
        ([{"factor": 0.5}], -28),
    ],
)
def test_premium_hours(premium: list[dict[str, Any]], extra: float) -> None:
    """Of several that meet the highest counts; those over midnight reach into the next day, also into the first."""
    assert cost({"hours": "08:00-16:00"}, staffing={"premium": premium}) == pytest.approx((7 * 8 + extra) * 10)


def test_todays_shifts_cost_what_patterns_would() -> None:
    """Of the teams that have patterns only."""
    result = scenario({"hours": "08:00-12:00"}, staffing={"premium": [{"days": "sun", "factor": 2}]})
    assert patterns.cost_of_shifts(result) == pytest.approx(2 * patterns.costs(result)[0]) == 2 * 4 * 8 * 10


def test_at_the_desk_means_shift_less_pauses() -> None:
    result = scenario({"hours": "08:00-10:00", "breaks": ["08:45-09:15"]}, days=1)
    ((_, row),) = patterns.crews(result)
    shares = patterns.at_desk(row, np.arange(25) * HOUR)
    assert shares[7:11].tolist() == [0, 0.75, 0.75, 0]


def test_the_staffed_scenario_has_the_patterns_as_shifts_and_leaves_other_teams() -> None:
    given = scenario({"hours": "08:00-16:00", "breaks": ["12:00-13:00"], "days": "mon"}, {"hours": "16:00-24:00"})
    staffed = patterns.staffed(given, [3, 0])
    assert [(shift.agents, shift.hours) for shift in staffed.team["a"].shifts] == [
        (3, (8 * HOUR, 16 * HOUR)), (0, (16 * HOUR, 24 * HOUR)),
    ]  # fmt: skip
    assert staffed.team["b"] == given.team["b"]
    assert on_duty(staffed)[0, [22, 24, 26]].tolist() == [3, 0, 3]
    assert given.team["a"].shifts[0].agents == 2, "the scenario given stays as it was"


def test_todays_shifts_by_pattern_where_they_are_patterns() -> None:
    todays = {"hours": "08:00-12:00", "name": "whatever"}
    actual = patterns.worked_today(scenario({"hours": "08:00-16:00"}, todays))
    assert actual is not None
    assert actual.tolist() == [0, 2]
    assert patterns.worked_today(scenario({"hours": "08:00-16:00"})) is None
    assert patterns.worked_today(scenario(todays | {"breaks": ["10:00-10:15"]})) is None
