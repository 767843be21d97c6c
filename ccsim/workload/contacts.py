"""The contacts of a replication: roots, then generation by generation what may follow them.

A follow-up is allotted a row only where its parent's own uniform switches it on. Whose draws are a follow-up's is drawn
from its parent, so it is known by its own chain alone: nobody else's follow-ups move it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np

from ccsim import jit
from ccsim.distributions.constants import counting, same
from ccsim.distributions.streams import PHILOX, Draw, People, Streams
from ccsim.tables import F64, I8, I32, Bool, Link
from ccsim.workload.rows import Room, Rows
from ccsim.workload.rules import Rules
from ccsim.workload.turns import late_comebacks


class Contacts(NamedTuple):
    """All contacts, follow-ups by (root, generation), and what follows them."""

    rows: Rows
    children: Sequence[I32]
    """as in Following"""
    transfer_draw: I32
    reopen_draw: F64


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
    roots = _begun(rules, streams, roots, u, matter)
    if rules.follow_ups is None:
        nobody = same(-1, np.int32, n)
        return Contacts(roots, [nobody] * 6, nobody, same(0.0, np.float64, n))
    births, first, end = _births(), 0, n
    room = Room.of((1 + births.MOST) * n, roots)
    births.take(*roots.by_size(), *room[2:])
    while first < end:
        room = room.grown(end + births.MOST * (end - first))
        last = births.births(streams.key, streams.replication, rules.follow_ups, *room[:2], first, end)
        if end < last:
            _begin_again(rules, streams, room, slice(end, last), matter)
        first, end = end, last
    room.rows.after[n:end] = rules.after.micros(room.following.number[n:end], room.following.when[n:end])
    return _in_order(room, n, end)


def _in_order(room: Room, roots: int, n: int) -> Contacts:
    """Roots keep their numbers, follow-ups come after them by (root, generation, row)."""
    ordered, row, births = Room.of(n, room.rows), np.empty(n, np.int32), _births()
    births.place(room.rows.root[:n], roots, np.empty(roots, np.int32), row)
    births.move(*room[2:], row, *ordered[2:])
    following = ordered.following
    births.rename(following.children, row)
    return Contacts(ordered.rows, list(following.children), following.transfer_draw, following.reopen_draw)


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


def _begin_again(rules: Rules, streams: Streams, room: Room, which: slice, matter: F64 | None) -> None:
    """Has those follow-ups begun."""
    rows = room.rows.some(which)
    turns, u = _turns(rules, streams, rows.people, rows.queue)
    turns = np.where(rows.link == Link.RETURN, np.int32(0), rows.turns + turns)
    rows.take(_begun(rules, streams, rows._replace(turns=turns), u, matter))


@cache
def _births() -> ModuleType:
    """ccsim/workload/births.py"""
    sources = [*PHILOX, *(Path(__file__).with_name(name) for name in ("births.py", "rows.py", "rules.py"))]
    return jit.load("ccsim.workload.births", sources)
