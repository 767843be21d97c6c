"""Spans of time, against counting second by second."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from ccsim.metrics.timeline import Timeline, divided, open_time, within
from ccsim.tables import SECOND
from tests.tables_by_hand import FOREVER, make_plan, queue, team


def spans(seed: int, count: int = 40) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    start = rng.integers(-20, 100, count)
    return start, start + rng.integers(0, 30, count)


def level_by_second(start: Any, end: Any, low: int = -20, high: int = 140) -> Any:
    seconds = np.arange(low, high)
    return ((start[:, None] <= seconds) & (seconds < end[:, None])).sum(axis=0)


@pytest.mark.parametrize("seed", range(5))
def test_timeline_counts_as_by_the_second(seed: int) -> None:
    start, end = spans(seed)
    edges = np.array([0, 7, 8, 50, 120])
    levels = level_by_second(start, end)[20:]
    timeline = Timeline(start, end)
    pieces = [levels[a:b] for a, b in pairwise(edges)]
    assert timeline.area(edges).tolist() == [piece.sum() for piece in pieces]


def test_area_is_exact_where_sums_of_times_overflow() -> None:
    start = np.arange(3, dtype=np.int64) + 2**62 - 10
    edges = np.array([2**62 - 20, 2**62 - 5])
    assert Timeline(start, start + 5).area(edges).tolist() == [5 + 4 + 3]


def test_spans_cut_to_others() -> None:
    start, end = spans(3)
    outer_start, outer_end = np.array([0, 30, 31, 90]), np.array([10, 31, 60, 200])
    row, begin, finish = within(start, end, outer_start, outer_end)
    inside = level_by_second(outer_start, outer_end)
    assert np.array_equal(level_by_second(begin, finish), level_by_second(start, end) * inside)
    assert (start[row] <= begin).all()
    assert (finish <= end[row]).all()


def test_open_time() -> None:
    plan = make_plan([queue(hours=[(0, 10)]), queue(hours=[(-FOREVER, 5), (20, FOREVER)])], [team({0: 1, 1: 1})])
    times = np.array([-4, 0, 5, 12, 20, 30]) * SECOND
    assert (open_time(plan, 0, times) / SECOND).tolist() == [0, 0, 5, 10, 10, 10]
    assert (open_time(plan, 1, times) / SECOND).tolist() == [0, 4, 9, 9, 9, 19]
    assert (open_time(plan, 1, times[::-1]) / SECOND).tolist() == [19, 9, 9, 9, 4, 0]
    assert open_time(make_plan([queue(hours=[])], [team({0: 1})]), 0, times).tolist() == [0] * 6


@pytest.mark.parametrize("seed", range(3))
def test_time_divided_between_spans(seed: int) -> None:
    """Every second of a span is in one piece of it, and divided between as many as there are then."""
    start, end = spans(seed, count=15)
    row, begin, finish, among = divided(start, end)
    levels = level_by_second(start, end)
    for span in range(15):
        mine = row == span
        assert np.array_equal(
            level_by_second(begin[mine], finish[mine]), level_by_second(start[span:][:1], end[span:][:1])
        )
    for first, last, count in zip(begin, finish, among, strict=True):
        assert set(levels[first + 20 : last + 20]) == {count}
