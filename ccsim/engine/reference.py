"""The reference engine: docs/model.md told as SimPy processes, the executable specification.

Comments name the rules of docs/model.md (`2.7`) or its sections (`5`). Who tells what:

    Contact.life   the life of a contact from arrival to end, one turn a round          section 2
    Agent          sessions, work, shifts and pauses; which contact, which message      sections 3, 4
    Queue          who waits, opening hours                                             sections 2, 4, 5
    Centre         the order of events, settling after each, contacts look for agents   sections 4, 5

Timed events carry the heap priority (kind, id). SimPy's own zero-delay events (a process starts, `succeed`) have
priorities 0 and 1, so that everything an event sets off is over before the system is settled (priority 2), and the
system is settled before the next timed event.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator
from enum import IntEnum
from typing import Any, Final, get_args, get_type_hints

import numpy as np
import simpy
from simpy.events import EventPriority

from ccsim.engine.events import Event
from ccsim.routing import AgentColumn, ContactColumn, MessageColumn
from ccsim.tables import NEVER, Link, Log, Outcome, Outside, Plan, Workload

Story = Generator[simpy.Event, Any, None]
Waiting = Generator[simpy.Event, Any, bool]

SETTLE: Final = EventPriority(2)  # behind SimPy's own zero-delay events, before all timed ones
CLOCK: Final = -1  # before the first event of an instant: hours, shifts and pauses are half-open, told by the clock
FIRST_KIND: Final = 10


def simulate(workload: Workload, plan: Plan) -> Log:
    """What happens to `workload` under `plan`, by SimPy processes; a deterministic function of its arguments."""
    centre = Centre(workload, plan)
    centre.run()
    return centre.record.log()


RETRIED: Final = (  # 2.11
    Outcome.ABANDONED,
    Outcome.SILENTLY_ABANDONED,
    Outcome.BLOCKED,
    Outcome.REJECTED,
    Outcome.LOST,
)


class News(IntEnum):
    """What a customer who waits for an answer may hear."""

    ANSWERED = 0  # an agent starts work on the message
    OUT_OF_PATIENCE = 1
    BLOCKED = 2
    DROPPED = 3


class Change(IntEnum):
    """What the roster does to an agent."""

    OVERRUN_OVER = 0
    SHIFT_ENDS = 1
    PAUSE_BEGINS = 2
    PAUSE_ENDS = 3
    SHIFT_BEGINS = 4


LEAVES: Final = (Change.OVERRUN_OVER, Change.SHIFT_ENDS, Change.PAUSE_BEGINS)


class Level:
    """A count over time with its integral over [warm_up, end)."""

    def __init__(self, centre: Centre) -> None:
        self.centre = centre
        self.count = 0
        self.area = 0
        self.seen = centre.plan.warm_up

    def add(self, step: int) -> None:
        now = min(max(self.centre.now, self.centre.plan.warm_up), self.centre.plan.end)
        self.area += self.count * (now - self.seen)
        self.seen = now
        self.count += step

    def total(self) -> int:
        self.add(0)
        return self.area


class Contact:
    """One request, from first message or ring to its end."""

    def __init__(self, centre: Centre, ident: int, parent: Contact | None = None, own: Agent | None = None) -> None:
        rows = centre.workload
        self.centre = centre
        self.id: int = ident
        self.parent = parent
        self.queue: Queue = centre.queues[rows.queue[ident]]
        self.silent: bool = rows.silent[ident]
        self.first_turn: int = rows.first_turn[ident]
        self.turns: int = rows.turns[ident]
        if parent is not None and rows.link[ident] == Link.RETURN:  # 2.6: the turns that remained
            self.first_turn = parent.slot + 1
            self.turns = parent.turns - parent.turn - 1
        self.turn: int = 0
        self.since: int = 0  # waiting since: when the message of this turn was sent
        self.pending = False  # it waits for work
        self.news = simpy.Event(centre.env)  # what the customer who waits for it will hear
        self.patience: simpy.Event | None = None  # the timer that counts; others are stale
        self.gone = False  # the customer left silently
        # unassigned
        self.waiting = False
        self.waits_from = 0
        self.held = False  # until the queue opens
        self.resumes = False  # 2.7 is still to be asked
        self.bound = False  # waits for its own agent alone
        self.binding: simpy.Event | None = None  # its timer
        # assigned
        self.agent: Agent | None = None
        self.assigned = 0
        self.handed_over = False  # the session ends at the end of the work in hand
        self.own = own  # who last had it
        self.replied: dict[Agent, int] = {}  # each agent's last reply in it

    @property
    def slot(self) -> int:
        return self.first_turn + self.turn

    def coming(self, time: int) -> Story:
        """A follow-up arrives later."""
        yield self.centre.at(Event.ARRIVAL, self.id, time)
        yield from self.life()

    def life(self, keeper: Agent | None = None) -> Story:
        """From arrival to end; `keeper` takes it along from the leg before (2.9)."""
        self.centre.record.begins(self)
        if self.queue.open or self.queue.holds:
            yield from self.conversation(keeper)
        else:
            self.leave(Outcome.REJECTED)  # 2.1
        self.end_session()
        self.centre.record.closes(self)

    def conversation(self, keeper: Agent | None) -> Story:
        """Turn by turn, until its outcome is decided and the agent is done with it."""
        centre, rows = self.centre, self.centre.workload
        self.message_comes(centre.now if self.parent else rows.arrival[self.id], rows.patience[self.id], keeper)
        while (yield from self.is_answered()):
            agent = self.agent
            assert agent is not None
            yield from agent.work(self)  # 2.4
            if self.gone:  # 2.3, 2.5: in vain
                yield from self.nobody_answers()
                return
            if self.turn == self.transfer_turn():  # 2.9
                self.leave(Outcome.TRANSFERRED)
                self.transfer(agent)
                return
            if self.turn == self.turns - 1:  # 2.10
                self.leave(Outcome.RESOLVED)
                yield from agent.wrap_up(self)
                return
            if not (yield from self.goes_on()):
                return
            self.turn += 1
            self.message_comes(centre.now, rows.reply_patience[self.slot])

    def message_comes(self, sent: int, patience: int, keeper: Agent | None = None) -> None:
        """The message of this turn, and with it a wait for an agent's attention."""
        centre, queue = self.centre, self.queue
        centre.record.writes(self, sent)
        self.since = sent
        self.pending = True
        self.news = simpy.Event(centre.env)
        if keeper is not None:
            keeper.take(self)
        elif self.agent is not None:
            centre.attentive.add(self.agent)
        else:
            self.resumes = self.own is not None
            queue.enter(self, since=sent, hold=queue.holds and not queue.open)
            if self.turn == 0 and centre.workload.link[self.id] != Link.TRANSFER:
                centre.newcomer = self
        deadline = queue.open_time(centre.now, patience) if self.held else centre.now + patience
        if deadline <= centre.plan.drain_end:
            self.patience = centre.at(Event.PATIENCE_ENDS, self.id, deadline)
            self.patience.callbacks.append(self.lose_patience)

    def lose_patience(self, timer: simpy.Event) -> None:
        if timer is self.patience:
            self.news.succeed(News.OUT_OF_PATIENCE)

    def is_answered(self) -> Waiting:
        """The wait for the start of work; whether it comes to that."""
        news = yield self.news
        if news is News.OUT_OF_PATIENCE:  # 2.3, 2.5
            outcome = Outcome.SILENTLY_ABANDONED if self.silent else Outcome.ABANDONED
            self.leave(outcome if self.turn == 0 else Outcome.LOST)
            if not self.silent:
                if self.waiting:
                    self.queue.dismiss(self)
                return False
            self.gone = True
            self.news = simpy.Event(self.centre.env)
            news = yield self.news
        self.patience = None
        if news is News.ANSWERED:
            return True
        if not self.gone:
            self.leave(Outcome.BLOCKED if news is News.BLOCKED else Outcome.REJECTED)
        return False

    def nobody_answers(self) -> Story:
        """After work in vain (2.3)."""
        if self.handed_over:
            self.end_session()
        yield self.centre.at(Event.IDLE_TIMEOUT, self.id, self.centre.now + self.queue.idle_timeout)

    def goes_on(self) -> Waiting:
        """The customer's time after a reply (2.6); whether the next message comes in this contact."""
        centre, queue = self.centre, self.queue
        if self.handed_over:  # 3: at the end of the work in hand
            self.end_session()
        reply = centre.now
        due = reply + centre.workload.latency[self.slot]
        silence = reply + queue.idle_timeout
        expiry = max(reply, self.since + queue.expires_after) if queue.persistent else NEVER
        if silence < due and silence <= expiry:
            yield centre.at(Event.IDLE_TIMEOUT, self.id, silence)
            self.end_session()
            if not queue.persistent:
                self.leave(Outcome.TIMED_OUT)
                self.follow_up(centre.workload.return_child[self.id], due)
                return False
        if expiry < due:
            yield centre.at(Event.EXPIRY, self.id, expiry)
            self.leave(Outcome.EXPIRED)
            return False
        yield centre.at(Event.MESSAGE, self.id, due)
        return True

    def end_session(self) -> None:
        if self.agent is not None:
            self.agent.release(self)

    def leave(self, outcome: Outcome) -> None:
        """The outcome is decided; a retry or reopening counts from now (2.11)."""
        rows = self.centre.workload
        self.centre.record.leaves(self, outcome)
        child = -1
        if outcome is Outcome.RESOLVED:
            child = rows.reopen_child[self.id]
        elif outcome in RETRIED:
            child = rows.retry_child[self.id]
        self.follow_up(child, self.centre.now + rows.after[child])

    def follow_up(self, child: int, time: int) -> None:
        """None begins at or after the end of arrivals (2.11)."""
        if child >= 0 and time < self.centre.plan.end:
            self.centre.env.process(Contact(self.centre, child, self).coming(time))

    def transfer_turn(self) -> int:
        """The turn after which it leaves, -1 for none (2.9)."""
        rows = self.centre.workload
        return (rows.transfer_draw[self.id] * self.turns) >> 31 if rows.transfer_child[self.id] >= 0 else -1

    def transfer(self, agent: Agent) -> None:
        """The next leg, in the same event if the agent keeps it (2.9)."""
        rows, env = self.centre.workload, self.centre.env
        self.end_session()
        child = rows.transfer_child[self.id]
        if not rows.keep_agent[child]:
            env.process(Contact(self.centre, child, self).coming(self.centre.now))
            return
        leg = Contact(self.centre, child, self, own=agent)
        if leg.queue.open and not agent.sessions and agent.fits(leg.queue):
            env.process(leg.life(keeper=agent))
        else:
            env.process(leg.coming(self.centre.now))


