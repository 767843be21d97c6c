"""How good a forecast would have been: each of the last weeks' days forecast from what was known before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from ccsim.forecast import calendar as calendars
from ccsim.forecast import model as models
from ccsim.forecast.calendar import Event
from ccsim.forecast.history import History
from ccsim.forecast.within import STEP
from ccsim.stats.intervals import Z
from ccsim.tables import F64

FORECAST: Final = "forecast"
NAIVE: Final = "seasonal_naive"
SIX: Final = "mean_of_six"
METHODS: Final[dict[str, str]] = {
    NAIVE: "the same weekday's last day",
    SIX: "mean of the weekday's last six days",
    FORECAST: "the model of ccsim forecast",
}
"""By name, the simplest first."""
HORIZONS: Final = {"one_day": 1, "one_week": 7}
"""Days ahead: what was known is all until so many days before."""
SEARCH: Final = 7
"""Days after which sizes of terms are learned anew."""
LEAST: Final = 14
"""Days of history before the first day that is forecast."""


@dataclass(frozen=True)
class Accuracy:
    """Errors over the days tried, by method; shares of all contacts (WAPE)."""

    days: tuple[date, ...]
    interval: int
    """seconds of the intervals compared: half hours, or longer ones of the history"""
    wape_interval: dict[str, float]
    wape_day: dict[str, float]
    bias: dict[str, float]
    """forecast less real contacts, as a share of these"""
    coverage: dict[str, float]
    """share of intervals within the forecast's bands, by their per cent"""
    coverage_day: dict[str, float]
    floor_interval: float
    floor_day: float
    """WAPE of one who knew every rate, were contacts Poisson"""
    recommended: str
    """the simplest method whose intervals' errors are not worse than the best one's beyond chance"""


def trial(
    history: History,
    holidays: dict[date, str],
    events: Sequence[Event],
    weeks: int,
    progress: Callable[[], object] = lambda: None,
) -> dict[str, Accuracy | None]:
    """By horizon; None where the history has no day to try on. Intervals shorter than half hours are taken together."""
    history = history.coarser(STEP)
    last = range(max(0, len(history.counts) - 7 * weeks), len(history.counts))
    tried = [day for day in last if np.isfinite(history.counts[day]).any()]
    return {name: _accuracy(history, holidays, events, tried, ahead, progress) for name, ahead in HORIZONS.items()}


def _accuracy(
    history: History,
    holidays: dict[date, str],
    events: Sequence[Event],
    tried: Sequence[int],
    ahead: int,
    progress: Callable[[], object],
) -> Accuracy | None:
    before: models.Model | None = None
    searched = -SEARCH
    real: list[F64] = []
    by_method: dict[str, list[F64]] = {name: [] for name in METHODS}
    inside: dict[str, list[F64]] = {"80": [], "95": []}
    inside_day: dict[str, list[bool]] = {"80": [], "95": []}
    days: list[int] = []
    for day in tried:
        known = history.until(day - ahead + 1)
        if len(known.counts) < LEAST:
            continue
        like = _like_days(known, day)
        if not len(like):
            continue
        calendar = calendars.learn(known, holidays, events)
        search = day - searched >= SEARCH
        before = models.learn(known, calendar, before, search)
        searched = day if search else searched
        if not calendar.is_open(history.dates[day]):
            continue
        forecast = before.forecast([history.dates[day]])
        here = np.isfinite(history.counts[day])
        real.append(np.where(here, history.counts[day], 0.0))
        by_method[FORECAST].append(np.where(here, forecast.expected[0], 0.0))
        by_method[NAIVE].append(np.where(here, like[-1], 0.0))
        by_method[SIX].append(np.where(here, like[-6:].mean(axis=0), 0.0))
        expected = here & (forecast.expected[0] > 0)
        for share, rows in inside.items():
            low, high = (end[0] for end in forecast.bands(int(share) / 100))
            rows.append(((real[-1] >= low) & (real[-1] <= high))[expected].astype(np.float64))
            of_day = [float(end[0]) for end in forecast.day_bands(int(share) / 100)]
            inside_day[share].append(of_day[0] <= float(real[-1].sum()) <= of_day[1])
        days.append(day)
        progress()
    if not days:
        return None
    came = np.array(real)
    methods = {name: np.array(rows) for name, rows in by_method.items()}
    apart = {name: np.abs(rows - came).sum(axis=1) for name, rows in methods.items()}
    everyone = max(came.sum(), 1.0)
    return Accuracy(
        days=tuple(history.dates[day] for day in days),
        interval=history.interval,
        wape_interval={name: float(errors.sum() / everyone) for name, errors in apart.items()},
        wape_day={
            name: float(np.abs(rows.sum(axis=1) - came.sum(axis=1)).sum() / everyone) for name, rows in methods.items()
        },
        bias={name: float(rows.sum() / everyone - 1) for name, rows in methods.items()},
        coverage={share: float(np.concatenate(rows).mean()) for share, rows in inside.items()},
        coverage_day={share: float(np.mean(rows)) for share, rows in inside_day.items()},
        floor_interval=_floor(methods[FORECAST]),
        floor_day=_floor(methods[FORECAST].sum(axis=1)),
        recommended=_recommended(apart),
    )


def _like_days(known: History, day: int) -> F64:
    """Counts of the earlier days of its weekday that have data, 0 where single intervals have none."""
    like = known.counts[(day % 7) :: 7]
    return np.asarray(np.nan_to_num(like[np.isfinite(like).any(axis=1)]))


def _floor(expected: F64) -> float:
    """Mean absolute deviation of Poisson counts about these means, as a share of all (Crow 1958)."""
    from scipy.special import gammaln

    means = expected[expected > 0]
    whole = np.floor(means)
    deviation = 2 * np.exp((whole + 1) * np.log(means) - means - gammaln(whole + 1))
    return float(deviation.sum() / means.sum())


def _recommended(apart: dict[str, F64]) -> str:
    best = min(apart, key=lambda name: float(apart[name].sum()))
    for name, errors in apart.items():
        more = errors - apart[best]
        if more.mean() <= Z * more.std(ddof=1) / np.sqrt(len(more)) if len(more) > 1 else name == best:
            return name
    return best
