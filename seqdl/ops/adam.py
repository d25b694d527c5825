"""Adam: an online update that finds the size of each parameter's steps itself (Kingma and Ba, ICLR 2015, Algorithm 1).

Not in the paper, where the single-step model is a plan. For the gradient g of the t-th sample, counted from 1, with a
rate eta, a factor rho for each parameter and the decays b1 and b2::

    m = b1 m + (1 - b1) g        v = b2 v + (1 - b2) g^2
    theta = theta - eta rho ((m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon) + lambda theta)

m and v begin at 0, so after t steps the gradients' weights add up to 1 - b1^t and 1 - b2^t only; divided by these, they
are weighted means. The term with lambda, 0 unless asked for, lets weights decay at a rate of their own and not through
the gradient, whose size would be divided out (Loshchilov and Hutter, ICLR 2019).
"""

import numpy as np

from seqdl.base.doors import Number, Whole, door
from seqdl.ops.momentum import CHANGED

DECAY = Number(0, 1 - 1e-6)
EPSILON = 1e-8
"""The least that divides."""


@door(
    theta=CHANGED, mean=CHANGED, square=CHANGED, gradient="P", rates="P", learning_rate=Number(0), count=Whole(1),
    decay=DECAY, decay_square=DECAY, epsilon=Number(1e-30), weight_decay=Number(0),
)  # fmt: skip
def update(
    theta: np.ndarray,
    mean: np.ndarray,
    square: np.ndarray,
    gradient: np.ndarray,
    rates: np.ndarray,
    learning_rate: float,
    count: int,
    decay: float = 0.9,
    decay_square: float = 0.999,
    epsilon: float = EPSILON,
    weight_decay: float = 0.0,
) -> None:
    """Move the parameters, in place.

    Parameters
    ----------
    theta, mean, square : array, (P,)
        Parameters; the running sums m and v, zeros at first; changed.
    gradient, rates : array, (P,)
        Gradient of the sample's loss; a factor on the rate for each parameter.
    learning_rate, count : float, int
        eta; t, which update this is, 1 for the first.
    decay, decay_square, epsilon : float
        b1 and b2; the least that divides.
    weight_decay : float
        lambda.
    """
    mean *= decay
    mean += (1 - decay) * gradient
    square *= decay_square
    square += (1 - decay_square) * gradient**2
    whole_mean, whole_square = mean / (1 - decay**count), square / (1 - decay_square**count)
    theta -= learning_rate * rates * (whole_mean / (np.sqrt(whole_square) + epsilon) + weight_decay * theta)
