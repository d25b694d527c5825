"""From a run folder to its report, as Markdown with pictures and as a page, and the last screen of a training."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from seqdl.base.words import printable
from seqdl.datasets import registry
from seqdl.errors import SeqdlError
from seqdl.reports import content, html, markdown, tables
from seqdl.reports.blocks import Block
from seqdl.runs.folder import PAGE, REPORT, RunFolder
from seqdl.runs.result import Result
from seqdl.runs.summary import Row


def write(run: RunFolder) -> Path:
    """Write report.md and its pictures, and report.html, into the folder of a finished run, from what it left.

    A SeqdlError names a file of the folder that is missing, damaged or cannot be written.
    """
    return render(content.of_run(run), run.path).with_name(REPORT)


def write_all(rows: Sequence[Row], left_out: Sequence[str], folder: Path) -> Path:
    """The same of several runs into a ``folder``, which is made; of a single run whose folder is known, its own.

    The page's place is returned.

    ``rows`` and ``left_out`` are as for :func:`seqdl.reports.content.of_runs`.
    """
    one = RunFolder(Path(rows[0].run))
    alone = len(rows) == 1 and not left_out and one.finished
    return render(content.of_run(one) if alone else content.of_runs(rows, left_out), folder)


def render(blocks: Iterable[Block], folder: Path) -> Path:
    """Write the ``blocks`` of a report as report.md and report.html into a ``folder``, which is made; the latter."""
    whole = list(blocks)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SeqdlError(f"cannot make the folder {folder}: {error.strerror}; choose another with out=") from error
    markdown.write(whole, folder / REPORT)
    html.write(whole, folder / PAGE)
    return folder / PAGE


def last_screen(result: Result, report: Path) -> str:
    """What a training prints when it is done: several lines, without a final line break."""
    if result.tested:
        accuracies, names = tables.accuracies(result.model, result), tables.names(result.model)
        shown = {names[way] for way in result.shown}
        lines = [
            f"{content.subject(result)}; {result.dataset.unit}s that training never saw: "
            f"{len(result.split.test_persons)}",
            "",
            tables.plain(accuracies._replace(rows=[row for row in accuracies.rows if row[-1] and row[0] in shown])),
            "",
            tables.screen(result.model, result, result.dataset.classes),
            "",
        ]
    else:
        lines = [f"{content.subject(result)}; nothing was tested: no accuracy is known", ""]
    lines += [
        f"Time: {tables.duration(result.seconds)}",
        f"Report with pictures: {printable(str(report.with_name(PAGE)))}",
        f"The same as Markdown: {printable(str(report))}",
    ]
    records, paper = registry.records(), registry.of_the_paper()
    if result.dataset.name in records and records[result.dataset.name].own_videos:
        lines.append(f"What another video shows: seqdl predict {printable(str(report.parent))} VIDEO --save DIR")
    elif result.dataset.name != paper.name:
        lines.append(f"The paper's dataset, {paper.title}: python -m seqdl.train --dataset {paper.name} --data-dir DIR")
    return "\n".join(lines)
