"""Work in processes of its own: one that dies costs what it was at work on, and nothing else."""

import os
import signal
import sys

import pytest

from seqdl.base import pool, workers
from seqdl.errors import SeqdlError


def double(group):
    if 7 in group:
        os.kill(os.getpid(), signal.SIGKILL)
    return [2 * number for number in group]


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_what_a_process_dies_of_costs_nothing_else():
    groups = [[1, 2], [7, 8], *([k] for k in range(20, 30))]
    with pool.in_groups(double, groups, 2, "test") as pairs:
        made = dict(pairs)
    assert made == {7: pool.DIED, 8: pool.DIED} | {k: 2 * k for k in (1, 2, *range(20, 30))}


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_where_no_process_lives_the_work_ends(monkeypatch):
    monkeypatch.setattr(workers, "_child", sys.exit)
    with (
        pool.in_groups(double, [[k] for k in range(20)], 2, "test") as pairs,
        pytest.raises(SeqdlError, match="die at once"),
    ):
        next(pairs)
