"""The types of arguments, checked once for all functions: what a program hands over may be anything."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

import numpy as np

from ccsim.api.values import number
from ccsim.errors import Problem, ScenarioError
from ccsim.scenario.faults import shown
from ccsim.scenario.model import MOST_REPLICATIONS
from ccsim.scenario.values import whole

P = ParamSpec("P")
R = TypeVar("R")


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """The function with arguments of the types that it names, as far as KINDS has them; numpy's are made Python's.

    Raises ScenarioError with the argument's name for others.
    """
    signature = inspect.signature(function)

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError:
            return function(*args, **kwargs)  # which says how it is to be called
        for name, value in bound.arguments.items():
            annotation = str(signature.parameters[name].annotation)
            kind = annotation.removesuffix(" | None")
            if kind in KINDS and not (value is None and kind != annotation):
                bound.arguments[name] = KINDS[kind](name, value)
        return function(*bound.args, **bound.kwargs)

    return call


def most_replications(number: int) -> int:
    """The argument max_replications. Raises ScenarioError for fewer than a spread takes, or more than may be."""
    if not 2 <= number <= MOST_REPLICATIONS:
        allowed = f"a whole number of 2 or more, at most {MOST_REPLICATIONS:,}"
        raise ScenarioError([Problem("max_replications", shown(number), allowed)])
    return number


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ScenarioError([Problem(name, shown(value), "a text")])
    return value


def _truth(name: str, value: Any) -> bool:
    if not isinstance(value, bool | np.bool_):
        raise ScenarioError([Problem(name, shown(value), "true or false")])
    return bool(value)


def _whole(name: str, value: Any) -> int:
    value = whole(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ScenarioError([Problem(name, shown(value), "a whole number")])
    return value


def _path(name: str, value: Any) -> Any:
    if not isinstance(value, str | os.PathLike) or not os.fspath(value) or "\0" in str(os.fspath(value)):
        raise ScenarioError([Problem(name, shown(value), "a path")])
    return value


KINDS: Final[dict[str, Callable[[str, Any], Any]]] = {
    "str": _text,
    "Engine": _text,
    "Kind": _text,
    "bool": _truth,
    "int": _whole,
    "float": number,
    "Place": _path,
}
"""By the name of the type."""
