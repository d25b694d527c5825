"""The online update with momentum, compiled."""

import numpy as np

from seqdl.kernels.vector.jit import jit


@jit
def update(
    theta: np.ndarray, velocity: np.ndarray, gradient: np.ndarray, rates: np.ndarray, learning_rate: float, mu: float
) -> None:
    """Move the parameters ``theta`` and the running step ``velocity`` (P,), in place, by a sample's ``gradient``.

    ``rates`` (P,) are factors on the ``learning_rate``, ``mu`` is the momentum.
    """
    for k in range(len(theta)):
        velocity[k] = mu * velocity[k] - learning_rate * rates[k] * gradient[k]
        theta[k] += velocity[k]
