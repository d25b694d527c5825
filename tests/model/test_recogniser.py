"""Both networks together: what cannot be decided by is refused by name."""

from __future__ import annotations

import numpy as np
import pytest

from seqdl.config import load
from seqdl.model.recogniser import Recogniser

SMALL = ["convnet.rows=34", "convnet.columns=34", "convnet.hidden=4", "lstm.cells=3", "backend=numpy"]


@pytest.fixture
def recogniser(rng):
    return Recogniser(load(settings=SMALL), ("walking", "boxing"), rng)


@pytest.fixture
def frames(rng):
    return rng.standard_normal((12, 34, 34)).astype(np.float32)


def decide(recogniser, frames, starts):
    return recogniser.decide(recogniser.describer.read(frames, starts))


def test_a_read_only_array_is_fine(recogniser, frames):
    starts = np.arange(3)
    expected = decide(recogniser, frames, starts)
    frames.setflags(write=False)
    starts.setflags(write=False)
    assert np.array_equal(decide(recogniser, frames, starts).windows, expected.windows)
    assert expected.windows.shape == (3, 2)


WRONG_FRAMES = {
    "float64": lambda frames: frames.astype(np.float64),
    "another size": lambda frames: np.ascontiguousarray(frames[:, 1:]),
    "one frame": lambda frames: frames[0],
    "every second": lambda frames: frames.repeat(2, axis=0)[::2],
    "a list": lambda frames: frames.tolist(),
    "NaN": lambda frames: np.where(frames > 3.0, np.nan, frames).astype(np.float32),
    "infinite": lambda frames: np.where(frames > 3.0, -np.inf, frames).astype(np.float32),
}


@pytest.mark.parametrize("wrong", WRONG_FRAMES)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's own words on infinite values
def test_frames_that_cannot_be_read_are_refused_by_name(recogniser, frames, wrong):
    frames[4, 7, 9] = 4.0
    with pytest.raises(ValueError, match=r"^frames: "):
        decide(recogniser, WRONG_FRAMES[wrong](frames), np.arange(3))


@pytest.mark.parametrize(
    "starts",
    [np.arange(0), np.arange(3.0), np.arange(4).reshape(2, 2), [0, 1], np.array([4]), np.array([-1])],
    ids=["none", "float", "two axes", "list", "too late", "too early"],
)
def test_starts_that_cannot_be_are_refused_by_name(recogniser, frames, starts):
    with pytest.raises(ValueError, match=r"^starts: "):
        decide(recogniser, frames, starts)
