"""What a roster is to cover: agents at their desks by interval, or agents on each shift of a plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np

from ccsim.errors import Problem, ScenarioError
from ccsim.results.plans import Requirement
from ccsim.scenario.data import CsvTable, DataFiles
from ccsim.scenario.faults import FaultError, did_you_mean, shown
from ccsim.scenario.values import HOUR, WEEK
from ccsim.staffing import patterns
from ccsim.staffing.cover import cover
from ccsim.staffing.patterns import at_desk
from ccsim.staffing.roster.duties import Task
from ccsim.tables import F64, I64
from ccsim.workload.offered import interval_edges

REQUIREMENT: Final = "requirement.csv"
SHIFTS: Final = "shifts.csv"
"""What `ccsim staff` leaves in its folder."""


@dataclass(frozen=True)
class Demand:
    """Agents required, a row for each team and interval, or for each duty of a plan."""

    task: Task
    method: str
    required: F64
    """float64[row]: agents, with shrinkage"""
    covers: F64
    """float64[row, duty]: agents whom one on a duty brings, on average over the places of its breaks"""
    hours: F64
    """float64[row]: length of the interval, or hours at the desk of the duty"""
    team: tuple[str, ...]
    """by row"""
    starts: I64
    """us : [row]"""
    plan: I64 | None = None
    """agents on each duty, where a plan says so : int64[duty]"""
    out_of_reach: float = 0.0
    """agent hours required in which no shift is worked"""
    of_a_week: bool = False
    """of the plan of one week, which holds for every week"""

    @cached_property
    def unrestricted(self) -> I64 | None:
        """Agents on each duty without anybody's rules : int64[duty]: those of the plan, else the cheapest cover.

        None where the most agents of the patterns forbid it.
        """
        if self.plan is not None:
            return self.plan
        given = self.task.scenario.staffing.patterns
        most = np.array([patterns.most_agents(given[duty.pattern]) for duty in self.task.duties])
        cheapest = cover(self.covers, self.required, self.task.costs, most=most)
        return None if cheapest is None else cheapest.counts

    def hours_short(self, there: F64) -> float:
        """Agent hours missing to what is required, with so many there : float64[row]."""
        return float(np.maximum(self.required - there, 0.0) @ self.hours)

    def hours_over(self, there: F64) -> float:
        """Agent hours above what is required, with so many there : float64[row]."""
        return float(np.maximum(there - self.required, 0.0) @ self.hours)


def of_requirement(task: Task, requirement: Requirement) -> Demand:
    """The requirement of the roster's teams by interval, shrinkage added."""
    edges = interval_edges(task.scenario)
    needed = [requirement.with_shrinkage[requirement.names.index(team)] for team in task.teams]
    return _by_interval(task, requirement.method, edges, np.array(needed))


def _by_interval(task: Task, method: str, edges: I64, needed: F64) -> Demand:
    """`needed` : float64[team, interval]."""
    covers = np.zeros((*needed.shape, len(task.duties)))
    for number, duty in enumerate(task.duties):
        if duty.team in task.teams:
            covers[task.teams.index(duty.team), :, number] = at_desk(task.group(duty), edges)
    covers, required = covers.reshape(-1, len(task.duties)), needed.ravel()
    hours = np.tile(np.diff(edges) / HOUR, len(task.teams))
    reached = covers.any(axis=1)
    teams = np.repeat(task.teams, needed.shape[1])
    return Demand(
        task,
        method,
        required[reached],
        covers[reached],
        hours[reached],
        tuple(teams[reached].tolist()),
        np.tile(edges[:-1], len(task.teams))[reached],
        out_of_reach=float((required * hours)[~reached].sum()),
    )


