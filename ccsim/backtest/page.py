"""The report of a back-test."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from ccsim.backtest.charts import figures
from ccsim.backtest.prediction import MODES
from ccsim.backtest.score import PERFECT
from ccsim.backtest.trial import ERLANG_A, SIMULATION, Backtest, Trial, day_rows
from ccsim.charts import style
from ccsim.logs.duty import RULES
from ccsim.logs.records import Reading
from ccsim.report.document import Cell, Document, Fact, Finding, Listing, Part, Picture, Section, Table, TableColumn
from ccsim.report.pictures import picture
from ccsim.results import format
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.stats.estimate import Estimate

SCORES: Final = (
    TableColumn("Error of"),
    TableColumn("ASA of a day", "share"),
    TableColumn("weighted by contacts", "share"),
    TableColumn("Abandonment of a day", "share"),
    TableColumn("Service level of a day", "share"),
    TableColumn("ASA of a half hour, s", "number"),
    TableColumn("weighted by contacts, s", "number"),
    TableColumn("bias, s", "number"),
    TableColumn("Service level of a half hour", "share"),
    TableColumn("weighted by contacts", "share"),
    TableColumn("bias", "number"),
)
DAYS: Final = (
    TableColumn("Day"),
    TableColumn("Offered", "count"),
    TableColumn("ASA", "duration"),
    TableColumn("simulated", "duration"),
    TableColumn("Erlang A", "duration"),
    TableColumn("Abandonment", "share"),
    TableColumn("simulated", "share"),
    TableColumn("Erlang A", "share"),
    TableColumn("Service level", "share"),
    TableColumn("simulated", "share"),
    TableColumn("Erlang A", "share"),
    TableColumn("Offered, expected", "count"),
    TableColumn("Error of volume (WAPE)", "share"),
)


def document(
    backtests: Sequence[Backtest], scenario: Scenario, reading: Reading, provenance: dict[str, Any]
) -> Document:
    """The report; of several rules of duty the first has pictures and tables of its own."""
    first = backtests[0]
    known = first.trials[0]
    ours, theirs = known.score(SIMULATION), known.score(ERLANG_A)
    better = ours.asa < theirs.asa
    return Document(
        title=f"{scenario.name}: back-test",
        subtitle=f"learned on {_span(first.train)}, tested on {_span(first.test)}, agents by the rule {first.rule}",
        answer=(
            f"With the arrivals and services of days it had not seen, the simulation misses a day's mean wait by "
            f"{format.percent(ours.asa_by_day, 0)} and a half hour's by {ours.asa:.0f} s; Erlang A, calibrated alike, "
            f"by {format.percent(theirs.asa_by_day, 0)} and {theirs.asa:.0f} s."
        ),
        status="met" if better else "missed",
        facts=tuple(_fact(trial) for trial in first.trials),
        findings=(Finding("What the log lacks", first.notes),) if first.notes else (),
        sections=(
            Section("Pictures", _pictures(first)),
            *(Section(MODES[trial.mode].capitalize(), _figures(trial)) for trial in first.trials),
            *([Section("Rules side by side", _rules(backtests))] if len(backtests) > 1 else []),
            Section("What was learned, and from what", _learned(first, scenario, reading, provenance)),
        ),
        made_by=f"ccsim {provenance['versions'].get('ccsim') or ''}, seed {scenario.seed}",
    )


def _span(days: Sequence[Any]) -> str:
    return f"{days[0]} to {days[-1]}" if len(days) > 1 else f"{days[0]}"


def _fact(trial: Trial) -> Fact:
    ours, theirs = trial.score(SIMULATION), trial.score(ERLANG_A)
    against = f"{theirs.asa:.1f} s by Erlang A, {trial.score(PERFECT).asa:.1f} s by a perfect model"
    return Fact(f"Half-hour ASA, {MODES[trial.mode]}: error", f"{ours.asa:.1f} s", against)


def _pictures(backtest: Backtest) -> tuple[Picture, ...]:
    with style.styled():
        return tuple(picture(draw()) for draw in figures(backtest).values())


def _figures(trial: Trial) -> tuple[Part, ...]:
    rows = [
        (f"{day.day:%a} {day.day}", row[2], row[3], Estimate(*row[4:7]), *row[7:])
        for day, row in zip(trial.days, day_rows(trial), strict=True)
    ]
    covers = tuple((cover.metric, cover.plain, cover.widened, cover.by) for cover in trial.covers)
    return (
        Table("Days", DAYS, tuple(rows), note="Medians of the replications; small: the middle 90 % of them. Erlang A: "
              "calibrated."),
        Table("Errors", SCORES, trial.scores, note="Mean absolute errors, of a day's ASA relative; bias: mean of "
              "predicted less real. Erlang's formulas know what the simulation knows, but for 'real AHT'. A "
              "perfect model: the error that chance alone leaves, were the simulation right."),
        Table("Prediction intervals of half hours", (TableColumn("Measure", "code"),
              TableColumn("Covered as they are", "share"), TableColumn("Covered once widened", "share"),
              TableColumn("Widths added on either side", "number")), covers,
              note="The middle 90 % of the replications, and the same widened to cover 90 % of the training days' half "
              "hours, each day simulated with what the others teach."),
    )  # fmt: skip


def _rules(backtests: Sequence[Backtest]) -> tuple[Part, ...]:
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (by_rule.rule, MODES[trial.mode], trial.factors[-1], ours.asa_by_day, ours.abandonment_by_day, ours.asa,
         ours.service_level, *(cover.widened for cover in trial.covers))
        for by_rule in backtests
        for trial in by_rule.trials
        for ours in [trial.score(SIMULATION)]
    )  # fmt: skip
    heads = (
        TableColumn("Rule"), TableColumn("Mode"), TableColumn("Factor", "number"), TableColumn("ASA of a day", "share"),
        TableColumn("Abandonment of a day", "share"), TableColumn("ASA of a half hour, s", "number"),
        TableColumn("Service level of a half hour", "share"), TableColumn("ASA covered", "share"),
        TableColumn("Service level covered", "share"),
    )  # fmt: skip
    return (Table("Errors by rule", heads, rows), _assumed([by_rule.rule for by_rule in backtests]))


def _assumed(rules: Sequence[str]) -> Table:
    return Table("What a rule assumes of agents", (TableColumn("Rule"), TableColumn("There and free")),
                 tuple((rule, RULES[rule].assumes) for rule in rules))  # fmt: skip


def _learned(backtest: Backtest, scenario: Scenario, reading: Reading, provenance: dict[str, Any]) -> tuple[Part, ...]:
    learned, rhythm = backtest.learned, backtest.learned.rhythm
    patience = f"{format.duration(backtest.patience)}" if math.isfinite(backtest.patience) else "nobody gave up"
    facts = (
        *(
            (f"{name}, {MODES[trial.mode]}", ", ".join(f"{factor:.3f}" for factor in factors))
            for trial in backtest.trials
            for name, factors in (
                ("Factor on the time of a contact", trial.factors),
                ("Factor on Erlang A's handle times besides", trial.erlang_factors),
            )
        ),
        ("Patience, mean of an exponential distribution (for Erlang A)", patience),
        ("Work on quiet days", f"{rhythm.by_kind[1] / rhythm.by_kind[0]:.2f} times that of other days"),
        ("Work by hour of the day", f"{rhythm.by_hour.min():.2f} to {rhythm.by_hour.max():.2f} times the mean"),
        ("Work by agent", f"{min(rhythm.by_agent.values()):.2f} to {max(rhythm.by_agent.values()):.2f} times the mean"),
        ("Work common to a day", f"coefficient of variation {rhythm.cv_day:.3f}"),
        ("Work common to a half hour", f"coefficient of variation {rhythm.cv:.3f}"),
        ("Busyness of a day", f"coefficient of variation {learned.busyness_cv:.3f}"),
        ("Contacts read", f"{len(reading.rows):,}"),
        *((f"Lines left out: {reason}", f"{count:,}") for reason, count in reading.reasons.items()),
    )
    versions = ", ".join(f"{name} {number}" for name, number in provenance["versions"].items() if number)
    origin = (
        ("Command", provenance["command"]), ("Started", provenance["started"]), ("Versions", versions),
        *((f"SHA-256 of {name}", value) for name, value in provenance["inputs"].items()),
    )  # fmt: skip
    return (
        Table("Learned on the training days", (TableColumn("What"), TableColumn("Value")), facts),
        _assumed([backtest.rule]),
        Table("This run", (TableColumn("What"), TableColumn("Value", "code")), origin, folded=True),
        Listing("The scenario whose queues, targets and routing count", read.resolved_toml(scenario)),
    )  # fmt: skip
