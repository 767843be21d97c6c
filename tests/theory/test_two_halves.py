"""A day whose calls are longer in its second half, beside the exact solution: M(t)/M(t)/c, first come, first served.

A call's length belongs to the call, so those of the morning that are left at noon stay short: the state is how many
calls of the morning and of the afternoon there are. Those of the morning all came before, so the agents serve of them
as many as they can, and of the others with the agents that are left. The Kolmogorov equations of that Markov chain are
solved over both halves, and over the time after them in which nobody comes any more.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import simpson
from scipy.sparse import csr_array, diags_array
from scipy.sparse.linalg import expm_multiply

from ccsim.tables import F64, SECOND
from tests.theory.conftest import Run, ratio, runs
from tests.theory.test_queues import exponential

AGENTS = 6
HALF = 12 * 3600.0
RATES = (0.08, 0.076)
"""calls a second, morning and afternoon"""
WORK, LONGER = 60.0, 1.2
"""seconds, and how much longer calls of the afternoon take"""
ROOM = (45, 120)
"""calls of the morning and of the afternoon, at most: more is out of the question"""


def generator(morning: float, afternoon: float) -> csr_array:
    """Rates of the chain with these arrivals a second; states (i, j) are numbered row by row."""
    i, j = np.meshgrid(np.arange(ROOM[0] + 1), np.arange(ROOM[1] + 1), indexing="ij")
    served = np.minimum(i, AGENTS)
    step = ROOM[1] + 1
    rates = {
        step: np.where(i < ROOM[0], morning, 0.0),
        1: np.where(j < ROOM[1], afternoon, 0.0),
        -step: served / WORK,
        -1: np.minimum(j, AGENTS - served) / (WORK * LONGER),
    }
    size = i.size
    off = [values.ravel()[: size - by] if by > 0 else values.ravel()[-by:] for by, values in rates.items()]
    return csr_array(diags_array([*off, -sum(rates.values()).ravel()], offsets=[*rates, 0], shape=(size, size)))


def solved() -> dict[str, float]:
    """Mean wait and share of calls that wait, of each half."""
    i, j = np.meshgrid(np.arange(ROOM[0] + 1), np.arange(ROOM[1] + 1), indexing="ij")
    waiting = [np.maximum(i - AGENTS, 0).ravel(), (j - np.minimum(j, np.maximum(AGENTS - i, 0))).ravel()]
    full = (i + j >= AGENTS).ravel()
    now = np.zeros(i.size)
    now[0] = 1.0
    waits, delayed = np.zeros(2), np.zeros(2)
    stages = ((RATES[0], 0.0, HALF), (0.0, RATES[1], HALF), (0.0, 0.0, 3600.0))
    for stage, (morning, afternoon, length) in enumerate(stages):
        path: F64 = expm_multiply(generator(morning, afternoon).T, now, start=0, stop=length, num=361)
        over = np.linspace(0, length, len(path))
        waits += [simpson(path @ here, x=over) for here in waiting]
        if stage < 2:
            delayed[stage] = simpson(path @ full, x=over) / length
        now = path[-1]
    assert now[0] == pytest.approx(1, abs=1e-6)
    calls = np.array(RATES) * HALF
    names = ("morning", "afternoon")
    result = {f"wait, {name}": float(wait) for name, wait in zip(names, waits / calls, strict=True)}
    return result | {f"delayed, {name}": float(share) for name, share in zip(names, delayed, strict=True)}


def of_half(half: int, value: Callable[[F64], F64]) -> Callable[[Run], tuple[float, float]]:
    def figure(run: Run) -> tuple[float, float]:
        mine = (run.workload.arrival >= HALF * SECOND) == bool(half)
        slot = run.log.first_turn[mine]
        wait = (run.log.start - run.log.message)[slot] / SECOND
        return float(value(wait).sum()), float(len(slot))

    return figure


@pytest.mark.parametrize(
    "replications", [pytest.param(100, id=""), pytest.param(6400, id="long", marks=pytest.mark.slow)]
)
def test_longer_calls_in_the_second_half_of_the_day(tmp_path: Path, replications: int) -> None:
    calls = {
        "channel": "phone",
        "volume": {"per_day": sum(RATES) * HALF, "shape": [["00:00", RATES[0]], ["12:00", RATES[1]]]},
        "work": exponential(WORK) | {"profile": [["12:00", LONGER]]},
        "wrap_up": 0,
        "patience": "never",
    }
    team = {"skills": {"calls": 1}, "shifts": [{"agents": AGENTS, "hours": "always"}]}
    doc = {"days": 1, "drain": "1d", "queue": {"calls": calls}, "team": {"desk": team}}
    figures = {
        f"{what}, {name}": of_half(half, value)
        for half, name in enumerate(("morning", "afternoon"))
        for what, value in (("wait", lambda wait: wait), ("delayed", lambda wait: wait > 0))
    }
    pairs: dict[str, list[tuple[float, float]]] = {name: [] for name in figures}
    for run in runs(tmp_path, doc, replications):
        for name, figure in figures.items():
            pairs[name].append(figure(run))
    theory = solved()
    assert theory["wait, afternoon"] > 2 * theory["wait, morning"]
    for name, expected in theory.items():
        value, error = ratio(pairs[name])
        print(f"{name:20} {value:10.5g} {expected:10.5g} {error:9.3g} {(value - expected) / error:6.2f}")
        assert error < 0.04 * expected * (400 / replications) ** 0.5
        assert abs(value - expected) <= 4 * error
