"""Sheets with one column a day, as planning tools print them: rosters made one row a shift, volumes one an interval."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from ccsim.errors import Problem, ScenarioError
from ccsim.logs import times
from ccsim.logs.lines import LINE, WIDTH
from ccsim.logs.mapping import Mapping

if TYPE_CHECKING:
    import pandas as pd

START, END, OFFERED = "\0start", "\0end", "\0offered"
_WEEKDAY: Final = r"^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+"
_SHIFT: Final = r"(\d[\d:.]*\s*(?:[AaPp]\.?[Mm]\.?)?)\s*(?:-|–|—|to|until)\s*(\d[\d:.]*\s*(?:[AaPp]\.?[Mm]\.?)?)"


def as_shifts(sheet: pd.DataFrame, how: Mapping, path: str) -> tuple[pd.DataFrame, Mapping, dict[str, int]]:
    """The sheet with a row a shift, the mapping for that, and how many cells have no shift, by what they say.

    A shift that ends at or before its start ends on the next day. Raises ScenarioError if no heading is a date.
    """
    import pandas as pd

    parts: list[pd.DataFrame] = []
    without: dict[str, int] = {}
    auto = how.model_copy(update={"time_format": None})
    for heading, day in _days(sheet, how, path):
        cells = sheet[heading].str.strip()
        spans = cells.str.extractall(_SHIFT)
        clocks = pd.DataFrame(
            {n: times.clock(spans[n].astype("string"), how.model_copy(update={"time_format": None})) for n in (0, 1)}
        )
        clocks = clocks.dropna().reset_index(level=1, drop=True)
        off = cells[~cells.index.isin(clocks.index) & (cells.fillna("") != "")]
        for cell, count in off.value_counts().items():
            without[f"no shift: {cell}"] = without.get(f"no shift: {cell}", 0) + int(count)
        rows = sheet.loc[clocks.index].copy()
        end = clocks[1] + pd.to_timedelta((clocks[1] <= clocks[0]).astype("int64"), unit="D")
        rows[START], rows[END] = (
            (day + clock).dt.strftime("%Y-%m-%d %H:%M:%S").astype("string") for clock in (clocks[0], end)
        )
        parts.append(rows)
    columns = how.columns | {"start": (START,), "end": (END,)}
    return pd.concat(parts, ignore_index=True), auto.model_copy(update={"columns": columns}), without


def as_counts(sheet: pd.DataFrame, how: Mapping, path: str) -> tuple[pd.DataFrame, Mapping, dict[str, int]]:
    """The sheet with a row an interval of each day, and the mapping for that; empty cells are nobody.

    Raises ScenarioError if no heading is a date.
    """
    import pandas as pd

    source = next(source for source in how.columns["start"] if source in sheet.columns)
    clock = sheet[source].str.strip()
    timed = sheet[clock.str.match(r"\d{1,2}[:.h]\d{2}", na=False)]
    others = len(sheet) - len(timed) - int((sheet[WIDTH] == "").sum())
    parts = [
        timed.assign(**{START: f"{day:%Y-%m-%d} " + clock[timed.index], OFFERED: timed[heading].replace("", "0")})
        for heading, day in _days(sheet, how, path)
    ]
    columns = how.columns | {"start": (START,), "offered": (OFFERED,)}
    long = pd.concat(parts, ignore_index=True)
    return (
        long.drop(columns=source),
        how.model_copy(update={"columns": columns, "time_format": None}),
        {"a line without a time, such as a total": others},
    )


def _days(sheet: pd.DataFrame, how: Mapping, path: str) -> Iterator[tuple[str, pd.Timestamp]]:
    """The headings that are dates, and the dates. Raises ScenarioError if there is none."""
    import pandas as pd

    own = {LINE, WIDTH, *(source for sources in how.columns.values() for source in sources)}
    headings = pd.Series([str(heading) for heading in sheet.columns if heading not in own], dtype="string")
    bare = headings.str.replace(_WEEKDAY, "", regex=True, case=False).str.strip()
    dated = bare.where(bare.str.contains(r"\d.*\d", na=False))
    dates = times.days("days_across", dated, how)
    if dates.isna().all():
        allowed = "columns whose heading is a date, such as 2026-03-02; date_format says how they are written"
        raise ScenarioError([Problem("days_across", f"no heading is a date: {', '.join(headings)}", allowed, path)])
    yield from zip(headings[dates.notna()], dates[dates.notna()], strict=True)
