"""What can be seen of a run: its kernels, its maps, and some test sequences as the network saw them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from seqdl.base import cli
from seqdl.errors import SeqdlError
from seqdl.evaluation.evaluate import TIMELINE
from seqdl.model.convnet import ConvNet
from seqdl.model.convnet_numpy import LayerRow
from seqdl.reports import trained
from seqdl.reports.blocks import Film
from seqdl.reports.maps import INPUT
from seqdl.reports.svg import grey
from seqdl.runs.folder import RunFolder
from seqdl.runs.result import Decided
from seqdl.stores import frames as frame_store
from seqdl.stores.footage import rate_of
from seqdl.stores.frames import FrameStore
from seqdl.video.clock import USUAL_RATE
from seqdl.video.windows import usable_starts

MISTAKES, NEAR = 16, 8
"""So many of each are shown at most."""
FRAMES = 100
"""A film has at most so many frames."""
SIDE = 72
"""So many pixels high and wide at most."""
CLASSES = 6
"""Of so many classes maps are shown."""
GONE = "No maps and moving pictures: prepared frames are no longer kept. `seqdl evaluate` makes them for the next one."


@dataclass(frozen=True)
class Looks:
    """What can be seen of a run.

    Parameters
    ----------
    weights : array, (maps, frames, rows, columns), or None
        The kernels of C1.
    films : dict of str to Film
        Of the sequences of :func:`telling`, by name.
    maps : dict of str to (array, array)
        As in :class:`seqdl.reports.blocks.Maps`.
    missing : str
        Why there is not all of it; empty where there is.
    """

    weights: np.ndarray | None = None
    films: dict[str, Film] = field(default_factory=dict)
    maps: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    missing: str = ""


def telling(sequences: Sequence[Decided]) -> dict[str, list[Decided]]:
    """Test sequences worth a look: mistakes of the LSTM, and what it decides rightly but least surely.

    Mistakes of each kind, a class taken for another one, come before the second of any kind; the surest first.
    """
    kinds: dict[tuple[str, str], int] = {}
    mistakes = []
    for sequence in sorted((s for s in sequences if not s.right()), key=lambda s: (-s.probability, s.name)):
        kind = sequence.counted("lstm"), sequence.decisions["lstm"]
        kinds[kind] = kinds.get(kind, 0) + 1
        mistakes.append((kinds[kind], sequence))
    near = sorted((s for s in sequences if s.right()), key=lambda s: (s.probability, s.name))
    first = [sequence for _, sequence in sorted(mistakes, key=lambda one: one[0])[:MISTAKES]]
    return {"Mistakes": first, "Near misses": near[:NEAR]}


def of_run(run: RunFolder) -> Looks:
    """What can be seen of a finished run, from its networks and what is prepared of its test sequences already.

    Nothing is decoded or prepared; what cannot be had is said in ``missing``.
    """
    try:
        known = trained.open_trained(run)
    except SeqdlError as error:
        return Looks(missing=f"No kernels, maps and moving pictures: {error}")
    network = known.recogniser.networks.get("convnet")
    if not isinstance(network, ConvNet):
        return Looks(missing="No moving pictures: this model reads interest points, and keeps no frames.")
    weights = network.parameters["C1.weight"][:, 0]
    try:
        store = frame_store.there(trained.tested(known), known.recogniser.config)
    except (SeqdlError, OSError) as error:
        cli.say(f"left out: maps and moving pictures of {run.path}: {error}")
        return Looks(weights, missing=f"No maps and moving pictures: {error}")
    films = dict(_films(known, store))
    return Looks(weights, films, dict(_maps(known, network, store)), "" if films else GONE)


def _films(known: trained.Trained, store: FrameStore) -> Iterator[tuple[str, Film]]:
    config = known.recogniser.config
    rate = rate_of(config)
    for sequence in (one for kind in telling(known.run.result.sequences).values() for one in kind):
        if sequence.name in store.spans:
            frames, starts = _windows(known, store, sequence.name)
            times = (starts + config.convnet.frames // 2)[:: -(-len(starts) // TIMELINE)]
            if len(times) == len(sequence.timeline):  # else it was decided by other windows
                every, apart = -(-len(frames) // FRAMES), -(-max(frames.shape[1:]) // SIDE)
                shown = grey(frames[::every, ::apart, ::apart], INPUT)
                usual = rate if isinstance(rate, float) else USUAL_RATE
                yield sequence.name, Film(shown, len(frames), usual / every, tuple(times.tolist()))


def _maps(
    known: trained.Trained, network: ConvNet, store: FrameStore
) -> Iterator[tuple[str, tuple[np.ndarray, np.ndarray]]]:
    """Of the liveliest window of a sequence of each class, one that is decided rightly if there is any."""
    c1, length = LayerRow(network.config, network.parameters).layers[0], network.config.frames
    for label in known.recogniser.classes[:CLASSES]:
        name = next((name for name in trained.right_ones(known, label) if name in store.spans), None)
        if name is not None:
            frames, starts = _windows(known, store, name)
            change = np.abs(np.diff(frames, axis=0)).mean(axis=(1, 2))
            start = max(starts.tolist(), key=lambda one: change[one : one + length - 1].mean())
            outputs = c1.forward(frames[start : start + length][None])
            yield label, (frames[start + length // 2], outputs[:, outputs.shape[1] // 2])


def _windows(known: trained.Trained, store: FrameStore, name: str) -> tuple[np.ndarray, np.ndarray]:
    """A sequence's prepared frames, and the first frames of its windows."""
    config = known.recogniser.config
    first, length = store.spans[name]
    seen = np.array(store.seen[first : first + length])
    starts = usable_starts(seen, config.convnet.frames, config.lstm.window_step, 0, config.video.empty)
    return np.array(store.frames[first : first + length]), starts
