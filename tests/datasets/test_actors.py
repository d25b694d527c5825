"""The embedded dataset: complete, deterministic, alike enough in single frames, different in motion."""

import multiprocessing
import pickle
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from seqdl.datasets import actors
from seqdl.datasets.actors.body import draw_body
from seqdl.datasets.actors.gait import CLASSES, STYLES, WALKERS, draw_style, move
from seqdl.datasets.actors.render import capsule
from seqdl.datasets.actors.scene import SCENARIOS
from seqdl.datasets.actors.skeleton import joints, walking_speed
from seqdl.datasets.actors.take import Take
from seqdl.datasets.actors.varied import Varied
from seqdl.errors import UsageError

SEED = 2011
# Person, action, scenario, frame; the sum of its pixels, and that of each times its place modulo 7.
FIRST_EDITION = (
    (3, "running", "d2", 22, 2674283, 8022138),
    (5, "handclapping", "d4", 0, 2315020, 6946017),
    (2, "boxing", "d3", 150, 2702902, 8108944),
    (7, "walking", "d1", 60, 2582270, 7746255),
    (4, "jogging", "d3", 40, 2331019, 6990819),
    (9, "handwaving", "d1", 5, 2677001, 8031715),
)


@pytest.fixture(scope="module")
def small():
    return actors.load()


def _frames(take, first=0, last=None):
    return np.stack(list(take.frames(first, last)))


def _hash(dataset, sequence):
    """For worker processes: a sum over a sequence's pixels that depends on their order."""
    frames = np.stack(list(dataset.render(sequence))).astype(np.int64)
    return int((frames.ravel() * (np.arange(frames.size) % 9973)).sum())


# Completeness


@pytest.mark.parametrize("variant, persons, per_video", [("small", 10, 1), ("full", 25, 4), ("varied-whole", 10, 1)])
def test_every_person_does_every_action_in_every_scenario(variant, persons, per_video):
    data = actors.load(variant)
    assert data.classes == ("walking", "jogging", "running", "boxing", "handwaving", "handclapping")
    assert data.persons == tuple(f"person{n:02d}" for n in range(1, persons + 1))
    videos = Counter((s.person, s.label, s.extra["scenario"]) for s in data.sequences)
    assert set(videos) == {(p, c, d) for p in data.persons for c in CLASSES for d in SCENARIOS}
    assert set(videos.values()) == {per_video}
    assert len({s.name for s in data.sequences}) == len(data.sequences) == persons * 24 * per_video
    assert all(s.name.startswith(f"{s.person}_{s.label}_{s.extra['scenario']}") for s in data.sequences)
    assert data.box == "track" and all(s.file is None for s in data.sequences)


def test_small_is_small_and_each_class_has_its_share(small):
    frames = Counter()
    for s in small.sequences:
        assert 9 <= s.last - s.first + 1 <= 44
        frames[s.label] += s.last - s.first + 1
    assert 8_000 <= frames.total() <= 10_500
    assert min(frames.values()) > 0.5 * max(frames.values())


def test_full_has_the_lengths_of_cut_and_of_whole_videos():
    cut, whole = actors.load("full"), {s.name: s for s in actors.load("full-whole").sequences}
    lengths = [s.last - s.first + 1 for s in cut.sequences]
    assert min(lengths) >= 24 and max(lengths) <= 362  # the range of KTH's list of sequences
    last_end = {}
    for s in cut.sequences:
        video = s.name.partition("#")[0]
        assert last_end.get(video, -1) < s.first <= s.last <= whole[video].last
        last_end[video] = s.last


def test_an_unknown_variant_is_refused():
    with pytest.raises(UsageError, match="no variant tiny; known: small, full"):
        actors.load("tiny")
    assert actors.load("").variant == next(iter(actors.RECORD.variants)) == "small"


# Frames


@pytest.mark.parametrize("label", CLASSES)
def test_frames_are_grey_pictures_of_kths_size(small, label):
    sequence = next(s for s in small.sequences if s.label == label)
    frames = list(small.render(sequence))
    assert len(frames) == sequence.last - sequence.first + 1
    assert all(f.shape == (120, 160) and f.dtype == np.uint8 for f in frames)
    assert 80 < np.mean(frames) < 200 and np.std(frames) > 5


