"""The configuration: what comes from where, and every wrong value in one line that names its key."""

import dataclasses
import json
import re

import pytest

from seqdl.config import Config, crop_size, from_dict, load, to_dict
from seqdl.errors import UsageError


def test_the_papers_crop():
    assert crop_size(Config()) == (60, 40)


def test_settings_win_over_the_file_and_the_file_over_the_defaults(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text("seed = 3\n[convnet]\nmomentum = 0.5\nc1_kernel = [3, 5, 7]\n[lstm]\nforget_gate = true\n")
    config = load(file, ["convnet.momentum=0.25", "lstm.squash=1997"])
    assert config.seed == 3
    assert config.convnet.momentum == 0.25
    assert config.convnet.c1_kernel == (3, 5, 7)
    assert config.lstm.forget_gate
    assert config.lstm.squash == "1997"
    assert config.convnet.learning_rate == Config().convnet.learning_rate


def test_a_list_of_names():
    assert load(settings=['data.only=["ann", "bob"]']).data.only == ("ann", "bob")
    assert load(settings=["data.only=ann"]).data.only == ("ann",)
    with pytest.raises(UsageError, match=r"data\.only = 3: give a list of names"):
        load(settings=["data.only=3"])


def test_a_configuration_survives_json():
    config = load(settings=["convnet.c1_maps=3", "data.variant=kth2", "lstm.truncate=5", 'data.only=["ann"]'])
    assert from_dict(json.loads(json.dumps(to_dict(config)))) == config
    assert {field.name for field in dataclasses.fields(Config)} == set(to_dict(config))


@pytest.mark.parametrize(
    "content, message",
    [
        (None, "cannot read the configuration file .*mine.toml: No such file"),
        (b"\xff\xfe\x00", "mine.toml: it is no text file"),
        (b"seed = ", "mine.toml is not valid TOML"),
        (b"[convnet]\nmomentm = 1", "momentm"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path, content, message):
    file = tmp_path / "mine.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError, match=message):
        load(file)


@pytest.mark.parametrize(
    "setting, told",
    [
        ("convnet.momentum", "write it as key=value"),
        ("convnet.momentm=0.5", "momentum"),
        ("convnet.pooling=max", "choose one of mean, sum"),
        ("convnet.c1_kernel=[5, 7]", "give 3 whole numbers"),
        ("convnet.c1_kernel=5", "give 3 whole numbers"),
        ("convnet.c1_maps=2.5", "give a whole number"),
        ("convnet.learning_rate=fast", "give a number"),
        ("lstm.forget_gate=1", "give true or false"),
        ("data.variant=2", "give a text"),
        ("convnet.learning_rate=inf", "give a finite number"),
        ("lcn.size=6", "give an odd number"),
        ("lcn.size=-1", "give an odd number"),
        ("convnet.epochs=-1", "give 0 or more"),
        ("seed=-1", "give 0 or more"),
        ("convnet.final_rate=1.5", "give a number from 0 to 1"),
        ("convnet.momentum=1", "give a number below 1"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(setting, told):
    with pytest.raises(UsageError) as error:
        load(settings=[setting])
    assert told in str(error.value)
    assert setting.partition("=")[0].rpartition(".")[2] in str(error.value)
    assert not re.search(r"\n", str(error.value))


@pytest.mark.parametrize("text, value", [("auto", "auto"), ("stored", "stored"), ("25", 25.0), ("29.97", 29.97)])
def test_a_rate_is_a_number_or_one_of_two_words(text, value):
    assert load(settings=[f"video.rate={text}"]).video.rate == value
    for wrong in ("fast", "0", "2000", "nan"):
        with pytest.raises(UsageError, match=r"^video\.rate = "):
            load(settings=[f"video.rate={wrong}"])
