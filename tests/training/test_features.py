"""The features of a whole training set are on disk, and what was read of it is let go."""

from __future__ import annotations

import resource
from pathlib import Path

import numpy as np
import pytest

from seqdl.base import files
from seqdl.baseline.scales import POINT
from seqdl.config import LSTMConfig, load
from seqdl.datasets.base import Sequence
from seqdl.errors import SeqdlError
from seqdl.model import lstm_classifier
from seqdl.model.lstm_classifier import LSTMClassifier
from seqdl.model.recogniser import Recogniser
from seqdl.ops import copies
from seqdl.stores.frames import FrameStore
from seqdl.stores.points import PointStore
from seqdl.training import stages

SEQUENCES = [Sequence("one", None, "a", "p"), Sequence("none", None, "b", "p"), Sequence("two", None, "b", "q")]


@pytest.fixture
def described(rng):
    """A recogniser, and points of three sequences, one of them without any."""
    points = np.zeros(12, POINT)
    points["t"] = np.arange(12)
    recogniser = Recogniser(load(settings=["model=stip-lstm", "backend=numpy", "lstm.cells=3"]), ("a", "b"))
    return recogniser, PointStore(
        {"one": (0, 5), "none": (5, 0), "two": (5, 7)}, {}, [], points, rng.random((12, 90), np.float32)
    )


def test_features_are_one_after_the_other_in_a_file_without_a_name(described, tmp_path):
    recogniser, points = described
    features, spans, labels = stages.training_features(recogniser, points, SEQUENCES, tmp_path)
    assert spans.tolist() == [[0, 5], [5, 5], [10, 7], [17, 7]]
    assert labels.tolist() == [0, 0, 1, 1]
    mirrored = [points.steps(name, mirror=True) for name in ("one", "two")]
    assert np.array_equal(features, np.concatenate([points.hof[:5], mirrored[0], points.hof[5:], mirrored[1]]))
    assert not np.array_equal(mirrored[0], points.hof[:5])
    assert type(features) is np.ndarray and not features.flags.owndata and features.flags.writeable
    features[3] = 7
    files.release(features)
    assert (features[3] == 7).all()
    assert list(tmp_path.iterdir()) == []


def test_moved_copies_are_what_the_convnet_says_of_moved_pictures(rng):
    """Of each mirrored or plain copy first itself, then moved along the diagonals; shown one window at a time."""
    config = load(settings=["backend=numpy", "lstm.shift=2", "convnet.rows=26", "convnet.columns=26"])
    recogniser = Recogniser(config, ("a", "b"), rng)
    frames = rng.normal(size=(19, 26, 26)).astype(np.float32)
    prepared = FrameStore({"one": (0, 9), "two": (9, 10)}, {}, [], frames, np.ones(19, bool))
    features, spans, labels = stages.training_features(recogniser, prepared, [SEQUENCES[0], SEQUENCES[2]])
    recogniser.threads = 3
    for one, other in zip(
        stages.training_features(recogniser, prepared, [SEQUENCES[0], SEQUENCES[2]]), (features, spans, labels)
    ):
        assert one.tobytes() == other.tobytes()
    assert spans[:, 1].tolist() == [1] * 10 + [2] * 10 and labels.tolist() == [0] * 10 + [1] * 10
    moves = [(0, 0), (2, 2), (2, -2), (-2, 2), (-2, -2)]
    for copy, (mirror, move) in enumerate([(mirror, move) for mirror in (False, True) for move in moves]):
        window = copies.copy(frames[10:19], shift=move)[:, :, :: -1 if mirror else 1]
        expected, _ = recogniser.describer.read(np.ascontiguousarray(window), np.zeros(1, np.int64))
        assert features[spans[10 + copy, 0] + 1] == pytest.approx(expected[0], abs=1e-5)


def test_a_full_disk_is_one_line_and_leaves_nothing(described, tmp_path):
    recogniser, points = described
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(
            SeqdlError, match=r"cannot write features into .*: File too large; free some space"
        ) as caught:
            stages.training_features(recogniser, points, SEQUENCES, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_scaling_of_many_steps_is_that_of_all_at_once(rng):
    """In float64: a sum of many in float32 is off by more."""
    features = (0.01 * rng.normal(size=(3 * lstm_classifier.PART + 5, 2)) + [0.1, -300]).astype(np.float32)
    net = LSTMClassifier(LSTMConfig(cells=2, input_scaling="standardise"), 2, 2, rng, "numpy")
    net.fit_scaling(features)
    exact = features.astype(np.float64)
    assert net.mean == pytest.approx(exact.mean(axis=0), rel=1e-7)
    assert net.deviation[0] == pytest.approx(exact[:, 0].std(), rel=1e-6)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells how much of a file is mapped")
def test_what_was_read_of_a_mapped_file_is_let_go(tmp_path):
    def megabytes() -> float:
        line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("RssFile"))
        return int(line.split()[1]) / 1024

    size = 4_000_000
    np.arange(size, dtype=np.float32).tofile(tmp_path / "a.f32")
    array = np.asarray(np.memmap(tmp_path / "a.f32", np.float32, "r"))
    before = megabytes()
    assert array[::512].sum() > 0
    read = megabytes()
    assert read - before > 10
    files.release(array[5:].reshape(-1, 1))
    assert megabytes() < read - 10
    assert array[-1] == size - 1
    files.release(np.zeros(3))  # no file: nothing to be done
