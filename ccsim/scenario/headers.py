"""Where the header of a table stands: reports have titles and dates above it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

ABOVE: Final = 30
"""Rows at most that an export has above its header."""


def header_row(rows: Sequence[Sequence[str]]) -> int:
    """The first of the first rows that reaches as far to the right as most of those with any text do."""
    widths = [max((at for at, cell in enumerate(row, 1) if cell.strip()), default=0) for row in rows[: 2 * ABOVE]]
    filled = sorted(filter(None, widths)) or [0]
    return next(at for at, width in enumerate(widths or [0]) if width >= filled[(len(filled) - 1) // 2])
