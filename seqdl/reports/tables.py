"""Tables of a result, as Markdown for the report and as plain text for the screen."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Table(NamedTuple):
    """Cells ready to print; columns of numbers are set right, the first and all others left.

    Parameters
    ----------
    header : sequence of str
        The head of each column.
    rows : sequence of sequence of str
        The cells, a row each.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]


def markdown(table: Table) -> str:
    """A table in Markdown.

    Parameters
    ----------
    table : Table
        The cells.

    Returns
    -------
    str
        Without a final line break.
    """
    rule = ["--:" if right else ":--" for right in _right(table)]
    escaped = [[" ".join(cell.split()).replace("|", "\\|") for cell in row] for row in (table.header, *table.rows)]
    return "\n".join("| " + " | ".join(row) + " |" for row in (escaped[0], rule, *escaped[1:]))


def plain(table: Table) -> str:
    """A table in aligned columns.

    Parameters
    ----------
    table : Table
        The cells.

    Returns
    -------
    str
        Without a final line break.
    """
    lines = (table.header, *table.rows)
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    places = list(zip(widths, _right(table), strict=True))
    return "\n".join(
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width) for cell, (width, right) in zip(line, places, strict=True)
        ).rstrip()
        for line in lines
    )


def _right(table: Table) -> list[bool]:
    """Whether each column is set right: all but the first whose cells all start with a digit or are blank."""
    columns = zip(*table.rows, strict=True) if table.rows else [()] * len(table.header)
    return [n > 0 and all(cell[:1] in ("", "-") or cell[0].isdigit() for cell in c) for n, c in enumerate(columns)]


def percent(share: float) -> str:
    """A share in 0..1 as a percentage with one decimal.

    Parameters
    ----------
    share : float
        In 0..1.

    Returns
    -------
    str
        Such as ``93.8 %``.
    """
    return f"{100 * share:.1f} %"


def wilson(correct: int, count: int, z: float = 1.959964) -> tuple[float, float]:
    """The Wilson score interval of a share (Wilson 1927), which holds for few trials and for shares near 0 and 1.

    With p = correct / count::

        (p + z^2 / 2n  -+  z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n)

    Parameters
    ----------
    correct : int
        Successes.
    count : int
        Trials, taken as independent.
    z : float
        The normal quantile; 1.959964 gives 95 %.

    Returns
    -------
    tuple of float
        The lower and the upper end, in 0..1; (0, 1) without trials.
    """
    if count == 0:
        return 0.0, 1.0
    share, squared = correct / count, z * z / count
    middle = share + squared / 2
    half = z * math.sqrt(share * (1 - share) / count + squared / (4 * count))
    return max(0.0, (middle - half) / (1 + squared)), min(1.0, (middle + half) / (1 + squared))


def names(convnet: bool) -> dict[str, str]:
    """What the ways to a decision are called, in the order of a table.

    Parameters
    ----------
    convnet : bool
        Whether the model has a ConvNet, or reads interest points.

    Returns
    -------
    dict of str to str
        For ``voting``, ``lstm`` and ``windows``.
    """
    lstm = "3D-ConvNet + LSTM" if convnet else "Harris-3D + LSTM"
    return {"voting": "3D-ConvNet + voting", "lstm": lstm, "windows": "single windows"}


def accuracies(result: Mapping[str, Any]) -> Table:
    """Both decisions on whole sequences, and the ConvNet's on single windows; without a ConvNet the LSTM's alone.

    Parameters
    ----------
    result : mapping
        result.json.

    Returns
    -------
    Table
        Windows of one video are much alike, so theirs is given without an interval.
    """
    rows = []
    for key, name in names(bool(result["voting"])).items():
        score = result[key]
        if not score:
            continue
        low, high = wilson(score["correct"], score["count"])
        interval = "" if key == "windows" else f"{100 * low:.1f} to {percent(high)}"
        rows.append([name, percent(score["accuracy"]), f"{score['correct']:,} of {score['count']:,}", interval])
    return Table(["decision by", "accuracy", "correct", "95 % interval"], rows)


def confusion(matrix: Sequence[Sequence[int]], classes: Sequence[str], *, numbered: bool = False) -> Table:
    """Who was taken for whom: a row for each true class, a column for each decision, and the recall.

    Parameters
    ----------
    matrix : (N, N) nested sequence of int
        Counts; rows are the truth, columns the decisions.
    classes : sequence of str
        The N names.
    numbered : bool
        Whether columns are headed by numbers, for a narrow screen.

    Returns
    -------
    Table
    """
    names = [f"{n} {name}" for n, name in enumerate(classes, 1)] if numbered else list(classes)
    heads = [str(n) for n in range(1, len(classes) + 1)] if numbered else names
    rows = []
    for n, (name, row) in enumerate(zip(names, matrix, strict=True)):
        recall = percent(row[n] / sum(row)) if sum(row) else "-"
        rows.append([name, *map(str, row), recall])
    return Table(["truth", *heads, "recall"], rows)


def networks(result: Mapping[str, Any]) -> Table:
    """The size of the networks and how their training went.

    Parameters
    ----------
    result : mapping
        result.json.

    Returns
    -------
    Table
    """
    rows = [
        [
            name,
            f"{stage['parameters']:,}",
            f"{stage['epochs']}",
            f"{stage['updates']:,}",
            duration(stage["seconds"]),
            stage["stopped"],
        ]
        for name, stage in (("3D-ConvNet", result["convnet"]), ("LSTM", result["lstm_training"]))
        if stage
    ]
    return Table(["network", "parameters", "epochs", "updates", "time", "stopped"], rows)


def duration(seconds: float) -> str:
    """A time span in the unit a reader would choose.

    Parameters
    ----------
    seconds : float
        The span.

    Returns
    -------
    str
        Such as ``48 s``, ``3 min 20 s`` or ``2 h 5 min``.
    """
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
