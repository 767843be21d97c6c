"""`ccsim check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ccsim.cli import options

if TYPE_CHECKING:
    from ccsim.scenario.model import Scenario


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--theory", is_flag=True, help="Add what queueing theory expects of each queue at its busiest.")
@options.allow_outside
def check(file: Path, theory: bool, outside: bool) -> None:
    """Check the scenario in FILE: errors, warnings, and the defaults that it relies on.

    Every variant is checked too.
    """
    from ccsim.results import format
    from ccsim.scenario import read
    from ccsim.scenario.defaults import defaults_used
    from ccsim.workload.warnings import warnings

    scenario = read.load(file, outside=outside)
    variants = {name: read.load(file, name, outside=outside) for name in scenario.variant}
    for warning in warnings(scenario, variants, str(file)):
        click.echo(f"warning: {warning}", err=True)
    parts = ((len(scenario.queue), "queue"), (len(scenario.team), "team"), (scenario.days, "day"))
    click.echo(f"{file}: {', '.join(format.several(*part) for part in parts)}; no problem found.")
    _handle_times(scenario)
    if used := defaults_used(scenario):
        click.echo(
            "\nDefaults it relies on ([A] article of a vendor, [S] other source, [M] measured, [I] illustrative):"
        )
        width = max(len(path) for path, _ in used)
        for path, default in used:
            click.echo(f"  {path:<{width}}  [{default.tag}] {format.toml(default.value)}  ({default.source})")
    if theory:
        _theory(scenario)


def _handle_times(scenario: Scenario) -> None:
    from ccsim.results import format
    from ccsim.workload.handle_time import handle_times

    click.echo("\nHandle time of a contact (AHT), all turns and the wrap-up, before pace, slowdown and re-reading:")
    times = handle_times(scenario)
    width = max(len(name) for name in times)
    for name, time in times.items():
        queue = scenario.queue[name]
        parts = f"{format.count(queue.turns_mean)} x {queue.turn_work.mean:.0f} s + {queue.wrap_up.mean:.0f} s"
        line = f"  {name:<{width}}  {time.mean:.0f} s"
        if time.low == time.high == time.usual:
            click.echo(f"{line} = {parts}")
        elif time.low == time.high:
            click.echo(f"{line} for what comes to people; without reasons and a bot {parts} = {time.usual:.0f} s")
        else:
            usual = f"work and wrap-up as drawn ({parts} = {time.usual:.0f} s) are stretched to it"
            click.echo(f"{line} on average, by interval {time.low:.0f} to {time.high:.0f} s; {usual}")


def _theory(scenario: Scenario) -> None:
    from ccsim.results import format
    from ccsim.workload.expectations import expectations

    click.echo("\nTheory for each queue's busiest interval, as if it lasted and its agents served nothing else:")
    for expectation in expectations(scenario):
        click.echo(
            f"  {expectation.queue}: {expectation.formula}; {format.moment(scenario, expectation.start)}, "
            f"{format.count(expectation.per_hour)} contacts an hour, {format.several(expectation.agents, 'agent')}"
        )
        for name, value in expectation.figures.items():
            click.echo(f"    {name:<24} {format.figure(name.removesuffix(' at most'), value)}")
