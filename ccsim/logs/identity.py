"""Rows of contacts with the same id: rings that nobody took, legs of a transfer, the same row again, an id used again.

They are distinguished by queue, agent, times and outcome.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ccsim.logs.lines import Lines

if TYPE_CHECKING:
    import pandas as pd

LEG: Final = np.timedelta64(5, "m")
"""A contact that goes on so soon after it left an agent, or a ring, is the same."""

DONE: Final = ("answered", "resolved", "transferred")


def same_ids(rows: pd.DataFrame, lines: Lines) -> None:
    """Gives usable rows with the same id ids of their own, and says what each is to the row before it.

    Of rings that nobody took the row that follows is left, which waits from the first ring on. A later leg `follows`
    the row that it came from, whose outcome is transferred. Changes `rows` and `lines` in place.
    """
    rows["follows"] = rows["contact"].mask(rows["contact"].notna())
    shared = lines.usable & rows["contact"].notna().to_numpy(np.bool_)
    again = np.zeros(len(rows), np.bool_)
    again[shared] = rows["contact"][shared].duplicated(keep=False).to_numpy(np.bool_)
    if not again.any():
        return
    several = rows[again].sort_values(["contact", "arrival", "answer", "end"], kind="stable")
    alike = several.duplicated(["contact", "queue", "agent", "arrival", "answer", "end", "outcome"])
    _refuse(lines, rows, alike, "the same contact again, at the same times: counted once")
    several = several[~alike]

    rings = _rings(several)
    waited = several["arrival"].groupby((~rings).shift(fill_value=True).cumsum()).transform("min")
    _refuse(lines, rows, rings, "a ring that nobody took: the contact counts where it was answered, or left at last")
    several = several.assign(arrival=several["arrival"].where(rings, waited))[~rings]

    before = several.groupby("contact").shift()
    later = before["queue"].notna()
    gap = several["arrival"] - before["end"]
    moved = (several["queue"] != before["queue"]).fillna(False)
    other = moved | (several["agent"] != before["agent"]).fillna(True)
    served = before["outcome"].isin(DONE)
    soon = (gap <= LEG).fillna(False)
    conflict = later & ~other & (gap < np.timedelta64(0, "s"))
    conflict |= later & (several["arrival"] < before["arrival"])
    reason = "the same contact again at other times; where ids repeat, columns.contact can name several columns"
    _refuse(lines, rows, conflict, reason)
    leg = later & moved & served & soon & ~conflict
    alone = later & ~leg & ~conflict
    number = several.groupby("contact").cumcount()
    ids = several["contact"].where(number == 0, several["contact"] + "#" + (number + 1).astype("string"))
    follows = ids.groupby(several["contact"]).shift().where(leg)
    left = leg.groupby(several["contact"]).shift(-1, fill_value=False)
    rows.loc[several.index, "arrival"] = several["arrival"]
    rows.loc[several.index, "contact"] = ids
    rows.loc[several.index, "follows"] = follows
    rows.loc[several.index[left], "outcome"] = "transferred"
    known = several.groupby("contact")["customer"].transform("first")
    rows.loc[several.index, "customer"] = several["customer"].fillna(known)
    _mend(lines, rows, leg, "a later leg of a contact: a transfer to its queue")
    _mend(lines, rows, alone & soon, "an id again in the same queue: a contact of its own")
    _mend(lines, rows, alone & ~soon, "an id used again later: a contact of its own")


def _rings(several: pd.DataFrame) -> Any:
    """Rows without an answer that go on in the next of their contact, or lie within the one before, which has one."""
    answered = several["answer"].notna()
    groups = several.groupby("contact")
    following, before = groups.shift(-1), groups.shift()
    until = several["end"].fillna(several["arrival"])
    goes_on = ~answered & following["queue"].notna() & (following["arrival"] <= until + LEG).fillna(False)
    within = ~answered & before["answer"].notna() & (several["queue"] == before["queue"]).fillna(False)
    within &= (several["arrival"] < before["end"]).fillna(False)
    return (goes_on | within).astype("bool")


def _refuse(lines: Lines, rows: pd.DataFrame, those: pd.Series[Any], reason: str) -> None:
    lines.refuse(rows.index.isin(those.index[those]), reason)


def _mend(lines: Lines, rows: pd.DataFrame, those: pd.Series[Any], what: str) -> None:
    lines.mend(rows.index.isin(those.index[those]), what)
