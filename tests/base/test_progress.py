"""How far a loop is: where no terminal is, a line now and then and never a flood."""

import sys

import pytest

from seqdl.base.progress import progress


@pytest.fixture
def clock():
    """A clock that is set by hand."""
    now = [0.0]
    return now, lambda: now[0]


def lines(clock, capsys, seconds, count=1000, each=1.0):
    now, read = clock
    with progress(count, "prepare", "films", lines=True, clock=read) as done:
        while now[0] < seconds:
            now[0] += each
            done()
    return capsys.readouterr().err.splitlines()


def test_what_is_done_in_a_moment_says_nothing(clock, capsys):
    assert lines(clock, capsys, 9) == []


def test_a_line_says_how_many_are_done_and_how_long_the_rest_takes(clock, capsys):
    assert lines(clock, capsys, 20) == [
        "prepare: 10 of 1000 films, about 990 s to go",
        "prepare: 20 of 1000 films, about 980 s to go",
    ]


def test_hours_are_no_flood(clock, capsys):
    assert 20 <= len(lines(clock, capsys, 3600, 5000)) <= 30


def test_a_number_that_nobody_knows(clock, capsys):
    assert lines(clock, capsys, 10, None) == ["prepare: 10 films"]


def test_without_being_asked_for_no_line_is_written(clock, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False)
    with progress(5, "film", "frame") as done:
        done()
    assert capsys.readouterr().err == ""
