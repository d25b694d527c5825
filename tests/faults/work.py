"""Small jobs whose every operation on the disk is made to fail, and what they leave."""

from __future__ import annotations

import contextlib
import datetime
import io
import json
import shutil
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest

from seqdl import cross_validate, evaluate, export, fit, load_config, predict, prepare, report
from seqdl.base import cli
from seqdl.config import Config

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
PART = 3
"""Updates between two checkpoints within a pass."""
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


def _command(do: Callable[[], object]) -> int:
    """The exit code of a command that does this, with the signals and the one line of all others."""
    return cli.execute(lambda args: int(do() is False), cli.parser("job", "", configurable=False), [])


def _config(place: Place, *more: str) -> Config:
    return load_config(settings=[*SETTINGS, *more, "data.dataset=folder", f"data.data_dir={place.videos}"])


def _train(place: Place, folder: Path, *more: str) -> int:
    """What seqdl train does, but for the report, which is a job of its own."""
    out = folder / "run"
    return _command(lambda: fit(_config(place, *more), out, (out / "config.json").exists(), 1, cli.say))


def _copied(place: Place, folder: Path) -> None:
    folder.mkdir()
    shutil.copytree(place.finished, folder / "run")


def _crossval(place: Place, folder: Path) -> int:
    """Every draw in this process, as the command says what is wrong."""

    def work() -> bool:
        made = cross_validate(_config(place, "data.protocol=leave-one-person-out"), out=folder / "cv")
        for name, why in made.failed.items():
            cli.say(f"error: {name}: {why}")
        return made.complete

    return _command(work)


ONE = ["single_step.epochs=2", "single_step.crops=6", "model=single-step"]
WORKS = (
    Work("preparing", lambda place, folder: prepare.main(["folder", *data(place)[2:]])),
    Work("training", _train),
    Work("single-step", lambda place, folder: _train(place, folder, *ONE)),
    Work("evaluation", lambda place, folder: evaluate.main([str(folder / "run"), "--workers", "1"]), _copied),
    Work("report", lambda place, folder: report.main([str(folder / "run"), "--out", str(folder / "page")]), _copied),
    Work(
        "export",
        lambda place, folder: export.main(
            [str(place.finished), "--safetensors", str(folder / "net.safetensors"), "--card", str(folder / "README.md")]
        ),
    ),
    Work("cross-validation", lambda place, folder: _crossval(place, folder)),
    Work(
        "prediction",
        lambda place, folder: predict.main(
            [str(place.finished), str(place.videos / "left" / "ann.avi"), "--save", str(folder / "saved")]
        ),
    ),
)


def in_processes() -> Work:
    """Preparing in two of them."""
    return Work("preparing", lambda place, folder: prepare.main(["folder", *data(place)[2:-1], "2"]))


@contextlib.contextmanager
def no_time() -> Iterator[None]:
    """Nothing takes any time, and it is always the same moment: what is written depends on the work alone."""
    moment = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    still = SimpleNamespace(monotonic=lambda: 0.0)
    clock = SimpleNamespace(UTC=datetime.UTC, datetime=SimpleNamespace(now=lambda zone: moment))
    with pytest.MonkeyPatch.context() as patch:
        for module in ("training.loop", "evaluation.job"):
            patch.setattr(f"seqdl.{module}.time", still)
        patch.setattr("seqdl.training.loop.EVERY", 0.0)
        patch.setattr("seqdl.training.loop.CHUNK", PART)
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
    """All files in a folder but logs and compiled code, which is made wherever it is absent, by their names.

    Of a ledger each line counts once, since who goes on may look again.
    """
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in but and path.suffix not in (".log", ".code"):
            content = path.read_bytes()
            if path.suffix == ".safetensors":
                content = _in_order(content)
            if path.suffix == ".mp4":
                content = _moments(path)
            if path.suffix == ".jsonl" and path.name == "evaluations.jsonl":
                content = b"".join(sorted(set(content.splitlines(keepends=True))))
            if path.name == "index.jsonl":
                content = _stored(path.parent)
            if not (path.parent / "index.jsonl").exists() or path.name == "index.jsonl":
                found[path.relative_to(folder).as_posix()] = content
    return found


def _moments(film: Path) -> bytes:
    """When which frames of a film are seen, and how large: x264 may compress the same frames to other bytes."""
    with contextlib.suppress(av.error.FFmpegError), av.open(str(film)) as container:  # of what was cut short
        seen = [(frame.pts, frame.width, frame.height) for frame in container.decode(video=0)]
        return json.dumps(seen).encode()
    return film.read_bytes()


def _in_order(content: bytes) -> bytes:
    """A safetensors file with the names in its heading in order, which the library leaves to chance."""
    data = 8 + int.from_bytes(content[:8], "little")
    with contextlib.suppress(ValueError):  # of what was cut short, which is not the file yet
        return json.dumps(json.loads(content[8:data]), sort_keys=True).encode() + content[data:]
    return content


def _stored(store: Path) -> bytes:
    """What a store of frames holds, whatever the order in which its items came.

    A line may be there twice: a signal that comes when it was written has it written again as the file is closed.
    """
    frames = np.fromfile(store / "frames.f32", np.float32)
    frames = frames[: len(frames) // 780 * 780].reshape(-1, 30, 26)
    seen = np.fromfile(store / "seen.u8", np.uint8)
    items = []
    for line in (store / "index.jsonl").read_bytes().splitlines():
        with contextlib.suppress(ValueError):  # what was cut short is made anew
            key, first, count, about = json.loads(line)
            rows = slice(first, first + count)
            items.append(f"{key} {about}".encode() + frames[rows].tobytes() + seen[rows].tobytes())
    return b"".join(sorted(set(items)))


def cleared(folder: Path) -> None:
    """Away with a folder."""
    shutil.rmtree(folder, ignore_errors=True)
