"""The nouns that every part of ccsim shares: Workload, Plan, Terms and Log, column by column.

All times are int64 microseconds since the scenario's start, `NEVER` for a time that does not come. Index types:
contact, turn (slot), queue, team, agent, shift, pause, span. A table is a NamedTuple of arrays, so that compiled code
takes it as it is; every field carries a `Column` that says its unit, what it is indexed by and what it means.

Ragged turns. The turns of contact c are the slots `first_turn[c] … first_turn[c] + turns[c] - 1` of the arrays by
turn; a contact that gets its turns only when it begins (a return) has `first_turn = -1`:

    contact      0        1     2 (return of 0, dormant)
    turns        3        1     0
    first_turn   0        3    -1
    slots      [ 0 1 2 ][ 3 ]            contact 0 times out after slot 0: contact 2 begins with slots [ 1 2 ]

Dormant rows. A follow-up (transfer, retry, return, reopening) that the draws have switched on has a row of its own
behind the roots, found through its parent's `*_child` column; it begins if and when its parent ends that way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, Any, Final, Generic, NamedTuple, TypeVar, get_type_hints

import numpy as np
from numpy.typing import NDArray

SECOND: Final = 1_000_000
"""Microseconds in a second."""

NEVER: Final = 2**62
"""A time that does not come. Half the range of int64, so that adding a duration to it cannot overflow."""

MAX_TRANSFERS: Final = 3
"""Transfers in a chain, at most."""

I8 = NDArray[np.int8]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
F64 = NDArray[np.float64]
Bool = NDArray[np.bool_]

NUMBERS: Final[dict[Any, type[np.generic]]] = {
    I8: np.int8,
    I32: np.int32,
    I64: np.int64,
    F64: np.float64,
    Bool: np.bool_,
}
"""What an array of a type holds. numpy's types say it themselves, but not alike in all of its versions."""


Table = TypeVar("Table")


class OnlyItself(Generic[Table]):
    """A table as the key of a cache: equal to nothing but the same object."""

    def __init__(self, value: Table) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OnlyItself) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


class Outcome(IntEnum):
    """How a contact ended. `NONE`: a dormant follow-up that never began."""

    NONE = -1
    RESOLVED = 0
    TRANSFERRED = 1
    ABANDONED = 2
    SILENTLY_ABANDONED = 3
    LOST = 4
    TIMED_OUT = 5
    BLOCKED = 6
    REJECTED = 7
    DEFLECTED = 8
    CONTAINED = 9
    EXPIRED = 10
    OPEN = 11


class Link(IntEnum):
    """What a contact is to the one before it in its chain."""

    ROOT = 0
    TRANSFER = 1
    RETRY = 2
    RETURN = 3
    REOPENING = 4
    RECONTACT = 5
    BOUNCE = 6


class Phase(IntEnum):
    """Where a contact stands in a `State`."""

    TO_COME = 0  # a follow-up that arrives later
    WITH_BOT = 1
    WAITING = 2  # for anyone
    BOUND = 3  # for its own agent alone
    HELD = 4  # until its queue opens
    PENDING = 5  # in a session, its message waits for the agent's attention
    RINGING = 6
    WORKING = 7  # on a turn
    WRAPPING = 8
    IN_VAIN = 9  # called back, and does not pick up
    SHARED = 10  # in work beside others
    SUSPENDED = 11  # a turn that a call interrupts
    SUSPENDED_WRAPPING = 12
    SILENT = 13  # in a session, the customer's turn
    AWAY = 14  # the customer's turn, without a session: parked or detached


UNASSIGNED: Final = (Phase.WAITING, Phase.BOUND, Phase.HELD)
UNSTARTED: Final = (*UNASSIGNED, Phase.PENDING, Phase.RINGING)
"""A message waits for the start of work."""
IN_HAND: Final = (Phase.RINGING, Phase.WORKING, Phase.WRAPPING, Phase.IN_VAIN)
SUSPENDED: Final = (Phase.SUSPENDED, Phase.SUSPENDED_WRAPPING)
IN_SESSION: Final = (Phase.PENDING, *IN_HAND, Phase.SHARED, *SUSPENDED, Phase.SILENT)


