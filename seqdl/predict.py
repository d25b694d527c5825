"""``seqdl predict RUN VIDEO...``: name the action in videos, with the networks of a finished run."""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from typing import TYPE_CHECKING, Any

from seqdl.base import cli
from seqdl.errors import SeqdlError, UsageError

if TYPE_CHECKING:
    import numpy as np

    from seqdl.model.recogniser import Decision, Recogniser
    from seqdl.video.reader import Reader


USUAL_RATE = 25.0
"""Frames per second of a video that does not say."""


def options() -> argparse.ArgumentParser:
    """The command's options.

    Returns
    -------
    argparse.ArgumentParser
    """
    parser = cli.parser(
        "predict",
        "Name the action in each video: the label with its probability, and how the decision goes over time.",
        configurable=False,
    )
    parser.add_argument("run", metavar="RUN", help="a run folder that seqdl train made")
    parser.add_argument("videos", metavar="VIDEO", nargs="+", help="video files")
    parser.add_argument(
        "--box",
        choices=("track", "person", "centre", "whole"),
        help="how the person is found (as in the run; see seqdl inspect)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def predict(recogniser: Recogniser, video: str, box: str = "") -> dict[str, Any]:
    """Name the action in one video.

    Parameters
    ----------
    recogniser : Recogniser
        From :meth:`seqdl.model.recogniser.Recogniser.load`.
    video : path
        The file.
    box : {"", "track", "person", "centre", "whole"}
        How the person is found; empty for the run's own rule, and for a model that looks at the whole frame.

    Returns
    -------
    dict
        ``label`` and ``probability`` by the LSTM, ``probabilities`` of all classes, ``voting`` and ``votes`` by the
        ConvNet alone, ``frames``, ``seen`` (the share of frames in which somebody is), ``notes`` on damage, and
        ``timeline``: for each step its time in seconds (of the window's centre, or of the interest point), label and
        probability. Without a ConvNet ``voting``, ``votes`` and ``seen`` are None.

    Raises
    ------
    SeqdlError
        For a file that cannot be used, naming it.
    UsageError
        For a ``box`` where the model needs none.
    ValueError
        For an unknown ``box``.
    """
    from seqdl.video.arrays import check_choice
    from seqdl.video.person import RULES
    from seqdl.video.reader import Reader

    check_choice(box, "box", ("", *RULES))
    config, classes = recogniser.config, recogniser.classes
    if box and not recogniser.convnet:
        raise UsageError(f"--box {box}: the run's model, {config.model}, looks at the whole frame: leave it out")
    with Reader(video, grey=config.video.grey, max_frames=config.video.max_frames) as reader:
        read = _by_windows if recogniser.convnet else _by_points
        decision, times, seen = read(recogniser, reader, box)
        report, rate = reader.report, reader.rate or USUAL_RATE
    steps = recogniser.probabilities(decision.steps)
    total = recogniser.probabilities(decision.accumulated)
    return {
        "video": str(video),
        "label": classes[decision.lstm],
        "probability": round(float(total[decision.lstm]), 4),
        "probabilities": {name: round(float(p), 4) for name, p in zip(classes, total)},
        "voting": None if decision.voting is None else classes[decision.voting],
        "votes": None
        if decision.votes is None
        else {name: round(float(share), 4) for name, share in zip(classes, decision.votes)},
        "frames": report.decoded,
        "seen": seen,
        "notes": list(report.notes),
        "timeline": [
            {
                "seconds": round(time / rate, 3),
                "label": classes[int(step.argmax())],
                "probability": round(float(step.max()), 3),
            }
            for time, step in zip(times, steps)
        ],
    }


Read = tuple["Decision", "np.ndarray", float | None]


def _by_windows(recogniser: Recogniser, reader: Reader, box: str) -> Read:
    """The decision, the middle of each step's window in frames, and in what share of the frames somebody is seen."""
    from seqdl.video.prepare import prepare
    from seqdl.video.windows import usable_starts

    config = recogniser.config
    clip = prepare(reader, box or config.video.box, config, str(reader.path))
    length = config.convnet.frames
    starts = usable_starts(clip.seen, length, config.lstm.window_step, 0, config.video.empty)
    return recogniser.decide(clip.frames, starts), starts + length / 2, round(float(clip.seen.mean()), 3)


def _by_points(recogniser: Recogniser, reader: Reader, box: str) -> Read:
    """The decision, and the frame of each step's point."""
    from seqdl.stores import points

    found, hof = points.find(reader, recogniser.config, str(reader.path))
    kept = points.strongest(found, recogniser.config.stip.points)
    return recogniser.conclude(hof[kept]), found["t"][kept], None


def lines(prediction: dict[str, Any]) -> list[str]:
    """A prediction for people: the decision, then stretches of time with the same label.

    Parameters
    ----------
    prediction : dict
        From :func:`predict`.

    Returns
    -------
    list of str
    """
    voting, seen = prediction["voting"], prediction["seen"]
    by_voting = f"; voting: {voting} ({prediction['votes'][voting]:.0%} of the windows)" if voting else ""
    text = [f"{prediction['video']}: {prediction['label']} ({prediction['probability']:.0%}){by_voting}"]
    text += [f"  note: {note}" for note in prediction["notes"]]
    if not prediction["timeline"]:
        text.append("  no interest points: decided by how frequent each action was in training")
    if seen is not None and seen < 1:
        text.append(f"  somebody is seen in {seen:.0%} of {prediction['frames']} frames")
    for stretch in stretches(prediction["timeline"], gaps=seen is not None):
        mean = sum(step["probability"] for step in stretch) / len(stretch)
        first, last = stretch[0]["seconds"], stretch[-1]["seconds"]
        text.append(f"  {first:7.2f} - {last:6.2f} s  {stretch[0]['label']:<14} {mean:.0%}")
    return text


def stretches(timeline: list[dict[str, Any]], gaps: bool = True) -> list[list[dict[str, Any]]]:
    """The timeline in stretches of successive steps with one label.

    Parameters
    ----------
    timeline : list of dict
        From :func:`predict`.
    gaps : bool
        Whether a gap, in which nobody is seen, ends a stretch; interest points are no regular steps.

    Returns
    -------
    list of list of dict
    """
    found: list[list[dict[str, Any]]] = []
    times = [step["seconds"] for step in timeline]
    usual = min((after - before for before, after in itertools.pairwise(times)), default=0.0)
    for step in timeline:
        last = found[-1][-1] if found else None
        if last and last["label"] == step["label"] and (not gaps or step["seconds"] - last["seconds"] < 1.5 * usual):
            found[-1].append(step)
        else:
            found.append([step])
    return found


def work(args: argparse.Namespace) -> int:
    """Predict, print.

    Parameters
    ----------
    args : argparse.Namespace
        The parsed arguments.

    Returns
    -------
    int
        The exit code: 1 if any of the videos could not be used.
    """
    from seqdl.model.recogniser import Recogniser

    recogniser = Recogniser.load(args.run)
    predictions, failed = [], 0
    for video in args.videos:
        try:
            prediction = predict(recogniser, video, args.box or "")
        except SeqdlError as error:
            if args.debug or isinstance(error, UsageError):
                raise
            print(f"seqdl predict: error: {error}", file=sys.stderr)
            failed += 1
            continue
        predictions.append(prediction)
        if not args.json:
            print("\n".join(lines(prediction)), flush=True)
    if args.json:
        print(json.dumps({"run": args.run, "videos": predictions}))
    return 1 if failed else 0


main = cli.door(options, work)

if __name__ == "__main__":
    sys.exit(main())
