"""Every choice of the paper and of ours, as frozen dataclasses with documented defaults.

The order of precedence is: defaults < a TOML file < ``--set section.key=value``. An unknown key or a value of the
wrong type is a :class:`~seqdl.errors.UsageError` that names it and, for a key, the nearest known ones.
"""

import dataclasses
import difflib
import functools
import json
import sys
import tomllib
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from seqdl.errors import UsageError
from seqdl.models import model as known_model

Box = Literal["track", "person", "centre", "whole"]
"""A rule for the box around the person: :func:`seqdl.video.person.boxes`."""
BOXES = get_args(Box)
Given = Literal["auto", "stored"]
"""What a rate may be that is no number: the dataset's own, or that of each file."""


class Range(NamedTuple):
    """Which values of a field a run can use; others are refused before anything is begun with them.

    Parameters
    ----------
    holds : callable
        Whether a value is one.
    advice : str
        What is said of another.
    """

    holds: Callable[[Any], bool]
    advice: str


Count = Annotated[int, Range(lambda value: value > 0, "give a number above 0")]
Natural = Annotated[int, Range(lambda value: value >= 0, "give 0 or more")]
Odd = Annotated[int, Range(lambda value: value > 0 and value % 2 == 1, "give an odd number of at least 1")]
Positive = Annotated[float, Range(lambda value: value > 0, "give a number above 0")]
Share = Annotated[float, Range(lambda value: 0 < value <= 1, "give a number from 0 to 1, above 0")]
FrameRate = Annotated[float, Range(lambda value: 1 <= value <= 1000, "give frames a second, 1 to 1000, auto or stored")]
Dropped = Annotated[float, Range(lambda value: 0 <= value <= 0.99, "give a number from 0 to 0.99")]
Power = Annotated[float, Range(lambda value: 0 <= value <= 10, "give a number from 0 to 10")]
Momentum = Annotated[float, Range(lambda value: 0 <= value < 1, "give a number below 1, from 0")]
Amount = Annotated[float, Range(lambda value: value >= 0, "give a number from 0")]
Widened = Annotated[float, Range(lambda value: 0 <= value <= 1, "give a number from 0 to 1")]
Pixels = Annotated[float, Range(lambda value: 0 <= value <= 10, "give pixels, from 0 to 10")]
Degrees = Annotated[float, Range(lambda value: 0 <= value <= 45, "give degrees, from 0 to 45")]
Blurred = Annotated[float, Range(lambda value: 0 <= value <= 1.5, "give pixels, from 0 to 1.5")]
Decay = Annotated[float, Range(lambda value: 0 <= value <= 1 - 1e-6, "give a number below 1, from 0")]


@dataclass(frozen=True)
class DataConfig:
    """Who is looked at, and who is tested.

    Parameters
    ----------
    dataset : str
        One of those that ``seqdl datasets`` lists.
    variant : str
        A reading of the dataset; empty for its default.
    data_dir : str
        The dataset's folder; empty for datasets that need none.
    persons : str
        For videos of one's own: a CSV file that says who acts in which file.
    person_pattern : str
        For videos of one's own: where in their names the person stands, such as ``{person}_*``; see
        :func:`seqdl.datasets.pattern.persons`.
    only : tuple of str
        The persons that are looked at; empty for all. Whoever is not named is never read.
    protocol : str
        ``draws``, ``leave-one-person-out`` (``leave-one-sequence-out`` or ``leave-one-group-out`` where recordings or
        groups of clips are divided, ``leave-one-video-out`` where nobody's person is known), ``fixed`` (the split
        printed with the dataset, or that of its folders), ``official`` or ``five-folds`` (of datasets that have such),
        ``all`` (everything trains, nothing is tested) or ``file:PATH``. ``auto``: the usual one of a dataset with
        official splits, ``fixed`` where the folders are the parts of a split, else ``draws``.
    draws : int
        Number of random draws (5 in the paper, Section 4.2).
    draw : int
        Which split of the protocol is run, counted from 1.
    split_seed : int
        The seed of the random draws of persons: draw 1 is the same for every ``seed`` of the networks.
    inner : str
        A protocol once more, among the training persons of the split: to choose settings without reading a test person.
        Empty for the split itself.
    inner_draws, inner_draw : int
        As ``draws`` and ``draw``, of the inner protocol.
    """

    dataset: str = "actors"
    variant: str = ""
    data_dir: str = ""
    persons: str = ""
    person_pattern: str = ""
    only: tuple[str, ...] = ()
    protocol: str = "auto"
    draws: Count = 5
    draw: Count = 1
    split_seed: Natural = 0
    inner: str = ""
    inner_draws: Count = 3
    inner_draw: Count = 1


