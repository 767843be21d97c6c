"""How well `ccsim today` knows a day whose truth is known: `python -m bench.today [--days N] [CENTRE]...`

Days are simulated under one seed, seen from their own logs at 11:00 and at 15:00, and their rest is simulated under
another: how often the 90 % band of a queue's service level of the whole day holds the day's own, how far off its mean
is, and how often the targets were met at each probability. With `--keep FILE` every day is written there as soon as
it is done, and is not tried again; tables are shown as days go on.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from datetime import date
from itertools import pairwise, product
from pathlib import Path
from typing import Any, Final, NamedTuple

import click
import numpy as np

from bench.cases import shipped
from ccsim.scenario.model import Scenario
from ccsim.scenario.read import parse
from ccsim.today.outlook import band
from tests.today.days import a_day, seen

BUSY: Final = {"day_cv": 0.1, "within_cv": 0.1, "within_memory": 0.8}
DAY: Final = date(2026, 3, 4)
CENTRES: Final[dict[str, dict[str, Any]]] = {
    "phone": {
        "queue": {
            "phone": {
                "channel": "phone", "open": "08:00-20:00",
                "volume": {"per_day": 600, "shape": "office", "busyness": BUSY},
                "work": {"mean": "4m", "cv": 0.8}, "wrap_up": "30s", "patience": {"mean": "2m"},
                "service_level": "80/20", "retry": {"share": 0.3, "after": {"mean": "10m"}},
            }
        },
        "team": {
            "front": {
                "skills": {"phone": 1}, "absence": 0.05, "cost_per_hour": 20,
                "shifts": [
                    {"agents": 6, "hours": "08:00-16:00", "breaks": ["12:30-13:00"]},
                    {"agents": 3, "hours": "12:00-20:00", "breaks": ["16:00-16:30"]},
                    {"agents": 2, "hours": "12:00-20:00", "breaks": ["17:00-17:30"]},
                ],
            }
        },
    },
    "chat and messaging": {
        "queue": {
            "chat": {
                "channel": "live_chat", "open": "08:00-20:00", "turns": {"mean": 5},
                "volume": {"per_day": 500, "shape": "office", "busyness": BUSY},
                "work": {"mean": "40s", "cv": 0.8}, "reply_latency": {"mean": "30s", "cv": 1.2},
                "patience": {"mean": "4m"}, "idle_timeout": "5m", "returns": 0.2, "service_level": "80% in 60s",
            },
            "whatsapp": {
                "channel": "messaging", "open": "08:00-20:00", "turns": {"mean": 4},
                "volume": {"per_day": 200, "shape": "office", "busyness": {"day_cv": 0.1}},
                "work": {"mean": "70s", "cv": 1.0}, "idle_timeout": "10m", "expires_after": "24h",
                "reply_latency": {"dist": "lognormal", "median": "20m", "sigma": 2.0}, "service_level": "90/300",
            },
        },
        "team": {
            "writers": {
                "skills": {"chat": 1, "whatsapp": 1}, "concurrency": {"chat": 3, "whatsapp": 5},
                "absence": 0.05, "cost_per_hour": 20,
                "shifts": [{"agents": 6, "hours": "08:00-16:00"}, {"agents": 6, "hours": "12:00-20:00"}],
            }
        },
    },
}  # fmt: skip
FLAGSHIP: Final = "retail_week"
CLOCKS: Final = ("11:00", "15:00")
SHOWN: Final = 20
"""Days after which tables are shown again."""
EDGES: Final = np.array([0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0])


class Seen(NamedTuple):
    """What was expected of a queue's day, and what it came to."""

    clock: str
    queue: str
    mean: float
    low: float
    high: float
    level: float
    probability: float
    met: bool


def centre(name: str) -> Scenario:
    """The retail week until its Wednesday, or a centre of one day."""
    if name == FLAGSHIP:
        week = shipped(FLAGSHIP)
        return parse({**week.raw, "days": (DAY - week.start).days + 1}, given=week.files)
    return parse({"name": name, "start": DAY, "days": 1, **CENTRES[name]})


