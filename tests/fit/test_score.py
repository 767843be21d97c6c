"""Scores of predictions, worked out by hand, and distributions that they must keep."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from ccsim.backtest import score
from ccsim.backtest.prediction import INTERVAL, Day, Inputs
from ccsim.tables import F64, SECOND
from ccsim.theory import erlang_a

HALF_HOUR = INTERVAL / SECOND


def sums(*intervals: tuple[float, ...]) -> F64:
    """(COUNTED, interval) of (offered, answered, waited, abandoned, in time) by interval."""
    return np.array(intervals, np.float64).T


def day(real: F64, *simulated: F64, agents: float = 2.0, offered: float = 10.0, took: float = 180.0) -> Day:
    n = real.shape[1]
    known = Inputs(np.full(n, offered), np.full(n, offered), np.full(n, took))
    return Day(
        date(2026, 3, 2), np.arange(n + 1) * INTERVAL, real, np.array(simulated), np.full(n, agents), known, known[2]
    )


BUSY = day(
    sums((10, 8, 160, 2, 4), (20, 20, 100, 0, 20)),
    sums((10, 10, 300, 0, 5), (20, 20, 100, 0, 20)),
    sums((10, 6, 240, 4, 2), (20, 20, 300, 0, 10)),
)
"""Real ASA 20 and 5 s, of the day 260 / 28; simulated 30 and 5, then 40 and 15."""


def test_figures_are_ratios_of_sums() -> None:
    result = score.figures(BUSY.real)
    assert result.asa.tolist() == [20, 5]
    assert result.abandonment.tolist() == [0.2, 0]
    assert result.service_level.tolist() == [0.4, 1]
    assert score.daily(BUSY.real).asa.tolist() == pytest.approx([260 / 28])


def test_nothing_offered_has_no_figures() -> None:
    result = score.figures(sums((0, 0, 0, 0, 0), (2, 0, 0, 2, 0)))
    assert np.isnan(result.asa).all()
    assert np.isnan(result.abandonment).tolist() == [True, False]


def test_score_by_hand() -> None:
    """Means of the replications: ASA 35 and 10; of the days 400 / 30 and 540 / 26 s."""
    result = score.score(score.simulated([BUSY], "", np.nanmean), [BUSY])
    assert result.asa == pytest.approx((15 + 5) / 2)
    assert result.asa_weighted == pytest.approx((10 * 15 + 20 * 5) / 30)
    assert result.asa_bias == pytest.approx(10)
    assert result.service_level == pytest.approx((abs(0.35 - 0.4) + abs(0.75 - 1)) / 2)
    assert result.service_level_bias == pytest.approx((-0.05 - 0.25) / 2)
    assert result.asa_by_day == pytest.approx((400 / 30 + 540 / 26) / 2 / (260 / 28) - 1)
    assert result.asa_by_day_weighted == pytest.approx(result.asa_by_day)  # of a single day
    assert result.abandonment_by_day == pytest.approx(abs((0 + 4 / 30) / 2 - 2 / 30))


def test_what_is_right_has_no_error() -> None:
    right = replace(BUSY, simulated=np.array([BUSY.real] * 3))
    assert score.score(score.simulated([right, right], ""), [right, right])[1:] == (0,) * 10
    assert score.floor([right])[1:] == (0,) * 10


def test_a_tiny_day_hardly_counts_in_the_weighted_error() -> None:
    """100 contacts, 40 s for 50; ten, 60 s for 20: errors of 20 % and 200 %, of waits 1,000 + 400 of 5,200 s."""
    large = day(sums((100, 100, 5000, 0, 50)), sums((100, 100, 4000, 0, 50)))
    tiny = day(sums((10, 10, 200, 0, 5)), sums((10, 10, 600, 0, 5)))
    result = score.score(score.simulated([large, tiny], ""), [large, tiny])
    assert result.asa_by_day == pytest.approx((0.2 + 2) / 2)
    assert result.asa_by_day_weighted == pytest.approx(1400 / 5200)


def test_floor_takes_each_replication_for_the_truth() -> None:
    """Of two, each is predicted by the other: half-hour ASA differs by 10 and 10 s."""
    assert score.floor([BUSY]).asa == pytest.approx(10)


def test_erlang_between_two_numbers_of_agents() -> None:
    some = replace(BUSY, agents=np.array([2.25, 3.0]))
    result = score.erlang([some], "", 300, 20).by_interval
    two, three = (erlang_a(10 / HALF_HOUR, 180, n, 300, 20) for n in (2, 3))
    assert result.abandonment[0] == pytest.approx(0.75 * two.abandonment + 0.25 * three.abandonment)
    assert result.asa.tolist() == pytest.approx([0.75 * two.asa + 0.25 * three.asa, three.asa])
    assert result.service_level[1] == pytest.approx(three.service_level)


def test_erlang_c_has_no_figure_where_agents_do_not_suffice() -> None:
    """The day's figures are then those of the other intervals, real ones too."""
    some = replace(BUSY, known=BUSY.known._replace(all_offered=np.array([20.0, 10.0])))
    result = score.erlang([some], "", math.inf, 20)
    assert np.isnan(result.by_interval.asa).tolist() == [True, False]
    assert score.score(result, [some]).asa_by_day == pytest.approx(result.by_interval.asa[1] / 5 - 1)


