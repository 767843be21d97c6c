"""Agents on duty: what they do, how many conversations they hold, and whether they are enough."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ccsim.charts import clock, style
from ccsim.charts.registry import chart
from ccsim.results import format, largest
from ccsim.results.model import Results
from ccsim.scenario.model import Scenario
from ccsim.tables import F64, I64, SECOND
from ccsim.workload.expectations import on_duty

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def _teams(results: Results) -> int:
    return len(largest.teams(results).places)


@chart("staffing", panels=_teams)
def staffing(results: Results, figure: Figure) -> None:
    """Scheduled and present agents against agents busy, a panel a team."""
    spec, theme = results.spec, style.now()
    edges, counted = clock.edges(results), clock.counted(results)
    length = np.diff(counted) / clock.HOUR
    middle, x = clock.centres(edges), clock.centres(counted)
    teams, left_out = largest.teams(results)
    names = [spec.teams[t] for t in teams]
    there = on_duty(results.scenario, results.plan, edges)
    paid = [results.estimate("team", name, "staffed_hours") for name in names]
    details = [f"n = {format.count(hours.mean if hours else 0.0)} staffed hours" for hours in paid]
    for t, name, ax in zip(teams, names, style.panels(figure, names, details), strict=True):
        hours = results.series("team", name, "staffed_hours")
        staffed = np.nan_to_num(hours.mean) / length
        for metric, colour in (("occupancy", theme.session), ("utilisation", theme.work)):
            busy = staffed * np.nan_to_num(results.series("team", name, metric).mean)
            ax.fill_between(x, 0, busy, step="mid", color=colour, linewidth=0)
        scheduled = there[t]
        ax.plot(middle, scheduled, drawstyle="steps-mid", color=theme.quiet, linewidth=1.2, linestyle=(0, (3, 1.5)))
        ax.plot(x, staffed, drawstyle="steps-mid", color=theme.ink, linewidth=1.4)
        ax.set_ylim(0, 1.12 * max(1.0, staffed.max(initial=0), scheduled.max(initial=0)))
        style.label_y(ax, "agents")
        style.whole_numbers(ax)
        clock.time_axis(results.scenario, ax, clock.awake(results))
    style.headline(
        figure,
        "Agents scheduled, present and busy",
        f"Intervals of {format.duration(spec.interval / SECOND)}; mean of "
        f"{format.several(results.replications, 'replication')}; scheduled: shifts less breaks; "
        "present: less absences, with overtime; n: staffed hours a replication.",
        left_out=left_out,
        above=[
            style.line("scheduled", theme.quiet, linewidth=1.2, linestyle=(0, (3, 1.5))),
            style.line("present", theme.ink, linewidth=1.4),
            style.patch("with a session", theme.session),
            style.patch("in focused work", theme.work),
        ],
    )


class Staff(NamedTuple):
    """Agents required and scheduled by interval."""

    edges: I64
    """us: bounds of the intervals, one more than there are"""
    required: F64
    """agents on duty; NaN where nothing is required"""
    scheduled: F64


def requirement(scenario: Scenario, staff: Mapping[str, Staff], note: str) -> Figure:
    """Required against scheduled agents with the gap between them, and net staffing below; a pair of panels a group.

    `staff` by the group's name; `note` says how the requirement was found. To be called within `style.styled()`.
    """
    theme = style.now()
    columns = style.panel_columns(len(staff))
    thick = 1.5 if scenario.days * columns <= 14 else 0.8
    blocks = -(-len(staff) // columns)
    figure = style.page(max(style.HEIGHT, 1.3 + (1.8 if columns == 1 else 2.0) * blocks))
    within = _used(staff) if scenario.days == 1 else None
    grid = figure.subplots(2 * blocks, columns, squeeze=False, sharex=True, height_ratios=[2.2, 1] * blocks)
    for place, (name, group) in enumerate(staff.items()):
        row, column = divmod(place, columns)
        top, below = grid[2 * row, column], grid[2 * row + 1, column]
        x = clock.hours(group.edges)
        length = np.diff(group.edges) / clock.HOUR
        # the last value again, at the end; steps, as `stairs` looks at each corner in Python
        required, scheduled = (np.append(each, each[-1]) for each in (np.nan_to_num(group.required), group.scheduled))
        net = scheduled - required
        for gap, colour, shade in ((net > 0, theme.work, 0.3), (net < 0, theme.reread, 0.55)):
            look = {"step": "post", "color": colour, "alpha": shade, "linewidth": 0}
            top.fill_between(x, np.where(gap, scheduled, required), required, **look)
            below.fill_between(x, np.where(gap, net, 0.0), **look)
        top.step(x, required, where="post", color=theme.ink, linewidth=thick)
        top.step(x, scheduled, where="post", color=theme.work, linewidth=thick)
        below.step(x, net, where="post", color=theme.ink, linewidth=0.7 * thick)
        below.axhline(0, color=theme.quiet, linewidth=0.8)
        over, under = (format.count(float((length * np.maximum(gap[:-1], 0)).sum())) for gap in (net, -net))
        style.name_panel(top, name, f"over {over} h, under {under} h", columns)
        top.set_ylim(0, 1.12 * max(1.0, required.max(), scheduled.max()))
        style.label_y(top, "agents")
        style.label_y(below, "net,\nagents")
        lowest = place + columns >= len(staff)
        for ax, steps in ((top, 4), (below, 2)):
            style.whole_numbers(ax, steps)
            clock.time_axis(scenario, ax, within, label=ax is below and lowest)
        below.tick_params(labelbottom=lowest)
    for spare in grid[-2:, len(staff) - (blocks - 1) * columns :].ravel():
        spare.set_axis_off()
    style.headline(
        figure,
        "Agents required and scheduled",
        note,
        above=[
            style.line("required", theme.ink),
            style.line("scheduled", theme.work),
            style.patch("over", theme.work, 0.3),
            style.patch("under", theme.reread, 0.55),
        ],
    )
    return figure


def _used(staff: Mapping[str, Staff]) -> tuple[int, int] | None:
    """From the first to the end of the last interval in which anybody is required or scheduled, µs; None if never."""
    used = [(np.nan_to_num(group.required) > 0) | (group.scheduled > 0) for group in staff.values()]
    starts, ends = (
        np.concatenate([group.edges[side][those] for group, those in zip(staff.values(), used, strict=True)])
        for side in (slice(None, -1), slice(1, None))
    )
    return (int(starts.min()), int(ends.max())) if len(starts) else None


@chart("concurrency", panels=_teams)
def concurrency(results: Results, figure: Figure) -> None:
    """Shares of staffed time with 0, 1, 2, 3 or more sessions by the occupancy of the interval, a panel a team."""
    spec, theme = results.spec, style.now()
    metrics = ("concurrency_share_3plus", "concurrency_share_2", "concurrency_share_1")
    colours = theme.sessions[::-1]
    teams, left_out = largest.teams(results)
    names = [spec.teams[t] for t in teams]
    columns = 1 if len(names) == 1 else 2 if len(names) <= 6 else 3
    for name, ax in zip(names, style.panels(figure, names, columns=columns), strict=True):
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
            ax.text(at, 101, format.count(n) if n >= 1 else "<1", ha="center", va="bottom", fontsize=SMALLEST)
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
        f"Intervals of {format.duration(spec.interval / SECOND)} by their occupancy (time with a session); above the "
        f"bars n: staffed hours a replication; mean of {format.several(results.replications, 'replication')}.",
        left_out=left_out,
        above=[
            style.patch("no session", theme.closed),
            style.patch("1 session", theme.sessions[0]),
            style.patch("2 sessions", theme.sessions[1]),
            style.patch("3 or more", theme.sessions[2]),
        ],
    )


SMALLEST = 8.0
"""Points: figures over bars that stand close together."""
