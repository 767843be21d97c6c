"""The compiled engine's rules: event handlers over arrays. docs/model.md is the text, section numbers refer to it.

Loaded as `ccsim.engine.kernel` every function is compiled by numba; loaded under another name (compiled.py does that)
the very same text runs as plain Python, for coverage and the debugger.

One calendar has three sources: the roots' arrivals and the timetable (opening hours, shifts), both sorted before the
run, and a loser tree for everything that comes up on the way (a knock-out tournament of which each match remembers who
lost it; Knuth, The Art of Computer Programming, vol. 3, 5.4.1). An event that lost its object (a patience that work has
overtaken) stays in the tree and is recognised when it is due, never searched for.

Unassigned contacts stand in lines, one for each (queue, way of waiting), sorted by (waiting since, id). Within a line
everybody is equally welcome to an agent, but for having waited longer: if the first finds no agent, nobody behind does.
Agents with room stand in pairing heaps, one for each (team, units held), smallest (idle since, id) on top; as ranks
belong to (team, queue), they serve every policy. The system is settled after each event: no contact waits for whom
there is an agent. So a new event has to look only at those for whom it changed something.

What section 6 describes is rare: each behaviour has a switch in `Memory`, asked before anything else of it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final, NamedTuple, TypeVar

import numpy as np

from ccsim.engine.events import Event
from ccsim.routing import TURN_STEP, AgentColumn, ContactColumn, MessageColumn
from ccsim.tables import F64, I8, I32, I64, NEVER, Bool, Column, Link, Log, Outcome, Outside, Plan, Workload

Function = TypeVar("Function", bound=Callable[..., Any])

if __name__ == "ccsim.engine.kernel":
    from ccsim.engine.pointers import choose, compiled, entry, fetch, inlined, pointer
else:

    def compiled(function: Function) -> Function:
        return function

    entry = inlined = pointer = compiled

    def choose(condition: bool, one: int, other: int) -> int:  # type: ignore[misc]
        return one if condition else other

    def fetch(data: Any, index: int) -> None:  # type: ignore[misc]
        """Means nothing here."""


# Enums as plain integers, which compile faster.
WORK_ENDS: Final = int(Event.WORK_ENDS)
MESSAGE: Final = int(Event.MESSAGE)
IDLE_TIMEOUT: Final = int(Event.IDLE_TIMEOUT)
EXPIRY: Final = int(Event.EXPIRY)
PATIENCE_ENDS: Final = int(Event.PATIENCE_ENDS)
SAME_AGENT_OVER: Final = int(Event.SAME_AGENT_OVER)
OVERFLOW_DUE: Final = int(Event.OVERFLOW_DUE)
AGENTS_LEAVE: Final = int(Event.AGENTS_LEAVE)
AGENTS_COME: Final = int(Event.AGENTS_COME)
QUEUE_CLOSES: Final = int(Event.QUEUE_CLOSES)
QUEUE_OPENS: Final = int(Event.QUEUE_OPENS)
BOT_ENDS: Final = int(Event.BOT_ENDS)
ARRIVAL: Final = int(Event.ARRIVAL)
HORIZON: Final = int(Event.HORIZON)
BY_THE_CLOCK: Final = -1  # before all events of an instant: who is on duty and what is open from it on

NO_OUTCOME: Final = int(Outcome.NONE)
RESOLVED: Final = int(Outcome.RESOLVED)
TRANSFERRED: Final = int(Outcome.TRANSFERRED)
ABANDONED: Final = int(Outcome.ABANDONED)
SILENTLY_ABANDONED: Final = int(Outcome.SILENTLY_ABANDONED)
LOST: Final = int(Outcome.LOST)
TIMED_OUT: Final = int(Outcome.TIMED_OUT)
BLOCKED: Final = int(Outcome.BLOCKED)
REJECTED: Final = int(Outcome.REJECTED)
DEFLECTED: Final = int(Outcome.DEFLECTED)
CONTAINED: Final = int(Outcome.CONTAINED)
EXPIRED: Final = int(Outcome.EXPIRED)
OPEN: Final = int(Outcome.OPEN)

TRANSFER: Final = int(Link.TRANSFER)
RETRY: Final = int(Link.RETRY)
RETURN: Final = int(Link.RETURN)
BY_BOT: Final = int(Outside.BOT)

AGENT_RANK: Final = int(AgentColumn.RANK)
AGENT_LOAD: Final = int(AgentColumn.LOAD)
AGENT_MINUS_LOAD: Final = int(AgentColumn.MINUS_LOAD)
AGENT_IDLE_SINCE: Final = int(AgentColumn.IDLE_SINCE)
CONTACT_RANK: Final = int(ContactColumn.RANK)
CONTACT_PRIORITY: Final = int(ContactColumn.PRIORITY)
CONTACT_DEADLINE: Final = int(ContactColumn.DEADLINE)
MESSAGE_LATER_TURN: Final = int(MessageColumn.LATER_TURN)
MESSAGE_PRIORITY: Final = int(MessageColumn.PRIORITY)
MESSAGE_TIME: Final = int(MessageColumn.MESSAGE_TIME)

# A contact's states. Up to HELD it is unassigned and stands in a line (see `line_of`); up to RINGING its message waits
# for the start of work; from PENDING to IDLE it holds an agent's capacity, from RINGING on up to IDLE it is in hand.
EXEMPT_TASK: Final = -2  # outbound in its first turn, otherwise as EXEMPT
TASK: Final = -1  # outbound in its first turn, otherwise as WAITING
WAITING: Final = 0  # for anyone
EXEMPT: Final = 1  # for anyone, and its own agent's overflow conditions do not apply
BOUND: Final = 2  # for its own agent alone
HELD: Final = 3  # for its queue to open
PENDING: Final = 4  # for its agent's attention
RINGING: Final = 5
WORKING: Final = 6
WRAPPING: Final = 7
IN_VAIN: Final = 8  # called back, and does not pick up
SHARED: Final = 9  # in work beside others
SUSPENDED: Final = 10  # WORKING, interrupted by a call
SUSPENDED_WRAPPING: Final = 11
IDLE: Final = 12  # in a session, the customer's turn
AWAY: Final = 13  # the customer's turn, no session: parked or detached
WITH_BOT: Final = 14
DONE: Final = 15
LINES: Final = 4
TASK_LINES: Final = 2

# An agent's duty.
OFF: Final = 0
ON: Final = 1
PAUSED: Final = 2  # on shift, on a break or off-phone
FINISHING: Final = 3  # in the overrun, with kept sessions
WINDING_DOWN: Final = 4  # on duty, but takes no new session

# What the timetable's entries about agents are about.
SHIFT_ENDS: Final = 0
OVERRUN_OVER: Final = 1
PAUSE_BEGINS: Final = 2
SHIFT_BEGINS: Final = 3
SHIFT_BEGINS_PAUSED: Final = 4
PAUSE_ENDS: Final = 5
HOURS_END: Final = 6
HOURS_BEGIN: Final = 7
BOT_GOES: Final = 8
BOT_COMES: Final = 9
WIND_DOWN_BEGINS: Final = 10  # behind what may bring the agent back to work at the same instant
WIND_DOWN_ENDS: Final = 11
LIMIT_CHANGES: Final = 12

# Places of `Memory.number`.
DEPTH: Final = 0  # of the tree of events: it has 2^DEPTH leaves
ROOT: Final = 1  # next root to arrive
ENTRY: Final = 2  # next entry of the timetable
STRETCHES: Final = 3  # rows written
PRESENCES: Final = 4
ALIVE: Final = 5  # contacts begun and not done
GAINED: Final = 6  # agents in `gained`
READY: Final = 7  # agents in `ready`
FRESH: Final = 8  # the contact whose message came in this event, -1: none
SEEKERS: Final = 11  # contacts in `seekers`
LOOK: Final = 9  # NOBODY, SOME or EVERYBODY looks for an agent
LIFTED: Final = 10  # a reservation was lifted during the batch
HOLE: Final = 12  # 1: the tree's winner has just been taken, its leaf is free
FREED: Final = 13  # the agent whose work in hand ended in this event, -1: none
SUSPENSIONS: Final = 14  # rows written
FREE: Final = 15  # free leaves, in `free`
MOST_ALIVE: Final = 16  # contacts open with which the tree has room for whatever one event may bring
NUMBERS: Final = 17

NOBODY: Final = 0
SOME: Final = 1  # the queues in `look`, the contacts in `seekers`
EVERYBODY: Final = 2

STARTS: Final = 10
"""Starts of work from which the wait is estimated (6.8)."""

DEEP: Final = 10
"""Depth beyond which the contacts of events near the tree's top are fetched into the processor's cache."""

TIME: Final = 0
LEAF: Final = 1
ID_BITS: Final = 32
ID_MASK: Final = (1 << ID_BITS) - 1
"""An event's code is kind << ID_BITS | id: one comparison orders by kind, then id."""


