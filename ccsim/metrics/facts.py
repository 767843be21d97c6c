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
from ccsim.metrics import pay, sums, talks
from ccsim.metrics.attention import SharedWork
from ccsim.metrics.worth import lost_by_wait
from ccsim.once import once
from ccsim.tables import F64, I32, I64, SECOND, Bool, Log, MetricSpec, Outside, Plan, Workload

Formula = Callable[[Any, Any, Any, Any, Any], tuple[Any, Any]]

TINY: Final = np.finfo(np.float64).tiny

PERCENTS: Final = (50, 80, 90, 95)

PERCENTS_AND_ALL: Final[I64] = np.array([*PERCENTS, 100])

NINETY: Final[I64] = np.array([90])

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
    own = [Path(__file__).with_name(file) for file in ("scan.py", "ranks.py", "indices.py")]
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
        self.fees = bool(np.nan_to_num(spec.fee).any())
        self.value, self.fee, self.sl_share = map(np.nan_to_num, (spec.reason_value, spec.fee, spec.sl_share))
        """0 where it does not apply."""
        self.service_level: F64 = _weights(spec.sl_formula)
        """How often the formulas of the service level count what they may, (2, count, queue)."""
        self.by_open_hours = bool(np.any(spec.business_clock))
        """Some queue's targets are measured only while it is open."""
        self.clock = (np.array(spec.business_clock), plan.hours_offset, plan.opens, plan.closes)
        self.bounds = (self.edges, spec.interval)
        self.shared: Bool = np.diff(plan.shared_offset) > 0
        """Queues in which agents work on several turns at once."""
        self.time_bits = plan.drain_end.bit_length()
        """Bits of any time that is counted."""
        self.skilled: F64 = (plan.rank >= 0).astype(np.float64)
        self.units: F64 = plan.units.astype(np.float64)
        self.most_sessions = plan.capacity // max(1, int(plan.units[plan.units > 0].min(initial=plan.capacity)))
        """That an agent can hold at once."""
        self.ones: F64 = np.ones_like(self.units)
        self.alone = bool(plan.one_to_one.all())
        """Nobody can hold two sessions."""
        self.paid: Bool = np.asarray(spec.paid)
        self.bots = bool(plan.bot_offset[-1] > 0 or (plan.outside == Outside.BOT).any())
        self.no_bots: F64 = np.zeros((3, self.intervals, self.queues))

    @once
    def by_the_hour(self) -> bool:
        """Whether an hour of a team does not always cost the same; not asked where a search makes its own shifts."""
        spec, plan = self.spec, self.plan
        return bool(spec.premiums) or bool((spec.shift_cost != spec.cost_per_hour[plan.team[plan.shift_agent]]).any())

    def cells(self, rows: int) -> F64:
        """Sums by cell, all 0."""
        return np.zeros((rows, self.intervals * self.queues))

    def keys(self, rows: int) -> I64:
        """Counts of first waits by queue and how they ended, all 0."""
        return np.zeros((rows, self.queues << ranks().OF_END), np.int64)

    def by_queue(self, figures: F64) -> F64:
        """By cell as (row, interval, queue)."""
        return figures.reshape(-1, self.intervals, self.queues)

    def area(self, groups: int) -> I64:
        """What the scans make areas of, (3, interval, group); its first row is the area in the end."""
        return np.zeros((3, self.intervals, groups), np.int64)

    def seconds(self, tables: int, columns: int) -> F64:
        """Room for areas in seconds, (table, interval, column)."""
        return np.empty((tables, self.intervals, columns))


class _Contacts(NamedTuple):
    sums: F64
    open_area: F64
    waits: tuple[I64, I64, I64]
    """of the entered: those who waited, by time, queue and how each ended; how many by the latter two; of 0"""
    open_waits: tuple[I64, I64, I64]
    """the same on the clock of the targets"""
    undecided: Bool
    served: Bool
    """by root: a contact of its chain was resolved, contained or deflected"""


