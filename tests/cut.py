"""A run cut at a time: its state there, as the reference engine has it, and its log so far."""

from __future__ import annotations

from typing import Any

import numpy as np

from ccsim.engine.events import Event
from ccsim.engine.reference import Agent, Centre, Contact
from ccsim.tables import NEVER, Link, Log, Outcome, Phase, Plan, State, Workload


def state_at(workload: Workload, plan: Plan, whole: Log, at: int) -> State:
    """The state when all events before `at` are over; `whole` is the log of the run that is not cut."""
    centre = WithTimes(workload, plan)
    centre.run(-2, at)
    log = log_until(workload, whole, at)._replace(
        queue_area=np.array([queue.length.total() for queue in centre.queues], np.int64),
        open_area=np.array([queue.alive.total() for queue in centre.queues], np.int64),
    )
    rows = [row_of(contact) for contact in sorted(centre.record.alive, key=lambda contact: contact.id)]
    rows += [(int(c), Phase.TO_COME, own(workload, log, c), 0, 0, 0.0, False) for c in to_come(log, at)]
    contact, phase, agent, until, due, left, handed_over = zip(*rows, strict=True) if rows else ((),) * 7
    return State(
        at,
        log,
        np.array(contact, np.int32),
        np.array(phase, np.int8),
        np.array(agent, np.int32),
        np.array(until, np.int64),
        np.array(due, np.int64),
        np.array(left, np.float64),
        np.array(handed_over, np.bool_),
        np.array([agent.idle_since for agent in centre.agents], np.int64),
    )


class WithTimes(Centre):
    """Timers know when they are due."""

    def __init__(self, workload: Workload, plan: Plan) -> None:
        super().__init__(workload, plan)
        self.work_ends: dict[int, int] = {}  # by contact, also when it no longer rings
        self.bot_ends: dict[int, int] = {}
        self.parked: dict[int, int] = {}

    def at(self, kind: int, ident: int, time: int) -> Any:
        timer = super().at(kind, ident, time)
        timer.due = time
        if kind == Event.WORK_ENDS:
            self.work_ends[ident] = time
        elif kind == Event.BOT_ENDS:
            self.bot_ends[ident] = time
        elif kind == Event.IDLE_TIMEOUT:
            self.parked[ident] = time
        return timer


def row_of(contact: Contact) -> tuple[int, Phase, int, int, int, float, bool]:
    who: Agent | None = contact.own if contact.agent is None else contact.agent
    patience = getattr(contact.patience, "due", NEVER)
    phase, until, left = phase_of(contact)
    return contact.id, phase, -1 if who is None else who.id, until, patience, left, contact.handed_over


def phase_of(contact: Contact) -> tuple[Phase, int, float]:  # noqa: PLR0911 (one a phase)
    centre, agent = contact.centre, contact.agent
    assert isinstance(centre, WithTimes)
    log = centre.record
    if log.messages[contact.id] == 0:
        return Phase.WITH_BOT, centre.bot_ends[contact.id], 0.0
    if contact.waiting:
        phase = Phase.HELD if contact.held else Phase.BOUND if contact.bound else Phase.WAITING
        return phase, contact.binding.due if contact.bound else 0, 0.0
    if agent is None:
        return Phase.AWAY, 0, 0.0
    if contact in agent.sharing:
        return Phase.SHARED, contact.last, contact.left
    wrapping = log.reply[contact.slot] < NEVER
    if agent.suspended is contact:
        phase = Phase.SUSPENDED_WRAPPING if wrapping else Phase.SUSPENDED
        return phase, contact.ends - agent.suspended_at, 0.0
    if agent.hand is not contact:
        if contact.pending:
            return Phase.PENDING, 0, 0.0
        if not contact.queue.persistent:
            return Phase.SILENT, 0, 0.0
        parked = centre.parked.get(contact.id, -1)  # perhaps after an earlier reply
        return Phase.SILENT, parked if parked >= log.reply[contact.slot] else NEVER, 0.0
    if contact.pending:
        return Phase.RINGING, centre.work_ends[contact.id], 0.0
    vain = contact.called_back and contact.turn == 0 and centre.workload.no_answer[contact.id]
    return Phase.WRAPPING if wrapping else Phase.IN_VAIN if vain else Phase.WORKING, contact.ends, 0.0


def log_until(workload: Workload, whole: Log, at: int) -> Log:
    """What of it is known before `at`."""
    later = {name: np.where(getattr(whole, name) < at, getattr(whole, name), NEVER) for name in (
        "arrival", "left", "closed", "message", "start", "reply"
    )}  # fmt: skip
    begun = later["arrival"] < NEVER
    parent = whole.parent
    decided = np.where(parent >= 0, later["left"][parent], NEVER) < NEVER
    to_come = ~begun & decided & (whole.arrival < NEVER)
    known = begun | to_come
    returns = begun | (workload.link == Link.RETURN)
    worked = later["start"] < NEVER
    slots = [slice(first, first + count) for first, count in zip(whole.first_turn, whole.messages, strict=True)]
    messages = [int((later["message"][s] < NEVER).sum()) if b else 0 for s, b in zip(slots, begun, strict=True)]
    entered = np.array(messages) > 0
    rows = whole.stretch_since < at
    assigned, ended = whole.stretch_start[rows] < at, whole.stretch_end[rows] < at
    suspended = whole.suspended_start < at
    there = whole.presence_start < at
    return whole._replace(
        **(later | {"arrival": np.where(known, whole.arrival, NEVER)}),
        outcome=np.where(later["left"] < NEVER, whole.outcome, Outcome.NONE).astype(np.int8),
        queue=np.where(begun, whole.queue, workload.queue),
        parent=np.where(known, parent, -1).astype(np.int32),
        first_turn=np.where(known, np.where(returns, whole.first_turn, workload.first_turn), -1),
        turns=np.where(known & returns, whole.turns, workload.turns).astype(np.int32),
        messages=np.array(messages, np.int32),
        called_back=whole.called_back & entered,
        agent=np.where(worked, whole.agent, -1).astype(np.int32),
        reread=np.where(worked, whole.reread, 0),
        stretch_contact=whole.stretch_contact[rows],
        stretch_agent=np.where(assigned, whole.stretch_agent[rows], -1).astype(np.int32),
        stretch_since=whole.stretch_since[rows],
        stretch_start=np.where(assigned, whole.stretch_start[rows], NEVER),
        stretch_end=np.where(ended, whole.stretch_end[rows], NEVER),
        suspended_contact=whole.suspended_contact[suspended],
        suspended_agent=whole.suspended_agent[suspended],
        suspended_start=whole.suspended_start[suspended],
        suspended_end=np.where(whole.suspended_end[suspended] < at, whole.suspended_end[suspended], NEVER),
        presence_shift=whole.presence_shift[there],
        presence_start=whole.presence_start[there],
        presence_end=np.where(whole.presence_end[there] < at, whole.presence_end[there], NEVER),
    )


def to_come(log: Log, at: int) -> list[int]:
    return list(np.flatnonzero((log.arrival >= at) & (log.arrival < NEVER)))


def own(workload: Workload, log: Log, c: int) -> int:
    """Who keeps a transfer's next leg if they can (2.9)."""
    if not workload.keep_agent[c]:
        return -1
    parent = log.parent[c]
    return int(log.agent[log.first_turn[parent] + log.messages[parent] - 1])
