"""Layer sizes and parameter counts of the paper, and what other geometries do."""

import json

import pytest

from seqdl import info
from seqdl.config import ConvNetConfig, LSTMConfig
from seqdl.errors import GeometryError
from seqdl.model.geometry import convnet_layers, lstm_layers

PAPER = {
    "input": ((1, 9, 54, 34), 0),
    "C1": ((7, 5, 48, 28), 7 * 245 + 7),
    "R1": ((7, 5, 48, 28), 7),
    "S1": ((7, 5, 24, 14), 14),
    "C2": ((35, 3, 20, 10), 56 * 75 + 35),
    "R2": ((35, 3, 20, 10), 35),
    "S2": ((35, 3, 10, 5), 70),
    "C3": ((5, 1, 8, 3), 5 * 945 + 5),
    "N1": ((50,), 120 * 50 + 50),
    "N2": ((6,), 50 * 6 + 6),
}


def test_the_convnet_of_the_paper():
    layers = convnet_layers(ConvNetConfig(), 6)
    assert {layer.name: (layer.output, layer.count) for layer in layers} == PAPER
    assert sum(layer.count for layer in layers) == 17_169


@pytest.mark.parametrize(
    "forget, peepholes, count", [(False, False, 25_956), (True, False, 34_506), (False, True, 26_056)]
)
def test_the_lstm_of_the_paper_and_its_relatives(forget, peepholes, count):
    layers = lstm_layers(LSTMConfig(forget_gate=forget, peepholes=peepholes), 120, 6)
    assert sum(layer.count for layer in layers) == count


def test_info_prints_the_same_numbers(capsys):
    assert info.main(["--json"]) == 0
    networks = json.loads(capsys.readouterr().out)
    assert networks["convnet"]["parameters"] == 17_169
    assert networks["lstm"]["parameters"] == 25_956
    printed = {row["name"]: (tuple(row["output"]), row["parameters"]) for row in networks["convnet"]["layers"]}
    assert printed == PAPER
    assert info.main([]) == 0
    assert "17,169" in capsys.readouterr().out


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"frames": 4}, ["C1", "4 x 54 x 34"]),
        ({"rows": 55}, ["S1", "49 x 28"]),
        ({"columns": 18}, ["C3", "1 input"]),
        ({"c1_maps": 0}, ["convnet.c1_maps"]),
        ({"c2_kernel": (3, 5, 0)}, ["C2"]),
    ],
)
def test_an_impossible_geometry_is_refused_by_name(changes, words):
    with pytest.raises(GeometryError) as refused:
        convnet_layers(ConvNetConfig(**changes), 6)
    assert all(word in str(refused.value) for word in words)


def test_one_class_is_refused():
    with pytest.raises(GeometryError, match="N2"):
        convnet_layers(ConvNetConfig(), 1)
