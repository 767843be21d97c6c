"""Whether the people of `[roster]` fit the teams, queues and shift patterns: one rule a function."""

from __future__ import annotations

from typing import Final

from ccsim.errors import Problem
from ccsim.scenario.behaviours import Problems, Rule
from ccsim.scenario.faults import did_you_mean, shown
from ccsim.scenario.model import Scenario
from ccsim.scenario.people import OFF, RosterAgent


def teams_of(scenario: Scenario, agent: RosterAgent) -> list[str]:
    """The teams whose shifts an agent can work: the agent's own, else those all of whose queues the agent serves."""
    if agent.team:
        return [agent.team]
    return [name for name, team in scenario.team.items() if set(team.skills) <= set(agent.skills)]


def people_have_different_names(scenario: Scenario) -> Problems:
    """Every agent has a name that can stand in a table and is nobody else's."""
    seen: set[str] = set()
    for place, agent in scenario.roster.everybody():
        if not agent.name.strip() or not agent.name.isprintable():
            yield Problem(place, f"{shown(agent.name)} as a name", "text without control characters, on one line")
        elif agent.name in seen:
            yield Problem(place, f"{shown(agent.name)} a second time", "a name of one's own for each agent")
        seen.add(agent.name)


def people_have_teams(scenario: Scenario) -> Problems:
    """Teams and queues of agents are there, and an agent can serve what the team serves."""
    for place, agent in scenario.roster.everybody():
        unknown = [queue for queue in agent.skills if queue not in scenario.queue]
        for queue in unknown:
            yield Problem(place, f'no queue "{queue}"', did_you_mean(queue, scenario.queue))
        if agent.team and agent.team not in scenario.team:
            yield Problem(place, f'no team "{agent.team}"', did_you_mean(agent.team, scenario.team))
        elif agent.team and agent.skills:
            lacking = [queue for queue in scenario.team[agent.team].skills if queue not in agent.skills]
            if lacking:
                value = f"{agent.name} is in {agent.team} without the skill for {', '.join(lacking)}"
                yield Problem(place, value, "all skills of the team, or a team of these skills")
        elif not agent.team and not unknown and not teams_of(scenario, agent):
            yield Problem(place, f"no team for {agent.name}", "a team, or the skills for all queues of one")


def wishes_are_possible(scenario: Scenario) -> Problems:
    """Shifts that agents wish for are named patterns."""
    names = [pattern.name for pattern in scenario.staffing.patterns if pattern.name]
    for place, agent in scenario.roster.everybody():
        for wish in agent.wishes:
            if wish.shift != OFF and wish.shift not in names:
                yield Problem(place, f"a wish for shift {shown(wish.shift)}", did_you_mean(wish.shift, [*names, OFF]))


ROSTER_RULES: Final[tuple[Rule, ...]] = (people_have_different_names, people_have_teams, wishes_are_possible)
"""Every rule, in the order of reporting."""
