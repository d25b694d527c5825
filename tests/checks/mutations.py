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

from seqdl.exercises.mistakes import MUTATIONS as IN_OPS
from seqdl.exercises.mistakes import Mutation
from seqdl.kernels.layers import cyclic, toom_cook

MUTATIONS = [
    *IN_OPS,
    Mutation(
        "the LSTM's weights do not decay",
        "model.lstm_numpy.NumpyLSTM.run_updates",
        "config.weight_decay",
        "config.shift",
        "LSTM*decay*",
    ),
    Mutation(
        "the decay of shared weights is not at their rate",
        "model.convnet_numpy.NumpyConvNet.run_updates",
        "self.shares * rates",
        "self.shares",
        "ConvNet*decay*",
    ),
    Mutation("N1's dropout not on the way back", "model.layers.Dense.backward", "self.mask * d", "d", "layer N1*"),
    Mutation(
        "the LSTM's inputs are not enlarged",
        "model.lstm_numpy.NumpyLSTM.run_updates",
        "* x\n",
        "* x * (1 - self.config.dropout)\n",
        "LSTM*dropout",
    ),
    Mutation(
        "kernel: N1's dropout not on the way back",
        "kernels.networks.convnet.learn_head",
        " * v.load_some(u.m + at, count)",
        "",
        "ConvNet*dropout",
    ),
    Mutation(
        "kernel: the LSTM's inputs as they are",
        "kernels.layers.dropout.leave_out",
        "*= x[t, k]",
        "= x[t, k]",
        "LSTM*dropout",
    ),
    Mutation(
        "the last window is not learned",
        "model.convnet_numpy.NumpyConvNet.run_updates",
        "zip(*updates[:4])",
        "zip(*(u[:-1] for u in updates[:4]))",
        "ConvNet, default",
    ),
    Mutation("kernel: weights grow", "kernels.layers.momentum.decay", "value - v.", "value + v.", "decay"),
    Mutation(
        "forgotten window at the border of a sequence",
        "video.windows.starts",
        "length - frames + 1",
        "length - frames",
        "windows*",
    ),
    Mutation("a layer that adds", "model.layers._Weighted._put", "self.dw[...] = dw", "self.dw += dw", "layer*"),
    Mutation(
        "a scalar's gradient that adds",
        "model.layers.Rectification.backward",
        "self.dp[...] = dp",
        "self.dp += dp",
        "layer*",
    ),
    Mutation(
        "a layer that remembers its first input",
        "model.layers.Dense.forward",
        "a if a.ndim < 4",
        'getattr(self, "x", a) if a.ndim < 4',
        "layer*",
    ),
    Mutation(
        "no squashing on the way back",
        "model.layers.Subsampling.backward",
        "squash.backward(d, self.y, self.squashing)",
        "d",
        "layer*",
    ),
    Mutation(
        "the last window is not read",
        "model.convnet_numpy.NumpyConvNet.read",
        "enumerate(starts)",
        "enumerate(starts[:1])",
        "ConvNet, default",
    ),
    Mutation(
        "the layers are run back from the first",
        "model.convnet_numpy.LayerRow.learn",
        "reversed(self.layers)",
        "self.layers",
        "ConvNet, default",
    ),
    Mutation(
        "a target at the first step instead of the last",
        "model.lstm_numpy.step_weights",
        "last = len(z) - 1",
        "last = 0",
        "LSTM classifier*",
    ),
    Mutation(
        "the output layer reads one step late",
        "model.lstm_numpy.NumpyLSTM.forward",
        "trace.h[1:]",
        "trace.h[:-1]",
        "LSTM classifier*",
    ),
    Mutation(
        "kernel: taps in the wrong order",
        "kernels.layers.conv3d.multiply",
        "w[0, 0, s, q, k]",
        "w[0, 0, s, g.width - 1 - q, k]",
        "conv3d*",
    ),
    Mutation(
        "kernel: kernel upside down",
        "kernels.layers.conv3d.multiply",
        "w[0, 0, s, q, k]",
        "w[0, 0, g.height - 1 - s, q, k]",
        "conv3d*",
    ),
    Mutation(
        "kernel: frames of a kernel in the wrong order",
        "kernels.layers.conv3d.multiply",
        "w.at(0, r)",
        "w.at(0, g.summed - 1 - r)",
        "conv3d*direct",
    ),
    Mutation(
        "kernel: a source overwrites what the others added",
        "kernels.layers.conv3d.multiply",
        "v.load(place) if g.sources > 1 else v.zeros()",
        "v.zeros()",
        "conv3d*",
    ),
    Mutation(
        "kernel: sums begin with what stood there",
        "kernels.layers.conv3d.multiply",
        "v.store(v.zeros(), products[j, 0, k * v.lanes])",
        "None",
        "conv3d*",
    ),
    Mutation(
        "kernel: wrong target of the table",
        "kernels.layers.conv3d.multiply",
        "targets + (i * g.kernels + k)",
        "targets + k",
        "connect*",
    ),
    Mutation("kernel: missing bias", "kernels.layers.conv3d.finish", "value + bias", "value", "conv3d*"),
    Mutation(
        "kernel: bias of the next map",
        "kernels.layers.conv3d.finish",
        "v.broadcast(b + m)",
        "v.broadcast(b + (m * 0 + 1))",
        "conv3d*",
    ),
    Mutation(
        "kernel: Toom-Cook: products mixed by the wrong matrix",
        "kernels.layers.conv3d.finish",
        ").a.T if g.toom_cook",
        ").a[::-1].T if g.toom_cook",
        "conv3d*toom_cook",
    ),
    Mutation(
        "kernel: Toom-Cook: two points exchanged",
        "kernels.layers.conv3d.transform_inputs",
        ").b,",
        ").b[[1, 0, *range(2, g.frames)]],",
        "conv3d*toom_cook",
    ),
    Mutation(
        "kernel: Toom-Cook: kernels transformed backwards in time",
        "kernels.layers.conv3d.transform_kernels",
        ").g",
        ").g[:, ::-1]",
        "conv3d*toom_cook",
    ),
    Mutation(
        "kernel: Toom-Cook: a scale forgotten",
        "kernels.layers.toom_cook.matrices",
        "b / scale_b[:, None]",
        "b",
        "conv3d*toom_cook",
    ),
    Mutation(
        "kernel: Toom-Cook: transposed inverse",
        "kernels.layers.toom_cook.matrices",
        "float).T",
        "float)",
        "conv3d*toom_cook",
    ),
    Mutation(
        "kernel: Toom-Cook: halves of opposite points exchanged",
        "kernels.layers.toom_cook.mix",
        "for row in rows])",
        "for row in rows])[::-1]",
        "conv3d*toom_cook",
    ),
    Mutation(
        "kernel: Toom-Cook: gradient by the inputs not transposed",
        "kernels.layers.conv3d.transform_inputs_back",
        ").b.T",
        ").b",
        "conv3d*toom_cook",
    ),
    Mutation(
        "kernel: rows in circles: every tile is the first",
        "kernels.layers.conv3d.transform_rows",
        "k * (g.tile * g.columns)",
        "k * 0",
        "conv3d*circles*",
    ),
    Mutation(
        "kernel: rows in circles: a tile's outputs in the place of the first's",
        "kernels.layers.conv3d.forward_cyclic",
        "k * g.tile + i",
        "k * 0 + i",
        "conv3d*circles*",
    ),
    Mutation(
        "kernel: rows in circles: the gradient of one tile alone",
        "kernels.layers.plane_gradient.point",
        "at * c.columns",
        "at * 0",
        "conv3d*circles*",
    ),
    Mutation(
        "kernel: rows in circles: the gradient by the first tile's outputs, again and again",
        "kernels.layers.plane_gradient.transform_rows_back",
        "k * (g.tile * g.run)",
        "k * 0",
        "conv3d*circles*",
    ),
    Mutation(
        "kernel: rows in circles: a kernel that is not turned round",
        "kernels.layers.cyclic.chains",
        "-np.arange(r) % n",
        "np.arange(r) % n",
        "conv3d*circles*",
    ),
    Mutation(
        "kernel: rows in circles: products joined to their conjugates",
        "kernels.layers.cyclic.chains",
        "(1, -1), (1, 1)",
        "(1, 1), (1, -1)",
        "conv3d*circles*",
    ),
    Mutation(
        "kernel: rows in circles: a part of a complex row is not turned",
        "kernels.layers.cyclic._transform",
        "chain.append(cross)",
        "chain.append(np.eye(n))",
        "conv3d*circles of 12",
    ),
    Mutation(
        "kernel: gradient by the kernels adds",
        "kernels.layers.conv3d.linear",
        "v.store_some(value, y + (at + f * length), count)",
        "v.store_some(value + v.load_some(y + (at + f * length), count), y + (at + f * length), count)",
        "conv3d*",
    ),
    Mutation(
        "kernel: slack of the inputs forgotten",
        "kernels.layers.layout.Convolution.slack.fget",
        "self.height * self.columns + self.run + 2 * self.lanes",
        "0",
        "conv3d*",
    ),
    Mutation(
        "kernel: parts of the picture begin at the wrong row",
        "kernels.layers.group_gradient.spread",
        "p * g.rows * c.pitch",
        "p * (g.rows - 1) * c.pitch",
        "connect*",
    ),
    Mutation(
        "kernel: parity of parts: lanes of targets and parts exchanged",
        "kernels.layers.group_gradient.pack",
        "for x in range(wide) for p in range(g.parts)]",
        "for p in range(g.parts) for x in range(wide)]",
        "connect*",
    ),
    Mutation(
        "kernel: parts that lie over each other are not added",
        "kernels.layers.group_gradient.unpack",
        "total + mine",
        "mine",
        "connect*",
    ),
    Mutation(
        "kernel: kernels repeated in the wrong lanes",
        "kernels.layers.group_gradient.group_kernels",
        "lane // g.parts",
        "lane % g.width",
        "connect*",
    ),
    Mutation(
        "kernel: tap of a gradient one column off",
        "kernels.layers.group_gradient.weights_plane",
        "k = s * c.width + q",
        "k = s * c.width + max(q - 1, 0)",
        "connect*",
    ),
    Mutation(
        "kernel: parts of a gradient not added",
        "kernels.layers.group_gradient.weights_plane",
        "total + part",
        "part",
        "connect*",
    ),
    Mutation(
        "kernel: gradient by the inputs with kernels mirrored",
        "kernels.layers.group_gradient.input_row",
        "taps[q], sums[k]",
        "taps[c.width - 1 - q], sums[k]",
        "connect*",
    ),
    Mutation(
        "kernel: gradient by the inputs misses the last row of kernels",
        "kernels.layers.group_gradient.backward_input",
        "v.least(h + 1, c.height)",
        "v.least(h + 1, c.height - 1)",
        "connect*",
    ),
    Mutation(
        "kernel: gradient by the inputs misses a frame",
        "kernels.layers.group_gradient.backward_input",
        "v.greatest(t - (c.frames_out - 1), 0)",
        "v.greatest(t - (c.frames_out - 2), 0)",
        "connect*direct",
    ),
    Mutation(
        "kernel: a group's second vector forgotten",
        "kernels.layers.group_gradient.Groups.chunks.fget",
        "math.ceil(self.c.kernels / self.width)",
        "self.c.kernels // self.width",
        "conv3d*",
    ),
    Mutation(
        "kernel: lanes of sources: the last vector forgotten",
        "kernels.layers.source_gradient.deep",
        "math.ceil(c.sources / c.lanes)",
        "(c.sources // c.lanes)",
        "conv3d*19 sources*",
    ),
    Mutation(
        "kernel: lanes of sources: the last row of a square forgotten",
        "kernels.layers.source_gradient.transpose",
        "range(high)",
        "range(high - 1)",
        "conv3d*19 sources*",
    ),
    Mutation(
        "kernel: lanes of sources: tap of a gradient one column off",
        "kernels.layers.source_gradient.by_weights",
        "y + s, x + q, lanes",
        "y + s, x + max(q - 1, 0), lanes",
        "conv3d*19 sources*",
    ),
    Mutation(
        "kernel: lanes of sources: gradient by the inputs misses the last row of kernels",
        "kernels.layers.source_gradient.by_inputs",
        "v.least(y + 1, c.height)",
        "v.least(y + 1, c.height - 1)",
        "conv3d*19 sources*",
    ),
    Mutation(
        "kernel: lanes of sources: gradient by the inputs misses a frame",
        "kernels.layers.source_gradient.by_inputs",
        "v.greatest(t - (c.frames_out - 1), 0)",
        "v.greatest(t - (c.frames_out - 2), 0)",
        "conv3d*19 sources*direct",
    ),
    Mutation(
        "kernel: transpose: wrong blocks exchanged",
        "kernels.vector.vocabulary.Vocabulary.transpose",
        "k - step + size",
        "k + size",
        "connect*",
    ),
    Mutation(
        "kernel: totals: halves not added",
        "kernels.vector.vocabulary.Vocabulary.totals",
        "[k + half for k in low]",
        "low",
        "connect*",
    ),
    Mutation(
        "kernel: gradient of a large plane one tap off",
        "kernels.layers.plane_gradient.run_products",
        "line[j], part",
        "line[j - 1], part",
        "conv3d*1 source*",
    ),
    Mutation(
        "kernel: gradient of a large plane one row off",
        "kernels.layers.plane_gradient.add_block",
        "(at + s) * g.columns",
        "(at + g.height - 1 - s) * g.columns",
        "conv3d*1 source*",
    ),
    Mutation(
        "kernel: partial sums not emptied",
        "kernels.layers.plane_gradient.add_up",
        "v.store(v.zeros(), place)",
        "None",
        "conv3d*1 source*",
    ),
    Mutation(
        "kernel: the last runs are not learned from",
        "kernels.layers.plane_gradient.backward_weights",
        "v.least((k + 1) * rows, g.runs)",
        "v.least((k + 1) * rows, g.runs - 1)",
        "conv3d*1 source*",
    ),
    Mutation(
        "kernel: Toom-Cook: gradient by the outputs not transformed",
        "kernels.layers.plane_gradient.backward_weights",
        "work.dz + j * step",
        "dz + 0 * j",
        "conv3d*1 source, toom_cook",
    ),
    Mutation(
        "kernel: derivative 1 at the kink",
        "kernels.layers.rectify_subsample.backward_map",
        "v.select(inside < 0.0, v.zeros() - up, v.zeros())",
        "v.zeros() - up",
        "stage*",
    ),
    Mutation(
        "kernel: sign at rectification",
        "kernels.layers.rectify_subsample.backward_map",
        "inside > 0.0",
        "inside < 1e9",
        "stage*",
    ),
    Mutation(
        "kernel: 0.1 % in the sub-sampling",
        "kernels.layers.rectify_subsample.forward_map",
        "total * g.weight",
        "total * (1.001 * g.weight)",
        "stage*",
    ),
    Mutation(
        "kernel: windows begin one column late",
        "kernels.layers.rectify_subsample.forward_map",
        "n * lane + i,",
        "n * lane + i + 1,",
        "stage*",
    ),
    Mutation(
        "kernel: gradient repeated over the wrong windows",
        "kernels.layers.rectify_subsample.backward_map",
        "(k * lanes + lane) // n",
        "lane // n",
        "stage*",
    ),
    Mutation(
        "kernel: the sub-sampling's bias learns from the last row alone",
        "kernels.layers.rectify_subsample.backward_map",
        "v.fma(du, mean, sums[2]), sums[3] + du",
        "v.fma(du, mean, sums[2]), du",
        "stage*",
    ),
    Mutation(
        "kernel: a convolution's biases learn from the last row alone",
        "kernels.layers.rectify_subsample.backward_map",
        "sums[0] + result",
        "result",
        "ConvNet, default",
    ),
    Mutation(
        "kernel: 0.1 % in the vectors' tanh",
        "kernels.layers.squash.apply",
        "top / bottom",
        "top / bottom * 0.999",
        "stage*",
    ),
    Mutation(
        "kernel: last input left out", "kernels.layers.dense.forward", "g.count - at", "g.count - 1 - at", "dense*"
    ),
    Mutation("kernel: gradient without the target", "kernels.layers.loss.loss", "out - wanted", "out", "loss*"),
    Mutation("kernel: a set's classes one off", "kernels.layers.loss.target", "label >> k", "label >> k + 1", "loss*"),
    Mutation(
        "kernel: binary cross-entropy without the target", "kernels.layers.loss.separate", "z * target", "z", "loss*"
    ),
    Mutation(
        "kernel: logistic units twice as steep", "kernels.layers.loss.outputs", "value * 0.5", "value", "*logistic"
    ),
    Mutation(
        "kernel: logistic units learn as squashed ones",
        "kernels.layers.loss.loss",
        "if g.number == SQUARED_ERROR",
        "if g.number != CROSS_ENTROPY",
        "loss*",
    ),
    Mutation(
        "kernel: classifier: logistic units learn as squashed ones",
        "kernels.networks.lstm_classifier.errors",
        "g.loss == SQUARED_ERROR",
        "g.loss != CROSS_ENTROPY",
        "LSTM classifier*logistic",
    ),
    Mutation(
        "kernel: classifier: logistic units twice as steep",
        "kernels.networks.lstm_classifier.say",
        "value * 0.5 if logistic",
        "value * 1.0 if logistic",
        "LSTM classifier*logistic",
    ),
    Mutation("kernel: momentum sign", "kernels.layers.momentum.update", "v.spread(mu", "-v.spread(mu", "momentum"),
    Mutation(
        "kernel: flip by one row", "kernels.layers.copies.copy", "count - 1 - at", "max(count - 2 - at, 0)", "copies*"
    ),
    Mutation(
        "kernel: picture not transposed",
        "kernels.layers.copies.transpose",
        "(left + x) * g.rows + top",
        "(left + x) + top * g.columns",
        "copies*transposed",
    ),
    Mutation(
        "kernel: recurrent input from one cell",
        "kernels.layers.lstm.read_step",
        "v.broadcast(h + k)",
        "v.broadcast(h)",
        "lstm*",
    ),
    Mutation(
        "kernel: recurrent weights are those of the inputs",
        "kernels.layers.lstm.read_step",
        "(k + g.inputs) * g.width",
        "k * g.width",
        "lstm*",
    ),
    Mutation(
        "kernel: missing gate term", "kernels.layers.lstm.step_back", "following = dc * f[0]", "following = dc", "lstm*"
    ),
    Mutation(
        "kernel: peepholes of the output gate too early",
        "kernels.layers.lstm.step_back",
        "if n != 1:",
        "if n == 0:",
        "lstm*",
    ),
    Mutation(
        "kernel: error cut one step late",
        "kernels.layers.lstm.backward",
        "v.equal(t % truncate, 0)",
        "v.equal(t % truncate, 1)",
        "lstm*cut*",
    ),
    Mutation(
        "kernel: error cut for the cells alone",
        "kernels.layers.lstm.backward",
        "def cut() -> None:\n        clear(v, g, work.back, 2)",
        "def cut() -> None:\n        clear(v, g, work.back, 1)",
        "lstm*cut*",
    ),
    Mutation(
        "kernel: peepholes' gradients not cleared",
        "kernels.layers.lstm.backward",
        "clear(v, g, gradient + g.peephole, g.diagonals)",
        "pass",
        "lstm*peepholes*",
    ),
    Mutation(
        "kernel: the constant 1 of the biases is lost",
        "kernels.layers.lstm.read_step",
        "2 * v.lanes - (lane == g.rest) * v.lanes",
        "2 * v.lanes",
        "lstm*",
    ),
    Mutation(
        "kernel: first row repeated for the last",
        "kernels.layers.lcn.along_time",
        "v.copy(last, last",
        "v.copy(first, last",
        "lcn*",
    ),
    Mutation(
        "kernel: border not repeated",
        "kernels.layers.lcn.down_rows",
        "v.store_some(last, line + (g.columns + k), g.border - k)",
        "None",
        "lcn*",
    ),
    Mutation("kernel: differences of the wrong frames", "kernels.layers.lcn.look", "% period", "% g.seen", "lcn*"),
    Mutation(
        "kernel: variance without the mean", "kernels.layers.lcn.deviate", "variance - mean * mean", "variance", "lcn*"
    ),
    Mutation(
        "kernel: 0.01 % in the deviations",
        "kernels.layers.lcn.invert",
        "total + variance * inverse",
        "total + variance * inverse * 1.0001",
        "lcn*",
    ),
    Mutation(
        "kernel: network: C3's sums as if they were not squashed",
        "kernels.networks.convnet.backward_features",
        "g.groups3.c.squashing",
        '"linear"',
        "ConvNet, default",
    ),
    Mutation(
        "kernel: network: no gradient to C3's biases",
        "kernels.networks.convnet.backward_features",
        "total[0] + value",
        "total[0]",
        "ConvNet, default",
    ),
    Mutation(
        "kernel: network: gradient by C3's biases added to the last one's",
        "kernels.networks.convnet.backward_features",
        "[v.zeros(1)], one",
        "[v.load(dw.b3 + m, 1)], one",
        "ConvNet, default",
    ),
    Mutation(
        "kernel: gradient by a bias adds",
        "kernels.layers.dense.backward",
        "v.store(v.load(dz + m, 1), db + m)",
        "v.store(v.load(dz + m, 1) + v.load(db + m, 1), db + m)",
        "dense*",
    ),
    Mutation(
        "kernel: gradient by the coefficients adds",
        "kernels.layers.rectify_subsample.backward_map",
        "v.store(v.total(value), to + m)",
        "v.store(v.total(value) + v.load(to + m, 1), to + m)",
        "stage*",
    ),
    Mutation(
        "kernel: network: last window not read",
        "kernels.networks.sequence.together",
        "len(starts)]",
        "len(starts) - 1]",
        "ConvNet, default",
    ),
    Mutation(
        "kernel: network: maps and frames of S1 exchanged",
        "kernels.layers.rectify_subsample.forward_map",
        "(t * g.c.maps + m) * g.rows",
        "(m * g.c.frames_out + t) * g.rows",
        "ConvNet, default",
    ),
    Mutation(
        "kernel: network: tile of S2 taken one frame late",
        "kernels.networks.sequence.read_together",
        "work.s2 + at * step2",
        "work.s2 + (at + 1) * step2",
        "ConvNet, default",
    ),
    Mutation(
        "kernel: network: features of a tile's first window again",
        "kernels.networks.sequence.read_together",
        "(i - at) * step3",
        "0",
        "ConvNet, default",
    ),
    Mutation(
        "kernel: network: S1 beyond the end is what was there before",
        "kernels.networks.sequence.read_together",
        "v.fill(work.s1 + length1 * step1, c2.frames_out * step1)",
        "pass",
        "ConvNet, default",
    ),
    Mutation(
        "the gradient of a sequence is added to the last one's",
        "model.lstm_numpy.NumpyLSTM.backward",
        "view[...] = part",
        "view += part",
        "LSTM classifier*",
    ),
    Mutation(
        "single step: an overlap in C3 counted twice",
        "ops.overlap.backward",
        "+= error.",
        "+= da[:, first : first + frames] + error.",
        "single-step, default",
    ),
    Mutation(
        "single step: mask of dropout not used on the way back",
        "model.single_step_numpy.NumpySingleStep.learn_features",
        "dx = kept * self",
        "dx = self",
        "single-step, default",
    ),
    Mutation(
        "single step: no dropout",
        "model.single_step_numpy.NumpySingleStep.learn_features",
        "self.lstm.forward(kept * x)",
        "self.lstm.forward(x)",
        "single-step, default",
    ),
    Mutation(
        "single step: step weights not applied",
        "model.single_step_numpy.NumpySingleStep.learn_features",
        "if weights is None",
        "if True",
        "single-step, default",
    ),
    Mutation(
        "single step: the head's error not weighted",
        "model.single_step_numpy.NumpySingleStep.learn_features",
        "_back(self.head, dz)",
        "_back(self.head, dz / head)",
        "single-step, default",
    ),
    Mutation(
        "single step: the head's error does not reach C3",
        "model.single_step_numpy.NumpySingleStep.learn_features",
        "dx + _back(self.head, dz)",
        "dx + 0 * _back(self.head, dz)",
        "single-step, default",
    ),
    Mutation(
        "single step: the head not averaged over the windows",
        "model.single_step_numpy.NumpySingleStep.learn_features",
        'head * step_weights("every", z)',
        'head + 0 * step_weights("every", z)',
        "single-step, default",
    ),
    Mutation(
        "single step: the head reads the features after dropout",
        "model.single_step_numpy.NumpySingleStep.learn_features",
        "_through(self.head, x)",
        "_through(self.head, kept * x)",
        "single-step, default",
    ),
    Mutation(
        "single step: the LSTM's error does not reach the ConvNet",
        "model.single_step_numpy.NumpySingleStep.learn_features",
        "value + head_value, dx +",
        "value + head_value, 0 * dx +",
        "single-step, default",
    ),
    Mutation(
        "single step: truncation off by one",
        "ops.lstm_variants.backward",
        "t % truncate == 0",
        "t % truncate == 1",
        "single-step, linear*",
    ),
    Mutation(
        "single step: the way back ends before C1",
        "model.single_step_numpy.NumpySingleStep.describe_back",
        "_back(self.maps,",
        "_back(self.maps[1:],",
        "single-step, default",
    ),
    Mutation(
        "single step: windows behind each other by one on the way back",
        "model.single_step_numpy.NumpySingleStep.describe_back",
        "*self.window))",
        "self.window[0], 1))",
        "single-step, compiled, logistic, one frame*",
    ),
    Mutation(
        "kernel: classifier: wrong share of a step",
        "kernels.networks.lstm_classifier.run_updates",
        "v.number(steps)",
        "v.number(steps + 1)",
        "LSTM classifier*",
    ),
    Mutation(
        "kernel: classifier: outputs read one step late",
        "kernels.networks.lstm_classifier.say",
        "(at + 1) * c.row",
        "at * c.row",
        "LSTM classifier*",
    ),
    Mutation(
        "kernel: classifier: gradient by the outputs from one step before",
        "kernels.networks.lstm_classifier.output_gradients",
        "rows + (c.row + c.hidden)",
        "rows + c.hidden",
        "LSTM classifier*",
    ),
    Mutation(
        "kernel: classifier: every step is the last",
        "kernels.networks.lstm_classifier.run_updates",
        "v.zeros(1))\n            v.store",
        "v.constant(1.0, 1))\n            v.store",
        "LSTM classifier*",
    ),
    Mutation(
        "kernel: single step: the frames of two tiles of C1 count twice",
        "kernels.networks.walk.first_stage",
        "kept.d1[at * step : tile * c.frames_out * step] = F(0)",
        "pass",
        "single-step, compiled, logistic, one frame*",
    ),
    Mutation(
        "kernel: single step: what another tile has for a frame of S1 is forgotten",
        "kernels.networks.walk.second_stage",
        "add(da[: min(c.frames, below - at) * source], kept.d1[at * source :])",
        "kept.d1[at * source : (at + min(c.frames, below - at)) * source] = da[: min(c.frames, below - at) * source]",
        "single-step, compiled, logistic, one frame*",
    ),
    Mutation(
        "kernel: single step: the gradient of the last tile alone",
        "kernels.networks.walk.third_stage",
        "add(part[first:end], gradient[first:end])",
        "gradient[first:end] = part[first:end]",
        "single-step, compiled, logistic, one frame*",
    ),
    Mutation(
        "kernel: single step: a C3 unit hears of the last of its windows alone",
        "kernels.networks.walk.third_stage",
        "du.z3[there] += value",
        "du.z3[there] = value",
        "single-step, compiled, bias*",
    ),
    Mutation(
        "kernel: single step: another mask on the way back",
        "kernels.networks.single_step.learn_sequence",
        "dx[t, k] *= mask[t, k]",
        "dx[t, k] *= mask[t, k - 1]",
        "single-step, compiled, bias*",
    ),
    Mutation(
        "kernel: single step: the head's error does not reach the features",
        "kernels.networks.single_step.learn_heads",
        "kept.dx[t, k] += du.f[k]",
        "pass",
        "single-step, compiled, bias*",
    ),
    Mutation(
        "kernel: input gradients: of the step before",
        "kernels.layers.lstm.input_gradients",
        "dx + (t * g.inputs + at)",
        "dx + ((steps - 1 - t) * g.inputs + at)",
        "single-step, compiled, bias*",
    ),
    Mutation(
        "kernel: Adam: no bias correction",
        "kernels.layers.adam.update",
        "F(1 / (1 - decay**count))",
        "F(1)",
        "adam",
    ),
    Mutation(
        "kernel: dropout: what is kept is not enlarged",
        "kernels.layers.dropout.mask",
        "F(1) / F(1 - share)",
        "F(1)",
        "dropout",
    ),
    Mutation("a copy turned the other way", "ops.vary._look_up", "cos * x - sin * y", "cos * x + sin * y", "vary*"),
    Mutation("a copy whose noise is the same in all frames", "ops.vary.render", "first[:, None]", "first[0]", "vary*"),
    Mutation(
        "kernel: what is between two rows is taken from the upper one",
        "kernels.layers.vary.look_up",
        "v.fma(y, below - above, above)",
        "above",
        "vary*",
    ),
    Mutation(
        "kernel: a moved frame's left border is not mended",
        "kernels.layers.vary.move",
        "range(right)",
        "range(0)",
        "vary*",
    ),
    Mutation(
        "kernel: blurred without the outermost pixels",
        "kernels.layers.vary.blur",
        "range(RADIUS):",
        "range(1, RADIUS):",
        "vary*",
    ),
]


