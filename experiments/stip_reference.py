"""Compare the engineered baseline with STIP 2.0's own output for a video, and measure its speed.

python experiments/stip_reference.py VIDEO STIP2.txt
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from seqdl.baseline import stip, text
from seqdl.baseline.scales import SIGMA2, TAU2, Scale, scales
from seqdl.video.reader import Reader

PLACE = ("y", "x", "t")


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


def main(argv: list[str] | None = None) -> int:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video")
    parser.add_argument("reference")
    args = parser.parse_args(argv)
    with Reader(args.video) as reader:
        video = np.stack(list(reader))
    theirs = text.parse(Path(args.reference).read_text(encoding="utf-8"), args.reference)
    ours = stip.detect(video)
    agreed = agreement(ours, theirs.points)
    print("level  sigma2  tau2   theirs  found   ours  theirs'")
    for scale, (recall, precision) in agreed.items():
        print(
            f"{scale.level:5} {scale.name[0]:7} {scale.tau2:5} {len(recall):8} {recall.mean():6.1%}"
            f" {len(precision):6} {precision.mean():7.1%}"
        )
    for level in range(3):
        print(f"level {level}: {share([r for s, (r, _) in agreed.items() if s.level == level]):.1%} of theirs found")
    print(f"of ours in the range of their times {share([p for _, p in agreed.values()]):.1%} are theirs")
    hog, hof = stip.describe(video, theirs.points)
    print(f"mean total variation at their points: HOG {distance(hog, theirs.hog, 4):.4f}", end=", ")
    print(f"HOF {distance(hof, theirs.hof, 5):.4f}")

    times = []
    for _ in range(5):
        start = time.perf_counter()
        number = sum(len(some.points) for some in stip.features(video))
        times.append(time.perf_counter() - start)
    fastest, median = len(video) / min(times), len(video) / float(np.median(times))
    print(f"{number} points at {len(SIGMA2) * len(TAU2) * 3} scales, HOG and HOF: {median:.0f} frames/s", end=" ")
    print(f"(median of 5, fastest {fastest:.0f}) at {video.shape[2]} x {video.shape[1]}, one thread")
    return 0


if __name__ == "__main__":
    sys.exit(main())
