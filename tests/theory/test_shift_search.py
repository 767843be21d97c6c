"""Shifts of a day with two skills, small enough to try every staffing there is."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.staffing.patterns import costs
from ccsim.staffing.search import Search
from ccsim.staffing.trials import Judge, Pool, Trials

MOST = 4


def day(targets_over: str) -> Scenario:
    """Sales and support, a team for each and one for both; full and part-time shifts of at most four agents."""

    def calls(per_hour: float, work: str, target: str) -> dict[str, Any]:
        return {
            "channel": "phone",
            "open": "09:00-15:00",
            "volume": {"per_hour": per_hour},
            "work": {"dist": "exponential", "mean": work},
            "wrap_up": 0,
            "patience": "never",
            "service_level": target,
        }

    def team(cost: float, **skills: int) -> dict[str, Any]:
        return {"skills": skills, "shifts": [{"agents": 1, "hours": "09:00-15:00"}], "cost_per_hour": cost}

    return read.parse(
        {
            "start": "2026-03-02",
            "days": 1,
            "interval": "2h",
            "drain": "1h",
            "seed": 1,
            "queue": {"sales": calls(30, "4m", "80/20"), "support": calls(24, "5m", "75/40")},
            "team": {
                "sellers": team(20, sales=1),
                "technicians": team(21, support=1),
                "both": team(24, sales=2, support=2),
            },
            "staffing": {
                "targets_over": targets_over,
                "patterns": [
                    {"team": "sellers", "hours": "09:00-15:00", "max": MOST},
                    {"team": "technicians", "hours": "09:00-15:00", "max": MOST},
                    {"team": "both", "hours": "09:00-13:00", "max": MOST},
                    {"team": "both", "hours": "11:00-15:00", "max": MOST},
                    {"team": "both", "hours": "09:00-15:00", "max": MOST},
                ],
            },
        }
    )


@pytest.mark.parametrize("targets_over", ["run", pytest.param("interval", marks=pytest.mark.slow)])
def test_as_cheap_as_full_enumeration_with_a_tenth_of_its_simulations(targets_over: str) -> None:
    """Enumerated from the cheapest up until one holds: those dearer need not be simulated to know that it is best."""
    scenario = day(targets_over)
    cost, n = costs(scenario), len(scenario.staffing.patterns)
    most = np.full(n, MOST)
    pool = Pool(Trials(scenario, scenario.seed, range(5)), most)
    judge = Judge.of(scenario, pool.goals)
    search = Search(pool.tally, cost, np.zeros(n, np.int64), most, judge)
    assert search.run()
    assert search.best is not None

    every = np.array(list(itertools.product(range(MOST + 1), repeat=n)))
    cheapest_first = every[np.argsort(every @ cost, kind="stable")]
    best = next(agents for agents in cheapest_first if not (judge.slack(pool.tally(agents)) < 0).any())
    print(f"{search.best} at {cost @ search.best}, {best} at {cost @ best}; {search.evaluations} of {len(every)}")
    assert cost @ search.best == pytest.approx(cost @ best)
    assert search.evaluations <= len(every) / 10
    assert search.bound <= cost @ best + 1e-6
