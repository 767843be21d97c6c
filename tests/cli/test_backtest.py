"""`ccsim backtest`: the log of a run, its result folder, and what happens when something is wrong."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import Result

from ccsim.scenario.read import load
from tests.cli.tiny import ccsim, only_folder

CENTRE = """
name = "Three days"
start = 2026-03-02
days = 3
seed = 8
replications = 1

[queue."calls/EN"]
channel = "phone"
open = "08:00-16:00"
volume = { per_hour = 40 }
work = { dist = "exponential", mean = 240 }
wrap_up = { file = "wrap_up.csv", column = "seconds" }
patience = { dist = "exponential", mean = 180 }
service_level = "80/20"

[team.all]
skills = { "calls/EN" = 1 }
shifts = [{ agents = 3, hours = "08:00-17:00" }]
"""

SPLIT = ("--train", "2026-03-02:2026-03-03", "--test", "2026-03-04", "--replications", 2)


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scenario file; the results of its run are in `log` beside it."""
    folder = tmp_path_factory.mktemp("centre")
    file = folder / "centre.toml"
    file.write_text(CENTRE)
    (folder / "wrap_up.csv").write_text("seconds\n0\n")
    assert ccsim("run", file, "--json", "--out", folder / "out").exit_code == 0
    only_folder(folder / "out").rename(folder / "log")
    return file


@pytest.fixture(scope="module")
def whole(centre: Path) -> tuple[Result, Path]:
    """A back-test with two rules, and its folder."""
    out = centre.parent / "backtest"
    done = ccsim("backtest", centre, centre.parent / "log", *SPLIT, "--rule", "ready", "--rule", "served", "--out", out)
    assert done.exit_code == 0, done.output
    return done, only_folder(out)


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_folder_has_every_table_picture_and_the_report(whole: tuple[Result, Path]) -> None:
    _, folder = whole
    tables = {"scores.csv", "covers.csv", "days.csv", "intervals.csv", "refused.csv"}
    assert {file.name for file in folder.iterdir()} == tables | {
        "charts", "provenance.json", "report.html", "scenario.toml", "wrap_up.csv",
    }  # fmt: skip
    half_hours = {f"half_hours_{mode}.png" for mode in ("services", "arrivals", "forecast")}
    assert {file.name for file in (folder / "charts").iterdir()} == half_hours | {
        "days.png", "places.png", "coverage.png",
    }  # fmt: skip
    page = (folder / "report.html").read_text()
    for text in ("Rules side by side", "a perfect model", "Erlang A, calibrated, real AHT", "Prediction intervals"):
        assert text in page, text


def test_its_scenario_loads(whole: tuple[Result, Path]) -> None:
    assert list(load(whole[1] / "scenario.toml").queue) == ["calls/EN"]


def test_tables_name_rule_and_mode(whole: tuple[Result, Path]) -> None:
    _, folder = whole
    each = {(rule, mode) for rule in ("ready", "served") for mode in ("services", "arrivals", "forecast")}
    for name in ("scores", "covers", "days", "intervals"):
        assert {(row["rule"], row["mode"]) for row in rows(folder / f"{name}.csv")} == each
    (day,) = [row for row in rows(folder / "days.csv") if (row["rule"], row["mode"]) == ("ready", "services")]
    halves = [row for row in rows(folder / "intervals.csv") if (row["rule"], row["mode"]) == ("ready", "services")]
    assert day["day"] == "2026-03-04"
    assert sum(int(row["offered"]) for row in halves) == int(day["offered"]) > 200
    assert halves[0]["start"] == "2026-03-04T08:00:00"
    for row in halves:
        if row["asa_low"]:
            assert float(row["asa_low"]) <= float(row["asa"]) <= float(row["asa_high"])


def test_provenance_says_how_to_make_it_again(whole: tuple[Result, Path], centre: Path) -> None:
    _, folder = whole
    record = json.loads((folder / "provenance.json").read_text())
    assert set(record["inputs"]) >= {"centre.toml"}
    assert set(record["files"]) == {file.name for file in folder.glob("*.csv")}
    assert record["seed"] == 8


def test_screen_is_narrow_and_says_what_rules_assume(whole: tuple[Result, Path]) -> None:
    done, _ = whole
    assert "Agents by the rule ready: as sessions" in done.stdout
    assert "Agents by the rule served: there and free" in done.stdout
    assert max(map(len, done.stdout.splitlines()[:-1])) <= 80


def test_json_alone_writes_nothing_and_repeats_the_figures(
    whole: tuple[Result, Path], centre: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = json.loads(ccsim("backtest", centre, centre.parent / "log", *SPLIT, "--json").stdout)
    for row in rows(whole[1] / "days.csv"):
        if row["rule"] == "ready":
            (day,) = result["rules"]["ready"][row["mode"]]["days"]
            assert day["asa"] == pytest.approx(float(row["asa"]), abs=1e-5)
    assert result["test"] == ["2026-03-04"]
    services = result["rules"]["ready"]["services"]
    assert result["rules"]["ready"]["factor"] == pytest.approx(1, abs=0.1)
    assert {"simulation", "Erlang C", "Erlang A", "Erlang A, calibrated"} <= set(services["scores"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--train", "2026-03-02", "--test", "2026-03-02"), "must not be among those to learn from"),
        (("--train", "2026-03-02", "--test", "2026-03-33"), "days such as 2026-03-02:2026-03-08"),
        (("--train", "2026-03-03:2026-03-02", "--test", "2026-03-04"), "ends before it starts"),
        (("--train", "2025-03-02", "--test", "2026-03-04"), "--train: the log has no answered contacts"),
        (("--train", "2026-03-02", "--test", "2027-03-04"), "--test: the log has no answered contacts"),
        ((*SPLIT, "--rule", "absent"), "'absent' is none of served, sessions, ready, turn_round"),
        (("--train", "2026-03-04", "--test", "2026-03-02", "--refit", "weekly"), "must come after"),
        ((*SPLIT, "--mapping", "conversations"), "needs contacts"),
        ((*SPLIT, "--mapping", "nonesuch"), "nonesuch"),
        ((*SPLIT, "--set", 'queue."calls/EN".patience=-1'), "patience"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_explained(centre: Path, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = ccsim("backtest", centre, centre.parent / "log", *arguments, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert said in done.stderr
    assert [*tmp_path.rglob("*.*")] == []


def test_queues_that_the_scenario_lacks(centre: Path, tmp_path: Path) -> None:
    other = centre.with_name("other.toml")
    other.write_text(CENTRE.replace("calls/EN", "lines"))
    done = ccsim("backtest", other, centre.parent / "log", *SPLIT, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "the log has queues that the scenario lacks: calls/EN" in done.stderr


def test_a_log_needs_a_mapping(centre: Path, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("a,b\n1,2\n")
    done = ccsim("backtest", centre, log, *SPLIT, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "--mapping" in done.stderr


def test_interrupted_leaves_nothing(centre: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "ccsim", "backtest", centre, centre.parent / "log", *SPLIT, "--out", out]
    command += ["--replications", 2000]
    child = subprocess.Popen([*map(str, command)], stderr=subprocess.PIPE, env=os.environ | {"COLUMNS": "80"})
    deadline = time.monotonic() + 60
    while not out.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=60)
    assert child.returncode == 130
    assert said.decode().strip().endswith("Interrupted; nothing was written.")
    assert [*out.rglob("*.*")] == []
