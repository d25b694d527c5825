"""Ten online updates are those that were recorded; the record is replaced by an explicit command alone."""

import json

import numpy as np
import pytest
import regenerate

GOLDEN = json.loads(regenerate.FILE.read_text())
SLOW = pytest.mark.compiled(reason="the networks of the paper take minutes in uncompiled kernels")

# In float64 the order of the sums is all that may change. In float32 every step rounds: measured 2e-5 at most.
FORMS = [("numpy", np.float64, 1e-9), pytest.param("numba", np.float32, 1e-4, marks=SLOW)]


@pytest.mark.parametrize("backend, dtype, bound", FORMS)
@pytest.mark.parametrize("network", regenerate.NETWORKS)
def test_ten_updates_are_those_of_the_record(network, backend, dtype, bound):
    record, golden = regenerate.steps(network, backend, dtype), GOLDEN[network]
    assert record["decisions"] == golden["decisions"]
    assert record["start"] == pytest.approx(golden["start"], rel=1e-12)
    assert record["losses"] == pytest.approx(golden["losses"], rel=bound)
    assert record["norms"] == pytest.approx(golden["norms"], rel=bound)
    for step, (moved, expected) in enumerate(zip(record["moved"], golden["moved"], strict=True)):
        assert np.linalg.norm(np.subtract(moved, expected)) <= bound * np.linalg.norm(expected), step


def test_the_record_is_replaced_only_on_demand(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(regenerate, "NETWORKS", {"lstm": regenerate.lstm})
    changed = {"lstm": {**GOLDEN["lstm"], "losses": [2 * value for value in GOLDEN["lstm"]["losses"]]}}
    file = tmp_path / "golden.json"
    file.write_text(json.dumps(changed))
    before = file.read_bytes()
    assert regenerate.main(["--file", str(file)]) == 1
    out, err = capsys.readouterr()
    assert "losses     differs by 5.0e-01" in out
    assert "--yes" in err
    assert file.read_bytes() == before
    assert regenerate.main(["--file", str(file), "--yes"]) == 0
    assert json.loads(file.read_text())["lstm"]["losses"] == pytest.approx(GOLDEN["lstm"]["losses"])
    assert regenerate.main(["--file", str(file)]) == 0
    assert "is up to date" in capsys.readouterr().out
