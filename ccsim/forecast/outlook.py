"""All queues together: histories, models, forecasts, and what was tried."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from typing import Final

import numpy as np

from ccsim.errors import Problem, ScenarioError
from ccsim.forecast import calendar as calendars
from ccsim.forecast import model as models
from ccsim.forecast.calendar import Event
from ccsim.forecast.history import History
from ccsim.forecast.level import TWO_YEARS
from ccsim.forecast.model import Forecast, Model
from ccsim.forecast.trial import Accuracy, trial
from ccsim.results import format
from ccsim.scenario.holidays import Holidays
from ccsim.scenario.volumes import NO_HOURS
from ccsim.tables import SECOND

SHARE: Final = 0.95
"""Of the bands that are printed, and in the JSON."""
LEAST: Final = 7
"""Days of a queue's history with contacts from which on there is a forecast."""
SHORT: Final = 56
"""Days of history below which each weekday rests on few days: eight of each."""
LONG: Final = 60
"""Days ahead from which on a yearly season matters."""
MOST: Final = 1100
"""Days of history that are used, the last ones: three years."""


@dataclass(frozen=True)
class Outlook:
    """What is expected of all queues on the same days."""

    models: dict[str, Model]
    forecasts: dict[str, Forecast]
    trials: dict[str, dict[str, Accuracy | None]]
    correlation: float
    """how much the queues' days go together, beyond what is expected of them"""
    notes: tuple[str, ...]
    """what to know beside the figures"""


def outlook(
    histories: Sequence[History],
    start: date | None,
    days: int,
    holidays: Holidays | None,
    events: Sequence[Event],
    scale: float,
    weeks: int,
    progress: Callable[[], object] = lambda: None,
) -> Outlook:
    """Forecasts of so many days from `start`, or from the day after the history, of what was known before them.

    Queues with too short a history are left out, with a note. Raises ScenarioError where none is left.
    """
    notes: list[str] = []
    last = max(history.last for history in histories)
    first = start or last + timedelta(days=1)
    if first <= (known_to := max(history.dates[-1] for history in histories)):
        notes.append(f"The history goes on to {known_to}; only what was known before {first} is used.")
    elif first > last + timedelta(days=1):
        gap = format.several((first - last).days - 1, "day")
        notes.append(f"The history ends on {last}, {gap} before the first day.")
    dates = [first + timedelta(days=n) for n in range(days)]
    named = {} if holidays is None else holidays.between(min(h.first for h in histories), dates[-1])
    learned: dict[str, Model] = {}
    forecasts: dict[str, Forecast] = {}
    trials: dict[str, dict[str, Accuracy | None]] = {}
    problems: list[Problem] = []
    for history in histories:
        known = _last(history.until(max(0, (first - history.first).days)))
        came = int((np.nansum(known.counts, axis=1) > 0).sum())
        if came < LEAST:
            value = f"{came} days with contacts before {first}"
            problems.append(Problem(history.queue, value, f"at least {LEAST}"))
            notes.append(f"{history.queue}: {value}, too few: left out")
            continue
        calendar = calendars.learn(known, named, events)
        notes += [f"{history.queue}: {note}" for note in (*calendar.notes, *_notes(known, calendar, dates))]
        model = models.learn(known, calendar)
        learned[history.queue] = model
        ahead = [known.dates[-1] + timedelta(days=n + 1) for n in range((dates[-1] - known.dates[-1]).days)]
        forecasts[history.queue] = model.forecast(ahead, scale).some(dates)
        if weeks:
            trials[history.queue] = trial(known, named, events, weeks, progress)
    if not learned:
        raise ScenarioError(problems)
    return Outlook(learned, forecasts, trials, _correlation(list(learned.values())), tuple(notes))


def _last(history: History) -> History:
    """The last MOST days, without days lacking at the end."""
    known = np.flatnonzero(np.isfinite(history.counts).any(axis=1))
    history = history.until(int(known[-1]) + 1 if len(known) else 0)
    return history.since(max(0, len(history.counts) - MOST))


def _notes(history: History, calendar: calendars.Calendar, dates: Sequence[date]) -> list[str]:
    notes = []
    span = (history.last - history.first).days + 1
    if (dates[-1] - history.dates[-1]).days > LONG and span < TWO_YEARS:
        notes.append(
            f"the history has {span} days, less than two years: days more than two months ahead are forecast without a "
            "yearly season"
        )
    known = {name for day, names in calendar.marks(history.dates).items() if calendar.is_open(day) for name in names}
    fresh = {name for day, names in calendar.marks(dates).items() if calendar.is_open(day) for name in names} - known
    if fresh:
        notes.append(f"{', '.join(sorted(fresh))}: not in the history, so forecast as usual days, with wider bands")
    if history.interval * SECOND >= NO_HOURS:
        notes.append("hours of the day are not known: intervals are too long, and a scenario spreads each evenly")
    if span < SHORT:
        notes.append(
            f"the history has {span} days, less than eight weeks: each weekday rests on few of them, and the mean of "
            "the last like days may do as well (--test 2 shows both)"
        )
    return notes


def _correlation(learned: Sequence[Model]) -> float:
    """Mean over pairs of queues of the correlation of their days' surprises."""
    by_pair = []
    for one, other in combinations(learned, 2):
        of_day = dict(zip(one.level.days.dates, one.level.surprises().tolist(), strict=True))
        also = dict(zip(other.level.days.dates, other.level.surprises().tolist(), strict=True))
        both = np.array([(of_day[day], also[day]) for day in of_day if day in also])
        if len(both) >= 10:
            both = np.clip(both, -4, 4)
            by_pair.append(float(np.corrcoef(both.T)[0, 1]))
    return float(np.clip(np.mean(by_pair), 0.0, 1.0)) if by_pair else 0.0
