"""``seqdl export RUN``: a trained run for other programs."""

import argparse
import sys
from pathlib import Path

from seqdl.base import cli
from seqdl.base.words import printable
from seqdl.errors import UsageError


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = cli.parser(
        "export",
        "Write the networks of a finished run in the forms of other programs, several at once; docs/exchange.md says "
        "what is in them. Names of folders and of single videos stay here.",
        configurable=False,
    )
    parser.add_argument("run", metavar="RUN", help="a run folder that seqdl train made")
    parser.add_argument(
        "--onnx", metavar="FILE", help="a graph of standard operators, from normalised frames to the decision"
    )
    parser.add_argument(
        "--safetensors", metavar="FILE", help="the arrays by name, with the run's record; seqdl import reads it back"
    )
    parser.add_argument(
        "--torch", metavar="DIR", help="a new folder with a module for PyTorch and its state; seqdl import reads it too"
    )
    parser.add_argument(
        "--card",
        metavar="FILE",
        nargs="?",
        const="",
        help="a model card for a hub (README.md beside the first of the files above, or else in the run folder)",
    )
    return parser


def work(args: argparse.Namespace) -> int:
    """Read the run, write what is asked for."""
    files = [name for name in (args.onnx, args.safetensors, args.torch) if name]
    if not files and args.card is None:
        raise UsageError("nothing to write: name at least one of --onnx, --safetensors, --torch and --card")
    from seqdl.exchange import card, named, outside
    from seqdl.interface import open_run

    run = open_run(args.run)
    if args.card == "":
        first = Path(files[0]) if files else Path(args.run, card.NAME)
        args.card = str((first if args.torch == str(first) else first.parent) / card.NAME)
    if args.card:
        card.check_ours(Path(args.card))
    if args.torch:
        outside.check_free(Path(args.torch))
    record, arrays = named.record(run, run.recogniser), named.arrays(run.recogniser)
    for name, write in (
        (args.onnx, lambda name: outside.write_onnx(name, run.recogniser, record)),
        (args.safetensors, lambda name: outside.write_safetensors(name, arrays, record)),
        (args.torch, lambda name: outside.write_torch(name, arrays, record)),
        (args.card, lambda name: card.write(name, run, run.recogniser, record)),
    ):
        if name:
            write(name)
            print(f"written: {printable(name)}", flush=True)  # before the next form, which may lack its library
    return 0


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
