"""What the planner's questions are answered with: requirements, shift plans, and how well they do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from ccsim.metrics.registry import Level
from ccsim.scenario.model import Scenario
from ccsim.scenario.shifts import Pattern
from ccsim.stats.estimate import Estimate
from ccsim.tables import F64, I64

SCARCE: Final = 0.02
"""A goal with less slack than this binds."""


MANY: Final = 16
"""Patterns without agents are not listed where there are more patterns than these."""

NEVER_PROVEN: Final = "no number of replications proves a target of all or none (100 % or 0 %); 99.9 % can be proven"


class StaffingTarget(NamedTuple):
    """A target of the scenario: `metric` of a queue or team is to be at least, or at most, `wanted`."""

    level: Level
    name: str
    metric: str
    wanted: float
    at_least: bool

    def label(self, title: Callable[[str], str]) -> str:
        """Of what it is, for people: phone: service level; `title` gives the name under which they know a queue."""
        return f"{title(self.name)}: {self.metric.replace('_', ' ')}"

    def slack(self, figure: F64) -> F64:
        """By how much a figure is better than wanted; negative: worse."""
        return np.asarray(figure - self.wanted if self.at_least else self.wanted - figure)

    @property
    def provable(self) -> bool:
        """Whether any number of contacts could prove it: that all of them count, or none, they cannot."""
        return self.wanted < 1 if self.at_least else self.wanted > 0


class IntervalTarget(NamedTuple):
    """The goal that decides how many agents a team needs in an interval."""

    team: str
    start: int
    """us"""
    goal: StaffingTarget
    figure: float
    """of those who come in the interval, with the required agents"""
    overall: float
    """of those over whom the goal is to hold: of the run, the day or the interval"""
    contacts: float
    """that the figure is about, a replication (of a team: seconds)"""


class Shortfall(NamedTuple):
    """A goal that is not reached for who comes in [start, end), by any number of agents or by those that were found."""

    goal: StaffingTarget
    start: int
    end: int
    """us"""
    figure: float
    """with the required agents"""
    best: float
    """with the most agents that were tried"""
    contacts: float
    """that the figures are about, a replication"""
    reason: str
    within: float | None
    """seconds within which as many as wanted are served with the required agents; None: not looked for, or never"""
    agents: int
    """most of the required agents who serve the queue"""

    @property
    def possible(self) -> bool:
        """Whether the most agents that were tried reach it."""
        return bool(self.goal.slack(np.asarray(self.best)) >= 0)


@dataclass(frozen=True)
class Requirement:
    """The least agents at their desks by interval: of each team, or of each queue on its own."""

    method: str
    """how it was found, in words that say what it leaves out"""
    level: Level
    names: tuple[str, ...]
    """teams or queues"""
    starts: I64
    """us : [interval]"""
    agents: I64
    """int64[team or queue, interval]"""
    shrinkage: F64
    """share of the paid time not at the desk : [team or queue]"""
    binding: tuple[IntervalTarget, ...] = ()
    """by team and interval with agents, in this order, what decides their number; from a simulation alone"""
    shortfalls: tuple[Shortfall, ...] = ()
    """what cannot be met, most contacts first; from a simulation alone"""
    warnings: tuple[str, ...] = ()
    """what it does not know or count, and where more are required than Erlang C asks for"""

    @property
    def with_shrinkage(self) -> F64:
        """Agents to be paid so that as many as required are at their desks : float64[team or queue, interval]."""
        return np.asarray(self.agents / (1 - self.shrinkage[:, None]))


@dataclass(frozen=True)
class Performance:
    """How a staffing does: every goal over the run and by interval, over replications."""

    agents: I64 | None
    """of each shift pattern; None: the scenario's own shifts"""
    cost: float
    """planned, over the run: without overtime"""
    seed: int
    replications: int
    figures: tuple[Estimate, ...]
    """by goal, over the run: means with 95 % intervals"""
    days_met: tuple[float, ...]
    """by goal: share of days on which it was reached; NaN without data"""
    by_interval: F64
    """float64[goal, interval]: means over replications, NaN without data"""
    missing: F64
    """float64[goal, interval]: contacts (of a team: seconds) by which the goal is missed; negative: to spare"""
    slack: F64
    """float64[goal]: by how much each holds in the sense of [staffing]; negative: missed; NaN: no data"""
    scheduled: F64
    """float64[team, interval]: agents at their desks as planned, without absence"""

    @property
    def met(self) -> bool:
        """Whether every goal holds that there are data for, and there is one."""
        return not self.no_data and not (self.slack < 0).any()

    @property
    def no_data(self) -> bool:
        """Nothing is known of any goal, as nobody came or was served."""
        return bool(np.isnan(self.slack).all())

    @property
    def all_data(self) -> bool:
        """Something is known of every goal."""
        return not np.isnan(self.slack).any()


