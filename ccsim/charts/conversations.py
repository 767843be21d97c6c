"""What is open, and what waits to be worked on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ccsim.charts import style
from ccsim.charts.registry import chart
from ccsim.experiment import words
from ccsim.experiment.results import Results
from ccsim.metrics.timeline import Timeline
from ccsim.tables import NEVER, SECOND

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure


@chart("conversations", height=lambda results: style.panels_height(len(results.terms.queues)))
def conversations(results: Results, figure: Figure | SubFigure) -> None:
    """Open conversations and, within them, those with a message that waits to be worked on; a panel a queue."""
    terms, end = results.terms, results.plan.end
    edges = np.append(np.arange(0, end, terms.interval, dtype=np.int64), end)
    x = style.hours((edges[:-1] + edges[1:]) // 2)
    contacts, turns = results.contacts, results.turns
    queue = contacts["queue"].to_numpy()
    arrival, closed = contacts["arrival_us"].to_numpy(), contacts["closed_us"].to_numpy()
    turn_queue, message = turns["queue"].to_numpy(), turns["message_us"].to_numpy()
    # a message nobody answers waits until its contact is closed
    closed_of = np.zeros(int(contacts["contact"].to_numpy().max(initial=0)) + 1, dtype=np.int64)
    closed_of[contacts["contact"].to_numpy()] = closed
    taken = np.minimum(turns["start_us"].fill_null(NEVER).to_numpy(), closed_of[turns["contact"].to_numpy()])
    for q, ax in enumerate(style.panels(figure, map(style.short, terms.queues))):
        style.shade_closed(results, ax, q)
        mine, ours = queue == terms.queues[q], turn_queue == terms.queues[q]
        alive = Timeline(arrival[mine], closed[mine]).area(edges) / np.diff(edges)
        backlog = Timeline(message[ours], taken[ours]).area(edges) / np.diff(edges)
        colour = style.look(q)["color"]
        ax.fill_between(x, 0, alive, step="mid", color=colour, alpha=0.3, linewidth=0)
        ax.fill_between(x, 0, backlog, step="mid", color=colour, linewidth=0)
        ax.set_ylim(0, 1.12 * max(1.0, alive.max(initial=0)))
        ax.set_ylabel("conversations")
        style.whole_numbers(ax)
        style.time_axis(results, ax)
    entries = [style.patch("open", style.QUIET, 0.3), style.patch("backlog: a message waits for work", style.QUIET)]
    style.legend(figure, entries, above=True)
    style.headline(
        figure,
        "Open conversations and backlog",
        f"Means over {words.duration(terms.interval / SECOND)}, replication 1 of {results.replications}; grey: closed.",
    )
