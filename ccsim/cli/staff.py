"""`ccsim staff`."""

from __future__ import annotations

import math
from pathlib import Path

import click

from ccsim.cli import options
from ccsim.cli.report import check_xlsx


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--method",
    type=click.Choice(["shifts", "requirement", "erlang"]),
    help="shifts: the cheapest shifts, by simulation; requirement: the fewest agents by interval, by simulation; "
    "erlang: both by formulas, in a second.  "
    "[default: shifts if [staffing] has patterns, else requirement]",
)
@click.option("--requirement", "also", is_flag=True, help="With shifts, also find the fewest agents by interval.")
@click.option(
    "--marginal", is_flag=True, help="With shifts, also show what one agent more does, by shift and half hour."
)
@click.option("--within", metavar="TIME", help="Stop after this time, such as 5m, and take the best shifts until then.")
@options.variant
@options.replications
@options.seed
@options.overrides
@options.allow_outside
@options.one_worker("Threads")
@options.out
@options.xlsx
@options.as_json
@click.pass_context
def staff(
    ctx: click.Context,
    file: Path,
    method: str | None,
    also: bool,
    marginal: bool,
    within: str | None,
    variant: str | None,
    replications: int | None,
    seed: int | None,
    overrides: tuple[str, ...],
    outside: bool,
    workers: int,
    out: Path | None,
    xlsx: bool,
    as_json: bool,
) -> None:
    """Find the cheapest staffing with which the scenario in FILE meets every target.

    Exit status 1 where none does, or none was proven on fresh random numbers.
    """
    from ccsim.scenario import read

    seconds = math.inf if within is None else options.seconds(within, "--within")
    scenario = read.load(file, variant, options.changes(overrides, seed, replications), outside=outside)
    root = out if as_json else out or Path("results")
    if method is None:
        choices = scenario.staffing.patterns or scenario.staffing.rule
        method = "shifts" if choices else "requirement"
    for option, given in (("--marginal", marginal), ("--requirement", also), ("--within", within is not None)):
        if given and method != "shifts":
            raise click.UsageError(f"{option} needs shifts to choose from, in [staffing], and no other --method.")
    check_xlsx(xlsx, folder=root is not None)
    if method == "erlang":
        from ccsim.cli.baseline import erlang

        folder, proven = erlang(scenario, root, xlsx=xlsx, as_json=as_json), True
    elif method == "requirement":
        from ccsim.cli.planning import requirement

        folder, proven = requirement(scenario, root, workers, xlsx=xlsx, as_json=as_json)
    else:
        from ccsim.cli.planning import shifts
        from ccsim.staffing.shifts import Infeasible

        try:
            folder, proven = shifts(
                scenario, root, workers, seconds, also=also, marginal=marginal, xlsx=xlsx, as_json=as_json
            )
        except Infeasible as error:
            click.echo(error, err=True)
            ctx.exit(1)
    if not as_json:
        from ccsim.cli.screen import tell_assumed

        tell_assumed(scenario)
    if folder is not None:
        click.echo(f"Results: {folder}", err=as_json)
    if not proven:
        ctx.exit(1)
