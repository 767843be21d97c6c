"""The workbook: tables are tables, numbers numbers, names text, and there are no more rows than it can hold."""

from __future__ import annotations

import math
import zipfile
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ccsim.report import sheet as sheets
from ccsim.report.document import Document, Section, Table, TableColumn
from ccsim.report.of_run import wide_tables
from ccsim.report.periods import by_day
from ccsim.report.sheet import sheet
from ccsim.results.model import Results
from ccsim.results.stored import stored
from ccsim.runs.run import run_to_folder
from ccsim.scenario.read import parse
from ccsim.staffing.baseline import required_of
from ccsim.stats.estimate import Estimate
from tests.report.conftest import FORMULA, MARKUP, TEAM

if TYPE_CHECKING:
    from openpyxl import Workbook


def read(content: bytes) -> Workbook:
    from openpyxl import load_workbook

    return load_workbook(BytesIO(content))


def of(*tables: Table) -> Document:
    return Document("A title", "", "An answer.", "met", (Section("Figures", tables),))


@pytest.fixture(scope="module")
def content(hostile: Document, results: Results) -> bytes:
    made, left_out = sheet(hostile, wide_tables(results))
    assert left_out == []
    return made


def test_tables_have_frozen_headings_and_print_on_the_width_of_a_page(content: bytes) -> None:
    book = read(content)
    assert book.sheetnames[:3] == ["Summary", "Queues", "Work and cost of queues"]
    assert {"Summary of all measures", "By day", "Roster", "Intervals of 95 %"} <= set(book.sheetnames)
    for one in book:
        setup = one.page_setup
        fits = bool(one.sheet_properties.pageSetUpPr and one.sheet_properties.pageSetUpPr.fitToPage)
        small = (setup.orientation, setup.scale) == ("portrait", 65)
        assert one.title == "Summary" or small or (fits and setup.orientation == "landscape"), one.title
        assert small == (one.max_row > 40 and one.title != "Summary" and not fits), "long sheets are upright and small"
        assert one.print_area
        if one.title == "Summary":
            breaks = [each.id for each in one.row_breaks.brk]
            assert breaks
            assert [image.anchor._from.row for image in one._images] == breaks, "a chart a page"
        if len(one.tables) == 1 and one.title != "Summary":
            (table,) = one.tables.values()
            assert table.ref.startswith("A1:")
            assert one.freeze_panes == "B2"
            assert one.print_title_rows == "$1:$1"
        for table in one.tables.values():
            heads = [cell.value for cell in one[table.ref][0]]
            assert [column.name for column in table.tableColumns] == heads
            assert len({head.lower() for head in heads}) == len(heads)


def test_the_summary_has_answer_cost_targets_and_charts(content: bytes, hostile: Document) -> None:
    one = read(content)["Summary"]
    texts = [cell.value for row in one.iter_rows() for cell in row if cell.value is not None]
    assert {hostile.title, hostile.answer, "Cost", hostile.verdicts[0].subject} <= set(texts)
    assert len(one._images) == 2


