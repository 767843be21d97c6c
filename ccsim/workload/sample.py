"""Every random number of a replication, drawn before it runs.

A `Recipe` is all that does not change from replication to replication: rates, calendars, shifts, distributions and the
names of draws, as arrays. A replication draws from it in a few large steps: who comes (customers.py), how many turns
they have and what follows them (contacts.py), then durations column by column, and who is absent (attendance.py).

What stays synchronised between variants under one seed: all but `present` and absences when agents, skills, targets or
routing change; the underlying draws of every row when a distribution changes its parameters or its family; all rows of
the other queues and of their follow-ups when a queue is added; the n-th contact of a queue's volume keeps its draws
when the volume changes; and a customer of a demand keeps theirs when another mix, barrier or fallback moves them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ccsim.distributions.constants import same
from ccsim.distributions.streams import Draw, People, Streams, key_of
from ccsim.tables import F64, I32, I64, NEVER, Bool, Workload
from ccsim.workload import customers
from ccsim.workload.attendance import Attendance, attendance_of, outs, paces, present
from ccsim.workload.contacts import Contacts, contacts_of, contained, meets_bot
from ccsim.workload.customers import Customers, Group
from ccsim.workload.difficulty import Difficulty, difficulty_of
from ccsim.workload.handle_time import Factors, factors_of, varied
from ccsim.workload.rows import Rows
from ccsim.workload.rules import Rules, rules_of
from ccsim.workload.turns import turns_of, with_closing_words

if TYPE_CHECKING:
    from ccsim.scenario.model import Scenario


@dataclass(frozen=True)
class Recipe:
    """What the replications of a scenario are drawn from; small, and handed to other processes as it is."""

    key: tuple[int, int]
    customers: Customers
    rules: Rules
    factors: Factors
    difficulty: Difficulty
    attendance: Attendance


def recipe_of(scenario: Scenario) -> Recipe:
    """The recipe of a checked scenario."""
    return Recipe(
        key=key_of(scenario.seed),
        customers=customers.lowered(scenario),
        rules=rules_of(scenario),
        factors=factors_of(scenario),
        difficulty=difficulty_of(scenario),
        attendance=attendance_of(scenario),
    )


def sample(scenario: Scenario, replication: int) -> Workload:
    """The workload of one replication under the scenario's seed: a pure function, the same bytes whenever called."""
    return draw(recipe_of(scenario), replication)


def draw(recipe: Recipe, replication: int) -> Workload:
    """The workload of one replication. Most of its time without the GIL."""
    streams = Streams(recipe.key, replication)
    groups, turned_away = customers.groups_of(recipe.customers, streams)
    roots = _merged(groups)
    contacts = contacts_of(recipe.rules, streams, roots.people, roots.queue, roots.like, roots.campaign)
    workload = _columns(recipe.rules, streams, roots, contacts, turned_away)
    harder = recipe.difficulty.of(workload)
    if harder is not None or any(recipe.factors.values()):
        workload = varied(workload, recipe.factors, recipe.rules.own_work[contacts.rows.like], harder)
    return attended(workload, recipe.attendance, replication)


def attended(workload: Workload, attendance: Attendance, replication: int) -> Workload:
    """The same contacts with these agents: their pace and absences."""
    shift, start, end = outs(attendance, replication)
    return workload._replace(
        agent_pace=paces(attendance, replication),
        present=present(attendance, replication),
        out_shift=shift,
        out_start=start,
        out_end=end,
    )


class _Roots(NamedTuple):
    """Columns of the groups of customers, in order of their ids; None where no group has it."""

    people: People
    times: I64
    queue: I32
    like: I32
    """as in Rows"""
    campaign: I32
    work: I64 | None
    deflected: Bool | None
    until: I64 | None


