"""The figures of docs/live_chat_or_whatsapp.md: `python -m tests.effects.comparison [ENGINE]`, a minute or two.

Every customer has one fate, by replication; means over replications with their 95 % intervals.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from ccsim.engine import simulate
from ccsim.lowering import lower
from ccsim.metrics import Measures, measure
from ccsim.metrics.registry import Level
from ccsim.scenario.read import load
from ccsim.stats.intervals import ratio_interval
from ccsim.tables import F64, I64, NEVER, SECOND, Bool, Log, Outcome, Workload
from ccsim.workload.sample import sample

FILE = Path(__file__).parents[2] / "scenarios" / "live_chat_or_whatsapp.toml"
VARIANTS = (None, "whatsapp", "both", "phone_and_whatsapp", "whatsapp_parked_soon", "whatsapp_patient")
VALUE = 6
"""of a customer who got an answer, as in the file"""
WANTED = ("phone", "chat", "whatsapp")

FATES = {
    "got an answer": (Outcome.RESOLVED,),
    "no channel for them": (),
    "came while closed": (Outcome.REJECTED,),
    "left before the first answer": (Outcome.ABANDONED, Outcome.SILENTLY_ABANDONED),
    "lost in the conversation": (Outcome.LOST,),
    "never came back": (Outcome.TIMED_OUT, Outcome.EXPIRED, Outcome.OPEN),
}
"""Outcomes of a customer's last contact; but who got an answer once, got it."""

FIGURES: Final[dict[str, tuple[Level, str, float]]] = {
    "first-contact resolution, %": ("queue", "fcr", 100),
    "work a conversation, s": ("queue", "handle_mean", 1),
    "of it re-reading, %": ("queue", "reread_share", 100),
    "agents a conversation meets": ("queue", "agents_per_contact", 1),
    "open conversations, an agent": ("queue", "open_mean", 1 / 8),
    "conversations at once": ("team", "concurrency_mean", 1),
    "agents occupied, %": ("team", "occupancy", 100),
    "agents at work, %": ("team", "utilisation", 100),
    "effort a customer": ("queue", "effort", 1),
}
"""Metrics, of all queues or teams together, with the factor they are shown by."""

Ratio = tuple[F64, F64]


def fates(workload: Workload, log: Log) -> tuple[I64, Bool]:
    """How many customers had each of `FATES`; of those who came : bool[root], who got an answer."""
    began = np.flatnonzero(log.arrival < NEVER)
    by_arrival = began[np.argsort(log.arrival[began], kind="stable")]
    roots = int(workload.root.max()) + 1
    last = np.full(roots, -1)
    last[workload.root[by_arrival]] = by_arrival
    final = log.outcome[last]
    final[workload.root[log.outcome == Outcome.RESOLVED]] = Outcome.RESOLVED
    result = np.array([np.isin(final, outcomes).sum() for outcomes in FATES.values()])
    result[list(FATES).index("no channel for them")] = workload.turned_away.sum()
    return result, final == Outcome.RESOLVED


def replications(variant: str | None, engine: str) -> Iterator[tuple[Workload, Log, Measures]]:
    scenario = load(FILE, variant)
    plan, spec = lower(scenario)
    for number in range(scenario.replications):
        workload = sample(scenario, number)
        log = simulate(engine, workload, plan)
        yield workload, log, measure(workload, plan, spec, log, by_interval=False)


def column(variant: str | None, engine: str) -> dict[str, Ratio]:
    """By row of the table: numerators and denominators, one a replication."""
    result: dict[str, list[tuple[float, float]]] = {}

    def note(row: str, over: Any, under: Any = 1) -> None:
        result.setdefault(row, []).append((float(over), float(under)))

    for workload, log, measures in replications(variant, engine):
        each, answered = fates(workload, log)
        note("customers", each.sum())
        for fate, number in zip(FATES, each, strict=True):
            note(f"{fate}, %", 100 * number, each.sum())
        for queue, number in zip(WANTED, workload.turned_away, strict=True):
            note(f"no channel for who wanted {queue}", number)
        for row, (level, metric, factor) in FIGURES.items():
            over, under = measures.values[level, metric][:, -1]
            note(row, factor * over, under)
        hour = workload.arrival[: len(answered)] // (3600 * SECOND) % 24
        open_then = (hour >= 9) & (hour < 19)
        for when, there in (("by day", open_then), ("by night", ~open_then)):
            note(f"answered in the end, of who came {when}, %", 100 * np.sum(answered & there), there.sum())
        note("value lost", VALUE * (each.sum() - each[0]))
        note("cost a customer served", measures.values["queue", "cost"][0, -1], each[0])
    return {row: (np.array([o for o, _ in pairs]), np.array([u for _, u in pairs])) for row, pairs in result.items()}


def shown(ratio: Ratio) -> str:
    mean, low, high = (float(x[0]) for x in ratio_interval(ratio[0][:, None], ratio[1][:, None]))
    digits = 0 if abs(mean) >= 1000 else 1 if abs(mean) >= 10 else 2
    return f"{mean:,.{digits}f} ({low:,.{digits}f}–{high:,.{digits}f})"


def main(arguments: Sequence[str]) -> None:
    """Prints the table."""
    engine = arguments[0] if arguments else "compiled"
    columns = [column(variant, engine) for variant in VARIANTS]
    print("| | " + " | ".join(variant or "live chat" for variant in VARIANTS) + " |")
    print("|---|" + "---:|" * len(VARIANTS))
    for row in columns[0]:
        print(f"| {row} | " + " | ".join(shown(result[row]) for result in columns) + " |")


if __name__ == "__main__":
    main(sys.argv[1:])
