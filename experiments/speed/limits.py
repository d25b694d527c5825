"""What a part of a command could not take less than, on the machine at hand: measured, or counted and divided.

A decoder that does nothing else; multiply-adds of the direct algorithms at the processor's peak; bytes that must be
read and written at the memory's bandwidth; an interpreter that does nothing, and one that imports the libraries alone.
All in seconds of the processor. Compiling, drawing and pictures have no such limit: they need not be.
"""

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from experiments import script
from experiments.speed import kernels, parts
from seqdl.baseline.scales import LEVELS, SIGMA2, TAU2
from seqdl.config import Config, crop_size
from seqdl.model.recogniser import Recogniser

LIBRARIES = "import numpy, numba, scipy.ndimage, av"
MEGABYTES, TRIES = 256, 3


@dataclass(frozen=True)
class Limits:
    """Seconds to begin a process and, besides, to import; multiply-adds and bytes a second."""

    begin: float
    libraries: float
    products: float
    bytes: float


@dataclass(frozen=True)
class Work:
    """How much a command has to do.

    ``processes`` begin; ``frames`` of so many ``pixels`` are prepared, whose decoding alone takes ``decode`` seconds;
    ``points`` says whether interest points are found in them. The ConvNet learns from so many ``updates``, reads so
    many ``windows``; the LSTM learns from so many ``steps``, reads ``windows``. ``stored`` bytes are written.
    """

    processes: int = 1
    frames: int = 0
    pixels: int = 160 * 120
    decode: float = 0.0
    points: bool = False
    updates: int = 0
    windows: int = 0
    steps: int = 0
    stored: int = 0


def measure() -> Limits:
    """Of this machine, now: the best of a few tries."""
    begin = min(script.process(["-c", "pass"]).processor for _ in range(TRIES))
    libraries = min(script.process(["-c", LIBRARIES]).processor for _ in range(TRIES)) - begin
    return Limits(begin, libraries, max(kernels.peak() for _ in range(TRIES)) * 1e9 / 2, bandwidth())


def bandwidth() -> float:
    """Bytes a second that one core reads and writes, copying more than any cache holds."""
    source = np.ones(MEGABYTES * 2**20 // 8)
    target, least = np.zeros_like(source), math.inf
    for _ in range(TRIES + 1):
        start = time.thread_time()
        np.copyto(target, source)
        least = min(least, time.thread_time() - start)
    return 2 * source.nbytes / least


def decoding(paths: Iterable[Path]) -> tuple[int, float]:
    """How many frames some videos have, and the seconds in which PyAV decodes them and nothing else is done."""
    start, frames = time.process_time(), 0
    for path in paths:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            frames += sum(1 for _ in container.decode(stream))
    return frames, time.process_time() - start


def harris(pixels: int) -> float:
    """Multiply-adds a frame: at twelve scales one smoothing, then that of six products, by direct separable windows.

    These are cut at 4 sigma and 3 tau.
    """
    taps = 0.0
    for level in range(LEVELS):
        for sigma2, tau2 in ((s, t) for s in SIGMA2 for t in TAU2):
            once, twice = (2 * _taps(4, v * sigma2) + _taps(3, v * tau2) for v in (1, 2))
            taps += (once + 6 * twice) / 4**level
    return pixels * taps


def _taps(cut: int, variance: float) -> int:
    return 2 * math.ceil(cut * math.sqrt(variance)) + 1


def networks(config: Config, classes: int) -> tuple[float, float, float, float]:
    """Multiply-adds of an update of the ConvNet, a window it reads, a step that the LSTM learns, and one that it reads.

    What windows of a sequence share is counted once. Learning is forward and two ways back; the LSTM's input needs no
    gradient.
    """
    made = Recogniser(config, tuple(map(str, range(classes))), np.random.default_rng(0))
    lstm = {name: value.size for name, value in made.lstm.parameters.items() if value.ndim > 1}
    step = float(sum(lstm.values()))
    back = step - lstm["LSTM.input"]
    net = made.describer.networks.get("convnet")
    if net is None:
        return 0.0, 0.0, 2 * step + back, step
    work, size = kernels.multiply_adds(net), {layer.name: layer.output for layer in net.layers}
    window = sum(work[name] / size[name][1] for name in ("C1", "C2", "C3"))
    return float(sum(work.values())), window, 2 * step + back, step


def seconds(here: Limits, work: Work, config: Config, classes: int = 6) -> dict[str, float]:
    """The limit of each part that has one."""
    update, window, learned, read = networks(config, classes)
    rows, columns = crop_size(config)
    small = work.pixels / config.video.downsample**2
    cut = rows * columns + 4 * config.convnet.rows * config.convnet.columns
    found = {
        parts.BEGINNING: work.processes * here.begin,
        parts.IMPORTS: work.processes * here.libraries,
        parts.DECODING: work.decode,
        parts.WRITING: 2 * work.stored / here.bytes,
        parts.CONVNET: (work.updates * update + work.windows * window) / here.products,
        parts.LSTM: (work.steps * learned + work.windows * read) / here.products,
    }
    if work.points:
        found[parts.POINTS] = work.frames * harris(work.pixels) / here.products
    else:
        found[parts.SMALLER] = work.frames * (work.pixels + small) / here.bytes
        found[parts.BOX] = work.frames * small / here.bytes
        found[parts.CONTRAST] = work.frames * cut / here.bytes
    return found
