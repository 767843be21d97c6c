"""A roster made and tried: the people's shifts, which rules and wishes they keep, and what the rules cost."""

from __future__ import annotations

import copy
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np

from ccsim.results.model import Results, as_json
from ccsim.runs.run import run
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.scenario.pauses import pauses_of
from ccsim.scenario.people import OFF
from ccsim.scenario.roster_rules import teams_of
from ccsim.scenario.spreadsheets import csv_text
from ccsim.scenario.values import HOUR, WEEK, clock
from ccsim.staffing.baseline import on_duty
from ccsim.staffing.carry_over import carried_over
from ccsim.staffing.output import ROSTER_COLUMNS, RosterRow, roster_files
from ccsim.staffing.roster import conflict, program, rules
from ccsim.staffing.roster.demand import Demand
from ccsim.staffing.roster.duties import Assignment, Duty, Task
from ccsim.staffing.roster.program import Status, alike, counted
from ccsim.staffing.roster.rules import PER_AGENT, SHIFT_LIMITS, Breach
from ccsim.staffing.roster.search import Solution, search
from ccsim.tables import F64, I64
from ccsim.workload.offered import interval_edges
from ccsim.workload.unserved import unserved

EFFORT: Final = 60.0
"""Steps of the solver, about seconds, without another limit."""

SOFT: Final = ("late_fairness", "weekend_fairness", "wishes", "stable_week")
"""What a roster keeps as far as it can."""


@dataclass(frozen=True)
class RosterPlan:
    """The roster of a task, or why there is none."""

    task: Task
    demand: Demand
    solution: Solution
    breaches: tuple[Breach, ...]
    """rules that cannot be kept or wishes not fulfilled"""
    simulated: Results | None
    """of the roster, on random numbers that no plan has seen; None without a roster"""
    unrestricted: Results | None
    """the same without anybody's rules; None where the patterns cannot cover what is required"""
    seconds: float

    @property
    def status(self) -> Status:
        return self.solution.status

    @property
    def assignment(self) -> Assignment:
        """By agent the duties; of nobody without a roster."""
        return self.solution.assignment

    @cached_property
    def counts(self) -> I64:
        """Agents on each duty : int64[duty]."""
        return counts_of(self.task, self.assignment)

    @cached_property
    def scenario(self) -> Scenario:
        """The scenario with this roster, ready to run; as given without one."""
        return rostered(self.task, self.rows()) if self.assignment else self.task.scenario

    @cached_property
    def on_duty(self) -> F64:
        """Agents at their desks : float64[team, interval]."""
        return on_duty(self.scenario)

    @cached_property
    def there(self) -> F64:
        """Agents by row of the demand : float64[row]; in an interval those at their desks, breaks where they are."""
        if self.demand.plan is not None:
            return self.counts.astype(np.float64)
        teams, edges = list(self.scenario.team), interval_edges(self.scenario)
        rows = [teams.index(team) for team in self.demand.team]
        return self.on_duty[rows, np.searchsorted(edges, self.demand.starts)]

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What to know before this roster is worked: hours in which a queue is open with nobody on duty, say."""
        if not self.assignment:
            return ()
        days = WEEK if self.demand.of_a_week else self.scenario.days
        over = carried_over(self.scenario, self.on_duty > 0, days)
        return (*map(str, unserved(self.scenario)), *over)

    def rows(self) -> dict[str, list[RosterRow]]:
        """Who works when, by team."""
        return rows_of(self.task, self.assignment)


class AgentHours(NamedTuple):
    """What one agent works over the roster."""

    name: str
    teams: tuple[str, ...]
    contract: float
    """hours by contract, less leave"""
    hours: float
    """paid"""
    shifts: int
    late: int
    weekend: int
    starts: int
    """start times of the week with most of them"""


def agents_of(plan: RosterPlan) -> list[AgentHours]:
    """Every agent's hours and shifts, in the order of the scenario."""
    task, rows = plan.task, []
    for agent in task.agents:
        worked = plan.assignment[agent.name]
        rows.append(
            AgentHours(
                agent.name,
                tuple(teams_of(task.scenario, agent)),
                sum(rules.contract_minutes(task, agent, week)[1] for week in range(task.weeks)) / 60,
                sum(task.duties[duty].paid for duty in worked) / HOUR,
                len(worked),
                sum(counted(task, "late", duty) for duty in worked),
                sum(counted(task, "weekend", duty) for duty in worked),
                max(map(len, rules.starts_by_week(task, worked))),
            )
        )
    return rows


