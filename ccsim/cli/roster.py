"""`ccsim roster`."""

from __future__ import annotations

import json
import math
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ccsim.cli import options
from ccsim.cli.report import check_xlsx, provenance, surviving, write_study

if TYPE_CHECKING:
    from ccsim.scenario.model import Scenario
    from ccsim.staffing.roster.demand import Demand
    from ccsim.staffing.roster.duties import Task
    from ccsim.staffing.roster.plan import RosterPlan


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--cover",
    type=click.Choice(["erlang", "requirement", "shifts"]),
    help="What to cover: agents by interval by Erlang's formulas or by simulation, or the cheapest shifts of "
    "`ccsim staff`.  [default: erlang]",
)
@click.option(
    "--plan",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="Cover the shifts of this results folder of `ccsim staff`, or its requirement if it has none; one week "
    "holds for every week.",
)
@click.option(
    "--within", metavar="TIME", help="Stop searching after this time, such as 5m, and take the best until then."
)
@click.option(
    "--effort",
    type=options.Number(0.1, 36_000),
    default=60.0,
    show_default=True,
    metavar="STEPS",
    help="Steps of the search, about a second each; the same steps give the same roster on every machine.",
)
@options.variant
@options.replications
@options.seed
@options.overrides
@options.allow_outside
@options.one_worker("Threads")
@options.out
@options.as_json
@options.xlsx
@click.pass_context
def roster(
    ctx: click.Context,
    file: Path,
    cover: str | None,
    plan: Path | None,
    within: str | None,
    effort: float,
    variant: str | None,
    replications: int | None,
    seed: int | None,
    overrides: tuple[str, ...],
    outside: bool,
    workers: int,
    out: Path | None,
    as_json: bool,
    xlsx: bool,
) -> None:
    """Give the people of [roster] in FILE their shifts: who works when, by their rules and wishes.

    Shifts are the patterns of [staffing]. Exit status 1 where no roster keeps every rule; the output names the rules
    that cannot hold together. Needs OR-tools: pip install 'ccsim[roster]'.
    """
    from ccsim.scenario import read

    if cover is not None and plan is not None:
        raise click.UsageError("Give --cover or --plan, not both.")
    check_xlsx(xlsx, folder=out is not None or not as_json)
    require_ortools()
    seconds = math.inf if within is None else options.seconds(within, "--within")
    changes = options.changes(overrides, seed, replications)
    scenario = read.load(file, variant, changes, outside=outside)

    from ccsim.staffing.roster.duties import Task
    from ccsim.staffing.roster.plan import record
    from ccsim.staffing.roster.plan import roster as make
    from ccsim.staffing.turns import by_turns

    task = Task(*by_turns(scenario))
    demand = _demand(task, cover or "erlang", plan, workers)
    made = make(task, demand, effort=effort, seconds=seconds, workers=workers, progress=_progress)
    if as_json:
        click.echo(json.dumps(record(made), allow_nan=False))
    else:
        _show(made)
    if not made.assignment:
        ctx.exit(1)
    if out is not None or not as_json:
        from ccsim.staffing.roster.output import to_folder

        def finish(folder: Path) -> None:
            from ccsim.staffing.roster.page import document, grid

            with surviving("the report"):
                write_study(folder, document(made, provenance(folder)), [grid(made)], xlsx=xlsx)

        folder = to_folder(out or Path("results"), made, finish=finish, effort=effort, within=within, overrides=changes)
        click.echo(f"Results: {folder}", err=as_json)


def require_ortools() -> None:
    """Says what to install where it is missing."""
    missing = [package for package in ("ortools", "icalendar") if find_spec(package) is None]
    if missing:
        raise click.UsageError(f"ccsim roster needs {' and '.join(missing)}:  pip install 'ccsim[roster]'")


def _demand(task: Task, cover: str, folder: Path | None, workers: int) -> Demand:
    from ccsim.staffing.baseline import baseline
    from ccsim.staffing.roster import demand

    scenario: Scenario = task.scenario
    if folder is not None:
        return demand.of_folder(task, folder)
    if cover == "erlang":
        return demand.of_requirement(task, baseline(scenario).requirement(scenario))
    _progress("searching for what is required")
    if cover == "requirement":
        from ccsim.staffing.requirement import requirement

        return demand.of_requirement(task, requirement(scenario, workers=workers))
    from ccsim.staffing.shifts import Infeasible, shift_plan

    try:
        return demand.of_plan(task, "the cheapest shifts by simulation", shift_plan(scenario, workers=workers).agents)
    except Infeasible as error:
        raise click.ClickException(str(error)) from None


def _progress(step: str) -> None:
    """What is done next, where somebody watches."""
    if sys.stderr.isatty():
        click.echo(f"{step} …", err=True)


def _show(plan: RosterPlan) -> None:
    """The roster on stdout, or why there is none."""
    from rich.console import Console

    from ccsim.cli.screen import document_table
    from ccsim.staffing.roster import page

    console = Console(file=sys.stdout, highlight=False)
    console.print(plan.task.scenario.name, style="bold", markup=False)
    if not plan.assignment:
        console.print(page.refusal(plan), markup=False)
        for breach in plan.breaches:
            console.print(f"  {page.sentence(breach)}", markup=False)
        return
    console.print(page.answer(plan), markup=False)
    for label, figure, detail in page.facts(plan):
        console.print(f"{label}: {figure} ({detail})", markup=False)
    tables = [page.week_table(plan, week, short=True) for week in range(plan.task.weeks)]
    for table in (*tables, page.hours_table(plan), page.rules_table(plan)):
        console.print()
        console.print(table.title, style="bold", markup=False)
        console.print(document_table(table))
    console.print()
    for line in (*page.costs(plan), *page.remarks(plan)):
        console.print(line, markup=False)
