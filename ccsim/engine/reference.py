"""The reference engine: docs/model.md as SimPy processes, the executable specification.

Comments name the rules of docs/model.md (`2.7`) or its sections (`5`). What is where:

    Contact.life   the life of a contact from arrival to end, one turn a round          section 2, 6.1-6.5
    Agent          sessions, work, shifts and pauses; which contact, which message      sections 3, 4, 6.6, 6.7, 6.9
    Queue          who waits, opening hours, offers of a call back                      sections 2, 4, 5, 6.8
    Centre         the order of events, settling after each, contacts look for agents   sections 4, 5, 6.10
    Record         the log (record.py)

Timed events carry the heap priority (kind, id), behind SimPy's own zero-delay events (a process starts, `succeed`):
everything that a timed event sets off is over before the system is settled, which is before the next timed event.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict, deque
from collections.abc import Callable, Generator, Iterator
from enum import IntEnum
from heapq import heappushpop, heapreplace
from operator import attrgetter
from typing import Any, Final

import numpy as np
import simpy
from simpy.events import EventPriority

from ccsim.engine.events import Event
from ccsim.engine.record import Level, Record
from ccsim.routing import TURN_STEP, AgentColumn, ContactColumn, MessageColumn
from ccsim.tables import (
    IN_HAND,
    IN_SESSION,
    NEVER,
    SUSPENDED,
    UNASSIGNED,
    UNSTARTED,
    Link,
    Log,
    Outcome,
    Outside,
    Phase,
    Plan,
    State,
    Workload,
)

Story = Generator[simpy.Event, Any, None]
Waiting = Generator[simpy.Event, Any, bool]

CLOCK: Final = -1  # before the first event of an instant: hours, shifts and pauses are half-open, on the clock
FIRST_KIND: Final = 10  # behind SimPy's own URGENT and NORMAL


def simulate(workload: Workload, plan: Plan, state: State | None = None) -> Log:
    """What happens to `workload` under `plan`, by SimPy processes; a deterministic function of its arguments.

    With a `state`, what happens from it on (9); the log then has what came before, too.
    """
    centre = Centre(workload, plan, state)
    centre.run(Event.HORIZON, plan.drain_end)
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
    WIND_DOWN_BEGINS = 5
    WIND_DOWN_ENDS = 6


LEAVES: Final = (Change.OVERRUN_OVER, Change.SHIFT_ENDS, Change.PAUSE_BEGINS)
COMES: Final = (Change.PAUSE_ENDS, Change.SHIFT_BEGINS)


class Contact:
    """One request, from first message or ring to its end."""

    def __init__(self, centre: Centre, ident: int, parent: Contact | None = None, own: Agent | None = None) -> None:
        rows = centre.workload
        self.centre = centre
        self.id: int = ident
        self.parent = parent
        self.queue: Queue = centre.queues[rows.queue[ident]]
        self.backlog: bool = rows.arrival[ident] < 0
        self.outbound: bool = rows.outbound[ident]
        self.silent: bool = rows.silent[ident]
        self.agent_draw: int = rows.agent_draw[ident]
        self.first_turn: int = rows.first_turn[ident]
        self.turns: int = rows.turns[ident]
        if parent is not None and rows.link[ident] == Link.RETURN:  # 2.6: the turns that remained
            self.first_turn = parent.slot + 1
            self.turns = parent.turns - parent.turn - 1
        self.turn: int = 0
        self.since: int = 0  # when the message of this turn was sent
        self.age = (False, 0, ident)  # its place among those who wait: whether it is a task, since when it waits, id
        self.pending = False  # it waits for work
        self.news = simpy.Event(centre.env)  # what the customer who waits for it will hear
        self.patience: simpy.Event | None = None  # the timer that counts; others are stale
        self.gone = False  # the customer left silently
        self.called_back = False
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
        # in work
        self.done = simpy.Event(centre.env)
        self.ends = NEVER
        self.work_ends: simpy.Event | None = None  # the timer that counts; others are stale
        self.left = 0.0  # shared attention: work to go (6.7)
        self.last = 0  # when `left` was worked out

    @property
    def slot(self) -> int:
        return self.first_turn + self.turn

    def chosen(self, agents: int) -> int:
        """Which of so many equal agents it takes at random (4)."""
        return (self.agent_draw + self.turn * TURN_STEP) % 2**31 * agents >> 31

    @property
    def answers(self) -> int:
        """Turns that need an answer: all but a closing word (6.20)."""
        last: bool = self.centre.workload.closing[self.first_turn + self.turns - 1]
        return self.turns - last

    @property
    def waiting_since(self) -> int:
        """From when its wait counts among others (4)."""
        return self.age[1]

    def carry(self) -> int:
        """The time of the contacts that its first turn carries (4)."""
        link, record = self.centre.workload.link, self.centre.record
        total, ident = 0, self.id
        if self.queue.carry_wait and self.turn == 0:
            while link[ident] in (Link.TRANSFER, Link.RETRY):
                ident = record.parent[ident]
                total += record.left[ident] - record.arrival[ident]
        return total

    @property
    def task(self) -> bool:
        """It waits for the company to write first (6.9)."""
        return self.outbound and self.turn == 0

    def coming(self, time: int) -> Story:
        """A follow-up arrives later."""
        yield self.centre.at(Event.ARRIVAL, self.id, time)
        yield from self.life()

    def life(self, keeper: Agent | None = None) -> Story:
        """From arrival to end; `keeper` takes it along from the leg before (2.9)."""
        rows = self.centre.workload
        if self.queue.alternatives and not rows.deflected[self.id]:
            self.join()
        by_bot = not rows.deflected[self.id] and self.meets_bot()
        if not by_bot and rows.link[self.id] != Link.RETURN:  # 6.2: nothing to tell again
            self.first_turn += rows.bot_repeats[self.id]
            self.turns -= rows.bot_repeats[self.id]
        self.centre.record.begins(self)
        if rows.deflected[self.id]:
            self.leave(Outcome.DEFLECTED)  # 6.1
        elif by_bot:
            yield from self.talks_to_bot(self.queue.bot_until(rows.bot_time[self.id]))
        else:
            yield from self.enters(keeper)
        self.is_done()

    def join(self) -> None:
        """The queue whose expected wait is least (6.23)."""
        if self.centre.workload.link[self.id] != Link.TRANSFER and not self.outbound and not self.backlog:
            self.queue = min([self.queue, *self.queue.alternatives], key=Queue.expected_wait)

    def is_done(self) -> None:
        self.end_session()
        self.centre.record.closes(self)

    def meets_bot(self) -> bool:
        """Whether it talks to the bot first (6.2); the backlog has it behind it."""
        rows, queue = self.centre.workload, self.queue
        if rows.bot_time[self.id] < 0 or rows.link[self.id] == Link.TRANSFER or self.outbound or self.backlog:
            return False
        return (queue.bot_on_duty() and not rows.asks_human[self.id]) or (queue.bot_outside and not queue.open)

    def talks_to_bot(self, until: int) -> Story:
        """6.2"""
        yield self.centre.at(Event.BOT_ENDS, self.id, until)
        if self.centre.workload.contained[self.id]:
            self.leave(Outcome.CONTAINED)
        else:
            yield from self.enters()

    def enters(self, keeper: Agent | None = None) -> Story:
        """Into its queue, if that takes it in."""
        if self.queue.open or self.queue.holds:
            self.message_comes(self.centre.workload.arrival[self.id] if self.backlog else self.centre.now, keeper)
            yield from self.conversation()
        else:
            self.leave(Outcome.REJECTED)  # 2.1

    def conversation(self) -> Story:
        """From a message on, turn by turn, until its outcome is decided and the agent is done with it."""
        while (yield from self.is_answered()):
            agent = self.agent
            assert agent is not None
            if self.called_back and self.centre.workload.no_answer[self.id]:  # 6.8
                yield from agent.call_in_vain(self)
                self.leave(Outcome.ABANDONED)
                return
            yield from agent.work(self)  # 2.4
            if not (yield from self.is_answered_again(agent)):
                return

    def is_answered_again(self, agent: Agent) -> Waiting:
        """After a reply: whether the customer's next message comes in this contact."""
        if self.gone:  # 2.3, 2.5: in vain
            yield from self.nobody_answers(self.centre.now)
            return False
        if self.turn == self.transfer_turn():  # 2.9
            self.leave(Outcome.TRANSFERRED)
            self.transfer(agent)
            return False
        if self.turn == self.answers - 1:  # 2.10
            self.leave(Outcome.RESOLVED)
        if self.turn == self.turns - 1:
            yield from agent.wrap_up(self)
            return False
        return (yield from self.goes_on(self.centre.now, self.centre.now + self.queue.silence(len(agent.sessions))))

    def from_state(self, phase: Phase, until: int) -> Story:
        """Its life from a state on (9)."""
        agent = self.agent
        if phase is Phase.WITH_BOT:
            yield from self.talks_to_bot(until)
        elif phase in UNSTARTED:
            yield from self.conversation()
        elif agent is None or phase is Phase.SILENT:
            reply = self.centre.record.reply[self.slot]
            if self.gone:
                yield from self.nobody_answers(reply)
            elif (yield from self.goes_on(reply, until or reply + self.queue.idle_timeout)):
                yield from self.conversation()
        else:
            yield from agent.completes(self)
            if phase is Phase.IN_VAIN:
                self.leave(Outcome.ABANDONED)
            elif phase in (Phase.WORKING, Phase.SHARED, Phase.SUSPENDED):
                agent.replies(self)
                if (yield from self.is_answered_again(agent)):
                    yield from self.conversation()
        self.is_done()

    def message_comes(self, sent: int, keeper: Agent | None = None) -> None:
        """The message of this turn, and with it a wait for an agent's attention."""
        centre, rows, queue = self.centre, self.centre.workload, self.queue
        centre.record.writes(self, sent)
        self.counts_from(sent)
        self.pending = True
        self.news = simpy.Event(centre.env)
        if keeper is not None:
            keeper.take(self)
        elif self.agent is not None:
            centre.attentive.add(self.agent)
        else:
            self.resumes = self.own is not None
            queue.enter(self, since=sent, hold=queue.holds and not queue.open)
            if self.turn == 0 and rows.link[self.id] != Link.TRANSFER and not self.outbound:
                centre.newcomer = self
        if self.turn > 0:
            patience = rows.reply_patience[self.slot]
        else:
            patience = rows.held_patience[self.id] if self.held else rows.patience[self.id]  # 6.3
        self.waits_until(queue.open_time(centre.now, patience) if self.held else centre.now + patience)

    def counts_from(self, sent: int) -> None:
        """Its wait, and its place among others by what it carries besides (4)."""
        self.since = sent
        self.age = self.task, sent - self.carry(), self.id

    def waits_until(self, deadline: int) -> None:
        """Its patience ends then."""
        if deadline <= self.centre.plan.drain_end:
            self.patience = self.centre.at(Event.PATIENCE_ENDS, self.id, deadline)
            self.patience.callbacks.append(self.lose_patience)

    def lose_patience(self, timer: simpy.Event) -> None:
        if timer is self.patience:
            self.news.succeed(News.OUT_OF_PATIENCE)

    def is_answered(self) -> Waiting:
        """The wait for the start of work; whether it comes to that."""
        news = yield self.news
        if news is News.OUT_OF_PATIENCE:  # 2.3, 2.5
            missed = self.turn == 0 and self.centre.workload.missed[self.id]  # 6.4
            outcome = Outcome.SILENTLY_ABANDONED if self.silent else Outcome.ABANDONED
            self.leave(Outcome.EXPIRED if missed else outcome if self.turn == 0 else Outcome.LOST)
            if missed or not self.silent:
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

    def nobody_answers(self, reply: int) -> Story:
        """After work in vain (2.3)."""
        if self.handed_over:
            self.end_session()
        yield self.centre.at(Event.IDLE_TIMEOUT, self.id, reply + self.queue.idle_timeout)

    def goes_on(self, reply: int, silence: int) -> Waiting:
        """The customer's time after a reply (2.6), which is too long from `silence` on; whether the next message comes
        in this contact, as it does then."""
        centre, rows, queue = self.centre, self.centre.workload, self.queue
        if self.handed_over:  # 3: at the end of the work in hand
            self.end_session()
        due = reply + rows.latency[self.slot]
        last = reply if self.task else self.since  # 6.9
        word = self.turn == self.answers - 1  # a closing word is to come, before which nothing ends (6.20)
        expiry = max(reply, last + queue.expires_after) if queue.persistent and not word else NEVER
        child = rows.return_child[self.id]
        if rows.comeback[self.slot] >= 0 and due <= silence and not queue.persistent:  # 6.5
            if rows.comeback[self.slot] == NEVER:
                yield centre.at(Event.MESSAGE, self.id, due)
                self.leave(Outcome.LOST)
                yield centre.at(Event.IDLE_TIMEOUT, self.id, silence)
                return False
            due += rows.comeback[self.slot]
            child = rows.reconnect_child[self.id]
        if silence < due and silence <= expiry and (queue.persistent or not word):
            yield centre.at(Event.IDLE_TIMEOUT, self.id, max(silence, centre.now))  # now: parked before the state
            self.end_session()
            if not queue.persistent:
                self.leave(Outcome.TIMED_OUT)
                self.follow_up(child, due)
                return False
        if expiry < due:
            yield centre.at(Event.EXPIRY, self.id, expiry)
            self.leave(Outcome.EXPIRED)
            return False
        yield centre.at(Event.MESSAGE, self.id, due)
        self.turn += 1
        self.message_comes(centre.now)
        return True

    def end_session(self) -> None:
        if self.agent is not None:
            self.agent.release(self)

    def ends_at(self, time: int) -> None:
        """The work on it ends then, if nothing comes between (6.6, 6.7)."""
        self.ends = time
        self.work_ends = self.centre.at(Event.WORK_ENDS, self.id, self.ends)
        self.work_ends.callbacks.append(self.end_work)

    def end_work(self, timer: simpy.Event) -> None:
        if timer is self.work_ends:
            self.done.succeed()

    def leave(self, outcome: Outcome) -> None:
        """The outcome is decided; a retry, reopening or bounce counts from now (2.11)."""
        rows = self.centre.workload
        self.centre.record.leaves(self, outcome)
        child = -1
        if outcome is Outcome.RESOLVED:
            assert self.agent is not None
            if rows.reopen_draw[self.id] < self.agent.team.comes_back[self.queue.id]:
                child = rows.reopen_child[self.id]
        elif outcome is Outcome.CONTAINED:
            child = rows.bounce_child[self.id]  # 6.14
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
        return (rows.transfer_draw[self.id] * self.answers) >> 31 if rows.transfer_child[self.id] >= 0 else -1

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


