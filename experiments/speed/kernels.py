"""The kernels of one online update, each timed where it stands in the chain, and the processor's peak beside them.

The chain is that of :mod:`seqdl.kernels.networks.convnet` with a clock read between its kernels; before anything is
timed its gradient is compared with the network's.
"""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba.core import types

from seqdl.kernels.layers import (
    conv3d,
    copies,
    group_gradient,
    momentum,
    plane_gradient,
    rectify_subsample,
)
from seqdl.kernels.layers.layout import aligned
from seqdl.kernels.networks import convnet as kernel
from seqdl.kernels.vector.jit import borrowing
from seqdl.kernels.vector.records import record
from seqdl.kernels.vector.simd import target, vector_kernel
from seqdl.kernels.vector.sizes import Sizes
from seqdl.model.convnet import ConvNet
from seqdl.model.convnet_compiled import Learning

KERNELS = (
    "window cut out of the store",
    "C1",
    "R1, S1",
    "C2",
    "R2, S2",
    "C3",
    "N1, N2, loss, and back",
    "C3 backward",
    "R2, S2 backward",
    "C2 backward",
    "R1, S1 backward",
    "C1 backward",
    "momentum",
)
WORK = {"C1": (1, 1), "C1 backward": (1, 1), "C2": (2, 1), "C2 backward": (2, 2), "C3": (3, 1), "C3 backward": (3, 2)}
"""Layer and passes that are credited: C1 needs no gradient by its input."""
F = np.float32
ROUNDS_OF_PEAK = 40000

_gettime = types.ExternalFunction("clock_gettime", types.int32(types.int32, types.CPointer(types.int64)))
_CLOCK = getattr(time, "CLOCK_MONOTONIC", 1)


@dataclass(frozen=True)
class Peak(Sizes):
    """Accumulators of a vector kernel that does nothing but multiply and add; as many as fit beside two factors."""

    lanes: int
    sums: int


@vector_kernel
def multiply_add(v: Any, g: Peak, out: Any, count: Any) -> None:
    """``sum = 0.999 sum + 1e-6``, again and again, in so many sums that none waits for itself."""
    factor, term = v.constant(0.999, g.lanes), v.constant(1e-6, g.lanes)
    start = [v.load(out + k * g.lanes) for k in range(g.sums)]
    sums = v.loop(count, start, lambda _, sums: [v.fma(one, factor, term) for one in sums])
    for k, one in enumerate(sums):
        v.store(one, out + k * g.lanes)


def peak() -> float:
    """Billions of operations a second, a fused multiply-add counted as two, measured now: the best of four tries.

    The first finds a processor that comes from other work, with its clock lower than in the middle of a kernel.
    """
    lanes, registers = target()
    g = Peak(lanes, 24 if registers >= 32 else 12)
    out = aligned(lanes * g.sums)
    least = float("inf")
    for _ in range(4):
        start = time.perf_counter()
        multiply_add(g, out, ROUNDS_OF_PEAK)
        least = min(least, time.perf_counter() - start)
    return ROUNDS_OF_PEAK * lanes * g.sums * 2e-9 / least


@vector_kernel
def back_to_c3(v: Any, g: Any, w: Any, u: Any, du: Any, dw: Any, work: Any, classes: Any, value: Any) -> None:
    """From C3 to the loss, of class 0, and back to C3."""
    kernel.gather(v, g, u, work, 0)
    kernel.learn_head(v, g, w, u, du, dw, 0, classes, 1.0, value)
    kernel.backward_features(v, g, u, du, dw, work)


