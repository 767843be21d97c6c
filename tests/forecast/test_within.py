"""The rest of a day, given its counts so far."""

from __future__ import annotations

import numpy as np
import pytest

from ccsim.forecast.within import USUAL, Busyness, day_covariance, rest_of_day, share_covariance, within_covariance

BUSY = Busyness(day_cv=0.15, within_cv=0.1, within_memory=0.6)


def test_correlation_of_half_hours_falls_by_the_memory() -> None:
    assert within_covariance(4, 1800, 0.5)[0] == pytest.approx([1, 0.5, 0.25, 0.125])


def test_shorter_intervals_of_one_half_hour_share_the_factor_and_longer_ones_average_it() -> None:
    assert within_covariance(6, 600, 0.5)[0] == pytest.approx([1, 1, 1, 0.5, 0.5, 0.5])
    assert within_covariance(2, 3600, 0.5)[0, 0] == pytest.approx((1 + 1 + 0.5 + 0.5) / 4)


def test_without_busyness_what_came_says_nothing() -> None:
    rest = rest_of_day(np.full(10, 20.0), np.full(4, 35.0), 1800, Busyness())
    assert rest.mean == pytest.approx(np.ones(6))
    assert rest.covariance == pytest.approx(np.zeros((6, 6)))


def test_of_the_day_alone_it_is_buhlmanns_credibility() -> None:
    expected, counts = np.full(10, 20.0), np.full(4, 30.0)
    weight = 80 / (80 + 1 / 0.2**2)
    rest = rest_of_day(expected, counts, 1800, Busyness(day_cv=0.2))
    assert rest.mean == pytest.approx(np.full(6, 1 + weight * 0.5))
    telling = 0.2**2 / (0.2**2 + 1 / 20)  # of the counts' variances, the part that is not chance
    distance = 4 * 0.5**2 / (1 / 20 + 4 * 0.2**2)
    farther = (USUAL + telling * distance) / (USUAL + telling * 4)
    assert rest.covariance == pytest.approx(np.full((6, 6), 0.2**2 * (1 - weight) * farther))


def test_intervals_in_which_nothing_is_expected_are_left_out() -> None:
    rest = rest_of_day(np.array([0.0, 20, 20]), np.array([3.0, 20]), 1800, BUSY)
    assert rest.mean == pytest.approx([1.0])


def test_before_anything_came_it_is_as_expected() -> None:
    rest = rest_of_day(np.full(3, 5.0), np.empty(0), 1800, BUSY)
    assert rest.mean == pytest.approx(np.ones(3))
    assert rest.covariance == pytest.approx(day_covariance(3, 1800, BUSY))


def test_samples_have_the_mean_and_covariance() -> None:
    rest = rest_of_day(np.full(6, 50.0), np.array([70.0, 65]), 1800, BUSY)
    drawn = rest.factors(np.random.default_rng(1).standard_normal((4, 200_000)))
    assert drawn.mean(axis=1) == pytest.approx(rest.mean, rel=0.002)
    assert np.cov(drawn) == pytest.approx(rest.covariance, rel=0.03)


def within_factors(rng: np.random.Generator, *days: int) -> np.ndarray:
    """Factors within days of 12 half hours, by BUSY."""
    sigma = np.sqrt(np.log1p(BUSY.within_cv**2))
    scores = rng.standard_normal((*days, 12)) @ np.linalg.cholesky(within_covariance(12, 1800, BUSY.within_memory)).T
    return np.asarray(np.exp(sigma * scores - sigma**2 / 2))


def test_it_predicts_days_of_the_model_without_bias_and_with_the_right_spread() -> None:
    rng, days, expected = np.random.default_rng(2), 4000, np.full(12, 100.0)
    factors = rng.gamma(1 / BUSY.day_cv**2, BUSY.day_cv**2, (days, 1)) * within_factors(rng, days)
    counts = rng.poisson(expected * factors)
    rests = [rest_of_day(expected, came[:5], 1800, BUSY) for came in counts]
    errors = factors[:, 5:] - [rest.mean for rest in rests]
    spread = np.mean([np.diag(rest.covariance) for rest in rests], axis=0)
    assert errors.mean(axis=0) == pytest.approx(np.zeros(7), abs=0.01)
    assert errors.var(axis=0) == pytest.approx(spread, rel=0.1)


def test_where_days_drift_unlike_one_another_bands_are_wider_on_those_that_drift_more() -> None:
    rng, days, expected = np.random.default_rng(5), 4000, np.full(12, 1000.0)
    # of which a multivariate t distribution is the conditional one
    more = np.sqrt(USUAL / rng.chisquare(USUAL + 2, (days, 1)))
    root = np.linalg.cholesky(day_covariance(12, 1800, BUSY))
    factors = np.maximum(1 + more * (rng.standard_normal((days, 12)) @ root.T), 0.1)
    counts = rng.poisson(expected * factors)
    rests = [rest_of_day(expected, came[:6], 1800, BUSY) for came in counts]
    spread = np.array([rest.covariance.mean() for rest in rests])
    squares = (factors[:, 6:] - [rest.mean for rest in rests]).mean(axis=1) ** 2
    calm, restless = spread < np.quantile(spread, 0.25), spread > np.quantile(spread, 0.75)
    assert squares[restless].mean() > 1.5 * squares[calm].mean()
    for those in (calm, restless):
        assert (squares / spread)[those].mean() == pytest.approx(1.0, abs=0.15)  # error 0.045 of 1,000 days


def test_shares_learned_from_few_days_are_wrong_by_as_much_as_is_taken_into_account() -> None:
    rng, expected = np.random.default_rng(3), np.linspace(60.0, 140.0, 12)
    learned = rng.poisson(expected * within_factors(rng, 20_000, 5)).sum(axis=1)
    errors = learned / learned.sum(axis=1, keepdims=True) * expected.sum() / expected - 1
    within = BUSY.within_cv**2 * within_covariance(12, 1800, BUSY.within_memory)
    known = share_covariance(expected, within, 5)
    assert np.cov(errors.T) == pytest.approx(known, abs=0.05 * known.max())
    assert expected @ known @ expected == pytest.approx(0.0, abs=1e-9)  # all shares together are never wrong


def test_the_rest_follows_the_morning_less_and_is_less_certain_where_shares_rest_on_few_days() -> None:
    rng, days, expected = np.random.default_rng(4), 6000, np.full(12, 100.0)
    learned = rng.poisson(expected * within_factors(rng, days, 5)).sum(axis=1)
    shares = learned / learned.sum(axis=1, keepdims=True)
    factors = rng.gamma(1 / BUSY.day_cv**2, BUSY.day_cv**2, (days, 1)) * within_factors(rng, days)
    counts = rng.poisson(expected * factors)
    known, certain = [], []
    for share, came in zip(shares * expected.sum(), counts, strict=True):
        for rests_on, scores in ((5.0, known), (np.inf, certain)):
            rest = rest_of_day(share, came[:4], 1800, BUSY, rests_on=rests_on)
            mean = share[4:] @ rest.mean
            spread = share[4:] @ rest.covariance @ share[4:] + mean
            scores.append((came[4:].sum() - mean) / np.sqrt(spread))
    assert np.mean(np.square(known)) == pytest.approx(1.0, abs=0.08)
    assert np.mean(np.square(certain)) > 1.1
