"""How far conversations have got since they were answered, where the log does not say.

A log of contacts has none of their messages, and may have an agent in several at once, who in a scenario works on one
message at a time: in the others the customer's turn is now, or a message waits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from ccsim.tables import F64, I32, I64, NEVER, Bool, Phase, Plan, Workload
from ccsim.today.observed import Table


class Position(NamedTuple):
    """Where conversations are, one each."""

    works: Bool
    """the agent is at a message; else the customer's turn is now"""
    since: I64
    """µs: of this work or silence so far"""
    left: I64
    """µs: of the same to come; 0 where none that was drawn lasts as long"""
    turns: I64
    """to come after that"""


def positions(
    workload: Workload, answers: I32, plan: Plan, queue: int, lasted: I64, pace: F64, uniforms: F64
) -> Position:
    """Each is where one of the queue's own that lasts longer, alone with its agent, is after the same time.

    `answers` : of every contact of the workload.
    """
    mine = np.flatnonzero((workload.queue == queue) & (workload.first_turn >= 0) & (answers > 0))
    count = answers[mine].astype(np.int64)
    first = np.cumsum(count) - count
    last = first + count - 1
    slot = ranges(workload.first_turn[mine], count)
    silence = workload.latency[slot]
    silence[last] = 0
    most = int(plan.expires_after[queue] if plan.persistent[queue] else plan.idle_timeout[queue])
    ends: I64 = np.cumsum(silence > most) - (silence > most)
    after_end = ends > np.repeat(ends[first], count)
    made = Position(np.zeros(len(lasted), np.bool_), *np.zeros((3, len(lasted)), np.int64))
    for one in np.unique(pace):
        which = np.flatnonzero(pace == one)
        time = lasted[which]
        whole = np.stack([np.rint(workload.work[slot] * one).astype(np.int64), silence], axis=1)
        seen = np.minimum(whole, [NEVER, most]).clip(max=time.max() + 1)  # whose sum is no more than an int64 holds
        seen[after_end] = 0
        until = np.cumsum(seen)
        begin = until[2 * first] - seen[first, 0]
        total = until[2 * last + 1] - begin
        order = np.argsort(total, kind="stable")
        shorter = np.searchsorted(total[order], time, side="right")
        some = shorter < len(mine)
        which, time, shorter = which[some], time[some], shorter[some]
        chosen = order[shorter + (uniforms[which] * (len(mine) - shorter)).astype(np.int64)]
        piece = np.searchsorted(until, begin[chosen] + time, side="right")
        made.works[which] = piece % 2 == 0
        made.since[which] = begin[chosen] + time - until[piece] + seen.ravel()[piece]
        made.left[which] = whole.ravel()[piece] - made.since[which]
        made.turns[which] = last[chosen] - piece // 2
    return made


@dataclass(frozen=True)
class Conversations:
    """How those in which an agent is at work, for all the log says, are taken to stand."""

    seen: Table
    """with their phases and answers"""
    work_left: I64
    """µs, by contact; -1 where it is to be drawn"""
    silence_left: I64
    turns_left: I64
    beyond: int
    """have lasted longer than all that were drawn"""


def conversations(
    workload: Workload, answers: I32, seen: Table, holder: I32, known: Bool, pace: F64, plan: Plan, at: int,
    uniforms: F64,
) -> Conversations:  # fmt: skip
    """Of those of an agent one goes on; the others have been answered, and the next message of each comes now.

    `holder`, whether they are `known`, `pace` and `uniforms` are by contact.
    """
    worked, one_to_one = seen.phase == Phase.WORKING, plan.one_to_one[seen.queue]
    some = worked & ~one_to_one & ~in_shared_attention(plan, seen.queue)
    last = seen.first_turn + seen.turns - 1
    work_left, silence_left, turns_left, silent = np.full((4, len(some)), -1, np.int64)
    unseen = some & seen.unseen
    beyond = 0
    for q in np.unique(seen.queue[unseen]).tolist():
        rows = np.flatnonzero(unseen & (seen.queue == q))
        found = positions(workload, answers, plan, q, at - seen.start[last[rows]], pace[rows], uniforms[rows])
        over = found.left == 0
        turns_left[rows] = found.turns
        work_left[rows] = np.where(found.works | over, found.left, -1)
        silence_left[rows] = np.where(found.works | over, -1, found.left)
        silent[rows] = np.where(found.works | over, -1, found.since)
        beyond += int(over.sum())
    busy = set(holder[known & ((worked & one_to_one) | (seen.phase == Phase.WRAPPING))].tolist())
    at_work = np.flatnonzero(some & (silent < 0))
    for c in at_work[np.argsort(seen.unseen[at_work], kind="stable")].tolist():
        if known[c] and holder[c] not in busy:
            busy.add(holder[c])
        else:
            turns_left[c] += turns_left[c] >= 0
            work_left[c], silence_left[c], silent[c] = -1, 0, 1
    phase, reply, parked = seen.phase.copy(), seen.reply.copy(), seen.parked.copy()
    those = np.flatnonzero(silent >= 0)
    reply[last[those]] = at - silent[those]
    parked[last[those]] = reply[last[those]] + plan.idle_timeout[seen.queue[those]]
    phase[those] = np.where(at <= parked[last[those]], Phase.SILENT, Phase.AWAY)
    stand = replace(seen, phase=phase, reply=reply, parked=parked)
    return Conversations(stand, work_left, silence_left, turns_left, beyond)


def progress(seen: Table, plan: Plan, at: int) -> F64:
    """µs of work, as if alone with their agent, that contacts in shared attention have had by now (6.7)."""
    had = np.zeros(len(seen.queue))
    begin = np.append(seen.start, NEVER)[np.where(seen.turns > 0, seen.first_turn, -1)]
    end = np.minimum(seen.left, at)
    shared = np.flatnonzero(in_shared_attention(plan, seen.queue) & (begin < at)).tolist()
    of_agent: dict[str, list[int]] = {}
    for c in shared:
        of_agent.setdefault(seen.holder[c], []).append(c)
    for c in shared:
        if seen.phase[c] != Phase.WORKING:
            continue
        beside = np.array(of_agent[seen.holder[c]] if seen.holder[c] else [c])
        beside = beside[end[beside] > begin[c]]
        edges = np.unique(np.concatenate([begin[beside], end[beside]]).clip(begin[c], at))
        at_once = [int(((begin[beside] <= time) & (time < end[beside])).sum()) for time in edges[:-1]]
        means = plan.shared_mean[slice(*plan.shared_offset[seen.queue[c] :][:2])]
        had[c] = (np.diff(edges) / means[np.minimum(at_once, len(means)) - 1]).sum() * means[0]
    return had


def in_shared_attention(plan: Plan, queue: I32) -> Bool:
    """Which contacts are worked on beside others of the same agent (6.7)."""
    return np.asarray((np.diff(plan.shared_offset) > 0)[queue])


def ranges(first: I64, count: I64) -> I64:
    """first[i], first[i] + 1, …, count[i] of them each."""
    ends = np.cumsum(count)
    return np.asarray(np.repeat(first - (ends - count), count) + np.arange(ends[-1] if len(ends) else 0))
