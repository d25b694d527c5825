"""The ladder's rungs give the op's numbers, its page shows their source and its record."""

from __future__ import annotations

import json

import numpy as np
import pytest

from experiments import fill
from experiments.ladder import __main__ as ladder

SMALL = {"maps": 3, "frames": 4, "rows": 6, "columns": 18, "depth": 2, "height": 3, "width": 3}


@pytest.mark.parametrize("rung", ["loops", "vectors", "blocked", "toom_cook"])
@pytest.mark.parametrize("size", ["small", pytest.param("C1", marks=pytest.mark.compiled(reason="takes a minute"))])
def test_every_rung_is_the_op(size, rung):
    problem = ladder.Problem(ladder.sizes(**(ladder.C1 if size == "C1" else SMALL)))
    work = problem.works()[rung]
    problem.z[:] = np.nan
    work()
    assert problem.error() < 5e-6


def test_planes_that_do_not_go_by_rows_are_refused():
    with pytest.raises(ValueError, match="rows"):
        ladder.Problem(ladder.sizes(**SMALL | {"columns": 22}))


def test_the_page_is_the_source_and_the_record():
    text = ladder.PAGE.read_text(encoding="utf-8")
    assert fill.fill(text, ladder.blocks(json.loads(ladder.RECORD.read_text(encoding="utf-8"))), "ladder.md") == text
    assert all(f"def {name}(" in text for name in ladder.NAMES)


def test_the_record_is_of_the_whole_ladder():
    record = json.loads(ladder.RECORD.read_text(encoding="utf-8"))
    assert [rung["name"] for rung in record["rungs"]] == list(ladder.NAMES)
    assert record["rounds"] >= 200
    times = [rung["ms"] for rung in record["rungs"]]
    assert times == sorted(times, reverse=True)
    g = ladder.sizes(**ladder.C1)
    assert record["multiply_adds"] == g.maps * g.frames_out * g.rows_out * g.columns_out * g.depth * g.height * g.width


@pytest.mark.compiled(reason="times compiled code")
def test_a_quick_climb(capsys):
    assert ladder.main(["--rounds", "1", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["peak_gflops"] > 1
    assert all(rung["ms"] > 0 and rung["error"] < 5e-6 for rung in record["rungs"])
