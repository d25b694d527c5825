"""What the paper leaves open, measured: each choice varied alone against the default, on development persons.

python experiments/choices.py --data-dir DIR            run what is not yet finished, write record and document
python experiments/choices.py --data-dir DIR --dry-run  what there is to be done, and what it costs
python experiments/choices.py --data-dir DIR --record   write record and document from what is finished, run nothing
python experiments/choices.py --again                   write the document once more, from the record

DIR holds the part of IXMAS. Every variant of choices_table.py is trained on three of four persons and tried on the
fourth, each in turn, with three seeds. Killed at any time, the same command goes on. The record is
choices.json, the document docs/choices.md.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import choices_table
from choices_table import DEFAULT, SEEDS, Variant

from seqdl.base import cli, files
from seqdl.config import Config, to_dict
from seqdl.errors import SeqdlError, UsageError

if TYPE_CHECKING:
    from seqdl.evaluation.crossval import Draw
    from seqdl.evaluation.processes import Event, Job

HERE = Path(__file__).resolve().parent
RECORD = HERE / "choices.json"
DOCUMENT = HERE.parent / "docs" / "choices.md"
FEATURES = "features"


class Watcher:
    """Shows how the runs go on standard error."""

    def __init__(self, out: Path, total: int) -> None:
        from seqdl.reports.screen import Screen

        self.out, self.total, self.finished = out, total, 0
        self.screen, self.started = Screen(sys.stderr), time.monotonic()
        self.running: list[str] = []
        self.failed: list[str] = []

    def watch(self, event: Event) -> None:
        """Take note of an event."""
        if event.kind == "started":
            self.running.append(event.name)
        elif event.kind == "tick":
            self._tick()
        else:
            self.running.remove(event.name)
            if event.kind == "died":
                self.screen.line(f"{event.name}: its process ended {event.value}; it is tried again")
            elif event.kind == "failed":
                self.failed.append(event.name)
                self.screen.line(f"{event.name}: failed: {event.value}")
            elif event.value is not None:
                self.finished += 1
                self.screen.line(f"[{self.finished}/{self.total}] {event.name}: {_said(event.value)}")

    def _tick(self) -> None:
        from seqdl.evaluation.crossval import progress
        from seqdl.reports.screen import bar
        from seqdl.reports.tables import duration

        lines = []
        for name in self.running:
            now = progress(self.out / name)
            lines.append(f"{bar(now.share)} {name}: {now.text or 'at work'}")
        passed = duration(time.monotonic() - self.started)
        lines.append(f"{self.finished} of {self.total} runs finished, {len(self.failed)} failed; {passed}")
        self.screen.show(lines)

    def close(self) -> None:
        """Leave the terminal as it was."""
        self.screen.show([])


def _said(kept: dict[str, Any]) -> str:
    """What a finished run says, in words."""
    if "collapsed" in kept:
        return kept["collapsed"]
    if "persons" not in kept:
        return ", ".join(f"{way} {correct / count:.1%}" for way, (correct, count) in kept.items())
    count, voting, lstm = (sum(column) for column in zip(*kept["persons"].values()))
    return f"voting {voting / count:.1%}, LSTM {lstm / count:.1%}"


def measure(chosen: dict[str, list[Variant]], features: bool, base: Config, out: Path, workers: int) -> list[str]:
    """Run what is not yet finished, group by group; the names of what failed."""
    import choices_runs

    from seqdl.evaluation import crossval, processes

    _, draws = crossval.plan(base, SEEDS)
    groups = [jobs_of(group, base, draws, out) for group in chosen.values()]
    if features:
        groups.append([_job(out, f"{FEATURES}/{d.name}", choices_runs.features, d.config) for d in draws])
    known: set[str] = set()
    with contextlib.closing(Watcher(out, sum(map(len, groups)))) as watcher:
        watcher.screen.line(f"{watcher.total} runs to be done in {out}")
        for jobs in groups:
            for some, at_once in ((_warming(jobs, known, out), 1), (jobs, workers)):
                with contextlib.closing(processes.run(some, at_once, retries=2)) as events:
                    for event in events:
                        watcher.watch(event)
    return watcher.failed


def jobs_of(group: Iterable[Variant], base: Config, draws: Iterable[Draw], out: Path) -> list[Job]:
    """The unfinished runs of some variants."""
    import choices_runs

    jobs = []
    for variant in group:
        for draw in draws:
            name = f"{variant.folder}/{draw.name}"
            if choices_runs.finished(out / name):
                continue
            config = replace(variant.config(base), seed=draw.config.seed, data=draw.config.data)
            convnet = str(out / DEFAULT / draw.name / choices_runs.CONVNET) if variant.keeps_convnet else ""
            jobs.append(_job(out, name, choices_runs.run, config, convnet, variant.coefficient))
    return jobs


def _job(out: Path, name: str, function: Any, config: Config, *more: Any) -> Job:
    from seqdl.evaluation.processes import Job

    return Job(name, function, (to_dict(config), str(out / name), *more), out / "logs" / f"{name}.log")


def _warming(jobs: Iterable[Job], known: set[str], out: Path) -> list[Job]:
    """What has to be compiled and prepared before some jobs, one after the other."""
    import choices_runs

    from seqdl import config as configuration
    from seqdl.evaluation.processes import Job

    warming = []
    for job in jobs:
        code = choices_runs.code(configuration.from_dict(job.arguments[0]))
        if code not in known:
            known.add(code)
            name = f"compiling for {job.name.partition('/')[0]}"
            warming.append(Job(name, choices_runs.warm, job.arguments[:1], out / "logs" / "compiling.log"))
    return warming


def record(base: Config, out: Path) -> dict[str, Any]:
    """Everything that is finished in the folder."""
    import choices_runs

    from seqdl.evaluation import crossval

    _, draws = crossval.plan(base, SEEDS)
    found = {}
    for group in choices_table.variants().values():
        for variant in group:
            runs = {draw.name: choices_runs.finished(out / variant.folder / draw.name) for draw in draws}
            found[variant.name] = {name: run for name, run in runs.items() if run}
    features = {d.name: out / FEATURES / d.name / choices_runs.FEATURES for d in draws}
    config, environment = (
        files.read_json(out / DEFAULT / draws[0].name / name) for name in ("config.json", "env.json")
    )
    return {
        "environment": environment,
        "config": config | {"data": config["data"] | {"data_dir": ""}},
        "seeds": list(SEEDS),
        "variants": {name: runs for name, runs in found.items() if runs},
        "features": {name: files.read_json(path) for name, path in features.items() if path.is_file()},
    }


def costs(chosen: dict[str, list[Variant]], base: Config) -> str:
    """The variants with what they cost."""
    runs = len(choices_table.PERSONS) * len(SEEDS)
    lines, total = [], 0.0
    for group in chosen.values():
        for variant in group:
            seconds = runs * variant.cost(variant.config(base))
            total += seconds
            lines.append(f"{seconds / 60:6.1f}  {variant.name}")
    return "\n".join(
        ["minutes  variant", *lines, f"{total / 60:6.1f}  all, on one core, kernels and videos not counted"]
    )


def work(args: argparse.Namespace) -> int:
    """Run, keep the record, write the document."""
    import choices_page

    if args.again:
        choices_page.write(DOCUMENT, files.read_json(RECORD))
        return 0
    variants = [word for word in args.only if word != FEATURES]
    chosen = choices_table.select(variants) if variants or not args.only else {}
    features = not args.only or FEATURES in args.only
    if args.dry_run:
        print(costs(chosen, choices_table.base(args.data_dir)))
        return 0
    if not args.data_dir:
        raise UsageError("--data-dir is missing: name the folder with the part of IXMAS")
    from seqdl.runs.folder import cores

    base = choices_table.base(args.data_dir)
    failed = [] if args.record else measure(chosen, features, base, args.out, args.workers or cores())
    kept = record(base, args.out)
    files.write_json(RECORD, kept)
    choices_page.write(DOCUMENT, kept)
    print(choices_page.section(kept))
    if failed:
        raise SeqdlError(
            f"not finished: {', '.join(failed)} (why: in {args.out / 'logs'}); the same command tries again"
        )
    return 0


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = cli.parser("choices", "Vary each choice that the paper leaves open, alone.", configurable=False)
    parser.prog = "choices.py"
    parser.add_argument("--data-dir", default="", metavar="DIR", help="the folder with the part of IXMAS")
    parser.add_argument("--out", type=Path, default=Path("runs/choices"), metavar="DIR", help="holds all runs")
    which = f"variants with this in their name; {FEATURES}: whose sequences the LSTM learns from"
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help=which)
    cli.add_workers(parser, "runs at once, one thread each (0: one for each core)")
    parser.add_argument("--dry-run", action="store_true", help="list the variants and what they cost; run nothing")
    parser.add_argument("--record", action="store_true", help="keep the record of what is finished; run nothing")
    parser.add_argument("--again", action="store_true", help="write the document from the record; run nothing")
    return parser


main = cli.door(options, work)

if __name__ == "__main__":
    sys.exit(main())
