"""How every chart looks: the size of a slide, light or dark, in colours that colour-blind people tell apart.

A queue has the same colour (and dash) in every chart of a scenario, by its place in the file.
"""

from __future__ import annotations

import math
import textwrap
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ccsim.errors import Problem, ScenarioError
from ccsim.scenario.faults import did_you_mean, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

WIDTH: Final = 12.0
"""Inches, of every chart."""

HEIGHT: Final = 6.75
"""Inches: with WIDTH the shape of a slide; only charts of more than twelve panels are higher."""

DPI: Final = 132
"""Of pictures made of pixels: whole numbers of them, sharp over the whole width of a page and on paper."""

MARGIN: Final = 0.14
"""Inches left free around title, note and legend."""

SMALL: Final = 9.0
"""Points: the least size of a text, readable when a chart fills a slide."""


@dataclass(frozen=True)
class Theme:
    """Colours by what they mean."""

    paper: str
    ink: str
    quiet: str
    """notes, axes, areas without a queue"""
    grid: str
    closed: str
    """outside opening hours"""
    queues: tuple[str, ...]
    """Okabe and Ito's palette without its yellow, which is lost on white; brighter on black"""
    ages: tuple[str, ...]
    """six steps from fresh to old"""
    levels: tuple[str, ...]
    """seven steps from far below the target (orange) over the target itself to far above it (blue)"""
    sessions: tuple[str, ...]
    """one, two, three or more at once"""
    work: str
    session: str
    """capacity held, in no work: the agent waits for the customer"""
    kept_waiting: str
    """the customer waits for the agent"""
    reread: str
    wrap_up: str
    ring: str
    pause: str


THEMES: Final = {
    "light": Theme(
        paper="#FFFFFF",
        ink="#222222",
        quiet="#666666",
        grid="#DDDDDD",
        closed="#EAEAEA",
        queues=("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"),
        ages=("#FCE6AE", "#FBC158", "#EE8E22", "#C65A0F", "#8A300A", "#451304"),
        levels=("#8C3A00", "#D55E00", "#F4B183", "#F7F7F7", "#BBDCF0", "#74B5DC", "#2F86BD"),
        sessions=("#BFDDF2", "#56A5D8", "#0B4F86"),
        work="#0072B2",
        session="#BFDDF2",
        kept_waiting="#F0E442",
        reread="#D55E00",
        wrap_up="#CC79A7",
        ring="#8A8A8A",
        pause="#C4C4C4",
    ),
    "dark": Theme(
        paper="#16191D",
        ink="#F0F2F4",
        quiet="#AAB2BA",
        grid="#363C43",
        closed="#252A30",
        queues=("#3F9FE8", "#F5803A", "#22C493", "#E29AC6", "#F3B93B", "#A6DCF8"),
        ages=("#5B2408", "#8E3C0B", "#C86014", "#F0902C", "#FBC462", "#FFF0C4"),
        levels=("#FFB27A", "#E0701F", "#7D4A2A", "#2A3036", "#28506C", "#33749F", "#55A9DE"),
        sessions=("#23476A", "#3F8FD6", "#B5DCFA"),
        work="#3F9FE8",
        session="#23476A",
        kept_waiting="#D9CF3A",
        reread="#F5803A",
        wrap_up="#E29AC6",
        ring="#8C949C",
        pause="#50575F",
    ),
}
"""What `--theme` offers."""

_theme: ContextVar[Theme] = ContextVar("theme", default=THEMES["light"])


def now() -> Theme:
    """The colours of the chart that is being drawn."""
    return _theme.get()


@contextmanager
def styled(theme: str = "light") -> Iterator[None]:
    """The style while figures are drawn; matplotlib's own settings come back afterwards.

    Raises ScenarioError for a name that is not in THEMES.
    """
    import matplotlib

    if theme not in list(THEMES):
        raise ScenarioError([Problem("theme", shown(theme), did_you_mean(str(theme), THEMES))])
    colours = THEMES[theme]
    settings: dict[Any, Any] = {
        "font.family": "DejaVu Sans",
        "font.size": 10,
        "text.parse_math": False,  # names are text
        "axes.titlesize": 11,
        "axes.titlelocation": "left",
        "axes.titlepad": 5,
        "axes.titley": 1.0,  # else matplotlib measures every tick to see whether one stands where the title does
        "axes.labelsize": 10,
        "axes.facecolor": colours.paper,
        "figure.facecolor": colours.paper,
        "savefig.facecolor": "auto",
        "axes.edgecolor": colours.quiet,
        "axes.labelcolor": colours.ink,
        "text.color": colours.ink,
        "xtick.color": colours.quiet,
        "ytick.color": colours.quiet,
        "xtick.labelcolor": colours.ink,
        "ytick.labelcolor": colours.ink,
        "xtick.labelsize": SMALL,
        "ytick.labelsize": SMALL,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.grid.axis": "y",
        "grid.color": colours.grid,
        "grid.linewidth": 0.6,
        "axes.axisbelow": True,
        "lines.linewidth": 1.6,
        "legend.frameon": False,
        "legend.fontsize": 10,
        "legend.labelcolor": colours.ink,
    }
    before = _theme.set(colours)
    try:
        with unsettled():
            matplotlib.rcParams.update(settings)
            yield
    finally:
        _theme.reset(before)


