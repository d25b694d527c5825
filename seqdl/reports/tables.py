"""Tables of a result, as Markdown for the report and as plain text for the screen."""

from collections.abc import Sequence
from typing import NamedTuple

from seqdl.base.words import printable
from seqdl.evaluation.again import Again
from seqdl.models import MODELS
from seqdl.runs.result import Evaluation, Result

MEAN_PRECISION = "mean average precision"


class Table(NamedTuple):
    """Cells ready to print; columns of numbers are set right, the first and all others left.

    Parameters
    ----------
    header, rows
        The head of each column, and the cells, row by row.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]


def markdown(table: Table) -> str:
    """A table in Markdown, without a final line break."""
    rule = ["--:" if numbers else ":--" for numbers in right(table)]
    escaped = [
        [printable(" ".join(cell.split())).replace("|", "\\|") for cell in row] for row in (table.header, *table.rows)
    ]
    return "\n".join("| " + " | ".join(row) + " |" for row in (escaped[0], rule, *escaped[1:]))


def plain(table: Table) -> str:
    """A table in aligned columns, without a final line break."""
    lines = (table.header, *table.rows)
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    places = list(zip(widths, right(table), strict=True))
    return "\n".join(
        "  ".join(
            cell.rjust(width) if numbers else cell.ljust(width)
            for cell, (width, numbers) in zip(line, places, strict=True)
        ).rstrip()
        for line in lines
    )


def right(table: Table) -> list[bool]:
    """Whether each column is set right: all but the first whose cells all start with a digit or are blank."""
    columns = zip(*table.rows, strict=True) if table.rows else [()] * len(table.header)
    return [n > 0 and all(cell[:1] in ("", "-") or cell[0].isdigit() for cell in c) for n, c in enumerate(columns)]


def percent(share: float) -> str:
    """A share in 0..1 as a percentage with one decimal, such as ``93.8 %``."""
    return f"{100 * share:.1f} %"


def wilson(correct: int, count: int) -> tuple[float, float]:
    """The Wilson score interval of a share (Wilson 1927), which holds for few trials and for shares near 0 and 1.

    With p = correct / count and z = 1.96, the normal quantile for 95 %::

        (p + z^2 / 2n  -+  z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n)

    The trials are taken as independent; without any it is (0, 1).
    """
    if count == 0:
        return 0.0, 1.0
    from scipy.stats import binomtest

    interval = binomtest(correct, count).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def names(model: str) -> dict[str, str]:
    """What the ways to a decision are called in a model's tables, in their order."""
    title = MODELS[model].title
    return {"voting": f"{title} + voting", "lstm": f"{title} + LSTM", "windows": "single windows"}


def accuracies(model: str, evaluation: Evaluation) -> Table:
    """The decisions on whole sequences by each way, and the describer's on single windows.

    Windows of one video are much alike, so theirs is given without an interval. Where sequences may show several
    classes it is the mean average precision that counts; of windows, which are not ranked, there is none.
    """
    rows, several = [], evaluation.several
    for way, name in names(model).items():
        if way in evaluation.scores:
            score = evaluation.scores[way]
            low, high = wilson(score.correct, score.count)
            interval = "" if way == "windows" else f"{100 * low:.1f} to {percent(high)}"
            measured = "-" if several and way == "windows" else percent(score.measure)
            rows.append([name, measured, f"{score.correct:,} of {score.count:,}", interval])
    head = [MEAN_PRECISION, "the likeliest is shown"] if several else ["accuracy", "correct"]
    return Table(["decision by", *head, "95 % interval" + " of that" * several], rows)


def precisions(model: str, evaluation: Evaluation, classes: Sequence[str]) -> Table:
    """The average precision of each of the ``classes``, by each way of a ``model``, and how many sequences of the
    ``evaluation`` show it."""
    ways = {way: name for way, name in names(model).items() if way in evaluation.deciding}
    rows = []
    for k, label in enumerate(classes):
        values = [evaluation.scores[way].precision[k] for way in ways]
        shown = sum(label in sequence.labels for sequence in evaluation.sequences)
        rows.append([label, str(shown), *("-" if value is None else percent(value) for value in values)])
    return Table(["class", "sequences", *ways.values()], rows)


def evaluation(again: Again) -> str:
    """What a run's decisions on some sequences come to, for the screen."""
    return "\n\n".join(
        [
            f"{again.run} on {again.dataset} {again.variant}".rstrip(),
            plain(accuracies(again.model, again.evaluation)),
            screen(again.model, again.evaluation, again.classes),
        ]
    )


def confusion(matrix: Sequence[Sequence[int]], classes: Sequence[str], *, numbered: bool = False) -> Table:
    """Who was taken for whom: a row for each true class, a column for each decision, and the recall.

    The ``matrix`` (N, N) has counts, rows for the truth, of the N ``classes``; columns are headed by numbers where
    ``numbered``, for a narrow screen.
    """
    names = [f"{n} {name}" for n, name in enumerate(classes, 1)] if numbered else list(classes)
    heads = [str(n) for n in range(1, len(classes) + 1)] if numbered else names
    rows = []
    for n, (name, row) in enumerate(zip(names, matrix, strict=True)):
        recall = percent(row[n] / sum(row)) if sum(row) else "-"
        rows.append([name, *map(str, row), recall])
    return Table(["truth", *heads, "recall"], rows)


def screen(model: str, evaluation: Evaluation, classes: Sequence[str]) -> str:
    """How the classes come off, for the screen: the LSTM's confusion matrix, or the average precision of each."""
    if evaluation.several:
        return f"Average precision\n\n{plain(precisions(model, evaluation, classes))}"
    return by_lstm(evaluation.scores["lstm"].confusion, classes)


def by_lstm(matrix: Sequence[Sequence[int]], classes: Sequence[str], where: str = "") -> str:
    """The confusion matrix of the LSTM under its heading, for the screen."""
    table = plain(confusion(matrix, classes, numbered=True))
    return f"Decisions by the LSTM{where} (rows: the truth; columns: the decision, by number)\n\n{table}"


def networks(result: Result) -> Table:
    """The size of the networks and how their training went."""
    rows = [
        [
            stage_title(result.model, name),
            f"{stage.parameters:,}",
            f"{stage.epochs}",
            f"{stage.updates:,}",
            duration(stage.seconds),
            stage.stopped,
        ]
        for name, stage in result.stages.items()
    ]
    return Table(["network", "parameters", "epochs", "updates", "time", "stopped"], rows)


def stage_title(model: str, stage: str) -> str:
    """What a stage's network is called."""
    title = MODELS[model].title
    return {"lstm": "LSTM", "single-step": f"{title} and LSTM as one"}.get(stage, title)


def duration(seconds: float) -> str:
    """A time span in the unit a reader would choose, such as ``48 s``, ``3 min 20 s`` or ``2 h 5 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
