"""A mapping proposed from a log's header, to be looked through and edited: what each column seems to be."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import available_timezones

from ccsim.errors import Problem, ScenarioError
from ccsim.logs import times
from ccsim.logs.headings import DATES, USUAL, columns_of, forms, without_unit
from ccsim.logs.lines import LINE, WIDTH, printable
from ccsim.logs.mapping import Mapping, built_in, mapping
from ccsim.logs.readers import MEDIA
from ccsim.logs.sheets import ENCODING, NOT_UTF8, Text, bare, decoded, likely_header, longest_sheet, sheet_of
from ccsim.results.storage import write_files
from ccsim.scenario.channels import CHANNELS
from ccsim.scenario.data import CsvTable
from ccsim.scenario.toml_text import quoted

if TYPE_CHECKING:
    import pandas as pd

KINDS: Final = {
    "messages": (("conversation", "sender", "sent"), ("queue", "channel", "agent")),
    "intervals": (("start", "offered"), ("queue", "channel", "handled", "abandoned", "handle_time")),
    "contacts": (("arrival",), ("contact", "customer", "queue", "channel", "answer", "end", "agent", "outcome")),
    "rosters": (("agent", "start", "end"), ("team", "activity")),
}
"""By kind of log the columns that it needs, and others."""
LENGTHS: Final = {
    "contacts": ("wait", "talk", "hold", "wrap", "handle", "total"),
    "intervals": ("left", "wait", "talk", "hold", "wrap", "handle"),
}
SENDERS: Final = 12
"""More names than this in a column are those of people, not of the two sides of a conversation."""
WORDS: Final = {
    "answered": (
        "y yes true 1 answered handled completed connected agent resolved solved closed inbound ja beantwortet "
        "angenommen oui repondu traite si risposta gestita atendida contestada tak odebrane odebrano obsłużone "
        "応答 完了"
    ),
    "abandoned": (
        "n no false 0 abandoned abandon noanswer hang hangup missed lost unanswered nein abgebrochen aufgelegt "
        "verloren non abandonne perdu abbandonata persa abandonada perdida nie nieodebrane porzucone utracone "
        "放棄 未応答 切断"
    ),
    "ignore": "outbound outgoing internal ausgehend intern sortant interne uscente interna saliente wychodzące 発信",
}

TOTAL: Final = re.compile(r"\b(?:total|sum|summe|gesamt|totale|cumul)", re.IGNORECASE)
"""In the heading of a length of time: of all contacts of an interval."""
YES_AND_NO: Final = frozenset(("y", "yes", "true", "1", "n", "no", "false", "0"))
NOT: Final = frozenset(("not", "no", "nicht", "non", "pas", "nie"))


def propose(path: Path) -> tuple[str, str]:
    """The text of a mapping for the log, and what it is: the name of a built-in mapping that fits, or "".

    Raises ScenarioError where the header says too little.
    """
    whole, sheet_name = Text("", "", {}), None
    if path.suffix != ".parquet":
        sheet_name = longest_sheet(path)
        whole = decoded(path, _any(("",), sheet_name))
    if "|ENTERQUEUE|" in whole.text:
        return built_in()["asterisk"], "asterisk"
    for name, text in built_in().items():
        how = mapping(name)
        if how.export and not how.header and _fits(path, how):
            return text, name
    first = next(filter(None, likely_header(whole)), "arrival").strip("\ufeff")
    sheet = sheet_of(path, _any((first,), sheet_name))[0]
    headings = [str(heading) for heading in sheet.columns if heading not in (LINE, WIDTH)]
    for kind, (needed, others) in KINDS.items():
        columns = columns_of(headings, (*needed, *others))
        if kind == "contacts" and ("agent" in columns and _across(headings)):
            break
        if kind == "contacts" and _is_volumes(sheet, headings):
            what = "a volume file, with numbers of contacts by date and time: it needs no fit"
            allowed = f"volume = {{ file = {quoted(path.name)}, column = … }} in a scenario, or ccsim forecast"
            raise ScenarioError([Problem("", what, allowed, str(path))])
        if _is_kind(kind, sheet, columns):
            return _text(_head(path, sheet_name), sheet, kind, columns), ""
    if len(_across(headings)) > 1 and sheet[headings[0]].str.strip().str.match(r"\d{1,2}[:.]\d{2}\b").mean() > 0.5:
        return "\n".join([_head(path, sheet_name), 'kind = "intervals"', "days_across = true",
                          f"columns.start = {quoted(headings[0])}", ""]), ""  # fmt: skip
    agent = columns_of(headings, ("agent", "team"))
    if "agent" not in agent and len(_across(headings)) > 1:
        agent["agent"] = headings[0]
    if "agent" in agent and _across(headings):
        lines = [f"columns.{name} = {quoted(heading)}" for name, heading in agent.items()]
        return "\n".join([_head(path, sheet_name), 'kind = "rosters"', "days_across = true", *lines, ""]), ""
    allowed = "a mapping that says what stands where: docs/fit.md has an example to copy"
    unknown = f"cannot be guessed from the columns {', '.join(headings)}"
    if NOT_UTF8 in whole.mended:
        unknown += f" ({ENCODING})"
    raise ScenarioError([Problem("--mapping", unknown, allowed, str(path))])


def missing(log: Path, folder: Path) -> Problem:
    """That the log has no mapping, and which: a built-in one that fits it, or a proposal, written to the folder."""
    text, name = propose(log)
    if name:
        return Problem("--mapping", f"missing; {log} looks like {mapping(name).export}", f"--mapping {name}")
    file = folder / f"{log.stem}.mapping.toml"
    if file.exists():
        return Problem("--mapping", "missing", f"--mapping {file}, which is there from before")
    write_files(folder, {file.name: text})
    problem = f"missing; {file} is a proposal from the header of {log}"
    return Problem("--mapping", problem, f"check it, then add --mapping {file}")


def _fits(path: Path, how: Mapping) -> bool:
    """Whether the file has every column that the mapping names and needs."""
    try:
        sheet, mended = sheet_of(path, how)
    except ScenarioError:
        return False
    return not any(what.startswith("no column") for what in mended) and len(sheet.columns) > 2


def _any(headings: tuple[str, ...], sheet: str | None = None) -> Mapping:
    return Mapping(kind="contacts", columns={"arrival": headings}, sheet=sheet)


def _is_volumes(sheet: pd.DataFrame, headings: list[str]) -> bool:
    """Whether it has the date and time of a volume file, at full five minutes, and numbers or lengths of time else."""
    table = CsvTable("", tuple(headings), ())
    date, clock = table.heading("date"), table.heading("time")
    if date is None or clock is None:
        return False
    counts = [h for h in headings if h not in (date, clock) and not _is_clock(sheet[h])]
    steps = sheet[clock].str.match(r"\s*\d{1,2}[:hH]\d[05](?!:\d?[1-9])").mean() > 0.9
    return bool(steps and counts) and all(_is_number(sheet[heading]) for heading in counts)


def _is_kind(kind: str, sheet: pd.DataFrame, columns: dict[str, str]) -> bool:
    """Whether it has what a log of that kind needs, in cells that can be that."""
    if kind == "messages":
        return all(name in columns for name in KINDS[kind][0]) and sheet[columns["sender"]].nunique() <= SENDERS
    if kind == "intervals":
        counts = [columns[name] for name in ("offered", "handled", "abandoned") if name in columns]
        enough = "offered" in columns or len(counts) == 2
        return "start" in columns and enough and all(_is_number(sheet[heading]) for heading in counts)
    if kind == "contacts" and {"agent", "end"} <= set(columns) <= {"arrival", "agent", "end", "outcome"}:
        return False  # shifts or activities of agents
    return all(name in columns for name in KINDS[kind][0])


def _across(headings: list[str]) -> list[str]:
    return [heading for heading in headings if re.search(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}", heading)]


def _head(path: Path, sheet: str | None) -> str:
    return (
        f"# Proposed by ccsim fit from the header of {path.name}. Look through every line: each is a guess.\n"
        "# What a mapping can say: docs/fit.md." + (f"\nsheet = {quoted(sheet)}" if sheet else "")
    )


def _text(head: str, sheet: pd.DataFrame, kind: str, columns: dict[str, str]) -> str:
    lines = [head, f"kind = {quoted(kind)}"]
    headings = [str(heading) for heading in sheet.columns if heading not in (LINE, WIDTH)]
    columns, lengths, total = _with_lengths(kind, sheet, columns, headings)
    if total:
        lines.append("total_handle_time = true  # lengths of all contacts of an interval together")
    if "channel" in columns and not sheet[columns["channel"]].str.strip().str.lower().isin([*MEDIA, *CHANNELS]).any():
        columns = {name: heading for name, heading in columns.items() if name != "channel"}
    date = next((h for h in headings if DATES & set(forms(h))), None)
    moment = {"contacts": "arrival", "intervals": "start", "rosters": "start", "messages": "sent"}[kind]
    at = columns[moment]
    used = {at, *columns.values(), *lengths.values()}
    if date and date != at and _is_clock(sheet[at]):
        used.add(date)
        if kind == "intervals":
            lines.append(f"columns.start = {quoted([date, columns.pop(moment)])}")
        else:
            lines.append(f"date = {quoted(date)}")
            if kind == "contacts" and {"answer", "end"} & set(columns):
                lines.append(f"follows = {quoted(at)}  # what is earlier is of the next day")
    lines += [f"columns.{name} = {quoted(heading)}" for name, heading in columns.items()]
    lines += [f"durations.{name} = {quoted(heading)}" for name, heading in lengths.items()]
    if others := [quoted(heading) for heading in headings if heading not in used]:
        lines.append(f"# left out: {', '.join(others)}")
    measured = lengths | {name: columns[name] for name in ("handle_time",) if name in columns}
    for name, heading in measured.items():
        unit = without_unit(heading)[1]
        if unit not in (None, "s"):
            lines.append(f"units.{name} = {quoted(unit)}")
    if "outcome" in columns:
        lines += _words(columns["outcome"], sheet[columns["outcome"]])
    if "activity" in columns:
        activities = ", ".join(printable(sheet[columns["activity"]].str.strip()).dropna().unique()[:20])
        lines.append(f'# words = {{ Open = "work" }}  # which of these are work: {activities}?')
    if "channel" not in columns and kind != "rosters":
        lines.append('# channel = "phone"  # or live_chat, messaging, email')
    return "\n".join([*lines, *_zones(columns.get(moment, "")), ""])


def _with_lengths(
    kind: str, sheet: pd.DataFrame, columns: dict[str, str], headings: list[str]
) -> tuple[dict[str, str], dict[str, str], bool]:
    """The columns that stay beside lengths of time, the lengths, and whether those are totals of intervals."""
    free = [heading for heading in headings if heading not in columns.values()]
    lengths = columns_of(free, LENGTHS.get(kind, ()))
    if kind == "contacts":
        return *_of_contacts(sheet, columns, lengths), False
    sums = {name for name, heading in (columns | lengths).items() if TOTAL.search(heading)}
    total = bool(sums & {"handle_time", "talk", "hold", "wrap", "handle"})
    known = ("left", "wait") if "handle_time" in columns else LENGTHS.get(kind, ())
    alike = {name: heading for name, heading in lengths.items() if name in known and (name in sums) == total}
    return columns, alike, total


def _of_contacts(
    sheet: pd.DataFrame, columns: dict[str, str], lengths: dict[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Columns and lengths of a log of contacts that go together; else those of arrivals alone."""
    columns = {
        name: heading
        for name, heading in columns.items()
        if name not in ("answer", "end") or _is_time(sheet[heading])  # a length, or yes and no, is no time
    }
    first = columns.pop("outcome", None)
    outcome = _outcome(sheet, {*columns.values(), *lengths.values()})
    if outcome is None and "answer" not in columns and not lengths.keys() & {"talk", "handle"}:
        outcome = first
    columns |= {"outcome": outcome} if outcome else {}
    ends = "end" in columns or lengths.keys() & {"talk", "handle", "total"}
    begins = "answer" in columns or lengths.keys() & {"wait", "total"} or "end" in columns
    if ends and begins:
        return columns, lengths
    return {name: heading for name, heading in columns.items() if name not in ("answer", "end", "outcome")}, {}


