"""A queue's title stands wherever people read of it; files and JSON keep its name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.tiny import TINY, ccsim, write_tiny

TITLED = TINY.replace('channel = "phone"', 'channel = "phone"\ntitle = "Hotline"', 1)
TITLED = (
    TITLED.replace('service_level = "90/300"', "")
    + """
[staffing]
patterns = [
    { name = "all", team = "all", days = "mon", hours = "09:00-12:00" },
    { name = "writers", team = "writers", days = "mon", hours = "09:00-12:00" },
]
"""
)


@pytest.fixture
def titled(tmp_path: Path) -> Path:
    scenario = write_tiny(tmp_path)
    scenario.write_text(TITLED)
    return scenario


@pytest.mark.parametrize(
    "command",
    [
        ("run", "--no-charts", "--no-report", "--by", "day"),
        ("compare", "--variants"),
        ("sweep", "--vary", "team.all.shifts[0].agents=1:2", "--metric", "asa@phone"),
        ("staff",),
    ],
    ids=lambda command: command[0],
)
def test_on_screen(titled: Path, tmp_path: Path, command: tuple[str, ...]) -> None:
    done = ccsim(command[0], titled, *command[1:], "--out", tmp_path / "out", "--workers", 1)
    assert done.exit_code == 0, done.output
    assert "Hotline" in done.stdout
    assert "phone" not in done.stdout.replace(str(tmp_path), "")


def test_not_in_json(titled: Path) -> None:
    assert "phone" in json.loads(ccsim("run", titled, "--json").stdout)["queues"]
