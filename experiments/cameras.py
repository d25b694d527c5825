"""How well the person's box does under a moving camera: real clips of a still camera, seen through a moving window.

python -m experiments.cameras --data-root DIR [--write]    DIR has weizmann/ and ut-interaction/

A window that moves over the frames of a camera at rest is a moving camera whose every movement is known. The truth is
the box that the rule ``person`` finds in the whole still frames, carried along. On clips of Weizmann of three actions
the networks that come with the package say what a box is worth to them. Writes docs/moving-cameras.md and its picture.
"""

import argparse
import itertools
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageDraw
from scipy import fft, ndimage

from experiments import script
from seqdl.config import Config, crop_size
from seqdl.datasets import registry
from seqdl.datasets.actors.gait import CLASSES
from seqdl.datasets.actors.scene import HEIGHT, MARGIN, WIDTH
from seqdl.datasets.actors.take import Take
from seqdl.interface import open_run
from seqdl.model.recogniser import Recogniser
from seqdl.reports.tables import Table, markdown, plain
from seqdl.stores.footage import opened
from seqdl.video.downsample import downsample
from seqdl.video.normalise import crops, normalise
from seqdl.video.person import Boxes, boxes

RECORD, PAGE = script.EXPERIMENTS / "cameras.json", script.DOCS / "moving-cameras.md"
PICTURE = script.DOCS / "moving-cameras.png"
SIZE = crop_size(Config())
CAMERAS = ("rest", "follow", "swing", "zoom", "shake")
RULES = ("person", "person, compensated", "track", "centre", "whole")
MATERIALS = {
    "weizmann": "Weizmann, one person",
    "ut-interaction": "UT-Interaction, two persons",
    "drawn": "drawn figures on real ground",
}
WINDOW = 0.75, 0.6
"""Shares of the still frame's rows and columns that the window shows."""
NAMES = {"walk": "walking", "run": "running", "wave2": "handwaving"}
"""Actions of Weizmann that the package's networks know, by their names for them."""
FINE = 60
"""About so many rows the compensation works on."""
SEED, LENGTH = 2014, 60


class Clip(NamedTuple):
    """Still frames (T, Y, X) of uint8, the person's boxes in them, and where they come from."""

    name: str
    label: str
    frames: np.ndarray
    truth: Boxes


class Shot(NamedTuple):
    """What a moving window shows: its frames, the person's boxes carried along, and in which of them he is in view."""

    frames: np.ndarray
    truth: Boxes
    seen: np.ndarray


def window(camera: str, clip: Clip) -> Boxes:
    """Where the window is in each of a clip's frames.

    ``follow`` keeps the person in the middle as a slow hand does, ``swing`` goes from side to side in two seconds,
    ``zoom`` comes nearer and goes back, ``shake`` is a hand's; ``rest`` stays in the middle.
    """
    count, rows, columns = clip.frames.shape
    tall, wide = np.full(count, WINDOW[0] * rows), np.full(count, WINDOW[1] * columns)
    t, rng = np.arange(count), np.random.default_rng([SEED, zlib.crc32(f"{clip.name} {camera}".encode())])
    y, x = np.full(count, rows / 2), np.full(count, columns / 2)
    truth_y, truth_x = clip.truth.top + clip.truth.height / 2, clip.truth.left + clip.truth.width / 2
    if camera == "follow":
        y, x = (ndimage.gaussian_filter1d(v, 6, mode="nearest") for v in (truth_y, truth_x))
    elif camera == "swing":
        x = x + (columns - wide) / 2 * np.sin(2 * np.pi * t / 50)
    elif camera == "zoom":
        scale = 0.825 + 0.175 * np.cos(2 * np.pi * t / 60)
        tall, wide, x = tall * scale, wide * scale, np.full(count, float(np.median(truth_x)))
    elif camera == "shake":
        hand = ndimage.gaussian_filter1d(rng.normal(size=(2, count)), 1.0, axis=1)
        y, x = y + 0.04 * rows * hand[0], x + 0.04 * columns * hand[1]
    top, left = np.clip(y - tall / 2, 0, rows - tall), np.clip(x - wide / 2, 0, columns - wide)
    return Boxes(top, left, tall, wide, np.ones(count, bool))


