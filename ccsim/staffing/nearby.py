"""Whole numbers near others: exchanges of a few agents, those that bring what is missing, what is short by least."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import combinations_with_replacement
from typing import Final

import numpy as np

from ccsim.tables import F64, I64, Bool

SIDE: Final = 100
"""Choices of agents to add, and of agents to remove, that a step looks at most: all of four agents of four patterns,
two of twelve, one of sixty."""

STEPS: Final = 50
"""Steps from each start at most."""


def some_of(patterns: I64, n: int, most: int = 2) -> I64:
    """None, one, up to `most` agents on these of n patterns : int64[choice, pattern]."""
    chosen = [c for size in range(most + 1) for c in combinations_with_replacement(patterns.tolist(), size)]
    counts = np.zeros((len(chosen), n), dtype=np.int64)
    for row, which in enumerate(chosen):
        np.add.at(counts[row], list(which), 1)
    return counts


def enough(gains: F64, missing: F64, cost: F64, possible: Bool) -> I64:
    """One agent more on patterns that bring what is missing, the most useful for its cost first : int64[pattern].

    `gains` : float64[pattern, row]; `missing` : float64[row]; `possible` : bool[pattern].
    """
    added = np.zeros(len(cost), dtype=np.int64)
    left = np.maximum(missing, 0.0)
    while (wanted := left > 0).any():
        useful = (np.minimum(gains, left)[:, wanted] / left[wanted]).sum(axis=1) / np.maximum(cost, 1e-6)
        useful[~possible | (added > 0)] = 0.0
        most = int(np.argmax(useful))
        if useful[most] <= 0:
            break
        added[most] = 1
        left = np.maximum(left - gains[most], 0.0)
    return added


def least_short(
    rows: F64,
    required: F64,
    cost: F64,
    budget: float,
    least: I64,
    most: I64,
    excluded: Sequence[I64],
    *,
    starts: Iterable[I64] = (),
    unit: float,
) -> tuple[I64, float] | None:
    """Whole numbers within a budget that are short of `rows` @ x ≥ `required` by little, and by how much at most.

    `excluded` : nothing that has nowhere more than one of these; `unit` : what is short by as many of it is alike, and
    the cheapest of it is taken. By steps of a few agents (a local search) from `starts` and from the linear program, so
    it may miss what is short by less. None if there is nothing within the budget nearby.
    """
    moves = _exchanges(len(cost))
    reached = []
    for start in (*starts, *_relaxed(rows, required, cost, budget, least, most)):
        at, rank = start, (math.inf, math.inf)
        for _ in range(STEPS):
            near = at + moves
            near = near[((near >= least) & (near <= most)).all(axis=1) & (near @ cost <= budget)]
            for point in excluded:
                near = near[(near > point).any(axis=1)]
            if len(near) == 0:
                break
            short = np.ceil((required - near @ rows.T).max(axis=1, initial=0.0) / unit - 1e-9)
            spent = near @ cost
            step = np.lexsort((spent, short))[0]
            if (short[step], spent[step]) >= rank:
                break
            at, rank = near[step], (float(short[step]), float(spent[step]))
        if rank[0] < math.inf:
            reached.append((rank, at))
    if not reached:
        return None
    rank, at = min(reached, key=lambda one: one[0])
    return at, rank[0] * unit


@cache
def _exchanges(n: int) -> I64:
    """Changes of numbers by as many agents less, and more, as make `SIDE` choices each : int64[move, n]."""
    size = 1
    while math.comb(n + size + 1, size + 1) <= SIDE:
        size += 1
    side = some_of(np.arange(n), n, size)
    return np.unique((side[:, None] - side[None, :]).reshape(-1, n), axis=0)


def _relaxed(rows: F64, required: F64, cost: F64, budget: float, least: I64, most: I64) -> list[I64]:
    """The parts of agents that are short by least, rounded; nothing if the linear program has no answer."""
    from scipy.optimize import linprog

    n = len(cost)
    table = np.vstack([np.column_stack([-rows, -np.ones(len(rows))]), np.append(cost, 0.0)])
    solved = linprog(
        np.append(np.zeros(n), 1.0),
        A_ub=table,
        b_ub=np.append(-required, budget),
        bounds=[*zip(least.tolist(), most.tolist(), strict=True), (0.0, None)],
        method="highs",
    )
    return [] if solved.x is None else [np.clip(np.rint(solved.x[:n]).astype(np.int64), least, most)]
