"""Tables of a result, as Markdown for the report and as plain text for the screen."""

from collections.abc import Sequence
from typing import NamedTuple

from seqdl.base.words import printable
from seqdl.evaluation.again import Again
from seqdl.models import MODELS
from seqdl.runs.result import Evaluation, Result


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

    Windows of one video are much alike, so theirs is given without an interval.
    """
    rows = []
    for way, name in names(model).items():
        if way in evaluation.scores:
            score = evaluation.scores[way]
            low, high = wilson(score.correct, score.count)
            interval = "" if way == "windows" else f"{100 * low:.1f} to {percent(high)}"
            rows.append([name, percent(score.accuracy), f"{score.correct:,} of {score.count:,}", interval])
    return Table(["decision by", "accuracy", "correct", "95 % interval"], rows)


def evaluation(again: Again) -> str:
    """What a run's decisions on some sequences come to, for the screen."""
    return "\n\n".join(
        [
            f"{again.run} on {again.dataset} {again.variant}".rstrip(),
            plain(accuracies(again.model, again.evaluation)),
            by_lstm(again.evaluation.scores["lstm"].confusion, again.classes),
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
