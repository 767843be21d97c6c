"""What came so far, by queue, day and interval: gaps, days without contacts and closed days distinguished."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ccsim.errors import Problem, ScenarioError
from ccsim.logs.records import Logs
from ccsim.tables import F64, I64

if TYPE_CHECKING:
    import pandas as pd

DAY: Final = 86_400
OF_CONTACTS: Final = 1800
"""Seconds of the intervals in which contacts are counted that a log names one by one."""
SILENT: Final = 12.0
"""Contacts that would usually have come in a stretch without any, from which on it is taken for an outage: Poisson
arrivals are silent for so long once in 160,000 times."""


@dataclass(frozen=True)
class History:
    """One queue's counts on consecutive days."""

    queue: str
    channel: str
    first: date
    interval: int
    """seconds"""
    counts: F64
    """float64[day, interval], NaN where there are no data"""
    handle: F64
    """float64[day, interval], mean handle time in seconds, NaN where it is not known"""
    notes: tuple[tuple[date, str], ...]
    """days and stretches that were left out, and why"""

    @property
    def dates(self) -> tuple[date, ...]:
        """Its days, gaps and closed ones too."""
        return tuple(self.first + timedelta(days=day) for day in range(len(self.counts)))

    @property
    def last(self) -> date:
        """Its last day, or the last of the closed ones that follow: of weekdays on which it never has data."""
        known = np.isfinite(self.counts).any(axis=1)
        closed = set(self.weekday.tolist()) - set(self.weekday[known].tolist())
        last = self.dates[-1]
        for _ in closed:
            following = last + timedelta(days=1)
            last = following if following.weekday() in closed else last
        return last

    @property
    def weekday(self) -> I64:
        """Of its days, 0 is Monday."""
        return np.array([day.weekday() for day in self.dates], np.int64)

    def until(self, days: int) -> History:
        """Its first so many days."""
        return replace(self, counts=self.counts[:days], handle=self.handle[:days])

    def since(self, day: int) -> History:
        """From its day of that number on."""
        first = self.first + timedelta(days=day)
        return replace(self, first=first, counts=self.counts[day:], handle=self.handle[day:])

    def coarser(self, interval: int) -> History:
        """The same by intervals of at least so many seconds, a multiple of its own; what lacks a part lacks all."""
        if interval <= self.interval:
            return self
        shape = len(self.counts), DAY // interval, interval // self.interval
        counts = self.counts.reshape(shape).sum(axis=2)
        timed = np.where(np.isfinite(self.handle), np.nan_to_num(self.counts), 0.0).reshape(shape)
        total = (timed * np.nan_to_num(self.handle).reshape(shape)).sum(axis=2)
        weight = timed.sum(axis=2)
        handle = np.divide(total, weight, out=np.full(counts.shape, np.nan), where=weight > 0)
        return replace(self, interval=interval, counts=counts, handle=handle)


def of_rows(queue: str, channel: str, rows: pd.DataFrame, interval: int) -> History:
    """Of rows with `start`, `offered` and `handle_time` (NaN if not known); all rows of an interval are added up."""
    starts = rows["start"].to_numpy("datetime64[s]").astype(np.int64)
    offered = np.maximum(rows["offered"].to_numpy(np.float64), 0.0)
    handle = rows["handle_time"].to_numpy(np.float64)
    first, last = int(starts.min() // DAY), int(starts.max() // DAY)
    size = DAY // interval
    cell = starts // interval - first * size
    cells = (last - first + 1) * size

    def added(weights: F64) -> F64:
        return np.asarray(np.bincount(cell, weights, cells), np.float64).reshape(-1, size)

    given = added(np.isfinite(offered).astype(np.float64)) > 0
    counts = np.where(given, added(np.nan_to_num(offered)), np.nan)
    timed = np.where(np.isfinite(handle), np.nan_to_num(offered), 0.0)
    weights = added(timed)
    times = np.divide(
        added(timed * np.nan_to_num(handle)), weights, out=np.full(counts.shape, np.nan), where=weights > 0
    )
    day = date(1970, 1, 1) + timedelta(days=first)
    return _separated(History(queue, channel, day, interval, counts, times, ()))


def _separated(history: History) -> History:
    """Absent rows as 0 or as gaps, and silent stretches as outages."""
    counts, weekday, notes = history.counts.copy(), history.weekday, []
    usual = np.zeros_like(counts)
    for day in range(7):
        mine = weekday == day
        rows = np.nan_to_num(history.counts[mine & np.isfinite(history.counts).any(axis=1)])
        usual[mine] = np.median(rows, axis=0) if len(rows) else 0.0
    for number, when in enumerate(history.dates):
        if not np.isfinite(history.counts[number]).any():
            if usual[number].sum() > 0:
                notes.append((when, f"{when}: no data"))
            continue
        row = np.nan_to_num(counts[number])
        for start, end in _runs(row == 0):
            missed = usual[number, start:end].sum()
            if missed < SILENT:
                continue
            row[start:end] = np.nan
            lacks = np.isnan(history.counts[number, start:end]).all()
            what = "no rows" if lacks else "no contacts"
            clock = f"{_clock(start * history.interval)} to {_clock(end * history.interval)}"
            whole = not np.nansum(row)
            notes.append((when, f"{when}{'' if whole else ' ' + clock}: {what}, where {missed:,.0f} are usual"))
        counts[number] = row
    return replace(history, counts=counts, notes=tuple(notes))


def _runs(those: Any) -> Iterable[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], np.asarray(those, np.int8), [0]))))
    return zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"


