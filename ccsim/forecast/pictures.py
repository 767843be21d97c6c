"""Pictures of a forecast: history and days to come with bands, and the days by the clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from ccsim.charts import style
from ccsim.forecast.level import MARKS
from ccsim.forecast.outlook import Outlook
from ccsim.results import format
from ccsim.results.largest import largest
from ccsim.tables import F64

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BEFORE: Final = 56
"""Days of history at least that are shown beside the forecast."""
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def figures(outlook: Outlook) -> dict[str, Callable[[], Figure]]:
    """What draws each picture, by its name; to be called within `style.styled()`."""
    return {"days": partial(_days, outlook), "clock": partial(_clock, outlook)}


def queues_shown(outlook: Outlook) -> tuple[list[str], str]:
    """The queues that have a panel, and the sentence about the others."""
    every = list(outlook.forecasts)
    totals = [float(forecast.days.sum()) for forecast in outlook.forecasts.values()]
    places, left_out = largest(totals, "queues with most contacts")
    return [every[place] for place in places], f" {left_out}; all are in days.csv." if left_out else ""


def _days(outlook: Outlook) -> Figure:
    """Contacts by day."""
    theme = style.now()
    names, left_out = queues_shown(outlook)
    page = style.page(style.height_for(len(names)))
    handles = [
        style.line("a day of the history", theme.ink, marker="o", linestyle="", markersize=4),
        style.line("forecast", theme.queues[0]),
        style.patch("80 % of such days", theme.queues[0], 0.35),
        style.patch("95 %", theme.queues[0], 0.15),
    ]
    note = f"Closed days and days without data are left out.{left_out}"
    style.headline(page, "Contacts by day", note, above=handles)
    forecasts = [outlook.forecasts[name] for name in names]
    totals = [f"{forecast.days.sum():,.0f} in {len(forecast.dates)} days" for forecast in forecasts]
    for ax, name in zip(style.panels(page, names, totals), names, strict=True):
        forecast, history = outlook.forecasts[name], outlook.models[name].history
        came = np.nansum(history.counts, axis=1)
        before = max(BEFORE, len(forecast.dates))
        shown = [(day, total) for day, total in zip(history.dates, came.tolist(), strict=True) if total > 0][-before:]
        ax.plot(
            [day.toordinal() for day, _ in shown], [total for _, total in shown], "o", color=theme.ink, markersize=3
        )
        opened = forecast.days > 0
        x = np.array([day.toordinal() for day in forecast.dates])[opened]
        for share, alpha in ((0.95, 0.15), (0.8, 0.2)):
            low, high = (end[opened] for end in forecast.day_bands(share))
            ax.fill_between(x, low, high, color=theme.queues[0], alpha=alpha, linewidth=0)
        ax.plot(x, forecast.days[opened], color=theme.queues[0], marker="o", markersize=3)
        ax.set_ylim(bottom=0)
        first, last = shown[0][0].toordinal(), forecast.dates[-1].toordinal()
        ticks = np.linspace(first, last, 5 if len(names) <= 4 else 3).astype(int).tolist()
        ax.set_xticks(ticks, [format.day(date.fromordinal(tick)) for tick in ticks])
        style.label_y(ax, "contacts")
    return page


def _clock(outlook: Outlook) -> Figure:
    """Contacts by time of day, of the first day of each kind."""
    names, left_out = queues_shown(outlook)
    page = style.page(style.height_for(len(names)))
    kinds = [day for day in range(7) if any(_of(outlook, name, day) is not None for name in names)]
    handles = [style.line(WEEKDAYS[day], style.colour(number)) for number, day in enumerate(kinds)]
    style.headline(
        page,
        "Contacts by time of day",
        f"The forecast's first day of each weekday, without events where there is one, an hour.{left_out}",
        above=handles,
    )
    for ax, name in zip(style.panels(page, names), names, strict=True):
        interval = outlook.forecasts[name].interval
        for number, day in enumerate(kinds):
            expected = _of(outlook, name, day)
            if expected is not None:
                x = np.arange(len(expected) + 1) * interval / 3600
                rate = expected * 3600 / interval
                ax.step(x, np.append(rate, rate[-1]), where="post", color=style.colour(number))
        ax.set_xlim(0, 24)
        ax.set_xticks(range(0, 25, 4), [f"{hour:02d}:00" for hour in range(0, 25, 4)])
        ax.set_ylim(bottom=0)
        style.label_y(ax, "an hour")
    return page


def _of(outlook: Outlook, name: str, weekday: int) -> F64 | None:
    """Of the first day of that weekday that is nearest to a usual one."""
    forecast = outlook.forecasts[name]
    special = np.abs(np.log(np.maximum(forecast.components[MARKS] * forecast.components["by hand"], 1e-9)))
    open_days = [day for day, date in enumerate(forecast.dates) if date.weekday() == weekday and forecast.days[day] > 0]
    return np.asarray(forecast.expected[min(open_days, key=lambda day: special[day])]) if open_days else None
