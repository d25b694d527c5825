"""The paper's describer: a 3D-ConvNet that says 120 values of every window of 9 frames (Section 2.2)."""

import functools
from collections.abc import Iterable, Sequence
from math import prod

import numpy as np

from seqdl.base import files
from seqdl.base.arrays import check, check_indices, check_whole
from seqdl.base.rows import spans
from seqdl.config import Config, crop_size
from seqdl.datasets.base import Dataset
from seqdl.datasets.base import Sequence as Clip
from seqdl.model import targets, varied
from seqdl.model.convnet import ConvNet
from seqdl.model.describers.base import AS_IT_IS, COPIES, Copy, Describer, Passes, Stage, Steps, View
from seqdl.model.geometry import LayerSpec, convnet_layers
from seqdl.model.updates import Learned, Updates, VariedUpdates, seeds
from seqdl.ops import copies, vary
from seqdl.stores import frames as frame_store
from seqdl.stores.frames import FrameStore
from seqdl.video.prepare import factor_for, prepare
from seqdl.video.rule import ruled
from seqdl.video.windows import usable_starts

MANY = 8192
"""So many windows are read at once: the frames between them may lie on disk."""


class Windows(Describer[FrameStore]):
    """A 3D-ConvNet, ``convnet``, reads window by window; see :class:`~seqdl.model.describers.base.Describer`.

    Parameters
    ----------
    config, classes, rng
        As there.
    """

    figures = ("architecture", "kernels", "maps", "two-steps", "early")

    def __init__(self, config: Config, classes: tuple[str, ...], rng: np.random.Generator | None = None) -> None:
        super().__init__(config, classes, rng)
        self.convnet = ConvNet(config.convnet, len(classes), rng, config.backend)
        self.networks = {"convnet": self.convnet}

    @staticmethod
    def values(config: Config, classes: int) -> int:
        """120 values of C3 in the paper's network."""
        return prod(next(layer.output for layer in convnet_layers(config.convnet, classes) if layer.name == "C3"))

    @staticmethod
    def layers(config: Config, classes: int) -> dict[str, list[LayerSpec]]:
        """Those of the 3D-ConvNet."""
        return {"convnet": convnet_layers(config.convnet, classes)}

    @staticmethod
    def frame_bytes(config: Config) -> int:
        """A number a pixel, and whether anybody is seen."""
        return config.convnet.rows * config.convnet.columns * 4 + 1

    @staticmethod
    def prepare(config: Config, dataset: Dataset, workers: int = 1) -> FrameStore:
        """The store of normalised frames."""
        return frame_store.prepare(dataset, config, workers=workers)

    def describe(self, store: FrameStore, name: str, copy: Copy = AS_IT_IS) -> Steps:
        """C3 of a sequence's windows, or of a moved copy's."""
        first, length = store.spans[name]
        starts = self.starts_of(store, name)
        if copy.variation is None and copy.shift == (0, 0):
            steps = self.read(store.frames, starts, copy.mirror, copy.flip)
        else:
            seen, moved = store.seen[first : first + length], store.frames[first : first + length]
            if copy.variation is not None:
                moved, seen = self._varied(moved, seen, copy.variation)
            moved = np.ascontiguousarray(copies.copy(moved, shift=copy.shift))
            steps = self.read(moved, self.starts(seen), copy.mirror, copy.flip)
        files.release(store.frames)
        return steps

    def factor(self, shape: tuple[int, ...]) -> int:
        """Frames are made smaller before anybody is looked for."""
        return factor_for(shape, crop_size(self.config), self.config.video.downsample)

    def _varied(self, frames: np.ndarray, seen: np.ndarray, one: vary.Variation) -> tuple[np.ndarray, np.ndarray]:
        """A varied sequence, all in ``one`` way, and in which of its frames somebody is ``seen``."""
        least = self.config.convnet.frames
        length, count = len(frames), max(vary.duration(len(frames), one.speed), least)
        span, row = np.array([[0, length]]), np.array([one], np.float64)
        made = varied.render(frames, span, np.zeros(1), np.array([count]), row, least, self.config.backend)
        return made, seen[vary.nearest(length, 0.0, one.speed, count)]

    def view(self, frames: Iterable[np.ndarray], name: str, box: str = "") -> View:
        """C3 of the windows of a video."""
        frames, own = ruled(frames, self.config)
        clip = prepare(frames, box or own, self.config, name)
        starts = self.starts(clip.seen)
        middles = starts + self.config.convnet.frames / 2
        return View(self.read(clip.frames, starts), middles, len(clip.frames), round(float(clip.seen.mean()), 3), clip)

    def read(self, frames: np.ndarray, starts: np.ndarray, mirror: bool = False, flip: bool = False) -> Steps:
        """Describe the windows of ``frames``, or their copies (``mirror``, ``flip``), that begin at ``starts``.

        Frames are normalised, (F, rows, columns) of float32; starts (steps,) are in the order of time. A ValueError
        says where either has another type or shape, there is not a single window, one lies outside the frames, or NaN
        or infinite values in the frames (or the weights) leave nothing to decide by.
        """
        check_indices(starts, "starts")
        if not starts.size:
            raise ValueError("starts: is empty, there is no window")
        parts = []
        for first, last in spans(len(starts), MANY):
            parts.append(self.convnet.read(frames, starts[first:last], mirror, flip))
            if len(starts) > MANY:
                files.release(frames)
        features, outputs = parts[0] if len(parts) == 1 else (np.concatenate(part) for part in zip(*parts))
        if not np.isfinite(outputs).all():
            raise ValueError("frames: NaN or infinite values in the windows, or in the network's weights")
        return Steps(features, outputs)

    def starts(self, seen: np.ndarray, step: int = 0, phase: int = 0) -> np.ndarray:
        """First frames of the windows that count, where ``seen`` (T,) says in which frames somebody is.

        Every ``step``-th from ``phase`` on; a step of 0 is the run's own.
        """
        check_whole(step, "step")
        frames, step = self.config.convnet.frames, step or self.config.lstm.window_step
        check(seen, "seen", np.bool_, ("T",))
        check_whole(phase, "phase")
        if len(seen) < frames:
            raise ValueError(f"seen: of {len(seen)} frames, a window needs {frames}")
        return usable_starts(seen, frames, step, phase % (len(seen) - frames + 1), self.config.video.empty)

    def starts_of(self, store: FrameStore, name: str, step: int = 0, phase: int = 0) -> np.ndarray:
        """The same of a sequence in a store, whose windows begin so many of the store's frames from its first on."""
        first, length = store.spans[name]
        return first + self.starts(store.seen[first : first + length], step, phase)

    def copies(self) -> list[Copy]:
        """Mirrored and flipped ones, each also moved along the diagonals where ``lstm.shift`` asks for it."""
        far = self.config.lstm.shift
        moves = [(0, 0), (far, far), (far, -far), (-far, far), (-far, -far)] if far else [(0, 0)]
        return [as_it_is._replace(shift=move) for as_it_is in super().copies() for move in moves]

    def varied_copies(self, rng: np.random.Generator) -> list[Copy]:
        """As many as ``vary.sequences``, mirrored or flipped at random as ``lstm.copies`` allows."""
        section = self.config.vary
        if not varied.wanted(section):
            return []
        versions = super().copies()
        rows = varied.draw(section, rng, section.sequences).tolist()
        return [versions[rng.integers(len(versions))]._replace(variation=vary.Variation(*row)) for row in rows]

    def stages(self, store: FrameStore, sequences: Sequence[Clip]) -> list[Stage]:
        """The ConvNet's training, online, on windows."""
        section, rates = self.config.convnet, self.convnet.rates()

        def learn(updates: Updates | VariedUpdates, velocity: np.ndarray) -> Learned:
            learned = self.convnet.run_updates(store.frames, updates, velocity, rates, section.momentum)
            files.release(store.frames)
            return learned

        draw = functools.partial(self.draw, store, sequences)
        rate = "convnet.learning_rate"
        several = targets.sets(section.loss)
        return [Stage("convnet", section, self.convnet.parameters, draw, learn, rate, settle=5000, several=several)]

    def draw(
        self,
        store: FrameStore,
        sequences: Iterable[Clip],
        rng: np.random.Generator,
        passes: Passes,
    ) -> Updates | VariedUpdates:
        """One pass over the training windows: every ``window_step``-th from a random phase, a random copy of each.

        The ``rng`` is for this pass over the ``sequences`` of a ``store``; ``passes`` gives the rate of each update.
        """
        section = self.config.convnet
        starts, labels, spans = [], [], []
        for sequence in sequences:
            phase = int(rng.integers(section.window_step))
            found = self.starts_of(store, sequence.name, section.window_step, phase)
            starts.append(found)
            target = targets.target(sequence.labels, self.classes, section.loss)
            labels.append(np.full(len(found), target, np.int64))
            spans.append(np.full((len(found), 2), store.spans[sequence.name], np.int64))
        order = rng.permutation(sum(map(len, starts)))
        plain = (
            np.concatenate(starts)[order],
            np.concatenate(labels)[order],
            self.draw_copies(rng, len(order)),
            passes.rates(len(order)),
        )
        if not varied.wanted(self.config.vary):
            return Updates(*plain, seeds(rng, section.dropout, len(order)))
        rows = varied.draw(self.config.vary, rng, len(order))
        return VariedUpdates(*plain, np.concatenate(spans)[order], rows, seeds(rng, section.dropout, len(order)))

    def draw_copies(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """So many copies at random, (count, 4), as ``convnet.copies`` and ``convnet.shift`` ask for them."""
        section = self.config.convnet
        versions = np.array(COPIES[section.copies], np.int64)
        copy = versions[rng.integers(len(versions), size=count)]
        return np.hstack([copy, rng.integers(-section.shift, section.shift + 1, size=(count, 2))])
