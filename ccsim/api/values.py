"""Values as a program hands them over, made those that a scenario file could hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from datetime import time as clock_time
from typing import Any

from ccsim.errors import Problem, ScenarioError


def plain(path: str, value: Any) -> Any:
    """A value as a file could hold it: numpy's as Python's. Raises ScenarioError for an object that no file can say."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {key: plain(f"{path}.{key}", inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(path, inner) for inner in value]
    if value is None or isinstance(value, bool | int | float | str | date | clock_time):
        return value
    allowed = 'as a file writes it, such as {"dist": "gamma", "mean": "5m", "cv": 0.5}'
    raise ScenarioError([Problem(path, f"an object of type {type(value).__name__}", allowed)])


def plain_levels(levels: Any) -> Any:
    """As `read_setting` takes them: text, or a list of plain values."""
    return (
        levels if isinstance(levels, str) else [level.item() if hasattr(level, "item") else level for level in levels]
    )
