"""Tables of many runs: a row for each, and means with their spread for those that differ in draw and seed alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqdl import config as configuration
from seqdl.base import files
from seqdl.errors import SeqdlError, UsageError
from seqdl.evaluation import summary
from seqdl.reports import tables
from seqdl.reports.record import unpack
from seqdl.reports.settings import settings
from seqdl.reports.tables import Table, percent

DEPTH = 3
"""Run folders are looked for so deep below the folder that is named."""


def collect(paths: Iterable[str | Path]) -> tuple[list[dict[str, Any]], list[str]]:
    """The finished runs in folders and records.

    Parameters
    ----------
    paths : iterable of path
        Run folders, folders that hold some (such as a cross-validation's), records of cross-validations (see
        :mod:`seqdl.reports.record`), or folders of records.

    Returns
    -------
    rows : list of dict
        See :func:`seqdl.evaluation.summary.row`; also ``run`` (where it is) and ``settings`` (see
        :func:`seqdl.reports.settings.settings`). A run that is named twice counts once.
    unfinished : list of str
        Run folders without a result.

    Raises
    ------
    UsageError
        For a path that holds no run.
    SeqdlError
        For a file that is damaged.
    """
    rows: dict[Path, list[dict[str, Any]]] = {}
    unfinished: list[str] = []
    for path in map(Path, paths):
        places = [path] if path.is_file() else list(_folders(path, DEPTH)) or sorted(path.glob("*.json"))
        if not places:
            what = "holds no run" if path.is_dir() else "does not exist"
            raise UsageError(f"{path} {what}: name run folders, folders of them, or records")
        for place in places:
            if place.is_dir() and not (place / "result.json").is_file():
                unfinished.append(str(place))
            elif place.resolve() not in rows:
                rows[place.resolve()] = _rows(place)
    names = ("dataset", "variant", "protocol", "settings", "seed", "draw", "inner_draw")
    return sorted((row for found in rows.values() for row in found), key=lambda r: [r[n] for n in names]), unfinished


def _folders(folder: Path, depth: int) -> Iterator[Path]:
    if not folder.is_dir():
        return
    if (folder / "config.json").is_file():
        yield folder
    elif depth:
        for entry in sorted(entry for entry in folder.iterdir() if entry.is_dir()):
            yield from _folders(entry, depth - 1)


def _rows(place: Path) -> list[dict[str, Any]]:
    """The run in a folder, or the runs of a record."""
    try:
        if place.is_dir():
            runs = [(str(place), *(files.read_json(place / f"{name}.json") for name in ("config", "result")))]
        else:
            runs = [(f"{place}: {name}", *parts) for name, *parts in unpack(files.read_json(place))]
        return [_row(*run) for run in runs]
    except (KeyError, IndexError, TypeError, AttributeError, UsageError) as error:
        raise SeqdlError(f"{place} is damaged or no run of this version: {error}") from error


def _row(name: str, config: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    effective = configuration.to_dict(configuration.from_dict(config))
    return {"run": name, "settings": settings(effective), **summary.row(effective, result)}


def groups(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Runs that differ in draw and seed alone, summed up.

    Parameters
    ----------
    rows : iterable of mapping
        From :func:`collect`.

    Returns
    -------
    list of dict
        ``dataset``, ``variant``, ``protocol``, ``kind``, ``control``, ``settings`` and what
        :func:`seqdl.evaluation.summary.summarise` says; in the order in which they first appear.
    """
    names = ("dataset", "variant", "protocol", "kind", "control", "settings")
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(repr([row[name] for name in (*names, "classes")]), []).append(row)
    rng = np.random.default_rng(0)
    return [{**{n: same[0][n] for n in names}, **summary.summarise(same, rng)} for same in found.values()]


def rows_table(rows: Iterable[Mapping[str, Any]]) -> Table:
    """A line for each run.

    Parameters
    ----------
    rows : iterable of mapping
        From :func:`seqdl.evaluation.summary.row`.

    Returns
    -------
    Table
    """
    lines = [
        [
            _dataset(row),
            row["protocol"],
            f"{row['draw']}" + (f".{row['inner_draw']}" if row["inner_draw"] else ""),
            str(row["seed"]),
            str(row["lstm"]["count"]),
            *_accuracies(row),
            ", ".join(row["test_persons"]),
        ]
        for row in rows
    ]
    header = ["dataset", "protocol", "draw", "seed", "tested", "windows", "voting", "LSTM", "persons tested"]
    return Table(header, lines)


