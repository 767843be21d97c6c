"""What is learned of made-up histories, and how good the forecasts are."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from ccsim.forecast import calendar as calendars
from ccsim.forecast import model as models
from ccsim.forecast import shape as shapes
from ccsim.forecast.calendar import Event
from ccsim.forecast.drift import fit_drift
from ccsim.forecast.history import of_rows
from ccsim.forecast.model import band
from ccsim.forecast.trial import _floor, _recommended, trial
from ccsim.forecast.within import within_covariance
from ccsim.stats.estimate import Estimate
from tests.forecast.made_up import FIRST, SHAPE, counts, rows


def learned(table: np.ndarray, holidays: dict[date, str] | None = None, events: tuple[Event, ...] = ()) -> models.Model:
    history = of_rows("calls", "phone", rows(table), 86400 // table.shape[1])
    return models.learn(history, calendars.learn(history, holidays or {}, events))


def ahead(days: int, from_day: int) -> list[date]:
    return [FIRST + timedelta(days=from_day + n) for n in range(days)]


def test_the_forecast_has_level_weekday_and_shape() -> None:
    table = counts(71)
    result = learned(table[:70]).forecast(ahead(7, 70))
    usual = table[63:70].sum(axis=1)
    assert result.days[6] == 0
    assert result.days[:6] == pytest.approx(usual[:6], rel=0.12)
    assert result.expected[0] / result.days[0] == pytest.approx(SHAPE / SHAPE.sum(), abs=0.006)
    assert result.handle[0, 20] == pytest.approx(285, abs=6)  # drawn a little towards the day's mean of 296
    assert np.isnan(result.handle[0, 0])


def test_bands_are_wider_further_ahead_and_for_intervals_than_for_days() -> None:
    result = learned(counts(70)).forecast(ahead(28, 70))
    assert result.covariance[21, 21] > 1.5 * result.covariance[0, 0]
    assert result.spread[0, 20] >= result.covariance[0, 0]
    low, high = result.day_bands(0.95)
    inner_low, inner_high = result.day_bands(0.8)
    assert (low <= inner_low).all()
    assert (inner_high <= high).all()


def test_an_outlier_is_listed_and_hardly_moves_the_forecast() -> None:
    table = counts(70)
    usual = learned(table).forecast(ahead(1, 70)).days[0]
    table[66] *= 3
    model = learned(table)
    assert [day for day, _ in model.outliers] == [FIRST + timedelta(days=66)]
    assert model.outliers[0][1] == pytest.approx(3, rel=0.2)
    assert model.forecast(ahead(1, 70)).days[0] == pytest.approx(usual, rel=0.06)


def test_an_outlier_is_as_far_off_as_the_other_days_say() -> None:
    table = counts(70)
    table[30] *= 1.5  # near enough to have most of its weight, so that it moves what is expected of it
    assert learned(table).outliers[0][1] == pytest.approx(1.5, rel=0.1)


def test_a_closed_holiday_stays_closed_and_an_open_one_is_learned() -> None:
    table = counts(84)
    table[14], table[30] = 0, table[30] * 0.5
    days = {FIRST + timedelta(days=n): name for n, name in ((14, "shut"), (30, "half"), (86, "half"), (88, "shut"))}
    model = learned(table, days)
    result = model.forecast(ahead(7, 84))
    plain = learned(counts(84)).forecast(ahead(7, 84))
    assert result.days[4] == 0
    assert result.days[2] == pytest.approx(0.5 * plain.days[2], rel=0.2)
    effect = model.level.effects()[model.calendar.names.index("half")]
    assert effect is not None
    assert effect.low < 0.5 < effect.high


def test_a_holiday_that_history_lacks_is_closed_and_said_to_be() -> None:
    history = of_rows("calls", "phone", rows(counts(28)), 1800)
    calendar = calendars.learn(history, {FIRST + timedelta(days=30): "New"}, ())
    assert not calendar.is_open(FIRST + timedelta(days=30))
    assert calendar.notes == ("New: taken as closed, as the history has no holiday",)


def test_events_by_hand_lift_their_hours_and_decay() -> None:
    zero = datetime.combine(FIRST + timedelta(days=70), datetime.min.time())
    mailing = Event("mailing", zero + timedelta(hours=10), zero + timedelta(days=1), 0.6, 7200.0)
    plain, lifted = (learned(counts(70), {}, events).forecast(ahead(1, 70)) for events in ((), (mailing,)))
    factor = lifted.expected[0, 16:40] / plain.expected[0, 16:40]
    assert factor[:4] == pytest.approx(np.ones(4))
    assert factor[4] == pytest.approx(1 + 0.6 * 0.5 ** (0.25 / 2))
    assert factor[8] - 1 == pytest.approx((factor[4] - 1) / 2)
    assert lifted.components["by hand"] == pytest.approx(lifted.days / plain.days)


def test_what_an_event_did_in_the_past_is_taken_off_the_level() -> None:
    table = counts(70)
    table[60:70] *= 1.5
    zero = datetime.combine(FIRST, datetime.min.time())
    past = Event("campaign", zero + timedelta(days=60), zero + timedelta(days=70), 0.5)
    assert learned(table, {}, (past,)).forecast(ahead(5, 70)).days.sum() == pytest.approx(
        learned(counts(70)).forecast(ahead(5, 70)).days.sum(), rel=0.03
    )


def test_daily_and_thin_histories_have_forecasts() -> None:
    daily = learned(counts(70).sum(axis=1, keepdims=True)).forecast(ahead(7, 70))
    assert daily.expected.shape == (7, 1)
    assert daily.busyness.within_cv == 0
    thin = np.random.default_rng(3).poisson(counts(70) / 200).astype(np.float64)
    result = learned(thin).forecast(ahead(7, 70))
    assert result.days.sum() == pytest.approx(thin[35:].sum() / 5, rel=0.25)


def test_shapes_are_drawn_together_where_days_are_few() -> None:
    rng = np.random.default_rng(4)
    weekday = np.arange(35) % 7
    result = shapes.learn(rng.poisson(np.tile(SHAPE / 40, (35, 1))).astype(np.float64), weekday, np.ones(35))
    assert result.others >= 0.3
    assert result.width > 0
    assert np.abs(result.shares - SHAPE / SHAPE.sum()).max() < 0.02


def test_a_weekday_of_few_contacts_keeps_its_own_shape() -> None:
    rng, table = np.random.default_rng(4), np.zeros((42, 48))
    early, late = np.arange(48) < 24, np.arange(48) >= 24
    for day in range(42):
        table[day] = rng.poisson(np.where(late, 8.0, 0.5) if day % 7 == 5 else np.where(early, 60.0, 20.0))
    weekday = np.arange(42) % 7
    shares = shapes.learn(table, weekday, np.ones(42)).shares[5]
    own = table[weekday == 5]
    # beside six days of their own, 36 others count at most for the weight that was chosen, whatever their contacts
    assert shares[early].sum() < own[:, early].sum() / own.sum() + 36 * min(shapes.OTHERS) / 6


def test_a_drift_no_clearer_than_chance_is_left_out_of_a_scenario() -> None:
    model = learned(counts(42))
    for p_value, within in ((0.2, 0.0), (0.001, 0.1)):
        drift = replace(model.drift, cv=Estimate(0.1, 0.0, 0.2), memory=Estimate(0.5, 0.0, 1.0), p_value=p_value)
        forecast = replace(model, drift=drift).forecast([date(2026, 2, 16)])
        assert forecast.busyness.within_cv == within
        whole = np.sqrt(forecast.covariance[0, 0])  # of the day, drift and all
        assert (forecast.busyness.day_cv == pytest.approx(whole)) == (within == 0)


def test_no_drift_is_found_in_poisson_counts() -> None:
    rng = np.random.default_rng(5)
    shares = np.tile(SHAPE / SHAPE.sum(), (100, 1))
    result = fit_drift(rng.poisson(800 * shares).astype(np.float64), shares, np.full(100, 1000.0), 1800, 1.0)
    assert result.cv.mean < 0.05
    assert result.p_value > 0.05


def test_half_hours_of_days_that_are_not_used_have_no_drift() -> None:
    """One day, on which nobody came, would have had others: they are no division by nothing."""
    rng = np.random.default_rng(5)
    shares = np.zeros((30, 48))
    shares[:-1, 16:24] = shares[-1, 30:38] = 1 / 8
    counts = rng.poisson(400 * shares * rng.gamma(4, 1 / 4, shares.shape)).astype(np.float64)
    counts[-1] = 0
    assert fit_drift(counts, shares, np.full(30, 5.0), 1800, 1.0).cv.mean == pytest.approx(0.5, abs=0.1)


def test_what_lasts_of_a_days_departure_from_its_shares_is_learned() -> None:
    """Half of each time of day's factor is there again on the next day, or nothing."""
    rng, days = np.random.default_rng(6), 250
    correlation = np.linalg.cholesky(within_covariance(24, 1800, 0.8))
    for lasts in (0.5, 0.0):
        scores = np.zeros((days, 24))
        for day in range(days):
            fresh = correlation @ rng.standard_normal(24)
            scores[day] = lasts * scores[day - 1] + np.sqrt(1 - lasts**2) * fresh if day else fresh
        table = np.zeros((days, 48))
        table[:, 16:40] = rng.poisson(200 * np.exp(0.1 * scores))
        shares = np.tile(table.sum(axis=0) / table.sum(), (days, 1))
        assert fit_drift(table, shares, np.full(days, float(days)), 1800, 1.0).next_day == pytest.approx(lasts, abs=0.1)
    model = learned(table[:42])
    model = replace(model, drift=replace(model.drift, next_day=0.5))
    history = model.history
    last = history.weekday[-1]
    model = replace(model, departure=model.drift.departure(history.counts[-1], model.shapes.shares[last], 1800))
    expected = model.forecast(ahead(2, 42)).expected[:, 16:40]
    usual = model.shapes.shares[[(last + 1) % 7, (last + 2) % 7]][:, 16:40]
    moved = expected / expected.sum(axis=1, keepdims=True) / usual - 1
    assert np.abs(model.departure).max() > 0.05
    for part, lasting in zip(moved, (0.5, 0.25), strict=True):
        assert part == pytest.approx(lasting * model.departure[16:40], abs=0.01)


