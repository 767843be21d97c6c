"""Every random number of a replication, drawn before it runs.

Roots first: the groups of customers.py, merged by (arrival, queue in file order, sequence). Then, for each queue of
roots, the tree of its follow-ups, level by level: a row is allotted only where its parent's own uniform switches it on.
Rows are drawn in blocks of one (root queue, generation, kind, queue), each block from streams of its own, and turns in
blocks by turn number within them.

What stays synchronised between variants under one seed: all but `present` and absences when agents, skills, targets or
routing change; the underlying draws of every row when a distribution changes its parameters or its family; all rows of
the other queues and of their follow-ups when a queue is added; the n-th contact of a queue's volume keeps its draws
when the volume changes; and a customer of a demand keeps theirs when another mix, barrier or fallback moves them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ccsim.distributions.durations import Constant, Distribution
from ccsim.distributions.streams import Source
from ccsim.tables import I8, I32, I64, MAX_TRANSFERS, NEVER, Bool, Link, Workload
from ccsim.workload.attendance import outs, present
from ccsim.workload.customers import Group, customers
from ccsim.workload.handle_time import factors_of, varied

if TYPE_CHECKING:
    from ccsim.scenario.model import Scenario
    from ccsim.scenario.queues import Callback, Outbound, Queue, Transfer

KINDS: Final = {
    "transfer": (Link.TRANSFER, "transfer_child"),
    "retry": (Link.RETRY, "retry_child"),
    "recontact": (Link.RECONTACT, "retry_child"),
    "return": (Link.RETURN, "return_child"),
    "reconnect": (Link.RETURN, "reconnect_child"),
    "reopening": (Link.REOPENING, "reopen_child"),
}
"""Follow-ups: what they are to their parent, and where it names them."""


def sample(scenario: Scenario, replication: int) -> Workload:
    """The workload of one replication under the scenario's seed: a pure function, the same bytes whenever called."""
    groups, turned_away = customers(scenario, replication)
    arrivals, rows = _merged([[group.times for group in here] for here in groups])
    blocks: list[_Block] = []
    allotted = len(arrivals)
    for queue, name in enumerate(scenario.queue):
        roots = [_roots(scenario, queue, group, mine) for group, mine in zip(groups[queue], rows[queue], strict=True)]
        tree = _tree(scenario, Source(scenario.seed, replication, f"queue.{name}"), roots, allotted)
        allotted += sum(len(block.row) for block in tree[len(roots) :])
        blocks += tree
    return _columns(scenario, blocks, arrivals)._replace(
        present=present(scenario, replication), turned_away=turned_away, **_absences(scenario, replication)
    )


def _absences(scenario: Scenario, replication: int) -> dict[str, Any]:
    shift, start, end = np.ascontiguousarray(outs(scenario, replication).T)
    return {"out_shift": shift.astype(np.int32), "out_start": start, "out_end": end}


def _merged(arrivals: list[list[I64]]) -> tuple[I64, list[list[I64]]]:
    """All arrivals in order of their ids, and each group's ids, by (arrival, queue, group, sequence)."""
    groups = [times for here in arrivals for times in here]
    everything = np.concatenate([np.empty(0, np.int64), *groups])
    ids = np.arange(len(everything))
    if (everything[1:] < everything[:-1]).any():
        order = np.argsort(everything, kind="stable")
        ids[order] = np.arange(len(order))
        everything = everything[order]
    split = iter(np.split(ids, np.cumsum([len(times) for times in groups])))
    return everything, [[next(split) for _ in here] for here in arrivals]


# --------------------------------------------------------------------------------------------------------------- rows


