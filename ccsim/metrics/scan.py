"""The log read once, compiled: what its contacts, turns, sessions and presences add up to by reporting interval.

A scan goes over the rows of one kind, books each to its cell (interval × queues + queue) and adds to the rows of
metrics/sums.py; sums of whole numbers are exact below 2^53. How long something lasted in each interval is added up from
its two ends (`span`), however many intervals lie between, and finished by `settle`. All times in µs, `edges` are the
bounds of the intervals within [warm_up, end). Importing this module imports numba; the scans release the GIL.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ccsim.jit import compiled as scan
from ccsim.jit import inlined as part
from ccsim.metrics import sums as row
from ccsim.metrics.indices import index
from ccsim.metrics.ranks import GAVE_UP, NEITHER, OF_END, SERVED, bits_of
from ccsim.tables import F64, I8, I32, I64, NEVER, SECOND, Bool, Link, Outcome

# Enums as plain integers, which compile faster.
NONE: Final = int(Outcome.NONE)
RESOLVED: Final = int(Outcome.RESOLVED)
TRANSFERRED: Final = int(Outcome.TRANSFERRED)
ABANDONED: Final = int(Outcome.ABANDONED)
SILENTLY: Final = int(Outcome.SILENTLY_ABANDONED)
LOST: Final = int(Outcome.LOST)
TIMED_OUT: Final = int(Outcome.TIMED_OUT)
REJECTED: Final = int(Outcome.REJECTED)
DEFLECTED: Final = int(Outcome.DEFLECTED)
CONTAINED: Final = int(Outcome.CONTAINED)
BLOCKED: Final = int(Outcome.BLOCKED)
EXPIRED: Final = int(Outcome.EXPIRED)
OPEN: Final = int(Outcome.OPEN)
ROOT: Final = int(Link.ROOT)
RETRY: Final = int(Link.RETRY)

FROM: Final = 0
UNTIL: Final = 1
WHOLE: Final = 2
"""Of an area (3, interval, group): time in the intervals where spans begin, in those where they end, if another, and by
how much more or fewer there are from this interval on that cover it all. `settle` puts them together."""

FIRST: Final = np.int64(0)
"""The first interval; as a plain 0 it would be of a type of its own, for which all parts were compiled once more."""


# ── intervals ────────────────────────────────────────────────────────────────────────────────────────────────────────


@part
def interval_of(time: int, edges: I64, length: int, near: int) -> int:
    """The interval of a time within them; `near` is a guess, right for most of what comes in order of time."""
    if edges[near] <= time < edges[index(near + 1)]:
        return near
    return index(index(time - edges[1] + length) // index(length))


@part
def span(area: I64, group: int, start: int, end: int, edges: I64, length: int, near: int) -> int:
    """Adds [start, end) to the area of a group. Returns the interval of its start, near which the next one may be."""
    near, group = index(near), index(group)
    if start >= edges[-1] or end <= edges[0]:
        return near
    start = max(start, edges[0])
    end = max(start, min(end, edges[-1]))
    i = interval_of(start, edges, length, near)
    if end <= edges[index(i + 1)]:
        area[FROM, i, group] += end - start
        return i
    j = index(i + 1)
    if end > edges[index(j + 1)]:
        j = interval_of(end - 1, edges, length, i)
        area[WHOLE, index(i + 1), group] += 1
        area[WHOLE, j, group] -= 1
    area[FROM, i, group] += edges[index(i + 1)] - start
    area[UNTIL, j, group] += end - edges[j]
    return i


@part
def settle(area: I64, edges: I64) -> None:
    """Makes area[FROM] the integral in each interval of what `span` has added up."""
    for group in range(area.shape[2]):
        level = 0
        for i in range(area.shape[1]):
            level += area[WHOLE, i, group]
            area[FROM, i, group] += area[UNTIL, i, group] + level * (edges[i + 1] - edges[i])


@part
def in_seconds(area: I64, edges: I64, tables: F64) -> None:
    """The same in seconds, (table, interval, column), where the groups are the columns of one table after the other."""
    settle(area, edges)
    width = tables.shape[2]
    for table in range(tables.shape[0]):
        for i in range(tables.shape[1]):
            for column in range(width):
                tables[table, i, column] = area[FROM, i, table * width + column] / SECOND


@part
def elapsed(queue: int, since: int, until: int, business: Bool, hours: I64, opens: I64, closes: I64) -> int:
    """Time between two instants on the clock of the queue's targets: all of it, or only while the queue is open."""
    if not business[queue] or until >= NEVER:
        return until - since
    low, high = index(hours[queue]), hours[queue + 1]
    while low < high:  # the first span that ends after `since`
        middle = (low + high) // 2
        if closes[middle] > since:
            high = middle
        else:
            low = middle + 1
    total = 0
    while low < hours[queue + 1] and opens[low] < until:
        total += min(closes[low], until) - max(opens[low], since)
        low += 1
    return total


