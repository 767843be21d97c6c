"""Formulas worked out once a scenario give what they give when they are called with the facts of a replication."""

from __future__ import annotations

import numpy as np
import pytest

from ccsim.engine import simulate
from ccsim.metrics import METRICS, applicable
from ccsim.metrics.facts import Facts, Frame
from ccsim.metrics.formulas import programs
from ccsim.metrics.registry import Sums
from tests import random_cases


@pytest.mark.parametrize("number", range(3))
def test_steps_are_the_formulas(number: int) -> None:
    workload, plan, spec = random_cases.tables(random_cases.scenario(number))
    facts = Facts(workload, plan, spec, simulate("compiled", workload, plan))
    applies = {key: applicable(metric, plan, spec) for key, metric in METRICS.items()}
    applies = {key: those for key, those in applies.items() if those.any()}
    known = {program.keys[0][0]: program for program in programs(Frame(plan, spec), applies)}
    assert len(known["queue"].keys) > 35
    assert len(known["team"].keys) == 15
    for program in known.values():
        _, each = program.totals(facts, by_interval=True)
        assert len(each) == len(program.keys)
        for key, (numerator, denominator) in zip(program.keys, each, strict=True):
            sums = METRICS[key].measure(facts)
            assert isinstance(sums, Sums)
            wanted = np.broadcast_to(1.0 if sums.denominator is None else sums.denominator, sums.numerator.shape)
            there = applies[key]
            np.testing.assert_array_equal(numerator[:, :-1], np.where(there, sums.numerator, 0.0), str(key))
            np.testing.assert_array_equal(denominator[:, :-1], np.where(there, wanted, np.nan), str(key))
