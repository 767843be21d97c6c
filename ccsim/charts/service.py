"""Service level over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ccsim.charts import style
from ccsim.charts.registry import chart
from ccsim.experiment import words
from ccsim.experiment.results import Results
from ccsim.tables import SECOND

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure


def _queues(results: Results) -> list[int]:
    """Those with a service-level target."""
    return [q for q in range(len(results.terms.queues)) if not np.isnan(results.terms.sl_time[q])]


@chart("service_level", height=lambda results: style.panels_height(len(_queues(results))))
def service_level(results: Results, figure: Figure | SubFigure) -> None:
    """Service level by interval of arrival against the target, a panel a queue."""
    terms = results.terms
    queues = _queues(results)
    titles = [
        f"{terms.queues[q]}: {words.sl_target(results, q)} ({', '.join(words.sl_rule(results, q))})" for q in queues
    ]
    for q, ax in zip(queues, style.panels(figure, titles, share_y=True), strict=True):
        style.shade_closed(results, ax, q)
        level = results.series("queue", terms.queues[q], "service_level")
        x = style.hours(level.start + terms.interval // 2)
        colour = style.look(q)["color"]
        ax.fill_between(x, 100 * level.low, 100 * level.high, color=colour, alpha=0.2, linewidth=0, step="mid")
        ax.plot(x, 100 * level.mean, color=colour, drawstyle="steps-mid", marker=".", markersize=3)
        goal = 100 * terms.sl_share[q]
        ax.axhline(goal, color=style.TARGET, linewidth=1, linestyle=(0, (5, 3)))
        ax.annotate(f"target {goal:.4g} %", (1, goal), xycoords=("axes fraction", "data"), xytext=(3, 0),
                    textcoords="offset points", va="center", fontsize=8)  # fmt: skip
        style.percent_axis(ax, "service level, %")
        style.time_axis(results, ax)
    band = "; band: 95 % interval" if results.replications > 1 else ""
    style.headline(
        figure,
        "Service level by interval of arrival",
        f"Intervals of {words.duration(terms.interval / SECOND)}; mean of {words.runs(results.replications)}{band}; "
        "grey: closed; no line where no contact came.",
    )
