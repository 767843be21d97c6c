"""What a first run needs compiled: the measures, for which it waits, before the kernel, for which it does not."""

from __future__ import annotations

from typing import Any, Final

from ccsim import engine, jit
from ccsim.lowering import lower
from ccsim.metrics import measure
from ccsim.scenario import read

CALLS: Final[dict[str, Any]] = {
    "name": "Calls",
    "days": 1,
    "queue": {"calls": {"channel": "phone", "volume": {"per_day": 1}, "work": 60}},
    "team": {"agents": {"skills": {"calls": 1}, "shifts": [{"agents": 1, "hours": "09:00-17:00"}]}},
}
"""A scenario whose measures take what those of every scenario take."""


def prepare(name: str) -> None:
    """As `engine.prepare`, with the measures first."""
    engine.prepare(name, first=__name__)


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
