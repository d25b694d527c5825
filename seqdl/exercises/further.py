"""Mistakes that learners make, beside those of :mod:`seqdl.exercises.mistakes`: fragment, replacement, what is said."""

from seqdl.exercises.mistakes import MUTATIONS, Mutation

FURTHER = {
    "ops.conv3d.forward": [
        (
            "w[(..., *tap)]",
            "w[..., ::-1][(..., *tap)]",
            "your kernels are mirrored: column q of the kernel meets column x+q of the input",
        ),
        (
            "w[(..., *tap)]",
            "w[:, :, ::-1][(..., *tap)]",
            "your kernels run backward in time: frame r of the kernel meets frame t+r of the input",
        ),
        (
            "w[(..., *tap)]",
            "w[:, :, ::-1, ::-1, ::-1][(..., *tap)]",
            "your kernels are turned round along all axes: here tap r, s, q meets the input at t+r, y+s, x+q",
        ),
        ("z += np", "z = np", "your last tap takes the place of the others: z is the sum over all taps"),
        ("+ b[:, None, None, None]", "+ np.roll(b, 1)[:, None, None, None]", "your biases are those of the map before"),
        (
            "np.tensordot(w[(..., *tap)], a[patch(tap, size)], axes=1)",
            "np.tensordot(w[(..., *tap)][:, :1], a[patch(tap, size)][:1], axes=1)",
            "your sums take the first input map alone",
        ),
        (
            " + b[:, None, None, None]\n    for tap in np.ndindex(w.shape[2:]):\n        z += ",
            "\n    for tap in np.ndindex(w.shape[2:]):\n        z += b[:, None, None, None] + ",
            "you add the bias once for each tap: it is added once",
        ),
    ],
    "ops.conv3d.backward_input": [
        (
            "w[(..., *tap)].T",
            "w[:, :, ::-1, ::-1, ::-1][(..., *tap)].T",
            "your da uses the kernel turned round: dz[t-r, y-s, x-q] meets w[r,s,q]",
        ),
        (
            "w[(..., *tap)].T",
            "w[..., ::-1][(..., *tap)].T",
            "your da uses the kernel mirrored: dz at x-q meets column q",
        ),
        (
            "np.ndindex(w.shape[2:])",
            "np.ndindex(w.shape[2], w.shape[3] - 1, w.shape[4])",
            "your da leaves out the kernel's last row",
        ),
        (
            "np.ndindex(w.shape[2:])",
            "np.ndindex(w.shape[2] - 1, *w.shape[3:])",
            "your da leaves out the kernel's last frame",
        ),
    ],
    "ops.conv3d.backward_weights": [
        (
            "patch(tap, dz.shape[1:])",
            "patch((*tap[:2], max(tap[2] - 1, 0)), dz.shape[1:])",
            "your dw takes the inputs one column to the left",
        ),
        (
            "patch(tap, dz.shape[1:])",
            "patch((tap[0], kernel[1] - 1 - tap[1], tap[2]), dz.shape[1:])",
            "your dw is upside down: row s of the kernel saw row y+s",
        ),
        (
            "np.tensordot(dz, a[patch(tap, dz.shape[1:])]",
            "np.tensordot(dz[:, :, :-1], a[patch(tap, dz[:, :, :-1].shape[1:])]",
            "your dw leaves out the last row of dz",
        ),
        ("dz.sum(axis=(1, 2, 3))", "dz.mean(axis=(1, 2, 3))", "your db is a mean: a gradient is the sum over all uses"),
        ("dz.sum(axis=(1, 2, 3))", "dz[:, :, -1].sum(axis=(1, 2))", "your db adds up the last row alone"),
    ],
    "ops.connect.table": [
        ("range(first + 1, n)", "range(first, n)", "you pair maps with themselves"),
        (
            "alone + paired",
            "paired + alone",
            "your pairs come before the maps alone: the two targets of each map come first",
        ),
        (
            "2 * source + copy",
            "source + n * copy",
            "your two targets of a map lie n apart: those of map i are 2 i and 2 i + 1",
        ),
    ],
    "ops.connect.forward": [
        (
            "z[target] +=",
            "z[target] =",
            "a map's last kernel takes the place of what was there: bias and kernels are added",
        ),
        ("z[target]", "z[target - 1]", "your sums go to the target map before the right one"),
        ("a[source, None]", "a[source - 1, None]", "your kernels read the source map before the right one"),
        (" + b[:, None, None, None]", "", "your sums z lack the bias b[m]"),
    ],
    "ops.connect.backward_input": [
        (
            "da[source] +=",
            "da[source] =",
            "the error of a source's last target takes the place of the others': they are added",
        ),
    ],
    "ops.connect.backward_weights": [
        ("dz[target, None]", "dz[target - 1, None]", "your dw uses the target map before the right one"),
    ],
    "ops.squash.forward": [
        ("amplitude * np.tanh", "np.tanh", "your y lacks the amplitude A"),
        ("slope * x", "x", "your tanh lacks the slope s"),
        ("amplitude * np.tanh(slope * x)", "0.999 * amplitude * np.tanh(slope * x)", "your tanh has a factor too many"),
    ],
    "ops.squash.backward": [
        ("slope / amplitude", "slope * amplitude", "your y^2 is multiplied by A: it is divided by it"),
        (
            "slope * amplitude - slope / amplitude * y * y",
            "1 - y * y",
            "your derivative is that of the plain tanh: mind A and s",
        ),
        (
            "slope / amplitude * y * y",
            "slope * amplitude * np.tanh(slope * y) ** 2",
            "you squash y once more: y is what came out already",
        ),
    ],
    "ops.rectify.forward": [
        ("np.sign(e.real) * e", "e", "you do not rectify: what is negative changes its sign"),
        (
            "np.sign(e.real) * e",
            "(e.real > 0) * e",
            "this is a ReLU: what is negative changes its sign, it does not become 0",
        ),
    ],
    "ops.rectify._inside": [
        ('kind == "gain"', 'kind != "gain"', "you have exchanged gain and bias"),
        ("a + p", "a - p", "your bias is subtracted: it is added"),
    ],
    "ops.rectify.backward": [
        ("(a * de).sum", "de.sum", "your dp of a gain lacks the factor a"),
        (
            "(a * de).sum(axis=(1, 2, 3))",
            "(a * de).mean(axis=(1, 2, 3))",
            "your dp is a mean: a gradient is the sum over all uses",
        ),
        ("(a * de)", "(a * dr)", "your dp lacks the sign"),
        (
            "_inside(a, p, kind).real",
            "a.real",
            "your sign is that of a: it is that of what stands inside, p a or a + p",
        ),
    ],
    "ops.subsample.pool": [
        ("v / (n * n)", "v / n", "your mean divides by n: a window has n x n units"),
        ("v / (n * n)", "v", "your mean is the sum: divide it by n x n"),
        ('"mean"', '"sum"', "you have exchanged mean and sum"),
        (".sum(axis=(3, 5))", ".max(axis=(3, 5))", "you take the largest of each window: it is the mean, or the sum"),
    ],
    "ops.subsample.forward": [
        (" + b[:, None, None, None]", "", "your u lacks the bias b[m]"),
        ("c[:, None, None, None] * pool", "pool", "your u lacks the coefficient c[m]"),
        ("pool(a, n, pooling)", "1.001 * pool(a, n, pooling)", "your means have a factor too many"),
        ("pool(a, n, pooling)", "pool(np.roll(a, -1, axis=3), n, pooling)", "your windows begin one column late"),
    ],
    "ops.subsample.backward": [
        ("c[:, None, None, None] * du", "du", "your da lacks the coefficient c[m]"),
        ('(n * n if pooling == "mean" else 1)', "1", "your da lacks the 1 / n^2 of the mean"),
        (
            "dv.repeat(n, axis=2).repeat(n, axis=3)",
            "np.tile(dv, (1, 1, n, n))",
            "your da repeats the whole picture: each unit's error goes to its own n x n window",
        ),
        ("(pool(a, n, pooling) * du)", "du", "your dc lacks the factor v"),
        (", du.sum(axis=(1, 2, 3))", ", du[:, :, -1].sum(axis=(1, 2))", "your db adds up the last row alone"),
    ],
    "ops.dense.forward": [
        (" + b", "", "your sums lack the bias"),
        ("x @ w.T", "x[..., :-1] @ w[:, :-1].T", "your sums leave out the last input"),
    ],
    "ops.dense.backward": [
        (
            "rows.T @ np.atleast_2d(x)",
            "rows[-1:].T @ np.atleast_2d(x)[-1:]",
            "your dW is that of the last step alone: add up all steps",
        ),
        ("rows.sum(axis=0)", "rows.mean(axis=0)", "your db is a mean: a gradient is the sum over all uses"),
    ],
    "ops.loss.outputs": [
        ("squash.forward(z)", "z", "your outputs of the squared error are not squashed"),
    ],
    "ops.loss.loss": [
        (" + highest", "", "you take the largest z off and do not add it again to the logarithm"),
        (" - (np.arange(len(z)) == label)", "", "your dz lacks the target: it is y, less 1 for the label"),
        (
            "y - (np.arange(len(z)) == label)",
            "(np.arange(len(z)) == label) - y",
            "your dz has the wrong sign: it is y less the target",
        ),
        ("(error * error).sum() / 2", "(error * error).sum()", "your squared error lacks the half"),
    ],
    "ops.loss.target": [
        ("1, -1)", "1, 0)", "your targets are 0 for the other classes: they are -1"),
    ],
    "ops.loss.sequence": [
        ("weights @ values", "values.sum()", "your loss adds the steps without their weights"),
    ],
    "ops.lstm.logistic": [
        ("a / 2", "a", "your logistic function is twice as steep as it should be"),
    ],
    "ops.lstm.forward": [
        (
            "a_i, a_o, a_g =",
            "a_o, a_i, a_g =",
            "your blocks of the input and the output gate are exchanged: the order is i, o, g",
        ),
        ("c[t] + i * g", "c[t] + g", "your carousel takes g in without the input gate"),
        ("c[t] + i * g", "i * g", "your carousel forgets: c' = c + i g"),
        ("o * e[t]", "e[t]", "your output lacks the output gate"),
        ("o * e[t]", "o * c[t + 1]", "your output is o c': the carousel is squashed first"),
        ("u @ h[t]", "u @ h[0]", "your gates see the initial state at every step: they see h of the step before"),
        ("u @ h[t]", "u @ c[t]", "your gates see the carousel c: they see the output h"),
        ("u @ h[t]", "u @ np.full_like(h[t], h[t, 0])", "your gates see the first cell's output in place of all"),
        ("u @ h[t]", "0 * h[t, 0]", "your gates do not see h of the step before"),
        ("np.tanh(a_g)", "logistic(a_g)", "your g goes through the logistic function: it is tanh"),
        (" + b", "", "your sums lack the biases"),
    ],
    "ops.lstm.backward": [
        ("dh[t] + dh_t", "dh[t]", "no error comes back from the step after through U: dh is added to dh[t]"),
        ("dc = dc + dh_t", "dc = dh_t", "the carousel's error is forgotten: dc of the step after is added as it is"),
        ("(1 - e[t] ** 2)", "(1 - e[t])", "your derivative of tanh is 1 - e: it is 1 - e^2"),
        (" * (1 - e[t] ** 2)", "", "your dc lacks the derivative of tanh(c')"),
        ("dg * (1 - g**2)", "dg * g * (1 - g)", "your g has the derivative of the logistic function: g is a tanh"),
        ("dg * (1 - g**2)", "dg", "your da of g lacks the derivative 1 - g^2"),
        ("di * i * (1 - i)", "di", "your da of i lacks the derivative i (1 - i)"),
        ("do * o * (1 - o)", "do", "your da of o lacks the derivative o (1 - o)"),
        ("do = dh_t * e[t]", "do = dh_t", "your do lacks the factor tanh(c')"),
        (
            "di = dc * g\n        dg = dc * i",
            "di = dc * i\n        dg = dc * g",
            "your factors g and i are exchanged: di = dc g, dg = dc i",
        ),
        ("flat.sum(axis=0)", "flat[-1]", "your db is that of the last step alone: add up all steps"),
        ("flat @ w", "flat[::-1] @ w", "your dx is in the reverse order of time"),
        ("flat.T @ x", "flat[::-1].T @ x", "your dW pairs each step with the input of another: mind the order of time"),
    ],
    "ops.lstm_variants.forward": [
        ("f[0] * c[t] if f", "c[t] if f", "your forget gate is not used: c' = f c + i g"),
        ("a_i + p[0] * c[t]", "a_i", "your input gate has no peephole"),
        (
            "p[2] * c[t]",
            "p[0] * c[t]",
            "your forget gate looks through the input gate's peephole: the order is i, o, f",
        ),
        ("u @ h[t]", "u @ h[0]", "your gates see the initial state at every step: they see h of the step before"),
        ("slope_out * c[t + 1]", "c[t + 1]", "your H lacks its slope: in 1997 it is tanh(c / 2)"),
        ("amplitude * np.tanh", "np.tanh", "your S lacks its amplitude: in 1997 it is 2 tanh(a / 2)"),
    ],
    "ops.lstm_variants.backward": [
        (
            "dc_now * f[0] if f else dc_now",
            "dc_now",
            "your error does not go through the forget gate: f dc is handed on",
        ),
        (
            "dc_next + p[0] * da_i",
            "dc_next",
            "what is handed on lacks what comes through the input gate's peephole, P_i da_i",
        ),
        (
            "dc_next + p[2] * da_forget",
            "dc_next",
            "what is handed on lacks what comes through the forget gate's peephole, P_f da_f",
        ),
        (
            "da_o * c[t + 1]",
            "da_o * c[t]",
            "your dP_o uses the old carousel c: the output gate looks at the new one, c'",
        ),
        ("dp[0] +=", "dp[0] =", "your dP_i is that of the first step alone: add up all steps"),
        (" * slope_out", "", "your dc lacks the slope of H"),
        ("dh[t] + dh_next", "dh[t]", "no error comes back from the step after through U: dh is added to dh[t]"),
    ],
    "ops.momentum.update": [
        ("learning_rate * rates", "learning_rate", "your step lacks the factor rho of each parameter"),
        ("velocity *= mu", "velocity *= 1", "your velocity never fades: it is mu times the old one"),
        ("velocity *= mu", "velocity *= 0", "you forget the old velocity: it is kept mu times"),
        ("theta += velocity", "theta -= velocity", "you go back: the velocity is added to theta"),
        (
            "theta += velocity",
            "theta += mu * velocity - learning_rate * rates * gradient",
            "this is Nesterov's momentum: here theta moves by the velocity itself",
        ),
        (
            "velocity -= learning_rate",
            "velocity -= (1 - mu) * learning_rate",
            "you take 1 - mu of the gradient: here it counts in full",
        ),
        (
            "velocity *= mu",
            "theta, velocity = theta.copy(), velocity.copy()\n    velocity *= mu",
            "you make new arrays: theta and velocity are changed in place (velocity *= mu)",
        ),
    ],
    "ops.adam.update": [
        (
            "mean *= decay\n",
            "theta, mean, square = theta.copy(), mean.copy(), square.copy()\n    mean *= decay\n",
            "you make new arrays: theta, mean and square are changed in place (mean *= decay)",
        ),
        (" + weight_decay * theta", "", "your weights do not decay"),
        ("np.sqrt(whole_square)", "whole_square", "you divide by the mean of squares: by its root"),
        ("mean += (1 - decay) *", "mean +=", "your mean takes all of the gradient: 1 - b1 of it"),
    ],
    "ops.lcn.gaussian": [
        ("weights / weights.sum()", "weights", "your weights do not add up to 1"),
        ("(2 * sigma**2)", "sigma**2", "your exponent lacks the 2: it is -x^2 / (2 sigma^2)"),
    ],
    "ops.lcn.blur": [
        ('mode="edge"', 'mode="constant"', "beyond your border there are zeros: the border is repeated"),
        ('mode="edge"', 'mode="reflect"', "your border is mirrored: its last unit is repeated"),
        ('mode="edge"', 'mode="wrap"', "beyond your last unit comes the first again: the border is repeated"),
        ("enumerate(a.shape)", "list(enumerate(a.shape))[1:]", "you do not blur along time: the window has three axes"),
    ],
    "ops.lcn.normalise": [
        ("blur(v * v, w)", "blur(a * a, w)", "your variance is that of a: of two passes the second looks at v"),
        (" - m * m", "", "your variance of one window lacks the mean: it is w*a^2 - m^2"),
        (
            "np.sqrt(np.maximum(variance[inside], 0))",
            "np.maximum(variance[inside], 0)",
            "your deviation is the variance: take the root",
        ),
        ("np.sqrt(np.maximum", "1.0001 * np.sqrt(np.maximum", "your deviations have a factor too many"),
        (
            "np.maximum(np.maximum(c, deviation), TINY)",
            "np.maximum(deviation, TINY)",
            "you divide by the deviation alone: it is the larger one of c and the deviation",
        ),
        (
            "np.maximum(np.maximum(c, deviation), TINY)",
            "np.maximum(c + deviation, TINY)",
            "you divide by c and the deviation added: it is the larger of both",
        ),
        (
            "deviation.mean(axis=(1, 2), keepdims=True)",
            "deviation.mean()",
            "your c of each frame is the mean over the whole sequence",
        ),
        ("v / np", "a[inside] / np", "you divide what still has its mean: v = a - w*a"),
    ],
    "ops.copies.copy": [
        (
            "rows - 1 - y if flip",
            "np.maximum(rows - 2 - y, 0) if flip",
            "your flip is one row off: row y becomes Y - 1 - y",
        ),
        ("- shift[0]", "+ shift[0]", "you move the picture up: a positive shift moves it down"),
        ("- shift[1]", "+ shift[1]", "you move the picture to the left: a positive shift moves it to the right"),
        (
            "np.clip(np.arange(rows) - shift[0], 0, rows - 1)",
            "(np.arange(rows) - shift[0]) % rows",
            "what leaves your picture comes in on the other side: its border is repeated",
        ),
    ],
    "ops.overlap.forward": [
        ("+ 1, step)", "+ 1)", "your windows begin at every frame: from one to the next are n"),
    ],
    "model.decision.vote": [
        (
            "int(np.lexsort((summed, votes))[-1])",
            "int(votes.argmax())",
            "your tie goes to the first class: it goes to the one with the larger sum of outputs",
        ),
        (
            "int(np.lexsort((summed, votes))[-1])",
            "int(summed.argmax())",
            "you add up the outputs: here each window has one vote",
        ),
        ("votes / len(outputs)", "votes", "you give back the counts: it is the share of each class"),
        ("outputs.argmax", "outputs.argmin", "your windows vote for their least output"),
    ],
    "model.decision.accumulate": [
        ("outputs.mean(axis=0)", "outputs.sum(axis=0)", "you give back the sum: it is the mean over time"),
        ("outputs[-1]", "outputs[0]", "you take the first step: it is the last that counts"),
    ],
    "model.decision.so_far": [
        (" / np.arange(1, len(outputs) + 1)[:, None]", "", "you give back the sums so far: they are means"),
        (
            " / np.arange(1, len(outputs) + 1)[:, None]",
            " / len(outputs)",
            "you divide by all steps: after step t only t + 1 are there",
        ),
    ],
}
"""By function, from the package on."""

MISTAKES = (
    *MUTATIONS,
    *(Mutation(says, name, old, new, "", says) for name, rows in FURTHER.items() for old, new, says in rows),
)
"""All that an exercise knows by name."""
