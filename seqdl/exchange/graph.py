"""A run as an ONNX graph: from normalised frames (T, rows, columns) to the decision, for any number of frames.

Standard operators of opset 18 alone. Where seqdl reads window after window the graph convolves the whole sequence once,
which gives the same: no layer but C3 looks at more than its own place in time. Outputs, where the model has them:

* ``features`` (steps, N): C3 of each window, what the LSTM reads;
* ``windows`` (steps, classes): N1 and N2, the ConvNet's own decision on each window;
* ``steps`` (steps, classes): what the LSTM says at each step;
* ``decision`` (classes,): those that the sequence is decided by.

ONNX's LSTM has always a forget gate. Where the model has none it is held open by a bias of 100: s(100) is 1 in float32.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from seqdl.config import Config, ConvNetConfig, LSTMConfig
from seqdl.exchange.named import library
from seqdl.model.recogniser import Recogniser
from seqdl.ops import connect
from seqdl.ops.lstm_variants import CELL
from seqdl.ops.squash import SHAPES

OPSET, IR = 18, 8
OPEN = 100.0
"""The bias of a forget gate that is held open."""
END = np.iinfo(np.int64).max


class Graph:
    """Nodes and constants, one after the other; methods return the names of their outputs."""

    def __init__(self) -> None:
        self.onnx = library("onnx", "an ONNX file")
        self.nodes: list[Any] = []
        self.constants: dict[str, np.ndarray] = {}

    def node(self, kind: str, *inputs: str, out: str = "", **attributes: Any) -> str:
        """Add a node of a ``kind`` with its ``inputs`` and ``attributes``; its output is called ``out``."""
        out = out or f"{kind}_{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(kind, list(inputs), [out], f"node_{out}", **attributes))
        return out

    def constant(self, value: Any, name: str = "", dtype: type = np.float32) -> str:
        """Keep a ``value`` of a ``dtype`` under a ``name``."""
        name = name or f"constant_{len(self.constants)}"
        self.constants[name] = np.ascontiguousarray(value, dtype)
        return name

    def whole(self, *values: int) -> str:
        """Keep whole numbers."""
        return self.constant(values, dtype=np.int64)

    def squash(self, x: str, kind: str) -> str:
        """A tanh(s x), of ``kind`` as in :mod:`seqdl.ops.squash`."""
        shape = SHAPES[kind]
        if shape is None:
            return x
        amplitude, slope = shape
        inside = x if slope == 1 else self.node("Mul", x, self.constant(slope))
        y = self.node("Tanh", inside)
        return y if amplitude == 1 else self.node("Mul", y, self.constant(amplitude))

    def dense(self, x: str, name: str, weights: Mapping[str, np.ndarray]) -> str:
        """The sums of neurons of a ``name``, from ``x`` (steps, N), with their ``weights`` and biases."""
        w, b = (self.constant(weights[f"{name}.{part}"], f"{name}.{part}") for part in ("weight", "bias"))
        return self.node("Gemm", x, w, b, transB=1)

    def outputs(self, z: str, loss: str, out: str) -> str:
        """What output neurons with sums ``z`` say, called ``out``."""
        if loss == "cross_entropy":
            return self.node("Softmax", z, out=out, axis=-1)
        return self.node("Sigmoid" if loss == "logistic" else "Tanh", z, out=out)

    def slice(self, x: str, start: int, end: int, step: int = 1, axis: int = 0) -> str:
        """Part of ``x`` along an ``axis``."""
        return self.node("Slice", x, *(self.whole(value) for value in (start, end, axis, step)))


def build(recogniser: Recogniser, record: Mapping[str, str]) -> Any:
    """The graph of a ``recogniser``, an ``onnx.ModelProto`` that the checker has passed, with its ``record`` inside.

    A model that describes otherwise than by a 3D-ConvNet is read from its ``features`` on.
    """
    graph, config, net = Graph(), recogniser.config, recogniser.describer.networks.get("convnet")
    helper, kind = graph.onnx.helper, graph.onnx.TensorProto.FLOAT
    classes, values = len(recogniser.classes), recogniser.lstm.inputs
    sizes: dict[str, list[int | str]] = {"features": ["steps", values], "windows": ["steps", classes]}
    if net is None:
        given, last = {"features": sizes["features"]}, []
    else:
        given = {"frames": ["T", config.convnet.rows, config.convnet.columns]}
        read_windows(graph, config, net.parameters, values)
        last = ["features", "windows"]
    read_steps(graph, config.lstm, recogniser.lstm.parameters, recogniser.lstm.mean, recogniser.lstm.deviation)
    last += ["steps", "decision"]
    sizes |= {"steps": ["steps", classes], "decision": [classes]}
    made = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "seqdl",
            [helper.make_tensor_value_info(name, kind, size) for name, size in given.items()],
            [helper.make_tensor_value_info(name, kind, sizes[name]) for name in last],
            [graph.onnx.numpy_helper.from_array(value, name) for name, value in graph.constants.items()],
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR,
        producer_name="seqdl",
        producer_version=record["seqdl"],
    )
    helper.set_model_props(made, {**record, "before": before(config)})
    graph.onnx.checker.check_model(made, full_check=True)
    return made


def before(config: Config) -> str:
    """What must be done to a video before the graph reads it, in sentences."""
    section, lcn = config.convnet, config.lcn
    if config.model == "stip-lstm":
        return "One HOF descriptor of 90 values for each Harris-3D point, in the order of time."
    border = lcn.size - 1
    return (
        f"Grey values 0..1 at {config.video.rate} frames a second; the box rule is {config.video.box}; each frame is "
        f"cut to the box and scaled to {section.rows + border} x {section.columns + border}; then 3D local contrast "
        f"normalisation, reading {lcn.reading}, a Gaussian window of {lcn.size} units a side, sigma {lcn.sigma}, "
        f"constant {lcn.constant}, borders repeated, which leaves {section.rows} x {section.columns}. The prediction "
        f"of seqdl leaves out windows in which nobody is seen where video.empty is skip ({config.video.empty} here); "
        "the graph reads all of them."
    )


def read_windows(graph: Graph, config: Config, weights: Mapping[str, np.ndarray], values: int) -> None:
    """Add the 3D-ConvNet to a ``graph``: from ``frames`` to ``features`` and ``windows``.

    The ``config`` gives the geometry of its ``weights``, ``values`` how many features a window has.
    """
    section = config.convnet
    x = graph.node("Unsqueeze", "frames", graph.whole(0, 1))
    links = connect.table(section.c1_maps)
    sparse = weights["C2.weight"]
    dense = np.zeros((len(weights["C2.bias"]), section.c1_maps, *sparse.shape[1:]), np.float32)
    dense[links[:, 1], links[:, 0]] = sparse
    for stage, kernels in (("1", weights["C1.weight"]), ("2", dense)):
        x = _convolved(graph, x, f"C{stage}", kernels, weights, _kind(section, section.activation_c))
        x = _rectified(graph, x, f"R{stage}.{section.rectification}", weights, section.rectification)
        x = _subsampled(graph, x, f"S{stage}", weights, section)
    x = _convolved(graph, x, "C3", weights["C3.weight"], weights, _kind(section, section.activation_c3))
    depth = section.frames - sum(k[0] - 1 for k in (section.c1_kernel, section.c2_kernel, section.c3_kernel))
    parts = [graph.slice(x, k, k + 1 - depth or END, axis=2) for k in range(depth)]  # what a window has of C3's frames
    x = graph.node("Concat", *(graph.node("Unsqueeze", part, graph.whole(3)) for part in parts), axis=3)
    x = graph.node("Transpose", x, perm=[0, 2, 1, 3, 4, 5])  # windows, maps, frames, rows, columns
    x = graph.node("Reshape", x, graph.whole(-1, values))
    step = config.lstm.window_step
    x = graph.node("Identity", x if step == 1 else graph.slice(x, 0, END, step), out="features")
    hidden = graph.squash(graph.dense(x, "N1", weights), section.squash)
    graph.outputs(graph.dense(hidden, "N2", weights), section.loss, "windows")


def read_steps(
    graph: Graph, config: LSTMConfig, weights: Mapping[str, np.ndarray], mean: np.ndarray, deviation: np.ndarray
) -> None:
    """Add the LSTM to a ``graph``: from ``features``, less their ``mean`` and by their ``deviation``, to ``decision``.

    Its geometry is that of ``config``; ONNX has the blocks i, o, f, g where the ``weights`` have i, o, g, f.
    """
    x = "features"
    if config.input_scaling == "standardise":
        x = graph.node("Sub", x, graph.constant(mean, "mean"))
        x = graph.node("Div", x, graph.constant(deviation, "deviation"))
    x = graph.node("Unsqueeze", x, graph.whole(1))
    w, u, b = (_blocks(weights[f"LSTM.{part}"], config.cells) for part in ("input", "recurrent", "bias"))
    if not config.forget_gate:
        b[2] = OPEN
    biases = np.concatenate([b.reshape(-1), np.zeros(b.size, b.dtype)])
    inputs = [
        graph.constant(w.reshape(1, 4 * config.cells, -1), "LSTM.input"),
        graph.constant(u.reshape(1, 4 * config.cells, -1), "LSTM.recurrent"),
        graph.constant(biases[None], "LSTM.bias"),
    ]
    if config.peepholes:
        p = np.zeros((3, config.cells), np.float32)
        p[: len(weights["LSTM.peephole"])] = weights["LSTM.peephole"]
        inputs += ["", "", "", graph.constant(p.reshape(1, -1), "LSTM.peephole")]
    amplitude, slope, slope_out = CELL[config.squash]
    kinds: dict[str, Any] = {"activations": ["Sigmoid", "Tanh", "Tanh"]}
    if config.squash == "1997":
        kinds = {
            "activations": ["Sigmoid", "ScaledTanh", "ScaledTanh"],
            "activation_alpha": [amplitude, 1.0],
            "activation_beta": [slope, slope_out],
        }
    h = graph.node("LSTM", x, *inputs, hidden_size=config.cells, **kinds)
    h = graph.node("Reshape", h, graph.whole(-1, config.cells))
    said = graph.outputs(graph.dense(h, "output", weights), config.loss, "steps")
    if config.decision == "last":
        graph.node("Squeeze", graph.slice(said, -1, END), graph.whole(0), out="decision")
    else:
        graph.node("ReduceMean", said, graph.whole(0), out="decision", keepdims=0)


def _kind(config: ConvNetConfig, activation: str) -> str:
    return config.squash if activation == "tanh" else "linear"


def _per_map(value: np.ndarray) -> np.ndarray:
    return value[:, None, None, None]


def _convolved(
    graph: Graph, x: str, name: str, kernels: np.ndarray, weights: Mapping[str, np.ndarray], kind: str
) -> str:
    w, b = graph.constant(kernels, f"{name}.weight"), graph.constant(weights[f"{name}.bias"], f"{name}.bias")
    return graph.squash(graph.node("Conv", x, w, b), kind)


def _rectified(graph: Graph, x: str, name: str, weights: Mapping[str, np.ndarray], kind: str) -> str:
    return graph.node(
        "Abs", graph.node("Mul" if kind == "gain" else "Add", x, graph.constant(_per_map(weights[name]), name))
    )


def _subsampled(graph: Graph, x: str, name: str, weights: Mapping[str, np.ndarray], config: ConvNetConfig) -> str:
    n = config.pool
    window = [1, n, n]
    x = graph.node("AveragePool", x, kernel_shape=window, strides=window)
    times = _per_map(weights[f"{name}.coefficient"]) * (n * n if config.pooling == "sum" else 1)
    x = graph.node("Mul", x, graph.constant(times, f"{name}.coefficient"))
    x = graph.node("Add", x, graph.constant(_per_map(weights[f"{name}.bias"]), f"{name}.bias"))
    return graph.squash(x, _kind(config, config.activation_s))


def _blocks(value: np.ndarray, cells: int) -> np.ndarray:
    """The blocks i, o, f, g of a parameter, (4, cells, ...), from i, o, g and perhaps f."""
    given = value.reshape(-1, cells, *value.shape[1:])
    forget = given[3] if len(given) == 4 else np.zeros_like(given[0])
    return np.stack([given[0], given[1], forget, given[2]])
