"""What is read off sorted times, compiled: percentiles, waits of who would never give up, the most at once.

Times in µs; a sorted value is time << bits | queue, of first waits with how they ended below that. As in scan.py.
"""

from __future__ import annotations

from typing import Final

from ccsim.jit import compiled as scan
from ccsim.jit import inlined as part
from ccsim.tables import F64, I64, SECOND

DIGIT: Final = 11
"""Bits by which `sort` sorts at a time."""

MASK: Final = (1 << DIGIT) - 1

MOVES: Final = 8
"""Places by which `sort` moves a value on average before it gives up inserting."""

NEITHER: Final = 0
SERVED: Final = 1
GAVE_UP: Final = 2
"""How a first wait ended: blocked; work began with the customer there; the customer had left, or the drain ended."""

OF_END: Final = 2
"""Bits for these."""


@part
def bits_of(queues: int) -> int:
    """Bits that hold the number of a queue."""
    bits = 0
    while 1 << bits < queues:
        bits += 1
    return bits


@scan
def sort(values: I64, spare: I64, counts: I64) -> bool:
    """Ascending, in `values` or, if so returned, in `spare`; several times as fast as a comparison sort.

    By insertion as long as few values move, as where those who arrive in order are served nearly in order; else by
    radix.
    """
    moved = 0
    for i in range(1, len(values)):
        value, place = values[i], i
        while place > 0 and values[place - 1] > value:
            values[place] = values[place - 1]
            place -= 1
        values[place] = value
        moved += i - place
        if moved > MOVES * (i + MOVES):
            break
    else:
        return False
    low = high = values[0]
    for i in range(len(values)):
        low, high = min(low, values[i]), max(high, values[i])
    shift = 0
    while (high - low) >> shift > 0:
        counts[:] = 0
        for i in range(len(values)):
            counts[(values[i] - low) >> shift & MASK] += 1
        before = 0
        for digit in range(MASK + 1):
            here = counts[digit]
            counts[digit] = before
            before += here
        for i in range(len(values)):
            digit = (values[i] - low) >> shift & MASK
            spare[counts[digit]] = values[i]
            counts[digit] += 1
        values, spare = spare, values
        shift += DIGIT
    return shift // DIGIT % 2 == 1


@scan
def quantiles(times: I64, more: int, percents: I64, count: I64, seen: I64, upto: I64, values: F64) -> None:
    """From sorted times (time << bits | queue, then `more` bits) the smallest that at least so many per cent did not
    exceed.

    `percents` ascend; `values` : float64[percent, queue, and all last] gets them in seconds, where there is data.
    `count`, `seen` and `upto`, of as many columns, all 0, are for use in here.
    """
    every = len(count) - 1
    bits = bits_of(every)
    mask = (1 << bits) - 1
    count[every] = len(times)
    for k in range(len(times)):
        count[times[k] >> more & mask] += 1
    for k in range(len(times)):
        group = times[k] >> more & mask
        for _ in range(2):  # the queue, then all
            seen[group] += 1
            while upto[group] < len(percents) and 100 * seen[group] >= percents[upto[group]] * count[group]:
                values[upto[group], group] = (times[k] >> bits + more) / SECOND
                upto[group] += 1
            group = every


@scan
def patient(times: I64, limit: I64, left: I64, remains: F64, since: I64, mean: F64, level: F64) -> None:
    """From sorted first waits those of customers who would never give up: `mean`, µs, and share within the limit.

    Kaplan & Meier (1958), where giving up is censoring: `remains` is the share whose wait is longer. The mean is up to
    the longest wait. `left` and `since`, all 0, are for use in here; `mean` and `level` are NaN without data.
    """
    bits = bits_of(len(limit))
    mask = (1 << bits) - 1
    for k in range(len(times)):
        q = times[k] >> OF_END & mask
        if times[k] & (1 << OF_END) - 1 != NEITHER:
            left[q] += 1
            remains[q], mean[q], level[q] = 1.0, 0.0, 0.0
    for k in range(len(times)):
        q, end, time = times[k] >> OF_END & mask, times[k] & (1 << OF_END) - 1, times[k] >> OF_END + bits
        if end != NEITHER:
            mean[q] += remains[q] * (time - since[q])
            since[q] = time
            if end == SERVED:
                remains[q] *= (left[q] - 1) / left[q]
                if time <= limit[q]:
                    level[q] = 1 - remains[q]
            left[q] -= 1


@scan
def peaks(starts: I64, ends: I64, queues: int, edges: I64, at_once: I64, most: I64) -> None:
    """From sorted spans (time << bits | queue) the most at once, by queue and of all, (interval, queue + 1)."""
    bits = bits_of(queues)
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
