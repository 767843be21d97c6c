"""Logs read by a mapping, column by column; a line that cannot be used is kept with its reason, never just dropped."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from ccsim.errors import Problem, ScenarioError
from ccsim.logs.mapping import NEEDED, TIMES, Mapping
from ccsim.logs.records import COLUMNS, Logs, Reading
from ccsim.scenario.channels import CHANNELS
from ccsim.scenario.values import YEARS
from ccsim.tables import Outcome

if TYPE_CHECKING:
    import pandas as pd

JOINED: Final = ("queue", "contact", "conversation")
"""Made of all the columns that are named; of others the first that is not empty counts."""
SENDERS: Final = ("customer", "agent")
ANY_CHANNEL: Final = {"contacts": "phone", "messages": "messaging", "intervals": "phone"}
"""Channel by kind of log, where neither log nor mapping names one."""
MEDIA: Final = {"message": "messaging", "chat": "live_chat", "voice": "phone", "callback": "phone"}
"""Channels by the media types of the usual exports, where a mapping says nothing else."""
_LINE, _WIDTH = "\0line", "\0width"
"""Columns of a sheet beside the file's: where a line stands, and whether it is full, empty or has more cells."""
DRAW: Final = 1
"""Seed of what a log does not know and is drawn from what it does."""


def read(path: Path, how: Mapping) -> Reading:
    """The log in that file: a table as text, or a Parquet file.

    Raises ScenarioError when it cannot be read at all: no such file, not text, a needed column that the file lacks, or
    not one line that can be used.
    """
    import pandas as pd

    sheet, said = _cells(path, how)
    lines = _Lines(sheet)
    lines.mended |= said
    lines.refuse(sheet[_WIDTH] == "", "an empty line")
    lines.refuse(sheet[_WIDTH] == "more", "more cells than the header has")
    rows = pd.DataFrame({"line": sheet.pop(_LINE).astype("int64")})
    sheet.pop(_WIDTH)
    times = {*TIMES[how.kind], "left", "until"}
    days = _days(sheet, how, lines)
    for name, headings in how.columns.items():
        sources = [source for source in headings if source in sheet.columns]
        if not sources:
            continue
        if name in times:
            if how.kind == "intervals" and len(sources) > 1:  # the day in one column, the clock in another
                together = " ".join(sources)
                sheet[together] = sheet[sources].agg(" ".join, axis=1)
                moments = _moments(together, sheet, how, days, lines)
                del sheet[together]
                rows[name] = moments
            else:
                rows[name] = _first([_moments(source, sheet, how, days, lines) for source in sources])
        else:
            texts = [_text(sheet[source], how, name) for source in sources]
            rows[name] = _joined(texts) if name in JOINED else _first(texts)
    for name in COLUMNS[how.kind]:
        if name not in rows:
            rows[name] = pd.NaT if name in times else pd.array([None] * len(rows), "string")
    if "queue" in COLUMNS[how.kind]:
        rows["queue"] = rows["queue"].fillna(how.queue)
        _channels(rows, how, lines)
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
        self._numbers = sheet[_LINE].to_numpy(np.int64)
        self._sheet = sheet.drop(columns=[_LINE, _WIDTH])
        self._reasons = np.full(len(sheet), "", dtype=object)
        self.mended: dict[str, int] = {}

    @property
    def usable(self) -> Any:
        return self._reasons == ""

    def refuse(self, those: Any, reason: Any) -> None:
        """Lines of the mask, for a reason or for those of a series."""
        mask = _mask(those) & self.usable
        self._reasons[mask] = reason if isinstance(reason, str) else np.asarray(reason, object)[mask]

    def mend(self, those: Any, what: str) -> None:
        self.mended[what] = int((_mask(those) & self.usable).sum())

    def refused(self) -> pd.DataFrame:
        import pandas as pd

        out = ~self.usable
        table = self._sheet[out].reset_index(drop=True)
        table.insert(0, "reason", self._reasons[out])
        table.insert(0, "line", self._numbers[out])
        return pd.DataFrame(table)


def _mask(those: Any) -> Any:
    """A mask as numpy has it; what is not known is false."""
    return np.asarray(those.fillna(False) if hasattr(those, "fillna") else those, np.bool_)


