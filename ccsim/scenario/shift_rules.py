"""Whether shifts, their breaks and leave fit together: one rule a function, each yielding every problem it finds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ccsim.errors import Problem
from ccsim.scenario.behaviours import Problems, Rule
from ccsim.scenario.faults import dotted, shown
from ccsim.scenario.leave import round_the_clock
from ccsim.scenario.model import Scenario
from ccsim.scenario.pauses import places_of
from ccsim.scenario.shifts import Leave, Pattern, Shift, WorkingHours
from ccsim.scenario.spans import run_days
from ccsim.scenario.teams import Team

Place = tuple[str | int, ...]


def breaks_are_few_at_once(scenario: Scenario) -> Problems:
    """No more agents are away at once than `at_most` says: their breaks fit into the window, one after the other."""
    for place, shift in shifts_of(scenario):
        agents = shift.agents if isinstance(shift, Shift) else shift.min if isinstance(shift, Pattern) else 0
        for i, rest in enumerate(shift.breaks):
            places = len(places_of(shift, shift.hours, rest))
            if rest.at_most is not None and places and agents > rest.at_most * places:
                value = f"{agents} agents, but {places} breaks one after the other within {rest.between}"
                allowed = f"at least {-(-agents // places)} at once, or a longer window"
                yield Problem(dotted((*place, "breaks", i, "at_most")), value, allowed)


def leave_is_possible(scenario: Scenario) -> Problems:
    """No more agents are on leave than have a shift on the day, of one that ends."""
    for name, team in scenario.team.items():
        every: list[tuple[Place, list[Shift], tuple[Leave, ...]]] = [
            (("team", name, "shifts", i), [shift], shift.leave) for i, shift in enumerate(team.shifts)
        ]
        if team.leave:
            every.append(
                (("team", name), [*team.shifts], (*team.leave, *(one for s in team.shifts for one in s.leave)))
            )
        for place, shifts, leave in every:
            for day in run_days(scenario) if leave else ():
                worked = [shift for shift in shifts if shift.hours_on(day)]
                agents = sum(shift.agents for shift in worked if not round_the_clock(shift))
                wanted = sum(one.agents for one in leave if one.days.on(day))
                if worked and wanted > agents:
                    value = f"{wanted} agents on leave of {agents} on {day}"
                    yield Problem(
                        dotted((*place, "leave")), value, "at most those of shifts that are not round the clock"
                    )
                    break


def list_names_differ(scenario: Scenario) -> Problems:
    """Names of shifts, patterns and leave, by which paths find them: each once in its list, and none a number's."""
    seen: set[tuple[str | int, ...]] = set()
    for place, name in named(scenario):
        if not name:
            continue
        if (*place[:-1], name) in seen or name.isdecimal():
            value = f"{shown(name)} as a name" if name.isdecimal() else f"{shown(name)} a second time"
            yield Problem(dotted((*place, "name")), value, "a name of its own with a letter, or none")
        seen.add((*place[:-1], name))


def named(scenario: Scenario) -> Iterator[tuple[Place, str]]:
    """Items of lists that may have a name, each with its place."""
    leave: list[tuple[Place, Shift | Team]] = [(("team", n), team) for n, team in scenario.team.items()]
    for place, shift in shifts_of(scenario):
        yield place, shift.name
        if isinstance(shift, Shift):
            leave.append((place, shift))
    for place, of in leave:
        yield from (((*place, "leave", i), one.name) for i, one in enumerate(of.leave))


def shifts_of(scenario: Scenario) -> Iterator[tuple[Place, WorkingHours]]:
    """Every shift and shift pattern with its place."""
    for name, team in scenario.team.items():
        yield from ((("team", name, "shifts", i), shift) for i, shift in enumerate(team.shifts))
    yield from ((("staffing", "patterns", i), pattern) for i, pattern in enumerate(scenario.staffing.patterns))


SHIFT_RULES: Final[tuple[Rule, ...]] = (breaks_are_few_at_once, leave_is_possible, list_names_differ)
"""Every rule, in the order of reporting."""