class _Turns(NamedTuple):
    sums: F64
    focused: F64
    oldest: I64
    waits: tuple[I64, I64]
    """and how many, by queue"""
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
    spec: MetricSpec
    contacts: Any
    presence: Any

    @once
    def service_level(self) -> tuple[Any, Any]:
        """Numerator and denominator by each queue's formula, (interval, queue)."""
        of = self.contacts
        answered = of[sums.ANSWERED]
        given_up = of[sums.ENTERED] - answered - of[sums.FIRST_UNDECIDED]
        counts = (answered, of[sums.IN_TIME], given_up, of[sums.GONE_IN_TIME], of[sums.GONE_AT_ONCE])
        numerator, denominator = (_weighted(counts, weights) for weights in self.frame.service_level)
        return numerator, denominator

    @once
    def overtime_cost(self) -> Any:
        """Of teams, (interval, team), where all hours cost the same."""
        return self.presence[sums.OVERTIME] * self.spec.overtime_factor / 3600 * self.spec.cost_per_hour


def _weighted(counts: tuple[Any, ...], weights: F64) -> Any:
    """Sum of the counts, each with its weight : float64[count, queue]."""
    some = [(count, weight) for count, weight in zip(counts, weights, strict=True) if weight.any()]
    first, *more = (count if (weight == 1).all() else count * weight for count, weight in some)
    return sum(more, first)


