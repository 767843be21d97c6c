"""`ccsim report`, and the report that `ccsim run` leaves."""

from __future__ import annotations

import re
import shutil
import sys
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from tests.cli.tiny import ccsim, only_folder, write_tiny


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder with logs alone."""
    place = tmp_path_factory.mktemp("verb")
    done = ccsim("run", write_tiny(place), "--json", "--engine", "simpy", "--out", place / "out", "--set", "seed=7")
    assert done.exit_code == 0, done.output
    return only_folder(place / "out")


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Charts have their own tests; here they would only take time."""
    monkeypatch.setattr("ccsim.report.artists.artists", lambda in_page: nullcontext(MagicMock(drawn=dict)))


@pytest.mark.usefixtures("drawn")
def test_a_run_and_its_folder_give_the_same_report(tmp_path: Path) -> None:
    done = ccsim("run", write_tiny(tmp_path), "--variant", "busy", "--engine", "simpy", "--out", tmp_path / "out",
                 "--xlsx")  # fmt: skip
    assert done.exit_code == 0, done.output
    folder = only_folder(tmp_path / "out")
    first = (folder / "report.html").read_bytes()
    assert (folder / "report.xlsx").read_bytes().startswith(b"PK")
    for file in ("report.html", "report.xlsx"):
        (folder / file).unlink()
    again = ccsim("report", folder, "--xlsx")
    assert again.exit_code == 0, again.output
    assert again.stdout.split() == [str(folder / "report.html"), str(folder / "report.xlsx")]
    assert (folder / "report.html").read_bytes() == first
    assert not [file for file in folder.iterdir() if file.name.startswith(".")]


@pytest.mark.usefixtures("drawn")
def test_what_the_page_says(folder: Path) -> None:
    assert ccsim("report", folder).exit_code == 0
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", (folder / "report.html").read_text(encoding="utf-8")))
    for said in (
        "Tiny, of course",
        "Mon 2 Mar 2026 · 2 replications",
        "Service level, in 20s",
        "What to do",
        "queue.phone.patience",  # a default it relies on, its value and its source
        "practice: voice patience 60 to 90 s in the mean",
        "seed=7",
        "How measures are defined",
        "volumes.csv",
    ):
        assert said in text, said
    assert not (folder / "report.xlsx").exists()


def test_json_draws_nothing_but_the_workbook_asked_for(tmp_path: Path) -> None:
    done = ccsim("run", write_tiny(tmp_path), "--engine", "simpy", "--json", "--xlsx", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    names = {file.name for file in only_folder(tmp_path / "out").iterdir()}
    assert "report.xlsx" in names
    assert not names & {"report.html", "charts"}


def test_a_run_without_report_or_charts(tmp_path: Path) -> None:
    file = write_tiny(tmp_path)
    for options, left_out in (
        (["--no-report"], {"report.html"}),
        (["--no-charts"], {"charts"}),
        (["--no-report", "--no-charts"], {"report.html", "charts"}),
    ):
        out = tmp_path / "-".join(options)
        done = ccsim("run", file, "--engine", "simpy", "--replications", "1", "--out", out, *options)
        assert done.exit_code == 0, done.output
        folder = only_folder(out)
        names = {file.name for file in folder.iterdir()}
        assert {"report.html", "charts"} - names == left_out
        if "report.html" in names:
            assert "<svg viewBox" not in (folder / "report.html").read_text(encoding="utf-8")


def test_json_without_a_folder_has_no_place_for_a_workbook(tmp_path: Path) -> None:
    done = ccsim("run", write_tiny(tmp_path), "--json", "--xlsx")
    assert done.exit_code == 2
    assert "--out" in done.stderr


def test_without_xlsxwriter_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    for arguments in (("report", folder, "--xlsx"), ("run", folder / "scenario.toml", "--xlsx")):
        done = ccsim(*arguments)
        assert done.exit_code == 2
        assert "ccsim[xlsx]" in done.stderr


def test_not_a_results_folder(tmp_path: Path, folder: Path) -> None:
    for place, named in ((tmp_path, "provenance.json"), (tmp_path / "nowhere", "nowhere")):
        done = ccsim("report", place)
        assert done.exit_code == 2
        assert named in done.stderr
        assert "Traceback" not in done.stderr
    partly = shutil.copytree(folder, tmp_path / "partly", ignore=shutil.ignore_patterns("report.*"))
    (partly / "summary.csv").unlink()
    done = ccsim("report", partly)
    assert done.exit_code == 2
    assert "summary.csv" in done.stderr
    assert not (partly / "report.html").exists()
