"""All Numba options in one place.

``fastmath=True`` would let the compiler assume that no NaN occurs, and a collapsed training would go unnoticed; the
flags below allow reordering and fused multiply-add and keep NaN meaningful.

Compiled code is kept in the user's cache folder (or below ``NUMBA_CACHE_DIR``), since an installation may be read-only,
under a name that changes with the code of every kernel. Numba by itself looks at the text of a function's own file
only: it would compile anew after a changed comment, and go on using an old version of a kernel that is called from
another file. Its index is a second file that may not fit the first, and it trusts both; here a file holds one compiled
function and its digest.
"""

import pickle
from collections.abc import Callable
from typing import Any

import numba
from numba.core.caching import NullCache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from seqdl.kernels.vector import native, numba_types

LOOSE = {"nsz", "arcp", "contract", "afn", "reassoc"}
COUNTING: dict[str, Any] = {"_nrt": True}
"""Said since what is compiled for a function that only borrows would take that from it, and could make no array."""


class _Kept(NullCache):
    """The compiled forms of a function, in place of Numba's own cache."""

    def __init__(self, function: Callable) -> None:
        self.function = function

    def load_overload(self, sig: Any, target_context: Any) -> CompileResult | None:
        """The form for a signature; None where it must be compiled."""
        target_context.refresh()
        content = native.kept(native.name(self.function, numba.__version__, sig))
        if content is None:
            return None
        known, kernels, form = pickle.loads(content)
        if known != sig or not all(map(native.fetch, kernels)):
            return None
        for name in kernels:
            numba_types.link(name)
        return CompileResult._rebuild(target_context, *form)

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a form, unless it holds addresses of this process."""
        if not data.library.has_dynamic_globals:
            form = sig, native.called(data.library._final_module), data._reduce()
            native.keep(native.name(self.function, numba.__version__, sig), dumps(form))


def jit(function: Callable) -> Callable:
    """Compile a function in Numba's subset of Python at its first call, or take it from the cache."""
    return _jit(function, **COUNTING)


def borrowing(function: Callable) -> Callable:
    """The same for a function that makes no arrays and works on those it is given.

    Nobody counts who uses an array, which is a third of what there would be to compile. So it must not call functions
    that return new arrays.
    """
    return _jit(function, _nrt=False)


def exact(function: Callable) -> Callable:
    """Compile a function as :func:`jit` does, each operation rounded where it stands: for the same bits as NumPy."""
    return _jit(function, flags=set(), **COUNTING)


def inlined(function: Callable) -> Callable:
    """Copy a function into whatever compiled function calls it.

    Every compiled function takes the code of those it calls and optimises the whole once more. What only passes on
    arguments between an entry and its kernels is therefore better not a function of its own: it would double the time
    of compilation.
    """
    return _jit(function, inline="always")


def _jit(function: Callable, flags: set[str] = LOOSE, **options: Any) -> Callable:
    given: dict[str, Any] = {"fastmath": flags, "error_model": "numpy", "nogil": True, "no_cfunc_wrapper": True}
    compiled: Any = numba.njit(**given, **options)(function)
    if compiled is not function:  # as it is under NUMBA_DISABLE_JIT
        compiled._cache = _Kept(function)
    return compiled
