"""The same networks in PyTorch, for the race: written to be as fast as PyTorch lets them be.

C2's connection table is written in two ways: ``masked``, one dense convolution whose weights are multiplied by a mask,
and ``grouped``, a group for each source map, whose outputs are then added in pairs. Parameters come from seqdl's
networks, so that both sides can be compared before they are timed. Needs PyTorch: ``make peers``.
"""

import os
import shutil
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from experiments.script import agree
from seqdl.errors import SeqdlError
from seqdl.model.convnet import ConvNet
from seqdl.model.lstm_classifier import LSTMClassifier
from seqdl.model.single_step import SingleStep
from seqdl.ops import connect

os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")
try:
    import torch
    from torch import Tensor, nn
    from torch.nn import functional
except ImportError as error:
    raise SeqdlError("PyTorch is missing: make peers adds it, --without-torch leaves its rows out") from error

FORMS = ("masked", "grouped")
MOMENTUM = partial(torch.optim.SGD, momentum=0.9)
torch.set_num_threads(1)


def compiler() -> str | None:
    """The C++ compiler that torch.compile needs, where there is one."""
    names = (os.environ.get("CXX"), "g++", "clang++")
    return next((found for name in names if name and (found := shutil.which(name))), None)


def _column(vector: Tensor) -> Tensor:
    return vector[:, None, None, None]


class PeerNet(nn.Module):
    """The 3D-ConvNet with the parameters of ``net``, for a batch of windows or whole sequences; C2 in one of FORMS."""

    def __init__(self, net: ConvNet, form: str) -> None:
        super().__init__()
        p = {name: torch.from_numpy(np.array(value)) for name, value in net.parameters.items()}
        self.links = torch.from_numpy(connect.table(net.config.c1_maps))
        self.form, maps = form, net.config.c1_maps
        by_source = torch.argsort(self.links[:, 0], stable=True)
        if form == "masked":
            weights = torch.zeros(len(p["C2.bias"]), maps, *p["C2.weight"].shape[1:])
            mask = torch.zeros(*weights.shape[:2], 1, 1, 1)
            weights[self.links[:, 1], self.links[:, 0]] = p["C2.weight"]
            mask[self.links[:, 1], self.links[:, 0]] = 1
            self.register_buffer("mask", mask)
        else:
            weights = p["C2.weight"][by_source][:, None]
            places = [torch.nonzero(self.links[by_source, 1] == m).flatten() for m in range(len(p["C2.bias"]))]
            self.alone = 2 * maps
            self.register_buffer("first", torch.stack([place[0] for place in places]))
            self.register_buffer("second", torch.stack([place[1] for place in places[self.alone :]]))
        p["C2.weight"], self.by_source = weights, by_source
        self.p = nn.ParameterDict({name.replace(".", "_"): nn.Parameter(value) for name, value in p.items()})

    def _c2(self, a: Tensor) -> Tensor:
        p = self.p
        if self.form == "masked":
            return functional.conv3d(a, p["C2_weight"] * self.mask, p["C2_bias"])
        z = functional.conv3d(a, p["C2_weight"], groups=a.shape[1])
        one = z.index_select(1, self.first)
        both = one[:, self.alone :] + z.index_select(1, self.second)
        return torch.cat([one[:, : self.alone], both], 1) + _column(p["C2_bias"])

    def _stage(self, name: str, z: Tensor) -> Tensor:
        p = self.p
        r = (torch.tanh(z) * _column(p[f"R{name}_gain"])).abs()
        v = functional.avg_pool3d(r, (1, 2, 2))
        return torch.tanh(v * _column(p[f"S{name}_coefficient"]) + _column(p[f"S{name}_bias"]))

    def maps(self, x: Tensor) -> Tensor:
        """The maps of C3, from (n, 1, frames, rows, columns)."""
        p = self.p
        a = self._stage("1", functional.conv3d(x, p["C1_weight"], p["C1_bias"]))
        a = self._stage("2", self._c2(a))
        return torch.tanh(functional.conv3d(a, p["C3_weight"], p["C3_bias"]))

    def classify(self, features: Tensor) -> Tensor:
        """The sums of the output neurons."""
        p = self.p
        hidden = torch.tanh(functional.linear(features, p["N1_weight"], p["N1_bias"]))
        return functional.linear(hidden, p["N2_weight"], p["N2_bias"])

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Features and outputs of windows."""
        features = self.maps(x).flatten(1)
        return features, functional.softmax(self.classify(features), -1)

    def sequence(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The same of all windows of one sequence, at once."""
        features = self.maps(x)[0].transpose(0, 1).flatten(1)
        return features, functional.softmax(self.classify(features), -1)

    def loss(self, x: Tensor, labels: Tensor) -> Tensor:
        """The mean loss of windows."""
        return functional.cross_entropy(self.classify(self.maps(x).flatten(1)), labels)

    def gradients(self, window: np.ndarray, label: int) -> dict[str, np.ndarray]:
        """By seqdl's names and in its shapes."""
        self.zero_grad()
        self.loss(torch.from_numpy(window)[None, None], torch.tensor([label])).backward()
        found = {name.replace("_", ".", 1): value.grad for name, value in self.p.items()}
        if self.form == "masked":
            found["C2.weight"] = found["C2.weight"][self.links[:, 1], self.links[:, 0]]
        else:
            found["C2.weight"] = found["C2.weight"][:, 0][torch.argsort(self.by_source)]
        return {name: value.numpy() for name, value in found.items()}


