"""Networks trained on drawn figures, tried on videos of KTH, of which half were for choosing and half were not.

python -m experiments.transfer RUN... --data-dir DIR    the table of docs/actors.md, from finished runs on actors

Runs join those on record; one of the same data, recipe and seed takes the place of that.

The persons of the folder are sorted; the first half of them is for choosing between ways of drawing, and what the
others show is reported and chooses nothing.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

from experiments import fill, script
from seqdl.base import files
from seqdl.base.words import count
from seqdl.errors import UsageError
from seqdl.interface import Run, open_run
from seqdl.reports.tables import Table, markdown, percent
from seqdl.runs.result import Evaluation
from seqdl.runs.settings import settings

RECORD, PAGE = script.EXPERIMENTS / "transfer.json", script.DOCS / "actors.md"
WAYS = ("voting", "lstm")
VARIANTS = {"kth2": "cut sequences", "kth1": "whole videos"}
HALVES = ("choosing", "reporting")


def right(evaluation: Evaluation) -> dict[str, dict[str, list[int]]]:
    """How many sequences each person has, and how many of them are decided rightly in each way: right, of how many."""
    found: dict[str, dict[str, list[int]]] = {}
    for one in evaluation.sequences:
        own = found.setdefault(one.person, {way: [0, 0] for way in WAYS})
        for way in WAYS:
            own[way][0] += one.right(way)
            own[way][1] += 1
    return dict(sorted(found.items()))


def tried(run: Run, data_dir: str, workers: int) -> dict[str, Any]:
    """What is kept of a run: what it was trained on, and what it decided on its own test persons and on KTH."""
    result, data = run.result, run.result.dataset
    if data.name != "actors":
        raise UsageError(f"{run}: was trained on {data.name}, not on actors")
    kth = {name: right(run.evaluate("kth", data_dir, name, workers=workers).evaluation) for name in VARIANTS}
    own = {way: result.scores[way].accuracy for way in WAYS}
    persons = len(result.split.train_persons)
    recipe = " ".join(one for one in settings(run.config) if not one.startswith("data.")) or "paper"
    return {
        "variant": data.variant, "recipe": recipe, "seed": result.seed, "persons": persons, "own": own, "kth": kth
    }  # fmt: skip


def _key(one: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(one[name] for name in ("variant", "recipe", "persons", "seed"))


def halves(persons: Sequence[str]) -> dict[str, list[str]]:
    """The first half of the sorted persons, and the others."""
    ordered = sorted(persons)
    return dict(zip(HALVES, (ordered[: len(ordered) // 2], ordered[len(ordered) // 2 :]), strict=True))


def accuracy(counts: Mapping[str, Mapping[str, Sequence[int]]], persons: Sequence[str], way: str) -> float:
    """The share of these persons' sequences that one way of deciding gets right."""
    return sum(counts[one][way][0] for one in persons) / sum(counts[one][way][1] for one in persons)


def blocks(record: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What stands in the places of docs/actors.md."""
    kinds: dict[tuple[str, str, int], list[Mapping[str, Any]]] = {}
    for run in sorted(record, key=lambda run: run["persons"]):
        kinds.setdefault((run["variant"], run["recipe"], run["persons"]), []).append(run)
    own, other = [], []
    for (name, recipe, persons), runs in kinds.items():
        about = [f"`{name}`", f"`{recipe}`", str(persons), str(len(runs))]
        own.append([*about, *(_shown([run["own"][way] for run in runs]) for way in WAYS)])
        for variant, what in VARIANTS.items():
            rated = [(half, way) for half in HALVES for way in WAYS]
            other.append([*about, what, *(_shown([_rate(run["kth"][variant], *one) for run in runs]) for one in rated)])
    head = ["trained on", "recipe", "training persons", "runs"]
    ways = ["voting", "LSTM"]
    titles = [f"{half}: {way}" for half in HALVES for way in ways]
    return {
        "own": markdown(Table([*head, *ways], own)),
        "halves": _sizes(record[0]["kth"]),
        "transfer": markdown(Table([*head, "KTH's", *titles], other)),
    }


def _rate(counts: Mapping[str, Mapping[str, Sequence[int]]], half: str, way: str) -> float:
    return accuracy(counts, halves(list(counts))[half], way)


def _sizes(kth: Mapping[str, Mapping[str, Mapping[str, Sequence[int]]]]) -> str:
    """Who is in which half, and how much there is of them."""
    lines = []
    for half, persons in halves(list(kth["kth2"])).items():
        cut, whole = (sum(kth[name][one]["lstm"][1] for one in persons) for name in VARIANTS)
        lines.append(f"* {half}: {', '.join(persons)}; {count(whole, 'video')}, {count(cut, 'cut sequence')}")
    return "\n".join(lines)


def _shown(shares: Sequence[float]) -> str:
    """The mean, and each value where there are several."""
    each = f" ({', '.join(f'{100 * share:.0f}' for share in shares)})" if len(shares) > 1 else ""
    return f"{percent(mean(shares))}{each}"


def work(args: argparse.Namespace) -> int:
    """Evaluate, keep the record, fill in the page; without runs only the last."""
    if bool(args.runs) != bool(args.data_dir):
        raise UsageError("runs go with --data-dir, the folder of KTH; without both the page is filled in anew")
    if args.runs:
        found = [tried(open_run(run), args.data_dir, args.workers or 1) for run in args.runs]
        files.write_json(RECORD, list({_key(one): one for one in [*files.read_json(RECORD), *found]}.values()))
    fill.write(PAGE, blocks(files.read_json(RECORD)))
    print(f"written: {PAGE}")
    return 0


main = script.command(
    "transfer",
    "Networks trained on drawn figures, tried on videos of KTH.",
    work,
    script.option("runs", metavar="RUN", nargs="*", help="finished runs on actors"),
    script.option("--data-dir", default="", metavar="DIR", help="the folder of KTH, or of a part of it"),
    script.WORKERS,
)

if __name__ == "__main__":
    sys.exit(main())
