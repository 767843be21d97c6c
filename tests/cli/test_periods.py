"""`ccsim run --by day` and `--by interval`, currency and full-time agents."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from ccsim.results.format import duration
from tests.cli.tiny import ccsim, only_folder, write_tiny

FAST = ("--engine", "simpy", "--no-charts", "--no-report")


@pytest.fixture
def two_days(tmp_path: Path) -> tuple[str, Path]:
    """What is printed and the folder."""
    done = ccsim(
        "run", write_tiny(tmp_path), *FAST, "--by", "day", "--by", "interval", "--set", "days=2", "--set",
        'currency="EUR"', "--set", "fte_hours=40", "--out", tmp_path / "out",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    return done.stdout, only_folder(tmp_path / "out")


def test_queues_and_teams_by_day_and_interval(two_days: tuple[str, Path]) -> None:
    printed, folder = two_days
    by_day, by_interval = (
        printed.split(f"chat by {period}")[1].split(" by ")[0].splitlines() for period in ("day", "interval")
    )
    assert [line.split()[:3] for line in by_day[4:6]] == [["Mon", "2", "Mar"], ["Tue", "3", "Mar"]]
    assert by_day[6].startswith("total")
    assert "AHT" in by_day[2]
    assert any(line.startswith("Mon 2 Mar 09:00") for line in by_interval)
    assert not any(line.startswith("Mon 2 Mar 13:00") for line in by_interval)
    for heading in ("required", "scheduled", "on duty", "Occupancy"):
        assert heading in printed
    assert "Erlang's formulas" in printed
    with (folder / "days.csv").open() as stream:
        rows = [row for row in csv.DictReader(stream) if (row["name"], row["metric"]) == ("chat", "offered")]
    with (folder / "summary.csv").open() as stream:
        (whole,) = [row for row in csv.DictReader(stream) if (row["name"], row["metric"]) == ("chat", "offered")]
    assert [row["date"] for row in rows] == ["2026-03-02", "2026-03-03"]
    assert sum(float(row["mean"]) for row in rows) == pytest.approx(float(whole["mean"]))


def test_the_mean_wait_by_day_is_on_the_clock_of_the_queue(tmp_path: Path) -> None:
    """The chat waits over night on the business clock, the messages on the calendar's; totals are those of the run."""
    done = ccsim(
        "run", write_tiny(tmp_path), *FAST, "--by", "day", "--by", "interval", "--set", "days=2", "--set",
        'queue.message.clock="business"', "--set", "queue.message.volume.per_day=200", "--out", tmp_path / "out",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    with (only_folder(tmp_path / "out") / "summary.csv").open() as stream:
        waits = {
            row["metric"]: duration(float(row["mean"])) for row in csv.DictReader(stream) if row["name"] == "message"
        }
    assert waits["asa"] != waits["asa_business"]
    for period in ("day", "interval"):
        table = done.stdout.split(f"message by {period}")[1].split(" by ")[0]
        total = next(line.split() for line in table.splitlines() if line.startswith("total"))
        assert waits["asa_business"] in total
        assert waits["asa"] not in total
        assert "ASA: in open hours only" in table
        assert "open hours" not in done.stdout.split(f"phone by {period}")[1].split(" by ")[0]


def test_intervals_have_local_date_and_time(two_days: tuple[str, Path]) -> None:
    with (two_days[1] / "intervals.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["start", "level", "name", "metric", "mean", "low", "high", "date", "time"]
    assert {(row["date"], row["time"]) for row in rows if row["start"] == str(33 * 3600 * 10**6)} == {
        ("2026-03-03", "09:00")
    }


def test_cost_has_its_currency_and_hours_are_full_time_agents(two_days: tuple[str, Path]) -> None:
    printed, folder = two_days
    with (folder / "summary.csv").open() as stream:
        total = {
            row["metric"]: float(row["mean"] or "nan") for row in csv.DictReader(stream) if row["level"] == "total"
        }
    assert f"{total['cost']:,.0f} EUR" in printed
    assert f"{total['cost_per_contact']:.2f} EUR a contact" in printed
    assert f"{total['paid_hours'] / (40 * 2 / 7):.1f} FTE of 40 h a week" in printed


def test_by_goes_with_the_screen(tmp_path: Path) -> None:
    done = ccsim("run", write_tiny(tmp_path), "--by", "day", "--json")
    assert done.exit_code == 2
    assert "--by prints tables" in done.output
