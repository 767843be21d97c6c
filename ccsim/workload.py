"""Every random number of a replication, drawn before it runs.

Roots first: each queue's arrivals, merged by (arrival, queue in file order, sequence). Then, for each queue of roots,
the tree of its follow-ups, level by level: a row is allotted only where its parent's own uniform switches it on. Rows
are drawn in blocks of one (root queue, generation, link, queue), each block from streams of its own, and turns in
blocks by turn number within them.

What stays synchronised between variants under one seed: all but `present` when agents, skills, targets or routing
change; the underlying draws of every row when a law changes its parameters or its family; all rows of the other queues
and of their follow-ups when a queue is added; and the n-th contact of a queue keeps its draws when its volume changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ccsim.draws.arrivals import Rate, busyness, by_interval, constant, daily
from ccsim.draws.durations import Constant, Law, Never, counts, micros, to_micros
from ccsim.draws.streams import stream, uniforms
from ccsim.plan import Horizon, opening_spans, rosters
from ccsim.tables import F64, I8, I32, I64, NEVER, Bool, Link, Workload

if TYPE_CHECKING:
    from ccsim.scenario.model import Queue, Scenario, Transfer

MAX_TRANSFERS: Final = 3
"""Transfers in a chain, at most."""


def sample(scenario: Scenario, replication: int) -> Workload:
    """The workload of one replication under the scenario's seed: a pure function, the same bytes whenever called."""
    sources = [_Source(scenario.seed, replication, f"queue.{name}") for name in scenario.queue]
    came = [_arrivals(scenario, name, source) for name, source in zip(scenario.queue, sources, strict=True)]
    arrivals, rows = _merged([times for times, _ in came])
    blocks: list[_Block] = []
    allotted = len(arrivals)
    for queue, rules in enumerate(scenario.queue.values()):
        tree = _tree(scenario, _roots(rules, queue, sources[queue], rows[queue], came[queue][1]), allotted)
        allotted += sum(len(block.row) for block in tree[1:])
        blocks += tree
    return _columns(blocks, arrivals, _present(scenario, replication))


# ----------------------------------------------------------------------------------------------------------- arrivals


def _arrivals(scenario: Scenario, name: str, source: _Source) -> tuple[I64, I64 | None]:
    """When a queue's contacts come, the backlog last; and the work of each if a log gives it (-1: to be drawn)."""
    queue = scenario.queue[name]
    horizon = Horizon.of(scenario)
    busy = None
    if queue.volume is not None and queue.volume.busyness_cv > 0:
        own, shared = source.stream("busyness"), stream(scenario.seed, source.replication, "scenario", "busyness")
        busy = busyness(own, shared, scenario.days, queue.volume.busyness_cv, scenario.busyness.correlation)
    work = None
    if queue.volume is not None and queue.volume.trace is not None:
        times, work = _traced(scenario, name, source, busy)
    else:
        rate = _rate(scenario, name)
        times = (rate if busy is None else rate.by_day(horizon.midnights, busy)).times(source.stream("arrivals"))
    backlog = np.sort(-source.micros("backlog.age", queue.initial_backlog.age, queue.initial_backlog.contacts))
    if work is not None:
        work = np.concatenate((work, np.full(len(backlog), -1, dtype=np.int64)))
    return np.concatenate((times, backlog)), work


def _rate(scenario: Scenario, name: str) -> Rate:
    """What a queue's volume makes expect, if it is given as a rate, but for the busyness of its days."""
    queue, horizon = scenario.queue[name], Horizon.of(scenario)
    volume = queue.volume
    if volume is None:
        return constant(0.0, horizon.end)
    if volume.per_hour is not None:
        rate = constant(volume.per_hour, horizon.end)
    elif volume.per_day is not None:
        dates = [horizon.calendar.date(day) for day in range(scenario.days)]
        volumes = volume.per_day * np.array([volume.weekday.on(date) for date in dates])
        only_open = opening_spans(queue, horizon) if queue.outside_hours == "reject" else None
        rate = daily(volumes, volume.shape, horizon.calendar, only_open)
    else:
        starts = np.array([scenario.moment(interval.start) for interval in volume.intervals], dtype=np.int64)
        expected = np.array([interval.contacts for interval in volume.intervals], dtype=np.float64)
        run = np.array([[0, horizon.end]], dtype=np.int64)
        rate = by_interval(starts, starts + volume.length, expected).within(run)
    for start, end, factor in _spikes(scenario, name):
        rate = rate.spiked(start, end, factor)
    return rate.scaled(volume.scale)


