"""Which follow-ups the contacts of one generation may have, by the uniforms of each, and their order: compiled."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Final

import numpy as np

from ccsim.distributions.philox import philox, unit
from ccsim.distributions.streams import Draw
from ccsim.jit import compiled, inlined
from ccsim.tables import I8, I32, I64, MAX_TRANSFERS, Link
from ccsim.workload.rows import Following, Rows
from ccsim.workload.rules import FollowUps


class Kind(IntEnum):
    """What a follow-up is to the contact before it."""

    TRANSFER = 0
    RETRY = 1
    RECONTACT = 2
    RETURN = 3
    RECONNECT = 4
    REOPENING = 5
    BOUNCE = 6


MOST: Final = 6
"""Follow-ups of one contact: a retry and a recontact exclude each other."""

LINKS: Final = np.array(
    [Link.TRANSFER, Link.RETRY, Link.RECONTACT, Link.RETURN, Link.RETURN, Link.REOPENING, Link.BOUNCE], dtype=np.int8
)
"""What a follow-up of each kind is to its parent."""

CHILD: Final = np.array([0, 1, 1, 2, 3, 4, 5])
"""Where its parent names it: row of `Following.children`."""

TRANSFER, RETRY, RECONTACT, RETURN, RECONNECT, REOPENING, BOUNCE = (int(kind) for kind in Kind)
LEAVE, COME_BACK, FOLLOW_UP = (np.uint64(draw << 32) for draw in (Draw.LEAVE, Draw.COME_BACK, Draw.FOLLOW_UP))
BOUNCED = np.uint64(Draw.BOUNCE << 32)


@inlined
def _add(rows: Any, following: Any, j: Any, kind: Any, queue: Any, number: Any, u: Any) -> Any:
    rows.link[j], rows.queue[j], following.number[j], following.when[j] = kind, queue, number, u
    return j + 1


@inlined
def _born(key: Any, replication: Any, rules: Any, rows: Any, following: Any, i: Any, j: Any) -> None:
    """What row j has of row i, which it follows as its kind, which its link is until then."""
    kind, queue, number = rows.link[j], rows.queue[j], following.number[j]
    following.children[CHILD[kind], i] = j
    rows.number[j], rows.owner[j], _, _ = philox(
        rows.number[i], rows.owner[i], FOLLOW_UP + np.uint64(kind), replication, key[0], key[1]
    )
    rows.like[j], rows.link[j] = queue, LINKS[kind]
    rows.generation[j], rows.root[j] = rows.generation[i] + 1, rows.root[i]
    rows.at_most[j], rows.before[j] = rows.at_most[i] - 1, 0
    rows.transfers[j] = rows.transfers[i] + (kind == TRANSFER)
    rows.budget[j] = rows.budget[i] - (kind != TRANSFER)
    rows.keep_agent[j] = rules.same_agent[number] if kind == TRANSFER else False
    rows.extra_work[j] = rules.repeat_work[number] if kind == TRANSFER else 0
    rows.turns[j] = rules.repeat_turns[number] if kind == TRANSFER else 0
    rows.campaign[j] = number - 2 * len(rules.retry) if kind == RECONTACT else -1
    returns = kind in (RETURN, RECONNECT)
    if returns or kind == TRANSFER:
        following.number[j] = 3 * len(rules.retry) + len(rules.campaign_queue)  # at once
    rows.lost[j] = rows.lost[i] - (kind == RECONNECT) if returns else 0
    rows.impatience[j] = rows.impatience[i] * (rules.retry_patience[number] if kind == RETRY else 1.0)
    rows.answers[j], rows.reason[j], rows.closing[j], rows.contained[j] = True, -1, False, False


@compiled
def births(  # noqa: PLR0912  (one contact from beginning to end)
    key: Any, replication: Any, rules: FollowUps, rows: Rows, following: Following, first: int, end: int
) -> int:
    """The follow-ups that rows from `first` to `end` may have, put into the rows from `end` on; where these end.

    There is room for MOST of each. Their reasons, and whether they answer, are not drawn here, and of their turns there
    are only those in which the customer explains again.
    """
    queues, last = len(rules.retry), end
    following.children[:, first:end], following.transfer_draw[first:end], following.reopen_draw[first:end] = -1, -1, 0.0
    for i in range(first, end):
        q, written, answers, more = rows.queue[i], rows.campaign[i] >= 0, rows.answers[i], rows.at_most[i] > 1
        leaves, turn, retries, chooses = philox(rows.number[i], rows.owner[i], LEAVE, replication, key[0], key[1])
        later, comes, reopens, when_reopened = philox(
            rows.number[i], rows.owner[i], COME_BACK, replication, key[0], key[1]
        )
        start, moved = last, False
        for t in range(rules.transfer_offset[q], rules.transfer_offset[q + 1]):
            if unit(leaves) < rules.transfer_edge[t]:
                if rows.transfers[i] < MAX_TRANSFERS and answers:
                    moved = True
                    after = unit(turn)
                    if written:  # not before they have answered
                        after = 1 - (1 - after) * (1 - 1 / rows.turns[i])
                    following.transfer_draw[i] = min(np.ceil(after * 2.0**31), 2.0**31 - 1)
                    last = _add(rows, following, last, TRANSFER, rules.transfer_to[t], t, 0.5)
                break
        if rows.budget[i] > 0:
            if not written:  # who is written to had no wish to be dropped
                campaign = rules.recontact[q]
                if unit(retries) < rules.retry[q]:
                    most = rules.retry_offset[q + 1] - 1
                    to = rules.retry_offset[q]
                    while to < most and unit(chooses) * rules.retry_edge[most] >= rules.retry_edge[to]:
                        to += 1
                    last = _add(rows, following, last, RETRY, rules.retry_to[to], q, unit(later))
                elif campaign >= 0:
                    queue, delay = rules.campaign_queue[campaign], 2 * queues + campaign
                    last = _add(rows, following, last, RECONTACT, queue, delay, unit(later))
            if more and unit(comes) < rules.returns[q]:
                last = _add(rows, following, last, RETURN, q, 0, 0.5)
            if more and rows.lost[i] > 0:
                last = _add(rows, following, last, RECONNECT, q, 0, 0.5)
            if not moved and answers and unit(reopens) < rules.reopens[q]:  # who is transferred is never resolved
                following.reopen_draw[i] = unit(reopens)
                last = _add(rows, following, last, REOPENING, q, queues + q, unit(when_reopened))
            if rows.contained[i]:
                unhappy, after, _, _ = philox(rows.number[i], rows.owner[i], BOUNCED, replication, key[0], key[1])
                if unit(unhappy) < rules.bounces[q]:
                    delay = 2 * queues + len(rules.campaign_queue) + q
                    last = _add(rows, following, last, BOUNCE, q, delay, unit(after))
        for j in range(start, last):
            _born(key, replication, rules, rows, following, i, j)
    return last


@compiled
def take(eights: Any, fours: Any, ones: Any, eights_to: I64, fours_to: I32, ones_to: I8) -> None:
    """Columns of the same rows, as in Rows.by_size, into the first rows of the blocks of a Room."""
    _take(eights, eights_to)
    _take(fours, fours_to)
    _take(ones, ones_to)


@inlined
def _take(columns: Any, to: Any) -> None:
    for number in range(len(columns)):
        column = columns[number]
        for j in range(len(column)):
            to[number, j] = column[j]


@compiled
def place(root: I32, roots: int, next_row: I32, row: I32) -> None:
    """Where each row comes to stand, `row` : int32[n], if follow-ups are put by (root, generation, row) after the
    `roots`. They stand by (generation, root), `root` : int32[n]; `next_row` : int32[roots] is used for that."""
    next_row[:] = 0
    for j in range(roots, len(root)):
        next_row[root[j]] += 1
    last = roots
    for i in range(roots):
        row[i] = i
        last, next_row[i] = last + next_row[i], last
    for j in range(roots, len(root)):
        row[j] = next_row[root[j]]
        next_row[root[j]] += 1


@compiled
def move(eights: I64, fours: I32, ones: I8, row: I32, eights_to: I64, fours_to: I32, ones_to: I8) -> None:
    """The blocks of a Room with each row where it comes to stand, `row` : int32[n]."""
    _move(eights, row, eights_to)
    _move(fours, row, fours_to)
    _move(ones, row, ones_to)


@inlined
def _move(block: Any, row: Any, to: Any) -> None:
    for column in range(len(block)):
        for j in range(len(row)):
            to[column, row[j]] = block[column, j]


@compiled
def rename(children: I32, row: I32) -> None:
    """Rows by where they stand now."""
    for kind in range(len(children)):
        for j in range(children.shape[1]):
            if children[kind, j] >= 0:
                children[kind, j] = row[children[kind, j]]
