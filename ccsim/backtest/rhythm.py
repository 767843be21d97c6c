"""How work goes up and down together: by agent, kind of day, hour, day and half hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ccsim.tables import F64, I64, SECOND

if TYPE_CHECKING:
    import pandas as pd

INTERVAL: Final = 1800 * SECOND
INTERVALS: Final = 48
"""Of a day."""
THIN: Final = 20
"""Answered contacts below which a queue has no handle times of its own: it has those of all queues."""
ALL: Final = ""
"""What stands for the queues that have too few contacts, or none, on the training days."""


@dataclass(frozen=True)
class Rhythm:
    """How many times its queue's mean work a contact takes, and what contacts of a day or half hour share."""

    by_agent: dict[str, float]
    """of those whom the log names"""
    by_kind: F64
    """float64[2]: on other days, and on quiet ones"""
    by_hour: F64
    """float64[24]"""
    cv: float
    """coefficient of variation of a factor that all work of a half hour shares"""
    cv_day: float
    """of one that all work of a day shares"""

    def of(self, quiet: bool) -> F64:
        """float64[INTERVALS]"""
        return np.asarray(np.repeat(self.by_hour, INTERVALS // 24) * self.by_kind[int(quiet)], np.float64)


def thick(answered: pd.DataFrame) -> list[tuple[str, I64]]:
    """Queues with handle times of their own, and their rows."""
    return [
        (str(name), np.asarray(rows, np.int64))
        for name, rows in answered.groupby("queue").indices.items()
        if len(rows) >= THIN
    ]


def rhythm_of(answered: pd.DataFrame, quiet: frozenset[date]) -> tuple[Rhythm, dict[str, F64]]:
    """How work goes up and down together, beyond the chance of single contacts; and works by queue without the agents'.

    Compared with the queues' means, so that the mix of queues has no part in it. Ratios are drawn to 1 by what of their
    spread is chance (empirical Bayes): agents first, then the kind of day and the hour; what is left of the spread of
    days, and of half hours, is common to their contacts.
    """
    work = np.array((answered["end"] - answered["answer"]).dt.total_seconds(), np.float64)
    by_queue = answered.assign(work=work).groupby("queue")["work"]
    mean = np.array(by_queue.transform("mean"), np.float64)
    chance = np.nan_to_num(np.array(by_queue.transform("var", ddof=0), np.float64))

    def spread(group: I64, mean: F64, groups: int) -> tuple[F64, float]:
        """Drawn ratios to the mean by group, 1 where there is nothing; and their variance beyond chance."""
        took, expected, variance = (np.bincount(group, column, groups) for column in (work, mean, chance))
        precision = np.divide(expected**2, variance, out=np.zeros(groups), where=variance > 0)
        off = np.divide(took, expected, out=np.ones(groups), where=expected > 0) - 1
        beyond = max(float((precision @ off**2 - (precision > 0).sum()) / max(precision.sum(), 1e-9)), 0.0)
        return 1 + off * beyond * precision / (beyond * precision + 1), beyond

    def numbered(values: Any) -> I64:
        return np.asarray(np.unique(values, return_inverse=True)[1], np.int64)

    names = sorted(answered["agent"].dropna().unique())
    places = {name: place for place, name in enumerate(names)}
    agent = np.array(answered["agent"].map(places).fillna(len(names)), np.int64)
    by_agent, _ = spread(agent, mean, len(names) + 1)
    by_agent[-1] = 1.0  # nobody knows who
    alike = work / by_agent[agent]
    works = {str(name): alike[rows] for name, rows in thick(answered)} | {ALL: alike}
    mean = mean * by_agent[agent]
    kind = answered["arrival"].dt.date.isin(quiet).to_numpy(np.int64)
    by_kind, _ = spread(kind, mean, 2)
    hour = answered["arrival"].dt.hour.to_numpy(np.int64)
    by_hour, _ = spread(hour, mean * by_kind[kind], 24)
    mean = mean * by_kind[kind] * by_hour[hour]
    day, half_hour = (numbered(answered["arrival"].dt.floor(length)) for length in ("D", "30min"))
    of_day, beyond_day = spread(day, mean, int(day.max()) + 1)
    _, beyond = spread(half_hour, mean * of_day[day], int(half_hour.max()) + 1)
    paces = dict(zip(names, by_agent.tolist(), strict=False))
    return Rhythm(paces, by_kind, by_hour, float(np.sqrt(beyond)), float(np.sqrt(beyond_day))), works
