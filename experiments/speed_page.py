"""docs/performance.md, made of a record of speed.py: no number in it is typed by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Row = dict[str, Any]
STEP, SEQUENCE, LSTM = "online step", "92 windows of 100 frames", "LSTM, online step of 100 windows"
CONTRAST = "contrast normalisation of 60 x 80, c fixed, a frame: scipy.ndimage"

INTRODUCTION = """\
# How fast it is

Written by [`experiments/speed.py`](../experiments/speed.py) from its record,
[`experiments/speed.json`](../experiments/speed.json); `make speed` measures again, on your machine. The race, all but
video and starting, is one run: everything was timed in turn, round by round in one process with one thread, so that a
busy machine slows both sides of a ratio.
*Median* is that of the rounds in milliseconds, *ratio* the peer's median over ours, *19 of 20* the ratio that all but
one in twenty rounds surpass. Absolute times move from machine to machine and from hour to hour: the ratios are what
counts.

What is timed is what is trained: the default configuration (9 frames of 54 x 34, 6 classes), through the networks'
public doors, windows cut out of a memory-mapped store and mirrored or flipped as in training; PyTorch is given its
windows ready. Before the race both sides must come to the same features, outputs, gradients and losses.
"""

PEAK = """\
## The processor's peak, and what is credited

The peak is measured in the same rounds: a loop of nothing but fused multiply-adds, in as many independent sums as the
registers hold, the best of four tries a round. Its median is {peak:.0f} billion operations a second, a multiply-add
counted as two: {vectors:.1f} billion vectors of {lanes} numbers a second{cycle}.

Credited as useful work are the multiply-adds of the *direct* algorithm, {step:.2f} million for an online step
({c1:.2f} million for C1, which needs no gradient by its input; {c2:.2f} for C2; {c3:.2f} for C3) and {forward:.2f}
million forward; no padding, no squashing, no dense layer. The direct algorithm can thus not take less than
{limit:.3f} ms a step. Toom-Cook along time needs fewer products for the same sums: its share of the peak is counted
with the same credit and may exceed 100 %; its time is also given as a share of that limit.
"""

LIMITS = """\
## What limits

With the direct algorithm {fma_direct:.0%} of the kernels' time goes into the three convolutions. C1 runs at {c1:.0%}
of the peak forward and {c1_back:.0%} backward. What keeps the whole step at {step:.0%} are C2, whose planes are too
small to fill vectors without waste, C3's gradients (35 maps of a few units each) and everything that multiplies
nothing: squashing, rectification and sub-sampling both ways, transposes, cutting out, the update of 17,169 parameters.

