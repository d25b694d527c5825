"""A small user's program, which mypy checks with the package, as strictly as it can: what is public is typed so."""

from pathlib import Path
from typing import assert_type

import numpy as np

import seqdl
from seqdl.errors import SeqdlError
from seqdl.ops import conv3d, lstm
from seqdl.sklearn import LSTMSequenceClassifier, SeqdlClassifier


def told(epoch: object) -> None:
    print(epoch)


def train(videos: Path) -> seqdl.Run:
    config = seqdl.load_config(settings=["data.dataset=folder", f"data.data_dir={videos}"])
    run = seqdl.fit(config, out="runs/mine", workers=2, say=print, on_pass=told)
    assert_type(run, seqdl.Run)
    assert_type(run.result.scores["lstm"].accuracy, float)
    assert_type(run.page(["walking.avi"], out=Path("page.html")), Path)
    return run


def look(run: seqdl.Run, frames: np.ndarray) -> str:
    said = run.predict(frames, rate=25)
    assert_type(said, seqdl.Prediction)
    assert_type(said.probabilities, dict[str, float])
    assert_type(run.recogniser, seqdl.Recogniser)
    assert_type(run.evaluate(maps=["walking=walk"]).evaluation.scores["lstm"].correct, int)
    said.save(Path("saved"))
    return said.label


def several() -> None:
    found = seqdl.cross_validate(seqdl.load_config(), seeds=(0, 1), out=Path("cv"))
    print(found.complete, found.summary.runs if found.summary else found.failed)


def equations(a: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    weights = lstm.Weights(w, w, b)
    print(weights.u.shape)
    return conv3d.forward(a, w, b)


def estimators(x: list[np.ndarray], y: list[str]) -> np.ndarray:
    assert_type(SeqdlClassifier(preset="best").fit(["a.avi"], y), SeqdlClassifier)
    return LSTMSequenceClassifier(cells=4).fit(x, y).predict(x)


try:
    print(look(train(Path("videos")), np.zeros((9, 60, 80), np.uint8)))
except SeqdlError as error:
    print(error)


def wrong(run: seqdl.Run) -> None:
    """What the types must refuse, a line each: mypy warns of what is ignored and would not be an error."""
    run.predict(None)  # type: ignore[arg-type]
    run.page("walking.avi", out=3)  # type: ignore[arg-type]
    seqdl.fit({"epochs": 3})  # type: ignore[arg-type]
    conv3d.forward([1.0], [2.0], 3)  # type: ignore[arg-type]
    print(run.result.accuracy)  # type: ignore[attr-defined]
