"""From a log to its measures, and from the measures of many replications to means with their intervals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from ccsim.metrics.definitions import METRICS, Level, Metric, Peaks, Sums, Whole
from ccsim.metrics.facts import Facts
from ccsim.stats.intervals import LEVEL, ratio_interval
from ccsim.tables import F64, I64, Bool, Log, MetricSpec, Plan, Workload

TOTAL: Final = "total"
"""Name of the level, and on it, of everything together."""

BATCHES: Final = 40
"""Most batches for intervals by reporting interval, and twice the fewest with as many replications.

Source: Schmeiser (1982), Batch size effects in the analysis of simulation output: more than 30 hardly narrow them.
"""

Key = tuple[Level, str]

NO_DAYS: Final[I64] = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Measures:
    """Numerators and denominators of all metrics of one replication; picklable, and small without intervals."""

    names: dict[Level, tuple[str, ...]]
    """queues and teams"""
    starts: I64
    """µs: start of each reporting interval, the first at the end of the warm-up"""
    values: dict[Key, F64]
    """(numerator or denominator; queues or teams, then the total); denominator NaN where the metric does not apply"""
    by_interval: dict[Key, F64]
    """(numerator or denominator; interval; queues or teams, then the total)"""


class MetricRow(NamedTuple):
    """A metric with its interval over replications; None without data, limits also with a single replication."""

    level: str
    """queue, team or total"""
    name: str
    metric: str
    mean: float | None
    low: float | None
    high: float | None
    unit: str


class IntervalRow(NamedTuple):
    """A metric of the reporting interval, or the day, that starts at `start` (µs)."""

    start: int
    level: str
    name: str
    metric: str
    mean: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Summary:
    """Means and intervals over replications: by level, name and metric, and the same by reporting interval."""

    replications: int
    rows: tuple[MetricRow, ...]
    names: dict[Level, tuple[str, ...]]
    """queues and teams"""
    starts: I64
    """µs: start of each reporting interval, the first at the end of the warm-up"""
    by_interval: dict[Key, F64]
    """(mean, low, high; queues or teams, then the total; interval); NaN without data or where it does not apply"""

    days: I64
    """µs: midnight of each day in which a reporting interval starts"""
    by_day: dict[Key, F64]
    """as `by_interval`, by day: numerators and denominators of its intervals summed up; what does not add up is not"""

    def interval_rows(self) -> Iterator[IntervalRow]:
        """`by_interval` as tidy rows: queues, teams, then the total, by metric and time."""
        return self._tidy(self.starts, self.by_interval)

    def day_rows(self) -> Iterator[IntervalRow]:
        """`by_day` as tidy rows, which start at midnight."""
        return self._tidy(self.days, self.by_day)

    def _tidy(self, starts: I64, tables: dict[Key, F64]) -> Iterator[IntervalRow]:
        applies = {key: ~np.isnan(table[0]).all(axis=-1) for key, table in tables.items()}
        for place, at, name, key in _order(self.names, applies):
            figures = (_or_none(figure) for figure in tables[key][:, place])
            for start, mean, low, high in zip(starts.tolist(), *figures, strict=True):
                yield IntervalRow(start, at, name, key[1], mean, low, high)


def measure(workload: Workload, plan: Plan, spec: MetricSpec, log: Log, *, by_interval: bool = True) -> Measures:
    """All metrics of one replication; without `by_interval` only those of the whole run."""
    facts = Facts(workload, plan, spec, log)
    values: dict[Key, F64] = {}
    intervals: dict[Key, F64] = {}
    for key, metric in METRICS.items():
        applies = applicable(metric, plan, spec)
        if not applies.any():
            continue
        figures = metric.measure(facts)
        told_apart = not isinstance(figures, Whole) and figures[0].ndim == 2
        values[key] = _quotients(_of_run(figures) if told_apart else figures, applies, metric.in_total)
        if by_interval and told_apart:
            intervals[key] = _quotients(figures, applies, metric.in_total)
    return Measures(
        {"queue": spec.queues, "team": spec.teams}, facts.edges[: -1 if by_interval else 0], values, intervals
    )


def applicable(metric: Metric, plan: Plan, spec: MetricSpec) -> Bool:
    """To which queues or teams a metric applies, (queue or team,)."""
    if metric.applies is not None:
        return metric.applies(plan, spec)
    return np.ones(len(spec.queues if metric.level == "queue" else spec.teams), dtype=np.bool_)


def _of_run(figures: Sums | Peaks | Whole) -> Sums | Peaks | Whole:
    if isinstance(figures, Sums):
        denominator = None if figures.denominator is None else figures.denominator.sum(axis=0)
        return Sums(figures.numerator.sum(axis=0), denominator)
    return type(figures)(figures.values.max(axis=0))


def _quotients(figures: Sums | Peaks | Whole, applies: Bool, in_total: bool) -> F64:
    """Numerators and denominators, (2, …, queues or teams and the total last)."""
    if isinstance(figures, Sums):
        numerator = np.where(applies, figures.numerator, 0.0)
        given = np.ones((*numerator.shape[:-1], 1)) if figures.denominator is None else figures.denominator
        denominator = np.asarray(given, np.float64)
        shared = denominator.shape[-1] == 1  # also with a single queue, whose total is itself
        whole = denominator if shared else np.where(applies, denominator, 0.0).sum(axis=-1, keepdims=True)
        numerator = np.append(numerator, numerator.sum(axis=-1, keepdims=True), axis=-1)
        denominator = np.append(np.where(applies, denominator, np.nan), whole, axis=-1)
    else:
        known = np.append(applies, True)
        numerator = np.nan_to_num(figures.values)
        denominator = np.where(known, np.isfinite(figures.values).astype(np.float64), np.nan)
    return np.stack([numerator, denominator])[..., : len(applies) + in_total]


class Collected:
    """The measures of replications as they come; few grow with their number, so that there may be many.

    Those of the whole run are kept for each. Those by interval are kept in batches of consecutive replications, added
    up: of one each up to BATCHES, then, whenever these are full, of twice as many. Their intervals are over batches.
    """

    def __init__(self) -> None:
        self.whole: list[Measures] = []
        """by replication, without intervals"""
        self._batches: list[dict[Key, F64]] = []
        self._size = 1

    def add(self, measures: Measures) -> None:
        """One more replication."""
        if len(self.whole) % self._size:
            self._batches[-1] = _added(self._batches[-1], measures.by_interval)
        else:
            if len(self._batches) == BATCHES:
                # one pair after the other, so that memory does not rise
                self._batches = [_added(self._batches.pop(0), self._batches.pop(0)) for _ in range(BATCHES // 2)]
                self._size *= 2
            self._batches.append(measures.by_interval)
        self.whole.append(replace(measures, by_interval={}))

    def summary(self, level: float = LEVEL, midnights: I64 = NO_DAYS) -> Summary:
        """Means with intervals of that level over replications, also by the days that begin at these `midnights` (µs).

        Raises ValueError without any replication.
        """
        if not self.whole:
            raise ValueError("nothing to summarise: there are no replications")
        first = self.whole[0]
        quotients = {key: np.stack([measures.values[key] for measures in self.whole]) for key in first.values}
        quotients = {
            key: table for key, table in quotients.items() if table[:, 0].any() or not METRICS[key].hide_if_zero
        }
        figures = {key: _figures(table, level) for key, table in quotients.items()}
        applies = {key: ~np.isnan(table[0, 1]) for key, table in quotients.items()}
        rows: list[MetricRow] = []
        for place, at, name, key in _order(first.names, applies):
            mean, low, high = _or_none(figures[key][:, place])
            rows.append(MetricRow(at, name, key[1], mean, low, high, METRICS[key].unit))
        by_interval = {
            key: _figures(np.stack([batch[key] for batch in self._batches]), level).swapaxes(1, 2)
            for key in self._batches[0]
            if key in quotients
        }
        day = np.searchsorted(midnights, first.starts, side="right") - 1
        begins = np.flatnonzero(np.diff(day, prepend=-1))
        by_day = {}
        for key in by_interval if len(begins) else ():
            if METRICS[key].adds_up:
                sums = np.stack([np.add.reduceat(batch[key], begins, axis=1) for batch in self._batches])
                # a count has the denominator 1 in each interval, which is 1 in the run, and in a day, too
                if 1.5 * np.nansum(quotients[key][:, 1]) < np.nansum(sums[:, 1]):
                    sums[:, 1] /= np.diff(np.append(begins, len(day)))[:, None]
                by_day[key] = _figures(sums, level).swapaxes(1, 2)
        days = midnights[day[begins]]
        return Summary(len(self.whole), tuple(rows), first.names, first.starts, by_interval, days, by_day)


def _added(one: dict[Key, F64], other: dict[Key, F64]) -> dict[Key, F64]:
    return {key: one[key] + other[key] for key in one}


def summarise(measures: Iterable[Measures], level: float = LEVEL) -> Summary:
    """Means with intervals of that level over replications of one scenario, in order.

    Raises ValueError without any measures.
    """
    collected = Collected()
    for one in measures:
        collected.add(one)
    return collected.summary(level)


def _order(names: dict[Level, tuple[str, ...]], applies: dict[Key, Bool]) -> Iterator[tuple[int, str, str, Key]]:
    """Column, level, name and key of all metrics where they apply: queues, teams, then the total."""
    for kind, those in names.items():
        for place, name in enumerate(those):
            yield from ((place, kind, name, key) for key in applies if key[0] == kind and applies[key][place])
    for key, columns in applies.items():
        place = len(names[key[0]])
        if columns[place:].any():
            yield place, TOTAL, TOTAL, key


def _figures(quotients: F64, level: float) -> F64:
    """Mean, low and high (first axis) from numerators and denominators by replication or batch (first axis)."""
    return np.stack(ratio_interval(quotients[:, 0], quotients[:, 1], level))


def _or_none(figures: F64) -> list[float | None]:
    return [None if math.isnan(figure) else figure for figure in figures.tolist()]