With Toom-Cook the products of C1 shrink, and what is not product weighs more: the convolutions' time now holds the
transforms of inputs, weights and gradients, which are additions and memory traffic and earn no credit, and
{rest_toom:.0%} of the kernels' time is outside the convolutions ({rest_direct:.0%} with the direct algorithm: the same
work). The wider and faster a processor's multiply-add, the lower the direct algorithm's limit, while loads, stores,
shuffles and divisions stay what they are. So the share of the limit is the worse, the better the machine multiplies:
on one that completes a single 512-bit multiply-add a cycle instead of two, the limit is twice as long for the same
transforms.
"""


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _ms(value: float) -> str:
    return f"{value:.4f}" if value < 0.1 else f"{value:.3f}" if value < 10 else f"{value:.1f}"


def _against(rows: list[Row], title: str) -> list[Row]:
    return [row for row in rows if row["name"].startswith(f"{title}: ") and row["ratio"] is not None]


def _race(rows: list[Row], titles: Sequence[str]) -> str:
    lines = []
    for title in titles:
        for row in _against(rows, title):
            peer = row["name"].removeprefix(f"{title}: ")
            times = (_ms(row["ours_ms"]), _ms(row["peer_ms"]))
            lines.append([title, peer, *times, f"{row['ratio']:.2f}", f"{row['p5_ratio']:.2f}", str(row["rounds"])])
    return _table(["ours", "peer", "ours, ms", "peer, ms", "ratio", "19 of 20", "rounds"], lines)


def figures(record: Row) -> list[tuple[str, str, str, float | None, str]]:
    """The figures that were asked for: what, at least, goal, reached, and how that is written.

    Parameters
    ----------
    record : dict
        What speed.py measured; None is reached where it did not.

    Returns
    -------
    list of tuple
    """
    rows = record["rows"]
    by_name = {row["name"]: row for row in rows}

    def found(name: str, key: str = "ratio") -> float | None:
        return by_name.get(name, {}).get(key)

    def best(title: str, wanted: Callable[[str], bool]) -> float | None:
        ratios = [row["ratio"] for row in _against(rows, title) if wanted(row["name"])]
        return min(ratios, default=None)

    direct, errors = found(f"{STEP}, direct", "share_of_peak"), record.get("errors", {})
    toom = found(f"{STEP}, toom_cook", "share_of_peak")
    torch_error = errors.get("PyTorch float32")
    goal = f"{torch_error:.1e} (PyTorch)" if torch_error else "PyTorch's"
    video = "video: reading and preparing, 1 process"
    startup = "compiling or fetching"
    return [
        (
            "online step against PyTorch eager, masked",
            "12",
            "16",
            found(f"{STEP}, toom_cook: PyTorch eager, masked"),
            "x",
        ),
        (
            "online step against PyTorch's fastest variant, one window at a time",
            "10",
            "13",
            best(f"{STEP}, toom_cook", lambda name: "batch" not in name),
            "x",
        ),
        ("direct kernels: whole step, share of the peak", "75 %", "87 %", direct, "%"),
        ("direct kernels: C1 forward", "85 %", "95 %", found("kernel, direct: C1", "share_of_peak"), "%"),
        ("direct kernels: C1 backward", "85 %", "95 %", found("kernel, direct: C1 backward", "share_of_peak"), "%"),
        ("Toom-Cook step, share of the direct algorithm's own limit time", "0.75", "0.50", toom and 1 / toom, "low"),
        (
            "whole-sequence features against PyTorch's best whole-sequence form",
            "6",
            "9",
            best(f"{SEQUENCE}, toom_cook", lambda name: "one conv3d" in name),
            "x",
        ),
        ("LSTM online step against torch.nn.LSTM", "5.5", "8", found(f"{LSTM}: torch.nn.LSTM (four gates)"), "x"),
        ("contrast normalisation against scipy.ndimage", "8", "12", found(CONTRAST), "x"),
        ("worst gradient error against float64, five seeds", "1.0e-05", goal, errors.get("toom_cook"), "e"),
        (
            "outside the kernels, share of the step (toom_cook)",
            "3 %",
            "",
            found("outside the kernels, toom_cook", "share_of_step"),
            "low%",
        ),
        ("video prepared, frames a second on one core", "2,000", "", found(video, "per_second"), "n"),
        (
            "cold compile of a training run, s",
            "15",
            "",
            _seconds(found(f"training, cold: {startup}", "ours_ms")),
            "low",
        ),
        (
            "the same from the cache, s",
            "1",
            "",
            _seconds(found(f"training, compiled code from the cache: {startup}", "ours_ms")),
            "low",
        ),
        ("`seqdl --help`, s", "0.3", "", _seconds(found("start-up: seqdl --help", "ours_ms")), "low"),
    ]


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1e3


def _number(text: str) -> float | None:
    word = text.replace(",", "").split(" ")[0]
    try:
        return float(word) / (100 if text.endswith("%") else 1)
    except ValueError:
        return None


def _asked(record: Row) -> str:
    lines = []
    for what, least, goal, reached, kind in figures(record):
        if reached is None:
            lines.append([what, least, goal, "not measured", ""])
            continue
        shown = {"x": f"{reached:.1f}", "%": f"{reached:.0%}", "low%": f"{reached:.1%}", "e": f"{reached:.1e}"}
        text = shown.get(kind, f"{reached:,.0f}" if kind == "n" else f"{reached:.2f}")
        low = kind.startswith("low") or kind == "e"
        limits = [_number(limit) for limit in (least, goal)]
        met = [limit is not None and (reached <= limit if low else reached >= limit) for limit in limits]
        verdict = "goal reached" if met[1] else "reached" if met[0] else "**not reached**"
        lines.append([what, least, goal, text, verdict])
    return _table(["figure", "at least (most)", "goal", "here", ""], lines)


def _kernels(rows: list[Row]) -> str:
    lines, names = [], []
    by_name = {row["name"]: row for row in rows}
    for row in rows:
        if row["name"].startswith("kernel, direct: "):
            names.append(row["name"].removeprefix("kernel, direct: "))
    for name in names:
        pair = [by_name[f"kernel, {algorithm}: {name}"] for algorithm in ("direct", "toom_cook")]
        credit = f"{pair[0]['multiply_adds'] / 1e6:.2f}" if "multiply_adds" in pair[0] else ""
        cells = []
        for row in pair:
            cells += [f"{1e3 * row['ours_ms']:.1f}", f"{row['share_of_peak']:.0%}" if "share_of_peak" in row else ""]
        lines.append([name, credit, *cells])
    for title, prefix in (("outside the kernels", "outside the kernels"), ("**whole step**", STEP)):
        pair = [by_name[f"{prefix}, {algorithm}"] for algorithm in ("direct", "toom_cook")]
        credit = f"{pair[0]['multiply_adds'] / 1e6:.2f}" if "multiply_adds" in pair[0] else ""
        cells = []
        for row in pair:
            cells += [f"{1e3 * row['ours_ms']:.1f}", f"{row['share_of_peak']:.0%}" if "share_of_peak" in row else ""]
        lines.append([title, credit, *cells])
    header = ["kernel", "million multiply-adds", "direct, µs", "of the peak", "Toom-Cook, µs", "of the peak"]
    return _table(header, lines)


def _rest(rows: list[Row], algorithm: str) -> float:
    """The share of the kernels' time that is not in convolutions."""
    every = [row for row in rows if row["name"].startswith(f"kernel, {algorithm}: ")]
    rest = sum(row["ours_ms"] for row in every if "multiply_adds" not in row)
    return rest / sum(row["ours_ms"] for row in every)


