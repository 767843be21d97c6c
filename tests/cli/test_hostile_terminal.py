"""What a terminal cannot show, and what it or a spreadsheet would act on, is escaped or refused."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from ccsim.errors import Problem
from ccsim.results.stored import stored
from ccsim.scenario.spreadsheets import Writer, plain, safe
from tests.cli.tiny import TINY, ccsim, only_folder, write_tiny


def test_a_closed_standard_output_is_no_fault(tmp_path: Path) -> None:
    command = f"{sys.executable} -m ccsim check {write_tiny(tmp_path)} >&-"
    done = subprocess.run(command, shell=True, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


def test_a_terminal_of_unknown_width_shows_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "0")
    done = ccsim("run", write_tiny(tmp_path), "--engine", "compiled", "--no-charts", "--no-report", "--out", tmp_path)
    assert "phone" in done.stdout


FAST = ("--engine", "compiled")
NAMES = {"phone": "=1+1", "chat": "-2+3 Größe – 😀", "all": "@team", "writers": "+x"}


def renamed() -> str:
    text = TINY.replace("volumes.csv", "v.csv")
    for name, other in NAMES.items():
        for before in (
            f"queue.{name}]",
            f"team.{name}]",
            f"queue.{name}.",
            f"{name} = 1",
            f"{name} = 2",
            f"{name} = 3",
        ):
            text = text.replace(before, before.replace(name, f'"{other}"'))
        text = text.replace(f'to = "{name}"', f'to = "{other}"')
    text = text.replace('"queue."=1+1".volume.scale"', "'queue.\"=1+1\".volume.scale'")
    return text.replace("[variant.busy]", '[variant."=cmd()"]\ntitle = "=busy"').replace("Tiny, of course", "=Größe 😀")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    file = write_tiny(tmp_path, renamed())
    (tmp_path / "volumes.csv").rename(tmp_path / "v.csv")
    return file


def cells(folder: Path) -> list[str]:
    return [cell for file in folder.rglob("*.csv") for line in csv.reader(file.open(newline="")) for cell in line]


def is_number(cell: str) -> bool:
    try:
        return bool(float(cell)) or True
    except ValueError:
        return False


NUMBERS = ("run", *FAST, "--replications", "1", "--no-report", "--no-charts")


@pytest.mark.parametrize(
    ("encoding", "verb"),
    [
        *product(("ascii", "latin-1", "cp1252"), (("check",), NUMBERS)),
        ("ascii", ("run", *FAST, "--replications", "1")),
    ],
)
def test_a_terminal_that_cannot_show_a_name(
    encoding: str, verb: tuple[str, ...], hostile: Path, tmp_path: Path
) -> None:
    out = ("--out", str(tmp_path / "out")) if verb[0] == "run" else ()
    command = [sys.executable, "-m", "ccsim", verb[0], str(hostile), *verb[1:], *out]
    environment = os.environ | {"PYTHONIOENCODING": f"{encoding}:strict", "PYTHONUTF8": "0"}
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr
    if verb[0] == "run":
        assert b"Results: " in done.stdout


def test_no_cell_of_a_results_folder_is_a_formula(hostile: Path, tmp_path: Path) -> None:
    for verb in (("run", *FAST), ("compare", "--variants", *FAST, "--workers", "1")):
        done = ccsim(verb[0], hostile, *verb[1:], "--out", tmp_path / verb[0])
        assert done.exit_code == 0, done.output
        written = cells(only_folder(tmp_path / verb[0]))
        assert not [cell for cell in written if cell.startswith(("=", "+", "-", "@")) and not is_number(cell)]
        assert {"'=1+1", "'@team"} <= set(written)
    again = stored(only_folder(tmp_path / "run"))
    assert {row.name for row in again.summary.rows} == {*NAMES.values(), "message", "total"}
    assert again.series("queue", "=1+1", "offered").mean.sum() > 0
    assert ccsim("replay", only_folder(tmp_path / "run")).exit_code == 0


@pytest.mark.parametrize("text", ["=1", "'=1", "''=1", "-x", "+1", "-0.5", "'a", "a", "", "@", "\t=", "'"])
def test_what_is_made_safe_comes_back(text: str, tmp_path: Path) -> None:
    assert plain(safe(text)) == text
    with (tmp_path / "t.csv").open("w", newline="") as stream:
        Writer(stream).writerows([[text, -1, 2.5, None]])
    with (tmp_path / "t.csv").open(newline="") as stream:
        assert [plain(cell) for cell in next(csv.reader(stream))] == [text, "-1", "2.5", ""]


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ('name = "Tiny, of course"', r'name = "a\u001b[31mRED\u0007"', "name"),
        ("[queue.phone]", '[queue.phone]\ntitle = "a\\nb"', "queue.phone.title"),
        ("[variant.busy]", '[variant.busy]\ntitle = "\\u001b]0;x"', "variant.busy.title"),
        ("[team.writers]", '[team."w\\u001b"]', '"w'),
        ("days = 1", '"d\\u001b[31m" = 1', '"d'),
    ],
)
def test_control_characters_are_refused_and_never_shown(before: str, after: str, place: str, tmp_path: Path) -> None:
    done = ccsim("check", write_tiny(tmp_path, TINY.replace(before, after, 1)))
    assert done.exit_code == 2
    assert place in done.stderr
    assert all(line.isprintable() for line in done.output.splitlines())


def test_a_problem_is_one_printable_line() -> None:
    assert str(Problem("a\x1b[31m", "b\n", "", "\udcff")) == r"\udcff: a\x1b[31m: b\n"
