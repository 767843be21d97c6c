"""The contacts of a replication: roots, then generation by generation what may follow them.

A follow-up is allotted a row only where its parent's own uniform switches it on. Whose draws are a follow-up's is drawn
from its parent, so it is known by its own chain alone: nobody else's follow-ups move it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from ccsim.distributions.streams import Draw, People, Streams
from ccsim.tables import F64, I32, I64, Bool, Link
from ccsim.workload.constants import counting, same
from ccsim.workload.members import Members, of_laws
from ccsim.workload.rows import Rows
from ccsim.workload.rules import Rules
from ccsim.workload.turns import late_comebacks

LINKS: Final = np.array(
    [Link.TRANSFER, Link.RETRY, Link.RECONTACT, Link.RETURN, Link.RETURN, Link.REOPENING], dtype=np.int8
)
"""What a follow-up of each kind (births.Kind) is to its parent."""

CHILD: Final = np.array([0, 1, 1, 2, 3, 4])
"""Where its parent names it: row of `Contacts.children`."""

RECONNECTION: Final = 4
"""Its kind."""


class Contacts(NamedTuple):
    """All contacts, follow-ups by (root, generation), and what follows them."""

    rows: Rows
    children: Sequence[I32]
    """five of int32[n]: rows of transfer, retry or recontact, return, reconnection and reopening, -1: none"""
    transfer_draw: I32


def contacts_of(rules: Rules, streams: Streams, people: People, queue: I32, campaign: I32) -> Contacts:
    """The contacts whose roots are these, in the order of their ids."""
    n = len(queue)
    turns, u = _turns(rules, streams, people, queue)
    limit = same(rules.limit[0], np.int8, n) if len(rules.limit) == 1 else rules.limit[queue]
    roots = Rows(
        *people, queue, same(0, np.int8, n), same(0, np.int32, n), counting(np.int32, n), turns, turns,
        same(0, np.int8, n), same(0, np.int8, n), limit, same(0, np.int64, n), same(0, np.bool_, n),
        same(0, np.int64, n), campaign, same(1, np.bool_, n), same(0, np.int32, n),
    )  # fmt: skip
    levels = [_begun(rules, streams, roots, u)]
    if rules.follow_ups is None:
        nobody = same(-1, np.int32, n)
        return Contacts(levels[0], [nobody] * 5, nobody)
    children, draws, first = [], [], 0
    while True:
        level = levels[-1]
        first += len(level.queue)
        born, when, draw = _births(rules, streams, level)
        following = np.full((5, len(level.queue)), -1, dtype=np.int32)
        following[CHILD[born[1]], born[0]] = np.arange(first, first + len(when))
        children.append(following)
        draws.append(draw)
        if len(when) == 0:
            return _in_order(Rows(*map(np.concatenate, zip(*levels, strict=True))), children, draws, n)
        levels.append(_born(rules, streams, level, born, when))


def _in_order(rows: Rows, children: list[I32], draws: list[I32], roots: int) -> Contacts:
    """Roots keep their numbers, follow-ups come after them by (root, generation, row)."""
    following, draw = np.concatenate(children, axis=1), np.concatenate(draws)
    order = roots + np.lexsort((rows.generation[roots:], rows.root[roots:]))
    row = np.arange(len(rows.queue) + 1, dtype=np.int32)
    row[order] = np.arange(roots, len(rows.queue))
    row[-1] = -1  # of the child that there is not
    for column in (*rows, *following, draw):
        column[roots:] = column[order]
    return Contacts(rows, list(row[following]), draw)


def _some(rows: Rows, which: I64) -> Rows:
    columns: list[Any] = [column[which] for column in rows]
    return Rows(*columns)


def _turns(rules: Rules, streams: Streams, people: People, queue: I32) -> tuple[I32, F64]:
    """Turns of each, and the uniforms of Draw.TURNS if they are needed."""
    if rules.same_turns and not rules.campaigns.reply_after:
        return same(rules.same_turns, np.int32, len(queue)), np.empty((3, 0))
    u = streams.of(people, Draw.TURNS, 3)
    return Members(queue, len(rules.turns)).counts(rules.turns, u[0]), u


def _begun(rules: Rules, streams: Streams, rows: Rows, u: F64) -> Rows:
    """Each with its turns in all: one more for who comes from a bot or is written to, two if nobody answers."""
    own = rows.link != Link.RETURN
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
        rows.lost[which] = late_comebacks(rules, streams, _some(rows, which))
    return rows


def meets_bot(rules: Rules, rows: Rows) -> Bool:
    """Who meets the queue's bot if it is on duty."""
    assert rules.bots is not None
    return np.asarray(rules.bots.there[rows.queue] & (rows.link != Link.TRANSFER) & (rows.campaign < 0))


def _births(rules: Rules, streams: Streams, level: Rows) -> tuple[I64, F64, I32]:
    """Parent, kind, queue and number (births.py) of each follow-up : int64[4, ·]; uniforms of delays and transfers."""
    from ccsim.workload.births import MOST, births

    assert rules.follow_ups is not None
    n = len(level.queue)
    born, when = np.empty((4, MOST * n), dtype=np.int64), np.empty(MOST * n)
    draw = np.full(n, -1, dtype=np.int32)
    leave, back = streams.of(level.people, Draw.LEAVE), streams.of(level.people, Draw.COME_BACK)
    count = births(
        level.queue, level.campaign >= 0, level.answers, level.transfers, level.budget, level.turns, level.at_most,
        level.lost, leave, back, rules.follow_ups, born, when, draw,
    )  # fmt: skip
    return np.ascontiguousarray(born[:, :count]), when[:count], draw


def _born(rules: Rules, streams: Streams, level: Rows, born: I64, when: F64) -> Rows:
    """These follow-ups of a generation's contacts."""
    parent, kind, target, number = born
    n, queue, link = len(parent), target.astype(np.int32), LINKS[kind]
    moves, returns = link == Link.TRANSFER, link == Link.RETURN
    people = streams.follow_ups(level.people.some(parent), kind)
    turns, u = _turns(rules, streams, people, queue)
    turns = np.where(returns, 0, turns).astype(np.int32)
    keep_agent, extra_work, after = np.zeros(n, np.bool_), np.zeros(n, np.int64), np.zeros(n, np.int64)
    which = np.flatnonzero(moves)
    if len(which):
        transfer, in_turns = number[which], rules.explains_in_turns[queue[which]]
        keep_agent[which] = rules.again.same_agent[transfer]
        turns[which] += np.where(in_turns, rules.again.repeat_turns[transfer], 0).astype(np.int32)
        extra_work[which] = np.where(in_turns, 0, rules.again.repeat_work[transfer])
    which = np.flatnonzero(~moves & ~returns)
    after[which] = of_laws(rules.again.after, number[which], when[which])
    first_campaign = 2 * len(rules.turns)  # delays of retries and reopenings come before (Again.after)
    campaign = np.where(link == Link.RECONTACT, number - first_campaign, -1).astype(np.int32)
    lost = np.where(returns, level.lost[parent] - (kind == RECONNECTION), 0).astype(np.int32)
    rows = Rows(
        *people, queue, link, level.generation[parent] + np.int32(1), level.root[parent], turns,
        level.at_most[parent] - np.int32(1), same(0, np.int8, n), level.transfers[parent] + moves,
        level.budget[parent] - ~moves, after, keep_agent, extra_work, campaign, same(1, np.bool_, n), lost,
    )  # fmt: skip
    return _begun(rules, streams, rows, u)
