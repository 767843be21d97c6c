"""One queue's model, learned from its history, and what it makes expect: a distribution, not a point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

import numpy as np

from ccsim.forecast import level as levels
from ccsim.forecast import shape as shapes
from ccsim.forecast.calendar import Calendar
from ccsim.forecast.days import Days, features
from ccsim.forecast.drift import Drift, fit_drift
from ccsim.forecast.history import History
from ccsim.forecast.within import Busyness
from ccsim.stats.estimate import Estimate
from ccsim.tables import F64, I64, Bool

HANDLED: Final = 400.0
"""Contacts as heavy as the day's mean in an interval's handle time: as if single contacts differed by their mean, and
intervals by 5 % of it (credibility)."""
RECENT: Final = 20.0
"""Open days after which a handle time counts half."""


@dataclass(frozen=True)
class Forecast:
    """What is expected of one queue on consecutive days, closed ones too."""

    queue: str
    interval: int
    dates: tuple[date, ...]
    expected: F64
    """contacts : float64[day, interval]"""
    spread: F64
    """variance of the factor on them beyond chance : float64[day, interval]"""
    covariance: F64
    """of the factors on the days' totals : float64[day, day]"""
    handle: F64
    """mean handle time in seconds : float64[day, interval], NaN where it is not known"""
    busyness: Busyness
    """what a scenario needs beside the expected contacts to be as uncertain"""
    components: dict[str, F64]
    """factor by term and day : float64[day], 1 on closed days"""

    def some(self, dates: Sequence[date]) -> Forecast:
        """Consecutive days of it alone."""
        first = self.dates.index(dates[0])
        part = slice(first, first + len(dates))
        return replace(
            self, dates=tuple(dates), expected=self.expected[part], spread=self.spread[part],
            covariance=self.covariance[part, part], handle=self.handle[part],
            components={name: factors[part] for name, factors in self.components.items()},
        )  # fmt: skip

    @property
    def days(self) -> F64:
        """Contacts expected of each day."""
        return np.asarray(self.expected.sum(axis=1))

    def day_bands(self, share: float) -> tuple[F64, F64]:
        """Between which counts of whole days lie with that probability : float64[day] each."""
        return band(self.days, np.diag(self.covariance), share)

    def bands(self, share: float) -> tuple[F64, F64]:
        """The same of intervals : float64[day, interval] each."""
        return band(self.expected, self.spread, share)

    def total(self, share: float) -> Estimate:
        """All days together, with such a band."""
        days = self.days
        mean = float(days.sum())
        variance = float(days @ self.covariance @ days) / max(mean, 1e-12) ** 2
        low, high = band(np.array([mean]), np.array([variance]), share)
        return Estimate(mean, float(low[0]), float(high[0]))


def band(expected: F64, spread: F64, share: float) -> tuple[F64, F64]:
    """Quantiles of counts that are Poisson about a gamma factor of mean 1 and that variance: negative binomial."""
    from scipy.stats import nbinom

    spread = np.maximum(spread, 1e-9)
    ends = [nbinom.ppf(q, 1 / spread, 1 / (1 + spread * expected)) for q in ((1 - share) / 2, (1 + share) / 2)]
    return np.asarray(ends[0]), np.asarray(ends[1])


