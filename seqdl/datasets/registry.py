"""The datasets by name."""

from __future__ import annotations

from pathlib import Path

from seqdl.datasets import folder, ixmas, kth, utinteraction, weizmann
from seqdl.datasets.base import Dataset
from seqdl.datasets.folder import near
from seqdl.errors import UsageError

NAMES = ("actors", "kth", "weizmann", "ixmas", "ut-interaction", "folder")
SOURCES = {
    "actors": "is rendered on this machine and needs nothing",
    "weizmann": "is published at https://www.wisdom.weizmann.ac.il/~vision/SpaceTimeActions.html: see data/README.md",
    "ixmas": "is published at https://www.epfl.ch/labs/cvlab/data/data-ixmas10/: see data/README.md",
    "ut-interaction": "is published at https://cvrc.ece.utexas.edu/SDHA2010/Human_Interaction.html: see data/README.md",
    "folder": "is your own videos: give their folder with --data-dir",
}
"""Where the datasets are that nobody but the user can fetch, as the end of a sentence."""


def load(name: str, data_dir: str | Path = "", variant: str = "", persons: str | Path = "") -> Dataset:
    """The dataset ``name``.

    Parameters
    ----------
    name : str
        One of ``NAMES``.
    data_dir : path
        Where its videos are; ``actors`` has none.
    variant : str
        Which reading of it; empty for its default.
    persons : path
        For ``folder``: a CSV file that says who acts in which file (see :func:`seqdl.datasets.folder.load`).

    Returns
    -------
    Dataset

    Raises
    ------
    UsageError
        For an unknown name or variant, and for a folder or list of persons that is missing or not wanted.
    SeqdlError
        For a folder that does not hold the dataset.
    """
    if name not in NAMES:
        raise UsageError(f"unknown dataset {name}{near(name, NAMES)}")
    if persons and name != "folder":
        raise UsageError(f"--persons is for --dataset folder; {name} knows its persons")
    if name == "actors":
        from seqdl.datasets import actors

        if data_dir:
            raise UsageError("--data-dir goes with a dataset of videos; actors needs none: name one with --dataset")
        return actors.load(folder.choose_variant(name, variant, actors.VARIANTS))
    if not data_dir:
        raise UsageError(f"dataset {name} needs its folder: give it with --data-dir DIR (data/README.md says which)")
    if name == "folder":
        return folder.load(data_dir, variant, persons)
    loaders = {"kth": kth, "weizmann": weizmann, "ixmas": ixmas, "ut-interaction": utinteraction}
    return loaders[name].load(data_dir, variant)


def describe() -> list[str]:
    """What there is, for a help text.

    Returns
    -------
    list of str
        A line for each dataset: its name, what it is, its variants with the default first.
    """
    from seqdl.datasets import actors

    about = {
        "actors": ("rendered figures, embedded, no download", actors.VARIANTS),
        "kth": ("KTH: listed sub-sequences or whole videos", kth.VARIANTS),
        "weizmann": ("Weizmann: ten actions, or nine without skip", weizmann.VARIANTS),
        "ixmas": ("IXMAS clips centred on the person", ixmas.VARIANTS),
        "ut-interaction": ("UT-Interaction's segmented clips of two people", utinteraction.VARIANTS),
        "folder": ("any folder of class folders", folder.VARIANTS),
    }
    return [f"{name:<14} {text} (variants: {', '.join(known)})" for name, (text, known) in about.items()]
