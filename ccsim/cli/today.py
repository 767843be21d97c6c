"""`ccsim today`."""

from __future__ import annotations

import json
import os
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ccsim.cli import options

if TYPE_CHECKING:
    from ccsim.scenario.model import Scenario
    from ccsim.today.outlook import Course, Outlook


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("logs", nargs=-1, type=click.Path(path_type=Path), metavar="[LOG]...")
@click.option("--at", "at", required=True, metavar="TIME", help="Now: 2026-03-04T11:00, or another time of a day.")
@click.option(
    "--mapping",
    "mappings",
    multiple=True,
    metavar="NAME|FILE",
    help="What the columns of LOG are, as in ccsim fit; not needed for logs of ccsim run.",
)
@click.option(
    "--state",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The present state by hand, without LOG.",
)
@options.variant
@options.overrides
@click.option(
    "--action",
    "actions",
    multiple=True,
    metavar="ACTION",
    help='Compare a change: "two stay: team.front +2 18:00-20:00", or "name: path=value"; may be repeated.',
)
@click.option("--advise", is_flag=True, help="Try the usual actions too, and rank all.")
@click.option(
    "--replications",
    type=click.IntRange(20),
    default=200,
    show_default=True,
    metavar="N",
    help="Replications of the rest of the day.",
)
@options.seed
@options.allow_outside
@options.engine
@options.workers
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Write today.json and today.png there.")
@options.as_json_alone
def today(
    file: Path,
    logs: tuple[Path, ...],
    at: str,
    mappings: tuple[str, ...],
    state: Path | None,
    variant: str | None,
    overrides: tuple[str, ...],
    actions: tuple[str, ...],
    advise: bool,
    replications: int,
    seed: int | None,
    outside: bool,
    engine: str,
    workers: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Simulate the rest of a day of the scenario in FILE, from what LOG... has of it until now.

    What the log has after that time is not used. Bands hold the middle 90 % of the replications; the probability of a
    target is the share of replications in which the whole day meets it.
    """
    from ccsim.scenario import read
    from ccsim.scenario.values import MINUTE
    from ccsim.today import actions as possible
    from ccsim.today import output
    from ccsim.today.outlook import day_of, look_ahead, on_the_clock

    if bool(logs) == (state is not None):
        raise click.UsageError("Give the LOG of the day so far, or --state FILE without one.")
    changes = [*overrides, *([] if seed is None else [f"seed={seed}"])]
    scenario = read.load(file, variant, changes, outside=outside)
    time = on_the_clock(_time(at), scenario.timezone)
    day, _ = day_of(scenario, time)
    clock = (time.hour * 60 + time.minute) * MINUTE
    chosen = possible.read_actions(actions, day, clock)
    if advise:
        chosen = possible.usual(day, clock) | chosen
    outlook = look_ahead(
        scenario, time, _sight(logs, mappings, state, scenario), chosen,
        replications=replications, engine=engine, workers=workers or os.cpu_count() or 1,
    )  # fmt: skip
    if out is not None:
        from ccsim.results.storage import write_files

        picture = BytesIO()
        output.picture(outlook).savefig(picture)
        record = json.dumps(output.as_json(outlook), allow_nan=False, indent=1)
        write_files(out, {"today.json": record, "today.png": picture.getvalue()})
    for warning in outlook.warnings:
        click.echo(f"warning: {warning}", err=True)
    if as_json:
        click.echo(json.dumps(output.as_json(outlook), allow_nan=False))
    else:
        _show(outlook)
    if out is not None:
        click.echo(f"Results: {out}", err=as_json)


def _time(text: str) -> datetime:
    from ccsim.errors import Problem, ScenarioError

    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or len(text) <= len("2026-03-04") or time.second or time.microsecond:
        allowed = "a local date and time to the minute, such as 2026-03-04T11:00, or one with its offset from UTC"
        raise ScenarioError([Problem("--at", repr(text), allowed)])
    return time


def _sight(logs: tuple[Path, ...], mappings: tuple[str, ...], state: Path | None, scenario: Scenario) -> Any:
    """What sees the state, given the day's scenario, its plan and the time in it."""
    if state is not None:
        from ccsim.lowering import lower
        from ccsim.today.from_file import from_file

        return lambda day, plan, at: from_file(state, day, plan, lower(day)[1], at)
    from ccsim.cli.fit import chosen_mappings
    from ccsim.logs.readers import read_all
    from ccsim.today.from_logs import from_logs

    hows = chosen_mappings(logs, mappings, None, Path("fitted"))
    of_queues = {name: queue.channel for name, queue in scenario.queue.items()}
    hows = [how and how.with_channels(of_queues) for how in hows]
    read = read_all(logs, hows, live=True, zone=scenario.timezone)
    return lambda day, plan, at: from_logs(read, day, plan, at)


def _show(outlook: Outlook) -> None:
    from rich.console import Console
    from rich.markup import escape

    from ccsim.cli.screen import plain_table
    from ccsim.metrics import METRICS
    from ccsim.results import format
    from ccsim.today.outlook import band
    from ccsim.today.output import shown_band

    console, course = Console(), outlook.course
    runs = format.several(len(course.outcomes), "replication")
    time = f"{outlook.time:%a %d %b %Y, %H:%M %z}".rstrip()
    console.print(f"[bold]{escape(outlook.scenario.name)}[/bold], {time}: {runs} of the rest")
    table = plain_table()
    for heading in ("queue", "", "so far", "rest of the day", "whole day"):
        table.add_column(heading, justify="left" if heading in ("queue", "") else "right", overflow="fold")
    for place, name in enumerate(course.spec.queues):
        first, wait = escape(name), format.wait_metric(course.spec, place, "asa")
        for metric in ("offered", "service_level", "abandonment", wait, "reply_level", "resolution_level"):
            if not course.applies(name, metric):
                continue
            rest, whole = (shown_band(band(course.values(name, metric, part)), metric) for part in ("rest", "day"))
            known = shown_band(band(outlook.so_far[metric][place : place + 1]), metric).partition(" (")[0]
            table.add_row(first, METRICS["queue", metric].heading, known, rest, whole)
            first = ""
        probability = course.probability(name)
        nothing = "no target" if course.values(name, "offered").any() else "no contacts"
        held = nothing if probability is None else f"{100 * probability:.0f} %"
        table.add_row("", "targets met", "", "", held)
        table.add_row("", "waiting at closing", "", "", shown_band(band(course.backlog(name)), "backlog"))
    console.print(table)
    console.print(
        "Bands: the middle 90 % of the replications. Targets met: the share of them in which the day meets all. What "
        "becomes of those still here counts in the whole day alone."
    )
    for place, name in enumerate(course.spec.queues):
        here = (f"{number[place]} {what.replace('_', ' ')}" for what, number in outlook.now.items() if number[place])
        console.print(f"{escape(name)}: {', '.join(here) or 'nobody here'} at {outlook.time:%H:%M}.")
    for name, forecast in outlook.forecasts.items():
        if not forecast.expected[: len(forecast.counts)].any():
            continue
        expected, came = forecast.expected[: len(forecast.counts)].sum(), forecast.counts.sum()
        console.print(
            f"{escape(name)}: {came:.0f} first contacts (no retries or other follow-ups) came where "
            f"{expected:.0f} were expected; the rest is taken as "
            f"{100 * forecast.factor:.0f} % of what was expected."
        )
    if outlook.actions:
        _show_actions(console, outlook)


def _show_actions(console: Any, outlook: Outlook) -> None:
    from rich.markup import escape

    from ccsim.cli.screen import plain_table
    from ccsim.results import format
    from ccsim.today.output import mean_level, ranked

    course = outlook.course
    judged = [name for name in course.spec.queues if course.probability(name) is not None]
    table = plain_table()
    table.add_column("action")
    for name in judged:
        table.add_column(escape(name), justify="right")
    table.add_column("cost", justify="right")
    rows: list[tuple[str, Course]] = [("as planned", course), *ranked(outlook)]
    for name, action in rows:
        cells = []
        for queue in judged:
            level = mean_level(action, queue)
            shown = "" if level is None else f" ({100 * level:.0f})"
            cells.append(f"{100 * (action.probability(queue) or 0.0):.0f} %{shown}")
        cost = format.money(action.extra_cost(course), outlook.scenario.currency)
        table.add_row(escape(name), *cells, "" if action is course else cost)
    console.print(
        "\nProbability that the day meets its targets (its mean service level in per cent), on the same random "
        "numbers; cost against the plan:"
    )
    console.print(table)
    if len(course.unpaid) == len(course.spec.teams):
        console.print(f"cost: {format.NO_DATA} (no team has a cost_per_hour)")
    elif course.unpaid:
        console.print(escape(f"cost: without that of {format.listed(course.unpaid)}, where cost_per_hour is not given"))
