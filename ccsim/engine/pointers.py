"""How the kernel is compiled: numba's decorators, and tables of arrays handed from function to function as one pointer.

numba passes a NamedTuple by value, every array of it in seven words. Of a hundred arrays that makes calls slow and
compilation endless. `pointer(table)` puts the table on the stack once; what it returns has the same attributes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from numba import njit, types
from numba.core import cgutils, imputils
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import intrinsic, models, register_model

Function = TypeVar("Function", bound=Callable[..., Any])

OPTIONS: Final[dict[str, Any]] = {"nogil": True, "error_model": "numpy"}


def compiled(function: Function) -> Function:
    """`function`, compiled; called from other compiled functions."""
    return njit(**OPTIONS)(function)  # type: ignore[no-any-return]


def inlined(function: Function) -> Function:
    """As `compiled`, without a call: for the small and for the busy ones."""
    return njit(forceinline=True, **OPTIONS)(function)  # type: ignore[no-any-return]


def entry(function: Function) -> Function:
    """As `compiled`; called from Python, and kept in the cache."""
    return njit(cache=True, **OPTIONS)(function)  # type: ignore[no-any-return]


class Pointer(types.Type):  # type: ignore[misc]
    """To a NamedTuple of type `table`; its attributes are the table's."""

    def __init__(self, table: types.BaseNamedTuple) -> None:
        self.table = table
        super().__init__(name=f"Pointer({table.instance_class.__name__})")

    @property
    def key(self) -> Any:
        return self.table


@register_model(Pointer)
class PointerModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, pointer_type: Pointer) -> None:
        super().__init__(manager, pointer_type, manager.lookup(pointer_type.table).get_value_type().as_pointer())


@intrinsic  # type: ignore[untyped-decorator]
def pointer(_typing: Any, table: Any) -> Any:
    """A pointer to the table, good until the calling function returns."""

    def store(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        place = context.get_constant_null(Pointer(table)).type.pointee
        slot = builder.alloca(place)
        builder.store(arguments[0], slot)
        return slot

    return Pointer(table)(table), store


@infer_getattr
class PointerAttributes(AttributeTemplate):  # type: ignore[misc]
    key = Pointer

    def generic_resolve(self, pointer_type: Pointer, name: str) -> Any:
        """A table within the table is pointed to, anything else is the value."""
        if name not in pointer_type.table.fields:
            return None
        value = pointer_type.table.types[pointer_type.table.fields.index(name)]
        return Pointer(value) if isinstance(value, types.BaseNamedTuple) else value


@imputils.lower_getattr_generic(Pointer)  # type: ignore[untyped-decorator]
def load(context: Any, builder: Any, pointer_type: Pointer, value: Any, name: str) -> Any:
    index = pointer_type.table.fields.index(name)
    field = pointer_type.table.types[index]
    place = builder.gep(value, [context.get_constant(types.int32, i) for i in (0, index)], inbounds=True)
    if isinstance(field, types.BaseNamedTuple):
        return place
    loaded = builder.load(place)
    if isinstance(field, types.Array):
        # without an owner: nothing to count, and the pointed-to table keeps the array alive
        array = context.make_array(field)(context, builder, loaded)
        array.meminfo = cgutils.get_null_value(array.meminfo.type)
        loaded = array._getvalue()
    return loaded
