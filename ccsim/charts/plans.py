"""Pictures of a staffing: required against scheduled, service before and after, what cost buys.

They show an answer of `ccsim.staffing`, not the Results of a run, so they are not in the registry.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ccsim.charts import clock, staffing, style
from ccsim.charts.service import pool_size, pooled
from ccsim.charts.sweeps import unbeaten
from ccsim.results import format
from ccsim.results.plans import Performance, Requirement, ShiftPlan
from ccsim.scenario.model import Scenario
from ccsim.tables import F64, SECOND
from ccsim.workload.offered import interval_edges, offered

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def pages(
    requirement: Requirement, scheduled: F64, scenario: Scenario, plan: ShiftPlan | None
) -> dict[str, Callable[..., Figure]]:
    """By name what draws each picture there are figures for, in the theme that it is given."""
    drawn: dict[str, Callable[..., Figure]] = {
        "required_and_scheduled": partial(required_and_scheduled, scenario, requirement, scheduled)
    }
    if plan is not None:
        drawn["service_before_and_after"] = partial(service_before_and_after, plan)
        drawn["cost_and_service"] = partial(cost_and_service, plan)
    return drawn


def required_and_scheduled(
    scenario: Scenario, requirement: Requirement, scheduled: F64, theme: str = "light"
) -> Figure:
    """Agents required and scheduled by interval with the gap between them, and the net below; a pair a team.

    `scheduled` : float64[team, interval], agents at their desks as planned. Both are shown as they must be on shift:
    the requirement with its shrinkage.
    """
    edges = interval_edges(scenario)
    staff = {
        name: staffing.Staff(edges, requirement.with_shrinkage[t], scheduled[t])
        for t, name in enumerate(requirement.names)
    }
    note = (
        f"Required: {requirement.method}; with shrinkage. Scheduled: on shift, breaks taken off. "
        f"Net: scheduled less required. Intervals of {format.duration(scenario.interval / SECOND)}."
    )
    with style.styled(theme):
        return staffing.requirement(scenario, staff, note)


def service_before_and_after(plan: ShiftPlan, theme: str = "light") -> Figure:
    """Service level by interval of arrival with today's shifts and with the plan, a panel a queue with a target."""
    goals = [g for g, goal in enumerate(plan.goals) if goal.metric == "service_level"]
    scenario = plan.scenario
    with style.styled(theme):
        page = style.page(style.height_for(len(goals)))
        if not goals:
            page.text(0.5, 0.5, "No queue has a service-level target.", ha="center")
        size = pool_size(len(plan.starts), scenario.interval, style.panel_columns(len(goals)))
        contacts = offered(scenario)
        names, changes = [plan.goals[g].name for g in goals], [_change(plan, g) for g in goals]
        for g, ax in zip(goals, style.panels(page, names, changes, share_y=True), strict=True):
            goal = plan.goals[g]
            x = clock.centres(interval_edges(scenario), size)
            colour = style.look(list(scenario.queue).index(goal.name))["color"]
            for performance, look in (
                (plan.today, {"color": style.now().ring, "linewidth": 1.1}),
                (plan.fresh, {"color": colour, "linewidth": 1.5}),
            ):
                level = pooled(performance.by_interval[g], contacts[goal.name].contacts, size)
                ax.plot(x, 100 * level, drawstyle="steps-mid", marker=".", markersize=3, **look)
            ax.axhline(100 * goal.wanted, color=style.now().ink, linewidth=1, linestyle=(0, (5, 3)))
            style.percent_axis(ax, "service level, %")
            clock.time_axis(scenario, ax)
        style.headline(
            page,
            "Service level before and after",
            f"{format.duration(size * scenario.interval / SECOND)} a point, by time of arrival; "
            f"means of {format.several(plan.fresh.replications, 'replication')} on fresh random numbers.",
            above=[
                style.line("today's shifts", style.now().ring),
                style.line("the plan (colour of the queue)", style.now().ink),
                style.line("target", style.now().ink, linestyle=(0, (5, 3))),
            ],
        )
    return page


