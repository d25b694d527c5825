"""The compiled backend of the single-step model: both networks packed as their own backends pack them, one entry."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from seqdl.base.arrays import check_float32, read_only
from seqdl.config import Config
from seqdl.kernels.layers.group_gradient import Groups
from seqdl.kernels.layers.layout import aligned
from seqdl.kernels.networks import lstm_classifier, sequence, walk
from seqdl.kernels.networks import single_step as kernel
from seqdl.kernels.vector.records import record
from seqdl.model.backend import SingleStepBackend
from seqdl.model.convnet_compiled import activations, network, positions, views, workspace
from seqdl.model.geometry import LayerSpec, rate_factors, shapes
from seqdl.model.lstm_compiled import classifier
from seqdl.model.parameters import Parameters
from seqdl.model.updates import AdamState, Learned, SingleStepUpdates
from seqdl.model.workspaces import Pool

STAGES = ("C1", "R1", "S1"), ("C2", "R2", "S2"), ("C3",)
"""Layers whose gradients are computed together, tile by tile."""


class Learning:
    """What a call works with.

    Parameters
    ----------
    sizes, classes, parameters : seqdl.kernels.networks.walk.SingleStep, int, Parameters
        The sizes; actions; the ConvNet's parameters, for their shapes.
    """

    def __init__(self, sizes: walk.SingleStep, classes: int, parameters: Parameters) -> None:
        self.sizes, self.classes, self.longest, g = sizes, classes, 0, sizes.convnet
        packed = len(parameters.vector), lstm_classifier.size(sizes.lstm, classes)
        self.convnet, self.lstm = (kernel.Learner(*(aligned(size) for _ in range(5))) for size in packed)
        self.lstm.rates[:] = 1
        part = aligned(len(parameters.vector))
        described = replace(g.groups3.c, frames=g.described + g.groups3.c.depth - 1)
        weights, gradients = views(self.convnet.theta, parameters), views(part, parameters)
        u, du = (activations(g, classes) for _ in range(2))
        made = record(weights), record(gradients), record(u), record(du), record(workspace(g, described))
        self.tile = made[0], part, *made[1:]
        self.learners = record(self.convnet), record(self.lstm)

    def fit(self, steps: int) -> None:
        """Make room for sequences of so many steps, where all before were shorter."""
        if steps > self.longest:
            self.longest, self.kept = steps, record(walk.sequence(self.sizes, steps))
            self.lstm_work = record(lstm_classifier.workspace(self.sizes.lstm, self.classes, steps))


class CompiledSingleStep(SingleStepBackend):
    """Runs both networks by :mod:`seqdl.kernels.networks.single_step`.

    Parameters
    ----------
    config, layers, parameters : Config, list of LayerSpec, Parameters
        Geometry and choices of both; their sizes, from :func:`~seqdl.model.geometry.single_step_layers`; of both.
    """

    def __init__(self, config: Config, layers: list[LayerSpec], parameters: Parameters) -> None:
        check_float32(parameters.vector)
        self.config, self.parameters = config, parameters
        own = layers[: [layer.name for layer in layers].index("LSTM")]
        sizes = network(config.convnet, own)
        tiles = sequence.tiles(sizes, config.convnet.algorithm == "toom_cook")
        tiles = replace(tiles, groups2=Groups(tiles.stage2.c))
        stages = [sum(layer.count for layer in own if layer.name in names) for names in STAGES]
        self.convnet, self.rates = Parameters(shapes(own)), rate_factors(own, config.convnet.rate_rule)
        lstm, [classes] = classifier(config.lstm, sizes.features), layers[-1].output
        self.sizes = walk.SingleStep(tiles, lstm, config.lstm.window_step, *stages)
        end = len(self.convnet.vector)
        self.parts = slice(end), slice(end, None)
        self.positions = positions(sizes, self.convnet), lstm_classifier.positions(lstm, classes)
        self.learning = Pool(lambda: Learning(self.sizes, classes, self.convnet))

    def loss_and_gradient(self, frames: np.ndarray, label: int, head: float, seed: int) -> tuple[float, np.ndarray]:
        """Loss and gradient of one sequence."""
        one, counts = np.ones(1, np.int64), np.zeros(2, np.int64)
        steps = (len(frames) - self.config.convnet.frames) // self.config.lstm.window_step + 1
        rate, copy = np.ones(1, np.float32), np.zeros((1, 4), np.int64)
        updates = SingleStepUpdates(0 * one, steps * one, label * one, copy, seed * one, rate, rate, head * rate)
        nothing, gradient = np.zeros(1, np.float32), np.empty_like(self.parameters.vector)
        with self.learning.workspace() as w:
            learned = self._run(w, frames, updates, AdamState(nothing, nothing, nothing, counts), False)
            for part, places, net in self._parts(w):
                gradient[part] = net.gradient[places]
        return float(learned.losses[0]), gradient

    def run_updates(self, frames: np.ndarray, updates: SingleStepUpdates, state: AdamState) -> Learned:
        """Many online updates."""
        with self.learning.workspace() as w:
            w.convnet.rates[self.positions[0]] = self.rates
            for part, places, net in self._parts(w):
                net.mean[places], net.square[places] = state.mean[part], state.square[part]
            learned = self._run(w, frames, updates, state, True)
            for part, places, net in self._parts(w):
                self.parameters.vector[part] = net.theta[places]
                state.mean[part], state.square[part] = net.mean[places], net.square[places]
        return learned

    def _parts(self, w: Learning) -> Iterable[tuple[slice, np.ndarray, kernel.Learner]]:
        """Of each network where its parameters are in the flat vector, where in the packed one, and its state."""
        return zip(self.parts, self.positions, (w.convnet, w.lstm))

    def _run(
        self, w: Learning, frames: np.ndarray, updates: SingleStepUpdates, state: AdamState, updating: bool
    ) -> Learned:
        section, n = self.config.single_step, len(updates.labels)
        losses, norms, decisions = np.empty(n, np.float32), np.empty(n, np.float32), np.empty(n, np.int64)
        for part, places, net in self._parts(w):
            net.theta[places] = self.parameters.vector[part]
        adam = section.decay, section.decay_square, section.weight_decay
        how = kernel.Choices(*adam, section.dropout, section.late, section.evening and updating, updating)
        given, told = (self.sizes, how, read_only(frames), *updates), (losses, decisions, norms)
        w.fit(int(updates.steps.max(initial=1)))
        convnet, lstm = w.learners
        networks = convnet, *w.tile, w.kept, lstm, w.lstm_work
        done = kernel.run_updates(*given, *networks, state.evened, state.counts, *told)
        return Learned(done, losses, decisions, norms)
