"""Intervals over replications, against the textbook's formulas written out."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from ccsim.stats.intervals import half_width_of, mean_interval, paired_interval, ratio_interval, student_t

T2 = 0.95 * math.sqrt(2 / (1 - 0.95**2))  # 97.5 % quantile of Student's t with two degrees of freedom, in closed form


def test_student_t() -> None:
    assert student_t(np.array([2]))[0] == pytest.approx(T2, rel=1e-9)
    assert student_t(np.array([10**6]))[0] == pytest.approx(1.959966, abs=1e-5)


def test_mean_has_the_student_interval() -> None:
    mean, low, high = mean_interval(np.array([1.0, 2.0, 3.0]))
    half = T2 * 1.0 / math.sqrt(3)  # the standard deviation is 1
    assert (mean, low, high) == pytest.approx((2.0, 2.0 - half, 2.0 + half), rel=1e-9)


def test_ratio_has_the_jackknife_interval() -> None:
    over, under = [2.0, 3.0, 5.0], [4.0, 4.0, 7.0]
    ratio = 10 / 15
    without = [8 / 11, 7 / 11, 5 / 8]
    variance = (3 - 1) / 3 * sum((r - sum(without) / 3) ** 2 for r in without)
    half = T2 * math.sqrt(variance)
    assert ratio_interval(np.array(over), np.array(under)) == pytest.approx((ratio, ratio - half, ratio + half))


def test_interval_of_a_share_is_that_of_its_log_odds() -> None:
    over, under = np.array([18.0, 20.0, 19.0]), np.array([20.0, 20.0, 20.0])
    mean, low, high = ratio_interval(over, under, share=True)
    _, linear_low, linear_high = ratio_interval(over, under)
    assert mean == 0.95
    assert linear_high > 1  # 1.07: no share
    half = (linear_high - linear_low) / 2 / (0.95 * 0.05)
    for end, side in ((low, -half), (high, half)):
        assert math.log(end / (1 - end)) == pytest.approx(math.log(0.95 / 0.05) + side)
    assert 0 < low < mean < high < 1


def test_what_was_never_seen_may_be_seldom() -> None:
    """Of 1,000 none: with 95 % at most 0.37 %, the exact binomial bound; and all of them in the same way."""
    of = np.full(10, 100.0)
    mean, low, high = ratio_interval(np.zeros(10), of, share=True)
    assert mean == low == 0
    assert (1 - high) ** 1000 == pytest.approx(0.025)
    assert ratio_interval(of, of, share=True) == (1, pytest.approx(1 - high), 1)
    assert half_width_of(mean, low, high, share=True) == pytest.approx(high / 2)


def test_a_share_of_one_replication_has_no_interval() -> None:
    for always in (0.0, 1.0):
        assert np.isnan(ratio_interval(np.array([always]), np.ones(1), share=True)[1:]).all()


@pytest.mark.parametrize("truth", [0.002, 0.01])
def test_coverage_of_what_is_seldom(truth: float) -> None:
    """Of 5,000 runs of 10 replications with 20 contacts each about 95 % hold the truth, and all without a case; 0.3
    points are a standard error."""
    cases = np.random.default_rng(11).binomial(20, truth, (10, 5000)).astype(np.float64)
    none = cases.sum(axis=0) == 0
    assert none.mean() > 0.1
    _, low, high = ratio_interval(cases, np.full((10, 5000), 20.0), share=True)
    assert (high[none] > truth).all()
    assert ((low <= truth) & (truth <= high)).mean() > 0.935


def test_what_cannot_be_negative_has_no_interval_below_0() -> None:
    values = np.array([0.0, 0.0, 3.0])
    mean, low, high = mean_interval(values, least=0.0)
    _, uncut, same = mean_interval(values)
    assert uncut < low == 0
    assert high == same
    assert half_width_of(mean, low, high, share=False) == pytest.approx((high - uncut) / 2)


def test_a_tiny_share_of_two_replications_stays_within_the_bounds() -> None:
    """Student's t of one degree of freedom, 12.7, on a share of a millionth: exp overflows without harm."""
    _, low, high = ratio_interval(np.array([0.0, 2.0]), np.array([1e6, 1e6]), share=True)
    assert 0 <= low < 1e-6 < high <= 1


