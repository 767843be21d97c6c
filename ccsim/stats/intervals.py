"""Confidence intervals over independent replications.

Every metric is a quotient of sums: numerators and denominators by replication. Its interval is the jackknife's, with
Student's t; where all denominators are equal (counts, time averages, quantiles) that is the ordinary Student-t interval
of a mean, cut at 0 where nothing can be below. That of a share, which is no less than 0 and no more than 1, is made on
the scale of its log-odds: a mean plus and minus a half-width would reach beyond near the ends, where means are skewed
and such an interval is wrong besides. At the ends themselves, where replications do not differ, it is the exact one of
so many cases.

Sums run over sorted values, so that the replications' order does not change a single bit of the result.
"""

from __future__ import annotations

import numpy as np

from ccsim.tables import F64, I64

LEVEL = 0.95

Z = 1.959963984540054
"""Standard errors of a normal estimate on either side of it, of an interval of that level."""

NONE_BY_CHANCE = 7
"""Contacts expected of which none comes once in a thousand times."""

MOST_TOGETHER = 0.9
"""Correlation of neighbours beyond which a run is too short to know it."""


def ratio_interval(
    numerators: F64, denominators: F64, level: float = LEVEL, *, share: bool = False, least: float = -np.inf
) -> tuple[F64, F64, F64]:
    """Ratio of sums over axis 0 (replications) with its jackknife interval: mean, low, high, without that axis.

    Of a `share`, whose numerators are parts of their denominators, the interval is within 0 and 1: with half-width h of
    the share p, it is that of log(p / (1 - p)), of half-width h / (p (1 - p)), turned back (delta method). Where all of
    n cases counted, or none, it is the exact one, as wide as 1 - ((1 - level) / 2)^(1 / n); n is the sum of the
    denominators, as if cases were independent. Of others low is not below the `least` possible.

    A replication without data has numerator and denominator 0. NaN: mean without any data; low and high with data in
    fewer than two replications.

    Source: Efron & Stein (1981), The jackknife estimate of variance; Law, Simulation Modeling and Analysis,
    9.5; Agresti (2002), Categorical Data Analysis, 1.4 (log-odds); Clopper & Pearson (1934), The use of confidence or
    fiducial limits; Hanley & Lippman-Hand (1983), If nothing goes wrong, is everything all right? (3 / n).
    """
    mean, half = _with_half_width(*_jackknife(numerators, denominators), level)
    return (mean, *(_ends_of_share(mean, half, denominators, level) if share else _ends(mean, half, least)))


def serial_interval(
    numerators: F64, denominators: F64, level: float = LEVEL, *, share: bool = False, least: float = -np.inf
) -> tuple[float, float, float]:
    """As `ratio_interval`, of successive stretches of one run instead of replications : float64[stretch] each.

    Neighbours go together: with correlation r of the pseudo-values of each stretch and the next, if it is above 0, the
    interval is as many times as wide as for independent ones as the error is in an autoregression of first order,
    sqrt((1 + r) / (1 - r)).

    Source: Tafazzoli & Wilson (2011), Skart: a skewness- and autoregression-adjusted batch-means procedure for
    simulation analysis, IIE Transactions 43.
    """
    ratio, pseudo, with_data = _jackknife(numerators, denominators)
    spread = pseudo - pseudo.mean()
    squares = spread @ spread
    together = np.clip(spread[1:] @ spread[:-1] / squares, 0.0, MOST_TOGETHER) if squares > 0 else 0.0
    mean, half = _with_half_width(ratio, pseudo, with_data, level)
    half = half * np.sqrt((1 + together) / (1 - together))
    low, high = _ends_of_share(mean, half, denominators, level) if share else _ends(mean, half, least)
    return float(mean), float(low), float(high)


def _ends(mean: F64, half: F64, least: float) -> tuple[F64, F64]:
    return np.maximum(mean - half, least), mean + half


def _ends_of_share(mean: F64, half: F64, denominators: F64, level: float) -> tuple[F64, F64]:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        spread = np.exp(np.where(half == 0, 0.0, half / (mean * (1 - mean))))
        ends = [mean / (mean + (1 - mean) * factor) for factor in (spread, 1 / spread)]
        unseen = np.where(half == 0, 1 - ((1 - level) / 2) ** (1 / np.sum(denominators, axis=0)), half)
    low, high = np.clip(ends, 0.0, 1.0)  # a mean that rounding lifts above 1 included
    return np.where(mean >= 1, 1 - unseen, low), np.where(mean <= 0, unseen, high)


def half_width_of(mean: float, low: float, high: float, *, share: bool) -> float:
    """Of an interval of one ratio: of what may be cut below the upper half, which is not."""
    return (high - low) / 2 if share else high - mean


