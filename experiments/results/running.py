"""Running groups of runs and keeping their records: what the results, the protocols and Table 1 have in common."""

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path

from experiments import script
from experiments.results import groups
from experiments.results.groups import Group
from experiments.script import option
from seqdl.base import cli
from seqdl.errors import SeqdlError
from seqdl.reports import tables
from seqdl.runs import record as records
from seqdl.runs.environment import cores
from seqdl.runs.manifest import Manifest

Parser = argparse.ArgumentParser
Known = Callable[[argparse.Namespace], list[Group]]
Work = Callable[[argparse.Namespace], int]
Command = tuple[str, str, Work, Known, tuple[script.Option, ...]]

VIDEOS = option("--data-root", type=Path, metavar="DIR", help="holds weizmann/, ixmas/, ut-interaction/, kth/")
SOME = option("--groups", nargs="+", default=[], metavar="NAME", help="a name, how some begin, or a pattern")
RUN = (
    VIDEOS,
    SOME,
    option("--seeds", type=cli.count, nargs="+", metavar="SEED", help="in place of each group's own"),
    script.WORKERS,
    script.flag("--dry-run", "list groups, runs and what they cost; run nothing"),
    script.SETTINGS,
)
COST = VIDEOS, SOME, option("--rounds", type=cli.count, default=1, help="runs of each, all in turn")
"""The options of what runs groups, and of what measures what they cost."""


def run(args: argparse.Namespace) -> int:
    """Run the chosen groups one after the other; one that fails does not keep the others from being run."""
    chosen = groups.select(args.groups, args.known(args))
    if args.dry_run:
        print(tables.plain(costs(chosen, args)))
        return 0
    failed = []
    for group in chosen:
        cli.say(f"== {group.name}: {group.experiment.title}")
        seeds = args.seeds or group.experiment.seeds
        try:
            done = groups.run(group, args.out, args.data_root, seeds, args.workers or cores(), args.settings)
        except SeqdlError as error:
            failed.append(f"{group.name} ({error})")
            continue
        failed += [f"{group.name}/{name} ({reason})" for name, reason in done.failed.items()]
        print(summary(group.name, done), flush=True)
    if failed:
        raise SeqdlError(f"not finished: {'; '.join(failed)}; the same command goes on")
    return 0


def costs(chosen: list[groups.Group], args: argparse.Namespace) -> tables.Table:
    """What each group still costs."""
    rows, total, unknown = [], 0.0, ""
    for group in chosen:
        config = groups.make_config(group, args.data_root or Path(), args.settings)
        cost = groups.cost(group, args.out, args.records, args.seeds or group.experiment.seeds, config)
        rows.append([group.name, str(cost.runs), str(cost.finished), cost.minutes])
        total += cost.seconds or 0.0
        unknown = unknown or (" and more" if cost.seconds is None else "")
    rows.append(["all", "", "", f"{total / 60:.0f}{unknown}"])
    return tables.Table(["group", "runs", "finished", "core-minutes left"], rows)


def summary(name: str, done: Manifest) -> str:
    """A finished group in a line."""
    rows = done.rows
    means = []
    for way in ("voting", "lstm"):
        known = [row.scores[way].accuracy for row in rows if way in row.shown]
        means.append(f"{way} {tables.percent(sum(known) / len(known)) if known else '-'}")
    return f"{name}: {len(rows)} of {len(done.draws)} runs; {', '.join(means)}"


def record(args: argparse.Namespace) -> int:
    """Keep the record of each chosen group that is finished."""
    for group in groups.select(args.groups, args.known(args)):
        if not groups.seconds(args.out / group.name):
            continue
        kept = records.pack(args.out / group.name)
        left = kept.planned - len(kept.runs) - len(kept.failed)
        if left and not args.partial:
            cli.say(f"{group.name}: left out, {left} runs are not finished (--partial keeps the others)")
            continue
        records.write(args.records / f"{group.name}.json", kept)
        print(f"{group.name}: {len(kept.runs)} runs")
    return 0


def options(name: str, description: str, known: Known, records: Path, write: Work | None = None) -> Parser:
    """A parser with the commands ``run`` and ``record`` for the groups that ``known`` gives, and perhaps ``write``."""
    folders, partial = out("results"), script.flag("--partial", "also of groups that are not finished")
    rows: list[Command] = [
        ("run", "run what is not yet finished; the same command goes on", run, known, (*RUN, folders)),
        ("record", "keep the records of finished groups", record, known, (SOME, folders, partial)),
    ]
    if write:
        rows.append(("write", "write the tables of docs/results.md and of the README", write, known, ()))
    return commands(script.parser(name, description), records, rows)


def out(name: str) -> script.Option:
    """The option that says where runs of groups are left."""
    return option("--out", type=Path, default=Path("runs", name), metavar="DIR", help="their folders")


def commands(parser: Parser, records: Path, rows: Iterable[Command]) -> Parser:
    """Give a parser commands on groups: of each name, help, work, the groups it knows, and its options."""
    made = parser.add_subparsers(dest="command", required=True)
    for name, said, work, known, own in rows:
        command = made.add_parser(name, help=said)
        script.add(command, *own)
        command.set_defaults(work=work, known=known, records=records)
    return parser
