"""Staffings on trial: any of them on the same customers, with the same work and patience (common random numbers)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial, reduce
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from ccsim.engine import simulate
from ccsim.errors import Problem, ScenarioError
from ccsim.lowering import lower, rosters
from ccsim.metrics import METRICS
from ccsim.metrics.facts import Facts
from ccsim.metrics.registry import Sums
from ccsim.results.plans import StaffingTarget
from ccsim.results.targets import bounds
from ccsim.runs.executors import run_all
from ccsim.scenario.model import Scenario
from ccsim.staffing.patterns import staffed
from ccsim.stats.estimate import Estimate
from ccsim.stats.intervals import mean_interval, paired_interval, ratio_interval
from ccsim.tables import F64, I64, MetricSpec, Plan, Workload
from ccsim.workload.attendance import attendance_of
from ccsim.workload.sample import attended, draw, recipe_of

FEWEST: Final = 4
"""Replications at least that a staffing is tried on before all."""

SURE: Final = 0.99
"""Level of the intervals by which a few replications are enough: of many staffings tried, one in twenty is often."""


class Tally(NamedTuple):
    """Numerators and denominators of the goals' figures."""

    by_day: F64
    """float64[2, replication, goal, day]"""
    by_interval: F64
    """float64[2, goal, interval]: summed over replications"""

    @classmethod
    def of(cls, sums: F64, spec: MetricSpec) -> Tally:
        """Of what `Trials.sums` gives."""
        first = np.searchsorted(spec.days, np.arange(sums.shape[-1]) * spec.interval, side="right") - 1
        days = np.flatnonzero(np.diff(first, prepend=-1))
        return cls(np.add.reduceat(sums, days, axis=-1), sums.sum(axis=1))

    def plus(self, more: Tally) -> Tally:
        """With further replications."""
        return Tally(np.concatenate([self.by_day, more.by_day], axis=1), self.by_interval + more.by_interval)

    def estimates(self) -> tuple[Estimate, ...]:
        """By goal, over the run."""
        figures = ratio_interval(*self.by_day.sum(axis=-1), share=True)  # all that targets bound are shares
        return tuple(Estimate(*map(float, goal)) for goal in zip(*figures, strict=True))


class Trials:
    """The customers of some replications under one seed, on which any staffing of a scenario can be tried."""

    def __init__(self, scenario: Scenario, seed: int, numbers: range, workers: int = 1) -> None:
        self.scenario = scenario.model_copy(update={"seed": seed})
        self.numbers = numbers
        self.workers = workers
        self.workloads: Sequence[Workload] = list(
            run_all(partial(draw, recipe_of(self.scenario)), numbers, workers, executor="threads")
        )

    def tally(self, plan: Plan, spec: MetricSpec, attended: Callable[[int], Workload]) -> Tally:
        """What the goals come to; `attended` gives the workload of a place with who of the plan's shifts comes."""
        return Tally.of(self.sums(plan, spec, attended), spec)

    def sums(
        self, plan: Plan, spec: MetricSpec, attended: Callable[[int], Workload], places: range | None = None
    ) -> F64:
        """Numerators and denominators of the goals' figures : float64[2, replication, goal, interval].

        `places` : of the replications that are simulated, among `numbers`; by default all.
        """
        places = range(len(self.numbers)) if places is None else places
        return np.stack(self.each(partial(figures, goals_of(spec)), plan, spec, attended, places), axis=1)

    def each(
        self, what: Callable[[Facts], F64], plan: Plan, spec: MetricSpec, attended: Callable[[int], Workload],
        places: range,
    ) -> list[F64]:  # fmt: skip
        """Something of the facts of each of these replications."""

        def one(place: int) -> F64:
            workload = attended(place)
            return what(Facts(workload, plan, spec, simulate("compiled", workload, plan)))

        return list(run_all(one, places, self.workers, executor="threads"))


