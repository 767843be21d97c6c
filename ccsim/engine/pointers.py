# mypy: disable-error-code="no-untyped-call, override, import-untyped"
"""How the kernel is compiled: numba's decorators, and tables of arrays handed from function to function as one pointer.

numba passes a NamedTuple by value, every array of it in seven words or more. Of a hundred arrays that makes calls slow
and compilation endless. `pointer(table)` puts the table on the stack once; what it returns has the same attributes. An
array with one or two indices is then its data alone: no reference is counted, and an index is never negative.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final, TypeVar

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.imputils import lower_builtin, lower_getattr, lower_getattr_generic
from numba.core.typing.templates import AbstractTemplate, AttributeTemplate, infer_getattr, infer_global
from numba.extending import intrinsic, models, register_model

from ccsim.jit import OPTIONS

Function = TypeVar("Function", bound=Callable[..., Any])

INTERNAL: Final[dict[str, Any]] = {**OPTIONS, "no_cpython_wrapper": True}


class Part(JITCodeLibrary):
    """Code that only other compiled code calls: it stays as it is until an `entry` is made of all its parts.

    Left to itself numba optimises and assembles each function, together with all that it calls, before it does the same
    for its callers: every line a dozen times.
    """

    def finalize(self) -> None:
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        return 0

    @property
    def codegen(self) -> Any:
        return self

    def set_env(self, name: str, env: Any) -> None:
        """Nothing to be set: what cannot be called from Python has no code in memory."""

    def _get_module_for_linking(self) -> Any:
        if self._shared_module is None:
            for library in self.callees():
                of_part = isinstance(library, Part)
                module = library._final_module if of_part else library._get_module_for_linking()
                self._final_module.link_in(module, preserve=True)
            super()._get_module_for_linking()
        return self._shared_module

    def callees(self) -> dict[Any, None]:
        """The code of all that it calls, and that these call, each once, in the order of the calls."""
        known: dict[Any, None] = {}
        for library in self._linking_libraries:
            if library not in known:
                known |= {library: None} | (library.callees() if isinstance(library, Part) else {})
        return known


class PartCompiler(Compiler):
    def __init__(self, typing_context: Any, target_context: Any, _library: Any, *rest: Any) -> None:
        part = Part(target_context.codegen(), "part")
        super().__init__(typing_context, target_context, part, *rest)


def compiled(function: Function) -> Function:
    """`function`, compiled; called from other compiled functions."""
    return part(function, inline=False)  # if not said an inlined caller's choice would be handed down


def inlined(function: Function) -> Function:
    """As `compiled`, without a call: for the small ones, and those that are called in one busy place."""
    return part(function, inline=True)


def part(function: Function, inline: bool) -> Function:
    dispatcher = njit(forceinline=inline, pipeline_class=PartCompiler, **INTERNAL)(function)
    compile_for = dispatcher.compile
    # once for all numbers: numba would compile it anew for each constant that it is called with
    dispatcher.compile = lambda arguments: compile_for(tuple(types.unliteral(argument) for argument in arguments))
    return dispatcher


def entry(function: Function) -> Function:
    """As `compiled`; called from Python, and kept in the cache."""
    return njit(cache=True, **OPTIONS)(function)


RECORD: Final = 64
"""Bytes of a record, a line of the processor's cache: an array with gaps holds a field of each."""


# --- a pointer to a table -----------------------------------------------------------------------------------------


class Pointer(types.Type):
    """To a NamedTuple of type `table`; its attributes are the table's."""

    def __init__(self, table: Any) -> None:
        self.table = table
        super().__init__(name=f"Pointer({table.instance_class.__name__})")

    @property
    def key(self) -> Any:
        return self.table

    def __hash__(self) -> int:  # asked for at every use of every table; hashing a hundred arrays took a third of all
        return hash(self.name)


class Data(types.Type):
    """The elements of an array with one index, of type `dtype`: one behind the other, or one every `step` bytes."""

    def __init__(self, dtype: Any, step: int) -> None:
        self.dtype, self.step = dtype, step
        super().__init__(name=f"Data({dtype}, {step})")


class Grid(types.Type):
    """An array with two indices, of type `array`."""

    def __init__(self, array: Any) -> None:
        self.array, self.dtype = array, array.dtype
        super().__init__(name=f"Grid({array})")


@register_model(Pointer)
class PointerModel(models.PrimitiveModel):
    def __init__(self, manager: Any, pointer_type: Pointer) -> None:
        super().__init__(manager, pointer_type, manager.lookup(pointer_type.table).get_value_type().as_pointer())


@register_model(Data)
class DataModel(models.PrimitiveModel):
    def __init__(self, manager: Any, data_type: Data) -> None:
        super().__init__(manager, data_type, manager.lookup(data_type.dtype).get_data_type().as_pointer())


@register_model(Grid)
class GridModel(models.PrimitiveModel):
    def __init__(self, manager: Any, grid: Grid) -> None:
        super().__init__(manager, grid, manager.lookup(grid.array).get_value_type().as_pointer())


