"""Shift patterns: what one agent on each costs and covers, and the scenario in which so many agents work them."""

from __future__ import annotations

import copy
import math
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from ccsim.lowering import AgentGroup, Horizon, WorkPeriod, group_of, premiums, rosters
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.scenario.pauses import cycle_of, places_of
from ccsim.scenario.shifts import Pattern
from ccsim.scenario.teams import Team
from ccsim.scenario.values import HOUR
from ccsim.tables import F64, I64

SHARED: Final = (
    "name", "days", "hours", "breaks", "activities", "paid", "before_break", "holidays", "cost_per_hour",
)  # fmt: skip
"""What a pattern and a shift both say."""


def names(patterns: Iterable[Pattern]) -> tuple[str, ...]:
    """What the patterns are called: by name, else by team and hours, numbered where that is not enough."""
    taken: list[str] = []
    for pattern in patterns:
        name = base = pattern.name or f"{pattern.team} {pattern.hours}"
        number = 1
        while name in taken:
            number += 1
            name = f"{base} ({number})"
        taken.append(name)
    return tuple(taken)


def staffed(scenario: Scenario, agents: Iterable[int]) -> Scenario:
    """The scenario with so many agents on each of its patterns instead of the shifts of the patterns' teams.

    A pattern that nobody works is a shift of 0 agents, so that the absences of all others stay what they are.
    """
    raw = copy.deepcopy(scenario.raw)
    raw["staffing"].pop("rule", None)
    given = raw["staffing"]["patterns"]
    for name in {pattern["team"] for pattern in given}:
        raw["team"][name].pop("roster", None)
        raw["team"][name].pop("leave", None)
        raw["team"][name]["shifts"] = []
    for pattern, number in zip(given, agents, strict=True):
        shift: dict[str, Any] = {"agents": int(number)}
        raw["team"][pattern["team"]]["shifts"].append(shift | {key: pattern[key] for key in SHARED if key in pattern})
    return read.parse(raw, given=scenario.files)


def with_patterns(scenario: Scenario) -> Scenario:
    """The same if it has patterns; else with the shifts of its teams as patterns, of as many agents as are of use.

    Teams with a roster keep it.
    """
    if scenario.staffing.patterns or scenario.staffing.rule:
        return scenario
    raw = copy.deepcopy(scenario.raw)
    raw.setdefault("staffing", {})["patterns"] = [
        {"team": name} | {key: shift[key] for key in SHARED if key in shift}
        for name, team in raw["team"].items()
        for shift in team.get("shifts", [])
    ]
    return read.parse(raw, given=scenario.files)


def worked_today(scenario: Scenario) -> I64 | None:
    """Agents on each pattern with which the scenario's own shifts are worked; None where those are no patterns."""
    given = scenario.staffing.patterns
    agents = np.zeros(len(given), dtype=np.int64)
    when = [key for key in SHARED if key != "name"]
    for name in {pattern.team for pattern in given}:
        team = scenario.team[name]
        for shift in team.shifts:
            mine = (p for p, pattern in enumerate(given) if pattern.team == name)
            same = (p for p in mine if all(getattr(given[p], key) == getattr(shift, key) for key in when))
            place = next(same, None)
            if place is None or shift.leave:
                return None
            agents[place] += shift.agents
        if team.roster is not None or team.leave:
            return None
    return agents


def crews(scenario: Scenario) -> list[tuple[Pattern, AgentGroup]]:
    """The patterns, in file order, each with as many agents as take all the places of its breaks equally often.

    So the mean of them holds for an agent on the pattern, whatever their number.
    """
    horizon, number, pairs = Horizon.of(scenario), dict.fromkeys(scenario.team, 0), []
    for pattern in scenario.staffing.patterns:
        group = group_of(scenario, horizon, pattern.team, number[pattern.team], pattern, cycle_of(pattern))
        pairs.append((pattern, group))
        number[pattern.team] += 1
    return pairs


def most_agents(pattern: Pattern) -> float:
    """How many agents a pattern may have, by its `max` and the `at_most` of its breaks; infinity: any number."""
    bounds = [rest.at_most * len(places_of(pattern, pattern.hours, rest)) for rest in pattern.breaks if rest.at_most]
    return min([math.inf if pattern.max is None else pattern.max, *bounds])


