"""Pictures of results. A new chart is one function in a file here, registered with `@chart` and imported below."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ccsim.charts import agents, conversations, outcomes, service, staffing, style, thread, waiting
from ccsim.charts.registry import CHARTS
from ccsim.experiment.results import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["CHARTS", "FORMATS", "OVERVIEW", "applicable", "figure", "overview", "save", "write"]

_FAMILIES: Final = (service, waiting, staffing, conversations, agents, thread, outcomes)

OVERVIEW: Final = ("service_level", "conversations", "waiting", "staffing")
"""The planner's page: two rows of two charts, as far as they apply."""

FORMATS: Final = ("png", "svg", "pdf")


def applicable(results: Results) -> list[str]:
    """Names of the charts for which the results have something to show."""
    return [name for name, chart in CHARTS.items() if chart.applies(results)]


def figure(name: str, results: Results, theme: str = "light") -> Figure:
    """The chart of that name as a figure of its own, in one of `style.THEMES`.

    Raises `KeyError` for a name that is not in CHARTS, and should be asked for what is `applicable` only.
    """
    chart = CHARTS[name]
    with style.styled(theme):
        page = style.page(chart.panels(results))
        chart.draw(results, page)
    return page


def overview(results: Results, theme: str = "light", pages: Mapping[str, Figure] | None = None) -> Figure:
    """The charts of OVERVIEW side by side under the scenario's name; `pages` may hold some that are drawn already."""
    import numpy as np
    from PIL import Image

    pages = pages or {}
    names = [name for name in OVERVIEW if CHARTS[name].applies(results)]
    shown = [pages.get(name) or figure(name, results, theme) for name in names]
    with style.styled(theme):
        rows = -(-len(shown) // 2)
        page = style.page()
        head = 0.45
        inches = [page.get_figheight()] * rows
        height = head + sum(inches) / 2
        page.set_size_inches(style.WIDTH, height)
        page.set_layout_engine(None)
        variant = f", variant {results.variant}" if results.variant else ""
        page.suptitle(style.short(f"{results.scenario.name}{variant}", 100), x=style.MARGIN / style.WIDTH,
                      y=1 - 0.1 / height, ha="left", va="top", fontsize=16, fontweight="bold")  # fmt: skip
        for place, one in enumerate(shown):
            row, column = divmod(place, 2)
            one.canvas.draw()
            picture = Image.fromarray(np.asarray(one.canvas.buffer_rgba()))
            ax = page.add_axes((column / 2, 1 - (head + (row + 1) * style.HEIGHT / 2) / height, 0.5,
                                style.HEIGHT / 2 / height))  # fmt: skip
            ax.imshow(picture, interpolation="antialiased")
            ax.set_axis_off()
    return page


def write(page: Figure, file: Path) -> None:
    """The figure as a file of the kind that its name says; the same figure gives the same bytes."""
    import matplotlib

    when: dict[str, Any] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(file.suffix, {})
    with matplotlib.rc_context({"svg.hashsalt": "ccsim", "svg.fonttype": "path", "pdf.fonttype": 42}):
        page.savefig(file, dpi=style.DPI, metadata=when)


def save(
    results: Results, folder: Path, names: Iterable[str] | None = None, kind: str = "png", theme: str = "light"
) -> list[Path]:
    """Charts as files of one of FORMATS in the folder, which must exist: those named, or all that apply and the overview.

    Returns the files.
    """
    pages = {name: figure(name, results, theme) for name in names or applicable(results)}
    if names is None:
        pages["overview"] = overview(results, theme, pages)
    files = []
    for name, page in pages.items():
        files.append(folder / f"{name}.{kind}")
        write(page, files[-1])
    return files
