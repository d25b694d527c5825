"""The variants, group by group, in the order in which they are run. Each changes the default alone.

A variant is written as its settings, with blanks between them. Where it has more than one, the further ones keep
something else as it was: the number of updates, the number of features, or the rate's share for its kind of loss.
``start.coefficient`` is no setting: a factor on the initial coefficients of S1 and S2.
"""

from __future__ import annotations

from dataclasses import dataclass

from experiments import cost
from experiments.cost import Size
from seqdl import config as configuration
from seqdl.config import Config
from seqdl.errors import UsageError

PERSONS = ("alba", "amel", "andreas", "chiara")
"""The development persons of the IXMAS part: nobody else is ever looked at here."""
SEEDS = (0, 1, 2)
DEFAULT = "default"

GROUPS: dict[str, tuple[str, ...]] = {
    "Training the ConvNet": (
        "convnet.copies=none",
        "convnet.copies=mirror",
        "convnet.copies=all",
        "convnet.shift=1",
        "convnet.shift=2",
        "convnet.shift=4",
        "convnet.copies=mirror convnet.shift=2",
        "convnet.epochs=10",
        "convnet.epochs=40",
        "convnet.window_step=1 convnet.epochs=5",
        "convnet.window_step=2 convnet.epochs=10",
        "convnet.window_step=8 convnet.epochs=40",
        "convnet.learning_rate=0.0003",
        "convnet.learning_rate=0.0012",
        "convnet.momentum=0 convnet.learning_rate=0.006",
        "convnet.momentum=0.5 convnet.learning_rate=0.003",
        "convnet.rate_rule=sharing convnet.learning_rate=0.003",
        "convnet.rate_rule=sharing convnet.learning_rate=0.01",
        "convnet.schedule=plateau",
        "convnet.schedule=plateau convnet.patience=1",
        "convnet.schedule=constant",
        "convnet.final_rate=0.2",
        "convnet.final_rate=0.01",
    ),
    "The 3D-ConvNet": (
        "convnet.initial=normal",
        "convnet.initial_scale=0.5",
        "convnet.initial_scale=2",
        "convnet.initial_subsample_bias=-0.3",
        "convnet.pooling=sum",
        "convnet.pooling=sum start.coefficient=0.25",
        "convnet.rectification=bias",
        "convnet.activation_c=linear",
        "convnet.activation_s=linear",
        "convnet.activation_c=linear convnet.activation_s=linear",
        "convnet.activation_c3=linear",
        "convnet.squash=scaled",
        "convnet.loss=squared_error convnet.learning_rate=0.0003",
    ),
    "The LSTM": (
        "lstm.cells=10",
        "lstm.cells=25",
        "lstm.cells=100",
        "lstm.cells=200",
        "lstm.decision=last",
        "lstm.targets=last",
        "lstm.targets=last lstm.decision=last",
        "lstm.forget_gate=true",
        "lstm.peepholes=true",
        "lstm.squash=1997",
        "lstm.loss=squared_error",
        "lstm.loss=squared_error lstm.learning_rate=0.025",
        "lstm.window_step=2",
        "lstm.window_step=3",
        "lstm.input_scaling=standardise",
        "lstm.input_scaling=standardise lstm.learning_rate=0.01",
        "lstm.copies=none",
        "lstm.copies=none lstm.epochs=20",
        "lstm.copies=mirror_flip",
        "lstm.copies=all",
        "lstm.shift=1",
        "lstm.shift=2",
        "lstm.shift=2 lstm.epochs=2",
        "lstm.truncate=10",
        "lstm.initial_range=0.02",
        "lstm.initial_range=0.5",
        "lstm.input_gate_bias=-1",
        "lstm.learning_rate=0.025",
        "lstm.learning_rate=0.1",
        "lstm.momentum=0 lstm.learning_rate=0.5",
        "lstm.schedule=plateau",
        "lstm.schedule=constant",
        "lstm.epochs=5",
        "lstm.epochs=20",
    ),
    "The input and the sizes": (
        "lcn.reading=one_window",
        "lcn.constant=frame",
        "lcn.constant=fixed",
        "lcn.constant=fixed lcn.value=0.05",
        "lcn.sigma=1",
        "lcn.sigma=3",
        "lcn.size=5",
        "lcn.size=9",
        "video.grey=limited",
        "convnet.frames=7 convnet.c1_kernel=[3,7,7]",
        "convnet.frames=11 convnet.c1_kernel=[7,7,7]",
        "convnet.frames=13 convnet.c1_kernel=[9,7,7]",
        "convnet.c1_maps=5",
        "convnet.c1_maps=9",
    ),
}


@dataclass(frozen=True)
class Variant:
    """One way of doing it otherwise than the default."""

    name: str
    """Its settings as they are written in the table."""

    @property
    def settings(self) -> list[str]:
        """Its settings, each as ``--set`` takes it."""
        words = [] if self.name == DEFAULT else self.name.split()
        return [word for word in words if not word.startswith("start.")]

    @property
    def coefficient(self) -> float:
        """The factor on the initial coefficients of S1 and S2."""
        return next((float(word.partition("=")[2]) for word in self.name.split() if word.startswith("start.")), 1.0)

    @property
    def folder(self) -> str:
        """The name of the folder of its runs."""
        return self.name.replace(" ", "+")

    @property
    def keeps_convnet(self) -> bool:
        """Whether its ConvNet is that of the default."""
        return self.name != DEFAULT and all(word.startswith("lstm.") for word in self.name.split())

    def config(self, base: Config) -> Config:
        """The default configuration with the variant's settings."""
        return configuration.load(None, self.settings, base)

    def cost(self, config: Config, size: Size) -> float:
        """Seconds of a run on one core, roughly."""
        untrained = {"convnet": {"epochs": 0}} if self.keeps_convnet else {}
        return cost.estimate(size, configuration.from_dict(untrained, config))


def base(data_dir: str) -> Config:
    """The default configuration on the development persons: leave one person out among them."""
    data = {"dataset": "ixmas", "data_dir": data_dir, "only": list(PERSONS), "protocol": "leave-one-person-out"}
    return configuration.from_dict({"data": data})


def variants() -> dict[str, list[Variant]]:
    """All variants by their group; the default is a group of its own, the first."""
    return {"": [Variant(DEFAULT)]} | {title: [Variant(name) for name in names] for title, names in GROUPS.items()}


def select(only: list[str]) -> dict[str, list[Variant]]:
    """The variants that are named, whole or by a part of their name, and the default, which all are compared with."""
    everything = variants()
    for word in only:
        if not any(word in variant.name for group in everything.values() for variant in group):
            raise UsageError(f"--only {word}: no variant has this in its name; --dry-run lists them")
    return {
        title: [v for v in group if v.name == DEFAULT or not only or any(word in v.name for word in only)]
        for title, group in everything.items()
    }
