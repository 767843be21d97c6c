"""`ccsim forecast`."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ccsim.cli import options

if TYPE_CHECKING:
    from ccsim.forecast.history import History
    from ccsim.forecast.outlook import Outlook
    from ccsim.scenario.holidays import Holidays


@click.command()
@click.argument("history", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="HISTORY...")
@click.option(
    "--mapping",
    "mappings",
    multiple=True,
    metavar="NAME|FILE",
    help="What the columns of HISTORY are, as for ccsim fit, once for all files or once for each; volume files (date, "
    "time, a column a queue) need none.",
)
@click.option("--timezone", metavar="ZONE", help="Time zone of the centre, instead of the mapping's.")
@click.option(
    "--start", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="First day.  [default: after the history]"
)
@click.option("--days", type=click.IntRange(1, 400), default=28, show_default=True, metavar="N", help="How many days.")
@click.option("--holidays", metavar="COUNTRY", help="Learn and forecast public holidays, such as of IT or DE-BY.")
@click.option(
    "--events",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Events, past and to come, in a CSV file: name, start, end, effect, halving.",
)
@click.option(
    "--event",
    "written",
    multiple=True,
    metavar="TEXT",
    help='An event, such as "2026-12-01:2026-12-24 +40 %" or "2026-12-01T10:00 +60 % halving 3h"; may be repeated.',
)
@click.option(
    "--scale",
    type=options.Number(0, 1000),
    default=1.0,
    show_default=True,
    metavar="X",
    help="Factor on all contacts.",
)
@click.option(
    "--test",
    "weeks",
    type=click.IntRange(1, 104),
    metavar="WEEKS",
    help="Also forecast the last WEEKS of the history from what came before, and compare with simple rules.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where files go.  [default: forecast; none with --json]",
)
@options.as_json
def forecast(
    history: tuple[Path, ...],
    mappings: tuple[str, ...],
    timezone: str | None,
    start: datetime | None,
    days: int,
    holidays: str | None,
    events: Path | None,
    written: tuple[str, ...],
    scale: float,
    weeks: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Forecast contacts and handle times from HISTORY...: interval exports, contact logs, volume files.

    DIR gets volumes.csv and lines for a scenario that uses it, forecast.csv and days.csv with bands, and report.html.
    """
    from ccsim.forecast import output
    from ccsim.forecast.events import read
    from ccsim.forecast.events import written as as_event
    from ccsim.forecast.outlook import outlook

    folder = out or (None if as_json else Path("forecast"))
    known = (*(read(events) if events else ()), *map(as_event, written))
    expected = outlook(
        _histories(history, mappings, timezone, folder or Path(".")),
        start.date() if start else None,
        days,
        _holidays(holidays),
        known,
        scale,
        weeks or 0,
    )
    for note in expected.notes:
        click.echo(f"warning: {note}", err=True)
    if folder is not None:
        output.write(expected, folder)
    if as_json:
        click.echo(json.dumps(output.summary(expected), allow_nan=False))
    else:
        _print(expected)
    if folder is not None:
        click.echo(f"{folder / 'report.html'}, volumes.csv and scenario_lines.toml are written.", err=as_json)


def _holidays(code: str | None) -> Holidays | None:
    from pydantic import ValidationError

    from ccsim.errors import Problem, ScenarioError
    from ccsim.scenario.holidays import Holidays

    if code is None:
        return None
    country, _, subdivision = code.partition("-")
    try:
        return Holidays(country=country, subdivision=subdivision)
    except ValidationError as bad:
        faults = [fault for error in bad.errors() for fault in error["ctx"]["error"].faults]
        raise ScenarioError([Problem("--holidays", fault.value, fault.allowed) for fault in faults]) from None


