"""What is open, and what waits to be worked on."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from ccsim.charts import clock, style
from ccsim.charts.registry import chart
from ccsim.metrics.timeline import Timeline
from ccsim.results import format, largest
from ccsim.results.logs import as_array
from ccsim.results.model import Results
from ccsim.tables import F64, I64, NEVER, SECOND

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def _queues(results: Results) -> int:
    return len(largest.queues(results).places)


def waiting_messages(results: Results) -> tuple[I64, I64]:
    """When each message of `turns` came and when work on it began, µs: of one nobody answers when its contact ended."""
    contacts, turns = results.contacts, results.turns
    contact = as_array(contacts["contact"])
    closed = np.zeros(int(contact.max(initial=0)) + 1, dtype=np.int64)
    closed[contact] = as_array(contacts["closed_us"])
    started = as_array(turns["start_us"], NEVER)
    return as_array(turns["message_us"]), np.minimum(started, closed[as_array(turns["contact"])])


def _means(start: I64, end: I64, edges: I64) -> F64:
    """Means of how many spans there are between each two edges, the last once more, to be drawn as steps."""
    means = Timeline(start, end).area(edges) / np.diff(edges)
    return np.append(means, means[-1:])


def _note(results: Results) -> str:
    counted = as_array(results.contacts["counted"]).sum()
    return (
        f"Means over {format.duration(results.spec.interval / SECOND)}; replication 1 of {results.replications}, "
        f"n = {format.count(counted)} contacts"
    )


@chart("conversations", panels=_queues)
def conversations(results: Results, figure: Figure) -> None:
    """Open conversations and, within them, those with a message that waits to be worked on; a panel a queue."""
    spec, theme = results.spec, style.now()
    edges = clock.edges(results)
    x = clock.hours(edges)
    contacts = results.contacts
    queue, turn_queue = as_array(contacts["queue"]), as_array(results.turns["queue"])
    arrival, closed = as_array(contacts["arrival_us"]), as_array(contacts["closed_us"])
    message, taken = waiting_messages(results)
    queues, left_out = largest.queues(results)
    names = [results.scenario.title(spec.queues[q]) for q in queues]
    for q, ax in zip(queues, style.panels(figure, names), strict=True):
        clock.shade_closed(results.plan, ax, q)
        mine, ours = queue == spec.queues[q], turn_queue == spec.queues[q]
        alive = _means(arrival[mine], closed[mine], edges)
        backlog = _means(message[ours], taken[ours], edges)
        ax.fill_between(x, 0, alive, step="post", color=style.colour(q), alpha=0.35, linewidth=0)
        ax.fill_between(x, 0, backlog, step="post", color=style.colour(q), linewidth=0)
        ax.set_ylim(0, 1.12 * max(1.0, alive.max(initial=0)))
        style.label_y(ax, "conversations")
        style.whole_numbers(ax)
        clock.time_axis(results.scenario, ax, clock.awake(results))
    style.headline(
        figure,
        "Open conversations and the backlog within them",
        f"{_note(results)}; open: from the first message to the end, waiting for the customer included.",
        left_out=left_out,
        above=[
            style.patch("open", theme.quiet, 0.35),
            style.patch("backlog: a message waits for work", theme.quiet),
            style.patch("closed", theme.closed),
        ],
    )


AGES: Final = (0, 60, 15 * 60, 3600, 8 * 3600, 86400)
"""Seconds from which an age class begins; the last has no end."""


@chart("backlog", panels=_queues)
def backlog(results: Results, figure: Figure) -> None:
    """Messages that wait to be worked on, stacked by age, oldest at the bottom; a panel a queue."""
    spec, theme = results.spec, style.now()
    edges = clock.edges(results)
    x = clock.hours(edges)
    turn_queue = as_array(results.turns["queue"])
    message, taken = waiting_messages(results)
    ages = np.array([age * SECOND for age in AGES] + [NEVER])
    seen = 0
    queues, left_out = largest.queues(results)
    names = [results.scenario.title(spec.queues[q]) for q in queues]
    for q, ax in zip(queues, style.panels(figure, names), strict=True):
        clock.shade_closed(results.plan, ax, q)
        mine = turn_queue == spec.queues[q]
        came, ended = message[mine], taken[mine]
        foot = np.zeros(len(x))
        for age in reversed(range(len(AGES))):
            start, end = came + ages[age], np.minimum(ended, came + ages[age + 1])
            old = start < end
            if old.any():
                seen = max(seen, age)
                top = foot + _means(start[old], end[old], edges)
                ax.fill_between(x, foot, top, step="post", color=theme.ages[age], linewidth=0)
                foot = top
        ax.set_ylim(0, 1.12 * max(1.0, foot.max(initial=0)))
        style.label_y(ax, "messages")
        style.whole_numbers(ax)
        clock.time_axis(results.scenario, ax, clock.awake(results))
    bounds = [format.duration(age) for age in AGES[1:]]
    labels = [f"under {bounds[0]}", *(f"{low} to {high}" for low, high in pairwise(bounds))]
    labels.append(f"over {bounds[-1]}")
    style.headline(
        figure,
        "Backlog by age of the message",
        f"{_note(results)}; messages not yet in work, first and later ones.",
        left_out=left_out,
        above=[
            *(style.patch(label, colour) for label, colour in zip(labels[: seen + 1], theme.ages, strict=False)),
            style.patch("closed", theme.closed),
        ],
    )
