"""The cases of the online update: momentum and weight decay."""

import numpy as np

from seqdl.checks import mirror
from seqdl.checks.case import Case, normal
from seqdl.ops import momentum


def momentum_case() -> Case:
    """Two updates by hand, the second with -1/3 of the gradient."""
    eta, mu = 0.1, 0.9

    def forward(theta: np.ndarray, velocity: np.ndarray, gradient: np.ndarray, rates: np.ndarray) -> np.ndarray:
        theta, velocity = theta.copy(), velocity.copy()
        momentum.update(theta, velocity, gradient, rates, eta, mu)
        momentum.update(theta, velocity, -gradient / 3, rates, eta, mu)
        return np.stack([theta, velocity])

    def by_hand(theta: np.ndarray, velocity: np.ndarray, gradient: np.ndarray, rates: np.ndarray) -> np.ndarray:
        step = eta * rates * gradient
        last = mu * mu * velocity - (mu - 1 / 3) * step
        return np.stack([theta + mu * velocity - step + last, last])

    make = normal(theta=(7,), velocity=(7,), gradient=(7,), rates=(7,))
    return Case("momentum", make, forward, expected=by_hand, mirror=mirror.momentum(eta, mu), terms=4)


def decay_case() -> Case:
    """Weight decay, of which one parameter is left out, against what is taken off by hand."""
    eta = 0.1

    def forward(theta: np.ndarray, shares: np.ndarray) -> np.ndarray:
        theta = theta.copy()
        momentum.decay(theta, shares, eta)
        return theta

    def make(rng: np.random.Generator) -> dict[str, np.ndarray]:
        return {"theta": rng.standard_normal(7), "shares": rng.uniform(0, 5, 7) * (np.arange(7) != 3)}

    return Case("decay", make, forward, expected=lambda theta, shares: theta - eta * shares * theta,
                mirror=mirror.decay(eta), terms=4)  # fmt: skip
