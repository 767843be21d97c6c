"""What has happened until now, as the simulation needs it: contacts with their turns, and where each stands.

Times are int64 microseconds since the day's midnight, negative for what is older, NEVER for what has not been.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ccsim.scenario.model import Scenario
from ccsim.tables import I8, I32, I64, NEVER, UNSTARTED, Bool, Outcome, Phase, Plan, among

CLOSED = -1
"""In place of a phase."""


@dataclass
class Turn:
    """A customer's message and its answer; `agent` is the agent's name, "" if not known."""

    message: int
    start: int = NEVER
    reply: int = NEVER
    agent: str = ""


@dataclass
class Contact:
    """A contact as it was seen; `closed` and a decided `outcome` only if they were before now."""

    queue: int
    arrival: int
    turns: list[Turn] = field(default_factory=list)
    outcome: Outcome = Outcome.NONE
    left: int = NEVER
    closed: int = NEVER
    """after wrap-up; NEVER while the agent is still at it"""
    unseen: bool = False
    """nobody said what was written since it was answered"""
    may_be_over: bool = False
    """nobody said that it was its last turn, and nobody that it was not"""
    first: bool = True
    """the customer's first about the matter, as far as the log knows"""

    @property
    def agent(self) -> str:
        """Who last worked on it."""
        return next((turn.agent for turn in reversed(self.turns) if turn.start < NEVER), "")


@dataclass(frozen=True)
class Staff:
    """An agent whom the log knows to be there now."""

    name: str
    team: str
    """"" if the log does not know"""
    since: int


@dataclass(frozen=True)
class Observed:
    """All that is known at the time `at`."""

    at: int
    contacts: tuple[Contact, ...]
    staff: tuple[Staff, ...]
    roster_known: bool
    """`staff` are all who are there, by team; otherwise those who have answered something"""
    chains: bool
    """`first` of contacts is known"""
    counted: frozenset[int]
    """queues of which is known who came today; of others only who is here now"""
    warnings: tuple[str, ...] = ()
    from_counts: bool = False
    """who came is known by number alone: not when, nor how long it took"""


@dataclass(frozen=True)
class Table:
    """The contacts of an `Observed` as columns, one row each, turns one after the other."""

    queue: I32
    arrival: I64
    outcome: I8
    left: I64
    closed: I64
    phase: I8
    """Phase, or CLOSED"""
    unseen: Bool
    may_be_over: Bool
    turns: I32
    first_turn: I64
    message: I64
    start: I64
    reply: I64
    parked: I64
    """when the silence after the reply is too long; NEVER without a reply"""
    agent: tuple[str, ...]
    """by turn"""
    holder: tuple[str, ...]
    """by contact: who has it, or last had it"""


def table(observed: Observed, plan: Plan) -> Table:
    """Columns, and where every contact stands by the rules of the scenario."""
    contacts = observed.contacts
    turns = [turn for contact in contacts for turn in contact.turns]
    count = np.array([len(contact.turns) for contact in contacts], np.int32)
    parked = parkings(contacts, plan)
    return Table(
        queue=np.array([contact.queue for contact in contacts], np.int32),
        arrival=np.array([contact.arrival for contact in contacts], np.int64),
        outcome=np.array([contact.outcome for contact in contacts], np.int8),
        left=np.array([contact.left for contact in contacts], np.int64),
        closed=np.array([contact.closed for contact in contacts], np.int64),
        phase=np.array(
            [phase_of(c, times, observed.at, plan) for c, times in zip(contacts, parked, strict=True)], np.int8
        ),
        unseen=np.array([contact.unseen for contact in contacts], np.bool_),
        may_be_over=np.array([contact.may_be_over for contact in contacts], np.bool_),
        turns=count,
        first_turn=np.cumsum(count, dtype=np.int64) - count,
        message=np.array([turn.message for turn in turns], np.int64),
        start=np.array([turn.start for turn in turns], np.int64),
        reply=np.array([turn.reply for turn in turns], np.int64),
        parked=np.array([time for times in parked for time in times], np.int64),
        agent=tuple(turn.agent for turn in turns),
        holder=tuple(contact.agent for contact in contacts),
    )


