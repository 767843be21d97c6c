"""What a run leaves behind in memory: figures, the logs of replication 1, and the object that `--json` prints."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from ccsim.errors import Problem, ScenarioError
from ccsim.metrics import METRICS, TOTAL, Collected, Summary
from ccsim.metrics.registry import Level
from ccsim.results.figures import MetricPlace
from ccsim.scenario.faults import did_you_mean, shown
from ccsim.scenario.model import Scenario
from ccsim.stats.estimate import Estimate
from ccsim.stats.intervals import half_width_of
from ccsim.tables import F64, I64, MetricSpec, Plan

if TYPE_CHECKING:
    import pyarrow as pa

ALL_METRICS: Final = "docs/reference/metrics.md and in Python ccsim.metrics() have all"
"""Where somebody finds the one that was meant."""


class Series(NamedTuple):
    """A metric by reporting interval."""

    start: I64
    """us"""
    mean: F64
    low: F64
    high: F64


class PrecisionGoal(NamedTuple):
    """A wanted half-width of a metric's 95 % interval, in the metric's unit, at a queue, a team or in total."""

    level: str
    name: str
    metric: str
    half_width: float


@dataclass(frozen=True, eq=False)
class Results:
    """All that is known of a run: its figures, and what makes the logs of replication 1 when they are asked for."""

    scenario: Scenario
    variant: str | None
    engine: str
    plan: Plan
    spec: MetricSpec
    summary: Summary
    make_logs: Callable[[], dict[str, pa.Table]]
    goals: tuple[PrecisionGoal, ...] = ()
    """the half-widths for which replications went on"""
    collected: Collected | None = None
    """the measures of every replication; None of results that were read from a folder"""

    def __repr__(self) -> str:
        variant = f", variant {self.variant}" if self.variant else ""
        runs = f"{self.replications} replication{'s' if self.replications > 1 else ''}"
        made_by = f"seed {self.scenario.seed}, engine {self.engine}"
        return f"<{type(self).__name__} of {self.scenario.name}{variant}: {runs}, {made_by}>"

    @property
    def replications(self) -> int:
        """How many were run."""
        return self.scenario.replications

    @cached_property
    def logs(self) -> dict[str, pa.Table]:
        """The tables of replication 1 by name, made when they are first asked for."""
        return self.make_logs()

    @property
    def contacts(self) -> pa.Table:
        """One row a contact of replication 1."""
        return self.logs["contacts"]

    @property
    def turns(self) -> pa.Table:
        """One row a message of replication 1."""
        return self.logs["turns"]

    @property
    def agents(self) -> pa.Table:
        """One row a stretch of an agent's time in replication 1."""
        return self.logs["agents"]

    def __eq__(self, other: object) -> bool:
        """Whether the same scenario gave the same figures."""
        if not isinstance(other, Results):
            return NotImplemented
        return (self.scenario, self.variant, self.summary.rows) == (other.scenario, other.variant, other.summary.rows)

    def __hash__(self) -> int:
        return hash((self.scenario.name, self.variant, self.scenario.seed, self.replications))

    def estimate(self, level: str, name: str, metric: str) -> Estimate | None:
        """A figure over the whole horizon; None if the metric does not apply there.

        Raises ScenarioError for a level, name or metric that there is not.
        """
        self._refuse_unknown(level, name, metric)
        return self._estimates.get((level, name, metric))

    def half_width(self, goal: PrecisionGoal) -> float:
        """What the replications reached of a goal; NaN with data in fewer than two of them."""
        estimate = self.estimate(goal.level, goal.name, goal.metric)
        if estimate is None:
            return 0.0  # a count left out is always 0
        share = MetricPlace(goal.level, goal.name, goal.metric).definition.is_part
        return half_width_of(*estimate, share=share)

    @property
    def missed(self) -> tuple[PrecisionGoal, ...]:
        """The goals of precision that the replications did not reach."""
        return tuple(goal for goal in self.goals if not self.half_width(goal) <= goal.half_width)

    def series(self, level: Level, name: str, metric: str) -> Series:
        """A metric of a queue or team by interval; NaN without data, and throughout if it does not apply.

        Raises ScenarioError for a level, name or metric that there is not.
        """
        self._refuse_unknown(level, name, metric)
        if name not in self.summary.names.get(level, (TOTAL,)):
            raise ScenarioError([Problem(level, shown(name), did_you_mean(name, self.summary.names[level]))])
        summary = self.summary
        table = summary.by_interval.get((level, metric))
        if table is None:
            return Series(summary.starts, *np.full((3, len(summary.starts)), np.nan))
        return Series(summary.starts, *table[:, summary.names[level].index(name)])

    def _refuse_unknown(self, level: str, name: str, metric: str) -> None:
        names = {"queue": self.spec.queues, "team": self.spec.teams, TOTAL: (TOTAL,)}
        metrics = {known for _, known in METRICS}
        for argument, value in (("level", level), ("name", name), ("metric", metric)):
            if not isinstance(value, str):
                raise ScenarioError([Problem(argument, shown(value), "a text")])
        problems = []
        if level not in names:
            problems.append(Problem("level", shown(level), did_you_mean(level, names)))
        elif name not in names[level] and name != TOTAL:
            problems.append(Problem(level, shown(name), did_you_mean(name, names[level])))
        if metric not in metrics:
            problems.append(Problem("metric", shown(metric), did_you_mean(metric, metrics, ALL_METRICS)))
        if problems:
            raise ScenarioError(problems)

    @cached_property
    def _estimates(self) -> dict[tuple[str, str, str], Estimate]:
        return {
            (row.level, row.name, row.metric): Estimate(*(math.nan if end is None else end for end in row[3:6]))
            for row in self.summary.rows
        }


def as_json(results: Results) -> dict[str, Any]:
    """The one object that `--json` prints: every metric under its name, null for what has no data."""
    levels: dict[str, dict[str, Any]] = {"queue": {}, "team": {}, "total": {}}
    for row in results.summary.rows:
        values = {"mean": row.mean, "low": row.low, "high": row.high}
        levels[row.level].setdefault(row.name, {})[row.metric] = values
    precision = {"precision": precision_reached(results)} if results.goals else {}
    return {
        "scenario": results.scenario.name,
        "variant": results.variant,
        "engine": results.engine,
        "seed": results.scenario.seed,
        "replications": results.replications,
        **precision,
        "sl_formula": dict(zip(results.spec.queues, results.spec.sl_formula, strict=True)),
        "queues": levels["queue"],
        "teams": levels["team"],
        "total": levels["total"].get("total", {}),
    }


def precision_reached(results: Results) -> list[dict[str, Any]]:
    """Every wanted half-width with the one reached (null without data) and whether that is enough, for JSON."""
    records = []
    for goal in results.goals:
        reached = results.half_width(goal)
        entry = {**goal._asdict(), "reached": None if math.isnan(reached) else reached}
        records.append({**entry, "met": goal not in results.missed})
    return records
