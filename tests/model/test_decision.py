import numpy as np
import pytest

from seqdl.model.decision import accumulate, so_far, vote

OUTPUTS = np.array([[0.6, 0.4, 0.0], [0.6, 0.4, 0.0], [0.0, 0.1, 0.9], [0.05, 0.9, 0.05]])


def test_voting_counts_windows_and_accumulation_adds_outputs():
    decision, shares = vote(OUTPUTS)
    assert decision == 0
    assert shares.tolist() == [0.5, 0.25, 0.25]
    decision, mean = accumulate(OUTPUTS)
    assert decision == 1
    assert np.allclose(mean, OUTPUTS.mean(axis=0))
    assert accumulate(OUTPUTS[:3], "last")[0] == 2


def test_a_tied_vote_goes_to_the_larger_sum_among_the_tied():
    tied = np.array([[0.5, 0.3, 0.2], [0.0, 0.9, 0.1]])
    assert vote(tied)[0] == 1
    assert vote(np.array([[0.9, 0.1, 0.0], [0.4, 0.6, 0.0]]))[0] == 0


@pytest.mark.parametrize("kind", ["accumulate", "last"])
def test_the_decision_so_far_is_that_of_the_steps_so_far(rng, kind):
    outputs = rng.standard_normal((7, 3)).astype(np.float32)
    running = so_far(outputs, kind)
    for n in range(1, 8):
        assert running[n - 1] == pytest.approx(accumulate(outputs[:n], kind)[1], abs=1e-6)