class Binding(NamedTuple):
    """A goal with next to nothing to spare, and the interval in which it loses most, or gains least."""

    goal: StaffingTarget
    start: int
    """us"""
    figure: float
    missing: float
    """contacts (of a team: seconds) by which the interval misses it; negative: to spare"""


@dataclass(frozen=True)
class ShiftPlan:
    """How many agents work each shift pattern, and what is known about that answer."""

    scenario: Scenario
    patterns: tuple[Pattern, ...]
    """those that were simulated"""
    offered: int
    """how many there were to choose from"""
    names: tuple[str, ...]
    """of the patterns"""
    goals: tuple[StaffingTarget, ...]
    starts: I64
    """us : [interval]"""
    teams: tuple[str, ...]
    agents: I64
    """int64[pattern]"""
    pattern_cost: F64
    """float64[pattern]: of one agent over the run"""
    pattern_hours: F64
    """float64[pattern]: that one agent is paid for over the run"""
    most_on_a_day: int
    """agents who work on the day with most: those of weekday and of Saturday shifts are not added up"""
    searched: Performance
    """on the random numbers of the search"""
    fresh: Performance
    """on others, which the search has not seen"""
    overtime: Estimate
    """what agents cost beyond their shifts, beside what is planned, on fresh random numbers; hours without costs"""
    today: Performance
    """the scenario's own shifts, on the fresh random numbers"""
    lower_bound: float
    """cost of the cheapest staffing in the relaxation; a bound if an agent more hardly gains more than the last"""
    evaluations: int
    """staffings simulated"""
    glances: int
    """of them those that failed in the first replications already, or were simulated for what they add"""
    glance: tuple[int, ...]
    """how many replications that may be"""
    seconds: float
    finished: bool
    """false: the time was up"""
    repairs: tuple[str, ...]
    """what was done because the fresh random numbers missed a target, in words"""
    notes: tuple[str, ...]
    """what was changed of the shifts to choose from, in words"""
    warnings: tuple[str, ...]
    """what the plan leaves without agents though the targets hold, in words"""
    marginal: F64
    """float64[pattern, goal]: what one agent more adds to the slack, on the random numbers of the search"""
    tried: tuple[tuple[float, float, bool], ...]
    """of every staffing simulated: cost, least slack of all goals, met: the choice of cost and service there is"""
    baseline: Performance | None = None
    """agents enough for Erlang's requirement, on the fresh random numbers; None if the patterns cannot cover it"""
    in_doubt: bool = False
    """the 95 % interval of a target on the fresh random numbers is not wholly on the right side of it"""

    @property
    def proven(self) -> bool:
        """Whether every target with data is surely met on the fresh random numbers."""
        return self.fresh.met and not self.in_doubt

    @property
    def unproven(self) -> str:
        """Why it is not proven, and what would help, in words; empty if it is."""
        if self.proven:
            return ""
        if self.in_doubt and not all(goal.provable for goal in self.goals):
            return NEVER_PROVEN
        more = "try more replications"
        if self.fresh.no_data:
            return f"fresh random numbers have no data on any target; {more}"
        if not self.fresh.met:
            return f"fresh random numbers miss a target; {more}"
        return f"a target is met on fresh random numbers, but its 95 % interval reaches beyond it; {more}"

    @property
    def shown(self) -> list[int]:
        """The patterns to list: all, or where rules made many of them those that somebody works."""
        return [p for p, agents in enumerate(self.agents.tolist()) if agents or len(self.names) <= MANY]

    @property
    def paid_hours(self) -> float:
        """Of all its agents over the run; what a premium adds to the cost is no hour."""
        return float(self.pattern_hours @ self.agents)

    @property
    def gap(self) -> float:
        """Share of the cost by which it may exceed the cheapest."""
        return (self.searched.cost - self.lower_bound) / self.searched.cost if self.searched.cost > 0 else 0.0

    def binding(self) -> list[Binding]:
        """The goals with little to spare, scarcest first, each in the interval that costs it most."""
        binding = []
        for g in np.argsort(np.nan_to_num(self.fresh.slack, nan=np.inf)):
            if self.fresh.slack[g] < SCARCE:
                figures = self.fresh.by_interval[g]
                missing = np.where(np.isnan(figures), -np.inf, self.fresh.missing[g])
                worst = int(np.argmax(missing))
                start = int(self.starts[worst])
                binding.append(Binding(self.goals[g], start, float(figures[worst]), float(missing[worst])))
        return binding


