"""What contacts are drawn from, queue by queue: distributions, and shares in arrays by the queue's number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ccsim.distributions.durations import Constant, Distribution, Never
from ccsim.tables import F64, I8, I32, I64, NEVER, Bool
from ccsim.workload.assorted import Assorted

if TYPE_CHECKING:
    from ccsim.scenario.model import Scenario
from ccsim.scenario.queues import Burst, Queue, Transfer


class FollowUps(NamedTuple):
    """Whether and where contacts come again: arrays alone, as compiled code takes them."""

    retry: F64
    returns: F64
    reopens: F64
    """shares by queue; of reopenings that of the agents who make most errors"""
    recontact: I64
    """by queue, the campaign by which those who left are written to; -1: none"""
    campaign_queue: I64
    bounces: F64
    """shares by queue, of who the bot contains"""
    transfer_offset: I64
    """transfers of queue q are transfer_offset[q] … transfer_offset[q + 1] - 1, and likewise retry_offset"""
    transfer_edge: F64
    """shares added up"""
    transfer_to: I64
    retry_offset: I64
    retry_edge: F64
    retry_to: I64
    retry_patience: F64
    """factor on the patience of who tries again, by queue"""
    same_agent: Bool
    repeat_work: I64
    """by transfer: more on the first turn, where the customer explains again and takes no turns for that"""
    repeat_turns: I32
    """by transfer: in which the customer explains again"""


class Bots(NamedTuple):
    """What contacts do with a queue's bot."""

    there: Bool
    loses_context: Bool
    time: Assorted
    asks_human: F64
    contains: F64
    """float64[queue, reason + 1], the first without a reason"""


class Connections(NamedTuple):
    """How connections are lost."""

    drop: F64
    """0 where it has no effect"""
    reconnects: F64
    reconnect_after: Assorted


class Bursts(NamedTuple):
    """Turns of several messages."""

    there: Bool
    messages: Assorted
    mean: F64
    gap: Assorted


class ClosingWords(NamedTuple):
    """Last messages that need no answer."""

    share: F64
    work: Assorted
    within: I64
    """idle timeouts of closed sessions, NEVER of persistent ones"""


class Likeness(NamedTuple):
    """How alike the work on all turns of a contact is, and to its customer's patience, by queue."""

    between: F64
    patience: F64


class Callbacks(NamedTuple):
    """Who would accept a call back, and not pick up."""

    there: Bool
    accepts: F64
    no_answer: F64


class Campaigns(NamedTuple):
    """How those who are written to answer, by campaign."""

    reply_share: F64
    opt_out: F64
    reply_after: Assorted


class Rules(NamedTuple):
    """All that contacts are drawn from once they have come."""

    uniforms: int
    """how many of Draw.CONTACT's four are read"""
    same_turns: int
    """as many in every contact; 0: not so"""
    turns: Assorted
    work: Assorted
    """by queue, and after them those of who came by a move, by its number"""
    own_work: Bool
    """likewise: a move has its own"""
    wrap_up: Assorted
    latency: Assorted
    """after a turn, by queue, and after these for the last turns: never"""
    patience: Assorted
    held_patience: Assorted | None
    """None: as `patience` everywhere"""
    reply_patience: Assorted
    """likewise, for first turns: never"""
    missed_after: I64
    idle_timeout: I64
    silent: F64
    limit: I8
    reasons: F64 | None
    """shares added up : float64[queue, reason]; None: nobody has one"""
    bots: Bots | None
    connections: Connections | None
    bursts: Bursts | None
    closing_words: ClosingWords | None
    """None: nobody writes one"""
    likeness: Likeness | None
    tolerance: Assorted | None
    """of the wait that they are told; None: nobody is told"""
    answer_delay: Assorted
    rings_differently: bool
    """how long it rings is drawn for each contact"""
    callbacks: Callbacks | None
    campaigns: Campaigns
    follow_ups: FollowUps | None
    """None: nobody comes again"""
    after: Assorted
    """delays of follow-ups, in one row: of retries and of reopenings by queue, of recontacts by campaign, of bounces by
    queue; at the end none, of what follows at once"""
    agents_at_random: bool
    """a contact chooses among equal agents by a draw of its own"""

    @property
    def queues(self) -> int:
        return len(self.patience)