def shot(camera: str, clip: Clip) -> Shot:
    """A clip through the moving window of a camera."""
    at = window(camera, clip)
    size = round(WINDOW[0] * clip.frames.shape[1]), round(WINDOW[1] * clip.frames.shape[2])
    shown = np.concatenate(
        [
            np.rint(255 * crops(clip.frames[k : k + 32], Boxes(*(v[k : k + 32] for v in at)), size)).astype(np.uint8)
            for k in range(0, len(clip.frames), 32)
        ]
    )
    down, across, truth = size[0] / at.height, size[1] / at.width, clip.truth
    top, left = (truth.top - at.top) * down, (truth.left - at.left) * across
    moved = Boxes(top, left, truth.height * down, truth.width * across, truth.seen)
    y, x = moved.top + moved.height / 2, moved.left + moved.width / 2
    return Shot(shown, moved, truth.seen & (y > 0) & (y < size[0]) & (x > 0) & (x < size[1]))


def found(frames: np.ndarray, rule: str) -> Boxes:
    """The boxes that a rule finds, in pixels of the frames."""
    factor = max(1, round(frames.shape[1] / (2 * SIZE[0])))
    small = downsample(frames, factor)
    made = compensated(small) if rule == RULES[1] else boxes(small, rule, SIZE)
    return Boxes(*(v * factor for v in made[:4]), made.seen)


def compensated(frames: np.ndarray) -> Boxes:
    """The rule ``person`` after the camera's movement was taken out.

    The movement between neighbours is the peak of their phase correlation; the frames are laid side by side on a
    ground that is large enough for all of them, and where one shows nothing of it, it has what is usual there.
    """
    factor = max(1, round(frames.shape[1] / FINE))
    small = downsample(frames, factor).astype(np.float32)
    place = np.cumsum([(0.0, 0.0), *itertools.starmap(movement, itertools.pairwise(small))], axis=0)
    place -= place.min(axis=0)
    room = np.ceil(place.max(axis=0)).astype(int)
    count, rows, columns = small.shape
    ground = np.full((count, rows + room[0], columns + room[1]), np.nan, np.float32)
    for t, (y, x) in enumerate(np.rint(place).astype(int)):
        ground[t, y : y + rows, x : x + columns] = small[t]
    ground[:, np.isnan(ground).all(axis=0)] = np.nanmedian(ground)  # shown by nobody
    usual = np.nanmedian(ground, axis=0)
    whole = np.rint(np.where(np.isnan(ground), usual, ground)).astype(np.uint8)
    made = boxes(whole, "person", SIZE)
    y, x = np.rint(place).T
    moved = made._replace(top=made.top - y, left=made.left - x)
    return Boxes(*(v * factor for v in moved[:4]), made.seen)


def movement(before: np.ndarray, after: np.ndarray) -> tuple[float, float]:
    """By how many rows and columns a camera moved between two frames, to parts of them: the ground goes the other way.

    The peak of the phase correlation; a parabola through it and its neighbours says where between pixels it is.
    """
    rows, columns = before.shape
    soft = np.hanning(rows)[:, None] * np.hanning(columns)
    one, other = (fft.rfft2(soft * (f - f.mean())) for f in (before, after))
    cross = one * other.conj()
    peaks = fft.irfft2(cross / np.maximum(np.abs(cross), 1e-6), (rows, columns))
    at = np.unravel_index(int(peaks.argmax()), peaks.shape)
    moved = []
    for axis, length in enumerate(peaks.shape):
        low, top, high = (float(np.roll(peaks, step, axis)[at]) for step in (1, 0, -1))
        part = (high - low) / (2 * (2 * top - low - high)) if 2 * top > low + high else 0.0
        moved.append(float(at[axis]) - length * (at[axis] > length / 2) + part)
    return moved[0], moved[1]


def overlap(one: Boxes, other: Boxes) -> np.ndarray:
    """Intersection over union of two boxes in each frame."""
    high = np.minimum(one.top + one.height, other.top + other.height) - np.maximum(one.top, other.top)
    wide = np.minimum(one.left + one.width, other.left + other.width) - np.maximum(one.left, other.left)
    both = np.maximum(high, 0) * np.maximum(wide, 0)
    return np.asarray(both / (one.height * one.width + other.height * other.width - both))


