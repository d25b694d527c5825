"""What a describer is: everything that training, evaluation, prediction and reports ask of a model's first step."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar

import numpy as np

from seqdl.base.arrays import check_choice
from seqdl.config import BOXES, Config, ConvNetConfig, LSTMConfig, SingleStepConfig
from seqdl.datasets.base import Dataset
from seqdl.datasets.base import Sequence as Clip
from seqdl.model.geometry import LayerSpec
from seqdl.model.parameters import Parameters
from seqdl.model.updates import Learned
from seqdl.models import model
from seqdl.ops.vary import Variation
from seqdl.stores.base import Store
from seqdl.video.prepare import Clip as Prepared

COPIES = {
    "none": ((False, False),),
    "mirror": ((False, False), (True, False)),
    "mirror_flip": ((False, False), (True, False), (False, True)),
    "all": ((False, False), (True, False), (False, True), (True, True)),
}
"""The versions of a sample as (mirrored, flipped)."""
S = TypeVar("S", bound=Store)


class Copy(NamedTuple):
    """A copy of a sequence.

    Parameters
    ----------
    mirror, flip : bool
        Whether mirrored, whether turned upside down.
    shift : tuple of int
        Rows and columns by which it is moved.
    variation : seqdl.ops.vary.Variation, optional
        How it is varied before.
    """

    mirror: bool = False
    flip: bool = False
    shift: tuple[int, int] = (0, 0)
    variation: Variation | None = None


AS_IT_IS = Copy()


class Steps(NamedTuple):
    """A sequence as the LSTM reads it.

    Parameters
    ----------
    features : array, (steps, N)
        In the order of time; possibly without a single step.
    outputs : array, (steps, classes)
        What the describer itself says of each step; (0, classes) where it does not decide.
    """

    features: np.ndarray
    outputs: np.ndarray


@dataclass(frozen=True)
class View:
    """A video that was just opened, described.

    Parameters
    ----------
    steps : Steps
        What the LSTM reads.
    times : array, (steps,)
        The frame in the middle of what each step describes.
    frames, seen : int, float or None
        So many frames were looked at; in what share of them somebody is, None where nobody is looked for.
    clip : seqdl.video.prepare.Clip or None
        The frames as the network sees them, with boxes; None where interest points are all there is.
    """

    steps: Steps
    times: np.ndarray
    frames: int
    seen: float | None = None
    clip: Prepared | None = None


class Passes(Protocol):
    """How far a stage's training is: see :class:`seqdl.training.schedule.Schedule`."""

    def rates(self, updates: int) -> np.ndarray:
        """The rate of each update of the next pass, which has so many."""

    def done(self, updates: int) -> np.ndarray:
        """The share of all passes that is done at each of them."""


class Network(Protocol):
    """What has parameters."""

    parameters: Parameters


@dataclass
class Stage:
    """One network in training: what its passes are made of.

    Parameters
    ----------
    name : str
        As in log.csv and in the name of its checkpoint.
    section, parameters
        Rates, passes, patience; and what is trained.
    draw : callable
        ``draw(rng, passes)`` gives the updates of a pass, in order, with the rates of ``passes``.
    learn : callable
        ``learn(updates, velocity)`` does some of them; the velocity is changed.
    rate : str
        The setting to lower where training collapses.
    settle : int
        Updates after which one class for everything is a collapse, and no longer a beginning.
    beside : mapping of str to array
        Further arrays of the checkpoint, filled when training goes on from it.
    guessing : callable, optional
        ``guessing(updates)`` is the loss of one who guesses, for each of some updates; of stages in which the error has
        to reach the ConvNet.
    counted : callable, optional
        ``counted(updates)`` is how much the losses that are added up count together, for each of some updates: the log
        has their mean, which can be compared between passes. 1 where absent.
    several : bool
        Whether labels are sets of classes (:mod:`seqdl.model.targets`).
    """

    name: str
    section: ConvNetConfig | LSTMConfig | SingleStepConfig
    parameters: Parameters
    draw: Callable[[np.random.Generator, Passes], Any]
    learn: Callable[[Any, np.ndarray], Learned]
    rate: str
    settle: int
    beside: Mapping[str, np.ndarray] = field(default_factory=dict)
    guessing: Callable[[Any], np.ndarray] | None = None
    counted: Callable[[Any], np.ndarray] | None = None
    several: bool = False


