"""Agents by interval that follow the work: a ladder of staffings, each with one agent in one interval more.

The next agent goes where there are fewest for the load by the square-root rule, c = R + β √R with the least β (Halfin &
Whitt 1981; for loads that change over the day Feldman, Mandelbaum, Massey & Whitt 2008, Management Science 54). So
service is about the same in every interval, and intervals that are alike have like numbers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ccsim.tables import F64, I64


class Ladder(NamedTuple):
    """The agents of one team in some intervals, from one agent where there is work up to `most` agents."""

    intervals: I64
    least: I64
    """int64[interval]"""
    steps: I64
    """int64[step]: which of the intervals gets one agent more"""

    @classmethod
    def of(cls, intervals: I64, load: F64, usual: I64, most: I64) -> Ladder:
        """With `usual` agents everywhere before anybody gets more; all arrays by interval, `load` in erlangs."""
        work = np.maximum(load, 1e-9)
        least = (load > 0).astype(np.int64)
        more = np.where(load > 0, np.maximum(most - least, 0), 0)
        steps = np.repeat(np.arange(len(intervals)), more)
        # how many are there already when this agent comes
        before = np.arange(len(steps)) - np.repeat(np.cumsum(more) - more, more) + 1
        beta = (before - work[steps]) / np.sqrt(work[steps])
        return cls(intervals, least, steps[np.lexsort((beta, before >= usual[steps]))])

    def agents(self, step: int) -> I64:
        """int64[interval]"""
        return np.asarray(self.least + np.bincount(self.steps[:step], minlength=len(self.intervals)))

    def step(self, agents: I64) -> int:
        """The step with as many agents in all."""
        return int(np.clip((agents - self.least).sum(), 0, len(self.steps)))