def goals_of(spec: MetricSpec) -> tuple[StaffingTarget, ...]:
    """The scenario's targets, queues first. Raises ScenarioError if there are none."""
    goals = tuple(StaffingTarget(*bound) for bound in bounds(spec))
    if not goals:
        allowed = "a target to staff for, such as service_level or max_abandonment; what a channel brings is no target"
        raise ScenarioError([Problem("queue", "no targets", allowed)])
    return goals


def figures(goals: Sequence[StaffingTarget], facts: Facts) -> F64:
    """Numerators and denominators by reporting interval : float64[2, goal, interval], 0 before the warm-up's end."""
    spec = facts.spec
    before = facts.plan.warm_up // spec.interval
    totals = np.zeros((2, len(goals), before + facts.intervals))
    columns = {"queue": spec.queues, "team": spec.teams}
    sums = {key: METRICS[key].measure(facts) for key in {(goal.level, goal.metric) for goal in goals}}
    for number, goal in enumerate(goals):
        figure = sums[goal.level, goal.metric]
        assert isinstance(figure, Sums)
        assert figure.denominator is not None
        column = columns[goal.level].index(goal.name)
        totals[:, number, before:] = figure.numerator[:, column], figure.denominator[:, column]
    return totals


class Judge(NamedTuple):
    """What it means that targets hold: over what, on what share of days, and by what margin."""

    goals: tuple[StaffingTarget, ...]
    over: str
    """run, day or interval"""
    met_on: float | None
    margin: F64
    """float64[goal, stretch], or one for all stretches: by so much better than wanted"""

    @classmethod
    def of(cls, scenario: Scenario, goals: tuple[StaffingTarget, ...]) -> Judge:
        """As the scenario's [staffing] says, without a margin."""
        rules = scenario.staffing
        return cls(goals, rules.targets_over, rules.met_on, np.zeros((len(goals), 1)))

    def noise(self, one: Tally, other: Tally, of: float = math.inf) -> F64:
        """By how much the difference of two staffings may be off : float64[goal, stretch], NaN where nothing is known.

        The half-width of its 99 % interval, of replications in pairs. By interval, where those are not kept, three
        standard errors of what the contacts give were they independent. `of` : all replications, of which these are
        the first, where it is their difference that is asked for and not the mean of any number: what is still to be
        seen of a few is less (the correction of a finite population).
        """
        unseen = math.sqrt(1 - one.by_day.shape[1] / of)
        if self.over == "interval":
            wanted = np.array([goal.wanted for goal in self.goals])[:, None]
            with np.errstate(divide="ignore"):
                return np.asarray(3 * unseen * np.sqrt(wanted * (1 - wanted) / self._sums(one)[1]))
        first, second = (
            tally.by_day if self.over == "day" else tally.by_day.sum(axis=-1, keepdims=True) for tally in (one, other)
        )
        mean, low, _ = paired_interval((first[0], first[1]), (second[0], second[1]), level=SURE)
        return unseen * (mean - low)

    def slack(self, tally: Tally) -> F64:
        """By how much each target holds in each stretch : float64[goal, stretch]; NaN without data, negative: missed.

        With `met_on`, by how much it holds on the worst of the days on which it must.
        """
        over, under = self._sums(tally)
        with np.errstate(invalid="ignore", divide="ignore"):
            share = over / under
        slack = np.stack([goal.slack(row) - m for goal, row, m in zip(self.goals, share, self.margin, strict=True)])
        return slack if self.met_on is None else np.stack([_quantile(days, self.met_on) for days in slack])

    def _sums(self, tally: Tally) -> F64:
        if self.met_on is not None:  # every day of every replication by itself
            return np.moveaxis(tally.by_day, 1, 2).reshape(2, len(self.goals), -1)
        if self.over == "interval":
            return tally.by_interval
        by_day: F64 = tally.by_day.sum(axis=1)
        return by_day if self.over == "day" else by_day.sum(axis=-1, keepdims=True)


