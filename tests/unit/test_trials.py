"""Staffings on trial: the same figures as a run of the staffed scenario; what it means that targets hold."""

from __future__ import annotations

import tomllib
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ccsim.errors import ScenarioError
from ccsim.results.plans import StaffingTarget
from ccsim.runs.run import run
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.staffing import patterns
from ccsim.staffing.proof import Prover
from ccsim.staffing.trials import Judge, Pool, Tally, Trials, today
from ccsim.tables import F64

SMALL = """
start = 2026-03-02
days = 2
drain = "4h"
seed = 3
replications = 3

[queue.phone]
channel = "phone"
open = "09:00-12:00"
volume = { per_hour = 40 }
service_level = "80/20"
max_abandonment = 0.1

[queue.chat]
channel = "live_chat"
open = "09:00-12:00"
volume = { per_hour = 15 }
service_level = "80% in 60s"
reply_target = "90% in 60s"

[queue.mail]
channel = "email"
service_level = "80% in 4h"
resolution_target = "95% in 24h"
open = "09:00-12:00"
volume = { per_hour = 5 }

[team.voice]
skills = { phone = 1, chat = 2 }
concurrency = { chat = 3 }
shifts = [{ agents = 4, hours = "09:00-12:00" }]
absence = 0.2
steps_out = { every = "1h", lasts = "5m" }
cost_per_hour = 20
max_occupancy = 0.9

[team.text]
skills = { chat = 1, mail = 2 }
shifts = [{ agents = 2, hours = "09:00-12:00" }]
absence = 0.2
cost_per_hour = 10

[[staffing.patterns]]
team = "voice"
hours = "09:00-12:00"
breaks = ["10:30-10:45"]
[[staffing.patterns]]
team = "voice"
hours = "10:00-12:00"
days = "tue"
[[staffing.patterns]]
team = "voice"
hours = "09:00-11:00"
"""


def small(**changes: Any) -> Scenario:
    return read.parse(tomllib.loads(SMALL) | changes)


def same(tried: Tally, scenario: Scenario, goals: tuple[StaffingTarget, ...]) -> None:
    """A run of the scenario says the same."""
    results = run(scenario, engine="compiled")
    for goal, figure, row in zip(goals, tried.estimates(), tried.by_interval.swapaxes(0, 1), strict=True):
        assert figure == pytest.approx(results.estimate(goal.level, goal.name, goal.metric), rel=1e-9, nan_ok=True)
        series = results.series(goal.level, goal.name, goal.metric)
        before = row.shape[1] - len(series.mean)
        assert not row[:, :before].any()
        with np.errstate(invalid="ignore"):
            np.testing.assert_allclose((row[0] / row[1])[before:], series.mean)


@pytest.mark.parametrize("warm_up", ["0h", "9h30m"])
@pytest.mark.parametrize("agents", [(0, 0, 0), (2, 1, 1), (4, 0, 2)])
def test_a_staffing_on_trial_is_a_run_of_the_staffed_scenario(agents: tuple[int, ...], warm_up: str) -> None:
    """Absent agents and short absences included, whatever the others do."""
    scenario = small(warm_up=warm_up)
    pool = Pool(Trials(scenario, scenario.seed, range(3)), np.array([5, 2, 3]))
    assert [goal.name for goal in pool.goals] == ["phone", "chat", "mail", "chat", "mail", "phone", "voice"]
    same(pool.tally(np.array(agents)), patterns.staffed(scenario, agents), pool.goals)


def test_parts_of_the_replications_add_up_to_all() -> None:
    scenario, agents = small(replications=12), np.array([3, 1, 1])
    at_once = Pool(Trials(scenario, 3, range(12)), agents).tally(agents)
    pool = Pool(Trials(scenario, 3, range(12)), agents)
    assert pool.few == (4, 8)
    for part, number in enumerate(pool.few):
        first = pool.tally(agents, part + 1)
        np.testing.assert_array_equal(first.by_day, at_once.by_day[:, :number])
    np.testing.assert_allclose(pool.tally(agents).by_interval, at_once.by_interval)
    np.testing.assert_array_equal(pool.tally(agents, 1).by_day, at_once.by_day[:, :4])


def test_workers_change_nothing_and_seeds_do() -> None:
    scenario, agents = small(), np.array([3, 1, 1])
    one, two, other = (
        Pool(Trials(scenario, seed, range(3), workers), agents).tally(agents)
        for seed, workers in ((3, 1), (3, 2), (4, 1))
    )
    np.testing.assert_array_equal(one.by_day, two.by_day)
    assert (one.by_day != other.by_day).any()


def test_today_is_the_scenario_itself() -> None:
    scenario = small()
    trials = Trials(scenario, scenario.seed, range(3))
    same(today(trials), scenario, Pool(trials, np.zeros(3, np.int64)).goals)


def test_without_targets_there_is_nothing_to_staff_for() -> None:
    scenario = read.parse(tomllib.loads(SMALL.replace('"80/20"\nmax_abandonment = 0.1', '"none"')) | {
        "queue": {"phone": {"channel": "phone", "service_level": "none", "volume": {"per_hour": 5}}},
        "team": {"voice": {"skills": {"phone": 1}, "shifts": [{"agents": 1, "hours": "always"}]}},
    })  # fmt: skip
    with pytest.raises(ScenarioError, match="no targets"):
        Pool(Trials(scenario, 1, range(1)), np.zeros(3, np.int64))


# --- what it means that targets hold

GOALS = (
    StaffingTarget("queue", "a", "service_level", 0.8, True),
    StaffingTarget("queue", "a", "abandonment", 0.1, False),
)


