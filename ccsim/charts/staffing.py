"""Agents on duty and what they do."""

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


@chart("staffing", height=lambda results: style.panels_height(len(results.terms.teams)))
def staffing(results: Results, figure: Figure | SubFigure) -> None:
    """Staffed agents against agents busy, a panel a team."""
    terms = results.terms
    length = terms.interval / (3600 * SECOND)
    for name, ax in zip(terms.teams, style.panels(figure, map(style.short, terms.teams)), strict=True):
        hours = results.series("team", name, "staffed_hours")
        staffed = np.nan_to_num(hours.mean) / length
        x = style.hours(hours.start + terms.interval // 2)
        for metric, label, colour in (
            ("occupancy", "with a session", "#56B4E9"),
            ("utilisation", "in focused work", "#0072B2"),
        ):
            busy = staffed * np.nan_to_num(results.series("team", name, metric).mean)
            ax.fill_between(x, 0, busy, step="mid", color=colour, linewidth=0, label=label)
        ax.plot(x, staffed, drawstyle="steps-mid", color=style.INK, label="staffed")
        ax.set_ylim(0, 1.12 * max(1.0, staffed.max(initial=0)))
        ax.set_ylabel("agents")
        style.whole_numbers(ax)
        style.time_axis(results, ax)
    style.legend(figure, ax.get_legend_handles_labels()[0][::-1], above=True)
    style.headline(
        figure,
        "Staffed agents against agents busy",
        f"Intervals of {words.duration(terms.interval / SECOND)}; "
        f"mean of {words.several(results.replications, 'replication')}; "
        "staffed: on duty, breaks taken off, overtime included.",
    )