def paired_interval(
    first: tuple[F64, F64], second: tuple[F64, F64], level: float = LEVEL, *, share: bool = False
) -> tuple[F64, F64, F64]:
    """Second ratio less the first, each numerators and denominators, with its interval: difference, low, high.

    Replication r of both saw the same random numbers, so it is left out of both at once: the pseudo-values of a
    difference are the differences of the pseudo-values, and what the two have in common cancels within each. Where all
    denominators are equal this is the paired-t interval. Degrees of freedom and NaN are those of the ratio with fewer
    data. Differences that are nothing but rounding (1e-9 of the values) are exactly 0. The interval of a difference of
    a `share` is cut at -1 and 1, beyond which no difference can be.

    Source: Miller (1974), The jackknife: a review; Law, Simulation Modeling and Analysis, 10.2.1 and 11.2.
    """
    one, its_pseudo, its_data = _jackknife(*first)
    other, pseudo, data = _jackknife(*second)
    mean, half = _with_half_width(_less(other, one), _less(pseudo, its_pseudo), np.minimum(data, its_data), level)
    bound = 1.0 if share else np.inf
    return mean, np.maximum(mean - half, -bound), np.minimum(mean + half, bound)


def controlled_interval(
    first: tuple[F64, F64], control: tuple[F64, F64], expected: float, level: float = LEVEL
) -> tuple[float, float, float]:
    """First ratio with a control variate, each numerators and denominators by replication: value, low, high.

    The control is a ratio of the same replications whose `expected` value is known. The value is that of the regression
    of the pseudo-values of the first on those of the control, there; Student's t with two degrees of freedom fewer than
    replications. NaN with fewer than three.

    Source: Lavenberg & Welch (1981), A perspective on the use of control variables; Law, Simulation Modeling and
    Analysis, 11.4.
    """
    ratio, pseudo, _ = _jackknife(*first)
    known, its_pseudo, _ = _jackknife(*control)
    replications = len(pseudo)
    if replications < 3:
        return float(ratio), np.nan, np.nan
    spread, its_spread = pseudo - pseudo.mean(), its_pseudo - its_pseudo.mean()
    width = its_spread @ its_spread
    slope = spread @ its_spread / width if width > 0 else 0.0
    off = float(known - expected)
    residual = spread - slope * its_spread
    share = 1 / replications + (off**2 / width if width > 0 else 0.0)
    error = np.sqrt(residual @ residual / (replications - 2) * share)
    value, half = float(ratio - slope * off), float(student_t(np.array(replications - 2), level) * error)
    return value, value - half, value + half


def _jackknife(numerators: F64, denominators: F64) -> tuple[F64, F64, I64]:
    """Ratio of sums over axis 0, its pseudo-values by replication, and how many replications have data."""
    numerators, denominators = np.asarray(numerators, np.float64), np.asarray(denominators, np.float64)
    replications = len(numerators)
    total, weight = np.sort(numerators, axis=0).sum(axis=0), np.sort(denominators, axis=0).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(weight != 0, total / weight, np.nan)
        without = (total - numerators) / (weight - denominators)
        pseudo = replications * ratio - (replications - 1) * without
    return ratio, pseudo, (denominators != 0).sum(axis=0)


def _with_half_width(mean: F64, pseudo: F64, with_data: I64, level: float) -> tuple[F64, F64]:
    replications = len(pseudo)
    pseudo = np.sort(pseudo, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = pseudo - pseudo.mean(axis=0)
        error = np.sqrt((spread**2).sum(axis=0) / (replications * (replications - 1)))
        half = np.where(with_data > 1, student_t(np.maximum(with_data - 1, 1), level) * error, np.nan)
    return mean, half


def _less(value: F64, subtrahend: F64) -> F64:
    with np.errstate(invalid="ignore"):  # of two that are infinite
        return np.where(np.isclose(value, subtrahend, rtol=1e-9, atol=0), 0.0, value - subtrahend)


def mean_interval(values: F64, level: float = LEVEL, *, least: float = -np.inf) -> tuple[F64, F64, F64]:
    """Mean over axis 0 (replications) with its Student-t interval: mean, low, high; as in `ratio_interval`."""
    return ratio_interval(values, np.ones_like(np.asarray(values, np.float64)), level, least=least)


def student_t(freedom: np.ndarray, level: float = LEVEL) -> F64:
    """Quantile of Student's t with `freedom` degrees of freedom that bounds a two-sided interval of that level."""
    from scipy.special import stdtrit

    # most are the same: by interval there are thousands, of as many values as there may be replications
    different, which = np.unique(freedom, return_inverse=True)
    return np.asarray(stdtrit(different, (1 + level) / 2)[which.reshape(np.shape(freedom))], dtype=np.float64)
