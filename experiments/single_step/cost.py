"""What one run of a recipe costs: seconds of the processor, in a process of its own, all recipes in turn.

python -m experiments.single_step.cost JOB     one run, as the file JOB says; tells its seconds by stage there
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments import access, script
from experiments.results import groups
from experiments.results.groups import Group
from experiments.single_step.kept import Kept
from seqdl import config as configuration
from seqdl.base import cli, files
from seqdl.config import Config
from seqdl.datasets import choose
from seqdl.evaluation import job
from seqdl.runs.result import Epoch

LEAST = 0.9
"""A run that had less of a core than this says nothing of its cost."""
Measured = dict[str, Any]


def measure(chosen: Sequence[Group], out: Path, data_root: Path, rounds: int, record: Path) -> None:
    """Measure what is not yet measured so many times, round by round, and keep each as soon as it is there."""
    known = files.read_json(record) if record.is_file() else {"environment": access.environment(), "measured": []}
    for number in range(1, rounds + 1):
        for group in chosen:
            if sum(one["group"] == group.name for one in known["measured"]) >= number:
                continue
            if absent := [other.name for other in groups.before(group) if not (out / other.name).is_dir()]:
                cli.say(f"{group.name}: left out, {absent[0]} is not in {out}")
                continue
            found = once(groups.begun(groups.make_config(group, data_root), group, out))
            spent = sum(found["seconds"].values())
            share = spent / found["clock"]
            told = f"{group.name}: {spent:.1f} s of the processor, {share:.0%} of a core"
            if share < LEAST:
                cli.say(f"{told}: not kept, the machine had other work; the same command measures it again")
                continue
            cli.say(told)
            known["measured"].append({"group": group.name, **found})
            write(record, known)


def write(record: Path, known: Mapping[str, Any]) -> None:
    """Write the record, a line for each run."""
    lines = ",\n".join(json.dumps(one) for one in sorted(known["measured"], key=lambda one: one["group"]))
    files.write_atomic(record, f'{{"environment": {json.dumps(known["environment"])},\n"measured": [\n{lines}\n]}}\n')


def once(config: Config) -> Measured:
    """A run in a process of its own: seconds of the processor by stage, and on the clock."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "job.json"
        files.write_json(path, configuration.to_dict(config))
        script.process(["-m", "experiments.single_step.cost", path])
        return files.read_json(path)


def run(path: Path) -> None:
    """Train and evaluate as a file says, with kernels compiled and video prepared before; leave the seconds there."""
    config = configuration.from_dict(files.read_json(path))
    config = choose.with_own(config, choose.whole(config))
    job.rehearse(config)
    seconds: dict[str, float] = {}
    passes: dict[str, int] = {}
    started, last = time.perf_counter(), time.process_time()

    def spent(stage: str) -> None:
        nonlocal last
        now = time.process_time()
        seconds[stage] = seconds.get(stage, 0.0) + now - last
        last = now

    def on_pass(epoch: Epoch) -> None:
        spent(epoch.stage)
        passes[epoch.stage] = epoch.epoch

    job.train(config, path.parent / "run", on_pass=on_pass)
    spent("evaluation")
    rounded = {stage: round(value, 2) for stage, value in seconds.items()}
    clock = round(time.perf_counter() - started, 2)
    files.write_json(path, {"seconds": rounded, "passes": passes, "clock": clock})


def costs(record: Mapping[str, Any], chosen: Iterable[Group], kept: Mapping[str, Kept]) -> dict[str, float]:
    """The seconds of a run of each group, the median of those that were measured.

    Training may stop before its last pass, so the passes of the group's runs on record, in the mean, take the place of
    those of the run that was measured. A run that goes on with another's networks costs that one's seconds as well.
    """
    found: dict[str, list[float]] = {}
    for one in record["measured"]:
        usual = kept[one["group"]].training() if one["group"] in kept else {}
        shares = {stage: usual[stage][0] / passes for stage, passes in one["passes"].items() if stage in usual}
        spent = sum(seconds * shares.get(stage, 1.0) for stage, seconds in one["seconds"].items())
        found.setdefault(one["group"], []).append(spent)
    own = {name: statistics.median(values) for name, values in found.items()}
    whole = {}
    for group in chosen:
        needed = [group, *groups.before(group)]
        if all(one.name in own for one in needed):
            whole[group.name] = sum(own[one.name] for one in needed)
    return whole


if __name__ == "__main__":
    run(Path(sys.argv[1]))
