"""What a person, or another program, sees of the decisions on a stream: on one screen, in lines, in a folder."""

import argparse
import contextlib
import csv
import functools
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from seqdl.base import cli
from seqdl.base.interrupts import Terminated
from seqdl.base.lines import Lines
from seqdl.base.words import count, printable
from seqdl.errors import SeqdlError, UsageError
from seqdl.evaluation.live import Live, Said
from seqdl.model.recogniser import Recogniser
from seqdl.reports.screen import Screen, bar
from seqdl.show import saved
from seqdl.show.streamed import Streamed
from seqdl.stores.footage import rate_of
from seqdl.video import device, streams
from seqdl.video.clock import USUAL_RATE

MOST = 12
"""Bars of so many classes at most."""
NAME = "live"
"""What the files in a folder are called."""


class View:
    """The decisions on standard output: in place where that is a terminal, else a line each.

    Parameters
    ----------
    name : str
        Of the stream.
    as_json : bool
        Whether another program reads it: an object a line.
    """

    def __init__(self, name: str, as_json: bool = False) -> None:
        self.name, self.as_json, self.screen = name, as_json, Screen(sys.stdout)

    def show(self, said: Said) -> None:
        """Show a decision."""
        if self.as_json:
            print(json.dumps(said.to_dict()), flush=True)
        elif self.screen.live:
            self.screen.show(self._picture(said))
        else:
            print(_line(said), flush=True)

    def say(self, text: str) -> None:
        """Say on standard error what is going on, above what changes on the screen."""
        self.screen.show([])
        cli.say(text)

    def end(self, text: str) -> None:
        """Say how it ended; what was said last stays on the screen."""
        cli.say(text)

    def _picture(self, said: Said) -> list[str]:
        one = said.prediction
        order = sorted(one.probabilities, key=lambda name: -one.probabilities[name])[:MOST]
        wide = max(len(printable(name)) for name in order)
        uncertain = "" if one.answer == one.label else f"{printable(one.answer)}, at best "
        best = f"{printable(one.label)} ({one.probability:.0%})"
        lines = [f"{uncertain}{best}{_nobody(said)}  {printable(self.name)}"]
        for name in one.probabilities:
            if name in order:
                share = one.probabilities[name]
                lines.append(f"  {printable(name):<{wide}} {bar(share, 30)} {share:4.0%}")
        return [*lines, f"  {said.seconds:.1f} s, {_figures(said)}; Ctrl-C ends"]


def _line(said: Said) -> str:
    one, answer = said.prediction, printable(said.prediction.answer)
    return f"{said.seconds:9.2f} s  {answer:<14} {one.probability:4.0%}  ({_figures(said)}){_nobody(said)}"


def _nobody(said: Said) -> str:
    return "  nobody is seen" if said.prediction.seen == 0 else ""


def _figures(said: Said) -> str:
    return f"latency {1000 * said.latency:.0f} ms, {said.rate:.1f} frames/s, dropped {said.dropped}"


class Saved:
    """The decisions in a folder, as lines of JSON and of CSV, and the stream as a video with them.

    Parameters
    ----------
    folder : str
        The folder.
    classes : tuple of str
        The classes.
    rate : float
        Frames a second of the video.
    """

    def __init__(self, folder: str, classes: tuple[str, ...], rate: float) -> None:
        self.folder = saved.made(folder)
        self.film = Streamed(self._film, rate)
        self._classes, self._came = classes, False
        for path in (self._film(0), self.folder / f"{NAME}.csv"):
            if path.exists():
                raise SeqdlError(f"{path}: exists already, and nothing is written over it: name another folder")
        self._json, self._csv = Lines(self.folder / f"{NAME}.jsonl"), Lines(self.folder / f"{NAME}.csv")
        self._csv.add(_cells("seconds", "label", "probability", *map(printable, classes), "latency", "dropped"))

    def add(self, said: Said) -> None:
        """Write a decision down."""
        one = said.to_dict()
        self._json.add(json.dumps(one))
        values = [one["probabilities"][name] for name in self._classes]
        label = printable(one["label"])
        self._csv.add(_cells(one["seconds"], label, one["probability"], *values, one["latency"], one["dropped"]))
        if said.prediction.course:
            self.film.decided(said.prediction.course, said.start)

    def frame(self, image: np.ndarray, seconds: float) -> None:
        """Take note of a frame."""
        self._came = True
        self.film.frame(image, seconds)

    def close(self) -> None:
        """Make what is there whole; where no frame came nothing is left, so that the folder can be named again."""
        for lines in (self._json, self._csv):
            lines.close()
            if not self._came:
                lines.path.unlink()
        self.film.close()

    def _film(self, number: int) -> Path:
        return self.folder / (f"{NAME}-{number + 1}.mp4" if number else f"{NAME}.mp4")


def _cells(*values: object) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(values)
    return text.getvalue()


def show(recogniser: Recogniser, names: Sequence[str], args: argparse.Namespace) -> int:
    """Look at one stream until it ends, or Ctrl-C ends it: what ``seqdl predict --live`` does, and its exit code.

    Parameters
    ----------
    recogniser : Recogniser
        The networks.
    names : sequence of str
        The stream: a camera, an address, a pipe, a folder that fills or a file.
    args : argparse.Namespace
        Options of :func:`seqdl.base.cli.add_live`, ``box``, ``threshold``, ``json`` and ``save``.
    """
    if len(names) != 1:
        raise UsageError("--live looks at one camera, address, pipe, folder or file: name one")
    [name] = names
    config, view = recogniser.config, View(device.shown(name), args.json)
    given = {key: value for key in ("buffer", "every") if (value := getattr(args, key)) is not None}
    rate = rate_of(config)
    store = Saved(args.save, recogniser.classes, USUAL_RATE if isinstance(rate, str) else rate) if args.save else None
    live = Live(
        recogniser,
        functools.partial(streams.opened, name, config, args.realtime),
        args.box,
        reconnect=args.reconnect,
        say=view.say,
        watch=store.frame if store else None,
        threshold=args.threshold,
        **given,
    )
    code = 0
    try:
        with contextlib.closing(iter(live)) as decisions:
            for said in decisions:
                if store:
                    store.add(said)
                view.show(said)
    except KeyboardInterrupt:
        code = 130
    except Terminated:
        code = 143
    finally:
        if store:
            store.close()
        if live.frames or code:
            told = f"{live.seconds:.1f} s, {count(live.decisions, 'decision')}, {count(live.frames, 'frame')}"
            kept = f"; saved in {args.save}" if store else ""
            view.end(f"{view.name}: {'ended' if code else 'over'} after {told}, {live.dropped} dropped{kept}")
    return code
