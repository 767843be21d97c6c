"""A sheet of an Excel workbook becomes the text that a spreadsheet would save of it."""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import xlsxwriter
from openpyxl import Workbook

from ccsim.scenario import workbooks
from ccsim.scenario.faults import FaultError


def book(*rows: Sequence[Any], formats: Mapping[Any, str] | None = None, **options: Any) -> bytes:
    """A workbook with one sheet of these rows; a value may have a number format of its own."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, **options}) as made:
        sheet = made.add_worksheet()
        usual = {datetime: "dd.mm.yyyy hh:mm", date: "dd.mm.yyyy", time: "hh:mm", timedelta: "[h]:mm:ss"}
        for at, row in enumerate(rows):
            for place, value in enumerate(row):
                form = (formats or {}).get(value) or usual.get(type(value))
                sheet.write(at, place, value, made.add_format({"num_format": form}) if form else None)
    return content.getvalue()


def lines(data: bytes) -> list[str]:
    (text,) = workbooks.sheets(data).values()
    return text.splitlines()


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        ("  Anna\tB.\nSales ", None, "Anna B. Sales"),
        (5, None, "5"),
        (13.3, None, "13.3"),
        (0.1 + 0.2, None, "0.3"),
        (1.25, None, "1.25"),
        (1.125, None, "1.1250"),  # 1.125 could be read as more than a thousand
        (-0.5, None, "-0.5"),
        (491701234567, None, "491701234567"),
        (True, None, "TRUE"),
        (date(2026, 3, 2), "d.m.yy", "2026-03-02"),
        (datetime(2026, 3, 2), "d mmm yyyy h:mm", "2026-03-02 00:00:00"),
        (datetime(2026, 3, 2, 8, 30), "m/d/yy h:mm AM/PM", "2026-03-02 08:30:00"),
        (datetime(2026, 3, 2, 8, 30), "dd.mm.yyyy", "2026-03-02 08:30:00"),  # nothing that is there is left out
        (datetime(2026, 3, 2, 8, 30), "hh:mm", "08:30:00"),
        (datetime(2026, 3, 2, 8, 30, 15, 250_000), "yyyy-mm-dd hh:mm:ss.000", "2026-03-02 08:30:15.250"),
        (time(8, 30), "h:mm", "08:30:00"),
        (time(0, 4, 20), "mm:ss", "00:04:20"),
        (timedelta(hours=37, minutes=30, seconds=46), "[h]:mm:ss", "37:30:46"),
        (timedelta(hours=37, minutes=30, seconds=46), "h:mm:ss", "37:30:46"),  # which shows 13:30:46
        (timedelta(hours=24), "[h]:mm", "24:00:00"),
        (timedelta(seconds=4.5), "[mm]:ss.0", "0:00:04.500"),
        (0, "dd.mm.yyyy hh:mm", ""),  # as a formula has it that names an empty cell
        (46083.354, None, "46083.3540"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("since_1904", [False, True])
def test_cells_are_written_as_their_formats_show_them(
    value: Any, form: str | None, text: str, since_1904: bool
) -> None:
    data = book(["what", "row"], [value, "x"], formats={value: form} if form else None, date_1904=since_1904)
    assert lines(data)[1] == f"{text}\tx"


def test_rows_keep_their_numbers_and_empty_columns_at_the_left_go() -> None:
    data = book(["", "Report"], [], ["", "date", "time", "calls"], ["", "x"], [], ["", "y", 1, 2], ["", "z", 1, 2, 3])
    assert lines(data) == ["Report", "", "date\ttime\tcalls", "x\t\t", "\t\t", "y\t1\t2", "z\t1\t2\t3"]


def test_of_formulas_the_saved_values_count() -> None:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as made:
        sheet = made.add_worksheet()
        for at, value in enumerate((7, "#N/A", "text")):
            sheet.write_formula(at, 1, "=A1", None, value)
            sheet.write(at, 0, "x")
    assert lines(content.getvalue()) == ["x\t7", "x\t#N/A", "x\ttext"]


def test_formulas_that_were_never_calculated_are_refused() -> None:
    """They would be empty cells."""
    assert "never calculated" in refusal(saved(lambda made: made.active.append(["calls", "=1+1"])))


def test_hidden_sheets_are_read_by_their_name_alone() -> None:
    def fill(made: Any) -> None:
        made.active.title = "Data"
        made.active.append(["calls"])
        made.create_sheet("Empty")
        hidden = made.create_sheet("Raw")
        hidden.append(["raw"])
        hidden.sheet_state = "hidden"

    data = saved(fill)
    assert workbooks.sheets(data) == {"Data": "calls\n"}
    assert workbooks.sheets(data, "Raw") == {"Raw": "raw\n"}
    with pytest.raises(FaultError, match="no sheet 'Row': one of Data, Empty"):
        workbooks.sheets(data, "Row")


def saved(fill: Callable[[Any], None]) -> bytes:
    """A workbook as openpyxl writes it, which calculates nothing."""
    content = io.BytesIO()
    made = Workbook()
    fill(made)
    made.save(content)
    return content.getvalue()


def refusal(data: bytes) -> str:
    with pytest.raises(FaultError) as refused:
        workbooks.sheets(data)
    return str(refused.value)


def archive(**parts: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as made:
        for name, text in parts.items():
            made.writestr(name.replace("_", "/") + ".xml", text)
    return content.getvalue()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\xd0\xcf\x11\xe0" + bytes(99), "an old workbook (.xls)"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "a workbook with a password"),
        (b"PK\x03\x04" + bytes(99), "a damaged workbook"),
        (book(["calls"])[:-40], "a damaged workbook"),
        (archive(content="<x/>"), "an archive or a workbook that is not .xlsx"),
        (archive(xl_workbook="<x/>"), "a damaged workbook"),
        (book(), "a workbook without data"),
    ],
)
def test_what_is_no_workbook_to_read_is_named(data: bytes, why: str) -> None:
    assert why in refusal(data)


def test_a_cell_far_away_takes_no_memory() -> None:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as made:
        sheet = made.add_worksheet()
        sheet.write(0, 0, "calls")
        sheet.write(0, 1, "chats")
        sheet.write(1, 0, 1)
        sheet.write(2_000, 16_383, "stray")
    text = lines(content.getvalue())
    assert text[:3] == ["calls\tchats", "1\t", "\t"]
    assert len(text) == 2_001


def test_too_many_cells_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MOST_CELLS", 3)
    assert "more than 3 cells in sheet 'Sheet1'" in refusal(book(["a", "b"], ["c", "d"]))


def test_without_the_package_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    assert "pip install 'ccsim[xlsx]'" in refusal(book(["some", "table"]))
