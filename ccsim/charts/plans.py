"""Pictures of a staffing: required against scheduled, service before and after, what cost buys.

They show an answer of `ccsim.staffing`, not the Results of a run, so they are not in the registry.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from ccsim.charts import style
from ccsim.charts.service import pool_size, pooled
from ccsim.experiment import words
from ccsim.scenario.model import Scenario
from ccsim.staffing.answers import Performance, Requirement, ShiftPlan
from ccsim.staffing.offered import interval_edges, offered
from ccsim.tables import F64, SECOND

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OVER: Final = "#56B4E9"
UNDER: Final = "#D55E00"
BEFORE: Final = "#8A8A8A"


def save(folder: Path, requirement: Requirement, scheduled: F64, scenario: Scenario, plan: ShiftPlan | None) -> None:
    """Every picture there are figures for, as PNG, in the folder, which must exist."""
    pages = {"required_and_scheduled": required_and_scheduled(scenario, requirement, scheduled)}
    if plan is not None:
        pages["service_before_and_after"] = service_before_and_after(plan)
        pages["cost_and_service"] = cost_and_service(plan)
    for name, page in pages.items():
        page.savefig(folder / f"{name}.png", dpi=style.DPI)


def required_and_scheduled(scenario: Scenario, requirement: Requirement, scheduled: F64) -> Figure:
    """Agents required and scheduled by interval, what is over and under shaded, and the net below; a pair a team.

    `scheduled` : float64[team, interval], agents at their desks as planned. Both are shown as they must be on shift:
    the requirement with its shrinkage.
    """
    with style.styled():
        page = style.page(style.WIDTH, 1.2 + 2.6 * len(requirement.names))
        teams = len(requirement.names)
        axes = page.subplots(2 * teams, 1, sharex=True, height_ratios=[2.2, 1] * teams).reshape(teams, 2)
        edges = style.hours(interval_edges(scenario))
        for t, (name, (top, bottom)) in enumerate(zip(requirement.names, axes, strict=True)):
            needed = requirement.with_shrinkage[t]
            net = scheduled[t] - needed
            top.set_title(_title(name, needed, scheduled[t], scenario))
            low, high = np.minimum(needed, scheduled[t]), np.maximum(needed, scheduled[t])
            for excess, colour in ((net > 0, OVER), (net < 0, UNDER)):
                top.stairs(np.where(excess, high, low), edges, baseline=low, fill=True, color=colour, linewidth=0)
                bottom.stairs(np.where(excess, net, 0.0), edges, fill=True, color=colour, linewidth=0)
            top.stairs(needed, edges, color=style.INK, linewidth=1.1, baseline=None)
            top.stairs(scheduled[t], edges, color="#0072B2", linewidth=1.1, baseline=None)
            top.set_ylim(0, 1.12 * max(1.0, float(high.max(initial=0))))
            top.set_ylabel("agents")
            bottom.axhline(0, color=style.QUIET, linewidth=0.8)
            reach = 1.15 * max(1.0, float(np.abs(net).max(initial=0)))
            bottom.set_ylim(-reach if (net < 0).any() else -0.15 * reach, reach if (net > 0).any() else 0.15 * reach)
            bottom.set_ylabel("net")
            for ax in (top, bottom):
                style.whole_numbers(ax)
                style.calendar_axis(scenario, ax)
            bottom.tick_params(labelbottom=True)
        style.legend(page, [_line("required", style.INK), _line("scheduled", "#0072B2"),
                            style.patch("over", OVER), style.patch("under", UNDER)], above=True)  # fmt: skip
        style.headline(
            page,
            "Agents required and scheduled",
            f"Required: {requirement.method}; with shrinkage. Scheduled: on shift, breaks taken off. "
            f"Net: scheduled less required. Intervals of {words.duration(scenario.interval / SECOND)}.",
        )
    return page


def _title(name: str, needed: F64, scheduled: F64, scenario: Scenario) -> str:
    hours = scenario.interval / (3600 * SECOND)
    under = float(np.maximum(needed - scheduled, 0).sum()) * hours
    over = float(np.maximum(scheduled - needed, 0).sum()) * hours
    return f"{style.short(name)}: over {words.count(over)} h, under {words.count(under)} h"


def service_before_and_after(plan: ShiftPlan) -> Figure:
    """Service level by interval of arrival with today's shifts and with the plan, a panel a queue with a target."""
    goals = [g for g, goal in enumerate(plan.goals) if goal.metric == "service_level"]
    scenario = plan.scenario
    with style.styled():
        page = style.page(style.WIDTH, style.panels_height(len(goals)))
        if not goals:
            page.text(0.5, 0.5, "No queue has a service-level target.", ha="center")
        size = pool_size(len(plan.starts), scenario.interval, style.panel_columns(len(goals)))
        contacts = offered(scenario)
        titles = [_change(plan, g) for g in goals]
        for g, ax in zip(goals, style.panels(page, titles, share_y=True), strict=True):
            goal = plan.goals[g]
            x = style.hours(plan.starts[::size] + size * scenario.interval // 2)
            colour = style.look(list(scenario.queue).index(goal.name))["color"]
            for performance, look in (
                (plan.today, {"color": BEFORE, "linewidth": 1.1}),
                (plan.fresh, {"color": colour, "linewidth": 1.5}),
            ):
                level = pooled(performance.by_interval[g], contacts[goal.name].contacts, size)
                ax.plot(x, 100 * level, drawstyle="steps-mid", marker=".", markersize=3, **look)
            ax.axhline(100 * goal.wanted, color=style.TARGET, linewidth=1, linestyle=(0, (5, 3)))
            style.percent_axis(ax, "service level, %")
            style.calendar_axis(scenario, ax)
        style.legend(page, [_line("today's shifts", BEFORE), _line("the plan (colour of the queue)", style.INK),
                            _line("target", style.TARGET, dashed=True)], above=True)  # fmt: skip
        style.headline(
            page,
            "Service level before and after",
            f"{words.duration(size * scenario.interval / SECOND)} a point, by time of arrival; "
            f"means of {words.several(plan.fresh.replications, 'replication')} on fresh random numbers.",
        )
    return page


def _change(plan: ShiftPlan, goal: int) -> str:
    name, before, after = plan.goals[goal].name, plan.today.figures[goal].mean, plan.fresh.figures[goal].mean
    return f"{style.short(name)}: {words.percent(before)} → {words.percent(after)}"


def cost_and_service(plan: ShiftPlan) -> Figure:
    """Every staffing that was tried, by cost and by the target it does worst at; the best of them as a line."""
    with style.styled():
        page = style.page(0.8 * style.WIDTH, 5.2)
        ax = page.subplots()
        tried = np.array([(cost, slack) for cost, slack, _ in plan.tried if np.isfinite(slack)]).reshape(-1, 2)
        met = np.array([met for _, slack, met in plan.tried if np.isfinite(slack)], dtype=bool)
        for which, label, colour in ((~met, "a target missed", UNDER), (met, "all targets met", "#009E73")):
            ax.plot(*tried[which].T, linestyle="", marker="o", markersize=4, alpha=0.6, color=colour, label=label)
        known = [(performance.cost, _worst(performance)) for performance, _ in _landmarks(plan).values()]
        best = frontier(np.array([*tried.tolist(), *known]).reshape(-1, 2))
        ax.plot(*best.T, drawstyle="steps-post", color=style.INK, linewidth=1.1, label="most service for the cost")
        for label, (performance, marker) in _landmarks(plan).items():
            size = 14 if marker == "*" else 8
            ax.plot([performance.cost], [_worst(performance)], linestyle="", marker=marker, markersize=size,
                    color="#0072B2", markeredgecolor="white", label=label, zorder=5)  # fmt: skip
        ax.axhline(0, color=style.TARGET, linewidth=1, linestyle=(0, (5, 3)))
        if plan.lower_bound > 0:
            ax.axvline(plan.lower_bound, color=style.QUIET, linewidth=1, linestyle=":", label="lower bound of the cost")
        _focus(ax, tried, plan)
        ax.set_xlabel("cost over the run")
        ax.xaxis.set_major_formatter("{x:,.0f}")
        ax.set_ylabel("slack of the worst target\n(0: just met, -0.1: 10 points short)")
        style.legend(page, ax.get_legend_handles_labels()[0], above=False)
        style.headline(
            page,
            "What cost buys",
            f"{words.several(len(plan.tried), 'staffing')} tried, each a mean of "
            f"{words.several(plan.searched.replications, 'replication')}; blue: on fresh random numbers.",
        )
    return page


def _landmarks(plan: ShiftPlan) -> dict[str, tuple[Performance, str]]:
    """What to compare with: each a staffing and its sign."""
    found = {
        "today's shifts": (plan.today, "s"),
        "Erlang's shifts": (plan.baseline, "D"),
        "the plan": (plan.fresh, "*"),
    }
    return {
        label: (performance, marker)
        for label, (performance, marker) in found.items()
        if performance is not None and np.isfinite(_worst(performance))
    }


def _worst(performance: Performance) -> float:
    """The slack of the target it does worst at; inf without any."""
    return float(np.nanmin(performance.slack, initial=np.inf))


def frontier(tried: F64) -> F64:
    """Of points (cost, service) those that nothing cheaper reaches : float64[·, 2], by cost."""
    points = tried[np.lexsort((-tried[:, 1], tried[:, 0]))]
    best = np.maximum.accumulate(points[:, 1])
    return points[np.append(True, best[1:] > best[:-1])] if len(points) else points


def _focus(ax: Axes, tried: F64, plan: ShiftPlan) -> None:
    """A search looks at hopeless and at lavish staffings too: what is far from the plan and the others is left out."""
    known = np.array([(p.cost, _worst(p)) for p, _ in _landmarks(plan).values()] or [(plan.fresh.cost, 0.0)])
    left, right = min(known[:, 0].min(), 0.95 * plan.fresh.cost), max(known[:, 0].max(), 1.25 * plan.fresh.cost)
    near = tried[(tried[:, 0] >= left) & (tried[:, 0] <= right)]
    low, high = min(known[:, 1].min(), -0.1), max(known[:, 1].max(), near[:, 1].max(initial=0.02))
    ax.set_xlim(left - 0.05 * (right - left), right + 0.05 * (right - left))
    ax.set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))


def _line(label: str, colour: str, *, dashed: bool = False) -> object:
    from matplotlib.lines import Line2D

    return Line2D([], [], color=colour, label=label, linestyle=(0, (5, 3)) if dashed else "-")
