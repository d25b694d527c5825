"""A decision on a video: what ``seqdl predict`` prints and Python gets."""

from __future__ import annotations

import csv
import html
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seqdl.base.arrays import check_whole
from seqdl.base.files import as_bytes
from seqdl.base.words import printable, some
from seqdl.errors import SeqdlError
from seqdl.model.decision import named
from seqdl.model.timeline import Moment, Stretch, stretches
from seqdl.runs.codec import RARE, encode
from seqdl.show.course import Course
from seqdl.video.clock import USUAL_RATE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

UNCERTAIN = "uncertain"
"""The answer where the label's probability is below the threshold."""
CERTAIN = 0.25
"""Share of the way from chance to certainty that a decision must have gone to be more than a guess."""


def doubts(
    label: str,
    probability: float,
    classes: Sequence[str],
    seen: float | None = None,
    voting: str | None = None,
    several: bool = False,
) -> tuple[str, ...]:
    """Why a decision says little, in sentences.

    Choice: with a probability below 1/K + 0.25 (1 - 1/K) for K classes (38 % for six, 63 % for two) it is hardly above
    chance; and it is doubtful where the two ways to decide differ. Both come more often where something is shown that
    is none of the classes. The networks name one of them whatever they see, and may be sure of it: no rule finds all.

    Parameters
    ----------
    label, probability
        The decision.
    classes : sequence of str
        All that can be named.
    seen : float, optional
        The share of frames in which somebody is; absent where nobody is looked for.
    voting : str, optional
        The describer's own decision; absent where it has none, or was not trained.
    several : bool
        Whether classes are decided each by itself: a class then may well be alone, and there is no common chance.
    """
    chance, said = 1 / len(classes), []
    if seen == 0:
        said.append("nobody is seen: the decision is made of an empty scene")
    if not several and len(classes) > 1 and probability < chance + CERTAIN * (1 - chance):
        said.append(f"hardly above chance ({chance:.0%})")
    if not several and voting not in (None, label):
        said.append(f"voting says {printable(str(voting))}")
    if said and seen != 0:
        said.append(f"what is shown may be none of {some(map(printable, classes), 6)}: nothing else was learned")
    return tuple(said)


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
    doubts : tuple of str
        Why the decision says little, such as that it is hardly above chance (:func:`doubts`).
    threshold : float
        Below this probability, and where nobody is seen, the answer is ``uncertain``; 0 for always the label, or where
        there may be several for one half.
    several : bool
        Whether several classes may be shown, so that those which reach the threshold are the answer; ``label`` is the
        most probable one, and so at each step are all that reach it, with the probability of the least.
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
    doubts: tuple[str, ...] = ()
    threshold: float = 0.0
    several: bool = field(default=False, metadata=RARE)
    course: Course | None = field(default=None, repr=False, compare=False)

    @property
    def answer(self) -> str:
        """The label, or all labels that there are, or ``uncertain``."""
        if self.several:
            return ", ".join(self.labels) or UNCERTAIN
        return UNCERTAIN if self.threshold and self.seen == 0 else self._answer(self.label, self.probability)

    @property
    def labels(self) -> tuple[str, ...]:
        """What is answered, as a tuple: where several classes may be shown all that reach the threshold, else one."""
        if self.several:
            shown = np.array(list(self.probabilities.values()))
            return () if self.seen == 0 else named(shown, tuple(self.probabilities), self.threshold)
        return (self.label,) if self.answer == self.label else ()

    def _answer(self, label: str, probability: float) -> str:
        return label if probability >= self.threshold else UNCERTAIN

    def __str__(self) -> str:
        return self.text()

    def text(self, top_k: int = 1) -> str:
        """For people: the answer, what is odd or doubtful, and the timeline in stretches.

        With ``top_k`` above 1 so many classes are told with their probabilities, the most probable first.
        """
        check_whole(top_k, "top_k", 1)
        sure = {**self.probabilities, self.label: self.probability}
        best = ", ".join(f"{name} ({sure[name]:.0%})" for name in self.labels)
        best = best or f"{UNCERTAIN}, at best {self.label} ({self.probability:.0%})"
        text = f"{printable(self.video)}: {best}"
        if self.voting and self.votes:
            of = " on average" if self.several else " of the windows"
            text += f"; voting: {self.voting} ({self.votes[self.voting]:.0%}{of})"
        lines = [text, *(f"  note: {printable(note)}" for note in self.notes)]
        if self.doubts:
            lines.append(f"  doubtful: {'; '.join(self.doubts)}")
        if not self.timeline:
            lines.append("  no interest points: decided by how frequent each action was in training")
        if self.seen is not None and 0 < self.seen < 1:
            lines.append(f"  somebody is seen in {self.seen:.0%} of the time")
        if top_k > 1:
            ranked = sorted(self.probabilities.items(), key=lambda one: -one[1])[:top_k]
            lines += [f"  {number:>3}. {name:<14} {p:.0%}" for number, (name, p) in enumerate(ranked, 1)]
        for one in self.stretches():
            answer = one.label if self.several else self._answer(one.label, one.probability)
            lines.append(f"  {one.first:7.2f} - {one.last:6.2f} s  {answer:<14} {one.probability:.0%}")
        return "\n".join(lines)

    def stretches(self) -> list[Stretch]:
        """The timeline in stretches of at least half a second: see :func:`seqdl.model.timeline.stretches`."""
        return stretches(self.timeline, self.seen is not None)

    def to_dict(self) -> dict[str, Any]:
        """In plain values; with the answer, and the stretches beside the steps that they are made of."""
        labels = {"labels": list(self.labels)} if self.several else {}
        return encode(self) | {"answer": self.answer, **labels, "stretches": encode(self.stretches())}

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

        spans = [(stretch.first, stretch.last, stretch.label) for stretch in self.stretches()]
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
        return f"{printable(Path(self.video).name)}: {self.answer} ({self.probability:.0%}{' at best' * self.several})"
