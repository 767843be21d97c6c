"""Duties: the shift patterns of [staffing] on the days of the run, each of which one agent works or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from ccsim.errors import Problem, ScenarioError
from ccsim.lowering import AgentGroup, Horizon, WorkPeriod, premiums
from ccsim.results import format
from ccsim.scenario.model import Scenario
from ccsim.scenario.pauses import cycle_of, pauses_of
from ccsim.scenario.people import RosterAgent
from ccsim.scenario.roster_rules import teams_of
from ccsim.scenario.spans import Local, local
from ccsim.scenario.values import DAY, WEEK, Span
from ccsim.staffing import patterns
from ccsim.tables import F64, I64

SATURDAY: Final = 5

Assignment = dict[str, list[int]]
"""By agent the numbers of the duties, in order of time."""


class Duty(NamedTuple):
    """A shift pattern on a day of the run."""

    pattern: int
    team: str
    day: int
    hours: Span
    start: int
    end: int
    """us since the start of the run"""
    paid: int
    """us that count towards the contract: without breaks where they are not paid"""
    late: bool


@dataclass(frozen=True, eq=False)
class Task:
    """What is to be rostered: people, duties and rules of a scenario."""

    scenario: Scenario
    notes: tuple[str, ...] = ()
    """what of the scenario is planned otherwise than it says, in words"""

    def __post_init__(self) -> None:
        """Raises ScenarioError where there is nobody, nothing to work, or no whole number of weeks."""
        scenario, problems = self.scenario, []
        if not self.agents:
            allowed = 'agents = [{ name = "…", team = "…", hours_per_week = 38.5 }, …] or people = { file = "…" }'
            problems.append(Problem("roster", "no agents", allowed))
        if scenario.days % WEEK:
            allowed = "a roster of whole weeks, such as 28 days"
            problems.append(Problem("days", f"{scenario.days} days", allowed))
        staffed = {pattern.team for pattern in scenario.staffing.patterns}
        for place, agent in scenario.roster.everybody():
            if not staffed.intersection(teams_of(scenario, agent)):
                teams = ", ".join(teams_of(scenario, agent))
                value = f"no shift pattern of {teams} for {agent.name}"
                problems.append(Problem(place, value, "patterns of this team in [staffing]"))
        for i, pattern in enumerate(scenario.staffing.patterns):
            if pattern.hours.end - pattern.hours.start >= DAY:
                path = f"staffing.patterns.{i}.hours"
                problems.append(Problem(path, "a shift round the clock", "shifts of less than a day for a roster"))
        if problems:
            raise ScenarioError(problems)

    @cached_property
    def agents(self) -> tuple[RosterAgent, ...]:
        return tuple(agent for _, agent in self.scenario.roster.everybody())

    @cached_property
    def teams(self) -> tuple[str, ...]:
        """Those whose shifts are given to people, in the order of the file."""
        worked = {duty.team for duty in self.duties}
        able = {team for agent in self.agents for team in teams_of(self.scenario, agent)}
        return tuple(team for team in self.scenario.team if team in worked & able)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Of the shift patterns."""
        return patterns.names(self.scenario.staffing.patterns)

    @cached_property
    def duties(self) -> tuple[Duty, ...]:
        """By day, then in the order of the patterns."""
        horizon = Horizon.of(self.scenario)
        duties = []
        for day in range(self.scenario.days):
            for number, pattern in enumerate(self.scenario.staffing.patterns):
                hours = pattern.hours_on(self.date(day))
                if hours is None:
                    continue
                start, end = horizon.stretch(day, hours)
                pauses = [horizon.stretch(day, pause) for pause in pauses_of(pattern, self.date(day), 0)]
                unpaid = 0 if pattern.paid else sum(until - since for since, until in pauses)
                late = hours.end > self.scenario.roster.late_after
                duties.append(Duty(number, pattern.team, day, hours, start, end, end - start - unpaid, late))
        return tuple(duties)

    @cached_property
    def of_day(self) -> I64:
        """int64[duty]: its day"""
        return np.array([duty.day for duty in self.duties], dtype=np.int64)

    @cached_property
    def weekend(self) -> tuple[bool, ...]:
        """By duty, whether it begins on a Saturday or Sunday."""
        return tuple(self.date(duty.day).weekday() >= SATURDAY for duty in self.duties)

    @cached_property
    def holidays(self) -> frozenset[date]:
        """Public holidays around the run."""
        return frozenset(self.scenario.public_holidays())

    @property
    def weeks(self) -> int:
        return self.scenario.days // WEEK

    def date(self, day: int) -> date:
        """The date of a day of the run."""
        return self.scenario.calendar.date(day)

    def group(self, duty: Duty) -> AgentGroup:
        """As many agents on a duty as take all places of its breaks equally often: the mean of them is an agent."""
        horizon, pattern = Horizon.of(self.scenario), self.scenario.staffing.patterns[duty.pattern]

        def member(place: int) -> tuple[WorkPeriod, ...]:
            pauses = tuple(horizon.stretch(duty.day, pause) for pause in pauses_of(pattern, self.date(duty.day), place))
            return (WorkPeriod(duty.day, duty.start, duty.end, pauses, pattern.paid),)

        return AgentGroup(duty.team, duty.pattern, tuple(map(member, range(cycle_of(pattern)))), pattern.cost_per_hour)

    @cached_property
    def costs(self) -> F64:
        """What an agent on each duty costs : float64[duty]; hours where nothing has a cost."""
        given, dear = self.scenario.staffing.patterns, premiums(self.scenario)
        of_team = {name: team.cost_per_hour for name, team in self.scenario.team.items()}
        rates = [of_team[p.team] if p.cost_per_hour is None else p.cost_per_hour for p in given]
        hours = [patterns.paid_hours(self.scenario, self.group(duty), dear) for duty in self.duties]
        priced = any(rates)
        return np.array(
            [paid * (rates[duty.pattern] if priced else 1.0) for paid, duty in zip(hours, self.duties, strict=True)]
        )

    def local(self, duty: Duty) -> Local:
        """Its start and end in local time."""
        return local(self.date(duty.day), duty.hours)

    def written(self, duty: Duty) -> str:
        """A duty for people: late on Mon 2 Mar."""
        return f"{self.names[duty.pattern]} on {self.day(duty.day)}"

    def day(self, day: int) -> str:
        """A day for people: Mon 2 Mar."""
        return format.day(self.date(day))


def midnight(day: date) -> datetime:
    """The start of a day in local time."""
    return datetime.combine(day, datetime.min.time())
