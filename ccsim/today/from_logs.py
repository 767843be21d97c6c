"""What logs know of a day until now. Whatever they say of later is not looked at, so that a whole day may be tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from ccsim.errors import Problem, ScenarioError
from ccsim.logs.from_ccsim import BREAK, is_own
from ccsim.logs.lines import LEFT_OUT
from ccsim.logs.open_contacts import OTHER_TIME, OVERTAKEN
from ccsim.logs.readers import LEFT_UNSEEN
from ccsim.logs.records import Logs
from ccsim.logs.repeated_hour import DECIDED, TWICE
from ccsim.results import format
from ccsim.scenario.faults import did_you_mean
from ccsim.scenario.model import Scenario
from ccsim.scenario.values import HOUR
from ccsim.tables import I64, NEVER, Outcome, Plan
from ccsim.today.observed import Contact, Observed, Staff, Turn, over_by_silence, queues_of

if TYPE_CHECKING:
    import pandas as pd

OUTCOMES: Final = {outcome.name.lower(): outcome for outcome in Outcome if outcome >= 0}
LONGEST: Final = 8 * HOUR
"""From the arrival, for which a call or chat without an end may be under way: a shift."""

Since = Callable[["pd.Series[Any]"], I64]
"""What the logs' times are in microseconds since midnight; NEVER for those that are missing, or have not come yet."""


def from_logs(logs: Logs, scenario: Scenario, plan: Plan, at: int) -> Observed:
    """Contacts that came today or are still under way. `scenario` is that of the one day, `at` its time now.

    Raises ScenarioError for queues that it does not have, and where the logs have no contact of that day.
    """
    _refuse_others(logs, scenario)
    warnings = list(_unsure(logs, scenario))
    since = partial(micros, scenario=scenario, at=at, zone=logs.timezone)
    if logs.contacts is None and logs.messages is None:
        raise ScenarioError([Problem("LOG", "no contacts or messages", "a log with a row a contact or a message")])
    by_messages = set() if logs.messages is None else set(logs.messages["queue"].dropna().unique())
    by_messages -= {name for name, queue in scenario.queue.items() if queue.kind.one_to_one or queue.shared}
    by_contact, endless = ({}, 0) if logs.contacts is None else _of_contacts(logs.contacts, scenario, at, since)
    if endless:
        warnings.append(
            f"{format.several(endless, 'contact')} by phone or chat without an end after {LONGEST // HOUR} hours: "
            "taken as over"
        )
    contacts: dict[str, Contact] = {}
    for name, contact in by_contact.items():
        if list(scenario.queue)[contact.queue] not in by_messages:
            contacts[name] = contact
    if logs.messages is not None:
        contacts |= _conversations(logs.messages, by_messages, by_contact, scenario, since)
        if by_messages and logs.contacts is None:
            warnings.append(
                "no log says which conversations are over: who was answered last may write again, by chance"
            )
    for contact in contacts.values():
        over_by_silence(contact, at, plan)
    here = [c for c in contacts.values() if c.arrival >= 0 or c.closed == NEVER]
    if not any(contact.arrival >= 0 for contact in here) and (plan.opens < at).any():
        raise ScenarioError(
            [Problem("--at", f"no contact of {scenario.start} before it", "a time of a day that the log has")]
        )
    here.sort(key=lambda contact: contact.arrival)
    if unnamed := sum(c.closed == NEVER and c.turns[-1].start < NEVER and not c.agent for c in here):
        warnings.append(
            f"{format.several(unnamed, 'contact')} under way, of which the log does not say with whom: taken as with "
            "those on duty who have room"
        )
    staff, known = _staff(logs, here, scenario, since)
    counted = frozenset(contact.queue for contact in contacts.values())
    warnings += [
        f"{name}: not in the log, so that its figures are of the rest of the day alone"
        for name, number in queues_of(scenario).items()
        if number not in counted
    ]
    return Observed(at, tuple(here), staff, known, logs.chains, counted, tuple(warnings))


def _refuse_others(logs: Logs, scenario: Scenario) -> None:
    """Raises ScenarioError for queues of the logs that the scenario does not have."""
    names = {
        str(name)
        for rows in (logs.contacts, logs.messages)
        if rows is not None
        for name in rows["queue"].dropna().unique()
    } - logs.staff_only
    problems = [
        Problem("LOG", f"queue {name}", did_you_mean(name, scenario.queue))
        for name in sorted(names - set(scenario.queue))
    ]
    if problems:
        raise ScenarioError(problems)


