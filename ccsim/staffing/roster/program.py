"""The program of a roster for OR-tools' CP-SAT: who works which duty, with the fewest points of [roster] weights.

Rules are constraints; what is required, fairness, wishes and a stable week cost points. Employee scheduling in this
form: Ernst, Jiang, Krishnamoorthy & Sier (2004), European Journal of Operational Research 153.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np

from ccsim.scenario.people import OFF, Wish
from ccsim.scenario.roster_rules import teams_of
from ccsim.scenario.values import WEEK
from ccsim.staffing.roster import rules
from ccsim.staffing.roster.demand import Demand
from ccsim.staffing.roster.duties import Task
from ccsim.staffing.roster.rules import Limit

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

DESK: Final = 20
"""An agent is so many units of the program: shares at the desk are rounded to a twentieth."""

POINT: Final = 1000
"""Units of the objective in a point."""

FAR: Final = 0.25
"""What is missing beyond this share of the requirement counts four times."""

CLOSE: Final = 1e-6

LARGE: Final = 10**7
"""More than shifts, so counted, come to."""

FAIR: Final = 100
"""Shifts are counted in hundredths, so that part-time agents have their part of them."""

Works = dict[int, "cp_model.IntVar"]
"""The variables of an agent, by duty."""

Status = Literal["optimal", "feasible", "infeasible", "unknown"]


Chosen = set[tuple[int, int]] | None
"""Agent and duty, by their numbers, of a roster; None if there is none."""


class Answer(NamedTuple):
    """What the solver came to in one program."""

    status: Status
    chosen: Chosen
    points: float
    bound: float
    spent: float
    """steps, about seconds"""


class Program:
    """Variables of who works which duty, the rules that they keep, and points.

    Of some agents (`members`, by number) who share teams with nobody else, over the first `days`.
    """

    def __init__(self, task: Task, members: Sequence[int], days: int) -> None:
        from ortools.sat.python import cp_model

        self.task = task
        self.members = members
        self.days = days
        self.model = cp_model.CpModel()
        self.points: list[tuple[Any, int]] = []
        mine = {team for number in members for team in teams_of(task.scenario, task.agents[number])}
        self.duties = [i for i, duty in enumerate(task.duties) if duty.team in mine and duty.day < days]
        self.works: dict[int, Works] = {}
        """by agent, the duties that may be worked"""
        for number in members:
            free = set(rules.allowed(task, task.agents[number])).intersection(self.duties)
            self.works[number] = {duty: self.model.new_bool_var(f"{number} {duty}") for duty in sorted(free)}
            for limit in rules.limits(task, task.agents[number]):
                add_limit(self.model, self.works[number], self._until_now(limit))
        self.counts = {duty: self._count(duty) for duty in self.duties}

    def _until_now(self, limit: Limit) -> Limit:
        """Its part of the days that the program is about."""
        days = self.task.of_day[limit.duties]
        if limit.low <= 0 or days.max() < self.days:
            return limit
        every = set(days.tolist())
        return limit._replace(low=limit.low * sum(day < self.days for day in every) // len(every))

    def _count(self, duty: int) -> cp_model.IntVar:
        """How many agents work a duty."""
        who = [works[duty] for works in self.works.values() if duty in works]
        count = self.model.new_int_var(0, len(who), f"count {duty}")
        self.model.add(count == sum(who))
        return count

    def keep_shift_limits(self) -> None:
        """No duty has fewer or more agents than its pattern allows."""
        limits = rules.shift_limits(self.task)
        for duty, count in self.counts.items():
            self.model.add_linear_constraint(count, *limits[duty])

    def miss_shift_limits(self) -> None:
        """Agents fewer or more than the patterns allow cost a point each, instead."""
        limits = rules.shift_limits(self.task)
        for duty, count in self.counts.items():
            low, high = limits[duty]
            missed = self.model.new_int_var(0, max(low, len(self.works)), f"missed {duty}")
            self.model.add(missed >= low - count)
            self.model.add(missed >= count - high)
            self._cost(missed, 1)

    def _cost(self, what: Any, points: float) -> None:
        if units := round(points * POINT):
            self.points.append((what, units))

    def cover(self, demand: Demand) -> None:
        """Points for agents missing and agents too many."""
        weights = self.task.scenario.roster.weights
        units = np.rint(demand.covers * DESK).astype(np.int64)
        required = DESK * np.ceil(demand.required - CLOSE).astype(np.int64)
        for row, (needed, hours) in enumerate(zip(required.tolist(), demand.hours.tolist(), strict=True)):
            who = np.flatnonzero(units[row]).tolist()
            if not self.counts.keys() >= set(who):
                continue  # of another team, or of a day to come
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
            for members in alike(self.task, self.members, kind):
                most, least = (self.model.new_int_var(0, LARGE, kind) for _ in range(2))
                for number, part in members:
                    shifts = sum(var for duty, var in self.works[number].items() if counted(self.task, kind, duty))
                    self.model.add(most >= round(FAIR / part) * shifts)
                    self.model.add(least <= round(FAIR / part) * shifts)
                spread = self.model.new_int_var(0, LARGE, f"{kind} differ")
                self.model.add(spread >= most - least)
                self._cost(spread, weight / FAIR)

    def wishes(self) -> None:
        """Points for wishes that are not fulfilled."""
        weight = self.task.scenario.roster.weights.wishes
        for number, works in self.works.items():
            for wish in self.task.agents[number].wishes:
                for duty, var in works.items():
                    if against(self.task, wish, duty):
                        self._cost(var, weight * wish.weight)

    def stable_weeks(self) -> None:
        """Points for every start time of an agent in a week but one."""
        weight = self.task.scenario.roster.weights.starts
        for number, works in self.works.items():
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

    def solve(self, effort: float, until: float = math.inf, *, start: Chosen = None, free: Chosen = None) -> Answer:
        """The fewest points within an effort and until a time of the clock.

        From a roster to `start` from; with `free`, of which only these may change.
        """
        from ortools.sat.python import cp_model

        model = self.model.clone()
        model.minimize(cp_model.LinearExpr.weighted_sum([what for what, _ in self.points], [n for _, n in self.points]))
        for number, works in self.works.items():
            for duty, var in works.items():
                if start is None:
                    continue
                same = model.get_bool_var_from_proto_index(var.index)
                if free is None or (number, duty) in free:
                    model.add_hint(same, (number, duty) in start)
                else:
                    model.add(same == ((number, duty) in start))
        solver = settled(effort, max(until - time.perf_counter(), 0.01), self.task.scenario.seed)
        outcome = solver.solve(model)
        spent = solver.response_proto.deterministic_time
        statuses: dict[Any, Status] = {
            cp_model.OPTIMAL: "optimal",
            cp_model.FEASIBLE: "feasible",
            cp_model.INFEASIBLE: "infeasible",
        }
        status = statuses.get(outcome, "unknown")
        bound = max(solver.best_objective_bound, 0) / POINT
        if status in ("infeasible", "unknown"):
            return Answer(status, None, math.inf, bound, spent)
        chosen = {
            (number, duty)
            for number, works in self.works.items()
            for duty, var in works.items()
            if solver.boolean_value(var)
        }
        return Answer(status, chosen, solver.objective_value / POINT, bound, spent)


def add_limit(model: cp_model.CpModel, works: Works, limit: Limit) -> None:
    """A rule about the duties of one agent; those without a variable are not worked."""
    from ortools.sat.python import cp_model

    terms = [
        (works[duty], n) for duty, n in zip(limit.duties.tolist(), limit.amounts.tolist(), strict=True) if duty in works
    ]
    if sum(n for _, n in terms) > limit.high or limit.low > 0:
        total = cp_model.LinearExpr.weighted_sum([var for var, _ in terms], [n for _, n in terms])
        model.add_linear_constraint(total, limit.low, limit.high)


def settled(effort: float, seconds: float = math.inf, seed: int = 0) -> cp_model.CpSolver:
    """A solver that comes to the same answer every time, unless the clock ends it."""
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.linearization_level = 2
    solver.parameters.random_seed = seed % 2**31
    solver.parameters.max_deterministic_time = effort
    if math.isfinite(seconds):
        solver.parameters.max_time_in_seconds = seconds
    return solver


def alike(task: Task, members: Sequence[int], kind: str) -> list[list[tuple[int, float]]]:
    """Groups of agents of the same teams who may work shifts of a kind and others, each agent with a share.

    The share is what contract and leave make of the longest hours in the group.
    """
    groups: dict[tuple[str, ...], dict[int, float]] = {}
    for number in members:
        agent = task.agents[number]
        hours = sum(rules.contract_minutes(task, agent, week)[1] for week in range(task.weeks))
        kinds = {counted(task, kind, duty) for duty in rules.allowed(task, agent)}
        if hours and len(kinds) == 2:
            groups.setdefault(tuple(teams_of(task.scenario, agent)), {})[number] = hours
    return [
        [(number, hours / max(group.values())) for number, hours in group.items()]
        for group in groups.values()
        if len(group) > 1
    ]


def counted(task: Task, kind: str, duty: int) -> bool:
    """Whether a duty is a late one, or one of a weekend."""
    return task.duties[duty].late if kind == "late" else task.weekend[duty]


def against(task: Task, wish: Wish, duty: int) -> bool:
    """Whether to work a duty is against a wish."""
    of = task.duties[duty]
    return wish.days.on(task.date(of.day)) and (wish.shift == OFF or wish.shift != task.names[of.pattern])
