"""Random cases through both engines and the audit."""

from __future__ import annotations

from ccsim.engine import compiled, reference
from ccsim.engine.audit import audit
from ccsim.lowering import lower
from ccsim.workload.sample import sample
from tests import random_cases
from tests.differential.test_engines import differences
from tests.fuzz.workers import Outcome


def of_case(seed: int) -> Outcome:
    """A case simulated twice: as it is drawn, and with every time in whole minutes, so that all falls together."""
    scenario = random_cases.parsed(random_cases.scenario(seed))
    plan, drawn = lower(scenario)[0], sample(scenario, 0)
    outcome = Outcome()
    for name, workload in (("as drawn", drawn), ("whole minutes", random_cases.snapped(drawn))):
        expected = reference.simulate(workload, plan)
        columns = differences(expected, compiled.simulate(workload, plan))
        faults = audit(workload, plan, expected)
        outcome.counts["differs" if columns else "same log"] += 1
        outcome.counts["audit finds a fault" if faults else "audit accepts"] += 1
        if columns:
            outcome.wrong.append(f"{name}: the engines differ in {', '.join(columns)}")
        outcome.wrong += [f"{name}: {fault}" for fault in faults]
    return outcome
