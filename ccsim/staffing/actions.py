"""What would help where a target is missed, each tried by simulation on the random numbers of the run.

Few and cheap: the targets missed by most, the hours in which most was missed, more agents then, or the skill for a team
that has time to spare. What it takes to meet every target is for `ccsim staff` to find.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np

from ccsim.metrics import TOTAL
from ccsim.report.actions import Action
from ccsim.report.hours import Hours
from ccsim.results import format
from ccsim.results.figures import MetricPlace
from ccsim.results.model import Results
from ccsim.results.targets import MetricTarget, targets
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.scenario.values import WEEKDAYS
from ccsim.staffing.baseline import required_of
from ccsim.studies.compare import compare
from ccsim.tables import I64

TARGETS: Final = 3
"""Missed targets for which something is tried."""
REPLICATIONS: Final = 5
"""Of each trial, at most."""
WORTH_A_SHIFT: Final = 0.1
"""Share of what missed the target, from which a weekday gets more agents."""
IDLE: Final = 0.25
"""From this share of its time without any session a team may learn another queue."""
TEAMS: Final = 3
"""Teams that are tried with another queue: those with most hours to spare."""


class _Trial(NamedTuple):
    goal: MetricTarget
    change: str
    scenario: Scenario


def actions(results: Results) -> tuple[Action, ...]:
    """What was tried for the targets of queues that are missed by most, the most effective of a target first."""
    missed = [goal for goal in targets(results) if goal.level == "queue" and goal.sure and not goal.met]
    missed.sort(key=lambda goal: -_shortfall(results, goal))
    hours = Hours.of(results)
    if not missed:
        return ()
    required = required_of(results)
    trials = [trial for goal in missed[:TARGETS] for trial in _trials(results, hours, goal, required)]
    if not trials:
        return ()
    base = results.scenario.with_streams(results.scenario.seed, min(results.replications, REPLICATIONS))
    scenarios = {"": base} | {str(number): trial.scenario for number, trial in enumerate(trials)}
    compared = compare(scenarios, engine=results.engine, workers=1, executor="threads")
    made = []
    for trial, variant in zip(trials, compared.variants[1:], strict=True):
        place, cost = MetricPlace("queue", trial.goal.name, trial.goal.metric), MetricPlace(TOTAL, TOTAL, "cost")
        own, apart, dearer = (
            compared.estimate(variant, place), compared.difference(variant, place), compared.difference(variant, cost)
        )  # fmt: skip
        if own is not None and apart is not None and not math.isnan(apart.mean):
            spent = 0.0 if dearer is None else dearer.mean
            made.append(
                Action(trial.goal.name, trial.change, trial.goal.metric, trial.goal.wanted, own.mean, *apart, spent)
            )
    queues = [goal.name for goal in missed]
    return tuple(sorted(made, key=lambda action: (queues.index(action.queue), -abs(action.difference))))


def _shortfall(results: Results, goal: MetricTarget) -> float:
    estimate = results.estimate(goal.level, goal.name, goal.metric)
    return 0.0 if estimate is None else abs(estimate.mean - goal.wanted)


def _trials(results: Results, hours: Hours, goal: MetricTarget, required: I64) -> Iterator[_Trial]:
    """More agents in the hours in which most was missed, and the skill for a team with time to spare."""
    scenario, queue = results.scenario, goal.name
    offered, level = (np.nan_to_num(results.series("queue", queue, m).mean) for m in ("offered", goal.metric))
    missed = offered * (1 - level if goal.at_least else level)
    missed[~hours.open(results, results.spec.queues.index(queue))] = 0
    span = hours.peak(missed)
    able = [name for name, team in scenario.team.items() if queue in team.skills]
    if span is not None and able:
        within = (hours.hour >= span.first) & (hours.hour < span.last) & (missed > 0)
        staffed = {name: np.nan_to_num(results.series("team", name, "staffed_hours").mean)[within] for name in able}
        team = max(able, key=lambda name: float(staffed[name].sum()))
        t = results.spec.teams.index(team)
        lacking = required[t, within] - staffed[team] * 3600 / hours.lengths[within]
        number = max(1, round(float(np.maximum(lacking, 0).mean())))
        weekday = np.array([hours.dates[day].weekday() for day in hours.day[within].tolist()])
        share = np.bincount(weekday, missed[within], 7) / missed[within].sum()
        days = np.flatnonzero(share >= WORTH_A_SHIFT).tolist()
        clock = f"{span.first:02d}:00-{span.last:02d}:00"
        shift = {"agents": number, "hours": clock, "days": ", ".join(WEEKDAYS[day] for day in days)}
        given, name = scenario.raw["team"][team], team
        shifts = [*given.get("shifts", []), shift]
        if scenario.team[team].roster is not None:  # its agents are named: those who come are a team like it
            given, name = {key: value for key, value in given.items() if key not in ("roster", "leave")}, f"{team} more"
        every = "" if len(days) == len({day.weekday() for day in hours.dates}) else f", {shift['days']}"
        more = f"{format.several(number, 'more agent')} {clock.replace('-', '–')}{every} on team {team}"
        yield _trial(results, goal, more, name, {**given, "shifts": shifts})
    for name in _to_spare(results, queue):
        rank = max((skill.rank for skill in scenario.team[name].skills.values()), default=0) + 1
        given = scenario.raw["team"][name]
        skills = {**given["skills"], queue: rank}
        yield _trial(results, goal, f"Team {name} also serves {queue}", name, {**given, "skills": skills})


def _to_spare(results: Results, queue: str) -> list[str]:
    """The few teams without the skill that have most hours without any session, in the order of the file."""
    idle = {}
    for name, team in results.scenario.team.items():
        alone, hours = (results.estimate("team", name, what) for what in ("concurrency_share_0", "staffed_hours"))
        if queue not in team.skills and alone is not None and hours is not None and alone.mean >= IDLE:
            idle[name] = alone.mean * hours.mean
    most = sorted(idle, key=lambda name: -idle[name])[:TEAMS]
    return [name for name in idle if name in most]


def _trial(results: Results, goal: MetricTarget, change: str, team: str, table: dict[str, Any]) -> _Trial:
    """The scenario with this table for a team, which may be new."""
    scenario = results.scenario
    raw = copy.deepcopy(scenario.raw)
    raw["team"][team] = table
    streams = (scenario.seed, min(results.replications, REPLICATIONS))
    return _Trial(goal, change, read.parse(raw, given=scenario.files).with_streams(*streams))