class Queue:
    """One stream of contacts: who of it waits unassigned, and its hours."""

    def __init__(self, centre: Centre, ident: int) -> None:
        plan = centre.plan
        self.centre = centre
        self.id: int = ident
        self.one_to_one: bool = plan.one_to_one[ident]
        self.persistent: bool = plan.persistent[ident]
        self.priority: int = plan.priority[ident]
        self.head_start: int = plan.head_start[ident]
        self.target_time: int = plan.target_time[ident]
        self.max_waiting: int = plan.max_waiting[ident]
        self.answer_delay: int = plan.answer_delay[ident]
        self.idle_timeout: int = plan.idle_timeout[ident]
        self.expires_after: int = plan.expires_after[ident]
        self.same_agent_for: int = plan.same_agent_for[ident]
        self.over_capacity: bool = plan.over_capacity[ident]
        self.holds: bool = plan.outside[ident] == Outside.HOLD
        self.reserved: bool = plan.reserved[ident]
        spans = slice(plan.hours_offset[ident], plan.hours_offset[ident + 1])
        self.hours: list[tuple[int, int]] = list(zip(plan.opens[spans], plan.closes[spans], strict=True))
        self.open = any(opens < 0 < closes for opens, closes in self.hours)
        helpers = [t for t, rank in enumerate(plan.rank) if rank[ident] >= 0]
        self.afters = {plan.overflow_after[t][ident] for t in helpers} - {0, NEVER}
        self.lengths = {plan.longer_than[t][ident] for t in helpers}
        self.length = Level(centre)  # all who are not assigned (2.2)
        self.alive = Level(centre)
        self.held: set[Contact] = set()
        self.bound: set[Contact] = set()
        self.free: list[Contact] = []  # wait for anyone, by (waiting since, id)

    def unheld(self) -> Iterator[Contact]:
        yield from self.free
        yield from self.bound

    def enter(self, contact: Contact, since: int, hold: bool = False) -> None:
        """`contact` begins to wait unassigned; its wait counts from `since`."""
        centre = self.centre
        contact.waiting = True
        contact.waits_from = since
        self.length.add(1)
        for after in self.afters:  # 5: overflow due
            if contact.since + after > centre.now:
                timer = centre.at(Event.OVERFLOW_DUE, contact.id, contact.since + after)
                timer.callbacks.append(lambda _, due=contact.since: self.overflow(contact, due))
        if hold:
            contact.held = True
            self.held.add(contact)
        else:
            self.admit(contact)
        if self.length.count - 1 in self.lengths:  # 5: comes to exceed a team's longer_than
            centre.looking.update(self.unheld())

    def overflow(self, contact: Contact, since: int) -> None:
        if contact.waiting and contact.since == since:
            self.centre.looking.add(contact)

    def admit(self, contact: Contact) -> None:
        """From now on it looks for an agent."""
        insort(self.free, contact, key=by_age)
        if contact.own is not None:
            contact.own.returning.add(contact)
        self.centre.looking.add(contact)

    def bind(self, contact: Contact) -> None:
        """It waits for its own agent alone (2.7)."""
        del self.free[bisect_left(self.free, by_age(contact), key=by_age)]
        self.bound.add(contact)
        contact.bound = True
        contact.binding = self.centre.at(Event.SAME_AGENT_OVER, contact.id, self.centre.now + self.same_agent_for)
        contact.binding.callbacks.append(lambda timer: self.unbind(contact) if timer is contact.binding else None)

    def unbind(self, contact: Contact) -> None:
        """It waits for anyone."""
        contact.bound = False
        contact.binding = None
        self.bound.remove(contact)
        insort(self.free, contact, key=by_age)
        self.centre.looking.add(contact)

    def remove(self, contact: Contact) -> None:
        """`contact` no longer waits unassigned."""
        contact.waiting = False
        self.length.add(-1)
        if contact.held:
            contact.held = False
            self.held.remove(contact)
            return
        if contact.bound:
            contact.bound = False
            contact.binding = None
            self.bound.remove(contact)
        else:
            del self.free[bisect_left(self.free, by_age(contact), key=by_age)]
        if contact.own is not None:
            contact.own.returning.remove(contact)
        if self.reserved and not self.free and not self.bound:  # 5: a reservation is lifted
            self.centre.all_look()

    def dismiss(self, contact: Contact) -> None:
        """`contact` leaves unassigned."""
        self.remove(contact)
        self.centre.record.waited(contact)

    def day(self) -> Story:
        """Opening and closing (5)."""
        centre = self.centre
        for opens, closes in self.hours:
            if closes <= 0:
                continue
            if opens >= 0:
                yield centre.at(CLOCK, self.id, opens)
                self.open = True
                yield centre.at(Event.QUEUE_OPENS, self.id, opens)
                for contact in self.held:
                    contact.held = False
                    self.admit(contact)
                self.held.clear()
            yield centre.at(CLOCK, self.id, closes)
            self.open = False
            yield centre.at(Event.QUEUE_CLOSES, self.id, closes)
            if centre.plan.drop_at_close[self.id]:
                for contact in sorted((c for c in self.unheld() if c.turn == 0), key=by_id):
                    self.dismiss(contact)
                    contact.news.succeed(News.DROPPED)

    def open_time(self, start: int, duration: int) -> int:
        """When the queue, from `start` on, has been open for `duration` (2.3)."""
        for opens, closes in self.hours:
            begin = max(opens, start)
            if begin + duration <= closes:
                return begin + duration
            duration -= max(closes - begin, 0)
        return NEVER


