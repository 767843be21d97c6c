"""The requirement by simulation beside the exact solution of a day on which demand and staffing change by the hour.

M(t)/M/c(t)+M, 13 hours. A call in work when its agent's shift ends is finished, so it matters who is busy: the state is
the set of busy agents, on shift or not, and the number of calls waiting. With agents in fixed order (the first who is
free takes the call) that is a Markov chain; its Kolmogorov equations are solved hour by hour.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.sparse import block_array, csr_array, eye_array
from scipy.sparse.linalg import expm_multiply

from ccsim.runs.run import run
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.staffing.requirement import requirement
from ccsim.tables import F64

AGENTS = 8
"""ever on shift"""
ROOM = 25
"""calls waiting, at most: more is out of the question"""
WORK, PATIENCE = 10.0, 15.0
"""rates an hour"""
WITHIN, SHARE = 30 / 3600, 0.8
CALLS = (18, 30, 39, 45, 48, 39, 30, 36, 45, 48, 36, 27, 18)
"""an hour, from 08:00"""

State = tuple[int, int]
"""Agents busy, a bit each, and calls waiting: none unless all on shift are busy."""


def states(on_shift: int) -> list[State]:
    first = (1 << on_shift) - 1
    return [(busy, q) for busy in range(1 << AGENTS) for q in range(ROOM + 1) if q == 0 or busy & first == first]


def moves(state: State, on_shift: int, calls: float) -> Iterator[tuple[State, float]]:
    """Where a state goes, and at what rate."""
    busy, waiting = state
    free = [agent for agent in range(on_shift) if not busy >> agent & 1]
    if free:
        yield (busy | 1 << free[0], 0), calls
    elif waiting < ROOM:
        yield (busy, waiting + 1), calls
    for agent in range(AGENTS):
        if busy >> agent & 1:
            goes_on = agent < on_shift and waiting > 0
            yield ((busy, waiting - 1) if goes_on else (busy & ~(1 << agent), waiting)), WORK
    if waiting:
        yield (busy, waiting - 1), waiting * PATIENCE


def in_time(on_shift: int) -> F64:
    """Chance that a call is answered within the target's time : float64[calls waiting before it], all agents busy.

    A step forward is an agent free, or somebody before it giving up.
    """
    stages = np.zeros((ROOM + 3, ROOM + 3))  # answered, left, then the calls before it
    for before in range(ROOM + 1):
        forward = on_shift * WORK + before * PATIENCE
        stages[before + 2, 0 if before == 0 else before + 1] = forward
        stages[before + 2, 1] = PATIENCE
        stages[before + 2, before + 2] = -forward - PATIENCE
    return np.asarray(expm(stages * WITHIN)[2:, 0])


def hour(begin: dict[State, float], on_shift: int, calls: float) -> tuple[float, dict[State, float]]:
    """Service level of the calls of an hour, and the states at its end, from those at its beginning."""
    known = states(on_shift)
    number = {state: i for i, state in enumerate(known)}
    rates = csr_array((len(known), len(known))).tolil()
    for state in known:
        for to, rate in moves(state, on_shift, calls):
            rates[number[to], number[state]] += rate
            rates[number[state], number[state]] -= rate
    n = len(known)
    # the second half adds up the time spent in each state
    both = block_array([[rates.tocsr(), csr_array((n, n))], [eye_array(n), csr_array((n, n))]]).tocsr()
    start = np.zeros(2 * n)
    for state, chance in begin.items():
        start[number[come(state, on_shift)]] += chance
    end = expm_multiply(both, start)
    first = (1 << on_shift) - 1
    late = in_time(on_shift)
    level = np.array([late[waiting] if busy & first == first else 1.0 for busy, waiting in known])
    return float(level @ end[n:]), dict(zip(known, end[:n].tolist(), strict=True))


def come(state: State, on_shift: int) -> State:
    """Agents who come, in their order, take the calls that wait."""
    busy, waiting = state
    for agent in range(on_shift):
        if waiting and not busy >> agent & 1:
            busy, waiting = busy | 1 << agent, waiting - 1
    return busy, waiting


def day(replications: int, **changes: object) -> Scenario:
    return read.parse(
        {
            "days": 1,
            "interval": "1h",
            "drain": "1h",
            "seed": 7,
            "replications": replications,
            "queue": {
                "calls": {
                    "channel": "phone",
                    "open": "08:00-21:00",
                    "volume": {
                        "per_day": sum(CALLS),
                        "shape": [[f"{8 + h:02d}:00", calls] for h, calls in enumerate((*CALLS, 0))],
                    },
                    "work": {"dist": "exponential", "mean": 3600 / WORK},
                    "wrap_up": 0,
                    "patience": {"dist": "exponential", "mean": 3600 / PATIENCE},
                    "service_level": f"{100 * SHARE:g}% in {3600 * WITHIN:g}s",
                }
            },
            "team": {"desk": {"skills": {"calls": 1}, "shifts": [{"agents": 1, "hours": "08:00-21:00"}], **changes}},
            "routing": {"agent": "fixed_order"},
            "staffing": {"targets_over": "interval"},
        }
    )


def test_a_constant_hour_is_erlang_a() -> None:
    """The exact solution itself, from a day in steady state: six agents, 48 calls an hour."""
    from ccsim.theory import erlang_a

    chances = {(0, 0): 1.0}
    for _ in range(8):
        level, chances = hour(chances, 6, 48.0)
    known = erlang_a(48 / 3600, 3600 / WORK, 6, 3600 / PATIENCE, threshold=3600 * WITHIN)
    assert level == pytest.approx(known.service_level, abs=1e-6)


@pytest.mark.parametrize("replications", [80, pytest.param(800, marks=pytest.mark.slow)])
def test_least_agents_hour_by_hour(replications: int) -> None:
    """Given those of the hours before, but for one where the exact level is within the simulated interval's reach."""
    result = requirement(day(replications)).agents[0]
    assert not result[:8].any()
    assert not result[21:].any()
    given = result[8:21].tolist()
    shifts = [{"agents": n, "hours": f"{8 + h:02d}:00-{9 + h:02d}:00"} for h, n in enumerate(given)]
    levels = run(day(replications, shifts=shifts), engine="compiled").series("queue", "calls", "service_level")
    reach = ((levels.high - levels.low) / 2)[8:21]
    chances: dict[State, float] = {(0, 0): 1.0}
    table = []
    for number, (agents, calls) in enumerate(zip(given, CALLS, strict=True)):
        exact = {n: hour(chances, n, calls) for n in (agents - 1, agents, agents + 1) if 0 < n <= AGENTS}
        least = min((n for n in exact if exact[n][0] >= SHARE), default=agents + 2)
        close = abs(exact[min(least, agents)][0] - SHARE) <= reach[number]
        table.append((8 + number, agents, least, {n: round(level, 4) for n, (level, _) in exact.items()}))
        assert agents == least or (abs(agents - least) == 1 and close), table
        chances = exact[agents][1]
    print(*table, sep="\n")
    assert min(least for _, _, least, _ in table[1:-1]) >= 4
    assert len(set(given)) >= 3
