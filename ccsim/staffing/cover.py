"""The integer program of staffing: the cheapest whole numbers that cover what is required."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from ccsim.results.plans import Requirement
from ccsim.scenario.model import Scenario
from ccsim.staffing import patterns
from ccsim.tables import F64, I64
from ccsim.workload.offered import interval_edges

if TYPE_CHECKING:
    from scipy.sparse import csr_array, spmatrix

SECONDS: Final = 60.0
"""For which the cheapest cover of a requirement is sought at most."""


class ShiftCover(NamedTuple):
    """`counts` : int64[n], how many of each; what they cost; a lower bound on the cost of any that cover as much."""

    counts: I64
    cost: float
    bound: float


def cover(
    covers: F64 | spmatrix,
    required: F64,
    cost: F64,
    *,
    least: F64 | int = 0,
    most: F64 | float = math.inf,
    seconds: float = 60.0,
    gap: float = 1e-6,
    nodes: int = 1_000_000,
) -> ShiftCover | None:
    """The cheapest whole numbers x, least ≤ x ≤ most, with covers @ x ≥ required; None if there are none.

    `covers` : float64[m, n] (dense or sparse), what one of a column adds to a row; `required` : float64[m]; `cost` :
    float64[n], 0 or more. For shifts after Dantzig (1954): a row is an interval of a team, a column a shift on a day.
    After `seconds` or `nodes` of the search tree the best found so far, which `bound` then tells from the optimum; None
    too if nothing was found. `gap` is the share of the cost by which it may be dearer than the cheapest. Solved by
    SciPy's HiGHS, the same counts every time unless the time runs out.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    n = len(cost)
    if n == 0:
        return ShiftCover(np.zeros(0, dtype=np.int64), 0.0, 0.0) if np.all(np.asarray(required) <= 0) else None
    rows, needed = _binding(covers, np.asarray(required, dtype=np.float64))
    with _mute():
        result = milp(
            cost,
            integrality=np.ones(n, dtype=np.int64),
            bounds=Bounds(np.broadcast_to(least, n), np.broadcast_to(most, n)),
            constraints=LinearConstraint(rows, needed, np.inf) if len(needed) else (),
            options={"time_limit": seconds, "mip_rel_gap": gap, "node_limit": nodes},
        )
    if result.x is None:
        return None
    counts = np.rint(result.x).astype(np.int64)
    bound = result.mip_dual_bound if result.mip_dual_bound is not None else result.fun
    return ShiftCover(counts, float(counts @ cost), min(float(bound), float(counts @ cost)))


@contextmanager
def _mute() -> Iterator[None]:
    """HiGHS prints notes of its own on stdout, past Python: they would stand in what a command prints."""
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def cover_shifts(scenario: Scenario, requirement: Requirement) -> ShiftCover | None:
    """The cheapest agents on the scenario's shift patterns with which every team has what it requires, shrinkage added.

    Teams and intervals in which no pattern is at the desk are left out. None where a pattern's `max` forbids it.
    """
    given = scenario.staffing.patterns
    covers, required = program(scenario, requirement)
    return cover(
        covers,
        required,
        patterns.costs(scenario),
        least=np.array([pattern.min for pattern in given], dtype=np.float64),
        most=np.array([patterns.most_agents(pattern) for pattern in given]),
        seconds=SECONDS,
    )


def program(scenario: Scenario, requirement: Requirement) -> tuple[F64, F64]:
    """Agents that one on each pattern brings to a team in an interval : float64[row, pattern]; required : float64[row].

    A row is a team in an interval in which some pattern is at the desk; shrinkage is in what is required.
    """
    edges, given = interval_edges(scenario), scenario.staffing.patterns
    by_team = np.zeros((*requirement.agents.shape, len(given)))
    for p, (pattern, row) in enumerate(patterns.crews(scenario)):
        by_team[requirement.names.index(pattern.team), :, p] = patterns.at_desk(row, edges)
    covers, required = by_team.reshape(-1, len(given)), requirement.with_shrinkage.ravel()
    reachable = covers.any(axis=1)
    return covers[reachable], required[reachable]


def _binding(given: F64 | spmatrix, required: F64) -> tuple[csr_array, F64]:
    """Of the rows that cover alike, the one that requires most; without rows that require nothing of what only adds.

    The intervals of a long shift mostly differ in nothing but the requirement, so this leaves a small program.
    """
    from scipy.sparse import csr_array

    covers: csr_array = csr_array(given)  # type: ignore[arg-type]
    covers.sort_indices()
    most: dict[tuple[bytes, bytes], int] = {}
    for row in range(covers.shape[0]):
        part = slice(covers.indptr[row], covers.indptr[row + 1])
        values = covers.data[part]
        if required[row] <= 0 and (values >= 0).all():
            continue
        key = (covers.indices[part].tobytes(), values.tobytes())
        if key not in most or required[row] > required[most[key]]:
            most[key] = row
    kept = sorted(most.values())
    return covers[kept], required[kept]
