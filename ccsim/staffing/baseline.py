"""How many agents queueing theory asks for: each interval and each queue by itself, in steady state (SIPP).

The planner's ordinary calculation, without a simulation: Erlang C and A for calls, machine repair for chats, Erlang-R
for conversations that come back, workload for what may wait longer than an interval. Source: Green, Kolesar & Soares
(2001), Operations Research 49, for independent periods; the formulas' sources are in `ccsim.theory`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final, NamedTuple

import numpy as np

from ccsim import theory
from ccsim.distributions.durations import Constant, Exponential, Never
from ccsim.errors import Problem, ScenarioError
from ccsim.lowering import Horizon, rosters
from ccsim.report.hours import Hours
from ccsim.results.model import Results
from ccsim.results.plans import Requirement
from ccsim.scenario.model import Scenario
from ccsim.scenario.queues import Queue
from ccsim.scenario.teams import Team
from ccsim.scenario.values import WHOLE_DAY, ByDay, Span
from ccsim.staffing.patterns import at_desk, away, crews
from ccsim.tables import F64, I64, NEVER, SECOND, Bool
from ccsim.workload.expectations import of_calls
from ccsim.workload.handle_time import relative
from ccsim.workload.offered import (
    Offered,
    awaited,
    holds,
    interval_edges,
    interval_hours,
    mean_turns,
    offered,
    turns_of_session,
)

NOBODY: Final = -1
WORKLOAD: Final = "workload"
CLOSE: Final = 1e-7
"""What misses its target by no more than this, relatively, meets it: rounding errors."""


@dataclass(frozen=True)
class QueueNeed:
    """What one queue asks for by interval : float64[i]; whole agents where contacts wait, parts of agents of workload.

    `team` : int64[i] is who is charged with it, -1 where nobody can be; `divided` counts the agents as planners mostly
    do for chats: by Erlang's formula for sessions, divided by the sessions an agent may have.
    """

    formula: str
    per_hour: F64
    """contacts, by the length of the interval"""
    load: F64
    """erlangs of work"""
    team: I64
    agents: F64
    divided: F64
    service_level: F64
    """to be expected with these agents; NaN without a target or contacts"""


@dataclass(frozen=True)
class Baseline:
    """Agents at work by team and interval : int64[t, i]; teams in the order of the file."""

    edges: I64
    """int64[i + 1], microseconds"""
    queues: dict[str, QueueNeed]
    required: I64
    divided: I64
    """as `required`, with the usual division by the concurrency for chats"""
    ignores: tuple[str, ...]
    """what the scenario has and the formulas do not know"""

    @property
    def unserved(self) -> dict[str, I64]:
        """By queue the intervals in which contacts that do not wait for later come, and nobody may work."""
        by_queue = {
            name: np.flatnonzero((need.team == NOBODY) & (need.per_hour > 0))
            for name, need in self.queues.items()
            if need.formula != WORKLOAD
        }
        return {name: intervals for name, intervals in by_queue.items() if len(intervals)}

    def requirement(self, scenario: Scenario, *, divided: bool = False) -> Requirement:
        """By team, as it stands beside that of other methods."""
        method = "Erlang, interval by interval" + (", chats by division" if divided else "")
        agents = self.divided if divided else self.required
        return Requirement(method, "team", tuple(scenario.team), self.edges[:-1], agents, shrinkage(scenario))


class Need(NamedTuple):
    """Of one queue at one rate."""

    formula: str
    agents: float
    divided: float
    service_level: float


def shrinkage(scenario: Scenario) -> F64:
    """By team the share of paid time not at work, breaks apart : what [staffing] says, else absent or stepped out.

    Raises ScenarioError where nobody ever comes.
    """
    given = scenario.staffing.shrinkage
    shares = []
    for name, team in scenario.team.items():
        if team.absence == 1 and given is None:
            raise ScenarioError([Problem(f"team.{name}.absence", "nobody ever comes", "a share below 1")])
        shares.append(away(team) if given is None else given)
    return np.array(shares)


def on_duty(scenario: Scenario) -> F64:
    """Agents at their desks by the scenario's own shifts, breaks taken off, nobody absent : float64[t, i]."""
    edges = interval_edges(scenario)
    agents = np.zeros((len(scenario.team), len(edges) - 1))
    for row in rosters(scenario):
        agents[list(scenario.team).index(row.team)] += row.agents * at_desk(row, edges)
    return agents


