"""What a first run needs compiled: the kernel, or, of a small run, before it the measures."""

from __future__ import annotations

from typing import Any, Final

from ccsim import engine, jit
from ccsim.engine import compilation
from ccsim.lowering import lower
from ccsim.metrics import measure
from ccsim.scenario import read
from ccsim.scenario.growth import size_of
from ccsim.scenario.model import Scenario

CALLS: Final[dict[str, Any]] = {
    "name": "Calls",
    "days": 1,
    "queue": {"calls": {"channel": "phone", "volume": {"per_day": 1}, "work": 60}},
    "team": {"agents": {"skills": {"calls": 1}, "shifts": [{"agents": 1, "hours": "09:00-17:00"}]}},
}
"""A scenario whose measures take what those of every scenario take."""


def prepare(name: str, scenario: Scenario, runs: int) -> None:
    """As `engine.prepare`; with the measures first where the reference engine has simulated all of so many replications
    before the kernel would be there, so that only the measures are waited for."""
    if name == "compiled" and not compilation.finished():
        size = size_of(scenario)
        few = runs * (size.contacts + size.turns) <= compilation.MEANWHILE
        engine.prepare(name, first=__name__ if few else None)


def compile_first() -> None:
    """Compiles the measures, for all processes that need them from now on."""
    from ccsim.engine import reference
    from ccsim.workload.sample import sample

    scenario = read.parse(CALLS)
    plan, spec = lower(scenario)
    workload = sample(scenario, 0)
    log = reference.simulate(workload, plan)
    with jit.claims():
        measure(workload, plan, spec, log)
