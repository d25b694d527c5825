"""``seqdl predict RUN VIDEO...``: name the action in videos, with the networks of a finished run."""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from typing import TYPE_CHECKING, Any

from seqdl import cli
from seqdl.errors import SeqdlError

if TYPE_CHECKING:
    from seqdl.model.recogniser import Recogniser


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
        How the person is found; empty for the run's own rule.

    Returns
    -------
    dict
        ``label`` and ``probability`` by the LSTM, ``probabilities`` of all classes, ``voting`` and ``votes`` by the
        ConvNet alone, ``frames``, ``seen`` (the share of frames in which somebody is), ``notes`` on damage, and
        ``timeline``: for each step its time in seconds (of the window's centre), label and probability.

    Raises
    ------
    SeqdlError
        For a file that cannot be used, naming it.
    ValueError
        For an unknown ``box``.
    """
    from seqdl.video.arrays import check_choice
    from seqdl.video.person import RULES
    from seqdl.video.prepare import prepare
    from seqdl.video.reader import Reader
    from seqdl.video.windows import usable_starts

    check_choice(box, "box", ("", *RULES))
    config, classes = recogniser.config, recogniser.classes
    with Reader(video, grey=config.video.grey, max_frames=config.video.max_frames) as reader:
        clip = prepare(reader, box or config.video.box, config, str(video))
        report, rate = reader.report, reader.rate or USUAL_RATE
    length = config.convnet.frames
    starts = usable_starts(clip.seen, length, config.lstm.window_step, 0, config.video.empty)
    decision = recogniser.decide(clip.frames, starts)
    steps = recogniser.probabilities(decision.steps)
    total = recogniser.probabilities(decision.accumulated)
    return {
        "video": str(video),
        "label": classes[decision.lstm],
        "probability": round(float(total[decision.lstm]), 4),
        "probabilities": {name: round(float(p), 4) for name, p in zip(classes, total)},
        "voting": classes[decision.voting],
        "votes": {name: round(float(share), 4) for name, share in zip(classes, decision.votes)},
        "frames": report.decoded,
        "seen": round(float(clip.seen.mean()), 3),
        "notes": list(report.notes),
        "timeline": [
            {
                "seconds": round((start + length / 2) / rate, 3),
                "label": classes[int(step.argmax())],
                "probability": round(float(step.max()), 3),
            }
            for start, step in zip(starts, steps)
        ],
    }


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
    text = [
        f"{prediction['video']}: {prediction['label']} ({prediction['probability']:.0%}); "
        f"voting: {prediction['voting']} ({prediction['votes'][prediction['voting']]:.0%} of the windows)"
    ]
    text += [f"  note: {note}" for note in prediction["notes"]]
    if prediction["seen"] < 1:
        text.append(f"  somebody is seen in {prediction['seen']:.0%} of {prediction['frames']} frames")
    for stretch in stretches(prediction["timeline"]):
        mean = sum(step["probability"] for step in stretch) / len(stretch)
        first, last = stretch[0]["seconds"], stretch[-1]["seconds"]
        text.append(f"  {first:7.2f} - {last:6.2f} s  {stretch[0]['label']:<14} {mean:.0%}")
    return text


def stretches(timeline: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The timeline in stretches of successive steps with one label; a gap in which nobody is seen ends a stretch.

    Parameters
    ----------
    timeline : list of dict
        From :func:`predict`.

    Returns
    -------
    list of list of dict
    """
    found: list[list[dict[str, Any]]] = []
    times = [step["seconds"] for step in timeline]
    usual = min((after - before for before, after in itertools.pairwise(times)), default=0.0)
    for step in timeline:
        last = found[-1][-1] if found else None
        if last and last["label"] == step["label"] and step["seconds"] - last["seconds"] < 1.5 * usual:
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
            if args.debug:
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