def _unsure(logs: Logs, scenario: Scenario) -> Iterator[str]:
    """What of the logs is not used, whatever its day, and what is taken for granted where they do not say it."""
    longer = scenario.calendar.at(1) > 24 * HOUR
    for file, reading in logs.readings:
        if is_own(Path(file)) and reading.kind == "messages":
            continue  # those that were never written
        reasons = {why: count for why, count in reading.reasons.items() if not why.startswith(LEFT_OUT)}
        if reasons:
            why = "; ".join(f"{count:,} {reason}" for reason, count in reasons.items())
            yield f"{file}: {format.several(sum(reasons.values()), 'line')} not used: {why}"
        for what in (LEFT_UNSEEN, OVERTAKEN, *((DECIDED, TWICE, OTHER_TIME) if longer else ())):
            if what in reading.mended:
                yield f"{file}: {reading.mended[what]:,} × {what}"


def micros(times: pd.Series[Any], scenario: Scenario, at: int, zone: str | None) -> I64:
    """Times of that zone, or else the scenario's, as microseconds since midnight; NEVER if missing, or `at` and later.

    A time that comes twice is the first of them.
    """
    import pandas as pd

    midnight = pd.Timestamp(scenario.start)
    if scenario.timezone is not None:
        first = np.ones(len(times), np.bool_)
        times = times.dt.tz_localize(ZoneInfo(zone or scenario.timezone), ambiguous=first, nonexistent="shift_forward")
        midnight = midnight.tz_localize(ZoneInfo(scenario.timezone))
    since = (times - midnight) / pd.Timedelta(1, "us")
    whole = np.where(since.isna(), NEVER, since.fillna(0.0)).astype(np.int64)
    return np.where(whole < at, whole, NEVER)


def _of_contacts(rows: pd.DataFrame, scenario: Scenario, at: int, since: Since) -> tuple[dict[str, Contact], int]:
    """What a log of contacts says of each, by its id; one turn if it was answered or waits.

    And of how many the end must be missing, as nobody talks for so long. Raises ScenarioError for queues of which the
    log has arrivals alone.
    """
    number = queues_of(scenario)
    rows = rows[rows["queue"].isin(number)]
    if mute := sorted(rows["queue"][rows["outcome"] == "unknown"].unique()):
        value = f"{', '.join(mute)}: arrivals, of which the log does not say what became"
        raise ScenarioError([Problem("LOG", value, "a log that says who was answered, and when contacts ended")])
    lasting = {name for name, queue in scenario.queue.items() if queue.kind.persistent}
    columns = {name: since(rows[name]).tolist() for name in ("arrival", "answer", "end", "wrapped")}
    ends_known, wraps_up = rows["end"].notna().to_numpy(), rows["wrapped"].notna().to_numpy()
    texts = {name: rows[name].fillna("").astype(str).tolist() for name in ("contact", "queue", "agent", "outcome")}
    customers = rows["customer"].fillna(rows["contact"]).astype(str).tolist()
    seen: set[str] = set()
    contacts, endless = {}, 0
    for i in np.argsort(columns["arrival"], kind="stable").tolist():
        arrival, answer, end, wrapped = (columns[name][i] for name in ("arrival", "answer", "end", "wrapped"))
        if arrival == NEVER:
            continue
        outcome = OUTCOMES.get(texts["outcome"][i])
        contact = Contact(number[texts["queue"][i]], arrival, unseen=True, first=customers[i] not in seen)
        seen.add(customers[i])
        turn = Turn(arrival, answer, end if answer < NEVER else NEVER, texts["agent"][i] if answer < NEVER else "")
        waits_for_none = outcome in (Outcome.REJECTED, Outcome.DEFLECTED, Outcome.CONTAINED)
        contact.turns = [] if waits_for_none else [turn]
        # known to be over, not when; and who waits for no agent, whenever that ends
        never_ends = waits_for_none or (not ends_known[i] and outcome not in (None, Outcome.OPEN))
        if not ends_known[i] and not never_ends and at - arrival > LONGEST and texts["queue"][i] not in lasting:
            never_ends, outcome = True, None
            endless += 1
        if end < NEVER or never_ends:
            contact.outcome = outcome or (Outcome.RESOLVED if answer < NEVER else Outcome.ABANDONED)
            contact.left = end if end < NEVER else min(answer, at - 1) if answer < NEVER else arrival
            contact.closed = wrapped if wraps_up[i] and answer < NEVER else contact.left
            if contact.turns and answer < NEVER:
                turn.reply = contact.left
        contacts[texts["contact"][i]] = contact
    return contacts, endless


