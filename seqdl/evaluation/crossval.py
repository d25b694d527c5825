"""Cross-validation: every split of a protocol, with every seed, each a run of its own.

A cross-validation's folder holds ``crossval.json`` (what is planned and what is finished), ``evaluations.jsonl`` (every
look at test persons), ``logs``, and a run folder for each draw and seed. Whatever ends it, the same call goes on: what
is finished is never run again, the rest resumes from its checkpoints.
"""

from __future__ import annotations

import contextlib
import csv
import functools
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seqdl import config as configuration
from seqdl.base import files
from seqdl.config import Config
from seqdl.datasets import splits
from seqdl.datasets.base import Dataset
from seqdl.errors import SeqdlError, UsageError
from seqdl.evaluation import cluster, processes, run, summary
from seqdl.kernels.jit import compiled_folder
from seqdl.model.recogniser import Recogniser
from seqdl.runs import folder as run_folder

if TYPE_CHECKING:
    from distributed import Client

MANIFEST = "crossval.json"
FREE = ("seed", "data.data_dir", "data.persons", "data.draws", "data.draw", "data.inner_draws", "data.inner_draw")
"""What may differ when a cross-validation goes on: where its videos are, and how many draws and seeds there are."""

PATIENCE = 60.0
"""Seconds until a file of another machine is seen here at the latest: NFS remembers folders for a while."""


@dataclass(frozen=True)
class Draw:
    """One split with one seed.

    Parameters
    ----------
    name : str
        Such as ``draw2-seed0``; the name of its run folder.
    config : Config
        Its configuration.
    """

    name: str
    config: Config


@dataclass(frozen=True)
class Progress:
    """How far a draw is.

    Parameters
    ----------
    share : float
        Passes done of those that are allowed, in 0..1; training may stop sooner. 1 for a finished run.
    text : str
        The last pass in words; empty before the first.
    """

    share: float
    text: str


Watch = Callable[[processes.Event], None]


def run_draw(config: dict[str, Any], folder: str) -> dict[str, Any]:
    """Train and evaluate one draw, or go on with it: the unit of work, here and on any other machine.

    Whatever it is given and returns can be pickled and sent, and it may be called again at any time.

    Parameters
    ----------
    config : dict
        As in config.json.
    folder : str
        Its run folder, which need not exist.

    Returns
    -------
    dict
        See :func:`seqdl.evaluation.summary.row`.
    """
    path = Path(folder)
    if not (path / "result.json").is_file():
        effective = configuration.from_dict(config)
        if not (path / "env.json").is_file():  # it died before it had begun
            for file in path.glob("*"):
                file.unlink()
            run_folder.create(path, effective)
        _compile(effective)
        run.train(effective, path, resume=True, say=_say)
    return finished(path)


def finished(folder: Path) -> dict[str, Any]:
    """The row of a finished run.

    Parameters
    ----------
    folder : Path
        Its run folder.

    Returns
    -------
    dict
        See :func:`seqdl.evaluation.summary.row`.

    Raises
    ------
    SeqdlError
        For a file that is damaged.
    """
    config, result = files.read_json(folder / "config.json"), files.read_json(folder / "result.json")
    try:
        return summary.row(configuration.to_dict(configuration.from_dict(config)), result)
    except (KeyError, TypeError, AttributeError) as error:
        raise SeqdlError(f"{folder / 'result.json'} is damaged: delete the folder {folder} to run it again") from error


def progress(folder: Path) -> Progress:
    """How far a draw is, as its log.csv tells.

    Parameters
    ----------
    folder : Path
        Its run folder, which need not exist.

    Returns
    -------
    Progress
    """
    try:
        config = files.read_json(folder / "config.json")
        stages = ("lstm",) if config.get("model") == "stip-lstm" else ("convnet", "lstm")
        limits = {stage: config[stage]["epochs"] for stage in stages}
        with open(folder / "log.csv", newline="") as lines:
            last = list(csv.DictReader(lines))[-1]
        stage, epoch = last["stage"], int(last["epoch"])
        before = limits.get("convnet", 0) if stage == "lstm" else 0
        text = (
            f"{stage} pass {epoch}/{limits[stage]}: loss {float(last['loss']):.3f}, "
            f"training accuracy {float(last['accuracy']):.1%}"
        )
    except (OSError, ValueError, KeyError, IndexError, SeqdlError):
        return Progress(0.0, "")
    done = (folder / "result.json").is_file()
    return Progress(1.0 if done else (before + epoch) / sum(limits.values()), text)


