"""A small vector layer: kernels that say "16 lanes, fused multiply-add, these accumulators stay in registers".

A processor adds and multiplies not numbers but *vectors* of 4, 8 or 16 of them, two vectors at a time, if the code asks
for it. Compilers find that by themselves in simple loops only. A function marked with :func:`vector_kernel` asks
explicitly::

    @vector_kernel
    def scale(v, g, x, factor, count):
        '''x[:count * lanes] *= factor[0].'''
        f = v.broadcast(factor)
        def one(k, _):
            v.store(v.load(x + k * v.lanes) * f, x + k * v.lanes)
            return []
        v.loop(count, [], one)

Its body runs once for every set of sizes ``g`` (:mod:`seqdl.kernels.vector.sizes`), when it is first called, and
*writes down* the instructions of a function of its own (:mod:`seqdl.kernels.vector.native`): a Python ``for`` over
``range(g.maps)`` is unrolled, ``v.loop`` becomes a loop of the machine code. What a loop carries, its accumulators, is
handed from round to round in registers, not in memory.

It is called with arrays, records of arrays and numbers: from Python, and from functions that Numba compiles, as
``scale(g, x, factor, 10)``; from another kernel, whose writer it needs, as ``scale(v, g, x, factor, 10)``. So whole
networks are kernels that call kernels, and Python calls those.

``v`` is one of two writers with the same :class:`~seqdl.kernels.vector.vocabulary.Vocabulary`:
:class:`~seqdl.kernels.vector.emitter.Emitter` writes LLVM instructions,
:class:`~seqdl.kernels.vector.interpreter.Interpreter` computes with NumPy at once, under ``NUMBA_DISABLE_JIT=1``: slow,
with every address checked, for reading along.
"""

import ctypes
import functools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir

from seqdl.kernels.vector import native
from seqdl.kernels.vector.emitter import FLOAT, INT64, Emitter, Fields, Value, number
from seqdl.kernels.vector.interpreter import Address, Interpreter
from seqdl.kernels.vector.native import compiling
from seqdl.kernels.vector.records import Layout, Record
from seqdl.kernels.vector.vocabulary import Vocabulary

INTEGER, SINGLE, ABSENT = "integer", "float", "None"
"""Kinds of arguments that are no arrays."""


class Array(NamedTuple):
    """The kind of arguments that are arrays.

    Parameters
    ----------
    number : llvmlite.ir.Type
        Of the numbers.
    """

    number: ir.Type

    def __repr__(self) -> str:
        """Its name."""
        return f"{self.number}*"


class Several(NamedTuple):
    """The kind of arguments that are named tuples.

    Parameters
    ----------
    made_of : type
        The named tuple.
    kinds : tuple
        Of its parts.
    """

    made_of: type
    kinds: tuple[Any, ...]


class Target(NamedTuple):
    """What the processor's vectors are like.

    Parameters
    ----------
    lanes, registers : int
        Numbers of 32 bits in one vector; vectors that fit into the processor at once.
    """

    lanes: int
    registers: int


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
    machine = native.machine()
    parsed = llvm.parse_assembly(str(module))
    parsed.triple = machine.name[0]
    assembly = machine.compiler.emit_assembly(parsed)
    for name, lanes, registers in (("zmm", 16, 32), ("ymm", 8, 16), ("xmm", 4, 16)):
        if name in assembly:
            return Target(lanes, registers)
    return Target(4, 32)  # ARM and others: 128 bits, 32 registers


def _interpreted(value: Any) -> Any:
    """What a kernel gets for an argument when it is interpreted."""
    if isinstance(value, np.ndarray):
        return Address(value.reshape(-1))
    value = value.arrays if isinstance(value, Record) else value
    if isinstance(value, tuple):
        return type(value)(*map(_interpreted, value))
    if isinstance(value, float | np.floating):
        return np.full(1, value, np.float32)
    return None if value is None else int(value)


def _kind(value: Any) -> Any:
    """The kind of an argument that comes from Python."""
    if isinstance(value, np.ndarray):
        return Array(number(str(value.dtype)))
    if isinstance(value, Record):
        return value.layout
    if value is None:
        return ABSENT
    return SINGLE if isinstance(value, float | np.floating) else INTEGER


def _told(value: Any) -> tuple[Any, Any]:
    """What tells the kind of an argument that comes from Python, and what machine code is given for it."""
    if isinstance(value, np.ndarray):
        if not value.flags.c_contiguous:
            raise ValueError("expected an array that is whole in memory")
        return value.dtype.char, value.__array_interface__["data"][0]
    if isinstance(value, Record):
        return value.told, value.address
    value = value.item() if isinstance(value, np.generic) else value  # C's numbers are made of Python's
    return type(value), value