def among(phase: NDArray[Any], those: Iterable[int]) -> Bool:
    """Where phases, or -1 for none, are among those; a table, as numpy's own test is slow for so few."""
    table = np.zeros(len(Phase) + 1, np.bool_)
    table[[code + 1 for code in those]] = True
    return np.asarray(table[phase.astype(np.int64) + 1])


class Outside(IntEnum):
    """What a queue does with a message that comes outside its hours."""

    REJECT = 0
    HOLD = 1
    BOT = 2


@dataclass(frozen=True)
class Column:
    """What an array holds: `unit` (us, count, id, code, 1 for pure numbers), `by` (its index, outermost first),
    `meaning`."""

    unit: str
    by: str
    meaning: str


class Workload(NamedTuple):
    """Everything random about one replication, drawn before it runs.

    Contacts are rows; ids are row numbers: roots by (arrival, queue in file order, sequence), then follow-ups by (root,
    generation). An engine is a deterministic function of (Workload, Plan).
    """

    queue: Annotated[I32, Column("id", "contact", "its queue")]
    arrival: Annotated[
        I64,
        Column(
            "us", "contact", "first message or ring; negative for the initial backlog; NEVER for a dormant follow-up"
        ),
    ]
    root: Annotated[I32, Column("id", "contact", "first contact of its chain, itself for a root")]
    generation: Annotated[I32, Column("count", "contact", "contacts before it in its chain, 0 for a root")]
    link: Annotated[I8, Column("code", "contact", "Link to its parent")]
    after: Annotated[
        I64,
        Column(
            "us",
            "contact",
            "follow-up: delay from its parent's end to its arrival (0 for transfers; unused for returns)",
        ),
    ]
    keep_agent: Annotated[
        Bool, Column("1", "contact", "transfer with `same_agent`: the parent's agent takes it along if possible")
    ]
    transfer_child: Annotated[
        I32, Column("id", "contact", "row of the transfer's next leg, -1 if it is not to be transferred")
    ]
    transfer_draw: Annotated[
        I32,
        Column(
            "1",
            "contact",
            "uniform in [0, 2^31): it leaves after turn (draw × turns) >> 31, counted from 0; -1 without transfer",
        ),
    ]
    retry_child: Annotated[
        I32,
        Column(
            "id",
            "contact",
            "row that begins if this one ends abandoned, silently abandoned, blocked, rejected or lost; -1: none",
        ),
    ]
    return_child: Annotated[I32, Column("id", "contact", "row that begins if this one times out; -1: none")]
    reconnect_child: Annotated[
        I32,
        Column(
            "id", "contact", "row that begins, as a return, if the customer reconnects after the idle timeout; -1: none"
        ),
    ]
    reopen_child: Annotated[I32, Column("id", "contact", "row that begins if this one is resolved; -1: none")]
    bounce_child: Annotated[
        I32, Column("id", "contact", "row that begins if the bot contains this one, unhappily; -1: none")
    ]
    reason: Annotated[I8, Column("id", "contact", "place of its reason among those of its queue; -1: none")]
    first_turn: Annotated[
        I64, Column("id", "contact", "first slot of its turns; -1 for a return, which goes on with its parent's")
    ]
    turns: Annotated[I32, Column("count", "contact", "turns it would take; 0 for a return")]
    patience: Annotated[
        I64, Column("us", "contact", "wait for the start of work on the first turn at which the customer gives up")
    ]
    held_patience: Annotated[
        I64, Column("us", "contact", "patience instead, if it is held when it enters (automatic reply)")
    ]
    balks_at: Annotated[I64, Column("us", "contact", "wait that it is told above which it leaves at once; NEVER: none")]
    silent: Annotated[Bool, Column("1", "contact", "who gives up (first wait or later) does not tell")]
    missed: Annotated[
        Bool, Column("1", "contact", "patience is the age at which nobody looks at it any more: it ends as expired")
    ]
    deflected: Annotated[Bool, Column("1", "contact", "self-service: it ends at its arrival")]
    bot_time: Annotated[I64, Column("us", "contact", "time with the bot if it meets one; -1: its queue has none")]
    asks_human: Annotated[Bool, Column("1", "contact", "goes past the bot while the queue is open")]
    contained: Annotated[Bool, Column("1", "contact", "the bot solves it")]
    bot_repeats: Annotated[I32, Column("count", "contact", "first turns that exist only for who comes from the bot")]
    agent_draw: Annotated[
        I32, Column("1", "contact", "uniform in [0, 2^31): which of equal agents it takes, where that is at random")
    ]
    answer_delay: Annotated[
        I64, Column("us", "contact", "one-to-one: time from its assignment until the agent answers; 0 in other queues")
    ]
    outbound: Annotated[Bool, Column("1", "contact", "the company writes first")]
    accepts_callback: Annotated[Bool, Column("1", "contact", "would accept a call back")]
    no_answer: Annotated[Bool, Column("1", "contact", "would not pick up when called back")]
    wrap_up: Annotated[I64, Column("us", "contact", "agent's work after the last turn, before pace")]
    work: Annotated[I64, Column("us", "turn", "agent's work, before pace and slowdown")]
    latency: Annotated[I64, Column("us", "turn", "customer's time from this turn's reply to the next message")]
    reply_patience: Annotated[
        I64, Column("us", "turn", "reply wait at which the customer gives up; unused for a contact's first turn")
    ]
    comeback: Annotated[
        I64,
        Column(
            "us",
            "turn",
            "connection lost before the next message: delay until the customer is back; NEVER: for good; -1: not lost",
        ),
    ]
    closing: Annotated[
        Bool, Column("1", "turn", "the customer's closing word, the last turn of a contact: it needs no answer")
    ]
    reopen_draw: Annotated[
        F64,
        Column("1", "contact", "uniform in [0, 1): it reopens if below `comes_back` of who resolved it; 0: it does"),
    ]
    agent_pace: Annotated[F64, Column("1", "agent", "factor on work and wrap-up, beside the team's")]
    present: Annotated[Bool, Column("1", "shift", "the agent is neither absent nor on leave")]
    out_shift: Annotated[
        I32,
        Column(
            "id",
            "out",
            "shift in which an agent steps out; sorted by (shift, start), disjoint, not touching each other or the plan's pauses",
        ),
    ]
    out_start: Annotated[I64, Column("us", "out", "from")]
    out_end: Annotated[I64, Column("us", "out", "until (half-open), before the shift's end")]
    turned_away: Annotated[
        I64, Column("count", "queue", "would-be customers of [warm_up, end) never offered (demand barriers)")
    ]


