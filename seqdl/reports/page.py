"""From a run folder to its report.md with pictures, and the last screen of a training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from seqdl.base.files import replace_atomic, write_atomic
from seqdl.config import Config, to_dict
from seqdl.reports import figures, tables
from seqdl.runs.result import Run, load

LISTED = 40
NOTES = 12

_NO_PICTURES = (
    "*Pictures need matplotlib, which is not installed: `pip install 'seqdl[plot]'`, then in this folder "
    "`python -c \"from seqdl.reports.page import write; write('.')\"`.*"
)


def write(folder: str | Path) -> Path:
    """Write report.md and its pictures into a run folder, from what the run left there.

    Parameters
    ----------
    folder : path
        A folder with config.json, env.json, log.csv and result.json.

    Returns
    -------
    Path
        The report. Without matplotlib it has no pictures and says how to get them.

    Raises
    ------
    SeqdlError
        Naming a file of the folder that is missing, damaged or cannot be written.
    """
    folder = Path(folder)
    run = load(folder)
    try:
        drawn = {
            "learning": figures.learning_curves(run.log, run.result),
            "decisions": figures.decisions(run.result),
            "confusion": figures.confusions(run.result),
        }
    except ImportError:
        drawn = {}
    for name, figure in drawn.items():
        with replace_atomic(folder / f"{name}.png") as temporary:
            figure.savefig(temporary, format="png")
    report = folder / "report.md"
    write_atomic(report, "\n\n".join(_paragraphs(run, bool(drawn))) + "\n")
    return report


def last_screen(result: Mapping[str, Any], report: Path) -> str:
    """What a training prints when it is done.

    Parameters
    ----------
    result : mapping
        result.json.
    report : Path
        The report.

    Returns
    -------
    str
        Several lines, without a final line break.
    """
    accuracies = tables.accuracies(result)
    numbered = tables.confusion(result["lstm"]["confusion"], result["dataset"]["classes"], numbered=True)
    lines = [
        f"{_subject(result)}; {_unit(result)}s that training never saw: {len(result['split']['test_persons'])}",
        "",
        tables.plain(accuracies._replace(rows=[row for row in accuracies.rows if row[-1]])),
        "",
        "Decisions by the LSTM (rows: the truth; columns: the decision, by number)",
        "",
        tables.plain(numbered),
        "",
        f"Time: {tables.duration(result['seconds'])}",
        f"Report with pictures: {report}",
    ]
    if result["dataset"]["name"] != "kth":
        lines.append("The paper's dataset, KTH: python -m seqdl.train --dataset kth --data-dir DIR")
    return "\n".join(lines)


def _unit(result: Mapping[str, Any]) -> str:
    return result["dataset"].get("unit", "person")


def _subject(result: Mapping[str, Any]) -> str:
    dataset = result["dataset"]
    variant = f" ({dataset['variant']})" if dataset["variant"] else ""
    return f"{dataset['name']}{variant}, {result['split']['name']}"


def _paragraphs(run: Run, pictures: bool) -> Iterator[str]:
    result = run.result
    reached = ", ".join(
        f"{tables.percent(result[key]['accuracy'])} by {name}"
        for key, name in (("lstm", "the LSTM"), ("voting", "voting"))
        if result[key]
    )
    yield f"# {_subject(result)}: {reached}"
    yield from _what(result)
    yield "## Accuracy on unseen persons"
    yield tables.markdown(tables.accuracies(result))
    yield (
        "The Wilson intervals take the test sequences as independent. Several sequences show one person, so the true "
        "uncertainty is larger."
    )
    if not pictures:
        yield _NO_PICTURES
    yield "## What is taken for what"
    if pictures:
        yield "![Confusion matrices](confusion.png)"
    for key, name in (("lstm", "LSTM"), ("voting", "Voting")):
        if not result[key]:
            continue
        yield f"{name}; rows are the truth, columns the decisions:"
        yield tables.markdown(tables.confusion(result[key]["confusion"], result["dataset"]["classes"]))
    yield from _errors(result)
    if pictures:
        yield "## Decisions over time"
        yield "![The LSTM's class at each step of some test sequences](decisions.png)"
    yield "## Learning"
    if pictures:
        yield "![Loss, training accuracy and learning rate over the epochs](learning.png)"
    yield tables.markdown(tables.networks(result))
    yield from _how(run)


def _what(result: Mapping[str, Any]) -> Iterator[str]:
    dataset, split = result["dataset"], result["split"]
    yield (
        f"{dataset['sequences']:,} sequences, {dataset['frames']:,} frames, {len(dataset['classes'])} actions. "
        f"{result['protocol']}"
    )
    train, test = split["train_persons"], split["test_persons"]
    yield (
        f"* Training {_unit(result)}s ({len(train)}): {', '.join(train)}\n"
        f"* Test {_unit(result)}s ({len(test)}): {', '.join(test)}\n"
        f"* Whole run: {tables.duration(result['seconds'])}"
    )
    if split.get("held_back"):
        yield "This is an inner split, for choosing settings: its accuracy is not a result."
    if not result["convnet"]:
        yield (
            "The engineered baseline: there is no ConvNet, the LSTM reads HOF descriptors of Harris-3D points. "
            f"{result['without_points']} of {len(result['sequences'])} test sequences have no point and are decided by "
            "how frequent each action is in training."
        )
    elif not result["convnet"]["epochs"]:
        yield "This is a control: the ConvNet has its initial weights, so voting means nothing; the LSTM learned alone."
    if dataset["notes"]:
        notes = dataset["notes"]
        more = [f"* {len(notes) - NOTES} more notes are in result.json."] * (len(notes) > NOTES)
        yield "\n".join([*(f"* Note: {note}" for note in notes[:NOTES]), *more])


def _errors(result: Mapping[str, Any]) -> Iterator[str]:
    ways = {"voting": "voting", "lstm": "LSTM"} if result["voting"] else {"lstm": "LSTM"}
    both = len(ways) == 2
    wrong = [s for s in result["sequences"] if any(s[way] != s["label"] for way in ways)]
    if not wrong:
        yield f"{'Voting and the LSTM decide' if both else 'The LSTM decides'} every test sequence rightly."
        return
    by = " by one of the two or by both" if both else ""
    yield f"{len(wrong)} of {len(result['sequences'])} test sequences are decided wrongly{by}:"
    rows = [
        [s["name"], s["person"], s["label"], *(s[way] for way in ways), tables.percent(s["probability"])]
        for s in wrong[:LISTED]
    ]
    header = ["sequence", "person", "truth", *ways.values(), "LSTM's probability"]
    yield tables.markdown(tables.Table(header, rows))
    if len(wrong) > LISTED:
        yield f"The other {len(wrong) - LISTED} are in result.json."


def _how(run: Run) -> Iterator[str]:
    yield "## How it was run"
    yield f"seqdl {run.result['version']}, seed {run.result['seed']}. The whole configuration is in config.json."
    defaults = dict(_flat(to_dict(Config())))
    changed = [[key, value] for key, value in _flat(run.config) if defaults.get(key) != value]
    if changed:
        yield "Settings that differ from the defaults:"
        yield tables.markdown(tables.Table(["setting", "value"], changed))
    else:
        yield "Every setting has its default."
    yield tables.markdown(tables.Table(["environment", ""], [list(pair) for pair in _flat(run.environment)]))


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested mappings as pairs of a dotted key and a text."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)
