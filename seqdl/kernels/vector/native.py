"""Kernels as machine code: each is compiled once for a set of sizes, whoever calls it, and kept on disk.

A kernel is a function by itself with a name that says all that its code depends on: learning and reading, or two
numbers of frames, share what they have in common, and a network is compiled kernel by kernel. What calls a kernel is
linked to that name: another kernel, Python, or a function that Numba has compiled.
"""

import functools
import hashlib
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import llvmlite
import llvmlite.binding as llvm
from llvmlite import ir

from seqdl.base import cache
from seqdl.base.sources import file_hash
from seqdl.errors import SeqdlError

VERSIONS = (sys.implementation.cache_tag, llvmlite.__version__)
PREFIX = "seqdl."
COMPILING = threading.RLock()
"""Held by the thread that compiles or fetches."""


def compiling() -> bool:
    """Whether kernels are compiled, and not gone through as Python (``NUMBA_DISABLE_JIT``)."""
    return os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0")


class Machine(NamedTuple):
    """What kernels are compiled for, and what links them.

    Parameters
    ----------
    compiler, engine : llvmlite.binding.TargetMachine and ExecutionEngine
        LLVM's.
    name : tuple of str
        Of the processor, with its features.
    """

    compiler: Any
    engine: Any
    name: tuple[str, str, str]


def machine() -> Machine:
    """This processor, or the one that Numba's variables ``NUMBA_CPU_NAME`` and ``NUMBA_CPU_FEATURES`` name."""
    with COMPILING:  # two threads that ask first must not have an engine each: one would not know the other's kernels
        return _machine()


@functools.cache
def _machine() -> Machine:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    triple = llvm.get_process_triple()
    name, features = (os.environ.get(f"NUMBA_CPU_{what}") for what in ("NAME", "FEATURES"))
    name = name or llvm.get_host_cpu_name()
    features = llvm.get_host_cpu_features().flatten() if features is None else features
    reloc = "static" if triple.startswith(("x86", "i")) else "default"
    options = {"cpu": name, "features": features, "reloc": reloc, "codemodel": "jitdefault", "jit": True}
    compiler = llvm.Target.from_triple(triple).create_target_machine(opt=3, **options)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), compiler)
    return Machine(compiler, engine, (triple, name, features))


def name(function: Callable, *what: Any) -> str:
    """A name for the code of a ``function``, which changes with all that it depends on and the folder does not say.

    That is beside the function itself, the versions and the processor ``what`` it is compiled for.
    """
    code = function.__code__
    beside = "" if function.__module__.startswith("seqdl.kernels.") else file_hash(Path(code.co_filename))
    constants = [value for value in code.co_consts if isinstance(value, int | float)]
    closure = _pickled([cell.cell_contents for cell in function.__closure__]) if function.__closure__ else b""
    own = function.__qualname__, code.co_code, constants, closure, beside
    form = hashlib.sha256(repr([VERSIONS, machine().name, *map(str, what), own]).encode()).hexdigest()
    return f"{function.__module__.removeprefix(PREFIX)}.{function.__name__}-{form[:32]}"


def _pickled(values: list[Any]) -> bytes:
    """Anything, functions included, as bytes."""
    from numba.core.serialize import dumps

    return dumps(values)


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


def called(module: Any) -> list[str]:
    """The names of the kernels that a module of llvmlite's declares and does not hold."""
    declared = (one.name for one in module.functions if one.is_declaration)
    return [name.removeprefix(PREFIX) for name in declared if name.startswith(PREFIX)]


@functools.cache
def _present() -> set[str]:
    """The names of the kernels that this process has."""
    return set()


def fetch(name: str) -> bool:
    """Whether this process has the kernel of that name, or now has it, and all that it calls, from the cache."""
    with COMPILING:
        if name in _present():
            return True
        content = kept(name)
        if content is None:
            return False
        names, _, code = content.partition(b"\n\n")
        if not all(map(fetch, names.decode().split())):
            return False
        _add(name, code)
        return True


def _add(name: str, code: bytes) -> None:
    """Give machine code to the engine."""
    machine().engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    _present().add(name)


def make(name: str, kinds: list[ir.Type], write: Callable[[ir.Function], None]) -> None:
    """See to it that this process has the kernel ``name``; ``write`` writes it down where there is none yet.

    Its arguments are of those ``kinds``.
    """
    with COMPILING:
        if not fetch(name):
            names, code = _compiled(PREFIX + name, kinds, write)
            _add(name, code)
            keep(name, "\n".join(names).encode() + b"\n\n" + code)


def address(name: str) -> int:
    """Where in memory the kernel of that name is."""
    with COMPILING:
        return machine().engine.get_function_address(PREFIX + name)


def declare(module: ir.Module, name: str, kinds: list[ir.Type]) -> ir.Function:
    """The kernel ``name`` as a function to be called in ``module``; its arguments are of those ``kinds``."""
    known = module.globals.get(PREFIX + name)
    return known or ir.Function(module, ir.FunctionType(ir.VoidType(), kinds), PREFIX + name)


def _compiled(name: str, kinds: list[ir.Type], write: Callable[[ir.Function], None]) -> tuple[list[str], bytes]:
    """The names of the kernels that one calls, and its machine code.

    That is by the passes of LLVM's third level, with loops turned into vectors.
    """
    written = ir.Module(name)
    written.triple = machine().name[0]
    written.data_layout = str(machine().engine.target_data)
    write(ir.Function(written, ir.FunctionType(ir.VoidType(), kinds), name))
    module = llvm.parse_assembly(str(written))
    module.verify()
    options = llvm.create_pipeline_tuning_options(3)
    options.loop_vectorization = True
    passes = llvm.create_pass_builder(machine().compiler, options)
    passes.getModulePassManager().run(module, passes)
    return called(module), machine().compiler.emit_object(module)
