"""`ccsim capacity`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ccsim.cli import options

if TYPE_CHECKING:
    from ccsim.results.plans import Capacity


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--queue", metavar="Q", help="Change the volume of this queue only.  [default: of all]")
@click.option("--concurrency", metavar="Q", help="Also find how many conversations of this queue an agent should have.")
@options.variant
@options.replications
@options.seed
@options.overrides
@options.allow_outside
@options.workers
@options.as_json_alone
@click.pass_context
def capacity(
    ctx: click.Context,
    file: Path,
    queue: str | None,
    concurrency: str | None,
    variant: str | None,
    replications: int | None,
    seed: int | None,
    overrides: tuple[str, ...],
    outside: bool,
    workers: int | None,
    as_json: bool,
) -> None:
    """Find the largest volume with which the agents of the scenario in FILE still meet its targets.

    The volume is a multiple of today's, with an interval, proven on fresh random numbers. Exit status 1 where no volume
    meets the targets, or none was proven.
    """
    import os

    from ccsim.cli.progress import progress
    from ccsim.scenario import read
    from ccsim.staffing import capacity as searching
    from ccsim.staffing import output
    from ccsim.staffing.shifts import Infeasible

    scenario = read.load(file, variant, options.changes(overrides, seed, replications), outside=outside)
    by_number: dict[int, Capacity] = {}
    with progress("volumes") as bar:
        given: dict[str, Any] = {"workers": workers or os.cpu_count() or 1, "progress": bar.update}
        try:
            answer = searching.capacity(scenario, queue, **given)
            if concurrency is not None:
                by_number = searching.by_concurrency(scenario, concurrency, queue, **given)
        except Infeasible as error:
            click.echo(error, err=True)
            ctx.exit(1)
    if as_json:
        record = output.capacity_json(answer)
        if by_number:
            record["concurrency"] = {number: output.capacity_json(each) for number, each in by_number.items()}
        click.echo(json.dumps(record, allow_nan=False))
    else:
        from ccsim.cli.capacity_table import show
        from ccsim.cli.screen import tell_assumed

        show(answer, concurrency, by_number)
        tell_assumed(scenario)
    if not answer.proven:
        ctx.exit(1)
