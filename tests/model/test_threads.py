"""A network is used by several threads at once: each call gives the bytes of the serial run."""

import copy
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest

from seqdl.config import ConvNetConfig, LSTMConfig, load
from seqdl.model.convnet import ConvNet
from seqdl.model.lstm_classifier import LSTMClassifier
from seqdl.model.recogniser import Recogniser
from seqdl.model.updates import Updates
from seqdl.model.workspaces import Pool

THREADS = 4
SMALL = ConvNetConfig(
    frames=6, rows=15, columns=13, c1_maps=3, c1_kernel=(3, 4, 4), c2_kernel=(2, 3, 2), c3_kernel=(2, 1, 2), c3_maps=2,
    hidden=5,
)  # fmt: skip


def convnet(backend):
    """The ways into a ConvNet, each from the number of a call to arrays; the calls differ in length."""
    rng = np.random.default_rng(3)
    net = ConvNet(SMALL, 4, rng, backend)
    frames = rng.standard_normal((200, 15, 13), np.float32)
    yield lambda k: net.read(frames, np.arange(k, k + 20 + 5 * (k % 9)), bool(k % 2), bool(k % 3))
    yield lambda k: net.loss_and_gradient(frames[k : k + 6], k % 4)


def lstm(backend):
    """The same of an LSTM classifier."""
    rng = np.random.default_rng(4)
    net = LSTMClassifier(LSTMConfig(cells=7), 5, 4, rng, backend)
    features = rng.standard_normal((200, 5), np.float32)
    yield lambda k: (net.read(features[k : k + 10 + 7 * (k % 11)]),)
    yield lambda k: net.loss_and_gradient(features[k : k + 10 + 7 * (k % 11)], k % 4)


def recogniser(backend):
    """The same of both together, in the paper's sizes."""
    one = Recogniser(load(settings=[f"backend={backend}"]), ("walking", "boxing"), np.random.default_rng(5))
    frames = np.random.default_rng(6).standard_normal((40, 54, 34), np.float32)

    def decide(k):
        ways, *arrays = one.decide(one.describer.read(frames, np.arange(k % 20, k % 20 + 3 + k % 7)))
        return [*ways.values(), *arrays]

    yield decide


@pytest.mark.parametrize("make", [convnet, lstm, recogniser])
@pytest.mark.parametrize("backend, calls", [("numba", 400), ("numpy", 6)])
@pytest.mark.compiled(reason="plain Python takes long, and its threads take turns")
def test_threads_give_the_bytes_of_the_serial_run(make, backend, calls):
    ways = list(make(backend))
    work = [(way, k % 100) for k in range(calls) for way in ways]

    def run(item):
        way, k = item
        return [np.asarray(part).tobytes() for part in way(k)]

    serial = [run(item) for item in work]
    with ThreadPoolExecutor(THREADS) as pool:
        together = list(pool.map(run, work))
    assert together == serial


@pytest.mark.compiled(reason="what is compiled works with addresses")
def test_a_copy_of_a_network_that_was_used_is_one_by_itself():
    net = ConvNet(SMALL, 4, np.random.default_rng(3), "numba")
    frames, starts = np.random.default_rng(5).standard_normal((30, 15, 13), np.float32), np.arange(20)
    before, _ = net.read(frames, starts)
    other = copy.deepcopy(net)
    for parameter in other.parameters.values():
        parameter *= 0.5
    after, changed = net.read(frames, starts)[0], other.read(frames, starts)[0]
    assert np.array_equal(before, after) and not np.allclose(before, changed)


@pytest.mark.parametrize("backend", ["numba", "numpy"])
def test_two_threads_that_train_one_network_are_an_error_of_theirs_but_crash_nothing(backend):
    net = ConvNet(SMALL, 4, np.random.default_rng(3), backend)
    frames = np.random.default_rng(4).standard_normal((20, 15, 13), np.float32)
    starts = np.arange(12)
    updates = Updates(starts, starts % 4, np.zeros((12, 4), np.int64), np.full(12, 1e-3, np.float32))

    def train(_):
        return net.run_updates(frames, updates, np.zeros_like(net.parameters.vector), net.rates(), 0.9).done

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(train, range(4))) == [12] * 4
    assert np.isfinite(net.parameters.vector).all()


def test_a_pool_makes_no_more_workspaces_than_there_are_calls_at_once():
    made = []
    pool = Pool(lambda: made.append(object()) or made[-1])
    barrier = Barrier(3)

    def call(_):
        with pool.workspace() as one:
            barrier.wait(timeout=10)
            return one

    with ThreadPoolExecutor(3) as threads:
        for _ in range(5):
            assert len(set(threads.map(call, range(3)))) == 3
    assert len(made) == 3


def test_what_an_error_left_half_done_is_not_used_again():
    pool = Pool(object)
    with pytest.raises(ZeroDivisionError), pool.workspace() as first:
        raise ZeroDivisionError
    with pool.workspace() as second:
        assert second is not first