@dataclass(frozen=True)
class VideoConfig:
    """From a video file to person-centred crops (Section 4.2 of the paper).

    Parameters
    ----------
    grey : {"full", "limited"}
        ``full``: grey values expanded to 0..255; ``limited``: the luma plane as stored (16..235 for MPEG-4).
    rate : float, "auto" or "stored"
        Frames a second that the network sees: every video is resampled to it by its time stamps, so that running at 50
        frames a second is running. ``auto``: the dataset's own, 25 in the paper; ``stored``: each file's, whatever that
        is.
    downsample : int
        Factor of the spatial down-sampling, 2 in the paper. Frames that are still more than twice as large as the crop
        on both sides are down-sampled further, those that would no longer hold it not at all.
    box : {"auto", "track", "person", "centre", "whole"}
        The person-centred box. ``track``: full height, width by the crop's proportion (half the frame's width on KTH),
        only the horizontal centre is followed (Jhuang et al., ICCV 2007). ``person``: a box of the crop's proportion
        around the person's extent. ``centre``: a centred crop, for clips that already show the person. ``whole``:
        the whole frame, squeezed to the crop's proportion, for clips cut around several people. ``auto``: the
        dataset's own rule.
    empty : {"skip", "keep"}
        Windows in which nobody is seen in most frames: leave them out (a sequence without any other keeps them), or
        not.
        Choice: the paper mentions the empty frames of KTH1 and does not say what it did with them.
    """

    grey: Literal["full", "limited"] = "full"
    rate: Given | FrameRate = "auto"
    downsample: Count = 2
    box: Literal["auto", Box] = "auto"
    empty: Literal["skip", "keep"] = "skip"


@dataclass(frozen=True)
class LCNConfig:
    """3D local contrast normalisation on a 7 x 7 x 7 neighbourhood (Section 4.2; Jarrett et al., ICCV 2009).

    Parameters
    ----------
    reading : {"two_pass", "one_window"}
        Choice: ``two_pass`` keeps the cited formula (v = x - w*x, sigma = sqrt(w * v^2)) with replicated borders;
        ``one_window`` takes mean and deviation from one and the same window. Both lose 3 pixels on each side.
    size : int
        Side of the neighbourhood, odd.
    sigma : float
        Standard deviation of the Gaussian window, in pixels and frames. Choice: not given in the paper.
    constant : {"sequence", "frame", "fixed"}
        What c is, in y = v / max(c, sigma): the mean of sigma over the sequence, over each frame, or ``value``.
        Choice: the reference says "mean", not over what.
    value : float
        The constant c for ``fixed``, on grey values in 0..1.
    """

    reading: Literal["two_pass", "one_window"] = "two_pass"
    size: Odd = 7
    sigma: Positive = 1.5
    constant: Literal["sequence", "frame", "fixed"] = "sequence"
    value: Positive = 0.01


