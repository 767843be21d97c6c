"""The report of a fit: what was read and estimated, how sure it is, data against fit, and what to beware of."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from ccsim.fit.arrivals import WEEKDAYS
from ccsim.fit.check import Check, Compared, shown
from ccsim.fit.estimate import Fit
from ccsim.fit.pictures import MOST, pictures
from ccsim.fit.queues import QueueFit
from ccsim.logs import duty as duties
from ccsim.report import page as pages
from ccsim.report.document import Cell, Document, Fact, Finding, Listing, Note, Part, Section, Table, TableColumn
from ccsim.results import format

DURATIONS: Final = ("mean", "mean_2", "median", "median_2")


def page(fit: Fit, name: str, scenario: str, checked: Check) -> str:
    """The HTML of the report; `scenario` is the text of the scenario file."""
    return pages.page(document(fit, name, scenario, checked))


def document(fit: Fit, name: str, scenario: str, checked: Check) -> Document:
    """The report as a document."""
    findings = [Finding("The log as a whole", fit.warnings)] if fit.warnings else []
    findings += [Finding(queues, tuple(warnings)) for queues, warnings in fit.warnings_of_queues.items()]
    if checked.findings:
        findings.append(Finding("The scenario does not repeat the log", checked.findings))
    number = sum(len(finding.lines) for finding in findings)
    drawn = pictures(fit)
    more = [Note(f"Of {len(fit.queues)} queues the {MOST} with the most contacts are shown.")]
    used = sum(len(reading.rows) for _, reading in fit.logs.readings)
    refused = sum(len(reading.refused) for _, reading in fit.logs.readings)
    return Document(
        title=name,
        subtitle=f"{format.day(fit.days[0])} {fit.days[0].year} to {format.day(fit.days[-1])} {fit.days[-1].year}",
        answer=f"{format.several(len(fit.queues), 'queue')} fitted; {format.several(number, 'thing')} to beware of."
        if number
        else f"{format.several(len(fit.queues), 'queue')} fitted; nothing to beware of.",
        status="open" if number else "met",
        facts=(
            Fact("Lines used", f"{used:,}", f"{refused:,} not"),
            Fact("Days", f"{len(fit.days)}"),
            Fact("Contacts", f"{sum(queue.contacts for queue in fit.queues.values()):,}"),
            Fact("Agents", f"{len({duty.agent for team in fit.teams for duty in team.duties}):,}", f"by {fit.rule}"),
        ),
        findings=tuple(findings),
        sections=(
            Section("Log against scenario", tuple(_check(checked))),
            Section("Data against fit", (*(more if len(fit.queues) > MOST else []), *drawn)),
            Section("Estimates", tuple(_estimates(fit))),
            Section("Arrivals", (_volumes(fit),)),
            Section("Agents", tuple(_agents(fit))),
            Section("What was read", tuple(_read(fit))),
            Section("Scenario", (Listing("scenario.toml", scenario),)),
        ),
        made_by="ccsim fit",
    )


def _check(checked: Check) -> Iterator[Part]:
    """The log's figures beside the scenario's, in all and by weekday."""
    heads = (
        TableColumn("Queue"),
        TableColumn("Figure"),
        TableColumn("Log"),
        TableColumn("Scenario"),
        TableColumn("95 % of runs"),
        TableColumn("Differs"),
    )

    def cells(row: Compared) -> tuple[Cell, ...]:
        low, high = (shown(row.metric, max(end, 0.0)) for end in row.scenario[1:])
        figures = (shown(row.metric, row.log), shown(row.metric, row.scenario.mean), f"{low} to {high}")
        return (row.name, row.of.heading, *figures, "yes" if row.differs else "")

    whole = tuple(cells(row) for row in checked.compared if row.weekday is None)
    yield Table(
        "In all",
        heads,
        whole,
        note=f"{format.several(checked.replications, 'run')} of {format.several(len(checked.days), 'day')}. Differs: "
        "the log is outside the band in which 95 % of runs are, by as much as matters (ASA: a fifth and 3 s; volume "
        "and handle time: a tenth; service level and utilisation: 3 points; abandonment: 2).",
    )
    for day, weekday in enumerate(WEEKDAYS):
        rows = tuple(cells(row) for row in checked.compared if row.weekday == day)
        if rows:
            yield Table(weekday, heads, rows, folded=True)


def _estimates(fit: Fit) -> Iterator[Part]:
    for queue in fit.queues.values():
        yield Table(
            queue.name,
            (
                TableColumn("Value"),
                TableColumn("Distribution"),
                TableColumn("Estimate"),
                TableColumn("Cases", "count"),
                TableColumn("Off by", "share"),
            ),
            tuple(_distributions(queue)),
            note=f"{queue.contacts:,} contacts, {queue.answered:,} answered, {queue.gave_up:,} gave up. "
            "With 95 % intervals; off by: the largest distance between the distribution's and the data's curve.",
        )
    yield Table(
        "Families compared",
        tuple(TableColumn(title, "text" if place < 4 else "number") for place, title in enumerate(
            ("Queue", "Value", "Family", "Taken", "BIC", "AIC", "Off by, points"))),
        tuple(
            (queue.name, key, fitted.family, "yes" if fitted.family == distribution.family else "",
             fitted.bic, fitted.aic, 100 * fitted.distance)
            for queue in fit.queues.values()
            for key, distribution in (queue.distributions | queue.seen).items()
            for fitted in distribution.candidates
        ),
        note="The family with the least BIC is taken; where it misses the data by more than 5 points, none is.",
        folded=True,
    )  # fmt: skip


def _distributions(queue: QueueFit) -> Iterator[tuple[Cell, ...]]:
    for key, distribution in (queue.distributions | queue.seen).items():
        fitted = next((c for c in distribution.candidates if c.family == distribution.family), None)
        values = fitted.parameters if fitted else {}
        parameters = "; ".join(
            f"{name} {_figure(name, v.mean)} ({_figure(name, v.low)}–{_figure(name, v.high)})"
            for name, v in values.items()
        )
        off = fitted.distance if fitted else None
        average = distribution.distribution.mean
        parameters = parameters or f"mean {f'{average:.3g}' if key == 'turns' else format.duration(average)}"
        yield key, distribution.family.replace("_", " "), parameters, float(distribution.sample.ended.sum()), off
    for key, value in queue.figures.items():
        kind = "mean" if key in ("idle_timeout", "work.mean") else ""
        yield (
            key,
            "",
            f"{_figure(kind, value.mean)} ({_figure(kind, value.low)}–{_figure(kind, value.high)})",
            None,
            None,
        )
    if queue.shared is not None:
        for number, (mean, ends) in enumerate(zip(queue.shared.means, queue.shared.ends, strict=True), start=1):
            text = f"{format.duration(mean.mean)} ({format.duration(mean.low)}–{format.duration(mean.high)})"
            yield f"work with {number} at once", "exponential", text, float(ends), None


def _figure(name: str, value: float) -> str:
    return format.duration(value) if name in DURATIONS else format.NO_DATA if math.isnan(value) else f"{value:.3g}"


def _volumes(fit: Fit) -> Table:
    rows = []
    for queue in fit.queues.values():
        cv = queue.profile.busyness_cv
        cells = [queue.profile.volumes.get(day) for day in range(7)]
        shape = queue.profile
        rows.append((queue.name, *cells, cv, shape.p_value, shape.memory, shape.drift.cv, shape.drift.memory))
    correlation = fit.correlation
    note = (
        f" Busy days of the queues go together with correlation {correlation.mean:.2f} "
        f"({correlation.low:.2f}–{correlation.high:.2f})."
        if correlation
        else ""
    )
    return Table(
        "Contacts a day",
        (
            TableColumn("Queue"),
            *(TableColumn(day[:3], "number") for day in WEEKDAYS),
            TableColumn("cv of busy days", "number"),
            TableColumn("p", "number"),
            TableColumn("day to day", "number"),
            TableColumn("cv of half hours", "number"),
            TableColumn("half hour to half hour", "number"),
        ),
        tuple(rows),
        note="cv: how much a rate varies beyond chance; p: how likely days differ as much by chance alone; day to day, "
        "half hour to half hour: correlation of one with the next." + note,
    )


def _agents(fit: Fit) -> Iterator[Part]:
    rule = duties.RULES.get(fit.rule)
    if not fit.teams:
        yield Note("The log names no agents. The scenario's are made up.")
        return
    yield Note(f"Duty by {fit.rule}: {rule.assumes if rule else 'as the roster says'}.")
    yield Table(
        "Teams",
        (
            TableColumn("Team"),
            TableColumn("Agents", "count"),
            TableColumn("Hours", "hours"),
            TableColumn("Queues"),
            TableColumn("Sessions at once"),
        ),
        tuple(
            (
                team.name,
                float(len({duty.agent for duty in team.duties})),
                sum(duty.end - duty.start - sum(b - a for a, b in duty.away) for duty in team.duties) / 3.6e9,
                ", ".join(team.queues),
                ", ".join(f"{name} {number}" for name, number in team.concurrency.items()),
            )
            for team in fit.teams
        ),
    )
    if fit.slowdown is not None:
        yield Table(
            "Work with several sessions at once",
            (TableColumn("Sessions"), TableColumn("Factor on work", "number"), TableColumn("Works", "count")),
            tuple(
                (f"{number}", factor, float(works))
                for number, (factor, works) in enumerate(zip(fit.slowdown.factors, fit.slowdown.works, strict=True), 1)
            ),
        )


def _read(fit: Fit) -> Iterator[Part]:
    for file, reading in fit.logs.readings:
        rows = [("used", "", float(len(reading.rows)))]
        rows += [("not used", reason, float(count)) for reason, count in reading.reasons.items()]
        rows += [("corrected", what, float(count)) for what, count in reading.mended.items()]
        columns = (TableColumn("Lines"), TableColumn("Why"), TableColumn("Number", "count"))
        yield Table(file, columns, tuple(rows), note="What was not used is in refused.csv, line by line.")
