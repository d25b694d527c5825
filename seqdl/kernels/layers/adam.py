"""The online update by Adam, compiled."""

import numpy as np

from seqdl.kernels.vector.jit import borrowing

F = np.float32


@borrowing
def update(
    theta: np.ndarray,
    mean: np.ndarray,
    square: np.ndarray,
    gradient: np.ndarray,
    rates: np.ndarray,
    learning_rate: float,
    count: int,
    decay: float,
    decay_square: float,
    epsilon: float,
    weight_decay: float,
) -> None:
    """Move the parameters ``theta`` and the running sums ``mean`` and ``square`` (P,), in place, by a ``gradient``.

    ``rates`` (P,) are factors on the ``learning_rate``, ``count`` says which update it is, from 1; ``decay`` and
    ``decay_square`` are those of the sums, ``weight_decay`` is that of the parameters, ``epsilon`` the least that
    divides.
    """
    b1, b2, least = F(decay), F(decay_square), F(epsilon)
    whole_mean, whole_square = F(1 / (1 - decay**count)), F(1 / (1 - decay_square**count))
    one_less, square_less, rate, smaller = F(1 - decay), F(1 - decay_square), F(learning_rate), F(weight_decay)
    for k in range(len(theta)):
        mean[k] = b1 * mean[k] + one_less * gradient[k]
        square[k] = b2 * square[k] + square_less * gradient[k] * gradient[k]
        step = mean[k] * whole_mean / (np.sqrt(square[k] * whole_square) + least)
        theta[k] -= rate * rates[k] * (step + smaller * theta[k])
