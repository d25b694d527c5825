"""What is to be said of runs, as blocks: the one content of report.md and report.html."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from seqdl.base.words import count, some
from seqdl.config import Config, to_dict
from seqdl.evaluation.again import Again
from seqdl.models import MODELS
from seqdl.reports import looks, runs, tables
from seqdl.reports.blocks import (
    WAY,
    Block,
    Curves,
    Decisions,
    Grid,
    Heading,
    Items,
    Kernels,
    Maps,
    Note,
    Sentence,
    Timelines,
)
from seqdl.reports.tables import Table, percent
from seqdl.runs.codec import encode
from seqdl.runs.folder import RunFolder
from seqdl.runs.result import Decided, Evaluation, Result, pooled
from seqdl.runs.settings import flat
from seqdl.runs.summary import Row, Summary, alike, groups

LEARNING = "Loss, training accuracy and learning rate over the epochs"
TIMELINES = "The LSTM's class at each step of some test sequences"
LISTED = 40
NOTES = 12


def of_run(run: RunFolder) -> Iterator[Block]:
    """All that a finished run left in its folder; a SeqdlError names a file of it that is missing or damaged."""
    result, classes = run.result, run.result.dataset.classes
    seen = looks.of_run(run)
    yield Heading(f"{subject(result)}: {_reached(result)}", 1)
    yield from _what(result)
    if result.tested:
        yield from _decided(result.model, result, classes, result.dataset.unit)
        yield Heading("Decisions over time")
        yield Timelines("decisions", TIMELINES, result.model, classes, result.sequences, seen.films)
    yield Heading("Learning")
    yield Curves("learning", LEARNING, result, [run.log])
    yield Grid("Networks", tables.networks(result))
    yield Heading("What the first layer sees")
    if seen.weights is not None:
        yield Kernels(seen.weights)
    if seen.maps:
        yield Maps(seen.maps)
    if seen.missing:
        yield Note(seen.missing)
    yield from _how(run)


def of_again(again: Again) -> Iterator[Block]:
    """What came of a run that was evaluated once more."""
    evaluation, title = again.evaluation, f"{again.dataset} {again.variant}".strip()
    yield Heading(f"{again.run} on {title}: {_reached(evaluation)}", 1)
    odd = [f"Note: {note}" for note in again.notes]
    odd += [f"Left out: {name}: {why}" for name, why in again.skipped.items()]
    if odd:
        yield Items(odd)
    yield from _decided(again.model, evaluation, again.classes, again.unit)
    yield Heading("Decisions over time")
    yield Timelines("decisions", TIMELINES, again.model, again.classes, evaluation.sequences)


def of_runs(rows: Sequence[Row], left_out: Sequence[str]) -> Iterator[Block]:
    """Several finished runs beside each other, those that differ in draw and seed alone also together.

    Parameters
    ----------
    rows, left_out
        From :func:`seqdl.reports.runs.collect`, and sentences on what of it could not be used.
    """
    titles = dict.fromkeys(row.title for row in rows)
    found = groups(rows)
    yield Heading(f"{count(len(rows), 'run')} on {some(titles)}", 1)
    yield Items([_mean(row, summary) for row, summary in found])
    if left_out:
        yield Items([f"Left out: {why}" for why in left_out])
    yield Heading("Means")
    yield Grid("Means", runs.groups_table(found))
    yield Heading("Runs")
    yield Grid("Runs", runs.rows_table(rows))
    for number, members in enumerate(alike(rows), 1):
        first, mark = members[0], f"-{number}" if len(found) > 1 else ""
        together = runs.results(members)
        names = [Path(row.run).name for row in members]
        if len(set(names)) < len(names):
            names = [row.run for row in members]
        results = [result for result, _ in together]
        yield Heading(f"{_title(first)}: what is taken for what")
        alt = f"Confusion matrices of {count(len(results), 'run')}"
        yield Decisions(f"confusion{mark}", alt, first.model, first.classes, dict(zip(names, results)))
        scores = {way: pooled(results, way) for way in results[0].deciding}
        whole = Evaluation(scores, tuple(sequence for one in results for sequence in one.sequences))
        yield from _by(whole, first.classes, results[0].dataset.unit)
        if all(log for _, log in together):
            yield Heading("Learning")
            yield Curves(f"learning{mark}", LEARNING, results[0], [log for _, log in together])


def _title(row: Row) -> str:
    settings = f", {' '.join(row.settings)}" if row.settings else ""
    return f"{row.title}, {row.protocol}{' (control)' if row.control else ''}{settings}"


def _mean(row: Row, summary: Summary) -> str:
    """What runs that are alike come to, in a sentence."""
    ways = ", ".join(f"{percent(summary.mean[way])} by {name}" for way, name in WAY.items() if way in row.shown)
    if row.several:
        ways = f"{tables.MEAN_PRECISION} {ways}"
    of = f"{count(summary.runs, 'run')} ({count(summary.draws, 'draw')}, {count(summary.seeds, 'seed')})"
    inner = " Inner splits, for choosing settings: this is no result." if row.kind == "inner" else ""
    if row.several:
        return f"{_title(row)}: {ways}, the mean of {of}.{inner}"
    chance = percent(1 / len(row.classes))
    return f"{_title(row)}: {ways} of the test sequences rightly, the mean of {of}; chance is {chance}.{inner}"


def _decided(model: str, evaluation: Evaluation, classes: tuple[str, ...], unit: str) -> Iterator[Block]:
    yield Heading(f"{'Average precision' if evaluation.several else 'Accuracy'} on unseen {unit}s")
    if evaluation.several:
        yield from _precision(model, evaluation, classes)
    else:
        yield from _accuracy(model, evaluation, classes, unit)
    yield Heading("What is taken for what")
    if evaluation.several:
        yield Sentence(
            "Each sequence counts once, by the class that is most likely: in its row where the sequence shows it, else "
            "in that of the first class that it shows."
        )
    yield Decisions("confusion", "Confusion matrices", model, classes, {"": evaluation})
    yield from _errors(evaluation, unit)
    yield from _by(evaluation, classes, unit)


def subject(result: Result) -> str:
    """What a run was about, in a few words."""
    variant = f" ({result.dataset.variant})" if result.dataset.variant else ""
    return f"{result.dataset.name}{variant}, {result.split.name}"


def by_way(evaluation: Evaluation) -> dict[str, str]:
    """The ways that decide sequences, the LSTM first, and their names in a sentence."""
    return {way: name for way, name in WAY.items() if way in evaluation.scores}


def _reached(evaluation: Evaluation) -> str:
    ways = (
        f"{percent(evaluation.scores[way].measure)} by {'the ' if way == 'lstm' else ''}{name}"
        for way, name in by_way(evaluation).items()
    )
    what = f"{tables.MEAN_PRECISION} " if evaluation.several else ""
    return f"{what}{', '.join(ways)}" if evaluation.scores else "nothing was tested"


def _what(result: Result) -> Iterator[Block]:
    dataset, split = result.dataset, result.split
    yield Sentence(
        f"{dataset.sequences:,} sequences, {dataset.frames:,} frames, {len(dataset.classes)} actions. {result.protocol}"
    )
    train, test = split.train_persons, split.test_persons
    yield Items(
        [
            f"Training {dataset.unit}s ({len(train)}): {', '.join(train)}",
            *[f"Test {dataset.unit}s ({len(test)}): {', '.join(test)}"] * result.tested,
            f"Whole run: {tables.duration(result.seconds)}",
        ]
    )
    if split.held_back:
        yield Sentence("This is an inner split, for choosing settings: its accuracy is not a result.")
    model = MODELS[result.model]
    if result.tested and "voting" not in result.scores:
        yield Sentence(
            f"{model.describes} {result.undescribed} of {len(result.sequences)} test sequences have no "
            f"{model.step.partition(' ')[2]} and are decided by how frequent each action is in training."
        )
    elif result.control:
        yield Sentence(
            "This is a control: the ConvNet has its initial weights, so voting means nothing; the LSTM learned alone."
        )
    elif model.as_one:
        yield Sentence(model.describes)
        if not result.head_taught:
            yield Sentence(runs.NO_HEAD)
    if dataset.notes:
        more = [f"{len(dataset.notes) - NOTES} more notes are in result.json."] * (len(dataset.notes) > NOTES)
        yield Items([*(f"Note: {note}" for note in dataset.notes[:NOTES]), *more])


def _precision(model: str, evaluation: Evaluation, classes: Sequence[str]) -> Iterator[Block]:
    """How well the sequences that show each class are found."""
    sequences = evaluation.sequences
    shares = [sum(label in one.labels for one in sequences) / max(1, len(sequences)) for label in classes]
    found = [share for share in shares if share]
    right = sum(set((one.named or {}).get("lstm", ())) == set(one.labels) for one in sequences)
    yield Sentence(
        f"Ranked by what the LSTM says of each class, the {count(len(sequences), 'sequence')} come to a mean average "
        f"precision of {percent(evaluation.scores['lstm'].measure)}; in no order at all it would be about "
        f"{percent(sum(found) / max(1, len(found)))}, the mean share of sequences that show a class. Of {right:,} "
        f"sequences it names all classes and no other, those whose probability is one half or more."
    )
    if absent := [label for label, share in zip(classes, shares) if not share]:
        yield Note(f"No test sequence shows {some(absent)}: of {'these' if absent[1:] else 'it'} no average precision "
                   "is known, and the mean is that of the others.")  # fmt: skip
    yield Grid("Mean average precision", tables.accuracies(model, evaluation))
    yield Grid("Average precision by class", tables.precisions(model, evaluation, classes))


def _accuracy(model: str, evaluation: Evaluation, classes: Sequence[str], unit: str) -> Iterator[Block]:
    score = evaluation.scores["lstm"]
    most = max(map(sum, score.confusion), default=0)
    yield Sentence(
        f"The LSTM names the action of {score.correct:,} of {score.count:,} sequences rightly: "
        f"{percent(score.accuracy)}. Chance is {percent(1 / len(classes))}; who always names the most frequent action "
        f"of these sequences is right in {percent(most / max(1, score.count))}."
    )
    yield Grid("Accuracies", tables.accuracies(model, evaluation))
    yield Sentence(
        "The Wilson intervals take the test sequences as independent. "
        + (
            "Nobody said who acts in which video: a person in training and in test videos makes the accuracy say less "
            "than it seems to, and nothing of persons that training never saw."
            if unit == "video"
            else f"Several sequences show one {'recording' if unit == 'sequence' else unit}, so the true uncertainty "
            "is larger."
        )
    )


def _errors(evaluation: Evaluation, unit: str) -> Iterator[Block]:
    ways = dict(reversed(by_way(evaluation).items()))
    both = len(ways) == 2
    wrong: list[Decided] = [s for s in evaluation.sequences if not all(s.right(way) for way in ways)]
    if not wrong:
        yield Sentence(f"{'Voting and the LSTM decide' if both else 'The LSTM decides'} every test sequence rightly.")
        return
    by = " by one of the two or by both" if both else ""
    how = "have a likeliest class that they do not show" if evaluation.several else "are decided wrongly"
    yield Sentence(f"{len(wrong)} of {len(evaluation.sequences)} test sequences {how}{by}:")
    known = unit != "video"  # else a person's name is the video's
    rows = [
        [s.name, *[s.person] * known, ", ".join(s.labels), *(s.said(way) for way in ways), percent(s.probability)]
        for s in wrong[:LISTED]
    ]
    header = ["sequence", *["person"] * known, "truth", *ways.values(), "LSTM's probability"]
    yield Grid("Mistakes", Table(header, rows))
    if len(wrong) > LISTED:
        yield Sentence(f"The other {len(wrong) - LISTED} are in result.json.")


def _by(evaluation: Evaluation, classes: Sequence[str], unit: str) -> Iterator[Block]:
    """How each action comes off, and each person where persons are known."""
    score = evaluation.scores["lstm"]
    actions = {name: [s for s in evaluation.sequences if name in s.labels] for name in classes}
    taken = [_taken_for(row, n, classes) for n, row in enumerate(score.confusion)]
    yield Heading("By action")
    table = _shares(evaluation, "action", actions)
    rows = [[*row, other] for row, other in zip(table.rows, taken, strict=True)]
    yield Grid("Accuracy by action", Table([*table.header, "the LSTM takes it for"], rows))
    if unit == "video":
        return
    people: dict[str, list[Decided]] = {}
    for sequence in evaluation.sequences:
        people.setdefault(sequence.person, []).append(sequence)
    yield Heading(f"By {unit}")
    worst = sorted(people, key=lambda name: sum(s.right() for s in people[name]) / len(people[name]))
    yield Grid(f"Accuracy by {unit}", _shares(evaluation, unit, {name: people[name] for name in worst[:LISTED]}))
    if len(worst) > LISTED:
        yield Sentence(f"These are the {LISTED} of {len(worst)} that the LSTM knows worst.")


def _taken_for(row: Sequence[int], own: int, classes: Sequence[str]) -> str:
    """The two classes that one is most often taken for, and how often."""
    others = sorted((n for n in range(len(row)) if n != own and row[n]), key=lambda n: -row[n])
    return ", ".join(f"{classes[n]} ({row[n]})" for n in others[:2]) or "-"


def _shares(evaluation: Evaluation, head: str, groups: dict[str, list[Decided]]) -> Table:
    """A line for each of some groups of sequences: how many there are, and which share is right by each way."""
    ways = dict(reversed(by_way(evaluation).items()))
    rows = []
    for name, sequences in groups.items():
        shares = [sum(s.right(way) for s in sequences) / len(sequences) if sequences else None for way in ways]
        rows.append([name, str(len(sequences)), *("-" if share is None else percent(share) for share in shares)])
    return Table([head, "sequences", *ways.values()], rows)


def _how(run: RunFolder) -> Iterator[Block]:
    yield Heading("How it was run")
    yield Sentence(f"seqdl {run.result.version}, seed {run.result.seed}. The whole configuration is in config.json.")
    defaults = dict(flat(to_dict(Config())))
    changed = [[key, str(value)] for key, value in flat(to_dict(run.config)) if defaults[key] != value]
    if changed:
        yield Sentence("Settings that differ from the defaults:")
        yield Grid("Settings", Table(["setting", "value"], changed))
    else:
        yield Sentence("Every setting has its default.")
    made_with = [[key, str(value)] for key, value in flat(encode(run.environment))]
    yield Grid("Environment", Table(["environment", "value"], made_with))
