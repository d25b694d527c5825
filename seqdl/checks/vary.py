"""The cases of varied copies: against SciPy's interpolation and filters, and against the compiled form."""

import numpy as np
from scipy import ndimage

from seqdl.checks.case import Buffers, Case, normal
from seqdl.kernels.layers import vary as kernel
from seqdl.ops import vary
from seqdl.ops.dropout import numbers
from seqdl.ops.vary import BITS, RADIUS, Variation

COPY, FIRST, ORIGIN = (18, 9, 7), 2, 3.3
"""Frames, rows and columns of a copy, which are more frames than a vector has lanes; where in the sequence it is."""
VARIED = {
    "nothing": Variation(),
    "everything": Variation(1.2, 0.8, 0.7, -1.3, 8.0, 1.3, 1.1, 0.3, 0.2, 0.7, 0.3, 1.0, 0.4, 0.8, 2**31 - 1),
    "place": Variation(down=-1.6, right=2.5, speed=0.8),
    "jitter, a bar": Variation(jitter=1.5, bar=0.4, at=0.9, seed=3),
    "blur, light": Variation(blur=1.2, brightness=0.5, contrast=0.7, seed=4),
}


def vary_case(name: str) -> Case:
    """A copy that is varied in what ``name`` says; by hand by SciPy."""
    one = VARIED[name]
    frames, rows, columns = COPY

    def by_scipy(a: np.ndarray) -> np.ndarray:
        bits = numbers(int(one.seed), 4 * frames).reshape(frames, 4) >> np.uint64(64 - BITS)
        _, down, right, light = vary.table()[bits.astype(int)].T
        out = []
        for t in range(frames):
            k = np.argmin(np.abs(np.arange(len(a)) - (ORIGIN + one.speed * t)))
            moves = np.round(one.jitter * down[t]), np.round(one.jitter * right[t])
            frame = ndimage.shift(a[k], moves, order=1, mode="nearest")
            stretched = np.diag([1 / np.sqrt(one.proportion), np.sqrt(one.proportion)]) / one.size
            angle = np.radians(one.rotation)
            matrix = stretched @ [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
            middle = np.array([rows - 1, columns - 1]) / 2
            edge = RADIUS if one.blur else 0
            offset = middle - matrix @ (middle + np.array([one.down, one.right]) + edge)
            shape = rows + 2 * edge, columns + 2 * edge
            found = ndimage.affine_transform(frame, matrix, offset, shape, order=1, mode="nearest")
            if one.blur:
                wide = ndimage.gaussian_filter(found, one.blur, radius=RADIUS)
                found = wide[edge:-edge, edge:-edge]
            first = int(bits[t, 0])
            noise = vary.table().take(range(first, first + rows * columns), mode="wrap").reshape(rows, columns)
            out.append(one.contrast * found + one.brightness * light[t] + one.noise * noise)
        side = columns if one.upright else rows
        clear = np.abs(np.arange(side) + 0.5 - one.at * side) >= one.bar * side / 2
        return np.array(out) * (clear if one.upright else clear[:, None])

    def mirror(d: np.ndarray, buffers: Buffers, a: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        g = kernel.sizes(*COPY)
        work, out = kernel.workspace(g), buffers.over(*COPY)
        store = np.concatenate([buffers.over(FIRST, rows, columns), a, buffers.over(1, rows, columns)])
        span, origin, length = np.array([[FIRST, len(a)]]), np.array([FIRST + ORIGIN]), np.array([frames])
        kernel.render_clips(g, store, span, origin, length, np.array([one], float), work, out)
        return out, {}

    return Case(
        f"vary {name}",
        normal(a=COPY),
        lambda a: vary.render(a, one, ORIGIN, 0 if one.speed == 1 else frames),  # 0: as many as there are
        expected=by_scipy,
        mirror=mirror,
        terms=200,
    )
