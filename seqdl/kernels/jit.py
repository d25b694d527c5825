"""All Numba options in one place.

``fastmath=True`` would let the compiler assume that no NaN occurs, and a collapsed training would go unnoticed; the
flags below allow reordering and fused multiply-add and keep NaN meaningful.
"""

from __future__ import annotations

import numba

jit = numba.njit(
    cache=True,
    fastmath={"nsz", "arcp", "contract", "afn", "reassoc"},
    error_model="numpy",
    nogil=True,
)
