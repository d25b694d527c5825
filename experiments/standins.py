"""Stand-ins of published sets: drawn figures under official names, in official folders, with lists in their format.

python -m experiments.standins NAME DIR        write a small tree of a set, such as ucf-sports, into DIR
    --classes N --groups N                     so many classes (folders of ucf-sports), and groups or clips of each

Not one frame is of the set, and no list is a published one: they are to try loaders, splits and whole trainings on.
"""

import argparse
import itertools
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from tqdm import tqdm

from experiments import script
from seqdl.base import cli, files
from seqdl.datasets import hollywood2, ucf11, ucfsports
from seqdl.datasets.actors.gait import CLASSES
from seqdl.datasets.actors.scene import SCENARIOS
from seqdl.datasets.actors.take import Take

SEED, FRAMES = 2011, 16
UCF101 = ("ApplyEyeMakeup", "ApplyLipstick", "Archery", "BabyCrawling", "BalanceBeam", "HandstandPushups")
"""Some of its classes; the files of the last are called ``v_HandStandPushups``, as published."""
HMDB51 = ("brush_hair", "climb", "climb_stairs", "kick", "kick_ball", "ride_bike")
"""Some of its classes; two are the beginning of others."""
PICTURES = "Diving-Side"
"""The folder of UCF Sports of which the second half, 008 to 014, is published as pictures without videos."""


class Clip(NamedTuple):
    """A clip: its file, or the folder of its pictures, and what is drawn in it."""

    path: str
    action: int
    person: int
    boxes: bool = False


class Tree(NamedTuple):
    """What a stand-in consists of: clips at some frames a second, and the texts beside them by their paths."""

    clips: list[Clip]
    texts: dict[str, str]
    rate: Fraction


def ucf_sports(classes: int, groups: int) -> Tree:
    """UCF Sports: of each class folder so many clips, of which 47 in 150 are in the list of test clips."""
    names = [name for name in ucfsports.NAMES if int(name[-3:]) <= groups]
    names = [name for name in names if name[:-4] in list(ucfsports.FOLDERS)[:classes]]
    clips = []
    for name in names:
        label, number = ucfsports.FOLDERS[name[:-4]][0], int(name[-3:])
        most = min(groups, ucfsports.FOLDERS[name[:-4]][1])
        pictures = name[:-4] == PICTURES and 2 * number > most
        path = f"ucf action/{name}" + f"/{number:04d}-9_70({number}).avi" * (not pictures)
        clips.append(Clip(path, ucfsports.ACTIONS.index(label), number, boxes=True))
    share = [round(n * ucfsports.TESTED / len(ucfsports.NAMES)) for n in range(len(names) + 1)]
    tested = "".join(f"{name}\n" for name, before, after in zip(names, share, share[1:]) if after > before)
    return Tree(clips, {ucfsports.LIST: tested}, Fraction(10))


def ucf11_tree(classes: int, groups: int) -> Tree:
    """UCF11: four clips of each group."""
    clips = []
    for action, (tag, label) in enumerate(list(ucf11.TAGS.items())[:classes]):
        for group, number in itertools.product(range(1, groups + 1), range(1, ucf11.LEAST + 1)):
            name = f"v_{tag}_{group:02d}"
            clips.append(Clip(f"UCF11_updated_mpg/{label}/{name}/{name}_{number:02d}.mpg", action, group))
    return Tree(clips, {}, Fraction(30000, 1001))


