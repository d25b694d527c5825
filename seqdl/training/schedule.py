"""How the learning rate falls, and when training stops.

The paper stops "when performances on training set no longer rise" and says nothing of rates. Choice: ``exponential``
decay over a given number of passes, ``plateau`` (halved whenever the training performance no longer rises, which is
closest to the paper's sentence), or ``constant``.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from seqdl.config import ConvNetConfig, LSTMConfig, SingleStepConfig


@dataclass
class Schedule:
    """The learning rate's state; it is part of a checkpoint.

    Parameters
    ----------
    config : ConvNetConfig, LSTMConfig or SingleStepConfig
        The section with schedule, learning_rate, final_rate, epochs and patience.
    epoch, factor, best
        Passes done; what is left of the rate (``plateau``); the best training accuracy of any pass.
    waited : int
        Passes since it last rose or, for ``plateau``, since the rate was last halved.
    stopped : str
        Why training has stopped; empty while it goes on.
    """

    config: ConvNetConfig | LSTMConfig | SingleStepConfig
    epoch: int = 0
    factor: float = 1.0
    best: float = -1.0
    waited: int = 0
    stopped: str = ""

    def __post_init__(self) -> None:
        if self.config.epochs == 0:
            self.stopped = "not trained"

    def rates(self, updates: int) -> np.ndarray:
        """The rate of each update of the next pass, which has so many, in float32."""
        config = self.config
        if config.schedule == "exponential":
            return (config.learning_rate * config.final_rate ** self.done(updates)).astype(np.float32)
        return np.full(updates, config.learning_rate * self.factor, np.float32)

    def done(self, updates: int) -> np.ndarray:
        """The share of all passes that is done at each update of the next pass, which has so many."""
        return (self.epoch + np.arange(updates) / max(updates, 1)) / self.config.epochs

    def after(self, accuracy: float) -> None:
        """Take note of a pass: count it, lower the rate, or stop."""
        config = self.config
        self.epoch += 1
        self.waited = 0 if accuracy > self.best else self.waited + 1
        self.best = max(self.best, accuracy)
        if self.waited >= config.patience:
            reason = f"training accuracy no longer rises (best {self.best:.1%})"
            if config.schedule == "plateau" and self.factor / 2 >= config.final_rate:
                self.factor /= 2
                self.waited = 0
            else:
                self.stopped = reason
        if not self.stopped and self.epoch >= config.epochs:
            self.stopped = f"the limit of {config.epochs} passes is reached"

    def state(self) -> dict[str, Any]:
        """All but the configuration, for a checkpoint."""
        return {name: value for name, value in asdict(self).items() if name != "config"}
