"""Keep the records of finished runs, and write the README's table from them.

python experiments/results.py record RUN NAME     copy RUN's record to experiments/results/NAME.json
python experiments/results.py write               write the table between the README's markers
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from seqdl import files
from seqdl.errors import SeqdlError
from seqdl.report import tables
from seqdl.report.folder import load

HERE = Path(__file__).resolve().parent
RECORDS = HERE / "results"
README = HERE.parent / "README.md"
START, END = "<!-- results: written by experiments/results.py -->", "<!-- end of results -->"


def record(run: Path, name: str) -> Path:
    """Keep what a finished run says of itself, without its long timelines."""
    content = load(run)
    sequences = [{k: v for k, v in entry.items() if k != "timeline"} for entry in content.result["sequences"]]
    target = RECORDS / f"{name}.json"
    kept = {
        "config": {**content.config, "data": {**content.config["data"], "data_dir": ""}},
        "environment": content.environment,
        "log": [vars(epoch) for epoch in content.log],
        "result": {**content.result, "sequences": sequences},
    }
    files.write_json(target, kept)
    return target


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


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    keep = verbs.add_parser("record")
    keep.add_argument("run", type=Path)
    keep.add_argument("name")
    verbs.add_parser("write")
    args = parser.parse_args(argv)
    try:
        if args.verb == "record":
            print(record(args.run, args.name))
        else:
            files.write_atomic(README, write())
    except SeqdlError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