def test_names_are_text_and_nothing_is_a_formula(content: bytes) -> None:
    book = read(content)
    cells = [cell for one in book for row in one.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n", "d"}
    texts = {cell.value for cell in cells if cell.data_type == "s"}
    assert {MARKUP, FORMULA, TEAM, "@SUM(1)", "-1+1"} <= texts
    assert not any(cell.hyperlink for cell in cells)
    parts = zipfile.ZipFile(BytesIO(content))
    for part in parts.namelist():
        if part.startswith("xl/worksheets/"):
            assert b"<f>" not in parts.read(part)


def test_numbers_are_numbers_with_formats(content: bytes, results: Results) -> None:
    one = read(content)["Queues"]
    head = {cell.value: place for place, cell in enumerate(one[1])}
    row = one[2]
    level = results.estimate("queue", MARKUP, "service_level")
    assert level is not None
    assert row[head["Service level"]].value == pytest.approx(level.mean)
    assert row[head["Service level"]].number_format == "0.0%"
    asa = results.estimate("queue", MARKUP, "asa")
    assert asa is not None
    shown = row[head["Mean wait (ASA)"]]
    assert shown.number_format == "[h]:mm:ss"
    assert shown.value.total_seconds() == pytest.approx(asa.mean, abs=0.01)
    assert row[head["Later replies in time"]].value is None
    rows = list(read(content)["Intervals of 95 %"].iter_rows(values_only=True))
    assert [row[3:] for row in rows if row[:3] == ("Queues", MARKUP, "Service level")] == [pytest.approx(list(level))]


def test_by_interval_closed_half_hours_are_left_out(content: bytes, results: Results) -> None:
    book = read(content)
    name = next(name for name in book.sheetnames if name.startswith("@SUM(1) by"))
    assert len(list(book[name].iter_rows(min_row=2, values_only=True))) >= 96
    name = next(name for name in book.sheetnames if name.startswith("<img"))
    rows = [row for row in book[name].iter_rows(min_row=2, values_only=True) if isinstance(row[0], datetime)]
    assert len(rows) == 2 * 16
    assert rows[0][0] == datetime(2026, 3, 2, 9)
    assert sum(row[1] for row in rows) == pytest.approx(results.estimate("queue", MARKUP, "offered").mean)  # type: ignore[union-attr]


def test_by_day_adds_up_and_the_week_is_weighted(content: bytes, results: Results) -> None:
    rows = list(read(content)["By day"].iter_rows(values_only=True))
    first = next(i for i, row in enumerate(rows) if row[0] == f"{MARKUP} by day")
    heads, days, total = rows[first + 1], rows[first + 2 : first + 4], rows[first + 5]
    offered = heads.index("Offered")
    assert [day[0] for day in days] == ["Mon 2 Mar", "Tue 3 Mar"]
    assert total[0] == "total"
    assert sum(day[offered] for day in days) == pytest.approx(total[offered])
    gave_up = sum(day[offered] * day[heads.index("Abandonment")] for day in days)
    assert gave_up / total[offered] == pytest.approx(total[heads.index("Abandonment")], rel=0.02)


def test_roster(content: bytes) -> None:
    shifts = list(read(content)["Roster"].iter_rows(min_row=2, values_only=True))
    assert len(shifts) == 2 * 5
    assert shifts[0] == (TEAM, 1, datetime(2026, 3, 2, 9), datetime(2026, 3, 2, 17), 7.5, 0.5, 0, "")


def test_no_data_and_endless() -> None:
    kinds: tuple[Any, ...] = ("text", "duration", "number")
    columns = (*(TableColumn(kind, kind) for kind in kinds), TableColumn("more", "duration", signed=True))
    nothing = Estimate(math.nan, math.nan, math.nan)
    rows = (("a", nothing, math.inf, -3.0), ("b", Estimate(2.0, 1.0, 3.0), math.nan, 4.0), ("c", None, 4, None))
    made = read(sheet(of(Table("t", columns, rows)))[0])
    result = list(made["t"].iter_rows(values_only=True))
    assert result[0] == ("text", "duration", "number", "more, s")
    assert result[1:] == [
        ("a", None, "endless", -3), ("b", timedelta(seconds=2), None, 4), ("c", None, 4, None)
    ]  # fmt: skip
    assert list(made["Intervals of 95 %"].iter_rows(values_only=True))[-1] == (
        "t", "b", "duration", *(timedelta(seconds=each) for each in (2, 1, 3))
    )  # fmt: skip


def test_titles_and_headings_that_the_format_forbids() -> None:
    heads = (TableColumn("=A1"), TableColumn("=a1"), TableColumn(""), TableColumn("x" * 400))
    rows = (("1", "2", "3", "y" * 40_000),)
    book = read(
        sheet(of(Table("a[b]:c*d?e/f\\g'" * 9, heads, rows), Table("A B  C D E F G A B  C D E", heads, rows)))[0]
    )
    assert len(set(map(str.lower, book.sheetnames))) == 3
    one = book.worksheets[1]
    assert [cell.value for cell in one[1]] == ["=A1", "=a1 (2)", "–", "x" * 200]
    assert len(one["D2"].value) == 32_767
    assert one["A1"].data_type == "s"


def test_a_sheet_holds_so_many_rows_and_says_what_it_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "ROWS", 11)
    for rows, left_out in ((10, 0), (12, 2)):
        table = Table(
            "Queues by interval", (TableColumn("n"), TableColumn("x", "count")), tuple((str(i), i) for i in range(rows))
        )
        made, said = sheet(of(table))
        assert read(made)["Queues by interval"].max_row == 11
        assert len(said) == bool(left_out)
        assert not left_out or "the last 2 of 12 are left out" in said[0]


def test_the_name_of_a_sheet_is_whole_words_of_its_title() -> None:
    titles = ["The roster and the plan without rules", "The roster and the plan without leave", "A" * 40]
    tables = [Table(title, (TableColumn("x"),), (("1",),)) for title in titles]
    names = read(sheet(of(*tables))[0]).sheetnames[1:4]
    assert names == ["The roster and the plan", "The roster and the plan (2)", "A" * 26]


def test_a_run_with_nobody_on_duty_has_the_same_tables_from_its_folder(tmp_path: Path) -> None:
    nobody = {"skills": {"calls": 1}, "shifts": [{"agents": 0, "hours": "08:00-18:00"}]}
    calls = {"channel": "phone", "volume": {"per_day": 3}, "open": "08:00-18:00"}
    raw = {"days": 1, "replications": 1, "queue": {"calls": calls}, "team": {"desk": nobody}}
    fresh, folder = run_to_folder(tmp_path, parse(raw), engine="simpy")
    first, again = ({table.title: table for table in by_day(of, required_of(of))} for of in (fresh, stored(folder)))
    assert list(first) == list(again) == ["calls by day", "desk by day"]
    assert [column.title for column in again["desk by day"].columns[:5]] == [
        "Day", "Hours required", "Hours scheduled", "Hours on duty", "Occupancy",
    ]  # fmt: skip
    assert again["desk by day"].columns == first["desk by day"].columns
