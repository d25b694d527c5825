"""Time: seconds from time stamps that may be anything, and frames at a regular rate."""

from __future__ import annotations

import math

import numpy as np
import pytest
from video_files import timed_video

from seqdl.video.clock import Clock, Resampler, sane_rate
from seqdl.video.reader import Reader


def seconds(stamps, rate=25.0):
    clock = Clock(rate)
    return [round(clock(stamp), 6) for stamp in stamps], clock


def resampled(stamps, rate, usual=25.0):
    """Which frame is shown at each step, and when."""
    clock, sampler = Clock(usual), Resampler(rate)
    made = list(sampler(((k, clock(stamp)) for k, stamp in enumerate(stamps)), clock))
    assert sampler.left_out == len(stamps) - len({k for k, _ in made})
    assert sampler.repeated == len(made) - len({k for k, _ in made})
    return [k for k, _ in made], [round(t, 6) for _, t in made]


@pytest.mark.parametrize(
    "stamps, right",
    [
        ([5.0, 5.04, 5.5], [0, 0.04, 0.5]),
        ([None, None, None], [0, 0.04, 0.08]),
        ([None, 7.0, None, 7.08], [0, 0.04, 0.08, 0.12]),
        ([0, 0.04, 0.04, 0.12], [0, 0.04, 0.08, 0.12]),  # twice the same
        ([0, 0.08, 0.04, 0.12], [0, 0.08, 0.12, 0.16]),  # out of order
        ([9.0, 9.04, 0.0, 0.04], [0, 0.04, 0.08, 0.12]),  # they begin anew
        ([0, 0.04, 7200.0, 7200.04], [0, 0.04, 0.08, 0.12]),  # hours between, or damage
        ([-0.04, 0.0, 0.04], [0, 0.04, 0.08]),
        ([0, 10.0, 20.0], [0, 10.0, 20.0]),  # one picture every ten seconds
        ([0, 60.0, 120.0], [0, 0.04, 0.08]),  # a time lapse
    ],
)
def test_seconds_follow_time_stamps_where_these_make_sense(stamps, right):
    found, clock = seconds(stamps)
    assert found == right
    assert clock.jumps == {9.0: 1, 7200.04: 1, 120.0: 2}.get(stamps[0] or stamps[-1], 0)


def test_rates_that_cannot_be_are_passed_over():
    assert [sane_rate(*rates) for rates in [(60000, 25), (0, None, 12.5), (), (0.4,), (1e9,), (240,), (-5, 30)]] == [
        25,
        12.5,
        25,
        0.4,
        25,
        240,
        30,
    ]


@pytest.mark.parametrize("rate", [25, 30, 12.5, 29.97])
@pytest.mark.parametrize("ticks", [90_000, 1000])
def test_a_video_of_that_rate_comes_out_as_it_is(rate, ticks):
    stamps = [round(k / rate * ticks) / ticks for k in range(700)]
    assert resampled(stamps, rate, rate) == (list(range(700)), [round(k / rate, 6) for k in range(700)])


@pytest.mark.parametrize("own", [50, 60, 30, 24, 15, 12.5, 10, 120, 0.4])
def test_other_rates_show_at_each_moment_the_nearest_frame(own):
    stamps = [k / own for k in range(max(9, round(4 * own)))]
    shown, when = resampled(stamps, 25, own)
    assert len(shown) == math.ceil((stamps[-1] + min(1 / own, max(1, 1 / own))) * 25 - 0.25)
    assert when == [round(k / 25, 6) for k in range(len(shown))]
    for frame, moment in zip(shown, when):
        assert abs(stamps[frame] - moment) <= min(abs(stamp - moment) for stamp in stamps) + 0.001


def test_one_lost_frame_is_let_be_and_more_are_filled():
    one = [k / 25 for k in range(40) if k != 17]
    shown, when = resampled(one, 25)
    assert shown == list(range(39)) and when == [round(stamp, 6) for stamp in one], "and seconds stay right"
    two = [k / 25 for k in range(40) if k not in (17, 30)]
    assert len(resampled(two, 25)[0]) == 39
    gap = [k / 25 for k in range(40) if not 10 <= k < 20]
    shown, when = resampled(gap, 25)
    assert len(shown) == 40 and shown[9:21] == [9] * 6 + [10] * 6 and when[-1] == 39 / 25


def test_a_lone_frame_is_shown_once():
    assert resampled([3.0], 25) == ([0], [0.0])
    assert resampled([3.0], 50) == ([0, 0], [0.0, 0.02])
    assert resampled([3.0, 3.04], 1) == ([0], [0.0]), "and never not at all"


def test_a_reader_at_a_rate_says_what_it_did(tmp_path):
    frames = [np.full((16, 16), 5 * k, np.uint8) for k in range(40)]
    path = timed_video(tmp_path / "v.mkv", frames, [k / 50 for k in range(40)], 50)
    with Reader(path, rate=25) as reader:
        shown = [int(frame[0, 0]) // 5 for frame in reader]
    assert shown == list(range(0, 40, 2)) and list(reader.times) == [k / 25 for k in range(20)]
    assert (reader.rate, reader.report.decoded) == (50, 40) and reader.seconds == pytest.approx(0.8)
    assert reader.report.notes == ("50 frames a second were resampled to 25: of 40 frames 20 left out, 0 repeated",)
    for rate in (0, -25, 1e9, math.nan, "fast", None):
        with pytest.raises(ValueError, match=r"^rate: expected "):
            Reader(path, rate=rate)


@pytest.mark.parametrize(
    "name, rate, lasts, count", [("variable-rate.mkv", 12.79, 5.36, 134), ("rate-60000.dv", 25, 0.12, 3)]
)
def test_real_time_stamps(test_data, name, rate, lasts, count):
    with Reader(test_data / "odd" / name) as stored, Reader(test_data / "odd" / name, rate=25) as reader:
        assert len(list(reader)) == count and len(list(stored)) == stored.report.decoded
    assert stored.rate == pytest.approx(rate, abs=0.01) and stored.seconds == pytest.approx(lasts, abs=0.005)
    if count > 35:
        assert stored.times[35] == pytest.approx(1.4, abs=0.002)
