"""Which days are open, and what is special about them: holidays, marked events, and growth by hand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

import numpy as np

from ccsim.forecast.history import DAY, History
from ccsim.tables import F64


class Event(NamedTuple):
    """Something that changes how many come from `start` until before `end`."""

    name: str
    start: datetime
    end: datetime
    effect: float | None
    """more contacts, as a share of the usual ones: 0.4 are 40 % more; None: learned from past days of that name"""
    halving: float | None = None
    """seconds after which half of the effect is left"""

    @property
    def days(self) -> tuple[date, ...]:
        """The days that it touches."""
        last = (self.end - timedelta(microseconds=1)).date()
        return tuple(self.start.date() + timedelta(days=n) for n in range((last - self.start.date()).days + 1))


@dataclass(frozen=True)
class Calendar:
    """Of one queue: open weekdays, holidays with what is done on them, events."""

    weekdays: frozenset[int]
    """on which it is open, 0 is Monday"""
    holidays: dict[date, str]
    closed: frozenset[str]
    """names of holidays on which it is closed"""
    events: tuple[Event, ...]
    notes: tuple[str, ...] = ()

    def is_open(self, day: date) -> bool:
        """Whether contacts come on that day at all."""
        return day.weekday() in self.weekdays and self.holidays.get(day) not in self.closed

    @property
    def names(self) -> tuple[str, ...]:
        """Of all marks that days may have."""
        events = {event.name for event in self.events if event.effect is None}
        return tuple(sorted(events | set(self.holidays.values())))

    def marks(self, dates: Collection[date]) -> dict[date, set[str]]:
        """Open holidays, and events whose effect is to be learned, by date."""
        marks: dict[date, set[str]] = {}
        for day in dates:
            if day in self.holidays:
                marks.setdefault(day, set()).add(self.holidays[day])
        for event in self.events:
            if event.effect is None:
                for day in event.days:
                    marks.setdefault(day, set()).add(event.name)
        return marks

    def factors(self, dates: Sequence[date], interval: int) -> F64:
        """What the events with an effect by hand make of each interval : float64[day, interval]."""
        size = DAY // interval
        factors = np.ones((len(dates), size))
        midnights = np.array([(day - dates[0]).days * float(DAY) for day in dates])
        starts = midnights[:, None] + np.arange(size) * interval
        for event in self.events:
            if event.effect is None:
                continue
            zero = datetime.combine(dates[0], datetime.min.time())
            first, last = ((moment - zero).total_seconds() for moment in (event.start, event.end))
            inside = np.clip(np.minimum(last, starts + interval) - np.maximum(first, starts), 0, interval) / interval
            left = 1.0
            if event.halving is not None:
                left = 0.5 ** (np.maximum(starts + interval / 2 - first, 0) / event.halving)
            factors *= 1 + event.effect * left * inside
        return factors


def learn(history: History, holidays: dict[date, str], events: Sequence[Event]) -> Calendar:
    """What the history says of weekdays and holidays.

    A holiday that the history does not have is as most of those that it has; if it has none, it is closed.
    """
    totals = np.nansum(history.counts, axis=1)
    weekdays = frozenset(np.unique(history.weekday[totals > 0]).tolist())
    usual = {day: np.median(totals[(history.weekday == day) & (totals > 0)]) for day in weekdays}
    seen: dict[str, bool] = {}
    for day, total in zip(history.dates, totals.tolist(), strict=True):
        if day in holidays and day.weekday() in weekdays:
            seen[holidays[day]] = total < 0.02 * usual[day.weekday()]
    mostly = not seen or 2 * sum(seen.values()) >= len(seen)
    names = set(holidays.values())
    closed = frozenset(name for name in names if seen.get(name, mostly))
    calendar = Calendar(weekdays, holidays, closed, tuple(events))
    unknown = sorted({n for d, n in holidays.items() if d > history.dates[-1] and d.weekday() in weekdays} - set(seen))
    if not unknown:
        return calendar
    how = "closed" if mostly else "open"
    why = "as most holidays of the history" if seen else "as the history has no holiday"
    return replace(calendar, notes=(f"{', '.join(unknown)}: taken as {how}, {why}",))
