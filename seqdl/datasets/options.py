"""The command line's options that say what is looked at; their help comes from the datasets' records."""

import argparse
from pathlib import Path

from seqdl.base.words import near
from seqdl.config import DataConfig
from seqdl.datasets import registry
from seqdl.errors import UsageError


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what is trained on, and who trains."""
    known = registry.records()
    parser.add_argument(
        "--dataset", help=f"{', '.join(known)} (default: {DataConfig.dataset}); seqdl datasets tells of each"
    )
    add_videos(parser)
    add_split(parser)


def add_split(parser: argparse.ArgumentParser) -> None:
    """Add the options that say who takes part, who trains and who tests."""
    parser.add_argument(
        "--only-persons", dest="only", metavar="NAME", nargs="+", help="look at these persons alone, never at others"
    )
    parser.add_argument(
        "--protocol",
        help=f"who trains and who tests: {_protocols()} (default: draws, at random; fixed where the "
        f"folder holds train and test; {_usual()})",
    )
    parser.add_argument(
        "--inner",
        metavar="PROTOCOL",
        help="split the training persons once more and never read the test persons: for choosing settings",
    )


def add_videos(parser: argparse.ArgumentParser, usual: str = "the first") -> None:
    """Add the options that say which reading of a dataset is meant, by default ``usual``, and where its videos are."""
    known = registry.records().values()
    readings = "; ".join(f"{record.name}: {', '.join(record.variants)}" for record in known if len(record.variants) > 1)
    own = ", ".join(record.name for record in known if record.own_videos)
    parser.add_argument("--variant", help=f"a reading of the dataset, by default {usual} ({readings})")
    parser.add_argument(
        "--data-dir", metavar="DIR", help="the dataset's folder" + ", where it is not the run's" * ("run" in usual)
    )
    parser.add_argument("--persons", metavar="FILE", help=f"{own}: a CSV file that says who acts in which file")
    parser.add_argument(
        "--person-pattern",
        metavar="PATTERN",
        help=f"{own}: where the person stands in the files' names, such as '{{person}}_*' (* any text, # a number), or "
        "a regular expression with a group (?P<person>...)",
    )


def add_obtain(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how a dataset's folder is made complete."""
    fetched = _fetched()
    parser.add_argument(
        "--download", action="store_true", help=f"{fetched}: fetch what the folder lacks, about a gigabyte"
    )
    parser.add_argument(
        "--url",
        dest="urls",
        metavar="URL",
        nargs="+",
        type=_address,
        help="with --download: fetch from this address, such as an institute's mirror, instead of the official one; "
        "several are tried in turn",
    )
    parser.add_argument(
        "--sums",
        metavar="FILE",
        help=f"{fetched}: other archives than the published ones, as sha1sum *.zip prints their sums",
    )
    parser.add_argument(
        "--check",
        choices=("part", "complete", "strict"),
        help=f"{fetched}: part (prepare what is there), complete (all videos and sequences, known faults are named; "
        "the default), strict (no sequence is cut short either, as one of the published ones is)",
    )


def check_obtain(args: argparse.Namespace) -> None:
    """Refuse options of :func:`add_obtain` that do not go with the dataset or with each other."""
    record = registry.find(args.dataset)
    if not record.obtain:
        fetched = _fetched()
        if args.download:
            raise UsageError(f"--download is for {fetched} alone; {record.name} {record.whereabouts}")
        wrong = [option for option in ("sums", "check") if getattr(args, option)]
        if wrong:
            raise UsageError(f"--{wrong[0]} is for {fetched} alone: leave it out")
    if args.urls and not args.download:
        raise UsageError("--url says where to fetch from: give --download too")


def _fetched() -> str:
    """The datasets that can be fetched."""
    return ", ".join(record.name for record in registry.records().values() if record.obtain)


def _address(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"{text} is no address that begins with http:// or https://")
    return text if text.endswith("/") else f"{text}/"


def _usual() -> str:
    """The datasets whose own protocol is the default."""
    own = [record for record in registry.records().values() if record.by_default]
    return "; ".join(f"{record.name}: {record.usual}" for record in own)


def _protocols() -> str:
    """Every protocol, with the datasets that it suits where it does not suit all."""
    known = registry.records().values()
    names = dict.fromkeys(name for record in known for name in record.protocols)
    suited = {name: [record.name for record in known if name in record.protocols] for name in names}
    return ", ".join(name + f" ({', '.join(those)})" * (len(those) < len(known)) for name, those in suited.items())


def take_folder(args: argparse.Namespace) -> str:
    """Take a folder in place of a dataset's name as that of one's own videos; the name for what is made."""
    if not args.dataset:
        raise UsageError(f"which dataset? One of {', '.join(registry.records())}, or a folder of class folders")
    if args.dataset in (known := registry.records()):
        return args.dataset
    if not Path(args.dataset).is_dir():
        raise UsageError(
            f"{args.dataset} is neither a dataset nor a folder of class folders{near(args.dataset, known)}"
        )
    if args.data_dir:
        raise UsageError(f"--data-dir {args.data_dir}: the folder is {args.dataset} already, leave one of them out")
    args.data_dir = args.dataset
    args.dataset = next(name for name, record in known.items() if record.own_videos)
    return Path(args.data_dir).resolve().name or args.dataset