# ── contacts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@part
def is_begun(outcome: int, messages: int, start: int) -> bool:
    """Work on the first turn (`start`) began while the customer was there."""
    if outcome in (EXPIRED, OPEN):
        return messages > 0 and start < NEVER
    return outcome in (RESOLVED, TRANSFERRED, LOST, TIMED_OUT)


@part
def has_bounced(outcome: int, child: int, arrival: I64) -> bool:
    """The bot contained the contact, and the customer came back all the same."""
    return outcome == CONTAINED and child >= 0 and arrival[child] < NEVER


@part
def is_solved(outcome: int, child: int, arrival: I64) -> bool:
    """Resolved, contained by the bot for good, or deflected."""
    return outcome in (RESOLVED, DEFLECTED, CONTAINED) and not has_bounced(outcome, child, arrival)


@scan
def cells(arrival: I64, queue: I32, queues: int, edges: I64, length: int, cell: I32) -> None:
    """By contact: its cell, -1 if it is not counted; the backlog arrives at 0."""
    near = FIRST
    for c in range(len(arrival)):
        time = max(arrival[c], 0)
        if time < edges[0] or time >= edges[-1]:
            cell[c] = -1
        else:
            near = interval_of(time, edges, length, near)
            cell[c] = near * queues + queue[c]