class Memory(NamedTuple):
    """All that a run reads and writes."""

    work: Workload
    plan: Plan
    log: Log
    """rows by contact and turn in their final place; stretches and presences as they come up, in arrays with room"""
    number: Annotated[I64, Column("1", "place", "counters, see above")]
    # calendar
    tree: Annotated[I64, Column("us, id", "2 × match + TIME or LEAF", "0: the winner; 1 …: who lost this match")]
    code: Annotated[I64, Column("code", "leaf", "kind << ID_BITS | id of its event")]
    free: Annotated[I32, Column("id", "i", "free leaves: their time is NEVER + leaf")]
    table_time: Annotated[I64, Column("us", "timetable", "sorted by (time, kind, agent or queue, what)")]
    table_code: Annotated[I64, Column("code", "timetable", "kind << ID_BITS | queue or 0; kind may be BY_THE_CLOCK")]
    table_what: Annotated[I8, Column("code", "timetable", "SHIFT_ENDS … LIMIT_CHANGES")]
    table_row: Annotated[I32, Column("id", "timetable", "shift, or change of a limit")]
    # contacts
    state: Annotated[I8, Column("code", "contact", "EXEMPT_TASK … DONE")]
    own: Annotated[I32, Column("id", "contact", "the agent who has it, or last had it; -1: none yet")]
    queue: Annotated[I32, Column("id", "contact", "its queue, beside the rest")]
    turn: Annotated[I32, Column("count", "contact", "turn of its last message")]
    slot: Annotated[I32, Column("id", "contact", "that turn's row")]
    since: Annotated[I64, Column("us", "contact", "waiting since: time of its last message, less what it carries")]
    due: Annotated[I64, Column("us", "contact", "when the patience with that message ends")]
    bound_until: Annotated[I64, Column("us", "contact", "when its own agent is no longer waited for")]
    after: Annotated[I32, Column("id", "contact", "next in its line, or of its agent's sessions")]
    before: Annotated[I32, Column("id", "contact", "the one before")]
    next_own: Annotated[I32, Column("id", "contact", "next of those unassigned with a claim on the same own agent")]
    last_own: Annotated[I32, Column("id", "contact", "the one before")]
    resumes: Annotated[Bool, Column("1", "contact", "BOUND at first: its own agent may yet take it at once (2.7)")]
    seekers: Annotated[I32, Column("id", "i", "contacts who look for an agent after this event")]
    stretch: Annotated[I32, Column("id", "contact", "its current stretch")]
    gives_up: Annotated[Bool, Column("1", "contact", "is handed over when the work in hand ends")]
    ends: Annotated[I64, Column("us", "contact", "if `moves`: when its work ends; of suspended work what remains")]
    left: Annotated[F64, Column("1", "contact", "if `shares`: share of the work to go")]
    # queues
    open: Annotated[Bool, Column("1", "queue", "its hours say so")]
    holds: Annotated[Bool, Column("1", "queue", "who waits for an agent while it is closed is held, not rejected")]
    bot: Annotated[Bool, Column("1", "queue", "its bot is on duty")]
    bot_free: Annotated[I64, Column("us", "queue, i", "when its bot's places are free, if they are limited")]
    shared: Annotated[Bool, Column("1", "queue", "its contacts share their agent's attention")]
    starts: Annotated[I64, Column("us", "queue, i", "the last starts of work on first turns")]
    started: Annotated[I64, Column("count", "queue", "all starts of work on first turns")]
    waiting: Annotated[I64, Column("count", "queue", "contacts unassigned")]
    unheld: Annotated[I64, Column("count", "queue", "of these, not held")]
    alive: Annotated[I64, Column("count", "queue", "contacts open")]
    first: Annotated[I32, Column("id", "line", "its first contact, -1: none")]
    last: Annotated[I32, Column("id", "line", "its last")]
    look: Annotated[Bool, Column("1", "queue", "its contacts look for agents")]
    by_length: Annotated[Bool, Column("1", "queue", "some team helps by the queue's length")]
    cursor: Annotated[I32, Column("id", "line", "next contact of the batch, -1: none")]
    stopped: Annotated[Bool, Column("1", "line", "no contact behind the last one who looked can find an agent")]
    afters: Annotated[I64, Column("us", "queue, i", "the different times of overflow of its teams; NEVER fills up")]
    helpers: Annotated[I32, Column("id", "queue, i", "teams with the skill by (rank, id); -1 fills up")]
    # teams
    skills: Annotated[I32, Column("id", "team, i", "queues they serve; -1 fills up")]
    conditional: Annotated[Bool, Column("1", "team, queue", "helps under overflow conditions only")]
    reserves: Annotated[
        I64, Column("count", "team", "reserved queues with the skill that have unheld contacts waiting")
    ]
    most: Annotated[I64, Column("count", "team, queue", "units that an agent may hold with a session; by the clock")]
    step: Annotated[I64, Column("count", "team", "common divisor of the team's units: loads are multiples of it")]
    room: Annotated[I64, Column("count", "team", "agents in the heaps")]
    top: Annotated[I32, Column("id", "team, units held", "first of the agents in that heap, -1: none")]
    tail: Annotated[
        I32, Column("id", "team, units held", "who came last into that heap; in it while their level is this")
    ]
    # agents
    duty: Annotated[I8, Column("code", "agent", "OFF … WINDING_DOWN; by the clock")]
    winds_down: Annotated[Bool, Column("1", "agent", "takes no new session whenever they are on duty; by the clock")]
    shift: Annotated[I32, Column("id", "agent", "the shift they are on or were last on")]
    kept: Annotated[I32, Column("id", "agent", "the shift, now over, whose sessions they keep, -1: none")]
    attends: Annotated[Bool, Column("1", "agent", "has come and not left, by the events: present for being on duty")]
    load: Annotated[I64, Column("count", "agent", "units held")]
    sessions: Annotated[I32, Column("count", "agent", "sessions held")]
    session: Annotated[I32, Column("id", "agent", "first of them, -1: none")]
    call: Annotated[Bool, Column("1", "agent", "in a one-to-one session")]
    pending: Annotated[I32, Column("count", "agent", "sessions with a message pending")]
    latest: Annotated[I32, Column("id", "agent", "whose message came last of these; if theirs and PENDING")]
    hand: Annotated[I32, Column("id", "agent", "contact in work (ringing, turn, wrap-up), -1: none")]
    suspended: Annotated[I32, Column("id", "agent", "contact whose work a call interrupted, -1: none")]
    suspension: Annotated[I32, Column("id", "agent", "row of the log for it")]
    sharing: Annotated[I32, Column("count", "agent", "contacts in work beside each other")]
    beside: Annotated[I64, Column("count", "agent", "sessions with shared attention: j of 6.7")]
    beside_since: Annotated[I64, Column("us", "agent", "when that number last changed")]
    idle: Annotated[I64, Column("us", "agent", "idle since")]
    rested: Annotated[I64, Column("us", "agent", "when their shift began or their last pause ended")]
    claim: Annotated[I32, Column("id", "agent", "first unassigned contact with a claim on them, -1: none")]
    child: Annotated[I32, Column("id", "agent", "pairing heap: first child")]
    sibling: Annotated[I32, Column("id", "agent", "pairing heap: next sibling")]
    parent: Annotated[I32, Column("id", "agent", "pairing heap: previous sibling or, of a first child, the parent")]
    level: Annotated[I64, Column("count", "agent", "units held of the heap they are in, -1: none")]
    present: Annotated[I64, Column("us", "agent", "present since, NEVER: not present")]
    present_shift: Annotated[I32, Column("id", "agent", "the shift that this presence belongs to")]
    gains: Annotated[Bool, Column("1", "agent", "is in `gained`")]
    is_ready: Annotated[Bool, Column("1", "agent", "is in `ready`")]
    gained: Annotated[I32, Column("id", "i", "agents whose room grew in this event")]
    ready: Annotated[I32, Column("id", "i", "agents who may start work, or go")]
    # sizes: compiled code has no length of an array with one index (pointers.py)
    contacts: int
    queues: int
    agents: int
    lines: int
    tree_room: int
    stretch_room: int
    suspension_room: int
    # policies
    agent_columns: int
    contact_columns: int
    message_columns: int
    load_sense: int
    """which load is best within a team: 1 the lowest, -1 the highest, 0 it does not say"""
    by_idle: bool
    """whether the agents' policy looks at idle since"""
    compares_all: bool
    """whether it orders the agents of one team in a way that the heaps do not keep"""
    at_random: bool
    """whether it leaves the choice among equal agents to the contact's own draw"""
    # switches: what no contact, queue or team uses is not asked for
    automated: bool
    """self-service or bots"""
    drops: bool
    """lost connections"""
    outbound: bool
    calls_back: bool
    balks: bool
    joins: bool
    """queues with alternatives"""
    words: bool
    """closing words"""
    carries: bool
    """the time of earlier contacts"""
    grows: bool
    """work that grows with a wait, or with the time since an agent's rest"""
    keeps: bool
    """agents idle for a queue"""
    interrupts: bool
    shares: bool
    """shared attention"""
    moves: bool
    """work may end at another time than it seemed when it began: it is interrupted or shared"""


# --- the processor's cache ----------------------------------------------------------------------------------------
#
# Thousands of conversations at once, each with a row in some thirty columns, are more than the processor's cache holds
# and than its own foresight follows. These say beforehand what will be needed; they change nothing.


@inlined
def fetch_slot(m: Memory, slot: int) -> None:
    fetch(m.work.work, slot)
    fetch(m.work.latency, slot)
    fetch(m.work.reply_patience, slot)
    fetch(m.log.message, slot)
    fetch(m.log.start, slot)
    fetch(m.log.reply, slot)
    fetch(m.log.agent, slot)


@inlined
def fetch_contact(m: Memory, c: int, roots: int) -> None:
    """Brings into the processor's cache what the root c, soon to arrive, will need: too many columns to be foreseen."""
    if c >= roots:
        return
    fetch(m.since, c)
    if c % 8 == 0:  # a line of the cache holds eight
        row = min(c + 8, m.contacts - 1)
        fetch(m.work.first_turn, row)
        fetch(m.work.turns, row)
        fetch(m.work.arrival, row)
        fetch(m.work.queue, row)
        fetch(m.work.patience, row)
        fetch(m.work.wrap_up, row)
        fetch(m.work.transfer_child, row)
        fetch(m.work.reopen_child, row)
        fetch(m.log.first_turn, row)
        fetch(m.log.arrival, row)
        fetch(m.log.turns, row)
        fetch(m.log.messages, row)
        fetch(m.log.left, row)
        fetch(m.log.closed, row)
        fetch(m.log.stretch_contact, row)
        fetch(m.log.stretch_agent, row)
        fetch(m.log.stretch_since, row)
        fetch(m.log.stretch_start, row)
        fetch(m.log.stretch_end, row)
    slot = m.work.first_turn[c]
    last = slot + m.work.turns[c] - 1
    if last > slot or slot % 8 == 0:
        fetch_slot(m, slot)
        fetch_slot(m, last)


@inlined
def fetch_ahead(m: Memory, c: int, soon: bool) -> None:
    """Brings into the processor's cache what c's next event will need; when it is `soon`, the first steps are there."""
    if soon:
        fetch_slot(m, m.slot[c])
        a = max(m.own[c], 0)
        fetch(m.pending, a)
        fetch(m.session, a)
        fetch(m.hand, a)
        fetch(m.duty, a)
        fetch(m.sessions, a)
    else:
        fetch(m.log.first_turn, c)
        fetch(m.log.turns, c)
        fetch(m.log.messages, c)
        fetch(m.log.outcome, c)
        fetch(m.work.transfer_child, c)
        fetch(m.since, c)


# --- calendar -----------------------------------------------------------------------------------------------------


@compiled
def push(m: Memory, time: int, kind: int, ident: int) -> None:
    """An event that comes up; beyond the horizon it never does."""
    push_here(m, time, kind, ident)


@inlined
def push_here(m: Memory, time: int, kind: int, ident: int) -> None:
    """As `push`, without a call: for the busiest two places."""
    if time > m.plan.drain_end:
        return
    code = (kind << ID_BITS) | np.int64(ident)
    if m.number[HOLE] == 1:
        m.number[HOLE] = 0
        leaf = m.tree[LEAF]
        m.code[leaf] = code
        replay(m, time, leaf)
        return
    if m.number[FREE] == 0:
        double_leaves(m)
    m.number[FREE] -= 1
    leaf = m.free[m.number[FREE]]
    m.code[leaf] = code
    join(m, time, leaf)


@inlined
def fill_hole(m: Memory) -> None:
    """If the last event taken from the tree has brought no other into its place, its leaf is free."""
    if m.number[HOLE] == 1:
        m.number[HOLE] = 0
        leaf = m.tree[LEAF]
        m.free[m.number[FREE]] = leaf
        m.number[FREE] += 1
        replay(m, NEVER + leaf, leaf)


@inlined
def replay(m: Memory, time: int, leaf: int) -> None:
    """The leaf of the tree's winner has a new event: it meets the losers on its way to the top.

    Nobody could foresee who wins, so the processor does not have to: without a branch. Equal times are another matter.
    """
    tree = m.tree
    depth = m.number[DEPTH]
    number = 1 << depth | leaf
    i = number >> 1
    while i > 0:
        other_time = tree[2 * i + TIME]
        other = tree[2 * i + LEAF]
        if other_time == time:
            replay_exactly(m, i, time, leaf)
            return
        loses = other_time < time
        late_time: int = choose(loses, time, other_time)
        late = choose(loses, leaf, other)
        time = choose(loses, other_time, time)
        leaf = choose(loses, other, leaf)
        tree[2 * i + TIME] = late_time
        tree[2 * i + LEAF] = late
        i >>= 1
    tree[TIME] = time
    tree[LEAF] = leaf
    if depth > DEEP:
        fetch_ahead(m, m.code[tree[2 * (number >> (depth - 1)) + LEAF]] & ID_MASK, True)
        fetch_ahead(m, m.code[tree[2 * (number >> (depth - 2)) + LEAF]] & ID_MASK, False)


@compiled
def replay_exactly(m: Memory, i: int, time: int, leaf: int) -> None:
    """The rest of `replay`, from match i on, by (time, code)."""
    while i > 0:
        other_time = m.tree[2 * i + TIME]
        other = m.tree[2 * i + LEAF]
        if beats(m, other_time, other, time, leaf):
            m.tree[2 * i + TIME] = time
            m.tree[2 * i + LEAF] = leaf
            time = other_time
            leaf = other
        i >>= 1
    m.tree[TIME] = time
    m.tree[LEAF] = leaf


@inlined
def beats(m: Memory, time: int, leaf: int, other_time: int, other: int) -> bool:
    """Whether a leaf's event comes before another's."""
    return time < other_time or (time == other_time and m.code[leaf] < m.code[other])


@inlined
def join(m: Memory, time: int, leaf: int) -> None:
    """A free leaf has an event. From the top down, as the winners of matches on its way are known there.

    Where the winner came from the leaf's own side, the match's loser stays. Otherwise, if the new event beats the
    loser, it becomes the loser itself, or beats the winner too; and further down the winner is who lost here.
    """
    tree = m.tree
    depth = m.number[DEPTH]
    number = 1 << depth | leaf
    best_time = tree[TIME]
    best = tree[LEAF]
    if time == best_time:
        join_exactly(m, depth, best_time, best, time, leaf)
        return
    wins = time < best_time
    tree[TIME] = choose(wins, time, best_time)
    tree[LEAF] = choose(wins, leaf, best)
    while depth > 0:
        i = number >> depth
        other_time = tree[2 * i + TIME]
        other = tree[2 * i + LEAF]
        if time == other_time:
            join_exactly(m, depth, best_time, best, time, leaf)
            return
        depth -= 1
        apart = ((best ^ leaf) >> depth) & 1 == 1
        wins = time < best_time
        late_time = choose(wins, best_time, time)
        late = choose(wins, best, leaf)
        changes = apart & (time < other_time)
        late_time = choose(changes, late_time, other_time)
        late = choose(changes, late, other)
        best_time = choose(apart, other_time, best_time)
        best = choose(apart, other, best)
        tree[2 * i + TIME] = late_time
        tree[2 * i + LEAF] = late


