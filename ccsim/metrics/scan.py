"""The log read once, compiled: what its contacts, turns, sessions and presences add up to by reporting interval.

A scan goes over the rows of one kind, books each to its cell (interval × queues + queue) and adds to the rows of
metrics/sums.py; sums of whole numbers are exact below 2^53. How long something lasted in each interval is added up from
its two ends (`step`), however many intervals lie between, and finished by `areas`. All times in µs, `edges` are the
bounds of the intervals within [warm_up, end). Importing this module imports numba; the scans release the GIL.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import numba
import numpy as np

from ccsim.metrics import sums as row
from ccsim.tables import NEVER, Link, Outcome

Function = TypeVar("Function", bound=Callable[..., Any])

OPTIONS: Final[dict[str, Any]] = {"nogil": True, "error_model": "numpy"}


def scan(function: Function) -> Function:
    """Called from Python, and kept in the cache."""
    return numba.njit(cache=True, **OPTIONS)(function)  # type: ignore[no-any-return]


def part(function: Function) -> Function:
    """Part of a scan."""
    return numba.njit(no_cpython_wrapper=False, **OPTIONS)(function)  # type: ignore[no-any-return]


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
EXPIRED: Final = int(Outcome.EXPIRED)
OPEN: Final = int(Outcome.OPEN)
ROOT: Final = int(Link.ROOT)
RETRY: Final = int(Link.RETRY)

DIGIT: Final = 11
"""Bits by which `sort` sorts at a time."""


# ── intervals ────────────────────────────────────────────────────────────────────────────────────────────────────────


@part
def interval_of(time, edges, length, near):  # type: ignore[no-untyped-def]
    """The interval of a time within them; `near` is a guess, right for most of what comes in order of time."""
    if edges[near] <= time < edges[near + 1]:
        return near
    return time // length - edges[0] // length


@part
def cell_of(arrival, queue, queues, edges, length, near):  # type: ignore[no-untyped-def]
    """The cell of what arrives, -1 if it is not counted; the backlog arrives at 0."""
    time = max(arrival, 0)
    if time < edges[0] or time >= edges[-1]:
        return -1
    return interval_of(time, edges, length, near) * queues + queue


@part
def step(at, count, group, time, by, edges, length, near):  # type: ignore[no-untyped-def]
    """`by` more from a time on: how much that is until the end of its interval, and for how many after it.

    Returns the interval, near which the next one may be.
    """
    if time >= edges[-1]:
        return near
    if time <= edges[0]:
        time = edges[0]
    i = interval_of(time, edges, length, near)
    at[i, group] += by * (edges[i + 1] - time)
    count[i, group] += by
    return i


@part
def areas(at, count, edges):  # type: ignore[no-untyped-def]
    """Finishes what `step` has added up: `at` becomes the integral in each interval."""
    for group in range(at.shape[1]):
        level = 0
        for i in range(at.shape[0]):
            at[i, group] += level * (edges[i + 1] - edges[i])
            level += count[i, group]


@part
def elapsed(queue, since, until, business, hours, opens, closes):  # type: ignore[no-untyped-def]
    """Time between two instants on the clock of the queue's targets: all of it, or only while the queue is open."""
    if not business[queue] or until >= NEVER:
        return until - since
    low, high = hours[queue], hours[queue + 1]
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
def is_begun(outcome, messages, start):  # type: ignore[no-untyped-def]
    """Work on the first turn (`start`) began while the customer was there."""
    if outcome in (EXPIRED, OPEN):
        return messages > 0 and start < NEVER
    return outcome in (RESOLVED, TRANSFERRED, LOST, TIMED_OUT)


