"""What is counted and added up by cell, which is a reporting interval and a queue: the rows of the scans' sums.

Contacts are booked to the cell of their own arrival, chains of contacts to that of their first contact. Times in µs.
"""

from __future__ import annotations

from typing import Final

from ccsim.tables import Outcome

# by contact: row o is the number of contacts with outcome o; then
OUTCOMES: Final = len(Outcome) - 1
BEGUN: Final = OUTCOMES
"""work on the first turn began while the customer was there"""
ANSWERED: Final = OUTCOMES + 1
"""begun, a customer's"""
ENTERED: Final = OUTCOMES + 2
"""a customer's request that entered its queue, blocked ones included, not if still with the bot"""
IN_TIME: Final = OUTCOMES + 3
"""answered within the time of the service level"""
GONE_IN_TIME: Final = OUTCOMES + 4
"""abandoned, visibly or silently, within the time of the service level"""
GONE_AT_ONCE: Final = OUTCOMES + 5
"""abandoned, visibly or silently, within `short_abandon`"""
WAIT_ANSWERED: Final = OUTCOMES + 6
"""wait of the answered"""
WAIT_ENTERED: Final = OUTCOMES + 7
"""wait of the entered"""
RESOLVED: Final = OUTCOMES + 8
"""a customer's request that was resolved"""
RESOLVED_IN_TIME: Final = OUTCOMES + 9
RESOLUTION: Final = OUTCOMES + 10
"""time to resolution"""
REOPENED: Final = OUTCOMES + 11
"""resolved, and the customer came back about it"""
CALLED_BACK: Final = OUTCOMES + 12
OUTBOUND_ANSWERED: Final = OUTCOMES + 13
"""outbound whose customer answered"""
ROOTS: Final = OUTCOMES + 14
"""a customer's first contact"""
ROOTS_ANSWERED: Final = OUTCOMES + 15
ROOTS_RESOLVED: Final = OUTCOMES + 16
"""root resolved, and not reopened"""
ROOTS_LOST: Final = OUTCOMES + 17
"""root in whose chain no contact was resolved, contained or deflected"""
REPEATED: Final = OUTCOMES + 18
"""by chain: retries, returns, reopenings and recontacts of customers"""
EFFORT: Final = OUTCOMES + 19
"""by chain: `effort` of the queues of its contacts"""
UNDECIDED: Final = OUTCOMES + 20
"""its first answer or its resolution was undecided: open when the drain ended, and not late yet"""
FIRST_UNDECIDED: Final = OUTCOMES + 21
"""waited for its first answer"""
RESOLUTION_UNDECIDED: Final = OUTCOMES + 22
WAIT_IN_OPEN_HOURS: Final = OUTCOMES + 23
"""wait of the answered, of queues whose targets are measured in open hours"""
VALUE_LOST: Final = OUTCOMES + 24
"""value of the lost roots, in money"""
BOUNCED: Final = OUTCOMES + 25
"""contained by the bot, and the customer came back all the same"""
DELAYED: Final = OUTCOMES + 26
"""entered, and waited at all"""
CLOSING: Final = OUTCOMES + 27
"""resolved, and the customer's closing word has come"""
OF_CONTACTS: Final = OUTCOMES + 28

# by turn, that is a message that came
SENT: Final = 0
"""first replies of outbound contacts"""
REPLIES: Final = 1
"""replies to customers who were still there"""
RESPONSE: Final = 2
"""message to reply, of these"""
LATER: Final = 3
"""from the second on, worked on or left"""
LATER_WAIT: Final = 4
"""message to the start of work or leaving"""
HANDLED: Final = 5
"""worked on, in a begun contact"""
HANDLE: Final = 6
"""focused work on the handled: re-reading and wrap-up included, suspensions not"""
REREAD: Final = 7
"""re-reading of the handled, as far as it was done by the end of the drain"""
AGENTS: Final = 8
"""by begun contact: different agents who worked on it"""
REPLY_UNDECIDED: Final = 9
"""by contact: its last message waited still and was not late yet, and nothing else of it was undecided"""
DUE: Final = 10
"""three rows, of second, third and further turns: worked on, left, or waited still for longer than `reply_target` when
the drain ended"""
IN_TIME_BY_TURN: Final = 13
"""of these, worked on within `reply_target`"""
OF_TURNS: Final = 16

# by contact that an agent held
SESSIONS: Final = 0
SESSION: Final = 1
"""capacity held, all sessions together"""
OF_SESSIONS: Final = 2

# by team: presence and pay
STAFFED: Final = 0
OVERTIME: Final = 1
PAID: Final = 2
OF_PRESENCE: Final = 3