@scan
def contacts(
    outcome: I8, arrival: I64, first_turn: I64, messages: I32, left: I64, closed: I64, called_back: Bool,
    message: I64, start: I64, turns: I32, closing: Bool, cell: I32, queue: I32, link: I8, root: I32, outbound: Bool,
    reopen_child: I32, bounce_child: I32, reason: I8, effort: F64, value: F64, limits: I64, business: Bool, hours: I64,
    opens: I64, closes: I64, edges: I64, length: int, served: Bool, sums: F64, area: I64, open_area: F64, waits: I64,
    open_waits: I64, entered: I64, at_once: I64, at_once_open: I64, undecided: Bool,
) -> tuple[int, int]:  # fmt: skip
    """Sums by contact (OF_CONTACTS, cell), `open_area` that of open contacts in seconds (1, interval, queue).

    `limits` are the times of the service level, of short abandonments and of the resolution target, (3, queue).
    `waits` and, where there is room, `open_waits` are the waits of the counted who entered and waited, the latter on
    the clock of the targets (time << bits | key, which is queue << OF_END | how it ended); how many there are of each
    is returned. `entered` (key) is how many did, `at_once` and `at_once_open` (key) who did not wait. `undecided` says
    of which contacts the first answer or the resolution is, `served` of which roots that are counted a contact of the
    chain was resolved, contained or deflected.
    """
    bits = bits_of(area.shape[2]) + OF_END
    for c in range(len(outcome) - 1, -1, -1):
        if link[c] == ROOT:  # the follow-ups are behind them
            break
        if is_solved(outcome[c], bounce_child[c], arrival):
            served[index(root[c])] = True
    words = False
    for slot in range(len(closing)):
        words |= closing[slot]
    near = FIRST
    waited = waited_open = 0
    for c in range(len(outcome)):
        came, gone, ended, many = arrival[c], left[c], outcome[c], messages[c]
        q, here = index(queue[c]), cell[c]
        if came < NEVER:
            word = words and ended == RESOLVED and closing[first_turn[c] + turns[c] - 1]
            near = span(area, q, came, gone if word else closed[c], edges, length, near)
            if word and here >= 0:
                sums[row.CLOSING, here] += many == turns[c]
            first = index(root[c])
            chain = cell[first]
            if chain >= 0 and not outbound[first]:
                sums[row.EFFORT, chain] += effort[q]
                if link[c] >= RETRY:
                    sums[row.REPEATED, chain] += 1
        if here < 0:
            continue
        if ended != NONE:
            sums[ended, here] += 1
        first_start = NEVER
        since = came
        if many > 0:
            slot = index(first_turn[c])
            first_start, since = start[slot], message[slot]
        begun = is_begun(ended, many, first_start)
        if begun:
            sums[row.BEGUN, here] += 1
        if called_back[c]:
            sums[row.CALLED_BACK, here] += 1
        again_about_it = False
        if ended == RESOLVED and reopen_child[c] >= 0:
            again_about_it = arrival[reopen_child[c]] < NEVER
        if again_about_it:
            sums[row.REOPENED, here] += 1
        if has_bounced(ended, bounce_child[c], arrival):
            sums[row.BOUNCED, here] += 1
        if outbound[c]:
            if many > 1:
                sums[row.OUTBOUND_ANSWERED, here] += 1
            continue

        until = min(first_start, gone)
        wait = until - since
        by_clock = elapsed(q, since, until, business, hours, opens, closes)
        if begun:
            sums[row.ANSWERED, here] += 1
            sums[row.WAIT_ANSWERED, here] += wait
            if business[q]:
                sums[row.WAIT_IN_OPEN_HOURS, here] += by_clock
            sums[row.IN_TIME, here] += by_clock <= limits[0, q]
        elif ended in (ABANDONED, SILENTLY):
            sums[row.GONE_IN_TIME, here] += by_clock <= limits[0, q]
            sums[row.GONE_AT_ONCE, here] += by_clock <= limits[1, q]
        if many > 0 and ended not in (NONE, REJECTED, DEFLECTED, CONTAINED):
            sums[row.ENTERED, here] += 1
            sums[row.WAIT_ENTERED, here] += wait
            sums[row.DELAYED, here] += wait > 0
            reached = begun or (called_back[c] and first_start < NEVER)  # who does not pick up has not given up
            end = SERVED if reached else (NEITHER if ended == BLOCKED else GAVE_UP)
            key = q << OF_END | end
            entered[key] += 1
            at_once[key] += wait == 0
            waits[waited] = wait << bits | key
            waited += wait > 0  # what is 0 is written over
            if len(open_waits) > 0:
                at_once_open[key] += by_clock == 0
                open_waits[waited_open] = by_clock << bits | key
                waited_open += by_clock > 0
            if ended == OPEN:
                unanswered = not begun and by_clock < limits[0, q]
                unresolved = elapsed(q, came, gone, business, hours, opens, closes) < limits[2, q]
                sums[row.FIRST_UNDECIDED, here] += unanswered
                sums[row.RESOLUTION_UNDECIDED, here] += unresolved
                undecided[c] = unanswered or unresolved
                sums[row.UNDECIDED, here] += undecided[c]
        if ended == RESOLVED:
            sums[row.RESOLVED, here] += 1
            sums[row.RESOLUTION, here] += gone - came
            if limits[2, q] >= 0:
                in_all = elapsed(q, came, gone, business, hours, opens, closes)
                sums[row.RESOLVED_IN_TIME, here] += in_all <= limits[2, q]
        if link[c] == ROOT:
            sums[row.ROOTS, here] += 1
            if begun:
                sums[row.ROOTS_ANSWERED, here] += 1
            if ended == RESOLVED and not again_about_it:
                sums[row.ROOTS_RESOLVED, here] += 1
            served[c] |= is_solved(ended, bounce_child[c], arrival)
            if not served[c]:
                sums[row.ROOTS_LOST, here] += 1
                sums[row.VALUE_LOST, here] += value[q, reason[c] + 1]
    in_seconds(area, edges, open_area)
    return waited, waited_open


