"""From a log to its measures, and from the measures of many replications to means with their intervals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np

from ccsim.metrics.facts import Facts, Frame
from ccsim.metrics.formulas import Alike, compiled, programs
from ccsim.metrics.registry import METRICS, Key, Level, Metric, Peaks, Sums, Whole
from ccsim.stats.intervals import LEVEL, ratio_interval
from ccsim.tables import F64, I64, Bool, Log, MetricSpec, OnlyItself, Plan, Workload

TOTAL: Final = "total"
"""Name of the level, and on it, of everything together."""

BATCHES: Final = 40
"""Most batches for intervals by reporting interval, and twice the fewest with as many replications.

Source: Schmeiser (1982), Batch size effects in the analysis of simulation output: more than 30 hardly narrow them.
"""

NO_STEPS: Final[I64] = np.empty((0, 5), dtype=np.int64)

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
        for (at, name, metric), figures in self.columns(tables):
            for start, mean, low, high in zip(starts.tolist(), *map(_or_none, figures), strict=True):
                yield IntervalRow(start, at, name, metric, mean, low, high)

    def columns(self, tables: dict[Key, F64]) -> Iterator[tuple[tuple[str, str, str], F64]]:
        """Level, name and metric, and their mean, low and high by time, of `by_interval` or `by_day` where it applies,
        in the order of the rows."""
        applies = {key: ~np.isnan(table[0]).all(axis=-1) for key, table in tables.items()}
        for place, at, name, key in _order(self.names, applies):
            yield (at, name, key[1]), tables[key][:, place]


def measure(workload: Workload, plan: Plan, spec: MetricSpec, log: Log, *, by_interval: bool = True) -> Measures:
    """All metrics of one replication; without `by_interval` only those of the whole run."""
    every = _every(OnlyItself(plan), OnlyItself(spec))
    facts = Facts(workload, plan, spec, log, every.frame)
    figures = {key: METRICS[key].measure(facts) for key in every.others}
    made: list[tuple[F64, F64 | None]] = [program.totals(facts, by_interval) for program in every.programs]
    made += [group.combine(figures) for group in every.groups(figures)]
    values = {key: made[source][0][place] for key, source, place in every.places}
    intervals = {
        key: each[place]
        for key, source, place in (every.places if by_interval else ())
        if (each := made[source][1]) is not None
    }
    return Measures(
        {"queue": spec.queues, "team": spec.teams}, facts.edges[: -1 if by_interval else 0], values, intervals
    )


def applicable(metric: Metric, plan: Plan, spec: MetricSpec) -> Bool:
    """To which queues or teams a metric applies, (queue or team,)."""
    if metric.applies is not None:
        return metric.applies(plan, spec)
    return np.ones(len(spec.queues if metric.level == "queue" else spec.teams), dtype=np.bool_)


Figures = dict[Key, Sums | Peaks | Whole]


class _Every:
    """What all replications of a scenario have in common."""

    def __init__(self, plan: Plan, spec: MetricSpec) -> None:
        self.frame = Frame(plan, spec)
        applies = {key: applicable(metric, plan, spec) for key, metric in METRICS.items()}
        self.applies = {key: those for key, those in applies.items() if those.any()}
        """To which queues or teams a metric applies, if to any."""
        self.programs = programs(self.frame, self.applies)
        known = {key for program in self.programs for key in program.keys}
        self.others = [key for key in self.applies if key not in known]
        """Metrics whose formulas are called for every replication."""
        self._groups: list[_Group] = []
        self.places: list[tuple[Key, int, Any]] = []
        """Of each metric: of which program or, behind these, group it is, and where in that one's figures."""

    def groups(self, figures: Figures) -> list[_Group]:
        """The metrics whose figures, those of any replication, are of one kind."""
        if not self.places:
            kinds: dict[tuple[Level, type, int], list[Key]] = {}
            for key, those in figures.items():
                kinds.setdefault((key[0], type(those), those[0].ndim), []).append(key)
            self._groups = [
                (_SumsAlike if kind is Sums else _HighestAlike)(keys, figures, self.applies)
                for (_, kind, _), keys in kinds.items()
            ]
            together = [*(each.keys for each in self.programs), *(each.keys for each in self._groups)]
            where = {key: (source, place) for source, mine in enumerate(together) for place, key in enumerate(mine)}
            self.places = [(key, *self._place(key, *where[key])) for key in self.applies]
        return self._groups

    def _place(self, key: Key, source: int, place: int) -> tuple[int, Any]:
        """Without a total there is no last column."""
        return source, place if METRICS[key].in_total else (place, ..., slice(len(self.applies[key])))


@lru_cache(maxsize=4)
def _every(plan: OnlyItself[Plan], spec: OnlyItself[MetricSpec]) -> _Every:
    return _Every(plan.value, spec.value)


