"""What a function asks of arrays, numbers and words that come from outside; one clear line where it is something else.

They are looked at once, where they come in: what is called inside is given what was looked at already, and compiled
code checks nothing any more. Every ValueError begins with the name of the argument. :mod:`seqdl.base.doors` says the
same in a line above a function.
"""

import math
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

LARGEST = 1e12
"""No value may be larger, or smaller than its negative: sums of many products of two of them are still finite in
float32. Frames are normalised, features are about 1, so that what is larger is no data."""
MANY = 2**31 - 1
"""No number of things is larger."""


def check(value: np.ndarray, name: str, kind: type, axes: tuple[str, ...]) -> None:
    """Refuse a ``value`` that is no array of this ``kind`` and shape, is empty, or holds NaN, infinite or huge values.

    Views, read-only and non-contiguous arrays are fine: no function that asks so writes into what it is given. ``kind``
    is a NumPy type or a family of types, ``axes`` a name for each axis; a first ``...`` stands for any number of
    further ones. The ValueError names the argument by its ``name``, what is wanted and what was given.

    Examples
    --------
    >>> check(np.zeros((2, 3)), "frame", np.uint8, ("height", "width"))
    Traceback (most recent call last):
    ...
    ValueError: frame: expected an array of uint8, (height, width), got float64, (2, 3)
    """
    fits = is_array(value) and issubclass(value.dtype.type, kind) and value.dtype.isnative
    if not fits or (value.ndim != len(axes) and (axes[0] != "..." or value.ndim < len(axes) - 1)):
        raise ValueError(f"{name}: expected an array of {kind.__name__}, ({', '.join(axes)}), got {described(value)}")
    if not value.size:
        raise ValueError(f"{name}: is empty, of shape {value.shape}")
    check_finite(value, name)


def check_exact(
    value: np.ndarray, name: str, dtype: np.dtype | type, shape: tuple[int | None, ...], writable: bool = False
) -> None:
    """Refuse an array of another type or shape, one that is not C-contiguous, or cannot be written where it must be.

    The ValueError names the argument, ``name``, what is wanted, ``dtype`` and ``shape`` (None stands for any length),
    and the ``value`` that was given; ``writable`` is whether it will be written into.

    >>> check_exact(np.zeros((2, 3)), "frames", np.float32, (None, 3))
    Traceback (most recent call last):
    ...
    ValueError: frames: expected an array of float32, (n, 3), got float64, (2, 3)
    """
    fits = is_array(value) and value.dtype == dtype and value.ndim == len(shape)
    if not fits or any(n not in (None, given) for n, given in zip(shape, value.shape)):
        wanted = ", ".join("n" if n is None else str(n) for n in shape)
        raise ValueError(f"{name}: expected an array of {np.dtype(dtype)}, ({wanted}), got {described(value)}")
    if not value.flags.c_contiguous:
        raise ValueError(f"{name}: expected a C-contiguous array: make one with numpy.ascontiguousarray")
    if writable and not value.flags.writeable:
        raise ValueError(f"{name}: is read-only, and is to be changed")


def check_finite(value: np.ndarray, name: str) -> None:
    """Refuse NaN, infinite values and such beyond ``LARGEST`` by a ValueError; whole numbers always pass."""
    if value.dtype.kind == "c":
        check_finite(value.real, name)
        check_finite(value.imag, name)
    elif not within(value):
        if not np.isfinite(value).all():
            raise ValueError(f"{name}: holds NaN or infinite values")
        raise ValueError(f"{name}: holds values beyond {LARGEST:g}, of which sums of products may overflow")


def within(value: np.ndarray) -> bool:
    """Whether no real value is NaN, infinite or beyond ``LARGEST``."""
    return value.dtype.kind != "f" or not value.size or max(-float(value.min()), float(value.max())) <= LARGEST


def check_float32(parameters: np.ndarray) -> None:
    """Refuse parameters that compiled networks cannot have by a ValueError."""
    if parameters.dtype != np.float32:
        raise ValueError(f"dtype: the compiled network is float32, not {parameters.dtype}")


def check_choice(value: str, name: str, known: Collection[str]) -> None:
    """Refuse a word that is none of the known ones, with a ValueError."""
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"{name}: expected one of {', '.join(known)}, got {value!r}")


