"""What the metrics of one replication are made of: contacts, turns and agents' time, by reporting interval.

Contacts that are not counted (they arrived outside [warm_up, end), or never began) are in no cell. Times in µs.

What the company begins (outbound rows) is no customer's request: it counts among the offered and their outcomes, in
agents' work and in the conversation that follows, but has no first wait, no resolution and no chain of contacts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ccsim import jit, tables
from ccsim.metrics import pay, sums
from ccsim.metrics.attention import SharedWork
from ccsim.metrics.timeline import inside
from ccsim.metrics.worth import lost_by_wait
from ccsim.once import once
from ccsim.tables import F64, I32, I64, SECOND, Bool, Link, Log, MetricSpec, Outside, Plan, Workload

Formula = Callable[[Any, Any, Any, Any, Any], tuple[Any, Any]]

TINY: Final = np.finfo(np.float64).tiny

SERVICE_LEVELS: Final[dict[str, Formula]] = {
    "answered_or_abandoned": lambda A, a, B, b, s: (a + b, A + B),  # noqa: N803
    "answered_only": lambda A, a, B, b, s: (a, A),  # noqa: N803
    "all_offered": lambda A, a, B, b, s: (a, A + B),  # noqa: N803
    "late_abandons": lambda A, a, B, b, s: (a, A + B - b),  # noqa: N803
    "short_counted_in": lambda A, a, B, b, s: (a + s, A + B),  # noqa: N803
    "short_excluded": lambda A, a, B, b, s: (a, A + B - s),  # noqa: N803
}
"""Numerator and denominator by `sl_formula`, from: A answered, a of them within the time; B not answered (abandoned,
visibly or not, blocked, or still waiting and late when the drain ended), of whom b gave up within the time, s within
`short_abandon`."""


def _weights(formulas: Sequence[str]) -> F64:
    """By numerator and denominator, what the formulas count, which is all that they do, and queue."""
    single = np.eye(5)
    return np.array([[SERVICE_LEVELS[name](*one) for name in formulas] for one in single], np.float64).transpose(
        2, 0, 1
    )


@cache
def scans() -> ModuleType:
    """The compiled scans of a log, ccsim/metrics/scan.py."""
    own = [Path(__file__).with_name(file) for file in ("scan.py", "ranks.py")]
    return jit.load("ccsim.metrics.scan", [*own, Path(str(sums.__file__)), Path(str(tables.__file__))])


@cache
def ranks() -> ModuleType:
    """What is compiled for what is sorted, ccsim/metrics/ranks.py; it comes with the scans, which use it."""
    scans()
    return import_module("ccsim.metrics.ranks")


class Frame:
    """What does not change from replication to replication of a scenario."""

    def __init__(self, plan: Plan, spec: MetricSpec) -> None:
        self.plan, self.spec = plan, spec
        self.queues, self.teams = len(plan.one_to_one), len(plan.overrun)
        first = plan.warm_up // spec.interval
        inner = np.arange(first + 1, -(-plan.end // spec.interval)) * spec.interval
        self.edges: I64 = np.array([plan.warm_up, *inner, plan.end], dtype=np.int64)
        """Bounds of the reporting intervals within [warm_up, end)."""
        self.intervals = len(self.edges) - 1
        self.window: F64 = np.diff(self.edges)[:, None] / SECOND
        """Length of each interval in seconds, (interval, 1)."""
        self.limits: I64 = thresholds([spec.sl_time, spec.short_abandon, spec.resolution_time])
        self.reply_limit: I64 = thresholds(spec.reply_time)
        self.effort: F64 = np.array(spec.effort, dtype=np.float64)
        self.value, self.fee, self.sl_share = map(np.nan_to_num, (spec.reason_value, spec.fee, spec.sl_share))
        """0 where it does not apply."""
        self.service_level: F64 = _weights(spec.sl_formula)
        """How often the formulas of the service level count what they may, (2, count, queue)."""
        self.clock = (np.array(spec.business_clock), plan.hours_offset, plan.opens, plan.closes)
        self.bounds = (self.edges, spec.interval)
        self.shared: Bool = np.diff(plan.shared_offset) > 0
        """Queues in which agents work on several turns at once."""
        self.span = plan.drain_end + 1
        """More than any time of a log."""
        self.skilled: F64 = (plan.rank >= 0).astype(np.float64)
        self.alone = bool(plan.one_to_one.all())
        """Nobody can hold two sessions."""
        self.paid: Bool = np.asarray(spec.paid)

    @once
    def by_the_hour(self) -> bool:
        """Whether an hour of a team does not always cost the same; not asked where a search makes its own shifts."""
        spec, plan = self.spec, self.plan
        return bool(spec.premiums) or bool((spec.shift_cost != spec.cost_per_hour[plan.team[plan.shift_agent]]).any())

    def cells(self, rows: int) -> F64:
        """Sums by cell, all 0."""
        return np.zeros((rows, self.intervals * self.queues))

    def by_queue(self, figures: F64) -> F64:
        """By cell as (row, interval, queue)."""
        return figures.reshape(-1, self.intervals, self.queues)

    def area(self, groups: int) -> I64:
        """What the scans make areas of, (3, interval, group); its first row is the area in the end."""
        return np.zeros((3, self.intervals, groups), np.int64)


class _Contacts(NamedTuple):
    sums: F64
    open_area: F64
    waits: I64
    """of the entered, by time, queue and how each ended, and below those on the clock of the targets"""
    open_waits: I64
    undecided: Bool
    served: Bool
    """by root: a contact of its chain was resolved, contained or deflected"""


class _Turns(NamedTuple):
    sums: F64
    focused: F64
    oldest: I64
    waits: I64
    pending: tuple[I64, I64]
    interruptions: I64


class _Stretches(NamedTuple):
    sums: F64
    unassigned: F64
    sessions: F64
    waits: tuple[I64, I64]
    keys: tuple[I64, I64]


class Derived:
    """What follows from tables of a replication, whether these are there or only symbols (formulas.py)."""

    frame: Frame
    contacts: Any

    @once
    def service_level(self) -> tuple[Any, Any]:
        """Numerator and denominator by each queue's formula, (interval, queue)."""
        of = self.contacts
        answered = of[sums.ANSWERED]
        given_up = of[sums.ENTERED] - answered - of[sums.FIRST_UNDECIDED]
        counts = (answered, of[sums.IN_TIME], given_up, of[sums.GONE_IN_TIME], of[sums.GONE_AT_ONCE])
        numerator, denominator = (_weighted(counts, weights) for weights in self.frame.service_level)
        return numerator, denominator


