"""Names become integers here alone: a scenario as the engines (`Plan`) and the metrics (`MetricSpec`) see it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from ccsim.distributions.calendar import DAY, Calendar
from ccsim.routing import (
    AGENT_POLICIES,
    CONTACT_POLICIES,
    MESSAGE_POLICIES,
    AgentColumn,
    ContactColumn,
    MessageColumn,
    columns_of,
)
from ccsim.scenario.leave import leave_of
from ccsim.scenario.pauses import cycle_of, pauses_of
from ccsim.tables import I64, NEVER, SECOND, Bool, MetricSpec, Outside, Plan

if TYPE_CHECKING:
    from ccsim.scenario.model import Scenario
    from ccsim.scenario.queues import Queue
    from ccsim.scenario.shifts import Pattern, Roster, Shift, WorkingHours
    from ccsim.scenario.teams import Team
    from ccsim.scenario.values import ByDay, Span

Stretch = tuple[int, int]
"""Start and end in microseconds, half-open."""

NO_SPANS: Final = np.empty((0, 2), dtype=np.int64)


def lower(scenario: Scenario) -> tuple[Plan, MetricSpec]:
    """The plan of a scenario, and what its metrics need besides.

    Queue, team and agent ids follow the order of the file. Weekly hours and shifts go on through the drain and have
    gone on before the start; what a roster file does not name is not there. Raises nothing for a checked scenario.
    """
    horizon = Horizon.of(scenario)
    rows = rosters(scenario)
    return _plan(scenario, horizon, rows), _spec(scenario, horizon, rows)


class Horizon(NamedTuple):
    """The scenario's days on the engine's clock, in microseconds."""

    calendar: Calendar
    midnights: I64
    """int64[days + 1]: starts of the days, and the end"""
    end: int
    drain_end: int

    @classmethod
    def of(cls, scenario: Scenario) -> Horizon:
        midnights = scenario.calendar.midnights(scenario.days)
        end = int(midnights[-1])
        return cls(scenario.calendar, midnights, end, end + scenario.drain_time)

    def week(self) -> range:
        """Days from the one before the start to the one after the drain: what lies over an edge is cut there."""
        return range(-1, len(self.midnights) + 1 + -(-(self.drain_end - self.end) // DAY))

    def stretch(self, day: int, span: Span) -> Stretch:
        """A day's wall times as microseconds."""
        return self.calendar.at(day, span.start), self.calendar.at(day, span.end)


class WorkPeriod(NamedTuple):
    """A stretch of work: `day` is that on which it (or the first of those merged into it) begins."""

    day: int
    start: int
    end: int
    pauses: tuple[Stretch, ...]
    paid: bool
    """whether absence and pauses are paid"""
    wind_down: tuple[Stretch, ...] = ()
    """when no new sessions are taken, for a pause or the end of the shift is near"""
    leave: bool = False
    """nobody comes, as planned"""


@dataclass(frozen=True)
class AgentGroup:
    """Agents of a team who work the same hours; `number` is the group's place in the team."""

    team: str
    number: int
    members: tuple[tuple[WorkPeriod, ...], ...]
    """by agent, what they work: equally many periods, that differ in pauses and leave alone"""
    cost_per_hour: float | None = None
    """None: the team's"""

    @property
    def agents(self) -> int:
        return len(self.members)

    @property
    def periods(self) -> list[WorkPeriod]:
        """Of all its agents, in the order of the plan's shifts."""
        return [period for member in self.members for period in member]


def premiums(scenario: Scenario) -> tuple[tuple[int, int, float], ...]:
    """Stretches in which hours cost more, sorted and disjoint, with their factors; of several the highest counts."""
    horizon = Horizon.of(scenario)
    given = [
        (*horizon.stretch(day, premium.hours), premium.factor)
        for premium in scenario.staffing.premium
        for day in horizon.week()
        if premium.days.on(horizon.calendar.date(day))
    ]
    edges = sorted({time for stretch in given for time in stretch[:2]})
    cut = [
        (one, other, max((factor for start, end, factor in given if start <= one and other <= end), default=1.0))
        for one, other in pairwise(edges)
    ]
    return tuple(piece for piece in cut if piece[2] != 1)


