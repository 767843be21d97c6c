"""From a log to its measures, and from the measures of many replications to means with their intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from ccsim.metrics.definitions import METRICS, Level, Peaks, Sums, Whole
from ccsim.metrics.facts import Facts
from ccsim.metrics.intervals import LEVEL, ratio_interval
from ccsim.tables import F64, I64, Bool, Log, Plan, Terms, Workload

TOTAL: Final = "total"
"""Name of the level, and on it, of everything together."""

Key = tuple[Level, str]


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


class Row(NamedTuple):
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
    """A metric of the reporting interval that starts at `start` (µs)."""

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
    rows: tuple[Row, ...]
    names: dict[Level, tuple[str, ...]]
    """queues and teams"""
    starts: I64
    """µs: start of each reporting interval, the first at the end of the warm-up"""
    by_interval: dict[Key, F64]
    """(mean, low, high; queues or teams, then the total; interval); NaN without data or where it does not apply"""

    def interval_rows(self) -> Iterator[IntervalRow]:
        """`by_interval` as tidy rows: queues, teams, then the total, by metric and time."""
        applies = {key: ~np.isnan(table[0]).all(axis=-1) for key, table in self.by_interval.items()}
        starts = self.starts.tolist()
        for place, at, name, key in _order(self.names, applies):
            figures = (_or_none(figure) for figure in self.by_interval[key][:, place])
            for start, mean, low, high in zip(starts, *figures, strict=True):
                yield IntervalRow(start, at, name, key[1], mean, low, high)


def measure(workload: Workload, plan: Plan, terms: Terms, log: Log, *, by_interval: bool = True) -> Measures:
    """All metrics of one replication; without `by_interval` only those of the whole run."""
    facts = Facts(workload, plan, terms, log)
    values: dict[Key, F64] = {}
    intervals: dict[Key, F64] = {}
    for key, metric in METRICS.items():
        groups = facts.queues if metric.level == "queue" else facts.teams
        applies = np.ones(groups, dtype=np.bool_) if metric.applies is None else metric.applies(facts)
        if not applies.any():
            continue
        figures = metric.measure(facts)
        told_apart = not isinstance(figures, Whole) and figures[0].ndim == 2
        values[key] = _quotients(_of_run(figures) if told_apart else figures, applies, metric.in_total)
        if by_interval and told_apart:
            intervals[key] = _quotients(figures, applies, metric.in_total)
    return Measures(
        {"queue": terms.queues, "team": terms.teams}, facts.edges[: -1 if by_interval else 0], values, intervals
    )


def _of_run(figures: Sums | Peaks | Whole) -> Sums | Peaks | Whole:
    if isinstance(figures, Sums):
        return Sums(figures.over.sum(axis=0), None if figures.under is None else figures.under.sum(axis=0))
    return type(figures)(figures.values.max(axis=0))


def _quotients(figures: Sums | Peaks | Whole, applies: Bool, in_total: bool) -> F64:
    """Numerators and denominators, (2, …, queues or teams and the total last)."""
    if isinstance(figures, Sums):
        over = np.where(applies, figures.over, 0.0)
        under = np.ones((*over.shape[:-1], 1)) if figures.under is None else np.asarray(figures.under, np.float64)
        shared = under.shape[-1] == 1  # also with a single queue, whose total is itself
        whole = under if shared else np.where(applies, under, 0.0).sum(axis=-1, keepdims=True)
        over = np.append(over, over.sum(axis=-1, keepdims=True), axis=-1)
        under = np.append(np.where(applies, under, np.nan), whole, axis=-1)
    else:
        known = np.append(applies, True)
        over = np.nan_to_num(figures.values)
        under = np.where(known, np.isfinite(figures.values).astype(np.float64), np.nan)
    return np.stack([over, under])[..., : len(applies) + in_total]


def summarise(measures: Sequence[Measures], level: float = LEVEL) -> Summary:
    """Means with intervals of that level over replications of one scenario, in whatever order they come.

    Raises ValueError without any measures.
    """
    if not measures:
        raise ValueError("nothing to summarise: there are no replications")
    first = measures[0]
    kept = {key for key in first.values if not METRICS[key].if_any or any(m.values[key][0].any() for m in measures)}
    rows: list[Row] = []
    figures = {key: _figures([m.values[key] for m in measures], level) for key in first.values if key in kept}
    applies = {key: ~np.isnan(table[1]) for key, table in first.values.items() if key in kept}
    for place, at, name, key in _order(first.names, applies):
        mean, low, high = _or_none(figures[key][:, place])
        rows.append(Row(at, name, key[1], mean, low, high, METRICS[key].unit))
    by_interval = {
        key: _figures([m.by_interval[key] for m in measures], level).swapaxes(1, 2)
        for key in first.by_interval
        if key in kept
    }
    return Summary(len(measures), tuple(rows), first.names, first.starts, by_interval)


def _order(names: dict[Level, tuple[str, ...]], applies: dict[Key, Bool]) -> Iterator[tuple[int, str, str, Key]]:
    """Column, level, name and key of all metrics where they apply: queues, teams, then the total."""
    for kind, those in names.items():
        for place, name in enumerate(those):
            yield from ((place, kind, name, key) for key in applies if key[0] == kind and applies[key][place])
    for key, columns in applies.items():
        place = len(names[key[0]])
        if columns[place:].any():
            yield place, TOTAL, TOTAL, key


def _figures(quotients: list[F64], level: float) -> F64:
    """Mean, low and high (first axis) from numerators and denominators by replication."""
    stacked = np.stack(quotients)
    return np.stack(ratio_interval(stacked[:, 0], stacked[:, 1], level))


def _or_none(figures: F64) -> list[float | None]:
    return [None if math.isnan(figure) else figure for figure in figures.tolist()]
