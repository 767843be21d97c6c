"""The tables that a sweep prints."""

from __future__ import annotations

import math
import sys
from typing import Any

from rich.console import Console
from rich.table import Table

from ccsim.cli.screen import plain_table
from ccsim.results import format
from ccsim.results.figures import MetricPlace
from ccsim.results.sweeps import Sweep
from ccsim.scenario.design import Setting

MOST = 30
"""Points on the screen."""


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
        f"{points} ({design.kind}), {each} each, seed {design.base.seed}, engine {sweep.engine}.", markup=False
    )


def _points(sweep: Sweep, figures: list[MetricPlace]) -> Table:
    table = plain_table()
    for setting in sweep.design.settings:
        table.add_column(format.folded(setting.path, 16), justify="right", overflow="fold")
    for figure in figures:
        head = figure.titled(sweep.design.base).removeprefix("total ")
        table.add_column(format.folded(head, 12), justify="right", overflow="fold")
    columns = [sweep.estimates(figure)[:MOST] for figure in figures]
    for row, *estimates in zip(sweep.design.rows[:MOST], *columns, strict=True):
        cells = [text(setting, value) for setting, value in zip(sweep.design.settings, row, strict=True)]
        for figure, estimate in zip(figures, estimates, strict=True):
            cells.append(format.quantity(figure.definition.unit, estimate.mean))
        table.add_row(*cells)
    return table


def _alone(sweep: Sweep, figure: MetricPlace) -> Table:
    indices = {index.setting: index for index in sweep.indices if index[1:4] == figure}
    table = plain_table()
    table.add_column(figure.titled(sweep.design.base), min_width=24)
    for end in ("lower end", "upper end"):
        table.add_column(end, justify="right")
    if indices:
        table.add_column("Sobol':\nfirst", justify="right")
        table.add_column("\ntotal", justify="right")
    for setting in sweep.design.settings:
        cells = [setting.path]
        for row in (row for row in sweep.alone if row.setting == setting.path and row[2:5] == figure):
            mean = math.nan if row.difference is None else row.difference
            half = math.nan if row.high is None else row.high - mean
            cells.append(f"{text(setting, row.value)}: {format.difference(row.unit, mean, half)}")
        if index := indices.get(setting.path):
            cells += [f"{index.first:.2f}", f"{index.total:.2f}"]
        table.add_row(*cells)
    return table


def text(setting: Setting, value: Any) -> str:
    """A value of a setting as people write it."""
    if setting.seconds:
        return format.duration(value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)