class Plan(NamedTuple):
    """The scenario as the engines see it: integers, no names, nothing random.

    Capacity is in units: an agent has `capacity`, a session of queue q takes `units[team, q]` of it; one-to-one queues
    take all of it and need an agent without sessions.
    """

    # horizon
    warm_up: int
    """us: contacts arriving in [warm_up, end) are counted"""
    end: int
    """us: arrivals and follow-ups stop"""
    drain_end: int
    """us: the run stops, what is alive is `open`"""
    # queues
    one_to_one: Annotated[Bool, Column("1", "queue", "phone, video, in person: needs an agent without sessions")]
    persistent: Annotated[Bool, Column("1", "queue", "messaging, e-mail, social: parks instead of timing out")]
    priority: Annotated[I32, Column("1", "queue", "1 goes first")]
    head_start: Annotated[I64, Column("us", "queue", "taken off waiting-since wherever that orders")]
    carry_wait: Annotated[
        Bool, Column("1", "queue", "transfers and retries bring the time of the contacts before them")
    ]
    target_time: Annotated[
        I64, Column("us", "queue", "service level's time, for the `deadline` order; NEVER without target")
    ]
    max_waiting: Annotated[
        I64,
        Column(
            "count", "queue", "a new contact that cannot be assigned while this many wait is blocked; NEVER: no limit"
        ),
    ]
    idle_timeout: Annotated[I64, Column("us", "queue", "reply latency above which a session times out or is parked")]
    parked_after: Annotated[
        I64, Column("us", "queue, i", "of persistent queues the same with 1, 2, … sessions of the agent at the reply")
    ]
    expires_after: Annotated[
        I64, Column("us", "queue", "persistent: from the customer's last message to the end of an unanswered reply")
    ]
    same_agent_for: Annotated[I64, Column("us", "queue", "how long a resumed contact waits for its agent alone")]
    over_capacity: Annotated[Bool, Column("1", "queue", "a resumed contact may exceed its agent's capacity")]
    reread_after: Annotated[
        I64, Column("us", "queue", "an agent re-reads what they answered longer ago than this; NEVER: no re-reading")
    ]
    reread_work: Annotated[I64, Column("us", "queue", "fixed part of re-reading")]
    reread_per_turn: Annotated[I64, Column("us", "queue", "re-reading per reply sent so far")]
    outside: Annotated[I8, Column("code", "queue", "Outside: what happens to messages outside opening hours")]
    drop_at_close: Annotated[Bool, Column("1", "queue", "unassigned first messages are rejected when the queue closes")]
    limit: Annotated[I32, Column("count", "queue", "retries, returns and reopenings of a root of this queue")]
    reserved: Annotated[Bool, Column("1", "queue", "in routing.reserve")]
    keep_idle: Annotated[I64, Column("count", "queue", "agents with the skill whom other queues leave idle for it")]
    hours_offset: Annotated[
        I64, Column("id", "queue + 1", "its opening spans are hours_offset[q] … hours_offset[q + 1] - 1")
    ]
    opens: Annotated[
        I64,
        Column("us", "span", "start of an opening span; -NEVER: open before the start; sorted, disjoint, not touching"),
    ]
    closes: Annotated[I64, Column("us", "span", "its end (half-open); NEVER: open for good")]
    bot_places: Annotated[I64, Column("count", "queue", "its bot's conversations at once; NEVER without limit")]
    bot_offset: Annotated[
        I64, Column("id", "queue + 1", "its bot's spans of duty are bot_offset[q] … bot_offset[q + 1] - 1")
    ]
    bot_opens: Annotated[
        I64, Column("us", "bot span", "start; -NEVER: before the start; sorted, disjoint, not touching")
    ]
    bot_closes: Annotated[I64, Column("us", "bot span", "its end (half-open); NEVER: for good")]
    shared_offset: Annotated[I64, Column("id", "queue + 1", "its row of shared_mean; empty: turn by turn")]
    shared_mean: Annotated[F64, Column("us", "level", "shared attention: mean work with 1, 2, … such sessions")]
    offer_above: Annotated[I64, Column("us", "queue", "estimated wait above which a call back is offered; NEVER: not")]
    grows_offset: Annotated[
        I64,
        Column(
            "id", "queue or team + 1", "queues first; work that grows by the wait, or by the time since a team's rest"
        ),
    ]
    grows_after: Annotated[I64, Column("us", "step", "from this time on; ascending")]
    grows_by: Annotated[F64, Column("1", "step", "factor on work")]
    told_place: Annotated[
        I64, Column("us", "queue", "wait that customers are told for each place in the queue; 0: none")
    ]
    no_answer_time: Annotated[I64, Column("us", "queue", "agent's time for a call back that is not picked up")]
    alternative_offset: Annotated[
        I64, Column("id", "queue + 1", "its alternatives are alternative_offset[q] … alternative_offset[q + 1] - 1")
    ]
    alternative: Annotated[I32, Column("id", "alternative", "a queue that its new contacts may join instead")]
    session_time: Annotated[
        I64, Column("us", "queue", "mean session, from which waits among alternatives are estimated; 0: not among any")
    ]
    # teams
    capacity: int
    """units of an agent: the least common multiple of all concurrencies"""
    units: Annotated[I64, Column("count", "team, queue", "units of a session; capacity / concurrency")]
    most_units: Annotated[
        I64, Column("count", "team, queue", "units that an agent may hold with a session of it, at first: the capacity")
    ]
    limit_time: Annotated[
        I64, Column("us", "limit", "from here on `most_units` of its team and queue is another; sorted")
    ]
    limit_team: Annotated[I32, Column("id", "limit", "whose")]
    limit_queue: Annotated[I32, Column("id", "limit", "for which queue")]
    limit_units: Annotated[I64, Column("count", "limit", "what it is")]
    rank: Annotated[I32, Column("1", "team, queue", "the team's number for the queue, smaller first; -1: no skill")]
    contact_rank: Annotated[I32, Column("1", "team, queue", "the same where agents look for a contact")]
    overflow_after: Annotated[
        I64, Column("us", "team, queue", "helps only with contacts that have waited this long; 0: always")
    ]
    longer_than: Annotated[
        I64, Column("count", "team, queue", "helps only while more than this many wait in the queue; -1: always")
    ]
    pace: Annotated[F64, Column("1", "team, queue", "factor on work and wrap-up")]
    comes_back: Annotated[F64, Column("1", "team, queue", "share of the resolved that reopen, errors included")]
    slowdown: Annotated[
        F64, Column("1", "team, sessions - 1", "factor on work with that many sessions; the last column for more")
    ]
    interrupts: Annotated[
        Bool, Column("1", "team, queue, queue", "[t, q, r]: a contact of q may interrupt sessions of r")
    ]
    hand_over: Annotated[
        Bool, Column("1", "team", "end_of_shift = hand_over: closed sessions too are handed over at once")
    ]
    overrun: Annotated[I64, Column("us", "team", "how long open closed-sessions are worked on after the shift")]
    # agents
    team: Annotated[I32, Column("id", "agent", "their team")]
    shift_agent: Annotated[
        I32,
        Column("id", "shift", "whose it is; shifts are sorted by (agent, start), an agent's do not overlap or touch"),
    ]
    shift_start: Annotated[I64, Column("us", "shift", "start")]
    shift_end: Annotated[I64, Column("us", "shift", "end (half-open)")]
    pause_shift: Annotated[
        I32, Column("id", "pause", "the shift it lies in; sorted by (shift, start), disjoint, not touching")
    ]
    pause_start: Annotated[
        I64,
        Column("us", "pause", "start of a break or off-phone activity (breaks and activities that touch are merged)"),
    ]
    pause_end: Annotated[I64, Column("us", "pause", "end (half-open), at most the shift's")]
    wind_down_shift: Annotated[
        I32, Column("id", "wind-down", "the shift it lies in; sorted by (shift, start), disjoint, outside the pauses")
    ]
    wind_down_start: Annotated[I64, Column("us", "wind-down", "from here the agent takes no new session")]
    wind_down_end: Annotated[
        I64, Column("us", "wind-down", "until (half-open): a pause of the plan or the shift's end")
    ]
    # routing: codes of routing.py, first column first; the id is always the last column and is not listed
    agent_order: Annotated[I8, Column("code", "column", "contact looks for an agent")]
    contact_order: Annotated[I8, Column("code", "column", "agent looks for a contact")]
    attention_order: Annotated[I8, Column("code", "column", "agent chooses the next message")]


