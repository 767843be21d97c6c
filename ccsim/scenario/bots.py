"""What of a queue's contacts comes to people past its bot, and how much harder than the queue's usual it is."""

from __future__ import annotations

from typing import NamedTuple, TypeVar

from ccsim.scenario.queues import Queue
from ccsim.tables import F64

Number = TypeVar("Number", float, F64)


class Kind(NamedTuple):
    """A share of a queue's contacts that are alike."""

    share: float
    contains: float
    work: float


def kinds(queue: Queue) -> list[Kind]:
    """The queue's reasons, and at the end the contacts without one."""
    contains = queue.bot.contains if queue.bot else 0.0
    reasons = [
        Kind(reason.share, contains if reason.contains is None else reason.contains, reason.work)
        for reason in queue.reasons.values()
    ]
    return [*reasons, Kind(max(1.0 - sum(reason.share for reason in reasons), 0.0), contains, 1.0)]


def past_bot(queue: Queue, talk: Number) -> tuple[Number, Number]:
    """Contacts that people have for each that comes, of which the share `talk` talks to the bot first, and the mean
    factor on their work. Who comes back though the bot contained it counts at once."""
    bounces, residue = (queue.bot.bounces.share, queue.bot.residue) if queue.bot else (0.0, 1.0)
    people = work = 0.0 * talk
    for share, contains, factor in kinds(queue):
        handed_over = talk * share * (1 - contains + contains * bounces)
        people = people + (1 - talk) * share + handed_over
        work = work + factor * ((1 - talk) * share + residue * handed_over)
    usual = sum(share * factor for share, _, factor in kinds(queue))
    none = 1.0 * (people == 0)
    return people, (work + none * usual) / (people + none)
