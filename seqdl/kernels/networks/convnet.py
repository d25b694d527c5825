"""The whole 3D-ConvNet, compiled: one call reads a sequence, one call runs many online updates.

The border between Python and compiled code is here and not at the layers: a call costs half a microsecond, a layer of
this network little more.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from seqdl.kernels.layers import (
    conv3d,
    copies,
    dense,
    dropout,
    group_gradient,
    loss,
    momentum,
    plane_gradient,
    rectify_subsample,
    vary,
)
from seqdl.kernels.layers import squash as squashing
from seqdl.kernels.layers.copies import Window
from seqdl.kernels.layers.group_gradient import Groups
from seqdl.kernels.layers.rectify_subsample import Stage
from seqdl.kernels.vector.jit import borrowing, inlined
from seqdl.kernels.vector.sizes import Sizes

F = np.float32


@dataclass(frozen=True)
class Network(Sizes):
    """All sizes and choices of a network but for the number of classes, for which nothing is compiled anew.

    Parameters
    ----------
    window : Window
        The input.
    stage1, stage2 : Stage
        C1, R1, S1 and C2, R2, S2.
    groups2, groups3 : Groups
        The gradients of C2 and C3.
    features, hidden : int
        Activations of C3 that describe one window; neurons of N1.
    amplitude3, slope3, amplitude_n, slope_n : float
        Squashing after C3 and N1, as :func:`seqdl.kernels.layers.squash.shape` gives it.
    loss : int
        Which, as :mod:`seqdl.kernels.layers.loss` numbers them.
    """

    window: Window
    stage1: Stage
    stage2: Stage
    groups2: Groups
    groups3: Groups
    features: int
    hidden: int
    amplitude3: float
    slope3: float
    amplitude_n: float
    slope_n: float
    loss: int

    @property
    def described(self) -> int:
        """Frames of C3 that one window has."""
        c = self.groups3.c
        return self.features // (c.maps * c.rows_out * c.columns_out)

    @property
    def together(self) -> int:
        """Windows, one frame apart, of a tile of C3."""
        return self.groups3.c.frames_out - self.described + 1

    @property
    def more2(self) -> int:
        """How many frames of S2 there are more than windows."""
        return self.described + self.groups3.c.depth - 2

    @property
    def more1(self) -> int:
        """How many frames of S1 there are more than windows."""
        return self.more2 + self.stage2.c.depth - 1


class Weights(NamedTuple):
    """Views of the vector of parameters, or of its gradient; vectors, but for the matrices ``wn`` and ``wo``.

    Parameters
    ----------
    w1, b1, p1, c1, d1, w2, b2, p2, c2, d2 : array
        C1, R1, S1: kernels and biases, gain or bias, coefficient and bias; the same of the second stage.
    w3, b3, wn, bn, wo, bo : array
        C3, N1 and N2.
    """

    w1: np.ndarray
    b1: np.ndarray
    p1: np.ndarray
    c1: np.ndarray
    d1: np.ndarray
    w2: np.ndarray
    b2: np.ndarray
    p2: np.ndarray
    c2: np.ndarray
    d2: np.ndarray
    w3: np.ndarray
    b3: np.ndarray
    wn: np.ndarray
    bn: np.ndarray
    wo: np.ndarray
    bo: np.ndarray


class Activations(NamedTuple):
    """Activations of all layers, or the gradients by them; vectors, in the order of :mod:`seqdl.kernels.layers.layout`.

    Parameters
    ----------
    x, z1, v1, a1, z2, v2, a2 : array
        The input window; C1 (squashed), the windows' means, S1; the same of the second stage.
    z3, f : array
        C3, and those of it that count, as the features are ordered: map, time, row, column.
    n, m, h, o, y : array
        N1, what dropout multiplies it by, the product, the sums of N2, the outputs.
    """

    x: np.ndarray
    z1: np.ndarray
    v1: np.ndarray
    a1: np.ndarray
    z2: np.ndarray
    v2: np.ndarray
    a2: np.ndarray
    z3: np.ndarray
    f: np.ndarray
    n: np.ndarray
    m: np.ndarray
    h: np.ndarray
    o: np.ndarray
    y: np.ndarray


class Workspace(NamedTuple):
    """Tables, and where the kernels keep what lies between.

    Parameters
    ----------
    targets1, targets2, targets3, place : array of int64
        Who feeds whom; where in ``z3`` the features are.
    tables, picture : array
        For :func:`seqdl.kernels.layers.copies.copy`.
    s1, s2 : array
        The frames of S1 and S2 of a whole sequence; see :mod:`seqdl.kernels.networks.sequence`.
    c1, c2, c3 : conv3d.Workspace
        Forward.
    back1, back2, back3 : plane_gradient.Workspace and twice group_gradient.Workspace
        Backward.
    """

    targets1: np.ndarray
    targets2: np.ndarray
    targets3: np.ndarray
    place: np.ndarray
    tables: np.ndarray
    picture: np.ndarray
    s1: np.ndarray
    s2: np.ndarray
    c1: conv3d.Workspace
    c2: conv3d.Workspace
    c3: conv3d.Workspace
    back1: plane_gradient.Workspace
    back2: group_gradient.Workspace
    back3: group_gradient.Workspace


@inlined
def first_stage(g: Network, w: Weights, u: Activations, work: Workspace, means: np.ndarray, out: np.ndarray) -> None:
    """From the window in ``u.x`` to S1; ``means`` and ``out`` are overwritten, such as ``u.v1`` and ``u.a1``.

    Where nobody needs the means, they may be the same array: an activation is written after its mean.
    """
    conv3d.forward(g.stage1.c, u.x, w.w1, w.b1, work.targets1, work.c1, u.z1)
    rectify_subsample.forward(g.stage1, u.z1, w.p1, w.c1, w.d1, means, out)


@inlined
def second_stage(
    g: Network, w: Weights, u: Activations, work: Workspace, s1: np.ndarray, means: np.ndarray, out: np.ndarray
) -> None:
    """From S1, such as ``u.a1``, to S2, as :func:`first_stage` does."""
    conv3d.forward(g.stage2.c, s1, w.w2, w.b2, work.targets2, work.c2, u.z2)
    rectify_subsample.forward(g.stage2, u.z2, w.p2, w.c2, w.d2, means, out)


@inlined
def third_stage(g: Network, w: Weights, u: Activations, work: Workspace, s2: np.ndarray) -> None:
    """From S2, such as ``u.a2``, to C3 in ``u.z3``."""
    conv3d.forward(g.groups3.c, s2, w.w3, w.b3, work.targets3, work.c3, u.z3)


@inlined
def head(g: Network, w: Weights, u: Activations) -> None:
    """From the features of a window, ``u.f``, to N1 and the sums of the output neurons, ``n``, ``h`` and ``o`` of
    ``u``.

    ``g`` are the sizes, ``w`` the parameters.
    """
    dense.forward(u.f, w.wn, w.bn, u.n)
    squashing.forward(u.n, g.amplitude_n, g.slope_n)
    for k in range(g.hidden):
        u.h[k] = u.m[k] * u.n[k]
    dense.forward(u.h, w.wo, w.bo, u.o)


@inlined
def neurons(g: Network, w: Weights, u: Activations, work: Workspace, shift: int) -> None:
    """From C3 to the features and the sums of the output neurons: ``f``, ``n``, ``h`` and ``o`` of ``u``.

    ``g`` are the sizes, ``w`` the parameters, ``work`` holds the tables; the features lie ``shift`` beyond
    ``work.place`` in ``u.z3``.
    """
    for k in range(g.features):
        u.f[k] = u.z3[work.place[k] + shift]
    head(g, w, u)


@inlined
def backward_head(g: Network, w: Weights, u: Activations, du: Activations, dw: Weights) -> None:
    """From ``du.o``, the gradient by the output's sums, to that by the features, ``du.f``, and those by N1 and N2.

    ``g`` are the sizes, ``w`` the parameters, ``u`` is from the forward pass; ``n`` and ``f`` of ``du`` and the head's
    part of ``dw`` are overwritten.
    """
    dense.backward(du.o, u.h, w.wo, du.n, dw.wo, dw.bo)
    k0, k1 = squashing.derivative(g.amplitude_n, g.slope_n)
    for k in range(g.hidden):
        du.n[k] *= u.m[k] * (k0 - k1 * u.n[k] * u.n[k])
    dense.backward(du.n, u.f, w.wn, du.f, dw.wn, dw.bn)


@inlined
def backward_dense(g: Network, w: Weights, u: Activations, du: Activations, dw: Weights, work: Workspace) -> None:
    """From ``du.o``, the gradient by the output's sums, to that by C3's sums, ``du.z3``, and those by the parameters.

    ``g`` are the sizes, ``w`` the parameters, ``u`` is from the forward pass, ``work`` holds the tables; ``n``, ``f``
    and what of ``z3`` counts in ``du``, and ``dw`` are overwritten.
    """
    backward_head(g, w, u, du, dw)
    k0, k1 = squashing.derivative(g.amplitude3, g.slope3)
    size = g.features // g.groups3.c.maps
    for m in range(g.groups3.c.maps):
        dw.b3[m] = F(0)
        for k in range(m * size, (m + 1) * size):
            value = du.f[k] * (k0 - k1 * u.f[k] * u.f[k])
            du.z3[work.place[k]] = value
            dw.b3[m] += value


@inlined
def loss_and_gradient(
    g: Network, w: Weights, u: Activations, du: Activations, dw: Weights, label: int, work: Workspace
) -> float:
    """The loss of the window in ``u.x``, of class ``label`` (or set), and its gradient ``dw`` by the parameters ``w``.

    ``g`` are the sizes. ``u`` but for ``x``, ``du``, ``dw`` and ``work`` are overwritten; gradients in ``du`` by
    activations that do not count must be zero and stay so.
    """
    first_stage(g, w, u, work, u.v1, u.a1)
    second_stage(g, w, u, work, u.a1, u.v2, u.a2)
    third_stage(g, w, u, work, u.a2)
    neurons(g, w, u, work, 0)
    value = loss.loss(u.o, label, g.loss, u.y, du.o)
    backward_dense(g, w, u, du, dw, work)
    c1, c2, c3 = g.stage1.c, g.stage2.c, g.groups3.c
    w3, a2 = (work.c3.w, work.c3.x) if c3.toom_cook else (w.w3, u.a2)
    group_gradient.backward(g.groups3, w3, a2, du.z3, work.targets3, work.back3, dw.w3, du.a2)
    rectify_subsample.backward(g.stage2, du.a2, u.z2, u.v2, u.a2, w.p2, w.c2, du.z2, dw.b2, dw.p2, dw.c2, dw.d2)
    w2, a1 = (work.c2.w, work.c2.x) if c2.toom_cook else (w.w2, u.a1)
    group_gradient.backward(g.groups2, w2, a1, du.z2, work.targets2, work.back2, dw.w2, du.a1)
    rectify_subsample.backward(g.stage1, du.a1, u.z1, u.v1, u.a1, w.p1, w.c1, du.z1, dw.b1, dw.p1, dw.c1, dw.d1)
    plane_gradient.backward_weights(c1, work.c1.x if c1.toom_cook else u.x, du.z1, work.back1, dw.w1)
    return value


@borrowing
def run_updates(
    g: Network,
    frames: np.ndarray,
    starts: np.ndarray,
    labels: np.ndarray,
    copy: np.ndarray,
    learning_rates: np.ndarray,
    seeds: np.ndarray | None,
    mu: float,
    share: float,
    rates: np.ndarray,
    shares: np.ndarray | None,
    theta: np.ndarray,
    velocity: np.ndarray,
    gradient: np.ndarray,
    w: Weights,
    dw: Weights,
    u: Activations,
    du: Activations,
    work: Workspace,
    losses: np.ndarray,
    decisions: np.ndarray,
    varied: vary.Varied | None,
) -> int:
    """Many online updates: one window, one step; how many were done: fewer than n if a loss was not finite.

    ``g`` are the sizes, ``frames`` (F, Y, X) the normalised frames. In the order of the updates, ``starts`` and
    ``labels`` (n,) are first frame and class of each window, ``copy`` (n, 4) is whether it is mirrored and flipped and
    the rows and columns of its shift, ``learning_rates`` (n,) the rate, ``seeds`` are dropout's, if any, of a ``share``
    of N1. ``mu`` is the momentum, ``rates`` (P,) a factor on the rate for each parameter, ``shares`` what of each
    decays, if anything. ``theta``, ``velocity`` and ``gradient`` (P,), in the kernels' order, are changed; ``w`` and
    ``dw`` are views of the first and the last. ``u``, ``du`` and ``work`` are overwritten, and so are ``losses`` and
    ``decisions`` (n,), of each window before its update. Where windows are ``varied``, it says how. What is None is
    not compiled.
    """
    for k in range(len(starts)):
        mirror, flip = copy[k, 0] != 0, copy[k, 1] != 0
        rows, columns = copy[k, 2], copy[k, 3]
        if varied is None:
            copies.copy(g.window, frames, starts[k], mirror, flip, rows, columns, work.tables, work.picture, u.x)
        else:
            first, last = varied.spans[k, 0], varied.spans[k, 0] + varied.spans[k, 1]
            origin, row = varied.origins[k], varied.rows[k]
            vary.render(varied.sizes, frames, first, last, origin, 0, row, varied.work, varied.out)
            copies.copy(g.window, varied.out, 0, mirror, flip, rows, columns, work.tables, work.picture, u.x)
        if seeds is not None:
            dropout.mask(seeds[k], share, u.m)
        losses[k] = loss_and_gradient(g, w, u, du, dw, labels[k], work)
        decisions[k] = loss.decision(u.y)
        if not np.isfinite(losses[k]):
            return k
        if shares is not None:
            momentum.decay(theta, shares, learning_rates[k])
        momentum.update(theta, velocity, gradient, rates, learning_rates[k], mu)
    return len(starts)
