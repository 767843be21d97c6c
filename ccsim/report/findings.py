"""What to do, as far as the figures say it: what misses its target and when, where agents lack and where they idle.

Nothing here goes beyond the figures and what was tried: how many agents a target needs is for a search to answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import numpy as np

from ccsim.metrics import METRICS
from ccsim.metrics.registry import Level
from ccsim.report.actions import Action
from ccsim.report.document import Finding
from ccsim.report.hours import HourRange, Hours
from ccsim.results import format
from ccsim.results.model import Results
from ccsim.results.targets import MetricTarget, targets
from ccsim.tables import F64

CEILING: Final = 0.85
"""Focused work above this share of an hour leaves no room for chance (practice: occupancy ceiling 85 %)."""

IDLE: Final = 0.25
"""From this share of its staffed time without any session on, a team's idle time is worth a line."""


def findings(results: Results, actions: Sequence[Action] = ()) -> tuple[Finding, ...]:
    """Missed targets first, then those too close to call, open hours without agents, and teams.

    Of each the `actions` that were tried come first, then what the figures say.
    """
    hours, spec = Hours.of(results), results.spec
    goals = sorted((goal for goal in targets(results) if not (goal.met and goal.sure)), key=lambda goal: not goal.sure)
    by_subject: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for action in actions:
        by_subject["queue", action.queue].append(action.sentence(results.scenario.currency))
    for goal in goals:
        by_subject[goal.level, goal.name] += _target(results, hours, goal)
    for q, name in enumerate(spec.queues):
        by_subject["queue", name] += _unstaffed(results, hours, q)
    for name in spec.teams:
        by_subject["team", name] += [
            *_full(results, hours, name),
            *_idle(results, hours, name),
            *_overtime(results, name),
        ]
    return tuple(
        Finding(results.scenario.title(name), tuple(dict.fromkeys(lines)))
        for (_, name), lines in by_subject.items()
        if lines
    )


def _target(results: Results, hours: Hours, goal: MetricTarget) -> list[str]:
    estimate = results.estimate(goal.level, goal.name, goal.metric)
    assert estimate is not None
    what, wanted = METRICS[goal.level, goal.metric].title, f"{100 * goal.wanted:.4g} %"
    if not goal.sure:
        low, high = format.percent(estimate.low), format.percent(estimate.high)
        return [
            f"{what} is too close to call: the {wanted} wanted lies within {low} to {high}. More replications tell."
        ]
    side = "below" if goal.at_least else "above"
    lines = [f"{what} is {100 * abs(estimate.mean - goal.wanted):.1f} points {side} the {wanted} wanted."]
    if goal.level == "queue":
        lines += [*_when(results, hours, goal), *_skilled(results, goal.name)]
    return lines


def _when(results: Results, hours: Hours, goal: MetricTarget) -> list[str]:
    """When the contacts came that missed the target: on which days, at which hours, in closed hours."""
    offered = _series(results, "queue", goal.name, "offered")
    level = results.series("queue", goal.name, goal.metric).mean
    missed = offered * np.nan_to_num(1 - level if goal.at_least else level)
    if missed.sum() <= 0:
        return []
    parts = []
    if span := hours.peak(missed):
        parts.append(f"{format.percent(span.share, 0)} came {span}")
    queue = results.spec.queues.index(goal.name)
    closed = missed[~hours.open(results, queue)].sum() / missed.sum()
    if closed >= 0.2:
        on = "" if results.spec.business_clock[queue] else ", when its clock runs on"
        parts.append(f"{format.percent(closed, 0)} came while it was closed{on}")
    lines = [f"Of the contacts that missed it, {format.listed(parts)}."] if parts else []
    return [*_worst_days(results, hours, goal.name, missed, offered), *lines]


def _worst_days(results: Results, hours: Hours, queue: str, missed: F64, offered: F64) -> list[str]:
    """The few days with at least half of what missed the target, if they have it out of proportion."""
    shares = hours.by_day(missed) / missed.sum()
    order = np.argsort(-shares, kind="stable")
    worst = np.sort(order[: int(np.searchsorted(np.cumsum(shares[order]), 0.5)) + 1])
    share, usual = shares[worst].sum(), hours.by_day(offered)[worst].sum() / offered.sum()
    if len(worst) > 3 or share < 1.5 * usual:
        return []
    days = format.listed([format.day(hours.dates[day]) for day in worst.tolist()])
    text = f"Worst on {days}: {format.percent(share, 0)} of what missed it, {format.percent(usual, 0)} of its contacts"
    staffed = hours.by_day(_staffed(results, queue))
    if staffed.sum() > 0:
        text += f", {format.percent(staffed[worst].sum() / staffed.sum(), 0)} of the staffed hours of its teams"
    return [f"{text}."]


