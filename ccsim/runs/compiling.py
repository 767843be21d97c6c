"""What a first run needs compiled: the kernel, or, of a small run, before it the measures."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ccsim import engine, jit
from ccsim.engine import compilation
from ccsim.lowering import lower
from ccsim.metrics import measure
from ccsim.scenario import read
from ccsim.scenario.growth import size_of
from ccsim.scenario.model import Scenario
from ccsim.tables import Workload, blank

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

    plan, spec = lower(read.parse(CALLS))
    workload = _a_call()
    log = reference.simulate(workload, plan)
    with jit.claims():
        measure(workload, plan, spec, log)


def _a_call() -> Workload:
    """One that gives up as soon as it comes, while nobody is there. Not drawn: what draws need not be compiled here."""
    row: Any = blank(Workload, 1)
    missing = {name: getattr(row, name) - 1 for name in Workload._fields if name.endswith("_child")}
    nothing = {name: getattr(row, name)[:0] for name in ("out_shift", "out_start", "out_end")}
    call: Workload = row._replace(
        **missing, **nothing, turns=row.turns + 1, bot_time=row.bot_time - 1, present=np.ones_like(row.present)
    )
    return call
