"""The table that a comparison prints."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ccsim.cli.screen import document_table, plain_table
from ccsim.metrics import METRICS
from ccsim.report.of_comparison import answer
from ccsim.results import format
from ccsim.results.comparison import Comparison, VariantResult, outside
from ccsim.results.figures import MetricPlace
from ccsim.results.plans import ShiftPlan
from ccsim.results.ranking import Ranking
from ccsim.results.targets import MetricTarget
from ccsim.staffing.page import plans_table
from ccsim.stats.intervals import LEVEL
from ccsim.studies.selection import CONFIDENCE, Selection

LABEL: Final = 20
COLUMN: Final = 18
"""Characters of the first column and of a variant's; as many of these stand side by side as the screen takes."""


def show(comparison: Comparison, ranking: Ranking) -> None:
    """Figures and differences, what they mean, and the ranking, on stdout, for 80 columns or more, or for a file."""
    console = Console(file=sys.stdout, highlight=False)
    first, variants = comparison.baseline, comparison.variants
    console.print(first.results.scenario.name, style="bold", markup=False)
    for variant in variants:
        if comparison.labels[variant.name] != variant.name:
            console.print(f"{variant.name}: {variant.title}", markup=False)
    console.print()
    _show_ranking(console, comparison, ranking)
    figures = comparison.headline
    if ranking.figure not in figures and ranking.order:
        places = [figure[:2] for figure in comparison.figures]
        figures = tuple(sorted((*figures, ranking.figure), key=lambda figure: places.index(figure[:2])))
    if comparison.channels_differ:
        _show_side_by_side(console, "All channels together", comparison, comparison.common)
        console.print()
        console.print(_by_channel(comparison))
        figures = tuple(figure for figure in figures if figure not in comparison.common)
    _show_side_by_side(console, "Targets" if comparison.channels_differ else "", comparison, figures)
    console.print()
    console.print(_legend(comparison, figures), markup=False)
    for note in comparison.notes:
        console.print(f"note: {note}", markup=False)


def show_selection(comparison: Comparison, selection: Selection) -> None:
    """Which variant is the best, how sure that is, and the replications that it took."""
    console, labels = Console(file=sys.stdout, highlight=False), comparison.labels
    unit = selection.figure.definition.unit
    console.print()
    console.print(f"Selected: {labels[selection.best]}", style="bold", markup=False)
    zone = format.difference(unit, selection.indifference, math.nan).removeprefix("+")
    if unit == "share":
        zone += " percentage points"
    best = f"the best by {comparison.titled(selection.figure)}, or worse by less than {zone}"
    sure = f"With {100 * CONFIDENCE:.0f} % confidence {best}."
    if not selection.decided:
        sure = f"Not decided: with the replications allowed it is not sure that it is {best}."
    console.print(sure, markup=False)
    table = plain_table()
    for head in ("", selection.figure.metric.replace("_", " "), "replications"):
        table.add_column(head, justify="right" if head else "left", overflow="fold")
    for each in selection.candidates:
        table.add_row(escape(labels[each.name]), format.quantity(unit, each.mean), str(each.replications))
    console.print(table)


def show_plans(plans: Mapping[str, ShiftPlan], comparison: Comparison) -> None:
    """What each variant's cheapest shifts are, before what they do."""
    console = Console(file=sys.stdout, highlight=False)
    table = plans_table(plans, comparison.labels)
    console.print(table.title, style="bold", markup=False)
    console.print()
    console.print(document_table(table))
    for name, plan in plans.items():
        if plan.unproven:
            why = f"NOT PROVEN, {plan.unproven}"
            console.print(f"{comparison.labels[name]}: {why}; try more replications.", markup=False)
        for warning in plan.warnings:
            console.print(f"{comparison.labels[name]}: {warning}.", markup=False)
    console.print()


