"""The networks that come with the package: as they were made, by their recipe, with a card of what is on record."""

import json
import shutil

import numpy as np
import pytest

import seqdl
from experiments import fill, trained, transfer
from seqdl import info
from seqdl.base import files
from seqdl.errors import SeqdlError
from seqdl.runs import shipped
from seqdl.runs.settings import settings


def test_the_files_are_those_whose_hashes_are_listed():
    assert shipped.sums(shipped.digests(shipped.FOLDER)) == (shipped.FOLDER / shipped.DIGESTS).read_text()
    assert json.loads((shipped.FOLDER / shipped.ELSEWHERE).read_text())["networks"] == trained.networks(shipped.FOLDER)
    assert sum(path.stat().st_size for path in shipped.FOLDER.iterdir()) < 250_000


def test_they_are_plain_numbers_and_nothing_that_only_training_needs():
    for name, size in (("convnet", 17_169), ("lstm", 25_956)):
        with np.load(shipped.shipped().checkpoint(name), allow_pickle=False) as content:
            assert set(content.files) - {"mean", "deviation", "prior"} == {"theta", "values"}
            assert content["theta"].shape == (size,) and content["theta"].dtype == np.float32


def test_they_are_a_run_by_the_recipe():
    run, wanted = seqdl.open_run(), trained.recipe()
    assert settings(run.config) == settings(wanted)
    chosen, asked = run.config.data, wanted.data
    assert (chosen.dataset, chosen.variant, chosen.protocol, chosen.draw) == (
        "actors",
        asked.variant,
        "draws",
        asked.draw,
    )
    assert run.config.seed == wanted.seed == run.result.seed
    assert not set(run.result.split.train_persons) & set(run.result.split.test_persons)


def test_the_card_is_what_is_on_record(capsys):
    text = shipped.card()
    assert fill.fill(text, trained.blocks(shipped.FOLDER), shipped.CARD) == text
    assert info.main(["--trained"]) == 0
    assert capsys.readouterr().out == f"{shipped.FOLDER}\n\n{text}"
    assert info.main(["--trained", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"run": str(shipped.FOLDER), "card": text}


def test_what_they_are_said_to_know_owns_up_to_the_videos_that_the_recipe_was_chosen_by():
    real = shipped.elsewhere(shipped.FOLDER)
    assert transfer.halves({one.person for one in real.sequences})["choosing"] == list(shipped.CHOOSING)
    said = f"named {real.scores['lstm'].correct} of 14 real videos of KTH rightly, 10 of which were looked at when the"
    assert said in shipped.told()


@pytest.fixture
def other(tmp_path):
    """A build with other networks."""
    folder = shutil.copytree(shipped.FOLDER, tmp_path / "other")
    shutil.copy(folder / "lstm.npz", folder / "convnet.npz")
    return folder


def edit(path, *keys, value):
    """Change a value in a JSON file."""
    whole = values = files.read_json(path)
    for key in keys[:-1]:
        values = values[key]
    values[keys[-1]] = value
    files.write_json(path, whole)


def test_builds_are_compared_by_their_bytes_and_else_by_what_they_reach(other):
    kept = shipped.FOLDER
    assert trained.compare(kept, kept) == "the same networks, byte for byte"
    with pytest.raises(SeqdlError, match="same kind of machine: the program has changed"):
        trained.compare(other, kept)
    edit(other / "env.json", "cpu", value="another")
    assert "differ by 0.0% (voting) and 0.0% (LSTM)" in trained.compare(other, kept)
    edit(other / "result.json", "lstm", "accuracy", value=0.5)
    with pytest.raises(SeqdlError, match="of another quality: made on another"):
        trained.compare(other, kept)


@pytest.fixture
def built(tmp_path, monkeypatch):
    """A copy of the package's networks, and a finished run that these were reduced from."""
    monkeypatch.setattr(shipped, "FOLDER", shutil.copytree(shipped.FOLDER, tmp_path / "package"))
    run = shutil.copytree(shipped.FOLDER, tmp_path / "out" / "run")
    for name in ("convnet", "lstm"):
        with np.load(run / f"{name}.npz") as content:
            arrays = dict(content)
        np.savez(run / f"{name}.npz", velocity=arrays["theta"], **arrays)
    return run


def test_what_is_made_of_the_same_run_is_the_same(built, capsys):
    before = shipped.digests(shipped.FOLDER)
    assert trained.main(["--out", str(built.parent)]) == 0
    assert shipped.digests(shipped.FOLDER) == before
    assert trained.main(["--out", str(built.parent), "--check"]) == 0
    assert "the same networks, byte for byte" in capsys.readouterr().out


def test_networks_that_nobody_has_tried_on_real_video_are_refused(built, capsys):
    before = shipped.digests(shipped.FOLDER)
    with np.load(built / "convnet.npz") as content:
        arrays = dict(content)
    np.savez(built / "convnet.npz", **{**arrays, "theta": 2 * arrays["theta"]})
    assert trained.main(["--out", str(built.parent)]) == 1
    assert "give its videos with --kth DIR" in capsys.readouterr().err
    assert shipped.digests(shipped.FOLDER) == before
