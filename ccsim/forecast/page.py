"""The report of a forecast."""

from __future__ import annotations

from typing import Final

from ccsim.charts import style
from ccsim.forecast.outlook import SHARE, Outlook
from ccsim.forecast.pictures import figures
from ccsim.forecast.trial import FORECAST, METHODS, Accuracy
from ccsim.report.document import (
    Cell,
    Document,
    Fact,
    Finding,
    Listing,
    Note,
    Part,
    Section,
    Table,
    TableColumn,
)
from ccsim.report.page import page as html
from ccsim.report.pictures import picture
from ccsim.results import format
from ccsim.stats.estimate import Estimate

HORIZONS: Final = {"one_day": "One day ahead", "one_week": "One week ahead"}


def page(outlook: Outlook, lines: str) -> str:
    """Its HTML; `lines` are those of a scenario."""
    return html(document(outlook, lines))


def document(outlook: Outlook, lines: str) -> Document:
    """What it says."""
    first = next(iter(outlook.forecasts.values()))
    total = sum(forecast.days.sum() for forecast in outlook.forecasts.values())
    span = f"{format.day(first.dates[0])} to {format.day(first.dates[-1])}"
    with style.styled():
        drawn = tuple(picture(draw(), name) for name, draw in figures(outlook).items())
    sections = [
        Section("Pictures", drawn),
        *(Section(name, _queue(outlook, name)) for name in outlook.forecasts),
        Section(
            "For a scenario",
            (
                Note("Volumes and handle times by interval are in volumes.csv; these lines use them."),
                Listing("scenario_lines.toml", lines),
            ),
        ),
    ]
    return Document(
        title="Forecast",
        subtitle=f"{span}, {format.several(len(first.dates), 'day')}",
        answer=f"{total:,.0f} contacts are expected from {span}.",
        status=None,
        facts=tuple(_fact(name, forecast.total(SHARE)) for name, forecast in outlook.forecasts.items()),
        findings=(Finding("The history and the days ahead", outlook.notes),) if outlook.notes else (),
        findings_title="What to know",
        sections=tuple(sections),
    )


def _fact(name: str, total: Estimate) -> Fact:
    return Fact(name, f"{total.mean:,.0f}", f"contacts; 95 %: {total.low:,.0f} to {total.high:,.0f}")


def _queue(outlook: Outlook, name: str) -> tuple[Part, ...]:
    forecast, model = outlook.forecasts[name], outlook.models[name]
    low, high = forecast.day_bands(SHARE)
    terms = [term for term, factors in forecast.components.items() if abs(factors - 1).max() > 0.0005]
    rows: list[tuple[Cell, ...]] = [
        (
            f"{day} {day:%a}",
            Estimate(float(forecast.days[number]), float(low[number]), float(high[number])),
            *(float(forecast.components[term][number]) if forecast.days[number] else None for term in terms),
        )
        for number, day in enumerate(forecast.dates)
    ]
    heads = (TableColumn("Day"), TableColumn("Contacts", "count"))
    factors = tuple(TableColumn(f"× {term}", "number") for term in terms)
    note = "Small: 95 % of such days. Factors say what each term makes of the day beside the usual one."
    parts: list[Part] = [Table("Days", (*heads, *factors), tuple(rows), note=note, folded=len(rows) > 60)]
    effects = [
        (mark, effect)
        for mark, effect in zip(model.calendar.names, model.level.effects(), strict=True)
        if effect is not None
    ]
    if effects:
        columns = (TableColumn("Holiday or event"), TableColumn("Contacts, as a factor", "number"))
        parts.append(Table("What holidays and events did", columns, tuple(effects)))
    if model.outliers:
        outliers = tuple((f"{day} {day:%a}", factor) for day, factor in model.outliers)
        columns = (TableColumn("Day"), TableColumn("Contacts, as a factor of the expected", "number"))
        parts.append(Table("Days unlike the others, weighted down", columns, outliers))
    if model.left_out:
        parts.append(Table("Left out", (TableColumn("What"),), tuple((text,) for text in model.left_out)))
    busy = forecast.busyness
    within = model.drift
    parts.append(
        Table(
            "Busyness",
            (TableColumn("Of the forecast", "code"), TableColumn("Value", "number")),
            (
                ("day_cv", busy.day_cv),
                ("day_memory", busy.day_memory),
                ("within_cv", within.cv),
                ("within_memory", within.memory),
            ),
            note="How much days differ beyond what is forecast, and half hours within them beyond chance."
            + (
                ""
                if within.significant
                else " These are no clearer than chance, so the scenario's lines leave them out."
            )
            + f" Of what a time of day differed by, {format.percent(within.next_day)} lasts on the next day.",
        )
    )
    for horizon, accuracy in outlook.trials.get(name, {}).items():
        parts += _errors(horizon, accuracy)
    return tuple(parts)


def _errors(horizon: str, accuracy: Accuracy | None) -> list[Part]:
    title = HORIZONS[horizon]
    if accuracy is None:
        return [Note(f"{title}: the history has no days to try this on.")]
    interval = f"of {accuracy.interval // 60} min"
    columns = (
        TableColumn("Method"), TableColumn(f"WAPE {interval}", "share"), TableColumn("WAPE of days", "share"),
        TableColumn("Bias", "share", signed=True),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (text, accuracy.wape_interval[method], accuracy.wape_day[method], accuracy.bias[method])
        for method, text in METHODS.items()
    ]
    rows.append(("one who knew every rate (Poisson floor)", accuracy.floor_interval, accuracy.floor_day, None))
    covered = ", ".join(
        f"{share} % bands cover {format.percent(accuracy.coverage[share])} of intervals and "
        f"{format.percent(accuracy.coverage_day[share])} of days"
        for share in accuracy.coverage
    )
    note = (
        f"{format.several(len(accuracy.days), 'day')}, each from what was known before it. The forecast's {covered}. "
        f"The simplest that is not worse beyond chance: {METHODS[accuracy.recommended]}."
        + ("" if accuracy.recommended == FORECAST else " The files have the model's, whose bands are of use.")
    )
    return [Table(f"{title}: errors", columns, tuple(rows), note=note)]
