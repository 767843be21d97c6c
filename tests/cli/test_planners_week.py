"""A planner's week, each step a command, its figures checked by hand and, where they apply, against Erlang's formulas.

A year's volumes from a spreadsheet, breaks, a holiday, a move to WhatsApp, one agent more, a mailing, December.
"""

from __future__ import annotations

import csv
import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ccsim.theory import erlang_a
from tests.cli.tiny import ccsim, only_folder

MORNING, AFTERNOON = (30, "3:30"), (24, "4:30")
"""Calls of half an hour and their handle time, m:ss, 8:00 to 14:00 and 14:00 to 20:00."""

DECEMBER = 1.5
AGENTS = 5

SHOP = f"""
name = "A planner's week"
start = 2026-03-02
days = 5
timezone = "Europe/Berlin"
seed = 20260302
replications = 30

[queue.phone]
channel = "phone"
open = {{ mon-fri = "08:00-20:00" }}
volume = {{ file = "year.csv", column = "Anrufe", aht = "AHT" }}
work = {{ dist = "exponential", mean = "4m" }}
wrap_up = "0s"
patience = {{ dist = "exponential", mean = "2m" }}
service_level = "80/20"

[queue.whatsapp]
channel = "messaging"
open = {{ mon-fri = "08:00-20:00" }}
volume = {{ per_day = 60, shape = "office" }}

[team.voice]
skills = {{ phone = 1 }}
shifts = [{{ agents = {AGENTS}, days = "mon-fri", hours = "08:00-20:00" }}]
cost_per_hour = 20

[team.text]
skills = {{ whatsapp = 1 }}
concurrency = {{ whatsapp = 4 }}
shifts = [{{ agents = 4, days = "mon-fri", hours = "08:00-20:00" }}]
cost_per_hour = 20

[variant.breaks]
set = {{ "team.voice.shifts.0.breaks" = [{{ length = "30min", between = "11:00-15:30" }}] }}

[variant.holiday]
set = {{ "queue.phone.open.2026-03-04" = "closed", "team.voice.shifts.0.days" = "mon,tue,thu,fri" }}

[variant.moved]
set = {{ move = [{{ from = "phone", to = "whatsapp", share = 0.3 }}] }}

[variant.one_more]
set = {{ "team.voice.shifts.0.agents" = {AGENTS + 1} }}

[variant.mailing]
set = {{ spike = [{{ queue = "phone", at = "2026-03-03T10:00", duration = "2h", scale = 1.5 }}] }}

[variant.december]
set = {{ start = 2026-12-07 }}
"""

HALF_HOURS = 24
A_DAY = 12 * (MORNING[0] + AFTERNOON[0])


def year() -> str:
    """As a spreadsheet in Germany saves it: semicolons, days before months, handle times m:ss, a half hour a row."""
    rows = ["Date;Time;Anrufe;AHT"]
    day = date(2026, 1, 1)
    while day.year == 2026:
        if day.weekday() < 5:
            for half_hour in range(HALF_HOURS):
                calls, aht = MORNING if half_hour < HALF_HOURS / 2 else AFTERNOON
                at = datetime(2026, 1, 1, 8) + timedelta(minutes=30 * half_hour)
                scaled = f"{calls * (DECEMBER if day.month == 12 else 1):.1f}".replace(".", ",")
                rows.append(f"{day:%d.%m.%Y};{at:%H:%M};{scaled};0:0{aht}")
        day += timedelta(days=1)
    return "\n".join(rows) + "\n"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "year.csv").write_text(year(), encoding="utf-8")
    (folder / "shop.toml").write_text(SHOP, encoding="utf-8")
    return folder / "shop.toml"


def answer(shop: Path, variant: str | None = None) -> dict[str, Any]:
    options = ("--variant", variant) if variant else ()
    done = ccsim("run", shop, "--json", "--workers", 1, *options)
    assert done.exit_code == 0, done.output
    read: dict[str, Any] = json.loads(done.stdout)
    return read


def near(band: dict[str, float], wanted: float, beside: float = 0.0) -> bool:
    """Whether the wanted figure lies in twice the interval, or `beside` it where a formula is an approximation."""
    half = (band["high"] - band["low"]) + beside
    return abs(band["mean"] - wanted) <= half


