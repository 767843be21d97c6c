"""Service level against the number of agents, beside what formulas say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ccsim.charts import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame


def sensitivity(
    points: DataFrame, formulas: Mapping[str, DataFrame], target: float, note: str, *, varied: str = "agents"
) -> Figure:
    """The spread of replications at each number of agents, their mean, and formulas beside it.

    `points` has a row a point and replication: `value` (of what is varied), `replication`, `service_level` (share).
    `formulas` by name, rows of `value`, `service_level`. `target` is a share, NaN for none; `note` says how many
    contacts and replications there are. To be called within `style.styled()`.
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
    if len(values) <= 20 and (values == np.rint(values)).all():
        ax.set_xticks(values, [f"{value:,.0f}" for value in values])
    style.headline(figure, f"Service level against {style.short(varied, 60)}", note, above=entries)
    return figure
