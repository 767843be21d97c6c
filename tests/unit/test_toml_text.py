"""Names and texts as TOML writes them are read back as they were."""

from __future__ import annotations

import tomllib

import pytest

from ccsim.scenario.faults import dotted
from ccsim.scenario.read import keys_of
from ccsim.scenario.toml_text import as_key, quoted

NAMES = [
    "front", "front desk", 'a"b', "a\\b", "a.b", "a[0].b", "+49", "Zürich", "\U0001f600", "a\x7fb", "a\tb", "=", "",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_it_is_read_back(name: str) -> None:
    assert tomllib.loads(f"{as_key(name)} = {quoted(name)}") == {name: name}
    assert tomllib.loads(f"names = {quoted([name, name])}") == {"names": [name, name]}
    assert keys_of(dotted(("queue", name, "volume"))) == ["queue", name, "volume"]


def test_plain_names_are_not_quoted() -> None:
    assert dotted(("queue", "phone_2-b", "shifts", 0)) == "queue.phone_2-b.shifts.0"
    assert keys_of("team.front.shifts[0].agents") == ["team", "front", "shifts", "0", "agents"]
