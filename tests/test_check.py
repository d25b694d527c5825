"""A dataset checked before training: the screen, JSON, the picture, exit codes, and each thing to mind."""

from __future__ import annotations

import importlib
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from made_folder import encode, make, moving
from PIL import Image

from seqdl import check
from seqdl.base import pool
from seqdl.config import load
from seqdl.datasets import folder as folders
from seqdl.evaluation import estimate as estimates
from seqdl.evaluation import samples
from seqdl.evaluation.check import check as look
from seqdl.reports import check as page
from seqdl.reports import check_sheet
from seqdl.show import sheet


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make(tmp_path_factory.mktemp("made") / "videos", np.random.default_rng(3))


@pytest.fixture(scope="module")
def fine(tmp_path_factory):
    """Two classes of three persons, with nothing wrong."""
    made, rng = tmp_path_factory.mktemp("fine"), np.random.default_rng(1)
    videos = [(f"{label}/{person}.avi", person) for label in ("sit", "wave") for person in ("ann", "bob", "cec")]
    for name, _ in videos:
        encode(made / name, moving(rng))
    (made / "persons.csv").write_text("\n".join(["file,person", *map(",".join, videos)]))
    return made


@pytest.fixture(scope="module")
def found(folder):
    return look(load(settings=["data.dataset=folder", f"data.data_dir={folder}"]))


@pytest.fixture(scope="module")
def screen(found):
    return page.screen(found, "")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def of(found, kind):
    return [finding for finding in found.findings if finding.kind == kind]


def about(found, word):
    [finding] = [finding for finding in found.findings if word in finding.text]
    return finding


def facts(found, name):
    [file] = [file for file in found.files if file.name.endswith(name)]
    return file


def test_it_can_be_trained_on_and_is_not_whole(found):
    assert found.trainable and not found.whole


def test_what_is_left_out_is_named_with_its_reason(found):
    lost = about(found, "will be left out")
    assert lost.kind == "lost" and lost.text.startswith("3 of 14 sequences")
    assert lost.names == ("wave right/ann-cut.avi", "wave right/ann-text.mp4", "wave right/cec-short.avi")
    assert "wave right/cec-short.avi has 5 frames, a window needs 9" in lost.text
    assert "cannot be read as a video" in facts(found, "ann-text.mp4").reason
    assert found.left.keys() == set(lost.names)
    assert "notes.txt" in about(found, "no videos").text


