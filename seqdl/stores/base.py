"""What stores of prepared sequences have in common: whose rows are whose, what was left out, and their keys."""

import contextlib
from dataclasses import dataclass
from typing import Any

from seqdl.base import files
from seqdl.datasets.base import Dataset, Sequence
from seqdl.errors import SeqdlError
from seqdl.video.pictures import numbered


class NothingUsableError(SeqdlError):
    """No sequence of a dataset can be used.

    Parameters
    ----------
    name, skipped : str, dict of str to str
        The dataset's; why each sequence cannot be used.
    """

    def __init__(self, name: str, skipped: dict[str, str]) -> None:
        super().__init__(f"no sequence of {name} can be used; the first: {next(iter(skipped.values()))}")
        self.skipped = skipped


@dataclass
class Store:
    """A dataset, prepared.

    Parameters
    ----------
    spans : dict of str to (int, int)
        First row and number of rows of each sequence, by its name.
    skipped, notes
        Sequences that could not be prepared, and why; damage that was found and worked around.
    """

    spans: dict[str, tuple[int, int]]
    skipped: dict[str, str]
    notes: list[str]

    @property
    def lengths(self) -> dict[str, int]:
        """Frames of each sequence."""
        return {name: count for name, (_, count) in self.spans.items()}

    @property
    def footage(self) -> int:
        """Frames of all sequences."""
        return sum(self.lengths.values())

    def place(self, row: int) -> str:
        """Which sequence a row is of, for messages."""
        for name, (first, count) in self.spans.items():
            if first <= row < first + count:
                return f"the window from frame {row - first} of {name}"
        return f"the window from row {row}"

    def require_any(self, dataset: Dataset) -> None:
        """Raise where no sequence at all could be prepared."""
        if not self.spans:
            raise NothingUsableError(dataset.name, self.skipped)

    def usable(self, dataset: Dataset) -> list[Sequence]:
        """The sequences of a dataset that could be prepared."""
        return [sequence for sequence in dataset.sequences if sequence.name in self.spans]


def video_identity(sequence: Sequence, dataset: Dataset) -> list[Any]:
    """What tells a sequence's video from all others: the file as it is now, or what a dataset renders it from.

    Of a folder of pictures that is how many there are, which numbers they have, their size and the newest time.
    """
    if sequence.file is not None:
        with contextlib.suppress(OSError):
            path = str(sequence.file.resolve())
            if sequence.file.is_dir():
                pictures = numbered(sequence.file)
                found = [picture.stat() for picture in pictures.values()]
                newest = max((status.st_mtime_ns for status in found), default=0)
                return [path, list(pictures), sum(status.st_size for status in found), newest]
            status = sequence.file.stat()
            return [path, status.st_size, status.st_mtime_ns]
    return [dataset.source, sequence.label, sequence.person, dict(sequence.extra), str(sequence.file)]


def key_of(identity: list[Any]) -> str:
    """A name for an item of a store, of what tells it from all others, as JSON has it."""
    return files.digest(identity, 24)
