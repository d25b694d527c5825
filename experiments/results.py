"""Run the groups of runs behind the results, keep their records, and write the documents from them.

python experiments/results.py run --data-root DIR   run what is not yet finished; the same command goes on
python experiments/results.py run --dry-run         what there is to be done, and what it costs
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import groups
import numpy as np

from seqdl import cli, files
from seqdl.errors import SeqdlError
from seqdl.report import tables

HERE = Path(__file__).resolve().parent
RECORDS = HERE / "results"
README = HERE.parent / "README.md"
START, END = "<!-- results: written by experiments/results.py -->", "<!-- end of results -->"


def table() -> str:
    """The records as a table: one row for each dataset and split, over its seeds."""
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for path in sorted(RECORDS.glob("*.json")):
        result = files.read_json(path)["result"]
        dataset = result["dataset"]
        tested = ", ".join(result["split"]["test_persons"])
        groups[f"{dataset['name']} {dataset['variant']}".strip(), result["split"]["name"], tested].append(result)
    rows = []
    for (dataset, split, tested), results in groups.items():
        count = results[0]["voting"]["count"]
        cells = [_spread([result[way]["accuracy"] for result in results]) for way in ("windows", "voting", "lstm")]
        rows.append([dataset, f"{split} (tested: {tested})", str(count), str(len(results)), *cells])
    header = ["dataset", "split", "test sequences", "seeds", "single windows", "ConvNet + voting", "ConvNet + LSTM"]
    return tables.markdown(tables.Table(header, rows))


def _spread(accuracies: list[float]) -> str:
    mean = tables.percent(float(np.mean(accuracies)))
    if len(accuracies) == 1:
        return mean
    low, high = (100 * bound for bound in (min(accuracies), max(accuracies)))
    return f"{mean} ({low:.1f} to {high:.1f})"


def write(readme: Path = README) -> str:
    """The README with its table written anew."""
    text = readme.read_text(encoding="utf-8")
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise SeqdlError(f"{readme} lacks the markers {START} and {END}")
    return f"{before}{START}\n{table()}\n{END}{after}"


def run(args: argparse.Namespace) -> int:
    """Run the chosen groups one after the other; one that fails does not keep the others from being run."""
    chosen = groups.select(args.groups, groups.every())
    if args.dry_run:
        print(tables.plain(costs(chosen, args)))
        return 0
    from seqdl.training.run_folder import cores

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


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = cli.parser("results", "The results: run them, keep their records, write them down.", configurable=False)
    parser.prog = "results.py"
    verbs = parser.add_subparsers(dest="verb", required=True)
    doing = verbs.add_parser("run", help="run what is not yet finished; killed at any time, the same command goes on")
    doing.add_argument("--data-root", type=Path, metavar="DIR", help="holds weizmann/, ixmas/, ut-interaction/, kth/")
    doing.add_argument("--groups", nargs="+", default=[], metavar="NAME", help="such as ixmas-draws-best, or ixmas")
    doing.add_argument("--seeds", type=cli.count, nargs="+", metavar="SEED", help="default: five; actors one")
    doing.add_argument("--out", type=Path, default=Path("runs/results"), metavar="DIR")
    cli.add_workers(doing, "runs at once, one thread each (0: one for each core)")
    doing.add_argument("--dry-run", action="store_true", help="list groups, runs and what they cost; run nothing")
    doing.add_argument(
        "--set", dest="settings", metavar="KEY=VALUE", action="append", default=[], help="for trying out"
    )
    doing.set_defaults(work=run)
    verbs.add_parser("write").set_defaults(work=lambda args: files.write_atomic(README, write()) or 0)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    return cli.run(lambda args: args.work(args), options(), argv)


if __name__ == "__main__":
    sys.exit(main())
