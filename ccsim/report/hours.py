"""The reporting intervals on the scenario's clock: by day, by hour of the day, open or closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from ccsim.metrics.timeline import open_time
from ccsim.results.format import local_times
from ccsim.results.model import Results
from ccsim.tables import F64, I64, SECOND, Bool


@dataclass(frozen=True)
class HourRange:
    """Hours of the day, from `first` to before `last`, and the share of something that falls into them."""

    first: int
    last: int
    share: float

    def __str__(self) -> str:
        whole = (self.first, self.last) == (0, 24)
        return "at any hour" if whole else f"between {self.first:02d}:00 and {self.last:02d}:00"


@dataclass(frozen=True)
class Hours:
    """The intervals of a run: their `starts` (µs) and `lengths` (s), the day of each, its hour of the day.

    `step` is how many hours are distinguished; 0 where the intervals are too long to tell hours.
    """

    starts: I64
    lengths: F64
    dates: list[date]
    day: I64
    hour: I64
    step: int

    @classmethod
    def of(cls, results: Results) -> Hours:
        """Those of a run."""
        starts = results.summary.starts
        times = local_times(results.scenario, starts)
        dates = sorted({at.date() for at in times})
        number = {day: i for i, day in enumerate(dates)}
        step = -(-results.spec.interval // (3600 * SECOND))
        return cls(
            starts,
            np.diff(np.append(starts, results.plan.end)) / SECOND,
            dates,
            np.array([number[at.date()] for at in times]),
            np.array([at.hour for at in times]),
            step if step <= 3 else 0,
        )

    def by_day(self, values: F64) -> F64:
        """Sums by day, as in `dates`."""
        return np.asarray(np.bincount(self.day, values, len(self.dates)), dtype=np.float64)

    def by_hour(self, values: F64) -> F64:
        """Sums by hour of the day, `step` hours together."""
        return np.asarray(np.bincount(self.hour // self.step, values, 24 // self.step), dtype=np.float64)

    def open(self, results: Results, queue: int) -> Bool:
        """Whether the queue is open in some part of each interval."""
        edges = np.append(self.starts, results.plan.end)
        return np.asarray(np.diff(open_time(results.plan, queue, edges)) > 0)

    def peak(self, values: F64) -> HourRange | None:
        """The fewest hours in a row with half of all; None if those are more than a third of a day."""
        if not self.step or values.sum() <= 0:
            return None
        table = self.by_hour(values)
        before = np.append(0, np.cumsum(table)) / table.sum()
        for length in range(1, 8 // self.step + 1):
            shares = before[length:] - before[:-length]
            first = int(np.argmax(shares))
            if shares[first] >= 0.5:
                return HourRange(first * self.step, (first + length) * self.step, float(shares[first]))
        return None

    def above(self, part: F64, whole: F64, limit: float) -> list[HourRange]:
        """Hours in which `part` is more than `limit` of `whole`; those with hardly any of the whole are left out."""
        if not self.step:
            return []
        parts, wholes = self.by_hour(part), self.by_hour(whole)
        high = (parts > limit * wholes) & (wholes > 0.1 * wholes.max(initial=0.0))
        edges = np.flatnonzero(np.diff(np.concatenate([[False], high, [False]])))
        return [
            HourRange(first * self.step, last * self.step, float(parts[first:last].sum() / wholes[first:last].sum()))
            for first, last in edges.reshape(-1, 2).tolist()
        ]