def costs(scenario: Scenario) -> F64:
    """What one agent on each pattern costs over the run : float64[pattern]; hours where nothing has a cost."""
    paid = np.array([paid_hours(scenario, row, premiums(scenario)) for _, row in crews(scenario)])
    hourly = rates(scenario)
    return np.asarray(paid * (hourly if any(hourly) else 1.0))


def rates(scenario: Scenario) -> list[float]:
    """What an hour on each pattern costs, its own or its team's."""
    return [
        scenario.team[pattern.team].cost_per_hour if pattern.cost_per_hour is None else pattern.cost_per_hour
        for pattern in scenario.staffing.patterns
    ]


def hours(scenario: Scenario) -> F64:
    """Hours that one agent on each pattern is paid for over the run, without what a premium adds : float64[pattern]."""
    return np.array([paid_hours(scenario, row) for _, row in crews(scenario)])


def most_on_a_day(scenario: Scenario, agents: Iterable[int]) -> int:
    """Agents who begin a shift on the day with most of them: agents on weekday and weekend shifts may be the same."""
    on_day: Counter[int] = Counter()
    for (_, row), number in zip(crews(scenario), agents, strict=True):
        for day in {period.day for period in row.members[0]}:
            if 0 <= day < scenario.days:
                on_day[day] += int(number)
    return max(on_day.values(), default=0)


def cost_of_shifts(scenario: Scenario) -> float:
    """What the scenario's own shifts of the teams that have patterns cost over the run, counted as `costs` does."""
    given = scenario.staffing.patterns
    rates = {name: team.cost_per_hour for name, team in scenario.team.items()}
    priced = any(rates[p.team] if p.cost_per_hour is None else p.cost_per_hour for p in given)
    teams = {pattern.team for pattern in given}
    dear = premiums(scenario)

    def rate(row: AgentGroup) -> float:
        return rates[row.team] if row.cost_per_hour is None else row.cost_per_hour

    return sum(
        row.agents * paid_hours(scenario, row, dear) * (rate(row) if priced else 1.0)
        for row in rosters(scenario)
        if row.team in teams
    )


def away(team: Team) -> float:
    """Share of their shifts, breaks apart, that a team's agents are absent or step out."""
    steps, out = team.steps_out, 0.0
    if steps is not None:
        out = steps.lasts.mean / (steps.every.mean + steps.lasts.mean)
    return 1 - (1 - team.absence) * (1 - out)


def paid_hours(scenario: Scenario, row: AgentGroup, dear: Iterable[tuple[int, int, float]] = ()) -> float:
    """Paid hours of an agent of a row, on average, within the run's statistics; who is not paid for absence has less.

    `dear` : stretches, us, with the factor by which their hours count.
    """
    end_of_run, dear = Horizon.of(scenario).end, tuple(dear)

    def paid(begins: int, ends: int) -> float:
        start, end = max(begins, scenario.warm_up), min(ends, end_of_run)
        extra = sum((factor - 1) * max(min(end, until) - max(start, since), 0) for since, until, factor in dear)
        return (max(end - start, 0) + extra) / HOUR

    periods = Counter(row.periods)
    there = 1 - away(scenario.team[row.team])
    total = math.fsum(
        count * paid(*stretch) * (1.0 if period.paid else there)
        for period, count in periods.items()
        for stretch in ([(period.start, period.end)] if period.paid else _at_work(period))
    )
    return total / max(row.agents, 1)


def at_desk(row: AgentGroup, edges: I64) -> F64:
    """Share of each interval that an agent of a row is at the desk, not absent, on average : float64[interval]."""
    periods = Counter(row.periods)
    spans = np.array([(*stretch, n) for period, n in periods.items() for stretch in _at_work(period)]).reshape(-1, 3)
    starts, ends = edges[:-1, None], edges[1:, None]
    shared = np.maximum(np.minimum(ends, spans[:, 1]) - np.maximum(starts, spans[:, 0]), 0)
    return np.asarray((shared @ spans[:, 2]) / np.diff(edges) / max(row.agents, 1))


def _at_work(period: WorkPeriod) -> list[tuple[int, int]]:
    """What its pauses leave of a period, nothing of one on leave."""
    if period.leave:
        return []
    edges = [period.start, *(edge for pause in period.pauses for edge in pause), period.end]
    return [(one, other) for one, other in zip(edges[::2], edges[1::2], strict=True) if one < other]