def groups_table(groups: Iterable[Mapping[str, Any]]) -> Table:
    """A line for each group: means, with the standard deviations over draws and over seeds.

    Parameters
    ----------
    groups : iterable of mapping
        From :func:`groups`.

    Returns
    -------
    Table
        ``p`` is that of the permutation test of the LSTM against voting, paired by person.
    """
    lines = []
    for group in groups:
        shown = decides(group)
        lines.append(
            [
                _dataset(group),
                group["protocol"] + (" (control)" if group["control"] else ""),
                " ".join(group["settings"]) or "defaults",
                str(group["draws"]),
                str(group["seeds"]),
                *(_short(group, way) if way in shown else "-" for way in summary.WAYS),
                f"{group['lstm_against_voting']['pvalue']:.3f}" if "voting" in shown else "-",
            ]
        )
    means = ["windows (sd of draws, of seeds)", "voting (sd, sd)", "LSTM (sd, sd)"]
    return Table(["dataset", "protocol", "settings", "draws", "seeds", *means, "p"], lines)


def decides(run: Mapping[str, Any]) -> tuple[str, ...]:
    """By what a run, or a group of them, decides: an untrained ConvNet's votes mean nothing, and some have no ConvNet.

    Parameters
    ----------
    run : mapping
        From :func:`collect` or :func:`groups`.

    Returns
    -------
    tuple of str
        Some of ``windows``, ``voting``, ``lstm``.
    """
    if run["control"]:
        return summary.WAYS[2:]
    found = run.get("mean", run)
    return tuple(way for way in summary.WAYS if found[way] is not None)


def spread(group: Mapping[str, Any], way: str) -> str:
    """A mean and how far it varies.

    Parameters
    ----------
    group : mapping
        From :func:`seqdl.evaluation.summary.summarise`.
    way : {"windows", "voting", "lstm"}
        Which accuracy.

    Returns
    -------
    str
        Such as ``85.6 % (sd of draws 2.9, of seeds 1.1)``.
    """
    parts = [
        f"of {over} {100 * group['spread'][over][way]:.1f}"
        for over in ("draws", "seeds")
        if group["spread"][over][way] is not None
    ]
    return percent(group["mean"][way]) + (f" (sd {', '.join(parts)})" if parts else "")


def _short(group: Mapping[str, Any], way: str) -> str:
    deviations = [group["spread"][over][way] for over in ("draws", "seeds")]
    cells = ["-" if one is None else f"{100 * one:.1f}" for one in deviations]
    return f"{percent(group['mean'][way])} ({', '.join(cells)})"


def last_screen(record: Mapping[str, Any]) -> str:
    """What a cross-validation prints when it is done.

    Parameters
    ----------
    record : mapping
        crossval.json.

    Returns
    -------
    str
        Several lines, without a final line break.
    """
    rows = list(record["runs"].values())
    if not rows:
        return "No draw is finished."
    total = record["summary"]
    control = rows[0]["control"]
    shown = decides({"control": control, **total})
    names = tables.names(bool(rows[0]["voting"]))
    means = [[names[way], spread(total, way), _range(total, way)] for way in shown]
    pooled, classes = total["pooled"]["lstm"], rows[0]["classes"]
    parts = [
        tables.plain(rows_table(rows)),
        tables.plain(Table(["decision by", "mean", "lowest to highest"], means)),
        f"Decisions by the LSTM in all {total['runs']} runs (rows: the truth; columns: the decision, by number)",
        tables.plain(tables.confusion(pooled["confusion"], classes, numbered=True)),
    ]
    if control:
        parts.append("A control: the ConvNet has its initial weights.")
    elif "voting" in shown:
        test = total["lstm_against_voting"]
        parts.append(
            f"LSTM against voting: {100 * test['difference']:+.1f} points, better for {test['better']} and worse for "
            f"{test['worse']} of {test['persons']} tested; {'exact ' if test['exact'] else ''}permutation test: "
            f"p = {test['pvalue']:.3g}"
        )
    if rows[0]["kind"] == "inner":
        parts.append("Inner splits, for choosing settings: no test person was read, and this is no result.")
    return "\n\n".join(parts)


def _range(group: Mapping[str, Any], way: str) -> str:
    return f"{100 * group['lowest'][way]:.1f} to {percent(group['highest'][way])}"


def _dataset(row: Mapping[str, Any]) -> str:
    return f"{row['dataset']} {row['variant']}".strip()


def _accuracies(row: Mapping[str, Any]) -> Sequence[str]:
    return [percent(row[way]["accuracy"]) if way in decides(row) else "-" for way in summary.WAYS]
