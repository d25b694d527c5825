"""Vector kernels as machine code of their own: each is compiled once for a set of sizes, whoever calls it.

A kernel that was written down into the function that calls it would be compiled with each of them anew, and Numba
optimises a whole function three times over. Here a kernel is a function by itself with a name that says all that its
code depends on: learning and reading, or two numbers of frames, share what they have in common, and a network is
compiled kernel by kernel. What calls it is linked to that name.
"""

import functools
import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm
import numba
from llvmlite import ir
from numba.core.registry import cpu_target
from numba.core.serialize import dumps

from seqdl.base import cache
from seqdl.base.sources import file_hash
from seqdl.errors import SeqdlError

VERSIONS = (sys.implementation.cache_tag, numba.__version__, llvmlite.__version__)
PREFIX = "seqdl."


def name(function: Callable, *what: Any) -> str:
    """A name for the code of a ``function``, which changes with all that it depends on and the folder does not say.

    That is beside the function itself, the versions and the processor ``what`` it is compiled for.
    """
    code = function.__code__
    beside = "" if function.__module__.startswith("seqdl.kernels.") else file_hash(Path(code.co_filename))
    constants = [value for value in code.co_consts if isinstance(value, int | float)]
    closure = dumps([cell.cell_contents for cell in function.__closure__ or ()])
    own = function.__qualname__, code.co_code, constants, closure, beside
    magic = cpu_target.target_context.codegen().magic_tuple()
    form = hashlib.sha256(repr([VERSIONS, magic, *map(str, what), own]).encode()).hexdigest()
    return f"{function.__module__.removeprefix(PREFIX)}.{function.__name__}-{form[:32]}"


def path(name: str) -> Path:
    """Where what has this name is kept."""
    return cache.compiled_folder() / f"{name}.code"


def keep(name: str, content: bytes) -> None:
    """Keep machine code, or say once that it cannot be kept."""
    try:
        cache.keep(path(name), content)
    except (OSError, SeqdlError) as error:
        cache.warn_not_kept(error)


def kept(name: str) -> bytes | None:
    """What was kept by this name; None where it must be compiled."""
    try:
        return cache.kept(path(name)) or None
    except (OSError, SeqdlError):  # saving tells
        return None


def called(library: Any) -> list[str]:
    """The names of the kernels that a function which Numba has compiled is linked to."""
    declared = (one.name for one in library._final_module.functions if one.is_declaration)
    return [name.removeprefix(PREFIX) for name in declared if name.startswith(PREFIX)]


@functools.cache
def _present() -> set[str]:
    """The names of the kernels that this process has."""
    return set()


def fetch(name: str) -> bool:
    """Whether this process has the kernel of that name, or now has it from the cache."""
    if name not in _present():
        code = kept(name)
        if code is None:
            return False
        _add(name, code)
    return True


def _add(name: str, code: bytes) -> None:
    """Give machine code to the engine that links what Numba compiles."""
    cpu_target.target_context.codegen()._engine._ee.add_object_file(llvm.ObjectFileRef.from_data(code))
    _present().add(name)


def declare(module: ir.Module, name: str, kinds: list[ir.Type], write: Callable[[ir.Function], None]) -> ir.Function:
    """The kernel ``name`` as a function to be called in ``module``; ``write`` writes it down where there is none yet.

    Its arguments are of those ``kinds``.
    """
    kind = ir.FunctionType(ir.VoidType(), kinds)
    if not fetch(name):
        code = _compiled(PREFIX + name, kind, write)
        _add(name, code)
        keep(name, code)
    known = module.globals.get(PREFIX + name)
    return known or ir.Function(module, kind, PREFIX + name)


def _compiled(name: str, kind: ir.FunctionType, write: Callable[[ir.Function], None]) -> bytes:
    """Machine code of one function.

    It is optimised as Numba does its own, in both of its rounds: one alone orders some sums in another way.
    """
    codegen = cpu_target.target_context.codegen()
    module = codegen._create_empty_module(name)
    write(ir.Function(module, kind, name))
    library = codegen.create_library(name)
    library.add_ir_module(module)
    library._optimize_final_module()
    return codegen._tm.emit_object(library._final_module)