def _cells(path: Path, how: Mapping) -> tuple[pd.DataFrame, dict[str, int]]:
    """The cells as text under the mapping's headings, where lines stand and how wide they are; and what was mended."""
    import pandas as pd

    if path.suffix == ".parquet":
        try:
            sheet = pd.read_parquet(path).astype("string")
        except (OSError, ValueError) as bad:  # pyarrow's errors are ValueErrors
            raise ScenarioError([Problem("", f"cannot read: {bad}", "a Parquet file", str(path))]) from None
        sheet[_LINE] = np.arange(len(sheet)) + 1
        sheet[_WIDTH] = "full"
        return _named(sheet, how, path)
    text, said = _decoded(path, how)
    lines = text.splitlines()
    if not lines or not lines[0].strip():
        raise ScenarioError([Problem("", "no header line", "a table with one header line", str(path))])
    delimiter = how.delimiter or max(",;\t|", key=lines[0].count)
    try:
        sheet = pd.read_csv(
            io.StringIO(text),
            sep=delimiter,
            dtype="string[pyarrow]",
            keep_default_na=False,
            skip_blank_lines=False,
            index_col=False,
            on_bad_lines="error",
        )
        empty = (sheet.iloc[:, 0] == "").to_numpy(np.bool_)
        empty[empty] = (sheet[empty] == "").all(axis=1)
        sheet[_LINE] = np.arange(len(sheet)) + 2
        sheet[_WIDTH] = np.where(empty, "", "full")
    except pd.errors.ParserError:
        sheet = _line_by_line(text, delimiter, path)
    sheet, renamed = _named(sheet, how, path)
    return sheet, said | renamed


def _decoded(path: Path, how: Mapping) -> tuple[str, dict[str, int]]:
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as bad:
        why = getattr(bad, "strerror", None) or bad
        raise ScenarioError([Problem("", f"cannot read: {why}", "a log", str(path))]) from None
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.decode(how.encoding or ("utf-16" if marked else "utf-8-sig"))
        if how.encoding is not None:
            text.encode()  # half of a pair of surrogates is no text, though some encodings know it
        return text, {}
    except UnicodeError as bad:
        if how.encoding is not None:
            allowed = f"text in {how.encoding}; the mapping may name another encoding"
            raise ScenarioError([Problem("", str(bad), allowed, str(path))]) from None
    if b"\0" in content:
        raise ScenarioError([Problem("", "not text", "a table with one header line", str(path))])
    return content.decode("cp1252", errors="replace"), {"not UTF-8: the file is read as Windows-1252": 1}


def _line_by_line(text: str, delimiter: str, path: Path) -> pd.DataFrame:
    """As pandas reads it, but a line with too many cells stops nothing."""
    import pandas as pd

    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header = next(reader)
        found = [(reader.line_num, cells) for cells in reader]
    except csv.Error as bad:
        raise ScenarioError([Problem("", str(bad), "a table with one header line", str(path))]) from None
    size = len(header)
    sheet = pd.DataFrame([(cells + [""] * size)[:size] for _, cells in found], columns=header, dtype="string[pyarrow]")
    sheet[_LINE] = [line for line, _ in found]
    sheet[_WIDTH] = ["more" if len(cells) > size else "full" if cells else "" for _, cells in found]
    return sheet


def _named(sheet: pd.DataFrame, how: Mapping, path: Path) -> tuple[pd.DataFrame, dict[str, int]]:
    """With the mapping's headings for those of the file that differ in case, spaces or punctuation only."""
    own = {_bare(heading): heading for heading in reversed([str(column) for column in sheet.columns])}
    others = [*filter(None, (how.date, how.follows)), *how.known_if.values()]
    headings = [*(source for sources in how.columns.values() for source in sources), *others]
    missing = {heading for heading in headings if heading not in sheet.columns and _bare(heading) not in own}
    lacking = [
        ", ".join(sources)
        for name, sources in how.columns.items()
        if (name in NEEDED[how.kind] or len(sources) > 1) and missing & set(sources)
    ]
    lacking += [heading for heading in others if heading in missing]
    if lacking:
        shown = ", ".join(str(column) for column in sheet.columns if column not in (_LINE, _WIDTH))
        raise ScenarioError([Problem("", f"no column {', '.join(lacking)}", f"it has {shown}", str(path))])
    there = set(sheet.columns)
    renamed = {own[_bare(heading)]: heading for heading in headings if heading not in there | missing}
    said = {f"no column {heading}: as if it were empty": len(sheet) for heading in sorted(missing)}
    return sheet.rename(columns=renamed), said


