"""Values of one column, drawn queue by queue from as many distributions in few steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ccsim.distributions.durations import Constant, Distribution, Never, counts, micros, to_micros
from ccsim.tables import F64, I32, I64
from ccsim.workload.constants import same


class Members:
    """Which rows (contacts, or turns) belong to each of so many queues."""

    def __init__(self, queue: I32, queues: int) -> None:
        self._of: list[Any] = [slice(None)] if queues == 1 else [(queue == q).nonzero()[0] for q in range(queues)]

    def micros(self, distributions: Sequence[Distribution], u: F64) -> I64:
        """A duration for each row : int64[n], microseconds."""
        drawn: I64 = self._drawn(micros, distributions, u, np.int64)
        return drawn

    def column(self, distributions: Sequence[Distribution], u: F64) -> I64:
        """As `micros`; not to be written to."""
        first = distributions[0]
        if isinstance(first, Constant | Never) and all(distribution == first for distribution in distributions):
            return np.asarray(same(to_micros(first.mean), np.int64, len(u)))
        return self.micros(distributions, u)

    def counts(self, distributions: Sequence[Distribution], u: F64) -> I32:
        """A number of turns for each row : int32[n]."""
        drawn: I32 = self._drawn(counts, distributions, u, np.int32)
        return drawn

    def _drawn(
        self, draw: Callable[[Distribution, F64], I64], distributions: Sequence[Distribution], u: F64, dtype: type
    ) -> Any:
        if len(distributions) == 1:
            return draw(distributions[0], u).astype(dtype, copy=False)
        drawn: Any = np.empty(len(u), dtype=dtype)
        for distribution, mine in zip(distributions, self._of, strict=True):
            drawn[mine] = draw(distribution, u[mine])
        return drawn


def of_distributions(distributions: Sequence[Distribution], which: I32 | I64, u: F64) -> I64:
    """A duration of each row's own distribution : int64[n], microseconds; for few rows and many distributions."""
    drawn = np.empty(len(u), dtype=np.int64)
    for number, distribution in enumerate(distributions):
        mine = (which == number).nonzero()[0]
        if len(mine):
            drawn[mine] = micros(distribution, u[mine])
    return drawn