@scan
def contacts(  # type: ignore[no-untyped-def]
    outcome, arrival, first_turn, messages, left, closed, called_back, message, start,
    queue, link, root, outbound, reopen_child,
    effort, limits, business, hours, opens, closes, edges, length,
    sums, at, count, waits, waiting,
):  # fmt: skip
    """Sums by contact (OF_CONTACTS, cell), `at` the area of open contacts (interval, queue).

    `limits` are the times of the service level, of short abandonments and of the resolution target, (3, queue). `waits`
    and `waiting` are the waits and queues of the counted who entered; how many there are is returned.
    """
    queues = len(business)
    served = np.zeros(len(outcome), np.bool_)
    for c in range(len(outcome)):
        if link[c] != ROOT and outcome[c] in (RESOLVED, CONTAINED, DEFLECTED):
            served[root[c]] = True
    near = again = done = entered = 0
    for c in range(len(outcome)):
        came, ended, q = arrival[c], outcome[c], queue[c]
        if came < NEVER:
            step(at, count, q, came, 1, edges, length, near)
            done = step(at, count, q, closed[c], -1, edges, length, done)
            first = root[c]
            if not outbound[first]:
                chain = cell_of(arrival[first], queue[first], queues, edges, length, again)
                if chain >= 0:
                    again = chain // queues
                    sums[row.EFFORT, chain] += effort[q]
                    if link[c] >= RETRY:
                        sums[row.REPEATED, chain] += 1
        cell = cell_of(came, q, queues, edges, length, near)
        if cell < 0:
            continue
        near = cell // queues
        if ended != NONE:
            sums[ended, cell] += 1
        first_start = NEVER
        since = came
        if messages[c] > 0:
            first_start = start[first_turn[c]]
            since = message[first_turn[c]]
        begun = is_begun(ended, messages[c], first_start)
        if begun:
            sums[row.BEGUN, cell] += 1
        if called_back[c]:
            sums[row.CALLED_BACK, cell] += 1
        again_about_it = False
        if ended == RESOLVED and reopen_child[c] >= 0:
            again_about_it = arrival[reopen_child[c]] < NEVER
        if again_about_it:
            sums[row.REOPENED, cell] += 1
        if outbound[c]:
            if messages[c] > 1:
                sums[row.OUTBOUND_ANSWERED, cell] += 1
            continue

        wait = min(first_start, left[c]) - since
        by_clock = elapsed(q, since, since + wait, business, hours, opens, closes)
        if begun:
            sums[row.ANSWERED, cell] += 1
            sums[row.WAIT_ANSWERED, cell] += wait
            if by_clock <= limits[0, q]:
                sums[row.IN_TIME, cell] += 1
        elif ended in (ABANDONED, SILENTLY):
            if by_clock <= limits[0, q]:
                sums[row.GONE_IN_TIME, cell] += 1
            if by_clock <= limits[1, q]:
                sums[row.GONE_AT_ONCE, cell] += 1
        if messages[c] > 0 and ended not in (NONE, REJECTED, DEFLECTED, CONTAINED):
            sums[row.ENTERED, cell] += 1
            sums[row.WAIT_ENTERED, cell] += wait
            waits[entered] = wait
            waiting[entered] = q
            entered += 1
        if ended == RESOLVED:
            sums[row.RESOLVED, cell] += 1
            sums[row.RESOLUTION, cell] += left[c] - came
            if elapsed(q, came, left[c], business, hours, opens, closes) <= limits[2, q]:
                sums[row.RESOLVED_IN_TIME, cell] += 1
        if link[c] == ROOT:
            sums[row.ROOTS, cell] += 1
            if begun:
                sums[row.ROOTS_ANSWERED, cell] += 1
            if ended == RESOLVED and not again_about_it:
                sums[row.ROOTS_RESOLVED, cell] += 1
            if not served[c] and ended not in (RESOLVED, CONTAINED, DEFLECTED):
                sums[row.ROOTS_LOST, cell] += 1
    areas(at, count, edges)
    return entered


