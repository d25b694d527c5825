"""The table of cases: every op, layer and network, with small sizes that all differ.

To add an op, add a case. ``tests/checks`` runs every case and looks that none is missing; ``seqdl gradcheck`` runs them
beside the networks of the configuration it is given.
"""

import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from seqdl.checks import mirror, mirror_maps
from seqdl.checks.case import Buffers, Case, normal
from seqdl.checks.layers import layer_cases
from seqdl.checks.networks import ConvNetCase, LSTMCase
from seqdl.checks.single_step import SingleStepCase, single_step_cases
from seqdl.checks.single_step_ops import adam_case, dropout_case, evening_case, loss_sequence_case, overlap_case
from seqdl.checks.updates import decay_case, momentum_case
from seqdl.checks.vary import VARIED, vary_case
from seqdl.config import ConvNetConfig, LSTMConfig
from seqdl.ops import (
    connect,
    conv3d,
    copies,
    dense,
    lcn,
    loss,
    lstm,
    lstm_variants,
    rectify,
    squash,
    subsample,
)
from seqdl.video import windows

SMALL = ConvNetConfig(
    frames=6, rows=15, columns=13, c1_maps=3, c1_kernel=(3, 4, 4), c2_kernel=(2, 3, 2), c3_kernel=(2, 1, 2), c3_maps=2,
    hidden=5,
)  # fmt: skip
KERNELS = [(2, 3, 4), (3, 2, 1), (1, 4, 2), (2, 1, 3), (2, 3, 3), (1, 2, 5), (2, 3, 7), (1, 1, 9)]
TERMS = {"direct": 1, "toom_cook": 4}  # how much the transforms along time add to the sums' terms
LINEAR = replace(
    SMALL,
    activation_c="linear",
    activation_s="linear",
    activation_c3="linear",
    rate_rule="sharing",
    loss="logistic",
    weight_decay=5.0,
    dropout=0.4,
)


def conv3d_case(algorithm: str, sources: int, *kernel: int, rows: int = 6, columns: int = 11, cyclic: int = 0) -> Case:
    """C1 and C3: all of ``sources`` input maps to all maps, by kernels of the size ``kernel``.

    Maps have ``rows`` and ``columns``. ``algorithm`` says how the compiled form convolves along time, ``cyclic`` how
    many rows at a time it transforms. It is unrolled differently for each width, and goes by rows where the columns
    fill its vectors, otherwise by planes.
    """

    def backward(d: np.ndarray, a: np.ndarray, w: np.ndarray, b: np.ndarray) -> dict[str, np.ndarray]:
        dw, db = conv3d.backward_weights(d, a, w.shape[2:])
        return {"a": conv3d.backward_input(d, w, a.shape), "w": dw, "b": db}

    make = normal(a=(sources, 4, rows, columns), w=(3, sources, *kernel), b=(3,))
    size = f"{' x '.join(map(str, kernel))}{f' on {columns} columns' if columns != 11 else ''}"
    name = f"conv3d {size}, {sources} source{'s' * (sources > 1)}, {algorithm}"
    name += f", {rows} rows in circles of {cyclic}" if cyclic else ""
    run = mirror_maps.convolution(algorithm, cyclic=cyclic)
    return Case(name, make, conv3d.forward, backward, mirror=run, terms=TERMS[algorithm] * 200)


