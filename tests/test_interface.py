"""The Python interface: what a command gives, a call gives too; errors name arguments, and commands options."""

import os
import subprocess
import sys

import pytest

import seqdl
from seqdl import crossval, errors, evaluate, figures, inspect, predict, prepare, report, stip, train
from seqdl.runs.folder import RunFolder

SETTINGS = ["convnet.epochs=2", "lstm.epochs=2", "data.dataset=folder", "data.protocol=leave-one-person-out"]
if os.environ.get("NUMBA_DISABLE_JIT", "0") != "0":  # a network that is quick in NumPy
    small = ("rows=30", "columns=26", "c1_maps=2", "c1_kernel=[5,3,3]", "c2_kernel=[3,1,1]", "hidden=8")
    SETTINGS += ["backend=numpy", *(f"convnet.{setting}" for setting in small)]


def test_importing_it_imports_next_to_nothing():
    program = "import seqdl, sys\nassert seqdl.fit and 'numpy' in sys.modules\n"
    light = "import seqdl, sys\nassert not {'numpy', 'scipy', 'seqdl.interface'} & set(sys.modules)\ndir(seqdl)\n"
    for source in (program, light):
        subprocess.run([sys.executable, "-c", source], check=True, timeout=60)


def test_its_names_are_no_commands():
    from seqdl.__main__ import COMMANDS

    assert not set(seqdl.__all__) & set(COMMANDS)
    assert all(getattr(seqdl, name) for name in seqdl.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = seqdl.nothing


@pytest.fixture(scope="module")
def config(walkers):
    return seqdl.load_config(settings=[*SETTINGS, f"data.data_dir={walkers}"])


@pytest.fixture(scope="module")
def passes():
    return []


@pytest.fixture(scope="module")
def run(config, passes, tmp_path_factory):
    return seqdl.fit(config, tmp_path_factory.mktemp("runs") / "mine", on_pass=passes.append)


def test_a_run_is_its_records_and_what_can_be_done_with_it(run, passes, walkers):
    assert [(epoch.stage, epoch.epoch) for epoch in passes] == [(s, e) for s in ("convnet", "lstm") for e in (1, 2)]
    assert run.log == tuple(passes)
    again = seqdl.open_run(run.path)
    assert again.result == run.result and again.config.convnet.epochs == 2
    assert again.evaluate().evaluation.sequences == run.result.sequences
    said = again.predict(walkers / "moving" / "ann_0.avi")
    assert isinstance(said, seqdl.Prediction) and said.label in ("moving", "swinging")
    assert str(said).startswith(f"{said.video}: {said.label}")
    assert again.report() == run.path / "report.md"
    assert isinstance(again.recogniser, seqdl.Recogniser)


def test_the_page_moves_where_prepared_frames_are_kept_and_prepares_none(run, tmp_path, monkeypatch):
    run.report()
    text = (run.path / "report.html").read_text(encoding="utf-8")
    assert text.count(" data-frames=") == len(run.result.sequences)
    assert 'class="kernels"' in text and 'class="maps"' in text and "no longer kept" not in text
    monkeypatch.setenv("SEQDL_CACHE", str(tmp_path / "empty"))
    run.report()
    text = (run.path / "report.html").read_text(encoding="utf-8")
    assert " data-frames=" not in text and 'class="kernels"' in text and "no longer kept" in text
    assert not (tmp_path / "empty").exists()


@pytest.mark.parametrize("stop", [1, 3])
def test_every_pass_is_told_once_after_a_resume_too(config, run, tmp_path, stop):
    first, then = [], []

    def interrupt(epoch):
        first.append(epoch)
        if len(first) == stop:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        seqdl.fit(config, tmp_path / "run", on_pass=interrupt)
    resumed = seqdl.fit(config, tmp_path / "run", resume=True, on_pass=then.append)
    told = [(epoch.stage, epoch.epoch) for epoch in (*first, *then)]
    assert told == [(epoch.stage, epoch.epoch) for epoch in run.log] == [(e.stage, e.epoch) for e in resumed.log]
    assert resumed.result.sequences == run.result.sequences


def test_a_cross_validation_runs_in_this_process_by_default(config, run, tmp_path):
    events = []
    found = seqdl.cross_validate(config, out=tmp_path / "cv", watch=events.append)
    assert found.complete and found.summary.runs == 3 and not found.failed
    assert RunFolder(tmp_path / "cv" / "draw1-seed0").result.sequences == run.result.sequences
    assert [event.name for event in events if event.kind == "done"] == list(found.draws)


def given(*settings):
    return [part for setting in settings for part in ("--set", setting)]


def data_dir(run):
    return seqdl.open_run(run).config.data.data_dir


# What a person can do wrong, as a command; the same through Python ends in one of the project's errors.
WRONG = {
    "no video": lambda run: (predict, [run, "nothing.avi"]),
    "a text for a video": lambda run: (predict, [run, "text.avi"]),
    "an empty video": lambda run: (inspect, ["empty.avi"]),
    "no run": lambda run: (predict, ["empty", "text.avi"]),
    "a run that is none": lambda run: (evaluate, ["text.avi"]),
    "an unknown dataset": lambda run: (train, ["--dataset", "khtt"]),
    "an unknown setting": lambda run: (train, ["--set", "convnet.epoch=3"]),
    "an impossible network": lambda run: (train, ["--set", "convnet.rows=3"]),
    "a draw that is none": lambda run: (train, ["--protocol", "leave-one-person-out", "--draw", "77"]),
    "a folder that is none": lambda run: (train, ["--dataset", "folder", "--data-dir", "nothing"]),
    "a folder of nothing": lambda run: (prepare, ["folder", "--data-dir", "empty"]),
    "a folder that exists": lambda run: (train, ["--out", "."]),
    "a file for a folder": lambda run: (crossval, ["--out", "text.avi"]),
    "nothing to report": lambda run: (report, ["empty"]),
    "figures of nothing": lambda run: (figures, ["nothing"]),
    "points of nothing": lambda run: (stip, ["empty.avi"]),
    "a model that is none": lambda run: (train, ["--model", "gpt"]),
    "a collapse": lambda run: (train, given(*SETTINGS, f"data.data_dir={data_dir(run)}", "convnet.learning_rate=1e9")),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's own words on a collapse
@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_ends_in_one_line(case, run, tmp_path, monkeypatch, capsys):
    """Through the command in one line without a traceback; with --debug as the library raises it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.avi").write_text("no video")
    (tmp_path / "empty.avi").touch()
    (tmp_path / "empty").mkdir()
    command, arguments = WRONG[case](str(run.path))
    code = command.main(arguments)
    lines = [line for line in capsys.readouterr().err.splitlines() if "error:" in line]
    assert code in (1, 2) and len(lines) == 1 and "Traceback" not in lines[0]
    if command is not predict:  # which names each bad video and goes on
        with pytest.raises((errors.SeqdlError, ValueError)):
            command.main([*arguments, "--debug"])


def test_the_library_names_settings_and_arguments(tmp_path, walkers):
    for settings, message in (
        (["data.dataset=folder"], r"data\.data_dir"),
        (["data.dataset=weizmann", f"data.data_dir={tmp_path}"], "no videos"),
        ([f"data.data_dir={walkers}", *SETTINGS, "data.draw=99"], r"data\.draw"),
    ):
        with pytest.raises(errors.SeqdlError, match=message) as caught:
            seqdl.fit(seqdl.load_config(settings=settings), tmp_path / "run")
        assert "--" not in str(caught.value)
    with pytest.raises(errors.UsageError, match=r"^out=.* exists already: .* resume="):
        seqdl.fit(seqdl.load_config(settings=[f"data.data_dir={walkers}", *SETTINGS]), walkers)
    with pytest.raises(errors.SeqdlError, match="not a run folder"):
        seqdl.open_run(tmp_path)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda config, out: seqdl.fit({}, out), "config: expected what load_config gives, got dict"),
        (lambda config, out: seqdl.cross_validate(None, out=out), "config: expected"),
        (lambda config, out: seqdl.cross_validate(config, [-1], out), r"seeds=\[-1\]: give whole numbers"),
        (lambda config, out: seqdl.cross_validate(config, 3, out), "seeds=3: give whole numbers"),
        (lambda config, out: seqdl.cross_validate(config, "ab", out), "seeds=ab: give whole numbers"),
        (lambda config, out: seqdl.cross_validate(config, out=out, workers=-1), "workers=-1: give 0 or more"),
        (lambda config, out: seqdl.open_run(3), "folder: expected a path, got int"),
        (lambda config, out: seqdl.fit(config, resume=True), "resume=True goes on with the run in out="),
        (lambda config, out: seqdl.fit(config, out, resume=True), "not a run folder"),
        (lambda config, out: seqdl.load_config(settings=["convnet.learning_rate=" + "9" * 400]), "a finite number"),
    ],
)
def test_wrong_arguments_are_named_before_anything_is_made(config, tmp_path, call, message):
    with pytest.raises(errors.SeqdlError, match=message):
        call(config, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_run_goes_on_with_its_own_settings_alone(config, run):
    before = (run.path / "config.json").read_bytes()
    with pytest.raises(errors.UsageError, match=r"is a run with lstm\.cells = 50, not 49"):
        seqdl.fit(seqdl.load_config(settings=["lstm.cells=49"], base=config), run.path, resume=True)
    assert (run.path / "config.json").read_bytes() == before


def test_what_a_person_wrote_is_left_as_it_is(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "seed=1").mkdir()
    (tmp_path / "seed=1" / "file").touch()
    for command, arguments, said in (
        (
            train,
            ["--out", "seed=1"],
            "--out seed=1 exists already: choose another folder, or go on with --resume seed=1",
        ),
        (report, ["runs=old"], "runs=old does not exist"),
        (train, ["--config", "data.persons.toml"], "the configuration file data.persons.toml: No such file"),
    ):
        assert command.main(arguments) == 2
        assert said in capsys.readouterr().err
