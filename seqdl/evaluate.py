"""``seqdl evaluate RUN``: evaluate a finished run again, on its own test persons or on another dataset."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from seqdl.base import cli
from seqdl.config import DataConfig
from seqdl.errors import SeqdlError


def options() -> argparse.ArgumentParser:
    """The command's options.

    Returns
    -------
    argparse.ArgumentParser
    """
    parser = cli.parser(
        "evaluate",
        "Evaluate a finished run: on the persons it was tested on, or on all sequences of another dataset that show "
        "actions it knows.",
        configurable=False,
    )
    parser.add_argument("run", metavar="RUN", help="a run folder that seqdl train made")
    parser.add_argument("--dataset", help="another dataset, one of those that seqdl train knows")
    parser.add_argument("--variant", help="another reading of the dataset, such as kth1")
    parser.add_argument("--data-dir", metavar="DIR", help="the dataset's folder, where it is not the run's")
    parser.add_argument("--persons", metavar="FILE", help="for folder: a CSV file that says who acts in which file")
    cli.add_workers(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def work(args: argparse.Namespace) -> int:
    """Evaluate, print.

    Parameters
    ----------
    args : argparse.Namespace
        The parsed arguments.

    Returns
    -------
    int
        The exit code.
    """
    from seqdl.datasets import registry
    from seqdl.evaluation import run
    from seqdl.evaluation.evaluate import evaluate
    from seqdl.model.recogniser import Recogniser
    from seqdl.runs import ledger
    from seqdl.runs import result as folder
    from seqdl.runs.folder import cores

    recogniser = Recogniser.load(args.run)
    data = recogniser.config.data
    other = (args.dataset or data.dataset) != data.dataset or _another_folder(data, args.data_dir)
    data_dir, variant, persons = ("", "", "") if other else (data.data_dir, data.variant, data.persons)
    dataset = registry.load(
        args.dataset or data.dataset,
        data_dir if args.data_dir is None else args.data_dir,
        variant if args.variant is None else args.variant,
        persons if args.persons is None else args.persons,
    )
    tested = folder.load(args.run).result["split"]["test_persons"]
    chosen = [
        sequence
        for sequence in dataset.sequences
        if sequence.label in recogniser.classes and (other or sequence.person in tested)
    ]
    if not chosen:
        raise SeqdlError(
            f"{dataset.name} shows none of the actions that {args.run} knows ({', '.join(recogniser.classes)})"
            if other
            else f"{dataset.name} has no sequence of the run's test persons ({', '.join(tested)})"
        )
    left = len(dataset.sequences) - len(chosen)
    if left:
        why = "show actions that the run does not know" if other else "are not of the run's test persons"
        print(f"note: {left} of {len(dataset.sequences)} sequences {why}", file=sys.stderr)
    dataset = dataclasses.replace(dataset, sequences=tuple(chosen))
    config = recogniser.config
    if other:
        config = dataclasses.replace(config, video=dataclasses.replace(config.video, box="auto"))
    prepared = run.prepare(dataset, config, args.workers or cores(), _say)
    result = {"run": args.run, "dataset": {"name": dataset.name, "variant": dataset.variant}}
    result |= evaluate(recogniser, prepared, run.usable(dataset, prepared))
    kind = "other" if other else "inner" if data.inner else "test"
    ledger.note(args.run, recogniser.config, kind, dataset.persons, result)
    print(json.dumps(result) if args.json else _screen(result, recogniser.classes))
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _another_folder(data: DataConfig, data_dir: str | None) -> bool:
    """Whether other videos of one's own are meant; a set with known persons may just have moved."""
    if data.dataset != "folder" or data_dir is None:
        return False
    return Path(data_dir).resolve() != Path(data.data_dir).resolve()


def _screen(result: dict[str, Any], classes: tuple[str, ...]) -> str:
    from seqdl.reports import tables

    accuracies = tables.accuracies(result)
    return "\n\n".join(
        [
            f"{result['run']} on {result['dataset']['name']} {result['dataset']['variant']}".rstrip(),
            tables.plain(accuracies),
            "Decisions by the LSTM (rows: the truth; columns: the decision, by number)",
            tables.plain(tables.confusion(result["lstm"]["confusion"], classes, numbered=True)),
        ]
    )


main = cli.door(options, work)

if __name__ == "__main__":
    sys.exit(main())
