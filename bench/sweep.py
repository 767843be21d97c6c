"""`python -m bench.sweep [--points N] [--replications N] [--repeats N]`: what two workers gain on the flagship week.

Wall time of one worker against two, by executor, beside a control of plain compiled loops in the same rounds; what a
unit costs beyond its simulations; and the peak memory of so many points and of twice as many.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import click

from bench.cases import flagship
from bench.measure import in_turn, peak_memory, plain_loop, ratio
from ccsim.runs import many
from ccsim.scenario.design import Design, read_setting
from ccsim.scenario.model import Scenario
from ccsim.studies.points import Points
from ccsim.studies.sweep import sweep, sweep_to_folder

FILE = Path(__file__).parent.parent / "scenarios" / "retail_week.toml"


def points(count: int, replications: int) -> Points:
    """Volumes of calls × chats at once × agents: a quarter of the volumes' points share their contacts."""
    base: Scenario = flagship().with_streams(flagship().seed, replications)
    volumes = max(2, count // 8)
    settings = {
        "queue.phone.volume.scale": f"0.8:1.2:{volumes}",
        "team.frontline.concurrency.chat": "1:4",
        "team.frontline.shifts.0.agents": "6,7",
    }
    read = tuple(read_setting(path, levels) for path, levels in settings.items())
    return Points.checked(Design(base, read, file=FILE))


def run(count: int, replications: int, executor: str, workers: int) -> None:
    sweep(points(count, replications), executor=executor, workers=workers)


def run_to_folder(count: int, replications: int) -> None:
    with tempfile.TemporaryDirectory() as root:
        sweep_to_folder(Path(root), points(count, replications), workers=1)


def control(rounds: int) -> Callable[[int], Any]:
    """Four pieces of plain compiled work, on so many threads."""
    spin = plain_loop()

    def loops(workers: int) -> list[float]:
        with ThreadPoolExecutor(workers) as pool:
            return list(pool.map(spin, [rounds] * 4))

    return loops


def overhead(count: int, replications: int) -> None:
    """What one worker needs beyond the simulations, by unit; processor time, which other programs disturb less."""
    units: list[float] = []
    measured = many._measured

    def timed(*arguments: Any) -> Any:
        start = time.process_time()
        figures = measured(*arguments)
        units.append(time.process_time() - start)
        return figures

    made = points(count, replications)
    many._measured = timed
    try:
        start = time.process_time()
        sweep(made, workers=1)
        rest = time.process_time() - start - sum(units)
    finally:
        many._measured = measured
    simulations = len(made) * replications
    print(f"  {simulations} simulations in {len(units)} units, median {statistics.median(units):.2f} s a unit")
    print(f"  besides: {1e3 * rest / len(units):.1f} ms a unit, {1e3 * rest / simulations:.2f} ms a simulation")
    print(f"  simulations a second, one worker: {simulations / (rest + sum(units)):.1f}")


@click.command(help=__doc__)
@click.option("--points", "count", default=200, show_default=True)
@click.option("--replications", default=10, show_default=True)
@click.option("--repeats", default=3, show_default=True, help="Counted rounds; medians are printed.")
@click.option("--rounds", default=300_000_000, show_default=True, help="Of each loop of the control.")
def main(count: int, replications: int, repeats: int, rounds: int) -> None:
    run(8, 2, "threads", 1)  # compiles
    overhead(count, replications)
    loops = control(rounds)
    seconds = in_turn(
        {
            "one worker": lambda: run(count, replications, "processes", 1),
            "two processes": lambda: run(count, replications, "processes", 2),
            "two threads": lambda: run(count, replications, "threads", 2),
            "control, one": lambda: loops(1),
            "control, two": lambda: loops(2),
        },
        repeats,
    )
    gain = ratio(seconds["control, one"], seconds["control, two"])
    for name, times in seconds.items():
        print(f"  {name:16s} {statistics.median(times):8.2f} s")
    print(f"  the control gains {gain:.2f} ×")
    for name in ("two processes", "two threads"):
        own = ratio(seconds["one worker"], seconds[name])
        print(f"  {name} gain {own:.2f} ×, {own / gain:.2f} of the control")
    for some in (count, 2 * count):
        print(f"  peak memory of {some} points, one replication: {peak_memory(run_to_folder, some, 1) / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
