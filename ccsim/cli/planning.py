"""What `ccsim staff` does by simulation: searches with a progress bar, prints the answer, writes its folder."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ccsim.charts import plans
from ccsim.cli.hours_table import by_half_hour, explained
from ccsim.cli.one_more_table import show_one_more
from ccsim.cli.progress import progress, step
from ccsim.cli.report import provenance, surviving, write_charts, write_study
from ccsim.cli.screen import figures_table
from ccsim.results import format
from ccsim.staffing import output
from ccsim.staffing.baseline import baseline, on_duty
from ccsim.staffing.marginal import one_more
from ccsim.staffing.page import document, requirement_document, requirement_table, roster_table
from ccsim.staffing.patterns import worked_today
from ccsim.staffing.requirement import requirement as by_simulation
from ccsim.staffing.shifts import shift_plan, where_held
from ccsim.tables import F64
from ccsim.workload.offered import interval_hours

if TYPE_CHECKING:
    from ccsim.results.plans import Performance, Requirement, ShiftPlan
    from ccsim.scenario.model import Scenario

NO_GAP: Final = 5e-4
"""Share of the cost by which a plan may be above its lower bound and be shown as being on it."""


def requirement(
    scenario: Scenario, root: Path | None, workers: int, *, xlsx: bool = False, as_json: bool
) -> tuple[Path | None, bool]:
    """Print the agents that each team needs by interval; the folder with the table, if there is a `root`, and whether
    they meet every target."""
    simulated, erlang = _simulated(scenario, workers), baseline(scenario).requirement(scenario)
    if as_json:
        record = {
            "requirement": output.requirement_json(scenario, simulated),
            "shortfalls": output.shortfalls_json(scenario, simulated),
            "warnings": list(simulated.warnings),
        }
        click.echo(json.dumps(record, allow_nan=False))
    else:
        console = Console(file=sys.stdout, highlight=False)
        console.print(f"{scenario.name}: agents required by simulation", style="bold", markup=False)
        console.print()
        console.print(teams_table(scenario, simulated, erlang, "Erlang"))
        _explain(console, scenario, simulated, on_duty(scenario))
        console.print()
        console.print(
            f"{simulated.method}; seed {scenario.seed}, {_replications(scenario.replications)}.", markup=False
        )
    met = not simulated.shortfalls
    if root is None:
        return None, met

    def finish(folder: Path) -> None:
        report_requirement(folder, scenario, [simulated, erlang], on_duty(scenario), xlsx=xlsx)

    folder = output.to_folder(
        root,
        scenario,
        [simulated, erlang],
        finish=None if as_json and not xlsx else finish,
        method="requirement",
    )
    return folder, met


def shifts(
    scenario: Scenario,
    root: Path | None,
    workers: int,
    seconds: float,
    *,
    also: bool,
    marginal: bool,
    xlsx: bool,
    as_json: bool,
) -> tuple[Path | None, bool]:
    """Print the cheapest shifts and how they do; the folder with the files, and whether they were proven.

    `also` : by simulation the requirement too, instead of Erlang's; `marginal` : what one more agent does. Raises
    Infeasible.
    """
    with progress("staffings") as bar:

        def seen(best: float | None) -> None:
            bar.set_postfix_str("" if best is None else f"cost {format.count(best)}", refresh=False)
            bar.update()

        plan = shift_plan(scenario, workers=workers, within=seconds, progress=seen)
    needed = _simulated(scenario, workers) if also else baseline(plan.scenario).requirement(plan.scenario)
    effects = None
    if marginal:
        with progress("staffings") as bar:
            effects = one_more(plan, workers=workers, progress=bar.update)
    if as_json:
        record = output.plan_json(plan) | {"requirement": output.requirement_json(scenario, needed)}
        if effects is not None:
            record |= output.one_more_json(plan, *effects)
        click.echo(json.dumps(record, allow_nan=False))
    else:
        show(plan)
        if effects is not None:
            show_one_more(Console(file=sys.stdout, highlight=False), plan, *effects)
        if also:
            _explain(Console(file=sys.stdout, highlight=False), scenario, needed, plan.fresh.scheduled)
    if root is None:
        return None, plan.proven
    folder = output.to_folder(
        root,
        plan.scenario,
        [needed],
        output.Shifts("simulation", plan.agents),
        plan,
        one_more=effects,
        finish=None if as_json and not xlsx else lambda folder: _report(folder, needed, plan, xlsx=xlsx),
        method="shifts",
        evaluations=plan.evaluations,
        lower_bound=plan.lower_bound,
        finished=plan.finished,
        duration_s=round(plan.seconds, 3),
    )
    return folder, plan.proven


def _explain(console: Console, scenario: Scenario, needed: Requirement, scheduled: F64) -> None:
    """The requirement by half hour beside those scheduled, and what it is made of."""
    for title, table in by_half_hour(scenario, needed, scheduled):
        console.print()
        console.print(title, markup=False)
        console.print(table)
    console.print()
    for line in explained(scenario, needed):
        console.print(line, markup=False)


def show(plan: ShiftPlan) -> None:
    """The plan on stdout: shifts, targets, cost, what binds, how it was found."""
    scenario = plan.scenario
    console = Console(file=sys.stdout, highlight=False)
    console.print(f"{scenario.name}: the cheapest shifts that meet every target", style="bold", markup=False)
    for table in (_shifts(plan), _targets(plan)):
        console.print()
        console.print(table)
    console.print()
    warnings = [f"Warning: {warning}." for warning in plan.warnings]
    for line in (*warnings, *_costs(plan), *_binding(plan), *_how(plan)):
        console.print(line, markup=False)


def _simulated(scenario: Scenario, workers: int) -> Requirement:
    with progress("staffings") as bar:
        return by_simulation(scenario, workers=workers, progress=bar.update)


def teams_table(scenario: Scenario, requirement: Requirement, other: Requirement, heading: str) -> Table:
    """The agents that each team requires; under `heading` the hours by another method."""
    table = figures_table(
        "team", "agents\nat most", "agent\nhours", "shrinkage", "hours with\nshrinkage", heading, "today"
    )
    hours = interval_hours(scenario)
    there = on_duty(scenario)
    for t, name in enumerate(requirement.names):
        table.add_row(
            escape(name),
            format.count(float(requirement.agents[t].max(initial=0))),
            format.count(float(requirement.agents[t] @ hours)),
            format.percent(float(requirement.shrinkage[t])),
            format.count(float(requirement.with_shrinkage[t] @ hours)),
            format.count(float(other.with_shrinkage[t] @ hours)),
            format.count(float(there[t] @ hours)),
        )
    return table


def _shifts(plan: ShiftPlan) -> Table:
    scarce = np.argsort(np.nan_to_num(plan.searched.slack, nan=np.inf))[:2].tolist()  # least to spare
    heading = [f"one more adds to\n{escape(plan.goals[g].label(plan.scenario.title))}" for g in scarce]
    table = figures_table("shift", "agents", "cost of one", *heading)
    for p in plan.shown:
        gains = [_points(plan.marginal[p, g]) for g in scarce]
        table.add_row(escape(plan.names[p]), str(plan.agents[p]), format.count(float(plan.pattern_cost[p])), *gains)
    return table


def _targets(plan: ShiftPlan) -> Table:
    met_on = plan.scenario.staffing.met_on
    table = figures_table("target", "wanted", "today", "Erlang", "plan:\nsearch", "fresh random\nnumbers", "")
    for g, goal in enumerate(plan.goals):
        wanted = f"{'≥' if goal.at_least else '≤'} {100 * goal.wanted:.4g} %"
        if met_on is not None:
            wanted += f"\non {format.percent(met_on)}\nof days"
        before = [format.NO_DATA if p is None else _figure(p, g, met_on) for p in (plan.today, plan.baseline)]
        met = "no data" if np.isnan(plan.fresh.slack[g]) else "met" if plan.fresh.slack[g] >= 0 else "missed"
        table.add_row(
            escape(goal.label(plan.scenario.title)),
            wanted,
            *before,
            _figure(plan.searched, g, met_on),
            _figure(plan.fresh, g, met_on, interval=True),
            f"[green]{met}[/]" if met == "met" else f"[bold red]{met}[/]",
        )
    return table


def _figure(of: Performance, goal: int, met_on: float | None, *, interval: bool = False) -> str:
    mean, low, high = of.figures[goal]
    figure = format.percent(mean)
    if interval and not np.isnan(low):
        figure += f" ({100 * max(low, 0):.1f}–{100 * min(high, 1):.1f})"
    return figure if met_on is None else f"{figure}\n{format.percent(of.days_met[goal])} of days"


def _costs(plan: ShiftPlan) -> list[str]:
    cost = plan.searched.cost
    lines = [f"Cost over the run: {format.count(cost)}. {people(plan)}."]
    planned = {pattern.team for pattern in plan.patterns}
    if others := [name for name, team in plan.scenario.team.items() if name not in planned and team.shifts]:
        lines.append(f"Not counted: teams without a pattern ({', '.join(others)}).")
    over = plan.overtime
    if over.mean > 0:
        band = f" ({format.between(over)})" if format.between(over) else ""
        lines.append(
            f"Overtime to finish contacts: {format.count(over.mean)}{band} expected beside it; together "
            f"{format.count(cost + over.mean)}."
        )
    for what, other in (("Today's shifts", plan.today), ("Erlang by interval, chats by division", plan.baseline)):
        if other is not None and other.cost > 0:
            change = 100 * (cost / other.cost - 1)
            verdict = "no data on" if other.no_data else "meets" if other.met else "misses"
            which = "the targets" if other.all_data or not other.met else "the targets with data"
            lines.append(f"{what}: {format.count(other.cost)}, the plan {change:+.1f} %; {verdict} {which}.")
    none = "no cheaper staffing" if plan.gap < NO_GAP else "no staffing below that cost"
    says = f"{none} meets the targets, unless what was simulated is wrong by more than half an agent"
    if plan.gap >= NO_GAP and plan.lower_bound <= 0:
        says = "whether a cheaper staffing meets the targets is not known"
    return [*lines, f"Lower bound: {format.count(plan.lower_bound)}, gap {100 * plan.gap:.1f} %: {says}."]


def people(plan: ShiftPlan) -> str:
    """Agents and paid hours of a plan."""
    full_time = format.full_time(plan.scenario, plan.paid_hours)
    hours = f"{format.count(plan.paid_hours)} paid hours" + (f", {full_time}" if full_time else "")
    return f"At most {format.several(plan.most_on_a_day, 'agent')} on a day; {hours}"


def _binding(plan: ShiftPlan) -> list[str]:
    lines = []
    for goal, start, figure, missing in plan.binding():
        at = format.moment(plan.scenario, start)
        few = abs(missing) < 10
        contacts = format.several(f"{abs(missing):.2g}" if few else format.count(abs(missing)), "contact")
        size = contacts if goal.level == "queue" else f"{abs(missing) / 3600:.2g} h"
        verdict = "short of the target" if missing > 0 else "to spare"
        lines.append(
            f"Binding target: {goal.label(plan.scenario.title)}, most on {at}: {format.percent(figure)}, "
            f"{size} {verdict}."
        )
    return lines


def _how(plan: ShiftPlan) -> list[str]:
    lines = [*(f"{note}." for note in plan.notes), f"Targets hold {where_held(plan.scenario.staffing)}."]
    lines += [f"{repair}." for repair in plan.repairs]
    if plan.unproven:
        lines.append(f"NOT PROVEN: {plan.unproven}; try more replications.")
    if plan.offered > len(plan.names):
        lines.append(
            f"{len(plan.names)} of {plan.offered} shifts were tried, those that cover Erlang's requirement best; "
            "the bound is of these."
        )
    if not plan.finished:
        lines.append("The time was up; this is the best plan found so far.")
    if plan.today.met and plan.today.cost < plan.searched.cost and worked_today(plan.scenario) is None:
        lines.append("Today's shifts cost less and meet the targets, but are not among the shifts to choose from.")
    proven = "Tried" if not plan.proven else "Proven" if plan.fresh.all_data else "Targets with data proven"
    glance = " or ".join(map(str, plan.glance))
    few = f", {plan.glances} of them, clearly worse, in {glance} alone" if plan.glances else ""
    lines.append(
        f"{plan.evaluations} staffings simulated in {format.duration(plan.seconds)}, "
        f"in {_replications(plan.searched.replications)} each{few}; seed {plan.searched.seed}. "
        f"{proven} in {_replications(plan.fresh.replications)} with seed {plan.fresh.seed}."
    )
    return lines


def _points(gain: float) -> str:
    return format.NO_DATA if np.isnan(gain) else f"{100 * gain:+.2f} pts"


def _replications(number: int) -> str:
    return format.several(number, "replication")


def report_requirement(
    folder: Path, scenario: Scenario, needed: Sequence[Requirement], scheduled: F64, *, xlsx: bool
) -> None:
    """Charts and report of requirements, the first of which is the answer."""
    with step("drawing charts"):
        pictures = write_charts(folder, plans.pages(needed[0], scheduled, scenario, None))
    with surviving("the report"):
        report = requirement_document(scenario, needed, provenance(folder), pictures)
        write_study(folder, report, [requirement_table(each, scenario) for each in needed], xlsx=xlsx)


def _report(folder: Path, needed: Requirement, plan: ShiftPlan, *, xlsx: bool) -> None:
    with step("drawing charts"):
        pictures = write_charts(folder, plans.pages(needed, plan.fresh.scheduled, plan.scenario, plan))
    with surviving("the report"):
        report = document(plan, needed, provenance(folder), pictures)
        more = [requirement_table(needed, plan.scenario), roster_table(plan)]
        write_study(folder, report, more, xlsx=xlsx)
