"""Luma expanded to the full range of grey values, compiled; see :func:`seqdl.video.grey.grey`."""

from typing import Any

from seqdl.kernels.vector.simd import vector_kernel

BLACK, WHITE = 16, 235


@vector_kernel
def expand(v: Any, g: None, image: Any, count: Any) -> None:
    """Values 16..235 as 0..255, rounded and cut off, in place: ``count`` bytes of an ``image``.

    ``v`` is the writer, ``g`` None. A half never has to be rounded: 255 / 219 is 85 / 73.
    """

    def some(at: Any, lanes: int) -> None:
        value = v.load_bytes(image + at, lanes) * (255 / (WHITE - BLACK)) + (0.5 - BLACK * 255 / (WHITE - BLACK))
        least, most = v.zeros(lanes), v.constant(255.0, lanes)
        value = v.select(value > 0.0, value, least)
        v.store_bytes(v.select(value < 255.0, value, most), image + at)

    v.numbers(count, some)