class Team:
    """Agents with the same skills; they stand where contacts find them, by units held."""

    def __init__(self, centre: Centre, ident: int) -> None:
        plan = centre.plan
        self.centre = centre
        self.rank: list[int] = plan.rank[ident]
        self.units: list[int] = plan.units[ident]
        self.after: list[int] = plan.overflow_after[ident]
        self.longer_than: list[int] = plan.longer_than[ident]
        self.pace: list[float] = plan.pace[ident]
        self.slowdown: list[float] = plan.slowdown[ident]
        self.overrun: int = 0 if plan.hand_over[ident] else plan.overrun[ident]
        self.queues = [queue for queue in centre.queues if self.rank[queue.id] >= 0]
        self.reserved = [queue for queue in self.queues if queue.reserved]
        self.shelves: dict[int, list[Agent]] = defaultdict(list)  # on duty and not in a one-to-one session
        idle = AgentColumn.IDLE_SINCE in plan.agent_order
        self.shelf_order: Callable[[Agent], tuple[int, int]] = by_idleness if idle else by_seniority

    def has_room(self, held: int, queue: Queue) -> bool:
        """Whether a session of `queue` fits beside `held` units."""
        return held == 0 if queue.one_to_one else held + self.units[queue.id] <= self.centre.plan.capacity

    def is_reserved(self, queue: Queue) -> bool:
        """A reservation forbids sessions of `queue` (4)."""
        return any(r is not queue and (r.free or r.bound) for r in self.reserved)

    def helps(self, contact: Contact) -> bool:
        """Overflow by time and by length (4)."""
        queue = contact.queue
        return (
            self.centre.now - contact.since >= self.after[queue.id] and queue.length.count > self.longer_than[queue.id]
        )


