"""`ccsim staff`."""

from __future__ import annotations

import math
from pathlib import Path

import click

from ccsim.cli import options
from ccsim.cli.report import require_xlsxwriter


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--method",
    type=click.Choice(["shifts", "requirement", "erlang"]),
    help="Cheapest shifts or fewest agents by interval, both by simulation, or Erlang's formulas, at once.  "
    "[default: shifts if [staffing] has patterns, else requirement]",
)
@click.option("--requirement", "also", is_flag=True, help="With shifts, also find the fewest agents by interval.")
@click.option("--within", metavar="TIME", help="Stop after this time, such as 5m, and take the best shifts until then.")
@click.option("--variant", metavar="V", help="Apply this variant of the file.")
@click.option("--replications", type=int, metavar="N", help="Number of replications, instead of the file's.")
@click.option("--seed", type=int, metavar="S", help="Seed, instead of the file's.")
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Change a value; may be repeated.")
@options.allow_outside
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Threads that share the work.")
@options.out
@options.xlsx
@click.pass_context
def staff(
    ctx: click.Context,
    file: Path,
    method: str | None,
    also: bool,
    within: str | None,
    variant: str | None,
    replications: int | None,
    seed: int | None,
    overrides: tuple[str, ...],
    outside: bool,
    workers: int,
    out: Path | None,
    xlsx: bool,
) -> None:
    """Find the cheapest staffing with which the scenario in FILE meets every target.

    Exit status 1 where none does, or none was proven on fresh random numbers.
    """
    from ccsim.scenario import read

    seconds = math.inf if within is None else options.seconds(within, "--within")
    given = {"seed": seed, "replications": replications}
    changes = [*overrides, *(f"{key}={value}" for key, value in given.items() if value is not None)]
    scenario = read.load(file, variant, changes, outside=outside)
    root = out or Path("results")
    if method is None:
        method = "shifts" if scenario.staffing.patterns else "requirement"
    if xlsx:
        require_xlsxwriter()
    if method == "erlang":
        from ccsim.cli.baseline import erlang

        folder, proven = erlang(scenario, root, xlsx=xlsx), True
    elif method == "requirement":
        from ccsim.cli.planning import requirement

        folder, proven = requirement(scenario, root, workers, xlsx=xlsx), True
    else:
        from ccsim.cli.planning import shifts
        from ccsim.staffing.shifts import Infeasible

        try:
            folder, proven = shifts(scenario, root, workers, seconds, also=also, xlsx=xlsx)
        except Infeasible as error:
            click.echo(error, err=True)
            ctx.exit(1)
    click.echo(f"Results: {folder}")
    if not proven:
        ctx.exit(1)