@contextmanager
def unsettled() -> Iterator[None]:
    """matplotlib as it comes, whatever a matplotlibrc says, in the working folder or elsewhere."""
    import matplotlib

    # of each character that the font lacks, as of Chinese names, a line with a path of ours: a box stands for it
    warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        yield


def page(height: float = HEIGHT) -> Figure:
    """An empty figure of that many inches, without pyplot's global state."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def look(queue: int) -> dict[str, Any]:
    """Colour and dash of the queue with this number."""
    colours, dashes = now().queues, ("-", (0, (4, 1.5)))
    return {"color": colours[queue % len(colours)], "linestyle": dashes[queue // len(colours) % len(dashes)]}


LINES: Final = 12
"""Queues that `look` tells apart."""


def colour(queue: int) -> str:
    """Colour of the queue with this number."""
    return str(look(queue)["color"])


STEPS: Final = 64
"""Of a scale of colours: as many as can be distinguished."""


def diverging() -> Colormap:
    """From far below a target to far above it."""
    from matplotlib.colors import LinearSegmentedColormap

    return _scale(LinearSegmentedColormap.from_list("levels", now().levels), 0, 1)


def rising() -> Colormap:
    """From low to high, the same in every theme."""
    from matplotlib import colormaps

    return _scale(colormaps["cividis"], 0, 1, red=0)


def shades() -> Colormap:
    """From low to high for lines, without the end of the scale that is lost on the paper."""
    from matplotlib import colormaps

    ends = (0.0, 0.85) if now() is THEMES["light"] else (0.35, 1.0)
    return _scale(colormaps["cividis"], *ends, red=1)


def _scale(colours: Colormap, low: float, high: float, red: int | None = None) -> Colormap:
    """That part of the colours in STEPS, each in whole parts of 255; of those that are called by their value (see
    `charts.svg`) the parts of red are even or odd, so that no two scales have the same."""
    import numpy as np
    from matplotlib.colors import ListedColormap

    parts = np.rint(255 * colours(np.linspace(low, high, STEPS))[:, :3]).astype(int)
    if red is not None:
        parts[:, 0] = parts[:, 0] // 2 * 2 + red
    return ListedColormap(np.minimum((parts + 0.25) / 255, 1.0))  # matplotlib rounds for paths and cuts off for images


def short(name: str, most: int = 32) -> str:
    """A name that fits into so many characters."""
    name = " ".join(name.split())
    return name if len(name) <= most else f"{name[: most - 1]}…"


# ── the page around the panels ───────────────────────────────────────────────────────────────────────────────────────


def headline(
    figure: Figure,
    title: str,
    note: str,
    *,
    left_out: str = "",
    above: Sequence[Any] = (),
    beside: Sequence[Any] = (),
) -> None:
    """The title, what the colours mean (a legend's handles `above` or `beside` the panels), and at the bottom the note:
    what the picture is made of (n, interval, replications), and of a run what is `left_out`. The panels get the rest of
    the page."""
    width, height = figure.get_figwidth(), figure.get_figheight()
    figure.suptitle(title, x=MARGIN / width, y=1 - MARGIN / height, ha="left", va="top", fontsize=15, fontweight="bold")
    if left_out:
        note += f" {left_out}; all are in summary.csv and intervals.csv."
    lines = textwrap.wrap(note, 165)
    figure.supxlabel(
        "\n".join(lines), x=MARGIN / width, y=MARGIN / height, ha="left", va="bottom", fontsize=SMALL, color=now().quiet
    )
    top, bottom, right = 0.5, 2 * MARGIN + 0.155 * len(lines), 0.0
    if above:
        top += _legend(figure, above, "upper left", MARGIN, height - top, len(above))[1] + 0.06
    if beside:
        right = _legend(figure, beside, "upper right", width - MARGIN, height - top, 1)[0] + MARGIN
    engine: Any = figure.get_layout_engine()
    pad = 0.5 * MARGIN
    engine.set(
        rect=(pad / width, bottom / height, 1 - (right + 2 * pad) / width, 1 - (top + bottom) / height),
        w_pad=0.06,
        h_pad=0.06,
    )


def _legend(
    figure: Figure, handles: Sequence[Any], corner: str, x: float, y: float, columns: int
) -> tuple[float, float]:
    """Width and height of a legend with that corner at (x, y), all in inches; in fewer columns where it is too wide."""
    width, height = figure.get_figwidth(), figure.get_figheight()
    where: Any = corner
    legend = figure.legend(
        handles=list(handles), loc=where, bbox_to_anchor=(x / width, y / height), ncols=columns, borderpad=0,
        borderaxespad=0, handlelength=1.6, columnspacing=1.6, labelspacing=0.4,
    )  # fmt: skip
    legend.set_in_layout(False)
    box = legend.get_window_extent()
    if columns > 1 and box.width / figure.dpi > width - 2 * MARGIN:
        legend.remove()
        return _legend(figure, handles, corner, x, y, columns - 1)
    return box.width / figure.dpi, box.height / figure.dpi


def height_for(panels: int) -> float:
    """Inches that so many panels need, title and note included."""
    return max(HEIGHT, 1.35 * (math.ceil(panels / panel_columns(panels)) + 1))


def panel_columns(count: int) -> int:
    """Columns in which so many panels over time stand: each is wide as long as it is high enough."""
    return 1 if count <= 4 else 2 if count <= 8 else 3


def panels(
    figure: Figure,
    names: Iterable[str],
    details: Iterable[str] = (),
    *,
    columns: int | None = None,
    share_y: bool = False,
) -> list[Axes]:
    """A small picture a name over one time axis; `details` stand beside or below the name."""
    names, details = list(names), list(details)
    if not names:
        return []
    columns = columns or panel_columns(len(names))
    rows = math.ceil(len(names) / columns)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=share_y)
    axes: list[Axes] = list(grid.ravel(order="C"))
    for spare in axes[len(names) :]:
        spare.set_axis_off()
    # The panel above an empty place carries the time axis itself.
    for place in range(max(0, len(names) - columns), len(names)):
        axes[place].tick_params(labelbottom=True)
    for ax, name, detail in zip(axes, names, details or [""] * len(names), strict=False):
        name_panel(ax, name, detail, columns)
    return axes[: len(names)]


def name_panel(ax: Axes, name: str, detail: str, columns: int) -> None:
    """The panel's name above it and `detail` beside it, or below it where panels stand in several columns."""
    name, bold = short(name, {1: 60, 2: 40}.get(columns, 28)), {"fontweight": "bold"}
    quiet: dict[str, Any] = {"fontsize": SMALL, "color": now().quiet}
    if columns == 1:
        ax.set_title(name, bold)
        ax.set_title(detail, loc="right", **quiet)
    elif not detail:
        ax.set_title(name, bold)
    else:
        ax.set_title(detail, **quiet)
        ax.annotate(name, (0, 1), xycoords="axes fraction", xytext=(0, 18), textcoords="offset points", fontsize=11,
                    annotation_clip=False, fontweight="bold")  # fmt: skip


def lowest(ax: Axes) -> bool:
    """Whether no other panel is below: there the x axis is labelled."""
    place = ax.get_subplotspec()
    if place is None or place.is_last_row():
        return True
    others = [other for other in ax.figure.axes if other.axison and (spec := other.get_subplotspec()) is not None
              and spec.colspan.start == place.colspan.start and spec.rowspan.start > place.rowspan.start]  # fmt: skip
    return not others


def label_y(ax: Axes, label: str) -> None:
    """The y axis' label, once in a row of panels."""
    place = ax.get_subplotspec()
    if place is None or place.is_first_col():
        many = place is not None and place.get_gridspec().nrows > 3
        ax.set_ylabel(label, fontsize=SMALL if many else None)


# ── parts of panels ──────────────────────────────────────────────────────────────────────────────────────────────────


def whole_numbers(ax: Axes, steps: int = 4) -> None:
    """At most so many steps between ticks, at whole numbers only: there is no half agent."""
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    ax.yaxis.set_major_locator(MaxNLocator(nbins=steps, integer=True))
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def cross(ax: Axes, x: float, y: float, colour: Any) -> None:
    """A target: a big plus in the colour of its queue, outlined so that lines do not hide it."""
    ax.plot(
        [x], [y], marker="P", markersize=11, color=colour, markeredgecolor=now().paper, markeredgewidth=1.2, zorder=5
    )


def patch(label: str, colour: str, alpha: float = 1.0) -> Any:
    """A legend's entry for an area."""
    from matplotlib.patches import Patch

    return Patch(facecolor=colour, alpha=alpha, label=label, linewidth=0)


def line(label: str, colour: str, **how: Any) -> Any:
    """A legend's entry for a line or a marker."""
    from matplotlib.lines import Line2D

    return Line2D([], [], color=colour, label=label, **how)


def percent_axis(ax: Axes, label: str) -> None:
    """0 to 100 %, with room for a line at the edge."""
    ax.set_ylim(-3, 103)
    ax.set_yticks(range(0, 101, 25))
    label_y(ax, label)


def bars(ax: Axes, boxes: Iterable[tuple[float, float, float, float]], colour: str, **how: Any) -> None:
    """Boxes (left, right, bottom, top) of one colour, in data units, as one artist."""
    from matplotlib.collections import PolyCollection

    corners = [((left, low), (right, low), (right, high), (left, high)) for left, right, low, high in boxes]
    if corners:
        ax.add_collection(PolyCollection(corners, facecolors=colour, **({"linewidths": 0} | how)), autolim=False)
