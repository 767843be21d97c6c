"""The sheets of Excel workbooks as the text of files with tabs, as a spreadsheet would save them.

So all rules of such files hold for them, and a line's number is that of its row. Of a formula counts the value that was
saved with it. Hidden rows and columns are read, as in a file saved from the sheet; hidden sheets only by their name.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Any, Final

from ccsim.scenario.faults import Fault, FaultError, one_of, shown
from ccsim.scenario.headers import header_row

DELIMITER: Final = "\t"
BEGINNINGS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""Of workbooks: .xlsx and .ods are archives; .xls, and .xlsx with a password, are not."""
OTHERWISE: Final = 'save it as .xlsx, or its sheet as "CSV UTF-8"'
MOST_ROWS: Final = 1_048_576
MOST_CELLS: Final = 50_000_000
LARGEST: Final = 2**30
"""Bytes of all parts of a workbook, unpacked."""
PIECE: Final = 2**22
LONGEST: Final = 2**14
"""Bytes of a cell with a formula, which has 8192 characters at most."""
YEAR: Final = 366.0
"""Days: what is shown as a time of day is a length of time if it is shorter, and else a moment."""
_NEVER_CALCULATED: Final = re.compile(rb'<c(?: (?!t="str")[^ >]*)*><f[^>]*(?:/>|>[^<]*</f>)(?:<v ?/>|<v></v>)?</c>')
_NO_CODES: Final = re.compile(r'"[^"]*"|\[[^]]*\]|[\\_*].')
"""Of a number format what does not say which parts of a time are shown."""


@lru_cache(2)  # a proposed mapping tries several on the same file: on all sheets, and on one of them
def sheets(data: bytes, only: str | None = None) -> dict[str, str]:
    """The text of each visible sheet that has any, or of the one of that name.

    Raises FaultError for what is no workbook that can be read.
    """
    _check(data)
    try:
        import openpyxl
    except ImportError:
        allowed = f"the package openpyxl:  pip install 'ccsim[xlsx]'; or {OTHERWISE}"
        raise FaultError(Fault("a workbook, not text", allowed)) from None
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        known = {
            sheet.title: sheet for sheet in book.worksheets if sheet.sheet_state == "visible" or sheet.title == only
        }
        texts = {title: _text(sheet, book.epoch) for title, sheet in known.items() if only in (None, title)}
    except FaultError:
        raise
    except Exception as bad:  # whatever openpyxl meets in a damaged one
        raise FaultError(Fault(f"a damaged workbook: {bad}", OTHERWISE)) from None
    if only is not None and only not in texts:
        raise FaultError(Fault(f"no sheet {shown(only)}", one_of(known)))
    if not any(texts.values()):
        raise FaultError(Fault("a workbook without data", "a sheet with a table"))
    return {title: text for title, text in texts.items() if text}


def _check(data: bytes) -> None:
    """Raises FaultError for other workbooks than .xlsx, and for what must not be unpacked or has no values."""
    if data.startswith(BEGINNINGS[1]):
        locked = "EncryptedPackage".encode("utf-16-le") in data
        raise FaultError(Fault("a workbook with a password" if locked else "an old workbook (.xls)", OTHERWISE))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            if "xl/workbook.xml" not in parts.namelist():
                raise FaultError(Fault("an archive or a workbook that is not .xlsx", OTHERWISE))
            if sum(part.file_size for part in parts.infolist()) > LARGEST:
                raise FaultError(Fault(f"more than {LARGEST >> 20} MiB, unpacked", "a smaller workbook"))
            if any(_lacks_values(parts, name) for name in parts.namelist() if name.startswith("xl/worksheets/")):
                allowed = "open it in a spreadsheet and save it, so that it has their values"
                raise FaultError(Fault("a workbook with formulas that were never calculated", allowed))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as bad:
        raise FaultError(Fault(f"a damaged workbook: {bad}", OTHERWISE)) from None


def _lacks_values(parts: zipfile.ZipFile, name: str) -> bool:
    """Whether a sheet has formulas without values, which would be read as empty cells."""
    with parts.open(name) as stream:
        before = b""
        while piece := stream.read(PIECE):
            if _NEVER_CALCULATED.search(before + piece):
                return True
            before = piece[-LONGEST:]
    return False


def _text(sheet: Any, epoch: datetime) -> str:
    """A sheet without empty columns at its left, all rows from the header on as wide as that."""
    sheet.reset_dimensions()  # which are wrong in what some programs write
    rows: list[list[str]] = []
    cells = 0
    for row in sheet.iter_rows(max_row=MOST_ROWS):
        rows.append([_written(cell, epoch) for cell in row])
        while rows[-1] and not rows[-1][-1]:
            rows[-1].pop()
        cells += len(rows[-1])
        if cells > MOST_CELLS:
            raise FaultError(Fault(f"more than {MOST_CELLS:,} cells in sheet {shown(sheet.title)}", "a smaller sheet"))
    while rows and not rows[-1]:
        rows.pop()
    left = min((next(at for at, cell in enumerate(row) if cell) for row in rows if row), default=0)
    rows = [row[left:] for row in rows]
    header = header_row(rows)
    width = len(rows[header]) if rows else 0
    return as_text(row if at < header else row + [""] * (width - len(row)) for at, row in enumerate(rows))


def as_text(rows: Iterable[Iterable[str]]) -> str:
    """Rows of cells as the text of a file with tabs, a line each."""
    stream = io.StringIO()
    csv.writer(stream, delimiter=DELIMITER, lineterminator="\n").writerows(
        [cell if cell.isprintable() else " ".join(cell.split()) for cell in row] for row in rows
    )
    return stream.getvalue()


def _written(cell: Any, epoch: datetime) -> str:
    """A cell as text: dates as ISO 8601, lengths of time as h:mm:ss, numbers with a decimal point."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, timedelta):
        return _hours(value)
    if isinstance(value, datetime | time):
        return _moment(value, _codes(cell.number_format), epoch)
    return number_text(value)


def number_text(value: float) -> str:
    """As many digits as a spreadsheet has, without a fraction of nothing."""
    text = str(int(value)) if value == int(value) else f"{value:.15g}"
    # 1.240 could be read as more than a thousand
    return f"{text}0" if re.search(r"\.\d{3}$", text) else text


@lru_cache(256)
def _codes(form: str) -> str:
    return _NO_CODES.sub("", form.lower())


def _moment(value: datetime | time, codes: str, epoch: datetime) -> str:
    """What of a date and time its number format shows, by the codes of that; the clock also where it hides one."""
    from openpyxl.utils.datetime import to_excel

    clock = "h" in codes or "s" in codes
    dated = "d" in codes or "y" in codes or not clock
    if isinstance(value, time):  # no days: a date of nothing is what a formula makes of an empty cell
        return "" if dated and value == time() else _exact(value)
    if not dated:
        days = to_excel(value, epoch)
        return _hours(timedelta(seconds=round(days * 86400, 3))) if days < YEAR else _exact(value.time())
    return f"{value:%Y-%m-%d}" + (f" {_exact(value.time())}" if clock or value.time() != time() else "")


def _exact(value: time) -> str:
    return value.isoformat("milliseconds" if value.microsecond else "seconds")


def _hours(length: timedelta) -> str:
    """h:mm:ss, also of more than a day."""
    thousandths = round(length / timedelta(milliseconds=1))
    seconds, part = divmod(abs(thousandths), 1000)
    sign, fraction = "-" * (thousandths < 0), f".{part:03d}" if part else ""
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{fraction}"
