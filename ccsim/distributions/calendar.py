"""From dates and wall times to microseconds since the scenario's start."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from ccsim.tables import I64, SECOND

DAY: Final = 86_400 * SECOND
"""Microseconds of an ordinary day."""

_MICRO: Final = dt.timedelta(microseconds=1)


class ClockChange(NamedTuple):
    """When clocks are changed, in microseconds since the start, and what they would have shown and show then, in
    microseconds after midnight: later times are skipped, earlier ones come twice."""

    at: int
    before: int
    after: int

    @property
    def wall(self) -> tuple[int, int]:
        """The times that are skipped or come twice, half-open."""
        return min(self.before, self.after), max(self.before, self.after)


@dataclass(frozen=True)
class Calendar:
    """Days counted from the scenario's first, 0, also before it and beyond its end.

    Without `timezone` (a tz database name) a day has 24 hours. With it, wall times follow the local clock: days across
    a change have 23 or 25 hours, a time that comes twice means the first, and a skipped one is as long after the change
    as it would have been after the last time before it.
    """

    start: dt.date
    timezone: str | None = None

    @cached_property
    def zone(self) -> dt.tzinfo:
        """Of a calendar with `timezone`."""
        assert self.timezone is not None
        return ZoneInfo(self.timezone)

    @cached_property
    def zero(self) -> dt.datetime:
        """The start as an instant, of a calendar with `timezone`."""
        return dt.datetime.combine(self.start, dt.time(), self.zone).astimezone(dt.UTC)

    def date(self, day: int) -> dt.date:
        """The date of a day."""
        return self.start + dt.timedelta(days=day)

    def day(self, date: dt.date) -> int:
        """The day of a date."""
        return (date - self.start).days

    def at(self, day: int, wall: int = 0) -> int:
        """When the clock shows `wall` (microseconds after midnight) on `day` : microseconds since the start.

        From 24 hours on it is the wall time of the next day.
        """
        if self.timezone is None:
            return day * DAY + wall
        return _by_the_clock(self, day, wall)

    def change(self, day: int) -> ClockChange | None:
        """The clock change on a day, if there is one."""
        return None if self.timezone is None else _change(self, day)

    def showing(self, day: int, start: int, end: int) -> list[tuple[int, int]]:
        """When the clock shows wall times of a day from `start` until before `end` : stretches in microseconds, sorted.

        Two of what comes twice, none of what is skipped. From 24 hours on it is the wall time of the next day.
        """
        if end > DAY:
            return [*self.showing(day, start, DAY), *self.showing(day + 1, 0, end - DAY)]
        change = self.change(day)
        if change is None:
            return [(self.at(day, start), self.at(day, end))]
        at, before, after = change
        stretches = [
            (at - before + min(start, before), at - before + min(end, before)),
            (at - after + max(start, after), at - after + max(end, after)),
        ]
        return [(one, other) for one, other in stretches if one < other]

    def local(self, micros: int) -> dt.datetime:
        """What the clock shows so many microseconds after the start; its zone is UTC where there is no `timezone`."""
        if self.timezone is None:
            return dt.datetime.combine(self.start, dt.time(), dt.UTC) + micros * _MICRO
        return (self.zero + micros * _MICRO).astimezone(self.zone)

    def midnights(self, days: int) -> I64:
        """Starts of the days 0 … days : int64[days + 1], microseconds; the last is the end."""
        return np.array([self.at(day) for day in range(days + 1)], dtype=np.int64)


def change_at(time: dt.datetime, zone: str | None) -> str:
    """Whether that time comes "twice" in the zone, as the clock is put back, or is "skipped"; else ""."""
    if zone is None:
        return ""
    first, second = (time.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return ""
    return "twice" if first.astimezone(dt.UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == time else "skipped"


@lru_cache(maxsize=16_384)  # the same hours of the same days are asked for by agent, queue and scenario
def _by_the_clock(calendar: Calendar, day: int, wall: int) -> int:
    over, wall = divmod(wall, DAY)
    local = dt.datetime.combine(calendar.date(day + over), dt.time(), calendar.zone) + dt.timedelta(microseconds=wall)
    return (local.astimezone(dt.UTC) - calendar.zero) // _MICRO


@lru_cache(maxsize=4096)
def _change(calendar: Calendar, day: int) -> ClockChange | None:
    def ahead(micros: int) -> dt.timedelta | None:
        return calendar.local(micros).utcoffset()

    start, end = calendar.at(day), calendar.at(day + 1)
    usual = ahead(start - 1)
    if ahead(end - 1) == usual:
        return None
    at = bisect_left(range(start, end), True, key=lambda micros: ahead(micros) != usual) + start
    midnight = dt.datetime.combine(calendar.date(day), dt.time())
    before, after = (calendar.local(micros).replace(tzinfo=None) - midnight for micros in (at - 1, at))
    return ClockChange(at, before // _MICRO + 1, after // _MICRO)
