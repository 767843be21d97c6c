"""What a requirement says on the screen: agents a half hour beside those scheduled, what binds, what cannot be met."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np
from rich.table import Table

from ccsim.cli.screen import plain_table
from ccsim.results import format
from ccsim.scenario.values import WEEK
from ccsim.staffing.shifts import judgement
from ccsim.workload.offered import interval_hours

if TYPE_CHECKING:
    from ccsim.results.plans import Requirement, Shortfall
    from ccsim.scenario.model import Scenario
    from ccsim.tables import F64

NAMED: Final = 6
"""Intervals that are named one by one."""


def by_half_hour(scenario: Scenario, needed: Requirement, scheduled: F64) -> Iterator[tuple[str, Table]]:
    """A title and a table, by team and week: agents required with shrinkage / scheduled, and the difference.

    `scheduled` : float64[team, interval], agents at their desks and absent ones, breaks taken off.
    """
    clock = [scenario.calendar.local(start) for start in needed.starts.tolist()]
    hours = interval_hours(scenario)
    required = np.ceil(needed.with_shrinkage - 1e-9)
    for t, name in enumerate(needed.names):
        net = scheduled[t] - required[t]
        cells: dict[tuple[object, str], str] = {}
        for i in np.flatnonzero((required[t] > 0) | (scheduled[t] > 0)).tolist():
            cell = f"{required[t, i]:.0f}/{scheduled[t, i]:.0f}"
            if abs(net[i]) >= 0.5:
                cell += f" [{'green' if net[i] > 0 else 'red'}]{net[i]:+.0f}[/]"
            cells[clock[i].date(), f"{clock[i]:%H:%M}"] = cell
        days = list(dict.fromkeys(day for day, _ in cells))
        over, under = np.maximum(net, 0) @ hours, np.maximum(-net, 0) @ hours
        title = (
            f"{name}: required / scheduled; over +, under -; in all {format.count(float(over))} h over, "
            f"{format.count(float(under))} h under"
        )
        for first in range(0, len(days), WEEK):
            week = days[first : first + WEEK]
            table = plain_table()
            table.add_column("time", no_wrap=True, min_width=5)
            for day in week:
                table.add_column(format.day(day), justify="right", no_wrap=True)  # type: ignore[arg-type]
            for time in sorted({time for day, time in cells if day in week}):
                table.add_row(time, *(cells.get((day, time), "") for day in week))
            yield title, table


def explained(scenario: Scenario, needed: Requirement) -> Iterator[str]:
    """What limits each team, what cannot be met and where more are required than Erlang C asks for, a line each."""
    for team in needed.names:
        binds = Counter(bind.goal for bind in needed.binding if bind.team == team)
        if binds:
            what = "; ".join(
                f"{goal.label(scenario.title)} in {format.several(number, 'interval')}"
                for goal, number in binds.most_common()
            )
            yield f"Binding targets of {team}: {what}."
    goals = dict.fromkeys(short.goal for short in needed.shortfalls)
    for goal in goals:
        yield from _unmet(scenario, [short for short in needed.shortfalls if short.goal == goal])
    for warning in needed.warnings:
        yield f"Warning: {warning}."


def _unmet(scenario: Scenario, shorts: list[Shortfall]) -> Iterator[str]:
    """One goal's: where, with what figure, why, and what could be met."""
    first = shorts[0]
    yield (
        f"{'Not met' if first.possible else 'Cannot be met'}: {judgement(first.goal, first.figure)}, at best "
        f"{format.percent(first.best)}, of {format.several(format.count(first.contacts), 'contact')} a run, "
        f"{stretch(scenario, first.start, first.end)}: {first.reason}."
    )
    if first.within is not None and not first.possible:
        yield (
            f"  The least that can be met there: {100 * first.goal.wanted:.4g} % in {format.duration(first.within)} "
            f"with {first.agents}."
        )
    if others := shorts[1:]:
        named = [
            f"{stretch(scenario, short.start, short.end)} {format.percent(short.figure)}" for short in others[:NAMED]
        ]
        more = len(others) - len(named)
        yield f"  Also {'; '.join(named)}" + (f"; and {more} more in shortfalls.csv." if more else ".")


def stretch(scenario: Scenario, start: int, end: int) -> str:
    """From when to when, shortly."""
    until = scenario.calendar.local(end)
    same = scenario.calendar.local(start).date() == until.date()
    return f"{format.moment(scenario, start)} to {f'{until:%H:%M}' if same else format.moment(scenario, end)}"
