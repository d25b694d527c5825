"""``seqdl exercise``: write the equations yourself, and be told what is wrong."""

import argparse
import json
import sys
from pathlib import Path

from seqdl.base import cli
from seqdl.base.words import count
from seqdl.errors import UsageError


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = cli.parser(
        "exercise",
        "Write the equations yourself, in NumPy. list: the exercises; start DIR: write files with docstrings and empty "
        "bodies; check DIR: ask them the cases of the project's own tests, and name the mistake where it is a known "
        "one. The exit code is 1 while anything is wrong or to be written.",
        configurable=False,
        mixed=True,
    )
    parser.add_argument("action", choices=("list", "start", "check"), help="what to do")
    parser.add_argument("folder", nargs="?", metavar="DIR", help="where the files are, or will be")
    parser.add_argument("names", nargs="*", default=[], metavar="NAME", help="only these exercises")
    parser.add_argument(
        "--hint", action="count", default=0, help="with check: a hint on what is not right; twice, thrice: further ones"
    )
    parser.add_argument(
        "--seconds", type=cli.number(1, 3600), default=30, metavar="S", help="what one file may take (30)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def work(args: argparse.Namespace) -> int:
    """List, begin or check."""
    from seqdl.exercises import desk
    from seqdl.exercises.book import EXERCISES

    if args.action == "list":
        if args.folder:
            raise UsageError(f"list names all exercises: leave {args.folder} out")
        plain = [one.__dict__ | {"hints": list(one.hints)} for one in EXERCISES]
        print(json.dumps({"exercises": plain}) if args.json else desk.listed())
        return 0
    if not args.folder:
        raise UsageError(f"{args.action} needs a folder: seqdl exercise {args.action} DIR")
    folder = Path(args.folder)
    if args.action == "start":
        written, kept = desk.start(folder, desk.chosen(args.names))
        if args.json:
            print(json.dumps({"written": [str(file) for file in written], "kept": [str(file) for file in kept]}))
        else:
            left = f"; {count(len(kept), 'file')} left as they were" if kept else ""
            print(f"{count(len(written), 'exercise')} written{left}. Then: seqdl exercise check {args.folder}")
        return 0
    from seqdl.exercises import bench

    found, states = {}, []
    for mark in bench.marks(desk.files(folder, args.names), args.seconds):
        states.append(mark.state)
        functions = [verdict._asdict() for verdict in mark.verdicts.functions]
        found[mark.exercise.name] = {"state": mark.state, "functions": functions, "proofs": mark.verdicts.proofs}
        if not args.json:
            print(desk.told(mark, args.hint), flush=True)
    right = states.count("right")
    print(json.dumps(found) if args.json else f"{right} of {len(states)} right")
    return 0 if right == len(states) else 1


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
