"""Which run a training begins with; what is then done with its networks is in tests/test_single_step_model.py."""

import pytest

from seqdl.config import Config, from_dict
from seqdl.errors import UsageError
from seqdl.runs.manifest import Manifest
from seqdl.training.warm import source, wanted


@pytest.mark.parametrize("section, model", [("convnet", "convnet-lstm"), ("single_step", "single-step")])
def test_of_a_folder_of_runs_it_is_that_of_the_same_draw_and_seed(tmp_path, section, model):
    def begun(draw, seed):
        values = {"model": model, section: {"warm": str(tmp_path)}, "data": {"draw": draw}, "seed": seed}
        return source(from_dict(values)).path

    assert begun(2, 1) == tmp_path  # a run of its own
    names = [f"draw{draw}-seed{seed}" for draw in (1, 2) for seed in (0, 1)]
    Manifest(tmp_path, Config(), (0, 1), tuple(names)).write()
    assert begun(2, 1) == tmp_path / "draw2-seed1"
    assert begun(3, 1) == tmp_path / "draw3-seed1"  # which is not there, and so refused
    Manifest(tmp_path, Config(), (0, 1), tuple(names[:2])).write()
    assert begun(3, 1) == tmp_path / "draw1-seed1"  # of a folder with one draw alone
    assert begun(3, 7) == tmp_path / "draw3-seed7"


def test_a_setting_of_another_model_is_refused():
    assert wanted(Config()) == ""
    for model in ("stip-lstm", "single-step"):
        with pytest.raises(UsageError, match=f"is for the model convnet-lstm, not for {model}"):
            wanted(from_dict({"model": model, "convnet": {"warm": "run"}}))
    with pytest.raises(UsageError, match="leaves the ConvNet untrained"):
        wanted(from_dict({"convnet": {"warm": "run", "epochs": 0}}))
