"""The metrics of a replication from its sums, by the steps of their formulas: compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from ccsim.jit import compiled, inlined
from ccsim.metrics.formulas import ABOVE, ADD, DIVIDE, MULTIPLY, SUBTRACT
from ccsim.tables import F64, I64, Bool


@inlined
def take(does: int, one: F64, other: F64, result: F64) -> None:
    """A step with its two planes, as long rows of numbers."""
    if does == ADD:
        for i in range(len(result)):
            result[i] = one[i] + other[i]
    elif does == SUBTRACT:
        for i in range(len(result)):
            result[i] = one[i] - other[i]
    elif does == MULTIPLY:
        for i in range(len(result)):
            result[i] = one[i] * other[i]
    elif does == DIVIDE:
        for i in range(len(result)):
            result[i] = one[i] / other[i]
    elif does == ABOVE:
        for i in range(len(result)):
            result[i] = one[i] > other[i]
    else:
        for i in range(len(result)):
            result[i] = one[i] >= other[i]


@inlined
def add_up(each: F64, run: F64) -> None:
    """Sums over intervals of each (interval, column) in the order of time, three columns side by side."""
    intervals, columns = each.shape
    for first in range(0, columns - 2, 3):
        one = other = third = 0.0
        for i in range(intervals):
            one += each[i, first]
            other += each[i, first + 1]
            third += each[i, first + 2]
        run[first], run[first + 1], run[first + 2] = one, other, third
    if columns % 3 > 0:  # one or two are left
        last, before = columns - 1, columns - columns % 3
        one = other = 0.0
        for i in range(intervals):
            one += each[i, before]
            other += each[i, last]
        run[before], run[last] = one, other


@inlined
def fill(each: F64, run: F64, column: int, value: float) -> None:
    """One value in a column of all intervals and of the run."""
    run[column] = value
    for i in range(len(each)):
        each[i, column] = value


@compiled
def work_out(
    steps: I64, tables: Any, sides: I64, applies: Bool, common: Bool, counts: Bool, each: F64, run: F64,
) -> None:  # fmt: skip
    """All metrics of a level, with totals over queues or teams and over intervals.

    The results of `steps` (does, table and row of one and of the other plane) go to the first of `tables` (row,
    interval × queue or team). `sides` (metric, numerator or denominator, table and row) are the metrics' planes. `each`
    gets (metric, side, interval, queue or team, and the total last), or has room for one metric where only `run`, the
    same without interval, is wanted. What does not apply (metric, queue or team) counts for nothing, and its
    denominator is NaN. A denominator that is `common` (metric) to all is that of the total too; that of `counts`
    (metric) is 1 in the run.
    """
    room = tables[0]
    for s in range(len(steps)):
        take(steps[s, 0], tables[steps[s, 1]][steps[s, 2]], tables[steps[s, 3]][steps[s, 4]], room[s])
    metrics, width = applies.shape
    intervals = each.shape[2]
    for m in range(metrics):
        first = there = 0
        for column in range(width - 1, -1, -1):
            if applies[m, column]:
                first = column
                there += 1
        here = m if len(each) > 1 else 0
        for side in range(1 if counts[m] else 2):
            plane, into = tables[sides[m, side, 0]][sides[m, side, 1]], each[here, side]
            alike = side == 1 and common[m]
            for i in range(intervals):
                total = 0.0
                for column in range(width):
                    value = plane[i * width + column]
                    if there < width and not applies[m, column]:
                        value = 0.0
                    into[i, column] = value
                    total += value
                into[i, width] = into[i, first] if alike else total
            add_up(into, run[m, side])
        for column in range(width + 1 if counts[m] else 0):
            fill(each[here, 1], run[m, 1], column, 1.0)
        for column in range(width):
            if not applies[m, column]:
                fill(each[here, 1], run[m, 1], column, np.nan)


@inlined
def split(value: float, weight: float, sides: F64, column: int) -> None:
    """Numerator and denominator of a value."""
    is_finite = np.isfinite(value)
    sides[0, column] = value if is_finite else 0.0
    sides[1, column] = weight * is_finite


@compiled
def finite(values: F64, weights: F64, each: F64, run: F64) -> None:
    """Values that are not added, with the highest over intervals: `run` (metric, side, column), `each` with intervals.

    `values` (metric, interval, column) are the numerators, 0 if not finite, then with denominators 0, else `weights`
    (metric, column): 1, or NaN, whatever the value, where the metric does not apply.
    """
    metrics, intervals, columns = values.shape
    for m in range(metrics):
        for column in range(columns):
            highest = -np.inf
            for i in range(intervals):
                value = values[m, i, column]
                if value > highest or np.isnan(value):
                    highest = value
                split(value, weights[m, column], each[m, :, i], column)
            split(highest, weights[m, column], run[m], column)
