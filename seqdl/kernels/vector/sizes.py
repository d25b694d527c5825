"""Numbers that are known when a kernel is compiled.

A kernel for planes of 34 x 54 is faster than one for any plane: loops are unrolled, addresses become constants, the
accumulators fit into registers exactly. So the sizes of a network are not values but part of a *type*: compiled code
that gets a :class:`Sizes` is compiled once for each set of sizes, and reads them as constants.

That also suits the cache of compiled code on disk, which looks at a function's name and at the types of its arguments:
another process finds what this one compiled. (It would not find functions made within functions, the other way to
specialise.)
"""

import functools
import hashlib
from typing import Any

from numba.core import types
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    NativeValue,
    infer_getattr,
    lower_getattr_generic,
    models,
    register_model,
    typeof_impl,
    unbox,
)


class Sizes:
    """What frozen dataclasses of sizes inherit from; their fields are numbers, truth values, names, or Sizes."""


class SizesType(types.Type):
    """The type of one set of sizes.

    Parameters
    ----------
    sizes : Sizes
        The numbers.
    """

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        digest = hashlib.sha256(repr(sizes).encode()).hexdigest()[:16]
        super().__init__(name=f"{type(sizes).__name__}_{digest}")


@functools.lru_cache(maxsize=1024)
def _type(sizes: Sizes) -> SizesType:
    return SizesType(sizes)


@typeof_impl.register(Sizes)
def _typeof(value: Sizes, context: Any) -> SizesType:
    return _type(value)


register_model(SizesType)(models.OpaqueModel)


@unbox(SizesType)
def _unbox(typ: SizesType, value: Any, context: Any) -> NativeValue:
    return NativeValue(context.context.get_dummy_value())


@infer_getattr
class _Attributes(AttributeTemplate):
    key = SizesType

    def generic_resolve(self, typ: SizesType, name: str) -> types.Type | None:  # type: ignore[override]
        value = getattr(typ.sizes, name, None)
        if isinstance(value, Sizes):
            return _type(value)
        if isinstance(value, bool):
            return types.boolean
        if isinstance(value, float):
            return types.float32
        return types.intp if isinstance(value, int) else None


@lower_getattr_generic(SizesType)
def _read(context: Any, builder: Any, typ: SizesType, value: Any, name: str) -> Any:
    field = getattr(typ.sizes, name)
    if isinstance(field, Sizes):
        return context.get_dummy_value()
    kinds = {bool: types.boolean, int: types.intp, float: types.float32}
    return context.get_constant(kinds[type(field)], field)
