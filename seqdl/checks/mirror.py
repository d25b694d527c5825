"""The kernels behind the ops' own interface: what the table of cases needs to run them beside the equations.

Each function takes a cotangent, :class:`~seqdl.checks.case.Buffers` and the op's arguments in float32, and returns the
output and the gradients, as the op's row of the table does.
"""

from collections.abc import Callable

import numpy as np

from seqdl.checks.case import Buffers
from seqdl.kernels.layers import dense as dense_kernel
from seqdl.kernels.layers import lcn as lcn_kernel
from seqdl.kernels.layers import loss as loss_kernel
from seqdl.kernels.layers import lstm as lstm_kernel
from seqdl.kernels.layers import momentum as momentum_kernel
from seqdl.kernels.layers import squash as squash_kernel
from seqdl.kernels.vector import simd
from seqdl.kernels.vector.records import record
from seqdl.ops import lcn
from seqdl.ops.loss import KINDS

F = np.float32
Output = tuple[np.ndarray, dict[str, np.ndarray]]
Mirror = Callable[..., Output]


def squash(kind: str) -> Mirror:
    """A squashing function."""

    def run(d: np.ndarray, buffers: Buffers, x: np.ndarray) -> Output:
        y = x.copy()
        squash_kernel.forward(squash_kernel.Kind(kind), y, y.size)
        k0, k1 = map(F, squash_kernel.derivative(kind))
        return y, {"x": d * (k0 - k1 * y * y)}

    return run


def dense(d: np.ndarray, buffers: Buffers, x: np.ndarray, w: np.ndarray, b: np.ndarray) -> Output:
    """Fully connected neurons, one vector at a time: ``d``, ``buffers``, and the op's ``x``, ``w`` and ``b``."""
    g, z, dx = dense_kernel.Inputs(x.shape[-1]), buffers.over(*d.shape), buffers.over(*x.shape)
    sums = [np.zeros_like(w), np.zeros_like(b)]
    for k in np.ndindex(x.shape[:-1]):
        dw, db = buffers.over(*w.shape), buffers.over(*b.shape)
        dense_kernel.forward(g, x[k], w, b, z[k], len(b))
        dense_kernel.backward(g, d[k], x[k], w, dx[k], dw, db, len(b))
        sums = [total + one for total, one in zip(sums, (dw, db))]
    return z, {"x": dx, "w": sums[0], "b": sums[1]}


def loss(label: int, kind: str) -> Mirror:
    """The loss of one decision."""

    def run(d: np.ndarray, buffers: Buffers, z: np.ndarray) -> Output:
        y, dz, value = buffers.over(*z.shape), buffers.over(*z.shape), buffers.over(1)
        loss_kernel.loss(loss_kernel.Kind(KINDS.index(kind)), z, label, y, dz, len(z), value)
        return value[0], {"z": d * dz}

    return run


def outputs(kind: str) -> Mirror:
    """The output layer's reading."""

    def run(d: np.ndarray, buffers: Buffers, z: np.ndarray) -> Output:
        y = buffers.over(*z.shape)
        loss_kernel.outputs(loss_kernel.Kind(KINDS.index(kind)), z, y, len(z))
        return y, {}

    return run


def lstm_cells(squash: str, truncate: int) -> Mirror:
    """The hidden layer, through a whole sequence."""

    def run(
        d: np.ndarray,
        buffers: Buffers,
        x: np.ndarray,
        h0: np.ndarray,
        c0: np.ndarray,
        w: np.ndarray,
        u: np.ndarray,
        b: np.ndarray,
        p: np.ndarray,
    ) -> Output:
        steps, cells = d.shape
        g = lstm_kernel.Cells(x.shape[1], cells, len(b) == 4 * cells, len(p) > 0, squash, *simd.target())
        where, theta, gradient = lstm_kernel.positions(g), np.zeros(g.size, F), buffers.over(g.size)
        for places, values in zip(where, (w, u, b, p)):
            theta[places] = values
        work = lstm_kernel.workspace(g, steps)
        for array in work[1:]:
            array[:] = buffers.poison
        rows, c, dh = work.rows.reshape(-1, g.row)[:, g.lead :], work.c.reshape(-1, g.line), work.dh.reshape(-1, g.line)
        h = rows[:, g.inputs : g.inputs + cells]
        rows[:, : g.inputs], h[:] = buffers.poison, buffers.poison
        h[0], c[0, :cells], dh[:steps, :cells] = h0, c0, d
        lstm_kernel.forward(g, x, theta, record(work), steps)
        lstm_kernel.backward(g, theta, record(work), steps, truncate, gradient)
        back = {"h0": work.back[:cells], "c0": work.back[g.line :][:cells]}
        return h[1 : steps + 1], back | {name: gradient[places] for name, places in where._asdict().items()}

    return run


def momentum(learning_rate: float, mu: float) -> Mirror:
    """Two updates, the second with -1/3 of the gradient."""

    def run(
        d: np.ndarray,
        buffers: Buffers,
        theta: np.ndarray,
        velocity: np.ndarray,
        gradient: np.ndarray,
        rates: np.ndarray,
    ) -> Output:
        theta, velocity = theta.copy(), velocity.copy()
        how = rates, len(theta), F(learning_rate), F(mu)
        momentum_kernel.update(None, theta, velocity, gradient, *how)
        momentum_kernel.update(None, theta, velocity, -gradient / 3, *how)
        return np.stack([theta, velocity]), {}

    return run


def decay(learning_rate: float) -> Mirror:
    """Once."""

    def run(d: np.ndarray, buffers: Buffers, theta: np.ndarray, shares: np.ndarray) -> Output:
        theta = theta.copy()
        momentum_kernel.decay(None, theta, shares, len(theta), F(learning_rate))
        return theta, {}

    return run


def normalise(size: int, sigma: float, reading: str, constant: str, value: float) -> Mirror:
    """Local contrast normalisation: ``size``, ``sigma``, ``reading``, ``constant`` and ``value`` as the op has them."""
    which = ("sequence", "frame", "fixed").index(constant)
    window = lcn.gaussian(size, sigma).astype(F)

    def run(d: np.ndarray, buffers: Buffers, x: np.ndarray) -> Output:
        out = buffers.over(*d.shape)
        lcn_kernel.normalise(x, window, reading == "two_pass", which, value, out)
        return out, {}

    return run
