"""The benchmarks of the video side and of starting run, and their rows say what they should."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from experiments import script as lines
from experiments.speed import startup, video

ROOT = Path(__file__).resolve().parents[2]
KEYS = {"name", "ours_ms", "peer_ms", "ratio", "p5_ratio", "rounds"}


def test_a_row_compares_medians_and_names_a_bad_round():
    row = lines.row("it", [0.001, 0.002, 0.003], [0.004, 0.002, 0.006], share=0.5)
    assert set(row) == KEYS | {"share"}
    assert (row["ours_ms"], row["peer_ms"], row["rounds"]) == (pytest.approx(2), pytest.approx(4), 3)
    assert row["ratio"] == pytest.approx(2) and 1 < row["p5_ratio"] < 1.2
    assert lines.row("it", [0.001])["ratio"] is None
    assert "share 0.5" in lines.table([row])


@pytest.mark.compiled(reason="times compiled code")
def test_stages_add_up_and_every_row_is_there(tmp_path):
    frames = np.random.default_rng(1).integers(60, 190, (video.FRAMES + 5, 120, 160), dtype=np.uint8)
    path = video.write_clip(tmp_path / "clip.avi", iter(frames))
    rows = video.stage_rows([path], 3)
    assert all(set(row) >= KEYS and row["rounds"] == 3 and 0 < row["ours_ms"] < 100 for row in rows)
    assert sum(row.get("share", 0) for row in rows) == pytest.approx(1)
    assert [row["name"] for row in rows if "share" in row] == [f"video: {name}" for name in video.STAGES]
    assert [row["name"] for row in rows if row["ratio"]] == ["video: reading"]
    alone, together = video.process_rows([path], 1)
    assert together["peer_ms"] == alone["ours_ms"] and alone["per_second"] == pytest.approx(1e3 / alone["ours_ms"])


def test_clips_are_of_kths_size_and_go_away(monkeypatch):
    monkeypatch.delenv("SEQDL_TEST_DATA", raising=False)
    with video.clips() as paths:
        assert len(paths) == 6
        for path in paths:
            with video.Reader(path) as reader:
                assert (reader.width, reader.height, reader.rate) == (160, 120, 25.0)
                assert sum(1 for _ in reader) >= video.FRAMES
    assert not paths[0].exists()


def test_help_takes_time_and_no_more_than_it_may():
    rows = startup.help_rows(3)
    assert [row["rounds"] for row in rows] == [3, 3]
    assert all(1 < row["ours_ms"] < 10 * row["limit_ms"] for row in rows)


@pytest.mark.compiled(reason="times compiled code")
def test_a_training_run_says_when_its_first_update_was(tmp_path):
    seen = startup.one_training(tmp_path, Path(os.environ["NUMBA_CACHE_DIR"]), "run")
    assert 0 <= seen["compiled"] <= seen["compiled or fetched"] < seen["whole"]
    assert 0 < seen["first update"] < seen["whole"] and 50 < seen["megabytes"] < 4000
    with pytest.raises(RuntimeError, match="the process failed"):
        startup.one_training(tmp_path, Path(os.environ["NUMBA_CACHE_DIR"]), "run")  # the folder exists already
