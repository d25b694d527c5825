"""The named recipes."""

import pytest

import seqdl
from seqdl import presets
from seqdl.base import cli
from seqdl.config import Config, from_dict
from seqdl.datasets.options import add_data
from seqdl.errors import UsageError


def _effective(*arguments):
    parser = cli.parser("train", "")
    add_data(parser)
    cli.add_model(parser)
    return cli.effective(parser.parse_args(list(arguments)))


def test_paper_is_the_defaults():
    assert presets.preset("paper") == Config()


def test_every_preset_is_a_configuration_with_the_papers_networks():
    for name in presets.PRESETS:
        made = presets.preset(name)
        for section, key in (("convnet", "c1_maps"), ("convnet", "frames"), ("lstm", "cells"), ("lstm", "forget_gate")):
            assert getattr(getattr(made, section), key) == getattr(getattr(Config(), section), key)


def test_a_file_and_a_setting_go_before_the_preset(tmp_path):
    (tmp_path / "own.toml").write_text("[convnet]\nshift = 3\n")
    assert _effective("--preset", "best") == presets.preset("best")
    made = _effective("--preset", "best", "--config", str(tmp_path / "own.toml"), "--set", "convnet.copies=all")
    assert made == from_dict({"convnet": {"shift": 3, "copies": "all"}}, presets.preset("best"))


def test_the_baseline_comes_with_its_preset(tmp_path):
    made = _effective("--model", "stip-lstm", "--set", "lstm.epochs=3")
    assert made == from_dict({"lstm": {"epochs": 3}}, presets.preset("stip"))
    assert _effective("--preset", "stip") == presets.preset("stip")
    assert _effective("--model", "stip-lstm", "--preset", "paper") == from_dict({"model": "stip-lstm"})
    assert _effective("--model", "convnet-lstm") == Config()


def test_a_model_comes_with_its_preset_whichever_way_it_is_named(tmp_path):
    (tmp_path / "own.toml").write_text('model = "single-step"\n[convnet]\nshift = 3\n')
    own = from_dict({"convnet": {"shift": 3}}, presets.preset("single-step"))
    assert _effective("--config", str(tmp_path / "own.toml")) == own
    assert seqdl.load_config(tmp_path / "own.toml") == own
    assert _effective("--model", "single-step") == _effective("--set", "model=single-step")
    assert seqdl.load_config(settings=iter(["model=stip-lstm"])) == presets.preset("stip")
    assert seqdl.load_config(settings=["model=stip-lstm"], base=Config()) == from_dict({"model": "stip-lstm"})
    assert _effective("--set", "model=stip-lstm", "--preset", "paper") == from_dict({"model": "stip-lstm"})
    assert _effective("--set", "model=stip-lstm", "--model", "convnet-lstm") == Config()


def test_an_unknown_preset_is_refused_by_name():
    with pytest.raises(UsageError, match="preset=bets: choose one of paper, best"):
        _effective("--preset", "bets")