def _passed(value: Any) -> tuple[Any, list[ir.Value]]:
    """The kind of an argument that a kernel passes on to another, and LLVM's values for it."""
    if isinstance(value, Fields):
        return value.layout, [value.value]
    if isinstance(value, tuple):
        kinds, parts = zip(*map(_passed, value))
        return Several(type(value), kinds), [one for part in parts for one in part]
    if value is None:
        return ABSENT, []
    if not isinstance(value, Value):
        return (SINGLE, [FLOAT(value)]) if isinstance(value, float) else (INTEGER, [INT64(int(value))])
    kind = value.value.type
    if isinstance(kind, ir.PointerType):
        return Array(kind.pointee), [value.value]
    if isinstance(kind, ir.VectorType):
        return SINGLE, [value.emitter.builder.extract_element(value.value, INT64(0))]
    return INTEGER, [value.value]


def types(kind: Any) -> list[ir.Type]:
    """LLVM's types of the values of an argument."""
    if isinstance(kind, Several):
        return [one for part in kind.kinds for one in types(part)]
    if isinstance(kind, Array):
        return [kind.number.as_pointer()]
    simple = {INTEGER: [INT64], SINGLE: [FLOAT], ABSENT: []}
    return simple.get(kind, [INT64.as_pointer()])


def _written(emitter: Emitter, kind: Any, values: Iterator[ir.Value]) -> Any:
    """What a kernel gets for an argument when it is written down, from the next of LLVM's values."""
    if isinstance(kind, Several):
        return kind.made_of(*(_written(emitter, part, values) for part in kind.kinds))
    if isinstance(kind, Layout):
        return Fields(emitter, kind, next(values))
    if kind == ABSENT:
        return None
    return Value(emitter, emitter.single(next(values)) if kind == SINGLE else next(values))


class Kernel:
    """A kernel that is compiled; see :func:`vector_kernel`.

    Parameters
    ----------
    function : callable
        Its body.
    interpret : callable
        The same, not compiled.
    """

    def __init__(self, function: Callable, interpret: Callable) -> None:
        functools.update_wrapper(self, function)
        self.function, self.py_func = function, interpret  # as Numba's own functions have it
        self._found: dict[Any, Any] = {}

    def __call__(self, *given: Any) -> None:
        """Call it from Python, or from a kernel whose writer comes first."""
        first, *others = given
        if isinstance(first, Emitter):
            self._write_call(first, *others)
        elif isinstance(first, Vocabulary):
            self.function(*given)
        else:
            self._run(*given)

    def _write_call(self, emitter: Emitter, sizes: Any, *arguments: Any) -> None:
        kinds, parts = zip(*map(_passed, arguments))
        values = [one for part in parts for one in part]
        called = native.declare(emitter.builder.module, self.made(sizes, kinds), [one.type for one in values])
        emitter.builder.call(called, values)

    def _run(self, sizes: Any, *arguments: Any) -> None:
        told, values = zip(*map(_told, arguments))
        code = self._found.get((sizes, told))
        if code is None:
            kinds = tuple(map(_kind, arguments))  # as a kernel says them: part of the name
            known: dict[Any, Any] = {INTEGER: ctypes.c_int64, SINGLE: ctypes.c_float}
            form = ctypes.CFUNCTYPE(None, *[known.get(kind, ctypes.c_void_p) for kind in kinds if kind != ABSENT])
            code = self._found[sizes, told] = form(native.address(self.made(sizes, kinds)))
        code(*(value for value in values if value is not None))

    def made(self, sizes: Any, kinds: tuple[Any, ...]) -> str:
        """The name of the machine code for sizes and kinds of arguments, which this process then has."""

        def write(kernel: ir.Function) -> None:
            builder, values = ir.IRBuilder(kernel.append_basic_block()), iter(kernel.args)
            emitter = Emitter(*target(), builder)
            self.function(emitter, sizes, *[_written(emitter, kind, values) for kind in kinds])
            builder.ret_void()

        name = native.name(self.function, sizes, target(), kinds)
        native.make(name, [one for kind in kinds for one in types(kind)], write)
        return name


def vector_kernel(function: Callable) -> Callable:
    """Make a kernel that is called as ``kernel(sizes, *arrays, records, numbers)``, or ``kernel(v, sizes, ...)``.

    ``function(v, g, *addresses and numbers)``, its body, is run once for each set of sizes. Arrays are whole in memory;
    a number is an integer, or a float of 32 bits, which the body has as a vector of one; what is None stays None.
    """

    @functools.wraps(function)
    def interpret(*given: Any) -> None:
        if isinstance(given[0], Vocabulary):
            return function(*given)
        return function(Interpreter(*target()), given[0], *map(_interpreted, given[1:]))

    return Kernel(function, interpret) if compiling() else interpret
