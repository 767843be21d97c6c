"""`ccsim compare --staffed`: every variant with its own cheapest shifts, proven and compared."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ccsim.cli import main
from ccsim.runs.run import run
from ccsim.scenario import read
from tests.cli.tiny import only_folder

DAY = """
name = "A day at equal service"
start = 2026-03-02
days = 1
drain = "1h"
seed = 3
replications = 6
fte_hours = 40

[queue.phone]
channel = "phone"
open = "09:00-12:00"
volume = { per_hour = 40 }
service_level = "80/20"

[queue.chat]
channel = "live_chat"
open = "09:00-12:00"
volume = { per_hour = 0 }
service_level = "80% in 60s"

[team.front]
skills = { phone = 1, chat = 2 }
concurrency = { chat = 3 }
shifts = [{ agents = 1, hours = "09:00-12:00" }, { agents = 1, hours = "09:00-11:00", name = "early" }]
cost_per_hour = 20

[variant.chat]
title = "Half of them chat"

[variant.chat.set]
"queue.phone.volume.per_hour" = 20
"queue.chat.volume.per_hour" = 20
"""


@pytest.fixture
def day(tmp_path: Path) -> Path:
    (tmp_path / "day.toml").write_text(DAY)
    return tmp_path / "day.toml"


def compare(file: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["compare", str(file), "--variants", "--staffed", *arguments])


def test_each_variant_has_its_own_shifts_and_a_run_of_them_costs_the_same(day: Path, tmp_path: Path) -> None:
    result = compare(day, "--out", str(tmp_path / "out"))
    assert result.exit_code == 0, result.output
    assert "Cheapest shifts that meet the targets" in result.stdout
    folder = only_folder(tmp_path / "out")
    assert "Cheapest shifts that meet the targets" in (folder / "report.html").read_text()
    with (folder / "staffing.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    record = json.loads((folder / "provenance.json").read_text())
    assert "staffing.csv" in record["files"]
    assert record["seed"] == 4, "not that of the search"
    assert record["replications"] >= 6, "as many as the longest proof took"
    for name in ("base", "chat"):
        mine = [row for row in rows if row["variant"] == name]
        assert [row["shift"] for row in mine] == ["front 09:00-12:00", "early"]
        results = run(read.load(folder / record["variants"][name]), engine="compiled")
        cost = results.estimate("total", "total", "cost")
        overtime = results.estimate("total", "total", "overtime_hours")
        assert cost is not None
        assert overtime is not None
        assert cost.mean - 20 * overtime.mean == pytest.approx(sum(float(row["cost"]) for row in mine))
        levels = [results.estimate("queue", queue, "service_level") for queue in ("phone", "chat")]
        assert all(level is not None and not level.mean < 0.8 for level in levels)


@pytest.mark.slow
def test_the_json_has_every_plan(day: Path) -> None:
    result = compare(day, "--json", "--baseline", "chat")
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    assert list(record["staffing"]) == ["chat", "base"]
    for plan in record["staffing"].values():
        assert plan["cost"] == pytest.approx(20 * plan["paid_hours"])
        assert plan["fte"] == pytest.approx(plan["paid_hours"] / (40 / 7))
        assert all(target["met"] in (True, None) for target in plan["targets"])
        assert plan["most_on_a_day"] == sum(shift["agents"] for shift in plan["plan"])


def test_what_cannot_be_staffed_is_named_with_its_variant(day: Path) -> None:
    never = compare(day, "--set", "queue.phone.answer_delay='1m'")
    assert never.exit_code == 1
    assert "base: The targets cannot be met" in never.stderr
    none = compare(day, "--set", "queue.phone.service_level='none'", "--set", "queue.chat.service_level='none'")
    assert none.exit_code == 2
    assert "no targets" in none.stderr
    wrong = compare(day, "--baseline", "caht")
    assert wrong.exit_code == 2
    assert 'did you mean "chat"' in wrong.stderr
