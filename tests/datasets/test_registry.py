"""Datasets by name."""

import subprocess
import sys

import pytest

from seqdl.datasets import registry
from seqdl.errors import UsageError


@pytest.mark.parametrize(
    "name, file, variant, default",
    [
        ("kth", "person01_boxing_d1_uncomp.avi", "kth1", ""),
        ("weizmann", "ira_wave1.avi", "9", "10"),
        ("ixmas", "alba1_10_kick_cam3_frames_0794_0871.avi", "all", "all"),
        ("ut-interaction", "1_12_3.avi", "set2", ""),
        ("folder", "wave/a.avi", "all", "all"),
    ],
)
def test_each_name_loads_its_dataset(tmp_path, name, file, variant, default):
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).touch()
    data = registry.load(name, tmp_path, variant)
    assert (data.name, data.variant, len(data.sequences)) == (name, variant, 1)
    if default:
        assert registry.load(name, str(tmp_path)).variant == default


def test_the_embedded_dataset_needs_no_folder(tmp_path):
    data = registry.load("actors")
    assert data.name == "actors" and data.sequences
    with pytest.raises(UsageError, match="actors needs none"):
        registry.load("actors", tmp_path)
    with pytest.raises(UsageError, match=r"dataset actors has no variant huge; known: .*small"):
        registry.load("actors", variant="huge")


@pytest.mark.parametrize(
    "name, meant", [("kht", "kth"), ("weizman", "weizmann"), ("actor", "actors"), ("KTH", "known")]
)
def test_an_unknown_name_brings_the_near_ones(name, meant):
    with pytest.raises(UsageError, match=f"unknown dataset {name}; .*{meant}"):
        registry.load(name)


@pytest.mark.parametrize("name", ["kth", "weizmann", "ixmas", "ut-interaction", "folder"])
def test_datasets_of_videos_need_a_folder(name):
    with pytest.raises(UsageError, match=f"dataset {name} needs its folder: give it with data.data_dir = DIR"):
        registry.load(name)


def test_persons_are_for_folders(tmp_path):
    (tmp_path / "wave").mkdir()
    (tmp_path / "wave" / "a.avi").touch()
    (tmp_path / "who.csv").write_text("file,person\nwave/a.avi,ann\n")
    assert registry.load("folder", tmp_path, persons=tmp_path / "who.csv").persons == ("ann",)
    with pytest.raises(UsageError, match=r"data\.persons is for data\.dataset = folder"):
        registry.load("kth", tmp_path, persons=tmp_path / "who.csv")


def test_names_are_known_without_heavy_imports():
    """A help text must not wait for the compiler, the video library or NumPy."""
    code = (
        "import argparse, sys\nfrom seqdl.datasets.options import add_data\nadd_data(argparse.ArgumentParser())\n"
        "print({'numpy', 'numba', 'av', 'imageio', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
