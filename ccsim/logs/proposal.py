"""A mapping proposed from a log's header, to be looked through and edited: what each column seems to be."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ccsim.errors import Problem, ScenarioError
from ccsim.logs import times
from ccsim.logs.lines import LINE, WIDTH
from ccsim.logs.mapping import Mapping, built_in, mapping
from ccsim.logs.sheets import DELIMITERS, bare, decoded, sheet_of

if TYPE_CHECKING:
    import pandas as pd

NAMES: Final = {
    "conversation": "conversationid conversation threadid chatid sessionid",
    "sender": "sender sendertype author authortype from direction role",
    "sent": "sentat sent messagetime createdat timestamp time datetime",
    "contact": "contactid callid uniqueid interactionid ticketid caseid id contact callnumber ticket",
    "customer": "customerid customer callerid caller ani src requester phonenumber from",
    "queue": "queue queuename skill skillname ctname topic group ticketgroup department service type dst",
    "channel": "channel channeltype ticketchannel mediatype media",
    "arrival": (
        "arrival arrivaltime enqueuetimestamp enqueued queuestart starttime start calldate "
        "initiationtimestamp createdat created createdtime ticketcreatedtimestamp ticketcreated datetime timestamp "
        "calltime time opened"
    ),
    "answer": "answer answered answertime answeredat connectedtoagenttimestamp connected firstresponseat",
    "end": "end endtime ended endedat disconnecttimestamp hangup resolvedat closedat closed",
    "agent": "agent agentname agentid agentusername user username operator server employee assignee assigneename",
    "outcome": "outcome disposition result answeredyn abandoned callstatus",
    "team": "team group supervisor department",
    "activity": "activity activitycode activityname exception",
    "start": "start starttime intervalstart startinterval timestamp interval datetime from begin",
    "offered": (
        "offered offer incomingcontactvolume contactsoffered contactsqueued callsoffered calls volume received "
        "actcontactsreceived contacts incomingcalls"
    ),
    "handled": (
        "handled interactionshandled contactshandled answered answer callshandled actcontactshandled answeredcalls"
    ),
    "handle_time": "aht averagehandletime avghandle avghandletime actaht handletime talkdurationavg",
    "wait": (
        "wait waittime waitingtime queuetime speedofanswer asa firstresponse firstresponsetime "
        "firstreplytime timetofirstresponse"
    ),
    "talk": "talk talktime talkduration billsec",
    "hold": "hold holdtime",
    "wrap": "wrap wrapup acw aftercallwork wraptime",
    "handle": "handle handletime",
    "total": (
        "duration callduration totaltime resolution resolutiontime timetoresolution fullresolution fullresolutiontime"
    ),
}
"""Headings, bare of case, spaces, punctuation and units, by what they mostly are."""
KINDS: Final = {
    "messages": (("conversation", "sender", "sent"), ("queue", "channel", "agent")),
    "intervals": (("start", "offered"), ("queue", "channel", "handled", "handle_time")),
    "contacts": (("arrival",), ("contact", "customer", "queue", "channel", "answer", "end", "agent", "outcome")),
    "rosters": (("agent", "start", "end"), ("team", "activity")),
}
"""By kind of log the columns that it needs, and others."""
LENGTHS: Final = ("wait", "talk", "hold", "wrap", "handle", "total")
UNITS: Final = (
    ("ms", r"\(?\b(?:ms|msec|milliseconds?|millis)\b\)?"),
    ("min", r"\(?\b(?:min|mins|minutes?)\b\)?"),
    ("h", r"\(?\b(?:hrs?|hours?)\b\)?"),
    ("s", r"\(?\b(?:in )?(?:s|sec|secs|seconds?)\b\)?"),
)
WORDS: Final = {
    "answered": "y yes true 1 answered handled completed connected agent resolved closed",
    "abandoned": "n no false 0 abandoned abandon noanswer hang hangup missed lost unanswered",
}


def propose(path: Path) -> tuple[str, str]:
    """The text of a mapping for the log, and what it is: the name of a built-in mapping that fits, or "".

    Raises ScenarioError where the header says too little.
    """
    if path.suffix != ".parquet" and "|ENTERQUEUE|" in decoded(path, _any(("",)))[0]:
        return built_in()["asterisk"], "asterisk"
    for name, text in built_in().items():
        how = mapping(name)
        if how.export and not how.header and _fits(path, how):
            return text, name
    sheet = _sheet(path)
    headings = [str(heading) for heading in sheet.columns if heading not in (LINE, WIDTH)]
    for kind, (needed, others) in KINDS.items():
        columns = _columns(headings, (*needed, *others))
        if kind == "contacts" and ("agent" in columns and _across(headings)):
            break
        if all(name in columns for name in needed):
            return _text(path, sheet, kind, columns), ""
    agent = _columns(headings, ("agent", "team"))
    if "agent" not in agent and len(_across(headings)) > 1:
        agent["agent"] = headings[0]
    if "agent" in agent and _across(headings):
        lines = [f"columns.{name} = {json.dumps(heading, ensure_ascii=False)}" for name, heading in agent.items()]
        return "\n".join([_head(path), 'kind = "rosters"', "days_across = true", *lines, ""]), ""
    allowed = "a mapping that says what stands where: docs/fit.md has an example to copy"
    unknown = f"cannot be guessed from the columns {', '.join(headings)}"
    raise ScenarioError([Problem("--mapping", unknown, allowed, str(path))])


def _fits(path: Path, how: Mapping) -> bool:
    """Whether the file has every column that the mapping names and needs."""
    try:
        sheet, mended = sheet_of(path, how)
    except ScenarioError:
        return False
    return not any(what.startswith("no column") for what in mended) and len(sheet.columns) > 2


def _sheet(path: Path) -> pd.DataFrame:
    """The file under its own headings."""
    if path.suffix == ".parquet":
        text = ""
    else:
        text = next((line for line in decoded(path, _any(("",)))[0].splitlines() if line.strip()), "")
    cells = text.split(max(DELIMITERS, key=text.count)) if text else ["arrival"]
    first = cells[0].strip().strip('"').strip("\ufeff")
    return sheet_of(path, _any((first,)))[0]


def _any(headings: tuple[str, ...]) -> Mapping:
    return Mapping(kind="contacts", columns={"arrival": headings})


def _plain(heading: str) -> tuple[str, str | None]:
    """A heading bare of its unit, and the unit."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", heading)
    for unit, pattern in UNITS:
        if re.search(pattern, spaced, re.IGNORECASE):
            return bare(re.sub(r"\bin\b", "", re.sub(pattern, "", spaced, flags=re.IGNORECASE))), unit
    return bare(heading), None


