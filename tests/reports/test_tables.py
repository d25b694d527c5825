"""Tables: the interval against known values, the cells against hand-made ones."""

from __future__ import annotations

import pytest
from made_up_run import record
from scipy.stats import norm

from seqdl.reports import tables
from seqdl.reports.tables import Table


@pytest.mark.parametrize("correct, count", [(0, 10), (10, 10), (45, 48), (1, 2), (195, 216)])
def test_wilson_interval_against_its_formula(correct, count):
    share, z = correct / count, 1.959964
    middle, half = share + z * z / (2 * count), z * (share * (1 - share) / count + (z / count) ** 2 / 4) ** 0.5
    ends = [(middle + side * half) / (1 + z * z / count) for side in (-1, 1)]
    assert tables.wilson(correct, count) == pytest.approx(ends, abs=1e-7)


def test_wilson_interval_is_where_the_score_test_says_95_percent():
    """Its defining equation: at both ends |p - end| is 1.96 standard deviations of the end itself."""
    for correct, count in ((3, 7), (150, 216), (1, 1000)):
        for end in tables.wilson(correct, count):
            deviation = (end * (1 - end) / count) ** 0.5
            assert abs(correct / count - end) == pytest.approx(norm.ppf(0.975) * deviation, rel=1e-9)


def test_no_trials_say_nothing():
    assert tables.wilson(0, 0) == (0.0, 1.0)


def test_confusion_has_rows_of_truth_and_recall():
    table = tables.confusion([[3, 1, 0], [1, 2, 5], [0, 0, 0]], ["a", "b", "c"])
    assert table.header == ["truth", "a", "b", "c", "recall"]
    assert table.rows == [["a", "3", "1", "0", "75.0 %"], ["b", "1", "2", "5", "25.0 %"], ["c", "0", "0", "0", "-"]]
    numbered = tables.confusion([[3, 1], [2, 2]], ["a", "b"], numbered=True)
    assert numbered.header == ["truth", "1", "2", "recall"]
    assert [row[0] for row in numbered.rows] == ["1 a", "2 b"]


def test_markdown_escapes_what_would_break_a_row():
    text = tables.markdown(Table(["x", "n"], [["a|b\nc", "12"], ["d", ""]]))
    assert text.splitlines() == ["| x | n |", "| :-- | --: |", "| a\\|b c | 12 |", "| d |  |"]


def test_plain_aligns_numbers_right_and_words_left():
    text = tables.plain(Table(["name", "n", "why"], [["boxing", "7", "done"], ["run", "12", "patience"]]))
    assert text.splitlines() == ["name     n  why", "boxing   7  done", "run     12  patience"]


def test_accuracies_name_counts_and_give_windows_no_interval(result):
    rows = {row[0]: row for row in tables.accuracies("convnet-lstm", record(result)).rows}
    score = result["lstm"]
    assert rows["3D-ConvNet + LSTM"][1] == f"{100 * score['correct'] / score['count']:.1f} %"
    assert rows["3D-ConvNet + LSTM"][2] == f"{score['correct']} of {score['count']}"
    assert rows["3D-ConvNet + LSTM"][3].endswith("%")
    assert rows["single windows"] == ["single windows", "70.1 %", "7,013 of 10,000", ""]


def test_networks_show_both_sizes(result):
    rows = tables.networks(record(result)).rows
    assert [row[1] for row in rows] == ["17,169", "25,956"]


@pytest.mark.parametrize(
    "seconds, text",
    [(0.04, "0.0 s"), (9.31, "9.3 s"), (48.4, "48 s"), (59.7, "1 min 0 s"), (200, "3 min 20 s"), (7510, "2 h 5 min")],
)
def test_duration(seconds, text):
    assert tables.duration(seconds) == text
