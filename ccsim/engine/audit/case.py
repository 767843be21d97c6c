"""A log as the audit sees it: what several checks need of it, and how they say what is wrong."""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ccsim.once import once
from ccsim.tables import I64, NEVER, Bool, Link, Log, Outcome, Outside, Plan, Workload

LIMIT: Final = 5
"""Faults spelt out for each rule; the others are counted."""

Columns = dict[str, NDArray[Any]]


def at(values: NDArray[Any], rows: NDArray[Any], missing: int) -> NDArray[Any]:
    """`values[rows]`, and `missing` for row -1."""
    return np.where(rows >= 0, np.append(values, missing)[rows], missing)


class Case:
    """A log with the views that several checks need. Times in µs; `turn` arrays have a row for each logged message."""

    def __init__(self, workload: Workload, plan: Plan, log: Log) -> None:
        self.workload = workload._replace(queue=log.queue)  # as it has joined (6.23)
        self.own_queue = workload.queue
        self.plan, self.log = plan, log
        self.began = log.arrival < NEVER
        self.held = log.stretch_agent >= 0

    @once
    def times(self) -> I64:
        """All the times of the log and the roster, in order."""
        log, plan = self.log, self.plan
        of_log = (log.message, log.start, log.left, log.closed, log.presence_start, log.presence_end)
        of_stretches = (log.stretch_since, log.stretch_start, log.stretch_end)
        of_plan = (plan.shift_start, plan.shift_end, *self.pauses[1:], plan.wind_down_start)
        of_suspensions = (log.suspended_start, log.suspended_end)
        ends = (self.pauses[2],) if len(plan.grows_by) else ()
        return np.unique(np.concatenate([*of_log, *of_stretches, *of_plan, *of_suspensions, *ends]))

    def key(self, ids: NDArray[Any], time: I64) -> I64:
        """Numbers that order by (id, time), equal only for equal ones if one of the two times is of the log.

        Made of the time's rank, since ids times the horizon in microseconds would not always fit into 64 bits.
        """
        rank = np.searchsorted(self.times, time)
        known = np.append(self.times, -NEVER)[rank] == time
        return np.asarray(ids.astype(np.int64) * self.span + 2 * rank + known)

    @once
    def span(self) -> int:
        """More than any time's part of a key."""
        return 2 * len(self.times) + 2

    def latest(self, keys: I64, ids: NDArray[Any], time: I64) -> I64:
        """Last row of `keys` (made of sorted ids and times) with the same id, at or before the time; -1: none."""
        row = np.searchsorted(keys, self.key(ids, time), side="right") - 1
        return np.where(at(keys // self.span, row, -1) == ids, row, -1)

    # ── before the queue ─────────────────────────────────────────────────────────────────────────────────────────────

    @once
    def came(self) -> I64:
        """By contact: its arrival, the backlog's at 0."""
        return np.clip(self.log.arrival, 0, None)

    @once
    def meets_bot(self) -> Bool:
        """6.2. By contact: it talks to the bot first."""
        workload, plan = self.workload, self.plan
        queue = workload.queue
        may = self.began & (workload.link != Link.TRANSFER) & ~workload.outbound & ~workload.deflected
        may &= self.log.arrival >= 0  # the backlog has it behind it
        shut = (plan.outside[queue] == Outside.BOT) & ~self.is_open(queue, self.came)
        by_day = self.on_bot_duty(queue, self.came) & ~workload.asks_human
        return np.asarray(may & (workload.bot_time >= 0) & (by_day | shut))

    @once
    def bot_ends(self) -> I64:
        """6.2. By contact: when the bot ends with it; of those who do not talk to it what it would be at once."""
        workload, plan, came = self.workload, self.plan, self.came
        ends = came + workload.bot_time
        for q in np.flatnonzero(plan.bot_places < NEVER):
            mine = np.flatnonzero(self.meets_bot & (workload.queue == q))
            busy: list[int] = []
            for c in mine[np.argsort(came[mine], kind="stable")]:
                begins = int(came[c])
                if len(busy) == plan.bot_places[q]:
                    begins = max(begins, heappop(busy))
                ends[c] = begins + workload.bot_time[c]
                heappush(busy, int(ends[c]))
        return np.asarray(ends)

    @once
    def entry(self) -> I64:
        """By contact: when it enters its queue (the backlog: its true arrival), from which its wait counts."""
        return np.where(self.meets_bot, self.bot_ends, self.log.arrival)

    @once
    def enters(self) -> Bool:
        """By contact: it comes to its queue, be it to be rejected."""
        kept = self.workload.deflected | (self.meets_bot & self.workload.contained)
        return np.asarray(self.began & ~kept & (self.entry <= self.plan.drain_end))

    @once
    def holds(self) -> Bool:
        """2.1, 6.2. By queue: messages outside its hours wait for opening."""
        outside = self.plan.outside
        return np.asarray((outside == Outside.HOLD) | ((outside == Outside.BOT) & self.plan.persistent))

    @once
    def shut(self) -> Bool:
        """By contact: its queue is closed when it enters."""
        return ~self.is_open(self.workload.queue, np.clip(self.entry, 0, self.plan.drain_end))

    # ── turns ────────────────────────────────────────────────────────────────────────────────────────────────────────

    @once
    def owner(self) -> I64:
        return np.repeat(np.arange(len(self.began)), np.where(self.began, self.log.messages, 0)).astype(np.int64)

    @once
    def number(self) -> I64:
        """Turn's number within its contact, from 0."""
        count = np.where(self.began, self.log.messages, 0).astype(np.int64)
        return np.arange(len(self.owner)) - np.repeat(np.cumsum(count) - count, count)

    @once
    def slot(self) -> I64:
        return self.log.first_turn[self.owner] + self.number

    @once
    def message(self) -> I64:
        return self.log.message[self.slot]

    @once
    def start(self) -> I64:
        return self.log.start[self.slot]

    @once
    def reply(self) -> I64:
        return self.log.reply[self.slot]

    @once
    def worker(self) -> NDArray[Any]:
        return self.log.agent[self.slot]

    @once
    def finish(self) -> I64:
        """End of the work on it, at most the drain's: the reply or, without one, when its contact is closed."""
        return np.where(self.reply < NEVER, self.reply, np.minimum(self.log.closed[self.owner], self.plan.drain_end))

    @once
    def queue(self) -> NDArray[Any]:
        return self.workload.queue[self.owner]

    @once
    def answers(self) -> I64:
        """6.20. By contact: turns that need an answer, all but a closing word."""
        last = np.where(self.log.first_turn >= 0, self.log.first_turn + self.log.turns - 1, -1)
        return np.asarray(self.log.turns - at(self.workload.closing, last, 0), np.int64)

    @once
    def answered(self) -> I64:
        """By contact: the slot of its last answer; 0, to be ignored, for what has not begun."""
        return np.where(self.log.first_turn >= 0, np.maximum(self.log.first_turn + self.answers - 1, 0), 0)

    @once
    def over(self) -> I64:
        """By contact: until when it counts as open."""
        word = (self.log.outcome == Outcome.RESOLVED) & (self.answers < self.log.turns)
        return np.where(word, self.log.left, self.log.closed)

    @once
    def final(self) -> I64:
        """By contact: the slot of its last message; 0, to be ignored, for what has none."""
        return np.where(self.log.messages > 0, self.log.first_turn + self.log.messages - 1, 0)

    @once
    def carried(self) -> I64:
        """4. By contact: how long those before it took, which its first turn brings with it."""
        log, again = self.log, np.isin(self.workload.link, (Link.TRANSFER, Link.RETRY)) & self.began
        total = np.zeros(len(again), np.int64)
        carrier = np.flatnonzero(again & self.plan.carry_wait[self.workload.queue])
        before = log.parent[carrier]
        while len(carrier):
            total[carrier] += log.left[before] - log.arrival[before]
            carrier, before = carrier[again[before]], log.parent[before[again[before]]]
        return total

    @once
    def shared(self) -> Bool:
        """6.7. By queue: its agents work on all such sessions at once."""
        return np.diff(self.plan.shared_offset) > 0

    # ── after a contact's last message, if it goes on ────────────────────────────────────────────────────────────────

    @once
    def dropped(self) -> Bool:
        """6.5. By contact: the connection is lost before the next message."""
        queue, latency = self.workload.queue, self.workload.latency[self.final]
        in_time = ~self.plan.persistent[queue] & (latency <= self.plan.idle_timeout[queue])
        return np.asarray(in_time & (self.workload.comeback[self.final] != -1))

    @once
    def next_message(self) -> I64:
        """By contact: when it is due, if the connection was lost when the customer is back; when they went for good."""
        comeback = self.workload.comeback[self.final]
        delay = np.where(self.dropped & (comeback < NEVER), comeback, 0)
        reply = np.minimum(self.log.reply[self.final], self.plan.drain_end)
        return reply + self.workload.latency[self.final] + delay

    @once
    def lost_connection(self) -> Bool:
        """6.5. By contact: lost for good, just then."""
        log = self.log
        lost = self.dropped & (self.workload.comeback[self.final] == NEVER) & (log.outcome == Outcome.LOST)
        lost &= (log.messages > 0) & (log.messages < log.turns) & (log.reply[self.final] < NEVER)
        return np.asarray(lost & (log.left == self.next_message))

    # ── stretches ────────────────────────────────────────────────────────────────────────────────────────────────────

    @once
    def stretch_queue(self) -> NDArray[Any]:
        return self.workload.queue[self.log.stretch_contact]

    @once
    def stretch_keys(self) -> I64:
        return self.key(self.log.stretch_contact, self.log.stretch_start)

    @once
    def holding(self) -> I64:
        """By turn: the stretch in which it was worked on, -1 if none."""
        log, turns = self.log, np.arange(len(self.owner))
        row = self.latest(self.stretch_keys, self.owner, np.minimum(self.start, self.plan.drain_end))
        end = self.finish

        def fits(turn: I64, stretch: I64) -> Bool:
            return np.asarray(
                (at(log.stretch_contact, stretch, -1) == self.owner[turn])
                & (at(log.stretch_agent, stretch, -1) == self.worker[turn])
                & (at(log.stretch_start, stretch, NEVER) <= self.start[turn])
                & (end[turn] <= at(log.stretch_end, stretch, -1))
            )

        # work of no duration may end the stretch before the one that begins at that instant
        for _ in range(2):
            again = turns[~fits(turns, row) & (row > 0)]
            row[again] -= np.where(fits(again, row[again] - 1), 1, 0)
        return np.where(fits(turns, row) & (self.start < NEVER), row, -1)

    def sessions_at(self, agent: NDArray[Any], time: I64) -> tuple[I64, I64]:
        """How many sessions the agent has then, at least and at most: what begins or ends at that instant may count."""
        log, now = self.log, self.key(agent, time)
        lasting = self.held & (log.stretch_end > log.stretch_start)
        begins, long_begins = (
            np.sort(self.key(log.stretch_agent[r], log.stretch_start[r])) for r in (self.held, lasting)
        )
        ends, long_ends = (np.sort(self.key(log.stretch_agent[r], log.stretch_end[r])) for r in (self.held, lasting))
        least = np.searchsorted(long_begins, now, "left") - np.searchsorted(long_ends, now, "right")
        return least, np.searchsorted(begins, now, "right") - np.searchsorted(ends, now, "left")

    # ── work in hand: ringing, a turn, its wrap-up ───────────────────────────────────────────────────────────────────

    @once
    def pieces(self) -> tuple[I64, I64, I64, I64]:
        """Agent, begin, end, contact of all work in hand, suspended or not, by agent and time."""
        worked = np.flatnonzero(self.start < NEVER)
        return self._with_ringing(worked, self.work_begin[worked], self.work_end[worked])

    @once
    def hands(self) -> tuple[I64, I64, I64, I64]:
        """The same without suspensions, and all that an agent shares attention between (6.7) as one."""
        log = self.log
        worked = np.flatnonzero((self.start < NEVER) & ~self.shared[self.queue])
        known = self.suspended_turn >= 0
        turn = np.concatenate([worked, self.suspended_turn[known]])
        # the i-th begin of a turn's pieces goes with its i-th end
        begin = np.concatenate([self.work_begin[worked], log.suspended_end[known]])
        end = np.concatenate([self.work_end[worked], log.suspended_start[known]])
        begin, end, turn = begin[np.lexsort((begin, turn))], end[np.lexsort((end, turn))], np.sort(turn)

        together = np.flatnonzero((self.start < NEVER) & self.shared[self.queue])
        together = together[np.lexsort((self.start[together], self.worker[together]))]
        reach = np.maximum.accumulate(self.key(self.worker[together], self.work_end[together]))
        apart = np.append(True, self.key(self.worker[together], self.start[together])[1:] >= reach[:-1])
        first = np.flatnonzero(apart[: len(together)])
        until = np.maximum.reduceat(self.work_end[together], first) if len(first) else self.work_end[:0]
        return self._with_ringing(
            np.concatenate([turn, together[first]]),
            np.concatenate([begin, self.start[together[first]]]),
            np.concatenate([end, until]),
        )

    def _with_ringing(self, turn: I64, begin: I64, end: I64) -> tuple[I64, I64, I64, I64]:
        """Work on these turns, and ringing that nobody waited for: agent, begin, end, contact, by agent and time."""
        log = self.log
        ringing = self.held & self.plan.one_to_one[self.stretch_queue]
        ringing[self.holding[self.holding >= 0]] = False
        agent = np.concatenate([self.worker[turn], log.stretch_agent[ringing]]).astype(np.int64)
        begin = np.concatenate([begin, log.stretch_start[ringing]])
        end = np.concatenate([end, log.stretch_end[ringing]])
        contact = np.concatenate([self.owner[turn], log.stretch_contact[ringing]]).astype(np.int64)
        order = np.lexsort((end, begin, agent))
        return agent[order], begin[order], end[order], contact[order]

    @once
    def work_begin(self) -> I64:
        """By turn: start of the work on it, of a call of its ringing."""
        call = self.plan.one_to_one[self.queue] & (self.holding >= 0)
        return np.where(call, at(self.log.stretch_start, self.holding, NEVER), self.start)

    @once
    def work_end(self) -> I64:
        """By turn: end of the work on it and of the wrap-up that follows the last."""
        last = self.number == self.log.turns[self.owner] - 1
        wrapped = last & (self.log.outcome[self.owner] == Outcome.RESOLVED)
        return np.where(wrapped, self.log.closed[self.owner], self.finish)

    # ── suspensions ──────────────────────────────────────────────────────────────────────────────────────────────────

    @once
    def suspended_turn(self) -> I64:
        """By suspension: the turn, last begun by then, whose work or wrap-up it is; -1: none."""
        worked = np.flatnonzero(self.start < NEVER)
        row = self.latest(
            self.key(self.owner[worked], self.start[worked]), self.log.suspended_contact, self.log.suspended_start
        )
        return at(worked, row, -1)

    @once
    def in_wrap_up(self) -> Bool:
        """By suspension: it is of the wrap-up after its turn."""
        return np.asarray(self.log.suspended_start >= at(self.reply, self.suspended_turn, NEVER))

    @once
    def turn_suspended(self) -> I64:
        """By turn: how long the suspensions of its work took together."""
        mine = ~self.in_wrap_up & (self.suspended_turn >= 0)
        return self._length(mine, self.suspended_turn, len(self.owner))

    @once
    def wrap_up_suspended(self) -> I64:
        """By contact: how long the suspensions of its wrap-up took together."""
        return self._length(self.in_wrap_up, self.log.suspended_contact, len(self.began))

    def _length(self, chosen: Bool, row: NDArray[Any], rows: int) -> I64:
        total = np.zeros(rows, dtype=np.int64)
        np.add.at(total, row[chosen], (self.log.suspended_end - self.log.suspended_start)[chosen])
        return total

    # ── hours and shifts, by the clock ───────────────────────────────────────────────────────────────────────────────

    @once
    def _hours(self) -> list[tuple[I64, I64]]:
        return self._spans(self.plan.hours_offset, self.plan.opens, self.plan.closes)

    def _spans(self, offset: I64, opens: I64, closes: I64) -> list[tuple[I64, I64]]:
        """Starts and ends by queue, cut to the times that a log may hold."""
        earliest, latest = int(self.workload.arrival.min(initial=0)), self.plan.drain_end + 1
        opens, closes = np.clip(opens, earliest, latest), np.clip(closes, earliest, latest)
        return [(opens[low:high], closes[low:high]) for low, high in pairwise(offset)]

    def open_until(self, queue: NDArray[Any], time: I64) -> I64:
        """Time for which the queue has been open by `time`, since before everything else."""
        total = np.zeros(len(time), dtype=np.int64)
        for q, (opens, closes) in enumerate(self._hours):
            mine = np.flatnonzero(queue == q)
            if len(opens) == 0 or len(mine) == 0:
                continue
            before = np.concatenate([[0], np.cumsum(closes - opens)])
            span = np.searchsorted(opens, time[mine], side="right") - 1
            within = np.minimum(time[mine], closes[span]) - opens[span]
            total[mine] = np.where(span < 0, 0, before[span] + within)
        return total

    def is_open(self, queue: NDArray[Any], time: I64) -> Bool:
        return self._within(self._hours, queue, time)

    def next_open(self, queue: int, time: I64) -> I64:
        """When the queue is open for the first time from `time` on; NEVER if it is not."""
        opens, closes = self._hours[queue]
        span = np.searchsorted(closes, time, side="right")
        return np.asarray(np.maximum(time, np.append(opens, NEVER)[span]))

    def on_bot_duty(self, queue: NDArray[Any], time: I64) -> Bool:
        plan = self.plan
        return self._within(self._spans(plan.bot_offset, plan.bot_opens, plan.bot_closes), queue, time)

    def _within(self, spans: list[tuple[I64, I64]], queue: NDArray[Any], time: I64) -> Bool:
        inside = np.zeros(len(time), dtype=np.bool_)
        for q, (opens, closes) in enumerate(spans):
            mine = np.flatnonzero(queue == q)
            if len(opens) == 0 or len(mine) == 0:
                continue
            span = np.searchsorted(opens, time[mine], side="right") - 1
            inside[mine] = (span >= 0) & (time[mine] < closes[span])
        return inside

    def closes_at(self, queue: NDArray[Any], time: I64) -> Bool:
        ends = np.zeros(len(time), dtype=np.bool_)
        for q, (_, closes) in enumerate(self._hours):
            ends |= (queue == q) & np.isin(time, closes)
        return ends

    def elapsed(self, queue: NDArray[Any], since: I64, until: I64, held: Bool) -> I64:
        """From `since` to `until`; for what was held only the time in which the queue was open."""
        return np.where(held, self.open_until(queue, until) - self.open_until(queue, since), until - since)

    @once
    def shifts(self) -> I64:
        """Shifts whose agent is not absent."""
        return np.flatnonzero(self.workload.present)

    def shift_at(self, agent: NDArray[Any], time: I64) -> I64:
        """The last shift of the agent begun by then, -1 if none."""
        keys = self.key(self.plan.shift_agent[self.shifts], self.plan.shift_start[self.shifts])
        return at(self.shifts, self.latest(keys, agent, time), -1)

    def on_shift(self, agent: NDArray[Any], time: I64) -> Bool:
        return np.asarray(time < at(self.plan.shift_end, self.shift_at(agent, time), -1))

    def on_duty(self, agent: NDArray[Any], time: I64) -> Bool:
        of_shift, start, end = self.pauses
        pause = self.latest(self.key(of_shift, start), self.shift_at(agent, time), time)
        return self.on_shift(agent, time) & (time >= at(end, pause, -1))

    def rested(self, agent: NDArray[Any], time: I64) -> I64:
        """6.21. When the shift began that the agents were last on, or the last pause in it ended."""
        of_shift, _, end = self.pauses
        order = np.lexsort((end, of_shift))
        shift = self.shift_at(agent, time)
        pause = self.latest(self.key(of_shift[order], end[order]), shift, time)
        return np.asarray(np.maximum(at(self.plan.shift_start, shift, 0), at(end[order], pause, 0)))

    def grown(self, row: NDArray[Any], time: I64) -> NDArray[Any]:
        """6.21. The factor of each row of the plan's steps after that time."""
        factor, plan = np.ones(len(row)), self.plan
        for one in np.unique(row):
            steps, mine = slice(plan.grows_offset[one], plan.grows_offset[one + 1]), row == one
            place = np.searchsorted(plan.grows_after[steps], time[mine], side="right")
            factor[mine] = np.append(1.0, plan.grows_by[steps])[place]
        return factor

    def pace(self, agent: NDArray[Any], queue: NDArray[Any], time: I64) -> NDArray[Any]:
        """Factor on what agents begin to work on then."""
        team = at(self.plan.team, agent, 0)  # nobody's, where only a bot answers
        pace = self.plan.pace[team, queue] * at(self.workload.agent_pace, agent, 1)
        if len(self.plan.grows_by) == 0:
            return np.asarray(pace)
        tired = self.grown(len(self.plan.priority) + team, time - self.rested(agent, time))
        return np.asarray(pace * tired)

    @once
    def waited(self) -> NDArray[Any]:
        """6.21. By turn: factor on the work for the wait of its message."""
        none = self.workload.closing[self.slot] | (self.workload.outbound[self.owner] & (self.number == 0))
        return np.where(none, 1.0, self.grown(self.queue, self.start - self.message))

    def takes_sessions(self, agent: NDArray[Any], time: I64) -> Bool:
        """On duty, and not about to go."""
        plan = self.plan
        keys = self.key(plan.wind_down_shift, plan.wind_down_start)
        row = self.latest(keys, self.shift_at(agent, time), time)
        return self.on_duty(agent, time) & (time >= at(plan.wind_down_end, row, -1))

    @once
    def pauses(self) -> tuple[I64, I64, I64]:
        """6.10. Shift, start and end of the plan's pauses and of those when agents step out, by shift and time."""
        workload, plan = self.workload, self.plan
        shift = np.concatenate([plan.pause_shift, workload.out_shift]).astype(np.int64)
        start = np.concatenate([plan.pause_start, workload.out_start])
        end = np.concatenate([plan.pause_end, workload.out_end])
        order = np.lexsort((start, shift))
        return shift[order], start[order], end[order]

    @once
    def duties(self) -> tuple[I64, I64, I64]:
        """Agent, start and end of the stretches on duty that begin by the drain's end, clipped to the run."""
        plan, (of_shift, pause_start, pause_end) = self.plan, self.pauses
        there = self.workload.present[of_shift]
        shift = np.concatenate([self.shifts, of_shift[there]])
        start = np.concatenate([plan.shift_start[self.shifts], pause_end[there]])
        end = np.concatenate([plan.shift_end[self.shifts], pause_start[there]])
        starts, ends = np.lexsort((start, shift)), np.lexsort((end, shift))
        agent, start, end = plan.shift_agent[shift[starts]], start[starts], end[ends]
        kept = (start < end) & (end > 0) & (start <= plan.drain_end)
        return agent[kept].astype(np.int64), np.maximum(start[kept], 0), np.minimum(end[kept], plan.drain_end)


def say(rule: str, wrong: NDArray[Any], **columns: NDArray[Any]) -> list[str]:
    """One sentence for each row of `columns` that is wrong, up to LIMIT, and how many more there are."""
    rows = np.flatnonzero(wrong)

    def value(column: NDArray[Any], row: int) -> str:
        return "never" if column[row] >= NEVER else str(column[row])

    lines = [
        f"{rule}: " + ", ".join(f"{n} {value(c, row)}" for n, c in columns.items()) for row in rows[:LIMIT].tolist()
    ]
    return lines + [f"{rule}: {len(rows) - LIMIT} more"] * (len(rows) > LIMIT)
