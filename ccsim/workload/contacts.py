"""The contacts of a replication: roots, then generation by generation what may follow them.

A follow-up is allotted a row only where its parent's own uniform switches it on. Whose draws are a follow-up's is drawn
from its parent, so it is known by its own chain alone: nobody else's follow-ups move it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Final, NamedTuple

import numpy as np

from ccsim import jit
from ccsim.distributions.streams import PHILOX, Draw, People, Streams
from ccsim.tables import F64, I8, I32, I64, Bool, Link
from ccsim.workload.constants import counting, same
from ccsim.workload.rows import Rows
from ccsim.workload.rules import Rules
from ccsim.workload.turns import late_comebacks

LINKS: Final = np.array(
    [Link.TRANSFER, Link.RETRY, Link.RECONTACT, Link.RETURN, Link.RETURN, Link.REOPENING, Link.BOUNCE], dtype=np.int8
)
"""What a follow-up of each kind (births.Kind) is to its parent."""

CHILD: Final = np.array([0, 1, 1, 2, 3, 4, 5])
"""Where its parent names it: row of `Contacts.children`."""

RECONNECTION: Final = 4
"""Its kind."""


class Contacts(NamedTuple):
    """All contacts, follow-ups by (root, generation), and what follows them."""

    rows: Rows
    children: Sequence[I32]
    """six of int32[n]: rows of transfer, retry or recontact, return, reconnection, reopening, bounce, -1: none"""
    transfer_draw: I32
    reopen_draw: F64
    """whether who resolved it did it well enough, tables.py"""


def contacts_of(rules: Rules, streams: Streams, people: People, queue: I32, like: I32, campaign: I32) -> Contacts:
    """The contacts whose roots are these, in the order of their ids."""
    n = len(queue)
    turns, u = _turns(rules, streams, people, like)
    limit = same(rules.limit[0], np.int8, n) if len(rules.limit) == 1 else rules.limit[queue]
    roots = Rows(
        *people, queue, like, same(0, np.int8, n), same(0, np.int32, n), counting(np.int32, n), turns, turns,
        same(0, np.int8, n), same(0, np.int8, n), limit, same(0, np.int64, n), same(0, np.bool_, n),
        same(0, np.int64, n), campaign, same(1, np.bool_, n), same(0, np.int32, n), same(-1, np.int8, n),
        same(1.0, np.float64, n), same(0, np.bool_, n), same(0, np.bool_, n),
    )  # fmt: skip
    matter = None if rules.reasons is None else streams.of(people, Draw.REASON, 1)[0]
    levels = [_begun(rules, streams, roots, u, matter)]
    if rules.follow_ups is None:
        nobody = same(-1, np.int32, n)
        return Contacts(levels[0], [nobody] * 6, nobody, same(0.0, np.float64, n))
    children, draws, again, born, first = [], [], [], [np.empty((8, 0), dtype=np.int64)], 0
    delays = [np.empty(0)]
    while True:
        level = levels[-1]
        first += len(level.queue)
        more, people, when, draw, well = _births(rules, streams, level)
        following = np.full((6, len(level.queue)), -1, dtype=np.int32)
        following[CHILD[more[1]], more[0]] = np.arange(first, first + len(when))
        children.append(following)
        draws.append(draw)
        again.append(well)
        if len(when) == 0:
            return _in_order(_together(rules, levels, born, delays), children, draws, again, n)
        born.append(more)
        delays.append(when)
        levels.append(_born(rules, streams, level, people, more, matter))


def _in_order(rows: Rows, children: list[I32], draws: list[I32], again: list[F64], roots: int) -> Contacts:
    """Roots keep their numbers, follow-ups come after them by (root, generation, row)."""
    following, draw, well = np.concatenate(children, axis=1), np.concatenate(draws), np.concatenate(again)
    order = roots + np.lexsort((rows.generation[roots:], rows.root[roots:]))
    row = np.arange(len(rows.queue) + 1, dtype=np.int32)
    row[order] = np.arange(roots, len(rows.queue))
    row[-1] = -1  # of the child that there is not
    for column in (*rows, *following, draw, well):
        column[roots:] = column[order]
    return Contacts(rows, list(row[following]), draw, well)


def _turns(rules: Rules, streams: Streams, people: People, like: I32) -> tuple[I32, F64]:
    """Turns of each, and the uniforms of Draw.TURNS if they are needed."""
    if rules.same_turns and not rules.campaigns.reply_after:
        return same(rules.same_turns, np.int32, len(like)), np.empty((3, 0))
    u = streams.of(people, Draw.TURNS, 3 if rules.campaigns.reply_after else 1)
    return rules.turns.counts(like, u[0]), u


def _begun(rules: Rules, streams: Streams, rows: Rows, u: F64, matter: F64 | None) -> Rows:
    """Each with its turns in all: one more for who comes from a bot or is written to, two if nobody answers; with its
    reason, which is read at the uniform `matter` : float64[root] of its root."""
    own = rows.link != Link.RETURN
    if rules.reasons is not None and matter is not None:
        rows = rows._replace(reason=_reason(rules.reasons[rows.queue], matter[rows.root]))
    if rules.bots is not None and rules.follow_ups is not None and rules.follow_ups.bounces.any():
        rows = rows._replace(contained=contained(rules, rows, streams.of(rows.people, Draw.BOT, 3)[2]))
    if rules.campaigns.reply_after:
        written = np.flatnonzero(rows.campaign >= 0)
        rows = rows._replace(turns=rows.turns.copy(), before=rows.before.copy(), answers=rows.answers.copy())
        campaign = rows.campaign[written]
        answers = u[1, written] < rules.campaigns.reply_share[campaign]
        answers &= u[2, written] >= rules.campaigns.opt_out[campaign]
        rows.answers[written], rows.before[written] = answers, 1
        rows.turns[written] = np.where(answers, rows.turns[written] + 1, 2)
    if rules.bots is not None and rules.bots.loses_context.any():
        repeats = rules.bots.loses_context[rows.queue] & meets_bot(rules, rows) & own
        rows = rows._replace(turns=rows.turns + repeats, before=rows.before + repeats)
    rows = rows._replace(at_most=rows.turns if own.all() else np.where(own, rows.turns, rows.at_most))
    if rules.connections is not None and (rules.connections.reconnects > 0).any():
        which = np.flatnonzero(own & (rules.connections.drop > 0)[rows.queue])
        rows = rows._replace(lost=rows.lost.copy())
        rows.lost[which] = late_comebacks(rules, streams, rows.some(which))
    return rows


def _reason(edges: F64, u: F64) -> I8:
    """The place of each row's uniform among the shares of its queue, added up : float64[n, reason]; -1: beyond."""
    return np.where(u < edges[:, -1], (u[:, None] >= edges).sum(axis=1), -1).astype(np.int8)


