"""`python -m bench [ROW …] [--repeats N] [--quick]`: what the engines cost, as ratios within one run.

Rows: erlang_a, chat, flagship, growth, agents, threads, replication, start. `--quick` takes a tenth of the contacts.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from tempfile import TemporaryDirectory
from typing import Any

import click
import numpy as np

from bench import cases, plain_simpy
from bench.cases import kernel_once, whole
from bench.measure import in_turn, peak_memory, plain_loop, process, ratio
from ccsim.engine import compiled, reference
from ccsim.lowering import lower
from ccsim.metrics import measure
from ccsim.scenario.model import Scenario
from ccsim.tables import NEVER, SECOND, Log, Outcome, Workload
from ccsim.workload.sample import draw, recipe_of, sample

Row = Callable[[int, float], None]


def events(log: Log) -> int:
    """What took effect: arrivals, later messages, replies, departures before an answer, sessions ended."""
    return sum(
        int(count)
        for count in (
            np.count_nonzero(log.arrival < NEVER),
            np.count_nonzero(log.message < NEVER) - np.count_nonzero(log.messages > 0),
            np.count_nonzero(log.reply < NEVER),
            np.isin(log.outcome, (Outcome.ABANDONED, Outcome.SILENTLY_ABANDONED, Outcome.LOST)).sum(),
            np.count_nonzero(log.stretch_agent >= 0),
        )
    )


def contacts(workload: Workload) -> int:
    return int(np.count_nonzero(workload.link == 0))


def line(name: str, seconds: list[float], count: int, happened: int | None = None) -> None:
    median = statistics.median(seconds)
    each = f"{median / count * 1e9:12,.0f} ns/contact {count / median:14,.0f} contacts/s"
    print(f"  {name:36s} {each}" + (f" {median / happened * 1e9:9.1f} ns/event" if happened else ""))


def against(name: str, seconds: dict[str, list[float]], sizes: dict[str, int], base: str, other: str) -> None:
    """Ratio of the cost per contact, other over base."""
    each = {piece: [s / sizes[piece] for s in seconds[piece]] for piece in (base, other)}
    print(f"  {name:36s} {ratio(each[other], each[base]):12.1f} ×")


def compare(scenario: Scenario, small: Scenario, plain: Callable[[], Any], plain_size: int, repeats: int) -> None:
    """Kernel alone, with sampling and metrics, the plain SimPy model and the reference, in one run."""
    (plan, _), workload = lower(scenario), sample(scenario, 0)
    (small_plan, _), small_workload = lower(small), sample(small, 0)
    happened = events(compiled.simulate(workload, plan))
    seconds = in_turn(
        {
            "kernel": lambda: compiled.simulate(workload, plan),
            "sampling + kernel + metrics": lambda: whole(scenario),
            "plain SimPy model": plain,
            "reference engine": lambda: reference.simulate(small_workload, small_plan),
        },
        repeats,
    )
    sizes = dict.fromkeys(seconds, contacts(workload))
    sizes |= {"plain SimPy model": plain_size, "reference engine": contacts(small_workload)}
    for name, times in seconds.items():
        line(name, times, sizes[name], happened if name == "kernel" else None)
    against("plain SimPy / kernel", seconds, sizes, "kernel", "plain SimPy model")
    against("plain SimPy / whole", seconds, sizes, "sampling + kernel + metrics", "plain SimPy model")
    against("reference / plain SimPy", seconds, sizes, "plain SimPy model", "reference engine")
    print(f"  {'peak memory of the whole':36s} {peak_memory(whole, scenario) / 1e6:12,.0f} MB")


def erlang_a(repeats: int, size: float) -> None:
    """200 calls/h, 300 s, 17 agents, patience 180 s; exact: abandonment 0.09973, ASA of the answered 16.124 s."""
    calls, small = round(1_000_000 * size), round(50_000 * size)
    scenario = cases.erlang_a(calls)

    def plain() -> None:
        plain_simpy.erlang_a(small, cases.CALLS_PER_HOUR / 3600, 300, 180, 17, seed=1)

    compare(scenario, cases.erlang_a(small), plain, small, repeats)
    workload = sample(scenario, 0)
    log = compiled.simulate(workload, lower(scenario)[0])
    left = log.outcome == Outcome.ABANDONED
    waits = (log.start - log.message)[log.start < NEVER] / SECOND
    print(f"  abandonment {left.mean():.5f} ± {error_by_batches(left):.5f} (exact 0.09973)", end=", ")
    print(f"ASA {waits.mean():.3f} ± {error_by_batches(waits):.3f} s (exact 16.124); ±: one standard error")


def error_by_batches(values: Any, batches: int = 100) -> float:
    """Standard error of the mean of values that depend on those shortly before them."""
    means = [batch.mean() for batch in np.array_split(values, batches)]
    return float(np.std(means, ddof=1) / np.sqrt(batches))


def chat(repeats: int, size: float) -> None:
    """Live chat: 50 agents × 3 slots, 6 turns, 30 s work, 60 s latency, 80 % utilisation."""
    chats, small = round(200_000 * size), round(10_000 * size)

    def plain() -> None:
        plain_simpy.chat(small, cases.chat_rate(50), 6, 30.0, 60.0, 50, 3, seed=1)

    compare(cases.chat(chats), cases.chat(small), plain, small, repeats)


def flagship(repeats: int, size: float) -> None:
    """The week of scenarios/retail_week.toml: kernel against reference."""
    scenario = cases.flagship()
    (plan, _), workload = lower(scenario), sample(scenario, 0)
    happened = events(compiled.simulate(workload, plan))
    seconds = in_turn(
        {
            "kernel": lambda: compiled.simulate(workload, plan),
            "sampling + kernel + metrics": lambda: whole(scenario),
            "reference engine": lambda: reference.simulate(workload, plan),
        },
        repeats,
    )
    sizes = dict.fromkeys(seconds, contacts(workload))
    for name, times in seconds.items():
        line(name, times, sizes[name], happened if name != "sampling + kernel + metrics" else None)
    against("reference / kernel", seconds, sizes, "kernel", "reference engine")


def growth(repeats: int, size: float) -> None:
    """10⁴ to 10⁷ calls and to 10⁶ chats: cost per contact, bytes per contact and turn."""
    for kind, case, counts in (
        ("calls", cases.erlang_a, (10_000, 100_000, 1_000_000, 10_000_000)),
        ("chats", cases.chat, (10_000, 100_000, 1_000_000)),
    ):
        scenarios = {f"{count * size:,.0f} {kind}": case(round(count * size)) for count in counts}
        side_by_side(scenarios, repeats)
        for name, scenario in scenarios.items():
            print(f"  {name:36s} peak {peak_memory(kernel_once, scenario) / 1e6:,.0f} MB")


def agents(repeats: int, size: float) -> None:
    """100 to 10,000 agents at constant load, in 1 to 8 teams."""
    for case, kind in ((cases.erlang_a, "phone"), (cases.chat, "chat")):
        side_by_side(
            {
                f"{kind}: {count:,} agents, {teams} teams": case(round(200_000 * size), agents=count, teams=teams)
                for count in (100, 1_000, 10_000)
                for teams in (1, 8)
            },
            repeats,
        )


def side_by_side(scenarios: dict[str, Scenario], repeats: int) -> None:
    """The kernel alone on one replication of each, in turn; how much dearer a contact is than in the first.

    Small ones several times in a row: otherwise the largest leaves them a cold processor and memory to be cleared.
    """
    replications = {name: (sample(scenario, 0), lower(scenario)[0]) for name, scenario in scenarios.items()}
    sizes = {name: contacts(workload) for name, (workload, _) in replications.items()}
    times = {name: max(1, 300_000 // size) for name, size in sizes.items()}

    def simulate(name: str) -> None:
        for _ in range(times[name]):
            compiled.simulate(*replications[name])

    seconds = in_turn({name: partial(simulate, name) for name in scenarios}, repeats)
    seconds = {name: [s / times[name] for s in rounds] for name, rounds in seconds.items()}
    first = next(iter(scenarios))
    for name, (workload, plan) in replications.items():
        log = compiled.simulate(workload, plan)
        held = sum(array.nbytes for table in (workload, log) for array in table)
        line(name, seconds[name], sizes[name], events(log))
        print(f"  {'':36s} {held / sizes[name]:12,.0f} B/contact workload + log", end="")
        each = [[s / sizes[row] for s in seconds[row]] for row in (name, first)]
        print(f"; {ratio(*each):.2f} × {first}")


def threads(repeats: int, size: float) -> None:
    """Two threads against one, beside two copies of a plain compiled loop; the same bytes."""
    scenario = cases.erlang_a(round(500_000 * size))
    plan, workloads = lower(scenario)[0], [sample(scenario, r) for r in range(4)]
    rounds = round(60_000_000 * size)
    spin = plain_loop()

    def run(count: int, work: Callable[[Any], Any], items: list[Any]) -> list[Any]:
        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(work, items))

    def simulate(workload: Workload) -> Log:
        return compiled.simulate(workload, plan)

    seconds = in_turn(
        {
            "simulation, one thread": lambda: run(1, simulate, workloads),
            "simulation, two threads": lambda: run(2, simulate, workloads),
            "control, one thread": lambda: run(1, spin, [rounds] * 4),
            "control, two threads": lambda: run(2, spin, [rounds] * 4),
        },
        repeats,
    )
    gain = ratio(seconds["simulation, one thread"], seconds["simulation, two threads"])
    control = ratio(seconds["control, one thread"], seconds["control, two threads"])
    print(f"  two threads: {gain:.2f} × as fast as one; the control: {control:.2f} ×; share of it {gain / control:.2f}")
    one, two = run(1, simulate, workloads), run(2, simulate, workloads)
    same = all(a.tobytes() == b.tobytes() for x, y in zip(one, two, strict=True) for a, b in zip(x, y, strict=True))
    print(f"  same bytes: {same}")


def replication(repeats: int, size: float) -> None:
    """Workload, engine and measures of one replication; run it in the trees of two commits in turn to compare them."""
    scenarios = {
        "flagship": cases.flagship(),
        "live_chat_or_whatsapp": cases.shipped("live_chat_or_whatsapp"),
        "two_three_five_channels": cases.shipped("two_three_five_channels"),
        "a day of 240 calls": cases.erlang_a(240),
        "Erlang A": cases.erlang_a(round(1_000_000 * size)),
    }
    for name, scenario in scenarios.items():
        (plan, spec), workload = lower(scenario), sample(scenario, 0)
        log = compiled.simulate(workload, plan)
        pieces: dict[str, Callable[[], Any]] = {
            "workload": partial(draw, recipe_of(scenario), 0),
            "engine": partial(compiled.simulate, workload, plan),
            "measures": partial(measure, workload, plan, spec, log),
        }
        count = contacts(workload)
        times = max(1, 20_000 // count)  # what takes a millisecond is done several times in a row
        seconds = in_turn({piece: partial(repeated, work, times) for piece, work in pieces.items()}, repeats)
        seconds = {piece: [s / times for s in rounds] for piece, rounds in seconds.items()}
        seconds["all three"] = [sum(rounds) for rounds in zip(*seconds.values(), strict=True)]
        for piece, rounds in seconds.items():
            print(f"  {statistics.median(rounds) * 1e3:10.3f} ms", end="")
            line(f"{name}: {piece}", rounds, count)


def start(repeats: int, _size: float) -> None:
    """What a planner waits for: whole commands, the first time on an empty cache, and the kernel's compilation."""
    compilation = ("-c", "from ccsim.engine.compilation import work; work()")
    flagship, phone, tiny = (f"scenarios/{name}.toml" for name in ("retail_week", "phone_8020", "sole_trader"))
    with TemporaryDirectory() as scratch:
        to_folder = ("-m", "ccsim", "run", flagship, "--out", scratch)
        for name, command in {
            "compilation": compilation,
            "first run, phone_8020 × 2": ("-m", "ccsim", "run", phone, "--json", "--replications", "2"),
            "first run, flagship": to_folder,
        }.items():
            with TemporaryDirectory(ignore_cleanup_errors=True) as cache:
                show(name, [process(command, {"XDG_CACHE_HOME": cache})])
        process(compilation)
        for name, command in {
            "later run, flagship": to_folder,
            "run of a tiny scenario": ("-m", "ccsim", "run", tiny, "--json", "--replications", "2"),
            "check": ("-m", "ccsim", "check", tiny),
            "--version": ("-m", "ccsim", "--version"),
        }.items():
            show(name, [process(command) for _ in range(repeats)])


def show(name: str, seconds: list[tuple[float, float]]) -> None:
    wall, processor = (statistics.median(each) for each in zip(*seconds, strict=True))
    print(f"  {name:36s} {wall:8.2f} s {processor:8.2f} s of processor time")


def repeated(work: Callable[[], Any], times: int) -> None:
    for _ in range(times):
        work()


ROWS: dict[str, Row] = {
    "erlang_a": erlang_a,
    "chat": chat,
    "flagship": flagship,
    "growth": growth,
    "agents": agents,
    "threads": threads,
    "replication": replication,
    "start": start,
}


@click.command(help=__doc__)
@click.argument("rows", nargs=-1, type=click.Choice(list(ROWS)))
@click.option("--repeats", default=5, show_default=True, help="Counted rounds; medians are printed.")
@click.option("--quick", is_flag=True, help="A tenth of the contacts.")
def main(rows: tuple[str, ...], repeats: int, quick: bool) -> None:
    for name in rows or ROWS:
        print(f"{name}: {ROWS[name].__doc__}")
        ROWS[name](repeats, 0.1 if quick else 1.0)


if __name__ == "__main__":
    main()