class Agent:
    """Their sessions, what they work on, their shifts and pauses."""

    def __init__(self, centre: Centre, ident: int, team: Team) -> None:
        self.centre = centre
        self.id: int = ident
        self.team = team
        self.sessions: list[Contact] = []
        self.held = 0  # units
        self.hand: Contact | None = None  # work in hand: ringing, a turn or a wrap-up
        self.returning: set[Contact] = set()  # contacts of theirs that wait unassigned, bound to them or not
        self.idle_since = 0
        self.shelf: list[Agent] | None = None
        # by the clock
        self.on_shift = False
        self.on_pause = False
        self.finishing = False  # works on the sessions kept, in the overrun
        # by the events "agents come" and "agents leave"
        self.shift = -1
        self.here = False
        self.present_since = NEVER  # NEVER: away

    @property
    def on_duty(self) -> bool:
        return self.on_shift and not self.on_pause

    @property
    def in_one_to_one(self) -> bool:
        return bool(self.sessions) and self.sessions[0].queue.one_to_one

    # sessions (3, 4)

    def fits(self, queue: Queue) -> bool:
        """They may take a contact of `queue`, as far as it is not the contact that forbids it (4)."""
        return (
            self.on_duty
            and self.team.rank[queue.id] >= 0
            and not self.in_one_to_one
            and self.team.has_room(self.held, queue)
            and not self.team.is_reserved(queue)
        )

    def takes_back(self, contact: Contact) -> bool:
        """2.7: `over_capacity` lets a message (not a transfer) in above the limit and on a pause."""
        queue = contact.queue
        if queue.over_capacity and contact.turn > 0:
            return not self.in_one_to_one and not self.team.is_reserved(queue)
        return self.fits(queue)

    def take(self, contact: Contact) -> None:
        """`contact` is assigned to them: a session begins."""
        now = self.centre.now
        if contact.waiting:
            contact.queue.remove(contact)
        else:
            contact.waits_from = now
        contact.agent = contact.own = self
        contact.assigned = now
        self.unshelve()
        self.sessions.append(contact)
        self.held += self.team.units[contact.queue.id]
        self.shelve()
        self.centre.attentive.add(self)

    def release(self, contact: Contact) -> None:
        """The session with `contact` ends."""
        self.centre.record.held(contact, self)
        contact.agent = None
        contact.handed_over = False
        if self.hand is contact:
            self.hand = None
        self.unshelve()
        self.sessions.remove(contact)
        self.held -= self.team.units[contact.queue.id]
        self.idle_since = self.centre.now
        self.shelve()
        self.centre.gained.add(self)
        self.centre.attentive.add(self)

    def hand_over(self, contact: Contact) -> None:
        """3: at once, or at the end of the work in hand."""
        if contact is self.hand:
            contact.handed_over = True
            return
        self.release(contact)
        if contact.pending:
            contact.queue.enter(contact, since=self.centre.now)

    def shelve(self) -> None:
        """Stand where contacts find them."""
        if self.on_duty and not self.in_one_to_one:
            self.shelf = self.team.shelves[self.held]
            insort(self.shelf, self, key=self.team.shelf_order)

    def unshelve(self) -> None:
        if self.shelf is not None:
            order = self.team.shelf_order
            del self.shelf[bisect_left(self.shelf, order(self), key=order)]
            self.shelf = None

    def next_contact(self) -> Contact | None:
        """Agent looks for a contact, by `routing.contact` (4)."""
        fitting = [queue for queue in self.team.queues if self.fits(queue)]
        # the head of a queue waits longest: if the team does not help with it, it helps with none behind
        heads = [queue.free[0] for queue in fitting if queue.free and self.team.helps(queue.free[0])]
        own = [contact for contact in self.returning if contact.queue in fitting]
        keys = self.centre.contact_keys
        return min(heads + own, key=lambda c: (*(key(self, c) for key in keys), c.id), default=None)

    # work (2.4, 2.8, 2.10, 3)

    def attend(self) -> None:
        """Without work in hand they turn to the next pending message (5), or go."""
        if self.hand is not None:
            return
        if self.on_duty or self.finishing:
            pending = [contact for contact in self.sessions if contact.pending]
            if pending:
                keys = self.centre.message_keys
                self.hand = min(pending, key=lambda c: (*(key(c) for key in keys), c.id))
                self.ring(self.hand)
                return
        if not self.here and not (self.finishing and self.sessions):
            self.end_presence()

    def ring(self, contact: Contact) -> None:
        """3: patience runs on while it rings."""
        if contact.queue.one_to_one:
            centre = self.centre
            ring = centre.at(Event.WORK_ENDS, contact.id, centre.now + contact.queue.answer_delay)
            ring.callbacks.append(lambda _: contact.news.succeed(News.ANSWERED) if self.hand is contact else None)
        else:
            contact.news.succeed(News.ANSWERED)

    def work(self, contact: Contact) -> Story:
        """One turn, from the start of work to the reply."""
        centre, team, queue = self.centre, self.team, contact.queue.id
        contact.pending = False
        slowdown = team.slowdown[min(len(self.sessions), len(team.slowdown)) - 1]
        effective = round(centre.workload.work[contact.slot] * team.pace[queue] * slowdown)  # halves to even
        reread = self.reread(contact)
        centre.record.starts(contact, self, reread)
        yield centre.at(Event.WORK_ENDS, contact.id, centre.now + effective + reread)
        centre.record.replies(contact)
        contact.replied[self] = centre.now
        self.hand = None
        centre.attentive.add(self)

    def reread(self, contact: Contact) -> int:
        """2.8"""
        plan, queue = self.centre.plan, contact.queue.id
        if contact.turn == 0 or plan.reread_after[queue] == NEVER:
            return 0
        if self in contact.replied and self.centre.now - contact.replied[self] <= plan.reread_after[queue]:
            return 0
        again: int = plan.reread_work[queue] + plan.reread_per_turn[queue] * contact.turn
        return again

    def wrap_up(self, contact: Contact) -> Story:
        """2.10"""
        duration = round(self.centre.workload.wrap_up[contact.id] * self.team.pace[contact.queue.id])
        if duration > 0:
            self.hand = contact
            yield self.centre.at(Event.WORK_ENDS, contact.id, self.centre.now + duration)

    # shifts and pauses (3)

    def by_the_clock(self, change: Change, shift: int) -> None:
        """Half-open spans: what holds from this instant on, before any of its events."""
        self.unshelve()
        match change:
            case Change.SHIFT_BEGINS:
                self.on_shift, self.finishing, self.idle_since = True, False, self.centre.now
            case Change.SHIFT_ENDS:
                self.on_shift = False
            case Change.PAUSE_BEGINS:
                self.on_pause = True
            case Change.PAUSE_ENDS:
                self.on_pause, self.idle_since = False, self.centre.now
            case Change.OVERRUN_OVER if shift == self.shift:
                self.finishing = False
        self.shelve()

    def leaves(self, change: Change, shift: int) -> None:
        """Their part in the event "agents leave" (3, 5)."""
        match change:
            case Change.PAUSE_BEGINS:
                self.here = False
            case Change.SHIFT_ENDS:
                self.here = False
                self.finishing = self.team.overrun > 0
                for contact in list(self.sessions):
                    if contact.queue.persistent or not self.finishing:
                        self.hand_over(contact)
                for contact in list(self.returning):
                    if contact.bound:
                        contact.queue.unbind(contact)
                if self.sessions:
                    self.begin_presence()  # again, if they were on a pause
            case Change.OVERRUN_OVER if shift == self.shift:
                for contact in list(self.sessions):
                    self.hand_over(contact)
        self.centre.attentive.add(self)

    def comes(self, change: Change, shift: int) -> None:
        """Their part in the event "agents come" (3, 5)."""
        if change is Change.SHIFT_BEGINS:
            self.end_presence()  # overtime ends where the next shift begins
            self.shift = shift
            if self.hand is not None:
                self.begin_presence()
        if self.on_duty:
            self.here = True
            self.begin_presence()
            self.centre.gained.add(self)
            self.centre.attentive.add(self)

    def begin_presence(self) -> None:
        if self.present_since == NEVER:
            self.present_since = self.centre.now

    def end_presence(self) -> None:
        if self.present_since < NEVER:
            self.centre.record.present(self)
            self.present_since = NEVER