@dataclass(frozen=True)
class ConvNetConfig:
    """The 3D-ConvNet's geometry, the choices the paper leaves open, and how it is trained (Section 2.2).

    Parameters
    ----------
    frames, rows, columns : int
        The input window: 9 frames of 54 rows and 34 columns.
    c1_maps : int
        Maps of C1; C2 then has ``2 n + n (n - 1) / 2`` maps (7 gives 35).
    c1_kernel, c2_kernel, c3_kernel : tuple of int
        Kernel sizes as (frames, rows, columns).
    pool : int
        Side of the sub-sampling window.
    c3_maps : int
        Maps of C3.
    hidden : int
        Neurons of N1.
    activation_c, activation_s, activation_c3 : {"tanh", "linear"}
        Squashing after C1 and C2 (before rectification), after S1 and S2, and after C3. Choice: not given.
    squash : {"plain", "scaled"}
        ``plain``: tanh(x); ``scaled``: 1.7159 tanh(2x/3) (LeCun et al. 1998). Choice: not given.
    rectification : {"gain", "bias"}
        The scalar per map that the count of 17,169 asks for: |g x| or |x + b|. Choice: derived, not printed.
    pooling : {"mean", "sum"}
        Whether S averages or adds its window before the coefficient. Choice: not given.
    loss : {"cross_entropy", "squared_error", "logistic"}
        Softmax with cross-entropy, or tanh outputs against targets of +-1 with squared error. Choice: not given.
        ``logistic``: a unit for each class by itself, with binary cross-entropy, for datasets whose sequences show
        several classes, which imply it.
    initial : {"uniform", "normal"}
        Distribution of the initial weights, with variance ``initial_scale**2`` / fan-in. Choice: not given.
    initial_scale : float
        See ``initial``.
    initial_subsample_bias : float
        Initial bias of S1 and S2. Choice: not given.
    learning_rate, momentum : float
        Online update v = momentum v - learning_rate gradient; theta = theta + v. Choice: values not given.
    rate_rule : {"uniform", "sharing"}
        One rate for all, or each layer's rate divided by the square root of how often its weights are shared (after
        LeCun et al. 1998, "Efficient BackProp"). Choice: "adapted to weight sharing" is all the paper says.
    schedule : {"exponential", "plateau", "constant"}
        ``exponential``: down to ``final_rate`` times the rate over ``epochs``; ``plateau``: halved whenever the
        training performance no longer rises; ``constant``. Choice: not given.
    final_rate : float
        The smallest rate, as a share of ``learning_rate``.
    epochs : int
        At most so many passes over the training windows. Choice: not given. 0 leaves the ConvNet untrained: the control
        that tells how much of the result is the LSTM's, in which voting means nothing.
    patience : int
        Passes without a rise of the training performance after which training stops (``constant``, ``exponential``)
        or the rate is halved (``plateau``).
    window_step : int
        Frames between the training windows of a pass; each pass starts at a random phase.
    copies : {"none", "mirror", "mirror_flip", "all"}
        Versions of each training window: as it is; also mirrored; also vertically flipped; also both at once. One is
        drawn at random for each update. Choice: the paper names mirrored and flipped ones, not how many.
    shift : int
        Windows are moved by up to so many pixels while training, borders repeated. Not in the paper: 0 switches it off.
    weight_decay : float
        At each update weights lose this share of themselves, times their rate, before they are moved; biases, gains and
        coefficients do not. Not in the paper: 0 switches it off.
    dropout : float
        The share of N1's neurons that are left out, others at each update; the training accuracy is that of the rest.
        Not in the paper: 0 switches it off.
    average : int
        With K the network that is kept is the mean of the parameters after each of the last K passes, whether the limit
        or the schedule has ended them; after fewer, of all. The rate should not have fallen to nothing by then. Not in
        the paper: 0 keeps those of the last pass.
    warm : str
        A finished run of a model with a ConvNet whose networks are the beginning of both steps, or the folder of a
        cross-validation: then the run of the same draw and seed in it. It may know other classes: then N2 and the
        LSTM's outputs begin with initial weights. Empty for those throughout; with a single step, ``single_step.warm``.
    algorithm : {"toom_cook", "direct"}
        How the compiled form convolves along time: with fewer multiplications, or term by term. Choice: the same sums
        up to the rounding of float32; ``toom_cook`` is the faster one.
    """

    frames: int = 9
    rows: int = 54
    columns: int = 34
    c1_maps: int = 7
    c1_kernel: tuple[int, int, int] = (5, 7, 7)
    c2_kernel: tuple[int, int, int] = (3, 5, 5)
    c3_kernel: tuple[int, int, int] = (3, 3, 3)
    pool: int = 2
    c3_maps: int = 5
    hidden: int = 50
    activation_c: Literal["tanh", "linear"] = "tanh"
    activation_s: Literal["tanh", "linear"] = "tanh"
    activation_c3: Literal["tanh", "linear"] = "tanh"
    squash: Literal["plain", "scaled"] = "plain"
    rectification: Literal["gain", "bias"] = "gain"
    pooling: Literal["mean", "sum"] = "mean"
    loss: Literal["cross_entropy", "squared_error", "logistic"] = "cross_entropy"
    initial: Literal["uniform", "normal"] = "uniform"
    initial_scale: Positive = 1.0
    initial_subsample_bias: float = 0.0
    learning_rate: Positive = 0.0006
    momentum: Momentum = 0.9
    rate_rule: Literal["uniform", "sharing"] = "uniform"
    schedule: Literal["exponential", "plateau", "constant"] = "exponential"
    final_rate: Share = 0.05
    epochs: Natural = 20
    patience: Count = 3
    window_step: Count = 4
    copies: Literal["none", "mirror", "mirror_flip", "all"] = "mirror_flip"
    shift: Natural = 0
    weight_decay: Amount = 0.0
    dropout: Dropped = 0.0
    average: Natural = 0
    warm: str = ""
    algorithm: Literal["toom_cook", "direct"] = "toom_cook"


