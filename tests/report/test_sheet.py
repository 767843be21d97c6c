"""The workbook: tables are tables, numbers numbers, names text, and there are no more rows than it can hold."""

from __future__ import annotations

import math
import zipfile
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest

from ccsim.report import sheet as sheets
from ccsim.report.document import Document, Section, Table, TableColumn
from ccsim.report.of_run import wide_tables
from ccsim.report.sheet import sheet
from ccsim.results.model import Results
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


def test_every_sheet_is_a_table_with_frozen_headings(content: bytes, hostile: Document) -> None:
    book = read(content)
    assert book.sheetnames[:3] == ["Targets", "Queues", "Work and cost of queues"]
    assert {"Summary of all measures", "Queues by interval", "Teams by interval", "Roster"} <= set(book.sheetnames)
    for one in book:
        (table,) = one.tables.values()
        assert table.ref.startswith("A1:")
        assert one.freeze_panes == "B2"
        heads = [cell.value for cell in one[1] if cell.value is not None]
        assert [column.name for column in table.tableColumns] == heads
        assert len({head.lower() for head in heads}) == len(heads)


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
    found = [row[head[name]].value for name in ("Service level", "Service level, low", "Service level, high")]
    assert found == pytest.approx(list(level))
    assert row[head["Service level"]].number_format == "0.0%"
    asa = results.estimate("queue", MARKUP, "asa")
    assert asa is not None
    assert row[head["Mean wait (ASA), s"]].value == pytest.approx(asa.mean)
    assert row[head["Later replies in time"]].value is None


def test_by_interval_and_roster(content: bytes, results: Results) -> None:
    book = read(content)
    rows = list(book["Queues by interval"].iter_rows(min_row=2, values_only=True))
    assert len(rows) == 3 * 96
    assert rows[18][:2] == (datetime(2026, 3, 2, 9), MARKUP)
    assert sum(row[2] for row in rows[:96]) == pytest.approx(results.estimate("queue", MARKUP, "offered").mean)  # type: ignore[union-attr]
    shifts = list(book["Roster"].iter_rows(min_row=2, values_only=True))
    assert len(shifts) == 2 * 5
    assert shifts[0] == (TEAM, 1, datetime(2026, 3, 2, 9), datetime(2026, 3, 2, 17), 7.5, 0.5, 0, "")


def test_no_data_and_endless() -> None:
    kinds: tuple[Any, ...] = ("text", "duration", "number")
    columns = tuple(TableColumn(kind, kind) for kind in kinds)
    nothing = Estimate(math.nan, math.nan, math.nan)
    table = Table("t", columns, (("a", nothing, math.inf), ("b", Estimate(2.0, 1.0, 3.0), math.nan), ("c", None, 4)))
    rows = list(read(sheet(of(table))[0])["t"].iter_rows(values_only=True))
    assert rows[0] == ("text", "duration, s", "duration, s, low", "duration, s, high", "number")
    assert rows[1:] == [("a", None, None, None, "endless"), ("b", 2, 1, 3, None), ("c", None, None, None, 4)]


def test_titles_and_headings_that_the_format_forbids() -> None:
    heads = (TableColumn("=A1"), TableColumn("=a1"), TableColumn(""), TableColumn("x" * 400))
    rows = (("1", "2", "3", "y" * 40_000),)
    book = read(
        sheet(of(Table("a[b]:c*d?e/f\\g'" * 9, heads, rows), Table("A B  C D E F G A B  C D E", heads, rows)))[0]
    )
    assert len(set(map(str.lower, book.sheetnames))) == 2
    one = book.worksheets[0]
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
