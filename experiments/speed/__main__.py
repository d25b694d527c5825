"""The race: this project's networks and filters beside PyTorch, SciPy and others, turn by turn in one run.

Each round times everything once, so that a busy machine slows all of it; a ratio is one of medians over the rounds,
``p5_ratio`` is what 19 of 20 rounds surpass. One thread everywhere. What is timed is what is trained: the default
configuration through the networks' public methods, windows cut out of a memory-mapped store.
"""

import argparse
import dataclasses
import importlib
import importlib.metadata
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import scipy.ndimage

from experiments import access, script
from experiments.script import Row, Work, in_turn, row, table, timed
from experiments.speed import engines, journeys, kernels, live, page, single, startup, video
from seqdl.config import ConvNetConfig, LCNConfig, LSTMConfig
from seqdl.kernels.vector.simd import target
from seqdl.model.convnet import ConvNet
from seqdl.model.lstm_classifier import LSTMClassifier
from seqdl.model.updates import SequenceUpdates, Updates
from seqdl.ops import lcn
from seqdl.video.normalise import normalise

RECORD = Path(__file__).resolve().with_name("record.json")
DOCUMENT = script.DOCS / "performance.md"
NETWORK = ConvNetConfig()
CLASSES, UPDATES, SEQUENCES, STEPS, SEEDS = 6, 100, 20, 100, 5
ALGORITHMS = ("toom_cook", "direct")
TITLES = {"step": "online step", "forward": "forward, one window", "sequence": "92 windows of 100 frames"}
CONTRASTS = ((60, 80, "fixed"), (60, 40, "sequence"))
PARTS = ("race", "single-step", "video", "live", "start-up", "journeys")
USUAL = PARTS[:-1]
"""Those that are measured where none is named: the journeys take longer than all others."""


def convnet(algorithm: str, seed: int = 0, **more: Any) -> ConvNet:
    """The network of the default configuration."""
    config = dataclasses.replace(NETWORK, algorithm=algorithm)
    return ConvNet(config, CLASSES, np.random.default_rng(seed), **more)


def store(folder: Path) -> np.ndarray:
    """Frames such as a prepared dataset has, mapped from a file and not to be written."""
    size = (1100, NETWORK.rows, NETWORK.columns)
    np.random.default_rng(1).standard_normal(size, np.float32).tofile(folder / "frames.f32")
    return np.memmap(folder / "frames.f32", np.float32, "r").reshape(size)


def convnet_works(frames: np.ndarray, starts: np.ndarray, labels: np.ndarray) -> dict[str, Work]:
    """Our side: steps, windows, sequences, and the chain of kernels."""
    rng = np.random.default_rng(2)
    count = len(starts)
    # the copies that are trained on: as it is, mirrored, flipped
    copies = np.zeros((count, 4), np.int64)
    copies[np.arange(count), rng.integers(0, 3, count)] = 1
    copies[:, 2] = 0
    updates = Updates(starts, labels, copies, np.full(count, 1e-6, np.float32))
    apart, together = np.arange(count) * 10, np.arange(92)
    works = {}
    for algorithm in ALGORITHMS:
        net = convnet(algorithm)
        step = partial(net.run_updates, frames, updates, np.zeros_like(net.parameters.vector), net.rates(), 0.9)
        works[f"step, {algorithm}"] = timed(step, count)
        works[f"kernels, {algorithm}"] = kernels.Chain(convnet(algorithm), frames, starts).run
        works[f"forward, {algorithm}"] = timed(partial(net.read, frames, apart), count)
        works[f"sequence, {algorithm}"] = timed(partial(net.read, frames, together), 1, 2)
    return works


