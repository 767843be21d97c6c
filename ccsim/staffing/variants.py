"""Scenarios at equal service: each with its own cheapest staffing that meets its targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ccsim.errors import Problem, ScenarioError
from ccsim.results.plans import ShiftPlan
from ccsim.scenario.model import Scenario
from ccsim.staffing.patterns import staffed, with_patterns
from ccsim.staffing.shifts import Infeasible, shift_plan


def plans(
    scenarios: Mapping[str, Scenario],
    *,
    workers: int = 1,
    progress: Callable[[float | None], object] = lambda best: None,
) -> dict[str, ShiftPlan]:
    """The cheapest shifts of every scenario, all under the seed and number of replications of the first.

    Where a scenario has no patterns, those of its own shifts. Raises Infeasible and ScenarioError, both with the name
    of the scenario.
    """
    first = next(iter(scenarios.values()))
    plans = {}
    for name, scenario in scenarios.items():
        alike = with_patterns(scenario.with_streams(first.seed, first.replications))
        try:
            plans[name] = shift_plan(alike, workers=workers, progress=progress)
        except Infeasible as error:
            raise Infeasible(f"{name}: {error}") from None
        except ScenarioError as error:
            faults = [Problem(f"{name}: {p.path}", p.value, p.allowed, p.file) for p in error.problems]
            raise ScenarioError(faults) from None
    return plans


def at_work(plans: Mapping[str, ShiftPlan]) -> dict[str, Scenario]:
    """The scenarios with these shifts, on the random numbers of their proofs, as many as the longest of these took."""
    fresh = [plan.fresh for plan in plans.values()]
    replications = max(proof.replications for proof in fresh)
    return {
        name: staffed(plan.scenario, plan.agents.tolist()).with_streams(fresh[0].seed, replications)
        for name, plan in plans.items()
    }