def plan(config: Config, seeds: Sequence[int]) -> tuple[Dataset, list[Draw]]:
    """All draws of the configuration's protocol, with all seeds.

    Parameters
    ----------
    config : Config
        The configuration; its own draw and seed do not count.
    seeds : sequence of int
        The seeds.

    Returns
    -------
    dataset : Dataset
        All persons that any draw looks at; with inner splits nobody who is tested in every draw around them.
    draws : list of Draw
        Seed by seed.

    Raises
    ------
    SeqdlError
        For anything that is wrong with the data or the configuration, found before a draw is begun.
    """
    data = config.data
    dataset = run.whole(config)
    config = run.with_box(config, dataset)
    Recogniser(config, dataset.classes)
    places: list[tuple[int, int]] = []
    inside: set[str] = set()
    for split in splits.make(data.protocol, dataset, data.draws, data.split_seed):
        splits.check(split, dataset)
        if not data.inner:
            places.append((split.number, 0))
            continue
        inside.update(split.train)
        for inner in splits.inner(split, dataset, data.inner, data.inner_draws, data.split_seed):
            splits.check(inner, splits.only(dataset, split.train))
            places.append((split.number, inner.number))
    if data.inner and inside != set(dataset.persons):
        dataset = splits.only(dataset, inside)
    draws = []
    for seed in dict.fromkeys(seeds):
        for number, inner_number in places:
            name = f"draw{number}" + (f"-inner{inner_number}" if inner_number else "") + f"-seed{seed}"
            here = replace(data, draw=number, inner_draw=inner_number or data.inner_draw)
            draws.append(Draw(name, replace(config, seed=seed, data=here)))
    return dataset, draws


def crossval(
    config: Config,
    seeds: Sequence[int],
    out: str | Path,
    workers: int = 1,
    retries: int = 2,
    watch: Watch = lambda event: None,
    address: str = "",
    tls: Sequence[str] = (),
) -> dict[str, Any]:
    """Run what is not yet finished of a cross-validation, and sum up.

    Parameters
    ----------
    config : Config
        The configuration.
    seeds : sequence of int
        The seeds; those that the folder already has are kept.
    out : path
        Its folder: new, or that of the same cross-validation.
    workers : int
        Draws that run at once, each in a process of its own with one thread; they are spawned, so a script that calls
        this needs the ``if __name__ == "__main__"`` guard. With ``address`` only video is prepared so, and the cluster
        runs as many draws at once as its workers have threads.
    retries : int
        How often a draw is tried again whose process, or worker of a cluster, has died.
    watch : callable
        Told every :class:`~seqdl.evaluation.processes.Event`; here also of kind ``note``, whose value is a sentence.
    address, tls : str and sequence of str
        The Dask cluster that runs the draws, see :func:`seqdl.evaluation.cluster.connect`; empty for this machine.

    Returns
    -------
    dict
        The content of crossval.json.

    Raises
    ------
    SeqdlError
        For anything that is wrong with the data, the configuration or the folder. A draw that fails is told to
        ``watch`` and listed under ``failed``.
    """
    if address or tls:
        cluster.refuse(address, tls)
    folder = Path(out)
    say = functools.partial(_note, watch)
    config, seeds = _joined(folder, config, seeds)
    dataset, draws = plan(config, seeds)
    with _alone(folder):
        record: dict[str, Any] = {
            "config": configuration.to_dict(config),
            "seeds": list(dict.fromkeys(seeds)),
            "protocol": config.data.protocol,
            "draws": [draw.name for draw in draws],
            "complete": False,
            "failed": {},
            "runs": {},
        }
        for draw in draws:
            if (folder / draw.name / "result.json").is_file():
                record["runs"][draw.name] = finished(folder / draw.name)
        _write(folder, record)
        left = [draw for draw in draws if draw.name not in record["runs"]]
        say(f"cross-validation in {folder}: {len(draws)} draws, {len(draws) - len(left)} of them finished")
        if not left:
            return record
        jobs = [_job(draw, folder) for draw in left]
        try:
            with cluster.connect(address, tls) if address else contextlib.nullcontext() as client:
                if client:
                    events = cluster.run(jobs, client, _demand(client, folder, config, say), retries)
                else:
                    events = processes.run(jobs, workers, retries)
                for note in dataset.notes:
                    say(f"note: {note}")
                run.prepare(dataset, config, workers, say)
                _compile(left[0].config)
                _follow(events, folder, record, watch)
        except BaseException as error:
            if not isinstance(error, Exception):  # interrupted or terminated
                say(f"nothing is lost: the same command goes on where it was (its folder is {folder})")
            raise
        return record


def _job(draw: Draw, folder: Path) -> processes.Job:
    """A draw for this machine or another one, which finds everything under the same names."""
    places = {"SEQDL_CACHE": files.cache_folder(), "NUMBA_CACHE_DIR": Path(compiled_folder()).parent}
    return processes.Job(
        draw.name,
        run_draw,
        (configuration.to_dict(draw.config), str(folder / draw.name)),
        folder.absolute() / "logs" / f"{draw.name}.log",
        os.getcwd(),
        {name: str(path.absolute()) for name, path in places.items()},
    )


