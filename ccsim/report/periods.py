"""A run by day and by interval: what came, how it was served, how many agents that takes and how many there were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal, NamedTuple

import numpy as np

from ccsim.metrics import METRICS, TOTAL
from ccsim.metrics.registry import Level
from ccsim.report.document import Cell, Table, TableColumn
from ccsim.report.hours import Hours
from ccsim.results import format, largest
from ccsim.results.model import Results
from ccsim.tables import F64, I64
from ccsim.workload.expectations import on_duty

Period = Literal["day", "interval"]

QUEUES: Final = (
    "offered", "answered", "handle_mean", "service_level", "asa", "abandonment", "reply_level", "resolution_level",
)  # fmt: skip
TEAMS: Final = ("occupancy", "utilisation")

NOTE: Final = (
    "{unit} required: at the desk by Erlang's formulas, each queue and interval by itself, without a simulation; "
    "scheduled: shifts less breaks; on duty: less absences, with overtime."
)


class _Periods(NamedTuple):
    """Days or intervals: the heading and kind of the first column, and its cells."""

    head: TableColumn
    names: list[Cell]
    figures: dict[tuple[Level, str], F64]
    """means, (queues or teams, then the total; day or interval)"""


def by_day(results: Results, required: I64) -> tuple[Table, ...]:
    """A table a queue and a table a team, a row a day; below the whole run, weighted by what each day had.

    `required` : int64[team, interval that is counted], agents by Erlang's formulas.
    """
    summary = results.summary
    if not len(summary.days):  # of a folder that an older ccsim wrote
        return ()
    names: list[Cell] = [format.day(at) for at in format.local_times(results.scenario, summary.days)]
    return _tables(results, "day", _Periods(TableColumn("Day"), names, _means(summary.by_day)), required)


def by_interval(results: Results, required: I64) -> tuple[Table, ...]:
    """The same by reporting interval, but for those in which a queue is closed or a team has nothing to do."""
    summary = results.summary
    names: list[Cell] = [*format.local_times(results.scenario, summary.starts)]
    periods = _Periods(TableColumn("Start", "moment"), names, _means(summary.by_interval))
    return _tables(results, "interval", periods, required)


def _means(tables: dict[tuple[Level, str], F64]) -> dict[tuple[Level, str], F64]:
    return {key: table[0] for key, table in tables.items()}


def _tables(results: Results, period: Period, periods: _Periods, required: I64) -> tuple[Table, ...]:
    hours = Hours.of(results)
    queues, teams = largest.late_queues(results, range(len(results.spec.queues))), largest.teams(results)
    return (
        *_noted([_queue(results, period, periods, hours, q) for q in queues.places], queues.left_out, period),
        *_noted(_teams(results, period, periods, hours, required, teams.places), teams.left_out, period),
    )


def _noted(tables: list[Table], left_out: str, period: Period) -> list[Table]:
    """The last table says what is left out."""
    if left_out:
        note = f"{tables[-1].note} {left_out}; all are in {period}s.csv.".strip()
        tables[-1] = replace(tables[-1], note=note)
    return tables


def _queue(results: Results, period: Period, periods: _Periods, hours: Hours, q: int) -> Table:
    name = results.spec.queues[q]
    heads, cells, total = [periods.head], [periods.names], ["total"]
    for heading in QUEUES:
        metric = format.wait_metric(results.spec, q, heading) if heading == "asa" else heading
        whole = results.estimate("queue", name, metric)
        if whole is None or ("queue", metric) not in periods.figures:
            continue
        heads.append(TableColumn(METRICS["queue", heading].heading, METRICS["queue", heading].form))
        cells.append(periods.figures["queue", metric][q].tolist())
        total.append(whole.mean)  # type: ignore[arg-type]
    note = "ASA: in open hours only, as the clock of the queue says." if results.spec.business_clock[q] else ""
    opened = hours.open(results, q)
    if period == "day":
        opened = hours.by_day(opened.astype(np.float64)) > 0
    keep = opened | (np.nan_to_num(periods.figures["queue", "offered"][q]) > 0)
    rows = tuple(row for row, kept in zip(zip(*cells, strict=True), keep.tolist(), strict=True) if kept)
    return Table(f"{results.scenario.title(name)} by {period}", tuple(heads), rows, tuple(total), note)


def _teams(
    results: Results, period: Period, periods: _Periods, hours: Hours, required: I64, teams: Sequence[int]
) -> list[Table]:
    """Hours by day, agents by interval."""
    scenario, edges = results.scenario, np.append(hours.starts, results.plan.end)
    scheduled = on_duty(scenario, results.plan, edges)
    tables = []
    for t in teams:
        name = results.spec.teams[t]
        agents = {
            "required": required[t].astype(np.float64),
            "scheduled": scheduled[t],
            "on duty": np.nan_to_num(results.series("team", name, "staffed_hours").mean) * 3600 / hours.lengths,
        }
        spent = {what: number * hours.lengths / 3600 for what, number in agents.items()}
        shown = agents if period == "interval" else {what: hours.by_day(values) for what, values in spent.items()}
        unit, kind = ("Agents", "number") if period == "interval" else ("Hours", "hours")
        columns: list[tuple[TableColumn, list[Cell], Cell]] = [
            (TableColumn(f"{unit} {what}", kind), values.tolist(),  # type: ignore[arg-type]
             float(spent[what].sum()) if period == "day" else None)
            for what, values in shown.items()
        ]  # fmt: skip
        for metric in TEAMS if period == "interval" else (*TEAMS, "paid_hours", "cost"):
            whole, of = results.estimate("team", name, metric), METRICS["team", metric]
            head = TableColumn(format.with_currency(of.heading, of.form, scenario.currency), of.form)
            if whole is not None and (metric != "cost" or whole.mean):
                # a folder has no rows of what nobody on duty has no data on
                by_period = periods.figures.get(("team", metric), np.full((t + 1, len(periods.names)), np.nan))
                columns.append((head, by_period[t].tolist(), whole.mean))
        heads, cells, totals = zip(*columns, strict=True)
        keep = np.any([values > 0 for values in shown.values()], axis=0)
        rows = tuple(
            row
            for row, kept in zip(zip(periods.names, *cells, strict=True), keep.tolist(), strict=True)
            if kept
        )  # fmt: skip
        title = f"{name} by {period}"
        tables.append(Table(title, (periods.head, *heads), rows, (TOTAL, *totals), NOTE.format(unit=unit)))
    return tables
