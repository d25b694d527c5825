"""A rendered dataset as video files in class folders, as one's own videos are."""

from collections.abc import Callable
from pathlib import Path

from seqdl.base import disk
from seqdl.base.files import write_atomic
from seqdl.base.progress import progress
from seqdl.base.words import name_of
from seqdl.datasets.base import Dataset, Sequence
from seqdl.datasets.persons import PERSONS
from seqdl.errors import SeqdlError, UsageError
from seqdl.video import writer


def write(dataset: Dataset, folder: str | Path, say: Callable[[str], object]) -> int:
    """Write each sequence of a rendered ``dataset`` as ``CLASS/NAME.mp4`` into ``folder``, and who acts where.

    The folder is new or empty, or holds what an interrupted call with the same dataset has left: then only what is not
    there is rendered. ``say`` is told so. Returns the number of all videos. A UsageError says where a dataset is not
    rendered, or the folder holds something else; a SeqdlError where it cannot be written.
    """
    if dataset.render is None:
        raise UsageError(f"dataset {dataset.name} has videos already: nothing is to be rendered")
    folder, named = Path(folder), [(_name(sequence), sequence) for sequence in dataset.sequences]
    listing = "\n".join(["file,person", *(f"{name},{one.person}" for name, one in named)]) + "\n"
    try:
        held = sorted(folder.iterdir()) if folder.exists() else []
        if held and not _is(folder / PERSONS, listing):
            raise UsageError(f"{folder} holds something already, such as {name_of(held[0].name)}: name a new folder")
        for label in dataset.classes:
            disk.make_folders(folder / label)
    except OSError as error:
        raise SeqdlError(f"cannot make the folder {folder}: {error.strerror}; choose another") from error
    write_atomic(folder / PERSONS, listing)
    left = [(name, sequence) for name, sequence in named if not (folder / name).exists()]
    if held:
        say(f"{len(named) - len(left)} of {len(named)} videos are there already")
    with progress(len(left), "render", "video", lines=True) as done:
        for name, sequence in left:
            writer.write(folder / name, dataset.render(sequence), dataset.rate)
            done()
    return len(named)


def _name(sequence: Sequence) -> str:
    """The file of a sequence; what is cut of a video has its number behind a dash."""
    return f"{sequence.label}/{sequence.name.replace('#', '-')}.mp4"


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() == text.encode()