def test_a_rate_without_customers_loads_the_agents_and_counts_for_nothing() -> None:
    known = Inputs(np.array([0.0, 10.0]), np.array([10.0, 20.0]), np.array([180.0, 90.0]))
    result = score.erlang([replace(BUSY, known=known)], "", 300, 20)
    assert math.isnan(result.by_interval.asa[0])
    assert result.by_day.asa[0] == pytest.approx(erlang_a(20 / HALF_HOUR, 90, 2, 300, 20).asa)


def test_calibrated_gives_the_training_days_their_asa() -> None:

    def predict(factor: float) -> score.Prediction:
        return score.erlang([BUSY], "", 300, 20, factor)

    factor = score.calibrated([BUSY], predict)
    assert predict(factor).by_day.asa[0] == pytest.approx(260 / 28, rel=1e-3)


def uniform_days(rng: np.random.Generator, spread: float, replications: int = 40) -> list[Day]:
    """Days whose real ASA has a standard deviation `spread` times that of the replications."""

    def table(waits: F64) -> F64:
        n = len(waits)
        return np.array([np.full(n, 1.0), np.full(n, 1.0), waits, np.zeros(n), np.zeros(n)])

    return [
        day(
            table(100 + 10 * spread * rng.standard_normal(48)),
            *(table(100 + 10 * rng.standard_normal(48)) for _ in range(replications)),
        )
        for _ in range(20)
    ]


def test_transform_is_uniform_if_the_model_is_right() -> None:
    """Of 960, a tenth has a standard error of a hundredth; ends fill up where reality varies twice as much."""
    rng = np.random.default_rng(5)
    edges = np.linspace(0, 1, 11)
    assert np.abs(np.diff(score.transform(uniform_days(rng, 1), "asa")(edges)) - 0.1).max() < 0.04
    ends = np.diff(score.transform(uniform_days(rng, 2), "asa")(edges))[[0, -1]]
    assert ends.min() > 0.2


def test_transform_by_hand() -> None:
    """Real 20 s below 30 and 40 is in the first of three places; 5 s is alike to one of two: in the first two."""
    below = score.transform([BUSY], "asa")
    assert below(np.array([0, 1 / 3, 2 / 3, 1])).tolist() == pytest.approx([0, (1 + 1 / 2) / 2, 1, 1])


def test_widening_learned_on_training_days_covers_others() -> None:
    """Reality varies twice as much: 90 % intervals cover 59 % of it, widened 90 % (standard error 1.4 points)."""
    rng = np.random.default_rng(6)
    result = score.covers(uniform_days(rng, 2), uniform_days(rng, 2), "asa")
    assert result.plain == pytest.approx(0.57, abs=0.06)
    assert result.widened == pytest.approx(0.9, abs=0.05)
    low, high = score.bounds([BUSY], "asa", 1.0)
    narrow_low, narrow_high = score.bounds([BUSY], "asa")
    assert (high - narrow_high).tolist() == pytest.approx((narrow_high - narrow_low + score.FLOORS["asa"]).tolist())
    assert (low >= 0).all()


def test_intervals_too_wide_are_not_narrowed() -> None:
    rng = np.random.default_rng(7)
    assert score.covers(uniform_days(rng, 0.5), uniform_days(rng, 0.5), "asa").by == 0