def lstm_works(features: np.ndarray, label: int) -> dict[str, Work]:
    """Our LSTM's online step, on one sequence again and again."""
    works = {}
    for name, config in (("lstm", LSTMConfig()), ("lstm, forget gate", LSTMConfig(forget_gate=True))):
        net = LSTMClassifier(config, features.shape[1], CLASSES, np.random.default_rng(0))
        spans = np.tile(np.array([[0, len(features)]]), (SEQUENCES, 1))
        updates = SequenceUpdates(spans, np.full(SEQUENCES, label), np.full(SEQUENCES, 1e-6, np.float32))
        step = partial(net.run_updates, features, updates, np.zeros_like(net.parameters.vector), 0.9)
        works[name] = timed(step, SEQUENCES)
    return works


def by_scipy(x: np.ndarray, config: LCNConfig) -> np.ndarray:
    """Local contrast normalisation in two passes, with SciPy's filters."""
    w, border = lcn.gaussian(config.size, config.sigma).astype(np.float32), config.size // 2

    def blur(a: np.ndarray) -> np.ndarray:
        for axis in range(3):
            a = scipy.ndimage.correlate1d(a, w, axis=axis, mode="nearest")
        return a

    inside = (slice(None), slice(border, -border), slice(border, -border))
    v = x - blur(x)
    sigma = np.sqrt(blur(v * v)[inside])
    c = np.float32(config.value) if config.constant == "fixed" else sigma.mean()
    return v[inside] / np.maximum(np.maximum(c, sigma), np.float32(lcn.TINY))


def contrast_works() -> dict[str, Work]:
    """Both sides of contrast normalisation; times a frame."""
    works = {}
    for rows, columns, constant in CONTRASTS:
        x = np.random.default_rng(3).random((100, rows, columns), np.float32)
        config = dataclasses.replace(LCNConfig(), constant=constant)
        ours, theirs = normalise(x, config), by_scipy(x, config)
        if not np.linalg.norm(ours - theirs) < 1e-5 * np.linalg.norm(ours):
            raise RuntimeError("contrast normalisation differs from SciPy's: the race would compare different problems")
        name = f"contrast {rows} x {columns}, {constant}"
        works[name] = timed(partial(normalise, x, config), len(x), 2)
        works[f"{name}: SciPy"] = timed(partial(by_scipy, x, config), len(x))
    return works


def race(rounds: int, rivals: Any) -> dict[str, Any]:
    """The record's part of the race: rows, and the peak."""
    rng = np.random.default_rng(4)
    starts, labels = rng.integers(0, 1000, UPDATES), rng.integers(0, CLASSES, UPDATES)
    features = np.tanh(rng.standard_normal((STEPS, 120), np.float32))
    peers: dict[str, dict[str, Any]] = {name: {} for name in (*TITLES, "lstm")}
    with tempfile.TemporaryDirectory() as folder:
        frames = store(Path(folder))
        if rivals:
            rivals.check(convnet("toom_cook"), frames)
            many = np.resize(starts, 32), np.resize(labels, 32)
            peers = rivals.convnet(convnet("toom_cook"), frames, *many)
            net = LSTMClassifier(LSTMConfig(), 120, CLASSES, np.random.default_rng(0))
            peers["lstm"] = rivals.lstm(net, features, 2)
        for group, those in engines.convnet(convnet("toom_cook"), frames, starts[:32], labels[:32]).items():
            peers[group] |= those
        works: dict[str, Work] = {"peak": kernels.peak}
        works |= convnet_works(frames, starts, labels) | lstm_works(features, 2) | contrast_works()
        for group, those in peers.items():
            for peer, (work, units) in those.items():
                again = 2 if group in ("step", "forward") and units == 1 else 1
                clock = time.process_time if peer.startswith(engines.THREADS) else time.perf_counter
                works[f"{group}: {peer}"] = timed(work, units, again, clock)
        found = in_turn(works, rounds)
    peak = float(np.median(found["peak"]))
    return {"peak_gflops": peak, "rows": [*race_rows(found, peers, peak), *kernel_rows(found, peak)]}


