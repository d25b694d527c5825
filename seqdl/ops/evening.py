"""Evening: the error that reaches the features made about as large at every step, which no loss asks for.

Without a forget gate the first windows of a sequence hear of all later losses, the last of one. With e_t the size of
the error at step t of T, and m_t its running mean at that place in all sequences so far, which begins with the first
e_t::

    e_t = |dx_t| T        m_t = 0.98 m_t + 0.02 e_t        dx_t = dx_t (mean of m over all steps) / m_t
"""

import numpy as np

from seqdl.base.doors import REALS, Array, door

KEPT = 0.98
"""How much of a place's mean error is kept at an update. Choice: some fifty updates are remembered."""
LEAST = 1e-12
"""What is added to a mean that divides: it may be 0."""


@door(dx=Array("S N", REALS, changed=True), means=Array("P", REALS, changed=True))
def even(dx: np.ndarray, means: np.ndarray) -> None:
    """Even the errors of a sequence, in place.

    Parameters
    ----------
    dx : array, (steps, N)
        The LSTM's error by its inputs; changed.
    means : array, (places,)
        m, zeros at first, of which the last place is that of all later steps; changed.
    """
    places = np.minimum(np.arange(len(dx)), len(means) - 1)
    for place, size in zip(places, len(dx) * np.sqrt((dx**2).sum(axis=1))):
        before = means[place]
        means[place] = KEPT * before + (1 - KEPT) * size if before else size
    dx *= (means[places].mean() / (means[places] + LEAST))[:, None]
