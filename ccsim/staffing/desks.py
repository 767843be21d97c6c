"""Any number of agents of each team at their desks in each interval, tried on the scenario's customers.

Nobody is absent or steps out, and there are no breaks. Beside it what queueing theory says about the same intervals:
the work of each team and the agents that Erlang C asks for, queue by queue.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from ccsim.distributions.durations import Never
from ccsim.lowering import lower
from ccsim.results.plans import StaffingTarget
from ccsim.scenario import read
from ccsim.scenario.faults import dotted
from ccsim.scenario.model import Scenario
from ccsim.staffing.baseline import baseline
from ccsim.staffing.trials import Tally, Trials, goals_of
from ccsim.tables import F64, I64, SECOND, Bool, MetricSpec, Plan, Workload
from ccsim.workload.offered import holds

TIMES = {"service_level": "sl_time", "reply_level": "reply_time", "resolution_level": "resolution_time"}
"""Column of the times of a metric's targets."""

KEYS = {"service_level": "service_level", "reply_level": "reply_target", "resolution_level": "resolution_target"}
"""Key of the targets of a queue."""


class Desks:
    """Replications of a scenario on which any number of agents by team and interval can be tried."""

    def __init__(self, scenario: Scenario, workers: int, progress: Callable[[], object]) -> None:
        self.scenario = scenario
        self.trials = Trials(scenario, scenario.seed, range(scenario.replications), workers)
        plan, self.spec = lower(scenario)
        self.plan = plan._replace(warm_up=0)
        self.edges = np.append(np.arange(0, plan.end, self.spec.interval, dtype=np.int64), plan.end)
        self.progress = progress
        self.goals = goals_of(self.spec)
        self.works = works(plan, self.edges)
        """bool[team, interval]: one of its queues is open"""
        needs = baseline(scenario, self.works)
        self.erlang: I64 = needs.required
        self.bound: I64 = np.maximum(needs.required, baseline(_patient(scenario), self.works).required)
        """int64[team, interval]: what Erlang C asks for, each queue with agents of its own"""
        self.ignores = needs.ignores
        self.needs = needs.queues
        self.load: F64 = np.zeros(self.works.shape)
        """float64[team, interval], erlangs: the work of the queues that the team serves first"""
        self.opening: Bool = np.zeros(self.works.shape, dtype=np.bool_)
        """bool[team, interval]: what such a queue has kept while it was closed is due"""
        for q, (name, need) in enumerate(needs.queues.items()):
            due = _due_at_opening(plan, self.edges, q, self._soonest(q)) if holds(scenario.queue[name]) else False
            for t in range(len(self.works)):
                mine = need.team == t
                self.load[t] += np.where(mine, np.maximum(need.load, 1e-3 * (need.agents > 0)), 0.0)
                self.opening[t] |= mine & due

    def _soonest(self, queue: int) -> int:
        """The shortest time of a queue's targets for waits, us; an interval at least."""
        times = [self.spec.sl_time[queue], self.spec.reply_time[queue]]
        return max(self.spec.interval, int(np.nanmin([*times, np.inf]) * SECOND) if np.isfinite(times).any() else 0)

    def time(self, goal: int) -> float:
        """A goal's time in seconds; NaN for goals without."""
        _, name, metric, *_ = self.goals[goal]
        if metric not in TIMES:
            return float("nan")
        return float(getattr(self.spec, TIMES[metric])[self.spec.queues.index(name)])

    def with_time(self, goal: int, seconds: float) -> MetricSpec:
        """The figures' terms with another time for a goal."""
        _, name, metric, *_ = self.goals[goal]
        times = getattr(self.spec, TIMES[metric]).copy()
        times[self.spec.queues.index(name)] = seconds
        return self.spec._replace(**{TIMES[metric]: times})

    def asked_for(self, goal: int, seconds: float) -> Scenario:
        """The scenario with another time for a goal, and the drain that goes with it."""
        _, name, metric, wanted, _ = self.goals[goal]
        target = {dotted(("queue", name, KEYS[metric])): f"{100 * wanted:.10g}% in {seconds:.10g}s"}
        longer = read.changed(self.scenario, target)
        return longer.with_streams(self.scenario.seed, self.scenario.replications)

    def tally(self, counts: I64, spec: MetricSpec | None = None) -> Tally:
        """What the goals come to with so many agents : int64[team, interval]."""
        plan = at_desks(self.plan, self.edges, counts, self.works)
        present = np.ones(len(plan.shift_start), dtype=np.bool_)
        pace = np.ones(len(plan.team))  # whoever sits there is as fast as the team
        nothing = np.empty(0, np.int64)

        def attended(replication: int) -> Workload:
            return self.trials.workloads[replication]._replace(
                agent_pace=pace,
                present=present,
                out_shift=nothing.astype(np.int32),
                out_start=nothing,
                out_end=nothing,
            )

        spec = (spec or self.spec)._replace(paid=present)  # by shift, of which there are others
        tally = self.trials.tally(plan, spec, attended)
        self.progress()
        return tally

    def serves(self, team: int, goal: StaffingTarget) -> bool:
        """Whether a team has to do with a goal."""
        if goal.level == "team":
            return goal.name == self.spec.teams[team]
        return bool(self.plan.rank[team, self.spec.queues.index(goal.name)] >= 0)

    def first_to_serve(self, goal: StaffingTarget) -> int:
        """The team whose agents a goal asks for first, by rank and then by the order of the file."""
        able = [team for team in range(len(self.works)) if self.serves(team, goal)]
        if goal.level == "team":
            return able[0]
        return min(able, key=lambda team: int(self.plan.rank[team, self.spec.queues.index(goal.name)]))

    def came_while_closed(self, queue: str, start: int, end: int) -> float:
        """First messages of [start, end) that come while their queue is closed, a replication."""
        q = self.spec.queues.index(queue)
        spans = slice(self.plan.hours_offset[q], self.plan.hours_offset[q + 1])
        total = 0
        for work in self.trials.workloads:
            at = work.arrival[(work.queue == q) & (work.arrival >= start) & (work.arrival < end)]
            span = np.searchsorted(self.plan.opens[spans], at, side="right") - 1
            total += int(((span < 0) | (at >= self.plan.closes[spans][span])).sum())
        return total / len(self.trials.workloads)

    def days(self) -> list[I64]:
        """By day with any, the intervals in which somebody has something to do."""
        busy = np.flatnonzero(self.works.any(axis=0))
        day = np.searchsorted(self.spec.days, self.edges[busy], side="right") - 1
        return [busy[day == number] for number in np.unique(day)]


