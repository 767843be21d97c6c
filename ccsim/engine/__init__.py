"""Two engines with the same logs: `reference` tells the rules as SimPy processes, `kernel` is compiled."""

from __future__ import annotations

import importlib
from typing import Final

from ccsim.engine import compilation
from ccsim.errors import Problem, ScenarioError
from ccsim.tables import Log, Plan, State, Workload

ENGINES: Final = {"compiled": "ccsim.engine.compiled", "simpy": "ccsim.engine.reference"}
"""Where each engine lives; both give the same logs."""


def simulate(engine: str, workload: Workload, plan: Plan, state: State | None = None) -> Log:
    """The log of a workload by the engine of that name, which is imported on first use; from a state on, if given.

    While the compiled one is being compiled the reference simulates in its place, unless that would take longer.
    """
    if engine not in ENGINES:
        raise ScenarioError([Problem("engine", repr(engine), f"one of {', '.join(ENGINES)}")])
    # compiled code would read beyond the end of what is too short
    assert len(workload.agent_pace) == len(plan.team)
    assert len(workload.present) == len(plan.shift_start)
    if engine == "compiled" and compilation.pending(workload):
        engine = "simpy"
    log: Log = importlib.import_module(ENGINES[engine]).simulate(workload, plan, state)
    return log


def prepare(engine: str, first: str | None = None) -> None:
    """Has the engine compiled, if it is one that is and has not been yet, without waiting for it; before it what
    `compile_first` of the module `first` compiles.

    Worth a call where other processes are going to simulate: the compilation is this one's, and outlives none of them.
    """
    if engine == "compiled":
        compilation.pending(first=first)
