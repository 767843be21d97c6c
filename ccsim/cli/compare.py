"""`ccsim compare`."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ccsim.cli import options
from ccsim.cli.report import check_xlsx, provenance, surviving, write_charts, write_study
from ccsim.cli.resuming import resume_hint, written_to

if TYPE_CHECKING:
    from tqdm import tqdm

    from ccsim.results.comparison import Comparison
    from ccsim.results.plans import ShiftPlan
    from ccsim.results.ranking import Ranking
    from ccsim.runs.precision import Precision
    from ccsim.scenario.model import Scenario
    from ccsim.studies.selection import Selection


@click.command()
@click.argument("files", metavar="FILE...", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--variants", is_flag=True, help="Compare the one FILE as it stands with all of its variants.")
@click.option(
    "--staffed", is_flag=True, help="Give each variant its own cheapest shifts that meet its targets, as `ccsim staff`."
)
@click.option("--baseline", metavar="NAME", help="Show differences to this variant.  [default: the first]")
@click.option("--rank-by", metavar="METRIC[@PLACE]", help="Rank by this metric, of a queue, a team or the whole.")
@click.option(
    "--precision",
    multiple=True,
    metavar="METRIC[@PLACE]:HALF-WIDTH",
    help="Replications until 95 % intervals of the differences are this narrow: service_level@phone:0.01; several with "
    "commas.",
)
@click.option(
    "--select",
    type=click.Choice(["best"]),
    help="Add replications until the best variant is clear.",
)
@click.option(
    "--indifference", type=float, metavar="X", help="With --select: differences below X do not matter.  [default: 1 %]"
)
@click.option(
    "--max-replications",
    type=click.IntRange(2),
    metavar="N",
    help="With --select or --precision: the most that a variant gets.  [default: 1000]",
)
@click.option("--replications", type=int, metavar="N", help="Number of replications, instead of the first file's.")
@click.option("--seed", type=int, metavar="S", help="Seed, instead of the first file's.")
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Change a value in all; may be repeated.")
@options.allow_outside
@options.engine
@options.workers
@options.executor
@options.cluster
@options.out
@click.option("--resume", is_flag=True, help="Continue an interrupted comparison where it stopped.")
@options.xlsx
@options.as_json
@click.pass_context
def compare(
    ctx: click.Context,
    files: tuple[Path, ...],
    variants: bool,
    staffed: bool,
    baseline: str | None,
    rank_by: str | None,
    precision: tuple[str, ...],
    select: str | None,
    indifference: float | None,
    max_replications: int | None,
    replications: int | None,
    seed: int | None,
    overrides: tuple[str, ...],
    outside: bool,
    engine: str,
    workers: int | None,
    executor: str | None,
    cluster: str | None,
    out: Path | None,
    resume: bool,
    xlsx: bool,
    as_json: bool,
) -> None:
    """Put scenarios side by side on the same random numbers: differences with intervals, and a ranking.

    \b
    ccsim compare today.toml tomorrow.toml
    ccsim compare shop.toml --variants
    ccsim compare shop.toml --variants --staffed

    Without --rank-by the variants that meet their targets are ranked by cost.
    """
    from ccsim.cli.progress import progress
    from ccsim.results.ranking import rank, ranking_figure
    from ccsim.staffing.page import plans_csv
    from ccsim.staffing.shifts import Infeasible
    from ccsim.staffing.variants import at_work
    from ccsim.studies import compare as comparing

    _demand_sense(ctx.params)
    check_xlsx(xlsx, folder=out is not None or not as_json)
    changes = options.changes(overrides, seed, replications)
    if variants:
        scenarios = comparing.read_variants(files[0], changes, outside=outside)
    else:
        scenarios = comparing.read_files(files, changes, outside=outside)
    by = None if rank_by is None else ranking_figure(rank_by, scenarios)
    plans: dict[str, ShiftPlan] = {}
    if staffed:
        try:
            plans = _plans(scenarios, baseline, workers)
        except Infeasible as error:
            click.echo(error, err=True)
            ctx.exit(1)
        scenarios = at_work(plans)
    rule = _stopping_rule(scenarios, precision, baseline, max_replications) if precision else None
    each = rule.expected if rule else next(iter(scenarios.values())).replications
    folder = None
    with progress("replications", len(scenarios) * each) as bar:
        how: dict[str, Any] = {
            "baseline": baseline,
            "engine": engine,
            "workers": workers,
            "executor": cluster or executor or "processes",
            "precision": rule,
            "progress": partial(_counted, bar, rule, len(scenarios)),
        }
        if as_json and out is None:
            comparison = comparing.compare(scenarios, **how)
            ranking = rank(comparison, by)
        else:
            root = out or Path("results")
            finish = None if as_json and not xlsx else partial(_finish, xlsx=xlsx, plans=plans)
            tables = {"staffing.csv": plans_csv(plans)} if plans else {}
            with resume_hint(ctx):
                comparison, ranking, folder = comparing.compare_to_folder(
                    root,
                    scenarios,
                    resume=resume,
                    rank_by=by,
                    overrides=changes,
                    tables=tables,
                    finish=finish,
                    **how,
                )
    selection = None
    with written_to(folder, "" if select is None else "; none is selected yet"):
        if select is not None:
            from ccsim.runs.precision import MOST
            from ccsim.studies import selection as selecting

            most = max_replications or MOST
            more: dict[str, Any] = {"engine": engine, "workers": workers, "executor": cluster or executor or "threads"}
            selection = selecting.select(comparison, ranking, indifference=indifference, most=most, **more)
        _print(comparison, ranking, plans, selection, as_json=as_json)
        if folder is not None:
            click.echo(f"Results: {folder}", err=as_json)
    if not all(plan.proven for plan in plans.values()):
        ctx.exit(1)


def _demand_sense(given: dict[str, Any]) -> None:
    """Raises UsageError for options that do not go together."""
    if given["variants"] and len(given["files"]) > 1:
        raise click.UsageError("--variants compares the variants of one FILE.")
    options.one_place(given["executor"], given["cluster"])
    if not given["variants"] and len(given["files"]) == 1:
        raise click.UsageError("Give two FILEs or more, or one FILE and --variants.")
    if given["indifference"] is not None and given["select"] is None:
        raise click.UsageError("--indifference needs --select best.")
    if given["max_replications"] is not None and given["select"] is None and not given["precision"]:
        raise click.UsageError("--max-replications needs --precision or --select best.")
    if given["precision"] and given["replications"] is not None:
        raise click.UsageError("--precision finds the number of replications: leave out --replications.")
    if given["precision"] and given["select"] is not None:
        raise click.UsageError("Give --precision or --select, not both: each decides how many replications there are.")
    if given["resume"] and given["as_json"] and given["out"] is None:
        raise click.UsageError("--resume needs a results folder; with --json, name one with --out.")


def _stopping_rule(
    scenarios: Mapping[str, Scenario], wanted: tuple[str, ...], baseline: str | None, most: int | None
) -> Precision:
    from ccsim.runs.precision import MOST, read_wanted
    from ccsim.studies.compare import differences_to

    return differences_to(read_wanted(wanted), scenarios, baseline, most or MOST)


def _counted(bar: tqdm[Any], rule: Precision | None, variants: int, count: int) -> None:
    bar.total = variants * rule.expected if rule else bar.total
    bar.update(count)


def _plans(scenarios: Mapping[str, Scenario], baseline: str | None, workers: int | None) -> dict[str, ShiftPlan]:
    """The cheapest shifts of all, the baseline's first."""
    from ccsim.cli.progress import progress
    from ccsim.staffing import variants
    from ccsim.studies import compare as comparing

    comparing.check(scenarios, baseline)
    with progress("staffings") as bar:
        plans = variants.plans(scenarios, workers=workers or os.cpu_count() or 1, progress=lambda best: bar.update())
    return dict(sorted(plans.items(), key=lambda plan: plan[0] != baseline))


