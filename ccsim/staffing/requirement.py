"""The requirement by simulation: least agents per team and interval, given those of the intervals before.

Forward through each day: the fewest agents at their desks in an interval with which every target holds for who arrives
in it, whatever the hours before hand over to it, and however long they then wait. What comes while everybody is closed
belongs to the interval of opening. As the hours to come are not known yet, the number looked for is kept to the end of
the day.

All days go forward side by side, so that a week costs little more than a day. What one day hands over to the next is
then that of a provisional staffing; where queues hold messages overnight, a second sweep repeats it with that of the
first.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from itertools import pairwise
from typing import Final

import numpy as np

from ccsim.lowering import lower
from ccsim.results.plans import Requirement
from ccsim.scenario.model import Scenario
from ccsim.staffing.baseline import baseline, shrinkage
from ccsim.staffing.trials import Trials, goals_of
from ccsim.tables import I64, Bool, Plan, Workload

Asking = Generator[I64, bool, I64 | None]
"""Asks whether so many agents of each team are enough; comes to the least that are, None if none are."""

LIMIT: Final = 4
"""More than so many times Erlang's most agents, and ten more, are not tried."""


def requirement(scenario: Scenario, *, workers: int = 1, progress: Callable[[], object] = lambda: None) -> Requirement:
    """Least agents at their desks by team and interval, by simulation of the scenario's replications.

    Nobody is absent or steps out, and there are no breaks: shrinkage is added afterwards. Of several teams the dearest
    is made as small as it can be first. An interval whose targets no number of agents meets keeps Erlang's; `method`
    says how many there are. `progress` is called after each staffing simulated.
    """
    desks = _Desks(scenario, workers, progress)
    erlang = baseline(scenario).requirement(scenario).agents
    counts = desks.sweep(np.zeros_like(erlang), erlang)
    if any(queue.outside_hours != "reject" for queue in scenario.queue.values()):
        counts = desks.sweep(counts, counts)
    method = "simulation, interval after interval"
    if desks.given_up:
        method += f"; Erlang in {desks.given_up} whose targets no number of agents meets"
    agents = counts * desks.works
    return Requirement(method, "team", tuple(scenario.team), desks.edges[:-1], agents, shrinkage(scenario))


class _Desks:
    """Replications of a scenario on which any number of agents by team and interval can be tried."""

    def __init__(self, scenario: Scenario, workers: int, progress: Callable[[], object]) -> None:
        self.trials = Trials(scenario, scenario.seed, scenario.replications, workers)
        plan, self.spec = lower(scenario)
        self.plan = plan._replace(warm_up=0)
        self.edges = np.append(np.arange(0, plan.end, self.spec.interval, dtype=np.int64), plan.end)
        self.progress = progress
        self.goals = goals_of(self.spec)
        self.works = _works(plan, self.edges)
        """bool[team, interval]: one of its queues is open"""
        self.dearest_first = np.argsort([-team.cost_per_hour for team in scenario.team.values()], kind="stable")
        self.given_up = 0

    def sweep(self, before: I64, guess: I64) -> I64:
        """Forward through all days at once, the agents of an earlier sweep ahead of it : int64[team, interval].

        Intervals in which a team has nothing to do have the agents of the one before.
        """
        counts, self.given_up = before.copy(), 0
        limit = LIMIT * guess.max(axis=1, initial=0) + 10
        days = self._days()
        for step in range(max(map(len, days), default=0)):
            here = [day for day in days if len(day) > step]
            # by day, the intervals whose contacts are judged and those that have the number looked for
            judged = [slice(day[step - 1] + 1 if step else _after(days, day), day[step] + 1) for day in here]
            kept = [slice(day[step], _before(days, day, counts.shape[1])) for day in here]
            works = [self.works[:, day[step]] for day in here]
            asking = [
                _least(np.maximum(guess[:, day[step]] * there, there), there * limit, self.dearest_first)
                for day, there in zip(here, works, strict=True)
            ]
            answers = self._ask(asking, counts, kept, judged)
            for day, agents, stretch in zip(here, answers, kept, strict=True):
                self.given_up += agents is None
                counts[:, stretch] = (guess[:, day[step]] if agents is None else agents)[:, None]
        return counts

    def _ask(self, asking: list[Asking], counts: I64, kept: list[slice], judged: list[slice]) -> list[I64 | None]:
        """Answers all days' questions, one simulation a round for all."""
        answers: list[I64 | None] = [None] * len(asking)
        asked = {number: next(question) for number, question in enumerate(asking)}
        trial = counts.copy()
        while asked:
            for number, agents in asked.items():
                trial[:, kept[number]] = agents[:, None]
            enough = self._enough(trial, judged)
            for number in list(asked):
                try:
                    asked[number] = asking[number].send(enough[number])
                except StopIteration as answer:
                    del asked[number]
                    answers[number] = answer.value
                    if answer.value is not None:
                        trial[:, kept[number]] = answer.value[:, None]
        return answers

    def _days(self) -> list[I64]:
        """By day with any, the intervals in which somebody has something to do."""
        busy = np.flatnonzero(self.works.any(axis=0))
        day = np.searchsorted(self.spec.days, self.edges[busy], side="right") - 1
        return [busy[day == number] for number in np.unique(day)]

    def _enough(self, counts: I64, judged: list[slice]) -> list[bool]:
        """Whether every target holds in each of the stretches of intervals."""
        plan = _at_desks(self.plan, self.edges, counts, self.works)
        present = np.ones(len(plan.shift_start), dtype=np.bool_)
        nothing = np.empty(0, np.int64)

        def attended(replication: int) -> Workload:
            return self.trials.workloads[replication]._replace(
                present=present, out_shift=nothing.astype(np.int32), out_start=nothing, out_end=nothing
            )

        tally = self.trials.tally(plan, self.spec, attended).by_interval
        self.progress()
        enough = []
        for stretch in judged:
            over, under = tally[:, :, stretch].sum(axis=-1)
            with_data = np.flatnonzero(under > 0)
            enough.append(all(self.goals[g].slack(over[g] / under[g]) >= 0 for g in with_data))
        return enough