def of_logs(logs: Logs) -> list[History]:
    """The history of each queue that the logs have: of interval exports, contacts or conversations.

    Raises ScenarioError where there is none, where there are several kinds, or intervals have no length that divides
    a day.
    """
    import pandas as pd

    kinds = [kind for kind in ("intervals", "contacts", "messages") if getattr(logs, kind) is not None]
    if len(kinds) != 1:
        value = f"logs of {' and '.join(kinds)}" if kinds else "no contacts in it"
        raise ScenarioError([Problem("HISTORY", value, "one kind: intervals or volume files, contacts, or messages")])
    if logs.intervals is not None:
        rows, interval = logs.intervals, usual_length(logs.intervals["start"])
    elif logs.contacts is not None:
        first_legs = logs.contacts["follows"].isna() & ~logs.contacts["queue"].isin(list(logs.staff_only))
        contacts = logs.contacts[first_legs]
        done = contacts["wrapped"].fillna(contacts["end"]) - contacts["answer"]
        rows = contacts.assign(start=contacts["arrival"], offered=1.0, handle_time=done.dt.total_seconds())
        interval = OF_CONTACTS
    else:
        assert logs.messages is not None
        begun = logs.messages.sort_values("sent", kind="stable").groupby("conversation", sort=False).first()
        begun = begun[begun["sender"] == "customer"]
        rows, interval = begun.assign(start=begun["sent"], offered=1.0, handle_time=np.nan), OF_CONTACTS
    histories: list[History] = []
    nobody = None if logs.intervals is not None else _nobody(rows["start"], interval)
    for name, part in rows.groupby("queue", sort=True):
        frame = pd.DataFrame(part)
        if nobody is not None:  # a log has no row where nobody came
            frame = pd.concat([frame[["start", "offered", "handle_time"]], nobody])
        histories.append(of_rows(str(name), str(part["channel"].iloc[0]), frame, interval))
    return histories


def _nobody(starts: pd.Series[Any], interval: int) -> pd.DataFrame:
    """Rows without contacts for every interval of the days that have some, of whatever queue."""
    import pandas as pd

    days = starts.dt.normalize().unique()
    clock = pd.to_timedelta(np.arange(0, DAY, interval), unit="s")
    moments = pd.DatetimeIndex(np.add.outer(days.to_numpy(), clock.to_numpy()).ravel())
    return pd.DataFrame({"start": moments, "offered": 0.0, "handle_time": np.nan})


def refuse_other_lengths(starts_of: dict[str, pd.Series[Any]]) -> None:
    """Raises ScenarioError where the intervals of some files are longer than those of others."""
    lengths = {name: usual_length(starts) for name, starts in starts_of.items() if starts.nunique() > 1}
    if len(set(lengths.values())) > 1:
        found = ", ".join(f"{name} has intervals of {seconds // 60} min" for name, seconds in lengths.items())
        raise ScenarioError([Problem("HISTORY", found, "files with intervals of one length")])


def usual_length(starts: pd.Series[Any]) -> int:
    """Seconds of the intervals: the usual gap between their starts. Raises ScenarioError if it divides no day."""
    seconds = np.unique(starts.to_numpy("datetime64[s]").astype(np.int64))
    gaps = Counter(np.diff(seconds).tolist())
    usual = min(gaps, key=lambda gap: (-gaps[gap], gap), default=OF_CONTACTS)
    if DAY % usual or (seconds % usual).any():
        odd = seconds[seconds % usual > 0] if not DAY % usual else seconds[:1]
        when = np.datetime64(int(odd[0]), "s").item()
        value = f"intervals of {usual / 60:g} min, and one that begins at {when:%Y-%m-%d %H:%M}"
        raise ScenarioError([Problem("HISTORY", value, "intervals of one length that divides a day, from midnight on")])
    return usual
