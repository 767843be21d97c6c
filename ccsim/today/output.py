"""The outlook as JSON, as tables for the terminal, and as a picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ccsim.charts import style
from ccsim.results import format
from ccsim.scenario.values import MINUTE
from ccsim.tables import SECOND
from ccsim.today.outlook import METRICS_SHOWN, Band, Course, Outlook, band

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANELS: Final = 6
"""Queues side by side in the picture, as many as can be read."""


def as_json(outlook: Outlook) -> dict[str, Any]:
    """The one object that `--json` prints; null for what has no data. Bands hold the middle 90 % of replications."""
    course = outlook.course
    queues: dict[str, Any] = {}
    for place, name in enumerate(course.spec.queues):
        metrics = [metric for metric in METRICS_SHOWN if course.applies(name, metric)]
        queues[name] = {
            "now": {what: int(number[place]) for what, number in outlook.now.items()},
            "so_far": {metric: _number(outlook.so_far[metric][place]) for metric in metrics},
            "rest": {metric: _band(band(course.values(name, metric, "rest"))) for metric in metrics},
            "day": {metric: _band(band(course.values(name, metric))) for metric in metrics},
            "target_met_probability": course.probability(name),
            "backlog_at_closing": _band(band(course.backlog(name))),
            "intervals": _intervals(outlook, name, [m for m in ("offered", "service_level") if m in metrics]),
        }
    return {
        "at": outlook.time.isoformat(),
        "replications": len(course.outcomes),
        "arrivals": {
            name: {
                "so_far": float(forecast.counts.sum()),
                "expected_so_far": float(forecast.expected[: len(forecast.counts)].sum()),
                "factor_of_the_rest": forecast.factor,
            }
            for name, forecast in outlook.forecasts.items()
        },
        "queues": queues,
        "actions": [
            {
                "name": name,
                "target_met_probability": {
                    queue: p for queue in course.spec.queues if (p := action.probability(queue)) is not None
                },
                "cost": _number(action.extra_cost(course)),
                "difference": {queue: _differences(course, action, queue) for queue in course.spec.queues},
            }
            for name, action in outlook.actions.items()
        ],
        "warnings": list(outlook.warnings),
    }


def _differences(course: Course, action: Course, queue: str) -> dict[str, Any]:
    return {
        metric: _band(band(action.values(queue, metric) - course.values(queue, metric)))
        for metric in METRICS_SHOWN
        if course.applies(queue, metric)
    }


def _intervals(outlook: Outlook, name: str, metrics: list[str]) -> list[dict[str, Any]]:
    course = outlook.course
    series = {metric: course.by_interval(name, metric) for metric in metrics}
    rows = []
    for place, start in enumerate(course.starts.tolist()):
        row: dict[str, Any] = {
            "start": outlook.scenario.calendar.local(start).replace(tzinfo=None, microsecond=0).isoformat()
        }
        for metric, values in series.items():
            row[metric] = _band(band(values[:, place]))
        rows.append(row)
    return rows


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _band(of: Band) -> dict[str, float | None]:
    return {name: _number(value) for name, value in of._asdict().items()}


def ranked(outlook: Outlook) -> list[tuple[str, Course]]:
    """Actions, those first that make the targets most probable, of equals that whose service levels are highest.

    Of these the cheapest. Service levels are compared to the point.
    """

    def merit(item: tuple[str, Course]) -> tuple[float, float, float]:
        action = item[1]
        judged = [(p, name) for name in action.spec.queues if (p := action.probability(name)) is not None]
        levels = [level for _, name in judged if (level := mean_level(action, name)) is not None]
        cost = action.extra_cost(outlook.course)
        return -round(sum(p for p, _ in judged), 6), -round(sum(levels), 2), 0.0 if math.isnan(cost) else cost

    return sorted(outlook.actions.items(), key=merit)


def mean_level(course: Course, queue: str) -> float | None:
    """A queue's service level of the whole day, mean over replications; None without one."""
    if not course.applies(queue, "service_level"):
        return None
    mean = band(course.values(queue, "service_level")).mean
    return None if math.isnan(mean) else mean


