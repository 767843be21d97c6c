"""Local times without an offset in the hour that a clock repeats in autumn: which of the two each line means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ccsim.logs.lines import Lines, joined, mask
from ccsim.logs.mapping import Mapping
from ccsim.logs.records import FOLLOWS
from ccsim.logs.times import HOUR, comes_again

if TYPE_CHECKING:
    import pandas as pd

TWICE: Final = "a time in the hour that the clock repeats, without an offset: taken as the first of the two"
DECIDED: Final = "a time in the hour that the clock repeats, without an offset: by the order of the lines"


def groups_in_order(name: str, sheet: pd.DataFrame, how: Mapping) -> Any:
    """Groups of lines that may be in the order of that column: a log of contacts, each conversation; None of others."""
    if (how.kind, name) == ("messages", "sent"):
        return joined([sheet[source] for source in how.columns["conversation"] if source in sheet])
    return 0 if (how.kind, name) == ("contacts", "arrival") else None


def by_order(
    moments: pd.Series[Any], either: pd.Series[bool], groups: Any, how: Mapping, lines: Lines
) -> pd.Series[Any]:
    """The moments, in UTC, an hour later where the order of the lines in each of the groups says that they are second.

    That is so where the clock goes back once in a night, in lines that are in the order of time or backwards.
    `either` : taken as the first so far; what stays so without a reason is counted, and `lines.unsure`.
    """
    import pandas as pd

    if groups is not None:
        second, decided = _second(moments, either, pd.Series(groups, moments.index), how.tolerance)
        moments = moments.mask(second, moments + HOUR)
        lines.mend(decided, DECIDED)
        lines.decided |= mask(decided)
    unsure = mask(either) & ~lines.decided
    if unsure.any():
        lines.mend(unsure, TWICE)
        lines.unsure |= unsure
    return moments


def _second(moments: pd.Series[Any], either: pd.Series[bool], of: pd.Series[Any], tolerance: float) -> Any:
    """Which are second, and of which that is decided; what is no further back than the tolerance, in s, is disorder."""
    import pandas as pd

    known = moments.dropna()
    steps, zero = known.groupby(of).diff(), pd.Timedelta(0)
    if (steps < zero).sum() > (steps > zero).sum():
        known = known[::-1]
    may = either[known.index]
    back = known.groupby(of).diff() < -pd.Timedelta(seconds=tolerance)
    put_back = back & may & may.groupby(of).shift(fill_value=False)
    in_order = ~(back & ~put_back).groupby(of).transform("any")
    nights = [of[known.index], known.dt.date]
    times = put_back.groupby(nights).cumsum()
    decided = may & in_order & (times.groupby(nights).transform("max") == 1)
    return tuple(part.reindex(moments.index, fill_value=False) for part in (decided & (times == 1), decided))


def put_back(rows: pd.DataFrame, how: Mapping, lines: Lines) -> None:
    """Moments of the hour that the clock repeats which else came before one that they follow are of the second time."""
    if how.timezone is None:
        return
    for name, before in (("left", "arrival"), *FOLLOWS):
        if name in rows:
            early = (rows[name] < rows[before]) & (rows[before] - rows[name] <= HOUR)
            early &= comes_again(rows[name], how)
            lines.mend(early, f"{name} before {before} when the clock was put back: an hour later")
            rows[name] = rows[name].mask(early, rows[name] + HOUR)
