"""Which agents come, and when they step out: what is drawn of a replication for the plan's shifts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ccsim.distributions.streams import Source
from ccsim.lowering import AgentGroup, WorkPeriod, not_on_leave, rosters
from ccsim.tables import I64, NEVER, Bool

if TYPE_CHECKING:
    from ccsim.scenario.model import Scenario
    from ccsim.scenario.teams import StepsOut


def present(scenario: Scenario, replication: int) -> Bool:
    """Who of the plan's shifts comes : bool[shift]; a draw a (team, agent, day)."""
    found: list[Bool] = []
    for row in rosters(scenario):
        share = scenario.team[row.team].absence
        source = Source(scenario.seed, replication, f"team.{row.team}")
        if row.periods:
            days = [period.day for period in row.members[0]]
            absent = [source.switch(f"absence.{row.number}.{day}", share, row.agents) for day in days]
            found.append(~np.column_stack(absent).ravel() & not_on_leave([row]))
    return np.concatenate([np.empty(0, np.bool_), *found])


def outs(scenario: Scenario, replication: int) -> I64:
    """Short absences within shifts : int64[out, 3], shift, start and end, sorted, touching nothing else (6.10)."""
    found: list[I64] = []
    shifts = 0
    for row in rosters(scenario):
        steps_out = scenario.team[row.team].steps_out
        if steps_out is not None:
            source = Source(scenario.seed, replication, f"team.{row.team}")
            for number, periods in enumerate(zip(*row.members, strict=True)):
                agent, start, end = _steps_out(steps_out, source, row, periods)
                found.append(np.column_stack((shifts + agent * len(row.members[0]) + number, start, end)))
        shifts += len(row.periods)
    every = np.concatenate([np.empty((0, 3), np.int64), *found])
    return every[np.lexsort((every[:, 1], every[:, 0]))]


def _steps_out(rule: StepsOut, source: Source, row: AgentGroup, periods: tuple[WorkPeriod, ...]) -> I64:
    """Agent (within the row), start and end of each absence on a day : int64[3, out], in rounds of one an agent."""
    found = [np.empty((3, 0), dtype=np.int64)]
    duty = periods[0]
    most = max(len(period.pauses) for period in periods)
    pauses = [[*period.pauses, *[(NEVER, -NEVER)] * (most - len(period.pauses))] for period in periods]
    pause_start, pause_end = np.array(pauses, dtype=np.int64).reshape(len(periods), most, 2).T
    before = back = np.full(row.agents, duty.start, dtype=np.int64)
    there = np.arange(row.agents)
    turn = 0
    while len(there):
        # every agent draws, also who is past the end: so all keep their draws
        purpose = f"steps_out.{row.number}.{duty.day}.{turn}"
        start = np.minimum(back + source.micros(f"{purpose}.every", rule.every, row.agents), duty.end)
        end = start + source.micros(f"{purpose}.lasts", rule.lasts, row.agents)
        happens = (start > before) & (end > start) & (end < duty.end)
        happens &= ((end < pause_start) | (start > pause_end)).all(axis=0)
        mine = there[happens[there]]
        found.append(np.stack((mine, start[mine], end[mine])))
        before = np.where(happens, end, before)
        back = np.minimum(end, duty.end)
        there = np.flatnonzero(back < duty.end)
        turn += 1
    return np.concatenate(found, axis=1)
