"""How loops are cut into blocks whose sums fit into the processor's registers."""

import itertools
import math


def parts(total: int, largest: int) -> list[range]:
    """Cut a range into as few parts of at most ``largest`` as possible, and those as equal as possible."""
    count = math.ceil(total / largest)
    borders = [total * k // count for k in range(count + 1)]
    return [range(a, b) for a, b in itertools.pairwise(borders)]


def blocks(kernels: int, vectors: int, registers: int) -> tuple[int, int]:
    """How many of the ``kernels`` times how many of the ``vectors`` to accumulate at once, in so many ``registers``.

    The block for which the slower of loads and multiply-adds is fastest.
    """

    def cost(k: int, c: int) -> float:
        # a vector at an odd address often touches two lines of the cache: one load and a half
        pieces = [min(c, vectors - at) for at in range(0, vectors, c)]
        sizes = [(len(part), piece) for part in parts(kernels, k) for piece in pieces]
        return sum(max(a * b, a + 1.5 * b) for a, b in sizes)

    fits = [(k, c) for k in range(1, kernels + 1) for c in range(1, vectors + 1) if (k + 1) * c + 1 <= registers]
    return min(fits, key=lambda block: (cost(*block), -block[0] * block[1]), default=(1, 1))
