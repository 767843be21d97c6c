"""Every timeline is run by both engines and audited."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from ccsim.engine import compiled, reference
from ccsim.engine.audit import audit
from ccsim.tables import NEVER, SECOND, Log, Outcome, Plan
from tests.tables_by_hand import make_workload


@dataclass(frozen=True)
class Life:
    """What became of one contact, in seconds; None for what never happened."""

    outcome: str
    left: float | None
    closed: float | None
    turns: list[tuple[float | None, ...]]
    """(message, start, reply) of each message that came"""
    agents: list[int]
    """who worked on it, -1: nobody"""
    rereads: list[float]
    stretches: list[tuple[float | int | None, ...]]
    """(agent, since, start, end)"""


def seconds(time: np.int64) -> float | None:
    return None if abs(int(time)) >= NEVER else int(time) / SECOND


def life(log: Log, contact: int) -> Life:
    first = int(log.first_turn[contact])
    slots = range(first, first + int(log.messages[contact])) if first >= 0 else range(0)
    rows = np.flatnonzero(log.stretch_contact == contact)
    return Life(
        outcome=Outcome(log.outcome[contact]).name.lower(),
        left=seconds(log.left[contact]),
        closed=seconds(log.closed[contact]),
        turns=[(seconds(log.message[s]), seconds(log.start[s]), seconds(log.reply[s])) for s in slots],
        agents=[int(log.agent[s]) for s in slots],
        rereads=[int(log.reread[s]) / SECOND for s in slots],
        stretches=[
            (
                int(log.stretch_agent[r]),
                seconds(log.stretch_since[r]),
                seconds(log.stretch_start[r]),
                seconds(log.stretch_end[r]),
            )
            for r in rows
        ],
    )


Run = Callable[[Plan, list[dict[str, Any]]], list[Life]]


@pytest.fixture(params=["simpy", "compiled"])
def run(request: pytest.FixtureRequest) -> Run:
    """Simulates contacts on a plan and tells the life of each, by contact id."""

    def simulate(plan: Plan, roots: list[dict[str, Any]]) -> list[Life]:
        workload = make_workload(roots, plan)
        engine = {"simpy": reference.simulate, "compiled": compiled.simulate}[request.param]
        log = engine(workload, plan)
        assert audit(workload, plan, log) == []
        return [life(log, c) for c in range(len(workload.queue))]

    return simulate
