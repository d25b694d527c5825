"""One clip goes through every layer: the walk-through as a script.

``python docs/build_walkthrough.py`` runs its cells and writes them, with all they print and draw, as walkthrough.ipynb.
"""

# %% [markdown]
# # One clip goes through every layer
#
# What happens between a video and the name of an action, picture by picture: the person-centred crop, the normalised
# input, the maps of the 3D-ConvNet, the connection table, the 120 values over time, the LSTM's gates and constant
# error carousels, the decision. At the end one online update is done by hand in plain NumPy and compared with the
# library's. The equations behind each picture are in [equations.md](equations.md), the choices in
# [choices.md](choices.md).
#
# The clip comes from `actors`, the embedded dataset of rendered figures, so nothing has to be downloaded. To run this
# yourself: `pip install -e ".[plot]" notebook`, then open `docs/walkthrough.ipynb`. This file is built from
# `walkthrough.py` by `python docs/build_walkthrough.py`; edit the script, not the notebook.

# %%
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np

import seqdl
from seqdl.datasets import registry
from seqdl.model.convnet_numpy import LayerRow
from seqdl.model.decision import accumulate, vote
from seqdl.model.lstm_numpy import hidden
from seqdl.model.updates import Updates
from seqdl.ops import connect, lstm_variants
from seqdl.training.schedule import Schedule
from seqdl.training.stages import stages
from seqdl.video.prepare import prepare

plt.rcParams.update({"figure.dpi": 70, "savefig.dpi": 70, "font.size": 9, "image.cmap": "gray", "axes.titlesize": 9})


def show(axis, picture, title="", **options):
    """Draw a picture without axes."""
    axis.imshow(picture, interpolation="nearest", **options)
    axis.set(xticks=[], yticks=[], title=title)


# %% [markdown]
# ## From frames to the network's input
#
# Section 4.2 of the paper: frames of 160 x 120 are down-sampled by 2, a box of full height and half the width follows
# the person, which gives 40 x 60, and 3D local contrast normalisation over 7 x 7 x 7 pixels uses up 3 pixels on each
# side: 34 x 54. The person below is the first that the training further down never sees.

# %%
dataset = registry.load("actors")
passes = ["convnet.epochs=12", "convnet.patience=12", "lstm.epochs=10", "lstm.patience=10", "lstm.learning_rate=0.01"]
config = seqdl.load_config(settings=["video.box=track", "convnet.window_step=1", *passes])
person = dataset.persons[5]
sequence = next(s for s in dataset.sequences if (s.person, s.label, s.extra["scenario"]) == (person, "boxing", "d1"))
frames = np.stack(list(dataset.render(sequence)))
clip = prepare(frames, config.video.box, config)
print(f"{sequence.name}: frames {frames.shape}, crops {clip.crops.shape}, network's input {clip.frames.shape}")

moments = np.linspace(2, len(frames) - 3, 7).astype(int)
figure, axes = plt.subplots(3, 7, figsize=(11, 6.2), height_ratios=[0.8, 1.3, 1.3], layout="constrained")
for (top, middle, bottom), t in zip(axes.T, moments):
    show(top, frames[t], f"frame {t}", vmin=0, vmax=255)
    box = clip.boxes
    corner = clip.factor * box.left[t], clip.factor * box.top[t]
    size = clip.factor * box.width[t] - 1, clip.factor * box.height[t] - 1
    top.add_patch(plt.Rectangle(corner, *size, fill=False, edgecolor="limegreen", linewidth=1.5))
    show(middle, clip.crops[t], vmin=0, vmax=1)
    show(bottom, clip.frames[t], vmin=-3, vmax=3)
for axis, name in zip(axes[:, 0], ["frame and box", "crop, 60 x 40", "normalised, 54 x 34"]):
    axis.set_ylabel(name)

# %% [markdown]
# ## Two trained networks
#
# Pictures of untrained layers would show noise. Half a minute is enough for a small training: five persons, one
# scenario. It is the paper's procedure (first the ConvNet online on windows of 9 frames, then the LSTM online on the
# sequences of its 120 values) with a small part of the data, so its accuracy says nothing about the method.
#
# Thousands of updates in 32-bit numbers make of the last digit, in which processors differ, the second one of what is
# printed here: on yours it may be a little more or less. A test says how much, and that the decision is the same; the
# number of passes is given, and the LSTM's rate a fifth of the usual one, so that it stays little.