def by_id(of: Contact | Agent) -> int:
    return of.id


def by_age(contact: Contact) -> tuple[int, int]:
    return contact.since, contact.id


def by_idleness(agent: Agent) -> tuple[int, int]:
    return agent.idle_since, agent.id


def by_seniority(agent: Agent) -> tuple[int, int]:
    return 0, agent.id


AGENT_KEYS: Final[dict[AgentColumn, Callable[[Agent, Queue], int]]] = {
    AgentColumn.RANK: lambda agent, queue: agent.team.rank[queue.id],
    AgentColumn.LOAD: lambda agent, queue: agent.held,
    AgentColumn.MINUS_LOAD: lambda agent, queue: -agent.held,
    AgentColumn.IDLE_SINCE: lambda agent, queue: agent.idle_since,
}
CONTACT_KEYS: Final[dict[ContactColumn, Callable[[Agent, Contact], int]]] = {
    ContactColumn.RANK: lambda agent, contact: agent.team.rank[contact.queue.id],
    ContactColumn.PRIORITY: lambda agent, contact: contact.queue.priority,
    ContactColumn.WAITING_SINCE: lambda agent, contact: contact.since - contact.queue.head_start,
    ContactColumn.DEADLINE: lambda agent, contact: contact.since - contact.queue.head_start + contact.queue.target_time,
}
MESSAGE_KEYS: Final[dict[MessageColumn, Callable[[Contact], int]]] = {
    MessageColumn.LATER_TURN: lambda contact: int(contact.turn > 0),
    MessageColumn.PRIORITY: lambda contact: contact.queue.priority,
    MessageColumn.MESSAGE_TIME: lambda contact: contact.since,
}


