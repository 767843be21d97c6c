"""When contacts arrive: a Poisson process whose rate is constant in pieces.

Whatever a volume says becomes a `Rate`, the expected number of arrivals up to each of its edges; it is stretched by
days, spikes and scale, and then inverts a running sum of unit exponentials. So the underlying draws are the same
whatever the volume: twice the rate means the same customers twice as fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, NamedTuple, NoReturn, Protocol, runtime_checkable

import numpy as np

from ccsim.distributions.calendar import Calendar
from ccsim.distributions.durations import Gamma, open_unit
from ccsim.distributions.streams import Streams
from ccsim.errors import Problem, ScenarioError, call_own
from ccsim.tables import F64, I64, SECOND, Bool

HOUR: Final = 3600 * SECOND


def _hourly(*weights: float) -> tuple[tuple[int, float], ...]:
    return tuple((hour * HOUR, weight) for hour, weight in enumerate(weights))


Shape = Sequence[tuple[int, float]]
"""(microseconds after midnight, weight), sorted: from that time until the next the rate is proportional to the weight;
0 before the first, the last until midnight."""

SHAPES: Final[dict[str, Shape]] = {
    "flat": ((0, 1.0),),
    # two humps, before and after lunch; illustrative, as are all of these
    "office": _hourly(
        0.04, 0.02, 0.02, 0.02, 0.02, 0.05, 0.12, 0.35, 0.75, 1.05, 1.15, 1.1,
        0.85, 0.8, 0.95, 1.0, 0.9, 0.7, 0.45, 0.3, 0.2, 0.15, 0.1, 0.06,
    ),
    # most on Monday-morning-like days: a peak at nine that fades until night
    "morning": _hourly(
        0.03, 0.02, 0.02, 0.02, 0.03, 0.08, 0.25, 0.7, 1.2, 1.4, 1.25, 1.0,
        0.75, 0.6, 0.55, 0.5, 0.45, 0.4, 0.35, 0.3, 0.2, 0.15, 0.1, 0.05,
    ),
    # consumers after work: a little at lunch, the peak between eight and ten
    "evening": _hourly(
        0.3, 0.15, 0.08, 0.05, 0.04, 0.05, 0.1, 0.2, 0.3, 0.4, 0.45, 0.5,
        0.65, 0.65, 0.5, 0.5, 0.55, 0.7, 0.9, 1.15, 1.35, 1.35, 1.0, 0.6,
    ),
}  # fmt: skip
"""Built-in shapes of a day, by name."""


class Rate(NamedTuple):
    """Arrivals to be expected: `expected[i]` of them before `edges[i]`, at a constant rate between edges.

    `edges` : int64[n + 1], microseconds, not falling; `expected` : float64[n + 1], from 0, not falling.
    """

    edges: I64
    expected: F64

    def times(self, streams: Streams, owner: int) -> I64:
        """The arrivals of one replication : int64[·], microseconds, sorted, in [edges[0], edges[-1])."""
        edges, all_of_them, total = np.ascontiguousarray(self.edges), float(self.expected[-1]), 0.0
        piece = 0
        size = 4 * int(all_of_them / 4 + all_of_them**0.5) + 12  # mostly enough at once
        chunks: list[I64] = [np.empty(0, dtype=np.int64)]
        while total < all_of_them:
            first, times = size * (len(chunks) - 1), np.empty(size, dtype=np.int64)
            many, total, piece = streams.arrive(owner, first, total, piece, edges, self.expected, times)
            chunks.append(times[:many])
        return chunks[-1] if len(chunks) <= 2 else np.concatenate(chunks)

    def cut(self, times: I64) -> Rate:
        """The same with further edges."""
        edges = np.union1d(self.edges, np.clip(times, self.edges[0], self.edges[-1]))
        return Rate(edges, np.interp(edges.astype(np.float64), self.edges.astype(np.float64), self.expected))

    def scaled(self, factor: float | F64) -> Rate:
        """Times a factor, one for all or one a piece."""
        return _rate(self.edges, np.diff(self.expected) * factor)

    def plus(self, other: Rate) -> Rate:
        """Both together."""
        edges = np.union1d(self.edges, other.edges)
        at = edges.astype(np.float64)
        one, more = (np.interp(at, rate.edges.astype(np.float64), rate.expected) for rate in (self, other))
        return Rate(edges, one + more)

    def within(self, spans: I64) -> Rate:
        """Only what falls into `spans` : int64[m, 2], half-open, sorted, disjoint."""
        cut = self.cut(spans.ravel())
        return cut.scaled(_inside(cut.edges[:-1], spans).astype(np.float64))

    def spiked(self, start: int, end: int, factor: float) -> Rate:
        """Times `factor` in [start, end)."""
        cut = self.cut(np.array([start, end], dtype=np.int64))
        return cut.scaled(np.where((cut.edges[:-1] >= start) & (cut.edges[:-1] < end), factor, 1.0))

    def by_day(self, midnights: I64, factors: F64) -> Rate:
        """Times one factor a day, or a step, at whose edges the rate has been cut. `midnights` : int64[days + 1],
        `factors` : float64[days]."""
        return self.scaled(factors[_day(self.edges[:-1], midnights)])


TRIALS: Final = 20
"""Replications by whose mean an own process is compared with its rate."""


@runtime_checkable
class Arriving(Protocol):
    """An arrival process that a program brings."""

    def times(self, edges: F64, expected: F64, random: np.random.Generator) -> F64:
        """Arrivals of one replication, in seconds, at least edges[0] and below edges[-1], in any order.

        `edges` : float64[n + 1], seconds, not falling; `expected` : float64[n + 1], how many are to be expected before
        each edge; `random` is the replication's own.
        """


@dataclass(frozen=True)
class Process:
    """An arrival process that a program or a package brings, by name and parameters."""

    name: str
    parameters: tuple[tuple[str, float], ...]
    code: str
    """a digest of the class that brings it"""
    brought: Arriving = field(repr=False, compare=False)

    def demand_number(self, rate: Rate, key: tuple[int, int], owner: int) -> None:
        """Raises ScenarioError where TRIALS replications have far more or fewer contacts than the rate says."""
        counts = [len(self.times(rate, Streams(key, replication), owner)) for replication in range(TRIALS)]
        expected, mean = float(rate.expected[-1]), float(np.mean(counts))
        error = max(float(np.std(counts, ddof=1)), expected**0.5) / TRIALS**0.5
        if abs(mean - expected) > 0.1 * expected + 5 * error:
            came = f"{mean:.6g} contacts on average of {TRIALS} replications"
            self._refuse(came, f"about {expected:.6g}, as its volume says")

    def times(self, rate: Rate, streams: Streams, owner: int) -> I64:
        """Of one replication : int64[·], microseconds, sorted. Raises ScenarioError for times of no use."""
        edges, called = rate.edges / SECOND, f"{type(self.brought).__name__}.times"
        given = call_own(self._part, called, self.brought.times, edges, rate.expected.copy(), streams.generator(owner))
        try:
            came = np.array(given, dtype=np.float64)
        except (TypeError, ValueError):
            self._refuse(f"times that are no numbers, of type {type(given).__name__}", "float64[n]")
        if came.ndim != 1:
            self._refuse(f"times of the shape {came.shape}", "one axis")
        if not ((came >= edges[0]) & (came < edges[-1])).all():
            allowed = f"seconds from {edges[0]:g} and below {edges[-1]:g}"
            self._refuse(f"times from {came.min():g} to {came.max():g}", allowed)
        times: I64 = np.rint(np.sort(came) * SECOND).astype(np.int64)
        times[times == rate.edges[-1]] -= 1
        return times

    @property
    def _part(self) -> str:
        return f"arrival process {self.name}"

    def _refuse(self, value: str, allowed: str) -> NoReturn:
        raise ScenarioError([Problem(self._part, value, allowed)])


def constant(per_hour: float, end: int) -> Rate:
    """So many an hour, round the clock, in [0, end)."""
    return _rate(np.array([0, end], dtype=np.int64), np.array([per_hour * end / HOUR]))


def daily(volumes: F64, shape: Shape, calendar: Calendar, open_spans: I64 | None) -> Rate:
    """`volumes[d]` on day d, spread over its clock by `shape`.

    With `open_spans` : int64[m, 2] (of a queue that rejects outside its hours) the day's whole volume falls into the
    hours in which the queue is open: there the shape is cut and stretched to the volume; on a day on which it stays
    closed nobody comes. A day on which the shape leaves nothing for the open hours has its volume evenly within them.
    Without, as for queues that hold messages, the shape runs over the whole day.
    """
    days = len(volumes)
    midnights = calendar.midnights(days)
    shaped, evenly = _over_days(shape, calendar, midnights), _over_days(SHAPES["flat"], calendar, midnights)
    if open_spans is not None:
        shaped, evenly = shaped.within(open_spans), evenly.within(open_spans)
    shaped, evenly = shaped.cut(evenly.edges), evenly.cut(shaped.edges)
    day = _day(shaped.edges[:-1], midnights)
    empty = np.bincount(day, np.diff(shaped.expected), days) == 0
    parts = np.where(empty[day], np.diff(evenly.expected), np.diff(shaped.expected))
    sums = np.bincount(day, parts, days)
    factors = np.divide(volumes, sums, out=np.zeros(days), where=sums > 0)
    return _rate(shaped.edges, parts * factors[day])


def _over_days(shape: Shape, calendar: Calendar, midnights: I64) -> Rate:
    """The shape on every day's clock, in weight × microseconds."""
    shape = shape if shape[0][0] == 0 else ((0, 0.0), *shape)
    days = range(len(midnights) - 1)
    edges = np.array([*(calendar.at(day, wall) for day in days for wall, _ in shape), midnights[-1]], dtype=np.int64)
    # a wall time that the clock skips must not come after those that follow it
    edges = np.minimum.accumulate(edges[::-1])[::-1]
    return _rate(edges, np.diff(edges) * np.tile([weight for _, weight in shape], len(days)))


