"""Runs rows of the table, and those of any configuration."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Protocol

import numpy as np

from seqdl.checks.case import Result
from seqdl.checks.cases import TABLE, lstm_case
from seqdl.checks.networks import ConvNetCase, LSTMCase
from seqdl.config import Config
from seqdl.model.geometry import convnet_layers


class Row(Protocol):
    """What all rows are."""

    name: str

    def check(self, rng: np.random.Generator) -> list[Result]:
        """Everything there is to check of the row.

        Parameters
        ----------
        rng : numpy.random.Generator
            For all that is random.

        Returns
        -------
        list of Result
        """


def check(row: Row, seed: int = 0) -> list[Result]:
    """Run one row, with numbers that depend on the seed and the row's name alone.

    Parameters
    ----------
    row : Row
        Of the table, or made for a configuration.
    seed : int
        Where the numbers come from.

    Returns
    -------
    list of Result
    """
    rng = np.random.default_rng([seed, zlib.crc32(row.name.encode())])
    with np.errstate(invalid="ignore"):  # the poison is NaN
        return row.check(rng)


def run(rows: Iterable[Row] = TABLE, seed: int = 0) -> list[Result]:
    """Run rows.

    Parameters
    ----------
    rows : iterable of Row
        The whole table where absent.
    seed : int
        Where the numbers come from.

    Returns
    -------
    list of Result
    """
    return [result for row in rows for result in check(row, seed)]


def rows_of(config: Config, classes: int) -> list[Row]:
    """The networks of a configuration as rows: the ConvNet, the LSTM's hidden layer from any state, the classifier.

    Parameters
    ----------
    config : Config
        Geometry and choices.
    classes : int
        Number of actions.

    Returns
    -------
    list of Row

    Raises
    ------
    GeometryError
        For sizes that cannot be.
    """
    features = next(layer for layer in convnet_layers(config.convnet, classes) if layer.name == "C3")
    inputs = int(np.prod(features.output))
    steps = 2 * config.lstm.truncate + 1 if config.lstm.truncate else 8
    return [
        ConvNetCase("ConvNet", config.convnet, classes),
        lstm_case(config.lstm, inputs, steps, "LSTM cells"),
        LSTMCase("LSTM classifier", config.lstm, inputs, classes, steps),
    ]
