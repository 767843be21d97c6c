"""How every chart looks: colours that colour-blind people tell apart, axes in the planner's units, closed hours grey.

A queue has the same colour (and dash) in every chart of a scenario, by its place in the file.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ccsim.experiment import words
from ccsim.experiment.results import Results
from ccsim.scenario.model import Scenario
from ccsim.tables import SECOND

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

HOUR: Final = 3600 * SECOND

WIDTH: Final = 11.0
"""Inches; a chart is as high as it needs."""

COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's palette without its yellow, which is lost on white."""

DASHES: Final = ("-", (0, (4, 1.5)))
INK: Final = "#222222"
QUIET: Final = "#6B6B6B"
CLOSED: Final = "#E9E9E9"
TARGET: Final = "#222222"

RC: Final[dict[Any, Any]] = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "lines.linewidth": 1.4,
    "legend.frameon": False,
    "legend.fontsize": 9,
}

DPI: Final = 130


def styled() -> AbstractContextManager[None]:
    """The style while figures are drawn; matplotlib's own settings come back afterwards."""
    import matplotlib

    return matplotlib.rc_context(RC)


def page(width: float, height: float) -> Figure:
    """An empty figure of that size in inches, without pyplot's global state."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def look(queue: int) -> dict[str, Any]:
    """Colour and dash of the queue with this number."""
    return {"color": COLOURS[queue % len(COLOURS)], "linestyle": DASHES[queue // len(COLOURS) % len(DASHES)]}


def headline(figure: Figure | SubFigure, title: str, note: str) -> None:
    """The title above, and below what the picture is made of (n, interval, replications)."""
    figure.suptitle(title, x=0.01, ha="left", fontsize=12.5, fontweight="bold")
    figure.supxlabel(note, x=0.01, ha="left", fontsize=8.5, color=QUIET)


def panels(figure: Figure | SubFigure, titles: Iterable[str], *, share_y: bool = False) -> list[Axes]:
    """A small picture a title over one time axis: below one another, in two columns from five on."""
    titles = list(titles)
    if not titles:
        return []
    columns = panel_columns(len(titles))
    rows = math.ceil(len(titles) / columns)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=share_y)
    axes: list[Axes] = list(grid.ravel(order="C"))
    for spare in axes[len(titles) :]:
        spare.set_axis_off()
    # The panel above an empty place carries the time axis itself.
    for place in range(len(titles) - columns, len(titles)):
        if place >= 0:
            axes[place].tick_params(labelbottom=True)
    for ax, title in zip(axes, titles, strict=False):
        ax.set_title(title)
    return axes[: len(titles)]


def panel_columns(count: int) -> int:
    return 1 if count <= 4 else 2


def panels_height(count: int) -> float:
    """Inches for so many panels and the headline."""
    rows = math.ceil(count / panel_columns(count))
    return 1.1 + max(1.75 * rows, 3.0)


def hours(times: NDArray[Any]) -> NDArray[np.float64]:
    """Microseconds as hours since the scenario's start, the x of every time axis."""
    return np.asarray(times, dtype=np.float64) / HOUR


def time_axis(results: Results, ax: Axes) -> None:
    """Days of the horizon at the bottom: with hours for up to two days, every day up to ten, else every week."""
    calendar_axis(results.scenario, ax)


def calendar_axis(scenario: Scenario, ax: Axes) -> None:
    """As `time_axis`, before anything has been run."""
    calendar, count = scenario.calendar, scenario.days
    midnights = hours(calendar.midnights(count))
    days = [scenario.start + timedelta(days=i) for i in range(count)]
    place = ax.get_subplotspec()
    lowest = place is None or place.is_last_row()
    ax.set_xlim(midnights[0], midnights[-1])
    if count <= 2:
        clock = [(calendar.at(day, hour * HOUR), hour) for day in range(count) for hour in range(0, 24, 3 * count)]
        ax.set_xticks([at / HOUR for at, _ in clock], [f"{hour:02d}:00" for _, hour in clock])
        if lowest:
            ax.set_xlabel("time of day, " + ", ".join(words.day(day) for day in days))
        return
    every = 1 if count <= 10 else 7
    labels = [words.day(day) for day in days[::every]]
    # "Mon 2" for days, "2 Mar" for weeks: the axis' label tells the rest
    labels = [label.rsplit(" ", 1)[0] if every == 1 else label.split(" ", 1)[1] for label in labels]
    ax.set_xticks(midnights[:-1:every], labels, ha="left")
    ax.set_xticks(midnights, minor=True)
    ax.grid(visible=True, axis="x")
    if lowest:
        ax.set_xlabel(f"{words.day(days[0])} to {words.day(days[-1])} {days[-1].year}")


def shade_closed(results: Results, ax: Axes, queue: int) -> None:
    """Grey where the queue is closed."""
    plan = results.plan
    spans = slice(plan.hours_offset[queue], plan.hours_offset[queue + 1])
    opens, closes = plan.opens[spans], plan.closes[spans]
    edges = np.concatenate([[0], np.clip(np.stack([opens, closes], axis=1).ravel(), 0, plan.end), [plan.end]])
    for left, right in edges.reshape(-1, 2).tolist():
        if right > left:
            ax.axvspan(left / HOUR, right / HOUR, color=CLOSED, linewidth=0, zorder=0)


def short(name: str) -> str:
    """A name that fits above a small panel."""
    return name if len(name) <= 32 else f"{name[:31]}…"


def whole_numbers(ax: Axes) -> None:
    """Ticks at whole numbers only: there is no half agent."""
    from matplotlib.ticker import MaxNLocator

    ax.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))


def cross(ax: Axes, x: float, y: float, colour: Any) -> None:
    """A target: a big plus in the colour of its queue, outlined so that lines do not hide it."""
    ax.plot([x], [y], marker="P", markersize=10, color=colour, markeredgecolor="white", markeredgewidth=1, zorder=5)


def legend(figure: Figure | SubFigure, handles: list[Any], *, above: bool) -> None:
    """What the colours mean, outside the panels where it hides nothing: in a row above them, or down their side."""
    place = {"loc": "outside upper right", "ncols": len(handles)} if above else {"loc": "outside right upper"}
    figure.legend(handles=handles, **place)


def patch(label: str, colour: str, alpha: float = 1.0) -> Any:
    """A legend's entry for an area."""
    from matplotlib.patches import Patch

    return Patch(facecolor=colour, alpha=alpha, label=label)


def percent_axis(ax: Axes, label: str) -> None:
    """0 to 100 %, with room for a line at the edge."""
    ax.set_ylim(-3, 103)
    ax.set_yticks(range(0, 101, 25))
    ax.set_ylabel(label)
