"""The ConvNet in other programs, for the race: onnxruntime and OpenVINO read what ``seqdl export`` writes, JAX learns.

Each has one thread, and float32 throughout; before anything is timed it must come to our outputs, JAX also to our
gradients. Whichever is not installed is left out, and said. The exported graph has C2 as one dense convolution, with
zeros where there is no connection; JAX has it masked likewise, and its convolutions along time once as JAX has them and
once as two-dimensional ones with the taps as further maps, for which it has faster code on a processor.
"""

import importlib
import importlib.metadata
import importlib.util
import os
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from experiments.script import agree
from seqdl.base import cli
from seqdl.config import Config
from seqdl.exchange import graph
from seqdl.model.convnet import ConvNet
from seqdl.model.recogniser import Recogniser
from seqdl.ops import connect

NAMES = ("onnxruntime", "openvino", "jax")
THREADS = ("onnxruntime", "OpenVINO", "JAX")
"""Some work in another thread than the one that asks, which a busy machine lets wait: they are timed by processor."""
FRAMES, LABEL = 100, 1
Race = dict[str, tuple[Callable[[], Any], int]]
"""Peer -> (work, so many windows or sequences in it)."""


def present() -> dict[str, ModuleType]:
    """Those that are installed; what is absent is said. JAX reads how many threads it may use when it is imported."""
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_cpu_multi_thread_eigen=false".strip()
    found = {}
    for name in NAMES:
        try:
            found[name] = importlib.import_module(name)
        except ImportError:
            cli.say(f"{name} is left out: it is not installed (make peers)")
    return found


def versions() -> dict[str, str]:
    """Of those that are installed."""
    return {name: importlib.metadata.version(name) for name in NAMES if importlib.util.find_spec(name)}


def convnet(net: ConvNet, frames: np.ndarray, starts: np.ndarray, labels: np.ndarray) -> dict[str, Race]:
    """What is raced against the ConvNet ``net``, by group of rows as in :func:`experiments.speed.peers.convnet`."""
    races: dict[str, Race] = {"step": {}, "forward": {}, "sequence": {}}
    found, clip = present(), np.array(frames[:FRAMES])
    ours = net.read(clip, np.arange(FRAMES - net.config.frames + 1))
    readers = {"onnxruntime": ("onnxruntime", _onnxruntime), "openvino": ("OpenVINO", _openvino)}
    for name, (title, reader) in readers.items():
        if name in found:
            for group, given in (("forward", clip[: net.config.frames]), ("sequence", clip)):
                read = reader(found[name], exported(net, len(given)), given)
                theirs, said = read(), [values[: len(given) - net.config.frames + 1] for values in ours]
                for what, mine, other in zip(("features", "outputs"), said, theirs):
                    agree(f"{title}: the {what}", mine, other)
                races[group][title] = (alone(title, read), 1)
    if "jax" in found:
        for form in ("conv3d", "taps as maps"):
            title = f"JAX compiled, {form}"
            races["step"][title] = (alone(title, _jax(found["jax"], net, frames, starts, labels, form)), 1)
    return races


def exported(net: ConvNet, count: int) -> bytes:
    """The ConvNet of what ``seqdl export`` writes, for so many frames: from them to features and outputs."""
    onnx = importlib.import_module("onnx")
    classes = tuple(map(str, range(net.classes)))
    recogniser = Recogniser(Config(convnet=net.config), classes, np.random.default_rng(0))
    recogniser.describer.networks["convnet"].parameters.vector[:] = net.parameters.vector
    model = graph.build(recogniser, {"seqdl": "race"})
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = count
    part = onnx.utils.Extractor(model).extract_model(["frames"], ["features", "windows"])
    return part.SerializeToString()


def alone(title: str, work: Callable[[], Any]) -> Callable[[], Any]:
    """The work, if it keeps to one thread."""
    work()
    start, busy = time.perf_counter(), time.process_time()
    for _ in range(3):
        work()
    share = (time.process_time() - busy) / (time.perf_counter() - start)
    if share > 1.2:
        raise RuntimeError(f"{title} works on {share:.1f} cores: bind all of the race to one, as taskset -c 0 does")
    return work


def _onnxruntime(onnxruntime: Any, model: bytes, given: np.ndarray) -> Callable[[], Any]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, {"frames": given})


