"""The folder of a run: the names of its files, what is written when, and what is read from it."""

import contextlib
import functools
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqdl.base import disk, files
from seqdl.config import Config, from_dict, to_dict
from seqdl.errors import SeqdlError, UsageError
from seqdl.runs.codec import decode, encode
from seqdl.runs.environment import Environment, environment
from seqdl.runs.result import Epoch, Result, read_log, write_log
from seqdl.runs.settings import flat

FREE = ("data.data_dir", "data.persons", "data.draws", "data.inner_draws")
"""What may differ when a run goes on: where its videos are, and how many draws there are beside its own."""
CONFIG, ENVIRONMENT, LOG, RESULT = "config.json", "env.json", "log.csv", "result.json"
REPORT, PAGE = "report.md", "report.html"


@dataclass(frozen=True)
class RunFolder:
    """A run folder: what is in it is read when it is first asked for, and checked, so that the rest can rely on it.

    Parameters
    ----------
    path : Path
        The folder.
    """

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    @property
    def there(self) -> bool:
        """Whether this is a run folder."""
        return (self.path / CONFIG).is_file()

    @property
    def begun(self) -> bool:
        """Whether a run was begun here."""
        return (self.path / ENVIRONMENT).is_file()

    @property
    def reported(self) -> bool:
        """Whether its report is written."""
        return (self.path / REPORT).is_file() and (self.path / PAGE).is_file()

    @property
    def finished(self) -> bool:
        """Whether there is a result."""
        return (self.path / RESULT).is_file()

    @functools.cached_property
    def config(self) -> Config:
        """The effective configuration."""
        if not self.there:
            raise SeqdlError(f"{self} is not a run folder (it has no {CONFIG}): name one that seqdl train made")
        return read_config(files.read_json(self.path / CONFIG), self.path / CONFIG)

    @functools.cached_property
    def environment(self) -> Environment:
        """What the run was made with."""
        return decode(Environment, files.read_json(self.path / ENVIRONMENT), self.path / ENVIRONMENT)

    @property
    def log(self) -> tuple[Epoch, ...]:
        """The passes so far."""
        return read_log(self.path / LOG)

    @functools.cached_property
    def result(self) -> Result:
        """What came of it."""
        self.require_finished()
        return Result.from_dict(files.read_json(self.path / RESULT), self.path / RESULT)

    def require_finished(self) -> None:
        """Raise where there is no result."""
        if not self.finished:
            _ = self.config  # a folder that is no run's is not an unfinished run
            raise SeqdlError(f"the run in {self} is not finished (no {RESULT}): go on with seqdl train --resume {self}")

    def checkpoint(self, network: str) -> Path:
        """Where the checkpoint of ``convnet`` or ``lstm`` is."""
        return self.path / f"{network}.npz"

    def write_log(self, log: Iterable[Epoch]) -> None:
        """Write log.csv, whole."""
        write_log(self.path / LOG, log)

    def write_result(self, result: Result) -> None:
        """Write result.json: the run is finished."""
        files.write_json(self.path / RESULT, result.to_dict())


def read_config(values: Any, source: object) -> Config:
    """The configuration that a file holds; a SeqdlError names the file where that is damaged or of another version."""
    if not isinstance(values, Mapping):
        raise SeqdlError(f"{source} is damaged or of another program: it holds no settings")
    video = values.get("video")
    if isinstance(video, Mapping) and "max_frames" in video:  # a limit of earlier versions
        values = {**values, "video": {key: value for key, value in video.items() if key != "max_frames"}}
    try:
        return from_dict(values)
    except UsageError as error:
        raise SeqdlError(f"{source} is damaged or of another version: {error}") from error


def create(folder: str | Path, config: Config) -> RunFolder:
    """Make a new run folder (for an empty name the first free one below ``runs``) with config.json and env.json.

    A UsageError says where it exists and holds something, a SeqdlError where it cannot be written.
    """
    require_free(folder)
    path = Path(folder) if str(folder) else Path("runs")
    try:
        disk.make_folders(path)
        if not str(folder):
            path = _free(config)
    except OSError as error:
        raise SeqdlError(f"cannot make the run folder {path}: {error.strerror}; choose another with out=") from error
    try:
        files.write_json(path / CONFIG, to_dict(config))
        files.write_json(path / ENVIRONMENT, encode(environment()))
    except BaseException:  # be it an interrupt: a folder that holds half of it would be in the way
        with contextlib.suppress(OSError):
            for name in (ENVIRONMENT, CONFIG):  # with the latter alone it could go on
                disk.remove(path / name)
            disk.remove_folder(path)
        raise
    return RunFolder(path)


def go_on(folder: str | Path, config: Config) -> RunFolder:
    """The folder of a run that goes on, with its configuration as it is now: its videos may lie elsewhere."""
    run = RunFolder(Path(folder))
    files.write_json(run.path / CONFIG, to_dict(config))
    if not run.begun:  # it was killed before it had
        files.write_json(run.path / ENVIRONMENT, encode(environment()))
    return run


def require_same(folder: str | Path, config: Config) -> None:
    """Make sure that the run in a folder is one with this configuration.

    A UsageError names the first setting that is another, but for ``FREE`` ones; a SeqdlError says that there is no run.
    """
    if not str(folder):
        raise UsageError("resume=True goes on with the run in out=: name its folder")
    run = RunFolder(Path(folder))
    before, now = (dict(flat(to_dict(one))) for one in (run.config, config))
    for name, value in now.items():
        resolved = name in ("video.box", "video.rate") and before[name] == "auto"
        if value != before[name] and not resolved and name not in FREE:
            raise UsageError(f"{run} is a run with {name} = {before[name]}, not {value}: choose another out=")


def require_free(folder: str | Path) -> None:
    """Make sure that :func:`create` can make a run folder, without making it; it raises the same errors."""
    path = Path(folder) if str(folder) else Path("runs")
    if str(folder) and path.exists() and (not path.is_dir() or files.holds(path)):
        raise UsageError(f"out={path} exists already: choose another folder, or go on with resume={path}")
    above = next(parent for parent in (path, *path.absolute().parents) if parent.exists())
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        what = "may not be written to" if above.is_dir() else "is no folder"
        raise SeqdlError(f"cannot make the run folder {path}: {above} {what}; choose another with out=")


def _free(config: Config) -> Path:
    """Make the first folder below ``runs`` that does not exist, even while other runs do the same."""
    data = config.data
    protocol = data.protocol.split(":")[0]
    name = "-".join(part for part in (data.dataset, data.variant, protocol, str(data.draw)) if part)
    first = Path("runs") / f"{name}-seed{config.seed}"
    path, number = first, 1
    while True:
        try:
            disk.make_folder(path)
            return path
        except FileExistsError:
            number += 1
            path = first.with_name(f"{first.name}-{number}")
