"""A decision on a video: what ``seqdl predict`` prints and Python gets."""

from __future__ import annotations

import csv
import html
import io
import itertools
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqdl.base.files import as_bytes
from seqdl.base.words import printable
from seqdl.errors import SeqdlError
from seqdl.runs.codec import encode
from seqdl.show.course import Course
from seqdl.video.clock import USUAL_RATE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ABSENT = 0.5
"""Seconds for which somebody must be away to be missed."""


@dataclass(frozen=True)
class Moment:
    """One step of a timeline.

    Parameters
    ----------
    seconds : float
        Of the window's middle, or of the interest point.
    label, probability
        By the LSTM at this step.
    """

    seconds: float
    label: str
    probability: float


@dataclass(frozen=True)
class Prediction:
    """The action in a video.

    Parameters
    ----------
    video : str
        The file.
    label, probability, probabilities
        By the LSTM; the label's probability, and those of all classes.
    voting, votes
        By the describer's own votes, and the share of the votes of each class; None where it does not decide.
    frames : int
        So many were decoded.
    seen : float or None
        The share of frames in which somebody is; None where nobody is looked for.
    notes : tuple of str
        What was odd about the file.
    timeline : tuple of Moment
        The LSTM's label at each step.
    rate : float
        Frames a second of the file.
    course : Course or None
        What pictures are made of: neither compared nor written as JSON.
    """

    video: str
    label: str
    probability: float
    probabilities: dict[str, float]
    voting: str | None
    votes: dict[str, float] | None
    frames: int
    seen: float | None
    notes: tuple[str, ...]
    timeline: tuple[Moment, ...]
    rate: float = USUAL_RATE
    course: Course | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        text = f"{printable(self.video)}: {self.label} ({self.probability:.0%})"
        if self.voting and self.votes:
            text += f"; voting: {self.voting} ({self.votes[self.voting]:.0%} of the windows)"
        lines = [text, *(f"  note: {printable(note)}" for note in self.notes)]
        if not self.timeline:
            lines.append("  no interest points: decided by how frequent each action was in training")
        if self.seen is not None and self.seen < 1:
            lines.append(f"  somebody is seen in {self.seen:.0%} of the time")
        for stretch in self.stretches():
            mean = sum(moment.probability for moment in stretch) / len(stretch)
            first, last = stretch[0], stretch[-1]
            lines.append(f"  {first.seconds:7.2f} - {last.seconds:6.2f} s  {first.label:<14} {mean:.0%}")
        return "\n".join(lines)

    def stretches(self) -> list[list[Moment]]:
        """The timeline in stretches of successive steps with one label.

        A gap, in which nobody is seen, ends a stretch; where nobody is looked for, steps are at no regular times.
        """
        found: list[list[Moment]] = []
        times = [moment.seconds for moment in self.timeline]
        usual = min((after - before for before, after in itertools.pairwise(times)), default=0.0)
        for moment in self.timeline:
            last = found[-1][-1] if found else None
            near = last and (self.seen is None or moment.seconds - last.seconds < max(1.5 * usual, ABSENT))
            if last and near and last.label == moment.label:
                found[-1].append(moment)
            else:
                found.append([moment])
        return found

    def to_dict(self) -> dict[str, Any]:
        """In plain values."""
        return encode(self)

    def to_json(self) -> str:
        """As one JSON object; a name that is no UTF-8 is escaped, and whoever reads it has the same again."""
        return as_bytes(json.dumps(self.to_dict(), ensure_ascii=False)).decode()

    def to_csv(self) -> str:
        """The timeline: a line for each step, with its header; with the probability of each class where it is known."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        classes, steps = (self.course.classes, self.course.steps) if self.course else ((), [()] * len(self.timeline))
        writer.writerow(["video", "seconds", "label", "probability", *map(printable, classes)])
        for one, step in zip(self.timeline, steps, strict=True):
            values = [round(float(value), 3) for value in step]
            writer.writerow([printable(self.video), one.seconds, one.label, one.probability, *values])
        return text.getvalue()

    def plot(self) -> Figure:
        """The probabilities over time as a matplotlib figure: by each step, in stretches, and decided so far.

        A SeqdlError where matplotlib is absent.
        """
        from seqdl.show.curves import curves

        spans = [(stretch[0].seconds, stretch[-1].seconds, stretch[0].label) for stretch in self.stretches()]
        return curves(self._course(), spans, self._title())

    def save(self, folder: str | Path) -> list[Path]:
        """Write what there is to look at into a ``folder``, named after the video: all of it or nothing.

        ``NAME.mp4`` is the video with the person's box, and outside the picture the probabilities of the classes at
        each moment and the decision so far; ``NAME.png`` a few moments of it; ``NAME.csv`` the timeline,
        ``NAME.json`` the prediction. Files of another video are left alone (``NAME-2``), those of the same replaced.

        Raises
        ------
        SeqdlError
            Where the video is no longer there, or something cannot be written.
        """
        from seqdl.show.saved import save

        texts = {"json": self.to_json() + "\n", "csv": self.to_csv()}
        return save(folder, self.video, self._title(), self._course(), texts)

    def _repr_html_(self) -> str:
        """In a notebook: a small moving picture, which asks nobody for anything, above the text; or the text alone."""
        from seqdl.show.overlay import small_film

        text = f'<pre style="white-space: pre-wrap">{html.escape(str(self))}</pre>'
        try:
            film = small_film(self._course())
        except SeqdlError as error:
            return f"{text}<p>{html.escape(printable(str(error)))}</p>"
        return f'<img src="{film}" alt="{html.escape(self._title())}" style="max-width: 100%">{text}'

    def _course(self) -> Course:
        if self.course is None:
            raise SeqdlError(f"{printable(self.video)}: how its decision went is not known, so it cannot be drawn")
        return self.course

    def _title(self) -> str:
        return f"{printable(Path(self.video).name)}: {self.label} ({self.probability:.0%})"
