"""Breaks at a fixed time that would leave nobody are taken by turns in a plan; all others stay where they are."""

from __future__ import annotations

from datetime import date
from typing import Any

from ccsim.scenario.model import Scenario
from ccsim.scenario.read import parse
from ccsim.staffing.turns import by_turns


def scenario(
    *patterns: dict[str, Any], opens: str = "08:00-14:00", queue_opens: Any = None, start: date = date(2026, 3, 2)
) -> Scenario:
    calls = {"channel": "phone", "open": queue_opens or opens, "volume": {"per_day": 100, "shape": "flat"}}
    return parse(
        {
            "start": start,
            "days": 1,
            "timezone": "Europe/Berlin",
            "queue": {"calls": calls},
            "team": {"desk": {"skills": {"calls": 1}, "shifts": [{"agents": 3, "hours": opens}]}},
            "staffing": {"patterns": [{"team": "desk", "hours": opens, **pattern} for pattern in patterns]},
        }
    )


def breaks(of: Scenario) -> list[list[str]]:
    return [
        [str(rest.between) + ("" if rest.is_fixed else f" {rest.lasts / 60e6:g} min") for rest in pattern.breaks]
        for pattern in of.staffing.patterns
    ]


def test_one_break_for_all_becomes_a_window() -> None:
    planned, (note,) = by_turns(scenario({"breaks": ["11:00-11:15"]}))
    assert breaks(planned) == [["10:00-12:15 15 min"]]
    assert "nobody would be there for calls" in note
    assert "11:00-11:15" in note


def test_patterns_whose_breaks_leave_somebody_keep_them() -> None:
    given = scenario({"breaks": ["11:00-11:15"]}, {"breaks": ["11:15-11:30"]})
    assert by_turns(given) == (given, ())


def test_only_the_breaks_that_meet_are_moved() -> None:
    planned, notes = by_turns(
        scenario({"breaks": ["09:00-09:15", "11:00-11:30"]}, {"breaks": ["11:15-11:45"], "name": "other"})
    )
    assert len(notes) == 2
    # no nearer than halfway to the break at nine, which stays
    assert breaks(planned) == [["09:00-09:15", "10:30-12:30 30 min"], ["10:15-12:45 30 min"]]


def test_a_break_while_the_queue_is_closed_harms_nobody() -> None:
    given = scenario({"breaks": ["11:00-11:15"]}, queue_opens={"mon": ["08:00-11:00", "11:15-14:00"]})
    assert by_turns(given)[1] == ()


def test_a_night_shift() -> None:
    planned, _ = by_turns(scenario({"breaks": ["00:30-01:00"]}, opens="22:00-06:00"))
    assert breaks(planned) == [["23:30-02:00 30 min"]]


def test_what_cannot_be_taken_by_turns_stays() -> None:
    """Between two breaks, nearer to which it may not come, there is no room."""
    given = scenario({"breaks": ["10:00-10:30", "11:00-11:30", "12:00-12:30"]})
    planned, notes = by_turns(given)
    assert breaks(planned) == [["09:00-10:30 30 min", "11:00-11:30", "12:00-13:30 30 min"]]
    assert len(notes) == 2
