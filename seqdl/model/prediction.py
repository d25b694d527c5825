"""A decision on a video: what ``seqdl predict`` prints and Python gets."""

import csv
import io
import itertools
import json
from dataclasses import dataclass
from typing import Any

from seqdl.base.files import as_bytes
from seqdl.base.words import printable
from seqdl.runs.codec import encode
from seqdl.video.clock import USUAL_RATE

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
        By the describer's own votes, and the share of the votes of each class; None where it does not decide,
        or nothing taught it to.
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
        """The timeline: a line for each step, with its header."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["video", "seconds", "label", "probability"])
        writer.writerows([printable(self.video), one.seconds, one.label, one.probability] for one in self.timeline)
        return text.getvalue()
