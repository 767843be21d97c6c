"""Public holidays: queues closed, shifts not worked or cut, and warnings where the two do not go together."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ccsim.errors import ScenarioError
from ccsim.lowering import lower
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.scenario.spans import duties, run_days
from ccsim.scenario.values import HOUR
from ccsim.staffing.output import rosters
from ccsim.workload.unserved import unserved

EASTER = date(2026, 4, 6)
"""Easter Monday, a holiday in Italy and not in Portugal."""

OFFICE = {"mon-fri": "08:00-16:00"}


def scenario(holidays: Any, queue: dict[str, Any] | None = None, *shifts: dict[str, Any], **more: Any) -> Scenario:
    calls = {"channel": "phone", "open": OFFICE, "volume": {"per_day": 100}, "work": "3m"}
    rows = [{"agents": 2, "days": "mon-fri", "hours": "08:00-16:00"} | shift for shift in shifts or ({},)]
    raw = {
        "start": date(2026, 4, 3),
        "days": 5,
        "drain": 0,
        "queue": {"calls": calls | (queue or {})},
        "team": {"t": {"skills": {"calls": 1}, "shifts": rows}},
    }
    return read.parse(raw | ({} if holidays is None else {"holidays": holidays}) | more)


def hours_of(result: Scenario) -> tuple[Any, Any]:
    """Opening hours and the first shift's on Easter Monday, in hours."""
    shift = result.team["t"].shifts[0].hours_on(EASTER)
    opened = result.queue["calls"].open.on(EASTER)
    return [tuple(edge / HOUR for edge in span) for span in opened], shift and tuple(edge / HOUR for edge in shift)


def test_queues_are_closed_and_shifts_not_worked() -> None:
    assert hours_of(scenario(None)) == ([(8, 16)], (8, 16))
    assert hours_of(scenario({"country": "IT"})) == ([], None)
    assert hours_of(scenario({"country": "PT"})) == ([(8, 16)], (8, 16)), "no holiday there"
    result = scenario({"country": "IT"})
    assert result.public_holidays()[EASTER] == "Easter Monday"
    assert [duty.hours[0].date().day for duty in duties(result.team["t"], run_days(result))] == [3, 7]
    assert len(lower(result)[0].shift_start) == 2 * 2


def test_regions_have_holidays_of_their_own() -> None:
    """Whit Monday is one in South Tyrol alone."""
    whitsun = date(2026, 5, 25)
    for subdivision, there in (("BZ", False), ("RM", True)):
        result = scenario({"country": "IT", "subdivision": subdivision}, start=date(2026, 5, 22))
        assert bool(result.queue["calls"].open.on(whitsun)) == there


def test_shorter_hours_on_holidays() -> None:
    """The usual hours are cut: what is closed anyway stays so."""
    result = scenario({"country": "IT", "open": "10:00-13:00"})
    assert hours_of(result) == ([(10, 13)], (10, 13))
    assert result.queue["calls"].open.on(date(2026, 4, 5)) == (), "Easter Sunday, a Sunday"
    late = scenario({"country": "IT", "open": "10:00-13:00"}, None, {"hours": "13:00-16:00"}, {})
    assert hours_of(late)[1] is None


def test_breaks_on_a_shorter_day() -> None:
    shift = {"breaks": ["12:30-13:30", {"length": "15min", "between": "10:00-12:00"}]}
    result = scenario({"country": "IT", "open": "11:00-13:00"}, None, shift)
    pauses = [tuple(pause[0].hour for pause in duty.pauses) for duty in duties(result.team["t"], [EASTER])]
    assert pauses == [(11,), (11,)], "the lunch beyond the shift is gone, the others within what is left"


def test_rules_of_their_own() -> None:
    closed = {"country": "IT"}
    assert hours_of(scenario(closed, {"holidays": "as_usual"})) == ([(8, 16)], None)
    assert hours_of(scenario(closed, {"holidays": "09:00-10:00"}, {"holidays": "as_usual"})) == ([(9, 10)], (8, 16))
    assert hours_of(scenario(closed | {"open": "as_usual"}, None, {"holidays": "closed"})) == ([(8, 16)], None)


def test_a_date_that_is_named_goes_before() -> None:
    named = {"open": OFFICE | {"2026-04-06": "09:00-12:00"}}
    assert hours_of(scenario({"country": "IT"}, named, {"days": "2026-04-06"})) == ([(9, 12)], (8, 16))


def test_plans_know_holidays() -> None:
    patterns = {"patterns": [{"team": "t", "days": "mon-fri", "hours": "08:00-16:00"}]}
    result = scenario({"country": "IT", "open": "10:00-13:00"}, staffing=patterns)
    worked = [(day.day, start, end) for _, day, start, end, _ in rosters(result, lower(result)[0].team[:1] + 1)["t"]]
    assert worked == [(3, "08:00", "16:00"), (6, "10:00", "13:00"), (7, "08:00", "16:00")]


@pytest.mark.parametrize(
    ("holidays", "path", "said"),
    [
        ({"country": "it"}, "holidays.country", 'did you mean "IT"?'),
        ({"country": "Italy"}, "holidays.country", "the code of a country"),
        ({"country": "DE", "subdivision": "BYY"}, "holidays.subdivision", "BY"),
        ({"country": "IT", "open": "shut"}, "holidays.open", '"closed", "as_usual" or hours'),
        ({"country": "IT", "opens": "closed"}, "holidays.opens", 'did you mean "open"?'),
        ({}, "holidays.country", "needed"),
    ],
)
def test_what_cannot_be(holidays: dict[str, Any], path: str, said: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        scenario(holidays)
    (problem,) = refused.value.problems
    assert (problem.path, said in problem.allowed) == (path, True), problem


# warnings of check and run


def told(result: Scenario) -> list[str]:
    return [str(problem) for problem in unserved(result)]


def test_shifts_paid_while_the_queue_is_closed() -> None:
    result = told(scenario({"country": "IT"}, None, {"holidays": "as_usual"}))
    assert any(
        "16 h of shifts in which none of its queues is open, first on 2026-04-06 08:00 (Easter Monday)" in one
        for one in result
    )
    assert not any("h of shifts" in one for one in told(scenario({"country": "IT"})))


def test_the_volume_of_a_closed_day_is_told() -> None:
    """Only of days that are usually open: nobody expects the volume of a Sunday."""
    result = told(scenario({"country": "IT"}))
    assert any(
        "closed on 1 day, first on 2026-04-06 Easter Monday" in one and "about 100 contacts" in one for one in result
    )
    assert not any("closed on" in one for one in told(scenario(None)))
    quiet = {"volume": {"per_day": 100, "weekday": {"2026-04-06": 0}}}
    assert not any("closed on" in one for one in told(scenario({"country": "IT"}, quiet)))
