"""Shared attention: work on turns side by side, each moment of an agent divided evenly among them. Times in µs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ccsim.metrics.timeline import divided, within
from ccsim.tables import F64, I64, NEVER, Bool, Log, Outcome, Plan, Workload


class SharedWork(NamedTuple):
    """Pieces of turns between which an agent's attention is divided among as many."""

    slot: I64
    group: I64
    """team × queues + queue"""
    start: I64
    end: I64
    among: I64

    @classmethod
    def of(cls, workload: Workload, plan: Plan, log: Log, shared: Bool) -> SharedWork:
        """Of the turns worked on in the queues that are `shared`, with the wrap-up that follows the last."""
        contact = np.flatnonzero(shared[workload.queue] & (log.messages > 0))
        messages = log.messages[contact].astype(np.int64)
        owner, last = np.repeat(contact, messages), np.repeat(np.cumsum(messages) - 1, messages)
        turn = np.arange(len(owner))
        slot = log.first_turn[owner] + turn - (last - np.repeat(messages - 1, messages))
        end = np.minimum(log.reply[slot], log.closed[owner])
        wrapped = (turn == last) & (log.outcome[owner] == Outcome.RESOLVED)
        end[wrapped] = log.closed[owner][wrapped]
        worked = log.start[slot] < NEVER
        owner, slot, end = owner[worked], slot[worked], end[worked]
        start, agent = np.minimum(log.start[slot], log.closed[owner]), log.agent[slot]

        base = agent * np.int64(plan.drain_end + 1)  # above all times: orders by (agent, time)
        row, since, until, among = divided(base + start, base + end)
        group = plan.team[agent] * len(plan.one_to_one) + workload.queue[owner]
        return cls(slot[row], group[row], since - base[row], until - base[row], among)

    def by_slot(self, slots: int) -> F64:
        """Work on each turn, (slot,)."""
        return np.asarray(np.bincount(self.slot, (self.end - self.start) / self.among, minlength=slots), np.float64)

    def area(self, edges: I64, groups: int) -> F64:
        """Work in each interval, (interval, group)."""
        piece, start, end = within(self.start, self.end, edges[:-1], edges[1:])
        area = np.zeros((len(edges) - 1, groups))
        interval = np.searchsorted(edges, start, side="right") - 1
        np.add.at(area, (interval, self.group[piece]), (end - start) / self.among[piece])
        return area
