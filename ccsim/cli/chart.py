"""`ccsim chart`."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from pathlib import Path
from typing import Final

import click

FORMATS: Final = ("png", "svg", "pdf")


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Only this chart; may be repeated.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="png", show_default=True)
@click.option("--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True)
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Where charts go.  [default: RESULTS/charts]"
)
def chart(results: Path, kinds: tuple[str, ...], form: str, theme: str, out: Path | None) -> None:
    """Draw charts of the run in folder RESULTS: all that apply, or those of --kind.

    Of a comparison, a sweep or a plan, the charts of its report, as PNG.
    """
    from ccsim import charts
    from ccsim.report import stored as kept
    from ccsim.results.stored import stored

    folder = out or results / "charts"
    if (results / kept.FILE).is_file():
        for file in _of_study(results, folder, kinds, form, theme):
            click.echo(file)
        return
    run = stored(results)
    possible = [*charts.applicable(run), charts.OVERVIEW]
    _refuse_others(kinds, possible, charts.CHARTS)
    with charts.style.unsettled():
        files = charts.save(run, folder, kinds, form, theme)
    for file in files:
        click.echo(file)


def _refuse_others(kinds: Iterable[str], possible: Sequence[str], known: Container[str]) -> None:
    for kind in kinds:
        if kind not in possible:
            why = "nothing to show in these results" if kind in known else "no such chart"
            raise click.BadParameter(f"{kind}: {why}; choose from {', '.join(possible)}", param_hint="--kind")


def _of_study(results: Path, folder: Path, kinds: tuple[str, ...], form: str, theme: str) -> list[Path]:
    """The charts that a study drew when it was simulated: its replications, which others would need, are not kept."""
    from ccsim.report import stored as kept
    from ccsim.report.pictures import png
    from ccsim.results.storage import write_files

    drawn = {picture.name: picture for picture in kept.read(results)[0].pictures()}
    _refuse_others(kinds, list(drawn), ())
    if form != "png":
        raise click.BadParameter("charts of a comparison, a sweep or a plan are kept as PNG", param_hint="--format")
    files = {f"{name}.png": png(drawn[name].dark if theme == "dark" else drawn[name].light) for name in kinds or drawn}
    write_files(folder, files)
    return [folder / name for name in files]
