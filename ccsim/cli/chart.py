"""`ccsim chart`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Only this chart; may be repeated.")
@click.option("--format", "form", type=click.Choice(["png", "svg", "pdf"]), default="png", show_default=True)
@click.option("--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True)
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Where charts go.  [default: RESULTS/charts]"
)
def chart(results: Path, kinds: tuple[str, ...], form: str, theme: str, out: Path | None) -> None:
    """Draw charts of the run in folder RESULTS: all that apply, or those of --kind."""
    from ccsim import charts
    from ccsim.results.stored import stored

    run = stored(results)
    possible = [*charts.applicable(run), charts.OVERVIEW]
    for kind in kinds:
        if kind not in possible:
            why = "nothing to show in these results" if kind in charts.CHARTS else "no such chart"
            raise click.BadParameter(f"{kind}: {why}; choose from {', '.join(possible)}", param_hint="--kind")
    folder = out or results / "charts"
    folder.mkdir(parents=True, exist_ok=True)
    with charts.style.unsettled():
        files = charts.save(run, folder, kinds, form, theme)
    for file in files:
        click.echo(file)