def of_days(answered: list[list[float]], contacts: list[list[float]]) -> Tally:
    """Of a level of 80 %, and of no abandonment, by replication and day; one interval a day."""
    over, under = np.array(answered), np.array(contacts)
    by_day = np.stack([np.stack([over, 0 * over], axis=1), np.stack([under, under], axis=1)])
    return Tally(by_day, by_day.sum(axis=1))


def slack(tally: Tally, over: str, met_on: float | None = None, margin: F64 | None = None) -> list[list[float]]:
    judge = Judge(GOALS, over, met_on, np.zeros((2, 1)) if margin is None else margin)
    return [np.round(row, 9).tolist() for row in judge.slack(tally)]


TWO = of_days([[90, 40], [70, 20]], [[100, 50], [100, 50]])


def test_over_the_run_days_are_pooled() -> None:
    assert slack(TWO, "run") == [[pytest.approx(220 / 300 - 0.8)], [0.1]]


def test_over_days_replications_are_pooled() -> None:
    assert slack(TWO, "day") == [[0.0, -0.2], [0.1, 0.1]]
    assert slack(TWO, "interval") == slack(TWO, "day")


@pytest.mark.parametrize(("with_data", "proven"), [(1, False), (2, True)])
def test_data_in_a_single_replication_prove_nothing(
    with_data: int, proven: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def batch(_: Prover, number: int) -> SimpleNamespace:
        contacts = [[100.0, 0.0]] * with_data if number == 0 else [[0.0, 0.0]]
        return SimpleNamespace(tally=lambda agents: of_days(contacts, contacts))

    monkeypatch.setattr(Prover, "_batch", batch)
    none = np.zeros(0, np.int64)
    proof = Prover(small(), Judge(GOALS, "run", None, np.zeros((2, 1))), none, 1).prove(none)
    assert proof.short.any() != proven


def test_what_no_number_of_replications_proves_is_not_tried_on(monkeypatch: pytest.MonkeyPatch) -> None:
    batches: list[int] = []

    def batch(_: Prover, number: int) -> SimpleNamespace:
        batches.append(number)
        return SimpleNamespace(tally=lambda agents: of_days([[100.0, 0.0]] * 3, [[100.0, 0.0]] * 3))

    monkeypatch.setattr(Prover, "_batch", batch)
    all_of_them = tuple(goal._replace(wanted=1.0) for goal in GOALS)
    none = np.zeros(0, np.int64)
    proof = Prover(small(), Judge(all_of_them, "run", None, np.zeros((2, 1))), none, 1).prove(none)
    assert (proof.short.any(), batches) == (True, [0])


def test_a_margin_is_taken_off() -> None:
    assert slack(TWO, "day", margin=np.array([[0.05], [0.0]])) == [[-0.05, -0.25], [0.1, 0.1]]
    assert slack(TWO, "day", margin=np.array([[0.0, 0.05], [0.0, 0.0]])) == [[0.0, -0.25], [0.1, 0.1]]


def test_noise_is_of_the_difference_and_not_of_the_level() -> None:
    """Of equal denominators the paired t interval; what both staffings have in common, here the day, cancels."""
    calls = [[100.0, 100.0]] * 4
    one = of_days([[90, 40], [70, 20], [80, 30], [60, 25]], calls)
    other = of_days([[92, 44], [72, 24], [82, 34], [62, 29]], calls)
    judge = Judge(GOALS, "run", None, np.zeros((2, 1)))
    assert judge.noise(one, other).ravel() == pytest.approx([0.0, 0.0], abs=1e-12)

    other = of_days([[92, 40], [72, 26], [82, 30], [61, 25]], calls)
    differences = np.array([2.0, 8.0, 2.0, 1.0]) / 200
    half = 5.841 * differences.std(ddof=1) / 2  # t of three degrees of freedom at 99.5 %
    assert judge.noise(one, other).ravel() == pytest.approx([half, 0.0], rel=1e-3)
    few = judge.noise(one, other, of=16)
    assert few.ravel() == pytest.approx([half * np.sqrt(12 / 16), 0.0], rel=1e-3)  # of these 16, a quarter is known
    by_day = judge._replace(over="day").noise(one, other)
    assert by_day.shape == (2, 2)
    assert by_day[0, 1] == pytest.approx(5.841 * np.array([0.0, 0.06, 0.0, 0.0]).std(ddof=1) / 2, rel=1e-3)


@pytest.mark.parametrize(
    ("met_on", "expected"),
    [(1.0, -0.4), (0.75, -0.1), (0.6, -0.1), (0.5, 0.0), (0.25, 0.1)],
)
def test_met_on_is_the_slack_of_the_worst_day_that_counts(met_on: float, expected: float) -> None:
    """Days at 0.9, 0.8, 0.7 and 0.4 of the two replications: slack 0.1, 0, -0.1 and -0.4."""
    result = slack(TWO, "day", met_on)
    assert result[0] == [expected]
    met = np.array([0.9, 0.8, 0.7, 0.4]) >= GOALS[0].wanted
    assert (result[0][0] >= 0) == (met.mean() >= met_on)


def test_days_without_contacts_do_not_count() -> None:
    quiet = of_days([[90, 0], [70, 0]], [[100, 0], [100, 0]])
    assert slack(quiet, "day", 0.5)[0] == [pytest.approx(0.1)]
    assert np.isnan(slack(quiet, "day")[0][1])
    assert np.isnan(slack(of_days([[0]], [[0]]), "day", 0.5)[0][0])