class Centre:
    """Queues and agents, the calendar, and what happens after each event."""

    def __init__(self, workload: Workload, plan: Plan) -> None:
        self.env = simpy.Environment(initial_time=0)
        self.workload = listed(workload)
        self.plan = listed(plan)
        self.queues = [Queue(self, q) for q in range(len(plan.priority))]
        self.teams = [Team(self, t) for t in range(len(plan.hand_over))]
        self.agents = [Agent(self, a, self.teams[t]) for a, t in enumerate(self.plan.team)]
        self.record = Record(self)
        self.agent_keys = [AGENT_KEYS[AgentColumn(column)] for column in self.plan.agent_order]
        self.contact_keys = [CONTACT_KEYS[ContactColumn(column)] for column in self.plan.contact_order]
        self.message_keys = [MESSAGE_KEYS[MessageColumn(column)] for column in self.plan.attention_order]
        # what the event under way has changed (5)
        self.gained: set[Agent] = set()
        self.looking: set[Contact] = set()
        self.newcomer: Contact | None = None
        self.attentive: set[Agent] = set()  # agents who may turn to a message, or go

    @property
    def now(self) -> int:
        return self.env.now  # type: ignore[return-value]  # SimPy says float, whatever it was given

    def run(self) -> None:
        for queue in self.queues:
            self.env.process(queue.day())
        self.env.process(self.roster())
        self.env.process(self.arrivals())
        self.env.run(until=self.at(Event.HORIZON, 0, self.plan.drain_end))

    def at(self, kind: int, ident: int, time: int) -> Any:
        """The timed event (time, kind, id), after which the system is settled."""
        event = simpy.Event(self.env)
        event._ok, event._value = True, None  # as SimPy's own Timeout: it happens without further trigger
        event.callbacks.append(self.then_settle)
        self.env.schedule(event, EventPriority(FIRST_KIND + kind << 40 | ident), time - self.now)
        return event

    def then_settle(self, _: simpy.Event) -> None:
        settling = simpy.Event(self.env)
        settling._ok, settling._value = True, None
        settling.callbacks.append(self.settle)
        self.env.schedule(settling, SETTLE, 0)

    def arrivals(self) -> Story:
        """Roots come in the order of (time, id); the backlog at time 0 (2.1)."""
        rows = self.workload
        roots = [c for c, link in enumerate(rows.link) if link == Link.ROOT]
        for c in sorted(roots, key=lambda c: (max(rows.arrival[c], 0), c)):
            yield self.at(Event.ARRIVAL, c, max(rows.arrival[c], 0))
            self.env.process(Contact(self, c).life())

    def roster(self) -> Story:
        """Shifts, pauses and overruns: by the clock, then all who leave as one event, then all who come (5)."""
        plan = self.plan
        changes: dict[int, list[tuple[int, Change, int]]] = defaultdict(list)

        def note(time: int, change: Change, shift: int) -> None:
            changes[time].append((plan.shift_agent[shift], change, shift))

        shifts = {s for s, present in enumerate(self.workload.present) if present}
        for s in shifts:
            note(plan.shift_start[s], Change.SHIFT_BEGINS, s)
            note(plan.shift_end[s], Change.SHIFT_ENDS, s)
            overrun = self.agents[plan.shift_agent[s]].team.overrun
            if overrun > 0:
                note(plan.shift_end[s] + overrun, Change.OVERRUN_OVER, s)
        for s, start, end in zip(plan.pause_shift, plan.pause_start, plan.pause_end, strict=True):
            if s in shifts:
                note(start, Change.PAUSE_BEGINS, s)
                note(end, Change.PAUSE_ENDS, s)
        for time, those in sorted(changes.items()):
            yield self.at(CLOCK, 0, time)
            for agent, change, shift in sorted(those):
                self.agents[agent].by_the_clock(change, shift)
            yield self.at(Event.AGENTS_LEAVE, 0, time)
            for agent, change, shift in sorted(those):
                if change in LEAVES:
                    self.agents[agent].leaves(change, shift)
            yield self.at(Event.AGENTS_COME, 0, time)
            for agent, change, shift in sorted(those):
                if change not in LEAVES:
                    self.agents[agent].comes(change, shift)

    def settle(self, _: simpy.Event) -> None:
        """5"""
        if len(self.gained) == 1:
            agent = self.gained.pop()
            while contact := agent.next_contact():
                agent.take(contact)
        elif self.gained:
            self.gained.clear()
            self.all_look()
        self.match()
        if self.newcomer is not None:
            newcomer, self.newcomer = self.newcomer, None
            if newcomer.waiting and newcomer.queue.length.count > newcomer.queue.max_waiting:  # 2.2
                newcomer.queue.remove(newcomer)
                newcomer.news.succeed(News.BLOCKED)
                self.match()
        for agent in sorted(self.attentive, key=by_id):
            agent.attend()
        self.attentive.clear()

    def all_look(self) -> None:
        for queue in self.queues:
            self.looking.update(queue.unheld())

    def match(self) -> None:
        while self.looking:
            batch = sorted(self.looking, key=lambda c: (c.since - c.queue.head_start, c.id))
            self.looking = set()
            for contact in batch:
                if contact.waiting and not contact.held:
                    self.look(contact)

    def look(self, contact: Contact) -> None:
        """Contact looks for an agent, by `routing.agent` (4); its own agent first (2.7)."""
        queue, own = contact.queue, contact.own
        if contact.resumes:
            contact.resumes = False
            assert own is not None
            if own.on_shift:
                if own.takes_back(contact):
                    own.take(contact)
                    return
                if queue.same_agent_for > 0 and own.team.rank[queue.id] >= 0:
                    queue.bind(contact)
                    return
        if contact.bound:
            assert own is not None
            if own.fits(queue):
                own.take(contact)
            return
        candidates = []
        for team in self.teams:
            if team.rank[queue.id] < 0 or team.is_reserved(queue):
                continue
            if team.helps(contact):
                candidates += [s[0] for held, s in team.shelves.items() if s and team.has_room(held, queue)]
            elif own is not None and own.team is team and own.fits(queue):
                candidates.append(own)
        if candidates:
            keys = self.agent_keys
            min(candidates, key=lambda a: (*(key(a, queue) for key in keys), a.id)).take(contact)


