"""What generalises: run the groups behind docs/robust.md on development persons, keep their records, write the page.

python -m experiments.robust run --data-root DIR      every group, or those of --groups; the same command goes on
python -m experiments.robust record                   keep what is finished
python -m experiments.robust cost --data-root DIR     seconds of the processor for one run of each
python -m experiments.robust write                    the tables from the record; measures nothing

A group is a folder of ``--out``. Groups that go on with pretrained networks need ``drawn-best`` there, with the same
seeds. What ``robust`` decides together is recorded too, from the folders of experiments.results.
"""

import argparse
import sys
from pathlib import Path

from experiments import fill, script
from experiments.results import __main__ as results
from experiments.results import groups, running
from experiments.results.groups import Group
from experiments.robust import kept, page, plan
from experiments.single_step import cost
from experiments.single_step.kept import Kept, condense
from seqdl.base import cli, files
from seqdl.errors import UsageError
from seqdl.runs import record as records

FOLDER = Path(__file__).resolve().parent
RECORD, COSTS, PAGE = FOLDER / "record.json", FOLDER / "cost.json", script.DOCS / "robust.md"


def every(_: argparse.Namespace) -> list[Group]:
    """All groups."""
    return plan.every()


def record(args: argparse.Namespace) -> int:
    """Keep what is finished, of groups that are not whole too; never fewer runs than before."""
    before, found = recorded(), {}
    for group in groups.select(args.groups, [*plan.every(), *plan.EVALUATED]):
        if not groups.seconds(args.out / group.name):
            continue
        one = kept.condense(args.out / group.name)
        if group.name in before and len(before[group.name].kept.runs) > len(one.kept.runs):
            cli.say(f"{group.name}: left as it was, with {len(before[group.name].kept.runs)} runs")
            continue
        found[group.name] = one
        print(f"{group.name}: {len(one.kept.runs)} of {one.kept.planned} runs")
    kept.write(RECORD, found)
    return 0


def measure(args: argparse.Namespace) -> int:
    """Measure what runs cost."""
    if not args.data_root:
        raise UsageError("--data-root is missing: name the folder with weizmann/, ixmas/, ut-interaction/")
    cost.measure(groups.select(args.groups, plan.every()), args.out, args.data_root, args.rounds, COSTS)
    return 0


def write(_: argparse.Namespace) -> int:
    """Fill in the page."""
    fill.write(PAGE, page.blocks(recorded(), costs(), evaluated()))
    return 0


def costs() -> dict[str, float]:
    """The seconds of a run of each group that was measured."""
    measured = files.read_json(COSTS) if COSTS.is_file() else {"measured": []}
    return cost.costs(measured, plan.every(), {name: one.kept for name, one in recorded().items()})


def evaluated() -> dict[str, Kept]:
    """Of the records of docs/results.md those of the preset, and of what it is measured against."""
    chosen = [group for group in groups.every() if group.recipe in (plan.BEST, plan.ROBUST)]
    paths = {group.name: results.RECORDS / f"{group.name}.json" for group in chosen}
    return {name: condense(records.read(path)) for name, path in paths.items() if path.is_file()}


def recorded() -> dict[str, kept.Measured]:
    """All that is on record."""
    return kept.read(RECORD) if RECORD.is_file() else {}


def options() -> argparse.ArgumentParser:
    """The command's options."""
    folders = running.out("robust")
    rows = (
        ("run", "run what is not yet finished", running.run, every, (*running.RUN, folders)),
        ("record", "keep what is finished", record, every, (running.SOME, folders)),
        ("cost", "measure what runs cost, each in a process of its own", measure, every, (*running.COST, folders)),
        ("write", "write docs/robust.md", write, every, ()),
    )
    parser = script.parser("robust", "What generalises: run, measure, record, write.")
    return running.commands(parser, results.RECORDS, rows)


main = cli.command(options, lambda args: args.work(args))

if __name__ == "__main__":
    sys.exit(main())
