"""What is read off sorted times is what its definition gives, for few and many times, in any order."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ccsim.metrics.facts import PERCENTS_AND_ALL, ranks
from ccsim.tables import I64, SECOND


def in_order(values: I64) -> I64:
    values, spare, counts = values.copy(), np.empty_like(values), np.empty(ranks().DIGITS, np.int64)
    return spare if ranks().sort(values, spare, counts) else values


@pytest.mark.parametrize("count", [0, 1, 2, 30, 500, 5000])
@pytest.mark.parametrize("high", [1, 50, 1 << 20, 1 << 52])
def test_numbers_are_sorted(count: int, high: int) -> None:
    values = np.random.default_rng(count).integers(-high, high, count)
    nearly = np.sort(values)
    nearly[1::7], nearly[:-1:7] = nearly[:-1:7].copy(), nearly[1::7].copy()
    for some in (values, nearly, nearly[::-1].copy()):
        np.testing.assert_array_equal(in_order(some), np.sort(some))


@pytest.mark.parametrize("queues", [1, 3])
@pytest.mark.parametrize("share_of_zeros", [0.0, 0.6, 1.0])
def test_quantiles_are_the_times_at_their_rank(queues: int, share_of_zeros: float) -> None:
    random = np.random.default_rng(5)
    queue = random.integers(0, queues, 200)
    times = np.where(random.random(200) < share_of_zeros, 0, random.integers(1, 30, 200) * SECOND)
    bits = (queues - 1).bit_length()
    waited = in_order(times[times > 0] << bits | queue[times > 0])
    count, zeros = np.bincount(queue, minlength=queues), np.bincount(queue[times == 0], minlength=queues)
    values = np.full((len(PERCENTS_AND_ALL), queues + 1), np.nan)
    ranks().quantiles(waited, count, zeros, 0, PERCENTS_AND_ALL, np.zeros((4, queues), np.int64), values)
    for place in range(queues + 1):
        mine = np.sort(times if place == queues else times[queue == place])
        wanted = [mine[math.ceil(percent * len(mine) / 100) - 1] / SECOND for percent in PERCENTS_AND_ALL.tolist()]
        np.testing.assert_array_equal(values[:, place], wanted)


def test_the_most_at_once_begins_with_who_is_still_there() -> None:
    random = np.random.default_rng(7)
    edges, queues = np.array([0, 10, 20, 30, 40]), 2
    start = random.integers(0, 39, 60)
    end = np.minimum(start + random.integers(1, 15, 60), 40)
    queue = random.integers(0, queues, 60)
    most = np.zeros((4, queues + 1), np.int64)
    spans = (in_order(start << 1 | queue), in_order(end << 1 | queue))
    ranks().peaks(*spans, queues, edges, np.zeros(queues + 1, np.int64), most)
    at_once = [
        [np.count_nonzero((start <= time) & (time < end) & mine) for time in range(40)]
        for mine in (queue == 0, queue == 1, queue >= 0)
    ]
    np.testing.assert_array_equal(most, np.array(at_once).reshape(3, 4, 10).max(axis=2).T)
