"""``seqdl COMMAND``: help, version, an unknown command, the way to each; exit codes of what goes wrong at work."""

import argparse
import os
import signal
import threading

import pytest

import seqdl
from seqdl import __main__
from seqdl.base import cli


def test_help_names_every_verb(capsys):
    assert __main__.main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"\n  {name} " in shown for name in __main__.COMMANDS)
    assert __main__.main([]) == 2


def test_version(capsys):
    assert __main__.main(["--version"]) == 0
    assert capsys.readouterr().out == f"seqdl {seqdl.__version__}\n"


@pytest.mark.parametrize("name, hint", [("trian", "did you mean train?"), ("xyz", "choose one of train, evaluate")])
def test_an_unknown_command_is_one_line(name, hint, capsys):
    assert __main__.main([name]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert hint in err


@pytest.mark.parametrize("name", __main__.COMMANDS)
def test_every_name_has_its_command(name, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["seqdl", name, "--help"])
    with pytest.raises(SystemExit) as ended:
        __main__.main()
    assert ended.value.code == 0
    assert f"usage: seqdl {name}" in capsys.readouterr().out


def at_work(fails):
    """The exit code of a command whose work fails so."""
    parser = argparse.ArgumentParser("seqdl command")
    parser.add_argument("--debug", action="store_true")

    def work(args):
        return fails()

    return cli.execute(work, parser, [])


def raising(error):
    def fails():
        raise error

    return fails


@pytest.mark.parametrize(
    "error, code, line",
    [
        (OSError(28, "No space left on device", "log.csv"), 1, "log.csv: No space left on device"),
        (OSError("a device went away"), 1, "a device went away"),
        (MemoryError(), 1, "out of memory"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_what_goes_wrong_is_one_line_and_an_exit_code(error, code, line, capsys):
    assert at_work(raising(error)) == code
    err = capsys.readouterr().err
    assert line in err
    assert err.count("\n") == 1


def test_termination_is_an_exit_code_and_the_signal_is_given_back(capsys):
    before = signal.getsignal(signal.SIGTERM)
    assert at_work(lambda: os.kill(os.getpid(), signal.SIGTERM) or signal.pause()) == 143
    assert "terminated" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_reader_that_has_gone_is_no_error(monkeypatch, capsys):
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdout", None)  # as the command leaves it
        assert at_work(raising(BrokenPipeError())) == 1
    assert capsys.readouterr().err == ""


def test_work_may_run_outside_of_the_main_thread():
    codes = []
    thread = threading.Thread(target=lambda: codes.append(at_work(lambda: 7)))
    thread.start()
    thread.join()
    assert codes == [7]
