"""Logs read by a mapping, column by column; a line that cannot be used is kept with its reason, never just dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ccsim.errors import Problem, ScenarioError
from ccsim.logs import times
from ccsim.logs.days_across import as_counts, as_shifts
from ccsim.logs.events import as_contacts
from ccsim.logs.identity import DONE, same_ids
from ccsim.logs.lines import (
    FAR_OFF,
    LEFT_OUT,
    LINE,
    WIDTH,
    Lines,
    first,
    joined,
    length,
    mask,
    printable,
    refuse_days,
    refuse_intervals,
    stray,
    text_of,
    translated,
)
from ccsim.logs.mapping import TIMES, Mapping
from ccsim.logs.open_contacts import OPEN, OVERTAKEN, begun, overtaken, who_is_here
from ccsim.logs.records import COLUMNS, FOLLOWS, Logs, Reading
from ccsim.logs.repeated_hour import by_order, groups_in_order, put_back
from ccsim.logs.sheets import sheet_of
from ccsim.scenario.channels import CHANNELS
from ccsim.tables import Outcome

if TYPE_CHECKING:
    import pandas as pd

JOINED: Final = ("queue", "contact", "conversation")
"""Made of all the columns that are named; of others the first that is not empty counts."""
SENDERS: Final = ("customer", "agent")
ANY_CHANNEL: Final = {"contacts": "phone", "messages": "messaging", "intervals": "phone"}
"""Channel by kind of log, where neither log nor mapping names one."""
MEDIA: Final = {
    "message": "messaging",
    "messenger": "messaging",
    "whatsapp": "messaging",
    "sms": "messaging",
    "chat": "live_chat",
    "web chat": "live_chat",
    "webchat": "live_chat",
    "livechat": "live_chat",
    "voice": "phone",
    "call": "phone",
    "telephone": "phone",
    "phone call": "phone",
    "portal": "email",
    "callback": "phone",
    "e-mail": "email",
    "mail": "email",
    "web": "email",
    "web form": "email",
    "webform": "email",
    "form": "email",
    "facebook": "social",
    "instagram": "social",
}
"""Channels by the media types of the usual exports, where a mapping says nothing else."""
MOST: Final = 1e9
"""Contacts or seconds of an interval; what is above is no number of either."""
UNKNOWN_OUTCOME: Final = "unknown outcome: "
UNKNOWN_SENDER: Final = "unknown sender: "
LEFT_UNSEEN: Final = "not answered, and no time at which it left: it counts, how long it waited is not known"
NOBODY: Final = (
    "anonymous", "anonym", "anonyme", "anonimo", "anónimo", "unknown", "unbekannt", "inconnu", "sconosciuto",
    "desconocido", "private", "privat", "privé", "privato", "privado", "withheld", "restricted", "unavailable",
    "blocked", "unterdrückt", "masqué", "oculto", "undisclosed", "guest",
    "+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253",
)  # fmt: skip
"""Instead of a customer's number or name, in any case; the numbers are such words on a keypad, as Twilio has them."""
DRAW: Final = 1
"""Seed of what a log does not know and is drawn from what it does."""


def read(path: Path, how: Mapping, live: bool = False) -> Reading:
    """The log in that file: a table as text, or a Parquet file.

    `live`: with the contacts that are still under way, whose outcome is open; they are refused otherwise.
    Raises ScenarioError when it cannot be read at all: no such file, not text, a needed column that the file lacks, or
    not one line that can be used.
    """
    sheet, notes = sheet_of(path, how)
    try:
        if how.days_across:
            sheet, how, without = (as_counts if how.kind == "intervals" else as_shifts)(sheet, how, str(path))
            notes |= without
        if how.kind == "events":
            return _usable(_of_events(sheet, how, notes, live), path)
        how, lines = how.with_outcomes_of(sheet.columns), Lines(sheet, live)
        lines.mended |= notes
        rows = _columns(sheet, how, lines)
        again = sheet.drop(columns=[LINE, WIDTH]).duplicated()
        if how.arrivals_only and "contact" not in how.columns:  # two may come in the same minute
            lines.mend(again, "the same line again: counted each time, as no id tells them apart")
        else:
            lines.refuse(again, "the same line again")
        return _usable(_reading(how.kind, rows, lines), path)
    except ScenarioError as bad:  # of a column: in that file
        raise ScenarioError([replace(problem, file=problem.file or str(path)) for problem in bad.problems]) from None


