"""How near predictions came: by day and half hour, beside Erlang's formulas and the error of a perfect model.

Contacts without a customer who waits occupy agents and are no part of any figure.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from ccsim.backtest.prediction import Day, Inputs, too_long
from ccsim.backtest.rhythm import INTERVAL
from ccsim.tables import F64, SECOND, Bool
from ccsim.theory import erlang_a, erlang_c

SHARE: Final = 0.90
"""Of the real figures, that prediction intervals are to cover."""

PERFECT: Final = "a perfect model"

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
    """What a method expects of each interval of all days, and of each day; `known` where it has a prediction."""

    name: str
    by_interval: Figures
    by_day: Figures
    known: Bool
    """(day, interval): others are no part of a day's figures, predicted or real"""


class Score(NamedTuple):
    """How near a prediction came. A day's figures are ratios of its sums; intervals without a prediction are left out.

    Errors are mean |predicted - real|, of the days' ASA mean |predicted / real - 1|; shares are shares, ASA seconds.
    """

    method: str
    asa_by_day: float
    asa_by_day_weighted: float
    """sum over days of |predicted - real| times contacts, by the sum of real times contacts: tiny days hardly count"""
    abandonment_by_day: float
    service_level_by_day: float
    asa: float
    """of intervals, each alike"""
    asa_weighted: float
    """of intervals, each weighing as much as the contacts offered in it"""
    asa_bias: float
    """mean predicted - real"""
    service_level: float
    service_level_weighted: float
    service_level_bias: float


def simulated(days: Sequence[Day], name: str, centre: Callable[..., F64] = np.nanmedian) -> Prediction:
    """The median over replications of each figure, which has the least absolute error; or another `centre`.

    Source: Gneiting (2011), Making and evaluating point forecasts.
    """
    drawn = np.stack([day.simulated for day in days], axis=2)  # (replication, COUNTED, day, interval)
    return Prediction(
        name,
        Figures(*(centre_of(column, centre).ravel() for column in figures(drawn.swapaxes(1, 2)))),
        Figures(*(centre_of(column, centre) for column in figures(drawn.sum(axis=3)))),
        np.ones(drawn.shape[2:], np.bool_),
    )


def centre_of(drawn: F64, centre: Callable[..., F64]) -> F64:
    """Over the first axis, NaN left out and where there is nothing else."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of intervals in which nobody came
        return np.asarray(centre(drawn, axis=0), np.float64)


def erlang(
    days: Sequence[Day], name: str, patience: float, target: float, factor: float = 1.0, true_times: bool = False
) -> Prediction:
    """Erlang A, or with patience inf Erlang C, in each interval by itself, from what the simulation knows.

    Agents are those there and free, between two whole numbers interpolated; `factor` multiplies the handle time, with
    `true_times` the interval's real one. Erlang C has no figure where the agents do not suffice.
    """
    predictions: list[F64] = []
    for day in days:
        inputs = day.known._replace(handle_time=day.true_handle_time) if true_times else day.known
        predictions.append(_erlang(inputs, day.agents, patience, target, factor))
    sums = np.stack(predictions, axis=1)
    known = np.asarray(~np.isnan(sums).any(axis=0))
    return Prediction(
        name,
        Figures(*(column.ravel() for column in figures(sums.swapaxes(0, 1)))),
        figures(np.where(known, sums, 0).sum(axis=2)),
        known,
    )


def _erlang(known: Inputs, agents: F64, patience: float, target: float, factor: float) -> F64:
    steady: list[list[float]] = []
    for offered, number, took in zip(known.all_offered, agents, known.handle_time, strict=True):
        below = math.floor(number)
        two = [_steady(offered / (INTERVAL / SECOND), took * factor, n, patience, target) for n in (below, below + 1)]
        weight = number - below
        steady.append([(1 - weight) * a + weight * b if weight else a for a, b in zip(*two, strict=True)])
    asa, abandonment, level = np.array(steady, np.float64).T
    stayed = 1 - abandonment
    shares = np.array([np.ones(len(agents)), stayed, stayed * asa, abandonment, level], np.float64)
    return np.asarray(known.offered * shares, np.float64)


def _steady(rate: float, work: float, agents: int, patience: float, target: float) -> tuple[float, float, float]:
    if rate == 0 or work == 0:  # nobody came, or nobody took any time
        return 0.0, 0.0, 1.0
    if agents == 0:
        return (math.nan, math.nan, math.nan) if math.isinf(patience) else (patience, 1.0, 0.0)
    if math.isinf(patience):
        if rate * work >= agents:
            return math.nan, math.nan, math.nan
        queue = erlang_c(rate, work, agents, target)
    else:
        queue = erlang_a(rate, work, agents, patience, target)
    return queue.asa, queue.abandonment, queue.service_level


def calibrated(days: Sequence[Day], predict: Callable[[float], Prediction]) -> float:
    """The factor on handle time at which a prediction's waits over those days are `too_long` by 0."""
    low, high = 0.5, 1.6
    for _ in range(20):
        factor = (low + high) / 2
        prediction = predict(factor)
        real = _real_days(prediction, days)
        beyond = too_long(prediction.by_day.asa, real) > 0
        low, high = (low, factor) if beyond else (factor, high)
    return (low + high) / 2


