"""``seqdl settings``, and what is said of options that are none: what can be set is told from one source."""

import dataclasses
import json

import pytest

from seqdl import settings as command
from seqdl import train
from seqdl.base import settings
from seqdl.config import Config, load
from seqdl.errors import UsageError
from seqdl.runs.settings import in_a_line


def flat(config):
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            yield from ((f"{field.name}.{name}", one) for name, one in flat(value))
        else:
            yield field.name, list(value) if isinstance(value, tuple) else value


def test_every_setting_is_listed_with_its_default_and_what_it_is_for(capsys):
    assert command.main(["--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {name: one["default"] for name, one in listed.items()} == dict(flat(Config()))
    assert all(one["what"].endswith((".", ")")) and one["allowed"] for one in listed.values())
    assert command.main([]) == 0
    out = capsys.readouterr().out
    assert all(f"  {name} = " in out for name in listed) and max(map(len, out.splitlines())) <= 120


@pytest.mark.parametrize(
    "name, allowed",
    [
        ("seed", "a whole number, 0 or more"),
        ("convnet.learning_rate", "a number above 0"),
        ("convnet.momentum", "a number below 1, from 0"),
        ("convnet.c1_kernel", "3 whole numbers"),
        ("lcn.size", "an odd number of at least 1"),
        ("lstm.forget_gate", "true or false"),
        ("data.only", "names"),
        ("data.variant", "a text"),
        ("video.grey", "full, limited"),
        ("video.rate", "frames a second, 1 to 1000, auto or stored"),
        ("video.box", "auto, track, person, centre, whole, given"),
        ("model", "convnet-lstm, stip-lstm, single-step"),
    ],
)
def test_which_values_are_allowed(name, allowed):
    [one] = settings.settings(name)
    assert one.allowed == allowed
    for choice in one.choices:
        assert load(settings=[f"{name}={choice}"])


def test_a_section_and_a_setting_are_told_in_full(capsys):
    assert command.main(["lstm"]) == 0
    out = capsys.readouterr().out
    assert "lstm: The LSTM" in out and "lstm.cells = 50" in out and "convnet" not in out.partition("\n")[0]
    assert command.main(["convnet.epochs"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("  convnet.epochs = 20 ") and "0 leaves the ConvNet\n" in out


@pytest.mark.parametrize(
    "name, near",
    [("epochs", "convnet.epochs, lstm.epochs"), ("lstm.celsl", "lstm.cells"), ("lr", "convnet.learning_rate")],
)
def test_a_name_that_is_none_is_one_line_with_the_near_ones(name, near, capsys):
    assert command.main([name]) == 2
    err = capsys.readouterr().err
    assert f"unknown setting {name}; did you mean {near}" in err and err.count("\n") == 1
    with pytest.raises(UsageError):
        settings.settings(name)


@pytest.mark.parametrize(
    "words, hint",
    [
        ("--epochs 5", "--set convnet.epochs=5 (or lstm.epochs, single_step.epochs;"),
        ("--epochs", "--set convnet.epochs=VALUE"),
        ("--lr=0.1", "--set convnet.learning_rate=0.1 "),
        ("--cells 9", "--set lstm.cells=9 "),
        ("--batch-size 32", "there is no batch"),
        ("--gpu", "the processor alone"),
        ("--data-dirs x", "did you mean --data-dir?"),
        ("--xyz", "(see seqdl train --help)"),
        ("surplus", "(see seqdl train --help)"),
    ],
)
def test_an_option_that_is_none_is_one_line_that_says_what_is_meant(words, hint, capsys):
    with pytest.raises(SystemExit) as ended:
        train.main(words.split())
    err = capsys.readouterr().err
    assert ended.value.code == 2
    assert hint in err and err.count("\n") == 1


def test_a_configuration_in_a_line():
    assert in_a_line(Config()) == "paper, seed=0"
    given = ["convnet.epochs=2", "data.dataset=folder", "data.only=ann", "video.box=whole", "seed=3"]
    assert in_a_line(load(settings=given)) == (
        "paper, convnet.epochs=2, data.only=ann, data.dataset=folder, video.box=whole, seed=3"
    )
