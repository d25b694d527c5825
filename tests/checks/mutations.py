"""Wrong programs, one fragment of text away from the right one: the table of cases must catch each.

A mutation names a function, a fragment that stands in its source exactly once, and what takes its place. The function's
code is exchanged in place, so that whoever holds the function, by whatever name, runs the wrong one.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from types import FunctionType
from typing import NamedTuple


class Mutation(NamedTuple):
    """What is changed, and which rows of the table are asked (a pattern; all where empty)."""

    what: str
    function: str
    old: str
    new: str
    rows: str = "*"


MUTATIONS = [
    Mutation(
        "off by one in an output map", "ops.conv3d.forward", "w[(..., *tap)]", "np.roll(w, 1, axis=0)[(..., *tap)]"
    ),
    Mutation(
        "transposed kernel",
        "ops.conv3d.forward",
        "w[(..., *tap)]",
        "w[(..., tap[0], tap[2], tap[1])]",
        "conv3d 2 x 3 x 3",
    ),
    Mutation("kernel upside down", "ops.conv3d.forward", "w[(..., *tap)]", "w[..., ::-1, :][(..., *tap)]"),
    Mutation(
        "gradient by the input one tap off",
        "ops.conv3d.backward_input",
        "w[(..., *tap)].T",
        "np.roll(w, 1, axis=4)[(..., *tap)].T",
    ),
    Mutation("missing bias of the convolution", "ops.conv3d.forward", " + b[:, None, None, None]", ""),
    Mutation(
        "gradient by the bias from the first frame alone",
        "ops.conv3d.backward_weights",
        "dz.sum(axis=(1, 2, 3))",
        "dz[:, 0].sum(axis=(1, 2))",
    ),
    Mutation(
        "swapped pair in the connection table",
        "ops.connect.table",
        "for source in pair",
        "for source in (pair if k else pair[:1] * 2)",
    ),
    Mutation("two pairs of the table exchanged", "ops.connect.table", "2 * n + k)", "2 * n + (1 - k if k < 2 else k))"),
    Mutation(
        "gradient through the table to the wrong source", "ops.connect.backward_input", "da[source]", "da[source - 1]"
    ),
    Mutation(
        "gradient by a kernel from the wrong map",
        "ops.connect.backward_weights",
        "a[source, None]",
        "a[source - 1, None]",
    ),
    Mutation("sign at rectification", "ops.rectify.backward", "np.sign(_inside(y, p, kind).real) * dr", "dr"),
    Mutation(
        "derivative 1 at the kink",
        "ops.rectify.backward",
        "np.sign(_inside(y, p, kind).real)",
        "np.sign(_inside(y, p, kind).real + 1e-38)",
    ),
    Mutation("gain forgotten on the way back", "ops.rectify.backward", "p[:, None, None, None] * dx", "dx"),
    Mutation("0.1 % in the derivative of tanh", "ops.squash.backward", "return dy * (", "return 1.001 * dy * ("),
    Mutation("0.1 % in the sub-sampling", "ops.subsample.backward", "du / (", "1.001 * du / ("),
    Mutation(
        "sub-sampling repeats rows for columns",
        "ops.subsample.backward",
        ".repeat(n, axis=2).repeat(n, axis=3)",
        ".repeat(n * n, axis=3).reshape(r.shape)",
    ),
    Mutation("bias of a sequence from its last step", "ops.dense.backward", "rows.sum(axis=0)", "rows[-1]"),
    Mutation(
        "loss: the label one off", "ops.loss.loss", "(np.arange(len(z)) == label)", "(np.arange(len(z)) == label - 1)"
    ),
    Mutation("squared error without the squashing's derivative", "ops.loss.loss", "squash.backward(error, y)", "error"),
    Mutation(
        "missing gate term: o does not reach the CEC",
        "ops.lstm.backward",
        "dc_next + dh_now * o * slope_out",
        "dc_next + dh_now * slope_out",
    ),
    Mutation(
        "missing gate term: the forget gate is not learned",
        "ops.lstm.backward",
        "dc_now * c[t] * forget * (1 - forget)",
        "0 * forget",
    ),
    Mutation(
        "missing peephole term of the output gate",
        "ops.lstm.backward",
        "dc_now = dc_now + p[1] * da_o",
        "dc_now = dc_now + 0 * da_o",
    ),
    Mutation(
        "recurrent weights from the outputs one step late", "ops.lstm.backward", "flat.T @ h[:-1]", "flat.T @ h[1:]"
    ),
    Mutation(
        "wrong initial state: h and c exchanged", "ops.lstm.forward", "h[0], c[0] = h0, c0", "h[0], c[0] = c0, h0"
    ),
    Mutation("initial state forgotten", "ops.lstm.forward", "h[0], c[0] = h0, c0", "h[0], c[0] = 0, 0"),
    Mutation("peephole of the output gate looks at the old CEC", "ops.lstm.forward", "p[1] * c[t + 1]", "p[1] * c[t]"),
    Mutation("truncation one step late", "ops.lstm.backward", "t % truncate == 0", "t % truncate == 1"),
    Mutation(
        "truncation cuts the cells alone",
        "ops.lstm.backward",
        "dh_next, dc_next = np.zeros_like(dh_next), np.zeros_like(dc_next)",
        "dc_next = np.zeros_like(dc_next)",
    ),
    Mutation("momentum sign", "ops.momentum.update", "velocity *= mu", "velocity *= -mu"),
    Mutation("the update climbs", "ops.momentum.update", "velocity -= learning_rate", "velocity += learning_rate"),
    Mutation(
        "the gradient is changed by the update",
        "ops.momentum.update",
        "theta += velocity",
        "theta += velocity; gradient *= 0",
    ),
    Mutation("a copy mirrored where it is flipped", "ops.copies.copy", "if flip else y", "if mirror else y"),
    Mutation(
        "contrast: the window's last unit left out",
        "ops.lcn.blur",
        "weight * np.take",
        "(weight if k < 4 else 0) * np.take",
    ),
    Mutation(
        "forgotten window at the border of a sequence", "video.windows.starts", "length - frames + 1", "length - frames"
    ),
    Mutation("a layer that does not add", "model.layers._Weighted._add", "self.dw += dw", "self.dw[...] = dw"),
    Mutation(
        "a layer that remembers its first input",
        "model.layers.Dense.forward",
        "self.x = a",
        'self.x = getattr(self, "x", a)',
    ),
    Mutation(
        "no squashing on the way back",
        "model.layers.Subsampling.backward",
        "squash.backward(d, self.y, self.squashing)",
        "d",
    ),
    Mutation(
        "the last window is not learned",
        "model.convnet.NumpyConvNet.run_updates",
        "zip(*updates)",
        "zip(*(u[:-1] for u in updates))",
    ),
    Mutation(
        "the last window is not read", "model.convnet.NumpyConvNet.read", "enumerate(starts)", "enumerate(starts[:1])"
    ),
    Mutation(
        "the gradient is never cleared", "model.convnet.NumpyConvNet._learn", "self.gradient.vector[:] = 0", "pass"
    ),
    Mutation(
        "the error of a sequence is not averaged",
        "model.lstm_classifier.NumpyLSTM._learn",
        "dz[t] = dz_t / len(steps)",
        "dz[t] = dz_t",
    ),
    Mutation(
        "a target at the first step instead of the last",
        "model.lstm_classifier.NumpyLSTM._learn",
        "[len(x) - 1]",
        "[0]",
    ),
    Mutation(
        "the output layer reads one step late",
        "model.lstm_classifier.NumpyLSTM._forward",
        "trace.h[1:]",
        "trace.h[:-1]",
    ),
    Mutation("kernel: last of four taps lost", "kernels.conv3d.add_taps", " + w3 * b[j + 3]", "", "conv3d*"),
    Mutation("kernel: two taps exchanged", "kernels.conv3d.products", "dw[q + 2] += s2", "dw[q + 2] += s3", "conv3d*"),
    Mutation("kernel: last unit of a plane lost", "kernels.conv3d.plane_length", " + 1", "", "conv3d*"),
    Mutation("kernel: missing bias", "kernels.conv3d.forward", "z[m] = b[m]", "z[m] = F(0)", "conv3d*"),
    Mutation("kernel: adds onto what stood there", "kernels.conv3d.backward_input", "da[:] = F(0)", "pass", "conv3d*"),
    Mutation(
        "kernel: does not add",
        "kernels.conv3d.backward_weights",
        "db[m] += dz[m].sum()",
        "db[m] = dz[m].sum()",
        "conv3d*",
    ),
    Mutation(
        "kernel: wrong source in the table",
        "kernels.connect.forward",
        "a[links[k, 0]]",
        "a[links[k - 1, 0]]",
        "connect*",
    ),
    Mutation(
        "kernel: derivative 1 at the kink",
        "kernels.rectify_subsample.backward",
        "(F(-1) if inside < F(0) else F(0))",
        "F(-1)",
        "stage*",
    ),
    Mutation(
        "kernel: sign at rectification",
        "kernels.rectify_subsample.backward",
        "inside > F(0)",
        "inside < F(0)",
        "stage*",
    ),
    Mutation(
        "kernel: 0.1 % in the sub-sampling",
        "kernels.rectify_subsample.forward",
        "stage.weight * total",
        "F(1.001) * stage.weight * total",
        "stage*",
    ),
    Mutation("kernel: 0.1 % in tanh", "kernels.squash.tanh", "y = x * p / q", "y = x * p / q * F(0.999)", "squash*"),
    Mutation("kernel: last input left out", "kernels.dense.forward", "range(len(x))", "range(len(x) - 1)", "dense*"),
    Mutation("kernel: gradient without the target", "kernels.loss.loss", "dz[label] -= F(1)", "pass", "loss*"),
    Mutation(
        "kernel: recurrent input from the initial state",
        "kernels.lstm.forward",
        "add_products(weights.u, h[t], sums)",
        "add_products(weights.u, h[0], sums)",
        "lstm*",
    ),
    Mutation(
        "kernel: missing gate term",
        "kernels.lstm.backward",
        "dc_next[k] = dc_now * f[k]",
        "dc_next[k] = dc_now",
        "lstm*",
    ),
    Mutation(
        "kernel: error not cut", "kernels.lstm.backward", "t % truncate == 0", "t % truncate == truncate", "lstm*cut*"
    ),
    Mutation("kernel: momentum sign", "kernels.momentum.update", "mu * velocity[k]", "-mu * velocity[k]", "momentum"),
    Mutation("kernel: flip by one row", "kernels.copies.copy", "high - 1 - at", "high - 2 - at", "copies*"),
    Mutation(
        "kernel: border not repeated",
        "kernels.lcn.blur_frame",
        "line[border + columns :] = line[border + columns - 1]",
        "line[border + columns :] = F(0)",
        "lcn*",
    ),
    Mutation(
        "kernel network: C3 not squashed",
        "kernels.convnet.forward",
        "squash.forward(u.f, plan.amplitude3, plan.slope3)",
        "pass",
        "ConvNet, default",
    ),
    Mutation(
        "kernel network: no gradient to C2's biases",
        "kernels.convnet.loss_and_gradient",
        "dw.w2, dw.b2)",
        "dw.w2, dw.b2.copy())",
        "ConvNet, default",
    ),
    Mutation(
        "kernel network: gradient not cleared",
        "kernels.convnet.run_updates",
        "gradient[:] = F(0)",
        "pass",
        "ConvNet, default",
    ),
    Mutation(
        "kernel network: last window not read",
        "kernels.convnet.read",
        "range(len(starts))",
        "range(len(starts) - 1)",
        "ConvNet, default",
    ),
    Mutation(
        "kernel classifier: wrong share of a step",
        "kernels.lstm_classifier.loss_and_gradient",
        "F(1) / F(steps)",
        "F(1) / F(steps + 1)",
        "LSTM classifier*",
    ),
    Mutation(
        "kernel classifier: initial state left as found",
        "kernels.lstm_classifier.make_trace",
        "np.zeros((steps + 1, cells), F)",
        "np.full((steps + 1, cells), F(0.1))",
        "LSTM classifier*",
    ),
]


@contextmanager
def mutated(mutation: Mutation) -> Iterator[None]:
    """The function's code exchanged while the block runs."""
    function = _find(mutation.function)
    kept = function.__code__
    function.__code__ = _compiled(function, mutation)
    try:
        yield
    finally:
        function.__code__ = kept


def _find(path: str) -> FunctionType:
    parts = path.split(".")
    module = importlib.import_module(".".join(["seqdl", *parts[:2]]))
    found = functools.reduce(getattr, parts[2:], module)
    return getattr(found, "py_func", found)


def _compiled(function: FunctionType, mutation: Mutation):
    lines = textwrap.dedent(inspect.getsource(function)).splitlines(keepends=True)
    lines = [line for line in lines if not line.startswith("@")]
    [definition] = ast.parse("".join(lines)).body
    statements = definition.body[1:] if ast.get_docstring(definition) else definition.body
    begin = statements[0].lineno - 1
    head, body = "".join(lines[:begin]), "".join(lines[begin:])
    if body.count(mutation.old) != 1:
        raise LookupError(f"{mutation.what}: {mutation.old!r} stands {body.count(mutation.old)} times in the code")
    scope: dict = {}
    text = "from __future__ import annotations\n" + head + body.replace(mutation.old, mutation.new)
    exec(compile(text, inspect.getfile(function), "exec"), scope)
    return scope[function.__name__].__code__
