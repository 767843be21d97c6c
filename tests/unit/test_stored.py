"""A results folder, read again, is what was written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ccsim import charts
from ccsim.errors import ScenarioError
from ccsim.metrics import IntervalRow
from ccsim.results.logs import LOGS
from ccsim.results.model import Results, as_json
from ccsim.results.storage import write_figures
from ccsim.results.stored import stored
from ccsim.runs.run import run, run_to_folder
from ccsim.scenario import read
from ccsim.scenario.spreadsheets import write_csv
from tests.cli.tiny import write_tiny


@pytest.fixture(scope="module", params=["first", "all"])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, Results]:
    """Fresh and stored results of two replications; a queue has a name that could be taken for no data."""
    place = tmp_path_factory.mktemp("pair")
    file = write_tiny(place)
    file.write_text(file.read_text().replace("[queue.message]", '[queue."NA"]').replace("message = ", '"NA" = '))
    fresh, folder = run_to_folder(
        place / "out", read.load(file, "busy"), variant="busy", engine="simpy", log=request.param
    )
    return fresh, stored(folder)


def test_figures_by_time_are_the_lines_that_a_writer_of_rows_makes(tmp_path: Path) -> None:
    file = write_tiny(tmp_path)
    hostile = '"=1, \\"2\\""'
    file.write_text(
        file.read_text().replace("[queue.message]", f"[queue.{hostile}]").replace("message = ", f"{hostile} = ")
    )
    results = run(read.load(file, "busy"), engine="simpy")
    write_figures(tmp_path, results)
    for name, rows in (("intervals", results.summary.interval_rows()), ("days", results.summary.day_rows())):
        write_csv(tmp_path / "rows.csv", IntervalRow._fields, rows)
        written, wanted = (
            (tmp_path / f"{each}.csv").read_bytes().decode().splitlines(keepends=True) for each in (name, "rows")
        )
        assert [line.rsplit(",", 2)[0] + "\r\n" for line in written] == wanted
        assert written[0].endswith(",date,time\r\n")
        assert any('"\'=1, ""2' in line for line in written)


def test_everything_is_known_again(pair: tuple[Results, Results]) -> None:
    fresh, again = pair
    assert "NA" in again.spec.queues
    assert (again.variant, again.engine, again.replications) == ("busy", "simpy", 2)
    assert as_json(again) == as_json(fresh)
    assert again.summary.rows == fresh.summary.rows
    assert list(again.summary.interval_rows()) == list(fresh.summary.interval_rows())
    assert list(again.summary.day_rows()) == list(fresh.summary.day_rows())
    assert again.summary.starts.tolist() == fresh.summary.starts.tolist()
    for log in LOGS:
        assert again.logs[log].schema.equals(fresh.logs[log].schema, check_metadata=True)
        assert again.logs[log].to_pylist() == fresh.logs[log].to_pylist()
    for (level, metric), table in fresh.summary.by_interval.items():
        for name in fresh.summary.names[level]:
            series = again.series(level, name, metric)
            assert np.array_equal(series[1:], table[:, fresh.summary.names[level].index(name)], equal_nan=True)


@pytest.mark.parametrize("chart", [*charts.CHARTS, "overview"])
def test_charts_are_the_same_to_the_pixel(chart: str, pair: tuple[Results, Results]) -> None:
    def pixels(results: Results) -> np.ndarray:
        page = charts.overview(results) if chart == "overview" else charts.figure(chart, results)
        page.canvas.draw()
        return np.asarray(page.canvas.buffer_rgba())  # type: ignore[attr-defined]

    fresh, again = map(pixels, pair)
    assert len(np.unique(fresh)) > 10
    assert np.array_equal(fresh, again)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("whole")
    return run_to_folder(place / "out", read.load(write_tiny(place)), engine="simpy")[1]


NEEDED = [
    "provenance.json",
    "scenario.toml",
    "summary.csv",
    "intervals.csv",
    "days.csv",
    *(f"{log}.parquet" for log in LOGS),
]


@pytest.mark.parametrize("content", [None, b"", b"not what it was"], ids=["missing", "empty", "spoilt"])
@pytest.mark.parametrize("file", NEEDED)
def test_what_is_no_results_folder_is_named(file: str, content: bytes | None, folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    (copy / file).unlink()
    if content is not None:
        (copy / file).write_bytes(content)
    with pytest.raises(ScenarioError) as refused:
        stored(copy)
    assert file in str(refused.value)


@pytest.mark.parametrize("change", [{"versions": []}, {"files": "x"}, {"variant": []}, {"precision": 5}], ids=str)
def test_a_provenance_of_other_types_is_refused(change: dict[str, Any], folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    about = json.loads((copy / "provenance.json").read_text())
    (copy / "provenance.json").write_text(json.dumps(about | change))
    with pytest.raises(ScenarioError, match="not readable as a run's provenance"):
        stored(copy)


def test_no_folder_at_all(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="provenance"):
        stored(tmp_path / "nowhere")
