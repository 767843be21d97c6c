"""A digest of what a class or a function does, by which two of the same name are distinguished."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import partial
from types import CodeType, FunctionType, ModuleType
from typing import Any


def code_of(part: Any) -> str:
    """A digest of its compiled code, and of that of the functions, classes and values of its module that it uses.

    Comments, line numbers and all else of the module are not part of it, and neither are other modules.
    """
    return hashlib.sha256("\n".join(_lines(part, set())).encode()).hexdigest()[:16]


def _lines(part: Any, seen: set[int]) -> Iterator[str]:
    if id(part) in seen:
        return
    seen.add(id(part))
    if isinstance(part, FunctionType):
        yield from _of_function(part, seen)
    elif isinstance(part, type):
        for parent in part.__mro__[1:-1]:
            yield from _lines(parent, seen)
        for name in sorted(vars(part)):
            if name not in _UNSAID:
                yield name
                yield from _lines(vars(part)[name], seen)
    elif isinstance(part, property):
        yield from _lines(part.fget, seen)
    elif isinstance(part, staticmethod | classmethod):
        yield from _lines(part.__func__, seen)
    elif isinstance(part, partial):
        yield from _lines(part.func, seen)
        yield from map(_value, (*part.args, *part.keywords, *part.keywords.values()))
    elif hasattr(part, "__wrapped__"):
        yield from _lines(part.__wrapped__, seen)
    elif not isinstance(part, ModuleType):
        yield _value(part)


_UNSAID = frozenset({"__dict__", "__weakref__", "__doc__", "__module__", "__firstlineno__", "__annotations__"})


def _of_function(function: FunctionType, seen: set[int]) -> Iterator[str]:
    yield from _of_code(function.__code__)
    yield _value((function.__defaults__, function.__kwdefaults__))
    for cell in function.__closure__ or ():
        try:
            yield from _lines(cell.cell_contents, seen)
        except ValueError:  # not yet filled
            continue
    for name in _names(function.__code__):
        used = function.__globals__.get(name)
        foreign = isinstance(used, FunctionType | type) and used.__module__ != function.__module__
        if used is not None and not foreign:
            yield name
            yield from _lines(used, seen)
            if type(used).__module__ == function.__module__:
                yield from _lines(type(used), seen)


def _names(code: CodeType) -> list[str]:
    """Of globals and attributes that it uses, those of the functions within it included."""
    inner = [name for one in code.co_consts if isinstance(one, CodeType) for name in _names(one)]
    return sorted({*code.co_names, *inner})


def _of_code(code: CodeType) -> Iterator[str]:
    yield from (code.co_code.hex(), _value(code.co_names), _value(code.co_varnames))
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _of_code(constant)
        elif constant != code.co_consts[0] or not isinstance(constant, str):  # but for its docstring
            yield _value(constant)


def _value(value: Any, deep: bool = True) -> str:
    """As text that is the same in every process."""
    if isinstance(value, frozenset | set):
        return repr(sorted(map(repr, value)))
    if hasattr(value, "tobytes"):
        return hashlib.sha256(value.tobytes()).hexdigest()
    text = repr(value)
    if " at 0x" not in text:
        return text
    # what an object holds, but not what that holds: somewhere there would be a state that each process has its own of
    attributes = sorted(getattr(value, "__dict__", {}).items()) if deep else []
    held = {name: _value(one, deep=False) for name, one in attributes}
    return f"{type(value).__qualname__}{held}"
