"""Tables on the terminal, all of one look."""

from __future__ import annotations

import sys

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ccsim.report.document import Table as DocumentTable
from ccsim.report.page import shown
from ccsim.scenario.defaults import assumed
from ccsim.scenario.model import Scenario
from ccsim.stats.estimate import Estimate


def plain_table() -> Table:
    """A table without a frame and columns; fill it."""
    return Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))


def figures_table(first: str, *others: str) -> Table:
    """A plain table with these columns: names, then figures."""
    table = plain_table()
    table.add_column(first, overflow="fold", min_width=6)
    for other in others:
        table.add_column(other, justify="right")
    return table


def tell_assumed(scenario: Scenario) -> None:
    """Says on stdout what the figures above it rest on that nobody has measured."""
    if sentence := assumed(scenario):
        Console(file=sys.stdout, highlight=False).print(sentence, markup=False)


def document_table(table: DocumentTable) -> Table:
    """A table of a report for the terminal: means without their intervals."""
    screen = plain_table()
    for number, column in enumerate(table.columns):
        words = column.kind in ("text", "code") or not number
        heading = escape(column.title if words else column.title.replace(" ", "\n", 1))
        screen.add_column(heading, justify="left" if words else "right", no_wrap=not words, vertical="bottom")
    for row in (*table.rows, *([table.total] if table.total else [])):
        means = (cell.mean if isinstance(cell, Estimate) else cell for cell in row)
        cells = [escape(shown(mean, of.kind, of.signed).text) for mean, of in zip(means, table.columns, strict=True)]
        screen.add_row(*cells, style="bold" if row is table.total else None)
    return screen