def _traced(scenario: Scenario, name: str, source: _Source, busy: F64 | None) -> tuple[I64, I64 | None]:
    """The contacts of a log in order of arrival, and their work if it tells.

    A factor f (scale, spike, busy day) repeats a contact at its time: the whole part of f times, and once more with the
    chance that is left.
    """
    horizon = Horizon.of(scenario)
    volume = scenario.queue[name].volume
    assert volume is not None
    assert volume.trace is not None
    times = np.array([scenario.moment(time) for time in volume.trace.arrivals], dtype=np.int64)
    order = np.argsort(times, kind="stable")
    times = times[order]
    factor = np.full(len(times), volume.scale)
    for start, end, spike in _spikes(scenario, name):
        factor[(times >= start) & (times < end)] *= spike
    if busy is not None:
        factor *= busy[np.searchsorted(horizon.midnights, times, side="right") - 1]
    copies = factor.astype(np.int64)
    copies += source.uniforms("copies", len(times)) < factor - copies
    work = None if volume.trace.work is None else np.array(volume.trace.work, dtype=np.int64)[order]
    return np.repeat(times, copies), None if work is None else np.repeat(work, copies)


def _spikes(scenario: Scenario, name: str) -> list[tuple[int, int, float]]:
    starts = [(scenario.moment(spike.at), spike) for spike in scenario.spike if spike.queue == name]
    return [(start, start + spike.duration, spike.scale) for start, spike in starts]


def _merged(arrivals: list[I64]) -> tuple[I64, list[I64]]:
    """All arrivals in order of their ids, and each queue's ids, by (arrival, queue, sequence)."""
    lengths = [len(times) for times in arrivals]
    everything = np.concatenate(arrivals)
    order = np.argsort(everything, kind="stable")
    ids = np.empty(len(order), dtype=np.int64)
    ids[order] = np.arange(len(order))
    return everything[order], np.split(ids, np.cumsum(lengths)[:-1])


# --------------------------------------------------------------------------------------------------------------- rows


@dataclass(frozen=True)
class _Source:
    """The streams of one block of rows."""

    seed: int
    replication: int
    owner: str
    prefix: str = ""

    def stream(self, purpose: str) -> np.random.Generator:
        return stream(self.seed, self.replication, self.owner, self.prefix + purpose)

    def uniforms(self, purpose: str, n: int) -> F64:
        return uniforms(self.stream(purpose), n)

    def micros(self, purpose: str, law: Law, n: int) -> I64:
        if isinstance(law, Constant | Never):
            return np.full(n, to_micros(law.mean), dtype=np.int64)
        return micros(law, self.uniforms(purpose, n))

    def counts(self, purpose: str, law: Law, n: int) -> I32:
        if isinstance(law, Constant):
            return np.full(n, round(law.mean), dtype=np.int32)
        return counts(law, self.uniforms(purpose, n)).astype(np.int32)

    def switch(self, purpose: str, share: float, n: int) -> Bool:
        if share in (0, 1):
            return np.full(n, share == 1)
        return self.uniforms(purpose, n) < share


@dataclass
class _Block:
    """Rows of one link and queue, in one generation of the trees of one queue's roots.

    `row` are their numbers: ids for roots; follow-ups are numbered after them as they are allotted.
    """

    queue: int
    rules: Queue
    link: Link
    generation: int
    source: _Source
    row: I64
    root: I64
    turns: I32
    """0 for returns"""
    at_most: I32
    """turns it may have: its own; of a return, what its parent can leave"""
    transfers: I8
    """in its chain so far"""
    budget: I8
    """retries, returns and reopenings that may still follow"""
    after: I64
    keep_agent: Bool
    extra_work: I64
    """more work on the first turn: the customer explains again"""
    known_work: I64 | None
    """the first turn's work as a log gives it, -1: to be drawn"""
    transfer_draw: I32
    children: dict[Link, I64]
    """rows of its follow-ups by link, -1 where there is none"""


@dataclass
class _Birth:
    """Follow-ups of one link and queue that the draws of a block have switched on."""

    parent: _Block
    which: I64
    """the parents' places in the block"""
    link: Link
    queue: int
    after: I64
    transfer: Transfer | None = None


