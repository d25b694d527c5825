"""The embedded default dataset: articulated figures rendered in grey, no download."""

from seqdl.datasets.actors.load import RECORD as RECORD
from seqdl.datasets.actors.load import load as load