@dataclass
class _Block:
    """Rows of one kind and queue, in one generation of the trees of one queue's roots.

    `row` are their numbers: ids for roots; follow-ups are numbered after them as they are allotted.
    """

    queue: int
    rules: Queue
    link: Link
    generation: int
    source: Source
    row: I64
    root: I64
    turns: I32
    """0 for returns"""
    at_most: I32
    """turns it may have: its own; of a return, what its parent can leave"""
    transfers: I8
    """in its chain so far"""
    budget: I8
    """retries, returns, reopenings and recontacts that may still follow"""
    after: I64
    keep_agent: Bool
    extra_work: I64
    """more work on the first turn: the customer explains again"""
    lead: str = ""
    """what its first turn is if that comes before the customer's own first: "bot" (explaining again) or "outbound" """
    known_work: I64 | None = None
    """the first turn's work as a log gives it, -1: to be drawn"""
    own_work: bool = False
    """their work is that of a move, whatever the time of day"""
    deflected: Bool | None = None
    campaign: Outbound | None = None
    """they are written to"""
    until: I64 | None = None
    """end of the window in which each is written to; None: at any time"""
    answers: Bool | None = None
    """who answers when written to; None: all came by themselves"""
    lost: I32 | None = None
    """turns whose lost connection may end it with a reconnection; None: no such turn"""
    transfer_draw: I32 | None = None
    children: dict[str, I64] = field(default_factory=dict)
    """rows of its follow-ups by column, -1 where there is none"""

    def label(self, turn: int) -> str:
        """What the draws of a turn are called: by its number among the customer's own."""
        if not self.lead:
            return str(turn)
        return self.lead if turn == 0 else str(turn - 1)


@dataclass
class _Birth:
    """Follow-ups of one kind and queue that the draws of a block have switched on."""

    parent: _Block
    which: I64
    """the parents' places in the block"""
    kind: str
    queue: int
    after: I64
    transfer: Transfer | None = None
    campaign: str = ""

    @property
    def key(self) -> tuple[int, int, str]:
        """What it shares its block with."""
        return list(KINDS).index(self.kind), self.queue, self.campaign


def _roots(scenario: Scenario, queue: int, group: Group, rows: I64) -> _Block:
    rules, n = list(scenario.queue.values())[queue], len(rows)
    rules = rules if group.move is None else rules.moved(group.move)
    turns = group.source.counts("turns", rules.turns, n)
    outbound, until = group.campaign or (None, None)
    block = _Block(
        queue, rules, Link.ROOT, 0, group.source,
        row=rows, root=rows, turns=turns, at_most=turns,
        transfers=np.zeros(n, np.int8), budget=np.full(n, rules.limit, np.int8),
        after=_same(0, n), keep_agent=_same(False, n), extra_work=_same(0, n),
        known_work=group.work, deflected=group.deflected, campaign=outbound, until=until,
        own_work=group.move is not None and group.move.work is not None,
    )  # fmt: skip
    _begin(block)
    return block


def _begin(block: _Block) -> None:
    """Draws the turns it has in all: one more for who comes from a bot or is written to, two if nobody answers."""
    rules, source, n = block.rules, block.source, len(block.row)
    if block.campaign is not None:
        block.lead = "outbound"
        block.answers = source.switch("reply", block.campaign.reply_share, n)
        block.answers &= ~source.switch("opt_out", block.campaign.opt_out, n)
        block.turns = np.where(block.answers, block.turns + 1, 2).astype(np.int32)
    elif _meets_bot(block) and rules.bot is not None and rules.bot.loses_context and block.link != Link.RETURN:
        block.lead = "bot"
        block.turns = block.turns + np.int32(1)
    if block.link != Link.RETURN:
        block.at_most = block.turns
        block.lost = _late_comebacks(block)


def _meets_bot(block: _Block) -> bool:
    return block.rules.met_by_bot is not None and block.link != Link.TRANSFER and block.campaign is None


def _tree(scenario: Scenario, source: Source, roots: list[_Block], first_row: int) -> list[_Block]:
    """The blocks of a queue's roots and those of all their follow-ups, whose rows are numbered from `first_row`."""
    tree, level = [*roots], [*roots]
    while level:
        births = [birth for block in level for birth in _births(scenario, block)]
        level = []
        for key in sorted({birth.key for birth in births}):
            level.append(_born(scenario, source, [birth for birth in births if birth.key == key], first_row))
            first_row += len(level[-1].row)
        tree += level
    return tree