class Growth:
    """A factor on work that grows with time (6.21)."""

    def __init__(self, plan: Plan, row: int) -> None:
        steps = slice(plan.grows_offset[row], plan.grows_offset[row + 1])
        self.after: list[int] = list(plan.grows_after[steps])
        self.by: list[float] = [1.0, *plan.grows_by[steps]]

    def at(self, time: int) -> float:
        return self.by[bisect_right(self.after, time)]


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
        self.carry_wait: bool = plan.carry_wait[ident]
        self.target_time: int = plan.target_time[ident]
        self.max_waiting: int = plan.max_waiting[ident]
        self.idle_timeout: int = plan.idle_timeout[ident]
        self.parked_after: list[int] = plan.parked_after[ident]
        self.expires_after: int = plan.expires_after[ident]
        self.same_agent_for: int = plan.same_agent_for[ident]
        self.over_capacity: bool = plan.over_capacity[ident]
        self.bot_outside: bool = plan.outside[ident] == Outside.BOT
        self.holds: bool = plan.outside[ident] == Outside.HOLD or (self.bot_outside and self.persistent)  # 6.2
        self.reserved: bool = plan.reserved[ident]
        self.keep_idle: int = plan.keep_idle[ident]
        spans = slice(plan.hours_offset[ident], plan.hours_offset[ident + 1])
        self.hours: list[tuple[int, int]] = list(zip(plan.opens[spans], plan.closes[spans], strict=True))
        self.open = any(opens < centre.start <= closes for opens, closes in self.hours)
        spans = slice(plan.bot_offset[ident], plan.bot_offset[ident + 1])
        self.bot_hours: list[tuple[int, int]] = list(zip(plan.bot_opens[spans], plan.bot_closes[spans], strict=True))
        places: int = plan.bot_places[ident]
        self.bot_places: list[int] = [0] * places if places < NEVER else []  # when each is free (6.2), as a heap
        self.shared_mean: list[float] = plan.shared_mean[plan.shared_offset[ident] : plan.shared_offset[ident + 1]]
        self.offer_above: int = plan.offer_above[ident]
        self.told_place: int = plan.told_place[ident]
        self.no_answer_time: int = plan.no_answer_time[ident]
        self.work_after_wait = Growth(plan, ident)
        self.session_time: int = plan.session_time[ident]
        self.alternatives: list[Queue] = []
        self.starts: deque[int] = deque(maxlen=10)  # of work on first turns, the last ten (6.8)
        helpers = [t for t, rank in enumerate(plan.rank) if rank[ident] >= 0]
        self.afters = {plan.overflow_after[t][ident] for t in helpers} - {0, NEVER}
        self.lengths = {plan.longer_than[t][ident] for t in helpers}
        self.length = Level(centre)  # all who are not assigned (2.2)
        self.alive = Level(centre)
        self.held: set[Contact] = set()
        self.bound: set[Contact] = set()
        self.free: list[Contact] = []  # wait for anyone, by (outbound, waiting since, id)

    def bot_on_duty(self) -> bool:
        return any(opens <= self.centre.now < closes for opens, closes in self.bot_hours)

    def silence(self, sessions: int) -> int:
        """How long a customer may be silent whose agent has so many sessions (2.6)."""
        return self.parked_after[min(sessions, len(self.parked_after)) - 1] if self.persistent else self.idle_timeout

    def bot_until(self, talk: int) -> int:
        """When a conversation of that length with the bot ends, which begins as soon as there is a place (6.2)."""
        begins = self.centre.now
        if self.bot_places:
            begins = max(begins, self.bot_places[0])
            heapreplace(self.bot_places, begins + talk)
        return begins + talk

    def heads(self) -> list[Contact]:
        """Who has waited longest for anyone, and which task of the company's (6.9)."""
        tasks = bisect_left(self.free, (True,), key=by_age)
        return self.free[:1] + self.free[tasks : tasks + 1]

    @property
    def asks(self) -> bool:
        """Somebody waits who may be taken."""
        return bool(self.free or self.bound)

    def unheld(self) -> Iterator[Contact]:
        yield from self.free
        yield from self.bound

    def enter(self, contact: Contact, since: int, hold: bool = False) -> None:
        """`contact` begins to wait unassigned; its wait counts from `since`."""
        centre = self.centre
        contact.waiting = True
        contact.waits_from = since
        self.length.add(1)
        self.remind(contact)
        if hold:
            contact.held = True
            self.held.add(contact)
        else:
            self.admit(contact)
        if self.length.count - 1 in self.lengths:  # 5: comes to exceed a team's longer_than
            centre.looking.update(self.unheld())

    def take_up(self, contact: Contact, phase: Phase, until: int) -> None:
        """One that a state has waiting (9)."""
        contact.waiting = True
        self.length.count += 1
        self.remind(contact)
        if phase is Phase.HELD:
            contact.held, contact.resumes = True, contact.own is not None
            self.held.add(contact)
            return
        if contact.own is not None:
            contact.own.returning.add(contact)
        if phase is Phase.BOUND:
            self.bind_until(contact, until)
        else:
            insort(self.free, contact, key=by_age)

    def remind(self, contact: Contact) -> None:
        """5: overflow due."""
        for after in self.afters:
            if contact.waiting_since + after > self.centre.now:
                timer = self.centre.at(Event.OVERFLOW_DUE, contact.id, contact.waiting_since + after)
                timer.callbacks.append(lambda _, due=contact.since: self.overflow(contact, due))

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
        self.bind_until(contact, self.centre.now + self.same_agent_for)

    def bind_until(self, contact: Contact, time: int) -> None:
        self.bound.add(contact)
        contact.bound = True
        contact.binding = self.centre.at(Event.SAME_AGENT_OVER, contact.id, time)
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
        if self.reserved and not self.asks:  # 5: a reservation is lifted
            self.centre.all_look()

    def dismiss(self, contact: Contact) -> None:
        """`contact` leaves unassigned."""
        self.remove(contact)
        self.centre.record.waited(contact)

    def expected_wait(self) -> int:
        """6.23, of a contact that would join it now."""
        if not self.open:
            return NEVER
        agents = [agent for team in self.centre.teams if team.always_helps(self) for agent in team.agents]
        if any(agent.fits(self) for agent in agents):
            return 0
        places = sum(agent.team.places(self) for agent in agents if agent.takes_sessions)
        return (len(self.free) + len(self.bound) + 1) * self.session_time // places if places > 0 else NEVER

    def position(self, contact: Contact) -> int:
        """Its place among those who wait (6.8)."""
        return sum(other.age <= contact.age for other in self.unheld())

    def tell_wait(self, contact: Contact) -> None:
        """6.19: to whom it is too long, its patience ends now."""
        if self.position(contact) * self.told_place > self.centre.workload.balks_at[contact.id]:
            contact.patience = self.centre.at(Event.PATIENCE_ENDS, contact.id, self.centre.now)
            contact.patience.callbacks.append(contact.lose_patience)

    def offer_call_back(self, contact: Contact) -> None:
        """6.8: who accepts keeps the place, without patience."""
        if self.offer_above == NEVER or len(self.starts) < 2:
            return
        estimate = self.position(contact) * (self.starts[-1] - self.starts[0]) // (len(self.starts) - 1)
        if estimate > self.offer_above and self.centre.workload.accepts_callback[contact.id]:
            contact.called_back = True
            contact.patience = None
            self.centre.record.accepts_call_back(contact)

    def day(self) -> Story:
        """Opening and closing (5)."""
        centre = self.centre
        for opens, closes in self.hours:
            if closes < centre.start:
                continue
            if opens >= centre.start:
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
        self.contact_rank: list[int] = plan.contact_rank[ident]
        self.units: list[int] = plan.units[ident]
        self.most: list[int] = plan.most_units[ident]  # units to be held with a session, by the clock
        self.after: list[int] = plan.overflow_after[ident]
        self.longer_than: list[int] = plan.longer_than[ident]
        self.pace: list[float] = plan.pace[ident]
        self.comes_back: list[float] = plan.comes_back[ident]
        self.fatigue = Growth(plan, len(plan.priority) + ident)
        self.slowdown: list[float] = plan.slowdown[ident]
        # 6.6: which queues' sessions a contact of each queue may interrupt; shared attention (6.7) has no work in hand
        self.interrupts: list[set[int]] = [
            {r.id for r in centre.queues if row[r.id] and not r.shared_mean} for row in plan.interrupts[ident]
        ]
        self.overrun: int = 0 if plan.hand_over[ident] else plan.overrun[ident]
        self.queues = [queue for queue in centre.queues if self.rank[queue.id] >= 0]
        self.reserved = [queue for queue in self.queues if queue.reserved]
        self.keeps = [queue for queue in self.queues if queue.keep_idle > 0]
        self.agents: list[Agent] = []
        self.shelves: dict[int, list[Agent]] = defaultdict(list)  # who take sessions and are in no one-to-one
        idle = AgentColumn.IDLE_SINCE in plan.agent_order
        self.shelf_order: Callable[[Agent], tuple[int, int]] = by_idleness if idle else by_seniority

    def has_room(self, held: int, queue: Queue) -> bool:
        """Whether a session of `queue` fits beside `held` units."""
        return held == 0 if queue.one_to_one else held + self.units[queue.id] <= self.most[queue.id]

    def is_reserved(self, queue: Queue) -> bool:
        """A reservation forbids sessions of `queue` (4)."""
        return any(r is not queue and r.asks for r in self.reserved)

    def stay_idle(self, queue: Queue) -> bool:
        """Its agents who are idle are left so by contacts of `queue`, for those of another (4)."""
        return any(r is not queue and self.centre.idle(r) <= r.keep_idle for r in self.keeps)

    def places(self, queue: Queue) -> int:
        """Sessions of `queue` that one of its agents may have (6.23)."""
        return 1 if queue.one_to_one else self.most[queue.id] // self.units[queue.id]

    def always_helps(self, queue: Queue) -> bool:
        """With the skill, and without overflow by time or by length."""
        return self.rank[queue.id] >= 0 and self.after[queue.id] <= 0 and self.longer_than[queue.id] < 0

    def helps(self, contact: Contact) -> bool:
        """Overflow by time and by length (4)."""
        queue = contact.queue
        waited = self.centre.now - contact.waiting_since
        return waited >= self.after[queue.id] and queue.length.count > self.longer_than[queue.id]


