"""Data against fit: one picture a quantity, a panel a queue."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ccsim.charts import style
from ccsim.distributions.durations import Empirical
from ccsim.fit.estimate import Fit
from ccsim.fit.quantities import DistributionFit
from ccsim.fit.queues import QueueFit
from ccsim.report.document import Picture
from ccsim.report.pictures import picture
from ccsim.results import format
from ccsim.stats.intervals import Z
from ccsim.stats.survival import confidence, kaplan_meier

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST: Final = 12
"""Panels of a picture: of more queues those with the most contacts."""

TITLES: Final = {
    "work": "Work: from answer to end, or on a turn",
    "wrap_up": "Wrap-up",
    "patience": "Patience, from answered and abandoned together",
    "answer_delay": "Ringing: waits while an agent had long been free",
    "reply_latency": "The customer's time to answer",
    "reply_patience": "Patience in a conversation",
    "retry.after": "Until who left tries again",
    "reopens.after": "Until who was served comes back",
    "first_wait": "Waits until the first answer, as they were",
}

TICKS: Final = (0.1, 1, 10, 60, 600, 3600, 6 * 3600, 86400, 7 * 86400, 28 * 86400)


def pictures(fit: Fit) -> list[Picture]:
    """Every picture that has something to show."""
    busiest = sorted(fit.queues.values(), key=lambda queue: -queue.contacts)[:MOST]
    shown = [queue for queue in fit.queues.values() if queue in busiest]
    drawn: list[Callable[[], Figure]] = [lambda: _days(fit, shown), lambda: _hours(fit, shown)]
    for key, title in TITLES.items():
        distributions = {
            queue.name: (queue.distributions | queue.seen)[key]
            for queue in shown
            if key in queue.distributions | queue.seen
        }
        distributions = {
            name: distribution for name, distribution in distributions.items() if distribution.family != "constant"
        }
        if distributions:
            drawn.append(lambda distributions=distributions, title=title: _distribution(distributions, title))  # type: ignore[misc]
    with style.styled():
        return [picture(draw()) for draw in drawn]


def _distribution(distributions: dict[str, DistributionFit], title: str) -> Figure:
    """The share that lasts longer, on a logarithmic axis: data with their 95 % band, and the fitted distribution."""
    theme = style.now()
    page = style.page(style.height_for(len(distributions)))
    data = [style.line("data (Kaplan–Meier)", theme.ink), style.patch("its 95 % interval", theme.quiet, 0.35)]
    if any(distribution.candidates for distribution in distributions.values()):
        data += [
            style.line("fitted distribution", theme.queues[0]),
            style.line("next best", theme.queues[1], linestyle=":"),
        ]
    style.headline(
        page,
        title,
        "Share that takes longer; what was cut off counts until then. The family with the least BIC is drawn; "
        "where it misses the data by more than 5 points, the data's own values are taken.",
        above=data,
    )
    columns = min(2, len(distributions)) if len(distributions) <= 4 else None
    axes = style.panels(
        page,
        distributions,
        [_family(distribution) for distribution in distributions.values()],
        columns=columns,
        share_y=True,
    )
    low, high = _range(list(distributions.values()))
    x = np.geomspace(low, high, 300)
    for ax, distribution in zip(axes, distributions.values(), strict=True):
        at, lasts = kaplan_meier(*distribution.sample)
        below, above = confidence(*distribution.sample)
        at, lasts, below, above = (_thinned(np.concatenate(([first], row))) for first, row in
                                   ((low, np.maximum(at, low)), (1.0, lasts), (1.0, below), (1.0, above)))  # fmt: skip
        ax.fill_between(at, 100 * below, 100 * above, step="post", color=theme.quiet, alpha=0.35, linewidth=0)
        ax.step(at, 100 * lasts, where="post", color=theme.ink)
        for fitted, how in zip(
            distribution.candidates[:2],
            ({"color": theme.queues[0]}, {"color": theme.queues[1], "linestyle": ":"}),
            strict=False,
        ):
            ax.plot(x, 100 * fitted.survival(x), **how)  # type: ignore[arg-type]
        ax.set_xscale("log")
        ax.set_xlim(low, high)
        ticks = [tick for tick in TICKS if low <= tick <= high]
        ax.set_xticks(ticks, [format.duration(tick) for tick in ticks])
        ax.minorticks_off()
        style.percent_axis(ax, "takes longer, %")
    return page


def _thinned(values: Any) -> Any:
    """So few points that a picture stays small."""
    step = max(len(values) // 2000, 1)
    return np.append(values[::step], values[-1])


def _family(distribution: DistributionFit) -> str:
    number = format.several(int(distribution.sample.ended.sum()), "case")
    name = (
        "the data's values"
        if isinstance(distribution.distribution, Empirical)
        else distribution.family.replace("_", " ")
    )
    return f"{name}, {number}"


def _range(distributions: Sequence[DistributionFit]) -> tuple[float, float]:
    ended = np.concatenate([distribution.sample.times[distribution.sample.ended] for distribution in distributions])
    ended = ended[ended > 0]
    low, high = np.quantile(ended, [0.001, 1.0]) if len(ended) else (1.0, 2.0)
    return max(float(low) / 1.5, 0.05), float(high) * 1.5


def _days(fit: Fit, queues: Sequence[QueueFit]) -> Figure:
    """Contacts by day: the log's, and what its weekday lets expect with the band of chance and busy days."""
    theme = style.now()
    page = style.page(style.height_for(len(queues)))
    handles = [
        style.line("a day of the log", theme.ink, marker="o", linestyle="", markersize=4),
        style.line("expected of its weekday", theme.queues[0]),
        style.patch("95 % of such days", theme.queues[0], 0.2),
    ]
    note = (
        "The band is as wide as chance and the estimated differences between days have it. Follow-ups are not counted."
    )
    style.headline(page, "Contacts by day", note, above=handles)
    details = [_busy(queue) for queue in queues]
    x = np.arange(len(fit.days))
    for ax, queue in zip(style.panels(page, [q.name for q in queues], details), queues, strict=True):
        totals = queue.profile.counts.sum(axis=1)
        mean = np.array([queue.profile.volumes[int(day)].mean for day in queue.profile.weekday])
        cv = queue.profile.busyness_cv.mean if queue.profile.busyness_cv else 0.0
        low, high = _band(mean, cv)
        ax.fill_between(x, low, high, step="mid", color=theme.queues[0], alpha=0.2, linewidth=0)
        ax.step(x, mean, where="mid", color=theme.queues[0])
        ax.plot(x, totals, "o", color=theme.ink, markersize=4 if len(x) <= 60 else 2)
        ax.set_ylim(0, max(float(totals.max()), float(high.max()) if cv < 1 else 0.0) * 1.08 + 0.5)
        step = max(math.ceil(len(x) / (7 if len(queues) <= 4 else 3)), 1)
        ax.set_xticks(x[::step], [format.day(day) for day in fit.days[::step]])
        style.label_y(ax, "contacts")
    return page