def _rate(scenario: Scenario, row: AgentGroup) -> float:
    return scenario.team[row.team].cost_per_hour if row.cost_per_hour is None else row.cost_per_hour


def rosters(scenario: Scenario) -> list[AgentGroup]:
    """Who works when, in team and shift order; of a roster file one row an agent, in order of first appearance.

    An agent's duties are sorted, within [0, drain_end) and do not touch; their pauses lie inside, sorted, not touching.
    """
    horizon = Horizon.of(scenario)
    rows: list[AgentGroup] = []
    for name, team in scenario.team.items():
        if team.roster is None:
            groups = [group_of(scenario, horizon, name, i, shift, shift.agents) for i, shift in enumerate(team.shifts)]
            rows += _with_leave(groups, team, horizon)
        else:
            rows += _rows_from_file(name, team, team.roster, horizon, scenario.moment)
    return [_with_outages(row, scenario.outages("team", row.team)) for row in rows]


def _with_outages(row: AgentGroup, down: list[Stretch]) -> AgentGroup:
    """The group with a pause while its team's system does not work, which nobody sees coming."""
    if not down:
        return row

    def paused(period: WorkPeriod) -> WorkPeriod:
        pauses = _union((*period.pauses, *down), period.start, period.end)
        free = [period.start, *(edge for pause in pauses for edge in pause), period.end]
        winds_down = [
            (max(start, one), min(end, other))
            for start, end in period.wind_down
            for one, other in zip(free[::2], free[1::2], strict=True)
        ]
        return period._replace(pauses=tuple(pauses), wind_down=tuple(s for s in winds_down if s[0] < s[1]))

    return replace(row, members=tuple(tuple(map(paused, member)) for member in row.members))


def bot_hours(scenario: Scenario, name: str) -> I64:
    """When the queue's bot is on duty, as `spans_of`."""
    bot, horizon = scenario.queue[name].met_by_bot, Horizon.of(scenario)
    if bot is None:
        return NO_SPANS
    spans = [(int(start), int(end)) for start, end in spans_of(bot.hours, horizon)]
    for start, end in scenario.outages("queue", name, "bot"):
        pieces = [piece for one, other in spans for piece in ((one, min(other, start)), (max(one, end), other))]
        spans = [(one, other) for one, other in pieces if one < other]
    return np.array(spans, dtype=np.int64).reshape(-1, 2)


def not_on_leave(rows: Iterable[AgentGroup]) -> Bool:
    """By shift of the plan, whether its agent comes unless absent : bool[shift]."""
    return np.array([not period.leave for row in rows for period in row.periods], dtype=np.bool_)


def group_of(
    scenario: Scenario, horizon: Horizon, name: str, number: int, shift: Shift | Pattern, agents: int
) -> AgentGroup:
    """So many agents of a team on the hours of a shift or shift pattern."""
    cycle = cycle_of(shift)
    before_break = scenario.team[name].before_break if shift.before_break is None else shift.before_break
    different = [_of_agent(shift, number + place, horizon, before_break) for place in range(min(agents, cycle))]
    members = tuple(different[place % cycle] for place in range(agents))
    return AgentGroup(name, number, members, shift.cost_per_hour)


def _with_leave(groups: list[AgentGroup], team: Team, horizon: Horizon) -> list[AgentGroup]:
    """The groups of a team's shifts with their first agents on leave on the days that say so."""
    if not team.leave and not any(shift.leave for shift in team.shifts):
        return groups
    away = {day: leave_of(team, horizon.calendar.date(day)) for day in horizon.week()}

    def of_member(number: int, place: int, period: WorkPeriod) -> WorkPeriod:
        paid, unpaid = away[period.day][number]
        return period._replace(leave=True, paid=place < paid) if place < paid + unpaid else period

    return [
        replace(
            group,
            members=tuple(
                tuple(of_member(number, place, period) for period in member)
                for place, member in enumerate(group.members)
            ),
        )
        for number, group in enumerate(groups)
    ]