def _quantile(slack: F64, share: float) -> F64:
    """The slack that this share of the days with data reaches : float64[1]."""
    days = np.sort(slack[~np.isnan(slack)])
    if not len(days):
        return np.array([np.nan])
    needed = int(np.ceil(share * len(days) - 1e-9))
    return np.asarray(days[len(days) - needed, None])


class Pool:
    """All agents whom the shift patterns could bring, and those of teams without: a staffing says who of them works.

    Who is absent and steps out is drawn for all of them, so another staffing changes nothing for whom it keeps.
    """

    def __init__(self, trials: Trials, most: I64) -> None:
        scenario = trials.scenario
        pool = staffed(scenario, most).model_copy(update={"seed": scenario.seed})
        self.trials = trials
        self.plan, self.spec = lower(pool)
        self.goals = goals_of(self.spec)
        self.pattern, self.place = _members(pool)
        attendance = attendance_of(pool)
        self._workloads = [
            attended(workload, attendance, number)
            for workload, number in zip(trials.workloads, trials.numbers, strict=True)
        ]
        number = len(trials.numbers)
        few = max(FEWEST, number // 4)
        shared = number >= 3 * FEWEST and Judge.of(scenario, self.goals).met_on is None
        self.few = tuple(range(few, number, few)) if shared else ()
        """replications of each glance, more and more; none where they are too few to share"""
        self._parts = [range(*edges) for edges in pairwise((0, *self.few, number))]
        self._tallies: dict[bytes, list[Tally]] = {}

    def tally(self, agents: I64, parts: int | None = None) -> Tally:
        """What the goals come to with so many agents on each pattern; `parts` : in the first of `few` alone."""
        key = agents.tobytes()
        tallies = self._tallies.setdefault(key, [])
        for places in self._parts[len(tallies) : parts]:
            sums = self.trials.sums(self.plan, self.spec, self.attended(agents), places)
            tallies.append(Tally.of(sums, self.spec))
        return reduce(Tally.plus, tallies[:parts])

    def overtime(self, agents: I64) -> Estimate:
        """What agents cost beyond their shifts with so many on each pattern; hours where nothing has a cost."""
        name = "overtime_cost" if self.spec.shift_cost.any() else "overtime_hours"
        given = {pattern.team for pattern in self.trials.scenario.staffing.patterns}
        planned = np.isin(self.spec.teams, list(given))

        def extra(facts: Facts) -> F64:
            sums = METRICS["team", name].measure(facts)
            assert isinstance(sums, Sums)
            return np.asarray(sums.numerator[:, planned].sum())

        places = range(len(self._workloads))
        extras = np.array(self.trials.each(extra, self.plan, self.spec, self.attended(agents), places))
        return Estimate(*map(float, mean_interval(extras, least=0.0)))

    def attended(self, agents: I64) -> Callable[[int], Workload]:
        """The workload of a place with so many agents on each pattern."""
        comes = (self.pattern < 0) | (self.place < agents[self.pattern])

        def some(place: int) -> Workload:
            workload = self._workloads[place]
            return workload._replace(present=workload.present & comes)

        return some


def _members(pool: Scenario) -> tuple[I64, I64]:
    """By shift of the plan: its pattern, -1 for teams without, and its agent's place among those of the pattern."""
    of_team: dict[str, list[int]] = {}
    for number, pattern in enumerate(pool.staffing.patterns):
        of_team.setdefault(pattern.team, []).append(number)
    patterns, places = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for row in rosters(pool):
        mine = of_team[row.team][row.number] if row.team in of_team else -1
        patterns.append(np.full(len(row.periods), mine))
        places.append(np.repeat(np.arange(row.agents), [len(member) for member in row.members]))
    return np.concatenate(patterns), np.concatenate(places)


def today(trials: Trials) -> Tally:
    """What the goals come to with the scenario's own shifts."""
    plan, spec = lower(trials.scenario)
    return trials.tally(plan, spec, lambda place: trials.workloads[place])
