"""What to look out for in a scenario file: what can be simulated as it stands, but is hardly meant so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ccsim.errors import Problem
from ccsim.scenario import check
from ccsim.scenario.model import Scenario
from ccsim.workload.unserved import unserved


def warnings(scenario: Scenario, variants: Mapping[str, Scenario], file: str = "") -> list[Problem]:
    """Those of the scenario, then what each variant (by name) adds to them: not the same one with another figure."""
    own = _of(scenario, file)
    known = {(problem.path, problem.value) for problem in own}
    added = [
        replace(problem, path=f"variant.{name}: {problem.path}")
        for name, variant in variants.items()
        for problem in _of(variant, file)
        if (problem.path, problem.value) not in known
    ]
    return own + added


def _of(scenario: Scenario, file: str) -> list[Problem]:
    return [*check.warnings(scenario, file), *unserved(scenario, file)]
