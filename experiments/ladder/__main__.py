"""The ladder: C1 forward as loops, as vectors, blocked in registers and with Toom-Cook, timed turn by turn."""

import argparse
import dataclasses
import inspect
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from experiments import script
from experiments.ladder import rungs
from experiments.script import in_turn, timed
from experiments.speed import __main__ as speed
from experiments.speed.kernels import peak
from seqdl.kernels.layers.conv3d import workspace
from seqdl.kernels.layers.layout import Convolution, aligned
from seqdl.kernels.vector.simd import target
from seqdl.ops import conv3d
from seqdl.reports.tables import Table, markdown

RECORD = Path(__file__).with_name("record.json")
PAGE = script.DOCS / "ladder.md"
NAMES = {
    "loops": "loops",
    "vectors": "a vector at a time",
    "blocked": "blocked in registers",
    "toom_cook": "Toom-Cook along time",
}
C1 = {"maps": 7, "frames": 9, "rows": 34, "columns": 54, "depth": 5, "height": 7, "width": 7}
"""The picture lies on its side, as the product has it: a row of 48 outputs fills three vectors of 16."""


def sizes(**given: int) -> Convolution:
    """The sizes of a layer with one input map, for this processor; ``given`` as in :data:`C1`."""
    lanes, registers = target()
    maps = given.pop("maps")
    return Convolution(1, maps, maps, **given, squashing="linear", toom_cook=False, lanes=lanes, registers=registers)


class Problem:
    """One layer of sizes ``g`` with random inputs, in the order of the ops and in that of the kernels."""

    def __init__(self, g: Convolution) -> None:
        if not g.by_rows:
            raise ValueError("rows of outputs that do not fill vectors well: the ladder's rungs go by rows")
        rng = np.random.default_rng(0)
        self.g = g
        self.a = rng.standard_normal((1, g.frames, g.rows, g.columns), np.float32)
        self.w = rng.standard_normal((g.maps, 1, g.depth, g.height, g.width), np.float32)
        self.b = rng.standard_normal(g.maps, np.float32)
        self.z = aligned(g.frames_out * g.maps * g.plane_out)

    def works(self) -> dict[str, Callable[[], None]]:
        """Each rung as something to call; it leaves its result in ``self.z``."""
        g, b, z = self.g, self.b, self.z
        a, w = aligned(self.a.size + g.slack), aligned(self.w.size)
        a[: self.a.size] = self.a.reshape(-1)
        w[:] = self.w[:, 0].transpose(1, 2, 3, 0).reshape(-1)
        frames = a[: self.a.size].reshape(self.a.shape[1:])
        kernels = w.reshape(g.depth, g.height, g.width, g.maps)
        fast = dataclasses.replace(g, toom_cook=True)
        between, targets = workspace(fast), np.arange(g.maps)
        return {
            "loops": lambda: rungs.loops(frames, kernels, b, self.maps()),
            "vectors": lambda: rungs.run_vectors(g, a, w, b, z),
            "blocked": lambda: rungs.run_blocked(g, a, w, b, z),
            "toom_cook": lambda: rungs.toom_cook(fast, a, w, b, targets, between, z),
        }

    def maps(self) -> np.ndarray:
        """The result as (frame, map, row, column), without what fills the last vector of a row."""
        g = self.g
        return self.z.reshape(g.frames_out, g.maps, g.rows_out, g.run)[..., : g.columns_out]

    def error(self) -> float:
        """The largest difference from the equation in float64, over its largest value."""
        exact = conv3d.forward(*(array.astype(float) for array in (self.a, self.w, self.b)))
        return float(np.abs(self.maps().swapaxes(0, 1) - exact).max() / np.abs(exact).max())


def measure(rounds: int) -> dict[str, Any]:
    """The record: seconds of each rung, the peak in the same rounds, and how far each is from the equation."""
    problem = Problem(sizes(**C1))
    works, errors = problem.works(), {}
    for name, work in works.items():
        problem.z[:] = np.nan
        work()
        errors[name] = problem.error()
    found = in_turn({"peak": peak, **{name: timed(work, again=3) for name, work in works.items()}}, rounds)
    g = problem.g
    return {
        "machine": speed.machine(None),
        "rounds": rounds,
        "peak_gflops": float(np.median(found["peak"])),
        "multiply_adds": problem.w.size * math.prod((g.frames_out, g.rows_out, g.columns_out)),
        "rungs": [{"name": n, "ms": float(1e3 * np.median(found[n])), "error": errors[n]} for n in works],
    }


def table(record: dict[str, Any]) -> str:
    """The rungs side by side."""
    lines, before = [], None
    for rung in record["rungs"]:
        rate = 2e-6 * record["multiply_adds"] / rung["ms"]
        times = f"{before / rung['ms']:.1f}" if before else ""
        cells = [NAMES[rung["name"]], f"{rung['ms']:.3f}", f"{rate:.1f}", f"{rate / record['peak_gflops']:.0%}"]
        lines.append([*cells, times, f"{rung['error']:.0e}"])
        before = rung["ms"]
    header = ["rung", "time, ms", "billion operations a second", "of the peak", "times the rung before", "error"]
    machine = record["machine"]
    return (
        f"{markdown(Table(header, lines))}\n\nMedians of {record['rounds']} rounds, one thread; {machine['cpu']}, "
        f"vectors of {machine['lanes']} numbers, at most {record['peak_gflops']:.0f} billion operations a second."
    )


def code(name: str) -> str:
    """A rung's source, as Markdown."""
    function = getattr(rungs, name)
    return f"```python\n{inspect.getsource(getattr(function, 'py_func', function)).strip()}\n```"


def blocks(record: dict[str, Any]) -> dict[str, str]:
    """What stands in the page's marked places."""
    return {"table": table(record)} | {name: code(name) for name in NAMES}


def work(args: argparse.Namespace) -> int:
    """Measure, or fill in the page."""
    return script.measured(args, RECORD, PAGE, lambda: measure(args.rounds), blocks, table)


main = script.command("ladder", "Time the rungs of docs/ladder.md turn by turn.", work, *script.MEASURED)

if __name__ == "__main__":
    sys.exit(main())