class Record:
    """The log in the making, column by column under the log's names; nothing in here decides anything."""

    def __init__(self, centre: Centre) -> None:
        rows = centre.workload
        contacts, slots = len(rows.queue), len(rows.work)
        self.centre = centre
        self.alive: set[Contact] = set()
        self.stretches: list[tuple[int, int, int, int, int]] = []  # contact, since, start, end, agent
        self.presences: list[tuple[int, int, int, int]] = []  # agent, start, end, shift
        self.outcome = [int(Outcome.NONE)] * contacts
        self.arrival = [NEVER] * contacts
        self.parent = [-1] * contacts
        self.first_turn = [-1] * contacts
        self.turns = list(rows.turns)
        self.messages = [0] * contacts
        self.left = [NEVER] * contacts
        self.closed = [NEVER] * contacts
        self.message = [NEVER] * slots
        self.start = [NEVER] * slots
        self.reply = [NEVER] * slots
        self.agent = [-1] * slots
        self.reread = [0] * slots

    def begins(self, contact: Contact) -> None:
        self.alive.add(contact)
        contact.queue.alive.add(1)
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

    def leaves(self, contact: Contact, outcome: Outcome) -> None:
        self.outcome[contact.id] = outcome
        self.left[contact.id] = self.centre.now

    def closes(self, contact: Contact) -> None:
        self.alive.remove(contact)
        contact.queue.alive.add(-1)
        self.closed[contact.id] = self.centre.now

    def held(self, contact: Contact, agent: Agent) -> None:
        self.stretches.append((contact.id, contact.waits_from, contact.assigned, self.centre.now, agent.id))

    def waited(self, contact: Contact) -> None:
        self.stretches.append((contact.id, contact.waits_from, self.centre.now, self.centre.now, -1))

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
        # within one contact or agent, rows that tie are in the order in which they happened
        stretches = zip(*sorted(self.stretches, key=lambda row: row[:3]), strict=True)
        presences = zip(*sorted(self.presences, key=lambda row: row[:2]), strict=True)
        return in_types(
            vars(self)
            | dict(zip(STRETCH, stretches, strict=False))
            | dict(zip(PRESENCE, presences, strict=False))
            | {"queue_area": [queue.length.total() for queue in self.centre.queues]}
            | {"open_area": [queue.alive.total() for queue in self.centre.queues]}
        )


STRETCH: Final = ("stretch_contact", "stretch_since", "stretch_start", "stretch_end", "stretch_agent")
PRESENCE: Final = ("", "presence_start", "presence_end", "presence_shift")


def in_types(columns: dict[str, Any]) -> Log:
    """The log's arrays; columns that are missing have no rows."""
    types = {name: get_args(get_args(hint)[1])[0] for name, hint in get_type_hints(Log).items()}
    return Log(**{name: np.array(columns.get(name, ()), dtype=dtype) for name, dtype in types.items()})


def listed(table: Any) -> Any:
    """A table with Python lists for arrays: exact integers, and quick to read one by one."""
    return type(table)(*(column.tolist() if isinstance(column, np.ndarray) else column for column in table))
