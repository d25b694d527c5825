"""Cross-validation: every split of a protocol, with every seed, each a run of its own.

A cross-validation's folder holds ``crossval.json`` (what is planned and what is finished), ``evaluations.jsonl`` (every
look at test persons), ``logs``, and a run folder for each draw and seed. Whatever ends it, the same call goes on: what
is finished is never run again, the rest resumes from its checkpoints.
"""

import contextlib
import operator
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from seqdl.base import cache, cli, disk, files, locks
from seqdl.base.interrupts import nothing_lost
from seqdl.config import Config, from_dict, to_dict
from seqdl.datasets import choose
from seqdl.datasets.base import Dataset
from seqdl.errors import SeqdlError, UsageError
from seqdl.evaluation import job
from seqdl.jobs.job import TICK, Event, Job
from seqdl.jobs.spread import Spread
from seqdl.runs import folder as run_folder
from seqdl.runs import manifest
from seqdl.runs.environment import environment
from seqdl.runs.folder import RunFolder
from seqdl.runs.manifest import MANIFEST, Manifest
from seqdl.runs.settings import flat
from seqdl.runs.summary import Row
from seqdl.training import warm

FREE = (*run_folder.FREE, "seed", "data.draw", "data.inner_draw")
"""What may differ when a cross-validation goes on: where its videos are, and how many draws and seeds there are."""

PATIENCE = 60.0
"""Seconds until a file of another machine is seen here at the latest: NFS remembers folders for a while."""


@dataclass(frozen=True)
class Draw:
    """One split with one seed.

    Parameters
    ----------
    name, config
        Such as ``draw2-seed0``, the name of its run folder; and its configuration.
    """

    name: str
    config: Config


Watch = Callable[[Event], None]


def run_draw(config: dict[str, Any], folder: str) -> Row:
    """Train and evaluate one draw, or go on with it: the unit of work, here and on any other machine.

    Whatever it is given and returns can be pickled and sent, and it may be called again at any time.
    """
    run = RunFolder(Path(folder))
    if not run.finished:
        effective = from_dict(config)
        if not run.begun:  # it died before it had begun
            for file in run.path.glob("*"):
                disk.remove(file)
            run_folder.create(run.path, effective)
        _compile(effective)
        job.train(effective, run.path, resume=True, say=cli.say)
    return manifest.finished(run.path)


def _whole(seeds: Sequence[int]) -> list[int]:
    try:
        whole = [operator.index(seed) for seed in seeds]
    except TypeError as error:
        raise UsageError(f"seeds={seeds}: give whole numbers from 0, such as [0, 1, 2]") from error
    if not whole or min(whole) < 0:
        raise UsageError(f"seeds={seeds}: give whole numbers from 0, such as [0, 1, 2]")
    return whole


def default_folder(config: Config) -> Path:
    """The folder of a configuration that names none: the same for the same, so that the same call goes on."""
    config = choose.with_protocol(config)
    data = config.data
    key = files.digest(fixed_settings(config), 8)
    parts = ["crossval", data.dataset, data.variant, data.protocol.split(":")[0], "inner" if data.inner else "", key]
    return Path("runs") / "-".join(part for part in parts if part)


def plan(config: Config, seeds: Sequence[int]) -> tuple[Dataset, list[Draw]]:
    """All draws of the configuration's protocol, whose own draw and seed do not count, with all seeds, seed by seed.

    The dataset has all persons that any draw looks at; with inner splits nobody who is tested in every draw around
    them. What is wrong with the data or the configuration is found, and raised as a SeqdlError, before a draw is begun.
    """
    dataset = choose.whole(config)
    config = choose.with_own(config, dataset)
    job.new_recogniser(config, dataset)
    dataset, places = choose.places(config.data, dataset)
    draws = []
    for seed in dict.fromkeys(seeds):
        for data in places:
            own = replace(config, seed=seed, data=data)
            draws.append(Draw(manifest.run_name(own), own))
    return dataset, draws


