"""A finished run as a training leaves it, made up but of realistic size and shape."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from seqdl.config import Config, to_dict
from seqdl.reports.blocks import Film
from seqdl.runs.folder import RunFolder
from seqdl.runs.result import Decided, Result

EVIL = (
    "<img src=x onerror=alert(1)>",
    "\"><script>alert('2')</script>",
    "a|b `c` & {d} %",
    "\u202egnp.exe",
    "walking",
    "\u00e4",
)
"""Names of classes as no dataset should have them."""
KTH = ("boxing", "handclapping", "handwaving", "jogging", "running", "walking")


def _decide(rng, label, classes, rate):
    """A decision that is right at a rate, and otherwise falls to a neighbouring class."""
    n = classes.index(label)
    near = [m for m in (n - 1, n + 1) if 0 <= m < len(classes)]
    return label if rng.random() < rate or not near else classes[int(rng.choice(near))]


def _sequence(rng, person, label, number, classes):
    voting, lstm = _decide(rng, label, classes, 0.8), _decide(rng, label, classes, 0.9)
    steps = int(rng.integers(40, 380))
    shown = min(steps, 200)
    sure = np.clip(np.cumsum(rng.normal(0.02, 0.06, shown)) + 0.35, 0.2, 0.99)
    timeline = [[lstm if rng.random() < p + 0.2 else str(rng.choice(classes)), round(float(p), 4)] for p in sure]
    name = f"person{person:02d}_{label}_d{number}"
    return {
        "name": name,
        "person": f"person{person:02d}",
        "label": label,
        "steps": steps,
        "voting": voting,
        "lstm": lstm,
        "probability": float(sure[-1]),
        "timeline": timeline,
    }


def _score(sequences, key, classes):
    confusion = np.zeros((len(classes), len(classes)), int)
    for s in sequences:
        confusion[classes.index(s["label"]), classes.index(s[key])] += 1
    correct = int(np.trace(confusion))
    return {
        "accuracy": correct / len(sequences),
        "correct": correct,
        "count": len(sequences),
        "confusion": confusion.tolist(),
    }


def _log(rng, epochs=(12, 10)):
    lines = ["stage,epoch,updates,learning_rate,loss,accuracy,seconds"]
    for stage, count, rate, end, size in (("convnet", epochs[0], 6e-4, 0.05, 4000), ("lstm", epochs[1], 0.05, 0.1, 96)):
        for e in range(count):
            loss = 1.8 * np.exp(-0.25 * e) + 0.1 + rng.normal(0, 0.02)
            accuracy = 1 - 0.75 * np.exp(-0.3 * e) + rng.normal(0, 0.01)
            at = rate * end ** (e / max(1, count - 1))
            lines.append(f"{stage},{e + 1},{size * (e + 1)},{at:.6g},{loss:.5f},{accuracy:.4f},{21.3:.1f}")
    return "\n".join(lines) + "\n"


def made_up_result(classes=KTH, persons=(22, 2, 3, 5), takes=2):
    """A result.json."""
    rng = np.random.default_rng(7)
    classes = list(classes)
    sequences = [_sequence(rng, p, c, n + 1, classes) for p in persons for c in classes for n in range(takes)]
    return {
        "version": "0.1.0",
        "seed": 0,
        "dataset": {
            "name": "actors",
            "variant": "small",
            "classes": classes,
            "sequences": 144,
            "frames": 20_160,
            "notes": ["Rendered figures, no real people."],
        },
        "protocol": "8 persons train and 4 others test, drawn at random; draw 1 of 5.",
        "split": {
            "name": "draw 1 of 5",
            "train_persons": [f"person{p:02d}" for p in (1, 4, 6, 7, 8, 9, 10, 11)],
            "test_persons": [f"person{p:02d}" for p in persons],
        },
        "convnet": {
            "parameters": 17_169,
            "epochs": 12,
            "updates": 48_000,
            "seconds": 255.6,
            "stopped": "12 epochs done",
        },
        "lstm_training": {
            "parameters": 25_956,
            "epochs": 10,
            "updates": 960,
            "seconds": 9.31,
            "stopped": "10 epochs done",
        },
        "windows": {"accuracy": 0.7013, "correct": 7013, "count": 10_000},
        "voting": _score(sequences, "voting", classes),
        "lstm": _score(sequences, "lstm", classes),
        "sequences": sequences,
        "seconds": 312.7,
    }


def record(result: dict) -> Result:
    """A result.json as it is read."""
    return Result.from_dict(json.loads(json.dumps(result)), "result.json")


def leave_run(folder: Path, result: dict, config: Config | None = None) -> RunFolder:
    """Write the four files of a run."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(to_dict(config or Config())))
    environment = {"python": "3.12.1", "libraries": {"numpy": "2.4.6", "numba": "0.68.1"}, "cpu": "x86-64", "cores": 2}
    (folder / "env.json").write_text(json.dumps(environment))
    (folder / "log.csv").write_text(_log(np.random.default_rng(3)))
    (folder / "result.json").write_text(json.dumps(result))
    return RunFolder(folder)


def film(rng: np.random.Generator, sequence: Decided, frames: int = 5) -> Film:
    """A film of noise of one sequence."""
    noise = rng.integers(0, 256, (frames, 54, 34)).astype(np.uint8)
    length, steps = sequence.steps + 8, len(sequence.timeline)
    return Film(noise, length, 25.0, tuple(np.linspace(4, length - 4, steps).round().astype(int).tolist()))
