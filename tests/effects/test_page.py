"""docs/features.md names scenarios, settings and tests that exist."""

from __future__ import annotations

import importlib
import re
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[2]
TABLES: Final = [line for line in (ROOT / "docs/features.md").read_text().splitlines() if line.startswith("|")]
ROWS: Final = [[cell.strip() for cell in line.strip("|").split("|")] for line in TABLES if "`" in line]
VALUES: Final = {13, 22, 24}
"""Rows that need no test."""


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def is_set(scenario: Any, keys: list[str]) -> bool:
    """Whether the place of a dotted path is in the tables, of the scenario or of one of its variants."""
    here = scenario
    for key in keys:
        if isinstance(here, list):
            here = here[int(key)] if int(key) < len(here) else None
        else:
            here = here.get(key) if isinstance(here, dict) else None
        if here is None:
            break
    changes = (path for variant in scenario.get("variant", {}).values() for path in variant["set"])
    return here is not None or ".".join(keys) in (path.replace('"', "") for path in changes)


def test_every_row_of_the_articles_is_there() -> None:
    numbered = [int(row[0]) for row in ROWS if row[0].isdecimal()]
    assert numbered == list(range(1, 26))
    assert all(row[-1].startswith("`") or int(row[0]) in VALUES for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_what_a_row_names_exists(row: list[str]) -> None:
    settings, scenarios, tests = (named(cell) for cell in row[-3:])
    assert settings
    assert len(scenarios) == 1
    scenario = tomllib.loads((ROOT / "scenarios" / f"{scenarios[0]}.toml").read_text())
    assert [setting for setting in settings if not is_set(scenario, setting.split("."))] == []
    for path, _, name in (test.partition("::") for test in tests):
        assert callable(getattr(importlib.import_module(path.removesuffix(".py").replace("/", ".")), name))
