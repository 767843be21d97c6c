"""Values as a program hands them over, made those that a scenario file could hold."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Set
from datetime import date
from datetime import time as clock_time
from numbers import Real
from typing import Any, Final

from ccsim.errors import Problem, ScenarioError
from ccsim.scenario.faults import shown
from ccsim.scenario.read import refuse_endless

OF_TABLES: Final = ("file", "log")
"""Keys that name a data file."""


def without_frames(path: str, value: Any) -> tuple[Any, dict[str, bytes]]:
    """The value with names of files for the frames, series and arrays that stand under "file" or "log", and their
    content.

    A pandas frame keeps its columns. A series, list or array is the column "value". Local times in the index of a frame
    or series become the columns date and time. Other content has another name.
    """
    files: dict[str, bytes] = {}
    if not isinstance(value, Mapping):
        return value, files
    named: dict[str, Any] = {}
    for key, inner in value.items():
        here = f"{path}.{key}" if path else str(key)
        if key in OF_TABLES and not isinstance(inner, str | bytes) and hasattr(inner, "__len__"):
            content, column = _content(here, inner)
            named[key] = f"{path}.{hashlib.sha256(content).hexdigest()[:8]}.csv"
            files[named[key]] = content
            if column is not None:
                named.setdefault("column" if key == "file" else "arrived_at", column)
        else:
            named[key], more = without_frames(here, inner)
            files |= more
    return named, files


def _content(path: str, table: Any) -> tuple[bytes, str | None]:
    """A table as the bytes of a CSV file; of one column its name, too."""
    import numpy as np
    import pandas as pd

    if isinstance(table, pd.Series) and isinstance(table.index, pd.DatetimeIndex) and table.index.tz is None:
        return _content(path, table.to_frame("value"))[0], "value"
    if not isinstance(table, pd.DataFrame):
        allowed = "a pandas DataFrame, or a series, list or array of one axis"
        try:
            values = np.asarray(table)
        except ValueError:
            raise ScenarioError([Problem(path, shown(table), allowed)]) from None
        if values.ndim != 1:
            raise ScenarioError([Problem(path, f"{type(table).__name__} of {values.ndim} axes", allowed)])
        return pd.DataFrame({"value": values}).to_csv(index=False, na_rep="nan").encode(), "value"
    frame = table
    if isinstance(index := frame.index, pd.DatetimeIndex):
        if index.tz is not None:
            allowed = "local times, such as of frame.tz_convert(ZONE).tz_localize(None)"
            raise ScenarioError([Problem(path, f"an index with the time zone {index.tz}", allowed)])
        if taken := [name for name in ("date", "time") if name in frame.columns]:
            raise ScenarioError([Problem(path, f"times as the index and a column {taken[0]}", "one of them")])
        frame = frame.reset_index(drop=True)
        frame.insert(0, "date", index.strftime("%Y-%m-%d"))
        frame.insert(1, "time", index.strftime("%H:%M:%S"))
    return frame.to_csv(index=False).encode(), None


def plain(path: str, value: Any) -> Any:
    """A value as a file could hold it: numpy's as Python's. Raises ScenarioError for an object that no file can say."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {key: plain(f"{path}.{key}" if path else str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(path, inner) for inner in value]
    if value is None or isinstance(value, bool | int | float | str | date | clock_time):
        return value
    allowed = 'as a file writes it, such as {"dist": "gamma", "mean": "5m", "cv": 0.5}'
    raise ScenarioError([Problem(path, f"an object of type {type(value).__name__}", allowed)])


def by_path(argument: str, given: Any) -> Mapping[str, Any]:
    """A mapping from dotted paths. Raises ScenarioError with the argument's name for what is none."""
    if not isinstance(given, Mapping) or not all(isinstance(path, str) for path in given):
        raise ScenarioError([Problem(argument, shown(given), 'a mapping: {"queue.phone.volume.scale": …}')])
    return given


def plain_levels(path: str, levels: Any) -> Any:
    """As `read_setting` takes them: text, or a list of plain values."""
    if isinstance(levels, str):
        return levels
    if not isinstance(levels, Iterable) or isinstance(levels, bytes | Mapping | Set):
        raise ScenarioError([Problem(path, shown(levels), "a list of levels, or text such as 0.8:1.2:5")])
    refuse_endless(path, levels)
    return [plain(path, level) for level in levels]


def number(name: str, value: Any, allowed: str = "a number") -> float:
    """A float that is one. Raises ScenarioError with the argument's name for text, truth values, infinities and NaN."""
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise ScenarioError([Problem(name, shown(value), allowed)])
    return float(value)