@contextmanager
def mutated(mutation: Mutation) -> Iterator[None]:
    """The function's code exchanged while the block runs."""
    function = _find(mutation.function)
    _forget()
    kept = function.__code__
    function.__code__ = _compiled(function, mutation)
    try:
        yield
    finally:
        function.__code__ = kept
        _forget()


def _forget() -> None:
    """What was computed once and kept may come from the wrong program."""
    toom_cook.matrices.cache_clear()
    cyclic.chains.cache_clear()


def _find(path: str) -> FunctionType:
    parts = path.split(".")
    depth = 3 if parts[0] == "kernels" else 2
    module = importlib.import_module(".".join(["seqdl", *parts[:depth]]))
    found = functools.reduce(getattr, parts[depth:], module)
    return inspect.unwrap(getattr(found, "py_func", found))


def _compiled(function: FunctionType, mutation: Mutation):
    lines = textwrap.dedent(inspect.getsource(function)).splitlines(keepends=True)
    lines = lines[next(n for n, line in enumerate(lines) if line.startswith("def ")) :]  # without decorators
    [definition] = ast.parse("".join(lines)).body
    statements = definition.body[1:] if ast.get_docstring(definition) else definition.body
    begin = statements[0].lineno - 1
    head, body = "".join(lines[:begin]), "".join(lines[begin:])
    if body.count(mutation.old) != 1:
        raise LookupError(f"{mutation.what}: {mutation.old!r} stands {body.count(mutation.old)} times in the code")
    scope = dict(function.__globals__)  # a default may be a constant of the module
    text = "from __future__ import annotations\n" + head + body.replace(mutation.old, mutation.new)
    exec(compile(text, inspect.getfile(function), "exec"), scope)
    return scope[function.__name__].__code__
