# mypy: disable-error-code="no-untyped-call"
"""Values of rows that have distributions of several families: compiled.

Rows are sorted by family, so that what takes long, logarithms and normal quantiles, is worked out for all that need it
at once, and put back in order.
"""

from __future__ import annotations

import numpy as np

from ccsim.distributions.quantiles import exp, logs, normals
from ccsim.jit import compiled
from ccsim.tables import F64, I32, I64, NEVER
from ccsim.workload.assorted import EXPONENTIAL, GEOMETRIC, LOGNORMAL, UNIFORM, Families

MOST = float(NEVER)


@compiled
def draw(families: Families, which: I32, u: F64, unit: float, least: float, room: F64, tails: I32, drawn: I64) -> None:
    """Each row's value in parts of which `unit` make one, rounded, at least `least` : `drawn` : int64[n]; of no meaning
    for OTHER families. `which` : int32[n], its distribution, and `u` : float64[n], its uniform; `room` : float64[4, n]
    and `tails` : int32[n] are used for that."""
    logarithm, normal, sigma, score = room[0], room[1], room[2], room[3]
    # Without branches: whose row is next cannot be foreseen, and a wrong guess takes longer than a row.
    logarithms = scores = 0
    for i in range(len(u)):
        number = which[i]
        family = families.family[number]
        logarithm[logarithms] = 1.0 - u[i]
        normal[scores], sigma[scores] = u[i], families.sigma[number]
        logarithms += (family == EXPONENTIAL) | (family == GEOMETRIC)
        scores += family == LOGNORMAL
    logs(logarithm, logarithms)
    normals(normal, scores, score, tails)
    for i in range(scores):
        score[i] = exp(sigma[i] * score[i])
    logarithms = scores = 0
    for i in range(len(u)):
        number = which[i]
        family = families.family[number]
        logged, exponent, even = logarithm[logarithms], score[scores], u[i]
        takes_logarithm = (family == EXPONENTIAL) | (family == GEOMETRIC)
        logarithms += takes_logarithm
        scores += family == LOGNORMAL
        standard = even if family == UNIFORM else 1.0
        standard = exponent if family == LOGNORMAL else standard
        standard = logged if takes_logarithm else standard
        value = families.low[number] + families.scale[number] * standard
        value = np.floor(value) + 1 if family == GEOMETRIC else value
        drawn[i] = np.int64(min(max(np.rint(value * unit), least), MOST))
