"""The folder of what can be made again: prepared video and compiled code."""

import contextlib
import functools
import hashlib
import multiprocessing
import os
import secrets
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqdl.base import disk, files, interrupts
from seqdl.base.sources import code_hash
from seqdl.errors import SeqdlError

ABOUT = "settings.json"
DIGEST = hashlib.sha256().digest_size


def folder() -> Path:
    """Where what can be made again is kept: ``SEQDL_CACHE``, else a folder in the user's cache.

    Where that cannot be written, as without a home in some containers, it is a temporary folder of this process and its
    children, which find it in ``SEQDL_CACHE``; a warning says so, once. A SeqdlError where nothing at all can be
    written.
    """
    chosen = os.environ.get("SEQDL_CACHE")
    try:
        usual = Path(chosen or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "seqdl")
        if _writable(usual):
            return usual
        reason = f"{usual} cannot be written"
    except (OSError, RuntimeError) as error:
        reason = str(error)
    remedy = "set SEQDL_CACHE to a folder that can be written"
    try:
        made = str(disk.temporary_folder())
    except OSError as error:
        raise SeqdlError(f"there is no place for a cache ({reason}; {error.strerror or error}): {remedy}") from error
    interrupts.at_end(functools.partial(_remove, made, os.getpid()))
    os.environ["SEQDL_CACHE"] = made
    warnings.warn(f"no cache ({reason}): what is made is kept in {made} until the end; {remedy}", stacklevel=2)
    return Path(made)


def _writable(folder: Path) -> bool:
    """Whether a folder is there to be written, or could be made; nothing is made."""
    above = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    return above.is_dir() and os.access(above, os.W_OK | os.X_OK)


def _remove(path: str, owner: int) -> None:
    if os.getpid() == owner:  # and not a fork of it
        disk.remove_folder(path, whole=True, ignore_errors=True)


def compiled_folder() -> Path:
    """Where the code that was compiled from exactly these kernels is kept, below ``NUMBA_CACHE_DIR`` if it is set."""
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    root = Path(chosen) if chosen else folder() / "compiled"
    return root / f"seqdl-{code_hash('kernels')[:12]}"


def describe(store: Path, made_by: str, dataset: str, settings: Mapping[str, Any]) -> None:
    """Note down in a ``store`` what it holds, for :mod:`seqdl.stores.cached`.

    That is ``made_by``, a hash of the code that makes its content, a ``dataset`` that has something in it, and those
    ``settings`` that its content depends on.
    """
    known = described(store)
    datasets = known.get("datasets", [])
    if not known or dataset not in datasets:
        about = {"made_by": made_by, "datasets": sorted({*datasets, dataset}), "settings": dict(settings)}
        files.write_json(store / ABOUT, about)


def described(store: Path) -> dict[str, Any]:
    """What is noted down in a store; nothing where the note is absent, damaged or of an older version."""
    with contextlib.suppress(SeqdlError):
        about = files.read_json(store / ABOUT)
        if isinstance(about, dict) and "made_by" in about:
            return about
    return {}


def keep(path: Path, content: bytes) -> None:
    """Write a file that :func:`kept` reads, with a digest ahead of its content; its folder is made.

    It is whole or absent for other processes but not flushed: after a power cut the digest tells.
    """
    disk.make_folders(path.parent)
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    with files.temporarily(temporary):
        with disk.unbuffered(temporary) as file:
            disk.write(file, hashlib.sha256(content).digest() + content)
        disk.rename(temporary, path)


def kept(path: Path) -> bytes | None:
    """What was kept in a file; None where it is absent, cannot be read or is damaged."""
    try:
        content = path.read_bytes()
        with contextlib.suppress(OSError):
            disk.touch(path)  # when it was last used
    except OSError:
        return None
    digest, content = content[:DIGEST], content[DIGEST:]
    return content if hashlib.sha256(content).digest() == digest else None


def warn_not_kept(error: Exception) -> None:
    """Say once, and in worker processes not at all, that what was compiled is not kept."""
    if multiprocessing.parent_process() is None:
        variable = "NUMBA_CACHE_DIR" if os.environ.get("NUMBA_CACHE_DIR") else "SEQDL_CACHE"
        remedy = f"set {variable} to a folder that can be written"
        where = Path(error.filename2 or error.filename or "").parent if isinstance(error, OSError) else ""
        reason = f"{where}: {error.strerror}): {remedy}" if isinstance(error, OSError) else f"{error})"
        _warn(f"compiled code is not kept and will be compiled again every time ({reason}")


@functools.cache
def _warn(text: str) -> None:
    """Once: Numba, when it compiles, makes Python forget what it has warned of."""
    warnings.warn(text, stacklevel=4)
