"""What `ccsim staff --method erlang` does: the planner's ordinary calculation, at once, and what it leaves out."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ccsim.cli.planning import report_requirement, teams_table
from ccsim.cli.screen import plain_table
from ccsim.results import format
from ccsim.staffing import output, patterns
from ccsim.staffing.baseline import Baseline, baseline, can_work, on_duty
from ccsim.staffing.candidates import with_rules
from ccsim.staffing.carry_over import carried_over
from ccsim.staffing.cover import ShiftCover, cover_shifts
from ccsim.staffing.turns import by_turns
from ccsim.tables import F64
from ccsim.workload.offered import interval_hours

if TYPE_CHECKING:
    from ccsim.results.plans import Requirement
    from ccsim.scenario.model import Scenario


def erlang(scenario: Scenario, root: Path | None, *, xlsx: bool = False, as_json: bool) -> Path | None:
    """Print the requirement, and the shifts that cover it if there are patterns; the folder with the files, if any."""
    scenario, notes = by_turns(with_rules(scenario))
    needs = baseline(scenario)
    requirement, divided = needs.requirement(scenario), needs.requirement(scenario, divided=True)
    warnings = tuple(carried_over(scenario, can_work(scenario), scenario.days))
    requirement = replace(requirement, warnings=warnings)
    covers: list[ShiftCover | None] = []
    shifts = scheduled = None
    if scenario.staffing.patterns:
        covers = [cover_shifts(scenario, needed) for needed in (requirement, divided)]
        if covers[0] is not None:
            shifts = output.Shifts(requirement.method, covers[0].counts)
            scheduled = on_duty(patterns.staffed(scenario, covers[0].counts.tolist()))
    if as_json:
        record: dict[str, Any] = {} if shifts is None else output.shifts_json(scenario, shifts.agents)
        record |= {"notes": list(notes), "warnings": list(warnings)}
        record["requirement"] = output.requirement_json(scenario, requirement)
        click.echo(json.dumps(record, allow_nan=False))
    else:
        _show(scenario, needs, requirement, divided, covers)
        for note in notes:
            click.echo(f"{note}.")
        for warning in warnings:
            click.echo(f"Warning: {warning}.")
    if root is None:
        return None
    on_shift: F64 = on_duty(scenario) if scheduled is None else scheduled

    def finish(folder: Path) -> None:
        report_requirement(folder, scenario, [requirement, divided], on_shift, xlsx=xlsx)

    return output.to_folder(
        root,
        scenario,
        [requirement, divided],
        shifts,
        finish=None if as_json and not xlsx else finish,
        erlang=needs,
        method="erlang",
    )


def _show(
    scenario: Scenario, needs: Baseline, requirement: Requirement, divided: Requirement, covers: list[ShiftCover | None]
) -> None:
    console = Console(file=sys.stdout, highlight=False)
    console.print(f"{scenario.name}: agents required by Erlang's formulas", style="bold", markup=False)
    console.print()
    console.print(_queues(scenario, needs))
    console.print()
    console.print(teams_table(scenario, requirement, divided, "by divi-\nsion"))
    if covers:
        console.print()
        console.print(_shifts(scenario, covers))
        if covers[0] is None:
            console.print("The patterns' max is too small for the requirement.", style="bold red")
    console.print()
    for name, alone in needs.unserved.items():
        first = format.moment(scenario, int(needs.edges[alone[0]]))
        console.print(
            f"{name}: nobody who serves it may work in {format.several(len(alone), 'interval')}, first {first}.",
            markup=False,
        )
    console.print("Instant, without a simulation. It leaves out:")
    for text in needs.ignores:
        console.print(f"  {text}", markup=False)


def _queues(scenario: Scenario, needs: Baseline) -> Table:
    table = _table("queue", "formula", "contacts", "work,\nhours", "agents\nat most", "agent\nhours", "by divi-\nsion")
    hours = interval_hours(scenario)
    for name, need in needs.queues.items():
        table.add_row(
            escape(name),
            need.formula or format.NO_DATA,
            format.count(float(need.per_hour @ hours)),
            format.count(float(need.load @ hours)),
            f"{need.agents.max(initial=0):.3g}",
            format.count(float(need.agents @ hours)),
            format.count(float(need.divided @ hours)),
        )
    return table


def _shifts(scenario: Scenario, covers: list[ShiftCover | None]) -> Table:
    table = _table("shift", "days", "agents", "by divi-\nsion", "cost of\none")
    given = scenario.staffing.patterns
    counts = [[format.NO_DATA] * len(given) if c is None else [str(n) for n in c.counts.tolist()] for c in covers]
    for p, (name, cost) in enumerate(zip(patterns.names(given), patterns.costs(scenario).tolist(), strict=True)):
        days = len(output.days_of(scenario, given[p]))
        table.add_row(escape(name), str(days), counts[0][p], counts[1][p], format.count(cost))
    table.add_section()
    total = [format.NO_DATA if c is None else format.count(c.cost) for c in covers]
    table.add_row("cost", "", *total, f"today {format.count(patterns.cost_of_shifts(scenario))}", style="bold")
    return table


def _table(first: str, *others: str) -> Table:
    table = plain_table()
    table.add_column(first, overflow="fold", min_width=6)
    for other in others:
        table.add_column(other, justify="left" if other == "formula" else "right", no_wrap=other != "formula")
    return table
