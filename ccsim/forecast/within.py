"""How a day differs from what was expected of it: a factor of the day, and one that drifts within it.

Contacts of an interval are Poisson with mean `expected · B · W`: B is the day's busyness, W a factor that is constant
in each half hour of the clock and whose correlation falls by `within_memory` from one half hour to the next. Both have
mean 1. The rest of a day given its counts so far is the best linear predictor (Bühlmann's credibility with correlated
factors): it needs the coefficients of variation and the memory, and nothing else of the factors' distribution.

How much a day drifts differs from day to day, too: where its counts so far are farther from what was expected than the
coefficients of variation say, what is left open is more uncertain in proportion, and less where they are nearer, with
the coefficients as heavy as the counts of USUAL half hours (the conditional variance of a multivariate t distribution).
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from ccsim.tables import F64

STEP: Final = 1800
"""Seconds for which the factor within the day is constant."""
USUAL: Final = 10.0
"""Half hours as heavy as what is known of all days in how much one day drifts: chosen on a bank's March to May."""


class Busyness(NamedTuple):
    """How much days, and half hours within them, differ beyond chance; as `busyness` in a scenario."""

    day_cv: float = 0.0
    """coefficient of variation of the day's factor"""
    day_memory: float = 0.0
    """correlation from one day to the next"""
    within_cv: float = 0.0
    """coefficient of variation of the factor within the day"""
    within_memory: float = 0.0
    """correlation from one half hour to the next"""


class Rest(NamedTuple):
    """Factors on what was expected of the rest of a day, by interval, given what has come."""

    mean: F64
    """float64[n]"""
    covariance: F64
    """float64[n, n]"""

    def factors(self, normals: F64) -> F64:
        """Samples of the factors : float64[n, samples], from standard normal numbers of that shape; log-normal."""
        spread = np.log1p(self.covariance / np.outer(self.mean, self.mean))
        values, vectors = np.linalg.eigh(spread)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        logs: F64 = root @ normals - (root**2).sum(axis=1)[:, None] / 2
        return np.asarray(self.mean[:, None] * np.exp(logs))


def within_covariance(intervals: int, interval: int, memory: float) -> F64:
    """Correlations of the factor within the day : float64[intervals, intervals], of its means by interval.

    `interval` is their length in seconds; they follow one another from a half hour of the clock on.
    """
    steps = max(1, -(-intervals * interval // STEP))
    edges = np.minimum(np.arange(intervals + 1) * interval / STEP, steps)
    begun: F64 = np.clip(edges[:, None] - np.arange(steps), 0.0, 1.0)
    share = begun[1:] - begun[:-1]
    share /= share.sum(axis=1, keepdims=True)
    lag = np.abs(np.subtract.outer(np.arange(steps), np.arange(steps)))
    correlation = np.power(memory, lag.astype(np.float64))
    return np.asarray(share @ correlation @ share.T)


def about_the_day(covariance: F64, shares: F64) -> F64:
    """Covariance of factors about their day's own mean, which is one by weight of `shares`."""
    away = np.eye(len(shares)) - shares / shares.sum()
    return np.asarray(away @ covariance @ away.T)


def share_covariance(expected: F64, within: F64, rests_on: float) -> F64:
    """Covariance of the relative errors of shares that rest on so many days : float64[interval, interval].

    `within` : float64[interval, interval], covariance of the factor within those days; their counts are Poisson.
    """
    comes = expected > 0
    chance = np.diag(np.divide(1.0, expected, out=np.zeros(len(expected)), where=comes)) - 1 / expected.sum()
    return np.asarray(np.outer(comes, comes) * (about_the_day(within, expected) + chance) / rests_on)


def day_covariance(intervals: int, interval: int, busyness: Busyness, varies: F64 | float = 1.0) -> F64:
    """Covariance of a day's factors by interval, B · W : float64[intervals, intervals].

    `varies` : float64[intervals], variance of the factor within the day by interval, as a multiple of `within_cv`².
    """
    size = np.sqrt(np.broadcast_to(varies, intervals)) * busyness.within_cv
    within = np.outer(size, size) * within_covariance(intervals, interval, busyness.within_memory)
    return np.asarray(busyness.day_cv**2 * (1 + within) + within)


def rest_of_day(
    expected: F64,
    counts: F64,
    interval: int,
    busyness: Busyness,
    varies: F64 | float = 1.0,
    rests_on: float = math.inf,
) -> Rest:
    """Factors of the intervals that have no count yet.

    `expected` : float64[i], contacts by interval of `interval` seconds as they were expected before the day began, from
    the first interval of the day that is open; `counts` : float64[k], k <= i, what came in the first of them. Of the
    day's factor `busyness.day_cv` is what was not known before the day began. `varies` as for `day_covariance`. The
    shares of the intervals are those of `rests_on` days, so that what came early says less of what comes late.
    """
    so_far = len(counts)
    known = np.flatnonzero(expected[:so_far] > 0)
    spread = day_covariance(len(expected), interval, busyness, varies)
    if rests_on < math.inf:
        within = day_covariance(len(expected), interval, busyness._replace(day_cv=0.0), varies)
        spread += share_covariance(expected, within, rests_on)
    usual = expected[known]
    observed = spread[np.ix_(known, known)] + np.diag(1 / usual)
    apart = counts[known] / usual - 1
    weights = (
        np.linalg.solve(observed, spread[known, so_far:]).T if len(known) else np.zeros((spread.shape[0] - so_far, 0))
    )
    mean = 1 + weights @ apart
    covariance = spread[so_far:, so_far:] - weights @ spread[known, so_far:]
    covariance *= _drifting(apart, observed, spread[known, known])
    return Rest(np.maximum(mean, 0.01), np.asarray((covariance + covariance.T) / 2))


def _drifting(apart: F64, observed: F64, spread: F64) -> float:
    """How much more a day drifts than others, as a factor on variances, given how far its counts are from the expected.

    `observed` : their covariance; `spread` : the part of their variances that is not chance, of which alone they tell.
    """
    if not len(apart):
        return 1.0
    telling = spread.sum() / np.trace(observed)
    squares = apart @ np.linalg.solve(observed, apart)
    return float((USUAL + telling * squares) / (USUAL + telling * len(apart)))
