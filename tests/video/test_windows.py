import numpy as np

from seqdl.video.windows import starts, usable_starts


def test_starts_by_hand():
    assert starts(12, 9).tolist() == [0, 1, 2, 3]
    assert starts(12, 9, 2, 1).tolist() == [1, 3]
    assert starts(9, 9).tolist() == [0]
    assert starts(8, 9).tolist() == []


def test_windows_with_nobody_in_most_frames_are_left_out():
    seen = np.array([True] * 6 + [False] * 6)
    assert usable_starts(seen, 4).tolist() == [0, 1, 2, 3, 4]
    assert usable_starts(seen, 4, empty="keep").tolist() == list(range(9))
    assert usable_starts(seen, 4, step=2, phase=1).tolist() == [1, 3]


def test_where_nobody_is_seen_at_all_every_window_is_kept():
    assert usable_starts(np.zeros(6, bool), 4).tolist() == [0, 1, 2]