@dataclass(frozen=True)
class VaryConfig:
    """Copies that vary as people and cameras do, while networks learn (:mod:`seqdl.ops.vary`). Not in the paper: off.

    The ConvNet learns from a copy that is drawn anew for every window, before ``convnet.copies`` and ``convnet.shift``;
    with the model ``single-step`` for every crop. The LSTM of two steps learns from ``sequences`` varied copies of each
    sequence besides those that it has, the same in all windows of one. Each setting a says how far something is varied,
    0 not at all; factors are drawn from 1 / (1 + a) to 1 + a, their logarithms uniformly, and all else uniformly.

    Parameters
    ----------
    size, proportion : float
        Factor on the person's size in the box, and on height by width.
    place : float
        The picture is moved by up to so many pixels along each side, parts of one too.
    rotation : float
        It is turned by up to so many degrees, either way.
    speed : float
        Factor on the speed: the nearest frames are taken.
    contrast : float
        Factor on the normalised values.
    brightness, noise : float
        Normal numbers that are added to whole frames and to single pixels have a deviation of up to this, where 1 is
        the local contrast.
    blur : float
        Deviation of the Gaussian: up to so many pixels.
    bar : float
        A bar, upright or level, anywhere, covers up to this share of the picture.
    jitter : float
        The box is moved from frame to frame, by whole pixels with a deviation of up to this.
    sequences : int
        See above; without any other of these settings it has no meaning.
    """

    size: Widened = 0.0
    proportion: Widened = 0.0
    place: Pixels = 0.0
    rotation: Degrees = 0.0
    speed: Widened = 0.0
    contrast: Widened = 0.0
    brightness: Widened = 0.0
    noise: Widened = 0.0
    blur: Blurred = 0.0
    bar: Widened = 0.0
    jitter: Pixels = 0.0
    sequences: Natural = 4


