"""The tables that a sweep prints."""

from __future__ import annotations

import math
import sys

from rich.console import Console
from rich.table import Table

from ccsim.cli.screen import plain_table
from ccsim.results import format
from ccsim.results.figures import MetricPlace
from ccsim.results.sweeps import Sweep, value_text

MOST = 30
"""Points on the screen."""

NAMES = 16
"""Characters of a line that names a setting or a figure."""


def show(sweep: Sweep, figures: list[MetricPlace]) -> None:
    """The figures at the points, then what each setting does alone."""
    console = Console(file=sys.stdout, highlight=False)
    design = sweep.design
    console.print(design.base.name, style="bold", markup=False)
    console.print()
    console.print(_points(sweep, figures))
    if len(design.rows) > MOST:
        console.print(f"… and {len(design.rows) - MOST:,} more points, in sweep.csv and sweep.parquet.", markup=False)
    if design.sensitivity:
        for figure in figures:
            console.print()
            console.print(_alone(sweep, figure))
    console.print()
    each = format.several(sweep.replications, "replication")
    points = format.several(len(design.rows), "point")
    console.print(
        f"{points} ({design.kind}), means of {each} each, seed {design.base.seed}, engine {sweep.engine}; their 95 % "
        "intervals are in sweep.csv.",
        markup=False,
    )


def _points(sweep: Sweep, figures: list[MetricPlace]) -> Table:
    table = plain_table()
    for setting in sweep.design.settings:
        table.add_column(format.folded(setting.path, NAMES), justify="right", overflow="fold")
    for figure in figures:
        table.add_column(format.folded(figure.titled(sweep.design.base), 12), justify="right", overflow="fold")
    columns = [sweep.estimates(figure)[:MOST] for figure in figures]
    for row, *estimates in zip(sweep.design.rows[:MOST], *columns, strict=True):
        cells = [value_text(setting, value) for setting, value in zip(sweep.design.settings, row, strict=True)]
        for figure, estimate in zip(figures, estimates, strict=True):
            cells.append(format.quantity(figure.definition.unit, estimate.mean))
        table.add_row(*cells)
    return table


def _alone(sweep: Sweep, figure: MetricPlace) -> Table:
    indices = {index.setting: index for index in sweep.indices if index[1:4] == figure}
    table = plain_table()
    table.add_column(format.folded(figure.titled(sweep.design.base), NAMES), min_width=NAMES, vertical="bottom")
    for end in ("lower end", "upper end"):
        table.add_column(end, justify="right")
    if indices:
        table.add_column("Sobol':\nfirst", justify="right", no_wrap=True)
        table.add_column("\ntotal", justify="right", no_wrap=True)
    for setting in sweep.design.settings:
        cells = [format.folded(setting.path, NAMES)]
        for row in (row for row in sweep.alone if row.setting == setting.path and row[2:5] == figure):
            mean = math.nan if row.difference is None else row.difference
            half = math.nan if row.high is None else row.high - mean
            cells.append(f"{value_text(setting, row.value)}: {format.difference(row.unit, mean, half)}")
        if index := indices.get(setting.path):
            cells += [f"{mean:.2f}\n{low:.2f} to {high:.2f}" for mean, low, high in (index[4:7], index[7:10])]
        table.add_row(*cells)
    return table
