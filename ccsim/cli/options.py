"""Options that several commands share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import click


class Number(click.FloatRange):
    """A number within bounds, which "nan" is not."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number


allow_outside: Final = click.option(
    "--allow-outside", "outside", is_flag=True, help="Let FILE use data files outside its folder."
)
engine: Final = click.option(
    "--engine",
    type=click.Choice(["compiled", "simpy"]),
    default="compiled",
    show_default=True,
    help="The fast engine or the readable one (SimPy); both give the same figures.",
)
workers: Final = click.option(
    "--workers", type=click.IntRange(1), metavar="N", help="Workers that share the work.  [default: all processors]"
)
executor: Final = click.option(
    "--executor",
    type=click.Choice(["threads", "processes"]),
    help="Whether workers are threads or processes.  [default: processes]",
)
cluster: Final = click.option(
    "--cluster", metavar="ADDRESS", help='Use a Dask scheduler; "local" starts one on this machine.'
)
out: Final = click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Where results go.  [default: results]"
)
xlsx: Final = click.option("--xlsx", is_flag=True, help="Add a workbook, report.xlsx, to the results folder.")
as_json: Final = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object; a results folder only with --out."
)
as_json_alone: Final = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
variant: Final = click.option("--variant", metavar="V", help="Apply this [variant.V] of FILE.")
replications: Final = click.option(
    "--replications", type=int, metavar="N", help="Number of replications, instead of the file's."
)
seed: Final = click.option("--seed", type=int, metavar="S", help="Seed, instead of the file's.")
overrides: Final = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="PATH=VALUE",
    help="Change a value of FILE, as queue.phone.volume.scale=1.1; may be repeated.",
)


def one_worker(kind: str) -> Callable[[Any], Any]:
    """`--workers` where one is the default; of which kind they are."""
    text = f"{kind} that share the work."
    return click.option("--workers", type=click.IntRange(1), default=1, show_default=True, metavar="N", help=text)


def changes(overrides: Iterable[str], seed: int | None, replications: int | None) -> list[str]:
    """The overrides with those that have options of their own."""
    given = {"seed": seed, "replications": replications}
    return [*overrides, *(f"{key}={value}" for key, value in given.items() if value is not None)]


def one_place(executor: str | None, cluster: str | None) -> None:
    """Raises UsageError if both say where to simulate."""
    if cluster is not None and executor is not None:
        raise click.UsageError("Give --cluster or --executor, not both.")


def seconds(time: str, option: str) -> float:
    """The seconds of a duration that an option was given."""
    from ccsim.scenario.faults import FaultError
    from ccsim.scenario.values import duration
    from ccsim.tables import SECOND

    try:
        return duration(time) / SECOND
    except FaultError as bad:
        raise click.BadParameter(str(bad), param_hint=option) from None