@dataclass(frozen=True)
class LSTMConfig:
    """The LSTM that labels the sequence of features, and how it is trained (Section 3).

    Parameters
    ----------
    cells : int
        LSTM cells of the hidden layer, 50 in the paper.
    forget_gate, peepholes : bool
        Later additions to the cell; off, as the paper's 25,000 parameters say.
    squash : {"tanh", "1997"}
        Squashing of the cell's input and output: tanh, or the ranges +-2 and +-1 of Hochreiter and Schmidhuber 1997.
    loss : {"cross_entropy", "squared_error", "logistic"}
        As for the ConvNet.
    targets : {"every", "last"}
        Whether the error is taken at every step (and averaged) or at the last alone. Choice: not given.
    decision : {"accumulate", "last"}
        The sequence's decision: the outputs added over time (the paper's "accumulation of several individual
        decisions"), or those of the last step.
    window_step : int
        Frames between consecutive windows. Choice: 1 is the natural reading.
    input_scaling : {"none", "standardise"}
        The 120 inputs as they are, or with mean 0 and deviation 1 over the training sequences. Choice: not given.
    copies : {"none", "mirror", "mirror_flip", "all"}
        Versions of each training sequence. Choice: not given for the LSTM.
    shift : int
        With it the ConvNet describes each of these versions four times more, moved by so many pixels along the
        diagonals: of sequences that it has learned from it knows too much. Not in the paper: 0 switches it off.
    truncate : int
        Steps after which the error stops flowing back; 0 is full backpropagation through time. Choice: not given.
    initial_range : float
        Initial weights are uniform in +- this. Choice: not given.
    input_gate_bias : float
        Initial bias of the input gates (negative values were a habit). Choice: not given.
    learning_rate, momentum : float
        One online update a sequence.
    schedule : {"exponential", "plateau", "constant"}
        As for the ConvNet.
    final_rate : float
        As for the ConvNet.
    epochs : int
        At most so many passes over the training sequences.
    patience : int
        As for the ConvNet.
    weight_decay : float
        As for the ConvNet.
    dropout : float
        The share of the features that are left out, others at each update and each step. Not in the paper: 0 switches
        it off.
    average : int
        As for the ConvNet.
    """

    cells: int = 50
    forget_gate: bool = False
    peepholes: bool = False
    squash: Literal["tanh", "1997"] = "tanh"
    loss: Literal["cross_entropy", "squared_error", "logistic"] = "cross_entropy"
    targets: Literal["every", "last"] = "every"
    decision: Literal["accumulate", "last"] = "accumulate"
    window_step: Count = 1
    input_scaling: Literal["none", "standardise"] = "none"
    copies: Literal["none", "mirror", "mirror_flip", "all"] = "mirror"
    shift: Natural = 0
    truncate: Natural = 0
    initial_range: Positive = 0.1
    input_gate_bias: float = 0.0
    learning_rate: Positive = 0.05
    momentum: Momentum = 0.9
    schedule: Literal["exponential", "plateau", "constant"] = "exponential"
    final_rate: Share = 0.1
    epochs: Count = 10
    patience: Count = 3
    weight_decay: Amount = 0.0
    dropout: Dropped = 0.0
    average: Natural = 0


@dataclass(frozen=True)
class StipConfig:
    """What the model ``stip-lstm`` reads in place of the ConvNet's features (Section 4.2, Table 1).

    Parameters
    ----------
    points : int
        So many space-time interest points of a sequence, those of the largest response; 0 for all. Choice: the paper
        does not say; all of them.
    """

    points: Natural = 0


