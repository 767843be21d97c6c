"""A data file may be called anything: results never take its place, nor it theirs."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from ccsim.scenario.read import RESERVED, load, stored_files, stored_names
from ccsim.studies.sweep import sweep_to_folder
from tests.cli.test_staff import MORNING
from tests.cli.test_sweep import points_of
from tests.cli.tiny import TINY, VOLUMES, ccsim, only_folder, write_tiny

FAST = ("--engine", "simpy", "--workers", "1")


def named(folder: Path, name: str) -> Path:
    """The tiny scenario with its volumes under that name."""
    (folder / name).write_text(VOLUMES)
    return write_tiny(folder, TINY.replace("volumes.csv", name))


def own(folder: Path) -> set[str]:
    """What a results folder holds beside data files."""
    return {file.name for file in folder.iterdir()} - {"volumes.csv"}


@pytest.mark.parametrize(
    "name", ["intervals.csv", "Summary.CSV", "contacts.parquet", "provenance.json", "report.html", "charts"]
)
def test_a_run_keeps_its_outputs_and_the_data(name: str, tmp_path: Path) -> None:
    file = named(tmp_path, name)
    left_out = {"--no-report": "report.html", "--no-charts": "charts"}
    pictures = [option for option, what in left_out.items() if what != name]
    done = ccsim("run", file, "--engine", "simpy", *pictures, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    folder = only_folder(tmp_path / "out")
    assert own(folder) <= RESERVED | {f"_{name}"}
    assert (folder / f"_{name}").read_text() == VOLUMES
    with (folder / "intervals.csv").open() as stream:
        assert "metric" in next(csv.reader(stream))
    assert load(folder / "scenario.toml").queue["phone"].volume == load(file).queue["phone"].volume.model_copy(
        update={"file": f"_{name}"}
    )
    assert ccsim("replay", folder).exit_code == 0


def test_a_comparison_keeps_its_outputs_and_the_data(tmp_path: Path) -> None:
    file = named(tmp_path, "scenario.toml")
    done = ccsim("compare", file, "--variants", *FAST, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    folder = only_folder(tmp_path / "out")
    assert own(folder) <= RESERVED
    for scenario in (folder / "scenarios").iterdir():
        assert load(scenario / "scenario.toml").files == {"_scenario.toml": VOLUMES.encode()}


def test_a_sweep_over_data_files_keeps_them_apart(tmp_path: Path) -> None:
    file = named(tmp_path, "scenario.toml")
    (tmp_path / "more").mkdir()
    for name, calls in (("more/scenario.toml", 20), ("volumes.csv", 30)):
        (tmp_path / name).write_text(f"date,time,calls\n2026-03-02,09:00,{calls}\n")
    path = "queue.phone.volume.file"
    points = points_of(file, vary={path: "scenario.toml,more/scenario.toml,volumes.csv"}, sensitivity=False)
    _, folder = sweep_to_folder(tmp_path / "out", points, engine="simpy", workers=1)
    assert own(folder) <= RESERVED
    again = ccsim("sweep", folder / "sweep.toml", *FAST, "--out", tmp_path / "again")
    assert again.exit_code == 0, again.output
    figures = [
        [{**row, path: ""} for row in csv.DictReader((place / "sweep.csv").open())]
        for place in (folder, only_folder(tmp_path / "again"))
    ]
    assert figures[0] == figures[1]
    assert len({row["mean"] for row in figures[0] if row["metric"] == "offered" and row["name"] == "phone"}) == 3


def test_a_plan_keeps_its_outputs_and_the_data(tmp_path: Path) -> None:
    text = MORNING.replace("{ per_hour = 40 }", '{ file = "one_more.csv", column = "calls" }')
    (tmp_path / "morning.toml").write_text(text)
    (tmp_path / "one_more.csv").write_text(VOLUMES)
    done = ccsim("staff", tmp_path / "morning.toml", "--marginal", "--out", tmp_path / "out")
    assert done.exit_code in (0, 1), done.output
    folder = only_folder(tmp_path / "out")
    assert {"one_more.csv", "team_sizes.csv"} <= own(folder)
    assert own(folder) <= RESERVED | {"roster_voice.csv", "_one_more.csv"}
    assert (folder / "_one_more.csv").read_text() == VOLUMES


def test_staff_keeps_its_outputs_and_the_data(tmp_path: Path) -> None:
    text = MORNING.replace("{ per_hour = 40 }", '{ file = "requirement.csv", column = "calls" }')
    other = '[team.other]\nskills = { chat = 1 }\nroster = { file = "roster_voice.csv" }\n[[staffing.patterns]]'
    (tmp_path / "morning.toml").write_text(text.replace("[[staffing.patterns]]", other, 1))
    (tmp_path / "requirement.csv").write_text(VOLUMES)
    roster = "agent,date,start,end,breaks\nada,2026-03-02,09:00,12:00,\n"
    (tmp_path / "roster_voice.csv").write_text(roster)
    done = ccsim("staff", tmp_path / "morning.toml", "--method", "erlang", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    folder = only_folder(tmp_path / "out")
    assert own(folder) <= RESERVED | {"roster_voice.csv", "roster_voice_.csv", "_requirement.csv"}
    assert (folder / "_requirement.csv").read_text() == VOLUMES
    assert (folder / "roster_voice.csv").read_text() == roster
    assert set(stored_files(load(folder / "scenario.toml"))) == {"_requirement.csv", "roster_voice.csv"}


def test_names_that_differ_by_case_alone_are_kept_apart() -> None:
    assert list(stored_names(["a.csv", "b/A.csv", "c/_a.csv"]).values()) == ["a.csv", "_A.csv", "__a.csv"]
