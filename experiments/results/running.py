"""Running groups of runs and keeping their records: what the results, the protocols and Table 1 have in common."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from experiments import access
from experiments.results import groups
from experiments.results.groups import Group
from seqdl.base import cli
from seqdl.errors import SeqdlError
from seqdl.reports import tables
from seqdl.runs.manifest import Manifest

Known = Callable[[argparse.Namespace], list[Group]]


def run(args: argparse.Namespace) -> int:
    """Run the chosen groups one after the other; one that fails does not keep the others from being run."""
    chosen = groups.select(args.groups, args.known(args))
    if args.dry_run:
        print(tables.plain(costs(chosen, args)))
        return 0
    failed = []
    for group in chosen:
        access.say(f"== {group.name}: {group.experiment.title}")
        seeds = args.seeds or group.experiment.seeds
        try:
            done = groups.run(group, args.out, args.data_root, seeds, args.workers or access.cores(), args.settings)
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
        target = args.records / f"{group.name}.json"
        done, left = access.keep_record(args.out / group.name, target, args.partial)
        if left and not args.partial:
            access.say(f"{group.name}: left out, {left} runs are not finished (--partial keeps the others)")
        else:
            print(f"{group.name}: {done} runs")
    return 0


def add_commands(parser: argparse.ArgumentParser, known: Known, records: Path) -> Any:
    """The commands ``run`` and ``record`` for the groups that ``known`` gives."""
    commands = parser.add_subparsers(dest="command", required=True)
    doing = commands.add_parser("run", help="run what is not yet finished; the same command goes on")
    doing.add_argument("--data-root", type=Path, metavar="DIR", help="holds weizmann/, ixmas/, ut-interaction/, kth/")
    doing.add_argument("--seeds", type=cli.count, nargs="+", metavar="SEED", help="in place of each group's own")
    cli.add_workers(doing, "runs at once, one thread each (0: one for each core)")
    doing.add_argument("--dry-run", action="store_true", help="list groups, runs and what they cost; run nothing")
    doing.add_argument("--set", dest="settings", metavar="KEY=VALUE", action="append", default=[], help="to try it out")
    doing.set_defaults(work=run)
    keeping = commands.add_parser("record", help="keep the records of finished groups")
    keeping.add_argument("--partial", action="store_true", help="also of groups that are not finished")
    keeping.set_defaults(work=record)
    for command in (doing, keeping):
        command.add_argument(
            "--groups", nargs="+", default=[], metavar="NAME", help="a name, how some begin, or a pattern"
        )
        command.add_argument("--out", type=Path, default=Path("runs/results"), metavar="DIR", help="their folders")
        command.set_defaults(known=known, records=records)
    return commands