def test_what_is_damaged_is_told_where_it_is_used(folder, tmp_path):
    mine = shutil.copytree(folder, tmp_path / "mine")
    cut = mine / "wave right" / "ann-cut.avi"
    data = encode(cut, moving(np.random.default_rng(8), 60)).read_bytes()
    cut.write_bytes(data[: len(data) * 3 // 4])
    found = look(load(settings=["data.dataset=folder", f"data.data_dir={mine}"]))
    damaged = about(found, "file is damaged")
    assert damaged.kind == "lost" and damaged.names == ("wave right/ann-cut.avi",)
    assert "the header declares 60 frames" in damaged.text and damaged.remedy
    assert facts(found, "ann-cut.avi").damaged and "wave right/ann-cut.avi" in found.lengths
    assert "wave right/ann-cut.avi" not in {sample.name for sample in found.samples}


def test_one_video_under_two_persons_is_named_with_both(found):
    [pair] = found.twins
    assert pair.files == ("wave left/ann.avi", "wave left/cec-again.mp4") and not pair.mirrored
    warning = about(found, "same video")
    assert warning.kind == "warning" and "(ann) = wave left/cec-again.mp4 (cec)" in warning.text and warning.remedy


def test_one_video_in_two_classes_or_of_one_person(folder, tmp_path):
    mine = shutil.copytree(folder, tmp_path / "mine")
    shutil.copy(mine / "wave left" / "bob.avi", mine / "wave right" / "bob-other.avi")
    shutil.copy(mine / "wave left" / "dan.avi", mine / "wave left" / "dan-too.avi")
    with (mine / "persons.csv").open("a") as file:
        file.write("wave right/bob-other.avi,bob\nwave left/dan-too.avi,dan\n")
    found = look(load(settings=["data.dataset=folder", f"data.data_dir={mine}"]))
    wrong, twice = about(found, "in two classes"), about(found, "of one person and class")
    assert (
        wrong.kind == "warning"
        and "wave left/bob.avi (wave left) = wave right/bob-other.avi (wave right)" in wrong.text
    )
    assert twice.kind == "note" and twice.names == ("wave left/dan-too.avi = wave left/dan.avi",)


def test_left_and_right_are_a_warning_where_copies_are_mirrored(folder, found):
    warning = about(found, "mirror exchanges")
    assert warning.kind == "warning" and "--set convnet.copies=none --set lstm.copies=none" in warning.remedy
    assert sum("mirror" in finding.text for finding in found.findings) == 1
    settings = ["data.dataset=folder", f"data.data_dir={folder}", "convnet.copies=none", "lstm.copies=none"]
    assert "mirror" not in page.screen(look(load(settings=settings)), "")


def test_rates_and_turns_are_those_of_the_files(found, screen):
    fast, slow, turned = (facts(found, name) for name in ("bob-fast.mp4", "cec-slow.mp4", "bob-turned.mp4"))
    assert (fast.rate, fast.frames, fast.used) == (50, 60, 30)
    assert (slow.rate, slow.frames) == (15, 20) and 33 <= slow.used <= 34
    assert (turned.width, turned.height, turned.turn) == (80, 64, "turned by 90 degrees to the left")
    assert "25 (11), 50 (1), 15 (1); a network sees 25" in screen
    assert "80 x 64 (12), 40 x 32 (1)" in screen and "turned by 90 degrees to the left (1)" in screen
    assert about(found, "fewer than 25").names == ("wave right/cec-slow.mp4",)


def test_as_stored_nothing_is_too_slow(folder):
    found = look(load(settings=["data.dataset=folder", f"data.data_dir={folder}", "video.rate=stored"]))
    assert found.lengths["wave right/bob-fast.mp4"] == 60 and found.lengths["wave right/cec-slow.mp4"] == 20
    assert found.seconds["wave right/bob-fast.mp4"] == 1.2
    assert "each sees its own" in page.screen(found, "") and "fewer than" not in page.screen(found, "")


def test_classes_persons_and_the_split(found, screen):
    left, right = found.classes
    assert (left.label, left.files, left.sequences, left.persons) == ("wave left", 6, 6, 4)
    assert (right.files, right.persons) == (5, 3)
    assert left.train + left.test == 6 and right.train + right.test == 5
    assert set(found.train) | set(found.test) == {"ann", "bob", "cec", "dan"} and found.split.startswith("Draw 1")
    assert found.persons == {"ann": [], "bob": [], "cec": [], "dan": ["wave right"]}
    assert "1 of 4 lack classes: dan (wave right)" in screen


def test_without_persons_each_file_is_one_and_that_is_a_warning(folder, tmp_path):
    mine = shutil.copytree(folder, tmp_path / "mine", ignore=shutil.ignore_patterns("persons.csv"))
    found = look(load(settings=["data.dataset=folder", f"data.data_dir={mine}"]))
    warning = about(found, folders.ALONE)
    assert warning.kind == "warning" and "persons.csv" in warning.remedy
    assert "data.person_pattern" in warning.remedy and found.unit == "video"
    screen = page.screen(found, "")
    assert "not known, each file counts as one" in screen and "drawn at random within each class" in screen
    assert found.left and not {*found.train, *found.test} & set(found.left) and "nothing can be used" in screen
    assert about(found, "same video").text.startswith("1 pair of files is the same video: ")


def test_a_pattern_says_who_acts_and_everything_may_train(folder, tmp_path, capsys):
    mine = shutil.copytree(folder, tmp_path / "mine", ignore=shutil.ignore_patterns("persons.csv"))
    command = ["mine", "--no-sheet", "--workers", "1", "--person-pattern"]
    assert check.main([*command, "(?P<person>[a-z]+)", "--protocol", "all"]) == 1  # something is left out
    out = capsys.readouterr().out
    assert "1 of 4 lack classes: dan (wave right)" in out and "All 4 persons train and nothing is tested" in out
    assert "no accuracy is known" in out and "Test:" not in out
    assert check.main([*command, "{person}_*"]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "--person-pattern {person}_*: does not fit" in err
    assert mine.exists()


def test_the_screen_is_one_screen(screen):
    lines = screen.splitlines()
    assert lines[0].startswith("folder all in ") and lines[0].endswith("can be trained on; mind 4 things")
    assert len(lines) <= 45 and max(map(len, lines[1:])) <= 100


def test_many_classes_and_findings_stay_one_screen(found):
    classes = [replace(found.classes[0], label=f"class {k} {'x' * 80}", sequences=50 - k) for k in range(50)]
    warnings = [replace(finding, text="much " * 200, remedy="do " * 200) for finding in found.findings * 10]
    lines = page.screen(replace(found, classes=classes, findings=warnings), "").splitlines()
    assert len(lines) <= 45 and max(map(len, lines[1:])) <= 100
    assert any("and 40 more with at least 10 sequences each" in line for line in lines)
    shown = sum("-> do" in line for line in lines)
    assert shown > 2 and any(f"and {len(warnings) - shown} more: --json has them all" in line for line in lines)


def test_the_command_prints_draws_and_says_where(folder, tmp_path, capsys):
    assert check.main([f"{folder}/", "--workers", "1"]) == 1
    out, err = capsys.readouterr()
    assert err == "" and out.splitlines()[-1].split() == ["look", "at", "videos-check.png"]
    assert "choose another split with --draw or --protocol" in out or "this split tests" not in out
    assert [path.name for path in tmp_path.iterdir()] == ["videos-check.png"]
    with Image.open("videos-check.png") as picture:
        assert picture.width <= 2000
        assert (np.asarray(picture) == sheet.SEEN).all(axis=-1).sum() > 500


def test_json_has_everything(folder, capsys, found):
    command = ["folder", "--data-dir", str(folder), "--sheet", "seen.png", "--json", "--workers", "1"]
    assert check.main(command) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["trainable"] is True and told["whole"] is False and told["sheet"] == "seen.png"
    assert [file["name"] for file in told["files"]] == [file.name for file in found.files]
    assert told["left"] == found.left and told["lengths"] == found.lengths
    assert told["twins"][0]["persons"] == ["ann", "cec"]
    assert {sample["name"] for sample in told["samples"]} == {sample.name for sample in found.samples}
    assert told["cost"]["disk"] == sum(found.lengths.values()) * (54 * 34 * 4 + 1)


def test_several_processes_find_the_same(folder, found, capsys, monkeypatch):
    monkeypatch.setattr(pool, "FEW", 0)
    command = [str(folder), "--no-sheet", "--json", "--workers", "2"]
    assert check.main(command) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["left"] == found.left and told["lengths"] == found.lengths and len(told["twins"]) == 1


def test_what_is_fine_is_said_in_a_line(fine, tmp_path, capsys):
    assert check.main([str(fine), "--no-sheet"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == f"folder all in {fine}: can be trained on, nothing is wrong with it" and out[1] == ""
    assert list(tmp_path.iterdir()) == []


def test_what_is_rendered_has_no_files(capsys):
    persons = ["--only-persons", "person01", "person02"]
    assert check.main(["actors", "--no-sheet", "--workers", "1", *persons]) == 0
    out = capsys.readouterr().out
    assert "none: rendered on this machine; 48 sequences" in out
    assert "Only 2 persons of 10 are looked at" in out


def test_no_split_is_a_no_with_the_reason(folder, capsys):
    assert check.main([str(folder), "--no-sheet", "--only-persons", "ann"]) == 1
    out = capsys.readouterr().out
    assert "can NOT be trained on" in out
    assert "NO a split by person needs two persons or more" in out and "split      none can be made" in out


def test_a_class_of_which_nothing_can_be_used_is_a_no(tmp_path, capsys):
    rng = np.random.default_rng(4)
    for person in ("ann", "bob", "cec"):
        encode(tmp_path / "mine" / "wave" / f"{person}.avi", moving(rng))
        (tmp_path / "mine" / "sit").mkdir(exist_ok=True)
        (tmp_path / "mine" / "sit" / f"{person}.avi").write_bytes(b"")
    assert check.main(["mine", "--no-sheet"]) == 1
    out = capsys.readouterr().out
    assert "NO with what can be used of it, split 1 (draws) of folder: no training sequences of sit" in out
    assert "the file is empty" in out


def test_nothing_usable_is_a_no_and_no_picture(tmp_path, capsys):
    for label in ("sit", "wave"):
        (tmp_path / "mine" / label).mkdir(parents=True)
        for name in ("a.avi", "b.mp4"):
            (tmp_path / "mine" / label / name).write_bytes(b"\0" * 2000)
    assert check.main(["mine"]) == 1
    assert "NO no sequence can be used" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_class_of_one_person_and_one_that_is_not_tested(tmp_path, capsys):
    rng = np.random.default_rng(6)
    rows = ["file,person"]
    for label, persons in (("wave", "abc"), ("sit", "abc"), ("jump", "a")):
        for person in persons:
            encode(tmp_path / "mine" / label / f"{person}.avi", moving(rng, 12))
            rows.append(f"{label}/{person}.avi,{person}")
    (tmp_path / "mine" / "persons.csv").write_text("\n".join(rows))
    assert check.main(["mine", "--no-sheet", "--protocol", "leave-one-person-out", "--draw", "2"]) == 0
    out = capsys.readouterr().out
    assert "1 class is of one person alone: jump" in out
    assert "this split tests nothing of jump" in out and "choose another split with --draw or --protocol" in out


def test_unforeseen_failures_of_one_file_end_nothing(folder, monkeypatch):
    from seqdl.evaluation import survey

    real = survey._read

    def read(file, rate):
        if file.name == "dan.avi":
            raise RuntimeError("a library\nfell over")
        return real(file, rate)

    monkeypatch.setattr(survey, "_read", read)
    monkeypatch.setattr(samples, "_look_at", lambda *_: 1 / 0)
    found = look(load(settings=["data.dataset=folder", f"data.data_dir={folder}"]))
    assert "RuntimeError: a library fell over" in found.left["wave left/dan.avi"]
    assert found.samples == [] and found.cost.prepare is None and found.trainable


def test_nobody_to_be_seen_is_a_warning(tmp_path):
    rng = np.random.default_rng(9)
    for label in ("sit", "wave"):
        for person in "ab":
            still = np.full((20, 64, 80), 90, np.uint8) + rng.integers(0, 2, (64, 80), dtype=np.uint8)
            encode(tmp_path / "mine" / label / f"{person}.avi", still)
    found = look(load(settings=["data.dataset=folder", "data.data_dir=mine"]))
    warning = about(found, "hardly anybody")
    assert "video.box" in warning.remedy and len(warning.names) == 4
    drawn = np.asarray(check_sheet.sheet(found.samples, "mine"))
    assert (drawn == sheet.NOBODY).all(axis=-1).any() and not (drawn == sheet.SEEN).all(axis=-1).any()


def test_little_space_is_a_warning(folder, monkeypatch):
    from seqdl.datasets import download

    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1))
    found = look(load(settings=["data.dataset=folder", f"data.data_dir={folder}"]))
    assert about(found, "no space for").kind == "warning"


def test_a_picture_that_cannot_be_written_hides_nothing(fine, capsys):
    assert check.main([str(fine), "--sheet", "nowhere/a.png"]) == 1
    out, err = capsys.readouterr()
    assert "can be trained on" in out and "look at" not in out
    assert err.startswith("seqdl check: error: cannot write nowhere/a.png") and err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments, code, message",
    [
        (["weizman"], 2, "weizman is neither a dataset nor a folder of class folders; did you mean weizmann?"),
        (["nowhere/"], 2, "nowhere/ is neither a dataset nor a folder"),
        (["kth"], 2, "dataset kth needs its folder: give it with --data-dir DIR"),
        (["empty"], 1, "empty: no videos"),
        (["empty", "--data-dir", "x"], 2, "--data-dir x: the folder is empty already"),
        (["actors", "--sheet", "a.jpg"], 2, "--sheet a.jpg: the picture is a PNG"),
        (["actors", "--protocol", "drawn"], 2, "unknown protocol drawn"),
        (["actors", "--draw", "99", "--protocol", "leave-one-person-out"], 2, "no split 99: choose --draw from 1"),
        (["actors", "--set", "convnet.rows=55"], 2, "cannot be divided"),
        (["actors", "--model", "single-step", "--set", "lstm.input_scaling=standardise"], 2, "use none"),
        (["actors", "--model", "single-step", "--set", "single_step.longest=5"], 2, "single_step.longest = 5"),
        (["actors", "--model", "single-step", "--warm", "empty"], 2, "empty: is no run folder"),
    ],
)  # fmt: skip
def test_wrong_usage_is_one_line(tmp_path, capsys, arguments, code, message):
    (tmp_path / "empty").mkdir()
    assert check.main(arguments) == code
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and err.startswith("seqdl check: error: ") and message in err
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_an_inner_split_never_reads_the_test_persons(folder):
    settings = ["data.dataset=folder", f"data.data_dir={folder}", "data.inner=leave-one-person-out"]
    found = look(load(settings=settings))
    outer = look(load(settings=settings[:2]))
    assert {person for file in found.files for person in file.persons} == set(outer.train)


def test_the_estimate_grows_with_what_there_is_to_do(monkeypatch):
    monkeypatch.setattr(estimates, "compiling", lambda _: 0.0)

    def cost(*settings, clips=10, workers=1):
        config = load(settings=settings)
        return estimates.estimate(config, 6, 2000 * clips, [100] * clips, [100] * clips, [0.001], workers)

    usual = cost()
    assert cost(clips=20) == estimates.Estimate(2 * usual.disk, 2 * usual.prepare, pytest.approx(2 * usual.train))
    assert cost(workers=4).prepare == usual.prepare / 4
    assert usual.prepare == pytest.approx(20_000 * (0.001 + estimates.NORMALISE))
    learning = 20 * 10 * 23 * estimates.UPDATE
    assert learning < usual.train < 1.5 * learning
    assert cost("convnet.epochs=40").train - usual.train == pytest.approx(learning)
    assert cost("convnet.c1_maps=14").train > 2 * usual.train
    assert cost("lstm.shift=2").train > usual.train
    assert cost("model=stip-lstm").train is None and cost("backend=numpy").train is None


def test_what_is_compiled_is_what_a_configuration_needs_and_nobody_has(monkeypatch, tmp_path):
    monkeypatch.setattr(estimates, "compiled_folder", lambda: tmp_path)
    seconds = estimates.COMPILE
    for module, _, function in (name.rpartition(".") for name in seconds):
        assert callable(getattr(importlib.import_module(f"seqdl.kernels.{module}"), function))
    usual, single = estimates.compiling(load()), "networks.single_step.run_updates"
    assert usual == pytest.approx(sum(seconds[name] for name in seconds if "networks" in name and name != single))
    dropped = estimates.compiling(load(settings=["vary.bar=0.2", "lstm.dropout=0.1"]))
    assert dropped - usual == pytest.approx(seconds["layers.vary.render_clips"] + seconds["layers.dropout.mask"])
    (tmp_path / "kernels.layers.vary.render_clips-0123.code").touch()
    assert estimates.compiling(load(settings=["vary.bar=0.2"])) == usual


def test_samples_are_of_several_persons_and_few(found):
    shown = [(sample.label, sample.person) for sample in found.samples]
    assert shown[:3] == [("wave left", person) for person in ("ann", "bob", "cec")] and len(shown) == 6
    for sample in found.samples:
        left, top, right, bottom = sample.box
        assert right > left and bottom > top and sample.share > 0.5


def test_the_box_is_around_the_person(tmp_path):
    frames = np.full((30, 120, 160), 90, np.uint8)
    for k, frame in enumerate(frames):
        frame[30:100, 40 + 2 * k : 56 + 2 * k] = 200
    for name in ("a", "b"):
        encode(tmp_path / "mine" / "go" / f"{name}.avi", frames)
        encode(tmp_path / "mine" / "come" / f"{name}.avi", frames[::-1])
    sample = look(load(settings=["data.dataset=folder", "data.data_dir=mine"])).samples[0]
    left, top, right, bottom = sample.box
    assert sample.picture.shape == (120, 160) and sample.seen
    assert left < 72 and right > 84 and top < 35 and bottom > 95


def test_real_datasets_are_whole_and_have_no_twins(test_data, capsys):
    command = ["ixmas", "--data-dir", str(test_data / "ixmas"), "--only-persons", "alba", "clare", "--no-sheet"]
    assert check.main([*command, "--workers", "1"]) == 0
    assert "same video" not in capsys.readouterr().out
