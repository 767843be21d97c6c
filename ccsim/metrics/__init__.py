"""What a planner reads: measures of a replication, and their means with intervals over replications."""

from ccsim.metrics.definitions import METRICS
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
