"""``seqdl predict RUN VIDEO...``: name the action in videos, with the networks of a finished run."""

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
    )
    parser.add_argument("run", metavar="RUN", help="a run folder that seqdl train made")
    parser.add_argument("videos", metavar="VIDEO", nargs="+", help="video files")
    parser.add_argument(
        "--box", choices=BOXES, default="", help="how the person is found (as in the run; see seqdl inspect)"
    )
    parser.add_argument(
        "--save",
        metavar="DIR",
        help="also write for each video what there is to look at: NAME.mp4 with the box, the moving probabilities and "
        "the decision so far, NAME.png (a few moments), NAME.csv (the timeline), NAME.json",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object; with --live one a line")
    cli.add_live(parser)
    return parser


def work(args: argparse.Namespace) -> int:
    """Predict, print; the exit code is 1 if any of the videos could not be used."""
    from seqdl.interface import Recogniser
    from seqdl.show import saved

    live = cli.live(args)
    if args.save:
        saved.made(args.save)
    recogniser, predictions = Recogniser.load(args.run), []
    recogniser.describer.check_box(args.box)
    if live:
        from seqdl.reports import live_view

        return live_view.show(recogniser, args.videos, args)

    def one(video: str) -> None:
        prediction = recogniser.predict(video, args.box)
        predictions.append(prediction.to_dict())
        if not args.json:
            print(prediction, flush=True)
        if args.save:
            *_, film = prediction.save(args.save)
            cli.say(f"saved: {film}, and beside it .png, .csv, .json")

    failed = cli.each(args.videos, one, args, "seqdl predict")
    if args.json:
        print(json.dumps({"run": args.run, "videos": predictions, "failed": failed}))
    return 1 if failed else 0


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
