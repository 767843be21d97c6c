"""Breaks during which nobody would be left on any shift: a plan has its agents take them by turns."""

from __future__ import annotations

import copy
from collections.abc import Iterator

from ccsim.lowering import Horizon, lower, not_on_leave, rosters
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.scenario.pauses import cycle_of
from ccsim.scenario.shifts import Pattern
from ccsim.scenario.values import HOUR, Span, written_duration
from ccsim.staffing.patterns import crews, names, staffed
from ccsim.workload.unserved import stretches


def by_turns(scenario: Scenario) -> tuple[Scenario, tuple[str, ...]]:
    """The scenario with windows in place of such breaks at a fixed time, and what was changed, in words.

    No number of agents serves an open queue while every shift to choose from is on a break; agents of a pattern then
    go one after the other, up to an hour before or after.
    """
    patterns, raw, notes = scenario.staffing.patterns, copy.deepcopy(scenario.raw), []
    for p, b, queue in _with_nobody_left(scenario):
        rest, window = patterns[p].breaks[b], _window(patterns[p], b)
        if window == rest.between:  # no room for turns
            continue
        raw["staffing"]["patterns"][p]["breaks"][b] = {"length": written_duration(rest.lasts), "between": str(window)}
        notes.append(
            f"{names(patterns)[p]}: if all took their break at {rest.between}, nobody would be there for {queue}; "
            f"planned by turns in {window}. To keep fixed times, add a pattern whose break is at another time"
        )
    return (read.parse(raw, given=scenario.files) if notes else scenario), tuple(notes)


def _with_nobody_left(scenario: Scenario) -> Iterator[tuple[int, int, str]]:
    """Pattern and place of each break at a fixed time in which a queue that the pattern serves is open with nobody."""
    patterns, horizon = scenario.staffing.patterns, Horizon.of(scenario)
    fixed = [(p, b) for p, pattern in enumerate(patterns) for b, rest in enumerate(pattern.breaks) if rest.is_fixed]
    if not fixed:
        return
    everybody = staffed(scenario, map(cycle_of, patterns))
    days = [{period.day for period in group.members[0]} for _, group in crews(scenario)]
    (plan, _), comes = lower(everybody), not_on_leave(rosters(everybody))
    for q, queue in enumerate(scenario.queue):
        edges, is_open, served = stretches(plan, comes, q)
        alone = is_open & ~served
        for p, b in [*fixed]:
            times = [horizon.stretch(day, patterns[p].breaks[b].between) for day in days[p]]
            serves = queue in scenario.team[patterns[p].team].skills
            if serves and any(alone[(edges[:-1] >= start) & (edges[1:] <= end)].any() for start, end in times):
                fixed.remove((p, b))
                yield p, b, queue


def _window(pattern: Pattern, place: int) -> Span:
    """As many places of its length before and after a break as lie within an hour and the shift, no nearer to another
    break than halfway."""
    rest, lasts = pattern.breaks[place].between, pattern.breaks[place].lasts
    others = [other.between for other in pattern.breaks if other is not pattern.breaks[place]]
    before = [(other.end + rest.start) // 2 for other in others if other.end <= rest.start]
    after = [(rest.end + other.start) // 2 for other in others if other.start >= rest.end]
    earliest = max(pattern.hours.start, rest.start - HOUR, *before)
    latest = min(pattern.hours.end, rest.end + HOUR, *after)
    return Span(rest.start - (rest.start - earliest) // lasts * lasts, rest.end + (latest - rest.end) // lasts * lasts)
