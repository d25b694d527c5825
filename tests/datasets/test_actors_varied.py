"""The second edition of the embedded dataset: the variety that it is made for is there, in each variant its share."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from seqdl.datasets import actors
from seqdl.datasets.actors.gait import CLASSES, WALKERS
from seqdl.datasets.actors.moves import ACTIONS, MORE, perform
from seqdl.datasets.actors.scene import SCENARIOS
from seqdl.datasets.actors.skeleton import joints, walking_speed
from seqdl.datasets.actors.take import Take
from seqdl.datasets.actors.varied import ANCHORED, Varied
from seqdl.datasets.actors.variety import HABITS

SEED = 2011
PERSONS = range(1, 41)


def _takes(action, scenario):
    return [Varied(SEED, person, action, scenario) for person in PERSONS]


@pytest.fixture(scope="module")
def walks():
    """Forty persons who walk in the open, where many go on slants."""
    return _takes("walking", "d2")


@pytest.fixture(scope="module")
def boxers():
    return _takes("boxing", "d1")


# Who, how much


@pytest.mark.parametrize("variant, classes", [("varied", CLASSES), ("twelve", ACTIONS)])
def test_many_persons_act_in_one_scenario_each(variant, classes):
    data = actors.load(variant)
    assert data.classes == classes and len(data.persons) == 40
    where = {(s.person, s.extra["scenario"]) for s in data.sequences}
    assert len(where) == 40 and Counter(scenario for _, scenario in where) == dict.fromkeys(SCENARIOS, 10)
    assert Counter(s.label for s in data.sequences) == dict.fromkeys(classes, 40)
    assert all(16 <= s.last - s.first + 1 <= 44 for s in data.sequences)
    assert "edition 2" in data.source and data.source != actors.load().source


def test_a_sequence_is_the_same_with_and_without_the_other_actions():
    six, twelve = actors.load("varied"), actors.load("twelve")
    others = {sequence.name: sequence for sequence in twelve.sequences}
    assert all(others[sequence.name] == sequence for sequence in six.sequences) and six.source == twelve.source


def test_persons_of_both_editions_are_others():
    assert Varied(SEED, 1, "boxing", "d1").body != Take(SEED, 1, "boxing", "d1").body
    assert len({take.body for take in _takes("walking", "d1")}) == len(PERSONS)


# Bodies, clothes, habits


def test_bodies_clothes_and_tempo_range_wider_than_in_the_first_edition(walks):
    first = [Take(SEED, person, "walking", "d2") for person in PERSONS]
    for of in (
        lambda take: take.body.height,
        lambda take: take.body.girth,
        lambda take: take.style["cadence"],
        lambda take: take.body.head / take.body.height,
    ):
        assert np.ptp([of(take) for take in walks]) > 1.2 * np.ptp([of(take) for take in first])
    heights = [take.body.height for take in walks]
    assert min(heights) >= 1.32 and max(heights) <= 1.97 and 2 <= sum(height < 1.49 for height in heights) <= 14


def test_some_wear_one_grey_and_some_the_grounds():
    clothes = [(take.clothes, take.kind.grey) for take in _takes("boxing", "d3")]
    plain = [c for c, _ in clothes if c.top == c.sleeve and abs(c.top - c.trousers) < 7 and c.stripe_depth == 0]
    alike = [c for c, grey in clothes if min(abs(c.top - grey), abs(c.trousers - grey)) <= 0.1 * grey]
    assert 5 <= len(plain) <= 25 and 4 <= len(alike) <= 25
    assert any(c.top < 70 for c in plain) and any(c.top > 180 for c in plain)
    assert 10 <= sum(c.coat for c, _ in clothes) < 40


def test_boxers_are_slow_or_quick_and_some_keep_an_arm_out(boxers):
    styles = [take.style for take in boxers]
    assert min(s["cadence"] for s in styles) < 0.65 and max(s["cadence"] for s in styles) > 1.25
    held = [s for s in styles if s["held"] > 0.5]
    assert 3 <= len(held) < 20
    reach = np.sort(np.ptp([_ahead(take) for take in boxers], axis=1), axis=1)
    assert (reach[:, 1] > 0.08).all(), "everybody punches"
    assert 3 <= sum(reach[:, 0] < 0.15 * reach[:, 1]) <= 20, "some with one hand alone"
    sides = Counter(float(np.sign(style["lead"])) for style in styles)
    assert sides[1.0] > sides[-1.0] > 2


def _ahead(take):
    """How far before the hips both wrists are over a cycle: (T, 2) metres."""
    points = take._joints(np.linspace(0, 2 * np.pi, 60))
    return np.stack([points[f"wrist.{side}"][:, 0] for side in ("left", "right")], axis=-1)


def test_half_of_those_who_stand_pause(boxers):
    pausing = [take for take in boxers if np.diff(take.path.phase).min() < 0.1 * np.median(np.diff(take.path.phase))]
    assert 10 <= len(pausing) <= 30
    assert all((np.diff(take.path.phase) > -1e-12).all() for take in boxers)


def test_nobody_walks_as_quickly_as_the_same_person_jogs():
    for person in PERSONS:
        speeds = []
        for action in WALKERS:
            take = Varied(SEED, person, action, "d1")
            speeds.append(walking_speed(action, take.body, take.style))
        assert speeds[0] * 1.1 < speeds[1] < speeds[2] * 0.95


# Camera and light


def _size(take):
    """How large the person is in each frame of the first repetition: pixels."""
    first, last = take.path.spans[0]
    return take.scene.scale * take.body.height * take._near(take.path.place[first : last + 1])


def test_walkers_go_on_slants_and_change_their_size(walks):
    change = np.array([_size(take).max() / _size(take).min() for take in walks])
    assert change.max() < 2.9 and 20 <= (change > 1.12).sum() <= 38 and (change > 1.5).sum() >= 6
    nearer = [_size(take)[-1] > _size(take)[0] for take, more in zip(walks, change, strict=True) if more > 1.12]
    assert 5 <= sum(nearer) <= len(nearer) - 5
    for take in walks:
        for first, last in take.path.spans:
            assert np.abs(take.columns[first : last + 1] - 80).min() < 40 and last - first >= 15
        assert np.abs(take.columns[take.path.spans[0][1] : take.path.spans[1][0]] - 80).max() > 75


def test_cameras_zoom_shake_and_cut_heads(walks, boxers):
    frame = np.arange(200)
    zooms = [np.ptp(take.scene.view(frame)[0]) > 0.03 for take in walks]
    assert 20 < sum(zooms) < 40
    shake = [np.ptp(take.scene.view(frame)[1]) for take in boxers]
    assert sum(s < 1 for s in shake) > 10 and sum(s > 2 for s in shake) > 5
    crowns = [take.scene.ground - take.scene.scale * take.body.height for take in boxers]
    assert 3 <= sum(crown < 0 for crown in crowns) <= 18 and min(crowns) > -20


def _shadow_alone(take):
    """The frames in which a hard shadow reaches well into the picture, and no part of the person does."""
    x = take.columns - 80
    tip = x + take._near(take.path.place) * take.scene.scale * take.scene.shadow[1] * take.body.height
    return np.flatnonzero((take.scene.edge < 5) & (np.abs(x) > 95) & (np.abs(tip) < 60))


def test_some_shadows_are_in_the_picture_before_their_person(walks):
    alone = [(take, frames) for take in walks if len(frames := _shadow_alone(take))]
    assert 4 <= len(alone) <= 24
    dark = []
    for take, frames in alone[:4]:
        pictures = []
        for strength in (1e-6, take.scene.shadow[0]):
            take.scene = replace(take.scene, shadow=(strength, *take.scene.shadow[1:]))
            pictures.append(next(take.frames(int(frames[0]), int(frames[0]))).astype(int))
        dark.append(int((pictures[0] - pictures[1] > 10).sum()))
    assert sum(count > 60 for count in dark) >= 2 and max(dark) < 4000


# The six other actions


@pytest.mark.parametrize("action", MORE)
def test_the_other_actions_keep_limbs_and_stand_on_the_ground(action):
    phase = np.linspace(0, 2 * np.pi, 80)
    for person in range(1, 6):
        take = Varied(SEED, person, action, "d1")
        assert set(take.style) == {"lead", *HABITS[action]}
        points = take._joints(phase)
        for a, b, length in [("hip", "knee", take.body.thigh), ("elbow", "wrist", take.body.forearm)]:
            for side in ("left", "right"):
                assert np.allclose(np.linalg.norm(points[f"{a}.{side}"] - points[f"{b}.{side}"], axis=1), length)
        lowest = np.min([points[f"{p}.{s}"][:, 1] for p in ("heel", "toe") for s in ("left", "right")], axis=0)
        assert lowest.min() > -1e-9 and (lowest.max() > 0.05) == (action == "jumping")
        if action in ANCHORED:
            feet = 0.5 * (points["ankle.left"] + points["ankle.right"])
            assert np.ptp(feet[:, 0]) < 1e-9 and np.ptp(points["pelvis"][:, 0]) > 0.005


def test_the_other_actions_do_what_they_are_called():
    phase = np.linspace(0, 2 * np.pi, 120)

    def moved(person, action, point, axis):
        take = Varied(SEED, person, action, "d1")
        points = joints(take.body, perform(action, take.style, phase))
        sides = [points[point]] if point in points else [points[f"{point}.{s}"] for s in ("left", "right")]
        return max(float(np.ptp(p[:, axis])) for p in sides) / take.body.height

    for person in PERSONS:
        assert moved(person, "bending", "crown", 1) > 0.12
        assert moved(person, "sitting_down", "pelvis", 1) > 0.10 > moved(person, "pointing", "pelvis", 1)
        assert moved(person, "kicking", "ankle", 0) > 0.2 > moved(person, "pointing", "ankle", 0)
        assert moved(person, "pointing", "finger", 1) > 0.2
        assert 0.05 < moved(person, "checking_watch", "finger", 1) < moved(person, "pointing", "finger", 1) + 0.2
        assert moved(person, "jumping", "pelvis", 1) > 0.05