# ── turns ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@scan
def turns(  # type: ignore[no-untyped-def]
    outcome, arrival, first_turn, messages, left, closed, message, start, reply, agent, reread,
    suspended_contact, suspended_agent, suspended_start, suspended_end,
    queue, outbound, shares, shared, team, limit, business, hours, opens, closes, edges, length,
    sums, at, count, oldest, waits, waiting, pending, ends,
):  # fmt: skip
    """Sums by turn (OF_TURNS, cell), `at` the area of focused work (interval, team × queues + queue).

    What is `shared` (queue) is worked on `shares` (slot; float) and not in the area. `limit` is the reply target
    (queue). `oldest` is the greatest age of a message not yet in work (queue), `waits` and `waiting` are the waits for
    later replies of the counted and their queues, `pending` and `ends` the spans in which a customer's message waits,
    cut to the counted time (time << bits | queue); how many there are of each is returned.
    """
    queues = len(business)
    bits = bits_of(queues)
    near = done = now = later = spans = 0
    for c in range(len(outcome)):
        many = messages[c]
        if many == 0:
            continue
        q, ended, first, end_of_all = queue[c], outcome[c], first_turn[c], closed[c]
        cell = cell_of(arrival[c], q, queues, edges, length, near)
        if cell >= 0:
            near = cell // queues
        begun = is_begun(ended, many, start[first])
        agents = 0
        for n in range(many):
            slot = first + n
            came, began, replied, who = message[slot], start[slot], reply[slot], agent[slot]
            last = n == many - 1
            gone = ended in (ABANDONED, SILENTLY) or (ended == LOST and n > 0)
            # whose connection was lost, or who did not pick up, left after the start of work
            gone = gone and last and began >= left[c]
            task = outbound[c] and n == 0
            taken_up = min(began, end_of_all)
            finish = end_of_all if last and ended == RESOLVED else min(replied, end_of_all)

            if not task:
                oldest[q] = max(oldest[q], min(taken_up, edges[-1]) - came if taken_up > edges[0] else 0)
                since, until = max(came, edges[0]), min(taken_up, edges[-1])
                if since < until:
                    pending[spans] = since << bits | q
                    ends[spans] = until << bits | q
                    spans += 1
            worked = began < NEVER
            if worked and not shared[q]:
                group = team[who] * queues + q
                now = step(at, count, group, taken_up, 1, edges, length, now)
                done = step(at, count, group, finish, -1, edges, length, done)

            if cell < 0:
                continue
            if replied < NEVER:
                if task:
                    sums[row.SENT, cell] += 1
                elif not gone:
                    sums[row.REPLIES, cell] += 1
                    sums[row.RESPONSE, cell] += replied - came
            if n > 0 and (worked or gone):
                wait = (left[c] if gone else began) - came
                sums[row.LATER, cell] += 1
                sums[row.LATER_WAIT, cell] += wait
                if not gone and elapsed(q, came, came + wait, business, hours, opens, closes) <= limit[q]:
                    sums[row.LATER_IN_TIME, cell] += 1
                waits[later] = wait
                waiting[later] = q
                later += 1
            if worked and begun:
                work = float(finish - taken_up)
                if shared[q]:
                    work = shares[slot]
                sums[row.HANDLED, cell] += 1
                sums[row.HANDLE, cell] += work
                sums[row.REREAD, cell] += min(float(reread[slot]), work)
                new = n == 0 or who != agent[slot - 1]
                if new:
                    for earlier in range(first, slot):
                        if agent[earlier] == who and start[earlier] < NEVER:
                            new = False
                            break
                agents += new
        if begun and cell >= 0:
            sums[row.AGENTS, cell] += agents
    for r in range(len(suspended_contact)):
        c = suspended_contact[r]
        group = team[suspended_agent[r]] * queues + queue[c]
        step(at, count, group, suspended_start[r], -1, edges, length, 0)
        step(at, count, group, suspended_end[r], 1, edges, length, 0)
        cell = cell_of(arrival[c], queue[c], queues, edges, length, 0)
        if cell >= 0 and is_begun(outcome[c], messages[c], start[first_turn[c]]):
            sums[row.HANDLE, cell] -= suspended_end[r] - suspended_start[r]
    areas(at, count, edges)
    return later, spans


