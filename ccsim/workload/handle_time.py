"""How handle time and patience differ by the time at which a contact came: a factor on what was drawn.

The draws themselves stay as they are, so the same customers have longer calls in the afternoon. The time is that of the
chain's first contact, which alone is known before the run; the initial backlog counts as coming at the start.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ccsim.scenario.profiles import PROFILED
from ccsim.tables import F64, I64, NEVER, Bool, Workload
from ccsim.workload.difficulty import expected

if TYPE_CHECKING:
    from ccsim.scenario.model import Scenario
    from ccsim.scenario.values import ByDay
    from ccsim.scenario.volumes import Move


class Steps(NamedTuple):
    """A factor that is constant in pieces: `factor[i]` from `start[i]` on, 1 before the first; sorted."""

    start: I64
    factor: F64

    def at(self, times: I64) -> F64:
        """The factor at each of these times."""
        return np.concatenate(([1.0], self.factor))[np.searchsorted(self.start, times, side="right")]

    def over(self, edges: I64) -> F64:
        """The mean factor between each two edges."""
        cuts = np.union1d(edges, np.clip(self.start, edges[0], edges[-1]))
        area = np.concatenate(([0.0], np.cumsum(self.at(cuts[:-1]) * np.diff(cuts))))
        return np.asarray(np.diff(np.interp(edges, cuts, area)) / np.diff(edges))


Factors = dict[str, dict[int, Steps]]
"""By column of the workload (work, wrap_up, patience) the factors of those queues that have some, by number."""


def factors_of(scenario: Scenario) -> Factors:
    """The factors that profiles and a volume file's handle times make."""
    factors: Factors = {key: {} for key in PROFILED}
    for q, queue in enumerate(scenario.queue.values()):
        if (handled := _by_interval(scenario, q)) is not None:
            factors["work"][q] = factors["wrap_up"][q] = handled
        for key, by_day in queue.profiles.items():
            factors[key][q] = _by_clock(scenario, by_day)
    return factors


def _by_interval(scenario: Scenario, q: int) -> Steps | None:
    """Handle time of a volume file's intervals over the queue's usual one; 1 where it gives none."""
    queue = list(scenario.queue.values())[q]
    volume = queue.volume
    if volume is None or not any(row.handle_time for row in volume.intervals):
        return None
    parts = [(*stretch, row) for row, shown in scenario.by_the_clock(volume) for stretch in shown]
    starts, ends = (np.array([part[place] for part in parts], dtype=np.int64) for place in (0, 1))
    edges = np.union1d(starts, ends)
    usual = queue.handle_time * expected(scenario, q, edges)[np.searchsorted(edges, starts)]
    steps: dict[int, float] = {}
    for (start, end, row), of_people in zip(parts, usual.tolist(), strict=True):
        steps[start] = row.handle_time / of_people if row.handle_time else 1.0
        steps.setdefault(end, 1.0)
    return Steps(np.array(sorted(steps), dtype=np.int64), np.array([steps[start] for start in sorted(steps)]))


def _by_clock(scenario: Scenario, by_day: ByDay[tuple[tuple[int, float], ...]]) -> Steps:
    calendar = scenario.calendar
    steps: dict[int, float] = {}
    for day in range(scenario.days):
        steps[calendar.at(day)] = 1.0
        for wall, factor in by_day.on(calendar.date(day)):
            steps[calendar.at(day, wall)] = factor
    return Steps(np.array(sorted(steps), dtype=np.int64), np.array([steps[start] for start in sorted(steps)]))


