"""What the report finds in a run: the right queue, days, hours and team, and nothing where all is well."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ccsim.charts.headline import key_figures
from ccsim.report.findings import findings
from ccsim.report.hours import Hours
from ccsim.report.of_run import document
from ccsim.results.format import local_times
from ccsim.results.model import Results
from ccsim.runs.run import run
from ccsim.scenario import read
from ccsim.staffing.baseline import required_of
from tests.report.conftest import PROVENANCE

ALL_WEEK = "08:00-18:00"


def simulated(phone: dict[str, Any] | None = None, agents: dict[str, int] | None = None, **top: Any) -> Results:
    """Calls from Monday to Wednesday; `agents` by day, else plenty; a team for mail that never has any."""
    shifts = [
        {"agents": number, "days": days, "hours": ALL_WEEK} for days, number in (agents or {"mon-wed": 9}).items()
    ]
    queue = {"channel": "phone", "open": ALL_WEEK, "volume": {"per_day": 400}, "work": {"mean": "4m", "cv": 0.5}}
    queue["service_level"] = "80/20"
    return run(
        read.parse(
            {
                "start": "2026-03-02",
                "days": 3,
                "replications": 4,
                "queue": {"calls": queue | (phone or {}), "mail": {"channel": "email", "volume": {"per_day": 0}}},
                "team": {
                    "callers": {"skills": {"calls": 1}, "shifts": shifts},
                    "writers": {"skills": {"mail": 1}, "shifts": [{"agents": 2, "hours": ALL_WEEK}]},
                },
                **top,
            }
        ),
        engine="compiled",
    )


def said(results: Results) -> dict[str, str]:
    return {finding.subject: " ".join(finding.lines) for finding in findings(results)}


def test_a_bad_day_is_named_with_its_staff() -> None:
    results = simulated(agents={"mon": 18, "tue": 2, "wed": 18}, phone={"patience": "never"})
    result = said(results)
    assert "points below the 80 % wanted" in result["calls"]
    assert "Worst on Tue 3 Mar: " in result["calls"]
    assert "5 % of the staffed hours of its teams" in result["calls"]  # 2 of 38 agents
    assert "Without the skill, but with time to spare: writers (100 %)" in result["calls"]
    assert (
        document(results, PROVENANCE, required_of(results)).answer == "No target is met; missed: calls service level."
    )


def test_a_target_without_data_is_named_beside_one_that_is_met() -> None:
    results = simulated(phone={"reply_target": "90% in 60s"})
    report = document(results, PROVENANCE, required_of(results))
    assert report.answer == "1 of 2 targets met; without data: calls later replies in time."
    assert report.status == "open"


def test_the_picture_counts_targets_as_the_page_does() -> None:
    results = simulated(phone={"title": "Hotline"})
    assert key_figures(results)[0] == ("targets met", "1 of 1", "none is missed")
    level = results.estimate("queue", "calls", "service_level")
    assert level is not None
    doubtful = simulated(phone={"title": "Hotline", "service_level": f"{100 * level.mean:.2f}% in 20s"})
    assert document(doubtful, PROVENANCE, required_of(doubtful)).status == "open"
    assert key_figures(doubtful)[0] == ("targets met", "0 of 1", "1 too close to call")
    missed = simulated({"title": "Hotline"}, {"mon-wed": 1})
    assert key_figures(missed)[0] == ("targets met", "0 of 1", "missed: Hotline")


def test_idle_teams_are_told_with_their_hours() -> None:
    result = said(simulated())
    assert result["writers"].startswith("Time to spare: without any session for 60 of 60 staffed hours (100 %).")
    assert "calls" not in result


def test_full_hours_and_overtime() -> None:
    results = simulated(agents={"mon-wed": 1}, phone={"patience": "never", "at_close": "serve"})
    callers = said(results)["callers"]
    assert "Too full between 08:00 and " in callers
    assert "there is no room for chance" in callers


def test_open_hours_without_agents() -> None:
    results = simulated(agents={"mon": 9, "tue": 9})
    assert "Open for 10h with nobody on duty who has the skill, first on Wed 4 Mar 08:00; " in said(results)["calls"]


def test_an_interval_around_the_target_is_too_close_to_call() -> None:
    few = {"mon-wed": 5}
    level = simulated(agents=few).estimate("queue", "calls", "service_level")
    assert level is not None
    assert level.low < level.mean < level.high
    close = simulated(agents=few, phone={"service_level": f"{100 * level.mean:.2f}% in 20s"})
    assert "is too close to call" in said(close)["calls"]
    assert document(close, PROVENANCE, required_of(close)).status == "open"


def test_hours_of_a_day_with_a_clock_change() -> None:
    results = simulated(start="2026-03-29", days=1, timezone="Europe/Rome")
    hours = Hours.of(results)
    assert len(hours.starts) == 46
    assert hours.hour.tolist()[:6] == [0, 0, 1, 1, 3, 3]
    assert local_times(results.scenario, hours.starts)[-1].hour == 23


def test_hours_above_a_limit_are_joined() -> None:
    hours = Hours.of(simulated())
    whole = np.where((hours.hour >= 8) & (hours.hour < 18), 10.0, 0.0)
    whole[hours.hour == 20] = 0.1  # somebody stayed on: too little to speak of
    part = np.where((hours.hour == 9) | (hours.hour == 10) | (hours.hour == 16), 6.0, 1.0)
    part[hours.hour == 20] = 0.1
    spans = hours.above(part, whole, 0.5)
    assert [str(span) for span in spans] == ["between 09:00 and 11:00", "between 16:00 and 17:00"]
    assert [span.share for span in spans] == pytest.approx([0.6, 0.6])
    assert hours.above(part, whole, 0.7) == []


@pytest.mark.parametrize(("interval", "step"), [("15min", 1), ("30min", 1), ("2h", 2), ("1d", 0)])
def test_long_intervals_tell_no_hours(interval: str, step: int) -> None:
    results = simulated(interval=interval)
    hours = Hours.of(results)
    assert hours.step == step
    values = np.ones(len(hours.starts))
    assert hours.peak(values) is None  # half of all takes half the day
    if step:
        values[hours.hour == 10] = 1000
        assert str(hours.peak(values)) == f"between 10:00 and {10 + step}:00"
    findings(results)