def roster(
    task: Task,
    demand: Demand,
    *,
    effort: float = EFFORT,
    seconds: float = math.inf,
    workers: int = 1,
    progress: Callable[[str], object] = lambda step: None,
) -> RosterPlan:
    """The best roster for the people of a task, simulated beside the same demand without their rules.

    `effort` and `seconds` are those of `search`; `progress` is called with what is done next.
    """
    began = time.perf_counter()
    progress("searching for a roster")
    solution = search(task, demand, effort=effort, seconds=seconds)
    if not solution.assignment:
        progress("searching for the rules that conflict")
        why = tuple(conflict.conflicts(task)) if solution.status == "infeasible" else ()
        return RosterPlan(task, demand, solution, why, None, None, time.perf_counter() - began)
    breaches = (*rules.broken(task, solution.assignment), *_missed(task, solution.assignment))

    def tried(scenario: Scenario) -> Results:
        fresh = scenario.with_streams((scenario.seed + 1) % 2**63, scenario.replications)
        return run(fresh, engine="compiled", workers=workers, executor="threads")

    progress("simulating the roster")
    simulated = tried(rostered(task, rows_of(task, solution.assignment)))
    free = demand.unrestricted
    unrestricted = None
    if free is not None and free.any():
        progress("simulating the plan without rules")
        unrestricted = tried(rostered(task, rows_of(task, _anybody(task, free))))
    return RosterPlan(task, demand, solution, breaches, simulated, unrestricted, time.perf_counter() - began)


def counts_of(task: Task, assignment: Assignment) -> I64:
    """Agents on each duty : int64[duty]."""
    worked = np.array([duty for duties in assignment.values() for duty in duties], dtype=np.int64)
    return np.bincount(worked, minlength=len(task.duties))


def _anybody(task: Task, counts: I64) -> Assignment:
    """So many agents on each duty, each of whom works no other: their rules cannot matter."""
    return {
        f"{task.written(duty)}, {place + 1}": [number]
        for number, (duty, count) in enumerate(zip(task.duties, counts.tolist(), strict=True))
        for place in range(count)
    }


def rows_of(task: Task, assignment: Assignment) -> dict[str, list[RosterRow]]:
    """Who works when, by team, agents in order; breaks placed in their windows by turns on each day."""
    rows: dict[str, list[RosterRow]] = {team: [] for team in task.teams}
    taken: Counter[int] = Counter()
    for agent, duties in assignment.items():
        for number in duties:
            start, end, pauses = _written(task, task.duties[number], taken[number])
            taken[number] += 1
            duty = task.duties[number]
            rows[duty.team].append((agent, task.date(duty.day), start, end, ";".join(pauses)))
    return rows


def _written(task: Task, duty: Duty, place: int) -> tuple[str, str, list[str]]:
    """Start, end and breaks of one of those on a duty, as a roster file has them."""
    given = task.scenario.staffing.patterns
    before = sum(pattern.team == duty.team for pattern in given[: duty.pattern])
    start, _, end = str(duty.hours).partition("-")
    return start, end, [str(pause) for pause in pauses_of(given[duty.pattern], task.date(duty.day), before + place)]