# ── turns ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@scan
def turns(
    outcome: I8, first_turn: I64, messages: I32, turns: I32, closing: Bool, left: I64, closed: I64, message: I64,
    start: I64, reply: I64, agent: I32, reread: I64, cell: I32, queue: I32, outbound: Bool, shares: F64, shared: Bool,
    team: I32, limit: I64,
    business: Bool, hours: I64, opens: I64, closes: I64, edges: I64, length: int, sums: F64, area: I64,
    oldest: I64, waits: I64, waited: I64, pending: I64, ends: I64, undecided: Bool,
) -> tuple[int, int]:  # fmt: skip
    """Sums by turn (OF_TURNS, cell), `area` that of focused work (interval, team × queues + queue).

    What is `shared` (queue) is worked on `shares` (slot; float) and not in the area. `limit` is the reply target
    (queue). `oldest` is the greatest age of a message not yet in work (queue and of all), `waits` are those for later
    replies of the counted, `waited` (queue) how many, `pending` and `ends` the spans in which a customer's message
    waits, cut to the counted time (all three time << bits | queue); how many there are of each is returned. `undecided`
    is that of the contacts.
    """
    queues = len(business)
    bits = bits_of(queues)
    near = FIRST
    later = spans = 0
    for c in range(len(outcome)):
        many = messages[c]
        if many == 0:
            continue
        q, ended, first, end_of_all, here = index(queue[c]), outcome[c], index(first_turn[c]), closed[c], cell[c]
        left_at, is_outbound = left[c], outbound[c]
        begun = is_begun(ended, many, start[first])
        agents = 0
        for n in range(many):
            slot = index(first + n)
            came, began, replied, who = message[slot], start[slot], reply[slot], agent[slot]
            last = n == many - 1
            gone = ended in (ABANDONED, SILENTLY) or (ended == LOST and n > 0)
            # whose connection was lost, or who did not pick up, left after the start of work
            gone = gone and last and began >= left_at
            task = is_outbound and n == 0
            taken_up = min(began, end_of_all)
            finish = end_of_all if ended == RESOLVED and n == turns[c] - 1 else min(replied, end_of_all)
            word = last and closing[slot]

            if not task and not word:
                if taken_up > edges[0]:
                    oldest[q] = max(oldest[q], min(taken_up, edges[-1]) - came)
                since, until = max(came, edges[0]), min(taken_up, edges[-1])
                pending[spans] = since << bits | q
                ends[spans] = until << bits | q
                spans += since < until  # what is empty is written over
            worked = began < NEVER
            if worked and not shared[q]:
                near = span(area, team[index(who)] * queues + q, taken_up, finish, edges, length, near)

            if here < 0:
                continue
            if replied < NEVER and not word:
                if task:
                    sums[row.SENT, here] += 1
                elif not gone:
                    sums[row.REPLIES, here] += 1
                    sums[row.RESPONSE, here] += replied - came
            if n > 0 and (worked or gone) and not word:
                wait = (left_at if gone else began) - came
                sums[row.LATER, here] += 1
                sums[row.LATER_WAIT, here] += wait
                sums[row.DUE + min(n, 3) - 1, here] += 1
                if not gone and elapsed(q, came, came + wait, business, hours, opens, closes) <= limit[q]:
                    sums[row.IN_TIME_BY_TURN + min(n, 3) - 1, here] += 1
                waited[q] += 1
                waits[later] = wait << bits | q
                later += 1
            if n > 0 and not worked and ended == OPEN:  # never a word: its contact is resolved
                wait = elapsed(q, came, left_at, business, hours, opens, closes)
                sums[row.DUE + min(n, 3) - 1, here] += wait >= limit[q]
                sums[row.REPLY_UNDECIDED, here] += wait < limit[q] and not undecided[c]
            if worked and begun:
                work = float(finish - taken_up)
                if shared[q]:
                    work = shares[slot]
                sums[row.HANDLED, here] += not word
                sums[row.HANDLE, here] += work
                if reread[slot] > 0:
                    sums[row.REREAD, here] += min(float(reread[slot]), work)
                new = n == 0 or who != agent[slot - 1]
                if new:
                    for earlier in range(first, slot):
                        if agent[earlier] == who and start[earlier] < NEVER:
                            new = False
                            break
                agents += new
        if begun and here >= 0:
            sums[row.AGENTS, here] += agents
    settle(area, edges)
    for q in range(queues):
        oldest[queues] = max(oldest[queues], oldest[q])
    return later, spans


