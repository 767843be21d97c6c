"""Contacts that are still under way at the end of a log, as in an export of this morning."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from ccsim.logs.lines import Lines, length
from ccsim.logs.mapping import Mapping
from ccsim.logs.times import HOUR, comes_again
from ccsim.scenario.channels import CHANNELS

if TYPE_CHECKING:
    import pandas as pd

OPEN: Final = "open"
"""Outcome of a contact that is under way."""
OVERTAKEN: Final = "neither answered nor ended, though somebody who came later was answered: taken as waiting"
SINCE: Final = "a call without an end, whose agent has answered another since"
OTHER_TIME: Final = "under way, and not since the first time of the hour that the clock repeats: since the second"


def who_is_here(rows: pd.DataFrame, how: Mapping, answered: pd.Series[bool], lines: Lines) -> pd.Series[bool]:
    """Who is under way in a log read live.

    Since the second time of an hour that comes twice, who cannot be since the first: their times become that.
    """
    if not lines.live:
        return answered & False
    here, no_end = under_way(rows, how, answered), ~has_end(rows, how, answered)
    if lines.unsure.any():
        unsure, later = no_end & ~here & lines.unsure, rows.copy()
        for name in ("arrival", "answer"):
            later[name] = rows[name].mask(unsure & comes_again(rows[name], how), rows[name] + HOUR)
        since = unsure & under_way(later, how, answered)
        for name in ("arrival", "answer"):
            rows[name] = later[name].where(since, rows[name])
        lines.mend(since, OTHER_TIME)
        here |= since
    lines.refuse(no_end & ~here & on_another(rows), SINCE)
    return here


def under_way(rows: pd.DataFrame, how: Mapping, answered: pd.Series[bool]) -> pd.Series[bool]:
    """Which contacts have no end and no outcome; `open` is none, and who was answered may still be talked to.

    `rows` have the log's own times and lengths, `answered` is what the log says of them. Nobody is under way where the
    log has no end of anybody; no caller whose agent has answered another since; and no caller who was overtaken where
    the log has neither outcomes nor an end of who was not answered, and some were by an hour: they have left.
    """
    over = has_end(rows, how, answered)
    if how.arrivals_only or not over.any():
        return answered & False
    here = ~over
    if "outcome" in how.columns:
        here &= rows["outcome"].isna() | rows["outcome"].isin([OPEN, "answered"])
    elif not (over & ~answered).any() and (here & overtaken(rows, answered, timedelta(hours=1))).any():
        here &= ~overtaken(rows, answered)
    return (here & ~on_another(rows)).fillna(False).astype("bool")


def on_another(rows: pd.DataFrame) -> pd.Series[bool]:
    """Callers whose agent has answered another since."""
    talks = _is(rows, "one_to_one")
    return talks & (rows["answer"] < _last(rows["answer"].where(talks), rows["agent"])).fillna(False)


def has_end(rows: pd.DataFrame, how: Mapping, answered: pd.Series[bool]) -> pd.Series[bool]:
    """Of which contacts a time or a length of time says that they have ended."""
    over = rows["end"].notna() | rows["wrapped"].notna()
    # a wait is the end of who was not answered, but not where the log says that it lasts, or who answered
    lasts = answered & False
    if "outcome" in how.columns:
        lasts |= (rows["outcome"] == OPEN).fillna(False) | rows["agent"].notna()
    if "left" in rows:
        over |= rows["left"].notna()
    for name in how.durations:
        known = rows[length(name)].fillna(0) > 0
        over |= known if name != "wait" else known & ~answered & rows["answer"].isna() & ~lasts
    return over


def begun(rows: pd.DataFrame, how: Mapping) -> pd.Series[bool]:
    """Of who is under way, who has been answered: with the time of it, or with a wait that is over and an agent."""
    answered = rows["answer"].notna()
    if "wait" in how.durations:
        answered |= rows[length("wait")].notna() & rows["agent"].notna()
    return answered


def overtaken(rows: pd.DataFrame, answered: pd.Series[bool], by: timedelta = timedelta(0)) -> pd.Series[bool]:
    """Who was not answered, though somebody of the queue was who came later, by that much or more.

    Not so of mails and the like, of which some wait for long."""
    last = _last(rows["arrival"].where(answered), rows["queue"])
    return ~answered & ~_is(rows, "persistent") & (rows["arrival"] + by < last)


def _is(rows: pd.DataFrame, quality: str) -> pd.Series[bool]:
    """Whether the channel of each row is such."""
    such: pd.Series[bool] = rows["channel"].map(lambda name: getattr(CHANNELS[name], quality)).astype("bool")
    return such


def _last(moments: pd.Series[Any], groups: pd.Series[str]) -> pd.Series[Any]:
    """The last of the moments of each row's group."""
    last: pd.Series[Any] = moments.groupby(groups).transform("max")
    return last
