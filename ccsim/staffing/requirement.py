"""The requirement by simulation: the fewest agents of each team in each interval with which the targets hold.

Over what they must hold, [staffing] says. Over the run or over days: the fewest on a ladder of staffings that follow
the work (profile.py), so that like intervals have like numbers; what was kept while a queue was closed has agents of
its own at the opening, where the ladder alone is not enough. Over intervals: forward through each day, the fewest with
which every target holds for who arrives in an interval, whatever the hours before hand over to it. As the hours to come
are not known yet, the number looked for is kept to the end of the day. Targets that an interval is too short for hold
over the day.

A target that is missed with the most agents tried binds nobody and is reported. All days are searched side by side, so
that a week costs little more than a day; as they hand work over to one another, the search is repeated from where it
ended if a day misses a target with what the others came to.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Final

import numpy as np

from ccsim.results.plans import Requirement
from ccsim.scenario.model import Scenario
from ccsim.staffing.baseline import shrinkage
from ccsim.staffing.desks import Desks
from ccsim.staffing.explanation import explain
from ccsim.staffing.profile import Ladder
from ccsim.staffing.trials import Judge, Tally
from ccsim.tables import F64, I64, SECOND, Bool

Asking = Generator[I64, bool, I64 | None]
"""Asks whether so many agents of each team are enough; comes to the least that are, None if none are."""

LIMIT: Final = 4
"""More than so many times Erlang's agents, and ten more, are not tried."""

ROUNDS: Final = 3
"""Times that the search begins anew from what it came to, at most."""


def requirement(scenario: Scenario, *, workers: int = 1, progress: Callable[[], object] = lambda: None) -> Requirement:
    """Least agents at their desks by team and interval, by simulation of the scenario's replications.

    Nobody is absent or steps out, and there are no breaks: shrinkage is added afterwards. Of several teams the dearest
    is made as small as it can be first. `progress` is called after each staffing simulated. Raises ScenarioError
    without targets.
    """
    desks = Desks(scenario, workers, progress)
    search = _Search(desks)
    counts = search.run()
    over = "interval" if search.by_interval else "day" if len(search.stretches) > 1 else "run"
    explanation = explain(desks, counts, search.stretches, search.hopeless, search.extra, search.by_interval)
    return Requirement(
        f"simulation, targets over the {over}",
        "team",
        tuple(scenario.team),
        desks.edges[:-1],
        counts,
        shrinkage(scenario),
        *explanation,
    )


