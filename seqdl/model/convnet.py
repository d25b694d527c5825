"""The 3D-ConvNet of Section 2.2: built from its configuration, run by one of two backends."""

import numpy as np

from seqdl.base.arrays import (
    check_dtype,
    check_exact,
    check_finite,
    check_flag,
    check_indices,
    check_kind,
    check_labels,
    check_number,
    check_whole,
    within,
)
from seqdl.base.doors import BACKENDS, GENERATOR, Kind, door, inside
from seqdl.config import ConvNetConfig
from seqdl.model import targets
from seqdl.model.backend import ConvNetBackend
from seqdl.model.geometry import LayerSpec, convnet_layers, rate_factors, shapes
from seqdl.model.parameters import Parameters
from seqdl.model.updates import Learned, Updates, VariedUpdates, check_seeds
from seqdl.model.varied import check_variations


class ConvNet:
    """The 3D-ConvNet.

    Parameters
    ----------
    config : ConvNetConfig
        Geometry and choices.
    classes : int
        Number of actions.
    rng : numpy.random.Generator, optional
        For the initial weights; without it all parameters are zero.
    backend : {"numba", "numpy"}
        Which form runs.
    dtype : dtype
        Of the parameters; the compiled form is float32.

    Raises
    ------
    GeometryError
        For impossible sizes.
    """

    @door(config=Kind((ConvNetConfig,)), rng=GENERATOR, backend=BACKENDS)
    def __init__(
        self,
        config: ConvNetConfig,
        classes: int,
        rng: np.random.Generator | None = None,
        backend: str = "numba",
        dtype: np.dtype | type = np.float32,
    ) -> None:
        self.config, self.classes, self._form = config, classes, backend
        self.layers = convnet_layers(config, classes)
        check_dtype(dtype, "dtype")
        targets.check_classes(config.loss, classes, "convnet.loss")
        self.parameters = Parameters(shapes(self.layers), dtype)
        self.features = int(np.prod(self.layer("C3").output))
        if rng is not None:
            self.initialise(rng)
        self._backend = _backend(backend, config, self.layers, self.parameters)

    def keep_in(self, vector: np.ndarray) -> None:
        """Keep the parameters, with the values that they have, in a ``vector`` (P,) from now on."""
        vector[:] = self.parameters.vector
        self.parameters = Parameters(self.parameters.shapes, vector=vector)
        self._backend = _backend(self._form, self.config, self.layers, self.parameters)

    def layer(self, name: str) -> LayerSpec:
        """One layer's sizes."""
        return next(layer for layer in self.layers if layer.name == name)

    def initialise(self, rng: np.random.Generator) -> None:
        """Draw the weights, of variance ``initial_scale**2`` / fan-in; gains and coefficients are 1, biases 0."""
        config = self.config
        for layer in self.layers:
            for name, shape in layer.shapes:
                view = self.parameters[f"{layer.name}.{name}"]
                if name == "weight":
                    scale = config.initial_scale / np.sqrt(layer.fan_in)
                    wide = np.sqrt(3.0) * scale
                    normal = config.initial == "normal"
                    view[...] = rng.normal(0, scale, shape) if normal else rng.uniform(-wide, wide, shape)
                elif name in ("gain", "coefficient"):
                    view[...] = 1
                else:
                    view[...] = config.initial_subsample_bias if layer.name.startswith("S") else 0

    def rates(self) -> np.ndarray:
        """A factor on the learning rate for each parameter (P,), by ``rate_rule``."""
        return rate_factors(self.layers, self.config.rate_rule).astype(self.parameters.vector.dtype)

    def read(
        self, frames: np.ndarray, starts: np.ndarray, mirror: bool = False, flip: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Describe and classify windows of a clip, or of a whole store of frames.

        Parameters
        ----------
        frames : array of float32, (F, Y, X)
            Normalised frames.
        starts : array of int, (n,)
            First frame of each window.
        mirror, flip : bool
            Which copy of the windows.

        Returns
        -------
        features : array, (n, 120)
            C3 of each window.
        outputs : array, (n, classes)
            Probabilities (or, with the squared error, values in -1..1).

        Raises
        ------
        ValueError
            For frames of another shape or type, or windows outside them.
        """
        check_flag(mirror, "mirror")
        check_flag(flip, "flip")
        self._check(frames, starts)
        if len(starts):
            check_finite(frames[starts.min() : starts.max() + self.config.frames], "frames")
        with inside():
            return self._backend.read(frames, np.ascontiguousarray(starts, np.int64), mirror, flip)

    def loss_and_gradient(self, window: np.ndarray, label: int) -> tuple[float, np.ndarray]:
        """The loss of one window and its gradient by all parameters.

        Parameters
        ----------
        window : array of float32, (T, Y, X)
            Normalised frames.
        label : int
            The true class.

        Returns
        -------
        loss : float
        gradient : array, (P,)
        """
        check_exact(window, "window", self.parameters.vector.dtype, self.layers[0].output[1:])
        check_whole(label, "label", 0, targets.highest(self.config.loss, self.classes))
        check_finite(window, "window")
        with inside():
            return self._backend.loss_and_gradient(window, int(label))

    def run_updates(
        self, frames: np.ndarray, updates: Updates | VariedUpdates, velocity: np.ndarray, rates: np.ndarray, mu: float
    ) -> Learned:
        """Learn online from many windows, one update each.

        Parameters
        ----------
        frames : array of float32, (F, Y, X)
            Normalised frames.
        updates : Updates or VariedUpdates
            The windows.
        velocity : array, (P,)
            The running step; changed.
        rates : array, (P,)
            From :meth:`rates`.
        mu : float
            The momentum.

        Raises
        ------
        ValueError
            For arrays of another shape or type, windows outside the frames, labels that are none, or NaN, infinite or
            huge values; nothing is learned then.
        """
        check_kind(updates, "updates", Updates, VariedUpdates)
        check_exact(updates.starts, "starts", np.int64, (None,))
        self._check(frames, updates.starts)
        count, parameters = len(updates.starts), self.parameters.vector
        check_exact(updates.labels, "labels", np.int64, (count,))
        check_exact(updates.copy, "copy", np.int64, (count, 4))
        check_exact(updates.learning_rates, "learning_rates", np.float32, (count,))
        check_labels(updates.labels, "labels", targets.highest(self.config.loss, self.classes) + 1)
        check_finite(updates.learning_rates, "learning_rates")
        check_exact(velocity, "velocity", parameters.dtype, parameters.shape, writable=True)
        check_exact(rates, "rates", parameters.dtype, parameters.shape)
        check_finite(velocity, "velocity")
        check_finite(rates, "rates")
        check_number(mu, "mu", 0)
        check_seeds(updates.seeds, count)
        if isinstance(updates, VariedUpdates):
            check_variations(updates.variations, updates.spans, count, len(frames))
        self._check_windows(frames, updates.starts)
        with inside():
            return self._backend.run_updates(frames, updates, velocity, rates, mu)

    def _check(self, frames: np.ndarray, starts: np.ndarray) -> None:
        length, *size = self.layers[0].output[1:]
        check_exact(frames, "frames", self.parameters.vector.dtype, (None, *size))
        check_indices(starts, "starts")
        if len(starts) and (starts.min() < 0 or starts.max() + length > len(frames)):
            raise ValueError(f"starts: windows of {length} frames reach outside the {len(frames)} frames")

    def _check_windows(self, frames: np.ndarray, starts: np.ndarray) -> None:
        """Refuse windows with values that are no data; each frame is looked at once, in however many windows it is."""
        length, ordered = self.config.frames, np.unique(starts)
        plain = np.asarray(frames)  # every slice of a mapped file is an object that says so, a quarter of the time
        for run in np.split(ordered, np.flatnonzero(np.diff(ordered) > length) + 1):
            if len(run) and not within(plain[run[0] : run[-1] + length]):
                for start in run:
                    check_finite(plain[start : start + length], f"frames, window from {start}")


def _backend(form: str, config: ConvNetConfig, layers: list[LayerSpec], parameters: Parameters) -> ConvNetBackend:
    """The form of the network that was asked for; what compiles is imported only where it runs."""
    if form == "numpy":
        from seqdl.model.convnet_numpy import NumpyConvNet

        return NumpyConvNet(config, parameters)
    from seqdl.model.convnet_compiled import CompiledConvNet

    return CompiledConvNet(config, layers, parameters)
