"""Long short-term memory, compiled; the letters are those of :mod:`seqdl.ops.lstm`, but for s, the cell input.

**One matrix.** What a step reads, its features, the cells' outputs of the step before and the constant 1 of the biases,
lies in one row, so W, U and b are one matrix, inputs innermost (a row of it is what one input adds to all sums)::

    row t      [ x_t | h_(t-1) | 1 | 0 .. ]                          matrix    W  row of x[0], x[1], ...
    sums t     row t times the matrix                                          U  row of h[0], h[1], ...
    gradient   the sum over t of row t (standing) times da_t (lying)           b

The part with x is done for all steps at once, before the first step; the gradient of the whole matrix for all steps at
once, after the last (the first) step. Only ``h U`` and, backward, ``U da`` must wait for the step before.

**Columns.** A step's sums are put so that the cells' arithmetic meets whole vectors: the lanes are cells, and the gates
of the same cells lie one after the other. Cells that do not fill a vector come last, their gates side by side::

    16 lanes, 50 cells    i[0..15] o[0..15] g[0..15] | i[16..31] o g | i[32..47] o g | i[48 49] o[48 49] g[48 49] 0 ..

10 vectors hold the 150 sums, instead of 12. A classifier learns in this *packed* order; :func:`positions` says where
each weight lies.

**Blocking.** The large products keep 5 rows times 5 vectors of sums in registers: 5 loads of a vector and 5 of one
number, repeated over the lanes, for 25 multiply-adds. ``h U`` keeps all sums of a step; ``U da`` is 16 inner products
at a time, folded into one vector at the end.
"""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from seqdl.kernels.layers import squash
from seqdl.kernels.layers.layout import aligned
from seqdl.kernels.vector.blocks import parts
from seqdl.kernels.vector.simd import vector_kernel
from seqdl.kernels.vector.sizes import Sizes
from seqdl.ops.lstm_variants import CELL, Weights

F = np.float32


@dataclass(frozen=True)
class Cells(Sizes):
    """The sizes and choices of the hidden layer.

    Parameters
    ----------
    inputs, cells : int
        Values of a step; LSTM cells.
    forget_gate, peepholes : bool
        Additions to the cell.
    squashing : str
        The cells' squashing functions; a key of :data:`seqdl.ops.lstm_variants.CELL`.
    lanes, registers : int
        Of the processor; see :func:`seqdl.kernels.vector.simd.target`.
    """

    inputs: int
    cells: int
    forget_gate: bool
    peepholes: bool
    squashing: str
    lanes: int
    registers: int

    @property
    def gates(self) -> int:
        """Sums of a cell: i, o, g and perhaps f."""
        return 4 if self.forget_gate else 3

    @property
    def rest(self) -> int:
        """Cells of the last vector, if it is not full."""
        return self.cells % self.lanes

    @property
    def width(self) -> int:
        """Sums of a step, rounded up to vectors."""
        return math.ceil(self.gates * self.cells / self.lanes) * self.lanes

    @property
    def line(self) -> int:
        """A number for each cell, the constant 1 and zeros, rounded up to vectors."""
        return math.ceil((self.cells + self.rows) / self.lanes) * self.lanes

    @property
    def lead(self) -> int:
        """Unused numbers at the beginning of a row, so that the cells' outputs begin with a vector."""
        return -self.inputs % self.lanes

    @property
    def hidden(self) -> int:
        """Where in a row the cells' outputs begin."""
        return self.lead + self.inputs

    @property
    def row(self) -> int:
        """Numbers of a row."""
        return self.hidden + self.line

    @property
    def columns(self) -> int:
        """Vectors of a block of a product."""
        return 5 if self.registers >= 32 else 3

    @property
    def rows(self) -> int:
        """Rows of a block of a product."""
        return (self.registers - 1) // self.columns - 1

    @property
    def blocks(self) -> int:
        """Blocks of rows of the matrix."""
        return math.ceil((self.inputs + self.cells + 1) / self.rows)

    @property
    def peephole(self) -> int:
        """Where the peepholes begin, behind the matrix."""
        return self.blocks * self.rows * self.width

    @property
    def diagonals(self) -> int:
        """Lines of peepholes."""
        return self.gates - 1 if self.peepholes else 0

    @property
    def size(self) -> int:
        """Numbers of all weights, packed."""
        return self.peephole + self.diagonals * self.line


