"""The lines of a log: which are usable, and why the others are not; and masks and texts of their cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ccsim.logs.mapping import Mapping

if TYPE_CHECKING:
    import pandas as pd

LINE: Final = "\0line"
WIDTH: Final = "\0width"
"""Columns of a sheet beside the file's: where a line stands, and whether it is full, empty or has more cells."""

TRANSLATED: Final = ("outcome", "sender", "activity", "channel", "event")
"""Columns in which a mapping may say that such as None means something."""

LEFT_OUT: Final = "left out by the mapping"
"""Reason of lines that nobody wants."""

FAR: Final = 60
"""Days of silence that no centre keeps: what lies on its other side has a wrong date, or is of another time."""

STRAY: Final = 0.01
"""Share of the lines below which those that are FAR from the others are errors."""

FAR_OFF: Final = f"{FAR} days or more from nearly all other lines: is its date right?"

ONLY_DAYS: Final = 'a day without a time of day, as most lines have it; it may be counts by day, kind = "intervals"'
FEW_DAYS: Final = 3
"""So many contacts at midnight say nothing."""
STEPS: Final = (
    'all at full five minutes, never two at once: intervals, not contacts; kind = "intervals", or, if each queue has a '
    "column, a volume file, which needs no fit"
)
FEW_TIMES: Final = 10
"""So many contacts at full five minutes say nothing."""


class Lines:
    """Which lines are usable, and why the others are not: the first reason counts.

    `live`: so are those of contacts that are still under way.
    """

    def __init__(self, sheet: pd.DataFrame, live: bool = False) -> None:
        self.live = live
        self._numbers = sheet[LINE].to_numpy(np.int64)
        self._sheet = sheet.drop(columns=[LINE, WIDTH])
        self._reasons = np.full(len(sheet), "", dtype=object)
        self.mended: dict[str, int] = {}
        self.decided, self.unsure = np.zeros((2, len(sheet)), np.bool_)
        """of lines with a time in an hour that comes twice: whether their order tells which, or nothing does"""

    @property
    def usable(self) -> Any:
        return self._reasons == ""

    def refuse(self, those: Any, reason: Any) -> None:
        """Lines of the mask, for a reason or for those of a series."""
        these = mask(those) & self.usable
        self._reasons[these] = reason if isinstance(reason, str) else np.asarray(reason, object)[these]

    def mend(self, those: Any, what: str) -> None:
        self.mended[what] = self.mended.get(what, 0) + int((mask(those) & self.usable).sum())

    def refused(self) -> pd.DataFrame:
        import pandas as pd

        out = ~self.usable
        own = {heading: f"{heading} (in the log)" for heading in ("file", "line", "reason")}
        table = self._sheet[out].reset_index(drop=True).rename(columns=own)
        table.insert(0, "reason", self._reasons[out])
        table.insert(0, "line", self._numbers[out])
        return pd.DataFrame(table)


def apart(moments: pd.Series[Any]) -> pd.Series[int]:
    """Numbers of the groups between which FAR or more passes without any of the moments."""
    ordered = moments.sort_values()
    return (ordered.diff() >= np.timedelta64(FAR, "D")).astype("int64").cumsum().reindex(moments.index)


def stray(moments: pd.Series[Any]) -> pd.Series[bool]:
    """Which of the moments lie FAR from nearly all others, so that their dates are errors."""
    groups = apart(moments)
    sizes = groups.map(groups.value_counts())
    return (sizes < STRAY * len(sizes)) & (sizes.max() > len(sizes) / 2)


def refuse_days(moments: pd.Series[Any], lines: Lines) -> None:
    """Refuses moments at midnight where most are at midnight: they are days without a time of day."""
    known = moments[lines.usable].dropna()
    midnights = known == known.dt.normalize()
    if midnights.sum() > max(len(known) / 2, FEW_DAYS):
        lines.refuse(moments == moments.dt.normalize(), ONLY_DAYS)


def refuse_intervals(rows: pd.DataFrame, lines: Lines) -> None:
    """Refuses all if each arrives at full five minutes, and no two of a queue at once."""
    known = rows.loc[lines.usable, ["queue", "arrival"]].dropna()
    steps = (known["arrival"].dt.floor("5min") == known["arrival"]).all() and not known.duplicated().any()
    lines.refuse(np.full(len(rows), steps and len(known) > FEW_TIMES), STEPS)


def mask(those: Any) -> Any:
    """A mask as numpy has it; what is not known is false."""
    return np.asarray(those.fillna(False) if hasattr(those, "fillna") else those, np.bool_)


def text_of(cells: pd.Series[str], how: Mapping, name: str) -> pd.Series[str]:
    trimmed = cells.str.strip()
    nothing = {*how.empty, *how.unknown.get(name, ())}
    if name in TRANSLATED:
        nothing -= {*how.words, *how.events}
    return trimmed.mask(trimmed.isin(list(nothing)))


def length(name: str) -> str:
    """The column of a length of time, in seconds."""
    return f"{name} (s)"


def joined(columns: list[Any]) -> Any:
    column = columns[0]
    for other in columns[1:]:
        column = column + "_" + other
    return column


def first(columns: list[Any]) -> Any:
    column = columns[0]
    for other in columns[1:]:
        column = column.fillna(other)
    return column


def translated(written: pd.Series[str], how: Mapping) -> pd.Series[str]:
    words = {word.lower(): meaning for word, meaning in how.words.items()}
    meant = {word: words.get(word.lower(), word.lower()) for word in written.dropna().unique()}
    return written.map(meant).astype("string")


def printable(names: pd.Series[str]) -> pd.Series[str]:
    """Names without control characters, which no scenario can have; none where nothing else is left."""
    strange = {name for name in names.dropna().unique() if not str(name).isprintable()}
    if not strange:
        return names
    bare = {name: "".join(c if c.isprintable() else " " for c in name).strip() for name in strange}
    cleaned = names.where(~names.isin(list(strange)), names.map(bare).astype("string"))
    return cleaned.mask(cleaned == "")
