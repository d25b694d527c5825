"""The whole 3D-ConvNet, compiled: one call reads a sequence, one call runs many online updates.

The border between Python and compiled code is here and not at the layers: a call costs some microseconds, a layer of
this network little more.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from seqdl.kernels.layers import (
    conv3d,
    copies,
    dense,
    group_gradient,
    loss,
    momentum,
    plane_gradient,
    rectify_subsample,
)
from seqdl.kernels.layers import squash as squashing
from seqdl.kernels.layers.copies import Window
from seqdl.kernels.layers.group_gradient import Groups
from seqdl.kernels.layers.rectify_subsample import Stage
from seqdl.kernels.vector.simd import vector_kernel
from seqdl.kernels.vector.sizes import Sizes


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
    squashing_n : str
        Squashing after N1; see :func:`seqdl.kernels.layers.squash.apply`.
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
    squashing_n: str
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


def first_stage(v: Any, g: Network, w: Weights, u: Activations, work: Workspace, means: Any, out: Any) -> None:
    """Written by ``v``: from the window in ``u.x`` to S1; ``means`` and ``out`` are overwritten, such as ``u.v1`` and
    ``u.a1``.

    Where nobody needs the means, they may be the same array: an activation is written after its mean.
    """
    conv3d.forward(v, g.stage1.c, u.x, w.w1, w.b1, work.targets1, work.c1, u.z1)
    rectify_subsample.forward(v, g.stage1, u.z1, w.p1, w.c1, w.d1, means, out)


def second_stage(
    v: Any, g: Network, w: Weights, u: Activations, work: Workspace, s1: Any, means: Any, out: Any
) -> None:
    """From S1, such as ``u.a1``, to S2, as :func:`first_stage` does."""
    conv3d.forward(v, g.stage2.c, s1, w.w2, w.b2, work.targets2, work.c2, u.z2)
    rectify_subsample.forward(v, g.stage2, u.z2, w.p2, w.c2, w.d2, means, out)


def third_stage(v: Any, g: Network, w: Weights, u: Activations, work: Workspace, s2: Any) -> None:
    """From S2, such as ``u.a2``, to C3 in ``u.z3``."""
    conv3d.forward(v, g.groups3.c, s2, w.w3, w.b3, work.targets3, work.c3, u.z3)


def gather(v: Any, g: Network, u: Activations, work: Workspace, shift: Any) -> None:
    """From C3 to the features in ``u.f``, which lie ``shift`` beyond ``work.place`` in ``u.z3``."""
    v.each(g.features, lambda k: v.store(v.load(u.z3 + (v.offset(work.place + k) + shift), 1), u.f + k))


def head(v: Any, g: Network, w: Weights, u: Activations, classes: Any) -> None:
    """From the features of a window, ``u.f``, to N1 and the sums of the output neurons: ``n``, ``h``, ``o`` of ``u``.

    ``v`` is the writer, ``g`` are the sizes, ``w`` the parameters.
    """
    dense.forward(v, dense.Inputs(g.features), u.f, w.wn, w.bn, u.n, g.hidden)
    squashing.forward(v, squashing.Kind(g.squashing_n), u.n, g.hidden)

    def kept(at: Any, count: int) -> None:
        v.store_some(v.load_some(u.m + at, count) * v.load_some(u.n + at, count), u.h + at, count)

    v.pieces(g.hidden, v.lanes, kept)
    dense.forward(v, dense.Inputs(g.hidden), u.h, w.wo, w.bo, u.o, classes)


@vector_kernel
def learn_head(
    v: Any, g: Network, w: Weights, u: Activations, du: Activations, dw: Weights, label: Any, classes: Any, share: Any,
    value: Any,
) -> None:  # fmt: skip
    """The loss of a window of class ``label`` (or set) from its features, ``u.f``, in ``value`` (1,), and its gradient.

    ``v`` is the writer, ``g`` the sizes, ``w`` the parameters, for so many ``classes``. The gradient, which counts by a
    ``share``, is that by the features, ``du.f``, and by the parameters of N1 and N2, in ``dw``. ``n``, ``h``, ``o`` and
    ``y`` of ``u``, and ``n`` and ``o`` of ``du`` are overwritten.
    """
    head(v, g, w, u, classes)
    loss.loss(v, loss.Kind(g.loss), u.o, label, u.y, du.o, classes, value)
    v.each(classes, lambda k: v.store(v.load(du.o + k, 1) * share, du.o + k))
    dense.backward(v, dense.Inputs(g.hidden), du.o, u.h, w.wo, du.n, dw.wo, dw.bo, classes)

    def back(at: Any, count: int) -> None:
        d = v.load_some(du.n + at, count) * v.load_some(u.m + at, count)
        v.store_some(squashing.backward(v, d, v.load_some(u.n + at, count), g.squashing_n), du.n + at, count)

    v.pieces(g.hidden, v.lanes, back)
    dense.backward(v, dense.Inputs(g.features), du.n, u.f, w.wn, du.f, dw.wn, dw.bn, g.hidden)


def backward_features(v: Any, g: Network, u: Activations, du: Activations, dw: Weights, work: Workspace) -> None:
    """From ``du.f``, the gradient by the features, to that by C3's sums, ``du.z3``, and by its biases.

    ``v`` is the writer, ``g`` the sizes, ``u`` is from the forward pass, ``work`` holds the tables; what of ``z3``
    counts in ``du``, and ``dw.b3`` are overwritten.
    """
    size = g.features // g.groups3.c.maps

    def one(k: Any, total: list[Any]) -> list[Any]:
        value = squashing.backward(v, v.load(du.f + k, 1), v.load(u.f + k, 1), g.groups3.c.squashing)
        v.store(value, du.z3 + v.offset(work.place + k))
        return [total[0] + value]

    def of_map(m: Any) -> None:
        v.store(v.loop((m + 1) * size, [v.zeros(1)], one, start=m * size)[0], dw.b3 + m)

    v.each(g.groups3.c.maps, of_map)


@vector_kernel
def learn(
    v: Any, g: Network, w: Weights, u: Activations, du: Activations, dw: Weights, work: Workspace, label: Any,
    classes: Any, value: Any,
) -> None:  # fmt: skip
    """The loss of the window in ``u.x``, of class ``label`` (or set), in ``value`` (1,), and its gradient ``dw``.

    ``v`` is the writer, ``g`` the sizes, ``w`` the parameters, for so many ``classes``. ``u`` but for ``x``, ``du``,
    ``dw`` and ``work`` are overwritten; gradients in ``du`` by activations that do not count must be zero and stay so.
    """
    first_stage(v, g, w, u, work, u.v1, u.a1)
    second_stage(v, g, w, u, work, u.a1, u.v2, u.a2)
    third_stage(v, g, w, u, work, u.a2)
    gather(v, g, u, work, 0)
    learn_head(v, g, w, u, du, dw, label, classes, 1.0, value)
    backward_features(v, g, u, du, dw, work)
    c1, c2, c3 = g.stage1.c, g.stage2.c, g.groups3.c
    w3, a2 = (work.c3.w, work.c3.x) if c3.toom_cook else (w.w3, u.a2)
    group_gradient.backward(v, g.groups3, w3, a2, du.z3, work.targets3, work.back3, dw.w3, du.a2)
    rectify_subsample.backward(v, g.stage2, du.a2, u.z2, u.v2, u.a2, w.p2, w.c2, du.z2, dw.b2, dw.p2, dw.c2, dw.d2)
    w2, a1 = (work.c2.w, work.c2.x) if c2.toom_cook else (w.w2, u.a1)
    group_gradient.backward(v, g.groups2, w2, a1, du.z2, work.targets2, work.back2, dw.w2, du.a1)
    rectify_subsample.backward(v, g.stage1, du.a1, u.z1, u.v1, u.a1, w.p1, w.c1, du.z1, dw.b1, dw.p1, dw.c1, dw.d1)
    plane_gradient.backward_weights(v, c1, work.c1.x if c1.toom_cook else u.x, du.z1, work.back1, dw.w1)


@vector_kernel
def run_updates(
    v: Any,
    g: Network,
    frames: Any,
    starts: Any,
    labels: Any,
    copy: Any,
    learning_rates: Any,
    masks: Any,
    mu: Any,
    rates: Any,
    shares: Any,
    theta: Any,
    velocity: Any,
    gradient: Any,
    parameters: Any,
    w: Weights,
    dw: Weights,
    u: Activations,
    du: Activations,
    work: Workspace,
    classes: Any,
    losses: Any,
    decisions: Any,
    count: Any,
    done: Any,
) -> None:
    """So many online updates as ``count`` says: one window, one step.

    ``v`` is the writer, ``g`` the sizes, ``frames`` (F, Y, X) the normalised frames. In the order of the updates,
    ``starts`` and ``labels`` (n,) are first frame and class of each window, ``copy`` (n, 4) is whether it is mirrored
    and flipped and the rows and columns of its shift, ``learning_rates`` (n,) the rate, ``masks`` (n, hidden) what
    dropout multiplies N1 by, if there is any. ``mu`` is the momentum, ``rates`` (P,) a factor on the rate for each
    parameter, ``shares`` what of each decays, if anything. ``theta``, ``velocity`` and ``gradient``, of so many
    ``parameters`` in the kernels' order, are changed; ``w`` and ``dw`` are views of the first and the last. ``u``,
    ``du`` and ``work``, for so many ``classes``, are overwritten, and so are ``losses`` and ``decisions`` (n,), of each
    window before its update. ``done`` (1,), an integer that is 0, tells how many were done: fewer than n if a loss was
    not finite. What is None is not compiled.
    """

    def see(k: Any) -> None:
        how = [v.offset(copy + (4 * k + n)) for n in range(4)]
        copies.copy(v, g.window, frames, v.offset(starts + k), *how, work.tables, work.picture, u.x)
        if masks is not None:
            v.copy(masks + k * g.hidden, u.m, g.hidden)
        learn(v, g, w, u, du, dw, work, v.offset(labels + k), classes, losses + k)
        loss.decision(v, None, u.y, classes, decisions + k)

    def step(k: Any) -> None:
        momentum.step(v, theta, velocity, gradient, rates, shares, parameters, v.load(learning_rates + k, 1), mu)

    loss.while_finite(v, see, step, losses, count, done)
