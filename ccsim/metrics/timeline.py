"""Half-open spans of time: how many there are at once, and for how long, by reporting interval."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ccsim.tables import I64, Plan


class Timeline:
    """Spans [start, end) as the step function that counts them; sorted once, then asked. Times in µs."""

    def __init__(self, start: I64, end: I64) -> None:
        self.starts, self.ends = np.sort(start), np.sort(end)

    def area(self, edges: I64) -> I64:
        """Integral of the count between each two edges, µs."""
        # sums of times may wrap around; their differences, the areas, do not reach that far and come out exact
        return np.diff(_passed(self.starts, edges) - _passed(self.ends, edges))

    def peaks(self, edges: I64) -> I64:
        """The most spans at once between each two edges."""
        first = np.searchsorted(self.starts, edges, side="right")
        at_edges = first - np.searchsorted(self.ends, edges, side="right")
        counts = np.arange(1, len(self.starts) + 1) - np.searchsorted(self.ends, self.starts, side="right")
        # the highest count after a start strictly between two edges
        last = np.searchsorted(self.starts, edges[1:], side="left")
        bounds = np.column_stack([first[:-1], last]).ravel()
        between = np.maximum.reduceat(np.append(counts, 0), bounds)[::2]
        return np.asarray(np.maximum(at_edges[:-1], np.where(first[:-1] < last, between, 0)))


def _passed(times: I64, edges: I64) -> I64:
    """Sum over the times before each edge of what has passed since."""
    count = np.searchsorted(times, edges)
    return np.asarray(count * edges - np.append(0, np.cumsum(times))[count])


def at_least(level: int, starts: I64, ends: I64) -> tuple[I64, I64]:
    """The spans during which at least `level` of the given ones lie over one another.

    `starts` and `ends` are each sorted. After k ends, the count is at least `level` from start number k + level on, so
    those spans are [max(end k, start k + level), end k + 1): no sweep over events is needed.
    """
    begin = starts[level - 1 :].copy()
    np.maximum(begin[1:], ends[: max(len(begin) - 1, 0)], out=begin[1:])
    finish = ends[: len(begin)]
    kept = begin < finish
    return begin[kept], finish[kept]


def within(keys: tuple[I64, I64], outer: tuple[I64, I64]) -> tuple[I64, I64, I64]:
    """Spans cut to the outer ones (sorted, disjoint): row of the span, start and end of each piece that is left."""
    starts, ends = keys
    first = np.searchsorted(outer[1], starts, side="right")
    pieces = np.maximum(np.searchsorted(outer[0], ends, side="left") - first, 0)
    row = np.repeat(np.arange(len(starts)), pieces)
    piece = np.arange(len(row)) - np.repeat(np.cumsum(pieces) - pieces, pieces) + first[row]
    return row, np.maximum(starts[row], outer[0][piece]), np.minimum(ends[row], outer[1][piece])


def open_time(plan: Plan, queue: int, times: NDArray[Any]) -> I64:
    """How long the queue has been open by each time (µs), counted from the earliest of them."""
    spans = slice(plan.hours_offset[queue], plan.hours_offset[queue + 1])
    low, high = times.min(initial=0), times.max(initial=0)
    opens, closes = np.clip(plan.opens[spans], low, high), np.clip(plan.closes[spans], low, high)
    return _passed(opens, times) - _passed(closes, times)