def meets_bot(rules: Rules, rows: Rows) -> Bool:
    """Who meets the queue's bot if it is on duty."""
    assert rules.bots is not None
    by_person = (rows.link == Link.TRANSFER) | (rows.link == Link.BOUNCE)
    return np.asarray(rules.bots.there[rows.queue] & ~by_person & (rows.campaign < 0))


def contained(rules: Rules, rows: Rows, u: F64) -> Bool:
    """Whom the queue's bot contains if they meet it; `u` are the uniforms for that."""
    assert rules.bots is not None
    return np.asarray(meets_bot(rules, rows) & (u < rules.bots.contains[rows.queue, rows.reason + 1]))


@cache
def _compiled_births() -> ModuleType:
    """ccsim/workload/births.py"""
    sources = [*PHILOX, *(Path(__file__).with_name(name) for name in ("births.py", "rows.py", "rules.py"))]
    return jit.load("ccsim.workload.births", sources)


def _births(rules: Rules, streams: Streams, level: Rows) -> tuple[I64, People, F64, I32, F64]:
    """The follow-ups of a level as births.py has them, whose their draws are, uniforms of delays, of transfers and of
    reopenings."""
    assert rules.follow_ups is not None
    n, births = len(level.queue), _compiled_births()
    born, when = np.empty((8, births.MOST * n), dtype=np.int64), np.empty(births.MOST * n)
    people, draw, well = np.empty((2, births.MOST * n), dtype=np.uint64), np.full(n, -1, dtype=np.int32), np.zeros(n)
    count = births.births(streams.key, streams.replication, level, rules.follow_ups, born, people, when, draw, well)
    return born[:, :count], People(people[0, :count], people[1, :count]), when[:count], draw, well


