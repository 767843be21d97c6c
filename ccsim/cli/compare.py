"""`ccsim compare`."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ccsim.cli import options
from ccsim.cli.report import check_xlsx, provenance, surviving, write_study
from ccsim.cli.resuming import Remembered, resume_hint

if TYPE_CHECKING:
    from ccsim.report.document import Picture
    from ccsim.results.comparison import Comparison
    from ccsim.results.ranking import Ranking


@click.command(cls=Remembered)
@click.argument("files", metavar="FILE...", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--variants", is_flag=True, help="Compare the one FILE as it stands with all of its variants.")
@click.option("--baseline", metavar="NAME", help="Compare with this variant.  [default: the first]")
@click.option("--rank-by", metavar="METRIC[@PLACE]", help="Rank by this metric, of a queue, a team or the whole.")
@click.option(
    "--select",
    type=click.Choice(["best"]),
    help="Run the variants that may be the best on until one is told from them.",
)
@click.option(
    "--indifference", type=float, metavar="X", help="With --select: worse by less than X is as good.  [default: 1 %]"
)
@click.option(
    "--max-replications",
    type=click.IntRange(2),
    default=1000,
    show_default=True,
    help="With --select: most of a variant.",
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
@click.option("--resume", is_flag=True, help="Go on with what an interrupted comparison has kept.")
@options.xlsx
@options.as_json
@click.pass_context
def compare(
    ctx: click.Context,
    files: tuple[Path, ...],
    variants: bool,
    baseline: str | None,
    rank_by: str | None,
    select: str | None,
    indifference: float | None,
    max_replications: int,
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

    Without --rank-by the variants that meet their targets are ranked by cost.
    """
    from tqdm import tqdm

    from ccsim.results.ranking import rank, ranking_figure
    from ccsim.studies import compare as comparing

    _demand_sense(ctx.params)
    check_xlsx(xlsx, folder=out is not None or not as_json)
    given = {"seed": seed, "replications": replications}
    changes = [*overrides, *(f"{key}={value}" for key, value in given.items() if value is not None)]
    if variants:
        scenarios = comparing.read_variants(files[0], changes, outside=outside)
    else:
        scenarios = comparing.read_files(files, changes, outside=outside)
    by = None if rank_by is None else ranking_figure(rank_by, scenarios)
    total = len(scenarios) * next(iter(scenarios.values())).replications
    folder = None
    # on stderr, from the second second on, and only where somebody watches
    with tqdm(total=total, unit=" replications", delay=1, disable=None, leave=False) as bar:
        options: dict[str, Any] = {
            "baseline": baseline,
            "engine": engine,
            "workers": workers,
            "executor": cluster or executor or "processes",
            "progress": bar.update,
        }
        if as_json and out is None:
            comparison = comparing.compare(scenarios, **options)
            ranking = rank(comparison, by)
        else:
            root, finish = out or Path("results"), None if as_json and not xlsx else partial(_finish, xlsx=xlsx)
            with resume_hint(ctx):
                comparison, ranking, folder = comparing.compare_to_folder(
                    root, scenarios, resume=resume, rank_by=by, overrides=changes, finish=finish, **options
                )
    selection = None
    if select is not None:
        from ccsim.studies import selection as selecting

        where: dict[str, Any] = {"engine": engine, "workers": workers, "executor": cluster or executor or "threads"}
        selection = selecting.select(comparison, ranking, indifference=indifference, most=max_replications, **where)
    if as_json:
        answer = comparing.as_json(comparison, ranking)
        if selection is not None:
            answer["selection"] = selecting.as_json(selection)
        click.echo(json.dumps(answer, allow_nan=False))
    else:
        from ccsim.cli.comparison_table import show, show_selection

        show(comparison, ranking)
        if selection is not None:
            show_selection(comparison, selection)
    if folder is not None:
        click.echo(f"Results: {folder}", err=as_json)


def _demand_sense(given: dict[str, Any]) -> None:
    """Raises UsageError for options that do not go together."""
    if given["variants"] and len(given["files"]) > 1:
        raise click.UsageError("--variants compares the variants of one FILE.")
    if given["cluster"] is not None and given["executor"] is not None:
        raise click.UsageError("Give --cluster or --executor, not both.")
    if not given["variants"] and len(given["files"]) == 1:
        raise click.UsageError("Give two FILEs or more, or one FILE and --variants.")
    if given["indifference"] is not None and given["select"] is None:
        raise click.UsageError("--indifference is of --select best.")
    if given["resume"] and given["as_json"] and given["out"] is None:
        raise click.UsageError("--resume needs a results folder; with --json, name one with --out.")


def _finish(comparison: Comparison, ranking: Ranking, folder: Path, *, xlsx: bool) -> None:
    from ccsim.charts import differences
    from ccsim.report.of_comparison import document
    from ccsim.report.pictures import themed

    (folder / "charts").mkdir()
    pictures: list[Picture] = []
    with surviving("charts"):
        differences.save(comparison, folder / "charts")
        pictures += themed({"differences": partial(differences.differences, comparison)})
    with surviving("the report"):
        write_study(folder, document(comparison, ranking, provenance(folder), pictures), xlsx=xlsx)
