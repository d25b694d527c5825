"""Cross-validation: every split of a protocol, with every seed, each a run of its own.

A cross-validation's folder holds ``crossval.json`` (what is planned and what is finished), ``evaluations.jsonl`` (every
look at test persons), ``logs``, and a run folder for each draw and seed. Whatever ends it, the same call goes on: what
is finished is never run again, the rest resumes from its checkpoints.
"""

from __future__ import annotations

import contextlib
import csv
import functools
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from seqdl import config as configuration
from seqdl import files
from seqdl.config import Config
from seqdl.datasets import splits
from seqdl.datasets.base import Dataset
from seqdl.errors import SeqdlError, UsageError
from seqdl.evaluation import processes, run, summary
from seqdl.model.recogniser import Recogniser
from seqdl.store import Prepared
from seqdl.training import run_folder, two_steps
from seqdl.training.randomness import generator

MANIFEST = "crossval.json"
FREE = ("seed", "data.data_dir", "data.persons", "data.draws", "data.draw", "data.inner_draws", "data.inner_draw")
"""What may differ when a cross-validation goes on: where its videos are, and how many draws and seeds there are."""


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
        Passes done of those that are allowed, in 0..1; training may stop sooner.
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
        limits = {stage: config[stage]["epochs"] for stage in ("convnet", "lstm")}
        with open(folder / "log.csv", newline="") as lines:
            last = list(csv.DictReader(lines))[-1]
        stage, epoch = last["stage"], int(last["epoch"])
        before = limits["convnet"] if stage == "lstm" else 0
        text = (
            f"{stage} pass {epoch}/{limits[stage]}: loss {float(last['loss']):.3f}, "
            f"training accuracy {float(last['accuracy']):.1%}"
        )
    except (OSError, ValueError, KeyError, IndexError, SeqdlError):
        return Progress(0.0, "")
    return Progress((before + epoch) / sum(limits.values()), text)


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
        All persons that any draw looks at.
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
    places = []
    for split in splits.make(data.protocol, dataset, data.draws, data.split_seed):
        splits.check(split, dataset)
        inside = splits.inner(split, dataset, data.inner, data.inner_draws, data.split_seed) if data.inner else [None]
        for inner in inside:
            if inner is not None:
                splits.check(inner, splits.only(dataset, split.train))
            places.append((split.number, inner.number if inner else 0))
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
        this needs the ``if __name__ == "__main__"`` guard.
    retries : int
        How often a draw is tried again whose process has died.
    watch : callable
        Told every :class:`~seqdl.evaluation.processes.Event`; here also of kind ``note``, whose value is a sentence.

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
        if left:
            for note in dataset.notes:
                say(f"note: {note}")
            prepared = run.prepare(dataset, config, workers, say)
            _compile(left[0].config, dataset, prepared)
            del prepared
        try:
            _run(left, folder, record, workers, retries, watch)
        except BaseException as error:
            if not isinstance(error, Exception):  # interrupted or terminated
                say(f"nothing is lost: the same command goes on where it was (its folder is {folder})")
            raise
        return record


def _run(draws: list[Draw], folder: Path, record: dict[str, Any], workers: int, retries: int, watch: Watch) -> None:
    jobs = [
        processes.Job(
            draw.name,
            run_draw,
            (configuration.to_dict(draw.config), str(folder / draw.name)),
            folder / "logs" / f"{draw.name}.log",
        )
        for draw in draws
    ]
    with contextlib.closing(processes.run(jobs, workers, retries)) as events:
        for event in events:
            if event.kind == "done":
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


def _compile(config: Config, dataset: Dataset, prepared: Prepared) -> None:
    """Train a little, so that the workers find the kernels compiled and never write their cache at the same time."""
    if config.backend != "numba":
        return
    config = replace(config, convnet=replace(config.convnet, epochs=1), lstm=replace(config.lstm, epochs=1))
    sequences = run.usable(dataset, prepared)[:1]
    recogniser = Recogniser(config, dataset.classes, generator(config.seed, config.data.draw, "initial weights"))
    with tempfile.TemporaryDirectory() as folder:
        for step in (two_steps.train_convnet, two_steps.train_lstm):
            step(recogniser, prepared, sequences, Path(folder), [], lambda: None)
    offset, length = prepared.spans[sequences[0].name]
    recogniser.decide(prepared.frames, np.arange(offset, offset + length - config.convnet.frames + 1))


def _note(watch: Watch, line: str) -> None:
    watch(processes.Event("note", value=line))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
