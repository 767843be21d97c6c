"""What is known of days before they come: weekday, place in the month and the year, holidays, events, closed days."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from ccsim.tables import F64, I64


@dataclass(frozen=True)
class Days:
    """Features of open days, in order."""

    dates: tuple[date, ...]
    number: F64
    """days since the first of the dates"""
    step: F64
    """open days since then: Monday follows Friday where weekends are closed"""
    weekday: I64
    """0 is Monday"""
    month: F64
    """how much of the month has passed, from 0 to 1"""
    year: F64
    """how much of the year has passed, from 0 to 1"""
    first: F64
    """1 on the first day after closed ones"""
    marks: F64
    """1 where a day has a mark : float64[day, mark]"""

    def some(self, which: I64) -> Days:
        """Those days alone."""
        return Days(
            tuple(self.dates[i] for i in which.tolist()),
            self.number[which],
            self.step[which],
            self.weekday[which],
            self.month[which],
            self.year[which],
            self.first[which],
            self.marks[which],
        )


def features(
    dates: Sequence[date],
    is_open: Callable[[date], bool],
    marks: Mapping[date, Collection[str]],
    names: Sequence[str] = (),
) -> Days:
    """Features of the open days among consecutive `dates`; `marks` are names of holidays and events by date."""
    opened = [day for day in dates if is_open(day)]
    return Days(
        dates=tuple(opened),
        number=np.array([(day - dates[0]).days for day in opened], np.float64),
        step=np.arange(len(opened), dtype=np.float64),
        weekday=np.array([day.weekday() for day in opened], np.int64),
        month=np.array([(day.day - 1) / monthrange(day.year, day.month)[1] for day in opened], np.float64),
        year=np.array([(day.timetuple().tm_yday - 1) / 365.25 for day in opened], np.float64),
        first=np.array([not is_open(day - timedelta(days=1)) for day in opened], np.float64),
        marks=np.array([[name in marks.get(day, ()) for name in names] for day in opened], np.float64).reshape(
            len(opened), len(names)
        ),
    )