class Log(NamedTuple):
    """What happened in one replication: bit-identical from both engines.

    Rows by contact and by turn are those of the workload; stretches are sorted by (contact, since, start), presences by
    (agent, start). Everything in section 7 of the model is a function of Workload, Plan, Terms and Log.
    """

    # by contact
    queue: Annotated[I32, Column("id", "contact", "the queue that it joined, otherwise its own")]
    outcome: Annotated[I8, Column("code", "contact", "Outcome")]
    arrival: Annotated[I64, Column("us", "contact", "as in the workload; of follow-ups: when they began; NEVER if not")]
    parent: Annotated[I32, Column("id", "contact", "the contact that it follows; -1 for roots and what never began")]
    first_turn: Annotated[
        I64, Column("id", "contact", "first slot of its turns, also for returns; -1 if it never began")
    ]
    turns: Annotated[I32, Column("count", "contact", "turns it would take, also for returns")]
    messages: Annotated[
        I32, Column("count", "contact", "customer messages that came: slots first_turn … + messages - 1 are logged")
    ]
    left: Annotated[
        I64,
        Column(
            "us", "contact", "when its outcome was decided: end of the last reply, leaving, timeout; drain_end if open"
        ),
    ]
    called_back: Annotated[Bool, Column("1", "contact", "accepted a call back")]
    closed: Annotated[
        I64,
        Column(
            "us",
            "contact",
            "when the system was done with it: after wrap-up or work in vain; at most drain_end; NEVER if it never began",
        ),
    ]
    # by turn slot
    message: Annotated[I64, Column("us", "turn", "when the customer's message came")]
    start: Annotated[I64, Column("us", "turn", "start of work on it")]
    reply: Annotated[I64, Column("us", "turn", "end of the reply")]
    agent: Annotated[I32, Column("id", "turn", "who worked on it, -1: nobody")]
    reread: Annotated[I64, Column("us", "turn", "re-reading within [start, reply), its first part; 0 if none")]
    # by stretch: a contact waits unassigned from `since` and is held by an agent in [start, end)
    stretch_contact: Annotated[I32, Column("id", "stretch", "the contact")]
    stretch_agent: Annotated[
        I32, Column("id", "stretch", "who held it; -1: it left unassigned, then start = end = that moment")
    ]
    stretch_since: Annotated[
        I64,
        Column(
            "us",
            "stretch",
            "start of the unassigned wait; = start if assigned at once. The backlog's: its (negative) arrival",
        ),
    ]
    stretch_start: Annotated[I64, Column("us", "stretch", "assignment")]
    stretch_end: Annotated[I64, Column("us", "stretch", "capacity freed; drain_end if still held then")]
    # by suspension: work in hand interrupted by a call, sorted by (contact, start)
    suspended_contact: Annotated[I32, Column("id", "suspension", "whose turn or wrap-up")]
    suspended_agent: Annotated[I32, Column("id", "suspension", "by whom")]
    suspended_start: Annotated[I64, Column("us", "suspension", "interrupted")]
    suspended_end: Annotated[I64, Column("us", "suspension", "taken up again; drain_end if never")]
    # by presence: an agent on duty, from shift start or break end to shift end or break start, or later if work in hand
    # held them
    presence_shift: Annotated[I32, Column("id", "presence", "the shift; time beyond its end is overtime")]
    presence_start: Annotated[I64, Column("us", "presence", "on duty from")]
    presence_end: Annotated[I64, Column("us", "presence", "until; at most drain_end")]
    # the engine's own running integrals over [warm_up, end), for the audit
    queue_area: Annotated[I64, Column("us", "queue", "sum over time of contacts not assigned to an agent")]
    open_area: Annotated[I64, Column("us", "queue", "sum over time of contacts from arrival to `closed`")]