def _change(plan: ShiftPlan, goal: int) -> str:
    before, after = plan.today.figures[goal].mean, plan.fresh.figures[goal].mean
    return f"{format.percent(before)} → {format.percent(after)}"


def cost_and_service(plan: ShiftPlan, theme: str = "light") -> Figure:
    """Every staffing that was tried, by cost and by the target it does worst at; the best of them as a line."""
    with style.styled(theme):
        colours = style.now()
        page = style.page()
        ax = page.subplots()
        tried = np.array([(cost, slack) for cost, slack, _ in plan.tried if np.isfinite(slack)]).reshape(-1, 2)
        met = np.array([met for _, slack, met in plan.tried if np.isfinite(slack)], dtype=bool)
        for which, label, colour in (
            (~met, "a target missed", colours.reread),
            (met, "all targets met", colours.queues[2]),
        ):
            ax.plot(*tried[which].T, linestyle="", marker="o", markersize=4, alpha=0.6, color=colour, label=label)
        known = [(performance.cost, _worst(performance)) for performance, _ in _landmarks(plan).values()]
        best = frontier(np.array([*tried.tolist(), *known]).reshape(-1, 2))
        ax.plot(*best.T, drawstyle="steps-post", color=colours.ink, linewidth=1.1, label="most service for the cost")
        for label, (performance, marker) in _landmarks(plan).items():
            size = 14 if marker == "*" else 8
            ax.plot([performance.cost], [_worst(performance)], linestyle="", marker=marker, markersize=size,
                    color=colours.work, markeredgecolor=colours.paper, label=label, zorder=5)  # fmt: skip
        ax.axhline(0, color=colours.ink, linewidth=1, linestyle=(0, (5, 3)))
        if plan.lower_bound > 0:
            ax.axvline(
                plan.lower_bound, color=colours.quiet, linewidth=1, linestyle=":", label="lower bound of the cost"
            )
        _focus(ax, tried, plan)
        ax.set_xlabel("cost over the run")
        ax.xaxis.set_major_formatter("{x:,.0f}")
        ax.set_ylabel("slack of the worst target\n(0: just met, -0.1: 10 points short)")
        style.headline(
            page,
            "What cost buys",
            f"{format.several(len(plan.tried), 'staffing')} tried, each a mean of "
            f"{format.several(plan.searched.replications, 'replication')}; blue: on fresh random numbers.",
            beside=ax.get_legend_handles_labels()[0],
        )
    return page


def _landmarks(plan: ShiftPlan) -> dict[str, tuple[Performance, str]]:
    """What to compare with: each a staffing and its sign."""
    landmarks = {
        "today's shifts": (plan.today, "s"),
        "Erlang's shifts": (plan.baseline, "D"),
        "the plan": (plan.fresh, "*"),
    }
    return {
        label: (performance, marker)
        for label, (performance, marker) in landmarks.items()
        if performance is not None and np.isfinite(_worst(performance))
    }


def _worst(performance: Performance) -> float:
    """The slack of the target it does worst at; inf without any."""
    return float(np.nanmin(performance.slack, initial=np.inf))


def frontier(tried: F64) -> F64:
    """Of points (cost, service) those that nothing cheaper reaches : float64[·, 2], by cost."""
    return np.asarray(tried[unbeaten(tried[:, 0], tried[:, 1])])


def _focus(ax: Axes, tried: F64, plan: ShiftPlan) -> None:
    """A search looks at hopeless and at lavish staffings too: what is far from the plan and the others is left out."""
    known = np.array([(p.cost, _worst(p)) for p, _ in _landmarks(plan).values()] or [(plan.fresh.cost, 0.0)])
    left, right = min(known[:, 0].min(), 0.95 * plan.fresh.cost), max(known[:, 0].max(), 1.25 * plan.fresh.cost)
    near = tried[(tried[:, 0] >= left) & (tried[:, 0] <= right)]
    right = right or 1.0  # where no shift is planned nothing costs anything, and an axis needs a length
    low, high = min(known[:, 1].min(), -0.1), max(known[:, 1].max(), near[:, 1].max(initial=0.02))
    ax.set_xlim(left - 0.05 * (right - left), right + 0.05 * (right - left))
    ax.set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))
