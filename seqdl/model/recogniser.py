"""The whole system: a describer that says what each step shows, an LSTM that names the action (Figure 3)."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from seqdl.base.arrays import (
    check_choice,
    check_kind,
    check_names,
    check_number,
    check_path,
    described,
    is_array,
)
from seqdl.base.doors import GENERATOR, REALS, Array, Kind, door
from seqdl.base.threads import in_threads
from seqdl.config import BOXES, Config, head_taught, load
from seqdl.datasets import registry
from seqdl.datasets.base import Sequence as Clip
from seqdl.errors import GeometryError, SeqdlError, UsageError
from seqdl.model import checkpoint, describers, targets
from seqdl.model.convnet import ConvNet
from seqdl.model.decision import HALF, accumulate, named, so_far, vote
from seqdl.model.describers.base import Copy, Network, Steps
from seqdl.model.lstm_classifier import LSTMClassifier
from seqdl.model.prediction import UNCERTAIN, Prediction, doubts
from seqdl.model.single_step import SingleStep
from seqdl.model.timeline import Moment
from seqdl.models import model
from seqdl.runs.codec import decode
from seqdl.runs.folder import CONFIG, RunFolder
from seqdl.show.course import Again, Course
from seqdl.stores.base import Store
from seqdl.stores.footage import opened, rate_of, taken
from seqdl.video import evidence
from seqdl.video.arrays import Given
from seqdl.video.colour import ColourReader, Held
from seqdl.video.reader import Footage
from seqdl.video.source import LONGEST, SECONDS, SHORTEST, local, title


class Decision(NamedTuple):
    """What the system says of one sequence.

    Parameters
    ----------
    ways : dict of str to int
        The class by each way that decides whole sequences: ``voting`` where the describer decides, ``lstm``.
    windows, votes : array, (steps, classes) and (classes,)
        The describer's outputs for each step, none where it does not decide; the share of the steps' votes, or zeros.
    steps, accumulated : array, (steps, classes) and (classes,)
        The LSTM's outputs at each step, and averaged over time (or at the last step); the prior, where there is none.
    """

    ways: dict[str, int]
    windows: np.ndarray
    votes: np.ndarray
    steps: np.ndarray
    accumulated: np.ndarray

    @property
    def lstm(self) -> int:
        """The class by the LSTM."""
        return self.ways["lstm"]


class Recogniser:
    """A describer, an LSTM and the classes; used by several threads at once if need be.

    Parameters
    ----------
    config : Config
        The configuration.
    classes : tuple of str
        The actions, in the order of the outputs.
    rng : numpy.random.Generator, optional
        For the initial weights; without it they are zero.

    Attributes
    ----------
    describer, lstm : Describer, LSTMClassifier
        What the configuration's model looks at, and what reads its steps.
    both : SingleStep or None
        The two as one network, where they are trained so.
    prior : array, (classes,)
        Share of the training sequences of each class, by which sequences without any step are decided.
    threads : int
        So many describe sequences of a store at the same time; 1 until somebody who has several cores says so.
    """

    @door(config=Kind((Config,)), rng=GENERATOR)
    def __init__(self, config: Config, classes: tuple[str, ...], rng: np.random.Generator | None = None) -> None:
        check_names(classes, "classes")
        describer_rng, lstm_rng = rng.spawn(2) if rng is not None else (None, None)
        self.config, self.classes, self.threads = config, tuple(classes), 1
        self.describer = describers.make(config, self.classes, describer_rng)
        values = self.describer.values(config, len(classes))
        self.lstm = LSTMClassifier(config.lstm, values, len(classes), lstm_rng, config.backend)
        convnet, as_one = self.describer.networks.get("convnet"), model(config.model).as_one
        self.both = SingleStep(config, convnet, self.lstm) if as_one and isinstance(convnet, ConvNet) else None
        self.prior = np.full(len(classes), 1 / len(classes))

    @property
    def last(self) -> str:
        """The last stage of training, whose checkpoint is that of the LSTM."""
        return model(self.config.model).last

    @property
    def networks(self) -> dict[str, Network]:
        """What is trained, by the names of the stages, in their order."""
        return {**self.describer.networks, self.last: self.both or self.lstm}

    @property
    def several(self) -> bool:
        """Whether its outputs say of each class by itself whether it is shown, so that several may be."""
        return targets.sets(self.config.lstm.loss)

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways to a decision that this model has."""
        return (*self.describer.ways, "lstm")

    @property
    def votes(self) -> bool:
        """Whether its describer decides by itself, and anything taught it to."""
        return "voting" in self.ways and head_taught(self.config)

    def describe_all(self, store: Store, versions: Iterable[tuple[Clip, Copy]]) -> Iterator[tuple[Clip, Steps]]:
        """Sequences of a ``store`` and the steps of a copy of each, in the order in which ``versions`` asks for them.

        The bytes are the same by one thread and by several, which are for networks: what only looks things up is done
        before another thread has begun.
        """

        def describe(version: tuple[Clip, Copy]) -> tuple[Clip, Steps]:
            sequence, copy = version
            return sequence, self.describer.describe(store, sequence.name, copy)

        return in_threads(describe, versions, self.threads if self.describer.networks else 1)

    def decide(self, steps: Steps) -> Decision:
        """Name the action of one sequence; a ValueError for features of another shape, or with NaN or infinite values.

        Choice: a sequence without any step is decided by ``prior``, a tie of classes by their order. Logistic outputs
        of windows are averaged and not counted: classes that seldom reach one half would have no votes, and no order.

        Parameters
        ----------
        steps : Steps
            From the describer.
        """
        self._check(steps)
        ways, votes = {}, np.zeros(len(self.classes))
        if len(steps.outputs):
            each = targets.sets(self.config.convnet.loss)
            ways["voting"], votes = accumulate(steps.outputs) if each else vote(steps.outputs)
        if not len(steps.features):
            outputs = 2 * self.prior - 1 if self.config.lstm.loss == "squared_error" else self.prior
            ways["lstm"] = int(outputs.argmax())
            return Decision(ways, steps.outputs, votes, np.empty((0, len(outputs))), outputs)
        said = self.lstm.read(steps.features)
        ways["lstm"], accumulated = accumulate(said, self.config.lstm.decision)
        return Decision(ways, steps.outputs, votes, said, accumulated)

    def _check(self, steps: Steps) -> None:
        check_kind(steps, "steps", Steps)
        features, outputs = steps
        for name, array in (("features", features), ("outputs", outputs)):
            if not is_array(array) or array.dtype.kind != "f" or array.ndim != 2:
                raise ValueError(f"steps.{name}: expected an array of floats, (steps, n), got {described(array)}")
        if len(outputs) not in (0, len(features)) or outputs.shape[1] != len(self.classes):
            wanted = f"{len(features)} steps as in steps.features, or none, of {len(self.classes)} classes"
            raise ValueError(f"steps.outputs: expected {wanted}, got {outputs.shape}")

    def beside(self) -> dict[str, np.ndarray]:
        """What the last stage's checkpoint holds beside its parameters: what is written into these arrays is used."""
        scaling = {"mean": self.lstm.mean, "deviation": self.lstm.deviation}
        return scaling | ({"prior": self.prior} if self.describer.nothing else {})

    @door(outputs=Array("... classes", REALS, empty=True))
    def probabilities(self, outputs: np.ndarray) -> np.ndarray:
        """Outputs of the LSTM as numbers that add up to 1, or of logistic ones as they are, each in 0..1.

        Parameters
        ----------
        outputs : array, (..., classes)
            Softmax and logistic outputs stay as they are; those of the squared error (-1..1) are moved to 0..1 and
            scaled.
        """
        if outputs.shape[-1] != len(self.classes):
            raise ValueError(f"outputs: expected values of {len(self.classes)} classes, got {outputs.shape[-1]}")
        if self.config.lstm.loss != "squared_error":
            return outputs
        moved = (outputs + 1) / 2 + 1e-6
        return moved / moved.sum(axis=-1, keepdims=True)

    def predict(
        self,
        video: Given,
        box: str = "",
        rate: float | None = None,
        seconds: float = SECONDS,
        threshold: float = 0.0,
        name: str = "",
    ) -> Prediction:
        """Name the action in a video, which comes from wherever it may; the same answer whatever the way in.

        Parameters
        ----------
        video : path, str, array or iterable of arrays
            A file or a folder of numbered pictures, an address (``http://``, ``https://``, ``rtsp://``), ``-`` for
            standard input, a camera (``0``, ``/dev/video0``); or frames of uint8, (T, height, width) grey or
            (T, height, width, 3) RGB, as an array or one by one.
        box : {"", "track", "person", "centre", "whole"}
            How the person is found; empty for the run's own rule, and for a model that looks at the whole frame.
        rate : float, optional
            Frames a second of an array or an iterable; 25 where absent. Other videos say their own.
        seconds : float
            So long a camera, or a stream that never ends, is looked at.
        threshold : float
            Below this probability the answer is ``uncertain``; where several classes may be shown, those that reach it
            are named, 0 standing for one half.
        name : str
            What the video is called in messages and in the prediction, where not as it is given.

        Raises
        ------
        SeqdlError
            For a video that cannot be used, naming it; a UsageError for a ``box`` where the model needs none.
        ValueError
            For an unknown ``box``, for frames of another type or shape, and for numbers that cannot be.
        """
        self.describer.check_box(box)
        check_number(seconds, "seconds", SHORTEST, LONGEST)
        check_number(threshold, "threshold", 0, 1)
        if not isinstance(video, str | Path):
            with taken(video, rate, self.config) as frames:
                again = Held(list(video), frames.rate) if isinstance(video, np.ndarray | list | tuple) else None
                return self.look(frames, name or "frames", box, again, float(threshold))
        if rate is not None:
            raise ValueError("rate: is for arrays and iterables of frames; a video says its own")
        check_path(video, "video")
        with local(video, seconds) as file, opened(file, self.config) as reader:
            colours = functools.partial(ColourReader, file, rate_of(self.config))
            there = colours if file == Path(video) else None  # and will be there
            return self.look(reader, name or title(video), box, there, float(threshold))

    def warm(self, box: str = "") -> None:
        """Look at something, with the rule ``box`` for the person, so that whatever must be compiled is."""
        evidence.form.soon()
        noise = np.random.default_rng(0).integers(0, 256, (20, 120, 160), np.uint8)
        self.decide(self.describer.view(noise, "noise", box).steps)

    def look(
        self, footage: Footage, name: str, box: str = "", again: Again | None = None, threshold: float = 0.0
    ) -> Prediction:
        """Name the action in ``footage`` that is at the rate which the networks see.

        The ``name`` is for messages and for the prediction; ``box``, ``threshold`` and what is raised are those of
        :meth:`predict`, which is this for whatever has an end. ``again`` opens its frames for pictures, in colour and
        at their own rate: a context manager of :class:`seqdl.video.colour.Colours`, called while they are there.
        """
        view = self.describer.view(footage, name, box)
        report, times, classes = footage.report, np.array(footage.times), self.classes
        decision = self.decide(view.steps)
        total, steps = self.probabilities(decision.accumulated), self.probabilities(decision.steps)
        moments = np.interp(view.times, np.arange(len(times)), times)
        votes = {name: round(float(share), 4) for name, share in zip(classes, decision.votes)}
        label, probability = classes[decision.lstm], float(total[decision.lstm])
        voting = classes[decision.ways["voting"]] if self.votes else None
        return Prediction(
            video=name,
            label=label,
            probability=round(probability, 4),
            probabilities={name: round(float(p), 4) for name, p in zip(classes, total)},
            voting=voting,
            votes=votes if voting else None,
            frames=report.decoded,
            seen=view.seen,
            notes=tuple(report.notes),
            timeline=tuple(
                Moment(round(time, 3), *said) for time, said in zip(moments.tolist(), self._said(steps, threshold))
            ),
            rate=round(footage.rate, 3),
            doubts=doubts(label, probability, classes, view.seen, voting, self.several),
            threshold=threshold,
            several=self.several,
            course=Course(
                classes,
                moments,
                steps,
                self.probabilities(so_far(decision.steps, self.config.lstm.decision)) if len(steps) else steps,
                total,
                again,
                *((times, view.clip.stored_boxes(), view.clip.seen) if view.clip else ()),
            ),
        )

    def _said(self, steps: np.ndarray, threshold: float) -> Iterator[tuple[str, float]]:
        """What is said of each step, and how surely: the class or, where several may be shown, all of them."""
        for step, best, probability in zip(steps, steps.argmax(axis=1).tolist(), steps.max(axis=1).tolist()):
            if self.several and (all_of_it := named(step, self.classes, threshold)):
                least = float(step[step >= (threshold or HALF)].min())
                yield ", ".join(sorted(all_of_it, key=self.classes.index)), round(least, 3)
            else:
                yield UNCERTAIN if self.several else self.classes[best], round(probability, 3)

    @classmethod
    def load(cls, folder: str | Path | RunFolder, box: str = "", settings: Iterable[str] = ()) -> Recogniser:
        """The networks of a finished run.

        Parameters
        ----------
        folder : path or RunFolder
            The run folder.
        box : {"", "auto", "track", "person", "centre", "whole"}
            How the person is found where that is another dataset's; empty for the run's own rule.
        settings : iterable of str
            Changes of the section ``video``, such as ``["video.empty=keep"]``: of how it looks at videos.

        Raises
        ------
        SeqdlError
            Where it is no run folder, the run is not finished, or a file is damaged; a UsageError for other settings.
        """
        check_choice(box, "box", ("", "auto", *BOXES))
        if not isinstance(folder, RunFolder):
            check_path(folder, "folder")
        run = folder if isinstance(folder, RunFolder) else RunFolder(Path(folder))
        config = _looking(run.config, settings)
        run.require_finished()
        last = model(config.model).last
        arrays, values = checkpoint.read(run.checkpoint(last), "classes")
        if config.video.rate == "auto":  # by an earlier version, which learned from videos as they are stored
            record = registry.records().get(config.data.dataset)
            rate = "stored" if record is None or record.own_videos else record.rate
            config = replace(config, video=replace(config.video, rate=rate))  # type: ignore[arg-type]
        if box:
            config = replace(config, video=replace(config.video, box=box))  # type: ignore[arg-type]
        classes = decode(tuple[str, ...], values["classes"], run.checkpoint(last), "classes")
        try:
            self = cls(config, classes)
        except GeometryError as error:
            raise SeqdlError(f"{run.path / CONFIG} is damaged or of another version: {error}") from error
        for name, network in self.networks.items() if self.both is None else [(last, self.both)]:
            path = run.checkpoint(name)
            stored, told = (arrays, values) if name == last else checkpoint.read(path)
            if told.get("classes", values["classes"]) != values["classes"]:
                raise SeqdlError(f"{run.checkpoint(last)} and {path} are of different classes: one belongs elsewhere")
            beside = self.beside() if name == last else {}
            checkpoint.fill({"theta": network.parameters.vector, **beside}, stored, path)
        return self


def _looking(config: Config, settings: Iterable[str]) -> Config:
    """The configuration of a run with other settings of how it looks at videos; ``auto`` is the run's own."""
    changed = load(settings=settings, base=config)  # which also says what is unknown
    for setting in [settings] if isinstance(settings, str) else settings:
        if not setting.strip().startswith("video."):
            raise UsageError(
                f"settings={setting}: the networks of a finished run are as they are: of its settings only those of "
                "video can be changed, such as video.empty=keep"
            )
    kept = {name: getattr(config.video, name) for name in ("box", "rate") if getattr(changed.video, name) == "auto"}
    return replace(changed, video=replace(changed.video, **kept))
