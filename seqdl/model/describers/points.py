"""The engineered baseline's describer: a HOF vector for each Harris-3D point (Section 4.2, Table 1)."""

from collections.abc import Iterable

import numpy as np

from seqdl.base import files
from seqdl.baseline import stip
from seqdl.config import Config
from seqdl.datasets.base import Dataset
from seqdl.errors import UsageError
from seqdl.model.describers.base import AS_IT_IS, Copy, Describer, Steps, View
from seqdl.stores import points as point_store
from seqdl.stores.points import PointStore, find, strongest


class Points(Describer[PointStore]):
    """Interest points in the order of time; see :class:`~seqdl.model.describers.base.Describer`.

    A point is the same wherever the picture is, so there are no moved copies; mirrored and flipped ones are made of
    the descriptors (:func:`seqdl.baseline.stip.turned`).
    """

    nothing = "no training sequence has any interest point: look at one with seqdl stip VIDEO --overlay"

    @staticmethod
    def values(config: Config, classes: int) -> int:
        """90 values of a HOF descriptor."""
        return stip.HOF

    @staticmethod
    def prepare(config: Config, dataset: Dataset, workers: int = 1) -> PointStore:
        """The store of points and descriptors."""
        return point_store.prepare(dataset, config, workers=workers)

    def describe(self, store: PointStore, name: str, copy: Copy = AS_IT_IS) -> Steps:
        """The descriptors of a sequence's strongest points."""
        steps = self._steps(store.steps(name, copy.mirror, copy.flip, self.config.stip.points))
        for array in (store.points, store.hof):
            files.release(array)
        return steps

    def check_box(self, box: str) -> None:
        """There is no box."""
        super().check_box(box)
        if box:
            raise UsageError(f"box={box}: the run's model, {self.config.model}, looks at the whole frame: leave it out")

    def view(self, frames: Iterable[np.ndarray], name: str, box: str = "") -> View:
        """The descriptors of a video's strongest points, which are looked for in the whole frame."""
        self.check_box(box)
        count = 0

        def counted() -> Iterable[np.ndarray]:
            nonlocal count
            for frame in frames:
                count += 1
                yield frame

        found, hof = find(counted(), self.config, name)
        kept = strongest(found, self.config.stip.points)
        return View(self._steps(hof[kept]), found["t"][kept], count)

    def _steps(self, descriptors: np.ndarray) -> Steps:
        return Steps(descriptors, np.empty((0, len(self.classes))))