def _usable(reading: Reading, path: Path) -> Reading:
    """Raises ScenarioError if no line can be used."""
    if reading.rows.empty:
        most = next(iter(reading.reasons.items()), None)
        why = f"{most[0]} ({most[1]} lines)" if most else "it has no lines"
        allowed = "see the mapping" if not unknown_senders([reading]) else SENDER_WORDS
        raise ScenarioError([Problem("", f"no line can be used: {why}", allowed, str(path))])
    return reading


SENDER_WORDS: Final = 'words in the mapping, such as words = { lead = "customer", admin = "agent", bot = "ignore" }'


def unknown_senders(readings: Sequence[Reading]) -> list[str]:
    """Senders of messages that are neither customer nor agent, and which no mapping explains."""
    reasons = {reason for reading in readings for reason in reading.reasons if reason.startswith(UNKNOWN_SENDER)}
    return sorted(reason.removeprefix(UNKNOWN_SENDER) for reason in reasons)


def _reading(kind: str, rows: pd.DataFrame, lines: Lines) -> Reading:
    if kind not in ("rosters", "messages"):  # threads may be as old as that
        far = stray(rows.loc[lines.usable, TIMES[kind][0]])
        lines.refuse(far.reindex(rows.index, fill_value=False), FAR_OFF)
    kept = rows[lines.usable].loc[:, ["line", *COLUMNS[kind]]].reset_index(drop=True)
    return Reading(kind, kept, lines.refused(), {what: count for what, count in lines.mended.items() if count})


def _columns(sheet: pd.DataFrame, how: Mapping, lines: Lines) -> pd.DataFrame:
    """Our columns of a sheet with a row each: texts, local times, numbers; what cannot be used is refused."""
    import pandas as pd

    lines.refuse(sheet[WIDTH] == "", "an empty line")
    lines.refuse(sheet[WIDTH] == "more", "more cells than the header has")
    rows = pd.DataFrame({"line": sheet[LINE].astype("int64")})
    instants = {*TIMES[how.kind], "left", "until"}
    days = _days(sheet, how, lines)
    begins = TIMES[how.kind][0]  # read first: whether its order tells which of two times each line means counts for all
    for name, headings in sorted(how.columns.items(), key=lambda column: column[0] != begins):
        sources = [source for source in headings if source in sheet.columns]
        if not sources:
            continue
        if name in instants:
            unit = how.units.get(name)
            texts = [text_of(sheet[source], how, "") for source in sources]
            if days is None and len(sources) > 1 and (how.kind == "intervals" or _halves(texts)):
                sources, texts = [" ".join(sources)], [texts[0] + " " + texts[1]]
            groups = groups_in_order(name, sheet, how)
            rows[name] = first(
                [
                    _moments(*column, sheet, how, days, unit, lines, groups)
                    for column in zip(sources, texts, strict=True)
                ]
            )
        else:
            texts = [text_of(sheet[source], how, name) for source in sources]
            rows[name] = joined(texts) if name in JOINED else first(texts)
    lengths = {name: [text_of(sheet[source], how, name) for source in how.durations[name]] for name in how.durations}
    comma = _comma(how, [text for texts in lengths.values() for text in texts])
    for name, headings in how.durations.items():
        texts = lengths[name]
        rows[length(name)] = first(
            [times.seconds(*column, how.units.get(name), comma) for column in zip(headings, texts, strict=True)]
        )
        unread = rows[length(name)].isna() & first(texts).notna()
        lines.refuse(unread, f"{headings[0]}: not a length of time{_example(texts[0], unread)}")
        lines.refuse(rows[length(name)] < 0, f"{headings[0]}: below 0")
    for name in COLUMNS[how.kind]:
        if name not in rows:
            rows[name] = pd.NaT if name in instants else pd.array([None] * len(rows), "string")
    for name in {"queue", "team", "agent"} & set(rows):
        rows[name] = printable(rows[name])
    if "queue" in COLUMNS[how.kind]:
        rows["queue"] = rows["queue"].fillna(how.queue)
        _channels(rows, how, lines)
    _KINDS[how.kind](rows, sheet, how, lines)
    return rows


