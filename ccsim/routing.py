"""Routing policies as data: ordered columns, smallest wins, the id always last, so that there is never a tie.

A new policy is a new row here; a new column is a code here and one line in each engine.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class AgentColumn(IntEnum):
    """What an agent is compared by when a contact looks for one."""

    RANK = 0  # the team's number for the contact's queue
    LOAD = 1  # units held over the capacity
    MINUS_LOAD = 2
    IDLE_SINCE = 3  # latest of shift start, break end, end of the agent's last session


class ContactColumn(IntEnum):
    """What a waiting contact is compared by when an agent looks for one."""

    RANK = 0  # the agent's team's number for its queue
    PRIORITY = 1  # its queue's priority
    WAITING_SINCE = 2  # less the queue's head start
    DEADLINE = 3  # waiting since, less the head start, plus the service level's time


class MessageColumn(IntEnum):
    """What a pending message is compared by when its agent chooses the next."""

    LATER_TURN = 0  # 0 for a contact's first turn, 1 for later ones
    PRIORITY = 1  # its queue's priority
    MESSAGE_TIME = 2


AGENT_POLICIES: Final[dict[str, tuple[AgentColumn, ...]]] = {
    "least_loaded": (AgentColumn.RANK, AgentColumn.LOAD, AgentColumn.IDLE_SINCE),
    "longest_idle": (AgentColumn.RANK, AgentColumn.IDLE_SINCE),
    "most_loaded": (AgentColumn.RANK, AgentColumn.MINUS_LOAD, AgentColumn.IDLE_SINCE),
    "fixed_order": (AgentColumn.RANK,),
}

CONTACT_POLICIES: Final[dict[str, tuple[ContactColumn, ...]]] = {
    "longest_wait": (ContactColumn.RANK, ContactColumn.WAITING_SINCE),
    "priority": (ContactColumn.PRIORITY, ContactColumn.WAITING_SINCE),
    "deadline": (ContactColumn.DEADLINE,),
}

MESSAGE_POLICIES: Final[dict[str, tuple[MessageColumn, ...]]] = {
    "oldest": (MessageColumn.MESSAGE_TIME,),
    "first_replies": (MessageColumn.LATER_TURN, MessageColumn.MESSAGE_TIME),
    "priority": (MessageColumn.PRIORITY, MessageColumn.MESSAGE_TIME),
}
