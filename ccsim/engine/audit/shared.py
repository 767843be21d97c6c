"""Shared attention (6.7): an agent works on several sessions at once, each at the pace of how many there are."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np

from ccsim.engine.audit.case import Case, Columns, say
from ccsim.tables import NEVER


def shared_attention(case: Case) -> list[str]:
    """6.7: work starts with the session and ends, to the microsecond, when the recursion says."""
    log = case.log
    held = np.flatnonzero(case.held & case.shared[case.stretch_queue])
    turn = np.full(len(log.stretch_contact), -1)
    turn[case.holding[case.holding >= 0]] = np.flatnonzero(case.holding >= 0)
    turn = turn[held]
    columns: Columns = {"contact": log.stretch_contact[held], "agent": log.stretch_agent[held]}
    columns |= {"start": log.stretch_start[held], "reply": np.where(turn >= 0, case.reply[turn], NEVER)}
    late = (turn < 0) | (np.where(turn >= 0, case.start[turn], NEVER) != columns["start"])
    faults = say("shared work starts with the session", late, **columns)
    if faults:
        return faults
    faults = say("shared work is not re-read", log.reread[case.slot[turn]] != 0, **columns)

    agents: defaultdict[int, list[_Session]] = defaultdict(list)
    contact = columns["contact"]
    queue = case.workload.queue[contact]
    agent = columns["agent"]
    work = case.workload.work[case.slot[turn]] * case.pace(agent, queue, columns["start"]) * case.waited[turn]
    offset, means = case.plan.shared_offset, case.plan.shared_mean.tolist()
    for number, row in enumerate(held.tolist()):
        levels = means[offset[queue[number]] : offset[queue[number] + 1]]
        times = int(log.stretch_start[row]), int(columns["reply"][number]), int(log.stretch_end[row])
        agents[int(log.stretch_agent[row])].append(_Session(levels, float(work[number]), *times))
    wrong = np.zeros(len(held), dtype=np.bool_)
    ordered = [session for row in np.unique(columns["agent"]).tolist() for session in agents[row]]
    for sessions in agents.values():
        _replay(sessions, case.plan.drain_end)
    wrong[np.argsort(columns["agent"], kind="stable")] = [session.wrong for session in ordered]
    return faults + say("duration of shared work", wrong, **columns)


class _Session:
    """A shared session of the log with what the recursion knows of it."""

    def __init__(self, means: list[float], work: float, start: int, reply: int, end: int) -> None:
        self.means, self.start, self.reply, self.end = means, start, reply, end
        self.left = work / means[0]
        self.due = NEVER
        self.wrong = False

    def mean(self, number: int) -> float:
        """Of work with so many sessions; with more than the list has, its last."""
        return self.means[min(number, len(self.means)) - 1]

    def ends_in(self, number: int) -> int:
        return max(round(self.left * self.mean(number)), 0)


def _replay(sessions: list[_Session], drain_end: int) -> None:
    """Marks an agent's sessions whose work does not end when it should.

    What ends and begins at one instant does so in an order that the log does not tell: every one is accepted.
    """
    instants = {t for session in sessions for t in (session.start, session.reply, session.end)}
    starting: dict[int, list[_Session]] = defaultdict(list)
    for session in sessions:
        starting[session.start].append(session)
    ending = Counter(session.end for session in sessions)
    working: list[_Session] = []
    number = last = 0
    for now in sorted(t for t in instants if t <= drain_end):
        begun, ended = starting.get(now, []), ending[now]
        if begun or ended:
            for session in working:
                session.left -= (now - last) / session.mean(number)
            last = now
        for session in working:
            session.wrong |= session.due < now
        working += begun
        possible = range(max(number - ended, 1), number + len(begun) + 1) if begun or ended else range(0)
        for session in working:
            if session.reply == now:
                session.wrong |= session.due != now and all(session.ends_in(n) > 0 for n in possible)
        working = [session for session in working if session.reply > now]
        if begun or ended:
            number += len(begun) - ended
            for session in working:
                session.due = now + session.ends_in(max(number, 1))
    for session in working:
        session.wrong |= session.due <= drain_end
