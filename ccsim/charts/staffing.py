"""Agents on duty: what they do, how many conversations they hold, and whether they are enough."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ccsim.charts import clock, style
from ccsim.charts.registry import chart
from ccsim.experiment import words
from ccsim.experiment.expectations import on_duty
from ccsim.experiment.results import Results
from ccsim.scenario.model import Scenario
from ccsim.tables import F64, I64, SECOND

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def _teams(results: Results) -> int:
    return len(results.terms.teams)


@chart("staffing", panels=_teams)
def staffing(results: Results, figure: Figure) -> None:
    """Scheduled and present agents against agents busy, a panel a team."""
    terms, theme = results.terms, style.now()
    edges, middle = clock.edges(results), clock.centres(results)
    length = terms.interval / clock.HOUR
    paid = [results.estimate("team", name, "staffed_hours") for name in terms.teams]
    details = [f"n = {words.count(hours.mean if hours else 0.0)} staffed hours" for hours in paid]
    for t, ax in enumerate(style.panels(figure, terms.teams, details)):
        hours = results.series("team", terms.teams[t], "staffed_hours")
        staffed = np.nan_to_num(hours.mean) / length
        x = clock.hours(hours.start + terms.interval // 2)
        for metric, colour in (("occupancy", theme.session), ("utilisation", theme.work)):
            busy = staffed * np.nan_to_num(results.series("team", terms.teams[t], metric).mean)
            ax.fill_between(x, 0, busy, step="mid", color=colour, linewidth=0)
        scheduled = on_duty(results.plan, t, edges)
        ax.plot(middle, scheduled, drawstyle="steps-mid", color=theme.quiet, linewidth=1.2, linestyle=(0, (3, 1.5)))
        ax.plot(x, staffed, drawstyle="steps-mid", color=theme.ink, linewidth=1.4)
        ax.set_ylim(0, 1.12 * max(1.0, staffed.max(initial=0), scheduled.max(initial=0)))
        style.label_y(ax, "agents")
        style.whole_numbers(ax)
        clock.time_axis(results.scenario, ax, clock.awake(results))
    style.headline(
        figure,
        "Agents scheduled, present and busy",
        f"Intervals of {words.duration(terms.interval / SECOND)}; mean of "
        f"{words.several(results.replications, 'replication')}; scheduled: shifts less breaks; present: less absences, "
        "with overtime; n: staffed hours a replication.",
        above=[
            style.line("scheduled", theme.quiet, linewidth=1.2, linestyle=(0, (3, 1.5))),
            style.line("present", theme.ink, linewidth=1.4),
            style.patch("with a session", theme.session),
            style.patch("in focused work", theme.work),
        ],
    )


class Staff(NamedTuple):
    """Agents required and scheduled by interval."""

    start: I64
    """us: start of each interval"""
    required: F64
    """agents on duty; NaN where nothing is required"""
    scheduled: F64


def requirement(scenario: Scenario, staff: Mapping[str, Staff], note: str) -> Figure:
    """Required against scheduled agents with the gap between them, and net staffing below; a column a group of agents.

    `staff` by the group's name (1 to 12), its intervals of one length; `note` says how the requirement was found. To be
    called within `style.styled()`.
    """
    theme = style.now()
    columns = style.panel_columns(len(staff))
    thick = 1.5 if scenario.days * columns <= 14 else 0.8
    blocks = -(-len(staff) // columns)
    figure = style.page(max(style.HEIGHT, 1.3 + 1.8 * blocks))
    within = _used(staff) if scenario.days == 1 else None
    grid = figure.subplots(2 * blocks, columns, squeeze=False, sharex=True, height_ratios=[2.2, 1] * blocks)
    for place, (name, group) in enumerate(staff.items()):
        row, column = divmod(place, columns)
        top, below = grid[2 * row, column], grid[2 * row + 1, column]
        step = int(group.start[1] - group.start[0]) if len(group.start) > 1 else clock.HOUR
        x = clock.hours(np.append(group.start, group.start[-1:] + step))
        required, scheduled = (np.append(y, y[-1:]) for y in (np.nan_to_num(group.required), group.scheduled))
        net = scheduled - required
        for ax, low, high in ((top, required, scheduled), (below, np.zeros_like(net), net)):
            ax.fill_between(x, low, high, where=net < 0, step="post", color=theme.reread, alpha=0.55, linewidth=0)
            ax.fill_between(x, low, high, where=net > 0, step="post", color=theme.work, alpha=0.3, linewidth=0)
        top.plot(x, required, drawstyle="steps-post", color=theme.ink, linewidth=thick)
        top.plot(x, scheduled, drawstyle="steps-post", color=theme.work, linewidth=thick)
        below.plot(x, net, drawstyle="steps-post", color=theme.ink, linewidth=0.7 * thick)
        below.axhline(0, color=theme.quiet, linewidth=0.8)
        top.set_title(style.short(name, 60 if columns == 1 else 30), fontweight="bold")
        top.set_ylim(0, 1.12 * max(1.0, required.max(initial=0), scheduled.max(initial=0)))
        style.label_y(top, "agents")
        style.label_y(below, "net,\nagents")
        for ax, steps in ((top, 4), (below, 2)):
            style.whole_numbers(ax, steps)
            clock.time_axis(scenario, ax, within, label=ax is below and place + columns >= len(staff))
        below.tick_params(labelbottom=place + columns >= len(staff))
    for spare in grid[-2:, len(staff) - (blocks - 1) * columns :].ravel():
        spare.set_axis_off()
    style.headline(
        figure,
        "Agents required and scheduled",
        note,
        above=[
            style.line("required", theme.ink),
            style.line("scheduled", theme.work),
            style.patch("too few", theme.reread, 0.55),
            style.patch("more than required", theme.work, 0.3),
        ],
    )
    return figure


def _used(staff: Mapping[str, Staff]) -> tuple[int, int]:
    """From the first to the end of the last interval in which anybody is required or scheduled, µs."""
    used = [g.start[(np.nan_to_num(g.required) > 0) | (g.scheduled > 0)] for g in staff.values()]
    first = next(iter(staff.values())).start
    times = np.concatenate([*used, first[:0]])
    step = int(first[1] - first[0]) if len(first) > 1 else clock.HOUR
    return (int(times.min()), int(times.max()) + step) if len(times) else (int(first[0]), int(first[-1]) + step)


@chart("concurrency", panels=_teams)
def concurrency(results: Results, figure: Figure) -> None:
    """Shares of staffed time with 0, 1, 2, 3 or more sessions by the occupancy of the interval, a panel a team."""
    terms, theme = results.terms, style.now()
    metrics = ("concurrency_share_3plus", "concurrency_share_2", "concurrency_share_1")
    colours = theme.sessions[::-1]
    columns = 1 if _teams(results) == 1 else 2 if _teams(results) <= 6 else 3
    for name, ax in zip(terms.teams, style.panels(figure, terms.teams, columns=columns), strict=True):
        hours = np.nan_to_num(results.series("team", name, "staffed_hours").mean)
        busy = np.nan_to_num(results.series("team", name, "occupancy").mean)
        tenth = np.minimum((busy * 10 + 1e-9).astype(int), 9)
        weight = np.bincount(tenth, hours, minlength=10)
        shown = weight > 0
        x = 10 * np.arange(10)[shown] + 5
        foot = np.zeros(int(shown.sum()))
        for metric, colour in zip(metrics, colours, strict=True):
            share = np.nan_to_num(results.series("team", name, metric).mean)
            height = 100 * np.bincount(tenth, share * hours, minlength=10)[shown] / weight[shown]
            ax.bar(x, height, width=8.6, bottom=foot, color=colour, linewidth=0)
            foot += height
        ax.bar(x, 100 - foot, width=8.6, bottom=foot, color=theme.closed, linewidth=0)
        for at, n in zip(x.tolist(), weight[shown].tolist(), strict=True):
            ax.text(at, 101, words.count(n) if n >= 1 else "<1", ha="center", va="bottom", fontsize=SMALLEST)
        ax.set_xlim(0, 100)
        ax.set_xticks(range(0, 101, 20))
        ax.set_ylim(0, 112)
        ax.set_yticks(range(0, 101, 25))
        style.label_y(ax, "share of time, %")
        if style.lowest(ax):
            ax.set_xlabel("occupancy of the interval, %")
    style.headline(
        figure,
        "How many conversations an agent holds as it gets busier",
        f"Intervals of {words.duration(terms.interval / SECOND)} by their occupancy (time with a session); above the "
        f"bars n: staffed hours a replication; mean of {words.several(results.replications, 'replication')}.",
        above=[
            style.patch("no session", theme.closed),
            style.patch("1 session", theme.sessions[0]),
            style.patch("2 sessions", theme.sessions[1]),
            style.patch("3 or more", theme.sessions[2]),
        ],
    )


SMALLEST = 8.0
"""Points: figures over bars that stand close together."""
