"""When a queue is open, as far as a log shows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ccsim.fit.quantities import THIN

if TYPE_CHECKING:
    import pandas as pd

INTERVAL: Final = 1800
"""Seconds of an interval of the profile, where the log has none of its own."""

QUIET: Final = 2 * 3600
"""Seconds in which nobody ever comes that are taken for the night of a log whose work runs over midnight."""

Hours = dict[int, tuple[int, int]]
"""By weekday the seconds after midnight between which a queue is open; empty where that is nearly always. Hours that
run over midnight are those of the day on which they begin, and end beyond 86,400 s."""


def opening(of_queues: Iterable[Hours]) -> Hours:
    """By weekday from the first opening of any queue to the last closing; whole days where one is always open."""
    each = list(of_queues)
    if not all(each):
        return dict.fromkeys(range(7), (0, 86400))
    days = {day for hours in each for day in hours}
    return {day: (min(h[day][0] for h in each if day in h), max(h[day][1] for h in each if day in h)) for day in days}


def answering_hours(mine: pd.DataFrame, messages: pd.DataFrame | None, holds: bool) -> Hours:
    """From the first to the last half hour of each weekday in which agents began to answer; empty if they always did.

    Where a channel does not hold who comes outside: in which customers came who were not rejected.
    """
    moments = mine["answer"].dropna() if holds else mine["arrival"][mine["outcome"] != "rejected"]
    if holds and messages is not None and len(messages):
        moments = messages["sent"][messages["sender"] == "agent"]
    if len(moments) < THIN:
        return {}
    return _by_weekday(moments, _clock(moments) // INTERVAL * INTERVAL, INTERVAL)


def interval_hours(starts: pd.Series[Any], interval: int) -> Hours:
    """From the first to the last interval of each weekday in which somebody came; empty if that is nearly always."""
    return _by_weekday(starts, _clock(starts), interval)


def _clock(moments: pd.Series[Any]) -> pd.Series[int]:
    """Seconds since midnight."""
    seconds: pd.Series[int] = (moments - moments.dt.normalize()).dt.total_seconds().astype("int64")
    return seconds


def _by_weekday(moments: pd.Series[Any], clock: pd.Series[int], length: int) -> Hours:
    """First start and last end, in seconds, of intervals of that length by weekday; empty if that is nearly always."""
    import pandas as pd

    if moments.empty:
        return {}
    begins = _day_begins(clock, length)
    since = (clock - begins) % 86400 + begins
    by = since.groupby((moments - pd.Timedelta(seconds=begins)).dt.day_of_week)
    by_day = {int(day): (int(group.min()), int(group.max()) + length) for day, group in by}
    whole = all(last - begun > 86400 - 3 * INTERVAL for begun, last in by_day.values())
    return {} if whole and len(by_day) == 7 else by_day


def _day_begins(clock: pd.Series[int], length: int) -> int:
    """Seconds after midnight at which work that runs over midnight begins: after the longest time without anybody.

    0 where nobody comes about midnight, or somebody at all hours.
    """
    at = np.unique(clock.to_numpy(np.int64))
    quiet = np.diff(at, append=at[0] + 86400) - length
    longest = int(np.argmax(quiet))
    return 0 if quiet[-1] >= QUIET or quiet[longest] < QUIET else int(at[longest + 1])
