"""docs/scaling.md, made of scaling.json: no number that was measured is typed."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from statistics import median
from typing import Any

import scaling_data
import scaling_model as model
from scaling_model import KTH, MACHINES, OTHERS, STAGES, Cost, Footage

from seqdl.presets import preset
from seqdl.reports.tables import Table, markdown

TITLES = {
    "prepare": "after preparing",
    "convnet": "after the ConvNet",
    "lstm": "after the LSTM",
    "report": "at the end",
}

HEAD = """\
# How it grows

Written by [`experiments/scaling.py`](../experiments/scaling.py) from its record,
[`experiments/scaling.json`](../experiments/scaling.json). What is measured is `seqdl train` itself, one pass of each
network, on {sizes} videos of {frames} frames (160 x 120): ten drawn videos, and hard links to them under other names,
each of which is opened, decoded and prepared anew. So a frame costs the same in every size, unless the size itself
costs something. Drawing the videos is not counted.

Seconds are those that the processor worked (one thread, {cpu}), medians of all trainings of a size; sizes were
measured in turn, in new processes, on a machine that had other work too.
"""

COST = """\
## Cost

One training each, with one pass of each network:

{table}

*Spread* is the largest difference from the row's middle. {counts}; what else the machine did moves a
single one by a fifth. A run also has a
cost of its own whatever its size (listing, checkpoints, records, pictures), in seconds: {fixed}.

So the networks were measured again with stores of all sizes side by side in one process, a little of each in turn:

{turns}

{verdict} Preparing and evaluating see one sequence at a time and are taken as the same for all. The aim was 5 %. What
rises is reading: where a store is larger than the processor's caches, a window at random from it comes from memory.
"""

MEMORY = """\
## Memory

The most that the process had in memory, in MB, until the end of a stage; pages of mapped files count, although the
system may take them back at any time.

{table}

{verdict} Most of it is Python with Numba and the compiled kernels. Nothing that is as large as the dataset is ever in
memory: prepared frames and the LSTM's features are in mapped files, whose pages are let go after each 200 updates and
after each sequence; video is prepared a few sequences at a time; JSON is written piece by piece. What does grow is the
list of sequences, the decision over time that result.json keeps for each test sequence, and the order of a pass (some
150 bytes for each of its updates): {slope:.0f} bytes in all for each frame of the dataset. By this rate the limit of
500 MB is reached at {limit:.1f} million frames.

One long sequence is another matter: its down-sampled frames are in memory together while it is prepared
(`video.max_frames`).
"""

WORKERS = """\
## Two workers

`seqdl crossval`, the same {draws} draws on {videos} videos with the preset `best` and all its passes, one worker and
two in turn; seconds from the command to its end, starting processes and loading kernels with it. Video was prepared
before.

{table}

Two workers are {speedup:.2f} times as fast as one (median of the rounds). Draws share nothing but the store, which all
of them read through the system's cache.
"""

PLAN = """\
## What known datasets would cost

Nothing here was run: it is the cost of a frame, an update and a window from above, times how many of them a dataset
has. It is given that training takes all its passes, and on more than one core what two workers lose is lost again.
Video is prepared by all cores, once; a run trains on one core, since each online update needs the one before it. So
more cores than runs do not help training, and a cluster is for many draws, seeds or settings.

{table}

*Core-hours* are those of everything; the hours are on the clock. *Disk* is the store and what lies beside the runs at
once on two cores (the features). *Memory* is that of one run, by the growth measured above.

{table1}

Sizes: KTH by its published list (599 videos as far as the last listed frame, 2391 sequences), five draws of 16 / 9
persons. Hollywood-2: 1,707 clips, 823 for training; the set's 3,669 clips last 20.1 hours (Marszalek, Laptev, Schmid,
*Actions in Context*, CVPR 2009, and its web page), of which we take the clips' share at 25 frames a second; pictures
of 640 x 360 assumed. UCF101: 13,320 clips of 320 x 240, 27 hours at 25 frames a second, three splits, 9,537 clips
training in the first (Soomro, Zamir, Shah, CRCV-TR-12-01, 2012). Kinetics-400: 306,245 clips of 10 seconds, 60,000 of
them for validation and test (Kay et al., arXiv 1705.06950, 2017); 25 frames a second and pictures of 340 x 256
assumed. Sizes of the last three are as we know them from these publications; none was counted on the files.

