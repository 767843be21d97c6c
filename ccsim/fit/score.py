"""How near predictions came: by day and half hour, beside Erlang's formulas and the error of a perfect model.

Figures are means over intervals with answered contacts, each interval alike; a day's are over its contacts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from ccsim.fit.backtest import COUNTED, INTERVAL, Day
from ccsim.tables import F64, SECOND
from ccsim.theory import erlang_a, erlang_c

SHARE: Final = 0.90
"""Of the intervals that a prediction interval is to cover."""

FLOORS: Final = {"asa": 5.0, "service_level": 0.05}
"""Seconds, share: what is added to a prediction interval's width before it is widened, for those of no width."""


class Figures(NamedTuple):
    """By interval or day: NaN without answered (asa) or offered contacts."""

    asa: F64
    abandonment: F64
    service_level: F64


def figures(sums: F64) -> Figures:
    """Of sums (…, COUNTED, interval)."""
    offered, answered, waited, abandoned, in_time = np.moveaxis(sums, -2, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return Figures(
            np.where(answered > 0, waited / answered, np.nan),
            np.where(offered > 0, abandoned / offered, np.nan),
            np.where(offered > 0, in_time / offered, np.nan),
        )


def daily(sums: F64) -> Figures:
    """Of sums (…, COUNTED, interval), over the intervals."""
    return figures(sums.sum(axis=-1, keepdims=True))


@dataclass(frozen=True)
class Prediction:
    """What a method predicts by interval : float64[interval of all days]; NaN where it cannot say."""

    name: str
    asa: F64
    abandonment: F64
    service_level: F64


class Score(NamedTuple):
    """How near a prediction came."""

    method: str
    asa_by_day: float
    """mean of |predicted / real - 1| of the days' ASA"""
    abandonment_by_day: float
    """mean |predicted - real|, share"""
    service_level_by_day: float
    asa: float
    """mean |predicted - real| of the intervals' ASA, seconds"""
    asa_bias: float
    service_level: float
    service_level_bias: float


def simulated(days: Sequence[Day], name: str = "simulation") -> Prediction:
    """Means over replications, ratios of sums."""
    found = [figures(day.simulated.sum(axis=0)) for day in days]
    return Prediction(name, *(np.concatenate(column) for column in zip(*found, strict=True)))


def erlang(days: Sequence[Day], name: str, patience: float, target: float, factor: float = 1.0) -> Prediction:
    """Erlang A, or with patience inf Erlang C, in each interval by itself.

    Agents are those there and free, between two whole numbers interpolated; `factor` multiplies the handle time.
    Erlang C has no figure where the agents do not suffice.
    """
    found: list[list[float]] = []
    for day in days:
        for offered, agents, took in zip(day.all_offered, day.agents, day.handle_time, strict=True):
            below = math.floor(agents)
            two = [
                _steady(offered / (INTERVAL / SECOND), took * factor, n, patience, target) for n in (below, below + 1)
            ]
            weight = agents - below
            found.append([(1 - weight) * a + weight * b for a, b in zip(*two, strict=True)])
    return Prediction(name, *np.array(found, np.float64).T)


def _steady(rate: float, work: float, agents: int, patience: float, target: float) -> tuple[float, float, float]:
    if rate == 0:
        return 0.0, 0.0, 1.0
    if agents == 0:
        return (math.nan, math.nan, math.nan) if math.isinf(patience) else (patience, 1.0, 0.0)
    if math.isinf(patience):
        if rate * work >= agents:
            return math.nan, math.nan, math.nan
        found = erlang_c(rate, work, agents, target)
    else:
        found = erlang_a(rate, work, agents, patience, target)
    return found.asa, found.abandonment, found.service_level


def calibrated(days: Sequence[Day], predict: Callable[[float], Prediction]) -> float:
    """The factor on handle time at which a prediction's ASA over those days is the real one."""
    low, high = 0.5, 1.6
    for _ in range(20):
        factor = (low + high) / 2
        predicted, real = _asa_of_days(predict(factor), days)
        low, high = (low, factor) if predicted.mean() > real.mean() else (factor, high)
    return (low + high) / 2


def _asa_of_days(prediction: Prediction, days: Sequence[Day]) -> tuple[F64, F64]:
    """Predicted and real, each interval weighted by the contacts that were answered in it."""
    weights = np.array([day.real[COUNTED.index("answered")] for day in days])
    predicted = prediction.asa.reshape(weights.shape)
    known = ~np.isnan(predicted)
    weights = np.where(known, weights, 0)
    real = np.array([day.real[COUNTED.index("asa")] for day in days])
    real = np.where(known, real, 0).sum(axis=1) / weights.sum(axis=1)
    return (np.where(known, predicted, 0) * weights).sum(axis=1) / weights.sum(axis=1), real


def score(prediction: Prediction, days: Sequence[Day]) -> Score:
    """Of a prediction, against those days' real figures; intervals in which it has none are left out."""
    real = figures(np.concatenate([day.real for day in days], axis=1))
    offered = np.concatenate([day.real[0] for day in days])
    there = ~np.isnan(real.asa) & ~np.isnan(prediction.asa)

    def by_day(predicted: F64, true: F64) -> F64:
        weights = np.where(np.isnan(predicted) | np.isnan(true), 0, offered).reshape(len(days), -1)
        gap = np.nan_to_num(predicted - true).reshape(len(days), -1)
        return np.asarray((gap * weights).sum(axis=1) / weights.sum(axis=1))

    predicted_asa, real_asa = _asa_of_days(prediction, days)
    asa = (prediction.asa - real.asa)[there]
    level = (prediction.service_level - real.service_level)[there]
    return Score(
        prediction.name,
        float(np.abs(predicted_asa / real_asa - 1).mean()),
        float(np.abs(by_day(prediction.abandonment, real.abandonment)).mean()),
        float(np.abs(by_day(prediction.service_level, real.service_level)).mean()),
        float(np.abs(asa).mean()),
        float(asa.mean()),
        float(np.abs(level).mean()),
        float(level.mean()),
    )


def floor(days: Sequence[Day]) -> Score:
    """The mean score of a model that is right: each replication is the truth once, the others' mean the prediction."""
    replications = len(days[0].simulated)
    found = []
    for truth in range(replications):
        others = np.arange(replications) != truth
        played = [replace(day, real=day.simulated[truth], simulated=day.simulated[others]) for day in days]
        found.append(score(simulated(played), played)[1:])
    return Score("a perfect model", *np.nanmean(found, axis=0).tolist())


class Cover(NamedTuple):
    """Prediction intervals of half-hour figures."""

    metric: str
    plain: float
    """share of the held-out intervals within the middle 90 % of the replications"""
    widened: float
    """share of them within the same, widened as the training days want it"""
    by: float
    """how many times the width is added on either side"""


def covers(training: Sequence[Day], days: Sequence[Day], metric: str) -> Cover:
    """Of the held-out days, with a widening that covers SHARE of the training days' intervals.

    Source: Papadopoulos et al. (2002), Inductive confidence machines for regression (normalised conformal prediction).
    """
    wanted, _ = _beyond(training, metric)
    by = float(np.quantile(wanted, min(SHARE * (1 + 1 / len(wanted)), 1.0), method="higher"))
    got, _ = _beyond(days, metric)
    return Cover(metric, float((got <= 0).mean()), float((got <= max(by, 0)).mean()), max(by, 0.0))


def _beyond(days: Sequence[Day], metric: str) -> tuple[F64, F64]:
    """How far outside the middle 90 % of the replications each real figure is, in widths; and its place among them."""
    real = getattr(figures(np.concatenate([day.real for day in days], axis=1)), metric)
    drawn = getattr(figures(np.concatenate([day.simulated for day in days], axis=2)), metric)
    there = ~np.isnan(real) & ~np.isnan(drawn).all(axis=0)
    real, drawn = real[there], drawn[:, there]
    low, high = np.nanquantile(drawn, [(1 - SHARE) / 2, (1 + SHARE) / 2], axis=0)
    width = high - low + FLOORS[metric]
    below, above = (low - real) / width, (real - high) / width
    rank = (np.sum(drawn < real, axis=0) + 0.5 * np.sum(drawn == real, axis=0)) / (~np.isnan(drawn)).sum(axis=0)
    return np.maximum(below, above), rank


def transform(days: Sequence[Day], metric: str) -> F64:
    """Probability integral transform: each real figure's place among the replications, 0 to 1; uniform if all is right."""
    return _beyond(days, metric)[1]
