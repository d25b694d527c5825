"""The box on synthetic people whose place is known, and on real ones whose place was looked up by eye."""

from __future__ import annotations

import numpy as np
import pytest

from seqdl.video.downsample import downsample
from seqdl.video.person import boxes, follow, locate
from seqdl.video.reader import Reader
from seqdl.video.weights import SPEED


def scene(rng, people, noise=3.0, shape=(60, 80), clutter=0.0, flicker=0.0, zoom=None, contrast=1.0):
    """Frames of a dark figure with swinging limbs; ``people`` holds a centre column or None for each frame.

    The figure is 40 rows high and 8 columns wide (times ``zoom``), the background brighter towards the bottom.
    """
    rows, columns = shape
    y, x = np.mgrid[:rows, :columns].astype(float)
    still = 110 + 0.4 * y + clutter * (np.sin(x / 3) * np.cos(y / 5) + (x % 23 < 3))
    frames = np.empty((len(people), rows, columns), np.uint8)
    for t, centre in enumerate(people):
        scale = 1.0 if zoom is None else zoom[t]
        image = 110 + 0.4 * (y - rows / 2) / scale + 12 if zoom is not None else still.copy()
        if centre is not None:
            top, tall = rows / 2 - 18 * scale, 40 * scale
            inside = (y >= top) & (y < top + tall)
            dark, limbs = 110 - 60 * contrast, 110 - 50 * contrast
            image[inside & (np.abs(x - centre) < 4 * scale)] = dark
            swing = 5 * scale * np.sin(t / 3)
            for side in (-1, 1):
                lower = inside & (y > top + 0.55 * tall)
                leg = centre + side * swing * (y - top - 0.55 * tall) / (0.45 * tall)
                image[lower & (np.abs(x - leg) < 2 * scale)] = limbs
        image = image + flicker * rng.standard_normal() + noise * rng.standard_normal(shape)
        frames[t] = image.clip(0, 255)
    return frames


def crossings(speed, gap, columns=80, times=2):
    """A person who crosses to the right, is away, comes back to the left, is away, and so on."""
    path = np.arange(-8, columns + 8, speed)
    there = [float(x) if -3 < x < columns + 2 else None for x in path]
    return ([None] * gap + there + [None] * gap + there[::-1]) * times


@pytest.mark.parametrize("speed, gap", [(1.1, 40), (2.5, 30), (5.0, 12)])
@pytest.mark.parametrize("noise, flicker", [(2.0, 0.0), (9.0, 0.0), (3.0, 10.0)])
def test_a_walker_is_followed_and_missed_when_away(rng, speed, gap, noise, flicker):
    people = crossings(speed, gap)
    track = locate(scene(rng, people, noise=noise, flicker=flicker))
    inside = np.array([p is not None and 8 <= p < 72 for p in people])
    away = np.array([p is None for p in people])
    error = np.abs(track.x[inside] - [p for p, i in zip(people, inside) if i])
    assert error.max() < 4 and error.mean() < 1.5
    assert track.seen[inside].mean() > 0.97
    # A frame or two at the border may fall on either side.
    assert track.seen[away].mean() < 0.1
    deep = np.convolve(away, np.ones(9), "same") == 9
    assert not track.seen[deep].any()


@pytest.mark.parametrize("contrast", [0.3, -0.5, -1.8])
def test_pale_and_bright_people_are_followed_too(rng, contrast):
    """A contrast below zero is somebody brighter than the background."""
    people = crossings(2.0, 30)
    track = locate(scene(rng, people, noise=2.5, contrast=contrast))
    inside = np.array([p is not None and 8 <= p < 72 for p in people])
    assert track.seen[inside].mean() > 0.97
    assert np.abs(track.x[inside] - [p for p, i in zip(people, inside) if i]).max() < 3
    assert not track.seen[np.convolve([p is None for p in people], np.ones(13), "same") == 13].any()


def test_a_long_shadow_that_comes_before_its_person_is_nobody(rng):
    """And while both are there the box is the person's."""
    path = np.arange(-60, 100, 2.0)
    frames = scene(rng, [float(x) if -3 < x < 82 else None for x in path])
    for frame, x in zip(frames, path, strict=True):
        frame[44:48, max(int(x), 0) : max(int(x) + 50, 0)] -= 40
    track = locate(frames)
    assert not track.seen[path < -8].any()
    inside = (path >= 8) & (path < 72)
    assert track.seen[inside].all() and np.abs(track.x - path)[inside].max() < 4


