"""Shift plans with made-up figures, for what writes and draws them: no simulation."""

from __future__ import annotations

from typing import Any

import numpy as np

from ccsim.results.plans import Performance, ShiftPlan, StaffingTarget
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.staffing import patterns
from ccsim.stats.estimate import Estimate
from ccsim.workload.offered import interval_edges

CHANNELS = ("phone", "live_chat", "messaging", "email", "video", "social")
TARGETS = ("80/20", "80% in 60s", "90/300", "80% in 4h", "80% in 60s", "80% in 1h")


def centre(queues: int, days: int, **changes: Any) -> Scenario:
    """Queues of all channels, a team for every three of them, three patterns a team, one of them overnight."""
    names = [f"{CHANNELS[i % 6]} {'support' if i < 6 else 'for international customers'}" for i in range(queues)]
    teams = {f"team {i}": names[3 * i : 3 * i + 3] for i in range(max(1, -(-queues // 3)))}
    return read.parse(
        {
            "name": "By hand",
            "start": "2026-03-02",
            "days": days,
            "timezone": "Europe/Rome",
            "queue": {
                name: {
                    "channel": CHANNELS[i % 6],
                    "service_level": TARGETS[i % 6],
                    "open": {"mon-fri": "08:00-18:00"},
                    "volume": {"per_day": 150, "shape": "office"},
                }
                for i, name in enumerate(names)
            },
            "team": {
                team: {
                    "skills": dict.fromkeys(mine, 1),
                    "shifts": [{"agents": 6, "days": "mon-fri", "hours": "08:00-18:00"}],
                    "absence": 0.1,
                    "cost_per_hour": 20,
                }
                for team, mine in teams.items()
            },
            "staffing": {
                "patterns": [
                    {"team": team, **pattern}
                    for team in teams
                    for pattern in (
                        {"days": "mon-fri", "hours": "08:00-16:00", "breaks": ["12:00-12:30"]},
                        {"days": "mon-fri", "hours": "10:00-18:00", "breaks": ["14:00-14:30"]},
                        {"days": "mon-fri", "hours": "17:00-01:00", "breaks": ["00:15-00:30", "20:30-20:45"]},
                    )
                ]
            },
            **changes,
        }
    )


def plan(scenario: Scenario, agents: int = 3) -> ShiftPlan:
    """So many agents on every day pattern, figures that rise with their number, from a fixed seed."""
    rng = np.random.default_rng(4)
    goals = (
        *(
            StaffingTarget("queue", name, "service_level", queue.service_level.share, at_least=True)
            for name, queue in scenario.queue.items()
            if queue.service_level is not None
        ),
        StaffingTarget("queue", next(iter(scenario.queue)), "abandonment", 0.05, at_least=False),
    )
    edges = interval_edges(scenario)
    crews = patterns.crews(scenario)
    counts = np.array([0 if pattern.hours.start >= 61_200_000_000 else agents for pattern, _ in crews])
    cost = patterns.costs(scenario)
    desk = np.array([patterns.at_desk(row, edges) for _, row in crews])
    teams = tuple(scenario.team)
    mine = np.array([[pattern.team == team for pattern, _ in crews] for team in teams])
    scheduled = (mine * counts) @ desk

    def performance(better: float, seed: int) -> Performance:
        by_interval = np.clip(rng.normal(0.7 + better, 0.1, (len(goals), len(edges) - 1)), 0, 1)
        by_interval[:, scheduled.sum(axis=0) == 0] = np.nan
        by_interval[-1] /= 10
        means = np.nanmean(by_interval, axis=1)
        slack = np.array([float(goal.slack(mean)) for goal, mean in zip(goals, means, strict=True)])
        return Performance(
            agents=counts,
            cost=float(cost @ counts) * (1 - better),
            seed=seed,
            replications=20,
            figures=tuple(Estimate(mean, mean - 0.01, mean + 0.01) for mean in means.tolist()),
            days_met=(0.9,) * len(goals),
            by_interval=by_interval,
            missing=np.zeros_like(by_interval),
            slack=slack,
            scheduled=scheduled,
        )

    chosen, today = performance(0.15, 2), performance(-0.1, 2)
    tried = [(chosen.cost * factor, -0.3 + 0.35 * (factor - 0.6) / 0.6, factor >= 1.1) for factor in
             rng.uniform(0.6, 1.4, 120).tolist()]  # fmt: skip
    return ShiftPlan(
        scenario=scenario,
        patterns=scenario.staffing.patterns,
        offered=len(counts),
        names=patterns.names(scenario.staffing.patterns),
        goals=goals,
        starts=edges[:-1],
        teams=teams,
        agents=counts,
        pattern_cost=cost,
        pattern_hours=patterns.hours(scenario),
        most_on_a_day=patterns.most_on_a_day(scenario, counts.tolist()),
        searched=chosen,
        fresh=chosen,
        overtime=Estimate(12.0, 10.0, 14.0),
        today=today,
        lower_bound=0.9 * chosen.cost,
        evaluations=len(tried),
        glances=0,
        glance=(),
        seconds=1.0,
        finished=True,
        repairs=(),
        notes=(),
        warnings=(),
        marginal=np.full((len(counts), len(goals)), 0.01),
        tried=tuple(tried),
        baseline=performance(0.05, 2),
    )