def _outcome(sheet: pd.DataFrame, taken: set[str]) -> str | None:
    """The column whose cells most often say whether somebody answered, and say both of some; None if there is none."""
    usual = {*USUAL["outcome"], *USUAL["answer"]}
    shares = {}
    for heading in (str(heading) for heading in sheet.columns if heading not in (LINE, WIDTH)):
        cells = sheet[heading].dropna().str.strip()
        if heading not in taken and usual & set(forms(heading)):
            meanings = cells.map({cell: _meaning(cell) for cell in cells.unique()})
            if (meanings == "answered").any() and (meanings == "abandoned").any():
                shares[heading] = float(meanings.isin(["answered", "abandoned"]).mean())
    return max(shares, key=lambda heading: shares[heading], default=None)


def _meaning(cell: str) -> str:
    """What an outcome seems to mean, as a whole or by its words; "" where they say nothing, or not the same."""
    meant = {bare(word): meaning for meaning, words in WORDS.items() for word in words.split()}
    if bare(cell) in meant:
        return meant[bare(cell)]
    parts = set(map(bare, re.findall(r"[^\W\d_]+", cell)))
    meanings = {meant[part] for part in parts if part in meant and part not in YES_AND_NO}
    if parts & NOT and meanings == {"answered"}:
        return "abandoned"
    return meanings.pop() if len(meanings) == 1 and not parts & NOT else ""