def _halves(texts: Sequence[pd.Series[str]]) -> bool:
    """Whether the second column has a time of day only, so that the first is its date."""
    clocks = texts[1].dropna()
    return bool(len(clocks)) and bool(clocks.str.fullmatch(r"\d{1,2}:\d{2}(?::\d{2})?(?:\s*[AaPp]\.?[Mm]\.?)?").all())


def _comma(how: Mapping, texts: Sequence[pd.Series[str]]) -> bool | None:
    """Whether numbers have decimal commas, by the mapping or by one of the columns; None where neither says."""
    if how.decimal is not None:
        return how.decimal == ","
    return any(times.decimal_comma(text) for text in texts) or None


def _example(text: pd.Series[str], those: Any, form: str = "") -> str:
    """What stands in the first of those cells, and what was expected."""
    shown = text[mask(those) & text.notna().to_numpy(np.bool_)]
    if not len(shown):
        return ""
    return f" ({str(shown.iloc[0])[:30]}{f'; expected {form}' if form else ''})"


def _of_events(sheet: pd.DataFrame, how: Mapping, notes: dict[str, int], live: bool) -> Reading:
    """The contacts that a sheet of events makes."""
    import pandas as pd

    of_events = Lines(sheet)
    of_events.mended |= notes
    rows = as_contacts(sheet, how, of_events)
    of_contacts = Lines(pd.DataFrame({"contact": rows["contact"], LINE: rows["line"], WIDTH: "full"}), live)
    for name in COLUMNS["contacts"]:
        if name not in rows:
            rows[name] = pd.NaT if name == "until" else pd.array([None] * len(rows), "string")
    as_one = how.model_copy(update={"kind": "contacts", "columns": how.columns | {"outcome": ("event",)}})
    for name in ("queue", "agent"):
        rows[name] = printable(rows[name])
    rows["queue"] = rows["queue"].fillna(how.queue)
    _channels(rows, as_one, of_contacts)
    _contacts(rows, sheet, as_one, of_contacts)
    reading = _reading("contacts", rows, of_contacts)
    refused = pd.concat([part for part in (of_events.refused(), reading.refused) if len(part)] or [reading.refused])
    return replace(reading, refused=refused.reset_index(drop=True), mended=of_events.mended | reading.mended)


def _days(sheet: pd.DataFrame, how: Mapping, lines: Lines) -> pd.Series[Any] | None:
    if how.date is None:
        return None
    text = text_of(sheet[how.date], how, "")
    days = times.days(how.date, text, how)
    lines.refuse(
        days.isna(),
        f"no date in {how.date}{_example(text, days.isna(), how.date_format or 'a date such as 2026-03-02')}",
    )
    return days


