"""The embedded default dataset: articulated figures rendered in grey, no download."""

from seqdl.datasets.actors.gait import CLASSES as CLASSES
from seqdl.datasets.actors.load import VARIANTS as VARIANTS
from seqdl.datasets.actors.load import load as load
from seqdl.datasets.actors.load import render as render

__all__ = ["CLASSES", "VARIANTS", "load", "render"]
