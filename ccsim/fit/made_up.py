"""Agents of a queue whose log names none: so many as its waits ask for, or else its work."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final, NamedTuple

import numpy as np

from ccsim.fit.arrivals import Profile
from ccsim.tables import F64
from ccsim.theory.queues import erlang_a, erlang_c

HOUR: Final = 3600
OCCUPANCY: Final = 0.75
"""Share of the busiest hour for which agents work, where nothing says how long customers wait."""
SPARE: Final = (-6.0, 8.0)
"""Least and most agents beyond the load, in square roots of it."""
STEP: Final = 0.05
"""Loads that differ by less are worked out as one."""
BUSYNESS: Final = ((-(3**0.5), 1 / 6), (0.0, 2 / 3), (3**0.5, 1 / 6))
"""Days that stand for all, in standard deviations, and their weights (Gauss and Hermite's, of a normal)."""
ROUNDS: Final = 12
"""In which patience and agents are found from one another."""
NEAR: Final = 0.02
"""Of the share of those who give up."""


class Staffing(NamedTuple):
    """Agents by square-root staffing, and the patience of those whom they serve."""

    factor: float
    """agents beyond the load, in square roots of it"""
    patience: float
    """mean, seconds; infinite if nobody gives up"""

    def agents(self, load: float) -> int:
        return int(self.exact(load) + 0.5)

    def exact(self, load: float) -> float:
        """The same with a fraction, at least one."""
        return max(load + self.factor * math.sqrt(load), 1.0)


class Shift(NamedTuple):
    """Agents on a weekday, 0 is Monday, between two times, seconds after its midnight."""

    day: int
    start: int
    end: int
    agents: int


def contacts_by_hour(profile: Profile, interval: int) -> F64:
    """Contacts to be expected within each hour of a week from Monday on : float64[168]."""
    week = np.concatenate([profile.expected(day) for day in range(7)])
    until = np.concatenate([[0.0], week.cumsum()])
    return np.diff(np.interp(np.arange(169) * HOUR, np.arange(len(until)) * interval, until))


def by_waits(loads: F64, work: float, wait: float, gave_up: float, cv: float) -> Staffing | None:
    """With the same factor in all hours, so that Erlang A gives the mean wait and the share of those who give up.

    Erlang C where nobody gives up. `loads` : float64[n], agents at work, by hour; `work` and `wait`, of the answered,
    in seconds; `cv` of days, on which all hours are busier or calmer. None without waits, or where no such staffing has
    as many who give up. Between whole numbers of agents figures are interpolated.
    Source: Halfin and Whitt (1981); Garnett, Mandelbaum and Reiman (2002); that the share who give up is the mean wait
    of all by the mean patience: Mandelbaum and Zeltyn (2007).
    """
    alike = Counter(round(math.log(load) / STEP) for load in loads.tolist() if load > 0)
    if not 0 < wait < HOUR or not work > 0 or not alike:
        return None
    hours = {math.exp(STEP * number): times for number, times in alike.items()}
    patience = wait / gave_up if gave_up > 0 else math.inf
    for _ in range(ROUNDS):
        staffing, lost = _of_wait(hours, work, wait, patience, cv)
        if math.isinf(patience) or abs(lost - gave_up) < NEAR * gave_up:
            return staffing
        patience *= min(max(lost / gave_up, 0.25), 4.0)
    return None


def _of_wait(
    hours: Mapping[float, int], work: float, wait: float, patience: float, cv: float
) -> tuple[Staffing, float]:
    """With which those answered wait so long on average, and the share who give up then."""

    @cache
    def figures(load: float, agents: int) -> tuple[float, float]:
        """Share who give up, and mean wait of the answered, seconds."""
        if math.isinf(patience):
            # a queue that grows does so until a calmer hour
            return 0.0, min(erlang_c(load / work, work, agents, 0.0).asa, HOUR)
        of = erlang_a(load / work, work, agents, patience, 0.0)
        return of.abandonment, of.asa

    def means(staffing: Staffing) -> tuple[float, float]:
        came = answered = waited = 0.0
        for usual, number in hours.items():
            for deviation, weight in BUSYNESS if cv else ((0.0, 1.0),):
                load = usual * (1 + deviation * cv)
                if load > 0:
                    part, whole = math.modf(staffing.exact(usual))
                    for share, agents in ((1 - part, int(whole)), (part, int(whole) + 1)):
                        lost, asa = figures(load, agents)
                        contacts = share * weight * number * load
                        came += contacts
                        answered += contacts * (1 - lost)
                        waited += contacts * (1 - lost) * asa
        return (came - answered) / came, waited / answered

    low, high = SPARE
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if means(Staffing(middle, patience))[1] > wait else (low, middle)
    staffing = Staffing(high, patience)
    return staffing, means(staffing)[0]


def shifts_of(agents: list[int], hours: Mapping[int, tuple[int, int]]) -> Iterator[Shift]:
    """Shifts that add up to these agents in each hour of a week, within the hours by weekday : int[168]."""
    for day, (start, end) in sorted((hours or dict.fromkeys(range(7), (0, 24 * HOUR))).items()):
        edges = [start, *range((start // HOUR + 1) * HOUR, end, HOUR), end]
        begun: list[tuple[int, int]] = []
        before = 0
        for edge in edges:
            number = agents[(24 * day + edge // HOUR) % len(agents)] if edge < end else 0
            if number > before:
                begun.append((edge, number - before))
            while before > number:
                since, more = begun.pop()
                leave = min(more, before - number)
                yield Shift(day, since, edge, leave)
                before -= leave
                if more > leave:
                    begun.append((since, more - leave))
            before = number
