"""What one week hands over to the next, and a plan of one week has not: it begins with nobody waiting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from ccsim.lowering import Horizon, spans_of
from ccsim.metrics.timeline import share_within
from ccsim.results import format
from ccsim.scenario.model import Scenario
from ccsim.scenario.values import WEEK
from ccsim.tables import Bool
from ccsim.workload.offered import holds, interval_edges
from ccsim.workload.unserved import contacts_between

WORTH: Final = 0.01
"""Share of a queue's contacts from which there is a warning."""


def carried_over(scenario: Scenario, there: Bool, days: int) -> Iterator[str]:
    """A sentence on the queues whose last contacts come when a plan of a week at most has nobody left to serve them.

    `there` : bool[team, interval], somebody may work. The next week begins with these contacts; the plan has them
    served after its end, where no others come.
    """
    if days > WEEK:
        return
    horizon = Horizon.of(scenario)
    edges = interval_edges(scenario)
    edges = edges[edges <= horizon.midnights[days]]
    left_over = []
    for name, queue in scenario.queue.items():
        able = [name in team.skills for team in scenario.team.values()]
        is_open = share_within(spans_of(queue.open, horizon), edges) > 0
        served = np.flatnonzero(is_open & there[able, : len(is_open)].any(axis=0))
        if not holds(queue) or queue.initial_backlog.contacts or len(served) == 0:
            continue
        come = contacts_between(scenario, name, edges)
        left = float(come[served[-1] + 1 :].sum())
        if left > WORTH * come.sum():
            since = format.moment(scenario, int(edges[served[-1] + 1]))
            left_over.append(
                f"{scenario.title(name)}: nobody serves it from {since} on, when about {format.count(left)} of its "
                f"{format.count(float(come.sum()))} contacts come"
            )
    if left_over:
        yield (
            f"{'; '.join(left_over)}. As the plan begins with nobody waiting, it has no agents for them: its first day "
            "needs more. Plan two weeks or more, or give such a queue an initial_backlog"
        )
