"""Many videos answered for by worker processes: the same as in this one, in their order, what is wrong in its words."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqdl.base import pool
from seqdl.errors import SeqdlError
from seqdl.model import several
from seqdl.model.recogniser import Recogniser
from seqdl.model.several import Asked, answers
from seqdl.runs.shipped import shipped


@pytest.fixture
def work(monkeypatch):
    """What a worker process would do, done here; how often it was asked for, and by how many processes."""
    asked = []
    in_groups = pool.in_groups

    def here(work, groups, workers, *names):
        asked.append((len(groups), workers))
        return in_groups(work, groups, 1, *names)

    monkeypatch.setattr(several.pool, "in_groups", here)
    return asked


@pytest.mark.compiled(reason="reads with the network of the paper")
def test_many_videos_are_answered_for_as_one_is(walkers, tmp_path, monkeypatch, work):
    good = str(walkers / "moving" / "ann_0.avi")
    damaged = tmp_path / "damaged.avi"
    damaged.write_bytes(Path(good).read_bytes()[:300])
    videos = [good] * 4 + [str(damaged)] + [good] * 5
    run, recogniser = shipped(), Recogniser.load(shipped())
    with pytest.raises(SeqdlError) as wrong:
        recogniser.predict(str(damaged))
    expected = recogniser.predict(good, "track", threshold=0.4).to_dict()
    monkeypatch.setattr(several, "MUCH", 0)
    with answers(recogniser, Asked(run.path, (), "track", 0.4), videos, 3) as answer:
        for video in videos:
            if video == good:
                assert answer(Path(video), video).to_dict() == expected
            else:
                with pytest.raises(SeqdlError) as said:
                    answer(Path(video), video)
                assert str(said.value) == str(wrong.value)
    assert work == [(10, 3)]


def test_few_videos_small_ones_and_what_is_no_file_are_looked_at_here(walkers, monkeypatch, work):
    class Here:
        def predict(self, file, box, threshold, name):
            return file, box, threshold, name

    good = str(walkers / "moving" / "ann_0.avi")
    asked = Asked(Path("run"), (), "person", 0.5)
    for much, videos, workers in ((0, [good] * 8, 2), (2**27, [good] * 20, 2), (0, [good] * 9 + ["0"], 2)):
        monkeypatch.setattr(several, "MUCH", much)
        with answers(Here(), asked, videos, workers) as answer:
            assert answer(Path(good), "it") == (Path(good), "person", 0.5, "it")
    monkeypatch.setattr(several, "MUCH", 0)
    with answers(Here(), asked, [good] * 20, 1) as answer:
        assert answer(Path(good), "it")[3] == "it"
    assert work == []


def test_an_answer_is_that_of_the_video_that_is_asked_for(tmp_path, monkeypatch, work):
    """Of some nobody asks, as of those that were there at the start and cannot be fetched later."""
    videos = [str(tmp_path / f"{k}.avi") for k in range(10)]
    for video in videos:
        Path(video).touch()
    monkeypatch.setattr(several, "MUCH", 0)
    monkeypatch.setattr(several, "_predictions", lambda found, asked: [several.title(one) + "!" for one in found])
    with answers(None, Asked(Path("run"), ()), videos, 2) as answer:
        for video, expected in ((videos[0], None), (videos[3], None), (videos[9], None), (videos[9], pool.DIED)):
            with pytest.raises(SeqdlError) as said:
                answer(Path(video), video)
            assert str(said.value) == (expected or f"{video}!")
