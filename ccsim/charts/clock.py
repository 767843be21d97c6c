"""Axes of time: days and times of day where the scenario lies, closed hours grey."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ccsim.charts import style
from ccsim.results import format
from ccsim.results.model import Results
from ccsim.scenario.model import Scenario
from ccsim.tables import F64, I64, SECOND, Plan

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HOUR: Final = 3600 * SECOND


def hours(times: NDArray[Any]) -> F64:
    """Microseconds as hours since the scenario's start, the x of every time axis."""
    return np.asarray(times, dtype=np.float64) / HOUR


def edges(results: Results) -> I64:
    """Bounds of the reporting intervals from time 0 to the end of arrivals, µs."""
    end = results.plan.end
    return np.append(np.arange(0, end, results.spec.interval, dtype=np.int64), end)


def counted(results: Results) -> I64:
    """Bounds of the reporting intervals that figures are of, from the end of the warm-up, µs."""
    return np.append(results.summary.starts, results.plan.end)


def centres(bounds: I64, size: int = 1) -> F64:
    """Middle of every `size` intervals together, on the time axis; the last may be shorter than the others."""
    starts = bounds[:-1:size]
    return hours((starts + np.append(starts[1:], bounds[-1])) // 2)


def period(scenario: Scenario) -> str:
    """The days simulated: Mon 2 Mar 2026, or Mon 2 Mar to Sun 8 Mar 2026."""
    last = scenario.start + timedelta(days=scenario.days - 1)
    first = f"{format.day(scenario.start)} to " if scenario.days > 1 else ""
    return f"{first}{format.day(last)} {last.year}"


def awake(results: Results) -> tuple[int, int]:
    """Of a single day the part, on the hour, in which contacts come or agents are there; else the horizon. µs."""
    edges = counted(results)
    summary = results.summary.by_interval
    busy = sum(np.nan_to_num(summary[key][0]).sum(axis=0) for key in (("queue", "offered"), ("team", "staffed_hours")))
    there = np.flatnonzero(busy)
    if results.scenario.days > 1 or not len(there):
        return 0, results.plan.end
    start, end = int(edges[there[0]]) // HOUR * HOUR, -(-int(edges[there[-1] + 1]) // HOUR) * HOUR
    return start, min(end, results.plan.end)


def days_apart(count: int, room: int) -> int:
    """Days from one label to the next of so many, of which so many fit: one day, or whole weeks."""
    steps: tuple[int, ...] = (1, *range(7, 10_000, 7))
    return next(step for step in steps if count / step <= max(1, room))


def time_axis(
    scenario: Scenario, ax: Axes, within: tuple[int, int] | None = None, *, label: bool | None = None
) -> None:
    """Days of the horizon at the bottom: with hours for up to two days, then days, or as many weeks apart as fit.

    `within` (µs) cuts it. The axis is labelled in the lowest row of panels, or as `label` says.
    """
    midnights = hours(scenario.calendar.midnights(scenario.days))
    count = scenario.days
    days = [scenario.start + timedelta(days=i) for i in range(count)]
    place = ax.get_subplotspec()
    columns = place.get_gridspec().ncols if place else 1
    labelled = style.lowest(ax) if label is None else label
    left, right = (within[0] / HOUR, within[1] / HOUR) if within else (midnights[0], midnights[-1])
    ax.set_xlim(left, right)
    if count <= 2:
        step = next(h for h in (1, 2, 3, 4, 6, 12) if (right - left) / h * columns <= 14 or h == 12)
        clock = [(scenario.calendar.at(day, hour * HOUR), hour) for day in range(count) for hour in range(0, 24, step)]
        clock = [(at, hour) for at, hour in clock if left <= at / HOUR <= right]
        ax.set_xticks([at / HOUR for at, _ in clock], [f"{hour:02d}:00" for _, hour in clock])
        if labelled:
            ax.set_xlabel(f"time of day, {period(scenario)}")
        return
    room = int(0.85 * style.WIDTH / columns / 0.52)
    every = days_apart(count, room)
    labels = [format.day(day) for day in days[::every]]
    # "Mon 2" for days, "2 Mar" for weeks: the axis' label tells the rest
    labels = [label.rsplit(" ", 1)[0] if every == 1 else label.split(" ", 1)[1] for label in labels]
    ax.set_xticks(midnights[:-1:every], labels, ha="left")
    ax.set_xticks(midnights, minor=True)
    ax.grid(visible=True, axis="x")
    if labelled:
        ax.set_xlabel(period(scenario))


def shade_closed(plan: Plan, ax: Axes, queue: int, until: int | None = None) -> None:
    """Grey where the queue is closed, up to the end of arrivals or `until` (µs)."""
    end = until or plan.end
    spans = slice(plan.hours_offset[queue], plan.hours_offset[queue + 1])
    opens, closes = plan.opens[spans], plan.closes[spans]
    bounds = np.concatenate([[0], np.clip(np.stack([opens, closes], axis=1).ravel(), 0, end), [end]])
    for left, right in bounds.reshape(-1, 2).tolist():
        if right > left:
            ax.axvspan(left / HOUR, right / HOUR, color=style.now().closed, linewidth=0, zorder=0)


def span_axis(scenario: Scenario, ax: Axes, start: int, end: int) -> None:
    """A stretch of the horizon (µs) at the bottom: ticks at midnights if it has several, else at hours."""
    margin = max(1, (end - start) // 100)
    ax.set_xlim((start - margin) / HOUR, (end + margin) / HOUR)
    last = scenario.calendar.day(scenario.start) + int(end // (24 * HOUR)) + 2
    midnights = [scenario.calendar.at(day) for day in range(min(0, int(start // (24 * HOUR))), last)]
    shown = [at for at in midnights if start <= at <= end]
    if len(shown) > 2:
        shown = shown[:: -(-len(shown) // 12)]
        ax.set_xticks([at / HOUR for at in shown], [format.moment(scenario, at)[:-6] for at in shown])
        ax.grid(visible=True, axis="x")
        ax.set_xlabel("midnight of the day")
        return
    step = next(h for h in (1, 2, 3, 6, 12) if (end - start) / (h * HOUR) <= 10 or h == 12) * HOUR
    ticks = range(-(-start // step) * step, end + 1, step)
    ax.set_xticks([at / HOUR for at in ticks], [format.moment(scenario, at)[-5:] for at in ticks])
    ax.set_xlabel(f"time of day, from {format.moment(scenario, start)[:-6]}")
