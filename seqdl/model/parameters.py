"""All parameters of a network in one flat vector, with named views."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np


class Parameters(Mapping[str, np.ndarray]):
    """A flat vector and named views of it: ``parameters["C1.weight"]`` shares its memory with ``parameters.vector``.

    Online momentum is then one line over the whole network, and a checkpoint is one vector.

    Parameters
    ----------
    shapes, dtype : iterable of (str, tuple of int), dtype
        Names and shapes, in the order of the vector; of the vector.
    vector : array, (P,), optional
        Where they are kept, of whatever type; without it they are zeros in a vector of their own.
    """

    def __init__(
        self,
        shapes: Iterable[tuple[str, tuple[int, ...]]],
        dtype: np.dtype | type = np.float32,
        vector: np.ndarray | None = None,
    ) -> None:
        self.shapes = tuple(shapes)
        sizes = [int(np.prod(shape)) for _, shape in self.shapes]
        self.vector = np.zeros(sum(sizes), dtype) if vector is None else vector
        ends = np.cumsum(sizes)
        self._views = {
            name: self.vector[end - size : end].reshape(shape)
            for (name, shape), size, end in zip(self.shapes, sizes, ends)
        }

    def __getitem__(self, name: str) -> np.ndarray:
        return self._views[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)

    def __reduce__(self) -> tuple:
        """Copies too have views of their vector."""
        return Parameters, (self.shapes, self.vector.dtype, self.vector)

    def like(self, dtype: np.dtype | type | None = None) -> Parameters:
        """Zeros with the same names and shapes, for a gradient or a velocity; of the same type where none is given."""
        return Parameters(self.shapes, dtype or self.vector.dtype)
