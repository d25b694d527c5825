"""The single-step model: the 3D-ConvNet connected to the LSTM, both trained by one error (planned in Section 5)."""

import numpy as np

from seqdl.base.arrays import (
    check_exact,
    check_finite,
    check_indices,
    check_kind,
    check_labels,
    check_number,
    check_whole,
)
from seqdl.base.doors import Kind, door, inside
from seqdl.config import Config
from seqdl.errors import UsageError
from seqdl.model import targets
from seqdl.model.backend import SingleStepBackend
from seqdl.model.convnet import ConvNet
from seqdl.model.geometry import LayerSpec, shapes, single_step_layers
from seqdl.model.lstm_classifier import LSTMClassifier
from seqdl.model.parameters import Parameters
from seqdl.model.updates import EVENED, AdamState, Learned, SingleStepUpdates


class SingleStep:
    """Both networks as one: from now on they keep their parameters in one vector, and describe and decide as before.

    Parameters
    ----------
    config : Config
        Geometry and choices of both, and the form that runs.
    convnet, lstm : ConvNet, LSTMClassifier
        The networks, which go on with the parameters that they have.

    Raises
    ------
    UsageError
        For settings that have no meaning here.
    """

    @door(config=Kind((Config,)), convnet=Kind((ConvNet,)), lstm=Kind((LSTMClassifier,)))
    def __init__(self, config: Config, convnet: ConvNet, lstm: LSTMClassifier) -> None:
        check_settings(config)
        self.config, self.convnet, self.lstm, self.classes = config, convnet, lstm, convnet.classes
        self.layers = single_step_layers(config, self.classes)
        self.parameters = Parameters(shapes(self.layers), convnet.parameters.vector.dtype)
        size = convnet.parameters.vector.size
        convnet.keep_in(self.parameters.vector[:size])
        lstm.keep_in(self.parameters.vector[size:])
        self._backend = _backend(config, self.layers, self.parameters)

    def loss_and_gradient(
        self, frames: np.ndarray, label: int, *, head: float = 0.0, seed: int = -1
    ) -> tuple[float, np.ndarray]:
        """The loss of one sequence and its gradient (P,) by the parameters of both networks.

        Parameters
        ----------
        frames : array of float32, (F, Y, X)
            Normalised frames, at least those of one window; every ``lstm.window_step``-th window is a step.
        label : int
            The true class.
        head : float
            How much the loss of N1 and N2, averaged over all windows, counts.
        seed : int
            For dropout; without any where negative.
        """
        self._check(frames, "frames")
        if len(frames) < self.config.convnet.frames:
            raise ValueError(
                f"frames: expected at least the {self.config.convnet.frames} of a window, got {len(frames)}"
            )
        check_finite(frames, "frames")
        check_whole(label, "label", 0, targets.highest(self.config.lstm.loss, self.classes))
        check_number(head, "head", 0)
        check_whole(seed, "seed", -1)
        with inside():
            return self._backend.loss_and_gradient(frames, int(label), float(head), int(seed))

    def run_updates(self, frames: np.ndarray, updates: SingleStepUpdates, state: AdamState) -> Learned:
        """Learn online from many crops, one update each.

        Parameters
        ----------
        frames : array of float32, (F, Y, X)
            Normalised frames.
        updates : SingleStepUpdates
            The crops.
        state : AdamState
            What is kept from one update to the next; changed.

        Raises
        ------
        ValueError
            For arrays of another shape or type, windows outside the frames, labels that are none, or NaN, infinite or
            huge values; nothing is learned then.
        """
        check_kind(updates, "updates", SingleStepUpdates)
        check_kind(state, "state", AdamState)
        check_indices(updates.starts, "starts")
        count, parameters = len(updates.starts), self.parameters.vector
        for name in ("starts", "steps", "labels", "seeds"):
            check_exact(getattr(updates, name), name, np.int64, (count,))
        check_exact(updates.copy, "copy", np.int64, (count, 4))
        for name in ("learning_rates", "convnet_rates", "head"):
            check_exact(getattr(updates, name), name, np.float32, (count,))
            check_finite(getattr(updates, name), name)
        check_labels(updates.labels, "labels", targets.highest(self.config.lstm.loss, self.classes) + 1)
        for name in ("mean", "square"):
            check_exact(getattr(state, name), name, parameters.dtype, parameters.shape, writable=True)
            check_finite(getattr(state, name), name)
        check_exact(state.evened, "evened", np.float32, (EVENED,), writable=True)
        check_finite(state.evened, "evened")
        check_exact(state.counts, "counts", np.int64, (2,), writable=True)
        self._check(frames, "frames")
        ends = updates.starts + (updates.steps - 1) * self.config.lstm.window_step + self.config.convnet.frames
        if count and (updates.starts.min() < 0 or updates.steps.min() < 1 or ends.max() > len(frames)):
            raise ValueError(f"starts, steps: windows that are none, or reach outside the {len(frames)} frames")
        for start, end in zip(updates.starts, ends):
            check_finite(frames[start:end], f"frames, crop from {start}")
        with inside():
            return self._backend.run_updates(frames, updates, state)

    def _check(self, frames: np.ndarray, name: str) -> None:
        check_exact(frames, name, self.parameters.vector.dtype, (None, *self.layers[0].output[2:]))


def check_settings(config: Config) -> None:
    """Refuse settings of the two networks that have no meaning while they are trained as one, by a UsageError."""
    scaling, section = config.lstm.input_scaling, config.single_step
    if scaling != "none":
        raise UsageError(
            f"lstm.input_scaling = {scaling}: while {config.model} learns, what the LSTM reads changes too: use none"
        )
    if targets.sets(config.lstm.loss) != targets.sets(config.convnet.loss):
        raise UsageError(
            f"lstm.loss = {config.lstm.loss}: with convnet.loss = {config.convnet.loss} one of the two learns sets of "
            "classes, and the other a class alone: make both logistic, or neither"
        )
    if section.alternate and not section.convnet_rate:
        raise UsageError(
            "single_step.alternate = True: the ConvNet is left alone (single_step.convnet_rate = 0): drop one"
        )
    if section.warm and config.convnet.epochs:
        raise UsageError(
            f"convnet.epochs = {config.convnet.epochs}: the ConvNet of single_step.warm is trained already: give 0"
        )
    if section.longest and section.longest < section.shortest:
        raise UsageError(
            f"single_step.longest = {section.longest}: give at least single_step.shortest ({section.shortest}), or 0 "
            "for whole sequences"
        )


def _backend(config: Config, layers: list[LayerSpec], parameters: Parameters) -> SingleStepBackend:
    """The form that the configuration asks for; Numba, which takes seconds to import, only where it runs."""
    if config.backend == "numpy":
        from seqdl.model.single_step_numpy import NumpySingleStep

        return NumpySingleStep(config, parameters)
    from seqdl.model.single_step_compiled import CompiledSingleStep

    return CompiledSingleStep(config, layers, parameters)
