"""Intervals over replications, against the textbook's formulas written out."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from ccsim.metrics.intervals import mean_interval, ratio_interval, student_t

T2 = 0.95 * math.sqrt(2 / (1 - 0.95**2))  # 97.5 % quantile of Student's t with two degrees of freedom, in closed form


def test_student_t() -> None:
    assert student_t(np.array([2]))[0] == pytest.approx(T2, rel=1e-12)
    assert student_t(np.array([10**6]))[0] == pytest.approx(1.959966, abs=1e-5)


def test_mean_has_the_student_interval() -> None:
    mean, low, high = mean_interval(np.array([1.0, 2.0, 3.0]))
    half = T2 * 1.0 / math.sqrt(3)  # the standard deviation is 1
    assert (mean, low, high) == pytest.approx((2.0, 2.0 - half, 2.0 + half), rel=1e-12)


def test_ratio_has_the_jackknife_interval() -> None:
    over, under = [2.0, 3.0, 5.0], [4.0, 4.0, 7.0]
    ratio = 10 / 15
    without = [8 / 11, 7 / 11, 5 / 8]
    variance = (3 - 1) / 3 * sum((r - sum(without) / 3) ** 2 for r in without)
    half = T2 * math.sqrt(variance)
    assert ratio_interval(np.array(over), np.array(under)) == pytest.approx((ratio, ratio - half, ratio + half))


def test_order_of_replications_changes_no_bit() -> None:
    rng = np.random.default_rng(1)
    over, under = rng.lognormal(size=(5, 3)), rng.lognormal(size=(5, 3))
    first = np.stack(ratio_interval(over, under))
    for order in itertools.permutations(range(5)):
        again = np.stack(ratio_interval(over[list(order)], under[list(order)]))
        assert np.array_equal(first, again)


def test_one_replication_has_no_interval() -> None:
    mean, low, high = ratio_interval(np.array([3.0]), np.array([4.0]))
    assert mean == 0.75
    assert np.isnan(low)
    assert np.isnan(high)


def test_without_data_there_is_nothing() -> None:
    assert np.isnan(np.stack(ratio_interval(np.zeros(3), np.zeros(3)))).all()


def test_replications_without_data_do_not_count() -> None:
    """Means of those with data: the interval is that of two values, with one degree of freedom."""
    mean, low, high = ratio_interval(np.array([0.0, 4.0, 6.0]), np.array([0.0, 1.0, 1.0]))
    assert mean == 5.0
    assert low < 5.0 - 6.0  # 12.7 × 1, and a little more for the jackknife's three replications
    assert high > 5.0 + 6.0
    mean, low, high = ratio_interval(np.array([0.0, 4.0]), np.array([0.0, 1.0]))
    assert mean == 4.0
    assert np.isnan(low)


def test_coverage_of_the_ratio() -> None:
    """Of 2000 intervals over 10 replications, about 95 % hold the true ratio (4 standard errors: 2 %)."""
    rng = np.random.default_rng(7)
    under = rng.gamma(20, size=(10, 2000))
    over = rng.normal(0.3 * under, 0.5)
    _, low, high = ratio_interval(over, under)
    assert np.mean((low <= 0.3) & (high >= 0.3)) == pytest.approx(0.95, abs=0.02)