def _births(scenario: Scenario, block: _Block) -> list[_Birth]:
    """The follow-ups that the rows of a block may have; draws their switches."""
    rules, source, n = block.rules, block.source, len(block.row)
    number = {name: index for index, name in enumerate(scenario.queue)}
    name = list(scenario.queue)[block.queue]
    answers = _same(True, n) if block.answers is None else block.answers
    births: list[_Birth] = []

    def born(kind: str, on: Bool, targets: dict[str, float], distribution: Distribution, campaign: str = "") -> None:
        """Follow-ups that share the budget."""
        which = np.flatnonzero(on & (block.budget > 0))
        mine = source.picked(which)
        after = mine.micros(f"{kind}.after", distribution, len(which))
        for name, chosen in _choice(mine, f"{kind}.to", targets, len(which)):
            births.append(_Birth(block, which[chosen], kind, number[name], after[chosen], campaign=campaign))

    transferred = np.zeros(n, dtype=np.bool_)
    if sum(transfer.share for transfer in rules.transfer) > 0:
        u = source.uniforms("transfer", n)
        edge = 0.0
        for transfer in rules.transfer:
            on = (edge <= u) & (u < edge + transfer.share) & (block.transfers < MAX_TRANSFERS) & answers
            edge += transfer.share
            transferred |= on
            which = np.flatnonzero(on)
            births.append(_Birth(block, which, "transfer", number[transfer.to], _same(0, len(which)), transfer))
        which = np.flatnonzero(transferred)
        draws = source.picked(which).uniforms("transfer.turn", len(which))
        if block.campaign is not None:  # not before they have answered
            draws = 1 - (1 - draws) * (1 - 1 / block.turns[which])
        block.transfer_draw = np.full(n, -1, dtype=np.int32)
        block.transfer_draw[which] = np.minimum(np.ceil(draws * 2**31), 2**31 - 1).astype(np.int32)
    retries = _same(False, n)
    # who is written to had no wish to be dropped
    if rules.retry.share > 0 and block.campaign is None:
        retries = source.switch("retry", rules.retry.share, n)
        born("retry", retries, rules.retry.to or {name: 1.0}, rules.retry.after)
    if block.campaign is None:
        for campaign, outbound in scenario.outbound.items():
            if name in outbound.recontact:
                born("recontact", ~retries, {outbound.queue: 1.0}, outbound.recontact_after, campaign)
    if rules.returns > 0 and not rules.kind.persistent:
        born("return", source.switch("return", rules.returns, n) & (block.at_most > 1), {name: 1.0}, Constant(0))
    if block.lost is not None:
        born("reconnect", (block.lost > 0) & (block.at_most > 1), {name: 1.0}, Constant(0))
    if rules.reopens.share > 0:
        # who is transferred is never resolved
        on = source.switch("reopening", rules.reopens.share, n) & ~transferred & answers
        born("reopening", on, {name: 1.0}, rules.reopens.after)
    return [birth for birth in births if len(birth.which)]


def _choice(source: Source, purpose: str, weights: dict[str, float], n: int) -> Iterable[tuple[str, I64 | slice]]:
    """Each of the names with the places among n that fell to it."""
    if len(weights) == 1:
        return [(name, slice(None)) for name in weights]
    edges = np.cumsum(list(weights.values()))
    found = np.searchsorted(edges[:-1], source.uniforms(purpose, n) * edges[-1], side="right")
    return [(name, np.flatnonzero(found == index)) for index, name in enumerate(weights)]


