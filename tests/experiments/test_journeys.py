"""Where a command's time goes is told from outside: every second once, and each by the files that were at work."""

from __future__ import annotations

import importlib.util
import re

import pytest

from experiments import script
from experiments.speed import journeys, limits, page, parts
from seqdl.config import Config

SPIN = """
import multiprocessing, sys, threading, time

def spin(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass

if __name__ == "__main__":
    thread = threading.Thread(target=spin, args=(0.15,))
    thread.start()
    spin(0.1)
    thread.join()
    child = multiprocessing.get_context("spawn").Process(target=spin, args=(0.2,))
    child.start()
    child.join()
"""


def row(name, seconds, **more):
    return script.row(name, [seconds], **{"commit": "one", **more})


def test_every_second_of_all_threads_and_processes_is_in_one_part(tmp_path):
    program = tmp_path / "spin.py"
    program.write_text(SPIN)
    split = parts.watched([program], {})
    assert sum(split.parts.values()) == pytest.approx(split.processor, rel=0.02)
    assert 0.4 < split.parts[parts.REST] < split.processor  # of both threads and of the child
    assert split.parts[parts.BEGINNING] > 0


@pytest.mark.parametrize(
    "files, part",
    [
        (["seqdl/video/person.py", "seqdl/video/prepare.py", "seqdl/model/describers/windows.py"], parts.BOX),
        (["seqdl/video/container.py", "seqdl/video/prepare.py"], parts.DECODING),
        (["seqdl/video/anything.py", "seqdl/video/person.py", "seqdl/video/prepare.py"], parts.BOX),
        (["numpy/core.py", "seqdl/model/convnet_compiled.py", "seqdl/training/loop.py"], parts.CONVNET),
        (["numba/core/ir.py", "numba/core/compiler_machinery.py", "seqdl/model/lstm_compiled.py"], parts.COMPILING),
        (["numba/core/codegen.py", "seqdl/kernels/vector/jit.py", "seqdl/model/lstm_compiled.py"], parts.FETCHING),
        (["numba/core/types.py", "<frozen importlib._bootstrap>", "seqdl/train.py"], parts.IMPORTS),
        (["seqdl/train.py", "<frozen runpy>"], parts.REST),
    ],
)
def test_a_stack_belongs_to_what_its_innermost_known_file_is_for(files, part):
    assert parts.part(files) == part


def test_what_the_rules_name_is_there():
    """A file that is moved would otherwise silently give its time to another part."""
    for name in (start for _, starts in parts.ANYWHERE + parts.INNERMOST for start in starts if "/" in start):
        package, _, rest = name.partition("/")
        spec = importlib.util.find_spec(package)
        assert not spec or any((script.ROOT / package).parent.glob(f"{name}*")) or not name.startswith("seqdl"), name
        if name.startswith("numba") or name.startswith("llvmlite"):
            [folder] = spec.submodule_search_locations
            assert (script.Path(folder) / rest).exists(), name


def test_a_row_knows_what_it_was_before_and_at_first():
    def record(cpu, *rows):
        return {"16": {"machine": {"cpu": cpu, "lanes": 16}, "rows": list(rows)}}

    first = record("a", row("train", 4.0), row("train: box", 2.0), row("train: ConvNet", 1.0), row("other", 9.0))
    second = journeys.merged(first, record("a", row("train", 3.0, commit="two"), row("train: box", 1.0, commit="two")))
    third = journeys.merged(second, record("a", row("train", 1.0, commit="three"), row("train: box", 0.5)))
    by_name = {line["name"]: line for line in third["16"]["rows"]}
    train, box, convnet = (by_name[name] for name in ("train", "train: box", "train: ConvNet"))
    assert (train["ours_ms"], train["before_ms"], train["first_ms"]) == (1e3, 3e3, 4e3)
    assert (train["commit"], train["before_commit"], train["first_commit"]) == ("three", "two", "one")
    assert (box["before_ms"], box["first_ms"]) == (1e3, 2e3)
    assert (convnet["ours_ms"], convnet["first_ms"]) == (0.0, 1e3)  # it has gone, and is seen to have
    assert by_name["other"] == row("other", 9.0)
    assert journeys.merged(second, record("b", row("train", 1.0)))["16"]["rows"] == [row("train", 1.0)]
    text = page.blocks({"rows": [], "machine": {"cpu": "a", "lanes": 16}, "journeys": third})["journeys"]
    assert re.search(r"\| \*\*train\*\* \| 1 \|  \| 3 \| 4 \|", text)
    assert "Measured at one, three; one before at two; at first at one." in text and "| ConvNet | 0 |" in text


def test_two_cores_are_measured_by_what_one_was_at_first():
    rows = [row(f"predict: {name}", seconds, per_second=1.0) for name, seconds in zip(journeys.CORES.values(), (2, 1))]
    assert [line["gain"] for line in journeys.gained(rows)] == [1.0, 2.0]
    later = [one | {"first_ms": 4e3} for one in rows]
    assert [line["gain"] for line in journeys.gained(later)] == [2.0, 4.0]


def test_limits_are_counted():
    update, window, learned, read = limits.networks(Config(), 6)
    assert update == 2 * 11_524_800 + 3 * (2_520_000 + 113_400)
    assert window == 11_524_800 / 5 + 2_520_000 / 3 + 113_400  # what neighbouring windows share counts once
    assert read == 50 * 6 + 3 * 50 * (120 + 50) and learned == 3 * read - 3 * 50 * 120
    here = limits.Limits(0.02, 0.5, 1e11, 1e10)
    found = limits.seconds(here, limits.Work(2, frames=250, decode=0.1, updates=100, windows=10), Config())
    assert found[parts.CONVNET] == pytest.approx((100 * update + 10 * window) / 1e11)
    assert (found[parts.IMPORTS], found[parts.DECODING]) == (1.0, 0.1)
    assert parts.POINTS not in found
    assert parts.POINTS in limits.seconds(here, limits.Work(frames=250, points=True), Config())
