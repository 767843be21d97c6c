"""The single values of a scenario file: durations, times of day, days, targets. Each parser raises `FaultError`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final, Generic, Literal, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import numpy as np

from ccsim.scenario.faults import Fault, FaultError, did_you_mean, shown
from ccsim.tables import NEVER, SECOND

MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
WEEK: Final = 7
"""In days."""
LONGEST: Final = 36_500 * DAY
"""The longest duration accepted: a hundred years. Sums of a few of them stay far from `NEVER`."""

YEARS: Final = range(1900, 2200)
"""The years of a scenario's dates."""

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_UNITS: Final = {"ms": 1000, "s": SECOND, "sec": SECOND, "m": MINUTE, "min": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|sec|s|min|m|h|d|w)\s*")
_ISO: Final = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")

A_DURATION: Final = 'a duration of 0 or more, such as "45s", "4m30s", "2h", "3d", "PT4M30S" or a number of seconds'
A_SPAN: Final = 'hours such as "08:00-16:30" ("22:00-06:00" ends on the next day) or "always"'
SOME_DAYS: Final = 'days such as "mon", "mon-fri", "2026-12-25", "2026-12-24:2026-12-31" or a list of them'


def whole(value: Any) -> Any:
    """The int that numpy's integer or a float without a fraction means; anything else as it is."""
    plain = value.item() if isinstance(value, np.generic) else value
    return int(plain) if isinstance(plain, float) and plain.is_integer() else plain


def duration(value: object) -> int:
    """Microseconds of `"4m30s"`, ISO 8601 or a number of seconds."""
    micros = _duration(value)
    if micros is None:
        raise FaultError(Fault(shown(value), A_DURATION))
    if micros > LONGEST:
        raise FaultError(Fault(shown(value), "at most a hundred years (36500d)"))
    return micros


def duration_or_never(value: object) -> int:
    """As `duration`, and `NEVER` for `"never"`."""
    return NEVER if value == "never" else _duration_or("never", value)


def duration_or_auto(value: object) -> int | Literal["auto"]:
    """As `duration`, and `"auto"` as it is."""
    return "auto" if value == "auto" else _duration_or("auto", value)


LAST_MINUTES: Final = 10 * MINUTE
"""How long before a break `"finish"` takes no new sessions."""


def before_break(value: object) -> int:
    """As `duration`, and `LAST_MINUTES` for `"finish"`."""
    return LAST_MINUTES if value == "finish" else _duration_or("finish", value)


def _duration_or(word: str, value: object) -> int:
    """As `duration`, where the word would be right, too."""
    try:
        return duration(value)
    except FaultError as bad:
        raise FaultError(*(Fault(f.value, f'{f.allowed}, or "{word}"') for f in bad.faults)) from None


def _duration(value: object) -> int | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return round(value * SECOND) if 0 <= value < LONGEST else (None if not value > 0 else LONGEST + 1)
    if not isinstance(value, str):
        return None
    text = value.strip()
    iso = _ISO.fullmatch(text)
    if iso and any(iso.groups()):
        parts = zip(iso.groups(), (7 * DAY, DAY, HOUR, MINUTE, SECOND), strict=True)
        return _total([(float(number), unit) for number, unit in parts if number])
    pieces = _PART.findall(text)
    if not pieces or "".join(_PART.split(text)[::3]).strip():
        return None
    return _total([(float(number), _UNITS[unit]) for number, unit in pieces])


def _total(parts: list[tuple[float, int]]) -> int:
    total = sum(number * unit for number, unit in parts)
    return round(total) if total <= LONGEST else LONGEST + 1


class Span(NamedTuple):
    """A stretch of local time, half-open: microseconds after midnight; an end beyond `DAY` lies on the next day."""

    start: int
    end: int

    def __str__(self) -> str:
        """As a file writes it: 22:00-06:00."""
        return f"{clock(self.start)}-{'24:00' if self.end % DAY == 0 else clock(self.end)}"


def clock(micros: int) -> str:
    """A time of day as a file writes it: 08:30, or 08:30:15; of the next day, too."""
    seconds = micros // SECOND % 86_400
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"
    return text + (f":{seconds % 60:02d}" if seconds % 60 else "")


