"""The variants of variants.toml, group by group, in the order in which they are run. Each changes the default alone.

A variant is written as its settings, with blanks between them. Where it has more than one, the further ones keep
something else as it was: the number of updates, the number of features, or the rate's share for its kind of loss.
``start.coefficient`` is no setting: a factor on the initial coefficients of S1 and S2.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from experiments import cost
from experiments.cost import Size
from seqdl import config as configuration
from seqdl.config import Config
from seqdl.errors import UsageError

PERSONS = ("alba", "amel", "andreas", "chiara")
"""The development persons of the IXMAS part: nobody else is ever looked at here."""
SEEDS = (0, 1, 2)
DEFAULT = "default"

GROUPS: dict[str, list[str]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
"""The variants by the heading of their table."""


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
