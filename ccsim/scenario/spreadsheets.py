"""CSV files that spreadsheets may open: no text in them is run as a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, Final

_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")


def safe(cell: Any) -> Any:
    """A cell as it is written: text that a spreadsheet would take for a formula has an apostrophe before it."""
    return _safe_text(cell) if isinstance(cell, str) else cell


@lru_cache(4096)  # a table has few different ones
def _safe_text(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) and not _is_number(cell) else cell


def plain(cell: str) -> str:
    """A cell as it was before `safe`."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


class Writer:
    """As `csv.writer`, whose options it takes, with every cell made `safe`."""

    def __init__(self, stream: IO[str], **options: Any) -> None:
        self._writer = csv.writer(stream, **options)

    def writerow(self, row: Iterable[Any]) -> None:
        """One line."""
        self._writer.writerow([safe(cell) for cell in row])

    def writerows(self, rows: Iterable[Iterable[Any]]) -> None:
        """A line each."""
        self._writer.writerows([_safe_text(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)


def write_csv(file: Path, header: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """A CSV file in UTF-8: the header and a line for each row."""
    with file.open("w", newline="", encoding="utf-8") as stream:
        Writer(stream).writerows([header, *rows])


def line(cells: Iterable[Any]) -> str:
    """A line of a file as `write_csv` writes it."""
    stream = io.StringIO()
    Writer(stream).writerow(cells)
    return stream.getvalue()


def csv_text(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """The same as text, with plain line ends."""
    stream = io.StringIO()
    Writer(stream, lineterminator="\n").writerows([header, *rows])
    return stream.getvalue()
