"""What a capacity says on the terminal."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from ccsim.cli.screen import figures_table
from ccsim.results import format
from ccsim.results.plans import NEVER_PROVEN
from ccsim.staffing.shifts import where_held

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.table import Table

    from ccsim.results.plans import Capacity
    from ccsim.stats.estimate import Estimate


def show(answer: Capacity, several: str | None = None, by_number: Mapping[int, Capacity] | None = None) -> None:
    """The largest volume, the targets at it, what binds; with `by_number` the same by conversations of `several`."""
    console = Console(file=sys.stdout, highlight=False)
    console.print(f"{answer.scenario.name}: the largest volume with today's agents", style="bold", markup=False)
    for table in (_volumes(answer), _targets(answer)):
        console.print()
        console.print(table)
    console.print()
    for sentence in _sentences(answer):
        console.print(sentence, markup=False)
    if by_number:
        console.print()
        console.print(_by_number(by_number))
        best = max(by_number, key=lambda number: by_number[number].scale.mean)
        more = "the most that was tried" if best == max(by_number) else f"of 1 to {max(by_number)} that were tried"
        console.print(f"Most volume with {best} conversations of {several} at once, {more}.", markup=False)


def _volumes(answer: Capacity) -> Table:
    table = figures_table("queue", "customers a day\ntoday", "at most", "95 %")
    for name, today in answer.volume.items():
        if today == 0:
            continue
        most = answer.volume_at_scale[name]
        # where the queue's own volume was changed, or all were
        ends = [most * end / answer.scale.mean for end in answer.scale[1:]]
        interval = f"{format.count(ends[0])}–{format.count(ends[1])}"
        if answer.queue not in (None, name):
            interval = "unchanged"
        elif math.isnan(ends[0]):
            interval = format.NO_DATA
        table.add_row(escape(answer.scenario.title(name)), format.count(today), format.count(most), interval)
    return table


def _targets(answer: Capacity) -> Table:
    at = f"at {answer.scale.mean:.2f}", f"at {answer.proof_scale:.2f}, fresh\nrandom numbers"
    table = figures_table("target", "wanted", "today", *at)
    for goal, today, limit, fresh in zip(answer.goals, answer.today, answer.figures, answer.proof, strict=True):
        if math.isnan(today.mean) and math.isnan(limit.mean):
            continue
        wanted = f"{'≥' if goal.at_least else '≤'} {100 * goal.wanted:.4g} %"
        table.add_row(
            escape(goal.label(answer.scenario.title)), wanted, *(_figure(each) for each in (today, limit, fresh))
        )
    return table


def _sentences(answer: Capacity) -> list[str]:
    mean, low, high = answer.scale
    scenario = answer.scenario
    of = "today's volume" if answer.queue is None else f"today's volume of {answer.queue}, all others as today"
    sentences = []
    if answer.missed_today:
        missed = "; ".join(goal.label(answer.scenario.title) for goal in answer.missed_today)
        sentences.append(f"Today's volume already misses: {missed}. The largest that meets every target is smaller.")
    if answer.binds is None:
        sentences.append(f"Every target holds even with {mean:g} times {of}, the most that is tried.")
    else:
        interval = "no interval: one replication" if math.isnan(low) else f"95 % interval {low:.3f} to {high:.3f}"
        sentences.append(f"All targets hold with up to {mean:.3f} times {of} ({interval}).")
        at = "" if answer.binds_at is None else f", on {format.moment(scenario, answer.binds_at)}"
        sentences.append(f"Binding target: {answer.binds.label(scenario.title)}{at}.")
    had = zip(answer.goals, answer.today, answer.figures, strict=True)
    if unknown := [goal for goal, today, limit in had if math.isnan(today.mean) and math.isnan(limit.mean)]:
        which = "; ".join(goal.label(scenario.title) for goal in unknown)
        sentences.append(f"No data, so neither met nor missed: {which}.")
    if nobody := [scenario.title(name) for name, today in answer.volume.items() if today == 0]:
        sentences.append(f"No customers of their own: {', '.join(nobody)}.")
    sentences.append(
        f"Targets hold {where_held(scenario.staffing)}; "
        f"{format.several(answer.simulated, 'volume')} simulated, "
        f"{format.several(scenario.replications, 'replication')} each; seed {scenario.seed}."
    )
    fresh = f"fresh random numbers, seed {answer.proof_seed}"
    if answer.proven:
        sentences.append(f"Proven at {answer.proof_scale:.3f} on {fresh}.")
    elif answer.no_data:
        without = "; ".join(goal.label(scenario.title) for goal in answer.no_data)
        at = f"at {answer.proof_scale:.3f} on {fresh}"
        sentences.append(f"NOT PROVEN: no data {at}: {without}. More replications would have some.")
    elif scenario.replications == 1:
        sentences.append("NOT PROVEN: one replication has no interval; take more replications.")
    elif low == 0:
        few = "too few contacts to be sure of a target at any volume; try more replications"
        share = scenario.staffing.met_on  # it is what is judged then, not the targets themselves
        provable = all(goal.provable for goal in answer.goals) if share is None else share < 1
        sentences.append(f"NOT PROVEN: {few if provable else NEVER_PROVEN}.")
    else:
        sentences.append(f"NOT PROVEN: even {answer.proof_scale:.3f} misses a target on {fresh}.")
    return sentences


def _by_number(by_number: Mapping[int, Capacity]) -> Table:
    table = figures_table("at once", "largest volume\n(today's = 1)", "95 %", "binding target")
    for number, answer in by_number.items():
        mean, low, high = answer.scale
        binds = "nothing tried" if answer.binds is None else escape(answer.binds.label(answer.scenario.title))
        interval = format.NO_DATA if math.isnan(low) else f"{low:.3f}–{high:.3f}"
        table.add_row(str(number), f"{mean:.3f}", interval, binds)
    return table


def _figure(estimate: Estimate) -> str:
    interval = f" ({100 * estimate.low:.1f}–{100 * estimate.high:.1f})" if estimate.low == estimate.low else ""
    return format.percent(estimate.mean) + interval
