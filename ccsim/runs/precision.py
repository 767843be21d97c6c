"""How precise a run's figures, or a comparison's differences, shall be, and when enough replications have been seen.

Replications go on until the half-width of every wanted 95 % interval is met. Stopping as soon as an interval happens to
be narrow would stop too often where the spread is underestimated, and such intervals cover less than they say. So there
is a first stage of FIRST replications, and after it only few looks: the next one is where the present spread says that
the goal will be met, n (h / h*)², but at least a tenth and at most as many replications further on. The coverage that
is left is measured in tests/theory/test_stopping.py.

Source: Chow & Robbins (1965), On the asymptotic theory of fixed-width sequential confidence intervals for the mean;
Glynn & Whitt (1992), The asymptotic validity of sequential stopping rules; Law, Simulation Modeling and
Analysis, 9.4.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from ccsim.errors import Problem, ScenarioError
from ccsim.metrics import Measures
from ccsim.results.figures import MetricPlace, quotients_of
from ccsim.results.model import PrecisionGoal
from ccsim.results.ranking import all_figures, named
from ccsim.scenario.faults import Fault, FaultError
from ccsim.stats.intervals import half_width_of, paired_interval, ratio_interval
from ccsim.tables import MetricSpec, Plan

FIRST: Final = 20
"""Replications before the first look."""

MOST: Final = 1000
"""Replications after which a run ends in any case, unless another number is given."""


def of_figures(goals: Sequence[PrecisionGoal], measures: Sequence[Measures]) -> Iterator[float]:
    """Half-widths that a run has reached, NaN without data."""
    for *figure, _ in goals:
        place = MetricPlace(*figure)
        quotients = quotients_of(measures, place)
        assert quotients is not None
        share = place.definition.is_part
        yield half_width_of(*map(float, ratio_interval(*quotients, share=share)), share=share)


def of_differences(goals: Sequence[PrecisionGoal], measures: Sequence[Sequence[Measures]]) -> Iterator[float]:
    """The widest half-width, over all variants but the first, of the difference to it; NaN where one has no data.

    `measures` are by replication, those of every variant; where a variant lacks a figure it has no part in it.
    """
    first, *others = zip(*measures, strict=True)
    for *figure, _ in goals:
        place = MetricPlace(*figure)
        base = quotients_of(first, place)
        halves = []
        for other in others:
            quotients = quotients_of(other, place)
            if base is not None and quotients is not None:
                _, low, high = paired_interval(base, quotients, share=place.definition.is_part)
                halves.append(float(high - low) / 2)
        yield math.nan if any(map(math.isnan, halves)) else max(halves, default=math.nan)


class Precision:
    """The goals of one run or comparison, and whether they are met by the replications so far.

    What it decides depends on the measures of replications 1 to n alone, whoever made them and when. `half_widths` says
    what goals have reached.
    """

    def __init__(
        self,
        goals: Sequence[PrecisionGoal],
        most: int = MOST,
        half_widths: Callable[[Sequence[PrecisionGoal], Sequence[Any]], Iterable[float]] = of_figures,
    ) -> None:
        self.goals = tuple(goals)
        self.most = most
        self.expected = min(FIRST, most)
        """how many replications it will be in all, as far as is known by now"""
        self.look = self.expected
        """how many replications it takes before it looks again"""
        self._half_widths = half_widths

    def enough(self, measures: Sequence[Any]) -> bool:
        """Whether replications 1 to n are enough; to be asked after each, with the measures of all so far."""
        n = len(measures)
        if n < self.look:
            return False
        widths = list(zip(self.goals, self._half_widths(self.goals, measures), strict=True))
        if n >= self.most or all(half <= goal.half_width for goal, half in widths):
            return True
        # a half-width without data, which may be any, needs no fewer than all
        too_wide = max(math.inf if math.isnan(half) else half / goal.half_width for goal, half in widths)
        needed = min(n * too_wide**2, self.most)
        self.look = math.ceil(min(max(needed, 1.1 * n), 2 * n, self.most))
        self.expected = max(math.ceil(needed), self.look)
        return False


def read_goals(wanted: Mapping[str, float], plan: Plan, spec: MetricSpec) -> tuple[PrecisionGoal, ...]:
    """Goals from half-widths by `metric` (wherever it applies, the total aside) or `metric@name`.

    Raises ScenarioError for a metric, queue or team that there is not, for a half-width that is not above 0, and for
    one of a share that is not below 1: it would be met at once by whoever means percentage points.
    """
    goals: list[PrecisionGoal] = []
    problems = []
    every = list(all_figures(plan, spec))
    for text, half_width in wanted.items():
        try:
            if not 0 < half_width < math.inf:
                raise FaultError(Fault(f"a half-width of {half_width:g}", "a number above 0, in the metric's unit"))
            figures = named(text, every, everywhere=True)
            if half_width >= 1 and figures[0].definition.unit == "share":
                raise FaultError(Fault(f"a half-width of {half_width:g}", "less than 1: 0.01 is one percentage point"))
            goals += [PrecisionGoal(*figure, half_width) for figure in figures]
        except FaultError as bad:
            problems += [Problem(text, fault.value, fault.allowed, "precision") for fault in bad.faults]
    if problems:
        raise ScenarioError(problems)
    return tuple(goals)


def read_wanted(texts: Iterable[str]) -> dict[str, float]:
    """Half-widths from `metric:half-width` and `metric@name:half-width`, several with commas between them; of several
    for one figure the narrowest.

    Raises ScenarioError for what cannot be read.
    """
    wanted: dict[str, float] = {}
    problems = []
    for part in ",".join(texts).split(","):
        place, colon, half_width = part.strip().rpartition(":")
        try:
            if not colon:
                raise ValueError
            place, half = place.strip(), float(half_width)
            if place not in wanted or not half >= wanted[place]:  # what is no number is refused with its place
                wanted[place] = half
        except ValueError:
            problems.append(Problem(part.strip(), "no half-width", "METRIC:HALF-WIDTH, as asa@phone:2", "precision"))
    if problems:
        raise ScenarioError(problems)
    return wanted
