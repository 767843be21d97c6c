"""Premiums and rates of shifts cost the same in a plan, in its files and in a run of its scenario."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ccsim.runs.run import run
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.staffing import output, patterns
from ccsim.staffing.trials import Pool, Trials

AGENTS = np.array([2, 1, 3])


def week(**changes: Any) -> Scenario:
    """From Thursday to Saturday; nobody calls, so nobody stays longer."""
    return read.parse(
        {
            "start": "2026-03-05",
            "days": 3,
            "replications": 1,
            "queue": {"phone": {"channel": "phone", "volume": {"per_hour": 0}}},
            "team": {
                "desk": {
                    "skills": {"phone": 1},
                    "shifts": [{"agents": 1, "hours": "09:00-17:00"}],
                    "cost_per_hour": 20,
                }
            },
            "staffing": {
                "patterns": [
                    {"team": "desk", "hours": "08:00-16:00", "breaks": ["12:00-12:30"]},
                    {"team": "desk", "hours": "16:00-22:00", "cost_per_hour": 25},
                    {"team": "desk", "hours": "10:00-14:00", "days": "sat", "paid": False, "breaks": ["12:00-13:00"]},
                ],
                "premium": [{"factor": 1.5, "days": "sat"}, {"factor": 1.2, "hours": "20:00-24:00"}],
            },
        }
        | changes
    )


BY_HAND = [
    20 * 8 * (1 + 1 + 1.5),
    25 * (2 * (4 + 2 * 1.2) + 6 * 1.5),  # of two premiums the higher counts
    20 * 3 * 1.5,
]


def test_a_plan_costs_what_a_run_of_its_scenario_costs() -> None:
    scenario = week()
    assert patterns.costs(scenario) == pytest.approx(BY_HAND)
    planned = float(patterns.costs(scenario) @ AGENTS)
    ready = patterns.staffed(scenario, AGENTS.tolist())
    assert patterns.cost_of_shifts(ready) == pytest.approx(planned)
    results = run(ready, engine="compiled")
    cost, paid = results.estimate("team", "desk", "cost"), results.estimate("team", "desk", "paid_hours")
    assert cost is not None
    assert paid is not None
    assert cost.mean == pytest.approx(planned)
    assert paid.mean == pytest.approx(2 * 24 + 18 + 3 * 3)
    by_interval = results.series("team", "desk", "cost").mean
    assert np.nansum(by_interval) == pytest.approx(planned)


def test_the_file_of_shifts_has_hours_and_their_cost(tmp_path: Path) -> None:
    """A premium is money, no paid hour."""
    output.write_shifts(tmp_path / "shifts.csv", week(), AGENTS)
    rows = list(csv.DictReader((tmp_path / "shifts.csv").open()))
    assert [float(row["paid_hours"]) for row in rows] == [2 * 24, 18, 3 * 3]
    assert [float(row["cost"]) for row in rows] == pytest.approx(AGENTS * BY_HAND, abs=0.01)


def test_without_premiums_a_rate_of_its_own_is_paid_too() -> None:
    scenario = week(staffing={"patterns": [{"team": "desk", "hours": "08:00-16:00", "cost_per_hour": 30}]})
    results = run(patterns.staffed(scenario, [2]), engine="compiled")
    cost = results.estimate("team", "desk", "cost")
    assert cost is not None
    assert cost.mean == pytest.approx(2 * 3 * 8 * 30)


def test_overtime_is_all_that_a_run_adds_to_the_plan() -> None:
    """Callers until the last minute: calls end after the shift, at the hour's premium and the overtime factor."""
    scenario = week(
        replications=3,
        queue={
            "phone": {
                "channel": "phone", "open": "08:00-22:00", "volume": {"per_hour": 30}, "work": {"mean": "4m"},
                "service_level": "80/20",
            }
        },
        team={
            "desk": {
                "skills": {"phone": 1}, "shifts": [{"agents": 1, "hours": "09:00-17:00"}],
                "cost_per_hour": 20, "overtime_factor": 1.5,
            }
        },
    )  # fmt: skip
    agents = np.array([2, 1, 0])  # the third is not paid for breaks, only for what runs into them
    extra = Pool(Trials(scenario, scenario.seed, range(3)), agents).overtime(agents)
    results = run(patterns.staffed(scenario, agents.tolist()), engine="compiled")
    cost, overtime = results.estimate("team", "desk", "cost"), results.estimate("team", "desk", "overtime_cost")
    hours = results.estimate("team", "desk", "overtime_hours")
    assert cost is not None
    assert overtime is not None
    assert hours is not None
    assert extra == pytest.approx(overtime)
    assert cost.mean - overtime.mean == pytest.approx(float(patterns.costs(scenario) @ agents))
    assert 20 * 1.5 * hours.mean < overtime.mean < 25 * 1.5 * 1.5 * hours.mean


def test_who_is_not_paid_for_absence_costs_less() -> None:
    """A plan has the mean of what runs pay."""
    shifts = [{"team": "desk", "hours": "08:00-16:00", "breaks": ["12:00-12:30"], "paid": False}]
    desk = {"skills": {"phone": 1}, "absence": 0.3, "cost_per_hour": 20}
    scenario = week(
        replications=100,
        staffing={"patterns": shifts},
        team={"desk": desk | {"shifts": [{"agents": 1, "hours": "09:00-17:00"}]}},
    )
    results = run(patterns.staffed(scenario, [4]), engine="compiled")
    cost = results.estimate("team", "desk", "cost")
    assert cost is not None
    planned = 4 * float(patterns.costs(scenario)[0])
    assert planned == pytest.approx(4 * 3 * 7.5 * 20 * 0.7)
    assert abs(cost.mean - planned) < 1.5 * (cost.high - cost.low) / 2
