"""A stand-in of KTH's exact shape: drawn figures under KTH's names, so that everything KTH needs can be tried here.

python -m experiments.standin DIR              write six archives, 00sequences.txt and sums.txt, where they are absent
python -m http.server 8099 --directory DIR     then give them away: seqdl prepare kth --download
                                               --url http://127.0.0.1:8099/ --sums DIR/sums.txt --data-dir OTHER

The figures are those of the embedded dataset. There are 599 videos of 25 persons, six actions and four scenarios, and
2391 listed sequences, but the videos are short: a few listed frames of each repetition and a few others between. The
list's ranges have the same faults as the published ones. Its head says what it is, and so does every record made of it.
"""

import argparse
import hashlib
import io
import itertools
import sys
import zipfile
from pathlib import Path

import numpy as np
from tqdm import tqdm

from experiments import script
from seqdl.base import files
from seqdl.datasets import kth
from seqdl.datasets.actors.take import Take

HEAD = "Stand-in: drawn figures under KTH's names and in its shape, to try the way; not one frame is of KTH."
SEED, SUMS = 2011, "sums.txt"
FRAMES = (16, 24)
"""Listed frames of a sequence, at least and at most."""
GAP = 4
"""Frames after each sequence that the list leaves out."""
THREE = {"person11_boxing_d4", "person13_handwaving_d3", "person14_handwaving_d3", "person15_boxing_d4"}
THREE |= {"person22_boxing_d1"}
"""The videos with three sequences, not four."""
OVERLAPPING = {"person12_handclapping_d4", "person16_handwaving_d4"}
OVERLAPPING |= {"person21_boxing_d2", "person21_handclapping_d1"}
DISORDERED = {"person07_jogging_d4", "person07_running_d4"}


def layout(name: str) -> tuple[Take, list[tuple[int, int]], kth.Ranges]:
    """What a video shows of a drawn one: the stretches of it that are joined, and the ranges that the list gives.

    Of each repetition it is the middle, where walkers are in the picture, and then what follows it, where they are not.
    """
    person, action, scenario = name.split("_")
    take = Take(SEED, int(person.removeprefix("person")), action, scenario)
    rng = np.random.default_rng([SEED, kth.VIDEOS.index(name)])
    shown: list[tuple[int, int]] = []
    ranges: list[tuple[int, int]] = []
    at = 0
    for first, last in take.path.spans[: 3 if name in THREE else 4]:
        length = min(int(rng.integers(FRAMES[0], FRAMES[1] + 1)), last - first + 1)
        start, after = (first + last + 1 - length) // 2, min(last + 1, len(take) - GAP)
        shown += [(start, start + length - 1), (after, after + GAP - 1)]
        ranges.append((at, at + length - 1))
        at += length + GAP
    return take, shown, _with_faults(name, ranges)


def _with_faults(name: str, ranges: list[tuple[int, int]]) -> kth.Ranges:
    """The ranges with what is wrong with the published ones of this video."""
    if name in OVERLAPPING:
        ranges[1] = (ranges[0][1] - 3, ranges[1][1])
    if name in DISORDERED:
        ranges[:2] = ranges[1::-1]
    if name == kth.TRUNCATED:  # what is listed goes on after the end of the video
        ranges[-1] = (ranges[-1][0], ranges[-1][1] + 2 * GAP)
    return tuple(ranges)


def video(name: str) -> bytes:
    """A video as an AVI file."""
    take, shown, _ = layout(name)
    buffer = io.BytesIO()
    script.film(buffer, itertools.chain.from_iterable(take.frames(*stretch) for stretch in shown), 400_000)
    return buffer.getvalue()


def write(folder: Path) -> None:
    """Write the archives that are absent, then the list and the archives' sums."""
    folder.mkdir(parents=True, exist_ok=True)
    archives = [folder / f"{action}.zip" for action in kth.ACTIONS]
    for archive in [archive for archive in archives if not archive.is_file()]:
        names = [name for name in kth.VIDEOS if name.split("_")[1] == archive.stem]
        with files.replace_atomic(archive) as path, zipfile.ZipFile(path, "w") as packed:
            for name in tqdm(names, desc=archive.stem, unit="video", disable=None):
                packed.writestr(zipfile.ZipInfo(f"{name}_uncomp.avi"), video(name))
    ranges = {name: layout(name)[2] for name in kth.VIDEOS} | {kth.MISSING: ()}
    kth.write_list(folder / kth.LIST, dict(sorted(ranges.items())), HEAD)
    sums = [f"{hashlib.sha1(archive.read_bytes()).hexdigest()}  {archive.name}\n" for archive in archives]
    files.write_atomic(folder / SUMS, "".join(sums))


def work(args: argparse.Namespace) -> int:
    """Write them."""
    if not (args.folder / SUMS).is_file():
        write(args.folder)
    return 0


main = script.command(
    "standin",
    "Write a stand-in of KTH's exact shape: drawn figures.",
    work,
    script.option("folder", type=Path, metavar="DIR", help="receives archives, list and sums"),
)

if __name__ == "__main__":
    sys.exit(main())