def parkings(contacts: Sequence[Contact], plan: Plan) -> list[list[int]]:
    """When the silence after each reply is too long, by the sessions of its agent then (2.6), NEVER without a reply.

    A session lasts from the message, as if it were assigned at once (of a call, from the start of work), to the end of
    that silence, or through the next message if that came before, or until the contact is closed.
    """
    parked = [[NEVER] * len(contact.turns) for contact in contacts]
    ends: dict[str | int, dict[int, int]] = {}  # of the sessions begun, by agent and contact
    events = [
        (time, begins, number, k)
        for number, contact in enumerate(contacts)
        for k, turn in enumerate(contact.turns)
        for begins, time in (
            (False, turn.reply),
            (True, turn.start if plan.one_to_one[contact.queue] else turn.message),
        )
        if time < NEVER and not (begins and (turn.reply == time or not turn.agent))
    ]
    for time, begins, number, k in sorted(events):
        contact, turn = contacts[number], contacts[number].turns[k]
        sessions = ends.setdefault(turn.agent or number, {})  # without an agent's name: alone
        sessions[number] = NEVER
        if begins:
            continue
        q = contact.queue
        held = sum(end > time for end in sessions.values())
        after = plan.parked_after[q, min(held, plan.parked_after.shape[1]) - 1]
        parked[number][k] = time + int(after if plan.persistent[q] else plan.idle_timeout[q])
        if k + 1 == len(contact.turns):
            sessions[number] = parked[number][k] if contact.outcome == Outcome.NONE else contact.closed
        elif contact.turns[k + 1].message > parked[number][k]:
            sessions[number] = parked[number][k]
    return parked


def phase_of(contact: Contact, parked: Sequence[int], at: int, plan: Plan) -> int:
    """Where a contact stands; who was answered too long ago holds no session, which is `parked` by turn."""
    if contact.outcome != Outcome.NONE:
        return CLOSED if contact.closed < NEVER else Phase.WRAPPING
    last = contact.turns[-1]
    if last.reply < NEVER:
        return Phase.SILENT if at <= parked[-1] else Phase.AWAY
    return Phase.WORKING if last.start < NEVER else _waiting(contact, parked, at, plan)


def _waiting(contact: Contact, parked: Sequence[int], at: int, plan: Plan) -> Phase:
    q, last = contact.queue, contact.turns[-1]
    if not is_open(plan, q, at):
        return Phase.HELD
    if len(contact.turns) > 1:
        if last.message <= parked[-2]:
            return Phase.PENDING
        if last.message + plan.same_agent_for[q] > at:
            return Phase.BOUND
    return Phase.WAITING


def standing(rows: Table, queues: int) -> dict[str, I64]:
    """How many of each queue wait for an agent, are in the hands of one, and were answered last, so that the customer
    may write."""
    silent = among(rows.phase, (Phase.SILENT, Phase.AWAY))
    waiting = among(rows.phase, UNSTARTED)
    groups = {"waiting": waiting, "in_progress": (rows.phase != CLOSED) & ~waiting & ~silent, "silent": silent}
    return {name: np.bincount(rows.queue[those], minlength=queues) for name, those in groups.items()}


def is_open(plan: Plan, queue: int, at: int) -> bool:
    """Whether a queue is open just before that time."""
    spans = slice(plan.hours_offset[queue], plan.hours_offset[queue + 1])
    return bool(((plan.opens[spans] < at) & (at <= plan.closes[spans])).any())


def over_by_silence(contact: Contact, at: int, plan: Plan) -> None:
    """Closes a conversation whose customer has been silent for longer than the rules wait."""
    if contact.outcome != Outcome.NONE or contact.turns[-1].reply == NEVER:
        return
    last = contact.turns[-1]
    q = contact.queue
    if plan.persistent[q]:
        end, outcome = max(last.reply, last.message + int(plan.expires_after[q])), Outcome.EXPIRED
    else:
        end, outcome = last.reply + int(plan.idle_timeout[q]), Outcome.TIMED_OUT
    if end < at:
        over = Outcome.RESOLVED if contact.may_be_over else outcome
        contact.outcome, contact.left = over, last.reply if contact.may_be_over else end
        contact.closed = contact.left


def queues_of(scenario: Scenario) -> dict[str, int]:
    """Numbers of the queues by name."""
    return {name: number for number, name in enumerate(scenario.queue)}