def _demand(client: Client, folder: Path, config: Config, say: Callable[[str], None]) -> cluster.Demand:
    """What the cluster's workers must have and, as is made sure of, do have."""
    data = config.data
    protocol = data.protocol.removeprefix("file:") if data.protocol.startswith("file:") else ""
    read = [Path(name) for name in (data.data_dir, data.persons, protocol) if name]
    demand = cluster.demand(folder, read)
    workers, threads = cluster.check(client, demand)
    counted = (f"{count} {what}{'s' if count > 1 else ''}" for count, what in ((workers, "worker"), (threads, "draw")))
    say(f"cluster: {', '.join(counted)} at once")
    return demand


def _follow(events: Generator[processes.Event], folder: Path, record: dict[str, Any], watch: Watch) -> None:
    """Note what comes of the draws."""
    with contextlib.closing(events):
        for event in events:
            if event.kind == "done":
                _appears(folder / event.name / "result.json")
                record["runs"][event.name] = event.value
                _write(folder, record)
            elif event.kind == "failed":
                record["failed"][event.name] = event.value
                _write(folder, record)
            watch(event)
    _write(folder, record)


def _write(folder: Path, record: dict[str, Any]) -> None:
    """Write crossval.json as it is now, with the summary of what is finished."""
    order = [name for name in record["draws"] if name in record["runs"]]
    record["runs"] = {name: record["runs"][name] for name in order}
    record["complete"] = len(order) == len(record["draws"])
    if order:
        record["summary"] = summary.summarise(list(record["runs"].values()), np.random.default_rng(0))
    files.write_json(folder / MANIFEST, record)


def _joined(folder: Path, config: Config, seeds: Sequence[int]) -> tuple[Config, list[int]]:
    """The configuration and seeds with those that the folder already has."""
    if not folder.exists():
        return config, list(seeds)
    if not folder.is_dir():
        raise UsageError(f"--out {folder} is no folder: choose another")
    if not (folder / MANIFEST).is_file():
        if any(folder.iterdir()):
            raise UsageError(f"--out {folder} holds something else than a cross-validation: choose another folder")
        return config, list(seeds)
    record = files.read_json(folder / MANIFEST)
    try:
        before, known = configuration.from_dict(record["config"]), [int(seed) for seed in record["seeds"]]
    except (KeyError, TypeError, ValueError, AttributeError, UsageError) as error:
        raise SeqdlError(f"{folder / MANIFEST} is damaged or of another version: choose another --out") from error
    old, new = (fixed_settings(configuration.to_dict(one)) for one in (before, config))
    name = next((name for name in new if old[name] != new[name]), None)
    if name:
        raise UsageError(
            f"--out {folder} holds a cross-validation with {name} = {old[name]}, not {new[name]}: choose another folder"
        )
    data = replace(
        config.data,
        draws=max(before.data.draws, config.data.draws),
        inner_draws=max(before.data.inner_draws, config.data.inner_draws),
    )
    return replace(config, data=data), list(dict.fromkeys([*known, *seeds]))


def fixed_settings(config: dict[str, Any]) -> dict[str, Any]:
    """What must be the same for a cross-validation to go on.

    Parameters
    ----------
    config : dict
        As in config.json.

    Returns
    -------
    dict
        Values by their dotted names.
    """
    flat: dict[str, Any] = {}
    for section, values in config.items():
        flat |= {f"{section}.{k}": v for k, v in values.items()} if isinstance(values, dict) else {section: values}
    return {name: value for name, value in flat.items() if name not in FREE}


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder for this process; another one is refused."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "lock").touch()
    except OSError as error:
        raise SeqdlError(f"cannot write into {folder}: {error.strerror}; choose another folder with --out") from error
    with open(folder / "lock", "w") as lock:
        try:
            import fcntl
        except ImportError:  # not on Windows: one process at a time is the user's care there
            yield
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise SeqdlError(f"another seqdl crossval is at work in {folder}: wait for it, or end it") from error
        yield


def _appears(file: Path) -> None:
    """Wait until a file that another machine has written is seen here too."""
    until = time.monotonic() + PATIENCE
    while not file.is_file() and time.monotonic() < until:
        time.sleep(processes.TICK)


def _compile(config: Config) -> None:
    """Train a little, so that draws find the kernels compiled and never write their cache at the same time.

    Once for each network and kind of processor: the machines of a cluster that share a cache may be of several.
    """
    if config.backend != "numba":
        return
    environment = run_folder.environment()
    kind = [fixed_settings(configuration.to_dict(config)), environment["libraries"], environment["cpu"]]
    name = hashlib.sha256(json.dumps(kind).encode()).hexdigest()[:16]
    mark = Path(compiled_folder()) / f"{name}.compiled"
    if mark.exists():
        return
    with processes.held(mark.with_name("lock")):
        if not mark.exists():  # not by those either who held it before
            run.rehearse(config)
            mark.touch()


def _note(watch: Watch, line: str) -> None:
    watch(processes.Event("note", value=line))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
