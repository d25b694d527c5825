"""From a finished run to a page in which its networks compute: weights, clips, and the equations in JavaScript."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from seqdl.base.files import write_atomic
from seqdl.config import crop_size
from seqdl.datasets import named
from seqdl.errors import SeqdlError
from seqdl.live_page import clips
from seqdl.model.describers.windows import Windows
from seqdl.model.parameters import Parameters
from seqdl.model.recogniser import Recogniser
from seqdl.reports import html

SCRIPTS = (
    "ops.js",
    "net.js",
    "draw.js",
    "input.js",
    "state.js",
    "pictures.js",
    "words.js",
    "ui.js",
    "learning.js",
    "lessons.js",
)
"""In this order; each uses what stands before it."""
MOST = 990_000
"""A page has at most so many bytes, as long as that leaves ``LEAST`` for the clips."""
LEAST = 200_000
SHRINK = 0.97
"""Clips that are too large together are cut to this share of what would fit, and looked at again."""

CAMERA = "media-src blob: mediastream:; "
"""What the page shows besides: a file that is opened there, a camera."""


def write(
    recogniser: Recogniser,
    videos: Iterable[str],
    path: Path,
    title: str = "",
    box: str = "",
    say: Callable[[str], object] = lambda _: None,
) -> Path:
    """Write the page of a run's networks, with clips of some videos in it.

    Parameters
    ----------
    recogniser : Recogniser
        From :meth:`~seqdl.model.recogniser.Recogniser.load`.
    videos : iterable of str
        Files, folders of files or patterns; where there are none, figures are rendered.
    path : path
        The file, which is replaced.
    title : str
        What the run is called.
    box : {"", "track", "person", "centre", "whole"}
        How the person is found; empty for the run's own rule.
    say : callable
        Told in sentences what is left out.

    Raises
    ------
    SeqdlError
        For a model without a 3D-ConvNet, a video that cannot be used, or where the page cannot be written.
    """
    describer = recogniser.describer
    if not isinstance(describer, Windows):
        raise SeqdlError(
            f"{title}: its model {recogniser.config.model} has no 3D-ConvNet to show: name a run of convnet-lstm or "
            "single-step"
        )
    describer.check_box(box)
    config, names = recogniser.config, named.videos(videos, say)
    found = [clips.of_video(name, box, config, describer) for name in names] or clips.rendered(config, describer)
    values = networks(recogniser, describer) | {"title": html.straight(title)}

    def page() -> str:
        body = f'{_own("page.html")}\n<script type="application/json" id="data">{_json(values)}</script>'
        return html.framed(f"{title}: its networks at work", _own("page.css"), source(), body, CAMERA)

    most = max(LEAST, MOST - len(page().encode()))
    while not names and len(found) > 1 and sum(one.small.size for one in found) > most:
        found.pop()  # one figure is better than a glimpse of several
    values["clips"] = _fitting(found, most, config.convnet.frames, say)
    write_atomic(path, page())
    return path


def networks(recogniser: Recogniser, describer: Windows) -> dict[str, Any]:
    """Both networks with their settings, and what is done before them and after, ready for JSON."""
    config, lstm = recogniser.config, recogniser.lstm
    return {
        "model": config.model,
        "classes": [html.straight(name) for name in recogniser.classes],
        "crop": crop_size(config),
        "lcn": asdict(config.lcn),
        "downsample": config.video.downsample,
        "votes": recogniser.votes,
        "convnet": {"config": asdict(config.convnet), **_parameters(describer.convnet.parameters)},
        "lstm": {
            "config": asdict(config.lstm),
            **_parameters(lstm.parameters),
            "mean": _encoded(lstm.mean),
            "deviation": _encoded(lstm.deviation),
        },
    }


def source(names: Sequence[str] = SCRIPTS) -> str:
    """The page's program: its modules, one after the other."""
    return "\n".join(_own(name) for name in names)


def _parameters(parameters: Parameters) -> dict[str, Any]:
    return {"shapes": parameters.shapes, "theta": _encoded(parameters.vector)}


def _encoded(values: np.ndarray) -> str:
    return base64.b64encode(values.astype("<f4").tobytes()).decode()


def _own(name: str) -> str:
    return resources.files("seqdl.live_page").joinpath(name).read_text("utf-8")


def _json(values: Any) -> str:
    """As it may stand in an element of the page, whatever names there are in it."""
    return json.dumps(values, separators=(",", ":")).replace("<", "\\u003c")


def _fitting(
    found: Sequence[clips.Footage], most: int, frames: int, say: Callable[[str], object]
) -> list[dict[str, Any]]:
    """The clips in at most so many bytes, cut where they are longer."""
    made = list(found)
    while True:
        packed = [one.packed() | {"name": html.straight(one.name)} for one in made]
        size = len(_json(packed))
        if size <= most or all(len(one.small) <= one.least for one in made):
            break
        share = SHRINK * most / size
        made = [clips.cut(one, max(one.least, int(share * len(one.small))), frames) for one in made]
    for whole, part in zip(found, made):
        if len(part.small) < len(whole.small):
            say(f"{whole.name}: the page shows its first {len(part.small)} frames, more would make it too large")
    if size > most:
        raise SeqdlError(f"{made[0].name}: even a few frames make the page too large: give fewer or smaller videos")
    return packed