def _born(scenario: Scenario, roots: Source, births: list[_Birth], first_row: int) -> _Block:
    """The block of these follow-ups, all of one kind and queue; the parents learn the numbers of their rows."""
    kind, queue, campaign = births[0].kind, births[0].queue, births[0].campaign
    link, column = KINDS[kind]
    name, rules = list(scenario.queue.items())[queue]
    generation = births[0].parent.generation + 1
    prefix = ".".join((str(generation), kind, *([campaign] if campaign else []), name))
    source = Source(roots.seed, roots.replication, roots.owner, f"{prefix}.")
    sizes = [len(birth.which) for birth in births]
    rows = np.arange(first_row, first_row + sum(sizes), dtype=np.int64)
    for birth, mine in zip(births, np.split(rows, np.cumsum(sizes)[:-1]), strict=True):
        children = birth.parent.children.setdefault(column, np.full(len(birth.parent.row), -1, dtype=np.int64))
        children[birth.which] = mine

    def each(column: Callable[[_Birth], Any], dtype: type) -> Any:
        """By child, from what a birth knows: a value for all, or one each."""
        return np.concatenate([np.broadcast_to(column(birth), len(birth.which)) for birth in births]).astype(dtype)

    def repeats(birth: _Birth) -> Transfer | None:
        return birth.transfer if birth.transfer is not None and birth.transfer.cold else None

    lost = None
    if link == Link.RETURN:
        turns = np.zeros(len(rows), dtype=np.int32)
        at_most = each(lambda birth: birth.parent.at_most[birth.which] - 1, np.int32)
        extra_work = _same(0, len(rows))
        if all(birth.parent.lost is not None for birth in births):
            lost = each(lambda birth: birth.parent.lost[birth.which] - (kind == "reconnect"), np.int32)  # type: ignore[index]
    else:
        turns = at_most = source.counts("turns", rules.turns, len(rows))
        extra_work = each(lambda birth: getattr(repeats(birth), "repeat_work", 0), np.int64)
        if not rules.kind.one_to_one and not rules.shared:
            turns += each(lambda birth: getattr(repeats(birth), "repeat_turns", 0), np.int32)
            extra_work = _same(0, len(rows))
    block = _Block(
        queue, rules, link, generation, source,
        row=rows, root=each(lambda birth: birth.parent.root[birth.which], np.int64), turns=turns, at_most=at_most,
        transfers=each(lambda birth: birth.parent.transfers[birth.which] + (link == Link.TRANSFER), np.int8),
        budget=each(lambda birth: birth.parent.budget[birth.which] - (link != Link.TRANSFER), np.int8),
        after=each(lambda birth: birth.after, np.int64),
        keep_agent=each(lambda birth: birth.transfer is not None and birth.transfer.same_agent, np.bool_),
        extra_work=extra_work, campaign=scenario.outbound.get(campaign), lost=lost,
    )  # fmt: skip
    _begin(block)
    return block


def _same(value: Any, n: int) -> Any:
    """The same value n times, without the memory."""
    return np.broadcast_to(np.asarray(value), n)


# ------------------------------------------------------------------------------------------------------------ columns


def _ids(blocks: list[_Block], roots: int) -> I64:
    """The id of each row: roots keep theirs, follow-ups come after them by (root, generation, row)."""
    after = [block for block in blocks if block.link != Link.ROOT]
    root = np.concatenate([np.empty(0, np.int64), *(block.root for block in after)])
    generation = np.concatenate([np.empty(0, np.int64), *(_same(block.generation, len(block.row)) for block in after)])
    ids = np.arange(roots + len(root))
    ids[roots + np.lexsort((generation, root))] = np.arange(roots, roots + len(root))
    return ids


