"""Sets of classes as numbers."""

import numpy as np
import pytest

from seqdl.config import Config, ConvNetConfig, LSTMConfig, from_dict
from seqdl.errors import UsageError
from seqdl.model import targets
from seqdl.model.decision import named
from seqdl.model.lstm_classifier import LSTMClassifier
from seqdl.model.recogniser import Recogniser
from seqdl.ops import loss

CLASSES = ("eat", "kiss", "run")


def test_a_target_is_a_class_or_the_set_of_all():
    assert targets.target(("kiss", "run"), CLASSES, "cross_entropy") == 1
    assert targets.target(("kiss", "run"), CLASSES, "logistic") == 0b110
    assert loss.target(3, 0b110, kind="logistic").tolist() == [0, 1, 1]
    assert [targets.highest(kind, 3) for kind in loss.KINDS] == [2, 2, 7]


def test_the_class_that_counts_is_the_decided_one_where_it_is_shown_else_the_first():
    decisions, shown = np.array([0, 1, 2, 61]), np.array([0b110, 0b110, 0b110, 1 << 61 | 1 << 40])
    assert targets.counted(decisions, shown, several=True).tolist() == [1, 1, 2, 61]
    assert targets.counted(decisions[:1], shown[3:], several=True).tolist() == [40]
    assert targets.counted(decisions, decisions[::-1], several=False).tolist() == [61, 2, 1, 0]


def test_more_classes_than_a_set_can_hold_are_refused_and_sets_beyond_the_classes():
    with pytest.raises(UsageError, match=r"^lstm\.loss = logistic: tells at most 62 classes apart, and here are 63"):
        LSTMClassifier(LSTMConfig(loss="logistic"), 5, 63, backend="numpy")
    net = LSTMClassifier(LSTMConfig(loss="logistic", cells=3), 5, 3, backend="numpy")
    features = np.zeros((2, 5), np.float32)
    net.loss_and_gradient(features, 0b111)
    for call in (lambda: net.loss_and_gradient(features, 8), lambda: loss.loss(np.zeros(3), 8, "logistic")):
        with pytest.raises(ValueError, match=r"^label: expected a whole number of at least 0 and at most 7, got 8"):
            call()


def test_one_network_with_sets_and_the_other_without_are_no_single_step():
    settings = {"model": "single-step", "backend": "numpy", "lstm": {"loss": "logistic"}}
    with pytest.raises(UsageError, match=r"^lstm\.loss = logistic: with convnet\.loss = cross_entropy one of the two"):
        Recogniser(from_dict(settings, Config()), CLASSES)
    assert ConvNetConfig().loss == LSTMConfig().loss == "cross_entropy"


def test_classes_that_reach_one_half_are_named_or_another_threshold():
    said = np.array([0.5, 0.2, 0.9])
    assert named(said, CLASSES) == ("run", "eat")
    assert named(said, CLASSES, 0.1) == ("run", "eat", "kiss")
    assert named(said, CLASSES, 0.95) == ()
