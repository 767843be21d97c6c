"""Value that shrinks while a customer waits for the first answer. Times in µs."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ccsim.tables import F64, I32, I64, NEVER, Bool, Link, Log, MetricSpec, Outcome, Workload

WAS_THERE: Final = (Outcome.RESOLVED, Outcome.TRANSFERRED, Outcome.LOST, Outcome.TIMED_OUT)
"""Outcomes of customers who were there when work on their first turn began."""

IF_BEGUN: Final = (Outcome.EXPIRED, Outcome.OPEN)
"""Outcomes of customers who were there, if it began."""


def lost_by_wait(workload: Workload, log: Log, spec: MetricSpec, cell: I32, served: Bool, cells: int) -> F64:
    """In money, by cell of the customers' first contacts: of those `served`, what the wait took of their value."""
    lost = np.zeros(cells)
    first, begins = _first_answers(workload, log), _of_first_turn(log.message, log, log.arrival)
    counted = served & (workload.link == Link.ROOT) & ~workload.outbound & (cell >= 0) & (first < NEVER)
    for q in np.flatnonzero(np.diff(spec.value_offset)):
        steps = slice(spec.value_offset[q], spec.value_offset[q + 1])
        roots = np.flatnonzero(counted & (workload.queue == q))
        wait = first[roots] - begins[roots]
        factor = np.append(1.0, spec.value_factor[steps])[np.searchsorted(spec.value_after[steps], wait, side="right")]
        value = np.nan_to_num(spec.reason_value)[q, workload.reason[roots] + 1]
        lost += np.bincount(cell[roots], value * (1 - factor), cells)
    return lost


def _first_answers(workload: Workload, log: Log) -> I64:
    """By root: when work began on the first of its chain's contacts that was answered; NEVER if none was."""
    begun = _of_first_turn(log.start, log, np.full(len(log.outcome), NEVER))
    answered = np.isin(log.outcome, WAS_THERE) | (np.isin(log.outcome, IF_BEGUN) & (begun < NEVER))
    answered &= ~workload.outbound
    first = np.full(len(begun), NEVER)
    np.minimum.at(first, workload.root[answered], begun[answered])
    return first


def _of_first_turn(column: NDArray[np.int64], log: Log, otherwise: I64) -> I64:
    times = otherwise.copy()
    written = log.messages > 0
    times[written] = column[log.first_turn[written]]
    return times
