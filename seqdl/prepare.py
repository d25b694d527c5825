"""``seqdl prepare DATASET``: have a dataset whole, checked and prepared, so that training starts at once."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqdl.base import cache, cli
from seqdl.config import Config, from_dict
from seqdl.datasets import download, kth, kth_archives, registry
from seqdl.datasets.base import Dataset
from seqdl.datasets.folder import choose_variant, count, near, some
from seqdl.errors import SeqdlError, UsageError

if TYPE_CHECKING:
    from seqdl.stores.base import Store
Say = Callable[[str], None]
CHECKS = ("part", "complete", "strict")


def options() -> argparse.ArgumentParser:
    """The command's options.

    Returns
    -------
    argparse.ArgumentParser
    """
    parser = cli.parser(
        "prepare",
        "Check a dataset and prepare its video, so that training starts at once. KTH's archives are unpacked, and with "
        "--download fetched; the same command goes on with what was interrupted.",
    )
    parser.add_argument("dataset", metavar="DATASET", help=f"one of {', '.join(registry.NAMES)}")
    parser.add_argument("--variant", help="a reading of the dataset, such as kth1 or kth2; see data/README.md")
    parser.add_argument("--data-dir", metavar="DIR", help="the dataset's folder (with --download: kth)")
    parser.add_argument("--persons", metavar="FILE", help="for folder: a CSV file that says who acts in which file")
    parser.add_argument("--download", action="store_true", help="kth: fetch what the folder lacks, about a gigabyte")
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
        "--sums", metavar="FILE", help="kth: other archives than the published ones, as sha1sum *.zip prints their sums"
    )
    parser.add_argument(
        "--check",
        choices=CHECKS,
        help="kth: part (prepare what is there), complete (all videos and sequences, known faults are named; the "
        "default), strict (no sequence is cut short either, as one of the published ones is)",
    )
    cli.add_workers(parser)
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    return parser


def work(args: argparse.Namespace) -> int:
    """Obtain, check, prepare, print what there is.

    Parameters
    ----------
    args : argparse.Namespace
        The parsed arguments.

    Returns
    -------
    int
        The exit code.
    """
    config = _configuration(args)
    try:
        result = _prepare(args, config)
    except BaseException as error:
        if not isinstance(error, Exception):  # interrupted or terminated
            _say("nothing is lost: the same command goes on where it was")
        raise
    if args.json:
        print(json.dumps(result))
        return 0
    disk = f", {download.megabytes(result['bytes'])}" if result["bytes"] else ""
    print(
        f"{result['dataset']} {result['variant']}: {count(result['sequences'], 'sequence')} of {result['frames']:,} "
        f"frames prepared{disk} in {result['store']}, {result['seconds']:.0f} s"
    )
    given = {"--dataset": config.data.dataset, "--variant": result["variant"]}
    given |= {"--data-dir": config.data.data_dir, "--persons": config.data.persons}
    words = [word for option, value in given.items() if value for word in (option, value)]
    print(f"train on it: {shlex.join(['seqdl', 'train', *words])}")
    return 0


def _prepare(args: argparse.Namespace, config: Config) -> dict[str, Any]:
    from seqdl.model import describers

    started = time.monotonic()
    describer = describers.kind(config)
    describer.layers(config, 2)  # impossible sizes are found before anything is fetched
    check = args.check or "complete"
    if config.data.dataset == "kth":
        _complete_kth(args, config, check)

    from seqdl.datasets import choose
    from seqdl.evaluation import job
    from seqdl.runs.environment import cores

    dataset = choose.whole(config)
    config = choose.with_box(config, dataset)
    for note in dataset.notes:
        _say(f"note: {note}")
    _say_cost(dataset, config, check)
    prepared = job.prepare(job.new_recogniser(config, dataset), dataset, args.workers or cores(), _say)
    if config.data.dataset == "kth":
        _check_prepared(dataset, prepared, check)
    return {
        "dataset": dataset.name,
        "variant": dataset.variant,
        "data_dir": config.data.data_dir,
        "store": str(cache.folder()),
        "sequences": len(prepared.spans),
        "skipped": prepared.skipped,
        "frames": prepared.footage,
        "bytes": prepared.footage * describer.frame_bytes(config),
        "seconds": round(time.monotonic() - started, 1),
    }


def _configuration(args: argparse.Namespace) -> Config:
    name = args.dataset
    if name not in registry.NAMES:
        raise UsageError(f"unknown dataset {name}{near(name, registry.NAMES)}")
    if args.download and name != "kth":
        raise UsageError(f"--download is for kth alone; {name} {registry.SOURCES[name]}")
    only_kth = [option for option in ("sums", "check") if getattr(args, option) and name != "kth"]
    if only_kth:
        raise UsageError(f"--{only_kth[0]} is for kth alone: leave it out")
    if args.urls and not args.download:
        raise UsageError("--url says where to fetch from: give --download too")
    given = {key: getattr(args, key) for key in ("dataset", "variant", "data_dir", "persons")}
    config = from_dict({"data": {key: value for key, value in given.items() if value}}, cli.configuration(args))
    if args.download and not config.data.data_dir:
        config = replace(config, data=replace(config.data, data_dir="kth"))
    return config


def _complete_kth(args: argparse.Namespace, config: Config, check: str) -> None:
    """Archives unpacked, fetched ones too, and the whole counted."""
    data = config.data
    inventory = kth_archives.PUBLISHED
    if args.sums:
        inventory = replace(inventory, sha1=kth_archives.read_sums(args.sums))
    variant = choose_variant("kth", data.variant, kth.VARIANTS)
    if data.data_dir:  # without, the registry says so
        bases = (args.urls or kth_archives.BASES) if args.download else ()
        kth_archives.complete(Path(data.data_dir), bases, inventory, _say)
        if check != "part":
            kth_archives.verify(Path(data.data_dir), variant, inventory)
            _say(f"complete: {len(inventory.videos)} videos, {sum(inventory.sequences.values())} listed sequences")


def _say_cost(dataset: Dataset, config: Config, check: str) -> None:
    """How much there is to prepare, from the headers of the files; ranges outside of their videos are refused."""
    from seqdl.model import describers
    from seqdl.stores import frames as store
    from seqdl.video.reader import Reader

    declared: dict[Path, int | None] = {}
    frames, outside = 0, []
    for sequence in dataset.sequences:
        if sequence.file and sequence.file not in declared:
            try:
                with Reader(sequence.file) as reader:
                    declared[sequence.file] = reader.report.declared
            except SeqdlError:  # it is said when it is prepared
                declared[sequence.file] = None
        there = declared[sequence.file] if sequence.file else None
        if there is not None and sequence.first >= there:
            outside.append(sequence.name)
        ends = [end for end in (there, None if sequence.last is None else sequence.last + 1) if end is not None]
        frames += max(0, min(ends) - sequence.first) if ends else 0
    if outside and check != "part":
        raise SeqdlError(
            f"{count(len(outside), 'listed sequence')} after the end of the video ({some(outside)}): the list and the "
            "videos do not belong together; take both from one place, or leave such sequences out with --check part"
        )
    need = frames * describers.kind(config).frame_bytes(config)
    disk = f": {download.megabytes(need)} at most in {cache.folder()}, less where some are prepared already"
    _say(f"{count(len(dataset.sequences), 'sequence')} of {frames:,} frames{disk if need else ''}")
    if not (cache.folder() / store.settings_key(config)).exists():  # otherwise some are there
        download.check_room(cache.folder(), need)


def _check_prepared(dataset: Dataset, prepared: Store, check: str) -> None:
    """Whether every listed sequence is there, and as long as listed."""
    if prepared.skipped and check != "part":
        raise SeqdlError(
            f"{len(prepared.spans)} of {count(len(dataset.sequences), 'sequence')} can be used, the others not "
            f"({some(prepared.skipped)}): get these videos again, or leave them out with --check part"
        )
    short = [
        sequence.name
        for sequence in dataset.sequences
        if sequence.last is not None
        and sequence.name in prepared.spans
        and prepared.lengths[sequence.name] < sequence.last + 1 - sequence.first
    ]
    if not short:
        return
    which = f"{count(len(short), 'sequence')} shorter than listed, since the video ends before: {some(short)}"
    if check == "strict":
        raise SeqdlError(f"{which}; get the videos again, or use them so with --check complete")
    known = all(name.startswith(kth.TRUNCATED) for name in short)
    _say(f"note: {which}" + ("; a known fault of the published copy" if known else "") + ".")


def _address(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"{text} is no address that begins with http:// or https://")
    return text if text.endswith("/") else f"{text}/"


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
