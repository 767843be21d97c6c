"""The workload of one replication of the rest of the day, and the state from which it goes on.

What has happened is the same in all of them; what nobody can see is drawn anew in each, given what is seen: the work
still to do given how long it has taken, the silence of a customer given how long they have been silent, patience given
the wait, turns given those that were. Such a draw is one of the replication's own draws of that queue that exceed what
is seen, so that it follows the same distribution, profiles and factors included.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from ccsim.distributions.streams import Streams, owner_of
from ccsim.tables import (
    F64,
    I8,
    I32,
    I64,
    IN_SESSION,
    NEVER,
    UNASSIGNED,
    UNSTARTED,
    Bool,
    Link,
    Log,
    Outcome,
    Phase,
    Plan,
    State,
    Workload,
    among,
)
from ccsim.today.conversations import conversations, in_shared_attention, progress, ranges
from ccsim.today.observed import CLOSED, Observed, Staff, Table

RETRIED = (Outcome.ABANDONED, Outcome.SILENTLY_ABANDONED, Outcome.BLOCKED, Outcome.REJECTED, Outcome.LOST)
"""Ends after which somebody may try again (2.11)."""
SPARE = 300
"""Rows of a queue beyond those that have come, from which tails are drawn."""


@dataclass(frozen=True)
class Places:
    """Where the log's agents are in a plan: by agent of the log the plan's, and what follows."""

    known: Bool
    """by contact: whether the plan has the agent who has it, or last had it"""
    holder: I32
    """by contact: that agent, or one who could have it where the log or the plan has none; -1 where nobody could"""
    worker: I32
    """by turn: who worked on it, likewise"""
    here: Bool
    """by shift: under way now and known to be worked"""
    away: Bool
    """by shift: under way now and known not to be worked"""
    pieces: tuple[I32, I64, I64]
    """shift, start and end of every stretch of work, between pauses, begun by now"""
    idle_since: I64
    progress: F64
    """by contact, in shared attention"""
    moved: int
    """contacts in session that the plan's agents have by room, as it has no place for the log's agent"""
    homeless: int
    """contacts in session that nobody of the plan on duty has room for"""
    left_out: tuple[str, ...]
    """agents of the log who have nobody in hand and no shift in the plan"""


def places(observed: Observed, seen: Table, plan: Plan, teams: tuple[str, ...]) -> Places:
    """The log's agents as agents of the plan on shift now, of the team the log names or with the skills.

    Each is the one whose shift began nearest to when they came.
    """
    at, now = observed.at, observed.at - 1
    pieces = _pieces(plan, at)
    under_way = (plan.shift_start <= now) & (now < plan.shift_end)
    queues: dict[str, set[int]] = {}
    for name, phase, queue in zip(seen.holder, seen.phase.tolist(), seen.queue.tolist(), strict=True):
        if name and phase in IN_SESSION:
            queues.setdefault(name, set()).add(queue)
    free, taken = set(np.flatnonzero(under_way).tolist()), dict[str, int]()
    nearest = sorted(
        (one.name not in queues, abs(int(plan.shift_start[s]) - one.since), one.name, s)
        for one in observed.staff
        for s in free
        if _may_be(one, plan.team[plan.shift_agent[s]], teams, plan, queues.get(one.name, set()))
    )
    for _, _, name, s in nearest:
        if name not in taken and s in free:
            taken[name] = s
            free.remove(s)
    here = np.zeros(len(plan.shift_start), np.bool_)
    here[list(taken.values())] = True
    away = under_way & ~here if observed.roster_known else np.zeros_like(here)
    agent = {name: int(plan.shift_agent[s]) for name, s in taken.items()}
    able = [_able(plan, q) for q in range(len(plan.priority))]
    known = np.array([holder in agent for holder in seen.holder], np.bool_)
    holder = np.array([agent.get(a, able[q]) for a, q in zip(seen.holder, seen.queue.tolist(), strict=True)], np.int32)
    at_work = np.unique(pieces[0][(pieces[2] >= at) & ~away[pieces[0]]])
    moved = _by_room(seen, holder, known, plan.shift_agent[at_work], plan)
    here[under_way & np.isin(plan.shift_agent, holder[moved])] = True
    idle = np.zeros(len(plan.team), np.int64)
    np.maximum.at(idle, plan.shift_agent[pieces[0]], pieces[1])
    for name, closed in zip(seen.holder, seen.closed.tolist(), strict=True):
        if name in agent and closed < NEVER:
            idle[agent[name]] = max(idle[agent[name]], closed)
    by_turn = np.repeat(np.arange(len(holder)), seen.turns).tolist()
    return Places(
        known=known,
        holder=holder,
        worker=np.array([agent.get(a, holder[c]) for a, c in zip(seen.agent, by_turn, strict=True)], np.int32),
        here=here,
        away=away,
        pieces=pieces,
        idle_since=idle,
        progress=progress(seen, plan, at),
        moved=sum(bool(seen.holder[c]) for c in moved),
        homeless=int((among(seen.phase, IN_SESSION) & ~known).sum()),
        left_out=tuple(one.name for one in observed.staff if one.name not in agent and one.name not in queues),
    )


def _may_be(one: Staff, team: int, teams: tuple[str, ...], plan: Plan, queues: set[int]) -> bool:
    """Whether an agent of the log may be one of that team: it is theirs, or can do what they do now."""
    return teams[team] == one.team if one.team else all(plan.rank[team, q] >= 0 for q in queues)


def _by_room(seen: Table, holder: I32, known: Bool, on_duty: I32, plan: Plan) -> list[int]:
    """Contacts in session without an agent of the plan, or on whose agent another calls, go to who has most room."""
    load, moved = np.zeros(len(plan.team), np.int64), []
    in_session = np.flatnonzero(among(seen.phase, IN_SESSION))
    wraps = seen.phase == Phase.WRAPPING
    for c in in_session[np.lexsort((~plan.one_to_one[seen.queue[in_session]], ~known[in_session], wraps[in_session]))]:
        q = seen.queue[c]
        units = plan.units[plan.team, q]
        if not wraps[c] and not (known[c] and (load[holder[c]] == 0 or not plan.one_to_one[q])):
            room = on_duty[(plan.rank[plan.team, q] >= 0)[on_duty] & (load + units <= plan.capacity)[on_duty]]
            known[c] = len(room) > 0
            if known[c]:
                holder[c] = room[np.argmin(load[room])]
                moved.append(int(c))
        if known[c]:
            load[holder[c]] += units[holder[c]]
    return moved


def _able(plan: Plan, queue: int) -> int:
    """Some agent with the skill."""
    able = np.flatnonzero(plan.rank[plan.team, queue] >= 0)
    return int(able[0]) if len(able) else -1


def _pieces(plan: Plan, at: int) -> tuple[I32, I64, I64]:
    rows = []
    for s in np.flatnonzero(plan.shift_start < at).tolist():
        mine = slice(*np.searchsorted(plan.pause_shift, [s, s + 1]))
        edges = [int(plan.shift_start[s])]
        for start, end in zip(plan.pause_start[mine].tolist(), plan.pause_end[mine].tolist(), strict=True):
            edges += [start, end]
        edges.append(int(plan.shift_end[s]))
        rows += [(s, a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b and a < at]
    shift, start, end = np.array(rows, np.int64).reshape(-1, 3).T
    return shift.astype(np.int32), start, end


@dataclass(frozen=True)
class Started:
    """What an engine needs, and how many things had lasted longer than anything that was drawn: they end at once."""

    workload: Workload
    state: State
    beyond: int


def start(workload: Workload, seen: Table, where: Places, plan: Plan, at: int, streams: Streams) -> Started:
    """One replication. `workload` : the rest of the day as drawn, with a row of each queue for each that has come."""
    return _Start(workload, seen, where, plan, at, streams).made()


class _Start:
    """One replication in the making."""

    def __init__(self, workload: Workload, seen: Table, where: Places, plan: Plan, at: int, streams: Streams) -> None:
        self.seen, self.where, self.plan, self.at, self.streams = seen, where, plan, at, streams
        self.size = len(workload.queue)
        self.row = self._rows(workload)
        self.drawn = 0
        roots = np.flatnonzero((workload.link == Link.ROOT) & (workload.arrival < 0))
        arrival = workload.arrival.copy()
        arrival[roots] = np.minimum(seen.arrival.min(initial=-1), -1)  # rows of nobody: in order, and never begun
        self.slots_of = np.zeros(len(workload.work), np.int32)
        begun = np.flatnonzero((workload.first_turn >= 0) & (workload.turns > 0))
        count = workload.turns[begun].astype(np.int64)
        self.slots_of[ranges(workload.first_turn[begun], count)] = np.repeat(workload.queue[begun], count)
        self.slots_of[workload.closing] = -1  # who is under way writes none
        self.answers = workload.turns.copy()
        self.answers[begun] -= workload.closing[workload.first_turn[begun] + count - 1]
        self.is_first, self.is_last = _marked(workload.first_turn[begun], self.answers[begun], len(workload.work))
        self.workload = workload._replace(arrival=arrival)
        u = self.streams.sequence(owner_of("today", "unseen"), len(seen.queue))
        self.guess = conversations(workload, self.answers, seen, where.holder, where.known, self._pace(), plan, at, u)
        self.seen, self.beyond = self.guess.seen, self.guess.beyond

    def _rows(self, workload: Workload) -> I64:
        """A row of the workload for each contact seen: one that has been drawn for its queue, in order."""
        rows = np.empty(len(self.seen.queue), np.int64)
        root = (workload.link == Link.ROOT) & (workload.arrival < 0)
        for q in np.unique(self.seen.queue).tolist():
            mine = np.flatnonzero(self.seen.queue == q)
            rows[mine] = np.flatnonzero(root & (workload.queue == q))[: len(mine)]
        return rows

    def uniforms(self, n: int) -> F64:
        """Fresh ones, for what is drawn here."""
        self.drawn += 1
        return self.streams.sequence(owner_of("today", "given", str(self.drawn)), n)

    def given(self, pool: I64 | I32, least: I64 | F64, strictly: bool = True) -> I64:
        """One value of the pool above (or at) each of `least`; what none exceeds ends at once."""
        pool = np.sort(pool[pool < NEVER] if len(pool) else pool).astype(np.int64)
        whole = np.floor(least).astype(np.int64) if strictly else np.asarray(least, np.int64)
        first = np.searchsorted(pool, whole, side="right" if strictly else "left")
        left = len(pool) - first
        place = first + (self.uniforms(len(least)) * left).astype(np.int64)
        none = left == 0
        self.beyond += int(none.sum())
        return np.where(none, whole + 1, pool[np.minimum(place, max(len(pool) - 1, 0))] if len(pool) else whole + 1)

    def by_queue(self, of: Bool, make: Any) -> I64:
        """Values for some of the contacts, made queue by queue from its draws."""
        made = np.zeros(len(self.seen.queue), np.int64)
        for q in np.unique(self.seen.queue[of]).tolist():
            mine = np.flatnonzero(of & (self.seen.queue == q))
            made[mine] = make(q, mine)
        return made[of]

    def pool(self, column: I64 | I32, q: int) -> I64:
        """Values of a queue's contacts."""
        return np.asarray(column[(self.workload.queue == q) & (self.workload.turns > 0)], np.int64)

    def work(self, q: int) -> I64:
        return np.asarray(self.workload.work[self.slots_of == q])

    def latency(self, q: int) -> I64:
        """Of all turns but the last, after which nothing comes."""
        return np.asarray(self.workload.latency[(self.slots_of == q) & ~self.is_last])

    def reply_patience(self, q: int) -> I64:
        """Of all turns but the first, for whose answer `patience` is."""
        return np.asarray(self.workload.reply_patience[(self.slots_of == q) & ~self.is_first])

    # ------------------------------------------------------------------------------------------------ what is to come

    def made(self) -> Started:
        seen, at, w = self.seen, self.at, self.workload
        phase, outcome, left, closed = seen.phase.copy(), seen.outcome.copy(), seen.left.copy(), seen.closed.copy()
        is_open = phase != CLOSED
        last = seen.first_turn + seen.turns - 1
        replied = is_open & among(phase, (Phase.SILENT, Phase.AWAY))
        silence = np.where(replied, at - seen.reply[last], 0)
        over = self._are_over(replied & seen.may_be_over, silence)
        phase[over], outcome[over] = CLOSED, Outcome.RESOLVED
        left[over] = closed[over] = seen.reply[last[over]]
        is_open &= ~over
        replied &= ~over

        # turns: at least those seen, and one more where the customer is to answer
        talks = is_open & (phase != Phase.WRAPPING)
        turns = seen.turns.astype(np.int64).copy()
        least = turns + replied
        turns[talks] = self.by_queue(talks, lambda q, m: self.given(self.pool(self.answers, q), least[m], False))
        turns[talks] = np.maximum(turns[talks], least[talks])
        turns_left, work_left, silence_left = self.guess.turns_left, self.guess.work_left, self.guess.silence_left
        turns = np.where(turns_left >= 0, seen.turns + turns_left, turns)
        first = len(w.work) + np.cumsum(turns) - turns
        w = self._with_slots(turns, first)
        self._hide_transfers(w, is_open, turns)

        slot = first + seen.turns - 1
        worked, wraps = (phase == Phase.WORKING) & (work_left < 0), phase == Phase.WRAPPING
        pace = self._pace()
        shared = worked & in_shared_attention(self.plan, seen.queue)
        spent = np.where(worked, at - seen.start[last], np.where(wraps, at - left, 0.0))
        spent = np.where(shared, self.where.progress, spent) / pace
        until = np.zeros(len(phase), np.int64)
        work = self.by_queue(worked, lambda q, m: self.given(self.work(q), spent[m]))
        w.work[slot[worked]] = work
        until[worked] = np.maximum(seen.start[last[worked]] + np.rint(work * pace[worked]).astype(np.int64), at)
        phase[shared], until[shared] = Phase.SHARED, at - 1
        alone = self.plan.shared_mean[self.plan.shared_offset[seen.queue[shared]]]
        shared_left = np.zeros(len(phase))
        shared_left[shared] = ((w.work[slot] - spent) * pace)[shared] / alone
        wrap = self.by_queue(wraps, lambda q, m: self.given(self.pool(w.wrap_up, q), spent[m]))
        until[wraps] = np.maximum(left[wraps] + np.rint(wrap * pace[wraps]).astype(np.int64), at)
        goes_on = work_left >= 0
        until[goes_on] = at + work_left[goes_on]
        w.work[slot[goes_on]] = np.rint((until - seen.start[last])[goes_on] / pace[goes_on]).astype(np.int64)
        drawn, waits_on = replied & (silence_left < 0), silence_left >= 0
        w.latency[slot[drawn]] = self.by_queue(drawn, lambda q, m: self.given(self.latency(q), silence[m]))
        w.latency[slot[waits_on]] = (silence + silence_left)[waits_on]
        w.comeback[slot[replied]] = -1
        silent = phase == Phase.SILENT
        until[silent] = seen.parked[last[silent]]
        due = self._due(w, phase, last)
        bound = phase == Phase.BOUND
        until[bound] = seen.message[last[bound]] + self.plan.same_agent_for[seen.queue[bound]]
        agent = self.where.holder
        return self._state(w, phase, outcome, left, closed, turns, first, until, due, agent, shared_left)

    def _are_over(self, maybe: Bool, silence: I64) -> Bool:
        """Of those answered whose end nobody has seen: who has nothing more to say, given the turns and the silence."""
        seen, over = self.seen, np.zeros(len(maybe), np.bool_)
        for q in np.unique(seen.queue[maybe]).tolist():
            mine = np.flatnonzero(maybe & (seen.queue == q))
            all_turns, latency = self.pool(self.answers, q), np.sort(self.latency(q))
            ends = np.array([(all_turns == k).sum() for k in seen.turns[mine]])
            more = np.array([(all_turns > k).sum() for k in seen.turns[mine]])
            still = 1 - np.searchsorted(latency, silence[mine], side="right") / max(len(latency), 1)
            chance = np.divide(ends, ends + more * still, out=np.ones(len(mine)), where=ends + more * still > 0)
            over[mine] = self.uniforms(len(mine)) < chance
        return over

    def _with_slots(self, turns: I64, first: I64) -> Workload:
        """Further slots behind all others: of every contact seen its turns, with fresh draws of its queue."""
        w, queue = self.workload, np.repeat(self.seen.queue, turns)
        some = turns > 0
        is_first, is_last = _marked(first[some] - len(w.work), turns[some], len(queue))
        turn, asked = self._slots_alike(queue, is_last, self.is_last), self._slots_alike(queue, is_first, self.is_first)
        columns: dict[str, Any] = {
            name: np.concatenate([getattr(w, name), getattr(w, name)[chosen]])
            for name, chosen in (
                ("work", turn), ("latency", turn), ("comeback", turn), ("closing", turn), ("reply_patience", asked)
            )
        }  # fmt: skip
        ends = len(w.work) + np.flatnonzero(is_last)
        columns["latency"][ends], columns["comeback"][ends] = NEVER, -1
        for name, values in (("first_turn", first), ("turns", turns), ("arrival", self.seen.arrival)):
            columns[name] = getattr(w, name).copy()
            columns[name][self.row] = values
        for name in ("transfer_child", "bot_repeats"):
            columns[name] = getattr(w, name).copy()
        columns["bot_repeats"][self.row] = 0
        return w._replace(**columns)

    def _slots_alike(self, queue: I32, marked: Bool, slots_marked: Bool) -> I64:
        """For each a slot of its queue that is marked as it is, or any of its queue where none is."""
        chosen, u = np.zeros(len(queue), np.int64), self.uniforms(len(queue))
        for q, mark in product(np.unique(queue).tolist(), (False, True)):
            mine, of_queue = (queue == q) & (marked == mark), self.slots_of == q
            alike = np.flatnonzero(of_queue & (slots_marked == mark))
            slots = alike if len(alike) else np.flatnonzero(of_queue)
            chosen[mine] = slots[(u[mine] * len(slots)).astype(np.int64)]
        return chosen

    def _hide_transfers(self, w: Workload, is_open: Bool, turns: I64) -> None:
        """Who would have left after a turn that is over does not leave."""
        row = self.row
        leaves = (w.transfer_draw[row].astype(np.int64) * turns) >> 31
        done = self.seen.turns - among(self.seen.phase, (*UNSTARTED, Phase.WORKING))
        w.transfer_child[row[(leaves < done) | ~is_open]] = -1

    def _pace(self) -> F64:
        """What a drawn microsecond of work takes the agent of each contact, with the sessions they have."""
        plan, pace = self.plan, np.ones(len(self.seen.queue))
        able = np.flatnonzero(self.where.holder >= 0)
        agent, queue = self.where.holder[able], self.seen.queue[able]
        sessions = np.bincount(agent[among(self.seen.phase[able], IN_SESSION)], minlength=len(plan.team))
        column = np.clip(sessions[agent], 1, plan.slowdown.shape[1]) - 1
        pace[able] = plan.pace[plan.team[agent], queue] * self.workload.agent_pace[agent]
        pace[able] *= np.where(in_shared_attention(plan, queue), 1.0, plan.slowdown[plan.team[agent], column])
        return pace

    def _due(self, w: Workload, phase: I8, last: I64) -> I64:
        """When those who wait give up, given that they have not."""
        seen, at = self.seen, self.at
        due = np.full(len(phase), NEVER, np.int64)
        for held in (False, True):
            for later in (False, True):
                of = among(phase, UNSTARTED) & ((phase == Phase.HELD) == held) & ((seen.turns > 1) == later)
                column = w.held_patience if held else w.patience

                def give_up(q: int, m: I64, column: I64 = column, later: bool = later, held: bool = held) -> I64:
                    waited = at - seen.message[last[m]]
                    pool = self.reply_patience(q) if later else self.pool(column, q)
                    forever = (pool >= NEVER).mean() if len(pool) else 1.0
                    if forever == 1:
                        return np.full(len(m), NEVER)
                    since = np.full(len(m), _opening(self.plan, q, at)) if held else seen.message[last[m]]
                    patience = self.given(pool, np.zeros(len(m)) if held else waited)
                    lasting = max(int((pool > np.median(waited)).sum()), 1)
                    stays = self.uniforms(len(m)) < forever * len(pool) / lasting
                    return np.where(stays, NEVER, np.maximum(np.minimum(since, NEVER - patience) + patience, at))

                due[of] = self.by_queue(of, give_up)
        return due

    # ------------------------------------------------------------------------------------------------------- the state

    def _state(
        self, w: Workload, phase: Any, outcome: Any, left: I64, closed: I64, turns: I64, first: I64, until: I64,
        due: I64, agent: I32, work_left: F64,
    ) -> Started:  # fmt: skip
        seen, at, row = self.seen, self.at, self.row
        known = self.where.known
        in_session = among(phase, IN_SESSION)
        # whose agent the plan does not have on duty: the message waits for anyone, or the customer's comes to anyone
        phase[in_session & ~known & among(phase, (Phase.SILENT,))] = Phase.AWAY
        waits = in_session & ~known & among(phase, (Phase.PENDING, Phase.WORKING, Phase.SHARED))
        phase[waits | ((phase == Phase.BOUND) & ~known)] = Phase.WAITING
        gone = in_session & ~known & (phase == Phase.WRAPPING)
        phase[gone], closed[gone] = CLOSED, at - 1
        agent = np.where(known, agent, np.where(seen.turns > 0, agent, -1)).astype(np.int32)
        self._one_at_a_time(phase, agent)
        log = self._log(w, phase, outcome, left, closed, turns, first, agent)
        children = self._to_come(w, log)
        rows = np.flatnonzero(phase != CLOSED)
        n = len(children)
        waiting = among(phase, UNASSIGNED) & (seen.turns == 1)
        owner = np.where(known & ~waiting, agent, -1)
        workload = w._replace(**self._presence(w))
        state = State(
            at=at,
            log=log._replace(**self._present_rows(workload)),
            contact=np.concatenate([row[rows], children]).astype(np.int32),
            phase=np.concatenate([phase[rows], np.full(n, Phase.TO_COME)]).astype(np.int8),
            agent=np.concatenate([owner[rows], np.full(n, -1)]).astype(np.int32),
            until=np.concatenate([until[rows], np.zeros(n, np.int64)]),
            due=np.concatenate([due[rows], np.zeros(n, np.int64)]),
            left=np.concatenate([work_left[rows], np.zeros(n)]),
            handed_over=np.zeros(len(rows) + n, np.bool_),
            idle_since=np.minimum(self.where.idle_since, at - 1),
        )
        return Started(workload, state, self.beyond)

    def _one_at_a_time(self, phase: Any, agent: I32) -> None:
        """A log may have an agent at two things at once: a wrap-up beside work is over, and calls are had alone."""
        one_to_one = self.plan.one_to_one[self.seen.queue]
        busy = set(agent[phase == Phase.WORKING].tolist())
        for c in np.flatnonzero(phase == Phase.WRAPPING).tolist():
            if int(agent[c]) in busy:
                phase[c] = CLOSED
            busy.add(int(agent[c]))
        on_call = np.isin(agent, agent[one_to_one & among(phase, (Phase.WORKING, Phase.WRAPPING))])
        phase[on_call & (phase == Phase.PENDING)] = Phase.WAITING
        phase[on_call & (phase == Phase.SILENT)] = Phase.AWAY

    def _log(
        self, w: Workload, phase: Any, outcome: Any, left: I64, closed: I64, turns: I64, first: I64, agent: I32
    ) -> Log:
        """The log so far."""
        seen, row, at, n = self.seen, self.row, self.at, self.size
        slots = len(w.work)
        source = ranges(seen.first_turn, seen.turns.astype(np.int64))
        target = ranges(first, seen.turns.astype(np.int64))

        def by_contact(values: Any, otherwise: Any, dtype: Any) -> Any:
            column = np.full(n, otherwise, dtype)
            column[row] = values
            return column

        def of_turns(values: Any, otherwise: Any, dtype: Any) -> Any:
            column = np.full(slots, otherwise, dtype)
            column[target] = values[source]
            return column

        begun = seen.start[source] < NEVER
        in_work = np.repeat((phase != Phase.WORKING) & among(phase, UNSTARTED), seen.turns)
        begun &= ~(in_work & (seen.reply[source] == NEVER))  # taken back: it waits again
        start = np.where(begun, seen.start[source], NEVER)
        turns_column = w.turns.copy()
        turns_column[row] = turns
        return Log(
            queue=w.queue.copy(),
            outcome=by_contact(
                np.where((phase == CLOSED) | (phase == Phase.WRAPPING), outcome, Outcome.NONE), Outcome.NONE, np.int8
            ),
            arrival=by_contact(seen.arrival, NEVER, np.int64),
            parent=np.full(n, -1, np.int32),
            first_turn=by_contact(first, -1, np.int64),
            turns=turns_column,
            messages=by_contact(seen.turns, 0, np.int32),
            left=by_contact(left, NEVER, np.int64),
            called_back=np.zeros(n, np.bool_),
            closed=by_contact(np.where(phase == CLOSED, np.minimum(closed, at - 1), NEVER), NEVER, np.int64),
            message=of_turns(seen.message, NEVER, np.int64),
            start=_put(slots, target, start, NEVER, np.int64),
            reply=_put(slots, target, np.where(begun, seen.reply[source], NEVER), NEVER, np.int64),
            agent=_put(slots, target, np.where(begun, self.where.worker, -1), -1, np.int32),
            reread=np.zeros(slots, np.int64),
            **self._stretches(phase, closed, agent),
            suspended_contact=np.empty(0, np.int32),
            suspended_agent=np.empty(0, np.int32),
            suspended_start=np.empty(0, np.int64),
            suspended_end=np.empty(0, np.int64),
            presence_shift=np.empty(0, np.int32),
            presence_start=np.empty(0, np.int64),
            presence_end=np.empty(0, np.int64),
            queue_area=np.zeros(len(self.plan.priority), np.int64),
            open_area=np.zeros(len(self.plan.priority), np.int64),
        )

    def _stretches(self, phase: Any, closed: I64, agent: I32) -> dict[str, Any]:
        """Waits and sessions: one that is over, one that goes on."""
        seen, at = self.seen, self.at
        last = seen.first_turn + seen.turns - 1
        has = seen.turns > 0
        start = np.where(has, np.append(seen.start, NEVER)[np.where(has, seen.first_turn, 0)], NEVER)
        waiting = among(phase, UNASSIGNED)
        in_session = among(phase, IN_SESSION)
        answered = start < NEVER
        # over: closed contacts, and the sessions before the present wait or silence
        before = among(phase, (CLOSED, Phase.AWAY)) | (waiting & (seen.turns > 1))
        before &= has
        replied = np.append(seen.reply, NEVER)[np.where(seen.turns > 1, last - 1, last)]
        ends = np.where(phase == CLOSED, closed, np.where(replied < NEVER, replied, at - 1))
        ends = np.where(phase == Phase.AWAY, np.append(seen.reply, NEVER)[last], ends)
        ends = np.minimum(ends, at - 1)
        begins = np.where(answered & before, np.minimum(start, ends), ends)
        one = np.flatnonzero(before)
        waits, goes_on = np.flatnonzero(waiting), np.flatnonzero(in_session)
        since = np.append(seen.message, 0)[last]
        first_start = np.where(answered, start, since)
        contact = np.concatenate([one, waits, goes_on])
        columns = {
            "stretch_contact": self.row[contact].astype(np.int32),
            "stretch_agent": np.concatenate(
                [np.where(answered[one], agent[one], -1), np.full(len(waits), -1), agent[goes_on]]
            ).astype(np.int32),
            "stretch_since": np.concatenate([seen.arrival[one], since[waits], seen.arrival[goes_on]]),
            "stretch_start": np.concatenate([begins[one], np.full(len(waits), NEVER), first_start[goes_on]]),
            "stretch_end": np.concatenate([ends[one], np.full(len(waits) + len(goes_on), NEVER)]),
        }
        order = np.argsort(columns["stretch_contact"], kind="stable")
        return {name: np.asarray(column)[order] for name, column in columns.items()}

    def _to_come(self, w: Workload, log: Log) -> I64:
        """Retries and reopenings of contacts that are over, if their time is yet to come; the log gets their rows."""
        plan, row = self.plan, self.row
        outcome = log.outcome[row]
        child = np.where(np.isin(outcome, RETRIED), w.retry_child[row], -1)
        solved = np.flatnonzero((outcome == Outcome.RESOLVED) & (self.where.holder >= 0))
        back = plan.comes_back[plan.team[self.where.holder[solved]], self.seen.queue[solved]]
        reopens = solved[w.reopen_draw[row[solved]] < back]
        child[reopens] = w.reopen_child[row[reopens]]
        child = np.where(outcome == Outcome.CONTAINED, w.bounce_child[row], child)
        row, child = row[child >= 0], child[child >= 0]
        arrival = log.left[row] + w.after[child]
        comes = (arrival >= self.at) & (arrival < self.plan.end)
        row, child = row[comes], child[comes].astype(np.int64)
        log.arrival[child], log.parent[child] = arrival[comes], row
        log.first_turn[child], log.turns[child] = w.first_turn[child], w.turns[child]
        return np.asarray(child)

    def _presence(self, w: Workload) -> dict[str, Any]:
        """Who is there is known now; nobody steps out in the past."""
        where = self.where
        later = w.out_start >= self.at
        return {
            "present": np.asarray((w.present | where.here) & ~where.away),
            "out_shift": w.out_shift[later],
            "out_start": w.out_start[later],
            "out_end": w.out_end[later],
        }

    def _present_rows(self, w: Workload) -> dict[str, Any]:
        shift, start, end = self.where.pieces
        there = w.present[shift]
        return {
            "presence_shift": shift[there],
            "presence_start": start[there],
            "presence_end": np.where(end[there] < self.at, end[there], NEVER),
        }


def _put(size: int, target: I64, values: Any, otherwise: int, dtype: Any) -> Any:
    column = np.full(size, otherwise, dtype)
    column[target] = values
    return column


def _marked(first: I64, count: I64 | I32, slots: int) -> tuple[Bool, Bool]:
    """Which slots are the first, and which the last, of as many contacts."""
    is_first, is_last = np.zeros((2, slots), np.bool_)
    is_first[first] = True
    is_last[first + count - 1] = True
    return is_first, is_last


def _opening(plan: Plan, queue: int, at: int) -> int:
    """When a closed queue opens next."""
    spans = slice(plan.hours_offset[queue], plan.hours_offset[queue + 1])
    later = plan.opens[spans][plan.opens[spans] >= at]
    return int(later.min()) if len(later) else NEVER
