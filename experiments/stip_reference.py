"""Compare the engineered baseline with STIP 2.0's own output for a video, and measure its speed.

python -m experiments.stip_reference VIDEO STIP2.txt            print it
python -m experiments.stip_reference VIDEO STIP2.txt --write    also keep it, and fill in the table in docs/choices.md
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from experiments import fill, script
from experiments.script import in_turn, timed
from seqdl.base import files
from seqdl.baseline import stip, text
from seqdl.baseline.scales import SIGMA2, TAU2, Scale, scales
from seqdl.reports import tables
from seqdl.video.reader import Reader

RECORD, DOCUMENT = script.EXPERIMENTS / "stip_reference.json", script.DOCS / "choices.md"
OTHERS = ("measured",)
"""Places of the document that ``experiments.choices`` fills."""
PLACE = ("y", "x", "t")
ROUNDS = 7


def tolerance(scale: Scale) -> float:
    """How far apart two points of this scale may lie and still be the same, in pixels of the video."""
    return 1.0 if scale.level == 0 else float(np.sqrt(scale.name[0] / 8))


def found(wanted: np.ndarray, points: np.ndarray, distance: float) -> np.ndarray:
    """Which of the wanted points have one of ours within the distance and one frame."""
    apart = [np.subtract.outer(wanted[key].astype(float), points[key].astype(float)) for key in PLACE]
    return ((np.hypot(apart[0], apart[1]) <= distance) & (np.abs(apart[2]) <= 1)).any(axis=1)


def at_scale(points: np.ndarray, scale: Scale) -> np.ndarray:
    """The points of one scale."""
    return points[(points["sigma2"] == scale.name[0]) & (points["tau2"] == scale.name[1])]


def agreement(ours: np.ndarray, theirs: np.ndarray) -> dict[Scale, tuple[np.ndarray, np.ndarray]]:
    """For each scale: which of their points we find, and which of ours in the range of their times are theirs."""
    result = {}
    for scale in scales():
        wanted, points = at_scale(theirs, scale), at_scale(ours, scale)
        times = theirs["t"][theirs["tau2"] == scale.tau2]
        inside = points[(points["t"] >= times.min()) & (points["t"] <= times.max())]
        result[scale] = found(wanted, points, tolerance(scale)), found(inside, wanted, tolerance(scale))
    return result


def distance(one: np.ndarray, other: np.ndarray, bins: int) -> float:
    """Mean total-variation distance of the blocks' histograms."""
    return float(np.abs(one - other).reshape(-1, bins).sum(axis=1).mean() / 2)


def share(parts: list[np.ndarray]) -> float:
    """The share of what is true."""
    return float(np.concatenate(parts).mean())


def turning(video: np.ndarray, points: np.ndarray, hof: np.ndarray) -> float:
    """How far turned descriptors are from those of the mirrored video at the mirrored points, as :func:`distance`."""
    there = points.copy()
    there["x"] = video.shape[2] - 1 - points["x"]
    order = np.lexsort((there["x"], there["y"], there["tau2"], there["sigma2"], there["t"]))
    mirrored = np.ascontiguousarray(video[:, :, ::-1])
    return distance(stip.turned(points, hof, mirror=True), stip.describe(mirrored, there[order])[1], 5)


def compare(video: np.ndarray, theirs: stip.Features) -> dict[str, Any]:
    """All that is the same at every run."""
    agreed = agreement(stip.detect(video), theirs.points)
    hog, hof = stip.describe(video, theirs.points)
    order = np.lexsort([theirs.points[key] for key in ("x", "y", "tau2", "sigma2", "t")])
    return {
        "frames": list(video.shape),
        "points": len(theirs.points),
        "levels": [share([r for s, (r, _) in agreed.items() if s.level == level]) for level in range(3)],
        "theirs": share([p for _, p in agreed.values()]),
        "scales": [[*s.name, len(r), float(r.mean()), len(p), float(p.mean())] for s, (r, p) in agreed.items()],
        "hog": distance(hog, theirs.hog, 4),
        "hof": distance(hof, theirs.hof, 5),
        "turned": turning(video, theirs.points[order], hof[order]),
    }


def speed(video: np.ndarray) -> dict[str, float]:
    """Frames a second of one thread, by the processor's time.

    Points alone, with what the LSTM reads of them, and with all descriptors.
    """
    works = {
        "points": lambda: [part.detect() for part in stip.parts(video)],
        "points and HOF": lambda: [part.hof(part.detect()) for part in stip.parts(video)],
        "points, HOG and HOF": lambda: list(stip.features(video)),
    }
    ways = {name: timed(work, clock=time.thread_time) for name, work in works.items()}
    return {name: len(video) / float(np.median(some)) for name, some in in_turn(ways, ROUNDS, 0).items()}


def table(record: dict[str, Any]) -> str:
    """The comparison as it stands in the document."""
    first, second, third = (f"{100 * level:.1f} %" for level in record["levels"])
    frames, rows, columns = record["frames"]
    lines = [
        ["its points found at level 0 (sigma^2 of 4 and 8), within 1 pixel and 1 frame", "95 %", first],
        ["at level 1, within sqrt(sigma^2 / 8) pixels", "85 %", second],
        ["at level 2", "85 %", third],
        ["of our points, in the range of its times, those that are its", "85 %", f"{100 * record['theirs']:.1f} %"],
        ["HOG at its points, mean total variation of a block", "0.03", f"{record['hog']:.3f}"],
        ["HOF", "0.08", f"{record['hof']:.3f}"],
    ]
    lines += [
        [f"{name}, frames/s on one thread", "25, better 250" if "HOG" in name else "", f"{rate:.0f}"]
        for name, rate in record["speed"].items()
    ]
    lines.append(["HOF turned against HOF of the mirrored video", "", f"{record['turned']:.3f}"])
    said = f"The video has {frames} frames of {columns} x {rows}, and STIP 2.0 found {record['points']} points. "
    said += "Frames a second are those of a core's own time, which other programs do not take part in."
    return f"{tables.markdown(tables.Table(['STIP 2.0 against ours', 'aim', 'reached'], lines))}\n\n{said}"


def work(args: argparse.Namespace) -> int:
    """Print the comparison."""
    with Reader(args.video) as reader:
        video = np.stack(list(reader))
    theirs = text.parse(Path(args.reference).read_text(encoding="utf-8"), args.reference)
    record = compare(video, theirs)
    scales_of = [[f"{n:.1%}" if isinstance(n, float) else str(n) for n in line] for line in record["scales"]]
    print(tables.plain(tables.Table(["sigma2", "tau2", "theirs", "found", "ours", "theirs'"], scales_of)))
    record["speed"] = speed(video)
    print(f"\n{table(record)}\n\n{len(SIGMA2) * len(TAU2) * 3} scales, median of {ROUNDS} interleaved rounds")
    if args.write:
        files.write_json(RECORD, record)
        fill.write(DOCUMENT, {"reference": table(record)}, OTHERS)
    return 0


main = script.command(
    "stip_reference",
    "Compare the engineered baseline with STIP 2.0's output, and time it.",
    work,
    script.option("video", metavar="VIDEO"),
    script.option("reference", metavar="STIP2.txt"),
    script.flag("--write", "keep it, and fill in the table in docs/choices.md"),
)

if __name__ == "__main__":
    sys.exit(main())
