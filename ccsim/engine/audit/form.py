"""Whether a log can be read: the shape of its columns, what never began, how stretches lie; and its integrals."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ccsim.engine.audit.case import Case, Columns, say
from ccsim.tables import I64, NEVER, Outcome


def shape(case: Case) -> list[str]:
    workload, plan, log = case.workload, case.plan, case.log
    contacts, slots, agents = len(workload.queue), len(workload.work), len(plan.team)
    faults = []
    of_contacts = ("outcome", "arrival", "parent", "first_turn", "turns", "messages", "left", "called_back", "closed")
    for size, names in (
        (contacts, of_contacts),
        (slots, ("message", "start", "reply", "agent", "reread")),
        (len(log.stretch_contact), ("stretch_agent", "stretch_since", "stretch_start", "stretch_end")),
        (len(log.suspended_contact), ("suspended_agent", "suspended_start", "suspended_end")),
        (len(log.presence_shift), ("presence_start", "presence_end")),
        (len(plan.one_to_one), ("queue_area", "open_area")),
    ):
        for name in names:
            if len(getattr(log, name)) != size:
                faults.append(f"shape: {name} has {len(getattr(log, name))} rows instead of {size}")
    if faults:
        return faults
    row = np.arange(contacts)
    bad = (log.outcome < Outcome.NONE) | (log.outcome > Outcome.OPEN) | (log.parent < -1) | (log.parent >= contacts)
    # who is turned away, served before the queue, or still with the bot at the end has no message in it
    unheard = np.isin(log.outcome, (Outcome.REJECTED, Outcome.DEFLECTED, Outcome.CONTAINED, Outcome.OPEN))
    bad |= case.began & (
        (log.messages < ~unheard)
        | (log.messages > log.turns)
        | (log.first_turn < 0)
        | (log.first_turn + log.turns > slots)
    )
    faults += say("contact row", bad, contact=row, outcome=log.outcome, messages=log.messages, turns=log.turns)
    faults += say("agent of a turn", (log.agent < -1) | (log.agent >= agents), slot=np.arange(slots), agent=log.agent)
    bad = (log.stretch_contact < 0) | (log.stretch_contact >= contacts)
    bad |= (log.stretch_agent < -1) | (log.stretch_agent >= agents)
    faults += say("stretch row", bad, contact=log.stretch_contact, agent=log.stretch_agent)
    bad = (log.suspended_contact < 0) | (log.suspended_contact >= contacts)
    bad |= (log.suspended_agent < 0) | (log.suspended_agent >= agents)
    faults += say("suspension row", bad, contact=log.suspended_contact, agent=log.suspended_agent)
    bad = (log.presence_shift < 0) | (log.presence_shift >= len(plan.shift_agent))
    return faults + say("presence row", bad, shift=log.presence_shift)


def dormant(case: Case) -> list[str]:
    """What never began has no trace; what began has an outcome (offered = the sum of the outcomes)."""
    log, never = case.log, ~case.began
    row = np.arange(len(never))
    trace = (log.outcome != Outcome.NONE) | (log.parent != -1) | (log.first_turn != -1) | (log.messages != 0)
    trace |= (log.arrival != NEVER) | (log.left != NEVER) | (log.closed != NEVER) | log.called_back
    faults = say("trace of a contact that never began", never & trace, contact=row, outcome=log.outcome, left=log.left)
    faults += say("no outcome", case.began & (log.outcome == Outcome.NONE), contact=row, arrival=log.arrival)
    order = (np.maximum(log.arrival, 0) <= log.left) & (log.left <= log.closed) & (log.closed <= case.plan.drain_end)
    faults += say(
        "arrival ≤ left ≤ closed ≤ drain end",
        case.began & ~order,
        contact=row,
        arrival=log.arrival,
        left=log.left,
        closed=log.closed,
    )
    began = np.flatnonzero(case.began)
    offered = np.bincount(case.workload.queue[began], minlength=len(case.plan.one_to_one))
    ended = np.bincount(case.workload.queue[log.outcome >= 0], minlength=len(case.plan.one_to_one))
    return faults + say("offered = sum of outcomes", offered != ended, queue=np.arange(len(offered)), offered=offered)


def unlogged(case: Case) -> list[str]:
    log = case.log
    logged = np.zeros(len(log.start), dtype=np.bool_)
    logged[case.slot] = True
    trace = (log.message != NEVER) | (log.start != NEVER) | (log.reply != NEVER) | (log.agent != -1) | (log.reread != 0)
    slots = np.arange(len(logged))
    faults = say("trace of a turn that never came", ~logged & trace, slot=slots, message=log.message, start=log.start)
    return faults + say("slot used twice", np.bincount(case.slot, minlength=len(logged)) > 1, slot=slots)


def tiling(case: Case) -> list[str]:
    """1: stretches are sorted, lie one after the other, and cover every time at which a message waits or is held."""
    log = case.log
    contact, since, start, end = log.stretch_contact, log.stretch_since, log.stretch_start, log.stretch_end
    columns: Columns = {"contact": contact, "agent": log.stretch_agent, "since": since, "start": start, "end": end}
    wrong = (since > start) | (start > end) | (end > case.plan.drain_end) | (~case.held & (start != end))
    wrong |= (start < 0) | ~case.began[contact]
    faults = say("stretch is since ≤ start ≤ end, start = end if unassigned", wrong, **columns)
    same = contact[1:] == contact[:-1]
    wrong = (contact[1:] < contact[:-1]) | (same & (since[1:] < end[:-1]))
    faults += say("stretches follow one another", wrong, **{name: values[1:] for name, values in columns.items()})
    if faults:
        return faults

    first = np.ones(len(contact), dtype=np.bool_)
    first[1:] = ~same
    faults += say("first stretch begins when it enters", first & (since != case.entry[contact]), **columns)
    # a contact is without stretch only from the end of a session to its next message
    gap = np.flatnonzero(same & (since[1:] > end[:-1]))
    came = np.isin(case.key(contact[gap + 1], since[gap + 1]), case.key(case.owner, case.message))
    faults += say("a gap between stretches ends with a message", ~came, contact=contact[gap + 1], since=since[gap + 1])
    row = np.arange(len(case.began))
    has = np.zeros(len(row), dtype=np.bool_)
    has[contact] = True
    entry = np.maximum(case.entry, 0)
    faults += say("stretch of a contact that never enters", has & ~case.enters, contact=row, entry=entry)
    unseen = case.enters & ~has & (log.closed > entry)
    faults += say("contact without a stretch", unseen, contact=row, entry=entry, closed=log.closed)
    last = np.ones(len(contact), dtype=np.bool_)
    last[:-1] = ~same
    # parked or detached: the customer has the word, or has gone without one
    goes_on = (log.outcome == Outcome.RESOLVED) & (log.messages < log.turns)  # a closing word is to come
    away = (~np.isin(log.outcome, (Outcome.RESOLVED, Outcome.TRANSFERRED)) | goes_on)[contact]
    away &= log.reply[case.final[contact]] <= end  # NEVER with a message pending
    wrong = last & ((end > log.closed[contact]) | ((end < log.closed[contact]) & ~away))
    return faults + say("last stretch ends when the contact is closed", wrong, **columns, closed=log.closed[contact])


def integrals(case: Case) -> list[str]:
    """The engine's running sums of queue length and open contacts are those of its log."""
    plan, log = case.plan, case.log

    def area(queue: NDArray[Any], start: I64, end: I64) -> I64:
        total = np.zeros(len(plan.one_to_one), dtype=np.int64)
        inside = np.clip(end, plan.warm_up, plan.end) - np.clip(start, plan.warm_up, plan.end)
        np.add.at(total, queue, inside)
        return total

    queue = np.arange(len(plan.one_to_one))
    began = np.flatnonzero(case.began)
    waiting = area(case.stretch_queue, log.stretch_since, log.stretch_start)
    is_open = area(case.workload.queue[began], log.arrival[began], case.over[began])
    return [
        *say("integral of queue length", waiting != log.queue_area, queue=queue, log=waiting, engine=log.queue_area),
        *say("integral of open contacts", is_open != log.open_area, queue=queue, log=is_open, engine=log.open_area),
    ]
