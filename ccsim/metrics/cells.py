"""Rows of contacts or turns by reporting interval and queue."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ccsim.metrics.timeline import segments
from ccsim.tables import I64, Bool


class Cells:
    """Rows by cell, interval × queues + queue, so that counts and sums of whole numbers by cell are exact and quick."""

    def __init__(self, cell: I64, intervals: int, queues: int) -> None:
        self.shape = (intervals, queues)
        in_order = bool((cell[1:] >= cell[:-1]).all())
        self.order = slice(None) if in_order else np.argsort(cell, kind="stable")
        self.bounds = np.searchsorted(cell[self.order], np.arange(intervals * queues + 1))
        """(intervals × queues + 1): first row of each cell, and of those not counted"""

    def count(self, chosen: Bool) -> I64:
        """How many rows are chosen, (interval, queue)."""
        if not chosen.any():
            return np.zeros(self.shape, dtype=np.int64)
        return segments(np.add, chosen[self.order], self.bounds).reshape(self.shape)

    def total(self, values: NDArray[Any], chosen: Bool) -> NDArray[Any]:
        """Sum of the chosen rows' values, (interval, queue)."""
        kind = np.result_type(values, np.int64)
        if not chosen.any():
            return np.zeros(self.shape, dtype=kind)
        return segments(np.add, (values * chosen)[self.order], self.bounds, kind).reshape(self.shape)
