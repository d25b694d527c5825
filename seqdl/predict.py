"""``seqdl predict [RUN] SOURCE...``: name the action in videos, with the networks of a finished run."""

import argparse
import json
import sys

from seqdl.base import cli, memory
from seqdl.config import BOXES


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = cli.parser(
        "predict",
        "Name the action in each video: the label with its probability, and how the decision goes over time.",
        configurable=False,
        mixed=True,
    )
    parser.usage = "%(prog)s [options] [RUN] SOURCE [SOURCE ...]"
    parser.add_argument(
        "names",
        metavar="[RUN] SOURCE",
        nargs="+",
        help="a run folder that seqdl train made, by default the networks that come with seqdl; and video files, "
        "folders of videos or of numbered pictures, patterns ('clips/*.avi'), addresses (http, https, rtsp), - for "
        "standard input, cameras (0, /dev/video0)",
    )
    parser.add_argument("--box", choices=BOXES, default="", help="how the person is found (as in the run)")
    cli.add_settings(parser, "another setting of how the run looks at videos, such as video.empty=keep")
    parser.add_argument("--seconds", type=cli.number(0.1, 86400), metavar="N", help="how long a camera is seen (10)")
    cli.add_answer(parser)
    cli.add_workers(parser, "processes that look at many files (0: one for each core)")
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
    from seqdl.datasets import named
    from seqdl.model.recogniser import Recogniser
    from seqdl.model.several import Asked, answers
    from seqdl.runs import environment, shipped
    from seqdl.show import saved
    from seqdl.video.source import SECONDS, local, title

    memory.kept()
    live, (run, videos) = cli.live(args), shipped.chosen(args.names)
    if args.save:
        saved.made(args.save)
    recogniser, predictions = Recogniser.load(run, settings=args.settings), list[dict[str, object]]()
    recogniser.describer.check_box(args.box)
    if videos == args.names:
        cli.say(f"seqdl predict: {shipped.told()}")
    if live:
        from seqdl.reports import live_view

        return live_view.show(recogniser, videos, args)
    names = named.videos(videos, cli.say)
    given = {title(name): name for name in names}

    def one(video: str) -> None:
        with local(given[video], args.seconds or SECONDS) as file:
            prediction = answer(file, video)
            if args.json:
                predictions.append(prediction.to_dict())
            else:
                print(prediction.text(args.top_k or 1), flush=True)
            if args.save:
                *_, film = prediction.save(args.save)
                cli.say(f"saved: {film}, and beside it .png, .csv, .json")

    asked = Asked(run.path, tuple(args.settings), args.box, args.threshold)
    with answers(recogniser, asked, names, 1 if args.debug else args.workers or environment.cores()) as answer:
        failed = cli.each(map(title, names), one, args, "seqdl predict")
    if args.json:
        print(json.dumps({"run": str(run), "videos": predictions, "failed": failed}))
    return 1 if failed else 0


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