class _Search:
    """The search for the fewest agents : int64[team, interval]."""

    def __init__(self, desks: Desks) -> None:
        rules = desks.scenario.staffing
        self.desks = desks
        self.teams, self.intervals = desks.works.shape
        self.judge = Judge.of(desks.scenario, desks.goals)
        self.days = desks.days()
        self.by_interval = rules.targets_over == "interval" and rules.met_on is None
        whole = rules.targets_over == "run" or rules.met_on is not None
        self.most: I64 = (LIMIT * desks.bound + 10) * desks.works
        self.dearest_first = np.argsort([-team.cost_per_hour for team in desks.scenario.team.values()], kind="stable")
        self.parts = [np.flatnonzero(desks.works.any(axis=0))] if whole else self.days
        """by stretch, the intervals in which somebody works"""
        self.ladders = [
            [Ladder.of(part, desks.load[t, part], desks.bound[t, part], self.most[t, part]) for t in range(self.teams)]
            for part in self.parts
        ]
        """by stretch and team"""
        self.stretches = (
            [slice(0, self.intervals)]
            if whole
            else [slice(_after(self.days, day), int(day[-1]) + 1) for day in self.days]
        )
        """by stretch, the intervals whose contacts are judged together"""
        self.brief = np.array([self.by_interval and not desks.time(g) * SECOND >= desks.spec.interval for g in range(
            len(desks.goals))])  # fmt: skip
        """bool[goal]: is to hold in each interval"""
        self.hopeless: Bool = np.zeros((len(desks.goals), self.intervals), dtype=np.bool_)
        """bool[goal, interval]: is missed even with the most agents"""
        self.extra: I64 = np.zeros_like(desks.bound)
        """agents for what was kept while a queue was closed"""

    def run(self) -> I64:
        """Search until all that can be met is met, or the rounds are up."""
        at_most = self.desks.tally(self.most)
        slack = self.slack(at_most)
        for stretch, missed in zip(self.stretches, (slack < 0).T, strict=True):
            self.hopeless[:, stretch] = (missed & ~self.brief)[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            share = at_most.by_interval[0] / at_most.by_interval[1]
        for g in np.flatnonzero(self.brief):
            self.hopeless[g] = self.desks.goals[g].slack(share[g]) < 0
        floor, counts = np.zeros_like(self.desks.bound), self.desks.erlang
        unbound = self._unbound()
        for number in range(ROUNDS):
            if self.by_interval:
                floor = self._sweep(floor if number else np.zeros_like(counts), counts)
                if number == 0 and any(q.outside_hours != "reject" for q in self.desks.scenario.queue.values()):
                    floor = self._sweep(floor, floor)
            counts = self._climb(np.maximum(floor, unbound), counts)
            if self.by_interval or not self._missed(self.desks.tally(counts)).any():
                return counts
        return self._topped_up(counts)

    def _unbound(self) -> I64:
        """Erlang's agents for queues of which no target binds : int64[team, interval]; their work is to be done too."""
        agents = np.zeros(self.desks.bound.shape)
        for name, need in self.desks.needs.items():
            bind = [~self.hopeless[g] for g, goal in enumerate(self.desks.goals) if goal.name == name]
            free = ~np.any(bind, axis=0) if bind else np.ones(self.intervals, dtype=np.bool_)
            for t in range(self.teams):
                agents[t] += np.where(free & (need.team == t), need.agents, 0.0)
        return np.asarray(np.ceil(agents - 1e-7).astype(np.int64))

    def slack(self, tally: Tally) -> F64:
        """By how much each goal holds in each stretch : float64[goal, stretch], NaN without data."""
        if (len(self.stretches) == 1 and len(self.days) != 1) or self.judge.met_on is not None:
            return self.judge._replace(over="run").slack(tally)
        sums = np.stack([tally.by_interval[:, :, stretch].sum(axis=-1) for stretch in self.stretches], axis=-1)
        with np.errstate(invalid="ignore", divide="ignore"):
            share = sums[0] / sums[1]
        return np.stack([goal.slack(row) for goal, row in zip(self.desks.goals, share, strict=True)])

    def _missed(self, tally: Tally) -> Bool:
        """Goals that are to hold over a stretch and do not : bool[goal, stretch]."""
        missed = (self.slack(tally) < 0) & ~self.brief[:, None]
        out = np.stack([self.hopeless[:, stretch].all(axis=-1) for stretch in self.stretches], axis=-1)
        return np.asarray(missed & ~out)

    # --- over the run or days

    def _climb(self, floor: I64, guess: I64) -> I64:
        """The lowest rungs that are enough, in every stretch, and never fewer agents than `floor`."""
        if self.brief.all():
            return floor
        desks, teams, ladders = self.desks, range(self.teams), self.ladders

        def laid(number: int, rungs: I64, counts: I64, extra: I64) -> None:
            part = self.parts[number]
            for t in teams:
                extra[t, part] = rungs[self.teams + t] * desks.opening[t, part]
                counts[t, part] = np.maximum(ladders[number][t].agents(int(rungs[t])), floor[t, part]) + extra[t, part]

        counts, extra = guess.copy(), self.extra.copy()
        asking = []
        for part, mine in zip(self.parts, ladders, strict=True):
            start = [mine[t].step(guess[t, part] - self.extra[t, part]) for t in teams]
            opening = [int(self.extra[t, part].max(initial=0)) for t in teams]
            most = [len(ladder.steps) for ladder in mine]
            room = [int((self.most[t, part] * desks.opening[t, part]).max(initial=0)) for t in teams]
            order = [*(self.teams + self.dearest_first), *self.dearest_first]
            each = np.append(np.ones(self.teams, dtype=np.int64), desks.opening[:, part].sum(axis=1))
            asking.append(_least(np.array(start + opening), np.array(most + room), np.array(order), each))
        asked = {number: next(question) for number, question in enumerate(asking)}
        while asked:
            for number, rungs in asked.items():
                laid(number, rungs, counts, extra)
            enough = np.asarray(~self._missed(desks.tally(counts)).any(axis=0))
            for number in list(asked):
                try:
                    asked[number] = asking[number].send(bool(enough[number]))
                except StopIteration as answer:
                    del asked[number]
                    least = answer.value
                    if least is None:  # what is missed with the most has been left out, so this is by other stretches
                        least = np.array([mine.step(desks.bound[t, self.parts[number]]) for t, mine in enumerate(
                            ladders[number])] + [0] * self.teams)  # fmt: skip
                    laid(number, least, counts, extra)
        self.extra = extra
        return counts

    def _topped_up(self, counts: I64) -> I64:
        """With more agents in stretches that still miss a goal, as work goes on from each stretch to the next.

        Of the team that serves the queue first, up its ladder by steps that double; nobody is taken away.
        """
        by = 1
        while by <= self.most.sum():
            missed = np.argwhere(self._missed(self.desks.tally(counts)))
            if not len(missed):
                break
            for g, number in missed.tolist():
                t, part = self.desks.first_to_serve(self.desks.goals[g]), self.parts[number]
                ladder, extra = self.ladders[number][t], self.extra[t, part]
                more = ladder.agents(ladder.step(counts[t, part] - extra) + by) + extra
                counts[t, part] = np.maximum(counts[t, part], more)
            by *= 2
        return counts

    # --- over intervals

    def _sweep(self, before: I64, guess: I64) -> I64:
        """Forward through all days at once, the agents of an earlier sweep ahead of it : int64[team, interval]."""
        counts = before.copy()
        days = self.days
        limit = self.most.max(axis=1, initial=0)
        for step in range(max(map(len, days), default=0)):
            here = [day for day in days if len(day) > step]
            # by day, the intervals whose contacts are judged and those that have the number looked for
            judged = [slice(day[step - 1] + 1 if step else _after(days, day), day[step] + 1) for day in here]
            kept = [slice(day[step], _before(days, day, self.intervals)) for day in here]
            works = [self.desks.works[:, day[step]] for day in here]
            starts = [np.maximum(guess[:, day[step]] * there, there) for day, there in zip(here, works, strict=True)]
            asking = [
                _least(start, there * limit, self.dearest_first, np.ones_like(limit))
                for start, there in zip(starts, works, strict=True)
            ]
            answers = self._ask(asking, counts, kept, judged)
            for start, agents, stretch in zip(starts, answers, kept, strict=True):
                counts[:, stretch] = (start if agents is None else agents)[:, None]
        return counts * self.desks.works

    def _ask(self, asking: list[Asking], counts: I64, kept: list[slice], judged: list[slice]) -> list[I64 | None]:
        """Answers all days' questions, one simulation a round for all."""
        answers: list[I64 | None] = [None] * len(asking)
        asked = {number: next(question) for number, question in enumerate(asking)}
        trial = counts.copy()
        while asked:
            for number, agents in asked.items():
                trial[:, kept[number]] = agents[:, None]
            tally = self.desks.tally(trial).by_interval
            for number in list(asked):
                try:
                    asked[number] = asking[number].send(self._enough(tally, judged[number]))
                except StopIteration as answer:
                    del asked[number]
                    answers[number] = answer.value
                    if answer.value is not None:
                        trial[:, kept[number]] = answer.value[:, None]
        return answers

    def _enough(self, tally: F64, stretch: slice) -> bool:
        """Whether every brief goal holds for who arrives in a stretch; where it is hopeless it need not."""
        held = ~self.hopeless[:, stretch] & self.brief[:, None]
        numerator, denominator = (tally[:, :, stretch] * held).sum(axis=-1)
        with_data = np.flatnonzero(denominator > 0)
        return all(self.desks.goals[g].slack(numerator[g] / denominator[g]) >= 0 for g in with_data)


def _after(days: list[I64], day: I64) -> int:
    """The first interval after all those in which somebody works before this day."""
    return max((int(other[-1]) + 1 for other in days if other[-1] < day[0]), default=0)


def _before(days: list[I64], day: I64, intervals: int) -> int:
    """The first interval in which somebody works after this day."""
    return min((int(other[0]) for other in days if other[0] > day[-1]), default=intervals)


def _least(start: I64, most: I64, order: I64, each: I64) -> Asking:
    """The least agents, up to `most`, that are enough: up from `start` together, down team by team in `order`.

    `each` : how many agents one more of each number is.
    """
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
    for team in order:  # who was raised for nothing, or for what fewer of the others do, must not stand in for them
        more, before = 0, agents
        while True:
            back = np.where(np.arange(len(order)) == team, raised(0), np.minimum(before + more, most))
            if each @ back >= each @ before:
                break
            if (yield from ask(back)):
                agents = back
                break
            if (np.delete(back, team) == np.delete(most, team)).all():
                break
            more = 2 * more + 1
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
