"""``seqdl import FILE --out RUN``: a run again, of what ``seqdl export`` wrote."""

import argparse
import sys

from seqdl.base import cli
from seqdl.base.words import printable


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = cli.parser(
        "import",
        "Make a run folder of a safetensors file or a folder for PyTorch from seqdl export: the same arrays to the "
        "byte. It predicts and is evaluated as any other.",
        configurable=False,
    )
    parser.add_argument("file", metavar="FILE", help="a safetensors file, a state.pt or its folder")
    parser.add_argument("--out", metavar="RUN", required=True, help="the new run folder")
    return parser


def work(args: argparse.Namespace) -> int:
    """Read, check, write."""
    from seqdl.exchange.back import import_run

    print(f"run folder: {printable(str(import_run(args.file, args.out)))}")
    return 0


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
