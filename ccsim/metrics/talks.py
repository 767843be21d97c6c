"""Conversations with the bot. Times in µs."""

from __future__ import annotations

import numpy as np

from ccsim.metrics.timeline import inside
from ccsim.tables import F64, I32, I64, SECOND, Bool, Link, Log, Outside, Plan, Workload


def with_bot(workload: Workload, plan: Plan, log: Log, cell: I32, cells: int) -> F64:
    """How many, minutes of them, and what customers waited for them, (3, cell)."""
    rows = np.flatnonzero(
        (cell >= 0)
        & (workload.bot_time >= 0)
        & (workload.link != Link.TRANSFER)
        & ~workload.outbound
        & ~workload.deflected
    )
    rows = rows[log.arrival[rows] >= 0]  # the backlog has the bot behind it
    came, queue = log.arrival[rows], workload.queue[rows]
    talks = _within(plan.bot_offset, plan.bot_opens, plan.bot_closes, queue, came) & ~workload.asks_human[rows]
    shut = ~_within(plan.hours_offset, plan.opens, plan.closes, queue, came)
    talks |= (plan.outside[queue] == Outside.BOT) & shut
    mine = rows[talks]
    minutes = workload.bot_time[mine] / (60 * SECOND)
    # the conversation ended with the first message to people or without any; one under way lasts to the drain's end
    ended = np.where(log.messages[mine] > 0, log.message[np.maximum(log.first_turn[mine], 0)], log.left[mine])
    waited = np.maximum(ended - log.arrival[mine] - workload.bot_time[mine], 0)
    return np.stack([np.bincount(cell[mine], each, cells) for each in (None, minutes, waited)])


def _within(offset: I64, opens: I64, closes: I64, queue: I32, time: I64) -> Bool:
    """Which times lie in their queue's spans."""
    within = np.zeros(len(time), np.bool_)
    for q in range(len(offset) - 1):
        mine, spans = queue == q, slice(offset[q], offset[q + 1])
        within[mine] = inside(time[mine], np.stack((opens[spans], closes[spans]), axis=1))
    return within