def race_rows(found: dict[str, list[Any]], peers: dict[str, dict[str, Any]], peak: float) -> list[Row]:
    """Ours alone, then beside each peer."""
    lines = []
    work = kernels.multiply_adds(convnet("direct"))
    credited = {"step": sum(work.values()), "forward": sum(work[name] for name in ("C1", "C2", "C3"))}
    for group, title in TITLES.items():
        for algorithm in ALGORITHMS:
            ours, more = found[f"{group}, {algorithm}"], {}
            if group in credited:
                limit = 2e-9 * credited[group] / peak
                more = {"multiply_adds": credited[group], "share_of_peak": limit / float(np.median(ours))}
            lines.append(row(f"{title}, {algorithm}", ours, **more))
            against = peers.get(group, {})
            lines += [row(f"{title}, {algorithm}: {peer}", ours, found[f"{group}: {peer}"]) for peer in against]
    for name in ("lstm", "lstm, forget gate"):
        title = name.replace("lstm", f"LSTM, online step of {STEPS} windows")
        lines.append(row(title, found[name]))
        those = [peer for peer in peers["lstm"] if name == "lstm" or "four" in peer]
        lines += [row(f"{title}: {peer}", found[name], found[f"lstm: {peer}"]) for peer in those]
    for rows, columns, constant in CONTRASTS:
        name = f"contrast {rows} x {columns}, {constant}"
        title = f"contrast normalisation of {rows} x {columns}, c {constant}, a frame"
        lines.append(row(f"{title}: scipy.ndimage", found[name], found[f"{name}: SciPy"]))
    return lines


def kernel_rows(found: dict[str, list[Any]], peak: float) -> list[Row]:
    """Each kernel in its place, with its share of the peak; and what of a step is outside all of them."""
    lines = []
    work = kernels.multiply_adds(convnet("direct"))
    for algorithm in ALGORITHMS:
        each = np.array(found[f"kernels, {algorithm}"]).T
        steps = np.array(found[f"step, {algorithm}"])
        for name, seconds in zip(kernels.KERNELS, each):
            middle = float(np.median(seconds))
            more = {"share_of_step": middle / float(np.median(steps))}
            if name in work:
                more |= {"multiply_adds": work[name], "share_of_peak": 2e-9 * work[name] / peak / middle}
            lines.append(row(f"kernel, {algorithm}: {name}", list(seconds), **more))
        outside = steps - each.sum(axis=0)
        share = float(np.median(outside / steps))
        lines.append(row(f"outside the kernels, {algorithm}", list(outside), share_of_step=share))
    return lines


def errors(rivals: Any) -> dict[str, float]:
    """The worst error of a gradient against float64, normwise for each array of parameters, over five seeds."""
    worst: dict[str, float] = {}
    for seed in range(SEEDS):
        rng = np.random.default_rng(100 + seed)
        exact = convnet("direct", seed, backend="numpy", dtype=np.float64)
        given = (exact.parameters.vector + 0.05 * rng.standard_normal(len(exact.parameters.vector))).astype(np.float32)
        window, label = rng.standard_normal((NETWORK.frames, NETWORK.rows, NETWORK.columns), np.float32), seed % CLASSES
        exact.parameters.vector[:] = given
        truth = exact.parameters.like()
        truth.vector[:] = exact.loss_and_gradient(window.astype(np.float64), label)[1]
        gradients: dict[str, Any] = {}
        for algorithm in ALGORITHMS:
            net = convnet(algorithm)
            net.parameters.vector[:] = given
            gradients[algorithm] = net.parameters.like()
            gradients[algorithm].vector[:] = net.loss_and_gradient(window, label)[1]
        if rivals:
            gradients["PyTorch float32"] = rivals.PeerNet(net, "masked").gradients(window, label)
        for name, gradient in gradients.items():
            for key, value in truth.items():
                error = np.abs(np.asarray(gradient[key]).reshape(value.shape) - value).max() / np.abs(value).max()
                worst[name] = max(worst.get(name, 0.0), float(error))
    return worst


