"""The models, one record each: what is known of a model before its describer is imported.

A model is a describer, which turns a sequence into steps of values, and the LSTM that reads them. Adding one takes a
line here and the describer's module; see :mod:`seqdl.model.describers`.
"""

import difflib
from dataclasses import dataclass

from seqdl.errors import UsageError


@dataclass(frozen=True)
class Model:
    """A model.

    Parameters
    ----------
    name, what : str
        As in the setting ``model``, and for help texts.
    describer, title : str
        Where its describer is, as ``module:class``, and what that is called in tables and pictures.
    describes, step : str
        A sentence for a report: what the LSTM reads; and what a step is.
    sections : tuple of str
        Sections of the configuration that it reads, and not every model does.
    ways : tuple of str
        The describer's own ways to a decision.
    preset : str
        The recipe where none is named.
    trained : bool
        Whether its describer is trained, so that a control may leave that out.
    last : str
        The last stage of its training, whose checkpoint has what the LSTM needs; its section of the configuration is
        spelled with ``_``.
    """

    name: str
    what: str
    describer: str
    title: str
    describes: str
    step: str
    sections: tuple[str, ...]
    ways: tuple[str, ...] = ()
    preset: str = "paper"
    trained: bool = False
    last: str = "lstm"

    @property
    def as_one(self) -> bool:
        """Whether its describer and the LSTM are trained as one."""
        return self.last != "lstm"

    @property
    def stages(self) -> tuple[tuple[str, str], ...]:
        """The sections of the configuration, each with the stage that it may be of, in the order of training."""
        last = self.last.replace("-", "_")
        own = [name for name in self.sections if name != last]
        return (*((name, name) for name in own), (last, self.last))


MODELS = {
    model.name: model
    for model in (
        Model(
            "convnet-lstm",
            "the paper's: a learned 3D-ConvNet describes windows",
            "seqdl.model.describers.windows:Windows",
            "3D-ConvNet",
            "A 3D-ConvNet describes windows of frames, and the LSTM reads that.",
            "a window of 9 frames",
            ("convnet", "lcn", "vary"),
            ("windows", "voting"),
            trained=True,
        ),
        Model(
            "stip-lstm",
            "the engineered baseline: Harris-3D points instead",
            "seqdl.model.describers.points:Points",
            "Harris-3D",
            "The engineered baseline: there is no ConvNet, the LSTM reads HOF descriptors of Harris-3D points.",
            "an interest point",
            ("stip",),
            preset="stip",
        ),
        Model(
            "single-step",
            "3D-ConvNet and LSTM as one, trained together",
            "seqdl.model.describers.windows:Windows",
            "3D-ConvNet",
            "A 3D-ConvNet describes windows of frames, the LSTM reads that, and one error trains both.",
            "a window of 9 frames",
            ("convnet", "lcn", "vary", "single_step"),
            ("windows", "voting"),
            preset="single-step",
            trained=True,
            last="single-step",
        ),
    )
}


def model(name: str) -> Model:
    """The record of a model; a UsageError names what there is for a name that is none's."""
    if name not in MODELS:
        near = difflib.get_close_matches(name, MODELS, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise UsageError(f"model = {name}: {hint}choose one of {', '.join(MODELS)}")
    return MODELS[name]
