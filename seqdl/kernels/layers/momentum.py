"""The online update with momentum, compiled."""

import numpy as np

from seqdl.kernels.vector.jit import borrowing


@borrowing
def update(
    theta: np.ndarray, velocity: np.ndarray, gradient: np.ndarray, rates: np.ndarray, learning_rate: float, mu: float
) -> None:
    """Move the parameters ``theta`` and the running step ``velocity`` (P,), in place, by a sample's ``gradient``.

    ``rates`` (P,) are factors on the ``learning_rate``, ``mu`` is the momentum.
    """
    for k in range(len(theta)):
        velocity[k] = mu * velocity[k] - learning_rate * rates[k] * gradient[k]
        theta[k] += velocity[k]


@borrowing
def decay(theta: np.ndarray, shares: np.ndarray, learning_rate: float) -> None:
    """Let parameters ``theta`` (P,) decay, in place, each by its share in ``shares`` times the ``learning_rate``.

    ``shares`` are (P,).
    """
    for k in range(len(shares)):
        theta[k] -= learning_rate * shares[k] * theta[k]
