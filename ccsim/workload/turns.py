"""The turns of conversations: the agent's work, the customer's time and patience, and lost connections."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ccsim import jit
from ccsim.distributions.constants import counting, same
from ccsim.distributions.durations import open_unit
from ccsim.distributions.streams import Draw, Streams
from ccsim.tables import F64, I32, I64, NEVER, Bool
from ccsim.workload.rows import Rows
from ccsim.workload.rules import Rules

if TYPE_CHECKING:
    from ccsim.workload.slots import Slots


class Turns(NamedTuple):
    """By turn, as in Workload, and `first` by row, -1: it has none."""

    first: I64
    work: I64
    latency: I64
    reply_patience: I64
    comeback: I64
    closing: Bool


def with_closing_words(rules: Rules, streams: Streams, rows: Rows, transferred: Bool) -> Rows:
    """The same contacts, with a turn more for a closing word where the customer writes one.

    In a closed session that is who would be back before the idle timeout.
    """
    words = rules.closing_words
    if words is None:
        return rows
    writes = streams.of(rows.people, Draw.CLOSING, 1)[0] < words.share[rows.queue]
    writes &= (rows.turns > 0) & rows.answers & ~transferred
    closed = np.flatnonzero(writes & (words.within[rows.queue] < NEVER))
    some = rows.some(closed)
    some = some._replace(turns=some.turns + 1)
    u = streams.by_turn(some.people, Draw.TURN, some.turns, some.before)
    slots = _slots(rules, some)
    latency = _latency(rules, some, slots, u[2], None)
    writes[closed] = latency[slots.last - 1] <= words.within[some.queue]
    return rows._replace(turns=rows.turns + writes, closing=writes)


def turns_of(rules: Rules, streams: Streams, rows: Rows, work: F64, patience: F64) -> Turns:
    """All turns of these rows. `work` : float64[n] are the uniforms of the work on the customers' own first turns,
    `patience` those of their patience."""
    n = len(rows.turns)
    if rules.bursts is None and np.count_nonzero(rows.turns == 1) == n:
        never = same(NEVER, np.int64, n)
        takes = rules.work.micros(rows.like, _alike(rules, streams, rows, work, patience))
        return Turns(counting(np.int64, n), takes, never, never, same(-1, np.int64, n), same(0, np.bool_, n))
    slots = _slots(rules, rows)
    u = streams.by_turn(rows.people, Draw.TURN, rows.turns, rows.before)
    _compiled().first_work(slots.first, rows.before, work, u[0])
    bursts = _bursts(rules, streams, rows, slots)
    reply_patience = rules.reply_patience.micros(slots.asked, u[1])
    takes = rules.work.micros(slots.like, _alike(rules, streams, rows, u[0], patience))
    takes = _by_messages(rules, rows, slots, takes, bursts)
    closing = same(0, np.bool_, len(slots.queue))
    if rules.closing_words is not None:
        writes = np.flatnonzero(rows.closing)
        word = slots.last[writes]
        read = streams.of(rows.people.some(writes), Draw.CLOSING, 2)[1]
        takes[word] = rules.closing_words.work.micros(rows.queue[writes], read)
        reply_patience[word] = NEVER
        closing = np.zeros(len(slots.queue), np.bool_)
        closing[word] = True
    return Turns(
        slots.first,
        takes,
        _latency(rules, rows, slots, u[2], bursts),
        reply_patience,
        same(-1, np.int64, len(slots.queue)) if rules.connections is None else _comeback(rules, streams, rows, slots),
        closing,
    )


def _slots(rules: Rules, rows: Rows) -> Slots:
    """Those of these rows."""
    first, by_turn = np.empty((2, len(rows.turns)), np.int64), np.empty((4, int(rows.turns.sum())), np.int32)
    slots: Slots = _compiled().Slots(*first, *by_turn)
    _compiled().fill(rows.turns, rows.queue, rows.like, rules.queues, slots)
    return slots


@cache
def _compiled() -> ModuleType:
    """ccsim/workload/slots.py"""
    return jit.load("ccsim.workload.slots", [Path(__file__).with_name("slots.py")])


def _alike(rules: Rules, streams: Streams, rows: Rows, work: F64, patience: F64) -> F64:
    """The uniforms of the work on all turns, made alike within a contact and to its customer's patience: normal scores
    that are in part those of the contact (docs/model.md, 6.16)."""
    if rules.likeness is None or len(work) == 0:
        return work
    from scipy.special import ndtr, ndtri

    between, correlation = rules.likeness.between[rows.queue], rules.likeness.patience[rows.queue]
    own = ndtri(streams.of(rows.people, Draw.LIKENESS, 1)[0])
    score = correlation * ndtri(patience) + np.sqrt(np.maximum(between - correlation**2, 0.0)) * own
    scores = np.repeat(score, rows.turns) + np.repeat(np.sqrt(1 - between), rows.turns) * ndtri(work)
    return np.where(np.repeat(between, rows.turns) > 0, open_unit(ndtr(scores)), work)


class _Messages(NamedTuple):
    """Of each turn: how many messages, and how long the customer takes from the first to the last of them."""

    number: I32
    writing: I64


def _bursts(rules: Rules, streams: Streams, rows: Rows, slots: Slots) -> _Messages | None:
    """By turn, or None where all have one message."""
    if rules.bursts is None:
        return None
    u = streams.by_turn(rows.people, Draw.BURST, rows.turns, rows.before)
    only = np.flatnonzero(rows.turns == 1)  # for which `by_turn` draws nothing
    u[:2, slots.first[only]] = streams.of(rows.people.some(only), Draw.BURST, 2, turn=1)
    number = rules.bursts.messages.counts(slots.queue, u[0])
    number[slots.first[rows.campaign >= 0]] = 1  # the company's own message
    number[slots.last[rows.closing]] = 1
    writing = (number - 1.0) * rules.bursts.gap.micros(slots.queue, u[1])
    return _Messages(number, np.minimum(writing, float(NEVER)).astype(np.int64))


def _by_messages(rules: Rules, rows: Rows, slots: Slots, work: I64, bursts: _Messages | None) -> I64:
    """The work on each turn, as many times as it has more messages than usual."""
    if rules.bursts is None or bursts is None:
        return work
    factor = bursts.number / rules.bursts.mean[slots.queue]
    factor[slots.first[rows.campaign >= 0]] = 1.0
    return np.rint(work * factor).astype(np.int64)


def _latency(rules: Rules, rows: Rows, slots: Slots, u: F64, bursts: _Messages | None) -> I64:
    """The customer's time after each turn, to the last message of the next; NEVER after the last."""
    latency = rules.latency.micros(slots.answered, u)
    if rules.campaigns.reply_after:
        written = np.flatnonzero(rows.campaign >= 0)
        slot = slots.first[written]
        answer = rules.campaigns.reply_after.micros(rows.campaign[written], u[slot])
        latency[slot] = np.where(rows.answers[written], answer, NEVER)
    if bursts is not None:
        comes = latency[:-1] < NEVER
        latency[:-1][comes] = np.minimum(latency[:-1] + bursts.writing[1:], NEVER)[comes]
    return latency