# %%
learning = [s for s in dataset.sequences if s.person in dataset.persons[:5] and s.extra["scenario"] == "d1"]
recogniser = seqdl.Recogniser(config, dataset.classes, np.random.default_rng(0))
describer, classifier = recogniser.describer, recogniser.lstm
convnet = describer.convnet
prepared = describer.prepare(config, replace(dataset, sequences=tuple(learning)))
rng = np.random.default_rng(1)
for stage in stages(recogniser, prepared, learning):
    print(stage.name)
    schedule, velocity = Schedule(stage.section), stage.parameters.like().vector
    while not schedule.stopped:
        updates = stage.draw(rng, schedule)
        learned = stage.learn(updates, velocity)
        right = (learned.decisions == updates.labels).mean()
        schedule.after(right)
        print(
            f"pass {schedule.epoch}: {len(learned.losses)} updates, loss {learned.losses.mean():.3f}, right {right:.0%}"
        )

# %% [markdown]
# ## C1, R1, S1
#
# One window of 9 frames enters. Each of the 7 maps of C1 looks for its own pattern of 7 x 7 pixels in 5 frames and
# squashes (first row; red is positive, blue negative). R1 takes the absolute value of a map times its gain: an edge
# counts the same from dark to bright as from bright to dark (second row). S1 averages 2 x 2 units, weights and
# squashes (third row): half the size, and a limb that moves by one pixel changes little. Of the 5 frames of each map
# the middle one is drawn.

# %%
layers = LayerRow(convnet.config, convnet.parameters).layers
start = len(clip.frames) // 2 - 4
window = clip.frames[start : start + 9]
maps = {}
signal = window[None]
for layer in layers:
    signal = layer.forward(signal)
    maps[layer.name] = signal
print({name: maps[name].shape for name in maps})

figure, axes = plt.subplots(3, 8, figsize=(11, 6.4), height_ratios=[1, 1, 1], layout="constrained")
show(axes[0, 0], window[4], "input", vmin=-3, vmax=3)
for row, (name, style) in enumerate(
    [
        ("C1", {"cmap": "RdBu_r", "vmin": -1, "vmax": 1}),
        ("R1", {"vmin": 0, "vmax": 1}),
        ("S1", {"cmap": "RdBu_r", "vmin": -1, "vmax": 1}),
    ]
):
    for m in range(7):
        show(axes[row, m + 1], maps[name][m, 2], f"{name} map {m + 1}", **style)
for axis in axes[1:, 0]:
    axis.axis("off")

# %% [markdown]
# The kernels behind it: each is a little film of 5 frames, drawn here from top to bottom. A kernel that looks alike
# in all five frames answers to shape, one that changes answers to motion. After so little training most of what
# they show is still the noise they began with.

# %%
kernels = convnet.parameters["C1.weight"][:, 0]
figure, axes = plt.subplots(5, 7, figsize=(7, 4.6), layout="constrained")
for m, column in enumerate(axes.T):
    for r, axis in enumerate(column):
        largest = np.abs(kernels[m]).max()
        show(axis, kernels[m, r], f"map {m + 1}" if r == 0 else "", cmap="RdBu_r", vmin=-largest, vmax=largest)
for r, axis in enumerate(axes[:, 0]):
    axis.set_ylabel(f"frame {r + 1}")

# %% [markdown]
# ## The connection table, and C2
#
# C2's 35 maps do not see all of S1. Each map of S1 feeds two maps of C2 alone, and each pair of maps feeds one: 14 +
# 21 = 35 maps, 14 + 42 = 56 kernels.

# %%
links = connect.table(7)
table = np.zeros((7, 35))
table[links[:, 0], links[:, 1]] = 1
figure, axis = plt.subplots(figsize=(9, 2.2), layout="constrained")
axis.imshow(table, cmap="Greens", vmin=0, vmax=1.4, aspect="auto")
axis.set_xticks(np.arange(35) - 0.5, minor=True)
axis.set_yticks(np.arange(7) - 0.5, minor=True)
axis.grid(which="minor", color="lightgrey", linewidth=0.6)
axis.tick_params(which="minor", length=0)
axis.set(xticks=range(0, 35, 2), xticklabels=range(1, 36, 2), yticks=range(7), yticklabels=range(1, 8))
axis.set(xlabel="map of C2", ylabel="map of S1", title=f"{len(links)} kernels")

figure, axes = plt.subplots(3, 12, figsize=(11, 5), layout="constrained")
for m, axis in enumerate(axes.flat):
    if m < 35:
        sources = "+".join(str(source + 1) for source, target in links if target == m)
        show(axis, maps["C2"][m, 1], f"C2 {m + 1}: {sources}", cmap="RdBu_r", vmin=-1, vmax=1)
        axis.title.set_fontsize(7)
    else:
        axis.axis("off")

# %% [markdown]
# ## The 120 values over time
#
# After R2 and S2, the 5 maps of C3 have 8 x 3 units each: 120 values describe the window. The window then moves on by
# one frame; the 120 values of all windows are the sequence that the LSTM reads. Values that keep their colour say who
# stands there and how, values that change say what the arms do.

