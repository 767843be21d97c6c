"""Routing policies as data: ordered columns, smallest wins, the id always last, so that there is never a tie.

A new policy is a new row here, and a test that shows its effect; a scenario may also list columns. The compiled engine
keeps a team's agents by load and idle time and a queue's contacts by waiting time, and compares only the first of each.
Agents in any other order are all compared with each other, which takes longer. Queues may be ordered by any column that
all their contacts share, but what is within one of them only as `check_policies` allows. A message column is a code
here and one line in each engine: all messages pending with an agent are compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from typing import Final, TypeVar

Kind = TypeVar("Kind", bound=IntEnum)


class AgentColumn(IntEnum):
    """What an agent is compared by when a contact looks for one."""

    RANK = 0  # the team's number for the contact's queue
    LOAD = 1  # units held over the capacity
    MINUS_LOAD = 2
    IDLE_SINCE = 3  # latest of shift start, break end, end of the agent's last session
    RANDOM = 4  # by the contact's own draw, of those equal in all columns before; the last column


class ContactColumn(IntEnum):
    """What a waiting contact is compared by when an agent looks for one."""

    RANK = 0  # the agent's team's number for its queue, `contact_rank`
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

WITHIN_TEAM: Final = (
    (),
    (AgentColumn.IDLE_SINCE,),
    (AgentColumn.LOAD,),
    (AgentColumn.LOAD, AgentColumn.IDLE_SINCE),
    (AgentColumn.MINUS_LOAD,),
    (AgentColumn.MINUS_LOAD, AgentColumn.IDLE_SINCE),
)
"""The orders in which the compiled engine can keep a team's agents; in any other it looks at all of them."""

TURN_STEP: Final = 1_327_217_885
"""Golden section of 2^31: between the random numbers of two turns of a contact."""


def columns_of(
    policy: str | Sequence[str], policies: Mapping[str, tuple[Kind, ...]], kind: type[Kind]
) -> tuple[Kind, ...]:
    """The columns of the policy of that name, or those listed."""
    return policies[policy] if isinstance(policy, str) else tuple(kind[name.upper()] for name in policy)


def kept_in_order(columns: Sequence[int]) -> bool:
    """Whether the compiled engine keeps a team's agents as these columns order them."""
    return tuple(column for column in columns if column != AgentColumn.RANK) in WITHIN_TEAM


def check_policies(agent: Mapping[str, Sequence[IntEnum]], contact: Mapping[str, Sequence[IntEnum]]) -> None:
    """Refuse policies that the compiled engine would follow only in part, without an error and unlike the reference.

    Raises:
        ValueError: with the policy, the column and what is possible.
    """
    for name, columns in agent.items():
        unknown = [column for column in columns if not isinstance(column, AgentColumn)]
        if unknown:
            raise ValueError(
                f"agent policy {name!r}: the engines do not know {_names(unknown)}. "
                "Add it to AGENT_KEYS in ccsim/engine/reference.py and agent_difference in ccsim/engine/kernel.py first"
            )
        if AgentColumn.RANDOM in columns[:-1]:
            raise ValueError(f"agent policy {name!r}: RANDOM leaves nothing to the columns after it")
    same_queue, by_wait = (
        {ContactColumn.RANK, ContactColumn.PRIORITY},
        {ContactColumn.WAITING_SINCE, ContactColumn.DEADLINE},
    )
    for name, columns in contact.items():
        within = tuple(column for column in columns if column not in same_queue)
        if not within or set(within) - by_wait:
            raise ValueError(
                f"contact policy {name!r}: the compiled engine cannot order the contacts of one queue by "
                f"{_names(within) or 'their number alone'}, only by WAITING_SINCE or DEADLINE, and needs one of them. "
                "For another order, change how contacts wait in ccsim/engine/kernel.py first"
            )


def _names(columns: Iterable[IntEnum]) -> str:
    return ", ".join(column.name for column in columns)


check_policies(AGENT_POLICIES, CONTACT_POLICIES)
