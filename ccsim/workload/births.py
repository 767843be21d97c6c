"""Which follow-ups the contacts of one generation may have, by the uniforms of each: compiled."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Final

import numpy as np

from ccsim.distributions.philox import philox, unit
from ccsim.distributions.streams import Draw
from ccsim.jit import compiled, inlined
from ccsim.tables import F64, I32, MAX_TRANSFERS
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

TRANSFER, RETRY, RECONTACT, RETURN, RECONNECT, REOPENING, BOUNCE = (int(kind) for kind in Kind)
LEAVE, COME_BACK, FOLLOW_UP = (np.uint64(draw << 32) for draw in (Draw.LEAVE, Draw.COME_BACK, Draw.FOLLOW_UP))
BOUNCED = np.uint64(Draw.BOUNCE << 32)


@inlined
def _add(born: Any, when: Any, i: Any, parent: Any, kind: Any, queue: Any, number: Any, u: Any) -> Any:
    born[0, i], born[1, i], born[2, i], born[3, i] = parent, kind, queue, number
    when[i] = u
    return i + 1


@compiled
def births(  # noqa: PLR0912  (one contact from beginning to end)
    key: Any, replication: Any, level: Any, rules: FollowUps, born: Any, people: Any, when: Any, draw: I32, well: F64
) -> int:
    """How many follow-ups the rows of `level` may have, and which.

    `born` : int64[8, ·] gets parent, kind, queue, number of the transfer or the delay, and of the follow-up root,
    transfers in its chain, budget left and turns its parent can leave; `people` : uint64[2, ·] whose its draws are;
    `when` : float64[·] the uniform of its delay; by row `draw` that of its transfer, `well` that of its reopening
    (tables.py).
    """
    queues, count = len(rules.retry), 0
    for i in range(len(level.queue)):
        q, written, answers, more = level.queue[i], level.campaign[i] >= 0, level.answers[i], level.at_most[i] > 1
        leaves, turn, retries, chooses = philox(level.number[i], level.owner[i], LEAVE, replication, key[0], key[1])
        later, comes, reopens, when_reopened = philox(
            level.number[i], level.owner[i], COME_BACK, replication, key[0], key[1]
        )
        first, moved = count, False
        for t in range(rules.transfer_offset[q], rules.transfer_offset[q + 1]):
            if unit(leaves) < rules.transfer_edge[t]:
                if level.transfers[i] < MAX_TRANSFERS and answers:
                    moved = True
                    after = unit(turn)
                    if written:  # not before they have answered
                        after = 1 - (1 - after) * (1 - 1 / level.turns[i])
                    draw[i] = min(np.ceil(after * 2.0**31), 2.0**31 - 1)
                    count = _add(born, when, count, i, TRANSFER, rules.transfer_to[t], t, 0.5)
                break
        if level.budget[i] > 0:
            if not written:  # who is written to had no wish to be dropped
                campaign = rules.recontact[q]
                if unit(retries) < rules.retry[q]:
                    last = rules.retry_offset[q + 1] - 1
                    to = rules.retry_offset[q]
                    while to < last and unit(chooses) * rules.retry_edge[last] >= rules.retry_edge[to]:
                        to += 1
                    count = _add(born, when, count, i, RETRY, rules.retry_to[to], q, unit(later))
                elif campaign >= 0:
                    queue, delay = rules.campaign_queue[campaign], 2 * queues + campaign
                    count = _add(born, when, count, i, RECONTACT, queue, delay, unit(later))
            if more and unit(comes) < rules.returns[q]:
                count = _add(born, when, count, i, RETURN, q, 0, 0.5)
            if more and level.lost[i] > 0:
                count = _add(born, when, count, i, RECONNECT, q, 0, 0.5)
            if not moved and answers and unit(reopens) < rules.reopens[q]:  # who is transferred is never resolved
                well[i] = unit(reopens)
                count = _add(born, when, count, i, REOPENING, q, queues + q, unit(when_reopened))
            if level.contained[i]:
                unhappy, after, _, _ = philox(level.number[i], level.owner[i], BOUNCED, replication, key[0], key[1])
                if unit(unhappy) < rules.bounces[q]:
                    delay = 2 * queues + len(rules.campaign_queue) + q
                    count = _add(born, when, count, i, BOUNCE, q, delay, unit(after))
        for j in range(first, count):
            kind = born[1, j]
            born[4, j] = level.root[i]
            born[5, j] = level.transfers[i] + (kind == TRANSFER)
            born[6, j] = level.budget[i] - (kind != TRANSFER)
            born[7, j] = level.at_most[i] - 1
            people[0, j], people[1, j], _, _ = philox(
                level.number[i], level.owner[i], FOLLOW_UP + np.uint64(kind), replication, key[0], key[1]
            )
    return count
