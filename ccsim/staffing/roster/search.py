"""The search for a roster: week after week, then as a whole, then better parts of it, always in the same steps.

What CP-SAT finds in one go is far from the best where there are many people. So each team that shares no agent with
others is rostered by itself: first its weeks one after the other, then all of it from there, for a bound; then, over
and over, all people in one week, or some people in all weeks, while the rest stays (large neighbourhood search, Shaw
1998).
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from ccsim.runs.executors import run_all
from ccsim.scenario.roster_rules import teams_of
from ccsim.scenario.values import WEEK
from ccsim.staffing.roster.demand import Demand
from ccsim.staffing.roster.duties import Assignment, Task
from ccsim.staffing.roster.program import Answer, Chosen, Program, Status

WEEKS: Final = 0.35
WHOLE: Final = 0.3
"""Shares of the effort for the weeks and for the whole; the rest is for parts."""

PART: Final = 0.04
"""Share of the effort for one part."""

SOME: Final = 5
"""People who are rostered anew over all weeks."""


@dataclass(frozen=True)
class Solution:
    """What the search came to."""

    status: Status
    assignment: Assignment
    """empty without a roster"""
    points: float
    bound: float
    """no roster has fewer points"""
    by_clock: bool = False
    """the clock ended steps of the search, so that another time it may come to another roster"""

    @property
    def gap(self) -> float:
        """Share of the points by which they may exceed the fewest; NaN without a roster."""
        return (self.points - self.bound) / self.points if self.points else 0.0


def search(task: Task, demand: Demand, *, effort: float, seconds: float = math.inf) -> Solution:
    """The best roster that keeps every rule.

    `effort` : steps of the solver, about seconds, that are the same on every machine; `seconds` of the clock besides.
    """
    until = time.perf_counter() + seconds
    parts = separate(task)

    def one(members: list[int]) -> Answer:
        return _rostered(task, demand, members, effort * len(members) / len(task.agents), until)

    answers = list(run_all(one, parts, len(parts), executor="threads"))
    for bad in ("infeasible", "unknown"):
        if any(answer.status == bad for answer in answers):
            return Solution(bad, {}, math.nan, math.nan)
    assignment: Assignment = {agent.name: [] for agent in task.agents}
    for answer in answers:
        for number, duty in sorted(answer.chosen or ()):
            assignment[task.agents[number].name].append(duty)
    status: Status = "optimal" if all(answer.status == "optimal" for answer in answers) else "feasible"
    points, bound = (math.fsum(getattr(answer, key) for answer in answers) for key in ("points", "bound"))
    return Solution(status, assignment, points, bound, math.isfinite(seconds) and status != "optimal")


def separate(task: Task) -> list[list[int]]:
    """Agents by number, in groups that share no team."""
    groups: list[tuple[set[str], list[int]]] = []
    for number, agent in enumerate(task.agents):
        teams, members = set(teams_of(task.scenario, agent)), [number]
        for group in [group for group in groups if group[0] & teams]:
            groups.remove(group)
            teams, members = teams | group[0], group[1] + members
        groups.append((teams, members))
    return sorted(sorted(members) for _, members in groups)


def program_of(task: Task, demand: Demand, members: list[int], days: int) -> Program:
    """Every rule and all points, over the first days."""
    program = Program(task, members, days)
    program.keep_shift_limits()
    program.cover(demand)
    program.fairness()
    program.wishes()
    program.stable_weeks()
    return program


def _rostered(task: Task, demand: Demand, members: list[int], effort: float, until: float) -> Answer:
    now = time.perf_counter()
    first = _by_weeks(task, demand, members, WEEKS * effort, now + WEEKS * (until - now))
    whole = program_of(task, demand, members, task.scenario.days)
    best = whole.solve(WHOLE * effort, now + (WEEKS + WHOLE) * (until - now), start=first.chosen)
    if first.points < best.points:
        best = best._replace(status="feasible", chosen=first.chosen, points=first.points)
    left = (1 - WEEKS - WHOLE) * effort
    for free in _parts(whole, members):
        if best.status != "feasible" or left <= 0 or time.perf_counter() >= until:
            break
        answer = whole.solve(min(PART * effort, left), until, start=best.chosen, free=free)
        left -= max(answer.spent, PART * effort / 10)
        if answer.points < best.points:
            best = best._replace(chosen=answer.chosen, points=answer.points)
    return best


def _by_weeks(task: Task, demand: Demand, members: list[int], effort: float, until: float) -> Answer:
    """A roster made week after week; of no use where the weeks before leave none for one of them."""
    answer = Answer("unknown", set(), math.inf, 0.0, 0.0)
    for week in range(task.weeks):
        now = time.perf_counter()
        share = now + (until - now) / (task.weeks - week)
        program = program_of(task, demand, members, (week + 1) * WEEK)
        free = {
            (number, duty)
            for number, works in program.works.items()
            for duty in works
            if task.duties[duty].day // WEEK == week
        }
        answer = program.solve(effort / task.weeks, share, start=answer.chosen, free=free)
        if answer.chosen is None:
            break
    return answer


def _parts(program: Program, members: list[int]) -> Iterator[Chosen]:
    """Over and over: every week of all people, and in between some people, drawn by lot, in all weeks."""
    task, lot = program.task, Random(program.task.scenario.seed)
    every = [(number, duty) for number, works in program.works.items() for duty in works]
    while True:
        for week in range(task.weeks):
            yield {(number, duty) for number, duty in every if task.duties[duty].day // WEEK == week}
            some = set(lot.sample(members, min(SOME, len(members))))
            yield {(number, duty) for number, duty in every if number in some}
