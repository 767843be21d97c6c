"""Variants side by side on the same streams: what differs, and by how much.

Every difference is taken replication by replication (common random numbers), so that what the variants have in common
cancels. Each interval is one of 95 % by itself; which variant is best is another question, that of ranking.py.

Source: Law, Simulation Modeling and Analysis, 10.2.1 (paired-t) and 11.2 (common random numbers).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from ccsim.metrics import METRICS, TOTAL, Measures
from ccsim.results.figures import LEVELS, MetricPlace, quotients_of
from ccsim.results.model import Results
from ccsim.results.targets import MetricTarget, bounds, targets
from ccsim.stats.estimate import Estimate
from ccsim.stats.intervals import LEVEL, paired_interval, ratio_interval
from ccsim.tables import F64

ALWAYS: Final = ("cost", "paid_hours", "value_lost", "effort")
"""What is compared over all queues whether or not there are targets; paid hours only where nothing costs anything."""

HEADLINE: Final = ("service_level", "reply_level", "abandonment", "resolution_level", "utilisation", *ALWAYS)
"""Metrics in the order in which a planner looks at them."""

COMMON: Final = (
    "cost_per_resolved", "cost", "paid_hours", "work_hours", "handle_mean", "concurrency_mean", "asa",
    "resolution_mean", "fcr", "customers_lost", "value_lost", "effort",
)  # fmt: skip
"""What channels have in common, so that variants with different ones can be compared: over everything, and by channel
what queues have."""


class DifferenceRow(NamedTuple):
    """A variant's figure and its difference to the baseline's; None without data, and for the baseline's difference."""

    variant: str
    level: str
    name: str
    metric: str
    mean: float | None
    low: float | None
    high: float | None
    difference: float | None
    difference_low: float | None
    difference_high: float | None
    differs: bool | None
    """zero is outside the difference's interval"""
    unit: str
    better: str


@dataclass(frozen=True)
class VariantResult:
    """One of the compared: its figures, without logs, and the measures of its replications."""

    name: str
    results: Results
    measures: Sequence[Measures] = field(compare=False)

    @property
    def title(self) -> str:
        """That of the file's variant, else the scenario's name."""
        scenario = self.results.scenario
        return scenario.variant[self.name].title if self.name in scenario.variant else scenario.name

    def quotients(self, figure: MetricPlace) -> tuple[F64, F64] | None:
        """Numerators and denominators by replication; None where the figure does not apply."""
        return quotients_of(self.measures, figure)

    @cached_property
    def channels(self) -> dict[str, list[str]]:
        """By channel its queues, those to which anybody comes."""
        channels: dict[str, list[str]] = {}
        for name, queue in self.results.scenario.queue.items():
            came = self.results.estimate("queue", name, "offered")
            if came is not None and came.mean > 0:
                channels.setdefault(queue.channel, []).append(name)
        return channels

    def of_channel(self, channel: str, metric: str) -> Estimate | None:
        """A metric of all queues of a channel together, weighted as each metric is; None where it does not apply."""
        each = (self.quotients(MetricPlace("queue", name, metric)) for name in self.channels.get(channel, ()))
        known = [quotients for quotients in each if quotients is not None]
        if not known or not METRICS["queue", metric].adds_up:
            return None
        of = METRICS["queue", metric]
        over, under = np.sum(known, axis=0)
        if not of.is_part and all((each == 1).all() for _, each in known):  # counts
            under = np.ones_like(under)
        return Estimate(*map(float, ratio_interval(over, under, share=of.is_part, least=of.least)))

    @cached_property
    def targets(self) -> dict[MetricPlace, MetricTarget]:
        """Its targets, by the figure that they bound."""
        return {MetricPlace(goal.level, goal.name, goal.metric): goal for goal in targets(self.results)}

    @property
    def missed(self) -> list[str]:
        """The targets that it misses: `phone service level`; so marked where the interval contains the target."""
        scenario, missed = self.results.scenario, [(f, goal) for f, goal in self.targets.items() if not goal.met]
        return [f"{figure.titled(scenario)}{'' if goal.sure else ' (too close to call)'}" for figure, goal in missed]

    @property
    def no_data(self) -> list[MetricPlace]:
        """The targets that nothing is known of: those of queues to which customers come, all where nobody comes."""
        came = {name for names in self.channels.values() for name in names}
        every = [MetricPlace(*bound[:3]) for bound in bounds(self.results.spec)]
        asked = [figure for figure in every if not came or (figure.level == "queue" and figure.name in came)]
        return [figure for figure in asked if figure not in self.targets]

    @property
    def shortfall(self) -> float:
        """By how much it misses its targets, as a sum of shares: two targets missed by 3 and 4 points are 0.07."""
        missed = [(figure, goal.wanted) for figure, goal in self.targets.items() if not goal.met]
        estimates = [(self.results.estimate(*figure), wanted) for figure, wanted in missed]
        return sum(abs(estimate.mean - wanted) for estimate, wanted in estimates if estimate is not None)

    @property
    def barely_met(self) -> list[str]:
        """The targets that it meets by its means but that their intervals contain."""
        scenario = self.results.scenario
        return [figure.titled(scenario) for figure, goal in self.targets.items() if goal.met and not goal.sure]


