"""What lies in the cache: stores of prepared video and folders of compiled code, to list and to clear."""

import dataclasses
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from seqdl.base import cache, disk, locks
from seqdl.base.words import printable, some
from seqdl.errors import SeqdlError
from seqdl.stores import arrays, frames, points
from seqdl.stores.arrays import INDEX

DAY = 86_400


@dataclass(frozen=True)
class Entry:
    """A store of prepared video, or what was compiled from one version of the kernels.

    Parameters
    ----------
    kind, folder : str, Path
        What it holds, and where it is.
    count, size : int
        Videos or sequences, or compiled functions, and bytes on disk.
    made, used : float
        When it was begun and last used, in seconds since 1970.
    stale, held : bool
        Whether it was made by other code than the present, which never reads it again; whether a process is writing it.
    datasets, settings : tuple of str, dict
        Whose videos it holds, and what else its content depends on, if that is known.
    """

    kind: Literal["frames", "points", "compiled"]
    folder: Path
    count: int
    size: int
    made: float
    used: float
    stale: bool
    held: bool
    datasets: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """In a word."""
        return "held" if self.held else "stale" if self.stale else "current"

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return dataclasses.asdict(self) | {"folder": str(self.folder), "state": self.state}


def entries(what: str = "", stale: bool = False, days: float = 0) -> list[Entry]:
    """What lies in the cache, what was used last first; folders of other programs are left out.

    ``what`` is ``video`` or ``compiled`` for only one of the two, with ``stale`` only what was made by other code than
    the present counts, with ``days`` only what nobody has used for so many.
    """
    found = [] if what == "compiled" else list(_stores(cache.folder()))
    found += [] if what == "video" else list(_compiled())
    until = time.time() - days * DAY
    chosen = [entry for entry in found if (entry.stale or not stale) and (not days or entry.used <= until)]
    return sorted(chosen, key=lambda entry: -entry.used)


def clear(chosen: Iterable[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Remove ``entries``, but for those that another process holds; returns the removed and the left."""
    removed: list[Entry] = []
    left: list[Entry] = []
    for entry in chosen:
        try:
            with locks.held(entry.folder / "lock", wait=False):
                disk.remove_folder(entry.folder, whole=True)
            removed.append(entry)
        except locks.HeldError:
            left.append(entry)
        except OSError as error:
            raise SeqdlError(f"cannot remove {entry.folder}: {error.strerror or error}") from error
    return removed, left


def damaged(entry: Entry) -> list[str] | None:
    """The names of what a store holds and is not what was written; None where it has no checksums yet."""
    try:
        return arrays.check(entry.folder)
    except OSError as error:
        raise SeqdlError(f"cannot read {entry.folder}: {error.strerror or error}") from error


def told(found: Mapping[str, list[str] | None]) -> str:
    """What was :func:`damaged` in stores, by their folders, in a line for each."""
    lines = []
    for folder, names in found.items():
        said = f"damaged: {printable(some(names, 12))}; prepared anew when needed" if names else "whole"
        lines.append(f"{folder}: {said if names is not None else 'without checksums, which its next use gives it'}")
    return "\n".join(lines) or "no prepared video"


def _stores(folder: Path) -> Iterator[Entry]:
    present = {"frames": frames.made_by(*frames.MAKERS), "points": frames.made_by(*points.MAKERS)}
    for store in _folders(folder):
        kind: Literal["frames", "points"] = "points" if store.name.startswith("stip-") else "frames"
        if not (store / ("points.bin" if kind == "points" else "frames.f32")).is_file():
            continue
        about = cache.described(store)
        count = (store / INDEX).read_bytes().count(b"\n") if (store / INDEX).is_file() else 0
        datasets, settings = tuple(about.get("datasets", ())), about.get("settings", {})
        stale = about.get("made_by") != present[kind]
        yield Entry(kind, store, count, *_measured(store), stale, _is_held(store), datasets, settings)


def _compiled() -> Iterator[Entry]:
    present = cache.compiled_folder()
    for root in dict.fromkeys([present.parent, cache.folder() / "compiled"]):
        for folder in _folders(root):
            if folder.name.startswith("seqdl-"):
                count = sum(1 for path in folder.rglob("*") if path.suffix in (".code", ".nbc"))
                stale = folder.name != present.name
                yield Entry("compiled", folder, count, *_measured(folder), stale, _is_held(folder))


def _folders(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _measured(folder: Path) -> tuple[int, float, float]:
    """Its size, and when it was begun and last used: opening a store touches its lock, loading code its file."""
    found = [path.stat() for path in [folder, *folder.rglob("*")]]
    times = [status.st_mtime for status in found[1:]] or [found[0].st_mtime]
    return sum(status.st_size for status in found[1:]), min(times), max(times)


def _is_held(folder: Path) -> bool:
    if not (folder / "lock").exists():
        return False
    try:
        with locks.held(folder / "lock", wait=False):
            return False
    except locks.HeldError:
        return True
    except (OSError, SeqdlError):  # a disk without locks, or one that can be read only
        return False
