"""What the networks ask of the arrays they are given; compiled code checks nothing any more."""

import numpy as np


def check(
    value: np.ndarray, name: str, dtype: np.dtype | type, shape: tuple[int | None, ...], writable: bool = False
) -> None:
    """Refuse an array of another type or shape, one that is not C-contiguous, or cannot be written where it must be.

    The ValueError names the argument, ``name``, what is wanted, ``dtype`` and ``shape`` (None stands for any length),
    and the ``value`` that was given; ``writable`` is whether it will be written into.

    >>> check(np.zeros((2, 3)), "frames", np.float32, (None, 3))
    Traceback (most recent call last):
    ...
    ValueError: frames: expected an array of float32, (n, 3), got float64, (2, 3)
    """
    wanted = (
        f"{name}: expected an array of {np.dtype(dtype)}, ({', '.join('n' if n is None else str(n) for n in shape)})"
    )
    if not isinstance(value, np.ndarray):
        raise ValueError(f"{wanted}, got {type(value).__name__}")
    fits = value.ndim == len(shape) and all(n in (None, given) for n, given in zip(shape, value.shape))
    if not fits or value.dtype != dtype:
        raise ValueError(f"{wanted}, got {value.dtype}, {value.shape}")
    if not value.flags.c_contiguous:
        raise ValueError(f"{name}: expected a C-contiguous array: make one with numpy.ascontiguousarray")
    if writable and not value.flags.writeable:
        raise ValueError(f"{name}: is read-only, and is to be changed")


def check_finite(value: np.ndarray, name: str) -> None:
    """Refuse NaN and infinite values by a ValueError that names the argument."""
    if not np.isfinite(value).all():
        raise ValueError(f"{name}: holds NaN or infinite values")


def check_float32(parameters: np.ndarray) -> None:
    """Refuse parameters that compiled networks cannot have by a ValueError."""
    if parameters.dtype != np.float32:
        raise ValueError(f"dtype: the compiled network is float32, not {parameters.dtype}")
