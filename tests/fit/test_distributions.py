"""Distributions by maximum likelihood, against scipy's own fits and against formulas that can be written down."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest
import scipy.stats

from ccsim.distributions.durations import Constant
from ccsim.fit import distributions
from ccsim.fit.contacts import came_back, share
from ccsim.fit.conversations import geometric
from ccsim.fit.distributions import FAMILIES, Fitted, Sample
from ccsim.fit.quantities import Estimates
from ccsim.fit.scenario import toml
from ccsim.scenario.data import DataFiles
from ccsim.scenario.distributions import duration_distribution
from ccsim.stats.intervals import Z
from ccsim.stats.survival import confidence, kaplan_meier

WAITS = np.array([3.0, 5, 8, 8, 12, 20, 25, 31, 44, 60, 75, 90, 130, 200])
ENDED = np.array([1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0], np.bool_)


def test_an_exponential_is_time_at_risk_by_number_of_ends() -> None:
    result = distributions.fit("exponential", Sample(WAITS, ENDED)).parameters["mean"]
    assert result.mean == pytest.approx(WAITS.sum() / ENDED.sum())
    assert result.high / result.mean == pytest.approx(np.exp(Z / np.sqrt(ENDED.sum())), rel=1e-4)


@pytest.mark.parametrize(
    ("family", "scipys"),
    [
        ("lognormal", scipy.stats.lognorm),
        ("gamma", scipy.stats.gamma),
        ("weibull", scipy.stats.weibull_min),
    ],
)
def test_scipy_finds_no_likelier_distribution(family: str, scipys: scipy.stats.rv_continuous) -> None:
    data = scipy.stats.CensoredData(uncensored=WAITS[ENDED], right=WAITS[~ENDED])
    shape, _, scale = scipys.fit(data, floc=0)
    ours = distributions.fit(family, Sample(WAITS, ENDED))
    theirs = scipys(shape, scale=scale)
    best = theirs.logpdf(WAITS[ENDED]).sum() + theirs.logsf(WAITS[~ENDED]).sum()
    assert ours.log_likelihood == pytest.approx(best, abs=1e-3)
    assert ours.distribution.mean == pytest.approx(theirs.mean(), rel=0.01)
    assert ours.survival(WAITS) == pytest.approx(theirs.sf(WAITS), abs=0.003)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_distribution_draws_what_the_likelihood_says(family: str) -> None:
    rng = np.random.default_rng(5)
    fitted = distributions.fit(family, Sample(rng.lognormal(3, 1, 500), np.ones(500, np.bool_)))
    drawn = fitted.distribution.value((np.arange(20_000) + 0.5) / 20_000)
    at = np.quantile(drawn, [0.1, 0.5, 0.9])
    assert fitted.survival(at) == pytest.approx([0.9, 0.5, 0.1], abs=1e-3)


@pytest.mark.parametrize("family", ["exponential", "lognormal", "gamma", "weibull", "hyperexponential"])
def test_the_family_of_the_data_has_the_least_bic(family: str) -> None:
    true = {
        "exponential": {"mean": 90.0},
        "lognormal": {"median": 90.0, "sigma": 1.0},
        "gamma": {"mean": 90.0, "cv": 0.5},
        "weibull": {"mean": 90.0, "cv": 0.5},
        "hyperexponential": {"weight": 0.4, "mean": 10.0, "mean_2": 200.0},
    }
    times = FAMILIES[family].distribution(true[family]).value(np.random.default_rng(3).random(4000))
    limit = 3 * float(np.median(times))
    best = distributions.fit_all(distributions.PATIENCE, Sample(np.minimum(times, limit), times < limit))
    assert best[0].family == family
    assert [fitted.bic for fitted in best] == sorted(fitted.bic for fitted in best)


def test_criteria_charge_parameters() -> None:
    fitted = distributions.fit("lognormal", Sample(WAITS, ENDED))
    assert fitted.aic == pytest.approx(4 - 2 * fitted.log_likelihood)
    assert fitted.bic == pytest.approx(2 * np.log(len(WAITS)) - 2 * fitted.log_likelihood)


def test_many_times_on_a_grid_give_what_each_would() -> None:
    times = np.random.default_rng(1).lognormal(4, 0.8, distributions.MANY + 1)
    fitted = distributions.fit("lognormal", Sample(times, np.ones(len(times), np.bool_)))
    assert fitted.parameters["median"].mean == pytest.approx(np.exp(np.log(times).mean()), rel=1e-4)
    assert fitted.parameters["sigma"].mean == pytest.approx(np.log(times).std(), rel=1e-4)


def test_few_data_have_an_exponential_distribution_and_none_has_none() -> None:
    few = Sample(WAITS[:5], np.array([1, 1, 0, 0, 0], np.bool_))
    assert [fitted.family for fitted in distributions.fit_all(distributions.WORK, few)] == ["exponential"]
    with pytest.raises(ValueError, match="nothing ended"):
        distributions.fit("lognormal", Sample(WAITS, np.zeros(len(WAITS), np.bool_)))


def test_who_never_leaves_has_a_hundred_years_at_most() -> None:
    """Thirty leave at once, the others are answered before they do: nothing is known of how long they would wait."""
    times = np.concatenate([np.linspace(1, 20, 30), np.full(300, 600.0)])
    fitted = distributions.fit("hyperexponential", Sample(times, times < 600))
    assert fitted.parameters["mean_2"].mean > 1e6
    written = FAMILIES["hyperexponential"].distribution({"weight": 0.1, "mean": 10.0, "mean_2": 1e15})
    assert duration_distribution(tomllib.loads(f"x = {toml(written)}")["x"], DataFiles()) == written


def test_a_time_that_comes_often_is_no_part_of_a_mixture() -> None:
    """The likelihood of a part that narrows to one time grows without limit: it had a quarter, for an eighth."""
    times = np.concatenate([np.round(np.random.default_rng(3).lognormal(5, 0.7, 400)), np.full(60, 60.0)])
    fits = distributions.fit_all(distributions.WORK, Sample(times, np.ones(len(times), np.bool_)))
    assert [fitted.family for fitted in fits] == ["lognormal", "gamma", "weibull", "exponential"]


def test_few_data_far_from_every_family_are_taken_as_they_are() -> None:
    times = np.concatenate([np.zeros(60), np.linspace(20, 400, 20)])
    estimates = Estimates()
    estimates.distribution("work", Sample(times, np.ones(80, np.bool_)), distributions.WORK)
    assert estimates.distributions["work"].family == "empirical"
    assert "No family fits work" in estimates.warnings[0]


def test_what_never_varies_is_a_constant() -> None:
    same = Sample(np.array([20.0, 20, 20]), np.ones(3, np.bool_))
    assert distributions.constant(same) == Constant(20.0)
    assert distributions.fit_all(distributions.WORK, same) == []
    assert distributions.constant(Sample(WAITS, ENDED)) is None


def test_who_gave_up_alone_is_not_everybody() -> None:
    """One gives up after 7 s, 99 are answered after a minute: 7 s as a constant would lose all who wait longer."""
    times = np.concatenate([[7.0], np.full(99, 60.0)])
    estimates = Estimates()
    estimates.distribution("patience", Sample(times, times == 7), distributions.PATIENCE)
    taken = estimates.distributions["patience"]
    assert (taken.family, taken.candidates[0].parameters["mean"].mean) == ("exponential", pytest.approx(times.sum()))
    assert estimates.warnings == ["Few data: the distribution of patience rests on 1 case."]


def test_times_of_zero_do_not_break_a_logarithm() -> None:
    times = np.concatenate([np.zeros(5), WAITS])
    fitted = distributions.fit("lognormal", Sample(times, np.ones(len(times), np.bool_)))
    assert np.isfinite(fitted.log_likelihood)


def _largest(fitted: Fitted, sample: Sample) -> float:
    return float(scipy.stats.kstest(sample.times, lambda at: 1 - fitted.survival(np.asarray(at))).statistic)


def test_the_distance_is_that_of_kolmogorov() -> None:
    sample = Sample(WAITS, np.ones(len(WAITS), np.bool_))
    fitted = distributions.fit("gamma", sample)
    assert fitted.distance == pytest.approx(_largest(fitted, sample))


# ── curves and shares ────────────────────────────────────────────────────────────────────────────────────────────────


def test_kaplan_meier_as_scipy_has_it() -> None:
    curve = scipy.stats.ecdf(scipy.stats.CensoredData(uncensored=WAITS[ENDED], right=WAITS[~ENDED])).sf
    at, lasts = kaplan_meier(WAITS, ENDED)
    assert lasts == pytest.approx(curve.evaluate(at))
    theirs = curve.confidence_interval(method="log-log")
    low, high = confidence(WAITS, ENDED)
    assert low == pytest.approx(theirs.low.evaluate(at), abs=1e-6)
    assert high == pytest.approx(theirs.high.evaluate(at), abs=1e-6)


def test_a_share_as_scipy_has_it() -> None:
    theirs = scipy.stats.binomtest(7, 40).proportion_ci(method="wilson")
    assert share(7, 40) == pytest.approx((7 / 40, theirs.low, theirs.high))


def test_turns_of_conversations_that_go_on_count_for_what_is_known() -> None:
    result = geometric(np.array([1.0, 2, 3, 4]), np.array([True, True, True, False]))
    assert result.mean == pytest.approx(10 / 3)
    with pytest.raises(ValueError, match="no conversation was done"):
        geometric(np.array([1.0]), np.array([False]))


def test_who_could_not_come_back_any_more_does_not_count_as_staying_away() -> None:
    rng = np.random.default_rng(2)
    until = rng.uniform(0, 100, 4000)
    lag = np.where(rng.random(4000) < 0.2, rng.exponential(20, 4000), np.inf)
    seen = lag < until
    result, times, fitted = came_back(lag[seen], until[~seen])
    assert seen.mean() < 0.17  # as who has not yet come back looks like
    assert result.low < 0.2 < result.high
    assert fitted[0].distribution.mean == pytest.approx(20, rel=0.15)
    assert times.times.mean() == pytest.approx(20, rel=0.15) != pytest.approx(lag[seen].mean(), rel=0.1)


def test_who_came_back_once_is_a_share_of_the_curve() -> None:
    result, _, fitted = came_back(np.array([10.0]), np.array([5.0, 100, 100]))
    assert fitted == []
    assert result.mean == pytest.approx(1 / 3)
