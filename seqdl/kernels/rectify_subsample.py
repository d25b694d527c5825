"""Squashing, rectification, sub-sampling and squashing again in one pass over wide maps.

The fusion of :mod:`seqdl.ops.squash`, :mod:`seqdl.ops.rectify` and :mod:`seqdl.ops.subsample`, as they follow each
other between a convolution and the next layer (C, R, S); tested against their composition.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from seqdl.kernels import squash
from seqdl.kernels.jit import jit

F = np.float32


class Stage(NamedTuple):
    """The constants of a C, R, S stage.

    Parameters
    ----------
    columns : int
        Units of a wide row that count.
    pool : int
        Side of the sub-sampling window.
    weight : float32
        Of each unit in the window: 1 / pool^2 for the mean, 1 for the sum.
    gain : bool
        Whether the scalar before rectification is a gain (otherwise a bias).
    amplitude_c, slope_c, amplitude_s, slope_s : float32
        The squashing functions after the convolution and after sub-sampling.
    """

    columns: int
    pool: int
    weight: np.float32
    gain: bool
    amplitude_c: np.float32
    slope_c: np.float32
    amplitude_s: np.float32
    slope_s: np.float32


@jit
def forward(
    z: np.ndarray, p: np.ndarray, c: np.ndarray, d: np.ndarray, stage: Stage, v: np.ndarray, a: np.ndarray
) -> None:
    """From the convolution's sums to the sub-sampled maps.

    Parameters
    ----------
    z : array, (M, T, Y, X)
        Wide maps; squashed in place.
    p, c, d : array, (M,)
        Gain or bias before rectification; coefficient and bias of the sub-sampling.
    stage : Stage
        The constants.
    v : array, (M, T, Y/n, columns/n)
        The windows' means or sums; overwritten.
    a : array, (M, T, Y/n, columns/n)
        The output; overwritten.
    """
    squash.forward(z.reshape(-1), stage.amplitude_c, stage.slope_c)
    n = stage.pool
    line = np.empty(stage.columns, F)
    for m in range(z.shape[0]):
        scale, shift = (p[m], F(0)) if stage.gain else (F(1), p[m])
        for t in range(z.shape[1]):
            for y in range(v.shape[2]):
                line[:] = F(0)
                for j in range(n):
                    row = z[m, t, n * y + j]
                    for x in range(stage.columns):
                        line[x] += abs(scale * row[x] + shift)
                for x in range(v.shape[3]):
                    total = F(0)
                    for i in range(n):
                        total += line[n * x + i]
                    v[m, t, y, x] = stage.weight * total
                    a[m, t, y, x] = c[m] * v[m, t, y, x] + d[m]
    squash.forward(a.reshape(-1), stage.amplitude_s, stage.slope_s)


@jit
def backward(
    da: np.ndarray,
    z: np.ndarray,
    v: np.ndarray,
    a: np.ndarray,
    p: np.ndarray,
    c: np.ndarray,
    stage: Stage,
    dz: np.ndarray,
    dp: np.ndarray,
    dc: np.ndarray,
    dd: np.ndarray,
) -> None:
    """Gradient by the convolution's sums; adds the gradients by the parameters.

    Parameters
    ----------
    da : array, (M, T, Y/n, columns/n)
        Gradient by the output.
    z : array, (M, T, Y, X)
        Wide maps, squashed.
    v, a : array, (M, T, Y/n, columns/n)
        As left by :func:`forward`.
    p, c : array, (M,)
        Gain or bias before rectification; coefficient of the sub-sampling.
    stage : Stage
        The constants.
    dz : array, (M, T, Y, X)
        Wide gradient by the convolution's sums; the units that count are overwritten, the others left as they are.
    dp, dc, dd : array, (M,)
        Changed.
    """
    c0, c1 = squash.derivative(stage.amplitude_c, stage.slope_c)
    s0, s1 = squash.derivative(stage.amplitude_s, stage.slope_s)
    n = stage.pool
    line = np.empty(stage.columns, F)
    for m in range(z.shape[0]):
        scale, shift = (p[m], F(0)) if stage.gain else (F(1), p[m])
        sum_p, sum_c, sum_d = F(0), F(0), F(0)
        for t in range(z.shape[1]):
            for y in range(v.shape[2]):
                for x in range(v.shape[3]):
                    out = a[m, t, y, x]
                    du = da[m, t, y, x] * (s0 - s1 * out * out)
                    sum_c += du * v[m, t, y, x]
                    sum_d += du
                    for i in range(n):
                        line[n * x + i] = stage.weight * c[m] * du
                for j in range(n):
                    row, drow = z[m, t, n * y + j], dz[m, t, n * y + j]
                    for x in range(stage.columns):
                        value = row[x]
                        inside = scale * value + shift
                        sign = F(1) if inside > F(0) else (F(-1) if inside < F(0) else F(0))
                        dx = sign * line[x]
                        sum_p += dx * value if stage.gain else dx
                        drow[x] = scale * dx * (c0 - c1 * value * value)
        dp[m] += sum_p
        dc[m] += sum_c
        dd[m] += sum_d
