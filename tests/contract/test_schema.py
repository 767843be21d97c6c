"""`ccsim schema` says of every key what it is, and what it is where a file leaves it out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ccsim.scenario.read import parse, tables
from ccsim.scenario.schema import BY_CHANNEL, json_schema


def properties(schema: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property anywhere in a schema, those of tables inside values included, with its place."""
    if isinstance(schema, list):
        for part in schema:
            yield from properties(part, place)
    elif isinstance(schema, dict):
        for key, described in schema.get("properties", {}).items():
            yield f"{place}.{key}", described
        for key, part in schema.items():
            yield from properties(part, place if key in ("$defs", "properties", "anyOf", "oneOf") else f"{place}.{key}")


def test_every_key_has_a_description() -> None:
    every = list(properties(json_schema()))
    assert len(every) > 500
    assert [place for place, described in every if not described.get("description")] == []


def test_defaults_are_written_as_in_a_file() -> None:
    schema = json_schema()
    top = schema["properties"]
    assert (top["interval"]["default"], top["days"]["default"], top["seed"]["default"]) == ("30m", 7, 1)
    queue = schema["$defs"]["Queue"]["properties"]
    assert queue["sl_formula"]["default"] == "all_offered"
    assert "default" not in queue["patience"], "it is the channel's"
    assert "by channel" in queue["patience"]["description"]


def test_a_distribution_needs_no_name() -> None:
    queue = json_schema()["$defs"]["Queue"]["properties"]
    for key in ("turns", "patience", "work"):
        tables = [form for form in queue[key]["anyOf"] if form.get("type") == "object"]
        assert ["mean"] in [table["required"] for table in tables], f"{key} = {{ mean = … }} is right"
        assert [table for table in tables if "dist" in table["required"]] == []


def test_a_file_that_repeats_the_defaults_means_the_same() -> None:
    queue = json_schema()["$defs"]["Queue"]["properties"]
    plain = {
        key: described["default"]
        for key, described in queue.items()
        if "default" in described and described["default"] not in ({}, []) and key not in BY_CHANNEL
    }
    assert len(plain) > 10
    text = """
        [queue.phone]
        channel = "phone"
        volume = { per_day = 10 }
        [team.desk]
        skills = { phone = 1 }
        shifts = [{ agents = 1, days = "mon-sun", hours = "always" }]
    """
    bare, repeated = tables(text.encode()), tables(text.encode())
    repeated["queue"]["phone"].update(plain)
    assert parse(repeated).queue == parse(bare).queue
