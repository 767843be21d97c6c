"""Pictures of many runs: functions of tidy tables, each to be called within `style.styled()`.

Tables are DataFrames, one row a point; what their columns are called and hold is said by each function.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ccsim.charts import style
from ccsim.tables import F64, Bool

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame


def sensitivity(
    points: DataFrame, formulas: Mapping[str, DataFrame], target: float, note: str, *, varied: str = "agents"
) -> Figure:
    """Service level against the number of agents: the spread of replications, their mean, and formulas beside it.

    `points` has a row a point and replication: `value` (of what is varied), `replication`, `service_level` (share).
    `formulas` by name, rows of `value`, `service_level`. `target` is a share, NaN for none.
    """
    theme = style.now()
    figure = style.page()
    ax = figure.subplots()
    by_value = points.groupby("value")["service_level"]
    values = np.array(list(by_value.groups), dtype=np.float64)
    runs = [100 * group.to_numpy(dtype=np.float64) for _, group in by_value]
    mean = np.array([run.mean() for run in runs])
    for share, shade in ((0.9, 0.18), (0.5, 0.3)):
        low, high = (np.array([np.quantile(run, q) for run in runs]) for q in ((1 - share) / 2, (1 + share) / 2))
        ax.fill_between(values, low, high, color=theme.work, alpha=shade, linewidth=0)
    for value, run in zip(values.tolist(), runs, strict=True):
        ax.plot([value] * len(run), run, marker=".", markersize=4, linestyle="none", color=theme.work, alpha=0.5)
    ax.plot(values, mean, color=theme.work, linewidth=2.2, marker="o", markersize=5)
    entries = [
        style.line("mean of replications", theme.work, marker="o", linewidth=2.2),
        style.patch("half of them", theme.work, 0.45),
        style.patch("nine in ten", theme.work, 0.18),
        style.line("a replication", theme.work, marker=".", linestyle="none"),
    ]
    dashes: tuple[Any, ...] = ((0, (4, 2)), (0, (1, 1.2)), (0, (6, 2, 1, 2)))
    for place, (name, frame) in enumerate(formulas.items()):
        colour, dash = theme.queues[(1, 3, 4)[place % 3]], dashes[place % len(dashes)]
        ax.plot(frame["value"], 100 * frame["service_level"], color=colour, linestyle=dash, linewidth=2)
        entries.append(style.line(style.short(name), colour, linestyle=dash, linewidth=2))
    if not np.isnan(target):
        ax.axhline(100 * target, color=theme.ink, linewidth=1.1, linestyle=(0, (5, 3)))
        entries.append(style.line(f"target {100 * target:.4g} %", theme.ink, linewidth=1.1, linestyle=(0, (5, 3))))
    style.percent_axis(ax, "service level, %")
    ax.set_xlabel(style.short(varied, 100))
    _whole_ticks(ax, values)
    style.headline(figure, f"Service level against {style.short(varied, 60)}", note, above=entries)
    return figure


def non_dominated(cost: F64, level: F64) -> Bool:
    """Which points no other one beats: cheaper at no lower level, or at no higher cost on a higher level."""
    cheaper = (cost[:, None] >= cost) & (level[:, None] <= level)
    better = (cost[:, None] > cost) | (level[:, None] < level)
    return np.asarray(~(cheaper & better).any(axis=1))


NUMBERED: Final = 20
"""Points of a frontier that are named: so many names fit beside it."""


def frontier(points: DataFrame, target: float, note: str) -> Figure:
    """Cost against service level, a mark a point, with the line of those that no other one beats.

    `points`: `name`, `cost` (money), `service_level` (share), and its 95 % interval `low`, `high` (NaN for none).
    """
    theme = style.now()
    figure = style.page()
    ax = figure.subplots()
    cost, level = points["cost"].to_numpy(np.float64), 100 * points["service_level"].to_numpy(np.float64)
    best = non_dominated(cost, level)
    bounds = 100 * points[["low", "high"]].to_numpy(np.float64)
    ax.errorbar(cost, level, yerr=np.nan_to_num(np.abs(bounds.T - level)), fmt="none", ecolor=theme.quiet, elinewidth=1)
    ax.plot(cost[~best], level[~best], "o", color=theme.paper, markeredgecolor=theme.quiet, markersize=7)
    order = np.flatnonzero(best)[np.argsort(cost[best], kind="stable")]
    ax.plot(cost[order], level[order], color=theme.work, drawstyle="steps-post", linewidth=2)
    ax.plot(cost[order], level[order], "o", color=theme.work, markersize=14)
    numbered = list(enumerate(order[:NUMBERED].tolist(), start=1))
    last = -math.inf
    for number, i in numbered:
        # a number that would lie on the one before is left out: the line tells which it is
        if cost[i] - last > 0.03 * np.ptp(cost):
            ax.text(cost[i], level[i], str(number), color=theme.paper, fontsize=style.SMALL, fontweight="bold",
                    ha="center", va="center", zorder=4)  # fmt: skip
            last = cost[i]
    if not np.isnan(target):
        ax.axhline(100 * target, color=theme.ink, linewidth=1.1, linestyle=(0, (5, 3)))
    style.percent_axis(ax, "service level, %")
    ax.set_ylim(bottom=max(-3.0, 25 * np.floor(level.min(initial=100.0) / 25) - 3))
    ax.set_xlabel("cost, money")
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.margins(x=0.08)
    entries = [
        style.line("no other one is as good and cheaper", theme.work, marker="o", markersize=8),
        style.line("beaten by another", theme.quiet, marker="o", markerfacecolor=theme.paper, linestyle="none"),
        style.line("95 % interval", theme.quiet, linewidth=1),
    ]
    if not np.isnan(target):
        entries.append(style.line(f"target {100 * target:.4g} %", theme.ink, linewidth=1.1, linestyle=(0, (5, 3))))
    names = [
        style.line(f"{number}  {style.short(str(points['name'].iloc[i]), 34)}", theme.work, linestyle="none")
        for number, i in numbered
    ]
    style.headline(figure, "What a service level costs", note, above=entries, beside=names)
    return figure


def tornado(changes: DataFrame, base: float, unit: str, note: str, *, title: str) -> Figure:
    """What one change at a time does to a figure, the greatest at the top; at most twelve are shown.

    `changes` has a row a factor: `name`, `low_label` and `high_label` (the two settings), `low` and `high` (the figure
    at them, in `unit`). `base` is the figure without a change.
    """
    theme = style.now()
    figure = style.page()
    ax = figure.subplots()
    swing = (changes["high"] - changes["low"]).abs()
    shown = changes.loc[swing.sort_values(ascending=False, kind="stable").index].head(12)
    names = [f"{style.short(str(row.name), 44)}\n{row.low_label} to {row.high_label}" for row in shown.itertuples()]
    for place, (low, high) in enumerate((shown[["low", "high"]].to_numpy(np.float64) - base).tolist()):
        moves = ((low, theme.queues[1]), (high, theme.work))
        # where both settings move the figure the same way, the lesser bar lies on the other
        for move, colour in sorted(moves, key=lambda side: -abs(side[0])):
            ax.barh(place, move, left=base, height=0.6, color=colour, linewidth=0)
    ax.axvline(base, color=theme.ink, linewidth=1.2)
    ax.set_ylim(len(shown) - 0.4, -0.6)
    ax.set_yticks(range(len(shown)), names)
    ax.tick_params(axis="y", length=0)
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
    ax.set_xlabel(unit)
    entries = [
        style.patch("at the lower setting", theme.queues[1]),
        style.patch("at the higher setting", theme.work),
        style.line(f"as it is: {base:.4g}", theme.ink, linewidth=1.2),
    ]
    style.headline(figure, title, note, above=entries)
    return figure


def _whole_ticks(ax: Any, values: F64) -> None:
    """Ticks at the values, if they are few whole numbers."""
    if len(values) <= 20 and (values == np.rint(values)).all():
        ax.set_xticks(values, [f"{value:,.0f}" for value in values])
