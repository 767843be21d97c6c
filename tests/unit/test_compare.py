"""Comparisons: the same streams, paired differences, and a ranking that claims no more than it may."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ccsim.errors import ScenarioError
from ccsim.metrics import TOTAL
from ccsim.report.of_comparison import answer
from ccsim.results.comparison import Comparison, VariantResult, outside
from ccsim.results.figures import MetricPlace
from ccsim.results.ranking import COST, rank, ranking_figure, replications_needed
from ccsim.runs.run import run
from ccsim.scenario.model import Scenario
from ccsim.scenario.read import parse
from ccsim.stats.estimate import Estimate
from ccsim.stats.intervals import mean_interval, paired_interval, student_t
from ccsim.studies.compare import compare, read_files, read_variants
from tests.cli.tiny import write_tiny

SHOP: dict[str, Any] = {
    "start": "2026-03-02",
    "days": 1,
    "seed": 5,
    "replications": 4,
    "queue": {
        "phone": {
            "channel": "phone",
            "open": "09:00-12:00",
            "volume": {"per_day": 40},
            "patience": {"mean": "2m"},
            "service_level": "80/20",
            "max_abandonment": 0.5,
        },
        "chat": {
            "channel": "live_chat",
            "open": "09:00-12:00",
            "volume": {"per_day": 20},
            "service_level": "80% in 60s",
            "reply_target": "90% in 60s",
        },
    },
    "team": {
        "all": {
            "skills": {"phone": 1, "chat": 2},
            "shifts": [{"agents": 2, "hours": "09:00-12:00"}],
            "cost_per_hour": 20,
        }
    },
}


def shop(**changes: Any) -> Scenario:
    """The shop with dotted paths (`__` for a dot) changed."""
    doc = copy.deepcopy(SHOP)
    for path, value in changes.items():
        *way, last = path.split("__")
        table = doc
        for key in way:
            table = table[key]
        table[last] = value
    return parse(doc)


def agents(number: int) -> Scenario:
    return shop(team__all__shifts=[{"agents": number, "hours": "09:00-12:00"}])


def compared(scenarios: Mapping[str, Scenario], **options: Any) -> Comparison:
    return compare(scenarios, engine="compiled", workers=1, **options)


@pytest.fixture(scope="module")
def three() -> Comparison:
    return compared({"two": agents(2), "again": agents(2), "three": agents(3)})


# --- figures and differences


def test_each_variant_is_what_a_run_finds(three: Comparison) -> None:
    assert [variant.name for variant in three.variants] == ["two", "again", "three"]
    for variant, number in zip(three.variants, (2, 2, 3), strict=True):
        alone = run(agents(number), engine="compiled")
        assert variant.results.summary.rows == alone.summary.rows
        for figure in three.figures:
            assert three.estimate(variant, figure) == pytest.approx(alone.estimate(*figure), nan_ok=True)


def test_differences_are_taken_replication_by_replication(three: Comparison) -> None:
    two, _, more = three.variants
    figure = MetricPlace(TOTAL, TOTAL, "answered")
    runs = [[m.values["queue", "answered"][0, -1] for m in variant.measures] for variant in (two, more)]
    assert three.difference(more, figure) == pytest.approx(np.array(mean_interval(np.subtract(*runs[::-1]))))
    level = MetricPlace("queue", "phone", "service_level")
    result = three.difference(more, level)
    assert result is not None
    both = [three.estimate(variant, level) for variant in (more, two)]
    assert result.mean == pytest.approx(both[0].mean - both[1].mean)  # type: ignore[union-attr]


def test_what_is_the_same_does_not_differ_at_all(three: Comparison) -> None:
    again = [row for row in three.rows() if row.variant == "again" and row.mean is not None]
    assert len(again) > 50
    assert {row.difference for row in again} == {0.0}
    assert True not in {row.differs for row in again}


def test_rows_are_tidy(three: Comparison) -> None:
    rows = list(three.rows())
    assert len({row[:4] for row in rows}) == len(rows)
    assert all(row.difference is None and row.differs is None for row in rows if row.variant == "two")
    cost = next(row for row in rows if row[:4] == ("three", TOTAL, TOTAL, "cost"))
    assert cost.difference == pytest.approx(3 * 20, abs=3), "three hours at 20, and overtime"
    assert (cost.differs, cost.unit, cost.better) == (True, "money", "lower")


def test_headline_has_the_targets_and_what_always_matters(three: Comparison) -> None:
    assert [str(figure) for figure in three.headline] == [
        "phone service level",
        "phone abandonment",
        "chat service level",
        "chat reply level",
        "total cost",
        "total effort",
    ]


def test_headline_shows_paid_hours_where_nothing_costs_and_value_where_it_is_lost() -> None:
    without_cost = shop(team__all__cost_per_hour=0, queue__phone__value=9)
    free = compared({"one": without_cost, "other": without_cost})
    assert [str(figure) for figure in free.headline if figure.level == TOTAL] == [
        "total paid hours",
        "total value lost",
        "total effort",
    ]


def test_workers_change_nothing(three: Comparison) -> None:
    scenarios = {"two": agents(2), "again": agents(2), "three": agents(3)}
    assert list(compare(scenarios, engine="compiled", workers=2).rows()) == list(three.rows())


def test_a_baseline_is_moved_to_the_front(three: Comparison) -> None:
    result = compared({"two": agents(2), "again": agents(2), "three": agents(3)}, baseline="three")
    assert [variant.name for variant in result.variants] == ["three", "two", "again"]
    there = {row.metric: row.difference for row in three.rows() if row[:3] == ("three", TOTAL, TOTAL)}
    back = {row.metric: row.difference for row in result.rows() if row[:3] == ("two", TOTAL, TOTAL)}
    assert there.keys() == back.keys()
    assert all(value is None or there[metric] == pytest.approx(-value, abs=1e-12) for metric, value in back.items())


# --- scenarios that do not match


def test_all_get_the_streams_of_the_first_and_it_is_said() -> None:
    other = shop(seed=6, replications=2)
    result = compared({"a": agents(2), "b": other})
    assert result.notes == ("b: seed 5, that of a, instead of 6.", "b: replications 4, that of a, instead of 2.")
    assert {row.difference for row in result.rows() if row.variant == "b" and row.mean is not None} == {0.0}
    stored = result.variants[1].results.scenario
    assert (stored.raw["seed"], stored.raw["replications"]) == (5, 4)
    assert (other.seed, other.raw["seed"]) == (6, 6)


def test_only_what_both_have_is_compared() -> None:
    without = copy.deepcopy(SHOP)
    del without["queue"]["chat"]
    without["team"]["all"]["skills"] = {"phone": 1}
    without["team"]["night"] = {"skills": {"phone": 1}, "shifts": [{"agents": 1, "hours": "09:00-12:00"}]}
    result = compared({"both": shop(), "phone only": parse(without)})
    assert result.notes == ("queue chat: only in both.", "team night: only in phone only.")
    other = result.variants[1]
    chat, phone = (MetricPlace("queue", name, "service_level") for name in ("chat", "phone"))
    assert result.estimate(other, chat) is None
    assert result.difference(other, chat) is None
    assert result.difference(other, phone) is not None
    assert "chat" not in {row.name for row in result.rows() if row.variant == "phone only"}


def test_it_is_said_what_is_not_measured_alike() -> None:
    result = compared({"a": shop(), "b": shop(queue__phone__service_level="80/60", days=2)})
    assert result.notes == (
        "days is not the same for all: counts and money are of different times.",
        "phone: service level is not measured alike in all.",
    )


@pytest.mark.parametrize(
    ("names", "baseline", "said"), [(["a"], None, "1 scenario"), (["a", "b"], "c", "baseline: no 'c'")]
)
def test_what_cannot_be_compared_is_refused(names: list[str], baseline: str | None, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        compared(dict.fromkeys(names, shop()), baseline=baseline)


def test_names_come_from_files_and_variants(tmp_path: Path) -> None:
    tiny = write_tiny(tmp_path)
    assert list(read_variants(tiny)) == ["base", "busy"]
    (tmp_path / "other").mkdir()
    other = write_tiny(tmp_path / "other", tiny.read_text().replace("variant.busy", "variant.base"))
    assert list(read_variants(other)) == ["tiny.toml", "base"]
    renamed = other.rename(other.with_name("other.toml"))
    assert list(read_files([tiny, renamed])) == ["tiny", "other"]
    same = renamed.rename(renamed.with_name("tiny.toml"))
    assert list(read_files([tiny, same])) == [str(tiny), str(same)]


# --- ranking


def with_costs(
    base: Comparison, costs: Mapping[str, Any], *, phone_level: Mapping[str, float] | None = None
) -> Comparison:
    """The comparison with other replications: their total costs by variant, and nothing else measured."""
    one = base.baseline.results
    (level,) = (row for row in one.summary.rows if row.name == "phone" and row.metric == "service_level")
    variants = []
    for name, values in costs.items():
        low, mean = (0.0, phone_level[name]) if phone_level else (1.0, 1.0)
        rows = (level._replace(mean=mean, low=low, high=1.0),)
        summary = replace(one.summary, replications=len(values), rows=rows)
        results = replace(one, scenario=one.scenario.with_streams(1, len(values)), summary=summary)
        measures = [
            replace(base.baseline.measures[0], values={("queue", "cost"): np.array([[0, 0, value], [1.0, 1.0, 1.0]])})
            for value in values
        ]
        variants.append(VariantResult(name, results, measures))
    return Comparison(tuple(variants), ())


def test_ranking_says_what_cannot_be_told_apart(three: Comparison) -> None:
    noise = np.array([-1.0, 0.0, 1.0, 0.0, 0.5, -0.5])
    costs = {"dear": 20 + noise, "cheap": 10 + noise[::-1], "cheap too": 10.1 + noise, "twin": 20 + noise}
    ranking = rank(with_costs(three, costs))
    assert [name for name, _ in ranking.order] == ["cheap", "cheap too", "dear", "twin"]
    assert ranking.level == pytest.approx(1 - 0.05 / 6)
    apart = {(pair.first, pair.second): pair for pair in ranking.pairs}
    assert len(apart) == 6
    close = apart["cheap", "cheap too"]
    assert not close.told_apart
    interval = paired_interval((costs["cheap"], np.ones(6)), (costs["cheap too"], np.ones(6)), 1 - 0.05 / 6)
    assert close[2:5] == pytest.approx(np.array(interval))
    assert apart["cheap", "dear"].told_apart
    same, open_ = ranking.sentences()
    assert same == "The same in every replication: dear and twin."
    assert open_.startswith("Cannot be told apart by total cost at 6 replications: cheap and cheap too (about ")
    assert open_.count(" and ") == 1


def test_who_misses_a_target_is_not_ranked_by_cost(three: Comparison) -> None:
    costs = {name: np.array([cost, cost + 1]) for name, cost in (("good", 30.0), ("bad", 10.0), ("best", 20.0))}
    comparison = with_costs(three, costs, phone_level={"good": 0.9, "bad": 0.7, "best": 0.8})
    ranking = rank(comparison)
    assert [name for name, _ in ranking.order] == ["best", "good"]
    assert ranking.left_out == {"bad": ["phone service level (too close to call)"]}
    assert ranking.sentences() == [
        "bad is not ranked: it misses phone service level (too close to call).",
        "best may miss phone service level after all: the interval contains the target.",
        "good may miss phone service level after all: the interval contains the target.",
        "All differences of total cost are significant at 2 replications.",
    ]
    assert [name for name, _ in rank(comparison, COST).order] == ["bad", "best", "good"], "asked for by name"
    nobody = rank(with_costs(three, costs, phone_level=dict.fromkeys(costs, 0.1)))
    assert [name for name, _ in nobody.order] == ["bad", "best", "good"]
    assert nobody.sentences()[0].startswith("bad misses 1 target, by ")


def test_no_data_on_a_target_is_not_met() -> None:
    """Nobody comes, so that it is cheapest; where no variant has data, or a queue alone has nobody, nothing changes."""
    easy = dict.fromkeys(("queue__phone__service_level", "queue__chat__service_level"), "1/60")
    easy |= {"queue__chat__reply_target": "none", "team__all__cost_per_hour": 10}
    without_chats = shop(**easy, queue__chat__volume__per_day=0)
    nobody = shop(**easy, queue__chat__volume__per_day=0, queue__phone__volume__per_day=0)
    ranking = rank(compared({"nobody": nobody, "all": shop(**easy), "no chats": without_chats}))
    assert {name for name, _ in ranking.order[:2]} == {"no chats", "all"}
    assert ranking.no_data == {"nobody": ["phone service level", "chat service level", "phone abandonment"]}
    assert ranking.sentences()[0] == (
        "nobody has no data on phone service level, chat service level, phone abandonment: it is ranked behind those "
        "that meet their targets."
    )
    assert rank(compared({"nobody": nobody, "again": nobody})).no_data == {}
    hard = shop(**easy | {"queue__phone__service_level": "100/0"})
    only = compared({"nobody": nobody, "hard": hard})
    assert answer(only, rank(only)) == (
        "open", "No variant is known to meet all its targets; nobody has no data on phone service level, "
        "chat service level, phone abandonment.",
    )  # fmt: skip


def test_where_nothing_costs_anything_hours_are_ranked() -> None:
    easy = dict.fromkeys(
        ("queue__phone__service_level", "queue__chat__service_level", "queue__chat__reply_target"), "1/60"
    )
    shifts = {name: [{"agents": n, "hours": "09:00-12:00"}] for name, n in (("three", 3), ("two", 2))}
    variants = {name: shop(**easy, team__all__cost_per_hour=0, team__all__shifts=rows) for name, rows in shifts.items()}
    ranking = rank(compared(variants))
    assert ranking.figure.metric == "paid_hours"
    assert [name for name, _ in ranking.order] == ["two", "three"]


def test_where_nobody_meets_the_targets_the_cheapest_is_not_the_best(three: Comparison) -> None:
    costs = {name: np.array([cost, cost + 1]) for name, cost in (("good", 30.0), ("bad", 10.0), ("fair", 20.0))}
    ranking = rank(with_costs(three, costs, phone_level={"good": 0.7, "bad": 0.1, "fair": 0.6}))
    assert [name for name, _ in ranking.order] == ["good", "fair", "bad"]
    assert [ranking.missing[name] for name, _ in ranking.order] == [
        (1, pytest.approx(0.1)), (1, pytest.approx(0.2)), (1, pytest.approx(0.7)),
    ]  # fmt: skip
    assert "bad misses 1 target, by 70.0 percentage points in sum." in ranking.sentences()


def test_more_of_what_is_good_comes_first(three: Comparison) -> None:
    ranking = rank(three, MetricPlace("queue", "phone", "service_level"))
    assert ranking.order[0][0] == "three"
    means = [estimate.mean for _, estimate in ranking.order]
    assert means == sorted(means, reverse=True)


def test_one_replication_tells_nothing(three: Comparison) -> None:
    ranking = rank(with_costs(three, {"a": np.array([1.0]), "b": np.array([2.0])}))
    assert ranking.sentences() == ["One replication cannot tell any of them apart."]
    (pair,) = ranking.pairs
    assert (pair.low, pair.high, pair.told_apart, pair.needed) == (None, None, False, None)


def test_of_equals_hardly_ever_a_pair_is_told_apart(three: Comparison) -> None:
    """Five variants of the same mean that share half their noise: 5 % of 200 rankings or fewer claim any difference."""
    rng = np.random.default_rng(3)
    wrong = 0
    for _ in range(200):
        common = rng.normal(size=10)
        costs = {f"{i}": 100 + common + rng.normal(size=10) for i in range(5)}
        wrong += any(pair.told_apart for pair in rank(with_costs(three, costs)).pairs)
    assert wrong / 200 <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / 200)
    assert wrong > 0, "the intervals must not be wider than they need be by far"


def test_as_many_replications_as_advised_mostly_tell_apart() -> None:
    """With 80 %, if difference and spread are as seen: over 2000 repetitions, within four standard errors."""
    rng = np.random.default_rng(4)
    level, difference, spread, seen = 1 - 0.05 / 3, 1.0, 4.0, 10
    half = float(student_t(np.array(seen - 1), level)) * spread / math.sqrt(seen)
    needed = replications_needed(Estimate(difference, difference - half, difference + half), seen, level)
    assert needed is not None
    samples = rng.normal(difference, spread, size=(needed, 2000))
    _, low, high = mean_interval(samples, level)
    told = np.mean((low > 0) | (high < 0))
    assert told == pytest.approx(0.8, abs=4 * math.sqrt(0.8 * 0.2 / 2000) + 0.01)  # the approximation's hundredth


def test_nobody_is_sent_on_a_hopeless_errand() -> None:
    assert replications_needed(Estimate(0.0, -1.0, 1.0), 10, 0.95) is None
    assert replications_needed(Estimate(1e-6, -1.0, 1.0), 10, 0.95) is None
    assert replications_needed(Estimate(1.0, math.nan, math.nan), 1, 0.95) is None


@pytest.mark.parametrize("text", ["cost", "cost@total", "cost@all", "wait_p90@phone", "service_level"])
def test_rank_by_names_a_figure(text: str) -> None:
    metric, _, place = text.partition("@")
    figure = ranking_figure(text, {"a": shop()})
    assert (figure.metric, figure.name) == (metric, place or TOTAL)
    assert figure.level == {"": TOTAL, "total": TOTAL, "all": "team", "phone": "queue"}[place]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("csot", 'did you mean "cost"'),
        ("cost@fone", 'did you mean "phone"'),
        ("occupancy@all", "neither more nor less"),
        ("reply_level@phone", "one of reply_level@chat, reply_level@total"),
        ("resolution_level@phone", "no resolution_level of phone"),
        ("@phone", "no metric ''"),
    ],
)
def test_rank_by_refuses(text: str, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        ranking_figure(text, {"a": shop()})


def test_outside_means_that_zero_is() -> None:
    assert [outside(Estimate(1, low, high)) for low, high in ((0.1, 2), (-2, -0.1), (0, 2), (-1, 1), (0, 0))] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert not outside(Estimate(1, math.nan, math.nan))
