"""The quantities of a queue: each distribution or figure with its uncertainty, and what to beware of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ccsim.distributions.durations import Distribution, Empirical
from ccsim.fit import distributions
from ccsim.fit.distributions import Fitted, Sample
from ccsim.results import format
from ccsim.stats.estimate import Estimate
from ccsim.stats.survival import values

if TYPE_CHECKING:
    import pandas as pd

THIN: Final = 50
"""Data below which a distribution is called thin."""
BY_CHANCE: Final = 2.0
"""Distance of few data from their own distribution, times the root of their number: more once in a thousand
(Kolmogorov)."""


@dataclass(frozen=True)
class DistributionFit:
    """A distribution of one quantity: the sample, every family fitted to it (least BIC first), and the distribution
    taken."""

    sample: Sample
    candidates: tuple[Fitted, ...]
    distribution: Distribution
    family: str
    """of the distribution: one of the candidates', empirical or constant"""


@dataclass
class Estimates:
    """What has been found out of a queue so far."""

    distributions: dict[str, DistributionFit] = field(default_factory=dict)
    figures: dict[str, Estimate] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def distribution(
        self, name: str, sample: Sample, families: Sequence[str] = (), fitted: Sequence[Fitted] | None = None
    ) -> None:
        """The distribution of a sample: the family with the least BIC; the data's own values where even that does not
        fit.

        `fitted` are the families, if they have been fitted already.
        """
        if not sample.ended.any():
            return
        what = name.replace("_", " ").replace(".", ": ")
        number = int(sample.ended.sum())
        if number < THIN:
            self.warnings.append(f"Few data: the distribution of {what} rests on {format.several(number, 'case')}.")
        constant = distributions.constant(sample)
        if constant is not None:
            self.distributions[name] = DistributionFit(sample, (), constant, "constant")
            return
        candidates = tuple(distributions.fit_all(families, sample) if fitted is None else fitted)
        best = candidates[0] if candidates else None
        few = number < 2 * THIN
        if best is not None and best.distance <= (BY_CHANCE / number**0.5 if few else distributions.MISFIT):
            self.distributions[name] = DistributionFit(sample, candidates, best.distribution, best.family)
            return
        self.distributions[name] = DistributionFit(
            sample, candidates, Empirical(tuple(values(*sample).tolist())), "empirical"
        )
        if best is not None:
            self.warnings.append(
                f"No family fits {what}: the best, {best.family}, is {100 * best.distance:.1f} points off the data's "
                "curve. The data's own values are used."
            )


def complete(lengths: pd.Series[Any]) -> Sample:
    seconds = lengths.dt.total_seconds().dropna().to_numpy(np.float64)
    return Sample(np.maximum(seconds, 0), np.ones(len(seconds), np.bool_))
