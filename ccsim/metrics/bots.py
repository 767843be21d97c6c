"""Metrics of queues with a bot: what it contains, what of that comes back, and what it costs beside people."""

from __future__ import annotations

import numpy as np

from ccsim.metrics import sums
from ccsim.metrics.facts import Facts
from ccsim.metrics.registry import Sums, metric
from ccsim.tables import F64, NEVER, SECOND, Bool, MetricSpec, Outcome, Outside, Plan


def _has_bot(plan: Plan, spec: MetricSpec) -> Bool:
    return np.asarray((np.diff(plan.bot_offset) > 0) | (plan.outside == Outside.BOT))


def _bot_is_limited(plan: Plan, spec: MetricSpec) -> Bool:
    return np.asarray(plan.bot_places < NEVER)


def _solved_by_bot(f: Facts) -> F64:
    """(interval, queue)"""
    solved: F64 = f.contacts[Outcome.CONTAINED] - f.contacts[sums.BOUNCED]
    return solved


@metric(
    "queue", "Conversations with the bot", "contacts", "none", "contacts that talked to the bot",
    "number of contacts with the bot", "7.1", hide_if_zero=True,
)  # fmt: skip
def bot_conversations(f: Facts) -> Sums:
    return Sums(f.with_bot[0])


@metric(
    "queue", "Mean wait for the bot", "s", "lower", "from the arrival to the start of a conversation with the bot",
    "waits for the bot / contacts with the bot", "7.1", applies=_bot_is_limited,
)  # fmt: skip
def bot_wait_mean(f: Facts) -> Sums:
    return Sums(f.with_bot[2] / SECOND, f.with_bot[0])


@metric(
    "queue", "Contained, and came back", "contacts", "lower", "contained by the bot, and the customer came back",
    "number of contained with a bounce", "7.1", hide_if_zero=True,
)  # fmt: skip
def bounced(f: Facts) -> Sums:
    return Sums(f.contacts[sums.BOUNCED])


@metric(
    "queue", "Containment", "share", "higher", "contained / conversations with the bot",
    "contained / contacts with the bot", "7.1", applies=_has_bot,
)  # fmt: skip
def containment(f: Facts) -> Sums:
    return Sums(f.contacts[Outcome.CONTAINED], f.with_bot[0])


@metric(
    "queue", "Containment net of who came back", "share", "higher",
    "contained whose customer did not come back / conversations with the bot",
    "(contained − bounced) / contacts with the bot", "7.1", applies=_has_bot,
)  # fmt: skip
def containment_net(f: Facts) -> Sums:
    return Sums(_solved_by_bot(f), f.with_bot[0])


@metric(
    "queue", "Cost per solved, by people or the bot", "money", "lower",
    "cost / resolved, and contained whose customer did not come back", "cost / (resolved + contained − bounced)", "7.6",
    applies=_has_bot,
)  # fmt: skip
def cost_per_solved(f: Facts) -> Sums:
    return Sums(f.cost, (f.contacts[Outcome.RESOLVED] + _solved_by_bot(f)).sum(axis=0))


@metric(
    "queue", "Cost per resolved by the bot", "money", "lower",
    "cost of conversations with the bot / contained whose customer did not come back",
    "bot cost / (contained − bounced)", "7.6", applies=_has_bot,
)  # fmt: skip
def bot_cost_per_resolved(f: Facts) -> Sums:
    return Sums(f.bot_cost, _solved_by_bot(f).sum(axis=0))


@metric(
    "queue", "Cost per resolved by people", "money", "lower", "cost without the bot's / resolved",
    "(cost − bot cost) / resolved", "7.6", applies=_has_bot,
)  # fmt: skip
def people_cost_per_resolved(f: Facts) -> Sums:
    return Sums(f.cost - f.bot_cost, f.contacts[Outcome.RESOLVED].sum(axis=0))