class Agent:
    """Their sessions, what they work on, their shifts and pauses."""

    def __init__(self, centre: Centre, ident: int, team: Team) -> None:
        self.centre = centre
        self.id: int = ident
        self.team = team
        self.own_pace: float = centre.workload.agent_pace[ident]
        self.sessions: list[Contact] = []
        self.held: int = 0  # units
        self.hand: Contact | None = None  # work in hand: ringing, a turn or a wrap-up
        self.suspended: Contact | None = None  # work that goes on after a call (6.6)
        self.suspended_at = 0
        self.sharing: list[Contact] = []  # sessions of shared attention in work (6.7)
        self.sharers = 0  # all of them
        self.returning: set[Contact] = set()  # contacts of theirs that wait unassigned, bound to them or not
        self.idle_since: int = 0
        self.rested: int = 0  # when their shift began or their last pause ended
        self.shelf: list[Agent] | None = None
        # by the clock
        self.on_shift = False
        self.on_pause = False
        self.winds_down = False  # takes no new session
        self.finishing = False  # works on the sessions kept, in the overrun
        # by the events "agents come" and "agents leave"
        self.shift = -1
        self.here = False
        self.present_since = NEVER  # NEVER: away

    @property
    def on_duty(self) -> bool:
        return self.on_shift and not self.on_pause

    @property
    def takes_sessions(self) -> bool:
        return self.on_duty and not self.winds_down

    @property
    def in_one_to_one(self) -> bool:
        return any(contact.queue.one_to_one for contact in self.sessions)

    @property
    def working(self) -> bool:
        """With work in hand, suspended or shared."""
        return self.hand is not None or self.suspended is not None or bool(self.sharing)

    # sessions (3, 4)

    def admits(self, queue: Queue) -> bool:
        """Nothing but their sessions keeps them from taking a contact of `queue` (4)."""
        return (
            self.takes_sessions
            and self.team.rank[queue.id] >= 0
            and not self.in_one_to_one
            and not self.team.is_reserved(queue)
        )

    def fits(self, queue: Queue) -> bool:
        """They may take a contact of `queue`, as far as it is not the contact that forbids it (4)."""
        return self.admits(queue) and self.team.has_room(self.held, queue) and not self.stays_idle(queue)

    def stays_idle(self, queue: Queue) -> bool:
        """They are left idle by contacts of `queue` (4)."""
        return not self.sessions and self.team.stay_idle(queue)

    def yields(self, queue: Queue) -> bool:
        """A contact of `queue` may interrupt their sessions (6.6)."""
        interrupted = self.team.interrupts[queue.id]
        those = all(contact.queue.id in interrupted for contact in self.sessions)
        return bool(self.sessions) and those and self.admits(queue)

    def may_write(self) -> bool:
        """They have nothing better to do than a task of the company's (6.9)."""
        return not self.working and not any(contact.pending for contact in self.sessions)

    def takes_back(self, contact: Contact) -> bool:
        """2.7: `over_capacity` lets a message (not a transfer) in above the limit and on a pause."""
        queue = contact.queue
        if queue.over_capacity and contact.turn > 0:
            return not self.in_one_to_one and not self.team.is_reserved(queue) and not self.stays_idle(queue)
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
        if contact.queue.one_to_one and self.hand is not None:
            self.suspend(self.hand)
        if contact.queue.shared_mean:
            self.share(contact)

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
        if contact.queue.shared_mean:
            self.change_sharers(-1)

    def hand_over(self, contact: Contact) -> None:
        """3: at once, or at the end of the work in hand."""
        if contact in (self.hand, self.suspended) or contact in self.sharing:
            contact.handed_over = True
            return
        self.release(contact)
        if contact.pending:
            contact.queue.enter(contact, since=self.centre.now)

    def shelve(self) -> None:
        """Stand where contacts find them."""
        if self.takes_sessions and not self.in_one_to_one:
            self.shelf = self.team.shelves[self.held]
            insort(self.shelf, self, key=self.team.shelf_order)

    def unshelve(self) -> None:
        if self.shelf is not None:
            order = self.team.shelf_order
            del self.shelf[bisect_left(self.shelf, order(self), key=order)]
            self.shelf = None

    def next_contact(self, tasks_only: bool = False) -> Contact | None:
        """Agent looks for a contact, by `routing.contact` (4), behind all others for a task (6.9)."""
        asked = [queue for queue in self.team.queues if queue.asks]
        fitting = [queue for queue in asked if self.fits(queue) or self.yields(queue)]
        # the head of a queue waits longest: if the team does not help with it, it helps with none behind
        heads = [contact for queue in fitting for contact in queue.heads() if self.team.helps(contact)]
        own = [contact for contact in self.returning if contact.queue in fitting]
        those = [contact for contact in heads + own if (self.may_write() if contact.task else not tasks_only)]
        keys = self.centre.contact_keys
        return min(those, key=lambda c: (c.task, *(key(self, c) for key in keys), c.id), default=None)

    # work (2.4, 2.8, 2.10, 3)

    def attend(self) -> None:
        """Without work in hand they turn to a call, to what it suspended (6.6), to the next message (5), or go."""
        if self.hand is not None:
            return
        pending = [c for c in self.sessions if c.pending] if self.on_duty or self.finishing else []
        keys = self.centre.message_keys
        order = lambda c: (not c.queue.one_to_one, c.task, *(key(c) for key in keys), c.id)  # noqa: E731
        contact = min(pending, key=order, default=None)
        if self.suspended is not None and not (contact and contact.queue.one_to_one):
            self.resume(self.suspended)
        elif contact is not None:
            self.hand = contact
            self.ring(contact)
        elif not self.here and not self.sharing and not (self.finishing and self.sessions):
            self.end_presence()

    def ring(self, contact: Contact) -> None:
        if contact.queue.one_to_one:
            self.ring_until(contact, self.centre.now + self.centre.workload.answer_delay[contact.id])
        else:
            contact.news.succeed(News.ANSWERED)

    def ring_until(self, contact: Contact, time: int) -> None:
        """3: patience runs on while it rings."""
        ring = self.centre.at(Event.WORK_ENDS, contact.id, time)
        ring.callbacks.append(lambda _: contact.news.succeed(News.ANSWERED) if self.hand is contact else None)

    def work(self, contact: Contact) -> Story:
        """One turn, from the start of work to the reply."""
        centre, team, queue = self.centre, self.team, contact.queue
        contact.pending = False
        reread = self.reread(contact)
        centre.record.starts(contact, self, reread)
        if contact.turn == 0:
            queue.starts.append(centre.now)
        if contact in self.sharing:  # 6.7: under way since the assignment
            yield from self.completes(contact)
        else:
            slowdown = team.slowdown[min(len(self.sessions), len(team.slowdown)) - 1]
            work = centre.workload.work[contact.slot] * self.pace(queue) * slowdown * self.grown(contact)
            effective = round(work)  # halves to even
            yield from self.labour(contact, effective + reread)
        self.replies(contact)

    def replies(self, contact: Contact) -> None:
        self.centre.record.replies(contact)
        contact.replied[self] = self.centre.now

    def pace(self, queue: Queue) -> float:
        """Factor on work (1)."""
        return self.team.pace[queue.id] * self.own_pace * self.team.fatigue.at(self.centre.now - self.rested)

    def grown(self, contact: Contact) -> float:
        """Factor on the work on a turn whose message has waited (6.21)."""
        if contact.task or contact.turn == contact.answers:
            return 1.0
        return contact.queue.work_after_wait.at(self.centre.now - contact.since)

    def labour(self, contact: Contact, duration: int) -> Story:
        """Work in hand to its end."""
        self.hand = contact
        contact.done = simpy.Event(self.centre.env)
        contact.ends_at(self.centre.now + duration)
        yield from self.completes(contact)

    def completes(self, contact: Contact) -> Story:
        """The end of work in hand or shared."""
        yield contact.done
        if contact in self.sharing:
            self.sharing.remove(contact)
        else:
            self.hand = None
        self.centre.attentive.add(self)
        self.centre.free_hand = self

    def reread(self, contact: Contact) -> int:
        """2.8"""
        plan, queue = self.centre.plan, contact.queue.id
        if contact.turn == 0 or plan.reread_after[queue] == NEVER or contact.turn == contact.answers:
            return 0
        if self in contact.replied and self.centre.now - contact.replied[self] <= plan.reread_after[queue]:
            return 0
        again: int = plan.reread_work[queue] + plan.reread_per_turn[queue] * contact.turn
        return again

    def wrap_up(self, contact: Contact) -> Story:
        """2.10"""
        duration = round(self.centre.workload.wrap_up[contact.id] * self.pace(contact.queue))
        if duration > 0:
            yield from self.labour(contact, duration)

    def call_in_vain(self, contact: Contact) -> Story:
        """Nobody picks up the call back (6.8)."""
        contact.pending = False
        self.centre.record.starts(contact, self, reread=0)
        yield from self.labour(contact, contact.queue.no_answer_time)

    # interruption (6.6)

    def suspend(self, contact: Contact) -> None:
        """A call comes between the work in hand."""
        self.hand, self.suspended = None, contact
        self.suspended_at = self.centre.now
        contact.work_ends = None

    def resume(self, contact: Contact) -> None:
        """The remaining time goes on."""
        self.centre.record.suspended(contact, self)
        self.hand, self.suspended = contact, None
        contact.ends_at(self.centre.now + contact.ends - self.suspended_at)

    # shared attention (6.7)

    def share(self, contact: Contact) -> None:
        """Work on it begins beside the others'."""
        queue = contact.queue
        contact.pending = False
        contact.done = simpy.Event(self.centre.env)
        work = self.centre.workload.work[contact.slot] * self.pace(queue) * self.grown(contact)
        contact.left = work / queue.shared_mean[0]
        contact.last = self.centre.now
        self.sharing.append(contact)
        self.change_sharers(+1)
        contact.news.succeed(News.ANSWERED)

    def change_sharers(self, step: int) -> None:
        """All go on at the pace of as many sessions as there are now."""
        before, self.sharers = self.sharers, self.sharers + step
        for contact in self.sharing:
            means = contact.queue.shared_mean
            if contact.last < self.centre.now:
                contact.left -= (self.centre.now - contact.last) / means[min(before, len(means)) - 1]
                contact.last = self.centre.now
            self.go_on_sharing(contact)

    def go_on_sharing(self, contact: Contact) -> None:
        means = contact.queue.shared_mean
        contact.ends_at(contact.last + max(round(contact.left * means[min(self.sharers, len(means)) - 1]), 0))

    # shifts and pauses (3)

    def by_the_clock(self, change: Change, shift: int, time: int) -> None:
        """Half-open spans: what holds from this instant on, before any of its events."""
        self.unshelve()
        match change:
            case Change.SHIFT_BEGINS:
                self.on_shift, self.finishing = True, False
                self.idle_since = self.rested = time
            case Change.SHIFT_ENDS:
                self.on_shift = False
            case Change.PAUSE_BEGINS:
                self.on_pause = True
            case Change.PAUSE_ENDS:
                self.on_pause = False
                self.idle_since = self.rested = time
            case Change.WIND_DOWN_BEGINS:
                self.winds_down = True
            case Change.WIND_DOWN_ENDS:
                self.winds_down = False
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
            if self.working:
                self.begin_presence()
        if self.on_duty:
            self.here = True
            self.begin_presence()
            self.centre.gained.add(self)
            self.centre.attentive.add(self)

    def from_state(self, change: Change, shift: int) -> None:
        """What remains of a change before the state, besides what the clock says (9)."""
        if change is Change.SHIFT_ENDS:
            self.finishing = self.team.overrun > 0
        elif change is Change.SHIFT_BEGINS:
            self.shift = shift

    def keep(self, contact: Contact, phase: Phase, until: int, left: float) -> None:
        """A session with them that a state has (9)."""
        contact.agent = self
        self.sessions.append(contact)
        self.held += self.team.units[contact.queue.id]
        self.sharers += bool(contact.queue.shared_mean)
        if phase in IN_HAND:
            self.hand = contact
            if phase is Phase.RINGING:
                self.ring_until(contact, until)
            else:
                contact.ends_at(until)
        elif phase in SUSPENDED:
            self.suspended, self.suspended_at = contact, self.centre.record.interrupted[contact.id]
            contact.ends = self.suspended_at + until
        elif phase is Phase.SHARED:
            self.sharing.append(contact)
            contact.left, contact.last = left, until

    def begin_presence(self) -> None:
        if self.present_since == NEVER:
            self.present_since = self.centre.now

    def end_presence(self) -> None:
        if self.present_since < self.centre.now:  # an instant is no presence
            self.centre.record.present(self)
        self.present_since = NEVER


