"""Local time and the scenario's clock: microseconds since local midnight of the first day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Calendar:
    """Turns local times into microseconds since `start`; without a time zone every day has 24 hours."""

    start: date
    timezone: str | None = None

    @property
    def zone(self) -> ZoneInfo | None:
        """The time zone, None without one."""
        return ZoneInfo(self.timezone) if self.timezone else None

    def at(self, moment: datetime) -> int:
        """Microseconds since the start of a moment, local (naive) or an instant (with an offset).

        A local time that an autumn change repeats is the first of the two; one that a spring change skips is as long
        after the change as the clock before it says. `check.py` refuses both in scenarios.
        """
        zone = self.zone
        midnight = datetime.combine(self.start, datetime.min.time())
        if zone is None:
            return (moment - midnight) // MICROSECOND
        origin = midnight.replace(tzinfo=zone).astimezone(UTC)
        instant = moment.replace(tzinfo=zone) if moment.tzinfo is None else moment
        return (instant.astimezone(UTC) - origin) // MICROSECOND

    def on(self, day: date, micros: int) -> int:
        """Microseconds since the start of so many microseconds after midnight on the clock of `day`."""
        return self.at(datetime.combine(day, datetime.min.time()) + micros * MICROSECOND)

    def midnights(self, days: int) -> list[int]:
        """Microseconds of the midnights that begin the first `days` days, and of the one that ends the last."""
        return [self.on(self.day(i), 0) for i in range(days + 1)]

    def day(self, index: int) -> date:
        """The date `index` days after the start."""
        return self.start + timedelta(days=index)

    def oddity(self, moment: datetime) -> str | None:
        """`"skipped"` or `"repeated"` for a local time that a clock change takes out or brings twice."""
        zone = self.zone
        if zone is None or moment.tzinfo is not None:
            return None
        first, second = moment.replace(tzinfo=zone, fold=0), moment.replace(tzinfo=zone, fold=1)
        if first.utcoffset() == second.utcoffset():
            return None
        return "skipped" if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment else "repeated"