def rules_of(scenario: Scenario) -> Rules:
    """The rules of a checked scenario, its names made numbers."""
    queues = list(scenario.queue.values())

    def numbers(value: Callable[[Queue], Any], dtype: type) -> Any:
        return np.array([value(queue) for queue in queues], dtype=dtype)

    def distributions(value: Callable[[Queue], Distribution]) -> Assorted:
        return Assorted(map(value, queues))

    def held(queue: Queue) -> Distribution:
        return queue.patience if queue.auto_reply is None else queue.auto_reply.patience

    outbound = list(scenario.outbound.values())
    with_moves = [*queues, *(scenario.queue[move.to].moved(move) for move in scenario.move)]
    follow_ups, after = _follow_ups(scenario)
    wrap_up = distributions(lambda queue: queue.wrap_up)
    silent = numbers(_silent, np.float64)
    return Rules(
        uniforms=4 if silent.any() else 2 if wrap_up.takes_no_draw else 3,
        same_turns=_same_turns(with_moves),
        turns=Assorted(queue.turns for queue in with_moves),
        work=Assorted(queue.turn_work for queue in with_moves),
        own_work=np.array([False] * len(queues) + [move.work is not None for move in scenario.move]),
        wrap_up=wrap_up,
        latency=Assorted([*(queue.reply_latency for queue in queues), Never()]),
        patience=distributions(lambda queue: queue.patience),
        held_patience=distributions(held) if any(queue.auto_reply for queue in queues) else None,
        reply_patience=Assorted([*(queue.reply_patience for queue in queues), Never()]),
        missed_after=numbers(lambda queue: queue.missed_after, np.int64),
        idle_timeout=numbers(lambda queue: queue.idle_timeout, np.int64),
        silent=silent,
        limit=numbers(lambda queue: queue.limit, np.int8),
        reasons=_reasons(queues),
        bots=_bots(queues),
        connections=_connections(queues),
        bursts=_bursts(queues),
        closing_words=_closing_words(queues),
        likeness=_likeness(queues),
        tolerance=distributions(lambda queue: queue.balking.tolerance if queue.balking else Never())
        if any(queue.balking for queue in queues)
        else None,
        answer_delay=(answer_delay := distributions(lambda queue: queue.answer_delay)),
        rings_differently=not answer_delay.takes_no_draw,
        callbacks=_callbacks(scenario),
        campaigns=Campaigns(
            np.array([out.reply_share for out in outbound], dtype=np.float64),
            np.array([out.opt_out for out in outbound], dtype=np.float64),
            Assorted(out.reply_after for out in outbound),
        ),
        follow_ups=follow_ups,
        after=after,
        agents_at_random=scenario.routing.at_random,
    )


def _same_turns(queues: Sequence[Queue]) -> int:
    numbers = {round(queue.turns.mean) if isinstance(queue.turns, Constant) else 0 for queue in queues}
    return numbers.pop() if len(numbers) == 1 else 0


def _silent(queue: Queue) -> float:
    """Who gives up without telling: a share in live chat, everybody where a message stays behind, nobody on a line."""
    if queue.kind.persistent or queue.kind.one_to_one:
        return float(queue.kind.persistent)
    return queue.silent_abandonment


def _reasons(queues: Sequence[Queue]) -> F64 | None:
    most = max((len(queue.reasons) for queue in queues), default=0)
    if most == 0:
        return None
    edges = np.zeros((len(queues), most))
    for q, queue in enumerate(queues):
        if queue.reasons:
            added_up = np.cumsum([reason.share for reason in queue.reasons.values()])
            added_up[-1] = 1.0 if added_up[-1] > 1 - 1e-9 else added_up[-1]
            edges[q] = np.append(added_up, np.full(most - len(added_up), added_up[-1]))
    return edges


def _bots(queues: Sequence[Queue]) -> Bots | None:
    met = [queue.met_by_bot for queue in queues]
    if not any(met):
        return None
    return Bots(
        there=np.array([bot is not None for bot in met]),
        loses_context=np.array([bot is not None and bot.loses_context for bot in met]),
        time=Assorted(Constant(0) if bot is None else bot.time for bot in met),
        asks_human=np.array([0.0 if bot is None else bot.asks_human for bot in met]),
        contains=_contains(queues),
    )


def _contains(queues: Sequence[Queue]) -> F64:
    most = max(len(queue.reasons) for queue in queues)
    contains = np.zeros((len(queues), most + 1))
    for q, queue in enumerate(queues):
        if (bot := queue.met_by_bot) is not None:
            own = [reason.contains for reason in queue.reasons.values()]
            contains[q, : len(own) + 1] = [bot.contains, *(bot.contains if c is None else c for c in own)]
    return contains


def _connections(queues: Sequence[Queue]) -> Connections | None:
    drop = [0.0 if queue.kind.persistent or queue.kind.one_to_one else queue.drop for queue in queues]
    if not any(drop):
        return None
    return Connections(
        np.array(drop),
        np.array([queue.reconnects for queue in queues]),
        Assorted(queue.reconnect_after for queue in queues),
    )


