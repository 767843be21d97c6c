"""A plan put to the proof: on random numbers that its search has not seen, as many as it takes.

A search takes the cheapest staffing that holds on its own random numbers, so the one that it finds is lucky more often
than not. Fresh replications are added until the 95 % intervals of all figures are on the right side of their targets,
or one is on the wrong side (sequentially, as a run reaches a precision); what stays in doubt to the last is missed.
Targets over days or intervals, which have too few contacts for that, are judged by their means over some batches.
"""

from __future__ import annotations

import math
import time
from typing import Final, NamedTuple

import numpy as np

from ccsim.scenario.model import Scenario
from ccsim.staffing.trials import Judge, Pool, Tally, Trials
from ccsim.tables import F64, I64

MOST: Final = 400
"""Replications at most, if the scenario has fewer."""

LEAST: Final = 10
"""Replications of a batch at least, where intervals decide: those of two or three are narrow by chance too often."""

BATCHES: Final = 5
"""Times the scenario's replications on which targets over days or intervals are judged, up to `MOST` in all."""


class Proof(NamedTuple):
    """What the goals came to, and by how much they are missed : float64[goal, stretch], 0 where proven."""

    tally: Tally
    short: F64


class Prover:
    """Fresh random numbers; those of the first batch are kept."""

    def __init__(self, scenario: Scenario, judge: Judge, most: I64, workers: int, ends: float = math.inf) -> None:
        """`ends` : of the monotonic clock, when no further batch is begun."""
        self.seed = (scenario.seed + 1) % 2**63
        self._scenario, self._judge, self._most, self._workers, self._ends = scenario, judge, most, workers, ends
        self._over_run = judge.over == "run" and judge.met_on is None
        self._each = max(scenario.replications, LEAST) if self._over_run else scenario.replications
        batches = max(1, MOST // self._each)
        self._batches = batches if self._over_run else min(BATCHES, batches)
        self.first = self._batch(0)

    def _batch(self, number: int) -> Pool:
        numbers = range(number * self._each, (number + 1) * self._each)
        return Pool(Trials(self._scenario, self.seed, numbers, self._workers), self._most)

    def prove(self, agents: I64) -> Proof:
        """On as many batches as it takes."""
        tally = self.first.tally(agents)
        for number in range(1, self._batches):
            short = self._decided(tally)
            if short is not None or time.monotonic() > self._ends:
                break
            tally = tally.plus(self._batch(number).tally(agents))
        short = self._decided(tally)
        if short is None:  # not decided yet
            short = np.maximum(-self._at(tally, worst=True), 0.0) if self._over_run else self._missed(tally)
        return Proof(tally, short)

    def _decided(self, tally: Tally) -> F64 | None:
        """By how much the goals are missed, where that is sure enough."""
        if not self._over_run:
            return None
        at_worst = self._at(tally, worst=True)
        if (at_worst >= 0).all():
            return np.zeros_like(at_worst)
        never = np.array([not goal.provable for goal in self._judge.goals])
        if (at_worst[never] < 0).any():  # however many more are simulated
            return np.maximum(-at_worst, 0.0)
        return self._missed(tally) if (self._at(tally, worst=False) < 0).any() else None

    def _missed(self, tally: Tally) -> F64:
        return np.asarray(np.maximum(-np.nan_to_num(self._judge.slack(tally), nan=np.inf), 0.0))

    def _at(self, tally: Tally, *, worst: bool) -> F64:
        """The slack of each goal at one end of its interval, infinity without data."""
        slack = []
        for goal, (mean, low, high) in zip(self._judge.goals, tally.estimates(), strict=True):
            lower = goal.at_least == worst
            end = low if lower else high
            if math.isnan(end) and not math.isnan(mean):  # in one replication alone: the share may be any
                end = 0.0 if lower else 1.0
            slack.append(goal.slack(np.array(end)))
        return np.nan_to_num(np.stack(slack), nan=np.inf)[:, None]
