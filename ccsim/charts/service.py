"""Service level over time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from ccsim.charts import clock, style
from ccsim.charts.registry import chart
from ccsim.results import format, largest
from ccsim.results.model import Results
from ccsim.scenario.model import Scenario
from ccsim.tables import F64, SECOND

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure


def _queues(results: Results) -> list[int]:
    """Those with a service-level target."""
    return [q for q in range(len(results.spec.queues)) if not np.isnan(results.spec.sl_time[q])]


def _details(results: Results, queues: list[int]) -> list[str]:
    """Target, formula and clock where queues differ, and how many contacts, by queue."""
    _, own = format.sl_rules(results)
    details = []
    for q in queues:
        offered = results.estimate("queue", results.spec.queues[q], "offered")
        n = f"n = {format.count(offered.mean if offered else 0.0)}"
        details.append(", ".join([format.sl_target(results, q), *own[q], n]))
    return details


def _rules(results: Results) -> str:
    """What all queues share of formula and clock, for the end of a note."""
    shared, _ = format.sl_rules(results)
    return f"; {', '.join(shared)}" if shared else ""


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
    """How many intervals (each of so many µs) a point stands for, a whole number of points a day.

    As few as can be distinguished in so many columns of panels.
    """
    a_day = max(1, 24 * 3600 * SECOND // interval)
    sizes = [size for size in range(1, a_day + 1) if a_day % size == 0]
    return next((size for size in sizes if intervals / size * columns <= POINTS), a_day)


@chart(
    "service_level",
    panels=lambda results: len(largest.late_queues(results, _queues(results)).places),
    applies=lambda results: bool(_queues(results)),
)
def service_level(results: Results, figure: Figure) -> None:
    """Service level by interval of arrival against the target, a panel a queue."""
    spec, theme = results.spec, style.now()
    queues, left_out = largest.late_queues(results, _queues(results))
    size = pool_size(len(results.summary.starts), spec.interval, style.panel_columns(len(queues)))
    banded = results.replications > 1 and size == 1
    names = [results.scenario.title(spec.queues[q]) for q in queues]
    for q, ax in zip(queues, style.panels(figure, names, _details(results, queues), share_y=True), strict=True):
        clock.shade_closed(results.plan, ax, q)
        level = results.series("queue", spec.queues[q], "service_level")
        x = clock.centres(clock.counted(results), size)
        colour = style.colour(q)
        if banded:
            low, high = np.clip(level.low, 0, 1), np.clip(level.high, 0, 1)
            ax.fill_between(x, 100 * low, 100 * high, color=colour, alpha=0.3, linewidth=0, step="mid")
        mean = pooled(level.mean, results.series("queue", spec.queues[q], "offered").mean, size)
        ax.plot(x, 100 * mean, color=colour, drawstyle="steps-mid", marker=".", markersize=3)
        ax.axhline(100 * spec.sl_share[q], color=theme.ink, linewidth=1.1, linestyle=(0, (5, 3)))
        style.percent_axis(ax, "service level, %")
        clock.time_axis(results.scenario, ax, clock.awake(results))
    entries = [style.line("service level", theme.quiet)]
    if banded:
        entries.append(style.patch("95 % interval", theme.quiet, 0.3))
    entries += [style.line("target", theme.ink, linewidth=1.1, linestyle=(0, (5, 3))),
                style.patch("closed", theme.closed)]  # fmt: skip
    style.headline(
        figure,
        "Service level by time of arrival",
        f"{format.duration(size * spec.interval / SECOND)} a point, mean of "
        f"{format.several(results.replications, 'replication')}; n: contacts a replication{_rules(results)}.",
        left_out=left_out,
        above=entries,
    )


THIN: Final = 10
"""Contacts of all replications below which the share of a cell says nothing."""

FAR: Final = 0.2
"""Distance from the target at which the heat map's colours end."""


class ServiceGrid(NamedTuple):
    """Service level and contacts of a queue, (day, time of day)."""

    level: F64
    contacts: F64
    """of all replications"""


