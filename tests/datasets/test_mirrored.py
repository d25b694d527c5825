"""Names that differ by left and right, and the warning that training gives."""

import pytest

from seqdl.config import Config, from_dict
from seqdl.datasets import choose, mirrored


@pytest.mark.parametrize(
    "one, other",
    [
        ("wave_left", "wave_right"),
        ("Left-Hand", "Right-Hand"),
        ("lefthook", "righthook"),
        ("left to right", "right to left"),
        ("HandL", "HandR"),
        ("l_punch", "r_punch"),
        ("turn.L2", "turn.R2"),
        ("nach links", "nach rechts"),
        ("linke_hand", "rechte_hand"),
        ("à gauche", "a droite"),
        ("main_gauche", "main_droite"),
        ("vänster", "höger"),
        ("левая", "правая"),
        ("左手", "右手"),
    ],
)
def test_pairs_are_found(one, other):
    assert mirrored.pairs(["sit", other, one, "wave"]) == [(min(one, other), max(one, other))]


@pytest.mark.parametrize(
    "names",
    [("left", "wave"), ("walk", "wark"), ("leap", "reap"), ("wave_left", "sit_right"), ("bright", "blight"), ()],
)
def test_other_names_are_no_pairs(names):
    assert mirrored.pairs(names) == []


def test_training_is_told_while_it_makes_mirrored_copies(tmp_path):
    for name in ("wave_left/ann.avi", "wave_right/bob.avi"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    data = {"dataset": "folder", "data_dir": str(tmp_path)}

    def warnings(**values):
        notes = choose.whole(from_dict({"data": data, **values}, Config())).notes
        return [note for note in notes if "mirror" in note]

    both, none = "--set convnet.copies=none --set lstm.copies=none", {"copies": "none"}
    (said,) = warnings()
    assert "wave_left and wave_right" in said and both in said
    (said,) = warnings(convnet=none)
    assert "--set lstm.copies=none" in said and both not in said
    (said,) = warnings(model="stip-lstm")
    assert "--set lstm.copies=none" in said and "convnet" not in said
    assert warnings(convnet=none, lstm=none) == []
