"""The report of a comparison: which variant is best by what, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from ccsim.metrics import METRICS
from ccsim.report.document import (
    STATUS,
    Document,
    Fact,
    Finding,
    Kind,
    Listing,
    Part,
    Picture,
    Section,
    Status,
    Table,
    TableColumn,
    Verdict,
)
from ccsim.report.of_run import assumptions, made_with
from ccsim.results import format
from ccsim.results.comparison import Comparison
from ccsim.results.figures import MetricPlace
from ccsim.results.ranking import Ranking
from ccsim.scenario import read

FACTS: Final = 4
"""Variants whose figure stands on the first screen."""


def document(
    comparison: Comparison,
    ranking: Ranking,
    provenance: dict[str, Any],
    pictures: Sequence[Picture] = (),
    first_figures: Sequence[Part] = (),
) -> Document:
    """The report of a comparison; `provenance` is what its provenance.json holds, `first_figures` go before."""
    first = comparison.baseline.results
    names = ", ".join(comparison.labels.values())
    runs = format.several(comparison.replications, "replication")
    status, sentence = answer(comparison, ranking)
    notes = Finding("To bear in mind", comparison.notes)
    return Document(
        title=f"{first.scenario.name}: {format.several(len(comparison.variants), 'variant')} compared",
        subtitle=f"{names} · {runs} of each, on the same random numbers",
        answer=sentence,
        status=status,
        facts=tuple(_facts(comparison, ranking)),
        verdicts=tuple(verdict for verdict in _verdicts(comparison) if verdict.status != "met"),
        verdicts_title="Targets missed or in doubt",
        findings=(
            Finding(f"Ranked by {ranking.by}", tuple(ranking.sentences(comparison.quoted))),
            *([notes] if comparison.notes else []),
        ),
        findings_title="How sure that is",
        sections=(
            *([Section("Charts", tuple(pictures))] if pictures else []),
            Section("Figures", (*first_figures, *_tables(comparison, ranking))),
            Section(f"Assumptions of {comparison.baseline.name}", assumptions(first.scenario)),
            Section("Scenarios and provenance", _origin(comparison, provenance)),
        ),
        made_by=f"seed {first.scenario.seed}, engine {first.engine}",
    )


def answer(comparison: Comparison, ranking: Ranking) -> tuple[Status, str]:
    """Which variant is best, in a sentence, and whether that is sure."""
    by, labels = comparison.titled(ranking.figure), comparison.quoted
    if not ranking.order:
        return "missed", "No variant can be ranked."
    first, others = ranking.order[0][0], [name for name, _ in ranking.order[1:] if name not in ranking.no_data]
    clearly_worse = {pair.second for pair in ranking.pairs if pair.first == first and pair.told_apart}
    alike = [labels[name] for name in others if name not in clearly_worse]
    best = labels[first]
    if ranking.all_miss:
        number, far = ranking.missing[first]
        misses = f"it misses {format.several(number, 'target')}, by {100 * far:.1f} percentage points in sum"
        return "missed", f"No variant meets all its targets; {best} comes nearest: {misses}."
    if first in ranking.no_data:
        unknown = ", ".join(ranking.no_data[first])
        return "open", f"No variant is known to meet all its targets; {best} has no data on {unknown}."
    some = ranking.left_out or ranking.no_data
    of = ", of those that meet their targets" if some else ""
    if alike:
        which = alike[0] if len(alike) == 1 else f"{len(alike)} others"
        return "open", f"{best} and {which} cannot be told apart by {by}{of}."
    if not others and some:
        return "met", f"Only {best} meets its targets."
    return "met", f"{best} is best by {by}{of}."


def _facts(comparison: Comparison, ranking: Ranking) -> Iterable[Fact]:
    """The figure that ranks, of the best variants; those that are not ranked come last."""
    places = {name: place for place, (name, _) in enumerate(ranking.order)}
    best_first = sorted(comparison.variants, key=lambda variant: places.get(variant.name, len(places)))
    unit = ranking.figure.definition.unit
    for variant in best_first[:FACTS]:
        own = comparison.estimate(variant, ranking.figure)
        details = []
        apart = None if variant is comparison.baseline else comparison.difference(variant, ranking.figure)
        if apart is not None:
            change = format.difference(unit, apart.mean, apart.high - apart.mean)
            details.append(f"{change} against {comparison.labels[comparison.baseline.name]}")
        if variant.targets:
            missed = len(variant.missed)
            details.append(f"misses {format.several(missed, 'target')}" if missed else "meets its targets")
        figure = format.NO_DATA if own is None else format.quantity(unit, own.mean)
        if unit == "money":
            figure = " ".join(filter(None, [figure, variant.results.scenario.currency]))
        best = ("Nearest: " if ranking.all_miss else "Best: ") if places.get(variant.name) == 0 else ""
        details = [comparison.titled(ranking.figure), *details]
        yield Fact(f"{best}{comparison.labels[variant.name]}", figure, " · ".join(details))


def _tables(comparison: Comparison, ranking: Ranking) -> Iterable[Part]:
    figures = comparison.headline
    if ranking.order and ranking.figure not in figures:
        figures = (*figures, ranking.figure)
    runs = f"Means of {comparison.replications} replications; small: 95 % interval."
    labels, currency = comparison.labels, comparison.baseline.results.scenario.currency
    heads = [_head(figure, comparison.titled(figure), currency) for figure in figures]
    yield _common(comparison, runs)
    yield _by_channel(comparison, runs)
    yield Table(
        "Side by side",
        (TableColumn("Variant"), *heads),
        tuple((labels[v.name], *(comparison.estimate(v, figure) for figure in figures)) for v in comparison.variants),
        note=runs,
    )
    yield Table(
        f"Differences to {labels[comparison.baseline.name]}",
        (TableColumn("Variant"), *(TableColumn(head.title, head.kind, signed=True) for head in heads)),
        tuple(
            (labels[v.name], *(comparison.difference(v, figure) for figure in figures)) for v in comparison.variants[1:]
        ),
        note="Taken replication by replication, on the same random numbers; small: 95 % interval. If zero is in it, "
        "chance may have made the difference.",
    )
    if verdicts := tuple(_verdicts(comparison)):
        yield Table(
            "Targets of all variants",
            (TableColumn("Variant"), TableColumn("Target"), TableColumn("Result", "share"), TableColumn("Bound"),
             TableColumn("Target value", "share"), TableColumn("Met")),
            tuple(
                (v.subject, v.measure, v.figure, "at least" if v.at_least else "at most", v.wanted, STATUS[v.status])
                for v in verdicts
            ),
        )  # fmt: skip
    if ranking.pairs:
        own = kind(ranking.figure)
        yield Table(
            "Every two of the ranked",
            (
                TableColumn("Better"), TableColumn("Than"), TableColumn("By", own),
                TableColumn("Low", own, signed=True), TableColumn("High", own, signed=True),
                TableColumn("Clear difference"), TableColumn("Replications needed", "count"),
            ),
            tuple(
                (
                    labels[p.first], labels[p.second], abs(p.difference), p.low, p.high,
                    "yes" if p.told_apart else "no", p.needed,
                )
                for p in ranking.pairs
            ),
            note=f"Low and high: intervals of {100 * ranking.level:.4g} %, so that all hold together at 95 %.",
            folded=True,
        )  # fmt: skip
    rows = (row[:4] + row[4:7] + row[7:10] + (row.unit,) for row in comparison.rows())
    yield Table(
        "Summary of all measures",
        (
            TableColumn("Variant"), TableColumn("Level"), TableColumn("Name"), TableColumn("Measure", "code"),
            *(TableColumn(head, "number") for head in ("Mean", "Low", "High", "Difference", "Difference, low")),
            TableColumn("Difference, high", "number"), TableColumn("Unit"),
        ),
        tuple(rows),
        folded=True,
    )  # fmt: skip


def _head(figure: MetricPlace, title: str, currency: str) -> TableColumn:
    return TableColumn(format.with_currency(title, figure.definition.unit, currency), kind(figure))


def _common(comparison: Comparison, note: str) -> Table:
    """What all channels have in common, over everything."""
    currency = comparison.baseline.results.scenario.currency
    return Table(
        "All channels together",
        (
            TableColumn("Variant"),
            TableColumn("Channels"),
            *(_head(figure, figure.definition.title, currency) for figure in comparison.common),
        ),
        tuple(
            (
                comparison.labels[v.name],
                ", ".join(v.channels),
                *(comparison.estimate(v, figure) for figure in comparison.common),
            )
            for v in comparison.variants
        ),
        note=note,
    )


def _by_channel(comparison: Comparison, note: str) -> Table:
    """The same of the queues of each channel: cost and time of agents by the work that they did for it."""
    currency = comparison.baseline.results.scenario.currency
    places = [
        MetricPlace("queue", "", figure.metric) for figure in comparison.common if ("queue", figure.metric) in METRICS
    ]
    return Table(
        "By channel",
        (
            TableColumn("Variant"),
            TableColumn("Channel"),
            TableColumn("Contacts", "count"),
            *(_head(place, place.definition.title, currency) for place in places),
        ),
        tuple(
            (
                comparison.labels[v.name],
                channel,
                *(v.of_channel(channel, metric) for metric in ("offered", *(place.metric for place in places))),
            )
            for v in comparison.variants
            for channel in v.channels
        ),
        note=note,
    )


def _verdicts(comparison: Comparison) -> Iterable[Verdict]:
    for variant in comparison.variants:
        for figure, goal in variant.targets.items():
            status: Status = "open" if not goal.sure else "met" if goal.met else "missed"
            estimate = comparison.estimate(variant, figure)
            assert estimate is not None
            yield Verdict(
                status,
                comparison.labels[variant.name],
                comparison.titled(figure),
                "share",
                estimate,
                goal.wanted,
                goal.at_least,
            )


def kind(figure: MetricPlace) -> Kind:
    """How its values are written."""
    return figure.definition.form


def _origin(comparison: Comparison, provenance: dict[str, Any]) -> tuple[Part, ...]:
    first = comparison.baseline.results
    facts = (
        ("Seed, replications", f"{first.scenario.seed}, {comparison.replications} of each"),
        ("Engine", first.engine),
        *made_with(provenance),
    )
    return (
        Table("This comparison", (TableColumn("What"), TableColumn("Value")), facts),
        *(Listing(f"{v.name} as it was run", read.resolved_toml(v.results.scenario)) for v in comparison.variants),
    )
