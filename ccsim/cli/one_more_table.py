"""What one agent more does, on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from rich.markup import escape

from ccsim.cli.screen import figures_table
from ccsim.results import format

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from ccsim.results.plans import OneMore, ShiftPlan, TeamSize
    from ccsim.stats.estimate import Estimate


def show_one_more(console: Console, plan: ShiftPlan, effects: Sequence[OneMore], sizes: Sequence[TeamSize]) -> None:
    """By shift, by team and half hour, and each team with more and fewer agents; of targets the scarcest."""
    scarce = int(np.argmin(np.nan_to_num(plan.fresh.slack, nan=np.inf)))
    shifts = [one for one in effects if not one.half_hour]
    tables = [("What one agent more on a shift changes", _changes("shift", plan, shifts, scarce))]
    for team in dict.fromkeys(one.team for one in effects):
        half_hours = [one for one in effects if one.half_hour and one.team == team]
        title = f"{team}: what one agent more in these hours of all its days changes"
        tables.append((title, _changes("hours", plan, half_hours, scarce)))
    tables.append(("Teams with more and fewer agents", _team_sizes(plan, sizes)))
    for title, table in tables:
        console.print()
        console.print(title, style="bold", markup=False)
        console.print(table)
    console.print(
        "Changes are on the fresh random numbers of the plan, ± half their 95 % intervals; ASA over all queues, on the "
        "calendar clock.",
        markup=False,
    )


def _changes(first: str, plan: ShiftPlan, effects: Sequence[OneMore], scarce: int) -> Table:
    table = figures_table(
        first,
        "cost",
        escape(f"{plan.goals[scarce].label(plan.scenario.title)},\npoints"),
        "ASA, s",
        "cost an\nanswered",
    )
    for one in effects:
        changes = (one.goals[scarce], 100.0, 2), (one.asa, 1.0, 2), (one.cost_answered, 1.0, 3)
        table.add_row(escape(one.name), format.count(one.cost), *(_change(*change) for change in changes))
    return table


def _change(estimate: Estimate, factor: float, digits: int) -> str:
    if np.isnan(estimate.mean):
        return format.NO_DATA
    half = (estimate.high - estimate.low) / 2
    change = f"{factor * estimate.mean:+.{digits}f}"
    return change if np.isnan(half) else f"{change} ± {factor * half:.{digits}f}"


def _team_sizes(plan: ShiftPlan, sizes: Sequence[TeamSize]) -> Table:
    table = figures_table("team", "agents", "cost", "scarcest target", "figure", "all targets")
    for size in sizes:
        slack = [float(goal.slack(np.array(f.mean))) for goal, f in zip(plan.goals, size.goals, strict=True)]
        worst = int(np.argmin(np.nan_to_num(slack, nan=np.inf)))
        figure = size.goals[worst]
        interval = "" if np.isnan(figure.low) else f" ({100 * figure.low:.1f}–{100 * figure.high:.1f})"
        met = "[green]met[/]" if not slack[worst] < 0 else "[bold red]missed[/]"
        agents = f"{size.agents} ({size.more:+d})" if size.more else f"{size.agents}"
        cost = format.count(size.cost)
        shown = f"{format.percent(figure.mean)}{interval}"
        table.add_row(escape(size.team), agents, cost, escape(plan.goals[worst].label(plan.scenario.title)), shown, met)
    return table
