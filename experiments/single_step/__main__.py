"""Two steps or a single one: run the groups behind docs/single-step.md, keep their records, write the page.

python -m experiments.single_step run --data-root DIR        what is compared; the same command goes on
python -m experiments.single_step variants --data-root DIR   what was tried on development persons, in the same way
python -m experiments.single_step record                     keep what is finished of both
python -m experiments.single_step cost --data-root DIR       seconds of the processor for one run of each recipe
python -m experiments.single_step gradients --data-root DIR  how the error gets through layers and steps
python -m experiments.single_step write                      tables and pictures from the records; measures nothing

``run`` and ``variants`` leave each group in a folder of ``--out``. A recipe that goes on with the networks of ``best``
needs that group there.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from experiments import fill, script
from experiments.results import __main__ as results
from experiments.results import groups, running
from experiments.results.groups import Group
from experiments.single_step import cost, gradients, kept, page, pictures, plan
from experiments.single_step.kept import Kept
from seqdl.base import cli, files
from seqdl.errors import UsageError
from seqdl.runs import record as records

FOLDER = Path(__file__).resolve().parent
RUNS, COSTS, GRADIENTS = (FOLDER / f"{name}.json" for name in ("runs", "cost", "gradients"))
PAGE, PICTURES = script.DOCS / "single-step.md", script.DOCS / plan.PICTURES


def answer(_: argparse.Namespace) -> list[Group]:
    """What is compared, but what docs/results.md has."""
    return [group for group in plan.answer() if group.recipe not in plan.STANDARD]


def search(_: argparse.Namespace) -> list[Group]:
    """What was tried."""
    return plan.search()


def both(args: argparse.Namespace) -> list[Group]:
    """Everything with records of its own."""
    return answer(args) + search(args)


def record(args: argparse.Namespace) -> int:
    """Keep what is finished, of groups that are not whole too; never fewer runs than before."""
    before, found = kept.read(RUNS) if RUNS.is_file() else {}, {}
    for group in groups.select(args.groups, both(args)):
        if not groups.seconds(args.out / group.name):
            continue
        one = kept.condense(records.pack(args.out / group.name))
        if group.name in before and len(before[group.name].runs) > len(one.runs):
            cli.say(f"{group.name}: left as it was, with {len(before[group.name].runs)} runs; here are {len(one.runs)}")
            continue
        found[group.name] = one
        print(f"{group.name}: {len(one.runs)} of {one.planned} runs")
    kept.write(RUNS, found)
    return 0


def measure(args: argparse.Namespace) -> int:
    """Measure what runs cost."""
    cost.measure(groups.select(args.groups, plan.answer()), args.out, root(args), args.rounds, COSTS)
    return 0


def follow(args: argparse.Namespace) -> int:
    """Train once and see how the error gets through."""
    config = groups.make_config(Group(plan.EXPERIMENTS["ixmas-draws"], "single"), root(args), args.settings)
    files.write_json(GRADIENTS, gradients.measure(config))
    return 0


def root(args: argparse.Namespace) -> Path:
    """The folder of all videos."""
    if not args.data_root:
        raise UsageError("--data-root is missing: name the folder with weizmann/, ixmas/, ut-interaction/")
    return args.data_root


def write(_: argparse.Namespace) -> int:
    """Fill in the page and draw its pictures."""
    known, costs, _, followed = recorded()
    pictures.draw(PICTURES, known, costs)
    if followed:
        gradients.draw(PICTURES, followed)
    fill.write(PAGE, blocks())
    fill.write(results.README, readme(), results.readme())
    return 0


def readme() -> dict[str, str]:
    """The README's table."""
    known, costs, _, _ = recorded()
    return {"single-step": page.answer(known, costs)}


def blocks() -> dict[str, str]:
    """What stands in each place of the page."""
    known, costs, tried, followed = recorded()
    made = page.blocks(known, costs, tried)
    return made | {"gradients": gradients.block(followed) if followed else "Not measured yet."}


def recorded() -> tuple[dict[str, Kept], dict[str, float], dict[str, Kept], dict[str, Any]]:
    """All that is on record: the answer's groups, what their runs cost, the groups of the search, and gradients."""
    known, tried = (kept.everything(RUNS, results.RECORDS, some) for some in (plan.answer(), plan.search()))
    costs = cost.costs(files.read_json(COSTS), plan.answer(), known)
    return known, costs, tried, files.read_json(GRADIENTS) if GRADIENTS.is_file() else {}


def options() -> argparse.ArgumentParser:
    """The command's options."""
    folders = running.out("single-step")
    doing, costs = (*running.RUN, folders), (*running.COST, folders)
    rows = (
        ("run", "run what is compared; the same command goes on", running.run, answer, doing),
        ("variants", "run what was tried on development persons", running.run, search, doing),
        ("record", "keep what is finished", record, both, (running.SOME, folders)),
        ("cost", "measure what runs cost, each in a process of its own", measure, answer, costs),
        ("gradients", "norms of the gradient by layer and step", follow, answer, (running.VIDEOS, script.SETTINGS)),
        ("write", "write docs/single-step.md and draw its pictures", write, both, ()),
    )
    parser = script.parser("single_step", "Two steps or a single one: run, measure, record, write.")
    return running.commands(parser, results.RECORDS, rows)


main = cli.command(options, lambda args: args.work(args))

if __name__ == "__main__":
    sys.exit(main())
