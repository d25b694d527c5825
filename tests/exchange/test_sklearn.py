"""The estimators: scikit-learn's own checks, aeon's, and the same decisions as those of runs."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is absent: pip install scikit-learn")

from sklearn.base import clone
from sklearn.model_selection import LeaveOneGroupOut
from sklearn.model_selection import cross_validate as cross_validate_folds
from sklearn.utils.estimator_checks import check_estimator
from tiny_run import TINY

from seqdl.config import load
from seqdl.errors import SeqdlError
from seqdl.exchange import named
from seqdl.interface import cross_validate
from seqdl.model.recogniser import Recogniser
from seqdl.sklearn import LSTMSequenceClassifier, SeqdlClassifier

SETTINGS = [one for one in TINY if not one.startswith("video")] + [
    "convnet.epochs=1",
    "lstm.epochs=2",
    "lstm.copies=none",
    "lstm.window_step=4",
]


def _walkers(folder):
    """Paths, labels and persons, as somebody would list them: in no special order."""
    paths = sorted(folder.glob("*/*.avi"), key=lambda path: path.name[::-1])
    return paths, [path.parent.name for path in paths], [path.name.partition("_")[0] for path in paths]


@pytest.fixture(scope="module")
def fitted(walkers):
    paths, labels, _ = _walkers(walkers)
    return SeqdlClassifier(SETTINGS, seed=3).fit(paths, labels)


def test_cross_val_score_is_what_seqdl_crossval_finds(walkers, tmp_path):
    """And the networks of a fold are those of its draw, to the byte."""
    data = ["data.dataset=folder", f"data.data_dir={walkers}", "data.protocol=leave-one-person-out"]
    found = cross_validate(load(settings=[*SETTINGS, *data]), seeds=[3], out=tmp_path / "cv")
    expected = [found.runs[f"draw{draw}-seed3"].scores["lstm"].accuracy for draw in (1, 2, 3)]
    paths, labels, persons = _walkers(walkers)
    made = SeqdlClassifier(SETTINGS, seed=3, everybody=sorted(set(persons)))
    given = {"groups": persons, "cv": LeaveOneGroupOut(), "params": {"persons": persons}}
    folds = cross_validate_folds(made, paths, labels, **given, error_score="raise", return_estimator=True)
    assert folds["test_score"].tolist() == expected
    for draw, fold in enumerate(folds["estimator"], 1):
        run = named.arrays(Recogniser.load(tmp_path / f"cv/draw{draw}-seed3"))
        assert {name: a.tobytes() for name, a in fold.arrays_.items()} == {n: a.tobytes() for n, a in run.items()}


def test_it_is_pickled_small_cloned_and_decides_the_same(fitted, walkers):
    paths, labels, _ = _walkers(walkers)
    kept = pickle.dumps(fitted)
    assert len(kept) < 1_000_000
    again = pickle.loads(kept)
    assert np.array_equal(again.predict_proba(paths), fitted.predict_proba(paths))
    assert clone(fitted).get_params() == fitted.get_params()
    assert again.score(paths, labels) == np.mean(fitted.predict(paths) == labels)
    assert fitted.predict_proba(paths).sum(axis=1) == pytest.approx(1)


def test_arrays_are_read_as_the_recogniser_reads_them(fitted, rng):
    clips = [rng.integers(0, 256, (length, 60, 80)).astype(np.uint8) for length in (12, 15)]
    expected = [fitted.recogniser_.predict(clip, rate=25).label for clip in clips]
    assert fitted.predict(clips).tolist() == expected
    made = SeqdlClassifier(SETTINGS).fit(clips * 2, [0, 1, 0, 1])
    assert set(made.predict(clips)) <= {0, 1}


@pytest.mark.parametrize(
    "given, y, said",
    [
        ("one.avi", ["a"], "expected a list of paths"),
        (["a.avi", np.zeros((12, 9, 9), np.uint8)], ["a", "b"], "got both"),
        (["a.avi", "b.avi"], ["a"], "as many labels as samples"),
        (["a.avi", "b.avi"], ["a", "a"], "at least two classes"),
        ([3, 4], ["a", "b"], r"X\[0\]: expected a path"),
        (["/nowhere/a.avi", "/nowhere/b.avi"], ["a", "b"], "/nowhere/a.avi"),
    ],
)
def test_what_is_no_video_is_named(given, y, said):
    with pytest.raises((ValueError, SeqdlError), match=said):
        SeqdlClassifier(SETTINGS).fit(given, y)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_scikit_learns_own_checks():
    made = LSTMSequenceClassifier(cells=2, epochs=1, backend="numpy", random_state=0)
    found = check_estimator(made, on_fail=None)
    failed = {one["check_name"]: one["exception"] for one in found if one["status"] == "failed"}
    assert not failed
    assert sum(one["status"] == "passed" for one in found) >= 50


def test_aeons_own_checks():
    checking = pytest.importorskip("aeon.testing.estimator_checking", reason="aeon is absent: it needs an older Numba")
    from seqdl.aeon import LSTMSequenceClassifier as OfAeon

    found = checking.check_estimator(OfAeon, raise_exceptions=False)
    assert len(found) >= 20
    assert {name: said for name, said in found.items() if said != "PASSED"} == {}


def _lines(rng, lengths):
    """Two channels, of which the first rises or falls."""
    turns = [1 if n % 2 else -1 for n in range(len(lengths))]
    sequences = [
        np.stack([turn * np.linspace(-1, 1, length), np.ones(length)]) + rng.normal(0, 0.1, (2, length))
        for turn, length in zip(turns, lengths)
    ]
    return sequences, ["rises" if turn > 0 else "falls" for turn in turns]


def test_the_lstm_alone_learns_sequences_of_unequal_length(rng):
    lines, y = _lines(rng, rng.integers(8, 16, 40))
    made = LSTMSequenceClassifier(cells=6, epochs=12, backend="numpy", random_state=0).fit(lines[:30], y[:30])
    assert made.score(lines[30:], y[30:]) >= 0.9
    again = pickle.loads(pickle.dumps(made))
    assert np.array_equal(again.predict_proba(lines), made.predict_proba(lines))
    with pytest.raises(ValueError, match=r"X\[0\]: expected 2 channels, got 3"):
        made.predict([np.zeros((3, 9))])
    with pytest.raises(ValueError, match=r"X\[1\]: NaN"):
        made.predict([lines[0], np.full((2, 5), np.nan)])
    with pytest.raises(SeqdlError, match="section lstm only"):
        LSTMSequenceClassifier(settings=["convnet.epochs=1"]).fit(lines, y)