def _roots(rules: Queue, queue: int, source: _Source, rows: I64, known_work: I64 | None) -> _Block:
    n = len(rows)
    turns = source.counts("turns", rules.turns, n)
    return _Block(
        queue, rules, Link.ROOT, 0, source,
        row=rows, root=rows, turns=turns, at_most=turns,
        transfers=np.zeros(n, np.int8), budget=np.full(n, rules.limit, np.int8),
        after=_same(0, n), keep_agent=_same(False, n), extra_work=_same(0, n), known_work=known_work,
        transfer_draw=_same(np.int32(-1), n), children={},
    )  # fmt: skip


def _tree(scenario: Scenario, roots: _Block, first_row: int) -> list[_Block]:
    """The block of a queue's roots and those of all their follow-ups, whose rows are numbered from `first_row`."""
    tree, level = [roots], [roots]
    while level:
        births = [birth for block in level for birth in _births(scenario, block)]
        level = []
        for link, queue in sorted({(birth.link, birth.queue) for birth in births}):
            mine = [birth for birth in births if (birth.link, birth.queue) == (link, queue)]
            level.append(_born(scenario, roots.source, mine, first_row))
            first_row += len(level[-1].row)
        tree += level
    return tree


def _births(scenario: Scenario, block: _Block) -> list[_Birth]:
    """The follow-ups that the rows of a block may have; draws their switches."""
    rules, source, n = block.rules, block.source, len(block.row)
    number = {name: index for index, name in enumerate(scenario.queue)}
    births: list[_Birth] = []

    def born(link: Link, on: Bool, targets: dict[str, float], law: Law) -> None:
        """Retries, returns and reopenings, which share the budget."""
        which = np.flatnonzero(on & (block.budget > 0))
        after = source.micros(f"{link.name.lower()}.after", law, len(which))
        for name, chosen in _choice(source, f"{link.name.lower()}.to", targets, len(which)):
            births.append(_Birth(block, which[chosen], link, number[name], after[chosen]))

    transferred = np.zeros(n, dtype=np.bool_)
    if sum(transfer.share for transfer in rules.transfer) > 0:
        u = source.uniforms("transfer", n)
        edge = 0.0
        for transfer in rules.transfer:
            on = (edge <= u) & (u < edge + transfer.share) & (block.transfers < MAX_TRANSFERS)
            edge += transfer.share
            transferred |= on
            which = np.flatnonzero(on)
            births.append(_Birth(block, which, Link.TRANSFER, number[transfer.to], _same(0, len(which)), transfer))
        draws = source.uniforms("transfer.turn", int(transferred.sum()))
        block.transfer_draw = np.full(n, -1, dtype=np.int32)
        block.transfer_draw[transferred] = (draws * 2**31).astype(np.int32)
    name = list(scenario.queue)[block.queue]
    if rules.retry.share > 0:
        born(Link.RETRY, source.switch("retry", rules.retry.share, n), rules.retry.to or {name: 1.0}, rules.retry.after)
    if rules.returns > 0 and not rules.kind.persistent:
        born(Link.RETURN, source.switch("return", rules.returns, n) & (block.at_most > 1), {name: 1.0}, Constant(0))
    if rules.reopens.share > 0:
        # who is transferred is never resolved
        on = source.switch("reopening", rules.reopens.share, n) & ~transferred
        born(Link.REOPENING, on, {name: 1.0}, rules.reopens.after)
    return [birth for birth in births if len(birth.which)]


def _choice(source: _Source, purpose: str, weights: dict[str, float], n: int) -> Iterable[tuple[str, I64 | slice]]:
    """Each of the names with the places among n that fell to it."""
    if len(weights) == 1:
        return [(name, slice(None)) for name in weights]
    edges = np.cumsum(list(weights.values()))
    found = np.searchsorted(edges[:-1], source.uniforms(purpose, n) * edges[-1], side="right")
    return [(name, np.flatnonzero(found == index)) for index, name in enumerate(weights)]


