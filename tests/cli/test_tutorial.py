"""What pages show of the screen is what commands print: the tutorial, in order, the README and docs/compare.md."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from ccsim.cli import main

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial.md"
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
        quick = ["--no-charts"] if command.startswith("$ ccsim run ") else []
        result = CliRunner().invoke(main, [*shlex.split(command)[2:], *quick])
        assert result.exit_code == 0, f"{command}: {result.output}"
        printed = [plain(line) for line in result.output.splitlines()]
        assert shown, f"{command}: the page shows none of its output"
        assert [line for line in shown if plain(line) not in printed] == [], f"{command} prints\n{result.output}"
        commands += 1
    assert commands >= 6


@pytest.mark.parametrize(
    ("page", "command", "quick"),
    [
        ("README.md", "ccsim run scenarios/retail_week.toml", "--no-charts --no-report --no-actions"),
        pytest.param(
            "docs/compare.md", "ccsim compare scenarios/retail_week.toml --variants", "", marks=pytest.mark.slow
        ),
    ],
)
def test_what_a_page_shows_of_the_flagship(
    page: str, command: str, quick: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    block = (ROOT / page).read_text(encoding="utf-8").split(f"```\n$ {command}\n")[1].split("```")[0]
    shown = [plain(line) for line in block.splitlines() if not line.startswith("Results: ")]
    assert len(shown) > 20
    result = CliRunner().invoke(main, shlex.split(f"{command} {quick}")[1:])
    assert result.exit_code == 0, result.output
    printed = [plain(line) for line in result.output.splitlines()]
    assert [line for line in shown if line not in printed] == [], f"{command} prints\n{result.output}"
