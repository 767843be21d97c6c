# mypy: disable-error-code="no-untyped-call, import-untyped, call-arg, var-annotated, no-any-return"
"""Philox4x64-10: random numbers that are a function of a key and a counter, with nothing to be kept between them.

A counter has four words: who (two of them), for what (a purpose, and a turn of the conversation), and in which
replication. Each gives four numbers, and none depends on which others are made, or in which order. Compiled, as a
replication needs a few for every contact and turn; it is the generator numpy has under the same name, bit for bit.

Source: Salmon, Moraes, Dror & Shaw (2011), Parallel random numbers: as easy as 1, 2, 3.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ccsim.distributions.quantiles import logs
from ccsim.jit import compiled, inlined
from ccsim.tables import F64, I8, I32, I64


@intrinsic
def _high(context: Any, one: Any, other: Any) -> Any:
    """The upper half of the product of two words."""
    word = ir.IntType(128)

    def code(_context: Any, builder: Any, _signature: Any, factors: Any) -> Any:
        one, other = (builder.zext(factor, word) for factor in factors)
        return builder.trunc(builder.lshr(builder.mul(one, other), ir.Constant(word, 64)), ir.IntType(64))

    return types.uint64(types.uint64, types.uint64), code


MULTIPLIERS: Final = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
STEPS: Final = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B)
SHIFT: Final = np.uint64(11)
UNIT: Final = 2.0**-53
SMALLEST: Final = 2.0**-54
"""Instead of 0: quantile functions want a number inside (0, 1)."""


@inlined
def philox(a: Any, b: Any, c: Any, d: Any, key0: Any, key1: Any) -> Any:
    """The four words of a counter, uint64, under a key."""
    for _ in range(10):
        high, low = _high(MULTIPLIERS[0], a), MULTIPLIERS[0] * a
        high1, low1 = _high(MULTIPLIERS[1], c), MULTIPLIERS[1] * c
        a, b, c, d = high1 ^ b ^ key0, low1, high ^ d ^ key1, low
        key0 += STEPS[0]
        key1 += STEPS[1]
    return a, b, c, d


@inlined
def unit(word: Any) -> Any:
    """In (0, 1)."""
    return max((word >> SHIFT) * UNIT, SMALLEST)


@compiled
def sequence(key: Any, owner: Any, what: Any, replication: Any, first: int, out: F64) -> None:
    """Uniforms one after the other, four a counter, from number `first` on, a multiple of 4 : `out` : float64[n]."""
    n = len(out)
    for four in range((n + 3) // 4):
        a, b, c, d = philox(np.uint64(first // 4 + four), owner, what, replication, key[0], key[1])
        i = 4 * four
        out[i] = unit(a)
        if i + 1 < n:
            out[i + 1] = unit(b)
        if i + 2 < n:
            out[i + 2] = unit(c)
        if i + 3 < n:
            out[i + 3] = unit(d)


@compiled
def by_row(key: Any, who: Any, owner: Any, what: Any, replication: Any, out: Any) -> None:
    """Uniforms for each `who`, `owner` : uint64[n] each; `out` : float64[m, n] gets the first m of the four."""
    m = out.shape[0]
    for i in range(len(who)):
        a, b, c, d = philox(who[i], owner[i], what, replication, key[0], key[1])
        out[0, i] = unit(a)
        if m > 1:
            out[1, i] = unit(b)
        if m > 2:
            out[2, i] = unit(c)
        if m > 3:
            out[3, i] = unit(d)


@compiled
def by_turn(key: Any, who: Any, owner: Any, what: Any, replication: Any, turns: I32, before: I8, out: Any) -> None:
    """Uniforms by turn, row after row : `out` : float64[3, sum of turns]; 0.5 for rows of one turn.

    Turns are counted from the customer's own first one, 1; the `before` : int8[n] of each row that comes before is 0.
    """
    slot = 0
    for i in range(len(who)):
        if turns[i] == 1:
            out[0, slot] = out[1, slot] = out[2, slot] = 0.5
            slot += 1
            continue
        for turn in range(turns[i]):
            number = np.uint64(turn + 1 - before[i])
            a, b, c, _ = philox(who[i], owner[i], what + number, replication, key[0], key[1])
            out[0, slot] = unit(a)
            out[1, slot] = unit(b)
            out[2, slot] = unit(c)
            slot += 1


@compiled
def arrive(
    key: Any,
    owner: Any,
    what: Any,
    replication: Any,
    first: int,
    total: float,
    piece: int,
    edges: I64,
    expected: F64,
    gaps: F64,
    out: I64,
) -> tuple[int, float, int]:
    """Times at which the sum of all unit exponentials so far is reached by what is expected; how many, that sum, and
    its piece.

    The exponentials are those of an owner's sequence of uniforms from number `first` on, a multiple of 4.
    `expected[i]` arrivals come before `edges[i]`, at a constant rate between edges. `total` is the sum of those before,
    in that `piece`; `gaps` : float64[m], m a multiple of 4, is used for so many at a time; `out` : int64[n] is not all
    filled when the end is reached.
    """
    last = len(edges) - 1
    for start in range(0, len(out), len(gaps)):
        sequence(key, owner, what, replication, first + start, gaps)
        for i in range(len(gaps)):
            gaps[i] = 1.0 - gaps[i]
        logs(gaps, len(gaps))
        for i in range(start, min(start + len(gaps), len(out))):
            total -= gaps[i - start]
            if total >= expected[last]:
                return i, total, piece
            while expected[piece + 1] <= total:
                piece += 1
            pace = (edges[piece + 1] - edges[piece]) / (expected[piece + 1] - expected[piece])
            out[i] = min(edges[piece] + np.int64((total - expected[piece]) * pace), edges[last] - 1)
    return len(out), total, piece