def crossval(
    config: Config, seeds: Sequence[int], out: str | Path, spread: Spread, watch: Watch = job.silent
) -> Manifest:
    """Run what is not yet finished of a cross-validation, and sum up.

    ``out`` is a new folder, or that of the same ``config``, whose ``seeds`` are kept; empty for :func:`default_folder`.
    ``spread`` says where draws are run; with a cluster its ``workers`` only prepare video. ``watch`` is told every
    :class:`~seqdl.jobs.job.Event`, here also of kind ``note``, whose value is a sentence. A SeqdlError says what is
    wrong with the data, the configuration or the folder; a draw that fails is told to ``watch`` and listed under
    ``failed``.
    """
    spread.validate()
    seeds = _whole(seeds)
    config = choose.with_protocol(config)
    folder = Path(out) if out != "" else default_folder(config)

    def say(line: str) -> None:
        watch(Event("note", value=line))

    config, seeds = _joined(folder, config, seeds)
    dataset, draws = plan(config, seeds)
    with _alone(folder):
        record = Manifest(folder, config, tuple(dict.fromkeys(seeds)), tuple(draw.name for draw in draws))
        for draw in draws:
            if RunFolder(folder / draw.name).finished:
                record.runs[draw.name] = manifest.finished(folder / draw.name)
        record.write()
        left = [draw for draw in draws if draw.name not in record.runs]
        say(f"cross-validation in {folder}: {len(draws)} draws, {len(draws) - len(left)} of them finished")
        if not left:
            return record
        if warm.wanted(config):  # what is wrong with any of its runs is found before a draw is begun
            everybody = choose.whole(config)
            for draw in left:
                job.begin(draw.config, *choose.divide(draw.config, everybody), folder / draw.name)
        jobs = [_job(draw, folder) for draw in left]
        with (
            nothing_lost(say, f"the same command goes on where it was (its folder is {folder})"),
            spread.ready(folder, _read(config), say) as run,
        ):
            for note in dataset.notes:
                say(f"note: {note}")
            job.prepare(left[0].config, dataset, max(1, spread.workers), say, "each run's result.json")
            _compile(left[0].config)
            _follow(run(jobs), record, watch)
        return record


def _job(draw: Draw, folder: Path) -> Job:
    """A draw for this machine or another one, which finds everything under the same names."""
    places = {"SEQDL_CACHE": cache.folder(), "NUMBA_CACHE_DIR": cache.compiled_folder().parent}
    return Job(
        draw.name,
        run_draw,
        (to_dict(draw.config), str(folder / draw.name)),
        folder.absolute() / "logs" / f"{draw.name}.log",
        str(Path.cwd()),
        {name: str(path.absolute()) for name, path in places.items()},
    )


def _read(config: Config) -> list[Path]:
    """What draws read and another machine must see too."""
    data = config.data
    protocol = data.protocol.removeprefix("file:") if data.protocol.startswith("file:") else ""
    return [Path(name) for name in (data.data_dir, data.persons, protocol, warm.wanted(config)) if name]


def _follow(events: Generator[Event], record: Manifest, watch: Watch) -> None:
    """Note what comes of the draws."""
    with contextlib.closing(events):
        for event in events:
            if event.kind == "done":
                _appears(RunFolder(record.folder / event.name))
                record.runs[event.name] = event.value
                record.write()
            elif event.kind == "failed":
                record.failed[event.name] = event.value
                record.write()
            watch(event)
    record.write()


def _joined(folder: Path, config: Config, seeds: Sequence[int]) -> tuple[Config, list[int]]:
    """The configuration and seeds with those that the folder already has."""
    if not folder.exists():
        return config, list(seeds)
    if not folder.is_dir():
        raise UsageError(f"out={folder} is no folder: choose another")
    if not (folder / MANIFEST).is_file():
        if files.holds(folder, "lock"):  # of one just begun
            raise UsageError(f"out={folder} holds something else than a cross-validation: choose another folder")
        return config, list(seeds)
    there = manifest.read(folder)
    before = there.config
    old, new = (fixed_settings(one) for one in (before, config))
    name = next((name for name in new if old[name] != new[name]), None)
    if name:
        raise UsageError(
            f"out={folder} holds a cross-validation with {name} = {old[name]}, not {new[name]}: choose another folder"
        )
    data = replace(
        config.data,
        draws=max(before.data.draws, config.data.draws),
        inner_draws=max(before.data.inner_draws, config.data.inner_draws),
    )
    return replace(config, data=data), list(dict.fromkeys([*there.seeds, *seeds]))


def fixed_settings(config: Config) -> dict[str, Any]:
    """What must be the same for a cross-validation to go on: values by their dotted names."""
    return {name: value for name, value in flat(to_dict(config)) if name not in FREE}


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder for this process; another one is refused."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(locks.held(folder / "lock", wait=False))
        except locks.HeldError as error:
            raise SeqdlError(f"another seqdl crossval is at work in {folder}: wait for it, or end it") from error
        except OSError as error:
            raise SeqdlError(f"cannot write into {folder}: {error.strerror}; choose another with out=") from error
        yield


def _appears(run: RunFolder) -> None:
    """Wait until the result that another machine has written is seen here too."""
    until = time.monotonic() + PATIENCE
    while not run.finished and time.monotonic() < until:
        time.sleep(TICK)


def _compile(config: Config) -> None:
    """Train a little, so that draws find the kernels compiled and never write their cache at the same time.

    Once for each network and kind of processor: the machines of a cluster that share a cache may be of several.
    """
    if config.backend != "numba":
        return
    here = environment()
    name = files.digest([fixed_settings(config), here.libraries, here.cpu])
    mark = cache.compiled_folder() / f"{name}.compiled"
    if mark.exists():
        return
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(locks.held(mark.with_name("lock")))
        except (OSError, locks.NoLocksError) as error:  # then each draw compiles for itself
            cache.warn_not_kept(error)
            return
        if not mark.exists():  # not by those either who held it before
            job.rehearse(config)
            disk.touch(mark, make=True)
