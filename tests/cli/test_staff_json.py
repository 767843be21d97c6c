"""`ccsim staff --json`, by every method, and what one agent more does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ccsim.cli import main
from ccsim.runs.run import run
from ccsim.scenario import read

DAY = """
name = "A day by rules"
start = 2026-03-02
days = 1
drain = "1h"
seed = 3
replications = 4
fte_hours = 40

[queue.phone]
channel = "phone"
open = "09:00-12:00"
volume = { per_hour = 40 }
service_level = "80/20"

[team.voice]
skills = { phone = 1 }
shifts = [{ agents = 9, hours = "09:00-12:00" }]
cost_per_hour = 20

[staffing]
premium = [{ factor = 1.5, hours = "11:00-12:00" }]

[[staffing.rule]]
team = "voice"
lengths = ["2h", "3h"]
earliest_start = "09:00"
latest_end = "12:00"
step = "1h"
"""


@pytest.fixture
def day(tmp_path: Path) -> Path:
    (tmp_path / "day.toml").write_text(DAY)
    return tmp_path / "day.toml"


def staff(file: Path, *arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(main, ["staff", str(file), "--json", *arguments])
    assert result.exit_code in (0, 1), result.output
    record: dict[str, Any] = json.loads(result.stdout)
    return record


def test_shifts(day: Path, tmp_path: Path) -> None:
    record = staff(day, "--out", str(tmp_path / "out"))
    assert [shift["shift"] for shift in record["plan"]] == [
        "voice 09:00-11:00", "voice 10:00-12:00", "voice 09:00-12:00",
    ]  # fmt: skip
    agents = [shift["agents"] for shift in record["plan"]]
    assert record["paid_hours"] == sum(number * hours for number, hours in zip(agents, (2, 2, 3), strict=True))
    assert record["cost"] == 20 * (record["paid_hours"] + 0.5 * (agents[1] + agents[2])), "a premium is money, no hour"
    assert record["fte"] == pytest.approx(record["paid_hours"] * 7 / 40)
    (target,) = record["targets"]
    assert target["what"] == "phone: service_level"
    assert target["wanted"] == 0.8
    assert set(target["search"]) == set(target["fresh"]) == {"mean", "low", "high"}
    assert target["met"] is True
    assert 0 < record["bound"] <= record["cost"]
    assert record["gap"] == pytest.approx(1 - record["bound"] / record["cost"])
    assert record["staffings"] > 3
    assert record["seconds"] > 0
    assert {entry["start"] for entry in record["requirement"]} == {
        f"2026-03-02T{hour:02d}:{minute}" for hour in (9, 10, 11) for minute in ("00", "30")
    }
    # a run of the plan's scenario costs the same, but for overtime, and has the figures of the search
    (folder,) = (tmp_path / "out").glob("*/*")
    results = run(read.load(folder / "scenario.toml"), engine="compiled")
    level = results.estimate("queue", "phone", "service_level")
    assert level is not None
    assert level._asdict() == pytest.approx(target["search"])
    cost, over = (results.estimate("total", "total", metric) for metric in ("cost", "overtime_hours"))
    hours = results.estimate("total", "total", "paid_hours")
    assert cost is not None
    assert over is not None
    assert hours is not None
    assert hours.mean - over.mean == pytest.approx(record["paid_hours"])
    overtime = results.estimate("total", "total", "overtime_cost")
    assert overtime is not None
    assert cost.mean - overtime.mean == pytest.approx(record["cost"])
    assert 0 < 20 * over.mean <= overtime.mean + 1e-6 <= 20 * 1.5 * over.mean  # part of it at the premium
    assert record["overtime_cost"]["low"] <= overtime.mean <= record["overtime_cost"]["high"]


UNAIMED = """
[queue.info]
channel = "phone"
open = "09:00-12:00"
volume = { per_hour = 40 }

[team.desk]
skills = { info = 1 }
shifts = [{ agents = 9, hours = "09:00-12:00" }]
cost_per_hour = 20

[[staffing.patterns]]
team = "desk"
hours = "09:00-12:00"
"""


def test_a_queue_that_the_plan_leaves_alone_is_named(day: Path, tmp_path: Path) -> None:
    assert not any("nobody on duty" in warning for warning in staff(day)["warnings"])
    day.write_text(DAY + UNAIMED)
    record = staff(day, "--out", str(tmp_path / "out"))
    assert [shift["agents"] for shift in record["plan"] if shift["team"] == "desk"] == [0]
    without, *others = record["warnings"]
    assert without == "queues without a target of their own, for which the plan does not staff: info"
    (file,) = (tmp_path / "out").glob("*/*/scenario.toml")
    warned = CliRunner().invoke(main, ["run", str(file), "--json"]).stderr
    assert any(other.startswith("queue.info: open for 3 h with nobody on duty") for other in others)
    assert all(f"{other}\n" in warned for other in others), "as a run of the plan says it"
    shown = CliRunner().invoke(main, ["staff", str(day), "--out", str(tmp_path / "out")])
    assert f"Warning: {without}." in " ".join(shown.stdout.split())
    (page,) = (tmp_path / "out").glob("*/*/report.html")
    assert without in page.read_text(encoding="utf-8")


def test_requirement_and_erlang(day: Path) -> None:
    simulated = staff(day, "--method", "requirement")
    assert list(simulated) == ["requirement", "shortfalls", "warnings"]
    assert {entry["binds"] for entry in simulated["requirement"]} == {"phone: service_level"}
    erlang = staff(day, "--method", "erlang")
    assert erlang["cost"] > 0
    assert sum(shift["agents"] for shift in erlang["plan"]) > 0
    assert "bound" not in erlang
    assert {entry["team"] for entry in erlang["requirement"]} == {"voice"}


def test_what_one_agent_more_does(day: Path, tmp_path: Path) -> None:
    record = staff(day, "--marginal", "--replications", "8", "--out", str(tmp_path / "out"))
    shifts = [one for one in record["one_more"] if one["shift"]]
    half_hours = [one for one in record["one_more"] if one["half_hour"]]
    assert [one["shift"] for one in shifts] == [shift["shift"] for shift in record["plan"]]
    assert [one["half_hour"] for one in half_hours] == [
        "09:00-09:30", "09:30-10:00", "10:00-10:30", "10:30-11:00", "11:00-11:30", "11:30-12:00",
    ]  # fmt: skip
    assert [one["cost"] for one in half_hours] == [10, 10, 10, 10, 15, 15]
    for one in shifts:  # with narrow intervals, as the customers are the same
        change = one["targets"]["phone: service_level"]
        assert change["low"] <= change["mean"] <= change["high"]
        assert change["mean"] > 0
        assert one["asa"]["mean"] < 0
    longest, short = shifts[2]["targets"]["phone: service_level"], half_hours[0]["targets"]["phone: service_level"]
    assert longest["mean"] > short["mean"]
    sizes = {size["more"]: size for size in record["team_sizes"]}
    assert sizes[0]["cost"] == record["cost"]
    levels = [sizes[more]["targets"]["phone: service_level"]["mean"] for more in sorted(sizes)]
    assert levels == sorted(levels)
    (folder,) = (tmp_path / "out").glob("*/*")
    assert (folder / "one_more.csv").is_file()
    assert (folder / "team_sizes.csv").is_file()
