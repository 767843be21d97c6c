"""What must hold of every log, whichever engine wrote it: derived from docs/model.md alone, never from an engine.

Each check is one function from a `_Case` to the faults it found; section numbers are those of docs/model.md. A log
whose shape or stretches are broken is not read any further, since the later checks could not make sense of it.

Where several events fall on one instant the log does not tell their order; there a check accepts every order.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ccsim.tables import I64, NEVER, Bool, Link, Log, Outcome, Outside, Plan, Workload

LIMIT: Final = 5
"""Faults spelt out for each rule; the others are counted."""

_MAY_RETRY: Final = (
    Outcome.ABANDONED,
    Outcome.SILENTLY_ABANDONED,
    Outcome.BLOCKED,
    Outcome.REJECTED,
    Outcome.LOST,
)


def audit(workload: Workload, plan: Plan, log: Log) -> list[str]:
    """The faults of a log, empty if there is none: sentences with the rule, contact or agent, and times in µs."""
    case = _Case(workload, plan, log)
    for stage in _STAGES:
        faults = [fault for check in stage for fault in check(case)]
        if faults:
            return faults
    return []


_Columns = dict[str, NDArray[Any]]


def _at(values: NDArray[Any], rows: NDArray[Any], missing: int) -> NDArray[Any]:
    """`values[rows]`, and `missing` for row -1."""
    return np.where(rows >= 0, np.append(values, missing)[rows], missing)


class _Case:
    """A log with the views that several checks need. Times in µs; `turn` arrays have a row for each logged message."""

    def __init__(self, workload: Workload, plan: Plan, log: Log) -> None:
        self.workload, self.plan, self.log = workload, plan, log
        self.began = log.arrival < NEVER
        self.held = log.stretch_agent >= 0

    @cached_property
    def times(self) -> I64:
        """All the times of the log and the roster, in order."""
        log, plan = self.log, self.plan
        of_log = (log.message, log.start, log.left, log.closed, log.presence_start, log.presence_end)
        of_stretches = (log.stretch_since, log.stretch_start, log.stretch_end)
        of_plan = (plan.shift_start, plan.shift_end, plan.pause_start, plan.pause_end)
        return np.unique(np.concatenate([*of_log, *of_stretches, *of_plan]))

    def key(self, ids: NDArray[Any], time: I64) -> I64:
        """Numbers that order by (id, time), equal only for equal ones if one of the two times is of the log.

        Made of the time's rank, since ids times the horizon in microseconds would not always fit into 64 bits.
        """
        rank = np.searchsorted(self.times, time)
        known = np.append(self.times, -NEVER)[rank] == time
        return np.asarray(ids.astype(np.int64) * self.span + 2 * rank + known)

    @cached_property
    def span(self) -> int:
        """More than any time's part of a key."""
        return 2 * len(self.times) + 2

    def latest(self, keys: I64, ids: NDArray[Any], time: I64) -> I64:
        """Last row of `keys` (made of sorted ids and times) with the same id, at or before the time; -1: none."""
        row = np.searchsorted(keys, self.key(ids, time), side="right") - 1
        return np.where(_at(keys // self.span, row, -1) == ids, row, -1)

    # ── turns ────────────────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def owner(self) -> I64:
        return np.repeat(np.arange(len(self.began)), np.where(self.began, self.log.messages, 0)).astype(np.int64)

    @cached_property
    def number(self) -> I64:
        """Turn's number within its contact, from 0."""
        count = np.where(self.began, self.log.messages, 0).astype(np.int64)
        return np.arange(len(self.owner)) - np.repeat(np.cumsum(count) - count, count)

    @cached_property
    def slot(self) -> I64:
        return self.log.first_turn[self.owner] + self.number

    @cached_property
    def message(self) -> I64:
        return self.log.message[self.slot]

    @cached_property
    def start(self) -> I64:
        return self.log.start[self.slot]

    @cached_property
    def reply(self) -> I64:
        return self.log.reply[self.slot]

    @cached_property
    def worker(self) -> NDArray[Any]:
        return self.log.agent[self.slot]

    @cached_property
    def queue(self) -> NDArray[Any]:
        return self.workload.queue[self.owner]

    @cached_property
    def final(self) -> I64:
        """By contact: the slot of its last message; 0, to be ignored, for what has none."""
        return np.where(self.log.messages > 0, self.log.first_turn + self.log.messages - 1, 0)

    # ── stretches ────────────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def stretch_queue(self) -> NDArray[Any]:
        return self.workload.queue[self.log.stretch_contact]

    @cached_property
    def stretch_keys(self) -> I64:
        return self.key(self.log.stretch_contact, self.log.stretch_start)

    @cached_property
    def holding(self) -> I64:
        """By turn: the stretch in which it was worked on, -1 if none."""
        log, turns = self.log, np.arange(len(self.owner))
        row = self.latest(self.stretch_keys, self.owner, np.minimum(self.start, self.plan.drain_end))
        end = np.minimum(self.reply, self.plan.drain_end)

        def fits(turn: I64, stretch: I64) -> Bool:
            return np.asarray(
                (_at(log.stretch_contact, stretch, -1) == self.owner[turn])
                & (_at(log.stretch_agent, stretch, -1) == self.worker[turn])
                & (_at(log.stretch_start, stretch, NEVER) <= self.start[turn])
                & (end[turn] <= _at(log.stretch_end, stretch, -1))
            )

        # work of no duration may end the stretch before the one that begins at that instant
        for _ in range(2):
            again = turns[~fits(turns, row) & (row > 0)]
            row[again] -= np.where(fits(again, row[again] - 1), 1, 0)
        return np.where(fits(turns, row) & (self.start < NEVER), row, -1)

    # ── work in hand: ringing, a turn, its wrap-up ───────────────────────────────────────────────────────────────────

    @cached_property
    def pieces(self) -> tuple[I64, I64, I64, I64]:
        """Agent, begin, end, contact of all work in hand, by agent and time."""
        log, plan = self.log, self.plan
        worked = self.start < NEVER
        alone = plan.one_to_one[self.queue] & (self.holding >= 0)
        begin = np.where(alone, _at(log.stretch_start, self.holding, NEVER), self.start)[worked]
        last = self.slot == self.final[self.owner]
        wrapped = last & (log.outcome[self.owner] == Outcome.RESOLVED)
        end = np.where(wrapped, log.closed[self.owner], np.minimum(self.reply, plan.drain_end))[worked]
        ringing = self.held & plan.one_to_one[self.stretch_queue]
        ringing[self.holding[self.holding >= 0]] = False
        agent = np.concatenate([self.worker[worked], log.stretch_agent[ringing]]).astype(np.int64)
        begin = np.concatenate([begin, log.stretch_start[ringing]])
        end = np.concatenate([end, log.stretch_end[ringing]])
        contact = np.concatenate([self.owner[worked], log.stretch_contact[ringing]]).astype(np.int64)
        order = np.lexsort((end, begin, agent))
        return agent[order], begin[order], end[order], contact[order]

    # ── hours and shifts, by the clock ───────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _hours(self) -> list[tuple[I64, I64, I64]]:
        plan, earliest = self.plan, int(min(0, self.workload.arrival.min(initial=0)))
        spans = []
        for low, high in zip(plan.hours_offset[:-1], plan.hours_offset[1:], strict=True):
            opens = np.clip(plan.opens[low:high], earliest, plan.drain_end + 1)
            closes = np.clip(plan.closes[low:high], earliest, plan.drain_end + 1)
            spans.append((opens, closes, np.concatenate([[0], np.cumsum(closes - opens)])))
        return spans

    def open_until(self, queue: NDArray[Any], time: I64) -> I64:
        """Time for which the queue has been open by `time`, since before everything else."""
        total = np.zeros(len(time), dtype=np.int64)
        for q, (opens, closes, before) in enumerate(self._hours):
            mine = np.flatnonzero(queue == q)
            if len(opens) == 0 or len(mine) == 0:
                continue
            span = np.searchsorted(opens, time[mine], side="right") - 1
            within = np.minimum(time[mine], closes[span]) - opens[span]
            total[mine] = np.where(span < 0, 0, before[span] + within)
        return total

    def is_open(self, queue: NDArray[Any], time: I64) -> Bool:
        is_open = np.zeros(len(time), dtype=np.bool_)
        for q, (opens, closes, _) in enumerate(self._hours):
            mine = np.flatnonzero(queue == q)
            if len(opens) == 0 or len(mine) == 0:
                continue
            span = np.searchsorted(opens, time[mine], side="right") - 1
            is_open[mine] = (span >= 0) & (time[mine] < closes[span])
        return is_open

    def closes_at(self, queue: NDArray[Any], time: I64) -> Bool:
        ends = np.zeros(len(time), dtype=np.bool_)
        for q, (_, closes, _) in enumerate(self._hours):
            ends |= (queue == q) & np.isin(time, closes)
        return ends

    def elapsed(self, queue: NDArray[Any], since: I64, until: I64, held: Bool) -> I64:
        """From `since` to `until`; for what was held only the time in which the queue was open."""
        return np.where(held, self.open_until(queue, until) - self.open_until(queue, since), until - since)

    @cached_property
    def shifts(self) -> I64:
        """Shifts whose agent is not absent."""
        return np.flatnonzero(self.workload.present)

    def shift_at(self, agent: NDArray[Any], time: I64) -> I64:
        """The last shift of the agent begun by then, -1 if none."""
        keys = self.key(self.plan.shift_agent[self.shifts], self.plan.shift_start[self.shifts])
        return _at(self.shifts, self.latest(keys, agent, time), -1)

    def on_shift(self, agent: NDArray[Any], time: I64) -> Bool:
        return np.asarray(time < _at(self.plan.shift_end, self.shift_at(agent, time), -1))

    def on_duty(self, agent: NDArray[Any], time: I64) -> Bool:
        plan, shift = self.plan, self.shift_at(agent, time)
        pause = self.latest(self.key(plan.pause_shift, plan.pause_start), shift, time)
        return self.on_shift(agent, time) & (time >= _at(plan.pause_end, pause, -1))

    @cached_property
    def duties(self) -> tuple[I64, I64, I64]:
        """Agent, start and end of the stretches on duty that begin by the drain's end, clipped to the run."""
        plan, there = self.plan, self.workload.present[self.plan.pause_shift]
        shift = np.concatenate([self.shifts, plan.pause_shift[there]])
        start = np.concatenate([plan.shift_start[self.shifts], plan.pause_end[there]])
        end = np.concatenate([plan.shift_end[self.shifts], plan.pause_start[there]])
        starts, ends = np.lexsort((start, shift)), np.lexsort((end, shift))
        agent, start, end = plan.shift_agent[shift[starts]], start[starts], end[ends]
        kept = (start < end) & (end > 0) & (start <= plan.drain_end)
        return agent[kept].astype(np.int64), np.maximum(start[kept], 0), np.minimum(end[kept], plan.drain_end)


def _say(rule: str, wrong: NDArray[Any], **columns: NDArray[Any]) -> list[str]:
    """One sentence for each row of `columns` that is wrong, up to LIMIT, and how many more there are."""
    rows = np.flatnonzero(wrong)

    def value(column: NDArray[Any], row: int) -> str:
        return "never" if column[row] >= NEVER else str(column[row])

    said = [
        f"{rule}: " + ", ".join(f"{n} {value(c, row)}" for n, c in columns.items()) for row in rows[:LIMIT].tolist()
    ]
    return said + [f"{rule}: {len(rows) - LIMIT} more"] * (len(rows) > LIMIT)


# ── the shape of a log ───────────────────────────────────────────────────────────────────────────────────────────────


def _shape(case: _Case) -> list[str]:
    workload, plan, log = case.workload, case.plan, case.log
    contacts, slots, agents = len(workload.queue), len(workload.work), len(plan.team)
    faults = []
    for size, names in (
        (contacts, ("outcome", "arrival", "parent", "first_turn", "turns", "messages", "left", "closed")),
        (slots, ("message", "start", "reply", "agent", "reread")),
        (len(log.stretch_contact), ("stretch_agent", "stretch_since", "stretch_start", "stretch_end")),
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
    bad |= case.began & (
        (log.messages < (log.outcome != Outcome.REJECTED))
        | (log.messages > log.turns)
        | (log.first_turn < 0)
        | (log.first_turn + log.turns > slots)
    )
    faults += _say("contact row", bad, contact=row, outcome=log.outcome, messages=log.messages, turns=log.turns)
    faults += _say("agent of a turn", (log.agent < -1) | (log.agent >= agents), slot=np.arange(slots), agent=log.agent)
    bad = (log.stretch_contact < 0) | (log.stretch_contact >= contacts)
    bad |= (log.stretch_agent < -1) | (log.stretch_agent >= agents)
    faults += _say("stretch row", bad, contact=log.stretch_contact, agent=log.stretch_agent)
    bad = (log.presence_shift < 0) | (log.presence_shift >= len(plan.shift_agent))
    return faults + _say("presence row", bad, shift=log.presence_shift)


def _dormant(case: _Case) -> list[str]:
    """What never began has no trace; what began has an outcome (offered = the sum of the outcomes)."""
    log, never = case.log, ~case.began
    row = np.arange(len(never))
    trace = (log.outcome != Outcome.NONE) | (log.parent != -1) | (log.first_turn != -1) | (log.messages != 0)
    trace |= (log.arrival != NEVER) | (log.left != NEVER) | (log.closed != NEVER)
    faults = _say("trace of a contact that never began", never & trace, contact=row, outcome=log.outcome, left=log.left)
    faults += _say("no outcome", case.began & (log.outcome == Outcome.NONE), contact=row, arrival=log.arrival)
    order = (np.maximum(log.arrival, 0) <= log.left) & (log.left <= log.closed) & (log.closed <= case.plan.drain_end)
    faults += _say(
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
    return faults + _say("offered = sum of outcomes", offered != ended, queue=np.arange(len(offered)), offered=offered)


def _unlogged(case: _Case) -> list[str]:
    log = case.log
    logged = np.zeros(len(log.start), dtype=np.bool_)
    logged[case.slot] = True
    trace = (log.message != NEVER) | (log.start != NEVER) | (log.reply != NEVER) | (log.agent != -1) | (log.reread != 0)
    slots = np.arange(len(logged))
    faults = _say("trace of a turn that never came", ~logged & trace, slot=slots, message=log.message, start=log.start)
    return faults + _say("slot used twice", np.bincount(case.slot, minlength=len(logged)) > 1, slot=slots)


def _tiling(case: _Case) -> list[str]:
    """1: stretches are sorted, lie one after the other, and cover every time at which a message waits or is held."""
    log = case.log
    contact, since, start, end = log.stretch_contact, log.stretch_since, log.stretch_start, log.stretch_end
    columns: _Columns = {"contact": contact, "agent": log.stretch_agent, "since": since, "start": start, "end": end}
    wrong = (since > start) | (start > end) | (end > case.plan.drain_end) | (~case.held & (start != end))
    wrong |= (start < 0) | ~case.began[contact]
    faults = _say("stretch is since ≤ start ≤ end, start = end if unassigned", wrong, **columns)
    same = contact[1:] == contact[:-1]
    wrong = (contact[1:] < contact[:-1]) | (same & (since[1:] < end[:-1]))
    faults += _say("stretches follow one another", wrong, **{name: values[1:] for name, values in columns.items()})
    if faults:
        return faults

    first = np.ones(len(contact), dtype=np.bool_)
    first[1:] = ~same
    faults += _say("first stretch begins at the arrival", first & (since != log.arrival[contact]), **columns)
    # a contact is without stretch only from the end of a session to its next message
    gap = np.flatnonzero(same & (since[1:] > end[:-1]))
    came = np.isin(case.key(contact[gap + 1], since[gap + 1]), case.key(case.owner, case.message))
    faults += _say("a gap between stretches ends with a message", ~came, contact=contact[gap + 1], since=since[gap + 1])
    row = np.arange(len(case.began))
    has = np.zeros(len(row), dtype=np.bool_)
    has[contact] = True
    unseen = case.began & ~has & (log.closed > np.maximum(log.arrival, 0))
    faults += _say("contact without a stretch", unseen, contact=row, arrival=log.arrival, closed=log.closed)
    last = np.ones(len(contact), dtype=np.bool_)
    last[:-1] = ~same
    # parked or detached: the customer has the word, or has gone without one
    away = ~np.isin(log.outcome, (Outcome.RESOLVED, Outcome.TRANSFERRED))[contact]
    away &= log.reply[case.final[contact]] <= end
    wrong = last & ((end > log.closed[contact]) | ((end < log.closed[contact]) & ~away))
    return faults + _say("last stretch ends when the contact is closed", wrong, **columns, closed=log.closed[contact])


# ── contacts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _links(case: _Case) -> list[str]:
    """2.6, 2.9, 2.11: who follows whom, when, and with which turns."""
    workload, plan, log = case.workload, case.plan, case.log
    row = np.arange(len(case.began))
    root = workload.link == Link.ROOT
    wrong = root & ((log.arrival != workload.arrival) | (log.parent != -1))
    faults = _say("root arrives as drawn", wrong, contact=row, arrival=log.arrival, drawn=workload.arrival)
    wrong = case.began & (workload.link != Link.RETURN)
    wrong &= (log.first_turn != workload.first_turn) | (log.turns != workload.turns)
    faults += _say("turns as drawn", wrong, contact=row, first_turn=log.first_turn, turns=log.turns)
    faults += _say("follow-up without parent", case.began & ~root & (log.parent < 0), contact=row, arrival=log.arrival)

    for link, child, outcomes in (
        (Link.TRANSFER, workload.transfer_child, (Outcome.TRANSFERRED,)),
        (Link.RETRY, workload.retry_child, _MAY_RETRY),
        (Link.RETURN, workload.return_child, (Outcome.TIMED_OUT,)),
        (Link.REOPENING, workload.reopen_child, (Outcome.RESOLVED,)),
    ):
        name = link.name.lower()
        parent = np.flatnonzero(case.began & (child >= 0) & np.isin(log.outcome, outcomes))
        follower = child[parent]
        if link is Link.RETURN:
            due = log.reply[case.final[parent]] + workload.latency[case.final[parent]]
        else:
            due = log.left[parent] + workload.after[follower]
        expected = due < (plan.drain_end + 1 if link is Link.TRANSFER else plan.end)
        columns: _Columns = {"contact": parent, "follow-up": follower, "due": due, "arrival": log.arrival[follower]}
        began = log.arrival[follower] < NEVER
        faults += _say(f"{name} begins if due before the end", began != expected, **columns)
        wrong = began & ((log.arrival[follower] != due) | (log.parent[follower] != parent))
        faults += _say(f"{name} arrives when due", wrong, **columns)
        ended_otherwise = np.ones(len(row), dtype=np.bool_)
        ended_otherwise[follower] = False
        wrong = case.began & (workload.link == link) & ended_otherwise
        faults += _say(f"{name} without the outcome that leads to it", wrong, contact=row, parent=log.parent)
        if link is Link.RETURN:
            rest = log.turns[parent] - log.messages[parent]
            goes_on = (log.first_turn[follower] == case.final[parent] + 1) & (log.turns[follower] == rest)
            faults += _say("return goes on with the turns that remained", began & ~goes_on, **columns)
    return faults


def _turns(case: _Case) -> list[str]:
    """2.4: message, start, reply in order; the next message comes a latency after the reply."""
    log, drain_end = case.log, case.plan.drain_end
    columns: _Columns = {
        "contact": case.owner,
        "turn": case.number,
        "message": case.message,
        "start": case.start,
        "reply": case.reply,
    }
    worked, replied = case.start < NEVER, case.reply < NEVER
    wrong = (case.message > case.start) | (case.start > case.reply) | (worked & (case.start > drain_end))
    wrong |= (case.message > drain_end) | (replied & (case.reply > drain_end)) | (worked & (case.start < 0))
    faults = _say("message ≤ start ≤ reply ≤ drain end", wrong, **columns)
    wrong = (worked != (case.worker >= 0)) | (~worked & (log.reread[case.slot] != 0))
    faults += _say("an agent on every turn worked on, on no other", wrong, **columns)
    wrong = (case.number == 0) & (case.message != log.arrival[case.owner])
    faults += _say("first message is the arrival", wrong, **columns)
    later = np.flatnonzero(case.number > 0)
    before = later - 1
    wrong = ~replied[before]
    wrong |= case.message[later] != np.minimum(case.reply[before], drain_end) + case.workload.latency[case.slot[before]]
    columns = {name: values[later] for name, values in columns.items()}
    return faults + _say("next message comes a latency after the reply", wrong, **columns)


def _outcomes(case: _Case) -> list[str]:
    """2.3 to 2.10: each outcome at its exact time and only where the rules lead to it."""
    workload, plan, log = case.workload, case.plan, case.log
    queue, final = workload.queue, case.final
    started = (log.messages > 0) & (log.start[final] < NEVER)
    replied = started & (log.reply[final] < NEVER)
    reply = np.minimum(log.reply[final], plan.drain_end)
    late = workload.latency[final] > plan.idle_timeout[queue]
    persistent, more = plan.persistent[queue], log.messages < log.turns
    next_message = reply + workload.latency[final]
    expiry = np.maximum(reply, log.message[final] + plan.expires_after[queue])
    timeout = reply + plan.idle_timeout[queue]
    drawn = (workload.transfer_draw.astype(np.int64) * log.turns) >> 31
    leaves_after = np.where(workload.transfer_child >= 0, drawn, -1)
    waits_on = np.where(persistent, np.minimum(next_message, expiry), np.where(late, timeout, next_message))

    first_only = (log.messages == 1) & ~started
    rules = {
        Outcome.RESOLVED: replied & ~more & (log.left == reply) & (leaves_after < 0),
        Outcome.TRANSFERRED: replied & (log.messages - 1 == leaves_after) & (log.left == reply),
        Outcome.ABANDONED: first_only & ~workload.silent,
        Outcome.SILENTLY_ABANDONED: (log.messages == 1) & workload.silent & (~started | (log.start[final] >= log.left)),
        Outcome.LOST: (log.messages > 1) & (~started | (workload.silent & (log.start[final] >= log.left))),
        Outcome.TIMED_OUT: replied & more & ~persistent & late & (log.left == timeout),
        Outcome.BLOCKED: first_only
        & (log.left == np.maximum(log.arrival, 0))
        & (plan.max_waiting[queue] < NEVER)
        & (workload.link != Link.TRANSFER),
        Outcome.REJECTED: (log.messages <= 1) & ~started,
        Outcome.EXPIRED: replied & more & persistent & (next_message > expiry) & (log.left == expiry),
        Outcome.DEFLECTED: np.zeros_like(started),  # engines have neither self-service nor bot
        Outcome.CONTAINED: np.zeros_like(started),
        Outcome.OPEN: (log.left == plan.drain_end) & (~replied | (more & (waits_on > plan.drain_end))),
    }
    faults = []
    row = np.arange(len(queue))
    for outcome, right in rules.items():
        faults += _say(
            f"{outcome.name.lower()} as the rules say",
            case.began & (log.outcome == outcome) & ~right,
            contact=row, left=log.left, message=log.message[final], reply=log.reply[final],
        )  # fmt: skip
    gone = np.isin(log.outcome, (Outcome.SILENTLY_ABANDONED, Outcome.LOST, Outcome.TRANSFERRED))
    answered = log.messages - ~replied
    wrong = case.began & ~gone & (leaves_after >= 0) & (answered > leaves_after)
    faults += _say("transfer leaves after its turn", wrong, contact=row, turn=leaves_after, replies=answered)

    # between two messages there was neither timeout nor expiry
    later = np.flatnonzero(case.number > 0)
    before = later - 1
    expiry = np.maximum(case.reply[before], case.message[before] + plan.expires_after[case.queue[later]])
    in_time = workload.latency[case.slot[before]] <= plan.idle_timeout[case.queue[later]]
    stays = np.where(plan.persistent[case.queue[later]], case.message[later] <= expiry, in_time)
    return faults + _say(
        "no message after a timeout or an expiry", ~stays, contact=case.owner[later], message=case.message[later]
    )


def _closed(case: _Case) -> list[str]:
    """2.3, 2.10: when the system was done with a contact."""
    workload, plan, log = case.workload, case.plan, case.log
    queue, final = workload.queue, case.final
    wrap_up = np.rint(workload.wrap_up * plan.pace[plan.team[log.agent[final]], queue]).astype(np.int64)
    replied = log.reply[final] < NEVER
    vain = np.where(replied, np.minimum(log.reply[final], plan.drain_end) + plan.idle_timeout[queue], NEVER)
    silent = (log.outcome == Outcome.SILENTLY_ABANDONED) | ((log.outcome == Outcome.LOST) & workload.silent)
    due = np.where(log.outcome == Outcome.RESOLVED, log.left + wrap_up, np.where(silent, vain, log.left))
    dropped = silent & (log.start[final] >= NEVER) & (log.messages == 1) & plan.drop_at_close[queue]
    dropped &= case.closes_at(queue, log.closed)
    wrong = case.began & (log.closed != np.minimum(due, plan.drain_end)) & ~dropped
    row = np.arange(len(queue))
    return _say("closed after wrap-up or work in vain", wrong, contact=row, closed=log.closed, due=due)


def _patience(case: _Case) -> list[str]:
    """2.3, 2.5: nobody present is answered after their patience, who gives up leaves exactly then, nobody stays on."""
    workload, plan, log = case.workload, case.plan, case.log
    first = case.number == 0
    since = np.where(first, np.maximum(log.arrival[case.owner], 0), case.message)
    patience = np.where(first, workload.patience[case.owner], workload.reply_patience[case.slot])
    held = ~case.is_open(case.queue, since) & (plan.outside[case.queue] == Outside.HOLD)
    session = case.latest(case.stretch_keys, case.owner, since)
    in_session = (_at(log.stretch_agent, session, -1) >= 0) & (_at(log.stretch_end, session, -1) >= since)
    held &= first | ~in_session

    outcome = log.outcome[case.owner]
    last = case.slot == case.final[case.owner]
    abandoned = np.isin(outcome, (Outcome.ABANDONED, Outcome.SILENTLY_ABANDONED))
    gave_up = np.where(first, abandoned, outcome == Outcome.LOST) & last
    turned_away = np.isin(outcome, (Outcome.BLOCKED, Outcome.REJECTED))
    until = np.where(gave_up, log.left[case.owner], np.minimum(case.start, plan.drain_end))
    wait = case.elapsed(case.queue, since, until, held)
    columns: _Columns = {
        "contact": case.owner,
        "turn": case.number,
        "since": since,
        "until": until,
        "patience": patience,
    }
    faults = _say("who gives up leaves exactly when patience ends", gave_up & (wait != patience), **columns)
    worked = case.start < NEVER
    faults += _say("no work starts after patience", worked & ~gave_up & (wait > patience), **columns)
    # patience that is used up while the queue is closed ends at its next opening
    running = ~held | case.is_open(case.queue, np.minimum(until, plan.drain_end))
    stays = ~worked & ~gave_up & ~turned_away & np.where(running, wait >= patience, wait > patience)
    return faults + _say("nobody waits longer than their patience", stays, **columns)


def _hours(case: _Case) -> list[str]:
    """2.1 and section 5: what is rejected, and that held contacts are assigned only after opening."""
    workload, plan, log = case.workload, case.plan, case.log
    queue, row = workload.queue, np.arange(len(workload.queue))
    came = np.clip(log.arrival, 0, plan.drain_end)
    is_open = case.is_open(queue, came)
    outside, rejected = plan.outside[queue], log.outcome == Outcome.REJECTED
    at_once = case.began & ~is_open & (outside == Outside.REJECT)
    columns: _Columns = {"contact": row, "arrival": log.arrival, "left": log.left}
    faults = _say("rejected at once outside the hours", at_once & ~(rejected & (log.left == came)), **columns)
    dropped = plan.drop_at_close[queue] & case.closes_at(queue, log.left)
    faults += _say("rejected outside the hours only", rejected & ~at_once & ~dropped, **columns)
    contact, start = log.stretch_contact, log.stretch_start
    before = case.open_until(queue, came)[contact]
    waits = case.held & ~is_open[contact] & (case.open_until(case.stretch_queue, start) == before)
    waits &= ~case.is_open(case.stretch_queue, start)
    return faults + _say("held until opening", waits, contact=contact, agent=log.stretch_agent, start=start)


# ── work ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _durations(case: _Case) -> list[str]:
    """1 and 2.8: a turn takes rint((work × pace) × slowdown) + re-reading, to the microsecond."""
    workload, plan, log = case.workload, case.plan, case.log
    turn = np.flatnonzero(case.start < NEVER)
    queue, agent, start, slot = case.queue[turn], case.worker[turn], case.start[turn], case.slot[turn]
    team = plan.team[agent]
    reread = log.reread[slot]

    number, owner = case.number[turn], case.owner[turn]
    by_agent = np.lexsort((number, agent, owner))
    answered = np.full(len(turn), -NEVER)  # this agent's last reply in this contact
    same = (owner[by_agent][1:] == owner[by_agent][:-1]) & (agent[by_agent][1:] == agent[by_agent][:-1])
    answered[by_agent[1:][same]] = case.reply[turn][by_agent[:-1][same]]
    forgotten = (number > 0) & (plan.reread_after[queue] < NEVER) & (start - answered > plan.reread_after[queue])
    due = np.where(forgotten, plan.reread_work[queue] + plan.reread_per_turn[queue] * number, 0)
    columns: _Columns = {"contact": owner, "turn": number, "agent": agent, "start": start, "reply": case.reply[turn]}
    faults = _say("re-reading", reread != due, **columns, reread=reread, due=due)

    # sessions of the agent at the start: what began or ended at that very instant may count or not
    lasting = case.held & (log.stretch_end > log.stretch_start)
    begins = np.sort(case.key(log.stretch_agent[case.held], log.stretch_start[case.held]))
    ends = np.sort(case.key(log.stretch_agent[case.held], log.stretch_end[case.held]))
    long_begins = np.sort(case.key(log.stretch_agent[lasting], log.stretch_start[lasting]))
    long_ends = np.sort(case.key(log.stretch_agent[lasting], log.stretch_end[lasting]))
    now, columns_of_slowdown = case.key(agent, start), plan.slowdown.shape[1]
    most = np.searchsorted(begins, now, "right") - np.searchsorted(ends, now, "left")
    least = np.searchsorted(long_begins, now, "left") - np.searchsorted(long_ends, now, "right")
    most, least = (np.clip(n, 1, columns_of_slowdown) for n in (most, least))
    right = np.zeros(len(turn), dtype=np.bool_)
    for sessions in range(1, columns_of_slowdown + 1):
        work = np.rint((workload.work[slot] * plan.pace[team, queue]) * plan.slowdown[team, sessions - 1])
        end = start + work.astype(np.int64) + reread
        exact = np.where(end > plan.drain_end, case.reply[turn] == NEVER, case.reply[turn] == end)
        right |= (least <= sessions) & (sessions <= most) & exact
    return faults + _say("duration of a turn", ~right, **columns, least_sessions=least, most_sessions=most)


def _one_thing_at_a_time(case: _Case) -> list[str]:
    """1, 3: attention is serial, and work is done in a session of the contact with that agent."""
    worked = case.start < NEVER
    faults = _say(
        "work outside a session with that agent",
        worked & (case.holding < 0),
        contact=case.owner, agent=case.worker, start=case.start, reply=case.reply,
    )  # fmt: skip
    call = worked & case.plan.one_to_one[case.queue] & (case.holding >= 0)
    assigned = _at(case.log.stretch_start, case.holding, NEVER)
    late = call & (case.start != assigned + case.plan.answer_delay[case.queue])
    faults += _say("a call is answered after ringing", late, contact=case.owner, assigned=assigned, start=case.start)
    agent, begin, end, contact = case.pieces
    wrong = (agent[1:] == agent[:-1]) & (begin[1:] < end[:-1])
    return faults + _say(
        "two pieces of work at once",
        wrong,
        agent=agent[1:], contact=contact[1:], begin=begin[1:], other=contact[:-1], until=end[:-1],
    )  # fmt: skip


def _capacity(case: _Case) -> list[str]:
    """3 and 2.7: units held stay within the capacity but for `over_capacity`; a one-to-one session stands alone."""
    plan, log = case.plan, case.log
    lasting = np.flatnonzero(case.held & (log.stretch_end > log.stretch_start))
    agent, queue = log.stretch_agent[lasting], case.stretch_queue[lasting]
    units, alone = plan.units[plan.team[agent], queue], plan.one_to_one[queue].astype(np.int64)
    exempt = _resumed_over_capacity(case)[lasting]
    time = np.concatenate([log.stretch_end[lasting], log.stretch_start[lasting]])
    begins = np.repeat([False, True], len(lasting))
    order = np.lexsort((np.tile(exempt, 2), begins, time, np.tile(agent, 2)))
    sign = np.where(begins, 1, -1)
    held = np.cumsum((sign * np.tile(units, 2))[order])
    sessions = np.cumsum(sign[order])
    calls = np.cumsum((sign * np.tile(alone, 2))[order])
    check = begins[order]
    columns: _Columns = {
        "agent": np.tile(agent, 2)[order],
        "contact": np.tile(log.stretch_contact[lasting], 2)[order],
        "time": time[order],
    }
    over = check & (held > plan.capacity) & ~np.tile(exempt, 2)[order]
    faults = _say("capacity exceeded", over, **columns, held=held)
    return faults + _say("one-to-one session not alone", check & (calls > 0) & (sessions > 1), **columns)


def _resumed_over_capacity(case: _Case) -> Bool:
    """By stretch: a conversation that came back to its agent in a queue whose resumptions may exceed the capacity."""
    log = case.log
    again = np.zeros(len(log.stretch_contact), dtype=np.bool_)
    same_contact = log.stretch_contact[1:] == log.stretch_contact[:-1]
    again[1:] = same_contact & (log.stretch_agent[1:] == log.stretch_agent[:-1])
    return np.asarray(again & case.held & case.plan.over_capacity[case.stretch_queue])


def _assignments(case: _Case) -> list[str]:
    """3, 4: sessions begin on duty, with the skill, and not before overflow is due."""
    plan, log = case.plan, case.log
    rows = np.flatnonzero(case.held)
    agent, contact, start = log.stretch_agent[rows], log.stretch_contact[rows], log.stretch_start[rows]
    queue, team = case.stretch_queue[rows], plan.team[agent]
    columns: _Columns = {"agent": agent, "contact": contact, "start": start}
    allowed = case.on_duty(agent, start)
    allowed |= _resumed_over_capacity(case)[rows] & case.on_shift(agent, start)
    faults = _say("session begins off duty", ~allowed, **columns)
    faults += _say("agent without the skill", plan.rank[team, queue] < 0, **columns)
    # later stretches and transfers may be with the contact's own agent, to whom overflow does not apply
    first = np.ones(len(log.stretch_contact), dtype=np.bool_)
    first[1:] = log.stretch_contact[1:] != log.stretch_contact[:-1]
    early = first[rows] & (case.workload.link[contact] != Link.TRANSFER)
    early &= start - log.arrival[contact] < plan.overflow_after[team, queue]
    return faults + _say("overflow before it is due", early, **columns)


def _session_ends(case: _Case) -> list[str]:
    """2.6, 2.10 and section 3: a session ends with its contact, when it is parked, or is handed over after a shift."""
    plan, log = case.plan, case.log
    replied = case.reply < NEVER
    late = replied & plan.persistent[case.queue]
    late &= case.workload.latency[case.slot] > plan.idle_timeout[case.queue]
    parked = np.where(late, np.minimum(case.reply, plan.drain_end) + plan.idle_timeout[case.queue], NEVER)
    late &= parked < log.left[case.owner]
    session = case.latest(case.stretch_keys, case.owner, np.minimum(parked, plan.drain_end))
    over = late & (_at(log.stretch_agent, session, -1) >= 0) & (_at(log.stretch_end, session, -1) > parked)
    faults = _say("parked conversation holds capacity", over, contact=case.owner, reply=case.reply, parked=parked)

    rows = np.flatnonzero(case.held & (log.stretch_end < plan.drain_end))
    agent, contact = log.stretch_agent[rows], log.stretch_contact[rows]
    start, end = log.stretch_start[rows], log.stretch_end[rows]
    ends = end == log.closed[contact]
    ends |= np.isin(case.key(contact, end), case.key(case.owner[late], parked[late]))
    # handed over when the shift or the overrun ends, or the work in hand after that, perhaps in the next shift
    shift = case.shift_at(agent, end)
    shift_end = np.minimum(_at(plan.shift_end, shift, NEVER), plan.drain_end)
    at_reply = np.isin(case.key(contact, end), case.key(case.owner[replied], case.reply[replied]))
    handed_over = (end == shift_end) | (end == shift_end + plan.overrun[plan.team[agent]]) | at_reply
    ends |= ~case.on_shift(agent, end) & handed_over
    ends |= _at(plan.shift_start, shift, NEVER) > start
    return faults + _say("session ends without reason", ~ends, agent=agent, contact=contact, start=start, end=end)


def _presence(case: _Case) -> list[str]:
    """3: who is on duty is present, nobody is without a reason, and all work is done while present."""
    plan, log = case.plan, case.log
    agent = plan.shift_agent[log.presence_shift].astype(np.int64)
    start, end = log.presence_start, log.presence_end
    columns: _Columns = {"agent": agent, "start": start, "end": end}
    wrong = (start < 0) | (start > end) | (end > plan.drain_end) | ~case.workload.present[log.presence_shift]
    faults = _say("presence of an agent who is there", wrong, **columns)
    same = agent[1:] == agent[:-1]
    wrong = (agent[1:] < agent[:-1]) | (same & (start[1:] < end[:-1]))
    faults += _say("presences follow one another", wrong, **{name: values[1:] for name, values in columns.items()})
    if faults:
        return faults

    duty_agent, duty_start, duty_end = case.duties
    keys = case.key(agent, start)
    row = case.latest(keys, duty_agent, duty_start)
    missing = (duty_start < duty_end) & (_at(end, row, -1) < duty_end)
    faults += _say("absent while on duty", missing, agent=duty_agent, start=duty_start, end=duty_end)

    worker, begin, finish, contact = case.pieces
    # overtime that runs into the next shift is two presences that touch: present until the last of them ends
    touches = np.append(same & (start[1:] == end[:-1]), False)
    last = np.flatnonzero(~touches)
    until = end[last[np.searchsorted(last, np.arange(len(end)))]]
    outside = _at(until, case.latest(keys, worker, begin), -1) < finish
    faults += _say("work outside presence", outside, agent=worker, contact=contact, begin=begin, end=finish)
    shift_agent = plan.shift_agent[case.shifts]
    shift_end = np.minimum(plan.shift_end[case.shifts], plan.drain_end)
    comes = np.concatenate([case.key(duty_agent, duty_start), case.key(shift_agent, shift_end)])
    faults += _say("presence begins without reason", ~np.isin(keys, comes), **columns)
    overrun = shift_end + plan.overrun[plan.team[shift_agent]]
    sessions = case.key(log.stretch_agent[case.held], log.stretch_end[case.held])
    next_shift = case.key(shift_agent, plan.shift_start[case.shifts])
    goes = [case.key(duty_agent, duty_end), case.key(shift_agent, overrun), next_shift, sessions]
    goes.append(case.key(worker, finish))
    wrong = ~np.isin(case.key(agent, end), np.concatenate(goes)) & (end != plan.drain_end)
    return faults + _say("presence ends without reason", wrong, **columns)


def _starts(case: _Case) -> list[str]:
    """5: a turn is begun on duty, or after the shift in a closed session that the agent finishes; calls ring on."""
    plan, log = case.plan, case.log
    turn = np.flatnonzero((case.start < NEVER) & ~plan.one_to_one[case.queue] & (case.holding >= 0))
    agent, start, queue = case.worker[turn], case.start[turn], case.queue[turn]
    team = plan.team[agent]
    over = np.minimum(_at(plan.shift_end, case.shift_at(agent, start), NEVER), plan.drain_end)
    finishing = (start >= over) & (start < over + plan.overrun[team])
    finishing &= ~plan.hand_over[team] & ~plan.persistent[queue] & (log.stretch_start[case.holding[turn]] < over)
    wrong = ~case.on_duty(agent, start) & ~finishing
    return _say("work begun off duty", wrong, agent=agent, contact=case.owner[turn], start=start)


# ── integrals ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _integrals(case: _Case) -> list[str]:
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
    is_open = area(case.workload.queue[began], log.arrival[began], log.closed[began])
    return [
        *_say("integral of queue length", waiting != log.queue_area, queue=queue, log=waiting, engine=log.queue_area),
        *_say("integral of open contacts", is_open != log.open_area, queue=queue, log=is_open, engine=log.open_area),
    ]


_CHECKS: Final = (
    _links,
    _turns,
    _outcomes,
    _closed,
    _patience,
    _hours,
    _durations,
    _one_thing_at_a_time,
    _capacity,
    _assignments,
    _session_ends,
    _presence,
    _starts,
    _integrals,
)
_STAGES: Final = ((_shape,), (_dormant, _unlogged, _tiling), _CHECKS)
"""Checks in the order in which they can be made: each stage may rely on what the ones before have found right."""
