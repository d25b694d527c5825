"""Work by threads comes in the order of what was given, a few things ahead."""

import threading

import pytest

from seqdl.base.threads import in_threads


def test_what_is_made_comes_in_order_and_no_more_than_a_few_things_ahead():
    asked = []

    def things():
        for k in range(20):
            asked.append(k)
            yield k

    met = threading.Barrier(2, timeout=30)

    def work(k):
        if k < 2:
            met.wait()  # which one thread alone would never leave
        return k, threading.current_thread()

    for k, (made, thread) in enumerate(in_threads(work, things(), 2)):
        assert made == k and thread is not threading.current_thread()
        assert len(asked) <= k + 5
    assert asked == list(range(20))


def test_one_thread_is_this_one():
    assert list(in_threads(lambda _: threading.current_thread(), range(3), 1)) == [threading.current_thread()] * 3


def test_an_error_ends_the_work():
    done = []

    def work(k):
        done.append(k)
        return 1 // (k - 3)

    with pytest.raises(ZeroDivisionError):
        list(in_threads(work, range(100), 2))
    assert len(done) < 12
