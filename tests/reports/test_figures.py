"""Pictures: what they show is read back from the figure's own objects."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from drawn_text import overlaps
from made_up_run import made_up_result, record

from seqdl.runs.result import Epoch

pytest.importorskip("matplotlib", reason="matplotlib is absent: pip install 'seqdl[plot]'")
from seqdl.reports import figures


def test_learning_curves_show_both_stages(run_folder):
    run = run_folder
    figure = figures.learning_curves(run.result, [run.log])
    assert len(figure.axes) == 6
    convnet = [epoch for epoch in run.log if epoch.stage == "convnet"]
    loss, _, accuracy, _, rate, lstm_rate = figure.axes
    np.testing.assert_allclose(loss.lines[0].get_ydata(), [epoch.loss for epoch in convnet])
    np.testing.assert_allclose(accuracy.lines[0].get_ydata(), [100 * epoch.accuracy for epoch in convnet])
    assert rate.get_yscale() == "log"
    assert len(lstm_rate.lines[0].get_xdata()) == 10
    assert accuracy.get_ylabel() == "accuracy [%]"


def test_nothing_is_written_over_anything_else(run_folder):
    run, result = run_folder, run_folder.result
    lstm_alone = [epoch for epoch in run.log if epoch.stage == "lstm"]
    for figure in (
        figures.learning_curves(result, [run.log]),
        figures.learning_curves(result, [lstm_alone, lstm_alone[:3]]),
        figures.confusions([result] * 12),
        figures.confusions([replace(result, scores={"lstm": result.scores["lstm"]})]),
        figures.decisions(result),
    ):
        assert overlaps(figure) == []


@pytest.mark.parametrize("log", [(), (Epoch("convnet", 1, 5, 1e-3, float("nan"), 0.2, 1.0),)])
def test_learning_curves_of_next_to_nothing(log, result, tmp_path):
    figures.learning_curves(record(result), [log]).savefig(tmp_path / "a.png")


def test_confusions_show_every_count(result):
    figure = figures.confusions([record(result)])
    for axes, key in zip(figure.axes, ("voting", "lstm"), strict=True):
        shown = {(round(t.get_position()[1]), round(t.get_position()[0])): int(t.get_text()) for t in axes.texts}
        counts = {(r, c): n for r, row in enumerate(result[key]["confusion"]) for c, n in enumerate(row) if n}
        assert shown == counts
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == result["dataset"]["classes"]


def test_decisions_mark_the_class_of_each_step(result):
    sequence = {
        "name": "p_a",
        "person": "p",
        "label": "boxing",
        "steps": 8,
        "voting": "boxing",
        "lstm": "boxing",
        "probability": 0.9,
        "timeline": [["walking", 0.5], [5, 0.9], ["boxing", 1.0], [0, 1.0]],
    }
    figure = figures.decisions(record({**result, "sequences": [sequence]}))
    bars = figure.axes[0].patches[:4]
    assert [bar.get_y() + bar.get_height() / 2 for bar in bars] == pytest.approx([5, 5, 0, 0])
    assert [bar.get_x() for bar in bars] == pytest.approx([0, 2, 4, 6])
    assert bars[0].get_height() < bars[2].get_height()
    assert sum(bars[1].get_facecolor()[:3]) < sum(bars[0].get_facecolor()[:3]), "surer is darker"


def test_the_chosen_sequences_hold_the_wrong_ones_and_many_actions(result):
    sequences = record(result).sequences
    chosen = figures.choose(sequences)
    assert len(chosen) == figures.SHOWN
    assert [s for s in sequences if s in chosen] == chosen, "in their own order"
    wrong = [s for s in sequences if not s.right()]
    assert sum(s in wrong for s in chosen) == min(3, len(wrong))
    assert any(s.right() and not s.right("voting") for s in chosen)
    assert len({s.label for s in chosen}) >= 4


def test_choosing_from_few_and_from_all_wrong(result):
    sequences = list(record(result).sequences)
    assert figures.choose([]) == []
    assert figures.choose(sequences[:2]) == sequences[:2]
    wrong = [replace(s, decisions={**s.decisions, "lstm": "nobody"}) for s in sequences]
    assert figures.choose(wrong) == wrong[:6]


@pytest.mark.parametrize(
    "classes", [["one $x_", "two $y_"], [f"a class with a name as long as this, {n}" for n in range(24)]]
)
def test_odd_names_and_many_classes_are_drawn(classes, tmp_path):
    result = record(made_up_result(classes, persons=(1,), takes=1))
    for figure in (figures.confusions([result]), figures.decisions(result)):
        figure.savefig(tmp_path / "a.png")
        assert (tmp_path / "a.png").stat().st_size < 200_000


def test_pyplot_is_never_touched(run_folder):
    """Its state is global, and a machine without a screen has none."""
    program = (
        "import sys\nfrom pathlib import Path\nfrom seqdl.reports import figures\n"
        "from seqdl.runs.folder import RunFolder\nassert 'matplotlib' not in sys.modules\n"
        "run = RunFolder(Path(sys.argv[1]))\n"
        "figures.confusions([run.result]).savefig(sys.argv[1] + '/a.png')\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(run_folder)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
