"""While a command starts, the collector of cycles hardly looks; afterwards it is as it was."""

from __future__ import annotations

import gc

import pytest

from seqdl.base import memory


def test_a_start_is_hardly_looked_through_and_afterwards_all_is_as_before(monkeypatch):
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda _: object())  # a C library without the setting
    usual, looked = gc.get_threshold(), []
    gc.callbacks.append(lambda phase, _: looked.append(phase))
    try:
        with memory.starting():
            looked.clear()
            kept = [[k] for k in range(50_000)]
            during = len(looked)
    finally:
        gc.callbacks.pop()
        gc.unfreeze()
    assert len(kept) == 50_000 and during == 0
    assert gc.get_threshold() == usual
    with pytest.raises(KeyError), memory.starting():
        raise KeyError
    gc.unfreeze()
    assert gc.get_threshold() == usual
