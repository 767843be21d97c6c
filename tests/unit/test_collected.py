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
    found = []
    for _ in range(replications):
        under = random.poisson([[20.0], [0.9], [5.0]], (3, 2)).astype(np.float64)
        quotients = np.stack([random.binomial(under.astype(int), 0.3).astype(np.float64), under])
        found.append(
            Measures({"queue": ("phone",), "team": ()}, np.arange(3), {KEY: quotients.sum(axis=1)}, {KEY: quotients})
        )
    return found


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
    found = summarise(measures).by_interval[KEY]
    assert found[0] == pytest.approx(mean, rel=1e-12)
    # of 20 batches or more: an error of the error of 1 / sqrt(2 × 20), so four of them
    assert (found[2] - found[1]) / (high - low) == pytest.approx(1.0, abs=4 / np.sqrt(BATCHES))


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


def test_memory_stays() -> None:
    collected = Collected()
    for one in made_up(10 * BATCHES):
        collected.add(one)
    assert len(collected.whole) == 10 * BATCHES
    assert not any(one.by_interval for one in collected.whole)
    assert len(collected._batches) <= BATCHES