def _of_agent(shift: WorkingHours, agent: int, horizon: Horizon, before_break: int) -> tuple[WorkPeriod, ...]:
    """What one agent of a shift works; `agent` is counted as `pauses_of` does."""
    periods: list[WorkPeriod] = []
    for day in horizon.week():
        date = horizon.calendar.date(day)
        if hours := shift.hours_on(date):
            pauses = tuple(horizon.stretch(day, pause) for pause in pauses_of(shift, date, agent))
            periods.append(WorkPeriod(day, *horizon.stretch(day, hours), pauses, shift.paid))
    return _merged(periods, horizon.drain_end, before_break)


def _rows_from_file(
    name: str, team: Team, roster: Roster, horizon: Horizon, moment: Callable[[datetime], int]
) -> list[AgentGroup]:
    periods: dict[str, list[WorkPeriod]] = {agent: [] for agent in roster.agents}
    for shift in roster.shifts:
        day = horizon.calendar.day(shift.start.date())
        pauses = tuple((moment(start), moment(end)) for start, end in shift.breaks)
        periods[shift.agent].append(WorkPeriod(day, moment(shift.start), moment(shift.end), pauses, paid=True))
    return [
        AgentGroup(name, number, (_merged(worked, horizon.drain_end, team.before_break),))
        for number, worked in enumerate(periods.values())
    ]


def _merged(duties: Iterable[WorkPeriod], drain_end: int, before_break: int) -> tuple[WorkPeriod, ...]:
    """Sorted and cut to [0, drain_end), those that touch made one, with the last time before each pause and the end."""
    joined: list[WorkPeriod] = []
    for duty in sorted(duties, key=lambda duty: duty.start):
        if joined and duty.start <= joined[-1].end:
            last = joined.pop()
            joined.append(last._replace(end=max(last.end, duty.end), pauses=last.pauses + duty.pauses))
        elif duty.start < duty.end:
            joined.append(duty)
    cut = ((duty, max(duty.start, 0), min(duty.end, drain_end)) for duty in joined)
    return tuple(
        duty._replace(
            start=start,
            end=end,
            pauses=tuple(_union(duty.pauses, start, end)),
            wind_down=tuple(_union(_wind_down(duty, before_break), start, end)),
        )
        for duty, start, end in cut
        if start < end
    )


def _wind_down(duty: WorkPeriod, length: int) -> Iterator[Stretch]:
    """The last `length` of every stretch of work, all of it if it is shorter."""
    pauses = _union(duty.pauses, duty.start, duty.end)
    edges = [duty.start, *(edge for pause in pauses for edge in pause), duty.end]
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if length > 0:
            yield max(start, end - length), end


def _union(stretches: Iterable[Stretch], start: int, end: int) -> list[Stretch]:
    """Sorted and cut to [start, end), those that touch made one."""
    joined: list[Stretch] = []
    for one, other in sorted((max(one, start), min(other, end)) for one, other in stretches):
        if joined and one <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], other))
        elif one < other:
            joined.append((one, other))
    return joined


def spans_of(hours: ByDay[tuple[Span, ...]], horizon: Horizon) -> I64:
    """Hours by day on the clock : int64[m, 2], sorted, not touching; -NEVER and NEVER beyond the run's edges."""
    days = [(day, span) for day in horizon.week() for span in hours.on(horizon.calendar.date(day))]
    kept = [
        (-NEVER if opens < 0 else opens, NEVER if closes > horizon.drain_end else closes)
        for opens, closes in _union((horizon.stretch(day, span) for day, span in days), -NEVER, NEVER)
        if closes > 0 and opens < horizon.drain_end
    ]
    return np.array(kept, dtype=np.int64).reshape(-1, 2)


def _parked_after(queues: Sequence[Queue]) -> I64:
    """Times after the reply by sessions of the agent : int64[queue, i], rows filled up with their last."""
    rows = [[factor * queue.idle_timeout for factor in queue.idle_timeout_factor] for queue in queues]
    longest = max((len(row) for row in rows), default=1)
    return np.array(
        [
            [NEVER if queue.idle_timeout == NEVER else round(time) for time in row + row[-1:] * (longest - len(row))]
            for queue, row in zip(queues, rows, strict=True)
        ],
        dtype=np.int64,
    )


