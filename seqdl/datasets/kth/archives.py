"""KTH's published copy: six archives and a list, fetched, checked, unpacked, and counted.

What a complete copy holds is a value, :class:`Inventory`, so that the same code runs on a stand-in of any size;
:data:`PUBLISHED` is the real one.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from seqdl.base import disk
from seqdl.base.words import count, some
from seqdl.datasets import archives, download
from seqdl.datasets.download import Say
from seqdl.datasets.kth.listing import ACTIONS, LIST, PAGE, SEQUENCES, VIDEOS, find_videos, read_list, video_name
from seqdl.datasets.scan import read_lines, walk
from seqdl.errors import SeqdlError, UsageError

BASES = (
    PAGE,
    "http://www.nada.kth.se/cvap/actions/",
    "https://web.archive.org/web/20190901190223/http://www.nada.kth.se/cvap/actions/",
)
"""The official address, its older name, and an archived copy."""

LARGEST_LIST = 1 << 20
WORK = ".download"
"""The folder in the dataset's own where archives wait to be unpacked."""


@dataclass(frozen=True)
class Inventory:
    """What a complete copy holds.

    Parameters
    ----------
    videos : frozenset of str
        Names such as ``person01_boxing_d1``.
    sequences : mapping of str to int
        Ranges of the list, by action.
    sha1 : mapping of str to str
        SHA-1 sums of the archives, by their names (``boxing.zip``). Archives without are held to their own sums alone.
    """

    videos: frozenset[str]
    sequences: Mapping[str, int]
    sha1: Mapping[str, str] = field(default_factory=dict)


PUBLISHED = Inventory(
    videos=frozenset(VIDEOS),
    sequences=SEQUENCES,
    sha1={
        "walking.zip": "a3e81537271a0ab4576591774baa38c2d97b7e3a",
        "jogging.zip": "21943bdbcef9dad106db0d74661e49eaeaa15a25",
        "running.zip": "da83bb313edfd4455fffdda6263696fa10d43c6f",
        "boxing.zip": "adb36ed9c29c846d44d2ba15f348bd115c951bbd",
        "handwaving.zip": "0792f7cd69f7f895a205c08ac212ddaa7177e370",
        "handclapping.zip": "d3b81261aa822ef63d0d1523f945bfaff27814d2",
    },
)
"""599 videos, 2391 sequences, and the sums of the archives as published."""


def read_sums(path: str | Path) -> dict[str, str]:
    """The sums of other archives than the published ones, in a file as ``sha1sum *.zip`` prints them."""
    lines = [line.strip() for line in read_lines(path, "the sums") if line.strip()]
    rows = [re.fullmatch(r"([0-9a-fA-F]{40})\s+\*?(\S+\.zip)", line) for line in lines]
    if not rows or None in rows:
        raise UsageError(f"{path}: give lines of a SHA-1 sum and an archive, as sha1sum *.zip prints them")
    return {row[2]: row[1].lower() for row in rows if row}


def present(where: Path) -> dict[str, Path]:
    """The videos of KTH in a folder, which may be absent, by name."""
    files = walk(where, 2) if where.is_dir() else ()
    return {name: file for file in files if (name := video_name(file.stem))}


def obtain(folder: Path, variant: str, fetch: bool, urls: Sequence[str], sums: str, whole: bool, say: Say) -> None:
    """Have a ``folder`` hold the dataset: archives unpacked, absent ones fetched if that is wanted, the whole counted.

    ``variant`` says whether the list counts (``kth2``) or not (``kth1``). With ``fetch`` absent archives are fetched,
    from ``urls`` where they are given instead of the official addresses. Archives that are others than the published
    ones have their ``sums`` in a file as for :func:`read_sums`. ``whole`` refuses a folder in which something is
    missing; ``say`` is told, in sentences.
    """
    inventory = replace(PUBLISHED, sha1=read_sums(sums)) if sums else PUBLISHED
    complete(folder, (urls or BASES) if fetch else (), inventory, say)
    if whole:
        verify(folder, variant, inventory)
        say(f"complete: {len(inventory.videos)} videos, {sum(inventory.sequences.values())} listed sequences")


def complete(
    where: Path, bases: Sequence[str] = (), inventory: Inventory = PUBLISHED, say: Say = lambda _: None
) -> None:
    """Unpack the archives in the folder ``where``, fetching those that are wanted and absent.

    Whatever interrupts it, the next call goes on; of two calls at once the second one waits. Archives found in the
    folder are kept, fetched ones removed when they are unpacked. They come from ``bases``, best first, such as
    :data:`BASES`; without any, what is in the folder is used. ``inventory`` is what a complete copy holds, ``say`` is
    told. An archive that is damaged, unsafe or of another set, an address that gives nothing, and a full disk are
    errors.
    """
    if not _to_do(where, bool(bases), inventory):
        return
    work = where / WORK
    try:
        disk.make_folders(work)
        with download.alone(work, say):
            todo = _to_do(where, bool(bases), inventory)  # another process may have done it meanwhile
            _check_space(where, [name for name in todo if name != LIST], bases)
            for name in todo:
                if name == LIST:
                    _fetch_list(where, bases, inventory, say)
                else:
                    _unpack(where, name, bases, inventory, say)
    except OSError as error:
        raise SeqdlError(
            f"cannot use {error.filename or where}: {error.strerror or error}; choose another data.data_dir"
        ) from error


