"""`ccsim chart`: charts of a results folder, without simulating."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccsim.cli.chart import FORMATS
from tests.cli.tiny import ccsim, only_folder, write_tiny


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("chart")
    tiny = write_tiny(root)
    without_threads = ("--set", "queue.message.volume.per_day=0")
    assert ccsim("run", tiny, *without_threads, "--engine", "simpy", "--json", "--out", root / "out").exit_code == 0
    return only_folder(root / "out")


def test_all_charts_go_beside_the_results(folder: Path) -> None:
    done = ccsim("chart", folder)
    assert done.exit_code == 0, done.output
    drawn = {file.name for file in (folder / "charts").iterdir()}
    assert {f"{name}.png" for name in ("service_level", "agents", "outcomes", "overview")} <= drawn
    assert {Path(line).name for line in done.stdout.splitlines()} == drawn


@pytest.mark.parametrize("form", FORMATS)
def test_one_kind_in_every_format(form: str, folder: Path, tmp_path: Path) -> None:
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}
    done = ccsim("chart", folder, "--kind", "waiting", "--format", form, "--theme", "dark", "--out", tmp_path / "new")
    assert done.exit_code == 0, done.output
    (file,) = (tmp_path / "new").iterdir()
    assert file.name == f"waiting.{form}"
    assert file.read_bytes().startswith(start[form])


@pytest.mark.parametrize(
    ("kind", "message"), [("wating", "no such chart"), ("thread", "nothing to show in these results")]
)
def test_kinds_that_cannot_be_drawn(kind: str, message: str, folder: Path, tmp_path: Path) -> None:
    done = ccsim("chart", folder, "--kind", kind, "--out", tmp_path / "new")
    assert done.exit_code == 2
    assert message in done.output
    assert "service_level" in done.output
    assert not (tmp_path / "new").exists()


def test_what_is_no_results_folder(tmp_path: Path) -> None:
    done = ccsim("chart", tmp_path)
    assert done.exit_code == 2
    assert "a results folder as `ccsim run` writes it" in done.output