def _peak(record: Row) -> str:
    by_name = {row["name"]: row for row in record["rows"]}
    work = {row["name"][16:]: row["multiply_adds"] / 1e6 for row in record["rows"]
            if row["name"].startswith("kernel, direct: ") and "multiply_adds" in row}  # fmt: skip
    step, forward = (by_name[f"{name}, direct"]["multiply_adds"] / 1e6 for name in (STEP, "forward, one window"))
    peak, lanes = record["peak_gflops"], record["machine"]["lanes"]
    layers = {name.lower(): work[name] + work[f"{name} backward"] for name in ("C1", "C2", "C3")}
    vectors = peak / 2 / lanes
    # no clock is that fast: one a cycle would not do
    cycle = ", so two of 512 bits a cycle" if lanes == 16 and vectors > 4.2 else ""
    return PEAK.format(
        peak=peak,
        lanes=lanes,
        vectors=vectors,
        cycle=cycle,
        step=step,
        forward=forward,
        limit=2 * step / peak,
        **layers,
    )


def _errors(record: Row) -> str:
    lines = [[name, f"{error:.1e}"] for name, error in record["errors"].items()]
    text = (
        '## Exactness\n\nThe worst error of a gradient against the equations in float64 (`backend="numpy"`), over five '
        "seeds and all arrays of\nparameters: the largest difference in an array over its largest value.\n\n"
    )
    return text + _table(["form, in float32", "worst error"], lines)


def _others(rows: list[Row], prefixes: tuple[str, ...]) -> str:
    lines = []
    for row in rows:
        if row["name"].startswith(prefixes):
            more = [f"{row['per_second']:,.0f} a second"] if "per_second" in row else []
            more += [f"{row['share']:.0%} of all stages"] if "share" in row else []
            more += [f"peak memory {row['peak_megabytes']:.0f} MB"] if "peak_megabytes" in row else []
            more += [f"imageio: {_ms(row['peer_ms'])} ms"] if row["name"] == "video: reading" else []
            lines.append([row["name"], _ms(row["ours_ms"]), str(row["rounds"]), ", ".join(more)])
    return _table(["what", "median, ms", "rounds", ""], lines)


def page(record: Row) -> str:
    """The document.

    Parameters
    ----------
    record : dict
        What speed.py measured.

    Returns
    -------
    str
    """
    rows, machine = record["rows"], record["machine"]
    versions = ", ".join(f"{name} {value}" for name, value in machine.items() if name not in ("cpu", "lanes"))
    parts = [
        INTRODUCTION,
        f"Machine: {machine['cpu']}, vectors of {machine['lanes']} numbers; {versions}.\n",
        "## What was asked, and what was reached\n",
        _asked(record),
    ]
    if "peak_gflops" in record:
        algorithms = ("toom_cook", "direct")
        by_name = {row["name"]: row.get("share_of_peak", 0.0) for row in rows}
        limits = LIMITS.format(
            c1=by_name["kernel, direct: C1"],
            c1_back=by_name["kernel, direct: C1 backward"],
            step=by_name[f"{STEP}, direct"],
            fma_direct=1 - _rest(rows, "direct"),
            rest_direct=_rest(rows, "direct"),
            rest_toom=_rest(rows, "toom_cook"),
        )
        parts += [
            "## The online step\n",
            "Forward, backward and momentum, one window an update. `toom_cook` is the default.\n",
            _race(rows, [f"{STEP}, {name}" for name in algorithms]),
            _peak(record),
            "Each kernel where it stands in the step, a clock read between them; *outside* is what a step through the "
            "public\ndoor takes more than all of them.\n",
            _kernels(rows),
            limits,
            _errors(record),
            "## Reading: windows and whole sequences\n",
            "A sequence's windows share what they have in common; `window by window` is what a PyTorch user writes "
            "first, `as one\nconv3d` the same trick in PyTorch.\n",
            _race(rows, [f"{title}, {name}" for title in ("forward, one window", SEQUENCE) for name in algorithms]),
            "## The LSTM, and contrast normalisation\n",
            "torch.nn.LSTM has four gates where the paper's cell has three; beside our cell with a forget gate both "
            "have four.\n",
            _race(rows, [LSTM, f"{LSTM}, forget gate"]),
            _race(rows, sorted({row["name"].partition(": ")[0] for row in rows if row["name"].startswith("contrast")})),
        ]
    if any(row["name"].startswith("video") for row in rows):
        parts += ["## Video\n", "Times a frame, decoding included.\n", _others(rows, ("video",))]
    if any(row["name"].startswith("training") for row in rows):
        parts += ["## Starting\n", _others(rows, ("start-up", "training"))]
    return "\n".join(parts)
