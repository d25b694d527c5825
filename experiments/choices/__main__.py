"""What the paper leaves open, measured: each choice varied alone against the default, on development persons.

python -m experiments.choices --data-dir DIR            run what is not yet finished, write record and document
python -m experiments.choices --data-dir DIR --dry-run  what there is to be done, and what it costs
python -m experiments.choices --data-dir DIR --record   write record and document from what is finished, run nothing
python -m experiments.choices --again                   write the document once more, from the record

DIR holds the part of IXMAS. Every variant of variants.py is trained on three of four persons and tried on the fourth,
each in turn, with three seeds. Killed at any time, the same command goes on. The record is record.json, the document
docs/choices.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from experiments import access, fill, script
from experiments.access import Job
from experiments.choices import page, runs
from experiments.choices import variants as choices
from experiments.choices.variants import DEFAULT, SEEDS, Variant
from experiments.cost import Size
from seqdl import config as configuration
from seqdl.base import cli, files
from seqdl.config import Config, to_dict
from seqdl.errors import SeqdlError, UsageError

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
    draws = access.draws(base, SEEDS)
    groups = [jobs_of(group, base, draws, out) for group in chosen.values()]
    if features:
        groups.append([_job(out, f"{FEATURES}/{name}", runs.features, config) for name, config in draws.items()])
    known: set[str] = set()
    total, finished, failed = sum(map(len, groups)), 0, []
    access.say(f"{total} runs to be done in {out}")
    for jobs in groups:
        for some, at_once in ((_warming(jobs, known, out), 1), (jobs, workers)):
            for event in access.do(some, at_once):
                if event.kind == "died":
                    access.say(f"{event.name}: its process ended {event.value}; it is tried again")
                elif event.kind == "failed":
                    failed.append(event.name)
                    access.say(f"{event.name}: failed: {event.value}")
                elif event.kind == "done" and event.value is not None:
                    finished += 1
                    access.say(f"[{finished}/{total}] {event.name}: {_said(event.value)}")
    return failed


def jobs_of(group: Iterable[Variant], base: Config, draws: Mapping[str, Config], out: Path) -> list[Job]:
    """The unfinished runs of some variants."""
    jobs = []
    for variant in group:
        for draw, drawn in draws.items():
            name = f"{variant.folder}/{draw}"
            if runs.finished(out / name):
                continue
            config = replace(variant.config(base), seed=drawn.seed, data=drawn.data)
            convnet = str(out / DEFAULT / draw / runs.CONVNET) if variant.keeps_convnet else ""
            jobs.append(_job(out, name, runs.run, config, convnet, variant.coefficient))
    return jobs


def _job(out: Path, name: str, function: Any, config: Config, *more: Any) -> Job:
    return Job(name, function, (to_dict(config), str(out / name), *more), out / "logs" / f"{name}.log")


def _warming(jobs: Iterable[Job], known: set[str], out: Path) -> list[Job]:
    """What has to be compiled and prepared before some jobs, one after the other."""
    warming = []
    for job in jobs:
        code = runs.code(configuration.from_dict(job.arguments[0]))
        if code not in known:
            known.add(code)
            name = f"compiling for {job.name.partition('/')[0]}"
            warming.append(Job(name, runs.warm, job.arguments[:1], out / "logs" / "compiling.log"))
    return warming


def record(base: Config, out: Path) -> dict[str, Any]:
    """Everything that is finished in the folder."""
    draws = access.draws(base, SEEDS)
    found = {}
    for group in choices.variants().values():
        for variant in group:
            kept = {name: runs.finished(out / variant.folder / name) for name in draws}
            found[variant.name] = {name: run for name, run in kept.items() if run}
    features = {name: out / FEATURES / name / runs.FEATURES for name in draws}
    config, environment = access.origin(out / DEFAULT / next(iter(draws)))
    return {
        "environment": environment,
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
    lines, total = [], 0.0
    for group in chosen.values():
        for variant in group:
            seconds = count * variant.cost(variant.config(base), size)
            total += seconds
            lines.append(f"{seconds / 60:6.1f}  {variant.name}")
    return "\n".join(
        ["minutes  variant", *lines, f"{total / 60:6.1f}  all, on one core, kernels and videos not counted"]
    )


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
        failed = measure(chosen, features, base, args.out, args.workers or access.cores())
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


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = script.parser("choices", "Vary each choice that the paper leaves open, alone.")
    parser.add_argument("--data-dir", default="", metavar="DIR", help="the folder with the part of IXMAS")
    parser.add_argument("--out", type=Path, default=Path("runs/choices"), metavar="DIR", help="holds all runs")
    which = f"variants with this in their name; {FEATURES}: whose sequences the LSTM learns from"
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help=which)
    cli.add_workers(parser, "runs at once, one thread each (0: one for each core)")
    parser.add_argument("--dry-run", action="store_true", help="list the variants and what they cost; run nothing")
    parser.add_argument("--record", action="store_true", help="keep the record of what is finished; run nothing")
    parser.add_argument("--again", action="store_true", help="write the document from the record; run nothing")
    return parser


main = script.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
