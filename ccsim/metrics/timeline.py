"""Half-open spans of time: for how long there are how many, by reporting interval, and what they have in common."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ccsim.tables import F64, I64, Bool, Plan


class Timeline:
    """Spans [start, end) as the step function that counts them; sorted once, then asked. Times in µs, edges sorted."""

    def __init__(self, start: I64, end: I64) -> None:
        self.starts, self.ends = _sorted(start), _sorted(end)

    def area(self, edges: I64) -> I64:
        """Integral of the count between each two edges, µs."""
        # sums of times may wrap around; their differences, the areas, do not reach that far and come out exact
        return np.diff(_passed(self.starts, edges) - _passed(self.ends, edges))


def share_within(spans: I64, edges: I64) -> F64:
    """Share of the time between each two edges that lies in the spans : int64[m, 2], disjoint."""
    spans = np.clip(spans, edges[0], edges[-1])
    return np.asarray(Timeline(spans[:, 0], spans[:, 1]).area(edges) / np.diff(edges), dtype=np.float64)


def _sorted(times: I64) -> I64:
    return times if (times[1:] >= times[:-1]).all() else np.sort(times)


def _passed(times: I64, edges: I64) -> I64:
    """Sum over the sorted times before each edge of what has passed since."""
    count = np.searchsorted(times, edges)
    total = np.append(0, times.cumsum())[count]
    return np.asarray(count * edges - total)


def within(starts: I64, ends: I64, outer_starts: I64, outer_ends: I64) -> tuple[I64, I64, I64]:
    """Spans cut to the outer ones (sorted, disjoint): row of the span, start and end of each piece that is left."""
    first = np.searchsorted(outer_ends, starts, side="right")
    pieces = np.maximum(np.searchsorted(outer_starts, ends, side="left") - first, 0)
    row = np.repeat(np.arange(len(starts)), pieces)
    piece = np.arange(len(row)) - np.repeat(np.cumsum(pieces) - pieces, pieces) + first[row]
    return row, np.maximum(starts[row], outer_starts[piece]), np.minimum(ends[row], outer_ends[piece])


def divided(starts: I64, ends: I64) -> tuple[I64, I64, I64, I64]:
    """Spans cut wherever one begins or ends: row of the span, start and end of each piece, how many have it."""
    bounds = np.unique(np.concatenate([starts, ends]))
    row, start, end = within(starts, ends, bounds[:-1], bounds[1:])
    begun, over = np.searchsorted(np.sort(starts), start, "right"), np.searchsorted(np.sort(ends), start, "right")
    return row, start, end, begun - over


def open_time(plan: Plan, queue: int, times: NDArray[Any]) -> I64:
    """How long the queue has been open by each time (µs), in any order, counted from the earliest of them."""
    spans = slice(plan.hours_offset[queue], plan.hours_offset[queue + 1])
    low, high = times.min(initial=0), times.max(initial=0)
    opens, closes = np.clip(plan.opens[spans], low, high), np.clip(plan.closes[spans], low, high)
    span = np.searchsorted(opens, times)  # begun before the time, so that span - 1 may still be open
    before = np.append(0, np.cumsum(closes - opens))
    since = np.maximum(np.append(closes, high)[span - 1] - times, 0)
    return np.asarray(before[span] - np.where(span > 0, since, 0))


def inside(times: I64, spans: I64) -> Bool:
    """Which of the times lie in some of the half-open spans, sorted and disjoint : int64[m, 2]."""
    span = np.searchsorted(spans[:, 0], times, side="right") - 1
    return np.asarray((span >= 0) & (times < np.append(spans[:, 1], 0)[span]))