def _columns(scenario: Scenario, blocks: list[_Block], arrivals: I64) -> Workload:
    """The workload of these rows; what of them is still to be drawn is drawn here, column by column.

    What is not by contact or turn is left empty.
    """
    ids = _ids(blocks, len(arrivals))
    places = [_place(ids[block.row]) for block in blocks]
    names = list(scenario.queue)
    offers = {names.index(callback.queue): callback for callback in scenario.callback.values()}
    n = len(ids)

    def column(dtype: type, value: Callable[[_Block], Any], otherwise: Any = None) -> Any:
        """Filled block by block, as it is (or `otherwise`) where a block has no value."""
        filled: Any = np.empty(n, dtype) if otherwise is None else np.full(n, otherwise, dtype)
        for block, place in zip(blocks, places, strict=True):
            if (found := value(block)) is not None:
                filled[place] = found
        return filled

    def child(name: str) -> I32:
        def of(block: _Block) -> I64 | None:
            rows = block.children.get(name)
            return None if rows is None else np.where(rows >= 0, ids[rows], -1)

        found: I32 = column(np.int32, of, otherwise=-1)
        return found

    def offered(purpose: str, share: Callable[[Callback], float]) -> Bool:
        def of(block: _Block) -> Bool | None:
            if (callback := offers.get(block.queue)) is None:
                return None
            return block.source.switch(f"callback.{purpose}", share(callback), len(block.row))

        found: Bool = column(np.bool_, of, otherwise=False)
        return found

    turns = column(np.int32, lambda block: block.turns)
    first_turn = np.cumsum(turns, dtype=np.int64)
    slots = int(first_turn[-1]) if n else 0
    first_turn -= turns
    first_turn[turns == 0] = -1
    work = np.empty(slots, dtype=np.int64)
    latency = np.full(slots, NEVER, dtype=np.int64)
    reply_patience = np.full(slots, NEVER, dtype=np.int64)
    comeback = np.full(slots, -1, dtype=np.int64)
    patience = np.empty(n, dtype=np.int64)
    held_patience = np.empty(n, dtype=np.int64)
    missed = np.zeros(n, dtype=np.bool_)
    for block, place in zip(blocks, places, strict=True):
        patience[place], held_patience[place], missed[place] = _patience(block, arrivals)
        _draw_turns(block, first_turn[place], work, latency, reply_patience, comeback)
    workload = Workload(
        queue=column(np.int32, lambda block: block.queue),
        arrival=np.concatenate((arrivals, np.full(n - len(arrivals), NEVER, dtype=np.int64))),
        root=column(np.int32, lambda block: block.root),
        generation=column(np.int32, lambda block: block.generation),
        link=column(np.int8, lambda block: block.link),
        after=column(np.int64, lambda block: block.after),
        keep_agent=column(np.bool_, lambda block: block.keep_agent),
        transfer_child=child("transfer_child"),
        transfer_draw=column(np.int32, lambda block: block.transfer_draw, otherwise=-1),
        retry_child=child("retry_child"),
        return_child=child("return_child"),
        reconnect_child=child("reconnect_child"),
        reopen_child=child("reopen_child"),
        first_turn=first_turn,
        turns=turns,
        patience=patience,
        silent=column(np.bool_, _silent),
        held_patience=held_patience,
        missed=missed,
        deflected=column(np.bool_, lambda block: block.deflected, otherwise=False),
        bot_time=column(np.int64, _bot_time, otherwise=-1),
        asks_human=column(np.bool_, lambda block: _with_bot(block, "asks_human"), otherwise=False),
        contained=column(np.bool_, lambda block: _with_bot(block, "contains"), otherwise=False),
        bot_repeats=column(np.int32, lambda block: int(block.lead == "bot")),
        outbound=column(np.bool_, lambda block: block.campaign is not None),
        accepts_callback=offered("accepts", lambda callback: callback.accepts),
        no_answer=offered("no_answer", lambda callback: callback.no_answer),
        wrap_up=column(np.int64, lambda block: block.source.micros("wrap_up", block.rules.wrap_up, len(block.row))),
        work=work,
        latency=latency,
        reply_patience=reply_patience,
        comeback=comeback,
        present=np.empty(0, np.bool_),
        out_shift=np.empty(0, np.int32),
        out_start=np.empty(0, np.int64),
        out_end=np.empty(0, np.int64),
        turned_away=np.empty(0, np.int64),
    )
    return varied(workload, factors_of(scenario), column(np.bool_, lambda block: block.own_work, otherwise=False))


def _place(ids: I64) -> slice | I64:
    """Rows as an index: a slice if they are neighbours, which is faster."""
    if len(ids) and ids[-1] - ids[0] == len(ids) - 1 and bool((ids[1:] > ids[:-1]).all()):
        return slice(int(ids[0]), int(ids[-1]) + 1)
    return ids


