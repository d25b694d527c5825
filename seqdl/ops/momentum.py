"""The online update with momentum (Section 2.2, after LeCun et al. 1998; Section 3).

After each sample, with the gradient g of its loss, a rate eta, a factor rho for each parameter and the momentum mu::

    v = mu v - eta rho g        theta = theta + v

Weights may decay at a rate of their own and not through the gradient, which the running step would carry on (Loshchilov
and Hutter, ICLR 2019, Algorithm 1); not in the paper. With a share lambda for each parameter, before the update::

    theta = (1 - eta lambda) theta

Weight sharing needs nothing else: the gradient by a shared weight is the sum over all its uses. "Efficient BackProp"
(Section 4.7) also ties the rate of a weight to the square root of the number of its uses. Choice: rho = 1, or where
``convnet.rate_rule`` says so rho = 1 / sqrt(uses), since a sum of n terms of random sign is sqrt(n) times one of them.
"""

import numpy as np

from seqdl.base.doors import Array, Number, door

CHANGED = Array("P", changed=True)


@door(theta=CHANGED, velocity=CHANGED, gradient="P", rates="P", learning_rate=Number(0), mu=Number(0))
def update(
    theta: np.ndarray, velocity: np.ndarray, gradient: np.ndarray, rates: np.ndarray, learning_rate: float, mu: float
) -> None:
    """Move the parameters, in place.

    Parameters
    ----------
    theta, velocity : array, (P,)
        Parameters and the running step; changed.
    gradient, rates : array, (P,)
        Gradient of the sample's loss; a factor on the rate for each parameter.
    learning_rate, mu : float
        eta and the momentum.
    """
    velocity *= mu
    velocity -= learning_rate * rates * gradient
    theta += velocity


@door(theta=CHANGED, shares="P", learning_rate=Number(0))
def decay(theta: np.ndarray, shares: np.ndarray, learning_rate: float) -> None:
    """Let parameters decay, in place.

    Parameters
    ----------
    theta : array, (P,)
        Parameters; changed.
    shares : array, (P,)
        lambda of each, times its factor on the rate; 0 where nothing decays.
    learning_rate : float
        eta.
    """
    theta *= 1 - learning_rate * shares
