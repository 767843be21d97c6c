"""Pictures are drawn as ccsim draws them, and one that fails never costs the figures."""

from __future__ import annotations

import warnings
from pathlib import Path

import matplotlib as mpl
import pytest

from ccsim.charts import style
from ccsim.report import artists
from tests.cli.test_staff import MORNING
from tests.cli.tiny import ccsim, only_folder, write_tiny

FAST = ("--engine", "simpy")
FOREIGN = {"text.usetex": True, "font.size": 40, "savefig.bbox": "tight", "savefig.transparent": True, "figure.dpi": 7}


@pytest.mark.slow
def test_foreign_settings_change_no_picture(tmp_path: Path) -> None:
    file, kinds = write_tiny(tmp_path), ("--kind", "waiting", "--kind", "heat_map", "--kind", "conversations")
    with mpl.rc_context(FOREIGN):
        done = ccsim("run", file, *FAST, "--no-report", "--out", tmp_path / "out")
        assert done.exit_code == 0, done.output
        assert "could not be made" not in done.stderr
        folder = only_folder(tmp_path / "out")
        assert ccsim("chart", folder, *kinds, "--out", folder / "again").exit_code == 0
    assert ccsim("chart", folder, *kinds, "--out", folder / "own").exit_code == 0
    drawn = [{p.name: p.read_bytes() for p in (folder / name).iterdir()} for name in ("charts", "again", "own")]
    assert len(drawn[0]) > 5
    assert drawn[1] == drawn[2] == {f"{name}.png": drawn[0][f"{name}.png"] for name in kinds[1::2]}


def test_a_name_that_the_font_lacks_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with style.styled("light"):
            page = style.page()
            page.text(0.5, 0.5, "\u5ba2\u670d")
            page.canvas.draw()


def broken(*_: object, **__: object) -> None:
    raise RuntimeError("no pictures today\nnor tomorrow")


class Broken:
    def __init__(self, in_page: bool) -> None:
        self.in_page = in_page

    def __call__(self, unit: object) -> None:
        broken(unit)


@pytest.mark.parametrize(
    ("verb", "tables"),
    [
        (("run", *FAST), ("summary.csv", "intervals.csv", "contacts.parquet", "report.html")),
        (("compare", "--variants", *FAST, "--workers", "1"), ("comparison.csv", "ranking.csv", "report.html")),
        (
            ("sweep", "--vary", "queue.phone.volume.scale=1,2", *FAST, "--workers", "1"),
            ("sweep.csv", "sweep.toml", "report.html"),
        ),
        (("staff", "--method", "erlang"), ("requirement.csv",)),
    ],
)
def test_a_picture_that_fails_costs_nothing_else(
    verb: tuple[str, ...], tables: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_tiny(tmp_path)
    if verb[0] == "staff":
        file.write_text(MORNING)
    monkeypatch.setattr(style, "page", broken)
    monkeypatch.setattr(artists, "Artist", Broken)  # which works in other processes
    done = ccsim(verb[0], file, *verb[1:], "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "warning: charts could not be made (RuntimeError: no pictures today)" in done.stderr
    folder = only_folder(tmp_path / "out")
    assert str(folder) in done.stdout
    for name in (*tables, "provenance.json", "scenario/scenario.toml" if verb[0] == "sweep" else ""):
        assert (folder / name).exists(), name