def written_duration(micros: int) -> str:
    """A duration as a file writes it: 30m, 9h1m, 45s."""
    days, rest = divmod(micros, DAY)
    hours, rest = divmod(rest, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    parts = ((days, "d"), (hours, "h"), (minutes, "m"), (rest / SECOND, "s"))
    return "".join(f"{number:g}{unit}" for number, unit in parts if number) or "0s"


WHOLE_DAY: Final = Span(0, DAY)


def time_of_day(value: object) -> int:
    """Microseconds after midnight of `"08:30"`, `"08:30:15"` or a TOML time; `"24:00"` is the end of the day."""
    if isinstance(value, time) and value.tzinfo is None:
        return (value.hour * 60 + value.minute) * MINUTE + value.second * SECOND + value.microsecond
    micros = _clock(value) if isinstance(value, str) else None
    if micros is None:
        raise FaultError(Fault(shown(value), 'a time of day from "00:00" to "24:00"'))
    return micros


@lru_cache(1 << 17)  # a day's seconds: long rosters have the same ones again and again
def _clock(text: str) -> int | None:
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    micros = hours * HOUR + minutes * MINUTE + seconds * SECOND
    return micros if minutes < 60 and seconds < 60 and micros <= DAY else None


def span(value: object) -> Span:
    """`"08:00-16:30"` or `"always"`, a whole day."""
    if value == "always":
        return WHOLE_DAY
    ends = value.split("-") if isinstance(value, str) else []
    if len(ends) != 2:
        raise FaultError(Fault(shown(value), A_SPAN))
    start, end = time_of_day(ends[0]), time_of_day(ends[1])
    if start in (DAY, end):
        raise FaultError(Fault(shown(value), f"a span of more than no time; {A_SPAN}"))
    return Span(start, end if end > start else end + DAY)


def spans(value: object) -> tuple[Span, ...]:
    """Opening hours of one day: a span, a list of spans, `"always"` or `"closed"`; sorted, checked for overlaps."""
    if value == "closed":
        return ()
    listed = value if isinstance(value, list | tuple) else [value]
    ordered = sorted(span(item) for item in listed)
    for one, other in pairwise(ordered):
        if other.start < one.end:
            raise FaultError(Fault(shown(value), "hours that do not overlap"))
    return tuple(ordered)


def local_date(value: object) -> date:
    """A TOML date or `"2026-03-02"`."""
    day = value
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value.strip()):
        try:
            day = date.fromisoformat(value.strip())
        except ValueError:
            day = None
    if isinstance(day, date) and not isinstance(day, datetime) and day.year in YEARS:
        return day
    raise FaultError(Fault(shown(value), "a date such as 2026-03-02"))


def local_datetime(value: object) -> datetime:
    """A local TOML date-time or `"2026-03-02T08:30"`."""
    moment = value
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            moment = None
    if isinstance(moment, datetime) and moment.tzinfo is None and moment.year in YEARS:
        return moment
    raise FaultError(Fault(shown(value), "a local date and time such as 2026-03-02T08:30:00"))


def timezone(value: object) -> str:
    """The name of a time zone in the tz database."""
    try:
        return ZoneInfo(str(value)).key
    except (KeyError, ValueError, OSError):  # names can be of folders of the database, too
        raise FaultError(Fault(shown(value), 'a time zone such as "Europe/Rome"')) from None


T = TypeVar("T")


@dataclass(frozen=True)
class ByDay(Generic[T]):
    """A value for every day: by weekday (Monday first), overridden on dates."""

    weekly: tuple[T, ...]
    dated: Mapping[date, T] = field(default_factory=dict)

    def on(self, day: date) -> T:
        """The value of that day."""
        return self.dated.get(day, self.weekly[day.weekday()])


