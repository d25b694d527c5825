"""``seqdl predict [RUN] VIDEO...``: name the action in videos, with the networks of a finished run."""

import argparse
import json
import sys

from seqdl.base import cli
from seqdl.config import BOXES


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = cli.parser(
        "predict",
        "Name the action in each video: the label with its probability, and how the decision goes over time.",
        configurable=False,
        mixed=True,
    )
    parser.usage = "%(prog)s [options] [RUN] VIDEO [VIDEO ...]"
    parser.add_argument(
        "names",
        metavar="[RUN] VIDEO",
        nargs="+",
        help="a run folder that seqdl train made, by default the networks that come with seqdl; and video files",
    )
    parser.add_argument(
        "--box", choices=BOXES, default="", help="how the person is found (as in the run; see seqdl inspect)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def work(args: argparse.Namespace) -> int:
    """Predict, print; the exit code is 1 if any of the videos could not be used."""
    from seqdl.interface import Recogniser
    from seqdl.runs import shipped

    run, videos = shipped.chosen(args.names)
    recogniser, predictions = Recogniser.load(run), []
    recogniser.describer.check_box(args.box)

    if videos == args.names:
        cli.say(f"seqdl predict: {shipped.told()}")

    def one(video: str) -> None:
        prediction = recogniser.predict(video, args.box)
        predictions.append(prediction.to_dict())
        if not args.json:
            print(prediction, flush=True)

    failed = cli.each(videos, one, args, "seqdl predict")
    if args.json:
        print(json.dumps({"run": str(run), "videos": predictions, "failed": failed}))
    return 1 if failed else 0


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
