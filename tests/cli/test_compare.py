"""`ccsim compare`: the table, the JSON, the results folder, and what happens when something is wrong."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from ccsim.runs.store import Store
from tests.cli.tiny import TINY, ccsim, only_folder, write_tiny

ROOT = Path(__file__).parents[2]

EIGHT = TINY + "".join(
    f"""
[variant."number {i} with_a_name_that_is_long_enough_to_be_folded"]
title = "Number {i}"
set = {{ "team.all.shifts.0.agents" = {i} }}
"""
    for i in range(1, 7)
)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write_tiny(tmp_path)


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_variants_leave_a_whole_results_folder(tiny: Path, tmp_path: Path) -> None:
    done = ccsim("compare", tiny, "--variants", "--out", tmp_path / "out", "--workers", 1)
    assert done.exit_code == 0, done.output
    folder = only_folder(tmp_path / "out")
    assert str(folder) in done.stdout
    assert folder.parent.name == "tiny-of-course-compared"
    files = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    assert files == {
        "comparison.csv",
        "ranking.csv",
        "provenance.json",
        "report.html",
        "report.json",
        "charts/differences.png",
        *(f"scenarios/{name}/{file}" for name in ("1-base", "2-busy") for file in ("scenario.toml", "volumes.csv")),
    }
    rows = rows_of(folder / "comparison.csv")
    assert {row["variant"] for row in rows} == {"base", "busy"}
    offered = {row["variant"]: row for row in rows if (row["name"], row["metric"]) == ("phone", "offered")}
    assert float(offered["busy"]["mean"]) - float(offered["base"]["mean"]) == float(offered["busy"]["difference"])
    assert offered["base"]["difference"] == ""
    (pair,) = rows_of(folder / "ranking.csv")
    assert {pair["first"], pair["second"]} == {"base", "busy"}
    record = json.loads((folder / "provenance.json").read_text())
    assert record["variants"]["busy"] == "scenarios/2-busy/scenario.toml"
    assert (record["seed"], record["replications"], record["baseline"]) == (5, 2, "base")


def test_stored_scenarios_give_the_same_figures_alone(tiny: Path, tmp_path: Path) -> None:
    ccsim("compare", tiny, "--variants", "--seed", 9, "--out", tmp_path / "out", "--workers", 1)
    folder = only_folder(tmp_path / "out")
    alone = json.loads(ccsim("run", folder / "scenarios" / "2-busy" / "scenario.toml", "--json").stdout)
    assert (alone["seed"], alone["replications"]) == (9, 2)
    rows = {
        (row["name"], row["metric"]): row
        for row in rows_of(folder / "comparison.csv")
        if (row["variant"], row["level"]) == ("busy", "queue")
    }
    for name, metrics in alone["queues"].items():
        for metric, figure in metrics.items():
            mean = rows[name, metric]["mean"]
            assert (None if mean == "" else pytest.approx(float(mean))) == figure["mean"], (name, metric)


def test_json_says_it_all_and_leaves_no_folder(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.iterdir())
    done = ccsim("compare", tiny, "--variants", "--json", "--baseline", "busy", "--workers", 1)
    result: dict[str, Any] = json.loads(done.stdout)
    assert set(tmp_path.iterdir()) == before
    assert result["baseline"] == "busy"
    assert list(result["variants"]) == ["busy", "base"]
    assert result["ranking"]["metric"] == "cost"
    assert len(result["ranking"]["pairs"]) == 1
    assert result["ranking"]["sentences"]
    level = [row for row in result["figures"] if (row["name"], row["metric"]) == ("phone", "service_level")]
    assert [row["variant"] for row in level] == ["busy", "base"]
    assert [row["difference"] is None for row in level] == [True, False]


def test_files_get_the_seed_of_the_first(tiny: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(TINY.replace("seed = 5", "seed = 6").replace("agents = 2", "agents = 3"))
    done = ccsim("compare", tiny, other, "--out", tmp_path / "out", "--workers", 1)
    assert done.exit_code == 0, done.output
    assert "note: other: seed 5, that of tiny, instead of 6." in done.stdout
    assert "seed 5" in done.stdout
    changed = ccsim("compare", tiny, other, "--json", "--set", "team.all.shifts.0.agents=2", "--workers", 1)
    differences = {row["difference"] for row in json.loads(changed.stdout)["figures"]} - {None}
    assert differences == {0.0}


@pytest.mark.parametrize("width", [80, 120])
def test_table_fits_the_screen(tmp_path: Path, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    eight = write_tiny(tmp_path, EIGHT)
    done = ccsim("compare", eight, "--variants", "--out", tmp_path / "out", "--workers", 1, "--rank-by", "asa@phone")
    assert done.exit_code == 0, done.output
    figures = done.stdout[: done.stdout.index("Results: ")]
    assert max(map(len, figures.splitlines())) <= width
    assert len(re.findall("(?m)^number .*: Number ", figures)) == 6
    headings = [line for line in figures.splitlines() if "─" in line]
    assert len(headings) == (3 if width == 80 else 2), "eight variants beside one another, below as many as must be"
    assert figures.index("Ranked by phone asa") < figures.index("─"), "the ranking comes first"
    assert "Cannot be told apart by phone asa at 2 replications" in figures
    assert re.search(r'"Number [^"]+"\s+and\s+"Number', figures), "titles stand in quotes within sentences"
    assert "Intervals of 99.82 % a pair" in figures


def test_table_shows_targets_and_marks_differences(tiny: Path, tmp_path: Path) -> None:
    done = ccsim("compare", tiny, "--variants", "--out", tmp_path / "out", "--replications", 8, "--workers", 1)
    lines = done.stdout.splitlines()
    level = lines.index(next(line for line in lines if "service level" in line))
    assert "≥ 80 %" in lines[level + 1]
    assert lines[level + 1].rstrip().endswith("*"), "three times as many calls are felt"
    assert "missed" in lines[level]
    assert "zero is outside" in " ".join(done.stdout.split())


def test_the_page_shows_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    page = (ROOT / "docs" / "compare.md").read_text(encoding="utf-8")
    command, _, shown = page.split("```\n$ ")[1].split("\n```")[0].partition("\n")
    program, *arguments = command.replace("scenarios/", f"{ROOT}/scenarios/").split()
    assert program == "ccsim"
    printed = [line.rstrip() for line in ccsim(*arguments, "--out", tmp_path).stdout.splitlines()]
    lines = shown.splitlines()
    assert len(lines) > 20
    assert printed[: len(lines)] == lines


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["TINY"], "Give two FILEs or more"),
        (["TINY", "TINY", "--variants"], "--variants compares the variants of one FILE"),
        (["TINY", "--variants", "--cluster", "local", "--executor", "threads"], "not both"),
        (["TINY", "--variants", "--max-replications", "10"], "needs --precision or --select"),
        (["TINY", "TINY"], "given twice"),
        (["TINY", "none.toml"], "no such file"),
        (["TINY", "--variants", "--baseline", "bsae"], 'did you mean "base"'),
        (["TINY", "--variants", "--rank-by", "costs"], 'did you mean "cost"'),
        (["TINY", "--variants", "--rank-by", "cost@pone"], 'did you mean "phone"'),
        (["TINY", "--variants", "--rank-by", "occupancy"], "neither more nor less occupancy"),
        (["TINY", "--variants", "--replications", "0"], "replications: 0"),
        (["TINY", "--variants", "--set", "queue.fone.open=1"], 'did you mean "phone"'),
        (["PLAIN", "--variants"], "variant: none"),
        ([], "Missing argument"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_written(
    tiny: Path, tmp_path: Path, arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = tmp_path / "plain.toml"
    plain.write_text(TINY[: TINY.index("[variant")])
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.iterdir())
    names = {"TINY": str(tiny), "PLAIN": str(plain)}
    done = ccsim("compare", *(names.get(argument, argument) for argument in arguments))
    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stdout == ""
    assert {path for path in tmp_path.iterdir() if path.name != "results" or any(path.iterdir())} == before


def test_an_interrupted_comparison_goes_on(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ccsim("compare", tiny, "--variants", "--replications", 12, "--workers", 1, "--out", tmp_path / "whole")
    assert whole.exit_code == 0, whole.output
    taken: list[int] = []
    put = Store.put

    def interrupted(store: Store, result: Any) -> None:
        put(store, result)
        taken.append(len(store))
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Store, "put", interrupted)
        ended = ccsim("compare", tiny, "--variants", "--replications", 12, "--workers", 1, "--out", tmp_path / "out")
    assert ended.exit_code == 130
    assert f"{taken[0]} of 24 simulations are kept" in ended.stderr
    assert "--resume" in ended.stderr
    other = ccsim("compare", tiny, "--variants", "--replications", 5, "--out", tmp_path / "out", "--resume")
    assert other.exit_code == 2
    assert "is of another study" in other.stderr
    again: list[int] = []

    def counted(store: Store, result: Any) -> None:
        rows = list(result)
        again.append(len(rows))
        put(store, rows)

    monkeypatch.setattr(Store, "put", counted)
    resumed = ccsim(
        "compare", tiny, "--variants", "--replications", 12, "--workers", 1, "--out", tmp_path / "out", "--resume"
    )
    assert resumed.exit_code == 0, resumed.output
    assert sum(again) == 24 - taken[0] > 0
    for name in ("comparison.csv", "ranking.csv"):
        assert (only_folder(tmp_path / "out") / name).read_bytes() == (
            only_folder(tmp_path / "whole") / name
        ).read_bytes()


def test_the_best_is_selected(tiny: Path, tmp_path: Path) -> None:
    arguments = (
        "compare",
        tiny,
        "--variants",
        "--workers",
        1,
        "--rank-by",
        "abandonment@phone",
        "--indifference",
        0.05,
    )
    shown = ccsim(*arguments, "--select", "best", "--out", tmp_path / "out")
    assert shown.exit_code == 0, shown.output
    assert "Selected: base" in shown.stdout
    assert "With 95 % confidence the best by phone abandonment" in " ".join(shown.stdout.split())
    said = json.loads(ccsim(*arguments, "--select", "best", "--json").stdout)["selection"]
    assert (said["best"], said["indifference"], said["decided"]) == ("base", 0.05, True)
    assert [each["name"] for each in said["candidates"]] == ["base", "busy"]
    few = ccsim(*arguments, "--select", "best", "--json", "--replications", 1)
    assert few.exit_code == 2
    assert "2 or more" in few.stderr
    assert ccsim(*arguments).exit_code == 2, "--indifference without --select"
