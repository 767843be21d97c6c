# mypy: disable-error-code="no-untyped-call"
"""Rows sorted by the family of their distribution, and their values put back in order: compiled.

What takes long, logarithms and normal quantiles, is left to numpy and scipy, which do a family's rows at once.
"""

from __future__ import annotations

import numpy as np

from ccsim.jit import compiled
from ccsim.tables import F64, I32, I64, NEVER
from ccsim.workload.assorted import EXPONENTIAL, GEOMETRIC, LOGNORMAL, UNIFORM, Families

MOST = float(NEVER)


@compiled
def sort(families: Families, which: I32, u: F64, logarithm: F64, normal: F64, sigma: F64) -> tuple[int, int]:
    """How many rows take a logarithm, and how many the normal quantile.

    `logarithm` gets minus the uniforms of the former, `normal` the uniforms of the latter and `sigma` theirs, in order;
    all float64[n]. Without branches: whose row is next cannot be foreseen, and a wrong guess takes longer than a row.
    """
    logarithms = normals = 0
    for i in range(len(u)):
        number = which[i]
        family = families.family[number]
        logarithm[logarithms] = -u[i]
        normal[normals], sigma[normals] = u[i], families.sigma[number]
        logarithms += (family == EXPONENTIAL) | (family == GEOMETRIC)
        normals += family == LOGNORMAL
    return logarithms, normals


@compiled
def unsort(
    families: Families, which: I32, u: F64, logarithm: F64, normal: F64, unit: float, least: float, drawn: I64
) -> None:
    """Each row's value in parts of which `unit` make one, rounded, at least `least` : `drawn` : int64[n]; of no meaning
    for OTHER families. `logarithm` has log(1 - u), `normal` exp(sigma z) of those that take one, in order."""
    logarithms = normals = 0
    for i in range(len(u)):
        number = which[i]
        family = families.family[number]
        logged, exponent, even = logarithm[logarithms], normal[normals], u[i]
        takes_logarithm = (family == EXPONENTIAL) | (family == GEOMETRIC)
        logarithms += takes_logarithm
        normals += family == LOGNORMAL
        standard = even if family == UNIFORM else 1.0
        standard = exponent if family == LOGNORMAL else standard
        standard = logged if takes_logarithm else standard
        value = families.low[number] + families.scale[number] * standard
        value = np.floor(value) + 1 if family == GEOMETRIC else value
        drawn[i] = np.int64(min(max(np.rint(value * unit), least), MOST))
