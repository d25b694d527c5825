"""3D local contrast normalisation, compiled; the formulas are those of :mod:`seqdl.ops.lcn`.

The window is separable: each frame is blurred along time, then along rows, then along columns, while it is in the
first-level cache. The innermost loops run along a row, so that the compiler turns them into vectors.
"""

from __future__ import annotations

import numpy as np

from seqdl.kernels.jit import jit
from seqdl.ops.lcn import TINY

F = np.float32


@jit
def blur_frame(x: np.ndarray, t: int, w: np.ndarray, squared: bool, work: np.ndarray, out: np.ndarray) -> None:
    """Weighted mean around each unit of frame ``t``.

    Parameters
    ----------
    x : array, (T, Y, X)
        Frames.
    t : int
        Which frame.
    w : array, (size,)
        The window along one axis.
    squared : bool
        Blur x^2 instead of x.
    work : array, (Y + 1, X + size - 1)
        Room for what lies between the passes; overwritten.
    out : array, (Y, X)
        Overwritten.
    """
    size, border = len(w), len(w) // 2
    rows, columns = out.shape
    line = work[rows]
    for y in range(rows):
        row = work[y]
        row[:columns] = F(0)
        for k in range(size):
            frame, weight = x[min(max(t + k - border, 0), len(x) - 1), y], w[k]
            if squared:
                for i in range(columns):
                    row[i] += weight * frame[i] * frame[i]
            else:
                for i in range(columns):
                    row[i] += weight * frame[i]
    for y in range(rows):
        inner = line[border : border + columns]
        inner[:] = F(0)
        for k in range(size):
            row, weight = work[min(max(y + k - border, 0), rows - 1)], w[k]
            for i in range(columns):
                inner[i] += weight * row[i]
        line[:border] = line[border]
        line[border + columns :] = line[border + columns - 1]
        target = out[y]
        target[:] = F(0)
        for k in range(size):
            moved, weight = line[k:], w[k]
            for i in range(columns):
                target[i] += weight * moved[i]


@jit
def normalise(x: np.ndarray, w: np.ndarray, two_pass: bool, constant: int, value: float, out: np.ndarray) -> None:
    """Normalise the contrast of a clip.

    Parameters
    ----------
    x : array, (T, Y, X)
        Grey values in 0..1.
    w : array, (size,)
        The window along one axis.
    two_pass : bool
        Which of the two formulas.
    constant : int
        What c is: 0 the mean over the sequence, 1 over each frame, 2 ``value``.
    value : float32
        c where it is fixed.
    out : array, (T, Y - size + 1, X - size + 1)
        Overwritten.
    """
    frames, rows, columns = x.shape
    border = len(w) // 2
    high, wide = out.shape[1], out.shape[2]
    v, sigma = np.empty_like(x), np.empty_like(out)
    work = np.empty((rows + 1, columns + 2 * border), F)
    blurred = np.empty((rows, columns), F)
    for t in range(frames):
        blur_frame(x, t, w, False, work, v[t])
        for y in range(rows):
            for i in range(columns):
                v[t, y, i] = x[t, y, i] - v[t, y, i]
    total = 0.0
    for t in range(frames):
        blur_frame(v if two_pass else x, t, w, True, work, blurred)
        frame_total = 0.0
        for y in range(high):
            for i in range(wide):
                variance = blurred[y + border, i + border]
                if not two_pass:
                    mean = x[t, y + border, i + border] - v[t, y + border, i + border]
                    variance -= mean * mean
                sigma[t, y, i] = np.sqrt(max(variance, F(0)))
                frame_total += sigma[t, y, i]
        total += frame_total
        if constant == 1:
            divide(v[t], sigma[t], F(frame_total / (high * wide)), border, out[t])
    if constant != 1:
        c = F(total / (frames * high * wide)) if constant == 0 else value
        for t in range(frames):
            divide(v[t], sigma[t], c, border, out[t])


@jit
def divide(v: np.ndarray, sigma: np.ndarray, c: float, border: int, out: np.ndarray) -> None:
    """y = v / max(c, sigma) for one frame, without its border.

    Parameters
    ----------
    v : array, (Y, X)
        Differences from the mean.
    sigma : array, (Y - 2 border, X - 2 border)
        Deviations.
    c : float32
        The constant.
    border : int
        What is cut off on each side.
    out : array, (Y - 2 border, X - 2 border)
        Overwritten.
    """
    for y in range(out.shape[0]):
        for i in range(out.shape[1]):
            out[y, i] = v[y + border, i + border] / max(max(c, sigma[y, i]), F(TINY))
