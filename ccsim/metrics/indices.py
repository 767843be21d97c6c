# mypy: disable-error-code="no-untyped-call, import-untyped"
"""Indices for compiled code.

Python counts a negative index from the end. For a number that is read from a table compiled code asks each time whether
it is one, which takes a tenth of a scan. Importing this module imports numba.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from numba import types
from numba.extending import intrinsic


def _index(_typing: Any, value: Any) -> Any:
    def known(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number = context.cast(builder, arguments[0], signature.args[0], types.int64)
        builder.assume(builder.icmp_signed(">=", number, number.type(0)))
        return number

    return types.int64(value), known


index: Callable[[Any], int] = cast(Any, intrinsic(_index))
"""The number, which is never negative, as an int64 of which the compiler knows that."""