def holds(box: Boxes, truth: Boxes) -> np.ndarray:
    """Whether the middle of the truth lies in a box, in each frame."""
    y, x = truth.top + truth.height / 2, truth.left + truth.width / 2
    return (y > box.top) & (y < box.top + box.height) & (x > box.left) & (x < box.left + box.width)


# The material


def material(name: str, root: Path) -> Iterator[Clip]:
    """The still clips: two persons' six actions of Weizmann and the three that networks are tried on of all; of each
    recording of UT-Interaction one clip; drawn figures on the ground of those."""
    config = replace(Config(), video=replace(Config().video, rate="stored"))
    if name == "drawn":
        yield from drawn(root)
        return
    data = registry.load(name, root / name, "both" if name == "ut-interaction" else "")
    for number, sequence in enumerate(data.sequences):
        if name == "weizmann":
            more = sequence.person in ("daria", "ido") and sequence.label in ("bend", "jack", "side")
            wanted = sequence.label in NAMES or more
        else:
            wanted = number % 6 == number // 6 % 6
        if wanted and sequence.file:
            with opened(sequence.file, config) as reader:
                frames = np.stack(list(itertools.islice(reader, LENGTH)))
            yield Clip(sequence.name, sequence.label, frames, found(frames, "person"))


def drawn(root: Path) -> Iterator[Clip]:
    """Drawn figures on the ground of clips of UT-Interaction: the median of their frames."""
    shape = HEIGHT + 2 * MARGIN, WIDTH + 2 * MARGIN
    for number, clip in enumerate(itertools.islice(material("ut-interaction", root), 12)):
        ground = np.median(clip.frames, axis=0)
        take = Take(SEED, number, CLASSES[number % 6], "d1")
        rows, columns = (np.linspace(0, have - 1, want).astype(int) for have, want in zip(ground.shape, shape))
        take.__dict__["_background"] = ground[np.ix_(rows, columns)].astype(np.float32)
        yield rendered(take, f"drawn {number}")