def positions(g: Cells) -> Weights:
    """Where each weight lies in the packed order: integers in the shapes of the weights."""
    gate, cell = np.indices((g.gates, g.cells))
    chunk, lane = np.divmod(cell, g.lanes)
    full = g.cells // g.lanes
    whole, last = (chunk * g.gates + gate) * g.lanes, full * g.gates * g.lanes + gate * g.rest
    column = (np.where(chunk < full, whole, last) + lane).reshape(-1, 1)
    rows = np.arange(g.inputs + g.cells + 1) * g.width
    w, u, b = np.split(column + rows, [g.inputs, g.inputs + g.cells], axis=1)
    peepholes = np.arange(g.diagonals).reshape(-1, 1) * g.line
    return Weights(w, u, b.reshape(-1), g.peephole + peepholes + np.arange(g.cells))


class Workspace(NamedTuple):
    """Where a pass keeps what the way back needs.

    Parameters
    ----------
    rows : array
        What the steps read; the cells' outputs of step t lie in row t + 1, the initial ones in row 0.
    gates : array
        The sums; after squashing i, o, g and f; after the way back the gradients by the sums.
    c, e, dh : array
        The CECs, before the first step and after each; H(c'); gradients by the cells' outputs at each step.
    back : array, (2 * line,)
        What flows back to the step before: gradients by its outputs, and by its CECs.
    """

    rows: np.ndarray
    gates: np.ndarray
    c: np.ndarray
    e: np.ndarray
    dh: np.ndarray
    back: np.ndarray


def workspace(g: Cells, steps: int) -> Workspace:
    """Allocate for sequences of at most so many steps; the initial state is zero."""
    count = steps + 1 + max(g.rows, g.lanes)  # blocks of steps may reach beyond the last
    made = Workspace(*(aligned(count * size) for size in (g.row, g.width, g.line, g.line, g.line)), aligned(2 * g.line))
    made.rows.reshape(count, g.row)[:, g.hidden + g.cells] = 1
    return made


class Factors(NamedTuple):
    """A matrix of numbers that are repeated over the lanes.

    Parameters
    ----------
    at, row, term : address, int, int
        The first number; how far it is from one row to the next, and from one term of a sum to the next.
    """

    at: Any
    row: Any
    term: Any


