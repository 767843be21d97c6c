"""A document as a workbook: a summary to print, then a sheet a table, numbers as numbers, every name as text.

Cells are written by their type and never guessed from their text, so that no name becomes a formula or a link.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ccsim.report.document import STATUS, Cell, Document, Kind, Plain, Table, TableColumn
from ccsim.report.pictures import png
from ccsim.stats.estimate import Estimate

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

Look: TypeAlias = "tuple[Kind, bool]"
"""Kind of a column, and whether it is signed."""

ROWS: Final = 1_048_576
"""All that a sheet can hold, by the format; a table's headings take one."""

LONGEST: Final = 32_767
"""Characters of a cell, by the format."""

NAME: Final = 26
"""Characters of a sheet's name: the format's 31, with room for a number."""

DAY: Final = 86_400
"""Seconds: a spreadsheet counts times in days."""

PICTURES: Final = 4
"""Charts on the summary, of those that a document has: they are in the order in which a planner asks."""

WIDTH: Final = 860
"""Pixels of a chart on the summary: its columns together, which fill a page's width."""

FITS: Final = 78
"""Per cent at which the summary's columns fit a page's width, in wider fonts, too."""

LONG: Final = 40
"""Rows beyond which a sheet prints upright and small, so that it takes few pages."""

SMALL: Final = 65
"""Per cent of its size at which such a sheet is printed."""

ACROSS: Final = 150
"""Characters that a page is wide then."""

FORMATS: Final[dict[Kind, str]] = {
    "text": "@",
    "code": "@",
    "count": "#,##0.0",
    "number": "General",
    "money": "#,##0.00",
    "share": "0.0%",
    "duration": "[h]:mm:ss",
    "hours": "#,##0.0",
    "moment": "yyyy-mm-dd hh:mm",
}


def sheet(document: Document, more: Sequence[Table] = ()) -> tuple[bytes, list[str]]:
    """A workbook: a summary, the document's tables and `more`, a sheet each or a section, and a sheet of intervals.

    Every sheet prints on the width of a page, its headings on each; durations are times. Also returns, in sentences,
    what did not fit: a table of more rows than a sheet holds is cut.
    """
    import xlsxwriter

    content, left_out = BytesIO(), []
    safe = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with xlsxwriter.Workbook(content, safe) as book:
        book.set_properties({"title": document.title, "subject": document.answer, "comments": document.made_by})
        style = _Style(book)
        _write_summary(_printable(book, "Summary"), document, style)
        names = ["Summary"]
        for title, tables in _sheets(document, more):
            names.append(_sheet_name(title, names))
            page, row = _printable(book, names[-1]), 0
            for table in tables:
                if len(table.rows) >= ROWS:
                    left_out.append(
                        f"{names[-1]}: a sheet holds {ROWS:,} rows with the headings, so the last "
                        f"{len(table.rows) - ROWS + 1:,} of {len(table.rows):,} are left out of the workbook."
                    )
                row = _write(page, table, style, row, titled=len(tables) > 1)
            wide = _set_widths(page, tables)
            if row > LONG and wide <= ACROSS:
                page.set_portrait()
                page.set_print_scale(SMALL)
            else:
                page.fit_to_pages(1, 0)
            page.print_area(0, 0, row - 2, max(len(table.columns) for table in tables) - 1)
            if len(tables) == 1:
                page.freeze_panes(1, 1)
                page.repeat_rows(0)
    return content.getvalue(), left_out


class _Style:
    """Formats of cells."""

    def __init__(self, book: Workbook) -> None:
        self.of: dict[Look, Any] = {
            (kind, signed): book.add_format({"num_format": f"+{written};-{written};{written}" if signed else written})
            for signed, formats in ((False, FORMATS), (True, FORMATS | {"duration": FORMATS["number"]}))
            for kind, written in formats.items()
        }
        self.heading = book.add_format({"bold": True, "text_wrap": True, "valign": "bottom"})
        self.title = book.add_format({"bold": True, "font_size": 16})
        self.large = book.add_format({"bold": True, "font_size": 13, "text_wrap": True, "valign": "top"})
        self.part = book.add_format({"bold": True, "font_size": 13})
        self.wrapped = book.add_format({"text_wrap": True, "valign": "top"})