def _born(rules: Rules, streams: Streams, level: Rows, people: People, born: I64, matter: F64 | None) -> Rows:
    """These follow-ups of a level, but for what `_together` adds."""
    parent, kind, _, number = born[:4]
    n = len(parent)
    queue, root, transfers, budget, at_most = (
        column.astype(dtype)
        for column, dtype in zip((born[2], *born[4:]), (np.int32, np.int32, np.int8, np.int8, np.int32), strict=True)
    )
    link = LINKS[kind]
    turns, u = _turns(rules, streams, people, queue)
    if rules.again.repeat_turns.any():
        cold = np.flatnonzero((link == Link.TRANSFER) & rules.explains_in_turns[queue])
        turns = turns.copy()
        turns[cold] += rules.again.repeat_turns[number[cold]]
    turns = np.where(link == Link.RETURN, np.int32(0), turns)
    campaign = same(-1, np.int32, n)
    if rules.campaigns.reply_after:
        first_campaign = 2 * rules.queues  # delays of retries and reopenings come before (Again.after)
        campaign = np.where(link == Link.RECONTACT, number - first_campaign, -1).astype(np.int32)
    lost = same(0, np.int32, n)
    if rules.connections is not None:
        lost = np.where(link == Link.RETURN, level.lost[parent] - (kind == RECONNECTION), 0).astype(np.int32)
    impatience = same(1.0, np.float64, n)
    if rules.retry_patience is not None:
        left = rules.retry_patience[level.queue[parent]]
        impatience = level.impatience[parent] * np.where(link == Link.RETRY, left, 1.0)
    rows = Rows(
        *people, queue, queue, link, level.generation[:1].repeat(n) + np.int32(1), root, turns, at_most,
        same(0, np.int8, n), transfers, budget, same(0, np.int64, n), same(0, np.bool_, n), same(0, np.int64, n),
        campaign, same(1, np.bool_, n), lost, same(-1, np.int8, n), impatience,
        same(0, np.bool_, n), same(0, np.bool_, n),
    )  # fmt: skip
    return _begun(rules, streams, rows, u, matter)


def _together(rules: Rules, levels: list[Rows], born: list[I64], delays: list[F64]) -> Rows:
    """All rows of all levels, with how long after their parents follow-ups come and what transfers bring along."""
    rows = Rows(*map(np.concatenate, zip(*levels, strict=True)))
    _, kind, _, number = np.concatenate(born, axis=1)[:4]
    when, roots = np.concatenate(delays), len(levels[0].queue)
    link = LINKS[kind]
    which = np.flatnonzero((link != Link.TRANSFER) & (link != Link.RETURN))
    rows.after[roots + which] = rules.again.after.micros(number[which], when[which])
    which = np.flatnonzero(link == Link.TRANSFER)
    if len(which):
        moved, transfer = roots + which, number[which]
        rows.keep_agent[moved] = rules.again.same_agent[transfer]
        in_turns = rules.explains_in_turns[rows.queue[moved]]
        rows.extra_work[moved] = np.where(in_turns, 0, rules.again.repeat_work[transfer])
    return rows
