"""Both networks once more, in plain PyTorch from the paper's sentences: of seqdl only the parameters' names are used.

Each model has three methods of the same meaning: ``load`` takes seqdl's named parameters, ``values`` and ``gradients``
give back arrays under seqdl's names and in its shapes.
"""

from itertools import combinations

import numpy as np
import torch
from torch import nn
from torch.nn import functional

DTYPE = torch.float64


def tanh(x, kind):
    return {"plain": torch.tanh, "scaled": lambda x: 1.7159 * torch.tanh(x / 1.5), "linear": lambda x: x}[kind](x)


def outputs(z, kind):
    if kind == "logistic":
        return torch.sigmoid(z)
    return functional.softmax(z, -1) if kind == "cross_entropy" else torch.tanh(z)


def loss(z, label, kind):
    if kind == "cross_entropy":
        return functional.cross_entropy(z, torch.tensor(label))
    if kind == "logistic":
        shown = torch.tensor([float(digit) for digit in reversed(f"{label:0{len(z)}b}")], dtype=z.dtype)
        return nn.BCEWithLogitsLoss(reduction="sum")(z, shown)
    target = 2 * functional.one_hot(torch.tensor(label), len(z)).to(z.dtype) - 1
    return functional.mse_loss(torch.tanh(z), target, reduction="sum") / 2


def update(model, velocity, rate, mu, factors=None):
    """v = mu v - rate factor gradient, theta = theta + v; torch.optim.SGD keeps v without the rate.

    Before it, all that has more than one axis decays.
    """
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if not parameter.requires_grad:
                continue
            factor = (factors or {}).get(name.partition(".")[0], 1.0)
            velocity.setdefault(name, torch.zeros_like(parameter))
            if parameter.dim() > 1:
                parameter.mul_(1 - rate * factor * model.config.weight_decay)
            velocity[name].mul_(mu).sub_(rate * factor * parameter.grad)
            parameter.add_(velocity[name])


class TorchConvNet(nn.Module):
    """Figure 1: C1, R1, S1, C2 through the table, R2, S2, C3, N1, N2."""

    def __init__(self, config, classes):
        super().__init__()
        self.config = config
        n = config.c1_maps
        sources = [(m,) for m in range(n) for _ in range(2)] + list(combinations(range(n), 2))
        self.table = tuple(np.array([(target, m) for target, maps in enumerate(sources) for m in maps]).T)
        self.C1 = nn.Conv3d(1, n, config.c1_kernel, dtype=DTYPE)
        self.C2 = nn.Conv3d(n, len(sources), config.c2_kernel, dtype=DTYPE)
        self.C3 = nn.Conv3d(len(sources), config.c3_maps, config.c3_kernel, dtype=DTYPE)
        self.R1, self.R2, self.S1, self.S2 = (nn.ParameterDict() for _ in range(4))
        for rectified, sampled, maps in ((self.R1, self.S1, n), (self.R2, self.S2, len(sources))):
            rectified[config.rectification] = nn.Parameter(torch.ones(maps, dtype=DTYPE))
            sampled["coefficient"] = nn.Parameter(torch.ones(maps, dtype=DTYPE))
            sampled["bias"] = nn.Parameter(torch.zeros(maps, dtype=DTYPE))
        self.register_buffer("mask", torch.zeros_like(self.C2.weight))
        self.mask[self.table] = 1
        self.uses, self.dropout = {}, torch.ones(config.hidden)
        self.N1 = nn.Linear(self.describe(self.blank()).numel(), config.hidden, dtype=DTYPE)
        self.N2 = nn.Linear(config.hidden, classes, dtype=DTYPE)

    def blank(self):
        return torch.zeros(self.config.frames, self.config.rows, self.config.columns, dtype=DTYPE)

    def squash(self, z, activation):
        return tanh(z, self.config.squash if activation == "tanh" else "linear")

    def stage(self, name, z):
        """Squash, rectify, sub-sample, squash."""
        config, rectified, sampled = self.config, getattr(self, "R" + name), getattr(self, "S" + name)
        p, c, d = (v[:, None, None, None] for v in (rectified[config.rectification], *sampled.values()))
        y = self.squash(z, config.activation_c)
        r = (p * y if config.rectification == "gain" else y + p).abs()
        window = (1, config.pool, config.pool)
        v = functional.avg_pool3d(r, window) * (config.pool**2 if config.pooling == "sum" else 1)
        a = self.squash(c * v + d, config.activation_s)
        self.uses |= {"C" + name: z[0].numel(), "R" + name: z[0].numel(), "S" + name: a[0].numel()}
        return a

    def describe(self, window):
        """The units of C3, as one vector."""
        a = self.stage("1", self.C1(window[None]))
        a = self.stage("2", functional.conv3d(a, self.C2.weight * self.mask, self.C2.bias))
        z = self.C3(a)
        self.uses["C3"] = z[0].numel()
        return self.squash(z, self.config.activation_c3).flatten()

    def forward(self, window):
        """The sums of the output neurons, with N1 times the mask of dropout."""
        return self.N2(self.dropout * tanh(self.N1(self.describe(window)), self.config.squash))

    def loss(self, window, label):
        return loss(self(window), label, self.config.loss)

    def _views(self, take):
        """Arrays by seqdl's names; the kernels of C2 are those in the table."""
        views = {name: take(parameter) for name, parameter in self.named_parameters()}
        return {name: view[self.table] if name == "C2.weight" else view for name, view in views.items()}

    def load(self, parameters):
        with torch.no_grad():
            self.C2.weight.fill_(3.0)  # what the mask must hide
            for name, parameter in self.named_parameters():
                values = torch.as_tensor(np.array(parameters[name]), dtype=DTYPE)
                parameter[self.table if name == "C2.weight" else ...] = values

    def values(self):
        return self._views(lambda parameter: parameter.detach().numpy())

    def gradients(self):
        return self._views(lambda parameter: parameter.grad.numpy())


