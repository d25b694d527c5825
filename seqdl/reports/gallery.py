"""All figures of finished runs, by name: which runs, persons and sequences each of them takes."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqdl.base import disk, drawing
from seqdl.config import Config
from seqdl.datasets.base import Dataset
from seqdl.datasets.base import Sequence as Clipping
from seqdl.errors import SeqdlError, UsageError
from seqdl.reports import early, figures, maps, runs, trained, two_steps
from seqdl.reports.architecture import architecture
from seqdl.reports.trained import Trained
from seqdl.runs.codec import encode
from seqdl.runs.folder import RunFolder
from seqdl.runs.result import Decided
from seqdl.video.reader import Reader

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COMMON = ("learning", "confusion")
"""What can be drawn of any run; a describer says what else."""
NAMES = ("architecture", "kernels", "maps", "two-steps", "learning", "confusion", "early")
"""In the order in which they are drawn; ``maps``, ``two-steps`` and ``early`` look at the test sequences."""
ACTIONS = ("walking", "boxing", "handclapping", "handwaving")
"""The four of the paper's Figure 2."""
WINDOWS = 7
"""So many windows of a sequence are shown in Figure 3."""


Drawn = tuple[str, "Figure", Any]
"""A figure with its name before it, and what it was drawn from after it."""


def find(paths: Iterable[str | Path], say: Callable[[str], None]) -> list[Trained]:
    """The finished runs in some folders; ``say`` is told of those that are not finished, or have tested nothing."""
    rows, left = runs.collect(paths)
    if not rows:
        folder, why = next(iter(left.items()))
        if RunFolder(Path(folder)).finished:
            raise SeqdlError(f"the run in {folder} {why}: its figures show test sequences, name a run that has some")
        raise SeqdlError(f"the run in {folder} {why}: go on with seqdl train --resume {folder}")
    for folder, why in left.items():
        say(f"left out: {folder} {why}")
    return [trained.open_trained(RunFolder(Path(row.run))) for row in rows]


def of_configuration(config: Config, classes: int) -> list[Drawn]:
    """What can be drawn without a run: the architecture."""
    return [("architecture", architecture(config.convnet, classes), None)]


def save_all(drawn: Iterable[Drawn], folder: Path, kind: str, told: Callable[[Path], object]) -> dict[str, Any]:
    """Write figures as NAME.kind into ``folder``, which is made, one by one; ``told`` is given the path of each.

    What is returned has the paths of all that was ``drawn`` under ``figures``, and by name what they were drawn from
    where that stands in no result.json. The ``kind`` is one of :data:`seqdl.base.drawing.FORMATS`.
    """
    try:
        disk.make_folders(folder)
    except OSError as error:
        raise SeqdlError(f"cannot make the folder {folder}: {error.strerror}; choose another with out=") from error
    written, numbers = [], {}
    for name, figure, found in drawn:
        path = folder / f"{name}.{kind}"
        drawing.save(figure, path)
        written.append(str(path))
        told(path)
        if found is not None:
            numbers[name] = found
    return {"figures": written, **numbers}


