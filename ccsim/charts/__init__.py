"""Pictures of results. A new chart is one function in a file here, registered with `@chart` and imported below."""

# ruff: noqa: I001  charts are saved and reported in the order in which their files are imported
from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ccsim.charts import service, waiting, staffing, conversations, agents, thread, outcomes  # noqa: F401
from ccsim.charts import style
from ccsim.charts.registry import CHARTS
from ccsim.experiment.results import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["CHARTS", "FORMATS", "OVERVIEW", "applicable", "figure", "overview", "save", "write"]

OVERVIEW: Final = "overview"
"""Name of the page that shows several charts side by side."""

SIDE_BY_SIDE: Final = ("service_level", "conversations", "waiting", "staffing")
"""The charts of the overview, two in a row, as far as they apply."""

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
    """The charts of SIDE_BY_SIDE under the scenario's name; `pages` may hold some that are drawn already."""
    import numpy as np

    drawn = pages or {}
    names = [name for name in SIDE_BY_SIDE if CHARTS[name].applies(results)]
    shown = [drawn.get(name) or figure(name, results, theme) for name in names]
    width, head = 1.4 * style.WIDTH, 0.45
    across = width / 2
    depth = across * style.HEIGHT / style.WIDTH
    with style.styled(theme):
        page = style.page()
        page.set_layout_engine(None)
        height = head + depth * -(-len(shown) // 2)
        page.set_size_inches(width, height)
        variant = f", variant {results.variant}" if results.variant else ""
        page.suptitle(style.short(f"{results.scenario.name}{variant}", 100), x=style.MARGIN / width,
                      y=1 - 0.1 / height, ha="left", va="top", fontsize=16, fontweight="bold")  # fmt: skip
        for place, one in enumerate(shown):
            row, column = divmod(place, 2)
            one.canvas.draw()
            bottom = 1 - (head + (row + 1) * depth) / height
            ax = page.add_axes((column / 2, bottom, 0.5, depth / height))
            ax.imshow(np.asarray(one.canvas.buffer_rgba()))  # type: ignore[attr-defined]
            ax.set_axis_off()
    return page


def write(page: Figure, file: Path) -> None:
    """The figure as a file of the kind that its name ends in; the same figure gives the same bytes."""
    import matplotlib

    undated: dict[str, Any] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
    content = BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "ccsim", "pdf.fonttype": 42}):
        page.savefig(content, format=file.suffix[1:], dpi=style.DPI, metadata=undated.get(file.suffix))
    file.write_bytes(content.getvalue())


def save(
    results: Results, folder: Path, names: Iterable[str] = (), form: str = "png", theme: str = "light"
) -> list[Path]:
    """Charts as files of one of FORMATS in the folder, which must exist; returns the files.

    They are those named, else all that apply and the overview.
    """
    names = list(names) or [*applicable(results), OVERVIEW]
    pages = {name: figure(name, results, theme) for name in names if name != OVERVIEW}
    if OVERVIEW in names:
        pages[OVERVIEW] = overview(results, theme, pages)
    files = []
    for name, page in pages.items():
        files.append(folder / f"{name}.{form}")
        write(page, files[-1])
    return files