@compiled
def join_exactly(m: Memory, depth: int, best_time: int, best: int, time: int, leaf: int) -> None:
    """The rest of `join`, from the match so far from the leaf on, by (time, code)."""
    if beats(m, time, leaf, m.tree[TIME], m.tree[LEAF]):
        m.tree[TIME] = time
        m.tree[LEAF] = leaf
    while depth > 0:
        i = (1 << m.number[DEPTH] | leaf) >> depth
        depth -= 1
        if ((best ^ leaf) >> depth) & 1 == 0:
            continue
        other_time = m.tree[2 * i + TIME]
        other = m.tree[2 * i + LEAF]
        if beats(m, time, leaf, other_time, other):
            wins = beats(m, time, leaf, best_time, best)
            m.tree[2 * i + TIME] = best_time if wins else time
            m.tree[2 * i + LEAF] = best if wins else leaf
        best_time = other_time
        best = other


@inlined
def limit_alive(m: Memory) -> None:
    """Says with how many contacts open the tree has room for whatever one event may bring, even if no leaf is free."""
    per_contact = 4 + m.afters.shape[1]  # events that one contact can add: patience, bound, follow-up, …
    m.number[MOST_ALIVE] = (m.tree_room - (1 << m.number[DEPTH]) - m.agents) // per_contact


@compiled
def double_leaves(m: Memory) -> None:
    """The tree becomes the left half of one twice as large, whose right half is free."""
    leaves = 1 << m.number[DEPTH]
    m.number[DEPTH] += 1
    level = leaves
    while level > 1:
        level >>= 1
        for i in range(2 * level - 1, level - 1, -1):
            m.tree[2 * (i + level) + TIME] = m.tree[2 * i + TIME]
            m.tree[2 * (i + level) + LEAF] = m.tree[2 * i + LEAF]
    for leaf in range(2 * leaves - 1, leaves - 1, -1):
        i = 2 * leaves + leaf
        while i % 2 == 0:  # from the left: of free leaves the first wins
            i >>= 1
        i >>= 1
        m.tree[2 * i + TIME] = NEVER + leaf
        m.tree[2 * i + LEAF] = leaf
        m.code[leaf] = 0  # of nobody, but `fetch_ahead` may look at it
        m.free[m.number[FREE]] = leaf
        m.number[FREE] += 1
    limit_alive(m)


# --- lines of unassigned contacts ---------------------------------------------------------------------------------


@inlined
def is_task(m: Memory, c: int) -> bool:
    """Whether the company has yet to write to c; such contacts come behind all others (6.9)."""
    return m.outbound and m.work.outbound[c] and m.turn[c] == 0


@inlined
def line_of(m: Memory, q: int, state: int) -> int:
    """The line of queue q for a way of waiting: LINES of each queue, then, of use with outbound rows, TASK's, ..."""
    return LINES * q + state if state >= 0 else (LINES - 1 - state) * m.queues + q


@inlined
def earlier(m: Memory, c: int, d: int) -> bool:
    """Whether c comes before d where waiting contacts of several queues are ordered."""
    if is_task(m, c) != is_task(m, d):
        return is_task(m, d)
    c_since = m.since[c] - m.plan.head_start[m.queue[c]]
    d_since = m.since[d] - m.plan.head_start[m.queue[d]]
    return c_since < d_since or (c_since == d_since and c < d)


@inlined
def line_up(m: Memory, c: int, state: int) -> None:
    """Puts c in its line. Most come last; those handed over or released are older and walk forward from the end."""
    m.state[c] = state
    line = line_of(m, m.queue[c], state)
    since = m.since[c]
    behind = -1
    ahead = m.last[line]
    while ahead >= 0 and (m.since[ahead] > since or (m.since[ahead] == since and ahead > c)):
        behind = ahead
        ahead = m.before[ahead]
    m.before[c] = ahead
    m.after[c] = behind
    if ahead >= 0:
        m.after[ahead] = c
    else:
        m.first[line] = c
    if behind >= 0:
        m.before[behind] = c
    else:
        m.last[line] = c
    if state == EXEMPT or state == BOUND or state == EXEMPT_TASK:
        a = m.own[c]
        m.last_own[c] = -1
        m.next_own[c] = m.claim[a]
        if m.claim[a] >= 0:
            m.last_own[m.claim[a]] = c
        m.claim[a] = c


@inlined
def step_out(m: Memory, c: int) -> None:
    """Takes c out of its line."""
    state = m.state[c]
    line = line_of(m, m.queue[c], state)
    ahead = m.before[c]
    behind = m.after[c]
    if ahead >= 0:
        m.after[ahead] = behind
    else:
        m.first[line] = behind
    if behind >= 0:
        m.before[behind] = ahead
    else:
        m.last[line] = ahead
    if state == EXEMPT or state == BOUND or state == EXEMPT_TASK:
        if m.last_own[c] >= 0:
            m.next_own[m.last_own[c]] = m.next_own[c]
        else:
            m.claim[m.own[c]] = m.next_own[c]
        if m.next_own[c] >= 0:
            m.last_own[m.next_own[c]] = m.last_own[c]


@inlined
def clip(m: Memory, time: int) -> int:
    """The time, within those of the statistics."""
    return min(max(time, m.plan.warm_up), m.plan.end)


@inlined
def everybody_looks(m: Memory) -> None:
    m.number[LOOK] = EVERYBODY


@inlined
def queue_looks(m: Memory, q: int) -> None:
    m.look[q] = True
    m.number[LOOK] = max(m.number[LOOK], SOME)


@inlined
def seeks(m: Memory, c: int) -> None:
    """c looks for an agent when the event is over."""
    m.seekers[m.number[SEEKERS]] = c
    m.number[SEEKERS] += 1
    m.number[LOOK] = max(m.number[LOOK], SOME)


@inlined
def stands_unheld(m: Memory, q: int) -> None:
    """One more contact of q waits and is not held."""
    m.unheld[q] += 1
    if m.plan.reserved[q] and m.unheld[q] == 1:
        for team in range(m.plan.rank.shape[0]):
            if m.plan.rank[team, q] >= 0:
                m.reserves[team] += 1


@inlined
def stands_no_longer(m: Memory, q: int) -> None:
    """One less of those; the last one lifts the queue's reservation."""
    m.unheld[q] -= 1
    if m.plan.reserved[q] and m.unheld[q] == 0:
        for team in range(m.plan.rank.shape[0]):
            if m.plan.rank[team, q] >= 0:
                m.reserves[team] -= 1
        everybody_looks(m)
        m.number[LIFTED] = 1


@inlined
def crowded(m: Memory, q: int) -> bool:
    """Whether with one more contact the queue has just become long enough for some team to help."""
    if not m.by_length[q]:
        return False
    for i in range(m.helpers.shape[1]):
        team = m.helpers[q, i]
        if team < 0:
            break
        if m.waiting[q] == m.plan.longer_than[team, q] + 1:
            return True
    return False


@inlined
def sent(m: Memory, c: int) -> int:
    """The time of c's last message."""
    return int(m.log.message[m.slot[c]])


@compiled
def carried(m: Memory, c: int) -> int:
    """The time of the contacts before c, which its first turn brings with it (4)."""
    total = 0
    while m.work.link[c] == TRANSFER or m.work.link[c] == RETRY:
        c = m.log.parent[c]
        total += m.log.left[c] - m.log.arrival[c]
    return total


@inlined
def open_stretch(m: Memory, c: int, since: int) -> None:
    i = m.number[STRETCHES]
    m.number[STRETCHES] = i + 1
    m.stretch[c] = i
    m.log.stretch_contact[i] = c
    m.log.stretch_agent[i] = -1
    m.log.stretch_since[i] = since


@inlined
def close_stretch(m: Memory, now: int, c: int) -> None:
    """c leaves unassigned."""
    i = m.stretch[c]
    m.log.stretch_start[i] = now
    m.log.stretch_end[i] = now


@inlined
def unconditional(m: Memory, c: int) -> int:
    """How c waits for anyone: EXEMPT if that makes a difference."""
    a = m.own[c]
    exempt = a >= 0 and m.conditional[m.plan.team[a], m.queue[c]]
    if is_task(m, c):
        return EXEMPT_TASK if exempt else TASK
    return EXEMPT if exempt else WAITING


@inlined
def begin_wait(m: Memory, now: int, c: int, state: int, since: int) -> None:
    """c is unassigned from now on; `since`: for the log, the start of this unassigned wait."""
    q = m.queue[c]
    open_stretch(m, c, since)
    m.waiting[q] += 1
    m.log.queue_area[q] -= clip(m, now)
    line_up(m, c, state)
    if state != HELD:
        stands_unheld(m, q)
    if crowded(m, q):
        queue_looks(m, q)


@inlined
def end_wait(m: Memory, now: int, c: int) -> None:
    """c has an agent, or leaves."""
    q = m.queue[c]
    step_out(m, c)
    m.waiting[q] -= 1
    m.log.queue_area[q] += clip(m, now)
    if m.state[c] != HELD:
        stands_no_longer(m, q)


@compiled
def wait_otherwise(m: Memory, now: int, c: int, state: int) -> None:
    """c, unassigned, is released: from being held or bound. It looks for an agent, who may come at more times yet."""
    q = m.queue[c]
    step_out(m, c)
    if m.state[c] == HELD:
        stands_unheld(m, q)
        remind(m, now, c)
    line_up(m, c, state)
    seeks(m, c)


@inlined
def remind(m: Memory, now: int, c: int) -> None:
    """Calendar entries for the times at which further teams may take the waiting c."""
    q = m.queue[c]
    for i in range(m.afters.shape[1]):
        if m.afters[q, i] == NEVER:
            break
        if m.since[c] + m.afters[q, i] > now:
            push(m, m.since[c] + m.afters[q, i], OVERFLOW_DUE, c)


# --- agents with room ---------------------------------------------------------------------------------------------


@inlined
def idle_longest(m: Memory, a: int, b: int) -> bool:
    """Whether agent a stands before b in the heap of their team and load."""
    if m.by_idle and m.idle[a] != m.idle[b]:
        return m.idle[a] < m.idle[b]
    return a < b


@inlined
def stand_below(m: Memory, b: int, a: int) -> None:
    """The heap whose top is b becomes a child of a."""
    m.sibling[b] = m.child[a]
    if m.child[a] >= 0:
        m.parent[m.child[a]] = b
    m.parent[b] = a
    m.child[a] = b


@inlined
def meld(m: Memory, a: int, b: int) -> int:
    """Two pairing heaps become one; its top."""
    if a < 0:
        return b
    if b < 0:
        return a
    if idle_longest(m, b, a):
        a, b = b, a
    stand_below(m, b, a)
    return a


@inlined
def melded_children(m: Memory, a: int) -> int:
    """The heap that remains of a's when a is gone: its children in pairs, then all into one. Its top."""
    pairs = -1
    b = m.child[a]
    while b >= 0:
        c = m.sibling[b]
        following = -1
        m.sibling[b] = -1
        if c >= 0:
            following = m.sibling[c]
            m.sibling[c] = -1
            b = meld(m, b, c)
        m.sibling[b] = pairs
        pairs = b
        b = following
    top = -1
    while pairs >= 0:
        following = m.sibling[pairs]
        m.sibling[pairs] = -1
        top = meld(m, top, pairs)
        pairs = following
    return top


@inlined
def remove(m: Memory, a: int) -> None:
    """Agent a is in no heap any more."""
    if m.level[a] >= 0:
        take_out(m, a)


@inlined
def take_out(m: Memory, a: int) -> None:
    team = m.plan.team[a]
    level = m.level[a]
    rest = melded_children(m, a)
    if m.top[team, level] == a:
        top = rest
    else:
        if m.child[m.parent[a]] == a:
            m.child[m.parent[a]] = m.sibling[a]
        else:
            m.sibling[m.parent[a]] = m.sibling[a]
        if m.sibling[a] >= 0:
            m.parent[m.sibling[a]] = m.parent[a]
        top = meld(m, m.top[team, level], rest)
    m.top[team, level] = top
    if top >= 0:
        m.parent[top] = -1
        m.sibling[top] = -1
    m.level[a] = -1
    m.room[team] -= 1