class State(NamedTuple):
    """Where a replication stands when all events before `at` are over, from which an engine goes on.

    Rows are the contacts begun and not closed, and the follow-ups that are going to arrive.
    """

    at: int
    """us, above 0"""
    log: Log
    """What has happened: times that are not yet are NEVER, also ends of stretches, suspensions and presences under way.

    Of follow-ups to come `arrival`, `parent`, `first_turn` and `turns` say what is known."""
    contact: Annotated[I32, Column("id", "row", "the contact; each once")]
    phase: Annotated[I8, Column("code", "row", "Phase")]
    agent: Annotated[I32, Column("id", "row", "who has it, or last had it; -1: nobody yet")]
    until: Annotated[
        I64,
        Column(
            "us",
            "row",
            "end of being with the bot, bound or in hand; of suspended work what remains; SHARED: when `left` was; "
            "SILENT: when it is parked, 0: idle_timeout after the reply",
        ),
    ]
    due: Annotated[I64, Column("us", "row", "when the patience of who waits for the start of work ends")]
    left: Annotated[F64, Column("1", "row", "shared attention: work to go, as in 6.7")]
    handed_over: Annotated[Bool, Column("1", "row", "its session ends with the work in hand")]
    idle_since: Annotated[I64, Column("us", "agent", "as in section 3")]


