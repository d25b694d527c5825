"""What is kept of each group: that of experiments.single_step, and what runs decide together."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from experiments import access
from experiments.single_step import kept as single
from experiments.single_step.kept import Kept
from seqdl.base import files
from seqdl.runs import record as records
from seqdl.runs.codec import decode, encode
from seqdl.runs.together import BOTH, together

WAYS = ("voting", "lstm", BOTH)


@dataclass(frozen=True)
class Measured:
    """A group.

    Parameters
    ----------
    kept : Kept
        Its runs.
    added, seeds : dict of str to dict of str to tuple of int
        By run, and by draw for the runs of all its seeds together, of each person: how many sequences there are, and
        how many are decided rightly by voting, by the LSTM, and by both added up.
    """

    kept: Kept
    added: dict[str, dict[str, tuple[int, int, int, int]]]
    seeds: dict[str, dict[str, tuple[int, int, int, int]]]


def condense(folder: Path) -> Measured:
    """What is kept of the finished runs of a group, from its folder."""
    found = {path.name: result for path, result in access.finished(folder).items()}
    by_draw: dict[str, list[str]] = {}
    for name in found:
        by_draw.setdefault(name.partition("-")[0], []).append(name)

    def decided(names: list[str]) -> dict[str, tuple[int, int, int, int]]:
        results = [found[name] for name in names]
        persons = together(results, results[0].dataset.classes).persons
        return {
            person: (count, *(persons[way][person][1] for way in WAYS)) for person, (count, _) in persons[BOTH].items()
        }

    return Measured(
        single.condense(records.pack(folder)),
        {name: decided([name]) for name in found},
        {draw: decided(names) for draw, names in by_draw.items()},
    )


def write(path: Path, groups: Mapping[str, Measured]) -> None:
    """Write groups, a line for each; those that the file before it has of others stay."""
    known = (read(path) if path.is_file() else {}) | groups
    lines = [
        f"{json.dumps(name)}: {json.dumps(encode(one), separators=(',', ':'))}" for name, one in sorted(known.items())
    ]
    files.write_atomic(path, "{\n" + ",\n".join(lines) + "\n}\n")


def read(path: Path) -> dict[str, Measured]:
    """The groups in a file that :func:`write` wrote."""
    return {name: decode(Measured, values, path, name) for name, values in files.read_json(path).items()}
