"""What is said of hours in which a queue takes contacts and nobody serves them, with figures worked out by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ccsim.scenario.model import Scenario
from ccsim.scenario.read import parse
from ccsim.workload.unserved import unserved
from ccsim.workload.warnings import warnings


def scenario(*shifts: dict[str, Any], **queue: Any) -> Scenario:
    calls = {"channel": "phone", "open": "08:00-18:00", "volume": {"per_day": 100, "shape": "flat"}, **queue}
    team = {"skills": {"calls": 1}, "shifts": [{"agents": 3, **shift} for shift in shifts]}
    return parse({"start": date(2026, 3, 2), "days": 2, "queue": {"calls": calls}, "team": {"desk": team}})


def said(of: Scenario) -> list[str]:
    return [str(problem) for problem in unserved(of)]


def test_nobody_is_there_after_the_shift() -> None:
    (warning,) = said(scenario({"hours": "08:00-16:30"}))
    # two days of 1.5 h, a tenth of the contacts an hour
    assert "open for 3 h with nobody on duty who serves it, first on 2026-03-02 16:30" in warning
    assert "about 30 contacts come then" in warning


def test_times_of_a_day_on_which_clocks_change_are_those_of_the_clock() -> None:
    (warning,) = said(
        parse(scenario({"hours": "08:00-16:30"}).raw | {"start": date(2026, 10, 25), "timezone": "Europe/Rome"})
    )
    assert "first on 2026-10-25 16:30" in warning


def test_all_are_on_a_break_at_once() -> None:
    (warning,) = said(scenario({"hours": "08:00-18:00", "breaks": ["12:00-12:30"]}))
    assert "open for 1 h with nobody on duty who serves it, first on 2026-03-02 12:00" in warning


def test_breaks_that_are_staggered_leave_somebody() -> None:
    shifts = [{"hours": "08:00-18:00", "breaks": [hours]} for hours in ("12:00-12:30", "12:30-13:00")]
    assert said(scenario(*shifts)) == []


def test_another_team_serves_it() -> None:
    raw = scenario({"hours": "08:00-12:00"}).raw
    other = {"skills": {"calls": 2}, "shifts": [{"agents": 1, "hours": "12:00-18:00"}]}
    assert said(parse({**raw, "team": {**raw["team"], "others": other}})) == []


def test_a_queue_that_keeps_what_comes_may_wait_for_somebody() -> None:
    assert said(scenario({"hours": "08:00-16:30"}, outside_hours="hold", patience="never")) == []


def test_contacts_of_closed_hours_are_counted() -> None:
    (warning,) = said(scenario({"hours": "08:00-18:00"}, volume={"per_hour": 10}))
    assert "about 280 of 480 contacts come while it is closed" in warning


@pytest.mark.parametrize(("patience", "warnings"), [("never", 1), ("2h", 1), ("90s", 0)])
def test_queue_and_shifts_end_at_the_same_minute(patience: str, warnings: int) -> None:
    result = said(scenario({"hours": "08:00-18:00"}, patience=patience))
    assert len(result) == warnings
    assert all("closes at the minute at which the last shift ends, first on 2026-03-02 18:00" in one for one in result)
    assert said(scenario({"hours": "08:00-18:30"}, patience=patience)) == []
    assert said(scenario({"hours": "08:00-18:00"}, patience=patience, at_close="drop")) == []


def test_a_variant_s_warnings_stand_under_its_name_and_nothing_is_said_twice() -> None:
    late = {"hours": "08:00-16:30"}
    base, same, wider = scenario(late), scenario(late), scenario(late, open="08:00-20:00")
    own, of_variant = warnings(base, {"same": same, "wider": wider})
    assert own in unserved(base)
    assert str(of_variant).startswith("variant.wider: queue.calls: open for 7 h with nobody on duty")
