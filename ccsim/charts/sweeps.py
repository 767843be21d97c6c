"""Pictures of a sweep: what each setting does, two of them together, and what service costs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ccsim.charts import style
from ccsim.charts.sensitivity import sensitivity
from ccsim.lowering import lower
from ccsim.metrics import TOTAL
from ccsim.results import format
from ccsim.results.figures import MetricPlace
from ccsim.results.sweeps import Formula, Spread, Sweep
from ccsim.results.targets import bounds
from ccsim.scenario.design import Setting
from ccsim.stats.estimate import Estimate
from ccsim.tables import F64

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COST: Final = MetricPlace("total", "total", "cost")
LINES: Final = 6
"""Levels of a second setting that are named."""


def pages(sweep: Sweep, figures: Sequence[MetricPlace]) -> dict[str, Callable[..., Figure]]:
    """By name what draws each picture for which the sweep has data, in the theme that it is given."""
    estimates_by_figure = {figure: sweep.estimates(figure) for figure in dict.fromkeys([*figures, COST])}
    # what is without data or nothing throughout (no cost is given) has nothing to show
    known = {
        figure: estimates
        for figure, estimates in estimates_by_figure.items()
        if any(abs(e.mean) > 0 for e in estimates)
    }
    wanted = [figure for figure in figures if figure in known]
    if not wanted:
        return {}
    drawn: dict[str, Callable[..., Figure]] = {"curves": partial(curves, sweep, wanted, known)}
    if len(sweep.design.settings) > 1 and all(setting.levels for setting in sweep.design.settings[:2]):
        drawn["heat_map"] = partial(heat_map, sweep, wanted, known)
    judged = [figure for figure in wanted if figure != COST and figure.definition.better != "none"]
    if judged and COST in known:
        drawn["frontier"] = partial(frontier, sweep, judged, known)
    if len({row.value for row in sweep.spread}) > 1 and any(figure.metric == "service_level" for figure in figures):
        drawn["sensitivity"] = partial(spread, sweep)
    if sweep.alone:
        drawn["tornado"] = partial(tornado, sweep, wanted)
    return drawn


def curves(
    sweep: Sweep, figures: Sequence[MetricPlace], known: dict[MetricPlace, list[Estimate]], theme: str = "light"
) -> Figure:
    """A row a figure, a column a setting: in a grid the mean over all other settings, else every point."""
    settings, goals = sweep.design.settings, _goals(sweep)
    with style.styled(theme):
        page = style.page(1.1 + 2.0 * len(figures))
        grid = page.subplots(len(figures), len(settings), squeeze=False, sharex="col", sharey="row")
        for row, figure in enumerate(figures):
            for column, setting in enumerate(settings):
                _curve(sweep, grid[row][column], column, known[figure], figure)
                if row == len(figures) - 1:
                    _setting_axis(grid[row][column], setting)
                _target(grid[row][column], goals.get(figure))
            grid[row][0].set_ylabel(_label(sweep, figure))
        what = "every point of the design" if sweep.design.kind != "grid" else "mean over the other settings"
        if sweep.design.kind == "grid" and len(settings) <= 2:
            what = "a line each value of the other setting" if len(settings) == 2 else "area: 95 % interval"
        style.headline(page, "What each setting does", f"{_made_of(sweep)}; {what}.")
    return page


def _goals(sweep: Sweep) -> dict[MetricPlace, float]:
    """The targets of the scenario that is varied, by figure; of everything, where all queues have the same one."""
    wanted = {MetricPlace(*bound[:3]): bound[3] for bound in bounds(lower(sweep.design.base)[1])}
    for metric in dict.fromkeys(figure.metric for figure in wanted):
        every = {bound for figure, bound in wanted.items() if figure.metric == metric}
        if len(every) == 1:
            wanted[MetricPlace(TOTAL, TOTAL, metric)] = every.pop()
    return wanted


def _target(ax: Axes, wanted: float | None) -> None:
    """The line of a share that is wanted."""
    if wanted is not None:
        ax.axhline(100 * wanted, color=style.now().ink, linewidth=1.1, linestyle=(0, (5, 3)))
        ax.annotate(
            f"target {100 * wanted:.4g} %", (0.995, 100 * wanted), xycoords=ax.get_yaxis_transform(), ha="right",
            va="bottom", fontsize=7, color=style.now().ink,
        )  # fmt: skip


def _curve(sweep: Sweep, ax: Axes, column: int, estimates: list[Estimate], figure: MetricPlace) -> None:
    x = _places(sweep, column)
    table = np.array(estimates) * _scale(figure)
    settings = sweep.design.settings
    if sweep.design.kind != "grid":
        ax.plot(x, table[:, 0], ".", color=style.now().queues[0], alpha=0.6, markersize=4)
    elif len(settings) == 2:
        other = 1 - column
        of = _places(sweep, other)
        levels = np.unique(of)
        shades = style.shades()(np.linspace(0, 1, len(levels)))
        for level, colour in zip(levels, shades, strict=True):
            mine = of == level
            ax.plot(x[mine], table[mine, 0], marker=".", color=colour, label=_level_name(settings[other], level))
        place = ax.get_subplotspec()
        if place is not None and place.is_first_row():
            handles, labels = ax.get_legend_handles_labels()
            every = max(1, math.ceil(len(handles) / LINES))
            ax.legend(
                handles[::every], labels[::every], title=format.folded(settings[other].path, 40), fontsize=7,
                title_fontsize=7, ncols=len(handles[::every]), loc="lower center", bbox_to_anchor=(0.5, 1.0),
                handlelength=1, columnspacing=1,
            )  # fmt: skip
    else:
        order = np.unique(x)
        mean, low, high = np.array([[_mean(each) for each in table[x == at].T] for at in order]).T
        ax.plot(order, mean, marker=".", color=style.now().queues[0])
        if len(settings) == 1:
            ax.fill_between(order, low, high, color=style.now().queues[0], alpha=0.2, linewidth=0)


def spread(sweep: Sweep, theme: str = "light") -> Figure:
    """The service level of every replication against the one setting, beside what Erlang's formulas say."""
    from pandas import DataFrame

    formulas = DataFrame(sweep.formulas, columns=Formula._fields)
    by_name = {str(name): rows for name, rows in formulas.groupby("formula")}
    base = sweep.design.base
    targets = {goal.share for name in base.queue if (goal := base.judged(name).service_level)}
    with style.styled(theme):
        return sensitivity(
            DataFrame(sweep.spread, columns=Spread._fields),
            by_name,
            targets.pop() if len(targets) == 1 else math.nan,
            f"{_made_of(sweep)}. Formulas: interval by interval, each queue with the agents that have its skill.",
            varied=sweep.design.settings[0].titled,
        )


