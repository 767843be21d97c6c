"""What the page says of a what-if: the answer in a line, cards with their change, and tables of all figures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from ccsim.explore.session import BASELINE, NOW, View
from ccsim.metrics import METRICS, TOTAL
from ccsim.report.document import Cell, Status, Table, TableColumn, Verdict
from ccsim.report.of_run import answer, status, verdict
from ccsim.report.page import shown
from ccsim.results import format
from ccsim.results.comparison import VariantResult, outside
from ccsim.results.figures import MetricPlace
from ccsim.results.model import Results
from ccsim.results.targets import MetricTarget, targets
from ccsim.stats.estimate import Estimate

Effect = Literal["better", "worse", "differs", "noise", "same"]
"""Of a change: for good or ill, neither, perhaps chance, none at all."""
CLEAR: Final = {"noise": "may be chance", "same": "no change"}
"""What the table says of effects; of the others yes."""


@dataclass(frozen=True)
class Change:
    """What became of a figure since the baseline."""

    text: str
    effect: Effect

    @property
    def sentence(self) -> str:
        """The change with what is known of it."""
        notes = {"noise": "may be chance", "same": "", "better": "better", "worse": "worse", "differs": ""}
        return " · ".join(filter(None, [self.text, notes[self.effect]]))


@dataclass(frozen=True)
class Card:
    """A figure on the first screen."""

    label: str
    figure: str
    interval: str
    target: str
    status: Status | None
    change: Change | None


def headline(results: Results) -> tuple[Status, str]:
    """The answer in one line: targets met or missed, cost, what binds."""
    cost = results.estimate(TOTAL, TOTAL, "cost")
    parts = [answer(results)]
    if cost is not None and cost.mean > 0:
        parts.append(f"Cost {format.money(cost.mean, results.scenario.currency)}.")
    return status(results), " ".join([*parts, *_what_binds(results)])


def _what_binds(results: Results) -> Iterator[str]:
    """The target with the least room, and the team that is busiest of those that serve it."""

    def room(goal: MetricTarget) -> float:
        mean = _estimate(results, goal).mean
        return mean - goal.wanted if goal.at_least else goal.wanted - mean

    goals = targets(results)
    if not goals:
        return
    goal = min(goals, key=room)
    figure, wanted = format.percent(_estimate(results, goal).mean), f"{100 * goal.wanted:.4g} %"
    what = f"{results.scenario.title(goal.name)} {METRICS[goal.level, goal.metric].in_sentence}"
    text = f"Binding target: {what}, {figure} of {'at least' if goal.at_least else 'at most'} {wanted}"
    teams = [name for name, team in results.scenario.team.items() if goal.name in (*team.skills, name)]
    busy = {name: estimate.mean for name in teams if (estimate := results.estimate("team", name, "occupancy"))}
    if busy:
        busiest = max(busy, key=lambda name: busy[name])
        text += f"; {busiest} occupied {format.percent(busy[busiest], 0)} of the time"
    yield f"{text}."


def _estimate(results: Results, goal: MetricTarget) -> Estimate:
    estimate = results.estimate(goal.level, goal.name, goal.metric)
    assert estimate is not None
    return estimate


def cards(view: View) -> list[Card]:
    """Every figure with a target, cost and value; then what else a planner looks at first."""
    now, comparison = view.now, view.comparison
    judged = {
        MetricPlace(goal.level, goal.name, goal.metric): verdict(view.results, goal) for goal in targets(view.results)
    }
    every = set(comparison.figures)
    places = [place for place in comparison.headline if place.metric != "effort"]
    places += [place for place in _more(view.results) if place in every and place not in places]
    made = []
    for place in places:
        own = comparison.estimate(now, place)
        if own is None or math.isnan(own.mean):
            continue
        of, goal = place.definition, judged.get(place)
        it = shown(own, of.form)
        target = ""
        if goal is not None:
            target = f"{'at least' if goal.at_least else 'at most'} {_wanted(goal)} {goal.measure.partition(', ')[2]}"
        figure = f"{it.text} {view.results.scenario.currency}" if of.unit == "money" else it.text
        made.append(
            Card(
                label(view.results, place), figure, it.interval, target.strip(),
                None if goal is None else goal.status, change(view, place),
            )
        )  # fmt: skip
    return made


def _more(results: Results) -> Iterator[MetricPlace]:
    """What has a card though it has no target."""
    for q, name in enumerate(results.spec.queues):
        yield MetricPlace("queue", name, "service_level")
        yield MetricPlace("queue", name, format.wait_metric(results.spec, q, "asa"))
        yield MetricPlace("queue", name, "abandonment")
    for name in results.spec.teams:
        yield MetricPlace("team", name, "occupancy")
        yield MetricPlace("team", name, "utilisation")
    yield MetricPlace(TOTAL, TOTAL, "paid_hours")


def _wanted(goal: Verdict) -> str:
    return shown(goal.wanted, goal.kind).text.replace(".0 %", " %")


def label(results: Results, place: MetricPlace) -> str:
    """What a figure is called: phone service level."""
    of = place.definition
    return of.title if place.level == TOTAL else f"{results.scenario.title(place.name)} {of.in_sentence}"


def change(view: View, place: MetricPlace, variant: VariantResult | None = None) -> Change | None:
    """Of a figure of now, or of another variant, since the baseline; None where there is nothing to compare."""
    variant = variant or view.now
    if variant.measures is view.comparison.baseline.measures:
        return None
    apart = view.comparison.difference(variant, place)
    if apart is None or math.isnan(apart.mean):
        return None
    of = place.definition
    half = (apart.high - apart.low) / 2
    if apart.mean == 0 and not half > 0:
        return Change("no change", "same")
    text = format.difference(of.unit, apart.mean, half)
    if of.unit == "share":
        text += " points"
    if math.isnan(half):
        return Change(f"{text}, of one replication", "noise")
    if not outside(apart):
        return Change(text, "noise")
    good = {"higher": apart.mean > 0, "lower": apart.mean < 0}.get(of.better)
    return Change(text, "differs" if good is None else "better" if good else "worse")


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def columns(view: View) -> list[VariantResult]:
    """What stands side by side: the baseline, now, and the pins."""
    return [v for v in view.comparison.variants if v.name != NOW or view.changed]


def side_by_side(view: View) -> Table:
    """The headline figures of the baseline, of now and of the pins."""
    variants = columns(view)
    rows = []
    for place in view.comparison.headline:
        cells: list[Cell] = [label(view.results, place)]
        for variant in variants:
            own = view.comparison.estimate(variant, place)
            text = "–" if own is None else shown(own.mean, place.definition.form).text
            changed = change(view, place, variant)
            cells.append(f"{text} ({changed.sentence})" if changed is not None else text)
        rows.append(tuple(cells))
    heads = (TableColumn("Figure"), *(TableColumn(variant.name) for variant in variants))
    return Table("Side by side", heads, tuple(rows), note=_note(view))


def every_figure(view: View) -> Table:
    """All figures of now, with those of the baseline and the paired difference."""
    rows: list[tuple[Cell, ...]] = []
    comparison = view.comparison
    for place in comparison.figures:
        own = comparison.estimate(view.now, place)
        if own is None:
            continue
        form = place.definition.form
        before = comparison.estimate(comparison.baseline, place)
        changed = change(view, place)
        cell = shown(own, form)
        rows.append(
            (
                label(view.results, place), cell.text, cell.interval or "–",
                "–" if before is None else shown(before.mean, form).text,
                "–" if changed is None else changed.text,
                "–" if changed is None else CLEAR.get(changed.effect, "yes"),
            )
        )  # fmt: skip
    heads = ("Figure", "Now", "95 % interval", BASELINE.capitalize(), "Change", "Clear?")
    return Table("All figures", tuple(map(TableColumn, heads)), tuple(rows), note=_note(view))


def _note(view: View) -> str:
    number = view.results.replications
    if number == 1:
        return "One replication: there are no intervals yet, and a change may be chance."
    return (
        f"Means of {number} replications. Changes since the baseline are taken replication by replication, on the same "
        "random numbers; ± is the 95 % interval. If zero is in it, the change may be chance."
    )
