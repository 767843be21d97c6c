"""Which follow-ups the contacts of one generation may have: decided by their uniforms, compiled."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Final

import numpy as np

from ccsim.distributions.philox import compiled, inlined
from ccsim.tables import F64, I8, I32, MAX_TRANSFERS, Bool
from ccsim.workload.rules import FollowUps


class Kind(IntEnum):
    """What a follow-up is to the contact before it."""

    TRANSFER = 0
    RETRY = 1
    RECONTACT = 2
    RETURN = 3
    RECONNECT = 4
    REOPENING = 5


MOST: Final = 5
"""Follow-ups of one contact: a retry and a recontact exclude each other."""

TRANSFER, RETRY, RECONTACT, RETURN, RECONNECT, REOPENING = (int(kind) for kind in Kind)


@inlined
def _add(born: Any, when: Any, count: Any, parent: Any, kind: Any, queue: Any, number: Any, u: Any) -> Any:
    born[0, count], born[1, count], born[2, count], born[3, count] = parent, kind, queue, number
    when[count] = u
    return count + 1


@compiled
def births(  # noqa: PLR0912  (one contact from beginning to end)
    queue: I32, written: Bool, answers: Bool, transfers: I8, budget: I8, turns: I32, at_most: I32, lost: I32,
    leave: F64, back: F64, rules: FollowUps, born: Any, when: F64, draw: I32,
) -> int:  # fmt: skip
    """How many follow-ups; `born` : int64[4, ·] gets parent, kind, queue, and number of the transfer or the delay.

    `leave` and `back` are the uniforms of Draw.LEAVE and Draw.COME_BACK, `when` gets those of delays, `draw` those of
    transfers (tables.py).
    """
    queues, count = len(rules.retry), 0
    for i in range(len(queue)):
        q = queue[i]
        moved = False
        for t in range(rules.transfer_offset[q], rules.transfer_offset[q + 1]):
            if leave[0, i] < rules.transfer_edge[t]:
                if transfers[i] < MAX_TRANSFERS and answers[i]:
                    moved = True
                    after = leave[1, i]
                    if written[i]:  # not before they have answered
                        after = 1 - (1 - after) * (1 - 1 / turns[i])
                    draw[i] = min(np.ceil(after * 2.0**31), 2.0**31 - 1)
                    count = _add(born, when, count, i, TRANSFER, rules.transfer_to[t], t, 0.5)
                break
        if budget[i] <= 0:
            continue
        if not written[i]:  # who is written to had no wish to be dropped
            campaign = rules.recontact[q]
            if leave[2, i] < rules.retry[q]:
                last = rules.retry_offset[q + 1] - 1
                to = rules.retry_offset[q]
                while to < last and leave[3, i] * rules.retry_edge[last] >= rules.retry_edge[to]:
                    to += 1
                count = _add(born, when, count, i, RETRY, rules.retry_to[to], q, back[0, i])
            elif campaign >= 0:
                delay = 2 * queues + campaign
                count = _add(born, when, count, i, RECONTACT, rules.campaign_queue[campaign], delay, back[0, i])
        if at_most[i] > 1 and back[1, i] < rules.returns[q]:
            count = _add(born, when, count, i, RETURN, q, 0, 0.5)
        if at_most[i] > 1 and lost[i] > 0:
            count = _add(born, when, count, i, RECONNECT, q, 0, 0.5)
        if not moved and answers[i] and back[2, i] < rules.reopens[q]:  # who is transferred is never resolved
            count = _add(born, when, count, i, REOPENING, q, queues + q, back[3, i])
    return count
