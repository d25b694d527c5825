"""Tables of many runs: a row for each, and means with their spread for those that differ in draw and seed alone."""

import contextlib
import functools
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from seqdl.errors import SeqdlError, UsageError
from seqdl.reports import tables
from seqdl.reports.tables import Table, percent
from seqdl.runs import record
from seqdl.runs.folder import RunFolder
from seqdl.runs.manifest import MANIFEST, Manifest
from seqdl.runs.result import WAYS, Epoch, Result
from seqdl.runs.summary import Row, Summary

NO_HEAD = "Nothing taught the ConvNet to decide on windows by itself (single_step.head = 0): voting means nothing."
DEPTH = 3
"""Run folders are looked for so deep below the folder that is named."""


def collect(paths: Iterable[str | Path], bad: list[SeqdlError] | None = None) -> tuple[list[Row], dict[str, str]]:
    """The finished runs in folders and records, each once, and of other run folders why they are left out.

    The paths are run folders, folders that hold some (such as a cross-validation's), records of cross-validations (see
    :mod:`seqdl.runs.record`), or folders of records. A UsageError names a path that holds no run, a SeqdlError a file
    that is damaged; where there is a list ``bad``, it takes them, and the rest is found.
    """
    rows: dict[Path, list[Row]] = {}
    left: dict[str, str] = {}
    for path in map(Path, paths):
        places = [path] if path.is_file() else list(_folders(path, DEPTH)) or _records(path)
        if not places:
            what = "holds no run" if path.is_dir() else "does not exist"
            _refuse(UsageError(f"{path} {what}: name run folders, folders of them, or records"), bad)
        for place in places:
            try:
                if place.is_dir() and not RunFolder(place).finished:
                    left[str(place)] = "is not finished"
                elif place.is_dir() and not RunFolder(place).result.tested:
                    left[str(place)] = "has tested nothing, and no accuracy is known"
                elif place.resolve() not in rows:
                    rows[place.resolve()] = _rows(place)
            except SeqdlError as error:
                _refuse(error, bad)
    found = (row for of_one in rows.values() for row in of_one)
    return sorted(found, key=_order), left


def _refuse(error: SeqdlError, bad: list[SeqdlError] | None) -> None:
    if bad is None:
        raise error
    bad.append(error)


def results(rows: Iterable[Row]) -> list[tuple[Result, tuple[Epoch, ...]]]:
    """The results that some rows are of, without timelines, and the passes of each, if they can be read.

    Records have none.
    """
    of_file = functools.cache(record.read)
    found = []
    for row in rows:
        log: tuple[Epoch, ...] = ()
        if (run := RunFolder(Path(row.run))).finished:
            result = run.result
            with contextlib.suppress(SeqdlError):
                log = run.log
        else:
            file, _, name = row.run.rpartition(": ")
            result = next(packed.result for packed in of_file(file).runs if packed.name == name)
        shortened = tuple(replace(sequence, timeline=(), over_time=()) for sequence in result.sequences)
        found.append((replace(result, sequences=shortened), log))
    return found


