"""Differences of variants to their baseline."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from ccsim.charts import style
from ccsim.results import format
from ccsim.results.comparison import Comparison, VariantResult, outside
from ccsim.results.figures import MetricPlace
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

EXTREME: Final = 4.0
"""A variant so many times farther off than all others is shown at the edge, with its figure."""

UNITS: Final = {"share": "percentage points", "h": "hours"}
TIMES: Final = {"h": "hours", "m": "minutes", "s": "seconds"}


def differences(comparison: Comparison, theme: str = "light") -> Figure:
    """A panel a figure, a line a variant: the difference to the baseline with its 95 % interval."""
    others = comparison.variants[1:]
    figures = [f for f in comparison.headline if any(_difference(comparison, variant, f) for variant in others)]
    columns = min(COLUMNS, len(figures))
    rows = math.ceil(len(figures) / columns)
    names = [format.folded(comparison.labels[variant.name], NAME) for variant in others]
    height = len(names) * max(ROW, LINE * max(name.count("\n") + 2 for name in names))
    with style.styled(theme):
        page = style.page(1.0 + rows * (0.95 + height))
        axes = page.subplots(rows, columns, squeeze=False, sharey=True).ravel()
        for ax in axes[len(figures) :]:
            ax.set_axis_off()
        beyond = False
        for ax, figure in zip(axes, figures, strict=False):
            beyond |= _panel(comparison, figure, ax)
            ax.set_yticks(range(len(names)), names)
        axes[0].set_ylim(len(names) - 0.5, -0.5)
        base = style.short(comparison.labels[comparison.baseline.name])
        runs = format.several(comparison.replications, "replication")
        style.headline(
            page,
            f"Differences to {base}",
            f"{runs} on the same random numbers; in brackets {base}; line: 95 % interval of the paired difference; "
            f"filled: zero is outside it{'; arrow: beyond the axis' if beyond else ''}.",
        )
    return page


def _panel(comparison: Comparison, figure: MetricPlace, ax: Axes) -> bool:
    """Draws it; whether a difference lies beyond its axis."""
    from matplotlib.ticker import MaxNLocator

    definition = figure.definition
    own = comparison.estimate(comparison.baseline, figure)
    estimates = [_difference(comparison, variant, figure) for variant in comparison.variants[1:]]
    reach = [0.0 if each is None else max(abs(end) for end in each if not math.isnan(end)) for each in estimates]
    widest = _shown(reach)
    size, name = format.difference_scale(definition.unit, widest)
    unit = TIMES.get(name) or UNITS.get(definition.unit, definition.unit)
    if unit == "money":
        unit = comparison.baseline.results.scenario.currency or unit
    side = {"higher": "better →", "lower": "← better", "none": ""}[definition.better]
    at = "" if own is None else f" ({format.quantity(definition.unit, own.mean)})"
    ax.set_title(f"{style.short(comparison.title(figure.name))}\n{figure.metric.replace('_', ' ')}{at}")
    ax.set_xlabel(unit if not side else f"{unit}, {side}")
    ax.axvline(0, color=style.now().ink, linewidth=1)
    for row, difference in enumerate(estimates):
        colour = style.now().queues[row % len(style.now().queues)]
        if difference is None:
            ax.annotate(format.NO_DATA, (0.02, row), xycoords=("axes fraction", "data"), va="center")
        elif reach[row] > widest:
            _beyond(ax, row, difference, colour, definition.unit)
        else:
            _whisker(ax, row, Estimate(*(end / size for end in difference)), colour)
    beyond = max(reach) > widest
    widest = 1.1 * widest / size or 1.0
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
    return beyond


def _shown(reach: Sequence[float]) -> float:
    """How far the axis goes: to the farthest, but for a single one that would squeeze all others."""
    *others, farthest = sorted(reach)
    return others[-1] if len(others) > 1 and 0 < EXTREME * others[-1] < farthest else farthest


def _beyond(ax: Axes, row: int, difference: Estimate, colour: Any, unit: str) -> None:
    """A difference that lies beyond the axis: an arrow at its edge, and the figure."""
    right = difference.mean > 0
    text = format.difference(unit, difference.mean, difference.high - difference.mean)
    ax.plot(
        0.97 if right else 0.03, row, marker=">" if right else "<", color=colour, markersize=7,
        transform=ax.get_yaxis_transform(), clip_on=False,
    )  # fmt: skip
    ax.annotate(
        text, (0.92 if right else 0.08, row), xycoords=ax.get_yaxis_transform(), ha="right" if right else "left",
        va="center", fontsize=7, color=style.now().ink,
    )  # fmt: skip


def _difference(comparison: Comparison, variant: VariantResult, figure: MetricPlace) -> Estimate | None:
    """None also where one of the two has no data."""
    difference = comparison.difference(variant, figure)
    return None if difference is None or math.isnan(difference.mean) else difference


def _whisker(ax: Axes, row: int, difference: Estimate, colour: Any) -> None:
    fill = colour if outside(difference) else style.now().paper
    if not math.isnan(difference.low):
        ax.plot(difference[1:], (row, row), color=colour, linewidth=2, solid_capstyle="butt")
    ax.plot(difference.mean, row, marker="o", markersize=6, color=colour, markerfacecolor=fill, markeredgewidth=1.5)
