"""How much harder a contact is than its queue's distributions of work say: its reason, and that a bot gave it up.

Both are factors on work and wrap-up, known before the run: a chain's reason is drawn, and its first contact, whose time
of arrival is known, has talked to a bot or has not (docs/model.md, 6.13 and 6.14).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ccsim.lowering import Horizon, bot_hours, spans_of
from ccsim.metrics.timeline import inside, share_within
from ccsim.scenario.bots import past_bot
from ccsim.tables import F64, I64, Bool, Workload

if TYPE_CHECKING:
    from ccsim.scenario.model import Scenario


class Residue(NamedTuple):
    """What a queue's bot leaves to people."""

    factor: float
    on_duty: I64
    """spans of the bot : int64[n, 2]"""
    open: I64 | None
    """hours outside which everybody talks to the bot; None: nobody does"""

    def talked(self, time: I64, asks_human: Bool) -> Bool:
        """Who comes at these times and talks to the bot; the backlog has done so."""
        talks = (inside(time, self.on_duty) | (time < 0)) & ~asks_human
        return talks if self.open is None else talks | ((time >= 0) & ~inside(time, self.open))


class Difficulty(NamedTuple):
    """Factors by contact."""

    by_reason: F64 | None
    """float64[queue, reason + 1], the first without a reason"""
    residue: dict[int, Residue]
    """by queue, where it is not 1"""

    def of(self, workload: Workload) -> F64 | None:
        """Factor on work and wrap-up : float64[contact]; None: 1 throughout."""
        if self.by_reason is None and not self.residue:
            return None
        factor = np.ones(len(workload.queue))
        if self.by_reason is not None:
            factor *= self.by_reason[workload.queue, workload.reason + 1]
        for q, residue in self.residue.items():
            roots = (workload.root == np.arange(len(factor))) & (workload.queue == q)
            roots &= (workload.bot_time >= 0) & ~workload.deflected
            roots[roots] = residue.talked(workload.arrival[roots], workload.asks_human[roots])
            factor[roots[workload.root]] *= residue.factor
        return factor


def difficulty_of(scenario: Scenario) -> Difficulty:
    """The factors of a checked scenario."""
    queues, horizon = list(scenario.queue.values()), Horizon.of(scenario)
    residue = {
        q: Residue(
            bot.residue,
            bot_hours(scenario, name),
            spans_of(queue.open, horizon) if queue.outside_hours == "bot" else None,
        )
        for q, (name, queue) in enumerate(scenario.queue.items())
        if (bot := queue.met_by_bot) is not None and bot.residue != 1
    }
    most = max((len(queue.reasons) for queue in queues), default=0)
    by_reason = np.ones((len(queues), most + 1))
    for q, queue in enumerate(queues):
        by_reason[q, 1 : len(queue.reasons) + 1] = [reason.work for reason in queue.reasons.values()]
    return Difficulty(by_reason if (by_reason != 1).any() else None, residue)


def expected(scenario: Scenario, q: int, edges: I64) -> F64:
    """The mean factor on the work that comes to people, between each two edges."""
    name, queue = list(scenario.queue.items())[q]
    talk = np.zeros(len(edges) - 1)
    if queue.met_by_bot is not None:
        talk = share_within(bot_hours(scenario, name), edges) * queue.talk_to_bot
    return np.asarray(past_bot(queue, talk)[1])
