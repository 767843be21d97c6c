"""When a run has seen enough replications."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator

import numpy as np
import pytest

from ccsim.errors import ScenarioError
from ccsim.lowering import lower
from ccsim.metrics import Measures
from ccsim.results.model import PrecisionGoal
from ccsim.runs.precision import FIRST, Precision, read_goals, read_wanted
from ccsim.runs.run import run
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from tests.cli.tiny import TINY, write_tiny

GOAL = PrecisionGoal("queue", "phone", "asa", 1.0)


def measures(values: Iterator[float] | list[float], under: float = 1.0) -> Iterator[Measures]:
    """One queue with these figures, a replication each."""
    for value in values:
        quotients = np.array([[value * under] * 2, [under] * 2])
        yield Measures({"queue": ("phone",), "team": ()}, np.empty(0, np.int64), {("queue", "asa"): quotients}, {})


def stops(rule: Precision, stream: Iterator[Measures]) -> list[Measures]:
    seen: list[Measures] = []
    for one in stream:
        seen.append(one)
        if rule.enough(seen):
            return seen
    raise AssertionError("never enough")


def alternating(half_width_of_twenty: float) -> Iterator[float]:
    """Values whose interval over twenty of them has that half-width."""
    spread = half_width_of_twenty * math.sqrt(19) / 2.093024
    while True:
        yield from (spread, -spread)


def test_it_stops_after_the_first_stage_if_that_is_enough() -> None:
    assert len(stops(Precision([GOAL]), measures(alternating(0.999)))) == FIRST
    assert len(stops(Precision([GOAL]), measures(alternating(0.001)))) == FIRST


@pytest.mark.parametrize(
    ("half_width", "looks"),
    [
        (1.001, [20, 22]),  # a tenth more at least
        (1.2, [20, 29]),  # where 20 × 1.2² = 28.8 will do
        (3.0, [20, 40, 80, 157]),  # 20 × 9 is beyond twice as many; the half-width of 80 is 1.399
    ],
)  # fmt: skip
def test_it_looks_where_the_spread_says_that_it_will_do(half_width: float, looks: list[int]) -> None:
    rule, expected = Precision([GOAL]), []

    def watched() -> Iterator[float]:
        for number, value in enumerate(alternating(half_width)):
            if not expected or rule.expected != expected[-1][1]:
                expected.append((number, rule.expected))
            yield value

    assert len(stops(rule, measures(watched()))) == looks[-1]
    assert [number for number, _ in expected] == [0, *looks[:-1]]
    assert all(guess >= look for (_, guess), look in zip(expected, looks, strict=True))


def test_the_most_is_the_end() -> None:
    rule = Precision([GOAL], most=33)
    assert len(stops(rule, measures(alternating(9.0)))) == 33
    assert rule.expected == 33
    assert len(stops(Precision([GOAL], most=5), measures(alternating(9.0)))) == 5


def test_without_data_it_goes_on() -> None:
    assert len(stops(Precision([GOAL], most=50), measures(iter([0.0] * 50), under=0.0))) == 50


def test_every_goal_counts() -> None:
    tight = GOAL._replace(level="total", name="total", half_width=0.5)
    alone = len(stops(Precision([tight]), measures(alternating(1.0))))
    assert alone > FIRST
    for goals in ([GOAL, tight], [tight, GOAL]):
        assert len(stops(Precision(goals), measures(alternating(1.0)))) == alone


@pytest.mark.parametrize("needed", [10, 40])
def test_intervals_of_normal_figures_cover(needed: int) -> None:
    """Where some ten or forty replications would do if the spread were known; 2,000 runs: s.e. 0.5 %."""
    random = np.random.default_rng(20_261_122)
    goal = GOAL._replace(half_width=1.96 / math.sqrt(needed))
    held = numbers = 0
    for _ in range(2000):
        seen = stops(Precision([goal]), measures(iter(random.standard_normal(1000).tolist())))
        values = np.array([one.values["queue", "asa"][0, 0] for one in seen])
        held += abs(values.mean()) <= goal.half_width
        numbers += len(seen)
    assert held / 2000 >= 0.93
    assert numbers / 2000 == pytest.approx(max(FIRST, needed * 1.1), rel=0.06)


@pytest.mark.parametrize(("executor", "workers"), [("threads", 3), ("processes", 2)])
def test_the_number_does_not_depend_on_who_simulates(executor: str, workers: int) -> None:
    scenario = read.parse(tomllib.loads(SMALL))
    goals = [PrecisionGoal("queue", "phone", "asa", 1.0)]

    def result(workers: int) -> tuple[object, ...]:
        rule = Precision(goals, most=200)
        kept: list[int] = []
        results = run(
            scenario, engine="compiled", workers=workers, executor=executor, precision=rule,
            keep=lambda logs: kept.append(logs["contacts"]["replication"][0].as_py()),
        )  # fmt: skip
        assert kept == list(range(1, results.replications + 1))
        return results.replications, results.scenario.raw["replications"], results.summary.rows

    alone = result(1)
    assert FIRST < alone[0] < 200
    assert result(workers) == alone


SMALL = """
start = 2026-03-02
days = 1
[queue.phone]
channel = "phone"
open = "09:00-10:00"
volume = { per_hour = 60 }
[team.desk]
skills = { phone = 1 }
shifts = [{ agents = 7, hours = "09:00-10:00" }]
"""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    return read.load(write_tiny(tmp_path_factory.mktemp("tiny"), TINY))


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        ("service_level:0.01", ["phone", "chat", "message"]),
        ("reply_level: 0.01", ["chat"]),
        ("service_level@total:0.01", ["total"]),
        ("utilisation:0.05, utilisation@total:1e-2", ["all", "writers", "total"]),
        ("cost@writers:3", ["writers"]),
        ("cost@total:3", ["total"]),
    ],
)
def test_goals_are_where_the_metric_applies(wanted: str, places: list[str], tiny: Scenario) -> None:
    goals = read_goals(read_wanted([wanted]), *lower(tiny))
    assert [goal.name for goal in goals] == places


def test_several_options_and_commas(tiny: Scenario) -> None:
    goals = read_goals(read_wanted(["asa:2,abandonment@chat:0.02", "utilisation@all:0.1"]), *lower(tiny))
    assert [goal[1:] for goal in goals] == [
        *(("phone", "asa", 2.0), ("chat", "asa", 2.0), ("message", "asa", 2.0)),
        ("chat", "abandonment", 0.02),
        ("all", "utilisation", 0.1),
    ]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("service_leve:0.01", 'did you mean "service_level"'),
        ("service_level@phon:0.01", 'did you mean "phone"'),
        ("service_level@all:0.01", "no service_level of all; expected one of service_level@phone, service_level@chat"),
        ("reply_level@phone:0.01", "no reply_level of phone; expected one of reply_level@chat"),
        ("resolution_level:0.01", "no resolution_level of any queue or team; "),
        ("asa:0", "above 0"),
        ("asa:-1", "above 0"),
        ("asa:nan", "above 0"),
        ("asa:inf", "above 0"),
        ("service_level:1", "0.01 is one percentage point"),
        ("utilisation@total:5", "0.01 is one percentage point"),
        ("asa", "no half-width"),
        ("asa:", "no half-width"),
        ("asa:narrow", "no half-width"),
        ("", "no half-width"),
        ("0.01", "no half-width"),
        ("asa:1,", "no half-width"),
    ],
)
def test_what_is_wrong_with_a_goal_is_said(wanted: str, said: str, tiny: Scenario) -> None:
    with pytest.raises(ScenarioError, match="precision: ") as refused:
        read_goals(read_wanted([wanted]), *lower(tiny))
    assert said in str(refused.value)


def test_all_that_is_wrong_is_said_at_once(tiny: Scenario) -> None:
    with pytest.raises(ScenarioError) as refused:
        read_goals({"asa@phon": 1.0, "speed": 1.0, "asa": -1.0}, *lower(tiny))
    assert [problem.path for problem in refused.value.problems] == ["asa@phon", "speed", "asa"]
