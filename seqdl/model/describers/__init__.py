"""Describers: what turns a sequence into the steps that the LSTM reads.

:mod:`~seqdl.model.describers.base` says what a describer is; :mod:`~seqdl.model.describers.windows` is the paper's,
:mod:`~seqdl.model.describers.points` its engineered baseline. A further one is a class of its own and a record in
:mod:`seqdl.models`.
"""

import importlib

import numpy as np

from seqdl.config import Config
from seqdl.model.describers.base import Describer
from seqdl.models import model


def kind(config: Config) -> type[Describer]:
    """The class of a configuration's describer: the one place where a model's name decides."""
    module, _, name = model(config.model).describer.partition(":")
    return getattr(importlib.import_module(module), name)


def make(config: Config, classes: tuple[str, ...], rng: np.random.Generator | None = None) -> Describer:
    """The describer of a configuration, with initial weights from ``rng``, or zero ones."""
    return kind(config)(config, classes, rng)