def _after(days: list[I64], day: I64) -> int:
    """The first interval after all those in which somebody works before this day."""
    return max((int(other[-1]) + 1 for other in days if other[-1] < day[0]), default=0)


def _before(days: list[I64], day: I64, intervals: int) -> int:
    """The first interval in which somebody works after this day."""
    return min((int(other[0]) for other in days if other[0] > day[-1]), default=intervals)


def _works(plan: Plan, edges: I64) -> Bool:
    """In which intervals each team has a queue that is open : bool[team, interval]."""
    works = np.zeros((len(plan.rank), len(edges) - 1), dtype=np.bool_)
    for queue, (first, last) in enumerate(pairwise(plan.hours_offset.tolist())):
        for opens, closes in zip(plan.opens[first:last], plan.closes[first:last], strict=True):
            works[np.ix_(plan.rank[:, queue] >= 0, (edges[:-1] < closes) & (opens < edges[1:]))] = True
    return works


def _at_desks(plan: Plan, edges: I64, counts: I64, works: Bool) -> Plan:
    """The plan with so many agents of each team, the first of them longest, while it works and one interval more.

    The drain is staffed as the run again.
    """
    intervals = len(edges) - 1
    length = int(edges[1] - edges[0])
    times = np.append(edges, np.arange(plan.end + length, plan.drain_end + length, length).clip(max=plan.drain_end))
    again = np.arange(len(times) - 1) % intervals
    there = works | np.roll(works, 1, axis=1)
    level = (counts * there)[:, again]
    team: list[int] = []
    shift_agent, start, end = [], [], []
    for number, row in enumerate(level):
        for agent in range(int(row.max(initial=0))):
            change = np.flatnonzero(np.diff(row > agent, prepend=False, append=False))
            start.append(times[change[::2]])
            end.append(times[change[1::2]])
            shift_agent.append(np.full(len(change) // 2, len(team)))
            team.append(number)
    return plan._replace(
        team=np.array(team, dtype=np.int32),
        shift_agent=np.concatenate([np.empty(0, np.int32), *shift_agent]).astype(np.int32),
        shift_start=np.concatenate([np.empty(0, np.int64), *start]),
        shift_end=np.concatenate([np.empty(0, np.int64), *end]),
        pause_shift=np.empty(0, np.int32),
        pause_start=np.empty(0, np.int64),
        pause_end=np.empty(0, np.int64),
        wind_down_shift=np.empty(0, np.int32),
        wind_down_start=np.empty(0, np.int64),
        wind_down_end=np.empty(0, np.int64),
    )


def _least(start: I64, most: I64, order: I64) -> Asking:
    """The least agents, up to `most`, that are enough: up from `start` together, down team by team in `order`."""
    held: list[I64] = []
    failed: list[I64] = []

    def ask(agents: I64) -> Generator[I64, bool, bool]:
        if any((agents >= less).all() for less in held):
            return True
        if any((agents <= more).all() for more in failed):
            return False
        enough = yield agents
        (held if enough else failed).append(agents)
        return enough

    def raised(by: int) -> I64:
        return np.minimum(start + by, most)

    below, by = -1, 0
    while not (yield from ask(raised(by))):
        if (raised(by) == most).all():
            return None
        below, by = by, 2 * by + 1
    while by - below > 1:
        middle = (below + by) // 2
        below, by = (below, middle) if (yield from ask(raised(middle))) else (middle, by)
    agents = raised(by)
    for team in order:  # who was raised for nothing must not stand in for the others
        back = np.where(np.arange(len(order)) == team, raised(0), agents)
        if (yield from ask(back)):
            agents = back
    for team in order:
        below, step = -1, 1
        while agents[team] - below > 1:
            fewer = agents.copy()
            # by longer and longer steps, then by halves
            fewer[team] = max(agents[team] - step, 0) if below < 0 else (below + agents[team]) // 2
            if (yield from ask(fewer)):
                agents, step = fewer, 2 * step
            else:
                below = int(fewer[team])
    return agents