@scan
def suspensions(
    contact: I32, agent: I32, start: I64, end: I64, outcome: I8, first_turn: I64, messages: I32, began: I64,
    cell: I32, queue: I32, team: I32, edges: I64, length: int, sums: F64, area: I64, interruptions: I64,
) -> None:  # fmt: skip
    """Takes suspensions off the sums by turn, and makes `area` theirs (interval, team × queues + queue).

    `interruptions` is how many began, (interval, team).
    """
    near = FIRST
    queues = area.shape[2] // interruptions.shape[1]
    for r in range(len(contact)):
        c, t = index(contact[r]), index(team[index(agent[r])])
        near = span(area, t * queues + queue[c], start[r], end[r], edges, length, near)
        if edges[0] <= start[r] < edges[-1]:
            i = interval_of(start[r], edges, length, near)
            interruptions[i, t] += 1
        if cell[c] >= 0 and is_begun(outcome[c], messages[c], began[first_turn[c]]):
            sums[row.HANDLE, cell[c]] -= end[r] - start[r]
    settle(area, edges)


# ── stretches: waits for an agent and the sessions after them ────────────────────────────────────────────────────────


@scan
def stretches(
    contact: I32, agent: I32, since: I64, start: I64, end: I64, cell: I32, queue: I32, team: I32, first: I64,
    presence_start: I64, presence_end: I64, edges: I64, length: int, place: I64, sums: F64, waiting_area: I64,
    area: I64, unassigned: F64, sessions: F64, waits: I64, ends: I64, keys: I64, key_ends: I64, time_bits: int,
) -> tuple[int, int]:  # fmt: skip
    """Sums by contact with a session (OF_SESSIONS, cell), areas of who waits unassigned and of sessions held.

    In seconds, `unassigned` is (1, interval, queue), `sessions` (1, interval, team × queues + queue), while their agent
    is present; `waiting_area` and `area` are for use in here. `waits` and `ends` are the waits, cut to the counted time
    (time << bits | queue); `keys` and `key_ends` the sessions (agent << time_bits | time), likewise, if there is any
    room for them as far as it goes. How many there are of both is returned.
    """
    queues = waiting_area.shape[2]
    bits = bits_of(queues)
    near = FIRST
    waited = held = 0
    before = -1
    several = len(keys) > 0
    for r in range(len(contact)):
        c, came, taken, freed = index(contact[r]), since[r], start[r], end[r]
        q = index(queue[c])
        near = span(waiting_area, q, came, taken, edges, length, near)
        low, high = max(came, edges[0]), min(taken, edges[-1])
        waits[waited] = low << bits | q
        ends[waited] = high << bits | q
        waited += low < high  # what is empty is written over
        if agent[r] < 0:
            continue
        a, here = index(agent[r]), cell[c]
        if here >= 0:
            sums[row.SESSION, here] += freed - taken
            if c != before:
                sums[row.SESSIONS, here] += 1
        before = c
        p, last = index(place[a]), first[a + 1]  # the first of the agent's presences that ends after the start
        while p > first[a] and presence_end[index(p - 1)] > taken:
            p = index(p - 1)
        while p < last and presence_end[p] <= taken:
            p = index(p + 1)
        place[a] = p
        group = team[a] * queues + q
        while p < last and presence_start[p] < freed:
            low, high = max(taken, presence_start[p]), min(freed, presence_end[p])
            near = span(area, group, low, high, edges, length, near)
            low, high = max(low, edges[0]), min(high, edges[-1])
            if several and low < high:
                if held < len(keys):
                    keys[held] = a << time_bits | low
                    key_ends[held] = a << time_bits | high
                held += 1
            p = index(p + 1)
    in_seconds(waiting_area, edges, unassigned)
    in_seconds(area, edges, sessions)
    return waited, held


