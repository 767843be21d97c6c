"""The head of the overview: key figures in a row, and what came and how it was served, day by day."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from ccsim.charts import style
from ccsim.metrics import TOTAL
from ccsim.results import format
from ccsim.results.model import Results
from ccsim.results.targets import targets, without_data

if TYPE_CHECKING:
    from matplotlib.axes import Axes

QUEUES: Final = 6
"""Queues that are named, and have a line, by day: as many as there are colours."""

MOST: Final = 16
"""Days whose names stand below them; of more every so many."""


def key_figures(results: Results) -> list[tuple[str, str, str]]:
    """Label, figure and a line below: targets, cost, contacts, paid hours."""

    def total(metric: str) -> float:
        estimate = results.estimate(TOTAL, TOTAL, metric)
        return math.nan if estimate is None else estimate.mean

    goals, currency = targets(results), results.scenario.currency
    title = results.scenario.title
    missed = sorted({title(goal.name) for goal in goals if goal.sure and not goal.met})
    figures = []
    if goals:
        in_doubt, unknown = sum(not goal.sure for goal in goals), len(without_data(results))
        parts = [f"{in_doubt} too close to call"] if in_doubt else []
        parts += [f"missed: {', '.join(missed)}"] if missed else []
        parts += [f"{unknown} without data"] if unknown else []
        below = "; ".join(parts) or "none is missed"
        met = f"{sum(goal.sure and goal.met for goal in goals)} of {len(goals) + unknown}"
        figures.append(("targets met", met, style.short(below, 44)))
    if total("cost") > 0:
        each = f"{format.money(total('cost_per_contact'), currency)} a contact"
        figures.append(("cost", format.money(total("cost"), currency), each))
    given_up = f"{format.percent(total('abandonment'))} abandoned"
    figures.append(("contacts", format.count(total("offered")), given_up))
    full_time = (
        format.full_time(results.scenario, total("paid_hours")) or f"{format.count(total('staffed_hours'))} on duty"
    )
    figures.append(("paid hours", format.count(total("paid_hours")), full_time))
    return figures


def days(results: Results, queues: Mapping[int, str], volume: Axes, service: Axes) -> None:
    """Contacts of each day, and the share of each of `queues` (number to colour) that was served in time."""
    summary, theme = results.summary, style.now()
    x = np.arange(len(summary.days))
    offered = summary.by_day["queue", "offered"][0, : len(results.spec.queues)]  # without the total
    floor = np.zeros(len(x))
    for q, colour in queues.items():
        here = np.nan_to_num(offered[q])
        volume.bar(x, here, bottom=floor, width=0.7, color=colour)
        floor = floor + here
        level = summary.by_day.get(("queue", "service_level"))
        if level is not None and not np.isnan(level[0, q]).all():
            service.plot(x, 100 * level[0, q], color=colour, marker="o", markersize=4, linewidth=1.8)
    volume.bar(x, np.nansum(offered, axis=0) - floor, bottom=floor, width=0.7, color=theme.quiet)
    names = [format.day(at) for at in format.local_times(results.scenario, summary.days)]
    every = -(-len(names) // MOST)
    for ax, title in ((volume, "Contacts by day"), (service, "Service level by day, %")):
        ax.set_title(title, color=theme.ink)
        ax.set_xticks(x[::every], [name if len(names) <= 7 else name.partition(" ")[2] for name in names[::every]])
        ax.set_xlim(-0.6, len(x) - 0.4)
    service.set_ylim(-3, 103)
    service.set_yticks(range(0, 101, 25))
