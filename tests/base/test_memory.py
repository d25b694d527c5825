"""In a command's own process the collector looks seldom, and memory is kept where the system can do so."""

from __future__ import annotations

import gc

from seqdl.base import memory


def test_the_collector_looks_seldom(monkeypatch):
    usual, looked = gc.get_threshold(), []
    gc.callbacks.append(lambda phase, _: looked.append(phase))
    try:
        memory.seldom()
        gc.collect()
        looked.clear()
        made = [[k] for k in range(memory.EVERY // 2)]
        assert len(made) == memory.EVERY // 2 and not looked
    finally:
        gc.callbacks.pop()
        gc.set_threshold(*usual)


def test_memory_is_kept_where_there_is_a_setting_for_it(monkeypatch):
    told = {}

    class Library:
        mallopt = staticmethod(told.__setitem__)

    for library in (object(), Library()):
        monkeypatch.setattr(memory.ctypes, "CDLL", lambda _, library=library: library)
        memory.kept()
    assert told == {memory.TRIM: memory.KEPT, memory.LARGE: memory.LARGEST}
