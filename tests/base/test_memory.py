"""In a command's own process the collector looks seldom, and memory is kept where the system can do so."""

from __future__ import annotations

import gc

import pytest

from seqdl.base import memory


@pytest.fixture
def somebodys():
    """As a process of somebody else's, whatever this one was before."""
    usual = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*usual)


@pytest.fixture
def own(somebodys):
    """As a command's own process."""
    memory.seldom()


def test_the_collector_looks_seldom(own):
    looked = []
    gc.callbacks.append(lambda phase, _: looked.append(phase))
    try:
        gc.collect()
        looked.clear()
        made = [[k] for k in range(memory.EVERY // 2)]
        assert len(made) == memory.EVERY // 2 and not looked
    finally:
        gc.callbacks.pop()


def test_memory_is_kept_where_there_is_a_setting_for_it(own, monkeypatch):
    told = {}

    class Library:
        mallopt = staticmethod(told.__setitem__)

    for library in (object(), Library()):
        monkeypatch.setattr(memory.ctypes, "CDLL", lambda _, library=library: library)
        memory.kept()
    assert told == {memory.TRIM: memory.KEPT, memory.LARGE: memory.LARGEST}


def test_the_memory_of_a_program_that_calls_a_command_is_left_alone(somebodys, monkeypatch):
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda _: pytest.fail("the allocator was changed"))
    memory.kept()