@borrowing  # as the network's own updates are: counting who uses an array would cost what the neurons do
def chain(
    g: kernel.Network,
    frames: np.ndarray,
    starts: np.ndarray,
    flat: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    w: kernel.Weights,
    u: kernel.Activations,
    du: kernel.Activations,
    dw: kernel.Weights,
    work: kernel.Workspace,
    learning_rate: float,
    clock: int,
    times: np.ndarray,
    value: np.ndarray,
) -> None:
    """Updates as the network does them, all of class 0; ``times`` (updates, kernels + 1, 2): seconds, nanoseconds.

    ``value`` (1,) is the last loss.
    """
    theta, velocity, gradient, rates = flat
    c1, c2, c3 = g.stage1.c, g.stage2.c, g.groups3.c
    for k in range(len(starts)):
        _gettime(clock, times[k, 0].ctypes)
        copies.copy(g.window, frames, starts[k], False, False, 0, 0, work.tables, work.picture, u.x)
        _gettime(clock, times[k, 1].ctypes)
        conv3d.forward(c1, u.x, w.w1, w.b1, work.targets1, work.c1, u.z1)
        _gettime(clock, times[k, 2].ctypes)
        rectify_subsample.forward(g.stage1, u.z1, w.p1, w.c1, w.d1, u.v1, u.a1)
        _gettime(clock, times[k, 3].ctypes)
        conv3d.forward(c2, u.a1, w.w2, w.b2, work.targets2, work.c2, u.z2)
        _gettime(clock, times[k, 4].ctypes)
        rectify_subsample.forward(g.stage2, u.z2, w.p2, w.c2, w.d2, u.v2, u.a2)
        _gettime(clock, times[k, 5].ctypes)
        conv3d.forward(c3, u.a2, w.w3, w.b3, work.targets3, work.c3, u.z3)
        _gettime(clock, times[k, 6].ctypes)
        back_to_c3(g, w, u, du, dw, work, len(u.o), value)
        _gettime(clock, times[k, 7].ctypes)
        w3, a2 = (work.c3.w, work.c3.x) if c3.toom_cook else (w.w3, u.a2)
        group_gradient.backward(g.groups3, w3, a2, du.z3, work.targets3, work.back3, dw.w3, du.a2)
        _gettime(clock, times[k, 8].ctypes)
        rectify_subsample.backward(g.stage2, du.a2, u.z2, u.v2, u.a2, w.p2, w.c2, du.z2, dw.b2, dw.p2, dw.c2, dw.d2)
        _gettime(clock, times[k, 9].ctypes)
        w2, a1 = (work.c2.w, work.c2.x) if c2.toom_cook else (w.w2, u.a1)
        group_gradient.backward(g.groups2, w2, a1, du.z2, work.targets2, work.back2, dw.w2, du.a1)
        _gettime(clock, times[k, 10].ctypes)
        rectify_subsample.backward(g.stage1, du.a1, u.z1, u.v1, u.a1, w.p1, w.c1, du.z1, dw.b1, dw.p1, dw.c1, dw.d1)
        _gettime(clock, times[k, 11].ctypes)
        plane_gradient.backward_weights(c1, work.c1.x if c1.toom_cook else u.x, du.z1, work.back1, dw.w1)
        _gettime(clock, times[k, 12].ctypes)
        momentum.update(None, theta, velocity, gradient, rates, len(theta), learning_rate, F(0.9))
        _gettime(clock, times[k, 13].ctypes)


class Chain:
    """The kernels of a compiled network, whose parameters stay as they are, on windows of a store's frames."""

    def __init__(self, net: ConvNet, frames: np.ndarray, starts: np.ndarray) -> None:
        self.frames, self.starts = frames.view(), starts
        self.frames.flags.writeable = False
        backend = net._backend
        self.sizes = backend.sizes
        self.w = Learning(backend.sizes, net.parameters)
        self.w.theta[backend.positions] = net.parameters.vector
        self.times = np.zeros((len(starts), len(KERNELS) + 1, 2), np.int64)
        _, expected = net.loss_and_gradient(np.array(frames[starts[-1] : starts[-1] + net.config.frames]), 0)
        self.run()
        if not np.allclose(self.w.gradient[backend.positions], expected, rtol=1e-4, atol=1e-6):
            raise RuntimeError("the timed chain of kernels is not that of seqdl/kernels/networks/convnet.py")

    def run(self) -> np.ndarray:
        """Seconds that each kernel took, the mean over the updates; the rate is 0."""
        w = self.w
        flat = (w.theta, w.velocity, w.gradient, np.ones_like(w.theta))
        arrays = map(record, (w.weights, w.activations, w.deltas, w.gradients, w.work))
        chain(self.sizes, self.frames, self.starts, flat, *arrays, F(0), _CLOCK, self.times, np.empty(1, F))
        return np.diff(self.times @ np.array([1e9, 1.0]), axis=1).mean(axis=0) * 1e-9


def multiply_adds(net: ConvNet) -> dict[str, int]:
    """What the direct algorithm needs for one window: each layer forward, and the kernels that are credited with it."""
    size = {layer.name: layer.output for layer in net.layers}
    forward = {}
    for number, name in enumerate(("C1", "C2", "C3"), 1):
        # one product for each weight and each place of its map
        forward[number] = net.parameters[f"{name}.weight"].size * int(np.prod(size[name][1:]))
    return {name: forward[layer] * passes for name, (layer, passes) in WORK.items()}