@inlined
def place(m: Memory, a: int) -> None:
    """Agent a stands in the heap of their load if they may take something."""
    remove(m, a)
    if m.duty[a] == ON and m.load[a] < m.plan.capacity and not m.call[a]:
        team = m.plan.team[a]
        level = m.load[a]
        m.child[a] = -1
        m.sibling[a] = -1
        m.parent[a] = -1
        below = m.tail[team, level]
        if below >= 0 and m.level[below] == level and not idle_longest(m, a, below):
            stand_below(m, a, below)  # as most come last, heaps are chains, from which it is quick to take
        else:
            m.top[team, level] = meld(m, m.top[team, level], a)
        m.tail[team, level] = a
        m.level[a] = level
        m.room[team] += 1


# --- routing (section 4) ------------------------------------------------------------------------------------------


@inlined
def forbidden(m: Memory, team: int, q: int) -> bool:
    """Whether a reservation keeps the team from the queue."""
    n = m.reserves[team]
    return n > 1 or (n == 1 and not (m.plan.reserved[q] and m.unheld[q] > 0 and m.plan.rank[team, q] >= 0))


@inlined
def helps(m: Memory, team: int, q: int, waited: int) -> bool:
    """Whether the team may take from the queue a contact that has waited so long and is not its agent's own."""
    return (
        waited >= m.plan.overflow_after[team, q]
        and m.waiting[q] > m.plan.longer_than[team, q]
        and not forbidden(m, team, q)
    )


@compiled
def stay_idle(m: Memory, team: int, q: int) -> bool:
    """Whether contacts of q leave the team's idle agents so, for those of another queue."""
    for r in range(m.queues):
        if m.plan.keep_idle[r] > 0 and r != q and m.plan.rank[team, r] >= 0:
            idle = 0
            for a in range(m.agents):
                if m.duty[a] == ON and m.sessions[a] == 0 and m.plan.rank[m.plan.team[a], r] >= 0:
                    idle += 1
            if idle <= m.plan.keep_idle[r]:
                return True
    return False


@inlined
def fits(m: Memory, a: int, q: int, over: bool) -> bool:
    """Whether agent a has room for a session of q; `over`: above their capacity if need be."""
    team = m.plan.team[a]
    if m.keeps and m.sessions[a] == 0 and stay_idle(m, team, q):
        return False
    if m.plan.one_to_one[q]:
        return m.sessions[a] == 0
    return not m.call[a] and (over or m.load[a] + m.plan.units[team, q] <= m.most[team, q])


@compiled
def takes_own(m: Memory, a: int, c: int, at_once: bool) -> bool:
    """Whether a may take c, whose own agent they are; `at_once`: c resumes (2.7)."""
    q = m.queue[c]
    over = at_once and m.plan.over_capacity[q] and m.turn[c] > 0
    return (
        (m.duty[a] == ON or (over and (m.duty[a] == PAUSED or m.duty[a] == WINDING_DOWN)))
        and m.plan.rank[m.plan.team[a], q] >= 0
        and fits(m, a, q, over)
        and not forbidden(m, m.plan.team[a], q)
    )


@inlined
def is_free(m: Memory, a: int) -> bool:
    """Whether agent a has nothing at all to do: only then do they write to customers (6.9)."""
    return m.pending[a] == 0 and not works(m, a)


@compiled
def interruptible(m: Memory, a: int, q: int) -> bool:
    """Whether agent a, who has sessions, counts as empty for a call of q (6.6)."""
    if m.sessions[a] == 0 or m.call[a] or m.beside[a] > 0:
        return False
    c = m.session[a]
    while c >= 0:
        if not m.plan.interrupts[m.plan.team[a], q, m.queue[c]]:
            return False
        c = m.after[c]
    return True


@compiled
def interrupted_by_own(m: Memory, a: int, c: int) -> bool:
    """Whether c may interrupt a, whose own agent they are."""
    q = m.queue[c]
    team = m.plan.team[a]
    return bool(m.duty[a] == ON and m.plan.rank[team, q] >= 0 and not forbidden(m, team, q) and interruptible(m, a, q))


@inlined
def agent_difference(m: Memory, q: int, a: int, b: int) -> int:
    """Below 0: a contact of q would rather have agent a than b; 0: the policy does not say."""
    for i in range(m.agent_columns):
        column = m.plan.agent_order[i]
        difference = 0
        if column == AGENT_RANK:
            difference = m.plan.rank[m.plan.team[a], q] - m.plan.rank[m.plan.team[b], q]
        elif column == AGENT_LOAD:
            difference = m.load[a] - m.load[b]
        elif column == AGENT_MINUS_LOAD:
            difference = m.load[b] - m.load[a]
        elif column == AGENT_IDLE_SINCE:
            difference = m.idle[a] - m.idle[b]
        if difference != 0:
            return int(difference)
    return 0


@compiled
def preferred_agent(m: Memory, q: int, a: int, b: int) -> bool:
    """Whether a contact of q would rather have agent a than b."""
    difference = agent_difference(m, q, a, b)
    return difference < 0 or (difference == 0 and a < b)


@compiled
def preferred_contact(m: Memory, team: int, c: int, d: int) -> bool:
    """Whether an agent of the team would rather have contact c than d."""
    if is_task(m, c) != is_task(m, d):
        return is_task(m, d)
    p = m.queue[c]
    q = m.queue[d]
    for i in range(m.contact_columns):
        column = m.plan.contact_order[i]
        difference = 0
        if column == CONTACT_RANK:
            difference = m.plan.contact_rank[team, p] - m.plan.contact_rank[team, q]
        elif column == CONTACT_PRIORITY:
            difference = m.plan.priority[p] - m.plan.priority[q]
        else:
            difference = (m.since[c] - m.plan.head_start[p]) - (m.since[d] - m.plan.head_start[q])
            if column == CONTACT_DEADLINE:
                difference += m.plan.target_time[p] - m.plan.target_time[q]
        if difference != 0:
            return difference < 0
    return c < d


@inlined
def preferred_message(m: Memory, c: int, d: int) -> bool:
    """Whether the agent who has both works on c's message before d's."""
    if m.interrupts and m.plan.one_to_one[m.queue[c]] != m.plan.one_to_one[m.queue[d]]:
        return m.plan.one_to_one[m.queue[c]]
    if is_task(m, c) != is_task(m, d):
        return is_task(m, d)
    for i in range(m.message_columns):
        column = m.plan.attention_order[i]
        difference = 0
        if column == MESSAGE_LATER_TURN:
            difference = (1 if m.turn[c] > 0 else 0) - (1 if m.turn[d] > 0 else 0)
        elif column == MESSAGE_PRIORITY:
            difference = m.plan.priority[m.queue[c]] - m.plan.priority[m.queue[d]]
        elif column == MESSAGE_TIME:
            difference = sent(m, c) - sent(m, d)
        if difference != 0:
            return difference < 0
    return c < d


@inlined
def best_of_team(m: Memory, team: int, q: int) -> int:
    """The team's agent with room whom a contact of q would take, -1: none."""
    step = m.step[team]
    most = 0 if m.plan.one_to_one[q] else m.most[team, q] - m.plan.units[team, q]
    least = step if m.keeps and stay_idle(m, team, q) else 0
    best = -1
    if m.load_sense < 0:
        load = most - most % step
        while load >= least and best < 0:
            best = m.top[team, load]
            load -= step
    else:
        load = least
        while load <= most:
            a = m.top[team, load]
            if a >= 0 and (best < 0 or preferred_agent(m, q, a, best)):
                best = a
                if m.load_sense > 0:
                    break
            load += step
    return best


@compiled
def may_take(m: Memory, now: int, c: int, a: int, interrupts: bool) -> bool:
    """Whether agent a may take c, which looks for an agent; `interrupts`: beside sessions that it interrupts."""
    q = m.queue[c]
    team = m.plan.team[a]
    if m.duty[a] != ON or m.plan.rank[team, q] < 0:
        return False
    if interrupts:
        may = interruptible(m, a, q)
    else:
        may = fits(m, a, q, False) and (is_free(m, a) or not is_task(m, c))
    return may and (not forbidden(m, team, q) if a == m.own[c] else helps(m, team, q, now - m.since[c]))


@compiled
def find_among_all(m: Memory, now: int, c: int, interrupts: bool) -> int:
    """The agent whom c takes where the heaps do not tell, -1: none."""
    q = m.queue[c]
    best = -1
    equal = 0
    for a in range(m.agents):
        if may_take(m, now, c, a, interrupts):
            difference = -1 if best < 0 else agent_difference(m, q, a, best)
            if difference < 0:
                best = a
                equal = 1
            elif difference == 0:
                equal += 1
    if not m.at_random or equal < 2:
        return best
    number = (np.int64(m.work.agent_draw[c]) + np.int64(m.turn[c]) * TURN_STEP) % (1 << 31)
    place = (number * equal) >> 31
    a = best
    while place > 0:
        a += 1
        if may_take(m, now, c, a, interrupts) and agent_difference(m, q, a, best) == 0:
            place -= 1
    return a


@inlined
def find_agent(m: Memory, now: int, c: int) -> int:
    """The agent whom c takes if it waits for anyone, -1: none."""
    q = m.queue[c]
    best = -1
    if m.compares_all or is_task(m, c):
        best = find_among_all(m, now, c, False)
    else:
        for i in range(m.helpers.shape[1]):
            team = m.helpers[q, i]
            if team < 0:
                break
            if m.room[team] > 0 and helps(m, team, q, now - m.since[c]):
                a = best_of_team(m, team, q)
                if a >= 0 and (best < 0 or preferred_agent(m, q, a, best)):
                    best = a
        a = m.own[c]
        if a >= 0 and takes_own(m, a, c, False) and (best < 0 or preferred_agent(m, q, a, best)):
            best = a
    if best < 0 and m.interrupts and m.plan.one_to_one[q]:
        best = find_among_all(m, now, c, True)
    return best


@inlined
def find_contact(m: Memory, now: int, a: int, last: int) -> int:
    """The contact that agent a takes next, -1: none. `last`: EXEMPT, or TASK to look for tasks alone."""
    team = m.plan.team[a]
    first = EXEMPT_TASK if m.outbound and is_free(m, a) else WAITING
    best = -1
    if m.duty[a] == ON:
        for i in range(m.skills.shape[1]):
            q = m.skills[team, i]
            if q < 0:
                break
            for state in range(first, last + 1):
                c = m.first[line_of(m, q, state)]
                if (
                    c >= 0
                    and (fits(m, a, q, False) or (m.interrupts and m.plan.one_to_one[q] and interruptible(m, a, q)))
                    and helps(m, team, q, now - m.since[c])
                    and (best < 0 or preferred_contact(m, team, c, best))
                ):
                    best = c
    c = m.claim[a]
    while c >= 0:
        if (
            (takes_own(m, a, c, False) or (m.interrupts and interrupted_by_own(m, a, c)))
            and m.state[c] >= first
            and (m.state[c] < 0 or last == EXEMPT)
            and (best < 0 or preferred_contact(m, team, c, best))
        ):
            best = c
        c = m.next_own[c]
    return best


# --- sessions and work --------------------------------------------------------------------------------------------


@inlined
def mark_ready(m: Memory, a: int) -> None:
    """Agent a may start work, or go, when the system has settled."""
    if not m.is_ready[a]:
        m.is_ready[a] = True
        m.ready[m.number[READY]] = a
        m.number[READY] += 1


@inlined
def mark_gained(m: Memory, a: int) -> None:
    """Agent a's room grew."""
    if not m.gains[a]:
        m.gains[a] = True
        m.gained[m.number[GAINED]] = a
        m.number[GAINED] += 1


@inlined
def begin_session(m: Memory, now: int, c: int, a: int) -> None:
    """Agent a has contact c, whose message is pending."""
    q = m.queue[c]
    i = m.stretch[c]
    m.log.stretch_agent[i] = a
    m.log.stretch_start[i] = now
    m.state[c] = PENDING
    m.own[c] = a
    m.before[c] = -1
    m.after[c] = m.session[a]
    if m.session[a] >= 0:
        m.before[m.session[a]] = c
    m.session[a] = c
    m.sessions[a] += 1
    m.load[a] += m.plan.units[m.plan.team[a], q]
    mark_ready(m, a)
    if m.shares and m.shared[q]:
        begin_sharing(m, now, c, a)
        return
    if m.plan.one_to_one[q]:
        m.call[a] = True
        if m.hand[a] >= 0:
            suspend(m, now, a)
    m.pending[a] += 1
    m.latest[a] = c


