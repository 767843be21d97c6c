"""A bank's call log replayed through the simulator, its figures by day beside the bank's own: docs/bank.md.

    python -m tests.real.bank

The log is not part of the project: it is looked up in $CCSIM_DATA, else in `shared/data` beside the repository.
Times in this module are whole seconds since midnight of the log's first day.
"""

from __future__ import annotations

import csv
import os
import random
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median
from typing import Final, NamedTuple

import numpy as np
import tomli_w

from ccsim.engine.audit import audit
from ccsim.engine.reference import simulate
from ccsim.metrics import measure
from ccsim.plan import lower
from ccsim.scenario.model import Scenario
from ccsim.scenario.read import load
from ccsim.tables import F64, I64, SECOND, Bool, Log, Outcome, Workload
from ccsim.workload import sample

DATA: Final = Path(os.environ.get("CCSIM_DATA") or Path(__file__).resolve().parents[2].parent / "shared" / "data")
LOG: Final = DATA / "bank_calls_1999-02-01_to_14.tsv"

FIRST_DAY: Final = date(1999, 2, 1)
DAYS: Final = 14
DAY: Final = 24 * 3600
HALF_HOUR: Final = 1800

HEAD_START: Final = {0: 0, 1: 90, 2: 180}
"""By priority, seconds: how far the bank's callers were moved ahead, from the note that comes with the log."""
KIND: Final = {"PS": "regular", "PE": "regular", "NW": "regular", "NE": "stock", "IN": "internet", "TT": "callback"}
"""Calls that the same agents may take, by type."""
NO_CUSTOMER: Final = "callback"
"""Work for agents, but nobody waits."""
SPECIAL: Final = ("internet", "stock")
"""Kinds that an agent takes only if they took one at least once in the log."""
PROMPT: Final = "prompt"
"""Variant of the scenario: agents take no longer after a call than they do in the median."""
REPLICATIONS: Final = 5


Stretch = tuple[int, int]


class Call(NamedTuple):
    """A call that asked for an agent."""

    type: str
    priority: int
    arrival: int
    wait: int
    answered: bool
    server: str | None
    """None: nobody, or not recorded"""
    start: int
    work: int

    @property
    def kind(self) -> str:
        return KIND[self.type]

    @property
    def waits(self) -> Stretch:
        return self.arrival, self.arrival + self.wait

    @property
    def talks(self) -> Stretch:
        return self.start, self.end

    @property
    def end(self) -> int:
        return self.start + self.work

    @property
    def queue(self) -> str:
        return f"{self.kind}_{self.priority}" if self.kind in ("regular", "stock") else self.kind