def by_erlang(agents: int) -> tuple[float, float]:
    """Service level of all offered and abandonment over the day, each half of which is steady, by Erlang A."""
    levels, left, calls = 0.0, 0.0, 0.0
    for each, aht in (MORNING, AFTERNOON):
        minutes, seconds = aht.split(":")
        work = 60 * int(minutes) + int(seconds)
        figures = erlang_a(each / 1800, work, agents, 120.0, 20.0)
        levels += each * figures.service_level
        left += each * figures.abandonment
        calls += each
    return levels / calls, left / calls


def test_the_year_is_read_for_the_week(shop: Path) -> None:
    done = ccsim("check", shop)
    assert done.exit_code == 0
    text = " ".join(done.output.split())
    assert "outside the days of the run" in text
    assert "237 s on average, by interval 210 to 270 s" in text, "(30 x 210 s + 24 x 270 s) / 54 = 236.7 s"


def test_the_week_as_it_is(shop: Path) -> None:
    phone = answer(shop)["queues"]["phone"]
    assert near(phone["offered"], 5 * A_DAY)
    of_morning = MORNING[0] / (MORNING[0] + AFTERNOON[0])
    assert near(phone["handle_mean"], of_morning * 210 + (1 - of_morning) * 270, beside=1.0)
    level, left = by_erlang(AGENTS)
    assert near(phone["service_level"], level, beside=0.01), level
    assert near(phone["abandonment"], left, beside=0.005), left


def test_one_agent_more_is_what_erlang_says(shop: Path) -> None:
    before, after = answer(shop)["queues"]["phone"], answer(shop, "one_more")["queues"]["phone"]
    (level, _), (more, _) = by_erlang(AGENTS), by_erlang(AGENTS + 1)
    gain = after["service_level"]["mean"] - before["service_level"]["mean"]
    assert gain == pytest.approx(more - level, abs=0.01)


def test_breaks_by_turns_cost_their_time_and_no_more(shop: Path) -> None:
    before, after = answer(shop), answer(shop, "breaks")
    hours = [each["teams"]["voice"]["staffed_hours"]["mean"] for each in (before, after)]
    of_breaks = 5 * AGENTS * 0.5
    assert 0.85 * of_breaks < hours[0] - hours[1] < of_breaks, "half an hour an agent and day, less calls in hand"
    assert after["teams"]["voice"]["paid_hours"]["mean"] == pytest.approx(5 * AGENTS * 12, abs=2)
    one_less, _ = by_erlang(AGENTS - 1)
    assert after["queues"]["phone"]["service_level"]["mean"] > one_less, "one at a time is away"


def test_a_holiday_is_neither_staffed_nor_called(shop: Path) -> None:
    closed = answer(shop, "holiday")
    assert near(closed["queues"]["phone"]["answered"], 4 / 5 * answer(shop)["queues"]["phone"]["answered"]["mean"])
    assert closed["teams"]["voice"]["paid_hours"]["mean"] == pytest.approx(4 * AGENTS * 12, abs=1)


def test_three_in_ten_calls_become_threads(shop: Path) -> None:
    before, after = answer(shop)["queues"], answer(shop, "moved")["queues"]
    assert near(after["phone"]["offered"], 0.7 * 5 * A_DAY)
    gained = after["whatsapp"]["customers"]["mean"] - before["whatsapp"]["customers"]["mean"]
    assert gained == pytest.approx(0.3 * 5 * A_DAY, rel=0.05)


def test_the_mailing_is_felt_on_tuesday_alone(shop: Path, tmp_path: Path) -> None:
    done = ccsim("run", shop, "--variant", "mailing", "--no-report", "--no-charts", "--workers", 1, "--out", tmp_path)
    assert done.exit_code == 0, done.output
    with (only_folder(tmp_path) / "intervals.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if (row["name"], row["metric"]) == ("phone", "offered")]
    of_day: dict[str, float] = {}
    for row in rows:
        of_day[row["date"]] = of_day.get(row["date"], 0.0) + float(row["mean"])
    assert of_day["2026-03-03"] - A_DAY == pytest.approx(0.5 * 4 * MORNING[0], rel=0.35), "half as many again, for 2 h"
    assert of_day["2026-03-04"] == pytest.approx(A_DAY, rel=0.05)


def test_december_takes_more_people(shop: Path) -> None:
    phone = answer(shop, "december")["queues"]["phone"]
    assert near(phone["offered"], 5 * A_DAY * DECEMBER)
    assert phone["service_level"]["mean"] < answer(shop)["queues"]["phone"]["service_level"]["mean"] - 0.2