def varied(workload: Workload, factors: Factors, own_work: Bool, harder: F64 | None = None) -> Workload:
    """The same contacts with what was drawn for them times the factors of the time at which they came, their work and
    wrap-up also times `harder` : float64[contact].

    Those of `own_work`, who were moved to the queue with work of their own, keep it whatever the time.
    """
    came = np.maximum(workload.arrival[workload.root], 0)
    changed = {}
    for key, by_queue in factors.items():
        each = np.ones(len(came))
        for q, steps in by_queue.items():
            mine = np.flatnonzero(workload.queue == q)
            each[mine] = steps.at(came[mine])
        if key != "patience":
            each[own_work] = 1.0
            each *= 1.0 if harder is None else harder
        for name, factor, which in _columns(workload, key, each):
            drawn = getattr(workload, name)
            longer = which & (drawn < NEVER) & (factor != 1)
            changed[name] = drawn.copy()
            changed[name][longer] = np.rint(drawn[longer] * factor[longer])
    return workload._replace(**changed)


def _columns(workload: Workload, key: str, each: F64) -> Iterator[tuple[str, F64, Bool]]:
    """The columns that a factor by contact is for, the factor by row of the column, and the rows it is for."""
    if key == "work":
        by_turn = np.repeat(each, workload.turns)
        yield "work", by_turn, np.ones(len(by_turn), dtype=np.bool_)
    elif key == "wrap_up":
        yield "wrap_up", each, np.ones(len(each), dtype=np.bool_)
    else:  # of who is written to it is the end of a window
        yield "patience", each, ~workload.outbound
        yield "held_patience", each, ~workload.outbound


def relative(scenario: Scenario, edges: I64) -> F64:
    """Handle times between each two edges over the queues' usual ones : float64[queue, interval]."""
    factors = factors_of(scenario)
    longer = np.ones((len(scenario.queue), len(edges) - 1))
    for q, queue in enumerate(scenario.queue.values()):
        parts = ((queue.turns_mean * queue.turn_work.mean, "work"), (queue.wrap_up.mean, "wrap_up"))
        changes = sum(
            usual * (factors[key][q].over(edges) - 1) for usual, key in parts if usual > 0 and q in factors[key]
        )
        longer[q] += changes / (queue.handle_time or 1.0)
        longer[q] *= expected(scenario, q, edges)
    others = longer.copy()
    for move in scenario.move:
        if move.work is not None or move.turns is not None:
            q = list(scenario.queue).index(move.to)
            longer[q] += _by_move(scenario, move, others[q], edges)
    return longer


def _by_move(scenario: Scenario, move: Move, others: F64, edges: I64) -> F64:
    """What the contacts that a move brings add to the relative handle times of the others in their queue."""
    from ccsim.workload.customers import moved_rate, poisson_rate

    queue = scenario.queue[move.to]
    moved, everybody = (
        np.diff(np.interp(edges, rate.edges, rate.expected))
        for rate in (moved_rate(scenario, move), poisson_rate(scenario, move.to))
    )
    share = np.divide(moved, everybody, out=np.zeros(len(moved)), where=everybody > 0)
    theirs = queue.moved(move).handle_time / (queue.handle_time or 1.0)
    # with turns alone each turn takes as long as those of the others
    return np.asarray(share * (theirs * (1.0 if move.work is not None else others) - others))


class HandleTime(NamedTuple):
    """What a queue's contacts take an agent, work and wrap-up together, in seconds: before pace and slowdown."""

    usual: float
    """by the distributions of turns, work and wrap-up"""
    mean: float
    """of those who come"""
    low: float
    high: float
    """in the reporting intervals with the least and the most, of those in which somebody comes"""


def handle_times(scenario: Scenario) -> dict[str, HandleTime]:
    """By queue; the mean is over the contacts that its volume makes expect."""
    from ccsim.workload.customers import poisson_rate
    from ccsim.workload.offered import interval_edges

    edges = interval_edges(scenario)
    times = {}
    for (name, queue), by_interval in zip(scenario.queue.items(), relative(scenario, edges), strict=True):
        rate = poisson_rate(scenario, name)
        contacts = np.diff(np.interp(edges, rate.edges, rate.expected))
        some = queue.handle_time * (by_interval[contacts > 0] if contacts.any() else by_interval)
        weights = contacts[contacts > 0] if contacts.any() else np.ones(len(some))
        mean = float(some @ weights / weights.sum())
        times[name] = HandleTime(queue.handle_time, mean, float(some.min()), float(some.max()))
    return times