def _columns(headings: list[str], names: tuple[str, ...]) -> dict[str, str]:
    """Our columns and the headings that seem to be them: each heading once, the most usual name first."""
    plain = {heading: _plain(heading)[0] for heading in headings}
    chosen: dict[str, str] = {}
    for name in names:
        for usual in NAMES[name].split():
            fitting = [h for h, text in plain.items() if text == usual and h not in chosen.values()]
            if fitting:
                chosen[name] = fitting[0]
                break
    return chosen


def _across(headings: list[str]) -> list[str]:
    return [heading for heading in headings if re.search(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}", heading)]


def _head(path: Path) -> str:
    return (
        f"# Proposed by ccsim fit from the header of {path.name}. Look through every line: each is a guess.\n"
        "# What a mapping can say: docs/fit.md."
    )


def _text(path: Path, sheet: pd.DataFrame, kind: str, columns: dict[str, str]) -> str:
    lines = [_head(path), f"kind = {json.dumps(kind)}"]
    lengths: dict[str, str] = {}
    if kind == "contacts":
        others = [str(h) for h in sheet.columns if h not in (LINE, WIDTH) and h not in columns.values()]
        lengths = _columns(others, LENGTHS)
        for name in ("answer", "end"):  # a length, or yes and no, is no time
            if name in columns and not _is_time(sheet[columns[name]]):
                del columns[name]
        if not lengths.keys() & {"talk", "handle", "total"} and "end" not in columns:
            lengths = {}
            columns = {name: heading for name, heading in columns.items() if name not in ("answer", "outcome")}
        elif "answer" not in columns and not lengths.keys() & {"wait", "total"} and "end" not in columns:
            lengths = {}
    date = next((str(h) for h in sheet.columns if bare(str(h)) in ("date", "day", "calldate")), None)
    moment = {"contacts": "arrival", "intervals": "start", "rosters": "start", "messages": "sent"}[kind]
    if date and date != columns[moment] and _is_clock(sheet[columns[moment]]):
        if kind == "intervals":
            lines.append(f"columns.start = {json.dumps([date, columns.pop(moment)], ensure_ascii=False)}")
        else:
            lines.append(f"date = {json.dumps(date, ensure_ascii=False)}")
    lines += [f"columns.{name} = {json.dumps(heading, ensure_ascii=False)}" for name, heading in columns.items()]
    lines += [f"durations.{name} = {json.dumps(heading, ensure_ascii=False)}" for name, heading in lengths.items()]
    measured = lengths | {name: columns[name] for name in ("handle_time",) if name in columns}
    for name, heading in measured.items():
        unit = _plain(heading)[1]
        if unit not in (None, "s"):
            lines.append(f"units.{name} = {json.dumps(unit)}")
    if "outcome" in columns:
        lines += _words(sheet[columns["outcome"]])
    if "channel" not in columns and kind != "rosters":
        lines.append('# channel = "phone"  # or live_chat, messaging, email')
    lines += ['# timezone = "Europe/Rome"  # where the centre is', ""]
    return "\n".join(lines)


def _words(cells: pd.Series[str]) -> list[str]:
    """What the outcomes of the log seem to mean; those that cannot be guessed are to be filled in."""
    meant = {word: meaning for meaning, words in WORDS.items() for word in words.split()}
    known: list[tuple[str, str]] = []
    strange: list[str] = []
    for cell in cells.dropna().str.strip().value_counts().index[:20]:
        meaning = meant.get(bare(cell))
        if meaning:
            known.append((cell, meaning))
        elif cell:
            strange.append(cell)
    pairs = ", ".join(f"{json.dumps(cell, ensure_ascii=False)} = {json.dumps(meaning)}" for cell, meaning in known)
    lines = [f"words = {{ {pairs} }}"] if known else []
    shown = ", ".join(strange).replace("\n", " ")
    return [*lines, f"# words: what do these outcomes mean: {shown}? answered, abandoned, ignore"] if shown else lines


def _is_time(cells: pd.Series[str]) -> bool:
    known = cells[cells.fillna("").str.strip() != ""].head(50).str.strip()
    if not len(known):
        return False
    try:
        return bool(times.instants("", known, _any(("a",)), None).notna().mean() > 0.5) or _is_clock(known)
    except ScenarioError:  # a date whose day and month cannot be told apart
        return True


def _is_clock(cells: pd.Series[str]) -> bool:
    known = cells[cells.fillna("").str.strip() != ""].head(50).str.strip()
    return len(known) > 0 and bool(known.str.match(r"\d{1,2}:\d{2}").all())
