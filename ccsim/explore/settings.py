"""Every place of a scenario that `--set` can change, with what the schema says of it: for the search of a lever."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from ccsim.scenario.channels import with_defaults
from ccsim.scenario.faults import FaultError, dotted
from ccsim.scenario.read import keys_of
from ccsim.scenario.schema import json_schema

LEFT_OUT: Final = frozenset({"name", "start", "days", "seed", "replications", "variant", "staffing"})
"""What is no what-if: names, the days and the random numbers, which all that is compared has in common, and `ccsim
staff`'s own."""
MOST: Final = 40
"""Settings that a search gives at most."""


@dataclass(frozen=True)
class Setting:
    """A path, what it is, what stands there now (None: the default), and what the schema allows."""

    path: str
    description: str
    now: Any
    default: Any
    allowed: str
    """its range or its choices in words; empty where the description says all"""


def is_left_out(path: str) -> bool:
    """Whether a dotted path leads to what is no what-if."""
    try:
        return keys_of(path)[0] in LEFT_OUT
    except FaultError:  # it leads nowhere
        return False


def settings(raw: Mapping[str, Any]) -> list[Setting]:
    """Every key of a scenario's tables that is or may be set, with the names that the scenario uses."""
    full = with_defaults(dict(raw))
    schema = _schema()
    return [
        one
        for key, described in schema["properties"].items()
        if key not in LEFT_OUT
        for one in _walk((key,), described, full.get(key))
    ]


def find(raw: Mapping[str, Any], text: str) -> list[Setting]:
    """The first MOST settings whose path or description has every word of a text, with those that have it in the path
    first.
    """
    words = text.lower().split()
    ranked: list[tuple[int, int, Setting]] = []
    for setting in settings(raw):
        path = setting.path.lower()
        where = f"{path} {setting.description.lower()}"
        if all(word in where for word in words):
            ranked.append((sum(word not in path for word in words), len(ranked), setting))
    return [setting for *_, setting in sorted(ranked, key=lambda entry: entry[:2])][:MOST]


@cache
def _schema() -> dict[str, Any]:
    return json_schema()


def _walk(place: tuple[str | int, ...], described: Mapping[str, Any], now: Any) -> Iterator[Setting]:
    table = _table(described)
    if table is not None and len(place) <= 6:
        if place[-1] in ("bot", "retry", "reopens", "reread", "holidays", "callback") and now is None:
            now = {}
        if isinstance(now, dict | None):
            for key, inner in table["properties"].items():
                yield from _walk((*place, key), inner, (now or {}).get(key))
            return
    each = described.get("additionalProperties")
    if isinstance(each, dict) and isinstance(now, dict):
        for key, value in now.items():
            yield from _walk((*place, key), each, value)
        return
    items = described.get("items")
    if isinstance(items, dict) and _table(items) is not None and isinstance(now, list) and now:
        for number, value in enumerate(now):
            name = value.get("name") if isinstance(value, dict) else None
            yield from _walk((*place, name or number), items, value)
        return
    text = " ".join(described.get("description", "").split())
    yield Setting(dotted(place), text, now, described.get("default"), _allowed(described))
    if isinstance(now, dict):  # of a distribution its parameters, too
        for key, value in now.items():
            if isinstance(value, int | float | str) and key not in ("dist", "file", "column"):
                yield Setting(dotted((*place, key)), f"{key} of: {text}", value, None, "")


def _table(described: Mapping[str, Any]) -> dict[str, Any] | None:
    """The table that a place may hold, if it may hold one of known keys."""
    for option in (described, *described.get("anyOf", ()), *described.get("oneOf", ())):
        name = option.get("$ref", "").rpartition("/")[2]
        known: dict[str, Any] | None = _schema()["$defs"].get(name)
        for form in (known, *(known or {}).get("oneOf", ())):
            if form is not None and "properties" in form:
                return dict(form)
    return None


def _allowed(described: Mapping[str, Any]) -> str:
    for option in (described, *described.get("anyOf", ())):
        if "enum" in option:
            return "one of " + ", ".join(map(str, option["enum"]))
        if option.get("type") == "boolean":
            return "true or false"
        ends = [option.get(key) for key in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")]
        low = ends[0] if ends[0] is not None else ends[1]
        high = ends[2] if ends[2] is not None else ends[3]
        if low is not None or high is not None:
            above = "above" if ends[0] is None and ends[1] is not None else "from"
            parts = [
                *([f"{above} {low:g}"] if low is not None else []),
                *([f"to {high:g}"] if high is not None else []),
            ]
            return " ".join(parts)
    return ""
