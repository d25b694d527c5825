"""Where what a command makes of each of several files is written, so that nothing is written over anything else."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seqdl.base import disk
from seqdl.errors import SeqdlError, UsageError


@dataclass(frozen=True)
class Wanted:
    """What an option asks for.

    Parameters
    ----------
    argument, given : str, str or None
        The option, such as ``out``, and the file or folder that it names, if any.
    ending, added : str
        In a folder a file ``clip.avi`` becomes ``clip`` with ``added`` and ``ending``.
    only : str
        Why a file must have this ending; empty where it may have any.
    """

    argument: str
    given: str | None
    ending: str
    added: str = ""
    only: str = ""

    def targets(self, files: Sequence[str]) -> dict[str, Path]:
        """Where what is made of each of the ``files`` goes; nowhere where nothing is asked for."""
        if not self.given:
            return {}
        ends = Path(self.given).suffix.lower() == self.ending
        if self.is_folder(files):
            if len(files) > 1 and (ends or Path(self.given).is_file()):
                raise UsageError(f"{self.argument}={self.given}: a file is made of each video, so name a folder")
            return {file: Path(self.given, f"{Path(file).stem}{self.added}{self.ending}") for file in files}
        if self.only and not ends:
            raise UsageError(f"{self.argument}={self.given}: {self.only}, so give a name that ends in {self.ending}")
        return {file: Path(self.given) for file in files}

    def is_folder(self, files: Sequence[str]) -> bool:
        """Whether a folder is named: for several files, by a slash at its end, or since it is one."""
        given = self.given or ""
        return len(files) > 1 or given.endswith(("/", os.sep)) or Path(given).is_dir()


def plan(files: Sequence[str], *wanted: Wanted) -> list[dict[str, Path]]:
    """For each option that is ``wanted``, where what is made of each of the ``files`` goes; its folder is made.

    A UsageError says where something would be written twice or over one of the files, or a name has another ending;
    then nothing is made.
    """
    planned = [one.targets(files) for one in wanted]
    taken: dict[str, tuple[str, str]] = {}
    there = [file for file in files if Path(file).exists()]
    for one, targets in zip(wanted, planned):
        for file, target in targets.items():
            if target.exists() and any(target.samefile(other) for other in there):
                raise UsageError(f"{one.argument}={target}: that is the video itself, choose another name")
            argument, other = taken.setdefault(str(target.resolve()).casefold(), (one.argument, file))
            if argument != one.argument:
                raise UsageError(f"{argument}= and {one.argument}={target}: choose two names")
            if other != file:
                raise UsageError(f"{target} would be written for {other} and for {file}: give them to two commands")
    for one, targets in zip(wanted, planned):
        for target in targets.values() if one.is_folder(files) else ():
            try:
                disk.make_folders(target.parent)
            except OSError as error:
                raise SeqdlError(f"cannot make the folder {target.parent}: {error.strerror}") from error
    return planned
