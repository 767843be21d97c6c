"""A small centre with every kind of conversation, and days of it whose truth is known."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ccsim.engine import simulate
from ccsim.logs.readers import read_all
from ccsim.logs.records import Logs
from ccsim.lowering import lower
from ccsim.metrics.facts import Frame
from ccsim.results import logs as results_logs
from ccsim.results.targets import bounds
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.tables import Log, MetricSpec, Plan, Workload
from ccsim.today.from_logs import from_logs
from ccsim.today.outlook import Figures, Outlook, look_ahead
from ccsim.workload.sample import sample

CENTRE: dict[str, Any] = {
    "name": "Small centre",
    "start": datetime(2026, 3, 4).date(),
    "days": 1,
    "seed": 5,
    "queue": {
        "phone": {
            "channel": "phone", "open": "08:00-20:00",
            "volume": {"per_day": 300, "shape": "office", "busyness_cv": 0.12},
            "work": {"mean": "4m", "cv": 0.8}, "wrap_up": "30s", "patience": {"mean": "2m"},
            "service_level": "80/20", "retry": {"share": 0.3, "after": {"mean": "10m"}},
        },
        "chat": {
            "channel": "live_chat", "open": "08:00-20:00", "turns": {"mean": 4},
            "volume": {"per_day": 150, "shape": "office"}, "work": {"mean": "40s", "cv": 0.8},
            "reply_latency": {"mean": "30s", "cv": 1.2}, "patience": {"mean": "4m"}, "idle_timeout": "5m",
            "service_level": "80% in 60s", "transfer": [{"to": "phone", "share": 0.1}],
        },
        "whatsapp": {
            "channel": "messaging", "open": "08:00-20:00", "turns": {"mean": 3},
            "volume": {"per_day": 80, "shape": "office"}, "work": {"mean": "70s", "cv": 1.0},
            "reply_latency": {"dist": "lognormal", "median": "20m", "sigma": 2.0}, "idle_timeout": "10m",
            "expires_after": "24h", "service_level": "80/300",
        },
    },
    "team": {
        "front": {
            "skills": {"phone": 1}, "cost_per_hour": 20, "absence": 0.05,
            "shifts": [
                {"agents": 3, "hours": "08:00-16:00", "breaks": ["12:00-12:30"]},
                {"agents": 2, "hours": "12:00-20:00", "breaks": ["16:00-16:30"]},
            ],
        },
        "writers": {
            "skills": {"chat": 1, "whatsapp": 1}, "concurrency": {"chat": 3, "whatsapp": 5}, "cost_per_hour": 20,
            "shifts": [{"agents": 3, "hours": "08:00-16:00"}, {"agents": 2, "hours": "12:00-20:00"}],
        },
    },
}  # fmt: skip


class Day(NamedTuple):
    """A day that has been, with its logs as `ccsim run` writes them."""

    scenario: Scenario
    date: date
    workload: Workload
    plan: Plan
    spec: MetricSpec
    log: Log
    logs: Logs

    def truth(self, metric: str) -> dict[str, float]:
        """By queue, of who came on that day; NaN without data."""
        before = timedelta(days=1) * (self.date - self.scenario.start).days
        starts = Frame(self.plan, self.spec).edges[:-1]
        first, end = (int(days / timedelta(microseconds=1)) for days in (before, before + timedelta(days=1)))
        of_day = slice(int(np.searchsorted(starts, first)), int(np.searchsorted(starts, end)))
        figures = Figures.of(self.workload, self.plan, self.spec, self.log)
        return dict(zip(self.spec.queues, figures.total(metric, of_day).tolist(), strict=False))

    def met(self, queue: str) -> bool:
        """Whether the whole day met all targets of the queue."""
        mine = [row for row in bounds(self.spec) if row[:2] == ("queue", queue)]
        figures = [(self.truth(metric)[queue], bound, at_least) for _, _, metric, bound, at_least in mine]
        return all(x >= bound if at_least else x <= bound for x, bound, at_least in figures)


def a_day(folder: Path, number: int = 0, scenario: Scenario | None = None, of: date | None = None) -> Day:
    """The first day, or that `of` a date, of run `number` of a centre; who looks ahead knows all but the seed."""
    import pyarrow.parquet as pq

    scenario = (scenario or read.parse(CENTRE)).with_streams(777, 1)
    plan, spec = lower(scenario)
    workload = sample(scenario, number)
    log = simulate("compiled", workload, plan)
    place = folder / str(number)
    place.mkdir()
    for name, table in results_logs.tables(1, plan, spec, workload, log).items():
        pq.write_table(table, place / f"{name}.parquet")
    (place / "scenario.toml").write_text(read.resolved_toml(scenario))
    return Day(scenario, of or scenario.start, workload, plan, spec, log, read_all([place], [None]))


def seen(day: Day, clock: str, replications: int = 20, actions: Any = None, seed: int = 5) -> Outlook:
    """The outlook at that time of the day. Errors of several days are independent if each has a seed of its own."""
    hours, minutes = map(int, clock.split(":"))
    time = datetime.combine(day.date, datetime.min.time()) + timedelta(hours=hours, minutes=minutes)
    scenario = day.scenario.with_streams(seed, replications)
    see = lambda of, plan, at: from_logs(day.logs, of, plan, at)  # noqa: E731
    return look_ahead(scenario, time, see, actions or {}, replications=replications)
