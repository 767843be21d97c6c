"""The kinds of event, in the order in which they happen when they fall on one instant.

The next event is always the smallest pending (time, kind, id). Ids are contact ids, queue ids for the opening hours and
0 for the events that concern shifts, of which all of one kind at one instant are one event.
"""

from __future__ import annotations

from enum import IntEnum


class Event(IntEnum):
    """Order of events within one instant; docs/model.md, section 5, says what each does."""

    WORK_ENDS = 0  # ringing, a reply or a wrap-up ends (id: contact)
    MESSAGE = 1  # a customer's next message, also one that resumes a conversation (contact)
    IDLE_TIMEOUT = 2  # a closed session times out, a persistent one is parked (contact)
    EXPIRY = 3  # a persistent conversation ends for want of an answer (contact)
    PATIENCE_ENDS = 4  # first or later wait has lasted too long (contact)
    SAME_AGENT_OVER = 5  # a resumed contact no longer waits for its agent alone (contact)
    OVERFLOW_DUE = 6  # a waiting contact may now go to an overflow team (contact)
    AGENTS_LEAVE = 7  # shifts end, breaks begin, overruns are over (0)
    AGENTS_COME = 8  # shifts begin, breaks are over (0)
    QUEUE_CLOSES = 9  # (queue)
    QUEUE_OPENS = 10  # (queue)
    BOT_ENDS = 11  # (contact)
    ARRIVAL = 12  # also every follow-up (contact)
    HORIZON = 13  # the drain is over (0)