def check_whole(value: int, name: str, least: int = 0, most: int = MANY) -> None:
    """Refuse what is no whole number from ``least`` to ``most``, with a ValueError that says the ``name``."""
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or not least <= value <= most:
        upper = "" if most == MANY and (not is_whole(value) or value < least) else f" and at most {most}"
        raise ValueError(f"{name}: expected a whole number of at least {least}{upper}, got {value!r}")


def check_number(value: float, name: str, least: float = -LARGEST, most: float = LARGEST) -> None:
    """Refuse what is no real number from ``least`` to ``most``, with a ValueError that says the ``name``."""
    real = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not real or not math.isfinite(value) or not least <= value <= most:
        raise ValueError(f"{name}: expected a finite number from {least:g} to {most:g}, got {value!r}")


def check_indices(value: np.ndarray, name: str) -> None:
    """Refuse what is no array (n,) of whole numbers, possibly empty, by a ValueError that says the ``name``."""
    if not is_array(value) or value.dtype.kind not in "iu" or value.ndim != 1:
        raise ValueError(f"{name}: expected an array of whole numbers, (n,), got {described(value)}")


def read_only(array: np.ndarray) -> np.ndarray:
    """A view that cannot be written into: compiled code has one form, for arrays that can be and that cannot."""
    view = array.view()
    view.flags.writeable = False
    return view


def check_flag(value: bool, name: str) -> None:
    """Refuse what is neither True nor False, by a ValueError that says the ``name``."""
    check_kind(value, name, bool, np.bool_)


def check_kind(value: object, name: str, *kinds: type) -> None:
    """Refuse what is of none of some ``kinds``, by a ValueError that says the ``name``."""
    if not isinstance(value, kinds):
        known = " or ".join(kind.__name__ for kind in kinds)
        raise ValueError(f"{name}: expected {known}, got {type(value).__name__}")


def check_path(value: object, name: str, empty: bool = False) -> None:
    """Refuse what is no path, by a ValueError that says the ``name``; an ``empty`` text may stand for none."""
    if not isinstance(value, str | Path) or (value == "" and not empty):
        raise ValueError(f"{name}: expected a path, got {type(value).__name__ if value != '' else 'an empty text'}")


def check_names(value: Sequence[str], name: str, least: int = 1) -> None:
    """Refuse what is no sequence of different texts, ``least`` or more, by a ValueError that says the ``name``."""
    several = isinstance(value, tuple | list) and all(isinstance(one, str) for one in value)
    if not several or len(set(value)) != len(value) or len(value) < least:
        raise ValueError(f"{name}: expected {least} or more different texts, got {value!r}")


def check_several(value: Sequence[object], name: str, *kinds: type) -> None:
    """Refuse what is no list or tuple of at least one thing of some ``kinds``, by a ValueError with the ``name``."""
    if not isinstance(value, list | tuple) or not value or not all(isinstance(one, kinds) for one in value):
        known = " or ".join(kind.__name__ for kind in kinds)
        raise ValueError(f"{name}: expected a list of one or more {known}, got {type(value).__name__}")


def check_labels(value: np.ndarray, name: str, classes: int) -> None:
    """Refuse labels (n,) that are none of so many ``classes``, by a ValueError that says the ``name``."""
    if len(value) and (value.min() < 0 or value.max() >= classes):
        raise ValueError(f"{name}: expected 0 to {classes - 1}, got {value.min()} to {value.max()}")


def check_dtype(dtype: np.dtype | type, name: str) -> None:
    """Refuse a type that networks cannot compute in, by a ValueError that says the ``name``."""
    try:
        known = np.dtype(dtype) in map(np.dtype, (np.float32, np.float64, np.complex128)) and dtype is not None
    except TypeError:
        known = False
    if not known:
        raise ValueError(f"{name}: expected float32, float64 or complex128, got {dtype!r}")


def is_array(value: object) -> bool:
    """Whether this is an array as it stands, and not one that hides values or multiplies in its own way."""
    return isinstance(value, np.ndarray) and not isinstance(value, np.ma.MaskedArray | np.matrix)


def is_whole(value: object) -> bool:
    """Whether this is a whole number."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def described(value: object) -> str:
    """What was given, in a few words."""
    plain = isinstance(value, np.ndarray) and is_array(value)
    return f"{value.dtype}, {value.shape}" if plain else type(value).__name__  # type: ignore[attr-defined]
