"""Arrays of numbers in an ``.npz`` file of unknown origin, of which nothing is believed that is not so.

:func:`numpy.load` asks for the memory that a header names before it looks whether there is anything, and raises
whatever its parser does; here a header must fit the bytes that are there.
"""

import math
import zipfile
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy

PLAIN = "biuf"
"""Kinds of values: truth, whole numbers, floating point. No objects, and so no pickle."""


def read(file: BinaryIO) -> dict[str, np.ndarray]:
    """The arrays in a file by name, which takes no more memory than the file has bytes.

    A ValueError says why it is not what :func:`numpy.savez` writes of numbers, a :class:`zipfile.BadZipFile` or another
    error of :mod:`zipfile` where it is no archive, or a damaged one.
    """
    arrays: dict[str, np.ndarray] = {}
    with zipfile.ZipFile(file) as archive:
        for entry in archive.infolist():
            name = Path(entry.filename)
            if name.suffix != ".npy" or name.stem in arrays or entry.compress_type != zipfile.ZIP_STORED:
                raise ValueError(f"{entry.filename!r} is no array, there twice, or compressed")
            with archive.open(entry) as member:
                arrays[name.stem] = _array(member, entry.file_size)  # type: ignore[arg-type]
    return arrays


def _array(member: BinaryIO, size: int) -> np.ndarray:
    try:
        version = npy.read_magic(member)
        known = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
        shape, fortran, kind = known[version](member)
    except Exception as error:  # of whatever kind the parser raises for a header that is none
        raise ValueError("the header of an array cannot be read") from error
    if kind.kind not in PLAIN or kind.hasobject or any(isinstance(n, bool) or n < 0 for n in shape):
        raise ValueError(f"an array of {kind} {shape} is none of numbers")
    length = math.prod(shape) * kind.itemsize
    if length != size - member.tell():
        raise ValueError(f"an array of {kind} {shape} has {size - member.tell()} bytes")
    data = member.read(length)
    if len(data) != length or member.read(1):  # the end is where the sum is checked
        raise ValueError("an array is cut short")
    return np.frombuffer(bytearray(data), kind).reshape(shape, order="F" if fortran else "C")