# ── stretches: waits for an agent and the sessions after them ────────────────────────────────────────────────────────


@scan
def stretches(  # type: ignore[no-untyped-def]
    contact, agent, since, start, end, arrival, queue, team,
    presence_agent, presence_start, presence_end, edges, length,
    sums, waiting_at, waiting_count, at, count, waits, ends, keys, key_ends, span,
):  # fmt: skip
    """Sums by contact with a session (OF_SESSIONS, cell), areas of who waits unassigned and of sessions held.

    `waiting_at` is (interval, queue), `at` (interval, team × queues + queue): sessions while their agent is present.
    `waits` and `ends` are the waits, cut to the counted time (time << bits | queue); `keys` and `key_ends` the sessions
    (agent × span + time), likewise, as far as there is room. How many there are of both is returned.
    """
    queues = waiting_at.shape[1]
    bits = bits_of(queues)
    agents = len(team)
    first = np.zeros(agents + 1, np.int64)
    for r in range(len(presence_agent)):
        first[presence_agent[r] + 1] += 1
    for a in range(agents):
        first[a + 1] += first[a]
    place = first.copy()
    near = now = done = 0
    waited = held = 0
    before = -1
    for r in range(len(contact)):
        c = contact[r]
        q = queue[c]
        if since[r] < start[r]:
            now = step(waiting_at, waiting_count, q, since[r], 1, edges, length, now)
            now = step(waiting_at, waiting_count, q, start[r], -1, edges, length, now)
            low, high = max(since[r], edges[0]), min(start[r], edges[-1])
            if low < high:
                waits[waited] = low << bits | q
                ends[waited] = high << bits | q
                waited += 1
        a = agent[r]
        if a < 0:
            continue
        cell = cell_of(arrival[c], q, queues, edges, length, near)
        if cell >= 0:
            near = cell // queues
            sums[row.SESSION, cell] += end[r] - start[r]
            if c != before:
                sums[row.SESSIONS, cell] += 1
        before = c
        p = place[a]  # the first of the agent's presences that ends after the start
        while p > first[a] and presence_end[p - 1] > start[r]:
            p -= 1
        while p < first[a + 1] and presence_end[p] <= start[r]:
            p += 1
        place[a] = p
        group = team[a] * queues + q
        while p < first[a + 1] and presence_start[p] < end[r]:
            low, high = max(start[r], presence_start[p]), min(end[r], presence_end[p])
            now = step(at, count, group, low, 1, edges, length, now)
            done = step(at, count, group, high, -1, edges, length, done)
            low, high = max(low, edges[0]), min(high, edges[-1])
            if low < high:
                if held < len(keys):
                    keys[held] = a * span + low
                    key_ends[held] = a * span + high
                held += 1
            p += 1
    areas(waiting_at, waiting_count, edges)
    areas(at, count, edges)
    return waited, held


@scan
def sessions(starts, ends, span, team, edges, length, at, count, most):  # type: ignore[no-untyped-def]
    """From sorted sessions (agent × span + time) the areas of at least 1, 2, 3 at once of an agent, and the most.

    `at` is (interval, level × teams + team), `most` (team).
    """
    levels, teams = 3, len(most)
    held = finished = near = 0
    for r in range(len(starts) + len(ends)):
        k = r - finished
        if k < len(starts) and starts[k] < ends[finished]:
            agent = starts[k] // span
            held += 1
            if held <= levels:
                group = (held - 1) * teams + team[agent]
                near = step(at, count, group, starts[k] - agent * span, 1, edges, length, near)
            most[team[agent]] = max(most[team[agent]], held)
        else:
            agent = ends[finished] // span
            if held <= levels:
                group = (held - 1) * teams + team[agent]
                near = step(at, count, group, ends[finished] - agent * span, -1, edges, length, near)
            held -= 1
            finished += 1
    areas(at, count, edges)