def _printable(book: Workbook, name: str) -> Worksheet:
    """A new sheet: landscape, A4, its pages numbered."""
    page = book.add_worksheet(name)
    page.set_landscape()
    page.set_paper(9)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.set_footer("&L&A&RPage &P of &N")
    return page


def _sheets(document: Document, more: Sequence[Table]) -> Iterator[tuple[str, list[Table]]]:
    """The title of each sheet and its tables, those with rows."""
    every: list[Table] = []
    for section in document.sections:
        tables = [part for part in section.parts if isinstance(part, Table) and part.rows]
        every += tables
        yield from [(section.title, tables)] if section.together and tables else ((t.title, [t]) for t in tables)
    yield from ((table.title, [table]) for table in more if table.rows)
    if intervals := _intervals([*every, *more]):
        heads = ("Table", "Row", "Column", "Mean", "Low", "High")
        looks: dict[Look, list[tuple[Cell, ...]]] = {}
        for look, row in intervals:
            looks.setdefault(look, []).append(row)
        yield (
            "Intervals of 95 %",
            [
                Table(
                    f"{kind.capitalize()}{', differences' if signed else ''}",
                    (*map(TableColumn, heads[:3]), *(TableColumn(head, kind, signed) for head in heads[3:])),
                    tuple(rows),
                )
                for (kind, signed), rows in looks.items()
            ],
        )


def _intervals(tables: Sequence[Table]) -> list[tuple[Look, tuple[Cell, ...]]]:
    """Every mean that has an interval: how it is written, and where it stands with mean, low and high."""
    return [
        ((column.kind, column.signed), (table.title, str(row[0]), column.title, *cell))
        for table in tables
        for row in (*table.rows, *([table.total] if table.total else []))
        for column, cell in zip(table.columns, row, strict=True)
        if isinstance(cell, Estimate) and not math.isnan(cell.low)
    ]


