"""The two-step system: a ConvNet that describes windows, an LSTM that names the action of the sequence (Figure 3).

In the model ``stip-lstm`` the ConvNet is missing: the LSTM reads engineered descriptors of interest points (Table 1).
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from seqdl import config as configuration
from seqdl.config import Config
from seqdl.errors import SeqdlError
from seqdl.model import checkpoint
from seqdl.model.convnet import ConvNet
from seqdl.model.decision import accumulate, vote
from seqdl.model.geometry import lstm_inputs
from seqdl.model.lstm_classifier import LSTMClassifier


class Decision(NamedTuple):
    """What the system says of one sequence.

    Parameters
    ----------
    windows : array, (steps, classes)
        The ConvNet's outputs for each window; None without a ConvNet, as are the next two.
    votes : array, (classes,)
        Share of the windows' votes.
    voting : int
        The class by majority voting.
    steps : array, (steps, classes)
        The LSTM's outputs at each step.
    accumulated : array, (classes,)
        The LSTM's outputs averaged over time (or at the last step); the prior, where there is no step.
    lstm : int
        The class by the LSTM.
    """

    windows: np.ndarray | None
    votes: np.ndarray | None
    voting: int | None
    steps: np.ndarray
    accumulated: np.ndarray
    lstm: int


class Recogniser:
    """The networks and what they need to be used.

    Parameters
    ----------
    config : Config
        The configuration.
    classes : tuple of str
        The actions, in the order of the outputs.
    rng : numpy.random.Generator, optional
        For the initial weights; without it they are zero.

    Attributes
    ----------
    convnet : ConvNet or None
        None in the model ``stip-lstm``.
    lstm : LSTMClassifier
        Reads what the ConvNet says of windows, or the descriptors.
    prior : array, (classes,)
        Share of the training sequences of each class, by which the model ``stip-lstm`` decides sequences without any
        point.
    """

    def __init__(self, config: Config, classes: tuple[str, ...], rng: np.random.Generator | None = None) -> None:
        convnet_rng, lstm_rng = rng.spawn(2) if rng is not None else (None, None)
        self.config, self.classes = config, tuple(classes)
        with_convnet = config.model == "convnet-lstm"
        self.convnet = ConvNet(config.convnet, len(classes), convnet_rng, config.backend) if with_convnet else None
        inputs = lstm_inputs(config, len(classes))
        self.lstm = LSTMClassifier(config.lstm, inputs, len(classes), lstm_rng, config.backend)
        self.prior = np.full(len(classes), 1 / len(classes))

    def decide(self, frames: np.ndarray, starts: np.ndarray) -> Decision:
        """Name the action of one sequence.

        Parameters
        ----------
        frames : array of float32, (F, rows, columns)
            Normalised frames.
        starts : array of int, (steps,)
            First frames of the windows, in the order of time.

        Returns
        -------
        Decision

        Raises
        ------
        ValueError
            For frames or starts of another type or shape, without a single window, outside the frames, or where NaN
            or infinite values in the frames (or the weights) leave nothing to decide by.
        """
        if not isinstance(frames, np.ndarray):
            raise ValueError(f"frames: expected an array of float32, (F, rows, columns), got {type(frames).__name__}")
        if not isinstance(starts, np.ndarray) or starts.ndim != 1 or starts.dtype.kind not in "iu" or not starts.size:
            raise ValueError("starts: expected an array of whole numbers, (steps,), of at least one window")
        features, windows = self.convnet.read(frames, starts)
        if not np.isfinite(windows).all():
            raise ValueError("frames: NaN or infinite values in the windows, or in the network's weights")
        return self.conclude(features, windows)

    def conclude(self, features: np.ndarray, windows: np.ndarray | None = None) -> Decision:
        """Name the action of one sequence from what its steps were described by.

        Choice: a sequence without any step is decided by ``prior``, a tie of classes by their order.

        Parameters
        ----------
        features : array, (steps, N)
            In the order of time.
        windows : array, (steps, classes), optional
            The ConvNet's outputs.

        Returns
        -------
        Decision
        """
        voting, votes = (None, None) if windows is None else vote(windows)
        if not len(features):
            outputs = self.prior if self.config.lstm.loss == "cross_entropy" else 2 * self.prior - 1
            return Decision(windows, votes, voting, np.empty((0, len(outputs))), outputs, int(outputs.argmax()))
        steps = self.lstm.read(features)
        lstm, accumulated = accumulate(steps, self.config.lstm.decision)
        return Decision(windows, votes, voting, steps, accumulated, lstm)

    def beside(self) -> dict[str, np.ndarray]:
        """What a checkpoint of the LSTM holds beside its parameters.

        Returns
        -------
        dict of str to array
            The arrays themselves: what is written into them is used.
        """
        scaling = {"mean": self.lstm.mean, "deviation": self.lstm.deviation}
        return scaling if self.convnet else scaling | {"prior": self.prior}

    def probabilities(self, outputs: np.ndarray) -> np.ndarray:
        """Outputs of the LSTM as numbers that add up to 1.

        Parameters
        ----------
        outputs : array, (..., classes)
            Softmax outputs are so already; those of the squared error (-1..1) are moved to 0..1 and scaled.

        Returns
        -------
        array, (..., classes)
        """
        if self.config.lstm.loss == "cross_entropy":
            return outputs
        moved = (outputs + 1) / 2 + 1e-6
        return moved / moved.sum(axis=-1, keepdims=True)

    @classmethod
    def load(cls, folder: str | Path) -> Recogniser:
        """The networks of a finished run.

        Parameters
        ----------
        folder : path
            The run folder.

        Returns
        -------
        Recogniser

        Raises
        ------
        SeqdlError
            Where it is no run folder, the run is not finished, or a file is damaged.
        """
        folder = Path(folder)
        if not (folder / "config.json").is_file():
            raise SeqdlError(f"{folder} is not a run folder (it has no config.json): name one that seqdl train made")
        config = configuration.read(folder / "config.json")
        if not (folder / "result.json").is_file():
            raise SeqdlError(f"the run in {folder} is not finished: go on with seqdl train --resume {folder}")
        arrays, values = checkpoint.load(folder / "lstm.npz", "classes")
        self = cls(config, tuple(values["classes"]))
        checkpoint.fill({"theta": self.lstm.parameters.vector, **self.beside()}, arrays, folder / "lstm.npz")
        if self.convnet:
            arrays, _ = checkpoint.load(folder / "convnet.npz")
            checkpoint.fill({"theta": self.convnet.parameters.vector}, arrays, folder / "convnet.npz")
        return self
