"""The table that a run prints."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ccsim.cli.screen import plain_table, tell_assumed
from ccsim.report.of_run import answer, facts
from ccsim.results import format, largest
from ccsim.results.model import Results
from ccsim.results.targets import MetricTarget, targets

COUNTS: Final = ("customers", "offered", "answered")
NAMED: Final = 12
"""Queues at most that a note below the table names."""


def show(results: Results) -> None:
    """The answer, queues, teams and targets on stdout, for a screen of 80 columns or more, or for a file."""
    console = Console(file=sys.stdout, highlight=False)
    goals = targets(results)
    by_place: dict[tuple[str, str, str], MetricTarget] = {(goal.level, goal.name, goal.metric): goal for goal in goals}
    variant = f", variant {results.variant}" if results.variant else ""
    console.print(f"{results.scenario.name}{variant}", style="bold", markup=False)
    console.print(answer(results), markup=False)
    for fact in facts(results):
        console.print(f"{fact.label}: {fact.figure}{f' ({fact.detail})' if fact.detail else ''}", markup=False)
    queues = largest.late_queues(results, range(len(results.spec.queues)))
    teams = largest.teams(results)
    for table, left_out in (
        (_queues(results, by_place, queues.places), queues.left_out),
        (_teams(results, by_place, teams.places), teams.left_out),
    ):
        console.print()
        console.print(table)
        if left_out:
            console.print(f"{left_out}; all are in summary.csv.", markup=False)
    console.print()
    made_by = f"seed {results.scenario.seed}, engine {results.engine}."
    if results.replications == 1:
        console.print(f"One replication, {made_by} More of them would show what is chance.", markup=False)
    else:
        console.print(f"Means of {results.replications} replications with 95 % intervals, {made_by}", markup=False)
    _left_out(console, results)
    if results.goals:
        _precision(console, results)
    if not all(goal.sure for goal in goals):
        console.print("met? missed?: the interval contains the target; more replications would tell.", markup=False)
    tell_assumed(results.scenario)


def _left_out(console: Console, results: Results) -> None:
    """What targets are not judged of, and why."""
    rejected = [
        (estimate.mean, f"{results.scenario.title(name)} {format.count(estimate.mean)} of {format.count(offered.mean)}")
        for name in results.spec.queues
        if (estimate := results.estimate("queue", name, "rejected")) and estimate.mean > 0
        if (offered := results.estimate("queue", name, "offered"))
    ]
    if rejected:
        console.print(
            f"Rejected, as they came outside the hours or waited at closing: {_named(rejected)}, which count in no "
            "service level.",
            markup=False,
        )
    several = [
        (estimate.mean, f"{results.scenario.title(name)} {format.count(estimate.mean)}")
        for name in results.spec.queues
        if (estimate := results.estimate("queue", name, "undecided")) and estimate.mean > 0
    ]
    if several:
        console.print(
            f"Undecided when the run ended, neither in time nor late: {_named(several)}, left out of the "
            'levels. With drain = "auto" a run goes on until deadlines have passed.',
            markup=False,
        )
    if format.usual_targets(results):
        console.print("usual: the channel's own time, only shown; a target in the file is judged.", markup=False)


def _named(several: list[tuple[float, str]]) -> str:
    """How many contacts have something, of the queues with most of them, and how many more queues have any."""
    shown = largest.largest([number for number, _ in several], "", NAMED).places
    others = len(several) - len(shown)
    more = f", and some of {format.several(others, 'more queue')}" if others else ""
    return f"{', '.join(several[place][1] for place in shown)} contacts a replication{more}"


def _precision(console: Console, results: Results) -> None:
    """Whether every wanted half-width was reached, and which was not."""
    if not results.missed:
        console.print(f"Precision reached: {format.several(len(results.goals), 'interval')} as narrow as wanted.")
        return
    console.print(f"Precision not reached within {results.replications} replications:", style="bold red")
    for goal in results.missed:
        unit = next(row.unit for row in results.summary.rows if row.metric == goal.metric)
        reached, wanted = (
            "no data"
            if math.isnan(half)
            else f"± {100 * half:.3g} percentage points"
            if unit == "share"
            else f"± {half:.3g} {unit}"
            for half in (results.half_width(goal), goal.half_width)
        )
        console.print(f"  {results.scenario.title(goal.name)} {goal.metric}: {reached}, wanted {wanted}", markup=False)


def _queues(results: Results, goals: dict[tuple[str, str, str], MetricTarget], shown: Sequence[int]) -> Table:
    spec = results.spec
    # how service levels and waits are measured stands in the heading where it is the same for all, else beside each
    shared, own = format.sl_rules(results)
    last = [
        (metric, heading)
        for metric, heading in (
            ("abandonment", "aban-\ndoned"), ("reply_level", "reply\nlevel"), ("resolution_level", "resolved\nin time")
        )
        if any(results.estimate("queue", name, metric) for name in spec.queues)
    ]  # fmt: skip
    headings = ["customers,\ncontacts,\nanswered", "\n".join(["service level", *shared]), "ASA,\np90 wait"]
    table = _table("queue", *headings, *(heading for _, heading in last))

    def figure(level: str, name: str, metric: str) -> float:
        estimate = results.estimate(level, name, metric)
        return math.nan if estimate is None else estimate.mean

    for q in shown:
        name = spec.queues[q]
        service = [_share(results, "queue", name, "service_level")]
        if goal := format.sl_target(results, q):
            verdict = "" if spec.sl_usual[q] else f": {_verdict(goals.get(('queue', name, 'service_level')))}"
            service.append(goal + verdict)
        cells = ["\n".join(format.count(figure("queue", name, count)) for count in COUNTS)]
        cells += ["\n".join([*service, *own[q]])]
        waits = (figure("queue", name, format.wait_metric(spec, q, wait)) for wait in ("asa", "wait_p90"))
        cells += ["\n".join(map(format.duration, waits))]
        for metric, _ in last:
            wanted = _bound(goals.get(("queue", name, metric)))
            if metric == "resolution_level" and spec.resolution_share[q] > 0:
                time = f"in {format.duration(spec.resolution_time[q])}"
                usual = f"\nusual {100 * spec.resolution_share[q]:.4g} %\n{time}"
                wanted = usual if spec.resolution_usual[q] else wanted.replace(" %\n", f" % {time}\n")
            cells.append(format.percent(figure("queue", name, metric)) + wanted)
        table.add_row(escape(results.scenario.title(name)), *cells)
    alike = format.waits_compare(results)
    total = (
        format.duration(figure("total", "total", wait)) if alike else format.NO_DATA for wait in ("asa", "wait_p90")
    )
    table.add_row(
        "total",
        "\n".join(format.count(figure("total", "total", count)) for count in COUNTS),
        _share(results, "total", "total", "service_level"),
        "\n".join(total),
        *(format.percent(figure("total", "total", metric)) for metric, _ in last),
        style="bold",
    )
    return table


def _teams(results: Results, goals: dict[tuple[str, str, str], MetricTarget], shown: Sequence[int]) -> Table:
    cost = format.with_currency("cost", "money", results.scenario.currency)
    table = _table("team", "occupancy", "utilisation", "concurrency", "paid hours", cost)

    def figure(name: str, metric: str) -> float:
        estimate = results.estimate("team", name, metric)
        return math.nan if estimate is None else estimate.mean

    for t in shown:
        name = results.spec.teams[t]
        concurrency = figure(name, "concurrency_mean")
        table.add_row(
            escape(name),
            format.percent(figure(name, "occupancy")),
            format.percent(figure(name, "utilisation")) + _bound(goals.get(("team", name, "utilisation"))),
            format.NO_DATA if math.isnan(concurrency) else f"{concurrency:.2f}",
            format.count(figure(name, "paid_hours")),
            format.count(figure(name, "cost") or math.nan),  # 0: it has no cost_per_hour
        )
    return table


def _table(first: str, *others: str) -> Table:
    table = plain_table()
    table.add_column(first, overflow="fold", min_width=8)
    for other in others:
        table.add_column(other, justify="left" if other.startswith("service level") else "right", no_wrap=True)
    return table


def _share(results: Results, level: str, name: str, metric: str) -> str:
    estimate = results.estimate(level, name, metric)
    if estimate is None or math.isnan(estimate.mean):
        return format.NO_DATA
    if math.isnan(estimate.low):
        return format.percent(estimate.mean)
    return f"{format.percent(estimate.mean)} ({100 * estimate.low:.1f}–{100 * estimate.high:.1f})"


def _verdict(goal: MetricTarget | None) -> str:
    if goal is None:
        return "no data"
    doubt = "" if goal.sure else "?"
    return f"[green]met{doubt}[/]" if goal.met else f"[bold red]missed{doubt}[/]"


def _bound(goal: MetricTarget | None) -> str:
    """A target below its figure."""
    return "" if goal is None else f"\n{'≥' if goal.at_least else '≤'} {100 * goal.wanted:.4g} %\n{_verdict(goal)}"