class Facts(Derived):
    """A replication as its metrics see it; everything is computed once, when first asked for."""

    def __init__(self, workload: Workload, plan: Plan, spec: MetricSpec, log: Log, frame: Frame | None = None) -> None:
        self.workload = workload
        if log.queue is not workload.queue:
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
        by_cell, rows = frame.cells(sums.OF_CONTACTS), len(log.outcome)
        open_area = frame.seconds(1, self.queues)
        waits = np.empty(rows, np.int64)
        open_waits = np.empty(rows if frame.by_open_hours else 0, np.int64)
        entered, at_once, at_once_open = frame.keys(3)
        undecided, served = np.zeros((2, rows), np.bool_)
        waited, waited_open = scans().contacts(
            log.outcome, log.arrival, log.first_turn, log.messages, log.left, log.closed, log.called_back,
            log.message, log.start, log.turns, work.closing, self.cell, work.queue, work.link, work.root, work.outbound,
            work.reopen_child, work.bounce_child, work.reason, frame.effort, frame.value, frame.limits, *frame.clock,
            *frame.bounds, served, by_cell, frame.area(self.queues), open_area, waits, open_waits, entered,
            at_once, at_once_open, undecided,
        )  # fmt: skip
        return _Contacts(
            frame.by_queue(by_cell), open_area[0], (waits[:waited], entered, at_once),
            (open_waits[:waited_open], entered, at_once_open), undecided, served,
        )  # fmt: skip

    @once
    def value_lost_by_wait(self) -> F64:
        """Of the value of customers who were served, in money, (interval, queue)."""
        cells = self.intervals * self.queues
        lost = lost_by_wait(self.workload, self.log, self.spec, self.cell, self._contacts.served, cells)
        return lost.reshape(self.intervals, self.queues)

    @once
    def wait_quantiles(self) -> F64:
        """Waits of the entered in seconds: 50th, 80th, 90th and 95th percentile, and the longest."""
        return self._quantiles(self._waits, PERCENTS_AND_ALL, ranks().OF_END)

    @once
    def business_wait_quantiles(self) -> F64:
        """Waits of the entered on the clock of the targets in seconds: 90th percentile."""
        return self._quantiles(self._open_waits, NINETY, ranks().OF_END)

    @once
    def _waits(self) -> tuple[I64, I64, I64]:
        """First waits, sorted, with how each ended."""
        waits, entered, zeros = self._contacts.waits
        return _sorted(waits), entered, zeros

    @once
    def _open_waits(self) -> tuple[I64, I64, I64]:
        """The same on the clock of the targets."""
        if not self.frame.by_open_hours:
            return self._waits
        waits, entered, zeros = self._contacts.open_waits
        return _sorted(waits), entered, zeros

    @once
    def patient_waits(self) -> F64:
        """Of customers who would never give up: mean wait in seconds, and share within the time of the service level on
        the clock of the targets, (2, queue and the total last), NaN without data."""
        figures = self._patient(self._waits)
        if self.frame.by_open_hours:
            business = self.spec.business_clock
            figures[1, :-1][business] = self._patient(self._open_waits)[1, :-1][business]
        return figures

    def _patient(self, waits: tuple[I64, I64, I64]) -> F64:
        figures = np.full((2, self.queues + 1), np.nan)
        left, since = np.zeros((2, self.queues), np.int64)
        ranks().patient(*waits, self.frame.limits[0], left, np.ones(self.queues), since, *figures)
        figures[0] /= SECOND
        return figures

    @once
    def reply_wait_quantiles(self) -> F64:
        """Waits for later replies of the counted in seconds: 90th percentile."""
        waits, count = self._turns.waits
        return self._quantiles((_sorted(waits), count, np.zeros_like(count)), NINETY, 0)

    def _quantiles(self, times: tuple[I64, I64, I64], percents: I64, more: int) -> F64:
        """Quantiles in seconds, (percent, queue and total last), NaN without data; `times` are sorted.

        The smallest time that at least so many per cent did not exceed: it is within a target exactly if the share of
        the times that are is as great.
        """
        values = np.full((len(percents), self.queues + 1), np.nan)
        ranks().quantiles(*times, more, percents, np.zeros((4, self.queues), np.int64), values)
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
        oldest = np.zeros(self.queues + 1, np.int64)
        waits, pending, ends = np.empty(rows, np.int64), np.empty(rows, np.int64), np.empty(rows, np.int64)
        waited = np.zeros(self.queues, np.int64)
        later, spans = scans().turns(
            log.outcome, log.first_turn, log.messages, log.turns, work.closing, log.left, log.closed,
            log.message, log.start, log.reply, log.agent, log.reread, self.cell,
            work.queue, work.outbound, np.empty(0) if shared is None else shared.by_slot(len(log.start)), frame.shared,
            self.plan.team, frame.reply_limit, *frame.clock, *frame.bounds,
            by_cell, area, oldest, waits, waited, pending, ends, self._contacts.undecided,
        )  # fmt: skip
        focused: NDArray[Any] = area[0]
        interruptions = np.zeros((self.intervals, self.teams), np.int64)
        if len(log.suspended_contact):
            focused = focused - self._suspended(by_cell, interruptions)
        if shared is not None:
            focused = focused + shared.area(self.edges, focused.shape[1])
        return _Turns(
            frame.by_queue(by_cell), self._by_team(focused), oldest, (waits[:later], waited),
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
        return self._over_queues(self.focused, self.frame.ones)

    @property
    def oldest(self) -> I64:
        """Greatest age of a customer's message not yet in work, µs, (queue,)."""
        return self._turns.oldest[:-1]

    @property
    def oldest_of_all(self) -> I64:
        """The same, and that of all queues last."""
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
        # a session is cut wherever a presence ends
        room = 0 if frame.alone else rows + frame.most_sessions * len(log.presence_shift)
        while True:
            by_cell = frame.cells(sums.OF_SESSIONS)
            unassigned, held = frame.seconds(1, self.queues), frame.seconds(1, self.teams * self.queues)
            keys, key_ends = np.empty(room, np.int64), np.empty(room, np.int64)
            waited, pieces = scans().stretches(
                log.stretch_contact, log.stretch_agent, log.stretch_since, log.stretch_start, log.stretch_end,
                self.cell, self.workload.queue, plan.team, first,
                log.presence_start, log.presence_end, *frame.bounds,
                first.copy(), by_cell, frame.area(self.queues), frame.area(self.teams * self.queues), unassigned, held,
                waits, ends, keys, key_ends, frame.time_bits,
            )  # fmt: skip
            if frame.alone or pieces <= room:
                break
            room = pieces  # more than that, as the log begins with a real centre's sessions
        return _Stretches(
            frame.by_queue(by_cell), unassigned[0], held.reshape(self.intervals, self.teams, self.queues),
            (waits[:waited], ends[:waited]),
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
        return self._over_queues(self.session_time, self.frame.ones)

    @property
    def capacity_held(self) -> F64:
        """The same in units of capacity, (interval, team)."""
        return self._over_queues(self.session_time, self.frame.units)

    def _over_queues(self, work: F64, weights: F64) -> F64:
        """Sums over queues, (interval, team)."""
        of_teams = np.empty(work.shape[:2])
        scans().over_queues(work, weights, of_teams)
        return of_teams

    @once
    def _at_once(self) -> tuple[F64, I64]:
        """Time with at least 1, 2 and 3 sessions, seconds, (3, interval, team); most of an agent, (team and of all)."""
        frame = self.frame
        most, at_least = np.zeros(self.teams + 1, np.int64), frame.seconds(3, self.teams)
        if frame.alone:
            at_least[0], at_least[1:] = self.session_time_of_teams, 0.0
            most[:-1] = at_least[0].any(axis=0)
            most[-1] = most.any()
            return at_least, most
        starts, ends = map(_sorted, self._stretches.keys)
        scans().sessions(
            starts, ends, frame.time_bits, self.plan.team, *frame.bounds, np.zeros(3, np.int64),
            frame.area(3 * self.teams), at_least, most,
        )  # fmt: skip
        return at_least, most

    @property
    def concurrent(self) -> F64:
        """Time with at least 1, 2 and 3 sessions, seconds, (3, interval, team)."""
        return self._at_once[0]

    @property
    def most_sessions(self) -> I64:
        """The most sessions that one agent held at once, (team,)."""
        return self._at_once[1][:-1]

    @property
    def most_sessions_of_all(self) -> I64:
        """The same, and that of all teams last."""
        return self._at_once[1]

    # ── agents' time, seconds, booked to the interval in which it happened ───────────────────────────────────────────

    @once
    def presence(self) -> F64:
        """Time present and paid, (row, interval, team); the rows are those of metrics/sums.py."""
        log, plan, frame = self.log, self.plan, self.frame
        presence = frame.seconds(sums.OF_PRESENCE, self.teams)
        scans().presences(
            log.presence_shift, log.presence_start, log.presence_end, plan.shift_agent, plan.shift_start,
            plan.shift_end, frame.paid, plan.team, *frame.bounds, frame.area(sums.OF_PRESENCE * self.teams), presence,
        )  # fmt: skip
        return presence

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
        return np.asarray(super().overtime_cost)

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
        if self.frame.fees:
            conversations = self.contacts[sums.ENTERED] + self.contacts[sums.BEGUN] - self.contacts[sums.ANSWERED]
            cost += conversations.sum(axis=0) * self.frame.fee
        return np.asarray(cost + self.bot_cost if self.frame.bots else cost)

    @once
    def bot_cost(self) -> F64:
        """(queue,)"""
        talks, minutes, _ = self.with_bot.sum(axis=1)
        return np.asarray(talks * self.spec.bot_cost + minutes * self.spec.bot_cost_per_minute)

    @once
    def with_bot(self) -> F64:
        """Conversations with the bot, minutes of them, and µs that customers waited for them, (3, interval, queue)."""
        if not self.frame.bots:
            return self.frame.no_bots
        sums_of_bot = talks.with_bot(self.workload, self.plan, self.log, self.cell, self.intervals * self.queues)
        return self.frame.by_queue(sums_of_bot)


def thresholds(seconds: Any) -> I64:
    """Thresholds in µs; -1, which no wait keeps, where there is none."""
    return np.asarray(np.rint(np.nan_to_num(np.asarray(seconds), nan=-1 / SECOND) * SECOND), np.int64)


def _sorted(values: I64) -> I64:
    """In ascending order; `values` are used up."""
    spare, counts = np.empty(len(values), np.int64), np.empty(ranks().DIGITS, np.int64)
    in_spare: bool = ranks().sort(values, spare, counts)
    return spare if in_spare else values