def can_work(scenario: Scenario) -> Bool:
    """In which intervals a team may have somebody at work : bool[t, i]: in its shift patterns, else in its shifts."""
    staffed = on_duty(scenario) > 0
    edges = interval_edges(scenario)
    names = list(scenario.team)
    if not scenario.staffing.patterns:
        return staffed
    for t in {names.index(pattern.team) for pattern in scenario.staffing.patterns}:
        staffed[t] = False
    for pattern, row in crews(scenario):
        staffed[names.index(pattern.team)] |= at_desk(row, edges) > 0
    return staffed


def baseline(scenario: Scenario, can: Bool | None = None) -> Baseline:
    """Required agents by Erlang's formulas.

    A queue goes to the team that serves it first, by rank and then in the order of the file, of those that may work
    then: `can`, bool[t, i], without it by shift patterns or shifts. Targets are to be met in each interval by itself;
    those that no number of agents meets are left out.
    """
    can = can_work(scenario) if can is None else can
    edges = interval_edges(scenario)
    day = np.searchsorted(Horizon.of(scenario).midnights, edges[:-1], side="right") - 1
    teams = list(scenario.team.values())
    queues = {}
    for (name, flow), longer in zip(offered(scenario).items(), relative(scenario, edges), strict=True):
        charged = _charged(teams, name, can)
        if deferrable(scenario.judged(name), scenario.interval):
            usual = flow._replace(messages=flow.messages * longer)  # so many of the usual length are as much work
            queues[name] = _workload(scenario, name, usual, charged, day)
        else:
            queues[name] = _by_formula(scenario, name, flow, charged, longer)

    def total(agents: Callable[[QueueNeed], F64]) -> I64:
        sums = np.zeros(can.shape)
        for need in queues.values():
            for t in range(len(teams)):
                sums[t] += np.where(need.team == t, agents(need), 0.0)
        return np.ceil(sums - CLOSE).astype(np.int64)

    return Baseline(
        edges=edges,
        queues=queues,
        required=total(lambda need: need.agents),
        divided=total(lambda need: need.divided),
        ignores=tuple(_ignored(scenario)),
    )


