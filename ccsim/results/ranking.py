"""Which variant is best, and which cannot be told apart.

All pairs are looked at together: with k variants each of the k (k - 1) / 2 paired intervals has the level
1 - 0.05 / that number, so that all of them hold at once with 95 % (Bonferroni). That is valid however the variants
depend on one another, which they do on common streams, and however many of them are left out afterwards.

Source: Law, Simulation Modeling and Analysis, 10.3.2 (all pairwise comparisons); Yang & Nelson (1991), Using
common random numbers and control variates in multiple-comparison procedures.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from itertools import combinations
from typing import Final, NamedTuple

import numpy as np

from ccsim.errors import Problem, ScenarioError
from ccsim.lowering import lower
from ccsim.metrics import METRICS, TOTAL, applicable
from ccsim.results.comparison import Comparison, or_none, outside
from ccsim.results.figures import MetricPlace
from ccsim.results.format import figure as written
from ccsim.results.format import several
from ccsim.results.model import ALL_METRICS
from ccsim.scenario.faults import Fault, FaultError, did_you_mean, one_of, shown
from ccsim.scenario.model import Scenario
from ccsim.stats.estimate import Estimate
from ccsim.stats.intervals import LEVEL, student_t
from ccsim.tables import MetricSpec, Plan

POWER: Final = 0.8
"""With which probability as many replications as are advised tell two variants apart, if they differ as it seems."""

COST: Final = MetricPlace(TOTAL, TOTAL, "cost")
HOURS: Final = MetricPlace(TOTAL, TOTAL, "paid_hours")
"""Instead of cost where nothing costs anything."""
MOST: Final = 100_000
"""Replications; beyond them nobody is advised to go."""


class Pair(NamedTuple):
    """Two ranked variants, the better one first."""

    first: str
    second: str
    difference: float
    """second less first"""
    low: float | None
    """ends of its part of the simultaneous intervals, None with one replication"""
    high: float | None
    told_apart: bool
    needed: int | None
    """replications that would probably tell them apart; None where they are, or MOST are not enough"""


@dataclass(frozen=True)
class Ranking:
    """Variants from best to worst by one figure."""

    figure: MetricPlace
    order: tuple[tuple[str, Estimate], ...]
    pairs: tuple[Pair, ...]
    """every two of the order"""
    left_out: dict[str, list[str]]
    """variants that are not ranked, with the targets that they miss"""
    no_data: dict[str, list[str]]
    """ranked variants, behind those that meet their targets, with the targets of which they alone have no data"""
    doubtful: dict[str, list[str]]
    """ranked variants, with the targets that they meet by their means but that the intervals contain"""
    missing: dict[str, tuple[int, float]]
    """where no variant meets all its targets, so that all are ranked: how many each misses, and by how much in sum"""
    level: float
    """of each pair's interval"""
    replications: int

    @property
    def all_miss(self) -> bool:
        """No variant meets all its targets."""
        return bool(self.missing)

    @property
    def by(self) -> str:
        """What the order follows."""
        return f"targets missed, then by how far, then {self.figure}" if self.all_miss else str(self.figure)

    def __repr__(self) -> str:
        names = ", ".join(name for name, _ in self.order)
        return f"<Ranking by {self.by}: {names or 'nobody'}; {several(self.replications, 'replication')}>"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{place}</td><td>{escape(name)}</td><td>{written(self.figure.metric, estimate.mean)}</td></tr>"
            for place, (name, estimate) in enumerate(self.order, 1)
        )
        items = "".join(f"<li>{escape(sentence)}</li>" for sentence in self.sentences())
        return f"<p><b>By {escape(self.by)}</b></p><table>{rows}</table><ul>{items}</ul>"

    def sentences(self, labels: Mapping[str, str] | None = None) -> list[str]:
        """What can be said of the order at this number of replications, and what cannot; `labels` : by variant."""

        def of(name: str) -> str:
            return (labels or {}).get(name, name)

        sentences = [
            f"{of(name)} is not ranked: it misses {', '.join(missed)}." for name, missed in self.left_out.items()
        ]
        for name, unknown in self.no_data.items():
            what = ", ".join(unknown)
            sentences.append(f"{of(name)} has no data on {what}: it is ranked behind those that meet their targets.")
        for name, barely in self.doubtful.items():
            sentences.append(f"{of(name)} may miss {', '.join(barely)} after all: the interval contains the target.")
        for name, (number, far) in self.missing.items():
            sentences.append(
                f"{of(name)} misses {several(number, 'target')}, by {100 * far:.1f} percentage points in sum."
            )
        if len(self.order) < 2:
            return sentences if self.order else [*sentences, "None is ranked."]
        if self.replications == 1:
            return [*sentences, "One replication cannot tell any of them apart."]
        alike = [f"{of(pair.first)} and {of(pair.second)}" for pair in self.pairs if pair.low == pair.high == 0]
        if alike:
            sentences.append(f"The same in every replication: {', '.join(alike)}.")
        open_ = [pair for pair in self.pairs if not (pair.told_apart or pair.low == pair.high == 0)]
        at = f"at {self.replications} replications"
        if open_:
            listed = [f"{of(pair.first)} and {of(pair.second)} ({_advice(pair)})" for pair in open_]
            sentences.append(f"Cannot be told apart by {self.figure} {at}: {'; '.join(listed)}.")
        elif len(alike) < len(self.pairs):
            sentences.append(f"All {'other ' if alike else ''}differences of {self.figure} are significant {at}.")
        return sentences


