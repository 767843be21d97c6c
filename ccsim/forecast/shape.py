"""How a day's contacts spread over it: a smooth share of each interval, by weekday where history bears it out.

Every weekday's share is drawn towards that of all days, and neighbouring intervals towards one another, both by as much
as predicts weeks that were held back best (Poisson deviance; days, where history is shorter); recent days count more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ccsim.tables import F64, I64

HALF_LIFE: Final = 40.0
"""Open days after which a day counts half."""
OTHERS: Final = (1.0, 0.3, 0.1, 0.03)
"""What a day of another weekday may count, beside one of the same."""
WIDTHS: Final = (0, 1, 2, 4, 8)
"""Intervals to each side over which shares may be smoothed."""


@dataclass(frozen=True)
class Shapes:
    """Share of a day's contacts by weekday and interval : float64[7, i]; those of a weekday add up to 1."""

    shares: F64
    others: float
    width: int
    """what was chosen of OTHERS and WIDTHS"""
    days: F64
    """how many days each weekday's shares rest on : float64[7], days that count less by as much"""


def learn(counts: F64, weekday: I64, weights: F64) -> Shapes:
    """The shapes of days. `counts` : float64[day, interval], NaN without data; `weights` : float64[day]."""
    weights = weights * 0.5 ** (np.arange(len(weekday))[::-1] / HALF_LIFE)
    week = np.arange(len(weekday)) // (5 if len(weekday) > 5 else 1) % 2 == 0
    best, chosen = np.inf, (OTHERS[0], 0)
    for others in OTHERS if len(np.unique(weekday)) > 1 else OTHERS[:1]:
        for width in WIDTHS:
            if 8 * width >= counts.shape[1]:
                continue
            loss = sum(
                _deviance(
                    counts[~half], weekday[~half], _shares(counts[half], weekday[half], weights[half], others, width)
                )
                for half in (week, ~week)
                if half.any() and not half.all()
            )
            if loss < best:
                best, chosen = loss, (others, width)
    like = np.where(np.equal.outer(np.arange(7), weekday), 1.0, chosen[0]) * weights
    return Shapes(
        _shares(counts, weekday, weights, *chosen),
        *chosen,
        like.sum(axis=1) ** 2 / np.maximum((like**2).sum(axis=1), 1e-12),
    )


def _shares(counts: F64, weekday: I64, weights: F64, others: float, width: int) -> F64:
    known = np.isfinite(counts)
    filled = np.where(known, counts, 0.0)
    usual = filled.sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    whole = filled.sum(axis=1) / np.maximum((usual * known).sum(axis=1) / max(usual.sum(), 1e-12), 1e-12)
    shares = np.empty((7, counts.shape[1]))
    for day in range(7):
        mine = weekday == day
        # a busier day of another weekday counts for no more contacts than its own have: a Saturday keeps its own shape
        own = whole[mine].mean() if mine.any() else np.inf
        like = weights * np.where(mine, 1.0, others * np.minimum(1.0, own / np.maximum(whole, 1e-12)))
        row = like @ filled / np.maximum(like @ (known * whole[:, None]), 1e-12)
        # of a weekday that never had one where others make expect some, it is closed then
        missed = (row * known[mine] * whole[mine][:, None]).sum(axis=0)
        row[(filled[mine].sum(axis=0) == 0) & (missed > 5)] = 0.0
        shares[day] = _smooth(row, width)
    return np.asarray(shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-12))


def _smooth(row: F64, width: int) -> F64:
    """Weighted means of neighbours, less of farther ones, within the stretches in which something comes."""
    kernel = 1 - np.abs(np.arange(-width, width + 1)) / (width + 1)
    comes = (row > 0).astype(np.float64)
    return np.asarray(comes * np.convolve(row, kernel, "same") / np.maximum(np.convolve(comes, kernel, "same"), 1e-12))


def _deviance(counts: F64, weekday: I64, shares: F64) -> float:
    """Of the counts about their day's total in those shares."""
    known = np.isfinite(counts)
    filled, share = np.where(known, counts, 0.0), shares[weekday] * known
    expected = np.maximum(share / np.maximum(share.sum(axis=1, keepdims=True), 1e-12), 1e-7)
    return float(-(filled * np.log(expected)).sum())
