"""The tables that `ccsim run --by day` and `--by interval` print."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import groupby

from rich.console import Console

from ccsim.cli.screen import document_table
from ccsim.report.periods import by_day, by_interval
from ccsim.results.model import Results
from ccsim.staffing.baseline import required_of


def show(results: Results, periods: Sequence[str]) -> None:
    """Queues and teams by `day` and by `interval`, on stdout."""
    if not periods:
        return
    console, required = Console(file=sys.stdout, highlight=False), required_of(results)
    tables = {"day": by_day, "interval": by_interval}
    shown = [table for period in dict.fromkeys(periods) for table in tables[period](results, required)]
    for note, group in groupby(shown, key=lambda table: table.note):
        for table in group:
            console.print()
            console.print(table.title, style="bold", markup=False)
            console.print(document_table(table))
        if note:
            console.print(note, markup=False)