def machine(rivals: Any) -> dict[str, Any]:
    """What it was measured on."""
    here = access.environment()
    packages = ["numpy", "numba", "scipy", *(["torch"] if rivals else [])]
    versions = {name: importlib.metadata.version(name) for name in packages}
    found = {"cpu": here["cpu"], "lanes": target().lanes, "python": here["python"], **versions}
    if rivals:
        found["compiler"] = Path(rivals.compiler() or "absent").name
    return found


def measure(args: argparse.Namespace, rivals: Any) -> dict[str, Any]:
    """The whole record; ``rivals`` is the module of peers, None without PyTorch. Some parts name their own machine."""
    rounds, parts = args.rounds, args.parts
    record: dict[str, Any] = {"machine": machine(rivals), "rows": []}
    if "race" in parts:
        record["machine"] |= engines.versions()
        record |= race(rounds, rivals) | {"errors": errors(rivals)}
    if "single-step" in parts:
        rows = single.race(rounds, rivals)
        record["single_step"] = {"machine": machine(rivals), "rows": rows, "errors": single.errors(rivals)}
    if "video" in parts:
        record["rows"] += video.rows(max(2, rounds // 2))
    if "live" in parts:
        record["live"] = {"machine": machine(None), "rows": live.rows(max(2, rounds // 20))}
    if "start-up" in parts:
        record["rows"] += startup.rows(max(2, rounds // 10), 2)
    if "journeys" in parts:
        known = args.data_root or (Path(os.environ["SEQDL_TEST_DATA"]) if os.environ.get("SEQDL_TEST_DATA") else None)
        found = journeys.measure(known, max(1, rounds // 60), args.journeys, access.environment()["commit"])
        record["journeys"] = {str(target().lanes): {"machine": machine(None), **found}}
    return record


def part(line: Row) -> str:
    """Which part a row belongs to."""
    starts = {"video": "video", "start-up": "start-up", "training": "start-up"}
    return next((name for start, name in starts.items() if line["name"].startswith(start)), "race")


def merged(old: dict[str, Any], new: dict[str, Any], parts: Sequence[str]) -> dict[str, Any]:
    """A record whose parts are the newly measured ones and, of the others, the old ones."""
    rows = {name: [line for line in (new if name in parts else old)["rows"] if part(line) == name] for name in PARTS}
    kept = {"rows": [line for name in PARTS for line in rows[name]]}
    kept |= {name: new[name] for name in ("single_step", "live") if name in new}
    kept["journeys"] = journeys.merged(old.get("journeys", {}), new.get("journeys", {}))
    return (old | new if "race" in parts else new | old) | kept


def _text(record: dict[str, Any]) -> str:
    apart = [line for name in ("single_step", "live") for line in record.get(name, {}).get("rows", [])]
    apart += [line for one in record.get("journeys", {}).values() for line in one["rows"]]
    return table([*record["rows"], *apart])


def work(args: argparse.Namespace) -> int:
    """Measure, or fill in the document."""
    raced = {"race", "single-step"} & {*args.parts} and not args.without_torch and not args.again
    rivals = importlib.import_module("experiments.speed.peers") if raced else None  # needs PyTorch
    measuring = partial(measure, args, rivals)
    merging = partial(merged, parts=args.parts)
    return script.measured(args, RECORD, DOCUMENT, measuring, page.blocks, _text, merging)


main = script.command(
    "speed",
    "Race networks and filters against PyTorch, SciPy and others; time video, starting, and whole commands.",
    work,
    *script.MEASURED,
    script.flag("--without-torch", "leave PyTorch's rows out"),
    script.option("--parts", nargs="+", choices=PARTS, default=list(USUAL), help="(all but journeys)"),
    script.option(
        "--journeys", nargs="+", choices=journeys.JOURNEYS, default=list(journeys.JOURNEYS), help="some only"
    ),
    script.option("--data-root", type=Path, metavar="DIR", help="holds kth and weizmann (SEQDL_TEST_DATA)"),
)

if __name__ == "__main__":
    sys.exit(main())
