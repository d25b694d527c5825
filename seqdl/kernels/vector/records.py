"""Many arrays as one argument.

A network has sixty arrays: parameters, activations, workspace. As named tuples they would be taken apart into hundreds
of numbers wherever they are passed on, and to compile that takes longer than all kernels together. A :class:`Record` is
the address of a list of addresses and shapes, made once; compiled code reads ``record.name`` where it needs the array,
as it would of a named tuple, which the record is where nothing is compiled.
"""

from collections.abc import Iterator
from typing import Any, TypeVar, cast

import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.core.typing.templates import AttributeTemplate
from numba.extending import NativeValue, infer_getattr, lower_getattr_generic, models, register_model, unbox
from numba.np.numpy_support import from_dtype

INT64 = ir.IntType(64)
T = TypeVar("T", bound=tuple)


class RecordType(types.Type):
    """The type of the records of one named tuple.

    Parameters
    ----------
    made_of : type
        The named tuple.
    fields : dict
        Of each name where in the list its array or record begins, and its type.
    """

    def __init__(self, made_of: type, fields: dict[str, tuple[int, types.Type]]) -> None:
        self.made_of, self.fields = made_of, fields
        super().__init__(name=f"{made_of.__module__}.{made_of.__qualname__}({[*fields.values()]})")


@register_model(RecordType)
class _Address(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: RecordType) -> None:
        super().__init__(manager, kind, INT64.as_pointer())


class Record:
    """Arrays for compiled code.

    Parameters
    ----------
    arrays : named tuple
        Of arrays that are whole in memory and can be written into, and of such tuples.
    """

    def __init__(self, arrays: Any) -> None:
        self._numba_type_, numbers = _listed(arrays)
        self.arrays, self.numbers = arrays, np.array(numbers, np.int64)
        self.address = self.numbers.ctypes.data

    def __getattr__(self, name: str) -> Any:
        """A field of the tuple, for code that is gone through as Python."""
        return getattr(self.arrays, name)

    def __reduce_ex__(self, protocol: object) -> str:
        raise TypeError("an address cannot be copied")


def record(arrays: T) -> T:
    """The arrays of a named tuple as one argument; the tuple itself where nothing is compiled."""
    return arrays if numba.config.DISABLE_JIT else cast(T, Record(arrays))  # type: ignore[attr-defined]


def _listed(arrays: Any) -> tuple[RecordType, list[int]]:
    """The type of a record and its list: for each array the address and the shape."""
    fields: dict[str, tuple[int, types.Type]] = {}
    numbers: list[int] = []
    for name, value in zip(arrays._fields, arrays):
        kind: types.Type
        if isinstance(value, tuple):
            kind, part = _listed(value)
        else:
            if not (value.flags.c_contiguous and value.flags.writeable):
                raise ValueError(f"{name}: expected an array that is whole in memory and can be written into")
            kind, part = types.Array(from_dtype(value.dtype), value.ndim, "C"), [value.ctypes.data, *value.shape]
        fields[name] = len(numbers), kind
        numbers += part
    return RecordType(type(arrays), fields), numbers


@unbox(RecordType)
def _unbox(typ: RecordType, value: Any, c: Any) -> NativeValue:
    number = c.pyapi.object_getattr_string(value, "address")
    address = c.builder.bitcast(c.pyapi.long_as_voidptr(number), INT64.as_pointer())
    c.pyapi.decref(number)
    return NativeValue(address)


@infer_getattr
class _Attributes(AttributeTemplate):
    key = RecordType

    def generic_resolve(self, typ: RecordType, name: str) -> types.Type | None:  # type: ignore[override]
        return typ.fields[name][1] if name in typ.fields else None


@lower_getattr_generic(RecordType)
def _read(context: Any, builder: ir.IRBuilder, typ: RecordType, value: ir.Value, name: str) -> ir.Value:
    begin, kind = typ.fields[name]
    place = builder.gep(value, [INT64(begin)])
    if isinstance(kind, RecordType):
        return place
    array: Any = kind
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


def arrays(context: Any, builder: ir.IRBuilder, typ: RecordType, value: ir.Value) -> Iterator[tuple[Any, ir.Value]]:
    """The fields of a record, in order: type and value of each array or record in it."""
    for name, (_, kind) in typ.fields.items():
        yield kind, _read(context, builder, typ, value, name)


def data(context: Any, builder: ir.IRBuilder, typ: types.Type, array: ir.Value) -> ir.Value:
    """The address of an array's first number."""
    return builder.extract_value(array, context.data_model_manager[typ].get_field_position("data"))
