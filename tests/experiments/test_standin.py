"""The stand-in has KTH's exact shape, comes the way KTH comes, and is never taken for it."""

import zipfile
from collections import Counter
from pathlib import Path

import pytest

from experiments import standin
from seqdl import prepare
from seqdl.datasets import kth
from seqdl.datasets.kth import archives as kth_archives
from seqdl.video.reader import Reader

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def ranges():
    return {name: standin.layout(name)[2] for name in kth.VIDEOS}


def test_it_lists_what_the_published_list_counts(ranges):
    by_action = Counter(name.split("_")[1] for name, found in ranges.items() for _ in found)
    assert len(ranges) == 599 and by_action == kth.SEQUENCES
    assert Counter(map(len, ranges.values())) == {4: 594, 3: 5}


def test_which_videos_are_odd_is_as_published(ranges, test_data):
    published = kth.read_list(test_data / "kth" / kth.LIST)
    three = {name for name, found in published.items() if len(found) == 3}
    assert {name for name, found in ranges.items() if len(found) == 3} == three
    disordered = [name for name, found in published.items() if list(found) != sorted(found)]
    assert sorted(name for name, found in ranges.items() if list(found) != sorted(found)) == sorted(disordered)


@pytest.mark.parametrize("name", ["person03_running_d2", "person07_jogging_d4", "person21_boxing_d2", kth.TRUNCATED])
def test_a_video_holds_its_ranges_and_gaps(ranges, tmp_path, name):
    (tmp_path / "video.avi").write_bytes(standin.video(name))
    with Reader(tmp_path / "video.avi") as reader:
        frames = list(reader)
    assert {frame.shape for frame in frames} == {(120, 160)}
    last = max(last for _, last in ranges[name])
    assert len(frames) == last + 1 + (standin.GAP if name != kth.TRUNCATED else -standin.GAP)
    _, shown, _ = standin.layout(name)
    assert len(frames) == sum(last - first + 1 for first, last in shown)


def test_walkers_are_in_the_picture_where_it_is_listed_and_not_between():
    take, shown, _ = standin.layout("person03_walking_d1")
    inside = [[0 < take.columns[k] < 160 for k in range(first, last + 1)] for first, last in shown]
    assert all(map(all, inside[::2])) and not any(map(any, inside[1::2]))


@pytest.fixture
def small(monkeypatch):
    """As if KTH were four videos of two actions."""
    names = [f"person{p:02d}_{action}_d1" for action in ("boxing", "walking") for p in (1, 2)]
    monkeypatch.setattr(kth, "ACTIONS", ("boxing", "walking"))
    monkeypatch.setattr(kth, "VIDEOS", tuple(names))
    counted = {"boxing": 8, "walking": 8}
    monkeypatch.setattr(kth, "SEQUENCES", counted)
    inventory = kth_archives.Inventory(frozenset(names), counted)
    monkeypatch.setattr(kth_archives, "PUBLISHED", inventory)
    monkeypatch.setattr(kth_archives.verify, "__defaults__", ("kth2", inventory))
    return names


def test_from_archives_and_list_to_prepared_sequences(small, tmp_path, cache, capsys):
    """As ``seqdl prepare kth`` does with what somebody has brought; from a server it is the same once it is here."""
    folder = tmp_path / "kth"
    assert standin.main([str(folder)]) == 0
    sums = (folder / "sums.txt").read_text().splitlines()
    assert [line.split()[1] for line in sums] == ["boxing.zip", "walking.zip"]
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert standin.main([str(folder)]) == 0  # nothing is made anew
    (folder / "boxing.zip").unlink()
    (folder / "sums.txt").unlink()
    assert standin.main([str(folder)]) == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    with zipfile.ZipFile(folder / "walking.zip") as packed:
        assert packed.namelist() == ["person01_walking_d1_uncomp.avi", "person02_walking_d1_uncomp.avi"]

    assert prepare.main(["kth", "--data-dir", str(folder), "--sums", str(folder / "sums.txt"), "--workers", "1"]) == 0
    out, err = capsys.readouterr()
    assert "kth-standin kth2: 16 sequences" in out and "--dataset kth --" in out
    assert standin.HEAD in err and "complete: 4 videos, 16 listed sequences" in err
