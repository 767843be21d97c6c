"""Properties that are computed when first asked for, then kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


class once(Generic[Value]):  # noqa: N801  (a decorator)
    """As functools.cached_property without its lock.

    Before Python 3.12 that one has a lock for each property, not for each object: of all threads only one at a time
    computes it, so replications measured side by side waited for each other. Whoever asks one object from several
    threads may have a value computed twice.
    """

    def __init__(self, compute: Callable[[Any], Value]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, _owner: type | None = None) -> Value:
        value = instance.__dict__[self._name] = self._compute(instance)
        return value
