"""Random small weeks, two queues and two teams, whose staffings can all be tried: the search finds the cheapest."""

from __future__ import annotations

import itertools
import os
from typing import Any

import numpy as np
import pytest

from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.staffing.baseline import baseline
from ccsim.staffing.patterns import costs, staffed
from ccsim.staffing.proof import Prover
from ccsim.staffing.shifts import Infeasible, most_of_use, shift_plan
from ccsim.staffing.trials import Judge, Pool, Trials, today
from ccsim.tables import I64

WEEKS = int(os.environ.get("CCSIM_WEEKS", "30"))
"""Random weeks that are tried."""

MISSED = 2
"""Of thirty, those whose cost may be another."""

SEARCHED, FRESH = 24, 400
"""Replications of the search, and of the check that the plan meets every target."""

BY_FAR = 0.1
"""Share by which a target is missed in the replications of the search that no chance explains."""


def week(number: int) -> Scenario:
    """Calls and chats of two days, four to six patterns with a break that is taken by turns in a window."""
    rng = np.random.default_rng(number)
    opens, closes = 9, int(rng.integers(13, 16))

    def hours(start: int, end: int) -> str:
        return f"{start:02d}:00-{end:02d}:00"

    def pattern(team: str, start: int, end: int) -> dict[str, Any]:
        window = {"length": "15m", "between": f"{start + 1:02d}:00-{end - 1:02d}:00"}
        return {"team": team, "hours": hours(start, end), "breaks": [window], "max": 5 if end - start > 3 else 4}

    patterns = []
    for team in ("voice", "text"):
        patterns.append(pattern(team, opens, closes))
        for _ in range(int(rng.integers(1, 3))):
            start = int(rng.integers(opens, closes - 3))
            patterns.append(pattern(team, start, int(rng.integers(start + 3, closes + 1))))
    phone = {
        "channel": "phone",
        "volume": {"per_day": float(rng.integers(60, 130)), "shape": "office"},
        "work": {"mean": f"{rng.integers(2, 5)}m", "cv": 1.0},
        "patience": {"dist": "exponential", "mean": f"{rng.integers(60, 240)}s"},
        "service_level": f"{rng.integers(70, 90)}/{rng.integers(15, 40)}",
    }
    chat = {
        "channel": "live_chat",
        "volume": {"per_day": float(rng.integers(30, 70)), "shape": "office"},
        "service_level": f"{rng.integers(70, 90)}% in 60s",
        "reply_target": "none",
    }
    shift = [{"agents": 4, "hours": hours(opens, closes)}]
    return read.parse(
        {
            "start": "2026-03-02",
            "days": 2,
            "drain": "2h",
            "seed": number,
            "replications": SEARCHED,
            "queue": {"phone": phone | {"open": hours(opens, closes)}, "chat": chat | {"open": hours(opens, closes)}},
            "team": {
                "voice": {"skills": {"phone": 1}, "shifts": shift, "cost_per_hour": float(rng.integers(18, 26))},
                "text": {
                    "skills": {"chat": 1, "phone": 2}, "concurrency": {"chat": 3}, "shifts": shift,
                    "cost_per_hour": float(rng.integers(18, 26)),
                },
            },
            "staffing": {"patterns": patterns},
        }
    )  # fmt: skip


def cheapest(scenario: Scenario) -> float | None:
    """Of all staffings the cheapest that holds on the search's random numbers and that fresh ones prove; None: none.

    From the cheapest up, without those that have nowhere more agents than one that failed by far: service rises with
    agents, but for chance.
    """
    cost = costs(scenario)
    most = most_of_use(scenario, baseline(scenario))
    pool = Pool(Trials(scenario, scenario.seed, range(SEARCHED)), most)
    judge = Judge.of(scenario, pool.goals)
    prover = Prover(scenario, judge, most, workers=1)
    every = np.array(list(itertools.product(*(range(number + 1) for number in most.tolist()))))
    failed: list[I64] = []
    for agents in every[np.argsort(every @ cost, kind="stable")]:
        if any((agents <= fails).all() for fails in failed):
            continue
        worst = np.nanmin(judge.slack(pool.tally(agents)))
        if worst < -BY_FAR:
            failed = [fails for fails in failed if not (fails <= agents).all()] + [agents]
        elif worst >= 0 and not prover.prove(agents).short.any():
            return float(cost @ agents)
    return None


@pytest.mark.slow
def test_the_cheapest_of_all_and_no_target_missed_on_fresh_random_numbers() -> None:
    """The cheapest by the rule of a plan: it holds on the search's numbers and is proven on others.

    The search's alone are no measure: the cheapest on them is often one that luck favours, and the proof turns it down.
    That no target is missed is seen on 400 replications that neither has used.
    """
    same, below, repaired, tried = 0, 0, 0, 0
    for number in range(1, WEEKS + 1):
        scenario = week(number)
        best = cheapest(scenario)
        try:
            plan = shift_plan(scenario)
        except Infeasible:
            assert best is None
            continue
        tried += 1
        assert best is not None
        same += plan.searched.cost == pytest.approx(best)
        below += plan.lower_bound <= best * (1 + 1e-6)
        repaired += bool(plan.repairs)
        ready = staffed(plan.scenario, plan.agents.tolist())
        fresh = today(Trials(ready, 10_000 + number, range(FRESH))).estimates()
        figures = [f"{g.label(str)} {f.mean:.4f} of {g.wanted:g}" for g, f in zip(plan.goals, fresh, strict=True)]
        print(
            f"week {number}: plan {plan.agents} at {plan.searched.cost:.0f}, cheapest {best:.0f}, bound "
            f"{plan.lower_bound:.0f}, {plan.evaluations} staffings, {len(plan.repairs)} repairs; fresh {figures}",
            flush=True,
        )
        for goal, figure in zip(plan.goals, fresh, strict=True):
            assert goal.slack(np.array(figure.mean)) >= 0, f"week {number}: {goal.label(str)}"
    print(f"{same} of {tried} at the same cost, {below} with a bound below it, {repaired} with a margin")
    assert tried >= WEEKS / 2
    assert same >= tried - MISSED
    assert below >= tried - MISSED
