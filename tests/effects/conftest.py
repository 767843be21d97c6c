"""A small centre, run twice on the same streams: with a behaviour and without it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from ccsim.engine.reference import simulate
from ccsim.lowering import lower
from ccsim.metrics import TOTAL, measure, summarise
from ccsim.scenario.read import assign, parse
from ccsim.tables import Log, Plan, Workload
from ccsim.workload.sample import sample

Doc = dict[str, Any]
Engine = Callable[[Workload, Plan], Log]


@dataclass(frozen=True)
class Run:
    """One replication and its figures."""

    workload: Workload
    plan: Plan
    log: Log
    figures: Mapping[tuple[str, str, str], float | None]

    def queue(self, name: str, metric: str) -> float:
        """A metric of a queue, NaN without data."""
        return self._number("queue", name, metric)

    def team(self, name: str, metric: str) -> float:
        return self._number("team", name, metric)

    def total(self, metric: str) -> float:
        return self._number(TOTAL, TOTAL, metric)

    def _number(self, level: str, name: str, metric: str) -> float:
        figure = self.figures[level, name, metric]
        return float("nan") if figure is None else figure


@pytest.fixture
def engine() -> Engine:
    """The engine of these tests."""
    return simulate


@pytest.fixture
def run(engine: Engine) -> Callable[..., Run]:
    """Runs a scenario's tables, with `changes` (dotted path to value) on top, under its seed."""

    def with_changes(doc: Doc, changes: Mapping[str, Any] | None = None) -> Run:
        doc = copy.deepcopy(doc)
        for path, value in (changes or {}).items():
            assign(doc, path, value)
        scenario = parse(doc)
        plan, spec = lower(scenario)
        workload = sample(scenario, 0)
        log = engine(workload, plan)
        summary = summarise([measure(workload, plan, spec, log, by_interval=False)])
        return Run(workload, plan, log, {(row.level, row.name, row.metric): row.mean for row in summary.rows})

    return with_changes