def test_the_box_of_a_walker_stays_inside_the_frame_and_moves_smoothly(rng):
    people = crossings(2.0, 25)
    found = boxes(scene(rng, people), "track", (60, 40))
    assert np.all(found.height == 60) and np.all(found.width == 40) and np.all(found.top == 0)
    assert found.left.min() == 0 and found.left.max() == 40
    seen = np.array([p is not None and 8 <= p < 72 for p in people])
    wanted = np.clip([(p or 0) - 20 for p in people], 0, 40)
    assert np.abs(found.left - wanted)[seen].max() <= 4
    steps = np.abs(np.diff(found.left))[seen[1:] & seen[:-1]]
    assert steps.max() <= 4


def test_a_person_on_the_spot_is_centred_on_the_body_though_one_arm_moves(rng):
    people = [30.0] * 120
    frames = scene(rng, people)
    for t in range(120):
        reach = int(16 * max(np.sin(t / 4), 0))
        frames[t, 20:23, 34 : 34 + reach] = 70
    track = locate(frames)
    assert track.seen.all()
    assert np.abs(track.x - 30).max() < 6 and np.abs(np.mean(track.x) - 30) < 3
    assert np.abs(np.diff(track.x)).max() < 1


def test_a_person_who_pauses_is_still_there(rng):
    frames = scene(rng, [50.0] * 150)
    frames[60:110] = (frames[60].astype(float) + 2 * rng.standard_normal((50, 60, 80))).clip(0, 255)
    assert locate(frames).seen.all()


def test_zoom_does_not_lose_the_person(rng):
    zoom = 0.9 + 0.4 * np.sin(np.arange(160) / 25)
    track = locate(scene(rng, [44.0] * 160, zoom=zoom))
    assert track.seen.all()
    assert np.abs(track.x - 44).max() < 5


@pytest.mark.parametrize("centre", [5.0, 74.0])
def test_a_person_on_the_spot_at_the_border(rng, centre):
    frames = scene(rng, [centre] * 90)
    found = boxes(frames, "track", (60, 40))
    assert found.seen.all()
    assert np.all(found.left == (0 if centre < 40 else 40))
    assert np.abs(locate(frames).x - centre).max() < 4


def test_the_whole_frame_holds_everybody(rng):
    frames = np.maximum(scene(rng, [8.0] * 20, shape=(60, 160)), scene(rng, [150.0] * 20, shape=(60, 160)))
    found = boxes(frames, "whole", (60, 40))
    assert found.seen.all()
    assert not found.top.any() and not found.left.any()
    assert (found.height == 60).all() and (found.width == 160).all()


@pytest.mark.parametrize("noise", [0.5, 2.0, 12.0])
@pytest.mark.parametrize("flicker", [0.0, 8.0])
def test_noise_and_flicker_are_nobody(rng, noise, flicker):
    frames = scene(rng, [None] * 120, noise=noise, flicker=flicker)
    for rule in ("track", "person"):
        assert not boxes(frames, rule, (60, 40)).seen.any()


def test_nine_frames_are_enough(rng):
    track = locate(scene(rng, [20.0 + 4 * t for t in range(9)]))
    assert track.seen.all()
    assert np.abs(track.x - (20 + 4 * np.arange(9))).max() < 3


def test_the_centre_is_not_off_by_the_grid(rng):
    """Half a pixel of the search's grid would be 2 pixels here."""
    people = [float(x) for x in np.linspace(40, 130, 90)]
    frames = scene(rng, people, noise=1, shape=(120, 160), zoom=np.full(90, 1.8))
    track = locate(frames)
    assert abs(np.mean(track.x - people)) < 0.7


def test_something_that_flashes_elsewhere_does_not_draw_the_box_away(rng):
    frames = scene(rng, [20.0] * 90)
    for t in (30, 31, 60):
        frames[t, 5:55, 60:72] = 240
    assert np.abs(locate(frames).x - 20).max() < 5


def test_a_fly_is_nobody(rng):
    frames = scene(rng, [None] * 100)
    for t in range(30, 70):
        frames[t, 20 + t % 7, t : t + 2] = 60
    assert not locate(frames).seen.any()


def test_somebody_who_passes_once_in_a_long_video_is_found(rng):
    there = [float(x) for x in np.arange(-2, 82, 2.0)]
    people = [None] * 400 + there + [None] * 400
    track = locate(scene(rng, people))
    inside = np.array([p is not None and 8 <= p < 72 for p in people])
    assert track.seen[inside].all()
    assert np.abs(track.x[inside] - [p for p, i in zip(people, inside) if i]).max() < 3
    assert track.seen.sum() < len(there) + 6


def test_a_walker_who_stands_still_on_the_way_stays_seen(rng):
    way = [float(x) for x in np.arange(-2, 82, 2.0)]
    people = [None] * 30 + way[:21] + [38.0] * 75 + way[21:] + [None] * 30
    frames = scene(rng, people)
    stands = slice(51, 126)
    frames[stands] = (frames[51].astype(float) + 2 * rng.standard_normal((75, 60, 80))).clip(0, 255)
    track = locate(frames)
    assert track.seen[35:145].all() and not track.seen[:26].any() and not track.seen[-26:].any()
    assert np.abs(track.x[stands] - 38).max() < 4


