"""What one agent more does to a plan: on each shift, in each half hour, and the choice of a team's size.

Everything is simulated on the same fresh customers as the plan itself, so that the changes have narrow intervals.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from itertools import pairwise
from typing import Any, Final

import numpy as np

from ccsim.engine import simulate
from ccsim.lowering import lower
from ccsim.metrics.facts import Facts
from ccsim.metrics.sums import ANSWERED, WAIT_ANSWERED
from ccsim.results.plans import OneMore, ShiftPlan, TeamSize
from ccsim.runs.executors import run_all
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.scenario.values import DAY, Span
from ccsim.staffing import patterns
from ccsim.staffing.desks import works
from ccsim.staffing.trials import Pool, Trials, figures
from ccsim.stats.estimate import Estimate
from ccsim.stats.intervals import paired_interval, ratio_interval
from ccsim.tables import F64, I64, SECOND
from ccsim.workload.offered import interval_edges

SIZES: Final = 4
"""Agents more and fewer that a team's size is tried with."""


class _Change:
    """A plan on its fresh customers, and what changes with other agents; half hours are patterns behind its own."""

    def __init__(self, plan: ShiftPlan, workers: int, progress: Callable[[], object]) -> None:
        self.plan, self._progress = plan, progress
        self.scenario = _with_half_hours(plan.scenario)
        self.probes = len(self.scenario.staffing.patterns) - len(plan.patterns)
        self.agents = np.append(plan.agents, np.zeros(self.probes, np.int64))
        self.cost: F64 = patterns.costs(self.scenario)
        most = np.append(plan.agents + 1 + SIZES, np.ones(self.probes, np.int64))
        numbers = range(plan.searched.replications)
        self._pool = Pool(Trials(self.scenario, plan.fresh.seed, numbers, workers), most)
        self.here = self._sums(self.agents)

    def one_more(self, pattern: int) -> OneMore:
        """What one more agent on a pattern changes."""
        there = self.agents.copy()
        there[pattern] += 1
        given = self.scenario.staffing.patterns[pattern]
        probe = pattern >= len(self.plan.patterns)
        after = self._sums(there)
        changes = [
            Estimate(
                *map(float, paired_interval((was[0], was[1]), (now[0], now[1]), share=number < len(self.plan.goals)))
            )
            for number, (was, now) in enumerate(zip(self.here, after, strict=True))
        ]
        name = str(given.hours) if probe else self.plan.names[pattern]
        *goals, asa, cost_answered = changes
        return OneMore(given.team, name, probe, float(self.cost[pattern]), tuple(goals), asa, cost_answered)

    def goals(self, agents: I64) -> tuple[Estimate, ...]:
        """By goal, over the run, with other agents on the plan's patterns."""
        sums = self._sums(np.append(agents, np.zeros(self.probes, np.int64)))[: len(self.plan.goals)]
        return tuple(Estimate(*map(float, ratio_interval(*goal, share=True))) for goal in sums)

    def _sums(self, agents: I64) -> F64:
        """Numerators and denominators : float64[figure, 2, replication], of goals, ASA and cost a contact answered."""
        pool, attended = self._pool, self._pool.attended(agents)
        money = float(self.cost @ agents)

        def one(place: int) -> F64:
            workload = attended(place)
            facts = Facts(workload, pool.plan, pool.spec, simulate("compiled", workload, pool.plan))
            answered = float(facts.contacts[ANSWERED].sum())
            waited = float(facts.contacts[WAIT_ANSWERED].sum()) / SECOND
            return np.vstack([figures(self.plan.goals, facts).sum(axis=-1).T, [waited, answered], [money, answered]])

        by_replication = np.stack(
            list(run_all(one, range(len(pool.trials.numbers)), pool.trials.workers, executor="threads")), -1
        )
        self._progress()
        return by_replication


def one_more(
    plan: ShiftPlan, *, workers: int = 1, progress: Callable[[], object] = lambda: None
) -> tuple[tuple[OneMore, ...], tuple[TeamSize, ...]]:
    """What an agent more on each listed pattern and in each half hour does; each team with fewer and more agents.

    An agent more in a half hour works it on all days on which the team has something to do then. A team grows on the
    patterns on which one more is worth most for its cost to the target with least to spare, and shrinks where it is
    worth least.
    """
    change = _Change(plan, workers, progress)
    shifts = {pattern: change.one_more(pattern) for pattern in plan.shown}
    half_hours = [change.one_more(pattern) for pattern in range(len(plan.patterns), len(change.agents))]
    return (*shifts.values(), *half_hours), tuple(_sizes(change, shifts))


def _sizes(change: _Change, shifts: dict[int, OneMore]) -> list[TeamSize]:
    plan = change.plan
    scarce = int(np.argmin(np.nan_to_num(plan.fresh.slack, nan=np.inf)))
    better = 1 if plan.goals[scarce].at_least else -1
    worth = {p: better * one.goals[scarce].mean / max(one.cost, 1e-9) for p, one in shifts.items()}
    sizes = []
    for team in dict.fromkeys(pattern.team for pattern in plan.patterns):
        mine = sorted((p for p in shifts if plan.patterns[p].team == team), key=lambda p: -np.nan_to_num(worth[p]))
        for step in range(-SIZES, SIZES + 1):
            agents = plan.agents.copy()
            for _ in range(-step):  # from the pattern where an agent is worth least of those with any
                if with_any := [p for p in mine if agents[p]]:
                    agents[with_any[-1]] -= 1
            if step > 0:
                agents[mine[0]] += step
            if step and not (agents != plan.agents).any():
                continue
            goals = change.goals(agents)
            cost = float(plan.pattern_cost @ agents)
            of_team = int(agents[[p for p in range(len(agents)) if plan.patterns[p].team == team]].sum())
            sizes.append(TeamSize(team, step, of_team, cost, goals))
    return sizes


def _with_half_hours(scenario: Scenario) -> Scenario:
    """With a pattern for every team and time of day, an interval long, on the days on which the team works then."""
    plan, _ = lower(scenario)
    edges = interval_edges(scenario)
    busy = works(plan, edges)
    given = {pattern.team for pattern in scenario.staffing.patterns}
    made: list[dict[str, Any]] = []
    for t, team in enumerate(scenario.team):
        days: dict[Span, list[str]] = {}
        for i, (start, end) in enumerate(pairwise(edges.tolist())):
            if busy[t, i] and team in given:
                local = scenario.calendar.local(start)
                at = ((local.hour * 60 + local.minute) * 60 + local.second) * SECOND
                days.setdefault(Span(at, at + min(end - start, DAY)), []).append(local.date().isoformat())
        made += [{"team": team, "hours": str(span), "days": days[span], "max": 1} for span in sorted(days)]
    raw = copy.deepcopy(scenario.raw)
    raw["staffing"]["patterns"] = [*raw["staffing"]["patterns"], *made]
    return read.parse(raw, given=scenario.files)