def _moments(
    source: str,
    text: pd.Series[str],
    sheet: pd.DataFrame,
    how: Mapping,
    days: pd.Series[Any] | None,
    unit: str | None,
    lines: Lines,
    groups: Any,
) -> pd.Series[Any]:
    """A column as local times; lines with text that is no time are refused.

    `groups` of lines are in the order of these times, if any are.
    """
    import pandas as pd

    if how.kind == "intervals":
        text = times.starts(text)
    text = text.mask(text == "0")  # what systems write for no time at all
    if days is not None:
        clock = times.clock(text, how)
        wall = days + clock
        if how.follows is not None:
            began = times.clock(text_of(sheet[how.follows], how, ""), how)
            wall = wall.where(~(clock < began - pd.Timedelta(hours=12)), wall + pd.Timedelta(days=1))
        moments = times.in_utc(wall, how)
    else:
        moments = times.instants(source, text, how, unit)
    if how.kind == "intervals":
        dates = times.dates_alone(text)
        if moments[~dates].notna().any():
            lines.refuse(dates, f"{source}: a date alone where others have a clock time: the total of a day?")
    unread = text.notna() & moments.isna()
    zone = how.written_in or how.timezone
    if how.timezone is not None and unread.any():
        named = unread & times.zone_name(text).notna()
        lines.refuse(named, f"{source}: not a name of a time in {zone}{_example(text, named, 'an offset (-0500)')}")
        unread &= ~named
        if days is None:
            wall = times.instants(source, text[mask(unread)], how.model_copy(update={"timezone": None}), unit)
        skipped = unread & wall.notna().reindex(text.index, fill_value=False)
        lines.refuse(skipped, f"{source}: the clock of {zone} skips that hour{_example(text, skipped)}")
    if how.timezone is not None:
        either = times.comes_again(moments, how) & ~times.says_offset(text, how, unit)
        if either.any():
            moments = by_order(moments, either, groups, how, lines)
    form = how.time_format or times.EXAMPLE
    if text[mask(unread)].str.fullmatch(r"[45]\d{4}(?:[.,]\d+)?").any():
        form += "; is it the number of a day? Format the column as date and time in the spreadsheet"
    elif text[mask(unread)].str.fullmatch(r"\d{1,6}(?:[.,]\d+)?").any():
        form += ", or for a length of time durations in the mapping"
    lines.refuse(unread, f"{source}: not a time{_example(text, unread, form)}")
    return moments.astype("datetime64[us]")


def _channels(rows: pd.DataFrame, how: Mapping, lines: Lines) -> None:
    channels, otherwise = translated(rows["channel"], how), how.channel or ANY_CHANNEL[how.kind]
    channels = channels.replace(MEDIA).fillna(rows["queue"].map(how.channels).astype("string"))
    strange = channels.notna() & ~channels.isin(list(CHANNELS))
    for word in sorted(set(rows["channel"][strange])):
        lines.mend(strange & (rows["channel"] == word), f"unknown channel {word}: taken as {otherwise}")
    rows["channel"] = channels.mask(strange).fillna(otherwise)


def _contacts(rows: pd.DataFrame, sheet: pd.DataFrame, how: Mapping, lines: Lines) -> None:
    import pandas as pd

    put_back(rows, how, lines)
    answered, here = _outcomes(rows, how, lines)
    nobody = rows["customer"].str.lower().isin(list(NOBODY))
    lines.mend(nobody, "customers who withhold who they are: not known")
    rows["customer"] = rows["customer"].mask(nobody)
    lines.refuse(rows["arrival"].isna(), "no arrival")
    if how.reached:
        never = first([text_of(sheet[column], how, "") for column in how.reached]).isna()
        lines.refuse(~answered & never, f"never reached a queue: no {' or '.join(how.reached)}")
    if how.arrivals_only:
        rows["outcome"], rows["end"], answered = "unknown", pd.NaT, answered & False
        lines.mend(rows["arrival"].notna(), "an arrival, of which the log does not say what became of it")
    cases = _cases(rows, how)
    lines.mend(cases, "a call or chat in a list of cases: an arrival, as the time until it was closed is no work")
    rows["outcome"], answered = rows["outcome"].mask(cases, "unknown"), answered & ~cases
    _lengths(rows, answered, how)
    rows["end"], rows["wrapped"] = rows["end"].mask(cases | here), rows["wrapped"].mask(here)
    lines.refuse(answered & rows["answer"].isna(), "answered, but no time of the answer")
    rows["outcome"] = rows["outcome"].mask(here & ~cases, OPEN)
    rows["answer"] = rows["answer"].where(answered)
    if "left" in rows:
        rows["end"] = rows["end"].where(answered, rows["left"])
    lines.refuse(answered & rows["end"].isna() & ~here, "no end")
    if not how.arrivals_only:
        lines.mend(~answered & ~cases & ~here & rows["end"].isna(), LEFT_UNSEEN)
    _in_order(rows, how, lines)
    clock = times.local(rows["arrival"], how)
    for name in TIMES["contacts"]:
        rows[name] = rows[name] + clock
    refuse_days(rows["arrival"], lines)
    if how.arrivals_only:
        refuse_intervals(rows, lines)
    rows["agent"] = rows["agent"].where(answered)
    lines.mend(answered & rows["agent"].isna(), "answered, but by nobody knows whom")
    _priorities(rows, sheet, how, lines)
    channels = rows[lines.usable].groupby("queue")["channel"].nunique()
    several = rows["queue"].isin(channels.index[channels > 1])
    lines.mend(several, "in a queue of several channels: a queue for each of them")
    rows["queue"] = rows["queue"].mask(several, rows["queue"] + " (" + rows["channel"] + ")")
    if "contact" in how.columns:
        same_ids(rows, lines)
    rows["contact"] = rows["contact"].fillna(rows["line"].astype("string"))


