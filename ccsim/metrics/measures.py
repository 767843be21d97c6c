"""From a log to its measures, and from the measures of many replications to means with their intervals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np

from ccsim.metrics.definitions import METRICS, Level, Metric, Peaks, Sums, Whole
from ccsim.metrics.facts import Facts, Frame
from ccsim.stats.intervals import LEVEL, ratio_interval
from ccsim.tables import F64, I64, Bool, Log, Plan, Terms, Workload

TOTAL: Final = "total"
"""Name of the level, and on it, of everything together."""

BATCHES: Final = 40
"""Most batches for intervals by reporting interval, and twice the fewest with as many replications.

Source: Schmeiser (1982), Batch size effects in the analysis of simulation output: more than 30 hardly narrow them.
"""

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


class _Scenario:
    """A plan with its terms, equal to nothing but itself."""

    def __init__(self, plan: Plan, terms: Terms) -> None:
        self.plan, self.terms = plan, terms

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Scenario) and self.plan is other.plan and self.terms is other.terms

    def __hash__(self) -> int:
        return hash((id(self.plan), id(self.terms)))


@lru_cache(maxsize=4)
def _prepared(scenario: _Scenario) -> tuple[Frame, dict[Key, Bool]]:
    """What all replications share: the frame, and to which queues or teams each metric applies, if it does to any."""
    plan, terms = scenario.plan, scenario.terms
    applies = {key: applicable(metric, plan, terms) for key, metric in METRICS.items()}
    return Frame(plan, terms), {key: those for key, those in applies.items() if those.any()}


def measure(workload: Workload, plan: Plan, terms: Terms, log: Log, *, by_interval: bool = True) -> Measures:
    """All metrics of one replication; without `by_interval` only those of the whole run."""
    frame, applies = _prepared(_Scenario(plan, terms))
    facts = Facts(workload, plan, terms, log, frame)
    kinds: dict[tuple[Level, type, int], dict[Key, Any]] = {}
    for key in applies:
        figures = METRICS[key].measure(facts)
        kinds.setdefault((key[0], type(figures), figures[0].ndim), {})[key] = figures
    values: dict[Key, F64] = {}
    intervals: dict[Key, F64] = {}
    for (_, kind, dimensions), alike in kinds.items():
        combined = _sums if kind is Sums else _highest
        run, each = combined(list(alike.values()), np.stack([applies[key] for key in alike]))
        for place, key in enumerate(alike):
            columns = run.shape[-1] - 1 + METRICS[key].in_total
            values[key] = run[place, :, :columns]
            if by_interval and dimensions == 2:
                intervals[key] = each[place, :, :columns].swapaxes(1, 2)
    return Measures(
        {"queue": terms.queues, "team": terms.teams},
        facts.edges[: -1 if by_interval else 0],
        {key: values[key] for key in applies},
        {key: intervals[key] for key in applies if key in intervals},
    )


def applicable(metric: Metric, plan: Plan, terms: Terms) -> Bool:
    """To which queues or teams a metric applies, (queue or team,)."""
    if metric.applies is not None:
        return metric.applies(plan, terms)
    return np.ones(len(terms.queues if metric.level == "queue" else terms.teams), dtype=np.bool_)


def _sums(figures: list[Sums], applies: Bool) -> tuple[F64, F64]:
    """Numerators and denominators of metrics alike, of the run and by interval, the total last.

    (metric, 2, queues or teams and total), and the same with (…, interval). What does not apply counts for nothing in
    the total, and its denominator is NaN.
    """
    width = applies.shape[-1]
    each = np.empty((len(figures), 2, width + 1, figures[0].numerator.size // width))
    for place, (numerator, denominator) in enumerate(figures):
        each[place, 0, :-1] = numerator.T.reshape(width, -1)
        each[place, 1, :-1] = 1.0 if denominator is None else denominator.T.reshape(-1, each.shape[-1])
    where, column = np.nonzero(~applies)
    each[where, :, column] = 0.0
    np.add.reduce(each[:, :, :-1], axis=2, out=each[:, :, -1])
    counts = [place for place, (_, denominator) in enumerate(figures) if denominator is None]
    shared = [place for place, (_, denominator) in enumerate(figures) if denominator is None or denominator.shape[-1] == 1]
    first = applies.argmax(axis=1)[shared]
    each[shared, 1, -1] = each[shared, 1, first]  # one for all queues, whose total it is too
    run = np.add.reduce(each, axis=-1)
    run[counts, 1] = 1.0
    for made in (run, each):
        made[where, 1, column] = np.nan
    return run, each


def _highest(figures: list[Peaks | Whole], applies: Bool) -> tuple[F64, F64]:
    """As `_sums`, of what is not added: values, of which those that are finite count as one."""
    values = np.stack([each.values.T for each in figures])
    values = values.reshape(*values.shape[:2], -1)
    made = []
    for those in (values.max(axis=-1), values):
        finite = np.isfinite(those)
        denominator = finite.astype(np.float64)
        denominator[:, :-1][~applies] = np.nan
        made.append(np.stack([np.where(finite, those, 0.0), denominator], axis=1))
    return made[0], made[1]


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

    def summary(self, level: float = LEVEL) -> Summary:
        """Means with intervals of that level over replications. Raises ValueError without any."""
        if not self.whole:
            raise ValueError("nothing to summarise: there are no replications")
        first = self.whole[0]
        quotients = {key: np.stack([measures.values[key] for measures in self.whole]) for key in first.values}
        quotients = {
            key: table for key, table in quotients.items() if table[:, 0].any() or not METRICS[key].hide_if_zero
        }
        figures = {key: _figures(table, level) for key, table in quotients.items()}
        applies = {key: ~np.isnan(table[0, 1]) for key, table in quotients.items()}
        rows: list[Row] = []
        for place, at, name, key in _order(first.names, applies):
            mean, low, high = _or_none(figures[key][:, place])
            rows.append(Row(at, name, key[1], mean, low, high, METRICS[key].unit))
        by_interval = {
            key: _figures(np.stack([batch[key] for batch in self._batches]), level).swapaxes(1, 2)
            for key in self._batches[0]
            if key in quotients
        }
        return Summary(len(self.whole), tuple(rows), first.names, first.starts, by_interval)


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