def _born(scenario: Scenario, roots: _Source, births: list[_Birth], first_row: int) -> _Block:
    """The block of these follow-ups, all of one link and queue; the parents learn the numbers of their rows."""
    link, queue = births[0].link, births[0].queue
    name, rules = list(scenario.queue.items())[queue]
    generation = births[0].parent.generation + 1
    prefix = f"{generation}.{link.name.lower()}.{name}."
    source = _Source(roots.seed, roots.replication, roots.owner, prefix)
    sizes = [len(birth.which) for birth in births]
    rows = np.arange(first_row, first_row + sum(sizes), dtype=np.int64)
    for birth, mine in zip(births, np.split(rows, np.cumsum(sizes)[:-1]), strict=True):
        children = birth.parent.children.setdefault(link, np.full(len(birth.parent.row), -1, dtype=np.int64))
        children[birth.which] = mine

    def each(column: Callable[[_Birth], Any], dtype: type) -> Any:
        """By child, from what a birth knows: a value for all, or one each."""
        return np.concatenate([np.broadcast_to(column(birth), len(birth.which)) for birth in births]).astype(dtype)

    def repeats(birth: _Birth) -> Transfer | None:
        return birth.transfer if birth.transfer is not None and birth.transfer.cold else None

    if link == Link.RETURN:
        turns = np.zeros(len(rows), dtype=np.int32)
        at_most = each(lambda birth: birth.parent.at_most[birth.which] - 1, np.int32)
        extra_work = _same(0, len(rows))
    else:
        turns = at_most = source.counts("turns", rules.turns, len(rows))
        extra_work = each(lambda birth: getattr(repeats(birth), "repeat_work", 0), np.int64)
        if not rules.kind.one_to_one:
            turns += each(lambda birth: getattr(repeats(birth), "repeat_turns", 0), np.int32)
            extra_work = _same(0, len(rows))
    return _Block(
        queue, rules, link, generation, source,
        row=rows, root=each(lambda birth: birth.parent.root[birth.which], np.int64), turns=turns, at_most=at_most,
        transfers=each(lambda birth: birth.parent.transfers[birth.which] + (link == Link.TRANSFER), np.int8),
        budget=each(lambda birth: birth.parent.budget[birth.which] - (link != Link.TRANSFER), np.int8),
        after=each(lambda birth: birth.after, np.int64),
        keep_agent=each(lambda birth: birth.transfer is not None and birth.transfer.same_agent, np.bool_),
        extra_work=extra_work, known_work=None, transfer_draw=_same(np.int32(-1), len(rows)), children={},
    )  # fmt: skip


def _same(value: Any, n: int) -> Any:
    """The same value n times, without the memory."""
    return np.broadcast_to(np.asarray(value), n)


# ------------------------------------------------------------------------------------------------------------ columns


def _ids(blocks: list[_Block], roots: int) -> I64:
    """The id of each row: roots keep theirs, follow-ups come after them by (root, generation, row)."""
    after = [block for block in blocks if block.link != Link.ROOT]
    root = np.concatenate([np.empty(0, np.int64), *(block.root for block in after)])
    generation = np.concatenate([np.empty(0, np.int64), *(_same(block.generation, len(block.row)) for block in after)])
    ids = np.empty(roots + len(root), dtype=np.int64)
    ids[:roots] = np.arange(roots)
    ids[roots + np.lexsort((generation, root))] = np.arange(roots, roots + len(root))
    return ids