def _records(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.json") if path.name != MANIFEST)


def _order(row: Row) -> tuple[object, ...]:
    return row.dataset, row.variant, row.protocol, row.settings, row.seed, row.draw, row.inner_draw


def _folders(folder: Path, depth: int) -> Iterator[Path]:
    if not folder.is_dir():
        return
    if RunFolder(folder).there:
        yield folder
    elif depth:
        for entry in sorted(entry for entry in folder.iterdir() if entry.is_dir()):
            yield from _folders(entry, depth - 1)


def _rows(place: Path) -> list[Row]:
    """The run in a folder, or the runs of a record."""
    if place.is_dir():
        run = RunFolder(place)
        return [Row.of(run.config, run.result, str(place))]
    return [Row.of(run.config, run.result, f"{place}: {run.name}") for run in record.read(place).runs]


def rows_table(rows: Iterable[Row]) -> Table:
    """A line for each run."""
    rows = list(rows)
    units = " or ".join(dict.fromkeys(f"{row.unit}s" for row in rows))
    lines = [
        [
            row.title,
            row.protocol,
            f"{row.draw}" + (f".{row.inner_draw}" if row.inner_draw else ""),
            str(row.seed),
            str(row.scores["lstm"].count),
            *(percent(row.scores[way].measure) if way in row.shown else "-" for way in WAYS),
            ", ".join(row.test_persons),
        ]
        for row in rows
    ]
    header = ["dataset", "protocol", "draw", "seed", "tested", "windows", "voting", "LSTM", f"{units} tested"]
    return Table(header, lines)


def groups_table(groups: Iterable[tuple[Row, Summary]]) -> Table:
    """A line for each group of :func:`seqdl.runs.summary.groups`: means, with the deviations over draws and over seeds.

    ``p`` is that of the permutation test of the LSTM against voting, paired by person.
    """
    lines = []
    for row, summary in groups:
        test = summary.lstm_against_voting
        lines.append(
            [
                row.title,
                row.protocol + (" (control)" if row.control else ""),
                " ".join(row.settings) or "defaults",
                str(summary.draws),
                str(summary.seeds),
                *(_short(summary, way) if way in row.shown else "-" for way in WAYS),
                f"{test.pvalue:.3f}" if test and "voting" in row.shown else "-",
            ]
        )
    means = ["windows (sd of draws, of seeds)", "voting (sd, sd)", "LSTM (sd, sd)"]
    return Table(["dataset", "protocol", "settings", "draws", "seeds", *means, "p"], lines)


def groups_dict(groups: Iterable[tuple[Row, Summary]]) -> list[dict[str, Any]]:
    """Groups as JSON has them: what their runs share, and the summary."""
    names = ("dataset", "variant", "protocol", "kind", "control", "settings")
    return [{**{name: getattr(row, name) for name in names}, **summary.to_dict()} for row, summary in groups]


def spread(summary: Summary, way: str) -> str:
    """A mean and how far it varies, such as ``85.6 % (sd of draws 2.9, of seeds 1.1)``."""
    deviations = [(over, summary.spread[over][way]) for over in ("draws", "seeds")]
    parts = [f"of {over} {100 * one:.1f}" for over, one in deviations if one is not None]
    return percent(summary.mean[way]) + (f" (sd {', '.join(parts)})" if parts else "")


def _short(summary: Summary, way: str) -> str:
    deviations = [summary.spread[over][way] for over in ("draws", "seeds")]
    cells = ["-" if one is None else f"{100 * one:.1f}" for one in deviations]
    return f"{percent(summary.mean[way])} ({', '.join(cells)})"


def last_screen(manifest: Manifest) -> str:
    """What a cross-validation prints when it is done: several lines, without a final line break."""
    rows, total = manifest.rows, manifest.summary
    if not total:
        return "No draw is finished."
    first, names = rows[0], tables.names(rows[0].model)
    means = [
        [names[way], spread(total, way), f"{100 * total.lowest[way]:.1f} to {percent(total.highest[way])}"]
        for way in first.shown
    ]
    what = f"{tables.MEAN_PRECISION} by" if first.several else "decision by"
    parts = [
        tables.plain(rows_table(rows)),
        tables.plain(Table([what, "mean", "lowest to highest"], means)),
        tables.by_lstm(total.pooled["lstm"].confusion, first.classes, f" in all {total.runs} runs"),
    ]
    test, by = total.lstm_against_voting, ", by the likeliest class" * first.several
    if first.control:
        parts.append("A control: the ConvNet has its initial weights.")
    elif not first.head_taught:
        parts.append(NO_HEAD)
    elif test:
        parts.append(
            f"LSTM against voting{by}: {100 * test.difference:+z.1f} points, better for {test.better} and worse for "
            f"{test.worse} of {test.persons} {first.unit}s tested; {'exact ' if test.exact else ''}permutation test: "
            f"p = {test.pvalue:.3g}"
        )
    if first.kind == "inner":
        parts.append("Inner splits, for choosing settings: no test person was read, and this is no result.")
    return "\n\n".join(parts)
