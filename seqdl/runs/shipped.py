"""The networks that come with the package: a finished run, reduced to what deciding needs, with what was measured."""

import glob
import hashlib
from collections.abc import Sequence
from pathlib import Path

from seqdl.base import files
from seqdl.base.words import some
from seqdl.datasets.scan import EXTENSIONS
from seqdl.errors import SeqdlError, UsageError
from seqdl.runs.codec import decode
from seqdl.runs.folder import RunFolder
from seqdl.runs.result import Evaluation, evaluation_values
from seqdl.video.device import PIPE, is_address, is_camera

FOLDER = Path(__file__).parents[1] / "trained" / "actors"
"""The run folder of the networks that learned on the dataset ``actors``."""
CARD, ELSEWHERE, DIGESTS = "README.md", "kth.json", "SHA256SUMS"
"""Files beside a run's own: what the networks are good for, what they said of KTH's videos, the hashes of all files."""
CHOOSING = ("person01", "person03", "person04")
"""The persons of KTH whose videos were looked at when the recipe was chosen, as docs/actors.md tells."""


def shipped() -> RunFolder:
    """The run folder of the networks that come with the package; a SeqdlError says where it is not as it was made."""
    run = RunFolder(FOLDER)
    if not run.finished:
        raise SeqdlError(f"the networks that come with seqdl are not in {run}: install seqdl again, or name a run")
    return run


def elsewhere(folder: Path) -> Evaluation:
    """What the networks in a ``folder`` said of KTH's videos."""
    path = folder / ELSEWHERE
    return decode(Evaluation, evaluation_values(files.read_json(path), path), path)


def card() -> str:
    """What the networks learned from, what they can and cannot do: Markdown."""
    return (FOLDER / CARD).read_text(encoding="utf-8")


def told() -> str:
    """Which networks decide where no run is named, and how far they can be trusted, in a line."""
    run, real = shipped(), elsewhere(FOLDER)
    score, looked_at = real.scores["lstm"], sum(one.person in CHOOSING for one in real.sequences)
    return (
        f"no run is named: the networks that come with seqdl decide. They know {some(run.result.dataset.classes, 12)}, "
        f"learned from drawn figures, and named {score.correct} of {score.count} real videos of KTH rightly, "
        f"{looked_at} of which were looked at when the recipe was chosen; of other scenes nothing is known "
        "(seqdl info --trained)"
    )


def chosen(names: Sequence[str], alone: bool = False) -> tuple[RunFolder, list[str]]:
    """Whose networks decide, and on what: the first of some ``names`` may be a run folder, the others are videos.

    With ``alone`` there need be no video, and no name.

    Where it is none, all are videos, and the networks that come with the package decide. A UsageError says where there
    is a run and no video, a run behind the first name, or the first name can only be a run that is not there.
    """
    if alone and not names:
        return shipped(), []
    first, *others = names
    if late := next((name for name in others if RunFolder(Path(name)).there), None):
        raise UsageError(f"{late} is a run folder: name one, before the videos")
    run = RunFolder(Path(first))
    if run.there:
        if not others and not alone:
            raise UsageError(f"{first} is a run folder, and there is no video: name videos behind it")
        return run, others
    if (others or alone) and not _is_source(first):
        raise UsageError(f"{first} is neither a run folder nor a video: name a finished run, or videos alone")
    inside = [folder for folder in sorted(run.path.iterdir()) if RunFolder(folder).there] if run.path.is_dir() else []
    if inside:
        raise UsageError(f"{first} holds runs and is none: name one of them, such as {inside[0]}")
    return shipped(), [first, *others]


def _is_source(name: str) -> bool:
    """Whether something may be a video, or folder of them, and not the misspelt name of a run."""
    path = Path(name)
    if path.is_dir():
        return any(path.iterdir())
    special = name == PIPE or is_camera(name) or is_address(name) or glob.has_magic(name)
    return special or path.exists() or path.suffix.lower() in EXTENSIONS


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file in a ``folder``, by its name, in the order of names; the list of them has none."""
    paths = sorted(path for path in folder.iterdir() if path.is_file() and path.name != DIGESTS)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def sums(found: dict[str, str]) -> str:
    """Hashes of files as ``sha256sum`` writes and checks them."""
    return "".join(f"{digest}  {name}\n" for name, digest in found.items())
