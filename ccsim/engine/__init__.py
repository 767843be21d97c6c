"""Two engines with the same logs: `reference` tells the rules as SimPy processes, `kernel` is compiled."""

from __future__ import annotations

import importlib
from typing import Final

from ccsim.errors import Problem, ScenarioError
from ccsim.tables import Log, Plan, Workload

ENGINES: Final = {"compiled": "ccsim.engine.compiled", "simpy": "ccsim.engine.reference"}
"""Where each engine lives; both give the same logs."""


def simulate(engine: str, workload: Workload, plan: Plan) -> Log:
    """The log of a workload by the engine of that name, which is imported on first use."""
    if engine not in ENGINES:
        raise ScenarioError([Problem("engine", repr(engine), f"one of {', '.join(ENGINES)}")])
    log: Log = importlib.import_module(ENGINES[engine]).simulate(workload, plan)
    return log
