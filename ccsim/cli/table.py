"""The table that a run prints."""

from __future__ import annotations

import math
import sys

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ccsim.cli.screen import plain_table
from ccsim.report.of_run import answer, facts
from ccsim.results import format
from ccsim.results.model import Results
from ccsim.results.targets import MetricTarget, targets


def show(results: Results) -> None:
    """Queues, teams and targets on stdout, for a screen of 80 columns or more, or for a file."""
    console = Console(file=sys.stdout, highlight=False)
    goals = targets(results)
    by_place: dict[tuple[str, str, str], MetricTarget] = {(goal.level, goal.name, goal.metric): goal for goal in goals}
    variant = f", variant {results.variant}" if results.variant else ""
    console.print(f"{results.scenario.name}{variant}", style="bold", markup=False)
    console.print(answer(results), markup=False)
    for fact in facts(results):
        console.print(f"{fact.label}: {fact.figure}{f' ({fact.detail})' if fact.detail else ''}", markup=False)
    for table in (_queues(results, by_place), _teams(results, by_place)):
        console.print()
        console.print(table)
    console.print()
    made_by = f"seed {results.scenario.seed}, engine {results.engine}."
    if results.replications == 1:
        console.print(f"One replication, {made_by} More of them would show what is chance.", markup=False)
    else:
        console.print(f"Means of {results.replications} replications with 95 % intervals, {made_by}", markup=False)
    if results.goals:
        _precision(console, results)
    if not all(goal.sure for goal in goals):
        console.print("met? missed?: the interval contains the target; more replications would tell.", markup=False)


def _precision(console: Console, results: Results) -> None:
    """Whether every wanted half-width was reached, and which was not."""
    if not results.missed:
        console.print(f"Precision reached: {format.several(len(results.goals), 'interval')} as narrow as wanted.")
        return
    console.print(f"Precision not reached within {results.replications} replications:", style="bold red")
    for goal in results.missed:
        unit = next(row.unit for row in results.summary.rows if row.metric == goal.metric)
        reached, wanted = (
            f"± {100 * half:.3g} percentage points" if unit == "share" else f"± {half:.3g} {unit}"
            for half in (results.half_width(goal), goal.half_width)
        )
        console.print(f"  {goal.name} {goal.metric}: {reached}, wanted {wanted}", markup=False)


def _queues(results: Results, goals: dict[tuple[str, str, str], MetricTarget]) -> Table:
    spec = results.spec
    # how service levels are measured stands in the heading where it is the same for all, else beside each
    shared, own = format.sl_rules(results)
    header = "\n".join(["service level", *shared])
    replies = any(results.estimate("queue", name, "reply_level") for name in spec.queues)
    last = ["reply\nlevel"] if replies else []
    table = _table("queue", "offered", "answered", header, "ASA", "p90\nwait", "aban-\ndoned", *last)

    def figure(level: str, name: str, metric: str) -> float:
        estimate = results.estimate(level, name, metric)
        return math.nan if estimate is None else estimate.mean

    for level, names in (("queue", spec.queues), ("total", ("total",))):
        for q, name in enumerate(names):
            service = _share(results, level, name, "service_level")
            if level == "queue" and q in own:
                goal = f"{format.sl_target(results, q)}: {_verdict(goals.get((level, name, 'service_level')))}"
                service = "\n".join([service, goal, *own[q]])
            cells = [
                escape(name),
                format.count(figure(level, name, "offered")),
                format.count(figure(level, name, "answered")),
                service,
                format.duration(figure(level, name, "asa")),
                format.duration(figure(level, name, "wait_p90")),
            ]
            for metric in ("abandonment", "reply_level") if replies else ("abandonment",):
                cells.append(format.percent(figure(level, name, metric)) + _bound(goals.get((level, name, metric))))
            table.add_row(*cells, style="bold" if level == "total" else None)
    return table


def _teams(results: Results, goals: dict[tuple[str, str, str], MetricTarget]) -> Table:
    cost = format.with_currency("cost", "money", results.scenario.currency)
    table = _table("team", "occupancy", "utilisation", "concurrency", "paid hours", cost)

    def figure(name: str, metric: str) -> float:
        estimate = results.estimate("team", name, metric)
        return math.nan if estimate is None else estimate.mean

    for name in results.spec.teams:
        concurrency = figure(name, "concurrency_mean")
        table.add_row(
            escape(name),
            format.percent(figure(name, "occupancy")),
            format.percent(figure(name, "utilisation")) + _bound(goals.get(("team", name, "utilisation"))),
            format.NO_DATA if math.isnan(concurrency) else f"{concurrency:.2f}",
            format.count(figure(name, "paid_hours")),
            format.count(figure(name, "cost")),
        )
    return table


def _table(first: str, *others: str) -> Table:
    table = plain_table()
    table.add_column(first, overflow="fold", min_width=6)
    for other in others:
        table.add_column(other, justify="left" if other.startswith("service level") else "right", no_wrap=True)
    return table


def _share(results: Results, level: str, name: str, metric: str) -> str:
    estimate = results.estimate(level, name, metric)
    if estimate is None or math.isnan(estimate.mean):
        return format.NO_DATA
    if math.isnan(estimate.low):
        return format.percent(estimate.mean)
    low, high = max(0.0, estimate.low), min(1.0, estimate.high)  # what a share can be
    return f"{format.percent(estimate.mean)} ({100 * low:.1f}–{100 * high:.1f})"


def _verdict(goal: MetricTarget | None) -> str:
    if goal is None:
        return "no data"
    doubt = "" if goal.sure else "?"
    return f"[green]met{doubt}[/]" if goal.met else f"[bold red]missed{doubt}[/]"


def _bound(goal: MetricTarget | None) -> str:
    """A target below its figure."""
    return "" if goal is None else f"\n{'≥' if goal.at_least else '≤'} {100 * goal.wanted:.4g} %\n{_verdict(goal)}"
