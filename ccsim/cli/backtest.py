"""`ccsim backtest`."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ccsim.fit.trial import Backtest


class Days(click.ParamType):
    """Days such as 1999-02-01:1999-02-07, or one."""

    name = "days"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[date]:
        first, _, last = value.partition(":")
        try:
            start, end = date.fromisoformat(first), date.fromisoformat(last or first)
        except ValueError:
            self.fail(f"{value!r}: days such as 2026-03-02:2026-03-08", param, ctx)
        if end < start:
            self.fail(f"{value!r} ends before it starts", param, ctx)
        return [start + timedelta(days=day) for day in range((end - start).days + 1)]


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("log", type=click.Path(path_type=Path))
@click.option("--mapping", required=True, help="How the log is to be read: a built-in name or a file.")
@click.option("--train", type=Days(), required=True, help="Days to learn from, FIRST:LAST.")
@click.option("--test", type=Days(), required=True, help="Days to predict, FIRST:LAST.")
@click.option("--rule", default="ready", show_default=True, help="Who was there and free (docs/backtest.md).")
@click.option("--replications", type=click.IntRange(2), default=20, show_default=True, help="Of each day.")
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Override a setting of FILE.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("results"), show_default=True)
def backtest(
    file: Path,
    log: Path,
    mapping: str,
    train: list[date],
    test: list[date],
    rule: str,
    replications: int,
    overrides: tuple[str, ...],
    out: Path,
) -> None:
    """Predict days of a contact LOG that the simulation has not seen.

    FILE is a scenario with the log's queues, as `ccsim fit` writes one; of it count the queues' targets and order, and
    routing. Patience, work and a factor on the time of a contact are learned on the training days alone.
    """
    from tqdm import tqdm

    from ccsim.experiment import results
    from ccsim.fit import trial
    from ccsim.fit.backtest import MODES, Log
    from ccsim.fit.duty import RULES
    from ccsim.fit.mapping import mapping as as_mapping
    from ccsim.fit.readers import read
    from ccsim.scenario import read as scenarios

    if rule not in RULES:
        raise click.BadParameter(f"{rule!r} is none of {', '.join(RULES)}", param_hint="--rule")
    if set(train) & set(test):
        raise click.BadParameter("days to predict must not be among those to learn from", param_hint="--test")
    how = as_mapping(mapping)
    if how.kind != "contacts":
        raise click.BadParameter(f"{mapping} is of {how.kind}; a back-test needs contacts", param_hint="--mapping")
    scenario = scenarios.load(file, None, overrides)
    reading = read(log, how)
    every = Log(reading.rows, how.alone(reading.rows["queue"]), scenario, str(file))
    with results.new_folder(out, f"{scenario.name} back-test") as (folder, final):
        steps = 1 + len(MODES) * (len(train) + len(test))
        with tqdm(total=steps, unit="day", disable=None, leave=False) as bar:

            def step(said: str) -> None:
                bar.set_description(said)
                bar.update()

            found = trial.run(every, train, test, rule, replications, step)
        trial.write(found, folder)
        reading.refused.to_csv(folder / "refused.csv", index=False)
    _print(found)
    click.echo(f"\n{len(reading.rows):,} contacts read, {len(reading.refused):,} lines could not be used")
    for reason, count in reading.reasons.items():
        click.echo(f"  {count:,}: {reason}")
    click.echo(final)


def _print(found: Backtest) -> None:
    from rich.console import Console
    from rich.table import Table

    from ccsim.fit.backtest import MODES
    from ccsim.fit.duty import RULES
    from ccsim.fit.trial import day_rows

    console = Console(highlight=False)
    console.print(f"Agents by the rule [bold]{found.rule}[/]: {RULES[found.rule].assumes}.", markup=True)
    console.print(f"Time of a contact × {found.learned.factor:.3f}, learned on {len(found.train)} days.\n")
    for trial in found.trials:
        days = Table(title=f"{trial.mode}: {MODES[trial.mode]}", title_justify="left", box=None, pad_edge=False)
        for title in ("day", "offered", "ASA", "simulated", "90 %", "abandoned", "simulated"):
            days.add_column(title, justify="left" if title == "day" else "right")
        for _, day, offered, real, mean, low, high, gave_up, gives_up, *_ in day_rows(trial):
            ends = f"{low:.0f}–{high:.0f}"
            days.add_row(
                str(day), str(offered), f"{real:.0f} s", f"{mean:.0f} s", ends, f"{gave_up:.1%}", f"{gives_up:.1%}"
            )
        console.print(days)
        scores = Table(box=None, pad_edge=False)
        for title in ("error of", "daily ASA", "abandonment", "half-hour ASA", "service level"):
            scores.add_column(title, justify="left" if title == "error of" else "right")
        for row in trial.scores:
            scores.add_row(
                row.method,
                f"{row.asa_by_day:.0%}",
                f"{100 * row.abandonment_by_day:.1f} points",
                f"{row.asa:.1f} s",
                f"{100 * row.service_level:.1f} points",
            )
        console.print(scores)
        for cover in trial.covers:
            console.print(
                f"90 % intervals of half-hour {cover.metric} cover {cover.widened:.0%} ({cover.plain:.0%} unwidened)"
            )
        console.print()
