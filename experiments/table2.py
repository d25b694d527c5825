"""Table 2 of the paper: what others reached on KTH, and a row for us where there are records.

python -m experiments.table2    the table of docs/table2.md, from the published values in table2.json and from records
"""

import argparse
import sys
from pathlib import Path

from experiments import fill, script
from experiments.access import Record
from experiments.table1 import page as table1
from experiments.table1.page import DRAWS, LSTM, SETS, WHOLE
from seqdl.base import files
from seqdl.reports.tables import Table, markdown, percent

PAGE, RECORDS = script.DOCS / "table2.md", script.EXPERIMENTS / "table1"
ROWS = files.read_json(script.EXPERIMENTS / "table2.json")
"""The published values, in percent; ``confirmed`` says where else than in the paper's table a value was seen."""
FIVE, OUT, OTHER = "five draws", "leave one person out", "other"
"""Protocols: five random draws of the persons into training and test, each person left out once, something else."""


def ours(records: Path, variant: str) -> list[list[str]]:
    """Our rows for a set: of each recipe that has all five draws on the whole of KTH, or the word that none has."""
    found = [one for one in table1.load(records)["kth"] if one.total.draws == DRAWS]
    wanted = (variant, "draws", "convnet-lstm")
    kinds = [(one.rows[0].variant, one.rows[0].protocol, one.rows[0].model) for one in found]
    rows = [_our_row(one, variant) for one, kind in zip(found, kinds) if kind == wanted]
    return rows or [[SETS[variant], FIVE, f"this implementation, {LSTM}", "-", "not measured", "learned", "-"]]


def _our_row(one: Record, variant: str) -> list[str]:
    total, about = one.total, one.last.dataset
    recipe = table1.recipe(one.rows[0].settings)
    if one.config.video.empty == "keep":
        recipe += ", empty windows kept"
    dataset = f"dataset `{about.name}` {about.variant}, {about.sequences} of {WHOLE[variant]} sequences"
    accuracy = percent(total.mean["lstm"]).removesuffix(" %")
    record = f"[record](../experiments/table1/{one.name}.json): {dataset}, {total.runs} runs"
    return [SETS[variant], FIVE, f"this implementation, {LSTM} ({recipe})", record, accuracy, "learned", "the record"]


def table(records: Path) -> Table:
    """The published rows, with ours below those of the same set and protocol."""
    rows = []
    for variant in SETS:
        for protocol in (FIVE, OUT, OTHER):
            same = [row for row in ROWS if (row["set"], row["protocol"]) == (variant, protocol)]
            for row in same:
                cells = [SETS[variant], protocol, row["method"], row["source"], f"{row['accuracy']:.2f}"]
                rows.append([*cells, row["features"], row["confirmed"]])
            if protocol == FIVE:
                rows += ours(records, variant)
    return Table(["set", "protocol", "method", "source", "accuracy", "features", "confirmed by"], rows)


def blocks(records: Path) -> dict[str, str]:
    """What stands in the place of docs/table2.md."""
    return {"table": markdown(table(records))}


def work(args: argparse.Namespace) -> int:
    """Fill in the page."""
    fill.write(PAGE, blocks(args.records))
    print(f"written: {PAGE}")
    return 0


main = script.command(
    "table2",
    "Table 2 of the paper, with a row for our records.",
    work,
    script.option("--records", type=Path, default=RECORDS, metavar="DIR", help="those of experiments.table1"),
)

if __name__ == "__main__":
    sys.exit(main())