class TorchLSTM(nn.Module):
    """torch.nn.LSTM read as our cell, whose blocks are i, o, g (and f); torch has them in the order i, f, g, o.

    Without a forget gate torch's is held open: weights 0 and a bias of which the logistic function is exactly 1. The
    squashing of 1997, S(x) = 2 tanh(x/2) and H(x) = tanh(x/2), is that of a cell whose state and input sums are halved.
    Of torch's two biases the second stays 0.
    """

    BLOCKS = (0, 3, 2, 1)
    OPEN = 1000.0

    def __init__(self, inputs, cells, forget_gate=False, squash="tanh"):
        super().__init__()
        self.core = nn.LSTM(inputs, cells, dtype=DTYPE)
        self.core.bias_hh_l0.requires_grad_(False)
        self.blocks, self.half = 4 if forget_gate else 3, 0.5 if squash == "1997" else 1.0

    def forward(self, x, h0, c0):
        """The cells' outputs at each step, the last output and the last CEC."""
        h, (h1, c1) = self.core(x, (h0[None], self.half * c0[None]))
        return h, h1[0], c1[0] / self.half

    def _rows(self):
        return self.core.weight_ih_l0, self.core.weight_hh_l0, self.core.bias_ih_l0

    def load(self, w, u, b):
        cells = self.core.hidden_size
        with torch.no_grad():
            for parameter in self.core.parameters():
                parameter.zero_()
            for target, values in zip(self._rows(), (w, u, b)):
                for block, theirs in enumerate(self.BLOCKS[: self.blocks]):
                    part = torch.as_tensor(np.array(values[block * cells :][:cells]), dtype=DTYPE)
                    target[theirs * cells :][:cells] = self.half * part if theirs == 2 else part
            if self.blocks == 3:
                self.core.bias_ih_l0[cells : 2 * cells] = self.OPEN

    def _blocks(self, rows, scale):
        parts = rows.reshape(4, self.core.hidden_size, *rows.shape[1:])[list(self.BLOCKS[: self.blocks])].copy()
        parts[2] *= scale
        return parts.reshape(-1, *rows.shape[1:])

    def values(self):
        return [self._blocks(parameter.detach().numpy(), 1 / self.half) for parameter in self._rows()]

    def gradients(self):
        """By input weights, recurrent weights and biases."""
        return [self._blocks(parameter.grad.numpy(), self.half) for parameter in self._rows()]


class TorchLSTMClassifier(nn.Module):
    """The hidden layer and the output neurons at each step, with the loss of a sequence."""

    NAMES = ("LSTM.input", "LSTM.recurrent", "LSTM.bias")

    def __init__(self, config, inputs, classes):
        super().__init__()
        self.config = config
        self.hidden = TorchLSTM(inputs, config.cells, config.forget_gate, config.squash)
        self.output = nn.Linear(config.cells, classes, dtype=DTYPE)

    def forward(self, x):
        """The sums of the output neurons at each step; the error does not cross the borders of truncation."""
        h, c = torch.zeros(2, self.config.cells, dtype=DTYPE)
        parts = []
        for block in x.split(self.config.truncate or len(x)):
            steps, h, c = self.hidden(block, h.detach(), c.detach())
            parts.append(steps)
        return self.output(torch.cat(parts))

    def loss(self, x, label):
        z = self(x)
        steps = z if self.config.targets == "every" else z[-1:]
        return torch.stack([loss(step, label, self.config.loss) for step in steps]).mean()

    def load(self, parameters):
        self.hidden.load(*(parameters[name] for name in self.NAMES))
        with torch.no_grad():
            for name, parameter in self.output.named_parameters():
                parameter.copy_(torch.as_tensor(np.array(parameters[f"output.{name}"]), dtype=DTYPE))

    def _named(self, core, take):
        layer = {f"output.{name}": take(parameter) for name, parameter in self.output.named_parameters()}
        return dict(zip(self.NAMES, core)) | {"LSTM.peephole": np.zeros((0, self.config.cells))} | layer

    def values(self):
        return self._named(self.hidden.values(), lambda parameter: parameter.detach().numpy())

    def gradients(self):
        return self._named(self.hidden.gradients(), lambda parameter: parameter.grad.numpy())


def single_step_loss(convnet, lstm, frames, label, weights, head, mask):
    """Both networks as one, window by window: each is described on its own, and autograd adds up what they share.

    ``weights`` are those of the LSTM's steps, ``head`` that of the ConvNet's own loss, ``mask`` is dropout's.
    """
    length, step = convnet.config.frames, lstm.config.window_step
    starts = range(0, len(frames) - length + 1, step)
    features = torch.stack([convnet.describe(frames[start : start + length]) for start in starts])
    by_lstm = torch.stack([loss(z, label, lstm.config.loss) for z in lstm(mask * features)])
    hidden = tanh(convnet.N1(features), convnet.config.squash)
    by_head = torch.stack([loss(z, label, convnet.config.loss) for z in convnet.N2(hidden)])
    return weights @ by_lstm + head * by_head.mean()