def _merged(groups: list[list[Group]]) -> _Roots:
    """All customers by (arrival, queue, group, sequence)."""
    flat = [(queue, group) for queue, here in enumerate(groups) for group in here]
    sizes = [len(group.times) for _, group in flat]
    times = _joined([group.times for _, group in flat], np.int64)
    order = np.argsort(times, kind="stable") if (times[1:] < times[:-1]).any() else None

    def column(name: str, otherwise: int, dtype: type) -> Any:
        """What groups have, and what they have instead."""
        if all(getattr(group, name) is None for _, group in flat):
            return None
        return ordered([
            np.full(size, otherwise, dtype) if (mine := getattr(group, name)) is None else mine
            for (_, group), size in zip(flat, sizes, strict=True)
        ], dtype)  # fmt: skip

    def ordered(columns: list[Any], dtype: type) -> Any:
        joined = _joined(columns, dtype)
        return joined if order is None else joined[order]

    def repeated(values: list[int]) -> I32:
        if len(set(values)) == 1:
            return np.asarray(same(values[0], np.int32, len(times)))
        joined = np.repeat(np.array(values, dtype=np.int32), sizes)
        return joined if order is None else joined[order]

    queue = repeated([queue for queue, _ in flat])
    moved = any(group.move >= 0 for _, group in flat)
    return _Roots(
        People(
            ordered([group.people.number for _, group in flat], np.uint64),
            ordered([group.people.owner for _, group in flat], np.uint64),
        ),
        times if order is None else times[order],
        queue,
        repeated([queue if group.move < 0 else len(groups) + group.move for queue, group in flat]) if moved else queue,
        repeated([group.campaign for _, group in flat]),
        column("work", -1, np.int64),
        column("deflected", 0, np.bool_),
        column("until", NEVER, np.int64),
    )


def _joined(columns: list[Any], dtype: type) -> Any:
    return columns[0] if len(columns) == 1 else np.concatenate([np.empty(0, dtype), *columns])


# ------------------------------------------------------------------------------------------------------------ columns


def _columns(rules: Rules, streams: Streams, roots: _Roots, contacts: Contacts, turned_away: I64) -> Workload:
    """The workload of these contacts; what of them is still to be drawn is drawn here, column by column.

    What is of agents is left empty.
    """
    rows, n, later = contacts.rows, len(contacts.rows.queue), len(contacts.rows.queue) - len(roots.times)
    patience, work, *more = streams.of(rows.people, Draw.CONTACT, rules.uniforms)
    rows = with_closing_words(rules, streams, rows, contacts.children[0] >= 0)
    turns = turns_of(rules, streams, rows, work, patience)
    if rules.follow_ups is not None and rules.follow_ups.repeat_work.any():
        explains = np.flatnonzero(rows.extra_work)  # to whom they are transferred
        turns.work[turns.first[explains]] += rows.extra_work[explains]
    if roots.work is not None:  # what a log knows of the customers' own first turns, instead of what is drawn
        given = np.flatnonzero(roots.work >= 0)
        turns.work[turns.first[given] + rows.before[given]] = roots.work[given]
    own, held, missed = _patience(rules, rows, patience, roots)
    bot_time, asks_human, solved = _bot(rules, streams, rows)
    written = rows.campaign >= 0 if rules.campaigns.reply_after else same(0, np.bool_, n)
    accepts_callback, no_answer = _callbacks(rules, streams, rows)
    return Workload(
        queue=rows.queue,
        arrival=np.concatenate((roots.times, np.full(later, NEVER))) if later else roots.times,
        root=rows.root,
        generation=rows.generation,
        link=rows.link,
        after=rows.after,
        keep_agent=rows.keep_agent,
        transfer_child=contacts.children[0],
        transfer_draw=contacts.transfer_draw,
        retry_child=contacts.children[1],
        return_child=contacts.children[2],
        reconnect_child=contacts.children[3],
        reopen_child=contacts.children[4],
        bounce_child=contacts.children[5],
        reason=rows.reason,
        first_turn=turns.first,
        turns=rows.turns,
        patience=own,
        balks_at=same(NEVER, np.int64, n)
        if rules.tolerance is None
        else rules.tolerance.micros(rows.queue, streams.of(rows.people, Draw.BALK, 1)[0]),
        silent=same(0, np.bool_, n) if rules.uniforms < 4 else more[1] < rules.silent[rows.queue],
        held_patience=held,
        missed=missed,
        deflected=same(0, np.bool_, n)
        if roots.deflected is None
        else np.concatenate((roots.deflected, same(0, np.bool_, later))),
        bot_time=bot_time,
        asks_human=asks_human,
        contained=solved,
        agent_draw=(streams.of(rows.people, Draw.AGENT, 1)[0] * 2**31).astype(np.int32)
        if rules.agents_at_random
        else same(0, np.int32, n),
        bot_repeats=same(0, np.int32, n) if rules.bots is None else np.where(written, 0, rows.before).astype(np.int32),
        answer_delay=rules.answer_delay.column(
            rows.queue,
            streams.of(rows.people, Draw.RINGING, 1)[0] if rules.rings_differently else patience,
        ),
        outbound=written,
        accepts_callback=accepts_callback,
        no_answer=no_answer,
        wrap_up=rules.wrap_up.column(rows.queue, more[0] if more else patience),
        work=turns.work,
        latency=turns.latency,
        reply_patience=turns.reply_patience,
        comeback=turns.comeback,
        closing=turns.closing,
        reopen_draw=contacts.reopen_draw,
        agent_pace=np.empty(0, np.float64),
        present=np.empty(0, np.bool_),
        out_shift=np.empty(0, np.int32),
        out_start=np.empty(0, np.int64),
        out_end=np.empty(0, np.int64),
        turned_away=turned_away,
    )


