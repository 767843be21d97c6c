"""How long customers wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from ccsim.charts import style
from ccsim.charts.registry import chart
from ccsim.experiment import words
from ccsim.experiment.results import Results
from ccsim.metrics.timeline import open_time
from ccsim.tables import F64, SECOND, Bool

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

TICKS: Final = (1, 3, 10, 30, 60, 180, 600, 1800, 3600, 3 * 3600, 12 * 3600, 86400, 3 * 86400, 7 * 86400, 28 * 86400)
TURNED_AWAY: Final = ("rejected", "blocked", "deflected", "contained")
"""Outcomes of those who never waited."""


def waiting_times(wait: F64, answered: Bool) -> tuple[F64, F64]:
    """Kaplan and Meier's estimate of the share answered within t, where who left before t counts as not answered yet.

    Returns the sorted waits at which somebody was answered and the share at each. Source: Kaplan and Meier (1958),
    J. Am. Stat. Assoc. 53; as used for call centres by Brown et al. (2005), ibid. 100.
    """
    times, events = np.unique(wait[answered], return_counts=True)
    at_risk = len(wait) - np.searchsorted(np.sort(wait), times, side="left")
    return times, np.asarray(1 - np.cumprod(1 - events / at_risk), dtype=np.float64)


def _waits(results: Results, queue: int) -> tuple[F64, Bool]:
    """Seconds waited by the contacts that entered a queue, on the clock of its targets, and which were answered."""
    contacts = results.contacts
    mine = contacts["counted"].to_numpy() & (contacts["queue"].to_numpy() == results.terms.queues[queue])
    mine &= ~np.isin(contacts["outcome"].to_numpy(), TURNED_AWAY)
    wait, arrival = contacts["wait_us"].to_numpy()[mine], contacts["arrival_us"].to_numpy()[mine]
    if results.terms.business_clock[queue]:
        opened = open_time(results.plan, queue, np.concatenate([arrival, arrival + wait]))
        wait = opened[len(arrival) :] - opened[: len(arrival)]
    return wait / SECOND, contacts["answer_us"].is_valid().to_numpy()[mine]


@chart("waiting", height=lambda results: 5.2)
def waiting(results: Results, figure: Figure | SubFigure) -> None:
    """Share of contacts answered within a time, a line a queue, with the target as a cross."""
    terms = results.terms
    ax = figure.subplots()
    longest = 60.0
    for q, name in enumerate(terms.queues):
        wait, answered = _waits(results, q)
        clock = " (business clock)" if terms.business_clock[q] else ""
        label = f"{style.short(name)}{clock}\nn = {len(wait):,}, {int((~answered).sum()):,} unanswered"
        times, level = waiting_times(wait, answered)
        # who is answered within a second stands at the axis' left end
        x = np.concatenate([[1.0], np.maximum(times, 1.0)])
        ax.plot(x, 100 * np.concatenate([[0.0], level]), drawstyle="steps-post", label=label, **style.look(q))
        longest = max(longest, times.max(initial=0.0))
        if not np.isnan(terms.sl_time[q]):
            style.cross(ax, max(1.0, terms.sl_time[q]), 100 * terms.sl_share[q], style.look(q)["color"])
            longest = max(longest, terms.sl_time[q])
    ax.set_xscale("log")
    ax.set_xlim(0.93, 1.3 * longest)
    ticks = [t for t in TICKS if t <= 1.3 * longest]
    ticks = ticks[::2] if len(ticks) > 10 else ticks
    ax.set_xticks(ticks, ["≤ 1s", *(words.duration(t) for t in ticks[1:])])
    ax.set_xticks([], minor=True)
    ax.grid(visible=True, axis="x")
    ax.set_xlabel("wait for the first answer (log scale)")
    style.percent_axis(ax, "answered within this time, %")
    style.legend(figure, ax.get_legend_handles_labels()[0], above=False)
    style.headline(
        figure,
        "Waiting for the first answer",
        f"Replication 1 of {results.replications}; cross: target; "
        "the unanswered count up to their leaving (Kaplan-Meier).",
    )