def test_the_same_seed_gives_the_same_bytes(small):
    sequence = small.sequences[37]
    again = actors.load()
    assert again.sequences == small.sequences and again.source == small.source
    assert _hash(again, sequence) == _hash(small, sequence)
    other = actors.load(seed=SEED + 1)
    assert other.source != small.source
    assert not np.array_equal(next(other.render(other.sequences[37])), next(small.render(sequence)))


def test_the_first_edition_stays_as_it_was():
    """Records were made with it. The sums allow for a processor that rounds some pixels differently, by a level."""
    for person, action, scenario, frame, plain, woven in FIRST_EDITION:
        picture = _frames(Take(SEED, person, action, scenario), frame, frame)[0].astype(int)
        assert abs(picture.sum() - plain) <= 10
        assert abs((picture.ravel() * (np.arange(picture.size) % 7)).sum() - woven) <= 60


@pytest.mark.parametrize(
    "edition, action, scenario",
    [(Take, "running", "d2"), (Take, "handclapping", "d4"), (Varied, "bending", "d2"), (Varied, "jogging", "d3")],
)
def test_a_stretch_is_rendered_as_in_the_whole(edition, action, scenario):
    take = edition(SEED, 3, action, scenario)
    whole, part = _frames(take, 20, 45), _frames(take, 31, 40)
    assert np.array_equal(whole[11:21], part)


def test_it_can_be_sent_to_a_spawned_process(small):
    assert pickle.loads(pickle.dumps(small)).sequences == small.sequences
    sequence = small.sequences[100]
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert pool.submit(_hash, small, sequence).result(timeout=60) == _hash(small, sequence)


def test_a_capsule_covers_its_area_and_nothing_else():
    canvas = np.zeros((60, 80), np.float32)
    capsule(canvas, (20.3, 30.2, 50.3, 30.2, 6.0, 6.0), 100.0, (1.0, 0.0, 0.0, 0.0))
    assert canvas.sum() / 100 == pytest.approx(30 * 12 + np.pi * 36, rel=0.01)
    assert canvas[30, 35] == 100 and canvas[15, 35] == canvas[30, 60] == 0
    before = canvas.copy()
    for x in (-40.0, 200.0):
        capsule(canvas, (x, 30.0, x, 40.0, 5.0, 5.0), 100.0, (1.0, 0.0, 0.0, 0.0))
    assert np.array_equal(canvas, before)
    capsule(canvas, (-2.0, 5.0, 3.0, 5.0, 4.0, 4.0), 100.0, (1.0, 0.0, 0.0, 0.0))
    assert canvas[5, 0] == 100 and canvas[5, -1] == 0


# Persons and scenarios


def test_persons_differ_in_body_clothes_and_habits():
    takes = [Take(SEED, person, "walking", "d1") for person in range(1, 26)]
    assert len({t.body for t in takes}) == len({t.clothes for t in takes}) == 25
    heights = [t.body.height for t in takes]
    assert min(heights) > 1.5 and max(heights) < 2.0 and np.ptp(heights) > 0.2
    assert np.ptp([t.style["cadence"] for t in takes]) > 0.1
    same = Take(SEED, 1, "boxing", "d3")
    assert same.body == takes[0].body and same.clothes != takes[0].clothes
    assert Take(SEED, 1, "boxing", "d1").clothes == takes[0].clothes


def test_only_d2_zooms_and_d3_brings_coats_and_bags():
    for person in range(1, 6):
        for scenario in SCENARIOS:
            take = Take(SEED, person, "boxing", scenario)
            zoom, _ = take.scene.view(np.arange(len(take)))
            assert (np.ptp(zoom) > 0.1) == (scenario == "d2")
            assert scenario == "d3" or not (take.clothes.coat or take.clothes.bag)
    others = [Take(SEED, person, "boxing", "d3").clothes for person in range(1, 26)]
    assert 3 < sum(c.coat for c in others) < 25 and 3 < sum(bool(c.bag) for c in others) < 25


def test_boxers_face_both_sides():
    facing = [np.sign(np.sin(Take(SEED, person, "boxing", "d1").path.yaw[0])) for person in range(1, 26)]
    assert min(Counter(facing).values()) > 4


# Leaving the picture


