"""The program of a roster for OR-tools' CP-SAT: who works which duty, with the fewest points of [roster] weights.

Rules are constraints; what is required, fairness, wishes and a stable week cost points. Employee scheduling in this
form: Ernst, Jiang, Krishnamoorthy & Sier (2004), European Journal of Operational Research 153.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from ccsim.scenario.people import OFF, Wish
from ccsim.scenario.roster_rules import teams_of
from ccsim.staffing.roster import rules
from ccsim.staffing.roster.demand import Demand
from ccsim.staffing.roster.duties import WEEK, Assignment, Task
from ccsim.staffing.roster.rules import Limit

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

DESK: Final = 20
"""An agent is so many units of the program: shares at the desk are rounded to a twentieth."""

POINT: Final = 1000
"""Units of the objective in a point."""

FAR: Final = 0.25
"""What is missing beyond this share of the requirement counts four times."""

FAIR: Final = 100
"""Shifts are counted in hundredths, so that part-time agents have their part of them."""

WORKERS: Final = 8
"""Search strategies that take turns; always as many, so that the answer is the same on every machine."""

Works = dict[int, "cp_model.IntVar"]
"""The variables of an agent, by duty."""

Status = Literal["optimal", "feasible", "infeasible", "unknown"]


@dataclass(frozen=True)
class Solution:
    """What the solver came to."""

    status: Status
    assignment: Assignment
    points: float
    bound: float
    """no roster has fewer points"""
    timed_out: bool
    """the clock ended the search, so that another machine may come to another roster"""

    @property
    def gap(self) -> float:
        """Share of the points by which they may exceed the fewest."""
        return (self.points - self.bound) / self.points if self.points > 0 else 0.0


def solve(task: Task, demand: Demand, *, effort: float, seconds: float = math.inf) -> Solution:
    """The best roster that keeps every rule.

    `effort` : steps of the solver, about seconds, that are the same on every machine; `seconds` of the clock besides.
    """
    program = Program(task)
    program.keep_shift_limits()
    program.cover(demand)
    program.fairness()
    program.wishes()
    program.stable_weeks()
    return program.solve(effort, seconds, task.scenario.seed)


class Program:
    """Variables of who works which duty, the rules that they keep, and points."""

    def __init__(self, task: Task) -> None:
        from ortools.sat.python import cp_model

        self.task = task
        self.model = cp_model.CpModel()
        self.works: list[Works] = []
        """by agent, the duties that may be worked"""
        self.points: list[tuple[Any, int]] = []
        for number, agent in enumerate(task.agents):
            limits = rules.limits(task, agent)
            forbidden = {int(duty) for limit in limits if limit.forbids for duty in limit.duties}
            free = [duty for duty in range(len(task.duties)) if duty not in forbidden]
            self.works.append({duty: self.model.new_bool_var(f"{number} {duty}") for duty in free})
            for limit in limits:
                add_limit(self.model, self.works[-1], limit)
        self.counts = [self._count(duty) for duty in range(len(task.duties))]

    def _count(self, duty: int) -> cp_model.IntVar:
        """How many agents work a duty."""
        who = [works[duty] for works in self.works if duty in works]
        count = self.model.new_int_var(0, len(who), f"count {duty}")
        self.model.add(count == sum(who))
        return count

    def keep_shift_limits(self) -> None:
        """No duty has fewer or more agents than its pattern allows."""
        for count, (low, high) in zip(self.counts, rules.shift_limits(self.task), strict=True):
            self.model.add_linear_constraint(count, low, high)

    def miss_shift_limits(self) -> None:
        """Agents fewer or more than the patterns allow cost a point each, instead."""
        for number, (low, high) in enumerate(rules.shift_limits(self.task)):
            missed = self.model.new_int_var(0, max(low, len(self.works)), f"missed {number}")
            self.model.add(missed >= low - self.counts[number])
            self.model.add(missed >= self.counts[number] - high)
            self._cost(missed, 1)

    def _cost(self, what: Any, points: float) -> None:
        if units := round(points * POINT):
            self.points.append((what, units))

    def cover(self, demand: Demand) -> None:
        """Points for agents missing and agents too many."""
        weights = self.task.scenario.roster.weights
        units = np.rint(demand.covers * DESK).astype(np.int64)
        required = np.rint(demand.required * DESK).astype(np.int64)
        for row, (needed, hours) in enumerate(zip(required.tolist(), demand.hours.tolist(), strict=True)):
            who = np.flatnonzero(units[row]).tolist()
            there = sum(int(units[row, duty]) * self.counts[duty] for duty in who)
            short = self.model.new_int_var(0, needed, f"short {row}")
            surplus = self.model.new_int_var(0, int(units[row].sum()) * len(self.works), f"surplus {row}")
            self.model.add(there + short - surplus == needed)
            self._cost(short, weights.short * hours / DESK)
            self._cost(surplus, weights.surplus * hours / DESK)
            if needed:
                far = self.model.new_int_var(0, needed, f"far {row}")
                self.model.add(far >= short - int(FAR * needed))
                self._cost(far, 3 * weights.short * hours / DESK)

    def fairness(self) -> None:
        """Points for late and weekend shifts by which agents of the same teams differ, by their contract hours."""
        weights = self.task.scenario.roster.weights
        for kind, weight in (("late", weights.late), ("weekend", weights.weekend)):
            for team, members in alike(self.task).items():
                most, least = (self.model.new_int_var(0, 100 * FAIR * len(self.counts), kind) for _ in range(2))
                able = 0
                for number, part in members:
                    shifts = [var for duty, var in self.works[number].items() if counted(self.task, kind, duty)]
                    if shifts:
                        able += 1
                        self.model.add(most >= round(FAIR / part) * sum(shifts))
                        self.model.add(least <= round(FAIR / part) * sum(shifts))
                if able > 1:
                    spread = self.model.new_int_var(0, 100 * FAIR * len(self.counts), f"{kind} {team}")
                    self.model.add(spread >= most - least)
                    self._cost(spread, weight / FAIR)

    def wishes(self) -> None:
        """Points for wishes that are not fulfilled."""
        weight = self.task.scenario.roster.weights.wishes
        for agent, works in zip(self.task.agents, self.works, strict=True):
            for wish in agent.wishes:
                for duty, var in works.items():
                    if against(self.task, wish, duty):
                        self._cost(var, weight * wish.weight)

    def stable_weeks(self) -> None:
        """Points for every start time of an agent in a week but one."""
        weight = self.task.scenario.roster.weights.starts
        for number, works in enumerate(self.works):
            by_week: dict[int, dict[int, list[Any]]] = {}
            for duty, var in works.items():
                of = self.task.duties[duty]
                by_week.setdefault(of.day // WEEK, {}).setdefault(of.hours.start, []).append(var)
            for week, starts in by_week.items():
                if len(starts) < 2 or not weight:
                    continue
                used = []
                for start, shifts in starts.items():
                    used.append(self.model.new_bool_var(f"{number} starts at {start} in week {week}"))
                    for var in shifts:
                        self.model.add_implication(var, used[-1])
                more = self.model.new_int_var(0, len(starts) - 1, f"{number} starts in week {week}")
                self.model.add(more >= sum(used) - 1)
                self._cost(more, weight)

    def solve(self, effort: float, seconds: float, seed: int = 0) -> Solution:
        """The roster with the fewest points."""
        from ortools.sat.python import cp_model

        self.model.minimize(cp_model.LinearExpr.weighted_sum(*map(list, zip(*self.points, strict=True))))
        solver = settled(effort, seconds, seed)
        found = solver.solve(self.model)
        statuses: dict[Any, Status] = {
            cp_model.OPTIMAL: "optimal",
            cp_model.FEASIBLE: "feasible",
            cp_model.INFEASIBLE: "infeasible",
        }
        status = statuses.get(found, "unknown")
        if status in ("infeasible", "unknown"):
            return Solution(status, {}, math.nan, math.nan, solver.wall_time >= seconds)
        assignment = {
            agent.name: [duty for duty, var in works.items() if solver.boolean_value(var)]
            for agent, works in zip(self.task.agents, self.works, strict=True)
        }
        points, bound = solver.objective_value / POINT, max(solver.best_objective_bound, 0) / POINT
        return Solution(status, assignment, points, bound, status != "optimal" and solver.wall_time >= seconds)


def settled(effort: float, seconds: float = math.inf, seed: int = 0) -> cp_model.CpSolver:
    """A solver that comes to the same answer every time, unless the clock ends it."""
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = WORKERS
    solver.parameters.interleave_search = True
    solver.parameters.random_seed = seed % 2**31
    solver.parameters.max_deterministic_time = effort
    if math.isfinite(seconds):
        solver.parameters.max_time_in_seconds = seconds
    return solver


def add_limit(model: cp_model.CpModel, works: Works, limit: Limit) -> None:
    """A rule about the duties of one agent; those without a variable are not worked."""
    from ortools.sat.python import cp_model

    terms = [
        (works[duty], n) for duty, n in zip(limit.duties.tolist(), limit.amounts.tolist(), strict=True) if duty in works
    ]
    if sum(n for _, n in terms) > limit.high or limit.low > 0:
        total = cp_model.LinearExpr.weighted_sum([var for var, _ in terms], [n for _, n in terms])
        model.add_linear_constraint(total, limit.low, limit.high)


def alike(task: Task) -> dict[tuple[str, ...], list[tuple[int, float]]]:
    """Agents of the same teams, by their numbers, each with the share that contract and leave make of the longest."""
    hours = [sum(rules.contract_minutes(task, agent, week)[1] for week in range(task.weeks)) for agent in task.agents]
    groups: dict[tuple[str, ...], list[int]] = {}
    for number, agent in enumerate(task.agents):
        if hours[number]:
            groups.setdefault(tuple(teams_of(task.scenario, agent)), []).append(number)
    return {
        teams: [(number, hours[number] / max(hours[other] for other in numbers)) for number in numbers]
        for teams, numbers in groups.items()
    }


def counted(task: Task, kind: str, duty: int) -> bool:
    """Whether a duty is a late one, or one of a weekend."""
    return task.duties[duty].late if kind == "late" else task.weekend[duty]


def against(task: Task, wish: Wish, duty: int) -> bool:
    """Whether to work a duty is against a wish."""
    of = task.duties[duty]
    return wish.days.on(task.date(of.day)) and (wish.shift == OFF or wish.shift != task.names[of.pattern])
