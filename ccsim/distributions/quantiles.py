# mypy: disable-error-code="no-untyped-call, import-untyped, call-arg, var-annotated"
"""Logarithm, exponential and normal quantile, compiled: of many values, without the GIL, the same bits everywhere.

Those of C libraries, numpy and scipy differ in last bits from one processor or system to the next, and are called from
Python for each column. These are made of sums, products, quotients and roots alone, which IEEE 754 defines to the last
bit, and have no branches where most values go, so that a processor works out several at once.

Sources: Sun Microsystems' fdlibm (logarithm), Moshier's Cephes (exponential), Wichura's AS 241 (normal quantile).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ccsim.jit import inlined


@intrinsic
def _bits(_context: Any, _number: Any) -> Any:
    """Of a float64, as int64."""

    def code(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return builder.bitcast(values[0], ir.IntType(64))

    return types.int64(types.float64), code


@intrinsic
def _number(_context: Any, _bits: Any) -> Any:
    """The float64 of these bits."""

    def code(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return builder.bitcast(values[0], ir.DoubleType())

    return types.float64(types.int64), code


ROOT_HALF = 0x3FE6A09E667F3BCD
"""Bits of the square root of 1/2."""


@inlined
def log(x: Any) -> Any:
    """The natural logarithm of a normal number above 0; within one unit of the last place."""
    bits = _bits(x)
    exponent = (bits - ROOT_HALF) >> 52
    f = _number(bits - (exponent << 52)) - 1.0  # x = (1 + f) 2^exponent, f about 0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    even = w * (0.3999999999940941908 + w * (0.2222219843214978396 + w * 0.1531383769920937332))
    odd = z * (
        0.6666666666666735130 + w * (0.2857142874366239149 + w * (0.1818357216161805012 + w * 0.1479819860511658591))
    )
    half = 0.5 * f * f
    k = float(exponent)
    low = s * (half + (even + odd)) + k * 1.90821492927058770002e-10
    return k * 6.93147180369123816490e-01 - ((half - low) - f)


@inlined
def exp(x: Any) -> Any:
    """e to the power of x, of those that float64 has; beyond them the last. Within two units of the last place."""
    x = min(max(x, -708.0), 709.0)
    n = np.floor(1.4426950408889634073599 * x + 0.5)
    x -= n * 6.93145751953125e-1
    x -= n * 1.42860682030941723212e-6
    xx = x * x
    p = x * ((1.26177193074810590878e-4 * xx + 3.02994407707441961300e-2) * xx + 9.99999999999999999910e-1)
    q = (
        (3.00198505138664455042e-6 * xx + 2.52448340349684104192e-3) * xx + 2.27265548208155028766e-1
    ) * xx + 2.00000000000000000009e0
    return (1.0 + 2.0 * (p / (q - p))) * _number((np.int64(n) + 1023) << 52)


@inlined
def _middle(u: Any) -> Any:
    """The normal quantile of 0.075 to 0.925."""
    q = u - 0.5
    r = 0.180625 - q * q
    numerator = 2.5090809287301226727e3 * r + 3.3430575583588128105e4
    numerator = (numerator * r + 6.7265770927008700853e4) * r + 4.5921953931549871457e4
    numerator = (numerator * r + 1.3731693765509461125e4) * r + 1.9715909503065514427e3
    numerator = (numerator * r + 1.3314166789178437745e2) * r + 3.3871328727963666080e0
    denominator = 5.2264952788528545610e3 * r + 2.8729085735721942674e4
    denominator = (denominator * r + 3.9307895800092710610e4) * r + 2.1213794301586595867e4
    denominator = (denominator * r + 5.3941960214247511077e3) * r + 6.8718700749205790830e2
    denominator = (denominator * r + 4.2313330701600911252e1) * r + 1.0
    return q * numerator / denominator


@inlined
def _tail(u: Any) -> Any:
    """Minus the normal quantile of less than 0.075."""
    r = np.sqrt(-log(u))
    if r <= 5.0:
        r -= 1.6
        numerator = 7.7454501427834140764e-4 * r + 2.27238449892691845833e-2
        numerator = (numerator * r + 2.41780725177450611770e-1) * r + 1.27045825245236838258e0
        numerator = (numerator * r + 3.64784832476320460504e0) * r + 5.76949722146069140550e0
        numerator = (numerator * r + 4.63033784615654529590e0) * r + 1.42343711074968357734e0
        denominator = 1.05075007164441684324e-9 * r + 5.47593808499534494600e-4
        denominator = (denominator * r + 1.51986665636164571966e-2) * r + 1.48103976427480074590e-1
        denominator = (denominator * r + 6.89767334985100004550e-1) * r + 1.67638483018380384940e0
        denominator = (denominator * r + 2.05319162663775882187e0) * r + 1.0
    else:
        r -= 5.0
        numerator = 2.01033439929228813265e-7 * r + 2.71155556874348757815e-5
        numerator = (numerator * r + 1.24266094738807843860e-3) * r + 2.65321895265761230930e-2
        numerator = (numerator * r + 2.96560571828504891230e-1) * r + 1.78482653991729133580e0
        numerator = (numerator * r + 5.46378491116411436990e0) * r + 6.65790464350110377720e0
        denominator = 2.04426310338993978564e-15 * r + 1.42151175831644588870e-7
        denominator = (denominator * r + 1.84631831751005468180e-5) * r + 7.86869131145613259100e-4
        denominator = (denominator * r + 1.48753612908506148525e-2) * r + 1.36929880922735805310e-1
        denominator = (denominator * r + 5.99832206555887937690e-1) * r + 1.0
    return numerator / denominator


@inlined
def logs(x: Any, n: Any) -> None:
    """Logarithms instead of the first n numbers : float64[≥ n]."""
    for i in range(n):
        x[i] = log(x[i])


@inlined
def normals(u: Any, n: Any, scores: Any) -> None:
    """Normal quantiles of the first n uniforms, both float64[≥ n]. The tails come last: the loop over all has no
    branch."""
    for i in range(n):
        scores[i] = _middle(u[i])
    for i in range(n):
        if u[i] < 0.075:
            scores[i] = -_tail(u[i])
        elif u[i] > 0.925:
            scores[i] = _tail(1.0 - u[i])
