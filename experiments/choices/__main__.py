"""What the paper leaves open, measured: each choice varied alone against the default, on development persons.

python -m experiments.choices --data-dir DIR     run what is not yet finished, write record and document

DIR holds the part of IXMAS. Every variant of variants.py is trained on three of four persons and tried on the fourth,
each in turn, with three seeds. Killed at any time, the same command goes on. The record is record.json, the document
docs/choices.md.
"""

import argparse
import contextlib
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from experiments import access, fill, script
from experiments.choices import page, runs
from experiments.choices import variants as choices
from experiments.choices.variants import DEFAULT, SEEDS, Variant
from experiments.cost import Size
from seqdl.base import cli, files
from seqdl.config import Config, to_dict
from seqdl.errors import SeqdlError, UsageError
from seqdl.evaluation import crossval
from seqdl.jobs import processes
from seqdl.jobs.job import Job
from seqdl.runs.codec import encode
from seqdl.runs.environment import cores
from seqdl.runs.folder import RunFolder

RECORD = Path(__file__).resolve().with_name("record.json")
DOCUMENT = script.DOCS / "choices.md"
PART = script.EXPERIMENTS / "results" / "ixmas-persons-best.json"
"""The record that tells how much there is of each person."""
FEATURES = "features"
OTHERS = ("reference",)
"""Places of the document that ``experiments.stip_reference`` fills."""


def _said(kept: dict[str, Any]) -> str:
    """What a finished run says, in words."""
    if "collapsed" in kept:
        return kept["collapsed"]
    if "persons" not in kept:
        return ", ".join(f"{way} {correct / count:.1%}" for way, (correct, count) in kept.items())
    count, voting, lstm = (sum(column) for column in zip(*kept["persons"].values()))
    return f"voting {voting / count:.1%}, LSTM {lstm / count:.1%}"


def measure(chosen: Mapping[str, list[Variant]], features: bool, base: Config, out: Path, workers: int) -> list[str]:
    """Run what is not yet finished, group by group; the names of what failed."""
    draws = drawn(base)
    groups = [jobs_of(group, base, draws, out) for group in chosen.values()]
    if features:
        groups.append([_job(out, f"{FEATURES}/{name}", runs.features, config) for name, config in draws.items()])
    total, finished, failed = sum(map(len, groups)), 0, []
    cli.say(f"{total} runs to be done in {out}")
    for jobs in groups:
        with contextlib.closing(processes.run(jobs, workers, retries=2)) as events:
            for event in events:
                if event.kind == "died":
                    cli.say(f"{event.name}: its process ended {event.value}; it is tried again")
                elif event.kind == "failed":
                    failed.append(event.name)
                    cli.say(f"{event.name}: failed: {event.value}")
                elif event.kind == "done":
                    finished += 1
                    cli.say(f"[{finished}/{total}] {event.name}: {_said(event.value)}")
    return failed


def drawn(base: Config) -> dict[str, Config]:
    """The runs of a variant by their names."""
    return {draw.name: draw.config for draw in crossval.plan(base, SEEDS)[1]}


def jobs_of(group: Iterable[Variant], base: Config, draws: Mapping[str, Config], out: Path) -> list[Job]:
    """The unfinished runs of some variants."""
    jobs = []
    for variant in group:
        for draw, plain in draws.items():
            name = f"{variant.folder}/{draw}"
            if runs.finished(out / name):
                continue
            config = replace(variant.config(base), seed=plain.seed, data=plain.data)
            convnet = str(out / DEFAULT / draw / runs.CONVNET) if variant.keeps_convnet else ""
            jobs.append(_job(out, name, runs.run, config, convnet, variant.coefficient))
    return jobs


def _job(out: Path, name: str, function: Any, config: Config, *more: Any) -> Job:
    return Job(name, function, (to_dict(config), str(out / name), *more), out / "logs" / f"{name}.log")


def record(base: Config, out: Path) -> dict[str, Any]:
    """Everything that is finished in the folder."""
    draws, found = drawn(base), {}
    for group in choices.variants().values():
        for variant in group:
            kept = {name: runs.finished(out / variant.folder / name) for name in draws}
            found[variant.name] = {name: run for name, run in kept.items() if run}
    features = {name: out / FEATURES / name / runs.FEATURES for name in draws}
    origin = RunFolder(out / DEFAULT / next(iter(draws)))
    config = to_dict(origin.config)
    return {
        "environment": encode(origin.environment),
        "config": config | {"data": config["data"] | {"data_dir": ""}},
        "seeds": list(SEEDS),
        "variants": {name: kept for name, kept in found.items() if kept},
        "features": {name: files.read_json(path) for name, path in features.items() if path.is_file()},
    }


def costs(chosen: Mapping[str, list[Variant]], base: Config) -> str:
    """The variants with what they cost."""
    count = len(choices.PERSONS) * len(SEEDS)
    clips = {clip.name: clip for clip in access.read_record(PART).decided() if clip.person in choices.PERSONS}
    frames = sum(clip.steps + 8 for clip in clips.values())
    size = Size(len(clips), frames, 1 - 1 / len(choices.PERSONS))
    each = [variant for group in chosen.values() for variant in group]
    minutes = {one.name: count * one.cost(one.config(base), size) / 60 for one in each}
    minutes["all, on one core, kernels and videos not counted"] = sum(minutes.values())
    return "\n".join(["minutes  variant", *(f"{value:6.1f}  {name}" for name, value in minutes.items())])


def work(args: argparse.Namespace) -> int:
    """Run, keep the record, write the document."""
    if args.again:
        write(files.read_json(RECORD))
        return 0
    variants = [word for word in args.only if word != FEATURES]
    chosen = choices.select(variants) if variants or not args.only else {}
    base = choices.base(args.data_dir)
    if args.dry_run:
        print(costs(chosen, base))
        return 0
    if not args.data_dir:
        raise UsageError("--data-dir is missing: name the folder with the part of IXMAS")
    failed = []
    if not args.record:
        features = not args.only or FEATURES in args.only
        failed = measure(chosen, features, base, args.out, args.workers or cores())
    kept = record(base, args.out)
    files.write_json(RECORD, kept)
    write(kept)
    print(page.section(kept))
    if failed:
        raise SeqdlError(
            f"not finished: {', '.join(failed)} (why: in {args.out / 'logs'}); the same command tries again"
        )
    return 0


def write(record: Mapping[str, Any]) -> None:
    """Fill in the document's tables."""
    fill.write(DOCUMENT, {"measured": page.section(record)}, OTHERS)


main = script.command(
    "choices",
    "Vary each choice that the paper leaves open, alone.",
    work,
    script.option("--data-dir", default="", metavar="DIR", help="the folder with the part of IXMAS"),
    script.option("--out", type=Path, default=Path("runs/choices"), metavar="DIR", help="holds all runs"),
    script.option(
        "--only", nargs="+", default=[], metavar="NAME", help=f"variants by a part of their name; {FEATURES}"
    ),
    script.WORKERS,
    script.flag("--dry-run", "list the variants and what they cost; run nothing"),
    script.flag("--record", "keep the record of what is finished; run nothing"),
    script.flag("--again", "write the document from the record; run nothing"),
)

if __name__ == "__main__":
    sys.exit(main())