@dataclass(frozen=True)
class Model:
    """What was learned of a queue."""

    history: History
    calendar: Calendar
    level: levels.Level
    shapes: shapes.Shapes
    drift: Drift
    departure: F64
    """by interval, how the last day was apart from its shares, relative to them"""
    handle: F64
    """by interval, seconds, NaN where it is not known"""
    outliers: tuple[tuple[date, float], ...]
    """days unlike what all others make expect of them: contacts as a multiple of it"""

    @property
    def left_out(self) -> tuple[str, ...]:
        """Days and stretches of the history that were left out, but for closed days."""
        return tuple(text for day, text in self.history.notes if self.calendar.is_open(day))

    def forecast(self, dates: Sequence[date], scale: float = 1.0) -> Forecast:
        """What to expect of consecutive days."""
        calendar, history = self.calendar, self.history
        opened = np.array([calendar.is_open(day) for day in dates], np.bool_)
        ahead = _days(history, calendar, dates[-1])
        place = {day: number for number, day in enumerate(ahead.dates)}
        here = ahead.some(
            np.array([place[day] for day, is_open in zip(dates, opened, strict=True) if is_open], np.int64)
        )
        mean, covariance = self.level.predict(here)
        relative = np.zeros((len(dates), len(dates)))
        relative[np.ix_(opened, opened)] = np.expm1(covariance)
        expected = np.zeros((len(dates), history.counts.shape[1]))
        shares = self.shapes.shares[here.weekday]
        lasting = self.drift.next_day ** (here.step - self.level.days.step[-1])
        shares = shares * np.maximum(1 + np.outer(lasting, self.departure), 0.1)
        shares /= shares.sum(axis=1, keepdims=True)
        expected[opened] = np.exp(mean + np.diag(covariance) / 2)[:, None] * shares
        usual = expected.sum(axis=1)
        expected *= calendar.factors(dates, history.interval) * scale
        spread, day_own = self._spread(expected, np.diag(relative), np.array([day.weekday() for day in dates]))
        components = {name: np.ones(len(dates)) for name in self.level.sizes if name != "mean"} | {
            "memory": np.ones(len(dates))
        }
        for name, part in self.level.components(here).items():
            if name != "mean":
                components[name][opened] = np.exp(part)
        components["by hand"] = np.divide(expected.sum(axis=1), usual, out=np.ones(len(dates)), where=usual > 0)
        return Forecast(
            history.queue, history.interval, tuple(dates), expected, spread, relative,
            np.where(expected > 0, self.handle, np.nan),
            self._busyness(relative, day_own, opened), components,
        )  # fmt: skip

    def _spread(self, expected: F64, of_day: F64, weekday: I64) -> tuple[F64, F64]:
        """Variance of the factor by interval, and the part of each day's that is not the mean of the factor within."""
        size = expected.shape[1]
        within = self.drift.covariance(size, self.history.interval)
        totals = np.maximum(expected.sum(axis=1, keepdims=True), 1e-12)
        shares = expected / totals
        together = shares @ within
        averaged = (together * shares).sum(axis=1)
        about = np.diag(within) - 2 * together + averaged[:, None]  # what differs from the day's own mean
        rests_on = np.maximum(self.shapes.days[weekday], 1.0)[:, None]
        shape_error = np.maximum(about + 1 / np.maximum(expected, 1e-9) - 1 / totals, 0.0) / rests_on
        spread = of_day[:, None] + about + shape_error
        return np.where(expected > 0, spread, 0.0), np.maximum(of_day - averaged, 0.0)

    def _busyness(self, relative: F64, own: F64, opened: Bool) -> Busyness:
        """Without a drift that is no clearer than chance: then half hours differ with their day alone."""
        if not opened.any():
            return Busyness()
        within = self.drift.cv.mean, self.drift.memory.mean
        if not self.drift.significant:
            own, within = np.diag(relative), (0.0, 0.0)
        known = relative[np.ix_(opened, opened)]
        lagged = np.diag(known, 1) / np.sqrt(np.diag(known)[1:] * np.diag(known)[:-1])
        return Busyness(
            float(np.sqrt(own[opened].mean())),
            float(np.clip(lagged.mean(), 0.0, 0.99)) if len(lagged) else 0.0,
            *within,
        )


def _days(history: History, calendar: Calendar, last: date) -> Days:
    """Features of all open days from the history's first on."""
    dates = [history.first + timedelta(days=n) for n in range((last - history.first).days + 1)]
    return features(dates, calendar.is_open, calendar.marks(dates), calendar.names)


def learn(history: History, calendar: Calendar, before: Model | None = None, search: bool = True) -> Model:
    """The model of a history with contacts on some day.

    `before` is a model of fewer of its days; without `search` its sizes of terms, its drift and chosen widths stay.
    """
    counts = history.counts / calendar.factors(history.dates, history.interval)
    total = np.nansum(counts, axis=1)
    usable = np.array([calendar.is_open(day) for day in history.dates]) & np.isfinite(counts).any(axis=1)
    first = shapes.learn(counts[usable], history.weekday[usable], np.ones(int(usable.sum())))
    exposure = (np.isfinite(counts) * first.shares[history.weekday]).sum(axis=1)
    usable &= exposure > 0.2  # of less of a day its rest says little
    days = _days(history, calendar, history.dates[-1])
    place = {day: number for number, day in enumerate(days.dates)}
    here = days.some(np.array([place[day] for day, use in zip(history.dates, usable, strict=True) if use], np.int64))
    start = None if before is None else before.level
    level = levels.learn(here, total[usable], exposure[usable], start, search)
    shape = shapes.learn(counts[usable], history.weekday[usable], level.weights)
    if before is None or search:
        drift = fit_drift(
            counts[usable],
            shape.shares[history.weekday[usable]],
            shape.days[history.weekday[usable]],
            history.interval,
            level.ahead(),
        )
    else:
        drift = before.drift
    outliers = tuple(
        (day, float(np.exp(apart)))
        for day, apart, weight in zip(here.dates, level.apart(), level.weights, strict=True)
        if weight < 0.999
    )
    last = int(np.flatnonzero(usable)[-1])
    departure = drift.departure(counts[last], shape.shares[history.weekday[last]], history.interval)
    return Model(history, calendar, level, shape, drift, departure, _handle_times(history, usable), outliers)


def _handle_times(history: History, usable: Bool) -> F64:
    """Mean handle time by interval, recent days first, thin intervals drawn towards the mean of all."""
    handle, counts = history.handle[usable], history.counts[usable]
    recent = 0.5 ** (np.arange(len(handle))[::-1] / RECENT)
    weights = np.where(np.isfinite(handle) & np.isfinite(counts), counts, 0.0)
    if not weights.any():
        return np.full(handle.shape[1], np.nan)
    times = np.nan_to_num(handle)
    all_of_it = float((recent @ (weights * times)).sum() / (recent @ weights).sum())
    return np.asarray((recent @ (weights * times) + HANDLED * all_of_it) / (recent @ weights + HANDLED))