def rank(comparison: Comparison, figure: MetricPlace | None = None) -> Ranking:
    """Variants from best to worst by a figure of which more or less is better; without one, by total cost.

    Where no team has a cost, by paid hours. By these only those are ranked that meet all their targets (by their
    means). If none does, all are ranked by how many they miss, then by how far, then by cost: the cheapest is often the
    one with the worst service. Who has no data on a target that others have meets it not, and is ranked behind those
    that do. Variants without the figure are left out.
    """
    variants = comparison.variants
    missed = {variant.name: variant.missed for variant in variants} if figure is None else {}
    left_out = {name: targets for name, targets in missed.items() if targets}
    all_miss = len(left_out) == len(variants)
    if all_miss:
        left_out = {}
    judged = {goal for variant in variants for goal in variant.targets}
    unknown = {v.name: [goal for goal in v.no_data if goal in judged] for v in variants if missed and not all_miss}
    costs = (comparison.estimate(variant, COST) for variant in variants)
    figure = figure or (COST if any(cost is not None and cost.mean for cost in costs) else HOURS)
    sign = -1 if figure.definition.better == "higher" else 1
    estimates = {
        v: estimate for v in variants if v.name not in left_out and (estimate := comparison.estimate(v, figure))
    }
    missing = {v.name: (len(v.missed), v.shortfall) for v in variants} if all_miss else {}
    order = sorted(
        (v for v in estimates if not math.isnan(estimates[v].mean)),
        key=lambda v: (bool(unknown.get(v.name)), *missing.get(v.name, ()), sign * estimates[v].mean),
    )
    missing = {v.name: missing[v.name] for v in order if missing}
    level = 1 - (1 - LEVEL) / math.comb(len(variants), 2)
    pairs = []
    for first, second in combinations(order, 2):
        apart = comparison.difference(second, figure, first, level)
        assert apart is not None
        clear = outside(apart)
        needed = None if clear else replications_needed(apart, comparison.replications, level)
        pairs.append(Pair(first.name, second.name, apart.mean, *or_none(apart)[1:], clear, needed))
    ranked = tuple((variant.name, estimates[variant]) for variant in order)
    doubtful = {v.name: v.barely_met for v in order if missed and not all_miss and v.barely_met}
    no_data = {
        v.name: [goal.titled(v.results.scenario) for goal in unknown[v.name]] for v in order if unknown.get(v.name)
    }
    return Ranking(figure, ranked, tuple(pairs), left_out, no_data, doubtful, missing, level, comparison.replications)


