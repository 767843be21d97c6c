"""Measures of many replications: memory that hardly grows, and the same figures."""

from __future__ import annotations

import numpy as np
import pytest

from ccsim.metrics import Collected, Measures, summarise
from ccsim.metrics.measures import BATCHES
from ccsim.stats.intervals import ratio_interval

KEY = ("queue", "abandonment")


def made_up(replications: int) -> list[Measures]:
    """Shares of a queue and in total in three intervals; in some replications nobody comes in the second."""
    random = np.random.default_rng(11)
    result = []
    for _ in range(replications):
        under = random.poisson([[20.0], [0.9], [5.0]], (3, 2)).astype(np.float64)
        quotients = np.stack([random.binomial(under.astype(int), 0.3).astype(np.float64), under])
        result.append(
            Measures({"queue": ("phone",), "team": ()}, np.arange(3), {KEY: quotients.sum(axis=1)}, {KEY: quotients})
        )
    return result


@pytest.mark.parametrize("replications", [1, 2, BATCHES])
def test_up_to_as_many_as_there_are_batches_each_counts_for_itself(replications: int) -> None:
    measures = made_up(replications)
    stacked = np.stack([one.by_interval[KEY] for one in measures])
    expected = np.stack(ratio_interval(stacked[:, 0], stacked[:, 1], share=True)).swapaxes(1, 2)
    assert np.array_equal(summarise(measures).by_interval[KEY], expected, equal_nan=True)


@pytest.mark.parametrize("replications", [BATCHES + 1, 2 * BATCHES, 5 * BATCHES + 3])
def test_beyond_them_means_are_the_same_and_intervals_as_wide(replications: int) -> None:
    measures = made_up(replications)
    stacked = np.stack([one.by_interval[KEY] for one in measures])
    mean, low, high = (figure.T for figure in ratio_interval(stacked[:, 0], stacked[:, 1], share=True))
    result = summarise(measures).by_interval[KEY]
    assert result[0] == pytest.approx(mean, rel=1e-12)
    # of 20 batches or more: an error of the error of 1 / sqrt(2 × 20), so four of them
    assert (result[2] - result[1]) / (high - low) == pytest.approx(1.0, abs=4 / np.sqrt(BATCHES))


def test_intervals_of_batches_cover() -> None:
    """Of 500 runs of 100 replications 95 % hold the true share, within 3.5 standard errors of such a count."""
    random = np.random.default_rng(12)
    names = {"queue": ("phone",), "team": ()}
    held = 0
    for _ in range(500):
        collected = Collected()
        for under in random.poisson(4, 100):
            quotients = np.array([random.binomial(under, 0.3), under], dtype=np.float64).reshape(2, 1, 1)
            collected.add(Measures(names, np.arange(1), {KEY: quotients[:, 0]}, {KEY: quotients}))
        _, low, high = collected.summary().by_interval[KEY][:, 0, 0]
        held += low <= 0.3 <= high
    assert held / 500 == pytest.approx(0.95, abs=3.5 * np.sqrt(0.95 * 0.05 / 500))


def test_counts_begin_at_0_and_money_may_be_negative() -> None:
    one = np.ones(1)
    for metric, cut in (("abandoned", True), ("value_lost", False)):
        key = ("queue", metric)
        values = [{key: np.stack([number, one])} for number in (one * 0, one * 0, one * 3)]
        measures = [Measures({"queue": ("phone",), "team": ()}, np.arange(1), value, {}) for value in values]
        low = summarise(measures).rows[0].low
        assert low is not None
        assert low == 0 if cut else low < 0


def test_memory_stays() -> None:
    collected = Collected()
    for one in made_up(10 * BATCHES):
        collected.add(one)
    assert len(collected.whole) == 10 * BATCHES
    assert not any(one.by_interval for one in collected.whole)
    assert len(collected._batches) <= BATCHES


def test_days_are_weighted_by_what_their_intervals_had() -> None:
    """Counts of a day add up; shares are sums over sums, never means of means."""
    names = {"queue": ("phone",), "team": ()}
    counts, share = ("queue", "offered"), ("queue", "abandonment")
    collected = Collected()
    for scale in (1.0, 3.0):
        offered = scale * np.array([[10.0], [30.0], [5.0]])
        gave_up = scale * np.array([[5.0], [3.0], [5.0]])
        tables = {counts: np.stack([offered, np.ones_like(offered)]), share: np.stack([gave_up, offered])}
        whole = {counts: np.array([offered.sum(axis=0), [1.0]]), share: tables[share].sum(axis=1)}
        collected.add(Measures(names, np.array([20, 50, 120]), whole, tables))
    summary = collected.summary(midnights=np.array([0, 100, 200]))
    assert summary.days.tolist() == [0, 100]
    assert summary.by_day[counts][0, 0].tolist() == [80.0, 10.0]
    assert summary.by_day[share][0, 0].tolist() == [8 / 40, 1.0]
    assert [row.start for row in summary.day_rows() if row.metric == "offered"] == [0, 100]


def test_what_does_not_add_up_has_no_days() -> None:
    key = ("queue", "queue_max")
    peaks = np.array([[[3.0], [5.0]], [[1.0], [1.0]]])
    collected = Collected()
    collected.add(Measures({"queue": ("phone",), "team": ()}, np.array([0, 50]), {key: peaks[:, 1]}, {key: peaks}))
    summary = collected.summary(midnights=np.array([0, 100]))
    assert key in summary.by_interval
    assert not summary.by_day
