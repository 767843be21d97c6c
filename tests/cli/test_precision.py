"""`ccsim run --precision`."""

from __future__ import annotations

import json
import math
import tomllib
from pathlib import Path

import pytest

from ccsim import load
from ccsim.results.stored import stored
from ccsim.runs.precision import read_wanted
from tests.cli.tiny import ccsim, only_folder, write_tiny


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write_tiny(tmp_path)


def test_the_number_reached_is_part_of_the_results(tiny: Path, tmp_path: Path) -> None:
    wanted = ("--precision", "service_level@phone:0.06,asa@chat:8", "--precision", "utilisation@all:0.05")
    out = tmp_path / "out"
    done = ccsim("run", tiny, "--json", "--out", out, *wanted)
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    number = result["replications"]
    assert 20 < number < 200
    assert [(goal["name"], goal["metric"], goal["met"]) for goal in result["precision"]] == [
        ("phone", "service_level", True),
        ("chat", "asa", True),
        ("all", "utilisation", True),
    ]
    level = result["queues"]["phone"]["service_level"]
    assert (level["high"] - level["low"]) / 2 == result["precision"][0]["reached"] <= 0.06
    folder = only_folder(out)
    assert tomllib.loads((folder / "scenario.toml").read_text())["replications"] == number
    record = json.loads((folder / "provenance.json").read_text())
    assert (record["replications"], record["precision"]) == (number, result["precision"])
    again = stored(folder)
    assert again.replications == number
    assert [goal.half_width for goal in again.goals] == [0.06, 8, 0.05]
    assert not again.missed
    replayed = ccsim("replay", folder)
    assert replayed.exit_code == 0, replayed.output
    # a run of that many is the same run
    plain = json.loads(ccsim("run", tiny, "--json", "--replications", number).stdout)
    assert plain["queues"] == result["queues"]


LIGHT = ("--engine", "simpy", "--no-report", "--no-charts")


def test_the_table_says_that_it_is_reached(tiny: Path, tmp_path: Path) -> None:
    done = ccsim("run", tiny, *LIGHT, "--out", tmp_path / "out", "--precision", "service_level:0.5")
    assert "Means of 20 replications" in done.stdout
    assert "Precision reached: 3 intervals as narrow as wanted." in done.stdout


def test_the_table_says_what_is_not_reached(tiny: Path, tmp_path: Path) -> None:
    wanted = ("--precision", "asa@phone:0.1", "--precision", "service_level@total:1e-3,paid_hours@writers:1")
    done = ccsim("run", tiny, *LIGHT, "--out", tmp_path / "out", *wanted, "--max-replications", 4)
    assert done.exit_code == 0
    assert "Precision not reached within 4 replications:" in done.stdout
    assert "wanted ± 0.1 s" in done.stdout
    assert "wanted ± 0.1 percentage points" in done.stdout
    assert "paid_hours" not in done.stdout
    assert [goal.metric for goal in stored(only_folder(tmp_path / "out")).missed] == ["asa", "service_level"]


def test_what_has_no_data_is_not_reached(tiny: Path, tmp_path: Path) -> None:
    nobody = ("--set", "queue.chat.volume.per_day=0", "--set", "queue.phone.transfer=[]")
    few = ("--precision", "asa@chat:1", "--max-replications", 2)
    done = ccsim("run", tiny, *LIGHT, *nobody, *few, "--out", tmp_path / "out")
    assert "chat asa: no data, wanted ± 1 s" in done.stdout
    notes = json.loads(ccsim("compare", tiny, *COMPARE, *nobody, *few, "--json").stdout)["notes"]
    assert "chat asa (no data) for 1." in notes[0]


def test_of_several_half_widths_the_narrowest_is_wanted() -> None:
    assert read_wanted(["asa:2,asa:1", "asa:3", "asa@chat:4"]) == {"asa": 1, "asa@chat": 4}
    assert math.isnan(read_wanted(["asa:1,asa:nan"])["asa"])  # which is refused


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--precision", "service_level@fax:0.01"], "fax"),
        (["--precision", "service_level"], "no half-width"),
        (["--precision", "asa:1", "--replications", "10"], "leave out --replications"),
        (["--max-replications", "10"], "needs --precision"),
        (["--precision", "asa:1", "--max-replications", "1"], "max-replications"),
    ],
)
def test_bad_input(options: list[str], said: str, tiny: Path, tmp_path: Path) -> None:
    done = ccsim("run", tiny, "--out", tmp_path / "out", *options)
    assert done.exit_code == 2
    assert said in done.stderr
    assert not (tmp_path / "out").exists()


COMPARE = ("--variants", "--workers", 1)


def test_a_comparison_goes_on_until_its_differences_are_known(tiny: Path, tmp_path: Path) -> None:
    wanted = ("--precision", "service_level@phone:0.03,asa@chat:30", "--out", tmp_path / "out", "--json")
    done = ccsim("compare", tiny, *COMPARE, *wanted)
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    number = result["replications"]
    assert 20 < number < 1000
    assert result["notes"] == [f"{number} replications: after these the differences are as precise as wanted."]
    (row,) = (
        row
        for row in result["figures"]
        if (row["variant"], row["name"], row["metric"]) == ("busy", "phone", "service_level")
    )
    assert row["difference_high"] - row["difference_low"] <= 0.06
    folder = only_folder(tmp_path / "out")
    assert tomllib.loads((folder / "scenarios" / "2-busy" / "scenario.toml").read_text())["replications"] == number
    # a comparison of that many is the same
    plain = json.loads(ccsim("compare", tiny, *COMPARE, "--replications", number, "--json").stdout)
    assert plain["figures"] == result["figures"]
    wanted = {"service_level@phone": 0.03, "asa@chat": 30}
    in_python = load(tiny).compare(precision=wanted, workers=1)
    assert [row._asdict() for row in in_python.rows()] == result["figures"]


def test_a_comparison_says_what_is_not_reached(tiny: Path) -> None:
    wanted = ("--precision", "asa@phone:0.01", "--max-replications", 4, "--json")
    notes = json.loads(ccsim("compare", tiny, *COMPARE, *wanted).stdout)["notes"]
    assert len(notes) == 1
    assert notes[0].startswith("4 replications: not enough for differences as precise as wanted: phone asa ± ")
    assert notes[0].endswith(" for 0.01.")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--precision", "asa@phon:2"), "phone"),
        (("--precision", "xyzzy:2"), "such as"),
        (("--precision", "service_level:2"), "0.01 is one percentage point"),
        (("--precision", "asa:2", "--replications", 5), "leave out --replications"),
        (("--precision", "asa:2", "--select", "best"), "not both"),
    ],
)
def test_what_a_comparison_cannot_reach_is_refused(options: tuple[object, ...], words: str, tiny: Path) -> None:
    done = ccsim("compare", tiny, "--variants", *options)
    assert done.exit_code == 2
    assert words in " ".join(done.stderr.split())


def test_a_figure_that_only_the_baseline_has_makes_no_difference(tiny: Path, tmp_path: Path) -> None:
    text = tiny.read_text().replace("queue.message", "queue.letters").replace("message =", "letters =")
    (tmp_path / "other.toml").write_text(text)
    done = ccsim("compare", tiny, tmp_path / "other.toml", "--precision", "asa@message:5")
    assert done.exit_code == 2
    assert "message asa: only tiny has it" in done.stderr
