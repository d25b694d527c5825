"""What a public function of this package asks of an array, and one clear line where it is something else."""

import numpy as np


def check(value: np.ndarray, name: str, kind: type, axes: tuple[str, ...]) -> None:
    """Refuse a ``value`` that is no array of this ``kind`` and shape, is empty, or holds NaN or infinite values.

    Views, read-only and non-contiguous arrays are fine: no function here writes into what it is given. ``kind`` is a
    NumPy type or a family of types, ``axes`` a name for each axis; a first ``...`` stands for any number of further
    ones. The ValueError names the argument by its ``name``, what is wanted and what was given.

    Examples
    --------
    >>> check(np.zeros((2, 3)), "frame", np.uint8, ("height", "width"))
    Traceback (most recent call last):
    ...
    ValueError: frame: expected an array of uint8, (height, width), got float64, (2, 3)
    """
    fits = isinstance(value, np.ndarray) and issubclass(value.dtype.type, kind)
    if not fits or (value.ndim != len(axes) and (axes[0] != "..." or value.ndim < len(axes) - 1)):
        given = f"{value.dtype}, {value.shape}" if hasattr(value, "dtype") else type(value).__name__
        raise ValueError(f"{name}: expected an array of {kind.__name__}, ({', '.join(axes)}), got {given}")
    if not value.size:
        raise ValueError(f"{name}: is empty, of shape {value.shape}")
    if value.dtype.kind == "f" and not np.isfinite(value).all():
        raise ValueError(f"{name}: holds NaN or infinite values")


def check_choice(value: str, name: str, known: tuple[str, ...]) -> None:
    """Refuse a word that is none of the known ones, with a ValueError."""
    if value not in known:
        raise ValueError(f"{name}: expected one of {', '.join(known)}, got {value!r}")


def check_whole(value: int, name: str, least: int) -> None:
    """Refuse what is no whole number, or too small a one, with a ValueError."""
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name}: expected a whole number of at least {least}, got {value!r}")
