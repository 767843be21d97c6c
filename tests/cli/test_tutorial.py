"""docs/tutorial.md: its commands run, in order, and print the lines that the page shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from ccsim.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```(toml|console)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def plain(line: str) -> str:
    return " ".join(line.split())


def test_every_command_prints_what_the_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    commands = 0
    for kind, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if kind == "toml":  # each block goes on where the file ends, as the page says
            with Path("my_centre.toml").open("a", encoding="utf-8") as file:
                file.write(f"{text}\n")
            continue
        command, *shown = text.splitlines()
        assert command.startswith("$ ccsim ")
        result = CliRunner().invoke(main, shlex.split(command)[2:])
        assert result.exit_code == 0, f"{command}: {result.output}"
        printed = [plain(line) for line in result.output.splitlines()]
        assert shown, f"{command}: the page shows none of its output"
        assert [line for line in shown if plain(line) not in printed] == [], f"{command} prints\n{result.output}"
        commands += 1
    assert commands >= 6