# %%
starts = np.arange(len(clip.frames) - 8)
described, votes_of_windows = convnet.read(clip.frames, starts)
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.6), width_ratios=[1, 6], layout="constrained")
show(left, maps["C3"].reshape(5 * 8, 3), "C3 of one window", cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto")
right.imshow(described.T, cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto", interpolation="nearest")
right.axvline(start, color="black", linewidth=1)
right.set(
    xlabel="window (first frame)",
    ylabel="C3's 120 values",
    title="over the whole clip; the line: the window on the left",
)
assert np.allclose(described[start], maps["C3"].reshape(-1), atol=1e-5)  # compiled form and equations agree

# %% [markdown]
# ## Gates and carousels
#
# Five of the 50 LSTM cells, those whose gates and input move most. In this cell of 1997 there is no forget gate: what
# the input gate $i$ lets in of the cell input $g$ is added to the carousel, $c' = c + i \cdot g$, and stays, so a
# carousel counts. The output gate $o$ decides how much of it is seen, $h' = o \cdot \tanh(c')$.

# %%
zero = np.zeros(config.lstm.cells, np.float32)
trace = lstm_variants.forward(
    classifier.scaled(described), hidden(classifier.parameters), zero, zero, config.lstm.squash
)
chosen = np.sort(np.argsort(-trace.gates.std(axis=0).sum(axis=0))[:5])
figure, axes = plt.subplots(3, 5, figsize=(11, 5.4), sharex=True, sharey="row", layout="constrained")
for (gates, carousel, output), k in zip(axes.T, chosen):
    for block, (name, colour) in enumerate([("i", "tab:green"), ("o", "tab:orange"), ("g", "tab:grey")]):
        gates.plot(trace.gates[:, block, k], color=colour, label=name)
    carousel.plot(trace.c[1:, k], color="tab:blue")
    output.plot(trace.h[1:, k], color="tab:red")
    for axis in (gates, carousel, output):
        axis.axhline(0, color="lightgrey", linewidth=0.8, zorder=0)
    gates.set_title(f"cell {k + 1}")
    output.set_xlabel("step")
axes[0, 0].legend(fontsize=8)
for axis, name in zip(axes[:, 0], ["gates, cell input", "CEC $c$", "output $h$"]):
    axis.set_ylabel(name)
assert np.allclose(trace.c[1:], np.cumsum(trace.gates[:, 0] * trace.gates[:, 2], axis=0), atol=1e-4)

# %% [markdown]
# ## The decision over time
#
# Left: what the ConvNet says of each window by itself; the majority of these votes is the paper's baseline. Middle:
# the LSTM's outputs at each step. Right: their mean up to each step, "the accumulation of several individual
# decisions" (Section 3), the last of which names the action.

# %%
steps = classifier.read(described)
so_far = np.cumsum(steps, axis=0) / np.arange(1, len(steps) + 1)[:, None]
figure, axes = plt.subplots(1, 3, figsize=(11, 3.2), sharey=True, layout="constrained")
for axis, values, name in zip(
    axes, [votes_of_windows, steps, so_far], ["ConvNet, window by window", "LSTM", "accumulated"]
):
    for k, label in enumerate(dataset.classes):
        axis.plot(values[:, k], label=label, linewidth=2.5 if label == sequence.label else 1)
    axis.set(title=name, xlabel="step", ylim=(-0.03, 1.03))
axes[2].legend(loc="center left", bbox_to_anchor=(1, 0.5))
voting, shares = vote(votes_of_windows)
decision, mean = accumulate(steps)
assert np.allclose(mean, so_far[-1], atol=1e-6)
print(f"truth: {sequence.label}")
print(f"voting: {dataset.classes[voting]} ({shares[voting]:.0%} of the windows)")
print(f"LSTM: {dataset.classes[decision]} (mean output {mean[decision]:.2f})")

# %% [markdown]
# ## One online update by hand
#
# The whole update of the ConvNet, all 17,169 parameters, without any function of the library: ten lines to go
# forward, ten to come back, and the momentum. Four helpers stand before them: `see` slides a kernel's window over the
# maps, `spread` is the same the other way (each unit's gradient goes to everything that its window saw), `halve`
# takes the mean of 2 x 2 units and `double` gives a quarter of the gradient back to each of them. The connection
# table becomes an ordinary convolution whose missing kernels are zero, of whose gradient only the entries of the
# table count.


# %%
def see(a, kernel):
    """Every window of a kernel's size: (maps, t, y, x, r, s, q)."""
    return np.lib.stride_tricks.sliding_window_view(a, kernel, axis=(1, 2, 3))


def spread(dz, w):
    """The gradient by a convolution's input: the sums' gradient, seen through the kernel turned around."""
    border = [(0, 0), *((k - 1, k - 1) for k in w.shape[2:])]
    return np.einsum("mtyxrsq,mirsq->ityx", see(np.pad(dz, border), w.shape[2:]), np.flip(w, (2, 3, 4)), optimize=True)


def halve(r):
    """The mean of 2 x 2 units."""
    return (r[:, :, ::2, ::2] + r[:, :, 1::2, ::2] + r[:, :, ::2, 1::2] + r[:, :, 1::2, 1::2]) / 4


def double(dv):
    """The gradient by the units of which the mean was taken."""
    return dv.repeat(2, axis=2).repeat(2, axis=3) / 4


# %%
FORWARD, BACK = "ityxrsq,mirsq->mtyx", "mtyx,ityxrsq->mirsq"


def update(parameters, velocity, x, label, eta, mu):
    """One online update: new parameters and velocity, by name."""
    names = list(parameters)
    w1, b1, g1, c1, d1, w2, b2, g2, c2, d2, w3, b3, wn, bn, wo, bo = parameters.values()
    b1, g1, c1, d1, b2, g2, c2, d2, b3 = (p[:, None, None, None] for p in (b1, g1, c1, d1, b2, g2, c2, d2, b3))
    full = np.zeros((35, 7, 3, 5, 5))
    full[links[:, 1], links[:, 0]] = w2

    y1 = np.tanh(np.einsum(FORWARD, see(x[None], (5, 7, 7)), w1, optimize=True) + b1)  # C1
    v1 = halve(np.abs(g1 * y1))  # R1, and the mean of S1
    s1 = np.tanh(c1 * v1 + d1)  # S1
    y2 = np.tanh(np.einsum(FORWARD, see(s1, (3, 5, 5)), full, optimize=True) + b2)  # C2
    v2 = halve(np.abs(g2 * y2))  # R2
    s2 = np.tanh(c2 * v2 + d2)  # S2
    f = np.tanh(np.einsum(FORWARD, see(s2, (3, 3, 3)), w3, optimize=True) + b3)  # C3: the 120 values
    n = np.tanh(wn @ f.ravel() + bn)  # N1
    z = wo @ n + bo  # N2
    p = np.exp(z) / np.exp(z).sum()  # softmax; the loss is -log p[label]

    dz = p - (np.arange(6) == label)
    dn = (wo.T @ dz) * (1 - n**2)
    df = (wn.T @ dn).reshape(f.shape) * (1 - f**2)
    du2 = spread(df, w3) * (1 - s2**2)
    dr2 = double(c2 * du2) * np.sign(g2 * y2)
    dy2 = g2 * dr2 * (1 - y2**2)
    du1 = spread(dy2, full) * (1 - s1**2)
    dr1 = double(c1 * du1) * np.sign(g1 * y1)
    dy1 = g1 * dr1 * (1 - y1**2)
    dw1, dw2, dw3 = (
        np.einsum(BACK, d, see(a, k), optimize=True)
        for d, a, k in [(dy1, x[None], (5, 7, 7)), (dy2, s1, (3, 5, 5)), (df, s2, (3, 3, 3))]
    )

    stage1 = [dw1, dy1, dr1 * y1, v1 * du1, du1]
    stage2 = [dw2[links[:, 1], links[:, 0]], dy2, dr2 * y2, v2 * du2, du2]
    gradients = [*stage1, *stage2, dw3, df, np.outer(dn, f), dn, np.outer(dz, n), dz]
    for name, gradient in zip(names, gradients):
        shared = gradient.ndim > parameters[name].ndim  # one scalar for a whole map: its gradient is the sum
        velocity[name] = mu * velocity[name] - eta * (gradient.sum((1, 2, 3)) if shared else gradient)
        parameters[name] = parameters[name] + velocity[name]


# %% [markdown]
# The library does the same two updates, compiled and in float32; the second one shows the momentum at work. What is
# compared is the step itself, $v$, for each of the sixteen arrays of parameters.

# %%
label, eta, mu = dataset.classes.index(sequence.label), 0.0006, 0.9
mine = {name: view.astype(float) for name, view in convnet.parameters.items()}
my_velocity = {name: np.zeros(view.shape) for name, view in mine.items()}
theirs, their_velocity = convnet.parameters, convnet.parameters.like()
once = Updates(np.array([start]), np.array([label]), np.zeros((1, 4), np.int64), np.array([eta], np.float32))
for number in (1, 2):
    update(mine, my_velocity, window.astype(float), label, eta, mu)
    convnet.run_updates(clip.frames, once, their_velocity.vector, convnet.rates(), mu)
    differences = [
        np.linalg.norm(my_velocity[name] - their_velocity[name]) / np.linalg.norm(my_velocity[name]) for name in mine
    ]
    worst = max(differences)
    print(f"update {number}: the steps differ by at most {worst:.1e} of their length")
    assert worst < 1e-4
    assert all(np.allclose(mine[name], theirs[name], atol=1e-6) for name in mine)
