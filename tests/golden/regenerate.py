"""Ten online updates of both networks, and the command that records them anew.

    python tests/golden/regenerate.py          what would change, and exit code 1 if anything would
    python tests/golden/regenerate.py --yes    the same, and writes golden.json

The record is made by the NumPy form in float64: losses, decisions, norms, and how far random directions say that the
parameters have moved. 32 directions stand for all parameters: a change in any of them shows in all 32.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from seqdl.config import Config, ConvNetConfig, LSTMConfig
from seqdl.model.convnet import ConvNet
from seqdl.model.lstm_classifier import LSTMClassifier
from seqdl.model.single_step import SingleStep
from seqdl.model.updates import AdamState, SequenceUpdates, SingleStepUpdates, Updates

FILE = Path(__file__).with_name("golden.json")
STEPS, DIRECTIONS, CLASSES = 10, 32, 6


def convnet(backend, dtype):
    """The paper's network and a function that does its k-th update.

    The seed is one with which no unit of C1 lies nearer to the kink of the absolute value than 5e-6: at 4e-7, as with
    20111, the order of a sum decides what its sign is, and all later updates differ.
    """
    rng = np.random.default_rng(20114)
    net = ConvNet(ConvNetConfig(), CLASSES, rng, backend, dtype)
    frames = rng.standard_normal((24, 54, 34), np.float32).astype(dtype)
    starts, labels = rng.integers(0, 16, STEPS), rng.integers(0, CLASSES, STEPS)
    copies = np.hstack([rng.integers(0, 2, (STEPS, 2)), rng.integers(-1, 2, (STEPS, 2))])
    updates = Updates(starts, labels, copies, np.linspace(0.003, 0.001, STEPS, dtype=np.float32))
    return net, updates, lambda one, velocity: net.run_updates(frames, one, velocity, net.rates(), 0.9)


def lstm(backend, dtype):
    """The same of the LSTM."""
    rng = np.random.default_rng(20112)
    net = LSTMClassifier(LSTMConfig(), 120, CLASSES, rng, backend, dtype)
    features = np.tanh(rng.standard_normal((150, 120), np.float32)).astype(dtype)
    spans = np.stack([rng.integers(0, 120, STEPS), rng.integers(1, 31, STEPS)], axis=1)
    updates = SequenceUpdates(spans, rng.integers(0, CLASSES, STEPS), np.full(STEPS, 0.05, np.float32))
    return net, updates, lambda one, velocity: net.run_updates(features, one, velocity, 0.9)


def single_step(backend, dtype):
    """The same of both as one, by Adam, which counts: whoever learns keeps its state."""
    rng = np.random.default_rng(20113)
    config = Config(backend=backend)
    convnet = ConvNet(config.convnet, CLASSES, rng, backend, dtype)
    net = SingleStep(config, convnet, LSTMClassifier(config.lstm, 120, CLASSES, rng, backend, dtype))
    frames = rng.standard_normal((40, 54, 34), np.float32).astype(dtype)
    crops = rng.integers(0, 25, STEPS), rng.integers(1, 8, STEPS), rng.integers(0, CLASSES, STEPS)
    copies = np.hstack([rng.integers(0, 2, (STEPS, 2)), rng.integers(-1, 2, (STEPS, 2))])
    rates = np.full(STEPS, 0.003, np.float32), np.full(STEPS, 0.0005, np.float32)
    head = np.linspace(1, 0, STEPS, dtype=np.float32)
    updates = SingleStepUpdates(*crops, copies, rng.integers(0, 2**31, STEPS), *rates, head)
    state = AdamState.new(net.parameters.vector)
    return net, updates, lambda one, mean: net.run_updates(frames, one, state._replace(mean=mean))


NETWORKS = {"convnet": convnet, "lstm": lstm, "single-step": single_step}


def steps(network, backend="numpy", dtype=np.float64):
    """The record of one network's ten updates; all forms start from the same float32 parameters."""
    net, updates, learn = NETWORKS[network](backend, dtype)
    theta = net.parameters.vector
    theta[:] = theta.astype(np.float32)
    before, velocity = theta.astype(np.float64), np.zeros_like(theta)
    directions = np.random.default_rng(7).standard_normal((DIRECTIONS, theta.size))
    record = {"start": (directions @ before).tolist(), "losses": [], "decisions": [], "moved": []}
    for k in range(STEPS):
        learned = learn(type(updates)(*(part[k : k + 1] for part in updates)), velocity)
        record["losses"].append(float(learned.losses[0]))
        record["decisions"].append(int(learned.decisions[0]))
        record["moved"].append((directions @ (theta.astype(np.float64) - before)).tolist())
    record["norms"] = [float(np.linalg.norm(vector)) for vector in (theta, velocity)]
    return record


def difference(new, old):
    """The largest difference of two lists of numbers, as a share of the old one's size; None for other shapes."""
    new, old = np.array(new, float), np.array(old, float)
    if new.shape != old.shape:
        return None
    return float(np.abs(new - old).max() / (np.abs(old).max() or 1))


def report(new, old):
    """One line for each part of each record: how much it differs."""
    lines = []
    for network, record in new.items():
        for name, values in record.items():
            known = old.get(network, {}).get(name, [])
            share = difference(values, known)
            lines.append(f"{network:8} {name:10} " + ("is new" if share is None else f"differs by {share:.1e}"))
    return lines


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--yes", action="store_true", help="write the new record")
    parser.add_argument("--file", type=Path, default=FILE, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    old = json.loads(options.file.read_text()) if options.file.exists() else {}
    new = {network: steps(network) for network in NETWORKS}
    print("\n".join(report(new, old)))
    if new == old:
        print(f"{options.file.name} is up to date")
        return 0
    if not options.yes:
        print(f"{options.file.name} was not written: say --yes to replace the record", file=sys.stderr)
        return 1
    options.file.write_text(json.dumps(new, indent=None, separators=(",", ":")).replace("],", "],\n") + "\n")
    print(f"wrote {options.file.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