def _columns(blocks: list[_Block], arrivals: I64, present: Bool) -> Workload:
    """The workload of these rows; what of them is still to be drawn is drawn here, column by column."""
    ids = _ids(blocks, len(arrivals))
    places = [_place(ids[block.row]) for block in blocks]
    n = len(ids)

    def column(dtype: type, value: Callable[[_Block], Any], otherwise: Any = None) -> Any:
        filled: Any = np.empty(n, dtype) if otherwise is None else np.full(n, otherwise, dtype)
        for block, place in zip(blocks, places, strict=True):
            if (found := value(block)) is not None:
                filled[place] = found
        return filled

    def child(link: Link) -> I32:
        def of(block: _Block) -> I64 | None:
            rows = block.children.get(link)
            return None if rows is None else np.where(rows >= 0, ids[rows], -1)

        found: I32 = column(np.int32, of, otherwise=-1)
        return found

    turns = column(np.int32, lambda block: block.turns)
    first_turn = np.cumsum(turns, dtype=np.int64)
    slots = int(first_turn[-1]) if n else 0
    first_turn -= turns
    first_turn[turns == 0] = -1
    work = np.empty(slots, dtype=np.int64)
    latency = np.full(slots, NEVER, dtype=np.int64)
    reply_patience = np.full(slots, NEVER, dtype=np.int64)
    for block, place in zip(blocks, places, strict=True):
        _draw_turns(block, first_turn[place], work, latency, reply_patience)
    return Workload(
        queue=column(np.int32, lambda block: block.queue),
        arrival=np.concatenate((arrivals, np.full(n - len(arrivals), NEVER, dtype=np.int64))),
        root=column(np.int32, lambda block: block.root),
        generation=column(np.int32, lambda block: block.generation),
        link=column(np.int8, lambda block: block.link),
        after=column(np.int64, lambda block: block.after),
        keep_agent=column(np.bool_, lambda block: block.keep_agent),
        transfer_child=child(Link.TRANSFER),
        transfer_draw=column(np.int32, lambda block: block.transfer_draw),
        retry_child=child(Link.RETRY),
        return_child=child(Link.RETURN),
        reconnect_child=np.full(n, -1, np.int32),
        reopen_child=child(Link.REOPENING),
        first_turn=first_turn,
        turns=turns,
        patience=column(np.int64, lambda block: block.source.micros("patience", block.rules.patience, len(block.row))),
        silent=column(np.bool_, _silent),
        held_patience=np.full(n, NEVER, np.int64),
        missed=np.zeros(n, np.bool_),
        deflected=np.zeros(n, np.bool_),
        bot_time=np.full(n, -1, np.int64),
        asks_human=np.zeros(n, np.bool_),
        contained=np.zeros(n, np.bool_),
        bot_repeats=np.zeros(n, np.int32),
        outbound=np.zeros(n, np.bool_),
        accepts_callback=np.zeros(n, np.bool_),
        no_answer=np.zeros(n, np.bool_),
        wrap_up=column(np.int64, lambda block: block.source.micros("wrap_up", block.rules.wrap_up, len(block.row))),
        work=work,
        latency=latency,
        reply_patience=reply_patience,
        comeback=np.full(slots, -1, np.int64),
        present=present,
        out_shift=np.empty(0, np.int32),
        out_start=np.empty(0, np.int64),
        out_end=np.empty(0, np.int64),
        turned_away=np.zeros(sum(block.link == Link.ROOT for block in blocks), np.int64),
    )


def _place(ids: I64) -> slice | I64:
    """Rows as an index: a slice if they are neighbours, which is faster."""
    if len(ids) and bool(np.all(np.diff(ids) == 1)):
        return slice(int(ids[0]), int(ids[-1]) + 1)
    return ids


def _silent(block: _Block) -> Bool:
    """Who gives up without telling: a share in live chat, everybody where a message stays behind, nobody on a line."""
    share = float(block.rules.kind.persistent)
    if not block.rules.kind.persistent and not block.rules.kind.one_to_one:
        share = block.rules.silent_abandonment
    return block.source.switch("silent", share, len(block.row))


def _draw_turns(block: _Block, first: I64, work: I64, latency: I64, reply_patience: I64) -> None:
    """Fills a block's slots, turn number by turn number, with one draw for every row that has that turn."""
    rules, source = block.rules, block.source
    rows = np.flatnonzero(block.turns > 0)
    turn = 0
    while len(rows):
        slots = first[rows] + turn
        drawn = source.micros(f"work.{turn}", rules.work, len(rows))
        if turn == 0:
            drawn += block.extra_work[rows]
            if block.known_work is not None:
                drawn = np.where(block.known_work[rows] >= 0, block.known_work[rows], drawn)
        else:
            latency[slots - 1] = source.micros(f"latency.{turn - 1}", rules.reply_latency, len(rows))
            reply_patience[slots] = source.micros(f"reply_patience.{turn}", rules.reply_patience, len(rows))
        work[slots] = drawn
        turn += 1
        rows = rows[block.turns[rows] > turn]


def _present(scenario: Scenario, replication: int) -> Bool:
    """Who of the plan's shifts comes : bool[shift]; a draw a (team, agent, day)."""
    found: list[Bool] = []
    for row in rosters(scenario):
        share = scenario.team[row.team].absence
        source = _Source(scenario.seed, replication, f"team.{row.team}")
        absent = [source.switch(f"absence.{row.number}.{duty.day}", share, row.agents) for duty in row.duties]
        if absent:
            found.append(~np.column_stack(absent).ravel())
    return np.concatenate([np.empty(0, np.bool_), *found])