class MetricSpec(NamedTuple):
    """What metrics need beyond the plan: names, targets, prices. NaN where a queue has no such target."""

    interval: int
    """us: reporting interval"""
    days: Annotated[
        I64,
        Column(
            "us", "day + 1", "midnights of the scenario's days and the end; 23 or 25 hours apart across a clock change"
        ),
    ]
    queues: tuple[str, ...]
    teams: tuple[str, ...]
    channels: tuple[str, ...]
    """channel of each queue"""
    sl_formula: tuple[str, ...]
    business_clock: Annotated[Bool, Column("1", "queue", "targets are measured only while the queue is open")]
    sl_share: Annotated[F64, Column("1", "queue", "wanted service level")]
    sl_time: Annotated[F64, Column("s", "queue", "its time T; NaN without target")]
    sl_usual: Annotated[Bool, Column("1", "queue", "the channel brings this target, which is measured and not judged")]
    short_abandon: Annotated[F64, Column("s", "queue", "abandonments up to this are short")]
    reply_share: Annotated[F64, Column("1", "queue", "wanted share of reply waits within reply_time")]
    reply_time: Annotated[F64, Column("s", "queue", "reply target's time")]
    max_abandonment: Annotated[F64, Column("1", "queue", "wanted bound on abandonment")]
    resolution_share: Annotated[F64, Column("1", "queue", "wanted share resolved within resolution_time")]
    resolution_time: Annotated[F64, Column("s", "queue", "resolution target's time")]
    resolution_usual: Annotated[Bool, Column("1", "queue", "as sl_usual")]
    value: Annotated[F64, Column("money", "queue", "contribution of a resolved contact")]
    reason_value: Annotated[F64, Column("money", "queue, reason + 1", "the same by reason; first: without one")]
    value_offset: Annotated[I64, Column("id", "queue + 1", "its steps of value_after; none: value does not shrink")]
    value_after: Annotated[I64, Column("us", "step", "from this wait for the first answer on; ascending")]
    value_factor: Annotated[F64, Column("1", "step", "factor on the value")]
    fee: Annotated[F64, Column("money", "queue", "fee per conversation")]
    bot_cost: Annotated[F64, Column("money", "queue", "of a conversation with the bot")]
    bot_cost_per_minute: Annotated[F64, Column("money", "queue", "of a minute with it")]
    effort: Annotated[F64, Column("1", "queue", "customer effort of the channel, 1 low to 3 high")]
    cost_per_hour: Annotated[F64, Column("money", "team", "per paid hour")]
    overtime_factor: Annotated[F64, Column("1", "team", "times cost_per_hour after the shift's end")]
    max_occupancy: Annotated[F64, Column("1", "team", "wanted bound on utilisation")]
    premiums: tuple[tuple[int, int, float], ...]
    """Start and end, us, and factor on the cost of an hour in between; sorted and disjoint."""
    shift_cost: Annotated[F64, Column("money", "shift", "per paid hour; mostly the team's")]
    paid: Annotated[Bool, Column("1", "shift", "false: absence, breaks and activities are not paid")]


def columns(table: type[Any]) -> dict[str, Column]:
    """The `Column` of every array of a table, by field name, in order."""
    hints = get_type_hints(table, include_extras=True)
    return {
        name: meta
        for name, hint in hints.items()
        for meta in getattr(hint, "__metadata__", ())
        if isinstance(meta, Column)
    }


def blank(table: type[Any], rows: int = 0) -> Any:
    """The table with arrays of the declared types, so many rows of each kind, and zeros."""
    axes = {name: 1 + column.by.count(",") for name, column in columns(table).items()}
    hints = get_type_hints(table)
    return table(
        **{name: np.zeros((rows,) * axes[name], NUMBERS[hint]) if name in axes else 0 for name, hint in hints.items()}
    )