def _patience(block: _Block, arrivals: I64) -> tuple[I64, I64, Bool]:
    """Patience, patience if held, and whether it is the end of a window or the age at which messages are missed."""
    rules, n = block.rules, len(block.row)
    if block.campaign is not None:
        end = np.full(n, NEVER) if block.until is None else block.until - arrivals[block.row]
        return end, end, _same(True, n)
    own = block.source.micros("patience", rules.patience, n)
    held = own if rules.auto_reply is None else block.source.micros("patience", rules.auto_reply.patience, n)
    if rules.missed_after == NEVER:
        return own, held, _same(False, n)
    missed = own > rules.missed_after
    return np.where(missed, rules.missed_after, own), np.where(missed, rules.missed_after, held), missed


def _silent(block: _Block) -> Bool:
    """Who gives up without telling: a share in live chat, everybody where a message stays behind, nobody on a line."""
    share = float(block.rules.kind.persistent)
    if not block.rules.kind.persistent and not block.rules.kind.one_to_one:
        share = block.rules.silent_abandonment
    return block.source.switch("silent", share, len(block.row))


def _bot_time(block: _Block) -> I64 | None:
    bot = block.rules.bot
    return block.source.micros("bot.time", bot.time, len(block.row)) if bot and _meets_bot(block) else None


def _with_bot(block: _Block, what: str) -> Bool | None:
    bot = block.rules.bot
    return block.source.switch(f"bot.{what}", getattr(bot, what), len(block.row)) if _meets_bot(block) else None


def _draw_turns(block: _Block, first: I64, work: I64, latency: I64, reply_patience: I64, comeback: I64) -> None:
    """Fills a block's slots, turn by turn, with one draw for every row that has that turn."""
    rules = block.rules
    rows = np.flatnonzero(block.turns > 0)
    for turn in count():
        if not len(rows):
            return
        slots, source, label = _place(first[rows] + turn), block.source.picked(rows), block.label(turn)
        drawn = source.micros(f"work.{label}", rules.turn_work, len(rows))
        if turn == 0:
            drawn += block.extra_work[rows]
        if label == "0" and block.known_work is not None:
            drawn = np.where(block.known_work[rows] >= 0, block.known_work[rows], drawn)
        work[slots] = drawn
        if turn > 0:
            before = _place(first[rows] + turn - 1)
            latency[before] = _latency(block, turn - 1, rows)
            reply_patience[slots] = source.micros(f"reply_patience.{label}", rules.reply_patience, len(rows))
            if _loses_connections(rules):
                comeback[before] = _comeback(block, turn - 1, rows)
        rows = rows[block.turns[rows] > turn + 1]


def _latency(block: _Block, turn: int, rows: I64) -> I64:
    """The customer's time after a turn, of the rows that have a next one."""
    purpose, source = f"latency.{block.label(turn)}", block.source.picked(rows)
    if block.campaign is None or turn > 0:
        return source.micros(purpose, block.rules.reply_latency, len(rows))
    assert block.answers is not None
    return np.where(block.answers[rows], source.micros(purpose, block.campaign.reply_after, len(rows)), NEVER)


def _loses_connections(rules: Queue) -> bool:
    return rules.drop > 0 and not rules.kind.persistent and not rules.kind.one_to_one


def _comeback(block: _Block, turn: int, rows: I64) -> I64:
    """Whose connection is lost after a turn, and when they are back, of the rows that have a next one."""
    rules, source, label = block.rules, block.source.picked(rows), block.label(turn)
    back = source.micros(f"reconnect_after.{label}", rules.reconnect_after, len(rows))
    back[~source.switch(f"reconnects.{label}", rules.reconnects, len(rows))] = NEVER
    back[~source.switch(f"drop.{label}", rules.drop, len(rows))] = -1
    return back


def _late_comebacks(block: _Block) -> I32 | None:
    """By row the turns after which a lost connection is back too late for the session."""
    rules = block.rules
    if not _loses_connections(rules) or rules.reconnects == 0:
        return None
    late = np.zeros(len(block.row), dtype=np.int32)
    for turn in range(int(block.turns.max(initial=1)) - 1):
        rows = np.flatnonzero(block.turns > turn + 1)
        waits, back = _latency(block, turn, rows), _comeback(block, turn, rows)
        in_time = waits <= rules.idle_timeout
        late[rows] += in_time & (back < NEVER) & (back > rules.idle_timeout - waits)
    return late
