"""The records as text: for the terminal, and between the markers of data/README.md.

``python -m seqdl.datasets.page data/README.md`` writes that page anew.
"""

import re
import sys
import textwrap
from collections.abc import Iterable
from itertools import zip_longest
from pathlib import Path

from seqdl.base import files
from seqdl.base.words import count
from seqdl.datasets import registry
from seqdl.datasets.base import DatasetRecord, Variant

WRITER = "python -m seqdl.datasets.page"
SURE = "(seen): checked on real files; (source): read in a public source; (memory): not confirmed."


def summary(record: DatasetRecord) -> str:
    """Three lines, or more where one is long: what a dataset is, its variants, box and rate, its protocols."""
    variants = f"{', '.join(record.variants)}; box: {record.box}; {record.rate:g} frames a second"
    lines = [record.about, f"variants: {variants}", f"protocols: {', '.join(record.protocols)}"]
    shown = [part for line in lines for part in textwrap.wrap(line, 104, break_on_hyphens=False)]
    return "\n".join(f"{head:<15} {line}" for head, line in zip_longest((record.name,), shown, fillvalue=""))


def details(record: DatasetRecord) -> str:
    """All that a person may want to know of a dataset before getting it, without a final line break."""
    lines = [f"{record.name}: {record.about}", "", "Variants, the default first:"]
    width = max(map(len, record.variants))
    for name, variant in record.variants.items():
        lines.append(f"  {name:<{width}}  {variant.about}{_amount(variant, record)}")
    lines += [
        "",
        f"Protocols: {', '.join(record.protocols)}, the usual one first",
        f"Box: {record.box}; {record.rate:g} frames a second, to which other videos are resampled",
    ]
    if record.layout:
        lines += ["", section(record, ""), f"What is checked: {record.checked}."]
    if record.source:
        lines += [SURE]
    if record.obtain:
        lines += ["", f"seqdl prepare {record.name} --download fetches what the folder lacks."]
    return "\n".join(lines)


def table(records: list[DatasetRecord]) -> str:
    """The datasets side by side, in Markdown."""
    head = ("`--dataset`", "variants (default first)", "persons", "classes", "sequences", "box", "frames a second")
    rows = [[*head, "protocols (usual one first)"]]
    for record in records:
        amounts = [_column(record, name) for name in ("persons", "classes", "sequences")]
        protocols = _code(name for name in record.protocols if name not in ("all", "file:PATH"))
        box, rate = f"`{record.box}`", f"{record.rate:g}"
        rows.append([_code([record.name]), _code(record.variants), *amounts, box, rate, protocols])
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]])


def section(record: DatasetRecord, fence: str = "```\n") -> str:
    """Where a dataset comes from and how its folder must look, in Markdown; ``fence`` encloses the folder's layout."""
    source = f"<{record.source}> (source)" if record.source else ""
    told = (("From", source), ("Terms", record.terms), ("Cite", record.cite), ("Size", record.size))
    facts = "".join(f"* {head}: {text}\n" for head, text in told if text)
    return f"{facts}\n{fence}{record.layout}\n{fence}".strip()


def fill(text: str) -> str:
    """A page with everything between its markers written anew.

    ``<!-- datasets: written by ... -->`` begins the table, ``<!-- dataset NAME: written by ... -->`` what is said of
    one.
    """
    known = registry.records()

    def written(match: re.Match[str]) -> str:
        name = match["name"]
        inside = section(known[name]) if name else table(list(known.values()))
        what = f"dataset {name}" if name else "datasets"
        return f"<!-- {what}: written by {WRITER} -->\n\n{inside}\n\n<!-- end of {what} -->"

    marked = r"<!-- (?P<what>datasets|dataset (?P<name>\S+)): written by .*? -->.*?<!-- end of (?P=what) -->"
    return re.sub(marked, written, text, flags=re.DOTALL)


def _amount(variant: Variant, record: DatasetRecord) -> str:
    """How much of everything there is, as the end of a line."""
    if not variant.sequences:
        return ""
    unit = {"sequence": "recording"}.get(record.unit, record.unit)
    who = () if record.unit == "video" else (count(variant.persons, unit),)
    told = (*who, count(variant.classes, "class", "classes"))
    return f": {', '.join(told)}, {count(variant.sequences, 'sequence')}"


def _column(record: DatasetRecord, name: str) -> str:
    """A number for each variant, or one where all have the same."""
    numbers = [getattr(variant, name) for variant in record.variants.values()]
    if name == "persons" and record.unit == "video":
        return "not known"
    if not any(numbers):
        return "as found"
    unit = {"sequence": " recordings", "group": " groups"}.get(record.unit, "") if name == "persons" else ""
    return ", ".join(map(str, dict.fromkeys(numbers) if len(set(numbers)) == 1 else numbers)) + unit


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:]):
        files.write_atomic(path, fill(path.read_text(encoding="utf-8")))
