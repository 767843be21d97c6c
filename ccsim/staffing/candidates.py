"""The shifts to choose from: those of a scenario's patterns, and of its rules the ones that are likely to be of use."""

from __future__ import annotations

import copy
from typing import Final

import numpy as np

from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.scenario.shifts import Pattern
from ccsim.scenario.staffing_rules import of_use
from ccsim.staffing import patterns
from ccsim.staffing.baseline import Baseline
from ccsim.staffing.cover import cover, program
from ccsim.tables import F64, I64

MOST: Final = 60
"""More shifts than these are not simulated."""

LEVELS: Final = (1.15, 1.0, 0.85, 0.7)
"""Shares of Erlang's requirement that are covered to see which shifts are of use: targets over a week need less."""


NODES: Final = 500
"""Of the search tree of each program in whole agents."""


def with_rules(scenario: Scenario) -> Scenario:
    """The scenario with all shifts of its rules as patterns, behind its own; those of no use are left out."""
    rules = scenario.staffing.rule
    if not rules:
        return scenario
    raw = copy.deepcopy(scenario.raw)
    staffing = raw["staffing"]
    own, given = staffing.get("patterns", []), staffing.pop("rule")
    made = [table for rule, tables in zip(rules, given, strict=True) for table in rule.patterns(tables)]
    staffing["patterns"] = [*own, *made]
    staffing["patterns"] = [*own, *(table for table in made if of_use(scenario, Pattern.model_validate(table)))]
    return read.parse(raw, given=scenario.files)


def most_useful(scenario: Scenario, own: int, erlang: Baseline) -> Scenario:
    """Of its patterns the first `own`, and as many of the others as are simulated.

    Those with the least reduced cost in the linear programs that cover shares of Erlang's requirement: what a shift
    costs beyond what its hours are worth where agents are scarce (Dantzig 1954).
    """
    given = scenario.staffing.patterns
    if len(given) <= MOST:
        return scenario
    dear = _reduced_costs(scenario, erlang)
    dear[:own] = -2.0
    keep = np.sort(np.argsort(dear, kind="stable")[: max(MOST, own)])
    raw = copy.deepcopy(scenario.raw)
    raw["staffing"]["patterns"] = [raw["staffing"]["patterns"][number] for number in keep.tolist()]
    return read.parse(raw, given=scenario.files)


def _reduced_costs(scenario: Scenario, erlang: Baseline) -> F64:
    """As a share of each pattern's cost, summed over the levels; -1 where whole agents need it : float64[pattern]."""
    from scipy.optimize import linprog

    covers, required = program(scenario, erlang.requirement(scenario))
    cost = patterns.costs(scenario)
    reduced, used = np.zeros(len(cost)), np.zeros(len(cost), dtype=np.bool_)
    for level in LEVELS:
        solved = linprog(cost, A_ub=-covers, b_ub=-level * required, method="highs")
        if solved.x is not None:
            reduced += (cost - covers.T @ -solved.ineqlin.marginals) / np.maximum(cost, 1e-9)
        whole = cover(covers, level * required, cost, nodes=NODES)
        if whole is not None:
            used |= whole.counts > 0
    return np.where(used, -1.0, reduced)


def covering(scenario: Scenario, erlang: Baseline) -> list[I64]:
    """Agents on each pattern that cover shares of Erlang's requirement, from many to few : int64[pattern] each."""
    covers, required = program(scenario, erlang.requirement(scenario))
    cost = patterns.costs(scenario)
    covered = (cover(covers, level * required, cost, nodes=NODES) for level in LEVELS)
    return [each.counts for each in covered if each is not None]
