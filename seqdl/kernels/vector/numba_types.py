"""What functions that Numba compiles know of sizes, of records and of kernels."""

import functools
import inspect
from collections.abc import Iterable, Sequence
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.core.registry import cpu_target
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    NativeValue,
    infer_getattr,
    intrinsic,
    lower_getattr_generic,
    models,
    register_model,
    typeof_impl,
    unbox,
)
from numba.np.numpy_support import as_dtype, from_dtype

from seqdl.kernels.vector import native, simd
from seqdl.kernels.vector.emitter import number
from seqdl.kernels.vector.records import Layout, Record
from seqdl.kernels.vector.simd import Kernel
from seqdl.kernels.vector.sizes import Sizes

INT64 = ir.IntType(64)


class SizesType(types.Type):
    """The type of one set of sizes.

    Parameters
    ----------
    sizes : Sizes
        The numbers.
    """

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        super().__init__(name=repr(sizes))


class RecordType(types.Type):
    """The type of the records of one layout.

    Parameters
    ----------
    layout : Layout
        How its list is laid out.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        super().__init__(name=f"{layout.made_of.__module__}.{layout}")


sizes_type = functools.lru_cache(maxsize=1024)(SizesType)
record_type = functools.lru_cache(maxsize=1024)(RecordType)


@typeof_impl.register(Sizes)
def _type_of_sizes(value: Sizes, context: Any) -> SizesType:
    return sizes_type(value)


@typeof_impl.register(Record)
def _type_of_record(value: Record, context: Any) -> RecordType:
    return record_type(value.layout)


@typeof_impl.register(Kernel)
def _type_of_kernel(value: Kernel, context: Any) -> types.Type:
    return _kernel_type(value)


@register_model(SizesType)
class _NoValue(models.OpaqueModel):
    pass


@register_model(RecordType)
class _Address(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: RecordType) -> None:
        super().__init__(manager, kind, INT64.as_pointer())


@unbox(SizesType)
def _no_value(typ: SizesType, value: Any, context: Any) -> NativeValue:
    return NativeValue(context.context.get_dummy_value())


@unbox(RecordType)
def _address(typ: RecordType, value: Any, c: Any) -> NativeValue:
    number = c.pyapi.object_getattr_string(value, "address")
    address = c.builder.bitcast(c.pyapi.long_as_voidptr(number), INT64.as_pointer())
    c.pyapi.decref(number)
    return NativeValue(address)


@infer_getattr
class _OfSizes(AttributeTemplate):
    key = SizesType

    def generic_resolve(self, typ: SizesType, name: str) -> types.Type | None:  # type: ignore[override]
        value = getattr(typ.sizes, name, None)
        if isinstance(value, Sizes):
            return sizes_type(value)
        if isinstance(value, bool):
            return types.boolean
        if isinstance(value, float):
            return types.float32
        return types.intp if isinstance(value, int) else None


@infer_getattr
class _OfRecords(AttributeTemplate):
    key = RecordType

    def generic_resolve(self, typ: RecordType, name: str) -> types.Type | None:  # type: ignore[override]
        if name not in typ.layout.made_of._fields:  # type: ignore[attr-defined]
            return None
        _, kind, axes = typ.layout.field(name)
        return record_type(kind) if isinstance(kind, Layout) else types.Array(from_dtype(np.dtype(kind)), axes, "C")


@lower_getattr_generic(SizesType)
def _constant(context: Any, builder: Any, typ: SizesType, value: Any, name: str) -> Any:
    field = getattr(typ.sizes, name)
    if isinstance(field, Sizes):
        return context.get_dummy_value()
    kinds = {bool: types.boolean, int: types.intp, float: types.float32}
    return context.get_constant(kinds[type(field)], field)


@lower_getattr_generic(RecordType)
def _read(context: Any, builder: ir.IRBuilder, typ: RecordType, value: ir.Value, name: str) -> ir.Value:
    begin, kind, axes = typ.layout.field(name)
    place = builder.gep(value, [INT64(begin)])
    if isinstance(kind, Layout):
        return place
    array: Any = types.Array(from_dtype(np.dtype(kind)), axes, "C")
    model, size = context.data_model_manager[array], array.dtype.bitwidth // 8
    shape = [_fixed(builder, builder.gep(place, [INT64(1 + k)])) for k in range(array.ndim)]
    strides = [INT64(size)]
    for length in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], length))
    count = shape[0]
    for length in shape[1:]:
        count = builder.mul(count, length)
    pointer = model.get_member_fe_type("data")
    address = builder.bitcast(place, context.get_value_type(pointer).as_pointer())
    fields = {"data": _fixed(builder, address), "nitems": count, "itemsize": INT64(size)}
    made = ir.Constant(context.get_value_type(array), None)  # nobody counts who uses it
    for field, part in fields.items():
        made = builder.insert_value(made, part, model.get_field_position(field))
    for field, parts in (("shape", shape), ("strides", strides)):
        for k, part in enumerate(parts):
            made = builder.insert_value(made, part, [model.get_field_position(field), k])
    return made


def _fixed(builder: ir.IRBuilder, place: ir.Value) -> ir.Value:
    """A number or address of the list, which nothing that the code does can change."""
    loaded = builder.load(place)
    loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
    return loaded


def _kind(typ: types.Type) -> Any:
    """The kind of an argument of that type."""
    typ = types.unliteral(typ)
    if isinstance(typ, types.Array):
        return simd.Array(number(str(as_dtype(typ.dtype))))
    if isinstance(typ, RecordType):
        return typ.layout
    if isinstance(typ, types.BaseTuple):
        parts: Any = typ
        return simd.Several(parts.instance_class, tuple(map(_kind, parts)))
    if isinstance(typ, types.NoneType):
        return simd.ABSENT
    return simd.SINGLE if isinstance(typ, types.Float) else simd.INTEGER


def _flat(builder: ir.IRBuilder, context: Any, typ: types.Type, value: ir.Value) -> Iterable[ir.Value]:
    """An argument as addresses and numbers."""
    if isinstance(typ, types.Array):
        yield builder.extract_value(value, context.data_model_manager[typ].get_field_position("data"))
    elif isinstance(typ, types.BaseTuple):
        parts: Any = typ
        for k, part in enumerate(parts):
            yield from _flat(builder, context, part, builder.extract_value(value, k))
    elif not isinstance(typ, types.NoneType):
        yield value


@functools.cache
def _kernel_type(kernel: Kernel) -> types.Type:
    """The type of a kernel in functions that Numba compiles."""

    def type_and_write(typingctx: Any, sizes: SizesType, *values: types.Type) -> tuple:
        kinds = tuple(map(_kind, values))
        plain = {simd.INTEGER: types.intp, simd.SINGLE: types.float32}
        taken = [plain.get(kind, value) if isinstance(kind, str) else value for kind, value in zip(kinds, values)]

        def write(context: Any, builder: ir.IRBuilder, signature: Any, given: Sequence[ir.Value]) -> Any:
            flat = [one for typ, value in zip(taken, given[1:]) for one in _flat(builder, context, typ, value)]
            name = kernel.made(getattr(sizes, "sizes", None), kinds)
            link(name)
            builder.call(native.declare(builder.module, name, [one.type for one in flat]), flat)
            return context.get_dummy_value()

        return types.void(sizes, *taken), write

    names = list(inspect.signature(kernel.function).parameters)[1:]
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    written: Any = type_and_write
    written.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in ["context", *names]])
    functools.update_wrapper(written, kernel.function, assigned=("__module__", "__name__", "__qualname__", "__doc__"))
    del written.__wrapped__
    made = intrinsic(written)
    cpu_target.typing_context.refresh()  # it learns of what was made
    return cpu_target.typing_context.resolve_value_type(made)


def link(name: str) -> None:
    """Tell what Numba compiles where the kernel of that name is."""
    llvm.add_symbol(native.PREFIX + name, native.address(name))
