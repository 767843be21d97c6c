"""The best of several variants, with replications spent where they decide: on those that may still be it.

Source: Kim & Nelson (2001), A fully sequential procedure for indifference-zone selection in simulation, ACM TOMACS 11,
251-273. It allows common random numbers, and takes values of replications to be normal. A figure is the ratio of its
sums over replications, as in every table: what a replication adds to its error is linear in its numerator and its
denominator, as in the delta method.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

import numpy as np

from ccsim.errors import Problem, ScenarioError
from ccsim.results.comparison import Comparison, VariantResult
from ccsim.results.figures import MetricPlace
from ccsim.results.ranking import Ranking
from ccsim.runs.many import measure_all
from ccsim.runs.precision import MOST
from ccsim.tables import F64, I64

CONFIDENCE: Final = 0.95
"""Least probability that the selected is the best, or worse by no more than the indifference."""

INDIFFERENCE: Final = 0.01
"""Of the best mean so far: what is worse by less is as good, where nothing else is given."""

GROWTH: Final = 10
"""A tenth more replications are made at a time: to look less often than after each is on the safe side."""

Draw = Callable[[Sequence[int], int, int], F64]
"""(which, first replication, how many) → float64[2, which, replication]: numerators and denominators"""


class Candidate(NamedTuple):
    """A variant in the selection."""

    name: str
    mean: float
    replications: int
    """after which it was out, or all there are"""
    is_best: bool


class Selection(NamedTuple):
    """The best variant by a figure, and what each candidate took to tell."""

    figure: MetricPlace
    candidates: tuple[Candidate, ...]
    """best first"""
    indifference: float
    """in the figure's unit: what is worse by less than that is as good"""
    decided: bool
    """False where the replications allowed did not do"""

    @property
    def best(self) -> str:
        """Its name."""
        return self.candidates[0].name

    def __repr__(self) -> str:
        standing = "the best" if self.decided else "perhaps the best"
        return f"<Selection by {self.figure}: {self.best} is {standing} of {len(self.candidates)}>"


def select(
    comparison: Comparison,
    ranking: Ranking,
    *,
    indifference: float | None = None,
    most: int = MOST,
    **options: Any,
) -> Selection:
    """The best of the ranked variants by the ranking's figure; the comparison's replications are the first stage.

    `indifference` is in the figure's unit, by default a hundredth of the best mean; no variant gets more than `most`
    replications. `options` are those of `measure_all`. Raises ScenarioError with fewer than two replications, where
    no variant meets its targets, and for figures without data.
    """
    if comparison.replications < 2:
        raise ScenarioError([Problem("replications", "1", "2 or more, from which spreads are known, to select from")])
    known = [name for name, _ in ranking.order if name not in ranking.no_data]
    if ranking.all_miss or not known:
        value = "no variant meets all its targets"
        raise ScenarioError([Problem("select", value, "a variant that does, or --rank-by METRIC")])
    figure, by_name = ranking.figure, {variant.name: variant for variant in comparison.variants}
    variants = [by_name[name] for name in known]
    sign = -1.0 if figure.definition.better == "higher" else 1.0
    signs = np.array([sign, 1.0])[:, None, None]
    values = signs * np.stack([_quotients(variant, variant.measures, figure) for variant in variants], axis=1)
    over, under = values.sum(axis=2)
    if (under == 0).any():
        raise ScenarioError(
            [Problem(str(figure), f"no data in {known[int(np.argmin(under))]}", "a figure that all have")]
        )
    best = float(np.abs(over / under).min()) if sign > 0 else float(np.abs(over / under).max())
    zone = INDIFFERENCE * best if indifference is None else indifference
    if not zone > 0:
        raise ScenarioError([Problem("indifference", f"{zone:g}", "more than 0, in the unit of the figure")])

    def draw(which: Sequence[int], first: int, count: int) -> F64:
        some = [variants[place] for place in which]
        measured = measure_all([v.results.scenario for v in some], range(first + 1, first + count + 1), **options)
        return signs * np.stack([_quotients(*each, figure) for each in zip(some, measured, strict=True)], axis=1)

    order, means, counts, decided = kim_nelson(values, draw, zone, CONFIDENCE, most)
    candidates = tuple(
        Candidate(variants[place].name, sign * float(means[place]), int(counts[place]), place == order[0])
        for place in order
    )
    return Selection(figure, candidates, zone, decided)


def _quotients(variant: VariantResult, measures: Sequence[Any], figure: MetricPlace) -> F64:
    """float64[2, replication]"""
    quotients = replace(variant, measures=measures).quotients(figure)
    assert quotients is not None
    return np.stack(quotients)


def kim_nelson(first: F64, draw: Draw, zone: float, confidence: float, most: int) -> tuple[list[int], F64, I64, bool]:
    """The smallest ratio of sums: systems best first, their ratios, how many replications each took, and whether it is
    decided.

    `first` : float64[2, system, replication], numerators and denominators, is the first stage. With probability
    `confidence` the first of the order has the smallest, or one that is larger by less than `zone`.
    """
    _, systems, n0 = first.shape
    sums, counts = first.sum(axis=2), np.full(systems, n0)
    means = sums[0] / sums[1]
    errors = (first[0] - means[:, None] * first[1]) / first[1].mean(axis=1)[:, None]
    alive: list[int] = list(range(systems))
    out: list[int] = []
    spread = np.array([[np.var(a - b, ddof=1) for b in errors] for a in errors])
    eta = 0.5 * ((2 * (1 - confidence) / max(1, systems - 1)) ** (-2 / (n0 - 1)) - 1)
    reach = 2 * eta * (n0 - 1) * spread / zone / zone  # replications after which a pair is clear whatever its means
    count = n0
    while True:
        margin = np.maximum(0.0, zone / (2 * count) * (reach - count))
        worse = [i for i in alive if any(means[i] > means[j] + margin[i, j] for j in alive)]
        alive = [i for i in alive if i not in worse]
        out = sorted(worse, key=lambda i: means[i]) + out
        undecided = [(i, j) for i in alive for j in alive if i < j and count < reach[i, j]]
        if not undecided or count >= most:
            alive.sort(key=lambda i: means[i])
            return alive + out, means, counts, not undecided
        more = min(max(2, count // GROWTH), most - count, max(1, math.ceil(reach.max()) - count))
        sums[:, alive] += draw(alive, count, more).sum(axis=2)
        means = sums[0] / sums[1]
        count += more
        counts[alive] = count


def as_json(selection: Selection) -> dict[str, Any]:
    """What `--json` prints of it."""
    return {
        **selection.figure._asdict(),
        "best": selection.best,
        "confidence": CONFIDENCE,
        "indifference": selection.indifference,
        "decided": selection.decided,
        "candidates": [candidate._asdict() for candidate in selection.candidates],
    }
