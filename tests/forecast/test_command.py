"""`ccsim forecast` as a planner uses it."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pandas as pd
import pytest
import xlsxwriter
from click.testing import CliRunner, Result

from ccsim.cli import main
from ccsim.forecast.outlook import Outlook
from ccsim.forecast.pictures import queues_shown
from ccsim.scenario.read import load
from tests.forecast.made_up import counts, write_export

MAPPING = (
    'kind = "intervals"\ncolumns = { queue = "queue", start = "start", offered = "offered", handle_time = "aht" }\n'
)
CENTRE = """
[team.desk]
skills = { calls = 1 }
shifts = [{ agents = 9, hours = "08:00-20:00" }]
"""


def forecast(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["forecast", *arguments, "--out", str(folder / "out")])


@pytest.fixture
def export(tmp_path: Path) -> Path:
    write_export(tmp_path / "export.csv", counts(42))
    (tmp_path / "how.toml").write_text(MAPPING)
    return tmp_path / "export.csv"


def test_it_writes_volumes_and_lines_that_a_scenario_runs_with(export: Path, tmp_path: Path) -> None:
    result = forecast(tmp_path, str(export), "--mapping", str(tmp_path / "how.toml"), "--days", "7", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)["queues"]["calls"]
    assert [day["date"] for day in told["days"]] == [f"2026-02-{day}" for day in range(16, 23)]
    assert all(day["low"] <= day["mean"] <= day["high"] for day in told["days"])
    assert told["total"]["mean"] == pytest.approx(sum(day["mean"] for day in told["days"]))
    out = tmp_path / "out"
    lines = (out / "scenario_lines.toml").read_text()
    (out / "centre.toml").write_text(lines.replace("[queue.calls]", '[queue.calls]\nchannel = "phone"') + CENTRE)
    scenario = load(out / "centre.toml")
    volume = scenario.queue["calls"].volume
    assert volume is not None
    assert sum(row.contacts for row in volume.intervals) == pytest.approx(told["total"]["mean"], rel=1e-4)
    assert scenario.busyness.of(volume).within_memory < 1
    assert volume.intervals[20].handle_time == pytest.approx(285, abs=8)
    assert "report.html" in {file.name for file in out.iterdir()}
    bands = pd.read_csv(out / "forecast.csv")
    assert (bands["low_95"] <= bands["low_80"]).all()


def test_its_own_volume_file_is_a_history_too(export: Path, tmp_path: Path) -> None:
    forecast(tmp_path, str(export), "--mapping", str(tmp_path / "how.toml"), "--days", "28")
    again = CliRunner().invoke(main, ["forecast", str(tmp_path / "out" / "volumes.csv"), "--days", "2", "--json"])
    assert again.exit_code == 0, again.output
    assert list(json.loads(again.stdout)["queues"]) == ["calls"]


def test_the_test_prints_errors_beside_simple_rules(export: Path, tmp_path: Path) -> None:
    how = ("--mapping", str(tmp_path / "how.toml"))
    result = CliRunner().invoke(main, ["forecast", str(export), *how, "--test", "2", "--json"])
    one_day = json.loads(result.stdout)["test"]["calls"]["one_day"]
    assert set(one_day["wape_interval"]) == {"forecast", "seasonal_naive", "mean_of_six", "poisson_floor"}
    assert set(one_day["coverage"]) == {"80", "95"}
    shown = forecast(tmp_path, str(export), *how, "--test", "2")
    assert "mean of the weekday's last six days" in shown.output
    assert "Poisson floor" in shown.output


def test_only_what_was_known_before_the_start_is_used(export: Path, tmp_path: Path) -> None:
    how = ("--mapping", str(tmp_path / "how.toml"), "--start", "2026-02-02", "--days", "3")
    before = json.loads(CliRunner().invoke(main, ["forecast", str(export), *how, "--json"]).stdout)
    table = counts(42)
    table[28:] = np.where(table[28:] > 0, 999, 0)
    write_export(export, table)
    after = CliRunner().invoke(main, ["forecast", str(export), *how, "--json"])
    assert json.loads(after.stdout)["queues"] == before["queues"]
    assert "only what was known before 2026-02-02" in after.stderr


def test_contacts_one_by_one_are_counted(tmp_path: Path) -> None:
    table = counts(21)
    moments = [
        pd.Timestamp("2026-01-05") + pd.Timedelta(days=day, minutes=30 * place, seconds=second)
        for day, place in np.argwhere(table > 0).tolist()
        for second in range(int(table[day, place]))
    ]
    name = '+49 "hotline" \U0001f600'
    frame = pd.DataFrame({"id": range(len(moments)), "queue": name, "came": moments})
    frame.to_csv(tmp_path / "log.csv", index=False)
    how = 'kind = "contacts"\ncolumns = { contact = "id", queue = "queue", arrival = "came" }\n'
    (tmp_path / "how.toml").write_text(how)
    result = forecast(tmp_path, str(tmp_path / "log.csv"), "--mapping", str(tmp_path / "how.toml"), "--json")
    assert result.exit_code == 0, result.output
    first = json.loads(result.stdout)["queues"][name]["days"][0]["mean"]  # a Monday: Sundays are closed
    assert first == pytest.approx(table[14].sum(), rel=0.15)
    assert forecast(tmp_path, str(tmp_path / "log.csv"), "--mapping", str(tmp_path / "how.toml")).exit_code == 0
    lines = (tmp_path / "out" / "scenario_lines.toml").read_text()
    (tmp_path / "out" / "centre.toml").write_text(
        lines.replace("volume =", 'channel = "phone"\nvolume =')
        + CENTRE.replace("calls", json.dumps(name, ensure_ascii=False))
    )
    assert list(load(tmp_path / "out" / "centre.toml").queue) == [name]


def test_a_day_without_contacts_of_a_small_queue_is_no_gap_where_others_have_some(tmp_path: Path) -> None:
    days = pd.date_range("2026-01-05", periods=21)
    large = [{"queue": "large", "came": day + pd.Timedelta(hours=9, minutes=n)} for day in days for n in range(60)]
    small = [{"queue": "small", "came": day + pd.Timedelta(hours=9)} for day in days[::2]]
    pd.DataFrame(large + small).assign(id=range(len(large + small))).to_csv(tmp_path / "log.csv", index=False)
    how = 'kind = "contacts"\ncolumns = { contact = "id", queue = "queue", arrival = "came" }\n'
    (tmp_path / "how.toml").write_text(how)
    result = forecast(tmp_path, str(tmp_path / "log.csv"), "--mapping", str(tmp_path / "how.toml"), "--json")
    small_one = json.loads(result.stdout)["queues"]["small"]
    assert small_one["left_out"] == []
    assert small_one["total"]["mean"] == pytest.approx(14, rel=0.3)  # half a contact a day


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.csv"], "no file nowhere.csv"),
        (["EXPORT", "--event", "tomorrow +3"], "--event: 'tomorrow +3'; such as"),
        (["EXPORT", "--event", "2026-12-24:2026-12-01 +40 %"], "is before"),
        (["EXPORT", "--holidays", "XX"], "--holidays: 'XX'"),
        (["EXPORT", "--scale", "nan"], "'nan' is not a number"),
        (["EXPORT", "--start", "2026-01-07"], "2 days with contacts before 2026-01-07; expected at least 7"),
        (["EXPORT", "--events", "EVENTS"], "events.csv:3: Invalid isoformat string: 'soon'"),
        (["EXPORT", "--events", "EVENTI"], "no column name and no column start; columns name, start and"),
        (["EXPORT", "--event", "2026-05-12T10:00 +60 % halving 0h"], "halving 0h: longer than 0"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(export: Path, tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "events.csv").write_text("name,start,end,effect\nfair,2026-01-12,,+10 %\nsale,soon,,\n")
    (tmp_path / "eventi.csv").write_text("nome,inizio\nfiera,2026-01-12\n")
    places = {"EXPORT": str(export)} | {name.upper(): str(tmp_path / f"{name}.csv") for name in ("events", "eventi")}
    given = [places.get(argument, argument) for argument in arguments]
    result = forecast(tmp_path, *given, "--mapping", str(tmp_path / "how.toml"))
    assert result.exit_code == 2
    assert said in result.stderr
    assert not (tmp_path / "out").exists()


def test_volume_files_have_intervals_of_one_length_and_the_centres_times(tmp_path: Path) -> None:
    for name, clocks in (("hours", [f"{hour:02d}:00" for hour in range(8, 18)]), ("days", ["00:00"])):
        rows = [f"{day.date()},{clock},20" for day in pd.date_range("2026-01-05", periods=14) for clock in clocks]
        (tmp_path / f"{name}.csv").write_text("\n".join(["date,time,phone", *rows]))
    both = [str(tmp_path / "hours.csv"), str(tmp_path / "days.csv")]
    mixed = forecast(tmp_path, *both)
    assert mixed.exit_code == 2
    assert "hours.csv has intervals of 60 min" in mixed.stderr
    assert "days.csv has intervals of 1440 min" in mixed.stderr
    zoned = forecast(tmp_path, both[0], "--timezone", "Europe/Rome")
    assert zoned.exit_code == 2
    assert "--timezone: Europe/Rome; none for volume files" in zoned.stderr


def test_columns_of_one_queue_are_not_taken_for_queues(tmp_path: Path) -> None:
    """Handle times under a heading of their own were forecast as contacts: the file is an interval export."""
    at = pd.date_range("2026-01-05", periods=56 * 24, freq="h")
    (tmp_path / "calls.csv").write_text(
        "Date;Interval;Calls offered;AHT\n" + "".join(f"{moment:%d/%m/%Y;%H:%M};10;250\n" for moment in at)
    )
    result = forecast(tmp_path, str(tmp_path / "calls.csv"))
    assert result.exit_code == 2
    proposal = tmp_path / "out" / "calls.mapping.toml"
    assert "calls.mapping.toml is a proposal" in result.stderr
    assert 'columns.handle_time = "AHT"' in proposal.read_text()
    mapped = forecast(tmp_path, str(tmp_path / "calls.csv"), "--mapping", str(proposal))
    assert mapped.exit_code == 0, mapped.output
    assert "AHT:" not in mapped.stdout


def test_guesses_of_a_volume_file_are_told(tmp_path: Path) -> None:
    at = pd.date_range("2026-01-05", periods=56 * 24, freq="h")
    rows = "".join(f"{moment:%d/%m/%Y;%H:%M};10,5\n" for moment in at)
    (tmp_path / "calls.csv").write_text("Date;Time;Calls\n" + rows)
    result = forecast(tmp_path, str(tmp_path / "calls.csv"))
    assert "decimal commas, column Calls; '10,5' is read as 10.5" in result.stderr


def test_days_alone_do_not_tell_hours(tmp_path: Path) -> None:
    days = pd.date_range("2026-01-05", periods=56)
    (tmp_path / "days.csv").write_text("date,time,calls\n" + "".join(f"{day:%Y-%m-%d},00:00,200\n" for day in days))
    result = forecast(tmp_path, str(tmp_path / "days.csv"))
    assert "calls: hours of the day are not known: intervals are too long" in result.output


def test_a_volume_file_with_a_wrong_year_is_refused_by_its_date(tmp_path: Path) -> None:
    at = pd.date_range("2026-01-05", periods=56 * 24, freq="h")
    rows = "".join(f"{moment:%Y-%m-%d,%H:%M},10\n" for moment in at).replace("2026-01-07,09", "2062-01-07,09")
    (tmp_path / "hours.csv").write_text("date,time,calls\n" + rows)
    result = forecast(tmp_path, str(tmp_path / "hours.csv"))
    assert result.exit_code == 2
    assert "2062-01-07 09:00: 60 days or more from nearly all other lines: is its date right?" in result.output


def test_a_row_that_comes_twice_is_refused(tmp_path: Path) -> None:
    """Without a time zone nobody knows whether the clock showed that time twice."""
    at = pd.date_range("2026-01-05", periods=56 * 24, freq="h")
    rows = "".join(f"{moment:%Y-%m-%d,%H:%M},10\n" for moment in at)
    (tmp_path / "hours.csv").write_text("date,time,calls\n" + rows + "2026-01-07,09:00,20\n")
    result = forecast(tmp_path, str(tmp_path / "hours.csv"))
    assert result.exit_code == 2
    assert "hours.csv:1346: 2026-01-07 09:00 a second time; expected each interval once" in result.output


def test_of_many_queues_those_with_most_contacts_are_drawn() -> None:
    forecasts = {f"q{i}": SimpleNamespace(days=np.full(7, float(i))) for i in range(30)}
    names, left_out = queues_shown(cast("Outlook", SimpleNamespace(forecasts=forecasts)))
    assert names == [f"q{i}" for i in range(6, 30)]
    assert left_out == " Shown: of 30 the 24 queues with most contacts; all are in days.csv."


def test_of_a_workbook_with_a_sheet_a_month_the_sheets_are_named(tmp_path: Path) -> None:
    """It is no log without a mapping."""
    with xlsxwriter.Workbook(tmp_path / "year.xlsx") as book:
        for month in ("March", "April"):
            sheet = book.add_worksheet(month)
            sheet.write_row(0, 0, ["date", "time", "calls"])
            sheet.write_row(1, 0, ["2026-03-02", "08:00", 5])
    done = CliRunner().invoke(main, ["forecast", str(tmp_path / "year.xlsx"), "--json"])
    assert done.exit_code == 2
    assert "columns 'date', 'time' in 2 of the sheets year.xlsx (March), year.xlsx (April)" in done.output
