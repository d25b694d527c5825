"""All Numba options in one place.

``fastmath=True`` would let the compiler assume that no NaN occurs, and a collapsed training would go unnoticed; the
flags below allow reordering and fused multiply-add and keep NaN meaningful.

Compiled code is kept in the user's cache folder (or below ``NUMBA_CACHE_DIR``), since an installation may be read-only,
under a name that changes with every source file it may depend on: Numba by itself looks at a function's own file only
and would go on using an old version of a kernel that is called from another file.
"""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import numba

from seqdl.base.files import cache_folder


@functools.cache
def compiled_folder() -> str:
    """Where the compiled code of exactly these sources is kept.

    Returns
    -------
    str
    """
    here = Path(__file__).resolve().parents[1]
    sources = hashlib.sha256()
    for path in sorted([*here.rglob("*.py"), *(here.parent / "ops").glob("*.py")]):
        sources.update(path.read_bytes())
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    root = Path(chosen) if chosen else cache_folder() / "compiled"
    return str(root / f"seqdl-{sources.hexdigest()[:12]}")


def jit(function: Callable) -> Callable:
    """Compile a function at its first call, or take it from the cache.

    Parameters
    ----------
    function : callable
        Plain Python in Numba's subset.

    Returns
    -------
    callable
    """
    return _jit(function, inline="never")


def inlined(function: Callable) -> Callable:
    """Copy a function into whatever compiled function calls it.

    Every compiled function takes the code of those it calls and optimises the whole once more. What only passes on
    arguments between an entry and its kernels is therefore better not a function of its own: it would double the time
    of compilation.

    Parameters
    ----------
    function : callable
        Plain Python in Numba's subset.

    Returns
    -------
    callable
    """
    return _jit(function, inline="always")


def _jit(function: Callable, inline: str) -> Callable:
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = compiled_folder()
    try:
        return numba.njit(
            cache=True,
            fastmath={"nsz", "arcp", "contract", "afn", "reassoc"},
            error_model="numpy",
            nogil=True,
            inline=inline,
        )(function)
    finally:
        numba.config.CACHE_DIR = before