def read(path: Path) -> list[Call]:
    """The calls of the log that asked for an agent, in file order.

    Out: PHANTOM rows, who hung up without ever being queued, and call-backs that were not made. The log knows the
    customer, and so the priority, of queued calls only: those of the others are drawn from the queued of their type.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["outcome"] != "PHANTOM"]
    queued = defaultdict(list)
    for row in rows:
        if _queued(row):
            queued[row["type"]].append(int(row["priority"]))
    draw = random.Random(1999)
    calls: list[Call] = []
    for row in rows:
        if _queued(row) if row["outcome"] == "HANG" and row["type"] != "TT" else row["outcome"] == "AGENT":
            known = _queued(row) or row["customer_id"] != "0"
            calls.append(_call(row, int(row["priority"]) if known else draw.choice(queued[row["type"]])))
    return calls


def _queued(row: dict[str, str]) -> bool:
    return row["q_start"] != "0:00:00" or row["q_exit"] != "0:00:00"


def _call(row: dict[str, str], priority: int) -> Call:
    day = (datetime.strptime(row["date"], "%y%m%d").date() - FIRST_DAY).days
    entry = _clock(row["vru_entry"])

    def moment(column: str) -> int:
        """Of a call that began before midnight, early times are the next day's."""
        time = _clock(row[column])
        return day * DAY + time + (DAY if time < entry - DAY // 2 else 0)

    answered = row["outcome"] == "AGENT"
    queued = _queued(row)
    return Call(
        type=row["type"],
        priority=priority,
        arrival=moment("q_start" if queued else "vru_exit"),
        wait=int(row["q_time"]) if queued else 0,
        answered=answered,
        server=row["server"] if answered and row["server"] != "NO_SERVER" else None,
        start=moment("ser_start"),
        work=int(row["ser_time"]) if answered else 0,
    )


def _clock(text: str) -> int:
    hours, minutes, seconds = map(int, text.split(":"))
    return (hours * 60 + minutes) * 60 + seconds


# ── what the scenario needs and the log does not say outright ────────────────────────────────────────────────────────


def mean_patience(calls: Iterable[Call]) -> float:
    """Maximum likelihood of an exponential law, answered calls censoring: all waiting / all who gave up."""
    waited = [call for call in calls if call.kind != NO_CUSTOMER]
    return sum(call.wait for call in waited) / sum(not call.answered for call in waited)


def pauses(calls: Sequence[Call]) -> list[int]:
    """How long agents take after a call: from the end of a service to the same agent's next start, in seconds.

    Only where three or more callers wait when the service ends, so that the next could begin at once; above half an
    hour the agent counts as off duty.
    """
    waiting = _number_at(call.waits for call in calls)
    gaps = [
        after.start - before.end
        for services in services_of(calls).values()
        for before, after in pairwise(services)
        if waiting[before.end] >= 3
    ]
    return [gap for gap in gaps if 0 <= gap <= HALF_HOUR]  # the log has services that overlap


def services_of(calls: Iterable[Call]) -> dict[str, list[Call]]:
    """What each agent did, in order."""
    services: dict[str, list[Call]] = defaultdict(list)
    for call in sorted(calls, key=lambda call: call.start):
        if call.server is not None and call.work:
            services[call.server].append(call)
    return dict(sorted(services.items()))


def half_hours(services: Sequence[Call]) -> list[int]:
    """When an agent was on duty: half hours, counted from 0, of which they were there for at least the half.

    There: from the start of a service to its end, and on to the next if that begins within half an hour.
    """
    there: Counter[int] = Counter()
    start, end = services[0].start, services[0].start
    for call in [*services, None]:
        if call is None or call.start > end + HALF_HOUR:
            for number in range(start // HALF_HOUR, end // HALF_HOUR + 1):
                there[number] += min(end, (number + 1) * HALF_HOUR) - max(start, number * HALF_HOUR)
            start = end = 0 if call is None else call.start
        if call is not None:
            end = max(end, call.end)
    return sorted(number for number, seconds in there.items() if seconds >= HALF_HOUR / 2)


def talking_while_waiting(calls: Sequence[Call], waits: Iterable[Stretch], talks: Iterable[Stretch]) -> float:
    """Share of the time of the agents on duty that they talk, over the seconds in which somebody waits."""
    numbers = (number for served in services_of(calls).values() for number in half_hours(served))
    on_duty = _number_at((number * HALF_HOUR, (number + 1) * HALF_HOUR) for number in numbers)
    waiting, talking = _number_at(waits) > 0, _number_at(talks)
    return float(talking[waiting].sum() / on_duty[waiting].sum())


def _number_at(stretches: Iterable[Stretch]) -> I64:
    """How many of these half-open stretches there are at each second."""
    change = np.zeros((DAYS + 1) * DAY, dtype=np.int64)
    for start, end in stretches:
        change[start] += 1
        change[end] -= 1
    return np.cumsum(change)


# ── the scenario ─────────────────────────────────────────────────────────────────────────────────────────────────────


def write_scenario(calls: Sequence[Call], folder: Path) -> Path:
    """The scenario file, with a log of each queue's calls and a roster of each team beside it."""
    queues = {call.queue: call for call in sorted(calls, key=lambda call: call.queue)}
    likely = defaultdict(list)  # service times by type, for callers who gave up: they may be answered here
    for call in calls:
        if call.answered:
            likely[call.type].append(call.work)
    draw = random.Random(1999)
    works = [call.work if call.answered else draw.choice(likely[call.type]) for call in calls]
    for name in queues:
        rows = [(call.arrival, work) for call, work in zip(calls, works, strict=True) if call.queue == name]
        _write(folder / f"{name}.csv", ("arrival", "work"), rows)

    teams: dict[tuple[str, ...], list[str]] = defaultdict(list)
    services = services_of(calls)
    for agent, served in services.items():
        kinds = {call.kind for call in served}
        teams[tuple(kind for kind in SPECIAL if kind in kinds)].append(agent)
    names = {special: "_".join(("regular", *special)) for special in sorted(teams)}
    for special, name in names.items():
        shifts = ((agent, number) for agent in teams[special] for number in half_hours(services[agent]))
        _write(folder / f"{name}.csv", ("agent", "date", "start", "end"), map(_shift, shifts))

    after_call = pauses(calls)
    _write(folder / "after_call.csv", ("seconds",), [(pause,) for pause in after_call])
    patience = {"dist": "exponential", "mean": mean_patience(calls)}
    scenario = {
        "name": "bank",
        "start": FIRST_DAY,
        "days": DAYS,
        "interval": "24h",
        "seed": 1999,
        "queue": {
            name: {
                "channel": "phone",
                "volume": {"log": f"{name}.csv", "arrived_at": "arrival", "work": "work"},
                "head_start": HEAD_START[call.priority] if call.kind != NO_CUSTOMER else 0,
                "wrap_up": {"file": "after_call.csv", "column": "seconds"},
                "patience": patience if call.kind != NO_CUSTOMER else "never",
                "service_level": "80/20",
                "sl_formula": "all_offered",
            }
            for name, call in queues.items()
        },
        "team": {
            name: {
                "skills": {
                    queue: 1 for queue, call in queues.items() if call.kind not in SPECIAL or call.kind in special
                },
                "roster": {"file": f"{name}.csv"},
            }
            for special, name in names.items()
        },
        "variant": {PROMPT: {"set": {f"queue.{name}.wrap_up": median(after_call) for name in queues}}},
        "routing": {"agent": "longest_idle", "contact": "longest_wait"},
    }
    file = folder / "bank.toml"
    file.write_text(tomli_w.dumps(scenario), encoding="utf-8")
    return file


def _shift(duty: tuple[str, int]) -> tuple[str, str, str, str]:
    agent, number = duty
    day, start = divmod(number * HALF_HOUR, DAY)
    on = (FIRST_DAY + timedelta(days=day)).isoformat()
    return agent, on, _hour_and_minute(start), _hour_and_minute(start + HALF_HOUR)


def _hour_and_minute(time: int) -> str:
    return f"{time // 3600:02d}:{time % 3600 // 60:02d}"


def _write(path: Path, header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


# ── simulated and real ───────────────────────────────────────────────────────────────────────────────────────────────


class Figures(NamedTuple):
    """Counts and sums by day, the last entry the whole fortnight; of simulations: means over replications."""

    offered: F64
    answered: F64
    abandoned: F64
    waited: F64
    """seconds, of the answered"""
    in_time: F64
    """answered within 20 s"""

    @property
    def asa(self) -> F64:
        return self.waited / self.answered

    @property
    def abandonment(self) -> F64:
        return self.abandoned / self.offered

    @property
    def service_level(self) -> F64:
        return self.in_time / self.offered


def bank_figures(calls: Iterable[Call]) -> Figures:
    """What the bank's customers met."""
    by_day = np.zeros((len(Figures._fields), DAYS))
    for call in calls:
        if call.kind != NO_CUSTOMER:
            in_time = call.answered and call.wait <= 20
            counts = (1, call.answered, not call.answered, call.wait * call.answered, in_time)
            by_day[:, call.arrival // DAY] += counts
    return _with_total(by_day)


class Run(NamedTuple):
    """One replication."""

    workload: Workload
    log: Log
    faults: list[str]
    figures: Figures

    @property
    def answered(self) -> Bool:
        """By contact."""
        return np.equal(self.log.outcome, Outcome.RESOLVED)

    @property
    def waits(self) -> Iterable[Stretch]:
        until = np.where(self.answered, self.log.start[self.log.first_turn], self.log.left)
        return _seconds(self.log.arrival, until)

    @property
    def talks(self) -> Iterable[Stretch]:
        turns = self.log.first_turn[self.answered]
        return _seconds(self.log.start[turns], self.log.reply[turns])


def _seconds(start: I64, end: I64) -> Iterable[Stretch]:
    return zip((start // SECOND).tolist(), (end // SECOND).tolist(), strict=True)


def in_order(calls: Iterable[Call]) -> list[Call]:
    """The calls as the contacts of a run are numbered: by arrival, then queue in file order."""
    return sorted(calls, key=lambda call: (call.arrival, call.queue))


def runs(scenario: Scenario, replications: int) -> Iterator[Run]:
    """The scenario through the public pipeline: draws, plan, engine, audit and metrics."""
    plan, terms = lower(scenario)
    customers = [number for number, name in enumerate(terms.queues) if name != NO_CUSTOMER]
    for replication in range(replications):
        workload = sample(scenario, replication)
        log = simulate(workload, plan)
        by_interval = measure(workload, plan, terms, log).by_interval
        counted = ("offered", "answered", "abandoned", "asa", "service_level")
        by_day = [by_interval["queue", name][0][:, customers].sum(axis=1) for name in counted]
        yield Run(workload, log, audit(workload, plan, log), _with_total(np.array(by_day)))


def mean(figures: Sequence[Figures]) -> Figures:
    return Figures(*np.mean(figures, axis=0))


def _with_total(by_day: F64) -> Figures:
    return Figures(*np.append(by_day, by_day.sum(axis=1, keepdims=True), axis=1))


def table(bank: Figures, simulated: Figures) -> str:
    """Both side by side in Markdown: by day and in total, simulated / bank."""
    lines = [
        "| day | offered | ASA, s: simulated | bank | abandonment: simulated | bank | within 20 s: simulated | bank |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    days = [f"{FIRST_DAY + timedelta(days=day):%a %d %b}" for day in range(DAYS)]
    for row, day in enumerate([*days, "all"]):
        cells = [
            day,
            f"{bank.offered[row]:.0f}",
            *(f"{figures.asa[row]:.0f}" for figures in (simulated, bank)),
            *(f"{figures.abandonment[row]:.1%}" for figures in (simulated, bank)),
            *(f"{figures.service_level[row]:.0%}" for figures in (simulated, bank)),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    if not LOG.exists():
        sys.exit(f"{LOG.name} is neither in shared/data beside the repository nor in the folder that CCSIM_DATA names")
    calls = read(LOG)
    after_call = pauses(calls)
    hours = sum(len(half_hours(served)) for served in services_of(calls).values()) / 2
    callbacks = sum(call.kind == NO_CUSTOMER for call in calls)
    print(f"calls that asked for an agent: {len(calls)}, {callbacks} of them call-backs")
    print(f"mean patience: {mean_patience(calls):.0f} s")
    print(f"after a call: {len(after_call)} pauses, mean {fmean(after_call):.0f} s, median {median(after_call):.0f} s")
    print(f"agents on duty: {hours:.0f} h, talking {sum(call.work for call in calls) / 3600:.0f} h")
    talking = talking_while_waiting(calls, (call.waits for call in calls), (call.talks for call in calls))
    print(f"talking, of the agents on duty, while somebody waits: {talking:.0%}")
    with tempfile.TemporaryDirectory() as folder:
        file = write_scenario(calls, Path(folder))
        scenarios = {"as the agents worked": load(file), "prompt agents": load(file, PROMPT)}
    for title, scenario in scenarios.items():
        found = list(runs(scenario, REPLICATIONS))
        print(f"\n{title}: {REPLICATIONS} replications, {sum(len(run.faults) for run in found)} faults in the audit")
        talking = talking_while_waiting(calls, found[0].waits, found[0].talks)
        lost = np.array([not call.answered for call in in_order(calls)])
        print(f"talking, of the agents on duty, while somebody waits: {talking:.0%}")
        print(
            f"callers answered here and lost by the bank: {fmean((run.answered & lost).sum() for run in found):.0f}\n"
        )
        print(table(bank_figures(calls), mean([run.figures for run in found])))


if __name__ == "__main__":
    main()
