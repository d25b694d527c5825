"""The writer of the vector layer that writes down LLVM instructions; see :mod:`seqdl.kernels.vector.simd`."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence

import numpy as np
from llvmlite import ir

from seqdl.kernels.vector.records import Layout
from seqdl.kernels.vector.vocabulary import Vocabulary

FLOAT, BIT, BYTE, INT32, INT64 = ir.FloatType(), *map(ir.IntType, (1, 8, 32, 64))
FLAGS = ("nsz", "arcp", "contract", "afn", "reassoc")  # as in jit.py: NaN keeps its meaning


@functools.cache
def number(dtype: str) -> ir.Type:
    """The numbers of an array of that dtype."""
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return FLOAT if kind.itemsize == 4 else ir.DoubleType()
    return ir.IntType(8 * kind.itemsize)


class Value:
    """A number, an address or a vector that will exist when the code runs.

    Parameters
    ----------
    emitter, value : Emitter and llvmlite value
        Who writes the instructions; the thing itself.
    """

    def __init__(self, emitter: Emitter, value: ir.Value) -> None:
        self.emitter, self.value = emitter, value

    def _other(self, other: Value | float) -> ir.Value:
        if isinstance(other, Value):
            return other.value
        if isinstance(self.value.type, ir.VectorType):
            return self.emitter.constant(other, self.value.type.count).value
        return ir.Constant(INT64, int(other))

    def _compare(self, comparison: str, other: Value | float) -> Value:
        builder, plain = self.emitter.builder, self._other(other)
        if isinstance(self.value.type, ir.VectorType):
            return Value(self.emitter, builder.fcmp_ordered(comparison, self.value, plain))
        return Value(self.emitter, builder.icmp_signed(comparison, self.value, plain))

    def _make(self, name: str, other: Value | float, swapped: bool = False) -> Value:
        builder, a, b = self.emitter.builder, self.value, self._other(other)
        if swapped:
            a, b = b, a
        if isinstance(self.value.type, ir.VectorType):
            return Value(self.emitter, getattr(builder, "f" + name)(a, b, flags=FLAGS))
        return Value(self.emitter, getattr(builder, name)(a, b))

    def __add__(self, other: Value | float) -> Value:
        """The sum; of an address and an integer, the address so many numbers further on."""
        if isinstance(self.value.type, ir.PointerType):
            return Value(self.emitter, self.emitter.builder.gep(self.value, [self._other(other)], inbounds=True))
        return self._make("add", other)

    __radd__ = __add__

    def __sub__(self, other: Value | float) -> Value:
        """The difference."""
        return self._make("sub", other)

    def __rsub__(self, other: Value | float) -> Value:
        """The difference, the other way round."""
        return self._make("sub", other, swapped=True)

    def __mul__(self, other: Value | float) -> Value:
        """The product."""
        return self._make("mul", other)

    __rmul__ = __mul__

    def __truediv__(self, other: Value | float) -> Value:
        """The quotient."""
        return self._make("div", other)

    def __floordiv__(self, other: Value | int) -> Value:
        """The whole quotient of integers that are not negative."""
        return Value(self.emitter, self.emitter.builder.udiv(self.value, self._other(other)))

    def __mod__(self, other: Value | int) -> Value:
        """The remainder of integers that are not negative."""
        return Value(self.emitter, self.emitter.builder.urem(self.value, self._other(other)))

    def __rshift__(self, other: Value | int) -> Value:
        """An integer that is not negative without its last bits."""
        return Value(self.emitter, self.emitter.builder.lshr(self.value, self._other(other)))

    def __lt__(self, other: Value | float) -> Value:
        """Whether it is less; of vectors lane by lane."""
        return self._compare("<", other)

    def __gt__(self, other: Value | float) -> Value:
        """Whether it is more; of vectors lane by lane."""
        return self._compare(">", other)


class Fields:
    """A record where the code runs: ``fields.name`` is the address of an array, or the fields of a record in it.

    Parameters
    ----------
    emitter, layout, value : Emitter, Layout and llvmlite value
        Who writes the instructions; how its list is laid out; the list's address.
    """

    def __init__(self, emitter: Emitter, layout: Layout, value: ir.Value) -> None:
        self.emitter, self.layout, self.value = emitter, layout, value

    def __getattr__(self, name: str) -> Value | Fields:
        """A field, which is read when the kernel begins: in its loops, addresses would be read again and again."""
        builder, field = self.emitter.builder, self.layout.field(name)
        with builder.goto_entry_block():
            place = builder.gep(self.value, [INT64(field.begin)])
            if isinstance(field.kind, Layout):
                found: Value | Fields = Fields(self.emitter, field.kind, place)
            else:
                address = builder.bitcast(place, number(field.kind).as_pointer().as_pointer())
                found = Value(self.emitter, builder.load(address))
        setattr(self, name, found)
        return found


def _short(count: int) -> bool:
    """Whether some lanes are a vector of their own.

    A load that follows a store to the same place soon waits if the store was masked, even where the mask leaves that
    place out: 9 of the 18 microseconds of S2's backward pass.
    """
    return count > 0 and count & (count - 1) == 0


class Emitter(Vocabulary):
    """Writes LLVM instructions.

    Parameters
    ----------
    lanes, registers : int
        Of the processor; see :func:`seqdl.kernels.vector.simd.target`.
    builder
        LLVM's.
    """

    def __init__(self, lanes: int, registers: int, builder: ir.IRBuilder) -> None:
        super().__init__(lanes, registers)
        self.builder = builder

    def _call(self, name: str, *values: Value | ir.Value, result: ir.Type | None = None) -> Value:
        plain = [value.value if isinstance(value, Value) else value for value in values]
        kind = ir.FunctionType(result or plain[0].type, [value.type for value in plain])
        function = self.builder.module.globals.get(name) or ir.Function(self.builder.module, kind, name)
        return Value(self, self.builder.call(function, plain))

    def _vector_at(self, address: Value, lanes: int) -> ir.Value:
        if address.value.type.pointee != FLOAT:
            raise TypeError(f"expected an array of float32, got one of {address.value.type.pointee}")
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
        """The first ``count`` lanes from ``address`` on, zeros in the other ``lanes``; reads nothing beyond."""
        lanes = lanes or self.lanes
        if count >= lanes:
            return self.load(address, lanes)
        if count == 1:  # LLVM fails at some sums of vectors of one lane
            number = self.builder.load(address.value, align=4)
            return Value(self, self.builder.insert_element(self.zeros(lanes).value, number, INT32(0)))
        if _short(count):
            few = self.load(address, count)
            return self.shuffle(few, self.zeros(count), [min(k, count) for k in range(lanes)])
        kind, rest = ir.VectorType(FLOAT, lanes), self.zeros(lanes)
        return self._call(f"llvm.masked.load.v{lanes}f32.p0", *self._masked(address, count, lanes), rest, result=kind)

    def store_some(self, vector: Value, address: Value, count: int) -> None:
        """The first ``count`` lanes of ``vector`` to ``address``; touches nothing beyond."""
        lanes = self.count(vector)
        if count >= lanes:
            self.store(vector, address)
        elif count == 1:
            self.builder.store(self.builder.extract_element(vector.value, INT32(0)), address.value, align=4)
        elif _short(count):
            self.store(self.shuffle(vector, vector, list(range(count))), address)
        elif count > 0:
            name = f"llvm.masked.store.v{lanes}f32.p0"
            self._call(name, vector, *self._masked(address, count, lanes), result=ir.VoidType())

    def _masked(self, address: Value, count: int, lanes: int) -> list[ir.Value]:
        """Where a vector is, its alignment, and which of its lanes count."""
        mask = ir.Constant(ir.VectorType(BIT, lanes), [int(k < count) for k in range(lanes)])
        return [self._vector_at(address, lanes), ir.Constant(INT32, 4), mask]

    def broadcast(self, address: Value, lanes: int = 0, period: int = 1) -> Value:
        """The ``period`` numbers at ``address``, again and again over the ``lanes``."""
        lanes = lanes or self.lanes
        if period == 1:
            number = self.builder.load(address.value, align=4)
            undefined = ir.Constant(ir.VectorType(FLOAT, lanes), ir.Undefined)
            first = Value(self, self.builder.insert_element(undefined, number, INT32(0)))
            return self.shuffle(first, first, [0] * lanes)
        few = self.load(address, period)
        return self.shuffle(few, few, [k % period for k in range(lanes)])

    def load_bytes(self, address: Value, lanes: int) -> Value:
        """A vector from bytes in memory."""
        place = self.builder.bitcast(address.value, ir.VectorType(BYTE, lanes).as_pointer())
        return Value(self, self.builder.uitofp(self.builder.load(place, align=1), ir.VectorType(FLOAT, lanes)))

    def store_bytes(self, vector: Value, address: Value) -> None:
        """A vector to memory, as bytes."""
        kind = ir.VectorType(BYTE, self.count(vector))
        place = self.builder.bitcast(address.value, kind.as_pointer())
        whole = self.builder.fptosi(vector.value, ir.VectorType(INT32, self.count(vector)))
        self.builder.store(self.builder.trunc(whole, kind), place, align=1)

    def offset(self, address: Value) -> Value:
        """An integer (int64) from memory."""
        return Value(self, self.builder.load(address.value, align=8))

    def put(self, integer: Value | int, address: Value) -> None:
        """An integer (int64) to memory."""
        self.builder.store(self._plain(integer), address.value, align=8)

    def least(self, a: Value | int, b: Value | int) -> Value:
        """The lesser of two integers."""
        return self._chosen("<", a, b)

    def greatest(self, a: Value | int, b: Value | int) -> Value:
        """The greater of two integers."""
        return self._chosen(">", a, b)

    def equal(self, a: Value | int, b: Value | int) -> Value:
        """Whether two integers are equal."""
        return Value(self, self.builder.icmp_signed("==", self._plain(a), self._plain(b)))

    def number(self, integer: Value | int) -> Value:
        """An integer as a vector of one."""
        return Value(self, self.single(self.builder.sitofp(self._plain(integer), FLOAT)))

    def single(self, number: ir.Value) -> ir.Value:
        """LLVM's vector of one number."""
        return self.builder.insert_element(ir.Constant(ir.VectorType(FLOAT, 1), ir.Undefined), number, INT32(0))

    def _plain(self, a: Value | int) -> ir.Value:
        return a.value if isinstance(a, Value) else INT64(a)

    def _chosen(self, comparison: str, a: Value | int, b: Value | int) -> Value:
        one, other = self._plain(a), self._plain(b)
        return Value(self, self.builder.select(self.builder.icmp_signed(comparison, one, other), one, other))

    def plus(self, a: Value, b: Value) -> Value:
        """``a + b``, in this order whatever else is added."""
        return Value(self, self.builder.fadd(a.value, b.value, flags=("nsz",)))

    def fma(self, a: Value, b: Value, c: Value) -> Value:
        """``a b + c``, rounded once where the processor can."""
        return self._call(f"llvm.fmuladd.v{self.count(a)}f32", a, b, c)

    def absolute(self, a: Value) -> Value:
        """Absolute values."""
        return self._call(f"llvm.fabs.v{self.count(a)}f32", a)

    def reciprocal_root(self, a: Value) -> Value:
        """1 / sqrt(a), about 1e19 where a is 0; three times as fast as a root and a division.

        Half of the bits, taken from a constant, halve the exponent and change its sign: a guess within 4 %, which each
        of Newton's steps, y (3 - a y y) / 2, squares.
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

    def log(self, a: Value) -> Value:
        """Natural logarithms."""
        return self._call(f"llvm.log.v{self.count(a)}f32", a)

    def select(self, mask: Value, a: Value | int, b: Value | int) -> Value:
        """``a`` where the mask holds, otherwise ``b``; or one of two integers or addresses."""
        one, other = self._plain(a), self._plain(b)
        holds = mask.value if isinstance(one.type, ir.VectorType) else self._holds(mask)
        return Value(self, self.builder.select(holds, one, other))

    def _holds(self, condition: Value) -> ir.Value:
        """A condition as a single bit."""
        if isinstance(condition.value.type, ir.VectorType):
            return self.builder.extract_element(condition.value, INT32(0))
        return condition.value

    def when(self, condition: Value, body: Callable[[], None]) -> None:
        """Do what ``body`` writes where a condition on integers or vectors of one holds."""
        with self.builder.if_then(self._holds(condition)):
            body()

    def shuffle(self, a: Value, b: Value, indices: Sequence[int]) -> Value:
        """Lanes of ``a`` and ``b``, counted through; -1 for one that may be anything."""
        mask = ir.Constant(ir.VectorType(INT32, len(indices)), [max(0, int(k)) for k in indices])
        return Value(self, self.builder.shuffle_vector(a.value, b.value, mask))

    def loop(
        self,
        count: Value | int,
        carried: Sequence[Value | int],
        body: Callable[[Value, list[Value]], Sequence[Value | int]],
        start: Value | int = 0,
    ) -> list[Value]:
        """Rounds ``start`` to ``count`` of ``body``; what is ``carried`` from one to the next stays in registers."""
        builder = self.builder
        first, last = self._plain(start), self._plain(count)
        before = builder.block
        head, after = builder.append_basic_block("loop"), builder.append_basic_block("after")
        builder.cbranch(builder.icmp_signed("<", first, last), head, after)
        builder.position_at_end(head)
        index = builder.phi(INT64)
        index.add_incoming(first, before)
        begun = [self._plain(value) for value in carried]
        heads = [builder.phi(value.type) for value in begun]
        for phi, value in zip(heads, begun):
            phi.add_incoming(value, before)
        carried_on = body(Value(self, index), [Value(self, phi) for phi in heads])
        following = builder.add(index, INT64(1))
        end = builder.block
        index.add_incoming(following, end)
        new = [self._plain(value) for value in carried_on]
        for phi, value in zip(heads, new):
            phi.add_incoming(value, end)
        builder.cbranch(builder.icmp_signed("<", following, last), head, after)
        builder.position_at_end(after)
        results = []
        for old, value in zip(begun, new):
            phi = builder.phi(value.type)
            phi.add_incoming(old, before)
            phi.add_incoming(value, end)
            results.append(Value(self, phi))
        return results
