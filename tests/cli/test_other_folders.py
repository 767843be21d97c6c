"""`ccsim report` and `ccsim chart` on folders of studies; what others say of a folder that is no run's."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ccsim.results.stored import STUDIES
from tests.cli.tiny import ccsim, only_folder, write_tiny

FAST = ("--engine", "simpy", "--workers", "1", "--executor", "threads")
STUDY = {
    "comparison": ("compare", "--variants", *FAST),
    "sweep": ("sweep", "--vary", "queue.phone.volume.scale=1,2", *FAST),
    "staffing plan": ("staff", "--method", "erlang"),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = {}
    for study, (verb, *options) in STUDY.items():
        place = tmp_path_factory.mktemp(verb)
        done = ccsim(verb, write_tiny(place), *options, "--xlsx", "--out", place / "out")
        assert done.exit_code == 0, done.output
        made[study] = only_folder(place / "out")
    return made


@pytest.mark.parametrize("study", STUDY)
def test_page_and_workbook_are_written_again(study: str, folders: dict[str, Path]) -> None:
    folder = folders[study]
    page = (folder / "report.html").read_bytes()
    assert (folder / "report.xlsx").read_bytes().startswith(b"PK")
    for file in ("report.html", "report.xlsx"):
        (folder / file).unlink()
    done = ccsim("report", folder, "--xlsx")
    assert done.exit_code == 0, done.output
    assert (folder / "report.html").read_bytes() == page
    assert (folder / "report.xlsx").read_bytes().startswith(b"PK")


@pytest.mark.parametrize("study", STUDY)
def test_charts_come_out_again(study: str, folders: dict[str, Path], tmp_path: Path) -> None:
    done = ccsim("chart", folders[study], "--theme", "dark", "--out", tmp_path / "new")
    assert done.exit_code == 0, done.output
    assert {file.name for file in (tmp_path / "new").iterdir()} == {
        file.name for file in (folders[study] / "charts").iterdir()
    }
    assert all(file.read_bytes().startswith(b"\x89PNG") for file in (tmp_path / "new").iterdir())
    refused = ccsim("chart", folders[study], "--kind", "waiting")
    assert refused.exit_code == 2
    assert "waiting: no such chart; choose from" in refused.output


@pytest.mark.parametrize("study", STUDY)
def test_replay_says_what_the_folder_is(study: str, folders: dict[str, Path]) -> None:
    assert study in STUDIES.values()
    done = ccsim("replay", folders[study])
    assert done.exit_code == 2
    assert f"the folder of a {study}" in done.output


def test_a_folder_above_runs_names_them(tmp_path: Path) -> None:
    assert ccsim("run", write_tiny(tmp_path), "--engine", "simpy", "--json", "--out", tmp_path / "out").exit_code == 0
    run = only_folder(tmp_path / "out")
    for verb in ("replay", "report", "chart"):
        done = ccsim(verb, tmp_path / "out")
        assert done.exit_code == 2
        assert f"runs inside: {run}" in done.output


@pytest.mark.parametrize("verb", ["compare", "sweep", "staff"])
def test_a_missing_package_is_named_before_anything_is_simulated(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    options = {"compare": "--variants", "sweep": "--vary=queue.phone.volume.scale=1,2", "staff": "--method=erlang"}
    done = ccsim(verb, write_tiny(tmp_path), options[verb], "--xlsx", "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "ccsim[xlsx]" in done.output
    assert not (tmp_path / "out").exists()