def _outcomes(rows: pd.DataFrame, how: Mapping, lines: Lines) -> tuple[pd.Series[bool], pd.Series[bool]]:
    """Who was answered and, of a log read live, who is still under way; outcomes as words of ours."""
    if "outcome" in how.columns:
        outcomes = rows["outcome"]
        rows["outcome"] = translated(outcomes, how)
        lines.refuse(rows["outcome"] == "ignore", LEFT_OUT + ": " + outcomes.fillna(""))
        known = ["answered", *(outcome.name.lower() for outcome in Outcome if outcome >= 0)]
        answered = rows["outcome"].isin(DONE).fillna(False)
        here = who_is_here(rows, how, answered, lines)
        lines.refuse(outcomes.isna() & ~here, "no outcome")
        lines.refuse(~rows["outcome"].isin(known) & ~here, UNKNOWN_OUTCOME + outcomes.fillna(""))
    else:
        answered = _answered(rows, how)
        here = who_is_here(rows, how, answered, lines)
        rows["outcome"] = np.where(answered, "answered", "abandoned")
        lines.mend(here & overtaken(rows, answered), OVERTAKEN)
    return answered | (here & begun(rows, how)), here


def _in_order(rows: pd.DataFrame, how: Mapping, lines: Lines) -> None:
    """Moments that follow one another: small disorder is put right."""
    import pandas as pd

    tolerance = pd.Timedelta(seconds=how.tolerance)
    for name, before in FOLLOWS:
        early = rows[name] < rows[before]
        why = (
            f": units.wait = {how.units.get('wait', 's')!r}, is that right?"
            if before == "answer" and "wait" in how.durations
            else ""
        )
        lines.refuse(early & (rows[before] - rows[name] > tolerance), f"{name} before {before}{why}")
        lines.mend(early, f"{name} up to {how.tolerance:g} s before {before}: taken as equal")
        rows[name] = rows[name].where(~early, rows[before])


def _cases(rows: pd.DataFrame, how: Mapping) -> pd.Series[bool]:
    """Calls and chats in a list of cases, some of which go on for days: of the work on them it says nothing."""
    lasting = rows["channel"].map(lambda name: CHANNELS[name].persistent).astype("bool")
    closed = "total" in how.durations and not {"talk", "handle"} & set(how.durations)
    return ~lasting & (closed and bool(lasting.any()) and not {"answer", "end"} & set(how.columns))


def _answered(rows: pd.DataFrame, how: Mapping) -> pd.Series[Any]:
    """Without outcomes: those with an answer, or, where no column says when, with talk."""
    for name in ("talk", "handle"):
        if "answer" not in how.columns and name in how.durations:
            return rows[length(name)].fillna(0) > 0
    return rows["answer"].notna() if "answer" in how.columns or not how.durations else rows["arrival"].notna()


