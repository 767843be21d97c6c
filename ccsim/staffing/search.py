"""The cheapest staffing that holds on trial: a program proposes, the simulation judges, cuts teach the program.

A proposal that fails is followed towards the best staffing known until it nearly holds. There, what one agent more on
each pattern adds (on common random numbers) gives a plane above every target's slack, as far as an agent more never
adds more than the last: a cut for the integer program (Atlason, Epelman & Henderson 2004, Annals of Operations Research
127; Cezik & L'Ecuyer 2008, Management Science 54; at the boundary as by Kronqvist, Lundell & Westerlund 2016, Journal
of Global Optimization 64). Service is not quite like that, so no cut may exclude a staffing that was seen to hold; what
fails excludes only what has nowhere more agents; after some cuts agents are removed and moved without the program, and
at last what it would propose if all cuts were a little too strict is simulated too. With dozens of patterns the program
proposes what nearly holds again and again, so the gains also mend what fails, and what saves little is left alone the
more cuts there are.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from ccsim.staffing.cover import cover
from ccsim.staffing.nearby import enough, least_short, some_of
from ccsim.staffing.trials import Judge, Tally
from ccsim.tables import F64, I64, Bool

CENT: Final = 1e-6
"""Costs that differ by less than this share are the same."""

GAP: Final = 5e-4
"""Share of the cost by which a proposal may be dearer than the cheapest that the cuts allow."""

ROUGHLY: Final = 0.25
"""The same as a share of what the last proposal was cheaper than the best known: one that is far off need not be exact,
as what it teaches would be the same."""

NODES: Final = 60
"""Of the search tree of a proposal: what is not found in so many is not worth more."""

BOUND_NODES: Final = 500
"""Of the search tree of the bound, which is asked for once."""

MANY: Final = 12
"""Cuts in a row before moves are tried; after them, for every so many more, a proposal must save `WORTH`."""

WORTH: Final = 0.03
"""Share of the cost."""

ALIKE: Final = 4
"""The last cuts, whose gains are much the same."""

DOUBTS: Final = 12
"""Proposals by doubtful cuts in a row that fail before they are left alone."""

NEAR: Final = 0.15
"""Targets with more slack than this do not bind nearby."""

DOUBT: Final = 0.5
"""Agents, of the pattern that matters most, by which cuts may be too strict."""

STEP: Final = 0.01
"""Agents in which doubt is counted."""

MOVES: Final = 24
"""Moves from the best staffing that are simulated before it is kept."""

BESIDE: Final = 12
"""Patterns to which agents are moved: those on which one adds most for its cost."""

LEAST_DOUBT: Final = 0.003
"""Share by which a staffing must miss a target in a few replications at least not to be simulated in all."""


class TimeUp(Exception):  # noqa: N818
    """No more staffings are to be simulated."""


class Cut(NamedTuple):
    """Planes that no target's slack is above, one a row (target in a stretch)."""

    point: I64
    slack: F64
    """float64[row], at the point"""
    gains: F64
    """float64[pattern, row], of each agent more"""


