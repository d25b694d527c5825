"""A small vector layer: kernels that say "16 lanes, fused multiply-add, these accumulators stay in registers".

A processor adds and multiplies not numbers but *vectors* of 4, 8 or 16 of them, two vectors at a time, if the code asks
for it. Compilers find that by themselves in simple loops only. A function marked with :func:`vector_kernel` asks
explicitly; it is called from compiled code like any other, with arrays and integers::

    @vector_kernel
    def scale(v, g, x, factor, count):
        '''x[:count * lanes] *= factor[0].'''
        f = v.broadcast(factor)
        def one(k, _):
            v.store(v.load(x + k * v.lanes) * f, x + k * v.lanes)
            return []
        v.loop(count, [], one)

Its body runs once for every set of sizes ``g`` (:mod:`seqdl.kernels.vector.sizes`), when what calls it is compiled, and
*writes down* the instructions of a function of its own (:mod:`seqdl.kernels.vector.native`): a Python ``for`` over
``range(g.maps)`` is unrolled, ``v.loop`` becomes a loop of the machine code. What a loop carries, its accumulators, is
handed from round to round in registers, not in memory.

``v`` is one of two writers with the same :class:`~seqdl.kernels.vector.vocabulary.Vocabulary`:
:class:`~seqdl.kernels.vector.emitter.Emitter` writes LLVM instructions,
:class:`~seqdl.kernels.vector.interpreter.Interpreter` computes with NumPy at once, under ``NUMBA_DISABLE_JIT=1``: slow,
with every address checked, for reading along.
"""

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import llvmlite.binding as llvm
import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.core.registry import cpu_target
from numba.extending import intrinsic

from seqdl.kernels.vector import native, records
from seqdl.kernels.vector.emitter import FLOAT, Emitter, Value
from seqdl.kernels.vector.interpreter import Address, Interpreter
from seqdl.kernels.vector.records import Record, RecordType
from seqdl.kernels.vector.sizes import SizesType

GIVEN = types.Array | types.BaseTuple | RecordType
"""What a kernel takes as it is; all else is an integer."""


class Target(NamedTuple):
    """What the processor's vectors are like.

    Parameters
    ----------
    lanes, registers : int
        Numbers of 32 bits in one vector; vectors that fit into the processor at once.
    """

    lanes: int
    registers: int


def compiling() -> bool:
    """Whether kernels are compiled, and not gone through as Python (``NUMBA_DISABLE_JIT``)."""
    return not numba.config.DISABLE_JIT  # type: ignore[attr-defined]


@functools.cache
def target() -> Target:
    """Ask the compiler which registers it would use for 16 numbers, on the processor it compiles for."""
    if not compiling():
        return Target(16, 32)
    module = ir.Module()
    vector = ir.VectorType(FLOAT, 16).as_pointer()
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [vector]), "probe")
    builder = ir.IRBuilder(function.append_basic_block())
    value = builder.load(function.args[0], align=4)
    builder.store(builder.fadd(value, value), function.args[0], align=4)
    builder.ret_void()
    codegen = cpu_target.target_context.codegen()
    parsed = llvm.parse_assembly(str(module))
    parsed.triple = codegen._tm.triple
    assembly = codegen._tm.emit_assembly(parsed)
    for name, lanes, registers in (("zmm", 16, 32), ("ymm", 8, 16), ("xmm", 4, 16)):
        if name in assembly:
            return Target(lanes, registers)
    return Target(4, 32)  # ARM and others: 128 bits, 32 registers


def _interpreted(value: Any) -> Any:
    """What a kernel gets for an argument when it is interpreted."""
    if isinstance(value, np.ndarray):
        return Address(value.reshape(-1))
    value = value.arrays if isinstance(value, Record) else value
    return type(value)(*map(_interpreted, value)) if isinstance(value, tuple) else int(value)


def _flat(builder: ir.IRBuilder, context: Any, kind: types.Type, value: ir.Value) -> list[ir.Value]:
    """An argument as addresses and integers."""
    fields: Iterable[tuple[types.Type, ir.Value]]
    if isinstance(kind, types.Array):
        return [records.data(context, builder, kind, value)]
    if isinstance(kind, RecordType):
        fields = records.arrays(context, builder, kind, value)
    elif isinstance(kind, types.BaseTuple):
        parts: Any = kind
        fields = [(part, builder.extract_value(value, k)) for k, part in enumerate(parts)]
    else:
        return [value]
    return [one for part, field in fields for one in _flat(builder, context, part, field)]


def _emitted(emitter: Emitter, kind: Any, values: Iterator[ir.Value]) -> Any:
    """What a kernel gets for an argument when it is written down, from the next of the addresses and integers."""
    if isinstance(kind, RecordType):
        return kind.made_of(*(_emitted(emitter, part, values) for _, part in kind.fields.values()))
    if isinstance(kind, types.BaseTuple):
        parts: Any = kind
        return parts.instance_class(*(_emitted(emitter, part, values) for part in parts))
    return Value(emitter, next(values))


def vector_kernel(function: Callable) -> Callable:
    """Make a kernel that compiled code can call as ``kernel(sizes, *arrays, named tuples of arrays, integers)``.

    ``function(v, g, *addresses and integers)``, its body, is run once for each type of ``g``.
    """

    @functools.wraps(function)
    def interpret(sizes: Any, *values: Any) -> None:
        function(Interpreter(*target()), sizes, *map(_interpreted, values))

    if not compiling():
        return interpret

    def type_and_write(typingctx: Any, sizes: SizesType, *values: types.Type) -> tuple:
        kinds = [kind if isinstance(kind, GIVEN) else types.intp for kind in values]

        def write(context: Any, builder: ir.IRBuilder, signature: Any, given: Sequence[ir.Value]) -> Any:
            plain = [one for kind, value in zip(kinds, given[1:]) for one in _flat(builder, context, kind, value)]
            name = native.name(function, sizes.sizes, target(), kinds)
            builder.call(native.declare(builder.module, name, [one.type for one in plain], write_down), plain)
            return context.get_dummy_value()

        def write_down(kernel: ir.Function) -> None:
            builder, values = ir.IRBuilder(kernel.append_basic_block()), iter(kernel.args)
            emitter = Emitter(*target(), builder)
            function(emitter, sizes.sizes, *[_emitted(emitter, kind, values) for kind in kinds])
            builder.ret_void()

        return types.void(sizes, *kinds), write

    names = list(inspect.signature(function).parameters)[1:]
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    written: Any = type_and_write
    written.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in ["context", *names]])
    functools.update_wrapper(written, function, assigned=("__module__", "__name__", "__qualname__", "__doc__"))
    del written.__wrapped__
    kernel: Any = intrinsic(written)
    kernel.py_func = interpret  # as Numba's own functions have it: the same, not compiled
    return kernel
