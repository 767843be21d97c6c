"""Simulated figures with their standard errors beside those of theory: the whole pipeline, from a scenario's file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import pytest
import tomli_w

from ccsim.engine.compiled import simulate
from ccsim.lowering import lower
from ccsim.metrics.measures import Measures, measure
from ccsim.metrics.registry import Level
from ccsim.scenario.read import load
from ccsim.tables import Bool, Log, Plan, Workload
from ccsim.workload.sample import sample

Doc = dict[str, Any]


class Run(NamedTuple):
    """One replication."""

    workload: Workload
    plan: Plan
    log: Log
    measures: Measures

    def counted(self, queue: int = 0) -> Bool:
        """By contact: of this queue, arrived between warm-up and end."""
        arrival = self.log.arrival
        within = (arrival >= self.plan.warm_up) & (arrival < self.plan.end)
        return np.asarray(within & (self.workload.queue == queue))


Figure = Callable[[Run], tuple[float, float]]
"""Numerator and denominator of a figure in one replication."""


class Agree(Protocol):
    """Run `replications` of a scenario and compare.

    Keys of `expected` are those of `own`, else "queue.NAME.METRIC" or "team.NAME.METRIC".
    """

    def __call__(
        self,
        doc: Doc,
        expected: Mapping[str, float],
        *,
        replications: int = 20,
        own: Mapping[str, Figure] | None = None,
    ) -> None: ...


@pytest.fixture(params=[pytest.param(1, id=""), pytest.param(16, id="long", marks=pytest.mark.slow)])
def agree(request: pytest.FixtureRequest, tmp_path: Path) -> Agree:
    """Asserts that each figure lies within 4 standard errors of theory, and that these are below 1 % of it.

    The slow runs have 16 times the replications; their errors must be below 0.3 %.
    """
    times: int = request.param
    precision = 0.01 if times == 1 else 0.003

    def compare(
        doc: Doc, expected: Mapping[str, float], *, replications: int = 20, own: Mapping[str, Figure] | None = None
    ) -> None:
        figures = {name: (own or {}).get(name) or of_metric(name) for name in expected}
        pairs: dict[str, list[tuple[float, float]]] = {name: [] for name in expected}
        for run in runs(tmp_path, doc, replications * times):
            for name, figure in figures.items():
                pairs[name].append(figure(run))
        table, agrees = [f"{'figure':36} {'simulated':>11} {'theory':>11} {'error':>10} {'z':>6}"], True
        for name, theory in expected.items():
            value, error = ratio(pairs[name])
            agrees &= abs(value - theory) <= 4 * error and error < precision * theory
            table.append(f"{name:36} {value:11.6g} {theory:11.6g} {error:10.3g} {(value - theory) / error:6.2f}")
        print("\n" + "\n".join(table))
        assert agrees, "\n" + "\n".join(table)

    return compare


def runs(folder: Path, doc: Doc, replications: int) -> Iterator[Run]:
    """The replications of a scenario, one at a time."""
    path = folder / "case.toml"
    path.write_text(tomli_w.dumps({"start": "2026-03-02", "seed": 2, **doc}))
    scenario = load(path)
    plan, spec = lower(scenario)
    for replication in range(replications):
        workload = sample(scenario, replication)
        log = simulate(workload, plan)
        yield Run(workload, plan, log, measure(workload, plan, spec, log, by_interval=False))


def of_metric(path: str) -> Figure:
    """The figure of a metric, such as "queue.phone.asa"."""
    kind, name, metric = path.split(".")
    level: Level = "queue" if kind == "queue" else "team"

    def figure(run: Run) -> tuple[float, float]:
        over, under = run.measures.values[level, metric]
        place = run.measures.names[level].index(name)
        return float(over[place]), float(under[place])

    return figure


def ratio(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    """Ratio of sums over replications and its standard error, by the jackknife (Efron & Stein 1981)."""
    over, under = np.array(pairs).T
    n = len(pairs)
    without = (over.sum() - over) / (under.sum() - under)
    return float(over.sum() / under.sum()), float(np.sqrt((n - 1) * without.var()))