@inlined
def end_session(m: Memory, now: int, c: int) -> None:
    """c no longer holds capacity."""
    q = m.queue[c]
    a = m.own[c]
    m.log.stretch_end[m.stretch[c]] = now
    if m.before[c] >= 0:
        m.after[m.before[c]] = m.after[c]
    else:
        m.session[a] = m.after[c]
    if m.after[c] >= 0:
        m.before[m.after[c]] = m.before[c]
    remove(m, a)
    m.sessions[a] -= 1
    m.load[a] -= m.plan.units[m.plan.team[a], q]
    if m.plan.one_to_one[q]:
        m.call[a] = False
    if m.shares and m.shared[q]:
        count_beside(m, now, a, -1)
    m.idle[a] = now
    mark_gained(m, a)
    if m.kept[a] >= 0 and m.sessions[a] == 0:
        m.kept[a] = -1
        if m.duty[a] == FINISHING:
            m.duty[a] = OFF
    mark_ready(m, a)


@compiled
def suspend(m: Memory, now: int, a: int) -> None:
    """A call interrupts agent a's work in hand (6.6)."""
    c = m.hand[a]
    i = m.number[SUSPENSIONS]
    m.number[SUSPENSIONS] = i + 1
    m.log.suspended_contact[i] = c
    m.log.suspended_agent[i] = a
    m.log.suspended_start[i] = now
    m.suspension[a] = i
    m.suspended[a] = c
    m.hand[a] = -1
    m.state[c] = SUSPENDED if m.state[c] == WORKING else SUSPENDED_WRAPPING
    m.ends[c] -= now


@compiled
def take_up(m: Memory, now: int, a: int) -> None:
    """Agent a goes on with the suspended work."""
    c = m.suspended[a]
    m.log.suspended_end[m.suspension[a]] = now
    m.suspended[a] = -1
    m.hand[a] = c
    m.state[c] = WORKING if m.state[c] == SUSPENDED else WRAPPING
    work_until(m, now + m.ends[c], c)


@compiled
def count_beside(m: Memory, now: int, a: int, change: int) -> None:
    """The number of agent a's sessions with shared attention changes; so far their work went on at its pace (6.7)."""
    j = m.beside[a]
    c = m.session[a] if m.sharing[a] > 0 else -1
    while c >= 0:
        if m.state[c] == SHARED:
            m.left[c] -= (now - m.beside_since[a]) / mean_beside(m, m.queue[c], j)
        c = m.after[c]
    m.beside[a] = j + change
    m.beside_since[a] = now


@compiled
def mean_beside(m: Memory, q: int, j: int) -> float:
    """Mean work with j such sessions; beyond the row its last."""
    return float(m.plan.shared_mean[min(m.plan.shared_offset[q] + j, m.plan.shared_offset[q + 1]) - 1])


@inlined
def pace_of(m: Memory, now: int, a: int, q: int) -> float:
    """Factor on agent a's work for the queue."""
    pace = m.plan.pace[m.plan.team[a], q] * m.work.agent_pace[a]
    if m.grows:
        pace *= grown(m, m.queues + m.plan.team[a], now - m.rested[a])
    return float(pace)


@compiled
def grown(m: Memory, row: int, time: int) -> float:
    """Factor on work after that time (6.21). `row`: a queue, or queues + team."""
    factor = 1.0
    for step in range(m.plan.grows_offset[row], m.plan.grows_offset[row + 1]):
        if m.plan.grows_after[step] <= time:
            factor = float(m.plan.grows_by[step])
    return factor


@compiled
def grown_by_wait(m: Memory, now: int, c: int) -> float:
    """Factor on the work on c's turn, which starts now."""
    if is_task(m, c) or m.work.closing[m.slot[c]]:
        return 1.0
    return grown(m, np.int64(m.queue[c]), now - sent(m, c))


@compiled
def begin_sharing(m: Memory, now: int, c: int, a: int) -> None:
    """Work on c starts beside what agent a does already."""
    q = m.queue[c]
    slot = m.log.first_turn[c]
    count_beside(m, now, a, 1)
    m.state[c] = SHARED
    m.sharing[a] += 1
    m.ends[c] = -1
    work = m.work.work[slot] * pace_of(m, now, a, q)
    if m.grows:
        work *= grown_by_wait(m, now, c)
    m.left[c] = work / mean_beside(m, q, 1)
    m.log.start[slot] = now
    m.log.agent[slot] = a
    note_start(m, now, q)


@compiled
def share_attention(m: Memory, a: int) -> None:
    """When agent a's work ends, if the number of sessions stays as it is now."""
    c = m.session[a]
    while c >= 0:
        if m.state[c] == SHARED:
            rest = m.left[c] * mean_beside(m, m.queue[c], m.beside[a])
            end = m.beside_since[a] + max(np.int64(np.rint(rest)), 0)
            if m.ends[c] != end:
                work_until(m, end, c)
        c = m.after[c]


@inlined
def work_until(m: Memory, time: int, c: int) -> None:
    """c's work ends then, as far as is known now."""
    push_here(m, time, WORK_ENDS, c)
    if m.moves:
        m.ends[c] = time


@inlined
def works(m: Memory, a: int) -> bool:
    """Whether agent a has work in hand, suspended or shared."""
    return m.hand[a] >= 0 or m.suspended[a] >= 0 or m.sharing[a] > 0


@inlined
def may_go(m: Memory, now: int, a: int) -> None:
    """Agent a's presence ends unless something keeps them."""
    if not m.attends[a] and m.present[a] < NEVER and m.kept[a] < 0 and not works(m, a):
        end_presence(m, now, a)


@inlined
def begin_presence(m: Memory, now: int, a: int, shift: int) -> None:
    if m.present[a] == NEVER:
        m.present[a] = now
        m.present_shift[a] = shift


@compiled
def end_presence(m: Memory, now: int, a: int) -> None:
    if m.present[a] < now:
        i = m.number[PRESENCES]
        m.number[PRESENCES] = i + 1
        m.log.presence_shift[i] = m.present_shift[a]
        m.log.presence_start[i] = m.present[a]
        m.log.presence_end[i] = now
    m.present[a] = NEVER


@inlined
def done(m: Memory, now: int, c: int) -> None:
    """The system is done with c."""
    q = m.queue[c]
    m.state[c] = DONE
    m.log.closed[c] = now
    m.number[ALIVE] -= 1
    if not (m.words and is_over(m, c)):
        counts_no_longer(m, now, q)


@inlined
def counts_no_longer(m: Memory, now: int, q: int) -> None:
    """One less of q's contacts is open."""
    m.log.open_area[q] += clip(m, now)
    m.alive[q] -= 1


@compiled
def answers_of(m: Memory, c: int) -> int:
    """Turns of c that need an answer: all but a closing word (6.20)."""
    turns = np.int64(m.log.turns[c])
    return turns - (1 if m.work.closing[m.log.first_turn[c] + turns - 1] else 0)


@compiled
def is_over(m: Memory, c: int) -> bool:
    """Whether c has been resolved but for a closing word."""
    return bool(m.log.outcome[c] == RESOLVED and answers_of(m, c) < m.log.turns[c])


@inlined
def decide(m: Memory, now: int, c: int, outcome: int) -> None:
    m.log.outcome[c] = outcome
    m.log.left[c] = now


@inlined
def follow(m: Memory, c: int, child: int, time: int) -> None:
    """The follow-up `child` of c, if it has one, is to arrive; not at or after the end of arrivals (2.11)."""
    if child >= 0 and time < m.plan.end:
        begin_follow_up(m, c, child, time)


@inlined
def is_to_come(m: Memory, c: int) -> None:
    """c, of which nothing is remembered yet, is going to arrive."""
    m.queue[c] = m.work.queue[c]
    m.own[c] = -1
    m.resumes[c] = False
    m.gives_up[c] = False


@compiled
def begin_follow_up(m: Memory, c: int, child: int, time: int) -> None:
    is_to_come(m, child)
    m.log.parent[child] = c
    m.log.arrival[child] = time
    m.log.first_turn[child] = m.work.first_turn[child]
    push(m, time, ARRIVAL, child)


@inlined
def retry(m: Memory, now: int, c: int) -> None:
    child = m.work.retry_child[c]
    if child >= 0:
        follow(m, c, child, now + m.work.after[child])


@inlined
def start_message(m: Memory, now: int, a: int) -> None:
    """Agent a, with nothing in hand, turns to the next pending message."""
    unseen = m.pending[a]
    best = m.latest[a]
    if unseen > 1 or m.own[best] != a or m.state[best] != PENDING:
        best = -1
        c = m.session[a]
        while unseen > 0:
            if m.state[c] == PENDING:
                unseen -= 1
                if best < 0 or preferred_message(m, c, best):
                    best = c
            c = m.after[c]
    m.pending[a] -= 1
    m.hand[a] = best
    q = m.queue[best]
    if m.plan.one_to_one[q] and m.work.answer_delay[best] > 0:
        m.state[best] = RINGING
        push(m, now + m.work.answer_delay[best], WORK_ENDS, best)
    else:
        start_work(m, now, best)


@inlined
def carry_on(m: Memory, now: int, a: int) -> None:
    """Agent a starts work if they can, or goes."""
    if m.moves and goes_on(m, now, a):
        return
    if m.hand[a] < 0 and m.pending[a] > 0 and m.duty[a] != OFF and m.duty[a] != PAUSED:
        start_message(m, now, a)
    may_go(m, now, a)


@inlined
def note_start(m: Memory, now: int, q: int) -> None:
    """A start of work on a first turn, from which waits are estimated (6.8)."""
    if m.calls_back:
        m.starts[q, m.started[q] % STARTS] = now
        m.started[q] += 1


@inlined
def start_work(m: Memory, now: int, c: int) -> None:
    """The agent starts work on c's message, with re-reading where it is due (2.8)."""
    a = m.own[c]
    q = m.queue[c]
    team = m.plan.team[a]
    slot = m.slot[c]
    m.state[c] = WORKING
    m.log.start[slot] = now
    m.log.agent[slot] = a
    if m.calls_back and m.turn[c] == 0:
        if m.log.called_back[c] and m.work.no_answer[c]:
            m.state[c] = IN_VAIN
            push(m, now + m.plan.no_answer_time[q], WORK_ENDS, c)
            return
        note_start(m, now, q)
    reread = 0
    if (
        m.turn[c] > 0
        and m.plan.reread_after[q] < NEVER
        and not (m.words and m.work.closing[slot])
        and not remembers(m, now, c)
    ):
        reread = m.plan.reread_work[q] + m.plan.reread_per_turn[q] * m.turn[c]
        m.log.reread[slot] = reread
    sessions = min(m.sessions[a], m.plan.slowdown.shape[1])
    effort = (m.work.work[slot] * pace_of(m, now, a, q)) * m.plan.slowdown[team, sessions - 1]
    if m.grows:
        effort *= grown_by_wait(m, now, c)
    work_until(m, now + np.int64(np.rint(effort)) + reread, c)


@inlined
def remembers(m: Memory, now: int, c: int) -> bool:
    """Whether c's agent answered in it not longer ago than `reread_after`."""
    slot = m.slot[c] - 1
    first = m.slot[c] - m.turn[c]
    while slot >= first:
        if m.log.agent[slot] == m.own[c]:
            return bool(now - m.log.reply[slot] <= m.plan.reread_after[m.queue[c]])
        slot -= 1
    return False


@compiled
def hand_over(m: Memory, now: int, c: int) -> None:
    """c's agent gives it up: a pending message waits for anyone, otherwise the next message resumes c (section 3)."""
    pending = m.state[c] == PENDING
    if pending:
        m.pending[m.own[c]] -= 1
    end_session(m, now, c)
    if pending:
        begin_wait(m, now, c, unconditional(m, c), now)
        remind(m, now, c)
        seeks(m, c)
    else:
        m.state[c] = AWAY


@compiled
def hand_over_sessions(m: Memory, now: int, a: int, all_queues: bool) -> bool:
    """Agent a gives up all sessions, or those of persistent queues; one in work when it ends. Whether they keep any."""
    kept = False
    c = m.session[a]
    while c >= 0:
        following = m.after[c]
        leaves = all_queues or m.plan.persistent[m.queue[c]]
        if leaves and RINGING <= m.state[c] < IDLE:
            m.gives_up[c] = True
        elif leaves:
            hand_over(m, now, c)
        kept = kept or not leaves
        c = following
    return kept


# --- waiting and leaving ------------------------------------------------------------------------------------------