def heat_map(
    sweep: Sweep, figures: Sequence[MetricPlace], known: dict[MetricPlace, list[Estimate]], theme: str = "light"
) -> Figure:
    """A panel a figure over the first two settings, the mean over all others."""
    across, up = sweep.design.settings[:2]
    columns = min(3, len(figures))
    rows = math.ceil(len(figures) / columns)
    with style.styled(theme):
        page = style.page(1.1 + rows * 3.0)
        axes = page.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
        for spare in axes[len(figures) :]:
            spare.set_axis_off()
        x, y = _places(sweep, 0), _places(sweep, 1)
        at_x, at_y = np.unique(x), np.unique(y)
        for number, (ax, figure) in enumerate(zip(axes, figures, strict=False)):
            values = np.array([estimate.mean for estimate in known[figure]]) * _scale(figure)
            cells = np.array([[_mean(values[(x == a) & (y == b)]) for a in at_x] for b in at_y])
            image = ax.imshow(cells, origin="lower", aspect="auto", cmap=style.rising(), interpolation="none")
            page.colorbar(image, ax=ax)
            ax.set_title(_label(sweep, figure))
            ax.grid(visible=False)
            ax.tick_params(labelbottom=number + columns >= len(figures))
            if number + columns >= len(figures):
                ax.set_xlabel(format.folded(across.path, 44))
            if number % columns == 0:
                ax.set_ylabel(format.folded(up.path, 32))
            _ticks(ax, "x", [_level_name(across, level) for level in at_x])
            _ticks(ax, "y", [_level_name(up, level) for level in at_y])
            if cells.size <= 60 // columns * 3:
                _write_cells(ax, cells, figure)
        others = f"; mean over the other {format.several(len(sweep.design.settings) - 2, 'setting')}"
        style.headline(
            page, "Two settings together", _made_of(sweep) + (others if len(sweep.design.settings) > 2 else "") + "."
        )
    return page