def _conversations(
    rows: pd.DataFrame, queues: set[str], by_contact: dict[str, Contact], scenario: Scenario, since: Since
) -> dict[str, Contact]:
    """Turns of each conversation of these queues from its messages; how it ended from a log of contacts, if any."""
    number = queues_of(scenario)
    rows = rows[rows["queue"].isin(queues)]
    sent, begun = (since(rows[name]) for name in ("sent", "begun"))
    when = np.minimum(sent, begun)
    texts = {name: rows[name].fillna("").astype(str).tolist() for name in ("conversation", "queue", "sender", "agent")}
    contacts: dict[str, Contact] = {}
    for i in np.argsort(when, kind="stable").tolist():
        if when[i] == NEVER:
            continue
        name = texts["conversation"][i]
        time, start = int(sent[i]), int(begun[i])
        contact = contacts.get(name)
        if contact is None:
            known = by_contact.get(name)
            contact = contacts[name] = Contact(number[texts["queue"][i]], int(when[i]), may_be_over=known is None)
            if known is not None:
                contact.outcome, contact.left, contact.closed = known.outcome, known.left, known.closed
                contact.first, contact.arrival = known.first, known.arrival
        _add(contact, texts["sender"][i], time, start, texts["agent"][i])
    asked = {number[name] for name in queues}
    return contacts | {
        name: contact for name, contact in by_contact.items() if name not in contacts and contact.queue in asked
    }


def _add(contact: Contact, sender: str, sent: int, begun: int, agent: str) -> None:
    """One more message: of several of a customer without an answer the first counts, of an agent's the last."""
    turns = contact.turns
    if sender == "customer":
        if not turns or turns[-1].start < NEVER:
            turns.append(Turn(sent))
        return
    if not turns:
        turns.append(Turn(min(sent, begun)))  # the company began
    turn = turns[-1]
    if turn.start == NEVER:
        turn.start = begun if begun < NEVER else max(sent, turn.message)
    turn.start = max(turn.start, turn.message)
    turn.reply, turn.agent = sent, agent


def _staff(logs: Logs, contacts: list[Contact], scenario: Scenario, since: Since) -> tuple[tuple[Staff, ...], bool]:
    """Who is there: by a roster that says who works now, else who has answered somebody today."""
    teams = set(scenario.team)
    if logs.rosters is not None:
        rows = logs.rosters
        start, end = since(rows["start"]), since(rows["end"])
        there = (start < NEVER) & (end == NEVER) & rows["end"].notna().to_numpy()
        there &= rows["activity"].fillna("work").isin(["work", "break"]).to_numpy()
        names = rows["agent"].astype(str).to_numpy()
        staff = {}
        for i in np.flatnonzero(there).tolist():
            mine = (names == names[i]) & (start < NEVER)
            came = _came(start[mine], end[mine], int(start[i]))
            staff[names[i]] = Staff(str(names[i]), str(rows["team"].iat[i]), came)
        if staff and all(one.team in teams for one in staff.values()):
            return tuple(staff.values()), True
    seen: dict[str, int] = {}
    for contact in contacts:
        for turn in contact.turns:
            if turn.agent and 0 <= turn.start < NEVER:
                seen[turn.agent] = min(seen.get(turn.agent, NEVER), turn.start)
    return tuple(Staff(name, "", since) for name, since in sorted(seen.items(), key=lambda item: item[1])), False


def _came(start: I64, end: I64, since: int) -> int:
    """When an agent came who has been there since then, breaks included: to the stretch before it, and so on."""
    for begins, ends in sorted(zip(start.tolist(), end.tolist(), strict=True), reverse=True):
        if begins < since <= ends + BREAK:
            since = begins
    return since
