"""How far a run is, as its log tells."""

from dataclasses import dataclass
from pathlib import Path

from seqdl.config import Config
from seqdl.errors import SeqdlError
from seqdl.models import MODELS
from seqdl.runs.folder import RunFolder


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Parameters
    ----------
    share, text
        Passes done of those that are allowed, in 0..1 (training may stop sooner; 1 for a finished run); the last
        pass in words, empty before the first.
    """

    share: float
    text: str


def progress(folder: Path) -> Progress:
    """How far the run in a folder is, which need not exist."""
    run = RunFolder(folder)
    try:
        limits, last = _limits(run.config), run.log[-1]
        limit = limits[last.stage]
    except (SeqdlError, LookupError):
        return Progress(0.0, "")
    before = sum(list(limits.values())[: list(limits).index(last.stage)])
    text = f"{last.stage} pass {last.epoch}/{limit}: loss {last.loss:.3f}, training accuracy {last.accuracy:.1%}"
    return Progress(1.0 if run.finished else (before + last.epoch) / sum(limits.values()), text)


def _limits(config: Config) -> dict[str, int]:
    """So many passes each stage may have, in order."""
    sections = {stage: getattr(config, name) for name, stage in MODELS[config.model].stages}
    return {stage: section.epochs for stage, section in sections.items() if hasattr(section, "epochs")}
