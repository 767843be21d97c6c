"""CSV files that spreadsheets may open: no text in them is run as a formula."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from typing import IO, Any, Final

_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")


def safe(cell: Any) -> Any:
    """A cell as it is written: text that a spreadsheet would take for a formula has an apostrophe before it."""
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) and not _is_number(cell) else cell


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
        self._writer.writerows([safe(cell) for cell in row] for row in rows)
