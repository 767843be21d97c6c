"""Exports as JSON, one record a line or in a list: the rows of a table with dotted headings, as Queue.Name."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from ccsim.scenario.faults import Fault, FaultError
from ccsim.scenario.workbooks import MOST_CELLS, as_text, number_text


@lru_cache(1)  # a proposed mapping tries several on the same file
def as_table(text: str) -> str:
    """The headings and a line for each record, with tabs; nothing for text that is no records in JSON.

    Raises FaultError where they make too large a table.
    """
    if not text.lstrip().startswith(("[", "{")):
        return ""
    try:
        records = _records(text)
    except (ValueError, RecursionError):
        return ""
    flat = [dict(_cells(record)) if isinstance(record, dict) else {} for record in records]
    headings = list(dict.fromkeys(heading for cells in flat for heading in cells))
    if not headings:
        return ""
    if len(headings) * len(flat) > MOST_CELLS:
        value = f"{len(flat):,} records in JSON with {len(headings):,} names in all"
        raise FaultError(Fault(value, f"a table of {MOST_CELLS:,} cells at most"))
    table = as_text([headings, *([cells.get(heading, "") for heading in headings] for cells in flat)])
    return table.encode(errors="replace").decode()  # half of a pair of surrogates, as \ud83d, is no text


def _records(text: str) -> list[Any]:
    """Of one document its list, or the only list of records in it; else a record a line."""
    try:
        document = json.loads(text)
    except ValueError:
        lines = text.rstrip().split("\n")  # not at \u2028, which may stand within a text of JSON
        return [json.loads(line) if line.strip() else {} for line in lines]
    if isinstance(document, list):
        return document
    lists = [of for of in document.values() if isinstance(of, list) and of and isinstance(of[0], dict)]
    return lists[0] if len(lists) == 1 else [document]


def _cells(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """What a record says, each with the names under which it stands there."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _cells(inner, f"{place}.{name}" if place else name)
    elif isinstance(value, float) and math.isfinite(value):
        yield place, number_text(value)
    elif value is not None:
        yield place, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
