"""One long run instead of many replications: where its beginning ends, and intervals from batches of it."""

from __future__ import annotations

import numpy as np

from ccsim.stats.intervals import LEVEL, serial_interval
from ccsim.tables import F64

GROUP = 5
"""Observations that are averaged before the beginning is looked for."""

AS_GOOD = 2.0
"""Times the least, up to which the criterion of truncation counts as least: where it is flat, its minimum lies behind
whatever happened to be high, and means of the rest are too low. With 1, the mean wait of M/M/1 at 90 % load over a
month came out 4 % too low and its interval held the truth in 82 % of runs; with 2, 1 % and 90 %. 1.5 and 4 were tried
as well, where nothing is to be left out and where 40 to 300 customers wait at the beginning."""

BATCHES = 30
"""More of them hardly narrow an interval. Source: Schmeiser (1982), Batch size effects in simulation output."""


def mser5(values: F64) -> int:
    """How many of the values to leave out at the beginning, which still depend on how it all began.

    The least number, a multiple of 5 in the first half, after which the mean of the rest is estimated about as well as
    after any other: with variance of means of five over how many are left of at most AS_GOOD times the least.

    Source: White (1997), An effective truncation heuristic for bias reduction in simulation output, Simulation 69
    (there the least itself).
    """
    groups = len(values) // GROUP
    means = np.asarray(values[: groups * GROUP], np.float64).reshape(groups, GROUP).mean(axis=1)
    if groups < 2:
        return 0
    left = np.arange(groups, 0, -1)
    sums, squares = np.cumsum(means[::-1])[::-1], np.cumsum((means**2)[::-1])[::-1]
    criterion = (squares - sums**2 / left) / left**2
    allowed = criterion[: groups // 2 + 1]
    return int(np.argmax(allowed <= AS_GOOD * allowed.min())) * GROUP


def batch_means(
    numerators: F64,
    denominators: F64,
    batches: int = BATCHES,
    level: float = LEVEL,
    *,
    share: bool = False,
    least: float = -np.inf,
) -> tuple[float, float, float]:
    """The ratio of the sums, with an interval of that level from so many batches of successive intervals of time.

    float64[interval] each. What fills no batch, len(numerators) % batches, is left out at the beginning. Raises
    ValueError for fewer intervals than batches, or fewer than two batches.
    """
    if not 2 <= batches <= len(numerators):
        raise ValueError(f"{batches} batches of {len(numerators)} intervals: from 2 to as many as there are")
    size = len(numerators) // batches
    over, under = (
        np.asarray(each[len(each) - size * batches :]).reshape(batches, size).sum(axis=1)
        for each in (numerators, denominators)
    )
    return serial_interval(over, under, level, share=share, least=least)
