"""A finished run with its networks, and the sequences it was tested on, found again: what pictures are drawn from."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from seqdl.config import Config, from_dict
from seqdl.datasets.base import Dataset, Sequence
from seqdl.errors import SeqdlError, UsageError
from seqdl.evaluation import run
from seqdl.model.convnet import ConvNet
from seqdl.model.recogniser import Decision, Recogniser
from seqdl.runs import result as folder
from seqdl.runs.result import Run
from seqdl.video.prepare import Clip, prepare
from seqdl.video.reader import Reader
from seqdl.video.windows import usable_starts


@dataclass(frozen=True)
class Trained:
    """A finished run.

    Parameters
    ----------
    folder : Path
        Its folder.
    run : Run
        What it wrote down.
    recogniser : Recogniser
        Its networks.
    """

    folder: Path
    run: Run
    recogniser: Recogniser


@dataclass(frozen=True)
class Look:
    """One sequence, from its frames to the decision.

    Parameters
    ----------
    name : str
        The sequence's, or the file's.
    label : str
        Its action; empty where nobody knows.
    frames : dict of int to array of uint8, (height, width)
        Frames as they are in the video, by number: the middles of ``chosen`` windows.
    clip : Clip
        All of it, prepared.
    starts : array of int64, (steps,)
        First frames of its windows.
    chosen : array of int64, (n,)
        Some steps.
    decision : Decision
        What the networks say.
    """

    name: str
    label: str
    frames: dict[int, np.ndarray]
    clip: Clip
    starts: np.ndarray
    chosen: np.ndarray
    decision: Decision


def load(path: str | Path) -> Trained:
    """A finished run.

    Parameters
    ----------
    path : path
        The run folder.

    Returns
    -------
    Trained

    Raises
    ------
    SeqdlError
        Where it is no run folder, the run is not finished, or a file is damaged.
    """
    recogniser = Recogniser.load(path)
    return Trained(Path(path), folder.load(path), recogniser)


def convnet_of(recogniser: Recogniser) -> ConvNet:
    """The ConvNet of networks that have one.

    Parameters
    ----------
    recogniser : Recogniser
        The networks.

    Returns
    -------
    ConvNet

    Raises
    ------
    UsageError
        Where the LSTM reads something else.
    """
    if recogniser.convnet is None:
        raise UsageError("without a ConvNet there are two figures: draw --only learning confusion")
    return recogniser.convnet


def tested(trained: Trained, data_dir: str | None = None, persons: str | None = None) -> Dataset:
    """The sequences that a run was tested on, found again.

    Parameters
    ----------
    trained : Trained
        The run.
    data_dir, persons : str, optional
        Where its videos, and the list of who is in which, are now; where the run says if absent.

    Returns
    -------
    Dataset
        Without any other sequence.

    Raises
    ------
    SeqdlError
        Where they are not all there.
    """
    moved = {"data_dir": data_dir, "persons": persons}
    config = from_dict({"data": {k: v for k, v in moved.items() if v is not None}}, trained.recogniser.config)
    try:
        dataset = run.whole(config)
    except SeqdlError as error:
        if data_dir is not None or not config.data.data_dir:
            raise
        raise SeqdlError(
            f"the videos of {trained.folder} are no longer in {config.data.data_dir}: "
            "say where they are with --data-dir DIR"
        ) from error
    names = {sequence["name"] for sequence in trained.run.result["sequences"]}
    found = tuple(sequence for sequence in dataset.sequences if sequence.name in names)
    missing = names - {sequence.name for sequence in found}
    if missing:
        where = config.data.data_dir or dataset.name
        raise SeqdlError(
            f"{where} lacks {len(missing)} of the {len(names)} sequences that {trained.folder} was tested on, such as "
            f"{min(missing)}: say where they are with --data-dir DIR"
        )
    return replace(dataset, sequences=found)


def look(trained: Trained, dataset: Dataset | None, sequence: Sequence, count: int) -> Look:
    """A sequence from its frames to the decision.

    The video is read twice, so that only the frames that are shown are held at their full size.

    Parameters
    ----------
    trained : Trained
        The run.
    dataset : Dataset or None
        Whose sequence it is; None for a video file of one's own.
    sequence : Sequence
        The sequence.
    count : int
        So many steps are chosen: from the first to the last where they are several; a single one is that in which the
        input changes most, of the middle half.

    Returns
    -------
    Look

    Raises
    ------
    SeqdlError
        For a file that cannot be used, naming it.
    """
    config = trained.recogniser.config
    clip = prepare(_frames(dataset, sequence, config), config.video.box, config, sequence.name)
    length = config.convnet.frames
    starts = usable_starts(clip.seen, length, config.lstm.window_step, 0, config.video.empty)
    if count > 1:
        chosen = np.unique(np.linspace(0, len(starts) - 1, count).round().astype(np.int64))
    else:
        chosen = _liveliest(clip.frames, starts, length)
    wanted = {int(starts[step]) + length // 2 for step in chosen}
    frames = {t: frame for t, frame in enumerate(_frames(dataset, sequence, config)) if t in wanted}
    decision = trained.recogniser.decide(clip.frames, starts)
    return Look(sequence.name, sequence.label, frames, clip, starts, chosen, decision)


def right_ones(trained: Trained, label: str) -> list[str]:
    """The test sequences of an action, those that the LSTM decides rightly before the others.

    Parameters
    ----------
    trained : Trained
        The run.
    label : str
        The action.

    Returns
    -------
    list of str
        Names.
    """
    entries: list[dict[str, Any]] = [s for s in trained.run.result["sequences"] if s["label"] == label]
    return [s["name"] for s in sorted(entries, key=lambda s: s["lstm"] != label)]


def _frames(dataset: Dataset | None, sequence: Sequence, config: Config) -> Iterator[np.ndarray]:
    if sequence.file is None:
        assert dataset is not None and dataset.render is not None
        yield from dataset.render(sequence)
        return
    end = None if sequence.last is None else sequence.last + 1
    with Reader(sequence.file, config.video.grey) as reader:
        yield from itertools.islice(reader, sequence.first, end)


def _liveliest(frames: np.ndarray, starts: np.ndarray, length: int) -> np.ndarray:
    """Of the middle half of the steps the one whose window changes most from frame to frame."""
    change = np.abs(np.diff(frames, axis=0)).mean(axis=(1, 2))
    first = len(starts) // 4
    middle = starts[first : len(starts) - first]
    return np.array([first + int(np.argmax([change[start : start + length - 1].mean() for start in middle]))])