def rendered(take: Take, name: str) -> Clip:
    """A drawn figure in the middle of what it does."""
    first, last = take.path.spans[0]
    first = max(first, (first + last) // 2 - LENGTH // 2)
    frames = np.stack(list(take.frames(first, min(last, first + LENGTH - 1))))
    return Clip(name, take.action, frames, found(frames, "person"))


# What is measured


def measure(root: Path) -> dict[str, Any]:
    """Every rule on every clip under every camera; and what the package's networks say on some."""
    tally: dict[tuple[str, str, str], list[np.ndarray]] = {}
    decided: dict[tuple[str, str], list[bool]] = {}
    seconds: dict[str, list[float]] = {rule: [] for rule in RULES}
    clips: dict[str, int] = {}
    recogniser = open_run().recogniser
    for name in MATERIALS:
        for clip in material(name, root):
            clips[name] = clips.get(name, 0) + 1
            for camera in CAMERAS:
                one, placed = shot(camera, clip), dict[str, Boxes]()
                for rule in RULES:
                    began = time.process_time()
                    box = placed[rule] = found(one.frames, rule)
                    seconds[rule].append((time.process_time() - began) / len(one.frames))
                    pair = np.stack([overlap(box, one.truth), holds(box, one.truth)])[:, one.seen]
                    tally.setdefault((name, camera, rule), []).append(pair)
                if clip.label in NAMES and name == "weizmann":
                    for rule in ("truth", *RULES):
                        box = one.truth if rule == "truth" else placed[rule]
                        right = decision(recogniser, one.frames, box) == NAMES[clip.label]
                        decided.setdefault((camera, rule), []).append(right)
            print(f"{name}: {clip.name}", file=sys.stderr)
    draw()
    rows = []
    for (name, camera, rule), parts in tally.items():
        both = np.concatenate(parts, axis=1)
        rows.append(
            {
                "material": name,
                "camera": camera,
                "rule": rule,
                "frames": both.shape[1],
                "overlap": round(float(both[0].mean()), 4),
                "inside": round(float(both[1].mean()), 4),
            }
        )
    return {
        "clips": clips,
        "rows": rows,
        "decisions": [
            {"camera": camera, "box": rule, "right": sum(right), "clips": len(right)}
            for (camera, rule), right in decided.items()
        ],
        "microseconds": {rule: round(1e6 * float(np.median(took)), 1) for rule, took in seconds.items()},
    }


def decision(recogniser: Recogniser, frames: np.ndarray, box: Boxes) -> str:
    """What networks say of frames in some boxes."""
    seen = normalise(crops(frames, box, SIZE), recogniser.config.lcn)
    starts = np.arange(len(seen) - recogniser.config.convnet.frames + 1)
    told = recogniser.decide(recogniser.describer.read(seen, starts))
    return recogniser.classes[told.ways["lstm"]]


# What is shown

COLOURS = {"truth": "#ffffff", "person": "#D55E00", "person, compensated": "#0072B2"}


def draw() -> None:
    """Some moments of drawn figures, under a camera that follows and one that swings: the truth and what is found.

    On drawn ground, since frames of the datasets are not ours to show.
    """
    scale, across = 2, 6
    strips = []
    for number, camera in enumerate(("follow", "swing")):
        one = shot(camera, rendered(Take(SEED, number, "walking", "d1"), camera))
        placed = {rule: found(one.frames, rule) for rule in COLOURS if rule != "truth"}
        frames = []
        for t in np.linspace(4, len(one.frames) - 5, across).astype(int):
            image = Image.fromarray(one.frames[t]).convert("RGB")
            image = image.resize((image.width * scale, image.height * scale))
            pen = ImageDraw.Draw(image)
            for name, colour in COLOURS.items():
                box = one.truth if name == "truth" else placed[name]
                corner = box.left[t], box.top[t], box.left[t] + box.width[t], box.top[t] + box.height[t]
                pen.rectangle([scale * float(v) for v in corner], outline=colour, width=2)
            frames.append(np.asarray(image))
        strips.append(np.concatenate(frames, axis=1))
    wide = max(strip.shape[1] for strip in strips)
    sheet = np.concatenate([np.pad(s, ((0, 4), (0, wide - s.shape[1]), (0, 0))) for s in strips])
    Image.fromarray(sheet).quantize(64).save(PICTURE, optimize=True)


def _table(record: Mapping[str, Any], key: str, name: str) -> Table:
    """One figure of every rule under every camera, of a material."""
    value = {(r["camera"], r["rule"]): r[key] for r in record["rows"] if r["material"] == name}
    rows = [[rule, *(f"{value[camera, rule]:.2f}" for camera in CAMERAS)] for rule in RULES]
    return Table([MATERIALS[name], *CAMERAS], rows)


def _decisions(record: Mapping[str, Any]) -> Table:
    told = {(d["camera"], d["box"]): f"{d['right']} of {d['clips']}" for d in record["decisions"]}
    return Table(["box", *CAMERAS], [[rule, *(told[camera, rule] for camera in CAMERAS)] for rule in ("truth", *RULES)])


def _cost(record: Mapping[str, Any]) -> Table:
    return Table(["rule", "microseconds a frame"], [[k, f"{v:,.0f}"] for k, v in record["microseconds"].items()])


def blocks(record: Mapping[str, Any]) -> dict[str, str]:
    """The page's tables."""
    clips = ", ".join(f"{record['clips'][name]} of {title}" for name, title in MATERIALS.items())
    tables: dict[str, Callable[[str], Table]] = {
        key: lambda name, key=key: _table(record, key, name) for key in ("overlap", "inside")
    }
    made = {key: "\n\n".join(markdown(one(name)) for name in MATERIALS) for key, one in tables.items()}
    told = {"decisions": _decisions(record), "cost": _cost(record)}
    return {"clips": f"Clips: {clips}.", **made, **{key: markdown(one) for key, one in told.items()}}


def table(record: Mapping[str, Any]) -> str:
    """For the terminal."""
    parts = [_table(record, key, name) for key in ("overlap", "inside") for name in MATERIALS]
    return "\n\n".join(map(plain, [*parts, _decisions(record), _cost(record)]))


def work(args: argparse.Namespace) -> int:
    """Measure, or fill in the page once more."""
    return script.measured(args, RECORD, PAGE, lambda: measure(args.data_root), blocks, table)


main = script.command(
    "cameras",
    "Measure the person's box under a moving camera.",
    work,
    script.option("--data-root", type=Path, metavar="DIR", default=Path("data"), help="has weizmann/, ut-interaction/"),
    *script.MEASURED,
)

if __name__ == "__main__":
    sys.exit(main())
