"""The library as a program uses it."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyarrow import csv

import ccsim
from ccsim import charts
from ccsim.stats.estimate import Estimate
from tests.cli.tiny import ccsim as command
from tests.cli.tiny import only_folder, write_tiny

FAST: dict[str, Any] = {"engine": "compiled"}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def centre(file: Path) -> ccsim.Centre:
    return ccsim.load(file)


@pytest.fixture(scope="module")
def results(centre: ccsim.Centre) -> ccsim.Results:
    return centre.run(**FAST)


@pytest.fixture(scope="module")
def comparison(centre: ccsim.Centre) -> ccsim.Comparison:
    return centre.compare(**FAST)


@pytest.fixture(scope="module")
def sweep(centre: ccsim.Centre) -> ccsim.Sweep:
    settings = {"queue.phone.volume.scale": np.array([0.5, 1.5]), "team.writers.shifts.0.agents": "1:2"}
    return centre.sweep(settings, sensitivity=True, **FAST)


def test_importing_it_is_light() -> None:
    heavy = "numpy pandas pyarrow numba scipy matplotlib pydantic dask jinja2"
    code = f"import sys, ccsim; print([name for name in '{heavy}'.split() if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_all_names_are_there() -> None:
    assert dir(ccsim) == ccsim.__all__
    assert all(getattr(ccsim, name) is not None for name in ccsim.__all__)
    with pytest.raises(AttributeError, match="laod"):
        _ = ccsim.laod


# -------------------------------------------------------------------------------------------------------------- centres


def test_a_file_its_text_and_its_tables_are_the_same_centre(
    file: Path, centre: ccsim.Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)  # where the volumes are
    text = file.read_text()
    tables = tomllib.loads(text)
    before = json.dumps(tables, default=str)
    for source in (str(file), text, tables):
        same = ccsim.load(source)
        assert same.scenario == centre.scenario
    assert json.dumps(tables, default=str) == before
    assert centre.queues == ("phone", "chat", "message")
    assert centre.teams == ("all", "writers")
    assert centre.variants == ("busy",)
    assert centre.name == "Tiny, of course"


def test_others_are_made_from_it(file: Path, centre: ccsim.Centre) -> None:
    changes = {"queue.chat.work.mean": 40, "team.all.absence": 0.0}
    other = centre.changed(changes).variant("busy")
    assert (
        other.scenario == ccsim.load(file, "busy", changes).scenario == centre.variant("busy").changed(changes).scenario
    )
    assert (other.applied, other.changes) == ("busy", changes)
    phone = other.scenario.queue["phone"].volume
    assert phone is not None
    assert phone.scale == 3
    assert other.scenario.queue["chat"].work.mean == 40
    assert centre.scenario == ccsim.load(file).scenario


def test_changes_stay_on_top_of_the_variant(centre: ccsim.Centre) -> None:
    other = centre.changed({"queue.phone.volume.scale": 2}).variant("busy")
    phone = other.scenario.queue["phone"].volume
    assert phone is not None
    assert phone.scale == 2


def test_data_files_need_not_be_there_any_more(tmp_path: Path) -> None:
    file = write_tiny(tmp_path)
    centre = ccsim.load(file)
    file.unlink()
    (tmp_path / "volumes.csv").unlink()
    assert centre.variant("busy").changed({"seed": 3}).scenario.seed == 3


def test_what_it_says_of_itself(centre: ccsim.Centre) -> None:
    drain, warning, *of_variant = centre.check()
    assert drain.startswith("drain: 2h: whoever waits for chat")
    assert warning.startswith("queue.phone: open for 0.25 h with nobody on duty")
    assert of_variant[0].startswith("variant.busy: queue.phone: 6.2 h of work offered")
    assert {"path", "value", "tag", "source"} == set(centre.defaults())
    theory = centre.theory()
    assert set(theory["queue"]) == {"phone", "chat", "message"}
    assert theory.start[0] == pd.Timestamp("2026-03-02 09:00")
    assert repr(centre) == ("<Centre Tiny, of course: queues phone, chat, message; teams all, writers; variants busy>")
    assert repr(centre.variant("busy")).startswith("<Centre Tiny, of course, variant busy:")
    shown = centre._repr_html_()
    assert all(name in shown for name in ("live_chat", "writers", "busy", "1 day from Mon 2 Mar 2026"))


def test_overload_is_pointed_out(centre: ccsim.Centre) -> None:
    assert "phone" in centre.changed({"queue.phone.volume.scale": 30}).check()[0]


def test_names_are_escaped_in_a_notebook(file: Path) -> None:
    centre = ccsim.load(file, set={"name": "<script>", "queue.phone.title": "<b>"})
    assert "<script>" not in centre._repr_html_() + centre.run(**FAST)._repr_html_()
    assert "&lt;b&gt;" in centre._repr_html_()


# ----------------------------------------------------------------------------------------------------------------- runs


def test_a_run_is_that_of_the_command(file: Path, results: ccsim.Results, tmp_path: Path) -> None:
    command("run", file, "--engine", "compiled", "--out", tmp_path, "--json")
    folder = only_folder(tmp_path)
    summary = csv.read_csv(folder / "summary.csv").to_pandas()  # floats exactly as they are written
    pd.testing.assert_frame_equal(results.to_frame(), summary, check_exact=True, check_dtype=False)
    assert ccsim.open_results(folder).contacts.equals(results.contacts)


def test_frames(results: ccsim.Results) -> None:
    frame = results.to_frame()
    assert list(frame) == ["level", "name", "metric", "mean", "low", "high", "unit"]
    row = frame[(frame.level == "queue") & (frame.name == "chat") & (frame.metric == "asa")].iloc[0]
    assert Estimate(*row[["mean", "low", "high"]]) == results.estimate("queue", "chat", "asa")
    by_time = results.intervals()
    offered = by_time[(by_time.name == "phone") & (by_time.metric == "offered")]
    series = results.series("queue", "phone", "offered")
    assert offered["mean"].tolist() == series.mean.tolist()
    assert offered.start.iloc[18] == pd.Timestamp("2026-03-02 09:00")
    assert series.start[18] == 9 * 3600 * 10**6
    assert len(results.agents) > len(results.contacts) < len(results.turns)


def test_times_are_local_when_clocks_change(file: Path) -> None:
    changes = {
        "timezone": "Europe/Rome",
        "start": "2026-03-29",
        "replications": 1,
        "queue.phone.volume": {"per_day": 5},
    }
    start = ccsim.load(file, set=changes).run(**FAST).intervals().start
    day = start[:48].dt.strftime("%H:%M").tolist()
    assert day[3:5] == ["01:30", "03:00"]
    assert str(start.dt.tz) == "Europe/Rome"


@pytest.mark.parametrize("name", ["overview", *charts.CHARTS])
def test_plots(name: str, results: ccsim.Results) -> None:
    assert name in dir(results.plot)
    assert getattr(results.plot, name)().get_suptitle()


def test_an_unknown_plot(results: ccsim.Results) -> None:
    with pytest.raises(AttributeError, match='did you mean "waiting"'):
        results.plot.waitng()


def test_what_results_say(results: ccsim.Results) -> None:
    assert repr(results) == "<Results of Tiny, of course: 2 replications, seed 5, engine compiled>"
    shown = results._repr_html_()
    assert all(text in shown for text in ("service level", "message", "total", "utilisation", "2 replications"))


def test_the_streams_can_be_chosen(centre: ccsim.Centre, results: ccsim.Results) -> None:
    other = centre.run(replications=1, seed=6, **FAST)
    assert (other.replications, other.scenario.seed) == (1, 6)
    assert not other.contacts.equals(results.contacts)
    assert centre.run(replications=1, seed=5, **FAST).contacts.equals(results.contacts)


def test_workers_change_nothing(centre: ccsim.Centre, results: ccsim.Results) -> None:
    assert centre.run(workers=2, progress=True, **FAST).to_frame().equals(results.to_frame())


def test_precision(centre: ccsim.Centre) -> None:
    result = centre.run(precision={"service_level@phone": 0.1, "asa@chat": 1e-3}, max_replications=30, **FAST)
    assert result.replications == 30
    assert [(goal.name, goal.half_width) for goal in result.missed] == [("chat", 1e-3)]
    assert centre.run(precision={"service_level@phone": 0.3}, **FAST).replications == 20


# -------------------------------------------------------------------------------------------------------------- folders


def test_saved_and_opened_again(centre: ccsim.Centre, tmp_path: Path) -> None:
    result = centre.variant("busy").changed({"team.all.absence": 0}).run(precision={"asa@total": 1e6}, **FAST)
    assert result.save(tmp_path / "deep" / "mine") == tmp_path / "deep" / "mine"
    again = ccsim.open_results(tmp_path / "deep" / "mine")
    assert type(again) is ccsim.Results
    assert again.to_frame().equals(result.to_frame())
    assert again.intervals().equals(result.intervals())
    assert (again.variant, again.goals, again.about) == ("busy", result.goals, result.about)
    assert again.about["overrides"] == ["team.all.absence=0"]
    again.save(tmp_path / "again")
    files = [path.name for path in (tmp_path / "again").iterdir() if path.suffix != ".json"]
    assert len(files) == 8
    for name in files:
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "deep" / "mine" / name).read_bytes()
    replayed = command("replay", tmp_path / "again")
    assert replayed.exit_code == 0, replayed.output


def test_nothing_is_overwritten(results: ccsim.Results, comparison: ccsim.Comparison, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    for result in (results, comparison):
        with pytest.raises(FileExistsError):
            result.save(tmp_path / "taken")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("taken", "mine")]


# ----------------------------------------------------------------------------------------------- comparisons and sweeps


def test_a_comparison_is_that_of_the_command(file: Path, comparison: ccsim.Comparison, tmp_path: Path) -> None:
    command("compare", file, "--variants", "--engine", "compiled", "--out", tmp_path, "--json")
    (written,) = tmp_path.rglob("comparison.csv")
    comparison.save(tmp_path / "mine")
    assert (tmp_path / "mine" / "comparison.csv").read_bytes() == written.read_bytes()
    frame = comparison.to_frame()
    assert set(frame.variant) == {"base", "busy"}
    one = frame[(frame.name == "phone") & (frame.metric == "offered")].set_index("variant")
    assert one.difference["busy"] == pytest.approx(one["mean"]["busy"] - one["mean"]["base"])
    assert comparison.ranking("asa@phone").figure.metric == "asa"
    assert repr(comparison) == "<Comparison of base, busy: 2 replications>"
    assert "phone service level" in comparison._repr_html_()
    assert comparison.plot.differences().get_suptitle()


def test_whom_it_is_compared_with(centre: ccsim.Centre) -> None:
    busier = centre.changed({"queue.phone.volume.scale": 2})
    options = {"replications": 1, **FAST}

    def names(result: ccsim.Comparison) -> list[str]:
        assert result.replications == 1
        assert not result.notes
        return [variant.name for variant in result.variants]

    assert names(centre.compare(["busy", busier], **options)) == ["base", "busy", "Tiny, of course"]
    assert names(centre.compare({"more": busier}, baseline="more", **options)) == ["more", "base"]
    assert names(centre.variant("busy").compare([centre], **options)) == ["busy", "Tiny, of course"]
    with pytest.raises(ccsim.ScenarioError, match="two of this name"):
        centre.compare([busier, busier], **options)
    with pytest.raises(ccsim.ScenarioError, match="two or more"):
        centre.compare([], **options)


def test_a_sweep(sweep: ccsim.Sweep) -> None:
    frame = sweep.to_frame()
    assert frame.point.nunique() == 4
    offered = frame[(frame.name == "phone") & (frame.metric == "offered")]
    by_scale = offered.groupby("queue.phone.volume.scale")["mean"].mean()
    assert by_scale[0.5] < by_scale[1.5]
    assert repr(sweep) == (
        "<Sweep of Tiny, of course over queue.phone.volume.scale, team.writers.shifts.0.agents: "
        "4 points, 2 replications each>"
    )
    assert dir(sweep.plot) == ["curves", "frontier", "heat_map", "tornado"]
    assert sweep.plot.heat_map("asa@phone").get_suptitle()
    with pytest.raises(ccsim.ScenarioError, match="phon"):
        sweep.plot.curves("asa@phon")
    with pytest.raises(ccsim.ScenarioError, match="nothing to draw in frontier"):
        sweep.plot.frontier("cost")


def test_a_sweep_with_a_folder(centre: ccsim.Centre, tmp_path: Path) -> None:
    result = centre.sweep({"queue.phone.volume.scale": [1, 2]}, replications=1, out=tmp_path, **FAST)
    assert result.folder == only_folder(tmp_path)
    assert (result.folder / "sweep.parquet").is_file()
    assert len(result.to_frame()) > 100


# -------------------------------------------------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda centre: ccsim.load("nowhere.toml"), "nowhere.toml: no such file"),
        (lambda centre: ccsim.load("name = \n"), "not TOML"),
        (lambda centre: ccsim.load({"queue": {"phone": {"channel": "phon"}}}), 'did you mean "phone"'),
        (lambda centre: ccsim.load(centre.file, "bussy"), 'did you mean "busy"'),
        (lambda centre: ccsim.load(centre.file, set={"queue.fax.work": 3}), "queue.fax"),
        (lambda centre: centre.changed({"queue.chat.work.mean": -1}), "queue.chat.work"),
        (lambda centre: centre.run(replications=0), "replications"),
        (lambda centre: centre.run(seed=-1), "seed"),
        (lambda centre: centre.run(precision={"asa@fax": 1.0}), "no queue or team 'fax'"),
        (lambda centre: centre.run(precision={"asa": 1.0}, replications=3), "one of them"),
        (lambda centre: centre.run(precision={"asa": 1.0}, max_replications=1), "2 or more"),
        (lambda centre: centre.compare(["bussy"]), 'did you mean "busy"'),
        (lambda centre: centre.compare(baseline="bases"), 'did you mean "base"'),
        (lambda centre: centre.sweep({}), "nothing to vary"),
        (lambda centre: centre.sweep({"queue.fax.work": "1:2"}), "fax"),
        (lambda centre: ccsim.open_results("nowhere"), "provenance.json"),
    ],
)
def test_what_is_wrong_is_said(wrong: Any, said: str, centre: ccsim.Centre) -> None:
    with pytest.raises(ccsim.ScenarioError) as refused:
        wrong(centre)
    assert said in str(refused.value)


def test_a_variant_that_cannot_be_run(file: Path) -> None:
    tables = tomllib.loads(file.read_text())
    tables["queue"]["phone"]["volume"] = {"per_day": 3}
    tables["variant"]["broken"] = {"set": {"queue.phone.priority": -1}}
    centre = ccsim.load(tables)
    with pytest.raises(ccsim.ScenarioError, match="priority"):
        centre.check()