def shown_band(of: Band, metric: str) -> str:
    """A band as a planner reads it."""
    if math.isnan(of.mean):
        return "–"
    if metric in ("offered", "answered", "abandoned", "undecided", "backlog"):
        return f"{of.mean:.0f} ({of.low:.0f}–{of.high:.0f})"
    if metric in ("asa", "asa_business", "wait_mean", "handle_mean"):
        return f"{format.duration(of.mean)} ({format.duration(of.low)}–{format.duration(of.high)})"
    return f"{100 * of.mean:.0f} % ({100 * of.low:.0f}–{100 * of.high:.0f})"


def picture(outlook: Outlook, theme: str = "light") -> Figure:
    """Of the first PANELS queues with a service level the level by interval and what came: so far solid, then bands.

    Where there are more, the note says so. Where no queue has a service level, of all queues what came alone.
    """
    course = outlook.course
    measured = [name for name in course.spec.queues if course.applies(name, "service_level")]
    came = f"contacts in {format.duration(course.spec.interval / SECOND)}"
    rows = {"service_level": "service level, %", "offered": came} if measured else {"offered": came}
    fit = measured or list(course.spec.queues)
    names = fit[:PANELS]
    wanted = {
        name: share
        for name, share, usual in zip(course.spec.queues, course.spec.sl_share, course.spec.sl_usual, strict=True)
        if name in measured and not usual
    }
    which = " with a service level" if measured else ""
    part = "" if names == fit else f" The first {PANELS} of {len(fit)} queues{which}."
    with style.styled(theme):
        page = style.page(style.HEIGHT)
        axes = page.subplots(len(rows), len(names), squeeze=False, sharex="col")
        for column, name in enumerate(names):
            colour = style.now().queues[course.spec.queues.index(name) % len(style.now().queues)]
            for row, metric in enumerate(rows):
                _panel(outlook, name, metric, axes[row][column], colour)
            axes[0][column].set_title(name)
            if not measured:
                continue
            axes[0][column].set_ylim(0, 1.02)
            axes[0][column].yaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f}")
            if name in wanted:
                axes[0][column].axhline(wanted[name], color=style.now().quiet, linewidth=0.8, linestyle=":")
        for row, label in enumerate(rows.values()):
            axes[row][0].set_ylabel(label)
        style.headline(
            page,
            f"{outlook.scenario.name}: {format.day(outlook.time)}, seen at {outlook.time:%H:%M}",
            f"Solid: so far; band: 90 % of {len(course.outcomes)} replications of the rest, line: their mean"
            f"{'; dotted: target' if wanted.keys() & set(names) else ''}.{part}",
        )
    return page


def _panel(outlook: Outlook, name: str, metric: str, ax: Axes, colour: str) -> None:
    course, values = outlook.course, outlook.course.by_interval(name, metric)
    hours = course.starts / 3.6e9
    bands = np.array([band(values[:, place]) for place in range(len(hours))])
    gone = slice(None, course.coming)
    later = slice(max(course.coming - 1, 0), None)
    ax.plot(hours[gone], bands[gone, 0], color=colour, linewidth=2)
    ax.plot(hours[later], bands[later, 0], color=colour, linewidth=1, linestyle="--")
    ax.fill_between(hours[later], bands[later, 1], bands[later, 2], color=colour, alpha=0.25, linewidth=0)
    ax.axvline(outlook.at / 3.6e9, color=style.now().quiet, linewidth=0.8)
    clock = outlook.scenario.calendar.local
    ax.xaxis.set_major_formatter(lambda hour, _: f"{clock(round(hour * 60) * MINUTE):%H:%M}")
    used = np.flatnonzero(np.nan_to_num(course.by_interval(name, "offered")).any(axis=0))
    if len(used):
        ax.set_xlim(hours[used[0]], hours[used[-1]] + 0.5)
