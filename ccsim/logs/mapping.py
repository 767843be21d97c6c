"""How a log's columns, times and words are to be read: a small TOML file, or one of those that come with ccsim."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Annotated, Final, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from ccsim.errors import ScenarioError
from ccsim.logs.records import COLUMNS
from ccsim.scenario import read
from ccsim.scenario.channels import CHANNELS
from ccsim.tables import Outcome

Names = Annotated[tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)]
"""One column, or several of which the first that is not empty counts (a queue: all, joined by "_"). Case, spaces and
punctuation of a heading do not matter."""

NEEDED: Final = {
    "contacts": ("arrival",),
    "events": ("contact", "event", "time"),
    "messages": ("conversation", "sender", "sent"),
    "intervals": ("start", "offered"),
    "rosters": ("agent", "start", "end"),
}
"""Columns without which a log of that kind cannot be read."""

MADE: Final = {"follows", "asa", "wait_of_lost"}
"""Columns of ours that no mapping names: reading makes them."""

TIMES: Final = {
    "contacts": ("arrival", "answer", "end", "wrapped"),
    "events": ("time",),
    "messages": ("sent", "begun"),
    "intervals": ("start",),
    "rosters": ("start", "end"),
}
"""Columns that are times, by kind."""

DURATIONS: Final = {
    "wait": "from the arrival to the answer, or until who was not answered left",
    "talk": "from the answer on",
    "hold": "after the answer, beside talk",
    "wrap": "work after the end",
    "handle": "talk, hold and wrap together",
    "total": "from the arrival to the end",
    "left": "of intervals: until who gave up left",
}
"""Lengths of time that a log of contacts may have instead of times; in intervals the means of the answered."""

UNITS: Final = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
"""Seconds of a unit."""

EMPTY: Final = (
    "", "-", "--", "N/A", "n/a", "#N/A", "#NV", "#DIV/0!", "NULL", "Null", "null", "None", "none", "NaN", "nan", "NaT",
)  # fmt: skip
"""What systems write for nothing."""

OUTCOMES: Final = tuple(outcome.name.lower() for outcome in Outcome if outcome >= 0)
EVENTS: Final = ("arrival", "answer", "end", "wrapped", "ignore", *OUTCOMES)
"""What an event may mean: when a contact came, was answered, ended, was done with, or ended with that outcome."""


def _known_encoding(name: str) -> str:
    try:
        "a,b".encode(name)  # refuses what is no encoding of text, too, such as base64
    except (LookupError, ValueError):  # UnicodeError is one
        raise ValueError(f"{name!r}; an encoding of text, such as utf-8, utf-16 or latin-1") from None
    return name


def _no_end(delimiter: str) -> str:
    if delimiter.isalnum() or delimiter == '"' or (delimiter != "\t" and not delimiter.isprintable()):
        raise ValueError(f"{delimiter!r}; a mark that separates cells, such as a comma, a semicolon or a tab")
    return delimiter


class Mapping(BaseModel):
    """What stands where in a log.

    `columns` name the log's columns for ours, and as `left` when who was not answered went; `date` names the column
    with the day where times are clock times only; `time_format` and `date_format` are strptime's (ISO 8601 without).
    All times become local times of `timezone`; with it, what ran across a change of the clock keeps its length. `empty`
    are cells that mean nothing, `unknown` those that mean nothing in one column. `words` translate outcomes, senders,
    activities and channels, whatever their case; "ignore" leaves such rows out. `known_if` says that a column tells the
    truth only where another is not empty; elsewhere it is drawn from the true ones of the same queue. `staff_only` are
    queues of work in which no customer waits. `reached` names columns of which a contact that came to a queue has at
    least one; unanswered rows without any (callers who hung up in the voice menu) are left out.

    `durations` name columns with lengths of time instead of times (DURATIONS); `units` say in what a column is counted:
    us, ms, s, min, h, d or h:mm, by our name of it (of a time: since 1970, in UTC). A log with one row an event has
    `events`, what each means (EVENTS). With `days_across` a day is a column: intervals have counts in it, a roster
    shifts such as "7:00 AM - 4:00 PM"; cells without two times are days off. `header` names the columns of a file
    without a header. `sheet` names one of a workbook.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    export: str = ""
    """which export of which product it is for"""
    kind: Literal["contacts", "events", "messages", "intervals", "rosters"]
    delimiter: Annotated[str, Field(min_length=1, max_length=1), AfterValidator(_no_end)] | None = None
    """of comma, semicolon, tab and bar the one that the header has most of, if not given"""
    encoding: Annotated[str, AfterValidator(_known_encoding)] | None = None
    """UTF-8, or UTF-16 with a byte order mark, else Windows-1252, if not given"""
    decimal: Literal[",", "."] | None = None
    """the mark before the decimals of numbers; found out if not given"""
    header: tuple[str, ...] = ()
    sheet: str | None = None
    """of a workbook; the only one with the needed columns, if not given"""
    columns: dict[str, Names]
    durations: dict[str, Names] = {}
    units: dict[str, str] = {}
    events: dict[str, str] = {}
    days_across: bool = False
    queue: str = "contacts"
    """queue of all rows where no column names one"""
    channel: str = ""
    """channel of all rows where no column names one; that of the kind of log if not given"""
    channels: dict[str, str] = {}
    """channels of queues, where no column names one"""
    date: str | None = None
    date_format: str | None = None
    follows: str | None = None
    """column with the clock time that begins a row, which no other precedes: a smaller one is of the next day"""
    time_format: str | None = None
    written_in: str | None = None
    """zone of times without an offset; those of `timezone` if not given"""
    timezone: str | None = None
    total_handle_time: bool = False
    """handle_time, or the durations of an interval, are of all the handled together"""
    empty: tuple[str, ...] = EMPTY
    unknown: dict[str, tuple[str, ...]] = {}
    words: dict[str, str] = {}
    known_if: dict[str, str] = {}
    staff_only: tuple[str, ...] = ()
    reached: tuple[str, ...] = ()
    tolerance: float = Field(default=2.0, ge=0, le=86_400, allow_inf_nan=False)
    """seconds by which times of one row may be in the wrong order; then they count as equal"""

    @model_validator(mode="after")
    def _fits(self) -> Mapping:
        extra = {"contacts": ("left", "priority"), "messages": ("order",), "intervals": ("abandoned",)}
        known = ("contact", "event", "time", "queue", "agent", "customer", "channel")
        allowed = {*(known if self.kind == "events" else COLUMNS[self.kind]), *extra.get(self.kind, ())} - MADE
        strange = sorted(set(self.columns) - allowed)
        if strange:
            raise ValueError(f"columns: {', '.join(strange)}; a log of {self.kind} has {', '.join(sorted(allowed))}")
        missing = [name for name in self.needed if name not in self.columns]
        if missing:
            raise ValueError(f"columns: {', '.join(missing)} must be named for a log of {self.kind}")
        self._check_lengths()
        self._check_days_across()
        if self.kind in ("contacts", "events"):
            outcomes = {"answered", "ignore", *OUTCOMES}
            wrong = sorted(set(self.words.values()) - outcomes - set(CHANNELS))
            if wrong:
                raise ValueError(f"words: {', '.join(wrong)}; outcomes are {', '.join(sorted(outcomes))}")
        for channel in (self.channel, *self.channels.values()):
            if channel not in ("", *CHANNELS):
                raise ValueError(f"channel: {channel}; channels are {', '.join(CHANNELS)}")
        for name in ("timezone", "written_in"):
            zone = getattr(self, name)
            if zone is not None and zone not in available_timezones():
                raise ValueError(f'{name}: {zone}; a time zone such as "Europe/Rome"')
        for name in ("time_format", "date_format"):
            form = getattr(self, name)
            try:
                datetime.strptime("", form or "")
            except (ValueError, re.error) as bad:
                if "does not match" not in str(bad):  # of an empty text no format can hold
                    raise ValueError(f"{name}: {form}; {bad}") from None
        return self

    @property
    def needed(self) -> tuple[str, ...]:
        """Columns without which the log cannot be read."""
        if self.days_across:
            return ("start",) if self.kind == "intervals" else ("agent",)
        ends = ("end",) if self.kind == "contacts" and "end" in self.columns and not self.durations else ()
        if self.kind == "intervals" and {"handled", "abandoned"} <= set(self.columns):
            return ("start", *({"offered"} & set(self.columns) or ("handled", "abandoned")))
        return (*NEEDED[self.kind], *ends)

    @property
    def arrivals_only(self) -> bool:
        """Whether the log says when contacts came, and nothing of what became of them."""
        about = {"answer", "left", "wrapped", "outcome"} & set(self.columns)
        return self.kind == "contacts" and not about and not self.durations

    def or_of(self, zone: str | None) -> Mapping:
        """The mapping, of that time zone if it names none."""
        return self if self.timezone is not None else self.model_copy(update={"timezone": zone})

    def with_channels(self, of_queues: dict[str, str]) -> Mapping:
        """The mapping with these channels of queues, where it names none."""
        return self if self.channel else self.model_copy(update={"channels": of_queues | self.channels})

    def with_outcomes_of(self, headings: Collection[str]) -> Mapping:
        """The mapping, without its column of outcomes where a log lacks it and something else says who was answered."""
        tells = {"talk", "handle"} & set(self.durations) or set(self.columns.get("answer", ())) & set(headings)
        if not tells or set(self.columns.get("outcome", headings)) & set(headings):
            return self
        return self.model_copy(update={"columns": {ours: of for ours, of in self.columns.items() if ours != "outcome"}})

    def in_utc(self, zone: str) -> Mapping:
        """The mapping with times in UTC; those without an offset are of `zone` if it names none."""
        return self.model_copy(update={"written_in": self.written_in or self.timezone or zone, "timezone": "UTC"})

    def _check_lengths(self) -> None:
        """Raises ValueError where durations, units or events cannot be meant."""
        if self.durations and self.kind not in ("contacts", "intervals"):
            raise ValueError(f"durations: a log of {self.kind} has none; only contacts and intervals do")
        allowed = [name for name in DURATIONS if name != ("left" if self.kind == "contacts" else "total")]
        if strange := sorted(set(self.durations) - set(allowed)):
            raise ValueError(f"durations: {', '.join(strange)}; they are {', '.join(allowed)}")
        if "handle_time" in self.columns and set(self.durations) - {"wait", "left"}:
            raise ValueError("durations: the handle time is there already, as columns.handle_time")
        if self.kind == "contacts" and not self.arrivals_only:
            ends = {"talk", "handle", "total"} & set(self.durations)
            if "end" not in self.columns and not ends:
                raise ValueError(
                    "columns: end must be named for a log of contacts, or durations: talk, handle or total"
                )
            begins = {"wait", "total"} & set(self.durations) or ("end" in self.columns and ends)
            if "answer" not in self.columns and self.durations and not begins:
                raise ValueError("durations: with neither wait nor total; columns.answer says when agents began")
        for name, unit in self.units.items():
            if name not in {*self.columns, *self.durations}:
                raise ValueError(f"units: {name}; it is none of the columns or durations of this mapping")
            if unit not in (*UNITS, "h:mm"):
                raise ValueError(f"units: {unit}; units are {', '.join((*UNITS, 'h:mm'))}")
        if (self.kind == "events") != bool(self.events):
            raise ValueError('events: a log with one row an event, kind = "events", says what each means')
        if wrong := sorted(set(self.events.values()) - set(EVENTS)):
            raise ValueError(f"events: {', '.join(wrong)}; an event means {', '.join(EVENTS)}")

    def _check_days_across(self) -> None:
        """Raises ValueError where a column a day cannot be meant."""
        if self.days_across and self.kind not in ("rosters", "intervals"):
            raise ValueError("days_across: only rosters and intervals have a column a day")
        if (
            self.days_across
            and self.kind == "intervals"
            and {*self.columns, *self.durations} - {"start", "queue", "channel"}
        ):
            raise ValueError("days_across: the cells are what was offered; only start, queue and channel are columns")

    def alone(self, queues: Iterable[str]) -> list[str]:
        """Those of the log's queues, with or without a priority behind, in which no customer waits."""
        return [
            name
            for name in sorted(set(queues))
            if name in self.staff_only or name.rpartition("_")[0] in self.staff_only
        ]


def built_in() -> dict[str, str]:
    """The mappings that come with ccsim, by name: their text."""
    files = sorted(resources.files("ccsim.logs").joinpath("mappings").iterdir(), key=lambda file: file.name)
    return {file.name.removesuffix(".toml"): file.read_text("utf-8") for file in files if file.name.endswith(".toml")}


def mapping(name: str) -> Mapping:
    """The built-in mapping of that name, or the one in that file.

    Raises ScenarioError when there is neither, or when the file is not a mapping.
    """
    known = built_in()
    if name in known:
        raw = tomllib.loads(known[name])
    else:
        raw = read.toml_file(Path(name), name, f"a mapping file, or one of {', '.join(known)}")
    try:
        return Mapping.model_validate(raw)
    except ValidationError as bad:
        raise ScenarioError(list(read.refusals(bad, name, Mapping))) from None
