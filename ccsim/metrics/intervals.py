"""Confidence intervals over independent replications.

Every metric is a quotient of sums: numerators and denominators by replication. Its interval is the jackknife's, with
Student's t; where all denominators are equal (counts, time averages, quantiles) that is the ordinary Student-t interval
of a mean.

Sums run over sorted values, so that the replications' order does not change a single bit of the result.
"""

from __future__ import annotations

import numpy as np

from ccsim.tables import F64

LEVEL = 0.95


def ratio_interval(numerators: F64, denominators: F64, level: float = LEVEL) -> tuple[F64, F64, F64]:
    """Ratio of sums over axis 0 (replications) with its jackknife interval: mean, low, high, without that axis.

    A replication without data has numerator and denominator 0. NaN: mean without any data; low and high with data in
    fewer than two replications.

    Source: Efron & Stein (1981), The jackknife estimate of variance; Law, Simulation Modeling and Analysis, 9.5.
    """
    numerators, denominators = np.asarray(numerators, np.float64), np.asarray(denominators, np.float64)
    replications = len(numerators)
    total, weight = np.sort(numerators, axis=0).sum(axis=0), np.sort(denominators, axis=0).sum(axis=0)
    with_data = (denominators != 0).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(weight != 0, total / weight, np.nan)
        without = (total - numerators) / (weight - denominators)
        pseudo = np.sort(replications * mean - (replications - 1) * without, axis=0)
        spread = pseudo - pseudo.mean(axis=0)
        error = np.sqrt((spread**2).sum(axis=0) / (replications * (replications - 1)))
        half = np.where(with_data > 1, student_t(np.maximum(with_data - 1, 1), level) * error, np.nan)
    return mean, mean - half, mean + half


def mean_interval(values: F64, level: float = LEVEL) -> tuple[F64, F64, F64]:
    """Mean over axis 0 (replications) with its Student-t interval: mean, low, high; NaN as in `ratio_interval`."""
    return ratio_interval(values, np.ones_like(np.asarray(values, np.float64)), level)


def student_t(freedom: np.ndarray, level: float = LEVEL) -> F64:
    """Quantile of Student's t with `freedom` degrees of freedom that bounds a two-sided interval of that level."""
    from scipy.special import stdtrit

    return np.asarray(stdtrit(freedom, (1 + level) / 2), dtype=np.float64)
