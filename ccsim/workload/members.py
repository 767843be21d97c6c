"""Values of one column, drawn queue by queue from as many distributions in few steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ccsim.distributions.durations import Constant, Law, Never, counts, micros, to_micros
from ccsim.tables import F64, I32, I64
from ccsim.workload.constants import same


class Members:
    """Which rows (contacts, or turns) belong to each of so many queues."""

    def __init__(self, queue: I32, queues: int) -> None:
        self._of: list[Any] = [slice(None)] if queues == 1 else [(queue == q).nonzero()[0] for q in range(queues)]

    def micros(self, laws: Sequence[Law], u: F64) -> I64:
        """A duration for each row : int64[n], microseconds."""
        found: I64 = self._drawn(micros, laws, u, np.int64)
        return found

    def column(self, laws: Sequence[Law], u: F64) -> I64:
        """As `micros`; not to be written to."""
        first = laws[0]
        if isinstance(first, Constant | Never) and all(law == first for law in laws):
            return np.asarray(same(to_micros(first.mean), np.int64, len(u)))
        return self.micros(laws, u)

    def counts(self, laws: Sequence[Law], u: F64) -> I32:
        """A number of turns for each row : int32[n]."""
        found: I32 = self._drawn(counts, laws, u, np.int32)
        return found

    def _drawn(self, draw: Callable[[Law, F64], I64], laws: Sequence[Law], u: F64, dtype: type) -> Any:
        if len(laws) == 1:
            return draw(laws[0], u).astype(dtype, copy=False)
        found: Any = np.empty(len(u), dtype=dtype)
        for law, mine in zip(laws, self._of, strict=True):
            found[mine] = draw(law, u[mine])
        return found


def of_laws(laws: Sequence[Law], which: I32 | I64, u: F64) -> I64:
    """A duration of each row's own distribution : int64[n], microseconds; for few rows and many distributions."""
    found = np.empty(len(u), dtype=np.int64)
    for number, law in enumerate(laws):
        mine = (which == number).nonzero()[0]
        if len(mine):
            found[mine] = micros(law, u[mine])
    return found
