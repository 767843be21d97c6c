"""Columns that are the same for every contact, shared by all that ask for them: nobody writes into them.

Half the bytes of a workload of calls are of such columns; made anew each time they cost more than what is drawn.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final
from weakref import WeakValueDictionary

import numpy as np

LONGEST: Final = 1 << 21
"""Rows of a column that is kept; longer ones last as long as a workload has them."""

_in_use: Final[WeakValueDictionary[tuple[type, float | None, int], Any]] = WeakValueDictionary()


def same(value: float, dtype: type, n: int) -> Any:
    """The value n times."""
    return _column(dtype, value, n)


def counting(dtype: type, n: int) -> Any:
    """0, 1, … n - 1."""
    return _column(dtype, None, n)


def _column(dtype: type, value: float | None, n: int) -> Any:
    if n <= LONGEST:
        return _kept(dtype, value, 1 << max(10, (n - 1).bit_length()))[:n]
    column = _in_use.get((dtype, value, n))
    if column is None:
        column = _in_use[dtype, value, n] = _made(dtype, value, n)
    return column


@lru_cache(1024)
def _kept(dtype: type, value: float | None, room: int) -> Any:
    return _made(dtype, value, room)


def _made(dtype: type, value: float | None, n: int) -> Any:
    if value is None:
        return np.arange(n, dtype=dtype)
    # zeros take no memory until somebody writes to them, and nobody does
    return np.full(n, value, dtype=dtype) if value else np.zeros(n, dtype=dtype)