@dataclass(frozen=True)
class Comparison:
    """Variants on the same streams, the baseline first; `notes` say where the scenarios do not match."""

    variants: tuple[VariantResult, ...]
    notes: tuple[str, ...]

    @property
    def baseline(self) -> VariantResult:
        """To which the differences are."""
        return self.variants[0]

    @property
    def replications(self) -> int:
        """Of each variant."""
        return self.baseline.results.replications

    def title(self, name: str) -> str:
        """The name under which people know a queue, in the first variant that has it."""
        scenarios = (variant.results.scenario for variant in self.variants)
        return next((scenario.title(name) for scenario in scenarios if name in scenario.queue), name)

    def titled(self, figure: MetricPlace) -> str:
        """`phone service level`, by the name under which people know the queue."""
        return str(figure._replace(name=self.title(figure.name)))

    @cached_property
    def labels(self) -> dict[str, str]:
        """By name what people call the variants: their titles, where they have some of their own."""
        titles = [variant.title for variant in self.variants]
        own = {v.name: v.title for v in self.variants if v.results.variant and titles.count(v.title) == 1}
        return {variant.name: own.get(variant.name) or variant.name for variant in self.variants}

    @cached_property
    def quoted(self) -> dict[str, str]:
        """The labels as they stand in a sentence: a title may itself have commas, and "and"."""
        return {name: label if label == name else f'"{label}"' for name, label in self.labels.items()}

    @property
    def channels(self) -> list[str]:
        """To which anybody comes in some variant."""
        return list(dict.fromkeys(channel for variant in self.variants for channel in variant.channels))

    @property
    def channels_differ(self) -> bool:
        """Customers do not come through the same channels in all variants."""
        return len({frozenset(variant.channels) for variant in self.variants}) > 1

    @cached_property
    def common(self) -> tuple[MetricPlace, ...]:
        """Of what all channels have in common, what there is over everything and is not 0 in all variants."""
        return tuple(self._over_everything(COMMON))

    def _over_everything(self, metrics: Iterable[str]) -> Iterator[MetricPlace]:
        """Figures of the whole centre that are not 0 in all variants."""
        for place in (MetricPlace(TOTAL, TOTAL, metric) for metric in metrics):
            if place in self.figures and any((e := self.estimate(v, place)) and e.mean for v in self.variants):
                yield place

    @cached_property
    def figures(self) -> tuple[MetricPlace, ...]:
        """Every figure that a variant has: those of queues, of teams, then of everything."""
        figures = dict.fromkeys(
            MetricPlace(*row[:3]) for variant in self.variants for row in variant.results.summary.rows
        )
        places = list(dict.fromkeys(figure[:2] for figure in figures))
        return tuple(sorted(figures, key=lambda figure: (LEVELS.index(figure.level), places.index(figure[:2]))))

    @cached_property
    def headline(self) -> tuple[MetricPlace, ...]:
        """The figures that have a target in some variant, then cost (or paid hours), value lost and effort."""
        wanted = set(self._over_everything(ALWAYS)).union(*(variant.targets for variant in self.variants))
        if MetricPlace(TOTAL, TOTAL, "cost") in wanted:
            wanted.discard(MetricPlace(TOTAL, TOTAL, "paid_hours"))
        places = list(dict.fromkeys(figure[:2] for figure in self.figures))
        return tuple(sorted(wanted & set(self.figures), key=lambda f: (places.index(f[:2]), HEADLINE.index(f.metric))))

    def estimate(self, variant: VariantResult, figure: MetricPlace) -> Estimate | None:
        """A variant's figure with its 95 % interval; None where it does not apply."""
        quotients = variant.quotients(figure)
        if quotients is None:
            return None
        of = figure.definition
        return Estimate(*map(float, ratio_interval(*quotients, share=of.is_part, least=of.least)))

    def difference(
        self, variant: VariantResult, figure: MetricPlace, to: VariantResult | None = None, level: float = LEVEL
    ) -> Estimate | None:
        """A variant's figure less that of another, by default the baseline's; None where one of them has none."""
        own, other = variant.quotients(figure), (to or self.baseline).quotients(figure)
        if own is None or other is None:
            return None
        return Estimate(*map(float, paired_interval(other, own, level, share=figure.definition.is_part)))

    def rows(self) -> Iterator[DifferenceRow]:
        """Tidy rows of all figures, by figure and variant."""
        for figure in self.figures:
            for variant in self.variants:
                own = self.estimate(variant, figure)
                if own is not None:
                    yield self._row(variant, figure, own)

    def _row(self, variant: VariantResult, figure: MetricPlace, own: Estimate) -> DifferenceRow:
        nothing = Estimate(math.nan, math.nan, math.nan)
        apart = nothing if variant is self.baseline else self.difference(variant, figure) or nothing
        differs = None if math.isnan(apart.low) else outside(apart)
        of = figure.definition
        return DifferenceRow(variant.name, *figure, *or_none(own), *or_none(apart), differs, of.unit, of.better)


def outside(difference: Estimate) -> bool:
    """Zero is outside the interval; false without one."""
    return difference.low > 0 or difference.high < 0


def or_none(estimate: Estimate) -> tuple[float | None, float | None, float | None]:
    """With None for NaN, as it is written to files."""
    mean, low, high = (None if math.isnan(end) else end for end in estimate)
    return mean, low, high