What the plan leaves out: reading from a slow disk or a network; more output neurons than two (400 of them add
{outputs:,} weights to the ConvNet's 17,169); clips with several labels (Hollywood-2), for which this system has no
output; and whether so small a network would learn so large a set.
"""


def page(record: dict[str, Any]) -> str:
    """The whole document."""
    sizes = model.sizes(record)
    names = [f"{size:,}" for size in sizes]
    head = HEAD.format(sizes=", ".join(names), frames=scaling_data.FRAMES, cpu=record["machine"]["cpu"])
    parts = [head, _cost(record, sizes), _memory(record, sizes), _workers(record), _plan(record)]
    return "\n\n".join(_wrapped(part) for text in parts for part in text.strip().split("\n\n")) + "\n"


def _wrapped(part: str) -> str:
    """A paragraph in lines of the usual length; tables and headings as they are."""
    return part if part.startswith(("|", "#")) else textwrap.fill(part, 120, break_on_hyphens=False)


def _cost(record: dict[str, Any], sizes: list[int]) -> str:
    rows = []
    known = {size: model.runs(record, size) for size in sizes}
    for stage, (title, unit, _) in STAGES.items():
        rows.append(_cost_row(f"{title}, {unit}", [model.cost_of(known[size], stage) for size in sizes]))
    turns = [_turns_row(record, stage, sizes) for stage in ("convnet", "features", "lstm")]
    whole = [model.per_frame(record, size) for size in sizes]
    more = [100 * (value / whole[0] - 1) for value in whole]
    verdict = (
        f"With the default settings a whole training and its evaluation cost {1e6 * whole[0]:,.0f} microseconds for "
        f"each frame of {sizes[0]:,} videos"
        + "".join(f", {part:.1f} % more with {size:,}" for part, size in zip(more[1:], sizes[1:], strict=True))
        + "."
    )
    apart = {size: median(sum(run["seconds"][name] for name in model.FIXED) for run in known[size]) for size in sizes}
    fixed = "; ".join(f"{seconds:.1f} with {size:,} videos" for size, seconds in apart.items())
    header = ["microseconds", *(f"{size:,} videos" for size in sizes), "spread"]
    table = markdown(Table(header, rows))
    beside = [*header[:-1], f"{sizes[-1]:,} against {sizes[0]:,}"]
    counts = ", ".join(f"{len(known[size])} of {size:,}" for size in sizes)
    counts = f"Medians of so many trainings: {counts} videos"
    return COST.format(table=table, turns=markdown(Table(beside, turns)), verdict=verdict, fixed=fixed, counts=counts)


def _turns_row(record: dict[str, Any], stage: str, sizes: list[int]) -> list[str]:
    title, unit, _ = STAGES[stage]
    seconds = [record["turns"][stage][str(size)] for size in sizes]
    more = seconds[-1] / seconds[0] - 1
    return [f"{title}, {unit}", *(f"{1e6 * value:.4g}" for value in seconds), f"{100 * more:.1f} %"]


def _cost_row(title: str, seconds: list[float]) -> list[str]:
    spread = max(abs(value / median(seconds) - 1) for value in seconds)
    return [title, *(f"{1e6 * value:.4g}" for value in seconds), f"{100 * spread:.1f} %"]


def _memory(record: dict[str, Any], sizes: list[int]) -> str:
    rows = []
    for stage, title in TITLES.items():
        rows.append([title, *(f"{_peak(record, size, stage):.0f}" for size in sizes)])
    disk = [model.runs(record, size)[0]["units"] for size in sizes]
    rows.append(["disk, prepared frames", *(f"{one['disk'] / 1e6:,.0f}" for one in disk)])
    rows.append(["disk, features while the LSTM trains", *(f"{one['features'] / 1e6:,.1f}" for one in disk)])
    most, (base, slope) = model.largest_peak(record, sizes[-1]), model.growth(record)
    verdict = f"{sizes[-1]:,} videos need {most:.0f} MB, {sizes[0]:,} need {base:.0f} MB."
    limit = (500 - base) / slope / 1e6
    table = markdown(Table(["MB", *(f"{size:,} videos" for size in sizes)], rows))
    return MEMORY.format(table=table, verdict=verdict, slope=1e6 * slope, limit=limit)


def _peak(record: dict[str, Any], size: int, stage: str) -> float:
    return max(run["memory"][stage] for run in model.first_runs(record, size))


def _workers(record: dict[str, Any]) -> str:
    rows = []
    for number, found in enumerate(record["workers"], 1):
        one, two = found["1"], found["2"]
        cells = [one["clock"], two["clock"], one["processor"], two["processor"]]
        rows.append([str(number), *(f"{value:.1f}" for value in cells), f"{one['clock'] / two['clock']:.2f}"])
    header = ["round", "one worker", "two workers", "processor, one", "processor, two", "times as fast"]
    table = markdown(Table(header, rows))
    return WORKERS.format(table=table, draws=record["draws"], videos=record["videos"], speedup=model.speedup(record))


def _plan(record: dict[str, Any]) -> str:
    rows, complete = [], []
    for name in ("paper", "best"):
        engineered = [("Harris-3D + LSTM", "stip", footage) for footage in KTH]
        parts = [("ConvNet, voting and LSTM", name, footage) for footage in KTH] + engineered
        costs = [model.cost(record, footage, preset(chosen)) for _, chosen, footage in parts]
        rows.append(_plan_row(record, f"Table 1 (KTH), preset {name}", costs, KTH))
        complete.append(f"{model.clock(record, costs, 2) / 3600:.1f} hours with preset {name}")
    for footage in OTHERS:
        for name in ("paper", "best"):
            cost = model.cost(record, footage, preset(name))
            rows.append(_plan_row(record, f"{footage.title}, preset {name}", [cost], [footage]))
    header = ["dataset", "frames, millions", "runs", "core-hours", *MACHINES, "disk, GB", "memory, MB"]
    table1 = (
        "Table 1 is both readings of KTH, five draws of each, with the ConvNet (voting and the LSTM are one run) and "
        f"with Harris-3D points: {' and '.join(complete)}, on two cores."
    )
    return PLAN.format(table=markdown(Table(header, rows)), table1=table1, outputs=50 * 394 + 394)


def _plan_row(record: dict[str, Any], title: str, costs: list[Cost], sets: Iterable[Footage]) -> list[str]:
    frames = [footage.frames for footage in sets]
    base, slope = model.growth(record)
    disk = sum(cost.disk for cost in costs) + 2 * max(cost.beside for cost in costs)
    hours = [sum(cost.seconds for cost in costs), *(model.clock(record, costs, cores) for cores in MACHINES.values())]
    return [
        title,
        f"{sum(frames) / 1e6:.2f}",
        str(sum(cost.runs for cost in costs)),
        *(f"{seconds / 3600:.2g}" if seconds < 36_000 else f"{seconds / 3600:,.0f}" for seconds in hours),
        f"{disk / 1e9:,.1f}",
        f"{base + slope * max(frames):,.0f}",
    ]