class Describer(ABC, Generic[S]):
    """Turns sequences into steps.

    Parameters
    ----------
    config : Config
        The configuration.
    classes : tuple of str
        The actions.
    rng : numpy.random.Generator, optional
        For initial weights; without it they are zero.

    Attributes
    ----------
    nothing : str or None
        What is said where no sequence has any step; None where each has at least one.
    figures : tuple of str
        Which of the figures of :mod:`seqdl.reports.gallery` can be drawn, beside those of any run.
    networks : dict of str to Network
        What is trained, by the name of its stage.
    """

    nothing: ClassVar[str | None] = None
    figures: ClassVar[tuple[str, ...]] = ()

    def __init__(self, config: Config, classes: tuple[str, ...], rng: np.random.Generator | None = None) -> None:
        self.config, self.classes = config, classes
        self.networks: dict[str, Network] = {}

    @property
    def ways(self) -> tuple[str, ...]:
        """Its own ways to a decision, of :data:`seqdl.runs.result.WAYS`."""
        return model(self.config.model).ways

    @staticmethod
    @abstractmethod
    def values(config: Config, classes: int) -> int:
        """How many values a step has, found without making anything."""

    @staticmethod
    def layers(config: Config, classes: int) -> dict[str, list[LayerSpec]]:
        """The layers of its networks, by stage, found without making anything."""
        return {}

    @staticmethod
    def frame_bytes(config: Config) -> int:
        """Bytes that a frame takes in the store; 0 where nobody knows before."""
        return 0

    @staticmethod
    @abstractmethod
    def prepare(config: Config, dataset: Dataset, workers: int = 1) -> S:
        """The store of a dataset, in so many processes: what is not yet there is made."""

    @abstractmethod
    def describe(self, store: S, name: str, copy: Copy = AS_IT_IS) -> Steps:
        """The steps of a sequence of a store, or of a copy of it.

        Parameters
        ----------
        store : Store
            From :meth:`prepare`.
        name, copy
            The sequence's name, and which copy of it.
        """

    def check_box(self, box: str) -> None:
        """Refuse a ``box`` that :meth:`view` cannot use: a ValueError where there is none of this name, a UsageError
        where none is needed.
        """
        check_choice(box, "box", ("", *BOXES))

    def factor(self, shape: tuple[int, ...]) -> int:
        """By how much :meth:`view` down-samples frames of a ``shape``, if that is the first that it does; else 1.

        Whoever holds frames for it may do that before, and hand it :class:`~seqdl.video.prepare.Reduced` ones.
        """
        return 1

    @abstractmethod
    def view(self, frames: Iterable[np.ndarray], name: str, box: str = "") -> View:
        """The steps of a video that was just opened.

        Parameters
        ----------
        frames : iterable of array of uint8, (height, width)
            Its grey frames.
        name : str
            For messages.
        box : {"", "track", "person", "centre", "whole"}
            How the person is found; empty for the run's own rule.

        Raises
        ------
        SeqdlError
            For a video that cannot be used; a UsageError for a box where none is needed.
        """

    def copies(self) -> list[Copy]:
        """The copies of each training sequence that the LSTM learns from; the sequence as it is comes first."""
        return [Copy(mirror, flip) for mirror, flip in COPIES[self.config.lstm.copies]]

    def varied_copies(self, rng: np.random.Generator) -> list[Copy]:
        """Further copies of one training sequence, which are drawn by ``rng``; none where nothing is varied."""
        return []

    def stages(self, store: S, sequences: Sequence[Clip]) -> list[Stage]:
        """Its own training on sequences of a store, before the LSTM's; nothing where there is nothing to train."""
        return []
