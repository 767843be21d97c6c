"""`python -m tests.fuzz WHAT [--number N] [--first SEED]`: random input, and how much of it ends in which way.

A seed gives the same case again: `--first SEED --number 1` repeats it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable

import click

from ccsim.engine import compilation
from tests.fuzz import ends, engines, scenarios, workers
from tests.fuzz.workers import Outcome

EVERY = 200
"""Cases between two lines of counts."""

number = click.option("--number", default=1000, show_default=True, metavar="N", help="How many cases.")
first = click.option("--first", default=1_000_000, show_default=True, metavar="SEED", help="The first one's seed.")
seconds = click.option("--seconds", default=240, show_default=True, help="Processor time that a case may take.")


@click.group(help=__doc__)
def main() -> None:
    while compilation.pending():
        time.sleep(0.1)
    if not compilation.finished():
        raise click.ClickException("the kernel does not compile: the reference would be compared with itself")


def report(outcomes: Iterable[tuple[int, Outcome]]) -> None:
    """Prints what is wrong as it comes, and the counts now and then; ends with status 1 if anything was wrong."""
    counts: Counter[str] = Counter()
    bad = 0
    for cases, (seed, outcome) in enumerate(outcomes, 1):
        counts += outcome.counts
        bad += bool(outcome.wrong)
        for line in outcome.wrong:
            click.echo(f"seed {seed}: {line}")
        if cases % EVERY == 0 or outcome.wrong:
            click.echo(f"{cases} cases: {_listed(counts)}")
    click.echo(f"In all: {_listed(counts)}; {bad} cases with something wrong")
    if bad:
        click.get_current_context().exit(1)


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.most_common())


@main.command(name="engines")
@number
@first
def _engines(number: int, first: int) -> None:
    """Random scenarios compiled against the reference, and the audit of each log."""
    report((seed, engines.of_case(seed)) for seed in range(first, first + number))


@main.command(name="interrupts")
@number
@first
def _interrupts(number: int, first: int) -> None:
    """Commands interrupted at random moments: always 130, no traceback, nothing half written."""
    report((seed, ends.interrupted(seed)) for seed in range(first, first + number))


@main.command(name="kills")
@number
@first
def _kills(number: int, first: int) -> None:
    """Sweeps killed or robbed of a worker, and resumed: nothing finished is lost, the same bytes in the end."""
    report(ends.killed(range(first, first + number)))


def _in_workers(name: str, work: Callable[[int], Outcome], what: str) -> None:
    @main.command(name=name, help=what)
    @number
    @first
    @seconds
    def _(number: int, first: int, seconds: int) -> None:
        report(workers.tried(work, range(first, first + number), seconds))


_in_workers("scenarios", scenarios.of_mutation, "Scenarios changed in a few places: check, check --theory and run.")
_in_workers("files", scenarios.of_file, "Damaged CSV files, logs and mappings: fit, check, check --theory and run.")


if __name__ == "__main__":
    main()
