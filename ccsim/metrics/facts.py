"""What the metrics of one replication are made of: contacts, turns and agents' time, by reporting interval.

Contacts that are not counted (they arrived outside [warm_up, end), or never began) lie in a cell of their own behind
the cells (interval, queue), which is dropped from every sum. Times in µs.

What the company begins (outbound rows) is no customer's request: it counts among the offered and their outcomes, in
agents' work and in the conversation that follows, but has no first wait, no resolution and no chain of contacts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, reduce
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ccsim.metrics.cells import Cells
from ccsim.metrics.timeline import Timeline, at_least, divided, open_time, within
from ccsim.tables import F64, I32, I64, NEVER, SECOND, Bool, Link, Log, MetricSpec, Outcome, Plan, Workload

_BEGUN: Final = (Outcome.RESOLVED, Outcome.TRANSFERRED, Outcome.LOST, Outcome.TIMED_OUT)
_PERHAPS_BEGUN: Final = (Outcome.EXPIRED, Outcome.OPEN)
_NOT_ENTERED: Final = (Outcome.NONE, Outcome.REJECTED, Outcome.DEFLECTED, Outcome.CONTAINED)


Formula = Callable[[Any, Any, Any, Any, Any], tuple[Any, Any]]

SERVICE_LEVELS: Final[dict[str, Formula]] = {
    "answered_or_abandoned": lambda A, a, B, b, s: (a + b, A + B),  # noqa: N803
    "answered_only": lambda A, a, B, b, s: (a, A),  # noqa: N803
    "all_offered": lambda A, a, B, b, s: (a, A + B),  # noqa: N803
    "late_abandons": lambda A, a, B, b, s: (a, A + B - b),  # noqa: N803
    "short_counted_in": lambda A, a, B, b, s: (a + s, A + B),  # noqa: N803
    "short_excluded": lambda A, a, B, b, s: (a, A + B - s),  # noqa: N803
}
"""Numerator and denominator by `sl_formula`, from: A answered, a of them within the time; B not answered (abandoned,
visibly or not, blocked, or still waiting at the end of the drain), of whom b gave up within the time, s within
`short_abandon`."""


class Facts:
    """A replication as its metrics see it; everything is computed once, when first asked for."""

    def __init__(self, workload: Workload, plan: Plan, spec: MetricSpec, log: Log) -> None:
        self.workload, self.plan, self.spec, self.log = workload, plan, spec, log
        self.queues, self.teams = len(plan.one_to_one), len(plan.overrun)
        first = plan.warm_up // spec.interval
        inner = np.arange(first + 1, -(-plan.end // spec.interval)) * spec.interval
        self.edges: I64 = np.array([plan.warm_up, *inner, plan.end], dtype=np.int64)
        """Bounds of the reporting intervals within [warm_up, end)."""
        self.intervals = len(self.edges) - 1
        self.window: F64 = np.diff(self.edges)[:, None] / SECOND
        """Length of each interval in seconds, (interval, 1)."""

    def of(self, values: NDArray[Any], queue: NDArray[Any]) -> NDArray[Any]:
        """Each row's value of its queue; the value itself, which fits all rows, if there is only one queue."""
        return values if self.queues == 1 else values[queue]

    # ── contacts ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def cell(self) -> I64:
        """By contact: interval × queues + queue, by arrival; the backlog arrives at 0."""
        plan, came = self.plan, np.maximum(self.log.arrival, 0)
        cell = came // self.spec.interval
        cell -= plan.warm_up // self.spec.interval
        if self.queues > 1:
            cell *= self.queues
            cell += self.workload.queue
        cell[(came < plan.warm_up) | (came >= plan.end)] = self.intervals * self.queues
        return cell

    @cached_property
    def contacts(self) -> Cells:
        """To count contacts and add up what they have by cell."""
        return self.cells(self.cell)

    def cells(self, cell: I64) -> Cells:
        return Cells(cell, self.intervals, self.queues)

    @cached_property
    def chains(self) -> Cells:
        """To count contacts and add up what they have by the cell of the first contact of their chain."""
        return self.contacts if isinstance(self.root, slice) else self.cells(self.cell[self.root])

    @cached_property
    def root(self) -> I32 | slice:
        """By contact: the first one of its chain; all of them, which copies nothing, if each is its own."""
        return self.workload.root if (self.workload.link != Link.ROOT).any() else slice(None)

    @cached_property
    def outcomes(self) -> I64:
        """Contacts by outcome, (interval, queue, outcome)."""
        kinds = [outcome for outcome in Outcome if outcome is not Outcome.NONE]
        return np.stack([self.contacts.count(self.ended(outcome)) for outcome in kinds], axis=2)

    def ended(self, *outcomes: Outcome) -> Bool:
        """By contact: it ended in one of these."""
        return reduce(np.logical_or, [self.log.outcome == int(outcome) for outcome in outcomes])

    @cached_property
    def first_start(self) -> I64:
        """By contact: start of work on its first turn; of no meaning without a message."""
        return self.log.start[slice(None) if self.one_message_each else self.log.first_turn]

    @cached_property
    def begun(self) -> Bool:
        """By contact: work on its first turn began while the customer was there."""
        begun = self.ended(*_BEGUN)
        perhaps = np.flatnonzero(self.ended(*_PERHAPS_BEGUN) & (self.log.messages > 0))
        begun[perhaps] = self.first_start[perhaps] < NEVER
        return begun

    @cached_property
    def answered(self) -> Bool:
        """By contact: a customer's request on which work began while the customer was there."""
        return np.asarray(self.begun & ~self.workload.outbound)

    @cached_property
    def entered(self) -> Bool:
        """By contact: a customer's request that entered its queue, blocked ones included, not if still with the bot."""
        entered = ~self.ended(*_NOT_ENTERED) & ~self.workload.outbound
        entered &= self.log.messages > 0
        return np.asarray(entered)

    @cached_property
    def resolved(self) -> Bool:
        """By contact: a customer's request that was resolved."""
        return np.asarray(self.ended(Outcome.RESOLVED) & ~self.workload.outbound)

    @cached_property
    def begun_count(self) -> I64:
        """(interval, queue)"""
        return self.contacts.count(self.begun)

    @cached_property
    def answered_count(self) -> I64:
        """(interval, queue)"""
        return np.asarray(self.begun_count - self.contacts.count(self.begun & self.workload.outbound))

    @cached_property
    def entered_count(self) -> I64:
        """(interval, queue)"""
        return self.contacts.count(self.entered)

    @cached_property
    def gave_up(self) -> Bool:
        """By contact: abandoned, visibly or silently."""
        return self.ended(Outcome.ABANDONED, Outcome.SILENTLY_ABANDONED)

    @cached_property
    def came(self) -> I64:
        """By contact: when its first message came, at its arrival or after the bot; its arrival without a message."""
        if self.one_message_each:
            return self.log.message
        return np.where(self.log.messages > 0, self.log.message[self.log.first_turn], self.log.arrival)

    @cached_property
    def wait(self) -> I64:
        """By contact: first message to start of work (call back: to dialling), else to leaving or the drain's end."""
        wait = np.minimum(self.first_start, self.log.left)
        np.copyto(wait, self.log.left, where=self.log.messages == 0)
        wait -= self.came
        return wait

    @cached_property
    def wait_quantiles(self) -> F64:
        """Waits of the entered in seconds: 50th, 80th, 90th and 95th percentile, and the longest."""
        chosen = slice(None) if self.entered.all() else np.flatnonzero(self.entered)
        return self.quantiles(self.cell[chosen], self.workload.queue[chosen], self.wait[chosen], (50, 80, 90, 95, 100))

    def quantiles(self, cell: I64, queue: NDArray[Any], times: I64, percents: tuple[int, ...]) -> F64:
        """Quantiles of the counted in seconds, (percent, queue and total last), NaN without data.

        The smallest time that at least so many per cent did not exceed: it is within a target exactly if the share of
        the times that are is as great.
        """
        counted = cell < self.intervals * self.queues
        if not counted.all():
            queue, times = queue[counted], times[counted]
        groups = [times[mine] for mine in self._each_and_all(queue)]
        values = np.full((len(percents), len(groups)), np.nan)
        for group, mine in enumerate(groups):
            if len(mine):
                rank = [(percent * len(mine) + 99) // 100 - 1 for percent in percents]
                values[:, group] = np.sort(mine)[rank] / SECOND
        return self._and_total(values)

    def _each_and_all(self, queue: NDArray[Any]) -> Iterator[Bool | slice]:
        """The rows of each queue, then all; of an only queue, for `_and_total`, just once."""
        if self.queues > 1:
            yield from rows_by(queue, self.queues)
        yield slice(None)

    def _and_total(self, figures: F64) -> F64:
        """Figures with the total last, which of a single queue are its own."""
        return np.repeat(figures, 2, axis=-1) if self.queues == 1 else figures

    @cached_property
    def wait_by_clock(self) -> I64:
        """`wait` on the clock of the queue's targets."""
        if not self.spec.business_clock.any():
            return self.wait
        return self.elapsed(self.workload.queue, self.came, self.came + self.wait)

    @cached_property
    def service_level(self) -> tuple[F64, F64]:
        """Numerator and denominator by each queue's formula, (interval, queue)."""
        queue, wait = self.workload.queue, self.wait_by_clock
        in_time = wait <= self.of(thresholds(self.spec.sl_time), queue)
        short = wait <= self.of(thresholds(self.spec.short_abandon), queue)
        counts = (
            self.answered_count,
            self.contacts.count(self.answered & in_time),
            self.entered_count - self.answered_count,
            self.contacts.count(self.gave_up & in_time),
            self.contacts.count(self.gave_up & short),
        )
        numerator, denominator = np.zeros(counts[0].shape), np.zeros(counts[0].shape)
        for q, formula in enumerate(self.spec.sl_formula):
            numerator[:, q], denominator[:, q] = SERVICE_LEVELS[formula](*(count[:, q] for count in counts))
        return numerator, denominator

    def elapsed(self, queue: NDArray[Any], since: I64, until: I64) -> I64:
        """Time between two instants on the clock of the queue's targets: all of it, or only while the queue is open."""
        elapsed = until - since
        for q in np.flatnonzero(self.spec.business_clock).tolist():
            mine = np.flatnonzero((queue == q) & (until < NEVER))
            opened = open_time(self.plan, q, np.concatenate([since[mine], until[mine]]))
            elapsed[mine] = opened[len(mine) :] - opened[: len(mine)]
        return elapsed

    @cached_property
    def is_root(self) -> Bool:
        return np.asarray((self.workload.link == Link.ROOT) & ~self.workload.outbound)

    @cached_property
    def root_count(self) -> I64:
        """(interval, queue)"""
        return self.contacts.count(self.is_root)

    @cached_property
    def served(self) -> Bool:
        """By contact: it was resolved or served by the bot or self-service, or, of a root, one of its chain was."""
        served = self.ended(Outcome.RESOLVED, Outcome.CONTAINED, Outcome.DEFLECTED)
        served[self.workload.root[served & (self.workload.link != Link.ROOT)]] = True
        return served

    @cached_property
    def of_customers(self) -> Bool:
        """By contact: it began, in a chain that a customer began."""
        return np.asarray((self.log.arrival < NEVER) & ~self.workload.outbound[self.root])

    @cached_property
    def reopened(self) -> Bool:
        """By contact: the customer came back after it was resolved."""
        reopened = self.workload.reopen_child >= 0
        back = np.flatnonzero(reopened)
        reopened[back] = (self.log.arrival[self.workload.reopen_child[back]] < NEVER) & (
            self.log.outcome[back] == Outcome.RESOLVED
        )
        return reopened

    # ── turns: a row for each message that came ──────────────────────────────────────────────────────────────────────

    @cached_property
    def one_message_each(self) -> bool:
        """Contact c has one message, in slot c: rows by turn are those by contact, and nothing need be copied."""
        first = self.log.first_turn
        return bool((self.log.messages == 1).all()) and np.array_equal(first, np.arange(len(self.log.start)))

    @cached_property
    def owner(self) -> I64 | slice:
        """Its contact."""
        if self.one_message_each:
            return slice(None)
        return np.repeat(np.arange(len(self.log.messages)), self.log.messages)

    @cached_property
    def number(self) -> NDArray[Any]:
        """Its number within the contact, from 0."""
        messages = self.log.messages
        if self.one_message_each:
            return np.zeros(len(messages), dtype=np.int8)
        first = np.cumsum(messages, dtype=np.int64) - messages
        return np.asarray(np.arange(messages.sum()) - first[self.owner])

    @cached_property
    def slot(self) -> I64 | slice:
        return slice(None) if self.one_message_each else self.log.first_turn[self.owner] + self.number

    @cached_property
    def turn_cell(self) -> I64:
        return self.cell[self.owner]

    @cached_property
    def turns(self) -> Cells:
        """To count turns and add up what they have by their contact's cell."""
        return self.contacts if self.one_message_each else self.cells(self.turn_cell)

    @cached_property
    def turn_queue(self) -> NDArray[Any]:
        return self.workload.queue[self.owner]

    @cached_property
    def message(self) -> I64:
        return self.log.message[self.slot]

    @cached_property
    def start(self) -> I64:
        return self.log.start[self.slot]

    @cached_property
    def worked(self) -> Bool:
        return self.start < NEVER

    @cached_property
    def reply(self) -> I64:
        return self.log.reply[self.slot]

    @cached_property
    def reread(self) -> NDArray[Any]:
        """By turn: re-reading, with which its work begins, as far as it was done by the end of the drain."""
        return np.asarray(np.minimum(self.log.reread[self.slot], self.work))

    @cached_property
    def agent(self) -> NDArray[Any]:
        return self.log.agent[self.slot]

    @cached_property
    def left_waiting(self) -> Bool:
        """By turn: the customer left while waiting for this answer; work on it, if any, was in vain."""
        gone = self.gave_up[self.owner] | (self.ended(Outcome.LOST)[self.owner] & (self.number > 0))
        last = self.number == self.log.messages[self.owner] - 1
        # whose connection was lost, or who did not pick up, left after the start of work
        return np.asarray(gone & last & (self.start >= self.log.left[self.owner]))

    @cached_property
    def task(self) -> Bool:
        """By turn: no message of a customer's but what the company is to write first."""
        return np.asarray(self.workload.outbound[self.owner] & (self.number == 0))

    @cached_property
    def taken_up(self) -> I64:
        """By turn: start of the work on it; without it, when its contact was closed."""
        return np.minimum(self.start, self.log.closed[self.owner])

    @cached_property
    def work_end(self) -> I64:
        """By turn: end of the work on it, with the wrap-up that follows the last; as `taken_up` without it."""
        end = np.minimum(self.reply, self.log.closed[self.owner])
        resolved = self.log.outcome == Outcome.RESOLVED
        if self.one_message_each:
            np.copyto(end, self.log.closed, where=resolved)
        else:
            end[np.cumsum(self.log.messages, dtype=np.int64)[resolved] - 1] = self.log.closed[resolved]
        return end

    @cached_property
    def handled(self) -> Bool:
        """By turn: worked on, in a contact of which work began while the customer was there."""
        return self.worked & self.begun[self.owner]

    @cached_property
    def shared(self) -> I64:
        """Turns worked on in shared attention."""
        if not len(self.plan.shared_mean):
            return np.zeros(0, dtype=np.int64)
        return np.flatnonzero(self.worked & (np.diff(self.plan.shared_offset) > 0)[self.turn_queue])

    @cached_property
    def shares(self) -> tuple[I64, I64, I64, I64]:
        """Shared attention in pieces between which it is divided among as many: turn, start, end, how many."""
        agent = self.agent[self.shared]
        starts, ends = self._key(agent, self.start[self.shared]), self._key(agent, self.work_end[self.shared])
        row, start, end, among = divided(starts, ends)
        base = self._key(agent[row], np.zeros_like(start))
        return self.shared[row], start - base, end - base, among

    @cached_property
    def work(self) -> NDArray[Any]:
        """By turn: focused work on it with its wrap-up, suspensions included; what is shared is divided evenly."""
        work = self.work_end - self.taken_up
        if not len(self.shared):
            return work
        turn, start, end, among = self.shares
        shared = np.bincount(turn, (end - start) / among, minlength=len(work))
        return np.where(np.isin(np.arange(len(work)), self.shared), shared, work)

    @cached_property
    def agents(self) -> NDArray[Any]:
        """By contact: how many different agents worked on it."""
        if self.one_message_each:
            return self.worked.view(np.int8)
        owner, agent = np.arange(len(self.log.messages))[self.owner][self.worked], self.agent[self.worked]
        same = owner[1:] == owner[:-1]
        agents = np.zeros(len(self.log.messages), dtype=np.int64)
        agents[owner] = 1
        # only those whose agent changes between two turns had several: few, of whom to count the different ones
        several = np.zeros(len(agents), dtype=np.bool_)
        several[owner[1:][same & (agent[1:] != agent[:-1])]] = True
        mine = several[owner]
        pairs = np.unique(owner[mine] * len(self.plan.team) + agent[mine])
        agents[several] = np.bincount(pairs // len(self.plan.team), minlength=len(agents))[several]
        return agents

    @cached_property
    def handle_time(self) -> NDArray[Any]:
        """Focused work on the begun, re-reading and wrap-up included, (interval, queue)."""
        log = self.log
        contact = log.suspended_contact
        suspended = self.cells(self.cell[contact]).total(log.suspended_end - log.suspended_start, self.begun[contact])
        return np.asarray(self.turns.total(self.work, self.handled) - suspended)

    @cached_property
    def reply_wait(self) -> tuple[Bool, I64]:
        """By turn: it is from the second on and was worked on or left; its wait to the start of work or leaving."""
        later = (self.number > 0) & (self.worked | self.left_waiting)
        until = np.where(self.left_waiting, self.log.left[self.owner], self.start)
        return later, np.where(later, until - self.message, 0)

    # ── stretches: waits for an agent and the sessions after them ────────────────────────────────────────────────────

    @cached_property
    def one_stretch_each(self) -> bool:
        """Contact c has one stretch, in row c: rows by stretch are those by contact."""
        return np.array_equal(self.log.stretch_contact, np.arange(len(self.log.arrival)))

    @cached_property
    def stretch_queue(self) -> NDArray[Any]:
        queue = self.workload.queue
        return queue if self.one_stretch_each else queue[self.log.stretch_contact]

    @cached_property
    def stretches(self) -> Cells:
        """To count stretches and add up what they have by their contact's cell."""
        return self.contacts if self.one_stretch_each else self.cells(self.cell[self.log.stretch_contact])

    @cached_property
    def had_session(self) -> Bool:
        """By contact: an agent held it."""
        held = self.log.stretch_agent >= 0
        if self.one_stretch_each:
            return held
        had_session = np.zeros(len(self.log.arrival), dtype=np.bool_)
        had_session[self.log.stretch_contact[held]] = True
        return had_session

    # ── what waits, by queue and in total (last), (interval, queue + 1) ──────────────────────────────────────────────

    def _by_queue(self, queue: NDArray[Any], start: I64, end: I64) -> list[Timeline]:
        """Spans of each queue, and of all; the same only once. Empty ones count for nothing."""
        some = np.flatnonzero(start < end)
        queue, start, end = queue[some], start[some], end[some]
        return [Timeline(start[mine], end[mine]) for mine in self._each_and_all(queue)]

    @cached_property
    def waiting(self) -> tuple[NDArray[Any], I64, I64]:
        """By stretch: queue, waiting for an agent since, assigned or left."""
        return self.stretch_queue, self.log.stretch_since, self.log.stretch_start

    @cached_property
    def unassigned(self) -> list[Timeline]:
        return self._by_queue(*self.waiting)

    @cached_property
    def unassigned_area(self) -> F64:
        """Contacts waiting unassigned, seconds, (interval, queue)."""
        return np.stack([timeline.area(self.edges) for timeline in self.unassigned[: self.queues]], axis=1) / SECOND

    @cached_property
    def unassigned_peaks(self) -> F64:
        """Most contacts waiting unassigned at once, (interval, queue + 1)."""
        return self._peaks(self.unassigned)

    @cached_property
    def pending(self) -> tuple[NDArray[Any], I64, I64]:
        """By turn: queue, message, taken up; tasks, which are no customer's messages, wait no time."""
        until = np.where(self.task, self.message, self.taken_up) if self.task.any() else self.taken_up
        return self.turn_queue, self.message, until

    @cached_property
    def backlog_peaks(self) -> F64:
        """Most customers' messages not yet in work at once, (interval, queue + 1)."""
        if all(map(np.array_equal, self.pending, self.waiting)):  # calls, answered without ringing
            return self.unassigned_peaks
        return self._peaks(self._by_queue(*self.pending))

    def _peaks(self, timelines: list[Timeline]) -> F64:
        peaks = np.stack([timeline.peaks(self.edges) for timeline in timelines], axis=1)
        return self._and_total(peaks.astype(np.float64))

    @cached_property
    def open_area(self) -> F64:
        """Contacts from arrival to `closed`, seconds, (interval, queue)."""
        log, (_, _, start, end) = self.log, self._sessions
        whole, parts = (log.arrival, log.stretch_start, log.closed), (log.stretch_since, start, end)
        # calls: each waits, then has its session, and is done
        if self.one_stretch_each and all(map(np.array_equal, whole, parts)):
            return np.asarray(self.unassigned_area + self.session_time.sum(axis=1))
        return self._areas(self.workload.queue, self.queues, log.arrival, log.closed)

    def _areas(self, group: NDArray[Any], groups: int, start: I64, end: I64) -> F64:
        """Time integrals of the spans of each group, seconds, (interval, group)."""
        areas = np.zeros((self.intervals, groups))
        for g, mine in enumerate(rows_by(group, groups)):
            areas[:, g] = Timeline(start[mine], end[mine]).area(self.edges) / SECOND
        return areas

    # ── agents' time, seconds, booked to the interval in which it happened ───────────────────────────────────────────

    @cached_property
    def shift_team(self) -> NDArray[Any]:
        return self.plan.team[self.plan.shift_agent]

    @cached_property
    def staffed(self) -> F64:
        """(interval, team)"""
        team = self.shift_team[self.log.presence_shift]
        return self._areas(team, self.teams, self.log.presence_start, self.log.presence_end)

    @cached_property
    def overtime(self) -> F64:
        """(interval, team)"""
        log = self.log
        since = np.maximum(log.presence_start, self.plan.shift_end[log.presence_shift])
        late = since < log.presence_end
        team = self.shift_team[log.presence_shift[late]]
        return self._areas(team, self.teams, since[late], log.presence_end[late])

    @cached_property
    def paid(self) -> F64:
        """(interval, team): shifts with their pauses and absences, or without them, and overtime."""
        log, plan, paid = self.log, self.plan, self.spec.paid
        shifts = self._areas(self.shift_team[paid], self.teams, plan.shift_start[paid], plan.shift_end[paid])
        until = np.minimum(log.presence_end, plan.shift_end[log.presence_shift])
        there = ~paid[log.presence_shift] & (log.presence_start < until)
        team = self.shift_team[log.presence_shift[there]]
        return shifts + self._areas(team, self.teams, log.presence_start[there], until[there]) + self.overtime

    @cached_property
    def team_cost(self) -> F64:
        """(interval, team)"""
        extra = self.overtime * (self.spec.overtime_factor - 1)
        return (self.paid + extra) / 3600 * self.spec.cost_per_hour

    @cached_property
    def focused(self) -> F64:
        """Focused work: turns with their re-reading, and wrap-ups; (interval, team, queue).

        Shared attention counts once in an agent's time, divided evenly among the sessions in work at each moment.
        """
        log = self.log
        queue = self.workload.queue[log.suspended_contact]
        suspended = self._by_team_and_queue(log.suspended_agent, queue, log.suspended_start, log.suspended_end)
        columns = (self.agent, self.turn_queue, self.taken_up, self.work_end)
        if not len(self.shared):
            calls = all(map(np.array_equal, columns, self._sessions))  # answered without ringing
            return (self.session_time if calls else self._by_team_and_queue(*columns)) - suspended
        alone = self.worked.copy()
        alone[self.shared] = False
        work = self._by_team_and_queue(*(values[alone] for values in columns))
        turn, start, end, among = self.shares
        piece, start, end = within(start, end, self.edges[:-1], self.edges[1:])
        cell = (
            np.searchsorted(self.edges, start, side="right") - 1,
            self.plan.team[self.agent[turn[piece]]],
            self.turn_queue[turn[piece]],
        )
        np.add.at(work, cell, (end - start) / among[piece] / SECOND)
        return np.asarray(work - suspended)

    @cached_property
    def interruptions(self) -> F64:
        """(interval, team)"""
        log = self.log
        interval = np.searchsorted(self.edges, log.suspended_start, side="right") - 1
        counted = (interval >= 0) & (interval < self.intervals)
        counts = np.zeros((self.intervals, self.teams))
        np.add.at(counts, (interval[counted], self.plan.team[log.suspended_agent[counted]]), 1)
        return counts

    def _by_team_and_queue(self, agent: NDArray[Any], queue: NDArray[Any], start: I64, end: I64) -> F64:
        """Time integrals; without an agent (-1) start = end, which adds nothing to whatever team."""
        groups = self.teams * self.queues
        group = agent if groups == 1 else self.plan.team[agent] * self.queues + queue
        return self._areas(group, groups, start, end).reshape(self.intervals, self.teams, self.queues)

    @property
    def _span(self) -> int:
        """More than any time of a log."""
        return self.plan.drain_end + 1

    @cached_property
    def _sessions(self) -> tuple[NDArray[Any], NDArray[Any], I64, I64]:
        """Sessions while their agent is present: agent, queue, start, end.

        Who left unassigned is among them, with agent -1 and start = end.
        """
        log, plan = self.log, self.plan
        agent, queue, start, end = log.stretch_agent, self.stretch_queue, log.stretch_start, log.stretch_end
        # nothing is to be cut for who is present throughout
        shift_agent = plan.shift_agent[log.presence_shift]
        always = np.zeros(len(plan.team), dtype=np.bool_)
        always[shift_agent[(log.presence_start <= plan.warm_up) & (log.presence_end >= plan.end)]] = True
        if not always.all():
            presences = self._key(shift_agent, log.presence_start), self._key(shift_agent, log.presence_end)
            row, start, end = within(self._key(agent, start), self._key(agent, end), *presences)
            agent, queue = agent[row], queue[row]
            base = self._key(agent, np.zeros_like(start))
            start, end = start - base, end - base
        return agent, queue, start, end

    def _key(self, agent: NDArray[Any], time: I64) -> I64:
        """A number that orders by (agent, time)."""
        key = agent * np.int64(self._span)
        key += time
        return key

    @cached_property
    def _session_keys(self) -> tuple[I64, I64]:
        """Starts and ends of sessions by (agent, time), cut to [warm_up, end)."""
        agent, _, *spans = self._sessions
        starts, ends = (self._key(agent, np.clip(times, self.plan.warm_up, self.plan.end)) for times in spans)
        starts.sort()
        ends.sort()
        return starts, ends

    @cached_property
    def _alone(self) -> bool:
        """Nobody ever held two sessions."""
        if self.plan.one_to_one.all():  # such a session takes all of an agent
            return True
        starts, ends = self._session_keys
        return not (starts[1:] < ends[:-1]).any()

    @cached_property
    def session_time(self) -> F64:
        """Sessions held while present; (interval, team, queue)."""
        agent, queue, start, end = self._sessions
        return self._by_team_and_queue(agent, queue, start, end)

    @cached_property
    def concurrent(self) -> F64:
        """Time with at least 1, 2 and 3 sessions; (3, interval, team)."""
        if self._alone:
            none = np.zeros((self.intervals, self.teams))
            return np.stack([self.session_time.sum(axis=2), none, none])
        starts, ends = self._session_keys
        times = []
        for level in (1, 2, 3):
            start, end = at_least(level, starts, ends)
            agent = start // self._span
            times.append(self._areas(self.plan.team[agent], self.teams, start % self._span, end - agent * self._span))
        return np.stack(times)

    @cached_property
    def most_sessions(self) -> I64:
        """The most sessions that one agent held at once, (team,)."""
        if self._alone:
            return np.asarray(self.session_time.sum(axis=(0, 2)) > 0, dtype=np.int64)
        starts, ends = self._session_keys
        held = np.arange(1, len(starts) + 1) - np.searchsorted(ends, starts, side="right")
        most = np.zeros(self.teams, dtype=np.int64)
        np.maximum.at(most, self.plan.team[starts // self._span], held)
        return most

    # ── money ────────────────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def cost(self) -> F64:
        """Each team's cost by the focused work it did for each queue, and the fees of entered and begun; (queue,).

        A team that did no work at all is split evenly over the queues for which it has the skill.
        """
        work = self.focused.sum(axis=0)
        skilled = (self.plan.rank >= 0).astype(np.float64)
        basis = np.where(work.sum(axis=1, keepdims=True) > 0, work, skilled)
        share = basis / np.maximum(basis.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
        conversations = self.entered_count + self.begun_count - self.answered_count
        fees = conversations.sum(axis=0) * np.nan_to_num(self.spec.fee)
        return np.asarray(self.team_cost.sum(axis=0) @ share + fees)


def rows_by(group: NDArray[Any], groups: int) -> Iterator[Bool | slice]:
    """The rows of each group, as an index; all of them, which copies nothing, of an only group."""
    yield from (slice(None),) if groups == 1 else (group == g for g in range(groups))


def thresholds(seconds: F64) -> I64:
    """Thresholds in µs; -1, which no wait keeps, where there is none."""
    return np.rint(np.nan_to_num(np.asarray(seconds), nan=-1 / SECOND) * SECOND).astype(np.int64)