@scan
def over_queues(work: F64, weights: F64, of_teams: F64) -> None:
    """`work` (interval, team, queue) by `weights` (team, queue), summed over queues."""
    intervals, teams, queues = work.shape
    for i in range(intervals):
        for t in range(teams):
            total = 0.0
            for q in range(queues):
                total += work[i, t, q] * weights[t, q]
            of_teams[i, t] = total


@scan
def sessions(
    starts: I64, ends: I64, time_bits: int, team: I32, edges: I64, length: int, since: I64, area: I64, at_least: F64,
    most: I64,
) -> None:  # fmt: skip
    """From sorted sessions (agent << time_bits | time) the areas of at least 1, 2, … at once of an agent, and the most.

    `at_least` is (level, interval, team) in seconds, `most` (team and of all); `since` (level) is for use in here.
    """
    levels, _, teams = at_least.shape
    mask = (1 << time_bits) - 1
    near = FIRST
    held = finished = 0
    for r in range(len(starts) + len(ends)):
        k = r - finished
        if k < len(starts) and starts[k] < ends[finished]:
            if held < levels:
                since[held] = starts[k] & mask
            held += 1
            t = index(team[index(starts[k] >> time_bits)])
            most[t] = max(most[t], held)
        else:
            held -= 1
            if held < levels:
                group = held * teams + team[index(ends[finished] >> time_bits)]
                near = span(area, group, since[held], ends[finished] & mask, edges, length, near)
            finished += 1
    in_seconds(area, edges, at_least)
    for t in range(teams):
        most[teams] = max(most[teams], most[t])


# ── presences ────────────────────────────────────────────────────────────────────────────────────────────────────────


@scan
def presences(
    shift: I32, start: I64, end: I64, shift_agent: I32, shift_start: I64, shift_end: I64, paid: Bool, team: I32,
    edges: I64, length: int, area: I64, presence: F64,
) -> None:  # fmt: skip
    """`presence` (OF_PRESENCE, interval, team) in seconds."""
    teams = presence.shape[2]
    near = FIRST
    for s in range(len(shift_agent)):
        if paid[s]:
            group = row.PAID * teams + team[shift_agent[s]]
            near = span(area, group, shift_start[s], shift_end[s], edges, length, near)
    for r in range(len(shift)):
        s = index(shift[r])
        t = index(team[index(shift_agent[s])])
        staffed, overtime, pay = row.STAFFED * teams + t, row.OVERTIME * teams + t, row.PAID * teams + t
        late = max(start[r], shift_end[s])
        near = span(area, staffed, start[r], end[r], edges, length, near)
        near = span(area, overtime, late, end[r], edges, length, near)
        near = span(area, pay, late if paid[s] else start[r], end[r], edges, length, near)
    in_seconds(area, edges, presence)
