"""`ccsim replay`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.pass_context
def replay(ctx: click.Context, run: Path) -> None:
    """Run the results folder RUN again and compare every file, byte for byte.

    Exit status 1 if any file differs.
    """
    from ccsim.runs.replay import replay as run_again

    outcome = run_again(run)
    for library, (then, now) in outcome.versions.items():
        click.echo(f"{library}: the run had {then or 'none'}, here is {now or 'none'}", err=True)
    for file, finding in outcome.findings.items():
        click.echo(f"{file}: {finding}")
    if not outcome.same:
        if outcome.versions:
            click.echo("The versions differ, so the figures may: see above.", err=True)
        ctx.exit(1)
