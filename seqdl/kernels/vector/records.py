"""Many arrays as one argument.

A network has sixty arrays: parameters, activations, workspace. As arguments one by one they would be hundreds of
numbers wherever they are passed on. A :class:`Record` is the address of a list of addresses and shapes, made once;
compiled code reads ``record.name`` where it needs the array, as it would of a named tuple, which the record is where
nothing is compiled.
"""

from typing import Any, NamedTuple, TypeVar, cast

import numpy as np

from seqdl.kernels.vector.native import compiling

T = TypeVar("T", bound=tuple)


class Field(NamedTuple):
    """A field of a record.

    Parameters
    ----------
    begin : int
        Where in the list its address, or its own list, is.
    kind : Layout or str
        Of a record within the record, or the numbers of an array, such as "float32".
    axes : int
        Of the array; 0 for a record.
    """

    begin: int
    kind: Any
    axes: int


class Layout(NamedTuple):
    """How the list of a record is laid out.

    Parameters
    ----------
    made_of : type
        The named tuple.
    fields : tuple of Field
        In its order.
    """

    made_of: type
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field:
        """The field of that name."""
        return self.fields[self.made_of._fields.index(name)]  # type: ignore[attr-defined]

    def __str__(self) -> str:
        """A text that says all of it."""
        fields = ", ".join(f"{field.begin} {field.kind} {field.axes}" for field in self.fields)
        return f"{self.made_of.__qualname__}({fields})"


class Record:
    """Arrays for compiled code.

    Parameters
    ----------
    arrays : named tuple
        Of arrays that are whole in memory and can be written into, and of such tuples.
    """

    def __init__(self, arrays: Any) -> None:
        numbers: list[int] = []
        self.layout, self.arrays = _listed(arrays, numbers), arrays
        self.numbers, self.told = np.array(numbers, np.int64), str(self.layout)
        self.address = self.numbers.ctypes.data

    def __getattr__(self, name: str) -> Any:
        """A field of the tuple, for code that is gone through as Python."""
        return getattr(self.arrays, name)

    def __reduce_ex__(self, protocol: object) -> str:
        raise TypeError("an address cannot be copied")

    @property
    def _numba_type_(self) -> Any:
        from seqdl.kernels.vector.numba_types import record_type

        return record_type(self.layout)


def record(arrays: T) -> T:
    """The arrays of a named tuple as one argument; the tuple itself where nothing is compiled."""
    return cast(T, Record(arrays)) if compiling() else arrays


def _listed(arrays: Any, numbers: list[int]) -> Layout:
    """The layout of a record, whose list, for each array the address and the shape, is added to ``numbers``."""
    fields = []
    start = len(numbers)
    for name, value in zip(arrays._fields, arrays):
        begin = len(numbers) - start
        if isinstance(value, tuple):
            fields.append(Field(begin, _listed(value, numbers), 0))
            continue
        if not (value.flags.c_contiguous and value.flags.writeable):
            raise ValueError(f"{name}: expected an array that is whole in memory and can be written into")
        numbers += [value.ctypes.data, *value.shape]
        fields.append(Field(begin, str(value.dtype), value.ndim))
    return Layout(type(arrays), tuple(fields))
