"""From boxes in frames to the network's input: cut out, resized, contrast-normalised."""

from __future__ import annotations

import functools

import numpy as np

from seqdl.config import LCNConfig
from seqdl.ops.lcn import gaussian
from seqdl.video.person import Boxes


def crops(frames: np.ndarray, boxes: Boxes, size: tuple[int, int]) -> np.ndarray:
    """Cut the boxes out and resize them.

    Parameters
    ----------
    frames : array, (T, Y, X)
        Grey frames, 0..255.
    boxes : Boxes
        Where to cut, in pixels of the frames; parts outside repeat the border.
    size : tuple of int
        Rows and columns of the result.

    Returns
    -------
    array of float32, (T, rows, columns)
        Grey values in 0..1.
    """
    out = np.empty((len(frames), *size), np.float32)
    for t, frame in enumerate(frames):
        down = resampling(float(boxes.top[t]), float(boxes.height[t]), size[0], frame.shape[0])
        across = resampling(float(boxes.left[t]), float(boxes.width[t]), size[1], frame.shape[1])
        out[t] = down @ frame.astype(np.float32) @ across.T
    return out / np.float32(255)


@functools.lru_cache(maxsize=4096)
def resampling(start: float, length: float, count: int, available: int) -> np.ndarray:
    """The matrix that resamples one axis: linear interpolation, with an area as wide as a new pixel when shrinking.

    Parameters
    ----------
    start, length : float
        The part that is taken, in pixels.
    count : int
        Pixels of the result.
    available : int
        Pixels there are; outside, the border is repeated.

    Returns
    -------
    array of float32, (count, available)
        Rows add up to 1.
    """
    scale = length / count
    reach = max(scale, 1.0)
    centres = start + (np.arange(count) + 0.5) * scale - 0.5
    first = np.floor(centres - reach).astype(int)
    taps = first[:, None] + np.arange(int(np.ceil(2 * reach)) + 2)
    weights = np.maximum(1 - np.abs(taps - centres[:, None]) / reach, 0)
    matrix = np.zeros((count, available), np.float32)
    rows = np.arange(count)[:, None]
    np.add.at(matrix, (rows, taps.clip(0, available - 1)), weights / weights.sum(axis=1, keepdims=True))
    return matrix


def normalise(clip: np.ndarray, config: LCNConfig) -> np.ndarray:
    """Normalise the local contrast of crops, by the compiled form of :mod:`seqdl.ops.lcn`.

    Parameters
    ----------
    clip : array of float32, (T, rows, columns)
        Grey values in 0..1.
    config : LCNConfig
        The window and what c is.

    Returns
    -------
    array of float32, (T, rows - size + 1, columns - size + 1)
    """
    from seqdl.kernels import lcn

    border = config.size - 1
    out = np.empty((len(clip), clip.shape[1] - border, clip.shape[2] - border), np.float32)
    window = gaussian(config.size, config.sigma).astype(np.float32)
    which = ("sequence", "frame", "fixed").index(config.constant)
    lcn.normalise(
        np.ascontiguousarray(clip), window, config.reading == "two_pass", which, np.float32(config.value), out
    )
    return out
