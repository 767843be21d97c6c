"""How many contacts are expected on a day, by what similar days had."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np

from ccsim.backtest.rhythm import INTERVAL, INTERVALS
from ccsim.tables import F64, SECOND, Bool

if TYPE_CHECKING:
    import pandas as pd

PARTS: Final = 6
"""Of an interval, over which its forecast is spread: at opening and closing time customers do not come evenly."""


@dataclass(frozen=True)
class Forecast:
    """Contacts of the training days by interval: float64[day, INTERVALS] by queue."""

    days: tuple[date, ...]
    counts: dict[str, F64]
    within: F64 = field(default_factory=lambda: np.full((2, INTERVALS, PARTS), 1 / PARTS))
    """float64[2, INTERVALS, PARTS]: share of an interval's contacts by part of it, on other days and on quiet ones"""

    def quiet(self, day: date) -> bool:
        """Whether days of that weekday have less than half as many contacts as the busiest day."""
        volume = np.sum([table.sum(axis=1) for table in self.counts.values()], axis=0)
        same = self._same(day)
        return bool(same.any() and (volume[same] <= volume.max() / 2).all())

    def of(self, day: date) -> dict[str, F64]:
        """Expected contacts by interval, by queue.

        Of n days of that weekday their mean weighs 1 - 1/n, that of all days not quiet the rest: a single one is not
        told apart from the days like it. Quiet days differ too much to be pooled, each weekday is expected alone. A
        training day is expected from the others, unless it is the only one of its kind.
        """
        same = self._same(day)
        alike = same if self.quiet(day) else np.array([not self.quiet(other) for other in self.days])
        others = np.array([other != day for other in self.days])
        same, alike = (which & others if (which & others).any() else which for which in (same, alike))
        own = 1 - 1 / max(int(same.sum()), 1)
        weight = own * same / max(int(same.sum()), 1) + (1 - own) * alike / alike.sum()
        return {name: weight @ table for name, table in self.counts.items()}

    def by_part(self, day: date) -> dict[str, F64]:
        """The same by part of an interval: float64[INTERVALS * PARTS]."""
        within = self.within[int(self.quiet(day))]
        return {name: (counts[:, None] * within).ravel() for name, counts in self.of(day).items()}

    def _same(self, day: date) -> Bool:
        return np.array([other.weekday() == day.weekday() for other in self.days])


def within_intervals(contacts: pd.DataFrame, quiet: frozenset[date]) -> F64:
    """`Forecast.within`; even where nobody came."""
    kind = contacts["arrival"].dt.date.isin(quiet).to_numpy(np.int64)
    clock = contacts["arrival"] - contacts["arrival"].dt.normalize()
    part = np.array(clock.dt.total_seconds(), np.float64) * SECOND // (INTERVAL // PARTS)
    size = INTERVALS * PARTS
    came = np.bincount(kind * size + part.astype(np.int64), minlength=2 * size).reshape(2, INTERVALS, PARTS)
    total = came.sum(axis=2, keepdims=True)
    return np.where(total > 0, came / np.maximum(total, 1), 1 / PARTS)
