"""The 3D-ConvNet's layers in their NumPy form: thin objects that call the ops.

A layer is made from its parameters (named views); ``forward`` returns its output and remembers what ``backward`` needs,
``backward`` overwrites the gradients by the parameters and returns the gradient by the input.
"""

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from seqdl.ops import connect, conv3d, dense, rectify, squash, subsample

Views = Mapping[str, np.ndarray]


class Layer(Protocol):
    """What all layers do."""

    name: str

    def forward(self, a: np.ndarray) -> np.ndarray:
        """The output, from input maps (M, T, Y, X) or input values."""

    def backward(self, d: np.ndarray) -> np.ndarray | None:
        """The gradient by the input, from that by the output; overwrites the gradients by the parameters.

        None where nobody needs it.
        """


class _Weighted:
    """What layers with weights, biases and a squashing function share: name, named views, the function's name."""

    def __init__(self, name: str, parameters: Views, gradients: Views, squashing: str) -> None:
        self.name, self.squashing = name, squashing
        self.w, self.b = parameters[f"{name}.weight"], parameters[f"{name}.bias"]
        self.dw, self.db = gradients[f"{name}.weight"], gradients[f"{name}.bias"]

    def _put(self, dw: np.ndarray, db: np.ndarray) -> None:
        self.dw[...] = dw
        self.db[...] = db


class Convolution(_Weighted, Layer):
    """C1 and C3: all input maps to all output maps, then squashing.

    Parameters
    ----------
    name, parameters, gradients, squashing : str, mapping, mapping, str
        As in the paper; named views, twice; the squashing function's name.
    need_dx : bool
        Whether the gradient by the input is needed; for C1 it never is.
    """

    def __init__(self, name: str, parameters: Views, gradients: Views, squashing: str, need_dx: bool = True) -> None:
        super().__init__(name, parameters, gradients, squashing)
        self.need_dx = need_dx

    def forward(self, a: np.ndarray) -> np.ndarray:
        """Output maps, from input maps ``a``."""
        self.a = a
        self.y = squash.forward(conv3d.forward(a, self.w, self.b), self.squashing)
        return self.y

    def backward(self, d: np.ndarray) -> np.ndarray | None:
        """Gradient by the input maps, from ``d`` by the output maps."""
        dz = squash.backward(d, self.y, self.squashing)
        self._put(*conv3d.backward_weights(dz, self.a, self.w.shape[2:]))
        return conv3d.backward_input(dz, self.w, self.a.shape) if self.need_dx else None


class TableConvolution(_Weighted, Layer):
    """C2: convolution through the connection table, then squashing.

    Parameters
    ----------
    name, parameters, gradients, squashing : str, mapping, mapping, str
        As in the paper; named views, twice; the squashing function's name.
    links : array of int, (K, 2)
        The connection table.
    """

    def __init__(self, name: str, parameters: Views, gradients: Views, squashing: str, links: np.ndarray) -> None:
        super().__init__(name, parameters, gradients, squashing)
        self.links = links

    def forward(self, a: np.ndarray) -> np.ndarray:
        """Output maps, from input maps ``a``."""
        self.a = a
        self.y = squash.forward(connect.forward(a, self.w, self.b, self.links), self.squashing)
        return self.y

    def backward(self, d: np.ndarray) -> np.ndarray:
        """Gradient by the input maps, from ``d`` by the output maps."""
        dz = squash.backward(d, self.y, self.squashing)
        self._put(*connect.backward_weights(dz, self.a, self.links, self.w.shape[1:]))
        return connect.backward_input(dz, self.w, self.links, self.a.shape)


class Rectification(Layer):
    """R1 and R2: absolute value, with a gain or a bias a map.

    Parameters
    ----------
    name, parameters, gradients : str, mapping, mapping
        As in the paper; named views, twice.
    kind : {"gain", "bias"}
        What the trainable scalar is.
    """

    def __init__(self, name: str, parameters: Views, gradients: Views, kind: str) -> None:
        self.name, self.kind = name, kind
        self.p, self.dp = parameters[f"{name}.{kind}"], gradients[f"{name}.{kind}"]

    def forward(self, a: np.ndarray) -> np.ndarray:
        """Rectified maps, from input maps ``a``."""
        self.a = a
        return rectify.forward(a, self.p, self.kind)

    def backward(self, d: np.ndarray) -> np.ndarray:
        """Gradient by the input maps, from ``d`` by the output maps."""
        da, dp = rectify.backward(d, self.a, self.p, self.kind)
        self.dp[...] = dp
        return da


class Subsampling(Layer):
    """S1 and S2: windows averaged or added, weighted, squashed.

    Parameters
    ----------
    name, parameters, gradients, squashing : str, mapping, mapping, str
        As in the paper; named views, twice; the squashing function's name.
    n, pooling : int, {"mean", "sum"}
        Side of the window; what is taken over it.
    """

    def __init__(self, name: str, parameters: Views, gradients: Views, squashing: str, n: int, pooling: str) -> None:
        self.name, self.squashing, self.n, self.pooling = name, squashing, n, pooling
        self.c, self.b = parameters[f"{name}.coefficient"], parameters[f"{name}.bias"]
        self.dc, self.db = gradients[f"{name}.coefficient"], gradients[f"{name}.bias"]

    def forward(self, a: np.ndarray) -> np.ndarray:
        """Sub-sampled maps, from input maps ``a``."""
        self.a = a
        self.y = squash.forward(subsample.forward(a, self.c, self.b, self.n, self.pooling), self.squashing)
        return self.y

    def backward(self, d: np.ndarray) -> np.ndarray:
        """Gradient by the input maps, from ``d`` by the output maps."""
        du = squash.backward(d, self.y, self.squashing)
        da, dc, db = subsample.backward(du, self.a, self.c, self.n, self.pooling)
        self.dc[...] = dc
        self.db[...] = db
        return da


class Dense(_Weighted, Layer):
    """N1 and N2: fully connected neurons; N2's squashing belongs to the loss.

    Parameters
    ----------
    name, parameters, gradients, squashing : str, mapping, mapping, str
        As in the paper; named views, twice; the squashing function's name.
    mask : array, (neurons,), optional
        Dropout: what the outputs are multiplied by, until it is replaced.
    """

    def __init__(
        self, name: str, parameters: Views, gradients: Views, squashing: str, mask: np.ndarray | None = None
    ) -> None:
        super().__init__(name, parameters, gradients, squashing)
        self.mask = mask

    def forward(self, a: np.ndarray) -> np.ndarray:
        """Outputs, from inputs ``a``: maps, which are read as one vector, a vector, or many of them (steps, N)."""
        self.shape, self.x = a.shape, a if a.ndim < 4 else a.reshape(-1)
        self.y = squash.forward(dense.forward(self.x, self.w, self.b), self.squashing)
        return self.y if self.mask is None else self.mask * self.y

    def backward(self, d: np.ndarray) -> np.ndarray:
        """Gradient by the inputs, from ``d`` by the outputs."""
        dz = squash.backward(d if self.mask is None else self.mask * d, self.y, self.squashing)
        dx, dw, db = dense.backward(dz, self.x, self.w)
        self._put(dw, db)
        return dx.reshape(self.shape)
