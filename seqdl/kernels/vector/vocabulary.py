"""The operations that vector kernels are written in; see :mod:`seqdl.kernels.vector.simd`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any


class View:
    """An array at an address: ``x[t, m]`` is the address of its part ``(t, m)``, whichever writer's address it is.

    Parameters
    ----------
    address, *strides
        That of the first number; numbers from one index of an axis to the next.
    """

    def __init__(self, address: Any, *strides: int) -> None:
        self.address, self.strides = address, strides

    def __getitem__(self, index: tuple[Any, ...]) -> Any:
        """The address of a part; axes that are not named are at 0."""
        offset: Any = 0
        for i, stride in zip(index, self.strides):
            offset = offset + i * stride
        return self.address + offset

    def at(self, *index: Any) -> View:
        """The same array, seen from a part of it."""
        return View(self[index], *self.strides)


class Vocabulary(ABC):
    """The operations of both writers; what a writer has no better way for is built here from its others.

    Vectors, addresses and integers are what the writer makes of them: things that will exist when the code runs, or
    NumPy's arrays. Vectors add, subtract, multiply, divide and compare lane by lane, with each other and with plain
    numbers; an address plus an integer is the address so many numbers further on. A single number is a vector of one.
    Where ``lanes`` are absent, a vector has as many as the processor's.

    Parameters
    ----------
    lanes, registers : int
        Numbers in one vector; vectors that fit into the processor.
    """

    def __init__(self, lanes: int, registers: int) -> None:
        self.lanes, self.registers = lanes, registers

    @abstractmethod
    def count(self, vector: Any) -> int:
        """Lanes of a vector."""

    @abstractmethod
    def constant(self, number: float, lanes: int) -> Any:
        """A vector of so many lanes that hold one number, known when the kernel is written down."""

    @abstractmethod
    def load(self, address: Any, lanes: int = 0) -> Any:
        """A vector from memory."""

    @abstractmethod
    def store(self, vector: Any, address: Any) -> None:
        """A vector to memory."""

    @abstractmethod
    def load_some(self, address: Any, count: int, lanes: int = 0) -> Any:
        """The first ``count`` lanes from ``address`` on, zeros in the other ``lanes``; reads nothing beyond."""

    @abstractmethod
    def store_some(self, vector: Any, address: Any, count: int) -> None:
        """The first ``count`` lanes of a vector to memory; touches nothing beyond."""

    @abstractmethod
    def broadcast(self, address: Any, lanes: int = 0, period: int = 1) -> Any:
        """The ``period`` numbers at an address, again and again."""

    @abstractmethod
    def load_bytes(self, address: Any, lanes: int) -> Any:
        """A vector of float32 from bytes in memory."""

    @abstractmethod
    def store_bytes(self, vector: Any, address: Any) -> None:
        """A vector of numbers from 0 to before 256 to memory, as bytes; what is behind the point is cut off."""

    @abstractmethod
    def offset(self, address: Any) -> Any:
        """An integer (int64) from memory."""

    @abstractmethod
    def put(self, integer: Any, address: Any) -> None:
        """An integer (int64) to memory."""

    @abstractmethod
    def least(self, a: Any, b: Any) -> Any:
        """The lesser of two integers."""

    @abstractmethod
    def greatest(self, a: Any, b: Any) -> Any:
        """The greater of two integers."""

    @abstractmethod
    def equal(self, a: Any, b: Any) -> Any:
        """Whether two integers are equal."""

    @abstractmethod
    def number(self, integer: Any) -> Any:
        """An integer as a vector of one."""

    @abstractmethod
    def plus(self, a: Any, b: Any) -> Any:
        """``a + b``, in this order whatever else is added: of sums with ``+`` the compiler chooses the order."""

    @abstractmethod
    def fma(self, a: Any, b: Any, c: Any) -> Any:
        """``a b + c``, rounded once where the processor can."""

    @abstractmethod
    def absolute(self, a: Any) -> Any:
        """Absolute values."""

    @abstractmethod
    def reciprocal_root(self, a: Any) -> Any:
        """1 / sqrt(a) for numbers of at least 0, about 1e19 where a is 0."""

    @abstractmethod
    def exp(self, a: Any) -> Any:
        """e to the power of numbers that are at most 0; e^-87 is the least result."""

    @abstractmethod
    def log(self, a: Any) -> Any:
        """Natural logarithms."""

    @abstractmethod
    def select(self, mask: Any, a: Any, b: Any) -> Any:
        """``a`` where the mask holds, otherwise ``b``; or one of two integers or addresses."""

    @abstractmethod
    def when(self, condition: Any, body: Callable[[], None]) -> None:
        """Do what ``body`` writes where a condition on integers or vectors of one holds."""

    @abstractmethod
    def shuffle(self, a: Any, b: Any, indices: Sequence[int]) -> Any:
        """Lanes of ``a`` and ``b``, counted through; -1 for one that may be anything."""

    @abstractmethod
    def loop(
        self, count: Any, carried: Sequence[Any], body: Callable[[Any, list[Any]], Sequence[Any]], start: Any = 0
    ) -> list[Any]:
        """``for k in range(start, count): carried = body(k, carried)``; what is carried stays in registers."""

    def zeros(self, lanes: int = 0) -> Any:
        """A vector of zeros."""
        return self.constant(0.0, lanes or self.lanes)

    def spread(self, number: Any, lanes: int = 0) -> Any:
        """A single number in all lanes of a vector."""
        return self.shuffle(number, number, [0] * (lanes or self.lanes))

    def pick(self, vectors: Sequence[Any], indices: Sequence[int]) -> Any:
        """A vector of lanes taken from several, counted through; -1 for one that may be anything.

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

    def total(self, vector: Any) -> Any:
        """The sum of a vector's lanes, as a vector of one: its halves are added until one lane is left."""
        size = self.count(vector)
        while size > 1:
            size //= 2
            low = self.shuffle(vector, vector, range(size))
            vector = low + self.shuffle(vector, vector, range(size, 2 * size))
        return vector

    def totals(self, vectors: Sequence[Any], groups: int = 1) -> Any:
        """The sums of several vectors in one: lane ``k groups + p`` is the sum of lanes p, p + groups, ... of vector k.

        Each round folds neighbouring vectors into one, so that all sums together cost little more than one::

            a0 a1 a2 a3 | b0 b1 b2 b3   ->   a0+a2 a1+a3 b0+b2 b1+b3

        The number of vectors times ``groups`` is that of the lanes.
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

        Where not all ``columns``, results, are asked for, what does not lead to them is left out.
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
        """A loop that carries nothing: ``body`` is given the numbers from ``start`` to before ``count``."""

        def one(k: Any, _: list[Any]) -> list[Any]:
            body(k)
            return []

        self.loop(count, [], one, start=start)

    def fill(self, target: Any, count: int) -> None:
        """``count`` zeros."""
        self.pieces(count, self.lanes, lambda at, lanes: self.store_some(self.zeros(), target + at, lanes))

    def numbers(self, count: Any, body: Callable[[Any, int], None]) -> None:
        """``body(first, lanes)`` for whole vectors of ``count`` numbers, then for those that are left, one by one.

        Their number may be one that is known only when the code runs; ``body`` writes one vector.
        """
        whole = count // self.lanes
        self.each(whole, lambda k: body(k * self.lanes, self.lanes))
        self.each(count, lambda k: body(k, 1), start=whole * self.lanes)

    def copy(self, source: Any, target: Any, count: int) -> None:
        """``count`` numbers from ``source`` to ``target``."""

        def some(at: Any, count: int) -> None:
            self.store_some(self.load_some(source + at, count), target + at, count)

        self.pieces(count, self.lanes, some)

    def pieces(self, total: int, largest: int, body: Callable[[Any, int], None]) -> None:
        """``body(first, count)`` for pieces of a range: a loop over full ones, then the rest.

        The range is ``total`` long, a full piece ``largest``; ``body`` writes one.
        """
        whole, rest = divmod(total, largest)
        if whole > 1:
            self.each(whole, lambda k: body(k * largest, largest))
        elif whole:
            body(0, largest)
        if rest:
            body(whole * largest, rest)