def _lengths(rows: pd.DataFrame, answered: pd.Series[Any], how: Mapping) -> None:
    """Answer, end and end of wrap-up from the lengths of time that the log has instead."""
    import pandas as pd

    if not how.durations:
        return
    nothing = pd.Series(np.nan, rows.index)
    lengths = {name: rows.get(length(name), nothing) for name in ("wait", "talk", "hold", "wrap", "handle", "total")}
    lengths = {
        name: pd.to_timedelta(seconds.where(seconds < 1e9), unit="s").dt.round("us").astype("timedelta64[us]")
        for name, seconds in lengths.items()
    }
    zero = pd.Timedelta(0)
    spoke = lengths["talk"] + lengths["hold"].fillna(zero)
    spoke = spoke.fillna(lengths["handle"] - lengths["wrap"].fillna(zero))
    until = rows["end"].fillna(rows["arrival"] + lengths["total"])
    rows["answer"] = rows["answer"].fillna(rows["arrival"] + lengths["wait"]).fillna(until - spoke).where(answered)
    rows["end"] = until.where(answered, until.fillna(rows["arrival"] + lengths["wait"]))
    rows["end"] = rows["end"].fillna(rows["answer"] + spoke)
    rows["wrapped"] = rows["wrapped"].fillna((rows["end"] + lengths["wrap"]).where(answered))


def _priorities(rows: pd.DataFrame, sheet: pd.DataFrame, how: Mapping, lines: Lines) -> None:
    """Priorities become queues of their own; those that the log cannot know are drawn from the known of the queue."""
    if "priority" not in rows:
        return
    judge = how.known_if.get("priority")
    if judge is not None:
        unknown = text_of(sheet[judge], how, "").isna() & rows["customer"].isna()
        draw = np.random.default_rng(DRAW)
        for _, group in rows[lines.usable].groupby("queue"):
            known = group.loc[~unknown[group.index], "priority"].to_numpy()
            lost = group.index[unknown[group.index]]
            if len(known):
                rows.loc[lost, "priority"] = draw.choice(known, len(lost))
        lines.mend(unknown, f"priority unknown without {judge}: drawn from the known ones of its queue")
    rows["queue"] = rows["queue"].str.cat(rows["priority"].fillna("0"), sep="_")


def _messages(rows: pd.DataFrame, sheet: pd.DataFrame, how: Mapping, lines: Lines) -> None:
    import pandas as pd

    senders = rows["sender"]
    rows["sender"] = translated(senders, how)
    lines.refuse(rows["conversation"].isna(), "no conversation")
    lines.refuse(rows["sender"] == "ignore", LEFT_OUT + ": " + senders.fillna(""))
    lines.refuse(senders.isna(), "no sender")
    lines.refuse(~rows["sender"].isin(SENDERS), UNKNOWN_SENDER + senders.fillna(""))
    lines.refuse(rows["sent"].isna(), "no time")
    lines.refuse(rows["begun"] > rows["sent"], "sent before it was begun")
    if "order" in rows:
        order = times.numbers(rows["order"])
        lines.refuse(order.isna(), "no number of the message")
        ordered = rows[lines.usable].assign(order=order).sort_values(["conversation", "order"], kind="stable")
        latest = ordered.groupby("conversation")["sent"].cummax()
        late = pd.Series(False, index=rows.index)
        late[ordered.index] = ordered["sent"] < latest
        lines.refuse(late, "sent before a message that it follows")
        lines.refuse(rows["conversation"].isin(rows["conversation"][late]), "in a conversation whose order is broken")
    clock = times.local(rows.groupby("conversation")["sent"].transform("min").fillna(rows["sent"]), how)
    for name in TIMES["messages"]:
        rows[name] = rows[name] + clock
    refuse_days(rows["sent"], lines)


COUNTS: Final = ("offered", "handled", "abandoned")
"""Columns of an interval export that are numbers of contacts."""