ALMOST_WHITE: Final = "#FEFEFE"
"""Not the colour of any paper: it stays as it is on a dark page."""


def _write_cells(ax: Axes, cells: F64, figure: MetricPlace) -> None:
    low, high = np.nanmin(cells), np.nanmax(cells)
    for (row, column), value in np.ndenumerate(cells):
        if not math.isnan(value):
            bright = high > low and (value - low) / (high - low) > 0.55
            text = format.quantity(figure.definition.unit, value / _scale(figure)).removesuffix(" %")
            ax.text(column, row, text, ha="center", va="center", fontsize=7, color="black" if bright else ALMOST_WHITE)


def frontier(
    sweep: Sweep, figures: Sequence[MetricPlace], known: dict[MetricPlace, list[Estimate]], theme: str = "light"
) -> Figure:
    """A panel a figure against cost: every point, and the line of those that no other point beats in both."""
    goals = _goals(sweep)
    with style.styled(theme):
        columns = min(2, len(figures))
        rows = math.ceil(len(figures) / columns)
        page = style.page(1.1 + rows * 3.2)
        axes = page.subplots(rows, columns, squeeze=False, sharex=True).ravel()
        for spare in axes[len(figures) :]:
            spare.set_axis_off()
        cost = np.array([estimate.mean for estimate in known[COST]])
        for number, (ax, figure) in enumerate(zip(axes, figures, strict=False)):
            values = np.array([estimate.mean for estimate in known[figure]]) * _scale(figure)
            better = 1 if figure.definition.better == "higher" else -1
            ax.plot(cost, values, ".", color=style.now().quiet, alpha=0.5, markersize=5)
            best = unbeaten(cost, values * better)
            ax.plot(
                cost[best], values[best], marker="o", markersize=5, color=style.now().queues[1], drawstyle="steps-post"
            )
            named = -math.inf
            for point in best:
                if cost[point] - named < 0.08 * np.ptp(cost[~np.isnan(cost)]):
                    continue
                named = cost[point]
                ax.annotate(
                    _point_name(sweep, point), (cost[point], values[point]), fontsize=6.5, color=style.now().ink,
                    xytext=(5, -9 * better), textcoords="offset points", annotation_clip=False,
                )  # fmt: skip
            _target(ax, goals.get(figure))
            ax.margins(x=0.12, y=0.12)
            ax.set_ylabel(_label(sweep, figure))
            ax.tick_params(labelbottom=number + columns >= len(figures))
            if number + columns >= len(figures):
                ax.set_xlabel(_label(sweep, COST))
        style.headline(
            page,
            "What service costs",
            f"{_made_of(sweep)}; line: the points that no other beats in cost and in this.\n"
            f"Beside them: {', '.join(setting.path for setting in sweep.design.settings)}.",
        )
    return page


def unbeaten(cost: F64, good: F64) -> list[int]:
    """Points, by rising cost, than which none costs no more and is better: the Pareto frontier."""
    best: list[int] = []
    for point in np.lexsort((-good, cost)).tolist():
        if not math.isnan(cost[point] + good[point]) and (not best or good[point] > good[best[-1]]):
            best.append(point)
    return best


def tornado(sweep: Sweep, figures: Sequence[MetricPlace], theme: str = "light") -> Figure:
    """A panel a figure: how far each setting alone moves it, the strongest on top."""
    columns = min(2, len(figures))
    rows = math.ceil(len(figures) / columns)
    with style.styled(theme):
        page = style.page(1.2 + rows * (0.9 + 0.45 * len(sweep.design.settings)))
        axes = page.subplots(rows, columns, squeeze=False).ravel()
        for spare in axes[len(figures) :]:
            spare.set_axis_off()
        for ax, figure in zip(axes, figures, strict=False):
            _bars(sweep, ax, figure)
        ends = {"at its lower end": style.now().queues[5], "at its upper end": style.now().queues[1]}
        replications = format.several(sweep.replications, "replication")
        style.headline(
            page,
            "Each setting alone",
            f"Difference to the scenario as it is, all else unchanged; {replications} on the same streams; "
            "line: 95 % interval.",
            above=[style.patch(end, colour) for end, colour in ends.items()],
        )
    return page


