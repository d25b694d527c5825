"""A disk that loses power: what of the seam's operations is there afterwards, when only what was synced is sure.

Names are on the disk once their folder was synced, bytes once their file was; of all the rest any part may be there, in
any order, and a file may be as long as it was to be while it holds zeros.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SECTOR = 512
MODES = ("nothing", "names", "bytes", "some")
"""What survives of that which was not synced: nothing, names without bytes, bytes without names, a random part."""
FOLDER = -1


@dataclass
class Bytes:
    """A file's content: what it is for processes, what of it is sure, and what was written since.

    Parameters
    ----------
    now, sure, since
        The first two, and the writes, each a position and its bytes, or a length and None where it was cut.
    """

    now: bytearray = field(default_factory=bytearray)
    sure: bytes = b""
    since: list[tuple[int, bytes | None]] = field(default_factory=list)

    def write(self, at: int, data: bytes | None) -> None:
        _write(self.now, at, data)
        self.since.append((at, data))

    def left(self, mode: str, rng: random.Random) -> bytes:
        """What is there when the power comes back."""
        if mode == "names":
            return self.sure[: len(self.now)].ljust(len(self.now), b"\0")
        if mode == "bytes":
            return bytes(self.now)
        made = bytearray(self.sure)
        for at, data in self.since if mode == "some" else ():
            if rng.random() < 0.5:
                torn = data and data[: SECTOR * rng.randrange(len(data) // SECTOR + 2)]
                _write(made, at, torn)
        return bytes(made)


def _write(content: bytearray, at: int, data: bytes | None) -> None:
    if data is None:
        content[at:] = bytes(max(0, at - len(content)))
    elif data:
        content.extend(bytes(max(0, at - len(content))))
        content[at : at + len(data)] = data


Left = dict[str, bytes | None]
"""The files of a disk by their names; folders as None."""
Names = dict[str, int]
Change = Callable[[Names], None]


class Disk:
    """Records all operations of the seam below a folder, as they are done, and knows what each would leave behind.

    Parameters
    ----------
    root : Path
        The folder; what is in it is sure.
    """

    def __init__(self, root: Path) -> None:
        self.root, self.files = str(root), []
        self.now: Names = {}
        for path in sorted(root.rglob("*")):
            self.now[str(path)] = FOLDER if path.is_dir() else self._new(path.read_bytes())
        self.sure = dict(self.now)
        self.since: list[tuple[str, Change]] = []
        self.cuts: list[tuple[tuple[str, str], Left]] = []
        self._seen: set[int] = set()
        self._rng = random.Random(0)

    def _new(self, content: bytes) -> int:
        self.files.append(Bytes(bytearray(content), content))
        return len(self.files) - 1

    def act(self, what: str, path: Any, do: Callable[..., Any], *arguments: Any) -> Any:
        """In place of :func:`seqdl.base.disk.act`: do it, take note, and cut the power."""
        made = do(*arguments)
        name = str(Path(path).absolute())
        if name == self.root or name.startswith(self.root + os.sep):
            self._note(what, name, do, arguments)
            self.cuts += [((what, name), left) for left in map(self._left, MODES) if self._is_new(left)]
        return made

    def _note(self, what: str, name: str, do: Any, arguments: tuple[Any, ...]) -> None:
        if what in ("open", "touch"):
            if name not in self.now and Path(name).is_file():
                self._change(name, _link(name, self._new(b"")))
            elif arguments and "w" in str(arguments[1:]):
                self.files[self.now[name]].write(0, None)
        elif what == "write":
            data, end = bytes(memoryview(arguments[0]).cast("B")), do.__self__.tell()
            if name in self.now:
                self.files[self.now[name]].write(end - len(data), data)
        elif what == "cut":
            size = Path(name).stat().st_size if Path(name).exists() else 0
            if name in self.now:
                self.files[self.now[name]].write(size, None)
        elif what == "sync":
            self._sync(name)
        elif what == "rename":
            old = str(Path(arguments[0]).absolute())
            self._change(name, _move(old, name))
        elif what == "remove":
            self._change(name, _drop(name))
        elif what == "folder":
            new = [one for one in (Path(name), *Path(name).parents) if str(one).startswith(self.root + os.sep)]
            for one in reversed([one for one in new if str(one) not in self.now]):
                self._change(str(one), _link(str(one), FOLDER))

    def _change(self, name: str, change: Change) -> None:
        change(self.now)
        self.since.append((str(Path(name).parent), change))

    def _sync(self, name: str) -> None:
        if name in self.now and self.now[name] != FOLDER:
            file = self.files[self.now[name]]
            there = Path(name).read_bytes()  # which another library may have written
            file.now, file.sure, file.since = bytearray(there), there, []
            return
        for folder, change in self.since:
            if folder == name:
                change(self.sure)
        self.since = [(folder, change) for folder, change in self.since if folder != name]

    def _left(self, mode: str) -> Left:
        """Files, and folders as None, after a power cut."""
        names = dict(self.sure)
        for _, change in self.since:
            if mode == "names" or (mode == "some" and self._rng.random() < 0.5):
                change(names)
        kept: Left = {}
        for name, at in sorted(names.items()):
            above = str(Path(name).parent)
            if above == self.root or above in kept:
                kept[name] = None if at == FOLDER else self.files[at].left(mode, self._rng)
        return kept

    def _is_new(self, left: Left) -> bool:
        print_ = hash(tuple(left.items()))
        new = print_ not in self._seen
        self._seen.add(print_)
        return new


def _link(name: str, at: int) -> Change:
    def change(names: Names) -> None:
        names[name] = at

    return change


def _below(names: Names, name: str) -> list[str]:
    return [one for one in names if one == name or one.startswith(name + os.sep)]


def _move(old: str, new: str) -> Change:
    def change(names: Names) -> None:
        moved = {new + one[len(old) :]: names.pop(one) for one in _below(names, old)}
        names.update(moved)

    return change


def _drop(name: str) -> Change:
    def change(names: Names) -> None:
        for one in _below(names, name):
            del names[one]

    return change


def lay(left: Left, root: Path) -> None:
    """Make a folder what a power cut left of it."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    for name, content in left.items():
        if content is None:
            Path(name).mkdir()
        else:
            Path(name).write_bytes(content)
