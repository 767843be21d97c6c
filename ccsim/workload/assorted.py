"""Distributions by number, of which each row of a column has one: drawn for all rows in a few steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Final, NamedTuple

import numpy as np

from ccsim import jit
from ccsim.distributions.constants import same
from ccsim.distributions.durations import (
    CHUNK,
    FIXED,
    Distribution,
    Exponential,
    Geometric,
    LogNormal,
    Uniform,
    counts,
    micros,
    to_micros,
)
from ccsim.distributions.streams import PHILOX
from ccsim.tables import F64, I8, I32, I64, NEVER, SECOND


class Families(NamedTuple):
    """Distributions by number, as compiled code takes them : arrays [distribution]."""

    family: I8
    scale: F64
    """what a standard value is multiplied by; the value of ALWAYS"""
    sigma: F64
    """of the LOGNORMAL"""
    low: F64
    """lowest value of the UNIFORM"""


ALWAYS: Final = 0
EXPONENTIAL: Final = 1
GEOMETRIC: Final = 2
LOGNORMAL: Final = 3
UNIFORM: Final = 4
OTHER: Final = 5
"""Families; all values of the OTHER are drawn by the distributions themselves."""


class Assorted:
    """So many distributions, one a queue, say; picklable."""

    def __init__(self, distributions: Iterable[Distribution]) -> None:
        self._each: Final = tuple(distributions)
        rows = [_family(distribution) for distribution in self._each]
        family, *parameters = zip(*rows, strict=True) if rows else ((), (), (), ())
        self._families: Final = Families(
            np.array(family, dtype=np.int8), *(np.array(column, dtype=np.float64) for column in parameters)
        )
        self._others: Final = [number for number, each in enumerate(family) if each == OTHER]
        fixed = {to_micros(one.mean) for one in self._each}
        self._always: Final = fixed.pop() if self.takes_no_draw and len(fixed) == 1 else None

    def __len__(self) -> int:
        return len(self._each)

    @property
    def takes_no_draw(self) -> bool:
        return bool((self._families.family == ALWAYS).all())

    def micros(self, which: I32 | I64, u: F64) -> I64:
        """A duration of each row's own distribution, `which` : int[n], at uniforms `u` : float64[n]; int64[n], µs."""
        return self._drawn(micros, which, u, SECOND, 0)

    def column(self, which: I32, u: F64) -> I64:
        """As `micros`; not to be written to."""
        return self.micros(which, u) if self._always is None else np.asarray(same(self._always, np.int64, len(u)))

    def counts(self, which: I32, u: F64) -> I32:
        """A number of turns of each row's own distribution : int32[n]."""
        return self._drawn(counts, which, u, 1, 1).astype(np.int32)

    def _drawn(self, draw: Callable[[Distribution, F64], I64], which: I32 | I64, u: F64, unit: int, least: int) -> I64:
        """Values in parts of which `unit` make one, at least `least`; `draw` is how distributions do it themselves."""
        which, drawn = which.astype(np.int32, copy=False), np.empty(len(u), dtype=np.int64)
        if len(self._others) < len(self._each):
            room, tails = np.empty((4, min(len(u), CHUNK))), np.empty(min(len(u), CHUNK), np.int32)
            for start in range(0, len(u), CHUNK):
                rows = slice(start, start + CHUNK)
                _families().draw(
                    self._families, which[rows], u[rows], float(unit), float(least), room, tails, drawn[rows]
                )
        for number in self._others:
            mine = np.flatnonzero(which == number)
            if len(mine):
                drawn[mine] = draw(self._each[number], u[mine])
        return drawn


def _family(distribution: Distribution) -> tuple[int, float, float, float]:
    """Its row of `Families`."""
    match distribution:
        case Exponential(mean):
            return EXPONENTIAL, -mean, 0.0, 0.0
        case Geometric(mean):
            return (ALWAYS, 1.0, 0.0, 0.0) if mean == 1 else (GEOMETRIC, 1 / math.log1p(-1 / mean), 0.0, 0.0)
        case LogNormal(median, sigma):
            return LOGNORMAL, median, sigma, 0.0
        case Uniform(low, high):
            return UNIFORM, high - low, 0.0, low
    if isinstance(distribution, FIXED):
        return ALWAYS, min(distribution.mean, float(NEVER)), 0.0, 0.0
    return OTHER, 0.0, 0.0, 0.0


@cache
def _families() -> ModuleType:
    """ccsim/workload/families.py"""
    sources = [Path(__file__).with_name(name) for name in ("families.py", "assorted.py")]
    return jit.load("ccsim.workload.families", [*sources, *PHILOX])
