"""A rendered clip, what the networks that come with the package say of it, and what there is to look at."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from seqdl.base import disk
from seqdl.base.doors import CALLABLE, TEXT, Place, door
from seqdl.base.words import near
from seqdl.datasets import registry
from seqdl.errors import SeqdlError, UsageError
from seqdl.model.prediction import Prediction
from seqdl.model.recogniser import Recogniser
from seqdl.runs.shipped import shipped
from seqdl.video import writer

CALM = "full"
"""The variant that is shown: of the edition whose camera is calm, from which the networks did not learn."""


@dataclass(frozen=True)
class Demo:
    """What came of it.

    Parameters
    ----------
    prediction : Prediction
        On the clip, which is its ``video``.
    film : Path
        What to look at: the clip with the box, the moving probabilities and the decision so far; beside it a picture,
        the timeline and the prediction.
    """

    prediction: Prediction
    film: Path


@door(action=TEXT, folder=Place(), say=CALLABLE)
def make(action: str, folder: str | Path, say: Callable[[str], object]) -> Demo:
    """Render a clip of an ``action`` into a ``folder``, name what it shows, and draw it; ``say`` is told what is done.

    Nobody of the edition that is shown was among those from whom the networks learned. What an earlier call has left
    there is replaced. A UsageError says which actions there are, a SeqdlError where nothing can be written.
    """
    run, folder = shipped(), Path(folder)
    told = run.result
    if action not in told.dataset.classes:
        raise UsageError(f"action={action}: there is no such action{near(action, told.dataset.classes)}")
    dataset = registry.load(told.dataset.name, variant=CALM)
    sequence = next(one for one in dataset.sequences if one.label == action)
    try:
        disk.make_folders(folder / "clip")
    except OSError as error:
        raise SeqdlError(f"cannot make the folder {folder}: {error.strerror}; choose another with out=") from error
    clip = folder / "clip" / f"{action}.mp4"
    assert dataset.render is not None  # it has no videos
    who = f"{sequence.person} of {dataset.name} {dataset.variant}"
    say(f"rendering {clip}: {action} by {who}, from whom the networks did not learn")
    writer.write(clip, dataset.render(sequence), dataset.rate)
    prediction = Recogniser.load(run).predict(clip)
    *_, film = prediction.save(folder)
    return Demo(prediction, film)