def _intervals(rows: pd.DataFrame, sheet: pd.DataFrame, how: Mapping, lines: Lines) -> None:
    import pandas as pd

    lines.refuse(rows["start"].isna(), "no start")
    rows["start"] = rows["start"] + times.local(rows["start"], how)
    texts = {name: rows[name].astype("string") for name in (*COUNTS, "handle_time") if name in rows}
    lengths = [sheet[source].str.strip() for sources in how.durations.values() for source in sources if source in sheet]
    comma = _comma(how, [*texts.values(), *lengths])
    whole = any(bool(texts[name].str.fullmatch(r"\d+").any()) for name in COUNTS if name in texts)
    for name, text in texts.items():
        unit = how.units.get(name)
        timed = name == "handle_time"
        numbers = times.seconds(name, text, unit, comma) if timed else times.counts(name, text, comma, whole)
        unread = text.notna() & numbers.isna()
        lines.refuse(unread, f"{name}: not a number{_example(text, unread)}")
        lines.refuse(numbers < 0, f"{name}: below 0")
        lines.refuse(numbers > MOST, f"{name}: beyond sense{_example(text, numbers > MOST)}")
        rows[name] = numbers
    if "abandoned" in how.columns:
        rows["offered"] = rows["offered"].fillna(rows["handled"] + rows["abandoned"])
        rows["handled"] = rows["handled"].fillna((rows["offered"] - rows["abandoned"]).clip(lower=0))
    lines.refuse(rows["offered"].isna(), "no number offered")
    parts = [rows[length(name)] for name in ("talk", "hold", "wrap", "handle") if name in how.durations]
    if "handle" in how.durations:
        rows["handle_time"] = rows[length("handle")]
    elif parts:
        rows["handle_time"] = pd.concat(parts, axis=1).sum(axis=1, min_count=1)
    for name, kind in (("asa", "wait"), ("wait_of_lost", "left")):
        rows[name] = rows[length(kind)] if kind in how.durations else np.nan
    if how.total_handle_time:
        lost, served = rows["offered"] - rows["handled"], rows["handled"].fillna(rows["offered"])
        for name, number in (("handle_time", served), ("asa", served), ("wait_of_lost", lost)):
            rows[name] /= number.where(number > 0)
    again = rows[lines.usable].duplicated(["queue", "start"])
    lines.refuse(again.reindex(rows.index, fill_value=False), "an interval that came before")


def _rosters(rows: pd.DataFrame, sheet: pd.DataFrame, how: Mapping, lines: Lines) -> None:
    rows["activity"] = translated(rows["activity"], how).fillna("work")
    if how.date is not None and how.follows is None:  # clock times of one date: a smaller end is of the next day
        rows["end"] = rows["end"].where(~(rows["end"] <= rows["start"]), times.a_day_later(rows["end"], how))
    for name in TIMES["rosters"]:
        rows[name] = rows[name] + times.local(rows[name], how)
    lines.refuse(rows["activity"] == "ignore", LEFT_OUT)
    for name in ("agent", "start", "end"):
        lines.refuse(rows[name].isna(), f"no {name}")
    lines.refuse(rows["end"] <= rows["start"], "ends before it starts")
    others = rows["activity"][lines.usable & mask(rows["activity"] != "work")].value_counts()
    lines.mended |= {f"activity {activity}: no work": int(count) for activity, count in others.items()}


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


def read_all(
    files: Sequence[Path], mappings: Sequence[Mapping | None], live: bool = False, zone: str | None = None
) -> Logs:
    """Several logs together, each by its mapping; None for logs of `ccsim run`. `live` as in `read`.

    With a `zone`, that of logs that name none, all times are in UTC, where no hour comes twice. Raises ScenarioError as
    `read` does.
    """
    import pandas as pd

    from ccsim.logs.from_ccsim import read_own

    parts: list[Logs] = []
    for file, how in zip(files, mappings, strict=True):
        if how is None:
            parts.append(read_own(file, zone))
            continue
        clock = how if zone is None else how.in_utc(zone)
        reading = _unlike(read(file, clock, live), [reading for part in parts for _, reading in part.readings])
        frames: dict[str, Any] = {reading.kind: reading.rows}
        staff = how.alone(reading.rows["queue"]) if "queue" in reading.rows else []
        parts.append(
            Logs(**frames, staff_only=frozenset(staff), timezone=clock.timezone, readings=((str(file), reading),))
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
