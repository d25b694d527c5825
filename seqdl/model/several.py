"""Predictions of several videos one after the other: where they are many, by several processes, in their order."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from seqdl.base import memory, pool
from seqdl.errors import SeqdlError, reason
from seqdl.model.prediction import Prediction
from seqdl.model.recogniser import Recogniser
from seqdl.video.source import is_here, title

MUCH = 2**27
"""Fewer bytes of video than these are looked at sooner than further processes start: about 20 minutes of KTH's."""

Answer = Callable[[Path, str], Prediction]


class Asked(NamedTuple):
    """How videos are looked at; see :class:`~seqdl.model.recogniser.Recogniser`.

    Parameters
    ----------
    run, settings : Path, tuple of str
        For ``load``.
    box, threshold : str, float
        For ``predict``.
    """

    run: Path
    settings: tuple[str, ...]
    box: str = ""
    threshold: float = 0.0


@contextlib.contextmanager
def answers(recogniser: Recogniser, asked: Asked, videos: Sequence[str], workers: int) -> Iterator[Answer]:
    """What says the prediction of a file by the name of its video, to be asked of all ``videos`` in their order.

    Parameters
    ----------
    recogniser : Recogniser
        That of ``asked``, which answers where videos are few, small, or no files: what is recorded has its own time.
    asked : Asked
        How they are looked at.
    videos : sequence of str
        As ``predict`` takes them.
    workers : int
        So many processes look at many files, a few of them ahead of what is asked for; 1 for none. They are spawned.
        What is wrong with a video is a SeqdlError, in the words that it would have in this process.
    """
    if workers < 2 or len(videos) <= pool.FEW or not all(map(is_here, videos)) or _size(videos) < MUCH:
        yield lambda file, name: recogniser.predict(file, asked.box, threshold=asked.threshold, name=name)
        return
    groups = [[video] for video in videos]
    with pool.in_groups(functools.partial(_predictions, asked=asked), groups, workers, "predict", "videos") as made:

        def answer(_: Path, name: str) -> Prediction:
            said: Prediction | str = next((one for video, one in made if title(video) == name), pool.DIED)
            if isinstance(said, str):
                raise SeqdlError(said)
            return said

        yield answer


def _size(videos: Sequence[str]) -> int:
    return sum(Path(video).stat().st_size for video in videos)


def _predictions(videos: list[str], asked: Asked) -> list[Prediction | str]:
    return [_prediction(video, asked) for video in videos]


def _prediction(video: str, asked: Asked) -> Prediction | str:
    """In a worker process: what is said of a video, or why it cannot be used."""
    try:
        recogniser = _loaded(asked.run, asked.settings)
        return recogniser.predict(Path(video), asked.box, threshold=asked.threshold, name=title(video))
    except Exception as error:  # of any kind: nobody knows what a damaged file makes of a library
        return reason(error, title(video))


@functools.cache
def _loaded(run: Path, settings: tuple[str, ...]) -> Recogniser:
    memory.kept()
    return Recogniser.load(run, settings=settings)
