"""The online update with momentum, compiled."""

from __future__ import annotations

import numpy as np

from seqdl.kernels.vector.jit import jit


@jit
def update(
    theta: np.ndarray, velocity: np.ndarray, gradient: np.ndarray, rates: np.ndarray, learning_rate: float, mu: float
) -> None:
    """Move the parameters, in place.

    Parameters
    ----------
    theta, velocity : array, (P,)
        Parameters and running step; changed.
    gradient : array, (P,)
        Gradient of the sample's loss.
    rates : array, (P,)
        A factor on the rate for each parameter.
    learning_rate, mu : float32
        The rate and the momentum.
    """
    for k in range(len(theta)):
        velocity[k] = mu * velocity[k] - learning_rate * rates[k] * gradient[k]
        theta[k] += velocity[k]
