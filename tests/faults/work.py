"""Small jobs whose every operation on the disk is made to fail, and what they leave."""

from __future__ import annotations

import contextlib
import datetime
import io
import json
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest

from seqdl import cross_validate, evaluate, load_config, predict, prepare, report, train
from seqdl.errors import SeqdlError

PERSONS, CLASSES = ("ann", "bob"), ("left", "right")
SETTINGS = [
    "backend=numpy",
    "video.box=whole",
    "convnet.rows=30",
    "convnet.columns=26",
    "convnet.c1_maps=2",
    "convnet.c1_kernel=[5,3,3]",
    "convnet.c2_kernel=[3,1,1]",
    "convnet.hidden=4",
    "convnet.epochs=2",
    "convnet.copies=none",
    "lstm.epochs=2",
    "lstm.cells=2",
    "lstm.copies=none",
]
SET = [part for setting in SETTINGS for part in ("--set", setting)]


def videos(folder: Path) -> Path:
    """Two classes of two persons, a clip each of a dozen small frames."""
    rng = np.random.default_rng(21)
    rows = ["file,person"]
    for number, label in enumerate(CLASSES):
        (folder / label).mkdir(parents=True)
        for person in PERSONS:
            name = f"{label}/{person}.avi"
            rows.append(f"{name},{person}")
            with av.open(str(folder / name), "w") as container:
                stream = container.add_stream("mpeg4", rate=25)
                stream.width, stream.height, stream.pix_fmt = 48, 56, "yuv420p"
                for k in range(12):
                    picture = rng.normal(100, 3, (56, 48))
                    at = 8 + 2 * k if number == 0 else 32 - 2 * k
                    picture[10:50, at : at + 8] = 200
                    image = av.VideoFrame.from_ndarray(picture.clip(0, 255).astype(np.uint8), format="gray")
                    container.mux(stream.encode(image))
                container.mux(stream.encode())
    (folder / "persons.csv").write_text("\n".join(rows) + "\n")
    return folder


@dataclass(frozen=True)
class Work:
    """A job: ``begin`` lays out what it starts from, ``run`` does it or goes on with it; both are given a folder.

    Parameters
    ----------
    name : str
        For the table.
    run : callable
        ``run(place, folder)`` gives an exit code.
    begin : callable, optional
        What is there already.
    """

    name: str
    run: Callable[[Place, Path], int]
    begin: Callable[[Place, Path], object] = lambda place, folder: folder.mkdir()


@dataclass(frozen=True)
class Place:
    """What the jobs start from: videos, a filled cache, and a finished run.

    Parameters
    ----------
    videos, cache, finished : Path
        Their folders.
    """

    videos: Path
    cache: Path
    finished: Path


def data(place: Place) -> list[str]:
    return ["--dataset", "folder", "--data-dir", str(place.videos), *SET, "--workers", "1"]


def _train(place: Place, folder: Path, *more: str) -> int:
    out = folder / "run"
    if (out / "config.json").exists():
        return train.main(["--resume", str(out)])
    return train.main([*data(place), "--out", str(out), *more])


def _copied(place: Place, folder: Path) -> None:
    folder.mkdir()
    shutil.copytree(place.finished, folder / "run")


def _crossval(place: Place, folder: Path) -> int:
    """Every draw in this process, as the command says what is wrong."""
    config = load_config(settings=[*SETTINGS, "data.dataset=folder", f"data.data_dir={place.videos}"])
    try:
        made = cross_validate(config, out=folder / "cv")
    except SeqdlError as error:
        print(f"seqdl crossval: error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("seqdl crossval: error: interrupted", file=sys.stderr)
        return 130
    for name, why in made.failed.items():
        print(f"seqdl crossval: error: {name}: {why}", file=sys.stderr)
    return 0 if made.complete else 1


ONE = ["--set", "single_step.epochs=2", "--set", "model=single-step"]
WORKS = (
    Work("preparing", lambda place, folder: prepare.main(["folder", *data(place)[2:]])),
    Work("training", _train),
    Work("single-step", lambda place, folder: _train(place, folder, *ONE)),
    Work("evaluation", lambda place, folder: evaluate.main([str(folder / "run"), "--workers", "1"]), _copied),
    Work("report", lambda place, folder: report.main([str(folder / "run"), "--out", str(folder / "page")]), _copied),
    Work("cross-validation", lambda place, folder: _crossval(place, folder)),
    Work(
        "prediction",
        lambda place, folder: predict.main(
            [str(place.finished), str(place.videos / "left" / "ann.avi"), "--save", str(folder / "saved")]
        ),
    ),
)


@contextlib.contextmanager
def no_time() -> Iterator[None]:
    """Nothing takes any time, and it is always the same moment: what is written depends on the work alone."""
    moment = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    still = SimpleNamespace(monotonic=lambda: 0.0)
    clock = SimpleNamespace(UTC=datetime.UTC, datetime=SimpleNamespace(now=lambda zone: moment))
    with pytest.MonkeyPatch.context() as patch:
        for module in ("training.loop", "evaluation.job"):
            patch.setattr(f"seqdl.{module}.time", still)
        patch.setattr("seqdl.runs.ledger.datetime", clock)
        for module in ("environment", "ledger"):  # whoever works on the project may commit meanwhile
            patch.setattr(f"seqdl.runs.{module}.commit", lambda: "none")
        yield


def quietly(run: Callable[[], int]) -> tuple[int, str]:
    """The exit code of a command and what it says on standard error."""
    said = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("default")
        code = run()
    return code, said.getvalue()


def left(folder: Path, but: tuple[str, ...] = ("lock", "settings.json")) -> dict[str, bytes]:
    """All files in a folder, by their names; of a ledger each line once, since who goes on may look again."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in but:
            content = path.read_bytes()
            if path.suffix == ".jsonl" and path.name == "evaluations.jsonl":
                content = b"".join(sorted(set(content.splitlines(keepends=True))))
            if path.name == "index.jsonl":
                content = _stored(path.parent)
            if not (path.parent / "index.jsonl").exists() or path.name == "index.jsonl":
                found[path.relative_to(folder).as_posix()] = content
    return found


def _stored(store: Path) -> bytes:
    """What a store of frames holds, whatever the order in which its items came."""
    frames = np.fromfile(store / "frames.f32", np.float32)
    frames = frames[: len(frames) // 780 * 780].reshape(-1, 30, 26)
    seen = np.fromfile(store / "seen.u8", np.uint8)
    items = []
    for line in (store / "index.jsonl").read_bytes().splitlines():
        with contextlib.suppress(ValueError):  # what was cut short is made anew
            key, first, count, about = json.loads(line)
            rows = slice(first, first + count)
            items.append(f"{key} {about}".encode() + frames[rows].tobytes() + seen[rows].tobytes())
    return b"".join(sorted(items))


def cleared(folder: Path) -> None:
    """Away with a folder."""
    shutil.rmtree(folder, ignore_errors=True)
