"""`ccsim fit`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ccsim.cli import options

if TYPE_CHECKING:
    from ccsim.fit.check import Check
    from ccsim.fit.estimate import Fit
    from ccsim.logs.mapping import Mapping


@click.command()
@click.argument("logs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="LOG...")
@click.option(
    "--mapping",
    "mappings",
    multiple=True,
    metavar="NAME|FILE",
    help="What the columns of LOG are: calls, amazon_connect, genesys, nice, asterisk, bank, conversations, ccsim or a "
    "TOML file; once for all logs, or once for each in their order. Without it one is proposed and written to DIR.",
)
@click.option("--timezone", metavar="ZONE", help="Time zone of the centre, instead of the mapping's.")
@click.option(
    "--rule",
    default="ready",
    show_default=True,
    metavar="RULE",
    help="How agents on duty are inferred: served, sessions, ready or turn_round.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("fitted"),
    show_default=True,
    metavar="DIR",
    help="Where files go.",
)
@click.option(
    "--calibrate",
    is_flag=True,
    help="Make agents faster or slower by one factor, so that the scenario, run on the log's days, has the log's ASA.",
)
@click.option("--anyway", is_flag=True, help="Write the scenario even where the log's figures are implausible.")
@options.as_json
def fit(
    logs: tuple[Path, ...],
    mappings: tuple[str, ...],
    timezone: str | None,
    rule: str,
    out: Path,
    calibrate: bool,
    anyway: bool,
    as_json: bool,
) -> None:
    """Write a scenario from LOG...: exports of contacts, messages, intervals or rosters.

    The scenario is run on the log's own days, and its figures are set beside the log's.

    Results folders and logs of `ccsim run` need no --mapping. DIR gets scenario.toml with its CSV files, report.html,
    estimates.csv, and refused.csv with the lines that could not be used.
    """
    from ccsim.errors import Problem, ScenarioError
    from ccsim.fit.estimate import estimate
    from ccsim.fit.output import as_json as summary
    from ccsim.fit.output import write
    from ccsim.fit.plausibility import beyond_belief
    from ccsim.logs.duty import RULES
    from ccsim.logs.readers import read_all

    if rule not in RULES:
        raise ScenarioError([Problem("--rule", rule, f"one of {', '.join(RULES)}")])
    fitted = estimate(read_all(logs, chosen_mappings(logs, mappings, timezone, out)), rule)
    if not anyway and (doubts := beyond_belief(fitted.warnings)):
        allowed = "the units that the mapping says; --anyway writes the scenario all the same"
        raise ScenarioError([Problem("", doubt, allowed, ", ".join(map(str, logs))) for doubt in doubts])
    if not as_json:
        _print_summary(fitted)
    checked = write(fitted, f"Fitted to {logs[0].resolve().stem}", out, calibrate)
    if as_json:
        click.echo(json.dumps(summary(fitted, checked), allow_nan=False))
    else:
        _print_check(checked, calibrate)
    written = f"{out / 'scenario.toml'} is written. Next:  ccsim run {out / 'scenario.toml'}"
    click.echo(written, err=as_json)


def chosen_mappings(
    logs: tuple[Path, ...], names: tuple[str, ...], timezone: str | None, out: Path
) -> list[Mapping | None]:
    """A mapping for each log; None for those of ccsim."""
    from ccsim.errors import Problem, ScenarioError
    from ccsim.logs import from_ccsim
    from ccsim.logs.mapping import built_in, mapping
    from ccsim.logs.proposal import missing
    from ccsim.scenario.faults import FaultError
    from ccsim.scenario.values import timezone as known_zone

    if not names and all(from_ccsim.is_own(log) for log in logs):
        names = (from_ccsim.NAME,)
    if not names:
        raise ScenarioError([missing(log, out) for log in logs if not from_ccsim.is_own(log)])
    if len(names) not in (1, len(logs)):
        allowed = f"one for all logs, or one for each: {', '.join((from_ccsim.NAME, *built_in()))}, or a file"
        raise ScenarioError([Problem("--mapping", f"{len(names)} for {len(logs)} logs", allowed)])
    if timezone is not None:
        try:
            known_zone(timezone)
        except FaultError as bad:
            raise ScenarioError([Problem("--timezone", fault.value, fault.allowed) for fault in bad.faults]) from None
    chosen: list[Mapping | None] = []
    for name in names if len(names) == len(logs) else names * len(logs):
        how = None if name == from_ccsim.NAME else mapping(name)
        if how is not None and timezone is not None:
            how = how.model_copy(update={"timezone": timezone})
        chosen.append(how)
    return chosen


def _print_summary(fitted: Fit) -> None:
    """What was read and fitted, in short, and what to beware of on stderr."""
    for file, reading in fitted.logs.readings:
        click.echo(f"{file}: {len(reading.rows):,} rows used, {len(reading.refused):,} not.")
        for reason, count in reading.reasons.items():
            click.echo(f"  not used:  {count:,}  {reason}")
        for what, count in reading.mended.items():
            click.echo(f"  corrected: {count:,}  {what}")
    for warning in fitted.warnings:
        click.echo(f"warning: {warning}", err=True)
    for queues, warnings in fitted.warnings_of_queues.items():
        for warning in warnings:
            click.echo(f"warning: {queues}: {warning}", err=True)


def _print_check(checked: Check, calibrate: bool) -> None:
    """The log beside the scenario, by queue, and where they differ."""
    from rich.console import Console

    from ccsim.cli.screen import plain_table
    from ccsim.fit.check import COMPARED, FACTORS, TOTAL, shown
    from ccsim.metrics import METRICS

    console = Console(highlight=False, markup=False)
    days, runs = len(checked.days), checked.replications
    console.print(f"\nLog against scenario, on {days} of the log's days, mean of {runs} runs:")
    table = plain_table()
    table.add_column("queue")
    for metric in COMPARED:
        table.add_column(METRICS["queue", metric].heading, justify="right")
    for name in dict.fromkeys(row.name for row in checked.compared if row.name != TOTAL):
        rows = [checked.of(name, metric) for metric in COMPARED]
        table.add_row(name, *(shown(row.metric, row.log) if row else "–" for row in rows))
        marks = [f"{shown(row.metric, row.scenario.mean)}{' !' if row.differs else ''}" if row else "–" for row in rows]
        table.add_row("  scenario", *marks)
    console.print(table)
    if total := checked.of(TOTAL, "utilisation"):
        both = (shown(total.metric, value) for value in (total.log, total.scenario.mean))
        console.print("Agents' time in work: {} in the log, {} in the scenario.".format(*both))
    if calibrate:
        at_end = ", the end of what is tried" if checked.factor in FACTORS else ""
        factor = f"Calibrated: the time of agents × {checked.factor:.3f}{at_end}."
        console.print("Not calibrated: no named agents, or no waits." if checked.factor == 1 else factor)
    if checked.compared:
        differs = checked.findings
        console.print("! differs by more than chance." if differs else "No difference beyond chance that matters.")
    for finding in checked.findings:
        click.echo(f"warning: {finding}", err=True)