def _print(
    comparison: Comparison,
    ranking: Ranking,
    plans: Mapping[str, ShiftPlan],
    selection: Selection | None,
    *,
    as_json: bool,
) -> None:
    from ccsim.cli.comparison_table import show, show_plans, show_selection
    from ccsim.staffing.output import plan_json
    from ccsim.studies import compare as comparing
    from ccsim.studies import selection as selecting

    if as_json:
        record = comparing.as_json(comparison, ranking)
        if plans:
            record["staffing"] = {name: plan_json(plan) for name, plan in plans.items()}
        if selection is not None:
            record["selection"] = selecting.as_json(selection)
        click.echo(json.dumps(record, allow_nan=False))
        return
    if plans:
        show_plans(plans, comparison)
    show(comparison, ranking)
    if selection is not None:
        show_selection(comparison, selection)


def _finish(
    comparison: Comparison, ranking: Ranking, folder: Path, *, xlsx: bool, plans: Mapping[str, ShiftPlan]
) -> None:
    from ccsim.charts import differences
    from ccsim.report.of_comparison import document
    from ccsim.staffing.page import plans_table

    pictures = write_charts(folder, {"differences": partial(differences.differences, comparison)})
    with surviving("the report"):
        first = [plans_table(plans, comparison.labels)] if plans else []
        write_study(folder, document(comparison, ranking, provenance(folder), pictures, first), xlsx=xlsx)
