"""The folder of a cross-validation: ``crossval.json`` says what is planned and what is finished."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from seqdl.base import files
from seqdl.config import Config, to_dict
from seqdl.errors import SeqdlError
from seqdl.runs.codec import damaged, decode
from seqdl.runs.folder import RunFolder, read_config
from seqdl.runs.result import check_format
from seqdl.runs.summary import Row, Summary, summarise

MANIFEST = "crossval.json"
FORMAT = 2


@dataclass
class Manifest:
    """A cross-validation, as far as it has got.

    Parameters
    ----------
    folder, config, seeds
        Its folder, the configuration (whose own draw and seed do not count) and the seeds.
    draws : tuple of str
        What is planned: a run each, named after its folder in this one.
    runs, failed : dict
        By draw, the rows of what is finished, and why others are not.
    """

    folder: Path
    config: Config
    seeds: tuple[int, ...]
    draws: tuple[str, ...]
    runs: dict[str, Row] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """Its file."""
        return self.folder / MANIFEST

    @property
    def complete(self) -> bool:
        """Whether all is finished."""
        return len(self.runs) == len(self.draws)

    @property
    def rows(self) -> list[Row]:
        """What is finished, in the order of the plan."""
        return [self.runs[name] for name in self.draws if name in self.runs]

    @property
    def summary(self) -> Summary | None:
        """Of what is finished."""
        return summarise(self.rows, np.random.default_rng(0)) if self.rows else None

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "format": FORMAT,
            "config": to_dict(self.config),
            "seeds": list(self.seeds),
            "protocol": self.config.data.protocol,
            "draws": list(self.draws),
            "complete": self.complete,
            "failed": self.failed,
            "runs": {name: self.runs[name].to_dict() for name in self.draws if name in self.runs},
            **({"summary": summary.to_dict()} if (summary := self.summary) else {}),
        }

    def write(self) -> None:
        """Write crossval.json as it is now."""
        files.write_json(self.path, self.to_dict())


def read(folder: str | Path) -> Manifest:
    """The cross-validation in a folder; a SeqdlError names a file that is unreadable, damaged or of a later version."""
    path = Path(folder) / MANIFEST
    values = files.read_json(path)
    check_format(values, path, FORMAT)
    try:
        rows: Mapping[str, Any] = values["runs"]
        plan = Manifest(
            Path(folder),
            read_config(values["config"], path),
            decode(tuple[int, ...], values["seeds"], path, "seeds"),
            decode(tuple[str, ...], values["draws"], path, "draws"),
            {name: Row.from_dict(row, path) for name, row in rows.items()},
            decode(dict[str, str], values["failed"], path, "failed"),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SeqdlError(f"{path} is damaged or of another version: choose another out=") from error
    if any(Path(name).name != name for name in plan.draws):
        raise damaged(path, "draws", "names a folder elsewhere")
    if len({(row.model, row.classes) for row in plan.rows}) > 1:
        raise damaged(path, "runs", "are of different models or classes")
    return plan


def run_name(config: Config) -> str:
    """The name that the run of a ``config`` has in a cross-validation's folder, such as ``draw2-seed0``."""
    data = config.data
    return f"draw{data.draw}" + (f"-inner{data.inner_draw}" if data.inner else "") + f"-seed{config.seed}"


def finished(folder: Path) -> Row:
    """The row of a finished run; a SeqdlError for a damaged file says what to do about it."""
    run = RunFolder(folder)
    try:
        return Row.of(run.config, run.result, folder.name)
    except SeqdlError as error:
        raise SeqdlError(f"{error}; delete the folder {folder} to run it again") from error
