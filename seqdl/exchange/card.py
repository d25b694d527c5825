"""A model card: README.md with the hub's YAML, from the record of a finished run."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqdl.base import files
from seqdl.base.words import printable
from seqdl.errors import UsageError
from seqdl.exchange.graph import before
from seqdl.model.recogniser import Recogniser
from seqdl.models import model
from seqdl.runs.folder import RunFolder
from seqdl.runs.result import Result

NAME = "README.md"
LIBRARY = "library_name: seqdl"
WAYS = {"windows": "accuracy of single windows", "voting": "accuracy by voting", "lstm": "accuracy by the LSTM"}


def write(path: str | Path, run: RunFolder, recogniser: Recogniser, record: Mapping[str, str]) -> None:
    """Write the card of a ``run`` to ``path``; see :func:`card`."""
    check_ours(Path(path))
    files.write_atomic(path, card(run, recogniser, record))


def check_ours(path: Path) -> None:
    """A UsageError where ``path`` is a text that is no card of ours: nobody's README is written over."""
    if path.is_file() and LIBRARY not in path.read_text(encoding="utf-8", errors="replace"):
        raise UsageError(f"{path} exists and is no card of seqdl: name another with --card FILE")


def card(run: RunFolder, recogniser: Recogniser, record: Mapping[str, str]) -> str:
    """The card of a finished ``run`` with the networks of its ``recogniser`` and its ``record``.

    Nobody's name is in it: persons are counted.
    """
    result, config = run.result, recogniser.config
    title, classes = printable(result.dataset.title), [printable(name) for name in recogniser.classes]
    train, test = (len(names) for names in (result.split.train_persons, result.split.test_persons))
    unit = f"{result.dataset.unit}s"
    lines = [
        *("---", _yaml(result), "---", ""),
        f"# {result.model} on {title}",
        "",
        f"{model(result.model).describes} After Baccouche et al., Sequential Deep Learning for Human Action "
        "Recognition (2011), trained with seqdl.",
        "",
        "| | |",
        "| --- | --- |",
        f"| Classes | {_cell(', '.join(classes))} |",
        f"| Data | {_cell(title)}: {result.dataset.sequences} sequences, {result.dataset.frames} frames |",
        f"| Protocol | {_cell(result.split.name)}: {train} {unit} trained, {test} other {unit} were tested |",
        *(f"| {_named(result, way).capitalize()} | {_score(result, way)} |" for way in result.shown),
        f"| Parameters | {sum(stage.parameters for stage in result.stages.values())} |",
        f"| Frames a second | {json.loads(record['rate'])} |",
        f"| Seed | {result.seed} |",
        f"| Digest of the arrays | {record['digest']} |",
        f"| Made with | seqdl {printable(result.version)} |",
        "",
        "## What it must be given",
        "",
        before(config),
        "",
        "## Limits",
        "",
        *(f"* {limit}" for limit in _limits(result)),
        "",
    ]
    return "\n".join(lines)


def _limits(result: Result) -> list[str]:
    """What is to be known before it is used."""
    unit, tested = result.dataset.unit, len(result.split.test_persons)
    limits = [
        "It knows its classes and nothing else: "
        + ("it says of each whether it is shown." if result.several else "whatever is shown, one of them is named."),
        "One person a video, near the rate of frames above; other cameras and places were not tested.",
    ]
    if result.tested:
        limits.append(f"One split with one seed: the accuracy rests on {tested} {unit}{'s' * (tested != 1)}.")
    else:
        limits.append("Nothing was tested: no accuracy is known.")
    if result.evaluated.kind == "inner":
        limits.append("The accuracy is that of an inner split, by which settings are chosen: expect less.")
    if result.dataset.name == "actors":
        limits.append("It learned from rendered figures, and not from real people.")
    if result.control:
        limits.append("A control: what describes the video was left untrained.")
    limits.append("No license is chosen here: that of the data may bind these weights too.")
    return limits


def _named(result: Result, way: str) -> str:
    """What is measured, and by which way."""
    return WAYS[way].replace("accuracy", "mean average precision") if result.several else WAYS[way]


def _score(result: Result, way: str) -> str:
    score = result.scores[way]
    if score.precision:
        return f"{score.measure:.1%} (of {score.count} sequences)"
    return f"{score.accuracy:.1%} ({score.correct} of {score.count})"


def _yaml(result: Result) -> str:
    """The hub's metadata; JSON's values are YAML's too."""
    title = printable(result.dataset.title)
    metric = "mean_average_precision" if result.several else "accuracy"
    values: dict[str, Any] = {
        "license": "other",
        "pipeline_tag": "video-classification",
        "tags": ["action-recognition", "lstm", "3d-convnet"],
        "metrics": [metric],
    }
    if result.tested:
        metrics = [
            {"type": metric, "name": _named(result, way), "value": result.scores[way].measure} for way in result.shown
        ]
        found = {
            "task": {"type": "video-classification"},
            "dataset": {"name": title, "type": printable(result.dataset.name)},
            "metrics": metrics,
        }
        values["model-index"] = [{"name": f"{result.model} on {title}", "results": [found]}]
    return "\n".join([LIBRARY, *(f"{name}: {json.dumps(value)}" for name, value in values.items())])


def _cell(text: str) -> str:
    """A ``text`` in a cell of a table."""
    return text.replace("|", "\\|").replace("<", "&lt;")