def connect_case(n: int, algorithm: str) -> Case:
    """C2: ``n`` source maps through the connection table, along time by ``algorithm`` in the compiled form."""
    links = connect.table(n)

    def backward(d: np.ndarray, a: np.ndarray, w: np.ndarray, b: np.ndarray) -> dict[str, np.ndarray]:
        dw, db = connect.backward_weights(d, a, links, w.shape[1:])
        return {"a": connect.backward_input(d, w, links, a.shape), "w": dw, "b": db}

    make = normal(a=(n, 4, 6, 8), w=(len(links), 2, 3, 5), b=(2 * n + n * (n - 1) // 2,))
    forward = lambda a, w, b: connect.forward(a, w, b, links)  # noqa: E731
    run = mirror_maps.convolution(algorithm, links)
    return Case(f"connect {n} maps, {algorithm}", make, forward, backward, mirror=run, terms=TERMS[algorithm] * 8 * 30)


def table_case(n: int) -> Case:
    """The connection table, as a matrix of targets and sources, against its description in words."""

    def matrix() -> np.ndarray:
        links = connect.table(n)
        fed = np.zeros((links[:, 1].max() + 1, n))
        np.add.at(fed, (links[:, 1], links[:, 0]), 1)
        return fed

    def in_words() -> np.ndarray:
        alone = np.eye(n).repeat(2, axis=0)
        pairs = [np.eye(n)[list(pair)].sum(axis=0) for pair in itertools.combinations(range(n), 2)]
        return np.array([*alone, *pairs])

    return Case(f"connection table {n} maps", lambda rng: {}, matrix, expected=in_words)


def squash_case(kind: str) -> Case:
    """A squashing function."""
    return Case(
        f"squash {kind}",
        normal(x=(3, 4, 5)),
        lambda x: squash.forward(x, kind),
        lambda d, x: {"x": squash.backward(d, squash.forward(x, kind), kind)},
        mirror=mirror.squash(kind),
    )


def at_the_kink(kind: str, a: str = "a", p: str = "p") -> Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]:
    """A function that moves every second unit to where |x| has no derivative: the one taken there is 0.

    ``kind`` is that of the rectification; ``a`` and ``p`` are the names of the maps and of the scalars.
    """

    def move(x: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        x[a][..., ::2] = 0 if kind == "gain" else -x[p][:, None, None, None]
        return x

    return move


def rectify_case(kind: str, kink: bool = False) -> Case:
    """Absolute values; with ``kink``, half of the units lie exactly at the kink."""
    draw, move = normal(a=(3, 2, 4, 5), p=(3,)), at_the_kink(kind)
    return Case(
        f"rectify {kind}{', at the kink' if kink else ''}",
        (lambda rng: move(draw(rng))) if kink else draw,
        lambda a, p: rectify.forward(a, p, kind),
        lambda d, a, p: dict(zip("ap", rectify.backward(d, a, p, kind))),
        terms=40,
    )


def subsample_case(n: int, pooling: str) -> Case:
    """Trainable sub-sampling."""
    return Case(
        f"subsample {pooling} {n} x {n}",
        normal(a=(3, 2, 2 * n, 4 * n), c=(3,), b=(3,)),
        lambda a, c, b: subsample.forward(a, c, b, n, pooling),
        lambda d, a, c, b: dict(zip("acb", subsample.backward(d, a, c, n, pooling))),
        terms=max(16, n * n),
    )


def stage_case(n: int, kind: str, pooling: str, inside: str, outside: str, kink: bool = False) -> Case:
    """What lies between two convolutions: squashing, rectification, sub-sampling and squashing, as the kernel fuses it.

    ``n`` is the side of the sub-sampling window; ``kind``, ``pooling``, ``inside`` and ``outside`` are the readings of
    rectification, sub-sampling and the two squashing functions. With ``kink``, only where ``inside`` is linear or
    ``kind`` a gain, half of the units lie exactly at the kink.
    """

    def forward(sums: np.ndarray, p: np.ndarray, c: np.ndarray, b: np.ndarray) -> np.ndarray:
        r = rectify.forward(squash.forward(sums, inside), p, kind)
        return squash.forward(subsample.forward(r, c, b, n, pooling), outside)

    def backward(d: np.ndarray, sums: np.ndarray, p: np.ndarray, c: np.ndarray, b: np.ndarray) -> dict[str, np.ndarray]:
        y = squash.forward(sums, inside)
        r = rectify.forward(y, p, kind)
        du = squash.backward(d, squash.forward(subsample.forward(r, c, b, n, pooling), outside), outside)
        dr, dc, db = subsample.backward(du, r, c, n, pooling)
        dy, dp = rectify.backward(dr, y, p, kind)
        return {"sums": squash.backward(dy, y, inside), "p": dp, "c": dc, "b": db}

    across = 17 if n == 2 else 5  # one more than a vector holds; rows that almost fill one
    draw, move = normal(sums=(3, 2, 2 * n, across * n), p=(3,), c=(3,), b=(3,)), at_the_kink(kind, "sums")
    name = f"stage {inside}, {kind}, {pooling} {n} x {n}, {outside}{', at the kink' if kink else ''}"
    run = mirror_maps.stage(n, kind, pooling, inside, outside)
    return Case(
        name, (lambda rng: move(draw(rng))) if kink else draw, forward, backward, mirror=run, terms=4 * across * n * n
    )


def dense_case(*steps: int) -> Case:
    """Fully connected neurons; ``steps`` is nothing for one vector, or the length of a sequence."""
    return Case(
        f"dense {'sequence' if steps else 'vector'}",
        normal(x=(*steps, 7), w=(4, 7), b=(4,)),
        dense.forward,
        lambda d, x, w, b: dict(zip("xwb", dense.backward(d, x, w))),
        mirror=mirror.dense,
        terms=7,
    )


def loss_cases(kind: str) -> list[Case]:
    """A reading of the output layer: what it says, and its loss."""
    draw, label = normal(z=(5,)), 0b10011 if kind == "logistic" else 3
    return [
        Case(
            f"loss {kind}",
            draw,
            lambda z: loss.loss(z, label, kind)[0],
            lambda d, z: {"z": d * loss.loss(z, label, kind)[1]},
            mirror=mirror.loss(label, kind),
            terms=5,
        ),
        Case(f"outputs {kind}", draw, lambda z: loss.outputs(z, kind), mirror=mirror.outputs(kind), terms=5),
    ]


def lstm_case(config: LSTMConfig, inputs: int, steps: int, name: str) -> Case:
    """The hidden layer through a sequence of ``steps`` steps of ``inputs`` values, from a state that is not zero.

    A cut of the error says that the state at the border is a constant for the block after it: its imaginary part, the
    derivative, is taken away there, and the complex step gives exactly what truncated backpropagation should.
    ``config`` gives cells, gates, peepholes, squashing and truncation, ``name`` is the case's.
    """
    cells, blocks = config.cells, 4 if config.forget_gate else 3
    peepholes = blocks - 1 if config.peepholes else 0

    def make(rng: np.random.Generator) -> dict[str, np.ndarray]:
        draw = normal(x=(steps, inputs), h0=(cells,), c0=(cells,), w=(blocks * cells, inputs), b=(blocks * cells,))
        recurrent = normal(u=(blocks * cells, cells), p=(peepholes, cells))(rng)
        x = draw(rng) | recurrent
        return x | {"w": x["w"] / np.sqrt(inputs), "u": x["u"] / np.sqrt(cells), "p": x["p"] / 2}

    def forward(x: np.ndarray, h0: np.ndarray, c0: np.ndarray, **weights: np.ndarray) -> np.ndarray:
        h, c, read = h0, c0, []
        length = config.truncate or steps
        for start in range(0, steps, length):
            trace = lstm_variants.forward(x[start : start + length], _weights(weights), h, c, config.squash)
            h, c = trace.h[-1].real, trace.c[-1].real
            read.append(trace.h[1:])
        return np.concatenate(read)

    def backward(
        d: np.ndarray, x: np.ndarray, h0: np.ndarray, c0: np.ndarray, **weights: np.ndarray
    ) -> dict[str, np.ndarray]:
        trace = lstm_variants.forward(x, _weights(weights), h0, c0, config.squash)
        back = lstm_variants.backward(d, trace, _weights(weights), config.squash, config.truncate)
        return {"x": back.dx, "h0": back.dh0, "c0": back.dc0, **back.weights._asdict()}

    terms = steps * (inputs + cells)
    return Case(name, make, forward, backward, mirror=mirror.lstm_cells(config.squash, config.truncate), terms=terms)


def _weights(named: dict[str, np.ndarray]) -> lstm_variants.Weights:
    return lstm_variants.Weights(**named)


def papers_cell_case(steps: int) -> Case:
    """The paper's cell alone; its compiled form is that of the variants with none of them chosen."""
    inputs, cells = 5, 4

    def forward(x: np.ndarray, h0: np.ndarray, c0: np.ndarray, **weights: np.ndarray) -> np.ndarray:
        return lstm.forward(x, lstm.Weights(**weights), h0, c0).h[1:]

    def backward(
        d: np.ndarray, x: np.ndarray, h0: np.ndarray, c0: np.ndarray, **weights: np.ndarray
    ) -> dict[str, np.ndarray]:
        given = lstm.Weights(**weights)
        by_weights, dx, dh0, dc0 = lstm.backward(d, lstm.forward(x, given, h0, c0), given)
        return {"x": dx, "h0": dh0, "c0": dc0, **by_weights._asdict()}

    def run(d: np.ndarray, buffers: Buffers, **given: np.ndarray) -> mirror.Output:
        return mirror.lstm_cells("tanh", 0)(d, buffers, **given, p=np.zeros((0, cells), np.float32))

    return Case(
        f"lstm, the paper's cell, length {steps}",
        normal(
            x=(steps, inputs), h0=(cells,), c0=(cells,), w=(3 * cells, inputs), u=(3 * cells, cells), b=(3 * cells,)
        ),
        forward,
        backward,
        mirror=run,
        terms=steps * (inputs + cells),
    )


def copies_case(mirrored: bool, flip: bool, shift: tuple[int, int], transposed: bool = False) -> Case:
    """A copy of a window, ``mirrored``, by ``flip`` upside down, and by ``shift`` moved, against padding and slicing.

    With ``transposed``, the compiled form transposes its pictures.
    """

    def by_slices(window: np.ndarray) -> np.ndarray:
        moved = window[:, :: -1 if flip else 1, :: -1 if mirrored else 1]
        padded = np.pad(moved, ((0, 0), (5, 5), (5, 5)), mode="edge")
        (_, rows, columns), (down, right) = window.shape, shift
        return padded[:, 5 - down : 5 - down + rows, 5 - right : 5 - right + columns]

    return Case(
        f"copies {mirrored:d}{flip:d} {shift[0]:+d}{shift[1]:+d}{' transposed' * transposed}",
        normal(window=(2, 18, 19) if transposed else (3, 6, 7)),
        lambda window: copies.copy(window, mirrored, flip, shift),
        expected=by_slices,
        mirror=mirror_maps.window(mirrored, flip, shift, transposed),
    )


def lcn_case(reading: str, constant: str) -> Case:
    """Local contrast normalisation, which has nothing to learn."""
    choices = (5, 1.1, reading, constant, 0.2)
    return Case(
        f"lcn {reading} {constant}",
        lambda rng: {"x": rng.random((10, 11, 9))},
        lambda x: lcn.normalise(x, *choices),
        mirror=mirror.normalise(*choices),
        terms=4 * 5**3,
    )


def windows_case(length: int, step: int, phase: int) -> Case:
    """The windows of a sequence of ``length`` frames, every ``step`` frames from ``phase`` on: every one that fits."""

    def by_trying() -> list[int]:
        return [k for k in range(length) if k + 9 <= length and k >= phase and (k - phase) % step == 0]

    name = f"windows {length} frames, step {step}, phase {phase}"
    return Case(name, lambda rng: {}, lambda: windows.starts(length, 9, step, phase), expected=by_trying)


CELLS = [
    LSTMConfig(cells=4, forget_gate=forget, peepholes=peepholes, squash=kind)
    for forget in (False, True)
    for peepholes in (False, True)
    for kind in ("tanh", "1997")
]


def _lstm_name(config: LSTMConfig, steps: int) -> str:
    extras = [what for what, on in (("forget gate", config.forget_gate), ("peepholes", config.peepholes)) if on]
    cut = [f"cut every {config.truncate}"] if config.truncate else []
    return ", ".join([f"lstm {config.squash}", *extras, *cut, f"length {steps}"])


COPIED = [(False, False, (0, 0)), (True, False, (2, 0)), (False, True, (0, -3)), (True, True, (-1, 1))]
COPIED += [(False, False, (-2, 4))]

TABLE: tuple[Case | ConvNetCase | LSTMCase | SingleStepCase, ...] = (
    *(conv3d_case("direct", 2, *kernel) for kernel in KERNELS),
    *(conv3d_case("toom_cook", 2, *kernel) for kernel in KERNELS[:2]),
    *(conv3d_case(algorithm, 1, 2, 3, 4) for algorithm in TERMS),
    *(conv3d_case(algorithm, sources, 2, 3, 4, columns=18) for algorithm in TERMS for sources in (1, 2)),
    *(conv3d_case(algorithm, 19, 2, 3, 4, rows=5) for algorithm in TERMS),
    *(conv3d_case("toom_cook", 1, 2, 3, 4, rows=2 * (n - 2) + 2, columns=19, cyclic=n) for n in (6, 12)),
    *(connect_case(3, algorithm) for algorithm in TERMS),
    *(table_case(n) for n in (2, 5, 7)),
    *(squash_case(kind) for kind in squash.SHAPES),
    *(rectify_case(kind, kink) for kind in ("gain", "bias") for kink in (False, True)),
    *(subsample_case(n, pooling) for n in (2, 3) for pooling in ("mean", "sum")),
    stage_case(2, "gain", "mean", "plain", "plain"),
    stage_case(3, "bias", "sum", "scaled", "linear"),
    stage_case(2, "bias", "mean", "linear", "scaled"),
    stage_case(2, "gain", "sum", "plain", "linear", kink=True),
    stage_case(3, "bias", "mean", "linear", "plain", kink=True),
    dense_case(),
    dense_case(4),
    *(case for kind in loss.KINDS for case in loss_cases(kind)),
    *(papers_cell_case(steps) for steps in (1, 6)),
    *(lstm_case(config, 5, steps, _lstm_name(config, steps)) for config in CELLS for steps in (1, 6)),
    *(
        lstm_case(config, 5, 7, _lstm_name(config, 7))
        for config in (replace(CELLS[0], truncate=3), replace(CELLS[-1], truncate=2), replace(CELLS[2], truncate=1))
    ),
    momentum_case(),
    decay_case(),
    adam_case(),
    dropout_case(),
    evening_case(),
    *(overlap_case(*which) for which in [(1, 1), (3, 1), (2, 3), (4, 2)]),
    *(loss_sequence_case(kind) for kind in loss.KINDS),
    *(copies_case(*which) for which in COPIED),
    copies_case(True, True, (-1, 3), transposed=True),
    *(vary_case(name) for name in VARIED),
    *(lcn_case(r, c) for r in ("two_pass", "one_window") for c in ("sequence", "frame", "fixed")),
    *(windows_case(*which) for which in [(12, 1, 0), (9, 1, 0), (8, 1, 0), (26, 4, 1)]),
    *layer_cases(),
    ConvNetCase("ConvNet, default", SMALL, 4),
    ConvNetCase(
        "ConvNet, bias, sum, squared error, scaled",
        replace(SMALL, rectification="bias", pooling="sum", loss="squared_error", squash="scaled", initial_scale=0.5),
        4,
    ),
    ConvNetCase("ConvNet, linear, logistic, shared rates, weight decay, dropout", LINEAR, 3),
    LSTMCase("LSTM classifier, default", LSTMConfig(cells=7), 5, 4, 8),
    LSTMCase("LSTM classifier, length 1", LSTMConfig(cells=7), 5, 4, 1),
    LSTMCase("LSTM classifier, forget gate, logistic", LSTMConfig(cells=6, forget_gate=True, loss="logistic"), 5, 4, 7),
    LSTMCase(
        "LSTM classifier, peepholes, 1997, squared error, weight decay, dropout",
        LSTMConfig(cells=6, peepholes=True, squash="1997", loss="squared_error", weight_decay=5.0, dropout=0.4),
        5,
        3,
        7,
    ),
    LSTMCase(
        "LSTM classifier, all, last, cut every 3",
        LSTMConfig(cells=6, forget_gate=True, peepholes=True, targets="last", truncate=3),
        5,
        4,
        7,
    ),
    *single_step_cases(),
)