@intrinsic
def pointer(_typing: Any, table: Any) -> Any:
    """A pointer to the table, good until the calling function returns."""

    def store(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        slot = builder.alloca(arguments[0].type)
        builder.store(arguments[0], slot)
        return slot

    return Pointer(table)(table), store


@infer_getattr
class PointerAttributes(AttributeTemplate):
    key = Pointer

    def generic_resolve(self, pointer_type: Pointer, name: str) -> Any:
        """A table within the table, and an array with two indices, is pointed to; the rest is itself."""
        if name not in pointer_type.table.fields:
            return None
        field = pointer_type.table.types[pointer_type.table.fields.index(name)]
        if isinstance(field, types.BaseNamedTuple):
            return Pointer(field)
        if isinstance(field, types.Array) and field.ndim == 1:
            return Data(field.dtype, 0 if field.is_c_contig else RECORD)
        return Grid(field) if isinstance(field, types.Array) and field.ndim == 2 else field


def never_copied(function: Any) -> None:
    """The compiler copies it nowhere unless it is `inlined`: what is rare stays out of the way of what is busy.

    Left to itself it makes one function of nearly everything, which is slow to compile and overflows the processor's
    cache of instructions.
    """
    if "alwaysinline" not in function.attributes:
        function.attributes.add("noinline")


@lower_getattr_generic(Pointer)
def load(context: Any, builder: Any, pointer_type: Pointer, value: Any, name: str) -> Any:
    never_copied(builder.function)
    index = pointer_type.table.fields.index(name)
    field = pointer_type.table.types[index]
    place = builder.gep(value, [context.get_constant(types.int32, i) for i in (0, index)], inbounds=True)
    if isinstance(field, types.BaseNamedTuple) or (isinstance(field, types.Array) and field.ndim == 2):
        return place
    if not isinstance(field, types.Array):
        return builder.load(place)
    if field.ndim == 1:
        return context.make_array(field)(context, builder, ref=place).data
    array = context.make_array(field)(context, builder, builder.load(place))
    array.meminfo = cgutils.get_null_value(array.meminfo.type)  # without an owner there is no reference to count
    return array._getvalue()


# --- data[index], grid[index, index] ------------------------------------------------------------------------------


def widened(dtype: Any) -> Any:
    """The type of an element once it is read: integers of all sizes are one, so that a function has one signature."""
    return types.int64 if isinstance(dtype, types.Integer) else dtype


@infer_global(operator.getitem)
class Get(AbstractTemplate):
    def generic(self, arguments: Any, _keywords: Any) -> Any:
        data, index = arguments
        if isinstance(data, Data) and isinstance(index, types.Integer):
            return widened(data.dtype)(data, types.intp)
        if isinstance(data, Grid) and isinstance(index, types.BaseTuple):
            return widened(data.dtype)(data, types.UniTuple(types.intp, 2))
        return None


@infer_global(operator.setitem)
class Set(AbstractTemplate):
    def generic(self, arguments: Any, _keywords: Any) -> Any:
        data, index, _value = arguments
        if isinstance(data, Data) and isinstance(index, types.Integer):
            return types.none(data, types.intp, data.dtype)
        if isinstance(data, Grid) and isinstance(index, types.BaseTuple):
            return types.none(data, types.UniTuple(types.intp, 2), data.dtype)
        return None


def place_in_data(builder: Any, data: Data, value: Any, index: Any) -> Any:
    if data.step == 0:
        return builder.gep(value, [index], inbounds=True)
    start = builder.bitcast(value, ir.IntType(8).as_pointer())
    here = builder.gep(start, [builder.mul(index, index.type(data.step))], inbounds=True)
    return builder.bitcast(here, value.type)


def place_in_grid(context: Any, builder: Any, grid: Grid, value: Any, index: Any) -> Any:
    array = context.make_array(grid.array)(context, builder, ref=value)
    columns = builder.extract_value(array.shape, 1)
    row, column = cgutils.unpack_tuple(builder, index, 2)
    return builder.gep(array.data, [builder.add(builder.mul(row, columns), column)], inbounds=True)


@lower_builtin(operator.getitem, Data, types.intp)
def get(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    data = signature.args[0]
    return element(context, builder, data, signature, place_in_data(builder, data, *arguments))


def element(context: Any, builder: Any, data: Any, signature: Any, place: Any) -> Any:
    value = context.unpack_value(builder, data.dtype, place)
    return context.cast(builder, value, data.dtype, signature.return_type)


@lower_builtin(operator.setitem, Data, types.intp, types.Any)
def put(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    place = place_in_data(builder, signature.args[0], *arguments[:2])
    context.pack_value(builder, signature.args[2], arguments[2], place)
    return context.get_dummy_value()


@lower_builtin(operator.getitem, Grid, types.UniTuple)
def get_from_grid(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    grid = signature.args[0]
    return element(context, builder, grid, signature, place_in_grid(context, builder, grid, *arguments))


@lower_builtin(operator.setitem, Grid, types.UniTuple, types.Any)
def put_into_grid(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    place = place_in_grid(context, builder, signature.args[0], *arguments[:2])
    context.pack_value(builder, signature.args[2], arguments[2], place)
    return context.get_dummy_value()


@infer_getattr
class GridAttributes(AttributeTemplate):
    key = Grid

    def resolve_shape(self, _grid: Grid) -> Any:
        return types.UniTuple(types.intp, 2)


@lower_getattr(Grid, "shape")
def shape(context: Any, builder: Any, grid: Grid, value: Any) -> Any:
    return context.make_array(grid.array)(context, builder, ref=value).shape


@intrinsic
def fetch(_typing: Any, data: Any, index: Any) -> Any:
    """Has the processor bring the element into its cache, without waiting for it."""

    def prefetch(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        byte, flag = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, flag, flag, flag])
        hint = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        place = builder.bitcast(place_in_data(builder, data, *arguments), byte)
        builder.call(hint, [place, flag(0), flag(3), flag(1)])  # to be read, kept in all caches, data
        return context.get_dummy_value()

    return types.none(data, types.intp), prefetch


@intrinsic
def choose(_typing: Any, condition: Any, one: Any, other: Any) -> Any:
    """`one if condition else other`, without a branch: where nobody could foresee the condition."""

    def select(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.select(*arguments)

    return types.int64(types.boolean, types.int64, types.int64), select
