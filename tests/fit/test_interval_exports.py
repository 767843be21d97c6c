"""Interval exports as planners have them: two columns for a time, media types, days as intervals."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from ccsim.backtest.score import _steady
from ccsim.errors import ScenarioError
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


def test_the_number_of_a_period_is_no_hour(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("day,period,came\n" + "".join(f"2026-06-24,{period},4\n" for period in range(1, 49)))
    how = Mapping(kind="intervals", columns={"start": ("day", "period"), "offered": ("came",)})
    with pytest.raises(ScenarioError, match="no line can be used"):
        read_all([log], [how])
    log.write_text("day,hour,came\n" + "".join(f"2026-06-24,{hour},4\n" for hour in range(10, 24)))
    how = Mapping(kind="intervals", columns={"start": ("day", "hour"), "offered": ("came",)})
    assert read(log, how).rows["start"].dt.hour.tolist() == [*range(10, 24)]


@pytest.mark.parametrize("total", ["2026-06-24", "24.06.2026", "24 June 2026"])
def test_the_total_of_a_day_is_no_interval(tmp_path: Path, total: str) -> None:
    log = tmp_path / "log.csv"
    how = Mapping(kind="intervals", columns={"start": ("at",), "offered": ("came",)})
    log.write_text(f"at,came\n{total},9\n" + "".join(f"{total} {hour:02d}:00,4\n" for hour in range(24)))
    reading = read(log, how)
    assert reading.rows["offered"].tolist() == [4] * 24
    assert reading.reasons == {"at: a date alone where others have a clock time: the total of a day?": 1}
    log.write_text(f"at,came\n{total},9\nTotal,9\n")
    assert read(log, how).rows["offered"].tolist() == [9]


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


@pytest.mark.parametrize(
    ("starts", "refused"),
    [
        ([f"2026-{month:02d}-01" for month in range(1, 7)], "intervals of 31d"),
        ([f"2026-06-{day:02d}" for day in (1, 8, 15, 22)], "intervals of 7d"),
        ([f"2026-06-24 {at // 60:02d}:{at % 60:02d}" for at in range(480, 1200, 50)], "intervals of 50m"),
        (
            [f"2026-06-24 {at // 60:02d}:{at % 60:02d}" for at in [*range(480, 1200, 30), 661]],
            "intervals of 30 min, and one that begins at 2026-06-24 11:01",
        ),
    ],
)
def test_intervals_that_are_no_part_of_a_day_are_refused(tmp_path: Path, starts: list[str], refused: str) -> None:
    """Else the contacts of a week, or of half an hour, would all come in a small part of it."""
    log = tmp_path / "log.csv"
    log.write_text("at,came\n" + "".join(f"{at},900\n" for at in sorted(starts)))
    logs = read_all([log], [Mapping(kind="intervals", columns={"start": ("at",), "offered": ("came",)})])
    with pytest.raises(ScenarioError, match=refused):
        estimate(logs, "ready")


def test_rows_without_contacts_may_be_left_out(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text(
        "at,came\n" + "".join(f"2026-06-24 {at},4\n" for at in ("09:00", "10:00", "11:00", "11:30", "14:30"))
    )
    logs = read_all([log], [Mapping(kind="intervals", columns={"start": ("at",), "offered": ("came",)})])
    assert estimate(logs, "ready").interval == 1800


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("1.240;150,5", "980;149,0"), (1240, 980, 150.5)),  # other numbers have decimal commas
        (("1.240;150", "980;149"), (1240, 980, 150)),  # there are no parts of a contact
        (("1.240;150", "980.5;149"), (1.24, 980.5, 150)),
        (("0.980;150", "2;149"), (0.98, 2, 150)),
    ],
)
def test_points_between_thousands(tmp_path: Path, cells: tuple[str, str], expected: tuple[float, ...]) -> None:
    log = tmp_path / "log.csv"
    log.write_text("tag;came;aht\n" + "".join(f"2{day}.06.2026;{row}\n" for day, row in enumerate(cells)))
    columns = {"start": ("tag",), "offered": ("came",), "handle_time": ("aht",)}
    rows = read(log, Mapping(kind="intervals", columns=columns)).rows
    assert (*rows["offered"], rows["handle_time"][0]) == expected


@pytest.mark.parametrize(
    ("decimal", "expected"), [(None, "offered: 4.070 may be 4070 or 4.070"), (",", [4070, 3930]), (".", [4.07, 3.93])]
)
def test_counts_that_all_have_three_digits_behind_a_point_are_asked_for(
    tmp_path: Path, decimal: str | None, expected: str | list[float]
) -> None:
    log = tmp_path / "log.csv"
    log.write_text("day;came;lost;aht\n2026-06-02;4.070;70;245\n2026-06-03;3.930;120;251\n")
    columns = {"start": ("day",), "offered": ("came",), "abandoned": ("lost",)}
    assert read(log, Mapping(kind="intervals", columns=columns)).rows["handled"].tolist() == [4000, 3810]
    log.write_text("day;came;aht\n2026-06-02;4.070;245\n2026-06-03;3.930;251\n")
    how = {"columns": {"start": ("day",), "offered": ("came",), "handle_time": ("aht",)}, "decimal": decimal}
    if isinstance(expected, str):
        with pytest.raises(ScenarioError, match=expected) as refused:
            read(log, Mapping(kind="intervals", **how))
        assert 'decimal = "," in the mapping' in str(refused.value)
    else:
        assert read(log, Mapping(kind="intervals", **how)).rows["offered"].tolist() == expected


@pytest.mark.parametrize(
    ("cells", "lengths"),
    [
        (("245", "980", "1.240"), [245, 980, 1240]),
        (("3.600", "912", "12.345", "77"), [3600, 912, 12345, 77]),
        (("12.345", "11.750"), [12.345, 11.75]),
        (("12.345", "0", "60.500"), [12.345, 60.5]),
        (("12.345", "240.5"), [12.345, 240.5]),
        (("1.234.567", "245"), [1234567, 245]),
        (("12.345", "13"), "talk: 12.345 may be 12345 or 12.345"),
        (("1.140", "20"), "talk: 1.140 may be 1140 or 1.140"),
    ],
)
def test_points_in_lengths_beside_whole_seconds(tmp_path: Path, cells: tuple[str, ...], lengths: object) -> None:
    log = tmp_path / "log.csv"
    log.write_text("at;wait;talk\n" + "".join(f"2026-06-02 09:0{n};0;{cell}\n" for n, cell in enumerate(cells)))
    how = Mapping(kind="contacts", columns={"arrival": "at"}, durations={"wait": "wait", "talk": "talk"})
    if isinstance(lengths, str):
        with pytest.raises(ScenarioError, match=lengths):
            read(log, how)
    else:
        rows = read(log, how).rows
        assert (rows["end"] - rows["answer"]).dropna().dt.total_seconds().tolist() == pytest.approx(lengths)


@pytest.mark.parametrize("columns", ["came,answered", "came,lost", "answered,lost"])
def test_who_gave_up_is_counted_whichever_columns_say_it(tmp_path: Path, columns: str) -> None:
    names = {"came": "offered", "answered": "handled", "lost": "abandoned"}
    cells = ",".join({"came": "9", "answered": "7", "lost": "2"}[column] for column in columns.split(","))
    log = tmp_path / "log.csv"
    log.write_text(f"at,{columns}\n" + "".join(f"2026-06-24 {hour:02d}:00,{cells}\n" for hour in range(9, 15)))
    named = {"start": "at"} | {names[column]: column for column in columns.split(",")}
    result = estimate(read_all([log], [Mapping(kind="intervals", columns=named)]), "ready")
    assert (result.queues["contacts"].answered, result.queues["contacts"].gave_up) == (42, 12)
    assert "42 answered, 12 gave up" in files(result, "a")["scenario.toml"]
