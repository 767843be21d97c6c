"""docs/reference/scenario.md is current and has every key of a scenario."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from ccsim.scenario.schema import json_schema

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGE = (DOCS / "reference" / "scenario.md").read_text(encoding="utf-8")


def test_the_page_is_current() -> None:
    spec = importlib.util.spec_from_file_location("scenario_reference", DOCS / "make_scenario_reference.py")
    assert spec is not None
    assert spec.loader is not None
    reference = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)
    assert reference.page() == PAGE, "run python docs/make_scenario_reference.py"


def test_every_key_is_on_the_page() -> None:
    schema = json_schema()
    parts = [part for table in (schema, *schema["$defs"].values()) for part in table.get("oneOf", [table])]
    keys = [key for part in parts for key in part.get("properties", {})]
    assert len(keys) > 150
    assert [key for key in keys if PAGE.count(f"| `{key}` |") < 1] == []
    rows = [line for line in PAGE.split("## Defaults by channel")[0].splitlines() if line.startswith("| `")]
    assert len(rows) >= len(keys)
