"""The Python interface: train, open what was trained, use it; ``import seqdl`` gives all of it.

Examples
--------
>>> import seqdl
>>> config = seqdl.load_config(settings=["convnet.epochs=2"])
>>> run = seqdl.fit(config, out="runs/mine")  # doctest: +SKIP
>>> print(run.predict("videos/waving.avi"))  # doctest: +SKIP
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import NoneType

from seqdl.base.doors import CALLABLE, FLAG, TEXT, Kind, Place, Whole, door
from seqdl.config import BOXES, Config
from seqdl.errors import UsageError
from seqdl.evaluation import again, crossval, job
from seqdl.evaluation.again import Again
from seqdl.jobs.spread import Spread
from seqdl.live_page import build
from seqdl.model.prediction import Prediction
from seqdl.model.recogniser import Recogniser
from seqdl.presets import load as load_config
from seqdl.reports import page
from seqdl.runs.folder import RunFolder
from seqdl.runs.manifest import Manifest
from seqdl.runs.shipped import shipped
from seqdl.video.arrays import Given
from seqdl.video.source import SECONDS

__all__ = ["Prediction", "Recogniser", "Run", "cross_validate", "fit", "load_config", "open_run"]


MAYBE = Kind((str, Path, NoneType))


@dataclass(frozen=True)
class Run(RunFolder):
    """A finished run: its records (``config``, ``result``, ``log``, ``environment``) and what can be done with it."""

    @functools.cached_property
    def recogniser(self) -> Recogniser:
        """Its networks."""
        return Recogniser.load(self)

    def predict(
        self,
        source: Given,
        box: str = "",
        rate: float | None = None,
        seconds: float = SECONDS,
        threshold: float = 0.0,
    ) -> Prediction:
        """Name the action in a video, wherever it comes from: see :meth:`seqdl.model.recogniser.Recogniser.predict`.

        Parameters
        ----------
        source : path, str, array or iterable of arrays
            The video.
        box, rate, seconds, threshold
            As there.
        """
        return self.recogniser.predict(source, box, rate, seconds, threshold)

    @door(
        dataset=TEXT, data_dir=MAYBE, variant=MAYBE, persons=MAYBE, person_pattern=MAYBE, workers=Whole(), say=CALLABLE
    )
    def evaluate(
        self,
        dataset: str = "",
        data_dir: str | None = None,
        variant: str | None = None,
        persons: str | None = None,
        workers: int = 1,
        say: job.Say = job.silent,
        person_pattern: str | None = None,
        maps: Sequence[str] = (),
    ) -> Again:
        """Evaluate it again, or on another dataset; see :func:`seqdl.evaluation.again.evaluate_again`.

        Parameters
        ----------
        dataset : str
            Another dataset; empty for the run's own.
        data_dir, variant, persons : str, optional
            As in the settings of the section ``data``; the run's own where absent.
        workers : int
            Processes that prepare video, and threads that describe it.
        say : callable
            Told what is left out.
        person_pattern : str, optional
            As ``persons``.
        maps : sequence of str
            Classes of the run and of the other dataset that are the same, such as ``["walking=walk"]``.
        """
        if isinstance(maps, str) or not all(isinstance(one, str) for one in maps):
            raise UsageError(f"maps={maps}: give texts, such as ['walking=walk']")
        return again.evaluate_again(self, dataset, data_dir, variant, persons, workers, say, person_pattern, maps)

    @door(out=Place(empty=True), box=("", *BOXES), say=CALLABLE)
    def page(
        self, videos: Sequence[str | Path] = (), out: str | Path = "", box: str = "", say: job.Say = job.silent
    ) -> Path:
        """Write one HTML file in which its networks compute in the browser; see :func:`seqdl.live_page.build.write`.

        Parameters
        ----------
        videos : sequence of path
            Files, folders of files or patterns whose first seconds the page brings along; rendered figures where there
            are none.
        out : path
            The file, of a name that ends in .html; empty for ``page.html`` in the run folder, or, for the networks that
            come with the package, in the current one.
        box : {"", "track", "person", "centre", "whole"}
            How the person is found; empty for the run's own rule.
        say : callable
            Told what is left out.

        Returns
        -------
        Path
            The file.
        """
        listed = isinstance(videos, Sequence) and not isinstance(videos, str)
        if not listed or not all(isinstance(one, str | Path) for one in videos):
            raise UsageError(f"videos={videos}: give paths, such as ['walking.avi']")
        path = Path(out) if str(out) else Path("" if self.path == shipped().path else self.path, "page.html")
        if path.suffix.lower() not in (".html", ".htm"):
            raise UsageError(f"out={out}: the page is HTML, so give a name that ends in .html")
        return build.write(self.recogniser, map(str, videos), path, self.path.resolve().name, box, say)

    def report(self) -> Path:
        """Write its report.md, with pictures where matplotlib is installed."""
        return page.write(self)


@door(out=Place(empty=True), resume=FLAG, workers=Whole(), say=CALLABLE, on_pass=CALLABLE)
def fit(
    config: Config,
    out: str | Path = "",
    resume: bool = False,
    workers: int = 1,
    say: job.Say = job.silent,
    on_pass: job.OnPass = job.silent,
) -> Run:
    """Train and evaluate one split of a protocol; see :func:`seqdl.evaluation.job.train`.

    Parameters
    ----------
    config : Config
        From :func:`load_config`.
    out : path
        The run folder: a new one, or with ``resume`` the one to go on with; empty for a new one below ``runs``.
    resume : bool
        Go on with the run in ``out``.
    workers : int
        Processes that prepare video, and threads that describe it. The processes are spawned, so a script that asks for
        several needs the ``if __name__ == "__main__"`` guard.
    say : callable
        Told, in sentences, what is going on.
    on_pass : callable
        Given every :class:`~seqdl.runs.result.Epoch` once, when its checkpoint is written.
    """
    _require_config(config)
    return Run(job.train(config, out, resume, workers, say, on_pass).path)


def open_run(folder: str | Path | None = None) -> Run:
    """A finished run; a SeqdlError says where ``folder`` is none, or the run is not finished.

    Without a folder it is the one that comes with the package: networks that learned from drawn figures to name KTH's
    six actions. ``seqdl info --trained`` tells how far they can be trusted.
    """
    if folder is None:
        return Run(shipped().path)
    if not isinstance(folder, str | Path) or folder == "":
        raise UsageError(f"folder: expected a path, got {type(folder).__name__ if folder != '' else 'an empty text'}")
    run = Run(Path(folder))
    _ = run.result
    return run


@door(out=Place(empty=True), watch=CALLABLE, address=TEXT)
def cross_validate(
    config: Config,
    seeds: Sequence[int] = (0,),
    out: str | Path = "",
    workers: int = 0,
    retries: int = 2,
    watch: crossval.Watch = job.silent,
    address: str = "",
    tls: Sequence[str] = (),
) -> Manifest:
    """Train and evaluate every split of a protocol with every seed; see :func:`seqdl.evaluation.crossval.crossval`.

    Parameters
    ----------
    config : Config
        From :func:`load_config`.
    seeds : sequence of int
        The seeds.
    out : path
        The folder: new, or that of the same cross-validation, which goes on; empty for one below ``runs`` that is
        named after the configuration.
    workers, retries
        Where draws are run: see :class:`seqdl.jobs.spread.Spread`. By default one after the other, in this process.
        Several processes are spawned, so a script that asks for them needs the ``if __name__ == "__main__"`` guard.
    watch : callable
        Told every :class:`~seqdl.jobs.job.Event`.
    address, tls
        The Dask cluster that runs the draws; empty for this machine.

    Returns
    -------
    Manifest
        ``rows``, ``summary`` and ``failed`` say what came of it.
    """
    _require_config(config)
    spread = Spread(workers, retries, address, tls)
    return crossval.crossval(config, seeds, out, spread, watch)


def _require_config(config: object) -> None:
    if not isinstance(config, Config):
        raise UsageError(f"config: expected what load_config gives, got {type(config).__name__}")
