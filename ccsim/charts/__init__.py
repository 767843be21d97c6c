"""Pictures of results. A new chart is one function in a file here, registered with `@chart` and imported below."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from ccsim.charts import conversations, service, staffing, style, waiting
from ccsim.charts.registry import CHARTS
from ccsim.experiment.results import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["CHARTS", "OVERVIEW", "figure", "overview", "save"]

_FAMILIES: Final = (service, waiting, staffing, conversations)

OVERVIEW: Final = (("service_level", "conversations"), ("waiting", "staffing"))
"""The planner's page: rows of charts."""


def figure(name: str, results: Results) -> Figure:
    """The chart of that name as a figure of its own.

    Raises `KeyError` for a name that is not in CHARTS.
    """
    chart = CHARTS[name]
    with style.styled():
        page = style.page(style.WIDTH, chart.height(results))
        chart.draw(results, page)
    return page


def overview(results: Results) -> Figure:
    """The charts of OVERVIEW on one page."""
    heights = [max(CHARTS[name].height(results) for name in row) for row in OVERVIEW]
    with style.styled():
        page = style.page(1.5 * style.WIDTH, sum(heights) + 0.5)
        variant = f", variant {results.variant}" if results.variant else ""
        page.suptitle(f"{results.scenario.name}{variant}", x=0.01, ha="left", fontsize=16, fontweight="bold")
        for row, names in zip(
            page.subfigures(len(OVERVIEW), 1, height_ratios=heights, squeeze=False)[:, 0], OVERVIEW, strict=True
        ):
            for part, name in zip(row.subfigures(1, len(names), squeeze=False)[0], names, strict=True):
                CHARTS[name].draw(results, part)
    return page


def save(results: Results, folder: Path) -> None:
    """Every chart and the overview as PNG in the folder, which must exist."""
    pages = {name: figure(name, results) for name in CHARTS} | {"overview": overview(results)}
    for name, page in pages.items():
        page.savefig(folder / f"{name}.png", dpi=style.DPI)