@dataclass(frozen=True)
class SingleStepConfig:
    """How the model ``single-step`` is trained: both networks as one, by one error (planned in Section 5).

    The networks are those of the sections ``convnet`` and ``lstm``. Of their training ``convnet.copies`` and
    ``convnet.shift`` say which copies of a crop are drawn, ``convnet.rate_rule`` the ConvNet's rates, and
    ``convnet.epochs`` how many passes of its own the ConvNet is given before, as in the first of two steps (0: none).
    ``lstm.copies``, ``lstm.shift``, and the LSTM's rates, passes, decay and dropout have no meaning here;
    ``lstm.input_scaling`` must be ``none``. The paper plans such a training and does not describe it.

    Parameters
    ----------
    learning_rate, convnet_rate : float
        Adam's rate for the LSTM, and the one for the ConvNet and its head, which falls as the other does; 0 leaves
        the ConvNet as it is. Choice: with the plain update of two steps no one rate suits all layers.
    schedule : {"exponential", "plateau", "constant"}
        As for the ConvNet.
    final_rate : float
        As for the ConvNet.
    epochs : int
        At most so many passes. Choice: a limit for time's sake.
    crops : int
        A pass is a crop of each training sequence or, where there are fewer sequences than this, of each as many as it
        takes. Choice: few sequences want more passes to be learned from; so both small and large sets may have one
        number of passes.
    patience : int
        As for the ConvNet; as many as there are passes, so that nothing stops before the rates have fallen.
    decay, decay_square : float
        How much of Adam's running means is kept at an update: of the gradient, and of its square.
    weight_decay : float
        At each update parameters lose this share of themselves, times their rate.
    average : int
        As for the ConvNet.
    shortest, longest : int
        Windows of a crop: its length is drawn from one to the other, its logarithm uniformly, and its place at random.
        ``longest`` = 0 takes whole sequences. Choice: parts of sequences, which are never the same twice.
    head, head_end : float
        How much the loss of N1 and N2, which decide on every window, counts in the beginning and in the end; linear
        between. Where it is 0 throughout and the ConvNet has no passes of its own, voting means nothing and is
        not shown. The log has the mean of both losses, each as it counts. Choice: it helps in the beginning, and in
        the end the LSTM's error alone counts.
    dropout : float
        The share of the LSTM's inputs that are left out, others at each update.
    evening : bool
        Whether the error that reaches the features of a step is divided by its running mean at that place: without a
        forget gate it is several times larger in the beginning of a crop. Choice: on.
    alternate : bool
        Whether updates teach the ConvNet and the LSTM by turns; otherwise each teaches both.
    late : float
        The loss of step t counts as much as t to this power: 0 all the same, larger ones later steps more. With
        ``lstm.targets`` = ``last`` the last one alone counts.
    warm : str
        A finished run of this model or of ``convnet-lstm`` whose networks are the beginning, or the folder of a
        cross-validation: then the run of the same draw and seed in it. Empty for initial weights.
    """

    learning_rate: Positive = 0.003
    convnet_rate: Amount = 0.0005
    schedule: Literal["exponential", "plateau", "constant"] = "exponential"
    final_rate: Share = 0.05
    epochs: Count = 55
    crops: Count = 360
    patience: Count = 55
    decay: Decay = 0.9
    decay_square: Decay = 0.999
    weight_decay: Amount = 0.0
    average: Natural = 0
    shortest: Count = 16
    longest: Natural = 48
    head: Amount = 1.0
    head_end: Amount = 0.0
    dropout: Dropped = 0.25
    evening: bool = True
    alternate: bool = False
    late: Power = 0.0
    warm: str = ""


@dataclass(frozen=True)
class Config:
    """The whole configuration of a run.

    Parameters
    ----------
    model : str
        One of :data:`seqdl.models.MODELS`.
        What describes the video to the LSTM: the learned 3D-ConvNet, or the engineered baseline of Table 1, a HOF
        vector for each Harris-3D point.
    seed : int
        The one seed from which every random draw is spawned.
    backend : {"numba", "numpy"}
        Which form of the network runs: the compiled one, or the equations.
    data, video, lcn, convnet, vary, lstm, stip, single_step : dataclass
        The sections.
    """

    model: str = "convnet-lstm"
    seed: Natural = 0
    backend: Literal["numba", "numpy"] = "numba"
    data: DataConfig = field(default_factory=DataConfig)
    video: VideoConfig = field(default_factory=VideoConfig)
    lcn: LCNConfig = field(default_factory=LCNConfig)
    convnet: ConvNetConfig = field(default_factory=ConvNetConfig)
    vary: VaryConfig = field(default_factory=VaryConfig)
    lstm: LSTMConfig = field(default_factory=LSTMConfig)
    stip: StipConfig = field(default_factory=StipConfig)
    single_step: SingleStepConfig = field(default_factory=SingleStepConfig)