def _step(
    model: nn.Module,
    loss: Callable[..., Tensor],
    batches: list[tuple[Tensor, ...]],
    kind: Callable[..., torch.optim.Optimizer] = MOMENTUM,
) -> Callable[[], None]:
    """Learn from the next batch, again and again."""
    optimiser = kind(model.parameters(), lr=1e-6, fused=True)
    turn = [0]

    def step() -> None:
        batch = batches[turn[0] % len(batches)]
        turn[0] += 1
        optimiser.zero_grad(set_to_none=True)
        loss(*batch).backward()
        optimiser.step()

    return step


def _reading(work: Callable[[], Any]) -> Callable[[], None]:
    def read() -> None:
        with torch.inference_mode():
            work()

    return read


def convnet(net: ConvNet, frames: np.ndarray, starts: np.ndarray, labels: np.ndarray) -> dict[str, dict[str, Any]]:
    """What is raced against the ConvNet: group of rows -> peer -> (work, so many windows or sequences in it)."""
    windows = torch.from_numpy(np.stack([frames[k : k + net.config.frames] for k in starts])[:, None])
    classes = torch.from_numpy(labels)
    singles = [(windows[k : k + 1], classes[k : k + 1]) for k in range(len(windows))]
    many = [(windows[:32].clone(), classes[:32].clone())]
    clip = torch.from_numpy(np.array(frames[:100]))[None, None]
    sliding = clip[0, 0].unfold(0, net.config.frames, 1).permute(0, 3, 1, 2)
    races: dict[str, dict[str, Any]] = {"step": {}, "forward": {}, "sequence": {}}
    for form in FORMS:
        for how in ("eager", "compile") if compiler() else ("eager",):
            trained, still = PeerNet(net, form), PeerNet(net, form).requires_grad_(False)
            wrap: Callable = torch.compile if how == "compile" else lambda function: function
            name, forward, whole = f"PyTorch {how}, {form}", wrap(still.forward), wrap(still.sequence)
            races["step"][name] = (_step(trained, wrap(trained.loss), singles), 1)
            races["forward"][name] = (_reading(lambda f=forward: f(windows[:1])), 1)
            races["sequence"][f"{name}, as one conv3d"] = (_reading(lambda f=whole: f(clip)), 1)
            if (form, how) == ("masked", "eager"):
                # the batch's own parameters: its windows would otherwise train those of the row above
                batched = PeerNet(net, form)
                races["step"][f"{name}, batch of 32, a window"] = (_step(batched, batched.loss, many), 32)
    model = PeerNet(net, "grouped").requires_grad_(False)
    loop = _reading(lambda: [model(sliding[k : k + 1, None]) for k in range(len(sliding))])
    races["sequence"]["PyTorch eager, grouped, window by window"] = (loop, 1)
    return races


class PeerLSTM(nn.Module):
    """torch.nn.LSTM, which has four gates and two biases, with a linear layer at each step."""

    def __init__(self, inputs: int, cells: int, classes: int) -> None:
        super().__init__()
        self.core, self.output = nn.LSTM(inputs, cells), nn.Linear(cells, classes)

    def loss(self, x: Tensor, labels: Tensor) -> Tensor:
        """The mean over the steps."""
        return functional.cross_entropy(self.output(self.core(x)[0]), labels)


class ThreeGates(nn.Module):
    """The paper's cell, without a forget gate, step by step; the input's part of the sums at once."""

    def __init__(self, net: LSTMClassifier) -> None:
        super().__init__()
        p = {name: torch.from_numpy(np.array(value)) for name, value in net.parameters.items() if value.size}
        self.p = nn.ParameterDict({name.replace(".", "_"): nn.Parameter(value) for name, value in p.items()})
        self.cells = net.config.cells

    def loss(self, x: Tensor, labels: Tensor) -> Tensor:
        """The mean over the steps."""
        p = self.p
        sums = functional.linear(x, p["LSTM_input"], p["LSTM_bias"])
        recurrent = p["LSTM_recurrent"].T
        h = c = x.new_zeros(self.cells)
        steps = []
        for s in sums:
            gate_in, gate_out, new = (s + h @ recurrent).split(self.cells)
            c = c + torch.sigmoid(gate_in) * torch.tanh(new)
            h = torch.sigmoid(gate_out) * torch.tanh(c)
            steps.append(h)
        z = functional.linear(torch.stack(steps), p["output_weight"], p["output_bias"])
        return functional.cross_entropy(z, labels)


