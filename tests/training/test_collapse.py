from types import SimpleNamespace

import numpy as np
import pytest

from seqdl.errors import CollapseError
from seqdl.model.parameters import Parameters
from seqdl.training import collapse

LABELS = np.arange(100) % 4


def check(settled=True, losses=None, decisions=LABELS, labels=LABELS, theta=(1.0,), place=""):
    losses = np.ones(100, np.float32) if losses is None else losses
    stage = SimpleNamespace(
        name="convnet",
        rate="convnet.learning_rate",
        parameters=Parameters([("C1.weight", (1,)), ("C2.weight", (len(theta) - 1,))], vector=np.array(theta)),
    )
    collapse.detect(stage, 2, losses, decisions, labels, settled, place)


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


def test_what_is_no_number_is_named_by_update_window_and_layer():
    losses = np.ones(7, np.float32)
    losses[-1] = np.nan
    with pytest.raises(CollapseError, match=r"at update 7, the window from frame 3 of ann; C2.weight has weights that"):
        check(losses=losses, theta=(0.1, 0.2, np.nan), place="the window from frame 3 of ann")
    with pytest.raises(CollapseError, match=r"the largest weight is 1e\+04, of C2.weight"):
        check(theta=(0.1, -1e4))
