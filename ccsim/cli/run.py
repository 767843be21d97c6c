"""`ccsim run`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ccsim.cli import options
from ccsim.cli.progress import progress, step
from ccsim.cli.report import check_xlsx, surviving, write_report
from ccsim.cli.resuming import written_to

if TYPE_CHECKING:
    from tqdm import tqdm

    from ccsim.report.artists import Artists
    from ccsim.report.pictures import Drawn
    from ccsim.results.model import Results
    from ccsim.runs.precision import Precision
    from ccsim.scenario.model import Scenario


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@options.variant
@options.replications
@click.option(
    "--precision",
    multiple=True,
    metavar="METRIC:HALF-WIDTH",
    help="Replications until 95 % intervals are this narrow: service_level:0.01 (± 1 point), asa@phone:2 (± 2 s); "
    "several with commas.",
)
@click.option(
    "--max-replications",
    type=click.IntRange(2),
    metavar="N",
    help="The most that --precision may take.  [default: 1000]",
)
@options.seed
@options.overrides
@options.allow_outside
@options.engine
@options.one_worker("Workers")
@options.executor
@options.cluster
@options.out
@click.option(
    "--by",
    "periods",
    type=click.Choice(["day", "interval"]),
    multiple=True,
    help="Also print queues and teams by day or by interval; may be repeated.",
)
@options.as_json
@click.option(
    "--log", type=click.Choice(["first", "all"]), default="first", help="Logs of replication 1 (first) or all."
)
@click.option("--audit", is_flag=True, help="Check every log against the rules of the model.")
@options.xlsx
@click.option("--no-report", is_flag=True, help="Do not write report.html.")
@click.option("--no-actions", is_flag=True, help="Do not try what would help where a target is missed.")
@click.option("--no-charts", is_flag=True, help="Draw no charts, neither as files nor in the report.")
@click.option("--require-targets", is_flag=True, help="Exit status 1 when a target is missed.")
@click.pass_context
def run(
    ctx: click.Context,
    file: Path,
    variant: str | None,
    replications: int | None,
    precision: tuple[str, ...],
    max_replications: int | None,
    seed: int | None,
    overrides: tuple[str, ...],
    outside: bool,
    engine: str,
    workers: int,
    executor: str | None,
    cluster: str | None,
    out: Path | None,
    periods: tuple[str, ...],
    as_json: bool,
    log: str,
    audit: bool,
    xlsx: bool,
    no_report: bool,
    no_actions: bool,
    no_charts: bool,
    require_targets: bool,
) -> None:
    """Simulate the scenario in FILE: a table on the screen, files, charts and a report in a results folder."""
    options.one_place(executor, cluster)
    if precision and replications is not None:
        raise click.UsageError("--precision finds the number of replications: leave out --replications.")
    if max_replications is not None and not precision:
        raise click.UsageError("--max-replications needs --precision.")
    if periods and as_json:
        raise click.UsageError("--by prints tables: leave out --json.")
    if log == "all" and as_json and out is None:
        raise click.UsageError("--log all keeps logs in a results folder: add --out.")
    check_xlsx(xlsx, folder=out is not None or not as_json)
    changes = options.changes(overrides, seed, replications)
    page = not (as_json or no_report)
    # before all else: they import as much as is imported here
    with _artists(page) if not (as_json or no_charts) else nullcontext() as artists:
        from ccsim.results.targets import targets, without_data
        from ccsim.runs.run import AuditError, run_to_folder
        from ccsim.runs.run import run as run_in_memory
        from ccsim.scenario import read
        from ccsim.scenario.drain_rules import rosters_go_on
        from ccsim.workload.unserved import unserved

        scenario = read.load(file, variant, changes, outside=outside)
        rosters = (replace(problem, file=str(file)) for problem in rosters_go_on(scenario))
        warnings = (*rosters, *unserved(scenario, str(file)))
        click.echo("".join(f"warning: {warning}\n" for warning in warnings), err=True, nl=False)
        rule = _stopping_rule(scenario, precision, max_replications) if precision else None
        how: dict[str, Any] = {
            "engine": engine,
            "variant": variant,
            "workers": workers,
            "executor": cluster or executor or "processes",
            "audit": audit,
            "precision": rule,
        }
        folder = None
        try:
            with progress("replications", rule.expected if rule else scenario.replications, "simulating") as bar:
                how["progress"] = partial(_counted, bar, rule)
                if as_json and out is None:
                    results = run_in_memory(scenario, **how)
                else:
                    root = out or Path("results")
                    ready = None if artists is None else artists.begin
                    results, folder = run_to_folder(root, scenario, log=log, overrides=changes, ready=ready, **how)
        except AuditError as error:
            click.echo(error, err=True)
            ctx.exit(1)
        with written_to(folder, "; ccsim chart and ccsim report make what is missing there"):
            _show(results, as_json, periods)
            if folder is not None:
                _finish(results, folder, artists, page=page, xlsx=xlsx, actions=not no_actions)
                click.echo(f"Results: {folder}", err=as_json)
    if require_targets:
        for _, name, metric, *_ in without_data(results):
            click.echo(f"warning: {name} has no data on {metric}: its target is neither met nor missed", err=True)
        if not all(target.met for target in targets(results)):
            ctx.exit(1)


def _artists(page: bool) -> AbstractContextManager[Artists]:
    from ccsim.report.artists import artists

    return artists(in_page=page)


def _show(results: Results, as_json: bool, periods: tuple[str, ...]) -> None:
    if as_json:
        from ccsim.results.model import as_json as summary

        click.echo(json.dumps(summary(results), allow_nan=False))
    else:
        from ccsim.cli import periods_table
        from ccsim.cli.table import show

        show(results)
        periods_table.show(results, periods)


def _finish(results: Results, folder: Path, artists: Artists | None, *, page: bool, xlsx: bool, actions: bool) -> None:
    """Charts, if there are artists, what to do, and the report, in the folder where all else is already."""
    drawn: dict[str, Drawn] = {}
    if (page or xlsx) and actions:
        from ccsim.report.actions import write
        from ccsim.staffing.actions import actions as tried

        with surviving("what to do"), step("trying what would help"):
            write(folder, tried(results))
    if artists is not None:
        from ccsim.results.storage import whole_folder

        with surviving("charts"), step("drawing charts"), whole_folder(folder / "charts") as place:
            drawn = artists.drawn()
            for name, chart in drawn.items():
                (place / f"{name}.png").write_bytes(chart.png)
    if page or xlsx:
        with surviving("the report"), step("writing the report"):
            write_report(results, folder, drawn, page=page, xlsx=xlsx)


def _stopping_rule(scenario: Scenario, wanted: tuple[str, ...], most: int | None) -> Precision:
    from ccsim.lowering import lower
    from ccsim.runs.precision import MOST, Precision, read_goals, read_wanted

    return Precision(read_goals(read_wanted(wanted), *lower(scenario)), most or MOST)


def _counted(bar: tqdm[Any], rule: Precision | None, stream: Iterable[Any]) -> Iterator[Any]:
    for replication in stream:
        yield replication
        bar.total = rule.expected if rule else bar.total
        bar.update()
