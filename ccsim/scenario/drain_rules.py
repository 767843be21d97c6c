"""Whether a run goes on long enough after its last day: one rule a function, each yielding every problem it finds."""

from __future__ import annotations

from datetime import timedelta

from ccsim.errors import Problem
from ccsim.scenario.behaviours import Problems
from ccsim.scenario.drain import LONGEST
from ccsim.scenario.faults import dotted
from ccsim.scenario.model import Scenario
from ccsim.scenario.values import DAY, written_duration


def deadlines_pass(scenario: Scenario) -> Problems:
    """The run goes on until every contact of its days is answered in time or late."""
    for name, late in scenario.last_deadlines.items():
        if late is None:
            value = f"whoever waits when the run ends is not late within {LONGEST} days, and counts as undecided"
            yield Problem(dotted(("queue", name)), value, "opening hours after the last day, or shorter targets")
        elif late > scenario.drain_time:
            value = (
                f"{written_duration(scenario.drain_time)}: whoever waits for {name} when it ends may count as undecided"
            )
            yield Problem(
                "drain", value, f'"auto", or at least {written_duration(late)}: then every deadline has passed'
            )


def rosters_go_on(scenario: Scenario) -> Problems:
    """Somebody is still rostered after the last day, while deadlines of its contacts pass."""
    after = scenario.start + timedelta(days=scenario.days)
    for name, late in scenario.last_deadlines.items():
        teams = {key: team.roster for key, team in scenario.team.items() if name in team.skills}
        goes_on = any(
            not roster or any(shift.start.date() >= after for shift in roster.shifts) for roster in teams.values()
        )
        if late is not None and late >= DAY and scenario.drain_time >= late and not goes_on:
            value = f"nobody who serves {name} is rostered from {after} on, and its contacts still wait"
            allowed = f"shifts for {written_duration(late)} more: without them these contacts count as late"
            yield Problem(dotted(("team", next(iter(teams), ""), "roster")), value, allowed)
