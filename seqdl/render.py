"""``seqdl render actors DIR``: the embedded dataset as video files, to try everything on that takes one's own."""

import argparse
import json
import shlex
import sys

from seqdl.base import cli
from seqdl.base.words import count
from seqdl.datasets import registry, splits
from seqdl.errors import UsageError


def options() -> argparse.ArgumentParser:
    """The command's options."""
    rendered = [record for record in registry.records().values() if record.kind == "rendered"]
    parser = cli.parser(
        "render",
        "Write a rendered dataset as video files, DIR/CLASS/NAME.mp4, with persons.csv: a folder as that of your own "
        "videos, for seqdl check, train --data-dir and predict. The same command goes on where it was interrupted.",
        configurable=False,
    )
    parser.add_argument("dataset", metavar="DATASET", help=", ".join(record.name for record in rendered))
    parser.add_argument("out", metavar="DIR", help="a new folder")
    parser.add_argument("--variant", default="", help=f"by default the first of {', '.join(rendered[0].variants)}")
    parser.add_argument("--only-persons", dest="only", metavar="NAME", nargs="+", help="these persons alone")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def work(args: argparse.Namespace) -> int:
    """Render, print what can be done next."""
    from seqdl.datasets import films

    record = registry.find(args.dataset)
    if record.kind != "rendered":
        raise UsageError(f"{record.name} cannot be rendered: it {record.whereabouts}")
    dataset = registry.load(record.name, variant=args.variant)
    if args.only:
        dataset = splits.only(dataset, args.only)
    made = films.write(dataset, args.out, cli.say)
    if args.json:
        print(json.dumps({"folder": args.out, "videos": made, "classes": dataset.classes, "persons": dataset.persons}))
        return 0
    told = count(len(dataset.classes), "class", "classes"), count(len(dataset.persons), "person")
    folder = shlex.quote(args.out)
    print(
        f"{args.out}: {count(made, 'video')} of {told[0]} and {told[1]}, who are named in persons.csv\n"
        f"look at it: seqdl check {folder}\n"
        f"train on it: seqdl train --dataset folder --data-dir {folder}"
    )
    return 0


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
