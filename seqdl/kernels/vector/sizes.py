"""Numbers that are known when a kernel is compiled.

A kernel for planes of 34 x 54 is faster than one for any plane: loops are unrolled, addresses become constants, the
accumulators fit into registers exactly. So the sizes of a network are not values but part of a kernel's *name*: a
kernel that is given a :class:`Sizes` is compiled once for each set of sizes, and reads them as constants. To Numba's
compiled code they are types (:mod:`seqdl.kernels.vector.numba_types`).

That also suits the cache of compiled code on disk, which looks at such names: another process finds what this one
compiled. (It would not find functions made within functions, the other way to specialise.)
"""

from typing import Any


class Sizes:
    """What frozen dataclasses of sizes inherit from; their fields are numbers, truth values, names, or Sizes."""

    @property
    def _numba_type_(self) -> Any:
        from seqdl.kernels.vector.numba_types import sizes_type

        return sizes_type(self)
