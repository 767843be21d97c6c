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


def _polynomial(*coefficients: float) -> Any:
    """The function of a float64 that works out a polynomial, highest power first, by Horner's rule.

    numba, which looks at each step of a function, is given all at once: it takes a third of a second less.
    """

    @intrinsic
    def value(_context: Any, _x: Any) -> Any:
        def code(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
            total = ir.Constant(ir.DoubleType(), coefficients[0])
            for coefficient in coefficients[1:]:
                product = builder.fmul(total, values[0])
                total = builder.fadd(product, ir.Constant(ir.DoubleType(), coefficient))
            return total

        return types.float64(types.float64), code

    value.coefficients = coefficients  # type: ignore[attr-defined]
    return value


ROOT_HALF = 0x3FE6A09E667F3BCD
"""Bits of the square root of 1/2."""

_log_even = _polynomial(0.1531383769920937332, 0.2222219843214978396, 0.3999999999940941908)
_log_odd = _polynomial(0.1479819860511658591, 0.1818357216161805012, 0.2857142874366239149, 0.6666666666666735130)
_exp_p = _polynomial(1.26177193074810590878e-4, 3.02994407707441961300e-2, 9.99999999999999999910e-1)
_exp_q = _polynomial(
    3.00198505138664455042e-6, 2.52448340349684104192e-3, 2.27265548208155028766e-1, 2.00000000000000000009e0
)
_middle_p = _polynomial(
    2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
    1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080e0,
)  # fmt: skip
_middle_q = _polynomial(
    5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
    5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0,
)  # fmt: skip
_near_p = _polynomial(
    7.7454501427834140764e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258e0,
    3.64784832476320460504e0, 5.76949722146069140550e0, 4.63033784615654529590e0, 1.42343711074968357734e0,
)  # fmt: skip
_near_q = _polynomial(
    1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
    6.89767334985100004550e-1, 1.67638483018380384940e0, 2.05319162663775882187e0, 1.0,
)  # fmt: skip
_far_p = _polynomial(
    2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
    2.96560571828504891230e-1, 1.78482653991729133580e0, 5.46378491116411436990e0, 6.65790464350110377720e0,
)  # fmt: skip
_far_q = _polynomial(
    2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
    1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0,
)  # fmt: skip


@inlined
def log(x: Any) -> Any:
    """The natural logarithm of a normal number above 0; within one unit of the last place."""
    bits = _bits(x)
    exponent = (bits - ROOT_HALF) >> 52
    f = _number(bits - (exponent << 52)) - 1.0  # x = (1 + f) 2^exponent, f about 0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    half = 0.5 * f * f
    low = s * (half + (w * _log_even(w) + z * _log_odd(w))) + exponent * 1.90821492927058770002e-10
    return exponent * 6.93147180369123816490e-01 - ((half - low) - f)


@inlined
def exp(x: Any) -> Any:
    """e to the power of x, of those that float64 has; beyond them the last. Within two units of the last place."""
    x = min(max(x, -708.0), 709.0)
    n = np.floor(1.4426950408889634073599 * x + 0.5)
    x -= n * 6.93145751953125e-1
    x -= n * 1.42860682030941723212e-6
    p = x * _exp_p(x * x)
    return (1.0 + 2.0 * (p / (_exp_q(x * x) - p))) * _number((np.int64(n) + 1023) << 52)


@inlined
def _middle(u: Any) -> Any:
    """The normal quantile of 0.075 to 0.925."""
    q = u - 0.5
    r = 0.180625 - q * q
    return q * _middle_p(r) / _middle_q(r)


@inlined
def _tail(u: Any) -> Any:
    """Minus the normal quantile of less than 0.075."""
    r = np.sqrt(-log(u))
    if r <= 5.0:
        return _near_p(r - 1.6) / _near_q(r - 1.6)
    return _far_p(r - 5.0) / _far_q(r - 5.0)


@inlined
def logs(x: Any, n: Any) -> None:
    """Logarithms instead of the first n numbers : float64[≥ n]."""
    for i in range(n):
        x[i] = log(x[i])


@inlined
def normals(u: Any, n: Any, scores: Any, tails: Any) -> None:
    """Normal quantiles of the first n uniforms, both float64[≥ n].

    The tails come last, `tails` : int32[≥ n] is used for where they are: a branch for each would often be foreseen
    wrongly, which takes longer than the quantile.
    """
    count = 0
    for i in range(n):
        scores[i] = _middle(u[i])
    for i in range(n):
        tails[count] = i
        count += abs(u[i] - 0.5) > 0.425
    for k in range(count):
        i = tails[k]
        size = _tail(min(u[i], 1.0 - u[i]))
        scores[i] = size if u[i] > 0.5 else -size
