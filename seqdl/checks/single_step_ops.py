"""The cases of the ops that the single-step model adds: windows in one sequence of maps, a loss at every step, Adam."""

import numpy as np

from seqdl.checks.case import Buffers, Case, normal
from seqdl.kernels.layers import adam as kernel
from seqdl.kernels.layers import dropout as dropout_kernel
from seqdl.kernels.networks import single_step
from seqdl.ops import adam, dropout, evening, loss, overlap


def adam_case() -> Case:
    """Three updates; by hand the means are those of all gradients so far, of weights that fall with age."""
    eta, decays, epsilon, smaller, factors = 0.1, (0.6, 0.8), 0.05, 0.3, (1.0, -1 / 3, 2.0)

    def forward(theta: np.ndarray, gradient: np.ndarray, rates: np.ndarray) -> np.ndarray:
        theta, mean, square = theta.copy(), np.zeros_like(theta), np.zeros_like(theta)
        for t, factor in enumerate(factors, 1):
            adam.update(theta, mean, square, factor * gradient, rates, eta, t, *decays, epsilon, smaller)
        return theta

    def by_hand(theta: np.ndarray, gradient: np.ndarray, rates: np.ndarray) -> np.ndarray:
        for t in range(1, len(factors) + 1):
            seen = [factor * gradient for factor in factors[:t]]
            mean, square = (
                np.average([g**power for g in seen], axis=0, weights=decay ** np.arange(t)[::-1])
                for power, decay in zip((1, 2), decays)
            )
            theta = (1 - eta * smaller * rates) * theta - eta * rates * mean / (epsilon + np.sqrt(square))
        return theta

    def mirror(
        d: np.ndarray, buffers: Buffers, theta: np.ndarray, gradient: np.ndarray, rates: np.ndarray
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        theta, mean, square = theta.copy(), np.zeros_like(theta), np.zeros_like(theta)
        for t, factor in enumerate(factors, 1):
            given = np.float32(factor) * gradient
            kernel.update(theta, mean, square, given, rates, eta, t, *decays, epsilon, smaller)
        return theta, {}

    arguments = normal(theta=(7,), gradient=(7,), rates=(7,))
    return Case("adam", arguments, forward, expected=by_hand, mirror=mirror, terms=9)


def dropout_case() -> Case:
    """A mask of values, which is 0 or 2; by hand its numbers are those of SplitMix64, in whole numbers."""
    seed, shape, share = 2**31 - 1, (4, 6), 0.5

    def by_hand(x: np.ndarray) -> np.ndarray:
        numbers = (_splitmix(seed + n * 0x9E3779B97F4A7C15) for n in range(1, x.size + 1))
        kept = np.array([number / 2**64 >= share for number in numbers]).reshape(x.shape)
        return x * kept / (1 - share)

    def mirror(d: np.ndarray, buffers: Buffers, x: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        mask = buffers.over(*shape)
        dropout_kernel.mask(seed, share, mask)
        return mask * x, {"x": mask * d}

    return Case(
        "dropout",
        normal(x=shape),
        lambda x: dropout.mask(seed, shape, share) * x,
        lambda d, x: {"x": dropout.mask(seed, shape, share) * d},
        expected=by_hand,
        mirror=mirror,
    )


def evening_case() -> Case:
    """Five steps with three places, one of them new; by hand, step by step."""

    def by_hand(dx: np.ndarray, means: np.ndarray) -> np.ndarray:
        means, steps, places = means.copy(), len(dx), [0, 1, 2, 2, 2]
        for t, place in enumerate(places):
            size = steps * np.linalg.norm(dx[t])
            means[place] = 0.98 * means[place] + 0.02 * size if means[place] else size
        return dx * np.mean(means[places]) / means[places][:, None]

    def make(rng: np.random.Generator) -> dict[str, np.ndarray]:
        return {"dx": rng.standard_normal((5, 3)), "means": np.array([2.0, 0.0, 0.5])}

    def forward(dx: np.ndarray, means: np.ndarray) -> np.ndarray:
        dx = dx.copy()
        evening.even(dx, means.copy())
        return dx

    def mirror(
        d: np.ndarray, buffers: Buffers, dx: np.ndarray, means: np.ndarray
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        dx = dx.copy()
        single_step.even(dx, means.copy())
        return dx, {}

    return Case("evening", make, forward, expected=by_hand, mirror=mirror, terms=8)


def _splitmix(z: int) -> int:
    """The bits of a number mixed, as whole numbers without end would have it."""
    z %= 2**64
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
    return z ^ z >> 31


def overlap_case(frames: int, step: int) -> Case:
    """Windows of ``frames`` frames, every ``step`` frames, in maps of seven; by hand, value by value."""

    def by_hand(a: np.ndarray) -> np.ndarray:
        maps, length, rows, columns = a.shape
        units = list(np.ndindex(maps, frames, rows, columns))
        firsts = [first for first in range(0, length, step) if first + frames <= length]
        return np.array([[a[m, first + r, y, x] for m, r, y, x in units] for first in firsts])

    return Case(
        f"overlap {frames} frames, step {step}",
        normal(a=(3, 7, 2, 4)),
        lambda a: overlap.forward(a, frames, step),
        lambda d, a: {"a": overlap.backward(d, a.shape, frames, step)},
        expected=by_hand,
        terms=frames,
    )


def loss_sequence_case(kind: str) -> Case:
    """The losses of a sequence's steps, with weights that all differ."""
    weights = np.array([0.5, 0.1, 1.5, 0.0])

    def forward(z: np.ndarray) -> np.ndarray:
        return loss.sequence(z, 1, weights.astype(z.real.dtype), kind)[0]

    def by_hand(z: np.ndarray) -> np.ndarray:
        return sum(weight * loss.loss(step, 1, kind)[0] for weight, step in zip(weights, z))

    def backward(d: np.ndarray, z: np.ndarray) -> dict[str, np.ndarray]:
        return {"z": d * loss.sequence(z, 1, weights.astype(z.dtype), kind)[1]}

    return Case(f"loss sequence {kind}", normal(z=(4, 5)), forward, backward, expected=by_hand, terms=20)