def test_an_empty_scene_has_nobody(rng):
    track = locate(scene(rng, [None] * 60, noise=5))
    assert track.seen.mean() < 0.1
    assert np.isfinite(track.x).all()


@pytest.mark.parametrize("count", [1, 2, 3, 5])
@pytest.mark.parametrize("rule", ["track", "person", "centre"])
def test_short_and_flat_clips_give_finite_boxes(count, rule):
    found = boxes(np.full((count, 60, 80), 90, np.uint8), rule, (60, 40))
    for field in found:
        assert field.shape == (count,) and np.isfinite(field).all()


@pytest.mark.parametrize("direction", [1, -1])
def test_the_persons_box_holds_the_person_before_a_cluttered_wall(rng, direction):
    people = [float(x) for x in np.linspace(10, 80, 50)][::direction]
    found = boxes(scene(rng, people, shape=(72, 90), clutter=20), "person", (60, 40))
    assert found.seen.all()
    assert np.ptp(found.height) == 0 and found.width == pytest.approx(found.height * 40 / 60)
    assert 40 <= found.height[0] <= 64
    assert np.abs(found.left + found.width / 2 - people).max() < 4
    assert found.top.max() <= 19 and (found.top + found.height).min() >= 56
    assert found.left.min() < 0 or (found.left + found.width).max() > 90  # the border is repeated there


def test_a_dark_window_at_the_border_does_not_make_the_box_larger(rng):
    walk = scene(rng, [float(x) for x in np.linspace(15, 75, 50)], shape=(72, 90))
    dark = walk.copy()
    dark[:, :25, 62:] = 40
    there, without = (boxes(frames, "person", (60, 40)).height[0] for frames in (dark, walk))
    assert there == pytest.approx(without, rel=0.1)


def test_a_larger_picture_gives_the_same_box_in_its_own_pixels(rng):
    small = scene(rng, [float(x) for x in np.linspace(15, 70, 60)], shape=(60, 80))
    large = small.repeat(3, axis=1).repeat(3, axis=2)
    one, three = boxes(small, "person", (60, 40)), boxes(large, "person", (60, 40))
    assert three.left + three.width / 2 + 0.5 == pytest.approx(3 * (one.left + one.width / 2 + 0.5), abs=4)
    assert three.height == pytest.approx(3 * one.height, rel=0.1)


def test_the_track_of_a_large_video_is_that_of_a_small_one(rng):
    """640 x 480, with noise of its own in each pixel."""
    people = crossings(2.5, 20, times=1)
    small = scene(rng, people, noise=0)
    large = small.repeat(8, axis=1).repeat(8, axis=2) + rng.normal(0, 4, (len(people), 480, 640)).astype(np.float32)
    one, eight = locate(small), locate(large.clip(0, 255).astype(np.uint8))
    inside = np.array([p is not None and 8 <= p < 72 for p in people])
    assert one.seen[inside].all() and eight.seen[inside].all()
    assert np.abs((eight.x + 0.5) / 8 - (one.x + 0.5))[inside].max() < 1
    assert (one.seen == eight.seen).mean() > 0.95


@pytest.mark.parametrize(
    "shape, top, left, height, width",
    [((64, 48), 0, 2 + 2 / 3, 64, 42 + 2 / 3), ((60, 30), 7.5, 0, 45, 30), ((60, 40), 0, 0, 60, 40)],
)
def test_the_centred_box_is_the_largest_that_fits(shape, top, left, height, width):
    found = boxes(np.zeros((4, *shape), np.uint8), "centre", (60, 40))
    assert found.seen.all()
    measured = [float(field[2]) for field in (found.top, found.left, found.height, found.width)]
    assert measured == pytest.approx([top, left, height, width])


def test_the_path_is_the_best_of_all_paths(rng):
    worth = rng.random((5, 4))
    paths = np.stack(np.meshgrid(*[range(4)] * 5, indexing="ij"), -1).reshape(-1, 5)
    value = worth[np.arange(5), paths].sum(axis=1) - SPEED * (np.diff(paths, axis=1) ** 2).sum(axis=1)
    assert np.array_equal(follow(worth), paths[value.argmax()])


def small_frames(path):
    with Reader(path) as reader:
        return np.stack([downsample(frame, 2) for frame in reader])


