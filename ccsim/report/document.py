"""What a page or a sheet says, before it is either: plain text, numbers with their kind, and pictures.

Nothing here is markup: every text is shown as it is. Each verb makes a `Document` of its own results.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias

from ccsim.stats.estimate import Estimate

Kind = Literal["text", "code", "count", "number", "money", "share", "duration", "hours", "moment"]
"""How a value is written: shares are from 0 to 1, durations seconds, a moment is a naive local `datetime`."""

Plain: TypeAlias = "str | float | datetime | None"
"""A text, a number or a moment; None (or NaN) where there are no data."""

Cell: TypeAlias = "Plain | Estimate"
"""One of these, or a mean with its 95 % interval."""

Status = Literal["met", "missed", "open"]
"""`open`: the interval reaches the other side of the target, so that either may be true."""


@dataclass(frozen=True)
class TableColumn:
    """A column of a table: its heading, the kind of its values, whether they are differences, shown with their sign."""

    title: str
    kind: Kind = "text"
    signed: bool = False


@dataclass(frozen=True)
class Table:
    """A table with a row heading first. `total` stays below however it is sorted; `folded`: shown on demand only."""

    title: str
    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] = ()
    note: str = ""
    folded: bool = False


@dataclass(frozen=True)
class Picture:
    """A chart as SVG in the colours of the page; `alt` says what it shows to those who cannot see it."""

    title: str
    alt: str
    svg: str
    """markup, see `charts.svg`"""
    size: tuple[int, int]
    """width and height in pixels"""
    name: str = ""
    """of the chart and its file"""
    light: str = ""
    """the same as PNG in a data URI, where a workbook or file is made of it"""
    dark: str = ""


@dataclass(frozen=True)
class Listing:
    """Lines as they stand in a file."""

    title: str
    text: str


@dataclass(frozen=True)
class Note:
    """A paragraph."""

    text: str


Part: TypeAlias = "Table | Picture | Listing | Note"


@dataclass(frozen=True)
class Section:
    """A chapter of the page."""

    title: str
    parts: tuple[Part, ...]
    together: bool = False
    """in a workbook its tables stand on one sheet"""


@dataclass(frozen=True)
class Verdict:
    """A target and what came of it: who, which measure, the figure, what was wanted."""

    status: Status
    subject: str
    measure: str
    kind: Kind
    figure: Estimate
    wanted: float
    at_least: bool


@dataclass(frozen=True)
class Fact:
    """A key figure: its label, the figure as written, and a line below."""

    label: str
    figure: str
    detail: str = ""


@dataclass(frozen=True)
class Finding:
    """Something to act on: what it is about, and what was found, a sentence a line."""

    subject: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Document:
    """A report. The first screen is `answer`, `facts`, `verdicts` and `findings`; the sections follow."""

    title: str
    subtitle: str
    answer: str
    status: Status | None
    """of the answer as a whole; None where nothing was to be met"""
    sections: tuple[Section, ...]
    verdicts: tuple[Verdict, ...] = ()
    facts: tuple[Fact, ...] = ()
    findings: tuple[Finding, ...] = ()
    verdicts_title: str = "Targets"
    findings_title: str = "What to do"
    made_by: str = ""
    """a line at the foot: versions and seed"""

    def pictures(self) -> tuple[Picture, ...]:
        """All charts, in order."""
        return tuple(part for section in self.sections for part in section.parts if isinstance(part, Picture))

    def tables(self) -> tuple[Table, ...]:
        """All tables, in order."""
        return tuple(part for section in self.sections for part in section.parts if isinstance(part, Table))


STATUS: Final[dict[Status, str]] = {"met": "met", "missed": "missed", "open": "too close to call"}
"""What a status is called."""
