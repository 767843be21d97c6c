"""One long run instead of many replications: where its beginning ends, and intervals from batches of it."""

from __future__ import annotations

import numpy as np

from ccsim.stats.intervals import LEVEL, ratio_interval
from ccsim.tables import F64

GROUP = 5
"""Observations that are averaged before the beginning is looked for."""

BATCHES = 30
"""More of them hardly narrow an interval. Source: Schmeiser (1982), Batch size effects in simulation output."""


def mser5(values: F64) -> int:
    """How many of the values to leave out at the beginning, which still depend on how it all began.

    The number, a multiple of 5 in the first half, after which the mean of the rest is estimated best: with the least
    variance of means of five over the square of how many are left.

    Source: White (1997), An effective truncation heuristic for bias reduction in simulation output, Simulation 69.
    """
    groups = len(values) // GROUP
    means = np.asarray(values[: groups * GROUP], np.float64).reshape(groups, GROUP).mean(axis=1)
    if groups < 2:
        return 0
    left = np.arange(groups, 0, -1)
    sums, squares = np.cumsum(means[::-1])[::-1], np.cumsum((means**2)[::-1])[::-1]
    criterion = (squares - sums**2 / left) / left**2
    return int(np.argmin(criterion[: groups // 2 + 1])) * GROUP


def batch_means(
    numerators: F64, denominators: F64, batches: int = BATCHES, level: float = LEVEL, *, share: bool = False
) -> tuple[float, float, float]:
    """The ratio of the sums, with an interval of that level from so many batches of successive intervals of time.

    float64[interval] each. What does not fill the last batch is left out at the beginning. Raises ValueError for fewer
    intervals than batches, or fewer than two batches.
    """
    if not 2 <= batches <= len(numerators):
        raise ValueError(f"{batches} batches of {len(numerators)} intervals: from 2 to as many as there are")
    size = len(numerators) // batches
    over, under = (
        np.asarray(each[len(each) - size * batches :]).reshape(batches, size).sum(axis=1)
        for each in (numerators, denominators)
    )
    mean, low, high = ratio_interval(over, under, level, share=share)
    return float(mean), float(low), float(high)
