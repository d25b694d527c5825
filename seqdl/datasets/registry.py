"""The datasets by name. A dataset is known by one line here; everything else about it stands in its own record."""

import importlib
from pathlib import Path

from seqdl.base.words import local, near
from seqdl.datasets.base import Dataset, DatasetRecord
from seqdl.errors import UsageError

MODULES = (
    "seqdl.datasets.actors",
    "seqdl.datasets.kth",
    "seqdl.datasets.weizmann",
    "seqdl.datasets.ixmas",
    "seqdl.datasets.utinteraction",
    "seqdl.datasets.ucfsports",
    "seqdl.datasets.ucf11",
    "seqdl.datasets.ucf101",
    "seqdl.datasets.hmdb51",
    "seqdl.datasets.hollywood2",
    "seqdl.datasets.folder",
)
"""Each holds a ``RECORD``. They are imported when a command or a help text asks, and import nothing heavy."""


def records() -> dict[str, DatasetRecord]:
    """The records by name, in the order of ``MODULES``."""
    found: list[DatasetRecord] = [importlib.import_module(module).RECORD for module in MODULES]
    return {record.name: record for record in found}


def find(name: str) -> DatasetRecord:
    """The record of a name; a UsageError names the near ones of an unknown one."""
    if name not in (known := records()):
        raise UsageError(f"unknown dataset {name}{near(name, known)}")
    return known[name]


def of_the_paper() -> DatasetRecord:
    """The dataset of the paper's results."""
    return next(record for record in records().values() if record.of_the_paper)


def load(
    name: str, data_dir: str | Path = "", variant: str = "", persons: str | Path = "", person_pattern: str = ""
) -> Dataset:
    """The dataset ``name``.

    Its videos are in ``data_dir`` (a rendered one has none), ``variant`` is a reading of it, empty for its default, and
    ``persons`` for videos of one's own a CSV file that says who acts in which file, or ``person_pattern`` where that
    stands in their names. A folder, list of persons or pattern that is missing or not wanted is a UsageError, as are
    unknown names.
    """
    record = find(name)
    if (persons or person_pattern) and not record.own_videos:
        own = " or ".join(record.name for record in records().values() if record.own_videos)
        setting = "data.persons" if persons else "data.person_pattern"
        raise UsageError(f"{setting} is for data.dataset = {own}; {name} knows its persons")
    rendered = record.kind == "rendered"
    if data_dir and rendered:
        raise UsageError(f"data.data_dir goes with a dataset of videos; {name} needs none: name one with data.dataset")
    if not data_dir and not rendered:
        raise UsageError(f"dataset {name} needs its folder: give it with data.data_dir = DIR (see data/README.md)")
    if rendered:
        return record.load(variant=variant)
    more = {"persons": local(persons), "person_pattern": person_pattern} if record.own_videos else {}
    return record.load(folder=local(data_dir), variant=variant, **more)