def replications_needed(difference: Estimate, replications: int, level: float) -> int | None:
    """How many of them tell a true difference of this size from zero with probability POWER; None beyond MOST.

    `difference` has the interval of that level over `replications` (two or more), whose spread is taken to stay.
    Source: the power of Student's t, (t_level + t_POWER)² variance / difference², its noncentrality approximated.
    """
    if difference.mean == 0 or math.isnan(difference.low):
        return None
    error = (difference.high - difference.mean) / float(student_t(np.array(replications - 1), level))

    def enough(number: int) -> bool:
        bounds = student_t(np.array(number - 1), level) + student_t(np.array(number - 1), 2 * POWER - 1)
        return float(bounds) * error * math.sqrt(replications / number) <= abs(difference.mean)

    needed = bisect_left(range(MOST + 1), True, lo=replications, key=enough)
    return needed if needed <= MOST else None


def ranking_figure(text: str, scenarios: Mapping[str, Scenario]) -> MetricPlace:
    """The figure that `METRIC`, over everything, or `METRIC@PLACE`, of a queue or team, names.

    Raises ScenarioError when no scenario has it, and when neither more nor less of it is better.
    """
    lowered = [lower(scenario) for scenario in scenarios.values()]
    try:
        figure = named(text, [figure for plan, spec in lowered for figure in all_figures(plan, spec)])[0]
        if figure.definition.better == "none":
            metrics = "a metric such as cost or service_level"
            raise FaultError(Fault(f"neither more nor less {figure.metric} is better", metrics))
    except FaultError as bad:
        raise ScenarioError([Problem("rank_by", fault.value, fault.allowed) for fault in bad.faults]) from None
    return figure


def named(text: str, figures: Iterable[MetricPlace], *, everywhere: bool = False) -> list[MetricPlace]:
    """Those of the figures that `METRIC@PLACE` names, a queue or team; at least one. `METRIC@queue.PLACE` and
    `METRIC@team.PLACE` tell a queue from a team of the same name.

    `METRIC` alone is that of everything together, or with `everywhere` that of each queue and team instead. Raises
    FaultError for a metric or place that there is not.
    """
    metric, at, place = text.partition("@")
    figures = list(dict.fromkeys(figures))
    metrics = dict.fromkeys(name for _, name in METRICS)
    if metric not in metrics:
        raise FaultError(Fault(f"no metric {shown(metric)}", did_you_mean(metric, metrics, ALL_METRICS)))
    places = dict.fromkeys(figure.name for figure in figures)
    by_level = {f"{figure.level}.{figure.name}" for figure in figures}
    if at and place not in places and place not in by_level:
        raise FaultError(Fault(f"no queue or team {shown(place)}", did_you_mean(place, places)))
    having = [figure for figure in figures if figure.metric == metric]
    if at:
        chosen = [f for f in having if place == (f.name if place in places else f"{f.level}.{f.name}")]
        if len(chosen) > 1:
            which = one_of(f"{metric}@{figure.level}.{place}" for figure in chosen)
            raise FaultError(Fault(f"{shown(place)}, as more than one is called", which))
    else:
        chosen = [figure for figure in having if (figure.level == TOTAL) != everywhere]
    if not chosen:
        of = place or ("any queue or team" if everywhere else "everything")
        raise FaultError(Fault(f"no {metric} of {of}", one_of(f"{metric}@{figure.name}" for figure in having)))
    return chosen


def all_figures(plan: Plan, spec: MetricSpec) -> Iterator[MetricPlace]:
    """Every metric that a scenario has, at each of its places."""
    for (kind, metric), definition in METRICS.items():
        names, applies = spec.queues if kind == "queue" else spec.teams, applicable(definition, plan, spec)
        yield from (MetricPlace(kind, name, metric) for name, does in zip(names, applies, strict=True) if does)
        if definition.in_total and applies.any():
            yield MetricPlace(TOTAL, TOTAL, metric)


def _advice(pair: Pair) -> str:
    if pair.needed is None:
        return f"not even {MOST:,} would" if pair.difference else "no difference to be seen"
    return f"about {_rounded(pair.needed):,} would"


def _rounded(number: int) -> int:
    """Up to two digits: more would feign precision."""
    unit = int(10 ** max(0, len(str(number)) - 2))
    return -(-number // unit) * unit
