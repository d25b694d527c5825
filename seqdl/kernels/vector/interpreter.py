"""The writer of the vector layer that computes at once, with NumPy; see :mod:`seqdl.kernels.vector.simd`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from seqdl.kernels.vector.vocabulary import Vocabulary


class Address:
    """A place in an array, for the interpreter.

    Parameters
    ----------
    array, at : array and int
        The whole array, flat, and the place in it.
    """

    def __init__(self, array: np.ndarray, at: int = 0) -> None:
        self.array, self.at = array, at

    def __add__(self, offset: int) -> Address:
        """The place so many numbers further on."""
        return Address(self.array, self.at + int(offset))

    def part(self, count: int) -> np.ndarray:
        """The next numbers; IndexError if they are not all in the array."""
        if self.at < 0 or self.at + count > len(self.array):
            raise IndexError(f"{self.at} to {self.at + count} of an array of {len(self.array)}")
        return self.array[self.at : self.at + count]


class Interpreter(Vocabulary):
    """Computes at once, with NumPy, and checks every address."""

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
        """The first ``count`` lanes from ``address`` on, zeros in the other ``lanes``."""
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

    def load_bytes(self, address: Address, lanes: int) -> np.ndarray:
        """A vector from bytes in memory."""
        return address.part(lanes).astype(np.float32)

    def store_bytes(self, vector: np.ndarray, address: Address) -> None:
        """A vector to memory, as bytes."""
        address.part(len(vector))[:] = vector.astype(np.uint8)

    def offset(self, address: Address) -> int:
        """An integer from memory."""
        return int(address.part(1)[0])

    def least(self, a: int, b: int) -> int:
        """The lesser of two integers."""
        return min(a, b)

    def greatest(self, a: int, b: int) -> int:
        """The greater of two integers."""
        return max(a, b)

    def put(self, integer: int, address: Address) -> None:
        """An integer to memory."""
        address.part(1)[0] = integer

    def equal(self, a: int, b: int) -> bool:
        """Whether two integers are equal."""
        return a == b

    def number(self, integer: int) -> np.ndarray:
        """An integer as a vector of one."""
        return np.full(1, integer, np.float32)

    def plus(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """``a + b``."""
        return a + b

    def fma(self, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
        """``a b + c``."""
        return a * b + c

    def absolute(self, a: np.ndarray) -> np.ndarray:
        """Absolute values."""
        return np.abs(a)

    def reciprocal_root(self, a: np.ndarray) -> np.ndarray:
        """1 / sqrt(a), about 1e19 where a is 0."""
        return 1 / np.sqrt(np.maximum(a, np.float32(1e-38)))

    def exp(self, a: np.ndarray) -> np.ndarray:
        """e to the power of numbers that are at most 0; e^-87 is the least result."""
        return np.exp(np.maximum(a, np.float32(-87)))

    def log(self, a: np.ndarray) -> np.ndarray:
        """Natural logarithms."""
        return np.log(a)

    def select(self, mask: Any, a: Any, b: Any) -> Any:
        """``a`` where the mask holds, otherwise ``b``; or one of two integers or addresses."""
        return np.where(mask, a, b) if isinstance(a, np.ndarray) else a if mask else b

    def when(self, condition: Any, body: Callable[[], None]) -> None:
        """Do what ``body`` does where a condition holds."""
        if condition:
            body()

    def shuffle(self, a: np.ndarray, b: np.ndarray, indices: Sequence[int]) -> np.ndarray:
        """Lanes of ``a`` and ``b``, counted through."""
        return np.concatenate([a, b])[np.maximum(indices, 0)]

    def loop(
        self, count: int, carried: Sequence[Any], body: Callable[[int, list[Any]], Sequence[Any]], start: int = 0
    ) -> list[Any]:
        """``carried`` after ``carried = body(k, carried)`` for k from ``start`` to before ``count``, by ``body``."""
        values = list(carried)
        for k in range(start, count):
            values = list(body(k, values))
        return values