@compiled
def opening_time(m: Memory, now: int, q: int, patience: int) -> int:
    """When the patience ends that runs only while queue q, closed now, is open."""
    for span in range(m.plan.hours_offset[q], m.plan.hours_offset[q + 1]):
        if m.plan.closes[span] >= now:
            start = max(m.plan.opens[span], now)
            if patience <= m.plan.closes[span] - start:
                return start + patience
            patience -= m.plan.closes[span] - start
    return NEVER


@inlined
def hold_until_open(m: Memory, now: int, c: int) -> bool:
    """Whether the message of c that has just come must wait for its queue to open."""
    q = m.queue[c]
    if m.open[q] or not m.holds[q]:
        return False
    begin_wait(m, now, c, HELD, sent(m, c))
    return True


@inlined
def looks_alone(m: Memory, c: int) -> bool:
    """Whether c, which begins to wait, is the only one to look for an agent.

    Its coming may make the queue long enough for further teams, and its going lift a reservation; if it has just
    arrived and goes on to an agent, the latter finds everything as settled as before.
    """
    q = m.queue[c]
    m.waiting[q] += 1
    alone = not crowded(m, q) and (m.turn[c] == 0 or not m.plan.reserved[q])
    m.waiting[q] -= 1
    return alone


@inlined
def assign_at_once(m: Memory, now: int, c: int, a: int) -> None:
    """c, whose message has just come, goes to agent a and never stands in a line."""
    open_stretch(m, c, sent(m, c))
    begin_session(m, now, c, a)
    place(m, a)


@inlined
def seek(m: Memory, now: int, c: int) -> None:
    """c begins to wait for anyone."""
    q = m.queue[c]
    if not looks_alone(m, c):
        begin_wait(m, now, c, unconditional(m, c), sent(m, c))
        seeks(m, c)
        return
    m.waiting[q] += 1  # itself is counted
    a = find_agent(m, now, c)
    m.waiting[q] -= 1
    if a >= 0:
        assign_at_once(m, now, c, a)
    else:
        begin_wait(m, now, c, unconditional(m, c), sent(m, c))


@compiled
def on_shift_with_skill(m: Memory, a: int, q: int) -> bool:
    return bool(m.duty[a] != OFF and m.duty[a] != FINISHING and m.plan.rank[m.plan.team[a], q] >= 0)


@compiled
def resume(m: Memory, now: int, c: int) -> None:
    """The message of c, which has had an agent, looks for that agent first (2.7)."""
    a = m.own[c]
    q = m.queue[c]
    if not on_shift_with_skill(m, a, q):
        seek(m, now, c)
        return
    m.bound_until[c] = now + m.plan.same_agent_for[q]
    if not looks_alone(m, c):
        m.resumes[c] = True
        begin_wait(m, now, c, BOUND, sent(m, c))
        seeks(m, c)
    elif takes_own(m, a, c, True):
        assign_at_once(m, now, c, a)
    elif m.plan.same_agent_for[q] > 0:
        if m.interrupts and interrupted_by_own(m, a, c):
            assign_at_once(m, now, c, a)
        else:
            begin_wait(m, now, c, BOUND, sent(m, c))
    else:
        seek(m, now, c)


@inlined
def leave_unassigned(m: Memory, now: int, c: int) -> None:
    """c goes without having an agent."""
    end_wait(m, now, c)
    close_stretch(m, now, c)
    done(m, now, c)


@inlined
def begin(m: Memory, now: int, c: int) -> None:
    """c exists from now on."""
    q = m.queue[c]
    m.log.open_area[q] -= clip(m, now)
    m.alive[q] += 1
    m.number[ALIVE] += 1


@inlined
def enter(m: Memory, c: int, since: int) -> None:
    """c's first message has come."""
    slot = m.log.first_turn[c]
    m.turn[c] = 0
    m.slot[c] = slot
    m.log.messages[c] = 1
    m.log.message[slot] = since
    m.since[c] = since
    if m.carries and m.plan.carry_wait[m.queue[c]]:
        m.since[c] -= carried(m, c)
    m.number[FRESH] = c


@compiled
def skip_repeats(m: Memory, c: int) -> None:
    """c does not talk to the bot, so that it need not repeat to an agent what it told the bot (6.2)."""
    if m.work.link[c] != RETURN:
        m.log.first_turn[c] += m.work.bot_repeats[c]
        m.log.turns[c] -= m.work.bot_repeats[c]


@compiled
def bot_until(m: Memory, now: int, c: int) -> int:
    """When the bot ends with c, whose conversation begins when the first of its places is free (6.2)."""
    q = m.queue[c]
    begins = now
    if m.plan.bot_places[q] < NEVER:
        place = 0
        for i in range(m.plan.bot_places[q]):
            if m.bot_free[q, i] < m.bot_free[q, place]:
                place = i
        begins = max(now, m.bot_free[q, place])
        m.bot_free[q, place] = begins + m.work.bot_time[c]
    return int(begins + m.work.bot_time[c])


@compiled
def stays_outside(m: Memory, now: int, c: int) -> bool:
    """Whether c, which arrives, is deflected, or talks to a bot first."""
    q = m.queue[c]
    if m.work.deflected[c]:
        skip_repeats(m, c)
        decide(m, now, c, DEFLECTED)
        done(m, now, c)
        return True
    by_bot = m.plan.outside[q] == BY_BOT and not m.open[q]
    if (
        m.work.bot_time[c] >= 0
        and (by_bot or (m.bot[q] and not m.work.asks_human[c]))
        and m.work.link[c] != TRANSFER
        and not m.work.outbound[c]
        and m.work.arrival[c] >= 0
    ):
        m.state[c] = WITH_BOT
        push(m, bot_until(m, now, c), BOT_ENDS, c)
        return True
    skip_repeats(m, c)
    return False


@compiled
def is_contained(m: Memory, now: int, c: int) -> bool:
    """Whether the bot, which is done with c, has solved it."""
    if m.work.contained[c]:
        decide(m, now, c, CONTAINED)
        child = m.work.bounce_child[c]  # 6.14
        if child >= 0:
            follow(m, c, child, now + m.work.after[child])
        done(m, now, c)
        return True
    return False


