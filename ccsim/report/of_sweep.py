"""The report of a sweep: how far the settings move each figure, and where it is best."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from ccsim.report.document import Document, Fact, Kind, Listing, Part, Picture, Section, Table, TableColumn
from ccsim.report.of_comparison import kind
from ccsim.report.of_run import assumptions, made_with
from ccsim.results import format
from ccsim.results.figures import MetricPlace
from ccsim.results.sweeps import Sweep, value_text
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.stats.estimate import Estimate

FACTS: Final = 4
FOLDED: Final = 40
"""Points from which their table is shown on demand only."""


def document(
    sweep: Sweep, figures: Sequence[MetricPlace], provenance: dict[str, Any], pictures: Sequence[Picture] = ()
) -> Document:
    """The report of a sweep by these figures; `provenance` is what its provenance.json holds."""
    design = sweep.design
    estimates = {figure: sweep.estimates(figure) for figure in figures}
    settings = format.several(len(design.settings), "setting")
    points = format.several(len(design.rows), "point")
    return Document(
        title=f"{design.base.name}: {settings} varied",
        subtitle=f"{points}, {format.several(sweep.replications, 'replication')} each",
        answer=" ".join(_ranges(design.base, estimates)) or "No point has data.",
        status=None,
        facts=tuple(_best(sweep, estimates)),
        sections=(
            *([Section("Charts", tuple(pictures))] if pictures else []),
            Section("Figures", tuple(_tables(sweep, estimates))),
            Section("Assumptions", assumptions(design.base)),
            Section("Scenario and provenance", _origin(sweep, provenance)),
        ),
        made_by=f"seed {design.base.seed}, engine {sweep.engine}",
    )


def _known(all_estimates: dict[MetricPlace, list[Estimate]]) -> Iterator[tuple[MetricPlace, list[tuple[float, int]]]]:
    """Means with their points, ascending, of the figures with data."""
    for figure, estimates in all_estimates.items():
        means = sorted((each.mean, point) for point, each in enumerate(estimates) if not math.isnan(each.mean))
        if means:
            yield figure, means


def _ranges(base: Scenario, estimates: dict[MetricPlace, list[Estimate]]) -> Iterator[str]:
    for figure, means in list(_known(estimates))[:2]:
        low, high = (format.quantity(figure.definition.unit, means[end][0]) for end in (0, -1))
        yield f"{figure.titled(base).removeprefix('total ').capitalize()} from {low} to {high}."


def _best(sweep: Sweep, estimates: dict[MetricPlace, list[Estimate]]) -> Iterator[Fact]:
    judged = [(figure, means) for figure, means in _known(estimates) if figure.definition.better != "none"]
    for figure, means in judged[:FACTS]:
        mean, point = means[-1 if figure.definition.better == "higher" else 0]
        values = zip(sweep.design.settings, sweep.design.rows[point], strict=True)
        where = ", ".join(f"{setting.path} {value_text(setting, value)}" for setting, value in values)
        label = f"best {figure.titled(sweep.design.base).removeprefix('total ')}"
        yield Fact(label, format.quantity(figure.definition.unit, mean), f"at {where}")


def _tables(sweep: Sweep, estimates: dict[MetricPlace, list[Estimate]]) -> Iterable[Part]:
    design = sweep.design
    settings = [TableColumn(setting.titled, "number" if setting.numeric else "text") for setting in design.settings]
    by_path = {setting.path: setting for setting in design.settings}
    heads = [TableColumn(figure.titled(design.base), kind(figure)) for figure in estimates]
    rows = [
        (str(point), *(value if isinstance(value, int | float) else str(value) for value in row),
         *(estimates[figure][point] for figure in estimates))
        for point, row in enumerate(design.rows)
    ]  # fmt: skip
    runs = f"Means of {format.several(sweep.replications, 'replication')}; small: 95 % interval."
    yield Table("Points", (TableColumn("Point"), *settings, *heads), tuple(rows), note=runs, folded=len(rows) > FOLDED)
    for figure in estimates:
        alone = [row for row in sweep.alone if row[2:5] == figure and row.difference is not None]
        if alone:
            by: Kind = kind(figure)
            yield Table(
                f"Each setting alone: {figure.titled(design.base)}",
                (TableColumn("Setting"), TableColumn("Value"), TableColumn("Difference", by, signed=True)),
                tuple(
                    (
                        row.setting,
                        value_text(by_path[row.setting], row.value),
                        Estimate(*(math.nan if x is None else x for x in row[6:9])),
                    )
                    for row in alone
                ),
            )
        indices = [row for row in sweep.indices if row[1:4] == figure]
        if indices:
            yield Table(
                f"Share of the variance: {figure.titled(design.base)}",
                (TableColumn("Setting"), TableColumn("Alone", "share"), TableColumn("With others", "share")),
                tuple((row.setting, Estimate(*row[4:7]), Estimate(*row[7:10])) for row in indices),
                note="Sobol indices; small: 95 % bootstrap interval.",
            )


def _origin(sweep: Sweep, provenance: dict[str, Any]) -> tuple[Part, ...]:
    design = sweep.design
    facts = (
        ("Seed, replications", f"{design.base.seed}, {sweep.replications} each"),
        ("Design", design.kind),
        ("Engine", sweep.engine),
        *made_with(provenance),
    )
    return (
        Table("This sweep", (TableColumn("What"), TableColumn("Value")), facts),
        Listing("The scenario that was varied", read.resolved_toml(design.base)),
    )
