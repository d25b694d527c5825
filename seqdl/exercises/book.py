"""The exercises: what is to be written, of which op, and three hints of rising degree for each."""

import importlib
from dataclasses import dataclass
from types import ModuleType


@dataclass(frozen=True)
class Exercise:
    """Functions of one op to be written.

    Parameters
    ----------
    name, title : str
        The name of its file; what it is about, in a few words.
    op : str
        The module that is the solution.
    write : tuple of str
        The functions whose bodies are empty.
    hints : tuple of str
        Where to look; what to think of; nearly the code.
    given : tuple of str
        The functions that stand in the file as they are; others that are needed are imported.
    """

    name: str
    title: str
    op: str
    write: tuple[str, ...]
    hints: tuple[str, str, str]
    given: tuple[str, ...] = ()

    def module(self) -> ModuleType:
        """The op."""
        return importlib.import_module(self.op)


EXERCISES = (
    Exercise(
        "convolution",
        "convolution in three dimensions (C1, C3)",
        "seqdl.ops.conv3d",
        ("forward", "backward_input", "backward_weights"),
        (
            "Section 3.1 of docs/equations.md: who uses a weight, who uses an input, and with which factor?",
            "Loop over the taps r, s, q alone. patch() gives the part of all input maps that one tap sees; there a "
            "tap is a matrix product over maps.",
            "forward: z += np.tensordot(w[(..., *tap)], a[patch(tap, size)], axes=1). Backward to the inputs is the "
            "same line read from right to left, with w[(..., *tap)].T; dw of a tap sums dz times that patch.",
        ),
        given=("valid", "patch"),
    ),
    Exercise(
        "table",
        "convolution through the connection table (C2)",
        "seqdl.ops.connect",
        ("table", "forward", "backward_input", "backward_weights"),
        (
            "Section 3.2 of docs/equations.md: each row of the table is one small convolution.",
            "Table: for each map two targets of its own, then one target for each pair, fed by both. Then loop over "
            "zip(w, links) and call conv3d with one source map and one target map.",
            "z[target] += conv3d.forward(a[source, None], w_k[None, None], none)[0] with a bias of zeros, the true "
            "bias once at the beginning; backward the same, da[source] += ...",
        ),
    ),
    Exercise(
        "squashing",
        "squashing functions",
        "seqdl.ops.squash",
        ("forward", "backward"),
        (
            "Section 3.3 of docs/equations.md: the derivative is written by the output y, not by the input.",
            "SHAPES has amplitude A and slope s of each kind, None for the linear one, which changes nothing.",
            "forward: A np.tanh(s x); backward: dy (s A - s / A y y).",
        ),
    ),
    Exercise(
        "rectification",
        "rectification with a gain or a bias (R1, R2)",
        "seqdl.ops.rectify",
        ("forward", "backward"),
        (
            "Section 3.4 of docs/equations.md: call what stands inside the absolute value e.",
            "np.abs has no complex derivative: write the absolute value as sign times value, the sign of the real "
            "part. p has one value a map: p[:, None, None, None].",
            "e = p a or a + p; r = np.sign(e.real) * e; de = np.sign(e.real) * dr; then da is p de (gain) or de, and "
            "dp sums a de (gain) or de over the axes 1, 2, 3.",
        ),
    ),
    Exercise(
        "subsampling",
        "trainable sub-sampling (S1, S2)",
        "seqdl.ops.subsample",
        ("pool", "forward", "backward"),
        (
            "Section 3.5 of docs/equations.md: windows do not overlap, so each unit is used once.",
            "reshape (M, T, Y, X) to (M, T, Y/n, n, X/n, n) and sum over two axes; backward, repeat along two axes.",
            "pool: a.reshape(M, T, Y // n, n, X // n, n).sum(axis=(3, 5)), divided by n n for the mean. "
            "da = (c du / (n n)).repeat(n, axis=2).repeat(n, axis=3), dc sums pool(a) du, db sums du.",
        ),
    ),
    Exercise(
        "neurons",
        "fully connected neurons (N1, N2)",
        "seqdl.ops.dense",
        ("forward", "backward"),
        (
            "Section 3.6 of docs/equations.md: the same weights are used at every step of a sequence.",
            "x may be one vector or a sequence of them: np.atleast_2d makes both rows.",
            "forward: x @ w.T + b; dx = dz @ w, dW = rows of dz, transposed, @ rows of x, db = the sum of the rows.",
        ),
    ),
    Exercise(
        "loss",
        "outputs and losses",
        "seqdl.ops.loss",
        ("outputs", "loss", "sequence"),
        (
            "Section 3.7 of docs/equations.md: both gradients are short, and the softmax must not overflow.",
            "Take the largest z off before np.exp (of a complex z, of its real part). dz of the cross-entropy is y "
            "less 1 at the label.",
            "loss: np.log(np.exp(z - highest).sum()) + highest - z[label]; squared error: error = y - target(...), "
            "(error * error).sum() / 2 and squash.backward(error, y); logistic: log(1 + exp(z)) - target z, added up, "
            "and y - target, where exp must not overflow either; a sequence weighs both by weights.",
        ),
        given=("target",),
    ),
    Exercise(
        "lstm_forward",
        "the paper's LSTM, forward",
        "seqdl.ops.lstm",
        ("forward",),
        (
            "Section 5.1 of docs/equations.md: five lines a step, in their order.",
            "trace_of() makes the arrays, with the initial state in their rows 0. h[t] and c[t] are those before "
            "step t; what step t makes goes to row t + 1. "
            "W, U and b hold the blocks i, o, g: reshape(3, -1) parts them.",
            "a_i, a_o, a_g = (w @ x[t] + b + u @ h[t]).reshape(3, -1); c[t + 1] = c[t] + i * g; "
            "e[t] = np.tanh(c[t + 1]); h[t + 1] = o * e[t]; gates[t] = i, o, g; return the trace.",
        ),
    ),
    Exercise(
        "lstm_backward",
        "the paper's LSTM, backward through time",
        "seqdl.ops.lstm",
        ("backward",),
        (
            "Sections 5.2 and 5.3 of docs/equations.md: one step back, then the sums over time.",
            "Walk from the last step to the first and carry two things: dh, which comes back through U, and dc, "
            "which comes back as it is. h' has two users and so has c': add.",
            "dh_t = dh[t] + dh_t; do = dh_t e; dc = dc + dh_t o (1 - e^2); di = dc g; dg = dc i; da[t] = these "
            "times i (1 - i), o (1 - o), 1 - g^2; dh_t = da[t].reshape(-1) @ u. At last dW = sum da x, dU = sum "
            "da h[:-1], db = sum da, dx = da W.",
        ),
    ),
    Exercise(
        "gates",
        "the LSTM's later additions: forget gate, peepholes, other ranges, truncation",
        "seqdl.ops.lstm_variants",
        ("forward", "backward"),
        (
            "Section 5.4 of docs/equations.md: who else uses c and c' now?",
            "Blocks i, o, g and, where there is one, f; peepholes i, o, f. The output gate sees the new carousel, the "
            "others the old one. Backward, dc needs da of the output gate first.",
            "dc = dc + dh o slope (1 - e^2) + P_o da_o; handed on: f dc + P_i da_i + P_f da_f. Where t is a multiple "
            "of truncate, both of what is handed on become 0.",
        ),
    ),
    Exercise(
        "momentum",
        "the online update with momentum",
        "seqdl.ops.momentum",
        ("update", "decay"),
        (
            "Section 4 of docs/equations.md: two lines for the update, one for the decay.",
            "Nothing is given back: theta and velocity are changed in place.",
            "velocity *= mu; take learning_rate * rates * gradient off it; add it to theta. To decay: theta *= "
            "1 - learning_rate * shares.",
        ),
    ),
    Exercise(
        "adam",
        "the online update that finds its own rates (Adam)",
        "seqdl.ops.adam",
        ("update",),
        (
            "Section 7.4 of docs/equations.md: two means that forget, each divided by what its weights add up to.",
            "theta, mean and square are changed in place; what is divided by 1 - b^t is not kept. Decay of weights "
            "stands beside the step.",
            "mean *= decay; mean += (1 - decay) * gradient; the same of squares; theta -= learning_rate * rates * "
            "(corrected mean / (root of corrected square + epsilon) + weight_decay * theta).",
        ),
    ),
    Exercise(
        "contrast",
        "local contrast normalisation",
        "seqdl.ops.lcn",
        ("gaussian", "blur", "normalise"),
        (
            "Section 2 of docs/equations.md: a window of three axes is three sums, one an axis.",
            "np.pad(..., mode='edge') along one axis at a time; a weighted sum of shifted parts. The border is cut "
            "off in rows and columns alone, and c is the mean of the deviations that are kept.",
            "m = blur(a, w); v = a - m; variance = blur(v * v, w) or blur(a * a, w) - m * m; cut; "
            "v / np.maximum(np.maximum(c, np.sqrt(variance)), TINY), the variance not below 0.",
        ),
    ),
    Exercise(
        "copies",
        "copies: mirrored, flipped, shifted",
        "seqdl.ops.copies",
        ("copy",),
        (
            "Section 2 of docs/equations.md, Copies: a copy only says of each pixel where it is taken from.",
            "Make an index of rows and one of columns; a shift is taken off, and np.clip repeats the border.",
            "y = np.clip(np.arange(rows) - shift[0], 0, rows - 1), turned round by rows - 1 - y for a flip; the same "
            "of columns; window[:, y[:, None], x].",
        ),
    ),
    Exercise(
        "windows",
        "windows that overlap, and the sum of their errors",
        "seqdl.ops.overlap",
        ("forward", "backward"),
        (
            "Section 7.2 of docs/equations.md, Only at the top.",
            "Window k begins at frame n k. Backward, what several windows saw gets all their errors.",
            "forward: np.stack of a[:, first : first + frames].reshape(-1); backward: da[:, first : first + frames] "
            "+= the row, reshaped.",
        ),
    ),
    Exercise(
        "voting",
        "from outputs to a decision: voting and accumulation",
        "seqdl.model.decision",
        ("vote", "accumulate", "so_far"),
        (
            "Section 6 of docs/equations.md: windows vote, steps add up.",
            "np.bincount counts votes (mind classes without one). Of classes with equally many the larger sum of "
            "outputs decides.",
            "np.lexsort((outputs.sum(axis=0), votes))[-1] is the winner; accumulate: the mean over time or the last "
            "row, and its argmax; so far: cumsum divided by 1, 2, 3, ...",
        ),
    ),
)
"""In the order of a sequence's way through the networks."""