def _bare(heading: str) -> str:
    return "".join(letter for letter in heading.lower() if letter.isalnum())


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
    said = _text(sheet[how.date], how, "")
    days = _sensible(pd.to_datetime(said, format=how.date_format or "ISO8601", errors="coerce"))
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
    """As they stand, or, with a zone, in UTC."""
    import pandas as pd

    offset = text.str.contains(r"\d\d(?::?\d\d)?(?:Z|[+-]\d\d:?\d\d)$", na=False)
    style = how.time_format or "ISO8601"
    naive = _sensible(pd.to_datetime(text.mask(offset), format=style, errors="coerce"))
    zone = how.written_in or how.timezone
    if how.timezone is not None and zone != "UTC":
        # of a time that comes twice the first; one that the clock skipped is none
        aware = naive.dt.tz_localize(ZoneInfo(str(zone)), ambiguous=np.ones(len(naive), np.bool_), nonexistent="NaT")
        naive = aware.dt.tz_convert("UTC").dt.tz_localize(None)
    if not offset.any():
        return naive
    aware = _sensible(pd.to_datetime(text.where(offset), format=style, errors="coerce", utc=True).dt.tz_localize(None))
    if how.timezone is None:  # what a clock on the wall there said
        aware = pd.to_datetime(
            text.where(offset).str.replace(r"(?:Z|[+-]\d\d:?\d\d)$", "", regex=True), format=style, errors="coerce"
        )
    return naive.fillna(_sensible(aware))


def _sensible(times: pd.Series[Any]) -> pd.Series[Any]:
    """Without what systems write for no date at all, such as 0001-01-01; no zone can be applied to some of these."""
    return times.where(times.dt.year.between(YEARS[0], YEARS[-1]))


def _local(first: pd.Series[Any], how: Mapping) -> pd.Series[Any]:
    """What is to be added to instants for the clock at the first of them."""
    import pandas as pd

    if how.timezone in (None, "UTC"):
        return pd.Series(pd.Timedelta(0), index=first.index)
    aware = first.dt.tz_localize("UTC").dt.tz_convert(ZoneInfo(str(how.timezone)))
    ahead: pd.Series[Any] = aware.dt.tz_localize(None) - first
    return ahead


def _channels(rows: pd.DataFrame, how: Mapping, lines: _Lines) -> None:
    said, otherwise = _translated(rows["channel"], how), how.channel or ANY_CHANNEL[how.kind]
    said = said.replace(MEDIA)
    strange = said.notna() & ~said.isin(list(CHANNELS))
    for word in sorted(set(rows["channel"][strange])):
        lines.mend(strange & (rows["channel"] == word), f"unknown channel {word}: taken as {otherwise}")
    rows["channel"] = said.mask(strange).fillna(otherwise)


def _translated(said: pd.Series[str], how: Mapping) -> pd.Series[str]:
    words = {word.lower(): meaning for word, meaning in how.words.items()}
    meant = {word: words.get(word.lower(), word.lower()) for word in said.dropna().unique()}
    return said.map(meant).astype("string")


def _contacts(rows: pd.DataFrame, sheet: pd.DataFrame, how: Mapping, lines: _Lines) -> None:
    import pandas as pd

    if "outcome" in how.columns:
        said = rows["outcome"]
        rows["outcome"] = _translated(said, how)
        lines.refuse(rows["outcome"] == "ignore", "left out by the mapping: " + said.fillna(""))
        known = ["answered", *(outcome.name.lower() for outcome in Outcome if outcome >= 0)]
        lines.refuse(said.isna(), "no outcome")
        lines.refuse(~rows["outcome"].isin(known), "unknown outcome: " + said.fillna(""))
        answered = rows["outcome"].isin(["answered", "resolved", "transferred"]).fillna(False)
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
    hour = pd.Timedelta(hours=1)
    for name, before in (("answer", "arrival"), ("end", "arrival"), ("end", "answer"), ("wrapped", "end")):
        early = rows[name] < rows[before]
        if how.timezone is not None:
            later = _local(rows[name] + hour, how) - _local(rows[name], how) == -hour
            again = early & later & (rows[before] - rows[name] <= hour)
            lines.mend(again, f"{name} before {before} when the clock was put back: an hour later")
            rows[name] = rows[name].mask(again, rows[name] + hour)
            early &= ~again
        lines.refuse(early & (rows[before] - rows[name] > tolerance), f"{name} before {before}")
        lines.mend(early, f"{name} up to {how.tolerance:g} s before {before}: taken as equal")
        rows[name] = rows[name].where(~early, rows[before])
    clock = _local(rows["arrival"], how)
    for name in TIMES["contacts"]:
        rows[name] = rows[name] + clock
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
    import pandas as pd

    said = rows["sender"]
    rows["sender"] = _translated(said, how)
    lines.refuse(rows["conversation"].isna(), "no conversation")
    lines.refuse(rows["sender"] == "ignore", "left out by the mapping: " + said.fillna(""))
    lines.refuse(said.isna(), "no sender")
    lines.refuse(~rows["sender"].isin(SENDERS), "unknown sender: " + said.fillna(""))
    lines.refuse(rows["sent"].isna(), "no time")
    lines.refuse(rows["begun"] > rows["sent"], "sent before it was begun")
    if "order" in rows:
        order = pd.to_numeric(rows["order"], errors="coerce")
        lines.refuse(order.isna(), "no number of the message")
        ordered = rows[lines.usable].assign(order=order).sort_values(["conversation", "order"], kind="stable")
        latest = ordered.groupby("conversation")["sent"].cummax()
        late = pd.Series(False, index=rows.index)
        late[ordered.index] = ordered["sent"] < latest
        lines.refuse(late, "sent before a message that it follows")
        lines.refuse(rows["conversation"].isin(rows["conversation"][late]), "in a conversation whose order is broken")
    clock = _local(rows.groupby("conversation")["sent"].transform("min").fillna(rows["sent"]), how)
    for name in TIMES["messages"]:
        rows[name] = rows[name] + clock