def tried(scenario: Scenario, numbers: range, replications: int) -> Iterator[list[Seen]]:
    """Day by day, one of each queue with a target and time of the day."""
    with tempfile.TemporaryDirectory() as folder:
        for number in numbers:
            day = a_day(Path(folder), number, scenario, DAY)
            truth = day.truth("service_level")
            rows = []
            for clock in CLOCKS:
                course = seen(day, clock, replications, seed=number).course
                for name, level in truth.items():
                    probability = course.probability(name)
                    if probability is not None:
                        known = band(course.values(name, "service_level"))
                        rows.append(Seen(clock, name, *known, level, probability, day.met(name)))
            yield rows


def error(by_day: list[float]) -> float:
    """Standard error of a mean over days, whose queues go together."""
    return float(np.std(by_day, ddof=1) / np.sqrt(len(by_day))) if len(by_day) > 1 else np.nan


def show_bands(days: list[list[Seen]]) -> None:
    queues = list(dict.fromkeys(row.queue for day in days for row in day))
    for clock, queue in product(CLOCKS, [None, *queues] if len(queues) > 1 else [None]):
        by_day = [[row for row in day if row.clock == clock and queue in (None, row.queue)] for day in days]
        inside = [float(np.mean([r.low - 1e-9 <= r.level <= r.high + 1e-9 for r in day])) for day in by_day]
        rows = [row for day in by_day for row in day]
        off = np.mean([abs(row.mean - row.level) for row in rows])
        bias = np.mean([row.mean - row.level for row in rows])
        half = np.mean([(row.high - row.low) / 2 for row in rows])
        print(
            f"  {clock} {queue or 'all queues':10s} in the band {np.mean(inside):5.1%} ± {error(inside):.1%}", end=" "
        )
        print(f"of {len(rows)}; off by {off:.1%} (bias {bias:+.1%}), half-width {half:.1%}", flush=True)


def show_probabilities(rows: list[Seen]) -> None:
    place = np.digitize([row.probability for row in rows], EDGES[1:-1])
    for bin_, (low, high) in enumerate(pairwise(EDGES)):
        mine = [row for row, at in zip(rows, place, strict=True) if at == bin_]
        if mine:
            expected, met = np.mean([row.probability for row in mine]), np.mean([row.met for row in mine])
            print(f"  {low:4.0%} to {high:4.0%}: {len(mine):5d} cases, expected {expected:6.1%}, met {met:6.1%}")


def show(name: str, days: list[list[Seen]]) -> None:
    print(f"{name}: {len(days)} days", flush=True)
    show_bands(days)
    show_probabilities([row for day in days for row in day])


def kept(file: Path | None, name: str, replications: int) -> list[list[Seen]]:
    """Days of a centre that an earlier call has tried, from the first on."""
    lines = file.read_text().splitlines() if file is not None and file.exists() else []
    days = [json.loads(line) for line in lines]
    return [[Seen(*row) for row in day] for of, with_, day in days if (of, with_) == (name, replications)]


@click.command(help=__doc__)
@click.argument("centres", nargs=-1, type=click.Choice([*CENTRES, FLAGSHIP]))
@click.option("--days", default=200, show_default=True)
@click.option("--replications", default=200, show_default=True)
@click.option("--keep", type=click.Path(dir_okay=False, path_type=Path), help="Days that are done, read and written.")
def main(centres: tuple[str, ...], days: int, replications: int, keep: Path | None) -> None:
    everything: list[Seen] = []
    for name in centres or (*CENTRES, FLAGSHIP):
        rows = kept(keep, name, replications)[:days]
        for day in tried(centre(name), range(len(rows), days), replications):
            rows.append(day)
            if keep is not None:
                with keep.open("a") as file:
                    file.write(json.dumps([name, replications, day]) + "\n")
            if len(rows) % SHOWN == 0 and len(rows) < days:
                show(name, rows)
        show(name, rows)
        everything += [row for day in rows for row in day]
    print("all:")
    show_probabilities(everything)


if __name__ == "__main__":
    main()