def _person_pixels(take, frames):
    """How many pixels of each frame differ from a frame that shows nobody."""
    empty = _frames(take, *frames["empty"]).astype(float).mean(axis=0)
    return [int((np.abs(_frames(take, n, n)[0] - empty) > 35).sum()) for n in frames["asked"]]


@pytest.mark.parametrize("action", WALKERS)
def test_walkers_leave_the_picture_and_come_back_the_other_way(action):
    take = Take(SEED, 2, action, "d4")
    assert len(take.path.spans) == 4
    away = [n for n in range(len(take)) if abs(take.columns[n] - 80) > 80 + 36]
    assert away and not any(first <= n <= last for n in away for first, last in take.path.spans)
    middle = [(first + last) // 2 for first, last in take.path.spans]
    pixels = _person_pixels(take, {"empty": (away[0], away[0]), "asked": [away[-1], *middle]})
    assert pixels[0] < 20 and min(pixels[1:]) > 300
    direction = [np.sign(take.columns[last] - take.columns[first]) for first, last in take.path.spans]
    assert direction in ([1, -1, 1, -1], [-1, 1, -1, 1])
    for first, last in take.path.spans:
        assert (np.abs(take.columns[first : last + 1] - 80) < 80).all()


@pytest.mark.parametrize("action", CLASSES[3:])
def test_the_others_stay_in_the_picture(action):
    for scenario in SCENARIOS:
        take = Take(SEED, 4, action, scenario)
        assert (np.abs(take.columns - 80) < 50).all()
        assert take.path.spans[0][0] == 0 and take.path.spans[-1][1] == len(take) - 1


# Motion


def _cadence(action, person):
    """Cycles per second, measured from the motion of an ankle and not taken from the style."""
    take = Take(SEED, person, action, "d1")
    ankle = joints(take.body, move(action, take.style, take.path.phase))["ankle.left"][:, 0]
    spectrum = np.abs(np.fft.rfft((ankle - ankle.mean()) * np.hanning(len(ankle)), 8192))
    return np.argmax(spectrum) * 25 / 8192


def test_gaits_differ_in_cadence_and_speed_and_nearly_touch():
    cadence = {a: [_cadence(a, person) for person in range(1, 11)] for a in WALKERS}
    speed = {}
    for action in WALKERS:
        takes = [Take(SEED, person, action, "d1") for person in range(1, 26)]
        speed[action] = [walking_speed(action, t.body, t.style) for t in takes]
    assert max(cadence["walking"]) < min(cadence["running"])
    for slower, quicker in pairwise(WALKERS):
        assert np.mean(cadence[slower]) + 0.1 < np.mean(cadence[quicker])
        assert np.mean(speed[slower]) * 1.2 < np.mean(speed[quicker])
        assert max(speed[slower]) * 1.1 > min(speed[quicker])
        own = np.array(speed[quicker]) / np.array(speed[slower])
        assert own.min() > 1.1  # nobody walks as quickly as the same person jogs
    assert min(speed["walking"]) > 0.8 and max(speed["running"]) < 5


def test_a_walkers_standing_foot_hardly_slides():
    for person in range(1, 11):
        take = Take(SEED, person, "walking", "d1")
        first, last = take.path.spans[0]
        points = joints(take.body, move("walking", take.style, take.path.phase[first : last + 1]))
        forward = np.median(np.abs(np.diff(take.path.place[first : last + 1, 0])))
        backward = np.min([np.diff(points[f"ankle.{side}"][:, 0]) for side in ("left", "right")], axis=0)
        assert 0.8 < -np.median(backward) / forward < 1.3


def test_only_runners_and_joggers_leave_the_ground():
    phase = np.linspace(0, 2 * np.pi, 100)
    for action in WALKERS:
        take = Take(SEED, 5, action, "d1")
        points = joints(take.body, move(action, take.style, phase))
        lowest = np.min([points[f"{p}.{s}"][:, 1] for p in ("heel", "toe") for s in ("left", "right")], axis=0)
        assert lowest.min() > -1e-9
        assert (lowest.max() > 0.01) == (action != "walking")


@pytest.mark.parametrize("action", CLASSES)
def test_limbs_keep_their_lengths(action):
    take = Take(SEED, 6, action, "d1")
    points = joints(take.body, move(action, take.style, np.linspace(0, 6, 30)))
    for a, b, length in [
        ("hip", "knee", take.body.thigh),
        ("knee", "ankle", take.body.shin),
        ("shoulder", "elbow", take.body.upper_arm),
        ("elbow", "wrist", take.body.forearm),
    ]:
        for side in ("left", "right"):
            distance = np.linalg.norm(points[f"{a}.{side}"] - points[f"{b}.{side}"], axis=1)
            assert np.allclose(distance, length)


def test_arms_do_what_the_action_says():
    phase = np.linspace(0, 2 * np.pi, 200)
    for person in range(1, 11):
        hands, heads = {}, {}
        for action in CLASSES[3:]:
            take = Take(SEED, person, action, "d1")
            points = joints(take.body, move(action, take.style, phase))
            hands[action] = np.stack([points["wrist.left"], points["wrist.right"]])
            heads[action] = points["crown"][:, 1].mean()
        assert (hands["handwaving"][:, :, 1].max(1) > 0.97 * heads["handwaving"]).all()
        assert hands["handclapping"][:, :, 1].max() < heads["handclapping"]
        apart = hands["handclapping"][0, :, 2] - hands["handclapping"][1, :, 2]
        assert apart.min() < 0.15 and apart.max() > 0.4
        ahead = hands["boxing"][:, :, 0]
        assert np.corrcoef(ahead)[0, 1] < 0 and ahead.max() > 0.4


def test_styles_are_the_persons_own():
    for action in CLASSES:

        def draw(person, take, action=action):
            return draw_style(action, np.random.default_rng(person), np.random.default_rng(take))

        one, again, other = draw(1, 1), draw(1, 2), draw(2, 1)
        assert set(one) == set(STYLES[action])
        spread = {name: STYLES[action][name][1] for name in one if STYLES[action][name][1]}
        within = np.mean([abs(one[n] - again[n]) / s for n, s in spread.items()])
        between = np.mean([abs(one[n] - other[n]) / s for n, s in spread.items()])
        assert 0 < within < 0.5 * between
    assert draw_body(np.random.default_rng(1)) != draw_body(np.random.default_rng(2))


# Difficulty


def _normalised(take, first, last):
    """What the network would see, box from the known place: (T, 54, 34), 3D local contrast normalisation."""
    frames = _frames(take, first, last).astype(np.float32)
    frames = frames.reshape(len(frames), 60, 2, 80, 2).mean((2, 4))
    left = np.clip(np.rint(take.columns[first : last + 1] / 2 - 20), 0, 40).astype(int)
    crop = np.stack([frame[:, x : x + 40] for frame, x in zip(frames, left, strict=True)]) / 255

    def smooth(a):
        return gaussian_filter(a, 1.5, mode="nearest", truncate=2)

    v = crop - smooth(crop)
    sigma = np.sqrt(smooth(v * v))
    return (v / np.maximum(sigma, sigma.mean()))[:, 3:-3, 3:-3]


@pytest.mark.parametrize("variant, edition, least, most", [("small", Take, 0.25, 0.60), ("varied", Varied, 0.05, 0.35)])
def test_a_nearest_neighbour_of_single_frames_fails_across_persons(variant, edition, least, most):
    """In the first edition a single frame says something, in the second next to nothing."""
    samples = {}
    for s in actors.load(variant).sequences:
        person = int(s.person[-2:])
        if s.extra["scenario"] == (("d1", "d4")[person % 2] if edition is Take else "d1"):
            take = edition(SEED, person, s.label, s.extra["scenario"])
            clip = _normalised(take, s.first, s.last)[3:-3:3].reshape(-1, 54 * 34)
            samples.setdefault(s.person, []).append((clip, np.full(len(clip), CLASSES.index(s.label))))
    data = {p: tuple(np.concatenate(a) for a in zip(*pairs, strict=True)) for p, pairs in samples.items()}
    right = total = 0
    for person, (x, y) in data.items():
        others = [data[p] for p in data if p != person]
        x_train = np.concatenate([a.reshape(-1, 54, 34)[..., ::flip] for a, _ in others for flip in (1, -1)])
        y_train = np.concatenate([b for _, b in others for _ in (1, -1)])
        x_train = x_train.reshape(-1, 54 * 34)
        nearest = np.argmin((x_train**2).sum(1) - 2 * x @ x_train.T, axis=1)
        right, total = right + int((y_train[nearest] == y).sum()), total + len(y)
    assert least < right / total <= most