def ucf101(classes: int, groups: int) -> Tree:
    """UCF101: two clips of each group; in each split other 7 of 25 groups test, or fewer in this proportion."""
    clips, texts, lists = [], {}, "ucfTrainTestlist"
    rows: dict[str, list[str]] = {f"{side}list0{n}.txt": [] for n in (1, 2, 3) for side in ("train", "test")}
    share = max(1, 7 * groups // 25)
    for action, label in enumerate(UCF101[:classes]):
        name = label.replace("stand", "Stand")
        for group, number in itertools.product(range(1, groups + 1), (1, 2)):
            row = f"{label}/v_{name}_g{group:02d}_c{number:02d}.avi"
            clips.append(Clip(f"UCF-101/{row}", action, group))
            for split in (1, 2, 3):
                tests = (split - 1) * share < group <= split * share
                rows[f"testlist0{split}.txt" if tests else f"trainlist0{split}.txt"].append(
                    row if tests else f"{row} {action + 1}"
                )
    texts[f"{lists}/classInd.txt"] = "".join(f"{n} {label}\r\n" for n, label in enumerate(UCF101[:classes], 1))
    texts |= {f"{lists}/{name}": "\r\n".join(found) + "\r\n" for name, found in rows.items()}
    return Tree(clips, texts, Fraction(25))


def hmdb51(classes: int, groups: int) -> Tree:
    """HMDB51: so many clips of each class; in each split other ones train, test or take no part."""
    clips, texts = [], {}
    for action, label in enumerate(HMDB51[:classes]):
        names = [f"A film, (part {n})_{label}_f_{'cn'[n % 2]}m_np1_fr_med_{n}.avi" for n in range(1, groups + 1)]
        clips += [Clip(f"{label}/{name}", action, n) for n, name in enumerate(names, 1)]
        for split in (1, 2, 3):
            rows = [f"{name} {(1, 1, 2, 0)[(n + split) % 4]} \n" for n, name in enumerate(names)]
            texts[f"test_train_splits/{label}_test_split{split}.txt"] = "".join(rows)
    return Tree(clips, texts, Fraction(30))


def hollywood2_tree(classes: int, groups: int) -> Tree:
    """Hollywood-2: each class in at most so many clips of each of the three sets, some clips showing two classes.

    As many clips show two as in the published set: 901 labels are those of 823 clean training clips.
    """
    clips, texts = [], {}
    labels = hollywood2.ACTIONS[:classes]
    for place, (part, most) in enumerate(hollywood2.SETS.items()):
        published = [hollywood2.POSITIVE[label][place] for label in hollywood2.ACTIONS]
        given = [action for action, n in enumerate(published[:classes]) for _ in range(min(n, groups))]
        number = round(len(given) * most / sum(published))
        shown = [{given[n], *given[n + number : n + number + 1]} for n in range(number)]
        names = [f"actionclip{part}{n:05d}" for n in range(1, number + 1)]
        persons = range(place, 3 * number, 3)  # nobody is in two sets
        clips += [Clip(f"AVIClips/{name}.avi", min(which), n) for n, name, which in zip(persons, names, shown)]
        for action, label in enumerate(labels):
            rows = (f"{name}  {1 if action in which else -1}\n" for name, which in zip(names, shown))
            texts[f"ClipSets/{label}_{part}.txt"] = "".join(rows)
        texts[f"ClipSets/actions_{part}.txt"] = "".join(f"{name}  1\n" for name in names)
    return Tree(clips, texts, Fraction(25))


SETS: dict[str, Callable[[int, int], Tree]] = {
    "ucf-sports": ucf_sports,
    "ucf11": ucf11_tree,
    "ucf101": ucf101,
    "hmdb51": hmdb51,
    "hollywood2": hollywood2_tree,
}


def write(name: str, folder: Path, classes: int, groups: int, frames: int = FRAMES) -> Tree:
    """Write the stand-in of a set into a ``folder``, where it is absent, clips of so many ``frames``."""
    tree = SETS[name](classes, groups)
    for clip in tqdm(tree.clips, desc=name, unit="clip", disable=None, leave=False):
        path = folder / clip.path
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            (_film if path.suffix else _pictures)(path, _drawn(clip, frames), tree.rate)
        if clip.boxes:
            _boxes(path if not path.suffix else path.parent, clip, frames)
    for where, text in tree.texts.items():
        (folder / where).parent.mkdir(parents=True, exist_ok=True)
        files.write_atomic(folder / where, text)
    return tree


def _take(clip: Clip) -> tuple[Take, int]:
    """Who acts, and the first frame that is shown."""
    take = Take(SEED, clip.person, CLASSES[clip.action % len(CLASSES)], SCENARIOS[clip.person % len(SCENARIOS)])
    first, last = take.path.spans[0]
    return take, (first + last) // 2 - 8


def _drawn(clip: Clip, frames: int) -> Iterator[np.ndarray]:
    take, first = _take(clip)
    return take.frames(first, first + frames - 1)


def _film(path: Path, frames: Iterator[np.ndarray], rate: Fraction) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg1video" if path.suffix == ".mpg" else "mpeg4", rate=rate)
        stream.pix_fmt, stream.bit_rate = "yuv420p", 400_000
        for number, frame in enumerate(frames):
            if not number:
                stream.height, stream.width = frame.shape
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="gray")))
        container.mux(stream.encode())


def _pictures(path: Path, frames: Iterator[np.ndarray], rate: Fraction) -> None:
    """Pictures numbered as published, from any number on; they say no ``rate``."""
    path.mkdir(parents=True, exist_ok=True)
    for number, frame in enumerate(frames, start=70133):
        coder = av.CodecContext.create("mjpeg", "w")
        coder.height, coder.width = frame.shape
        coder.pix_fmt, coder.time_base = "yuvj420p", 1 / rate
        picture = av.VideoFrame.from_ndarray(frame, format="gray").reformat(format="yuvj420p")
        packets = [*coder.encode(picture), *coder.encode(None)]
        (path / f"2538-5_{number}.jpg").write_bytes(b"".join(map(bytes, packets)))


def _boxes(folder: Path, clip: Clip, frames: int) -> None:
    """A file a frame: left, top, width and height of the person, and the action."""
    take, first = _take(clip)
    (folder / "gt").mkdir(exist_ok=True)
    for number in range(frames):
        left = int(take.columns[first + number]) - 20
        files.write_atomic(folder / "gt" / f"{70133 + number}.txt", f"{left}\t15\t40\t100\taction")


def work(args: argparse.Namespace) -> int:
    """Write it, and say what it is."""
    tree = write(args.set, args.folder, args.classes, args.groups)
    print(f"stand-in of {args.set}: {len(tree.clips)} clips of drawn figures; not one frame is of the set")
    return 0


main = script.command(
    "standins",
    "Write a stand-in of a published set: drawn figures under official names.",
    work,
    script.option("set", choices=SETS, help="the set"),
    script.option("folder", type=Path, metavar="DIR", help="receives it"),
    script.option("--classes", type=cli.count, default=3, metavar="N", help="classes, at most six of some sets (3)"),
    script.option("--groups", type=cli.count, default=5, metavar="N", help="groups, or clips, of each class (5)"),
)

if __name__ == "__main__":
    sys.exit(main())
