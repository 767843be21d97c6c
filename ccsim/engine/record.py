"""The log of the reference engine in the making; nothing in here decides anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_type_hints

import numpy as np

from ccsim.tables import NEVER, NUMBERS, Log, Outcome, State

if TYPE_CHECKING:
    from ccsim.engine.reference import Agent, Centre, Contact


class Level:
    """A count over time with its integral over [warm_up, end)."""

    def __init__(self, centre: Centre) -> None:
        self.centre = centre
        self.count = 0
        self.area = 0
        self.first: int = centre.plan.warm_up
        self.last: int = centre.plan.end
        self.seen = self.first

    def add(self, step: int) -> None:
        now = self.centre.now
        if not self.first <= now <= self.last:
            now = self.first if now < self.first else self.last
        self.area += self.count * (now - self.seen)
        self.seen = now
        self.count += step

    def total(self) -> int:
        self.add(0)
        return self.area


class Record:
    """The log in the making, column by column under the log's names; nothing in here decides anything."""

    def __init__(self, centre: Centre) -> None:
        rows = centre.workload
        contacts, slots = len(rows.queue), len(rows.work)
        self.centre = centre
        self.alive: set[Contact] = set()
        self.stretches: list[tuple[int, int, int, int, int]] = []  # contact, since, start, end, agent
        self.suspensions: list[tuple[int, int, int, int]] = []  # contact, start, end, agent
        self.presences: list[tuple[int, int, int, int]] = []  # agent, start, end, shift
        self.queue = list(rows.queue)
        self.outcome = [int(Outcome.NONE)] * contacts
        self.arrival = [NEVER] * contacts
        self.parent = [-1] * contacts
        self.first_turn = [-1] * contacts
        self.turns = list(rows.turns)
        self.messages = [0] * contacts
        self.left = [NEVER] * contacts
        self.called_back = [False] * contacts
        self.closed = [NEVER] * contacts
        self.message = [NEVER] * slots
        self.start = [NEVER] * slots
        self.reply = [NEVER] * slots
        self.agent = [-1] * slots
        self.reread = [0] * slots

    def takes_up(self, state: State) -> None:
        """What the log of a state has; what it has begun and not ended goes on."""
        log = state.log
        for name in vars(self).keys() & set(Log._fields):
            setattr(self, name, getattr(log, name).tolist())
        for c, arrival in enumerate(self.arrival):
            if state.at <= arrival < NEVER:  # it will say so itself
                self.arrival[c], self.parent[c], self.first_turn[c] = NEVER, -1, -1
                self.turns[c] = self.centre.workload.turns[c]
        stretches = list(zip(*(getattr(log, name).tolist() for name in STRETCH), strict=True))
        self.stretches = [row for row in stretches if row[3] < NEVER]
        self.under_way = {c: (since, start) for c, since, start, end, _ in stretches if end == NEVER}
        suspensions = list(zip(*(getattr(log, name).tolist() for name in SUSPENSION), strict=True))
        self.suspensions = [row for row in suspensions if row[2] < NEVER]
        self.interrupted = {c: start for c, start, end, _ in suspensions if end == NEVER}
        for shift, start, end in zip(log.presence_shift, log.presence_start, log.presence_end, strict=True):
            agent = self.centre.agents[self.centre.plan.shift_agent[shift]]
            if end == NEVER:
                agent.present_since = int(start)
            else:
                self.presences.append((agent.id, int(start), int(end), int(shift)))
        now = min(max(state.at, self.centre.plan.warm_up), self.centre.plan.end)
        for queue, waiting, alive in zip(self.centre.queues, log.queue_area, log.open_area, strict=True):
            queue.length.area, queue.alive.area = int(waiting), int(alive)
            queue.length.seen = queue.alive.seen = now

    def goes_on(self, contact: Contact) -> None:
        """One that the log of a state has under way."""
        self.alive.add(contact)
        contact.queue.alive.count += not self.is_over(contact)
        contact.waits_from, contact.assigned = self.under_way.get(contact.id, (0, 0))

    def begins(self, contact: Contact) -> None:
        self.alive.add(contact)
        contact.queue.alive.add(1)
        self.queue[contact.id] = contact.queue.id
        if contact.parent is None:
            self.arrival[contact.id] = self.centre.workload.arrival[contact.id]
        else:
            self.arrival[contact.id] = self.centre.now
            self.parent[contact.id] = contact.parent.id
        self.first_turn[contact.id] = contact.first_turn
        self.turns[contact.id] = contact.turns

    def writes(self, contact: Contact, sent: int) -> None:
        self.messages[contact.id] += 1
        self.message[contact.slot] = sent

    def starts(self, contact: Contact, agent: Agent, reread: int) -> None:
        self.start[contact.slot] = self.centre.now
        self.agent[contact.slot] = agent.id
        self.reread[contact.slot] = reread

    def replies(self, contact: Contact) -> None:
        self.reply[contact.slot] = self.centre.now

    def accepts_call_back(self, contact: Contact) -> None:
        self.called_back[contact.id] = True

    def is_over(self, contact: Contact) -> bool:
        """It is resolved, but for a closing word: it no longer counts as open (6.20)."""
        return self.outcome[contact.id] == Outcome.RESOLVED and contact.answers < contact.turns

    def leaves(self, contact: Contact, outcome: Outcome) -> None:
        self.outcome[contact.id] = outcome
        self.left[contact.id] = self.centre.now
        if self.is_over(contact):
            contact.queue.alive.add(-1)

    def closes(self, contact: Contact) -> None:
        self.alive.remove(contact)
        if not self.is_over(contact):
            contact.queue.alive.add(-1)
        self.closed[contact.id] = self.centre.now

    def held(self, contact: Contact, agent: Agent) -> None:
        self.stretches.append((contact.id, contact.waits_from, contact.assigned, self.centre.now, agent.id))

    def waited(self, contact: Contact) -> None:
        self.stretches.append((contact.id, contact.waits_from, self.centre.now, self.centre.now, -1))

    def suspended(self, contact: Contact, agent: Agent) -> None:
        self.suspensions.append((contact.id, agent.suspended_at, self.centre.now, agent.id))

    def present(self, agent: Agent) -> None:
        self.presences.append((agent.id, agent.present_since, self.centre.now, agent.shift))

    def log(self) -> Log:
        """The tables, at the horizon."""
        for contact in self.alive:
            if self.outcome[contact.id] == Outcome.NONE:
                self.leaves(contact, Outcome.OPEN)
            self.closed[contact.id] = self.centre.now
            if contact.waiting:
                self.waited(contact)
            elif contact.agent is not None:
                self.held(contact, contact.agent)
        for agent in self.centre.agents:
            agent.end_presence()
            if agent.suspended is not None:
                self.suspended(agent.suspended, agent)
        # within one contact or agent, rows that tie are in the order in which they happened
        stretches = zip(*sorted(self.stretches, key=lambda row: row[:3]), strict=True)
        suspensions = zip(*sorted(self.suspensions, key=lambda row: row[:2]), strict=True)
        presences = zip(*sorted(self.presences, key=lambda row: row[:2]), strict=True)
        return in_types(
            vars(self)
            | dict(zip(STRETCH, stretches, strict=False))
            | dict(zip(SUSPENSION, suspensions, strict=False))
            | dict(zip(PRESENCE, presences, strict=False))
            | {"queue_area": [queue.length.total() for queue in self.centre.queues]}
            | {"open_area": [queue.alive.total() for queue in self.centre.queues]}
        )


STRETCH: Final = ("stretch_contact", "stretch_since", "stretch_start", "stretch_end", "stretch_agent")
SUSPENSION: Final = ("suspended_contact", "suspended_start", "suspended_end", "suspended_agent")
PRESENCE: Final = ("", "presence_start", "presence_end", "presence_shift")


def in_types(columns: dict[str, Any]) -> Log:
    """The log's arrays; columns that are missing have no rows."""
    types = {name: NUMBERS[hint] for name, hint in get_type_hints(Log).items()}
    return Log(**{name: np.array(columns.get(name, ()), dtype=dtype) for name, dtype in types.items()})
