"""How a day differs from what was expected of it: a factor of the day, and one that drifts within it.

Contacts of an interval are Poisson with mean `expected · B · W`: B is the day's busyness, W a factor that is constant
in each half hour of the clock and whose correlation falls by `within_memory` from one half hour to the next. Both have
mean 1. The rest of a day given its counts so far is the best linear predictor (Bühlmann's credibility with correlated
factors): it needs the coefficients of variation and the memory, and nothing else of the factors' distribution.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from ccsim.tables import F64, I64

STEP: Final = 1800
"""Seconds for which the factor within the day is constant."""


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


class Drift(NamedTuple):
    """The factor within the day, with 95 % intervals of both."""

    cv: float
    memory: float
    cv_interval: tuple[float, float] = (0.0, 0.0)
    memory_interval: tuple[float, float] = (0.0, 1.0)
    p_value: float = 1.0
    """chance of counts that drift so much if they were Poisson about their day's total"""


NONE: Final = Drift(0.0, 0.0)


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
    share = np.diff(np.clip(edges[:, None] - np.arange(steps), 0.0, 1.0), axis=0)
    share /= share.sum(axis=1, keepdims=True)
    lag = np.abs(np.subtract.outer(np.arange(steps), np.arange(steps)))
    correlation = np.power(memory, lag.astype(np.float64))
    return np.asarray(share @ correlation @ share.T)


def day_covariance(intervals: int, interval: int, busyness: Busyness) -> F64:
    """Covariance of a day's factors by interval, B · W : float64[intervals, intervals]."""
    within = busyness.within_cv**2 * within_covariance(intervals, interval, busyness.within_memory)
    return np.asarray(busyness.day_cv**2 * (1 + within) + within)


def rest_of_day(expected: F64, counts: F64, interval: int, busyness: Busyness) -> Rest:
    """Factors of the intervals that have no count yet.

    `expected` : float64[i], contacts by interval of `interval` seconds as they were expected before the day began, from
    the first interval of the day that is open; `counts` : float64[k], k <= i, what came in the first of them. Of the
    day's factor `busyness.day_cv` is what was not known before the day began.
    """
    so_far = len(counts)
    known = np.flatnonzero(expected[:so_far] > 0)
    spread = day_covariance(len(expected), interval, busyness)
    usual = expected[known]
    observed = spread[np.ix_(known, known)] + np.diag(1 / usual)
    weights = (
        np.linalg.solve(observed, spread[known, so_far:]).T if len(known) else np.zeros((spread.shape[0] - so_far, 0))
    )
    mean = 1 + weights @ (counts[known] / usual - 1)
    covariance = spread[so_far:, so_far:] - weights @ spread[known, so_far:]
    return Rest(np.maximum(mean, 0.01), np.asarray((covariance + covariance.T) / 2))


MOST: Final = 250
"""Days, the last ones, from which the drift is learned."""


def fit_drift(counts: F64, shares: F64, rests_on: F64, interval: int) -> Drift:
    """The drift within days, from each day's counts about its own total.

    `counts` : float64[day, interval], NaN without data; `shares` of the same shape, adding up to 1 a day; `rests_on` :
    float64[day], on how many days the shares rest, this one among them. By moments: how far half hours are from their
    share of the day's total beyond chance, and how much of that the next half hour has too; intervals by the jackknife.
    None is found where intervals are longer than two hours or days are fewer than five.
    """
    from scipy.stats import norm

    counts, shares, rests_on = counts[-MOST:], shares[-MOST:], rests_on[-MOST:]
    step = max(interval, STEP)
    if step > 4 * STEP:
        return NONE
    known = np.isfinite(counts)
    together = max(1, STEP // interval)
    came, share, known_whole = (
        table.reshape(len(counts), -1, together) for table in (np.where(known, counts, 0.0), shares, known)
    )
    came, share = came.sum(axis=2), share.sum(axis=2)
    usable = (known_whole.all(axis=2) | (share == 0)).all(axis=1) & (rests_on > 1.5) & (came.sum(axis=1) > 0)
    opened = np.flatnonzero(share.any(axis=0))
    came, share, rests_on = came[usable][:, opened], share[usable][:, opened], rests_on[usable]
    if len(came) < 5 or len(opened) < 4:
        return NONE
    total = came.sum(axis=1, keepdims=True)
    usual = np.maximum(total * share, 1e-9)
    # shares that a day itself had part in are too near to it
    apart = np.where(share > 0, came / usual - 1, 0.0) * np.sqrt(rests_on / (rests_on - 1))[:, None]
    # all by weight of contacts; counts about their total are multinomial
    weight = total * share
    square = (weight * apart**2 - np.where(share > 0, 1 - share, 0.0)).sum(axis=1)
    pairs = np.sqrt(weight[:, 1:] * weight[:, :-1])
    product = (pairs * (apart[:, 1:] * apart[:, :-1] + 1 / total)).sum(axis=1)
    measures = np.column_stack([square, product, weight.sum(axis=1), pairs.sum(axis=1)])
    lag = np.abs(np.subtract.outer(opened, opened)) * (step // STEP)
    middle = share.mean(axis=0)
    near = np.sqrt(middle[1:] * middle[:-1])
    whole = measures.sum(axis=0)
    # leaving out one of up to twenty parts after the other
    parts = [measures[part :: min(20, len(measures))].sum(axis=0) for part in range(min(20, len(measures)))]
    found = _solved(whole, lag, middle, near)
    others = np.array([_solved(whole - part, lag, middle, near) for part in parts])
    errors = np.sqrt((len(parts) - 1) / len(parts) * ((others - others.mean(axis=0)) ** 2).sum(axis=0))
    variance, memory = found
    z = float(norm.ppf(0.975))
    low, high = (float(np.sqrt(max(variance + sign * z * errors[0], 0.0))) for sign in (-1, 1))
    ends = (float(max(memory - z * errors[1], 0.0)), float(min(memory + z * errors[1], 1.0)))
    p_value = float(norm.sf(variance / errors[0])) if errors[0] > 0 else 1.0
    return Drift(float(np.sqrt(variance)), memory, (low, high), ends, p_value)


def _solved(measures: F64, lag: I64, share: F64, near: F64) -> tuple[float, float]:
    """Variance and memory whose factors, taken about their day's mean, have these mean squares and products."""
    square, product = measures[0] / measures[2], measures[1] / measures[3]
    about = np.eye(len(share)) - share
    best = (np.inf, 0.0, 0.0)
    for memory in np.linspace(0.0, 0.98, 99).tolist():
        seen = about @ np.power(memory, lag.astype(np.float64)) @ about.T
        own = float(share @ np.diag(seen))
        next_to = float(near @ np.diag(seen, 1) / near.sum())
        miss = abs(next_to * square - product * own)
        best = min(best, (miss, square / own, memory))
    return max(best[1], 0.0), best[2]
