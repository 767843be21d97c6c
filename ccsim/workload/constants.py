"""Columns that are the same for every contact, kept once for all workloads of the process: nobody writes into them.

Half the bytes of a workload of calls are of such columns; made anew each time they cost more than what is drawn.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np

LONGEST: Final = 1 << 21
"""Rows of a column that is kept; longer ones are made for each workload."""


def same(value: float, dtype: type, n: int) -> Any:
    """The value n times."""
    return np.full(n, value, dtype=dtype) if n > LONGEST else _kept(dtype, value, _room(n))[:n]


def counting(dtype: type, n: int) -> Any:
    """0, 1, … n - 1."""
    return np.arange(n, dtype=dtype) if n > LONGEST else _kept(dtype, None, _room(n))[:n]


def _room(n: int) -> int:
    return 1 << max(10, (n - 1).bit_length())


@cache
def _kept(dtype: type, value: float | None, room: int) -> Any:
    return np.arange(room, dtype=dtype) if value is None else np.full(room, value, dtype=dtype)