def _bars(sweep: Sweep, ax: Axes, figure: MetricPlace) -> None:
    rows = [row for row in sweep.alone if row[2:5] == figure and row.difference is not None]
    largest = max((abs(row.difference or 0) for row in rows), default=0)
    scale, unit = format.difference_scale(figure.definition.unit, largest)
    ends = {setting.path: [row for row in rows if row.setting == setting.path] for setting in sweep.design.settings}
    order = sorted(ends, key=lambda path: max((abs(row.difference or 0) for row in ends[path]), default=0))
    by_path = {setting.path: setting for setting in sweep.design.settings}
    for place, path in enumerate(order):
        for row in ends[path]:
            setting = by_path[path]
            lower = row.value == setting.outer[0]
            value = (row.difference or 0) / scale
            half = None if row.high is None else (row.high - (row.difference or 0)) / scale
            shift = 0.18 if lower else -0.18
            ax.barh(place + shift, value, height=0.34, color=style.now().queues[5] if lower else style.now().queues[1])
            ax.errorbar(value, place + shift, xerr=half, color=style.now().ink, linewidth=1)
            ax.text(
                0.01, place + shift, _value_name(setting, row.value), fontsize=6.5, va="center",
                transform=ax.get_yaxis_transform(),
            )  # fmt: skip
    ax.axvline(0, color=style.now().ink, linewidth=0.8)
    ax.set_yticks(range(len(order)), [format.folded(path, 26) for path in order])
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
    ax.margins(x=0.15)
    unit = "percentage points" if figure.definition.unit == "share" else unit or figure.definition.unit
    ax.set_title(f"{figure.titled(sweep.design.base)} ({unit})")


# --------------------------------------------------------------------------------------------------------------- shared


def _places(sweep: Sweep, column: int) -> F64:
    """A setting at each point, as a number; of what is none, the number of its level."""
    values = [row[column] for row in sweep.design.rows]
    setting = sweep.design.settings[column]
    return np.array(values if setting.numeric else [setting.levels.index(value) for value in values], dtype=np.float64)


def _level_name(setting: Setting, place: float) -> str:
    return _value_name(setting, place if setting.numeric else setting.levels[int(place)])


def _value_name(setting: Setting, value: Any) -> str:
    if setting.seconds:
        return format.duration(value)
    return f"{value:.4g}" if isinstance(value, int | float) else style.short(str(value))


def _point_name(sweep: Sweep, point: int) -> str:
    row = sweep.design.rows[point]
    return ", ".join(_value_name(setting, value) for setting, value in zip(sweep.design.settings, row, strict=True))


def _setting_axis(ax: Axes, setting: Setting) -> None:
    ax.set_xlabel(format.folded(setting.path, 40))
    if setting.seconds:
        ax.xaxis.set_major_formatter(lambda value, _: format.duration(value))
    if 0 < len(setting.levels) <= 10:
        places = setting.levels if setting.numeric else range(len(setting.levels))
        ax.set_xticks(places, [_value_name(setting, level) for level in setting.levels])


def _ticks(ax: Axes, axis: str, names: list[str]) -> None:
    every = max(1, math.ceil(len(names) / 10))
    places = list(range(0, len(names), every))
    {"x": ax.set_xticks, "y": ax.set_yticks}[axis](places, [names[place] for place in places])


def _scale(figure: MetricPlace) -> float:
    return 100.0 if figure.definition.unit == "share" else 1.0


def _label(sweep: Sweep, figure: MetricPlace) -> str:
    unit = figure.definition.unit
    if unit == "money":
        unit = sweep.design.base.currency or unit
    return f"{figure.titled(sweep.design.base).removeprefix('total ')} ({'%' if unit == 'share' else unit})"


def _mean(values: F64) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else math.nan


def _made_of(sweep: Sweep) -> str:
    points = format.several(len(sweep.design.rows), "point")
    return f"{sweep.design.base.name}: {points}, {format.several(sweep.replications, 'replication')} each"
