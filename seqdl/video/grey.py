"""From a decoded frame of any format to grey values of 8 bits."""

import functools
from collections.abc import Callable
from typing import Any

import av
import numpy as np

from seqdl.base.rows import spans

_EXPAND = bytes(min(max(round((luma - 16) * 255 / 219), 0), 255) for luma in range(256))
_FULL_RANGE = 2  # AVCOL_RANGE_JPEG
AT_ONCE = 2**18
"""So many pixels are expanded at once: they stay in the second-level cache."""
_PLANAR = ("yuv4", "yuvj", "yuva", "gray", "nv12", "nv21", "nv16", "nv24")


def luma(frame: Any) -> np.ndarray | None:
    """The luma plane of a ``frame`` of libav, (height, width) of uint8, as it lies in the decoder's memory.

    None where the frame has none in 8 bits, or its rows lie from bottom to top.
    """
    if not _has_plane(frame.format.name):
        return None
    plane = frame.planes[0]
    if plane.line_size <= 0:
        return None
    # The decoder pads its rows: what is copied and expanded are the pixels alone.
    return np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: frame.height, : frame.width]


@functools.cache
def _has_plane(form: str) -> bool:
    """Whether frames of a format have a luma plane of 8 bits."""
    return form.startswith(_PLANAR) and av.VideoFormat(form).components[0].bits == 8


def grey(frame: Any, plane: np.ndarray | None, values: str) -> np.ndarray:
    """A ``frame`` of libav as grey ``values``, ``full`` or ``limited``, (height, width) of uint8, in C order.

    ``plane`` is its :func:`luma`, about ten times faster than a conversion. MPEG-4 and its like store luma in 16..235;
    ``full`` expands that to 0..255, so that such a video and one stored as plain grey agree. What is stored in more
    than 8 bits is rounded to 8. A picture without luma (RGB, a palette) has no stored range: it is converted to 0..255
    either way.
    """
    if plane is None and values == "limited" and _has_luma(frame):
        same = frame.color_range
        frame = _reformatted(frame, "yuv444p", src_color_range=same, dst_color_range=same)
        plane = luma(frame)
    if plane is None:
        return np.ascontiguousarray(_reformatted(frame, "gray").to_ndarray())
    limited = not frame.format.name.startswith(("yuvj", "gray")) and frame.color_range != _FULL_RANGE
    if values != "full" or not limited:
        return plane.copy()
    image, rows = np.empty(plane.shape, np.uint8), max(1, AT_ONCE // plane.shape[1])
    for first, last in spans(len(plane), rows):
        image[first:last] = plane[first:last]
        _kernel()(image[first:last])
    return image


@functools.cache
def _kernel() -> Callable[[np.ndarray], object]:
    """What stretches 16..235 to 0..255 in place: compiled, or by a table."""
    from seqdl.kernels.layers.expand import expand
    from seqdl.kernels.vector.native import compiling

    return (lambda image: expand(None, image, image.size)) if compiling() else _expand


def _expand(image: np.ndarray) -> None:
    image[:] = np.frombuffer(image.tobytes().translate(_EXPAND), np.uint8).reshape(image.shape)


def _has_luma(frame: Any) -> bool:
    """Whether a frame is stored as luma and not as colours."""
    form = frame.format
    return not (form.is_rgb or form.has_palette or form.is_bayer or form.name.startswith(("mono", "xyz")))


def _reformatted(frame: Any, form: str, **more: Any) -> Any:
    return frame.reformat(format=form, interpolation="BICUBIC", **more)