def by_interval(starts: I64, ends: I64, counts: F64) -> Rate:
    """`counts[i]` in [starts[i], ends[i]) : sorted, disjoint; nothing between."""
    edges = np.column_stack((starts, ends)).ravel()
    parts = np.zeros(max(0, len(edges) - 1))
    parts[::2] = counts
    return _rate(edges, parts)


STEP: Final = HOUR // 2
"""How long the factor within a day is constant, from midnight on."""
STEPS: Final = 52
"""Uniforms kept for the steps of a day, the longest that clocks know included; a multiple of 4."""


def busyness(own: F64, shared: F64, cv: float, correlation: float, memory: float = 0.0) -> F64:
    """How busy each day is : float64[days] or [rows, days], gamma with mean 1 and the given cv.

    Queues are correlated through a normal copula: a uniform a day of each queue's own, and one that all share. `memory`
    is the correlation of the normal scores from one to the next of a row.
    """
    from scipy.special import ndtr, ndtri

    if cv == 0:
        return np.ones(own.shape)
    normal = (1 - correlation) ** 0.5 * ndtri(own) + correlation**0.5 * ndtri(shared)
    if memory > 0:
        for place in range(1, normal.shape[-1]):
            normal[..., place] = memory * normal[..., place - 1] + (1 - memory**2) ** 0.5 * normal[..., place]
    return Gamma(1.0, cv).value(open_unit(np.asarray(ndtr(normal), dtype=np.float64)))


def steps(midnights: I64) -> tuple[I64, I64]:
    """Edges of all days' steps : int64[n + 1], and the number of each : int64[n], a day's first a multiple of STEPS."""
    days = [np.arange(start, end, STEP) for start, end in pairwise(midnights.tolist())]
    numbers = [day * STEPS + np.arange(len(starts)) for day, starts in enumerate(days)]
    return np.append(np.concatenate(days), midnights[-1]), np.concatenate(numbers)


def _rate(edges: I64, parts: F64) -> Rate:
    return Rate(edges, np.concatenate(([0.0], np.cumsum(parts))))


def _day(times: I64, midnights: I64) -> I64:
    days = np.searchsorted(midnights, times, side="right") - 1
    return np.clip(days, 0, len(midnights) - 2)


def _inside(times: I64, spans: I64) -> Bool:
    if len(spans) == 0:
        return np.zeros(len(times), dtype=np.bool_)
    index = np.searchsorted(spans[:, 0], times, side="right") - 1
    inside = (index >= 0) & (times < spans[np.maximum(index, 0), 1])
    return np.asarray(inside, dtype=np.bool_)
