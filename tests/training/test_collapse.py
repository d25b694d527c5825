from types import SimpleNamespace

import numpy as np
import pytest

from seqdl.errors import CollapseError
from seqdl.training import collapse

LABELS = np.arange(100) % 4


def check(settled=True, losses=None, decisions=LABELS, labels=LABELS, theta=(1.0,)):
    losses = np.ones(100, np.float32) if losses is None else losses
    stage = SimpleNamespace(
        name="convnet", rate="convnet.learning_rate", parameters=SimpleNamespace(vector=np.array(theta))
    )
    collapse.detect(stage, 2, losses, decisions, labels, settled)


def test_healthy_training_passes():
    check()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_loss_that_is_no_number(value):
    losses = np.ones(100, np.float32)
    losses[-1] = value
    with pytest.raises(CollapseError, match=r"convnet collapsed in pass 2.*NaN.*lower convnet.learning_rate"):
        check(losses=losses)


@pytest.mark.parametrize("value", [1e4, -1e4, np.nan, np.inf])
def test_exploding_weights(value):
    with pytest.raises(CollapseError, match="exploding weights"):
        check(theta=(0.1, value))


def test_one_class_for_everything_after_it_has_had_time_to_settle():
    same = np.full(100, 3)
    check(settled=False, decisions=same)
    with pytest.raises(CollapseError, match="one class for everything"):
        check(decisions=same)


def test_one_class_is_no_collapse_where_it_is_the_truth():
    check(decisions=np.full(100, 3), labels=np.full(100, 3))
