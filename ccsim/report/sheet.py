"""A document's tables as a workbook: a sheet a table, numbers as numbers, every name as text.

Cells are written by their type and never guessed from their text, so that no name becomes a formula or a link.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ccsim.report.document import STATUS, Cell, Document, Kind, Plain, Table, TableColumn
from ccsim.stats.estimate import Estimate

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

Look: TypeAlias = "tuple[Kind, bool]"
"""Kind of a column, and whether it is signed."""

ROWS: Final = 1_048_576
"""All that a sheet can hold, by the format; a table's headings take one."""

LONGEST: Final = 32_767
"""Characters of a cell, by the format."""

FORMATS: Final[dict[Kind, str]] = {
    "text": "@",
    "code": "@",
    "count": "#,##0.0",
    "number": "General",
    "money": "#,##0.00",
    "share": "0.0%",
    "duration": "#,##0.0",
    "hours": "#,##0.0",
    "moment": "yyyy-mm-dd hh:mm",
}


def sheet(document: Document, more: Sequence[Table] = ()) -> tuple[bytes, list[str]]:
    """A workbook with the targets, the document's tables and `more`, a sheet each; durations are in seconds.

    Also returns, in sentences, what did not fit: a table of more rows than a sheet holds is cut.
    """
    import xlsxwriter

    content, left_out = BytesIO(), []
    safe = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with xlsxwriter.Workbook(content, safe) as book:
        book.set_properties({"title": document.title, "subject": document.answer, "comments": document.made_by})
        formats = {
            (kind, signed): book.add_format({"num_format": f"+{written};-{written};{written}" if signed else written})
            for kind, written in FORMATS.items()
            for signed in (False, True)
        }
        heading = book.add_format({"bold": True, "text_wrap": True})
        names: list[str] = []
        for table in (_targets(document), *document.tables(), *more):
            if not table.rows:
                continue
            names.append(_sheet_name(table.title, names))
            _write(book.add_worksheet(names[-1]), table, formats, heading)
            if len(table.rows) >= ROWS:
                left_out.append(
                    f"{names[-1]}: a sheet holds {ROWS:,} rows with the headings, so the last "
                    f"{len(table.rows) - ROWS + 1:,} of {len(table.rows):,} are left out of the workbook."
                )
    return content.getvalue(), left_out


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
        (v.subject, v.measure, STATUS[v.status], v.found, "at least" if v.at_least else "at most", v.wanted)
        for v in document.verdicts
    )
    return Table("Targets", columns, rows)


def _write(sheet: Worksheet, table: Table, formats: dict[Look, Any], heading: Any) -> None:
    """The table from the upper left corner on, its headings frozen, and its total two rows below."""
    rows = (*table.rows, table.total) if table.total else table.rows
    wide = [any(isinstance(row[place], Estimate) for row in rows) for place in range(len(table.columns))]
    heads: list[str] = []
    looks: list[Look] = []
    for column, spread in zip(table.columns, wide, strict=True):
        title = f"{column.title}, s" if column.kind == "duration" else column.title
        for head in (title, f"{title}, low", f"{title}, high") if spread else (title,):
            heads.append(_unique(" ".join(head.split())[:200] or "–", heads))
            looks.append((column.kind, column.signed))
    lines = [_spread(row, wide) for row in table.rows[: ROWS - 1]]
    for number, line in enumerate(lines, start=1):
        _write_row(sheet, number, line, looks, formats)
    if table.total and len(lines) + 2 < ROWS:
        _write_row(sheet, len(lines) + 2, _spread(table.total, wide), looks, formats)
    columns = [{"header": head, "header_format": heading} for head in heads]
    sheet.add_table(0, 0, len(lines), len(heads) - 1, {"columns": columns, "style": "Table Style Light 1"})
    sheet.freeze_panes(1, 1)
    sheet.set_row(0, 32)
    for place, (kind, _) in enumerate(looks):
        texts = [str(line[place]) for line in lines if line[place] is not None]
        width = max(map(len, texts), default=0) if kind in ("text", "code") else 16 if kind == "moment" else 10
        sheet.set_column(place, place, min(60, max(width + 2, 12)))


def _spread(row: Sequence[Cell], wide: Sequence[bool]) -> list[Plain]:
    """The row with mean, low and high in cells of their own."""
    cells: list[Plain] = []
    for cell, spread in zip(row, wide, strict=True):
        if isinstance(cell, Estimate):
            cells += cell
        else:
            cells += (cell, None, None) if spread else (cell,)
    return cells


def _write_row(
    sheet: Worksheet, number: int, row: Sequence[Plain], looks: Sequence[Look], formats: dict[Look, Any]
) -> None:
    for place, (cell, look) in enumerate(zip(row, looks, strict=True)):
        if isinstance(cell, datetime):
            sheet.write_datetime(number, place, cell, formats[look])
        elif isinstance(cell, str):
            sheet.write_string(number, place, cell[:LONGEST], formats["text", False])
        elif cell is not None and math.isinf(cell):
            sheet.write_string(number, place, "endless", formats["text", False])
        elif cell is not None and not math.isnan(cell):
            sheet.write_number(number, place, cell, formats[look])


def _sheet_name(title: str, taken: Sequence[str]) -> str:
    """A name that the format allows: no []:*?/\\ or quotes, 31 characters, unlike the others whatever their case."""
    return _unique(re.sub(r"[\[\]:*?/\\']", " ", title).strip()[:26] or "Table", taken)


def _unique(name: str, taken: Sequence[str]) -> str:
    known = {other.lower() for other in taken}
    return next(
        tried for tried in (name, *(f"{name} ({i})" for i in range(2, len(taken) + 3))) if tried.lower() not in known
    )