@pytest.mark.parametrize("truth", [0.02, 0.5, 0.98])
def test_coverage_of_a_share(truth: float) -> None:
    """Of 2000 intervals over 10 replications of busy days, about 95 % hold the truth, and all lie within 0 and 1."""
    rng = np.random.default_rng(9)
    under = rng.poisson(300, size=(10, 2000)).astype(np.float64)
    over = rng.binomial(under.astype(int), rng.beta(200 * truth, 200 * (1 - truth), size=under.shape))
    _, low, high = ratio_interval(over.astype(np.float64), under, share=True)
    assert np.mean((low <= truth) & (high >= truth)) == pytest.approx(0.95, abs=0.02)
    assert ((low >= 0) & (high <= 1)).all()


def test_a_difference_of_shares_stays_within_one() -> None:
    none, all_ = (np.array([0.0, 0.0, 1.0]), np.ones(3)), (np.array([1.0, 1.0, 0.0]), np.ones(3))
    for first, second, side in ((none, all_, 1), (all_, none, -1)):
        mean, low, high = paired_interval(first, second, share=True)
        assert mean == pytest.approx(side / 3)
        assert (low, high) == (-1, 1)


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


def test_paired_means_have_the_paired_t_interval() -> None:
    ones = np.ones(3)
    result = paired_interval((np.array([1.0, 5.0, 9.0]), ones), (np.array([2.0, 7.0, 12.0]), ones))
    half = T2 * 1.0 / math.sqrt(3)  # differences 1, 2, 3
    assert result == pytest.approx((2.0, 2.0 - half, 2.0 + half), rel=1e-9)


def test_paired_ratios_leave_the_same_replication_out_of_both() -> None:
    first = ([2.0, 3.0, 5.0], [4.0, 4.0, 7.0])
    second = ([3.0, 3.0, 8.0], [5.0, 4.0, 6.0])
    without = []
    for left_out in range(3):
        (a, b), (c, d) = (
            [sum(x for r, x in enumerate(part) if r != left_out) for part in those] for those in (first, second)
        )
        without.append(c / d - a / b)
    variance = (3 - 1) / 3 * sum((w - sum(without) / 3) ** 2 for w in without)
    difference, half = 14 / 15 - 10 / 15, T2 * math.sqrt(variance)
    arrays = [(np.array(over), np.array(under)) for over, under in (first, second)]
    assert paired_interval(*arrays) == pytest.approx((difference, difference - half, difference + half))


def test_what_differs_by_rounding_does_not_differ() -> None:
    values = np.array([0.1, 0.7, 1e6])
    again = values * 3 / 3 + 1e-13
    assert (again != values).any()
    assert paired_interval((values, np.ones(3)), (again, np.ones(3))) == (0.0, 0.0, 0.0)


def test_pairs_with_data_once_have_no_interval() -> None:
    often, once = (np.array([4.0, 6.0]), np.array([1.0, 1.0])), (np.array([0.0, 4.0]), np.array([0.0, 1.0]))
    for first, second, truth in ((often, once, -1.0), (once, often, 1.0)):
        difference, low, high = paired_interval(first, second)
        assert difference == truth
        assert np.isnan(low)
        assert np.isnan(high)


def test_coverage_of_the_paired_difference() -> None:
    """Of 2000 intervals of a difference of ratios that share their noise, about 95 % hold it, and they are narrower."""
    rng = np.random.default_rng(8)
    under = rng.gamma(20, size=(10, 2000))
    common = rng.normal(0, 1, size=under.shape)
    first = 0.3 * under + common + rng.normal(0, 0.3, size=under.shape)
    second = 0.4 * under + common + rng.normal(0, 0.3, size=under.shape)
    _, low, high = paired_interval((first, under), (second, under))
    assert np.mean((low <= 0.1) & (high >= 0.1)) == pytest.approx(0.95, abs=0.02)
    moved = np.roll(second, 1, axis=1), np.roll(under, 1, axis=1)
    _, apart, further = paired_interval((first, under), moved)
    assert np.mean(high - low) < 0.4 * np.mean(further - apart)
