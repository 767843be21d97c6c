"""Logs read by a mapping, column by column; a line that cannot be used is kept with its reason, never dropped silently."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from ccsim.errors import Problem, ScenarioError
from ccsim.fit.mapping import TIMES, Mapping
from ccsim.fit.records import COLUMNS, Reading
from ccsim.tables import Outcome

if TYPE_CHECKING:
    import pandas as pd

JOINED: Final = ("queue", "contact", "conversation")
"""Made of all the columns that are named; of others the first that is not empty counts."""
SENDERS: Final = ("customer", "agent")
DRAW: Final = 1
"""Seed of what a log does not know and is drawn from what it does."""


def read(path: Path, how: Mapping) -> Reading:
    """The log in that file.

    Raises ScenarioError when it cannot be read at all: no such file, not text, a column that the mapping names and the
    file lacks, or not one line that can be used.
    """
    import pandas as pd

    sheet = _cells(path, how)
    lines = _Lines(sheet)
    rows = pd.DataFrame({"line": np.arange(len(sheet)) + 2})
    days = _days(sheet, how, lines)
    times = {*TIMES[how.kind], "left"}
    for name, sources in how.columns.items():
        if name in times:
            rows[name] = _first([_moments(source, sheet, how, days, lines) for source in sources])
        else:
            texts = [_text(sheet[source], how, name) for source in sources]
            rows[name] = _joined(texts) if name in JOINED else _first(texts)
    for name in COLUMNS[how.kind]:
        if name not in rows:
            rows[name] = pd.NaT if name in times else pd.array([None] * len(rows), "string")
    if "queue" in COLUMNS[how.kind]:
        rows["queue"] = rows["queue"].fillna(how.queue)
    _KINDS[how.kind](rows, sheet, how, lines)
    lines.refuse(sheet.duplicated(), "the same line again")
    kept = rows[lines.usable].loc[:, ["line", *COLUMNS[how.kind]]].reset_index(drop=True)
    if kept.empty:
        most = lines.refused()["reason"].value_counts()
        why = f"{most.index[0]} ({most.iloc[0]} lines)" if len(most) else "it has no lines"
        raise ScenarioError([Problem("", f"no line can be used: {why}", "see the mapping", str(path))])
    return Reading(how.kind, kept, lines.refused(), {what: count for what, count in lines.mended.items() if count})


class _Lines:
    """Which lines are usable, and why the others are not: the first reason counts."""

    def __init__(self, sheet: pd.DataFrame) -> None:
        self._sheet = sheet
        self._reasons = np.full(len(sheet), "", dtype=object)
        self.mended: dict[str, int] = {}

    @property
    def usable(self) -> Any:
        return self._reasons == ""

    def refuse(self, those: Any, reason: Any) -> None:
        """Lines of the mask, for a reason or for those of a series."""
        mask = np.asarray(those, np.bool_) & self.usable
        self._reasons[mask] = reason if isinstance(reason, str) else np.asarray(reason, object)[mask]

    def mend(self, those: Any, what: str) -> None:
        self.mended[what] = int((np.asarray(those, np.bool_) & self.usable).sum())

    def refused(self) -> pd.DataFrame:
        import pandas as pd

        out = ~self.usable
        table = self._sheet[out].reset_index(drop=True)
        table.insert(0, "reason", self._reasons[out])
        table.insert(0, "line", np.flatnonzero(out) + 2)
        return pd.DataFrame(table)


def _cells(path: Path, how: Mapping) -> pd.DataFrame:
    import pandas as pd

    try:
        sheet = pd.read_csv(path, sep=how.delimiter, dtype="string", keep_default_na=False, encoding=how.encoding)
    except OSError as bad:
        raise ScenarioError([Problem("", f"cannot read: {bad.strerror}", "a log", str(path))]) from None
    except (UnicodeDecodeError, LookupError) as bad:
        allowed = f"text in {how.encoding}; the mapping may name another encoding"
        raise ScenarioError([Problem("", str(bad), allowed, str(path))]) from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as bad:
        raise ScenarioError([Problem("", str(bad).strip(), "a table with one header line", str(path))]) from None
    wanted = [source for sources in how.columns.values() for source in sources]
    wanted += [*filter(None, (how.date, how.follows)), *how.known_if.values()]
    missing = [name for name in dict.fromkeys(wanted) if name not in sheet.columns]
    if missing:
        found = f"no column {', '.join(missing)}"
        raise ScenarioError([Problem("", found, f"it has {', '.join(sheet.columns)}", str(path))])
    return sheet


def _text(cells: pd.Series[str], how: Mapping, name: str) -> pd.Series[str]:
    trimmed = cells.str.strip()
    return trimmed.mask(trimmed.isin([*how.empty, *how.unknown.get(name, ())]))


def _joined(columns: list[Any]) -> Any:
    found = columns[0]
    for other in columns[1:]:
        found = found + "_" + other
    return found


def _first(columns: list[Any]) -> Any:
    found = columns[0]
    for other in columns[1:]:
        found = found.fillna(other)
    return found


def _days(sheet: pd.DataFrame, how: Mapping, lines: _Lines) -> pd.Series[Any] | None:
    import pandas as pd

    if how.date is None:
        return None
    days = pd.to_datetime(_text(sheet[how.date], how, ""), format=how.date_format or "ISO8601", errors="coerce")
    lines.refuse(days.isna(), f"no date in {how.date}")
    return days


def _moments(
    source: str, sheet: pd.DataFrame, how: Mapping, days: pd.Series[Any] | None, lines: _Lines
) -> pd.Series[Any]:
    """A column as local times; lines with text that is no time are refused."""
    import pandas as pd

    text = _text(sheet[source], how, "")
    if days is not None:
        clock = _clock(text, how)
        found = days + clock
        if how.follows is not None:
            began = _clock(_text(sheet[how.follows], how, ""), how)
            found = found.where(~(clock < began - pd.Timedelta(hours=12)), found + pd.Timedelta(days=1))
    else:
        found = _instants(text, how)
    lines.refuse(text.notna() & found.isna(), f"{source}: not a time")
    return found.astype("datetime64[us]")


def _clock(text: pd.Series[str], how: Mapping) -> pd.Series[Any]:
    import pandas as pd

    moments = pd.to_datetime(text, format=how.time_format or "%H:%M:%S", errors="coerce")
    return moments - moments.dt.normalize()


def _instants(text: pd.Series[str], how: Mapping) -> pd.Series[Any]:
    import pandas as pd

    offset = text.str.contains(r"(?:Z|[+-]\d\d:?\d\d)$", na=False)
    style = how.time_format or "ISO8601"
    naive = pd.to_datetime(text.mask(offset), format=style, errors="coerce")
    if not isinstance(naive.dtype, np.dtype):
        naive = naive.dt.tz_localize(None)
    here = ZoneInfo(how.timezone or how.written_in or "UTC")
    if how.written_in is not None and how.written_in != how.timezone and how.timezone is not None:
        there = naive.dt.tz_localize(ZoneInfo(how.written_in), ambiguous="NaT", nonexistent="NaT")
        naive = there.dt.tz_convert(here).dt.tz_localize(None)
    if not offset.any():
        return naive
    aware = pd.to_datetime(text.where(offset), format=style, errors="coerce", utc=True)
    return naive.fillna(aware.dt.tz_convert(here).dt.tz_localize(None))


def _contacts(rows: pd.DataFrame, sheet: pd.DataFrame, how: Mapping, lines: _Lines) -> None:
    import pandas as pd

    if "outcome" in how.columns:
        said = rows["outcome"]
        rows["outcome"] = said.map(lambda word: how.words.get(word, word), na_action="ignore").astype("string")
        lines.refuse(rows["outcome"] == "ignore", "left out by the mapping: " + said.fillna(""))
        known = ["answered", *(outcome.name.lower() for outcome in Outcome)]
        lines.refuse(said.isna(), "no outcome")
        lines.refuse(~rows["outcome"].isin(known), "unknown outcome: " + said.fillna(""))
        answered = rows["outcome"].isin(["answered", "resolved", "transferred"])
    else:
        answered = rows["answer"].notna()
        rows["outcome"] = np.where(answered, "answered", "abandoned")
    lines.refuse(rows["arrival"].isna(), "no arrival")
    lines.refuse(answered & rows["answer"].isna(), "answered, but no time of the answer")
    rows["answer"] = rows["answer"].where(answered)
    if "left" in rows:
        rows["end"] = rows["end"].where(answered, rows["left"])
    lines.refuse(rows["end"].isna(), np.where(answered, "no end", "not answered, and no time at which it left"))
    tolerance = pd.Timedelta(seconds=how.tolerance)
    for name, before in (("answer", "arrival"), ("end", "arrival"), ("end", "answer")):
        early = rows[name] < rows[before]
        lines.refuse(early & (rows[before] - rows[name] > tolerance), f"{name} before {before}")
        lines.mend(early, f"{name} up to {how.tolerance:g} s before {before}: taken as equal")
        rows[name] = rows[name].where(~early, rows[before])
    rows["agent"] = rows["agent"].where(answered)
    lines.mend(answered & rows["agent"].isna(), "answered, but by nobody knows whom")
    _priorities(rows, sheet, how, lines)
    if "contact" in how.columns:
        lines.refuse(rows["contact"].notna() & rows["contact"].duplicated(), "an id that came before")
    rows["contact"] = rows["contact"].fillna(rows["line"].astype("string"))


def _priorities(rows: pd.DataFrame, sheet: pd.DataFrame, how: Mapping, lines: _Lines) -> None:
    """Priorities become queues of their own; those that the log cannot know are drawn from the known of the queue."""
    if "priority" not in rows:
        return
    judge = how.known_if.get("priority")
    if judge is not None:
        unknown = _text(sheet[judge], how, "").isna() & rows["customer"].isna()
        draw = np.random.default_rng(DRAW)
        for _, group in rows[lines.usable].groupby("queue"):
            known = group.loc[~unknown[group.index], "priority"].to_numpy()
            lost = group.index[unknown[group.index]]
            if len(known):
                rows.loc[lost, "priority"] = draw.choice(known, len(lost))
        lines.mend(unknown, f"priority unknown without {judge}: drawn from the known ones of its queue")
    rows["queue"] = rows["queue"].str.cat(rows["priority"].fillna("0"), sep="_")


def _messages(rows: pd.DataFrame, sheet: pd.DataFrame, how: Mapping, lines: _Lines) -> None:
    rows["sender"] = rows["sender"].map(lambda word: how.words.get(word, word), na_action="ignore").astype("string")
    lines.refuse(rows["conversation"].isna(), "no conversation")
    lines.refuse(rows["sender"] == "ignore", "left out by the mapping")
    lines.refuse(~rows["sender"].isin(SENDERS), "unknown sender: " + rows["sender"].fillna(""))
    lines.refuse(rows["sent"].isna(), "no time")


def _intervals(rows: pd.DataFrame, sheet: pd.DataFrame, how: Mapping, lines: _Lines) -> None:
    import pandas as pd

    lines.refuse(rows["start"].isna(), "no start")
    for name in ("offered", "handled", "handle_time"):
        numbers = pd.to_numeric(rows[name], errors="coerce").astype("float64")
        lines.refuse(rows[name].notna() & numbers.isna(), f"{name}: not a number")
        lines.refuse(numbers < 0, f"{name}: below 0")
        rows[name] = numbers
    lines.refuse(rows["offered"].isna(), "no number offered")
    if how.total_handle_time:
        rows["handle_time"] /= rows["handled"].where(rows["handled"] > 0)
    lines.refuse(rows.duplicated(["queue", "start"]), "an interval that came before")


def _rosters(rows: pd.DataFrame, sheet: pd.DataFrame, how: Mapping, lines: _Lines) -> None:
    rows["activity"] = rows["activity"].map(lambda word: how.words.get(word, word), na_action="ignore").fillna("work")
    lines.refuse(rows["activity"] == "ignore", "left out by the mapping")
    for name in ("agent", "start", "end"):
        lines.refuse(rows[name].isna(), f"no {name}")
    lines.refuse(rows["end"] <= rows["start"], "ends before it starts")


_KINDS: Final[dict[str, Any]] = {
    "contacts": _contacts,
    "messages": _messages,
    "intervals": _intervals,
    "rosters": _rosters,
}
