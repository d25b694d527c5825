"""A small vector layer: kernels that say "16 lanes, fused multiply-add, these accumulators stay in registers".

A processor adds and multiplies not numbers but *vectors* of 4, 8 or 16 of them, two vectors at a time, if the code asks
for it. Compilers find that by themselves in simple loops only. A function marked with :func:`vector_kernel` asks
explicitly; it is called from compiled code like any other, with arrays and whole numbers::

    @vector_kernel
    def scale(v, g, x, factor, count):
        '''x[:count * lanes] *= factor[0].'''
        f = v.broadcast(factor)
        def one(k, _):
            v.store(v.load(x + k * v.lanes) * f, x + k * v.lanes)
            return []
        v.loop(count, [], one)

Its body runs once for every set of sizes ``g`` (:mod:`seqdl.kernels.sizes`), when the network is compiled, and *writes
down* the instructions: a Python ``for`` over ``range(g.maps)`` is unrolled, ``v.loop`` becomes a loop of the machine
code. What a loop carries, its accumulators, is handed from round to round in registers and never touches memory.

``v`` is one of two writers with the same vocabulary: :class:`Emitter` writes LLVM instructions, :class:`Interpreter`
computes with NumPy at once, under ``NUMBA_DISABLE_JIT=1``: slow, with every address checked, for reading along.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import llvmlite.binding as llvm
import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.core.registry import cpu_target
from numba.extending import intrinsic

from seqdl.kernels.sizes import SizesType

FLOAT, BIT, INT32, INT64 = ir.FloatType(), ir.IntType(1), ir.IntType(32), ir.IntType(64)
FLAGS = ("nsz", "arcp", "contract", "afn", "reassoc")  # as in jit.py: NaN keeps its meaning


class Target(NamedTuple):
    """What the processor's vectors are like.

    Parameters
    ----------
    lanes : int
        Numbers of 32 bits in one vector.
    registers : int
        Vectors that fit into the processor at once.
    """

    lanes: int
    registers: int


@functools.cache
def target() -> Target:
    """Ask the compiler which registers it would use for 16 numbers, on the processor it compiles for.

    Returns
    -------
    Target
    """
    if numba.config.DISABLE_JIT:
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


class Value:
    """A number, an address or a vector that will exist when the code runs.

    Parameters
    ----------
    emitter : Emitter
        Who writes the instructions.
    value : llvmlite value
        The thing itself.
    """

    def __init__(self, emitter: Emitter, value: ir.Value) -> None:
        self.emitter, self.value = emitter, value

    def _other(self, other: Value | float) -> ir.Value:
        if isinstance(other, Value):
            return other.value
        if isinstance(self.value.type, ir.VectorType):
            return self.emitter.constant(other, self.value.type.count).value
        return ir.Constant(INT64, int(other))

    def _make(self, name: str, other: Value | float, turned: bool = False) -> Value:
        builder, a, b = self.emitter.builder, self.value, self._other(other)
        if turned:
            a, b = b, a
        if isinstance(self.value.type, ir.VectorType):
            return Value(self.emitter, getattr(builder, "f" + name)(a, b, flags=FLAGS))
        return Value(self.emitter, getattr(builder, name)(a, b))

    def __add__(self, other: Value | float) -> Value:
        """The sum; of an address and a whole number, the address so many numbers further on."""
        if isinstance(self.value.type, ir.PointerType):
            offset = other.value if isinstance(other, Value) else ir.Constant(INT64, int(other))
            return Value(self.emitter, self.emitter.builder.gep(self.value, [offset], inbounds=True))
        return self._make("add", other)

    __radd__ = __add__

    def __sub__(self, other: Value | float) -> Value:
        """The difference."""
        return self._make("sub", other)

    def __rsub__(self, other: Value | float) -> Value:
        """The difference, the other way round."""
        return self._make("sub", other, turned=True)

    def __mul__(self, other: Value | float) -> Value:
        """The product."""
        return self._make("mul", other)

    __rmul__ = __mul__

    def __truediv__(self, other: Value | float) -> Value:
        """The quotient."""
        return self._make("div", other)

    def __lt__(self, other: Value | float) -> Value:
        """Lane by lane whether it is less."""
        compared = self.emitter.builder.fcmp_ordered("<", self.value, self._other(other))
        return Value(self.emitter, compared)

    def __gt__(self, other: Value | float) -> Value:
        """Lane by lane whether it is more."""
        compared = self.emitter.builder.fcmp_ordered(">", self.value, self._other(other))
        return Value(self.emitter, compared)


class Vocabulary:
    """What both writers build from their few own words.

    Parameters
    ----------
    lanes : int
        Numbers in one vector.
    registers : int
        Vectors that fit into the processor.
    """

    def __init__(self, lanes: int, registers: int) -> None:
        self.lanes, self.registers = lanes, registers

    def zeros(self, lanes: int = 0) -> Any:
        """A vector of zeros."""
        return self.constant(0.0, lanes or self.lanes)

    def pick(self, vectors: Sequence[Any], indices: Sequence[int]) -> Any:
        """A vector of lanes taken from several, counted through; an index of -1 leaves the lane undefined.

        Two vectors are one instruction; more are mixed two by two.
        """
        size = self.count(vectors[0])
        result = None
        for first in range(0, len(vectors), 2):
            inside = [k - first * size if first * size <= k < (first + 2) * size else -1 for k in indices]
            if all(k < 0 for k in inside) and result is not None:
                continue
            last = vectors[first + 1] if first + 1 < len(vectors) else vectors[first]
            part = self.shuffle(vectors[first], last, inside)
            if result is None:
                result = part
            else:
                lanes = len(indices)
                result = self.shuffle(result, part, [lanes + k if inside[k] >= 0 else k for k in range(lanes)])
        return result

    def total(self, vector: Any, to: int = 1) -> Any:
        """Add the halves of a vector until ``to`` lanes are left: lane k holds the sum of lanes k, k + to, ..."""
        size = self.count(vector)
        while size > to:
            size //= 2
            low = self.shuffle(vector, vector, range(size))
            vector = low + self.shuffle(vector, vector, range(size, 2 * size))
        return vector

    def totals(self, vectors: Sequence[Any], groups: int = 1) -> Any:
        """The sums of several vectors in one: lane ``k groups + p`` is the sum of lanes p, p + groups, ... of vector k.

        The number of vectors times ``groups`` is that of the lanes. Each round folds neighbouring vectors into one, so
        that all sums together cost little more than one::

            a0 a1 a2 a3 | b0 b1 b2 b3   ->   a0+a2 a1+a3 b0+b2 b1+b3
        """
        vectors, width = list(vectors), self.count(vectors[0])
        while width > groups:
            half, size = width // 2, self.count(vectors[0])
            pairs = list(zip(vectors[::2], vectors[1::2])) or [(vectors[0], vectors[0])]
            lanes = size if len(vectors) == 1 else 2 * size
            low = [k for block in range(0, lanes, width) for k in range(block, block + half)]
            high = [k + half for k in low]
            vectors = [self.shuffle(a, b, low) + self.shuffle(a, b, high) for a, b in pairs]
            width = half
        return vectors[0]

    def transpose(self, rows: Sequence[Any], columns: int = 0) -> list[Any]:
        """A square of vectors, mirrored at its diagonal: lane k of vector r becomes lane r of vector k.

        log2(lanes) rounds; each exchanges blocks off the diagonal half as large::

            a b | c d     a b | i j     a e | i m
            e f | g h  -> e f | m n  -> b f | j n  ...
            ---------     ---------     ---------
            i j | k l     c d | k l     c g | k o

        Where only the first ``columns`` are asked for, what does not lead to them is left out.
        """
        rows, size = list(rows), len(rows)
        columns, step = columns or size, size // 2
        while step:
            low = [k if not k & step else k - step + size for k in range(size)]
            high = [k + step if not k & step else k + size for k in range(size)]
            for r in range(min(size, len(rows))):
                if not r & step and rows[r] is not None:
                    a, b = rows[r], rows[r + step]
                    rows[r] = self.shuffle(a, b, low)
                    rows[r + step] = self.shuffle(a, b, high) if columns > step else None
            step //= 2
        return rows[:columns]

    def combine(self, factors: Sequence[float], vectors: Sequence[Any]) -> Any:
        """The sum of vectors times constants; zeros and ones cost nothing."""
        result = None
        for factor, vector in zip(factors, vectors):
            if factor == 0:
                continue
            if result is None:
                result = vector if factor == 1 else vector * float(factor)
            elif factor in (1, -1):
                result = result + vector if factor == 1 else result - vector
            else:
                result = self.fma(vector, self.constant(float(factor), self.count(vector)), result)
        return self.zeros(self.count(vectors[0])) if result is None else result

    def each(self, count: Any, body: Callable[[Any], None], start: Any = 0) -> None:
        """A loop that carries nothing."""

        def one(k: Any, _: list[Any]) -> list[Any]:
            body(k)
            return []

        self.loop(count, [], one, start=start)

    def copy(self, source: Any, target: Any, count: int) -> None:
        """So many numbers from one place to another."""
        self.pieces(
            count, self.lanes, lambda at, some: self.store_some(self.load_some(source + at, some), target + at, some)
        )

    def pieces(self, total: int, largest: int, body: Callable[[Any, int], None]) -> None:
        """``body(first, count)`` for pieces of a range: a loop over the full ones, then the rest, if any."""
        whole, rest = divmod(total, largest)
        if whole > 1:
            self.each(whole, lambda k: body(k * largest, largest))
        elif whole:
            body(0, largest)
        if rest:
            body(whole * largest, rest)


class Emitter(Vocabulary):
    """Writes LLVM instructions.

    Parameters
    ----------
    context, builder
        Numba's target context and LLVM's builder.
    """

    def __init__(self, context: Any, builder: ir.IRBuilder) -> None:
        super().__init__(*target())
        self.context, self.builder = context, builder

    def _call(self, name: str, *values: Value | ir.Value, result: ir.Type | None = None) -> Value:
        plain = [value.value if isinstance(value, Value) else value for value in values]
        kind = ir.FunctionType(result or plain[0].type, [value.type for value in plain])
        function = self.builder.module.globals.get(name) or ir.Function(self.builder.module, kind, name)
        return Value(self, self.builder.call(function, plain))

    def _vector_at(self, address: Value, lanes: int) -> ir.Value:
        return self.builder.bitcast(address.value, ir.VectorType(FLOAT, lanes).as_pointer())

    def count(self, vector: Value) -> int:
        """Lanes of a vector."""
        return vector.value.type.count

    def constant(self, number: float, lanes: int) -> Value:
        """A vector of equal numbers."""
        rounded = float(np.float32(number))
        return Value(self, ir.Constant(ir.VectorType(FLOAT, lanes), [rounded] * lanes))

    def load(self, address: Value, lanes: int = 0) -> Value:
        """A vector from memory."""
        return Value(self, self.builder.load(self._vector_at(address, lanes or self.lanes), align=4))

    def store(self, vector: Value, address: Value) -> None:
        """A vector to memory."""
        self.builder.store(vector.value, self._vector_at(address, self.count(vector)), align=4)

    def load_some(self, address: Value, count: int, lanes: int = 0) -> Value:
        """The first ``count`` lanes from memory, zeros in the others; reads nothing beyond."""
        lanes = lanes or self.lanes
        if count >= lanes:
            return self.load(address, lanes)
        kind = ir.VectorType(FLOAT, lanes)
        mask = ir.Constant(ir.VectorType(BIT, lanes), [int(k < count) for k in range(lanes)])
        name = f"llvm.masked.load.v{lanes}f32.p0"
        where, four = self._vector_at(address, lanes), ir.Constant(INT32, 4)
        return self._call(name, where, four, mask, ir.Constant(kind, [0.0] * lanes), result=kind)

    def store_some(self, vector: Value, address: Value, count: int) -> None:
        """The first ``count`` lanes to memory; touches nothing beyond."""
        lanes = self.count(vector)
        if count >= lanes:
            self.store(vector, address)
        elif count > 0:
            mask = ir.Constant(ir.VectorType(BIT, lanes), [int(k < count) for k in range(lanes)])
            name = f"llvm.masked.store.v{lanes}f32.p0"
            where, four = self._vector_at(address, lanes), ir.Constant(INT32, 4)
            self._call(name, vector, where, four, mask, result=ir.VoidType())

    def broadcast(self, address: Value, lanes: int = 0, period: int = 1) -> Value:
        """The ``period`` numbers at an address, again and again."""
        lanes = lanes or self.lanes
        if period == 1:
            number = self.builder.load(address.value, align=4)
            first = self.builder.insert_element(
                ir.Constant(ir.VectorType(FLOAT, lanes), ir.Undefined), number, INT32(0)
            )
            return self.shuffle(Value(self, first), Value(self, first), [0] * lanes)
        few = self.load(address, period)
        return self.shuffle(few, few, [k % period for k in range(lanes)])

    def offset(self, address: Value) -> Value:
        """A whole number (int64) from memory."""
        return Value(self, self.builder.load(address.value, align=8))

    def least(self, a: Value | int, b: int) -> Value:
        """The lesser of two whole numbers."""
        return self._chosen("<", a, b)

    def greatest(self, a: Value | int, b: int) -> Value:
        """The greater of two whole numbers."""
        return self._chosen(">", a, b)

    def _chosen(self, comparison: str, a: Value | int, b: int) -> Value:
        one, other = (n.value if isinstance(n, Value) else INT64(n) for n in (a, b))
        return Value(self, self.builder.select(self.builder.icmp_signed(comparison, one, other), one, other))

    def fma(self, a: Value, b: Value, c: Value) -> Value:
        """``a b + c``, rounded once where the processor can."""
        return self._call(f"llvm.fmuladd.v{self.count(a)}f32", a, b, c)

    def absolute(self, a: Value) -> Value:
        """Absolute values."""
        return self._call(f"llvm.fabs.v{self.count(a)}f32", a)

    def root(self, a: Value) -> Value:
        """Square roots."""
        return self._call(f"llvm.sqrt.v{self.count(a)}f32", a)

    def reciprocal_root(self, a: Value) -> Value:
        """1 / sqrt(a), about 1e19 where a is 0; three times as fast as a root and a division.

        Half of the bits, taken from a constant, halve the exponent and turn its sign: a guess within 4 %, which each of
        Newton's steps, y (3 - a y y) / 2, squares.
        """
        count = self.count(a)
        floats, whole = ir.VectorType(FLOAT, count), ir.VectorType(INT32, count)
        half = self.builder.lshr(self.builder.bitcast(a.value, whole), ir.Constant(whole, [1] * count))
        guess = self.builder.sub(ir.Constant(whole, [0x5F3759DF] * count), half)
        result = Value(self, self.builder.bitcast(guess, floats))
        for _ in range(3):
            result = result * self.fma(a * -0.5 * result, result, self.constant(1.5, count))
        return result

    def exp(self, a: Value) -> Value:
        """e to the power of numbers that are at most 0; e^-87 is the least result.

        e^x = 2^n e^r with a whole n and |r| <= log(2) / 2: n goes into the bits of the exponent, e^r is a polynomial.
        """
        count = self.count(a)
        floats, whole = ir.VectorType(FLOAT, count), ir.VectorType(INT32, count)
        lowest = self.constant(-87.0, count)
        a = self.select(a < lowest, lowest, a)
        n = self.builder.fptosi((a * math.log2(math.e) - 0.5).value, whole)
        r = self.fma(Value(self, self.builder.sitofp(n, floats)), self.constant(-math.log(2), count), a)
        result = self.constant(1 / math.factorial(7), count)
        for k in range(6, -1, -1):
            result = self.fma(result, r, self.constant(1 / math.factorial(k), count))
        biased = self.builder.add(n, ir.Constant(whole, [127] * count))
        power = self.builder.shl(biased, ir.Constant(whole, [23] * count))
        return result * Value(self, self.builder.bitcast(power, floats))

    def select(self, mask: Value, a: Value, b: Value) -> Value:
        """``a`` where the mask holds, otherwise ``b``."""
        return Value(self, self.builder.select(mask.value, a.value, b.value))

    def shuffle(self, a: Value, b: Value, indices: Sequence[int]) -> Value:
        """Lanes of ``a`` and ``b``, counted through; -1 for one that may be anything."""
        mask = ir.Constant(ir.VectorType(INT32, len(indices)), [max(0, int(k)) for k in indices])
        return Value(self, self.builder.shuffle_vector(a.value, b.value, mask))

    def loop(
        self,
        count: Value | int,
        carried: Sequence[Value],
        body: Callable[[Value, list[Value]], Sequence[Value]],
        start: Value | int = 0,
    ) -> list[Value]:
        """``for k in range(start, count): carried = body(k, carried)``; what is carried stays in registers."""
        builder = self.builder
        first, last = (n.value if isinstance(n, Value) else INT64(n) for n in (start, count))
        before = builder.block
        head, after = builder.append_basic_block("loop"), builder.append_basic_block("after")
        builder.cbranch(builder.icmp_signed("<", first, last), head, after)
        builder.position_at_end(head)
        index = builder.phi(INT64)
        index.add_incoming(first, before)
        heads = [builder.phi(value.value.type) for value in carried]
        for phi, value in zip(heads, carried):
            phi.add_incoming(value.value, before)
        new = body(Value(self, index), [Value(self, phi) for phi in heads])
        following = builder.add(index, INT64(1))
        end = builder.block
        index.add_incoming(following, end)
        for phi, value in zip(heads, new):
            phi.add_incoming(value.value, end)
        builder.cbranch(builder.icmp_signed("<", following, last), head, after)
        builder.position_at_end(after)
        results = []
        for old, value in zip(carried, new):
            phi = builder.phi(value.value.type)
            phi.add_incoming(old.value, before)
            phi.add_incoming(value.value, end)
            results.append(Value(self, phi))
        return results


class Address:
    """A place in an array, for the interpreter.

    Parameters
    ----------
    array : array, (N,)
        The whole array.
    at : int
        The place.
    """

    def __init__(self, array: np.ndarray, at: int = 0) -> None:
        self.array, self.at = array, at

    def __add__(self, offset: int) -> Address:
        """The place so many numbers further on."""
        return Address(self.array, self.at + int(offset))

    def part(self, count: int) -> np.ndarray:
        """The next numbers."""
        if self.at < 0 or self.at + count > len(self.array):
            raise IndexError(f"{self.at} to {self.at + count} of an array of {len(self.array)}")
        return self.array[self.at : self.at + count]


class Interpreter(Vocabulary):
    """Computes at once, with NumPy; the words are those of :class:`Emitter`."""

    def count(self, vector: np.ndarray) -> int:
        """Lanes of a vector."""
        return len(vector)

    def constant(self, number: float, lanes: int) -> np.ndarray:
        """A vector of equal numbers."""
        return np.full(lanes, number, np.float32)

    def load(self, address: Address, lanes: int = 0) -> np.ndarray:
        """A vector from memory."""
        return address.part(lanes or self.lanes).copy()

    def store(self, vector: np.ndarray, address: Address) -> None:
        """A vector to memory."""
        address.part(len(vector))[:] = vector

    def load_some(self, address: Address, count: int, lanes: int = 0) -> np.ndarray:
        """The first ``count`` lanes from memory, zeros in the others."""
        lanes = lanes or self.lanes
        out = np.zeros(lanes, np.float32)
        out[: min(count, lanes)] = address.part(min(count, lanes))
        return out

    def store_some(self, vector: np.ndarray, address: Address, count: int) -> None:
        """The first ``count`` lanes to memory."""
        count = max(0, min(count, len(vector)))
        address.part(count)[:] = vector[:count]

    def broadcast(self, address: Address, lanes: int = 0, period: int = 1) -> np.ndarray:
        """The ``period`` numbers at an address, again and again."""
        return np.tile(address.part(period), (lanes or self.lanes) // period)

    def offset(self, address: Address) -> int:
        """A whole number from memory."""
        return int(address.part(1)[0])

    def least(self, a: int, b: int) -> int:
        """The lesser of two whole numbers."""
        return min(a, b)

    def greatest(self, a: int, b: int) -> int:
        """The greater of two whole numbers."""
        return max(a, b)

    def fma(self, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
        """``a b + c``."""
        return a * b + c

    def absolute(self, a: np.ndarray) -> np.ndarray:
        """Absolute values."""
        return np.abs(a)

    def root(self, a: np.ndarray) -> np.ndarray:
        """Square roots."""
        return np.sqrt(a)

    def reciprocal_root(self, a: np.ndarray) -> np.ndarray:
        """1 / sqrt(a), about 1e19 where a is 0."""
        return 1 / np.sqrt(np.maximum(a, np.float32(1e-38)))

    def exp(self, a: np.ndarray) -> np.ndarray:
        """e to the power of numbers that are at most 0; e^-87 is the least result."""
        return np.exp(np.maximum(a, np.float32(-87)))

    def select(self, mask: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """``a`` where the mask holds, otherwise ``b``."""
        return np.where(mask, a, b)

    def shuffle(self, a: np.ndarray, b: np.ndarray, indices: Sequence[int]) -> np.ndarray:
        """Lanes of ``a`` and ``b``, counted through."""
        return np.concatenate([a, b])[np.maximum(indices, 0)]

    def loop(
        self, count: int, carried: Sequence[Any], body: Callable[[int, list[Any]], Sequence[Any]], start: int = 0
    ) -> list[Any]:
        """``for k in range(start, count): carried = body(k, carried)``."""
        values = list(carried)
        for k in range(start, count):
            values = list(body(k, values))
        return values


def _interpreted(value: Any) -> Any:
    """What a kernel gets for an argument when it is interpreted."""
    if isinstance(value, np.ndarray):
        return Address(value.reshape(-1))
    return type(value)(*map(_interpreted, value)) if isinstance(value, tuple) else int(value)


def _emitted(emitter: Emitter, kind: types.Type, value: ir.Value) -> Any:
    """What a kernel gets for an argument when it is written down."""
    if isinstance(kind, types.Array):
        return Value(emitter, emitter.context.make_array(kind)(emitter.context, emitter.builder, value).data)
    if isinstance(kind, types.BaseTuple):
        fields = [emitter.builder.extract_value(value, k) for k in range(len(kind))]
        return kind.instance_class(*(_emitted(emitter, part, field) for part, field in zip(kind, fields)))
    return Value(emitter, value)


def vector_kernel(function: Callable) -> Callable:
    """Make a kernel that compiled code can call as ``kernel(sizes, *arrays, named tuples of arrays, whole numbers)``.

    Parameters
    ----------
    function : callable
        Its body: ``function(v, g, *addresses and whole numbers)``, run once for each type of ``g``.

    Returns
    -------
    callable
    """
    if numba.config.DISABLE_JIT:

        @functools.wraps(function)
        def interpret(sizes: Any, *values: Any) -> None:
            function(Interpreter(*target()), sizes, *map(_interpreted, values))

        return interpret

    def type_and_write(typingctx: Any, sizes: SizesType, *values: types.Type) -> tuple:
        kinds = [kind if isinstance(kind, types.Array | types.BaseTuple) else types.intp for kind in values]

        def write(context: Any, builder: ir.IRBuilder, signature: Any, given: Sequence[ir.Value]) -> Any:
            emitter = Emitter(context, builder)
            plain = [_emitted(emitter, kind, value) for kind, value in zip(kinds, given[1:])]
            function(emitter, sizes.sizes, *plain)
            return context.get_dummy_value()

        return types.void(sizes, *kinds), write

    names = list(inspect.signature(function).parameters)[1:]
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    type_and_write.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in ["context", *names]])
    functools.update_wrapper(type_and_write, function, assigned=("__module__", "__name__", "__qualname__", "__doc__"))
    del type_and_write.__wrapped__
    return intrinsic(type_and_write)