def verify(where: Path, variant: str = "kth2", inventory: Inventory = PUBLISHED) -> None:
    """Refuse a copy at ``where`` that is not complete, or whose list (``variant`` kth2) does not belong to its videos.

    What a complete copy holds is its ``inventory``; the SeqdlError names what is missing or contradicts.
    """
    videos = set(find_videos(where, []))
    missing = sorted(inventory.videos - videos)
    total = len(inventory.videos)
    if missing:
        raise SeqdlError(
            f"{where} holds {total - len(missing)} of KTH's {total} videos, without {some(missing)}: put them "
            "or their archives there; seqdl prepare --download fetches them, check=part prepares what is there"
        )
    if variant == "kth2":
        check_list(where / LIST, inventory)


def check_list(path: Path, inventory: Inventory = PUBLISHED) -> None:
    """Refuse a list of sequences that is not the published one: copies differ in bytes, so it is read and counted."""
    ranges = read_list(path)
    fresh = f"take a fresh copy of the list from {PAGE}"
    listed = {name for name, found in ranges.items() if found}
    for names, what in (
        (inventory.videos - listed, "has no ranges for"),
        (listed - inventory.videos, "has ranges for videos that do not exist:"),
    ):
        if names:
            raise SeqdlError(f"{path} {what} {some(sorted(names))}: {fresh}")
    counted = Counter(name.split("_")[1] for name, found in ranges.items() for _ in found)
    for action, expected in inventory.sequences.items():
        if counted[action] != expected:
            raise SeqdlError(f"{path} has {counted[action]} sequences of {action}, not {expected}: {fresh}")


def _to_do(where: Path, fetching: bool, inventory: Inventory) -> list[str]:
    """The archives to unpack and, where it is to be fetched, the list."""
    there = set(present(where))
    missing = {name.split("_")[1] for name in inventory.videos - there}
    names = [f"{action}.zip" for action in ACTIONS if action in missing]
    if not fetching:
        return [name for name in names if (where / name).is_file()]
    return names if (where / LIST).is_file() else [LIST, *names]


def _check_space(where: Path, names: Sequence[str], bases: Sequence[str]) -> None:
    """Space for the videos that are to be fetched, which are hardly smaller packed, and for one archive besides."""
    totals, there = [0], 0
    for name in names if bases else ():
        if not (where / name).is_file():
            total = next(filter(None, (download.size(base + name) for base in bases)), None)
            if total is None:  # nobody says; each archive is looked at once more when it comes
                return
            totals.append(total)
            there += sum(path.stat().st_size for path in _remains(where, name))
    download.check_space(where, sum(totals) + max(totals) - there)


def _remains(where: Path, name: str) -> list[Path]:
    return list(where.glob(f"{WORK}/{name}*"))


def _fetch_list(where: Path, bases: Sequence[str], inventory: Inventory, say: Say) -> None:
    urls = [base + LIST for base in bases]
    arrived = where / WORK / LIST
    download.fetch(urls, arrived, partial(check_list, inventory=inventory), LARGEST_LIST, say)
    disk.rename(arrived, where / LIST)


def _unpack(where: Path, name: str, bases: Sequence[str], inventory: Inventory, say: Say) -> None:
    """Unpack one archive: the one in the folder, or else, where that is wanting, a fetched one."""
    action, there = name.removesuffix(".zip"), present(where)
    wanted = {
        f"{video}_uncomp.avi": there.get(video, where / action / f"{video}_uncomp.avi")
        for video in sorted(inventory.videos)
        if video.split("_")[1] == action
    }
    check = partial(_check_archive, wanted=wanted, sha1=inventory.sha1.get(name, ""))
    archive, fetched = where / name, where / WORK / name
    if not _is_right(archive, check, say) and bases:
        archive = fetched
        if not fetched.is_file():
            download.fetch([base + name for base in bases], fetched, check, say=say)
    say(f"unpacking {archive}")
    others = archives.unpack(archive, wanted, where / WORK)
    if others:
        say(f"note: {count(len(others), 'file')} in {archive} left out: {some(others)}")
    for path in _remains(where, name):
        disk.remove(path)


def _is_right(archive: Path, check: download.Check, say: Say) -> bool:
    if not archive.is_file():
        return False
    try:
        check(archive)
    except SeqdlError as error:
        say(f"note: {archive} is not as published: {error}")
        return False
    return True


def _check_archive(path: Path, wanted: Mapping[str, Path], sha1: str) -> None:
    if sha1:
        download.check_sha1(path, sha1)
    else:
        archives.verify(path, wanted)
