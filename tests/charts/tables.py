"""Tables to draw: made up, the same every time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ccsim.charts import sweeps
from ccsim.charts.staffing import Staff, requirement
from ccsim.scenario import read

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HOUR = 3600 * 10**6


def staff(groups: int, days: int) -> dict[str, Staff]:
    """Groups with a morning too thin and an afternoon too rich."""
    start = np.arange(0, 24 * days, 0.5) * HOUR
    clock = (start / HOUR) % 24
    there = (clock >= 8) & (clock < 20)
    return {
        f"group {i + 1} for international customers": Staff(
            start.astype(np.int64),
            np.where(there, np.round(6 + i + 4 * np.sin((clock - 8) / 2)), np.nan),
            np.where(there, 8.0 + i + 2 * (clock > 14), 0.0),
        )
        for i in range(groups)
    }


def required(groups: int, days: int) -> Figure:
    shifts = [{"agents": 1, "hours": "08:00-20:00"}]
    scenario = read.parse(
        {
            "start": "2026-03-02",
            "days": days,
            "queue": {"q": {"channel": "phone"}},
            "team": {"t": {"skills": {"q": 1}, "shifts": shifts}},
        }
    )
    return requirement(scenario, staff(groups, days), "Intervals of 30m, 20 replications, n = 6,000 contacts.")


def sensitivity(points: int = 9) -> Figure:
    """Agents from 10 on, twelve replications each."""
    agents = np.arange(10, 10 + points)
    level = 1 / (1 + np.exp(-(agents - 13) / 1.2))
    noise = np.random.default_rng(1).normal(0, 0.04, (points, 12))
    rows = pd.DataFrame(
        {
            "value": np.repeat(agents, 12),
            "replication": np.tile(np.arange(1, 13), points),
            "service_level": np.clip(level[:, None] + noise, 0, 1).ravel(),
        }
    )
    erlang = {
        name: pd.DataFrame({"value": agents, "service_level": 1 / (1 + np.exp(-(agents - middle)))})
        for name, middle in (("Erlang A", 12.4), ("Erlang C", 13.6))
    }
    return sweeps.sensitivity(rows, erlang, 0.8, "12 replications a point, n = 2,447 contacts each.")


def frontier(points: int = 40) -> Figure:
    """Points of which some are beaten."""
    draw = np.random.default_rng(2)
    cost = draw.uniform(20_000, 40_000, points)
    level = np.clip(0.5 + (cost - 20_000) / 45_000 + draw.normal(0, 0.08, points), 0, 1)
    names = [f"{i % 7} in frontline, concurrency {i % 5} of chat" for i in range(points)]
    table = pd.DataFrame(
        {"name": names, "cost": cost, "service_level": level, "low": level - 0.03, "high": level + 0.03}
    )
    return sweeps.frontier(table, 0.8, f"n = {points} points of 10 replications.")


def tornado(factors: int = 8) -> Figure:
    """Factors that move the figure both ways, one way, or not at all."""
    move = np.linspace(0.12, 0.0, factors)
    table = pd.DataFrame(
        {
            "name": [f"queue.phone.factor_{i}" for i in range(factors)],
            "low_label": "0.8",
            "high_label": "1.2",
            "low": 0.82 - move,
            "high": 0.82 + move * np.where(np.arange(factors) % 3 == 1, -0.5, 0.7),
        }
    )
    title = "What moves the service level of phone"
    return sweeps.tornado(table, 0.82, "service level, share", "n = 10 replications a setting.", title=title)


TABLES = {
    "requirement": lambda: required(2, 2),
    "sensitivity": sensitivity,
    "frontier": frontier,
    "tornado": tornado,
}
"""Every picture of tables, by name."""
