"""What a training would cost, before it is begun: rates that were measured once, and how much there is to do.

The networks' are constants of one machine (docs/scaling.md), so that nothing has to be compiled for an answer that is
right within a factor of about two anyway. Decoding the videos and finding the person is measured on them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil, inf, log
from statistics import mean

from seqdl.base.cache import compiled_folder
from seqdl.config import Config
from seqdl.kernels.vector.simd import target
from seqdl.model import describers, varied
from seqdl.model.geometry import LayerSpec
from seqdl.models import model

UPDATE, DESCRIBE, LEARN, DECIDE, AS_ONE = 320e-6, 40e-6, 2e-6, 50e-6, 90e-6
"""Seconds of one core that the paper's network takes for an online update and to describe a window, the LSTM to learn a
step, both to decide on one, and both as one to learn a window of a crop."""
NORMALISE = 10e-6
"""Seconds to normalise the contrast of a frame."""
COMPILE = {"networks.convnet.run_updates": 1.9, "networks.sequence.read": 0.4, "networks.lstm_classifier.read": 0.1,
           "networks.lstm_classifier.run_updates": 0.8, "networks.single_step.run_updates": 7.0,
           "layers.vary.render_clips": 3.0, "layers.dropout.mask": 0.8}  # fmt: skip
"""Seconds to compile what Python calls of :mod:`seqdl.kernels`, once for a geometry, whatever the classes."""
SLOWER = 4.0
"""How many times as long it takes without AVX2 or AVX-512."""


@dataclass(frozen=True)
class Estimate:
    """What preparing a dataset and one training on it cost.

    Parameters
    ----------
    disk : int
        Bytes of prepared video.
    prepare, train : float or None
        Seconds of preparing it in all processes, and of training and evaluating on one core; None where nobody knows.
    """

    disk: int
    prepare: float | None
    train: float | None


def estimate(
    config: Config, classes: int, frames: int, learned: Sequence[int], tested: Sequence[int], seconds: Iterable[float],
    workers: int,
) -> Estimate:  # fmt: skip
    """The cost of preparing so many ``frames`` and of a training by ``config``, to tell so many ``classes`` apart.

    Parameters
    ----------
    config, classes, frames
        As above.
    learned, tested : sequence of int
        Frames of each training and test sequence.
    seconds : iterable of float
        What decoding a frame and finding the person took in some sequences.
    workers : int
        Processes that prepare video.
    """
    describer = describers.kind(config)
    disk, measured = frames * describer.frame_bytes(config), list(seconds)
    layers = describer.layers(config, max(classes, 2)).get("convnet")
    if not layers or config.backend != "numba":
        return Estimate(disk, None, None)
    prepare = frames * (mean(measured) + NORMALISE) / workers if measured else None
    size = _work(layers) / _work(describer.layers(Config(), 6)["convnet"])
    train = config.convnet.epochs * _windows(learned, config, config.convnet.window_step) * UPDATE * size
    if model(config.model).as_one:
        crops = sum(min(_windows([length], config, config.lstm.window_step), _crop(config)) for length in learned)
        train += config.single_step.epochs * crops * ceil(config.single_step.crops / len(learned)) * AS_ONE * size
    else:
        copies = len(describers.make(replace(config, backend="numpy"), ("one", "other")).copies())
        copies += config.vary.sequences * varied.wanted(config.vary)
        steps = _windows(learned, config, config.lstm.window_step) * copies
        train += steps * (DESCRIBE * size + config.lstm.epochs * LEARN)
    train += _windows(tested, config, config.lstm.window_step) * DECIDE * size
    train *= SLOWER if target().lanes < 8 else 1
    return Estimate(disk, prepare, train + compiling(config))


def compiling(config: Config) -> float:
    """Seconds to compile what a configuration needs, but what is there, be it in other sizes."""
    kind, folder = model(config.model), compiled_folder()
    needed = ["networks.lstm_classifier.read"]
    if "convnet" in kind.sections:
        needed += ["networks.sequence.read"] + ["networks.convnet.run_updates"] * (config.convnet.epochs > 0)
        needed += ["layers.vary.render_clips"] * varied.wanted(config.vary)
    if kind.as_one:
        needed.append("networks.single_step.run_updates")
    else:
        needed.append("networks.lstm_classifier.run_updates")
        needed += ["layers.dropout.mask"] * (max(config.convnet.dropout, config.lstm.dropout) > 0)
    return sum(COMPILE[name] for name in needed if not any(folder.glob(f"kernels.{name}-*")))


def _work(layers: Iterable[LayerSpec]) -> int:
    """Multiplications of a network, about."""
    return sum(layer.count * layer.uses for layer in layers)


def _crop(config: Config) -> float:
    """Windows of a crop in single-step training, on average: their logarithm is uniform."""
    least, most = config.single_step.shortest, config.single_step.longest
    return inf if not most else (most - least) / log(most / least) if most > least else least


def _windows(lengths: Iterable[int], config: Config, step: int) -> int:
    return sum(max(0, length - config.convnet.frames) // step + 1 for length in lengths)
