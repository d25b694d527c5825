"""The order in which kernels keep weights and activations: it is known here and nowhere else.

Outside, maps are (map, frame, row, column) and weights (map, source, frame, row, column), or (link, frame, row, column)
through a connection table. Inside::

    inputs     frame, source, row, column           the maps of a frame side by side, without gaps
    outputs    frame, map, row, column              rows ``pitch`` apart, planes ``plane_out``: see :class:`Convolution`
    weights    source, frame, row, column, target   the targets of a source innermost

:func:`inputs`, :func:`outputs` and :func:`weights` say where each number lies: ``packed[inputs(c)] = maps`` brings maps
into the kernels' order, ``packed[outputs(c)]`` takes them out of it. Within kernels, :func:`input_view`,
:func:`output_view` and :func:`weight_view` give the addresses. A network may look at transposed pictures, rows
for columns; its sizes are then those of the transposed pictures.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from seqdl.kernels.layers import cyclic
from seqdl.kernels.vector.sizes import Sizes
from seqdl.kernels.vector.vocabulary import View


def aligned(count: int, make: Callable[..., np.ndarray] = np.zeros) -> np.ndarray:
    """So many numbers of float32, zeros or what ``make`` makes, from a multiple of 64 on: a line of the cache."""
    memory = make(count + 16, np.float32)
    start = -memory.ctypes.data // 4 % 16
    return memory[start : start + count]


@dataclass(frozen=True)
class Convolution(Sizes):
    """The sizes of one layer.

    Parameters
    ----------
    sources, kernels, maps : int
        Input maps, targets of each, output maps.
    frames, rows, columns : int
        Of an input map; with Toom-Cook, as many points as frames.
    depth, height, width : int
        Of a kernel: frames, rows, columns.
    squashing : str
        The function applied to the sums; see :func:`seqdl.kernels.layers.squash.apply`.
    toom_cook : bool
        Whether time is transformed.
    lanes, registers : int
        Of the processor; see :func:`seqdl.kernels.vector.simd.target`.
    cyclic : int
        With Toom-Cook, how many rows are transformed too, as :meth:`transformed` says; 0 for none.
    """

    sources: int
    kernels: int
    maps: int
    frames: int
    rows: int
    columns: int
    depth: int
    height: int
    width: int
    squashing: str
    toom_cook: bool
    lanes: int
    registers: int
    cyclic: int = 0

    @property
    def plane(self) -> int:
        """Activations of an input plane."""
        return self.rows * self.columns

    @property
    def points(self) -> int:
        """Activations of all input planes, or their points."""
        return self.sources * self.frames * self.plane

    @property
    def taps(self) -> int:
        """Weights of all targets of one source, for one frame of the kernel."""
        return self.height * self.width * self.kernels

    @property
    def frames_out(self) -> int:
        """Frames of an output map."""
        return self.frames - self.depth + 1

    @property
    def rows_out(self) -> int:
        """Rows of an output map."""
        return self.rows - self.height + 1

    @property
    def columns_out(self) -> int:
        """Columns of an output map."""
        return self.columns - self.width + 1

    @property
    def by_rows(self) -> bool:
        """Whether a run is a row; otherwise it is a plane."""
        in_rows = self.rows_out * math.ceil(self.columns_out / self.lanes)
        return in_rows <= math.ceil(((self.rows_out - 1) * self.columns + self.columns_out) / self.lanes)

    @property
    def vectors(self) -> int:
        """Vectors of a run."""
        count = self.columns_out if self.by_rows else (self.rows_out - 1) * self.columns + self.columns_out
        return math.ceil(count / self.lanes)

    @property
    def run(self) -> int:
        """Activations of a run."""
        return self.vectors * self.lanes

    @property
    def runs(self) -> int:
        """Runs of a plane."""
        return self.rows_out if self.by_rows else 1

    @property
    def pitch(self) -> int:
        """Numbers from one row of an output to the next."""
        return self.run if self.by_rows else self.columns

    @property
    def plane_out(self) -> int:
        """Activations of an output plane, unused ones included."""
        return self.runs * self.run

    @property
    def products(self) -> int:
        """Products of planes: the output's frames, or with Toom-Cook the points."""
        return self.frames if self.toom_cook else self.frames_out

    @property
    def w_planes(self) -> int:
        """Planes of a kernel as they are multiplied."""
        return self.frames if self.toom_cook else self.depth

    @property
    def summed(self) -> int:
        """Products that are added up within a register."""
        return 1 if self.toom_cook else self.depth

    @property
    def tile(self) -> int:
        """Rows of outputs that transformed rows give."""
        return self.cyclic - self.height + 1

    @property
    def tiles(self) -> int:
        """Times that rows are transformed."""
        return self.rows_out // self.tile

    @property
    def of_rows(self) -> "Convolution":
        """The convolution that is left where rows are transformed: of one row, of a tile; the points are its frames."""
        return replace(self, frames=cyclic.points(self.cyclic), rows=self.tiles, height=1, cyclic=0)

    def transformed(self) -> "Convolution":
        """The same with rows transformed as well as time, where there is one source, a run is a row and it saves."""
        c = replace(self, cyclic=cyclic.best(self.rows_out, self.height))
        return c if c.cyclic and c.toom_cook and c.sources == 1 and c.by_rows and c.of_rows.by_rows else self

    @property
    def slack(self) -> int:
        """Numbers that may be read beyond the end of the inputs."""
        return self.height * self.columns + self.run + 2 * self.lanes


