"""Table 2 of the paper: what others reached on KTH, and a row for us where there are records.

python experiments/table2.py    write docs/table2.md from the published values and the records of table1.py
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import table1
import table1_page
from table1_page import DRAWS, LSTM, SETS, WHOLE

from seqdl.base import cli, files
from seqdl.reports.tables import Table, markdown, percent

PAGE = table1.PAGE.with_name("table2.md")
FIVE, OUT, OTHER = "five draws", "leave one person out", "other"
"""Protocols: five random draws of the persons into training and test, each person left out once, something else."""


class Row(NamedTuple):
    """A published value: on which set, under which protocol, whose, in percent, and what its features are."""

    variant: str
    protocol: str
    method: str
    source: str
    accuracy: float
    features: str
    confirmed: str


LEARNED, HYBRID, ENGINEERED = "learned", "hybrid", "engineered"
TEXT, ELSEWHERE, MEMORY = "the paper's text", "another source", "memory"
"""Where else a value was seen than in the paper's table, of which no copy is at hand."""

ROWS = (
    Row("kth1", FIVE, "Baccouche et al. (the paper)", "HBU 2011", 94.39, LEARNED, TEXT),
    Row("kth1", FIVE, "Jhuang et al.", "ICCV 2007", 91.70, HYBRID, ELSEWHERE),
    Row("kth1", FIVE, "Gao et al.", "HBU 2010", 95.04, ENGINEERED, MEMORY),
    Row("kth1", FIVE, "Schindler and Van Gool", "CVPR 2008", 92.70, ENGINEERED, ELSEWHERE),
    Row("kth1", OUT, "Gao et al.", "HBU 2010", 96.33, ENGINEERED, MEMORY),
    Row("kth1", OUT, "Chen and Hauptmann", "2009", 95.83, ENGINEERED, MEMORY),
    Row("kth1", OUT, "Liu and Shah", "CVPR 2008", 94.20, ENGINEERED, MEMORY),
    Row("kth1", OUT, "Sun et al.", "2009", 94.0, ENGINEERED, MEMORY),
    Row("kth1", OUT, "Niebles et al.", "IJCV 2008", 81.50, ENGINEERED, MEMORY),
    Row("kth2", FIVE, "Baccouche et al. (the paper)", "HBU 2011", 92.17, LEARNED, TEXT),
    Row("kth2", FIVE, "Ji et al.", "ICML 2010", 90.20, LEARNED, ELSEWHERE),
    Row("kth2", FIVE, "Gao et al.", "HBU 2010", 93.57, ENGINEERED, MEMORY),
    Row("kth2", FIVE, "Taylor et al.", "ECCV 2010", 90.00, LEARNED, MEMORY),
    Row("kth2", OTHER, "Kim et al.", "CVPR 2007", 95.33, ENGINEERED, MEMORY),
    Row("kth2", OTHER, "Ikizler et al.", "ICPR 2008", 94.00, ENGINEERED, MEMORY),
    Row("kth2", OTHER, "Laptev et al.", "CVPR 2008", 91.80, ENGINEERED, MEMORY),
    Row("kth2", OTHER, "Dollar et al.", "VS-PETS 2005", 81.20, ENGINEERED, ELSEWHERE),
)

INTRODUCTION = """\
# Table 2

Written by [`experiments/table2.py`](../experiments/table2.py). What the paper compares itself with on KTH, as it
prints it, and a row for this implementation on each set. That row is filled from the records of
[Table 1](table1.md) alone, and only from those of the whole of KTH under the same protocol: 3D-ConvNet + LSTM, five
draws.

Accuracies in percent. Only rows of one set and one protocol can be compared: the paper cites differences of up to 9
points between protocols, and 5.85 between KTH1 and KTH2. Gao et al.'s 95.04 and 93.57 are means of the best 5 of 30
runs; those of the worst 5 are 90.93 and 88.49 (both in the paper's text).

*Confirmed by*: where else than in the paper's table the value was seen. *memory* means nowhere: the table itself was
not at hand when this was written, so look it up before you rely on it. Places and years are from memory too.
"""


def ours(records: Path, variant: str) -> list[list[str]]:
    """Our rows for a set: of each recipe that has all five draws on the whole of KTH, or the word that none has."""
    rows = [
        _our_row(one, variant)
        for one in table1_page.load(records)["kth"]
        if one["rows"][0]["variant"] == variant and _comparable(one)
    ]
    return rows or [[SETS[variant], FIVE, f"this implementation, {LSTM}", "-", "not measured", LEARNED, "-"]]


def _comparable(one: Mapping[str, Any]) -> bool:
    row = one["rows"][0]
    return row["protocol"] == "draws" and row["model"] == "convnet-lstm" and one["total"]["draws"] == DRAWS


def _our_row(one: Mapping[str, Any], variant: str) -> list[str]:
    total, about = one["total"], one["record"]["dataset"]
    recipe = table1_page.recipe(total["settings"])
    if one["record"]["config"]["video"]["empty"] == "keep":
        recipe += ", empty windows kept"
    dataset = f"dataset `{about['name']}` {about['variant']}, {about['sequences']} of {WHOLE[variant]} sequences"
    accuracy = percent(total["mean"]["lstm"]).removesuffix(" %")
    record = f"[record](../experiments/table1/{one['name']}.json): {dataset}, {total['runs']} runs"
    return [SETS[variant], FIVE, f"this implementation, {LSTM} ({recipe})", record, accuracy, LEARNED, "the record"]


def table(records: Path) -> Table:
    """The published rows, with ours below those of the same set and protocol."""
    rows = []
    for variant in SETS:
        for protocol in (FIVE, OUT, OTHER):
            same = [row for row in ROWS if (row.variant, row.protocol) == (variant, protocol)]
            for row in same:
                cells = [SETS[variant], protocol, row.method, row.source, f"{row.accuracy:.2f}"]
                rows.append([*cells, row.features, row.confirmed])
            if protocol == FIVE:
                rows += ours(records, variant)
    return Table(["set", "protocol", "method", "source", "accuracy", "features", "confirmed by"], rows)


def page(records: Path) -> str:
    """The whole document."""
    return f"{INTRODUCTION}\n{markdown(table(records))}\n"


def work(args: argparse.Namespace) -> int:
    """Write the page."""
    files.write_atomic(PAGE, page(args.records))
    print(f"written: {PAGE}")
    return 0


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = cli.parser("table2", "Table 2 of the paper, with a row for our records.", configurable=False)
    parser.prog = "table2.py"
    parser.add_argument("--records", type=Path, default=table1.RECORDS, metavar="DIR", help="those of table1.py")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    return cli.run(work, options(), argv)


if __name__ == "__main__":
    sys.exit(main())
