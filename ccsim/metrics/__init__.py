"""What a planner reads: measures of a replication, and their means with intervals over replications."""

from ccsim.metrics import bots, definitions, teams  # noqa: F401  registers the metrics
from ccsim.metrics.measures import (
    TOTAL,
    Collected,
    IntervalRow,
    Measures,
    MetricRow,
    Summary,
    applicable,
    measure,
    summarise,
)
from ccsim.metrics.registry import METRICS

__all__ = [
    "METRICS",
    "TOTAL",
    "Collected",
    "IntervalRow",
    "Measures",
    "MetricRow",
    "Summary",
    "applicable",
    "measure",
    "summarise",
]
