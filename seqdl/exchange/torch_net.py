"""The networks in PyTorch, to read and to use: from normalised frames (T, rows, columns) to the decision.

This file needs PyTorch alone; ``seqdl export RUN --torch DIR`` puts it beside the parameters as ``model.py``::

    from model import load
    net, classes = load("state.pt")
    decision = net(frames)["decision"]      # frames: float32, (T, 54, 34), normalised as the record says
    print(classes[decision.argmax()])

The letters are those of the equations; the parameters keep their names.
"""

import json
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


def squash(x: Tensor, kind: str) -> Tensor:
    """``tanh(x)``, ``1.7159 tanh(2 x / 3)`` or x itself, for the ``kind`` plain, scaled or linear."""
    if kind == "scaled":
        return 1.7159 * torch.tanh(2 / 3 * x)
    return torch.tanh(x) if kind == "plain" else x


def said(z: Tensor, loss: str) -> Tensor:
    """What output neurons with sums ``z`` say, trained by a ``loss``."""
    if loss == "logistic":
        return torch.sigmoid(z)
    return torch.softmax(z, -1) if loss == "cross_entropy" else torch.tanh(z)


def kind_of(config: dict[str, Any], activation: str) -> str:
    """The squashing of an ``activation`` of the section convnet."""
    return str(config["squash"]) if config[activation] == "tanh" else "linear"


def table(n: int) -> list[tuple[int, int]]:
    """The connection table of C2: rows (source, target), each of n maps twice alone, then the pairs."""
    alone = [(source, 2 * source + copy) for source in range(n) for copy in (0, 1)]
    pairs = [(first, second) for first in range(n) for second in range(first + 1, n)]
    return alone + [(source, 2 * n + k) for k, pair in enumerate(pairs) for source in pair]


class TableConvolution(nn.Module):
    """C2: one kernel a link of the table.

    Parameters
    ----------
    maps, kernel : int, tuple of int
        Maps that it reads; the kernels' size.
    """

    def __init__(self, maps: int, kernel: tuple[int, ...]) -> None:
        super().__init__()
        self.links = table(maps)
        targets = 2 * maps + maps * (maps - 1) // 2
        self.weight, self.bias = _zeros(len(self.links), *kernel), _zeros(targets)
        self.maps = maps

    def forward(self, a: Tensor) -> Tensor:
        """Output maps from maps ``a`` (1, I, T, Y, X)."""
        dense = self.weight.new_zeros(len(self.bias), self.maps, *self.weight.shape[1:])
        sources, targets = zip(*self.links)
        dense[list(targets), list(sources)] = self.weight
        return functional.conv3d(a, dense, self.bias)


