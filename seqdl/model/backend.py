"""What runs the networks: one protocol for each, kept by the NumPy form and by the compiled one.

The two forms keep the same contract:

* A network checks what it hands on; a backend checks nothing.
* A call reads the parameters, which it shares with the network, as they are when it begins. Whatever else it writes is
  its own, in a workspace from a :class:`~seqdl.model.workspaces.Pool`: several threads may call at once, but for
  :meth:`run_updates`, which changes the parameters.
* Within a backend, every layer and kernel *overwrites* the gradients that it computes, by parameters and by
  activations: they are those of one sample, whatever stood there before.
"""

from typing import Protocol

import numpy as np

from seqdl.model.updates import AdamState, Learned, SequenceUpdates, SingleStepUpdates, Updates, VariedUpdates


class ConvNetBackend(Protocol):
    """What runs a :class:`~seqdl.model.convnet.ConvNet`."""

    def read(self, frames: np.ndarray, starts: np.ndarray, mirror: bool, flip: bool) -> tuple[np.ndarray, np.ndarray]:
        """Features (n, 120) and outputs (n, classes) of windows.

        Parameters
        ----------
        frames : array of float32, (F, Y, X)
            Normalised frames.
        starts : array of int64, (n,)
            First frame of each window.
        mirror, flip : bool
            Which copy of the windows.
        """

    def loss_and_gradient(self, window: np.ndarray, label: int) -> tuple[float, np.ndarray]:
        """Loss of one window and its gradient (P,) by all parameters, a new array.

        Parameters
        ----------
        window : array of float32, (T, Y, X)
            Normalised frames.
        label : int
            The true class.
        """

    def run_updates(
        self, frames: np.ndarray, updates: Updates | VariedUpdates, velocity: np.ndarray, rates: np.ndarray, mu: float
    ) -> Learned:
        """Many online updates of the parameters.

        Parameters
        ----------
        frames : array of float32, (F, Y, X)
            Normalised frames.
        updates : Updates or VariedUpdates
            The windows.
        velocity : array, (P,)
            The running step; changed.
        rates : array, (P,)
            A factor on the rate for each parameter.
        mu : float
            The momentum.
        """


class LSTMBackend(Protocol):
    """What runs an :class:`~seqdl.model.lstm_classifier.LSTMClassifier`."""

    def read(self, x: np.ndarray) -> np.ndarray:
        """Outputs (steps, classes) at every step.

        Parameters
        ----------
        x : array, (steps, N)
            Scaled features.
        """

    def loss_and_gradient(self, x: np.ndarray, label: int) -> tuple[float, np.ndarray]:
        """Loss of one sequence and its gradient (P,) by all parameters, a new array.

        Parameters
        ----------
        x : array, (steps, N)
            Scaled features.
        label : int
            The true class.
        """

    def run_updates(self, features: np.ndarray, updates: SequenceUpdates, velocity: np.ndarray, mu: float) -> Learned:
        """Many online updates of the parameters.

        Parameters
        ----------
        features : array, (steps of all sequences, N)
            Scaled features.
        updates : SequenceUpdates
            The sequences.
        velocity : array, (P,)
            The running step; changed.
        mu : float
            The momentum.
        """


class SingleStepBackend(Protocol):
    """What runs a :class:`~seqdl.model.single_step.SingleStep` while it learns; one call at a time."""

    def loss_and_gradient(self, frames: np.ndarray, label: int, head: float, seed: int) -> tuple[float, np.ndarray]:
        """Loss of one sequence, all windows from its first frame on, and its gradient (P,), a new array.

        Parameters
        ----------
        frames : array of float32, (F, Y, X)
            Normalised frames, at least those of one window.
        label : int
            The true class.
        head : float
            How much the head's loss counts.
        seed : int
            For dropout; without any where negative.
        """

    def run_updates(self, frames: np.ndarray, updates: SingleStepUpdates, state: AdamState) -> Learned:
        """Many online updates of the parameters.

        Parameters
        ----------
        frames : array of float32, (F, Y, X)
            Normalised frames.
        updates : SingleStepUpdates
            The crops.
        state : AdamState
            What is kept from one update to the next; changed.
        """
