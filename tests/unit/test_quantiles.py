"""Logarithm, exponential and normal quantile against others, and the same bits as any processor has."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from functools import partial, reduce
from typing import Any

import numpy as np
import pytest
from numba import njit
from scipy.special import ndtri

from ccsim.distributions import quantiles
from ccsim.tables import F64

UNIFORMS = np.random.default_rng(14).uniform(size=100_000)
INSIDE = np.concatenate([
    UNIFORMS, UNIFORMS * 1e-6, 1 - UNIFORMS * 1e-6, UNIFORMS * 1e-15, 2.0 ** -np.arange(1, 55), [0.075, 0.925]
]).clip(2.0**-54, 1 - 2.0**-53)  # fmt: skip


@njit
def exponentials(x: F64) -> None:
    for i in range(len(x)):
        x[i] = quantiles.exp(x[i])


@njit
def logarithms(x: F64) -> None:
    quantiles.logs(x, len(x))


@njit
def normals(u: F64) -> None:
    quantiles.normals(u.copy(), len(u), u, np.empty(len(u), np.int32))


def of_all(function: Callable[[F64], None], values: F64) -> F64:
    result = values.copy()
    function(result)
    return result


def test_logarithms_are_within_one_unit_of_the_last_place() -> None:
    found, exact = of_all(logarithms, INSIDE), np.log(INSIDE.astype(np.longdouble))
    assert (abs(found - exact) <= np.spacing(abs(exact).astype(np.float64))).all()
    assert of_all(logarithms, np.ones(1)) == 0


def test_exponentials_are_within_two_units_of_the_last_place() -> None:
    x = np.concatenate([-700 + 1400 * UNIFORMS, 4 * UNIFORMS - 2, [0.0]])
    exact = np.exp(x.astype(np.longdouble))
    assert (abs(of_all(exponentials, x) - exact) <= 2 * np.spacing(exact.astype(np.float64))).all()


def test_exponentials_beyond_all_floats_are_the_last_ones() -> None:
    least, most = of_all(exponentials, np.array([-1e9, 1e9]))
    assert 0 < least < 1e-300
    assert 1e300 < most < np.inf


def test_normal_quantiles_are_those_of_scipy() -> None:
    exact = ndtri(INSIDE)
    assert (abs(of_all(normals, INSIDE) - exact) <= np.maximum(4e-15 * abs(exact), 1e-15)).all()


def test_normal_quantiles_do_not_fall_where_their_formula_changes() -> None:
    for edge in (0.075, 0.925, np.exp(-25.0)):
        u = edge + np.spacing(edge) * np.arange(-200, 201)
        assert (np.diff(of_all(normals, u)) >= -2 * np.spacing(abs(ndtri(edge)))).all()


def polynomial(coefficients: tuple[float, ...], x: float) -> float:
    return reduce(lambda total, coefficient: total * x + coefficient, coefficients)


@pytest.fixture
def in_python(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The module's functions as plain Python, whose floats are added and multiplied one by one."""
    for compiled in (logarithms, exponentials, normals):
        of_all(compiled, np.full(1, 0.5))  # of the module as it is
    for name in ("log", "exp", "_middle", "_tail", "normals"):
        monkeypatch.setattr(quantiles, name, getattr(quantiles, name).py_func)
    for name, part in list(vars(quantiles).items()):
        if hasattr(part, "coefficients"):
            monkeypatch.setattr(quantiles, name, partial(polynomial, part.coefficients))
    monkeypatch.setattr(quantiles, "_bits", lambda x: struct.unpack("<q", struct.pack("<d", x))[0])
    monkeypatch.setattr(quantiles, "_number", lambda bits: struct.unpack("<d", struct.pack("<q", int(bits)))[0])
    return quantiles


def test_bits_are_those_of_sums_and_products_one_by_one(in_python: Any) -> None:
    """No step is fused with another, or done in another order, however many values a processor takes at once."""
    some = INSIDE[::97]
    assert of_all(logarithms, some).tolist() == [in_python.log(x) for x in some.tolist()]
    x = 40 * some - 20
    assert of_all(exponentials, x).tolist() == [in_python.exp(value) for value in x.tolist()]
    scores = some.copy()
    in_python.normals(some, len(some), scores, np.empty(len(some), np.int32))
    assert of_all(normals, some).tolist() == scores.tolist()