def _patient(scenario: Scenario) -> Scenario:
    """The same customers, who never give up."""
    queues = {name: queue.model_copy(update={"patience": Never()}) for name, queue in scenario.queue.items()}
    return scenario.model_copy(update={"queue": queues})


def works(plan: Plan, edges: I64) -> Bool:
    """In which intervals each team has a queue that is open : bool[team, interval]."""
    works = np.zeros((len(plan.rank), len(edges) - 1), dtype=np.bool_)
    for queue, (first, last) in enumerate(pairwise(plan.hours_offset.tolist())):
        for opens, closes in zip(plan.opens[first:last], plan.closes[first:last], strict=True):
            works[np.ix_(plan.rank[:, queue] >= 0, (edges[:-1] < closes) & (opens < edges[1:]))] = True
    return works


def _due_at_opening(plan: Plan, edges: I64, queue: int, soon: int) -> Bool:
    """Intervals that begin less than `soon` after the queue has opened : bool[interval]."""
    due = np.zeros(len(edges) - 1, dtype=np.bool_)
    for opens in plan.opens[plan.hours_offset[queue] : plan.hours_offset[queue + 1]].tolist():
        if 0 < opens < plan.end:
            due |= (edges[1:] > opens) & (edges[:-1] < opens + soon)
    return due


def at_desks(plan: Plan, edges: I64, counts: I64, works: Bool) -> Plan:
    """The plan with so many agents of each team, the first of them longest, while it works and one interval more.

    The drain is staffed as the run again.
    """
    intervals = len(edges) - 1
    runs = plan.end * np.arange(-(-plan.drain_end // plan.end))
    times = (runs[:, None] + edges[:-1]).ravel()
    times = np.append(times[times < plan.drain_end], plan.drain_end)
    again = np.arange(len(times) - 1) % intervals
    after = np.roll(works, 1, axis=1) & ~works
    level = np.where(after, np.roll(counts, 1, axis=1), counts * works)[:, again]
    team: list[int] = []
    shift_agent, start, end = [], [], []
    for number, row in enumerate(level):
        for agent in range(int(row.max(initial=0))):
            change = np.flatnonzero(np.diff(row > agent, prepend=False, append=False))
            start.append(times[change[::2]])
            end.append(times[change[1::2]])
            shift_agent.append(np.full(len(change) // 2, len(team)))
            team.append(number)
    return plan._replace(
        team=np.array(team, dtype=np.int32),
        shift_agent=np.concatenate([np.empty(0, np.int32), *shift_agent]).astype(np.int32),
        shift_start=np.concatenate([np.empty(0, np.int64), *start]),
        shift_end=np.concatenate([np.empty(0, np.int64), *end]),
        pause_shift=np.empty(0, np.int32),
        pause_start=np.empty(0, np.int64),
        pause_end=np.empty(0, np.int64),
        wind_down_shift=np.empty(0, np.int32),
        wind_down_start=np.empty(0, np.int64),
        wind_down_end=np.empty(0, np.int64),
    )
