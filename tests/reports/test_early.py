"""How early is the decision right: what is seen at each share, and the curves."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_text import overlaps, texts

from seqdl.model.decision import accumulate, vote
from seqdl.model.recogniser import Decision
from seqdl.reports.early import SHARES, Early, decide_early


def decision(windows, steps):
    windows, steps = np.array(windows, float), np.array(steps, float)
    voting, votes = vote(windows)
    lstm, accumulated = accumulate(steps)
    return Decision({"voting": voting, "lstm": lstm}, windows, votes, steps, accumulated)


def test_both_ways_see_the_beginning_alone():
    """Ten steps: the ConvNet says B from the fourth on, the LSTM from the third on, and surely."""
    windows = [[1, 0]] * 3 + [[0, 1]] * 7
    steps = [[0.6, 0.4]] * 2 + [[0.0, 1.0]] * 8
    voting, lstm = decide_early(decision(windows, steps), "accumulate")
    seen = [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10]
    assert voting.tolist() == [int(n - 3 > 3 or (n == 6)) for n in seen], "a tie goes to the larger sum: the later name"
    assert lstm.tolist() == [int(n >= 3) for n in seen]
    assert decide_early(decision(windows, steps), "last")[1].tolist() == [int(n >= 3) for n in seen]


def test_a_single_step_is_always_seen_and_all_of_them_in_the_end(rng):
    one = decide_early(decision([[0.2, 0.8]], [[0.9, 0.1]]), "accumulate")
    assert one.tolist() == [[1] * len(SHARES), [0] * len(SHARES)]
    for count in (2, 7, 33):
        random = decision(rng.random((count, 5)), rng.random((count, 5)))
        assert decide_early(random, "accumulate")[:, -1].tolist() == [random.ways["voting"], random.lstm]
        assert decide_early(random, "last")[1, -1] == random.steps[-1].argmax()


def measured(voting, lstm, count, untaught=False):
    right = [(number,) * len(SHARES) for number in (voting, lstm)]
    return Early(SHARES, *right, count, 30 * count, untaught)


def test_runs_are_counted_together_and_a_band_shows_their_range():
    pytest.importorskip("matplotlib", reason="matplotlib is absent: pip install 'seqdl[plot]'")
    from seqdl.reports.early import early

    figure = early([measured(5, 8, 10), measured(24, 27, 30)], 6)
    [axes] = figure.axes
    lines = {line.get_label(): line for line in axes.lines}
    assert lines["3D-ConvNet + voting"].get_ydata() == pytest.approx(100 * 29 / 40)
    assert lines["3D-ConvNet + LSTM"].get_ydata() == pytest.approx(100 * 35 / 40)
    assert lines["3D-ConvNet + LSTM"].get_xdata().tolist() == list(SHARES)
    reach = [band.get_paths()[0].vertices[:, 1] for band in axes.collections]
    assert [(low.min(), low.max()) for low in reach] == [(50, 80), (80, 90)]
    assert axes.get_ylim()[0] <= 45
    assert any("40 decisions of 2 runs, 30 steps on average; chance: 16.7 %" in t.get_text() for t in texts(figure))
    assert overlaps(figure) == []


def test_an_untrained_convnets_votes_are_not_drawn():
    pytest.importorskip("matplotlib", reason="matplotlib is absent: pip install 'seqdl[plot]'")
    from seqdl.reports.early import early

    [axes] = early([measured(1, 8, 10, untaught=True)], 6).axes
    assert [line.get_label() for line in axes.lines if "ConvNet" in line.get_label()] == ["3D-ConvNet + LSTM"]