def _show_side_by_side(console: Console, title: str, comparison: Comparison, figures: Sequence[MetricPlace]) -> None:
    side_by_side = max(1, (console.width - LABEL) // COLUMN)
    if title:
        console.print()
        console.print(title, style="bold", markup=False)
    for start in range(0, len(comparison.variants), side_by_side):
        console.print()
        console.print(_table(comparison, figures, comparison.variants[start : start + side_by_side]))


def _by_channel(comparison: Comparison) -> Table:
    """A row a variant and channel: what it costs, how fast and how well it serves, who is lost."""
    metrics = ("offered", "cost_per_resolved", "handle_mean", "asa", "resolution_mean", "fcr", "customers_lost")
    table = plain_table()
    table.add_column("", overflow="fold")
    heads = (
        "contacts",
        "cost a\nresolved",
        "work a\ncontact",
        "first\nanswer",
        "resolu-\ntion",
        "first con-\ntact res.",
        "lost",
    )
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    for variant in comparison.variants:
        table.add_row(escape(comparison.labels[variant.name]), style="bold")
        for channel in variant.channels:
            estimates = [(METRICS["queue", metric], variant.of_channel(channel, metric)) for metric in metrics]
            table.add_row(
                f" {escape(channel)}",
                *(format.NO_DATA if e is None else format.quantity(of.unit, e.mean) for of, e in estimates),
            )
    return table


def _table(comparison: Comparison, figures: Sequence[MetricPlace], variants: Sequence[VariantResult]) -> Table:
    table, currency = plain_table(), comparison.baseline.results.scenario.currency
    table.add_column("", overflow="fold", max_width=LABEL - 1)
    for variant in variants:
        table.add_column(
            escape(format.folded(comparison.labels[variant.name], COLUMN - 1)), justify="right", min_width=COLUMN - 1
        )
    for (_, name), group in groupby(figures, key=lambda figure: figure[:2]):
        table.add_row(escape(format.folded(comparison.title(name), LABEL - 1)), style="bold")
        for figure in group:
            goals = [goal for variant in comparison.variants if (goal := variant.targets.get(figure))]
            metric = format.with_currency(figure.metric.replace("_", " "), figure.definition.unit, currency)
            label = f" {metric}{_wanted(goals)}"
            table.add_row(label, *(_cell(comparison, variant, figure) for variant in variants))
    return table


def _wanted(goals: Sequence[MetricTarget]) -> str:
    """The target of all variants, below the figure's name."""
    wanted = {(goal.at_least, goal.wanted) for goal in goals}
    if len(wanted) != 1:
        return "\n  targets differ" if wanted else ""
    ((at_least, bound),) = wanted
    return f"\n  {'≥' if at_least else '≤'} {100 * bound:.4g} %"


def _cell(comparison: Comparison, variant: VariantResult, figure: MetricPlace) -> str:
    own = comparison.estimate(variant, figure)
    if own is None:
        return format.NO_DATA
    unit, better = figure.definition.unit, figure.definition.better
    text = format.quantity(unit, own.mean)
    if goal := variant.targets.get(figure):
        doubt = "" if goal.sure else "?"
        text = f"[green]met{doubt}[/] {text}" if goal.met else f"[bold red]missed{doubt}[/] {text}"
    if variant is comparison.baseline:
        return text
    apart = comparison.difference(variant, figure)
    if apart is None:
        return f"{text}\n{format.NO_DATA}  "
    change = format.difference(unit, apart.mean, apart.high - apart.mean)
    if not outside(apart):
        return f"{text}\n{change}  "
    gain = better != "none" and (apart.mean > 0) == (better == "higher")
    colour = "green" if gain else "default" if better == "none" else "red"
    return f"{text}\n[{colour}]{change} *[/]"


def _legend(comparison: Comparison, figures: Sequence[MetricPlace]) -> str:
    results, base = comparison.baseline.results, comparison.quoted[comparison.baseline.name]
    made_by = f"on the same random numbers (seed {results.scenario.seed}, engine {results.engine})"
    if comparison.replications == 1:
        return (
            f"One replication of each, {made_by}. Below: the difference to {base}; shares: percentage points. "
            "More replications would show what is chance."
        )
    apart = [comparison.difference(variant, figure) for variant in comparison.variants[1:] for figure in figures]
    count = sum(difference is not None and not math.isnan(difference.low) for difference in apart)
    sentences = [
        f"Means of {comparison.replications} replications, {made_by}.",
        f"Below: the difference to {base} ± half its 95 % interval; shares: percentage points; *: zero is outside.",
    ]
    if count > 10:
        sentences.append(f"Of {count} such differences about {0.05 * count:.0f} would have a * by chance alone.")
    goals = [goal for variant in comparison.variants for goal in variant.targets.values()]
    if not all(goal.sure for goal in goals):
        sentences.append("met? missed?: the interval contains the target.")
    return " ".join(sentences)


def _show_ranking(console: Console, comparison: Comparison, ranking: Ranking) -> None:
    console.print(answer(comparison, ranking)[1], style="bold", markup=False)
    which = "" if not (ranking.left_out or ranking.no_data) else ", of the variants that meet their targets"
    console.print(f"Ranked by {ranking.by}{which}", markup=False)
    unit, currency = ranking.figure.definition.unit, comparison.baseline.results.scenario.currency
    for number, (name, estimate) in enumerate(ranking.order, 1):
        figure = format.quantity(unit, estimate.mean) + (f" {currency}" if unit == "money" and currency else "")
        console.print(f"{number:3} {comparison.labels[name]}: {figure}", markup=False)
    for sentence in ranking.sentences(comparison.quoted):
        console.print(sentence, markup=False)
    if len(ranking.pairs) > 1:
        together = f"so that those of all pairs hold together at {100 * LEVEL:.0f} %"
        console.print(f"Intervals of {100 * ranking.level:.4g} % a pair, {together}.", markup=False)