def _real_days(prediction: Prediction, days: Sequence[Day]) -> F64:
    """The days' real sums (COUNTED, day) over the intervals that were predicted."""
    return np.asarray(np.where(prediction.known, np.stack([day.real for day in days], axis=1), 0).sum(axis=2))


def score(prediction: Prediction, days: Sequence[Day]) -> Score:
    """Of a prediction, against those days' real figures."""
    predicted, real = prediction.by_day, figures(_real_days(prediction, days))
    true = np.concatenate([day.real for day in days], axis=1)
    errors = {}
    for metric in ("asa", "service_level"):
        gap = getattr(prediction.by_interval, metric) - getattr(figures(true), metric)
        there = ~np.isnan(gap)
        gap, weight = gap[there], true[0][there]
        errors[metric] = _mean(np.abs(gap))
        errors[f"{metric}_weighted"] = _mean(np.abs(gap), weight)
        errors[f"{metric}_bias"] = _mean(gap)
    waited = real.asa > 0  # an error has no share of a wait of no length
    return Score(
        method=prediction.name,
        asa_by_day=_mean(np.abs(predicted.asa[waited] / real.asa[waited] - 1)),
        asa_by_day_weighted=_weighted(predicted.asa, real.asa, np.array([day.real[0].sum() for day in days])),
        abandonment_by_day=_mean(np.abs(predicted.abandonment - real.abandonment)),
        service_level_by_day=_mean(np.abs(predicted.service_level - real.service_level)),
        **errors,
    )


def _mean(values: F64, weights: F64 | None = None) -> float:
    """NaN left out; NaN where there is nothing else."""
    weights = np.ones(len(values)) if weights is None else weights
    there = ~np.isnan(values) & (weights > 0)
    return float(np.average(values[there], weights=weights[there])) if there.any() else math.nan


def _weighted(predicted: F64, real: F64, contacts: F64) -> float:
    """Weighted absolute percentage error; NaN where nobody waited."""
    there = ~np.isnan(predicted - real)
    total = float(contacts[there] @ real[there])
    return float(contacts[there] @ np.abs(predicted - real)[there]) / total if total > 0 else math.nan


def floor(days: Sequence[Day]) -> Score:
    """The mean score of a model that is right: each replication is the truth once, the others' mean the prediction."""
    replications = len(days[0].simulated)
    scores = []
    for truth in range(replications):
        others = np.arange(replications) != truth
        played = [replace(day, real=day.simulated[truth], simulated=day.simulated[others]) for day in days]
        scores.append(score(simulated(played, ""), played)[1:])
    return Score(PERFECT, *(_mean(column) for column in np.array(scores, np.float64).T))