def _comeback(rules: Rules, streams: Streams, rows: Rows, slots: Slots) -> I64:
    """When the customer is back whose connection is lost after each turn but the last answer; NEVER; -1: it holds."""
    assert rules.connections is not None
    u_lost, u_back, u_after = streams.by_turn(rows.people, Draw.CONNECTION, rows.turns, rows.before)
    queue, is_lost = slots.queue, u_lost < rules.connections.drop[slots.queue]
    is_lost[slots.last[rows.turns > 0]] = False
    is_lost[slots.last[rows.closing] - 1] = False
    lost = np.flatnonzero(is_lost)
    back = lost[u_back[lost] < rules.connections.reconnects[queue[lost]]]
    comeback = np.full(len(queue), -1)
    comeback[lost] = NEVER
    comeback[back] = rules.connections.reconnect_after.micros(queue[back], u_after[back])
    return comeback


def late_comebacks(rules: Rules, streams: Streams, rows: Rows) -> I64:
    """By row, the turns after which a lost connection is back too late for the session."""
    row = np.repeat(np.arange(len(rows.turns)), rows.turns)
    comeback = _comeback(rules, streams, rows, _slots(rules, rows))
    comes_back = np.zeros(len(rows.turns), np.bool_)
    comes_back[row[(comeback >= 0) & (comeback < NEVER)]] = True
    # few: of the others the latency need not be drawn
    some, theirs = rows.some(np.flatnonzero(comes_back)), comes_back[row]
    slots, row, comeback = _slots(rules, some), row[theirs], comeback[theirs]
    u = streams.by_turn(some.people, Draw.TURN, some.turns, some.before)
    bursts = _bursts(rules, streams, some, slots)
    spare = rules.idle_timeout[slots.queue] - _latency(rules, some, slots, u[2], bursts)
    late = (comeback >= 0) & (comeback < NEVER) & (spare >= 0) & (comeback > spare)
    return np.bincount(row, late, len(rows.turns)).astype(np.int64)