def rostered(task: Task, rows: Mapping[str, Iterable[RosterRow]]) -> Scenario:
    """The scenario in which the teams work these rosters instead of their shifts; who is on leave is not in them."""
    raw, files = copy.deepcopy(task.scenario.raw), dict(task.scenario.files)
    for team, file in roster_files(task.scenario, rows).items():
        shifts = list(rows[team])
        for key in ("shifts", "leave", "roster"):
            raw["team"][team].pop(key, None)
        if shifts:
            raw["team"][team]["roster"] = {"file": file}
            files[file] = csv_text(ROSTER_COLUMNS, shifts).encode()
        else:
            raw["team"][team]["shifts"] = [{"agents": 0, "hours": "always"}]
    return read.parse(raw, given=files)


def _missed(task: Task, assignment: Assignment) -> Iterator[Breach]:
    """What a roster does not keep of what it should as far as it can."""
    for kind in ("late", "weekend"):
        for members in alike(task, range(len(task.agents)), kind):
            shifts = {
                number: sum(counted(task, kind, duty) for duty in assignment[task.agents[number].name])
                for number, _ in members
            }
            fewest = min(shifts[number] / part for number, part in members)
            for number, part in members:
                if shifts[number] / part > fewest + 1 / part:
                    what = f"{shifts[number]} {kind} shifts; by contract hours the fewest come to {fewest * part:.1f}"
                    yield Breach(f"{kind}_fairness", task.agents[number].name, what)
    for agent in task.agents:
        worked = assignment[agent.name]
        for wish in agent.wishes:
            if against := [task.day(task.duties[duty].day) for duty in worked if program.against(task, wish, duty)]:
                wished = "a day off" if wish.shift == OFF else wish.shift
                yield Breach("wishes", agent.name, f"{wished}: not on {', '.join(against)}")
        for week, starts in enumerate(rules.starts_by_week(task, worked)):
            if len(starts) > 1:
                times = ", ".join(clock(start) for start in sorted(starts))
                yield Breach("stable_week", agent.name, f"week {week + 1}: starts at {times}")


def wish_days(plan: RosterPlan) -> tuple[int, int]:
    """Days on which a wish is not fulfilled, and all that wishes are about: of one for a shift, those at work."""
    task, against, about = plan.task, 0, 0
    for agent in task.agents:
        worked = plan.assignment[agent.name]
        able = {task.duties[duty].day for duty in rules.allowed(task, agent)}
        for wish in agent.wishes:
            days = able if wish.shift == OFF else {task.duties[duty].day for duty in worked}
            about += sum(wish.days.on(task.date(day)) for day in days)
            against += sum(program.against(task, wish, duty) for duty in worked)
    return against, about


def record(plan: RosterPlan) -> dict[str, Any]:
    """The object that `--json` prints."""
    task = plan.task
    agents: list[dict[str, Any]] = []
    written = {team: iter(rows) for team, rows in plan.rows().items()}
    broken: dict[str, list[dict[str, str | None]]] = {rule: [] for rule in (*PER_AGENT, SHIFT_LIMITS, *SOFT)}
    for breach in plan.breaches:
        broken[breach.rule].append({"agent": breach.agent or None, "what": breach.what})
    for agent in task.agents:
        shifts = []
        for number in plan.assignment.get(agent.name, ()):
            duty = task.duties[number]
            _, day, start, end, breaks = next(written[duty.team])
            shifts.append(
                {"date": day.isoformat(), "start": start, "end": end, "breaks": [b for b in breaks.split(";") if b],
                 "team": duty.team, "shift": task.names[duty.pattern]}
            )  # fmt: skip
        agents.append({"name": agent.name, "team": agent.team, "shifts": shifts})
    gap = plan.solution.gap
    return {
        "scenario": task.scenario.name,
        "status": plan.status,
        "gap": None if math.isnan(gap) else gap,
        "points": None if math.isnan(plan.solution.points) else plan.solution.points,
        "covers": plan.demand.method,
        "agents": agents,
        "rules": [{"rule": rule, "broken": breaches} for rule, breaches in broken.items()],
        "simulated": None if plan.simulated is None else as_json(plan.simulated),
        "unrestricted": None if plan.unrestricted is None else as_json(plan.unrestricted),
        "notes": list(task.notes),
        "warnings": list(plan.warnings),
    }
