"""The LSTM as a classifier of aeon, whose kind of data, lists of (channels, time), it reads anyway.

aeon (1.6) needs an older Numba than other extras bring: install it into an environment of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from seqdl import sklearn as ours

try:
    from aeon.classification.base import BaseClassifier
except ImportError as error:
    raise ImportError("seqdl.aeon needs aeon: pip install aeon") from error


class LSTMSequenceClassifier(BaseClassifier):
    """:class:`seqdl.sklearn.LSTMSequenceClassifier` with aeon's base; the parameters are those there.

    Parameters
    ----------
    cells, epochs, learning_rate, momentum, forget_gate, input_scaling, settings, backend, random_state
        As there.
    """

    _tags: ClassVar[dict[str, Any]] = {
        "capability:multivariate": True,
        "capability:unequal_length": True,
        "X_inner_type": ["np-list", "numpy3D"],
        "algorithm_type": "deeplearning",
    }

    def __init__(
        self,
        cells: int = 50,
        epochs: int = 10,
        learning_rate: float = 0.05,
        momentum: float = 0.9,
        forget_gate: bool = False,
        input_scaling: str = "standardise",
        settings: Sequence[str] = (),
        backend: str = "numba",
        random_state: Any = None,
    ) -> None:
        self.cells, self.epochs, self.learning_rate, self.momentum = cells, epochs, learning_rate, momentum
        self.forget_gate, self.input_scaling, self.settings = forget_gate, input_scaling, settings
        self.backend, self.random_state = backend, random_state
        super().__init__()

    def _fit(self, X: Any, y: np.ndarray) -> LSTMSequenceClassifier:
        self.classifier_ = ours.LSTMSequenceClassifier(**self.get_params()).fit(list(X), y)
        return self

    def _predict(self, X: Any) -> np.ndarray:
        return self.classifier_.predict(list(X))

    def _predict_proba(self, X: Any) -> np.ndarray:
        return self.classifier_.predict_proba(list(X))

    @classmethod
    def _get_test_params(cls, parameter_set: str = "default") -> dict[str, Any]:
        return {"cells": 4, "epochs": 2, "backend": "numpy"}