class _Group:
    """Metrics of one level with figures of one kind, so that they are combined at once."""

    def __init__(self, keys: list[Key], figures: Figures, applies: dict[Key, Bool]) -> None:
        self.keys = keys
        those = np.stack([applies[key] for key in keys])
        self.applies, self.width = those, those.shape[1]
        first = figures[keys[0]][0]
        self.intervals = len(first) if first.ndim == 2 else 0
        """0 where the run cannot be divided by interval."""

    def combine(self, figures: Figures) -> tuple[F64, F64 | None]:
        """Numerators and denominators of the run and by interval, each with the total last.

        (metric, 2, queue or team and total) and (metric, 2, interval, the same). What does not apply counts for nothing
        in the total, and its denominator is NaN.
        """
        raise NotImplementedError


class _SumsAlike(_Group):
    """Sums whose formulas are called in every replication."""

    def __init__(self, keys: list[Key], figures: Figures, applies: dict[Key, Bool]) -> None:
        super().__init__(keys, figures, applies)
        self.alike = Alike.of([figures[key] for key in keys], list(self.applies))  # type: ignore[misc]
        rows = np.arange(2 * len(keys)).reshape(len(keys), 2)
        self.sides = np.stack((np.zeros_like(rows), rows), axis=-1)

    def combine(self, figures: Figures) -> tuple[F64, F64 | None]:
        planes = np.empty((2 * len(self.keys), max(self.intervals, 1), self.width))
        for place, key in enumerate(self.keys):
            numerator, denominator = figures[key]  # type: ignore[misc]
            planes[2 * place] = numerator
            planes[2 * place + 1] = 1.0 if denominator is None else denominator
        run, each = self.alike.totals(NO_STEPS, [planes], self.sides, by_interval=True)
        return run, each if self.intervals else None


class _HighestAlike(_Group):
    """Values that are not added; those that are finite count as one."""

    def __init__(self, keys: list[Key], figures: Figures, applies: dict[Key, Bool]) -> None:
        super().__init__(keys, figures, applies)
        weights = np.ones((len(keys), self.width + 1))
        weights[:, :-1][~self.applies] = np.nan
        self.weights = weights
        """(metric, queue or team and total): what counts as one, NaN where the metric does not apply"""

    def combine(self, figures: Figures) -> tuple[F64, F64 | None]:
        metrics, columns, intervals = len(self.keys), self.width + 1, max(self.intervals, 1)
        values = np.concatenate([figures[key][0] for key in self.keys], axis=None)
        run, each = np.empty((metrics, 2, columns)), np.empty((metrics, 2, intervals, columns))
        compiled().finite(values.reshape(metrics, intervals, columns), self.weights, each, run)
        return run, each if self.intervals else None


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

    def copy(self) -> Collected:
        """What is collected so far, to go on with."""
        other = Collected()
        other.whole, other._batches, other._size = list(self.whole), list(self._batches), self._size
        return other

    @property
    def by_interval(self) -> dict[Key, F64]:
        """Of the first replications together: (numerator or denominator; interval; queues or teams, then the total)."""
        return self._batches[0]

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
            raise ValueError("no replications to summarise")
        first = self.whole[0]
        quotients = {key: np.stack([measures.values[key] for measures in self.whole]) for key in first.values}
        quotients = {
            key: table for key, table in quotients.items() if table[:, 0].any() or not METRICS[key].hide_if_zero
        }
        figures = _figures_of_all(quotients, level)
        applies = {key: ~np.isnan(table[0, 1]) for key, table in quotients.items()}
        rows: list[MetricRow] = []
        for place, at, name, key in _order(first.names, applies):
            mean, low, high = _or_none(figures[key][:, place])
            rows.append(MetricRow(at, name, key[1], mean, low, high, METRICS[key].unit))
        by_interval = {
            key: _figures(np.stack([batch[key] for batch in self._batches]), level, METRICS[key]).swapaxes(1, 2)
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
                by_day[key] = _figures(sums, level, METRICS[key]).swapaxes(1, 2)
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


def _figures(quotients: F64, level: float, of: Metric) -> F64:
    """Mean, low and high (first axis) from numerators and denominators by replication or batch (first axis)."""
    return np.stack(ratio_interval(quotients[:, 0], quotients[:, 1], level, share=of.is_part, least=of.least))


def _figures_of_all(quotients: dict[Key, F64], level: float) -> dict[Key, F64]:
    """`_figures` of each, those alike at once: what is worked out goes column by column."""
    alike: dict[tuple[bool, float], list[Key]] = {}
    for key in quotients:
        alike.setdefault((METRICS[key].is_part, METRICS[key].least), []).append(key)
    figures: dict[Key, F64] = {}
    for keys in alike.values():
        ends = np.cumsum([quotients[key].shape[-1] for key in keys])
        columns = np.concatenate([quotients[key] for key in keys], axis=-1)
        figures |= zip(keys, np.split(_figures(columns, level, METRICS[keys[0]]), ends[:-1], axis=-1), strict=True)
    return figures


def _or_none(figures: F64) -> list[float | None]:
    return [None if math.isnan(figure) else figure for figure in figures.tolist()]
