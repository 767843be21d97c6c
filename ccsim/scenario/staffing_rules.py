"""What `ccsim staff` may choose from is possible: one rule a function, each yielding every problem it finds."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from ccsim.errors import Problem
from ccsim.scenario.behaviours import Problems, Rule
from ccsim.scenario.faults import did_you_mean, dotted
from ccsim.scenario.model import Scenario
from ccsim.scenario.shifts import Pattern
from ccsim.scenario.spans import local, meet, openings

MOST_SHIFTS: Final = 2000
"""Shifts that rules may give."""


def patterns_are_possible(scenario: Scenario) -> Problems:
    """Shift patterns are of a team, in the run, at a time at which the team has something to do."""
    days = [scenario.start + timedelta(days=day) for day in range(scenario.days)]
    for i, pattern in enumerate(scenario.staffing.patterns):
        place = ("staffing", "patterns", i)
        if pattern.max is not None and pattern.min > pattern.max:
            yield Problem(dotted((*place, "min")), f"{pattern.min} above the max of {pattern.max}", "at most max")
        if pattern.team not in scenario.team:
            value = f'no team "{pattern.team}"'
            yield Problem(dotted((*place, "team")), value, did_you_mean(pattern.team, scenario.team))
            continue
        worked = [hours for day in days if (hours := pattern.hours_on(day))]
        if not worked:
            yield Problem(dotted((*place, "days")), "no day of the run", f"days from {days[0]} to {days[-1]}")
        elif not of_use(scenario, pattern):
            value = f"{pattern.hours} while no queue of {pattern.team} is open"
            yield Problem(dotted((*place, "hours")), value, "hours that overlap opening hours")


def of_use(scenario: Scenario, pattern: Pattern) -> bool:
    """Whether a queue of the team is open at some time of the pattern's shifts in the run."""
    days = [scenario.start + timedelta(days=day) for day in range(scenario.days)]
    worked = [local(day, hours) for day in days if (hours := pattern.hours_on(day))]
    skills = scenario.team[pattern.team].skills
    opened = [openings(scenario.queue[name], days) for name in skills if name in scenario.queue]
    return bool(worked) and (not opened or any(meet(worked, list(hours)) for hours in opened))


def rules_of_shifts_are_possible(scenario: Scenario) -> Problems:
    """Rules of shifts are of a team and give shifts, not too many, each rule under a name of its own."""
    total, names = 0, set[str]()
    for i, rule in enumerate(scenario.staffing.rule):
        place = ("staffing", "rule", i)
        if rule.team not in scenario.team:
            value = f'no team "{rule.team}"'
            yield Problem(dotted((*place, "team")), value, did_you_mean(rule.team, scenario.team))
        if rule.name and rule.name in names:
            yield Problem(dotted((*place, "name")), f'"{rule.name}" a second time', "a name of its own, or none")
        names.add(rule.name)
        shifts = sum(1 for _ in rule.hours())
        total += shifts
        if not shifts:
            yield Problem(dotted((*place, "lengths")), "no shift that ends in time", "a shorter length or a later end")
        elif total > MOST_SHIFTS:
            value = f"{total} shifts to choose from, with the rules before"
            yield Problem(dotted((*place, "step")), value, f"at most {MOST_SHIFTS} in all")


def days_are_judged_once(scenario: Scenario) -> Problems:
    """`met_on` is a share of days, so it does not go with targets over something else."""
    staffing = scenario.staffing
    if staffing.met_on is not None and "targets_over" in staffing.model_fields_set and staffing.targets_over != "day":
        value = f'targets over "{staffing.targets_over}" and met_on, a share of days'
        yield Problem("staffing.targets_over", value, '"day", or no met_on')


STAFFING_RULES: Final[tuple[Rule, ...]] = (patterns_are_possible, rules_of_shifts_are_possible, days_are_judged_once)
"""Every rule, in the order of reporting."""