def _bursts(queues: Sequence[Queue]) -> Bursts | None:
    bursts = [queue.burst or Burst() for queue in queues]
    if all(burst == Burst() for burst in bursts):
        return None
    return Bursts(
        np.array([burst != Burst() for burst in bursts]),
        Assorted(burst.messages for burst in bursts),
        np.array([burst.messages.mean for burst in bursts]),
        Assorted(burst.gap for burst in bursts),
    )


def _closing_words(queues: Sequence[Queue]) -> ClosingWords | None:
    words = [queue.closing_word for queue in queues]
    if not any(word is not None and word.share > 0 for word in words):
        return None
    return ClosingWords(
        np.array([0.0 if word is None else word.share for word in words]),
        Assorted(Constant(0) if word is None else word.work for word in words),
        np.array([NEVER if queue.kind.persistent else queue.idle_timeout for queue in queues], dtype=np.int64),
    )


def _likeness(queues: Sequence[Queue]) -> Likeness | None:
    between = np.array([queue.between for queue in queues])
    if not between.any():
        return None
    return Likeness(between, np.array([queue.correlation.patience_work for queue in queues]))


def _callbacks(scenario: Scenario) -> Callbacks | None:
    offers = {callback.queue: callback for callback in scenario.callback.values()}
    if not offers:
        return None
    mine = [offers.get(name) for name in scenario.queue]
    return Callbacks(
        np.array([offer is not None for offer in mine]),
        np.array([0.0 if offer is None else offer.accepts for offer in mine]),
        np.array([0.0 if offer is None else offer.no_answer for offer in mine]),
    )


def most_reopened(scenario: Scenario, name: str, queue: Queue) -> float:
    """The share of a queue's resolved that comes back from the team that makes most errors."""
    able = [team for team in scenario.team.values() if name in team.skills]
    return max((team.comes_back(queue.reopens.share) for team in able), default=queue.reopens.share)


def _repeats(transfer: Transfer, to: Queue) -> tuple[int, int]:
    """Turns in which the customer explains again, and more work on the first one: one or the other."""
    if not transfer.cold:
        return 0, 0
    return (0, transfer.repeat_work) if to.kind.one_to_one or to.shared else (transfer.repeat_turns, 0)


def _follow_ups(scenario: Scenario) -> tuple[FollowUps | None, Assorted]:
    queues, names, outbound = list(scenario.queue.values()), list(scenario.queue), list(scenario.outbound.values())
    transfers = [transfer for queue in queues for transfer in queue.transfer]
    repeats = [_repeats(transfer, scenario.queue[transfer.to]) for transfer in transfers]
    targets = [queue.retry.to or {name: 1.0} for name, queue in scenario.queue.items()]
    recontact = [next((i for i, out in enumerate(outbound) if name in out.recontact), -1) for name in names]
    rules = FollowUps(
        retry=np.array([queue.retry.share for queue in queues]),
        returns=np.array([0.0 if queue.kind.persistent else queue.returns for queue in queues]),
        reopens=np.array([most_reopened(scenario, name, queue) for name, queue in scenario.queue.items()]),
        bounces=np.array([bot.bounces.share if (bot := queue.met_by_bot) else 0.0 for queue in queues]),
        recontact=np.array(recontact, dtype=np.int64),
        campaign_queue=np.array([names.index(out.queue) for out in outbound], dtype=np.int64),
        transfer_offset=np.cumsum([0, *(len(queue.transfer) for queue in queues)], dtype=np.int64),
        transfer_edge=np.concatenate([[], *(np.cumsum([part.share for part in queue.transfer]) for queue in queues)]),
        transfer_to=np.array([names.index(transfer.to) for transfer in transfers], dtype=np.int64),
        retry_offset=np.cumsum([0, *map(len, targets)], dtype=np.int64),
        retry_edge=np.concatenate([[], *(np.cumsum(list(to.values())) for to in targets)]),
        retry_to=np.array([names.index(name) for to in targets for name in to], dtype=np.int64),
        retry_patience=np.array([queue.retry.patience for queue in queues], dtype=np.float64),
        same_agent=np.array([transfer.same_agent for transfer in transfers], dtype=np.bool_),
        repeat_work=np.array([work for _, work in repeats], dtype=np.int64),
        repeat_turns=np.array([turns for turns, _ in repeats], dtype=np.int32),
    )
    lossy = any(queue.drop > 0 and queue.reconnects > 0 for queue in queues)
    shares = (rules.retry, rules.returns, rules.reopens, rules.bounces, rules.transfer_edge, rules.recontact + 1)
    after = Assorted([
        *(queue.retry.after for queue in queues),
        *(queue.reopens.after for queue in queues),
        *(out.recontact_after for out in outbound),
        *(bot.bounces.after if (bot := queue.met_by_bot) else Constant(0) for queue in queues),
        Constant(0),
    ])  # fmt: skip
    return rules if lossy or any(np.any(share > 0) for share in shares) else None, after
