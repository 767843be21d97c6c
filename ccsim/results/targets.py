"""Which of a scenario's targets were met."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ccsim.metrics.registry import Level
from ccsim.results.model import Results
from ccsim.tables import F64, MetricSpec


@dataclass(frozen=True)
class MetricTarget:
    """A wanted bound on a mean. `met` judges the mean; `sure` is false if its 95 % interval reaches the other side."""

    level: Level
    name: str
    metric: str
    wanted: float
    at_least: bool
    met: bool
    sure: bool


Bound = tuple[Level, str, str, float, bool]
"""Level, name, metric, what is wanted of it, and whether at least or at most so much."""


def bounds(spec: MetricSpec) -> list[Bound]:
    """Every target that a scenario itself gives, queues first; those that channels bring bind nobody."""
    every: list[tuple[Level, tuple[str, ...], str, F64, bool]] = [
        *(("queue", spec.queues, metric, wanted, True) for metric, wanted in (
            ("service_level", np.where(spec.sl_usual, np.nan, spec.sl_share)),
            ("reply_level", spec.reply_share),
            ("resolution_level", np.where(spec.resolution_usual, np.nan, spec.resolution_share)),
        )),
        ("queue", spec.queues, "abandonment", spec.max_abandonment, False),
        ("team", spec.teams, "utilisation", spec.max_occupancy, False),
    ]  # fmt: skip
    return [
        (level, name, metric, bound, at_least)
        for level, names, metric, wanted, at_least in every
        for name, bound in zip(names, wanted.tolist(), strict=True)
        if not math.isnan(bound)
    ]


def targets(results: Results) -> list[MetricTarget]:
    """Every target of the scenario for which there are data, queues first."""
    judged = []
    for level, name, metric, bound, at_least in bounds(results.spec):
        estimate = results.estimate(level, name, metric)
        if estimate is None or math.isnan(estimate.mean):
            continue

        def holds(value: float, bound: float = bound, at_least: bool = at_least) -> bool:
            return value >= bound if at_least else value <= bound

        met = holds(estimate.mean)
        ends = (estimate.low, estimate.high)
        sure = all(math.isnan(end) or holds(end) == met for end in ends)
        judged.append(MetricTarget(level, name, metric, bound, at_least, met, sure))
    return judged


def without_data(results: Results) -> list[Bound]:
    """The scenario's targets that are neither met nor missed, as nothing that they are about happened."""
    judged = {(goal.level, goal.name, goal.metric) for goal in targets(results)}
    return [bound for bound in bounds(results.spec) if bound[:3] not in judged]