def _plan(scenario: Scenario, horizon: Horizon, rows: Sequence[AgentGroup]) -> Plan:
    queues = list(scenario.queue.values())
    names = list(scenario.queue)
    teams = list(scenario.team.values())
    routing = scenario.routing
    spans = [spans_of(queue.open, horizon) for queue in queues]
    bots = [bot_hours(scenario, name) for name in names]
    offers = {callback.queue: callback for callback in scenario.callback.values() if callback.accepts > 0}
    longest = max((len(team.slowdown) for team in teams), default=1)

    def by_queue(value: Callable[[Queue], Any], dtype: type) -> Any:
        return np.array([value(queue) for queue in queues], dtype=dtype)

    def grid(value: Callable[[Team, str], Any], otherwise: Any, dtype: type) -> Any:
        cells = [[value(team, name) if name in team.skills else otherwise for name in names] for team in teams]
        return np.array(cells, dtype=dtype).reshape(len(teams), len(names))

    concurrency = grid(lambda team, name: team.concurrency.get(name, 1), 1, np.int64)
    capacity = math.lcm(*concurrency.ravel().tolist())
    agents = [(row.team, member) for row in rows for member in row.members]
    shifts = [period for row in rows for period in row.periods]
    pauses = [(number, *pause) for number, period in enumerate(shifts) for pause in period.pauses]
    most_units, limits = _limits(teams, names, capacity // concurrency, capacity, horizon)
    grows = [*(queue.work_after_wait for queue in queues), *(team.fatigue for team in teams)]
    among = {one for name, queue in scenario.queue.items() if queue.alternatives for one in (name, *queue.alternatives)}
    wind_downs = [(number, *stretch) for number, period in enumerate(shifts) for stretch in period.wind_down]
    return Plan(
        warm_up=scenario.warm_up,
        end=horizon.end,
        drain_end=horizon.drain_end,
        one_to_one=by_queue(lambda queue: queue.kind.one_to_one, np.bool_),
        persistent=by_queue(lambda queue: queue.kind.persistent, np.bool_),
        priority=by_queue(lambda queue: queue.priority, np.int32),
        head_start=by_queue(lambda queue: queue.head_start, np.int64),
        carry_wait=by_queue(lambda queue: queue.carry_wait, np.bool_),
        target_time=by_queue(lambda queue: queue.service_level.time if queue.service_level else NEVER, np.int64),
        max_waiting=by_queue(lambda queue: queue.max_waiting, np.int64),
        idle_timeout=by_queue(lambda queue: queue.idle_timeout, np.int64),
        parked_after=_parked_after(queues),
        expires_after=by_queue(lambda queue: queue.expires_after, np.int64),
        same_agent_for=by_queue(lambda queue: queue.same_agent_for, np.int64),
        over_capacity=by_queue(lambda queue: queue.over_capacity, np.bool_),
        reread_after=by_queue(lambda queue: queue.reread.after, np.int64),
        reread_work=by_queue(lambda queue: queue.reread.work, np.int64),
        reread_per_turn=by_queue(lambda queue: queue.reread.per_turn, np.int64),
        outside=by_queue(lambda queue: Outside[queue.outside_hours.upper()], np.int8),
        drop_at_close=by_queue(lambda queue: queue.at_close == "drop", np.bool_),
        limit=by_queue(lambda queue: queue.limit, np.int32),
        reserved=np.array([name in routing.reserve for name in names], dtype=np.bool_),
        keep_idle=np.array([routing.keep_idle.get(name, 0) for name in names], dtype=np.int64),
        hours_offset=_offsets(spans),
        opens=_columns(spans)[0],
        closes=_columns(spans)[1],
        bot_places=by_queue(lambda queue: (queue.bot and queue.bot.concurrency) or NEVER, np.int64),
        bot_offset=_offsets(bots),
        bot_opens=_columns(bots)[0],
        bot_closes=_columns(bots)[1],
        shared_offset=_offsets([queue.work_by_concurrency for queue in queues]),
        shared_mean=np.array([mean for queue in queues for mean in queue.work_by_concurrency], dtype=np.float64),
        offer_above=np.array([offers[name].offer_above if name in offers else NEVER for name in names], np.int64),
        grows_offset=_offsets(grows),
        grows_after=np.array([step.after for steps in grows for step in steps], dtype=np.int64),
        grows_by=np.array([step.factor for steps in grows for step in steps], dtype=np.float64),
        told_place=by_queue(lambda queue: queue.balking.per_place if queue.balking else 0, np.int64),
        no_answer_time=np.array([offers[name].no_answer_time if name in offers else 0 for name in names], np.int64),
        alternative_offset=_offsets([queue.alternatives for queue in queues]),
        alternative=np.array([names.index(name) for queue in queues for name in queue.alternatives], dtype=np.int32),
        session_time=np.array(
            [queues[q].session_time if name in among else 0 for q, name in enumerate(names)], np.int64
        ),
        capacity=capacity,
        units=capacity // concurrency,
        most_units=most_units,
        limit_time=np.array([time for time, *_ in limits], dtype=np.int64),
        limit_team=np.array([team for _, team, *_ in limits], dtype=np.int32),
        limit_queue=np.array([queue for *_, queue, _ in limits], dtype=np.int32),
        limit_units=np.array([units for *_, units in limits], dtype=np.int64),
        rank=grid(lambda team, name: team.skills[name].rank, -1, np.int32),
        contact_rank=grid(lambda team, name: team.skills[name].among_contacts, -1, np.int32),
        overflow_after=grid(lambda team, name: team.skills[name].after, 0, np.int64),
        longer_than=grid(lambda team, name: team.skills[name].longer_than, -1, np.int64),
        pace=grid(lambda team, name: team.paces.get(name, 1.0), 1.0, np.float64),
        comes_back=grid(lambda team, name: team.comes_back(scenario.queue[name].reopens.share), 1.0, np.float64),
        slowdown=np.array(
            [team.slowdown + team.slowdown[-1:] * (longest - len(team.slowdown)) for team in teams], dtype=np.float64
        ).reshape(len(teams), longest),
        interrupts=np.array(
            [[[r in team.interrupts.get(q, ()) for r in names] for q in names] for team in teams], dtype=np.bool_
        ).reshape(len(teams), len(names), len(names)),
        hand_over=np.array([team.end_of_shift == "hand_over" for team in teams], dtype=np.bool_),
        overrun=np.array([team.overrun for team in teams], dtype=np.int64),
        team=np.array([list(scenario.team).index(name) for name, _ in agents], dtype=np.int32),
        shift_agent=np.repeat(np.arange(len(agents), dtype=np.int32), [len(member) for _, member in agents]),
        shift_start=np.array([duty.start for duty in shifts], dtype=np.int64),
        shift_end=np.array([duty.end for duty in shifts], dtype=np.int64),
        pause_shift=np.array([number for number, _, _ in pauses], dtype=np.int32),
        pause_start=np.array([start for _, start, _ in pauses], dtype=np.int64),
        pause_end=np.array([end for _, _, end in pauses], dtype=np.int64),
        wind_down_shift=np.array([number for number, _, _ in wind_downs], dtype=np.int32),
        wind_down_start=np.array([start for _, start, _ in wind_downs], dtype=np.int64),
        wind_down_end=np.array([end for _, _, end in wind_downs], dtype=np.int64),
        agent_order=np.array(columns_of(routing.agent, AGENT_POLICIES, AgentColumn), dtype=np.int8),
        contact_order=np.array(columns_of(routing.contact, CONTACT_POLICIES, ContactColumn), dtype=np.int8),
        attention_order=np.array(columns_of(routing.attention, MESSAGE_POLICIES, MessageColumn), dtype=np.int8),
    )


def _limits(
    teams: Sequence[Team], names: Sequence[str], units: I64, capacity: int, horizon: Horizon
) -> tuple[I64, list[tuple[int, int, int, int]]]:
    """Units that an agent may hold with a session, by team and queue, at first; and the changes: time, team, queue and
    units, sorted."""
    first = np.full_like(units, capacity)
    changes: list[tuple[int, int, int, int]] = []
    for t, team in enumerate(teams):
        for name, limits in team.limits.items():
            if name not in team.skills:
                continue
            q = names.index(name)
            by_time: dict[int, int] = {}
            for day in horizon.week():
                for hours, sessions in limits.items():
                    start, end = horizon.stretch(day, hours)
                    by_time[start] = int(sessions * units[t, q])
                    by_time.setdefault(end, capacity)
            now = capacity
            for time, most in sorted(by_time.items()):
                if time <= 0:
                    first[t, q] = most
                elif most != now:
                    changes.append((time, t, q, most))
                now = most
    return first, sorted(changes)


def _offsets(rows: Iterable[Sized]) -> I64:
    """Where each row of a ragged table begins, and the end."""
    return np.cumsum([0, *map(len, rows)], dtype=np.int64)


def _columns(spans: Sequence[I64]) -> I64:
    """Starts and ends of all the spans : int64[2, m]."""
    return np.ascontiguousarray(np.concatenate([NO_SPANS, *spans]).T)


def _reason_values(queues: Sequence[Queue]) -> Any:
    most = max((len(queue.reasons) for queue in queues), default=0)
    values = np.repeat(np.array([[queue.value] for queue in queues], dtype=np.float64), most + 1, axis=1)
    for q, queue in enumerate(queues):
        for place, reason in enumerate(queue.reasons.values(), start=1):
            values[q, place] = queue.value if reason.value is None else reason.value
    return values


def _spec(scenario: Scenario, horizon: Horizon, rows: Sequence[AgentGroup]) -> MetricSpec:
    queues = list(scenario.queue.values())

    wanted = [scenario.judged(name) for name in scenario.queue]

    def usual(key: str) -> Any:
        pairs = zip(queues, wanted, strict=True)
        return np.array([getattr(queue, key) != getattr(own, key) for queue, own in pairs], dtype=np.bool_)

    def numbers(value: Callable[[Queue], float | None]) -> Any:
        return np.array([math.nan if (x := value(queue)) is None else x for queue in queues], dtype=np.float64)

    def of_teams(value: Callable[[Team], float | None]) -> Any:
        values = [value(team) for team in scenario.team.values()]
        return np.array([math.nan if x is None else x for x in values], dtype=np.float64)

    return MetricSpec(
        interval=scenario.interval,
        days=horizon.midnights,
        queues=tuple(scenario.queue),
        teams=tuple(scenario.team),
        channels=tuple(queue.channel for queue in queues),
        sl_formula=tuple(queue.sl_formula for queue in queues),
        business_clock=np.array([queue.clock == "business" for queue in queues], dtype=np.bool_),
        sl_share=numbers(lambda queue: queue.service_level and queue.service_level.share),
        sl_time=numbers(lambda queue: queue.service_level and queue.service_level.time / SECOND),
        sl_usual=usual("service_level"),
        short_abandon=numbers(lambda queue: queue.short_abandon / SECOND),
        reply_share=numbers(lambda queue: queue.reply_target and queue.reply_target.share),
        reply_time=numbers(lambda queue: queue.reply_target and queue.reply_target.time / SECOND),
        max_abandonment=numbers(lambda queue: queue.max_abandonment),
        resolution_share=numbers(lambda queue: queue.resolution_target and queue.resolution_target.share),
        resolution_time=numbers(lambda queue: queue.resolution_target and queue.resolution_target.time / SECOND),
        resolution_usual=usual("resolution_target"),
        value=numbers(lambda queue: queue.value),
        reason_value=_reason_values(queues),
        value_offset=_offsets([queue.value_after_wait for queue in queues]),
        value_after=np.array([step.after for queue in queues for step in queue.value_after_wait], dtype=np.int64),
        value_factor=np.array([step.factor for queue in queues for step in queue.value_after_wait], dtype=np.float64),
        fee=numbers(lambda queue: queue.fee),
        bot_cost=numbers(lambda queue: queue.bot.cost if queue.bot else 0.0),
        bot_cost_per_minute=numbers(lambda queue: queue.bot.cost_per_minute if queue.bot else 0.0),
        effort=numbers(lambda queue: queue.effort),
        cost_per_hour=of_teams(lambda team: team.cost_per_hour),
        overtime_factor=of_teams(lambda team: team.overtime_factor),
        max_occupancy=of_teams(lambda team: team.max_occupancy),
        premiums=premiums(scenario),
        shift_cost=np.array([_rate(scenario, row) for row in rows for _ in row.periods], dtype=np.float64),
        paid=np.array([period.paid for row in rows for period in row.periods], dtype=np.bool_),
    )
