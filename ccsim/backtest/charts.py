"""Pictures of a back-test: real figures beside predicted ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ccsim.backtest import score
from ccsim.backtest.prediction import MODES
from ccsim.backtest.trial import ERLANG_A, MEASURED, SIMULATION, Backtest, Trial, day_rows
from ccsim.charts import style
from ccsim.metrics import METRICS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST: Final = 12
"""Days that a picture by half hour has room for."""

TITLES: Final = {metric: METRICS["queue", metric].title for metric in MEASURED}
MARKERS: Final = ("o", "s", "^")
"""By mode, so that lines differ without colour, too."""


def figures(backtest: Backtest) -> dict[str, Callable[[], Figure]]:
    """What draws each picture, by the name of its file; to be called within `style.styled()`."""
    return {
        "days": partial(by_day, backtest),
        **{f"half_hours_{trial.mode}": partial(by_half_hour, trial) for trial in backtest.trials},
        "places": partial(places, backtest),
        "coverage": partial(coverage, backtest),
    }


def by_half_hour(trial: Trial) -> Figure:
    """ASA of each half hour, a panel a day."""
    theme, shown = style.now(), trial.days[:MOST]
    figure = style.page(style.height_for(len(shown)))
    size = len(shown[0].agents)
    ours, theirs = (trial.prediction(name).by_interval.asa.reshape(-1, size) for name in (SIMULATION, ERLANG_A))
    low, high = (end.reshape(-1, size) for end in trial.bounds["asa"])
    offered = np.sum([day.real[0] for day in shown], axis=0)
    share = offered.cumsum() / offered.sum()
    used = np.flatnonzero((share > 0.002) & (share - offered / offered.sum() < 0.998))
    axes = style.panels(
        figure, [_day(day.day) for day in shown], [f"{day.real[0].sum():,.0f} offered" for day in shown]
    )
    x = np.arange(size) / 2 + 0.25
    for number, (ax, day) in enumerate(zip(axes, shown, strict=True)):
        real = score.figures(day.real).asa
        ax.fill_between(x, low[number], high[number], color=theme.session, alpha=0.7, linewidth=0)
        ax.plot(x, theirs[number], color=theme.reread, linestyle=(0, (4, 1.5)), linewidth=1.2)
        ax.plot(x, ours[number], color=theme.work)
        ax.plot(x, real, color=theme.ink, marker="o", markersize=3, linewidth=0)
        ax.set_ylim(0, 1.15 * np.nanmax([real, ours[number]], initial=10.0))
        ax.set_xlim(used[0] / 2, (used[-1] + 1) / 2)
        style.label_y(ax, "seconds")
        if style.lowest(ax):
            ax.set_xlabel("hour of the day")
    style.headline(
        figure,
        f"Wait by half hour: {MODES[trial.mode]}",
        f"Mean wait of the answered by half hour of arrival, {len(shown[0].simulated)} replications. "
        "The prediction interval is as wide as the training days want it for 90 %.",
        above=[
            style.line("real", theme.ink, marker="o", linestyle="none", markersize=4),
            style.line("simulated, median", theme.work),
            style.patch("90 % prediction interval", theme.session, 0.7),
            style.line(ERLANG_A, theme.reread, linestyle=(0, (4, 1.5))),
        ],
    )
    return figure


def by_day(backtest: Backtest) -> Figure:
    """ASA of each day, a panel a mode."""
    theme = style.now()
    figure = style.page()
    axes = style.panels(figure, [MODES[trial.mode] for trial in backtest.trials], columns=1)
    for ax, trial in zip(axes, backtest.trials, strict=True):
        rows = day_rows(trial)
        x = np.arange(len(rows))
        real, ours, low, high, theirs = np.array([row[3:8] for row in rows], np.float64).T
        ax.vlines(x, low, high, color=theme.session, linewidth=9)
        ax.plot(x, ours, color=theme.work, marker="_", markersize=11, markeredgewidth=2.5, linewidth=0)
        ax.plot(x + 0.18, theirs, color=theme.reread, marker="^", markersize=6, linewidth=0)
        ax.plot(x, real, color=theme.ink, marker="o", markersize=5, linewidth=0)
        ax.set_xticks(x, [_day(day.day) for day in trial.days], rotation=0 if len(x) <= 10 else 90)
        ax.set_ylim(bottom=0)
        style.label_y(ax, "seconds")
    style.headline(
        figure,
        "Wait by day: real and predicted",
        f"Mean wait of a day's answered contacts, {len(backtest.trials[0].days[0].simulated)} replications. "
        f"Agents by the rule {backtest.rule}.",
        above=[
            style.line("real", theme.ink, marker="o", linestyle="none"),
            style.line("simulated, median", theme.work, marker="_", markeredgewidth=2.5, linestyle="none"),
            style.patch("middle 90 % of the replications", theme.session),
            style.line(ERLANG_A, theme.reread, marker="^", linestyle="none"),
        ],
    )
    return figure


def places(backtest: Backtest) -> Figure:
    """Probability integral transform: where among the replications the real half hours fall."""
    theme = style.now()
    figure = style.page()
    names = [f"{trial.mode}: {TITLES[metric]}" for metric in MEASURED for trial in backtest.trials]
    axes = iter(style.panels(figure, names, columns=len(backtest.trials), share_y=True))
    for metric in MEASURED:
        for trial in backtest.trials:
            ax = next(axes)
            edges = np.linspace(0, 1, 11)
            share = 100 * np.diff(score.transform(trial.days, metric)(edges))
            ax.stairs(share, edges, fill=True, color=theme.work)
            ax.axhline(10, color=theme.ink, linestyle=(0, (4, 1.5)), linewidth=1.2)
            style.label_y(ax, "% of half hours")
            if style.lowest(ax):
                ax.set_xlabel("place among the replications")
    style.headline(
        figure,
        "Where real half hours fall among the replications",
        "Probability integral transform: 0 is below all replications, 1 above all; every tenth holds 10 % if "
        "the model is right. High ends: reality varies more than the replications; a high right end: it is higher.",
        above=[style.line("a model that is right", theme.ink, linestyle=(0, (4, 1.5)))],
    )
    return figure


def coverage(backtest: Backtest) -> Figure:
    """Share of the real half hours within the middle of the replications, as wide as that may be."""
    theme = style.now()
    figure = style.page()
    nominal = np.arange(5.0, 100, 5)
    for ax, metric in zip(
        style.panels(figure, [TITLES[metric] for metric in MEASURED], columns=2), MEASURED, strict=True
    ):
        ax.plot([0, 100], [0, 100], color=theme.quiet, linewidth=0.8)
        for number, trial in enumerate(backtest.trials):
            below = score.transform(trial.days, metric)
            got = 100 * (below(0.5 + nominal / 200) - below(0.5 - nominal / 200))
            how: dict[str, Any] = {"color": style.colour(number), "marker": MARKERS[number]}
            ax.plot(nominal, got, markersize=3.5, **how)
            widened = next(cover.widened for cover in trial.covers if cover.metric == metric)
            ax.plot([100 * score.SHARE], [100 * widened], markersize=11, markeredgecolor=theme.ink, linewidth=0, **how)
        style.percent_axis(ax, "covered, %")
        ax.set_xlim(-3, 103)
        ax.set_xticks(range(0, 101, 25))
        ax.set_xlabel("middle share of the replications, %")
    style.headline(
        figure,
        "How many real half hours prediction intervals cover",
        "On the diagonal, intervals cover what they promise. Small marks: as the replications are; large: the 90 % "
        "interval as wide as the training days want it.",
        above=[
            style.line(f"{trial.mode}: {MODES[trial.mode]}", style.colour(number), marker=MARKERS[number])
            for number, trial in enumerate(backtest.trials)
        ],
    )
    return figure


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"
