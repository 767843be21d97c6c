"""A figure and how sure it is."""

from __future__ import annotations

from typing import NamedTuple


class Estimate(NamedTuple):
    """A mean over replications with its 95 % interval; NaN where there are no data."""

    mean: float
    low: float
    high: float
