"""Random weeks. Small ones, whose staffings can all be tried: the search finds the cheapest. Larger ones: how near it
is to its bound, that fresh random numbers hold the targets, and that a run of the plan costs what the plan says.
"""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ccsim.results.plans import ShiftPlan
from ccsim.runs.run import run
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.staffing import output
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

LARGER = 20
"""Replications of the search of a larger week."""

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


def larger_week(number: int) -> Scenario:
    """Calls of two kinds, chats and e-mail from Monday to Friday, three teams, ten patterns and more by lot.

    Too many staffings to try them all: up to nine agents a pattern make 10 to the power of 10 and more.
    """
    rng = np.random.default_rng(1_000 + number)
    opens, closes = 8, int(rng.integers(17, 20))
    open_ = {"mon-fri": f"{opens:02d}:00-{closes:02d}:00"}

    def pattern(team: str, start: int, length: int) -> dict[str, Any]:
        window = {"length": "30m", "between": f"{start + 2:02d}:00-{start + length - 1:02d}:00"}
        hours = f"{start:02d}:00-{start + length:02d}:00"
        return {"team": team, "days": "mon-fri", "hours": hours, "breaks": [window] if length > 5 else []}

    patterns = []
    for team in ("voice", "text", "both"):
        patterns += [pattern(team, opens, 8), pattern(team, closes - 8, 8)]
        chosen = {(opens, 8), (closes - 8, 8)}
        for _ in range(int(rng.integers(2, 5))):
            length = int(rng.choice([4, 5, 6, 8]))
            start = int(rng.integers(opens, closes - length + 1))
            if (start, length) not in chosen:
                chosen.add((start, length))
                patterns.append(pattern(team, start, length))

    def queue(channel: str, least: int, most: int, target: str, **more: Any) -> dict[str, Any]:
        volume = {"per_day": float(rng.integers(least, most)), "shape": "office", "weekday": {"mon": 1.15}}
        return {"channel": channel, "open": open_, "volume": volume, "service_level": target, **more}

    def calls(least: int, most: int) -> dict[str, Any]:
        target = f"{rng.integers(75, 90)}/{rng.integers(15, 40)}"
        patience = {"dist": "exponential", "mean": f"{rng.integers(90, 240)}s"}
        return queue(
            "phone", least, most, target, work={"mean": f"{rng.integers(3, 6)}m", "cv": 1.0}, patience=patience
        )

    def team(**skills: int) -> dict[str, Any]:
        return {
            "skills": skills, "concurrency": {"chat": 3} if "chat" in skills else {},
            "shifts": [{"agents": 4, "days": "mon-fri", "hours": f"{opens:02d}:00-{closes:02d}:00"}],
            "absence": 0.05, "cost_per_hour": float(rng.integers(18, 26)),
        }  # fmt: skip

    chat = queue("live_chat", 60, 140, f"{rng.integers(70, 90)}% in 60s", reply_target="none")
    email = queue("email", 40, 90, f"{rng.integers(75, 95)}% in {rng.integers(4, 9)}h", clock="business")
    return read.parse(
        {
            "start": "2026-03-02",
            "days": 5,
            "drain": "12h",
            "seed": number,
            "replications": LARGER,
            "queue": {
                "phone": calls(120, 260) | {"max_abandonment": float(rng.integers(4, 9)) / 100},
                "orders": calls(50, 120),
                "chat": chat,
                "email": email,
            },
            "team": {
                "voice": team(phone=1, orders=1),
                "text": team(chat=1, email=2),
                "both": team(phone=2, chat=2, email=3),
            },
            "staffing": {"patterns": patterns},
        }
    )


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


def differs_in_a_run(plan: ShiftPlan, folder: Path, seed: int) -> list[str]:
    """Where a run of the plan's scenario, as it is written, does not have the plan's cost and service.

    Cost without overtime to the cent; a figure within four standard errors of the difference.
    """
    shifts = output.Shifts("simulation", plan.agents)
    required = baseline(plan.scenario).requirement(plan.scenario)
    written = output.to_folder(folder, plan.scenario, [required], shifts, plan)
    again = read.load(written / "scenario.toml").model_copy(update={"seed": seed, "replications": 100})
    results = run(again, engine="compiled")

    def spent(metric: str) -> float:
        return float(np.nansum([results.estimate("team", team, metric).mean for team in again.team]))

    differences = []
    if abs(spent("cost") - spent("overtime_cost") - plan.searched.cost) > 0.01:
        differences.append(f"cost {spent('cost') - spent('overtime_cost'):.2f} of {plan.searched.cost:.2f}")
    for goal, fresh in zip(plan.goals, plan.fresh.figures, strict=True):
        figure = results.estimate(goal.level, goal.name, goal.metric)
        half = np.hypot(figure.high - figure.low, fresh.high - fresh.low) / 2
        if abs(figure.mean - fresh.mean) > 2 * half + 1e-9:
            differences.append(f"{goal.label(str)} {figure.mean:.4f}, plan {fresh.mean:.4f}")
    return differences


@pytest.mark.slow
def test_larger_weeks_have_a_bound_and_hold_on_fresh_random_numbers_and_in_a_run(tmp_path: Path) -> None:
    """A proof looks at 95 % intervals several times, so now and then one is wrong: of ten plans one at most."""
    gaps, missed = [], 0
    for number in range(1, WEEKS + 1):
        plan = shift_plan(larger_week(number))
        ready = staffed(plan.scenario, plan.agents.tolist())
        fresh = today(Trials(ready, 10_000 + number, range(FRESH))).estimates()
        slack = [float(goal.slack(np.array(figure.mean))) for goal, figure in zip(plan.goals, fresh, strict=True)]
        print(
            f"week {number}: {len(plan.agents)} patterns, {plan.searched.cost:.0f}, bound {plan.lower_bound:.0f}, gap "
            f"{100 * plan.gap:.1f} %, {plan.evaluations} staffings in {plan.seconds:.0f} s, slack {min(slack):.4f}",
            flush=True,
        )
        gaps.append(plan.gap)
        assert 0 < plan.lower_bound <= plan.searched.cost
        assert plan.fresh.met, f"week {number}: not proven"
        assert differs_in_a_run(plan, tmp_path, 20_000 + number) == []
        missed += min(slack) < 0
    assert missed <= max(1, WEEKS // 10)
    print(f"gap to the bound: {100 * np.mean(gaps):.1f} % on average, {100 * max(gaps):.1f} % at most")