def crop_size(config: Config) -> tuple[int, int]:
    """Rows and columns of the person-centred crop, the input and the border that normalisation uses up: (60, 40)."""
    border = config.lcn.size - 1
    return config.convnet.rows + border, config.convnet.columns + border


def head_taught(config: Config) -> bool:
    """Whether anything teaches N1 and N2, the head that decides on windows; else what it says means nothing."""
    section, as_one = config.single_step, known_model(config.model).as_one
    learns = section.convnet_rate > 0 and max(section.head, section.head_end) > 0
    return config.convnet.epochs > 0 or (as_one and (learns or bool(section.warm)))


def to_dict(config: Any) -> dict[str, Any]:
    """A configuration, or one section, as plain dictionaries, lists and values, ready for JSON."""
    return json.loads(json.dumps(dataclasses.asdict(config)))


def from_dict(values: Mapping[str, Any], base: Config | None = None) -> Config:
    """The configuration ``base`` with ``values`` laid over it: ``{"convnet": {"learning_rate": 0.003}}``.

    Raises
    ------
    UsageError
        For an unknown key, a value of the wrong type or out of its range.
    """
    return _overlay(base or Config(), values, "")


def load(path: str | Path | None = None, settings: Iterable[str] = (), base: Config | None = None) -> Config:
    """The configuration from a TOML file and ``key=value`` settings, in this order of precedence.

    Parameters
    ----------
    path : path, optional
        A TOML file.
    settings : iterable of str
        Such as ``convnet.learning_rate=0.003``.
    base : Config, optional
        The defaults where absent.

    Returns
    -------
    Config

    Raises
    ------
    UsageError
        For a file that cannot be read, an unknown key, or a value of the wrong type.

    Examples
    --------
    >>> load(settings=["convnet.learning_rate=0.003"]).convnet.learning_rate
    0.003
    """
    return laid_over(Config() if base is None else base, given(path, settings))