def lstm(net: LSTMClassifier, features: np.ndarray, label: int) -> dict[str, Any]:
    """What is raced against the LSTM: peer -> (work, 1); the equal cell must have the loss of ours."""
    x, labels = torch.from_numpy(features), torch.full((len(features),), label)
    four, three = PeerLSTM(net.inputs, net.config.cells, net.classes), ThreeGates(net)
    agree("the LSTM's loss", net.loss_and_gradient(features, label)[0], three.loss(x, labels).item())
    return {
        "torch.nn.LSTM (four gates)": (_step(four, four.loss, [(x, labels)]), 1),
        "PyTorch eager, equal cell (three gates)": (_step(three, three.loss, [(x, labels)]), 1),
    }


class PeerSingleStep(nn.Module):
    """Both networks as one, a sequence as one convolution; ``equal`` with our cell, otherwise with torch.nn.LSTM."""

    def __init__(self, net: SingleStep, form: str, equal: bool = False) -> None:
        super().__init__()
        self.convnet, lstm = PeerNet(net.convnet, form), net.lstm
        self.lstm = ThreeGates(lstm) if equal else PeerLSTM(lstm.inputs, lstm.config.cells, lstm.classes)

    def loss(self, x: Tensor, labels: Tensor) -> Tensor:
        """Of the LSTM's steps and of the head, each averaged."""
        features = self.convnet.maps(x)[0].transpose(0, 1).flatten(1)
        return self.lstm.loss(features, labels) + functional.cross_entropy(self.convnet.classify(features), labels)


def _sequence(net: SingleStep, frames: np.ndarray, label: int) -> tuple[Tensor, Tensor]:
    windows = len(frames) - net.config.convnet.frames + 1
    return torch.from_numpy(frames)[None, None], torch.full((windows,), label)


def single_step_gradient(net: SingleStep, frames: np.ndarray, label: int) -> np.ndarray:
    """The gradient of both networks, in the order of ``net``'s parameters; in the masked form, with the equal cell."""
    model = PeerSingleStep(net, "masked", equal=True)
    model.loss(*_sequence(net, frames, label)).backward()
    found = net.parameters.like()
    for name, value in model.convnet.p.items():
        gradient, links = value.grad.numpy(), model.convnet.links
        found[name.replace("_", ".", 1)][...] = gradient[links[:, 1], links[:, 0]] if name == "C2_weight" else gradient
    for name, value in model.lstm.p.items():
        found[name.replace("_", ".", 1)][...] = value.grad.numpy()
    return found.vector


def single_step(net: SingleStep, frames: np.ndarray, label: int) -> dict[str, Callable[[], None]]:
    """What is raced against an update of the single step: the gradient must be ours. The peers have no dropout."""
    gradient = net.loss_and_gradient(frames, label, head=1.0)[1]
    agree("the single step's gradient", gradient, single_step_gradient(net, frames, label))
    given = [_sequence(net, frames, label)]
    races = {}
    for form in FORMS:
        for how in ("eager", "compile") if compiler() else ("eager",):
            model = PeerSingleStep(net, form)
            if how == "compile":  # torch.nn.LSTM is a kernel of its own, which compiling leaves as it is
                model.convnet.maps = torch.compile(model.convnet.maps)  # type: ignore[method-assign]
            races[f"PyTorch {how}, {form}"] = _step(model, model.loss, given, torch.optim.Adam)
    model = PeerSingleStep(net, "grouped", equal=True)
    races["PyTorch eager, grouped, equal cell"] = _step(model, model.loss, given, torch.optim.Adam)
    return races


def check(net: ConvNet, frames: np.ndarray) -> None:
    """Gradients, features and outputs of both forms are those of our network."""
    window = np.array(frames[: net.config.frames])
    features, outputs = net.read(frames, np.arange(92))
    gradient = net.parameters.like()
    gradient.vector[:] = net.loss_and_gradient(window, 1)[1]
    for form in FORMS:
        model = PeerNet(net, form)
        for name, value in model.gradients(window, 1).items():
            agree(f"the gradient by {name}, {form}", gradient[name], value.reshape(gradient[name].shape))
        with torch.inference_mode():
            theirs = model.sequence(torch.from_numpy(np.array(frames[:100]))[None, None])
            one = model(torch.from_numpy(window)[None, None])
        agree("the features", features, theirs[0])
        agree("the outputs", outputs, theirs[1])
        agree("a window's features", features[0], one[0][0])