# Columns of the body (of the 80 of a down-sampled frame) and empty frames, read off the pictures.
ON_THE_SPOT = {
    "boxing/person01_boxing_d1_uncomp.avi": 40,
    "boxing/person04_boxing_d1_uncomp.avi": 51,
    "boxing/person03_boxing_d4_uncomp.mp4": 42,
    "boxing/person09_boxing_d4_uncomp.avi": 37,
    "boxing/person16_boxing_d4_uncomp.avi": 51,
    "boxing/person01_boxing_d2_uncomp.mp4": 45,
    "handwaving/person01_handwaving_d1_uncomp.avi": 46,
    "handclapping/person01_handclapping_d1_uncomp.avi": 46,
}
CROSSING = {
    "walking/person01_walking_d1_uncomp.avi": (
        {38: 38, 165: 6, 197: 52, 355: 52, 387: 8, 514: 35},
        [102, 133, 228, 260, 292, 324, 419, 450],
    ),
    "walking/person07_walking_d2_uncomp.avi": (
        {43: 29, 79: 69, 225: 44, 262: 9, 371: 15, 408: 51, 554: 63, 590: 29},
        [116, 152, 298, 335, 444, 481, 517],
    ),
    "jogging/person01_jogging_d3_uncomp.avi": (
        {7: 75, 29: 21, 144: 51, 258: 75, 281: 18, 373: 19, 396: 74},
        [52, 75, 98, 167, 190, 212, 235, 304, 327, 350],
    ),
    "running/person04_running_d1_uncomp.avi": (
        {7: 71, 20: 28, 73: 25, 86: 68, 153: 67, 166: 21, 219: 26, 233: 72},
        [33, 46, 60, 100, 113, 126, 139, 179, 193],  # from 100 to 139 his shadow is still there
    ),
    "running/person09_running_d1_uncomp.avi": (
        {14: 55, 113: 30, 197: 76, 211: 24, 310: 50},
        [0, 42, 56, 70, 85, 99, 141, 155, 169, 183, 225, 239, 254, 268, 282, 324],
    ),
}


@pytest.mark.parametrize("name", ON_THE_SPOT)
def test_real_people_on_the_spot(test_data, name):
    track = locate(small_frames(test_data / "kth" / name))
    assert track.seen.all()
    assert np.abs(track.x - ON_THE_SPOT[name]).max() < 7
    assert np.abs(np.median(track.x) - ON_THE_SPOT[name]) < 5


def test_shares_of_frames_in_which_somebody_is_seen(test_data):
    """Boxing, waving and clapping are done on the spot; walkers, joggers and runners leave and return."""
    files = sorted((test_data / "kth").glob("*/person*"))
    assert len(files) >= 14
    for file in files:
        share = locate(small_frames(file)).seen.mean()
        on_the_spot = file.parent.name in ("boxing", "handclapping", "handwaving")
        low, high = (0.98, 1) if on_the_spot else (0.25, 0.65)
        assert low <= share <= high, f"{file.name}: {share:.2f}"


@pytest.mark.parametrize("name", CROSSING)
def test_real_people_who_cross_the_picture(test_data, name):
    track = locate(small_frames(test_data / "kth" / name))
    people, empty = CROSSING[name]
    there = list(people)
    assert track.seen[there].all() and not track.seen[empty].any()
    assert np.abs(track.x[there] - list(people.values())).max() < 5


# A frame, and in it the left, right, top and bottom of the body with its limbs (of 90 x 72).
BEFORE_A_WALL = {
    "ido_run": (20, 46, 64, 21, 56),
    "lena_jack": (0, 35, 50, 12, 52),
    "daria_bend": (33, 20, 34, 39, 57),
    "daria_walk": (60, 22, 29, 25, 57),
    "shahar_jump": (10, 52, 61, 22, 57),
    "ira_wave1": (50, 35, 48, 26, 57),
    "denis_wave2": (25, 28, 40, 22, 57),
    "eli_pjump": (20, 32, 42, 23, 56),
}


@pytest.mark.parametrize("name", BEFORE_A_WALL)
def test_real_people_before_a_wall_are_inside_their_box(test_data, name):
    t, *edges = BEFORE_A_WALL[name]
    found = boxes(small_frames(test_data / "weizmann" / f"{name}.avi"), "person", (60, 40))
    assert found.seen.all()
    top, left, height, width = (float(field[t]) for field in found[:4])
    assert height < 60
    measured = np.array([left, left + width, top, top + height])
    assert np.all((measured - edges) * [-1, 1, -1, 1] > -2), (measured, edges)


@pytest.mark.parametrize("name", ["daria", "ido", "ira"])
def test_a_real_person_has_about_one_size_though_a_dark_window_is_passed(test_data, name):
    """Those who run, skip or walk sideways end beside a window that is as dark as they are."""
    actions = ("run", "side", "skip", "walk", "jump", "pjump")
    clips = [small_frames(test_data / "weizmann" / f"{name}_{action}.avi") for action in actions]
    heights = [boxes(frames, "person", (60, 40)).height[0] for frames in clips]
    assert max(heights) < 1.2 * min(heights), dict(zip(actions, heights))