def _write_summary(page: Worksheet, document: Document, style: _Style) -> None:
    """Title, answer, key figures, targets and what to do, mostly on a page; then the first charts, a page each."""
    page.set_column(0, 0, 26)
    page.set_column(1, 1, 38)
    page.set_column(2, 5, 14)
    page.write_string(0, 0, document.title[:LONGEST], style.title)
    page.write_string(1, 0, document.subtitle[:LONGEST])
    page.merge_range(2, 0, 2, 5, "")
    page.write_string(2, 0, document.answer[:LONGEST], style.large)
    page.set_row(2, 18 * (1 + len(document.answer) // 90))
    row = 4
    for fact in document.facts:
        page.write_string(row, 0, fact.label[:LONGEST], style.heading)
        page.write_string(row, 1, fact.figure[:LONGEST], style.heading)
        page.write_string(row, 2, fact.detail[:LONGEST])
        row += 1
    if document.verdicts:
        row = _write(page, _targets(document), style, row + 1, titled=True)
    for finding in document.findings:
        for number, line in enumerate(finding.lines):
            page.write_string(row, 0, finding.subject[:LONGEST] if not number else "", style.heading)
            page.merge_range(row, 1, row, 5, "")
            page.write_string(row, 1, line[:LONGEST], style.wrapped)
            page.set_row(row, 15 * (1 + len(line) // 95))
            row += 1
    breaks = []
    for picture in document.pictures()[:PICTURES]:
        breaks.append(row + 1)
        scale = WIDTH / picture.size[0]
        image = BytesIO(png(picture.light))
        options = {"image_data": image, "x_scale": scale, "y_scale": scale, "description": picture.alt[:2000]}
        page.insert_image(row + 1, 0, "chart.png", options)
        row += 2 + math.ceil(scale * picture.size[1] / 20)
    page.set_print_scale(FITS)  # not to the page's width: spreadsheets then overlook the breaks
    page.set_h_pagebreaks(breaks)
    page.print_area(0, 0, row, 5)


def _targets(document: Document) -> Table:
    kinds = {verdict.kind for verdict in document.verdicts}
    kind: Kind = kinds.pop() if len(kinds) == 1 else "number"
    columns = (
        TableColumn("Whose"),
        TableColumn("Target"),
        TableColumn("Result"),
        TableColumn("Found", kind),
        TableColumn("Bound"),
        TableColumn("Wanted", kind),
    )
    rows = tuple(
        (v.subject, v.measure, STATUS[v.status], v.figure, "at least" if v.at_least else "at most", v.wanted)
        for v in document.verdicts
    )
    return Table(document.verdicts_title, columns, rows)


def _write(page: Worksheet, table: Table, style: _Style, row: int, *, titled: bool) -> int:
    """The table from this row on, with its means alone, and its total two rows below; the row after all of it."""
    if titled:
        page.write_string(row, 0, table.title[:LONGEST], style.part)
        row += 1
    looks: list[Look] = [(column.kind, column.signed) for column in table.columns]
    heads: list[str] = []
    for column in table.columns:
        # no spreadsheet shows a time below zero
        title = f"{column.title}, s" if column.kind == "duration" and column.signed else column.title
        heads.append(_unique(" ".join(title.split())[:200] or "–", heads))
    lines = [_means(line) for line in table.rows[: ROWS - 1]]
    for number, line in enumerate(lines, start=row + 1):
        _write_row(page, number, line, looks, style.of)
    after = row + len(lines) + 1
    columns = [{"header": head, "header_format": style.heading} for head in heads]
    page.add_table(row, 0, after - 1, len(heads) - 1, {"columns": columns, "style": "Table Style Light 1"})
    page.set_row(row, 32)
    if table.total and after + 1 < ROWS:
        _write_row(page, after + 1, _means(table.total), looks, style.of)
        after += 2
    return after + 1


def _set_widths(page: Worksheet, tables: Sequence[Table]) -> int:
    """How wide all columns are together, in characters."""
    widths: dict[int, int] = {}
    for table in tables:
        for place, column in enumerate(table.columns):
            wide = 16 if column.kind == "moment" else 10
            if column.kind in ("text", "code"):
                wide = max((len(str(row[place])) for row in table.rows[:ROWS]), default=0)
            widths[place] = max(widths.get(place, 0), min(60, max(wide + 2, 12)))
    for place, wide in widths.items():
        page.set_column(place, place, wide)
    return sum(widths.values())


def _means(row: Sequence[Cell]) -> list[Plain]:
    return [cell.mean if isinstance(cell, Estimate) else cell for cell in row]


def _write_row(
    page: Worksheet, number: int, row: Sequence[Plain], looks: Sequence[Look], formats: dict[Look, Any]
) -> None:
    for place, (cell, look) in enumerate(zip(row, looks, strict=True)):
        if isinstance(cell, datetime):
            page.write_datetime(number, place, cell, formats[look])
        elif isinstance(cell, str):
            page.write_string(number, place, cell[:LONGEST], formats["text", False])
        elif cell is not None and math.isinf(cell):
            page.write_string(number, place, "endless", formats["text", False])
        elif cell is not None and not math.isnan(cell):
            page.write_number(number, place, cell / DAY if look == ("duration", False) else cell, formats[look])


def _sheet_name(title: str, taken: Sequence[str]) -> str:
    """A name that the format allows: no []:*?/\\ or quotes, 31 characters, unlike the others whatever their case.

    Of a longer title the first whole words, and parts of a word only where it alone is too long.
    """
    name = re.sub(r"[\[\]:*?/\\']", " ", title).strip()
    if len(name) > NAME:
        name = name[: NAME + 1].rpartition(" ")[0].strip() or name[:NAME]
    return _unique(name or "Table", taken)


def _unique(name: str, taken: Sequence[str]) -> str:
    known = {other.lower() for other in taken}
    return next(
        tried for tried in (name, *(f"{name} ({i})" for i in range(2, len(taken) + 3))) if tried.lower() not in known
    )
