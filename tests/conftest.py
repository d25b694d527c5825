"""What the tests share: real video where there is some, a generator per test, and a cache of their own."""

from __future__ import annotations

import gc
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
import pytest

# Read when numba, numpy and matplotlib are imported, so set before any test does that.
for _variable in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
os.environ["MPLBACKEND"] = "Agg"
os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(__file__).resolve().parents[1] / ".numba_cache"))


# The pass that measures coverage, which cannot see into compiled code: everything then runs as plain Python.
UNCOMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") != "0"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what is marked ``compiled`` where nothing is, and say why."""
    if not UNCOMPILED:
        return
    for item in items:
        for mark in item.iter_markers("compiled"):
            item.add_marker(pytest.mark.skip(reason=f"without compiled kernels: {mark.kwargs['reason']}"))


def pytest_collection_finish() -> None:
    """What was imported and collected stays: the garbage collector need not look through it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real video; tests that ask for it skip where there is none."""
    named = os.environ.get("SEQDL_TEST_DATA")
    if not named:
        pytest.skip("real video is absent: set SEQDL_TEST_DATA to the folder that holds it")
    folder = Path(named)
    if not folder.is_dir():
        pytest.fail(f"SEQDL_TEST_DATA={named} is no folder")
    return folder


@pytest.fixture(scope="session")
def quick() -> str:
    """The backend that runs the paper's networks sooner, which many tests need compiled anyway."""
    return "numpy" if UNCOMPILED else "numba"


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """A generator that depends on the test's name alone: the same numbers in any order and selection of tests."""
    return np.random.default_rng(zlib.crc32(request.node.name.encode()))


@pytest.fixture(scope="session", autouse=True)
def _users_cache_is_left_alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQDL_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module", autouse=True)
def _contrast_by_the_equation_where_nothing_is_compiled(request: pytest.FixtureRequest) -> Iterator[None]:
    """As plain Python the kernel of local contrast normalisation takes seconds a clip: only its own tests do wait."""
    with pytest.MonkeyPatch.context() as patch:
        if UNCOMPILED and request.path.parent.name not in ("kernels", "checks"):
            from seqdl.kernels.layers import lcn as kernel
            from seqdl.ops import lcn as op

            def normalise(x, w, two_pass, constant, value, out):
                reading, which = "two_pass" if two_pass else "one_window", ("sequence", "frame", "fixed")[constant]
                with pytest.MonkeyPatch.context() as inner:
                    inner.setattr(op, "gaussian", lambda size, sigma: w)  # the kernel is given the window itself
                    out[:] = op.normalise(x, len(w), 1.0, reading, which, value)
                return np.zeros(len(x), np.float32)  # which only sequences of many blocks look at

            patch.setattr(kernel, "normalise", normalise)
        yield


class _Undrawn:
    """In place of a figure."""

    def savefig(self, file: IO[bytes], **_: object) -> None:
        file.write(b"a picture\n")


@pytest.fixture(scope="module")
def undrawn() -> Iterator[None]:
    """Reports have their pictures, but nothing is drawn: for those who train often and look at no picture."""
    from seqdl.reports import markdown

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(markdown, "_figure", lambda _: _Undrawn())
        yield


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder of this test alone."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("SEQDL_CACHE", str(folder))
    return folder


def _walkers(folder: Path, persons: tuple[str, ...], classes: tuple[str, ...], clips: int) -> Path:
    """Class folders of short videos in which a bar moves to the right, or swings on the spot."""
    import av

    rng = np.random.default_rng(8)
    rows = ["file,person"]
    for number, label in enumerate(classes):
        (folder / label).mkdir(parents=True)
        for person in persons:
            for clip in range(clips):
                name = f"{label}/{person}_{clip}.avi"
                rows.append(f"{name},{person}")
                with av.open(str(folder / name), "w") as container:
                    stream = container.add_stream("mpeg4", rate=25)
                    stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 160, 120, "yuv420p", 400_000
                    for k in range(24):
                        picture = rng.normal(100, 3, (120, 160))
                        at = 30 + 4 * k if number == 0 else 70 + 25 * (k % 4 > 1)
                        picture[25:115, at : at + 16] = 190
                        frame = av.VideoFrame.from_ndarray(picture.clip(0, 255).astype(np.uint8), format="gray")
                        container.mux(stream.encode(frame))
                    container.mux(stream.encode())
    (folder / "persons.csv").write_text("\n".join(rows) + "\n")
    return folder


@pytest.fixture(scope="session")
def walkers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny dataset of two classes, three persons and two clips each, with ``persons.csv``."""
    return _walkers(tmp_path_factory.mktemp("walkers"), ("ann", "bob", "cec"), ("moving", "swinging"), 2)
