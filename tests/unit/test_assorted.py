"""Columns whose rows have distributions of their own: each row's value is that of its distribution alone."""

from __future__ import annotations

import pickle
from typing import Final

import numpy as np
import pytest

from ccsim.distributions.durations import (
    CHUNK,
    Constant,
    Distribution,
    Empirical,
    Exponential,
    Gamma,
    Geometric,
    LogNormal,
    Mixture,
    Never,
    Uniform,
    Weibull,
    counts,
    micros,
)
from ccsim.tables import I32, NEVER, SECOND
from ccsim.workload.assorted import Assorted

EVERY: Final[tuple[Distribution, ...]] = (
    Exponential(180.0),
    LogNormal(60.0, 1.5),
    Constant(2.5),
    Never(),
    Gamma(30.0, 0.7),
    Weibull(20.0, 1.3),
    Uniform(5.0, 9.0),
    Geometric(3.5),
    Geometric(1.0),
    Empirical((1.0, 2.0, 40.0)),
    Mixture((1.0, 2.0), (Exponential(5.0), Constant(9.0))),
    LogNormal(7.0, 0.0),
)


def uniforms(n: int) -> np.ndarray:
    return np.random.default_rng(14).uniform(size=n).clip(2.0**-54, 1 - 2.0**-53)


def numbers(n: int, of: int) -> I32:
    return np.random.default_rng(15).integers(of, size=n).astype(np.int32)


@pytest.mark.parametrize("n", [0, 1, 1_000, 2 * CHUNK + 3])
def test_a_row_has_the_value_of_its_own_distribution(n: int) -> None:
    u, which = uniforms(n), numbers(n, len(EVERY))
    durations, turns = Assorted(EVERY).micros(which, u), Assorted(EVERY).counts(which, u)
    for number, distribution in enumerate(EVERY):
        mine = which == number
        # logarithms and normal quantiles of the C library and scipy may differ in the last bits
        assert durations[mine] == pytest.approx(micros(distribution, u[mine]), rel=4e-15, abs=1)
        if not isinstance(distribution, Never):
            assert turns[mine].tolist() == counts(distribution, u[mine]).tolist()


def test_the_ends_of_the_uniforms_are_finite_or_never() -> None:
    u = np.repeat([2.0**-54, 1 - 2.0**-53], len(EVERY))
    drawn = Assorted(EVERY).micros(np.tile(np.arange(len(EVERY)), 2), u)
    assert drawn.min() >= 0
    assert drawn.max() == NEVER
    assert set(np.flatnonzero(drawn == NEVER) % len(EVERY)) == {EVERY.index(Never())}


def test_another_distribution_moves_only_its_own_rows() -> None:
    u, which = uniforms(500), numbers(500, 3)
    before = Assorted([Exponential(10.0), LogNormal(4.0, 1.0), Uniform(1.0, 2.0)]).micros(which, u)
    after = Assorted([Exponential(10.0), Exponential(4.0), Uniform(1.0, 2.0)]).micros(which, u)
    assert np.array_equal(before == after, which != 1)


def test_columns_without_draws_are_one_value() -> None:
    both = Assorted([Constant(1.5), Constant(1.5)])
    assert both.takes_no_draw
    assert set(both.column(numbers(50, 2), uniforms(50)).tolist()) == {1.5 * SECOND}
    unlike = Assorted([Constant(1.5), Never()])
    assert unlike.takes_no_draw
    assert unlike.column(np.array([0, 1, 0], np.int32), uniforms(3)).tolist() == [1.5 * SECOND, NEVER, 1.5 * SECOND]
    assert not Assorted([Constant(1.5), Exponential(1.0)]).takes_no_draw


def test_it_goes_to_other_processes() -> None:
    assorted = Assorted(EVERY)
    again, u, which = pickle.loads(pickle.dumps(assorted)), uniforms(200), numbers(200, len(EVERY))
    assert np.array_equal(assorted.micros(which, u), again.micros(which, u))
