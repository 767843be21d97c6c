"""Who of a team's shifts is on leave on a day."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from ccsim.scenario.shifts import Leave, Shift
from ccsim.scenario.teams import Team
from ccsim.scenario.values import DAY


class Away(NamedTuple):
    """Agents of one shift on leave: the first of them, those with pay before those without."""

    paid: int
    unpaid: int


def leave_of(team: Team, day: date) -> list[Away]:
    """By shift of a team, who is on leave on a day.

    Leave of the team is taken, one agent after the other, from the shift with most agents left, the first of equals.
    """
    left = [shift.agents if shift.hours_on(day) and not round_the_clock(shift) else 0 for shift in team.shifts]
    away = [Away(0, 0)] * len(left)

    def take(number: int, leave: Leave, agents: int) -> None:
        left[number] -= agents
        before = away[number]
        more = Away(agents, 0) if leave.paid else Away(0, agents)
        away[number] = Away(before.paid + more.paid, before.unpaid + more.unpaid)

    for number, shift in enumerate(team.shifts):
        for leave in shift.leave:
            if leave.days.on(day):
                take(number, leave, min(leave.agents, left[number]))
    for leave in team.leave:
        if leave.days.on(day):
            for _ in range(min(leave.agents, sum(left))):
                take(left.index(max(left)), leave, 1)
    return away


def round_the_clock(shift: Shift) -> bool:
    """Its days follow one another without an end, so there is no shift of a day from which to be on leave."""
    return shift.hours.end - shift.hours.start >= DAY
