"""`ccsim backtest`."""

from __future__ import annotations

import json
import math
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ccsim.cli import options
from ccsim.cli.report import surviving
from ccsim.cli.resuming import written_to

if TYPE_CHECKING:
    from ccsim.backtest.trial import Backtest
    from ccsim.logs.records import Reading
    from ccsim.scenario.model import Scenario


def days(text: str) -> list[date]:
    """Days such as 1999-02-01:1999-02-07, or one."""
    first, _, last = text.partition(":")
    try:
        start, end = date.fromisoformat(first), date.fromisoformat(last or first)
    except ValueError:
        raise click.BadParameter(f"{text!r}: days such as 2026-03-02:2026-03-08") from None
    if end < start:
        raise click.BadParameter(f"{text!r} ends before it starts")
    return [start + timedelta(days=day) for day in range((end - start).days + 1)]


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("log", type=click.Path(path_type=Path))
@click.option(
    "--mapping",
    metavar="NAME|FILE",
    help="What the columns of LOG are: a built-in name or a file; logs of ccsim need none. Without it one is proposed "
    "and written beside FILE.",
)
@click.option("--train", type=days, required=True, help="Days to learn from, FIRST:LAST.")
@click.option("--test", type=days, required=True, help="Days to predict, FIRST:LAST.")
@click.option(
    "--rule",
    "rules",
    multiple=True,
    default=["ready"],
    show_default=True,
    metavar="RULE",
    help="How agents on duty are inferred: served, sessions, ready or turn_round; may be repeated, to compare.",
)
@click.option(
    "--refit",
    type=click.Choice(["weekly"]),
    help="Learn again before each week to predict, from as many days as --train has.",
)
@click.option(
    "--replications",
    type=click.IntRange(2),
    default=20,
    show_default=True,
    metavar="N",
    help="Replications of each day.",
)
@click.option(
    "--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Change a value of FILE; may be repeated."
)
@options.allow_outside
@options.one_worker("Processes")
@options.out
@options.as_json
def backtest(
    file: Path,
    log: Path,
    mapping: str | None,
    train: list[date],
    test: list[date],
    rules: tuple[str, ...],
    refit: str | None,
    replications: int,
    overrides: tuple[str, ...],
    outside: bool,
    workers: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Predict days of a contact LOG that the simulation has not seen.

    FILE is a scenario with the log's queues, as `ccsim fit` writes one; only its targets, its order of queues and its
    routing are used. Patience, work, the forecast and a factor on the time of a contact are learned on the training
    days alone.
    """
    from ccsim.backtest.prediction import MODES, ContactLog
    from ccsim.backtest.trial import as_json as summary
    from ccsim.backtest.trial import run, windows
    from ccsim.logs.duty import RULES
    from ccsim.scenario import read as scenarios

    rules = tuple(dict.fromkeys(rules))
    for rule in rules:
        if rule not in RULES:
            raise click.BadParameter(f"{rule!r} is none of {', '.join(RULES)}", param_hint="--rule")
    if set(train) & set(test):
        raise click.BadParameter("days to predict must not be among those to learn from", param_hint="--test")
    if refit and test[0] < train[-1]:
        raise click.BadParameter(
            "days to predict must come after those to learn from, which move on", param_hint="--refit"
        )
    started = datetime.now(UTC)
    scenario = scenarios.load(file, None, overrides, outside=outside)
    reading, staff_only = _read(log, mapping, file.parent, scenario.timezone)
    every = ContactLog(reading.rows, staff_only, scenario, str(file))
    days_at_once = 7 if refit else None
    units = sum(len(first) + len(last) for first, last in windows(train, test, days_at_once))
    with _steps(len(rules) * len(MODES) * units) as step, ExitStack() as stack:
        final = None
        if out is not None or not as_json:
            from ccsim.results import storage

            folder, final = stack.enter_context(
                storage.new_folder(out or Path("results"), f"{scenario.name} back-test")
            )
        backtests = [run(every, train, test, rule, replications, step, workers, refit=days_at_once) for rule in rules]
        if final is not None:
            about = {"command": shlex.join(["ccsim", *sys.argv[1:]]), "started": started.isoformat(timespec="seconds")}
            contacts = log / "contacts.parquet" if log.is_dir() else log
            _write(folder, backtests, scenario, reading, about, (file, contacts), pictures=not as_json)
    with written_to(final):
        if as_json:
            click.echo(json.dumps(summary(backtests), allow_nan=False))
        else:
            _print(backtests)
            click.echo(f"{len(reading.rows):,} contacts read, {len(reading.refused):,} lines could not be used")
            for reason, count in reading.reasons.items():
                click.echo(f"  {count:,}: {reason}")
        if final is not None:
            click.echo(f"Results: {final}", err=as_json)


def _read(log: Path, mapping: str | None, folder: Path, zone: str | None) -> tuple[Reading, Iterable[str]]:
    """The contacts, and the queues in which no customer waits. Without a mapping one is proposed, in the folder.

    The zone is that of a mapping that names none.
    """
    from ccsim.errors import ScenarioError
    from ccsim.logs.from_ccsim import is_own, read_own
    from ccsim.logs.mapping import mapping as as_mapping
    from ccsim.logs.proposal import missing
    from ccsim.logs.readers import read

    if mapping is None and is_own(log):
        own = read_own(log)
        contacts = next((reading for _, reading in own.readings if reading.kind == "contacts"), None)
        if contacts is None:
            raise click.BadParameter(f"{log} has no contacts", param_hint="LOG")
        return contacts, own.staff_only
    if mapping is None:
        raise ScenarioError([missing(log, folder)])
    how = as_mapping(mapping).or_of(zone)
    if how.kind not in ("contacts", "events"):
        raise click.BadParameter(f"{mapping} is of {how.kind}; a back-test needs contacts", param_hint="--mapping")
    reading = read(log, how)
    return reading, how.alone(reading.rows["queue"])


@contextmanager
def _steps(total: int) -> Iterator[Callable[[str], None]]:
    """A bar that shows each step, on stderr and only where somebody watches."""
    from ccsim.cli.progress import progress

    with progress("days", total) as bar:

        def step(text: str) -> None:
            bar.set_description(text)
            bar.update()

        yield step


def _write(
    folder: Path,
    backtests: list[Backtest],
    scenario: Scenario,
    reading: Reading,
    about: dict[str, Any],
    inputs: tuple[Path, ...],
    pictures: bool,
) -> None:
    from ccsim.backtest import trial
    from ccsim.results import provenance
    from ccsim.scenario import read
    from ccsim.scenario.spreadsheets import safe

    trial.write(backtests, folder)
    reading.refused.map(safe).to_csv(folder / "refused.csv", index=False)
    read.to_folder(scenario, folder)
    about = about | {
        "seed": scenario.seed,
        "inputs": {file.name: provenance.fingerprint(file) for file in inputs},
        "mended": reading.mended,
    }
    record = provenance.write(folder, about, sorted(file.name for file in folder.glob("*.csv")))
    if pictures:
        from ccsim.backtest.charts import figures
        from ccsim.backtest.page import document
        from ccsim.charts import style
        from ccsim.report.page import page

        (folder / "charts").mkdir()
        with surviving("charts"), style.styled():
            for name, draw in figures(backtests[0]).items():
                draw().savefig(folder / "charts" / f"{name}.png", dpi=style.DPI)
        with surviving("the report"):
            text = page(document(backtests, scenario, reading, record))
            (folder / "report.html").write_text(text, encoding="utf-8")


def _print(backtests: list[Backtest]) -> None:
    from rich.console import Console
    from rich.table import Table

    from ccsim.backtest.prediction import MODES
    from ccsim.backtest.trial import day_rows
    from ccsim.cli.screen import plain_table
    from ccsim.logs.duty import RULES

    def table(*titles: str) -> Table:
        drawn = plain_table()
        for title in titles:
            drawn.add_column(title, justify="left" if title == titles[0] else "right")
        return drawn

    def known(value: float, form: str) -> str:
        return "–" if math.isnan(value) else form.format(value)

    console = Console(highlight=False, markup=False)
    for note in backtests[0].notes:
        console.print(f"Note: {note}")
    for by_rule in backtests:
        console.print(f"Agents by the rule {by_rule.rule}: {RULES[by_rule.rule].assumes}.\n")
        if by_rule is backtests[0]:
            modes = [trial.mode for trial in by_rule.trials]
            short = [f"{mode[:4]}." for mode in modes]
            daily = table("day", "came", "exp.", "WAPE", "ASA", *short, "SL", *short)
            for rows in zip(*(day_rows(trial) for trial in by_rule.trials), strict=True):
                first, last = rows[0], rows[-1]
                cells = [first[1][5:], f"{first[2]:,}", f"{last[-2]:,.0f}", known(last[-1], "{:.0%}")]
                for real, ours, form in ((3, 4, "{:.0f} s"), (11, 12, "{:.0%}")):
                    cells += [known(first[real], form), *(known(row[ours], form) for row in rows)]
                daily.add_row(*cells)
            console.print(daily)
            console.print(
                f"Real ASA and service level, and those simulated: {', '.join(modes)} (medians of the replications). "
                f"came, exp.: contacts offered, and expected in {modes[-1]}; WAPE: their error by half hour.\n"
            )
        for trial in by_rule.trials:
            console.print(f"{trial.mode}: {MODES[trial.mode]}", style="bold")
            factors = ", ".join(f"{factor:.3f}" for factor in trial.factors)
            console.print(f"The time of a contact × {factors}, learned on the training days in this mode.")
            scores = table("error of", "ASA, day", "weighted", "abandonment", "ASA, half hour", "service level")
            for row in trial.scores:
                by_day = [known(error, "{:.0%}") for error in (row.asa_by_day, row.asa_by_day_weighted)]
                by_day.append(known(100 * row.abandonment_by_day, "{:.1f} points"))
                by_interval = (known(row.asa, "{:.1f} s"), known(100 * row.service_level, "{:.1f} points"))
                scores.add_row(row.method, *by_day, *by_interval)
            console.print(scores)
            covered = "; ".join(
                f"{cover.metric} {cover.widened:.0%} ({cover.plain:.0%} unwidened)" for cover in trial.covers
            )
            console.print(f"90 % intervals of half hours cover {covered}\n")
