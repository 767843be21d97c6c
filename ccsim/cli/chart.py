"""`ccsim chart`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Only this chart; may be repeated.")
@click.option("--format", "form", type=click.Choice(["png", "svg", "pdf"]), default="png", show_default=True)
@click.option("--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Where charts go.  [default: RESULTS/charts]")
@click.option("--list", "listed", is_flag=True, help="Say which kinds there are for these results.")
def chart(results: Path, kinds: tuple[str, ...], form: str, theme: str, out: Path | None, listed: bool) -> None:
    """Draw charts of the run in folder RESULTS: all that apply, or those of --kind."""
    from ccsim import charts
    from ccsim.experiment.stored import stored

    unknown = [kind for kind in kinds if kind not in charts.NAMES]
    if unknown:
        raise click.BadParameter(
            f"no chart {unknown[0]!r}; there are {', '.join(charts.NAMES)}", param_hint="'--kind'"
        )
    found = stored(results)
    possible = [*charts.applicable(found), charts.OVERVIEW]
    if listed:
        for name in possible:
            click.echo(name)
        return
    for kind in kinds:
        if kind not in possible:
            raise click.BadParameter(f"these results have nothing to show as {kind!r}", param_hint="'--kind'")
    folder = out or results / "charts"
    folder.mkdir(parents=True, exist_ok=True)
    for file in charts.save(found, folder, kinds or possible, form, theme):
        click.echo(file)