@compiled
def expected_wait(m: Memory, q: int) -> int:
    """The wait to be expected of a contact that would join q now (6.23)."""
    if not m.open[q]:
        return NEVER
    places = 0
    for a in range(m.agents):
        team = m.plan.team[a]
        if m.duty[a] == ON and m.plan.rank[team, q] >= 0 and not m.conditional[team, q]:
            if fits(m, a, q, False) and not forbidden(m, team, q):
                return 0
            places += 1 if m.plan.one_to_one[q] else m.most[team, q] // m.plan.units[team, q]
    return int((m.unheld[q] + 1) * m.plan.session_time[q] // places) if places > 0 else NEVER


@compiled
def join_queue(m: Memory, c: int) -> None:
    """c, which arrives, joins the queue whose expected wait is least (6.23)."""
    q = m.queue[c]
    last = m.plan.alternative_offset[q + 1]
    i = m.plan.alternative_offset[q]
    new = m.work.link[c] != TRANSFER and not m.work.outbound[c] and not m.work.deflected[c] and m.work.arrival[c] >= 0
    if i == last or not new:
        return
    least = expected_wait(m, q)
    while i < last:
        wait = expected_wait(m, m.plan.alternative[i])
        if wait < least:
            least = wait
            m.queue[c] = m.plan.alternative[i]
        i += 1
    m.log.queue[c] = m.queue[c]


# --- events -------------------------------------------------------------------------------------------------------


@inlined
def arrival(m: Memory, now: int, c: int, from_bot: bool) -> None:
    """c comes to its queue: at its arrival, or from the bot."""
    if m.joins and not from_bot:
        join_queue(m, c)
    q = m.queue[c]
    since = now
    if from_bot:
        if is_contained(m, now, c):
            return
    else:
        begin(m, now, c)
        since = m.log.arrival[c]
        if m.automated and stays_outside(m, now, c):
            return
    if not m.open[q] and not m.holds[q]:
        decide(m, now, c, REJECTED)
        done(m, now, c)
        retry(m, now, c)
        return
    enter(m, c, since)
    if not hold_until_open(m, now, c):
        if m.own[c] >= 0:
            resume(m, now, c)
        else:
            seek(m, now, c)


@compiled
def lose(m: Memory, now: int, c: int) -> bool:
    """Whether c's customer is not there to answer: the connection is lost for good (6.5)."""
    if m.plan.persistent[m.queue[c]] or m.work.comeback[m.slot[c]] != NEVER:
        return False
    decide(m, now, c, LOST)
    retry(m, now, c)
    return True


@inlined
def message(m: Memory, now: int, c: int) -> None:
    if m.drops and lose(m, now, c):
        return
    turn = m.turn[c] + 1
    slot = m.slot[c] + 1
    m.turn[c] = turn
    m.slot[c] = slot
    m.log.messages[c] = turn + 1
    m.log.message[slot] = now
    m.since[c] = now
    if m.state[c] == IDLE:
        a = m.own[c]
        m.state[c] = PENDING
        m.pending[a] += 1
        m.latest[a] = c
        carry_on(m, now, a)  # at once: nobody's room or line has changed, so nothing is to be settled before
        if m.state[c] <= RINGING:
            set_timers(m, now, c)
        return
    m.number[FRESH] = c
    if not hold_until_open(m, now, c):
        resume(m, now, c)


@inlined
def work_ends(m: Memory, now: int, c: int) -> None:
    """Ringing, a reply or a wrap-up; a ringing whose caller has gone ends nothing."""
    state = m.state[c]
    if state == RINGING:
        start_work(m, now, c)
        return
    if m.moves and state <= SHARED and state != IN_VAIN and m.ends[c] != now:
        return
    if state == WORKING or state == SHARED:
        reply(m, now, c)
    elif state == WRAPPING:
        put_down(m, c)
        end_session(m, now, c)
        done(m, now, c)
    elif state == IN_VAIN:
        call_in_vain(m, now, c)


@compiled
def call_in_vain(m: Memory, now: int, c: int) -> None:
    """c has not picked up."""
    put_down(m, c)
    end_session(m, now, c)
    decide(m, now, c, ABANDONED)
    done(m, now, c)
    retry(m, now, c)


@inlined
def put_down(m: Memory, c: int) -> None:
    """c's agent no longer has it in hand."""
    if m.state[c] == SHARED:
        m.sharing[m.own[c]] -= 1
    else:
        m.hand[m.own[c]] = -1


@inlined
def reply(m: Memory, now: int, c: int) -> None:
    q = m.queue[c]
    slot = m.slot[c]
    m.log.reply[slot] = now
    turns = answers_of(m, c) if m.words else np.int64(m.log.turns[c])
    child = m.work.transfer_child[c]
    if m.words and m.log.outcome[c] == RESOLVED:  # it was the closing word
        wrap_up(m, now, c)
        return
    if m.log.outcome[c] != NO_OUTCOME:  # in vain: the customer has silently gone
        push(m, now + m.plan.idle_timeout[q], IDLE_TIMEOUT, c)
    elif child >= 0 and m.turn[c] == (np.int64(m.work.transfer_draw[c]) * turns) >> 31:
        put_down(m, c)
        transfer(m, now, c, child)
        return
    elif m.turn[c] == turns - 1:
        resolve(m, now, c)
        if m.log.turns[c] == turns:
            wrap_up(m, now, c)
            return
        await_word(m, now, c, slot)
    else:
        await_customer(m, now, c, slot)
    a = m.own[c]
    put_down(m, c)
    m.state[c] = IDLE
    if m.gives_up[c]:
        m.gives_up[c] = False
        hand_over(m, now, c)
    elif m.outbound:
        m.number[FREED] = a
        mark_ready(m, a)
    else:
        carry_on(m, now, a)  # at once, as in `message`


@inlined
def resolve(m: Memory, now: int, c: int) -> None:
    """The last answer is sent."""
    a = m.own[c]
    decide(m, now, c, RESOLVED)
    child = m.work.reopen_child[c]
    if child >= 0 and m.work.reopen_draw[c] < m.plan.comes_back[m.plan.team[a], m.queue[c]]:
        follow(m, c, child, now + m.work.after[child])


@inlined
def wrap_up(m: Memory, now: int, c: int) -> None:
    """The agent's work after the conversation, and its end."""
    lasts = 0
    if m.work.wrap_up[c] > 0:
        lasts = np.int64(np.rint(m.work.wrap_up[c] * pace_of(m, now, m.own[c], m.queue[c])))
    if lasts > 0 and m.state[c] != SHARED:
        m.state[c] = WRAPPING
        work_until(m, now + lasts, c)
    else:
        put_down(m, c)
        end_session(m, now, c)
        done(m, now, c)


@inlined
def parking_time(m: Memory, now: int, c: int) -> int:
    """When c, whose agent has just replied, is parked if no message comes before (2.6)."""
    row = min(m.sessions[m.own[c]], m.plan.parked_after.shape[1]) - 1
    return int(now + m.plan.parked_after[m.queue[c], row])


@inlined
def await_customer(m: Memory, now: int, c: int, slot: int) -> None:
    """What comes next is known: the answer, the timeout or parking before it, or the expiry instead of it (2.6)."""
    q = m.queue[c]
    answer = now + m.work.latency[slot]
    timeout = now + m.plan.idle_timeout[q]
    if not m.plan.persistent[q]:
        if answer <= timeout and m.drops and m.work.comeback[slot] >= 0:
            lose_connection(m, now, c, slot)
        elif answer > timeout:
            push(m, timeout, IDLE_TIMEOUT, c)
        else:
            push_here(m, answer, MESSAGE, c)
        return
    timeout = parking_time(m, now, c)
    since = now if is_task(m, c) else m.log.message[slot]
    expiry = max(now, since + m.plan.expires_after[q])
    if min(answer, expiry + 1) > timeout:
        push(m, timeout, IDLE_TIMEOUT, c)
    if answer > expiry:
        push(m, expiry, EXPIRY, c)
    else:
        push(m, answer, MESSAGE, c)


@compiled
def await_word(m: Memory, now: int, c: int, slot: int) -> None:
    """c is resolved and no longer open; its customer's closing word is to come (6.20)."""
    q = m.queue[c]
    word = now + m.work.latency[slot]
    counts_no_longer(m, now, q)
    if m.plan.persistent[q] and word > parking_time(m, now, c):
        push(m, parking_time(m, now, c), IDLE_TIMEOUT, c)
    push(m, word, MESSAGE, c)


@compiled
def lose_connection(m: Memory, now: int, c: int, slot: int) -> None:
    """c's answer will not come, or later; the agent does not know (6.5)."""
    lost = now + m.work.latency[slot]
    timeout = now + m.plan.idle_timeout[m.queue[c]]
    for_good = m.work.comeback[slot] == NEVER
    back = lost if for_good else lost + m.work.comeback[slot]
    if back <= timeout:
        push(m, back, MESSAGE, c)
    if back > timeout or for_good:
        push(m, timeout, IDLE_TIMEOUT, c)


@compiled
def transfer(m: Memory, now: int, c: int, child: int) -> None:
    """c ends here; its next leg arrives, within this event if the agent can keep it (2.9)."""
    a = m.own[c]
    q = m.work.queue[child]
    decide(m, now, c, TRANSFERRED)
    end_session(m, now, c)
    done(m, now, c)
    keep = m.work.keep_agent[child]
    is_to_come(m, child)
    if keep and m.sessions[a] == 0 and m.open[q] and takes_own(m, a, child, False):
        m.log.parent[child] = c
        m.log.arrival[child] = now
        m.log.first_turn[child] = m.work.first_turn[child]
        begin(m, now, child)
        if m.automated:
            skip_repeats(m, child)
        enter(m, child, now)
        open_stretch(m, child, now)
        begin_session(m, now, child, a)
    else:
        begin_follow_up(m, c, child, now)
        if keep:
            m.own[child] = a


@inlined
def idle_timeout(m: Memory, now: int, c: int) -> None:
    """A closed session times out, a persistent one is parked, one answered in vain ends."""
    q = m.queue[c]
    if m.state[c] == IDLE:
        end_session(m, now, c)
        m.state[c] = AWAY
    if m.log.outcome[c] == RESOLVED:  # parked until its closing word comes
        return
    if m.log.outcome[c] == NO_OUTCOME:
        if m.plan.persistent[q]:
            return
        decide(m, now, c, TIMED_OUT)
        slot = m.slot[c]
        child = m.work.return_child[c]
        back = m.log.reply[slot] + m.work.latency[slot]
        if back <= now:  # the answer would have been in time
            child = m.work.reconnect_child[c]
            back += m.work.comeback[slot]
        follow(m, c, child, back)
        if child >= 0 and m.log.parent[child] == c:
            m.log.first_turn[child] = slot + 1
            m.log.turns[child] = m.log.turns[c] - m.turn[c] - 1
    done(m, now, c)


@compiled
def expiry(m: Memory, now: int, c: int) -> None:
    if m.state[c] == IDLE:
        end_session(m, now, c)
    decide(m, now, c, EXPIRED)
    done(m, now, c)


@inlined
def patience_ends(m: Memory, now: int, c: int) -> None:
    """The customer leaves if the message still waits for work; silently, the message stays where it is."""
    if m.state[c] > RINGING or m.due[c] != now or m.log.outcome[c] != NO_OUTCOME:
        return
    missed = m.turn[c] == 0 and m.work.missed[c]
    silent = m.work.silent[c] and not missed
    decide(m, now, c, LOST if m.turn[c] > 0 else EXPIRED if missed else SILENTLY_ABANDONED if silent else ABANDONED)
    if not silent:
        if m.state[c] <= HELD:
            leave_unassigned(m, now, c)
        else:
            if m.state[c] == RINGING:
                put_down(m, c)
            else:
                m.pending[m.own[c]] -= 1
            end_session(m, now, c)
            done(m, now, c)
    if not missed:
        retry(m, now, c)


@compiled
def same_agent_over(m: Memory, now: int, c: int) -> None:
    if m.state[c] == BOUND and m.bound_until[c] == now:
        wait_otherwise(m, now, c, unconditional(m, c))


@compiled
def overflow_due(m: Memory, now: int, c: int) -> None:
    if m.state[c] <= BOUND:
        seeks(m, c)


@compiled
def by_the_clock(m: Memory, now: int, q: int, what: int, shift: int) -> None:
    """Hours, shifts, pauses and overruns are half-open, and so they are for all events of an instant (section 3).

    What else their beginnings and ends bring comes with their own events; a pause that begins brings nothing else.
    """
    if what == HOURS_END or what == HOURS_BEGIN:
        m.open[q] = what == HOURS_BEGIN
        return
    if what == BOT_GOES or what == BOT_COMES:
        m.bot[q] = what == BOT_COMES
        return
    if what == LIMIT_CHANGES:
        m.most[m.plan.limit_team[shift], m.plan.limit_queue[shift]] = m.plan.limit_units[shift]
        return
    a = m.plan.shift_agent[shift]
    if what == SHIFT_BEGINS or what == SHIFT_BEGINS_PAUSED:
        m.shift[a] = shift
        if m.duty[a] == FINISHING:
            m.kept[a] = -1
        m.duty[a] = ON if what == SHIFT_BEGINS else PAUSED
        m.idle[a] = now
        m.rested[a] = now
    elif m.shift[a] != shift:
        return
    elif what == PAUSE_ENDS:
        m.duty[a] = WINDING_DOWN if m.winds_down[a] else ON
        m.idle[a] = now
        m.rested[a] = now
    elif what == PAUSE_BEGINS:
        m.duty[a] = PAUSED
        m.attends[a] = False
        may_go(m, now, a)
    elif what == WIND_DOWN_BEGINS:
        m.winds_down[a] = True
        if m.duty[a] == ON:
            m.duty[a] = WINDING_DOWN
    elif what == WIND_DOWN_ENDS:
        m.winds_down[a] = False
    elif what == SHIFT_ENDS or m.duty[a] == FINISHING:
        if m.duty[a] == PAUSED:  # until then
            m.rested[a] = now
        m.duty[a] = OFF
    place(m, a)


@compiled
def agents_leave(m: Memory, now: int, what: int, shift: int) -> None:
    """One agent's part of the event: their shift or their overrun is over."""
    a = m.plan.shift_agent[shift]
    if what == SHIFT_ENDS:
        release_bound(m, now, a)
        if hand_over_sessions(m, now, a, m.plan.hand_over[m.plan.team[a]]):
            m.kept[a] = shift
            m.duty[a] = FINISHING
            mark_ready(m, a)
            begin_presence(m, now, a, shift)
        m.attends[a] = False
    elif m.kept[a] == shift:
        m.kept[a] = -1
        if m.duty[a] == FINISHING:
            m.duty[a] = OFF
        hand_over_sessions(m, now, a, True)
    mark_ready(m, a)


@compiled
def release_bound(m: Memory, now: int, a: int) -> None:
    """Contacts bound to agent a wait for anyone."""
    c = m.claim[a]
    while c >= 0:
        following = m.next_own[c]
        if m.state[c] == BOUND:
            wait_otherwise(m, now, c, unconditional(m, c))
        c = following


@compiled
def agents_come(m: Memory, now: int, what: int, shift: int) -> None:
    """One agent's part of the event: their shift begins or a pause in it is over; or a team may hold more."""
    if what == LIMIT_CHANGES:
        for a in range(m.agents):
            if m.plan.team[a] == m.plan.limit_team[shift]:
                mark_gained(m, a)
        return
    a = m.plan.shift_agent[shift]
    if m.present[a] < NEVER and m.present_shift[a] != shift:
        end_presence(m, now, a)
        if works(m, a):
            begin_presence(m, now, a, shift)
    if what != SHIFT_BEGINS_PAUSED:
        m.attends[a] = True
        begin_presence(m, now, a, shift)
        mark_gained(m, a)
        mark_ready(m, a)


@compiled
def queue_closes(m: Memory, now: int, q: int) -> None:
    if not m.plan.drop_at_close[q]:
        return
    for state in range(EXEMPT_TASK if m.outbound else WAITING, BOUND + 1):
        c = m.first[line_of(m, q, state)]
        while c >= 0:
            following = m.after[c]
            if m.turn[c] == 0:
                if m.log.outcome[c] == NO_OUTCOME:
                    decide(m, now, c, REJECTED)
                    retry(m, now, c)
                leave_unassigned(m, now, c)
            c = following


@compiled
def queue_opens(m: Memory, now: int, q: int) -> None:
    """Held contacts are released: to their own agent first (2.7)."""
    c = m.first[LINES * q + HELD]
    while c >= 0:
        following = m.after[c]
        if m.own[c] >= 0 and on_shift_with_skill(m, m.own[c], q):
            m.resumes[c] = True
            m.bound_until[c] = now + m.plan.same_agent_for[q]
            push(m, m.bound_until[c], SAME_AGENT_OVER, c)
            wait_otherwise(m, now, c, BOUND)
        else:
            wait_otherwise(m, now, c, unconditional(m, c))
        c = following


# --- settling (section 5) -----------------------------------------------------------------------------------------


@inlined
def assign(m: Memory, now: int, c: int, a: int) -> None:
    """The waiting c goes to agent a."""
    end_wait(m, now, c)
    begin_session(m, now, c, a)


@compiled
def look_for_agent(m: Memory, now: int, c: int) -> bool:
    """The waiting c looks for an agent. Whether it found one."""
    a = m.own[c]
    if m.state[c] == BOUND:
        at_once = m.resumes[c]
        m.resumes[c] = False
        if not takes_own(m, a, c, at_once):
            if at_once and m.bound_until[c] == now:  # it is not to be bound
                step_out(m, c)
                line_up(m, c, unconditional(m, c))
                a = find_agent(m, now, c)
            elif not (m.interrupts and interrupted_by_own(m, a, c)):
                a = -1
    else:
        a = find_agent(m, now, c)
    if a < 0:
        return False
    assign(m, now, c, a)
    place(m, a)
    return True


@compiled
def sort_seekers(m: Memory) -> None:
    """By insertion: few, or from a line and in order already."""
    for i in range(1, m.number[SEEKERS]):
        c = m.seekers[i]
        j = i
        while j > 0 and earlier(m, c, m.seekers[j - 1]):
            m.seekers[j] = m.seekers[j - 1]
            j -= 1
        m.seekers[j] = c


@compiled
def look_for_agents(m: Memory, now: int) -> None:
    """One batch of contacts looks for agents, by (waiting since − head start, id): seekers, and lines as a whole.

    When the first of a line finds nobody the rest of it need not look, until a reservation is lifted.
    """
    everybody = m.number[LOOK] == EVERYBODY
    queues = m.queues
    for line in range(m.lines):
        q = line // LINES if line < LINES * queues else line % queues
        alike = line % LINES if line < LINES * queues else WAITING
        m.cursor[line] = m.first[line] if (everybody or m.look[q]) and alike != HELD else -1
        m.stopped[line] = False
    for q in range(m.queues):
        m.look[q] = False
    sort_seekers(m)
    seekers = m.number[SEEKERS]
    m.number[SEEKERS] = 0
    m.number[LOOK] = NOBODY
    m.number[LIFTED] = 0
    i = 0
    while True:
        while i < seekers and m.state[m.seekers[i]] > BOUND:
            i += 1
        c = m.seekers[i] if i < seekers else -1
        line = -1
        for other in range(m.lines):
            if m.cursor[other] >= 0 and (c < 0 or c == m.cursor[other] or earlier(m, m.cursor[other], c)):
                c = m.cursor[other]
                line = other
        if c < 0:
            return
        if line < 0:
            i += 1
        else:
            m.cursor[line] = m.after[c]
        if not look_for_agent(m, now, c) and line >= 0 and (m.state[c] == WAITING or m.state[c] == TASK):
            m.cursor[line] = -1
            m.stopped[line] = True
        if m.number[LIFTED] == 1:
            m.number[LIFTED] = 0
            for other in range(m.lines):
                if m.stopped[other]:
                    m.stopped[other] = False
                    m.cursor[other] = m.first[other]
                    while m.cursor[other] >= 0 and not earlier(m, c, m.cursor[other]):
                        m.cursor[other] = m.after[m.cursor[other]]


@inlined
def settle(m: Memory, now: int) -> None:
    """Contacts and agents find each other; then agents start work; then the fresh message's timers are set."""
    c = m.number[FRESH]
    waits = c >= 0 and m.state[c] <= HELD
    if waits or m.number[GAINED] > 0 or m.number[LOOK] != NOBODY or m.outbound:
        match(m, now, c if waits else -1)
    for i in range(m.number[READY]):
        a = m.ready[i]
        m.is_ready[a] = False
        carry_on(m, now, a)
    m.number[READY] = 0
    if c >= 0:
        if m.state[c] <= RINGING:
            set_timers(m, now, c)
        m.number[FRESH] = -1


@inlined
def match(m: Memory, now: int, c: int) -> None:
    """Whoever waits and whoever has room find each other; who cannot wait is blocked, or offered a call back.

    c: whose message has just come, and is unassigned or held; -1: nobody.
    """
    n = m.number[GAINED]
    if n == 1:
        a = m.gained[0]
        while True:
            d = find_contact(m, now, a, EXEMPT)
            if d < 0:
                break
            assign(m, now, d, a)
        place(m, a)
        m.gains[a] = False
        m.number[GAINED] = 0
        if m.keeps:
            everybody_looks(m)
    elif n > 1:
        for i in range(n):
            place(m, m.gained[i])
            m.gains[m.gained[i]] = False
        m.number[GAINED] = 0
        everybody_looks(m)
    if m.outbound:
        write_next(m, now)
    while m.number[LOOK] != NOBODY:
        look_for_agents(m, now)
    if c < 0 or m.state[c] > HELD:
        return
    if (
        m.turn[c] == 0
        and m.work.link[c] != TRANSFER
        and not m.work.outbound[c]
        and m.waiting[m.queue[c]] > m.plan.max_waiting[m.queue[c]]
    ):
        decide(m, now, c, BLOCKED)
        leave_unassigned(m, now, c)
        m.number[STRETCHES] -= 1  # its own: it has never waited
        retry(m, now, c)
        while m.number[LOOK] != NOBODY:
            look_for_agents(m, now)
    if m.calls_back:
        offer_call_back(m, now, c)


@compiled
def write_next(m: Memory, now: int) -> None:
    """The agent whose work in hand ended, but no session, may write to a customer (6.9)."""
    a = m.number[FREED]
    m.number[FREED] = -1
    if a >= 0 and is_free(m, a):
        c = find_contact(m, now, a, TASK)
        if c >= 0:
            assign(m, now, c, a)
            place(m, a)


@compiled
def position_of(m: Memory, c: int) -> int:
    """The place of c, which waits, in its queue (6.8)."""
    q = m.queue[c]
    position = m.unheld[q]
    for state in range(EXEMPT_TASK if m.outbound else WAITING, BOUND + 1):
        d = m.last[line_of(m, q, state)]
        while d >= 0 and (state < 0 or m.since[d] > m.since[c] or (m.since[d] == m.since[c] and d > c)):
            position -= 1
            d = m.before[d]
    return int(position)


@compiled
def balks(m: Memory, c: int) -> bool:
    """Whether the wait that c, which has just come and waits, is told is too long for it (6.19)."""
    new = m.turn[c] == 0 and m.work.link[c] != TRANSFER and not m.work.outbound[c] and m.state[c] <= BOUND
    return bool(new and position_of(m, c) * m.plan.told_place[m.queue[c]] > m.work.balks_at[c])


@compiled
def offer_call_back(m: Memory, now: int, c: int) -> None:
    """c, which has just come, accepts a call back if it is offered one (6.8)."""
    q = m.queue[c]
    k = min(m.started[q], STARTS)
    if (
        not m.work.accepts_callback[c]
        or m.state[c] > BOUND
        or m.turn[c] > 0
        or m.work.link[c] == TRANSFER
        or m.work.outbound[c]
        or k < 2
    ):
        return
    position = position_of(m, c)
    first = m.starts[q, (m.started[q] - k) % STARTS]
    last = m.starts[q, (m.started[q] - 1) % STARTS]
    m.log.called_back[c] = position * (last - first) // (k - 1) > m.plan.offer_above[q]


@compiled
def goes_on(m: Memory, now: int, a: int) -> bool:
    """Whether agent a goes on with suspended work. Shared work goes on in any case, from now on at its new pace."""
    if m.sharing[a] > 0:
        share_attention(m, a)
    if m.suspended[a] < 0 or m.hand[a] >= 0:
        return False
    c = m.session[a] if m.call[a] else -1
    while c >= 0:
        if m.state[c] == PENDING and m.plan.one_to_one[m.queue[c]]:
            return False
        c = m.after[c]
    take_up(m, now, a)
    return True


@inlined
def set_timers(m: Memory, now: int, c: int) -> None:
    """c's message, which has just come, really waits."""
    q = m.queue[c]
    turn = m.turn[c]
    patience = m.work.reply_patience[m.slot[c]] if turn > 0 else m.work.patience[c]
    if m.state[c] == HELD:
        m.due[c] = opening_time(m, now, q, patience if turn > 0 else m.work.held_patience[c])
    elif turn == 0 and m.calls_back and m.log.called_back[c]:
        m.due[c] = NEVER
    elif m.balks and balks(m, c):
        m.due[c] = now
    else:
        m.due[c] = now + patience
    if m.state[c] != RINGING or patience < m.work.answer_delay[c]:
        push(m, m.due[c], PATIENCE_ENDS, c)
    if m.state[c] == BOUND:
        push(m, m.bound_until[c], SAME_AGENT_OVER, c)
    if m.state[c] <= BOUND:
        remind(m, now, c)


# --- the run ------------------------------------------------------------------------------------------------------


@entry
def run(m: Memory, roots: int) -> bool:
    """Runs until the horizon, or until the tree, the stretches or the suspensions might lack room for another event.

    Whether the horizon was reached; if not, give what is short more room and call again.
    """
    return go_on(pointer(m), roots)


@compiled
def go_on(m: Memory, roots: int) -> bool:
    limit_alive(m)
    sorted_time = -1  # of the next root or entry of the timetable; -1: to be looked up
    sorted_code = -1
    while True:
        fill_hole(m)
        alive = m.number[ALIVE] + 1
        if (
            alive > m.number[MOST_ALIVE]
            or m.number[STRETCHES] + alive > m.stretch_room
            or (m.interrupts and m.number[SUSPENSIONS] + alive > m.suspension_room)
        ):
            return False
        if sorted_time < 0:
            sorted_time = m.table_time[m.number[ENTRY]]
            sorted_code = m.table_code[m.number[ENTRY]]
            c = m.number[ROOT]
            if c < roots:
                time = max(m.work.arrival[c], 0)
                code = ARRIVAL << ID_BITS | c
                if time < sorted_time or (time == sorted_time and code < sorted_code):
                    sorted_time = time
                    sorted_code = code
        now = m.tree[TIME]
        code = m.code[m.tree[LEAF]]
        in_tree = now < sorted_time or (now == sorted_time and code < sorted_code)
        if not in_tree:
            now = sorted_time
            code = sorted_code
            sorted_time = -1
        kind = code >> ID_BITS
        ident = code & ID_MASK
        if in_tree:
            m.number[HOLE] = 1
        elif kind == ARRIVAL and ident < roots:
            m.number[ROOT] = ident + 1
            is_to_come(m, ident)
            fetch_contact(m, ident + 12, roots)
        else:
            i = m.number[ENTRY]
            m.number[ENTRY] = i + 1
            if kind == BY_THE_CLOCK:
                by_the_clock(m, now, ident, m.table_what[i], m.table_row[i])
                continue
            if kind == AGENTS_LEAVE or kind == AGENTS_COME:
                while m.table_time[i] == now and m.table_code[i] == code:
                    if kind == AGENTS_LEAVE:
                        agents_leave(m, now, m.table_what[i], m.table_row[i])
                    else:
                        agents_come(m, now, m.table_what[i], m.table_row[i])
                    i += 1
                m.number[ENTRY] = i

        # Of a chain of equalities the compiler makes a table of addresses: slower for the kinds of nearly all events.
        if code < MESSAGE << ID_BITS:
            work_ends(m, now, ident)
        elif code < IDLE_TIMEOUT << ID_BITS:
            message(m, now, ident)
        elif kind == ARRIVAL or kind == BOT_ENDS:
            arrival(m, now, ident, kind == BOT_ENDS)
        elif kind == PATIENCE_ENDS:
            patience_ends(m, now, ident)
        elif kind == IDLE_TIMEOUT:
            idle_timeout(m, now, ident)
        elif kind == EXPIRY:
            expiry(m, now, ident)
        elif kind == SAME_AGENT_OVER:
            same_agent_over(m, now, ident)
        elif kind == OVERFLOW_DUE:
            overflow_due(m, now, ident)
        elif kind == QUEUE_CLOSES:
            queue_closes(m, now, ident)
        elif kind == QUEUE_OPENS:
            queue_opens(m, now, ident)
        elif kind == HORIZON:
            break
        settle(m, now)
    horizon(m, m.plan.drain_end)
    return True


@compiled
def horizon(m: Memory, now: int) -> None:
    """Whatever is still going on is written down as it stands."""
    for c in range(m.contacts):
        if m.log.arrival[c] < NEVER and m.log.closed[c] == NEVER:
            state = m.state[c]
            if state <= HELD:
                close_stretch(m, now, c)
            elif state <= IDLE:
                m.log.stretch_end[m.stretch[c]] = now
            if m.log.outcome[c] == NO_OUTCOME:
                decide(m, now, c, OPEN)
            m.log.closed[c] = now
    for a in range(m.agents):
        if m.present[a] < NEVER:
            end_presence(m, now, a)
        if m.suspended[a] >= 0:
            m.log.suspended_end[m.suspension[a]] = now
    for q in range(m.queues):
        m.log.queue_area[q] += m.waiting[q] * clip(m, now)
        m.log.open_area[q] += m.alive[q] * clip(m, now)


@entry
def in_order(ids: I32) -> bool:
    """Whether the ids do not decrease."""
    for i in range(1, ids.size):
        if ids[i - 1] > ids[i]:
            return False
    return True


@entry
def stretches_by_contact(source: Log, target: Log, place_of: I64) -> None:
    """Copies the stretches, written as they began, in the order of (contact, since, start).

    A contact's stretches began in that order. `place_of`: zeros, int64[contacts + 1].
    """
    for i in range(target.stretch_contact.size):
        place_of[source.stretch_contact[i] + 1] += 1
    for c in range(1, place_of.size):
        place_of[c] += place_of[c - 1]
    for i in range(target.stretch_contact.size):
        c = source.stretch_contact[i]
        j = place_of[c]
        place_of[c] = j + 1
        target.stretch_contact[j] = c
        target.stretch_agent[j] = source.stretch_agent[i]
        target.stretch_since[j] = source.stretch_since[i]
        target.stretch_start[j] = source.stretch_start[i]
        target.stretch_end[j] = source.stretch_end[i]