def _openvino(openvino: Any, model: bytes, given: np.ndarray) -> Callable[[], Any]:
    settings = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(model), "CPU", settings | {"PERFORMANCE_HINT": "LATENCY"})
    request = compiled.create_infer_request()

    def read() -> list[np.ndarray]:
        request.infer({0: given}, share_inputs=True)
        return [request.get_output_tensor(k).data for k in range(2)]

    return read


def _jax(
    jax: Any, net: ConvNet, frames: np.ndarray, starts: np.ndarray, labels: np.ndarray, form: str
) -> Callable[[], Any]:
    """An online step of JAX: forward, backward, momentum, all in one compiled function; its gradient must be ours."""
    jax.config.update("jax_platforms", "cpu")
    jnp, lax = jax.numpy, jax.lax
    links = connect.table(net.config.c1_maps)
    given = {name: np.array(value) for name, value in net.parameters.items()}
    dense = np.zeros((len(given["C2.bias"]), net.config.c1_maps, *given["C2.weight"].shape[1:]), np.float32)
    mask = dense.copy()
    dense[links[:, 1], links[:, 0]], mask[links[:, 1], links[:, 0]] = given["C2.weight"], 1
    given["C2.weight"] = dense

    def whole(x: Any, w: Any) -> Any:
        return lax.conv_general_dilated(x, w, (1, 1, 1), "VALID", dimension_numbers=("NCDHW", "OIDHW", "NCDHW"))

    def by_taps(x: Any, w: Any) -> Any:
        taps, count = w.shape[2], x.shape[2] - w.shape[2] + 1
        moved = jnp.concatenate([x[0, :, k : k + count] for k in range(taps)])  # taps and maps, times, rows, columns
        kernel = jnp.moveaxis(w, 2, 1).reshape(w.shape[0], -1, *w.shape[3:])
        z = lax.conv_general_dilated(
            jnp.swapaxes(moved, 0, 1), kernel, (1, 1), "VALID", dimension_numbers=("NCHW", "OIHW", "NCHW")
        )
        return jnp.swapaxes(z, 0, 1)[None]

    conv = whole if form == "conv3d" else by_taps

    def stage(p: Any, name: str, z: Any) -> Any:
        r = jnp.abs(jnp.tanh(z) * p[f"R{name}.gain"][:, None, None, None])
        n, maps, times, rows, columns = r.shape
        v = r.reshape(n, maps, times, rows // 2, 2, columns // 2, 2).mean((4, 6))
        return jnp.tanh(v * p[f"S{name}.coefficient"][:, None, None, None] + p[f"S{name}.bias"][:, None, None, None])

    def layer(p: Any, name: str, x: Any, w: Any) -> Any:
        return conv(x, w) + p[f"{name}.bias"][:, None, None, None]

    def loss(p: Any, x: Any, label: Any) -> Any:
        a = stage(p, "1", layer(p, "C1", x[None, None], p["C1.weight"]))
        a = stage(p, "2", layer(p, "C2", a, p["C2.weight"] * mask))
        a = jnp.tanh(layer(p, "C3", a, p["C3.weight"])).reshape(-1)
        z = p["N2.weight"] @ jnp.tanh(p["N1.weight"] @ a + p["N1.bias"]) + p["N2.bias"]
        return jax.nn.logsumexp(z) - z[label]

    def update(p: Any, velocity: Any, x: Any, label: Any) -> Any:
        gradient = jax.grad(loss)(p, x, label)
        velocity = jax.tree.map(lambda v, g: 0.9 * v - 1e-6 * g, velocity, gradient)
        return jax.tree.map(jnp.add, p, velocity), velocity

    windows = [jnp.asarray(np.array(frames[k : k + net.config.frames])) for k in starts]
    classes = [int(label) for label in labels]
    theirs = jax.jit(jax.grad(loss))(given, windows[0], LABEL)
    gradient = net.parameters.like()
    gradient.vector[:] = net.loss_and_gradient(np.array(windows[0]), LABEL)[1]
    for name, value in theirs.items():
        other = np.array(value)[links[:, 1], links[:, 0]] if name == "C2.weight" else np.array(value)
        agree(f"JAX: the gradient by {name}, {form}", gradient[name], other.reshape(gradient[name].shape))
    step, turn = jax.jit(update, donate_argnums=(0, 1)), [0]
    state = [{name: jnp.asarray(value) for name, value in given.items()}]
    state.append(jax.tree.map(jnp.zeros_like, state[0]))

    def work() -> None:
        k = turn[0] % len(windows)
        turn[0] += 1
        state[:] = step(*state, windows[k], classes[k])
        jax.block_until_ready(state)

    return work
