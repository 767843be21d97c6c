"""The drift within days, learned from counts: by how much half hours differ from their share of a day, and how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ccsim.forecast.within import STEP, about_the_day, within_covariance
from ccsim.stats.estimate import Estimate
from ccsim.stats.intervals import student_t
from ccsim.tables import F64, I64

MOST: Final = 250
"""Days, the last ones, from which the drift is learned."""
ODD: Final = 2.0
"""No day counts for more than so many times the middle day's squared distances from its shares."""
FEW: Final = 10.0
"""Days as heavy as all half hours together in what is learned of one half hour's drift."""


@dataclass(frozen=True)
class Drift:
    """The factor within the day: coefficient of variation, and correlation from one half hour to the next."""

    cv: Estimate
    memory: Estimate
    p_value: float
    """chance of counts that drift so much if they were Poisson about their day's total"""
    by_clock: F64
    """variance of a time of day's factor, as a multiple of that of all : float64[part of the day], parts alike"""
    next_day: float
    """correlation of a time of day's factor with the one of the next open day"""

    @property
    def significant(self) -> bool:
        """Whether it is clearer than chance (at 5 %)."""
        return self.p_value < 0.05

    def varies(self, intervals: int) -> F64:
        """`by_clock` of the day's intervals : float64[intervals]."""
        return np.repeat(self.by_clock, -(-intervals // len(self.by_clock)))[:intervals]

    def covariance(self, intervals: int, interval: int) -> F64:
        """Of the factors of a day's intervals : float64[intervals, intervals]."""
        size = self.cv.mean * np.sqrt(self.varies(intervals))
        return np.asarray(np.outer(size, size) * within_covariance(intervals, interval, self.memory.mean))

    def departure(self, counts: F64, shares: F64, interval: int) -> F64:
        """What a day's factors are likely to have been, about their mean, less 1 : float64[interval].

        `counts` : float64[interval], NaN without data. A day farther from its shares than usual ones counts for less.
        """
        known = np.isfinite(counts) & (shares > 0)
        came = counts[known].sum()
        if self.next_day == 0 or came == 0:
            return np.zeros(len(counts))
        usual = shares[known] * (came / shares[known].sum())
        spread = about_the_day(self.covariance(len(counts), interval), shares)
        apart = counts[known] / usual - 1
        solved = np.linalg.solve(spread[np.ix_(known, known)] + np.diag(1 / usual), apart)
        distance = float(apart @ solved) / len(apart)
        return np.asarray(spread[:, known] @ solved * min(1.0, np.sqrt(ODD / max(distance, 1e-12))))


NONE: Final = Drift(Estimate(0.0, 0.0, 0.0), Estimate(0.0, 0.0, 1.0), 1.0, np.ones(1), 0.0)


def fit_drift(counts: F64, shares: F64, rests_on: F64, interval: int, of_day: float) -> Drift:
    """The drift within days, from each day's counts about its own total.

    `counts` : float64[day, interval], NaN without data; `shares` of the same shape, adding up to 1 a day; `rests_on` :
    float64[day], on how many days the shares rest, this one among them. By moments: how far half hours are from their
    share of the day's total beyond chance, and how much of that the next half hour has too; intervals by the jackknife.
    A slow drift also makes whole days differ: by no more than `of_day`, the variance of days' factors. None is found
    where intervals are longer than two hours or days are fewer than five.
    """
    from scipy.special import stdtr

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
    opened = np.flatnonzero(share[usable].any(axis=0))
    came, share, rests_on = came[usable][:, opened], share[usable][:, opened], rests_on[usable]
    if len(came) < 5 or len(opened) < 4:
        return NONE
    total = came.sum(axis=1, keepdims=True)
    usual = np.maximum(total * share, 1e-9)
    # shares that a day itself had part in are too near to it
    apart = np.where(share > 0, came / usual - 1, 0.0) * np.sqrt(rests_on / (rests_on - 1))[:, None]
    # all by weight of contacts; counts about their total are multinomial
    weight = total * share
    squares = weight * apart**2
    by_day = squares.sum(axis=1, keepdims=True)
    capped = np.minimum(1.0, ODD * np.median(by_day) / np.maximum(by_day, 1e-12))
    apart, squares = apart * np.sqrt(capped), squares * capped - np.where(share > 0, 1 - share, 0.0)
    pairs = np.sqrt(weight[:, 1:] * weight[:, :-1])
    product = (pairs * (apart[:, 1:] * apart[:, :-1] + 1 / total)).sum(axis=1)
    measures = np.column_stack([squares.sum(axis=1), product, weight.sum(axis=1), pairs.sum(axis=1)])
    lag = np.abs(np.subtract.outer(opened, opened)) * (step // STEP)
    middle = share.mean(axis=0)
    near = np.sqrt(middle[1:] * middle[:-1])
    whole = measures.sum(axis=0)
    # leaving out one of up to twenty parts after the other
    parts = [measures[part :: min(20, len(measures))].sum(axis=0) for part in range(min(20, len(measures)))]
    solution = _solved(whole, lag, middle, near, of_day)
    others = np.array([_solved(whole - part, lag, middle, near, of_day) for part in parts])
    errors = np.sqrt((len(parts) - 1) / len(parts) * ((others - others.mean(axis=0)) ** 2).sum(axis=0))
    variance, memory = solution
    freedom = len(parts) - 1
    half = student_t(np.array(freedom)) * errors
    low, high = (float(np.sqrt(max(variance + end, 0.0))) for end in (-half[0], half[0]))
    ends = (float(max(memory - half[1], 0.0)), float(min(memory + half[1], 1.0)))
    by_clock = np.ones(86_400 // step)
    if variance > 0:
        by_clock[opened] = _by_clock(squares.sum(axis=0), weight.sum(axis=0), len(weight))
    return Drift(
        Estimate(float(np.sqrt(variance)), low, high),
        Estimate(memory, *ends),
        float(stdtr(freedom, -variance / errors[0])) if errors[0] > 0 else 1.0,
        by_clock,
        _next_day(apart, weight, max(float(whole[0] / whole[2]), 0.0), float(rests_on.mean())) if variance > 0 else 0.0,
    )


def _next_day(apart: F64, weight: F64, variance: float, rests_on: float) -> float:
    """Correlation of what times of day differ by from one day to the next, drawn towards 0 by its standard error.

    `variance` is that of what they differ by, beyond chance.
    """
    pairs = np.sqrt(weight[1:] * weight[:-1])
    by_day = (pairs * apart[1:] * apart[:-1]).sum(axis=1) / pairs.sum(axis=1).mean()
    # days that shares rest on are apart from one another by construction
    missed = float((weight * apart**2).sum() / weight.sum()) / rests_on
    mean, error = (by_day.mean() + missed) / variance, by_day.std(ddof=1) / variance / np.sqrt(len(by_day))
    return float(np.clip(mean - error**2 / max(mean, 1e-12), 0.0, 1.0))


def _by_clock(squares: F64, weights: F64, days: int) -> F64:
    """Mean square of each time of day and its neighbours as a multiple of that of all, thin ones drawn towards 1."""
    around = np.ones(3)
    near = np.convolve(squares, around, "same") / np.convolve(weights, around, "same")
    relative = np.maximum(near / (squares.sum() / weights.sum()), 0.0)
    return np.asarray((days * relative + FEW) / (days + FEW))


def _solved(measures: F64, lag: I64, share: F64, near: F64, of_day: float) -> tuple[float, float]:
    """Variance and memory whose factors, taken about their day's mean, have these mean squares and products.

    None where no half hours that follow one another have any contacts.
    """
    if measures[2] <= 0 or measures[3] <= 0:
        return 0.0, 0.0
    square, product = max(measures[0], 0.0) / measures[2], measures[1] / measures[3]
    about = np.eye(len(share)) - share
    best = (np.inf, 0.0, 0.0)
    for memory in np.linspace(0.0, 0.98, 99).tolist():
        correlation = np.power(memory, lag.astype(np.float64))
        seen = about @ correlation @ about.T
        variance = square / float(share @ np.diag(seen))
        if memory > 0 and variance * float(share @ correlation @ share) > of_day:
            break
        miss = abs(float(near @ np.diag(seen, 1) / near.sum()) * variance - product)
        best = min(best, (miss, variance, memory))
    return best[1:]