def _band(mean: Any, cv: float) -> tuple[Any, Any]:
    """95 % of a gamma-Poisson (negative binomial) distribution."""
    from scipy.stats import nbinom, poisson

    if cv < 1e-6:
        return poisson.ppf(0.025, mean), poisson.ppf(0.975, mean)
    size = 1 / cv**2
    return tuple(np.nan_to_num(nbinom.ppf(q, size, size / (size + mean))) for q in (0.025, 0.975))


def _busy(queue: QueueFit) -> str:
    cv = queue.profile.busyness_cv
    if cv is None:
        return "each weekday came once"
    return f"cv of busy days {cv.mean:.2f} ({cv.low:.2f}–{cv.high:.2f})"


def _hours(fit: Fit, queues: Sequence[QueueFit]) -> Figure:
    """The day's profile by weekday, in contacts an hour, with the 95 % interval of the mean of the working days."""
    page = style.page(style.height_for(len(queues)))
    kinds = {"Monday to Friday": range(5), "Saturday": (5,), "Sunday": (6,)}
    handles = [style.line(name, style.colour(i)) for i, name in enumerate(kinds)]
    style.headline(
        page,
        "Contacts by time of day",
        f"Means by interval of {fit.interval // 60} minutes, as contacts an hour; the band is the 95 % interval of the "
        "mean if arrivals are Poisson.",
        above=handles,
    )
    per_hour = 3600 / fit.interval
    x = np.arange(86400 // fit.interval + 1) * fit.interval / 3600
    for ax, queue in zip(style.panels(page, [q.name for q in queues]), queues, strict=True):
        for i, days in enumerate(kinds.values()):
            mine = np.isin(queue.profile.weekday, list(days))
            if not mine.any():
                continue
            mean = queue.profile.counts[mine].mean(axis=0)
            error = Z * np.sqrt(mean / mine.sum())
            low, high = ((np.append(row, row[-1])) * per_hour for row in (np.maximum(mean - error, 0), mean + error))
            ax.fill_between(x, low, high, step="post", color=style.colour(i), alpha=0.2, linewidth=0)
            ax.step(x, np.append(mean, mean[-1]) * per_hour, where="post", color=style.colour(i))
        ax.set_xlim(0, 24)
        ax.set_xticks(range(0, 25, 4), [f"{hour:02d}:00" for hour in range(0, 25, 4)])
        ax.set_ylim(bottom=0)
        style.label_y(ax, "an hour")
    return page
