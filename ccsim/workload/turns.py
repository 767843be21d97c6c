"""The turns of conversations: the agent's work, the customer's time and patience, and lost connections."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ccsim.distributions.streams import Draw, Streams
from ccsim.tables import F64, I32, I64, NEVER
from ccsim.workload.constants import counting, same
from ccsim.workload.members import Members, of_distributions
from ccsim.workload.rows import Rows
from ccsim.workload.rules import Rules


class Turns(NamedTuple):
    """Slots of rows, one after the other: by turn, as in Workload, and `first` by row, also of rows without any."""

    first: I64
    work: I64
    latency: I64
    reply_patience: I64
    comeback: I64


def turns_of(rules: Rules, streams: Streams, rows: Rows, work: F64, members: Members) -> Turns:
    """All turns of these rows. `work` : float64[n] are the uniforms of the work on the customers' own first turns."""
    n = len(rows.turns)
    if n and rows.turns.min() == rows.turns.max() == 1:
        never = same(NEVER, np.int64, n)
        work_of = _like(rules, rows.like, members)
        return Turns(counting(np.int64, n), work_of.micros(rules.work, work), never, never, same(-1, np.int64, n))
    first, _ = _slots(rows)
    queue = np.repeat(rows.queue, rows.turns)
    mine = Members(queue, rules.queues)
    work_of = _like(rules, np.repeat(rows.like, rows.turns), mine)
    u = streams.by_turn(rows.people, Draw.TURN, rows.turns, rows.before)
    own = np.flatnonzero(rows.turns > 0)
    u[0, first[own] + rows.before[own]] = work[own]
    reply_patience = mine.micros(rules.reply_patience, u[1])
    reply_patience[first[own]] = NEVER
    return Turns(
        first,
        work_of.micros(rules.work, u[0]),
        _latency(rules, rows, mine, u[2]),
        reply_patience,
        same(-1, np.int64, len(queue)) if rules.connections is None else _comeback(rules, streams, rows, queue),
    )


def _like(rules: Rules, like: I32, members: Members) -> Members:
    """The members of each distribution of work, where `members` are those of each queue."""
    return members if len(rules.work) == rules.queues else Members(like, len(rules.work))


def _slots(rows: Rows) -> tuple[I64, I64]:
    """First and last slot of each row."""
    end = np.cumsum(rows.turns, dtype=np.int64)
    return end - rows.turns, end - 1


def _latency(rules: Rules, rows: Rows, members: Members, u: F64) -> I64:
    """The customer's time after each turn; NEVER after the last."""
    first, last = _slots(rows)
    latency = members.micros(rules.latency, u)
    latency[last[rows.turns > 0]] = NEVER
    written = np.flatnonzero(rows.campaign >= 0)
    if len(written):
        slot = first[written]
        answer = of_distributions(rules.campaigns.reply_after, rows.campaign[written], u[slot])
        latency[slot] = np.where(rows.answers[written], answer, NEVER)
    return latency


def _comeback(rules: Rules, streams: Streams, rows: Rows, queue: I32) -> I64:
    """When the customer is back whose connection is lost after each turn but the last; NEVER, and -1 where it holds."""
    assert rules.connections is not None
    u_lost, u_back, u_after = streams.by_turn(rows.people, Draw.CONNECTION, rows.turns, rows.before)
    is_lost = u_lost < rules.connections.drop[queue]
    is_lost[_slots(rows)[1][rows.turns > 0]] = False
    lost = np.flatnonzero(is_lost)
    back = lost[u_back[lost] < rules.connections.reconnects[queue[lost]]]
    comeback = np.full(len(queue), -1)
    comeback[lost] = NEVER
    comeback[back] = of_distributions(rules.connections.reconnect_after, queue[back], u_after[back])
    return comeback


def late_comebacks(rules: Rules, streams: Streams, rows: Rows) -> I64:
    """By row, the turns after which a lost connection is back too late for the session."""
    queue, row = np.repeat(rows.queue, rows.turns), np.repeat(np.arange(len(rows.turns)), rows.turns)
    comeback = _comeback(rules, streams, rows, queue)
    comes_back = np.zeros(len(rows.turns), np.bool_)
    comes_back[row[(comeback >= 0) & (comeback < NEVER)]] = True
    # few: of the others the latency need not be drawn
    some, slots = rows.some(np.flatnonzero(comes_back)), comes_back[row]
    queue, row, comeback = queue[slots], row[slots], comeback[slots]
    u = streams.by_turn(some.people, Draw.TURN, some.turns, some.before)
    spare = rules.idle_timeout[queue] - _latency(rules, some, Members(queue, rules.queues), u[2])
    late = (comeback >= 0) & (comeback < NEVER) & (spare >= 0) & (comeback > spare)
    return np.bincount(row, late, len(rows.turns)).astype(np.int64)
