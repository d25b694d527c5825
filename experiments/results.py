"""Run the groups of runs behind the results, keep their records, and write the documents from them.

python experiments/results.py run --data-root DIR   run what is not yet finished; the same command goes on
python experiments/results.py run --dry-run         what there is to be done, and what it costs
python experiments/results.py record                keep the record of each finished group in experiments/results
python experiments/results.py write                 docs/results.md and the README's table, from the records alone
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import groups
import protocols_page
import results_page

from seqdl.base import cli, files
from seqdl.errors import SeqdlError
from seqdl.reports import record as records
from seqdl.reports import tables

HERE = Path(__file__).resolve().parent
RECORDS = HERE / "results"
README, PAGE = HERE.parent / "README.md", HERE.parent / "docs" / "results.md"
Known = Callable[[argparse.Namespace], list[groups.Group]]
START, END = "<!-- results: written by experiments/results.py -->", "<!-- end of results -->"


def run(args: argparse.Namespace) -> int:
    """Run the chosen groups one after the other; one that fails does not keep the others from being run."""
    chosen = groups.select(args.groups, args.known(args))
    if args.dry_run:
        print(tables.plain(costs(chosen, args)))
        return 0
    from seqdl.runs.folder import cores

    failed = []
    for group in chosen:
        print(f"== {group.name}: {group.experiment.title}", file=sys.stderr, flush=True)
        seeds = args.seeds or group.experiment.seeds
        try:
            done = groups.run(group, args.out, args.data_root, seeds, args.workers or cores(), args.settings)
        except SeqdlError as error:
            failed.append(f"{group.name} ({error})")
            continue
        failed += [f"{group.name}/{name} ({reason})" for name, reason in done["failed"].items()]
        print(summary(group.name, done), flush=True)
    if failed:
        raise SeqdlError(f"not finished: {'; '.join(failed)}; the same command goes on")
    return 0


def costs(chosen: list[groups.Group], args: argparse.Namespace) -> tables.Table:
    """What each group still costs."""
    rows, total, unknown = [], 0.0, ""
    for group in chosen:
        config = groups.make_config(group, args.data_root or Path(), args.settings)
        cost = groups.cost(group, args.out, args.seeds or group.experiment.seeds, config)
        rows.append([group.name, str(cost.runs), str(cost.finished), cost.minutes])
        total += cost.seconds or 0.0
        unknown = unknown or (" and more" if cost.seconds is None else "")
    rows.append(["all", "", "", f"{total / 60:.0f}{unknown}"])
    return tables.Table(["group", "runs", "finished", "core-minutes left"], rows)


def summary(name: str, done: dict[str, Any]) -> str:
    """A finished group in a line."""
    rows = list(done["runs"].values())
    means = []
    for way in ("voting", "lstm"):
        known = [row[way]["accuracy"] for row in rows if row[way] and not (row["control"] and way == "voting")]
        means.append(f"{way} {tables.percent(sum(known) / len(known)) if known else '-'}")
    return f"{name}: {len(rows)} of {len(done['draws'])} runs; {', '.join(means)}"


def record(args: argparse.Namespace) -> int:
    """Keep the record of each chosen group that is finished."""
    for group in groups.select(args.groups, args.known(args)):
        folder = args.out / group.name
        if not groups.finished(folder):
            continue
        kept = records.pack(folder)
        left = kept["planned"] - len(kept["runs"]) - len(kept["failed"])
        if left and not args.partial:
            print(f"{group.name}: left out, {left} runs are not finished (--partial keeps the others)", file=sys.stderr)
            continue
        records.write(args.records / f"{group.name}.json", kept)
        print(f"{group.name}: {len(kept['runs'])} runs")
    return 0


def write(args: argparse.Namespace) -> int:
    """Write the documents."""
    files.write_atomic(README, readme())
    files.write_atomic(PAGE, page())
    return 0


def page() -> str:
    """docs/results.md as the records make it."""
    return results_page.page(RECORDS, protocols_page.section(RECORDS))


def readme() -> str:
    """The README with its table written anew."""
    text = README.read_text(encoding="utf-8")
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise SeqdlError(f"{README} lacks the markers {START} and {END}: put them around the place of the table")
    table = results_page.overview(results_page.load(RECORDS, groups.every()))
    return f"{before}{START}\n{table}\n{END}{after}"


def add_verbs(parser: argparse.ArgumentParser, known: Known) -> Any:
    """The verbs ``run`` and ``record`` for the groups that ``known`` gives."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    doing = verbs.add_parser("run", help="run what is not yet finished; killed at any time, the same command goes on")
    doing.add_argument("--data-root", type=Path, metavar="DIR", help="holds weizmann/, ixmas/, ut-interaction/, kth/")
    doing.add_argument("--seeds", type=cli.count, nargs="+", metavar="SEED", help="in place of each group's own")
    cli.add_workers(doing, "runs at once, one thread each (0: one for each core)")
    doing.add_argument("--dry-run", action="store_true", help="list groups, runs and what they cost; run nothing")
    doing.add_argument("--set", dest="settings", metavar="KEY=VALUE", action="append", default=[], help="to try it out")
    doing.set_defaults(work=run)
    keeping = verbs.add_parser("record", help="keep the records of finished groups")
    keeping.add_argument("--partial", action="store_true", help="also of groups that are not finished")
    keeping.set_defaults(work=record)
    for verb in (doing, keeping):
        verb.add_argument(
            "--groups", nargs="+", default=[], metavar="NAME", help="a name, how some begin, or a pattern"
        )
        verb.add_argument("--out", type=Path, default=Path("runs/results"), metavar="DIR", help="the groups' folders")
        verb.set_defaults(known=known, records=RECORDS)
    return verbs


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = cli.parser("results", "The results: run them, keep their records, write them down.", configurable=False)
    parser.prog = "results.py"
    verbs = add_verbs(parser, lambda args: groups.every())
    verbs.add_parser("write", help="write docs/results.md and the README's table").set_defaults(work=write)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    return cli.run(lambda args: args.work(args), options(), argv)


if __name__ == "__main__":
    sys.exit(main())