class Gallery:
    """The figures of one or more finished runs: the networks of the first, the numbers of all.

    Parameters
    ----------
    runs : sequence of Trained
        At least one; all of the same actions.
    data_dir, persons : str, optional
        Where the videos, and the list of who is in which, are now; where the runs say if absent.
    video : str
        A video file to be shown in ``two-steps``; empty for one of the test sequences.
    actions, workers
        What ``maps`` shows: where empty, the four of the paper, or the first four of the run's. Processes that prepare.
    """

    def __init__(
        self,
        runs: Sequence[Trained],
        data_dir: str | None = None,
        persons: str | None = None,
        video: str = "",
        actions: Sequence[str] = (),
        workers: int = 1,
    ) -> None:
        self.runs, self.video, self.actions, self.workers = runs, video, actions, workers
        self._moved = data_dir, persons
        self._datasets: dict[Path, Dataset] = {}

    def validate(self, names: Sequence[str]) -> None:
        """Raise a SeqdlError where videos are gone, actions unknown or the runs of different datasets."""
        first, classes = self.runs[0], self.runs[0].recogniser.classes
        for run in self.runs:
            possible = (*COMMON, *run.recogniser.describer.figures)
            if set(names) - set(possible):
                raise UsageError(f"the model of {run.run} has other figures: draw only={' '.join(possible)}")
        for run in self.runs:
            if _about(run) != _about(first):
                raise UsageError(f"{run.run} and {first.run} are of different datasets: draw them one by one")
        for action in self.actions:
            if action not in classes:
                near = difflib.get_close_matches(action, classes, n=1)
                known = f"did you mean {near[0]}?" if near else f"the run knows {', '.join(classes)}"
                raise UsageError(f"actions={action}: {known}")
            if not trained.right_ones(first, action):
                raise UsageError(f"actions={action}: {first.run} was tested on no sequence of it")
        if "early" in names:
            for run in self.runs:
                self._tested(run)
        elif "maps" in names or ("two-steps" in names and not self.video):
            self._tested(first)
        if "two-steps" in names and self.video:
            Reader(self.video).close()

    def draw_all(self, names: Sequence[str]) -> Iterator[Drawn]:
        """Figures by name, drawn one by one; what is wrong is found before the first."""
        self.validate(names)
        return ((name, *self.draw(name)) for name in names)

    def draw(self, name: str) -> tuple[Figure, Any]:
        """One figure of ``NAMES``, and in plain values what it was drawn from where that stands in no result.json."""
        first, results = self.runs[0], [run.run.result for run in self.runs]
        classes = first.recogniser.classes
        if name == "early":
            measured = [early.measure(run, self._tested(run), self.workers) for run in self.runs]
            return early.early(measured, len(classes)), [encode(one) for one in measured]
        drawings: dict[str, Callable[[], Figure]] = {
            "architecture": lambda: architecture(first.recogniser.config.convnet, len(classes)),
            "kernels": lambda: maps.kernels(trained.convnet_of(first.recogniser).parameters["C1.weight"][:, 0]),
            "maps": self._maps,
            "two-steps": self._two_steps,
            "learning": lambda: figures.learning_curves(results[0], [run.run.log for run in self.runs]),
            "confusion": lambda: figures.confusions(results),
        }
        return drawings[name](), None

    def _maps(self) -> Figure:
        first = self.runs[0]
        dataset = self._tested(first)
        shown = self.actions or _four([c for c in first.recogniser.classes if trained.right_ones(first, c)])
        names = [trained.right_ones(first, action)[0] for action in shown]
        looks = [trained.look(first, dataset, _named(dataset, name), 1) for name in names]
        return maps.c1_maps(trained.convnet_of(first.recogniser), looks)

    def _two_steps(self) -> Figure:
        first = self.runs[0]
        if self.video:
            sequence = Clipping(Path(self.video).name, Path(self.video), "", "")
            look = trained.look(first, None, sequence, WINDOWS)
        else:
            dataset = self._tested(first)
            look = trained.look(first, dataset, _named(dataset, telling(first.run.result.sequences)), WINDOWS)
        return two_steps.two_steps(first.recogniser, look)

    def _tested(self, run: Trained) -> Dataset:
        if run.run.path not in self._datasets:
            self._datasets[run.run.path] = trained.tested(run, *self._moved)
        return self._datasets[run.run.path]


def telling(sequences: Sequence[Decided]) -> str:
    """The name of a test sequence that shows what the second step is for.

    It is the first that the LSTM decides rightly and voting wrongly; if there is none, the first that the LSTM decides
    rightly, or the first.
    """
    return min(sequences, key=lambda one: (not one.right(), one.right("voting"))).name


def _about(run: Trained) -> tuple[str, str, tuple[str, ...]]:
    dataset = run.run.result.dataset
    return dataset.name, dataset.variant, run.recogniser.classes


def _four(classes: Sequence[str]) -> Sequence[str]:
    return ACTIONS if set(ACTIONS) <= set(classes) else classes[: len(ACTIONS)]


def _named(dataset: Dataset, name: str) -> Clipping:
    return next(sequence for sequence in dataset.sequences if sequence.name == name)