def test_bands_are_of_a_negative_binomial() -> None:
    low, high = band(np.array([50.0]), np.array([0.04]), 0.8)
    drawn = np.random.default_rng(6).negative_binomial(25, 25 / 75, 100_000)
    assert ((drawn >= low) & (drawn <= high)).mean() == pytest.approx(0.8, abs=0.03)


def test_the_poisson_floor_is_the_mean_deviation() -> None:
    drawn = np.random.default_rng(7).poisson(3.7, 200_000)
    assert _floor(np.array([3.7])) == pytest.approx(np.abs(drawn - 3.7).mean() / 3.7, rel=0.01)


def test_the_trial_ranks_methods_and_its_bands_cover() -> None:
    history = of_rows("calls", "phone", rows(counts(70, noise=0.06)), 1800)
    result = trial(history, {}, (), 3)["one_day"]
    assert result is not None
    assert len(result.days) == 18
    assert result.wape_interval["forecast"] < result.wape_interval["mean_of_six"]
    assert result.floor_interval < result.wape_interval["forecast"] < result.floor_interval + 0.05
    assert result.coverage["80"] == pytest.approx(0.8, abs=0.1)
    assert result.coverage["95"] == pytest.approx(0.95, abs=0.05)


def test_the_simplest_rule_that_is_not_worse_beyond_chance_is_recommended() -> None:
    rng = np.random.default_rng(8)
    same, worse = rng.gamma(9, 1, (2, 40)), rng.gamma(9, 1, 40) + 4
    assert _recommended({"seasonal_naive": worse, "mean_of_six": same[0], "forecast": same[1]}) == "mean_of_six"
    assert _recommended({"seasonal_naive": worse, "mean_of_six": worse, "forecast": same[1]}) == "forecast"