def _skilled(results: Results, queue: str) -> list[str]:
    """How busy the teams with the skill are, and which teams without it have time."""
    able, idle = [], []
    for name, team in results.scenario.team.items():
        busy, alone = _figure(results, name, "utilisation"), _figure(results, name, "concurrency_share_0")
        if queue in team.skills:
            able.append(f"{name} (in focused work {format.percent(busy, 0)} of the time)")
        elif alone >= IDLE:
            idle.append(f"{name} ({format.percent(alone, 0)})")
    lines = [f"Served by {format.listed(able)}."] if able else ["No team has the skill."]
    return lines + ([f"Without the skill, but with time to spare: {format.listed(idle)}."] if idle else [])


def _unstaffed(results: Results, hours: Hours, queue: int) -> list[str]:
    """Open hours in which contacts that do not wait long come while nobody with the skill is on duty."""
    name = results.spec.queues[queue]
    if results.scenario.queue[name].kind.persistent:  # a message can wait for the morning
        return []
    offered = _series(results, "queue", name, "offered")
    alone = hours.open(results, queue) & (_staffed(results, name) <= 0) & (offered > 0)
    if not alone.any():
        return []
    length, contacts = float(hours.lengths[alone].sum()), float(offered[alone].sum())
    first = format.moment(results.scenario, int(hours.starts[alone][0]))
    return [
        f"Open for {format.duration(length)} with nobody on duty who has the skill, first on {first}; "
        f"{format.several(format.count(contacts), 'contact')} came then."
    ]


def _full(results: Results, hours: Hours, team: str) -> list[str]:
    staffed = _series(results, "team", team, "staffed_hours")
    spans = hours.above(staffed * _series(results, "team", team, "utilisation"), staffed, CEILING)
    if not spans:
        return []
    limit = format.percent(CEILING, 0)
    return [f"Too full {_listed(spans)}: above {limit} in focused work there is no room for chance."]


def _idle(results: Results, hours: Hours, team: str) -> list[str]:
    share, staffed = _figure(results, team, "concurrency_share_0"), _figure(results, team, "staffed_hours")
    if not share >= IDLE:
        return []
    by_interval = _series(results, "team", team, "staffed_hours")
    spans = hours.above(by_interval * _series(results, "team", team, "concurrency_share_0"), by_interval, 1.2 * share)
    most = f", most {_listed(spans)}" if spans else ""
    idle = f"{format.count(share * staffed)} of {format.count(staffed)} staffed hours ({format.percent(share, 0)})"
    return [f"Time to spare: without any session for {idle}{most}."]


def _listed(spans: Sequence[HourRange]) -> str:
    """The three spans with the largest shares, in order of time."""
    kept = sorted(sorted(spans, key=lambda span: -span.share)[:3], key=lambda span: span.first)
    return format.listed([f"{span} ({format.percent(span.share, 0)})" for span in kept])


def _overtime(results: Results, team: str) -> list[str]:
    over, paid = _figure(results, team, "overtime_hours"), _figure(results, team, "paid_hours")
    if not over > 0.01 * paid:
        return []
    return [f"Overtime: {format.count(over)} hours, {format.percent(over / paid)} of the paid ones."]


def _staffed(results: Results, queue: str) -> F64:
    """Staffed hours of the teams with the skill, by interval."""
    teams = [team for team, row in results.scenario.team.items() if queue in row.skills]
    hours = (_series(results, "team", team, "staffed_hours") for team in teams)
    return sum(hours, np.zeros(len(results.summary.starts)))


def _figure(results: Results, team: str, metric: str) -> float:
    estimate = results.estimate("team", team, metric)
    return np.nan if estimate is None else estimate.mean


def _series(results: Results, level: Level, name: str, metric: str) -> F64:
    """The means by interval, 0 where there are no data."""
    return np.nan_to_num(results.series(level, name, metric).mean)
