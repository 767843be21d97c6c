"""When queues take contacts and nobody is there to serve them: what a planner should know before a run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import numpy as np

from ccsim.distributions.durations import Distribution, Never
from ccsim.errors import Problem
from ccsim.lowering import lower, not_on_leave, rosters
from ccsim.scenario.faults import dotted
from ccsim.scenario.model import Scenario
from ccsim.scenario.parts import MICROSECOND
from ccsim.scenario.spans import local, sources, volumes
from ccsim.scenario.values import Span
from ccsim.scenario.volumes import Volume
from ccsim.tables import F64, I64, SECOND, Bool, Plan
from ccsim.workload.customers import poisson_rate

HOUR: Final = 3600 * SECOND
FEWEST: Final = 0.5
"""Expected contacts below which there is no warning."""
IMPATIENT: Final = 900.0
"""Seconds of mean patience below which contacts that wait at closing time soon leave."""


def unserved(scenario: Scenario, file: str = "") -> list[Problem]:
    """Queues open with nobody on duty, contacts that come while closed or not at all or over an hour that comes twice,
    contacts left waiting at closing time, and shifts that are worked while none of their queues is open."""
    plan, _ = lower(scenario)
    comes = not_on_leave(rosters(scenario))
    of_queues = [
        (("queue", name), *problem)
        for q, name in enumerate(scenario.queue)
        for problem in (*_of_queue(scenario, plan, comes, q, name), *_of_closed_dates(scenario, name))
    ]
    of_teams = [
        (("team", name), *problem)
        for t, name in enumerate(scenario.team)
        for problem in _of_team(scenario, plan, comes, t)
    ]
    of_volumes = [
        ((*place, "file"), *problem)
        for place, volume in volumes(scenario)
        if volume.kind == "file"
        for problem in _of_clock_changes(scenario, volume)
    ]
    every = (*of_queues, *of_teams, *of_volumes)
    return [Problem(dotted(place), value, allowed, file) for place, value, allowed in every]


def _of_queue(scenario: Scenario, plan: Plan, comes: Bool, q: int, name: str) -> Iterator[tuple[str, str]]:
    queue = scenario.queue[name]
    rejects = queue.outside_hours == "reject"
    edges, is_open, served = stretches(plan, comes, q)
    starts, length = edges[:-1], np.diff(edges)
    expected = contacts_between(scenario, name, edges)
    alone = is_open & ~served
    if (rejects or not isinstance(queue.patience, Never)) and expected[alone].sum() >= FEWEST:
        begins = scenario_time(scenario, int(starts[alone][0]))
        hours = length[alone].sum() / HOUR
        yield (
            f"open for {hours:.4g} h with nobody on duty who serves it, first on {begins}",
            f"about {expected[alone].sum():,.0f} contacts come then: other shifts, staggered breaks or other hours",
        )
    if rejects and expected[~is_open].sum() >= FEWEST:
        yield (
            f"about {expected[~is_open].sum():,.0f} of {expected.sum():,.0f} contacts come while it is closed",
            "they are rejected: change the volume, the hours or outside_hours",
        )
    if queue.at_close == "serve" and rejects and _waits(queue.patience) and expected.sum() >= FEWEST:
        ends = np.flatnonzero(is_open[:-1] & ~is_open[1:] & served[:-1] & ~served[1:])
        if len(ends):
            at = scenario_time(scenario, int(edges[ends[0] + 1]))
            yield (
                f"closes at the minute at which the last shift ends, first on {at}",
                'who still waits is served when the next shift begins: let a shift end later, or at_close = "drop"',
            )


def _of_closed_dates(scenario: Scenario, name: str) -> Iterator[tuple[str, str]]:
    """Holidays and other dates on which a queue that rejects is closed: the volume of such a day does not come."""
    queue, volume = scenario.queue[name], scenario.queue[name].volume
    if queue.outside_hours != "reject" or volume is None or volume.per_day is None:
        return
    days = [scenario.start + timedelta(days=day) for day in range(scenario.days)]
    shut = [day for day in days if not queue.open.on(day) and queue.open.weekly[day.weekday()]]
    lost = sum(volume.per_day * volume.scale * volume.weekday.on(day) for day in shut)
    if lost >= FEWEST:
        first = f"{shut[0]} {scenario.public_holidays().get(shut[0], '')}".strip()
        yield (
            f"closed on {len(shut)} {'day' if len(shut) == 1 else 'days'}, first on {first}",
            f"about {lost:,.0f} contacts of the usual volume do not come, and no other day has more for it",
        )


def _of_team(scenario: Scenario, plan: Plan, comes: Bool, t: int) -> Iterator[tuple[str, str]]:
    """Shifts of a team during which none of its queues is open, on a holiday say."""
    skills = np.flatnonzero(plan.rank[t] >= 0)
    spans = [slice(*plan.hours_offset[q : q + 2]) for q in skills]
    mine = comes & (plan.team[plan.shift_agent] == t) & (plan.shift_start < plan.end)
    meets = np.zeros(len(mine), dtype=np.bool_)
    for opens, closes in ((plan.opens[span], plan.closes[span]) for span in spans):
        for begin, end in zip(opens, closes, strict=True):
            meets |= (plan.shift_start < end) & (begin < plan.shift_end)
    idle = mine & ~meets
    if idle.any():
        hours = (np.minimum(plan.shift_end, plan.end) - plan.shift_start)[idle].sum() / HOUR
        first = scenario_time(scenario, int(plan.shift_start[idle].min()))
        named = scenario.public_holidays().get(date.fromisoformat(first[:10]))
        yield (
            f"{hours:.4g} h of shifts in which none of its queues is open, first on {first}"
            + (f" ({named})" if named else ""),
            "they count as worked and paid: other days, leave, or opening hours",
        )


def _of_clock_changes(scenario: Scenario, volume: Volume) -> Iterator[tuple[str, str]]:
    """Rows of a volume file for an hour that the clock skips, and what comes in one that it shows twice."""
    for day in range(scenario.days):
        change = scenario.calendar.change(day)
        if change is None:
            continue
        of_day = scenario.calendar.date(day)
        first, until = local(of_day, Span(*change.wall))
        hour = f"{first:%Y-%m-%d %H:%M} to {until:%H:%M}"
        if change.before < change.after:
            lost = [row.contacts for row in volume.skipped if row.start.date() == of_day]
            if sum(lost) > 0:
                yield (
                    f"{sum(lost) * volume.scale:,.4g} contacts in rows of {hour}, which the clock skips in "
                    f"{scenario.timezone}",
                    "left out: they do not come",
                )
            continue
        length = volume.length * MICROSECOND
        rows = [row for row in volume.intervals if row.start.date() == of_day]
        twice = [row.contacts for row in rows if row.start < until and first < row.start + length]
        if sum(twice) > 0:
            yield (
                f"{sum(twice) * volume.scale:,.4g} contacts in rows of {hour}, which comes twice in "
                f"{scenario.timezone}",
                "spread evenly over both times, so they should be those of both",
            )
        elif not twice and rows and rows[0].start < first and rows[-1].start >= until:
            yield f"no row of {hour}, which comes twice in {scenario.timezone}", "nobody comes then"


def scenario_time(scenario: Scenario, micros: int) -> str:
    """Local date and time of an instant of the run."""
    return f"{scenario.calendar.local(micros):%Y-%m-%d %H:%M}"


def _waits(patience: Distribution) -> bool:
    return isinstance(patience, Never) or patience.mean > IMPATIENT


def stretches(plan: Plan, comes: Bool, q: int) -> tuple[I64, Bool, Bool]:
    """Edges between which nothing about a queue changes, us : int64[n + 1]; open; somebody on duty who serves it :
    bool[n] each. `comes` : bool[shift], not on leave."""
    first, last = plan.hours_offset[q : q + 2]
    opens = np.clip(plan.opens[first:last], 0, plan.end)
    closes = np.clip(plan.closes[first:last], 0, plan.end)
    times = (opens, closes, plan.shift_start, plan.shift_end, plan.pause_start, plan.pause_end)
    edges = np.unique(np.concatenate([[0, plan.end], *times]))
    edges = edges[(edges >= 0) & (edges <= plan.end)]
    return edges, _within(edges[:-1], opens, closes), _agents(plan, comes, q, edges[:-1]) > 0


def _within(times: I64, starts: I64, ends: I64) -> Bool:
    return np.asarray(_count(times, starts, ends) > 0)


def _agents(plan: Plan, comes: Bool, q: int, times: I64) -> I64:
    """Agents with the skill who are on duty at each time."""
    able = comes & (plan.rank[plan.team[plan.shift_agent], q] >= 0)
    away = able[plan.pause_shift]
    present = _count(times, plan.shift_start[able], plan.shift_end[able])
    return present - _count(times, plan.pause_start[away], plan.pause_end[away])


def _count(times: I64, starts: I64, ends: I64) -> I64:
    """How many of these half-open stretches hold each time."""
    begun = np.searchsorted(np.sort(starts), times, side="right")
    return np.asarray(begun - np.searchsorted(np.sort(ends), times, side="right"), dtype=np.int64)


def contacts_between(scenario: Scenario, name: str, edges: I64) -> F64:
    """Contacts of a queue to be expected between each two of these times, or those that a log has : float64[n]."""
    rate = poisson_rate(scenario, name)
    expected = np.diff(np.interp(edges.astype(np.float64), rate.edges.astype(np.float64), rate.expected))
    for source, share in sources(scenario, name).items():
        volume = scenario.queue[source].volume
        if volume is not None and volume.trace is not None:
            times = np.array([scenario.moment(time) for time in volume.trace.arrivals], dtype=np.int64)
            expected = expected + np.histogram(times, edges)[0] * volume.scale * share
    return np.asarray(expected)