# ── presences ────────────────────────────────────────────────────────────────────────────────────────────────────────


@scan
def presences(  # type: ignore[no-untyped-def]
    shift, start, end, shift_agent, shift_start, shift_end, paid, team, edges, length, at, count,
):  # fmt: skip
    """Areas of OF_PRESENCE, (interval, row × teams + team)."""
    teams = at.shape[1] // row.OF_PRESENCE
    for s in range(len(shift_agent)):
        if paid[s]:
            group = row.PAID * teams + team[shift_agent[s]]
            step(at, count, group, shift_start[s], 1, edges, length, 0)
            step(at, count, group, shift_end[s], -1, edges, length, 0)
    for r in range(len(shift)):
        s = shift[r]
        t = team[shift_agent[s]]
        step(at, count, row.STAFFED * teams + t, start[r], 1, edges, length, 0)
        step(at, count, row.STAFFED * teams + t, end[r], -1, edges, length, 0)
        late = max(start[r], shift_end[s])
        if late < end[r]:
            for which in (row.OVERTIME, row.PAID):
                step(at, count, which * teams + t, late, 1, edges, length, 0)
                step(at, count, which * teams + t, end[r], -1, edges, length, 0)
        until = min(end[r], shift_end[s])
        if not paid[s] and start[r] < until:
            step(at, count, row.PAID * teams + t, start[r], 1, edges, length, 0)
            step(at, count, row.PAID * teams + t, until, -1, edges, length, 0)
    areas(at, count, edges)


# ── what is sorted ───────────────────────────────────────────────────────────────────────────────────────────────────


@part
def bits_of(queues):  # type: ignore[no-untyped-def]
    """Bits that hold the number of a queue."""
    bits = 0
    while 1 << bits < queues:
        bits += 1
    return bits


@scan
def sort(values):  # type: ignore[no-untyped-def]
    """The values in ascending order, in their own array; several times as fast as a comparison sort, in any order."""
    low = high = values[0] if len(values) else 0
    in_order = True
    for i in range(len(values)):
        in_order = in_order and values[i] >= high
        low, high = min(low, values[i]), max(high, values[i])
    if in_order:
        return
    spare = np.empty_like(values)
    counts = np.empty((1 << DIGIT) + 1, np.int64)
    shift = 0
    one, other = values, spare
    while (high - low) >> shift > 0:
        counts[:] = 0
        for i in range(len(one)):
            counts[((one[i] - low) >> shift & (1 << DIGIT) - 1) + 1] += 1
        for digit in range(1 << DIGIT):
            counts[digit + 1] += counts[digit]
        for i in range(len(one)):
            digit = (one[i] - low) >> shift & (1 << DIGIT) - 1
            other[counts[digit]] = one[i]
            counts[digit] += 1
        one, other = other, one
        shift += DIGIT
    if shift // DIGIT % 2:
        values[:] = one


@scan
def peaks(starts, ends, queues, edges, most):  # type: ignore[no-untyped-def]
    """From sorted spans (time << bits | queue) the most at once, by queue and of all, (interval, queue + 1)."""
    bits = bits_of(queues)
    at_once = np.zeros(queues + 1, np.int64)
    mask = (1 << bits) - 1
    finished = i = 0
    for k in range(len(starts) + 1):
        time = starts[k] >> bits if k < len(starts) else edges[-1]
        while True:
            upto = min(time, edges[i + 1])
            while finished < len(ends) and ends[finished] >> bits <= upto:
                at_once[ends[finished] & mask] -= 1
                at_once[queues] -= 1
                finished += 1
            if time < edges[i + 1] or i + 2 == len(edges):
                break
            i += 1
            for q in range(queues + 1):
                most[i, q] = at_once[q]
        if k < len(starts):
            q = starts[k] & mask
            at_once[q] += 1
            at_once[queues] += 1
            most[i, q] = max(most[i, q], at_once[q])
            most[i, queues] = max(most[i, queues], at_once[queues])
