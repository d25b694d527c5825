"""The folder of a run: what is written when, and what belongs there."""

from __future__ import annotations

import csv
import io
import os
import platform
import subprocess
import sys
from dataclasses import astuple, fields
from importlib import metadata
from pathlib import Path
from typing import Any

from seqdl import __version__
from seqdl import config as configuration
from seqdl.base import files
from seqdl.config import Config
from seqdl.errors import SeqdlError, UsageError
from seqdl.runs.result import Epoch

LIBRARIES = ("numpy", "numba", "llvmlite", "scipy", "av", "imageio")


def create(folder: str | Path, config: Config) -> Path:
    """Make a new run folder with config.json and env.json.

    Parameters
    ----------
    folder : path
        The folder; empty for the first free name below ``runs``.
    config : Config
        The effective configuration.

    Returns
    -------
    Path

    Raises
    ------
    UsageError
        Where the folder exists and holds something.
    SeqdlError
        Where it cannot be written.
    """
    check(folder)
    path = Path(folder) if str(folder) else Path("runs")
    try:
        path.mkdir(parents=True, exist_ok=True)
        if not str(folder):
            path = _free(config)
    except OSError as error:
        raise SeqdlError(f"cannot make the run folder {path}: {error.strerror}; choose another with --out") from error
    try:
        files.write_json(path / "config.json", configuration.to_dict(config))
        files.write_json(path / "env.json", environment())
    except SeqdlError:
        (path / "config.json").unlink(missing_ok=True)
        path.rmdir()
        raise
    return path


def go_on(folder: str | Path, config: Config) -> Path:
    """The folder of a run that goes on, with its configuration as it is now: its videos may lie elsewhere.

    Parameters
    ----------
    folder : path
        The folder.
    config : Config
        The effective configuration.

    Returns
    -------
    Path
    """
    files.write_json(Path(folder) / "config.json", configuration.to_dict(config))
    return Path(folder)


def check(folder: str | Path) -> None:
    """Make sure that a run folder can be made, without making it.

    Parameters
    ----------
    folder : path
        The folder; empty for a new one below ``runs``.

    Raises
    ------
    UsageError
        Where the folder exists and holds something.
    SeqdlError
        Where it cannot be written.
    """
    path = Path(folder) if str(folder) else Path("runs")
    if str(folder) and path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise UsageError(f"--out {path} exists already: choose another folder, or go on with --resume {path}")
    above = next(parent for parent in (path, *path.absolute().parents) if parent.exists())
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        what = "may not be written to" if above.is_dir() else "is no folder"
        raise SeqdlError(f"cannot make the run folder {path}: {above} {what}; choose another with --out")


def _free(config: Config) -> Path:
    """Make the first folder below ``runs`` that does not exist, even while other runs do the same."""
    data = config.data
    protocol = data.protocol.split(":")[0]
    name = "-".join(part for part in (data.dataset, data.variant, protocol, str(data.draw)) if part)
    first = Path("runs") / f"{name}-seed{config.seed}"
    path, number = first, 1
    while True:
        try:
            path.mkdir()
            return path
        except FileExistsError:
            number += 1
            path = first.with_name(f"{first.name}-{number}")


def load_config(folder: Path) -> Config:
    """The configuration of an existing run.

    Parameters
    ----------
    folder : Path
        The run folder.

    Returns
    -------
    Config

    Raises
    ------
    UsageError
        Where it is no run folder.
    SeqdlError
        Where its config.json is damaged.
    """
    if not (folder / "config.json").is_file():
        raise UsageError(f"{folder} is not a run folder (it has no config.json): name one that seqdl train made")
    return configuration.read(folder / "config.json")


def write_log(folder: Path, log: list[Epoch]) -> None:
    """Write log.csv, whole.

    Parameters
    ----------
    folder : Path
        The run folder.
    log : list of Epoch
        All passes so far.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in fields(Epoch)])
    writer.writerows(astuple(row) for row in log)
    files.write_atomic(folder / "log.csv", text.getvalue())


def environment() -> dict[str, Any]:
    """What a run was made with.

    Returns
    -------
    dict
        Versions, processor, number of cores, commit.
    """
    return {
        "seqdl": __version__,
        "python": sys.version.split()[0],
        "libraries": {name: metadata.version(name) for name in LIBRARIES},
        "platform": platform.platform(),
        "cpu": _cpu(),
        "cores": cores(),
        "commit": commit(),
    }


def cores() -> int:
    """Cores that this process may use.

    Returns
    -------
    int
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def commit() -> str:
    """The commit of the source tree.

    Returns
    -------
    str
        Empty for an installed package.
    """
    here = Path(__file__).resolve().parents[2]
    if not (here / ".git").exists():
        return ""
    command = ["git", "-C", str(here), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=False).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