def _grids(results: Results, queues: list[int]) -> tuple[int, dict[int, ServiceGrid]]:
    """Width of a cell in µs, and each queue's cells.

    A cell has as many intervals as it takes for half of the contacts to lie in cells that are not thin, up to 4 hours.
    """
    scenario, interval = results.scenario, results.spec.interval
    times = range(0, 24 * clock.HOUR, interval)
    at = np.array([[scenario.calendar.at(day, time) for time in times] for day in range(scenario.days)])
    place = np.searchsorted(results.summary.starts, at, side="right") - 1
    known = (place >= 0) & (at < results.plan.end)

    def cells(queue: int, metric: str) -> F64:
        values = results.series("queue", results.spec.queues[queue], metric).mean[place]
        return np.where(known, values, np.nan).ravel()

    level = {q: cells(q, "service_level") for q in queues}
    contacts = {q: np.nan_to_num(cells(q, "offered")) * results.replications for q in queues}
    sizes = [n for n in range(1, len(times) + 1) if len(times) % n == 0 and (n == 1 or n * interval <= 4 * clock.HOUR)]
    for size in sizes:
        shape = (scenario.days, len(times) // size)
        grids = {
            q: ServiceGrid(
                pooled(level[q], contacts[q], size).reshape(shape), contacts[q].reshape(*shape, size).sum(axis=2)
            )
            for q in queues
        }
        counts = np.concatenate([grid.contacts.ravel() for grid in grids.values()])
        if counts[counts >= THIN].sum() >= 0.5 * counts.sum():
            break
    return size * interval, grids


def _wanted(results: Results) -> list[int]:
    """Those whose target the scenario gives itself."""
    return [q for q in _queues(results) if not results.spec.sl_usual[q]]


@chart(
    "heat_map",
    panels=lambda results: len(largest.late_queues(results, _wanted(results)).places),
    applies=lambda results: bool(_wanted(results)),
)
def heat_map(results: Results, figure: Figure) -> None:
    """Distance of the service level from its target by day and time of day, a panel a queue."""
    scenario, spec, theme = results.scenario, results.spec, style.now()
    queues, left_out = largest.late_queues(results, _wanted(results))
    columns = 1 if len(queues) == 1 else 2 if len(queues) <= 6 else 3
    width, grids = _grids(results, queues)
    busy = np.flatnonzero(sum(grid.contacts.sum(axis=0) for grid in grids.values()))
    first, last = (busy[0], busy[-1] + 1) if len(busy) else (0, 24 * clock.HOUR // width)
    extent = (first * width / clock.HOUR, last * width / clock.HOUR, scenario.days, 0)
    whole: dict[str, Any] = {"extent": extent, "aspect": "auto", "interpolation": "none"}
    names = [results.scenario.title(spec.queues[q]) for q in queues]
    axes = style.panels(figure, names, _details(results, queues), columns=columns)
    for q, ax in zip(queues, axes, strict=True):
        level, contacts = (cells[:, first:last] for cells in grids[q])
        thin = (contacts > 0) & (contacts < THIN)
        ax.imshow(np.where(thin, 1.0, np.nan), cmap=_one_colour(theme.pause), vmin=0, vmax=1, **whole)
        apart = 100 * np.where(thin, np.nan, level - spec.sl_share[q])
        image = ax.imshow(apart, cmap=style.diverging(), vmin=-100 * FAR, vmax=100 * FAR, **whole)
        ax.grid(visible=False)
        label_days(scenario, ax, rows=-(-len(queues) // columns))
        hours = [hour for hour in range(0, 25, 2 if columns < 3 else 4) if extent[0] <= hour <= extent[1]]
        ax.set_xticks(hours, [f"{hour:02d}:00" if columns == 1 else f"{hour}" for hour in hours])
        if style.lowest(ax):
            ax.set_xlabel("arrival, time of day" if columns == 1 else "arrival, hour of the day")
    style.headline(
        figure,
        "Where the service level misses its target",
        f"Cells of {format.duration(width / SECOND)}, {clock.period(scenario)}; mean of "
        f"{format.several(results.replications, 'replication')}; n: contacts a replication; empty: no "
        f"contacts{_rules(results)}.",
        left_out=left_out,
        above=[style.patch(f"thin: fewer than {THIN} contacts in all replications", theme.pause)],
    )
    bar = figure.colorbar(image, ax=axes, extend="both", pad=0.015, fraction=0.04, aspect=30)
    bar.set_label("service level less target, percentage points")
    bar.outline.set_visible(False)


def label_days(scenario: Scenario, ax: Axes, rows: int) -> None:
    """Each day at its row, or as many weeks apart as fit into a panel of which `rows` stand over one another."""
    every = clock.days_apart(scenario.days, room=int((style.HEIGHT - 1.7) / rows * 0.72 / 0.15))
    days = range(0, scenario.days, every)
    labels = [format.day(scenario.start + timedelta(days=day)) for day in days]
    ax.set_yticks([day + 0.5 for day in days], [label.rsplit(" ", 1)[0] if every == 1 else label for label in labels])
    style.label_y(ax, "day")


def _one_colour(colour: str) -> Colormap:
    from matplotlib.colors import ListedColormap

    return ListedColormap([colour])