def days(value: object) -> tuple[frozenset[int], frozenset[date]]:
    """Weekdays (0 is Monday) and dates named by `"mon-fri"`, `"2026-12-25"`, `"mon, sat"` or a list of such."""
    listed = value.split(",") if isinstance(value, str) else value if isinstance(value, list | tuple) else [value]
    weekdays: set[int] = set()
    dates: set[date] = set()
    for item in listed:
        if isinstance(item, str) and not item.strip()[:1].isdigit():
            weekdays.update(_weekdays(item.strip()))
        else:
            try:
                dates.update(_dates(item))
            except FaultError:
                raise FaultError(Fault(shown(item), SOME_DAYS)) from None
    return frozenset(weekdays), frozenset(dates)


def _dates(item: object) -> list[date]:
    """A date, or those of "2026-03-02:2026-03-06"."""
    first, colon, last = item.partition(":") if isinstance(item, str) else (item, "", "")
    start = local_date(first)
    end = local_date(last) if colon else start
    if end < start:
        raise FaultError(Fault(shown(item), "a later date after the colon"))
    return [start + timedelta(days=i) for i in range((end - start).days + 1)]


def _weekdays(text: str) -> list[int]:
    ends = [end.strip().lower() for end in text.split("-")]
    for end in ends:
        if end not in WEEKDAYS:
            raise FaultError(Fault(shown(text), f"{SOME_DAYS}; {did_you_mean(end[:3], WEEKDAYS)}"))
    if len(ends) > 2:
        raise FaultError(Fault(shown(text), SOME_DAYS))
    first, last = WEEKDAYS.index(ends[0]), WEEKDAYS.index(ends[-1])
    return [(first + i) % 7 for i in range((last - first) % 7 + 1)]


def by_day(value: object, parse: Callable[[object], T], otherwise: T) -> ByDay[T]:
    """A table of days to values; a date goes before a weekday, a weekday before a range of them."""
    if not isinstance(value, Mapping):
        raise FaultError(Fault(shown(value), 'a table of days, such as { mon-fri = …, sat = …, "2026-12-25" = … }'))
    weekly: list[T] = [otherwise] * 7
    dated: dict[date, T] = {}
    width = [8] * 7
    faults: list[Fault] = []
    for key, entry in value.items():
        try:
            weekdays, dates = days(key)
            parsed = parse(entry)
        except FaultError as bad:
            faults += [Fault(f.value, f.allowed, (key, *f.at), f.row) for f in bad.faults]
            continue
        for day in weekdays:
            if len(weekdays) == width[day]:
                faults.append(Fault("a second entry", f"one entry for {WEEKDAYS[day]}", (key,)))
            if len(weekdays) < width[day]:
                weekly[day], width[day] = parsed, len(weekdays)
        dated |= dict.fromkeys(dates, parsed)
    if faults:
        raise FaultError(*faults)
    return ByDay(tuple(weekly), dated)


MOST: Final = 1e12
"""The largest amount, weight or factor accepted: sums and products of a few of them stay finite."""


def factor(value: object) -> float:
    """A number from 0 to `MOST`."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MOST:
        return float(value)
    allowed = f"at most {MOST:g}" if isinstance(value, int | float) and value > MOST else "a number of 0 or more"
    raise FaultError(Fault(shown(value), allowed))


class Target(NamedTuple):
    """A share of contacts within a time (microseconds)."""

    share: float
    time: int


_TARGET: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(?:/\s*(\d+(?:\.\d+)?)|%\s*in\s+(.+))")


def target(value: object) -> Target | None:
    """`"80/20"` (80 % in 20 seconds) or `"95% in 24h"`; `"none"` is no target."""
    if value == "none":
        return None
    allowed = 'a target such as "80/20" (80 % in 20 seconds), "95% in 24h" or "none"'
    match = _TARGET.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match:
        raise FaultError(Fault(shown(value), allowed))
    percent, seconds, within = match.groups()
    if float(percent) > 100:
        raise FaultError(Fault(shown(value), f"at most 100 %; {allowed}"))
    if 0 < float(percent) < 1:  # a share where percent are wanted: 0.8 for 80
        meant = f"{100 * float(percent):g}" + (f"/{seconds}" if seconds else f"% in {within}")
        raise FaultError(Fault(shown(value), f'0 or from 1 to 100 %; did you mean "{meant}"?'))
    return Target(float(percent) / 100, duration(float(seconds) if seconds else within))
