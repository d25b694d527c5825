"""Runs cases: those of the table, and the networks of any configuration."""

import difflib
import re
import zlib
from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np

from seqdl.checks.case import Result
from seqdl.checks.cases import TABLE, lstm_case
from seqdl.checks.networks import ConvNetCase, LSTMCase
from seqdl.checks.single_step import SingleStepCase
from seqdl.config import Config
from seqdl.errors import UsageError
from seqdl.model.geometry import convnet_layers

RUN_BY = {
    "group_gradient": "connect",
    "plane_gradient": "conv3d",
    "source_gradient": "conv3d",
    "rectify_subsample": "stage",
    "sequence": "ConvNet",
}
"""Kernels that no case is named after, and which cases run them."""


class AnyCase(Protocol):
    """What all cases are."""

    @property
    def name(self) -> str:
        """What nothing else is called."""

    def results(self, rng: np.random.Generator) -> list[Result]:
        """All results of the case; ``rng`` draws whatever is random."""


def results(case: AnyCase, seed: int = 0) -> list[Result]:
    """The results of one case, with numbers that depend on the seed and the case's name alone."""
    rng = np.random.default_rng([seed, zlib.crc32(case.name.encode())])
    with np.errstate(invalid="ignore"):  # the poison is NaN
        return case.results(rng)


def run(cases: Iterable[AnyCase] = TABLE, seed: int = 0) -> list[Result]:
    """The results of cases, of the whole table where none are given."""
    return [result for case in cases for result in results(case, seed)]


def networks(config: Config, classes: int) -> list[AnyCase]:
    """The networks of a configuration: ConvNet, the LSTM's hidden layer from any state, classifier, all of it as one.

    That one is also held against its compiled form where it is the configuration's model.
    A GeometryError for sizes that cannot be.
    """
    features = next(layer for layer in convnet_layers(config.convnet, classes) if layer.name == "C3")
    inputs = int(np.prod(features.output))
    steps = 2 * config.lstm.truncate + 1 if config.lstm.truncate else 8
    frames = config.convnet.frames + (config.lstm.truncate + 1) * config.lstm.window_step  # one cut, or none
    return [
        ConvNetCase("ConvNet", config.convnet, classes),
        lstm_case(config.lstm, inputs, steps, "LSTM cells"),
        LSTMCase("LSTM classifier", config.lstm, inputs, classes, steps),
        SingleStepCase("single-step model", config, classes, frames, compiled=config.model == "single-step"),
    ]


def named(cases: Sequence[AnyCase], wanted: Sequence[str]) -> list[AnyCase]:
    """The cases of a name, or else those whose names contain it, for each name that is wanted.

    Names are those of layers, ops, kernels or cases; capitals, spaces and underscores do not matter. A UsageError for a
    name that no case has says which are near.
    """
    plain = {case.name: _plain(case.name) for case in cases}
    chosen: set[str] = set()
    for name in wanted:
        sought = _plain(RUN_BY.get(name, name))
        found = {full for full, said in plain.items() if said == sought}
        found = found or {full for full, said in plain.items() if sought in said}
        if not found or not sought:
            words = {word for said in plain.values() for word in said.split()} | set(RUN_BY)
            near = difflib.get_close_matches(sought, sorted(words), n=3)
            hint = f"did you mean {' or '.join(near)}?" if near else "list= prints all names"
            raise UsageError(f"only={name}: no case has that name; {hint}")
        chosen |= found
    return [case for case in cases if case.name in chosen]


def _plain(name: str) -> str:
    return re.sub(r"[_,\s]+", " ", name).strip().lower()
