"""Which agents come, and when they step out: what is drawn of a replication for the plan's shifts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ccsim.distributions.constants import same
from ccsim.distributions.durations import Distribution, micros
from ccsim.distributions.streams import Draw, People, Streams, key_of, owner_of
from ccsim.lowering import AgentGroup, WorkPeriod, rosters
from ccsim.tables import F64, I32, I64, NEVER, Bool

if TYPE_CHECKING:
    from ccsim.scenario.model import Scenario

EARLIEST = 1 << 20
"""Added to a shift's day, which may be before the scenario's first."""


@dataclass(frozen=True)
class Away:
    """When agents of one team step out of their shifts (6.10)."""

    every: Distribution
    lasts: Distribution
    shift: I64
    """of the plan : int64[n]"""
    start: I64
    end: I64
    pause_start: I64
    pause_end: I64
    """int64[n, most], NEVER and -NEVER where a shift has fewer"""


@dataclass(frozen=True)
class Attendance:
    """What absences are drawn from, by shift of the plan."""

    key: tuple[int, int]
    agents: People
    """a draw a (team, row of shifts, agent of it, day)"""
    absence: F64
    """chance that its agent does not come, 1 on leave : float64[shift]"""
    away: tuple[Away, ...]
    paced: People
    """a draw an agent of the plan"""
    pace_cv: F64
    """float64[agent]"""

    def streams(self, replication: int) -> Streams:
        return Streams(self.key, replication)


def attendance_of(scenario: Scenario) -> Attendance:
    """What the absences of every replication are drawn from."""
    agents: list[tuple[int, int]] = []
    absence: list[float] = []
    paced: list[tuple[int, int]] = []
    pace_cv: list[float] = []
    by_team: dict[str, list[tuple[int, WorkPeriod]]] = {name: [] for name in scenario.team}
    for row in rosters(scenario):
        owner = owner_of(f"team.{row.team}", str(row.number))
        paced += [(agent, owner) for agent in range(len(row.members))]
        pace_cv += [scenario.team[row.team].pace_cv] * len(row.members)
        for agent, duty in _shifts(row):
            by_team[row.team].append((len(agents), duty))
            agents.append((agent + ((duty.day + EARLIEST) << 32), owner))
            absence.append(1.0 if duty.leave else scenario.team[row.team].absence)
    away = [
        _away(team.steps_out.every, team.steps_out.lasts, by_team[name])
        for name, team in scenario.team.items()
        if team.steps_out is not None and by_team[name]
    ]
    return Attendance(
        key_of(scenario.seed),
        _people(agents),
        np.array(absence, dtype=np.float64),
        tuple(away),
        _people(paced),
        np.array(pace_cv, dtype=np.float64),
    )


def _people(draws: list[tuple[int, int]]) -> People:
    number, owner = np.ascontiguousarray(np.array(draws, dtype=np.uint64).reshape(-1, 2).T)
    return People(number, owner)


def _shifts(row: AgentGroup) -> list[tuple[int, WorkPeriod]]:
    """Agent and duty of each, in the plan's order."""
    return [(agent, duty) for agent, member in enumerate(row.members) for duty in member]


def _away(every: Distribution, lasts: Distribution, shifts: list[tuple[int, WorkPeriod]]) -> Away:
    most = max(len(duty.pauses) for _, duty in shifts)
    pauses = [[*duty.pauses, *[(NEVER, -NEVER)] * (most - len(duty.pauses))] for _, duty in shifts]
    table = np.array(pauses, dtype=np.int64).reshape(len(shifts), most, 2)
    shift, start, end = np.array([(number, duty.start, duty.end) for number, duty in shifts], dtype=np.int64).T
    return Away(every, lasts, shift, start, end, table[:, :, 0], table[:, :, 1])


def present(attendance: Attendance, replication: int) -> Bool:
    """Who of the plan's shifts comes : bool[shift]."""
    if not attendance.absence.any():
        return np.asarray(same(1, np.bool_, len(attendance.absence)))
    streams = attendance.streams(replication)
    return np.asarray(streams.of(attendance.agents, Draw.ABSENCE, 1)[0] >= attendance.absence)


def paces(attendance: Attendance, replication: int) -> F64:
    """Each agent's own factor on work : float64[agent], of mean 1."""
    cv = attendance.pace_cv
    if not cv.any():
        return np.asarray(same(1.0, np.float64, len(cv)))
    from scipy.special import ndtri

    score = ndtri(attendance.streams(replication).of(attendance.paced, Draw.PACE, 1)[0])
    sigma = np.sqrt(np.log1p(cv * cv))
    return np.asarray(np.exp(sigma * score - sigma * sigma / 2))


def outs(attendance: Attendance, replication: int) -> tuple[I32, I64, I64]:
    """Short absences within shifts: shift, start and end, sorted, touching nothing else (6.10)."""
    if not attendance.away:
        return np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int64)
    streams = attendance.streams(replication)
    absences = [np.empty((3, 0), dtype=np.int64)]
    for away in attendance.away:
        absences += _steps_out(away, attendance.agents.some(away.shift), streams)
    shift, start, end = np.concatenate(absences, axis=1)
    order = np.lexsort((start, shift))
    return shift[order].astype(np.int32), start[order], end[order]


def _steps_out(away: Away, agents: People, streams: Streams) -> list[I64]:
    """Shift, start and end of each absence : int64[3, out], in rounds of one a shift."""
    absences = []
    before, back, there = away.start.copy(), away.start.copy(), np.arange(len(away.shift))
    turn = 0
    while len(there):
        until, length = streams.of(agents.some(there), Draw.STEP_OUT, 2, turn)
        last = away.end[there]
        start = np.minimum(back[there] + micros(away.every, until), last)
        end = start + micros(away.lasts, length)
        happens = (start > before[there]) & (end > start) & (end < last)
        clear = (end[:, None] < away.pause_start[there]) | (start[:, None] > away.pause_end[there])
        happens &= clear.all(axis=1)
        absences.append(np.stack((away.shift[there], start, end))[:, happens])
        before[there] = np.where(happens, end, before[there])
        back[there] = np.minimum(end, last)
        there = there[end < last]
        turn += 1
    return absences
