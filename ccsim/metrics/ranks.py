"""What is read off sorted times, compiled: percentiles, waits of who would never give up, the most at once.

Times in µs; a sorted value is time << bits | key, where the key is the queue, of first waits queue << OF_END | how they
ended. Those who wait not at all, often half, are only counted, by key. As in scan.py.
"""

from __future__ import annotations

from typing import Final

from ccsim.jit import compiled as scan
from ccsim.jit import inlined as part
from ccsim.metrics.indices import index
from ccsim.tables import F64, I64, NEVER, SECOND

DIGIT: Final = 11
"""Bits by which `sort` sorts at a time, at most."""

DIGITS: Final = 1 << DIGIT
"""Values of so many bits."""

MOVES: Final = 8
"""Places by which `sort` moves a value on average before it gives up inserting."""

NEITHER: Final = 0
SERVED: Final = 1
GAVE_UP: Final = 2
"""How a first wait ended: blocked; work began with the customer there; the customer had left, or the drain ended."""

OF_END: Final = 2
"""Bits for these."""


@part
def bits_of(count: int) -> int:
    """Bits that hold a number below the count, such as that of a queue."""
    bits = 0
    while 1 << bits < count:
        bits += 1
    return bits


@scan
def sort(values: I64, spare: I64, counts: I64) -> bool:
    """Ascending, in `values` or, if so returned, in `spare`; several times as fast as a comparison sort.

    By insertion as long as few values move, as where those who arrive in order are served nearly in order; else by
    radix, in digits of one length, no longer than the number of values is. `counts` has DIGITS.
    """
    moved = 0
    for i in range(1, len(values)):
        value, place = values[i], i
        while place > 0 and values[index(place - 1)] > value:
            values[index(place)] = values[index(place - 1)]
            place -= 1
        values[index(place)] = value
        moved += i - place
        if moved > MOVES * (i + MOVES):
            break
    else:
        return False
    low = high = values[0]
    for i in range(len(values)):
        low, high = min(low, values[i]), max(high, values[i])
    bits = bits_of(high - low + 1)
    passes = -(-bits // min(DIGIT, bits_of(len(values))))
    digit = -(-bits // passes)
    last = (1 << digit) - 1
    for shift in range(0, bits, digit):
        counts[: last + 1] = 0
        for i in range(len(values)):
            counts[(values[i] - low) >> shift & last] += 1
        before = 0
        for value in range(last + 1):
            here = counts[value]
            counts[value] = before
            before += here
        for i in range(len(values)):
            value = (values[i] - low) >> shift & last
            spare[index(counts[value])] = values[i]
            counts[value] += 1
        values, spare = spare, values
    return passes % 2 == 1


@part
def rank_of(percent: int, count: int) -> int:
    """Rank, from 1, of the smallest of so many values that at least so many per cent do not exceed."""
    return -(-percent * count // 100)


@scan
def quantiles(times: I64, count: I64, zeros: I64, more: int, percents: I64, state: I64, values: F64) -> None:
    """The smallest times that at least so many per cent did not exceed, in seconds, where there is data.

    `times` are sorted and above 0; `count` are all by key, `zeros` those of 0; `more` are the key's bits besides the
    queue. `percents` ascend; `values` : float64[percent, queue, and all last] gets the results. `state` (4, queue),
    all 0, is for use in here.
    """
    every = values.shape[1] - 1
    bits = bits_of(every) + more
    of_all, at_zero = int(count.sum()), int(zeros.sum())
    for p in range(len(percents) if of_all > 0 else 0):
        rank = rank_of(percents[p], of_all) - at_zero
        values[p, every] = (times[index(rank - 1)] >> bits) / SECOND if rank > 0 else 0.0
        if every == 1:
            values[p, 0] = values[p, 1]
    if every == 1:
        return
    of, seen, wanted, done = state[0], state[1], state[2], state[3]
    for key in range(len(count)):
        of[key >> more] += count[key]
        seen[key >> more] += zeros[key]
    for q in range(every):
        while done[q] < len(percents) and 0 < rank_of(percents[done[q]], of[q]) <= seen[q]:
            values[done[q], q] = 0.0
            done[q] += 1
        wanted[q] = rank_of(percents[min(done[q], len(percents) - 1)], of[q])
    for k in range(len(times)):
        q = times[k] >> more & (1 << bits - more) - 1
        seen[q] += 1
        while seen[q] == wanted[q] and done[q] < len(percents):
            values[done[q], q] = (times[k] >> bits) / SECOND
            done[q] += 1
            wanted[q] = rank_of(percents[min(done[q], len(percents) - 1)], of[q])


@scan
def patient(
    times: I64, count: I64, zeros: I64, limit: I64, left: I64, remains: F64, since: I64, mean: F64, level: F64
) -> None:
    """From sorted first waits those of customers who would never give up: `mean`, µs, and share within the limit.

    Kaplan & Meier (1958), where giving up is censoring: `remains` is the share whose wait is longer. The mean is up to
    the longest wait. `times`, `count` and `zeros` are as in `quantiles`. `left` and `since`, all 0, and `remains`, all
    1, are for use in here; `mean` and `level` are NaN without data.
    """
    bits = bits_of(len(limit)) + OF_END
    for key in range(len(count)):
        if key & (1 << OF_END) - 1 != NEITHER:
            left[key >> OF_END] += count[key]
    for q in range(len(limit)):
        if left[q] > 0:
            mean[q], level[q] = 0.0, 0.0
        for _ in range(zeros[q << OF_END | SERVED]):
            remains[q] *= (left[q] - 1) / left[q]
            left[q] -= 1
        if zeros[q << OF_END | SERVED] > 0 and limit[q] >= 0:
            level[q] = 1 - remains[q]
        left[q] -= zeros[q << OF_END | GAVE_UP]
    for k in range(len(times)):
        q, end, time = times[k] >> OF_END & (1 << bits - OF_END) - 1, times[k] & (1 << OF_END) - 1, times[k] >> bits
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
    """From sorted spans (time << bits | queue) the most at once, by queue and of all, (interval, queue + 1).

    `at_once` (queue + 1), all 0, is for use in here.
    """
    bits = bits_of(queues)
    mask = (1 << bits) - 1
    started = finished = 0
    for i in range(len(edges) - 1):
        for q in range(queues):
            most[i, q] = at_once[q]
        highest = started - finished
        last_start, last_end = (edges[i + 1] << bits) - 1, edges[i + 1] << bits | mask
        while True:
            start = starts[started] if started < len(starts) else NEVER
            end = ends[finished] if finished < len(ends) else NEVER
            over = end <= start | mask
            if (start > last_start) & (end > last_end):
                break
            q = (end if over else start) & mask
            at_once[q] += 1 - 2 * over
            finished += over
            started += 1 - over
            most[i, q] = max(most[i, q], at_once[q])
            highest = max(highest, started - finished)
        most[i, queues] = highest
