"""From a run folder to its report.md with pictures, and the last screen of a training."""

from collections.abc import Iterator
from pathlib import Path

from seqdl.base.files import replace_atomic, write_atomic
from seqdl.base.words import printable
from seqdl.config import Config, to_dict
from seqdl.datasets import registry
from seqdl.models import MODELS
from seqdl.reports import drawing, figures, tables
from seqdl.runs.codec import encode
from seqdl.runs.folder import REPORT, RunFolder
from seqdl.runs.result import Decided, Result
from seqdl.runs.settings import flat

LISTED = 40
NOTES = 12

_NO_PICTURES = "*{}, then in this folder `python -c \"import seqdl; seqdl.open_run('.').report()\"`.*"


def write(run: RunFolder) -> Path:
    """Write report.md and its pictures into the folder of a finished run, from what the run left there.

    Where matplotlib is absent or cannot work it has no pictures and says how to get them. A SeqdlError names a file of
    the folder that is missing, damaged or cannot be written.
    """
    result, log, why = run.result, run.log, ""
    try:
        drawing.import_matplotlib()
        drawn = {
            "learning": figures.learning_curves(result, [log]),
        }
        if result.tested:
            drawn |= {"decisions": figures.decisions(result), "confusion": figures.confusions([result])}
    except ImportError:
        drawn, why = {}, "Pictures need matplotlib, which is not installed: `pip install 'seqdl[plot]'`"
    except OSError as error:  # it wants a folder of its own
        drawn, why = {}, f"No pictures, matplotlib says: {error}. Set MPLCONFIGDIR to a folder that can be written"
    for name, figure in drawn.items():
        with replace_atomic(run.path / f"{name}.png") as temporary:
            figure.savefig(temporary, format="png")
    report = run.path / REPORT
    write_atomic(report, "\n\n".join(_paragraphs(run, why)) + "\n")
    return report


def last_screen(result: Result, report: Path) -> str:
    """What a training prints when it is done: several lines, without a final line break."""
    if result.tested:
        accuracies = tables.accuracies(result.model, result)
        lines = [
            f"{_subject(result)}; {result.dataset.unit}s that training never saw: {len(result.split.test_persons)}",
            "",
            tables.plain(accuracies._replace(rows=[row for row in accuracies.rows if row[-1]])),
            "",
            tables.by_lstm(result.scores["lstm"].confusion, result.dataset.classes),
            "",
        ]
    else:
        lines = [f"{_subject(result)}; nothing was tested: no accuracy is known", ""]
    lines += [
        f"Time: {tables.duration(result.seconds)}",
        f"Report with pictures: {printable(str(report))}",
    ]
    paper = registry.of_the_paper()
    if result.dataset.name != paper.name:
        lines.append(f"The paper's dataset, {paper.title}: python -m seqdl.train --dataset {paper.name} --data-dir DIR")
    return "\n".join(lines)


def _subject(result: Result) -> str:
    variant = f" ({result.dataset.variant})" if result.dataset.variant else ""
    return f"{result.dataset.name}{variant}, {result.split.name}"


def _by_way(result: Result) -> dict[str, str]:
    """The ways that decide sequences, the LSTM first, and their names in a sentence."""
    names = {"lstm": "LSTM", "voting": "voting"}
    return {way: name for way, name in names.items() if way in result.scores}


def _paragraphs(run: RunFolder, without_pictures: str) -> Iterator[str]:
    result, pictures = run.result, not without_pictures
    reached = ", ".join(
        f"{tables.percent(result.scores[way].accuracy)} by {'the ' if way == 'lstm' else ''}{name}"
        for way, name in _by_way(result).items()
    )
    yield f"# {_subject(result)}: {reached or 'nothing was tested'}"
    yield from _what(result)
    if not pictures:
        yield _NO_PICTURES.format(without_pictures)
    if result.tested:
        yield from _tested(result, pictures)
    yield "## Learning"
    if pictures:
        yield "![Loss, training accuracy and learning rate over the epochs](learning.png)"
    yield tables.markdown(tables.networks(result))
    yield from _how(run)


