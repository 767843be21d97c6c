"""Interval exports as planners have them: two columns for a time, media types, days as intervals."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ccsim.backtest.score import _steady
from ccsim.fit.estimate import estimate
from ccsim.fit.scenario import files
from ccsim.logs.mapping import Mapping
from ccsim.logs.readers import read, read_all


def test_date_and_period_in_two_columns_and_media_types(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("day;period;media;came\n24.06.2026;10:15;message;4\n24.06.2026;10:30;chat;5\n")
    columns = {"start": ("day", "period"), "channel": ("media",), "offered": ("came",)}
    rows = read(log, Mapping(kind="intervals", columns=columns, time_format="%d.%m.%Y %H:%M")).rows
    assert rows["start"].tolist() == [pd.Timestamp("2026-06-24 10:15"), pd.Timestamp("2026-06-24 10:30")]
    assert rows["channel"].tolist() == ["messaging", "live_chat"]


def test_a_period_is_read_from_its_start_and_an_offset_is_none(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    columns = {"start": ("day", "period"), "offered": ("came",)}
    periods = [(8, "08:00-08:30"), (8, "08:30 - 09:00"), (23, "23:30-24:00")]
    log.write_text("day;period;came\n" + "".join(f"24.06.2026;{period};4\n" for _, period in periods))
    rows = read(log, Mapping(kind="intervals", columns=columns)).rows
    assert [f"{start:%H:%M}" for start in rows["start"]] == ["08:00", "08:30", "23:30"]
    log.write_text("at;came\n" + "".join(f"2026-06-24T{hour:02d}:00:00-05:00;4\n" for hour in range(8, 12)))
    rows = read(log, Mapping(kind="intervals", columns={"start": ("at",), "offered": ("came",)}, timezone="UTC")).rows
    assert [start.hour for start in rows["start"]] == [13, 14, 15, 16]


def test_a_days_calls_are_not_an_hours(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("day,came,answered,aht\n" + "".join(f"2026-06-{day:02d},480,470,180\n" for day in range(1, 15)))
    columns = {"start": ("day",), "offered": ("came",), "handled": ("answered",), "handle_time": ("aht",)}
    result = estimate(read_all([log], [Mapping(kind="intervals", columns=columns)]), "ready")
    assert result.queues["contacts"].answered == 14 * 470
    assert "20.0 contacts in the busiest hour, 1.00 agents at work" in files(result, "a")["scenario.toml"]


def test_calls_that_take_no_time_wait_for_nobody() -> None:
    assert _steady(0.1, 0.0, 1, 60.0, 20.0) == (0.0, 0.0, 1.0)


def test_an_interval_exports_handle_time_is_of_a_whole_chat(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("at,media,came,aht\n" + "".join(f"2026-06-24 {h:02d}:00,chat,9,540\n" for h in range(9, 15)))
    columns = {"start": ("at",), "channel": ("media",), "offered": ("came",), "handle_time": ("aht",)}
    result = estimate(read_all([log], [Mapping(kind="intervals", columns=columns)]), "ready").queues["contacts"]
    assert (result.figures["turns"].mean, result.figures["work.mean"].mean) == (1, 540)


def test_opening_hours_are_those_in_which_contacts_come(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("at,came,aht\n" + "".join(f"2026-06-24 {h:02d}:00,9,540\n" for h in range(9, 15)))
    columns = {"start": ("at",), "offered": ("came",), "handle_time": ("aht",)}
    text = files(estimate(read_all([log], [Mapping(kind="intervals", columns=columns)]), "ready"), "a")["scenario.toml"]
    assert 'open = { wed = "09:00-15:00" }' in text
    assert text.count("agents = ") == 1


def test_a_queue_to_which_nobody_came_has_no_volume(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("at,topic,came\n" + "".join(f"2026-06-24 {h:02d}:00,{q}\n" for h in (9, 10) for q in ("a,9", "b,0")))
    columns = {"start": ("at",), "queue": ("topic",), "offered": ("came",)}
    quiet = estimate(read_all([log], [Mapping(kind="intervals", columns=columns)]), "ready").queues["b"]
    assert quiet.contacts == 0
    assert not quiet.hours