def _histories(files: tuple[Path, ...], mappings: tuple[str, ...], timezone: str | None, out: Path) -> list[History]:
    """Of volume files by their columns, of all others by their mappings."""
    from dataclasses import replace

    import pandas as pd

    from ccsim.cli.fit import chosen_mappings
    from ccsim.errors import Problem, ScenarioError
    from ccsim.forecast.history import of_logs, refuse_other_lengths
    from ccsim.forecast.reading import VOLUMES, is_volumes, read_volumes
    from ccsim.logs.readers import read_all
    from ccsim.logs.records import Logs

    if missing := [file for file in files if not file.exists()]:
        raise ScenarioError([Problem("HISTORY", f"no file {file}", "a file or a results folder") for file in missing])
    if len(mappings) == len(files) > 1:
        wide = [file for file, name in zip(files, mappings, strict=True) if name == VOLUMES]
        mappings = tuple(name for name in mappings if name != VOLUMES)
    else:
        wide = [file for file in files if file.is_file() and mappings in ((), (VOLUMES,)) and is_volumes(file)]
        wide = list(files) if mappings == (VOLUMES,) else wide
    others = tuple(file for file in files if file not in wide)
    logs = Logs()
    if others:
        logs = read_all(others, chosen_mappings(others, mappings, timezone, out))
        for file, reading in logs.readings:
            refused = "".join(f"\n  not used: {count:,}  {why}" for why, count in reading.reasons.items())
            click.echo(f"{file}: {len(reading.rows):,} rows used, {len(reading.refused):,} not.{refused}", err=True)
    elif timezone is not None:
        raise ScenarioError([Problem("--timezone", timezone, "none for volume files: their times are the centre's")])
    if wide:
        tables: dict[str, pd.DataFrame] = {}
        for each in wide:
            tables[str(each)], guesses = read_volumes(each)
            for guess in guesses:
                click.echo(f"warning: {guess}", err=True)
        tables |= {"the others": logs.intervals} if logs.intervals is not None else {}
        refuse_other_lengths({name: rows["start"] for name, rows in tables.items()})
        rows = pd.concat(list(tables.values()), ignore_index=True)
        again = rows.duplicated(["queue", "start"])
        if again.any():
            click.echo(f"warning: {int(again.sum()):,} intervals are in two files; the first counts", err=True)
        logs = replace(logs, intervals=rows[~again])
    return of_logs(logs)


def _print(expected: Outlook) -> None:
    from rich.console import Console

    from ccsim.cli.screen import plain_table
    from ccsim.forecast.outlook import SHARE
    from ccsim.forecast.trial import FORECAST, METHODS
    from ccsim.results import format

    console = Console(highlight=False, markup=False)
    for name, forecast in expected.forecasts.items():
        total = forecast.total(SHARE)
        console.print(f"{name}: {total.mean:,.0f} contacts (95 %: {total.low:,.0f} to {total.high:,.0f})", style="bold")
        table = plain_table()
        for title in ("day", "contacts", "95 %"):
            table.add_column(title, justify="left" if title == "day" else "right")
        low, high = forecast.day_bands(SHARE)
        for number, day in list(enumerate(forecast.dates))[:14]:
            band = f"{low[number]:,.0f}–{high[number]:,.0f}" if forecast.days[number] else "closed"
            table.add_row(f"{day:%a} {day}", f"{forecast.days[number]:,.0f}", band)
        console.print(table)
        if len(forecast.dates) > 14:
            console.print(f"… and {format.several(len(forecast.dates) - 14, 'day')} more, in days.csv")
        model = expected.models[name]
        for text in model.left_out:
            console.print(f"  left out: {text}")
        for day, factor in model.outliers:
            console.print(f"  weighted down: {day}, {factor:.2f} times the expected contacts")
        for horizon, accuracy in expected.trials.get(name, {}).items():
            if accuracy is None:
                continue
            errors = plain_table()
            heading = f"{horizon.replace('_', ' ')} ahead, {len(accuracy.days)} days"
            for title in (heading, f"WAPE of {accuracy.interval // 60} min", "of days", "bias"):
                errors.add_column(title, justify="left" if title == heading else "right")
            for method, text in METHODS.items():
                figures = (accuracy.wape_interval[method], accuracy.wape_day[method])
                errors.add_row(text, *(f"{100 * x:.1f} %" for x in figures), f"{100 * accuracy.bias[method]:+.1f} %")
            floor = (accuracy.floor_interval, accuracy.floor_day)
            errors.add_row("Poisson floor", *(f"{100 * x:.1f} %" for x in floor), "")
            console.print(errors)
            covered = ", ".join(f"{share} % bands {100 * x:.0f} %" for share, x in accuracy.coverage.items())
            console.print(f"Covered: {covered}.")
            files = "" if accuracy.recommended == FORECAST else " The files have the model's, whose bands are of use."
            console.print(
                f"Recommended, the simplest that is not clearly worse: {METHODS[accuracy.recommended]}.{files}\n"
            )
