"""docs/reference/scenario.md has every key of a scenario."""

from __future__ import annotations

from pathlib import Path

from ccsim.scenario.schema import json_schema

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGE = (DOCS / "reference" / "scenario.md").read_text(encoding="utf-8")


def test_every_key_is_on_the_page() -> None:
    schema = json_schema()
    parts = [part for table in (schema, *schema["$defs"].values()) for part in table.get("oneOf", [table])]
    keys = [key for part in parts for key in part.get("properties", {})]
    assert len(keys) > 150
    assert [key for key in keys if PAGE.count(f"| `{key}` |") < 1] == []
    rows = [line for line in PAGE.split("## Defaults by channel")[0].splitlines() if line.startswith("| `")]
    assert len(rows) >= len(keys)
