"""A command's processor time, split into parts by the files that were at work: nothing of the library is wrapped.

The files are those of the stack at each look (``watch/sitecustomize.py``). A rule names a part and what the path of a
file may begin with; folders outlive the functions in them, so that the split survives changes of the code.
"""

import json
import os
import site
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from experiments import script

WATCH = Path(__file__).resolve().with_name("watch")
BEGINNING, ENDING = "processes: beginning", "processes: ending"
IMPORTS, COMPILING, FETCHING = "imports", "compiling", "compiled code, kept and fetched"
DECODING, SMALLER, BOX, CONTRAST = "decoding", "down-sampling", "box", "cutting out, contrast"
POINTS, CONVNET, LSTM = "interest points", "ConvNet", "LSTM"
DRAWING, PICTURES, WRITING, REST = "drawing the videos", "report and pictures", "files and records", "the rest"
SOURCES, GREY, DECIDING = "hashing the code", "grey values", "decisions"

PREPARING = "preparing, between"
READING = tuple(
    f"seqdl/video/{name}.py"
    for name in ("reader", "container", "clock", "feed", "source", "streams", "probe", "upright")
)
KEEPING = tuple(f"seqdl/base/{name}.py" for name in ("cache", "disk", "files", "locks", "npz"))
WRITTEN = ("seqdl/kernels/vector/emitter.py", "llvmlite/ir/")
TURNED = tuple(f"llvmlite/binding/{name}.py" for name in ("module", "newpassmanagers", "targets"))
"""Where kernels are written down, and turned into machine code."""

ANYWHERE = (
    (IMPORTS, ("<frozen importlib", "importlib/")),
    (COMPILING, ("numba/core/compiler_machinery.py", *WRITTEN, *TURNED)),
    (FETCHING, ("numba/", "llvmlite/", "seqdl/kernels/vector/jit.py", "seqdl/kernels/vector/native.py")),
)
"""These are told by any file of a stack, whatever called them or is called by them."""
INNERMOST = (
    (SMALLER, ("seqdl/video/downsample.py",)),
    (BOX, ("seqdl/video/person.py", "seqdl/video/given.py", "scipy/ndimage/")),
    (CONTRAST, ("seqdl/video/normalise.py", "seqdl/ops/lcn.py")),
    (POINTS, ("seqdl/baseline/",)),
    (LSTM, ("seqdl/model/lstm", "seqdl/model/describers/base.py")),
    (CONVNET, ("seqdl/model/convnet", "seqdl/model/describers/windows.py", "seqdl/model/single_step")),
    (DRAWING, ("seqdl/datasets/actors/", "seqdl/base/drawing.py")),
    (PICTURES, ("seqdl/reports/", "seqdl/show/", "matplotlib/", "PIL/")),
    (GREY, ("seqdl/video/grey.py", "seqdl/video/colour.py")),
    (DECODING, (*READING, "av/", "imageio/")),
    (PREPARING, ("seqdl/video/prepare.py",)),
    (DECIDING, ("seqdl/model/decision.py", "seqdl/model/timeline.py", "seqdl/model/prediction.py")),
    (SOURCES, ("seqdl/base/sources.py",)),
    (WRITING, ("seqdl/stores/", "seqdl/runs/", "seqdl/datasets/", "json/", *KEEPING)),
)
"""Of these the innermost file that has a rule tells the part; in one file the first rule."""
LARGE = 0.2
"""Seconds of importing that a process has which imports the libraries, and one that keeps books has not."""
PARTS = (BEGINNING, IMPORTS, COMPILING, FETCHING, *(name for name, _ in INNERMOST), REST, ENDING)


class Split(NamedTuple):
    """A command: seconds on the clock, seconds of the processor in all its processes, how many of them imported much.

    And seconds by part.
    """

    clock: float
    processor: float
    processes: int
    parts: dict[str, float]


def part(files: Sequence[str]) -> str:
    """The part that a stack belongs to, its files innermost first."""
    for name, starts in ANYWHERE:
        if any(file.startswith(starts) for file in files):
            return name
    found = (name for file in files for name, starts in INNERMOST if file.startswith(starts))
    return next(found, REST)


def short(path: str) -> str:
    """A file's path from its package on."""
    roots = [str(script.ROOT), *site.getsitepackages(), *sys.path, os.path.dirname(os.__file__)]  # noqa: PTH120
    known = [root for root in roots if root and path.startswith(f"{root}{os.sep}")]
    return path[len(max(known, key=len)) + 1 :] if known else path


def noted(path: Path) -> tuple[dict[str, float], float]:
    """What a process noted down: seconds by part, and what watching itself has taken."""
    found, seconds = json.loads(path.read_text()), defaultdict(float)
    for stack, taken in found["seconds"].items():
        seconds[BEGINNING if stack == "start" else part([*map(short, stack.split("\n"))])] += taken
    return seconds, found["watching"]


def watched(words: Sequence[str | Path], variables: dict[str, str], answer: str | Path = os.devnull) -> Split:
    """Run Python as :func:`experiments.script.process` does, and split what it and all that it starts have taken."""
    with tempfile.TemporaryDirectory() as folder:
        paths = os.pathsep.join([str(WATCH), *filter(None, [os.environ.get("PYTHONPATH")])])
        used = script.process(words, variables | {"PYTHONPATH": paths, "SEQDL_WATCH": folder}, answer)
        each = [noted(path) for path in Path(folder).glob("*.json")]
    processor = used.processor - sum(watching for _, watching in each)
    parts = {name: sum(seconds.get(name, 0.0) for seconds, _ in each) for name in PARTS}
    parts[ENDING] = processor - sum(parts.values())  # after the last look
    large = sum(seconds[IMPORTS] > LARGE for seconds, _ in each)
    return Split(used.clock, processor, large, {name: taken for name, taken in parts.items() if taken > 0})


@contextmanager
def on_cores(number: int) -> Iterator[None]:
    """Let what is started meanwhile use so many of this process's cores, where the system can do that."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    all_cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(all_cores)[-number:])
    try:
        yield
    finally:
        os.sched_setaffinity(0, all_cores)