def _patience(rules: Rules, rows: Rows, u: F64, roots: _Roots) -> tuple[I64, I64, Bool]:
    """Patience, patience if held, and whether it is the end of a window or the age at which messages are missed."""
    own = rules.patience.column(rows.queue, u)
    held = own if rules.held_patience is None else rules.held_patience.column(rows.queue, u)
    if rules.follow_ups is not None and (rules.follow_ups.retry_patience != 1).any():  # 6.22
        own, held = (
            np.where(times < NEVER, np.rint(times * rows.impatience), NEVER).astype(np.int64) for times in (own, held)
        )
    missed = same(0, np.bool_, len(u))
    if (rules.missed_after < NEVER).any():
        age = rules.missed_after[rows.queue]
        missed = own > age
        own, held = np.where(missed, age, own), np.where(missed, age, held)
    if rules.campaigns.reply_after:
        written = np.flatnonzero(rows.campaign >= 0)
        own, held, missed = own.copy(), held.copy(), missed.copy()
        own[written], missed[written] = NEVER, True
        if roots.until is not None:
            sent = np.flatnonzero(roots.campaign >= 0)
            own[sent] = roots.until[sent] - roots.times[sent]
        held[written] = own[written]
    return own, held, missed


def _bot(rules: Rules, streams: Streams, rows: Rows) -> tuple[I64, Bool, Bool]:
    """Time with the bot, who asks for a human, who is contained."""
    n = len(rows.queue)
    if rules.bots is None:
        return same(-1, np.int64, n), same(0, np.bool_, n), same(0, np.bool_, n)
    time, asks, solved = streams.of(rows.people, Draw.BOT, 3)
    meets = meets_bot(rules, rows)
    drawn = np.where(meets, rules.bots.time.micros(rows.queue, time), -1)
    return (
        drawn,
        meets & (asks < rules.bots.asks_human[rows.queue]),
        contained(rules, rows, solved),
    )


def _callbacks(rules: Rules, streams: Streams, rows: Rows) -> tuple[Bool, Bool]:
    """Who accepts a call back, and who would not pick up."""
    if rules.callbacks is None:
        return same(0, np.bool_, len(rows.queue)), same(0, np.bool_, len(rows.queue))
    accepts, no_answer = streams.of(rows.people, Draw.CALLBACK, 2)
    return accepts < rules.callbacks.accepts[rows.queue], no_answer < rules.callbacks.no_answer[rows.queue]
