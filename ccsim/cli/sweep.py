"""`ccsim sweep`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ccsim.cli import options
from ccsim.cli.report import check_xlsx, provenance, surviving, write_charts, write_study
from ccsim.cli.resuming import resume_hint, written_to

if TYPE_CHECKING:
    from ccsim.results.figures import MetricPlace
    from ccsim.results.sweeps import Sweep
    from ccsim.scenario.design import Design


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--vary",
    multiple=True,
    metavar="PATH=LEVELS",
    help="Values of a setting, such as 1:6, 0.8:1.2:5 or 1,2,4; may be repeated.",
)
@click.option("--design", type=click.Choice(["grid", "latin", "sobol"]), help="How points are chosen.  [default: grid]")
@click.option("--points", type=int, metavar="N", help="Number of points, with --design latin or sobol.")
@click.option("--sensitivity", is_flag=True, help="Also vary each setting alone; with --design sobol, Sobol' indices.")
@click.option("--metric", "metrics", multiple=True, metavar="METRIC[@PLACE]", help="Show this metric; may be repeated.")
@options.variant
@click.option("--replications", type=int, metavar="N", help="Replications of each point, instead of the file's.")
@options.seed
@options.overrides
@options.allow_outside
@options.engine
@options.workers
@options.executor
@options.cluster
@click.option("--resume", is_flag=True, help="Continue an interrupted sweep where it stopped.")
@options.out
@options.xlsx
@options.as_json
@click.pass_context
def sweep(
    ctx: click.Context,
    /,
    file: Path,
    vary: tuple[str, ...],
    metrics: tuple[str, ...],
    engine: str,
    workers: int | None,
    executor: str | None,
    cluster: str | None,
    resume: bool,
    out: Path | None,
    xlsx: bool,
    as_json: bool,
    **of_design: Any,
) -> None:
    """Vary settings of the scenario in FILE (or of a sweep file) and run every point of the design.

    \b
    ccsim sweep shop.toml --vary team.frontline.concurrency.chat=1:6 --vary queue.phone.volume.scale=0.8:1.2:5

    An interrupted sweep keeps what is done: the same command with --resume continues there.
    """
    from ccsim.cli.progress import progress
    from ccsim.studies.points import Points
    from ccsim.studies.sweep import as_json as everything
    from ccsim.studies.sweep import read_figures, sweep_to_folder
    from ccsim.studies.sweep import sweep as sweep_in_memory

    options.one_place(executor, cluster)
    if resume and as_json and out is None:
        raise click.UsageError("Without a results folder (--out) nothing is kept to --resume from.")
    check_xlsx(xlsx, folder=out is not None or not as_json)
    design, changes, wanted = _design(file, vary, metrics, of_design)
    figures = read_figures(wanted, design)
    count = len(design.rows) + len(design.alone)
    with progress("points", count, "checking") as bar:
        points = Points.checked(design, bar.update)
    folder = None
    with progress("replications", count * design.base.replications, "simulating") as bar:
        how: dict[str, Any] = {
            "engine": engine,
            "workers": workers,
            "executor": cluster or executor or "processes",
            "progress": bar.update,
        }
        if as_json and out is None:
            outcome = sweep_in_memory(points, **how)
        else:
            finish = None if as_json and not xlsx else partial(_finish, figures, xlsx=xlsx)
            with resume_hint(ctx):
                outcome, folder = sweep_to_folder(
                    out or Path("results"), points, resume=resume, overrides=changes, finish=finish, **how
                )
    with written_to(folder):
        if as_json:
            click.echo(json.dumps(everything(outcome), allow_nan=False))
        else:
            from ccsim.cli.sweep_table import show

            show(outcome, figures)
        if folder is not None:
            click.echo(f"Results: {folder}", err=as_json)


def _design(
    file: Path, vary: tuple[str, ...], metrics: tuple[str, ...], options: Mapping[str, Any]
) -> tuple[Design, list[str], list[str]]:
    """The design, the changes to its scenario, and the metrics to show, from the command line over a sweep file."""
    from ccsim.scenario import read
    from ccsim.scenario.data import texts
    from ccsim.scenario.design import Design, read_setting, read_sweep_file

    known = read_sweep_file(file)
    text = [part.partition("=") for part in vary]
    for path, equals, _ in text:
        if not equals:
            raise click.UsageError(f"--vary {path}: no =; PATH=LEVELS, such as team.phone.shifts.0.agents=4:9")
    levels: list[tuple[str, Any]] = [(path.strip(), those.strip()) for path, _, those in text]
    typed_paths = {path for path, _ in levels}
    _refuse_what_is_varied(typed_paths, options["overrides"])
    given = {key: options[key] for key in ("seed", "replications", "variant", "design", "points", "sensitivity")}
    if known is not None:
        levels = [*((path, those) for path, those in known.vary.items() if path not in dict(levels)), *levels]
        given = {key: getattr(known, key) if value in (None, False) else value for key, value in given.items()}
        metrics = metrics or tuple(known.metrics)
        file = file.parent / known.scenario
    numbers = [f"{key}={given[key]}" for key in ("seed", "replications") if given[key] is not None]
    changes = [*options["overrides"], *numbers]
    base = read.load(file, given["variant"], changes, outside=options["outside"])
    settings = tuple(read_setting(path, those) for path, those in levels)
    typed = frozenset(texts([setting.levels for setting in settings if setting.path in typed_paths]))
    design = Design(
        base, settings, given["design"] or "grid", given["points"], given["sensitivity"], file,
        outside=options["outside"] or typed,
    )  # fmt: skip
    return design, changes, list(metrics)


def _refuse_what_is_varied(varied: Iterable[str], overrides: Iterable[str]) -> None:
    """Raises UsageError for `--set` of a place that `--vary` gives its values, whatever it is set to."""
    from ccsim.scenario.faults import FaultError
    from ccsim.scenario.read import keys_of

    def keys(path: str) -> list[str]:
        try:
            return keys_of(path)
        except FaultError:  # which will be refused where it is used
            return [path]

    for path in (override.partition("=")[0].strip() for override in overrides):
        if any(keys(path)[: len(keys(other))] == keys(other) for other in varied):
            raise click.UsageError(f"--set {path}: --vary gives it its values; leave out one of them.")


def _finish(figures: list[MetricPlace], outcome: Sweep, folder: Path, *, xlsx: bool) -> None:
    from ccsim.charts import sweeps
    from ccsim.report.of_sweep import document

    pictures = write_charts(folder, sweeps.pages(outcome, figures))
    with surviving("the report"):
        write_study(folder, document(outcome, figures, provenance(folder), pictures), xlsx=xlsx)
