"""Differences of variants to their baseline."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ccsim.charts import style
from ccsim.results import format
from ccsim.results.comparison import Comparison, MetricPlace, VariantResult, outside
from ccsim.stats.estimate import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS: Final = 3
NAME: Final = 22
"""Characters of a line of a variant's name."""
ROW: Final = 0.32
"""Inches for a variant."""
LINE: Final = 0.15
"""Inches for a line of its name."""

UNITS: Final = {"share": "percentage points", "h": "hours"}
TIMES: Final = {"h": "hours", "m": "minutes", "s": "seconds"}


def differences(comparison: Comparison, theme: str = "light") -> Figure:
    """A panel a figure, a line a variant: the difference to the baseline with its 95 % interval."""
    others = comparison.variants[1:]
    figures = [f for f in comparison.headline if any(_difference(comparison, variant, f) for variant in others)]
    columns = min(COLUMNS, len(figures))
    rows = math.ceil(len(figures) / columns)
    names = [format.folded(variant.name, NAME) for variant in others]
    height = len(names) * max(ROW, LINE * max(name.count("\n") + 2 for name in names))
    with style.styled(theme):
        page = style.page(1.0 + rows * (0.95 + height))
        axes = page.subplots(rows, columns, squeeze=False, sharey=True).ravel()
        for ax in axes[len(figures) :]:
            ax.set_axis_off()
        for ax, figure in zip(axes, figures, strict=False):
            _panel(comparison, figure, ax)
            ax.set_yticks(range(len(names)), names)
        axes[0].set_ylim(len(names) - 0.5, -0.5)
        base = style.short(comparison.baseline.name)
        runs = format.several(comparison.replications, "replication")
        style.headline(
            page,
            f"Differences to {base}",
            f"{runs} on the same random numbers; in brackets {base}; line: 95 % interval of the paired difference; "
            "filled: zero is outside it.",
        )
    return page


def _panel(comparison: Comparison, figure: MetricPlace, ax: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    definition = figure.definition
    own = comparison.estimate(comparison.baseline, figure)
    estimates = [_difference(comparison, variant, figure) for variant in comparison.variants[1:]]
    ends = [abs(end) for each in estimates if each is not None for end in each if not math.isnan(end)]
    size, name = format.difference_scale(definition.unit, max(ends, default=0.0))
    unit = TIMES.get(name) or UNITS.get(definition.unit, definition.unit)
    side = {"higher": "better →", "lower": "← better", "none": ""}[definition.better]
    at = "" if own is None else f" ({format.quantity(definition.unit, own.mean)})"
    ax.set_title(f"{style.short(figure.name)}\n{figure.metric.replace('_', ' ')}{at}")
    ax.set_xlabel(unit if not side else f"{unit}, {side}")
    ax.axvline(0, color=style.now().ink, linewidth=1)
    for row, difference in enumerate(estimates):
        colour = style.now().queues[row % len(style.now().queues)]
        if difference is None:
            ax.annotate(format.NO_DATA, (0.02, row), xycoords=("axes fraction", "data"), va="center")
        else:
            _whisker(ax, row, Estimate(*(end / size for end in difference)), colour)
    widest = 1.1 * max(ends, default=0.0) / size or 1.0
    ax.set_xlim(-widest, widest)
    if side:
        ax.axvspan(
            0,
            widest if definition.better == "higher" else -widest,
            color=style.now().queues[2],
            alpha=0.1,
            linewidth=0,
            zorder=0,
        )
    ax.xaxis.set_major_locator(MaxNLocator(nbins=4))
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")


def _difference(comparison: Comparison, variant: VariantResult, figure: MetricPlace) -> Estimate | None:
    """None also where one of the two has no data."""
    difference = comparison.difference(variant, figure)
    return None if difference is None or math.isnan(difference.mean) else difference


def _whisker(ax: Axes, row: int, difference: Estimate, colour: Any) -> None:
    fill = colour if outside(difference) else style.now().paper
    if not math.isnan(difference.low):
        ax.plot(difference[1:], (row, row), color=colour, linewidth=2, solid_capstyle="butt")
    ax.plot(difference.mean, row, marker="o", markersize=6, color=colour, markerfacecolor=fill, markeredgewidth=1.5)


def save(comparison: Comparison, folder: Path) -> None:
    """The chart as differences.png in the folder, which must exist."""
    differences(comparison).savefig(folder / "differences.png", dpi=style.DPI)
