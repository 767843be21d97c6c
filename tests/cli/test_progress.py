"""Whoever watches a terminal sees from the start on that something is done; files and pipes have nothing of it."""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path

import pytest

from ccsim.cli import main, progress
from ccsim.engine import compilation
from tests.cli.tiny import write_tiny


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def watched(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """What is written to stderr from now on. Not a fixture: pytest has another stderr for each phase of a test."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(progress, "EVERY", 0.01)
    return terminal


def test_the_clock_goes_on_while_one_unit_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watched(monkeypatch)
    for line in (progress.progress("replications", 20, "simulating"), progress.step("drawing charts")):
        with line:
            shown = len(terminal.getvalue())
            while len(terminal.getvalue()) < 3 * shown:  # nothing is finished meanwhile
                time.sleep(0.005)
    assert "simulating:   0%|" in terminal.getvalue()
    assert "0/20" in terminal.getvalue()
    assert "drawing charts … 00:00" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r")  # nothing is left on the line


def test_nothing_where_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with progress.progress("replications", 20) as bar, progress.step("drawing charts"):
        bar.update()
    assert sys.stderr.getvalue() == ""  # type: ignore[attr-defined]


def test_what_is_said_of_a_compilation_has_a_line_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watched(monkeypatch)
    with progress.progress("replications", 20):
        compilation._say("compiling …")
    assert "\r\x1b[Kccsim: compiling …\n" in terminal.getvalue()


@pytest.mark.parametrize(
    ("command", "before_anything_is_done"),
    [
        ("run", "0/2 "),
        ("compare --variants", "0/4 "),
        ("sweep --vary team.all.absence=0.1,0.2", "checking:   0%"),
        ("staff --method requirement", "0 staffings"),
    ],
)
def test_commands_show_it_before_anything_is_done(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str, before_anything_is_done: str
) -> None:
    terminal = watched(monkeypatch)
    file = write_tiny(tmp_path)
    verb, *options = command.split()
    main([verb, str(file), *options, "--json"], standalone_mode=False)
    assert before_anything_is_done in terminal.getvalue().split("\r")[1]
