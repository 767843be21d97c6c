"""Shift patterns: what one agent on each costs and covers, and the scenario in which so many agents work them."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from ccsim.lowering import AgentGroup, Horizon, premiums, rosters
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.scenario.shifts import Pattern
from ccsim.scenario.values import HOUR
from ccsim.tables import F64, I64

SHARED: Final = ("days", "hours", "breaks", "activities", "paid", "cost_per_hour")
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
    given = raw["staffing"]["patterns"]
    for name in {pattern["team"] for pattern in given}:
        raw["team"][name].pop("roster", None)
        raw["team"][name]["shifts"] = []
    for pattern, number in zip(given, agents, strict=True):
        shift: dict[str, Any] = {"agents": int(number)}
        raw["team"][pattern["team"]]["shifts"].append(shift | {key: pattern[key] for key in SHARED if key in pattern})
    return read.parse(raw, given=scenario.files)


def crews(scenario: Scenario) -> list[tuple[Pattern, AgentGroup]]:
    """The patterns, in file order, each with the duties of one agent who works it."""
    patterns = scenario.staffing.patterns
    rows = {(row.team, row.number): row for row in rosters(staffed(scenario, [1] * len(patterns)))}
    number = dict.fromkeys(scenario.team, 0)
    pairs = []
    for pattern in patterns:
        pairs.append((pattern, rows[pattern.team, number[pattern.team]]))
        number[pattern.team] += 1
    return pairs


def costs(scenario: Scenario) -> F64:
    """What one agent on each pattern costs over the run : float64[pattern]; hours where nothing has a cost."""
    pairs = crews(scenario)
    rates = [scenario.team[p.team].cost_per_hour if p.cost_per_hour is None else p.cost_per_hour for p, _ in pairs]
    paid = np.array([paid_hours(scenario, row, premiums(scenario)) for _, row in pairs])
    return np.asarray(paid * (rates if any(rates) else 1.0))


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


def paid_hours(scenario: Scenario, row: AgentGroup, dear: Iterable[tuple[int, int, float]] = ()) -> float:
    """Paid hours of one agent of a row within the run's statistics.

    `dear` : stretches, us, with the factor by which their hours count.
    """
    end_of_run = Horizon.of(scenario).end
    total = 0.0
    for duty in row.duties:
        for begins, ends in [(duty.start, duty.end)] if row.paid else _without(duty.start, duty.end, duty.pauses):
            start, end = max(begins, scenario.warm_up), min(ends, end_of_run)
            total += max(end - start, 0) / HOUR
            for since, until, factor in dear:
                total += (factor - 1) * max(min(end, until) - max(start, since), 0) / HOUR
    return total


def _without(start: int, end: int, pauses: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """What pauses, sorted and disjoint, leave of a stretch."""
    edges = [start, *(edge for pause in pauses for edge in pause), end]
    return [(one, other) for one, other in zip(edges[::2], edges[1::2], strict=True) if one < other]


def at_desk(row: AgentGroup, edges: I64) -> F64:
    """Share of each interval that an agent of a row is at the desk, not absent : float64[interval]."""
    spans = np.array([s for duty in row.duties for s in _without(duty.start, duty.end, duty.pauses)]).reshape(-1, 2)
    starts, ends = edges[:-1, None], edges[1:, None]
    shared = np.minimum(ends, spans[:, 1]) - np.maximum(starts, spans[:, 0])
    return np.asarray(np.maximum(shared, 0).sum(axis=1) / np.diff(edges))