def joined(parts: Sequence[Prediction]) -> Prediction:
    """One method's predictions of several stretches of days, one after another."""
    by_interval, by_day = (
        Figures(*(np.concatenate(columns) for columns in zip(*(getattr(part, name) for part in parts), strict=True)))
        for name in ("by_interval", "by_day")
    )
    return Prediction(parts[0].name, by_interval, by_day, np.concatenate([part.known for part in parts]))


class Coverage(NamedTuple):
    """Prediction intervals of half-hour figures."""

    metric: str
    plain: float
    """share of the held-out intervals within the middle 90 % of the replications"""
    widened: float
    """share of them within the same, widened as the training days want it"""
    by: float
    """how many times the width is added on either side"""
    intervals: int
    """held-out intervals"""


def covers(training: Sequence[Day], days: Sequence[Day], metric: str) -> Coverage:
    """Of the held-out days, with a widening that covers SHARE of the training days' intervals.

    Source: Papadopoulos et al. (2002), Inductive confidence machines for regression (normalised conformal prediction).
    """
    wanted = _beyond(training, metric)
    by = float(np.quantile(wanted, min(SHARE * (1 + 1 / len(wanted)), 1.0), method="higher"))
    got = _beyond(days, metric)
    return Coverage(metric, float((got <= 0).mean()), float((got <= max(by, 0)).mean()), max(by, 0.0), len(got))


def together(parts: Sequence[Coverage]) -> Coverage:
    """Of several stretches of days, each widened by itself."""
    weights = np.array([part.intervals for part in parts], np.float64)
    plain, widened, by = (float(np.average(column, weights=weights)) for column in list(zip(*parts, strict=True))[1:4])
    return Coverage(parts[0].metric, plain, widened, by, int(weights.sum()))


def bounds(days: Sequence[Day], metric: str, by: float = 0.0) -> tuple[F64, F64]:
    """Of each interval the middle SHARE of the replications, so many widths wider on either side; NaN without any."""
    drawn = getattr(figures(np.concatenate([day.simulated for day in days], axis=2)), metric)
    ends = [(1 - SHARE) / 2, (1 + SHARE) / 2]
    low, high = centre_of(drawn, lambda values, axis: np.nanquantile(values, ends, axis=axis))
    more = by * (high - low + FLOORS[metric])
    return np.maximum(low - more, 0), high + more if metric == "asa" else np.minimum(high + more, 1)


def _beyond(days: Sequence[Day], metric: str) -> F64:
    """How far outside the middle SHARE of the replications each real figure is, in widths."""
    real = getattr(figures(np.concatenate([day.real for day in days], axis=1)), metric)
    low, high = bounds(days, metric)
    beyond = np.maximum(low - real, real - high) / (high - low + FLOORS[metric])
    return np.asarray(beyond[~np.isnan(beyond)], np.float64)


def transform(days: Sequence[Day], metric: str) -> Callable[[F64], F64]:
    """Probability integral transform: the share of real figures below each level of the replications' distribution.

    The identity on 0 to 1 if the model is right. Among n replications a figure takes any of n + 1 places; those
    that are alike share theirs evenly. Source: Czado, Gneiting & Held (2009), Predictive model assessment for counts.
    """
    real = getattr(figures(np.concatenate([day.real for day in days], axis=1)), metric)
    drawn = getattr(figures(np.concatenate([day.simulated for day in days], axis=2)), metric)
    there = ~np.isnan(real) & ~np.isnan(drawn).all(axis=0)
    real, drawn = real[there], drawn[:, there]
    places = (~np.isnan(drawn)).sum(axis=0) + 1
    low = (drawn < real).sum(axis=0) / places
    width = ((drawn == real).sum(axis=0) + 1) / places

    def below(level: F64) -> F64:
        return np.asarray(np.clip((np.asarray(level)[..., None] - low) / width, 0, 1).mean(axis=-1), np.float64)

    return below