class Rectification(nn.Module):
    """R1 and R2: ``|gain a|`` or ``|a + bias|``.

    Parameters
    ----------
    maps, kind : int, {"gain", "bias"}
        So many scalars; what they are.
    """

    def __init__(self, maps: int, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.register_parameter(kind, _zeros(maps))

    def forward(self, a: Tensor) -> Tensor:
        """Rectified maps from maps ``a``."""
        p = getattr(self, self.kind)[:, None, None, None]
        return torch.abs(p * a if self.kind == "gain" else a + p)


class Subsampling(nn.Module):
    """S1 and S2: mean or sum over n x n units, times a coefficient, plus a bias.

    Parameters
    ----------
    maps, n, pooling : int, int, {"mean", "sum"}
        Maps; side of the window; what is taken over it.
    """

    def __init__(self, maps: int, n: int, pooling: str) -> None:
        super().__init__()
        self.n, self.factor = n, n * n if pooling == "sum" else 1
        self.coefficient, self.bias = _zeros(maps), _zeros(maps)

    def forward(self, a: Tensor) -> Tensor:
        """Sub-sampled maps from maps ``a``, before squashing."""
        v = self.factor * functional.avg_pool3d(a, (1, self.n, self.n))
        return self.coefficient[:, None, None, None] * v + self.bias[:, None, None, None]


class ConvNet(nn.Module):
    """The 3D-ConvNet.

    Parameters
    ----------
    config, features, classes : dict, int, int
        The section convnet; values of C3; number of actions.
    """

    def __init__(self, config: dict[str, Any], features: int, classes: int) -> None:
        super().__init__()
        n, self.config, self.features = config["c1_maps"], config, features
        wide, pool, rectified = 2 * n + n * (n - 1) // 2, config["pool"], config["rectification"]
        self.C1 = nn.Conv3d(1, n, config["c1_kernel"])
        self.R1, self.S1 = Rectification(n, rectified), Subsampling(n, pool, config["pooling"])
        self.C2 = TableConvolution(n, config["c2_kernel"])
        self.R2, self.S2 = Rectification(wide, rectified), Subsampling(wide, pool, config["pooling"])
        self.C3 = nn.Conv3d(wide, config["c3_maps"], config["c3_kernel"])
        self.N1, self.N2 = nn.Linear(features, config["hidden"]), nn.Linear(config["hidden"], classes)
        self.depth = config["frames"] - sum(config[f"c{k}_kernel"][0] - 1 for k in (1, 2, 3))

    def forward(self, frames: Tensor, step: int = 1) -> tuple[Tensor, Tensor]:
        """Features and outputs of every ``step``-th window of ``frames`` (T, Y, X)."""
        c, s, c3 = (kind_of(self.config, f"activation_{name}") for name in ("c", "s", "c3"))
        a = squash(self.S1(self.R1(squash(self.C1(frames[None, None]), c))), s)
        a = squash(self.S2(self.R2(squash(self.C2(a), c))), s)
        a = squash(self.C3(a), c3)[0].unfold(1, self.depth, step)  # maps, windows, rows, columns, frames
        features = a.permute(1, 0, 4, 2, 3).reshape(-1, self.features)
        hidden = squash(self.N1(features), self.config["squash"])
        return features, said(self.N2(hidden), self.config["loss"])


class LSTM(nn.Module):
    """The LSTM's cells; blocks i, o, g and perhaps f.

    Parameters
    ----------
    config, inputs : dict, int
        The section lstm; values of a step.
    """

    def __init__(self, config: dict[str, Any], inputs: int) -> None:
        super().__init__()
        self.config, cells, blocks = config, config["cells"], 4 if config["forget_gate"] else 3
        self.input, self.recurrent = _zeros(blocks * cells, inputs), _zeros(blocks * cells, cells)
        self.bias = _zeros(blocks * cells)
        if config["peepholes"]:
            self.peephole = _zeros(blocks - 1, cells)

    def forward(self, x: Tensor) -> Tensor:
        """The outputs h (steps, M) from ``x`` (steps, N)."""
        amplitude, slope, slope_out = (2.0, 0.5, 0.5) if self.config["squash"] == "1997" else (1.0, 1.0, 1.0)
        h = c = x.new_zeros(self.config["cells"])
        p = getattr(self, "peephole", torch.zeros_like(c).repeat(3, 1))
        outputs = []
        for a in x @ self.input.T + self.bias:
            a_i, a_o, a_g, *a_f = (a + self.recurrent @ h).reshape(-1, len(h))
            kept = torch.sigmoid(a_f[0] + p[2] * c) * c if a_f else c  # the carousel
            c = kept + torch.sigmoid(a_i + p[0] * c) * amplitude * torch.tanh(slope * a_g)
            h = torch.sigmoid(a_o + p[1] * c) * torch.tanh(slope_out * c)
            outputs.append(h)
        return torch.stack(outputs)


class Labeller(nn.Module):
    """The LSTM and its output neurons.

    Parameters
    ----------
    config, inputs, classes : dict, int, int
        The section lstm; values of a step; number of actions.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, config: dict[str, Any], inputs: int, classes: int) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("mean", torch.zeros(inputs))
        self.register_buffer("deviation", torch.ones(inputs))
        self.LSTM = LSTM(config, inputs)
        self.output = nn.Linear(config["cells"], classes)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """What is said at each step of ``features`` (steps, N), and of the sequence."""
        steps = said(self.output(self.LSTM((features - self.mean) / self.deviation)), self.config["loss"])
        return steps, steps[-1] if self.config["decision"] == "last" else steps.mean(0)


class Net(nn.Module):
    """Both networks.

    Parameters
    ----------
    config, features, classes : dict, int, int
        The whole configuration; values of a step; number of actions.
    """

    def __init__(self, config: dict[str, Any], features: int, classes: int) -> None:
        super().__init__()
        self.window_step = config["lstm"]["window_step"]
        if config["model"] != "stip-lstm":
            self.convnet = ConvNet(config["convnet"], features, classes)
        self.lstm = Labeller(config["lstm"], features, classes)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Features, outputs of windows and steps, and the decision, from normalised frames ``x`` (T, rows, columns).

        The engineered baseline is given its descriptors (steps, N).
        """
        said_of: dict[str, Tensor] = {"features": x}
        if hasattr(self, "convnet"):
            said_of["features"], said_of["windows"] = self.convnet(x, self.window_step)
        said_of["steps"], said_of["decision"] = self.lstm(said_of["features"])
        return said_of


def load(path: str) -> tuple[Net, list[str]]:
    """The networks in a file ``state.pt`` at ``path``, and the classes in the order of their outputs."""
    content = torch.load(path, weights_only=True)
    record, state = content["record"], dict(content["state"])
    classes = json.loads(record["classes"])
    state.pop("lstm.prior", None)  # by which sequences without any step are decided
    net = Net(json.loads(record["config"]), len(state["lstm.mean"]), len(classes))
    net.load_state_dict(state)
    return net.eval(), classes


def _zeros(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.zeros(*shape))