def _weighted(counts: tuple[Any, ...], weights: F64) -> Any:
    """Sum of the counts, each with its weight : float64[count, queue]."""
    some = [(count, weight) for count, weight in zip(counts, weights, strict=True) if weight.any()]
    first, *more = (count if (weight == 1).all() else count * weight for count, weight in some)
    return sum(more, first)


class Facts(Derived):
    """A replication as its metrics see it; everything is computed once, when first asked for."""

    def __init__(self, workload: Workload, plan: Plan, spec: MetricSpec, log: Log, frame: Frame | None = None) -> None:
        self.workload = workload._replace(queue=log.queue)  # counted where it has joined (6.23)
        self.plan, self.spec, self.log = plan, spec, log
        self.frame = frame or Frame(plan, spec)
        self.queues, self.teams, self.intervals = self.frame.queues, self.frame.teams, self.frame.intervals
        self.edges, self.window = self.frame.edges, self.frame.window

    # ── contacts ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @once
    def cell(self) -> I32:
        """By contact: interval × queues + queue, by arrival; -1 if it is not counted."""
        cell = np.empty(len(self.log.arrival), np.int32)
        scans().cells(self.log.arrival, self.workload.queue, self.queues, *self.frame.bounds, cell)
        return cell

    @property
    def contacts(self) -> F64:
        """Sums by contact, (row, interval, queue); the rows are those of metrics/sums.py."""
        return self._contacts.sums

    @once
    def _contacts(self) -> _Contacts:
        frame, log, work = self.frame, self.log, self.workload
        by_cell, area, rows = frame.cells(sums.OF_CONTACTS), frame.area(self.queues), len(log.outcome)
        waits, open_waits = np.empty(rows, np.int64), np.empty(rows, np.int64)
        undecided, served = np.zeros((2, rows), np.bool_)
        entered = scans().contacts(
            log.outcome, log.arrival, log.first_turn, log.messages, log.left, log.closed, log.called_back,
            log.message, log.start, log.turns, work.closing, self.cell, work.queue, work.link, work.root, work.outbound,
            work.reopen_child, work.bounce_child, work.reason, frame.effort, frame.value, frame.limits, *frame.clock,
            *frame.bounds, served, by_cell, area, waits, open_waits, undecided,
        )  # fmt: skip
        return _Contacts(
            frame.by_queue(by_cell), area[0] / SECOND, waits[:entered], open_waits[:entered], undecided, served
        )

    @once
    def value_lost_by_wait(self) -> F64:
        """Of the value of customers who were served, in money, (interval, queue)."""
        cells = self.intervals * self.queues
        lost = lost_by_wait(self.workload, self.log, self.spec, self.cell, self._contacts.served, cells)
        return lost.reshape(self.intervals, self.queues)

    @once
    def wait_quantiles(self) -> F64:
        """Waits of the entered in seconds: 50th, 80th, 90th and 95th percentile, and the longest."""
        return self._quantiles(self._waits, 50, 80, 90, 95, 100, more=ranks().OF_END)

    @once
    def business_wait_quantiles(self) -> F64:
        """Waits of the entered on the clock of the targets in seconds: 90th percentile."""
        return self._quantiles(self._open_waits, 90, more=ranks().OF_END)

    @once
    def _waits(self) -> I64:
        """First waits, sorted, with how each ended."""
        return _sorted(self._contacts.waits)

    @once
    def _open_waits(self) -> I64:
        """The same on the clock of the targets."""
        return _sorted(self._contacts.open_waits)

    @once
    def patient_waits(self) -> F64:
        """Of customers who would never give up: mean wait in seconds, and share within the time of the service level on
        the clock of the targets, (2, queue and the total last), NaN without data."""
        mean, level = self._patient(self._waits)
        business = self.spec.business_clock
        if business.any():
            level[:-1][business] = self._patient(self._open_waits)[1, :-1][business]
        return np.stack([mean / SECOND, level])

    def _patient(self, waits: I64) -> F64:
        figures = np.full((2, self.queues + 1), np.nan)
        left, since = np.zeros((2, self.queues), np.int64)
        ranks().patient(waits, self.frame.limits[0], left, np.ones(self.queues), since, *figures)
        return figures

    @once
    def reply_wait_quantiles(self) -> F64:
        """Waits for later replies of the counted in seconds: 90th percentile."""
        return self._quantiles(_sorted(self._turns.waits), 90)

    def _quantiles(self, times: I64, *percents: int, more: int = 0) -> F64:
        """Quantiles in seconds, (percent, queue and total last), NaN without data; `times` are sorted.

        The smallest time that at least so many per cent did not exceed: it is within a target exactly if the share of
        the times that are is as great.
        """
        values = np.full((len(percents), self.queues + 1), np.nan)
        ranks().quantiles(times, more, np.array(percents), *np.zeros((3, self.queues + 1), np.int64), values)
        return values

    @property
    def open_area(self) -> F64:
        """Contacts from arrival to `closed`, seconds, (interval, queue)."""
        return self._contacts.open_area

    # ── turns: a row for each message that came ──────────────────────────────────────────────────────────────────────

    @property
    def turns(self) -> F64:
        """Sums by turn, (row, interval, queue); the rows are those of metrics/sums.py."""
        return self._turns.sums

    @once
    def _shared(self) -> SharedWork | None:
        """What agents did in shared attention, if any queue has it."""
        if not self.frame.shared.any():
            return None
        return SharedWork.of(self.workload, self.plan, self.log, self.frame.shared)

    @once
    def _turns(self) -> _Turns:
        frame, log, work, shared = self.frame, self.log, self.workload, self._shared
        by_cell, area = frame.cells(sums.OF_TURNS), frame.area(self.teams * self.queues)
        rows = int(log.messages.sum())
        oldest = np.zeros(self.queues, np.int64)
        waits, pending, ends = np.empty(rows, np.int64), np.empty(rows, np.int64), np.empty(rows, np.int64)
        later, spans = scans().turns(
            log.outcome, log.first_turn, log.messages, log.turns, work.closing, log.left, log.closed,
            log.message, log.start, log.reply, log.agent, log.reread, self.cell,
            work.queue, work.outbound, np.empty(0) if shared is None else shared.by_slot(len(log.start)), frame.shared,
            self.plan.team, frame.reply_limit, *frame.clock, *frame.bounds,
            by_cell, area, oldest, waits, pending, ends, self._contacts.undecided,
        )  # fmt: skip
        focused: NDArray[Any] = area[0]
        interruptions = np.zeros((self.intervals, self.teams), np.int64)
        if len(log.suspended_contact):
            focused = focused - self._suspended(by_cell, interruptions)
        if shared is not None:
            focused = focused + shared.area(self.edges, focused.shape[1])
        return _Turns(
            frame.by_queue(by_cell), self._by_team(focused), oldest, waits[:later],
            (pending[:spans], ends[:spans]), interruptions,
        )  # fmt: skip

    def _suspended(self, by_cell: F64, interruptions: I64) -> I64:
        """Area of suspended work (interval, team × queues + queue), taken off the sums by turn; adds interruptions."""
        log, area = self.log, self.frame.area(self.teams * self.queues)
        scans().suspensions(
            log.suspended_contact, log.suspended_agent, log.suspended_start, log.suspended_end,
            log.outcome, log.first_turn, log.messages, log.start, self.cell, self.workload.queue, self.plan.team,
            *self.frame.bounds, by_cell, area, interruptions,
        )  # fmt: skip
        return np.asarray(area[0])

    def _by_team(self, area: NDArray[Any]) -> F64:
        """µs by (interval, team × queues + queue) in seconds, (interval, team, queue)."""
        return np.asarray((area / SECOND).reshape(self.intervals, self.teams, self.queues))

    @property
    def focused(self) -> F64:
        """Focused work: turns with their re-reading, and wrap-ups, seconds, (interval, team, queue).

        Shared attention counts once in an agent's time, divided evenly among the sessions in work at each moment.
        """
        return self._turns.focused

    @once
    def work_of_queues(self) -> F64:
        """Focused work, seconds, (interval, queue)."""
        return np.asarray(self.focused.sum(axis=1))

    @once
    def work_of_teams(self) -> F64:
        """Focused work, seconds, (interval, team)."""
        return np.asarray(self.focused.sum(axis=2))

    @property
    def oldest(self) -> I64:
        """Greatest age of a customer's message not yet in work, µs, (queue,)."""
        return self._turns.oldest

    @once
    def backlog_peaks(self) -> F64:
        """Most customers' messages not yet in work at once, (interval, queue + 1)."""
        return self._peaks(*self._turns.pending)

    def _peaks(self, starts: I64, ends: I64) -> F64:
        """Most spans (time, queue) at once, (interval, queue + 1)."""
        most = np.zeros((self.intervals, self.queues + 1), np.int64)
        at_once = np.zeros(self.queues + 1, np.int64)
        ranks().peaks(_sorted(starts), _sorted(ends), self.queues, self.edges, at_once, most)
        return most.astype(np.float64)

    # ── stretches: waits for an agent and the sessions after them ────────────────────────────────────────────────────

    @property
    def sessions(self) -> F64:
        """Sums by contact that had a session, (row, interval, queue); the rows are those of metrics/sums.py."""
        return self._stretches.sums

    @once
    def _stretches(self) -> _Stretches:
        frame, log, plan = self.frame, self.log, self.plan
        rows = len(log.stretch_contact)
        first = np.searchsorted(plan.shift_agent[log.presence_shift], np.arange(len(plan.team) + 1))
        waits, ends = np.empty(rows, np.int64), np.empty(rows, np.int64)
        room = 0 if self.frame.alone else rows
        while True:
            by_cell = frame.cells(sums.OF_SESSIONS)
            waiting, held = frame.area(self.queues), frame.area(self.teams * self.queues)
            keys, key_ends = np.empty(room, np.int64), np.empty(room, np.int64)
            waited, pieces = scans().stretches(
                log.stretch_contact, log.stretch_agent, log.stretch_since, log.stretch_start, log.stretch_end,
                self.cell, self.workload.queue, plan.team, first,
                log.presence_start, log.presence_end, *frame.bounds,
                first.copy(), by_cell, waiting, held, waits, ends, keys, key_ends, frame.span,
            )  # fmt: skip
            if self.frame.alone or pieces <= room:
                break
            room = pieces
        return _Stretches(
            frame.by_queue(by_cell), waiting[0] / SECOND, self._by_team(held[0]), (waits[:waited], ends[:waited]),
            (keys[:pieces], key_ends[:pieces]),
        )  # fmt: skip

    @property
    def unassigned_area(self) -> F64:
        """Contacts waiting unassigned, seconds, (interval, queue)."""
        return self._stretches.unassigned

    @once
    def unassigned_peaks(self) -> F64:
        """Most contacts waiting unassigned at once, (interval, queue + 1)."""
        return self._peaks(*self._stretches.waits)

    @property
    def session_time(self) -> F64:
        """Sessions held while their agent is present, seconds, (interval, team, queue)."""
        return self._stretches.sessions

    @once
    def session_time_of_teams(self) -> F64:
        """The same by team, (interval, team)."""
        return np.asarray(self.session_time.sum(axis=2))

    @property
    def capacity_held(self) -> F64:
        """The same in units of capacity, (interval, team)."""
        return np.asarray((self.session_time * self.plan.units).sum(axis=2))

    @once
    def _at_once(self) -> tuple[F64, I64]:
        """Time with at least 1, 2 and 3 sessions, seconds, (3, interval, team); the most of an agent, (team,)."""
        if self.frame.alone:
            time = self.session_time_of_teams
            at_least = np.zeros((3, *time.shape))
            at_least[0] = time
            return at_least, np.asarray(time.any(axis=0), np.int64)
        starts, ends = map(_sorted, self._stretches.keys)
        area = self.frame.area(3 * self.teams)
        most = np.zeros(self.teams, np.int64)
        scans().sessions(
            starts, ends, self.frame.span, self.plan.team, *self.frame.bounds, np.zeros(3, np.int64), area, most
        )
        return (area[0] / SECOND).reshape(self.intervals, 3, self.teams).swapaxes(0, 1), most

    @property
    def concurrent(self) -> F64:
        """Time with at least 1, 2 and 3 sessions, seconds, (3, interval, team)."""
        return self._at_once[0]

    @property
    def most_sessions(self) -> I64:
        """The most sessions that one agent held at once, (team,)."""
        return self._at_once[1]

    # ── agents' time, seconds, booked to the interval in which it happened ───────────────────────────────────────────

    @once
    def presence(self) -> F64:
        """Time present and paid, (row, interval, team); the rows are those of metrics/sums.py."""
        log, plan = self.log, self.plan
        area = self.frame.area(sums.OF_PRESENCE * self.teams)
        scans().presences(
            log.presence_shift, log.presence_start, log.presence_end, plan.shift_agent, plan.shift_start,
            plan.shift_end, self.frame.paid, plan.team, *self.frame.bounds, area,
        )  # fmt: skip
        return np.asarray((area[0] / SECOND).reshape(self.intervals, sums.OF_PRESENCE, self.teams).swapaxes(0, 1))

    @once
    def team_cost(self) -> F64:
        """(interval, team)"""
        if self.frame.by_the_hour:
            return pay.cost(self.plan, self.spec, self.log, self.edges)
        extra = self.presence[sums.OVERTIME] * (self.spec.overtime_factor - 1)
        return np.asarray((self.presence[sums.PAID] + extra) / 3600 * self.spec.cost_per_hour)

    @once
    def overtime_cost(self) -> F64:
        """(interval, team)"""
        if self.frame.by_the_hour:
            return pay.overtime(self.plan, self.spec, self.log, self.edges)
        over = self.presence[sums.OVERTIME] * self.spec.overtime_factor
        return np.asarray(over / 3600 * self.spec.cost_per_hour)

    @property
    def interruptions(self) -> I64:
        """(interval, team)"""
        return self._turns.interruptions

    # ── money ────────────────────────────────────────────────────────────────────────────────────────────────────────

    @once
    def cost(self) -> F64:
        """Each team's cost by the focused work it did for each queue, and the fees of entered and begun; (queue,).

        A team that did no work at all is split evenly over the queues for which it has the skill.
        """
        work = self.focused.sum(axis=0)
        basis = np.where(work.sum(axis=1, keepdims=True) > 0, work, self.frame.skilled)
        share = basis / np.maximum(basis.sum(axis=1, keepdims=True), TINY)
        cost = self.team_cost.sum(axis=0) @ share
        if self.frame.fee.any():
            conversations = self.contacts[sums.ENTERED] + self.contacts[sums.BEGUN] - self.contacts[sums.ANSWERED]
            cost += conversations.sum(axis=0) * self.frame.fee
        return np.asarray(cost + self.bot_cost)

    @once
    def bot_cost(self) -> F64:
        """(queue,)"""
        talks, minutes, _ = self.with_bot.sum(axis=1)
        return np.asarray(talks * self.spec.bot_cost + minutes * self.spec.bot_cost_per_minute)

    @once
    def with_bot(self) -> F64:
        """Conversations with the bot, minutes of them, and µs that customers waited for them, (3, interval, queue)."""
        work, log, plan = self.workload, self.log, self.plan
        if not (work.bot_time >= 0).any():
            return np.zeros((3, self.intervals, self.queues))
        rows = np.flatnonzero(
            (self.cell >= 0) & (work.bot_time >= 0) & (work.link != Link.TRANSFER) & ~work.outbound & ~work.deflected
        )
        rows = rows[log.arrival[rows] >= 0]  # the backlog has the bot behind it
        came, queue = log.arrival[rows], work.queue[rows]
        talks = self._within(plan.bot_offset, plan.bot_opens, plan.bot_closes, queue, came) & ~work.asks_human[rows]
        shut = ~self._within(plan.hours_offset, plan.opens, plan.closes, queue, came)
        talks |= (plan.outside[queue] == Outside.BOT) & shut
        mine, cells = rows[talks], self.intervals * self.queues
        minutes = work.bot_time[mine] / (60 * SECOND)
        # the conversation ended with the first message to people or without any; one under way lasts to the drain's end
        ended = np.where(log.messages[mine] > 0, log.message[np.maximum(log.first_turn[mine], 0)], log.left[mine])
        waited = np.maximum(ended - log.arrival[mine] - work.bot_time[mine], 0)
        columns = (None, minutes, waited)
        return self.frame.by_queue(np.stack([np.bincount(self.cell[mine], each, cells) for each in columns]))

    def _within(self, offset: I64, opens: I64, closes: I64, queue: I32, time: I64) -> Bool:
        """Which times lie in their queue's spans."""
        within = np.zeros(len(time), np.bool_)
        for q in range(self.queues):
            mine, spans = queue == q, slice(offset[q], offset[q + 1])
            within[mine] = inside(time[mine], np.stack((opens[spans], closes[spans]), axis=1))
        return within


def thresholds(seconds: Any) -> I64:
    """Thresholds in µs; -1, which no wait keeps, where there is none."""
    return np.asarray(np.rint(np.nan_to_num(np.asarray(seconds), nan=-1 / SECOND) * SECOND), np.int64)


def _sorted(values: I64) -> I64:
    """In ascending order; `values` are used up."""
    spare, counts = np.empty_like(values), np.empty(ranks().MASK + 1, np.int64)
    in_spare: bool = ranks().sort(values, spare, counts)
    return spare if in_spare else values
