"""A finished run with its networks, and the sequences it was tested on, found again: what pictures are drawn from."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from seqdl.config import GIVEN, Config, from_dict
from seqdl.datasets import choose
from seqdl.datasets.base import Dataset, Sequence
from seqdl.errors import SeqdlError, UsageError
from seqdl.model.convnet import ConvNet
from seqdl.model.describers.base import View
from seqdl.model.recogniser import Decision, Recogniser
from seqdl.runs.folder import RunFolder
from seqdl.stores.footage import at_rate, boxed, opened
from seqdl.video.prepare import Clip


@dataclass(frozen=True)
class Trained:
    """A finished run.

    Parameters
    ----------
    run, recogniser
        What it wrote down, and its networks.
    """

    run: RunFolder
    recogniser: Recogniser


@dataclass(frozen=True)
class Look:
    """One sequence, from its frames to the decision.

    Parameters
    ----------
    name, label : str
        The sequence's, or the file's; its action, empty where nobody knows.
    frames : dict of int to array of uint8, (height, width)
        Frames as they are in the video, by number: the middles of ``chosen`` windows.
    view, chosen, decision
        All of it, described; some steps, (n,) of int64; what the networks say.
    """

    name: str
    label: str
    frames: dict[int, np.ndarray]
    view: View
    chosen: np.ndarray
    decision: Decision

    @property
    def clip(self) -> Clip:
        """The frames as the network sees them."""
        if self.view.clip is None:
            raise UsageError(f"{self.name} was described without its frames: there is no picture of them")
        return self.view.clip

    def middle(self, step: int) -> int:
        """The frame in the middle of a step's window."""
        return int(self.view.times[step])


def open_trained(run: RunFolder) -> Trained:
    """A finished run; a SeqdlError says where it is none, is not finished, or a file is damaged."""
    return Trained(run, Recogniser.load(run))


def convnet_of(recogniser: Recogniser) -> ConvNet:
    """The ConvNet of networks that have one; a UsageError where the LSTM reads something else."""
    network = recogniser.networks.get("convnet")
    if not isinstance(network, ConvNet):
        raise UsageError(f"the model {recogniser.config.model} has no ConvNet to be drawn")
    return network


def tested(trained: Trained, data_dir: str | None = None, persons: str | None = None) -> Dataset:
    """The sequences that a run was tested on, found again; a SeqdlError says where they are not all there.

    ``data_dir`` and ``persons`` say where the videos of the run ``trained``, and the list of who is in which, are now;
    where the run says if absent.
    """
    moved = {"data_dir": data_dir, "persons": persons}
    config = from_dict({"data": {k: v for k, v in moved.items() if v is not None}}, trained.recogniser.config)
    try:
        dataset = choose.whole(config)
    except SeqdlError as error:
        if data_dir is not None or not config.data.data_dir:
            raise
        raise SeqdlError(
            f"the videos of {trained.run} are no longer in {config.data.data_dir}: "
            "say where they are with data.data_dir"
        ) from error
    names = {sequence.name for sequence in trained.run.result.sequences}
    found = tuple(sequence for sequence in dataset.sequences if sequence.name in names)
    missing = names - {sequence.name for sequence in found}
    if missing:
        where = config.data.data_dir or dataset.name
        raise SeqdlError(
            f"{where} lacks {len(missing)} of the {len(names)} sequences that {trained.run} was tested on, such as "
            f"{min(missing)}: say where they are with data.data_dir"
        )
    return at_rate(replace(dataset, sequences=found), choose.with_own(config, dataset).video.rate)


def look(trained: Trained, dataset: Dataset | None, sequence: Sequence, count: int) -> Look:
    """A ``sequence`` from its frames to the decision of the run ``trained``; a SeqdlError names a file of no use.

    The ``dataset`` is None for a video file of one's own. The video is read twice, so that only the frames that are
    shown are held at their full size. So many steps are chosen as ``count`` says: from the first to the last where they
    are several; a single one is that in which the input changes most, of the middle half.
    """
    recogniser = trained.recogniser
    config = recogniser.config
    shown: Iterable[np.ndarray] = _frames(dataset, sequence, config)
    if dataset and dataset.boxes and sequence.file and config.video.box == GIVEN:
        with opened(sequence.file, config) as reader:
            shown = boxed(shown, dataset.boxes(sequence), reader.rate, config, sequence.first)
    view = recogniser.describer.view(shown, sequence.name)
    if count > 1:
        chosen = np.unique(np.linspace(0, len(view.times) - 1, count).round().astype(np.int64))
    else:
        chosen = _liveliest(view, config.convnet.frames)
    wanted = {int(view.times[step]) for step in chosen}
    frames = {t: frame for t, frame in enumerate(_frames(dataset, sequence, config)) if t in wanted}
    return Look(sequence.name, sequence.label, frames, view, chosen, recogniser.decide(view.steps))


def right_ones(trained: Trained, label: str) -> list[str]:
    """The names of the test sequences of an action, those that the LSTM decides rightly before the others."""
    shown = [sequence for sequence in trained.run.result.sequences if sequence.label == label]
    return [sequence.name for sequence in sorted(shown, key=lambda sequence: not sequence.right())]


def _frames(dataset: Dataset | None, sequence: Sequence, config: Config) -> Iterator[np.ndarray]:
    if sequence.file is None:
        assert dataset is not None and dataset.render is not None
        yield from dataset.render(sequence)
        return
    end = None if sequence.last is None else sequence.last + 1
    with opened(sequence.file, config) as reader:
        yield from itertools.islice(reader, sequence.first, end)


def _liveliest(view: View, length: int) -> np.ndarray:
    """Of the middle half of the steps the one whose window changes most from frame to frame."""
    assert view.clip is not None
    change = np.abs(np.diff(view.clip.frames, axis=0)).mean(axis=(1, 2))
    first = len(view.times) // 4
    starts = view.times[first : len(view.times) - first].astype(np.int64) - length // 2
    return np.array([first + int(np.argmax([change[start : start + length - 1].mean() for start in starts]))])