def input_view(c: Convolution, x: Any) -> View:
    """In a kernel: the input planes, or their points; [frame, source, row, column]."""
    return View(x, c.sources * c.plane, c.plane, c.columns, 1)


def output_view(c: Convolution, z: Any) -> View:
    """In a kernel: the output planes in runs; [frame, map, run, number]."""
    return View(z, c.maps * c.plane_out, c.plane_out, c.run, 1)


def weight_view(c: Convolution, w: Any) -> View:
    """In a kernel: the weights as they are multiplied, or their points; [source, frame, row, column, target]."""
    return View(w, c.w_planes * c.taps, c.taps, c.width * c.kernels, c.kernels, 1)


def _places(shape: tuple[int, ...], strides: tuple[int, ...]) -> np.ndarray:
    """Where the numbers of an array lie whose axes go by these strides."""
    return np.tensordot(strides, np.indices(shape), axes=1)


def inputs(c: Convolution) -> np.ndarray:
    """Where each number of the input maps lies; (sources, frames, rows, columns)."""
    return _places((c.sources, c.frames, c.rows, c.columns), (c.plane, c.sources * c.plane, c.columns, 1))


def outputs(c: Convolution) -> np.ndarray:
    """Where each activation of the output maps lies; (maps, frames, rows, columns)."""
    strides = (c.plane_out, c.maps * c.plane_out, c.pitch, 1)
    return _places((c.maps, c.frames_out, c.rows_out, c.columns_out), strides)


def all_links(sources: int, maps: int) -> np.ndarray:
    """The connection table (source, map) of a layer that convolves all with all, as its weights (map, source) lie."""
    return np.stack([np.tile(np.arange(sources), maps), np.repeat(np.arange(maps), sources)], axis=1)


def _leaving(links: np.ndarray) -> np.ndarray:
    """Which links leave each source, in the order of the table; (sources, kernels)."""
    return np.stack([np.flatnonzero(links[:, 0] == source) for source in range(links[:, 0].max() + 1)])


def targets(links: np.ndarray) -> np.ndarray:
    """The maps that each source feeds, one source after the other."""
    return links[_leaving(links), 1].reshape(-1)


def weights(c: Convolution, links: np.ndarray) -> np.ndarray:
    """Where each weight lies, (links, frames, rows, columns); ``links`` holds source and map of each kernel."""
    shape = (c.sources, c.kernels, c.depth, c.height, c.width)
    strides = (c.depth * c.taps, 1, c.taps, c.width * c.kernels, c.kernels)
    places = np.empty((len(links), *shape[2:]), np.int64)
    places[_leaving(links)] = _places(shape, strides)
    return places