def _intervals(rows: pd.DataFrame, sheet: pd.DataFrame, how: Mapping, lines: _Lines) -> None:
    import pandas as pd

    lines.refuse(rows["start"].isna(), "no start")
    rows["start"] = rows["start"] + _local(rows["start"], how)
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
    rows["activity"] = _translated(rows["activity"], how).fillna("work")
    for name in TIMES["rosters"]:
        rows[name] = rows[name] + _local(rows[name], how)
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


def _unlike(reading: Reading, others: Sequence[Reading]) -> Reading:
    """Without the rows that logs read before have too: exports of periods that overlap."""
    import pandas as pd

    before = [other.rows for other in others if other.kind == reading.kind]
    if not before:
        return reading
    both = pd.concat([*before, reading.rows], ignore_index=True).drop(columns="line")
    again = both.duplicated().to_numpy(np.bool_)[-len(reading.rows) :]
    twice = reading.rows[again].astype("string").drop(columns="line")
    twice.insert(0, "reason", "in another log too")
    twice.insert(0, "line", reading.rows["line"][again])
    refused = pd.concat([reading.refused, twice], ignore_index=True) if len(reading.refused) else twice
    return replace(reading, rows=reading.rows[~again].reset_index(drop=True), refused=refused)


def read_all(files: Sequence[Path], mappings: Sequence[Mapping | None]) -> Logs:
    """Several logs together, each by its mapping; None for logs of `ccsim run`. Raises ScenarioError as `read` does."""
    import pandas as pd

    from ccsim.logs.from_ccsim import read_own

    parts: list[Logs] = []
    for file, how in zip(files, mappings, strict=True):
        if how is None:
            parts.append(read_own(file))
        else:
            reading = _unlike(read(file, how), [reading for part in parts for _, reading in part.readings])
            frames: dict[str, Any] = {how.kind: reading.rows}
            staff = how.alone(reading.rows["queue"]) if "queue" in reading.rows else []
            parts.append(
                Logs(**frames, staff_only=frozenset(staff), timezone=how.timezone, readings=((str(file), reading),))
            )

    if sum(part.chains and part.contacts is not None for part in parts) > 1:
        allowed = "one results folder; ccsim run --log all keeps every replication"
        raise ScenarioError([Problem("LOG", "the logs of several runs, whose contacts have the same ids", allowed)])

    def together(kind: str) -> pd.DataFrame | None:
        frames = [getattr(part, kind) for part in parts if getattr(part, kind) is not None]
        return pd.concat(frames, ignore_index=True) if frames else None

    return Logs(
        **{kind: together(kind) for kind in (*COLUMNS, "sessions")},
        days=tuple(sorted({day for part in parts for day in part.days})) if all(part.days for part in parts) else (),
        chains=all(part.chains for part in parts),
        staff_only=frozenset().union(*(part.staff_only for part in parts)),
        timezone=next((part.timezone for part in parts if part.timezone), None),
        readings=tuple(reading for part in parts for reading in part.readings),
    )