def _tested(result: Result, pictures: bool) -> Iterator[str]:
    unit = result.dataset.unit
    yield f"## Accuracy on unseen {unit}s"
    yield tables.markdown(tables.accuracies(result.model, result))
    yield "The Wilson intervals take the test sequences as independent. " + (
        "Nobody said who acts in which video: a person in training and in test videos makes the accuracy say less "
        "than it seems to, and nothing of persons that training never saw."
        if unit == "video"
        else f"Several sequences show one {'person' if unit == 'person' else 'recording'}, so the true uncertainty is "
        "larger."
    )
    yield "## What is taken for what"
    if pictures:
        yield "![Confusion matrices](confusion.png)"
    for way, name in _by_way(result).items():
        yield f"{name[0].upper()}{name[1:]}; rows are the truth, columns the decisions:"
        yield tables.markdown(tables.confusion(result.scores[way].confusion, result.dataset.classes))
    yield from _errors(result)
    if pictures:
        yield "## Decisions over time"
        yield "![The LSTM's class at each step of some test sequences](decisions.png)"


def _what(result: Result) -> Iterator[str]:
    dataset, split = result.dataset, result.split
    yield (
        f"{dataset.sequences:,} sequences, {dataset.frames:,} frames, {len(dataset.classes)} actions. {result.protocol}"
    )
    train, test = split.train_persons, split.test_persons
    yield "\n".join(
        [
            f"* Training {dataset.unit}s ({len(train)}): {', '.join(train)}",
            *[f"* Test {dataset.unit}s ({len(test)}): {', '.join(test)}"] * result.tested,
            f"* Whole run: {tables.duration(result.seconds)}",
        ]
    )
    if split.held_back:
        yield "This is an inner split, for choosing settings: its accuracy is not a result."
    model = MODELS[result.model]
    if "voting" not in result.scores and result.tested:
        yield (
            f"{model.describes} {result.undescribed} of {len(result.sequences)} test sequences have no "
            f"{model.step.partition(' ')[2]} and are decided by how frequent each action is in training."
        )
    elif result.control:
        yield "This is a control: the ConvNet has its initial weights, so voting means nothing; the LSTM learned alone."
    elif model.last != "lstm":
        yield model.describes
    if dataset.notes:
        more = [f"* {len(dataset.notes) - NOTES} more notes are in result.json."] * (len(dataset.notes) > NOTES)
        yield "\n".join([*(f"* Note: {note}" for note in dataset.notes[:NOTES]), *more])


def _errors(result: Result) -> Iterator[str]:
    ways = dict(reversed(_by_way(result).items()))
    both = len(ways) == 2
    wrong: list[Decided] = [s for s in result.sequences if not all(s.right(way) for way in ways)]
    if not wrong:
        yield f"{'Voting and the LSTM decide' if both else 'The LSTM decides'} every test sequence rightly."
        return
    by = " by one of the two or by both" if both else ""
    yield f"{len(wrong)} of {len(result.sequences)} test sequences are decided wrongly{by}:"
    known = result.dataset.unit != "video"  # else a person's name is the video's
    rows = [
        [s.name, *[s.person] * known, s.label, *(s.decisions[way] for way in ways), tables.percent(s.probability)]
        for s in wrong[:LISTED]
    ]
    header = ["sequence", *["person"] * known, "truth", *ways.values(), "LSTM's probability"]
    yield tables.markdown(tables.Table(header, rows))
    if len(wrong) > LISTED:
        yield f"The other {len(wrong) - LISTED} are in result.json."


def _how(run: RunFolder) -> Iterator[str]:
    yield "## How it was run"
    yield f"seqdl {run.result.version}, seed {run.result.seed}. The whole configuration is in config.json."
    defaults = dict(flat(to_dict(Config())))
    changed = [[key, str(value)] for key, value in flat(to_dict(run.config)) if defaults[key] != value]
    if changed:
        yield "Settings that differ from the defaults:"
        yield tables.markdown(tables.Table(["setting", "value"], changed))
    else:
        yield "Every setting has its default."
    made_with = [[key, str(value)] for key, value in flat(encode(run.environment))]
    yield tables.markdown(tables.Table(["environment", ""], made_with))
