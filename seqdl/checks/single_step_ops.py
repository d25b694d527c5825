"""The cases of the ops that the single-step model adds: windows in one sequence of maps, a loss at every step, Adam."""

import numpy as np

from seqdl.checks.case import Case, normal
from seqdl.ops import adam, loss, overlap


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

    return Case("adam", normal(theta=(7,), gradient=(7,), rates=(7,)), forward, expected=by_hand, terms=9)


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