def _words(heading: str, cells: pd.Series[str]) -> list[str]:
    """What the outcomes of the log seem to mean; those that cannot be guessed are to be filled in."""
    other: dict[str, str] = {}
    if set(USUAL["abandoned"]) & set(forms(heading)):  # yes: it was
        other = {"answered": "abandoned", "abandoned": "answered"}
    known: list[tuple[str, str]] = []
    strange: list[str] = []
    for cell in cells.dropna().str.strip().value_counts().index[:20]:
        meaning = _meaning(cell)
        if bare(cell) in YES_AND_NO:
            meaning = other.get(meaning, meaning)
        if meaning:
            known.append((cell, meaning))
        elif cell:
            strange.append(cell)
    pairs = ", ".join(f"{quoted(cell)} = {quoted(meaning)}" for cell, meaning in known)
    lines = [f"words = {{ {pairs} }}"] if known else []
    shown = ", ".join(strange).replace("\n", " ")
    return [*lines, f"# words: what do these outcomes mean: {shown}? answered, abandoned, ignore"] if shown else lines


def _zones(heading: str) -> list[str]:
    """The zone that the heading of the times names, or a line to fill in."""
    names = re.findall(r"\(([A-Za-z_]+(?:/[A-Za-z_]+)*)\)", heading)
    zone = next((name for name in names if name in available_timezones()), None)
    if zone is not None and zone.upper() != "UTC":
        return [f"timezone = {quoted(zone)}  # as the heading says"]
    written = ['written_in = "UTC"  # as the heading says'] if re.search(r"\bUTC\b", heading, re.IGNORECASE) else []
    return [*written, '# timezone = "Europe/Rome"  # where the centre is']


def _is_number(cells: pd.Series[str]) -> bool:
    known = cells.dropna().str.strip()
    known = known[known != ""]
    return len(known) > 0 and bool(times.numbers(known).notna().mean() > 0.9)


def _is_time(cells: pd.Series[str]) -> bool:
    known = cells[~cells.fillna("").str.strip().isin(["", "0"])].head(50).str.strip()
    if not len(known):
        return False
    try:
        return bool(times.instants("", known, _any(("a",)), None).notna().mean() > 0.5) or _is_clock(known)
    except ScenarioError:  # a date whose day and month cannot be told apart
        return True


def _is_clock(cells: pd.Series[str]) -> bool:
    known = cells[cells.fillna("").str.strip() != ""].head(50).str.strip()
    return len(known) > 0 and bool(known.str.match(r"\d{1,2}[:hH]\d{2}").mean() > 0.5)  # others are totals