def of_plan(task: Task, method: str, agents: I64) -> Demand:
    """So many agents on each shift pattern, on every day on which it is worked : int64[pattern]."""
    edges = interval_edges(task.scenario)
    counts = np.array([int(agents[duty.pattern]) for duty in task.duties], dtype=np.int64)
    desk = np.array([at_desk(task.group(duty), edges) @ (np.diff(edges) / HOUR) for duty in task.duties])
    counts *= np.array([duty.team in task.teams for duty in task.duties])
    return Demand(
        task,
        method,
        counts.astype(np.float64),
        np.eye(len(task.duties)),
        np.asarray(desk),
        tuple(duty.team for duty in task.duties),
        np.array([duty.start for duty in task.duties], dtype=np.int64),
        plan=counts,
    )


def of_folder(task: Task, folder: Path) -> Demand:
    """What `ccsim staff` has left in its results folder: its shifts, else its requirement.

    A requirement of another week holds by weekday and time. Raises ScenarioError.
    """
    present = {name: (folder / name).read_bytes() for name in (SHIFTS, REQUIREMENT) if (folder / name).is_file()}
    if not present:
        raise ScenarioError(
            [Problem("", f"no {SHIFTS} and no {REQUIREMENT}", "a folder of `ccsim staff`", str(folder))]
        )
    name = next(iter(present))
    try:
        return (_of_shifts if name == SHIFTS else _of_intervals)(task, DataFiles(given=present))
    except FaultError as bad:
        problems = [Problem(fault.row or name, fault.value, fault.allowed, str(folder)) for fault in bad.faults]
        raise ScenarioError(problems) from None


def _of_shifts(task: Task, files: DataFiles) -> Demand:
    agents, table, worked = np.zeros(len(task.names), dtype=np.int64), files.table(SHIFTS), set[date]()
    for line, (name, number, days) in table.cells("pattern", "agents", "days"):
        if name not in task.names:
            raise FaultError(table.fault(line, f"no pattern {shown(name)}", did_you_mean(name, task.names)))
        agents[task.names.index(name)] = _number(table, line, number, int)
        try:
            worked |= {date.fromisoformat(day) for day in days.split(";") if day}
        except ValueError:
            raise FaultError(table.fault(line, days, "dates, such as 2026-03-02;2026-03-03")) from None
    return replace(of_plan(task, "the shifts of a plan", agents), of_a_week=_length(worked) <= WEEK)


def _of_intervals(task: Task, files: DataFiles) -> Demand:
    edges, table = interval_edges(task.scenario), files.table(REQUIREMENT)
    clock = [task.scenario.calendar.local(start).replace(tzinfo=None) for start in edges[:-1].tolist()]
    by_method: dict[str, dict[tuple[str, datetime], float]] = {}
    for line, (method, team, day, time, agents) in table.cells(
        "method", "team", "date", "time", "agents_with_shrinkage"
    ):
        try:
            at = datetime.fromisoformat(f"{day}T{time}")
        except ValueError:
            raise FaultError(table.fault(line, f"{day} {time}", "a date and a time of day")) from None
        by_method.setdefault(method, {})[team, at] = _number(table, line, agents, float)
    if not by_method:
        raise FaultError(table.fault(1, "no rows", "a requirement"))
    method, rows = next(iter(by_method.items()))
    by_weekday = {(team, at.weekday(), at.time()): agents for (team, at), agents in rows.items()}
    days = _length({at.date() for _, at in rows})
    if days < WEEK:
        raise FaultError(table.fault(2, f"{days} days", "a week at least, or all days of the roster"))
    needed = [
        [rows.get((team, at), by_weekday.get((team, at.weekday(), at.time()), 0.0)) for at in clock]
        for team in task.teams
    ]
    same = all((team, at) in rows for team in task.teams for at in clock)
    demand = _by_interval(task, method if same else f"{method}; of a week, repeated", edges, np.array(needed))
    return replace(demand, of_a_week=days <= WEEK)


def _length(days: set[date]) -> int:
    """Days from the first to the last."""
    return (max(days) - min(days)).days + 1 if days else 0


def _number(table: CsvTable, line: int, cell: str, kind: Callable[[str], float]) -> float:
    try:
        number = kind(cell)
    except ValueError:
        number = -1.0
    if number < 0:
        raise FaultError(table.fault(line, cell, "a number of agents"))
    return number