def given(path: str | Path | None, settings: Iterable[str]) -> list[Mapping[str, Any]]:
    """What :func:`load` reads from a file at ``path`` and from ``settings``: nested values, later ones before others.

    The file, which may be a pipe, is read once. It raises as :func:`load` does.
    """
    if path is not None and not isinstance(path, str | Path):
        raise UsageError(f"path: expected a path, got {type(path).__name__}")
    settings = [settings] if isinstance(settings, str) or not isinstance(settings, Iterable) else list(settings)
    if not all(isinstance(setting, str) for setting in settings):
        raise UsageError(f"settings={settings}: give texts, such as ['convnet.learning_rate=0.003']")
    found: list[Mapping[str, Any]] = []
    if path:
        try:
            found.append(tomllib.loads(Path(path).read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text file"
            raise UsageError(f"cannot read the configuration file {path}: {reason}") from error
        except tomllib.TOMLDecodeError as error:
            raise UsageError(f"the configuration file {path} is not valid TOML: {error}") from error
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals:
            raise UsageError(f"settings={setting}: write it as key=value, such as convnet.learning_rate=0.003")
        nested: Any = _value(text.strip())
        for part in reversed(key.strip().split(".")):
            nested = {part: nested}
        found.append(nested)
    return found


def laid_over(base: Config, values: Iterable[Mapping[str, Any]]) -> Config:
    """A configuration ``base`` with ``values`` from :func:`given` laid over it, one after the other."""
    if not isinstance(base, Config):
        raise UsageError(f"base: expected a Config, got {type(base).__name__}")
    return functools.reduce(lambda config, each: from_dict(each, config), values, base)


def _value(text: str) -> Any:
    """A setting's text as the value TOML would read; a bare word is a string."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


@functools.cache  # asked anew they would be most of the time of reading many records
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _overlay(base: Any, values: Mapping[str, Any], prefix: str) -> Any:
    kind: Any = type(base)
    hints = _hints(kind)
    changes: dict[str, Any] = {}
    for key, value in values.items():
        if key not in hints:
            raise UsageError(f"unknown configuration key {prefix}{key}{_near(prefix, key, hints)}")
        kind = hints[key]
        if dataclasses.is_dataclass(kind):
            if not isinstance(value, Mapping):
                raise UsageError(f"{prefix}{key} is a section: set one of its keys, such as {key}.{_first(kind)}")
            changes[key] = _overlay(getattr(base, key), value, f"{prefix}{key}.")
        else:
            changes[key] = _checked(kind, value, f"{prefix}{key}")
    return dataclasses.replace(base, **changes)


def _first(kind: Any) -> str:
    return dataclasses.fields(kind)[0].name


def _near(prefix: str, key: str, hints: Mapping[str, Any]) -> str:
    """Where the key may have been meant to stand: near names in this section, or the same name in another."""
    known = {prefix + name: name for name in hints}
    if not prefix:
        for section, kind in hints.items():
            if dataclasses.is_dataclass(kind):
                known |= {f"{section}.{f.name}": f.name for f in dataclasses.fields(kind)}
    close = difflib.get_close_matches(key, known.values(), n=3, cutoff=0.6)
    names = [full for full, name in known.items() if name in close]
    return f"; did you mean {', '.join(names[:4])}?" if names else f"; known: {', '.join(known)}"


def _checked(kind: Any, value: Any, key: str) -> Any:
    origin = get_origin(kind)
    if origin is Annotated:
        plain, allowed_range = get_args(kind)
        value = _checked(plain, value, key)
        if not allowed_range.holds(value):
            raise UsageError(f"{key} = {value}: {allowed_range.advice}")
        return value
    if origin in (Union, types.UnionType):  # words, or else a number
        words, number = get_args(kind)
        if isinstance(value, str) and value not in get_args(words):
            raise UsageError(f"{key} = {value}: {get_args(number)[1].advice}")
        return value if isinstance(value, str) else _checked(number, value, key)
    if origin is Literal:
        allowed = get_args(kind)
        text = str(value)
        if text not in allowed:
            raise UsageError(f"{key} = {text}: choose one of {', '.join(allowed)}")
        return text
    if origin is tuple and get_args(kind) == (str, ...):
        names = [value] if isinstance(value, str) else value
        if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
            raise UsageError(f"{key} = {value}: give a list of names, such as ['ann', 'bob']")
        return tuple(names)
    if origin is tuple:
        size = len(get_args(kind))
        if not isinstance(value, list | tuple) or len(value) != size or not all(_is_int(v) for v in value):
            raise UsageError(f"{key} = {value}: give {size} whole numbers, such as [5, 7, 7]")
        return tuple(value)
    wanted, fits = {
        int: ("a whole number", _is_int(value)),
        float: ("a number", _is_int(value) or isinstance(value, float)),
        bool: ("true or false", isinstance(value, bool)),
        str: ("a text", isinstance(value, str)),
    }[kind]
    if not fits:
        raise UsageError(f"{key} = {value}: give {wanted}")
    if kind is float and (abs(value) > sys.float_info.max or value != value):
        raise UsageError(f"{key} = {value}: give a finite number")
    if key == "model":
        known_model(value)
    return float(value) if kind is float else value


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
