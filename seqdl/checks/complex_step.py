"""Derivatives by complex step: exact to the last digits, without a difference that cancels (Squire and Trapp 1998).

For a function f that is analytic and real on real numbers, and a direction d::

    f(x + i h d) = f(x) + i h f'(x) d + O(h^2)        f'(x) d = Im f(x + i h d) / h

With h = 1e-30 the rest is far below what a float64 can hold. An array-valued f is contracted with a random cotangent:
one of all ones would not see outputs that are swapped or shifted.
"""

from collections.abc import Callable, Mapping

import numpy as np

STEP = 1e-30

Arrays = Mapping[str, np.ndarray]


def errors(
    function: Callable[[dict[str, np.ndarray]], np.ndarray],
    arguments: Arrays,
    gradients: Arrays,
    cotangent: np.ndarray | float,
    rng: np.random.Generator,
    directions: int = 3,
) -> dict[str, float]:
    """How far ``gradients`` are from the derivatives of ``sum(cotangent * function)``, relative to their norms.

    For d drawn from N(0, 1), the mean of <g - f', d>^2 is |g - f'|^2: a few ``directions``, drawn by ``rng``, estimate
    the error of the whole gradient, whatever its size. ``function`` takes a dictionary of ``arguments``, where the
    derivatives are taken, and gives an array like the ``cotangent``; ``gradients`` are by some of them.
    """
    result = {}
    for name, gradient in gradients.items():
        differences = []
        for _ in range(directions):
            direction = rng.standard_normal(arguments[name].shape)
            moved = {**arguments, name: arguments[name] + 1j * STEP * direction}
            expected = np.sum(cotangent * function(moved)).imag / STEP
            differences.append(np.sum(gradient * direction) - expected)
        result[name] = relative(float(np.sqrt(np.mean(np.square(differences)))), float(np.linalg.norm(gradient)))
    return result


def relative(difference: float, norm: float) -> float:
    """A difference as a share of a norm: 0 of nothing is 0, anything else of nothing is infinite, NaN stays NaN."""
    if norm == 0:
        return 0.0 if difference == 0 else difference * np.inf
    return difference / norm