@lru_cache(1)  # what to do and the tables both need it
def required_of(results: Results) -> I64:
    """Agents required by Erlang's formulas : int64[team, interval], of the intervals of a run that are counted."""
    return baseline(results.scenario).required[:, Hours.of(results).starts // results.spec.interval]


def deferrable(queue: Queue, interval: int) -> bool:
    """Whether its work may wait beyond an interval: it holds, and no target is shorter."""
    goals = (queue.service_level, queue.reply_target)
    return holds(queue) and all(goal is None or goal.time >= interval for goal in goals)


def _charged(teams: list[Team], name: str, can: Bool) -> I64:
    able = sorted((team.skills[name].rank, t) for t, team in enumerate(teams) if name in team.skills)
    charged = np.full(can.shape[1], NOBODY)
    for _, t in reversed(able):
        charged[can[t]] = t
    return charged


def _per_turn(queue: Queue, team: Team, name: str) -> float:
    """Mean work on a turn, with its part of the wrap-up and the ringing, seconds."""
    extra = team.paces[name] * queue.wrap_up.mean / mean_turns(queue.turns) + queue.answer_delay.mean
    return team.paces[name] * queue.turn_work.mean + extra


def _workload(scenario: Scenario, name: str, flow: Offered, charged: I64, day: I64) -> QueueNeed:
    """Each day's work evenly over the hours in which the queue is open and somebody may work."""
    queue, teams = scenario.queue[name], list(scenario.team.values())
    seconds = interval_hours(scenario) * 3600
    hours = np.where(charged >= 0, flow.open * seconds / 3600, 0.0)
    by_day = np.bincount(day, hours)
    messages = np.zeros(len(day))
    if hours.any():
        # a day on which nobody works leaves its messages to the next on which somebody does, the last to the one before
        working = np.flatnonzero(by_day > 0)
        to = working[np.minimum(np.searchsorted(working, day), len(working) - 1)]
        messages = hours * (np.bincount(to, flow.messages, minlength=len(by_day)) / np.maximum(by_day, CLOSE))[day]
    work = np.array([_per_turn(queue, team, name) if name in team.skills else 0.0 for team in teams])
    load = messages * work[charged] / seconds
    cap = np.array([team.max_occupancy or 1.0 for team in teams])
    agents = load / cap[charged]
    nan = np.full(len(load), np.nan)
    return QueueNeed(WORKLOAD, flow.contacts * 3600 / seconds, load, charged, agents, agents, nan)


def _by_formula(scenario: Scenario, name: str, flow: Offered, charged: I64, longer: F64) -> QueueNeed:
    queue, teams = scenario.judged(name), list(scenario.team.values())
    seconds = flow.open * interval_hours(scenario) * 3600

    @cache
    def paced(team: int, times: float) -> Team:
        """The team, at a pace at which this queue's work takes so many times as long."""
        pace = teams[team].pace
        return teams[team].model_copy(update={"pace": pace | {name: pace[name] * times}})

    @cache
    def needed(team: int, times: float, sessions: float, messages: float) -> Need:
        near[team] = _need(queue, paced(team, times), name, sessions, messages, near.get(team))
        return near[team]

    near: dict[int, Need] = {}
    n = len(charged)
    rates = [np.divide(part, seconds, out=np.zeros(n), where=seconds > 0) for part in flow[:3]]
    agents, divided, level, load = np.zeros(n), np.zeros(n), np.full(n, np.nan), np.zeros(n)
    formulas = []
    for i in np.flatnonzero((charged >= 0) & (rates[2] > 0)):
        # rounding errors apart, most days are alike and are then calculated once
        need = needed(int(charged[i]), *(float(f"{part[i]:.9g}") for part in (longer, *rates[1:])))
        agents[i], divided[i], level[i] = need[1:]
        load[i] = rates[2][i] * _per_turn(queue, paced(int(charged[i]), float(longer[i])), name) * flow.open[i]
        formulas.append(need.formula)
    formula = " or ".join(dict.fromkeys(formulas))
    return QueueNeed(formula, rates[0] * flow.open * 3600, load, charged, agents, divided, level)


def _need(queue: Queue, team: Team, name: str, sessions: float, messages: float, near: Need | None) -> Need:
    """At so many of each a second; `near` is what was needed in an interval before."""
    cap = team.max_occupancy or 1.0
    work = _per_turn(queue, team, name)
    if work == 0:
        return Need("no work", 1, 1, math.nan)  # somebody must be there
    goal, reply = queue.service_level, queue.reply_target
    threshold = goal.time / SECOND if goal else 0.0
    ring = queue.answer_delay.mean
    share = goal.share if goal and threshold >= ring else 0.0
    within = max(threshold - ring, 0.0)
    most = queue.max_abandonment if queue.max_abandonment is not None else 1.0
    whole = share == 0 and most == 1  # without such a target: all the work is to be done

    def good(level: float, abandonment: float, utilisation: float, agents: int) -> bool:
        if queue.sl_formula == "answered_only" and abandonment < 1:
            level /= 1 - abandonment
        enough = agents * cap >= messages * work * (1 - CLOSE) or not whole or queue.shared
        return enough and level >= share - CLOSE and abandonment <= most + CLOSE and utilisation <= cap + CLOSE

    def calls(rate: float, service: float, near: int) -> tuple[str, int, float]:
        def figures(agents: int) -> theory.QueueFigures:
            return of_calls(rate, service, agents, queue.patience, within)[1]

        def enough(agents: int) -> bool:
            f = figures(agents)
            return math.isfinite(f.wait_mean) and good(f.service_level, f.abandonment, f.utilisation, agents)

        agents = fewest(enough, near)
        return of_calls(rate, service, agents, queue.patience, within)[0], agents, figures(agents).service_level

    silent, _ = awaited(queue)
    slots = team.concurrency[name]
    gap = silent * (1 - 1 / mean_turns(queue.turns))
    if queue.kind.one_to_one or (queue.kind.persistent and not queue.shared and gap == 0):
        formula, agents, level = calls(messages, work, int(near.agents) if near else 1)
        if queue.kind.persistent:
            formula = formula.replace("Erlang C", "Erlang-R")
        return Need(formula, agents, agents, level if goal else math.nan)

    turns = 1.0 if queue.shared else turns_of_session(queue)
    if queue.shared:
        by_load = [mean / SECOND * team.paces[name] for mean in queue.work_by_concurrency[:slots]]
        by_load += by_load[-1:] * (slots - len(by_load))
    else:
        slow = team.slowdown
        by_load = [work * slow[min(j, len(slow) - 1)] for j in range(slots)]
    patience = None if isinstance(queue.patience, Never) else max(queue.patience.mean, 1e-3)

    @cache
    def figures(agents: int) -> theory.SlotFigures:
        return theory.slot_group(
            rate=sessions,
            work=by_load,
            silence=0.0 if queue.shared else turns * gap,
            turns=turns,
            agents=agents,
            threshold=within,
            patience=patience,
            reply_threshold=reply.time / SECOND if reply else 0.0,
            together=queue.shared,
        )

    def enough(agents: int) -> bool:
        f = figures(agents)
        replies = not reply or f.reply_level >= reply.share - CLOSE
        return (
            math.isfinite(f.assignment_wait) and replies and good(f.service_level, f.abandonment, f.utilisation, agents)
        )

    agents = fewest(enough, int(near.agents) if near else 1)
    _, held, _ = calls(sessions, turns * (by_load[0] + gap), int(near.divided) * slots if near else 1)
    level = figures(agents).service_level if goal else math.nan
    formula = "shared attention" if queue.shared else "machine repair"
    return Need(f"{formula}, {slots} slots", agents, math.ceil(held / slots), level)


def fewest(enough: Callable[[int], bool], near: int = 1) -> int:
    """The least number, from 1 on, that is enough, where more never is too few; found soonest if it is `near`.

    Raises ValueError beyond a million.
    """
    step = 1
    if enough(near):
        low, high = near - 1, near
        while low > 0 and enough(low):
            low, high, step = max(low - step, 0), low, 2 * step
    else:
        low, high = near, near + 1
        while not enough(high):
            low, high, step = high, high + step, 2 * step
            if high > 1_000_000:
                raise ValueError("no number of agents is enough")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _ignored(scenario: Scenario) -> Iterator[str]:
    """What the scenario has and its formulas do not know."""
    queues, teams = scenario.queue, scenario.team
    all_queues = [scenario.judged(name) for name in queues]
    skills = [skill for team in teams.values() for skill in team.skills.values()]
    served_by = {name: [t for t, team in teams.items() if name in team.skills] for name in queues}
    shared = any(len(served) > 1 for served in served_by.values())
    blended = any(len(team.skills) > 1 for team in teams.values())
    talks = [queue for queue in all_queues if not queue.kind.one_to_one and not queue.shared]
    there = {
        "carry-over: every interval is in steady state and meets the targets by itself": True,
        "appointments: their customers come as if at random": any(
            queue.volume is not None and queue.volume.appointments is not None for queue in all_queues
        ),
        "the rush at opening: what was held is spread over the open day": any(
            holds(queue) and not _always(queue.open) for queue in all_queues
        ),
        "distributions of work, and of patience in chats: as if they were exponential": any(
            not isinstance(queue.turn_work, Exponential) for queue in all_queues
        ),
        "blending: every queue has agents of its own": blended,
        "several teams for a queue: the one that serves it first gets all of it": shared,
        "agents who hold sessions of several queues at once": any(
            len(team.skills) > 1 and max(team.concurrency.values(), default=1) > 1 for team in teams.values()
        ),
        "priorities, reservations and routing": blended
        and (
            bool(scenario.routing.reserve)
            or len({queue.priority for queue in all_queues}) > 1
            or any(queue.head_start > 0 for queue in all_queues)
            or any(len({skill.rank for skill in team.skills.values()}) > 1 for team in teams.values())
        ),
        "that transfers and retries carry their wait": any(queue.carry_wait for queue in all_queues),
        "alternatives: as if every contact stayed in its own queue": any(queue.alternatives for queue in all_queues),
        "overflow conditions of skills": any(skill.after > 0 or skill.longer_than >= 0 for skill in skills),
        "interruptions": any(any(team.interrupts.values()) for team in teams.values()),
        "patience that differs by time of day": any("patience" in queue.profiles for queue in all_queues),
        "re-reading": any(queue.kind.persistent and (queue.reread.work or queue.reread.per_turn) for queue in talks),
        "that conversations go back to their own agent": any(queue.same_agent_for > 0 for queue in talks),
        "retries": any(queue.retry.share > 0 and _is_left(queue) for queue in all_queues),
        "reopenings and returns": any(queue.reopens.share > 0 or queue.returns > 0 for queue in all_queues)
        or any(team.errors > 0 for team in teams.values()),
        "concurrency by time of day: as if it were always the most of it": any(team.limits for team in teams.values()),
        "outages of queues: their customers come as ever": any(
            outage.names[0] == "queue" for outage in scenario.outage
        ),
        "that agents differ in pace": any(team.pace_cv > 0 for team in teams.values()),
        "when customers come back whom a bot contained: as if at once": any(
            queue.met_by_bot is not None and queue.met_by_bot.bounces.share > 0 for queue in all_queues
        ),
        "waits for a bot: as if it had a place for everybody": any(
            queue.met_by_bot is not None and queue.met_by_bot.concurrency is not None for queue in all_queues
        ),
        "that conversations are parked sooner where agents have little room: as if always by idle_timeout": any(
            queue.idle_timeout_factor != (1.0,) for queue in talks
        ),
        "closing words": any(queue.closing_word is not None for queue in talks),
        "customers who leave at once when they are told the wait": any(queue.balking for queue in all_queues),
        "that work grows with the wait, or from one break to the next": any(
            queue.work_after_wait for queue in all_queues
        )
        or any(team.fatigue for team in teams.values()),
        "bursts of messages, and what work has in common with a contact and its patience": any(
            queue.burst is not None or queue.between > 0 for queue in all_queues
        ),
        "lost connections": any(queue.drop > 0 for queue in talks),
        "silent abandonment, and patience after the first answer": any(
            queue.silent_abandonment > 0 or not isinstance(queue.reply_patience, Never) for queue in talks
        ),
        "what customers who come from the bot or another queue explain again": any(
            (queue.bot is not None and queue.bot.loses_context) or any(t.cold for t in queue.transfer)
            for queue in all_queues
        ),
        "call backs": bool(scenario.callback),
        "messages that nobody looks at any more": any(queue.missed_after < NEVER for queue in talks),
        "full queues": any(queue.max_waiting < NEVER for queue in all_queues),
        "that some days and half hours are busier than others": any(
            volume is not None
            and (scenario.busyness.of(volume).day_cv > 0 or scenario.busyness.of(volume).within_cv > 0)
            for volume in (scenario.demand, *(queue.volume for queue in all_queues))
        ),
        "the service-level formula: levels are shares of all offered": any(
            queue.service_level and queue.sl_formula not in ("all_offered", "answered_only") and _is_left(queue)
            for queue in all_queues
        ),
        "resolution targets": any(queue.resolution_target is not None for queue in all_queues),
        "that it rings now shorter, now longer: as if always for the mean": any(
            not isinstance(queue.answer_delay, Constant) for queue in all_queues
        ),
        "targets that no number of agents meets: it rings longer than they allow": any(
            queue.service_level and queue.service_level.time < queue.answer_delay.mean * SECOND for queue in all_queues
        ),
    }
    return (text for text, is_there in there.items() if is_there)


def _always(hours: ByDay[tuple[Span, ...]]) -> bool:
    return all(spans == (WHOLE_DAY,) for spans in (*hours.weekly, *hours.dated.values()))


def _is_left(queue: Queue) -> bool:
    return not isinstance(queue.patience, Never)
