"""Logs that have lengths of time instead of times, and times and numbers in the ways of the world."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ccsim.errors import ScenarioError
from ccsim.logs import times
from ccsim.logs.mapping import Mapping
from ccsim.logs.readers import read

HOW = Mapping(kind="contacts", columns={"arrival": ("at",)})


def texts(*cells: str | None) -> pd.Series:
    return pd.Series(list(cells), dtype="string[pyarrow]")


def logged(folder: Path, text: str, **how: Any) -> pd.DataFrame:
    (folder / "log.csv").write_text(text)
    return read(folder / "log.csv", Mapping(kind="contacts", **how)).rows


def clock(rows: pd.DataFrame, name: str) -> list[str]:
    return [f"{moment:%H:%M:%S}" if not pd.isna(moment) else "" for moment in rows[name]]


CALLS = {"arrival": ("at",), "outcome": ("ok",)}
WORDS = {"Y": "answered", "N": "abandoned"}


def test_wait_talk_hold_and_wrap_each_in_its_unit(tmp_path: Path) -> None:
    rows = logged(
        tmp_path,
        "at,ok,wait,talk,hold,acw\n2026-05-04 08:00:00,Y,30,0:02:00,500,1.5\n2026-05-04 08:10:00,N,45,,,\n",
        columns=CALLS,
        durations={"wait": ("wait",), "talk": ("talk",), "hold": ("hold",), "wrap": ("acw",)},
        units={"hold": "ms", "wrap": "min"},
        words=WORDS,
    )
    assert clock(rows, "answer") == ["08:00:30", ""]
    assert rows["end"].iloc[0] == pd.Timestamp("2026-05-04 08:02:30.5")
    assert rows["wrapped"].iloc[0] == pd.Timestamp("2026-05-04 08:04:00.5")
    assert rows["end"].iloc[1] == pd.Timestamp("2026-05-04 08:10:45")


def test_a_length_named_as_a_time_is_refused_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("day,at,wait,done\n5/14/2026,9:12:58,109,143\n5/14/2026,9:20:01,10,131\n")
    how = Mapping(
        kind="contacts", columns={"arrival": "at", "answer": "wait", "end": "done"}, date="day", date_format="%m/%d/%Y"
    )
    with pytest.raises(ScenarioError, match=r"wait: not a time.*for a length of time durations in the mapping"):
        read(tmp_path / "log.csv", how)


def test_total_and_talk_give_the_wait(tmp_path: Path) -> None:
    """As a call detail record has them: the length of the call and the seconds that are billed."""
    rows = logged(
        tmp_path,
        "at,ok,duration,billsec\n2026-05-04 08:00:00,Y,90,60\n2026-05-04 08:05:00,N,20,0\n",
        columns=CALLS,
        durations={"total": ("duration",), "talk": ("billsec",)},
        words=WORDS,
    )
    assert (clock(rows, "answer"), clock(rows, "end")) == (["08:00:30", ""], ["08:01:30", "08:05:20"])


def test_a_tickets_minutes_to_first_response_and_to_resolution(tmp_path: Path) -> None:
    rows = logged(
        tmp_path,
        "created,first response,resolution\n2026-05-04 08:00,15,75\n",
        columns={"arrival": ("created",)},
        durations={"wait": ("first response",), "total": ("resolution",)},
        units={"wait": "min", "total": "min"},
        channel="email",
    )
    assert (clock(rows, "answer"), clock(rows, "end")) == (["08:15:00"], ["09:15:00"])


def test_handle_time_with_its_wrap_up_from_the_answer(tmp_path: Path) -> None:
    rows = logged(
        tmp_path,
        "at,picked up,handle,acw\n2026-05-04 08:00:00,2026-05-04 08:00:20,130,30\n",
        columns={"arrival": ("at",), "answer": ("picked up",)},
        durations={"handle": ("handle",), "wrap": ("acw",)},
    )
    assert (clock(rows, "end"), clock(rows, "wrapped")) == (["08:02:00"], ["08:02:30"])


def test_lengths_that_cannot_be_meant_are_refused_by_line(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(
        "at,wait,talk\n2026-05-04 08:00,5,60\n2026-05-04 08:01,soon,60\n2026-05-04 08:02,-5,60\n"
    )
    how = Mapping(kind="contacts", columns={"arrival": ("at",)}, durations={"wait": ("wait",), "talk": ("talk",)})
    assert read(tmp_path / "log.csv", how).reasons == {"wait: not a length of time (soon)": 1, "wait: below 0": 1}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"durations": {"ring": ("a",)}}, "ring"),
        ({"durations": {"talk": ("a",)}}, "neither wait nor total"),
        ({"durations": {"wait": ("a",)}}, "end must be named"),
        ({"durations": {"wait": ("a",), "talk": ("b",)}, "units": {"talk": "sec"}}, "units: sec"),
        ({"units": {"talk": "s"}}, "units: talk"),
        ({"events": {"X": "arrival"}}, "events"),
        ({"days_across": True}, "days_across"),
    ],
)
def test_mappings_of_lengths_that_make_no_sense(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        Mapping(kind="contacts", columns={"arrival": ("at",)}, **changes)


@pytest.mark.parametrize(
    ("cells", "read_as"),
    [
        (("1201", "0930", "yesterday"), ["", "", ""]),
        (("13.02.2026 09:00", "01.02.2026 24:00"), ["2026-02-13 09:00", "2026-02-02 00:00"]),
        (("2026-03-02 24:00", "2026-03-02 24:30"), ["2026-03-03 00:00", ""]),
        (("10/12/26 8:00 AM", "10/13/26 12:30 PM", "10/14/26 12:05 am"),
         ["2026-10-12 08:00", "2026-10-13 12:30", "2026-10-14 00:05"]),
        (("25/12/2026 8:00", "26/12/2026 9:00"), ["2026-12-25 08:00", "2026-12-26 09:00"]),
        (("1577836800", "1577840400.5"), ["2020-01-01 00:00", "2020-01-01 01:00"]),
        (("1577836800123",), ["2020-01-01 00:00"]),
        (("2 Mar 2026 09:00", "Mar 3, 2026 9:30 PM"), ["2026-03-02 09:00", "2026-03-03 21:30"]),
        (("2. März 2026 09:00", "lundi 2 mars 2026, 09:30:00"), ["2026-03-02 09:00", "2026-03-02 09:30"]),
        (("March 2, 2026 at 9:30 PM", "1er août 2026"), ["2026-03-02 21:30", "2026-08-01 00:00"]),
        (("2 de marzo de 2026 09:00", "10 października 2026"), ["2026-03-02 09:00", "2026-10-10 00:00"]),
        (("2026年3月2日 9:00", "2026年12月31日(木) 23:59"), ["2026-03-02 09:00", "2026-12-31 23:59"]),
        (("02-Mar-26 09:00", "2 Mar 09:30", "2 Anna 2026"), ["2026-03-02 09:00", "", ""]),
        (("11-01-2026", "23-01-2026"), ["2026-01-11 00:00", "2026-01-23 00:00"]),  # 01-2026 is no offset
    ],
)  # fmt: skip
def test_moments(cells: tuple[str, ...], read_as: list[str]) -> None:
    result = times.instants("at", texts(*cells), HOW, None)
    assert ["" if pd.isna(moment) else f"{moment:%Y-%m-%d %H:%M}" for moment in result] == read_as


@pytest.mark.parametrize(
    ("cell", "offset"),
    [
        ("2026-03-02 09:00:00 +0100", 1),
        ("2026-03-02T09:00:00.250-05", -5),
        ("2026-03-02 09:00 UTC", 0),
        ("02.03.2026 09:00 +05:30", 5.5),
        ("3/22/2026 9:00 AM -04:00", -4),
        ("Mon, 02 Mar 2026 09:00:00 -0330", -3.5),
        ("Mon, 02 Mar 2026 09:00:00 GMT", 0),
        ("Mon Mar 02 09:00:00 +0000 2026", 0),
        ("Mon Mar 02 2026 09:00:00 GMT+0100 (Central European Standard Time)", 1),
    ],
)
def test_an_offset_counts_however_the_time_is_written(cell: str, offset: float) -> None:
    """Without a zone it is what a clock on the wall there said, with one the same instant whatever the zone."""
    for zone in (None, "UTC", "Europe/Rome", "America/New_York"):
        for written_in in (None, "Asia/Tokyo"):
            how = HOW.model_copy(update={"timezone": zone, "written_in": written_in})
            moment = times.instants("at", texts(cell, None), how, None)[0]
            clock = moment if zone is None else moment + pd.Timedelta(hours=offset)
            assert clock.floor("min").strftime("%H:%M %m") == "09:00 03"


@pytest.mark.parametrize(
    ("cell", "zone", "clock"),
    [
        ("2026-07-02 09:00:00 EDT", "America/New_York", 13),
        ("2.7.2026 9:00 AM EST", "America/New_York", 14),  # so somebody's report has it all year
        ("Jul 2, 2026 9:00:00 AM CEST", "Europe/Berlin", 7),
        ("2026-07-02 09:00 CET", "Europe/Berlin", 8),
        ("2026-07-02 09:00:00.5 IST", "Asia/Kolkata", 3.5),
        ("2026-07-02 09:00 IST", "Europe/Berlin", None),  # of India, Ireland or Israel?
        ("2026-07-02 09:00 IST", None, 9),
    ],
)
def test_a_time_by_its_name_is_that_of_the_mappings_zone(cell: str, zone: str | None, clock: float | None) -> None:
    moment = times.instants("at", texts(cell, None), HOW.model_copy(update={"timezone": zone}), None)[0]
    assert (
        pd.isna(moment)
        if clock is None
        else moment.floor("min") == pd.Timestamp("2026-07-02") + pd.Timedelta(hours=clock)
    )


def test_a_name_of_another_zones_time_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("id,at,left\n1,2026-03-29 02:30 IST,\n2,2026-03-29 09:00 CEST,\n")
    how = Mapping(
        kind="contacts", columns={"contact": "id", "arrival": "at"}, channel="phone", timezone="Europe/Berlin"
    )
    refused = read(tmp_path / "log.csv", how).refused
    assert list(refused["line"]) == [2]
    assert (
        "not a name of a time in Europe/Berlin (2026-03-29 02:30 IST; expected an offset" in refused["reason"].iloc[0]
    )


@pytest.mark.parametrize(
    ("form", "cell"),
    [
        ("%d.%m.%Y %H:%M:%S %z", "02.03.2026 09:00:00 -0500"),
        ("%d.%m.%Y %H:%M:%S", "02.03.2026 09:00:00 -0500"),
        ("%d.%m.%Y %H:%M:%SZ", "02.03.2026 14:00:00Z"),
    ],
)
def test_an_offset_counts_where_the_mapping_has_a_format(form: str, cell: str) -> None:
    how = HOW.model_copy(update={"timezone": "Europe/Rome", "time_format": form})
    assert times.instants("at", texts(cell), how, None).tolist() == [pd.Timestamp("2026-03-02 14:00")]
    wall = times.instants("at", texts(cell), how.model_copy(update={"timezone": None}), None)
    assert f"{wall[0]:%H:%M:%S}" in cell


def test_the_clock_beside_a_column_of_dates_is_the_zones_own(tmp_path: Path) -> None:
    text = "day,at\n2026-07-02,09:00\n2026-12-02,10:30\n"
    how = {"columns": {"arrival": "at"}, "date": "day", "timezone": "Europe/Rome"}
    assert clock(logged(tmp_path, text, **how), "arrival") == ["09:00:00", "10:30:00"]
    assert clock(logged(tmp_path, text, **how, written_in="UTC"), "arrival") == ["11:00:00", "11:30:00"]
    (tmp_path / "log.csv").write_text(text + "2026-03-29,02:30\n")
    skipped = "at: the clock of Europe/Rome skips that hour (02:30)"
    assert read(tmp_path / "log.csv", Mapping(kind="contacts", **how)).reasons == {skipped: 1}


def test_day_and_month_that_could_be_either_are_asked_for() -> None:
    with pytest.raises(ScenarioError, match="the day or the month first") as refused:
        times.instants("at", texts("03/04/2026 09:00", "05/04/2026 09:00"), HOW, None)
    assert "time_format" in str(refused.value)


@pytest.mark.parametrize(
    ("cell", "form"),
    [
        ("03/09/2026 08:07:49 AM", "%d/%m/%Y %I:%M:%S %p"),
        ("03-09-26 18:07", "%d-%m-%y %H:%M"),
        ("3/9/2026, 8:07pm", "%d/%m/%Y, %I:%M%p"),
    ],
)
def test_the_format_advised_reads_the_cell_it_is_of(cell: str, form: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        times.instants("at", texts(cell), HOW, None)
    assert f'time_format = "{form}"' in str(refused.value)
    how = HOW.model_copy(update={"time_format": form})
    assert f"{times.instants('at', texts(cell), how, None)[0]:%d %m}" == "03 09"


def test_clocks_of_12_and_24_hours() -> None:
    result = times.clock(texts("9:05", "9:05 PM", "12:00 AM", "24:00", "0930", "25:00", "08:00-08:30"), HOW)
    hours = [None if pd.isna(length) else length.total_seconds() / 3600 for length in result]
    assert hours[:5] + hours[6:] == pytest.approx([9 + 1 / 12, 21 + 1 / 12, 0, 24, 9.5, 8])


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (("1,234", "12"), [1234, 12]),
        (("1.234,5", "12"), [1234.5, 12]),
        (("1 234", "12,5"), [1234, 12.5]),
        (("1'234.5", "1e3"), [1234.5, 1000]),
        (("1.234.567", "5"), [1234567, 5]),
    ],
)
def test_numbers_with_marks(cells: tuple[str, ...], numbers: list[float]) -> None:
    assert times.numbers(texts(*cells)).tolist() == numbers


def test_what_is_no_number_is_none() -> None:
    assert times.numbers(texts("inf", "nan", "five", "1-2", None)).isna().all()


def test_lengths_of_time_as_written() -> None:
    result = times.seconds("talk", texts("109", "1:49", "0:01:49", "1,5", "PT2M30S", "1 days 0:00:01"), None)
    assert result.tolist() == [109, 109, 109, 1.5, 150, 86401]
    own = times.seconds("talk", texts("2m 5s", "8h", "1 hr 30 min", "4,5", "12 apples", "2m 5"), "min")
    assert own.fillna(-1).tolist() == [125, 28800, 5400, 270, -1, -1]
    assert times.seconds("talk", texts("0:05"), "h:mm").tolist() == [300]
    assert times.seconds("talk", texts("2.5"), "min").tolist() == [150]


def test_an_interval_exports_milliseconds_and_clocks(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(
        'Start,Offer,AHT\n"10/13/26 8:00 AM","1,200",300000\n"10/13/26 8:30 AM",7,200000\n'
    )
    columns = {"start": ("Start",), "offered": ("Offer",), "handle_time": ("AHT",)}
    rows = read(tmp_path / "log.csv", Mapping(kind="intervals", columns=columns, units={"handle_time": "ms"})).rows
    assert (rows["offered"].tolist(), rows["handle_time"].tolist()) == ([1200, 7], [300, 200])


def test_lines_above_the_header_and_cells_beyond_it(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("Call report\n\nat,wait,talk\n2026-05-04 08:00,5,60,7\n2026-05-04 08:05,5,60\n")
    how = Mapping(kind="contacts", columns={"arrival": ("at",)}, durations={"wait": ("wait",), "talk": ("talk",)})
    result = read(tmp_path / "log.csv", how)
    assert result.reasons == {"more cells than the header has": 1}
    assert result.refused["line"].tolist() == [4]
    assert result.mended["lines above the header"] == 2
