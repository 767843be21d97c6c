"""`ccsim report`, and what `ccsim run` shares with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ccsim.errors import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ccsim.report.document import Document, Picture, Table
    from ccsim.report.pictures import Drawn
    from ccsim.results.model import Results


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--xlsx", is_flag=True, help="Write the workbook report.xlsx too.")
def report(results: Path, xlsx: bool) -> None:
    """Write the report of a results folder again: report.html, one page that can be mailed.

    RESULTS is the folder of a run, a comparison, a sweep or a plan.
    """
    from ccsim.report import stored as kept
    from ccsim.report.artists import artists
    from ccsim.results.stored import stored

    if xlsx:
        require_xlsxwriter()
    if (results / kept.FILE).is_file():
        written, more = kept.read(results)
        write_page(results, written)
        if xlsx:
            write_sheet(results, written, more)
        _name_files(results, xlsx=xlsx)
        return
    run = stored(results)
    drawn: Mapping[str, Drawn] = {}
    with surviving("the charts of the report"), artists(in_page=True) as drawing:
        drawing.begin(run)
        drawn = drawing.drawn()
    write_report(run, results, drawn, page=True, xlsx=xlsx)
    _name_files(results, xlsx=xlsx)


def _name_files(folder: Path, *, xlsx: bool) -> None:
    for name in ("report.html", *(["report.xlsx"] if xlsx else [])):
        click.echo(folder / name)


def write_study(folder: Path, report: Document, more: Sequence[Table] = (), *, xlsx: bool) -> None:
    """The report of a comparison, a sweep or a plan: report.html, report.json and, if wanted, report.xlsx."""
    from ccsim.report import stored as kept

    write_page(folder, report)
    kept.write(folder, report, more)
    if xlsx:
        write_sheet(folder, report, more)


@contextmanager
def surviving(what: str) -> Iterator[None]:
    """Pictures and pages are made in the block: one that fails is reported and costs nothing else."""
    try:
        yield
    except Exception as error:  # of whatever library draws: by now all figures are written
        reason = str(error).strip().partition("\n")[0][:200]
        message = f"warning: {what} could not be made ({type(error).__name__}: {reason}); all figures are written."
        click.echo(printable(message), err=True)


def write_charts(folder: Path, pages: Mapping[str, Callable[..., Figure]]) -> list[Picture]:
    """The pictures for a report, written to a folder `charts`, too; none, and a warning, where that fails."""
    from ccsim.report.pictures import themed, write

    pictures: list[Picture] = []
    with surviving("charts"):
        (folder / "charts").mkdir()
        pictures += themed(pages)
        write(pictures, folder / "charts")
    return pictures


def write_report(results: Results, folder: Path, drawn: Mapping[str, Drawn], *, page: bool, xlsx: bool) -> None:
    """report.html, with these charts, and report.xlsx in the folder of the results, each whole or not at all."""
    from ccsim.report import actions
    from ccsim.report.of_run import document, wide_tables
    from ccsim.report.pictures import pictures
    from ccsim.results.stored import record
    from ccsim.staffing.baseline import required_of

    report = document(results, record(folder), required_of(results), pictures(drawn), actions.stored(folder))
    if page:
        write_page(folder, report)
    if xlsx:
        write_sheet(folder, report, wide_tables(results))


def write_page(folder: Path, report: Document) -> None:
    """report.html in the folder, whole or not at all."""
    from ccsim.report.page import page
    from ccsim.results.storage import write_files

    write_files(folder, {"report.html": page(report)})


def write_sheet(folder: Path, report: Document, more: Sequence[Table]) -> None:
    """report.xlsx in the folder with these tables besides, whole or not at all; what did not fit is named."""
    from ccsim.report.sheet import sheet
    from ccsim.results.storage import write_files

    content, left_out = sheet(report, more)
    write_files(folder, {"report.xlsx": content})
    for remark in left_out:
        click.echo(remark, err=True)


def provenance(folder: Path) -> dict[str, Any]:
    """What provenance.json in the folder says."""
    record: dict[str, Any] = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    return record


def check_xlsx(xlsx: bool, *, folder: bool) -> None:
    """Refuses --xlsx where there is no report to go with it, or no package to write it."""
    if xlsx and not folder:
        raise click.UsageError("--xlsx needs a results folder; with --json, name one with --out.")
    if xlsx:
        require_xlsxwriter()


def require_xlsxwriter() -> None:
    """Says what to install, before a long run rather than after it."""
    if find_spec("xlsxwriter") is None:
        raise click.UsageError("--xlsx needs xlsxwriter:  pip install 'ccsim[xlsx]'")
