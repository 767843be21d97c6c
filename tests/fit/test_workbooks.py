"""A workbook is read as the CSV file of its sheet, whose name a mapping may give."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xlsxwriter

from ccsim.errors import ScenarioError
from ccsim.logs.mapping import Mapping
from ccsim.logs.proposal import propose
from ccsim.logs.readers import read

FORMATS = {datetime: "dd.mm.yyyy hh:mm:ss", date: "dd.mm.yyyy", time: "hh:mm", timedelta: "[h]:mm:ss"}
MONDAY = datetime(2026, 3, 2, 9)

CONTACTS = [
    ["Report of March"],
    [],
    ["Call ID", "Enqueued", "Talk", "Wait", "Agent", "Answered"],
    *(
        [i, MONDAY + i * timedelta(minutes=7), timedelta(seconds=100 + i), timedelta(seconds=i / 4), "Anna, B.", True]
        for i in range(1, 20)
    ),
    [20, MONDAY, None, timedelta(seconds=80), "#N/A", False],
]
INTERVALS = [
    ["Date", "Interval", "Queue", "Offered", "AHT"],
    *(
        [date(2026, 3, 2), time(8 + i // 2, 30 * (i % 2)), "Sales", 5 + i / 8, timedelta(seconds=200 + i)]
        for i in range(6)
    ),
    [date(2026, 3, 2), time(11), "Sales", 0, "#DIV/0!"],
    [date(2026, 3, 2), time(11, 30), "Sales", 4, 250.125],
]
STATES = [
    ["Agent", "Team", "State", "Begin", "End"],
    ["Anna", "front", "Open", MONDAY, MONDAY + timedelta(hours=4)],
    ["Anna", "front", "Lunch", MONDAY + timedelta(hours=4), MONDAY + timedelta(hours=4.5)],
]
SHIFTS = [
    ["Agent", date(2026, 3, 2), date(2026, 3, 3)],
    ["Anna", "8:00 AM - 4:00 PM", "OFF"],
    ["Bo", "", "22:00-06:00"],
]

MAPPINGS = {
    "contacts": Mapping(
        kind="contacts",
        columns={"contact": ("Call ID",), "arrival": ("Enqueued",), "agent": ("Agent",), "outcome": ("Answered",)},
        durations={"talk": ("Talk",), "wait": ("Wait",)},
        words={"true": "answered", "false": "abandoned"},
    ),
    "intervals": Mapping(
        kind="intervals",
        columns={"start": ("Date", "Interval"), "queue": ("Queue",), "offered": ("Offered",), "handle_time": ("AHT",)},
    ),
    "states": Mapping(
        kind="rosters",
        columns={"agent": ("Agent",), "start": ("Begin",), "end": ("End",), "activity": ("State",)},
        words={"Open": "work"},
    ),
    "shifts": Mapping(kind="rosters", columns={"agent": ("Agent",)}, days_across=True),
}
ROWS = {"contacts": CONTACTS, "intervals": INTERVALS, "states": STATES, "shifts": SHIFTS}


def as_csv(path: Path, rows: Sequence[Sequence[Any]]) -> Path:
    """As a German Excel saves the sheet."""

    def written(value: Any) -> Any:
        if isinstance(value, timedelta):
            seconds = value.total_seconds()
            return f"{seconds // 3600:.0f}:{seconds // 60 % 60:02.0f}:{seconds % 60:05.2f}".replace(".", ",")
        if isinstance(value, bool):
            return str(value).upper()
        if isinstance(value, float):
            return str(value).replace(".", ",")
        form = {datetime: "%d.%m.%Y %H:%M:%S", date: "%d.%m.%Y", time: "%H:%M"}.get(type(value))
        return f"{value:{form}}" if form else value

    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, delimiter=";").writerows([written(cell) for cell in row] for row in rows)
    return path


def as_workbook(path: Path, *sheets: Sequence[Sequence[Any]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        forms = {kind: book.add_format({"num_format": form}) for kind, form in FORMATS.items()}
        for rows in sheets:
            sheet = book.add_worksheet()
            for at, row in enumerate(rows):
                for place, value in enumerate(row):
                    sheet.write(at, place, value, forms.get(type(value)))
    return path


@pytest.mark.parametrize("what", list(ROWS))
def test_a_workbook_is_read_as_the_file_saved_from_it(tmp_path: Path, what: str) -> None:
    ours = read(as_workbook(tmp_path / "log.xlsx", ROWS[what]), MAPPINGS[what])
    saved = read(as_csv(tmp_path / "log.csv", ROWS[what]), MAPPINGS[what])
    pd.testing.assert_frame_equal(ours.rows, saved.rows)
    pd.testing.assert_frame_equal(ours.refused[["line", "reason"]], saved.refused[["line", "reason"]])
    assert ours.mended == saved.mended
    assert not len(ours.refused)


@pytest.mark.parametrize("what", list(ROWS))
def test_the_same_mapping_is_proposed(tmp_path: Path, what: str) -> None:
    ours, _ = propose(as_workbook(tmp_path / "log.xlsx", ROWS[what]))
    saved, _ = propose(as_csv(tmp_path / "log.csv", ROWS[what]))
    assert ours.replace("log.xlsx", "log.csv") == saved


def test_a_line_that_cannot_be_used_has_the_number_of_its_row(tmp_path: Path) -> None:
    rows = [*CONTACTS, [], [21, "yesterday", None, timedelta(seconds=80), None, False]]
    refused = read(as_workbook(tmp_path / "log.xlsx", rows), MAPPINGS["contacts"]).refused
    assert dict(zip(refused["line"], refused["reason"], strict=True)) == {
        24: "an empty line",
        25: "Enqueued: not a time (yesterday; expected 2026-03-02 09:30:00)",
    }


def test_of_several_sheets_the_one_with_the_needed_headings_is_read(tmp_path: Path) -> None:
    notes = [["These are", "our", "notes"]]
    reading = read(as_workbook(tmp_path / "log.xlsx", notes, CONTACTS), MAPPINGS["contacts"])
    assert len(reading.rows) == 20
    assert reading.mended["sheets left out: 'Sheet1'"] == 1


def test_where_several_sheets_fit_the_mapping_names_one(tmp_path: Path) -> None:
    log = as_workbook(tmp_path / "log.xlsx", CONTACTS, [*CONTACTS[:5], [], [], CONTACTS[5]])
    chooses = '2 of the sheets Sheet1, Sheet2 fit the mapping; sheet = "Sheet1" in the mapping chooses one'
    with pytest.raises(ScenarioError, match=chooses):
        read(log, MAPPINGS["contacts"])
    assert len(read(log, MAPPINGS["contacts"].model_copy(update={"sheet": "Sheet2"})).rows) == 3
    with pytest.raises(ScenarioError, match="none of the sheets Sheet1, Sheet2 fit"):
        read(log, MAPPINGS["states"])


def test_a_proposal_names_its_sheet(tmp_path: Path) -> None:
    text, _ = propose(as_workbook(tmp_path / "log.xlsx", [["These are", "our", "notes"]], CONTACTS))
    assert 'sheet = "Sheet2"' in text
    assert 'columns.contact = "Call ID"' in text
