"""What the metrics of one replication are made of: contacts, turns and agents' time, by reporting interval.

Contacts that are not counted (they arrived outside [warm_up, end), or never began) lie in a cell of their own behind
the cells (interval, queue), which is dropped from every sum. Times in µs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ccsim.metrics.timeline import Timeline, at_least, open_time, within
from ccsim.tables import F64, I64, NEVER, SECOND, Bool, Link, Log, Outcome, Plan, Terms, Workload

_ANSWERED: Final = (Outcome.RESOLVED, Outcome.TRANSFERRED, Outcome.LOST, Outcome.TIMED_OUT, Outcome.EXPIRED)
_NOT_ENTERED: Final = (Outcome.NONE, Outcome.REJECTED, Outcome.DEFLECTED, Outcome.CONTAINED)


Formula = Callable[[Any, Any, Any, Any, Any], tuple[Any, Any]]

SERVICE_LEVELS: Final[dict[str, Formula]] = {
    "answered_or_abandoned": lambda A, a, B, b, s: (a + b, A + B),  # noqa: N803
    "answered_only": lambda A, a, B, b, s: (a, A),  # noqa: N803
    "all_offered": lambda A, a, B, b, s: (a, A + B),  # noqa: N803
    "late_abandons": lambda A, a, B, b, s: (a, A + B - b),  # noqa: N803
    "short_counted_in": lambda A, a, B, b, s: (a + s, A + B),  # noqa: N803
}
"""Numerator and denominator by `sl_formula`, from: A answered, a of them within the time; B not answered (abandoned,
visibly or not, blocked, or still waiting at the end of the drain), of whom b gave up within the time, s within
`short_abandon`."""


class Facts:
    """A replication as its metrics see it; everything is computed once, when first asked for."""

    def __init__(self, workload: Workload, plan: Plan, terms: Terms, log: Log) -> None:
        self.workload, self.plan, self.terms, self.log = workload, plan, terms, log
        self.queues, self.teams = len(plan.one_to_one), len(plan.overrun)
        first = plan.warm_up // terms.interval
        inner = np.arange(first + 1, -(-plan.end // terms.interval)) * terms.interval
        self.edges: I64 = np.array([plan.warm_up, *inner, plan.end], dtype=np.int64)
        """Bounds of the reporting intervals within [warm_up, end)."""
        self.intervals = len(self.edges) - 1
        self.window: F64 = np.diff(self.edges)[:, None] / SECOND
        """Length of each interval in seconds, (interval, 1)."""

    # ── contacts ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def cell(self) -> I64:
        """By contact: interval × queues + queue, by arrival; the backlog arrives at 0."""
        plan, came = self.plan, np.maximum(self.log.arrival, 0)
        interval = came // self.terms.interval - plan.warm_up // self.terms.interval
        counted = (came >= plan.warm_up) & (came < plan.end)
        return np.where(counted, interval * self.queues + self.workload.queue, self.intervals * self.queues)

    def count(self, chosen: Bool, cell: I64 | None = None) -> I64:
        """How many rows are chosen, (interval, queue)."""
        cells = (self.cell if cell is None else cell)[chosen]
        return self._grid(np.bincount(cells, minlength=self.intervals * self.queues + 1))

    def total(self, values: NDArray[Any], chosen: Bool, cell: I64 | None = None) -> F64:
        """Sum of the values of the chosen rows, (interval, queue)."""
        cells = (self.cell if cell is None else cell)[chosen]
        return self._grid(np.bincount(cells, values[chosen], minlength=self.intervals * self.queues + 1))

    def _grid(self, cells: NDArray[Any]) -> NDArray[Any]:
        return cells[:-1].reshape(self.intervals, self.queues)

    @cached_property
    def outcomes(self) -> I64:
        """Contacts by outcome, (interval, queue, outcome)."""
        kinds = len(Outcome) - 1
        code = self.cell * kinds + np.maximum(self.log.outcome, 0)
        cells = np.bincount(code, minlength=(self.intervals * self.queues + 1) * kinds)
        return cells[: self.intervals * self.queues * kinds].reshape(self.intervals, self.queues, kinds)

    def ended(self, *outcomes: Outcome) -> Bool:
        """By contact: it ended in one of these."""
        chosen = np.zeros(len(Outcome), dtype=np.bool_)
        chosen[list(outcomes)] = True  # Outcome.NONE is the last, -1
        return np.asarray(chosen[self.log.outcome])

    @cached_property
    def answered(self) -> Bool:
        """By contact: work on its first turn began while the customer was there."""
        answered = self.ended(*_ANSWERED)
        is_open = np.flatnonzero(self.log.outcome == Outcome.OPEN)
        answered[is_open] = self.log.start[self.log.first_turn[is_open]] < NEVER
        return answered

    @cached_property
    def entered(self) -> Bool:
        """By contact: it entered its queue, blocked ones included."""
        return np.logical_not(self.ended(*_NOT_ENTERED))

    @cached_property
    def gave_up(self) -> Bool:
        """By contact: abandoned, visibly or silently."""
        return self.ended(Outcome.ABANDONED, Outcome.SILENTLY_ABANDONED)

    @cached_property
    def wait(self) -> I64:
        """By contact: arrival to start of work, else to leaving or the end of the drain."""
        until = self.log.left.copy()
        answered = np.flatnonzero(self.answered)
        until[answered] = self.log.start[self.log.first_turn[answered]]
        return until - self.log.arrival

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
        found = np.full((len(percents), self.queues + 1), np.nan)
        for q in range(self.queues + 1):
            if q == self.queues == 1:
                found[:, q] = found[:, 0]
                continue
            mine = times[counted if q == self.queues else counted & (queue == q)]
            if len(mine):
                rank = [(percent * len(mine) + 99) // 100 - 1 for percent in percents]
                found[:, q] = np.partition(mine, rank)[rank] / SECOND
        return found

    @cached_property
    def wait_by_clock(self) -> I64:
        """`wait` on the clock of the queue's targets."""
        if not self.terms.business_clock.any():
            return self.wait
        return self.elapsed(self.workload.queue, self.log.arrival, self.log.arrival + self.wait)

    @cached_property
    def service_level(self) -> tuple[F64, F64]:
        """Numerator and denominator by each queue's formula, (interval, queue)."""
        queue, wait = self.workload.queue, self.wait_by_clock
        in_time = wait <= thresholds(self.terms.sl_time)[queue]
        short = wait <= thresholds(self.terms.short_abandon)[queue]
        counts = (
            self.count(self.answered),
            self.count(self.answered & in_time),
            self.count(self.entered & ~self.answered),
            self.count(self.gave_up & in_time),
            self.count(self.gave_up & short),
        )
        over, under = np.zeros(counts[0].shape), np.zeros(counts[0].shape)
        for q, formula in enumerate(self.terms.sl_formula):
            over[:, q], under[:, q] = SERVICE_LEVELS[formula](*(count[:, q] for count in counts))
        return over, under

    def elapsed(self, queue: NDArray[Any], since: I64, until: I64) -> I64:
        """Time between two instants on the clock of the queue's targets: all of it, or only while the queue is open."""
        elapsed = until - since
        for q in np.flatnonzero(self.terms.business_clock).tolist():
            mine = np.flatnonzero((queue == q) & (until < NEVER))
            opened = open_time(self.plan, q, np.concatenate([since[mine], until[mine]]))
            elapsed[mine] = opened[len(mine) :] - opened[: len(mine)]
        return elapsed

    @cached_property
    def is_root(self) -> Bool:
        return np.asarray(self.workload.link == Link.ROOT)

    @cached_property
    def root_cell(self) -> I64:
        """By contact: the cell of the first contact of its chain."""
        return self.cell[self.workload.root]

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
    def owner(self) -> I64:
        """Its contact."""
        if self.log.messages.max(initial=0) <= 1:
            return np.flatnonzero(self.log.messages)
        return np.repeat(np.arange(len(self.log.messages)), self.log.messages)

    @cached_property
    def number(self) -> I64:
        """Its number within the contact, from 0."""
        first = np.cumsum(self.log.messages, dtype=np.int64) - self.log.messages
        return np.arange(len(self.owner)) - first[self.owner]

    @cached_property
    def slot(self) -> I64:
        return self.log.first_turn[self.owner] + self.number

    @cached_property
    def turn_cell(self) -> I64:
        return self.cell[self.owner]

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
    def left_waiting(self) -> Bool:
        """By turn: the customer left while waiting for this answer; work on it, if any, was in vain."""
        gone = self.gave_up | self.ended(Outcome.LOST)
        return np.asarray(gone[self.owner] & (self.number == self.log.messages[self.owner] - 1))

    @cached_property
    def work_end(self) -> I64:
        """By turn: end of the work on it, with the wrap-up that follows the last; at most the end of the drain."""
        end = np.minimum(self.reply, self.plan.drain_end)
        resolved = self.log.outcome == Outcome.RESOLVED
        last = np.cumsum(self.log.messages, dtype=np.int64)[resolved] - 1
        end[last] = self.log.closed[resolved]
        return end

    @cached_property
    def handled(self) -> Bool:
        """By turn: worked on, in a contact that was answered."""
        return self.worked & self.answered[self.owner]

    @cached_property
    def handle_time(self) -> F64:
        """Focused work on the answered, re-reading and wrap-up included, (interval, queue)."""
        return self.total(self.work_end - self.start, self.handled, self.turn_cell)

    @cached_property
    def reply_wait(self) -> tuple[I64, I64, Bool]:
        """Of the turns from the second on, worked or left: row, wait, whether the customer was there at the answer."""
        row = np.flatnonzero((self.number > 0) & (self.worked | self.left_waiting))
        left = self.left_waiting[row]
        return row, np.where(left, self.log.left[self.owner[row]], self.start[row]) - self.message[row], ~left

    # ── what waits, by queue and in total (last), (interval, queue + 1) ──────────────────────────────────────────────

    def _by_queue(self, queue: NDArray[Any], start: I64, end: I64) -> list[Timeline]:
        if self.queues == 1:
            return [Timeline(start, end)] * 2
        chosen = [queue == q for q in range(self.queues)]
        return [*(Timeline(start[mine], end[mine]) for mine in chosen), Timeline(start, end)]

    @cached_property
    def unassigned(self) -> list[Timeline]:
        log = self.log
        waits = log.stretch_since < log.stretch_start
        contact = log.stretch_contact[waits]
        return self._by_queue(self.workload.queue[contact], log.stretch_since[waits], log.stretch_start[waits])

    @cached_property
    def pending(self) -> tuple[NDArray[Any], I64, I64]:
        """Messages not yet in work: queue, message, start of work or, without it, the end of the wait."""
        until = np.minimum(self.start, self.log.closed[self.owner])
        waits = self.message < until
        return self.workload.queue[self.owner[waits]], self.message[waits], until[waits]

    @cached_property
    def backlog(self) -> list[Timeline]:
        return self._by_queue(*self.pending)

    def areas(self, timelines: list[Timeline]) -> F64:
        """Time integrals in seconds, (interval, timeline)."""
        return np.stack([timeline.area(self.edges) for timeline in timelines], axis=1) / SECOND

    def peaks(self, timelines: list[Timeline]) -> F64:
        return np.stack([timeline.peaks(self.edges) for timeline in timelines], axis=1).astype(np.float64)

    @cached_property
    def open_area(self) -> F64:
        """Contacts from arrival to `closed`, seconds, (interval, queue)."""
        log, queue = self.log, self.workload.queue
        return self._areas(queue, self.queues, log.arrival, log.closed)

    def _areas(self, group: NDArray[Any], groups: int, start: I64, end: I64) -> F64:
        """Time integrals of the spans of each group, seconds, (interval, group)."""
        areas = np.zeros((self.intervals, groups))
        for g in np.flatnonzero(np.bincount(group, minlength=groups)):
            mine = slice(None) if groups == 1 else group == g
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
        log, plan, paid = self.log, self.plan, self.terms.paid
        shifts = self._areas(self.shift_team[paid], self.teams, plan.shift_start[paid], plan.shift_end[paid])
        until = np.minimum(log.presence_end, plan.shift_end[log.presence_shift])
        there = ~paid[log.presence_shift] & (log.presence_start < until)
        team = self.shift_team[log.presence_shift[there]]
        return shifts + self._areas(team, self.teams, log.presence_start[there], until[there]) + self.overtime

    @cached_property
    def team_cost(self) -> F64:
        """(interval, team)"""
        extra = self.overtime * (self.terms.overtime_factor - 1)
        return (self.paid + extra) / 3600 * self.terms.cost_per_hour

    @cached_property
    def focused(self) -> F64:
        """Focused work: turns with their re-reading, and wrap-ups; (interval, team, queue)."""
        worked = slice(None) if self.worked.all() else self.worked
        queue = self.workload.queue[self.owner[worked]]
        team = self.plan.team[self.log.agent[self.slot[worked]]]
        return self._by_team_and_queue(team, queue, self.start[worked], self.work_end[worked])

    def _by_team_and_queue(self, team: NDArray[Any], queue: NDArray[Any], start: I64, end: I64) -> F64:
        areas = self._areas(team * self.queues + queue, self.teams * self.queues, start, end)
        return areas.reshape(self.intervals, self.teams, self.queues)

    @property
    def _span(self) -> int:
        """More than any time of a log, so that agent × span + time orders by (agent, time)."""
        return self.plan.drain_end + 1

    @cached_property
    def _sessions(self) -> tuple[I64, I64, I64]:
        """Sessions while their agent is present, in [warm_up, end): stretch, start and end as agent × span + time."""
        log, plan = self.log, self.plan
        start = np.maximum(log.stretch_start, plan.warm_up)
        end = np.minimum(log.stretch_end, plan.end)
        held = np.flatnonzero((log.stretch_agent >= 0) & (start < end))
        base = log.stretch_agent[held].astype(np.int64) * self._span
        present = plan.shift_agent[log.presence_shift].astype(np.int64) * self._span
        outer = (present + log.presence_start, present + log.presence_end)
        row, begin, finish = within((base + start[held], base + end[held]), outer)
        return held[row], begin, finish

    @cached_property
    def _session_keys(self) -> tuple[I64, I64]:
        _, start, end = self._sessions
        return np.sort(start), np.sort(end)

    @cached_property
    def session_time(self) -> F64:
        """Sessions held while present; (interval, team, queue)."""
        stretch, start, end = self._sessions
        agent = self.log.stretch_agent[stretch]
        base = agent.astype(np.int64) * self._span
        queue = self.workload.queue[self.log.stretch_contact[stretch]]
        return self._by_team_and_queue(self.plan.team[agent], queue, start - base, end - base)

    @cached_property
    def concurrent(self) -> F64:
        """Time with at least 1, 2 and 3 sessions; (3, interval, team)."""
        times = []
        for level in (1, 2, 3):
            start, end = at_least(level, *self._session_keys)
            agent = start // self._span
            times.append(self._areas(self.plan.team[agent], self.teams, start % self._span, end - agent * self._span))
        return np.stack(times)

    @cached_property
    def most_sessions(self) -> I64:
        """The most sessions that one agent held at once, (team,)."""
        starts, ends = self._session_keys
        held = np.arange(1, len(starts) + 1) - np.searchsorted(ends, starts, side="right")
        most = np.zeros(self.teams, dtype=np.int64)
        np.maximum.at(most, self.plan.team[starts // self._span], held)
        return most

    # ── money ────────────────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def cost(self) -> F64:
        """Each team's cost by the focused work it did for each queue, and the fees; (queue,).

        A team that did no work at all is split evenly over the queues for which it has the skill.
        """
        work = self.focused.sum(axis=0)
        skilled = (self.plan.rank >= 0).astype(np.float64)
        basis = np.where(work.sum(axis=1, keepdims=True) > 0, work, skilled)
        share = basis / np.maximum(basis.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
        fees = self.count(self.entered).sum(axis=0) * np.nan_to_num(self.terms.fee)
        return np.asarray(self.team_cost.sum(axis=0) @ share + fees)


def thresholds(seconds: F64) -> I64:
    """Thresholds in µs; -1, which no wait keeps, where there is none."""
    return np.rint(np.nan_to_num(np.asarray(seconds), nan=-1 / SECOND) * SECOND).astype(np.int64)