def by_id(of: Contact | Agent) -> int:
    return of.id


by_age: Final = attrgetter("age")


def by_turn(contact: Contact) -> int:
    """Where contacts of several queues are ordered (4)."""
    return contact.waiting_since - contact.queue.head_start


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
    ContactColumn.RANK: lambda agent, contact: agent.team.contact_rank[contact.queue.id],
    ContactColumn.PRIORITY: lambda agent, contact: contact.queue.priority,
    ContactColumn.WAITING_SINCE: lambda agent, contact: by_turn(contact),
    ContactColumn.DEADLINE: lambda agent, contact: by_turn(contact) + contact.queue.target_time,
}
MESSAGE_KEYS: Final[dict[MessageColumn, Callable[[Contact], int]]] = {
    MessageColumn.LATER_TURN: lambda contact: int(contact.turn > 0),
    MessageColumn.PRIORITY: lambda contact: contact.queue.priority,
    MessageColumn.MESSAGE_TIME: lambda contact: contact.since,
}


class Centre:
    """Queues and agents, the calendar, and what happens after each event."""

    def __init__(self, workload: Workload, plan: Plan, state: State | None = None) -> None:
        self.start = 0 if state is None else state.at  # what is earlier has happened
        self.now = 0 if state is None else state.at - 1  # as the environment's, when the event under way began
        self.env = simpy.Environment(initial_time=self.now)
        self.workload = listed(workload)
        self.plan = listed(plan)
        self.queues = [Queue(self, q) for q in range(len(plan.priority))]
        self.teams = [Team(self, t) for t in range(len(plan.hand_over))]
        self.agents = [Agent(self, a, self.teams[t]) for a, t in enumerate(self.plan.team)]
        for agent in self.agents:
            agent.team.agents.append(agent)
        for queue in self.queues:
            some = slice(self.plan.alternative_offset[queue.id], self.plan.alternative_offset[queue.id + 1])
            queue.alternatives = [self.queues[q] for q in self.plan.alternative[some]]
        self.record = Record(self)
        self.keeps_idle = any(queue.keep_idle > 0 for queue in self.queues)
        self.at_random = AgentColumn.RANDOM in self.plan.agent_order
        self.agent_keys = [AGENT_KEYS[AgentColumn(c)] for c in self.plan.agent_order if c != AgentColumn.RANDOM]
        self.contact_keys = [CONTACT_KEYS[ContactColumn(column)] for column in self.plan.contact_order]
        self.message_keys = [MESSAGE_KEYS[MessageColumn(column)] for column in self.plan.attention_order]
        # what the event under way has changed (5)
        self.gained: set[Agent] = set()
        self.looking: set[Contact] = set()
        self.newcomer: Contact | None = None
        self.free_hand: Agent | None = None  # whose work in hand has ended
        self.attentive: set[Agent] = set()  # agents who may turn to a message, or go
        if state is not None:
            self.take_up(state)

    def run(self, end: int, time: int) -> None:
        """All that happens before this event."""
        for queue in self.queues:
            self.env.process(queue.day())
        self.env.process(self.roster())
        self.env.process(self.arrivals())
        last = self.at(end, 0, time)
        while not last.processed:
            self.set_off()
            self.settle()  # at first what a state has
            self.set_off()
            self.now = int(self.env.peek())
            self.env.step()

    def take_up(self, state: State) -> None:
        """Everything as the state has it, then settled (9)."""
        log = listed(state.log)
        self.record.takes_up(state)
        for time, limits in sorted(self.limits().items()):
            for place in limits if time < self.start else ():
                self.limit(place)
        for time, those in sorted(self.changes().items()):
            if time < self.start:
                for a, change, shift in sorted(those):
                    self.agents[a].by_the_clock(change, shift, time)
                for a, change, shift in sorted(those):
                    self.agents[a].from_state(change, shift)
        for agent, since in zip(self.agents, state.idle_since.tolist(), strict=True):
            agent.unshelve()
            agent.idle_since = since
            agent.here = agent.on_duty
        begun = [c for c, slot in enumerate(log.first_turn) if slot >= 0 and log.start[slot] < NEVER]
        for start, c in sorted((log.start[log.first_turn[c]], c) for c in begun):
            if not (log.called_back[c] and self.workload.no_answer[c]):  # 6.8
                self.queues[log.queue[c]].starts.append(start)
        for row in zip(*listed(state)[2:-1], strict=True):
            self.take_up_contact(log, *row)
        for agent in self.agents:
            for contact in agent.sharing:
                agent.go_on_sharing(contact)
            agent.shelve()
        self.gained.update(self.agents)
        self.attentive.update(self.agents)

    def take_up_contact(
        self, log: Log, c: int, phase: int, own: int, until: int, due: int, left: float, handed_over: bool
    ) -> None:
        parent = Contact(self, log.parent[c]) if log.parent[c] >= 0 else None
        agent = self.agents[own] if own >= 0 else None
        contact = Contact(self, c, parent, agent)
        contact.queue = self.queues[log.queue[c]]
        contact.first_turn, contact.turns = log.first_turn[c], log.turns[c]
        if phase == Phase.TO_COME:
            self.env.process(contact.coming(log.arrival[c]))
            return
        decided = log.outcome[c] != Outcome.NONE
        self.record.goes_on(contact)
        contact.gone = decided and log.outcome[c] != Outcome.RESOLVED  # resolved: wrapped up, or a closing word (6.20)
        contact.called_back = log.called_back[c]
        contact.handed_over = handed_over
        contact.turn = max(log.messages[c] - 1, 0)
        contact.pending = phase in UNSTARTED
        if phase == Phase.WITH_BOT:
            if contact.queue.bot_places:
                heappushpop(contact.queue.bot_places, until)  # the last to end are those that keep the places
        else:
            contact.counts_from(log.message[contact.slot])
            slots = range(contact.first_turn, contact.slot + 1)
            contact.replied = {self.agents[log.agent[s]]: log.reply[s] for s in slots if log.reply[s] < NEVER}
        if phase in UNASSIGNED:
            contact.queue.take_up(contact, Phase(phase), until)
        elif phase in IN_SESSION:
            assert agent is not None
            agent.keep(contact, Phase(phase), until, left)
        if phase in UNSTARTED and not decided:
            contact.waits_until(due)
        self.env.process(contact.from_state(Phase(phase), until))

    def at(self, kind: int, ident: int, time: int) -> Any:
        """The timed event (time, kind, id)."""
        event = simpy.Event(self.env)
        event._ok, event._value = True, None  # as SimPy's own Timeout: it happens without further trigger
        self.env.schedule(event, EventPriority(FIRST_KIND + kind << 40 | ident), time - self.now)
        return event

    def set_off(self) -> None:
        """What the event under way has set off: SimPy's own events, which have no delay."""
        while self.env._queue[0][1] < FIRST_KIND:  # SimPy has no other look at its heap
            self.env.step()

    def arrivals(self) -> Story:
        """Roots come in the order of (time, id); the backlog at time 0 (2.1)."""
        rows = self.workload
        roots = [c for c, link in enumerate(rows.link) if link == Link.ROOT and max(rows.arrival[c], 0) >= self.start]
        for c in sorted(roots, key=lambda c: (max(rows.arrival[c], 0), c)):
            yield self.at(Event.ARRIVAL, c, max(rows.arrival[c], 0))
            self.env.process(Contact(self, c).life())

    def changes(self) -> dict[int, list[tuple[int, Change, int]]]:
        """By time: agent, what changes, and in which shift."""
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
        outs = self.workload.out_shift, self.workload.out_start, self.workload.out_end  # 6.10
        pauses = plan.pause_shift + outs[0], plan.pause_start + outs[1], plan.pause_end + outs[2]
        for s, start, end in zip(*pauses, strict=True):
            if s in shifts:
                note(start, Change.PAUSE_BEGINS, s)
                note(end, Change.PAUSE_ENDS, s)
        for s, start, end in zip(plan.wind_down_shift, plan.wind_down_start, plan.wind_down_end, strict=True):
            if s in shifts:
                note(start, Change.WIND_DOWN_BEGINS, s)
                note(end, Change.WIND_DOWN_ENDS, s)
        return changes

    def limits(self) -> dict[int, list[int]]:
        """Rows of the plan's limits by time."""
        limits: dict[int, list[int]] = defaultdict(list)
        for row, time in enumerate(self.plan.limit_time):
            limits[time].append(row)
        return limits

    def limit(self, row: int) -> None:
        plan = self.plan
        self.teams[plan.limit_team[row]].most[plan.limit_queue[row]] = plan.limit_units[row]

    def roster(self) -> Story:
        """Shifts, pauses, overruns and limits: by the clock, then all who leave as one event, then all who come (5)."""
        plan, changes, limits = self.plan, self.changes(), self.limits()
        for time in sorted(time for time in {*changes, *limits} if time >= self.start):
            those = sorted(changes[time])
            yield self.at(CLOCK, 0, time)
            for place in limits[time]:
                self.limit(place)
            for agent, change, shift in those:
                self.agents[agent].by_the_clock(change, shift, time)
            yield self.at(Event.AGENTS_LEAVE, 0, time)
            for agent, change, shift in those:
                if change in LEAVES:
                    self.agents[agent].leaves(change, shift)
            yield self.at(Event.AGENTS_COME, 0, time)
            for agent, change, shift in those:
                if change in COMES:
                    self.agents[agent].comes(change, shift)
            teams = {self.teams[plan.limit_team[row]] for row in limits[time]}
            self.gained.update(agent for agent in self.agents if agent.team in teams)  # 3: they may take more

    def settle(self) -> None:
        """5"""
        if len(self.gained) == 1:
            agent = self.gained.pop()
            while contact := agent.next_contact():
                agent.take(contact)
            if self.keeps_idle:  # others may be left idle no longer (5)
                self.all_look()
        elif self.gained:
            self.gained.clear()
            self.all_look()
        if self.free_hand is not None:  # 6.9
            agent, self.free_hand = self.free_hand, None
            if task := agent.next_contact(tasks_only=True):
                agent.take(task)
        self.match()
        if self.newcomer is not None:
            newcomer, self.newcomer = self.newcomer, None
            if newcomer.waiting and newcomer.queue.length.count > newcomer.queue.max_waiting:  # 2.2
                newcomer.queue.remove(newcomer)
                newcomer.news.succeed(News.BLOCKED)
                self.match()
            elif newcomer.waiting and not newcomer.held:
                newcomer.queue.offer_call_back(newcomer)
                if not newcomer.called_back:
                    newcomer.queue.tell_wait(newcomer)
        if self.attentive:
            for agent in sorted(self.attentive, key=by_id):
                agent.attend()
            self.attentive.clear()

    def idle(self, queue: Queue) -> int:
        """Agents with the skill who would take a contact of `queue` and have no session."""
        return sum(
            agent.takes_sessions and not agent.sessions and agent.team.rank[queue.id] >= 0 for agent in self.agents
        )

    def all_look(self) -> None:
        for queue in self.queues:
            self.looking.update(queue.unheld())

    def match(self) -> None:
        while self.looking:
            batch = sorted(self.looking, key=lambda c: (c.task, by_turn(c), c.id))
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
        if contact.bound:
            assert own is not None
            if own.fits(queue) or own.yields(queue):
                own.take(contact)
            return
        candidates = self.with_room(contact) or self.to_interrupt(contact)
        if candidates:
            order = {agent: [key(agent, queue) for key in self.agent_keys] for agent in candidates}
            first = min(order.values())
            equal = sorted((agent for agent in candidates if order[agent] == first), key=by_id)
            equal[contact.chosen(len(equal)) if self.at_random else 0].take(contact)

    def with_room(self, contact: Contact) -> list[Agent]:
        """Of those who may take it, all who might come first (4)."""
        queue, own = contact.queue, contact.own
        candidates: list[Agent] = []
        several = contact.task or self.at_random
        for team in self.teams:
            if team.rank[queue.id] < 0 or team.is_reserved(queue):
                continue
            if team.helps(contact):
                least = 1 if team.stay_idle(queue) else 0
                shelves = [s for held, s in team.shelves.items() if held >= least and team.has_room(held, queue)]
                candidates += [agent for shelf in shelves for agent in (shelf if several else shelf[:1])]
            elif own is not None and own.team is team and own.fits(queue):
                candidates.append(own)
        return [agent for agent in candidates if agent.may_write()] if contact.task else candidates

    def to_interrupt(self, contact: Contact) -> list[Agent]:
        """Those whose sessions it may interrupt (6.6)."""
        queue, own = contact.queue, contact.own
        return [
            agent
            for team in self.teams
            if team.interrupts[queue.id]
            for shelf in team.shelves.values()
            for agent in shelf
            if (agent is own or team.helps(contact)) and agent.yields(queue)
        ]


def listed(table: Any) -> Any:
    """A table with Python lists for arrays: exact integers, and quick to read one by one."""
    return type(table)(*(column.tolist() if isinstance(column, np.ndarray) else column for column in table))
