"""An interrupt while pictures are drawn costs the pictures alone: table and folder come before them."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from ccsim.report import artists
from ccsim.studies import selection
from tests.cli.tiny import ccsim, only_folder, write_tiny


class Interrupted:
    def begin(self, results: Any) -> None:
        assert results.replications

    def drawn(self) -> None:
        raise KeyboardInterrupt


def test_an_interrupt_while_pictures_are_drawn_keeps_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artists, "artists", lambda in_page: nullcontext(Interrupted()))
    done = ccsim("run", write_tiny(tmp_path), "--engine", "simpy", "--out", tmp_path / "out")
    assert done.exit_code == 130
    assert "queue" in done.stdout
    folder = only_folder(tmp_path / "out")
    assert f"All figures are in {folder}" in done.stderr
    assert "nothing was written" not in done.stderr
    names = {file.name for file in folder.iterdir()}
    assert {"summary.csv", "intervals.csv", "contacts.parquet", "provenance.json"} <= names
    assert not names & {"charts", "report.html"}
    assert not [name for name in names if name.startswith(".")]


def test_an_interrupted_selection_says_where_the_comparison_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(selection, "select", interrupt)
    tiny = (write_tiny(tmp_path), "--variants", "--engine", "simpy", "--out", tmp_path / "out")
    done = ccsim("compare", *tiny, "--select", "best", "--rank-by", "cost")
    assert done.exit_code == 130
    assert done.stderr.endswith(f"All figures are in {only_folder(tmp_path / 'out')}; none is selected yet.\n")
    assert "nothing was written" not in done.stderr


@pytest.mark.slow
def test_pictures_are_the_same_whoever_draws_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    for processors in (1, 2):
        monkeypatch.setattr("os.cpu_count", lambda: processors)  # noqa: B023
        out = tmp_path / str(processors)
        done = ccsim("run", write_tiny(tmp_path), "--engine", "simpy", "--no-report", "--out", out)
        assert done.exit_code == 0, done.output
        drawn.append({file.name: file.read_bytes() for file in (only_folder(out) / "charts").iterdir()})
    assert len(drawn[0]) > 5
    assert drawn[0] == drawn[1]