class Search:
    """The staffings tried so far, by number of agents on each pattern, and the search for the cheapest that holds."""

    def __init__(
        self,
        try_out: Callable[[I64], Tally],
        cost: F64,
        least: I64,
        most: I64,
        judge: Judge,
        *,
        glances: Sequence[Callable[[I64], Tally]] = (),
        starts: Sequence[I64] = (),
        seconds: float = math.inf,
        progress: Callable[[float | None], object] = lambda best: None,
    ) -> None:
        """`glances` : what the goals come to in a few of the replications of `try_out`, then in more.

        `starts` : staffings to begin with, from many agents to few.
        """
        self.cost, self.least, self.most, self.judge = cost, least, most, judge
        self.best: I64 | None = None
        self.bound = float(cost @ least)
        """cost of the cheapest staffing that the cuts allow, were they a little too strict"""
        self._starts = [np.clip(agents, least, most) for agents in starts]
        self._try_out, self._few, self._progress = try_out, tuple(glances), progress
        self._ends = time.monotonic() + seconds
        self._tallies: dict[bytes, tuple[I64, Tally]] = {}
        self._glances: list[dict[bytes, Tally]] = [{} for _ in self._few]
        self._slacks: dict[bytes, F64] = {}
        self._cuts: list[Cut] = []
        self._comes: Bool | None = None
        """bool[goal, stretch]: the most agents have data"""
        self._held: list[I64] = []
        self._failed: list[I64] = []
        self._excluded: list[I64] = []
        self._proposals: dict[bytes, tuple[I64, float]] = {}

    @property
    def evaluations(self) -> int:
        """Staffings simulated."""
        return len(set(self._tallies).union(*self._glances))

    @property
    def glances(self) -> int:
        """Of them those simulated in a few replications alone."""
        return self.evaluations - len(self._tallies)

    def tried(self) -> Iterator[tuple[I64, Tally]]:
        """Every staffing simulated in all replications."""
        yield from self._tallies.values()

    def tally(self, agents: I64) -> Tally:
        """What the goals come to; simulated once. Raises TimeUp."""
        key = agents.tobytes()
        if key not in self._tallies:
            self._tallies[key] = agents.copy(), self._simulated(self._try_out, agents)
        return self._tallies[key][1]

    def _simulated(self, how: Callable[[I64], Tally], agents: I64) -> Tally:
        if self._tallies and time.monotonic() > self._ends:
            raise TimeUp
        tally = how(agents)
        self._progress(None if self.best is None else self._costs(self.best))
        return tally

    def slack(self, agents: I64) -> F64:
        """Of every target in every stretch : float64[row], see `filled`. Raises TimeUp."""
        key = agents.tobytes()
        if key not in self._slacks:
            slack = self._judged(self.tally(agents))
            self._slacks[key] = slack
            if (slack >= 0).all():
                self._held.append(agents.copy())
                if self.best is None or self._costs(agents) < self._costs(self.best):
                    self.best = agents.copy()
            else:
                self._failed.append(agents.copy())
        return self._slacks[key]

    def holds(self, agents: I64) -> bool:
        """Whether all targets hold; where a glance at it shows that they do not, it is not simulated further.

        Raises TimeUp.
        """
        return not self._clearly_fails(agents) and bool((self.slack(agents) >= 0).all())

    def _clearly_fails(self, agents: I64) -> bool:
        """Whether the replications of a glance are worse than those of the best known by more than it can spare."""
        if self.best is None or agents.tobytes() in self._slacks:
            return False
        for some in range(len(self._few)):
            one, other = self._look(agents, some), self._look(self.best, some)
            expected = self._expected(agents, some)
            noise = self.judge.noise(one, other, self.tally(self.best).by_day.shape[1]).ravel()
            doubt = np.maximum(np.nan_to_num(noise, nan=np.inf), LEAST_DOUBT)
            if (expected < -doubt).any():
                self._failed.append(agents.copy())
                return True
        return False

    def _expected(self, agents: I64, some: int) -> F64:
        """The slack, from that of the best known and a glance's difference."""
        assert self.best is not None
        more = self._judged(self._look(agents, some)) - self._judged(self._look(self.best, some))
        return self.slack(self.best) + more

    def _look(self, agents: I64, some: int = 0) -> Tally:
        """At a few replications; once."""
        key = agents.tobytes()
        if key not in self._glances[some]:
            self._glances[some][key] = self._simulated(self._few[some], agents)
        return self._glances[some][key]

    def filled(self, slack: F64) -> F64:
        """A slack with 1 in place of no data, as nothing is missed; -1 where the most agents have some.

        There customers come, and a figure of those served alone has no data as nobody is.
        """
        if self._comes is None:
            self._comes = ~np.isnan(self.judge.slack(self.tally(self.most)))
        return np.where(np.isnan(slack), np.where(self._comes, -1.0, 1.0), slack)

    def _judged(self, tally: Tally) -> F64:
        return self.filled(self.judge.slack(tally)).ravel()

    def tighten(self, margin: F64) -> None:
        """From now on targets hold only by this margin : float64[goal, stretch]; what was simulated is judged anew."""
        self.judge = self.judge._replace(margin=margin)
        self.best = None
        self._slacks, self._held, self._failed, self._excluded = {}, [], [], []
        tried = [agents for agents, _ in self._tallies.values()]
        for agents in tried:
            self.slack(agents)
        points = [cut.point for cut in self._cuts]
        self._cuts = []
        for point in points:
            self._cut(point)

    def run(self) -> bool:
        """Search on; false if the time was up before it was done. `best` stays None if nothing holds."""
        try:
            if self.best is None and not self.holds(self.most):
                return True
            if len(self._cuts) == 0:
                fails = next((agents for agents in self._starts if not self.holds(agents)), self.least)
                assert self.best is not None
                self._cut(self._boundary(fails, self.best))
            while True:
                done = self._by_program()
                moved = False
                while self._by_moves():
                    moved = True
                if done and not moved and not self._by_doubt():
                    break
            finished = True
        except TimeUp:
            finished = False
        assert self.best is not None  # before the first holds no time is up
        self.bound = self._propose(DOUBT)[1]
        return finished

    def take(self, known: Iterable[I64]) -> None:
        """Staffings that need no search, though the time is up: `best` is the cheapest of all that hold."""
        ends, self._ends = self._ends, math.inf
        for agents in known:
            if ((self.least <= agents) & (agents <= self.most)).all():
                self.slack(agents)
        self._ends = ends

    def gains(self, agents: I64, step: int = 1) -> F64:
        """What an agent more (less: `step` -1) on each pattern changes : float64[pattern, row]; NaN beyond the limits.

        Raises TimeUp.
        """

        def figures(of: I64) -> F64:
            return self._judged(self._look(of)) if self._few else self.slack(of)

        here = figures(agents)
        gains = np.full((len(agents), len(here)), np.nan)
        for pattern in range(len(agents)):
            there = agents.copy()
            there[pattern] += step
            if self.least[pattern] <= there[pattern] <= self.most[pattern]:
                gains[pattern] = figures(there) - here
        return gains

    def _costs(self, agents: I64) -> float:
        return float(self.cost @ agents)

    # by program

    def _by_program(self) -> bool:
        """Until the program has nothing to propose that is cheaper than the best known by as much as is asked for.

        False if it has after `MANY` cuts.
        """
        assert self.best is not None
        cheaper, cuts = 0.0, 0
        while self._costs(self.best) > 0:
            if cuts == MANY:
                return False
            worth = self._worth()
            finest = max(GAP, worth)
            gap = max(finest, ROUGHLY * cheaper)
            proposed, _ = self._propose(gap=gap)
            cheaper = 1 - self._costs(proposed) / self._costs(self.best)
            if cheaper <= worth:
                if gap == finest:
                    return True
                continue
            fails = self._why_not(proposed)
            if fails is not None:
                self._exclude(fails)
            elif not self.holds(proposed):
                self._cut(self._boundary(proposed, self.best))
                self._mend()
                cuts += 1
        return True

    def _worth(self) -> float:
        """Share of the cost that something must save to be tried: the more, the more cuts there are."""
        return max(CENT, WORTH * (len(self._cuts) / MANY - 1))

    def _mend(self) -> None:
        """From the point of the last cut, adds agents as the gains say until it holds or costs as much as the best.

        Proposals that miss a target by little would else leave the best known far away for long. Gains are of few
        replications, and those that chance favours look best: so they are the means of some cuts, and no pattern gets
        more than one agent at a time.
        """
        assert self.best is not None
        agents, slack, _ = self._cuts[-1]
        gains = np.mean([cut.gains for cut in self._cuts[-ALIKE:]], axis=0)
        while True:
            added = enough(gains, -slack, self.cost, agents < self.most)
            agents = agents + added
            if not added.any() or self._costs(agents) >= self._costs(self.best) * (1 - CENT) or self.holds(agents):
                return
            slack = self._slack_as_known(agents)

    def _slack_as_known(self, agents: I64) -> F64:
        """By as many replications as a staffing was simulated in."""
        key = agents.tobytes()
        if key in self._slacks:
            return self._slacks[key]
        return self._expected(agents, max(some for some, looks in enumerate(self._glances) if key in looks))

    def _by_doubt(self) -> bool:
        """Whether something cheaper holds that the cuts hardly exclude: the least doubtful first, of a few."""
        assert self.best is not None
        left = DOUBTS
        while left:
            proposed = self._least_doubtful()
            if proposed is None:
                return False
            fails = self._why_not(proposed)
            if fails is None:
                if self.holds(proposed):
                    return True
                fails, left = proposed, left - 1
            self._exclude(fails)
        return False

    def _exclude(self, fails: I64) -> None:
        """Of what has nowhere more agents the program proposes nothing more."""
        self._excluded = [point for point in self._excluded if not (point <= fails).all()] + [fails]

    def _boundary(self, fails: I64, holds: I64) -> I64:
        """The last staffing that fails on the way from one that fails to one that holds, in whole agents."""
        if self.holds(fails):
            return fails
        while True:
            middle = np.rint((fails + holds) / 2 + 1e-9).astype(np.int64)
            if (middle == fails).all() or (middle == holds).all():
                return fails
            if self.holds(middle):
                holds = middle
            else:
                fails = middle

    def _cut(self, point: I64) -> None:
        gains = np.maximum(np.nan_to_num(self.gains(point)), 0.0)
        self._cuts.append(Cut(point, self.slack(point), gains))

    def _propose(self, doubt: float = 0.0, gap: float = GAP) -> tuple[I64, float]:
        """The cheapest staffing that all cuts allow, the best known among them, and a lower bound on its cost.

        `doubt` : agents by which each cut is taken to be too strict; `gap` : share by which it may be dearer.
        """
        assert self.best is not None
        rows, required = self._required(*self._planes(doubt))
        key = b"".join(array.tobytes() for array in (rows, required, np.array(gap)))
        if key not in self._proposals:
            nodes = BOUND_NODES if doubt else NODES
            self._proposals = {key: self._solved(rows, required, gap, nodes)}  # the last one alone is asked for again
        counts, bound = self._proposals[key]
        return counts, min(bound, self._costs(self.best))

    def _least_doubtful(self) -> I64 | None:
        """Of what is cheaper than the best known something for which cuts are too strict by the fewest agents.

        None where they would have to be by more than `DOUBT`.
        """
        assert self.best is not None
        rows, required = self._planes()
        budget = self._costs(self.best) * (1 - self._worth())
        if budget <= 0:  # nothing is cheaper than nobody
            return None
        nearest = least_short(
            rows, required, self.cost, budget, self.least, self.most, self._excluded, starts=[self.best], unit=STEP
        )
        return None if nearest is None or nearest[1] > DOUBT else nearest[0]

    def _solved(self, table: F64, required: F64, gap: float, nodes: int) -> tuple[I64, float]:
        """The cheapest with these rows, of which the first columns are patterns, and a lower bound on its cost."""
        n, width = len(self.cost), table.shape[1]
        none = np.zeros(width - n)
        proposal = cover(
            table,
            required,
            np.append(self.cost, none),
            least=np.append(self.least, none).astype(np.int64),
            most=np.append(self.most, none + 1),
            seconds=max(1.0, min(60.0, self._ends - time.monotonic())),
            gap=gap,
            nodes=nodes,
        )
        if proposal is None:  # out of time
            assert self.best is not None
            return self.best, float(self.cost @ self.least)
        return proposal.counts[:n], proposal.bound

    def _required(self, rows: F64, required: F64) -> tuple[F64, F64]:
        """The same rows, and that nothing is allowed of what is excluded: a column says where it has more agents."""
        patterns = len(self.cost)
        choices = [np.flatnonzero(point < self.most) for point in self._excluded]
        width = patterns + sum(map(len, choices))
        table = np.zeros((len(rows), width))
        table[:, :patterns] = rows
        extra, column = [], patterns
        for point, where in zip(self._excluded, choices, strict=True):
            one_of = np.zeros(width)
            one_of[column : column + len(where)] = 1.0
            extra.append((one_of, 1.0))
            for pattern in where:  # chosen: more agents there than failed
                row = np.zeros(width)
                row[pattern], row[column] = 1.0, -float(point[pattern] + 1 - self.least[pattern])
                extra.append((row, float(self.least[pattern])))
                column += 1
        if not extra:
            return table, required
        return np.vstack([table, *(row for row, _ in extra)]), np.append(required, [needed for _, needed in extra])

    def _planes(self, doubt: float = 0.0) -> tuple[F64, F64]:
        """Cuts as rows : float64[row, pattern] and what they require, so that everything that was seen to hold does."""
        held = np.array(self._held)
        rows, required = [np.empty((0, len(self.cost)))], [np.empty(0)]
        for cut in self._cuts:
            steepest = cut.gains.max(axis=0)
            useful = (steepest > CENT) & (cut.slack < NEAR)
            planes = (cut.gains[:, useful] / steepest[useful]).T
            needed = planes @ cut.point - cut.slack[useful] / steepest[useful] - doubt
            rows.append(planes)
            required.append(np.minimum(needed, (planes @ held.T).min(axis=1)) - CENT)
        return np.concatenate(rows), np.concatenate(required)

    # by moves

    def _by_moves(self) -> bool:
        """Whether removing or moving up to two agents found something cheaper, from there again by the same gains."""
        assert self.best is not None
        start, before = self.best, self._costs(self.best)
        if not any((cut.point == start).all() for cut in self._cuts):
            self._cut(start)
        more, less = self.gains(start), self.gains(start, -1)
        less = np.where(np.isnan(less), -more, less)  # of patterns that get agents on the way
        while any(self.holds(agents) for agents in self._moves(self.best, self.slack(self.best), more, less)):
            pass
        return self._costs(self.best) < before

    def _moves(self, start: I64, slack: F64, more: F64, less: F64) -> list[I64]:
        """Cheaper staffings by up to two agents less and two more, those that should hold by their gains first."""
        n = len(start)
        some = np.argsort(-(np.nan_to_num(more) / np.maximum(self.cost, CENT)[:, None]).max(axis=1), kind="stable")[
            :BESIDE
        ]
        removed = some_of(np.flatnonzero(start > self.least), n)[1:]
        added = some_of(np.sort(some), n)
        removed = removed[(start - removed >= self.least).all(axis=1)]
        added = added[(start + added <= self.most).all(axis=1)]
        loss, gain = removed @ np.nan_to_num(less), added @ np.nan_to_num(more)
        moves: list[tuple[bool, float, I64]] = []
        for out, lost in zip(removed, loss, strict=True):
            saved = (out - added) @ self.cost
            apart = ~((out > 0) & (added > 0)).any(axis=1)
            worst = (slack + lost + gain).min(axis=1)
            key = np.where(worst >= 0, -saved, -worst)
            of_use = np.flatnonzero(apart & (saved > self._costs(start) * CENT))
            for move in of_use[np.lexsort((key[of_use], worst[of_use] < 0))][:MOVES]:
                moves.append((bool(worst[move] < 0), float(key[move]), start - out + added[move]))
        moves.sort(key=lambda move: move[:2])
        return [agents for _, _, agents in moves if self._why_not(agents) is None][:MOVES]

    def _why_not(self, agents: I64) -> I64 | None:
        """The largest staffing that failed with as many agents or more on every pattern."""
        more = [point for point in self._failed if (agents <= point).all()]
        return max(more, key=lambda point: int(point.sum()), default=None)
