"""Service level over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from ccsim.charts import style
from ccsim.charts.registry import chart
from ccsim.experiment import words
from ccsim.experiment.results import Results
from ccsim.tables import F64, SECOND

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure


def _queues(results: Results) -> list[int]:
    """Those with a service-level target."""
    return [q for q in range(len(results.terms.queues)) if not np.isnan(results.terms.sl_time[q])]


POINTS: Final = 400
"""What a panel over the whole width can show apart."""


def pooled(level: F64, contacts: F64, size: int) -> F64:
    """The service level of every `size` intervals together, each weighing as much as its contacts; NaN without any."""
    spare = -len(level) % size
    weight = np.pad(np.where(np.isnan(level), 0.0, contacts), (0, spare)).reshape(-1, size)
    values = np.pad(np.nan_to_num(level), (0, spare)).reshape(-1, size)
    with np.errstate(invalid="ignore"):
        return np.asarray((weight * values).sum(axis=1) / weight.sum(axis=1), dtype=np.float64)


def pool_size(intervals: int, interval: int, columns: int) -> int:
    """How many intervals a point stands for: as few as can be told apart, and a whole number of points a day."""
    a_day = max(1, 24 * 3600 * SECOND // interval)
    sizes = [size for size in range(1, a_day + 1) if a_day % size == 0]
    return next((size for size in sizes if intervals / size * columns <= POINTS), a_day)


@chart("service_level", height=lambda results: style.panels_height(len(_queues(results))))
def service_level(results: Results, figure: Figure | SubFigure) -> None:
    """Service level by interval of arrival against the target, a panel a queue."""
    terms = results.terms
    queues = _queues(results)
    if not queues:
        figure.text(0.5, 0.5, "No queue has a service-level target.", ha="center")
    shared, own = words.sl_rules(results)
    size = pool_size(len(results.summary.starts), terms.interval, style.panel_columns(len(queues)))
    titles = []
    for q in queues:
        offered = results.estimate("queue", terms.queues[q], "offered")
        n = f"n = {words.count(offered.mean if offered else 0.0)}"
        titles.append(", ".join([f"{style.short(terms.queues[q])}: {words.sl_target(results, q)}", *own[q], n]))
    for q, ax in zip(queues, style.panels(figure, titles, share_y=True), strict=True):
        style.shade_closed(results, ax, q)
        level = results.series("queue", terms.queues[q], "service_level")
        x = style.hours(level.start[::size] + size * terms.interval // 2)
        colour = style.look(q)["color"]
        if size == 1:
            low, high = np.clip(level.low, 0, 1), np.clip(level.high, 0, 1)
            ax.fill_between(x, 100 * low, 100 * high, color=colour, alpha=0.2, linewidth=0, step="mid")
        mean = pooled(level.mean, results.series("queue", terms.queues[q], "offered").mean, size)
        ax.plot(x, 100 * mean, color=colour, drawstyle="steps-mid", marker=".", markersize=3)
        goal = 100 * terms.sl_share[q]
        ax.axhline(goal, color=style.TARGET, linewidth=1, linestyle=(0, (5, 3)))
        ax.annotate(f"target\n{goal:.4g} %", (1, goal), xycoords=("axes fraction", "data"), xytext=(3, 0),
                    textcoords="offset points", va="center", fontsize=8)  # fmt: skip
        style.percent_axis(ax, "service level, %")
        style.time_axis(results, ax)
    band = "; band: 95 % interval" if results.replications > 1 and size == 1 else ""
    runs = words.several(results.replications, "replication")
    style.headline(
        figure,
        "Service level by time of arrival",
        f"{words.duration(size * terms.interval / SECOND)} a point, {runs}{band}; n: contacts a replication; "
        f"grey: closed{'; ' if shared else ''}{', '.join(shared)}.",
    )