class OneMore(NamedTuple):
    """What one agent more changes, on the fresh random numbers of a plan, with 95 % intervals."""

    team: str
    name: str
    """of the shift, or the half hour"""
    half_hour: bool
    cost: float
    """of the agent over the run"""
    goals: tuple[Estimate, ...]
    """change of each goal's figure"""
    asa: Estimate
    """change of the mean wait of the answered of all queues, seconds"""
    cost_answered: Estimate
    """change of what the planned shifts cost a contact answered"""


class TeamSize(NamedTuple):
    """A plan with more or fewer agents in one team."""

    team: str
    more: int
    agents: int
    """of the team, on all its shifts together"""
    cost: float
    """of all shifts"""
    goals: tuple[Estimate, ...]


@dataclass(frozen=True)
class Capacity:
    """The largest volume with which a scenario's own people meet its targets, and how that is known."""

    scenario: Scenario
    queue: str | None
    """whose volume alone was changed; None: that of all queues"""
    goals: tuple[StaffingTarget, ...]
    scale: Estimate
    """factor on the volume: the largest with which all targets hold; up to `low` surely, above `high` surely not;
    `low` is 0 where no volume is sure; NaN at both ends with one replication, which has no interval"""
    volume: dict[str, float]
    """by queue, customers a day who come for the first time, with today's volume"""
    volume_at_scale: dict[str, float]
    """the same at `scale`"""
    today: tuple[Estimate, ...]
    """by goal, over the run, with today's volume"""
    figures: tuple[Estimate, ...]
    """by goal, over the run, at `scale`"""
    proof: tuple[Estimate, ...]
    """by goal, over the run, at `proof_scale`, on random numbers that the search has not seen"""
    proof_scale: float
    """the low end of `scale`, lowered where a target is missed on these; `scale` itself where no volume is sure"""
    proof_seed: int
    proven: bool
    """whether all targets hold there, with data, in more than one replication"""
    no_data: tuple[StaffingTarget, ...]
    """targets that nothing there can be said of, though today's volume has data"""
    binds: StaffingTarget | None
    """the target that is missed first beyond; None: no volume that was tried is too much"""
    binds_at: int | None
    """us: start of the day or interval in which it is; None: over the run, or on too few days"""
    missed_today: tuple[StaffingTarget, ...]
    """what today's volume misses"""
    simulated: int
    """volumes simulated, each in all replications"""