def multiply(
    v: Any,
    a: Factors,
    b: Any,
    out: Any,
    pitches: tuple[int, int],
    terms: Any,
    block: tuple[Any, int, int, int],
    start: Any = None,
) -> None:
    """``out[r] = start + sum over k of a[r, k] b[k]``, some rows and vectors at a time.

    ``v`` is the writer, ``a`` (:class:`Factors`) the first factor; ``b`` has ``terms`` lines, and ``pitches`` are the
    numbers from one line to the next of ``b`` and of ``out``. ``block`` is: blocks of rows, rows of a block, vectors of
    a line, vectors of a block. ``start``, a line that is added to all, may be absent.
    """
    blocks, rows, vectors, most = block

    def one(at: Any, part: range) -> None:
        def term(k: Any, sums: list[Any]) -> list[Any]:
            line = [v.load(b + (k * pitches[0] + c * v.lanes)) for c in part]
            numbers = [v.broadcast(a.at + ((at * rows + r) * a.row + k * a.term)) for r in range(rows)]
            return [
                v.fma(vector, numbers[r], sums[r * len(part) + c]) for r in range(rows) for c, vector in enumerate(line)
            ]

        first = [v.zeros() if start is None else v.load(start + c * v.lanes) for c in part]
        sums = v.loop(terms, first * rows, term)
        for n, value in enumerate(sums):
            v.store(value, out + ((at * rows + n // len(part)) * pitches[1] + part[n % len(part)] * v.lanes))

    for part in parts(vectors, most):
        v.each(blocks, lambda at, part=part: one(at, part))


def _take(v: Any, g: Cells, sums: Any, at: Any, count: int) -> list[Any]:
    """The gates of a vector of ``count`` cells, from cell ``at`` on."""
    first = sums + at * g.gates
    if count == v.lanes:
        return [v.load(first + gate * v.lanes) for gate in range(g.gates)]
    lines = [v.load(first + k * v.lanes) for k in range(math.ceil(g.gates * g.rest / v.lanes))]
    lanes = range(v.lanes)
    return [v.pick(lines, [n * g.rest + k if k < g.rest else -1 for k in lanes]) for n in range(g.gates)]


def _put(v: Any, g: Cells, values: list[Any], sums: Any, at: Any, count: int) -> None:
    """Gates of a vector of cells, to where they lie."""
    first = sums + at * g.gates
    if count == v.lanes:
        for gate, value in enumerate(values):
            v.store(value, first + gate * v.lanes)
        return
    for k in range(math.ceil(g.gates * g.rest / v.lanes)):
        there = [divmod(k * v.lanes + lane, g.rest) for lane in range(v.lanes)]
        lanes = [gate * v.lanes + cell if gate < g.gates else g.gates * v.lanes for gate, cell in there]
        v.store(v.pick([*values, v.zeros()], lanes), first + k * v.lanes)


@vector_kernel
def enter(v: Any, g: Cells, x: Any, rows: Any, steps: Any) -> None:
    """Copy the inputs to where the steps read them."""
    v.each(steps, lambda t: v.copy(x + t * g.inputs, rows + (t * g.row + g.lead), g.inputs))


@vector_kernel
def clear(v: Any, g: Cells, line: Any, count: Any) -> None:
    """Fill so many lines with zeros."""
    v.each(count, lambda n: v.each(g.line // v.lanes, lambda k: v.store(v.zeros(), line + (n * g.line + k * v.lanes))))


@vector_kernel
def project(v: Any, g: Cells, theta: Any, rows: Any, gates: Any, blocks: Any) -> None:
    """What the inputs and the biases add to the sums, for so many blocks of steps."""
    block, bias = (blocks, g.rows, g.width // v.lanes, g.columns), theta + (g.inputs + g.cells) * g.width
    multiply(v, Factors(rows + g.lead, g.row, 1), theta, gates, (g.width, g.width), g.inputs, block, bias)


@vector_kernel
def read_step(v: Any, g: Cells, theta: Any, rows: Any, gates: Any, c: Any, e: Any, t: Any) -> None:
    """One step forward: from the sums to the cells' outputs."""
    amplitude, slope, slope_out = CELL[g.squashing]
    h, sums, p = rows + (t * g.row + g.hidden), gates + t * g.width, theta + g.peephole
    following, outputs = h + g.row, e + t * g.line
    before, after = c + t * g.line, c + (t + 1) * g.line

    def some(part: range) -> None:
        def term(k: Any, totals: list[Any]) -> list[Any]:
            number, line = v.broadcast(h + k), theta + (k + g.inputs) * g.width
            return [v.fma(v.load(line + n * v.lanes), number, total) for n, total in zip(part, totals)]

        for n, value in zip(part, v.loop(g.cells, [v.load(sums + n * v.lanes) for n in part], term)):
            v.store(value, sums + n * v.lanes)

    def cells(at: Any, count: int) -> None:
        i, o, s, *f = _take(v, g, sums, at, count)
        kept = v.load(before + at)
        if g.peepholes:
            i = v.fma(v.load(p + at), kept, i)
            f = [v.fma(v.load(p + (at + 2 * g.line)), kept, value) for value in f]
        inside = [i * 0.5, s * slope, *(value * 0.5 for value in f), *([] if g.peepholes else [o * 0.5])]
        i, s, *inside = squash.tanh_of(v, inside)
        i, s = _gate(v, i), s * amplitude
        f = [_gate(v, value) for value in inside[: len(f)]]
        new = v.fma(i, s, f[0] * kept if f else kept)
        v.store(new, after + at)
        if g.peepholes:
            o = v.fma(v.load(p + (at + g.line)), new, o)
            [last, inner] = squash.tanh_of(v, [o * 0.5, new * slope_out])
        else:
            last, [inner] = inside[-1], squash.tanh_of(v, [new * slope_out])
        o = _gate(v, last)
        out = o * inner
        v.store(inner, outputs + at)
        _put(v, g, [i, o, s, *f], sums, at, count)
        if count < v.lanes:
            one = [lane if lane < g.rest else 2 * v.lanes - (lane == g.rest) * v.lanes for lane in range(v.lanes)]
            out = v.pick([out, v.constant(1.0, v.lanes), v.zeros()], one)
        v.store(out, following + at)

    for part in parts(g.width // v.lanes, v.registers - 4):
        some(part)
    v.pieces(g.cells, v.lanes, cells)


def _gate(v: Any, tanh: Any) -> Any:
    """The logistic function of x, from tanh(x / 2)."""
    half = v.constant(0.5, v.count(tanh))
    return v.fma(tanh, half, half)


@vector_kernel
def step_back(
    v: Any, g: Cells, theta: Any, gates: Any, c: Any, e: Any, dh: Any, back: Any, gradient: Any, t: Any
) -> None:
    """One step back: from the gradients by the outputs and what flows back to those by the sums, and on."""
    amplitude, slope, slope_out = CELL[g.squashing]
    sums, before, after, p = gates + t * g.width, c + t * g.line, c + (t + 1) * g.line, theta + g.peephole

    def cells(at: Any, count: int) -> None:
        i, o, s, *f = _take(v, g, sums, at, count)
        kept, inner = v.load(before + at), v.load(e + (t * g.line + at))
        dh_now = v.load(dh + (t * g.line + at)) + v.load(back + at)
        da_o = dh_now * inner * o * (1 - o)
        dc = v.load(back + (at + g.line)) + dh_now * o * slope_out * (1 - inner * inner)
        if g.peepholes:
            dc = v.fma(v.load(p + (at + g.line)), da_o, dc)
        da = [dc * s * i * (1 - i), da_o, dc * i * slope * (amplitude - s * s * (1 / amplitude))]
        following = dc
        if f:
            da.append(dc * kept * f[0] * (1 - f[0]))
            following = dc * f[0]
        _put(v, g, da, sums, at, count)
        if g.peepholes:
            for n, (da_n, state) in enumerate(zip([*da[:2], *da[3:]], [kept, v.load(after + at), kept])):
                place = gradient + (at + (g.peephole + n * g.line))
                v.store(v.fma(da_n, state, v.load(place)), place)
                if n != 1:
                    following = v.fma(v.load(p + (at + n * g.line)), da_n, following)
        v.store(following, back + (at + g.line))

    def inner_products(at: Any, count: int) -> None:
        weights = theta + (at + g.inputs) * g.width

        def term(k: Any, totals: list[Any]) -> list[Any]:
            da = v.load(sums + k * v.lanes)
            return [v.fma(v.load(weights + (k * v.lanes + n * g.width)), da, total) for n, total in enumerate(totals)]

        totals = v.loop(g.width // v.lanes, [v.zeros()] * count, term)
        v.store(v.totals(totals + [v.zeros()] * (v.lanes - count)), back + at)

    v.pieces(g.cells, v.lanes, cells)
    v.pieces(g.cells, v.lanes, inner_products)


@vector_kernel
def gradients(v: Any, g: Cells, rows: Any, gates: Any, gradient: Any, steps: Any) -> None:
    """The gradient by the matrix, of all steps at once."""
    block = (g.blocks, g.rows, g.width // v.lanes, g.columns)
    multiply(v, Factors(rows + g.lead, 1, g.row), gates, gradient, (g.width, g.width), steps, block)


@vector_kernel
def input_gradients(v: Any, g: Cells, theta: Any, gates: Any, dx: Any, steps: Any) -> None:
    """The gradient by the inputs, ``dx`` (steps, N), from those by the sums that the way back has left in ``gates``.

    ``v`` is the writer, ``g`` the sizes, ``theta`` the packed weights; ``dx`` of so many ``steps`` is overwritten.
    """

    def some(at: Any, count: int) -> None:
        weights = theta + at * g.width

        def step(t: Any) -> None:
            def term(k: Any, totals: list[Any]) -> list[Any]:
                da, line = v.load(gates + (t * g.width + k * v.lanes)), weights + k * v.lanes
                return [v.fma(v.load(line + n * g.width), da, total) for n, total in enumerate(totals)]

            totals = v.loop(g.width // v.lanes, [v.zeros()] * count, term)
            v.store_some(v.totals(totals + [v.zeros()] * (v.lanes - count)), dx + (t * g.inputs + at), count)

        v.each(steps, step)

    v.pieces(g.inputs, v.lanes, some)


@vector_kernel
def forward(v: Any, g: Cells, x: Any, theta: Any, work: Workspace, steps: Any) -> None:
    """Read a sequence ``x`` (steps, N) with the packed weights ``theta``; ``v`` is the writer, ``g`` the sizes.

    ``work`` is overwritten, but for the initial state in row 0 of its rows and of c.
    """
    enter(v, g, x, work.rows, steps)
    project(v, g, theta, work.rows, work.gates, (steps + (g.rows - 1)) // g.rows)
    v.each(steps, lambda t: read_step(v, g, theta, work.rows, work.gates, work.c, work.e, t))


@vector_kernel
def backward(v: Any, g: Cells, theta: Any, work: Workspace, steps: Any, truncate: Any, gradient: Any) -> None:
    """Backpropagate through the ``steps`` of a sequence, from the gradients by the cells' outputs in ``work.dh``.

    ``v`` is the writer, ``g`` the sizes, ``theta`` the packed weights, ``work`` is from :func:`forward`; ``gradient``,
    packed, is overwritten. The error does not cross the border between blocks of ``truncate`` steps; 0 for full
    backpropagation. Afterwards ``work.back`` holds the gradients by the initial state.
    """

    def back(k: Any) -> None:
        t = steps - 1 - k
        step_back(v, g, theta, work.gates, work.c, work.e, work.dh, work.back, gradient, t)
        v.when(truncate > 0, lambda: v.when(v.equal(t % truncate, 0), lambda: v.when(t > 0, cut)))

    def cut() -> None:
        clear(v, g, work.back, 2)

    clear(v, g, work.back, 2)
    clear(v, g, gradient + g.peephole, g.diagonals)
    v.each(steps, back)
    gradients(v, g, work.rows, work.gates, gradient, steps)
