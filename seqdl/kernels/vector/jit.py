"""All Numba options in one place.

``fastmath=True`` would let the compiler assume that no NaN occurs, and a collapsed training would go unnoticed; the
flags below allow reordering and fused multiply-add and keep NaN meaningful.

Compiled code is kept in the user's cache folder (or below ``NUMBA_CACHE_DIR``), since an installation may be read-only,
under a name that changes with the code of every kernel. Numba by itself looks at the text of a function's own file
only: it would compile anew after a changed comment, and go on using an old version of a kernel that is called from
another file. Its index is a second file that may not fit the first, and it trusts both; here a file holds one compiled
function and its digest.
"""

import hashlib
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import llvmlite
import numba
from numba.core.caching import NullCache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from seqdl.base import cache
from seqdl.base.sources import file_hash
from seqdl.errors import SeqdlError

LOOSE = {"nsz", "arcp", "contract", "afn", "reassoc"}
VERSIONS = (sys.implementation.cache_tag, numba.__version__, llvmlite.__version__)


class _Kept(NullCache):
    """The compiled forms of a function, in place of Numba's own cache."""

    def __init__(self, function: Callable) -> None:
        self.function = function

    def load_overload(self, sig: Any, target_context: Any) -> CompileResult | None:
        """The form for a signature; None where it must be compiled."""
        target_context.refresh()
        try:
            content = cache.kept(self._path(sig, target_context.codegen()))
        except (OSError, SeqdlError):  # saving tells
            return None
        if not content:
            return None
        known, form = pickle.loads(content)
        return CompileResult._rebuild(target_context, *form) if known == sig else None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a form, unless it holds addresses of this process."""
        if data.library.has_dynamic_globals:
            return
        try:
            cache.keep(self._path(sig, data.codegen), dumps((sig, data._reduce())))
        except (OSError, SeqdlError) as error:
            cache.warn_not_kept(error)

    def _path(self, sig: Any, codegen: Any) -> Path:
        """A name for all that a form depends on and the folder does not say."""
        function, code = self.function, self.function.__code__
        beside = "" if function.__module__.startswith("seqdl.kernels.") else file_hash(Path(code.co_filename))
        constants = [value for value in code.co_consts if isinstance(value, int | float)]
        closure = dumps([cell.cell_contents for cell in function.__closure__ or ()])
        own = function.__qualname__, code.co_code, constants, closure, beside
        form = hashlib.sha256(repr([VERSIONS, codegen.magic_tuple(), str(sig), own]).encode()).hexdigest()
        module = function.__module__.removeprefix("seqdl.")
        return cache.compiled_folder() / f"{module}.{function.__name__}-{form[:32]}.code"


def jit(function: Callable) -> Callable:
    """Compile a function in Numba's subset of Python at its first call, or take it from the cache."""
    return _jit(function, inline="never")


def exact(function: Callable) -> Callable:
    """Compile a function as :func:`jit` does, each operation rounded where it stands: for the same bits as NumPy."""
    return _jit(function, inline="never", flags=set())


def inlined(function: Callable) -> Callable:
    """Copy a function into whatever compiled function calls it.

    Every compiled function takes the code of those it calls and optimises the whole once more. What only passes on
    arguments between an entry and its kernels is therefore better not a function of its own: it would double the time
    of compilation.
    """
    return _jit(function, inline="always")


def _jit(function: Callable, inline: Literal["never", "always"], flags: set[str] = LOOSE) -> Callable:
    compiled: Any = numba.njit(fastmath=flags, error_model="numpy", nogil=True, inline=inline)(function)
    if compiled is not function:  # as it is under NUMBA_DISABLE_JIT
        compiled._cache = _Kept(function)
    return compiled
